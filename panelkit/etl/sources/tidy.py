"""Tidy tables (CSV, Parquet, Stata, R, Excel): a row per unit and time, or per unit, time and series; exports of portals are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SeriesSeen, SourceSpec, Units
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import is_blank, narrow, read_year
from panelkit.etl.sources._frames import table_of, unit_texts
from panelkit.etl.sources._guess import Roles, guess_roles, is_text
from panelkit.etl.sources._observed import Ledger, looking, reading, sealed, series_seen, settle_measure, unit_columns
from panelkit.etl.sources._text import file_bytes

_COLUMNS = ("unit", "time", "series", "value", "text", "measure", "vintage", "cell")


@spec
class TidySpec(SourceSpec):
    """A tidy table.

    Parameters
    ----------
    unit : str, or dict
        Column that holds the unit; "" where the file has none (a series of the nation); or key of the panel -> its column, such as
        { province = "region", industry = "code" }.
    time : str
        Column that holds the year; "" where figures hold in every year.
    measures : dict
        Alias -> unit of measure; without one, printed or declared, a series counts as a pure number and a note says so.
    series : dict
        Wide form: alias -> column. Long form (`series_column` given): alias -> text in that column.
    categories : tuple of str
        Aliases whose cells are text.
    series_column, value_column, measure_column, vintage_column : str
        Columns of the long form; `vintage_column` (year of the yearbook or export) also serves the wide form.
    encoding, separator, thousands : str
        Only where they cannot be found from the file; without `thousands`, "3,078.5" is refused.
    decimal : str
        "," where figures have a decimal comma; "3078,5" is refused without it.
    part : str
        Sheet of a workbook, or data frame of an R file, where there are several.
    """

    unit: Units = "province"
    time: str = "year"
    categories: tuple[str, ...] = ()
    series_column: str = ""
    value_column: str = "value"
    measure_column: str = ""
    vintage_column: str = ""
    encoding: str = ""
    separator: str = ""
    thousands: str = ""
    decimal: Literal["", ","] = ""
    part: str = ""


def read(spec: TidySpec, path: Path) -> Observations:
    """Observations of a tidy table.

    Raises
    ------
    SourceError
        A missing column (with the nearest), a bad year, a cell that is no number, a unit of measure that is not as
        declared: all at once.
    """
    data = file_bytes(path)
    table = table_of(data, path, spec.path, spec.encoding, spec.separator, spec.part)
    ledger = Ledger(where=spec.path, thousands=spec.thousands, decimal=spec.decimal)
    for note in table.notes:
        ledger.say(note)
    _require_columns(spec, table, ledger)
    ledger.finish()
    rows, units, times = _keys(spec, table, ledger)
    ledger.finish()
    columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}
    if spec.series_column:
        _long(spec, table, (rows, units, times), columns, ledger)
    else:
        _wide(spec, table, (rows, units, times), columns, ledger)
    return sealed(spec, data, columns, ledger, parts=tuple(unit_columns(spec.unit)), timeless=not spec.time)


def _require_columns(spec: TidySpec, table: CellTable, ledger: Ledger) -> None:
    wanted = {"time": spec.time} if spec.time else {}
    if isinstance(spec.unit, str):
        wanted |= {"unit": spec.unit} if spec.unit else {}
    else:
        wanted |= {f"unit.{key}": column for key, column in spec.unit.items()}
    if spec.series_column:
        wanted |= {"series_column": spec.series_column, "value_column": spec.value_column}
    else:
        wanted |= {f"series.{alias}": column for alias, column in spec.series.items()}
    wanted |= {k: v for k, v in (("measure_column", spec.measure_column), ("vintage_column", spec.vintage_column)) if v}
    for field, column in wanted.items():
        if column in table.names:
            continue
        what = f"there is no column '{column}'"
        if field == "unit":
            what = f"there is no {column} column: the source says unit = '{column}', and no column has that name"
        ledger.fault(what, f"{field}: {known_or_nearest(column, [n for n in table.names if n])}")
    for alias in spec.categories:
        if alias not in spec.series:
            ledger.fault(f"the category '{alias}' is no series of the source", known_or_nearest(alias, spec.series))


_Keys = tuple[list[int], list[str], list[int]]  # row of the table, unit and year, for every row that has both


def _keys(spec: TidySpec, table: CellTable, ledger: Ledger) -> _Keys:
    """Rows with a key, and the unit and year of each."""
    rows: list[int] = []
    units: list[str] = []
    times: list[int] = []
    columns = unit_columns(spec.unit)
    unit_at = table.names.index(next(iter(columns.values()))) if columns else 0
    time_at = table.names.index(spec.time) if spec.time else 0
    names = unit_texts(columns, table)
    for column in columns.values():
        if column in table.shown:
            ledger.say(f"units go by the value labels of '{column}'")
    times_of = table.columns[time_at] if spec.time else [0] * table.rows
    for row, (name, time) in enumerate(zip(names, times_of, strict=True)):
        year = read_year(time) if spec.time else 0
        if not name and (is_blank(time) or not spec.time):
            if not all(is_blank(c[row]) for c in table.columns):
                ledger.fault(
                    "the row has figures but neither unit nor time",
                    "fill both, or delete it",
                    table.place(row, unit_at),
                )
            else:
                ledger.note("rows without any cell passed over", table.place(row, unit_at))
            continue
        if not name:
            ledger.fault(f"the row has no {' or no '.join(columns.values())}", "fill it", table.place(row, unit_at))
        elif year is None:
            ledger.fault(
                f"'{time}' is no year", "write years such as 2015", f"{table.place(row, time_at)} ({plain(name)})"
            )
        else:
            rows.append(row)
            units.append(name)
            times.append(year)
    return rows, units, times


def _wide(spec: TidySpec, table: CellTable, keys: _Keys, columns: dict[str, list[object]], ledger: Ledger) -> None:
    rows, units, times = keys
    vintages = _vintages(spec, table, rows, ledger)
    for alias, name in spec.series.items():
        at = table.names.index(name)
        measure = (
            "" if alias in spec.categories else settle_measure(spec, alias, _printed(table, at), ledger, required=False)
        )
        places = [table.place(row, at) for row in rows]
        texts = table.shown.get(name, table.columns[at]) if alias in spec.categories else table.columns[at]
        cells = [texts[row] for row in rows]
        key = (units, times, [f"{spec.id}.{alias}"] * len(rows))
        _add(columns, None if alias in spec.categories else measure, key, cells, places, ledger)
        columns["measure"] += [measure] * len(rows)
        columns["vintage"] += vintages


def _long(spec: TidySpec, table: CellTable, keys: _Keys, columns: dict[str, list[object]], ledger: Ledger) -> None:
    printed = [plain(str(c if c is not None else "")) for c in table[spec.series_column]]
    vintages = dict(zip(keys[0], _vintages(spec, table, keys[0], ledger), strict=True))
    value_at = table.names.index(spec.value_column)
    taken = 0
    for alias, name in spec.series.items():
        chosen = [i for i, row in enumerate(keys[0]) if printed[row] == plain(name)]
        taken += len(chosen)
        if not chosen:
            ledger.fault(
                f"there is no series '{name}' in the column {spec.series_column}", known_or_nearest(name, printed)
            )
            continue
        rows = [keys[0][i] for i in chosen]
        key = ([keys[1][i] for i in chosen], [keys[2][i] for i in chosen], [f"{spec.id}.{alias}"] * len(chosen))
        measure = _long_measure(spec, table, alias, rows, ledger)
        places = [table.place(row, value_at) for row in rows]
        kind = None if alias in spec.categories else measure
        _add(columns, kind, key, [table.columns[value_at][r] for r in rows], places, ledger)
        columns["measure"] += [measure] * len(rows)
        columns["vintage"] += [vintages[row] for row in rows]
    if taken < len(keys[0]):
        ledger.say(f"{len(keys[0]) - taken} rows of series that the study does not take passed over")


def _long_measure(spec: TidySpec, table: CellTable, alias: str, rows: Sequence[int], ledger: Ledger) -> str:
    if alias in spec.categories:
        return ""
    if not spec.measure_column:
        return settle_measure(spec, alias, parse_measure(spec.series[alias])[1], ledger, required=False)
    cells, at = table[spec.measure_column], table.names.index(spec.measure_column)
    found = dict.fromkeys(plain(str(cells[row] if cells[row] is not None else "")) for row in rows)
    if len(found) > 1:
        other = next(row for row in rows if plain(str(cells[row] or "")) != next(iter(found)))
        ledger.fault(
            f"'{spec.series[alias]}' stands in several units of measure: {', '.join(u or 'none' for u in found)}",
            "give each its own series name in the file",
            table.place(other, at),
        )
    return settle_measure(spec, alias, next(iter(found)) or None, ledger, table.place(rows[0], at), required=False)


def _vintages(spec: TidySpec, table: CellTable, rows: Sequence[int], ledger: Ledger) -> list[object]:
    if not spec.vintage_column:
        return [spec.vintage or 0] * len(rows)
    cells, at = table[spec.vintage_column], table.names.index(spec.vintage_column)
    found: list[object] = []
    for row in rows:
        year = read_year(cells[row])
        if year is None and plain(str(cells[row] if cells[row] is not None else "")):
            ledger.fault(
                f"'{cells[row]}' is no year of a vintage", "write the year of the yearbook", table.place(row, at)
            )
        found.append(year or 0)
    return found


def _printed(table: CellTable, at: int) -> str | None:
    """The unit of measure that the name of a column prints, or its label, or a row of units below the header."""
    own = parse_measure(table.names[at])[1] or (parse_measure(table.labels[at])[1] if table.labels else None)
    return own or (table.measures[at] if table.measures else None) or None


def _add(
    columns: dict[str, list[object]],
    measure: str | None,
    key: tuple[list[str], list[int], list[str]],
    cells: Sequence[object],
    places: Sequence[str],
    ledger: Ledger,
) -> None:
    """Cells of one series; `measure` None for a category."""
    units, times, series = key
    columns["unit"] += units
    columns["time"] += times
    columns["series"] += series
    columns["cell"] += [place.lstrip("!, ") for place in places]
    if measure is None:
        texts = [None if is_blank(c) else narrow(str(c)) for c in cells]
        columns["text"] += texts
        columns["value"] += [float("nan")] * len(cells)
        return
    columns["text"] += [None] * len(cells)
    columns["value"] += [
        ledger.number(cell, place, f"{narrow(unit)}, {time}", measure)
        for cell, place, unit, time in zip(cells, places, units, times, strict=True)
    ]


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is a tidy table of provinces and years, or None."""
    try:
        table = table_of(file_bytes(path), path, path.name, part=sheet)
    except SourceError:
        return None
    found = guess_roles(table)
    if found is None:
        return None
    return f"columns '{found.unit}' of {'provinces' if found.known else 'units'} and '{found.time}' of years"


