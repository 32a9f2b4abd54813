"""Poisson pseudo-maximum likelihood with absorbed effects, separated outcomes left out by count. No offset and no instruments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Drop, Estimate, Quality
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Analytic, Classical, Clustered, Design, Stop
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model
from panelkit.estimators._convention import counts_of, permutation_of
from panelkit.estimators._estimate import Further, estimate_of
from panelkit.estimators._inference import answer
from panelkit.estimators._sample import sample_of
from panelkit.estimators._transformed import with_leave_out
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics.poisson import ppml, separated
from panelkit.numerics.projection import absorber


@spec
class Poisson(ModelSpec):
    """`kind = "poisson"`: y ~ x1 + x2 | effects, E[y] = exp(...); y is zero or more, whole or not.

    Weights: analytic weights multiply the score of a row, frequency weights count identical rows.
    stop : `converged`, or `fixest` for the very digits that R's fepois prints: it ends a step or two before its standard errors have
    settled (5e-6 off on its own example data), while its coefficients have.
    """

    kind: str = "poisson"
    stop: Stop = "converged"


def estimate(spec: Poisson, panel: Panel, setting: Setting) -> Estimate:
    """Coefficients of the logarithm of the mean, with a sandwich of score contributions.

    Separated rows (outcomes of zero that the model would fit exactly) are left out and counted. CR3 is the jackknife of the model
    linearised at the estimate.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; an outcome below zero; instruments.

    Source
    ------
    Santos Silva and Tenreyro (2006, doi:10.1162/rest.88.4.641); separation: Correia, Guimaraes and Zylkin (2021,
    arXiv:1903.01633); linearised jackknife: MacKinnon, Nielsen and Webb (2024, "Cluster-robust jackknife and bootstrap inference
    for logistic regression models"). Stata `ppmlhdfe`, R fixest `fepois`.
    """
    compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, f"models.{spec.id}")
    notes = []
    if spec.stop == "fixest":
        notes.append(
            "The steps end where R fixest's do (deviance within 1e-8); errors are from the means before the last step."
        )
    covariance = compiled.request.covariance
    if isinstance(covariance, Classical) and covariance.small_sample == "none":
        rows = counts_of(compiled.request, compiled.design).rows
        got = replace(got, V=got.V * rows / (rows - 1))  # without any factor the bread itself
    if isinstance(covariance, Clustered) and covariance.variant == "cr3":
        notes.append("CR3 leaves clusters out of the model linearised at the estimate (one step, no refits).")
    if not isinstance(compiled.inference, Analytic) and setting.resample:
        notes.append("No bootstrap is made for Poisson models.")
    made = estimate_of(spec, compiled, got, setting, Further(notes=tuple(notes)))
    extra = got.fit.extra
    found = {
        **extra,
        "pseudo_r2": 1 - extra["loglik"] / extra["loglik_null"],
        "pearson_chi2": got.fit.rss,
        "separated": float(sum(d.rows for d in compiled.sample.dropped if d.why.startswith("separated"))),
    }
    quality = Quality(rss=None, parameters=made.fit.parameters, extra=found)
    return replace(made, fit=quality)


def _compiled(spec: Poisson, panel: Panel, setting: Setting) -> Compiled:
    """The model on rows that are not separated, its design linearised at the estimate."""
    no_instruments(spec)
    where = f"models.{spec.id}"
    compiled = compile_model(spec, panel, setting)
    outcome = compiled.design.outcome
    if (outcome < 0).any():
        raise EstimationError(
            f"'{compiled.request.outcome}' is below zero in {counted(int((outcome < 0).sum()), 'rows')}",
            where=f"{where}.formula",
            mend="a Poisson outcome is zero or more; for logarithms of a positive outcome take fixed_effects",
        )
    if not (outcome > 0).any():
        raise EstimationError(f"'{compiled.request.outcome}' is zero in every row", where=where)
    compiled = _without_separated(spec, compiled, setting, where)
    design = compiled.design
    try:
        found = ppml(
            design.regressors, design.outcome, design.effects, design.weights, design.varying_slopes, spec.stop
        )
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=where, mend="use fewer regressors or effects, or look at the outcome's scale"
        ) from fault
    mass = found.weighting if design.weights is None else design.weights * found.weighting
    linear = replace(
        design,
        outcome=found.working,
        weights=mass,
        absorber=absorber(design.effects, mass, design.varying_slopes),
        paths=None,
    )
    request = replace(compiled.request, family="poisson", stop=spec.stop)
    return replace(compiled, request=request, design=with_leave_out(linear))


def _without_separated(spec: Poisson, compiled: Compiled, setting: Setting, where: str) -> Compiled:
    """Leave separated rows out, and singletons that this makes, until there are none."""
    positions, drops = compiled.sample.positions, compiled.sample.dropped
    plain = replace(spec, years=None, where="", exclude={})
    count, notes, dropped = 0, compiled.notes, compiled.dropped
    while True:
        design = compiled.design
        try:
            out = separated(design.regressors, design.outcome, design.effects, design.varying_slopes)
        except ValueError as fault:
            raise EstimationError(str(fault), where=where, mend="leave out effects with hardly any outcome") from fault
        if not out.any():
            break
        count += int(out.sum())
        kept = np.flatnonzero(~out)
        compiled = compile_model(plain, compiled.panel.take(kept), setting)
        positions = positions[kept][compiled.sample.positions]
        drops = (*drops, *compiled.sample.dropped)
        before = [n for n in notes if not n.endswith("by default.")]  # the number of clusters may have changed
        notes, dropped = tuple(dict.fromkeys((*compiled.notes, *before))), (*dropped, *compiled.dropped)
    if not count:
        return compiled
    drops = (*drops, Drop(rows=count, why="separated: an outcome of zero that the effects and regressors fit exactly"))
    sample = sample_of(compiled.panel, positions, drops, compiled.sample.clusters)
    return replace(compiled, sample=sample, notes=notes, dropped=dropped)


def prepare(spec: Poisson, panel: Panel, setting: Setting) -> Design:
    """The arrays of the weighted regression that the model is at its estimate."""
    return _compiled(spec, panel, setting).design


def explain(spec: Poisson) -> str:
    """What will be done, in words."""
    line = equation(spec)
    head, _, tail = line.partition(" = ")
    weights = {
        "analytic": " Analytic weights multiply the score of each row.",
        "frequency": " Frequency weights count identical rows.",
    }
    said = weights[spec.weight_kind] if spec.weights else ""
    return (
        f"E[{head}] = exp({tail.removesuffix(' + e')})\nPoisson pseudo-maximum likelihood: only the mean has to be right, not the"
        " distribution. The effects are absorbed; outcomes of zero that are separated are left out and counted."
        f"{said} No bootstrap. {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="poisson",
        spec=Poisson,
        summary="Poisson pseudo-maximum likelihood with absorbed effects",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
