"""Staggered adoption compared with untreated units only: effects by cohort and period, averaged. Two-way dummies are event_study."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.digest import child_seed
from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.estimate import Effect, Estimate, Quality
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, ESTIMATORS, EstimatorKind
from panelkit.core.request import Analytic, Clustered, Design, Regression
from panelkit.core.spec import spec
from panelkit.estimators._compile import columns_of
from panelkit.estimators._convention import asked_covariance
from panelkit.estimators._estimate import TOO_FEW_TREATED, treated_clusters
from panelkit.estimators._inference import answer, terms_of
from panelkit.estimators._staggered import Staggered, staggered_of
from panelkit.estimators._staggered_curves import band_words, bands_of, curve, effect, treated_units
from panelkit.estimators._staggered_tests import pre_trends
from panelkit.estimators._words import equation, no_instruments
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna, two_by_two_means
from panelkit.numerics.did_imputation import PreTrends, imputation, imputation_pretrends, two_stage_gardner
from panelkit.numerics.did_interaction import extended_two_way, interaction_weighted
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects, aggregate, covariance

Method = Literal["callaway_santanna", "sun_abraham", "imputation", "gardner", "extended_two_way"]
CONTROLS: dict[str, tuple[str, ...]] = {  # the first is taken where none is named
    "callaway_santanna": ("never", "notyet"),
    "sun_abraham": ("never",),
    "imputation": ("notyet",),
    "gardner": ("notyet",),
    "extended_two_way": ("notyet", "never"),
}
NAMED = {
    "callaway_santanna": "Callaway and Sant'Anna (2021)",
    "sun_abraham": "Sun and Abraham (2021)",
    "imputation": "Borusyak, Jaravel and Spiess (2024)",
    "gardner": "Gardner (2021)",
    "extended_two_way": "Wooldridge (2025)",
}
AVERAGES = (
    "att: all treated cells by size. att_group: cohorts by size, periods of a cohort alike. att_dynamic: event times alike."
    " att_calendar: periods alike."
)
EVERY = (-99, 99)  # the window that leaves nothing out, whatever the periods count
LEADS = 3  # among untreated rows, where no window is given
ROUTE = 1e-8  # of the largest effect or error: beyond this the route has not confirmed


@spec
class StaggeredDid(ModelSpec):
    """`kind = "staggered_did"`: y ~ 1 | unit + time, or covariates in place of 1.

    Parameters
    ----------
    cohort : variable with the first treated period; 0 or missing where never treated.
    control : compare with units 'never' or 'notyet' treated; each method's own unless named.
    adjustment, base, unbalanced : of callaway_santanna: how covariates enter, what cells before treatment are compared with,
        whether units that are not seen in every period 'drop' out.
    anticipation : periods before treatment in which units may already respond (callaway_santanna, sun_abraham).
    draws : of the multiplier bootstrap of simultaneous bands, 0 for none. window : first and last event time of curve,
        bands and att_dynamic, nothing binned; its first also says how many leads imputation, gardner and extended_two_way test.
    """

    kind: str = "staggered_did"
    cohort: str
    method: Method = "callaway_santanna"
    control: Literal["never", "notyet", ""] = ""
    adjustment: Literal["dr", "reg", "ipw"] = "dr"
    base: Literal["varying", "universal"] = "varying"
    unbalanced: Literal["drop", "allow"] = "drop"
    anticipation: int = 0
    draws: int = 999
    window: tuple[int, int] = EVERY


def estimate(spec: StaggeredDid, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period; curves 'event_time', 'cohort', 'calendar'; tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.

    Source
    ------
    Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001), Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006),
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007), Gardner (2021, arXiv:2207.05943), Wooldridge (2025,
    doi:10.1007/s00181-025-02807-z).
    """
    where = f"models.{spec.id}"
    design, plain = _design(spec, panel, setting)
    _refuse_second(design.compiled.request, setting, where)
    two_way = answer(design.compiled, plain, where)
    try:
        effects = _effects(spec, design)
        parts = {how: _averages(spec, effects, how) for how in ("simple", "dynamic", "group", "calendar")}
    except ValueError as fault:
        raise EstimationError(str(fault), where=where, mend="look at the check 'support' and the cohorts") from fault
    leads = _leads(spec, design)
    request = replace(design.compiled.request, covariance=_convention(spec, design))
    compiled = replace(design.compiled, request=request)
    count = treated_clusters(compiled, compiled.design.regressors[:, compiled.design.focal] != 0)
    names = {"att": "simple", "att_dynamic": "dynamic", "att_group": "group", "att_calendar": "calendar"}
    stacked = np.column_stack([parts[how].overall_influence for how in names.values()])
    V = covariance(stacked, effects.clusters, effects.factor)
    few = count <= TOO_FEW_TREATED
    V = np.full_like(V, np.nan) if few else (V + V.T) / 2
    b = np.array([parts[how].overall for how in names.values()])
    level, units = setting.defaults.level, treated_units(effects, parts)
    tests, said = _tests(spec, design, effects, parts["dynamic"], leads, few)
    banded = (
        ()
        if few or not (setting.resample and spec.draws)
        else bands_of(parts, units, spec.draws, child_seed(setting.seed, spec.id, "bands"), setting.defaults.level)
    )
    curves = {
        "event_time": _dynamic(spec, curve(parts["dynamic"], units["dynamic"], few, level), leads, few, level),
        "cohort": curve(parts["group"], units["group"], few, level),
        "calendar": curve(parts["calendar"], units["calendar"], few, level),
    }
    return Estimate(
        id=spec.id,
        kind=spec.kind,
        outcome=request.outcome,
        terms=terms_of(tuple(names), b, V, np.inf, level),
        covariance_matrix=V,
        covariance=request.covariance,
        sample=compiled.sample,
        fit=Quality(
            parameters=len(effects.att), extra=_extra(design, effects, count, float(two_way.fit.coefficients[0]))
        ),
        requests=(design.compiled.request,),
        absorb=request.absorb,
        engine=two_way.fit.engine,
        engine_version=two_way.fit.version,
        confirmation="route" if "route" in tests else "frozen",
        resampled=banded,
        curves=curves,
        tests=tests,
        notes=(
            *_notes(spec, design, effects, panel, count),
            *said,
            *band_words(banded, min(compiled.sample.clusters.values())),
        ),
    )


