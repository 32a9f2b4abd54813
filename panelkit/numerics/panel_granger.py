"""Tests of Granger non-causality in panels: half-panel jackknife Wald, mean of unit Wald statistics. No system is estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JackknifeWald:
    """The half-panel jackknife test: coefficients (q,) and covariances (q, q) under unequal and under equal variances of units.

    statistic, p : chi-square with q degrees of freedom, errors of unequal variance by unit; equal_statistic, equal_p : one variance.
    """

    coefficients: FloatArray
    covariance: FloatArray
    equal_covariance: FloatArray
    statistic: float
    p: float
    equal_statistic: float
    equal_p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanWald:
    """Mean of the unit Wald statistics, standardised for long panels (`zbar`) and for these lengths (`ztilde`), two-sided p of the latter.

    too_short : units with no more than 5 + 3 lags periods, for which ztilde has no moments; then ztilde and p are NaN.
    """

    wbar: float
    zbar: float
    ztilde: float
    p: float
    too_short: int


def shortest_for_jackknife(lags: int) -> int:
    """Give back the fewest periods of a unit, initial ones among them, that leave each half of it a degree of freedom."""
    return 2 * (2 * lags + 2)


def jackknife_wald(
    y: FloatArray, own: FloatArray, cause: FloatArray, units: IntArray, lags: int, tested: int = 0
) -> JackknifeWald:
    """Test that lags of one variable have no effect on another, own lags differing between units.

    y_it = a_i + sum_l phi_il y_i,t-l + sum_l beta_l x_i,t-l + e_it; beta pooled and jackknifed over halves that share no period, not even
    as a lag.

    Parameters
    ----------
    y : (n,) outcome. own : (n, p) its lags. cause : (n, q) lags of the cause. units : (n,) codes; rows sorted by unit and time. lags : p.
    tested : how many of the first columns of `cause` are tested, all unless given; the others are pooled too.

    Raises
    ------
    ValueError
        If a half has too few rows, or they do not determine the slopes.

    Source
    ------
    Juodis, Karavias and Sarafidis (2021, doi:10.1007/s00181-020-01970-9). Halves (a unit of T periods is cut behind period floor(T/2)),
    degrees of freedom and the variance under `het` are those of Stata `xtgrangert` (Xiao et al. 2023, doi:10.1177/1536867X231162034).
    """
    n = len(vector(y, "the outcome"))
    X, H = matrix(cause, "the lags of the cause", n), matrix(own, "the own lags", n)
    codes, count = group_codes(units, "the unit", n)
    sums: list[list[FloatArray]] = [[np.zeros((X.shape[1], X.shape[1])), np.zeros(X.shape[1])] for _ in range(3)]
    kept = []
    for i in range(count):
        rows = np.flatnonzero(codes == i)
        cut = (len(rows) + lags) // 2
        cuts = (rows, rows[: max(cut - lags, 0)], rows[cut:])
        for total, part in zip(sums, cuts, strict=True):
            if len(part) <= lags + 1:
                raise ValueError(
                    f"a half of a unit has {len(part)} rows, and its own effect and lags take {lags + 1}: a unit needs"
                    f" {shortest_for_jackknife(lags)} periods"
                )
            left = _left_after(np.column_stack([X[part], y[part]]), H[part])
            total[0] = total[0] + left[:, :-1].T @ left[:, :-1]
            total[1] = total[1] + left[:, :-1].T @ left[:, -1]
            if part is rows:
                kept.append(left)
    b, first, second = (_solve(*total) for total in sums)
    beta = 2 * b - (first + second) / 2
    inverse = np.linalg.inv(sums[0][0])
    scores = np.stack([left[:, :-1].T @ (left[:, -1] - left[:, :-1] @ beta) for left in kept])
    squares = sum(float(np.sum((left[:, -1] - left[:, :-1] @ beta) ** 2)) for left in kept)
    whole = n + count * lags  # xtgrangert counts the initial periods, and takes an effect and p lags off each unit
    free = whole - count - count * lags - X.shape[1]
    V = inverse @ (scores.T @ scores) @ inverse * whole / free
    equal = inverse * squares / free
    q = tested or X.shape[1]
    W, equal_W = (float(beta[:q] @ np.linalg.solve(v[:q, :q], beta[:q])) for v in (V, equal))
    return JackknifeWald(
        coefficients=beta,
        covariance=V,
        equal_covariance=equal,
        statistic=W,
        p=float(special.chdtrc(q, W)),
        equal_statistic=equal_W,
        equal_p=float(special.chdtrc(q, equal_W)),
    )


def mean_wald(y: FloatArray, own: FloatArray, cause: FloatArray, units: IntArray, lags: int) -> MeanWald:
    """Test non-causality by the mean of Wald statistics of unit-by-unit regressions; needs more than 5 + 3 lags periods in each unit.

    Parameters
    ----------
    As `jackknife_wald`; q = p lags of one cause.

    Raises
    ------
    ValueError
        If a unit has no degree of freedom.

    Source
    ------
    Dumitrescu and Hurlin (2012, doi:10.1016/j.econmod.2012.02.014); R plm `pgrangertest`, whose T counts the initial periods.
    """
    n = len(vector(y, "the outcome"))
    codes, count = group_codes(units, "the unit", n)
    walds, lengths = np.empty(count), np.empty(count)
    for i in range(count):
        rows = np.flatnonzero(codes == i)
        free = len(rows) - 1 - 2 * lags
        if free < 1:
            raise ValueError(f"a unit has {len(rows)} rows for {1 + 2 * lags} coefficients")
        left = _left_after(np.column_stack([cause[rows], y[rows]]), own[rows])
        X, e = left[:, :-1], left[:, -1]
        b = _solve(X.T @ X, X.T @ e)
        walds[i] = float(b @ (X.T @ X) @ b) / (float(np.sum((e - X @ b) ** 2)) / free)
        lengths[i] = len(rows) + lags
    short = int((lengths <= 5 + 3 * lags).sum())
    mean = float(walds.mean())
    z = p = float("nan")
    if not short:
        a, c, d = lengths - 3 * lags - 1, lengths - 3 * lags - 3, lengths - 3 * lags - 5
        expected = lags * float(np.mean(a / c))
        variance = float(np.mean(2 * lags * a**2 * (lengths - 2 * lags - 3) / (c**2 * d)))
        z = float(np.sqrt(count) * (mean - expected) / np.sqrt(variance))
        p = 2 * float(special.ndtr(-abs(z)))
    return MeanWald(wbar=mean, zbar=float(np.sqrt(count / (2 * lags)) * (mean - lags)), ztilde=z, p=p, too_short=short)


def _left_after(values: FloatArray, own: FloatArray) -> FloatArray:
    """Columns less what a constant and own lags explain of them, within one unit."""
    basis = np.column_stack([np.ones(len(own)), own - own.mean(axis=0)])
    Q, R = np.linalg.qr(basis)
    if np.abs(np.diag(R)).min() <= 1e-10 * np.abs(np.diag(R)).max():
        raise ValueError("within a unit its own lags do not vary, or follow from each other")
    out: FloatArray = values - Q @ (Q.T @ values)
    return out


def _solve(XX: FloatArray, Xy: FloatArray) -> FloatArray:
    size = np.sqrt(np.diag(XX))
    if (size <= 0).any() or np.linalg.eigvalsh(XX / np.outer(size, size))[0] <= 1e-12:
        raise ValueError("the lags of the cause do not vary beside the effects and own lags")
    return np.asarray(np.linalg.solve(XX, Xy), dtype=np.float64)
