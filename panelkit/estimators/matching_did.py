"""Difference-in-differences on matched rows: a propensity score, matches, balance, and a two-way regression. Other weights: elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError, Fault
from panelkit.core.estimate import Drop, Estimate, Resampled
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Analytic, Design, Permutation
from panelkit.core.spec import spec
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of, rows_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, treated_clusters, undetermined, withhold
from panelkit.estimators._inference import answer
from panelkit.estimators._matching import (
    Groups,
    Matching,
    MatchRows,
    Scores,
    balance_records,
    match_rows,
    overlap_records,
)
from panelkit.estimators._matching_draws import Draws, rematched
from panelkit.estimators._resample import resample
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics.least_squares import solve

WEIGHT = "matching::weight"
GIVEN = (
    "Errors take scores and matches as given; a bootstrap that repeats nearest-neighbour matching is not valid (Abadie and Imbens"
    " 2008), one that repeats kernel or radius matching is (rematch = 999)."
)
WORDS = {
    "baseline": "one score for each unit, from means before any treatment, and units matched once",
    "by_period": "a score in each period, and rows matched within it",
    "pooled": "one score over all rows, and rows matched whatever their period",
}


@spec
class MatchingDid(ModelSpec):
    """`kind = "matching_did"`: y ~ treated + controls | unit + time, on rows matched by a propensity score (PSM-DID).

    Parameters
    ----------
    match_on : covariates of the score (a logit of ever being treated).
    treatment : the slope that is the treatment; the first one unless named. group : a 0/1 variable of who is treated at some time;
        units whose treatment is ever not zero unless named.
    scores : 'baseline', 'by_period' or 'pooled', as WORDS in this file says.
    method : 'nearest' (neighbours, with or without replacement, within the caliper where there is one), 'radius' (all within the
        caliper), 'kernel' (bandwidth, kernel). distance : of caliper and bandwidth: the score or its logit.
    rematch : draws of a bootstrap of whole clusters that finds scores and matches anew in each (0 for none); of kernel and radius
        matching, whose weights move smoothly; of nearest neighbours it is made and said to be no valid error.
    support : 'common' leaves out scores beyond those of the other group. weighting : rows weigh by their 'matches', or 'equal'.
    """

    kind: str = "matching_did"
    match_on: tuple[str, ...]
    treatment: str = ""
    group: str = ""
    scores: Scores = "baseline"
    method: Literal["nearest", "radius", "kernel"] = "nearest"
    neighbours: int = 1
    replacement: Literal["with", "without"] = "with"
    caliper: float | None = None
    bandwidth: float = 0.06
    kernel: Literal["epanechnikov", "normal", "uniform", "tricube"] = "epanechnikov"
    distance: Literal["score", "logit"] = "score"
    support: Literal["common", "all"] = "common"
    weighting: Literal["matches", "equal"] = "matches"
    rematch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matched:
    """The matched rows compiled, what came of matching, and the entries that were matched (units, or rows)."""

    compiled: Compiled
    groups: Groups
    X: np.ndarray
    treated: np.ndarray
    name: str
    used: Panel
    rows: MatchRows


def estimate(spec: MatchingDid, panel: Panel, setting: Setting) -> Estimate:
    """The two-way coefficient on matched rows; records 'balance', 'score', 'overlap' for table and figure.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; nothing matched.

    Source
    ------
    Heckman, Ichimura and Todd (1997, doi:10.2307/2971733); Rosenbaum and Rubin (1983, doi:10.1093/biomet/70.1.41; 1985,
    doi:10.1080/00031305.1985.10479383); Stata `psmatch2` for caliper, kernel and common support, then `reghdfe` with its weights.
    """
    matched = _compiled(spec, panel, setting)
    compiled, where = matched.compiled, f"models.{spec.id}"
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, where)
    count = treated_clusters(compiled, compiled.design.regressors[:, compiled.design.focal] != 0)
    got, withheld = withhold(got, (matched.name,), count)
    drawn = resample(compiled, setting, skip=undetermined(got))
    again, told = _rematched(spec, matched, setting)
    table = balance_records(matched.X, matched.treated, matched.groups.weights, spec.match_on)
    further = Further(
        resampled=(*drawn.resampled, *again),
        notes=(*drawn.notes, *_notes(spec, matched, table), GIVEN, *told, *withheld),
        extra=_extra(matched, table, count),
    )
    made = estimate_of(spec, compiled, got, setting, further)
    records = {
        "balance": table,
        "score": matched.groups.logit,
        "overlap": overlap_records(matched.groups.score, matched.treated, matched.groups.weights),
    }
    return replace(made, records=records)


def _rematched(spec: MatchingDid, matched: _Matched, setting: Setting) -> tuple[tuple[Resampled, ...], tuple[str, ...]]:
    """The bootstrap that repeats scores and matches, where it is asked for."""
    if not (spec.rematch and setting.resample):
        return (), ()
    inner = replace(spec, years=None, where="", exclude={}, weights="", inference=Analytic(), collinear="drop")
    whole = compile_model(inner, matched.used, setting, focal=matched.name)
    positions = whole.sample.positions
    rows = matched.rows.drawn(positions, whole.design.unit_codes)
    plan = Draws(
        draws=spec.rematch,
        seed=child_seed(setting.seed, spec.id, "rematch"),
        level=setting.defaults.level,
        weighted=spec.weighting == "matches",
    )
    own = matched.compiled.design
    swept = own.absorber.residualise(np.column_stack([own.outcome, own.regressors]))
    b = solve(swept[:, 1:], swept[:, 0], own.weights).coefficients[own.focal]
    try:
        return rematched(
            whole.design, rows, lambda r: match_rows(r, spec.scores, spec.match_on, _how(spec))[3], float(b), plan
        )
    except ValueError as fault:
        return (), (f"The bootstrap that matches anew is not made: {fault}.",)


def _compiled(spec: MatchingDid, panel: Panel, setting: Setting) -> _Matched:
    no_instruments(spec)
    _refuse(spec, panel)
    where, formula = f"models.{spec.id}", formula_of(spec, panel)
    slopes = [s.name for s in formula.slopes if s.factors]
    name = spec.treatment or (slopes[0] if slopes else "")
    if name not in slopes:
        raise EstimationError(
            f"the treatment '{name}' is no regressor of the formula",
            where=f"{where}.treatment",
            mend=known_or_nearest(name, slopes),
        )
    rows = rows_of(spec, formula, panel, setting)
    positions, drops = rows.positions, list(rows.drops)
    X = np.column_stack([panel.column(v).astype("float64")[positions] for v in spec.match_on])
    known = ~np.isnan(X).any(axis=1)
    _drop(drops, ~known, "a covariate of the score is missing")
    positions, X = positions[known], X[known]
    used = panel.take(positions)
    on = _group(spec, used, name, where)
    try:
        groups, entries, entry_on, weights = _weights(spec, used, X, on, name)
    except EstimationError as fault:
        raise EstimationError(faults=[replace(f, where=where) for f in fault.faults]) from fault
    _drop(drops, weights == 0, "not matched, or beyond the common support")
    kept = np.flatnonzero(weights > 0)
    variable = Variable(
        name=WEIGHT, measure="", label=Label(en="matching weight", zh="匹配权重"), origin=Origin(how="matches")
    )
    made = used.extended({WEIGHT: weights}, [variable]).take(kept)
    weighted = WEIGHT if spec.weighting == "matches" else ""
    inner = replace(spec, years=None, where="", exclude={}, weights=weighted)
    compiled = compile_model(inner, made, setting, focal=name)
    if name in compiled.dropped:
        raise EstimationError(
            "nothing is left of the treatment on the matched rows", where=where, mend="look at who is matched with whom"
        )
    sample = replace(
        compiled.sample,
        positions=positions[kept][compiled.sample.positions],
        dropped=(*drops, *compiled.sample.dropped),
    )
    return _Matched(
        compiled=replace(compiled, sample=sample),
        groups=groups,
        X=entries,
        treated=entry_on,
        name=name,
        used=used,
        rows=_rows(used, X, on, name),
    )


def _weights(
    spec: MatchingDid, used: Panel, X: np.ndarray, on: np.ndarray, name: str
) -> tuple[Groups, np.ndarray, np.ndarray, np.ndarray]:
    """What came of matching, the entries matched, which are treated, and the weight of every row."""
    return match_rows(_rows(used, X, on, name), spec.scores, spec.match_on, _how(spec))


def _how(spec: MatchingDid) -> Matching:
    return Matching(**{f: getattr(spec, f) for f in Matching.__dataclass_fields__})


def _rows(used: Panel, X: np.ndarray, on: np.ndarray, name: str) -> MatchRows:
    now = _product(used, name) != 0
    return MatchRows(X=X, on=on, now=now, units=used.codes(used.unit), times=used.column(used.time))


def _product(panel: Panel, name: str) -> np.ndarray:
    made: np.ndarray = np.prod([panel.column(f).astype("float64") for f in name.split(":")], axis=0)
    return made


def _group(spec: MatchingDid, used: Panel, name: str, where: str) -> np.ndarray:
    """(n,) bool: the row's unit is treated at some time."""
    units = used.codes(used.unit)
    values = used.column(spec.group).astype("float64") if spec.group else _product(used, name)
    if spec.group and not np.isin(values, (0.0, 1.0)).all():
        raise EstimationError(
            f"'{spec.group}' is not 0 or 1 in every row",
            where=f"{where}.group",
            mend="1 for units that are treated at some time",
        )
    ever = np.zeros(int(units.max()) + 1, dtype=bool)
    ever[units[values != 0]] = True
    return ever[units]


