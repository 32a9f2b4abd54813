"""The export layout of the statistics bureau's data portal, old and 2026, in rows of cells; files are opened by nbs_csv and nbs_excel.

数据库：分省年度数据          数据库：分省年度数据
指标：地区生产总值(亿元)       时间：2011年-2025年
时间：最近20年               地区<TAB>,2025年<TAB>, ...       (2026: the indicator is not in the file)
地区,2024年,2023年, ...      or 指标<TAB>,2024年<TAB>, ...     (transposed: one region, indicators in rows)
北京市,49670.2, ...
注：... (one or more lines)                     (turned:) ,北京市,天津市, ...
数据来源：国家统计局                                      2020,36102.6,14083.7, ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from panelkit.core.errors import SourceError
from panelkit.core.nearest import nearest
from panelkit.core.source import Reading, SeriesSeen, SourceSpec
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.sources._cells import read_year
from panelkit.etl.sources._observed import Ledger, reading, series_seen, settle_measure
from panelkit.facts.provinces import is_not_a_province, match

_PREAMBLE = re.compile(r"^(数据库|指标|时间|地区)\s*:\s*(.*)$")
_FOOTER = re.compile(r"^(注|数据来源|资料来源|说明)\s*[:\d]")
_REVISION = re.compile(r"[^。;]*(?:第[一二三四五六七八九]次全国(?:经济|人口)普查|系统修订|修订后)[^。;]*")
_REGION_CORNERS = frozenset({"地区", "省份", "省市", "省", "城市", "市", "地区名称", "province", "region", "地 区"})
ODD = "\0"  # begins what is odd, among what was passed over
_INDICATOR_CORNERS = frozenset({"指标", "指标名称", "indicator"})


@spec
class PortalSpec(SourceSpec):
    """A portal export.

    Parameters
    ----------
    unit_name : str
        The region of a transposed file (indicators in rows), which the file itself does not name.
    thousands : str
        Separator of thousands, where figures have one.
    """

    unit_name: str = ""
    thousands: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One row of a file: its cells and how each is named in messages."""

    cells: Sequence[object]
    place: Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTable:
    """A portal export taken apart: what its head says, its years by column, its data rows and its footers."""

    head: dict[str, str]
    by_region: bool
    years: dict[int, int]
    body: tuple[CellRow, ...]
    footers: tuple[str, ...]
    passed: tuple[str, ...]
    turned: bool = False

    @property
    def indicator(self) -> str:
        return self.head.get("指标", "")


def first_text(row: CellRow) -> str:
    """The first cell in normal widths, without blanks at its ends."""
    return plain(str(row.cells[0])) if row.cells and row.cells[0] is not None else ""


def _others_blank(row: CellRow) -> bool:
    return all(c is None or not plain(str(c)) for c in row.cells[1:])


def header_years(row: CellRow) -> dict[int, int] | None:
    """Column -> year where a row is the header: a corner that is no province, then nothing but years; else None."""
    years: dict[int, int] = {}
    if match(first_text(row)) is not None:
        return None
    for column, cell in enumerate(row.cells[1:], start=1):
        if cell is None or not plain(str(cell)):
            continue
        year = read_year(cell)
        if year is None:
            return None
        years[column] = year
    return years or None


def take_apart(rows: Sequence[CellRow], where: str) -> PortalTable:
    """The parts of a portal export.

    Raises
    ------
    SourceError
        No header row of years, no column of regions, a year that stands twice.
    """
    rows, turned = _turned(rows, where)
    head: dict[str, str] = {}
    passed: list[str] = []
    position = 0
    for position, row in enumerate(rows):  # noqa: B007  used below the loop
        years = header_years(row)
        if years is not None:
            break
        text = first_text(row)
        found = _PREAMBLE.match(text)
        if found and _others_blank(row):
            if found[1] in head:
                raise SourceError(
                    f"a second line {found[1]} stands in the head: {found[2]}",
                    where=where + row.place(0),
                    mend="export one indicator to a file",
                )
            head[found[1]] = found[2].strip()
        elif text or not _others_blank(row):
            passed.append(text)
    else:
        raise SourceError(
            "there is no header row 地区, 2024年, 2023年, ...",
            where=where,
            mend="give the portal's export as it was downloaded, or read it with kind = 'tidy'",
        )
    twice = sorted({y for y in years.values() if list(years.values()).count(y) > 1})
    if twice:
        raise SourceError(
            f"the year {twice[0]} stands twice", where=where + rows[position].place(0), mend="export again"
        )
    passed += _odd_years(tuple(years.values()))
    by_region = _orientation(rows[position], rows[position + 1 :], where)
    body, footers = _body(rows[position + 1 :], where)
    return PortalTable(
        head=head,
        by_region=by_region,
        years=years,
        body=tuple(body),
        footers=tuple(footers),
        passed=tuple(passed),
        turned=turned,
    )


