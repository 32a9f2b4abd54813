"""Least squares with any number of absorbed effects (none: pooled). Instruments, events and mediators live in their own files."""

from __future__ import annotations

from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, undetermined
from panelkit.estimators._inference import answer
from panelkit.estimators._resample import resample
from panelkit.estimators._words import equation, inference_words, no_instruments


@spec
class FixedEffects(ModelSpec):
    """`kind = "fixed_effects"`: y ~ x1 + x2 | effect1 + effect2; without effects, pooled least squares."""

    kind: str = "fixed_effects"


def estimate(spec: FixedEffects, panel: Panel, setting: Setting) -> Estimate:
    """Slopes within the effects, with the model's covariance and resampling.

    Raises
    ------
    EstimationError
        Whatever the data do not allow.

    Source
    ------
    R fixest `feols`, Stata `reghdfe`; one effect: `xtreg, fe`; none: `regress`.
    """
    no_instruments(spec)
    compiled = compile_model(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, f"models.{spec.id}")
    drawn = resample(compiled, setting, skip=undetermined(got))
    return estimate_of(spec, compiled, got, setting, Further(resampled=drawn.resampled, notes=drawn.notes))


def prepare(spec: FixedEffects, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression."""
    return compile_model(spec, panel, setting).design


def explain(spec: FixedEffects) -> str:
    """What will be done, in words."""
    pooled = not formula_of(spec).absorb
    how = (
        "Pooled least squares: no effect is absorbed."
        if pooled
        else "Least squares; the effects are absorbed, not reported."
    )
    weights = {
        "analytic": " Analytic weights: the error's variance is proportional to 1/weight.",
        "frequency": " Frequency weights count identical rows.",
    }
    return f"{equation(spec)}\n{how}{weights[spec.weight_kind] if spec.weights else ''} {inference_words(spec)}"


ESTIMATORS.register(
    EstimatorKind(
        name="fixed_effects",
        spec=FixedEffects,
        summary="least squares with any number of absorbed effects",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
