"""Sheets of .xls and .xlsx workbooks as plain cells; nothing is computed, formulas come as the values saved in the file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.etl.sources._cells import column_letters, is_figure, read_year
from panelkit.etl.sources._markup import LooseSheet, is_markup, sheet_of_text, sheets_of_markup
from panelkit.etl.sources._text import at
from panelkit.etl.sources._web_archive import is_web_archive, sheets_of_archive

LARGEST_SHEET = 200_000  # cells
LARGEST_WORKBOOK = 64 * 2**20  # bytes
LONGEST = 60  # seconds for one workbook
LARGEST_UNPACKED = 256 * 2**20  # bytes

_SIGNATURES = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"\x09\x08", b"\x09\x04", b"\x09\x02")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its rows from A1 on, blanks as None.

    merged : first and last (row, column). opened : by Excel's default password. lines : of a text file, by row. loose : what the
    file is where it is no workbook. turned : from this row on rows and columns have changed places. named : names of
    rows that are no known place.
    """

    name: str
    rows: tuple[tuple[object, ...], ...]
    others: tuple[str, ...]
    merged: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()
    opened: bool = False
    lines: tuple[int, ...] = ()
    loose: str = ""
    turned: int | None = None
    named: frozenset[str] = frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of how it was opened."""
        opened = "the workbook was encrypted under Excel's default password and opened with it"
        return ((opened,) if self.opened else ()) + ((self.loose,) if self.loose else ())

    @property
    def format(self) -> str:
        """What kind of file it stands in, in words."""
        if self.lines:
            return "text"
        return "web page or XML spreadsheet, no Excel file" if self.loose else f"Excel workbook, sheet {self.name}"

    def place(self, row: int, column: int) -> str:
        """How a cell is named, both counted from 0; of a turned sheet the name of its true place."""
        if self.turned is not None and row >= self.turned:
            row, column = self.turned + column, row - self.turned
        if self.lines:
            return at(self.lines[row], column + 1)
        return f"{self.name}!{column_letters(column)}{row + 1}"


def merged_down(sheet: Sheet, below: int) -> tuple[Sheet, tuple[str, ...]]:
    """The sheet with names and years of cells merged over several rows in each of these rows, and what is said of it.

    Only cells under row `below` of one column count, and no figure: that of a merged area belongs to none of its rows alone.
    """
    rows = [list(row) for row in sheet.rows]
    filled = 0
    for (top, left), (bottom, right) in sheet.merged:
        cell = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
        if left != right or bottom == top or top <= below or not (isinstance(cell, str) or read_year(cell)):
            continue
        if isinstance(cell, str) and is_figure(cell) and read_year(cell) is None:
            continue
        for n in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[n]) and rows[n][left] is None:
                rows[n][left] = cell
                filled += 1
    said = (f"{counted(filled, 'cells take')} the text of the cell that is merged over them",) if filled else ()
    return replace(sheet, rows=tuple(map(tuple, rows))), said


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A workbook to read: its bytes, its path, how messages name it, and the sheet wanted ("": the only one with cells)."""

    data: bytes
    path: Path
    where: str
    wanted: str = ""


def sheet_of(data: bytes, path: Path, where: str, wanted: str = "") -> Sheet:
    """The wanted sheet of a workbook, else its only sheet with cells.

    Raises
    ------
    SourceError
        No workbook, one under a password of its own, a damaged one, an unknown or ambiguous sheet, a sheet that is too large.
    """
    found = _sheet_or_fault(data, path, where, wanted)
    if isinstance(found, SourceError):
        raise SourceError(faults=found.faults)
    return found


def sheet_names(data: bytes, path: Path, where: str) -> tuple[str, ...]:
    """Names of the sheets that have cells; empty where the bytes are no workbook that can be opened."""
    found = _sheet_or_fault(data, path, where, "")
    if isinstance(found, Sheet):
        return (found.name,)
    return found.names if isinstance(found, SeveralSheetsError) else ()


class SeveralSheetsError(SourceError):
    """A workbook has several sheets with cells and none was named."""

    names: tuple[str, ...] = ()


@lru_cache(maxsize=32)  # a look asks several layouts about one file
def _sheet_or_fault(data: bytes, path: Path, where: str, wanted: str) -> Sheet | SourceError:
    return sheets_of([Book(data=data, path=path, where=where, wanted=wanted)])[0]


def sheets_of(books: Sequence[Book]) -> list[Sheet | SourceError]:
    """One sheet of each workbook, or why it cannot be read.

    The reading is done in a process of its own (see `_sheet_reader`), so that a damaged file ends that and not this; those
    that come after it are then given to another process.
    """
    found: list[Sheet | SourceError | None] = []
    for book in books:
        try:
            loose = _loose(book)
            _refuse_swollen(book.data, book.where)
            found.append(loose)
        except SourceError as fault:
            found.append(fault)
    open_ = [i for i, f in enumerate(found) if f is None]
    while open_:
        answers, said = _run([books[i] for i in open_])
        if len(answers) < len(open_):
            answers.append({"fault": "damaged", "said": said})
        for i, answer in zip(open_, answers, strict=False):
            found[i] = _refusal(answer, books[i].where, books[i].wanted) if "fault" in answer else _sheet_from(answer)
        open_ = open_[len(answers) :]
    return [f for f in found if f is not None]


