"""Variables of a study on the grid; in which order and in which years they are needed is in needs, where figures come from not asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, PanelkitError, StudyError
from panelkit.core.evaluation import CELL_FUNCTIONS
from panelkit.core.expression import Call, Name, names_in
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import Study, VariablePlan
from panelkit.core.variable import Origin, Variable
from panelkit.etl.expressions import (
    GRID_FUNCTIONS,
    Grid,
    check_functions,
    evaluate,
    logged,
    measure_of_expression,
)
from panelkit.etl.fills import filled, rule_of
from panelkit.etl.harmonise.units import Measure, conversion, measure_of, same_measure
from panelkit.etl.needs import Window, direct_inputs, series_behind, tree_of
from panelkit.etl.prices import base_year_of, declared_basis, price_of_expression, refuse_mixed_inputs, refuse_mixed_sum
from panelkit.etl.workbench import Made, Workbench

if TYPE_CHECKING:
    import pandas as pd


def check_plan(plan: VariablePlan) -> None:
    """Refuse what is wrong with a variable by itself: its expression, its functions, its transform.

    Raises
    ------
    StudyError
        With the key path of the variable.
    """
    spec = plan.spec
    rule_of(spec)
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
            _make_at_level(study, plan, bench, needed[name])
        except PanelkitError as fault:
            failed.add(name)
            faults += [f if f.where else replace(f, where=f"variables.{name}") for f in fault.faults]
    return faults


def _make_at_level(study: Study, plan: VariablePlan, bench: Workbench, window: Window) -> None:
    """Made on the units that its inputs differ between, so that a province counts once, and laid over all its cells."""
    names = direct_inputs(plan)
    level = bench.level_to_make(plan, names)
    if all(level):
        over = _make(study, plan, bench, window)
    else:
        small = bench.small(level, names)
        over = _make(study, plan, small, window)
        bench.take_up(plan.name, small, level)
    if plan.spec.expression:
        level = bench.levels.of_result(tree_of(plan))
    elif over is not None:
        level = tuple(p in over for p in bench.levels.parts)
    bench.levels.known[plan.name] = level


def _make(study: Study, plan: VariablePlan, bench: Workbench, window: Window) -> tuple[str, ...] | None:
    spec = plan.spec
    grid = replace(bench.grid, window=window)
    made = _made(plan, bench, grid, bench.columns.values)
    bare = made.values
    if bench.fills and bench.bare:
        said = list(bench.notes)
        bare = _made(plan, bench, grid, {**bench.columns.values, **bench.bare}).values
        bench.notes[:] = said  # what is said of the variable is said of the one with fills
    if bench.fills and spec.fill:
        made = replace(made, values=_filled(plan, made.values, grid, bench))
    values, measure, how = _transformed(plan, made, grid, bench)
    if bench.fills and made.values.dtype.kind == "f":
        bare = _transformed(plan, replace(made, values=bare), grid, bench)[0]
    values = _as_declared(values, spec.kind)
    is_text = values.dtype.kind not in "fiub"
    inside = grid.inside(*grid.study_years)
    count = 0
    if bench.fills:
        bench.bare[spec.name] = bare
        flags = _unlike(values, bare) if not is_text else np.zeros(len(values), dtype=bool)
        count = int(flags[inside].sum())
        if flags.any():
            bench.flags[spec.name] = flags
    price, base_year = declared_basis(spec, made.price, made.base_year)
    bench.columns.values[spec.name] = values
    bench.measures[spec.name] = measure
    bench.columns.measures[spec.name] = str(measure)
    bench.columns.prices[spec.name] = price
    if base_year is not None:
        bench.columns.base_years[spec.name] = base_year
    bench.variables[spec.name] = Variable(
        name=spec.name,
        measure=str(measure),
        label=spec.label if spec.label.en or spec.label.zh else Label(en=spec.name),
        origin=Origin(how=how, inputs=series_behind(spec.name, study.variables)),
        kind="category" if is_text else "number",
        filled=count,
        price=price,
        base_year=base_year,
    )
    if count:
        rule = rule_of(spec)
        way = f"{rule.method}{' on ' + ', '.join(rule.on) if rule.on else ''}" if rule else "inputs filled"
        bench.notes.append(f"{spec.name}: {counted(count, 'cells are')} not as published ({way})")
    return made.over


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
    if spec.price is None:
        refuse_mixed_inputs(plan, bench.columns.prices, bench.columns.base_years)
    derived = kind.derive(plan.options, replace(bench.columns, values=dict(known)))
    bench.notes.extend(f"{spec.name}: {note}" for note in derived.notes if f"{spec.name}: {note}" not in bench.notes)
    measure = _asserted(spec.measure, measure_of(derived.measure), spec.name, "derivation")
    values = derived.values.reindex(bench.columns.grid)
    if derived.details and spec.name not in bench.details:
        bench.details[spec.name] = derived.details
    made = Made(values=values, measure=measure, how=f"{spec.derive}: {derived.how}", over=derived.over)
    return replace(made, price=derived.price, base_year=derived.base_year)


def _of_series(plan: VariablePlan, bench: Workbench, known: Mapping[str, pd.Series]) -> Made:
    spec = plan.spec
    values, given = _column(spec.series, known), bench.measures.get(spec.series, Measure())
    price, base_year = bench.columns.prices.get(spec.series, ""), bench.columns.base_years.get(spec.series)
    is_text = values.dtype.kind not in "fiub"
    if spec.kind == "number" and is_text:
        raise StudyError(f"{spec.series} holds text", mend='say kind = "category" for the variable')
    if spec.measure is None or is_text or same_measure(spec.measure, str(given)):
        return Made(values=values, measure=given, how=spec.series, price=price, base_year=base_year)
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
        price=price,
        base_year=base_year,
    )


def _of_expression(plan: VariablePlan, bench: Workbench, grid: Grid, known: Mapping[str, pd.Series]) -> Made:
    import pandas as pd

    spec, tree = plan.spec, tree_of(plan)
    where = f"variables.{spec.name}.expression"

    def column(name: str) -> np.ndarray:
        key = grid.key_column(name)
        return _column(name, known).to_numpy() if key is None else key

    for name in names_in(tree):
        column(name)
    inferred = measure_of_expression(tree, bench.measures, where)
    values = evaluate(tree, column, grid, where, partial(_say, bench, spec.name))
    numeric = values.dtype.kind in "fiub"
    kind = "float64" if numeric else "object"
    series = pd.Series(values, index=bench.columns.grid, dtype=kind)
    measure = _asserted(spec.measure, inferred, spec.name, "expression")
    of = bench.columns
    if spec.price is None:
        refuse_mixed_sum(tree, of.prices, of.measures, where)
    price = price_of_expression(tree, of.prices, of.measures)
    year = base_year_of(tree, of.prices, of.base_years, of.measures, where)
    return Made(values=series, measure=measure, how=spec.expression, price=price, base_year=year)


def _say(bench: Workbench, name: str, text: str) -> None:
    """A note on a variable, once."""
    note = f"{name}: {text}"
    if note not in bench.notes:
        bench.notes.append(note)


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


def _filled(plan: VariablePlan, values: pd.Series, grid: Grid, bench: Workbench) -> pd.Series:
    rule = rule_of(plan.spec)
    if rule is None or values.dtype.kind != "f":
        return values

    def column(name: str) -> np.ndarray:
        found = _column(name, bench.columns.values)
        if found.dtype.kind not in "fiub":
            raise StudyError(f"{name} holds text", where=f"variables.{plan.name}.fill", mend="fill on numbers")
        return found.to_numpy()

    return filled(values, rule, grid, column)


def _unlike(values: pd.Series, bare: pd.Series) -> np.ndarray:
    """Cells that are there and would be missing without the fills."""
    return np.asarray((values.notna() & bare.isna()).to_numpy())


def _transformed(plan: VariablePlan, made: Made, grid: Grid, bench: Workbench) -> tuple[pd.Series, Measure, str]:
    spec = plan.spec
    name = spec.transform
    if not name:
        return made.values, made.measure, made.how
    if name in ("ln", "log") and getattr(plan.options, "form", "") == "ln":
        return made.values, made.measure, made.how  # the derivation's own form is the logarithm already
    tree = Call(name, (Name(spec.name),))
    where = f"variables.{spec.name}.transform"
    values = evaluate(tree, lambda _: made.values.to_numpy(), grid, where, partial(_say, bench, spec.name))
    measure = measure_of_expression(tree, {spec.name: made.measure}, where)
    if name in ("ln", "log", "log1p"):
        measure = logged(name, made.measure)
    return type(made.values)(values, index=bench.columns.grid), measure, f"{name}({made.how})"
