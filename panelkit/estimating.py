"""The models of a study estimated and their checks made, each step from memory where nothing changed; the flow is in pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from panelkit.core import digest as digests
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.codec import to_json
from panelkit.core.errors import EngineRefusedError, EstimationError, Fault
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.registry import CHECKS, ENGINES, ESTIMATORS, TABLES
from panelkit.core.request import covariance_columns
from panelkit.core.results import Results
from panelkit.core.study import Study
from panelkit.steps import Steps, code_digest

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.core.request import Covariance
    from panelkit.core.robustness import Variant

Say = Callable[[str], None]
UNTREATED = re.compile(
    r"\bno \S+ is untreated\b"
)  # a window cut short, or years without a clean control: said during the run


def silent(text: str) -> None:
    """Say nothing."""


def setting_of(
    study: Study, model: ModelSpec, engine: str, covariance: Covariance | None = None, resample: bool = True
) -> Setting:
    """What an estimator works in: the engine, the study's defaults, and the model's own seed."""
    seed = digests.child_seed(study.head.seed, model.id)
    return Setting(engine=ENGINES[engine], defaults=study.defaults, seed=seed, covariance=covariance, resample=resample)


def _parts(study: Study, panel: Panel, model: ModelSpec, **further: Any) -> dict[str, str]:
    """What a model's numbers depend on, each part by its digest."""
    from panelkit.core.expression import names_in, parse_expression

    names = [panel.unit, panel.time, *ESTIMATORS[model.kind].columns(model), model.weights, model.cluster]
    names += list(names_in(parse_expression(model.where))) if model.where else []
    names += covariance_columns(model.covariance or study.defaults.covariance)
    wanted = [n for n in dict.fromkeys(names) if n in panel.names]
    engines = {e: ENGINES[e].version for e in study.defaults.confirm}
    return {
        "code": code_digest_once(),
        "data": digests.of_frame(panel.frame[wanted]),
        "model": digests.of_value(to_json(model)),
        "defaults": digests.of_value(to_json(study.defaults)),
        "seed": str(study.head.seed),
        "engines": digests.of_value(engines),
        **{k: digests.of_value(to_json(v)) for k, v in further.items()},
    }


code_digest_once = cache(code_digest)


def estimate(
    study: Study,
    panel: Panel,
    *,
    steps: Steps | None = None,
    say: Say = silent,
    failures: dict[str, str] | None = None,
) -> dict[str, Estimate]:
    """Every model of a study on its panel, then every specification of its batteries.

    Parameters
    ----------
    study, panel : Study, Panel
        As `read_study` and `build_panel` give them.
    steps : Steps, optional
        Memory of steps that are not done again where nothing changed; without it all is done.
    say : callable
        Is given a line of text after each model.
    failures : dict, optional
        Is given the reason for each specification of a battery that cannot be estimated; it stops nothing.

    Returns
    -------
    dict of Estimate
        By id, in the study's order.

    Raises
    ------
    EstimationError
        With the faults of every model that cannot be estimated as specified.
    """
    steps = steps or Steps(folder=None)
    panel = common_sample(study, panel)
    made: dict[str, Estimate] = {}
    faults: list[Fault] = []
    optional = {v.id for v in study.variants}
    for model in study.every_model:
        make = partial(_by_first_engine, study, panel, model)
        try:
            made[model.id] = steps.do(f"model {model.id}", Estimate, _parts(study, panel, model), make)
        except EstimationError as error:
            if model.id not in optional:
                faults += error.faults
            elif failures is not None:
                failures[model.id] = "; ".join(dict.fromkeys(f.what for f in error.faults))
        say(f"model {model.id}: {steps.reasons.get(f'model {model.id}', 'faulty')}")
        for note in (n for n in getattr(made.get(model.id), "notes", ()) if UNTREATED.search(n)):
            say(f"model {model.id}: {note}")
    if faults:
        raise EstimationError(faults=faults)
    return made


