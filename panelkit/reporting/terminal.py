"""Tables as text on a terminal, aligned also where Chinese stands in them; files are for the renderers."""

from __future__ import annotations

from unicodedata import east_asian_width

from panelkit.core.exhibit import Table
from panelkit.reporting.printed import plain

WIDE = 118  # columns of a line
_GAP = 2
_LEAST = 14  # columns that are left to words
_WORD = 44  # the longest word that is not broken, such as the path of a file


def width(text: str) -> int:
    """Columns that a text takes; a Chinese character takes two.

    >>> width("GDP 亿元")
    8
    """
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text with blanks up to that width, at the right edge where `right`."""
    blanks = " " * max(columns - width(text), 0)
    return blanks + text if right else text + blanks


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most that width, broken at blanks, or anywhere in a word that is too long (Chinese has no blanks).

    >>> wrapped("one two three", 8)
    ['one two', 'three']
    """
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width(joined) <= columns:
            line = joined
            continue
        if line and width(word) <= columns:
            lines.append(line)
            line = word
            continue
        for sign in f" {word}" if line else word:
            if width(line + sign) > columns:
                lines.append(line)
                line = "" if sign == " " else sign
            else:
                line += sign
    return [*lines, line]


def as_text(table: Table, *, most: int = 0, columns: int = WIDE, without: tuple[str, ...] = ()) -> str:
    """A table as text: its title, headings, one row after the other, wide columns of words wrapped; `most` rows, 0 for all.

    without : ids of columns that are left to the page.

    >>> from panelkit.core.exhibit import Cell, Column, Row
    >>> row = Row(kind="text", label="gdp", cells=(Cell(raw=7, shown="7"),))
    >>> print(as_text(Table(id="t", title="T", stub="series", columns=(Column(id="n", heading=("n",)),), rows=(row,))))
    T
      series  n
      gdp     7
    """
    kept = [j for j, c in enumerate(table.columns) if c.id not in without]
    shown = table.rows[:most] if most else table.rows
    heads = [table.stub, *(" ".join(table.columns[j].heading) for j in kept)]
    rows = [[plain(r.label), *(plain(r.cells[j].shown) for j in kept)] for r in shown]
    numbers = [False, *(table.columns[j].align == "decimal" for j in kept)]
    sizes = _sizes([heads, *rows], numbers, columns - _GAP)
    lines = [table.title, *(line for row in [heads, *rows] for line in _lines(row, sizes, numbers))]
    if len(table.rows) > len(shown):
        lines.append(f"  ... {len(table.rows) - len(shown)}")
    return "\n".join(line.rstrip() for line in lines)


def _sizes(rows: list[list[str]], numbers: list[bool], room: int) -> list[int]:
    """Widths of the columns; the widest columns give way until all have room, without breaking words where that can be."""
    every = range(len(numbers))
    sizes = [max(width(row[j]) for row in rows) for j in every]
    words = [max((width(w) for row in rows for w in row[j].split()), default=0) for j in every]
    least = [sizes[j] if numbers[j] else max(min(words[j], _WORD), min(sizes[j], _LEAST)) for j in every]
    room -= _GAP * (len(sizes) - 1)
    while sum(sizes) > room and sizes != least:
        widest = max((j for j in every if sizes[j] > least[j]), key=lambda j: sizes[j])
        sizes[widest] -= 1
    return sizes


def _lines(row: list[str], sizes: list[int], numbers: list[bool]) -> list[str]:
    """One row, its cells wrapped side by side."""
    cells = [wrapped(text, size) for text, size in zip(row, sizes, strict=True)]
    deep = max(len(c) for c in cells)
    gap = " " * _GAP
    return [
        gap
        + gap.join(
            padded(c[i] if i < len(c) else "", size, right=number)
            for c, size, number in zip(cells, sizes, numbers, strict=True)
        )
        for i in range(deep)
    ]
