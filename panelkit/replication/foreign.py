"""Files of a folder that panelkit did not put there, which nothing may overwrite; putting folders in place is in placing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from panelkit.core.errors import PackageError

_OWN_FOLDERS = ("tables/", "figures/", "quality/")
_OWN_FILES = frozenset(
    f"{name}.{ending}"
    for ending, names in {
        "json": ("checks", "estimates", "ledger", "manifest", "panel", "quality"),
        "csv": ("codebook", "filled", "panel", "samples"),
        "parquet": ("observations", "panel"),
        "html": ("quality", "report"),
        "docx": ("codebook",),
        "pdf": ("report",),
        "tex": ("numbers",),
    }.items()
    for name in names
)
_OF_THE_SYSTEM = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
MOST_NAMED = 5


def refuse_foreign(folder: Path, known: Iterable[str] = ()) -> None:
    """Refuse to replace a folder that holds files beyond `known` (relative paths), or something that is no folder.

    Raises
    ------
    PackageError
        With the first of those files.
    """
    mend = "move them elsewhere, or name another folder"
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PackageError("there is something that is no folder", where=folder.as_posix(), mend="name another folder")
    held = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir() or p.is_symlink()}
    found = sorted(n for n in held - set(known) if n.rsplit("/", 1)[-1] not in _OF_THE_SYSTEM)
    if found:
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        what = (
            f"there are files that panelkit did not make, and they would be lost: {', '.join(found[:MOST_NAMED])}{more}"
        )
        raise PackageError(what, where=folder.as_posix(), mend=mend)


def refuse_foreign_output(folder: Path) -> None:
    """The same for the folder of a run or a build: its manifest says what was made; without one, its names do."""
    made: Iterable[str] | None = _made(folder / "manifest.json")
    if made is None:
        held = [p.relative_to(folder).as_posix() for p in folder.rglob("*")] if folder.is_dir() else []
        made = _OWN_FILES | {n for n in held if n.startswith(_OWN_FOLDERS)}
    refuse_foreign(folder, made)


def _made(manifest: Path) -> set[str] | None:
    """The files that a run's manifest names, itself among them; None where it cannot be read."""
    try:
        return {"manifest.json", *json.loads(manifest.read_text("utf-8"))["files"]}
    except (OSError, ValueError, TypeError, KeyError):
        return None
