"""What was found in words: the verdict first, where things differ, and what to do; nothing is held against anything here."""

from __future__ import annotations

import os
import re
from typing import Any

from panelkit.replication.standalone.level import MANIFEST

MEANS = {
    "L0": "every file is the one that MANIFEST.sha256 lists",
    "L1": "every printed number is that of the results, and follows from the others",
    "L2": "estimates and checks made anew from the panel",
    "L3": "everything made anew from the raw files",
    "L4": "the second engines asked anew",
    "L5": "errors and forgeries put into a copy, which L1 must find",
}
ENDINGS = "json|csv|gz|tex|html|docx|typ|pdf|svg|png|dta|do|md|toml|cff|txt|sha256|parquet|lock|zip|py"
PLACES = re.compile(rf"(?:[\w.()-]+/)*[\w()-]+\.(?:{ENDINGS})\b")
MOST_PLACES = 12


def headline(levels: list[dict[str, Any]]) -> str:
    """The verdict in a line: how many findings at which levels, what could not be done."""
    bad = [level for level in levels if level["verdict"] in ("differs", "stale", "unbound")]
    undone = [level["level"] for level in levels if level["verdict"] == "not rerun"]
    names = ", ".join(level["level"] for level in levels)
    if bad:
        each = ", ".join(f"{len(level['findings'])} at {level['level']}" for level in bad)
        return f"DIFFERS: {each}" + (f"; not done: {', '.join(undone)}" if undone else "")
    if undone:
        done = [level["level"] for level in levels if level["level"] not in undone]
        return f"NOT DONE: {', '.join(undone)}" + (f"; nothing differs at {', '.join(done)}" if done else "")
    return f"VERIFIED: nothing differs at {names} ({sum(level['compared'] for level in levels)} comparisons)"


def where_it_differs(levels: list[dict[str, Any]]) -> list[str]:
    """Files that findings name first, each with how many name it, the most first."""
    counts: dict[str, int] = {}
    for level in levels:
        for text in level["findings"]:
            found = PLACES.search(text.partition(": ")[2] or text)
            counts[found.group() if found else "elsewhere"] = counts.get(found.group() if found else "elsewhere", 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{count:5d}  {name}" for name, count in ordered[:MOST_PLACES]]
    more = len(ordered) - MOST_PLACES
    return lines + ([f"       and {more} files more"] if more > 0 else [])


def advice(levels: list[dict[str, Any]]) -> list[str]:
    """What to do next, by what was found."""
    verdicts = {level["level"]: level["verdict"] for level in levels}
    bad = {name for name, verdict in verdicts.items() if verdict in ("differs", "stale", "unbound")}
    made = []
    if "L0" in bad:
        made.append(
            "L0: files are not those that were packed. Take the package again from where its author published it and compare the package "
            "digest; where it is the same, ask the author for a package made anew."
        )
    if "L1" in bad:
        made.append(
            "L1: a number, word or picture does not follow from the results in the package. Send these findings to the author; which "
            "side is right is told by the estimates made anew (panelkit verify FOLDER, level L2)."
        )
    if bad & {"L2", "L3", "L4"}:
        made.append(
            "L2 to L4: what came out anew is not what the package holds. Where numbers part late (digit 8 and on), look at versions in "
            "env/environment.json first; else send these findings to the author."
        )
    if "L5" in bad:
        made.append(
            "L5: an error of the kinds listed would not be noticed in this package; report it to the makers of panelkit."
        )
    if not bad and set(verdicts) <= {"L0", "L1"}:
        made.append(
            "Nothing was estimated anew. That needs panelkit: `panelkit verify FOLDER` estimates anew from the panel (L2), and with "
            "--levels L3,L4,L5 from the raw files, by a second engine, and tries the verifier itself."
        )
    return made


def misplaced(folder: str) -> str:
    """Why a path is no package folder, in words that say what to give instead; '' where it may be one."""
    if not os.path.lexists(folder):
        return f"there is no folder {folder}; name the folder of the package, the one that holds {MANIFEST}"
    if not os.path.isdir(folder):
        zipped = "it is a zip: unpack it first" if folder.lower().endswith(".zip") else "it is a file"
        return f"{folder}: {zipped}; name the folder that holds {MANIFEST}"
    if not os.path.lexists(os.path.join(folder, MANIFEST)):
        inner = sorted(e for e in os.listdir(folder) if os.path.isfile(os.path.join(folder, e, MANIFEST)))
        told = (
            f"the package is in {os.path.join(folder, inner[0])}"
            if inner
            else "this is no package; name the folder that holds it"
        )
        return f"there is no file {MANIFEST} in {folder}: {told}"
    return ""
