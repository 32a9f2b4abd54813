"""Sheets of .xls and .xlsx workbooks as plain cells; nothing is computed, formulas come as the values saved in the file."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.etl.sources._cells import column_letters

LARGEST_SHEET = 200_000  # cells
LARGEST_WORKBOOK = 64 * 2**20  # bytes

_SIGNATURES = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"\x09\x08", b"\x09\x04", b"\x09\x02")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its rows from A1 on, blanks as None."""

    name: str
    rows: tuple[tuple[object, ...], ...]
    others: tuple[str, ...]

    def place(self, row: int, column: int) -> str:
        """How a cell is named, both counted from 0."""
        return f"{self.name}!{column_letters(column)}{row + 1}"


def sheet_of(data: bytes, path: Path, where: str, wanted: str = "") -> Sheet:
    """The wanted sheet of a workbook, else its only sheet with cells.

    Raises
    ------
    SourceError
        No workbook, an encrypted one, an unknown or ambiguous sheet, a sheet that is too large.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_others(data, where)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        name, others = _choose(book, where, wanted)
        sheet = book.get_sheet_by_name(name)
        height, width = sheet.total_height, sheet.total_width
        last = sheet.end or (0, 0)
        if max(height * width, (last[0] + 1) * (last[1] + 1)) > LARGEST_SHEET:
            raise SourceError(
                f"the sheet '{name}' has {height} x {width} cells; more than {LARGEST_SHEET:,} are not read",
                where=where,
                mend="save the part the study needs as a file of its own",
            )
        rows = sheet.to_python(skip_empty_area=False)
    except CalamineError as fault:
        raise _reason(fault, path, where) from None
    return Sheet(name=name, rows=tuple(tuple(map(_cell, r)) for r in rows), others=others)


def _refuse_others(data: bytes, where: str) -> None:
    if data.startswith(_SIGNATURES):
        return
    head = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:300].lower()
    if head.startswith((b"<", b"<!--")) or b"<html" in head or b"<table" in head:
        raise SourceError(
            "this is a web page saved under the name of a workbook, no Excel file",
            where=where,
            mend="open it in a spreadsheet program and save it as .xlsx, or export it again",
        )
    raise SourceError(
        "this is no Excel file: it does not begin as one",
        where=where,
        mend="if it is text, say kind = 'nbs_csv' or 'tidy'; otherwise export it again",
    )


def _reason(fault: Exception, path: Path, where: str) -> SourceError:
    """Why a workbook cannot be read: calamine tells encryption only by path, not on bytes."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        CalamineWorkbook.from_path(path)
    except CalamineError as told:
        fault = told
    if isinstance(fault, PasswordError):
        return SourceError(
            "the workbook is encrypted",
            where=where,
            mend="open it in a spreadsheet program (many yearbook pages open without a password) and save a copy as .xlsx",
        )
    return SourceError(f"the workbook cannot be read ({fault})", where=where, mend="save it again as .xlsx")


def _choose(book: object, where: str, wanted: str) -> tuple[str, tuple[str, ...]]:
    names: list[str] = list(book.sheet_names)  # type: ignore[attr-defined]
    if wanted:
        if wanted not in names:
            raise SourceError(f"there is no sheet '{wanted}'", where=where, mend=known_or_nearest(wanted, names))
        return wanted, tuple(n for n in names if n != wanted)
    filled = [n for n in names if book.get_sheet_by_name(n).total_height]  # type: ignore[attr-defined]
    if len(filled) != 1:
        what = (
            f"the workbook has {len(filled)} sheets with cells: {', '.join(filled)}"
            if filled
            else "the workbook is empty"
        )
        raise SourceError(what, where=where, mend='name one: sheet = "..."' if filled else "export it again")
    return filled[0], tuple(n for n in names if n != filled[0])


def _cell(value: object) -> object:
    if value == "":
        return None
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else value
