"""Placebo distributions by permuting whole treatment paths, and pairs-bootstrap counts. Nothing is refitted here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector
from panelkit.numerics.path_tables import Sample, path_tables
from panelkit.numerics.projection import Absorber

BLOCK_CELLS = 4_000_000  # numbers held at once by one block of placebo regressors
ORDER_CELLS = 2_000_000  # random keys held at once
TIE = 1e-10  # |b*| this close to |b|, relative, counts as equal
EMPTY = 1e-18  # sum of squares left of a placebo treatment, relative to before: below it the effects absorb it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelRows:
    """Unit and period code (n,) of every row; they index the treatment matrix (units, periods)."""

    unit_codes: IntArray
    time_codes: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placebo:
    """The placebo distribution of one coefficient.

    Attributes
    ----------
    estimate, statistic : of the true assignment; the statistic is t under the raw clustered covariance (CR0).
    estimates, statistics : (B,) of the permuted ones; NaN where the effects absorb the permuted treatment.
    p, p_t : (1 + number at least as large in absolute value) / (defined draws + 1), for coefficient and t.
    undefined : draws absorbed by effects or controls, left out of p and counted here.
    """

    estimate: float
    statistic: float
    estimates: FloatArray
    statistics: FloatArray
    p: float
    p_t: float
    undefined: int


def permute_paths(
    path: FloatArray,
    rows: PanelRows,
    y: FloatArray,
    controls: FloatArray | None,
    absorber: Absorber,
    clusters: IntArray,
    draws: int,
    seed: int,
    strata: IntArray | None = None,
    exposure: FloatArray | None = None,
) -> Placebo:
    """Give back the distribution of a coefficient when whole treatment paths change units at random.

    Parameters
    ----------
    path : (U, T) treatment of every unit and period, also of cells that are no row of an unbalanced panel: any unit
        may receive any path.
    rows : unit and period of each of the n rows.
    y : (n,) outcome, raw; controls : (n, c), raw, or None.
    absorber : projection off the effects (with its weights); without effects give a constant among the controls.
    clusters : (n,) cluster codes for the t statistics.
    draws, seed : B permutations from `numpy.random.PCG64(seed)`.
    strata : (U,) codes; paths change hands within a stratum only.
    exposure : (n,) what the path of a row's unit is multiplied with (a triple difference: units are places, and paths change
        places while exposures stay), or None.

    Raises
    ------
    ValueError
        If shapes differ, codes lie outside `path`, or the true treatment is absorbed.

    Source
    ------
    Fisher's randomisation test on the staggered assignment itself (whole paths, not unit and year at random);
    MacKinnon and Webb (2020, doi:10.1016/j.jeconom.2020.04.024) for coefficient and t; Stata `ritest`.
    p counts the true assignment, so it is never 0.
    """
    case = Assignment(
        path=path, rows=rows, y=y, controls=controls, absorber=absorber, clusters=clusters, exposure=exposure
    )
    if draws < 1:
        raise ValueError(f"the placebo needs one draw or more, not {draws}")
    units = matrix(path, "the treatment paths").shape[0]
    own, out = slopes_under(case, _order_blocks(units, draws, seed, strata))
    return _placebo(own, out)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """One regression whose treatment paths may change hands; fields as the parameters of `permute_paths`."""

    path: FloatArray
    rows: PanelRows
    y: FloatArray
    controls: FloatArray | None
    absorber: Absorber
    clusters: IntArray
    exposure: FloatArray | None = None


def slopes_under(case: Assignment, orders: Iterable[IntArray]) -> tuple[FloatArray, FloatArray]:
    """Give back coefficient and t (2,) of the true assignment, and (B, 2) of those under `orders` (blocks of rows of `path_orders`).

    Raises
    ------
    ValueError
        If shapes differ, codes lie outside the paths, or the true treatment is absorbed.
    """
    treatment = matrix(case.path, "the treatment paths")
    absorber, n = case.absorber, len(case.rows.unit_codes)
    units, times = _cells(case.rows, treatment.shape)
    coded, groups = group_codes(case.clusters, "the cluster", n)
    weights = absorber.weights
    root = np.ones(n) if weights is None else np.sqrt(weights)
    basis = _basis(case.controls, absorber, root)
    outcome = _project(vector(case.y, "y", n)[:, None], absorber, root, basis)[:, 0]

    def slopes(X: FloatArray) -> FloatArray:
        return _slopes(X, _project(X, absorber, root, basis), outcome, root, coded, groups)

    held = np.ones(n) if case.exposure is None else vector(case.exposure, "the exposure", n)
    own = slopes((treatment[units, times] * held)[:, None])
    if np.isnan(own).any():
        raise ValueError("the effects and controls absorb the treatment: it has no placebo distribution")
    sample = Sample(units=units, times=times, clusters=coded, outcome=outcome, controls=basis)
    tables = path_tables(treatment, sample, absorber) if case.exposure is None else None
    blocks, size = [], max(1, BLOCK_CELLS // n)
    for givers in orders:
        here = np.full((len(givers), 2), np.nan)
        if tables is not None:
            here[:] = tables.slopes(givers)
        left = np.flatnonzero(np.isnan(here[:, 0]))  # every draw without tables; otherwise the nearly absorbed ones
        for at in range(0, len(left), size):
            some = left[at : at + size]
            here[some] = slopes((treatment[givers[some][:, units], times[None, :]] * held).T)
        blocks.append(here)
    return own[0], np.concatenate(blocks)


def permute_cohorts(
    cohort: FloatArray,
    effect: Callable[[FloatArray], tuple[float, float]],
    draws: int,
    seed: int,
    strata: IntArray | None = None,
) -> Placebo:
    """Give back the distribution of an effect of staggered adoption when adoption dates change units at random.

    Parameters
    ----------
    cohort : (U,) first treated period of each unit, inf for never. effect : gives (estimate, t) under (U,) cohorts, NaN where
        there is none. draws, seed, strata : as `permute_paths`.

    Raises
    ------
    ValueError
        If no draw is asked for or the true cohorts have no effect.

    Source
    ------
    As `permute_paths`: the assignment that was, given to other units. p counts the true assignment, so it is never 0.
    """
    dates = np.asarray(cohort, dtype=np.float64)
    if draws < 1:
        raise ValueError(f"the placebo needs one draw or more, not {draws}")
    own = np.array(effect(dates))
    if np.isnan(own[0]):
        raise ValueError("the true cohorts have no effect: it has no placebo distribution")
    return _placebo(own, effects_under(dates, effect, path_orders(len(dates), draws, seed, strata)))


def effects_under(
    cohort: FloatArray, effect: Callable[[FloatArray], tuple[float, float]], orders: IntArray
) -> FloatArray:
    """(B, 2) effect and t when unit i adopts when unit `orders[b, i]` did."""
    return np.array([effect(cohort[givers]) for givers in orders]).reshape(-1, 2)


def path_orders(units: int, draws: int, seed: int, strata: IntArray | None = None) -> IntArray:
    """Give back (B, U): in draw b unit i receives the path of unit `out[b, i]`, within its stratum.

    Raises
    ------
    ValueError
        If `strata` is not one code for each unit.
    """
    return np.concatenate(list(_order_blocks(units, draws, seed, strata)))


def _order_blocks(units: int, draws: int, seed: int, strata: IntArray | None) -> Iterator[IntArray]:
    """The rows of `path_orders` in blocks; the stream of random numbers does not depend on the block."""
    stratum = np.zeros(units, dtype=np.intp) if strata is None else group_codes(strata, "the strata", units)[0]
    stream = np.random.Generator(np.random.PCG64(seed))
    places = np.argsort(stratum, kind="stable")
    plain = not stratum.any()
    size = max(1, ORDER_CELLS // units)
    for start in range(0, draws, size):
        keys = stream.random((min(size, draws - start), units))
        if plain:
            yield np.argsort(keys, axis=1)
            continue
        out = np.empty(keys.shape, dtype=np.intp)
        out[:, places] = np.argsort(keys + stratum, axis=1)
        yield out


def pairs_weights(groups: int, draws: int, seed: int) -> IntArray:
    """Give back (B, G) how often each cluster is drawn in a pairs cluster bootstrap; rows sum to G.

    Raises
    ------
    ValueError
        For fewer than two clusters or no draws.
    """
    if groups < 2 or draws < 1:
        raise ValueError("a pairs bootstrap needs two clusters or more and one draw or more")
    stream = np.random.Generator(np.random.PCG64(seed))
    return stream.multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(np.intp)


def _cells(rows: PanelRows, shape: tuple[int, ...]) -> tuple[IntArray, IntArray]:
    units, times = np.asarray(rows.unit_codes), np.asarray(rows.time_codes)
    for codes, size, name in ((units, shape[0], "unit"), (times, shape[1], "period")):
        if codes.dtype.kind not in "iu" or codes.ndim != 1 or len(codes) != len(units):
            raise ValueError(f"the {name} codes must be integers, one for each row")
        if codes.min(initial=0) < 0 or codes.max(initial=0) >= size:
            raise ValueError(f"a {name} code lies outside the {size} {name}s of the treatment paths")
    return units.astype(np.intp), times.astype(np.intp)


def _basis(controls: FloatArray | None, absorber: Absorber, root: FloatArray) -> FloatArray:
    """Orthonormal columns spanning the residualised controls (times the root of the weights)."""
    n = root.shape[0]
    if controls is None or np.size(controls) == 0:
        return np.zeros((n, 0))
    raw = matrix(controls, "the controls", n)
    left = absorber.residualise(raw) * root[:, None]
    centred = np.linalg.norm(raw - raw.mean(axis=0), axis=0)
    length = np.linalg.norm(left, axis=0)
    kept = left[:, length > 1e-9 * np.where(centred > 0, centred, length + 1)]
    if kept.shape[1] == 0:
        return np.zeros((n, 0))
    vectors, singular, _ = np.linalg.svd(kept / np.linalg.norm(kept, axis=0), full_matrices=False)
    basis: FloatArray = vectors[:, singular > 1e-9 * singular[0]]
    return basis


def _project(values: FloatArray, absorber: Absorber, root: FloatArray, basis: FloatArray) -> FloatArray:
    out = absorber.residualise(values) * root[:, None]
    for _ in range(2 if basis.shape[1] else 0):
        out = out - basis @ (basis.T @ out)
    return out


def _placebo(own: FloatArray, drawn: FloatArray) -> Placebo:
    estimate, statistic = float(own[0]), float(own[1])
    return Placebo(
        estimate=estimate,
        statistic=statistic,
        estimates=drawn[:, 0],
        statistics=drawn[:, 1],
        p=_p(drawn[:, 0], estimate),
        p_t=_p(drawn[:, 1], statistic),
        undefined=int(np.isnan(drawn[:, 0]).sum()),
    )


def _slopes(
    X: FloatArray, left: FloatArray, outcome: FloatArray, root: FloatArray, coded: IntArray, groups: int
) -> FloatArray:
    """Coefficient and clustered t (m, 2) of each column alone, by sums within clusters; `left` is X projected."""
    before = ((X - X.mean(axis=0)) ** 2 * (root**2)[:, None]).sum(axis=0)
    squares = group_sums(left * left, coded, groups)
    products = group_sums(left * outcome[:, None], coded, groups)
    information = squares.sum(axis=0)
    defined = information > np.maximum(EMPTY * before, np.finfo(float).tiny)
    safe = np.where(defined, information, 1.0)
    b = products.sum(axis=0) / safe
    spread = np.sqrt(((products - b * squares) ** 2).sum(axis=0)) / safe
    t = b / np.where(spread > 0, spread, np.nan)
    return np.where(defined[:, None], np.column_stack([b, t]), np.nan)


def _p(values: FloatArray, own: float) -> float:
    defined = values[~np.isnan(values)]
    return float((1 + (np.abs(defined) >= abs(own) * (1 - TIE)).sum()) / (defined.shape[0] + 1))
