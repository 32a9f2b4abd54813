"""What a table prints, free of format: one-line text, the text of every cell, merged headings; writers and parsers agree on it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Cell, Table

# everything that one of the formats could not carry or would break a line at
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
# what no line is broken in: a word, or a Chinese character with the brackets and stops that cling to it
_PIECES = re.compile(
    r"[(（《“‘]*(?:[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef(]+|\()"
    r"[)）》”’，。；：、！？,;:%]*|\s+"
)
_DECIMAL = re.compile(r"([(\[]?<?[−-]?\d[\d,]*)((?:\.\d+)?[)\]]?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A heading over `count` columns from `start` (0-based)."""

    text: str
    start: int
    count: int


def plain(text: str) -> str:
    """`text` on one line: control characters, line ends and lone surrogates become spaces.

    >>> plain("a\\tb")
    'a b'
    """
    return _UNPRINTABLE.sub(" ", text)


def safe_id(name: str) -> str:
    """`name`, where it can be a file name and an anchor.

    Raises
    ------
    ReportError
        Where it holds anything but ASCII letters, digits, '_' and '-'.
    """
    if not _ID.fullmatch(name):
        raise ReportError(
            f"'{plain(name)}' cannot name a file",
            mend="use letters, digits, '_' and '-', beginning with a letter or digit",
        )
    return name


def text_of(cell: Cell) -> str:
    """The cell as printed, its mark behind it."""
    return plain(cell.shown) + plain(cell.mark)


def printed(table: Table) -> dict[str, str]:
    """Every cell by "r<row>.c<column>", as any format prints it and its parser must give it back.

    Raises
    ------
    ReportError
        Where a row has not one cell for each column.
    """
    found: dict[str, str] = {}
    for i, row in enumerate(table.rows):
        if row.kind == "panel":
            continue
        if len(row.cells) != len(table.columns):
            raise ReportError(
                f"row '{row.label}' has {counted(len(row.cells), 'cells')} for {counted(len(table.columns), 'columns')}",
                where=f"tables.{table.id}",
                mend="give every row one cell for each column",
            )
        found |= {f"r{i}.c{j}": text_of(cell) for j, cell in enumerate(row.cells)}
    return found


def heading_lines(table: Table) -> tuple[tuple[Span, ...], ...]:
    """The heading line by line; equal neighbours are one span, which never crosses the edge of a span
    above it; the last line names each column by itself."""
    depth = max((len(c.heading) for c in table.columns), default=0)
    lines, edges = [], set[int]()
    for level in range(depth):
        texts = [plain(c.heading[level]) if level < len(c.heading) else "" for c in table.columns]
        spans: list[Span] = []
        for j, text in enumerate(texts):
            if level < depth - 1 and spans and text and spans[-1].text == text and j not in edges:
                spans[-1] = Span(text=text, start=spans[-1].start, count=spans[-1].count + 1)
            else:
                spans.append(Span(text=text, start=j, count=1))
        edges |= {e for s in spans if s.count > 1 for e in (s.start, s.start + s.count)}
        lines.append(tuple(spans))
    return tuple(lines)


def folded(text: str, width: int) -> list[str]:
    """`text` in lines of at most about `width` (a Chinese character counts two), broken at blanks or between Chinese characters."""
    lines, line, size = [], "", 0
    for piece in _PIECES.findall(text):
        wide = sum(2 if "\u2e80" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" else 1 for c in piece)
        if line.strip() and size + wide > width and not piece.isspace():
            lines.append(line.strip())
            line, size = "", 0
        line, size = line + piece, size + wide
    return [*lines, line.strip()]


def at_decimal(cell: Cell) -> tuple[str, str] | None:
    """The text before and from the decimal point on, without the mark; None for what is not one plain number.

    >>> at_decimal(Cell(raw=-0.5, shown="(−0.500)"))
    ('(−0', '.500)')
    """
    found = _DECIMAL.fullmatch(plain(cell.shown))
    return (found[1], found[2]) if found else None


def aligned(table: Table, i: int, j: int) -> tuple[str, str] | None:
    """`at_decimal` of a cell where its format should align it: whole statistics and brackets are centred in a column of decimals."""
    row = table.rows[i]
    if not row.cells or table.columns[j].align != "decimal":
        return None
    parts = at_decimal(row.cells[j])
    if parts and row.kind in ("stat", "bracket") and "." not in parts[1]:
        others = (at_decimal(r.cells[j]) for r in table.rows if r.cells)
        return None if any(o and "." in o[1] for o in others) else parts
    return parts


def caption(table: Table) -> tuple[str, str]:
    """The label ("Table 2", "表2", "" without a number) and the title."""
    label = "" if not table.number else (f"表{table.number}" if table.language == "zh" else f"Table {table.number}")
    return label, plain(table.title)
