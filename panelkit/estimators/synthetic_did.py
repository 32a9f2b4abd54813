"""Synthetic difference-in-differences for few treated units; cohorts against weighted never treated ones. Many treated: other kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import CohortEffect, Effect, Estimate, Quality, Resampled
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Slope
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Analytic, Clustered, Design, Regression, Replicates
from panelkit.core.spec import spec
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._inference import answer, terms_of
from panelkit.estimators._staggered import Staggered, staggered_of, treated_name
from panelkit.estimators._staggered_curves import effect
from panelkit.estimators._staggered_kind import refuse_second
from panelkit.estimators._words import equation, no_instruments
from panelkit.numerics.did_untreated import fit_untreated
from panelkit.numerics.synthetic_cohorts import Replications, SyntheticCohorts, replications, synthetic_cohorts

WEIGHT = "sdid::weight"
ROUTE = 1e-8  # relative: beyond this the route has not confirmed
CITE = "Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021)"
NAMED = {
    "sdid": "Synthetic difference-in-differences: unit and period weights",
    "sc": "Synthetic control: unit weights without shift, no period weights",
    "did": "Difference-in-differences: equal weights",
}
ERRORS = {
    "placebo": "Errors: spread of placebo effects on untreated units, valid where noise is alike in treated and untreated ones",
    "jackknife": "Errors: jackknife over units with weights kept",
    "bootstrap": "Errors: bootstrap of units with weights found anew",
}

MEND = {
    "placebo": "take errors = 'jackknife' or 'bootstrap', which need no spare controls, or give it more untreated units",
    "jackknife": "take errors = 'placebo', which needs one treated unit only",
    "bootstrap": "take errors = 'placebo', which needs one treated unit only",
}


@spec
class SyntheticDid(ModelSpec):
    """`kind = "synthetic_did"`: y ~ 1 | unit + time; covariates in place of 1 are taken off first, fitted on untreated rows.

    Parameters
    ----------
    cohort : variable with the first treated period; 0 or missing where never treated. Every unit must be seen in every period.
    variant : 'sdid', 'sc' (synthetic control) or 'did'; the estimates of all three stand in `fit.extra`.
    errors : 'placebo' (the only one for a single treated unit; its p counts placebo effects at least as large), 'jackknife' or
        'bootstrap' (two treated units in each cohort at least). draws : of placebo and bootstrap.
    """

    kind: str = "synthetic_did"
    cohort: str
    variant: Literal["sdid", "sc", "did"] = "sdid"
    errors: Literal["placebo", "jackknife", "bootstrap"] = "placebo"
    draws: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """The balanced block: outcome (N, T) less covariates, index of the first treated period (N,), names of units, periods."""

    outcome: np.ndarray
    first: np.ndarray
    units: tuple[str, ...]
    times: np.ndarray


def estimate(spec: SyntheticDid, panel: Panel, setting: Setting) -> Estimate:
    """The average effect on treated cells; curve 'event_time', cells by cohort, records of weights and paths, tests['route'].

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine finds the weights.

    Source
    ------
    Arkhangelsky et al. (2021, doi:10.1257/aer.20190159); R synthdid 0.0.9; cohorts as in Stata `sdid` (Clarke, Pailanir, Athey and
    Imbens 2024). Covariates: Kranz (2022), "projected" in Stata.
    """
    where = f"models.{spec.id}"
    design, plain = _design(spec, panel, setting)
    refuse_second(design.compiled.request, setting, where)
    block = _block(design)
    try:
        found = {v: synthetic_cohorts(block.outcome, block.first, v) for v in ("sdid", "sc", "did")}
        own = found[spec.variant]
        drawn = replications(
            own, block.outcome, block.first, spec.errors, spec.variant, spec.draws, child_seed(setting.seed, spec.id)
        )
    except ValueError as fault:
        raise EstimationError(
            str(fault),
            where=where,
            mend=MEND[spec.errors],
        ) from fault
    level, V = setting.defaults.level, np.array([[drawn.se**2]])
    two_way = answer(design.compiled, plain, where)
    requests, tests, said = _route(spec, design, block, own, plain)
    return Estimate(
        id=spec.id,
        kind=spec.kind,
        outcome=design.compiled.request.outcome,
        terms=terms_of(("att",), np.array([own.estimate]), V, np.inf, level),
        covariance_matrix=V,
        covariance=Replicates(method=drawn.method, draws=drawn.draws),
        sample=design.compiled.sample,
        fit=Quality(parameters=1, extra=_extra(design, found, float(two_way.fit.coefficients[0]))),
        requests=(design.compiled.request, *requests),
        absorb=design.compiled.request.absorb,
        engine=two_way.fit.engine,
        engine_version=two_way.fit.version,
        confirmation="route",
        resampled=_placebo(drawn, own),
        curves={"event_time": _curve(own, drawn, level)},
        cells=_cells(own, drawn, block),
        records=_records(own, block, panel),
        tests=tests,
        notes=(*_notes(spec, design, block, own, drawn), *said),
    )


def _design(spec: SyntheticDid, panel: Panel, setting: Setting) -> tuple[Staggered, Setting]:
    where = f"models.{spec.id}"
    no_instruments(spec)
    for field, value in (("weights", spec.weights), ("covariance", spec.covariance), ("inference", spec.inference)):
        if value and not isinstance(value, Analytic):
            raise EstimationError(
                f"kind 'synthetic_did' takes no `{field}`",
                where=f"{where}.{field}",
                mend=f"leave `{field}` out; see `errors`",
            )
    if spec.draws < 99:
        raise EstimationError("errors need 99 draws or more", where=f"{where}.draws", mend="write 500")
    plain = replace(
        setting,
        covariance=Clustered(by=(panel.unit,), variant="cr0", small_sample="none", reference="normal"),
        resample=False,
    )
    inner = replace(spec, inference=Analytic(), cluster=panel.unit)
    return staggered_of(inner, panel, plain, cohort=spec.cohort, complete=True), plain


def _block(design: Staggered) -> _Block:
    rows = design.panel
    outcome = rows.outcome
    if design.covariates:
        b = fit_untreated(rows).coefficients
        outcome = outcome - rows.covariates @ np.where(np.isnan(b), 0.0, b)
    made = design.compiled.panel
    times = rows.periods
    first = np.searchsorted(times, rows.cohort)
    names = np.asarray(made.column(made.unit))[rows.order][:: len(times)]
    return _Block(outcome=outcome.reshape(rows.units, -1), first=first, units=tuple(str(n) for n in names), times=times)


# ---------------------------------------------------------------- the other route: a weighted two-way regression


def _route(
    spec: SyntheticDid, design: Staggered, block: _Block, own: SyntheticCohorts, plain: Setting
) -> tuple[tuple[Regression, ...], dict[str, dict[str, float]], tuple[str, ...]]:
    """Each cohort's effect as the coefficient of treatment in a two-way regression with unit times period weights."""
    if design.covariates or spec.variant == "sc":
        why = "covariates were taken off first" if design.covariates else "a synthetic control has no unit effects"
        return (), {}, (f"No second route: {why}.",)
    requests, gaps = [], []
    for i in range(len(own.cohorts)):
        compiled = _weighted(spec, design, block, own, i, plain)
        got = answer(compiled, plain, f"models.{spec.id}")
        requests.append(compiled.request)
        gaps.append(abs(float(got.fit.coefficients[0]) - float(own.effects[i])))
    gap, size = max(gaps), float(np.abs(own.effects).max())
    holds = gap <= ROUTE * max(size, float(block.outcome.std()) * 1e-3)
    agree, far = ("agrees", f"to {ROUTE:.0e} of the largest") if holds else ("DOES NOT AGREE", f"difference {gap:.1e}")
    said = f"By route: two-way regression with the weights {agree} with {counted(len(gaps), 'cohort effects')}, {far}."
    return tuple(requests[1:]), {"route": {"difference": gap, "cohorts": float(len(gaps))}}, (said,)


