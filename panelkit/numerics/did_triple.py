"""Triple differences: the routes that confirm them, and effects by cohort and period of a staggered one. Regressions are elsewhere."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, vector
from panelkit.numerics.did_callaway import CallawayPlan, comparisons, never_within
from panelkit.numerics.did_two_by_two import two_by_two
from panelkit.numerics.staggered_effects import CohortEffects
from panelkit.numerics.staggered_panel import NEVER, StaggeredPanel

Combine = Literal["size", "precision"]
Cell = tuple[float, float, float, FloatArray, int, int]


def eight_means(
    y: FloatArray, treated: FloatArray, eligible: FloatArray, after: FloatArray, weights: FloatArray | None = None
) -> float:
    """Give back the triple difference of eight cell means.

    Parameters
    ----------
    y : (n,) outcome; treated, eligible, after : (n,) 0 or 1; weights : (n,) above zero, or None.

    Raises
    ------
    ValueError
        If one of the eight cells has no row, or a variable is not 0 or 1.

    Source
    ------
    Gruber (1994, AER 84(3)); Olden and Moen (2022, doi:10.1093/ectj/utac010).
    """
    outcome = vector(y, "the outcome")
    w = np.ones(len(outcome)) if weights is None else vector(weights, "the weights", len(outcome))
    sides = [
        vector(v, name, len(outcome)) for v, name in ((treated, "treated"), (eligible, "eligible"), (after, "after"))
    ]
    if not all(np.isin(v, (0.0, 1.0)).all() for v in sides):
        raise ValueError("treated, eligible and after must be 0 or 1 in every row")
    total = 0.0
    for code in range(8):
        bits = [(code >> k) & 1 for k in range(3)]
        rows = np.logical_and.reduce([v == b for v, b in zip(sides, bits, strict=True)])
        if not rows.any():
            raise ValueError("one of the eight cells of the triple difference has no row")
        total += (-1) ** (3 - sum(bits)) * float(np.average(outcome[rows], weights=w[rows]))
    return total


def cube_slope(y: FloatArray, x: FloatArray, codes: tuple[IntArray, IntArray, IntArray]) -> float:
    """Give back the slope of y on x after all three pairs of effects, on a balanced cube, by subtracting plain means.

    Parameters
    ----------
    y, x : (n,). codes : the three factors (n,), 0..L-1 each; every combination occurs once.

    Raises
    ------
    ValueError
        If the cube is not balanced, or the effects absorb x.

    Notes
    -----
    No projection is used: a column less its means over each factor, plus its means over each pair, less the grand mean.
    """
    sizes = [group_codes(c, "a factor", len(y))[1] for c in codes]
    order = np.ravel_multi_index(tuple(np.asarray(c) for c in codes), tuple(sizes))
    if len(y) != int(np.prod(sizes)) or len(np.unique(order)) != len(y):
        raise ValueError("the cube is not balanced: a combination has no row, or more than one")
    left = []
    for values in (y, x):
        cube = np.empty(len(y))
        cube[order] = values
        cube = cube.reshape(sizes)
        for axis in range(3):
            cube = cube - cube.mean(axis=axis, keepdims=True)
        left.append(cube.ravel())
    size = float(left[1] @ left[1])
    if size <= 1e-18 * float(x @ x):
        raise ValueError("the three pairs of effects absorb the treatment")
    return float(left[0] @ left[1]) / size


def staggered_triple(
    panel: StaggeredPanel, eligible: Any, plan: CallawayPlan, combine: Combine = "size"
) -> CohortEffects:
    """Give back triple-difference effects by cohort and period, with unit-level influence.

    Parameters
    ----------
    panel : units are pairs of place and group (province by industry); the cohort is the place's. Covariates are taken at the
        earlier of the two periods compared; units that are not seen in every period must have left.
    eligible : (N,) bool: whether the unit's group is exposed to the treatment.
    plan : control, base, anticipation and method (with covariates) are used.
    combine : control cohorts weigh by the `size` of their eligible units, or by `precision`, the inverse of the covariance of the
        comparisons with them (the R package `triplediff`); with never treated controls alone there is one.

    Raises
    ------
    ValueError
        If there are gaps, no eligible or no ineligible unit, or no cell has all four groups.

    Notes
    -----
    ATT(g, t) is the change of eligible less that of ineligible units of cohort g, less the same among controls. Controls not
    treated yet are compared cohort by cohort, each against its own ineligible units, and averaged by their eligible weight:
    pooling them first is biased where cohorts differ in their share of eligible units. With covariates each comparison is three
    effects on the treated, the eligible units of g against the ineligible ones of g, plus against the eligible controls, less
    against the ineligible controls, all at the covariates of the eligible units of g.

    Source
    ------
    Olden and Moen (2022, doi:10.1093/ectj/utac010) for two periods; Ortiz-Villavicencio and Sant'Anna (2025, arXiv:2505.09942) on
    staggered adoption and why controls must not be pooled.
    """
    from scipy import sparse

    on = np.asarray(eligible, dtype=bool)
    if panel.rows != panel.units * len(panel.periods):
        raise ValueError("a staggered triple difference needs every unit in every period")
    if on.shape != (panel.units,) or not on.any() or on.all():
        raise ValueError("some units must be eligible and some not")
    wide = np.ascontiguousarray(panel.outcome.reshape(panel.units, -1).T)
    mass = np.ascontiguousarray(panel.mass.reshape(panel.units, -1).T)
    cohort = never_within(panel, plan)
    cohorts = np.unique(cohort[np.isfinite(cohort) & (cohort > panel.periods[0])])
    found: list[Cell] = []
    missing: list[tuple[float, float, str]] = []
    for g in cohorts:
        for t, base in comparisons(panel.periods, float(g), plan):
            cell = _cell(panel, (wide, mass, cohort, on), plan, (float(g), t, base), combine)
            if isinstance(cell, str):
                missing.append((float(g), t, cell))
            else:
                found.append(cell)
    if not found:
        raise ValueError(
            f"no cohort-period cell has an estimate{f'; the first reason: {missing[0][2]}' if missing else ''}"
        )
    of = np.array([f[0] for f in found])
    levels, share_of = np.unique(of, return_inverse=True)
    weights = mass.mean(axis=0) / mass.mean()
    member = np.flatnonzero(np.isin(cohort, levels) & on)
    shape = (panel.units, len(levels))
    membership = sparse.csr_array((weights[member], (member, np.searchsorted(levels, cohort[member]))), shape=shape)
    share = np.asarray(membership.sum(axis=0)).ravel() / panel.units
    return CohortEffects(
        cohorts=of,
        periods=np.array([f[1] for f in found]),
        att=np.array([f[2] for f in found]),
        influence=np.column_stack([f[3] for f in found]),
        weights=share[share_of],
        treated=np.array([f[4] for f in found], dtype=np.intp),
        controls=np.array([f[5] for f in found], dtype=np.intp),
        clusters=panel.clusters,
        membership=membership,
        share_of=np.asarray(share_of, dtype=np.intp),
        window=(float(panel.periods[0]), float(panel.periods[-1])),
        unidentified=tuple(missing),
    )


def _cell(
    panel: StaggeredPanel,
    data: tuple[FloatArray, FloatArray, FloatArray, Any],
    plan: CallawayPlan,
    at: tuple[float, float, float],
    combine: Combine,
) -> Cell | str:
    wide, mass, cohort, on = data
    g, t, base = at
    if np.isnan(base):
        return "no period before treatment (and anticipation) to compare with"
    treated = cohort == g
    latest = max(t, base) + plan.anticipation
    compare = cohort == NEVER if plan.control == "never" else (cohort > latest) & ~treated
    groups = [c for c in np.unique(cohort[compare]) if (on & (cohort == c)).any() and (~on & (cohort == c)).any()]
    if not groups or not (on & treated).any() or not (~on & treated).any():
        return "treated and controls must both have eligible and ineligible units"
    now, before = (int(np.searchsorted(panel.periods, p)) for p in (t, base))
    change, w = wide[now] - wide[before], mass[min(now, before)]
    own = treated & on
    counts = (int((on & treated).sum()), int((on & np.isin(cohort, groups)).sum()))
    if t == base:
        return g, t, 0.0, np.zeros(panel.units), *counts
    X = np.column_stack(
        [np.ones(panel.units), panel.covariates.reshape(panel.units, len(panel.periods), -1)[:, min(now, before)]]
    )

    def against(others: Any) -> tuple[float, FloatArray]:
        here, influence = np.flatnonzero(own | others), np.zeros(panel.units)
        found = two_by_two(change[here], own[here].astype(np.float64), X[here], w[here], plan.method)
        influence[here] = found.influence * (panel.units / len(here))
        return found.att, influence

    try:
        within = against(treated & ~on)
        pairs = [(against(on & (cohort == c)), against(~on & (cohort == c))) for c in groups]
    except ValueError as fault:
        return str(fault)
    values = np.array([within[0] + yes[0] - no[0] for yes, no in pairs])
    moved = np.column_stack([within[1] + yes[1] - no[1] for yes, no in pairs])
    if combine == "size":
        shares = np.array([float(w[on & (cohort == c)].sum()) for c in groups])
    else:
        shares = np.linalg.pinv(moved.T @ moved).sum(axis=1)
    shares = shares / shares.sum()
    return g, t, float(shares @ values), moved @ shares, *counts


def triple_means(panel: StaggeredPanel, eligible: Any, plan: CallawayPlan, effects: CohortEffects) -> FloatArray:
    """Give back each cell of `staggered_triple` without covariates as plain means of filtered rows: the route that confirms it.

    Raises
    ------
    ValueError
        If there are covariates, or a cell of `effects` cannot be filtered out.
    """
    if panel.covariates.shape[1]:
        raise ValueError("with covariates a triple difference is no difference of eight means")
    on = np.asarray(eligible, dtype=bool)[panel.unit]
    cohort = never_within(panel, plan)[panel.unit]
    bases = {
        (float(g), t): base
        for g in np.unique(effects.cohorts)
        for t, base in comparisons(panel.periods, float(g), plan)
    }

    def change(of: float, side: Any, t: float, base: float) -> tuple[float, float]:
        means, weight = [], 0.0
        for when in (t, base):
            rows = (cohort == of) & (on == side) & (panel.time == when)
            if not rows.any():
                raise ValueError("a group of the triple difference has no row")
            held = (cohort == of) & (on == side) & (panel.time == min(t, base))
            weight = float(panel.mass[held].sum())
            means.append(float(np.average(panel.outcome[rows], weights=panel.mass[held])))
        return means[0] - means[1], weight

    out = np.empty(len(effects.att))
    for j, (g, t) in enumerate(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True)):
        base = bases[g, t]
        latest = max(t, base) + plan.anticipation
        others = np.unique(cohort[cohort == NEVER if plan.control == "never" else (cohort > latest) & (cohort != g)])
        gaps, weights = [], []
        for c in others.tolist():
            try:
                (yes, weight), (no, _) = change(c, True, t, base), change(c, False, t, base)
            except ValueError:
                continue
            gaps.append(yes - no)
            weights.append(weight)
        own = change(g, True, t, base)[0] - change(g, False, t, base)[0]
        out[j] = own - float(np.average(gaps, weights=weights))
    return out
