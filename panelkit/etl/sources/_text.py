"""Text files: size, encoding and fields with their lines; what the fields mean is for the layouts."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError

LARGEST_TEXT = 200 * 2**20  # bytes
MOST_FIELDS = 20_000  # of one line
MOST_LINES = 5_000_000

CUT = "the last line has no line end: the file may have been cut off"
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BOM = "\ufeff"
_SAME = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "utf8": "utf-8", "utf-8-sig": "utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One record of a separated file: the line it begins on, counted from 1, and its fields, untouched."""

    number: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A decoded file and what it was encoded in."""

    text: str
    encoding: str
    marks: int

    @property
    def cut(self) -> bool:
        """Whether the last line has no end, as where a file was cut off."""
        return not self.text.endswith(("\n", "\r"))

    @property
    def shown_marks(self) -> str:
        """Byte-order marks in words, to be put behind the encoding."""
        if self.marks > 1:
            return f" with {self.marks} byte-order marks"
        return " with byte-order mark" if self.marks else ""


def file_bytes(path: Path, *, largest: int = LARGEST_TEXT) -> bytes:
    """The bytes of a file.

    Raises
    ------
    SourceError
        There is no such file, it is empty, larger than `largest`, or may not be read.
    """
    if not path.is_file():
        what = (
            "this is a folder"
            if path.is_dir()
            else "this is no ordinary file"
            if path.exists()
            else "there is no such file"
        )
        raise SourceError(what, where=str(path), mend="correct the source's path")
    if not os.access(path, os.R_OK):
        raise SourceError("the file may not be read", where=str(path), mend="give yourself the right to read it")
    size = path.stat().st_size
    if size == 0:
        raise SourceError("the file is empty", where=str(path), mend="export it again")
    if size > largest:
        raise SourceError(
            f"the file has {size / 2**20:.0f} MB; more than {largest // 2**20} MB is not read",
            where=str(path),
            mend="cut it to the years and series the study needs",
        )
    return path.read_bytes()


def decode(data: bytes, where: str, declared: str = "") -> TextFile:
    """Text of `data`: by byte-order mark, else strict UTF-8, else GB18030; or as declared, where that holds.

    Raises
    ------
    SourceError
        The declared encoding does not fit, or none does.
    """
    wanted = _SAME.get(declared.casefold(), declared.casefold())
    found = _found_encoding(data)
    if wanted and wanted != found:
        _refuse_declared(data, where, declared, wanted, found)
    encoding = wanted or found
    if not encoding:
        raise SourceError(
            "this is no text file: it is neither UTF-8 nor GB18030",
            where=where,
            mend="if it is a workbook, say kind = 'nbs_excel'; otherwise declare its encoding",
        )
    text = data.decode(encoding)
    bare = text.lstrip(_BOM)
    return TextFile(text=bare, encoding=encoding, marks=len(text) - len(bare))


def _found_encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data:
        return ""
    for encoding in ("utf-8", "gb18030"):
        if _fault(data, encoding) is None:
            return encoding
    return ""


def _fault(data: bytes, encoding: str) -> UnicodeDecodeError | None:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as fault:
        return fault
    return None


def _refuse_declared(data: bytes, where: str, declared: str, wanted: str, found: str) -> None:
    mend = f"say encoding = '{found}' or leave encoding out" if found else "find out what the file is"
    try:
        fault = _fault(data, wanted)
    except LookupError:
        raise SourceError(f"there is no encoding '{declared}'", where=where, mend=mend) from None
    if fault is not None:
        line = data[: fault.start].count(b"\n") + 1
        reads = f"; it reads as {found.upper()}" if found else ""
        raise SourceError(f"the file is not {declared} as declared{reads}", where=f"{where}, line {line}", mend=mend)
    if found == "utf-8" and not data.isascii():
        raise SourceError(f"the file is UTF-8, not {declared} as declared", where=where, mend=mend)


def separated(text: str, separator: str) -> list[TextLine]:
    """Records of a separated text, blank lines included (they have no fields).

    Raises
    ------
    SourceError
        A stray quotation mark; more lines than `MOST_LINES`, or a line of more fields than `MOST_FIELDS`, told before any is read.
    """
    _refuse_endless(text, separator)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    lines: list[TextLine] = []
    begins = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return lines
        except csv.Error as fault:
            raise SourceError(
                str(fault), where=f"line {begins}", mend="look for a stray quotation mark there"
            ) from None
        lines.append(TextLine(number=begins, fields=tuple(fields)))
        begins = reader.line_num + 1


def _refuse_endless(text: str, separator: str) -> None:
    count = max(text.count("\n"), text.count("\r")) + (not text.endswith(("\n", "\r")))
    if count > MOST_LINES:
        raise SourceError(
            f"the file has {counted(count, 'lines', ',')}; more than {MOST_LINES:,} are not read",
            where="line 1",
            mend="cut it to the years and series the study needs",
        )
    for number, line in enumerate(StringIO(text, newline=""), start=1):
        if len(line) > MOST_FIELDS and (fields := line.count(separator) + 1) > MOST_FIELDS:
            raise SourceError(
                f"the line has {counted(fields, 'fields', ',')}; more than {MOST_FIELDS:,} are not read",
                where=f"line {number}",
                mend="keep the columns the study needs, or put years and series into rows",
            )


def at(line: int, column: int) -> str:
    """How a cell of a text file is named; both counted from 1.

    >>> at(12, 3)
    'line 12, column 3'
    """
    return f"line {line}, column {column}"
