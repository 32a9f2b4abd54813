"""Triple differences: a treatment path of places times an exposure of groups, three pairs of effects. Staggered cells: another kind."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design, Permutation
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of, rows_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, treated_clusters, undetermined, withhold
from panelkit.estimators._events import bare_words
from panelkit.estimators._inference import Answer, answer
from panelkit.estimators._resample import permute, resample
from panelkit.estimators._triple import Factors, constant, factors_of, pair_of
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics.did_triple import cube_slope, eight_means

ROUTE = 1e-8  # relative: beyond this the route has not confirmed
MEANING = (
    "The coefficient is causal if, without treatment, the gap between more and less exposed groups would have moved alike in all"
    " places; whatever moves all groups of a place alike, or a group alike everywhere, is absorbed."
)
STRONG = (
    "With a dose or an exposure in more than two values it is so only under strong parallel trends of that gap (Callaway,"
    " Goodman-Bacon and Sant'Anna 2024)."
)


@spec
class TripleDifference(ModelSpec):
    """`kind = "triple_difference"`: y ~ dose:exposure + controls | place^group + place^time + group^time.

    Without effects: y ~ treated + eligible + after + every product of them, the classic two by two by two.

    Parameters
    ----------
    treatment : the product that is the treatment, such as dose:exposure; the longest one unless named.
    place : what the treatment is assigned to, and the cluster unless `cluster` is named; found from what varies with what.
    assignment : 'places' declares that whole treatment paths could have gone to other places, and only then is a permutation
        p given: paths change places, exposures stay. strata : a fixed category of places within which they could.
    """

    kind: str = "triple_difference"
    treatment: str = ""
    place: str = ""
    assignment: Literal["places", ""] = ""
    strata: str = ""


def estimate(spec: TripleDifference, panel: Panel, setting: Setting) -> Estimate:
    """The coefficient of the treatment; tests['route'] where plain means give it too (a balanced cube, or eight cells).

    Raises
    ------
    EstimationError
        Whatever the data do not allow; permutation without a declared assignment.

    Source
    ------
    Gruber (1994, AER 84(3)); Olden and Moen (2022, doi:10.1093/ectj/utac010).
    """
    compiled, factors = _compiled(spec, panel, setting)
    method = permutation_of(spec, compiled.inference, "units" if spec.assignment else "", spec.strata)
    design, where = compiled.design, f"models.{spec.id}"
    got = answer(compiled, setting, where)
    name = design.names[design.focal]
    dose = _product(compiled.panel, factors.dose)
    count = treated_clusters(compiled, dose != 0)
    got, withheld = withhold(got, (name,), count)
    drawn = resample(compiled, setting, skip=undetermined(got))
    moved = permute(_by_place(compiled, factors, panel), method, panel, setting, where) if method is not None else ()
    tests, said = _route(compiled, factors, got)
    further = Further(
        resampled=(*drawn.resampled, *moved),
        tests=tests,
        notes=(*drawn.notes, *_notes(compiled, factors, dose), *said, *withheld),
        extra={
            "treated_clusters": float(count),
            "places": float(int(compiled.panel.codes(factors.place).max()) + 1),
            "groups": float(int(compiled.panel.codes(factors.group).max()) + 1) if factors.group else 2.0,
        },
    )
    return estimate_of(spec, compiled, got, setting, further)


def treatment_of(spec: TripleDifference) -> Slope:
    """The product that is the treatment.

    Raises
    ------
    EstimationError
        If it is no product of the formula.
    """
    products = [s for s in formula_of(spec).slopes if len(s.factors) > 1]
    longest = max(products, key=lambda s: len(s.factors)) if products else None
    found = (
        next((s for s in products if s.name == spec.treatment.replace(" ", "")), None) if spec.treatment else longest
    )
    if found is None:
        raise EstimationError(
            f"the treatment '{spec.treatment}' is no product of the formula"
            if spec.treatment
            else "the formula has no product",
            where=f"models.{spec.id}.{'treatment' if spec.treatment else 'formula'}",
            mend=known_or_nearest(spec.treatment, [s.name for s in products])
            if products
            else "write the treatment as a product, dose:exposure",
        )
    return found


def _compiled(spec: TripleDifference, panel: Panel, setting: Setting) -> tuple[Compiled, Factors]:
    no_instruments(spec)
    where, formula, treatment = f"models.{spec.id}", formula_of(spec), treatment_of(spec)
    if spec.strata and spec.strata not in panel.names:
        mend = known_or_nearest(spec.strata, panel.names)
        raise EstimationError(f"there is no variable '{spec.strata}'", where=f"{where}.strata", mend=mend)
    if formula.absorb:
        pair = pair_of(formula, panel, where)
        rows = rows_of(_placed(spec, pair[0]), formula, panel, setting).panel
        factors = factors_of(treatment.factors, pair, rows, spec.place, where)
    else:
        factors = _classic(spec, formula, treatment, panel, setting)
    compiled = compile_model(_placed(spec, factors.place), panel, setting, focal=treatment.name)
    if treatment.name in compiled.dropped:
        raise EstimationError(
            f"the treatment is left out: {' '.join(n for n in compiled.notes if n.startswith(treatment.name))}",
            where=where,
            mend="it must vary by place, group and time at once",
        )
    return compiled, factors


def _placed(spec: TripleDifference, place: str) -> TripleDifference:
    return replace(spec, cluster=spec.cluster or place)


def _classic(spec: TripleDifference, formula: Formula, treatment: Slope, panel: Panel, setting: Setting) -> Factors:
    """The factors of a saturated regression without effects: every product of the three must stand in the formula."""
    where = f"models.{spec.id}.formula"
    if len(treatment.factors) != 3 or not formula.constant:
        raise EstimationError(
            "without effects a triple difference is a product of three 0/1 variables, with a constant",
            where=where,
            mend="write y ~ a + b + c + a:b + a:c + b:c + a:b:c, or give the three pairs of effects behind '|'",
        )
    there = {frozenset(s.factors) for s in formula.slopes}
    parts = [c for n in (1, 2) for c in combinations(treatment.factors, n)]
    lost = [":".join(c) for c in parts if frozenset(c) not in there]
    if lost:
        raise EstimationError(
            f"the formula lacks {', '.join(lost)}: the coefficient would not be a triple difference",
            where=where,
            mend=f"add + {' + '.join(lost)}",
        )
    place = spec.place or spec.cluster or panel.place
    rows = rows_of(_placed(spec, place), formula, panel, setting).panel
    by_time = rows.codes(place, rows.time)
    exposure = tuple(f for f in treatment.factors if not constant(rows.column(f), by_time))
    if len(exposure) != 1:  # units finer than the groups: the last factor that never moves is the exposure
        exposure = tuple(f for f in treatment.factors if constant(rows.column(f), rows.codes(place)))[-1:]
    dose = tuple(f for f in treatment.factors if f not in exposure)
    return Factors(place=place, group="", dose=dose, exposure=exposure)


def _product(panel: Panel, names: tuple[str, ...]) -> np.ndarray:
    made: np.ndarray = (
        np.prod([panel.column(n).astype("float64") for n in names], axis=0) if names else np.ones(panel.rows)
    )
    return made


def _by_place(compiled: Compiled, factors: Factors, whole: Panel) -> Compiled:
    """The design with places for units: paths of the dose by place and period, and the exposure of every row."""
    made, design = compiled.panel, compiled.design
    if not factors.group:
        return replace(compiled, design=replace(design, paths=None))
    places = {p: i for i, p in enumerate(sorted(set(made.column(factors.place))))}
    times = {t: i for i, t in enumerate(made.times)}
    paths = np.full((len(places), len(times)), np.nan)
    cells = zip(whole.column(factors.place), whole.column(whole.time), _product(whole, factors.dose), strict=True)
    for place, time, value in cells:
        if place in places and int(time) in times and not np.isnan(value):
            paths[places[place], times[int(time)]] = value
    exposure = _product(made, factors.exposure)
    design = replace(design, unit_codes=made.codes(factors.place), paths=paths, exposure=exposure)
    return replace(compiled, design=design)


# ---------------------------------------------------------------- the other route, and words


def _route(compiled: Compiled, factors: Factors, got: Answer) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """The coefficient by plain means, where plain means give it."""
    request, design, made = compiled.request, compiled.design, compiled.panel
    own = float(got.fit.coefficients[request.terms.index(design.names[design.focal])])
    try:
        if not request.absorb:
            parts = design.names[design.focal].split(":")
            if len(request.slopes) != 7:
                raise ValueError("with controls it is no difference of eight means")
            a, b, c = (made.column(p).astype("float64") for p in parts)
            other, how = eight_means(design.outcome, a, b, c, design.weights), "eight cell means"
        elif len(request.slopes) > 1 or design.weights is not None:
            raise ValueError("with controls or weights it is no difference of plain means")
        else:
            codes = (made.codes(factors.place), made.codes(factors.group), made.codes(made.time))
            other = cube_slope(design.outcome, design.regressors[:, design.focal], codes)
            how = "the cube less its means over each factor"
    except ValueError as fault:
        return {}, (f"No second route by plain means: {fault}.",)
    gap = abs(other - own)
    holds = gap <= ROUTE * max(abs(own), float(np.std(design.outcome)) * 1e-3)
    said = f"agrees to {ROUTE:.0e} of it" if holds else f"DOES NOT AGREE, difference {gap:.1e}"
    return {"route": {"difference": gap, "estimate": other}}, (f"By route: {how} {said}.",)


def _notes(compiled: Compiled, factors: Factors, dose: np.ndarray) -> tuple[str, ...]:
    made = compiled.panel
    notes = [MEANING]
    exposure = _product(made, factors.exposure)
    if len(np.unique(dose)) > 2 or len(np.unique(exposure)) > 2:
        notes.append(STRONG)
    if factors.group:
        none = int((exposure == 0).sum())
        notes.append(
            f"Assigned to {factors.place}: {' x '.join(factors.dose)}; exposure by {factors.group}: {' x '.join(factors.exposure)}"
            f" ({counted(none, 'rows')} at exposure 0). Clustered by {compiled.design.cluster_names[0]}."
        )
        notes += bare_words(dose, made.column(made.time), factors.place)
    return tuple(notes)


def prepare(spec: TripleDifference, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression; `focal` is the treatment, units are places, `paths` those of the dose by place."""
    return _by_place(*_compiled(spec, panel, setting), panel).design


def explain(spec: TripleDifference) -> str:
    """What will be done, in words."""
    cluster = spec.cluster or spec.place or "the place of the treatment"
    words = inference_words(replace(spec, cluster=cluster))
    within = f" within {spec.strata}" if spec.strata else ""
    moved = f" Whole paths are permuted across places{within}, exposures stay." if spec.assignment else ""
    return f"{equation(spec)}\nTreatment: {treatment_of(spec).name}. {MEANING} {STRONG} {words}{moved}"


def _columns(spec: TripleDifference) -> tuple[str, ...]:
    strata = spec.inference.strata if isinstance(spec.inference, Permutation) else ""
    return columns_of(spec, *(s for s in (spec.place, spec.strata, strata) if s))


ESTIMATORS.register(
    EstimatorKind(
        name="triple_difference",
        spec=TripleDifference,
        summary="a treatment path of places times an exposure of groups, three pairs of effects",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
