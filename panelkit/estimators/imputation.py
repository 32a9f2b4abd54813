"""Borusyak, Jaravel and Spiess: untreated outcomes predicted from untreated rows, their conservative variance."""

from __future__ import annotations

import numpy as np

from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered import Staggered
from panelkit.estimators._staggered_kind import (
    columns_staggered,
    estimate_staggered,
    explain_staggered,
    prepare_staggered,
)
from panelkit.estimators._staggered_method import Method, StaggeredSpec, dated_again, moved_back, refuse_anticipation
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_imputation import imputation
from panelkit.numerics.did_interaction import extended_two_way
from panelkit.numerics.staggered_effects import CohortEffects

CITE = "Borusyak, Jaravel and Spiess (2024)"


@spec
class Imputation(StaggeredSpec):
    """`kind = "imputation"`: y ~ 1 | unit + time, or covariates in place of 1; region^time and other effects may stand beside.

    The first event time of `window` says how many leads among untreated rows are tested (three where it is left out).

    Parameters
    ----------
    anticipation : periods before treatment in which units may already respond; they are no untreated rows.
    """

    kind: str = "imputation"
    anticipation: int = 0


def method_of(spec: Imputation) -> Method:
    """What the estimator brings to the common result."""
    refuse_anticipation(spec)
    a = spec.anticipation
    return Method(
        cite=CITE,
        control="notyet",
        effects=lambda design: dated_again(imputation(moved_back(design.panel, a), design.effects), a),
        other=lambda design: cell_dummies(design, a),
        long=lambda design: long_changes(design, a),
        anticipation=a,
        leads=True,
        further=True,
    )


def cell_dummies(design: Staggered, a: int) -> tuple[CohortEffects | np.ndarray, str] | str:
    """The other route to imputed effects: least squares on a dummy for each treated cohort and period, or why there is none."""
    if design.covariates or design.effects is not None:
        return "with covariates or further effects the saturated regression is another estimator"
    if design.panel.rows != design.panel.units * len(design.panel.periods):
        return "on a panel with gaps one dummy for a cohort and period is not the mean of the effects imputed to single rows"
    return dated_again(extended_two_way(moved_back(design.panel, a)), a), "least squares on cell dummies"


def long_changes(design: Staggered, a: int) -> CohortEffects:
    """Changes from the last untreated period, before and after treatment, on the same rows against units not treated yet.

    Leads among untreated rows are not read against the same period as the effects (Roth 2024, "Interpreting event-studies from
    recent difference-in-differences methods"), so bounds on violations of parallel trends are taken from these.
    """
    plan = CallawayPlan(control="notyet", method="reg", base="universal", anticipation=float(a), unbalanced="allow")
    return callaway_santanna(design.panel, plan)


def estimate(spec: Imputation, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period; cells, curves 'event_time', 'cohort', 'calendar'; tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.

    Source
    ------
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007); Stata `did_imputation`, R `didimputation` 0.5.0.
    """
    return estimate_staggered(spec, method_of(spec), panel, setting)


def prepare(spec: Imputation, panel: Panel, setting: Setting) -> Design:
    """The arrays of the two-way regression on the same rows."""
    return prepare_staggered(spec, method_of(spec), panel, setting)


def explain(spec: Imputation) -> str:
    """What will be done, in words."""
    return explain_staggered(
        spec, method_of(spec), "Covariates are fitted on untreated rows." if formula_of(spec).slopes else ""
    )


ESTIMATORS.register(
    EstimatorKind(
        name="imputation",
        spec=Imputation,
        summary="staggered adoption by imputed untreated outcomes (Borusyak-Jaravel-Spiess)",
        confirmation="route",
        columns=columns_staggered,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
