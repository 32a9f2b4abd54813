"""Synthetic difference-in-differences of several cohorts, with placebo, jackknife and bootstrap errors. One block alone: synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix
from panelkit.numerics.synthetic import Variant, noise_of, synthetic_did, weights_of

Errors = Literal["placebo", "jackknife", "bootstrap"]
MOST_DRAWN_AGAIN = 20  # times that a bootstrap draw without a cohort or with fewer than two controls is drawn again


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticCohorts:
    """Effects of every cohort against weighted never treated units, and their averages.

    Attributes
    ----------
    cohorts : (C,) first treated period (index into the periods); sizes (C,) treated units of each.
    effects : (C,) mean effect of each cohort over its treated periods.
    unit_weights : (C, N0) of the controls; period_weights : (C, T), zero from treatment on.
    paths, synthetic : (C, T) mean outcome of the treated and of the weighted controls, not shifted.
    estimate : average over all treated cells. event : (E,) event times; path (E,) mean gap at each, less its weighted mean before.
    """

    cohorts: IntArray
    sizes: IntArray
    effects: FloatArray
    unit_weights: FloatArray
    period_weights: FloatArray
    paths: FloatArray
    synthetic: FloatArray
    estimate: float
    event: FloatArray
    path: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replications:
    """Errors of `SyntheticCohorts` by replication.

    Attributes
    ----------
    method : placebo, jackknife or bootstrap. se : of the estimate; path_se (E,) of each event time; cohort_se (C,).
    estimates : (B,) of the replications; p : share of placebo effects at least as large (NaN for the others).
    draws : replications used; void : bootstrap draws that were drawn again, lacking a cohort or two controls.
    """

    method: Errors
    se: float
    path_se: FloatArray
    cohort_se: FloatArray
    estimates: FloatArray
    p: float
    draws: int
    void: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """Averages of replications: estimates (B,), cohort effects (B, C), paths (B, E)."""

    estimates: FloatArray
    effects: FloatArray
    paths: FloatArray


def synthetic_cohorts(outcome: FloatArray, first: Any, variant: Variant = "sdid") -> SyntheticCohorts:
    """Give back synthetic difference-in-differences of cohorts against never treated units.

    Parameters
    ----------
    outcome : (N, T) balanced.
    first : (N,) index of the first treated period, T or more where never treated.
    variant : as in `synthetic.synthetic_did`.

    Raises
    ------
    ValueError
        As `synthetic_did`, naming the cohort; no cohort, or fewer than two never treated units.

    Source
    ------
    Arkhangelsky et al. (2021, doi:10.1257/aer.20190159, appendix A); Clarke, Pailanir, Athey and Imbens (2024, Stata `sdid`): each
    cohort against the never treated, averaged by treated cells.
    """
    Y = matrix(outcome, "the outcome")
    when = np.asarray(first)
    if when.shape != (len(Y),):
        raise ValueError(f"the first treated period must be one index for each of {len(Y)} units")
    never = when >= Y.shape[1]
    cohorts = np.unique(when[~never])
    if not len(cohorts):
        raise ValueError("no unit is treated within the periods")
    parts = []
    for g in cohorts:
        rows = never | (when == g)
        try:
            parts.append(synthetic_did(Y[rows], (when == g)[rows], int(g), variant))
        except ValueError as fault:
            raise ValueError(f"cohort {int(g)}: {fault}") from fault
    sizes = np.array([int((when == g).sum()) for g in cohorts], dtype=np.intp)
    lam = np.zeros((len(cohorts), Y.shape[1]))
    for i, (g, part) in enumerate(zip(cohorts, parts, strict=True)):
        lam[i, :g] = part.period_weights
    paths, synthetic = np.stack([p.path for p in parts]), np.stack([p.synthetic for p in parts])
    gaps = paths - synthetic
    gaps = gaps - (lam * gaps).sum(axis=1, keepdims=True)
    averages = _averages(gaps[None], cohorts, sizes[None].astype(np.float64))
    return SyntheticCohorts(
        cohorts=np.asarray(cohorts, dtype=np.intp),
        sizes=sizes,
        effects=averages.effects[0],
        unit_weights=np.stack([p.unit_weights for p in parts]),
        period_weights=lam,
        paths=paths,
        synthetic=synthetic,
        estimate=float(averages.estimates[0]),
        event=_events(cohorts, Y.shape[1]),
        path=averages.paths[0],
    )


def replications(
    found: SyntheticCohorts,
    outcome: FloatArray,
    first: Any,
    method: Errors,
    variant: Variant = "sdid",
    draws: int = 500,
    seed: int = 0,
) -> Replications:
    """Give back the errors of `synthetic_cohorts` by replication.

    Parameters
    ----------
    found, outcome, first, variant : as given to and by `synthetic_cohorts`.
    method : `placebo`: controls take the places of the treated, weights found anew, valid where noise is alike in both;
        `jackknife`: each unit left out, weights kept (two treated units in each cohort at least); `bootstrap`: units drawn
        with replacement, weights found anew.
    draws, seed : of placebo and bootstrap, PCG64.

    Raises
    ------
    ValueError
        If there are too few controls for a placebo, or the jackknife is not defined.

    Source
    ------
    Arkhangelsky et al. (2021, doi:10.1257/aer.20190159, algorithms 2, 3 and 4); R synthdid 0.0.9 `vcov`: ridge and starting weights
    of the estimate, jackknife with fixed weights, divisor B of the draws. With one cohort a placebo takes every set of controls
    where there are no more than `draws`.
    """
    Y, when = matrix(outcome, "the outcome"), np.asarray(first)
    stream = np.random.Generator(np.random.PCG64(seed))
    void = 0
    if method == "jackknife":
        parts = _jackknife(found, Y, when)
        n = len(parts.estimates)
        scale = float(np.sqrt((n - 1.0) / n * n))
    elif method == "placebo":
        parts, scale = _placebo(found, Y, when, variant, draws, stream), 1.0
    else:
        (parts, void), scale = _bootstrap(found, Y, when, variant, draws, stream), 1.0
    p = float("nan")
    if method == "placebo":
        reached = int((np.abs(parts.estimates) >= abs(found.estimate) * (1 - 1e-10)).sum())
        p = (1 + reached) / (len(parts.estimates) + 1)
    return Replications(
        method=method,
        se=float(parts.estimates.std()) * scale,
        path_se=parts.paths.std(axis=0) * scale,
        cohort_se=parts.effects.std(axis=0) * scale,
        estimates=parts.estimates,
        p=p,
        draws=len(parts.estimates),
        void=void,
    )


# ---------------------------------------------------------------- averages


def _events(cohorts: Any, periods: int) -> FloatArray:
    return np.arange(-int(max(cohorts)), periods - int(min(cohorts)), dtype=np.float64)


def _averages(gaps: FloatArray, cohorts: Any, sizes: FloatArray) -> _Parts:
    """Averages of gaps (B, C, T) with cohort sizes (B, C): of treated cells, by cohort, by event time."""
    B, C, T = gaps.shape
    events = _events(cohorts, T)
    total, mass = np.zeros((B, len(events))), np.zeros((B, len(events)))
    effects = np.empty((B, C))
    for i, g in enumerate(cohorts):
        at = np.arange(T) - int(g) - int(events[0])
        total[:, at] += sizes[:, [i]] * gaps[:, i]
        mass[:, at] += sizes[:, [i]]
        effects[:, i] = gaps[:, i, int(g) :].mean(axis=1)
    after = events >= 0
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Parts(
            estimates=total[:, after].sum(axis=1) / mass[:, after].sum(axis=1), effects=effects, paths=total / mass
        )


# ---------------------------------------------------------------- replications


def _placebo(
    found: SyntheticCohorts, Y: FloatArray, when: Any, variant: Variant, draws: int, stream: np.random.Generator
) -> _Parts:
    from itertools import combinations
    from math import comb

    controls = Y[when >= Y.shape[1]]
    count, size = len(controls), int(found.sizes.sum())
    if count - size < 2:
        raise ValueError(f"{size} placebo units leave {count - size} of {count} controls: two are needed")
    if len(found.cohorts) == 1 and comb(count, size) <= draws:
        chosen = np.array(list(combinations(range(count), size)), dtype=np.intp)
    else:
        chosen = np.argsort(stream.random((draws, count)), axis=1, kind="stable")[:, :size]
    closed = np.zeros((len(chosen), count))
    np.put_along_axis(closed, chosen, 1.0, axis=1)
    ends = np.cumsum(found.sizes)
    gaps = np.empty((len(chosen), len(found.cohorts), Y.shape[1]))
    for i, g in enumerate(found.cohorts):
        before, size = int(g), int(found.sizes[i])
        target = controls[chosen[:, ends[i] - size : ends[i]]].mean(axis=1)
        start = (found.unit_weights[i], found.period_weights[i, :before])
        plan = (variant, noise_of(controls, before), size)
        units, periods = weights_of(controls, target, 1 - closed, before, plan, start)
        gap = target - units @ controls
        gaps[:, i] = gap - (periods * gap[:, :before]).sum(axis=1, keepdims=True)
    return _averages(gaps, found.cohorts, np.tile(found.sizes.astype(np.float64), (len(chosen), 1)))


def _jackknife(found: SyntheticCohorts, Y: FloatArray, when: Any) -> _Parts:
    if (found.sizes < 2).any():
        raise ValueError("the jackknife needs two treated units in every cohort: take placebo")
    if ((found.unit_weights > 0).sum(axis=1) < 2).any():
        raise ValueError("the jackknife needs two controls with weight in every cohort: take placebo")
    never = when >= Y.shape[1]
    controls, order = Y[never], np.r_[np.flatnonzero(never), np.flatnonzero(~never)]
    n, count = len(Y), int(never.sum())
    gaps = np.empty((n, len(found.cohorts), Y.shape[1]))
    sizes = np.tile(found.sizes.astype(np.float64), (n, 1))
    for i in range(len(found.cohorts)):
        treated = np.flatnonzero(when == found.cohorts[i])
        omega, lam = found.unit_weights[i], found.period_weights[i]
        path, synthetic = np.tile(found.paths[i], (n, 1)), np.tile(found.synthetic[i], (n, 1))
        kept = np.tile(omega, (count, 1))
        np.fill_diagonal(kept, 0.0)
        synthetic[:count] = kept / kept.sum(axis=1, keepdims=True) @ controls
        for unit in treated:
            at = int(np.flatnonzero(order == unit)[0])
            path[at] = (found.paths[i] * len(treated) - Y[unit]) / (len(treated) - 1)
            sizes[at, i] -= 1
        gap = path - synthetic
        gaps[:, i] = gap - (gap @ lam)[:, None]
    return _averages(gaps, found.cohorts, sizes)


def _bootstrap(
    found: SyntheticCohorts, Y: FloatArray, when: Any, variant: Variant, draws: int, stream: np.random.Generator
) -> tuple[_Parts, int]:
    if (found.sizes < 2).any():
        raise ValueError("the bootstrap needs two treated units in every cohort: take placebo")
    never = when >= Y.shape[1]
    picks, void = _picks(found, when, never, draws, stream)
    controls = Y[never]
    times = np.zeros((draws, len(Y)))
    np.add.at(times, (np.arange(draws)[:, None], picks), 1.0)
    counts = times[:, never]
    gaps = np.empty((draws, len(found.cohorts), Y.shape[1]))
    sizes = np.empty((draws, len(found.cohorts)))
    for i, g in enumerate(found.cohorts):
        before, mine = int(g), times[:, when == g]
        sizes[:, i] = mine.sum(axis=1)
        target = mine @ Y[when == g] / sizes[:, [i]]
        start = (found.unit_weights[i], found.period_weights[i, :before])
        plan = (variant, noise_of(controls, before), int(found.sizes[i]))
        units, periods = weights_of(controls, target, counts, before, plan, start)
        gap = target - units @ controls
        gaps[:, i] = gap - (periods * gap[:, :before]).sum(axis=1, keepdims=True)
    return _averages(gaps, found.cohorts, sizes), void


def _picks(
    found: SyntheticCohorts, when: Any, never: Any, draws: int, stream: np.random.Generator
) -> tuple[IntArray, int]:
    """(draws, N) units drawn with replacement, every cohort and two controls among them."""
    out: list[IntArray] = []
    void = 0
    while len(out) < draws:
        pick = stream.integers(0, len(when), size=len(when))
        good = never[pick].sum() >= 2 and all((when[pick] == g).any() for g in found.cohorts)
        if good:
            out.append(pick)
            continue
        void += 1
        if void > MOST_DRAWN_AGAIN * draws:
            raise ValueError("too few treated units for a bootstrap: most draws have none of some cohort")
    return np.array(out, dtype=np.intp), void
