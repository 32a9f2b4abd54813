"""Callaway-Sant'Anna effects by cohort and period, and their route check. The two-by-two estimators: did_two_by_two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.did_two_by_two import Method, two_by_two, two_by_two_sections
from panelkit.numerics.staggered_effects import CohortEffects
from panelkit.numerics.staggered_panel import NEVER, StaggeredPanel

Control = Literal["never", "notyet"]
BasePeriod = Literal["varying", "universal"]
Unbalanced = Literal["drop", "allow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallawayPlan:
    """The choices of a Callaway-Sant'Anna estimation.

    Periods that anticipation covers are compared with the period before under a varying base, as in R `did` 2.1.2 (csdid 0.4
    compares them with the last clean period, as do we under a universal base); cohorts without a clean period have no cell, and units
    that may respond within the sample are no never treated ones, as in csdid 0.4 (2.1.2 counts every cohort after the last
    period as never treated).

    Attributes
    ----------
    control : compare with units `never` treated, or `notyet` treated (by the later of the two periods compared).
    method : `dr`, `reg`, `ipw` (see `did_two_by_two`); without covariates all are differences of mean changes.
    base : before treatment compare with the period before (`varying`) or always with the last untreated (`universal`).
    anticipation : periods before treatment in which units may already respond.
    unbalanced : `drop` units not seen in every period (their number is in `callaway_sample`), or `allow` them, every
        comparison then being one of two cross-sections with influence summed by unit.
    """

    control: Control = "never"
    method: Method = "dr"
    base: BasePeriod = "varying"
    anticipation: float = 0.0
    unbalanced: Unbalanced = "drop"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """The units in the estimation: wide if every unit is seen in every period, else rows."""

    panel: StaggeredPanel
    periods: FloatArray
    cohort: FloatArray  # (N,) as used: treated after the window counts as never
    units: IntArray  # (N,) codes in the panel
    wide: FloatArray | None  # (T, N), and the weights in the same shape
    mass: FloatArray | None
    X: FloatArray  # (N, T, k) or (n, k), constant first
    weights: FloatArray  # (N,) of the first period (balanced), else unit means: what cohorts are sized by, as in R did
    rows: IntArray  # rows kept
    place: IntArray  # (n kept,) unit of each row


def callaway_santanna(panel: StaggeredPanel, plan: CallawayPlan = CallawayPlan()) -> CohortEffects:
    """Give back ATT(g, t) for every cohort and period with its unit-level influence.

    Parameters
    ----------
    panel : see `staggered_panel`; its covariates are used at the base period (of the row, where units are not linked).
    plan : see `CallawayPlan`.

    Raises
    ------
    ValueError
        If no cohort is treated within the window with a period before it, or no unit can serve as a control.

    Notes
    -----
    Cells without enough units (or whose covariates separate the groups) are in `unidentified`, with the reason; units
    treated from the first period on leave the sample (`callaway_sample` counts them). The influence has a row for every unit
    of the panel, zero for those that left, rescaled so that an error is still root sum of squares / N.

    Source
    ------
    Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001); R `did::att_gt` 2.1.2.
    """
    if plan.control not in ("never", "notyet") or plan.base not in ("varying", "universal"):
        raise ValueError(
            f"control is never or notyet, base is varying or universal, not {plan.control!r}, {plan.base!r}"
        )
    sample = _sample(panel, plan)
    cohorts = np.unique(sample.cohort[np.isfinite(sample.cohort)])
    if len(cohorts) == 0:
        raise ValueError("no cohort is treated after the first period: there is nothing to compare before and after")
    found: list[tuple[float, float, float, FloatArray, int, int]] = []
    missing: list[tuple[float, float, str]] = []
    for g in cohorts:
        for t, base in comparisons(sample.periods, float(g), plan):
            if np.isnan(base):
                missing.append((float(g), t, "no period before treatment (and anticipation) to compare with"))
                continue
            cell = _cell(sample, plan, float(g), t, base)
            if isinstance(cell, str):
                missing.append((float(g), t, cell))
            else:
                found.append((float(g), t, *cell))
    if not found:
        raise ValueError(f"no cohort-period cell has an estimate; the first reason: {missing[0][2]}")
    return _effects(sample, found, tuple(missing))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallawaySample:
    """How many units each rule takes away: treated from the start, not seen in every period; units that stay."""

    always_treated: int
    incomplete: int
    kept: int


def callaway_sample(panel: StaggeredPanel, plan: CallawayPlan = CallawayPlan()) -> CallawaySample:
    """Give back how many units leave before `callaway_santanna` estimates, so that no row goes in silence."""
    always, incomplete = leaving(panel, plan)
    stay = ~(always | incomplete)
    return CallawaySample(
        always_treated=int(always.sum()), incomplete=int((incomplete & ~always).sum()), kept=int(stay.sum())
    )


def two_by_two_means(
    panel: StaggeredPanel, plan: CallawayPlan = CallawayPlan(), effects: CohortEffects | None = None
) -> FloatArray:
    """Give back ATT(g, t) (m,) without covariates as four plain means each: the route that confirms the estimator.

    The cells come in the order of `callaway_santanna`, whose `effects` say which cells there are (found here where not
    given; no value of theirs is used); sums by cohort and period of the rows, no influence, no shared arithmetic.

    Raises
    ------
    ValueError
        If the panel has covariates (then four means are not the estimate).
    """
    if panel.covariates.shape[1]:
        raise ValueError("with covariates ATT(g, t) is no difference of four means: there is no such route")
    effects = callaway_santanna(panel, plan) if effects is None else effects
    always, incomplete = leaving(panel, plan)
    stay = ~(always | incomplete)[panel.unit]
    linked = stay.sum() == (~(always | incomplete)).sum() * len(
        panel.periods
    )  # then a change weighs as at the earlier period
    of_unit = never_within(panel, plan)
    known, cohort = np.unique(of_unit[~(always | incomplete)]), of_unit[panel.unit]
    bases = {
        (float(g), t): base
        for g in np.unique(effects.cohorts)
        for t, base in comparisons(panel.periods, float(g), plan)
    }
    means = (
        _group_means(panel, stay, cohort)
        if panel.weights is None or not linked
        else _weighted_means(panel, stay, cohort)
    )
    out = np.empty(len(effects.att))
    for j, (g, t) in enumerate(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True)):
        base = bases[g, t]
        latest = max(t, base) + plan.anticipation
        compare = known == NEVER if plan.control == "never" else (known > latest) & (known != g)
        changes = [means(of, t, base) for of in ([g], known[compare].tolist())]
        out[j] = changes[0] - changes[1]
    return out


def _group_means(panel: StaggeredPanel, stay: Any, cohort: Any) -> Callable[[list[float], float, float], float]:
    """Change of the mean of some cohorts between two periods, from sums by cohort and period."""
    levels, of = np.unique(cohort, return_inverse=True)
    periods, when = np.unique(panel.time, return_inverse=True)
    cell = (of * len(periods) + when)[stay]
    size = len(levels) * len(periods)
    mass = np.bincount(cell, weights=panel.mass[stay], minlength=size).reshape(len(levels), -1)
    total = np.bincount(cell, weights=(panel.mass * panel.outcome)[stay], minlength=size).reshape(len(levels), -1)

    def change(of: list[float], t: float, base: float) -> float:
        rows = np.isin(levels, of)
        at, before = np.searchsorted(periods, [t, base])
        parts = [total[rows, p].sum() / mass[rows, p].sum() for p in (at, before)]
        return float(parts[0] - parts[1])

    return change


def _weighted_means(panel: StaggeredPanel, stay: Any, cohort: Any) -> Callable[[list[float], float, float], float]:
    """The same where units have weights: both means weigh as at the earlier period."""

    def change(of: list[float], t: float, base: float) -> float:
        group = stay & np.isin(cohort, of)
        held = panel.mass[group & (panel.time == min(t, base))]
        parts = [float(np.average(panel.outcome[group & (panel.time == p)], weights=held)) for p in (t, base)]
        return parts[0] - parts[1]

    return change


def comparisons(periods: FloatArray, g: float, plan: CallawayPlan) -> list[tuple[float, float]]:
    """Give back (period, base period) of each cell of cohort g; the base is NaN where no period lies before anticipation."""
    clean = periods[periods + plan.anticipation < g]
    last = float(clean[-1]) if len(clean) else float("nan")
    if not len(clean):
        return [(float(t), last) for t in periods[plan.base == "varying" :]]
    if plan.base == "universal":
        return [(float(t), last) for t in periods]
    return [(float(t), last if t >= g else float(periods[i])) for i, t in enumerate(periods[1:])]


def never_within(panel: StaggeredPanel, plan: CallawayPlan) -> FloatArray:
    """Give back the cohorts (N,), never where treatment, with its anticipation, comes after the last period."""
    return np.where(panel.cohort > panel.periods[-1] + plan.anticipation, NEVER, panel.cohort)


def leaving(panel: StaggeredPanel, plan: CallawayPlan) -> tuple[Any, Any]:
    """Give back (N,) bool twice: units treated from the first period on, and units not seen in every period that drop out."""
    periods = panel.periods
    always = panel.cohort <= periods[0]
    seen = np.bincount(panel.unit, minlength=panel.units)
    strict = plan.unbalanced == "drop" and not panel.cross_sections
    incomplete = (seen < len(periods)) if strict else np.zeros(panel.units, dtype=bool)
    return always, incomplete


def _sample(panel: StaggeredPanel, plan: CallawayPlan) -> _Sample:
    if plan.unbalanced not in ("drop", "allow"):
        raise ValueError(f"units not seen in every period: drop or allow, not {plan.unbalanced!r}")
    always, incomplete = leaving(panel, plan)
    units = np.flatnonzero(~(always | incomplete))
    if len(units) == 0:
        raise ValueError("no unit is left: all are treated from the start or not seen in every period")
    whole = len(units) == panel.units
    rows = np.arange(panel.rows) if whole else np.flatnonzero(~(always | incomplete)[panel.unit])
    periods = panel.periods
    balanced = len(rows) == len(units) * len(periods)
    covariates = np.column_stack([np.ones(len(rows)), panel.covariates[rows]])
    new = np.zeros(panel.units, dtype=np.intp)
    new[units] = np.arange(len(units))
    place = new[panel.unit[rows]]
    mass = panel.mass[rows]
    wide_mass = _by_period(mass, len(units)) if balanced else None
    return _Sample(
        panel=panel,
        periods=periods,
        cohort=never_within(panel, plan)[units],
        units=np.asarray(units, dtype=np.intp),
        wide=_by_period(panel.outcome[rows], len(units)) if balanced else None,
        mass=wide_mass if panel.weights is not None else None,
        X=covariates.reshape(len(units), len(periods), -1) if balanced else covariates,
        weights=wide_mass[0] if wide_mass is not None else np.bincount(place, weights=mass) / np.bincount(place),
        rows=np.asarray(rows, dtype=np.intp),
        place=np.asarray(place, dtype=np.intp),
    )


def _by_period(values: FloatArray, units: int) -> FloatArray:
    return np.ascontiguousarray(values.reshape(units, -1).T)


def _cell(
    sample: _Sample, plan: CallawayPlan, g: float, t: float, base: float
) -> tuple[float, FloatArray, int, int] | str:
    """One ATT(g, t): the estimate, the influence (N,) of the sample's units, treated and control units; or why not."""
    treated = sample.cohort == g
    latest = NEVER if plan.control == "never" else max(t, base) + plan.anticipation
    compare = (sample.cohort >= latest) if latest == NEVER else (sample.cohort > latest) & ~treated
    if not compare.any():
        return "no unit to compare with is untreated by then"
    if t == base:
        return 0.0, np.zeros(len(sample.units)), int(treated.sum()), int(compare.sum())
    try:
        if sample.wide is not None:
            return _linked(sample, plan, treated, compare, (t, base))
        return _sections(sample, plan, treated, compare, (t, base))
    except ValueError as fault:
        return str(fault)