def _design(spec: StaggeredDid, panel: Panel, setting: Setting) -> tuple[Staggered, Setting]:
    """The sample, and the setting under which the two-way request on it is answered."""
    _refuse_fields(spec)
    asked = asked_covariance(spec, replace(setting, defaults=replace(setting.defaults, covariance=None)))
    where = f"models.{spec.id}.covariance"
    if asked is not None and not (
        isinstance(asked, Clustered) and len(asked.by) <= 1 and asked.variant in ("cr0", "cr1")
    ):
        raise EstimationError(
            "the errors of kind 'staggered_did' are sums of influence within one cluster variable",
            where=where,
            mend="leave `covariance` out and name `cluster`",
        )
    by = asked.by if isinstance(asked, Clustered) and asked.by else (spec.cluster or panel.unit,)
    own = Clustered(by=by, variant="cr0", small_sample="none", reference="normal")
    plain = replace(setting, covariance=own, resample=False)
    inner = replace(spec, inference=Analytic())
    complete = spec.method == "callaway_santanna" and spec.unbalanced == "drop"
    made = staggered_of(inner, panel, plain, cohort=spec.cohort, anticipation=spec.anticipation, complete=complete)
    return made, plain


def _refuse_fields(spec: StaggeredDid) -> None:
    where = f"models.{spec.id}"
    no_instruments(spec)
    known = CONTROLS[spec.method]
    if spec.control and spec.control not in known:
        raise EstimationError(
            f"method '{spec.method}' compares with units '{known[0]}' treated, not '{spec.control}'",
            where=f"{where}.control",
            mend="leave `control` out, or take another method",
        )
    callaway = spec.method == "callaway_santanna"
    for name, default in (("adjustment", "dr"), ("base", "varying"), ("unbalanced", "drop")):
        if not callaway and getattr(spec, name) != default:
            raise EstimationError(
                f"`{name}` is a choice of callaway_santanna, not of {spec.method}",
                where=f"{where}.{name}",
                mend=f"leave `{name}` out",
            )
    if spec.anticipation < 0 or (spec.anticipation and spec.method not in ("callaway_santanna", "sun_abraham")):
        raise EstimationError(
            f"anticipation = {spec.anticipation} does not fit {spec.method}",
            where=f"{where}.anticipation",
            mend="write 0 or more, with callaway_santanna or sun_abraham; else move the cohort back by that many periods",
        )
    if spec.inference is not None and not isinstance(spec.inference, Analytic):
        raise EstimationError(
            "the resampling of kind 'staggered_did' is the multiplier bootstrap of its bands",
            where=f"{where}.inference",
            mend="leave `inference` out and set `draws`",
        )
    if spec.draws and spec.draws < 99:
        raise EstimationError(
            "bands need 99 draws or more", where=f"{where}.draws", mend="write 999, or 0 for no bands"
        )
    if not spec.window[0] <= 0 <= spec.window[1]:
        raise EstimationError(
            f"window {list(spec.window)} leaves event time 0 out", where=f"{where}.window", mend="write [-4, 4], say"
        )


