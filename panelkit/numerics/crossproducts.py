"""Cross-products by cluster and what follows from their weighted sums (mediation draws). No row is touched twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix

NOTHING_LEFT = 1e-11  # share of a variable's own sum of squares left after the others: below it a draw is singular
VANISHED = 1e-18  # sum of squares of a column scaled to length one over all clusters: below it the draw has none of it
BLOCK_CELLS = 65_536  # numbers of one block of draws that is worked on: they stay in cache
PRODUCT_CELLS = 2_000_000  # numbers of one matrix product of draws and clusters, held at once


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
    chosen = layout.controls + paths
    if len(set(chosen)) != len(chosen) or min(chosen) < 0 or max(chosen) >= m:
        raise ValueError("the columns of the layout must be different columns of Z")
    parts = A[:, chosen, :][:, :, chosen]
    length = np.sqrt(np.maximum(np.diagonal(parts.sum(axis=0)), np.finfo(float).tiny))
    parts = parts / length[:, None] / length[None, :]
    out = np.empty((counts.shape[0], 5))
    for start, sums in summed(parts, counts):
        out[start : start + sums.shape[2]] = _paths(sums)
    t, m, y = length[-3:]
    unit_a, unit_b, unit_t = m / t, y / m, y / t
    a, b, total, direct = out[:, 0] * unit_a, out[:, 1] * unit_b, out[:, 2] * unit_t, out[:, 3] * unit_t
    return MediationDraws(indirect=a * b, direct=direct, total=total, a=a, b=b, singular=int(np.isnan(out[:, 4]).sum()))


def summed(A: FloatArray, weights: FloatArray) -> Iterator[tuple[int, FloatArray]]:
    """Give back the weighted sums of cross-products in blocks: first draw and (m, m, draws of the block).

    Parameters
    ----------
    A : (G, m, m) from `per_cluster`; weights : (B, G).
    """
    m = A.shape[1]
    upper = np.triu_indices(m)
    place = np.zeros((m, m), dtype=np.intp)
    place[upper] = place[upper[::-1]] = np.arange(len(upper[0]))
    flat = np.ascontiguousarray(A[:, upper[0], upper[1]].T)
    step = max(16, BLOCK_CELLS // (m * m))
    many = step * max(1, PRODUCT_CELLS // (step * m * m))
    for outer in range(0, weights.shape[0], many):
        product = flat @ weights[outer : outer + many].T
        for start in range(0, product.shape[1], step):
            yield outer + start, product[:, start : start + step][place]


def eliminate(sums: FloatArray, first: int, last: int) -> FloatArray:
    """Take columns `first` to `last` - 1 off the later ones, in place, and give back which were alive (last - first, B).

    Parameters
    ----------
    sums : (m, m, B) cross-products, columns scaled to similar length. A column that vanishes or is a combination of
        the earlier ones in a draw is passed over there: it gets no coefficient and changes nothing.

    Source
    ------
    Symmetric Gaussian elimination, all draws at once: the sweep of Goodnight (1979, doi:10.2307/2683825).
    """
    own = np.diagonal(sums, axis1=0, axis2=1).T[first:last].copy()
    alive = np.empty(own.shape, dtype=bool)
    for j in range(first, last):
        pivot = sums[j, j]
        alive[j - first] = (pivot > NOTHING_LEFT * own[j - first]) & (pivot > VANISHED)
        row = sums[j, j + 1 :] / np.where(alive[j - first], pivot, np.inf)
        sums[j + 1 :, j + 1 :] -= sums[j, j + 1 :, None] * row[None, :]
    return alive


def _paths(sums: FloatArray) -> FloatArray:
    """(B, 5): a, b, total, direct, and 1 or NaN; from cross-products ordered controls, treatment, mediator, outcome."""
    own = np.stack([sums[-3, -3], sums[-2, -2]])
    eliminate(sums, 0, sums.shape[0] - 3)
    tt, tm, ty = sums[-3, -3:]
    good = tt > NOTHING_LEFT * own[0]
    safe = np.where(good, tt, 1.0)
    a, total = tm / safe, ty / safe
    mm = sums[-2, -2] - a * tm
    my = sums[-2, -1] - a * ty
    good &= mm > NOTHING_LEFT * own[1]
    b = my / np.where(mm > 0, mm, 1.0)
    out = np.column_stack([a, b, total, total - a * b, np.ones(len(a))])
    return np.where(good[:, None], out, np.nan)
