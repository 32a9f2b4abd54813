"""Staggered adoption in Stata: csdid, eventstudyinteract, did_imputation, did2s and jwdid, each by its method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from panelkit.replication.stata.columns import Columns, NoTwinError
from panelkit.replication.stata.regressions import TOLERANCE

METHODS = ("callaway_santanna", "sun_abraham", "imputation", "gardner", "extended_two_way")
NEEDS = {
    "callaway_santanna": "csdid, drdid",
    "sun_abraham": "eventstudyinteract, avar, reghdfe",
    "imputation": "did_imputation, reghdfe",
    "gardner": "did2s",
    "extended_two_way": "jwdid, reghdfe",
}


def method_of(estimate: Mapping[str, Any], model: Any) -> str:
    """The staggered method of a model; '' where it has none."""
    if estimate["kind"] in METHODS:
        return str(estimate["kind"])
    return str(getattr(model, "method", "")) if estimate["kind"] == "staggered_did" else ""


def staggered(method: str, estimate: Mapping[str, Any], model: Any, columns: Columns) -> list[str]:
    """The lines of a staggered model.

    Raises
    ------
    NoTwinError
        A method or an option that no command has.
    """
    makers: dict[str, Callable[[Mapping[str, Any], Any, Columns], list[str]]] = {
        "callaway_santanna": _callaway_santanna,
        "sun_abraham": _sun_abraham,
        "imputation": _imputation,
        "gardner": _gardner,
        "extended_two_way": _extended_two_way,
    }
    if method not in makers:
        raise NoTwinError(f"no command of Stata is known for {method.replace('_', ' ')}")
    if estimate["requests"][0]["weights"]:
        raise NoTwinError("the staggered commands weigh rows in ways of their own")
    cohort, time = columns.names[model.cohort], columns.of(columns.time)
    lines = [
        f"gen double pk_cohort = {cohort} if {cohort} != 0 & !missing({cohort})",
        "gen double pk_gvar = cond(missing(pk_cohort), 0, pk_cohort)",
        f"gen byte pk_on = !missing(pk_cohort) & {time} >= pk_cohort",
    ]
    return [*lines, *makers[method](estimate, model, columns)]


def _covariates(estimate: Mapping[str, Any], columns: Columns) -> str:
    return "".join(f" {columns.of(s)}" for s in estimate["requests"][0]["slopes"] if not s.startswith("treated::"))


def _keys(columns: Columns) -> tuple[str, str]:
    return columns.numbered(), columns.of(columns.time)


def _cluster(estimate: Mapping[str, Any], columns: Columns) -> str:
    by = estimate["covariance"].get("by", ())
    return columns.of(by[0]) if by else columns.numbered()


def _callaway_santanna(estimate: Mapping[str, Any], model: Any, columns: Columns) -> list[str]:
    unit, time = _keys(columns)
    how = {"dr": "dripw", "reg": "reg", "ipw": "stdipw"}[getattr(model, "adjustment", "dr")]
    notyet = " notyet" if getattr(model, "control", "") == "notyet" else ""
    base = " long2" if getattr(model, "base", "varying") == "universal" else ""
    if getattr(model, "anticipation", 0):
        raise NoTwinError("csdid has no option for anticipation")
    outcome = columns.of(estimate["outcome"])
    return [
        f"csdid {outcome}{_covariates(estimate, columns)}, ivar({unit}) time({time}) gvar(pk_gvar) method({how}){notyet}{base}",
        *(f"estat {what}" for what in ("simple", "event", "group", "calendar")),
    ]


def _sun_abraham(estimate: Mapping[str, Any], model: Any, columns: Columns) -> list[str]:
    unit, time = _keys(columns)
    covariates = _covariates(estimate, columns)
    further = f" covariates({covariates.strip()})" if covariates else ""
    reference = -1 - int(getattr(model, "anticipation", 0))
    return [
        f"gen double pk_since = {time} - pk_cohort",
        "gen byte pk_never = missing(pk_cohort)",
        "quietly levelsof pk_since, local(times)",
        "local since",
        "foreach k of local times {",
        f"    if `k' != {reference} {{",
        '        local name = cond(`k\' < 0, "pk_lead" + string(-`k\'), "pk_lag" + string(`k\'))',
        "        gen byte `name' = pk_since == `k'",
        "        local since `since' `name'",
        "    }",
        "}",
        f"eventstudyinteract {columns.of(estimate['outcome'])} `since', cohort(pk_cohort) control_cohort(pk_never){further} "
        f"absorb(i.{unit} i.{time}) vce(cluster {_cluster(estimate, columns)})",
    ]


def _imputation(estimate: Mapping[str, Any], model: Any, columns: Columns) -> list[str]:
    unit, time = _keys(columns)
    covariates = _covariates(estimate, columns)
    further = f" controls({covariates.strip()})" if covariates else ""
    outcome = columns.of(estimate["outcome"])
    line = (
        f"did_imputation {outcome} {unit} {time} pk_cohort, autosample cluster({_cluster(estimate, columns)}){further}"
    )
    return [line, *_att(estimate, "tau")]


def _gardner(estimate: Mapping[str, Any], model: Any, columns: Columns) -> list[str]:
    unit, time = _keys(columns)
    first = f"{_covariates(estimate, columns)} i.{unit} i.{time}".strip()
    return [
        f"did2s {columns.of(estimate['outcome'])}, first_stage({first}) second_stage(pk_on) treatment(pk_on) "
        f"cluster({_cluster(estimate, columns)})",
        *_att(estimate, "pk_on"),
    ]


def _extended_two_way(estimate: Mapping[str, Any], model: Any, columns: Columns) -> list[str]:
    unit, time = _keys(columns)
    never = " never" if getattr(model, "control", "") == "never" else ""
    outcome = columns.of(estimate["outcome"])
    line = f"jwdid {outcome}{_covariates(estimate, columns)}, ivar({unit}) tvar({time}) gvar(pk_gvar){never}"
    return [line, "estat simple", "estat event"]


def _att(estimate: Mapping[str, Any], name: str) -> list[str]:
    att = next((t["estimate"] for t in estimate["terms"] if t["name"] == "att"), None)
    return [f"assert reldif(_b[{name}], {att!r}) < {TOLERANCE}"] if isinstance(att, float) else []
