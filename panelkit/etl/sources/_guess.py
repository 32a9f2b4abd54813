"""Which column of a tidy table is what, for a look at a file; a study always names its columns and nothing is guessed there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import is_blank, is_figure, narrow, read_year
from panelkit.facts.cities import match_city
from panelkit.facts.provinces import is_not_a_province, match

_SAMPLE = 2000
_YEAR_NAMES = ("year", "年份", "年度", "年", "时间", "time", "date", "日期")
_UNIT_NAMES = (
    "country",
    "countryname",
    "country name",
    "state",
    "county",
    "firm",
    "company",
    "code",
    "id",
    "stkcd",
    "国家",
    "县市",
)
_PARTS_OF_YEAR = (
    "quarter",
    "qtr",
    "month",
    "week",
    "day",
    "季度",
    "季",
    "月份",
    "月",
    "周",
    "日",
)  # no units, and no series
_VALUE_NAMES = ("value", "数值", "值", "values")
_MEASURE_NAMES = ("measure", "unit", "units", "单位")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Names of columns; those of the long form are empty in the wide form. known: whether the units are provinces or cities."""

    unit: str
    time: str
    series_column: str = ""
    value_column: str = ""
    measure_column: str = ""
    known: bool = True


def is_text(cells: Sequence[object]) -> bool:
    """Whether most filled cells are no numbers."""
    filled = [c for c in cells[:_SAMPLE] if c is not None and narrow(str(c))]
    return bool(filled) and sum(not is_figure(c) for c in filled) > len(filled) / 2


def _filled(cells: Sequence[object]) -> list[str]:
    return [str(c) for c in cells[:_SAMPLE] if c is not None and narrow(str(c))]


def _holds_units(cells: Sequence[object], *, codes: bool) -> bool:
    texts = [t for t in _filled(cells) if narrow(t).replace(".", "").isdigit() == codes]
    if not texts or len(texts) < len(_filled(cells)) or (codes and any(len(narrow(t)) < 6 for t in texts)):
        return False
    known = sum(match(t) is not None or is_not_a_province(t) is not None for t in texts)
    return max(known, sum(match_city(t) is not None for t in texts)) > len(texts) / 2


def guess_roles(table: CellTable) -> Roles | None:
    """The columns of units and years: names of provinces or cities before their codes, a column of nothing but years, best one
    called so; in a table of other units the first column of names, else of codes, that is a key together with the years.
    """
    by_name = dict(zip(table.names, table.columns, strict=True))
    years = [n for n, cells in by_name.items() if _filled(cells) and all(read_year(c) for c in _filled(cells))]
    years = sorted(years, key=lambda n: narrow(n).casefold() not in _YEAR_NAMES)
    if not years:
        return _timeless(table)
    units = [n for n, cells in by_name.items() if n not in years and _holds_units(cells, codes=False)]
    units += [n for n, cells in by_name.items() if n not in years and _holds_units(cells, codes=True)]
    blank = [n for n in units if any(map(is_blank, table[n]))]
    keys = [n for n in units if n not in blank and _is_key(table, n, years[0])]
    if units:
        return (
            Roles(unit=keys[0], time=years[0])
            if keys
            else _long_form(table, units[0], years[0], years) or Roles(unit=units[0], time=years[0])
        )
    others = [n for n in table.names if n and n not in years and _may_name_units(table[n])]
    others = [n for n in others if narrow(n).casefold() not in _PARTS_OF_YEAR]
    others = sorted(others, key=lambda n: (not is_text(table[n]), narrow(n).casefold() not in _UNIT_NAMES))
    for name in others:
        if _is_key(table, name, years[0]):
            return Roles(unit=name, time=years[0], known=False)
    for name in others:
        if (found := _long_form(table, name, years[0], years)) is not None:
            return replace(found, known=False)
    return None


def _timeless(table: CellTable) -> Roles | None:
    """The units of a table without years, where each stands once and figures beside it, and no years in the names of columns."""
    if sum(re.search(r"(?:19|20)\d\d", n) is not None for n in table.names) > 1:
        return None
    for name in table.names:
        cells = _filled(table[name])
        places = name and (_holds_units(table[name], codes=False) or _holds_units(table[name], codes=True))
        if places and len(set(cells)) == len(cells) > 2:
            others = [
                n for n in table.names if n != name and _filled(table[n]) and not _holds_units(table[n], codes=True)
            ]
            figures = any(not is_text(table[n]) and not _counts_rows(table[n]) for n in others)
            return Roles(unit=name, time="") if figures else None
    return None


def _counts_rows(cells: Sequence[object]) -> bool:
    """Whether a column only numbers its rows, 0 1 2 or 1 2 3."""
    numbers = [narrow(t).removesuffix(".0") for t in _filled(cells)]
    return any(numbers == [str(first + i) for i in range(len(numbers))] for first in (0, 1))


def _is_key(table: CellTable, unit: str, time: str) -> bool:
    pairs = [
        (str(u), str(t)) for u, t in zip(table[unit], table[time], strict=True) if u is not None and narrow(str(u))
    ]
    return len(set(pairs)) == len(pairs)


def _may_name_units(cells: Sequence[object]) -> bool:
    """Whether a column may say which unit a row is of: filled, each value in several rows, texts or whole numbers."""
    filled = _filled(cells)
    whole = all(c.removesuffix(".0").isalnum() for c in filled) or is_text(cells)
    return 1 < len(set(filled)) <= len(filled) / 2 and len(filled) > 0.9 * min(len(cells), _SAMPLE) and whole


def _long_form(table: CellTable, unit: str, time: str, years: list[str]) -> Roles | None:
    """The column that tells series apart, where unit and year alone do not make a key and with it they do."""
    pairs = list(zip(map(str, table[unit]), map(str, table[time]), strict=True))
    if len(set(pairs)) == len(pairs):
        return None
    texts = [n for n in table.names if n not in (unit, time) and is_text(table[n])]
    numbers = [
        n for n in table.names if n not in (unit, *years) and n not in texts and not _holds_units(table[n], codes=True)
    ]
    values = [n for n in numbers if n.casefold() in _VALUE_NAMES] or numbers
    for name in texts if values else []:
        if len({(*pair, str(cell)) for pair, cell in zip(pairs, table[name], strict=True)}) == len(pairs):
            measures = [n for n in texts if n.casefold() in _MEASURE_NAMES and n != name]
            return Roles(
                unit=unit, time=time, series_column=name, value_column=values[0], measure_column=(measures or [""])[0]
            )
    return None
