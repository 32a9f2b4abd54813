"""Imputation (Borusyak-Jaravel-Spiess) and two-stage (Gardner) effects by cohort and period. The model: did_untreated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_sums
from panelkit.numerics.did_untreated import UntreatedFit, fit_untreated
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import absorber, collinear
from panelkit.numerics.staggered_effects import CohortEffects, covariance
from panelkit.numerics.staggered_panel import StaggeredPanel


def imputation(panel: StaggeredPanel, effects: Sequence[IntArray] | None = None) -> CohortEffects:
    """Give back imputation effects by cohort and period with the conservative clustered variance.

    Parameters
    ----------
    panel, effects : see `did_untreated.fit_untreated`.

    Raises
    ------
    ValueError
        If no row is untreated or no treated row is identified.

    Notes
    -----
    Aggregate with `staggered_effects.aggregate`: `simple` is the average over treated rows, `dynamic` by horizon. Rows
    that cannot be imputed (no untreated row of the unit, no untreated unit in the period) are left out of their cell,
    and cells without any other row have no estimate; both are named in `unidentified`. A cell with one treated unit adds
    nothing to the variance: read its error as a lower bound.

    Source
    ------
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007, theorems 2 and 3: effects centred by cohort and
    period with weights v^2); R `didimputation` 0.5.0, Stata `did_imputation`. No small-sample factor.
    """
    return _effects(fit_untreated(panel, effects), "imputation", np.asarray(panel.treated))


def two_stage_gardner(
    panel: StaggeredPanel, effects: Sequence[IntArray] | None = None, leads: Literal["none", "all"] = "none"
) -> CohortEffects:
    """Give back Gardner's two-stage effects by cohort and period with the GMM variance.

    Parameters
    ----------
    panel, effects : see `did_untreated.fit_untreated`.
    leads : `all` adds the cells before treatment: means of first-stage residuals, not tests of a separate model.

    Raises
    ------
    ValueError
        As `imputation` does.

    Notes
    -----
    The point estimates are those of `imputation`; the influence counts the first stage, and shares are estimated, so
    that `aggregate` gives the errors of the second-stage regression on one treatment dummy (`simple`) or on event-time
    dummies (`dynamic`).

    Source
    ------
    Gardner (2021, arXiv:2207.05943, section 3.3); R `did2s` 1.2.1, no small-sample factor.
    """
    if leads not in ("none", "all"):
        raise ValueError(f"leads are none or all, not {leads!r}")
    rows = np.asarray(panel.treated) if leads == "none" else np.isfinite(panel.event)
    return _effects(fit_untreated(panel, effects), "two_stage", rows)


def _effects(fit: UntreatedFit, variance: Literal["imputation", "two_stage"], rows: Any) -> CohortEffects:
    """Means of the gaps by cohort and period, with influence."""
    from scipy import sparse

    panel = fit.panel
    missing = _unidentified(panel, rows & ~fit.identified)
    used = np.flatnonzero(rows & fit.identified)
    if len(used) == 0:
        raise ValueError("no treated row can be imputed: every treated period lacks an untreated unit")
    cell, cohorts, periods = _cells(panel, used)
    m = len(cohorts)
    mass = panel.mass[used]
    total = np.bincount(cell, weights=mass, minlength=m)
    share = mass / total[cell]
    gaps = fit.gap[used]
    att = np.asarray(np.bincount(cell, weights=share * gaps, minlength=m), dtype=np.float64)
    centre = att
    if variance == "imputation":
        squares = np.bincount(cell, weights=share**2, minlength=m)
        centre = np.bincount(cell, weights=share**2 * gaps, minlength=m) / squares
    influence = -fit.influence(sparse.csr_array((share, (used, cell)), shape=(panel.rows, m)))
    # a unit has at most one row in a cell, so plain assignment adds without loss
    influence[panel.unit[used], cell] += share * (gaps - centre[cell])
    members = sparse.csr_array((mass, (panel.unit[used], cell)), shape=(panel.units, m))
    untreated_at = {float(t): int((fit.untreated & (panel.time == t)).sum()) for t in np.unique(periods)}
    estimated = variance == "two_stage"
    return CohortEffects(
        cohorts=cohorts,
        periods=periods,
        att=att,
        influence=influence * panel.units,
        weights=total / panel.units,
        treated=np.bincount(cell, minlength=m).astype(np.intp),
        controls=np.array([untreated_at[float(t)] for t in periods], dtype=np.intp),
        clusters=panel.clusters,
        membership=members if estimated else None,
        share_of=np.arange(m, dtype=np.intp) if estimated else None,
        window=(float(panel.time.min()), float(panel.time.max())),
        unidentified=missing,
    )


def _cells(panel: StaggeredPanel, rows: IntArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Code of the cohort-period cell of each row, and the cohorts and periods of the cells."""
    cohorts, first = np.unique(panel.cohort[panel.unit[rows]], return_inverse=True)
    periods, second = np.unique(panel.time[rows], return_inverse=True)
    levels, cell = np.unique(first * len(periods) + second, return_inverse=True)
    return np.asarray(cell, dtype=np.intp), cohorts[levels // len(periods)], periods[levels % len(periods)]


def _unidentified(panel: StaggeredPanel, lost: Any) -> tuple[tuple[float, float, str], ...]:
    """(cohort, period, how many rows and why) of the treated rows without an imputed outcome."""
    rows = np.flatnonzero(lost)
    if len(rows) == 0:
        return ()
    cell, cohorts, periods = _cells(panel, rows)
    counts = np.bincount(cell)
    of_unit = np.bincount(panel.unit, weights=~np.asarray(panel.treated), minlength=panel.units)
    alone = np.bincount(cell, weights=of_unit[panel.unit[rows]] == 0)
    untreated = ~np.asarray(panel.treated)
    out = []
    for g, t, n, a in zip(cohorts, periods, counts, alone, strict=True):
        if a:
            why = f"{int(a)} of them have no untreated row of their own"
        elif not untreated[panel.time == t].any():
            why = "no unit is untreated in that period"
        else:
            why = "the untreated rows do not determine the prediction"
        out.append((float(g), float(t), f"{int(n)} treated rows: {why}"))
    return tuple(out)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreTrends:
    """Coefficients of leads among untreated rows: event times, estimates, errors, covariance, joint chi-square test.

    influence : (N, r), on the scale of `CohortEffects.influence`.
    """

    at: FloatArray
    estimate: FloatArray
    se: FloatArray
    covariance: FloatArray
    influence: FloatArray
    test: Wald


def imputation_pretrends(panel: StaggeredPanel, leads: int, effects: Sequence[IntArray] | None = None) -> PreTrends:
    """Give back the pre-trend test of imputation: dummies of the last `leads` periods before treatment, untreated rows only.

    Parameters
    ----------
    leads : how many periods before treatment get a coefficient; earlier ones are the reference.
    effects : as in `did_untreated.fit_untreated`.

    Raises
    ------
    ValueError
        If a lead has no row or is not determined (too many leads leave no reference).

    Source
    ------
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007, section 4.4): the test uses no treated row, so passing it does
    not condition the estimates. Stata `did_imputation, pretrends()`. Clustered, no small-sample factor.
    """
    rows = np.flatnonzero(~np.asarray(panel.treated))
    event = panel.event[rows]
    at = -np.arange(leads, 0, -1, dtype=np.float64)
    X = np.column_stack([(event[:, None] == at[None, :]).astype(np.float64), panel.covariates[rows]])
    others = [panel.time] if effects is None else list(effects)
    codes = [np.unique(c[rows], return_inverse=True)[1].astype(np.intp) for c in (panel.unit, *others)]
    w = None if panel.weights is None else panel.weights[rows]
    sweep = absorber(codes, w)
    swept = sweep.residualise(X)
    lost = [j for j in collinear(swept, X) if j < leads]
    if lost:
        raise ValueError(f"the lead {at[lost[0]]:g} is not determined: ask for fewer leads")
    fit = solve(swept, sweep.residualise(panel.outcome[rows]), w)
    moved = swept * (fit.residuals * panel.mass[rows])[:, None] @ fit.bread
    influence = group_sums(moved[:, :leads], panel.unit[rows], panel.units)
    V = covariance(influence * panel.units, panel.clusters)
    b = fit.coefficients[:leads]
    return PreTrends(
        at=at,
        estimate=b,
        se=np.sqrt(np.diag(V)),
        covariance=V,
        influence=influence * panel.units,
        test=wald(b, V, np.inf),
    )
