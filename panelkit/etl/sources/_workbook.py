"""Sheets of .xls and .xlsx workbooks as plain cells; nothing is computed, formulas come as the values saved in the file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.etl.sources._cells import column_letters

LARGEST_SHEET = 200_000  # cells
LARGEST_WORKBOOK = 64 * 2**20  # bytes
LONGEST = 60  # seconds for one workbook
LARGEST_UNPACKED = 256 * 2**20  # bytes

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

    The reading is done in a process of its own (see `_sheet_reader`), so that a damaged file ends that and not this.

    Raises
    ------
    SourceError
        No workbook, an encrypted or damaged one, an unknown or ambiguous sheet, a sheet that is too large.
    """
    _refuse_others(data, where)
    _refuse_swollen(data, where)
    reader = Path(__file__).with_name("_sheet_reader.py")
    command = [sys.executable, "-I", str(reader), str(path), wanted, str(LARGEST_SHEET)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=LONGEST)  # noqa: S603
        found = json.loads(done.stdout) if done.returncode == 0 else {"fault": "damaged", "said": "it is inconsistent"}
    except subprocess.TimeoutExpired:
        found = {"fault": "damaged", "said": f"not read after {LONGEST} seconds"}
    if "fault" in found:
        raise _refusal(found, where, wanted)
    return Sheet(name=found["sheet"], rows=tuple(map(tuple, found["rows"])), others=tuple(found["others"]))


def _refusal(found: dict[str, Any], where: str, wanted: str) -> SourceError:
    """The reader's word for a fault in full."""
    names = found.get("names", [])
    match found["fault"]:
        case "unknown":
            return SourceError(f"there is no sheet '{wanted}'", where=where, mend=known_or_nearest(wanted, names))
        case "several":
            what = f"the workbook has {len(names)} sheets with cells: {', '.join(names)}"
            return SourceError(what, where=where, mend='name one: sheet = "..."')
        case "empty":
            return SourceError("no sheet of the workbook has a cell", where=where, mend="export it again")
        case "large":
            return SourceError(
                f"the sheet '{names[0]}' has {found['height']} x {found['width']} cells; more than {LARGEST_SHEET:,} are not read",
                where=where,
                mend="save the part the study needs as a file of its own",
            )
        case "encrypted":
            return SourceError(
                "the workbook is encrypted",
                where=where,
                mend="open it in a spreadsheet program (many yearbook pages open without a password) and save a copy as .xlsx",
            )
    return SourceError(
        f"the workbook is damaged and cannot be read ({found['said']})",
        where=where,
        mend="download it again, or save it as .xlsx",
    )


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
