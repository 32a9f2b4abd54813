"""Common correlated effects: each unit's regression with the averages over units of outcome and regressors. No factors are estimated."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design, Estimator
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._unit_by_unit import answered, compiled_of, design_over_units, unitwise_estimate
from panelkit.estimators._words import equation
from panelkit.numerics.heterogeneity import mean_group
from panelkit.numerics.least_squares import solve


@spec
class CommonCorrelatedEffects(ModelSpec):
    """`kind = "common_correlated_effects"`: y ~ x1 + x2; averages over units of y and each x, by year, stand beside them.

    slopes : 'mean_group' averages each unit's slopes, 'pooled' has one slope for all (each unit keeps its own loads of the averages).
    trend : 'unit' gives each unit a linear trend.
    """

    kind: str = "common_correlated_effects"
    slopes: Literal["mean_group", "pooled"] = "mean_group"
    trend: Literal["none", "unit"] = "none"


def estimate(spec: CommonCorrelatedEffects, panel: Panel, setting: Setting) -> Estimate:
    """Mean or pooled slopes with Pesaran's nonparametric covariance.

    Raises
    ------
    EstimationError
        A unit that is too short (2k + 2 coefficients for k regressors) or in which a column does not vary, by name; weights; another
        covariance.

    Source
    ------
    Pesaran (2006, doi:10.1111/j.1468-0262.2006.00692.x); R plm `pcce` and `pmg(model = "cmg")`, Stata `xtdcce2`.
    """
    compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answered(compiled, setting, f"models.{spec.id}")
    k = len(compiled.request.slopes)
    shortest = int(np.bincount(compiled.design.unit_codes).min())
    spent = 2 * k + 2 + (spec.trend == "unit")
    note = (
        f"Each unit's regression spends {counted(spent, 'coefficients')} ({counted(k, 'regressors')}, their "
        "averages, that of the outcome, a constant"
        f"{', a trend' if spec.trend == 'unit' else ''}); the shortest unit has {counted(shortest, 'rows')}."
    )
    return unitwise_estimate(spec, compiled, got, setting, (note,))


def _compiled(spec: CommonCorrelatedEffects, panel: Panel, setting: Setting) -> Compiled:
    name: Estimator = "cce_pooled" if spec.slopes == "pooled" else "cce_mean_group"
    return compiled_of(spec, panel, setting, name, spec.trend)


def prepare(spec: CommonCorrelatedEffects, panel: Panel, setting: Setting) -> Design:
    """The arrays in levels; leaving a unit out leaves its slopes out, the averages over units stay as they are."""
    compiled = _compiled(spec, panel, setting)
    design = compiled.design
    X, y = design.regressors[:, 1:], design.outcome
    found = mean_group(X, y, design.unit_codes, design.time_codes, "added", spec.trend)
    k = X.shape[1]
    if spec.slopes == "mean_group":
        return design_over_units(compiled, found.by_unit[:, : k + 1])
    return design_over_units(compiled, found.by_unit[:, 1 : k + 1], _products(design, spec.trend))


def _products(design: Design, trend: str) -> np.ndarray:
    """(N, k, k) cross-products of each unit's regressors off its constant, averages and trend: its weight in the pooled slope."""
    X, y, time = design.regressors[:, 1:], design.outcome, design.time_codes
    average = np.stack([np.bincount(time, weights=c) / np.bincount(time) for c in (y, *X.T)], axis=1)[time]
    columns = [np.ones((len(y), 1)), average, *([time[:, None].astype(np.float64)] if trend == "unit" else [])]
    nuisance = np.column_stack(columns)
    out = []
    for u in range(int(design.unit_codes.max()) + 1):
        rows = design.unit_codes == u
        clean = np.column_stack([solve(nuisance[rows], c).residuals for c in X[rows].T])
        out.append(clean.T @ clean)
    return np.stack(out)


def explain(spec: CommonCorrelatedEffects) -> str:
    """What will be done, in words."""
    how = "one slope for all units" if spec.slopes == "pooled" else "the slopes averaged, every unit counting once"
    trend = ", a linear trend" if spec.trend == "unit" else ""
    return (
        f"{equation(spec)}, in each unit\nCommon correlated effects: a constant{trend} and the averages over units of the outcome and of"
        f" every regressor, with loads of each unit, stand for unobserved common factors; {how} (no weights). Standard errors from the"
        " spread of the unit slopes, t(N-1). With few years this takes most degrees of freedom. Confirmed by another route: each unit"
        " by a solver of its own."
    )


ESTIMATORS.register(
    EstimatorKind(
        name="common_correlated_effects",
        spec=CommonCorrelatedEffects,
        summary="unit regressions with averages over units, mean or pooled slopes",
        confirmation="route",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