def _refuse_second(request: Regression, setting: Setting, where: str) -> None:
    """Refuse where an engine is asked to confirm: engines answer the two-way request alone, so their agreement would be none."""
    answering = [e for e in setting.defaults.confirm if e in ENGINES and ENGINES[e].refuses(request) is None]
    if answering and setting.engine.name != answering[0]:
        raise EngineRefusedError(
            "no engine has staggered effects; they are confirmed by route, see tests['route']",
            where=where,
            mend="name this engine first in confirm, or leave it",
        )


# ---------------------------------------------------------------- effects and averages


def _control(spec: StaggeredDid) -> Literal["never", "notyet"]:
    named = spec.control or CONTROLS[spec.method][0]
    return "never" if named == "never" else "notyet"


def _plan(spec: StaggeredDid) -> CallawayPlan:
    return CallawayPlan(
        control=_control(spec),
        method=spec.adjustment,
        base=spec.base,
        anticipation=float(spec.anticipation),
        unbalanced=spec.unbalanced,
    )


def _effects(spec: StaggeredDid, design: Staggered) -> CohortEffects:
    if spec.method == "callaway_santanna":
        return callaway_santanna(design.panel, _plan(spec))
    if spec.method == "sun_abraham":
        return interaction_weighted(design.panel, reference=-1.0 - spec.anticipation)
    if spec.method == "imputation":
        return imputation(design.panel)
    if spec.method == "gardner":
        return two_stage_gardner(design.panel)
    return extended_two_way(design.panel, _control(spec))


def _averages(
    spec: StaggeredDid, effects: CohortEffects, how: Literal["simple", "dynamic", "group", "calendar"]
) -> Aggregated:
    first, last = spec.window if spec.window != EVERY and how == "dynamic" else (None, None)
    return aggregate(effects, how, min_event=first, max_event=last)


def _convention(spec: StaggeredDid, design: Staggered) -> Clustered:
    """What the errors are: no factor, but fixest's for the two regressions on dummies."""
    own = design.compiled.request.covariance
    if not isinstance(own, Clustered):
        raise TypeError("a staggered design is clustered")
    regression = spec.method in ("sun_abraham", "extended_two_way")
    return replace(own, variant="cr1", small_sample="fixest") if regression else own


