"""What follows from a vector autoregression's coefficients: stability, responses, variance decompositions. Nothing is estimated."""

from __future__ import annotations

import numpy as np

from panelkit.numerics.arrays import FloatArray


def companion(b: FloatArray) -> FloatArray:
    """Give back the companion matrices (B, k p, k p) of coefficients (B, k p, k), rows lag by lag.

    Examples
    --------
    >>> companion(np.array([[[0.5], [0.2]]]))[0].tolist()
    [[0.5, 0.2], [1.0, 0.0]]
    """
    B, m, k = b.shape
    out = np.zeros((B, m, m))
    out[:, :k, :] = b.transpose(0, 2, 1)
    out[:, k:, : m - k] = np.eye(m - k)
    return out


def moduli(b: FloatArray) -> FloatArray:
    """Give back the moduli (k p,) of the eigenvalues of the companion matrix of b (k p, k), largest first; all below 1: stable.

    Source
    ------
    Luetkepohl (2005, section 2.1.1); Stata `varstable`, `pvarstable`.
    """
    return np.sort(np.abs(np.linalg.eigvals(companion(b[None])[0])))[::-1]


def responses(b: FloatArray, errors: FloatArray, horizon: int, order: tuple[int, ...]) -> FloatArray:
    """Give back orthogonalised impulse responses (B, horizon + 1, k, k): [h, i, j] of variable i to one standard deviation of shock j.

    Parameters
    ----------
    b : (B, k p, k). errors : (B, k, k) covariance of the errors. order : of the variables in the Cholesky factor, the first moves all
        others at once and is moved at once by none. NaN where the covariance is not positive definite.

    Source
    ------
    Luetkepohl (2005, section 2.3.2); statsmodels `VARResults.orth_ma_rep`; Stata `pvarirf, oirf porder()`.
    """
    B, m, k = b.shape
    P = factors(errors, order)
    A = companion(b)
    power = np.broadcast_to(np.eye(m), (B, m, m))
    out = np.empty((B, horizon + 1, k, k))
    for h in range(horizon + 1):
        out[:, h] = power[:, :k, :k] @ P
        power = power @ A
    return out


def factors(errors: FloatArray, order: tuple[int, ...]) -> FloatArray:
    """Give back P (B, k, k), P P' = errors, lower triangular in the given order; NaN where there is none."""
    place = list(order)
    turned = errors[:, place][:, :, place]
    defined = np.asarray(np.isfinite(turned).all(axis=(1, 2)))
    safe = np.where(defined[:, None, None], turned, np.eye(len(place)))
    defined &= np.linalg.eigvalsh(safe)[:, 0] > 1e-14 * np.trace(safe, axis1=1, axis2=2)
    safe[~defined] = np.eye(len(place))
    L = np.linalg.cholesky(safe)
    L[~defined] = np.nan
    out = np.empty_like(L)
    out[:, np.array(place)[:, None], np.array(place)[None, :]] = L
    return out


def decomposition(theta: FloatArray) -> FloatArray:
    """Give back shares (B, H + 1, k, k): [h, i, j] of the variance of the error of forecasting i over h + 1 periods due to shock j.

    Parameters
    ----------
    theta : responses (B, H + 1, k, k); row h of the result sums responses 0 to h, as Stata prints under step h + 1.

    Source
    ------
    Luetkepohl (2005, section 2.3.3); Stata `fevd`, `pvarfevd`.
    """
    sums = np.cumsum(theta**2, axis=1)
    out: FloatArray = sums / sums.sum(axis=3, keepdims=True)
    return out
