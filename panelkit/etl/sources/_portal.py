"""The export layout of the statistics bureau's data portal, old and 2026, in rows of cells; what is read from it is in _portal_cells.

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from panelkit.core.errors import SourceError
from panelkit.core.source import SourceSpec
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import plain
from panelkit.etl.sources._cells import odd_years, read_period, read_year
from panelkit.etl.sources._page_head import printed_unit
from panelkit.etl.sources._resaved import CellRow as CellRow
from panelkit.etl.sources._resaved import as_exported
from panelkit.facts.provinces import is_not_a_province, match

Periods = Literal["last", "sum", "mean"]
_PREAMBLE = re.compile(r"^(数据库|指标|时间|地区)\s*:\s*(.*)$")
_FOOTER = re.compile(r"^(注|数据来源|资料来源|说明)\s*[:\d]")
_REGION_CORNERS = frozenset({"地区", "省份", "省市", "省", "城市", "市", "地区名称", "province", "region", "地 区"})
_UNIT_HEADS = frozenset({"单位", "计量单位", "unit", "units", "计算单位"})
ODD = "\0"  # begins what is odd, among what was passed over
NATIONAL = ("年度数据", "季度数据", "月度数据", "全国年度数据")  # databases of the portal that have no region
_INDICATOR_CORNERS = frozenset({"指标", "指标名称", "indicator"})


@spec
class PortalSpec(SourceSpec):
    """A portal export.

    Parameters
    ----------
    unit_name : str
        The region of a transposed file (indicators in rows), which the file itself does not name.
    more : tuple of str
        Names of further files in the same folder that go on with the indicator (other years, or other regions): the portal
        cuts long series. A cell that two of them print differently is refused.
    periods : str
        How quarters or months become a year: "last" (fourth quarter or December: stocks, and figures cumulated over the year),
        "sum" or "mean" (of a year with all its periods; other years are missing). Without it a file of quarters is refused.
    thousands : str
        Separator of thousands, where figures have one. decimal : "," where they have a decimal comma.
    """

    unit_name: str = ""
    more: tuple[str, ...] = ()
    periods: Periods | None = None
    thousands: str = ""
    decimal: Literal["", ","] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTable:
    """A portal export taken apart: what its head says, its years by column, its data rows and its footers.

    groups : first column of a year -> its columns, where they are quarters or months. period : "quarters" or "months", else "".
    unit : of a line such as 单位：万人, which the portal does not write but whoever saved the file again may. unit_column : of the unit of
    measure of each row, which yearbooks print beside their indicators.
    """

    head: dict[str, str]
    by_region: bool
    years: dict[int, int]
    body: tuple[CellRow, ...]
    footers: tuple[str, ...]
    passed: tuple[str, ...]
    turned: bool = False
    groups: dict[int, tuple[int, ...]] = field(default_factory=dict)
    period: str = ""
    unit: str | None = None
    unit_column: int | None = None

    @property
    def fits(self) -> bool:
        """Whether no cell stands outside the columns of years; where the head names the portal, that is a fault and no other layout."""
        if self.unit is not None and not self.head:
            return False
        known = {0, self.unit_column, *self.years, *(c for group in self.groups.values() for c in group)}
        return bool(self.head or self.period) or not any(
            c not in known and plain(str(cell or "")) for row in self.body for c, cell in enumerate(row.cells)
        )

    @property
    def indicator(self) -> str:
        return self.head.get("指标", "")

    @property
    def region(self) -> str:
        """The region of a file of indicators: as its head says, or the nation where the database has no other; else ""."""
        return self.head.get("地区", "") or ("全国" if self.head.get("数据库", "") in NATIONAL else "")


def first_text(row: CellRow) -> str:
    """The first cell in normal widths, without blanks at its ends."""
    return plain(str(row.cells[0])) if row.cells and row.cells[0] is not None else ""


def cells_of(table: PortalTable) -> Iterator[object]:
    """Every cell of the rows of figures."""
    return (c for row in table.body for c in row.cells[1:])


def _others_blank(row: CellRow) -> bool:
    return all(c is None or not plain(str(c)) for c in row.cells[1:])


def _corner_of(row: CellRow) -> str:
    return "".join(first_text(row).split()).casefold()


def _is_unit_head(cell: object) -> bool:
    return isinstance(cell, str) and "".join(plain(cell).split()).casefold() in _UNIT_HEADS


def header_years(row: CellRow) -> dict[int, int] | None:
    """Column -> year where a row is the header: a corner that is no province, then nothing but years; else None."""
    years: dict[int, int] = {}
    if match(first_text(row)) is not None:
        return None
    for column, cell in enumerate(row.cells[1:], start=1):
        if cell is None or not plain(str(cell)) or _is_unit_head(cell):
            continue
        period = read_period(cell)
        year = period[0] if period else read_year(cell)
        if year is None:
            return None
        years[column] = year
    corner = _corner_of(row)
    plainly = not corner or corner in _REGION_CORNERS | _INDICATOR_CORNERS or any("年" in str(c) for c in row.cells[1:])
    return years if years and (plainly or len(set(years.values())) > 2) else None  # two figures may look like years


def periods_of(row: CellRow) -> dict[int, tuple[int, int, int]]:
    """Column -> year, quarter or month, and how many a year has; empty where the header holds years."""
    found = {c: read_period(cell) for c, cell in enumerate(row.cells) if c}
    return {c: p for c, p in found.items() if p is not None}


def take_apart(rows: Sequence[CellRow], where: str, periods: Periods | None = None) -> PortalTable:
    """The parts of a portal export.

    Parameters
    ----------
    periods : how quarters or months become years, where the columns are such.

    Raises
    ------
    SourceError
        No header row of years, no column of regions, a year that stands twice.
    """
    rows, resaved = as_exported(rows)
    rows, turned = _turned(rows, where)
    head: dict[str, str] = {}
    lines: list[str] = []
    passed: list[str] = [ODD + text for text in resaved]
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
            lines += [plain(str(c)) for c in row.cells if c is not None and plain(str(c))]
            passed.append(text or lines[-1])
    else:
        raise SourceError(
            "there is no header row 地区, 2024年, 2023年, ...",
            where=where,
            mend="give the portal's export as it was downloaded, or read it with kind = 'tidy'",
        )
    parts = periods_of(rows[position])
    groups: dict[int, tuple[int, ...]] = {}
    if parts:
        groups = _grouped(parts, rows[position], where, periods)
        years = {c: years[c] for c in groups}
    twice = sorted({y for y in years.values() if list(years.values()).count(y) > 1})
    if twice:
        raise SourceError(
            f"the year {twice[0]} stands twice", where=where + rows[position].place(0), mend="export again"
        )
    if odd := odd_years(tuple(years.values())):
        passed.append(ODD + odd)
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
        groups=groups,
        period={4: "quarters", 12: "months"}[next(iter(parts.values()))[2]] if parts else "",
        unit=printed_unit(lines),
        unit_column=next((c for c, cell in enumerate(rows[position].cells) if c and _is_unit_head(cell)), None),
    )


def _grouped(
    parts: dict[int, tuple[int, int, int]], header: CellRow, where: str, periods: Periods | None
) -> dict[int, tuple[int, ...]]:
    """The columns of each year under the column that stands for it; that of the last quarter or month where it is the rule."""
    kinds = {p[2] for p in parts.values()}
    first = min(parts)
    if len(kinds) > 1 or len(set(parts.values())) < len(parts):
        what = "quarters and months stand in one header" if len(kinds) > 1 else "a quarter or month stands twice"
        raise SourceError(what, where=where + header.place(first), mend="export again")
    many = kinds.pop()
    if periods is None:
        raise SourceError(
            f"the columns are {'quarters' if many == 4 else 'months'}, such as {plain(str(header.cells[first]))}, not years",
            where=where + header.place(first),
            mend='say periods = "last" (cumulated figures and stocks), "sum" or "mean", or export years',
        )
    found: dict[int, tuple[int, ...]] = {}
    for year in dict.fromkeys(p[0] for p in parts.values()):
        own = {p[1]: c for c, p in parts.items() if p[0] == year}
        if periods == "last":
            if many in own:
                found[own[many]] = (own[many],)
        else:
            columns = tuple(own[k] for k in sorted(own))
            found[columns[0]] = columns if len(own) == many else ()
    if not found:
        raise SourceError(
            "no year has its last quarter or month", where=where + header.place(first), mend="export whole years"
        )
    return found


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
    if "." in text and text.replace(".", "", 1).isdigit():  # a figure; codes have no decimals
        return False
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
    corner = _corner_of(header)
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
