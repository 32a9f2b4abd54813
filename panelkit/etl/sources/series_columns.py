"""Exports of databases of series (Wind, iFinD, CEIC): a column for each series, called region:indicator, dates down; tables are wide.

指标名称   北京:GDP   天津:GDP   ...        (or GDP:北京, 北京:地区生产总值:累计值)
频率       年         年
单位       亿元       亿元
指标ID     M0001      M0002
2013-12-31 20330.1    9945.4
数据来源：Wind
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SeriesSeen
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import known_measure, parse_measure, plain
from panelkit.etl.sources._cells import FOOTER, is_sentence, odd_years, read_year
from panelkit.etl.sources._grid import CellGrid, grid_of, text_of
from panelkit.etl.sources._many import one_file
from panelkit.etl.sources._observed import Ledger, looking, observe, reading, sealed, series_seen, settle_measure
from panelkit.etl.sources._printed import COLUMNS, PrintedSpec
from panelkit.etl.sources._resaved import CellRow
from panelkit.etl.sources._several import files_of_several, over_several
from panelkit.facts.cities import match_city
from panelkit.facts.provinces import is_not_a_province, match

MOST_ATTRIBUTES = 15  # lines between the names and the first date
_UNIT_LINES = frozenset({"单位", "unit", "units", "计量单位"})
_DATE = re.compile(r"(?:19|20)\d\d[-/.年](?:0?[1-9]|1[0-2])(?:[-/.月](?:0?[1-9]|[12]\d|3[01])日?|月)?(?:[T ].*)?")
_LAST = re.compile(r"(?P<year>(?:19|20)\d\d)[-/.年]12.*")


@spec
class SeriesColumnsSpec(PrintedSpec):
    """An export with a column for each series.

    Parameters
    ----------
    series : dict
        Alias -> the name of the indicator, without its region: "GDP" for columns called 北京:GDP, 天津:GDP.
    periods : str
        "last" takes the December of a file of months or quarters: stocks, and figures cumulated over the year. Without it such a
        file is refused.
    """

    periods: Literal["", "last"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: the region and indicator of its name, and its unit of measure."""

    at: int
    region: str
    indicator: str
    measure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    columns: tuple[Column, ...]
    rows: tuple[CellRow, ...]
    nameless: tuple[str, ...]
    footers: tuple[str, ...]


def region_and_rest(name: str) -> tuple[str, str] | None:
    """The region and the indicator of a column's name; None where no part of it is a region, or nothing but a region.

    >>> region_and_rest("北京:地区生产总值:累计值"), region_and_rest("GDP_浙江省"), region_and_rest("GDP")
    (('北京', '地区生产总值:累计值'), ('浙江省', 'GDP'), None)
    """
    parts = [p.strip() for p in re.split(r"[:_|]", plain(name)) if p.strip()]
    for i, part in enumerate(parts):
        if match(part) or is_not_a_province(part) or match_city(part):
            rest = ":".join([*parts[:i], *parts[i + 1 :]])
            return (part, rest) if rest else None
    return None


def _table(grid: CellGrid, where: str) -> _Table:
    head, found = next(
        (
            (n, named)
            for n, row in enumerate(grid.rows[: MOST_ATTRIBUTES + 10])
            if len(named := {c: r for c in range(1, len(row.cells)) if (r := region_and_rest(text_of(row, c)))}) > 1
        ),
        (-1, {}),
    )
    if not found:
        raise SourceError(
            "there is no row of names such as 北京:GDP",
            where=where,
            mend="give an export with a column for each series, or read it with kind = 'wide' or 'tidy'",
        )
    below = grid.rows[head + 1 :]
    first = next((n for n, row in enumerate(below) if _is_date(text_of(row, 0))), len(below))
    if first > MOST_ATTRIBUTES or first == len(below):
        raise SourceError("no dates stand below the names", where=where, mend="the first column must be the dates")
    units = next((r for r in below[:first] if text_of(r, 0).rstrip(":").casefold() in _UNIT_LINES), None)
    columns = tuple(
        Column(
            at=c,
            region=region,
            indicator=parse_measure(rest)[0],
            measure=(known_measure(text_of(units, c)) or text_of(units, c) or None)
            if units
            else parse_measure(rest)[1],
        )
        for c, (region, rest) in found.items()
    )
    names = grid.rows[head]
    nameless = tuple(t for c in range(1, len(names.cells)) if c not in found and (t := text_of(names, c)))
    rows, footers = [], []
    for row in below[first:]:
        text = text_of(row, 0)
        if FOOTER.match(text) or (is_sentence(text) and not any(text_of(row, c.at) for c in columns)):
            footers.append(text)
        elif text or any(text_of(row, c.at) for c in columns):
            rows.append(row)
    return _Table(columns=columns, rows=tuple(rows), nameless=nameless, footers=tuple(footers))


def _is_date(text: str) -> bool:
    return read_year(text) is not None or _DATE.fullmatch(text) is not None


