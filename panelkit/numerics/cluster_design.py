"""A clustered design in the form CR2, CR3 and cluster leverage need. The corrections are in cr2, counts in degrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, row_weights, vector
from panelkit.numerics.projection import absorber, dummy_columns

DENSE_CELLS = 50_000_000  # rows x columns of the effects that are not nested, held dense (400 MB)
NULL_SHARE = 1e-8  # singular value of scaled columns, as a share of the largest, below which a direction is absent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterDesign:
    """Regressors and effects split by what is nested in the clusters; build it with `cluster_design`.

    The hat matrix is H = D + Z Z'W: D, of the effects nested in the clusters, is block-diagonal; Z is one basis of the
    rest (regressors first, then dummies that are not nested), so that CR2 of all dummies is exact without forming the
    nested ones.

    Attributes
    ----------
    codes : (n,) cluster of each row; groups : G.
    weights : (n,) scaled to mean one, or None.
    slopes : (n, k) regressors residualised off every effect.
    triangle : (k, k) with slopes = Z[:, :k] @ triangle, so bread = (triangle' triangle)^-1 (for weights of mean one).
    basis : (n, r) Z, with Z'WZ = I.
    nested : for each nested effect its codes (n,) and the variables of its trends.
    order : (n,) rows sorted by cluster; ends : (G,) where each cluster stops in it.
    """

    codes: IntArray
    groups: int
    weights: FloatArray | None
    slopes: FloatArray
    triangle: FloatArray
    basis: FloatArray
    nested: tuple[tuple[IntArray, tuple[FloatArray, ...]], ...]
    order: IntArray
    ends: IntArray

    def clusters(self) -> Iterator[IntArray]:
        """Give back the rows of each cluster, in the order of the codes."""
        yield from np.split(self.order, self.ends[:-1])

    def nested_basis(self, rows: IntArray) -> FloatArray:
        """Give back B (t, q) of the nested dummies and trends of the rows of one cluster, with B'WB = I."""
        columns: list[FloatArray] = []
        for codes, trends in self.nested:
            dummies = dummy_columns(np.unique(codes[rows], return_inverse=True)[1], drop_first=False)
            columns.append(dummies)
            columns.extend(dummies * (trend[rows] - trend[rows].mean())[:, None] for trend in trends)
        if not columns:
            return np.zeros((len(rows), 0))
        root = np.ones(len(rows)) if self.weights is None else np.sqrt(self.weights[rows])
        return _span(np.column_stack(columns) * root[:, None]) / root[:, None]


def cluster_design(
    X: FloatArray,
    codes: IntArray,
    absorb: Sequence[IntArray] = (),
    w: FloatArray | None = None,
    slopes: Sequence[tuple[int, FloatArray]] = (),
) -> ClusterDesign:
    """Give back the design of `X` with every effect in `absorb`, split by what is nested in the clusters.

    Parameters
    ----------
    X : (n, k) regressors, raw or residualised (they are residualised here, which changes nothing the second time); a
        constant is a column if nothing is absorbed.
    codes : (n,) cluster codes 0..G-1.
    absorb : codes (n,) of each absorbed effect. Those whose every level lies in one cluster are nested.
    w : (n,) above zero, or None; only their ratios matter.
    slopes : group trends, as in `projection.absorber`.

    Raises
    ------
    ValueError
        If there are fewer than two clusters, a regressor vanishes or is a combination of the others, or the effects
        that are not nested are too many to be held dense.
    """
    design = matrix(X, "X")
    n = design.shape[0]
    coded, groups = group_codes(codes, "the cluster", n)
    if groups < 2:
        raise ValueError("clustering needs two clusters or more")
    raw = row_weights(w, n)
    weights = None if raw is None else raw / raw.mean()
    root = np.ones(n) if weights is None else np.sqrt(weights)
    effects = [group_codes(c, f"effect {i}", n)[0] for i, c in enumerate(absorb)]
    trends = [(i, vector(v, "the variable of a group trend", n)) for i, v in slopes]
    swept = absorber(effects, weights, trends).residualise(design)
    own, triangle = _triangular(swept * root[:, None], design * root[:, None])
    inner = [i for i, effect in enumerate(effects) if is_nested(effect, coded)]
    nested = tuple((effects[i], tuple(v for j, v in trends if j == i)) for i in inner)
    rest = _crossing(effects, trends, inner, n)
    within = absorber([c for c, _ in nested], weights, [(j, v) for j, (_, vs) in enumerate(nested) for v in vs])
    others = _span(within.residualise(rest) * root[:, None]) if rest.shape[1] else rest
    order = np.argsort(coded, kind="stable")
    return ClusterDesign(
        codes=coded,
        groups=groups,
        weights=weights,
        slopes=swept,
        triangle=triangle,
        basis=np.column_stack([own, others]) / root[:, None],
        nested=nested,
        order=order,
        ends=np.cumsum(np.bincount(coded, minlength=groups)),
    )


def is_nested(effect: IntArray, cluster: IntArray) -> bool:
    """Give back whether every level of the effect lies in one cluster (codes 0..L-1, both (n,))."""
    home = np.zeros(int(effect.max()) + 1, dtype=np.intp)
    home[effect] = cluster
    return bool((home[effect] == cluster).all())


def _crossing(effects: list[IntArray], trends: list[tuple[int, FloatArray]], inner: list[int], rows: int) -> FloatArray:
    """Dense columns of the dummies and trends that cross clusters, every level."""
    outer = [i for i in range(len(effects)) if i not in inner]
    width = sum(int(effects[i].max()) + 1 for i in [*outer, *(j for j, _ in trends if j in outer)])
    if rows * width > DENSE_CELLS:
        raise ValueError(
            f"the effects not nested in the clusters have {width} columns on {rows} rows: too many for CR2 or CR3;"
            " cluster by a group that nests the larger effect, or use CR1"
        )
    columns = [dummy_columns(effects[i], drop_first=False) for i in outer]
    for i, variable in trends:
        if i in outer:
            columns.append(dummy_columns(effects[i], drop_first=False) * (variable - variable.mean())[:, None])
    return np.column_stack(columns) if columns else np.zeros((rows, 0))


def _span(columns: FloatArray) -> FloatArray:
    """An orthonormal basis (n, q) of the columns' span; absent directions are left out."""
    length = np.linalg.norm(columns, axis=0)
    kept = columns[:, length > 1e-9 * max(float(length.max(initial=0.0)), 1e-300)]
    if kept.shape[1] == 0:
        return np.zeros((columns.shape[0], 0))
    left, singular, _ = np.linalg.svd(kept / np.linalg.norm(kept, axis=0), full_matrices=False)
    basis: FloatArray = left[:, singular > NULL_SHARE * singular[0]]
    return basis


def _triangular(swept: FloatArray, raw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """QR of the residualised regressors, columns scaled; a vanished or collinear column is refused."""
    if swept.shape[1] == 0:
        raise ValueError("there is no regressor")
    length = np.linalg.norm(swept, axis=0)
    lost = length <= 1e-9 * np.linalg.norm(raw, axis=0)
    if lost.any():
        raise ValueError(f"regressor {int(np.argmax(lost))} is absorbed by the effects: nothing is left of it")
    own, triangle = np.linalg.qr(swept / length)
    thin = np.abs(np.diag(triangle)) < 1e-9
    if thin.any():
        raise ValueError(f"regressor {int(np.argmax(thin))} is a combination of the others")
    return own, triangle * length
