"""What estimators of staggered adoption share: from a Method to an Estimate with averages, curves, bands, tests. No method is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np

from panelkit.core.digest import child_seed
from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.estimate import CohortEffect, Estimate, Quality
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES
from panelkit.core.request import Analytic, Clustered, Design, Regression
from panelkit.core.spec import spec
from panelkit.estimators._compile import columns_of
from panelkit.estimators._convention import asked_covariance
from panelkit.estimators._estimate import TOO_FEW_TREATED, treated_clusters
from panelkit.estimators._inference import answer, terms_of
from panelkit.estimators._staggered import Sampling, Staggered, Triple, staggered_of
from panelkit.estimators._staggered_curves import (
    band_words,
    bands_of,
    covariances_of,
    curve,
    event_curve,
    treated_units,
)
from panelkit.estimators._staggered_tests import confirmed, pre_trends
from panelkit.estimators._staggered_words import AVERAGES, notes_of
from panelkit.estimators._words import equation, no_instruments
from panelkit.numerics.did_imputation import PreTrends, imputation_pretrends
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects, aggregate, cluster_sums
from panelkit.numerics.staggered_panel import StaggeredPanel

Control = Literal["never", "notyet"]
How = Literal["simple", "dynamic", "group", "calendar"]
EVERY = (-99, 99)  # the window that leaves nothing out, whatever the periods count
LEADS = 3  # among untreated rows, where no window is given
TERMS: dict[str, How] = {"att": "simple", "att_dynamic": "dynamic", "att_group": "group", "att_calendar": "calendar"}


@spec
class StaggeredSpec(ModelSpec):
    """What every estimator of staggered adoption declares: y ~ 1 | unit + time, or covariates in place of 1.

    Parameters
    ----------
    cohort : variable with the first treated period; 0 or missing where never treated.
    draws : of the multiplier bootstrap of simultaneous bands, 0 for none.
    window : first and last event time of curve, bands and att_dynamic, nothing binned.
    balance : event times of curve, bands and att_dynamic only of cohorts seen at least so many periods after treatment, and up
        to that time, so that the composition does not change after treatment (R `did` balance_e); None keeps every cohort.
    """

    cohort: str
    draws: int = 999
    window: tuple[int, int] = EVERY
    balance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What one estimator brings to the common result.

    effects : effects by cohort and period of the rows. cite : whose it is. control : whom it compares with.
    other : another route to the cells, with what it is in words; ValueError or a text says why there is none.
    long : changes from the last untreated period, leads included, in one list with the effects, for bounds on violations of
    parallel trends; None where the effects are such.
    leads : whether leads are estimated among untreated rows, the method having no cell before treatment.
    reference : the event time that is zero by construction, or None. regression : errors with fixest's small-sample factor.
    anticipation, complete, sampling : see `_staggered.staggered_of`. triple : of a
    triple difference. further : whether it takes effects beside unit and time.
    """

    cite: str
    control: Control
    effects: Callable[[Staggered], CohortEffects]
    other: Callable[[Staggered], tuple[CohortEffects | np.ndarray, str] | str]
    long: Callable[[Staggered], CohortEffects] | None = None
    leads: bool = False
    reference: float | None = None
    regression: bool = False
    anticipation: int = 0
    complete: bool = False
    sampling: Sampling = "panel"
    further: bool = False
    triple: Triple | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The effects of a design and their averages; `few`: too few treated clusters for any error."""

    effects: CohortEffects
    parts: dict[str, Aggregated]
    units: dict[str, np.ndarray]
    leads: PreTrends | None
    few: bool
    level: float


def estimate_staggered(spec: StaggeredSpec, method: Method, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period; cells, curves 'event_time', 'cohort', 'calendar', tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.
    """
    where = f"models.{spec.id}"
    design, plain = design_of(spec, method, panel, setting)
    refuse_second(design.compiled.request, setting, where)
    two_way = answer(design.compiled, plain, where)
    compiled = replace(
        design.compiled, request=replace(design.compiled.request, covariance=_convention(method, design))
    )
    count = treated_clusters(compiled, compiled.design.regressors[:, compiled.design.focal] != 0)
    found = _found(spec, method, design, count, setting)
    effects, parts = found.effects, found.parts
    b = np.array([parts[how].overall for how in TERMS.values()])
    V, influence = _joint(found)
    tests, said = _tests(method, design, found)
    banded = _bands(spec, found, setting)
    curves, covariances = _curves(spec, method, design, found, setting)
    return Estimate(
        id=spec.id,
        kind=spec.kind,
        outcome=compiled.request.outcome,
        terms=terms_of(tuple(TERMS), b, V, np.inf, found.level),
        covariance_matrix=V,
        covariance=compiled.request.covariance,
        sample=compiled.sample,
        fit=Quality(
            parameters=len(effects.att), extra=_extra(design, effects, count, float(two_way.fit.coefficients[0]))
        ),
        requests=(design.compiled.request,),
        absorb=compiled.request.absorb,
        engine=two_way.fit.engine,
        engine_version=two_way.fit.version,
        confirmation="route" if "route" in tests else "frozen",
        resampled=banded,
        curves=curves,
        curve_covariances=covariances,
        cells=_cells(found),
        influence=influence,
        tests=tests,
        notes=(
            *notes_of(design, effects, method.cite, method.control, panel, count),
            *said,
            *band_words(banded, min(compiled.sample.clusters.values())),
        ),
    )