def _run(books: Sequence[Book]) -> tuple[list[dict[str, Any]], str]:
    """The answers that a reading process gave before it ended, and why it may have ended early."""
    reader = Path(__file__).with_name("_sheet_reader.py")
    command = [sys.executable, "-I", str(reader), str(LARGEST_SHEET)]
    head = json.dumps([[str(b.path), b.wanted, len(b.data)] for b in books]).encode() + b"\n"
    said = "it is inconsistent"
    try:
        work = head + b"".join(b.data for b in books)
        out = subprocess.run(command, input=work, capture_output=True, check=False, timeout=LONGEST).stdout  # noqa: S603
    except subprocess.TimeoutExpired as late:
        out, said = late.stdout or b"", f"not read after {LONGEST} seconds"
    return [json.loads(line) for line in out.splitlines(keepends=True) if line.endswith(b"\n")], said


def _sheet_from(answer: dict[str, Any]) -> Sheet:
    return Sheet(
        name=answer["sheet"],
        rows=tuple(map(tuple, answer["rows"])),
        others=tuple(answer["others"]),
        merged=tuple((tuple(a), tuple(b)) for a, b in answer["merged"]),
        opened=answer.get("opened", False),
    )


def _refusal(found: dict[str, Any], where: str, wanted: str) -> SourceError:
    """The reader's word for a fault in full."""
    names = found.get("names", [])
    match found["fault"]:
        case "unknown":
            return SourceError(f"there is no sheet '{wanted}'", where=where, mend=known_or_nearest(wanted, names))
        case "several":
            what = f"the workbook has {counted(len(names), 'sheets')} with cells: {', '.join(names)}"
            several = SeveralSheetsError(what, where=where, mend='name one: sheet = "..."')
            several.names = tuple(names)
            return several
        case "empty":
            return SourceError("no sheet of the workbook has a cell", where=where, mend="export it again")
        case "large":
            return SourceError(
                f"the sheet '{names[0]}' has {found['height']} x {counted(found['width'], 'cells')}; more than "
                f"{LARGEST_SHEET:,} are not read",
                where=where,
                mend="save the part the study needs as a file of its own",
            )
        case "encrypted":
            return SourceError(
                "the workbook is encrypted under a password of its own",
                where=where,
                mend="open it in a spreadsheet program with its password and save a copy without one",
            )
    return SourceError(
        f"the workbook is damaged and cannot be read ({found['said']})",
        where=where,
        mend="download it again, or save it as .xlsx",
    )


def _loose(book: Book) -> Sheet | None:
    """The wanted sheet of a web page, an XML spreadsheet or a text under the name of a workbook; None for a workbook."""
    if book.data.startswith(_SIGNATURES):
        return None
    if is_web_archive(book.data):
        sheets: tuple[LooseSheet, ...] = sheets_of_archive(book.data, book.where, LARGEST_SHEET)
    elif is_markup(book.data):
        sheets = sheets_of_markup(book.data, book.where, LARGEST_SHEET)
    else:
        text = sheet_of_text(book.data, book.where)
        sheets = (text,) if text is not None else ()
    if not sheets:
        raise SourceError(
            "this is no Excel file: it does not begin as one",
            where=book.where,
            mend="if it is text, say kind = 'nbs_csv' or 'tidy'; otherwise export it again",
        )
    names = [s.name for s in sheets]
    wanted = [s for s in sheets if s.name == book.wanted] if book.wanted and len(sheets) > 1 else list(sheets)
    if len(wanted) != 1:
        found = {"fault": "several" if not book.wanted else "unknown", "names": names}
        raise _refusal(found, book.where, book.wanted)
    one = wanted[0]
    return Sheet(
        name=one.name,
        rows=one.rows,
        others=tuple(n for n in names if n != one.name),
        merged=one.merged,
        lines=one.lines,
        loose=one.note,
    )


def _refuse_swollen(data: bytes, where: str) -> None:
    """A small file that unpacks to a huge one is not opened."""
    if not data.startswith(b"PK"):
        return
    try:
        with ZipFile(BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except BadZipFile:
        raise SourceError("the workbook is damaged", where=where, mend="download it again") from None
    if size > LARGEST_UNPACKED:
        raise SourceError(
            f"the workbook unpacks to {size / 2**20:.0f} MB; more than {LARGEST_UNPACKED // 2**20} MB is not read",
            where=where,
            mend="save the part the study needs as a file of its own",
        )
