"""What estimators of staggered adoption share: from a Method to an Estimate with averages, curves, bands, tests. No method is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np

from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.estimate import Estimate, Quality
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, EstimatorKind
from panelkit.core.request import Analytic, Clustered, Design, Regression
from panelkit.estimators._compile import Compiled, columns_of, formula_of
from panelkit.estimators._convention import asked_covariance
from panelkit.estimators._estimate import treated_clusters
from panelkit.estimators._inference import terms_of
from panelkit.estimators._staggered import Staggered, staggered_of
from panelkit.estimators._staggered_curves import band_words
from panelkit.estimators._staggered_found import bands, cells, curves_of, find, joint, tests_of
from panelkit.estimators._staggered_method import TERMS, Control, Method, StaggeredSpec
from panelkit.estimators._staggered_moved import adoption_of
from panelkit.estimators._staggered_words import AVERAGES, notes_of, reference_words
from panelkit.estimators._words import UNIT, equation, no_instruments
from panelkit.numerics.least_squares import solve
from panelkit.numerics.staggered_effects import CohortEffects


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
    two_way = two_way_of(design.compiled, plain, where)
    compiled = replace(
        design.compiled, request=replace(design.compiled.request, covariance=_convention(method, design))
    )
    count = treated_clusters(compiled, compiled.design.regressors[:, compiled.design.focal] != 0)
    found = find(spec, method, design, count, setting)
    effects, parts = found.effects, found.parts
    b = np.array([parts[how].overall for how in TERMS.values()])
    V, influence = joint(found)
    tests, said = tests_of(method, design, found)
    banded = bands(spec, found, setting)
    curves, covariances = curves_of(spec, method, design, found, setting)
    return Estimate(
        id=spec.id,
        kind=spec.kind,
        outcome=compiled.request.outcome,
        terms=terms_of(tuple(TERMS), b, V, np.inf, found.level),
        covariance_matrix=V,
        covariance=compiled.request.covariance,
        sample=compiled.sample,
        fit=Quality(parameters=len(effects.att), extra=_extra(design, effects, count, two_way)),
        requests=(design.compiled.request,),
        absorb=compiled.request.absorb,
        engine=setting.engine.name,
        engine_version=setting.engine.version,
        confirmation="route" if "route" in tests else "frozen",
        resampled=banded,
        curves=curves,
        curve_covariances=covariances,
        cells=cells(found),
        influence=influence,
        tests=tests,
        notes=(
            *notes_of(design, effects, method.cite, method.control, panel, count),
            *reference_words(design, method.reference),
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
    inner = replace(spec, inference=Analytic(), singletons=spec.singletons or method.singletons)
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
    return asked.by if isinstance(asked, Clustered) and asked.by else (spec.cluster or panel.place,)


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


def refuse_second(request: Regression, setting: Setting, where: str) -> None:
    """Refuse where an engine is asked to confirm: engines answer the two-way request alone, so their agreement would be none."""
    answering = [e for e in setting.defaults.confirm if e in ENGINES and ENGINES[e].refuses(request) is None]
    if answering and setting.engine.name != answering[0]:
        raise EngineRefusedError(
            "no engine has staggered effects; they are confirmed by another route",
            where=where,
            mend="name this engine first in confirm, or leave it",
        )


def two_way_of(compiled: Compiled, setting: Setting, where: str) -> float:
    """The two-way coefficient on the same rows, for comparison: by the projection that the sample has at hand, no engine asked.

    Raises
    ------
    EstimationError
        Where the engine named does not answer such a request, in its words.
    """
    refusal = setting.engine.refuses(compiled.request)
    if refusal:
        raise EngineRefusedError(
            f"the engine {setting.engine.name} does not answer this: {refusal}",
            where=where,
            mend="name another engine first in confirm",
        )
    design = compiled.design
    swept = design.absorber.residualise(np.column_stack([design.outcome, design.regressors]))
    return float(solve(swept[:, 1:], swept[:, 0], design.weights).coefficients[design.focal])


def _convention(method: Method, design: Staggered) -> Clustered:
    """What the errors are: no factor, but fixest's for regressions on dummies."""
    own = cast(Clustered, design.compiled.request.covariance)
    return replace(own, variant="cr1", small_sample="fixest") if method.regression else own


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
    """The arrays of the two-way regression on the same rows, no path and no cluster of which moves; adoption dates do."""
    made = design_of(spec, method, panel, setting)[0]
    return replace(made.compiled.design, paths=None, leave_out=None, adoption=adoption_of(method, made))


def explain_staggered(spec: StaggeredSpec, cite: str, control: Control, further: str = "") -> str:
    """What will be done, in words; no panel is needed. cite : whose method. control : whom it compares with."""
    whom = {"never": "never treated", "notyet": "not treated yet"}[control]
    cluster = spec.cluster or UNIT
    bands = f"simultaneous bands from {spec.draws} multiplier draws" if spec.draws else "no bands"
    return (
        f"{equation(spec)}, effects of '{spec.cohort}' (0 or missing: never treated) by cohort and period:"
        f" {cite}, compared with units {whom}.{f' {further}' if further else ''}\n{AVERAGES} Errors from influence summed"
        f" by {cluster}, normal reference; {bands}. Units treated from the first period on and periods without an untreated unit"
        " leave, counted. All of it is panelkit's own arithmetic, confirmed by another route to every cell; no engine estimates it. The"
        " two-way coefficient is kept beside it as `two_way`: already treated units are controls there."
    )


def staggered_kind(
    *,
    name: str,
    spec: type[StaggeredSpec],
    summary: str,
    method_of: Callable[[Any], Method],
    said: Callable[[Any], str] = lambda _: "",
) -> EstimatorKind:
    """A kind made of a method alone: `method_of` a specification, and what is `said` of its covariates.

    It estimates averages of effects by cohort and period, with cells, the curves 'event_time', 'cohort' and 'calendar', and the
    tests 'pre_trends' and 'route'; it raises EstimationError for whatever the data do not allow, and EngineRefusedError for a second
    engine, as none estimates this.
    """
    return EstimatorKind(
        name=name,
        spec=spec,
        summary=summary,
        confirmation="route",
        columns=columns_staggered,
        estimate=lambda spec, panel, setting: estimate_staggered(spec, method_of(spec), panel, setting),
        prepare=lambda spec, panel, setting: prepare_staggered(spec, method_of(spec), panel, setting),
        explain=lambda spec: explain_staggered(spec, method_of(spec).cite, method_of(spec).control, said(spec)),
        checks=("support",),
    )


def columns_staggered(spec: StaggeredSpec) -> tuple[str, ...]:
    """The variables that a specification needs.

    Raises
    ------
    EstimationError
        A formula without effects: that of a staggered design names those of unit and time.
    """
    if not (formula := formula_of(spec)).absorb:
        raise EstimationError(
            "the effects of unit and time are missing",
            where=f"models.{spec.id}.formula",
            mend=f"write {formula.outcome} ~ 1 | UNIT + TIME, by the panel's names, covariates in place of 1",
        )
    return columns_of(spec, spec.cohort)