def design_of(spec: StaggeredSpec, method: Method, panel: Panel, setting: Setting) -> tuple[Staggered, Setting]:
    """The sample, and the setting under which the two-way request on it is answered."""
    refuse_fields(spec)
    by = clusters_of(spec, panel, setting)
    own = Clustered(by=by, variant="cr0", small_sample="none", reference="normal")
    plain = replace(setting, covariance=own, resample=False)
    inner = replace(spec, inference=Analytic())
    made = staggered_of(
        inner,
        panel,
        plain,
        cohort=spec.cohort,
        anticipation=method.anticipation,
        complete=method.complete,
        sampling=method.sampling,
        further=method.further,
        triple=method.triple,
    )
    return made, plain


def clusters_of(spec: ModelSpec, panel: Panel, setting: Setting) -> tuple[str, ...]:
    """The one cluster variable of influence sums.

    Raises
    ------
    EstimationError
        For another covariance than a plain clustered one.
    """
    asked = asked_covariance(spec, replace(setting, defaults=replace(setting.defaults, covariance=None)))
    if asked is not None and not (
        isinstance(asked, Clustered) and len(asked.by) <= 1 and asked.variant in ("cr0", "cr1")
    ):
        raise EstimationError(
            f"the errors of kind '{spec.kind}' are sums of influence within one cluster variable",
            where=f"models.{spec.id}.covariance",
            mend="leave `covariance` out and name `cluster`",
        )
    return asked.by if isinstance(asked, Clustered) and asked.by else (spec.cluster or panel.unit,)


def refuse_fields(spec: StaggeredSpec) -> None:
    """Refuse what no staggered kind takes: instruments, other resampling, too few draws, a window without event time 0."""
    where = f"models.{spec.id}"
    no_instruments(spec)
    if spec.inference is not None and not isinstance(spec.inference, Analytic):
        raise EstimationError(
            f"the resampling of kind '{spec.kind}' is the multiplier bootstrap of its bands",
            where=f"{where}.inference",
            mend="leave `inference` out and set `draws`",
        )
    if spec.draws and spec.draws < 99:
        raise EstimationError(
            "bands need 99 draws or more", where=f"{where}.draws", mend="write 999, or 0 for no bands"
        )
    if spec.balance is not None and spec.balance < 0:
        raise EstimationError(
            f"balance = {spec.balance} is below zero", where=f"{where}.balance", mend="write 0 or more, or leave it out"
        )
    if not spec.window[0] <= 0 <= spec.window[1]:
        raise EstimationError(
            f"window {list(spec.window)} leaves event time 0 out", where=f"{where}.window", mend="write [-4, 4], say"
        )


def refuse_anticipation(spec: Any) -> None:
    """Refuse anticipation below zero."""
    if spec.anticipation < 0:
        raise EstimationError(
            f"anticipation = {spec.anticipation} is below zero",
            where=f"models.{spec.id}.anticipation",
            mend="write 0, or the number of periods before treatment in which units may already respond",
        )


