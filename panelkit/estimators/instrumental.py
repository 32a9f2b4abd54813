"""Two-stage least squares with absorbed effects, and how strong its instruments are. Weak-instrument-robust sets are not made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Clustered, Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import counts_of, permutation_of
from panelkit.estimators._estimate import Further, estimate_of
from panelkit.estimators._inference import answer
from panelkit.estimators._resample import resample
from panelkit.estimators._words import equation, inference_words
from panelkit.numerics import joint, sandwich
from panelkit.numerics.least_squares import solve, two_stage
from panelkit.numerics.small_sample import factor, reference_df

WEAK = 10.0  # first-stage F below which the note warns (Staiger and Stock 1997); a convention, not a test


@spec
class Instrumental(ModelSpec):
    """`kind = "instrumental"`: y ~ controls | effects | endogenous ~ instruments."""

    kind: str = "instrumental"


def estimate(spec: Instrumental, panel: Panel, setting: Setting) -> Estimate:
    """Two-stage least squares; first stages in `tests` ("first_stage: x", classical; "first_stage_clustered: x") and `fit.extra`.

    Raises
    ------
    EstimationError
        Whatever the data do not allow, or a formula without instruments.

    Source
    ------
    R fixest `feols` with instruments (`fitstat(~ivf)` under classical errors), Stata `ivreghdfe`, `xtivreg, fe`.
    """
    _refuse_none(spec)
    compiled = compile_model(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, f"models.{spec.id}")
    drawn = resample(compiled, setting)
    tests, extra, notes = _first_stages(compiled)
    further = Further(resampled=drawn.resampled, tests=tests, extra=extra, notes=(*drawn.notes, *notes))
    return estimate_of(spec, compiled, got, setting, further)


def _refuse_none(spec: ModelSpec) -> None:
    if not formula_of(spec).instruments:
        raise EstimationError(
            "the formula has no instruments",
            where=f"models.{spec.id}.formula",
            mend="write y ~ controls | effects | endogenous ~ instruments",
        )


def _first_stages(compiled: Compiled) -> tuple[dict[str, dict[str, float]], dict[str, float], tuple[str, ...]]:
    """Classical and clustered F of the excluded instruments, and their partial R2, for each endogenous regressor."""
    from scipy import special

    design, request = compiled.design, compiled.request
    inner = list(design.endogenous)
    outer = [j for j in range(design.regressors.shape[1]) if j not in inner]
    X, y = design.absorber.residualise(design.regressors), design.absorber.residualise(design.outcome)
    Z = design.absorber.residualise(np.asarray(design.instruments))
    found = two_stage(X[:, outer], X[:, inner], Z, y, design.weights, design.absorber.rank)
    tests: dict[str, dict[str, float]] = {}
    extra: dict[str, float] = {}
    notes: list[str] = []
    for j, stage in enumerate(found.first_stages):
        name = request.endogenous[j]
        p = float(special.fdtrc(stage.df1, stage.df2, stage.f))
        tests[f"first_stage: {name}"] = {"statistic": stage.f, "df1": float(stage.df1), "df2": float(stage.df2), "p": p}
        extra[f"first_stage_f: {name}"] = stage.f
        extra[f"partial_r2: {name}"] = stage.partial_r2
        clustered = _clustered_f(compiled, np.column_stack([Z, X[:, outer]]), X[:, inner[j]])
        if clustered is not None:
            tests[f"first_stage_clustered: {name}"] = clustered
            extra[f"first_stage_f_clustered: {name}"] = clustered["statistic"]
        weakest = min(stage.f, clustered["statistic"] if clustered else stage.f)
        if weakest < WEAK:
            notes.append(
                f"The instruments are weak for {name} (first-stage F {weakest:.2f} < {WEAK:.0f}): the two-stage estimate leans"
                " towards least squares and its t test is not to be relied upon; report an Anderson-Rubin set."
            )
    if len(inner) > 1:
        notes.append(
            "With several endogenous regressors each first-stage F can be large while the instruments identify them"
            " only jointly weakly."
        )
    return tests, extra, tuple(notes)


def _clustered_f(compiled: Compiled, regressors: np.ndarray, target: np.ndarray) -> dict[str, float] | None:
    """Wald F of the instruments (the first columns) under CR1 by the model's cluster and convention; one category only."""
    design, request = compiled.design, compiled.request
    covariance = request.covariance
    if not isinstance(covariance, Clustered) or len(covariance.by) != 1:
        return None
    tests = len(request.instruments)
    stage = solve(regressors, target, design.weights)
    weighted = stage.residuals if design.weights is None else stage.residuals * design.weights
    raw = sandwich.cluster(stage.bread, regressors, weighted, design.clusters[0])
    counts = counts_of(request, design)
    slopes = counts.slopes + tests - len(request.endogenous)
    counts = replace(counts, slopes=slopes)
    V = raw * factor(counts, covariance.small_sample, "cluster")
    df = reference_df(counts, covariance.small_sample, "cluster")
    got = joint.wald(stage.coefficients[:tests], V[:tests, :tests], df)
    return {"statistic": got.statistic, "df1": float(got.df1), "df2": got.df2, "p": got.p}


def prepare(spec: Instrumental, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression."""
    return compile_model(spec, panel, setting).design


def explain(spec: Instrumental) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}\nTwo-stage least squares; the effects are absorbed from every variable and instrument. First-stage"
        f" F, classical and clustered, and partial R2 are given. {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="instrumental",
        spec=Instrumental,
        summary="two-stage least squares with absorbed effects",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
