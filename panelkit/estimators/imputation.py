"""Borusyak, Jaravel and Spiess: untreated outcomes predicted from untreated rows, their conservative variance."""

from __future__ import annotations

from panelkit.core.registry import ESTIMATORS
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of
from panelkit.estimators._staggered_imputed import ON_UNTREATED, imputed_route, long_changes
from panelkit.estimators._staggered_kind import staggered_kind
from panelkit.estimators._staggered_method import Method, StaggeredSpec, dated_again, moved_back, refuse_anticipation
from panelkit.numerics.did_imputation import imputation

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
    """What the estimator brings to the common result.

    Source
    ------
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007); Stata `did_imputation`, R `didimputation` 0.5.0.
    """
    refuse_anticipation(spec)
    a = spec.anticipation
    return Method(
        cite=CITE,
        control="notyet",
        effects=lambda design: dated_again(imputation(moved_back(design.panel, a), design.effects), a),
        other=lambda design, found: imputed_route(design, found, a),
        long=lambda design: long_changes(design, a),
        anticipation=a,
        leads=True,
        further=True,
    )


ESTIMATORS.register(
    staggered_kind(
        name="imputation",
        spec=Imputation,
        summary="staggered adoption by imputed untreated outcomes (Borusyak-Jaravel-Spiess)",
        method_of=method_of,
        said=lambda spec: ON_UNTREATED if formula_of(spec).slopes else "",
    )
)
