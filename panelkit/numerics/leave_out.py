"""Two-stage least squares without each cluster, by updating cross-products. Least squares: `sandwich.jackknife`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, row_weights, vector
from panelkit.numerics.sandwich import LOST_DIRECTION, Jackknife, grams_by_cluster, orthonormal, own_part

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InstrumentColumns:
    """The columns of an instrumental regression, residualised off effects (which ones, the function says).

    Attributes
    ----------
    outcome : (n,).
    endogenous : (n,) or (n, k2).
    instruments : (n,) or (n, m), excluded ones, m >= k2.
    exogenous : (n, k1) included ones, or None.
    """

    outcome: FloatArray
    endogenous: FloatArray
    instruments: FloatArray
    exogenous: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Coordinates:
    """Everything on an orthonormal basis of [nuisance, exogenous, instruments]; p of its columns are not instruments.

    fit (p + m, k2 + 1) are the coordinates of endogenous variables and outcome, moments (G, p + m, k2 + 1) the products
    of basis and residuals within clusters, grams (G, p + m, p + m) those of the basis.
    """

    p: int
    fit: FloatArray
    moments: FloatArray
    grams: FloatArray
    inverse: FloatArray  # (k1, p): from coordinates to exogenous coefficients
    exogenous_fit: FloatArray  # (k1, k2 + 1): exogenous coefficients of endogenous variables and outcome, all clusters


def leave_out_two_stage(
    columns: InstrumentColumns, codes: IntArray, others: FloatArray | None = None, w: FloatArray | None = None
) -> Jackknife:
    """Give back two-stage least squares without each cluster; coefficients in the order [exogenous, endogenous].

    Parameters
    ----------
    columns : residualised off the effects NESTED in the clusters.
    codes : (n,) cluster codes.
    others : (n, p) explicit columns of what is not nested, residualised off the same effects, or None; collinear or
        vanishing columns are allowed. They are exogenous and instrument themselves.
    w : (n,) above zero, or None.

    Raises
    ------
    ValueError
        If columns are collinear, instruments are fewer than endogenous regressors, or there are fewer than two
        clusters.

    Source
    ------
    The definition of MacKinnon, Nielsen and Webb (2023, doi:10.1002/jae.2969) applied to the first and the second
    stage; the same numbers as refitting without the cluster. Leverage is that of [exogenous, fitted endogenous].
    """
    at = _coordinates(columns, codes, others, w)
    G, size, k2 = at.grams.shape[0], at.grams.shape[1], at.fit.shape[1] - 1
    values, vectors = np.linalg.eigh(np.eye(size) - at.grams)
    alive = values > LOST_DIRECTION
    spread = np.einsum("gij,gik->gjk", vectors, at.moments) * _inverted(values, alive)[:, :, None]
    fits = at.fit - vectors @ spread
    left = np.eye(size) - at.grams
    cross = left[:, : at.p, at.p :]
    inverse, lost = _generalised(left[:, : at.p, : at.p], at.inverse)
    metric = left[:, at.p :, at.p :] - np.swapaxes(cross, 1, 2) @ inverse @ cross
    z = fits[:, at.p :]
    slopes, unidentified = _second_stage(z, metric, at.fit[at.p :, :k2])
    rest = z[:, :, k2] - np.einsum("gmk,gk->gm", z[:, :, :k2], slopes)
    outside = fits[:, : at.p, k2] - np.einsum("gpk,gk->gp", fits[:, : at.p, :k2], slopes)
    outer = (outside + np.einsum("gpq,gqm,gm->gp", inverse, cross, rest)) @ at.inverse.T
    replicates = np.column_stack([outer, slopes])
    missing: Any = np.column_stack([lost, np.zeros((G, k2), dtype=bool)]) | unidentified[:, None]
    full, _ = _second_stage(at.fit[None, at.p :], np.eye(size - at.p)[None], at.fit[at.p :, :k2])
    coefficients = np.concatenate([at.exogenous_fit[:, k2] - at.exogenous_fit[:, :k2] @ full[0], full[0]])
    leverage, partial = _leverage(at, k2)
    return Jackknife(
        coefficients=coefficients,
        replicates=np.where(missing, np.nan, replicates),
        undetermined=missing,
        leverage=leverage,
        partial_leverage=partial,
    )


def _coordinates(
    columns: InstrumentColumns, codes: IntArray, others: FloatArray | None, w: FloatArray | None
) -> _Coordinates:
    outcome = vector(columns.outcome, "the outcome")
    n = outcome.shape[0]
    coded, groups = group_codes(codes, "the cluster", n)
    if groups < 2:
        raise ValueError("leaving out one cluster needs two clusters or more")
    weights = row_weights(w, n)
    root = np.ones((n, 1)) if weights is None else np.sqrt(weights)[:, None]
    inner = matrix(columns.endogenous, "the endogenous regressors", n) * root
    Z = matrix(columns.instruments, "the instruments", n) * root
    X = np.zeros((n, 0)) if columns.exogenous is None else matrix(columns.exogenous, "the exogenous ones", n) * root
    if Z.shape[1] < inner.shape[1]:
        raise ValueError(f"{inner.shape[1]} endogenous regressors need as many instruments, not {Z.shape[1]}")
    nuisance = orthonormal(np.zeros((n, 0)) if others is None else matrix(others, "others", n) * root)
    own, triangle = own_part(X, nuisance)
    outer = np.column_stack([nuisance, own])
    basis = np.column_stack([outer, own_part(Z, outer)[0]])
    target = np.column_stack([inner, outcome[:, None] * root])
    fit = basis.T @ target
    rest = target - basis @ fit
    again = basis.T @ rest
    fit, rest = fit + again, rest - basis @ again
    p, r = outer.shape[1], nuisance.shape[1]
    inverse = np.zeros((X.shape[1], p))
    inverse[:, r:] = np.linalg.inv(triangle)
    products = [group_sums(basis * rest[:, j, None], coded, groups) for j in range(rest.shape[1])]
    return _Coordinates(
        p=p,
        fit=fit,
        moments=np.stack(products, axis=2),
        grams=grams_by_cluster(basis, coded, groups),
        inverse=inverse,
        exogenous_fit=inverse @ fit[:p],
    )


def _second_stage(z: FloatArray, metric: FloatArray, whole: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Slopes (G, k2) on fitted endogenous variables in the metric of the instruments, and where they are not identified."""
    k2 = whole.shape[1]
    loads = np.swapaxes(z[:, :, :k2], 1, 2) @ metric
    information, top = loads @ z[:, :, :k2], (loads @ z[:, :, k2:])[:, :, 0]
    length = np.linalg.norm(whole, axis=0)
    if (length == 0).any():
        raise ValueError("the instruments explain nothing of an endogenous regressor")
    scaled = information / length[:, None] / length
    values, vectors = np.linalg.eigh((scaled + np.swapaxes(scaled, 1, 2)) / 2)
    lost = values[:, 0] <= LOST_DIRECTION
    inner = np.einsum("gij,gi->gj", vectors, top / length) * _inverted(values, ~lost[:, None] & (values > 0))
    return np.einsum("gij,gj->gi", vectors, inner) / length, lost


