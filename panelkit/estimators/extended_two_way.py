"""Wooldridge's extended two-way regression: a dummy for each treated cohort and period, covariates centred in each."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.registry import ESTIMATORS
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered import Staggered
from panelkit.estimators._staggered_imputed import long_changes
from panelkit.estimators._staggered_kind import staggered_kind
from panelkit.estimators._staggered_method import Method, StaggeredSpec, dated_again, moved_back, refuse_anticipation
from panelkit.estimators.sun_abraham import saturated_route
from panelkit.numerics.did_imputation import imputation
from panelkit.numerics.did_interaction import extended_two_way
from panelkit.numerics.did_route import saturated_cells
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
    """What the estimator brings to the common result.

    Source
    ------
    Wooldridge (2025, doi:10.1007/s00181-025-02807-z); R `etwfe`, Stata `jwdid`.
    """
    refuse_anticipation(spec)
    a = spec.anticipation
    never = spec.control == "never"

    def other(design: Staggered, found: CohortEffects) -> tuple[CohortEffects | np.ndarray, str] | str:
        if never and not design.covariates:
            return saturated_route(design, found, a)
        moved = moved_back(design.panel, a)
        if design.covariates or moved.rows != moved.units * len(moved.periods):
            dated = replace(found, cohorts=found.cohorts - a)
            return saturated_cells(moved, dated, spec.control), "least squares with every dummy and product written out"
        return dated_again(imputation(moved), a), "imputed effects"

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


ESTIMATORS.register(
    staggered_kind(
        name="extended_two_way",
        spec=ExtendedTwoWay,
        summary="staggered adoption by an extended two-way regression (Wooldridge)",
        method_of=method_of,
        said=lambda spec: "Covariates enter by period and centred by cohort." if formula_of(spec).slopes else "",
    )
)
