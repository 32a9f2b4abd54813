"""Cells of a panel whose units are a place and an activity (province and industry), as tables; formulas are in numerics and the kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.derivation import Columns
from panelkit.core.errors import PanelError, StudyError
from panelkit.core.key import joined, parts_of
from panelkit.core.nearest import known_or_nearest
from panelkit.etl.derive._tables import counts_note, industries, on_grid_of, units, wide, years
from panelkit.etl.harmonise.provinces import named
from panelkit.facts.industries import EDITIONS, IN_FORCE, match_industry

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Which place and which activity every unit of the grid is.

    place, activity : (units,) positions in `places` and `activities`. over : keys of the places; by : key of the activities.
    """

    places: tuple[str, ...]
    activities: tuple[str, ...]
    place: np.ndarray
    activity: np.ndarray
    over: tuple[str, ...]
    by: str


def cells_of(columns: Columns, activity: str) -> Cells:
    """Places and activities of the units.

    Parameters
    ----------
    activity : key that tells the activities of a place apart; "" for the only key that is no place.

    Raises
    ------
    StudyError
        The panel has no such key, or one key only, or it cannot be told which is meant.
    """
    keys = tuple(columns.parts)
    if not keys:
        raise StudyError(
            f"units of the panel are '{columns.unit}' alone: there is no key of activities",
            mend='say unit = ["province", "industry"] under [panel], or name a series for each industry',
        )
    if activity and activity not in keys:
        raise StudyError(f"the panel has no key '{activity}'", mend=known_or_nearest(activity, keys))
    others = [k for k in keys if columns.code_lists.get(k) not in ("gbt2260", "gbt2260_city")]
    if not activity and len(others) != 1:
        raise StudyError(
            f"which of {', '.join(keys)} is the activity cannot be told", mend=f'say activity = "{keys[-1]}"'
        )
    by = activity or others[0]
    _refuse_editions(columns, by)
    at = keys.index(by)
    split = [parts_of(u) for u in units(columns)]
    where = [joined(p for i, p in enumerate(s) if i != at) for s in split]
    places, place = np.unique(np.array(where).astype(str), return_inverse=True)
    activities, kind = np.unique(np.array([s[at] for s in split]).astype(str), return_inverse=True)
    return Cells(
        places=tuple(map(str, places)),
        activities=tuple(map(str, activities)),
        place=place,
        activity=kind,
        over=tuple(k for k in keys if k != by),
        by=by,
    )


def _refuse_editions(columns: Columns, by: str) -> None:
    """Industries as printed over years in which GB/T 4754 changed: the same digits are other industries, and no table tells which."""
    if by != "industry" or columns.code_lists.get(by, "as_printed") != "as_printed":
        return
    names = [str(n) for n in columns.parts[by].unique()]
    known = sum(any(match_industry(n, e) for e in EDITIONS) for n in names)
    first, last = columns.study_years
    crossed = [year for year, _ in list(IN_FORCE.values())[1:] if first < year <= last]
    if crossed and known >= max(2, 0.8 * len(names)):
        raise StudyError(
            f"the industries are divisions of GB/T 4754, of which another edition came into use in {crossed[0]}, and are read as printed",
            mend='say codes = { industry = "gbt4754_2017" } under [panel] (or "gbt4754_joint") and the edition of each source: industries',
        )


def amounts(columns: Columns, name: str, cells: Cells) -> np.ndarray:
    """(years, places, activities) of a series: 0 where a combination is no unit of the panel, NaN in every activity of a place and
    year in which one of its cells is missing, so that no total is short of a part.

    Raises
    ------
    PanelError
        An amount below zero.
    """
    values = wide(columns, name)
    if (values < 0).any():
        unit, year = (int(v[0]) for v in np.nonzero(values < 0))
        raise PanelError(
            f"{name} is below zero for {columns.unit} {named(units(columns)[unit])}, {columns.time} {years(columns)[year]}",
            mend="shares need amounts from zero up: look at the cell",
        )
    table = np.zeros((values.shape[1], len(cells.places), len(cells.activities)))
    table[:, cells.place, cells.activity] = values.T
    table[np.isnan(table).any(axis=-1)] = np.nan
    return table


def per_place(columns: Columns, name: str, cells: Cells) -> np.ndarray:
    """(years, places) of a series that has one figure for each place, such as its total from another file.

    Raises
    ------
    StudyError
        It differs between activities of a place.
    """
    return _one_each(
        wide(columns, name), cells.place, len(cells.places), name, f"activities of one {' and '.join(cells.over)}"
    )