def _leads(spec: StaggeredDid, design: Staggered) -> PreTrends | None:
    """Leads among untreated rows, for the methods that estimate no cell before treatment: as many as asked and determined."""
    if spec.method not in ("imputation", "gardner", "extended_two_way") or _control(spec) == "never":
        return None
    before = design.panel.event[np.isfinite(design.panel.event) & (design.panel.event < 0)]
    most = int(-before.min()) - 1 if len(before) else 0
    wanted = min(most, -spec.window[0] if spec.window != EVERY else LEADS)
    for leads in range(wanted, 0, -1):
        try:
            return imputation_pretrends(design.panel, leads)
        except ValueError:
            continue
    return None


# ---------------------------------------------------------------- curves and bands


def _dynamic(
    spec: StaggeredDid, found: tuple[Effect, ...], leads: PreTrends | None, few: bool, level: float
) -> tuple[Effect, ...]:
    made = list(found)
    if leads is not None:
        pairs = zip(leads.at, leads.estimate, leads.se, strict=True)
        made = [*(effect(a, b, np.nan if few else s, 0, level) for a, b, s in pairs), *made]
    reference = -1.0 - spec.anticipation
    bare = spec.method == "sun_abraham" or spec.base == "universal" or _saturated_before(spec)
    if bare and spec.window[0] <= reference:
        made = [e for e in made if e.at != reference]
        blank = float("nan")
        shown = f"{reference:g}"
        made.append(Effect(at=reference, label=shown, estimate=0.0, se=0.0, low=0.0, high=0.0, p=blank, rows=0))
    return tuple(sorted(made, key=lambda e: e.at))


def _saturated_before(spec: StaggeredDid) -> bool:
    return spec.method == "extended_two_way" and _control(spec) == "never"


# ---------------------------------------------------------------- tests and words


def _tests(
    spec: StaggeredDid,
    design: Staggered,
    effects: CohortEffects,
    dynamic: Aggregated,
    leads: PreTrends | None,
    few: bool,
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    tests: dict[str, dict[str, float]] = {}
    said: list[str] = []
    try:
        if few:
            raise ValueError("its covariance is withheld")
        test, of = pre_trends(effects, dynamic, leads)
        tests["pre_trends"] = {
            "statistic": test.statistic, "df1": float(test.df1), "df2": float(test.df2), "p": test.p,
        }  # fmt: skip
        said += of
    except ValueError as fault:
        said.append(f"The joint pre-trend test is not made: {fault}.")
    route = _route(spec, design, effects)
    if isinstance(route, str):
        said.append(f"Not confirmed at run time: {route}.")
        return tests, tuple(said)
    gap, how = route
    known = effects.se[np.isfinite(effects.se)]
    size = max(float(np.abs(effects.att).max()), float(known.max()) if len(known) else 0.0)
    tests["route"] = {"difference": gap, "cells": float(len(effects.att))}
    agree = "agree" if gap <= ROUTE * size else "DO NOT AGREE"
    said.append(f"By route: {how} {agree} with the {len(effects.att)} cells, largest difference {gap:.1e}.")
    return tests, tuple(said)


def _route(spec: StaggeredDid, design: Staggered, effects: CohortEffects) -> tuple[float, str] | str:
    """The largest difference of a cell from another route to it and what that is, or why there is none."""
    if design.covariates:
        return "with covariates no cell is a difference of four means"
    if spec.method == "callaway_santanna":
        gap = np.abs(two_by_two_means(design.panel, _plan(spec)) - effects.att)
        return float(gap.max()), "four plain means for each cell"
    other: CohortEffects
    try:
        if spec.method == "sun_abraham" or _saturated_before(spec):
            if design.panel.rows != design.panel.units * len(design.panel.periods):
                return "on an unbalanced panel no cell is a difference of four means"
            plan = CallawayPlan(base="universal", anticipation=float(spec.anticipation))
            other, how = callaway_santanna(design.panel, plan), "differences of means with the last untreated period"
        elif spec.method == "extended_two_way":
            other, how = imputation(design.panel), "imputed effects"
        else:
            other, how = extended_two_way(design.panel), "least squares on cell dummies"
    except ValueError as fault:
        return f"the other route fails ({fault})"
    cells = zip(other.cohorts, other.periods, other.att, strict=True)
    known = {(float(g), float(t)): float(b) for g, t, b in cells}
    keys = list(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True))
    if any(k not in known for k in keys):
        return "the other route does not have every cell"
    return float(np.abs(np.array([known[k] for k in keys]) - effects.att).max()), how