def faults_before(study: Study, panel: Panel) -> list[Fault]:
    """What a run would refuse and shows before any number: models without a design, tables of columns on different samples.

    Designs are made, nothing is fitted; a kind whose design does not say which rows its estimate will have is not judged with others.
    """
    panel = common_sample(study, panel)
    faults: list[Fault] = []
    samples: dict[str, tuple[str, int]] = {}
    for model in study.models:
        try:
            design = ESTIMATORS[model.kind].prepare(model, panel, setting_of(study, model, study.defaults.confirm[0]))
        except EstimationError as error:
            faults += error.faults
            continue
        if design.keys_digest:
            samples[model.id] = (design.keys_digest, len(design.outcome))
    for table in study.tables:
        faults += TABLES[table.kind].sample_faults(table, samples)
    return faults


def _by_first_engine(study: Study, panel: Panel, model: ModelSpec) -> Estimate:
    """The estimate by the first engine named in `confirm` that answers; the refusals of those before it go into its notes."""
    refused: list[Fault] = []
    for engine in study.defaults.confirm:
        try:
            made = ESTIMATORS[model.kind].estimate(model, panel, setting_of(study, model, engine))
        except EngineRefusedError as error:
            refused += error.faults
            continue
        return replace(made, notes=(*made.notes, *(f"{f.what}; fitted by {engine}" for f in refused)))
    raise EstimationError(faults=refused)


def common_sample(study: Study, panel: Panel) -> Panel:
    """The rows that every model can use, where the study asks for a common sample."""
    if not study.defaults.common_sample:
        return panel
    names = {n for m in study.models for n in ESTIMATORS[m.kind].columns(m) if n in panel.names}
    names -= {getattr(m, "cohort", "") for m in study.models}  # missing where never treated, which is no gap
    complete = panel.frame[sorted(names)].notna().all(axis=1).to_numpy()
    return panel.keep(complete, why="common sample: a cell of some model is missing")


def check(
    study: Study,
    panel: Panel,
    estimates: dict[str, Estimate],
    *,
    steps: Steps | None = None,
    say: Say = silent,
    failures: dict[str, str] | None = None,
    leave_out: tuple[str, ...] = (),
) -> dict[str, tuple[Check, ...]]:
    """The checks of every model.

    `second_engine`, `few_clusters` and those of its kind run on each, and the support table on every difference-in-differences, of
    least squares on a 0/1 treatment too. The verdict on a battery stands with the checks of its base.

    Parameters
    ----------
    study, panel : Study, Panel
        As `read_study` and `build_panel` give them.
    estimates : dict of Estimate
        As `estimate` gives them.
    steps, say
        As in `estimate`.
    failures : dict, optional
        As `estimate` filled it.
    leave_out : tuple of str
        Kinds of checks that are not made.

    Returns
    -------
    dict of tuple of Check
        By model id. A check that fails is a finding, no error.

    Raises
    ------
    EstimationError
        A check is declared that cannot be made of its model.
    """
    steps = steps or Steps(folder=None)
    panel = common_sample(study, panel)
    found: dict[str, tuple[Check, ...]] = {}
    for model in (m for m in study.every_model if m.id in estimates):
        made = []
        for name, declared in _checks_of(study, panel, model, estimates[model.id]).items():
            if declared.kind in leave_out:
                continue
            step = f"check {name} of {model.id}"
            parts = _parts(study, panel, model, check=declared)
            subject = _subject(study, panel, model, estimates[model.id])
            make = partial(CHECKS[declared.kind].check, declared, subject)
            made.append(replace(steps.do(step, Check, parts, make), gate=declared.gate))
        found[model.id] = tuple(made)
        say(f"checks of {model.id}: " + ", ".join(f"{c.name} {c.verdict}" for c in made))
    for one in (
        *_families(study, panel, estimates, steps),
        *_batteries(study, panel, estimates, failures or {}, steps),
    ):
        found[one.of] = (*found[one.of], one)
    return found


def _checks_of(study: Study, panel: Panel, model: ModelSpec, made: Estimate) -> dict[str, CheckSpec]:
    from panelkit.checks import is_two_way_did

    declared = study.checks_of(model)
    if model.kind != "fixed_effects" or "support" in declared or model.id in {v.id for v in study.variants}:
        return declared
    return (
        {**declared, "support": CHECKS["support"].spec()}
        if is_two_way_did(model, panel, made.sample.positions)
        else declared
    )


