"""Joint tests of coefficients and intervals from draws. Covariances and draws are made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix, vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """F statistic, its degrees of freedom and p; `rank_deficient` if V has fewer independent directions than terms,
    in which case the test is of df1 combinations only and must be said to be."""

    statistic: float
    df1: int
    df2: float
    p: float
    rank_deficient: bool


def wald(b: FloatArray, V: FloatArray, df2: float) -> Wald:
    """Give back the Wald test that every element of b is zero, as F(df1, df2).

    Parameters
    ----------
    b : (r,) estimates less their values under the null.
    V : (r, r) covariance, its small-sample factor included.
    df2 : denominator degrees of freedom (G-1 or N-K); infinity gives chi2(df1)/df1.

    Raises
    ------
    ValueError
        If shapes differ, V is not symmetric, V has a negative eigenvalue, or V is zero.

    Source
    ------
    fixest `wald`, Stata `test`: b'V^-1 b / r. With clusters fewer than terms V is singular and Stata drops
    constraints; here the generalised inverse is used and `rank_deficient` says so.
    """
    terms = vector(b, "b")
    covariance = matrix(V, "V", terms.shape[0])
    if covariance.shape[1] != terms.shape[0] or terms.shape[0] == 0:
        raise ValueError(f"{terms.shape[0]} terms do not fit a covariance of shape {covariance.shape}")
    if not np.allclose(covariance, covariance.T, rtol=1e-8, atol=1e-12 * float(np.abs(covariance).max())):
        raise ValueError("the covariance is not symmetric")
    if df2 <= 0:
        raise ValueError(f"a joint test needs degrees of freedom above zero, not {df2}")
    length = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2 / length[:, None] / length[None, :])
    if values[0] < -1e-8 * max(float(values[-1]), 0.0) or values[-1] <= 0:
        raise ValueError("the covariance has a negative eigenvalue or is zero: no joint test is defined")
    alive = values > 1e-12 * values.shape[0] * values[-1]
    rank = int(alive.sum())
    coordinates = vectors[:, alive].T @ (terms / length)
    statistic = float(np.sum(coordinates**2 / values[alive]) / rank)
    return Wald(statistic=statistic, df1=rank, df2=df2, p=_tail(statistic, rank, df2), rank_deficient=rank < len(terms))


def percentile(draws: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Give back the equal-tailed percentile interval of the defined draws. Raises ValueError if none is defined."""
    defined = _defined(draws)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bca(draws: FloatArray, estimate: float, jackknifed: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Give back the bias-corrected and accelerated interval.

    Parameters
    ----------
    draws : (B,) bootstrap estimates, NaN where a draw is singular.
    estimate : of the sample.
    jackknifed : (G,) the estimate without each cluster.
    level : of the interval.

    Raises
    ------
    ValueError
        If no draw is defined, or all lie on one side of the estimate (the correction is then infinite).

    Source
    ------
    Efron (1987, doi:10.1080/01621459.1987.10478410), with the jackknife over clusters.
    """
    from scipy import special

    defined = _defined(draws)
    below = (float((defined < estimate).sum()) + 0.5 * float((defined == estimate).sum())) / defined.shape[0]
    if not 0 < below < 1:
        raise ValueError("every draw lies on one side of the estimate: no bias correction is defined")
    bias = float(special.ndtri(below))
    gaps = vector(jackknifed, "the jackknife estimates").mean() - jackknifed
    spread = float(np.sum(gaps**2))
    speed = float(np.sum(gaps**3)) / (6 * spread**1.5) if spread > 0 else 0.0
    tails = special.ndtri([(1 - level) / 2, (1 + level) / 2]) + bias
    low, high = np.quantile(defined, special.ndtr(bias + tails / (1 - speed * tails)))
    return float(low), float(high)


def _defined(draws: FloatArray) -> FloatArray:
    values = np.asarray(draws, dtype=np.float64)
    defined = values[np.isfinite(values)]
    if defined.shape[0] == 0:
        raise ValueError("no draw is defined")
    return defined


def _tail(statistic: float, df1: int, df2: float) -> float:
    """P(F(df1, df2) > statistic)."""
    from scipy import special

    if np.isinf(df2):
        return float(special.chdtrc(df1, statistic * df1))
    return float(special.fdtrc(df1, df2, statistic))
