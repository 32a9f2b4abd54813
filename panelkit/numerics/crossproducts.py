"""Cross-products by cluster and what follows from their weighted sums (mediation draws). No row is touched twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix

NOTHING_LEFT = 1e-11  # share of a variable's own sum of squares left after the others: below it a draw is singular
BLOCK_CELLS = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MediationLayout:
    """Which columns of the cross-products are outcome, treatment, mediator and controls."""

    outcome: int
    treatment: int
    mediator: int
    controls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediationDraws:
    """Paths of every draw (B,): a (treatment to mediator), b (mediator to outcome), indirect = a b, direct and total.

    A draw in which treatment or mediator is absorbed is NaN in every vector and counted in `singular`.
    """

    indirect: FloatArray
    direct: FloatArray
    total: FloatArray
    a: FloatArray
    b: FloatArray
    singular: int


def per_cluster(Z: FloatArray, codes: IntArray) -> FloatArray:
    """Give back the cross-products (G, m, m) of the rows of each cluster.

    Parameters
    ----------
    Z : (n, m) columns, residualised off the effects nested in the clusters; with weights, times their root.
    codes : (n,) cluster codes 0..G-1.

    Raises
    ------
    ValueError
        If lengths differ or values are missing.

    Examples
    --------
    >>> per_cluster(np.array([[1.0], [2.0], [3.0]]), np.array([0, 1, 1])).ravel().tolist()
    [1.0, 13.0]
    """
    columns = matrix(Z, "Z")
    coded, groups = group_codes(codes, "the cluster", columns.shape[0])
    order = np.argsort(coded, kind="stable")
    ends = np.cumsum(np.bincount(coded, minlength=groups))
    return np.stack([part.T @ part for part in np.split(columns[order], ends[:-1])])


def indirect_effect(A: FloatArray, layout: MediationLayout, weights: FloatArray) -> MediationDraws:
    """Give back indirect, direct and total effect for each row of cluster weights.

    Parameters
    ----------
    A : (G, m, m) from `per_cluster`; effects not nested in the clusters are explicit dummy columns among the controls.
    layout : see `MediationLayout`.
    weights : (B, G) how much each cluster counts (`permutation.pairs_weights`, or a row of ones for the sample).

    Raises
    ------
    ValueError
        If shapes differ or columns repeat.

    Notes
    -----
    A cluster drawn twice has its own effect twice, as two clusters. Linear equations with the same controls and rows,
    so total = direct + indirect in every draw.

    Source
    ------
    Product of coefficients (Baron and Kenny 1986; Sobel 1982); pairs cluster bootstrap, Cameron, Gelbach and Miller
    (2008, doi:10.1162/rest.90.3.414).
    """
    counts = matrix(weights, "the cluster weights")
    groups, m = A.shape[0], A.shape[1]
    if A.shape != (groups, m, m) or counts.shape[1] != groups:
        raise ValueError(f"cross-products {A.shape} and weights {counts.shape} do not fit")
    paths = (layout.treatment, layout.mediator, layout.outcome)
    chosen = paths + layout.controls
    if len(set(chosen)) != len(chosen) or min(chosen) < 0 or max(chosen) >= m:
        raise ValueError("the columns of the layout must be different columns of Z")
    parts = A[:, chosen, :][:, :, chosen]
    length = np.sqrt(np.maximum(np.diagonal(parts.sum(axis=0)), np.finfo(float).tiny))
    parts = parts / length[:, None] / length[None, :]
    size = len(chosen)
    flat = parts.reshape(groups, size * size)
    out = np.empty((counts.shape[0], 5))
    step = max(1, BLOCK_CELLS // (size * size))
    for start in range(0, counts.shape[0], step):
        sums = (counts[start : start + step] @ flat).reshape(-1, size, size)
        out[start : start + step] = _paths(sums)
    unit_a, unit_b, unit_t = length[1] / length[0], length[2] / length[1], length[2] / length[0]
    a, b, total, direct = out[:, 0] * unit_a, out[:, 1] * unit_b, out[:, 2] * unit_t, out[:, 3] * unit_t
    return MediationDraws(indirect=a * b, direct=direct, total=total, a=a, b=b, singular=int(np.isnan(out[:, 4]).sum()))


def _paths(sums: FloatArray) -> FloatArray:
    """(B, 5): a, b, total, direct, and 1 or NaN; from cross-products ordered treatment, mediator, outcome, controls."""
    own = np.diagonal(sums[:, :3, :3], axis1=1, axis2=2)
    left = _off_controls(sums)
    tt, tm, ty = left[:, 0, 0], left[:, 0, 1], left[:, 0, 2]
    good = tt > NOTHING_LEFT * own[:, 0]
    safe = np.where(good, tt, 1.0)
    a, total = tm / safe, ty / safe
    mm = left[:, 1, 1] - a * tm
    my = left[:, 1, 2] - a * ty
    good &= mm > NOTHING_LEFT * own[:, 1]
    b = my / np.where(mm > 0, mm, 1.0)
    out = np.column_stack([a, b, total, total - a * b, np.ones(len(a))])
    return np.where(good[:, None], out, np.nan)


def _off_controls(sums: FloatArray) -> FloatArray:
    """Cross-products (B, 3, 3) after the controls; controls that vanish or repeat in a draw get no coefficient."""
    if sums.shape[1] == 3:
        return sums
    across, within = sums[:, 3:, :3], sums[:, 3:, 3:]
    length = np.sqrt(np.diagonal(within, axis1=1, axis2=2))
    inverse = np.where(length > 1e-9, 1 / np.where(length > 1e-9, length, 1.0), 0.0)
    values, vectors = np.linalg.eigh(within * inverse[:, :, None] * inverse[:, None, :])
    alive = values > 1e-11 * values[:, -1:]
    loads = np.einsum("bij,bik->bjk", vectors, across * inverse[:, :, None])
    loads *= np.where(alive, 1 / np.sqrt(np.where(alive, values, 1.0)), 0.0)[:, :, None]
    out: FloatArray = sums[:, :3, :3] - np.einsum("bji,bjk->bik", loads, loads)
    return out