def _extra(design: Staggered, effects: CohortEffects, count: int, two_way: float) -> dict[str, float]:
    lost = len(design.lost) + sum(t >= g for g, t, _ in effects.unidentified)
    return {
        "treated_clusters": float(count),
        "never_treated": float(design.never),
        "not_yet_treated": float(design.not_yet),
        "always_treated": float(design.always),
        "cells": float((effects.event >= 0).sum()),
        "cells_not_identified": float(lost),
        "two_way": two_way,
    }


def _notes(spec: StaggeredDid, design: Staggered, effects: CohortEffects, panel: Panel, count: int) -> tuple[str, ...]:
    control = _control(spec)
    whom = "units that are never treated" if control == "never" else "units not treated yet, and never treated ones"
    notes = [
        f"{NAMED[spec.method]}; compared with {whom}: {design.never} never treated, {design.not_yet} treated after the last"
        f" period kept. {AVERAGES}",
    ]
    if control == "never" and not design.never:
        notes.append("No unit is never treated: the cohort treated after the last period kept stands in for them.")
    if design.ended is not None:
        notes.append(
            f"The sample ends in {design.ended:g}: later no unit is untreated, and {len(design.lost)} cohort-period cells are"
            " not identified there by any comparison with untreated units."
        )
    lost = [(g, t, why) for g, t, why in effects.unidentified if t >= g]
    if lost:
        shown = "; ".join(f"cohort {g:g} in {t:g}: {why}" for g, t, why in lost[:5])
        notes.append(f"{len(lost)} cells have no estimate ({shown}{'; ...' if len(lost) > 5 else ''}).")
    if design.always:
        notes.append(f"{design.always} {panel.unit} treated from the first period on left: no period before treatment.")
    thin = np.unique(effects.cohorts[(effects.treated <= TOO_FEW_TREATED) & (effects.event >= 0)])
    if len(thin):
        shown = ", ".join(f"{g:g}" for g in thin)
        notes.append(
            f"Cohorts of one or two units ({shown}): their own spread cannot be seen, so averages that hold them have errors that"
            " are too small; points that rest on them alone have none."
        )
    if count <= TOO_FEW_TREATED:
        notes.append(f"{count} cluster(s) treated: standard errors, bands and the pre-trend test are withheld.")
    return tuple(notes)


def prepare(spec: StaggeredDid, panel: Panel, setting: Setting) -> Design:
    """The arrays of the two-way regression on the same rows; nothing is permuted or left out of it for this estimator."""
    return replace(_design(spec, panel, setting)[0].compiled.design, paths=None, leave_out=None)


def explain(spec: StaggeredDid) -> str:
    """What will be done, in words."""
    whom = {"never": "never treated", "notyet": "not treated yet"}[_control(spec)]
    cluster = spec.cluster or "the panel's unit"
    return (
        f"{equation(spec)}, effects of '{spec.cohort}' (0 or missing: never treated) by cohort and period:"
        f" {NAMED[spec.method]}, compared with units {whom}.\n{AVERAGES} Errors from influence summed by {cluster}, normal"
        f" reference; {f'simultaneous bands from {spec.draws} multiplier draws' if spec.draws else 'no bands'}. Units treated from"
        " the first period on and periods without an untreated unit leave, counted. Confirmed by another route where there are no"
        " covariates. The two-way coefficient is kept beside it as `two_way`: already treated units are controls there."
    )


def _columns(spec: StaggeredDid) -> tuple[str, ...]:
    return columns_of(spec, spec.cohort)


ESTIMATORS.register(
    EstimatorKind(
        name="staggered_did",
        spec=StaggeredDid,
        summary="staggered adoption against untreated units: effects by cohort and period",
        confirmation="route",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
