"""What pandas leaves in a portal export that it saved again: headers 'Unnamed: 3' and columns of row numbers; the layout is in _portal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from panelkit.etl.harmonise.units import plain

_UNNAMED = re.compile(r"^Unnamed: \d+(_level_\d+)?(\.\d+)?$")
_NUMBER = re.compile(r"^(0|[1-9]\d{0,5})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One row of a file: its cells and how each is named in messages."""

    cells: Sequence[object]
    place: Callable[[int], str]


def as_exported(rows: Sequence[CellRow]) -> tuple[Sequence[CellRow], tuple[str, ...]]:
    """Rows without what pandas put into them, each cell still named by its place in the file, and what was passed over.

    A column of row numbers is a first column that holds 0, 1, 2, ... in rising order from the first row that has a figure in it
    on, and nothing above; saved twice, there are two of them.
    """
    said: list[str] = []
    unnamed = sum(_UNNAMED.match(_text(c)) is not None for row in rows for c in row.cells)
    if unnamed:
        rows = [CellRow(cells=["" if _UNNAMED.match(_text(c)) else c for c in r.cells], place=r.place) for r in rows]
        said.append(f"{unnamed} headers such as 'Unnamed: 0' passed over: the file was saved again by pandas")
    while _is_row_numbers([_text(r.cells[0]) if r.cells else "" for r in rows]):
        rows = [_without_first(r) for r in rows]
        said.append("a first column of row numbers 0, 1, 2, ... passed over: the file was saved again by pandas")
    return rows, tuple(said)


def _text(cell: object) -> str:
    return "" if cell is None else plain(str(cell))


def _is_row_numbers(column: Sequence[str]) -> bool:
    there = [text for text in column if text]
    if len(there) < 2 or there[0] != "0" or not all(map(_NUMBER.match, there)):
        return False
    numbers = list(map(int, there))
    return all(a < b for a, b in pairwise(numbers))


def _without_first(row: CellRow) -> CellRow:
    return CellRow(cells=row.cells[1:], place=lambda column: row.place(column + 1))