def _years(table: _Table, periods: str, ledger: Ledger) -> list[tuple[CellRow, int]]:
    """The rows that are taken, and their years."""
    found: list[tuple[CellRow, int]] = []
    years = [read_year(text_of(row, 0)) for row in table.rows]
    odd = [row for row, year in zip(table.rows, years, strict=True) if year is None]
    for row, year in zip(table.rows, years, strict=True):
        last = _LAST.fullmatch(text_of(row, 0))
        if periods == "last" and odd and last is not None:
            found.append((row, int(last["year"])))
        elif not odd and year is not None:
            found.append((row, year))
    if odd and periods == "last":
        ledger.say("the rows are months or quarters: only Decembers are taken, as declared")
    elif odd:
        ledger.fault(
            f"the rows are not years: '{text_of(odd[0], 0)}'",
            'say periods = "last" (cumulated figures and stocks), or export years',
            odd[0].place(0),
        )
    listed = [y for _, y in found]
    if strange := odd_years(listed):
        ledger.say(strange.replace("header", "rows"))
    for row, year in found:
        if listed.count(year) > 1:
            ledger.fault(f"the year {year} stands twice", "export again", row.place(0))
    return found


def read(spec: SeriesColumnsSpec, path: Path) -> Observations:
    """Observations of the columns of each indicator.

    Raises
    ------
    SourceError
        Another layout, an indicator that is not there, or in several units of measure, or twice for a region; rows that are no
        years; cells that are no numbers: all at once.
    """
    ledger = Ledger(where=spec.path, thousands=spec.thousands, decimal=spec.decimal)
    grid = grid_of(path, spec.path, encoding=spec.encoding, separator=spec.separator, sheet=spec.sheet)
    table = _table(grid, spec.path)
    _say(table, grid, ledger)
    rows = _years(table, spec.periods, ledger)
    columns: dict[str, list[object]] = {k: [] for k in COLUMNS}
    for alias, name in spec.series.items():
        wanted = _folded(parse_measure(name)[0])
        own = [c for c in table.columns if wanted == _folded(c.indicator)]
        if not own:
            known = dict.fromkeys(c.indicator for c in table.columns)
            ledger.fault(f"there is no indicator '{name}'", f"series.{alias}: {known_or_nearest(name, known)}")
            continue
        measures = dict.fromkeys(c.measure for c in own)
        if len(measures) > 1:
            listed = ", ".join(m or "none" for m in measures)
            ledger.fault(f"'{name}' stands in several units of measure: {listed}", "export them in one")
            continue
        measure = settle_measure(spec, alias, own[0].measure, ledger)
        for column in own:
            _add(columns, column, rows, (f"{spec.id}.{alias}", measure), ledger)
    return sealed(spec, grid.data, columns, ledger)


def _folded(text: str) -> str:
    return "".join(plain(text).split()).casefold()


def _say(table: _Table, grid: CellGrid, ledger: Ledger) -> None:
    for note in (*grid.notes, *(f"footer passed over: {t[:60]}" for t in table.footers)):
        ledger.say(note)
    if table.nameless:
        ledger.say(
            f"{counted(len(table.nameless), 'columns')} that name no region passed over, such as {table.nameless[0][:40]}"
        )


def _add(
    columns: dict[str, list[object]],
    column: Column,
    rows: list[tuple[CellRow, int]],
    key: tuple[str, str],
    ledger: Ledger,
) -> None:
    for row, year in rows:
        place = row.place(column.at)
        cell = row.cells[column.at] if column.at < len(row.cells) else None
        value = ledger.number(cell, place, f"{column.region}, {year}", key[1] or None)
        observe(columns, (column.region, year), key[0], value, key[1], place)


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is an export with a column for each series, or None."""
    try:
        table = _table(grid_of(path, path.name, sheet=sheet), path.name)
    except SourceError:
        return None
    return f"{counted(len(table.columns), 'columns')} called region:indicator above rows of dates"


def look(path: Path, sheet: str = "") -> Reading:
    """What the columns hold, one series for each indicator."""
    grid = grid_of(path, path.name, sheet=sheet)
    table = _table(grid, path.name)
    ledger = looking(path.name, grid.cells, commas_part=grid.commas_part)
    _say(table, grid, ledger)
    whole = all(read_year(text_of(row, 0)) for row in table.rows)
    rows = _years(table, "" if whole else "last", ledger)
    return reading("a column for each series, dates down", grid.encoding, "", _seen(table, rows, ledger), ledger)


def _seen(table: _Table, rows: list[tuple[CellRow, int]], ledger: Ledger) -> Iterator[SeriesSeen]:
    import pandas as pd

    for name in dict.fromkeys(c.indicator for c in table.columns):
        own = [c for c in table.columns if c.indicator == name]
        columns: dict[str, list[object]] = {k: [] for k in COLUMNS}
        for column in own:
            _add(columns, column, rows, (name, column.measure or ""), ledger)
        yield series_seen(name, own[0].measure or "", pd.DataFrame(columns), ledger)


SOURCES.register(
    SourceKind(
        name="series_columns",
        spec=SeriesColumnsSpec,
        summary="export of a database of series (Wind, iFinD, CEIC): a column for each, called region:indicator, dates down",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(one_file),
        sheets=True,
    )
)
