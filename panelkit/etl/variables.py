"""Variables of a study on the grid, in the order in which they need each other; where figures come from is not asked here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.derivation import Columns
from panelkit.core.errors import Fault, PanelkitError, StudyError
from panelkit.core.evaluation import CELL_FUNCTIONS
from panelkit.core.expression import Call, Name, Node, names_in, parse_expression
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import Study, VariablePlan
from panelkit.core.variable import Origin, Variable
from panelkit.etl import derive as _kinds  # noqa: F401  registers the derivations
from panelkit.etl.expressions import (
    GRID_FUNCTIONS,
    Grid,
    check_functions,
    evaluate,
    logged,
    measure_of_expression,
    shifted,
    years_needed,
)
from panelkit.etl.harmonise.units import Measure, conversion, measure_of, same_measure

if TYPE_CHECKING:
    import pandas as pd

Window = tuple[int, int]


@dataclass(slots=True)
class Workbench:
    """Series and variables known so far.

    bare : the same columns without fills, to tell which cells are not as published.
    """

    columns: Columns
    grid: Grid
    bare: dict[str, pd.Series]
    measures: dict[str, Measure]
    fills: bool
    variables: dict[str, Variable] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A variable's values before its transform, its measure, and how it was made."""

    values: pd.Series
    measure: Measure
    how: str


def tree_of(plan: VariablePlan) -> Node:
    """The parsed expression of a variable."""
    return parse_expression(plan.spec.expression, where=f"variables.{plan.name}.expression")


def direct_inputs(plan: VariablePlan) -> tuple[str, ...]:
    """Series and names that a variable is made of, not looking through other variables."""
    if plan.spec.series:
        return (plan.spec.series,)
    if plan.spec.expression:
        return names_in(tree_of(plan))
    return DERIVATIONS[plan.spec.derive].inputs(plan.options)


def check_plan(plan: VariablePlan) -> None:
    """Refuse what is wrong with a variable by itself: its expression, its functions, its transform.

    Raises
    ------
    StudyError
        With the key path of the variable.
    """
    spec = plan.spec
    if spec.expression:
        check_functions(tree_of(plan), f"variables.{spec.name}.expression")
    if spec.derive:
        DERIVATIONS[spec.derive].inputs(plan.options)
    single = [f.name for f in CELL_FUNCTIONS.values() if f.least == 1]
    single += [f.name for f in GRID_FUNCTIONS.values() if f.least == 1]
    if spec.transform and spec.transform not in single:
        raise StudyError(
            f"there is no transform '{spec.transform}'",
            where=f"variables.{spec.name}.transform",
            mend=known_or_nearest(spec.transform, single),
        )


def in_order(plans: Mapping[str, VariablePlan]) -> tuple[str, ...]:
    """Names of variables, each after those it needs.

    Raises
    ------
    StudyError
        A circle, drawn as a -> b -> a.
    """
    done: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            raise StudyError(
                f"variables need each other in a circle: {circle}", where=f"variables.{name}", mend="break it"
            )
        if name in done or name not in plans:
            return
        for other in direct_inputs(plans[name]):
            visit(other, (*path, name))
        done[name] = None

    for name in plans:
        visit(name, ())
    return tuple(done)


def windows(study: Study, order: Iterable[str]) -> dict[str, Window]:
    """First and last year in which each variable and series is needed: the panel's years, and further back for lags."""
    return windows_of(dict.fromkeys(study.variables, study.panel.years), study.variables, order)


def windows_of(
    wanted: Mapping[str, Window], plans: Mapping[str, VariablePlan], order: Iterable[str]
) -> dict[str, Window]:
    """First and last year in which everything below the wanted variables is needed."""
    needed = dict(wanted)
    for name in reversed(tuple(order)):
        if name not in needed:
            continue
        for other, window in _needed_by(plans[name], needed[name]).items():
            before = needed.get(other, window)
            needed[other] = (min(before[0], window[0]), max(before[1], window[1]))
    return needed


def _needed_by(plan: VariablePlan, window: Window) -> dict[str, Window]:
    where = f"variables.{plan.name}"
    first, last = window
    if plan.spec.transform:
        first, last = shifted(Call(plan.spec.transform, (Name(plan.name),)), first, last, where)
    if plan.spec.expression:
        return years_needed(tree_of(plan), first, last, where)
    if plan.spec.derive and plan.options is not None:
        first, last = plan.options.years_needed(first, last)
    return dict.fromkeys(direct_inputs(plan), (first, last))