def _linked(
    sample: _Sample, plan: CallawayPlan, treated: Any, compare: Any, pair: tuple[float, float]
) -> tuple[float, FloatArray, int, int]:
    if sample.wide is None:
        raise ValueError("the panel is not balanced")
    now, before = (int(np.searchsorted(sample.periods, p)) for p in pair)
    change = sample.wide[now] - sample.wide[before]
    weights = None if sample.mass is None else sample.mass[min(now, before)]
    if sample.X.shape[-1] == 1:
        return _difference(change, weights, np.flatnonzero(treated), np.flatnonzero(compare))
    chosen = np.flatnonzero(treated | compare)
    d = treated[chosen].astype(np.float64)
    w = np.ones(len(chosen)) if weights is None else weights[chosen]
    result = two_by_two(change[chosen], d, sample.X[chosen, min(now, before)], w, plan.method)
    influence = np.zeros(len(sample.units))
    influence[chosen] = result.influence * (len(sample.units) / len(chosen))
    return result.att, influence, int(treated.sum()), int(compare.sum())


def _difference(
    change: FloatArray, weights: FloatArray | None, treated: IntArray, compare: IntArray
) -> tuple[float, FloatArray, int, int]:
    """Without covariates every method is a difference of two weighted means."""
    att, influence = 0.0, np.zeros(len(change))
    for sign, rows in ((1.0, treated), (-1.0, compare)):
        moved = change[rows]
        w = np.ones(len(rows)) if weights is None else weights[rows]
        total = float(w.sum())
        mean = float(w @ moved) / total
        att += sign * mean
        influence[rows] = (sign * len(change) / total) * w * (moved - mean)
    return att, influence, len(treated), len(compare)


