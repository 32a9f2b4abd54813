"""Tables of web pages and XML spreadsheets (both often named .xls) and separated text as rows of cells; no script runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.etl.sources._text import CUT, decode, separated

LARGEST_SPAN = 1000
MOST_ATTRIBUTES = 20_000  # of one tag, with the marks about their values
_SILENT = frozenset({"script", "style", "title", "head", "noscript", "template", "select"})
_BREAKS = frozenset({"br", "p", "div", "h1", "h2", "h3", "h4", "li", "hr"})
_INDEX = re.compile(r"[0-9]{1,9}")
_LONG_TAG = re.compile(r"<[^<>]{20000,}")
_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,300}(?:\.\d{1,300})?")  # and so none that is infinite

Merged = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseSheet:
    """A sheet that is in no workbook: rows of cells, merged areas, the line of each row where it is text, and what was read."""

    name: str
    rows: tuple[tuple[object, ...], ...]
    merged: tuple[Merged, ...] = ()
    lines: tuple[int, ...] = ()
    note: str = ""


def is_markup(data: bytes) -> bool:
    """Whether bytes begin as a web page or an XML spreadsheet."""
    head = data[:4000].decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1", "replace")
    head = head.lstrip("\ufeff\xef\xbb\xbf \r\n\t").casefold()
    return head.startswith(("<!", "<?xml", "<html", "<table", "<meta", "<head", "<body", "<div")) or any(
        mark in head for mark in ("<html", "<table", "<workbook")
    )


def sheets_of_markup(data: bytes, where: str, largest: int) -> tuple[LooseSheet, ...]:
    """The tables of a web page one below the other as one sheet, or the sheets of an XML spreadsheet.

    Raises
    ------
    SourceError
        No table in it (a page of frames has none), or one that is larger than `largest` cells.
    """
    text = decode(data, where).text
    _refuse_attributes(text, where)
    xml = "urn:schemas-microsoft-com:office:spreadsheet" in text[:4000]
    parser: _Tables | _Spreadsheet = _Spreadsheet(largest) if xml else _Tables(largest)
    try:
        parser.feed(text)
        parser.close()
    except _TooLargeError:
        raise SourceError(
            f"the table has more than {counted(largest, 'cells', ',')}",
            where=where,
            mend="save the part that is needed as .xlsx",
        ) from None
    except ValueError:  # a character reference of thousands of digits
        raise SourceError("the web page is damaged", where=where, mend="save the workbook as .xlsx") from None
    found = parser.sheets()
    if not found:
        raise SourceError(
            "this is a web page saved under the name of a workbook, and no table with cells is in it",
            where=where,
            mend="open it in a browser and a spreadsheet program and save it as .xlsx, or export it again",
        )
    return found


def _refuse_attributes(text: str, where: str) -> None:
    """A tag of so many attributes that their list would fill the memory is not parsed."""
    for tag in _LONG_TAG.finditer(text):
        if len(tag[0].split()) + sum(map(tag[0].count, "=\"'")) > MOST_ATTRIBUTES:
            line = text.count("\n", 0, tag.start()) + 1
            raise SourceError(
                f"a tag of the page has more than {MOST_ATTRIBUTES:,} attributes",
                where=f"{where}, line {line}",
                mend="open it in a spreadsheet program and save it as .xlsx",
            )


def sheet_of_text(data: bytes, where: str) -> LooseSheet | None:
    """Separated text (by tabs or commas) as a sheet; None where the bytes are no such text."""
    try:
        file = decode(data, where)
    except SourceError:
        return None
    head = file.text[:50_000]
    mark = max("\t,;|", key=head.count)
    if head.count(mark) < 2 or "\0" in head:
        return None
    try:
        lines = separated(file.text, mark)
    except SourceError:
        return None
    named = {"\t": "tabs", ",": "commas"}.get(mark, f"'{mark}'")
    said = f"text separated by {named} in {file.encoding}{file.shown_marks}" + (f"; {CUT}" if file.cut else "")
    rows = tuple(tuple(f if f.strip() else None for f in line.fields) for line in lines)
    return LooseSheet(name="", rows=rows, lines=tuple(line.number for line in lines), note=said)


class _TooLargeError(Exception):
    pass


@dataclass(slots=True)
class _Grid:
    """Rows being filled: cells by (row, column), what is covered by spans, and the next free place."""

    largest: int
    cells: dict[tuple[int, int], object] = field(default_factory=dict)
    covered: set[tuple[int, int]] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
    row: int = -1
    column: int = 0

    def put(self, value: object, across: int, down: int) -> None:
        """A cell at the next free place of the row, with what it spans."""
        while (self.row, self.column) in self.covered:
            self.column += 1
        at = (max(self.row, 0), self.column)
        if value is not None:
            self.cells[at] = value
        if across > 1 or down > 1:
            self.merged.append((at, (at[0] + down - 1, at[1] + across - 1)))
            if len(self.covered) + across * down > self.largest:
                raise _TooLargeError
            self.covered |= {(at[0] + r, at[1] + c) for r in range(down) for c in range(across)}
        self.column += across
        if len(self.cells) > self.largest or self.column > self.largest or self.row > self.largest:
            raise _TooLargeError

    def rows(self) -> tuple[tuple[object, ...], ...]:
        height = max((r for r, _ in self.cells), default=-1) + 1
        width = max((c for _, c in self.cells), default=-1) + 1
        if height * width > 4 * self.largest:
            raise _TooLargeError
        return tuple(tuple(self.cells.get((r, c)) for c in range(width)) for r in range(height))


def _span(given: str | None) -> int:
    digits = re.match(r"\s*(\d{1,6})", given or "")
    return min(max(int(digits[1]) if digits else 1, 1), LARGEST_SPAN)


def _value(text: str) -> object:
    """A cell's text with blanks made one and line breaks kept; plain numbers as numbers."""
    lines = [" ".join(line.split()) for line in text.replace("\xa0", " ").split("\n")]
    shown = "\n".join(line for line in lines if line)
    return (float(shown) if _PLAIN_NUMBER.fullmatch(shown) else shown) if shown else None


