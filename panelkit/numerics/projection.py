"""Projecting variables off absorbed effects and group trends, exactly; finding collinear columns. No estimation here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, row_weights, vector

DENSE_COLUMNS = (
    3000  # above this many columns beside the largest effect: conjugate gradients instead of a factorisation
)
NULL_EIGENVALUE = 1e-11  # of the cross-product scaled to unit diagonal: below it a direction counts as already absorbed
EMPTY_TREND = 1e-10  # a trend whose within-group part is below this share of its own norm is constant in that group


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Groups:
    """The largest effect: swept by group means, then by its own group trends (orthonormal within each group)."""

    codes: IntArray
    sums: Any  # sparse (L, n): weighted sums within each level
    totals: FloatArray
    trends: tuple[FloatArray, ...]
    trend_rank: int

    def sweep(self, values: FloatArray) -> FloatArray:
        out = values - (np.asarray(self.sums @ values) / self.totals[:, None])[self.codes]
        for trend in self.trends:
            out -= trend[:, None] * np.asarray(self.sums @ (trend[:, None] * out))[self.codes]
        return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Others:
    """The remaining dummies and trends: one linear system in their coefficients."""

    design: Any  # sparse (n, p)
    weighted: Any  # sparse (p, n): design' W
    solve: Callable[[FloatArray], FloatArray]
    rank: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Absorber:
    """The projection off a set of effects and group trends; build it with `absorber`.

    Attributes
    ----------
    rows : number of rows n.
    weights : (n,) or None.
    levels : number of levels of each effect, in the order given.
    rank : number of independent dummy and trend columns (what the effects cost in degrees of freedom).
    trend_rank : how many of these the group trends add to the dummies (they count as slopes in `small_sample.Counts`).
    redundant : levels lost between the effects beyond one for each effect after the first (0 for one connected panel).
    rank_exact : False only where more than `DENSE_COLUMNS` columns remain beside the largest effect and the rank could
        not be had from connected components; `rank` is then an upper bound.
    """

    rows: int
    weights: FloatArray | None
    levels: tuple[int, ...]
    rank: int
    trend_rank: int
    redundant: int
    rank_exact: bool
    first: _Groups | None
    others: _Others | None

    def residualise(self, values: FloatArray) -> FloatArray:
        """Give back the (weighted) residuals of each column of `values` off every effect and trend.

        Parameters
        ----------
        values : array (n,) or (n, m), in any unit; the residuals have the same shape and unit.

        Raises
        ------
        ValueError
            If the number of rows differs or a value is missing.

        Notes
        -----
        Direct: group means for the largest effect, one factorised system for the rest. It is applied twice, which
        removes the rounding of the first pass, so that means of 1e6 cost no digits.
        """
        if self.first is None:
            return values
        out = matrix(values, "the variables to residualise", self.rows)
        out = out - out.mean(axis=0)
        for _ in range(2):
            out = self._pass(out)
        return out[:, 0] if np.ndim(values) == 1 else out

    def _pass(self, values: FloatArray) -> FloatArray:
        if self.first is None:
            return values
        out = self.first.sweep(values)
        if self.others is not None:
            fitted = np.asarray(self.others.design @ self.others.solve(np.asarray(self.others.weighted @ out)))
            out -= self.first.sweep(fitted)
        return out


def absorber(
    codes: Sequence[IntArray],
    weights: FloatArray | None = None,
    slopes: Sequence[tuple[int, FloatArray]] = (),
) -> Absorber:
    """Give back the projection off the effects in `codes` and the group trends in `slopes`.

    Parameters
    ----------
    codes : one vector (n,) of codes 0..L-1 for each absorbed effect; none gives a projection that changes nothing.
    weights : (n,) above zero, or None.
    slopes : pairs (index of the effect, variable (n,)): the variable gets its own slope in each level of that effect;
        the effect itself is kept (fixest `firm[year]`, reghdfe `i.firm##c.year`).

    Raises
    ------
    ValueError
        If lengths differ, a level is empty, a weight is not positive, or a slope names an effect that is not there.

    Source
    ------
    Frisch and Waugh (1933), Lovell (1963, doi:10.1080/01621459.1963.10480682); rank by connected components: Abowd,
    Creecy and Kramarz (2002). The same projection as fixest and reghdfe find by iteration.
    """
    if not codes:
        if slopes:
            raise ValueError("a group trend needs the effect it belongs to")
        return _nothing(weights)
    n = len(codes[0])
    coded = [group_codes(c, f"effect {i}", n) for i, c in enumerate(codes)]
    w = row_weights(weights, n)
    trends: list[tuple[int, FloatArray]] = []
    for effect, variable in slopes:
        if not 0 <= effect < len(coded):
            raise ValueError(f"a group trend names effect {effect}, but there are {len(coded)} effects")
        trends.append((effect, vector(variable, "the variable of a group trend", n)))
    levels = tuple(count for _, count in coded)
    main = int(np.argmax(levels))
    first = _groups(coded[main], w, [v for effect, v in trends if effect == main])
    others = _others(coded, main, w, trends, first) if len(coded) > 1 else None
    rank = levels[main] + first.trend_rank + (0 if others is None else others.rank)
    dummies = absorber(codes, weights).rank if trends else rank
    return Absorber(
        rows=n,
        weights=w,
        levels=levels,
        rank=rank,
        trend_rank=rank - dummies,
        redundant=sum(levels) - (len(levels) - 1) - dummies,
        rank_exact=others is None or others.exact,
        first=first,
        others=others,
    )


def _nothing(weights: FloatArray | None) -> Absorber:
    """The projection off no effect at all."""
    rows = 0 if weights is None else len(weights)
    return Absorber(
        rows=rows,
        weights=row_weights(weights, rows),
        levels=(),
        rank=0,
        trend_rank=0,
        redundant=0,
        rank_exact=True,
        first=None,
        others=None,
    )


def dummy_columns(codes: IntArray, drop_first: bool = True) -> FloatArray:
    """Give back the 0/1 columns (n, L-1), or (n, L) when the first level is kept. Raises ValueError on bad codes."""
    coded, levels = group_codes(codes, "the effect")
    start = 1 if drop_first else 0
    return (coded[:, None] == np.arange(start, levels)[None, :]).astype(np.float64)


def collinear(X: FloatArray, scale: FloatArray, tol: float = 1e-9) -> tuple[int, ...]:
    """Give back the indices of the columns that are combinations of earlier ones or vanish after residualising.

    Parameters
    ----------
    X : (n, k) columns after residualising (times the root of the weights, if there are weights).
    scale : (n, k) the same columns before residualising; the remainder of a column is judged against the centred norm
        of its own raw column, so neither its unit nor its mean matters.
    tol : share of that norm below which nothing of its own is left.

    Raises
    ------
    ValueError
        If the shapes differ.

    Source
    ------
    Gram-Schmidt, twice, in the order of the columns, as R's `lm` drops columns; a remainder is tested, not a pivot of
    the cross-product (fixest 0.14.2 and pyfixest 0.60 miss `value + 2*capital` on Grunfeld at their default tolerance).
    """
    columns = matrix(X, "X")
    raw = matrix(scale, "the raw columns", columns.shape[0])
    if raw.shape != columns.shape:
        raise ValueError(f"X has {columns.shape[1]} columns, the raw columns are {raw.shape[1]}")
    kept = np.zeros((columns.shape[0], 0))
    dropped: list[int] = []
    for j in range(columns.shape[1]):
        rest = columns[:, j].copy()
        for _ in range(2):
            rest -= kept @ (kept.T @ rest)
        norm = float(np.linalg.norm(rest))
        length = float(np.linalg.norm(raw[:, j]))
        centred = float(np.linalg.norm(raw[:, j] - raw[:, j].mean()))
        own = centred if centred > 1e-12 * length else length
        floor = max(tol * own, 16 * np.finfo(float).eps * length)
        if norm <= floor:
            dropped.append(j)
        else:
            kept = np.column_stack([kept, rest / norm])
    return tuple(dropped)


def _groups(coded: tuple[IntArray, int], w: FloatArray | None, variables: list[FloatArray]) -> _Groups:
    from scipy import sparse

    codes, count = coded
    n = codes.shape[0]
    mass = np.ones(n) if w is None else w
    sums = sparse.csr_array((mass, (codes, np.arange(n))), shape=(count, n))
    totals = np.asarray(np.bincount(codes, weights=mass, minlength=count), dtype=np.float64)
    trends: list[FloatArray] = []
    rank = 0
    for variable in variables:
        raw = np.sqrt(sums @ (variable - variable.mean()) ** 2)
        bare = _Groups(codes=codes, sums=sums, totals=totals, trends=tuple(trends), trend_rank=0)
        rest = bare.sweep(bare.sweep(variable[:, None] - variable.mean()))[:, 0]
        norm = np.sqrt(sums @ rest**2)
        alive = norm > EMPTY_TREND * np.maximum(raw, np.finfo(float).tiny)
        rank += int(alive.sum())
        trends.append(rest * (alive / np.where(alive, norm, 1.0))[codes])
    return _Groups(codes=codes, sums=sums, totals=totals, trends=tuple(trends), trend_rank=rank)


def _others(
    coded: list[tuple[IntArray, int]],
    main: int,
    w: FloatArray | None,
    trends: list[tuple[int, FloatArray]],
    first: _Groups,
) -> _Others:
    """Set up the system of every dummy and trend beside the largest effect."""
    from scipy import sparse

    n = first.codes.shape[0]
    own = [(effect, variable) for effect, variable in trends if effect != main]
    pure = not trends and len(coded) == 2
    blocks = [_dummies(coded[i][0], coded[i][1]) for i in range(len(coded)) if i != main]
    if pure:
        other = 1 - main
        blocks = [_dummies(*coded[other])[:, _spanning(coded[main], coded[other])]]
    else:
        blocks = [block[:, 1:] for block in blocks]
    for effect, variable in own:
        blocks.append(_trend_columns(coded[effect], variable, w))
    design = sparse.hstack(blocks, format="csr")
    mass = np.ones(n) if w is None else w
    weighted = sparse.csr_array(design.multiply(mass[:, None])).T.tocsr()
    if design.shape[1] > DENSE_COLUMNS:
        solve = _iterative(design, weighted, first)
        return _Others(design=design, weighted=weighted, solve=solve, rank=design.shape[1], exact=pure)
    solve, rank = _direct(design, weighted, first, full_rank=pure)
    return _Others(design=design, weighted=weighted, solve=solve, rank=rank, exact=True)


def _dummies(codes: IntArray, count: int) -> Any:
    from scipy import sparse

    n = codes.shape[0]
    return sparse.csr_array((np.ones(n), (np.arange(n), codes)), shape=(n, count))


def _trend_columns(coded: tuple[IntArray, int], variable: FloatArray, w: FloatArray | None) -> Any:
    """Columns dummy x variable, centred within each level and scaled to norm one: the same span beside the dummies."""
    from scipy import sparse

    codes, count = coded
    n = codes.shape[0]
    plain = _groups(coded, w, [])
    rest = plain.sweep(plain.sweep(variable[:, None] - variable.mean()))[:, 0]
    norm = np.sqrt(plain.sums @ rest**2)
    raw = np.sqrt(plain.sums @ (variable - variable.mean()) ** 2)
    alive = norm > EMPTY_TREND * np.maximum(raw, np.finfo(float).tiny)
    values = rest * (alive / np.where(alive, norm, 1.0))[codes]
    return sparse.csr_array((values, (np.arange(n), codes)), shape=(n, count))[:, np.flatnonzero(alive)]


def _spanning(first: tuple[IntArray, int], second: tuple[IntArray, int]) -> IntArray:
    """Levels of the second effect that stay when one is dropped for each connected component of the two effects."""
    from scipy import sparse
    from scipy.sparse import csgraph

    size = first[1] + second[1]
    links = sparse.coo_array((np.ones(first[0].shape[0]), (first[0], first[1] + second[0])), shape=(size, size))
    _, component = csgraph.connected_components(links.tocsr(), directed=False)
    _, dropped = np.unique(component[first[1] :], return_index=True)
    return np.setdiff1d(np.arange(second[1]), dropped)


def _direct(
    design: Any, weighted: Any, first: _Groups, *, full_rank: bool
) -> tuple[Callable[[FloatArray], FloatArray], int]:
    """Factorise the cross-product of the columns left after the largest effect; a null direction gets no coefficient."""
    from scipy import linalg

    p = design.shape[1]
    if p == 0:
        return (lambda right: right), 0
    cross = first.sums @ design
    gram = np.asarray((weighted @ design).toarray() - (cross.T @ (cross / first.totals[:, None])).toarray())
    for trend in first.trends:
        part = (first.sums @ design.multiply(trend[:, None]).tocsr()).toarray()
        gram -= part.T @ part
    length = np.sqrt(np.maximum((weighted @ design).diagonal(), np.finfo(float).tiny))
    gram = gram / length[:, None] / length[None, :]
    if full_rank:
        factor = linalg.cho_factor(gram)
        return (lambda right: linalg.cho_solve(factor, right / length[:, None]) / length[:, None]), p
    values, vectors = linalg.eigh(gram)
    alive = values > NULL_EIGENVALUE * max(float(values[-1]), 1.0)
    root = vectors[:, alive] / np.sqrt(values[alive])

    def solve(right: FloatArray) -> FloatArray:
        out: FloatArray = root @ (root.T @ (right / length[:, None])) / length[:, None]
        return out

    return solve, int(alive.sum())


def _iterative(design: Any, weighted: Any, first: _Groups) -> Callable[[FloatArray], FloatArray]:
    """Conjugate gradients with a diagonal preconditioner, to 1e-13 of the right-hand side, all columns at once."""
    diagonal = np.maximum((weighted @ design).diagonal(), np.finfo(float).tiny)[:, None]

    def apply(coefficients: FloatArray) -> FloatArray:
        return np.asarray(weighted @ first.sweep(np.asarray(design @ coefficients)))

    def solve(right: FloatArray) -> FloatArray:
        out = np.zeros_like(right)
        rest = right.copy()
        step = rest / diagonal
        energy = (rest * step).sum(axis=0)
        goal = np.maximum(1e-26 * energy, np.finfo(float).tiny)
        for _ in range(20 * int(np.sqrt(right.shape[0])) + 1000):
            if (energy <= goal).all():
                break
            image = apply(step)
            size = (step * image).sum(axis=0)
            alpha = np.where(energy > goal, energy / np.where(size > 0, size, 1.0), 0.0)
            out += alpha * step
            rest -= alpha * image
            scaled = rest / diagonal
            fresh = (rest * scaled).sum(axis=0)
            step = scaled + (fresh / np.where(energy > 0, energy, 1.0)) * step
            energy = fresh
        else:
            raise ValueError("the absorbed effects are too weakly connected: conjugate gradients did not converge")
        return out

    return solve