def _weighted(
    spec: SyntheticDid, design: Staggered, block: _Block, own: SyntheticCohorts, i: int, plain: Setting
) -> Compiled:
    T, g = len(block.times), int(own.cohorts[i])
    never = block.first >= T
    unit = np.where(block.first == g, 1 / own.sizes[i], 0.0)
    unit[never] = own.unit_weights[i]
    lam = own.period_weights[i] + (np.arange(T) >= g) / (T - g)
    weight = np.empty(design.panel.rows)
    weight[design.panel.order] = np.outer(unit, lam).ravel()
    made = design.compiled.panel
    variable = Variable(
        name=WEIGHT, measure="", label=Label(en="weight"), origin=Origin(how="unit times period weight")
    )
    kept = made.extended({WEIGHT: weight}, [variable]).take(np.flatnonzero(weight > 0))
    formula = replace(formula_of(spec, made), slopes=())
    name = treated_name(spec.cohort)
    inner = replace(
        spec,
        weights=WEIGHT,
        cluster=made.unit,
        years=None,
        where="",
        exclude={},
        singletons="keep",
        inference=Analytic(),
    )
    return compile_model(inner, kept, plain, formula=replace(formula, slopes=(Slope(factors=(name,)),)), focal=name)


# ---------------------------------------------------------------- curve, cells, records, words


