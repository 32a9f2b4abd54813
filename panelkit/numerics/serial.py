"""Covariances robust to serial correlation: Newey-West within unit, Driscoll-Kraay; no factor. Space lives in spatial."""

from __future__ import annotations

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector


def default_lags(periods: int) -> int:
    """Give back floor(T^(1/4)), the default of R fixest (NW, DK) and plm (vcovNW, vcovSCC); T counts distinct periods.

    Raises
    ------
    ValueError
        If there is no period.

    Examples
    --------
    >>> [default_lags(t) for t in (9, 13, 16, 20, 81)]
    [1, 1, 2, 2, 3]
    """
    if periods < 1:
        raise ValueError("lags need at least one period")
    root = int(np.floor(periods**0.25))
    return root + int((root + 1) ** 4 <= periods)


def newey_west(
    bread: FloatArray, X: FloatArray, u: FloatArray, unit: IntArray, time: IntArray, lags: int | None = None
) -> FloatArray:
    """Give back the panel Newey-West covariance (k, k), no factor: autocovariances within each unit only.

    meat = G_0 + sum over l = 1..L of (1 - l/(L+1)) (G_l + G_l'), G_l = sum of s_it s_i,t-l' over the pairs of rows of
    one unit at time distance exactly l; a gap in the years therefore breaks the pair, whatever the order of the rows.

    Parameters
    ----------
    bread, X, u : as in `sandwich.hc0` (with weights pass w * u).
    unit : (n,) codes 0..N-1.
    time : (n,) whole numbers; l counts in their unit. Give codes 0..T-1 of the periods observed anywhere, as fixest
        does, or calendar years, which differ only where a year is missing for every unit (or data are biennial).
    lags : L >= 0; None takes `default_lags` of the number of distinct periods.

    Raises
    ------
    ValueError
        If a unit has two rows in one period, `time` is not whole numbers, or lags is negative.

    Notes
    -----
    Factors: plm `vcovNW` none. fixest `NW(L) ~ unit + time`: T/(T-1) x (N-1)/(N-K), every effect counted, t with T-1:
    `small_sample.factor(counts, "fixest", "cluster")` with `clusters=(T,)` and no effect marked nested.

    Source
    ------
    Newey and West (1987, doi:10.2307/1913610); panel form as R plm `vcovNW` and fixest `vcov_NW`.
    """
    scores = matrix(X, "X") * vector(u, "the residuals", len(X))[:, None]
    coded, _ = group_codes(unit, "the unit", len(scores))
    times = whole_times(time, len(scores))
    reach = _lags(lags, times)
    return bread @ (scores.T @ scores + autocovariances(scores, coded, times, reach)) @ bread


def driscoll_kraay(
    bread: FloatArray, X: FloatArray, u: FloatArray, time: IntArray, lags: int | None = None
) -> FloatArray:
    """Give back the Driscoll-Kraay covariance (k, k), no factor: any dependence across units, Bartlett over time.

    The scores are summed within each period and the Newey-West formula is applied to the sums. With T = 13 the
    estimate rests on 13 sums: it is known to be too small in short panels (fixest's manual asks for 20 periods).

    Parameters
    ----------
    bread, X, u, time, lags : as in `newey_west`.

    Raises
    ------
    ValueError
        If `time` is not whole numbers or lags is negative.

    Notes
    -----
    Factors: plm `vcovSCC` none (type "sss": T/(T-1) x (N-1)/(N-k) with slopes k alone). fixest `DK(L) ~ time`: T/(T-1) x
    (N-1)/(N-K) with every effect counted, t with T-1; statsmodels `hac-groupsum` with use_correction the same with K
    the columns it was given. linearmodels `kernel` multiplies by T/(T-1) even with debiased=False, and its default
    bandwidth is another one. See `newey_west` for the counts to pass.

    Source
    ------
    Driscoll and Kraay (1998, doi:10.1162/003465398557825); R plm `vcovSCC`, fixest `vcov_DK`, Stata xtscc (which takes
    L = floor(4 (T/100)^(2/9)) by default).
    """
    scores = matrix(X, "X") * vector(u, "the residuals", len(X))[:, None]
    times = whole_times(time, len(scores))
    reach = _lags(lags, times)
    distinct, codes = np.unique(times, return_inverse=True)
    sums = group_sums(scores, codes, len(distinct))
    one = np.zeros(len(distinct), dtype=np.intp)
    return bread @ (sums.T @ sums + autocovariances(sums, one, distinct, reach)) @ bread


def autocovariances(scores: FloatArray, unit: IntArray, time: IntArray, lags: int) -> FloatArray:
    """Give back sum over l = 1..lags of (1 - l/(lags+1)) (G_l + G_l') (k, k), without the contemporaneous part.

    Parameters
    ----------
    scores : (n, k).
    unit : (n,) codes; pairs are formed within a unit.
    time : (n,) whole numbers, no two alike within a unit.
    lags : the largest time distance.

    Raises
    ------
    ValueError
        If a unit has two rows in one period.
    """
    times = time - time.min()
    span = int(times.max()) + 1
    key = unit.astype(np.int64) * (span + lags) + times
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    twice = np.flatnonzero(np.diff(ordered) == 0)
    if twice.size:
        where = order[twice[0]]
        raise ValueError(f"unit {int(unit[where])} has two rows at time {int(time[where])}: lags are not defined")
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for lag in range(1, min(lags, span - 1) + 1):
        found = np.searchsorted(ordered, ordered + lag)
        found[found == len(ordered)] = 0
        pairs = ordered[found] == ordered + lag
        part = scores[order[found[pairs]]].T @ scores[order[pairs]]
        total += (1 - lag / (lags + 1)) * (part + part.T)
    return total


def whole_times(values: IntArray, rows: int) -> IntArray:
    """Give back `values` as whole numbers (n,). Raises ValueError for fractions, dates and other lengths."""
    out = np.asarray(values)
    if out.shape != (rows,):
        raise ValueError(f"time must be a vector of {rows} rows, not of shape {out.shape}")
    if out.dtype.kind not in "iu":
        raise ValueError("time must be whole numbers (years, or codes of the periods), so that distances are defined")
    return out.astype(np.intp, copy=False)


def _lags(lags: int | None, times: IntArray) -> int:
    if lags is None:
        return default_lags(len(np.unique(times)))
    if lags < 0 or int(lags) != lags:
        raise ValueError(f"lags must be a whole number of zero or more, not {lags}")
    return int(lags)
