"""A query against a DuckDB file: read only, nothing but that file; files of records are in records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SeriesSeen, SourceSpec, Units
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import parse_measure
from panelkit.etl.sources._cells import read_year
from panelkit.etl.sources._engine import Clock, locked, settings
from panelkit.etl.sources._frames import LARGEST_TABLE, CellTable, refuse_other, unit_texts
from panelkit.etl.sources._guess import Roles, guess_roles
from panelkit.etl.sources._many import one_file
from panelkit.etl.sources._observed import Ledger, observe, reading, sealed, series_seen, settle_measure, unit_columns
from panelkit.etl.sources._several import files_of_several, over_several
from panelkit.etl.sources._text import file_bytes

if TYPE_CHECKING:
    import duckdb

LARGEST_DATABASE = 8 * 2**30  # bytes
MOST_LOOKED_AT = 20_000  # rows of a table
_KEYS = ("unit", "time", "series", "value", "measure", "cell")


@spec
class SqlSpec(SourceSpec):
    """A query.

    Parameters
    ----------
    path : str
        A DuckDB file.
    query : str
        One SELECT over the tables of that file, giving one row per unit and year. Functions that read other files,
        ATTACH, COPY, extensions and settings are refused by the engine.
    unit : str, or dict
        Column of the result that holds the unit, "" where there is none (figures of the nation), or key of the panel -> its column.
    time : str
        Column of the result that holds the year.
    series : dict
        Alias -> column of the result. measures : alias -> unit of measure, unless the column's name ends in it.
    memory : str
        Limit of the engine, such as "2GB". threads : int; with one, sums are the same to the last digit every time.
    """

    query: str
    unit: Units = "province"
    time: str = "year"
    memory: str = "1GB"
    threads: int = 1


def read(spec: SqlSpec, path: Path) -> Observations:
    """Observations of a query's result, sorted by unit and year.

    Raises
    ------
    SourceError
        No DuckDB file, more than one statement, anything but a SELECT, a missing column, cells that are no numbers.
    """
    data = file_bytes(path, largest=LARGEST_DATABASE)
    ledger = Ledger(where=spec.path)
    connection = _opened(path, spec.path, spec.memory, spec.threads)
    try:
        keys = unit_columns(spec.unit)
        table = _asked(connection, spec.query, spec.path, (*keys.values(), spec.time), Clock())
    finally:
        connection.close()
    for field, name in (
        *((f"unit.{k}", c) for k, c in keys.items()),
        ("time", spec.time),
        *((f"series.{a}", c) for a, c in spec.series.items()),
    ):
        if name not in table.names:
            ledger.fault(f"the query gives no column '{name}'", f"{field}: {known_or_nearest(name, table.names)}")
    ledger.finish()
    units = unit_texts(keys, table)
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    for alias, name in spec.series.items():
        measure = settle_measure(spec, alias, parse_measure(name)[1], ledger)
        for row, (unit, time, cell) in enumerate(zip(units, table[spec.time], table[name], strict=True)):
            year = read_year(time)
            place = f"query row {row + 1}, column {name}"
            if not unit or year is None:
                ledger.fault(f"'{unit}', '{time}' are no unit and year", "leave such rows out by WHERE", f", {place}")
                continue
            value = ledger.number(_plain(cell), f", {place}", f"{unit}, {year}")
            observe(columns, (unit, year), f"{spec.id}.{alias}", value, measure, place)
    ledger.say(f"query: {' '.join(spec.query.split())[:200]}")
    return sealed(spec, data, columns, ledger, steps=(" ".join(spec.query.split()),), parts=tuple(keys))


def _plain(cell: object) -> object:
    from decimal import Decimal

    return float(cell) if isinstance(cell, Decimal) else cell


def _opened(path: Path, where: str, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    import duckdb

    config = settings(memory, threads, where)
    with path.open("rb") as file:
        refuse_other(file.read(100), where)
    try:
        connection = duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error as fault:
        raise SourceError(
            f"this is no DuckDB file that can be opened ({' '.join(str(fault).split())[:120]})",
            where=where,
            mend="give a file written by DuckDB; for .csv and .parquet say kind = 'tidy' or 'records'",
        ) from None
    locked(connection)
    return connection


def _asked(
    connection: duckdb.DuckDBPyConnection, query: str, where: str, order: tuple[str, ...] | None, clock: Clock
) -> CellTable:
    """The result of one SELECT, sorted, as a table."""
    import duckdb

    statements = clock.within(connection, lambda: connection.extract_statements(query), where)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SourceError(
            f"the query has {len(statements)} statements" if len(statements) != 1 else "the query is no SELECT",
            where=where,
            mend="give one SELECT; WITH ... SELECT is one",
        )
    text = query.strip().rstrip(";")
    asked = clock.within(connection, lambda: connection.execute(f"FROM (\n{text}\n) LIMIT 0"), where)
    names = tuple(str(d[0]) for d in asked.description)
    keys = [n for n in order or () if n in names]
    by = ", ".join('"' + n.replace('"', '""') + '"' for n in (*keys, *(n for n in names if n not in keys)))
    most = LARGEST_TABLE // max(len(names), 1)
    sentence = f"FROM (\n{text}\n) ORDER BY {by} LIMIT {most + 1}"
    rows = clock.within(connection, lambda: connection.execute(sentence).fetchall(), where)
    if len(rows) > most:
        raise SourceError("the query gives too many rows", where=where, mend="aggregate in the query")
    if len(set(names)) < len(names):
        raise SourceError("two columns of the query have one name", where=where, mend="rename one with AS")
    return CellTable(
        names=names,
        columns=tuple([_plain(row[i]) for row in rows] for i in range(len(names))),
        place=lambda row, column: f", query row {row + 1}, column {names[column]}",
        format="DuckDB",
        encoding="utf-8",
    )


def recognise(path: Path) -> str | None:
    """Why a file is a DuckDB database, or None."""
    if not path.is_file() or path.stat().st_size < 4096:
        return None
    with path.open("rb") as file:
        head = file.read(16)
    return "the file begins as a DuckDB database does" if head[8:12] == b"DUCK" else None


def look(path: Path) -> Reading:
    """The tables of a database and, where they have units and years, their series, with the columns that look like those."""
    ledger = Ledger(where=path.name)
    connection = _opened(path, path.name, "1GB", 1)
    seen: list[SeriesSeen] = []
    clock = Clock()
    try:
        listed = _asked(connection, "SELECT table_name AS t FROM information_schema.tables", path.name, None, clock)
        for name in map(str, listed["t"]):
            quoted = quoted_name(name)
            table = _asked(connection, f"SELECT * FROM {quoted} LIMIT {MOST_LOOKED_AT}", path.name, None, clock)  # noqa: S608
            most = "the first " if table.rows == MOST_LOOKED_AT else ""
            ledger.say(f"table {name}: {most}{counted(table.rows, 'rows')}, columns {', '.join(table.names)}"[:200])
            roles = guess_roles(table)
            if roles is not None and roles.time:
                seen += _series_of(name, table, roles, ledger)
    finally:
        connection.close()
    return reading("DuckDB database", "utf-8", "", seen, ledger)


def quoted_name(name: str) -> str:
    """A name as it stands in a query."""
    return '"' + name.replace('"', '""') + '"'


def _series_of(name: str, table: CellTable, roles: Roles, ledger: Ledger) -> Iterator[SeriesSeen]:
    """The series of a table, in columns or in rows, and what is said of which column is what."""
    import pandas as pd

    ledger.places = roles.known
    said = f"unit = '{roles.unit}', time = '{roles.time}'"
    if roles.series_column:
        said += f", series_column = '{roles.series_column}', value_column = '{roles.value_column}'"
    ledger.say(
        f"table {name}, by what stands in its columns: {said}" + ("" if roles.known else "; no province or city")
    )
    units, times = list(map(str, table[roles.unit])), [read_year(t) or 0 for t in table[roles.time]]
    parts: list[tuple[str, str, list[int]]] = []
    if roles.series_column:
        rows_of: dict[str, list[int]] = {}
        for i, series in enumerate(table[roles.series_column]):
            rows_of.setdefault(str(series), []).append(i)
        parts = [(series, roles.value_column, rows) for series, rows in rows_of.items()]
    else:
        columns = [c for c in table.names if c not in (roles.unit, roles.time)]
        numbers = [c for c in columns if not any(isinstance(v, str) for v in table[c])]
        parts = [(c, c, list(range(table.rows))) for c in numbers]
    for series, column, rows in parts:
        values = [ledger.number(table[column][i], f", {name}.{column}") for i in rows]
        frame = pd.DataFrame(
            {
                "unit": [units[i] for i in rows],
                "time": [times[i] for i in rows],
                "value": values,
                "cell": [f"{name} row {i + 1}" for i in rows],
            }
        )
        yield series_seen(f"{name}.{series}", parse_measure(series)[1] or "", frame, ledger)


SOURCES.register(
    SourceKind(
        name="sql",
        spec=SqlSpec,
        summary="one SELECT against a DuckDB file, read only and shut off from every other file",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(one_file),
    )
)