def refuse_second(request: Regression, setting: Setting, where: str) -> None:
    """Refuse where an engine is asked to confirm: engines answer the two-way request alone, so their agreement would be none."""
    answering = [e for e in setting.defaults.confirm if e in ENGINES and ENGINES[e].refuses(request) is None]
    if answering and setting.engine.name != answering[0]:
        raise EngineRefusedError(
            "no engine has staggered effects; they are confirmed by route, see tests['route']",
            where=where,
            mend="name this engine first in confirm, or leave it",
        )


def _convention(method: Method, design: Staggered) -> Clustered:
    """What the errors are: no factor, but fixest's for regressions on dummies."""
    own = cast(Clustered, design.compiled.request.covariance)
    return replace(own, variant="cr1", small_sample="fixest") if method.regression else own


# ---------------------------------------------------------------- effects and averages


def _found(spec: StaggeredSpec, method: Method, design: Staggered, count: int, setting: Setting) -> _Found:
    try:
        effects = _by_cluster(method.effects(design), design.panel)
        parts = {how: _averages(spec, effects, how) for how in TERMS.values()}
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=f"models.{spec.id}", mend="look at the check 'support' and the cohorts"
        ) from fault
    return _Found(
        effects=effects,
        parts=cast(dict[str, Aggregated], parts),
        units=treated_units(effects, cast(dict[str, Aggregated], parts)),
        leads=_leads(spec, method, design) if method.leads else None,
        few=count <= TOO_FEW_TREATED,
        level=setting.defaults.level,
    )


def _by_cluster(effects: CohortEffects, panel: StaggeredPanel) -> CohortEffects:
    """The effects, treated units counted as clusters where these hold several of them: a spread is seen between clusters alone."""
    if panel.clusters is None:
        return effects
    counts = {g: len(np.unique(panel.clusters[panel.cohort == g])) for g in np.unique(effects.cohorts)}
    groups = np.array([counts[g] for g in effects.cohorts], dtype=np.intp)
    return replace(effects, treated=np.minimum(effects.treated, groups))


def _averages(spec: StaggeredSpec, effects: CohortEffects, how: How) -> Aggregated:
    if how != "dynamic":
        return aggregate(effects, how)
    first, last = spec.window if spec.window != EVERY else (None, None)
    return aggregate(effects, how, min_event=first, max_event=last, balance=spec.balance)


def _leads(spec: StaggeredSpec, method: Method, design: Staggered) -> PreTrends | None:
    """Leads among untreated rows, as many as asked and determined."""
    moved = moved_back(design.panel, method.anticipation)
    before = moved.event[np.isfinite(moved.event) & (moved.event < 0)]
    most = int(-before.min()) - 1 if len(before) else 0
    wanted = min(most, -spec.window[0] - method.anticipation if spec.window != EVERY else LEADS)
    for leads in range(wanted, 0, -1):
        try:
            found = imputation_pretrends(moved, leads, design.effects)
        except ValueError:
            continue
        return replace(found, at=found.at - method.anticipation)
    return None


def moved_back(panel: StaggeredPanel, anticipation: int) -> StaggeredPanel:
    """The panel with every cohort earlier by `anticipation` periods, so that these are no untreated rows."""
    return replace(panel, cohort=panel.cohort - anticipation) if anticipation else panel


def dated_again(effects: CohortEffects, anticipation: int) -> CohortEffects:
    """Effects of a panel that was moved back, by the cohorts' own dates."""
    if not anticipation:
        return effects
    lost = tuple((g + anticipation, t, why) for g, t, why in effects.unidentified)
    return replace(effects, cohorts=effects.cohorts + anticipation, unidentified=lost)


def _joint(found: _Found) -> tuple[np.ndarray, np.ndarray | None]:
    """Covariance (4, 4) of the averages, and the clusters' influence (G, 4) it is made of; NaN and None where withheld."""
    effects = found.effects
    stacked = np.column_stack([found.parts[how].overall_influence for how in TERMS.values()])
    if found.few:
        return np.full((len(TERMS), len(TERMS)), np.nan), None
    influence = cluster_sums(stacked, effects.clusters) * (np.sqrt(effects.factor) / len(stacked))
    V = influence.T @ influence
    return (V + V.T) / 2, influence