def look(path: Path, sheet: str = "") -> Reading:
    """What a tidy table holds, with the columns that look like province, year and, in the long form, series as its keys.

    Raises
    ------
    SourceError
        No column holds provinces, or none holds years; the message lists the columns.
    """
    table = table_of(file_bytes(path), path, path.name, part=sheet)
    found = guess_roles(table)
    if found is None:
        raise SourceError(
            "there is no province column, or none of years, and no other column that is a key with years",
            where=path.name,
            mend=f"columns: {', '.join(table.names[:20])}; name them on the source with unit and time",
        )
    cells = (c for column in table.columns for c in column)
    ledger = looking(path.name, cells, commas_part=table.commas_part)
    for note in table.notes:
        ledger.say(note)
    draft = TidySpec(id="", kind="tidy", path=path.name, series={}, unit=found.unit, time=found.time)
    keys = _keys(draft, table, ledger)
    if not found.known:
        ledger.places = False
        ledger.say(
            f"the units are taken from the column '{found.unit}', by what stands in it: no province and no city "
            "(codes = 'as_printed' under [panel])"
        )
    if found.series_column:
        ledger.say(f"long form: series_column = '{found.series_column}', value_column = '{found.value_column}'")
    seen = [
        _seen(name, measure, table, at, keys, rows, ledger)
        for name, measure, at, rows in _parts(table, found, keys, ledger)
    ]
    return reading(f"tidy table, {table.format}", table.encoding, "", seen, ledger)