def _odd_years(years: Sequence[int]) -> list[str]:
    """What is unusual about the years of a header, in the order of its columns."""
    if len(years) < 3:
        return []
    steps = [b - a for a, b in pairwise(years)]
    if not (all(s > 0 for s in steps) or all(s < 0 for s in steps)):
        return [f"{ODD}the years of the header do not stand in order: {', '.join(map(str, years))}"]
    if len({abs(s) for s in steps}) > 1:
        return [f"{ODD}the header leaves out years: {', '.join(map(str, years))}"]
    return []


def _turned(rows: Sequence[CellRow], where: str) -> tuple[Sequence[CellRow], bool]:
    """Rows of regions where the file has years in rows and regions in columns; else the rows as they are."""
    for position, row in enumerate(rows):
        filled = [c for c in range(1, len(row.cells)) if plain(str(row.cells[c] or ""))]
        regions = [c for c in filled if _is_unit(str(row.cells[c]))]
        if len(regions) < 3 or len(regions) < 0.8 * len(filled):
            continue
        below = list(rows[position + 1 :])
        years = [r for r in below if read_year(r.cells[0] if r.cells else None) is not None]
        if not years or any(match(first_text(r)) for r in below):
            return rows, False
        _refuse_beyond(years, filled, where)
        made = [_corner(years), *(_column(row, years, c) for c in filled)]
        rest = [r for r in below if not any(r is y for y in years)]
        return [*rows[:position], *made, *rest], True
    return rows, False


def _is_unit(text: str) -> bool:
    return match(text) is not None or is_not_a_province(text) is not None


def _refuse_beyond(years: Sequence[CellRow], filled: Sequence[int], where: str) -> None:
    for row in years:
        beyond = [c for c in range(1, len(row.cells)) if c not in filled and plain(str(row.cells[c] or ""))]
        if beyond:
            raise SourceError(
                "a figure stands in a column without a region",
                where=where + row.place(beyond[0]),
                mend="export the file again",
            )


def _corner(years: Sequence[CellRow]) -> CellRow:
    """The years of a file with years in rows, as if they were its header."""
    return CellRow(cells=["地区", *(r.cells[0] for r in years)], place=lambda c: years[c - 1].place(0))


def _column(head: CellRow, years: Sequence[CellRow], column: int) -> CellRow:
    """One region of a file with years in rows, as if it were a row; cells keep the names of their true places."""
    cells = [head.cells[column], *(r.cells[column] if column < len(r.cells) else None for r in years)]
    return CellRow(cells=cells, place=lambda c: years[c - 1].place(column) if c else head.place(column))


def _orientation(header: CellRow, below: Sequence[CellRow], where: str) -> bool:
    corner = first_text(header).casefold()
    if corner in _INDICATOR_CORNERS:
        return False
    names = [first_text(r) for r in below[:5]]
    if corner in _REGION_CORNERS or any(match(n) or is_not_a_province(n) for n in names):
        return True
    shown = f"'{corner}'" if corner else "blank"
    raise SourceError(
        f"there is no column of provinces: the corner is {shown} and the rows below are {', '.join(names[:3])}",
        where=where + header.place(0),
        mend="the first column must be 地区 with names of provinces, or 指标 with names of indicators",
    )


def _body(rows: Sequence[CellRow], where: str) -> tuple[list[CellRow], list[str]]:
    body: list[CellRow] = []
    footers: list[str] = []
    for row in rows:
        text = first_text(row)
        if not text and _others_blank(row):
            continue
        if footers and match(text) is not None and not _others_blank(row):
            raise SourceError(
                f"a row of figures for {text} stands below the footer '{footers[0][:20]}'",
                where=where + row.place(0),
                mend="two exports seem to be pasted together: give each its own file",
            )
        if footers or _FOOTER.match(text):
            footers.append(text if _others_blank(row) else ",".join("" if c is None else str(c) for c in row.cells))
        else:
            body.append(row)
    return body, footers


def vintage_hint(table: PortalTable) -> str:
    """What the footers say about revisions, such as the census after which history was revised."""
    return "; ".join(found.strip() for note in table.footers for found in _REVISION.findall(note) if found.strip())


