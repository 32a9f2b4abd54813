"""First differences within unit. Instruments and absorbed effects are not for this kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Drop, Estimate, Sample
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Clustered, Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, undetermined
from panelkit.estimators._inference import answer
from panelkit.estimators._resample import resample
from panelkit.estimators._sample import sample_of
from panelkit.estimators._transformed import design_of, no_effects, refuse_single
from panelkit.estimators._words import equation, inference_words
from panelkit.numerics.projection import collinear


@spec
class FirstDifference(ModelSpec):
    """`kind = "first_difference"`: y ~ x1 + x2, in differences; `0 +` leaves the constant (a common drift) out.

    step : years between the two rows of a difference. A row without another of its unit `step` years before it is left out.
    """

    kind: str = "first_difference"
    step: int = 1


def estimate(spec: FirstDifference, panel: Panel, setting: Setting) -> Estimate:
    """Slopes of the differenced equation, with the model's covariance and resampling.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; absorbed effects, frequency weights, no pair of consecutive rows.

    Source
    ------
    Wooldridge (2010, section 10.6). The constant is R plm's rule (`model = "fd"`); linearmodels' FirstDifferenceOLS never has one. plm
    takes differences across gaps, row on row; here they follow time.
    """
    compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, f"models.{spec.id}")
    drawn = resample(compiled, setting, skip=undetermined(got))
    drift = "The constant is a drift common to all units." if compiled.request.constant else ""
    notes = tuple(n for n in (*drawn.notes, drift) if n)
    made = estimate_of(spec, compiled, got, setting, Further(resampled=drawn.resampled, notes=notes))
    if not compiled.request.constant:
        made = replace(made, fit=replace(made.fit, r2=None, r2_adjusted=None))
    return made


def _compiled(spec: FirstDifference, panel: Panel, setting: Setting) -> Compiled:
    no_effects(spec, "leave unit effects out: differences take them off; write i(year) for year effects")
    where = f"models.{spec.id}"
    if spec.step < 1:
        raise EstimationError(f"step = {spec.step} is below one year", where=f"{where}.step", mend="write 1")
    if spec.weights and spec.weight_kind == "frequency":
        raise EstimationError(
            "kind 'first_difference' takes no frequency weights: a difference is of two rows, which may count differently",
            where=f"{where}.weights",
            mend='take weight_kind = "analytic"',
        )
    # a regressor that is a combination in levels may still be one in differences and the reverse, so these are judged below
    levels = compile_model(spec, panel, setting)
    design, times = levels.design, levels.panel.column(levels.panel.time)
    rows = {(u, t): i for i, (u, t) in enumerate(zip(design.unit_codes.tolist(), times.tolist(), strict=True))}
    pairs = sorted((i, rows[u, t - spec.step]) for (u, t), i in rows.items() if (u, t - spec.step) in rows)
    if not pairs:
        raise EstimationError(
            f"no row has another of its {panel.unit} {counted(spec.step, 'years')} before it",
            where=f"{where}.step",
            mend="set `step` to the spacing of the panel",
        )
    now, before = (np.array(side) for side in zip(*pairs, strict=True))
    X = design.regressors[now] - design.regressors[before]
    start = int(levels.request.constant)
    X[:, :start] = 1.0
    _refuse_collinear(spec, levels, X)
    w = design.weights
    compiled = design_of(
        levels,
        now,
        outcome=design.outcome[now] - design.outcome[before],
        regressors=X,
        weights=None if w is None else 1 / (1 / w[now] + 1 / w[before]),
    )
    request = replace(levels.request, estimator="first_difference", step=spec.step)
    compiled = replace(compiled, request=request)
    refuse_single(spec, compiled)
    sample = _sample(spec, levels, compiled, now)
    return replace(compiled, sample=sample, design=replace(compiled.design, keys_digest=sample.keys_digest))


def _sample(spec: FirstDifference, levels: Compiled, compiled: Compiled, now: np.ndarray) -> Sample:
    left_out = levels.panel.rows - len(now)
    drops = levels.sample.dropped
    if left_out:
        drops = (
            *drops,
            Drop(rows=left_out, why=f"no row of its {levels.panel.unit} {counted(spec.step, 'years')} before"),
        )
    clusters = {}
    if isinstance(compiled.request.covariance, Clustered):
        design = compiled.design
        clusters = {n: int(c.max()) + 1 for n, c in zip(design.cluster_names, design.clusters, strict=True)}
    return sample_of(levels.panel.take(now), levels.sample.positions[now], drops, clusters)


def _refuse_collinear(spec: FirstDifference, levels: Compiled, X: np.ndarray) -> None:
    start = int(levels.request.constant)
    slopes = X[:, start:]
    about = slopes - slopes.mean(axis=0) if start else slopes
    # judged against the spread of the levels, so that rounding in a difference of large numbers is not taken for variation
    scale = levels.design.regressors[:, start:]
    size = np.linalg.norm(scale - scale.mean(axis=0), axis=0) / np.sqrt(len(scale))
    gone = [j for j in range(slopes.shape[1]) if np.abs(about[:, j]).max() <= 1e-10 * size[j]]
    kept = [j for j in range(slopes.shape[1]) if j not in gone]
    gone += [kept[j] for j in collinear(about[:, kept], slopes[:, kept])] if kept else []
    if gone:
        names = ", ".join(f"'{levels.request.terms[start + j]}'" for j in sorted(gone))
        raise EstimationError(
            f"{names}: its differences do not vary, or follow from the others'",
            where=f"models.{spec.id}",
            mend="leave it out (a linear trend in levels is the constant of the differences)",
        )


def prepare(spec: FirstDifference, panel: Panel, setting: Setting) -> Design:
    """The arrays of the differenced regression."""
    return _compiled(spec, panel, setting).design


def explain(spec: FirstDifference) -> str:
    """What will be done, in words."""
    constant = (
        "a constant, the common drift (as R plm; linearmodels has none)"
        if formula_of(spec).constant
        else "no constant (as linearmodels)"
    )
    weights = " Analytic weights: a difference of rows with weights w and v gets 1/(1/w + 1/v)." if spec.weights else ""
    return (
        f"{equation(spec)}, in differences over {counted(spec.step, 'years')} within unit, with {constant}\nLeast squares. Differences"
        f" follow time, never row order: none is taken across a gap.{weights} {inference_words(spec)}"
    )


ESTIMATORS.register(
    EstimatorKind(
        name="first_difference",
        spec=FirstDifference,
        summary="least squares in first differences within unit",
        confirmation="engine",
        columns=columns_of,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
