"""The year in which something begins in each unit, from a column of noughts and ones; dates from facts are in derive/first_treated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panelkit.core.counted import counted

NEVER = 0.0


def first_years(
    values: np.ndarray, years: tuple[int, ...], name: str, say: Callable[[str], None] = lambda _: None
) -> np.ndarray:
    """First year with a figure above zero, the same in every row of a unit.

    Parameters
    ----------
    values : (units x years,) float
        Unit outermost; the years of the files count, also those outside the study's.
    name, say
        What is computed, and who is told in how many units a blank stands right before the year found.

    Returns
    -------
    (units x years,) float
        0 for a unit that never has one (as in Stata's csdid and R's did), missing for a unit without any figure.

    >>> first_years(np.array([0.0, 1.0, 1.0, 0.0, 0.0, np.nan]), (2001, 2002, 2003), "x")
    array([2002., 2002., 2002.,    0.,    0.,    0.])
    """
    wide = values.reshape(-1, len(years))
    on, known = wide > 0, ~np.isnan(wide)
    at = on.argmax(axis=1)
    found = np.where(on.any(axis=1), np.array(years, dtype=np.float64)[at], NEVER)
    found[~known.any(axis=1)] = np.nan
    before = ~known[np.arange(len(wide)), np.maximum(at - 1, 0)]
    unsure = int((on.any(axis=1) & (at > 0) & before).sum())
    if unsure:
        say(f"{name}: in {counted(unsure, 'units')} a blank stands right before the first year, which may be earlier")
    return np.repeat(found, len(years))