def _drop(drops: list[Drop], out: np.ndarray, why: str) -> None:
    if out.any():
        drops.append(Drop(rows=int(out.sum()), why=why))


def _refuse(spec: MatchingDid, panel: Panel) -> None:
    where = f"models.{spec.id}"
    faults = [
        Fault(where=f"{where}.match_on", what=f"there is no variable '{n}'", mend=known_or_nearest(n, panel.names))
        for n in (*spec.match_on, *((spec.group,) if spec.group else ()))
        if n not in panel.names
    ]
    if not spec.match_on:
        faults.append(Fault(where=f"{where}.match_on", what="no covariate to match on", mend="name one or more"))
    if spec.weights:
        faults.append(
            Fault(
                where=f"{where}.weights",
                what="the weights of matched rows are their matches",
                mend="leave `weights` out",
            )
        )
    if spec.rematch and spec.rematch < 99:
        faults.append(
            Fault(where=f"{where}.rematch", what="a bootstrap needs 99 draws or more", mend="write 999, or 0 for none")
        )
    if spec.neighbours < 1 or (spec.method != "nearest" and (spec.neighbours > 1 or spec.replacement == "without")):
        what = f"neighbours = {spec.neighbours}, replacement = '{spec.replacement}' do not fit {spec.method}"
        faults.append(Fault(where=f"{where}.neighbours", what=what, mend="1 or more, with method = 'nearest'"))
    if (spec.method == "radius" and not spec.caliper) or (spec.caliper is not None and spec.caliper <= 0):
        faults.append(
            Fault(where=f"{where}.caliper", what="the caliper is not above zero", mend="write caliper = 0.05, say")
        )
    if spec.method == "kernel" and (spec.bandwidth <= 0 or spec.caliper is not None):
        faults.append(
            Fault(
                where=f"{where}.bandwidth",
                what="a kernel has a bandwidth above zero and no caliper",
                mend="write bandwidth = 0.06",
            )
        )
    if faults:
        raise EstimationError(faults=faults)


