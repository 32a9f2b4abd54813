"""Index numbers chained along time, and stocks that build up from flows; what is deflated, and with what, is said elsewhere."""

from __future__ import annotations

import numpy as np


def chained(links: np.ndarray, base: int, form: str = "previous_year") -> np.ndarray:
    """Levels that are 1 in the base year.

    Parameters
    ----------
    links : (units, years) float, 100 = no change.
    base : position of the base year.
    form : 'previous_year', the link of a year is over the year before (the link of the base year itself is not used going forward); or
        'fixed_base', levels already, which are only divided by the level of the base year.

    Returns
    -------
    (units, years) float; missing beyond the first missing link, counted from the base year

    >>> chained(np.array([[103.0, 110.0, 120.0]]), 0).round(3).tolist()
    [[1.0, 1.1, 1.32]]
    """
    if form == "fixed_base":
        return np.asarray(links / links[:, [base]])
    level = np.full(links.shape, np.nan)
    level[:, base] = 1.0
    for t in range(base + 1, links.shape[1]):
        level[:, t] = level[:, t - 1] * links[:, t] / 100.0
    for t in range(base - 1, -1, -1):
        level[:, t] = level[:, t + 1] / (links[:, t + 1] / 100.0)
    return level


def accumulated(
    flows: np.ndarray, begins: np.ndarray, start: int, depreciation: float, dtype: type = np.float64
) -> np.ndarray:
    """K_t = (1 - d) K_{t-1} + I_t from K_start = `begins`.

    Parameters
    ----------
    flows : (units, years); begins : (units,); start : position of the first stock.
    dtype : the stock of each year is rounded to it.

    >>> accumulated(np.array([[5.0, 10.0, 20.0]]), np.array([100.0]), 0, 0.1).tolist()
    [[100.0, 100.0, 110.0]]
    """
    stock: np.ndarray = np.full(flows.shape, np.nan, dtype=dtype)
    stock[:, start] = begins
    for t in range(start + 1, flows.shape[1]):
        stock[:, t] = (1 - depreciation) * stock[:, t - 1].astype(np.float64) + flows[:, t]
    return stock.astype(np.float64)
