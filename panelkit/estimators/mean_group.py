"""The mean group estimator: the mean of unit-by-unit least squares. Averages over units beside the regressors are another kind."""

from __future__ import annotations

from typing import Literal

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


@spec
class MeanGroup(ModelSpec):
    """`kind = "mean_group"`: y ~ x1 + x2, fitted in each unit, the coefficients averaged.

    averages : 'subtracted' takes the mean over units of each year off first (demeaned mean group). trend : 'unit' gives each unit a
    linear trend.
    """

    kind: str = "mean_group"
    averages: Literal["none", "subtracted"] = "none"
    trend: Literal["none", "unit"] = "none"


def estimate(spec: MeanGroup, panel: Panel, setting: Setting) -> Estimate:
    """Mean coefficients with the nonparametric covariance of the unit estimates.

    Raises
    ------
    EstimationError
        A unit that is too short or in which a regressor does not vary, by name; weights; another covariance.

    Source
    ------
    Pesaran and Smith (1995, doi:10.1016/0304-4076(94)01644-F); R plm `pmg(model = "mg" | "dmg")`, Stata `xtmg`.
    """
    compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answered(compiled, setting, f"models.{spec.id}")
    note = (
        "Slopes may differ between units; the mean is consistent for many units and years, and a few short units can rule it."
        " The covariance is the cluster jackknife over units (CR3), which is what Pesaran and Smith's formula comes to."
    )
    return unitwise_estimate(spec, compiled, got, setting, (note,))


def _compiled(spec: MeanGroup, panel: Panel, setting: Setting) -> Compiled:
    name: Estimator = "demeaned_mean_group" if spec.averages == "subtracted" else "mean_group"
    return compiled_of(spec, panel, setting, name, spec.trend)


def prepare(spec: MeanGroup, panel: Panel, setting: Setting) -> Design:
    """The arrays in levels; leaving a unit out leaves its estimate out of the mean."""
    compiled = _compiled(spec, panel, setting)
    design = compiled.design
    found = mean_group(
        design.regressors[:, 1:], design.outcome, design.unit_codes, design.time_codes, spec.averages, spec.trend
    )
    return design_over_units(compiled, found.by_unit[:, : design.regressors.shape[1]])


def explain(spec: MeanGroup) -> str:
    """What will be done, in words."""
    first = " after the mean over units of each year is taken off" if spec.averages == "subtracted" else ""
    trend = " and a linear trend" if spec.trend == "unit" else ""
    return (
        f"{equation(spec)}, in each unit{first}\nLeast squares unit by unit, each with its own constant{trend}; the coefficients are"
        " averaged, every unit counting once (no weights). Standard errors from the spread of the unit estimates, t(N-1). A unit needs"
        " more rows than coefficients. Confirmed by another route: each unit by a solver of its own."
    )


ESTIMATORS.register(
    EstimatorKind(
        name="mean_group",
        spec=MeanGroup,
        summary="mean of unit-by-unit least squares",
        confirmation="route",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
