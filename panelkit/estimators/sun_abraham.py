"""Sun and Abraham: a two-way regression with a dummy for each cohort and event time, against never treated units."""

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
from panelkit.estimators._staggered_method import Method, StaggeredSpec, refuse_anticipation
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_interaction import interaction_weighted
from panelkit.numerics.staggered_effects import CohortEffects

CITE = "Sun and Abraham (2021)"


@spec
class SunAbraham(StaggeredSpec):
    """`kind = "sun_abraham"`: y ~ 1 | unit + time, or covariates in place of 1, which enter linearly.

    Parameters
    ----------
    anticipation : the reference is event time -1 - anticipation.
    """

    kind: str = "sun_abraham"
    anticipation: int = 0


def method_of(spec: SunAbraham) -> Method:
    """What Sun and Abraham's estimator brings to the common result."""
    refuse_anticipation(spec)
    reference = -1.0 - spec.anticipation
    return Method(
        cite=CITE,
        control="never",
        effects=lambda design: interaction_weighted(design.panel, reference=reference),
        other=lambda design: long_differences(design, spec.anticipation),
        reference=reference,
        regression=True,
        anticipation=spec.anticipation,
    )


def long_differences(design: Staggered, anticipation: int = 0) -> tuple[CohortEffects | np.ndarray, str] | str:
    """The other route to a regression saturated before treatment too: changes from the last untreated period, or why none."""
    if design.covariates:
        return "with covariates no cell is a difference of four means"
    if design.panel.rows != design.panel.units * len(design.panel.periods):
        return "on an unbalanced panel no cell is a difference of four means"
    plan = CallawayPlan(base="universal", anticipation=float(anticipation))
    return callaway_santanna(design.panel, plan), "differences of means with the last untreated period"


def estimate(spec: SunAbraham, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period; cells, curves 'event_time', 'cohort', 'calendar'; tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.

    Source
    ------
    Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006); R fixest `sunab` 0.14.2, Stata `eventstudyinteract`.
    """
    return estimate_staggered(spec, method_of(spec), panel, setting)


def prepare(spec: SunAbraham, panel: Panel, setting: Setting) -> Design:
    """The arrays of the two-way regression on the same rows."""
    return prepare_staggered(spec, method_of(spec), panel, setting)


def explain(spec: SunAbraham) -> str:
    """What will be done, in words."""
    return explain_staggered(spec, method_of(spec), "Covariates enter linearly." if formula_of(spec).slopes else "")


ESTIMATORS.register(
    EstimatorKind(
        name="sun_abraham",
        spec=SunAbraham,
        summary="staggered adoption by cohort and event-time dummies (Sun-Abraham)",
        confirmation="route",
        columns=columns_staggered,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