def _batteries(
    study: Study, panel: Panel, estimates: dict[str, Estimate], failures: dict[str, str], steps: Steps
) -> tuple[Check, ...]:
    """The verdict on each battery."""
    from panelkit.checks import Battery, verdict

    found: tuple[Check, ...] = ()
    for name, spec in study.robustness.items():
        variants = tuple(v for v in study.variants if v.battery == name)
        seed = digests.child_seed(study.head.seed, name, "robustness")
        battery = Battery(name=name, spec=spec, variants=variants, estimates=estimates, failures=failures, seed=seed)
        parts = _parts(study, panel, study.model(spec.base), battery=spec, failures=failures)
        for model in (v.model for v in variants if v.id in estimates):
            parts |= {f"{k} of {model.id}": v for k, v in _parts(study, panel, model).items()}
        subject = partial(_subject_of_variant, study, panel, estimates)
        make = partial(verdict, battery, estimates[spec.base], panel, subject)
        found += (steps.do(f"battery {name}", Check, parts, make),)
    return found


def _subject_of_variant(study: Study, panel: Panel, estimates: dict[str, Estimate], variant: Variant) -> Subject | None:
    made = estimates.get(variant.id)
    return None if made is None else _subject(study, panel, variant.model, made)


def _families(study: Study, panel: Panel, estimates: dict[str, Estimate], steps: Steps) -> tuple[Check, ...]:
    """One finding for each model with members in a family: its p values adjusted for being looked at together."""
    from panelkit.estimators import adjusted

    models = {m.id: m for m in study.models}
    found: tuple[Check, ...] = ()
    for name, family in study.families.items():
        ids = dict.fromkeys(m.partition(".")[0] for m in family.members)
        parts = {"family": digests.of_value(to_json(family))}
        for model in (models[i] for i in ids):
            parts |= {f"{k} of {model.id}": v for k, v in _parts(study, panel, model).items()}
        setting = partial(_setting_of_estimate, study, estimates)
        make = partial(adjusted, name, family, estimates, models, panel, setting, study.head.seed)
        found += steps.do(f"family {name}", tuple[Check, ...], parts, make)
    return found


def _setting_of_estimate(study: Study, estimates: dict[str, Estimate], model: ModelSpec) -> Setting:
    return setting_of(study, model, estimates[model.id].engine)


def _subject(study: Study, panel: Panel, model: ModelSpec, made: Estimate) -> Subject:
    kind, main = ESTIMATORS[model.kind], made.engine

    def again(engine: str, covariance: Covariance | None) -> Estimate | str:
        setting = setting_of(study, model, engine, covariance, resample=False)
        for request in made.requests:
            asked = request if covariance is None else replace(request, covariance=covariance)
            if engine != main and (reason := ENGINES[engine].refuses(asked)):
                return reason
        return kind.estimate(model, panel, setting)

    def refit(other: ModelSpec, on: Panel) -> Estimate | str:
        try:
            return ESTIMATORS[other.kind].estimate(other, on, setting_of(study, other, main, resample=False))
        except EstimationError as error:
            return "; ".join(dict.fromkeys(f.what for f in error.faults))

    return Subject(
        model=model,
        estimate=made,
        panel=panel,
        design=lambda: kind.prepare(model, panel, setting_of(study, model, main)),
        again=again,
        confirm=study.defaults.confirm,
        seed=digests.child_seed(study.head.seed, model.id, "checks"),
        refit=refit,
    )


def gates_failed(results: Results) -> tuple[Check, ...]:
    """The checks whose failure makes a run end with 1: those marked as gates, and every second engine that disagrees."""
    every = (*results.checks.values(), *results.variant_checks.values())
    found = [*results.quality, *(c for of in every for c in of)]
    return tuple(c for c in found if c.verdict == "fails" and (c.gate or c.name == "second_engine"))
