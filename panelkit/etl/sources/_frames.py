"""Tidy tables of any format as columns of cells with their places; which column is what is for tidy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, SourceError
from panelkit.core.key import EVERY, joined
from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import FOOTER, is_blank, is_sentence, narrow
from panelkit.etl.sources._labels import below_header
from panelkit.etl.sources._page_head import printed_unit
from panelkit.etl.sources._text import CUT, MOST_FIELDS, at, decode, separated

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as parquet

LARGEST_TABLE = 50_000_000  # cells
LARGEST_DECODED = 2**30  # bytes of a Parquet file once unpacked

_SEPARATORS = (",", "\t", ";", "|")
_COMPRESSED = frozenset({".gz", ".zip", ".xz", ".bz2", ".zst"})


WORKBOOKS = frozenset(
    {".xls", ".xlsx", ".xlsm", ".xlsb", ".xlt", ".et", ".ods", ".mht", ".mhtml", ".htm", ".html"}
)  # and what stands in for one; which it is is told by its bytes
R_FILES = frozenset({".rda", ".rdata", ".rds"})


def table_of(data: bytes, path: Path, where: str, encoding: str = "", separator: str = "", part: str = "") -> CellTable:
    """A table by the extension of its file: Parquet, Stata, R, a workbook, else separated text.

    Parameters
    ----------
    part : str
        Name of the sheet of a workbook, or of the data frame of an R file, where there are several.

    Raises
    ------
    SourceError
        Unknown or damaged format, uneven rows, names that stand twice.
    """
    suffix = path.suffix.casefold()
    if suffix == ".parquet":
        return _parquet(data, where)
    if suffix == ".dta":
        from panelkit.etl.sources._stata import stata_table

        table = stata_table(data, where, encoding)
        _refuse_large(table.rows, len(table.names), where)
        return table
    if suffix in R_FILES:
        return _saved_by_r(data, where, part)
    if suffix in WORKBOOKS:
        return _worksheet(data, path, where, part)
    if suffix in (".csv", ".tsv", ".txt", ".tab"):
        return _separated(data, where, encoding, separator)
    refuse_other(data, where)
    mend = "unpack it" if suffix in _COMPRESSED else "give .csv, .tsv, .parquet, .dta, .rda, .xls, .xlsx or .ods"
    raise SourceError(f"a table cannot be read from '{suffix or path.name}'", where=where, mend=mend)


_OTHERS = (
    (
        b"SQLite format 3\0",
        "a SQLite database, which DuckDB reads only by an extension from the network",
        "write its table as .csv: sqlite3 -header -csv FILE 'SELECT ...' > table.csv; or copy it into a DuckDB file",
    ),
    (b"$FL2", "an SPSS file", "save it as .dta or .csv in SPSS, or in R by haven"),
    (b"$FL3", "an SPSS file", "save it as .dta or .csv in SPSS, or in R by haven"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS file", "export it as .dta or .csv in SAS, or in R by haven"),
)


def refuse_other(data: bytes, where: str) -> None:
    """Name a file of another program by its first bytes, with what to do with it.

    Raises
    ------
    SourceError
        It is one.
    """
    for head, what, mend in _OTHERS:
        if data.startswith(head):
            raise SourceError(f"this is {what}; it is not read", where=where, mend=mend)


def unit_texts(columns: dict[str, str], table: CellTable) -> list[str]:
    """The unit of every row, under its value label where it has one, its parts joined, "" where one is blank; every row the whole
    where there is no column.
    """
    if not columns:
        return [EVERY] * table.rows
    texts = [[unit_text(u) for u in table.shown.get(column, table[column])] for column in columns.values()]
    if len(texts) == 1:
        return texts[0]
    return [joined(row) if all(row) else "" for row in zip(*texts, strict=True)]


def unit_text(unit: object) -> str:
    """A unit as text: 110000.0 is "110000"."""
    if is_blank(unit):
        return ""
    if isinstance(unit, float) and unit.is_integer():
        return str(int(unit))
    return str(unit)


def _separated(data: bytes, where: str, encoding: str, separator: str) -> CellTable:
    file = decode(data, where, encoding)
    head = next((line for line in file.text[:100_000].split("\n") if line.strip()), "")
    mark = {"tab": "\t", "\\t": "\t"}.get(separator, separator) or max(_SEPARATORS, key=head.count)
    if len(mark) != 1:
        raise SourceError(f"'{separator}' is no separator", where=where, mend='give one character, or "tab"')
    try:
        lines = separated(file.text, mark)
    except SourceError as fault:
        raise SourceError(
            fault.faults[0].what, where=f"{where}, {fault.faults[0].where}", mend=fault.faults[0].mend
        ) from None
    filled = [line for line in lines if any(f.strip() for f in line.fields)]
    begins = next((i for i, line in enumerate(filled) if _several(line.fields)), 0)
    if not filled:
        raise SourceError("the file has no row", where=where, mend="export it again")
    names = [n.strip().strip("\ufeff") for n in filled[begins].fields]
    while names and not names[-1]:
        names.pop()
    width = len(names)
    body, footers = _without_footers(filled[begins + 1 :], [line.fields for line in filled[begins + 1 :]])
    below = below_header([line.fields for line in body], width)
    body = body[below.rows :]
    faults = [
        Fault(
            where=f"{where}, line {line.number}",
            what=f"the row has {counted(len(line.fields), 'fields')}, the header {width}",
            mend="look for a separator inside a field that is not in quotation marks",
        )
        for line in body
        if len(line.fields) < width or any(f.strip() for f in line.fields[width:])
    ]
    if faults:
        raise SourceError(faults=faults[:20])
    _refuse_twice(names, where)
    numbers = [line.number for line in body]
    blank = len(lines) - len(filled)
    above = tuple(f"line above the header passed over: {''.join(line.fields)[:60]}" for line in filled[:begins])
    return CellTable(
        names=tuple(names),
        columns=tuple([line.fields[i] for line in body] for i in range(width)),
        place=lambda row, column: f", {at(numbers[row], column + 1)}",
        format={"\t": "tab-separated", ",": "comma-separated"}.get(mark, f"separated by {mark}"),
        encoding=file.encoding + file.shown_marks,
        notes=((f"{blank} blank lines passed over",) if blank else ())
        + above
        + below.said
        + footers
        + ((CUT,) if file.cut and not footers else ()),
        labels=below.labels if below.rows else (),
        measures=_measures(below.measures, [f for line in filled[:begins] for f in line.fields]),
        commas_part=mark == ",",
    )


def _measures(below: tuple[str, ...], above: Sequence[str]) -> tuple[str, ...]:
    """Units of a row below the header, else that of a line such as 单位：亿元 above it, for each column."""
    whole = printed_unit(above) or ""
    return tuple(m or whole for m in below)


def _several(cells: Sequence[object]) -> bool:
    return sum(not is_blank(c) for c in cells) > 1


T = TypeVar("T")


def _without_footers(rows: Sequence[T], cells: Sequence[Sequence[object]]) -> tuple[list[T], tuple[str, ...]]:
    """Rows down to the first footer (its first cell alone is filled, and reads so), and what is said of those below."""
    for i, row in enumerate(cells):
        first = narrow(str(row[0] if row and row[0] is not None else ""))
        if not _several(row) and (FOOTER.match(first) or is_sentence(first)):
            below = ["".join(str(c) for c in r if not is_blank(c)) for r in cells[i:]]
            if not any(_several(r) for r in cells[i:]):
                return list(rows[:i]), tuple(f"footer passed over: {narrow(t)[:60]}" for t in below if t)
    return list(rows), ()


def _refuse_twice(names: Sequence[str], where: str) -> None:
    twice = sorted(n for n, count in Counter(names).items() if n and count > 1)
    if twice:
        raise SourceError(f"the column '{twice[0]}' stands twice", where=where, mend="give each column its own name")


def _parquet(data: bytes, where: str) -> CellTable:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(BytesIO(data))
        _refuse_large(file.metadata.num_rows, file.metadata.num_columns, where)
        table = _decoded(file, where)
    except (
        pa.ArrowException,
        OSError,
        ValueError,
    ) as fault:  # a damaged page and an encrypted file are errors of input to it
        said = " ".join(str(fault).split())[:80]
        raise SourceError(f"the Parquet file cannot be read ({said})", where=where, mend="write it again") from None
    names = list(map(str, table.column_names))
    _refuse_twice(names, where)
    return CellTable(
        names=tuple(names),
        columns=tuple(c.to_pylist() for c in table.columns),
        place=lambda row, column: f", row {row + 1}, column {names[column]}",
        format="Parquet",
        encoding="utf-8",
    )


def _decoded(file: parquet.ParquetFile, where: str) -> pa.Table:
    """The whole table, batch after batch, broken off where it is larger than `LARGEST_DECODED`.

    A long text kept once in a dictionary and named by every row makes terabytes of a few kilobytes; a batch has so few rows
    that no text of its column, were it in all of them, could fill the memory.
    """
    import pyarrow as pa

    kept = file.metadata
    chunks = [kept.row_group(g).column(c) for g in range(kept.num_row_groups) for c in range(kept.num_columns)]
    texts = [c.total_uncompressed_size for c in chunks if c.physical_type == "BYTE_ARRAY" and c.has_dictionary_page]
    size = sum(c.total_uncompressed_size for c in chunks)
    batches = []
    if size <= LARGEST_DECODED:
        size = 0
        for batch in file.iter_batches(batch_size=min(max(2**28 // max(1, *texts, 1), 1), 65_536)):
            size += batch.nbytes
            if size > LARGEST_DECODED:
                break
            batches.append(batch)
    if size > LARGEST_DECODED:
        raise SourceError(
            f"the Parquet file unpacks to more than {LARGEST_DECODED // 2**20} MB, which is not read",
            where=where,
            mend="cut it to the years and series the study needs",
        )
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


def _saved_by_r(data: bytes, where: str, part: str) -> CellTable:
    from panelkit.etl.sources._rda import data_frames

    frames = data_frames(data, where)
    chosen = [f for f in frames if f.name == part] if part else frames
    if len(chosen) != 1:
        names = [f.name for f in frames]
        what = f"there is no data frame '{part}'" if part else f"the R file holds {len(frames)} data frames"
        raise SourceError(what, where=where, mend=f"name one: part = one of {', '.join(names)}")
    frame = chosen[0]
    _refuse_large(len(frame.columns[0]) if frame.columns else 0, len(frame.names), where)
    _refuse_twice(frame.names, where)
    return CellTable(
        names=frame.names,
        columns=frame.columns,
        place=lambda row, column: f", row {row + 1}, column {frame.names[column]}",
        format=f"R data frame {frame.name}".strip(),
        encoding="utf-8",
    )


def _worksheet(data: bytes, path: Path, where: str, part: str) -> CellTable:
    """A sheet whose first row with two cells or more is its header."""
    from panelkit.etl.sources._workbook import merged_down, sheet_of

    sheet = sheet_of(data, path, where, part)
    filled = [n for n, row in enumerate(sheet.rows) if sum(not is_blank(c) for c in row) > 1]
    if not filled:
        raise SourceError("the sheet has no table", where=f"{where}!{sheet.name}", mend="export it again")
    head = filled[0]
    sheet, merged = merged_down(sheet, head)
    names = ["" if is_blank(c) else str(c).strip() for c in sheet.rows[head]]
    while names and not names[-1]:
        names.pop()
    _refuse_twice(names, where)
    body = [n for n in range(head + 1, len(sheet.rows)) if any(not is_blank(c) for c in sheet.rows[n])]
    beyond = [n for n in body if any(not is_blank(c) for c in sheet.rows[n][len(names) :])]
    if beyond:
        place = f"{where}!{sheet.place(beyond[0], len(names))}"
        raise SourceError("a cell stands right of the header", where=place, mend="give its column a name")
    above = sum(any(not is_blank(c) for c in row) for row in sheet.rows[:head])
    body, footers = _without_footers(body, [sheet.rows[n] for n in body])
    below = below_header([sheet.rows[n] for n in body], len(names))
    body = body[below.rows :]
    return CellTable(
        names=tuple(names),
        columns=tuple([sheet.rows[n][i] for n in body] for i in range(len(names))),
        place=lambda row, column: f"!{sheet.place(body[row], column)}",
        format=sheet.format,
        encoding="Excel workbook" if not sheet.loose else sheet.format,
        notes=((f"{counted(above, 'rows')} above the header passed over",) if above else ())
        + below.said
        + merged
        + footers
        + sheet.notes,
        labels=below.labels if below.rows else (),
        measures=_measures(below.measures, [c for row in sheet.rows[:head] for c in row if isinstance(c, str)]),
    )


def _refuse_large(rows: int, columns: int, where: str) -> None:
    if columns > MOST_FIELDS:
        raise SourceError(
            f"the table has {counted(columns, 'columns', ',')}; more than {MOST_FIELDS:,} are not read",
            where=where,
            mend="keep the columns the study needs, or put years and series into rows",
        )
    if rows * columns > LARGEST_TABLE:
        raise SourceError(
            f"the table has {rows:,} x {counted(columns, 'cells')}; more than {LARGEST_TABLE:,} are not read",
            where=where,
            mend="cut it to the series the study needs",
        )