def per_activity(columns: Columns, name: str, cells: Cells) -> np.ndarray:
    """(years, activities) of a series that has one figure for each activity; StudyError where it differs between places."""
    return _one_each(wide(columns, name), cells.activity, len(cells.activities), name, f"places of one {cells.by}")


def _one_each(values: np.ndarray, codes: np.ndarray, count: int, name: str, between: str) -> np.ndarray:
    low, high = np.full((count, values.shape[1]), np.inf), np.full((count, values.shape[1]), -np.inf)
    np.minimum.at(low, codes, np.where(np.isnan(values), np.inf, values))
    np.maximum.at(high, codes, np.where(np.isnan(values), -np.inf, values))
    seen = np.isfinite(high)
    if (np.where(seen, high - low, 0.0) > 1e-9 * np.abs(np.where(seen, high, 1.0))).any():
        raise StudyError(f"{name} differs between {between}", mend="take a series that has one figure for each")
    return np.where(seen, high, np.nan).T


def on_cells(columns: Columns, table: np.ndarray, cells: Cells) -> pd.Series:
    """(years, places, activities) as a column of the grid."""
    return on_grid_of(columns, table[:, cells.place, cells.activity].T)


def on_places(columns: Columns, table: np.ndarray, cells: Cells) -> pd.Series:
    """(years, places) as a column of the grid, the same in every activity."""
    return on_grid_of(columns, table[:, cells.place].T)


def on_activities(columns: Columns, table: np.ndarray, cells: Cells) -> pd.Series:
    """(years, activities) as a column of the grid, the same in every place."""
    return on_grid_of(columns, table[:, cells.activity].T)


def short_note(table: np.ndarray, cells: Cells, columns: Columns) -> tuple[str, ...]:
    """How many places and years of the study have no total, since one of their activities is missing."""
    at = years(columns)
    window = (at >= columns.study_years[0]) & (at <= columns.study_years[1])
    gone = np.isnan(table[window]).any(axis=-1)
    if not gone.any():
        return ()
    which, place = (int(v) for v in np.argwhere(gone)[0])
    return (
        f"{int(gone.sum())} of {gone.size} {' and '.join(cells.over)}-years have a {cells.by} without a figure, and so no total "
        f"(such as {named(cells.places[place])}, {at[window][which]})",
    )


def part_and_whole(columns: Columns, part: str, whole: str, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """(places, years, activities) amounts and (places, years, 1) totals of the places, which are their sums unless `whole` is named."""
    table = amounts(columns, part, cells)
    total = per_place(columns, whole, cells) if whole else table.sum(axis=-1)
    known = ~np.isnan(total) & ~np.isnan(table).any(axis=-1)
    table = np.where(known[:, :, None], table, np.nan)
    return table.transpose(1, 0, 2), np.where(known, total, np.nan).T[:, :, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """The industries of every unit: table (years, units, industries), which (years, units) are missing, how an index is laid on the
    grid, what is to be said, and the keys it varies over where they are fewer than the panel's.
    """

    table: np.ndarray
    missing: np.ndarray
    lay: Callable[[np.ndarray], pd.Series]
    notes: tuple[str, ...]
    over: tuple[str, ...] | None = None


def mix_of(columns: Columns, parts: Mapping[str, str], part: str, activity: str) -> Mix:
    """Industries from a series for each (`parts`), or from the cells of a panel of several keys (`part`).

    Raises
    ------
    StudyError
        Both or neither of the two.
    """
    if bool(parts) == bool(part):
        raise StudyError("the index needs either parts or part", mend="give one of the two under with")
    if parts:
        if columns.parts:
            raise StudyError(
                "series of industries differ between cells of a place",
                mend="give part, the amount of every cell, or series of places",
            )
        table = industries(columns, parts)
        missing = np.isnan(table).any(axis=-1)
        notes = counts_note(~missing.T, columns)
        return Mix(table=table, missing=missing, lay=lambda index: on_grid_of(columns, index.T), notes=notes)
    cells = cells_of(columns, activity)
    table = amounts(columns, part, cells)
    return Mix(
        table=table,
        missing=np.isnan(table).any(axis=-1),
        lay=lambda index: on_places(columns, index, cells),
        notes=short_note(table, cells, columns),
        over=cells.over,
    )
