"""Cells, row labels, headings and notes of a table read back from our Typst; a definition that is not ours is refused."""

from __future__ import annotations

import json
import re

from panelkit.replication.standalone.plain_tables import headed, panelled, titled

TYPST_ROW = re.compile(r"  (\".*), // pk (r\d+)$")
TYPST_CELL = re.compile(
    r'(?:n\([\d.]+em, ("(?:[^"\\]|\\.)*"), [\d.]+em, ("(?:[^"\\]|\\.)*"), |t\()("(?:[^"\\]|\\.)*")(?:, ("(?:[^"\\]|\\.)*"))?\)'
)
TYPST_HEAD = re.compile(r'table\.cell\(colspan: (\d+), align: \w+, ("(?:[^"\\]|\\.)*")\)')
TYPST_NOTE = re.compile(
    r'#block\(width: 100%, above: 0\.5em, below: 0\.4em, text\(("(?:[^"\\]|\\.)*"), size: 0\.85em\)\)$'
)


STRING = r'"(?:[^"\\]|\\.)*"'
PANEL_CELL = re.compile(rf"  table\.cell\(colspan: \d+, align: left, ({STRING})\), // pk panel$")
HEAD_LINE = re.compile(rf"    ({STRING})((?:, table\.cell\(colspan: \d+, align: \w+, {STRING}\))*),$")
TITLE = re.compile(
    r"#figure\(kind: table, supplement: none, numbering: none, caption: figure\.caption\(position: top, "
    rf'text\(({STRING}), weight: "bold"\)\),$'
)
# every line that prints nothing of its own; what is neither one of these nor read below is refused
QUIET = re.compile(
    r"|// [\w.-]+: made by panelkit; every row ends in its ledger name\. Do not edit, run the study again\.|"
    rf'#set document\(title: {STRING}, author: "panelkit", date: none\)|'
    r"#set page\(width: 21cm, height: 29\.7cm, margin: 1\.6cm(, flipped: true)?\)|"
    rf'#set text\(font: \((?:{STRING}(?:, )?)+\), size: [89]pt, lang: "(?:en|zh)", fallback: true\)|'
    r"#set par\(leading: 0\.5em\)|#show figure: set block\(breakable: true\)|"
    r"#show figure\.caption: set block\(sticky: true\)|"
    r'#let mark\(m\) = if m\.starts-with\("\*"\) \{ m \} else if m != "" \{ super\(typographic: false, m\) \}|'
    r"#let n\(l, before, r, after, m\) = box\(width: l, align\(right, before\)\) \+ box\(width: r, align\(left, after \+ mark\(m\)\)\)|"
    r"#let t\(shown, m\) = shown \+ mark\(m\)|"
    r"table\(columns: \((?:(?:auto|\d+\.\d\dem)(?:, )?)+\), align: \((?:\w+ \+ bottom(?:, )?)+\), stroke: none, "
    r"inset: \(x: 4pt, y: 2\.6pt\), "
    r"column-gutter: 2pt,|  table\.hline\(stroke: (?:1|0\.5)pt\),|    table\.hline\(start: \d+, end: \d+, stroke: 0\.4pt\),|"
    r"  table\.header\(|  \),|\)\)"
)


def from_typ(data: bytes) -> dict[str, str]:
    """Title, headings, cells, row labels and notes of a Typst table of ours; any line that is not ours could print and is refused."""
    found: dict[str, str] = {}
    notes = level = panels = 0
    for line in data.decode("utf-8").split("\n"):
        row, note, panel = TYPST_ROW.match(line), TYPST_NOTE.match(line), PANEL_CELL.match(line)
        title, heading = TITLE.match(line), HEAD_LINE.match(line)
        if row:
            if f"{row.group(2)}.label" in found:
                raise ValueError(f"the row {row.group(2)} stands there twice")
            label, end = json.JSONDecoder().raw_decode(row.group(1))
            found[f"{row.group(2)}.label"] = label
            cells = list(TYPST_CELL.finditer(row.group(1), end))
            if row.group(1)[end:] != "".join(f", {c.group(0)}" for c in cells):
                raise ValueError(f"it holds a row that is not ours: {line!r}")
            for j, cell in enumerate(cells):
                found[f"{row.group(2)}.c{j}"] = "".join(json.loads(t) for t in cell.groups() if t is not None)
        elif panel:
            found.update(panelled(panels, json.loads(panel.group(1)), found))
            panels += 1
        elif heading:
            found.update(headed(level, [(int(n), json.loads(t)) for n, t in TYPST_HEAD.findall(heading.group(2))]))
            found.update({"heading.stub": json.loads(heading.group(1))} if level == 0 else {})
            level += 1
        elif note:
            found[f"note{notes}"] = json.loads(note.group(1))
            notes += 1
        elif title and "heading.title" not in found:
            found.update(titled(json.loads(title.group(1))))
        elif not QUIET.fullmatch(line):
            raise ValueError(f"it holds a line that is not ours: {line!r}")
    return found