def _parts(table: CellTable, found: Roles, keys: _Keys, ledger: Ledger) -> Iterator[tuple[str, str, int, list[int]]]:
    """Name, unit of measure, column and positions among the keys of each series."""
    everything = list(range(len(keys[0])))
    if found.series_column:
        names, at = table[found.series_column], table.names.index(found.value_column)
        by_name: dict[str, list[int]] = {}
        for i in everything:
            by_name.setdefault(plain(str(names[keys[0][i]] or "")), []).append(i)
        for name, positions in by_name.items():
            measure = table[found.measure_column][keys[0][positions[0]]] if found.measure_column else ""
            yield name, str(measure or parse_measure(name)[1] or ""), at, positions
        return
    for at, name in enumerate(table.names):
        if name in (found.unit, found.time):
            continue
        if is_text(table.columns[at]):
            ledger.say(f"column '{name}' holds text: take it as a category, or leave it out")
        else:
            yield name, _printed(table, at) or "", at, everything


def _seen(
    name: str, measure: str, table: CellTable, at: int, keys: _Keys, positions: list[int], ledger: Ledger
) -> SeriesSeen:
    import pandas as pd

    columns: dict[str, list[object]] = {n: [] for n in _COLUMNS}
    rows = [keys[0][i] for i in positions]
    places = [table.place(row, at) for row in rows]
    key = ([keys[1][i] for i in positions], [keys[2][i] for i in positions], [name] * len(rows))
    cells = [table.columns[at][row] for row in rows]
    if not measure and all(is_blank(c) or narrow(str(c)).endswith("%") for c in cells):
        measure = "%"
    _add(columns, measure, key, cells, places, ledger)
    frame = pd.DataFrame({k: columns[k] for k in ("unit", "time", "value", "cell")})
    label = table.labels[at] if table.labels and table.names[at] == name else ""
    return series_seen(name, measure, frame, ledger, label)


SOURCES.register(
    SourceKind(
        name="tidy",
        spec=TidySpec,
        summary="tidy table (CSV, Parquet, Stata, R, Excel): a column of units, a column of years, series in columns or in rows",
        read=read,
        recognise=recognise,
        look=look,
        sheets=True,
    )
)
