"""From the names in a formula to columns of a panel: dummies, products, combined categories. No row is dropped here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.errors import EstimationError, Fault
from panelkit.core.estimation import ModelSpec
from panelkit.core.formula import Formula, Slope
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An equation in names of columns; every product, dummy and combined category is a column by now; effects stand in order of name."""

    outcome: str
    slopes: tuple[str, ...]
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    absorb: tuple[str, ...]
    varying_slopes: tuple[tuple[str, str], ...]
    constant: bool
    clusters: tuple[str, ...]
    weights: str


def needed(formula: Formula, spec: ModelSpec, clusters: tuple[str, ...]) -> tuple[str, ...]:
    """Every variable a model needs, each once, in the order in which missing cells are counted."""
    parts = [part for cluster in clusters for part in cluster.split("^")]
    return tuple(dict.fromkeys([*formula.names, *([spec.weights] if spec.weights else []), *parts]))


def refuse_bad_names(formula: Formula, spec: ModelSpec, panel: Panel, clusters: tuple[str, ...]) -> None:
    """Check that every name is a column of the panel and of the right kind.

    Raises
    ------
    EstimationError
        With one fault for each name that is unknown, or a category where a number is needed.
    """
    where = f"models.{spec.id}"
    faults = [
        Fault(where=where, what=f"there is no variable '{name}'", mend=known_or_nearest(name, panel.names))
        for name in needed(formula, spec, clusters)
        if name not in panel.names
    ]
    numbers = [formula.outcome, *(f for s in formula.slopes for f in s.factors)]
    numbers += [*formula.endogenous, *formula.instruments, *(v for e in formula.absorb for v in e.slopes)]
    numbers += [spec.weights] if spec.weights else []
    for name in dict.fromkeys(numbers):
        if name in panel.names and is_category(panel, name):
            faults.append(
                Fault(
                    where=where,
                    what=f"'{name}' is a category, not a number",
                    mend=f"write i({name}) for its dummies, or absorb it behind '|'",
                )
            )
    if faults:
        raise EstimationError(faults=faults)


def is_category(panel: Panel, name: str) -> bool:
    """Whether a column holds texts (the unit does)."""
    if name == panel.unit:
        return True
    return name != panel.time and panel.variable(name).kind == "category"


def lay_out(formula: Formula, spec: ModelSpec, panel: Panel, clusters: tuple[str, ...]) -> tuple[Panel, Layout]:
    """The panel (the sample's rows) with every column the equation needs, and their names.

    Raises
    ------
    EstimationError
        If a category has one level only, or the reference of i() is no level of it.
    """
    formula = with_units(formula, panel)
    columns: dict[str, np.ndarray] = {}
    made: list[Variable] = []
    slopes: list[str] = []
    for slope in formula.slopes:
        if slope.levels_of:
            for name, values, variable in _dummies(slope, spec, panel):
                columns[name] = values
                made.append(variable)
                slopes.append(name)
        else:
            if len(slope.factors) > 1:
                columns[slope.name] = np.prod([panel.column(f).astype("float64") for f in slope.factors], axis=0)
                made.append(_product(slope, panel))
            slopes.append(slope.name)
    combined = dict.fromkeys([*(e.name for e in formula.absorb), *clusters])
    for name in combined:
        if "^" in name and name not in panel.names:
            columns[name] = _combined(panel, name)
            made.append(
                Variable(name=name, measure="", label=Label(en=name), origin=Origin(how="combined"), kind="category")
            )
    extended = panel.extended(columns, made) if made else panel
    effects = sorted(formula.absorb, key=lambda e: (e.name, e.slopes))  # so that no digit follows the order written
    layout = Layout(
        outcome=formula.outcome,
        slopes=tuple(dict.fromkeys(slopes)),
        endogenous=formula.endogenous,
        instruments=formula.instruments,
        absorb=tuple(e.name for e in effects),
        varying_slopes=tuple((e.name, v) for e in effects for v in e.slopes),
        constant=formula.constant,
        clusters=clusters,
        weights=spec.weights,
    )
    return extended, layout


def with_units(formula: Formula, panel: Panel) -> Formula:
    """The equation with an effect of every part of the unit, such as province^industry, as the effect of the unit that it is."""
    if not panel.parts:
        return formula
    effects = [replace(e, factors=unit_or_parts("^".join(e.factors), panel)) for e in formula.absorb]
    return replace(formula, absorb=tuple(effects))


def unit_or_parts(name: str, panel: Panel) -> tuple[str, ...]:
    """The factors of a combined category: the unit itself where they are all its parts."""
    factors = tuple(name.split("^"))
    return (panel.unit,) if panel.parts and set(factors) == set(panel.parts) else factors


def _combined(panel: Panel, name: str) -> np.ndarray:
    parts = [panel.column(part).astype(str) for part in name.split("^")]
    joined = parts[0].astype(object)
    for part in parts[1:]:
        joined = joined + " ^ " + part.astype(object)
    return joined


def _dummies(slope: Slope, spec: ModelSpec, panel: Panel) -> list[tuple[str, np.ndarray, Variable]]:
    name = slope.levels_of
    values = panel.column(name)
    levels = sorted(set(values.tolist()))
    shown = {_level(v): v for v in levels}
    where = f"models.{spec.id}"
    if slope.reference and slope.reference not in shown:
        raise EstimationError(
            f"i({name}): the reference '{slope.reference}' is no level of it in this sample",
            where=where,
            mend=known_or_nearest(slope.reference, shown),
        )
    if len(levels) < 2:
        raise EstimationError(f"i({name}) has one level only in this sample", where=where, mend=f"leave i({name}) out")
    reference = slope.reference or next(iter(shown))
    made = []
    for text, value in shown.items():
        if text == reference:
            continue
        label = Label(en=f"{_label(panel, name, 'en')}: {text}", zh=f"{_label(panel, name, 'zh')}:{text}")
        origin = Origin(how=f"1 where {name} is {text} (reference {reference})", inputs=(name,))
        column = (values == value).astype("float64")
        made.append(
            (f"{name}::{text}", column, Variable(name=f"{name}::{text}", measure="", label=label, origin=origin))
        )
    return made


def _level(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _product(slope: Slope, panel: Panel) -> Variable:
    label = Label(
        en=" x ".join(_label(panel, f, "en") for f in slope.factors),
        zh="×".join(_label(panel, f, "zh") for f in slope.factors),
    )
    return Variable(name=slope.name, measure="", label=label, origin=Origin(how="product", inputs=slope.factors))


def _label(panel: Panel, name: str, language: str) -> str:
    if name in (panel.unit, panel.time):
        return name
    return panel.variable(name).label.to(language) or name
