"""Limited-information maximum likelihood from cross-products, whole and without each cluster. No covariance factor is applied here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, row_weights, vector

LOST = 1e-10  # share of a direction left, below which it is not there


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LimitedInformation:
    """kappa, coefficients (k,) of [endogenous, exogenous], and the same without each cluster (G, k), NaN where not identified."""

    kappa: float
    coefficients: FloatArray
    replicates: FloatArray


def limited_information(
    endogenous: FloatArray,
    exogenous: FloatArray,
    instruments: FloatArray,
    y: FloatArray,
    codes: IntArray,
    others: FloatArray | None = None,
    w: FloatArray | None = None,
) -> LimitedInformation:
    """Give back LIML and its leave-one-cluster-out estimates, from cross-products.

    Parameters
    ----------
    endogenous (n, e), exogenous (n, x), instruments (n, z), y (n,) : residualised off effects nested in the clusters.
    codes : (n,) cluster codes.
    others : (n, p) explicit columns of effects that are not nested; collinear ones are allowed.
    w : (n,) above zero, or None.

    Raises
    ------
    ValueError
        If the whole sample does not identify the coefficients.

    Source
    ------
    Anderson and Rubin (1949); Davidson and MacKinnon (2004, section 12.5): kappa is the smallest root of the outcome's and the
    endogenous regressors' cross-products off the exogenous columns against those off all instruments. Stata `ivreghdfe, liml`.
    """
    inner = matrix(endogenous, "the endogenous regressors")
    n = inner.shape[0]
    outer, Z = matrix(exogenous, "the exogenous regressors", n), matrix(instruments, "the instruments", n)
    nuisance = np.zeros((n, 0)) if others is None else matrix(others, "others", n)
    weights = row_weights(w, n)
    root = np.ones(n) if weights is None else np.sqrt(weights)
    coded, groups = group_codes(codes, "the cluster", n)
    length = np.linalg.norm(nuisance, axis=0)
    nuisance = nuisance[:, length > LOST * max(float(length.max(initial=0.0)), 1e-300)]
    columns = np.column_stack([vector(y, "y", n), inner, Z, outer, nuisance]) * root[:, None]
    size = np.linalg.norm(columns, axis=0)
    columns = columns / np.where(size > 0, size, 1.0)
    e, z, x = inner.shape[1], Z.shape[1], outer.shape[1]
    unit = size[0] / np.concatenate([size[1 : 1 + e], size[1 + e + z : 1 + e + z + x]])
    whole = columns.T @ columns
    kappa, b = _from_crossproducts(whole, e, z, x)
    if np.isnan(b).any():
        raise ValueError("the instruments do not identify the coefficients")
    without = np.empty((groups, e + x))
    order = np.argsort(coded, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(coded, minlength=groups))[:-1])
    for g, rows in enumerate(parts):
        own = columns[rows]
        without[g] = _from_crossproducts(whole - own.T @ own, e, z, x)[1] * unit
    return LimitedInformation(kappa=kappa, coefficients=b * unit, replicates=without)


def _from_crossproducts(M: FloatArray, e: int, z: int, x: int) -> tuple[float, FloatArray]:
    """kappa and coefficients from cross-products of outcome, endogenous, instruments, exogenous columns, in this order."""
    from scipy import linalg

    c = 1 + e + z
    loads = _inverse(M[c:, c:]) @ M[c:, :c]
    left = M[:c, :c] - M[:c, c:] @ loads
    both, among = slice(0, 1 + e), slice(1 + e, c)
    off_exogenous = left[both, both]
    off_all = off_exogenous - left[both, among] @ _inverse(left[among, among]) @ left[among, both]
    explained = np.linalg.eigvalsh((off_exogenous - off_all)[1:, 1:])
    if explained.min() <= LOST:
        return float("nan"), np.full(e + x, np.nan)
    kappa = float(linalg.eigh((off_exogenous + off_exogenous.T) / 2, (off_all + off_all.T) / 2, eigvals_only=True)[0])
    k_class = off_exogenous - kappa * off_all
    b = np.linalg.solve(k_class[1:, 1:], k_class[1:, 0])
    return kappa, np.concatenate([b, (loads[:, 0] - loads[:, 1 : 1 + e] @ b)[:x]])


def _inverse(M: FloatArray) -> FloatArray:
    """The inverse, or the generalised one where a level vanished with its cluster."""
    if M.shape[0] == 0:
        return M
    values, vectors = np.linalg.eigh((M + M.T) / 2)
    alive = values > LOST * max(float(values[-1]), 1e-300)
    out: FloatArray = (vectors * np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)) @ vectors.T
    return out
