"""Cells, row labels, headings and notes of a table read back from our Typst; a definition that is not ours is refused."""

from __future__ import annotations

import json
import re

from panelkit.replication.standalone.plain_tables import headed

TYPST_ROW = re.compile(r"  (\".*), // pk (r\d+)$")
TYPST_CELL = re.compile(
    r'(?:n\([\d.]+em, ("(?:[^"\\]|\\.)*"), [\d.]+em, ("(?:[^"\\]|\\.)*"), |t\()("(?:[^"\\]|\\.)*")(?:, ("(?:[^"\\]|\\.)*"))?\)'
)
TYPST_HEAD = re.compile(r'table\.cell\(colspan: (\d+), align: \w+, ("(?:[^"\\]|\\.)*")\)')
TYPST_NOTE = re.compile(r'#block\([^"]*text\(("(?:[^"\\]|\\.)*"), size: 0\.85em\)\)$')


def from_typ(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a Typst table of ours; a definition that could print anything is refused."""
    found: dict[str, str] = {}
    notes = level = 0
    for line in data.decode("utf-8").split("\n"):
        row, note = TYPST_ROW.match(line), TYPST_NOTE.match(line)
        if line.lstrip().startswith(("#let", "#show", "#import", "#include")) and re.search(
            r"\"[^\"]*\d|#import|#include|hide", line
        ):
            raise ValueError(f"it holds a definition that is not ours: {line!r}")
        if row:
            label, end = json.JSONDecoder().raw_decode(row.group(1))
            found[f"{row.group(2)}.label"] = label
            for j, cell in enumerate(TYPST_CELL.finditer(row.group(1), end)):
                found[f"{row.group(2)}.c{j}"] = "".join(json.loads(t) for t in cell.groups() if t is not None)
        elif line.startswith("    ") and TYPST_HEAD.search(line):
            found.update(headed(level, [(int(n), json.loads(t)) for n, t in TYPST_HEAD.findall(line)]))
            level += 1
        elif note:
            found[f"note{notes}"] = json.loads(note.group(1))
            notes += 1
        elif re.search(r"[nt]\((?:[\d.]+em, )?\"", line) and not line.startswith("#"):
            found[f"unmarked line {line!r}"] = "1"
    return found
