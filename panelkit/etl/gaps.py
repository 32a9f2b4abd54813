"""Blank and absent cells of the raw series that a panel needs: found, listed, refused; filling is in variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.check import Check
from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.key import level_of, parts_of
from panelkit.core.label import Label
from panelkit.core.source import SourceSpec
from panelkit.etl.expressions import Grid
from panelkit.etl.harmonise.provinces import named
from panelkit.etl.needs import series_behind

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.core.panel import Panel
    from panelkit.core.study import Study

MOST_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesGaps:
    """Gaps of one series: where they are, how many cells were due."""

    series: str
    path: str
    cells: tuple[str, ...]
    gaps: int
    due: int
    first_cell: str
    years: tuple[int, int]


def find_gaps(
    frame: pd.DataFrame, sources: Mapping[str, SourceSpec], needed: Mapping[str, tuple[int, int]], grid: Grid
) -> list[SeriesGaps]:
    """Gaps of every needed series, in kept units, in years that its source has and the panel needs.

    A source has the years that it declares, else those from the first to the last with a row for the series.
    """
    found = []
    by_series = dict(iter(frame.groupby("series", sort=False)))
    for series in (s for s in needed if "." in s and s.split(".")[0] in sources):
        spec = sources[series.split(".")[0]]
        if series not in by_series:
            continue
        rows = by_series[series]
        low, high = spec.years or (int(rows["time"].min()), int(rows["time"].max()))
        low, high = max(low, needed[series][0]), min(high, needed[series][1])
        if low <= high:
            found.append(_gaps_of(series, spec.path, rows, grid, (low, high)))
    return [g for g in found if g.gaps]


def _gaps_of(series: str, path: str, rows: pd.DataFrame, grid: Grid, window: tuple[int, int]) -> SeriesGaps:
    years = list(range(window[0], window[1] + 1))
    level = level_of(str(rows["unit"].iloc[0]))
    units = list(dict.fromkeys(u for u, kept in zip(grid.units_at(level), grid.kept, strict=True) if kept))
    keyed = rows.set_index(["unit", "time"])
    index = keyed.index
    present = set(index[(keyed["value"].notna() | keyed["text"].notna()).to_numpy()])
    cells = dict(zip(index, keyed["cell"], strict=True))
    missing = [(u, t) for u in units for t in years if (u, t) not in present]
    whole = {t for t in years if sum(m[1] == t for m in missing) == len(units)} if len(units) > 1 else set()
    noun = grid.unit if all(level) else "unit"
    listed = [f"every {noun} in {t} ({'blank' if (units[0], t) in cells else 'absent'})" for t in sorted(whole)]
    for unit, year in missing:
        if year not in whole:
            at = f"{cells[unit, year]}, blank" if (unit, year) in cells else "absent"
            listed.append(f"{named(unit)} {year} ({at})")
    first = next((cells[m] for m in missing if m in cells), "")
    return SeriesGaps(
        series=series,
        path=path,
        cells=tuple(listed),
        gaps=len(missing),
        due=len(units) * len(years),
        first_cell=first,
        years=window,
    )


def gap_faults(found: list[SeriesGaps]) -> list[Fault]:
    """Gaps as faults, one for each series, with up to 20 cells of it."""
    faults = []
    alike: dict[object, list[SeriesGaps]] = {}
    for gaps in found:  # a row that is missing is one fault, not one for each of its series
        key = (gaps.path, gaps.cells, gaps.years) if not gaps.first_cell else gaps.series
        alike.setdefault(key, []).append(gaps)
    for gaps, *others in alike.values():
        listed = "; ".join(gaps.cells[:MOST_LISTED])
        more = len(gaps.cells) - MOST_LISTED
        listed += f"; and {more} more" if more > 0 else ""
        listed += f"; and so {len(others)} more series" if others else ""
        mark = "!" if "!" in gaps.first_cell else ", "
        faults.append(
            Fault(
                where=f"{gaps.path}{mark}{gaps.first_cell}" if gaps.first_cell else gaps.path,
                what=f"{gaps.series} has {_counted(gaps.gaps)} in {gaps.years[0]}-{gaps.years[1]}: {listed}",
                mend="narrow the panel's or the source's years, exclude the unit with a reason, or say gaps = 'list' under [panel]",
            )
        )
    return faults


def _counted(gaps: int) -> str:
    return f"{gaps} gap" if gaps == 1 else f"{gaps} gaps"


def gap_check(found: list[SeriesGaps]) -> Check:
    """Gaps as a finding: counts by series."""
    total = sum(g.gaps for g in found)
    more = len(found) - MOST_LISTED
    parts = "; ".join(f"{g.series}: {g.gaps} of {g.due}" for g in found[:MOST_LISTED])
    parts += f"; and {more} more series" if more > 0 else ""
    parts_zh = "；".join(f"{g.series}：{g.due}个中缺{g.gaps}个" for g in found[:MOST_LISTED])
    parts_zh += f"；另有{more}个序列" if more > 0 else ""
    return Check(
        name="gaps",
        of="panel",
        verdict="says" if total else "holds",
        value=float(total),
        bound=None,
        text=Label(
            en=f"{counted(total, 'cells')} of the raw series are blank or absent ({parts})."
            if total
            else "No cell of the raw series is missing.",
            zh=f"原始序列有{total}个单元格为空或缺失（{parts_zh}）。" if total else "原始序列没有缺失。",
        ),
        rows=tuple(
            {
                "series": g.series,
                "gaps": g.gaps,
                "due": g.due,
                "first_year": g.years[0],
                "last_year": g.years[1],
                "cells": "; ".join(g.cells[:MOST_LISTED]),
            }
            for g in found
        ),
    )


def years_without_figures(study: Study, panel: Panel) -> tuple[int, ...]:
    """Years of the panel in which no variable that rests on a raw series has any cell; () where no variable rests on one."""
    frame = panel.frame
    raw = [name for name in study.variables if name in frame and series_behind(name, study.variables)]
    if not raw:
        return ()
    there = frame[raw].notna().any(axis=1).groupby(frame[panel.time]).any()
    return tuple(int(t) for t in there.index[~there.to_numpy()])


def empty_years_fault(empty: tuple[int, ...], panel: Panel) -> Fault:
    """Years of the study that no file reaches, as a fault."""
    held = [t for t in panel.times if t not in empty]
    mend = f"write years = [{held[0]}, {held[-1]}]" if held else "look at the years of the files: panelkit inspect FILE"
    return Fault(
        where="panel.years",
        what=f"no variable has a figure in {spans(empty)}",
        mend=f"{mend}, or say gaps = 'list' under [panel]" if held else mend,
    )


def spans(years: tuple[int, ...]) -> str:
    """Years in words.

    >>> spans((2000, 2001, 2002, 2005))
    '2000-2002, 2005'
    """
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)


def unused_series(study: Study, needed: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """Series that a source declares and no variable rests on; totals of the quality rules are used there."""
    used = {*needed, *study.quality.totals, *study.quality.totals.values()}
    return tuple(
        f"{s.id}.{alias}" for s in study.sources.values() for alias in s.series if f"{s.id}.{alias}" not in used
    )


def kept_units(units: tuple[str, ...], excluded: Mapping[str, str]) -> np.ndarray:
    """Which units the study keeps, as bool (units,); a part that is excluded takes all its units with it."""
    return np.array([u not in excluded and not any(p in excluded for p in parts_of(u)) for u in units], dtype=bool)
