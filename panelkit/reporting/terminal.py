"""Tables as text on a terminal, aligned also where Chinese stands in them; files are for the renderers."""

from __future__ import annotations

import csv
import io
import re
from unicodedata import east_asian_width

from panelkit.core.exhibit import Table
from panelkit.reporting.printed import plain
from panelkit.reporting.render.csv import unguarded

WIDE = 118  # columns of a line
_SIGNS = re.compile(
    r"(?:\d[\d,.]{0,18})?\d|.", re.DOTALL | re.ASCII
)  # what a line may begin with: a number whole, or one sign
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

    A number of up to 20 digits stays whole.

    >>> wrapped("one two three", 8), wrapped("共4,833个", 6)
    (['one two', 'three'], ['共', '4,833', '个'])
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
        for sign in _SIGNS.findall(f" {word}" if line else word):
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


def of_csv(data: bytes) -> str:
    """A table as its CSV file holds it (`render.csv`): ruled, aligned, with its notes; all columns, however wide they are.

    >>> print(of_csv(b'"T","","title"\\r\\n"","(1)","heading"\\r\\n"x","0.5**","r0"\\r\\n'))
    T
    ----------
         (1)
    ----------
    x   0.5**
    ----------
    """
    lines = [line for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) if line]
    body = [[unguarded(c).strip() for c in line[:-1]] for line in lines if line[-1] not in ("title", "note")]
    kinds = [line[-1] for line in lines if line[-1] not in ("title", "note")]
    sizes = [max((width(row[j]) for row in body), default=0) for j in range(len(body[0]) if body else 0)]
    sizes = [min(sizes[0], WIDE // 2), *sizes[1:]] if sizes else []
    rule = "-" * (sum(sizes) + (_GAP + 1) * len(sizes))
    made = [unguarded(line[0]) for line in lines if line[-1] == "title"] + [rule]
    for place, (row, kind) in enumerate(zip(body, kinds, strict=True)):
        if place and kind != "heading" and kinds[place - 1] == "heading":
            made.append(rule)
        stub = wrapped(row[0], sizes[0]) if sizes[0] else [""]
        for deep, label in enumerate(stub):
            cells = row[1:] if deep == len(stub) - 1 else [""] * (len(row) - 1)
            texts = [_centred(c, s) for c, s in zip(cells, sizes[1:], strict=True)]
            made.append((" " * (_GAP + 1)).join([padded(label, sizes[0]), *texts]).rstrip())
    made.append(rule)
    for line in lines:
        if line[-1] == "note":
            made += wrapped(unguarded(line[0]), max(len(rule), WIDE))
    return "\n".join(made)


def _centred(text: str, size: int) -> str:
    """The text in the middle: coefficients, errors in brackets and counts of one column stand above each other."""
    left = (size - width(text)) // 2
    return padded(" " * left + text, size)


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