class _Tables(HTMLParser):
    """Tables of a web page into one grid, texts between them as rows of their own."""

    def __init__(self, largest: int) -> None:
        super().__init__(convert_charrefs=True)
        self.grid = _Grid(largest=largest)
        self.tables = 0
        self.filled = 0
        self.silent = 0
        self.open: list[tuple[int, int, str | None]] = []  # spans and exact number of the open cell
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self.silent += 1
        elif tag == "table":
            self._loose()
            self.tables += 1
        elif tag == "tr":
            self._cell()
            self.grid.row += 1
            self.grid.column = 0
        elif tag in ("td", "th"):
            self._cell()
            self.open.append((_span(given.get("colspan")), _span(given.get("rowspan")), given.get("x:num")))
        elif tag in _BREAKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(self.silent - 1, 0)
        elif tag in ("td", "th", "tr"):
            self._cell()
        elif tag == "table":
            self._cell()
            self.grid.row += 1
            self.grid.column = 0
        elif tag in _BREAKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(data if self.open else data.replace("\n", " "))

    def close(self) -> None:
        super().close()
        self._cell()
        self._loose()

    def _cell(self) -> None:
        if not self.open:
            return self._loose()
        across, down, exact = self.open.pop()
        raw = "".join(self.text)
        self.text.clear()
        shown = re.sub(r"[ \t\r\n]*\n[ \t\r\n]*", "\n", raw) if "\n" in raw else raw
        value = _value(shown)
        if exact and _PLAIN_NUMBER.fullmatch(exact.strip()) and isinstance(value, (str, float)):
            value = float(exact)
        self.filled += value is not None
        if self.grid.row < 0:
            self.grid.row = 0
        self.grid.put(value, across, down)
        return None

    def _loose(self) -> None:
        """Text outside cells, such as a title above the table, as rows of one cell."""
        if self.open:
            return
        for line in "".join(self.text).split("\n"):
            if line.strip():
                self.grid.row += 1
                self.grid.column = 0
                self.grid.put(_value(line), 1, 1)
        self.text.clear()

    def sheets(self) -> tuple[LooseSheet, ...]:
        """One sheet with all tables."""
        if not self.tables or self.filled < 2:
            return ()
        said = (
            "a web page saved under the name of a workbook, no Excel file: its "
            f"{counted(self.tables, 'tables')} read one below the other"
        )
        said = said.replace("its 1 tables read one below the other", "its table read")
        return (LooseSheet(name="page", rows=self.grid.rows(), merged=tuple(self.grid.merged), note=said),)


class _Spreadsheet(HTMLParser):
    """Sheets of an XML spreadsheet of 2003."""

    def __init__(self, largest: int) -> None:
        super().__init__(convert_charrefs=True)
        self.largest = largest
        self.found: list[tuple[str, _Grid]] = []
        self.text: list[str] = []
        self.kind = ""
        self.spans = (1, 1)
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "worksheet":
            self.found.append((given.get("ss:name") or f"{len(self.found) + 1}", _Grid(largest=self.largest)))
        elif not self.found:
            return
        elif tag == "row":
            grid = self.found[-1][1]
            index = given.get("ss:index")
            grid.row = int(index) - 1 if index and _INDEX.fullmatch(index) else grid.row + 1
            grid.column = 0
        elif tag == "cell":
            index = given.get("ss:index")
            if index and _INDEX.fullmatch(index):
                self.found[-1][1].column = int(index) - 1
            self.spans = (self._more(given.get("ss:mergeacross")), self._more(given.get("ss:mergedown")))
            self.text, self.kind = [], ""
        elif tag in ("data", "ss:data"):
            self.inside, self.kind = True, given.get("ss:type") or ""

    @staticmethod
    def _more(given: str | None) -> int:
        return _span(given) + 1 if given and _INDEX.fullmatch(given.strip()) and int(given) else 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("data", "ss:data"):
            self.inside = False
        elif tag == "cell" and self.found:
            shown = "".join(self.text).strip()
            value: object = shown or None
            if self.kind == "Number" and shown:
                value = float(shown) if re.fullmatch(r"[+-]?\d{1,300}\.?\d*(?:[eE][+-]?\d+)?", shown) else shown
            self.found[-1][1].put(value, *self.spans)

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text.append(data)

    def sheets(self) -> tuple[LooseSheet, ...]:
        """The sheets that have cells."""
        said = "an XML spreadsheet of 2003 under the name of a workbook"
        made = ((name, grid) for name, grid in self.found if grid.cells)
        return tuple(
            LooseSheet(name=name, rows=grid.rows(), merged=tuple(grid.merged), note=said) for name, grid in made
        )
