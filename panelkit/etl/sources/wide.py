"""Wide tables (CSV, Excel): one row per unit, or per unit and series, and a column for each year; one row per unit-year is tidy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.key import EVERY, joined
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SeriesSeen, Units
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.sources._cells import FOOTER, is_sentence, odd_years
from panelkit.etl.sources._frames import WORKBOOKS
from panelkit.etl.sources._grid import (
    CellGrid,
    YearHeader,
    grid_of,
    is_region,
    region_column,
    text_of,
    year_header,
)
from panelkit.etl.sources._many import one_file
from panelkit.etl.sources._observed import (
    Ledger,
    looking,
    observe,
    reading,
    sealed,
    series_seen,
    settle_measure,
    unit_columns,
)
from panelkit.etl.sources._page_head import printed_unit
from panelkit.etl.sources._portal import CellRow
from panelkit.etl.sources._printed import COLUMNS, PrintedSpec
from panelkit.etl.sources._several import files_of_several, over_several


@spec
class WideSpec(PrintedSpec):
    """A wide table.

    Parameters
    ----------
    unit : str, or dict
        Column of the units; without it, the column that holds provinces, with a note. Or key of the panel -> its column; an empty
        table { } for a file of the nation, which has none.
    series : dict
        Alias -> text in `series_column`; or the stem of the year columns ("gdp" for gdp2015, gdp2016); or, for bare years
        and no `series_column`, one alias -> what the study says the figures are (its unit then goes into `measures`).
    series_column, measure_column : str
        Columns that name the series and the unit of measure of a row.
    """

    unit: Units = ""
    series_column: str = ""
    measure_column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A wide table taken apart: columns by name, the header of years, the rows below it, and the unit of a line above it."""

    grid: CellGrid
    header: YearHeader
    names: dict[str, int]
    body: tuple[CellRow, ...]
    unit: str | None = None


def _table(grid: CellGrid, where: str, ledger: Ledger) -> _Table:
    header = year_header(grid.rows)
    if header is None:
        raise SourceError(
            "there is no header row with a column for each year",
            where=where,
            mend="for one row per unit and year say kind = 'tidy'",
        )
    row = grid.rows[header.position]
    texts = [(text_of(row, c), c) for c in range(len(row.cells)) if c not in header.columns]
    names = {t: c for t, c in texts if t}
    for name in names:
        if sum(t == name for t, _ in texts) > 1:
            raise SourceError(
                f"the column '{name}' stands twice", where=where + row.place(names[name]), mend="rename it"
            )
    for stem, years in header.stems.items():
        listed = list(years.values())
        if len(set(listed)) < len(listed):
            twice = next(y for y in listed if listed.count(y) > 1)
            raise SourceError(f"the year {twice} stands twice", where=where + row.place(0), mend="export again")
        if odd := odd_years(listed):
            ledger.say((f"{stem}: " if stem else "") + odd)
    lines = [text_of(above, c) for above in grid.rows[: header.position] for c in range(len(above.cells))]
    for above in grid.rows[: header.position]:
        if text := " ".join(text_of(above, c) for c in range(len(above.cells))).strip():
            ledger.say(f"line before the header passed over: {text[:60]}")
    body = []
    trailing = _trailing(grid.rows[header.position + 1 :])
    for below in grid.rows[header.position + 1 :]:
        filled = [c for c in range(len(below.cells)) if text_of(below, c)]
        if not filled:
            continue
        if FOOTER.match(text_of(below, filled[0])) or below in trailing:
            ledger.say(f"footer passed over: {text_of(below, filled[0])[:60]}")
            continue
        beyond = [c for c in filled if c >= len(row.cells) or not text_of(row, c)]
        beyond = [c for c in beyond if c not in header.columns and (c > min(header.columns) or c >= len(row.cells))]
        if beyond:
            ledger.fault("a cell stands in a column without a heading", "export the file again", below.place(beyond[0]))
        body.append(below)
    for note in grid.notes:
        ledger.say(note)
    return _Table(grid=grid, header=header, names=names, body=tuple(body), unit=printed_unit(lines))


def _trailing(rows: Sequence[CellRow]) -> list[CellRow]:
    """Lines of one sentence below the last row of several cells: notes of a publisher, whatever they begin with."""
    found: list[CellRow] = []
    for row in reversed(rows):
        filled = [t for c in range(len(row.cells)) if (t := text_of(row, c))]
        if len(filled) > 1 or any(is_region(t) or not is_sentence(t) for t in filled):
            break
        found += [row] if filled else []
    return found


