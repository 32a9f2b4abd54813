"""Callaway and Sant'Anna: each cohort and period against never or not yet treated units, panels or cross-sections."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.registry import ESTIMATORS
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered import Sampling, Staggered
from panelkit.estimators._staggered_kind import staggered_kind
from panelkit.estimators._staggered_method import Method, StaggeredSpec, refuse_anticipation
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna, two_by_two_means
from panelkit.numerics.did_route import covariate_cells
from panelkit.numerics.staggered_effects import CohortEffects

CITE = "Callaway and Sant'Anna (2021)"
WORDS = {
    "dr": "Covariates enter by outcome regression and propensity score, doubly robust.",
    "reg": "Covariates enter by outcome regression.",
    "ipw": "Covariates enter by inverse probability weighting.",
}

ROUTES = {
    "dr": "a regression of the controls and a logit for each cell, both by their own arithmetic,",
    "reg": "a regression of the controls for each cell, by its own arithmetic,",
    "ipw": "a logit for each cell, by its own arithmetic,",
}


@spec
class CallawaySantanna(StaggeredSpec):
    """`kind = "callaway_santanna"`: y ~ 1 | unit + time, covariates in place of 1; of cross-sections | cohort + time.

    Parameters
    ----------
    control : compare with units 'never' or 'notyet' treated.
    adjustment : how covariates enter: doubly robust, outcome regression, inverse probability weights; they are taken at the base
        period.
    base : cells before treatment are compared with the period before ('varying') or the last untreated one ('universal').
    anticipation : periods before treatment in which units may already respond.
    unbalanced : whether units not seen in every period 'drop' out, or each comparison is one of two cross-sections ('allow').
    sampling : 'cross_sections' where rows are different units in each period (the panel's unit is then the row).
    """

    kind: str = "callaway_santanna"
    control: Literal["never", "notyet"] = "never"
    adjustment: Literal["dr", "reg", "ipw"] = "dr"
    base: Literal["varying", "universal"] = "varying"
    anticipation: int = 0
    unbalanced: Literal["drop", "allow"] = "drop"
    sampling: Sampling = "panel"


def method_of(spec: CallawaySantanna) -> Method:
    """What Callaway and Sant'Anna's estimator brings to the common result.

    Source
    ------
    Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001); R `did` 2.1.2, Stata `csdid`.
    """
    refuse_anticipation(spec)
    plan = CallawayPlan(
        control=spec.control,
        method=spec.adjustment,
        base=spec.base,
        anticipation=float(spec.anticipation),
        unbalanced=spec.unbalanced,
    )
    universal = spec.base == "universal"

    def other(design: Staggered, found: CohortEffects) -> tuple[CohortEffects | np.ndarray, str] | str:
        if design.covariates:
            return covariate_cells(design.panel, plan, found), ROUTES[spec.adjustment]
        return two_by_two_means(design.panel, plan, found), "four plain means for each cell"

    return Method(
        cite=CITE,
        control=spec.control,
        effects=lambda design: callaway_santanna(design.panel, plan),
        other=other,
        long=None if universal else lambda design: callaway_santanna(design.panel, replace(plan, base="universal")),
        reference=-1.0 - spec.anticipation if universal else None,
        anticipation=spec.anticipation,
        complete=spec.unbalanced == "drop" and spec.sampling == "panel",
        sampling=spec.sampling,
        singletons="keep",  # as R did: a unit seen once is a row of a cross-section, or incomplete
    )


ESTIMATORS.register(
    staggered_kind(
        name="callaway_santanna",
        spec=CallawaySantanna,
        summary="staggered adoption, each cohort and period against untreated units (Callaway-Sant'Anna)",
        method_of=method_of,
        said=lambda spec: WORDS[spec.adjustment] if formula_of(spec).slopes else "",
    )
)
