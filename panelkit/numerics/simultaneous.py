"""Simultaneous bands of estimates with a known covariance: the sup-t critical value. Bands from influence: staggered_bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix, vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupT:
    """low, high (r,) : all true values at once; p (r,) adjusted for being looked at together; critical, pointwise : of the two bands."""

    low: FloatArray
    high: FloatArray
    p: FloatArray
    critical: float
    pointwise: float


def sup_t(estimate: FloatArray, V: FloatArray, df: float, level: float, draws: int, seed: int) -> SupT:
    """Give back the sup-t band of estimates (r,) with covariance V (r, r).

    Parameters
    ----------
    df : degrees of freedom of the reference (G-1): draws are of a multivariate t; infinite for the normal.
    level, draws, seed : joint coverage, number of draws, seed of PCG64.

    Raises
    ------
    ValueError
        If shapes differ, a variance is not above zero, or there are fewer than 99 draws.

    Notes
    -----
    The band is never narrower than the pointwise interval nor wider than Bonferroni's: both bound what simulation may give.

    Source
    ------
    Montiel Olea and Plagborg-Moller (2019, doi:10.1002/jae.2656, algorithm 1), with t in place of the normal for few clusters.
    """
    from scipy import special

    b = vector(estimate, "the estimates")
    covariance = matrix(V, "V", len(b))
    if covariance.shape[1] != len(b) or not (np.diag(covariance) > 0).all():
        raise ValueError("a band needs one variance above zero for each estimate")
    if draws < 99:
        raise ValueError("a band needs 99 draws or more")
    se = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / se[:, None] / se[None, :])
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    stream = np.random.Generator(np.random.PCG64(seed))
    drawn = np.abs(stream.standard_normal((draws, len(b))) @ root.T)
    if np.isfinite(df):
        drawn /= np.sqrt(stream.chisquare(df, size=draws) / df)[:, None]
    largest = drawn.max(axis=1)

    def quantile(share: float) -> float:
        return float(special.stdtrit(df, share) if np.isfinite(df) else special.ndtri(share))

    pointwise, most = quantile((1 + level) / 2), quantile(1 - (1 - level) / 2 / len(b))
    critical = float(np.clip(np.quantile(largest, level), pointwise, most))
    reached = (largest[:, None] >= np.abs(b / se)[None, :] * (1 - 1e-12)).sum(axis=0)
    return SupT(
        low=b - critical * se,
        high=b + critical * se,
        p=(1 + reached) / (draws + 1),
        critical=critical,
        pointwise=pointwise,
    )