def read(spec: WideSpec, path: Path) -> Observations:
    """Observations of a wide table.

    Raises
    ------
    SourceError
        No header of years, a missing column or series (with the nearest), cells that are no numbers: all at once.
    """
    ledger = Ledger(where=spec.path, thousands=spec.thousands, decimal=spec.decimal)
    grid = grid_of(path, spec.path, encoding=spec.encoding, separator=spec.separator, sheet=spec.sheet)
    table = _table(grid, spec.path, ledger)
    units = _unit_columns(spec, table, ledger)
    for field, name in (("series_column", spec.series_column), ("measure_column", spec.measure_column)):
        if name and name not in table.names:
            ledger.fault(f"there is no column '{name}'", f"{field}: {known_or_nearest(name, table.names)}")
    ledger.finish()
    columns: dict[str, list[object]] = {k: [] for k in COLUMNS}
    for alias, name in spec.series.items():
        rows, years, measure = _part(spec, table, alias, name, ledger)
        for row in rows:
            _add(columns, row, (_unit_of(row, units), f"{spec.id}.{alias}", measure), years, ledger)
    parts = None if spec.unit == "" else tuple(unit_columns(spec.unit))
    return sealed(spec, grid.data, columns, ledger, parts=parts)


def _unit_columns(spec: WideSpec, table: _Table, ledger: Ledger) -> tuple[int, ...]:
    """The columns whose texts together are the unit."""
    if isinstance(spec.unit, str):
        return (_unit_column(spec.unit, table, ledger),)
    return tuple(_unit_column(column, table, ledger) for column in spec.unit.values())


def _unit_of(row: CellRow, columns: tuple[int, ...]) -> str:
    """The unit of a row, its parts joined, "" where one is blank."""
    texts = [text_of(row, c) for c in columns]
    return (joined(texts) if all(texts) else "") if texts else EVERY


def _unit_column(name: str, table: _Table, ledger: Ledger) -> int:
    if name:
        if name not in table.names:
            ledger.fault(f"there is no column '{name}'", f"unit: {known_or_nearest(name, table.names)}")
        return table.names.get(name, 0)
    first = min(table.header.columns)
    found = region_column(table.body, [c for c in range(max(first, 1)) if c not in table.header.columns])
    if found is None:
        ledger.fault("no column holds provinces", "name the column of units: unit = ...")
        return 0
    name = next((n for n, c in table.names.items() if c == found), "")
    ledger.say(f"units are taken from {f'column {name!r}' if name else f'column {found + 1}'}, which holds provinces")
    return found


def _guessed_unit(table: _Table, ledger: Ledger) -> int:
    """For a look: the column of units; where none holds provinces, the first of names that tells rows apart, else of codes."""
    first = min(table.header.columns)
    free = [c for c in range(max(first, 1)) if c not in table.header.columns]
    found = region_column(table.body, free)
    if found is not None:
        return found
    texts = {c: [text_of(r, c) for r in table.body] for c in free}
    held = [c for c in free if all(texts[c]) and len(set(texts[c])) > 1]
    held.sort(
        key=lambda c: (-len(set(texts[c])), any(t.isdigit() for t in texts[c]), all(len(t) < 4 for t in texts[c]))
    )
    if not held:
        ledger.fault("no column holds provinces or other units", "name the column of units: unit = ...")
        return 0
    ledger.places = False
    name = text_of(table.grid.rows[table.header.position], held[0])
    ledger.say(
        f"units are taken from column '{name}', by what stands in it: no province (codes = 'as_printed' under [panel])"
    )
    return held[0]


def _part(
    spec: WideSpec, table: _Table, alias: str, name: str, ledger: Ledger
) -> tuple[list[CellRow], dict[int, int], str]:
    """Rows, columns of years, and unit of measure of one series."""
    stems = table.header.stems
    rows = list(table.body)
    wanted = _folded(name)
    if spec.series_column:
        at = table.names[spec.series_column]
        rows = [r for r in rows if wanted in (_folded(text_of(r, at)), _folded(parse_measure(text_of(r, at))[0]))]
        if not rows:
            known = list(dict.fromkeys(parse_measure(text_of(r, at))[0] for r in table.body))
            ledger.fault(f"there is no series '{name}'", f"series.{alias}: {known_or_nearest(name, known)}")
            return [], {}, ""
        printed = {text_of(r, at) for r in rows}
        if len({parse_measure(t)[1] for t in printed}) > 1:
            ledger.fault(f"'{name}' stands in several units: {', '.join(sorted(printed))}", "name one in full")
        return (
            rows,
            _all_years(stems, ledger),
            _measure(spec, table, alias, rows, parse_measure(min(printed))[1], ledger),
        )
    if set(stems) == {""}:
        if len(spec.series) != 1:
            ledger.fault(f"the table holds one series, the source names {len(spec.series)}", "say series_column = ...")
        ledger.say(f"the file does not name its series: '{name}' is what the study says it is")
        return rows, stems[""], _measure(spec, table, alias, rows, parse_measure(name)[1], ledger)
    found = [s for s in stems if wanted in (_folded(s), _folded(parse_measure(s)[0]))]
    if len(found) != 1:
        ledger.fault(f"no year columns begin or end with '{name}'", f"series.{alias}: {known_or_nearest(name, stems)}")
        return [], {}, ""
    return rows, stems[found[0]], _measure(spec, table, alias, rows, parse_measure(found[0])[1], ledger)


