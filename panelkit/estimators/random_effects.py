"""Random effects by Swamy and Arora's variance components, balanced or not. Other components and two-way effects are not here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, undetermined
from panelkit.estimators._inference import Answer, answer
from panelkit.estimators._resample import resample
from panelkit.estimators._transformed import correlations, design_of, no_effects, no_weights
from panelkit.estimators._words import equation, inference_words
from panelkit.numerics.variance_components import VarianceComponents, quasi_demean, swamy_arora

WHY = "random effects with weighted rows have no agreed variance components"


@spec
class RandomEffects(ModelSpec):
    """`kind = "random_effects"`: y ~ x1 + x2; year effects as i(year)."""

    kind: str = "random_effects"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuasiDemeaned:
    """A model in levels, the same on quasi-demeaned rows, and the variance components between the two."""

    levels: Compiled
    compiled: Compiled
    components: VarianceComponents


def estimate(spec: RandomEffects, panel: Panel, setting: Setting) -> Estimate:
    """Generalised least squares; covariance and resampling are those of the quasi-demeaned rows, theta held fixed.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; weights, absorbed effects, no constant.

    Source
    ------
    Swamy and Arora (1972); Baltagi and Chang (1994, doi:10.1016/0304-4076(94)90052-3). R plm `random.method = "swar"`, Stata
    `xtreg, re sa`.
    """
    no_effects(spec, "write i(year) for year effects; for unit effects take fixed_effects")
    no_weights(spec, WHY)
    made = quasi_demeaned(spec, panel, setting)
    permutation_of(spec, made.compiled.inference, "", "")
    got = answer(made.compiled, setting, f"models.{spec.id}")
    return random_estimate(spec, made, got, setting, Further())


def quasi_demeaned(spec: ModelSpec, panel: Panel, setting: Setting, formula: Formula | None = None) -> QuasiDemeaned:
    """The model's equation, or `formula`, on quasi-demeaned rows.

    Raises
    ------
    EstimationError
        Whatever the data do not allow, or an equation without a constant.
    """
    equation = formula or formula_of(spec)
    if equation.absorb:
        raise EstimationError(
            f"random effects stand in place of fixed ones, and the formula absorbs {' + '.join(e.name for e in equation.absorb)}",
            where=f"models.{spec.id}.formula",
            mend=f"write it without `| ...`; effects of {panel.time} as `i({panel.time})` among the regressors",
        )
    if not equation.constant:
        raise EstimationError(
            "random effects have mean zero, so the equation needs its constant",
            where=f"models.{spec.id}.formula",
            mend="leave `0 +` out",
        )
    levels = compile_model(spec, panel, setting, formula=formula)
    design = levels.design
    try:
        found = swamy_arora(design.regressors, design.outcome, design.unit_codes)
    except ValueError as fault:
        raise EstimationError(str(fault), where=f"models.{spec.id}", mend="use fewer regressors") from fault
    compiled = design_of(
        levels,
        np.arange(len(design.outcome)),
        outcome=quasi_demean(design.outcome, design.unit_codes, found.theta)[:, 0],
        regressors=quasi_demean(design.regressors, design.unit_codes, found.theta),
    )
    request = replace(levels.request, estimator="random_effects")
    return QuasiDemeaned(levels=levels, compiled=replace(compiled, request=request), components=found)


def random_estimate(spec: ModelSpec, made: QuasiDemeaned, got: Answer, setting: Setting, further: Further) -> Estimate:
    """The Estimate, with theta, variance components and squared correlations in `fit.extra`."""
    drawn = resample(made.compiled, setting, skip=undetermined(got))
    found = made.components
    r2 = correlations(made.levels.design, got.fit.coefficients)
    extra = {
        **further.extra,
        **r2,
        "sigma2_idiosyncratic": found.idiosyncratic,
        "sigma2_unit": found.unit,
        "unit_share": found.share,
        "theta_min": float(found.theta.min()),
        "theta_mean": float(found.theta[made.levels.design.unit_codes].mean()),
        "theta_max": float(found.theta.max()),
    }
    if found.theta.min() == found.theta.max():
        extra["theta"] = float(found.theta[0])
    notes = ["Standard errors take the estimated theta as given."]
    if found.cut:
        notes.append(
            "The variance of the unit effects came out at zero or below and is set to zero: this is pooled least squares."
        )
    whole = replace(
        further,
        resampled=(*further.resampled, *drawn.resampled),
        notes=(*drawn.notes, *further.notes, *notes),
        extra=extra,
    )
    estimated = estimate_of(spec, made.compiled, got, setting, whole)
    return replace(estimated, fit=replace(estimated.fit, r2_within=r2["r2_within"]))


def prepare(spec: RandomEffects, panel: Panel, setting: Setting) -> Design:
    """The quasi-demeaned arrays."""
    return quasi_demeaned(spec, panel, setting).compiled.design


def explain(spec: RandomEffects) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}\nRandom effects: generalised least squares with Swamy and Arora's variance components (Baltagi and"
        " Chang's where units have different numbers of rows). Consistent only where the unit effects do not go with the"
        f" regressors: see kind correlated_random_effects for the test. No weights. {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="random_effects",
        spec=RandomEffects,
        summary="generalised least squares with random unit effects",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
