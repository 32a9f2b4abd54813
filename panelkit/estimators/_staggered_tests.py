"""The joint pre-trend test of a staggered design: of cells where clusters are many, else of averages by event time. No route check."""

from __future__ import annotations

import numpy as np

from panelkit.estimators._estimate import TOO_FEW_TREATED
from panelkit.numerics.did_imputation import PreTrends
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.staggered_bands import pretest
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects, covariance

CLUSTERS_PER_CELL = 5  # with fewer a joint test of the cells before treatment is none


def pre_trends(effects: CohortEffects, dynamic: Aggregated, leads: PreTrends | None) -> tuple[Wald, list[str]]:
    """The joint test that nothing moved before treatment, and a sentence where it is not of every cell.

    Of the leads among untreated rows where they are what the method has; else of every cell before treatment, as R `did`; of the
    averages by event time, as F with G - 1, where cells are many for G clusters: their covariance is then near singular (a
    cohort of one unit shows no spread at all), and the chi-square of the cells rejects whatever the data.
    """
    if leads is not None:
        return leads.test, []
    cells = int(((effects.event < 0) & np.isfinite(effects.se)).sum())
    if not cells:
        raise ValueError("no lead is determined")
    groups = len(effects.influence) if effects.clusters is None else int(effects.clusters.max()) + 1
    if cells * CLUSTERS_PER_CELL <= groups:
        return pretest(effects), []
    at = np.flatnonzero((dynamic.at < 0) & np.isfinite(dynamic.se) & (dynamic.treated > TOO_FEW_TREATED))
    at = at[-max(groups // CLUSTERS_PER_CELL, 1) :]
    if not len(at):
        raise ValueError("no lead has more than two treated units")
    V = covariance(dynamic.influence[:, at], dynamic.clusters, dynamic.factor)
    named = ", ".join(f"{e:g}" for e in dynamic.at[at])
    said = (
        f"The joint pre-trend test is of the averages at event times {named}: {cells} cells before treatment are too many for"
        f" {groups} clusters."
    )
    return wald(dynamic.estimate[at], (V + V.T) / 2, groups - 1.0), [said]