# ---------------------------------------------------------------- words


def _extra(matched: _Matched, table: tuple[dict[str, float], ...], count: int) -> dict[str, float]:
    groups = matched.groups
    return {
        "treated_clusters": float(count),
        "treated_entries": float(matched.treated.sum()),
        "matched_treated": float(((groups.weights > 0) & matched.treated).sum()),
        "off_support": float(groups.off_support),
        "unmatched": float(groups.unmatched),
        "controls_used": float(groups.used),
        "largest_difference": max(abs(r["difference"]) for r in table),
        "largest_matched_difference": max(abs(r["matched_difference"]) for r in table),
        "pseudo_r2": 1 - groups.loglik / groups.null if groups.null else float("nan"),
    }


def _notes(spec: MatchingDid, matched: _Matched, table: tuple[dict[str, float], ...]) -> tuple[str, ...]:
    groups, entries = matched.groups, "units" if spec.scores == "baseline" else "rows"
    how = {
        "nearest": f"{counted(spec.neighbours, 'nearest neighbours')} {spec.replacement} replacement"
        + (f", caliper {spec.caliper:g}" if spec.caliper else ", no caliper"),
        "radius": f"all within {spec.caliper or 0:g}",
        "kernel": f"{spec.kernel} kernel, bandwidth {spec.bandwidth:g}",
    }[spec.method]
    on = int(((groups.weights > 0) & matched.treated).sum())
    notes = [
        f"Propensity score on {', '.join(spec.match_on)}: {WORDS[spec.scores]}. {how}, distance on the {spec.distance}:"
        f" {on} of {int(matched.treated.sum())} treated {entries} matched with {groups.used} others"
        f" ({groups.off_support} off the common support, {groups.unmatched} without a match).",
        f"Largest difference of a covariate in standard deviations: {max(abs(r['difference']) for r in table):.3f} before matching,"
        f" {max(abs(r['matched_difference']) for r in table):.3f} after.",
    ]
    if groups.failed:
        said = "; ".join(f"{n}: {why}" for n, why in groups.failed[:4])
        notes.append(f"No score, and no row used, in {counted(len(groups.failed), 'groups')} ({said}).")
    if spec.scores != "baseline":
        notes.append(
            "A unit may be matched in some periods and not in others: the matched panel is unbalanced by design."
        )
    return tuple(notes)


def prepare(spec: MatchingDid, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression on matched rows; `focal` is the treatment."""
    return _compiled(spec, panel, setting).compiled.design


def explain(spec: MatchingDid) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}, on matched rows. Propensity score (logit of ever being treated) on {', '.join(spec.match_on)}:"
        f" {WORDS[spec.scores]}; {spec.method}, {spec.support} support.\n{GIVEN} {inference_words(spec)}"
    )


def _columns(spec: MatchingDid) -> tuple[str, ...]:
    strata = spec.inference.strata if isinstance(spec.inference, Permutation) else ""
    return columns_of(spec, *spec.match_on, *(s for s in (spec.group, strata) if s))


ESTIMATORS.register(
    EstimatorKind(
        name="matching_did",
        spec=MatchingDid,
        summary="two-way fixed effects on rows matched by a propensity score (PSM-DID)",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support", "matching_balance"),
    )
)
