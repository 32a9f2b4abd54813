"""2SLS and LIML with absorbed effects, and how strong the instruments are. Weak-instrument-robust sets are not made here."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Analytic, Clustered, Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import counts_of, permutation_of
from panelkit.estimators._estimate import Further, estimate_of
from panelkit.estimators._inference import answer
from panelkit.estimators._leave_out import jackknife as _two_stage_jackknife
from panelkit.estimators._leave_out import split
from panelkit.estimators._resample import Drawn, resample
from panelkit.estimators._words import equation, inference_words
from panelkit.numerics import joint, sandwich
from panelkit.numerics.k_class import limited_information
from panelkit.numerics.least_squares import solve, two_stage
from panelkit.numerics.small_sample import factor, reference_df

WEAK = 10.0  # first-stage F below which the note warns (Staiger and Stock 1997); a convention, not a test


@spec
class Instrumental(ModelSpec):
    """`kind = "instrumental"`: y ~ controls | effects | endogenous ~ instruments.

    estimator : '2sls', or 'liml' (limited-information maximum likelihood), which leans less towards least squares where the
    instruments are many or weak, and is 2SLS where there are as many instruments as endogenous regressors.
    """

    kind: str = "instrumental"
    estimator: Literal["2sls", "liml"] = "2sls"


def estimate(spec: Instrumental, panel: Panel, setting: Setting) -> Estimate:
    """2SLS or LIML; first stages in `tests` ("first_stage: x", classical; "first_stage_clustered: x") and `fit.extra` (`kappa` too).

    Raises
    ------
    EstimationError
        Whatever the data do not allow, or a formula without instruments.

    Source
    ------
    R fixest `feols` with instruments (`fitstat(~ivf)` under classical errors), Stata `ivreghdfe` (`, liml`), `xtivreg, fe`. LIML:
    Anderson and Rubin (1949); its sandwich takes the scores of the first-stage fitted values, as linearmodels `IVLIML`.
    """
    _refuse_none(spec)
    compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, f"models.{spec.id}")
    limited = compiled.request.estimator == "limited_information"
    drawn = _not_drawn(compiled, setting) if limited else resample(compiled, setting)
    tests, extra, notes = _first_stages(compiled)
    extra = {**got.fit.extra, **extra}
    further = Further(resampled=drawn.resampled, tests=tests, extra=extra, notes=(*drawn.notes, *notes))
    made = estimate_of(spec, compiled, got, setting, further)
    if not limited:
        return made
    extra = {**made.fit.extra, "r2_structural": 1 - got.fit.rss / got.fit.tss}
    return replace(made, fit=replace(made.fit, r2=None, r2_adjusted=None, r2_within=None, extra=extra))


def _compiled(spec: Instrumental, panel: Panel, setting: Setting) -> Compiled:
    """The compiled regression; for LIML with its own jackknife."""
    compiled = compile_model(spec, panel, setting)
    if spec.estimator == "2sls" or not compiled.design.endogenous:
        return compiled
    design = compiled.design
    request = replace(compiled.request, estimator="limited_information")
    return replace(compiled, request=request, design=replace(design, leave_out=lambda: _leave_out_limited(design)))


def _leave_out_limited(design: Design) -> sandwich.Jackknife:
    """LIML without each cluster; leverage is that of the first-stage fitted values, as for 2SLS."""
    parts = split(design)
    X, y = parts.nested.residualise(design.regressors), parts.nested.residualise(design.outcome)
    Z = parts.nested.residualise(np.asarray(design.instruments))
    inner = list(design.endogenous)
    outer = [j for j in range(X.shape[1]) if j not in inner]
    others = parts.others if parts.others.shape[1] else None
    try:
        found = limited_information(X[:, inner], X[:, outer], Z, y, design.clusters[0], others, design.weights)
    except ValueError as fault:
        raise EstimationError(
            f"the cluster jackknife is not defined: {fault}",
            mend='set covariance = { kind = "clustered", variant = "cr1" }',
        ) from fault
    order = np.argsort([*inner, *outer])
    replicates = found.replicates[:, order]
    base = _two_stage_jackknife(design)
    return sandwich.Jackknife(
        coefficients=found.coefficients[order],
        replicates=replicates,
        undetermined=np.isnan(replicates),
        leverage=base.leverage,
        partial_leverage=base.partial_leverage,
    )


def _not_drawn(compiled: Compiled, setting: Setting) -> Drawn:
    if not setting.resample or isinstance(compiled.inference, Analytic):
        return Drawn()
    return Drawn(notes=("No bootstrap is made for LIML: the wild restricted efficient one is that of 2SLS.",))


def _columns(spec: ModelSpec) -> tuple[str, ...]:
    _refuse_none(spec)
    return columns_of(spec)


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
    limited = request.estimator == "limited_information"
    leans = "the spread of LIML is large and" if limited else "the two-stage estimate leans towards least squares and"
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
                f"The instruments are weak for {name} (first-stage F {weakest:.2f} < {WEAK:.0f}): {leans}"
                " its t test is not to be relied upon; report an Anderson-Rubin set."
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
    return _compiled(spec, panel, setting).design


def explain(spec: Instrumental) -> str:
    """What will be done, in words."""
    method = "Two-stage least squares" if spec.estimator == "2sls" else "Limited-information maximum likelihood (LIML)"
    return (
        f"{equation(spec)}\n{method}; the effects are absorbed from every variable and instrument. First-stage"
        f" F, classical and clustered, and partial R2 are given. {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="instrumental",
        spec=Instrumental,
        summary="two-stage least squares or LIML with absorbed effects",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
