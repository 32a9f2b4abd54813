"""Threshold of a fixed-effects panel: sums of squares of every candidate at once, from cumulative cross-products. Draws are elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, row_weights, vector
from panelkit.numerics.projection import dummy_columns

LARGEST = 2e7  # cells of the dummy columns beside the effect with the most levels
FLAT = (
    1e-10  # of its own sum of squares: with less left beside effects and regressors a candidate has no slope of its own
)
SAME = 1e-12  # relative: two sums of squares this close are one, and the lower threshold is taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThresholdRows:
    """The rows of a threshold model.

    Attributes
    ----------
    outcome : (n,). switching : (n, m) the columns whose slopes change, a column of ones where the intercept does. controls : (n, p)
        the others. q : (n,) the threshold variable; a row is below a threshold where q <= it.
    effects : codes (n,) of each absorbed effect, one at least. trends : (index of the effect, variable (n,)). weights : (n,) or None.
    clusters : (n,) codes 0..G-1.
    least : rows that every regime must hold. least_clusters : clusters that it must have rows of.
    """

    outcome: FloatArray
    switching: FloatArray
    controls: FloatArray
    q: FloatArray
    effects: tuple[IntArray, ...]
    clusters: IntArray
    least: int
    least_clusters: int = 2
    trends: tuple[tuple[int, FloatArray], ...] = ()
    weights: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Space:
    """What is projected off: the effect with the most levels by its means, everything else by an orthonormal basis.

    root : (n,) root of the weights. basis : (n, r), rows times the root, orthogonal to the effect.
    """

    codes: IntArray
    root: FloatArray
    sums: Any
    mass: FloatArray
    basis: FloatArray

    def residual(self, values: FloatArray) -> FloatArray:
        """The columns (n, b), rows times the root of the weights, less their projection."""
        out: FloatArray = values * self.root[:, None]
        for _ in range(2):
            out = out - self.root[:, None] * (np.asarray(self.sums @ out) / self.mass[:, None])[self.codes]
            out -= self.basis @ (self.basis.T @ out)
        return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The sum of squared residuals of every candidate for one threshold, the others held.

    Attributes
    ----------
    candidates : (C,) values of q, ascending. ssr : (C,), NaN where a candidate has no slope of its own.
    null : the sum of squares without this threshold. best : index of the smallest; ties go to the lowest candidate.
    flat : candidates without a slope of their own. thin : candidates passed over, since a regime would hold too few clusters.
    """

    candidates: FloatArray
    ssr: FloatArray
    null: float
    best: int
    flat: int
    thin: int
    pieces: Pieces

    @property
    def threshold(self) -> float:
        """The candidate with the smallest sum of squares."""
        return float(self.candidates[self.best])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """What a curve is made of, for draws: the space, rows in order of q, ends of the candidates, and the inverses.

    order : (n,) rows by q. ends : (C,) how many of them lie at or below each candidate. columns : (n, m) what switches, times the root
    of the weights, in that order. inverse : (C, m, m) of the columns below a candidate off the space; zero where flat.
    """

    space: Space
    order: IntArray
    ends: IntArray
    columns: FloatArray
    inverse: FloatArray

    def below(self, values: FloatArray) -> FloatArray:
        """Sums (C, m, b) of columns times values (n, b), over the rows at or below each candidate."""
        sorted_ = values[self.order]
        made = [np.cumsum(_segments(column[:, None] * sorted_, self.ends), axis=0) for column in self.columns.T]
        return np.stack(made, axis=1)

    def gain(self, values: FloatArray) -> FloatArray:
        """By how much each candidate lowers the sum of squares of columns that were projected already: (C, b)."""
        found = self.below(values)
        gained: FloatArray = np.einsum("cib,cib->cb", np.einsum("cij,cjb->cib", self.inverse, found), found)
        return gained


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Thresholds found one after another.

    Attributes
    ----------
    thresholds : (k,) ascending. stages : (k,) the step at which each was found first (0 the first). curves : one for each, the others held.
    steps : the curve of each step, those before held as they were then: the tests are of these. moved : what a single pass of
        refinement (Hansen 1999) gives, where it is not the same.
    ssr : of the model with all of them. df : rows less the rank of the effects.
    """

    thresholds: tuple[float, ...]
    stages: tuple[int, ...]
    curves: tuple[Curve, ...]
    steps: tuple[Curve, ...]
    moved: tuple[float, ...]
    ssr: float
    df: int


def space_of(rows: ThresholdRows, thresholds: Sequence[float] = ()) -> Space:
    """Effects, controls and the switching columns in every regime of `thresholds`.

    Raises
    ------
    ValueError
        If no effect is given, or the dummies beside the largest one would have more than 2e7 cells.
    """
    from scipy import linalg, sparse

    if not rows.effects:
        raise ValueError("a fixed-effects threshold model absorbs one effect at least")
    n = len(rows.outcome)
    coded = [group_codes(c, "an effect", n) for c in rows.effects]
    main = int(np.argmax([levels for _, levels in coded]))
    codes, levels = coded[main]
    weights = row_weights(rows.weights, n)
    root = np.ones(n) if weights is None else np.sqrt(weights)
    sums = sparse.csr_array((root, (codes, np.arange(n))), shape=(levels, n))
    mass = np.asarray(np.bincount(codes, weights=root**2, minlength=levels), dtype=np.float64)
    wide = sum(count for i, (_, count) in enumerate(coded) if i != main) + sum(coded[i][1] for i, _ in rows.trends)
    if wide * n > LARGEST:
        raise ValueError(f"the effects beside the largest one would be {wide} columns of {n} rows")
    rest = [dummy_columns(c) for i, (c, _) in enumerate(coded) if i != main]
    rest += [dummy_columns(coded[i][0], drop_first=False) * (v - v.mean())[:, None] for i, v in rows.trends]
    rest += [rows.controls, rows.switching]
    rest += [rows.switching * (rows.q <= tau)[:, None] for tau in thresholds]
    raw = np.column_stack(rest)
    bare = Space(codes=codes, root=root, sums=sums, mass=mass, basis=np.zeros((n, 0)))
    size = np.linalg.norm(raw * root[:, None], axis=0)
    columns = bare.residual(raw / np.where(size > 0, size, 1.0))
    basis, triangle, _ = linalg.qr(columns, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > FLAT).sum())
    return Space(codes=codes, root=root, sums=sums, mass=mass, basis=basis[:, :rank])


def curve(rows: ThresholdRows, held: Sequence[float] = (), grid: int = 0) -> Curve:
    """The sum of squares of every candidate for one more threshold, those `held` staying where they are.

    Parameters
    ----------
    grid : 0 tries every value of q that leaves each regime its rows; else so many of them, spread evenly over these values.

    Raises
    ------
    ValueError
        If no value of q leaves each regime the rows and clusters it must hold, or none has a slope of its own.

    Source
    ------
    Hansen (1999, doi:10.1016/S0304-4076(99)00025-1), eq. 8 to 11. With D the switching columns of the rows at or below a candidate, off
    everything else (Frisch and Waugh 1933), its sum of squares is lower by g'A^-1 g, g = D'My and A = D'MD. In order of q each row adds
    its product with My to g, and to A its square less what the means and the basis take of it: one pass over the rows.
    """
    order, ends, thin = _candidates(rows, held, grid)
    space = space_of(rows, held)
    columns = (rows.switching * space.root[:, None])[order]
    A, raw = _cross(space, order, ends, columns)
    inverse, flat = _inverses(A, raw)
    if flat.all():
        raise ValueError("no candidate leaves the switching regressors a slope of their own in both regimes")
    pieces = Pieces(space=space, order=order, ends=ends, columns=columns, inverse=inverse)
    left = space.residual(rows.outcome[:, None])
    null = float((left**2).sum())
    ssr = null - pieces.gain(left)[:, 0]
    ssr[flat] = np.nan
    best = int(np.flatnonzero(ssr <= np.nanmin(ssr) * (1 + SAME))[0])
    return Curve(
        candidates=rows.q[order][ends - 1],
        ssr=ssr,
        null=null,
        best=best,
        flat=int(flat.sum()),
        thin=thin,
        pieces=pieces,
    )


def find(rows: ThresholdRows, count: int, df: int, grid: int = 0) -> Found:
    """`count` thresholds one after another; after each step the earlier ones are found again, the others held, until none moves.

    Raises
    ------
    ValueError
        As `curve`, naming the step.

    Source
    ------
    Hansen (1999), section 5; refinement: Bai (1997, doi:10.1017/S0266466600005831). Hansen goes through the earlier ones once.
    """
    vector(rows.q, "the threshold variable", len(rows.outcome))
    matrix(rows.switching, "the switching regressors", len(rows.outcome))
    taus: list[float] = []
    steps: list[Curve] = []
    once: list[float] = []
    for step in range(count):
        try:
            made = curve(rows, taus, grid)
        except ValueError as fault:
            raise ValueError(f"{fault} (threshold {step + 1})" if step else str(fault)) from fault
        steps.append(made)
        taus.append(made.threshold)
        once = _refined(rows, taus, grid)
        moved, before = once, taus
        while moved != before:
            before, moved = moved, _refined(rows, [*moved], grid, last=True)
        taus = moved
    order = np.argsort(taus)
    curves = [curve(rows, [t for j, t in enumerate(taus) if j != i], grid) for i in order]
    differ = tuple(sorted(once)) if sorted(once) != sorted(taus) else ()
    return Found(
        thresholds=tuple(float(taus[i]) for i in order),
        stages=tuple(int(i) for i in order),
        curves=tuple(curves),
        steps=tuple(steps),
        moved=differ,
        ssr=float(np.nanmin(curves[0].ssr)),
        df=df,
    )


def _refined(rows: ThresholdRows, taus: list[float], grid: int, *, last: bool = False) -> list[float]:
    """Each threshold but the newest (`last`: that too) found again, the others held; one moves only where the sum of squares falls."""
    now = list(taus)
    for i in range(len(now) if last else len(now) - 1):
        others = [t for j, t in enumerate(now) if j != i]
        made = curve(rows, others, grid)
        own = np.flatnonzero(made.candidates == now[i])
        if not len(own) or made.ssr[made.best] < made.ssr[own[0]] * (1 - SAME):
            now[i] = made.threshold
    return now


def critical_iid(level: float) -> float:
    """The quantile of the likelihood ratio of a threshold under independent errors of one variance: 7.35 at 95 % (Hansen 1999, eq. 13).

    >>> round(critical_iid(0.95), 2)
    7.35
    """
    return float(-2 * np.log(1 - np.sqrt(level)))


def ratio(made: Curve, df: int) -> FloatArray:
    """The likelihood ratio (C,) of each candidate against the best: (S(tau) - S) / (S / df)."""
    least = made.ssr[made.best]
    return np.asarray((made.ssr - least) / (least / df))


def runs(inside: Any) -> list[tuple[int, int]]:
    """First and last index of each unbroken run of True.

    >>> runs([True, True, False, True])
    [(0, 1), (3, 3)]
    """
    flags = np.concatenate([[False], np.asarray(inside, dtype=bool), [False]])
    starts, stops = np.flatnonzero(flags[1:] & ~flags[:-1]), np.flatnonzero(~flags[1:] & flags[:-1])
    return [(int(a), int(b) - 1) for a, b in zip(starts, stops, strict=True)]


# ---------------------------------------------------------------- candidates


def _candidates(rows: ThresholdRows, held: Sequence[float], grid: int) -> tuple[IntArray, IntArray, int]:
    """Rows by q, for each candidate how many of them lie at or below it, and how many were passed over for want of clusters."""
    order = np.argsort(rows.q, kind="stable")
    q, clusters = rows.q[order], rows.clusters[order]
    last = np.flatnonzero(np.append(q[1:] != q[:-1], True)) + 1
    edges = [0, *sorted(int(np.searchsorted(q, tau, side="right")) for tau in held), len(q)]
    kept, thin = [], 0
    for low, high in itertools.pairwise(edges):
        own = last[(last >= low + rows.least) & (last <= high - rows.least)]
        if not len(own):
            continue
        left = _seen(clusters[low:high])[own - low - 1]
        right = _seen(clusters[low:high][::-1])[high - own - 1]
        enough = np.minimum(left, right) >= rows.least_clusters
        thin += int((~enough).sum())
        kept.append(own[enough])
    ends = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    if not len(ends):
        why = f"rows of {rows.least_clusters} clusters" if thin else f"{rows.least} rows"
        raise ValueError(f"no value of the threshold variable leaves {why} in each regime")
    if 0 < grid < len(ends):
        ends = ends[np.unique(np.round(np.linspace(0, len(ends) - 1, grid)).astype(np.int64))]
    return order, ends, thin


def _seen(codes: IntArray) -> IntArray:
    """How many clusters have a row among the first one, two ... rows."""
    first = np.zeros(len(codes), dtype=np.int64)
    first[np.unique(codes, return_index=True)[1]] = 1
    return np.cumsum(first)


def _segments(values: FloatArray, ends: IntArray) -> FloatArray:
    """Sums of the rows between one candidate and the next (C, ...)."""
    starts = np.concatenate([[0], ends[:-1]])
    return np.asarray(np.add.reduceat(values[: ends[-1]], starts, axis=0))


def _cross(space: Space, order: IntArray, ends: IntArray, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A = D'MD (C, m, m) of every candidate, and the plain squares (C, m) on its diagonal before the projection."""
    weight, codes = space.root[order], space.codes[order]
    step = columns * weight[:, None]  # what a row adds to the sum of its level
    by_level = np.argsort(codes, kind="stable")
    total = np.cumsum(step[by_level], axis=0)
    level = codes[by_level]
    opens = np.flatnonzero(np.append(True, level[1:] != level[:-1]))
    offset = np.where(opens[:, None] > 0, total[opens - 1], 0.0)
    before = np.empty_like(step)
    before[by_level] = total - step[by_level] - np.repeat(offset, np.diff(np.append(opens, len(level))), axis=0)
    # (S + s)(S + s)' - SS' = Ss' + sS' + ss', shared out by the weight of the level
    share = space.mass[codes][:, None, None]
    taken = (_outer(before, step) + _outer(step, before) + _outer(step, step)) / share
    plain = _outer(columns, columns)
    A = np.cumsum(_segments(plain - taken, ends), axis=0)
    basis = space.basis[order]
    loads = np.stack([np.cumsum(_segments(basis * c[:, None], ends), axis=0) for c in columns.T], axis=2)  # (C, r, m)
    A -= np.einsum("cri,crj->cij", loads, loads)
    squares = np.cumsum(_segments(columns**2, ends), axis=0)
    return A, squares


def _outer(a: FloatArray, b: FloatArray) -> FloatArray:
    made: FloatArray = a[:, :, None] * b[:, None, :]
    return made


def _inverses(A: FloatArray, squares: FloatArray) -> tuple[FloatArray, Any]:
    """The inverses (C, m, m), zero where a candidate is flat, and which are."""
    size = np.sqrt(np.maximum(squares, np.finfo(float).tiny))
    scaled = A / (size[:, :, None] * size[:, None, :])
    values, vectors = np.linalg.eigh((scaled + np.swapaxes(scaled, 1, 2)) / 2)
    flat = (values[:, 0] <= FLAT) | (squares == 0).any(axis=1)
    values = np.where(flat[:, None], 1.0, values)
    inverse = np.einsum("cij,cj,ckj->cik", vectors, 1 / values, vectors) / (size[:, :, None] * size[:, None, :])
    inverse[flat] = 0.0
    return inverse, flat
