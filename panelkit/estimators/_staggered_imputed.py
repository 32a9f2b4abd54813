"""What imputation, two stages and the extended two-way regression share: the other route, long changes. No method is here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.estimators._staggered import Staggered
from panelkit.estimators._staggered_method import moved_back
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_route import imputed_cells
from panelkit.numerics.staggered_effects import CohortEffects

ON_UNTREATED = "Covariates are fitted on untreated rows."


def imputed_route(design: Staggered, found: CohortEffects, a: int) -> tuple[CohortEffects | np.ndarray, str]:
    """The other route to imputed effects with `a` periods of anticipation: untreated rows on every dummy, written out."""
    moved = replace(found, cohorts=found.cohorts - a)
    return imputed_cells(
        moved_back(design.panel, a), moved, design.effects
    ), "least squares of untreated rows on every dummy"


def long_changes(design: Staggered, a: int) -> CohortEffects:
    """Changes from the last untreated period, before and after treatment, on the same rows against units not treated yet.

    Leads among untreated rows are not read against the same period as the effects (Roth 2024, "Interpreting event-studies from
    recent difference-in-differences methods"), so bounds on violations of parallel trends are taken from these.
    """
    plan = CallawayPlan(control="notyet", method="reg", base="universal", anticipation=float(a), unbalanced="allow")
    return callaway_santanna(design.panel, plan)