def _cells(found: _Found) -> tuple[CohortEffect, ...]:
    effects = found.effects
    thin = found.few | (effects.treated <= TOO_FEW_TREATED)
    se = np.where(thin, np.nan, effects.se)
    rows = zip(effects.cohorts, effects.periods, effects.att, se, effects.treated, effects.controls, strict=True)
    return tuple(
        CohortEffect(cohort=float(g), period=float(t), estimate=float(b), se=float(s), treated=int(n), controls=int(c))
        for g, t, b, s, n, c in rows
    )


# ---------------------------------------------------------------- curves, bands, tests


def _bands(spec: StaggeredSpec, found: _Found, setting: Setting) -> tuple[Any, ...]:
    if found.few or not (setting.resample and spec.draws):
        return ()
    return bands_of(found.parts, found.units, spec.draws, child_seed(setting.seed, spec.id, "bands"), found.level)


def _curves(
    spec: StaggeredSpec, method: Method, design: Staggered, found: _Found, setting: Setting
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The curves and the covariance of each; also 'event_time_long' where the effects are no changes from one period."""
    shown = method.reference if method.reference is not None and spec.window[0] <= method.reference else None
    names = {"event_time": "dynamic", "cohort": "group", "calendar": "calendar"}
    curves, covariances = {}, {}
    for name, how in names.items():
        curves[name] = curve(found.parts[how], found.units[how], found.few, found.level)
        covariances[name] = covariances_of(found.parts[how], found.units[how], found.few)
    if found.leads is not None or shown is not None:
        curves["event_time"], covariances["event_time"] = event_curve(
            found.parts["dynamic"], found.units["dynamic"], found.leads, shown, found.few, found.level
        )
    if method.long is not None and setting.resample and not found.few:
        try:
            effects = method.long(design)
            part = _averages(spec, effects, "dynamic")
        except ValueError:
            return curves, covariances
        units = treated_units(effects, {"dynamic": part})["dynamic"]
        curves["event_time_long"] = curve(part, units, found.few, found.level)
        covariances["event_time_long"] = covariances_of(part, units, found.few)
    return curves, covariances


def _tests(method: Method, design: Staggered, found: _Found) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    tests: dict[str, dict[str, float]] = {}
    said: list[str] = []
    try:
        if found.few:
            raise ValueError("its covariance is withheld")
        test, of = pre_trends(found.effects, found.parts["dynamic"], found.leads)
        tests["pre_trends"] = {
            "statistic": test.statistic, "df1": float(test.df1), "df2": float(test.df2), "p": test.p,
        }  # fmt: skip
        said += of
    except ValueError as fault:
        said.append(f"The joint pre-trend test is not made: {fault}.")
    try:
        other = method.other(design)
    except ValueError as fault:
        other = f"the other route fails ({fault})"
    gap = other if isinstance(other, str) else confirmed(found.effects, *other)
    if isinstance(gap, str):
        said.append(f"Not confirmed at run time: {gap}.")
    else:
        tests["route"] = {"difference": gap.largest, "cells": float(len(found.effects.att))}
        said.append(gap.text)
    return tests, tuple(said)


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


# ---------------------------------------------------------------- the other verbs of a kind


def prepare_staggered(spec: StaggeredSpec, method: Method, panel: Panel, setting: Setting) -> Design:
    """The arrays of the two-way regression on the same rows; nothing is permuted or left out of it for these estimators."""
    return replace(design_of(spec, method, panel, setting)[0].compiled.design, paths=None, leave_out=None)


def explain_staggered(spec: StaggeredSpec, method: Method, further: str = "") -> str:
    """What will be done, in words."""
    whom = {"never": "never treated", "notyet": "not treated yet"}[method.control]
    cluster = spec.cluster or "the panel's unit"
    bands = f"simultaneous bands from {spec.draws} multiplier draws" if spec.draws else "no bands"
    return (
        f"{equation(spec)}, effects of '{spec.cohort}' (0 or missing: never treated) by cohort and period:"
        f" {method.cite}, compared with units {whom}.{f' {further}' if further else ''}\n{AVERAGES} Errors from influence summed"
        f" by {cluster}, normal reference; {bands}. Units treated from the first period on and periods without an untreated unit"
        " leave, counted. Confirmed by another route where there are no covariates. The two-way coefficient is kept beside it as"
        " `two_way`: already treated units are controls there."
    )


def columns_staggered(spec: StaggeredSpec) -> tuple[str, ...]:
    """The variables that a specification needs."""
    return columns_of(spec, spec.cohort)
