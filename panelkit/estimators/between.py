"""The between estimator: least squares on unit means. What varies within units is not used, and unit effects are not absorbed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Clustered, Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, undetermined
from panelkit.estimators._inference import answer
from panelkit.estimators._resample import resample
from panelkit.estimators._transformed import correlations, design_of, no_effects, no_weights, with_leave_out
from panelkit.estimators._words import equation, inference_words


@spec
class Between(ModelSpec):
    """`kind = "between"`: y ~ x1 + x2, one row for each unit: the mean of its rows in the sample."""

    kind: str = "between"


def estimate(spec: Between, panel: Panel, setting: Setting) -> Estimate:
    """Slopes between units, with the model's covariance and resampling on the unit means.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; weights, absorbed effects, clusters that vary within units.

    Source
    ------
    R plm `model = "between"`, Stata `xtreg, be`: unit means are not weighted by their numbers of rows.
    """
    levels, compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, f"models.{spec.id}")
    drawn = resample(compiled, setting, skip=undetermined(got))
    units = len(compiled.design.outcome)
    extra = correlations(levels.design, got.fit.coefficients)
    extra["observations"] = float(units)
    note = (
        f"Least squares on the means of {counted(units, 'units')} ({counted(compiled.sample.rows, 'rows')}); N "
        f"in the factors is {units}."
    )
    further = Further(resampled=drawn.resampled, notes=(*drawn.notes, note), extra=extra)
    made = estimate_of(spec, compiled, got, setting, further)
    return replace(made, fit=replace(made.fit, r2_within=extra["r2_within"]))


def _compiled(spec: Between, panel: Panel, setting: Setting) -> tuple[Compiled, Compiled]:
    """The model in levels, and on unit means."""
    no_effects(spec, "leave the effects out: the between estimator uses what they would absorb")
    no_weights(spec, "the weight of a mean of weighted rows is a choice that programs make differently")
    levels = compile_model(spec, panel, setting)
    units = levels.design.unit_codes
    first = np.unique(units, return_index=True)[1]
    for name, codes in zip(levels.design.cluster_names, levels.design.clusters, strict=True):
        if isinstance(levels.request.covariance, Clustered) and (codes != codes[first][units]).any():
            raise EstimationError(
                f"the cluster '{name}' varies within {panel.unit}, and the between estimator has one row for each",
                where=f"models.{spec.id}.covariance",
                mend=f"cluster on {panel.unit} or on a category of units",
            )
    _refuse_collinear_means(spec, levels, len(first))
    design = levels.design
    compiled = design_of(
        levels, first, outcome=_means(design.outcome, units), regressors=_means(design.regressors, units)
    )
    return levels, replace(compiled, request=replace(levels.request, estimator="between"))


def _means(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    columns = values.reshape(len(units), -1)
    sums = np.stack([np.bincount(units, weights=c) for c in columns.T], axis=1) / np.bincount(units)[:, None]
    return sums.reshape(-1, *values.shape[1:])


def _refuse_collinear_means(spec: Between, levels: Compiled, units: int) -> None:
    from panelkit.numerics.projection import collinear

    names = levels.request.terms
    if units <= len(names):
        raise EstimationError(
            f"{counted(units, 'units')} cannot carry {counted(len(names), 'coefficients')} between them",
            where=f"models.{spec.id}",
            mend="use fewer regressors",
        )
    start = int(levels.request.constant)
    means = _means(levels.design.regressors, levels.design.unit_codes)[:, start:]
    about = means - means.mean(axis=0) if start else means
    lost = collinear(about, levels.design.regressors[:: max(1, len(levels.design.outcome) // units)][:units, start:])
    if lost:
        raise EstimationError(
            f"the unit means of {', '.join(names[start + j] for j in lost)} do not vary, or follow from the others",
            where=f"models.{spec.id}",
            mend="leave these regressors out",
        )


def prepare(spec: Between, panel: Panel, setting: Setting) -> Design:
    """The rows of the sample, each with its unit's means and the weight 1/T: the same least squares, row by row."""
    levels, _ = _compiled(spec, panel, setting)
    design, units = levels.design, levels.design.unit_codes
    repeated = design_of(
        levels,
        np.arange(len(units)),
        outcome=_means(design.outcome, units)[units],
        regressors=_means(design.regressors, units)[units],
        weights=1 / np.bincount(units)[units].astype(np.float64),
    )
    return with_leave_out(repeated.design)


def explain(spec: Between) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}\nLeast squares on unit means, each unit counting once whatever its number of rows; unit effects are"
        f" left in the error, so they must not go with the regressors. No weights. {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="between",
        spec=Between,
        summary="least squares on unit means",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
