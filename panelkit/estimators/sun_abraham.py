"""Sun and Abraham: a two-way regression with a dummy for each cohort and event time, against never treated units."""

from __future__ import annotations

import numpy as np

from panelkit.core.registry import ESTIMATORS
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered import Staggered
from panelkit.estimators._staggered_kind import staggered_kind
from panelkit.estimators._staggered_method import Method, StaggeredSpec, refuse_anticipation
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_interaction import interaction_weighted
from panelkit.numerics.did_route import saturated_cells
from panelkit.numerics.staggered_effects import CohortEffects

CITE = "Sun and Abraham (2021)"


@spec
class SunAbraham(StaggeredSpec):
    """`kind = "sun_abraham"`: y ~ 1 | unit + time, or covariates in place of 1, which enter linearly.

    Parameters
    ----------
    anticipation : the reference is event time -1 - anticipation; where years have gaps, a cohort's last period before it.
    """

    kind: str = "sun_abraham"
    anticipation: int = 0


def method_of(spec: SunAbraham) -> Method:
    """What Sun and Abraham's estimator brings to the common result.

    Source
    ------
    Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006); R fixest `sunab` 0.14.2, Stata `eventstudyinteract`.
    """
    refuse_anticipation(spec)
    reference = -1.0 - spec.anticipation
    return Method(
        cite=CITE,
        control="never",
        effects=lambda design: interaction_weighted(design.panel, reference=reference),
        other=lambda design, found: saturated_route(design, found, spec.anticipation),
        reference=reference,
        regression=True,
        anticipation=spec.anticipation,
    )


def saturated_route(
    design: Staggered, found: CohortEffects, anticipation: int = 0
) -> tuple[CohortEffects | np.ndarray, str]:
    """The other route to a regression saturated before treatment too: changes from the last untreated period, or dummies written out."""
    panel = design.panel
    if design.covariates or panel.rows != panel.units * len(panel.periods):
        return saturated_cells(panel, found), "least squares with every dummy written out"
    plan = CallawayPlan(base="universal", anticipation=float(anticipation))
    return callaway_santanna(design.panel, plan), "differences of means with the last untreated period"


ESTIMATORS.register(
    staggered_kind(
        name="sun_abraham",
        spec=SunAbraham,
        summary="staggered adoption by cohort and event-time dummies (Sun-Abraham)",
        method_of=method_of,
        said=lambda spec: "Covariates enter linearly." if formula_of(spec).slopes else "",
    )
)
