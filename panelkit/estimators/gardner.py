"""Gardner: imputed untreated outcomes in two stages, the first counted in the errors of the second."""

from __future__ import annotations

from typing import Literal

from panelkit.core.registry import ESTIMATORS
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered_imputed import ON_UNTREATED, imputed_route, long_changes
from panelkit.estimators._staggered_kind import staggered_kind
from panelkit.estimators._staggered_method import Method, StaggeredSpec, dated_again, moved_back, refuse_anticipation
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
    """What the estimator brings to the common result.

    Source
    ------
    Gardner (2021, arXiv:2207.05943); R `did2s` 1.2.1, Stata `did2s`.
    """
    refuse_anticipation(spec)
    a = spec.anticipation
    means = spec.before == "means"
    leads: Literal["none", "all"] = "all" if means else "none"
    return Method(
        cite=CITE,
        control="notyet",
        effects=lambda design: dated_again(two_stage_gardner(moved_back(design.panel, a), design.effects, leads), a),
        other=lambda design, found: imputed_route(design, found, a),
        long=lambda design: long_changes(design, a),
        anticipation=a,
        leads=not means,
        further=True,
    )


ESTIMATORS.register(
    staggered_kind(
        name="gardner",
        spec=Gardner,
        summary="staggered adoption in two stages (Gardner)",
        method_of=method_of,
        said=lambda spec: ON_UNTREATED if formula_of(spec).slopes else "",
    )
)
