"""Tables as CSV for a spreadsheet (UTF-8 with mark), every text as printed; full-precision numbers are in the ledger beside it."""

from __future__ import annotations

import csv
import io
import re

from panelkit.core.exhibit import Table
from panelkit.core.registry import RENDERERS, RendererKind
from panelkit.reporting.printed import caption, plain, printed, safe_id

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?", re.ASCII)
# a spreadsheet reads (0.012) as minus 0.012; a no-break space in front keeps it text
_KEEP = "\u00a0"


def render(table: Table) -> bytes:
    """Title, headings, rows and notes; the last column says what a line is: title, heading, r<row>, panel or note."""
    printed(table)
    safe_id(table.id)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    width = len(table.columns)

    def line(label: str, cells: list[str], what: str) -> None:
        writer.writerow([guarded(label), *(guarded(c) for c in cells), what])

    line(" ".join(filter(None, caption(table))), [""] * width, "title")
    depth = max((len(c.heading) for c in table.columns), default=0)
    for level in range(depth):
        texts = [c.heading[level] if level < len(c.heading) else "" for c in table.columns]
        line(table.stub if level == 0 else "", texts, "heading")
    for i, row in enumerate(table.rows):
        cells = [plain(c.shown) + plain(c.mark) for c in row.cells] or [""] * width
        line(row.label, cells, "panel" if row.kind == "panel" else f"r{i}")
    for note in table.notes:
        line(note, [""] * width, "note")
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def parse(data: bytes) -> dict[str, str]:
    """Cells as printed, by "r<row>.c<column>"."""
    found: dict[str, str] = {}
    for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        if line and re.fullmatch(r"r\d+", line[-1]):
            found |= {f"{line[-1]}.c{j}": unguarded(cell) for j, cell in enumerate(line[1:-1])}
    return found


def guarded(text: str) -> str:
    """`text` that no spreadsheet takes for a formula or, if bracketed, for a negative number; plain numbers stay as they are.

    >>> guarded("=1+1"), guarded("-0.5"), guarded("−0.5")
    ("'=1+1", '-0.5', '−0.5')
    """
    bare = plain(text)
    lead = bare.lstrip()
    if lead.startswith(_FORMULA) and not _NUMBER.fullmatch(bare):
        return "'" + bare
    if re.fullmatch(r"\([\d.,]+\)", bare, re.ASCII) or bare.startswith(_KEEP):
        return _KEEP + bare
    return bare


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith(("'", _KEEP)) else text


RENDERERS.register(
    RendererKind(name="csv", extension="csv", summary="the table for a spreadsheet", render=render, parse=parse)
)
