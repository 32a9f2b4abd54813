"""Every file against the digest that the ledger keeps of it: a second record, for what is not read (pictures, licences, programs)."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from panelkit.replication.standalone.level import MANIFEST, Level, read, unsafe

BY_DIGEST = "is not the file that the ledger was written with"  # how a finding of this kind ends


def digested(folder: str, book: dict[str, Any], level: Level) -> None:
    """Files whose digest the ledger has; a package of an older panelkit has none, and then this is said."""
    known = book.get("digests")
    if known is None:
        level.notes.append("the ledger has no digests of files; pictures and texts are held by the manifest alone")
        return
    for name, expected in sorted(known.items()):
        if unsafe(name) or name == MANIFEST:
            level.find("differs", f"ledger.json names a path that a package cannot have: {name!r}")
        elif os.path.isfile(os.path.join(folder, *name.split("/"))):
            level.hold(hashlib.sha256(read(folder, name)).hexdigest() == expected, "stale", f"{name} {BY_DIGEST}")
        else:
            level.find("differs", f"{name} is missing, which the ledger knows")