def columns_of(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> dict[str, list[object]]:
    """Observations of the series that `spec` asks for, as columns; faults go to the ledger."""
    _note_passed(table, ledger)
    if table.by_region:
        alias, measure = _one_series(spec, table, ledger)
        parts = [(row, first_text(row), f"{spec.id}.{alias}", measure) for row in table.body]
        printed = {id(row): str(row.cells[0]) for row in table.body}
    else:
        parts = _indicator_rows(spec, table, ledger)
        printed = {id(row): _region_of(spec, table, ledger) for row, *_ in parts[:1]} if parts else {}
        printed = {id(row): next(iter(printed.values())) for row, *_ in parts}
    columns: dict[str, list[object]] = {k: [] for k in ("unit", "time", "series", "value", "measure", "cell")}
    for row, _, series, measure in parts:
        _add_row(columns, row, table, (printed[id(row)], series, measure), ledger)
    return columns


def _add_row(
    columns: dict[str, list[object]], row: CellRow, table: PortalTable, key: tuple[str, str, str], ledger: Ledger
) -> None:
    unit, series, measure = key
    beyond = [c for c in range(1, len(row.cells)) if c not in table.years and plain(str(row.cells[c] or ""))]
    if beyond:
        ledger.fault("a figure stands outside the columns of years", "export the file again", row.place(beyond[0]))
    for column, year in table.years.items():
        place = row.place(column)
        cell = row.cells[column] if column < len(row.cells) else None
        columns["unit"].append(unit)
        columns["time"].append(year)
        columns["series"].append(series)
        columns["value"].append(ledger.number(cell, place, plain(unit)))
        columns["measure"].append(measure)
        columns["cell"].append(place.lstrip("!, "))


def _note_passed(table: PortalTable, ledger: Ledger) -> None:
    for text in table.footers:
        ledger.say(f"footer passed over: {text[:60]}")
    for text in table.passed:
        odd = text.startswith(ODD)
        ledger.say(text.removeprefix(ODD) if odd else f"line before the header passed over: {text[:60]}")
    if table.head and not table.footers:
        ledger.say("the export has no footer such as 数据来源: it may have been cut off")
    if table.turned:
        ledger.say("years stand in rows and regions in columns")


def _one_series(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> tuple[str, str]:
    """The alias and unit of measure of a file that holds one indicator for all regions."""
    if len(spec.series) != 1:
        ledger.fault(
            f"the file holds one indicator, the source names {len(spec.series)}",
            "give each indicator a source of its own",
        )
    alias, name = next(iter(spec.series.items()), ("", ""))
    if not table.indicator:
        ledger.say(f"the file does not name its indicator: '{name}' is what the study says it is")
        return alias, settle_measure(spec, alias, None, ledger)
    if not _same_name(name, table.indicator):
        ledger.fault(f"the file holds '{table.indicator}', not '{name}'", "correct series, or the path")
    return alias, settle_measure(spec, alias, parse_measure(table.indicator)[1], ledger)


def _same_name(given: str, printed: str) -> bool:
    """Full- or half-width brackets and blanks do not matter; the unit may be left out."""
    a, b = (re.sub(r"\s+", "", plain(n)) for n in (given, printed))
    return a == b or a == re.sub(r"\s+", "", parse_measure(printed)[0])


def _indicator_rows(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> list[tuple[CellRow, str, str, str]]:
    names = [first_text(row) for row in table.body]
    found = []
    for alias, name in spec.series.items():
        at = [i for i, printed in enumerate(names) if _same_name(name, printed)]
        if len(at) != 1:
            what = f"there is no indicator '{name}'" if not at else f"the indicator '{name}' stands {len(at)} times"
            ledger.fault(what, _nearest_indicator(name, names))
            continue
        row = table.body[at[0]]
        measure = settle_measure(spec, alias, parse_measure(names[at[0]])[1], ledger, row.place(0))
        found.append((row, names[at[0]], f"{spec.id}.{alias}", measure))
    return found


def _nearest_indicator(name: str, printed: Sequence[str]) -> str:
    stems = {parse_measure(n)[0]: n for n in printed if n}
    near = nearest(parse_measure(name)[0], stems)
    listed = ", ".join(list(stems.values())[:10]) + (f" and {len(stems) - 10} more" if len(stems) > 10 else "")
    return f"did you mean '{stems[near]}'?" if near else f"the file has {listed}"


def _region_of(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> str:
    inside = table.head.get("地区", "")
    if inside and spec.unit_name and match(inside) != match(spec.unit_name):
        ledger.fault(f"the file is for {inside}, the source says {spec.unit_name}", "correct unit_name, or the path")
    if not inside and not spec.unit_name:
        ledger.fault(
            "there is no province column: indicators stand in rows, and the file does not say which region it is for",
            'name it: unit_name = "北京"',
        )
    return inside or spec.unit_name


def look_at(table: PortalTable, layout: str, encoding: str, ledger: Ledger) -> Reading:
    """What the export holds, without a study."""
    import pandas as pd

    _note_passed(table, ledger)
    seen: list[SeriesSeen] = []
    if table.by_region:
        stem, measure = parse_measure(table.indicator)
        if not table.indicator:
            ledger.say("the file does not name its indicator: the study must, and its unit of measure")
        columns: dict[str, list[object]] = {k: [] for k in ("unit", "time", "series", "value", "measure", "cell")}
        for row in table.body:
            _add_row(columns, row, table, (str(row.cells[0]), stem, measure or ""), ledger)
        seen.append(series_seen(table.indicator, measure or "", pd.DataFrame(columns)))
        for name in (str(row.cells[0]) for row in table.body):
            kind = is_not_a_province(name)
            if kind:
                ledger.say(f"row '{plain(name)}' is {kind}")
    else:
        region = table.head.get("地区", "")
        ledger.say(
            f"indicators stand in rows; the region is {region or 'not in the file: the study must name it (unit_name)'}"
        )
        for row in table.body:
            columns = {k: [] for k in ("unit", "time", "series", "value", "measure", "cell")}
            name = first_text(row)
            _add_row(columns, row, table, (region, name, ""), ledger)
            seen.append(series_seen(name, parse_measure(name)[1] or "", pd.DataFrame(columns)))
    return reading(layout, encoding, vintage_hint(table), seen, ledger)
