"""Cells of a variable filled along time or by regression, where the study says so; which cells are gaps is in gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.check import Check
from panelkit.core.counted import counted
from panelkit.core.errors import StudyError
from panelkit.core.expression import names_in, parse_expression
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS
from panelkit.core.study import FillRule, Study, VariableSpec
from panelkit.etl.expressions import Grid

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.core.estimation import ModelSpec


def rule_of(spec: VariableSpec) -> FillRule | None:
    """The fill of a variable in its full form.

    Raises
    ------
    StudyError
        A regression on nothing, or another method with regressors.
    """
    if spec.fill is None:
        return None
    rule = spec.fill if isinstance(spec.fill, FillRule) else FillRule(method=spec.fill)
    if (rule.method == "regression") != bool(rule.on):
        raise StudyError(
            "a fill by regression needs on, and only that",
            where=f"variables.{spec.name}.fill",
            mend='write fill = { method = "regression", on = ["source.alias"] }',
        )
    return rule


def filled(values: pd.Series, rule: FillRule, grid: Grid, column: Callable[[str], np.ndarray]) -> pd.Series:
    """Gaps inside the needed years filled.

    'linear' between figures on both sides (of the variable as it stands, before its transform), 'carry' from the last
    figure, 'regression' by the unit's mean and slopes common to all units; where a regressor or the unit's every figure is
    missing the gap stays.
    """
    inside = grid.inside(*grid.window)
    if rule.method == "regression":
        full = type(values)(_fitted(values.to_numpy(), [column(n) for n in rule.on], grid, inside), index=values.index)
        return values.where(values.notna() | ~inside, full)
    groups = values.groupby(level=0, group_keys=False)
    full = groups.transform(lambda v: v.interpolate(limit_area="inside")) if rule.method == "linear" else groups.ffill()
    return values.where(values.notna() | ~inside, full)


def _fitted(values: np.ndarray, regressors: list[np.ndarray], grid: Grid, inside: np.ndarray) -> np.ndarray:
    """Least squares with unit effects over cells that are there, as predictions for every cell."""
    x = np.column_stack([r.astype(np.float64) for r in regressors])
    unit = np.repeat(np.arange(len(grid.units)), len(grid.years))
    there = inside & ~np.isnan(values) & ~np.isnan(x).any(axis=1)
    counts = np.bincount(unit[there], minlength=len(grid.units))
    if there.sum() <= (counts > 0).sum() + x.shape[1]:
        raise StudyError(
            f"a fill by regression rests on {counted(int(there.sum()), 'cells')}",
            mend="take fewer regressors, or another fill",
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.column_stack(
            [np.bincount(unit[there], weights=v[there], minlength=len(grid.units)) / counts for v in (values, *x.T)]
        )
    slopes = np.linalg.lstsq(x[there] - means[unit[there], 1:], values[there] - means[unit[there], 0], rcond=None)[0]
    return np.asarray(means[unit, 0] + (x - means[unit, 1:]) @ slopes)


def sample_of(model: ModelSpec, panel: Panel) -> np.ndarray:
    """Rows that a model can use, bool: its years, its condition, its exclusions, and no missing cell; singletons are not looked at."""
    from panelkit.core.evaluation import evaluate_rows

    names = [n for n in variables_of(model, panel) if n != getattr(model, "cohort", "")]
    rows = panel.frame[names].notna().all(axis=1).to_numpy(copy=True)
    if model.years is not None:
        rows &= (panel.column(panel.time) >= model.years[0]) & (panel.column(panel.time) <= model.years[1])
    if model.exclude:
        rows &= ~np.isin(panel.column(panel.unit).astype(str), list(model.exclude))
    if model.where:
        rows &= evaluate_rows(parse_expression(model.where), panel)
    return np.asarray(rows)


def variables_of(model: ModelSpec, panel: Panel) -> tuple[str, ...]:
    """Variables of the panel that a model uses, also in its condition and its weights."""
    named = [*ESTIMATORS[model.kind].columns(model), model.weights]
    named += list(names_in(parse_expression(model.where))) if model.where else []
    known = {v.name for v in panel.variables}
    return tuple(n for n in dict.fromkeys(named) if n in known)


def filled_cells(study: Study, panel: Panel, flags: pd.DataFrame) -> tuple[Check, ...]:
    """Of each model: the share of its cells that are filled, by variable.

    Parameters
    ----------
    flags : DataFrame
        Bool, one column per variable with filled cells, rows as the panel's; of `Assembled.filled`.
    """
    found = []
    for model in study.models:
        names = [n for n in variables_of(model, panel) if n in flags.columns]
        rows = sample_of(model, panel) if names else np.zeros(panel.rows, dtype=bool)
        counts = {n: int(flags[n].to_numpy()[rows].sum()) for n in names}
        counts = {n: c for n, c in counts.items() if c}
        if counts:
            found.append(_finding(model.id, counts, int(rows.sum()), len(variables_of(model, panel))))
    return tuple(found)


def _finding(model: str, counts: dict[str, int], rows: int, variables: int) -> Check:
    share = sum(counts.values()) / (rows * variables)
    each = ", ".join(f"{n} {c} of {rows} ({100 * c / rows:.1f}%)" for n, c in counts.items())
    each_zh = "、".join(f"{n} {rows}个中{c}个（{100 * c / rows:.1f}%）" for n, c in counts.items())
    return Check(
        name="filled_cells",
        of=model,
        verdict="says",
        value=share,
        bound=None,
        text=Label(
            en=f"Filled, not published: {100 * share:.1f}% of the cells of this model: {each}.",
            zh=f"填补值（非公布值）占本模型单元格的{100 * share:.1f}%：{each_zh}。",
        ),
        rows=tuple({"variable": n, "filled": c, "rows": rows, "share": c / rows} for n, c in counts.items()),
    )
