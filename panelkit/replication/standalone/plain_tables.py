"""Cells, row labels, headings and notes of a table read back from our CSV."""

from __future__ import annotations

import csv
import io
import re


def headed(level: int, spans: list[tuple[int, str]]) -> dict[str, str]:
    """One line of headings by column, without blanks, since formats break it differently."""
    texts = ["".join(text.split()) for count, text in spans for _ in range(count)]
    return {f"h{level}.{j}": text for j, text in enumerate(texts)}


def from_csv(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a CSV table of ours."""
    found: dict[str, str] = {}
    notes = level = panels = 0
    for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        bare = [c[1:] if c.startswith(("'", "\u00a0")) else c for c in line]
        if line and re.match(r"r\d+$", line[-1]):
            found[f"{line[-1]}.label"] = bare[0]
            found.update({f"{line[-1]}.c{j}": cell for j, cell in enumerate(bare[1:-1])})
        elif line and line[-1] == "panel":
            found[f"panel{panels}.label"] = bare[0]
            panels += 1
        elif line and line[-1] == "heading":
            found.update(headed(level, [(1, text) for text in bare[1:-1]]))
            level += 1
        elif line and line[-1] == "note":
            found[f"note{notes}"] = bare[0]
            notes += 1
    return found
