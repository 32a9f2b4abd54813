"""What mean groups and common correlated effects share: one request, its covariance over units, and the estimate. No algebra here."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES
from panelkit.core.request import Analytic, Clustered, Design, Estimator
from panelkit.estimators._compile import Compiled, compile_model, formula_of
from panelkit.estimators._convention import asked_covariance
from panelkit.estimators._estimate import Further, estimate_of
from panelkit.estimators._inference import Answer
from panelkit.estimators._transformed import no_effects, no_weights
from panelkit.numerics import sandwich

OWN = "unitwise"  # the engine of these estimators; `dense` confirms it


def compiled_of(
    spec: ModelSpec, panel: Panel, setting: Setting, estimator: Estimator, trend: Literal["none", "unit"]
) -> Compiled:
    """The sample in levels, with the request for `estimator` and `trend`.

    Raises
    ------
    EstimationError
        Absorbed effects, weights, no constant, or a covariance other than that over units.
    """
    no_effects(spec, "leave unit effects out: every unit has its own constant")
    no_weights(spec, "every unit counts once")
    if not formula_of(spec).constant:
        raise EstimationError(
            "every unit has its own constant", where=f"models.{spec.id}.formula", mend="leave `0 +` out"
        )
    asked = asked_covariance(spec, setting)
    pooled = estimator == "cce_pooled"
    over_units = Clustered(by=(panel.unit,), variant="cr1" if pooled else "cr3", small_sample="none")
    named = spec.covariance is not None or setting.covariance is not None
    same = isinstance(asked, Clustered) and asked.by in ((), (panel.unit,)) and asked.variant == over_units.variant
    if named and not same:
        raise EstimationError(
            f"kind '{spec.kind}' has one covariance: the spread of the estimates over {panel.unit}",
            where=f"models.{spec.id}.covariance",
            mend="leave `covariance` out",
        )
    plain = replace(setting, covariance=over_units)
    compiled = compile_model(replace(spec, cluster=""), panel, plain)
    request = replace(compiled.request, estimator=estimator, trend=trend, constant=not pooled, covariance=over_units)
    return replace(compiled, request=request, inference=Analytic(), notes=_kept(compiled.notes))


def _kept(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(n for n in notes if not n.endswith("by default."))


def answered(compiled: Compiled, setting: Setting, where: str) -> Answer:
    """The engine's answer with the nonparametric covariance over units and t(N-1); engines without the method leave it to `unitwise`."""
    request, engine = compiled.request, setting.engine
    if engine.refuses(request):
        engine = ENGINES[OWN]
    try:
        fit = engine.fit(request, compiled.panel)
    except EstimationError as error:
        raise EstimationError(faults=[replace(f, where=f.where or where) for f in error.faults]) from error
    units = int(compiled.design.unit_codes.max()) + 1
    scale = units / (units - 1) if request.estimator == "cce_pooled" else (units - 1) / units
    V = fit.raw[0] * scale
    k = len(request.terms)
    return Answer(request=request, fit=fit, V=(V + V.T) / 2, df=units - 1.0, dfs=np.full(k, units - 1.0), notes=())


def unitwise_estimate(
    spec: ModelSpec, compiled: Compiled, got: Answer, setting: Setting, notes: tuple[str, ...]
) -> Estimate:
    """The Estimate; r2 and its kin are not defined for it, `confirmation` is by route."""
    rows, units = compiled.sample.rows, compiled.sample.units
    counts = np.bincount(compiled.design.unit_codes)
    extra = {"shortest_unit": float(counts.min()), "longest_unit": float(counts.max())}
    said = (
        f"Standard errors from the spread of {counted(units, 'unit estimates')}, t({units - 1}); "
        f"{counted(rows, 'rows')}, each unit counts once."
    )
    if got.request.estimator == "cce_pooled":
        said = (
            f"Standard errors from the spread of {counted(units, 'unit slopes')} (Pesaran 2006, eq. 69), "
            f"t({units - 1}); {counted(rows, 'rows')}."
        )
    made = estimate_of(spec, compiled, got, setting, Further(notes=(said, *notes), extra=extra))
    extra = {k: v for k, v in made.fit.extra.items() if k not in ("rmse",)}
    quality = replace(made.fit, r2=None, r2_adjusted=None, r2_within=None, extra=extra)
    return replace(made, fit=quality, confirmation="route")


def design_over_units(compiled: Compiled, by_unit: np.ndarray, products: np.ndarray | None = None) -> Design:
    """The design in levels, with the estimates without each unit as its `leave_out`.

    by_unit : (N, k) estimates of each unit. products : (N, k, k) of pooled estimators: a unit's weight in the pooled slope.
    """
    names = compiled.request.terms
    design = compiled.design
    units, k = by_unit.shape
    weights = np.broadcast_to(np.eye(k), (units, k, k)) if products is None else products
    whole = weights.sum(axis=0)
    moments = np.einsum("gij,gj->gi", weights, by_unit)
    b = np.linalg.solve(whole, moments.sum(axis=0))
    without = np.stack([np.linalg.solve(whole - weights[g], moments.sum(axis=0) - moments[g]) for g in range(units)])
    inverse = np.linalg.inv(whole)
    share = np.stack([np.diag(inverse @ weights[g] @ inverse) / np.diag(inverse) for g in range(units)])
    left = sandwich.Jackknife(
        coefficients=b,
        replicates=without,
        undetermined=np.zeros((units, k), dtype=bool),
        leverage=np.array([np.trace(inverse @ weights[g]) for g in range(units)]),
        partial_leverage=share,
    )
    start = design.regressors.shape[1] - k
    return replace(
        design,
        names=names,
        regressors=design.regressors[:, start:],
        focal=max(design.focal - start, 0),
        paths=None,
        leave_out=lambda: left,
    )
