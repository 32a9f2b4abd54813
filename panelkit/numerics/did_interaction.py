"""Regressions saturated in cohort and period: Sun-Abraham and the extended two-way model. Averages: staggered_effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_sums
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import absorber, collinear
from panelkit.numerics.small_sample import Counts, factor
from panelkit.numerics.staggered_effects import CohortEffects
from panelkit.numerics.staggered_panel import StaggeredPanel

Missing = list[tuple[float, float, str]]


def interaction_weighted(panel: StaggeredPanel, reference: float = -1.0, convention: str = "fixest") -> CohortEffects:
    """Give back Sun-Abraham effects: a dummy for each cohort and event time but `reference`, two-way effects absorbed.

    Parameters
    ----------
    panel : see `staggered_panel`; covariates enter linearly.
    reference : the event time left out; a cohort without a row there leaves its last period before it out.
    convention : of the small-sample factor (`small_sample.CONVENTIONS`), kept in `factor`.

    Raises
    ------
    ValueError
        If no cohort has both a row before treatment and another, or nothing is left to compare with.

    Notes
    -----
    Controls are the never treated; if there are none, the last cohort, and the periods from its treatment on leave the
    sample. Cohorts treated from the first period on leave it too. Both are named in `unidentified`. Aggregated by rows of the
    cells, shares as given: `dynamic` are the event-time coefficients of `sunab`, `simple` its ATT, `group` its cohorts.

    Source
    ------
    Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006, section 4.1); R fixest `sunab` 0.14.2.
    """
    missing: Missing = []
    cohort = panel.cohort[panel.unit]
    before = max(-1.0 - reference, 0.0)  # periods before treatment in which units may already respond
    compare = cohort > float(panel.time.max()) + before
    if not compare.any():
        final = float(cohort.max()) - before
        compare = cohort == cohort.max()
        _name(missing, panel, panel.time >= final, "after the last cohort, the only one to compare with, is treated")
        rows = panel.time < final
    else:
        rows = np.ones(panel.rows, dtype=bool)
    always = cohort <= panel.time.min()
    _name(missing, panel, always & rows, "the cohort is treated from the first period on")
    rows &= ~always
    without = ~compare & rows
    base = reference_rows(panel, reference)
    for g in np.unique(cohort[without]):
        if not (without & base & (cohort == g)).any():
            _name(missing, panel, rows & (cohort == g), f"the cohort has no row at or before event time {reference:g}")
            rows &= cohort != g
    cells = rows & ~compare & ~base
    return _saturated(panel, rows, cells, missing, convention, np.zeros((panel.rows, 0)))


def reference_rows(panel: StaggeredPanel, reference: float) -> Any:
    """Give back (n,) bool: rows of each treated cohort at event time `reference`, or at its last period before where it has none."""
    event, cohort = panel.event, panel.cohort[panel.unit]
    clean = np.isfinite(event) & (event <= reference)
    levels, which = np.unique(cohort, return_inverse=True)
    last = np.full(len(levels), -np.inf)
    np.maximum.at(last, which[clean], event[clean])
    return clean & (event == last[which])


def extended_two_way(
    panel: StaggeredPanel, control: Literal["notyet", "never"] = "notyet", convention: str = "fixest"
) -> CohortEffects:
    """Give back Wooldridge's extended two-way effects: a dummy for each treated cohort and period, two-way effects absorbed.

    Parameters
    ----------
    panel : see `staggered_panel`. Each covariate enters by period, and centred at its cohort's mean in every cell, so
        that a cell's effect is that at the cohort's mean.
    control : `notyet` leaves every untreated row a control; `never` saturates before treatment too (event time -1, or a
        cohort's last period before treatment, left out), which with balanced panels and no covariates are Sun and Abraham's coefficients.
    convention : of the small-sample factor.

    Raises
    ------
    ValueError
        If nothing is left to compare with.

    Notes
    -----
    Periods without an untreated row and units without one leave the sample and are named in `unidentified`.

    Source
    ------
    Wooldridge (2025, doi:10.1007/s00181-025-02807-z, section 5); R etwfe `etwfe(cgroup=)` with `emfx`, whose errors take
    cohort means and shares as given. Without covariates the estimates are those of imputation.
    """
    if control not in ("notyet", "never"):
        raise ValueError(f"control is notyet or never, not {control!r}")
    if control == "never" and not panel.covariates.shape[1]:
        return interaction_weighted(panel, convention=convention)
    missing: Missing = []
    cohort, event = panel.cohort[panel.unit], panel.event
    untreated = event < 0 if control == "notyet" else cohort > panel.time.max()
    own = np.bincount(panel.unit, weights=event < 0, minlength=panel.units)[panel.unit] > 0
    _name(missing, panel, ~own, "the unit has no untreated row")
    with_control = np.isin(panel.time, np.unique(panel.time[untreated]))
    _name(missing, panel, ~with_control & own & (event >= 0), "no unit is untreated in that period")
    rows = own & with_control
    cells = (
        rows & (event >= 0)
        if control == "notyet"
        else rows & np.isfinite(event) & ~untreated & ~reference_rows(panel, -1.0)
    )
    if not cells.any():
        raise ValueError("no treated row has an untreated unit in its period")
    return _saturated(panel, rows, cells, missing, convention, _by_period(panel, rows))


def _by_period(panel: StaggeredPanel, rows: Any) -> FloatArray:
    """Covariates times period dummies, the first period left to the covariate itself: (n, k T)."""
    periods = np.unique(panel.time[rows])[1:]
    X = panel.covariates
    parts = [X] + [X * (panel.time == t)[:, None] for t in periods]
    return np.concatenate(parts, axis=1) if X.shape[1] else np.zeros((panel.rows, 0))


def _saturated(
    panel: StaggeredPanel, rows: Any, cells: Any, missing: Missing, convention: str, by_period: FloatArray
) -> CohortEffects:
    """Least squares on cell dummies (and covariates), two-way effects absorbed, with unit-level influence."""
    chosen = np.flatnonzero(rows)
    inside = cells[chosen]
    if not inside.any():
        raise ValueError("no cohort-period cell is left to estimate")
    cohort, time = panel.cohort[panel.unit[chosen]], panel.time[chosen]
    pairs = np.unique(np.column_stack([cohort[inside], time[inside]]), axis=0)
    dummies = np.stack([inside & (cohort == g) & (time == t) for g, t in pairs], axis=1).astype(np.float64)
    if by_period.shape[1]:
        centred = _centred(panel, chosen)
        products = [dummies * centred[:, [j]] for j in range(centred.shape[1])]
        nuisance = np.concatenate([by_period[chosen], *products], axis=1)
    else:
        nuisance = panel.covariates[chosen]
    w = None if panel.weights is None else panel.weights[chosen]
    codes = [np.unique(c[chosen], return_inverse=True)[1].astype(np.intp) for c in (panel.unit, panel.time)]
    sweep = absorber(codes, w)
    raw = np.concatenate([dummies, nuisance], axis=1)
    swept = sweep.residualise(raw)
    root = np.ones(len(chosen)) if w is None else np.sqrt(w)
    lost = set(collinear(swept * root[:, None], raw * root[:, None]))
    m = len(pairs)
    missing += [(float(pairs[j, 0]), float(pairs[j, 1]), "the dummy is collinear") for j in sorted(lost) if j < m]
    kept = [j for j in range(raw.shape[1]) if j not in lost]
    fit = solve(swept[:, kept], sweep.residualise(panel.outcome[chosen]), w)
    cellwise = [i for i, j in enumerate(kept) if j < m]
    alive = np.array([kept[i] for i in cellwise], dtype=np.intp)
    moved = (swept[:, kept] * (fit.residuals * root**2)[:, None]) @ fit.bread[:, cellwise]
    influence = group_sums(moved, panel.unit[chosen], panel.units)
    effects = CohortEffects(
        cohorts=pairs[alive, 0],
        periods=pairs[alive, 1],
        att=fit.coefficients[cellwise],
        influence=influence * panel.units,
        weights=(root**2) @ dummies[:, alive] / panel.units,
        treated=dummies[:, alive].sum(axis=0).astype(np.intp),
        controls=_controls(time[~inside], pairs[alive, 1]),
        clusters=panel.clusters,
        window=(float(time.min()), float(time.max())),
        unidentified=tuple(missing),
    )
    return replace(effects, factor=_factor(panel, chosen, codes, len(kept), convention))


def _centred(panel: StaggeredPanel, chosen: IntArray) -> FloatArray:
    """Covariates less their cohort's mean over the rows used."""
    _, group = np.unique(panel.cohort[panel.unit[chosen]], return_inverse=True)
    mass = panel.mass[chosen]
    total = np.bincount(group, weights=mass)
    out = np.empty((len(chosen), panel.covariates.shape[1]))
    for j in range(out.shape[1]):
        x = panel.covariates[chosen, j]
        out[:, j] = x - (np.bincount(group, weights=mass * x) / total)[group]
    return out


def _controls(times: FloatArray, periods: FloatArray) -> IntArray:
    return np.array([int((times == t).sum()) for t in periods], dtype=np.intp)


def _factor(panel: StaggeredPanel, chosen: IntArray, codes: list[IntArray], slopes: int, convention: str) -> float:
    """The small-sample factor with units nested in the clusters (a unit has one cluster)."""
    levels = [int(c.max()) + 1 for c in codes]
    groups = levels[0] if panel.clusters is None else len(np.unique(panel.clusters[panel.unit[chosen]]))
    counts = Counts(
        rows=len(chosen),
        slopes=slopes,
        constant=False,
        effects=((levels[0], True), (levels[1], False)),
        clusters=(groups,),
    )
    return factor(counts, convention, "cluster")


def _name(missing: Missing, panel: StaggeredPanel, rows: Any, why: str) -> None:
    """Add the treated cells among `rows` to the list of what has no estimate, with the number of rows."""
    at = np.flatnonzero(rows & (panel.event >= 0))
    pairs = np.column_stack([panel.cohort[panel.unit[at]], panel.time[at]])
    if len(at):
        for (g, t), count in zip(*np.unique(pairs, axis=0, return_counts=True), strict=True):
            missing.append((float(g), float(t), f"{int(count)} treated rows: {why}"))
