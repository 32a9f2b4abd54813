"""Wooldridge's extended two-way regression: a dummy for each treated cohort and period, covariates centred in each."""

from __future__ import annotations

from typing import Literal

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
from panelkit.estimators.imputation import long_changes
from panelkit.estimators.sun_abraham import long_differences
from panelkit.numerics.did_imputation import imputation
from panelkit.numerics.did_interaction import extended_two_way
from panelkit.numerics.staggered_effects import CohortEffects

CITE = "Wooldridge (2025)"


@spec
class ExtendedTwoWay(StaggeredSpec):
    """`kind = "extended_two_way"`: y ~ 1 | unit + time, or covariates in place of 1, by period and centred by cohort.

    Parameters
    ----------
    control : 'notyet' leaves every untreated row a control; 'never' has dummies before treatment too (event time -1 left out).
        The first event time of `window` then says how many leads among untreated rows are tested (three where it is left out).
    anticipation : periods before treatment in which units may already respond; they are no untreated rows.
    """

    kind: str = "extended_two_way"
    control: Literal["notyet", "never"] = "notyet"
    anticipation: int = 0


def method_of(spec: ExtendedTwoWay) -> Method:
    """What the estimator brings to the common result."""
    refuse_anticipation(spec)
    a = spec.anticipation
    never = spec.control == "never"

    def other(design: Staggered) -> tuple[CohortEffects | np.ndarray, str] | str:
        if never:
            return long_differences(design, a)
        if design.covariates:
            return "with covariates imputation is another estimator"
        return dated_again(imputation(moved_back(design.panel, a)), a), "imputed effects"

    return Method(
        cite=CITE,
        control=spec.control,
        effects=lambda design: dated_again(extended_two_way(moved_back(design.panel, a), spec.control), a),
        other=other,
        long=None if never else lambda design: long_changes(design, a),
        anticipation=a,
        leads=not never,
        reference=-1.0 - a if never else None,
        regression=True,
    )


def estimate(spec: ExtendedTwoWay, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period; cells, curves 'event_time', 'cohort', 'calendar'; tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.

    Source
    ------
    Wooldridge (2025, doi:10.1007/s00181-025-02807-z); R `etwfe`, Stata `jwdid`.
    """
    return estimate_staggered(spec, method_of(spec), panel, setting)


def prepare(spec: ExtendedTwoWay, panel: Panel, setting: Setting) -> Design:
    """The arrays of the two-way regression on the same rows."""
    return prepare_staggered(spec, method_of(spec), panel, setting)


def explain(spec: ExtendedTwoWay) -> str:
    """What will be done, in words."""
    return explain_staggered(
        spec,
        method_of(spec),
        "Covariates enter by period, and centred at the cohort's mean in each cell." if formula_of(spec).slopes else "",
    )


ESTIMATORS.register(
    EstimatorKind(
        name="extended_two_way",
        spec=ExtendedTwoWay,
        summary="staggered adoption by an extended two-way regression (Wooldridge)",
        confirmation="route",
        columns=columns_staggered,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
