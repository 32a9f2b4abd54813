"""Staggered adoption by a method named in a field: one declaration for the kinds that bear the methods' names. No method is here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal

from panelkit.core.errors import EstimationError
from panelkit.core.registry import ESTIMATORS
from panelkit.core.spec import spec
from panelkit.estimators import callaway_santanna, extended_two_way, gardner, imputation, sun_abraham
from panelkit.estimators._staggered_kind import staggered_kind
from panelkit.estimators._staggered_method import Method, StaggeredSpec

KINDS: dict[str, tuple[type[StaggeredSpec], Any]] = {
    "callaway_santanna": (callaway_santanna.CallawaySantanna, callaway_santanna.method_of),
    "sun_abraham": (sun_abraham.SunAbraham, sun_abraham.method_of),
    "imputation": (imputation.Imputation, imputation.method_of),
    "gardner": (gardner.Gardner, gardner.method_of),
    "extended_two_way": (extended_two_way.ExtendedTwoWay, extended_two_way.method_of),
}
COMPARED = {"sun_abraham": "never", "imputation": "notyet", "gardner": "notyet"}  # the methods without a choice
OWN = ("control", "adjustment", "base", "unbalanced", "anticipation", "sampling", "before")


@spec
class StaggeredDid(StaggeredSpec):
    """`kind = "staggered_did"`: the kind that `method` names, as one declaration; see there for what each field means.

    Parameters
    ----------
    method : callaway_santanna, sun_abraham, imputation, gardner or extended_two_way; each is a kind of its own too.
    control : compare with units 'never' or 'notyet' treated; each method's own unless named.
    adjustment, base, unbalanced, sampling : of callaway_santanna. before : of gardner.
    anticipation : periods before treatment in which units may already respond.
    """

    kind: str = "staggered_did"
    method: Literal["callaway_santanna", "sun_abraham", "imputation", "gardner", "extended_two_way"] = (
        "callaway_santanna"
    )
    control: Literal["never", "notyet", ""] = ""
    adjustment: Literal["dr", "reg", "ipw"] = "dr"
    base: Literal["varying", "universal"] = "varying"
    unbalanced: Literal["drop", "allow"] = "drop"
    sampling: Literal["panel", "cross_sections"] = "panel"
    before: Literal["leads", "means"] = "leads"
    anticipation: int = 0


def named(spec: StaggeredDid) -> StaggeredSpec:
    """The specification of the kind that `method` names.

    Raises
    ------
    EstimationError
        A field that the method does not have, or a control group that is not its own.
    """
    kind, where = KINDS[spec.method][0], f"models.{spec.id}"
    taken = {f.name for f in fields(kind)}
    if spec.control and spec.control != COMPARED.get(spec.method, spec.control):
        raise EstimationError(
            f"method '{spec.method}' compares with units '{COMPARED[spec.method]}' treated, not '{spec.control}'",
            where=f"{where}.control",
            mend="leave `control` out, or take another method",
        )
    defaults = {f.name: f.default for f in fields(StaggeredDid)}
    given = {name: getattr(spec, name) for name in OWN if getattr(spec, name) != defaults[name]}
    for name in given:
        if name not in taken and name != "control":
            raise EstimationError(
                f"`{name}` is a choice of {_whose(name)}, not of {spec.method}",
                where=f"{where}.{name}",
                mend=f"leave `{name}` out",
            )
    shared = {f.name: getattr(spec, f.name) for f in fields(StaggeredSpec)}
    return kind(**shared, **{k: v for k, v in given.items() if k in taken})


def _whose(name: str) -> str:
    return " and ".join(m for m, (kind, _) in KINDS.items() if name in {f.name for f in fields(kind)})


def method_of(spec: StaggeredDid) -> Method:
    """What the named method brings to the common result."""
    made: Method = KINDS[spec.method][1](named(spec))
    return made


ESTIMATORS.register(
    staggered_kind(
        name="staggered_did",
        spec=StaggeredDid,
        summary="staggered adoption, the method named in a field",
        method_of=method_of,
    )
)