def _generalised(left: FloatArray, rows: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Generalised inverses (G, p, p), and which combinations `rows` (k1, p) a lost direction enters (G, k1)."""
    values, vectors = np.linalg.eigh(left)
    alive = values > LOST_DIRECTION
    inverse = (vectors * _inverted(values, alive)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    size = np.linalg.norm(rows, axis=1)[:, None]
    reach = np.einsum("ij,gjd->gid", rows / np.where(size > 0, size, 1.0), vectors)
    return inverse, (np.abs(reach) * ~alive[:, None, :]).max(axis=2, initial=0.0) > 1e-6


def _inverted(values: FloatArray, alive: BoolArray) -> FloatArray:
    out: FloatArray = np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)
    return out


def _leverage(at: _Coordinates, k2: int) -> tuple[FloatArray, FloatArray]:
    """Leverage (G,) of the second stage and partial leverage (G, k1 + k2) of its regressors."""
    k1, p = at.inverse.shape
    q, triangle = np.linalg.qr(at.fit[p:, :k2])
    turn = np.zeros((at.grams.shape[1], p + k2))
    turn[:p, :p], turn[p:, p:] = np.eye(p), q
    grams = np.swapaxes(turn, 0, 1) @ at.grams @ turn
    rows = np.zeros((k1 + k2, p + k2))
    rows[k1:, p:] = np.linalg.inv(triangle)
    rows[:k1, :p] = at.inverse
    rows[:k1] -= at.exogenous_fit[:, :k2] @ rows[k1:]
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    return np.trace(grams, axis1=1, axis2=2), np.einsum("ji,gik,jk->gj", rows, grams, rows)
