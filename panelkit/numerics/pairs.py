"""The pairs cluster bootstrap of regression coefficients from cross-products by cluster. No row is drawn twice in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, row_weights, vector
from panelkit.numerics.crossproducts import eliminate, per_cluster, summed
from panelkit.numerics.joint import bca, percentile
from panelkit.numerics.permutation import pairs_weights
from panelkit.numerics.sandwich import jackknife, orthonormal, own_part

LEAST = 1e-9  # share of a regressor's own sum of squares left in a draw, below which the draw does not determine it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterRows:
    """One regression, ready to be drawn by cluster.

    Attributes
    ----------
    X, y : (n, k) and (n,), residualised off the effects NESTED in the clusters (a cluster drawn twice has its own
        effects twice, as two clusters).
    codes : (n,) cluster codes 0..G-1.
    others : (n, p) explicit columns of what is not nested (`projection.dummy_columns` of the year), residualised off
        the same effects, or None; collinear or vanishing columns are allowed.
    weights : (n,) above zero, or None.
    """

    X: FloatArray
    y: FloatArray
    codes: IntArray
    others: FloatArray | None = None
    weights: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairsResult:
    """The bootstrap of every coefficient.

    Attributes
    ----------
    coefficients : (k,) of the sample.
    draws : (B, k); NaN in a draw that does not determine every coefficient.
    singular : how many draws those are.
    percentile, basic, bca : (k, 2) intervals; `bca` is NaN where the jackknife or the bias correction is undefined.
    """

    coefficients: FloatArray
    draws: FloatArray
    singular: int
    percentile: FloatArray
    basic: FloatArray
    bca: FloatArray


def pairs_cluster(rows: ClusterRows, draws: int = 999, seed: int = 0, level: float = 0.95) -> PairsResult:
    """Give back the pairs cluster bootstrap with percentile, basic and bias-corrected accelerated intervals.

    Parameters
    ----------
    rows : see `ClusterRows`.
    draws, seed : of `permutation.pairs_weights`.
    level : of the intervals.

    Raises
    ------
    ValueError
        If shapes differ, regressors are collinear, there are fewer than two clusters, or every draw is singular.

    Source
    ------
    Cameron, Gelbach and Miller (2008, doi:10.1162/rest.90.3.414); basic interval: Davison and Hinkley (1997, chapter
    5), 2 b - quantile; BCa: Efron (1987, doi:10.1080/01621459.1987.10478410), jackknife over clusters. Stata
    `bootstrap, cluster() idcluster()` with the new identifier as the absorbed unit.
    """
    found = weighted_coefficients(rows, pairs_weights(_groups(rows), draws, seed))
    jack = jackknife(rows.X, rows.y, rows.codes, rows.others, rows.weights)
    b = jack.coefficients
    low_high = np.array([percentile(column, level) for column in found.T])
    return PairsResult(
        coefficients=b,
        draws=found,
        singular=int(np.isnan(found).any(axis=1).sum()),
        percentile=low_high,
        basic=2 * b[:, None] - low_high[:, ::-1],
        bca=np.array([_bca(found[:, j], b[j], jack.replicates[:, j], level) for j in range(len(b))]),
    )


def weighted_coefficients(rows: ClusterRows, weights: FloatArray | IntArray) -> FloatArray:
    """Give back the coefficients (B, k) when cluster g counts `weights[b, g]` times; a draw that does not determine all
    of them is NaN.

    Raises
    ------
    ValueError
        As `pairs_cluster` does.

    Notes
    -----
    Columns are made orthonormal over the whole sample and the outcome is left as residuals, so that a draw is the
    sample's coefficient plus a correction and no digit is lost to means or units.
    """
    counts = matrix(weights, "the cluster weights")
    groups = _groups(rows)
    if counts.shape[1] != groups:
        raise ValueError(f"there are {groups} clusters, the weights are for {counts.shape[1]}")
    X = matrix(rows.X, "X")
    n, k = X.shape
    w = row_weights(rows.weights, n)
    root = np.ones(n) if w is None else np.sqrt(w)
    columns = np.zeros((n, 0)) if rows.others is None else matrix(rows.others, "others", n)
    nuisance = orthonormal(columns * root[:, None])
    own, triangle = own_part(X * root[:, None], nuisance)
    target = vector(rows.y, "y", n) * root
    basis = np.column_stack([nuisance, own])
    rest = target - basis @ (basis.T @ target)
    rest -= basis @ (basis.T @ rest)
    size = float(np.linalg.norm(rest)) or 1.0
    A = per_cluster(np.column_stack([basis, rest / size]), rows.codes)
    p = nuisance.shape[1]
    shifts = np.empty((counts.shape[0], k))
    for start, sums in summed(A, counts):
        shifts[start : start + sums.shape[2]] = _solved(sums, p, k)
    inverse = np.linalg.inv(triangle)
    return (own.T @ target + shifts * size) @ inverse.T


def _solved(sums: FloatArray, p: int, k: int) -> FloatArray:
    """Coefficients (B, k) of the last column on columns p..p+k-1, the first p taken off; NaN where one is lost."""
    before = np.diagonal(sums, axis1=0, axis2=1).T[p : p + k].copy()
    eliminate(sums, 0, p)
    eliminate(sums, p, p + k)
    block = sums[p:, p:]
    pivots = np.diagonal(block, axis1=0, axis2=1).T[:k]
    lost = (pivots <= LEAST * np.maximum(before, LEAST)).any(axis=0)
    safe = np.where(lost, 1.0, pivots)
    out = np.empty((k, sums.shape[2]))
    for j in reversed(range(k)):
        out[j] = (block[j, k] - (block[j, j + 1 : k] * out[j + 1 :]).sum(axis=0)) / safe[j]
    return np.where(lost, np.nan, out).T


def _groups(rows: ClusterRows) -> int:
    return group_codes(rows.codes, "the cluster", len(rows.X))[1]


def _bca(draws: FloatArray, estimate: float, jackknifed: FloatArray, level: float) -> tuple[float, float]:
    try:
        return bca(draws, float(estimate), jackknifed, level)
    except ValueError:
        return float("nan"), float("nan")
