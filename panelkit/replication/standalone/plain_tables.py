"""Cells, row labels, headings and notes of a table read back from our CSV."""

from __future__ import annotations

import csv
import io
import re


def headed(level: int, spans: list[tuple[int, str]]) -> dict[str, str]:
    """One line of headings by column, without blanks, since formats break it differently."""
    texts = ["".join(text.split()) for count, text in spans for _ in range(count)]
    return {f"h{level}.{j}": text for j, text in enumerate(texts)}


LABELLED = re.compile(r"(?:Table |表)\s*(\d+)[.\s]*")


def titled(text: str) -> dict[str, str]:
    """A caption without its number, and the number, which not every format writes."""
    found = LABELLED.match(text)
    title = {"heading.title": "".join(text[found.end() if found else 0 :].split())}
    return {**title, "heading.number": found.group(1)} if found else title


def panelled(count: int, label: str, rows: dict[str, str]) -> dict[str, str]:
    """The label of a group of rows, and the row it stands behind."""
    last = next((cell.split(".")[0] for cell in reversed(rows) if re.match(r"r\d+\.", cell)), "the headings")
    return {f"panel{count}.label": label, f"panel{count}.at": f"behind {last}"}


def from_csv(data: bytes) -> dict[str, str]:
    """Title, headings, cells, row labels and notes of a CSV table of ours; a line of another kind is refused."""
    found: dict[str, str] = {}
    notes = level = panels = 0
    for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        bare = [c[1:] if c.startswith(("'", "\u00a0")) else c for c in line]
        what = line[-1] if line else ""
        if what in ("title", "panel", "note") and any(bare[1:-1]):
            raise ValueError(f"a line of one text has others: {line!r}")
        if re.match(r"r\d+$", what):
            if f"{what}.label" in found:
                raise ValueError(f"the row {what} stands there twice")
            found[f"{what}.label"] = bare[0]
            found.update({f"{what}.c{j}": cell for j, cell in enumerate(bare[1:-1])})
        elif what == "panel":
            found.update(panelled(panels, bare[0], found))
            panels += 1
        elif what == "heading":
            found.update(headed(level, [(1, text) for text in bare[1:-1]]))
            found.update({"heading.stub": bare[0]} if level == 0 else {})
            level += 1
        elif what == "note":
            found[f"note{notes}"] = bare[0]
            notes += 1
        elif what == "title" and "heading.title" not in found:
            found.update(titled(bare[0]))
        else:
            raise ValueError(f"it holds a line that is not ours: {line!r}")
    return found