def _sections(
    sample: _Sample, plan: CallawayPlan, treated: Any, compare: Any, pair: tuple[float, float]
) -> tuple[float, FloatArray, int, int]:
    time = sample.panel.time[sample.rows]
    both = (time == pair[0]) | (time == pair[1])
    chosen = np.flatnonzero(both & (treated | compare)[sample.place])
    place = sample.place[chosen]
    result = two_by_two_sections(
        sample.panel.outcome[sample.rows[chosen]],
        (time[chosen] == pair[0]).astype(np.float64),
        treated[place].astype(np.float64),
        sample.X[chosen],
        sample.panel.mass[sample.rows[chosen]],
        plan.method,
    )
    scaled = result.influence * (len(sample.units) / len(chosen))
    influence = np.asarray(np.bincount(place, weights=scaled, minlength=len(sample.units)), dtype=np.float64)
    seen = np.zeros(len(sample.units), dtype=bool)
    seen[place] = True
    return result.att, influence, int((seen & treated).sum()), int((seen & compare).sum())


def _effects(
    sample: _Sample, found: list[tuple[float, float, float, FloatArray, int, int]], missing: tuple[Any, ...]
) -> CohortEffects:
    from scipy import sparse

    panel, kept = sample.panel, len(sample.units)
    cohorts = np.array([f[0] for f in found])
    levels, share_of = np.unique(cohorts, return_inverse=True)
    weights = sample.weights / sample.weights.mean()
    scale = panel.units / kept
    in_cohort = np.searchsorted(levels, sample.cohort)
    member = np.flatnonzero(np.isin(sample.cohort, levels))
    shape = (panel.units, len(levels))
    membership = sparse.csr_array((weights[member] * scale, (sample.units[member], in_cohort[member])), shape=shape)
    influence = np.empty((kept, len(found)), order="F")
    for j, f in enumerate(found):
        influence[:, j] = f[3]
    if kept < panel.units:
        full = np.zeros((panel.units, len(found)), order="F")
        full[sample.units] = influence * scale
        influence = full
    share = np.asarray(membership.sum(axis=0)).ravel() / panel.units
    return CohortEffects(
        cohorts=cohorts,
        periods=np.array([f[1] for f in found]),
        att=np.array([f[2] for f in found]),
        influence=influence,
        weights=share[share_of],
        treated=np.array([f[4] for f in found], dtype=np.intp),
        controls=np.array([f[5] for f in found], dtype=np.intp),
        clusters=panel.clusters,
        membership=membership,
        share_of=np.asarray(share_of, dtype=np.intp),
        window=(float(sample.periods[0]), float(sample.periods[-1])),
        unidentified=missing,
    )
