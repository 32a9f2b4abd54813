"""Verify a replication package without running anything of it: levels L0 and L1, by the standard library of Python 3.9 alone.

    python verify.py [--help] [--json] [FOLDER]

L0  every file is there, is what MANIFEST.sha256 says, and nothing else is there.
L1  every number printed in the tables (LaTeX, HTML, Word, CSV) and the page is the one in ledger.json and results/estimates.json,
    to the printed digits; each that follows from others is made anew: stars from p, t from coefficient and standard error, p from t
    or F and degrees of freedom, intervals, fits, adjusted p, findings on hypotheses, descriptions of the panel, N from the rows of
    the sample; words are the same in every format; the copies of the results (models, second engine, Stata, samples, codebook,
    places of raw cells) say what the results say.
FOLDER is the unpacked package, the folder that holds MANIFEST.sha256; without it the folder of this file. --json prints all as JSON.
Exit code: 0 verified, 1 something differs, 2 this cannot be verified. Levels that estimate anew are `panelkit verify`'s.
It is the modules of panelkit.replication.standalone joined to one file, so that an editor runs it with nothing installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import Any

from panelkit.replication.standalone.level import MANIFEST, Cannot, Level, read, stamps, visible
from panelkit.replication.standalone.level_1 import level_1
from panelkit.replication.standalone.manifest import level_0
from panelkit.replication.standalone.telling import MEANS, advice, headline, misplaced, where_it_differs


def verify(folder: str, levels: list[str]) -> dict[str, Any]:
    """The levels asked for, the exit code, the digest of the manifest, and why nothing could be done ('' where it could)."""
    made: list[Level] = []
    digest = cannot = ""
    try:
        if reason := misplaced(folder):
            raise Cannot(reason)
        before = stamps(folder)
        digest = hashlib.sha256(read(folder, MANIFEST)).hexdigest()
        made = [{"L0": level_0, "L1": level_1}[name](folder) for name in levels]
        if stamps(folder) != before:
            raise Cannot("the package was changed while it was verified")
    except (Cannot, OSError) as error:
        cannot = visible(str(error)) or type(error).__name__
    told = [level.told() for level in made]
    bad = any(level["verdict"] != "verified" for level in told)
    return {"digest": digest, "cannot": cannot, "levels": told, "exit_code": 2 if cannot else int(bad)}


def main(arguments: list[str]) -> int:
    """Verify and print; see the top of this file."""
    if {"-h", "--help"} & set(arguments):
        sys.stdout.write(__doc__ or "python verify.py [--json] [FOLDER]\n")
        return 0
    folders = [a for a in arguments if not a.startswith("-")]
    wrong = [
        f"{a} is no option of it (--help says which are)" for a in arguments if a.startswith("-") and a != "--json"
    ]
    wrong += [f"it takes one folder, not {len(folders)}"] if len(folders) > 1 else []
    folder = folders[0] if folders else os.path.dirname(os.path.abspath(__file__))
    if wrong:
        tell([f"cannot verify: {wrong[0]}"])
        return 2
    result = verify(folder, ["L0", "L1"])
    if "--json" in arguments:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
    else:
        tell(told_whole(result))
    return int(result["exit_code"])


def told_whole(result: dict[str, Any]) -> list[str]:
    """The report: verdict, then each level with its findings, where they are, and what to do."""
    if result["cannot"]:
        return [f"cannot verify: {result['cannot']}"]
    levels = result["levels"]
    lines = [headline(levels), f"package digest {result['digest']}", ""]
    for level in levels:
        lines.append(f"{level['level']} {level['verdict']}: {level['compared']} compared ({MEANS[level['level']]})")
        lines += [f"  {text}" for text in level["findings"] + [f"note: {n}" for n in level["notes"]]]
    if any(level["findings"] for level in levels):
        lines += ["", "Where it differs (findings, file):", *where_it_differs(levels)]
    lines += ["", *(f"What to do - {text}" if any(v["findings"] for v in levels) else text for text in advice(levels))]
    return lines


def tell(lines: list[str]) -> None:
    """Print lines, without what steers a terminal, in ASCII, which every terminal has."""
    for line in lines:
        sys.stdout.write(f"{visible(line)}\n".encode("ascii", "backslashreplace").decode())
