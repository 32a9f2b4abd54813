"""Staggered triple differences: each cohort and period, eligible against ineligible groups, against untreated places. No doses."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Setting
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import columns_of, formula_of
from panelkit.estimators._staggered import Staggered, Triple
from panelkit.estimators._staggered_kind import estimate_staggered, explain_staggered, prepare_staggered
from panelkit.estimators._staggered_method import Method, StaggeredSpec, refuse_anticipation
from panelkit.estimators._triple import constant, pair_of
from panelkit.numerics.did_callaway import CallawayPlan
from panelkit.numerics.did_route import triple_cells
from panelkit.numerics.did_triple import Combine, staggered_triple, triple_means
from panelkit.numerics.staggered_effects import CohortEffects

CITE = "Triple differences by cohort and period (Olden and Moen 2022; Ortiz-Villavicencio and Sant'Anna 2025)"
MEANING = (
    "Each effect is the change of eligible less that of ineligible groups in treated places, less the same in places not treated;"
    " controls not treated yet are compared cohort by cohort."
)

WORDS = {
    "dr": "Covariates enter by outcome regression and propensity score, doubly robust, at their values for eligible treated units.",
    "reg": "Covariates enter by outcome regression, at their values for eligible treated units.",
    "ipw": "Covariates enter by inverse probability weighting to eligible treated units.",
}
ROUTE = "three two-by-two effects for each cell and control cohort, by their own arithmetic,"


@spec
class StaggeredTripleDifference(StaggeredSpec):
    """`kind = "staggered_triple_difference"`: y ~ 1 | place^group + place^time + group^time, or covariates in place of 1.

    Parameters
    ----------
    cohort : first treated period of the place; 0 or missing where never treated.
    eligible : 1 for groups that the treatment can reach, 0 for the others; fixed within place and group.
    place : what is treated, and the cluster unless `cluster` is named; the category that the cohort is constant in.
    control : compare with places 'never' or 'notyet' treated. combine : control cohorts weigh by 'size' or by
        'precision' (the inverse of the covariance of the comparisons, as the R package triplediff).
    adjustment, base, anticipation : as in callaway_santanna.
    """

    kind: str = "staggered_triple_difference"
    eligible: str
    place: str = ""
    control: Literal["never", "notyet"] = "never"
    adjustment: Literal["dr", "reg", "ipw"] = "dr"
    combine: Combine = "size"
    base: Literal["varying", "universal"] = "varying"
    anticipation: int = 0


def _method(spec: StaggeredTripleDifference, panel: Panel) -> tuple[StaggeredTripleDifference, Method]:
    """The specification clustered on its place, and what the estimator brings to the common result.

    Raises
    ------
    EstimationError
        If effects, place or the eligible groups do not make a triple difference.
    """
    refuse_anticipation(spec)
    where = f"models.{spec.id}"
    pair = pair_of(formula_of(spec), panel, where)
    for name in (spec.eligible, spec.cohort):
        if name not in panel.names:
            mend = known_or_nearest(name, panel.names)
            raise EstimationError(f"there is no variable '{name}'", where=where, mend=mend)
    place = _place(spec, pair, panel)
    on = panel.column(spec.eligible).astype("float64")
    known = ~np.isnan(on)
    if not np.isin(on[known], (0.0, 1.0)).all() or not constant(on[known], panel.codes(*pair)[known]):
        raise EstimationError(
            f"'{spec.eligible}' is not 0 or 1, fixed within {pair[0]} and {pair[1]}",
            where=f"{where}.eligible",
            mend="cut the exposure in two groups, or take kind = 'triple_difference' for an exposure in degrees",
        )
    plan = CallawayPlan(
        control=spec.control, method=spec.adjustment, base=spec.base, anticipation=float(spec.anticipation)
    )
    universal = spec.base == "universal"

    def effects(design: Staggered, plan: CallawayPlan = plan) -> CohortEffects:
        return staggered_triple(design.panel, _eligible(spec, design), plan, spec.combine)

    def other(design: Staggered, found: CohortEffects) -> tuple[CohortEffects | np.ndarray, str] | str:
        if spec.combine == "precision" and spec.control == "notyet":
            return "weights by precision come from the influence, which the other route has not"
        by, how = (
            (triple_cells, ROUTE) if design.covariates else (triple_means, "plain means of filtered rows for each cell")
        )
        return by(design.panel, _eligible(spec, design), plan, found), how

    made = Method(
        cite=CITE,
        control=spec.control,
        effects=effects,
        other=other,
        long=None if universal else lambda design: effects(design, replace(plan, base="universal")),
        reference=-1.0 - spec.anticipation if universal else None,
        anticipation=spec.anticipation,
        complete=True,
        triple=Triple(pair=pair, eligible=spec.eligible),
    )
    return replace(spec, cluster=spec.cluster or place), made


def _place(spec: StaggeredTripleDifference, pair: tuple[str, str], panel: Panel) -> str:
    first = np.nan_to_num(panel.column(spec.cohort).astype("float64"))
    fits = [p for p in ((spec.place,) if spec.place in pair else pair) if constant(first, panel.codes(p))]
    if not fits or (spec.place and spec.place not in pair):
        raise EstimationError(
            f"'{spec.cohort}' is not constant in {spec.place or ' or '.join(pair)}: no place is treated from a period on",
            where=f"models.{spec.id}.{'place' if spec.place else 'cohort'}",
            mend="give each place one first treated period, missing or 0 where never",
        )
    return fits[0]


def _eligible(spec: StaggeredTripleDifference, design: Staggered) -> np.ndarray:
    """(N,) whether each unit is eligible, in the order of the panel's codes."""
    rows = design.panel
    on = design.compiled.panel.column(spec.eligible).astype("float64")[rows.order] == 1
    out = np.zeros(rows.units, dtype=bool)
    out[rows.unit] = on
    return out


def estimate(spec: StaggeredTripleDifference, panel: Panel, setting: Setting) -> Estimate:
    """Averages of effects by cohort and period on eligible groups; cells, curves, tests 'pre_trends' and 'route'.

    Raises
    ------
    EstimationError
        Whatever the data do not allow. EngineRefusedError for a second engine: no engine estimates this.

    Source
    ------
    Olden and Moen (2022, doi:10.1093/ectj/utac010); Ortiz-Villavicencio and Sant'Anna (2025, arXiv:2505.09942).
    """
    placed, method = _method(spec, panel)
    return estimate_staggered(placed, method, panel, setting)


def prepare(spec: StaggeredTripleDifference, panel: Panel, setting: Setting) -> Design:
    """The arrays of the static triple difference on the same rows."""
    placed, method = _method(spec, panel)
    return prepare_staggered(placed, method, panel, setting)


def explain(spec: StaggeredTripleDifference) -> str:
    """What will be done, in words."""
    placed = replace(spec, cluster=spec.cluster or spec.place or "the place of the treatment")
    further = f"{MEANING} {WORDS[spec.adjustment]}" if formula_of(spec).slopes else MEANING
    return explain_staggered(placed, CITE, spec.control, further)


def _columns(spec: StaggeredTripleDifference) -> tuple[str, ...]:
    return columns_of(spec, spec.cohort, spec.eligible, *((spec.place,) if spec.place else ()))


ESTIMATORS.register(
    EstimatorKind(
        name="staggered_triple_difference",
        spec=StaggeredTripleDifference,
        summary="staggered adoption by places, eligible against ineligible groups",
        confirmation="route",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
