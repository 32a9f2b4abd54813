"""Tests of a staggered design: joint pre-trends, of cells or of averages by event time, and the cells beside another route to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.counted import counted
from panelkit.estimators._estimate import TOO_FEW_TREATED
from panelkit.numerics.did_imputation import PreTrends
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.staggered_bands import pretest
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects, covariance

ROUTE = 1e-8  # of the largest effect or error: beyond this the route has not confirmed
CLUSTERS_PER_CELL = 5  # with fewer a joint test of the cells before treatment is none


def pre_trends(effects: CohortEffects, dynamic: Aggregated, leads: PreTrends | None) -> tuple[Wald, list[str]]:
    """The joint test that nothing moved before treatment, and a sentence where it is not of every cell.

    Of the leads among untreated rows where they are what the method has; else of every cell before treatment, as R `did`, but for
    those of one or two treated units, which show hardly any spread and would reject whatever the data; of the
    averages by event time, as F with G - 1, where cells are many for G clusters: their covariance is then near singular (a
    cohort of one unit shows no spread at all), and the chi-square of the cells rejects whatever the data.
    """
    if leads is not None:
        return leads.test, []
    before = (effects.event < 0) & np.isfinite(effects.se)
    if not before.any():
        raise ValueError("no lead is determined")
    thin = before & (effects.treated <= TOO_FEW_TREATED)
    cells = int((before & ~thin).sum())
    groups = len(effects.influence) if effects.clusters is None else int(effects.clusters.max()) + 1
    if cells and cells * CLUSTERS_PER_CELL <= groups:
        said = f"The joint pre-trend test leaves out {counted(int(thin.sum()), 'cells')} of one or two treated units."
        return pretest(effects, keep=~thin), [said] if thin.any() else []
    at = np.flatnonzero((dynamic.at < 0) & np.isfinite(dynamic.se) & (dynamic.treated > TOO_FEW_TREATED))
    at = at[-max(groups // CLUSTERS_PER_CELL, 1) :]
    if not len(at):
        raise ValueError("no lead has more than two treated units")
    V = covariance(dynamic.influence[:, at], dynamic.clusters, dynamic.factor)
    named = ", ".join(f"{e:g}" for e in dynamic.at[at])
    said = (
        f"The joint pre-trend test is of the averages at event times {named}: {counted(cells, 'cells')} before treatment are too many for"
        f" {counted(groups, 'clusters')}."
    )
    return wald(dynamic.estimate[at], (V + V.T) / 2, groups - 1.0), [said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The largest difference of a cell from another route to it, and what that says."""

    largest: float
    text: str


def confirmed(effects: CohortEffects, other: CohortEffects | np.ndarray, how: str) -> Gap | str:
    """The cells held against another route: its effects by cohort and period, or its values (m,) in the order of the cells."""
    if isinstance(other, CohortEffects):
        cells = zip(other.cohorts, other.periods, other.att, strict=True)
        known = {(float(g), float(t)): float(b) for g, t, b in cells}
        keys = list(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True))
        if any(k not in known for k in keys):
            return "the other route does not have every cell"
        other = np.array([known[k] for k in keys])
    largest = float(np.abs(other - effects.att).max())
    errors = effects.se[np.isfinite(effects.se)]
    size = max(float(np.abs(effects.att).max()), float(errors.max()) if len(errors) else 0.0)
    n = len(effects.att)
    if largest <= ROUTE * size:  # its digits are those of rounding, which another machine does otherwise
        return Gap(
            largest=largest,
            text=f"By route: {how} agree with the {counted(n, 'cells')}, to {ROUTE:.0e} of the largest.",
        )
    return Gap(
        largest=largest,
        text=f"By route: {how} DO NOT AGREE with the {counted(n, 'cells')}, largest difference {largest:.1e}.",
    )
