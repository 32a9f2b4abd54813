"""Rows of a tidy table: their units and years, cells of a series as observations, columns filled down; which column is what is in tidy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from panelkit.core.source import Units
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import NoNumeral, is_blank, narrow, read_number, read_year, within_year
from panelkit.etl.sources._frames import unit_texts
from panelkit.etl.sources._observed import Ledger, unit_columns

COLUMNS = ("unit", "time", "series", "value", "text", "measure", "vintage", "cell")
Keys = tuple[list[int], list[str], list[int]]  # row of the table, unit and year, for every row that has both


def keys_of(unit: Units, time: str, table: CellTable, ledger: Ledger) -> Keys:
    """Rows with a key, and the unit and year of each."""
    rows: list[int] = []
    units: list[str] = []
    times: list[int] = []
    columns = unit_columns(unit)
    unit_at = table.names.index(next(iter(columns.values()))) if columns else 0
    time_at = table.names.index(time) if time else 0
    names = unit_texts(columns, table)
    for column in columns.values():
        if column in table.shown:
            ledger.say(f"units go by the value labels of '{column}'")
    times_of = table.columns[time_at] if time else [0] * table.rows
    if any(map(within_year, times_of)):
        first = next(row for row, cell in enumerate(times_of) if within_year(cell))
        ledger.fault(*of_years_only(time, times_of[first]), table.place(first, time_at))
        return [], [], []
    for row, (name, cell) in enumerate(zip(names, times_of, strict=True)):
        year = read_year(cell) if time else 0
        if not name and (is_blank(cell) or not time):
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
            ledger.fault(
                f"the row has no {' or no '.join(columns.values())}",
                "fill it, or, where it stands in the first row of a group only, say fill_down = [...]",
                table.place(row, unit_at),
            )
        elif year is None:
            ledger.fault(
                f"'{cell}' is no year", "write years such as 2015", f"{table.place(row, time_at)} ({plain(name)})"
            )
        else:
            rows.append(row)
            units.append(name)
            times.append(year)
    return rows, units, times


def of_years_only(time: str, cell: object) -> tuple[str, str]:
    """What to say, and to do, of a column of quarters, months or days."""
    how = 'series such as { x = "sum(COLUMN)" } or "mean(COLUMN)"'
    return (
        f"column '{time}' holds parts of a year, such as '{narrow(str(cell))}', and a panel is of years",
        f"make yearly figures of them: kind = 'records' with time = '{time}' and {how}",
    )


def printed_measure(table: CellTable, at: int) -> str | None:
    """The unit of measure that the name of a column prints, or its label, or a row of units below the header."""
    own = parse_measure(table.names[at])[1] or (parse_measure(table.labels[at])[1] if table.labels else None)
    return own or (table.measures[at] if table.measures else None) or None


def add_cells(
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
    if (example := _in_words(cells)) and places:
        alias = series[0].partition(".")[2]
        mend = f'take it as a category: categories = ["{alias}"] on the source; or leave it out of series'
        ledger.fault(f"every cell of '{alias}' is text, such as '{example}'", mend, places[0])
        columns["value"] += [float("nan")] * len(cells)
        return
    columns["value"] += [
        ledger.number(cell, place, f"{narrow(unit)}, {time}", measure)
        for cell, place, unit, time in zip(cells, places, units, times, strict=True)
    ]


def _in_words(cells: Sequence[object]) -> str:
    """A cell of a column of words, where every filled one is text without a digit; "" for any other column."""
    filled = [c for c in cells if not is_blank(c)]
    if any(not isinstance(c, str) or any(s.isdigit() for s in c) for c in filled):
        return ""
    words = [
        str(c) for c in filled if isinstance(read_number(c), NoNumeral)
    ]  # the others are marks for a missing figure
    return narrow(words[0])[:40] if len(words) > 1 else ""


def filled_down(table: CellTable, columns: tuple[str, ...], ledger: Ledger) -> CellTable:
    """The table with the cells of some columns holding down to the next one, as far as rows have other cells."""
    made = list(table.columns)
    for name in columns:
        at = table.names.index(name)
        last: object = None
        cells: list[object] = []
        for row, cell in enumerate(made[at]):
            if not is_blank(cell):
                last = cell
            elif last is not None and not all(is_blank(c[row]) for c in table.columns):
                ledger.note(f"cells of '{name}' filled with the one above them", table.place(row, at))
                cell = last
            cells.append(cell)
        made[at] = cells
    return replace(table, columns=tuple(made))
