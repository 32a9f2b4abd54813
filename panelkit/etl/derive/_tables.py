"""Columns as arrays units x years and back, and tables of industries; every derivation that sums over units or industries uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns
from panelkit.core.errors import PanelError, StudyError
from panelkit.etl.harmonise.provinces import named
from panelkit.etl.harmonise.units import conversion

if TYPE_CHECKING:
    import pandas as pd


def wide(columns: Columns, name: str) -> np.ndarray:
    """A column as float (units, years).

    Raises
    ------
    StudyError
        It is text, or not known.
    """
    values = columns[name]
    if values.dtype.kind not in "fiub":
        raise StudyError(f"{name} holds text where numbers are due", mend="take a series of numbers")
    return np.asarray(values.to_numpy(dtype=np.float64).reshape(len(units(columns)), -1))


def units(columns: Columns) -> list[str]:
    """Units of the grid in order."""
    return [str(u) for u in columns.grid.levels[0]]


def years(columns: Columns) -> np.ndarray:
    """Years of the grid in order."""
    return np.asarray(columns.grid.levels[1], dtype=np.int64)


def on_grid_of(columns: Columns, values: np.ndarray) -> pd.Series:
    """(units, years), or one value per year for all units, as a column of the grid."""
    import pandas as pd

    shape = (len(units(columns)), len(years(columns)))
    return pd.Series(np.broadcast_to(values, shape).ravel(), index=columns.grid, dtype="float64")


def kept(columns: Columns) -> np.ndarray:
    """(units,) bool, units that the study does not exclude."""
    return np.array([u not in columns.excluded for u in units(columns)], dtype=bool)


def inside(columns: Columns, window: tuple[int, int] | None = None) -> np.ndarray:
    """(units, years) bool, kept units in the study's years or another window."""
    first, last = window or columns.study_years
    at = years(columns)
    return np.outer(kept(columns), (at >= first) & (at <= last))


def year_position(columns: Columns, year: int, what: str) -> int:
    """Position of a year on the grid.

    Raises
    ------
    StudyError
        No file reaches it.
    """
    at = years(columns)
    if not at[0] <= year <= at[-1]:
        raise StudyError(f"no file reaches {year}, {what}", mend=f"files have {at[0]} to {at[-1]}")
    return int(year - at[0])


def industries(columns: Columns, parts: Mapping[str, str]) -> np.ndarray:
    """(years, units, industries) amounts of a wide table: one series per industry, all of one unit of measure.

    A unit without a figure for one of the industries in a year is missing in all of them, and is not part of that year's totals.

    Raises
    ------
    StudyError
        Fewer than two industries, or figures in different units of measure.
    PanelError
        An amount below zero.
    """
    if len(parts) < 2:
        raise StudyError(
            f"{counted(len(parts), 'industries are')} no structure",
            mend='name each industry\'s series: parts = { textiles = "source.alias", machinery = "..." }',
        )
    first = next(iter(parts.values()))
    for name in parts.values():
        one, other = (columns.measures.get(n, "") for n in (first, name))
        if one != other and conversion(one, other) != 1.0:
            raise StudyError(
                f"{first} is in {one or 'a pure number'} and {name} in {other or 'a pure number'}",
                mend="bring all industries to one unit of measure, as variables with measure = ...",
            )
    stacked = np.stack([wide(columns, name) for name in parts.values()], axis=-1)
    if (stacked < 0).any():
        unit, year, which = (int(v[0]) for v in np.nonzero(stacked < 0))
        raise PanelError(
            f"{list(parts.values())[which]} is below zero for {columns.unit} {named(units(columns)[unit])}, "
            f"{columns.time} {years(columns)[year]}",
            mend="shares need amounts from zero up: look at the cell",
        )
    stacked[np.isnan(stacked).any(axis=-1)] = np.nan
    return np.asarray(stacked.transpose(1, 0, 2))


def counts_note(present: np.ndarray, columns: Columns) -> tuple[str, ...]:
    """Said where sums over units rest on other units in one year than in another; `present` is (units, years)."""
    at = years(columns)
    window = (at >= columns.study_years[0]) & (at <= columns.study_years[1])
    counts = present.sum(axis=0)[window]
    if counts.size == 0 or counts.min() == counts.max():
        return ()
    low, high = at[window][counts.argmin()], at[window][counts.argmax()]
    return (f"sums over units rest on {counted(counts.min(), 'units')} in {low} and {counts.max()} in {high}",)


def refuse_where(bad: np.ndarray, what: str, mend: str, columns: Columns) -> None:
    """Refuse cells (units, years) of kept units in the study's years, naming the first.

    Raises
    ------
    PanelError
        With unit, year and how many.
    """
    bad = bad & inside(columns)
    if bad.any():
        unit, year = (int(v[0]) for v in np.nonzero(bad))
        raise PanelError(
            f"{what} for {columns.unit} {named(units(columns)[unit])}, {columns.time} {years(columns)[year]} "
            f"({counted(int(bad.sum()), 'cells')})",
            mend=mend,
        )