def series_behind(name: str, plans: Mapping[str, VariablePlan]) -> tuple[str, ...]:
    """Every raw series that a variable rests on, through all others."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def visit(other: str) -> None:
        if other in seen:
            return
        seen.add(other)
        if other not in plans:
            if "." in other:
                found[other] = None
            return
        for below in direct_inputs(plans[other]):
            visit(below)

    visit(name)
    return tuple(found)


def make_variables(study: Study, bench: Workbench, order: Iterable[str], needed: Mapping[str, Window]) -> list[Fault]:
    """Add every variable to the bench; what is wrong with each is given back, all at once.

    A variable that rests on a faulty one is passed over, since its fault is already there.
    """
    faults: list[Fault] = []
    failed: set[str] = set()
    for name in order:
        plan = study.variables[name]
        if failed & set(direct_inputs(plan)):
            failed.add(name)
            continue
        try:
            _make(study, plan, bench, needed[name])
        except PanelkitError as fault:
            failed.add(name)
            faults += [f if f.where else replace(f, where=f"variables.{name}") for f in fault.faults]
    return faults


def _make(study: Study, plan: VariablePlan, bench: Workbench, window: Window) -> None:
    spec = plan.spec
    grid = replace(bench.grid, window=window)
    made = _made(plan, bench, grid, bench.columns.values)
    bare = made.values
    if bench.fills and bench.bare:
        bare = _made(plan, bench, grid, {**bench.columns.values, **bench.bare}).values
    if bench.fills and spec.fill:
        made = replace(made, values=_filled(made.values, spec.fill, grid))
    values, measure, how = _transformed(plan, made, grid, bench)
    if bench.fills and made.values.dtype.kind == "f":
        bare = _transformed(plan, replace(made, values=bare), grid, bench)[0]
    values = _as_declared(values, spec.kind)
    is_text = values.dtype.kind not in "fiub"
    inside = grid.inside(*grid.study_years)
    filled = (
        int((values.notna() & bare.notna().eq(False)).to_numpy()[inside].sum()) if bench.fills and not is_text else 0
    )
    if filled or bench.fills:
        bench.bare[spec.name] = bare
    bench.columns.values[spec.name] = values
    bench.measures[spec.name] = measure
    bench.columns.measures[spec.name] = str(measure)
    bench.variables[spec.name] = Variable(
        name=spec.name,
        measure=str(measure),
        label=spec.label if spec.label.en or spec.label.zh else Label(en=spec.name),
        origin=Origin(how=how, inputs=series_behind(spec.name, study.variables)),
        kind="category" if is_text else "number",
        filled=filled,
    )
    if filled:
        bench.notes.append(f"{spec.name}: {filled} cells are not as published ({spec.fill or 'inputs filled'})")


def _as_declared(values: pd.Series, kind: str) -> pd.Series:
    """Numbers as text where the study declares a category, so that 1.0 is the category '1'."""
    if kind != "category" or values.dtype.kind not in "fiub":
        return values
    texts = [None if v != v else str(int(v)) if v == int(v) else repr(float(v)) for v in values]
    return type(values)(texts, index=values.index, dtype="object")


def _made(plan: VariablePlan, bench: Workbench, grid: Grid, known: Mapping[str, pd.Series]) -> Made:
    spec = plan.spec
    if spec.series:
        return _of_series(plan, bench, known)
    if spec.expression:
        return _of_expression(plan, bench, grid, known)
    kind = DERIVATIONS[spec.derive]
    derived = kind.derive(plan.options, replace(bench.columns, values=dict(known)))
    bench.notes.extend(f"{spec.name}: {note}" for note in derived.notes if f"{spec.name}: {note}" not in bench.notes)
    measure = _asserted(spec.measure, measure_of(derived.measure), spec.name, "derivation")
    return Made(values=derived.values.reindex(bench.columns.grid), measure=measure, how=f"{spec.derive}: {derived.how}")


def _of_series(plan: VariablePlan, bench: Workbench, known: Mapping[str, pd.Series]) -> Made:
    spec = plan.spec
    values, given = _column(spec.series, known), bench.measures.get(spec.series, Measure())
    is_text = values.dtype.kind not in "fiub"
    if spec.kind == "number" and is_text:
        raise StudyError(f"{spec.series} holds text", mend='say kind = "category" for the variable')
    if spec.measure is None or is_text or same_measure(spec.measure, str(given)):
        return Made(values=values, measure=given, how=spec.series)
    if not str(given):
        raise StudyError(
            f"{spec.series} is a pure number, declared in {spec.measure}",
            mend="correct measure, or the source's measures",
        )
    factor = conversion(str(given), spec.measure)
    if factor is None:
        raise StudyError(
            f"{spec.series} is in {given}, and there is no conversion to {spec.measure or 'a pure number'}",
            mend="correct measure, or convert by an expression",
        )
    note = f"{spec.name}: converted from {given} to {spec.measure} (x {factor:g})"
    if note not in bench.notes:
        bench.notes.append(note)
    return Made(
        values=values * factor,
        measure=measure_of(spec.measure),
        how=f"{spec.series} x {factor:g} ({given} to {spec.measure})",
    )


def _of_expression(plan: VariablePlan, bench: Workbench, grid: Grid, known: Mapping[str, pd.Series]) -> Made:
    import pandas as pd

    spec, tree = plan.spec, tree_of(plan)
    where = f"variables.{spec.name}.expression"

    def column(name: str) -> np.ndarray:
        if name == grid.unit:
            return grid.unit_column
        if name == grid.time:
            return grid.year_column.astype(np.float64)
        return _column(name, known).to_numpy()

    for name in names_in(tree):
        column(name)
    inferred = measure_of_expression(tree, bench.measures, where)
    values = evaluate(tree, column, grid, where)
    numeric = values.dtype.kind in "fiub"
    kind = "float64" if numeric else "object"
    series = pd.Series(values, index=bench.columns.grid, dtype=kind)
    return Made(values=series, measure=_asserted(spec.measure, inferred, spec.name, "expression"), how=spec.expression)


def _column(name: str, known: Mapping[str, pd.Series]) -> pd.Series:
    if name not in known:
        noun = "series" if "." in name else "variable"
        raise StudyError(f"there is no {noun} '{name}'", mend=known_or_nearest(name, known))
    return known[name]


def _asserted(declared: str | None, inferred: Measure, name: str, noun: str) -> Measure:
    if declared is None:
        return inferred
    wanted = measure_of(declared)
    unknown = not inferred.exact or (noun == "derivation" and not inferred.powers)
    if unknown or same_measure(declared, str(inferred)) or (inferred.pure and wanted.pure):
        return wanted
    raise StudyError(
        f"'{name}' is declared in {declared or 'pure numbers'}, its {noun} gives {str(inferred) or 'a pure number'}",
        where=f"variables.{name}.measure",
        mend="correct the measure, or multiply by the constant that converts it",
    )


def _filled(values: pd.Series, rule: str, grid: Grid) -> pd.Series:
    """Gaps inside the needed years filled along time: 'linear' between figures on both sides, 'carry' from the last figure."""
    inside = grid.inside(*grid.window)
    groups = values.groupby(level=0, group_keys=False)
    between = rule == "linear"
    full = groups.transform(lambda v: v.interpolate(limit_area="inside")) if between else groups.ffill()
    return values.where(values.notna() | ~inside, full)


def _transformed(plan: VariablePlan, made: Made, grid: Grid, bench: Workbench) -> tuple[pd.Series, Measure, str]:
    spec = plan.spec
    name = spec.transform
    if not name:
        return made.values, made.measure, made.how
    if name in ("ln", "log") and getattr(plan.options, "form", "") == "ln":
        return made.values, made.measure, made.how  # the derivation's own form is the logarithm already
    tree = Call(name, (Name(spec.name),))
    where = f"variables.{spec.name}.transform"
    values = evaluate(tree, lambda _: made.values.to_numpy(), grid, where)
    measure = measure_of_expression(tree, {spec.name: made.measure}, where)
    if name in ("ln", "log", "log1p"):
        measure = logged(name, made.measure)
    return type(made.values)(values, index=bench.columns.grid), measure, f"{name}({made.how})"
