"""Reading a study file: TOML to a Study, with every fault of the file reported at once; the cross-checks are in `validate`."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from panelkit.core import digest as digests
from panelkit.core.check import CheckSpec
from panelkit.core.derivation import DerivationSpec
from panelkit.core.errors import Fault, StudyError
from panelkit.core.estimation import Defaults, ModelSpec
from panelkit.core.exhibit import FigureSpec, TableSpec
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import CHECKS, DERIVATIONS, ESTIMATORS, FIGURES, SOURCES, TABLES, Registry
from panelkit.core.robustness import RobustnessSpec
from panelkit.core.source import SourceSpec
from panelkit.core.study import (
    SCHEMA,
    FamilySpec,
    Head,
    PanelSpec,
    QualitySpec,
    Study,
    VariablePlan,
    VariableSpec,
)
from panelkit.study.battery import Declared, Expanded, expand
from panelkit.study.known import Known
from panelkit.study.safe import unsafe
from panelkit.study.syntax import not_toml
from panelkit.study.typed import typed
from panelkit.study.validate import faults_between

LARGEST = 2_000_000  # bytes; a study is written by hand
SECTIONS = (
    "schema",
    "study",
    "panel",
    "sources",
    "variables",
    "defaults",
    "models",
    "checks",
    "tables",
    "figures",
    "families",
    "quality",
    "robustness",
    "plugins",
)


def read_study(path: Path, known: Known | None = None) -> Study:
    """The study in the TOML file at `path`.

    Parameters
    ----------
    path : Path
        The file.
    known : Known, optional
        What other stages understand; without it such names are not checked.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        With every fault found: unknown keys, wrong types, names that nothing declares, each with its key path and the
        nearest known name.
    """
    return study_from(_document(path), known, name=path.name)


def study_from(document: dict[str, Any], known: Known | None = None, *, name: str = "study") -> Study:
    """The study that a parsed TOML document describes; see `read_study`."""
    faults: list[Fault] = []
    _refuse_schema(document, name)
    if found := list(unsafe(document)):
        raise StudyError(faults=found)
    for section in document:
        if section not in SECTIONS:
            faults.append(
                Fault(where=section, what=f"unknown section '{section}'", mend=known_or_nearest(section, SECTIONS))
            )
    if document.get("plugins"):
        faults.append(
            Fault(
                where="plugins",
                what="this study asks for code of its own",
                mend="panelkit runs no plugin; remove the entry",
            )
        )
    head = typed(Head, document.get("study", {}), "study", faults)
    panel = typed(PanelSpec, document.get("panel", {}), "panel", faults)
    sources = _sources(document, faults)
    variables = _variables(document, faults)
    defaults = typed(Defaults, document.get("defaults", {}), "defaults", faults)
    models = [_with_own_checks(m) for m in _listed(document, "models", ESTIMATORS, ModelSpec, faults)]
    checks = _checks(document, models, faults)
    tables = _listed(document, "tables", TABLES, TableSpec, faults)
    figures = _listed(document, "figures", FIGURES, FigureSpec, faults)
    families = {
        name: family
        for name, entry in _table(document, "families", faults).items()
        if (family := typed(FamilySpec, entry, f"families.{name}", faults)) is not None
    }
    quality = typed(QualitySpec, document.get("quality", {}), "quality", faults)
    if head is None or panel is None or defaults is None or quality is None:
        raise StudyError(faults=faults)
    batteries, variants = _batteries(
        Declared(document=document, variables=variables, keys=panel.keys, models=tuple(models)), faults
    )
    variables |= {p.name: p for v in variants.values() for p in v.variables}
    tables, figures = _with_batteries(batteries, tables, figures)
    study = Study(
        head=head,
        panel=panel,
        sources=sources,
        variables=variables,
        defaults=defaults,
        models=tuple(models),
        checks=checks,
        tables=tuple(tables),
        figures=tuple(figures),
        families=families,
        quality=quality,
        robustness=batteries,
        variants=tuple(v for e in variants.values() for v in e.variants),
        digest=digests.of_value(_plain(document)),
        document=document,
    )
    faults += faults_between(study, document, known or Known())
    if faults:
        raise StudyError(faults=faults)
    return study


def _document(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise StudyError(
            "there is no such study file", where=str(path), mend="name a .toml file, or make one: panelkit new DIR"
        )
    if path.stat().st_size > LARGEST:
        raise StudyError(
            "this file is too large for a study", where=path.name, mend="put data into data/raw, not into the study"
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise StudyError("the study is not UTF-8", where=path.name, mend="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise StudyError(faults=[not_toml(text, error, path.name)]) from error
    except (RecursionError, ValueError) as error:  # brackets without end; numbers of thousands of digits
        raise StudyError(
            "this is nested too deeply, or holds an endless number", where=path.name, mend="write it flat"
        ) from error


def _refuse_schema(document: dict[str, Any], name: str) -> None:
    schema = document.get("schema")
    if schema is None:
        raise StudyError(
            "the study does not say its schema", where=name, mend=f"put 'schema = {SCHEMA}' on the first line"
        )
    if schema != SCHEMA:
        raise StudyError(
            f"schema {schema!r} is not known to this panelkit",
            where="schema",
            mend=f"this version reads schema {SCHEMA}",
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _table(document: dict[str, Any], section: str, faults: list[Fault]) -> dict[str, Any]:
    value = document.get(section, {})
    if isinstance(value, dict):
        return value
    faults.append(Fault(where=section, what="tables by name are expected", mend=f"write [{section}.NAME]"))
    return {}


def _kind_of(entry: dict[str, Any], registry: Registry[Any], where: str, faults: list[Fault], default: str = "") -> Any:
    name = entry.get("kind", default)
    if name in registry:
        return registry[name]
    what = f"unknown {registry.noun} '{name}'" if name else "the kind is missing"
    faults.append(Fault(where=f"{where}.kind", what=what, mend=known_or_nearest(str(name), registry.names())))
    return None


def _sources(document: dict[str, Any], faults: list[Fault]) -> dict[str, SourceSpec]:
    made = {}
    for name, entry in _table(document, "sources", faults).items():
        where = f"sources.{name}"
        kind = _kind_of(entry, SOURCES, where, faults) if isinstance(entry, dict) else None
        source = typed(kind.spec, {"id": name, **entry}, where, faults) if kind else None
        if source is not None:
            made[name] = source
    return made


def _variables(document: dict[str, Any], faults: list[Fault]) -> dict[str, VariablePlan]:
    made = {}
    for name, entry in _table(document, "variables", faults).items():
        where = f"variables.{name}"
        if not isinstance(entry, dict):
            faults.append(Fault(where=where, what="a table is expected", mend=f"write [{where}]"))
            continue
        plain = {k: v for k, v in entry.items() if k != "with"}
        variable = typed(VariableSpec, {"name": name, **plain}, where, faults)
        if variable is None:
            continue
        made[name] = VariablePlan(spec=variable, options=_options(variable, entry.get("with", {}), where, faults))
        if "with" in entry and not variable.derive:
            faults.append(
                Fault(where=f"{where}.with", what="there are options but no derivation", mend="add derive = ...")
            )
    return made


def _options(variable: VariableSpec, entry: Any, where: str, faults: list[Fault]) -> DerivationSpec | None:
    if not variable.derive:
        return None
    if variable.derive not in DERIVATIONS:
        mend = known_or_nearest(variable.derive, DERIVATIONS.names())
        faults.append(Fault(where=f"{where}.derive", what=f"unknown derivation '{variable.derive}'", mend=mend))
        return None
    return typed(DERIVATIONS[variable.derive].spec, entry, f"{where}.with", faults)


def _listed(
    document: dict[str, Any], section: str, registry: Registry[Any], base: type, faults: list[Fault]
) -> list[Any]:
    entries = document.get(section, [])
    if not isinstance(entries, list):
        faults.append(Fault(where=section, what="a list of tables is expected", mend=f"write [[{section}]]"))
        return []
    made: list[Any] = []
    seen: dict[object, object] = {}
    default = "regression" if base is TableSpec else ""
    for place, entry in enumerate(entries):
        name = entry.get("id") if isinstance(entry, dict) else None
        where = f"{section}.{name}" if name else f"{section}[{place}]"
        small = (
            name.casefold() if isinstance(name, str) else None
        )  # files are called by ids, and many systems ignore case
        if small is not None and small in seen:
            what = "stands twice" if seen[small] == name else f"differs from '{seen[small]}' by case alone"
            faults.append(Fault(where=where, what=f"the id '{name}' {what}", mend="give each its own"))
        seen.setdefault(small, name)
        kind = _kind_of(entry, registry, where, faults, default) if isinstance(entry, dict) else None
        item = typed(kind.spec, {"kind": kind.name, **entry}, where, faults) if kind else None
        if item is not None:
            made.append(item)
    return made


def _with_own_checks(model: ModelSpec) -> ModelSpec:
    """The model with the checks that its kind brings, before those that it names."""
    return replace(model, checks=tuple(dict.fromkeys((*ESTIMATORS[model.kind].checks_of(model), *model.checks))))


def _checks(document: dict[str, Any], models: list[ModelSpec], faults: list[Fault]) -> dict[str, CheckSpec]:
    """The checks declared under [checks.NAME] (kind = NAME unless given), and the defaults of those that models name."""
    made: dict[str, CheckSpec] = {}
    for name, entry in _table(document, "checks", faults).items():
        where = f"checks.{name}"
        if not isinstance(entry, dict):
            faults.append(Fault(where=where, what="a table is expected", mend=f"write [{where}]"))
            continue
        kind = _kind_of(entry, CHECKS, where, faults, name)
        check = typed(kind.spec, {"kind": kind.name, **entry}, where, faults) if kind else None
        if check is not None:
            made[name] = check
    wanted = dict.fromkeys(("second_engine", "few_clusters", *(c for m in models for c in m.checks)))
    for name in wanted:
        if name not in made and name in CHECKS:
            made[name] = CHECKS[name].spec(kind=name)
    return made


def _batteries(declared: Declared, faults: list[Fault]) -> tuple[dict[str, RobustnessSpec], dict[str, Expanded]]:
    """The batteries declared under [robustness.NAME], and the specifications of each."""
    document = dict(declared.document)
    batteries, expanded = {}, {}
    for name, entry in _table(document, "robustness", faults).items():
        battery = typed(RobustnessSpec, entry, f"robustness.{name}", faults)
        if battery is not None:
            batteries[name] = battery
            expanded[name] = expand(name, battery, declared, faults)
    return batteries, expanded


def _with_batteries(
    batteries: dict[str, RobustnessSpec], tables: list[TableSpec], figures: list[FigureSpec]
) -> tuple[list[TableSpec], list[FigureSpec]]:
    """The exhibits, with a table and a curve for each battery that has none: no specification can be left out of the report."""
    tables, figures = list(tables), list(figures)
    for name, battery in batteries.items():
        of = battery.label
        if not any(getattr(t, "battery", "") == name for t in tables):
            title = Label(en=f"Robustness: {of.to('en') or battery.base}", zh=f"稳健性:{of.to('zh') or battery.base}")
            made = TABLES["robustness"].spec(id=f"robustness_{name}", kind="robustness", battery=name, title=title)
            tables.append(made)
        if not any(getattr(f, "battery", "") == name for f in figures):
            title = Label(
                en=f"Specification curve: {of.to('en') or battery.base}", zh=f"设定曲线:{of.to('zh') or battery.base}"
            )
            drawn = FIGURES["spec_curve"].spec(id=f"curve_{name}", kind="spec_curve", battery=name, title=title)
            figures.append(drawn)
    return tables, figures


def only(study: Study, model_id: str) -> Study:
    """The same study with one model, for a look at it alone."""
    return replace(study, models=(study.model(model_id),))
