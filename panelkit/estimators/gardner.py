"""Gardner: imputed untreated outcomes in two stages, the first counted in the errors of the second."""

from __future__ import annotations

from typing import Literal

from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered_kind import (
    columns_staggered,
    estimate_staggered,
    explain_staggered,
    prepare_staggered,
)
from panelkit.estimators._staggered_method import Method, StaggeredSpec, dated_again, moved_back, refuse_anticipation
from panelkit.estimators.imputation import cell_dummies, long_changes
from panelkit.numerics.did_imputation import two_stage_gardner

CITE = "Gardner (2021)"


@spec
class Gardner(StaggeredSpec):
    """`kind = "gardner"`: y ~ 1 | unit + time, or covariates in place of 1; region^time and other effects may stand beside.

    The first event time of `window` says how many leads among untreated rows are tested (three where it is left out).

    Parameters
    ----------
    before : of event times before treatment show 'leads' among untreated rows, or 'means' of the first stage's residuals, as R
        `did2s` with event-time dummies does (no test of a separate model: the residuals were fitted to be small).
    anticipation : periods before treatment in which units may already respond; they are no untreated rows.
    """

    kind: str = "gardner"
    before: Literal["leads", "means"] = "leads"
    anticipation: int = 0


def method_of(spec: Gardner) -> Method:
    """What the estimator brings to the common result."""
    refuse_anticipation(spec)
    a = spec.anticipation
    means = spec.before == "means"
    leads: Literal["none", "all"] = "all" if means else "none"
    return Method(
        cite=CITE,
        control="notyet",
        effects=lambda design: dated_again(two_stage_gardner(moved_back(design.panel, a), design.effects, leads), a),
        other=lambda design: cell_dummies(design, a),
        long=lambda design: long_changes(design, a),
        anticipation=a,
        leads=not means,
        further=True,
    )


def estimate(spec: Gardner, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period; cells, curves 'event_time', 'cohort', 'calendar'; tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.

    Source
    ------
    Gardner (2021, arXiv:2207.05943); R `did2s` 1.2.1, Stata `did2s`.
    """
    return estimate_staggered(spec, method_of(spec), panel, setting)


def prepare(spec: Gardner, panel: Panel, setting: Setting) -> Design:
    """The arrays of the two-way regression on the same rows."""
    return prepare_staggered(spec, method_of(spec), panel, setting)


def explain(spec: Gardner) -> str:
    """What will be done, in words."""
    return explain_staggered(
        spec, method_of(spec), "Covariates are fitted on untreated rows." if formula_of(spec).slopes else ""
    )


ESTIMATORS.register(
    EstimatorKind(
        name="gardner",
        spec=Gardner,
        summary="staggered adoption in two stages (Gardner)",
        confirmation="route",
        columns=columns_staggered,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