def _folded(text: str) -> str:
    return "".join(plain(text).split()).casefold()


def _all_years(stems: dict[str, dict[int, int]], ledger: Ledger) -> dict[int, int]:
    if len(stems) > 1:
        ledger.fault(f"year columns have several stems: {', '.join(stems)}", "leave series_column out, and name a stem")
    return next(iter(stems.values()))


def _measure(
    spec: WideSpec, table: _Table, alias: str, rows: list[CellRow], printed: str | None, ledger: Ledger
) -> str:
    if spec.measure_column:
        at = table.names[spec.measure_column]
        found = dict.fromkeys(text_of(r, at) for r in rows)
        if len(found) > 1:
            ledger.fault(
                f"'{alias}' stands in several units of measure: {', '.join(found)}", "give each its own series"
            )
        printed = next(iter(found), "") or printed
    printed = printed or table.unit
    return settle_measure(spec, alias, printed, ledger)


def _add(
    columns: dict[str, list[object]], row: CellRow, key: tuple[str, str, str], years: dict[int, int], ledger: Ledger
) -> None:
    unit, series, measure = key
    if not unit:
        if any(text_of(row, c) for c in years):
            ledger.fault("figures stand beside no unit", "the rows may have been shifted", row.place(min(years)))
        return
    for column, year in years.items():
        place = row.place(column)
        cell = row.cells[column] if column < len(row.cells) else None
        value = ledger.number(cell, place, f"{unit}, {year}", measure or None)
        observe(columns, (unit, year), series, value, measure, place)


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is a wide table of provinces, or None."""
    if path.suffix.casefold() not in (".csv", ".tsv", ".txt", ".tab", *WORKBOOKS):
        return None
    try:
        ledger = Ledger(where=path.name)
        table = _table(grid_of(path, path.name, sheet=sheet), path.name, ledger)
    except SourceError:
        return None
    first = min(table.header.columns)
    unit = region_column(table.body, range(max(first, 1)))
    if unit is None or ledger.faults:
        return None
    return f"a column of provinces and {counted(len(table.header.columns), 'columns')} of years"


def look(path: Path, sheet: str = "") -> Reading:
    """What a wide table holds.

    Raises
    ------
    SourceError
        No header of years, no column of provinces.
    """
    import pandas as pd

    grid = grid_of(path, path.name, sheet=sheet)
    ledger = looking(path.name, grid.cells, commas_part=grid.commas_part)
    table = _table(grid, path.name, ledger)
    unit = _guessed_unit(table, ledger)
    names = _series_column(table, unit, ledger)
    seen: list[SeriesSeen] = []
    for stem, years in table.header.stems.items():
        parts: dict[str, list[CellRow]] = {}
        for row in table.body:
            parts.setdefault(text_of(row, names) if names is not None else stem, []).append(row)
        for name, rows in parts.items():
            columns: dict[str, list[object]] = {k: [] for k in COLUMNS}
            for row in rows:
                _add(columns, row, (text_of(row, unit), name, parse_measure(name)[1] or ""), years, ledger)
            shown = f"{stem} {name}".strip() if names is not None else name
            frame = pd.DataFrame({k: columns[k] for k in ("unit", "time", "value", "cell")})
            seen.append(series_seen(shown, parse_measure(name)[1] or table.unit or "", frame, ledger))
    return reading("wide table, years in columns", grid.encoding, "", seen, ledger)


def _series_column(table: _Table, unit: int, ledger: Ledger) -> int | None:
    """The column that tells the rows of a unit apart, where units stand more than once."""
    units = [text_of(r, unit) for r in table.body]
    if len(set(units)) == len(units):
        return None
    for name, at in table.names.items():
        pairs = {(u, text_of(r, at)) for u, r in zip(units, table.body, strict=True)}
        if at != unit and len(pairs) == len(units) and len({p[1] for p in pairs}) < len(units):
            ledger.say(f"several series: series_column = '{name}'")
            return at
    return None


SOURCES.register(
    SourceKind(
        name="wide",
        spec=WideSpec,
        summary="wide table (CSV, Excel): a column of units and a column for each year",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(one_file),
        sheets=True,
    )
)
