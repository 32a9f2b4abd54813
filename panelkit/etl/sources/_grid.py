"""Rows of cells of a text file or a sheet, with years in the header; what stands in them is for wide and stacked_blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from panelkit.core.errors import SourceError
from panelkit.etl.harmonise.units import plain
from panelkit.etl.sources._cells import is_blank, read_year
from panelkit.etl.sources._frames import WORKBOOKS
from panelkit.etl.sources._page_head import is_corner
from panelkit.etl.sources._portal import CellRow
from panelkit.etl.sources._text import CUT, at, decode, file_bytes, separated
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, Sheet, merged_down, sheet_of
from panelkit.facts.provinces import is_not_a_province, match

_STEM_FIRST = re.compile(r"^(?P<stem>\D.*?)[\s_\-.]*(?P<year>(?:19|20)\d\d)\s*年?$")
_YEAR_FIRST = re.compile(r"^(?P<year>(?:19|20)\d\d)\s*年?[\s_\-.]*(?P<stem>\D.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellGrid:
    """All rows of a file; encoding in words; notes of how it was opened; commas_part: whether it is no text parted otherwise."""

    rows: tuple[CellRow, ...]
    data: bytes
    encoding: str
    notes: tuple[str, ...] = ()
    commas_part: bool = True

    @property
    def cells(self) -> Iterator[object]:
        """Every cell."""
        return (c for row in self.rows for c in row.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearHeader:
    """A header row: its position, and for each stem of its year columns ("" for bare years) column -> year."""

    position: int
    stems: dict[str, dict[int, int]]

    @property
    def columns(self) -> frozenset[int]:
        return frozenset(c for years in self.stems.values() for c in years)


def grid_of(path: Path, where: str, *, encoding: str = "", separator: str = "", sheet: str = "") -> CellGrid:
    """The rows of a separated text file or of one sheet.

    Raises
    ------
    SourceError
        It is neither.
    """
    if path.suffix.casefold() in WORKBOOKS:
        data = file_bytes(path, largest=LARGEST_WORKBOOK)
        found = sheet_of(data, path, where, sheet)
        rows = _rows_of(found)
        header = year_header(rows)
        found, said = merged_down(found, header.position) if header is not None else (found, ())
        shown = f"Excel workbook, sheet {found.name}" if not found.loose else found.format
        return CellGrid(rows=_rows_of(found), data=data, encoding=shown, notes=(*said, *found.notes))
    data = file_bytes(path)
    file = decode(data, where, encoding)
    mark = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    if not mark:
        head = file.text[:20_000]
        mark = max((",", "\t", ";", "|"), key=head.count)
    try:
        lines = separated(file.text, mark)
    except SourceError as fault:
        first = fault.faults[0]
        raise SourceError(first.what, where=f"{where}, {first.where}", mend=first.mend) from None
    rows = tuple(CellRow(cells=line.fields, place=partial(_line_place, line.number)) for line in lines)
    notes = (CUT,) if file.cut else ()
    return CellGrid(
        rows=rows, data=data, encoding=file.encoding + file.shown_marks, notes=notes, commas_part=mark == ","
    )


def _rows_of(sheet: Sheet) -> tuple[CellRow, ...]:
    return tuple(CellRow(cells=cells, place=partial(_sheet_place, sheet, n)) for n, cells in enumerate(sheet.rows))


def _sheet_place(sheet: Sheet, row: int, column: int) -> str:
    return f"!{sheet.place(row, column)}"


def _line_place(line: int, column: int) -> str:
    return f", {at(line, column + 1)}"


def text_of(row: CellRow, column: int) -> str:
    """A cell as text in normal widths, "" where there is none; whole numbers without a point."""
    cell = row.cells[column] if 0 <= column < len(row.cells) else None
    if is_blank(cell):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else plain(str(cell))


def year_header(rows: Sequence[CellRow], start: int = 0) -> YearHeader | None:
    """The first row from `start` on that holds years, such as 2015, 2015年 or gdp2015, few other cells, and no region."""
    for position in range(start, len(rows)):
        stems: dict[str, dict[int, int]] = {}
        row = rows[position]
        for column in range(len(row.cells)):
            text = text_of(row, column)
            bare = read_year(text) if text else None
            found = None if bare else (_STEM_FIRST.match(text) or _YEAR_FIRST.match(text))
            if bare is not None:
                stems.setdefault("", {})[column] = bare
            elif found is not None and len(text) <= 80:
                stems.setdefault(found["stem"].strip(" _-."), {})[column] = int(found["year"])
        kept = {stem: years for stem, years in stems.items() if len(set(years.values())) > 1}
        others = [t for c in range(len(row.cells)) if (t := text_of(row, c)) and not any(c in y for y in kept.values())]
        if (
            kept
            and len(others) <= max(4, sum(map(len, kept.values())))
            and not any(is_region(t) and not is_corner(t) for t in others)
        ):
            return YearHeader(position=position, stems=kept)
    return None


def is_region(text: str) -> bool:
    """Whether a text is a province, or a row of provincial tables that is none."""
    return bool(text) and (match(text) is not None or is_not_a_province(text) is not None)


def region_column(rows: Sequence[CellRow], columns: Sequence[int]) -> int | None:
    """The column, among `columns`, that holds most regions, names before codes; None where none holds three."""
    counts: dict[int, tuple[int, int]] = {}
    for column in columns:
        texts = [text_of(r, column) for r in rows]
        known = [t for t in texts if is_region(t)]
        names = sum(not t.isdigit() for t in known)
        coded = [t for t in known if t.isdigit() and len(t) >= 6]
        counts[column] = (names, len(coded))
    best = max(counts, key=lambda c: counts[c], default=None)
    return best if best is not None and max(counts[best]) >= 3 else None