def _curve(own: SyntheticCohorts, drawn: Replications, level: float) -> tuple[Effect, ...]:
    sizes = [
        int(sum(n for n, g in zip(own.sizes, own.cohorts, strict=True) if 0 <= g + e < own.paths.shape[1]))
        for e in own.event
    ]
    rows = zip(own.event, own.path, drawn.path_se, sizes, strict=True)
    return tuple(effect(e, b, s if s > 0 else np.nan, n, level) for e, b, s, n in rows)


def _cells(own: SyntheticCohorts, drawn: Replications, block: _Block) -> tuple[CohortEffect, ...]:
    """Effects by cohort and period; no error for a single cell, that of a cohort stands in records['cohorts']."""
    made = []
    controls = int((block.first >= len(block.times)).sum())
    for i, g in enumerate(own.cohorts):
        gap = own.paths[i] - own.synthetic[i]
        gap = gap - float(own.period_weights[i] @ gap)
        for t in range(int(g), len(block.times)):
            made.append(
                CohortEffect(
                    cohort=float(block.times[g]),
                    period=float(block.times[t]),
                    estimate=float(gap[t]),
                    se=float("nan"),
                    treated=int(own.sizes[i]),
                    controls=controls,
                )
            )
    return tuple(made)


def _records(own: SyntheticCohorts, block: _Block, panel: Panel) -> dict[str, tuple[dict[str, Any], ...]]:
    T = len(block.times)
    donors = [u for u, f in zip(block.units, block.first, strict=True) if f >= T]
    units, periods, paths = [], [], []
    for i, g in enumerate(own.cohorts):
        cohort = float(block.times[g])
        held = sorted(zip(own.unit_weights[i], donors, strict=True), key=lambda p: (-p[0], p[1]))
        units += [{"cohort": cohort, panel.unit: u, "weight": float(w)} for w, u in held if w > 0]
        periods += [
            {"cohort": cohort, panel.time: float(t), "weight": float(w)}
            for t, w in zip(block.times, own.period_weights[i], strict=True)
            if w > 0
        ]
        gap = own.paths[i] - own.synthetic[i]
        shift = float(own.period_weights[i] @ gap)
        paths += [
            {
                "cohort": cohort,
                panel.time: float(t),
                "treated": float(a),
                "synthetic": float(b),
                "shifted": float(b + shift),
            }
            for t, a, b in zip(block.times, own.paths[i], own.synthetic[i], strict=True)
        ]
    return {"unit_weights": tuple(units), "period_weights": tuple(periods), "paths": tuple(paths)}


