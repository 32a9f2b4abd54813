"""A look at a tidy table without a study: the columns that seem to be unit, year and series, and what they hold; reading is in tidy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from panelkit.core.errors import SourceError
from panelkit.core.source import Reading, SeriesSeen
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import is_blank, narrow, within_year
from panelkit.etl.sources._frames import table_of
from panelkit.etl.sources._guess import Roles, guess_roles, is_text
from panelkit.etl.sources._observed import Ledger, looking, reading, series_seen
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._tidy_rows import (
    COLUMNS,
    Keys,
    add_cells,
    filled_down,
    keys_of,
    of_years_only,
    printed_measure,
)


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is a tidy table of provinces and years, or None."""
    try:
        table = table_of(file_bytes(path), path, path.name, part=sheet)
    except SourceError:
        return None
    found = guess_roles(table)
    if found is None:
        return None
    if not found.time:
        return f"a column '{found.unit}' of provinces and none of years"
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
        for name in table.names:
            filled = [c for c in table[name] if not is_blank(c)]
            if filled and all(map(within_year, filled)):
                what, mend = of_years_only(name, filled[0])
                raise SourceError(what, where=path.name, mend=mend)
        raise SourceError(
            "there is no province column, or none of years, and no other column that is a key with years",
            where=path.name,
            mend=f"columns: {', '.join(table.names[:20])}; name them on the source with unit and time; where several rows are of one "
            "unit and year (orders, declarations) say kind = 'records', which adds them up",
        )
    cells = (c for column in table.columns for c in column)
    ledger = looking(path.name, cells, commas_part=table.commas_part)
    for note in table.notes:
        ledger.say(note)
    if groups := _groups(table, found):
        ledger.say(f"cells of '{groups}' stand in the first row of a group only: fill_down = ['{groups}']")
        table = filled_down(table, (groups,), ledger)
    keys = keys_of(found.unit, found.time, table, ledger)
    if not found.time:
        ledger.say(
            'no column holds years: time = "", for figures of every year, or, with {year} in place of the digits in the path, '
            "of the year in the file's name"
        )
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


def _groups(table: CellTable, found: Roles) -> str:
    """The column of units where most of its cells are blank, and none of the years is."""
    if not found.time:
        return ""
    units, times = table[found.unit], table[found.time]
    blank = sum(is_blank(u) for u in units)
    whole = blank and not is_blank(units[0]) and not any(map(is_blank, times))
    return found.unit if whole and blank > len(units) / 2 else ""


def _parts(table: CellTable, found: Roles, keys: Keys, ledger: Ledger) -> Iterator[tuple[str, str, int, list[int]]]:
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
            yield name, printed_measure(table, at) or "", at, everything


def _seen(
    name: str, measure: str, table: CellTable, at: int, keys: Keys, positions: list[int], ledger: Ledger
) -> SeriesSeen:
    import pandas as pd

    columns: dict[str, list[object]] = {n: [] for n in COLUMNS}
    rows = [keys[0][i] for i in positions]
    places = [table.place(row, at) for row in rows]
    key = ([keys[1][i] for i in positions], [keys[2][i] for i in positions], [name] * len(rows))
    cells = [table.columns[at][row] for row in rows]
    if not measure and all(is_blank(c) or narrow(str(c)).endswith("%") for c in cells):
        measure = "%"
    add_cells(columns, measure, key, cells, places, ledger)
    frame = pd.DataFrame({k: columns[k] for k in ("unit", "time", "value", "cell")})
    label = table.labels[at] if table.labels and table.names[at] == name else ""
    return series_seen(name, measure, frame, ledger, label)
