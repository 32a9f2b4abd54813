"""Mundlak's correlated random effects: random effects with the unit means of the regressors beside them, and the test of those means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further
from panelkit.estimators._inference import Answer, answer
from panelkit.estimators._transformed import no_effects, no_weights
from panelkit.estimators._words import equation, inference_words
from panelkit.estimators.random_effects import WHY, QuasiDemeaned, quasi_demeaned, random_estimate
from panelkit.numerics import joint
from panelkit.numerics.projection import collinear

VARIES = 1e-10  # share of a column's spread within units, or of its means between them, below which there is none


@spec
class CorrelatedRandomEffects(ModelSpec):
    """`kind = "correlated_random_effects"`: y ~ x1 + x2; the unit means `mean(x1)` ... of what varies within units are added."""

    kind: str = "correlated_random_effects"


def estimate(spec: CorrelatedRandomEffects, panel: Panel, setting: Setting) -> Estimate:
    """Random effects with unit means; tests['mundlak']: are the means needed (robust Hausman, under the model's covariance)?

    Raises
    ------
    EstimationError
        Whatever the data do not allow; weights, absorbed effects, no regressor that varies within units.

    Source
    ------
    Mundlak (1978, doi:10.2307/1913646); unbalanced panels: Wooldridge (2019, doi:10.1016/j.jeconom.2018.12.010); the test: Arellano
    (1993, doi:10.1016/0304-4076(93)90036-Z). The coefficients of what varies within units are those of fixed effects.
    """
    made, means = _compiled(spec, panel, setting)
    permutation_of(spec, made.compiled.inference, "", "")
    got = answer(made.compiled, setting, f"models.{spec.id}")
    test, note = _mundlak(got, means)
    units = len(made.components.theta)
    note += f" Its power comes from the {counted(units, 'units')}, not from the number of years."
    return random_estimate(spec, made, got, setting, Further(tests={"mundlak": test} if test else {}, notes=(note,)))


def _compiled(spec: CorrelatedRandomEffects, panel: Panel, setting: Setting) -> tuple[QuasiDemeaned, tuple[str, ...]]:
    """The quasi-demeaned model with the means, and their names."""
    no_effects(spec, "write i(year) for year effects: unit means do what unit effects would")
    no_weights(spec, WHY)
    first = compile_model(spec, panel, setting)
    columns, variables = _means(first, spec)
    extended = first.panel.extended(columns, variables)
    names = tuple(v.name for v in variables)
    base = formula_of(spec)
    own = tuple(Slope(factors=(n,)) for n in first.request.slopes)
    complete: Formula = replace(base, slopes=(*own, *(Slope(factors=(n,)) for n in names)))
    # the rows are chosen already: the first compilation's, with its drops
    plain = replace(spec, years=None, where="", exclude={}, singletons="keep")
    made = quasi_demeaned(plain, extended, setting, complete)
    levels = replace(made.levels, sample=first.sample, dropped=first.dropped, notes=_joined(first, made.levels))
    compiled = replace(made.compiled, sample=first.sample, dropped=first.dropped, notes=_joined(first, made.levels))
    return replace(made, levels=levels, compiled=compiled), names


def _joined(first: Compiled, second: Compiled) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first.notes, *second.notes)))


def _means(first: Compiled, spec: CorrelatedRandomEffects) -> tuple[dict[str, np.ndarray], list[Variable]]:
    """Unit means of the regressors that vary within units, but those that no unit differs in or that others determine."""
    design = first.design
    units = design.unit_codes
    start = int(first.request.constant)
    X = design.regressors[:, start:]
    means = np.stack([np.bincount(units, weights=c) for c in X.T], axis=1) / np.bincount(units)[:, None]
    spread = np.abs(X - X.mean(axis=0)).max(axis=0, initial=0.0)
    within = np.abs(X - means[units]).max(axis=0, initial=0.0) > VARIES * spread
    between = np.abs(means - X.mean(axis=0)).max(axis=0, initial=0.0) > VARIES * spread
    names = first.request.slopes
    if not within.any():
        raise EstimationError(
            "no regressor varies within units, so there is nothing whose mean could be added",
            where=f"models.{spec.id}.formula",
            mend='take kind = "random_effects"',
        )
    wanted = [j for j in range(X.shape[1]) if within[j] and between[j]]
    candidates = np.column_stack([X, means[units][:, wanted]])
    about = candidates - candidates.mean(axis=0)
    lost = {j - X.shape[1] for j in collinear(about, candidates) if j >= X.shape[1]}
    columns: dict[str, np.ndarray] = {}
    variables: list[Variable] = []
    for at, j in enumerate(wanted):
        if at in lost:
            continue
        name = f"mean({names[j]})"
        label = first.panel.variable(names[j]).label if names[j] in _variables(first.panel) else Label(en=names[j])
        columns[name] = means[units][:, j]
        variables.append(
            Variable(
                name=name,
                measure="",
                label=Label(
                    en=f"Unit mean of {label.en or names[j]}", zh=f"{label.zh or label.en or names[j]}的单元均值"
                ),
                origin=Origin(how="mean over the unit's rows in the sample", inputs=(names[j],)),
            )
        )
    return columns, variables


def _variables(panel: Panel) -> set[str]:
    return {v.name for v in panel.variables}


def _mundlak(got: Answer, means: tuple[str, ...]) -> tuple[dict[str, float], str]:
    at = [got.request.terms.index(n) for n in means]
    V = got.V[np.ix_(at, at)]
    if not at or np.isnan(V).any():
        return {}, "The means are not tested: their covariance is not defined."
    try:
        found = joint.wald(got.fit.coefficients[at], V, got.df)
    except ValueError as fault:
        return {}, f"The means are not tested: {fault}."
    said = f"Mundlak test that the {len(at)} unit means are zero (robust Hausman): p = {found.p:.3f}."
    values = {"statistic": found.statistic, "df1": float(found.df1), "df2": float(found.df2), "p": found.p}
    return values, said


def prepare(spec: CorrelatedRandomEffects, panel: Panel, setting: Setting) -> Design:
    """The quasi-demeaned arrays, the means among them."""
    return _compiled(spec, panel, setting)[0].compiled.design


def explain(spec: CorrelatedRandomEffects) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}\nRandom effects (Swamy and Arora) with the unit mean of each regressor that varies within units beside it."
        " The slopes are then those of fixed effects, time-constant regressors keep theirs, and the Wald test of the means is"
        f" the Hausman test that holds under heteroskedasticity and serial correlation. No weights. {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="correlated_random_effects",
        spec=CorrelatedRandomEffects,
        summary="random effects with unit means of the regressors (Mundlak)",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