def _placebo(drawn: Replications, own: SyntheticCohorts) -> tuple[Resampled, ...]:
    if drawn.method != "placebo":
        return ()
    none = float("nan")
    return (
        Resampled(
            term="att",
            method="placebo in place of the treated",
            statistic=own.estimate / drawn.se if drawn.se > 0 else none,
            p=drawn.p,
            low=none,
            high=none,
            draws=drawn.draws,
            note=f"share of {counted(drawn.draws, 'placebo effects')} at least as large; it cannot be below 1/{drawn.draws + 1}",
        ),
    )


def _extra(design: Staggered, found: dict[Any, SyntheticCohorts], two_way: float) -> dict[str, float]:
    return {
        "treated_units": float(found["sdid"].sizes.sum()),
        "donors": float(found["sdid"].unit_weights.shape[1]),
        "donors_with_weight": float((found["sdid"].unit_weights > 0).any(axis=0).sum()),
        "sdid": found["sdid"].estimate,
        "sc": found["sc"].estimate,
        "did": found["did"].estimate,
        "two_way": two_way,
        "always_treated": float(design.always),
    }


def _notes(
    spec: SyntheticDid, design: Staggered, block: _Block, own: SyntheticCohorts, drawn: Replications
) -> tuple[str, ...]:
    donors = own.unit_weights.shape[1]
    notes = [
        f"{NAMED[spec.variant]} ({CITE}): {counted(int(own.sizes.sum()), 'treated units')} in "
        f"{counted(len(own.cohorts), 'cohorts')} against {donors}"
        " never treated ones, averaged by treated cells.",
        f"{ERRORS[spec.errors]}; {counted(drawn.draws, 'replications')}, normal interval.",
    ]
    if drawn.void:
        notes.append(
            f"{counted(drawn.void, 'bootstrap draws')} without some cohort or with fewer than two controls were drawn again."
        )
    if design.covariates:
        notes.append(f"Taken off first, by their slopes among untreated rows: {', '.join(design.covariates)}.")
    if design.ended is not None:
        notes.append(
            f"The sample ends in {design.ended:g}: later no unit is untreated, and {counted(len(design.lost), 'cohort-period cells are')}"
            " not identified there by any comparison with untreated units."
        )
    if design.always:
        notes.append(
            f"{counted(design.always, 'units')} treated from the first period on left: no period before treatment."
        )
    before = int(own.cohorts.min())
    if before < 5:
        notes.append(
            f"The earliest cohort has {counted(before, 'periods')} before treatment: weights found on so few fit noise."
        )
    return tuple(notes)


def prepare(spec: SyntheticDid, panel: Panel, setting: Setting) -> Design:
    """The arrays of the unweighted two-way regression on the same rows; nothing is permuted or left out of it."""
    return replace(_design(spec, panel, setting)[0].compiled.design, paths=None, leave_out=None)


def explain(spec: SyntheticDid) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}, effects of '{spec.cohort}' (0 or missing: never treated). {NAMED[spec.variant]}, so that weighted never"
        " treated units move as the treated did before treatment; each cohort by itself, averaged by treated cells.\n"
        f"{ERRORS[spec.errors]}. Units with a gap, units treated from the first period on and periods without an untreated unit"
        " leave, counted. Confirmed by a two-way regression with the weights."
    )


def _columns(spec: SyntheticDid) -> tuple[str, ...]:
    return columns_of(spec, spec.cohort)


ESTIMATORS.register(
    EstimatorKind(
        name="synthetic_did",
        spec=SyntheticDid,
        summary="few treated units against weighted untreated ones (synthetic difference-in-differences)",
        confirmation="route",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
