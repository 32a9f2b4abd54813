"""What must hold between the entries of a study: every name declared, every reference known, every path inside the study's root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from panelkit.core.errors import Fault, PanelkitError, StudyError
from panelkit.core.expression import Call, names_in, parse_expression, walk
from panelkit.core.formula import parse_formula
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import CHECKS, DERIVATIONS, ENGINES, ESTIMATORS, RENDERERS, TABLES
from panelkit.core.request import Clustered, covariance_columns
from panelkit.study.battery import variant_of_path
from panelkit.study.head import faults_of_head

if TYPE_CHECKING:
    from panelkit.core.study import Study, VariablePlan
    from panelkit.study.known import Known


def faults_between(study: Study, document: dict[str, Any], known: Known) -> list[Fault]:
    """Every fault between the entries of a study that was typed; `document` tells what was declared, faulty or not."""
    declared = {*document.get("variables", {}), *study.variables, *study.panel.keys}
    faults = [*faults_of_head(study.head), *_panel(study), *_sources(study)]
    series = {
        f"{s}.{a}"
        for s, entry in document.get("sources", {}).items()
        if isinstance(entry, dict)
        for a in entry.get("series", {})
    }
    for plan in study.variables.values():
        faults += _variable(plan, declared, series, known)
    for model in study.models:
        faults += _model(study, model, declared, known)
    faults += _variants(study, declared, known)
    faults += _quality(study, series, known)
    faults += _defaults(study, known)
    models = {str(m.get("id")) for m in document.get("models", []) if isinstance(m, dict)}
    faults += _exhibits(study, models, declared)
    return faults


def _unknown(where: str, noun: str, name: str, known: Iterable[str]) -> Fault:
    return Fault(where=where, what=f"unknown {noun} '{name}'", mend=known_or_nearest(name, known))


def _panel(study: Study) -> Iterator[Fault]:
    first, last = study.panel.years
    if first > last:
        yield Fault(where="panel.years", what=f"{first} is after {last}", mend="write [first, last]")
    if study.panel.time in (study.panel.entity, *study.panel.parts):
        yield Fault(where="panel.time", what="unit and time are the same", mend="name two different keys")
    if not study.panel.parts or len(set(study.panel.parts)) < len(study.panel.parts):
        mend = 'name each key once: unit = ["province", "industry"]'
        yield Fault(where="panel.unit", what="a key is missing, or stands twice", mend=mend)
    for part in study.panel.codes if isinstance(study.panel.codes, dict) else ():
        if part not in study.panel.parts:
            yield _unknown(f"panel.codes.{part}", "key", part, study.panel.parts)
    if isinstance(study.panel.codes, str) and len(study.panel.parts) > 1:
        mend = "say which: codes = { " + study.panel.parts[0] + f' = "{study.panel.codes}" }}'
        yield Fault(where="panel.codes", what="one list is named for several keys", mend=mend)
    for name in study.panel.keys:
        if name in study.variables:
            yield Fault(where=f"variables.{name}", what=f"'{name}' is a key of the panel", mend="choose another name")


def _sources(study: Study) -> Iterator[Fault]:
    for name, source in study.sources.items():
        where = f"sources.{name}"
        path = PurePosixPath(source.path.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
            mend = "write a path relative to the folder that holds data/, without '..'"
            yield Fault(where=f"{where}.path", what=f"'{source.path}' leaves the study's folder", mend=mend)
        if not source.series:
            yield Fault(
                where=f"{where}.series",
                what="no series is taken from this file",
                mend='name some: series = { gdp = "..." }',
            )
        for field, entries in (
            ("measures", source.measures),
            ("vintages", source.vintages),
            ("prices", source.prices),
            ("base_years", source.base_years),
            ("official", source.official),
            ("breaks", source.breaks),
        ):
            for alias in entries:
                if alias not in source.series:
                    yield _unknown(f"{where}.{field}.{alias}", "series", alias, source.series)
        for alias in source.base_years:
            if source.prices.get(alias) != "real":
                what = f"'{alias}' has a base year and is not declared real"
                mend = f'say prices = {{ {alias} = "real" }}, or take the base year away'
                yield Fault(where=f"{where}.base_years.{alias}", what=what, mend=mend)


def _variable(plan: VariablePlan, declared: set[str], series: set[str], known: Known) -> Iterator[Fault]:
    where, entry = f"variables.{plan.name}", plan.spec
    ways = [way for way in ("series", "expression", "derive") if getattr(entry, way)]
    if len(ways) != 1:
        what = "it is made in no way" if not ways else f"it is made in more than one way ({', '.join(ways)})"
        yield Fault(where=where, what=what, mend="give one of series, expression or derive")
        return
    if entry.series and entry.series not in series:
        yield _unknown(f"{where}.series", "series", entry.series, series)
    if entry.expression:
        yield from _expression(entry.expression, f"{where}.expression", declared | series, known)
    if entry.transform and known.functions and entry.transform not in known.functions:
        yield _unknown(f"{where}.transform", "function", entry.transform, known.functions)
    if plan.options is not None:
        for name in DERIVATIONS[entry.derive].inputs(plan.options):
            if name not in declared | series:
                yield _unknown(f"{where}.with", "series or variable", name, declared | series)


def _expression(text: str, where: str, names: set[str], known: Known) -> Iterator[Fault]:
    try:
        tree = parse_expression(text, where=where)
    except StudyError as error:
        yield from error.faults
        return
    for name in names_in(tree):
        if name not in names:
            yield _unknown(where, "series or variable" if "." in name else "variable", name, names)
    for node in walk(tree):
        if isinstance(node, Call) and known.functions and node.function not in known.functions:
            yield _unknown(where, "function", node.function, known.functions)


def _model(study: Study, model: Any, declared: set[str], known: Known) -> Iterator[Fault]:
    where = f"models.{model.id}"
    elsewhere = {*model.weights.split("^"), *model.cluster.split("^"), *covariance_columns(model.covariance)}
    try:
        formula = parse_formula(model.formula, where=f"{where}.formula")
        for name in ESTIMATORS[model.kind].columns(model):
            if name not in declared and (name in formula.names or name not in elsewhere):
                yield _unknown(f"{where}.formula" if name in formula.names else where, "variable", name, declared)
        yield from ESTIMATORS[model.kind].faults(model, study.panel)
    except PanelkitError as error:
        yield from error.faults
    for field in ("weights", "cluster"):
        for name in filter(None, getattr(model, field).split("^")):
            if name not in declared:
                yield _unknown(f"{where}.{field}", "variable", name, declared)
    if model.where:
        yield from _expression(model.where, f"{where}.where", declared, known)
    if model.years and model.years[0] > model.years[1]:
        yield Fault(where=f"{where}.years", what="the first year is after the last", mend="write [first, last]")
    yield from _covariance(model.covariance, f"{where}.covariance", declared, known)
    for name in model.checks:
        if name not in study.checks:
            yield _unknown(f"{where}.checks", "check", name, {*CHECKS.names(), *study.checks})


def _variants(study: Study, declared: set[str], known: Known) -> Iterator[Fault]:
    """The faults of the specifications of batteries, under the key of the choice; those of the base are told where it stands."""
    told = {(f.what, f.mend) for m in study.models for f in _model(study, m, declared, known)}
    for variant in study.variants:
        for fault in _model(study, variant.model, declared, known):
            if (fault.what, fault.mend) not in told:
                told.add((fault.what, fault.mend))
                yield Fault(where=variant_of_path(variant), what=fault.what, mend=fault.mend)


def _covariance(covariance: Any, where: str, declared: set[str], known: Known) -> Iterator[Fault]:
    if covariance is None:
        return
    if known.conventions and covariance.small_sample not in known.conventions:
        yield _unknown(f"{where}.small_sample", "convention", covariance.small_sample, known.conventions)
    clusters = len(covariance.by) if isinstance(covariance, Clustered) else 0
    if clusters > 2 or (clusters > 1 and covariance.variant in ("cr2", "cr3")):
        mend = "one for cr2 and cr3, one or two for cr0 and cr1"
        yield Fault(where=f"{where}.by", what="too many cluster variables", mend=mend)
    for name in covariance_columns(covariance):
        if name not in declared:
            yield _unknown(where, "variable", name, declared)


def _quality(study: Study, series: set[str], known: Known) -> Iterator[Fault]:
    for name in study.quality.gates:
        if known.findings and name not in known.findings:
            yield _unknown("quality.gates", "finding", name, known.findings)
    for name, nation in study.quality.totals.items():
        for given in (name, nation):
            if given not in series:
                yield _unknown(f"quality.totals.{name}", "series", given, series)


def _defaults(study: Study, known: Known) -> Iterator[Fault]:
    for name in study.defaults.confirm:
        if name not in ENGINES:
            yield _unknown("defaults.confirm", "engine", name, ENGINES.names())
    if not study.defaults.confirm:
        yield Fault(
            where="defaults.confirm",
            what="no engine is named",
            mend='write confirm = ["pyfixest", "linearmodels", "dense"]',
        )
    if known.conventions and study.defaults.small_sample not in known.conventions:
        yield _unknown("defaults.small_sample", "convention", study.defaults.small_sample, known.conventions)
    yield from _covariance(
        study.defaults.covariance, "defaults.covariance", {*study.variables, *study.panel.keys}, known
    )


def _exhibits(study: Study, models: set[str], declared: set[str]) -> Iterator[Fault]:
    for table in study.tables:
        yield from TABLES[table.kind].faults(table)
        panels = [m for panel in getattr(table, "panels", ()) for m in panel.columns]
        battery = getattr(table, "battery", "")
        if battery and battery not in study.robustness:
            yield _unknown(f"tables.{table.id}.battery", "robustness battery", battery, study.robustness)
        for name in (*getattr(table, "columns", ()), *panels):
            if name not in models:
                yield _unknown(f"tables.{table.id}.columns", "model", name, models)
        for name in getattr(table, "variables", ()):
            if name not in declared:
                yield _unknown(f"tables.{table.id}.variables", "variable", name, declared)
        for name in table.formats:
            if name not in RENDERERS:
                yield _unknown(f"tables.{table.id}.formats", "output format", name, RENDERERS.names())
    for figure in study.figures:
        battery = getattr(figure, "battery", "")
        if battery and battery not in study.robustness:
            yield _unknown(f"figures.{figure.id}.battery", "robustness battery", battery, study.robustness)
        name = getattr(figure, "model", "")
        if name and name not in models:
            yield _unknown(f"figures.{figure.id}.model", "model", name, models)
