"""Tidy tables (CSV, Parquet, Stata, R, Excel): a row per unit and time, or per unit, time and series; exports of portals are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from panelkit.core.counted import counted
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, SourceSpec, Units
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import read_year
from panelkit.etl.sources._frames import table_of
from panelkit.etl.sources._many import one_file
from panelkit.etl.sources._observed import Ledger, sealed, settle_measure, unit_columns
from panelkit.etl.sources._several import files_of_several, over_several
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._tidy_look import look, recognise
from panelkit.etl.sources._tidy_rows import COLUMNS, Keys, add_cells, filled_down, keys_of, printed_measure


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
    fill_down : tuple of str
        Columns whose cell stands in the first row of a group only, such as a province above its years: it then holds down to the next
        one. Cells merged over rows are filled so without it.
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
    fill_down: tuple[str, ...] = ()


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
    spec = _resolved(spec, table, ledger)
    _require_columns(spec, table, ledger)
    ledger.finish()
    table = filled_down(table, spec.fill_down, ledger)
    rows, units, times = keys_of(spec.unit, spec.time, table, ledger)
    ledger.finish()
    columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
    if spec.series_column:
        _long(spec, table, (rows, units, times), columns, ledger)
    else:
        _wide(spec, table, (rows, units, times), columns, ledger)
    found = sealed(spec, data, columns, ledger, parts=tuple(unit_columns(spec.unit)), timeless=not spec.time)
    labelled = {
        a: table.labels[table.names.index(n)] for a, n in spec.series.items() if table.labels and n in table.names
    }
    return replace(found, labels={a: label for a, label in labelled.items() if label})


def _resolved(spec: TidySpec, table: CellTable, ledger: Ledger) -> TidySpec:
    """The source with the names of its columns as the file spells them: brackets of another width, without their unit of measure, or
    by the label that the file has for one.
    """
    if spec.series_column:
        return spec
    found: dict[str, str] = {}
    for alias, name in spec.series.items():
        if name in table.names:
            continue
        wanted = plain(name)
        ways = [list(texts) for texts in (table.names, map(plain, table.names), map(_stem, table.names))]
        ways += [list(table.labels), list(map(_stem, table.labels))]
        for number, texts in enumerate(ways):
            at = [i for i, text in enumerate(texts) if text == wanted]
            if len(at) == 1:
                found[alias] = table.names[at[0]]
                if number > 2:
                    ledger.say(f"'{name}' is the label of the column '{found[alias]}'")
                break
    return replace(spec, series={**spec.series, **found}) if found else spec


def _stem(text: str) -> str:
    return parse_measure(text)[0]


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
    for column in spec.fill_down:
        if column not in table.names:
            ledger.fault(f"there is no column '{column}'", f"fill_down: {known_or_nearest(column, table.names)}")
    for alias in spec.categories:
        if alias not in spec.series:
            ledger.fault(f"the category '{alias}' is no series of the source", known_or_nearest(alias, spec.series))


def _wide(spec: TidySpec, table: CellTable, keys: Keys, columns: dict[str, list[object]], ledger: Ledger) -> None:
    rows, units, times = keys
    vintages = _vintages(spec, table, rows, ledger)
    for alias, name in spec.series.items():
        at = table.names.index(name)
        measure = (
            ""
            if alias in spec.categories
            else settle_measure(spec, alias, printed_measure(table, at), ledger, required=False)
        )
        places = [table.place(row, at) for row in rows]
        texts = table.shown.get(name, table.columns[at]) if alias in spec.categories else table.columns[at]
        cells = [texts[row] for row in rows]
        key = (units, times, [f"{spec.id}.{alias}"] * len(rows))
        add_cells(columns, None if alias in spec.categories else measure, key, cells, places, ledger)
        columns["measure"] += [measure] * len(rows)
        columns["vintage"] += vintages


def _long(spec: TidySpec, table: CellTable, keys: Keys, columns: dict[str, list[object]], ledger: Ledger) -> None:
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
        add_cells(columns, kind, key, [table.columns[value_at][r] for r in rows], places, ledger)
        columns["measure"] += [measure] * len(rows)
        columns["vintage"] += [vintages[row] for row in rows]
    if taken < len(keys[0]):
        ledger.say(f"{counted(len(keys[0]) - taken, 'rows')} of series that the study does not take passed over")


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


SOURCES.register(
    SourceKind(
        name="tidy",
        spec=TidySpec,
        summary="tidy table (CSV, Parquet, Stata, R, Excel): a column of units, a column of years, series in columns or in rows",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(one_file),
        sheets=True,
    )
)
