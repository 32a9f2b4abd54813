"""Inference by resampling for one regression: wild cluster, pairs, jackknife and permutation, each on arrays. Nothing is refitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Resampled
from panelkit.core.estimation import Setting
from panelkit.core.panel import Panel
from panelkit.core.request import Clustered, Design, Jackknife, PairsBootstrap, Permutation, WildBootstrap
from panelkit.estimators._compile import Compiled
from panelkit.estimators._convention import counts_of
from panelkit.estimators._inference import term_of
from panelkit.estimators._leave_out import jackknife as leave_one_out
from panelkit.estimators._leave_out import split
from panelkit.numerics import pairs, permutation, sandwich, wild, wild_instrumental
from panelkit.numerics.leave_out import InstrumentColumns
from panelkit.numerics.small_sample import factor

FEW_FOR_RADEMACHER = 12  # below this many clusters 'auto' takes Webb's six-point weights
INTERVALS = {"percentile": ", percentile", "basic": ", basic", "bca": ", bias-corrected and accelerated"}
NO_PAIRS = (
    "No pairs bootstrap is made for two-stage least squares: its quantiles need not exist where instruments can be weak in a draw;"
    " take the wild restricted efficient bootstrap or the jackknife."
)
NAMES = {"rademacher": "Rademacher", "webb": "Webb", "mammen": "Mammen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What resampling gave: one entry for each term and method, and what must be said about it."""

    resampled: tuple[Resampled, ...] = ()
    notes: tuple[str, ...] = ()


def resample(compiled: Compiled, setting: Setting, skip: Iterable[str] = ()) -> Drawn:
    """Resample the slope terms as the model's inference says (wild, pairs, jackknife); `skip` names terms left out.

    Two-stage least squares has the wild restricted efficient bootstrap of its one endogenous regressor, and the jackknife;
    what is not made is said.

    Raises
    ------
    EstimationError
        If the data do not allow it.
    """
    if not setting.resample:
        return Drawn()
    design, method = compiled.design, compiled.inference
    terms = [i for i, n in enumerate(design.names) if n != "(constant)" and n not in set(skip)]
    if not terms or not isinstance(method, (WildBootstrap, PairsBootstrap, Jackknife)):
        return Drawn()
    covariance = compiled.request.covariance
    if isinstance(covariance, Clustered) and len(covariance.by) > 1:
        return Drawn(
            notes=("No cluster bootstrap is made under two-way clustering: it is defined for one cluster variable.",)
        )
    try:
        if isinstance(method, Jackknife):
            return Drawn(resampled=_jackknife(design, method, setting, terms))
        if isinstance(method, PairsBootstrap):
            if design.endogenous:
                return Drawn(notes=(NO_PAIRS,))
            return Drawn(resampled=_pairs(design, method, setting, terms))
        if design.endogenous:
            return _two_stage(compiled, method, setting, terms)
        return Drawn(resampled=tuple(_wild(compiled, method, setting, i) for i in terms))
    except ValueError as fault:
        return Drawn(notes=(f"The bootstrap could not be made: {fault}.",))


def _two_stage(compiled: Compiled, method: WildBootstrap, setting: Setting, terms: list[int]) -> Drawn:
    """The wild restricted efficient bootstrap of the one endogenous regressor."""
    design = compiled.design
    if not method.restricted:
        return Drawn(
            notes=(
                "No unrestricted wild bootstrap is made for two-stage least squares: only the restricted efficient one has good"
                " size where instruments are not strong (Davidson and MacKinnon 2010).",
            )
        )
    if len(design.endogenous) > 1:
        return Drawn(
            notes=(
                f"No wild bootstrap is made for {counted(len(design.endogenous), 'endogenous regressors')}: the restricted efficient one is"
                " defined here for one.",
            )
        )
    index = design.endogenous[0]
    if index not in terms:
        return Drawn()
    name, codes = design.names[index], design.clusters[0]
    weights = _weights_of(method, codes)
    plan = wild_instrumental.WildPlan(weights=weights, draws=method.draws, seed=child_seed(setting.seed, "wild", name))
    columns = instrument_columns(design)
    got = wild_instrumental.wild_two_stage(columns, codes, design.absorber, plan=plan, level=setting.defaults.level)
    made = _of_wild(compiled, method, index, weights, got)
    said = ("only the endogenous regressor's coefficient is bootstrapped",)
    made = replace(made, method="wild restricted efficient bootstrap", note="; ".join([made.note, *said]))
    return Drawn(resampled=(made,))


def instrument_columns(design: Design) -> InstrumentColumns:
    """The columns of a two-stage design off all its effects."""
    inner = list(design.endogenous)
    outer = [j for j in range(design.regressors.shape[1]) if j not in inner]
    X = design.absorber.residualise(design.regressors)
    return InstrumentColumns(
        outcome=design.absorber.residualise(design.outcome),
        endogenous=X[:, inner],
        instruments=design.absorber.residualise(np.asarray(design.instruments)),
        exogenous=X[:, outer] if outer else None,
    )


def _weights_of(method: WildBootstrap, codes: np.ndarray) -> wild.Weights:
    if method.weights == "auto":
        return "webb" if int(codes.max()) + 1 < FEW_FOR_RADEMACHER else "rademacher"
    return method.weights


def _wild(compiled: Compiled, method: WildBootstrap, setting: Setting, index: int) -> Resampled:
    design = compiled.design
    codes = design.clusters[0]
    weights = _weights_of(method, codes)
    got = wild.wild_cluster(
        design.absorber.residualise(design.regressors),
        design.absorber.residualise(design.outcome),
        codes,
        design.absorber,
        index,
        restricted=method.restricted,
        weights=weights,
        draws=method.draws,
        seed=child_seed(setting.seed, "wild", design.names[index]),
        level=setting.defaults.level,
    )
    return _of_wild(compiled, method, index, weights, got)


def _of_wild(
    compiled: Compiled, method: WildBootstrap, index: int, weights: wild.Weights, got: wild.WildResult
) -> Resampled:
    kind = "restricted" if method.restricted else "unrestricted"
    said = f"all {got.draws_used} sign vectors" if got.enumerated else counted(got.draws_used, "draws")
    lost = f"; {counted(got.undefined, 'draws')} without a defined statistic" if got.undefined else ""
    return Resampled(
        term=compiled.design.names[index],
        method=f"{kind} wild cluster bootstrap",
        statistic=float(got.statistic / np.sqrt(_cr1(compiled))),
        p=got.p,
        low=got.low if method.interval else float("nan"),
        high=got.high if method.interval else float("nan"),
        draws=got.draws_used,
        note=f"{NAMES[weights]} weights, {said}, clustered by {compiled.design.cluster_names[0]}; t under CR1{lost}",
    )


def _cr1(compiled: Compiled) -> float:
    """The CR1 factor under the model's convention, so that the t printed is that of CR1."""
    covariance = compiled.request.covariance
    by = compiled.design.cluster_names[:1]
    request = replace(compiled.request, covariance=Clustered(by=by))
    counts = counts_of(request, replace(compiled.design, clusters=compiled.design.clusters[:1]))
    return factor(counts, covariance.small_sample, "cluster")


def _pairs(design: Design, method: PairsBootstrap, setting: Setting, terms: list[int]) -> tuple[Resampled, ...]:
    """Whole clusters drawn with replacement; a cluster drawn twice has its own effects twice.

    The interval that the model names stands first, with p; the other two follow without one.
    """
    got = pairs.pairs_cluster(
        cluster_rows(design), method.draws, child_seed(setting.seed, "pairs"), setting.defaults.level
    )
    used = method.draws - got.singular
    if used < 2:
        raise ValueError("no draw determines every coefficient")
    lost = f"; {counted(got.singular, 'draws')} that do not determine every coefficient" if got.singular else ""
    order = dict.fromkeys([method.interval, *INTERVALS])
    made = []
    for i in terms:
        draws = got.draws[:, i]
        defined = draws[np.isfinite(draws)]
        spread = float(np.std(defined, ddof=1))
        for place, kind in enumerate(order):
            low, high = map(float, getattr(got, kind)[i])
            made.append(
                Resampled(
                    term=design.names[i],
                    method=f"pairs cluster bootstrap{INTERVALS[kind]}",
                    statistic=float(got.coefficients[i]) / spread if spread > 0 else float("nan"),
                    p=p_of_draws(draws) if place == 0 else float("nan"),
                    low=low,
                    high=high,
                    draws=used,
                    note=f"clusters of {design.cluster_names[0]} drawn with replacement{lost}",
                )
            )
    return tuple(made)


def cluster_rows(design: Design) -> pairs.ClusterRows:
    """The rows of a least-squares design by its first cluster variable, for draws of whole clusters."""
    parts = split(design)
    return pairs.ClusterRows(
        X=parts.nested.residualise(design.regressors),
        y=parts.nested.residualise(design.outcome),
        codes=design.clusters[0],
        others=parts.others if parts.others.shape[1] else None,
        weights=design.weights,
    )


def _jackknife(design: Design, method: Jackknife, setting: Setting, terms: list[int]) -> tuple[Resampled, ...]:
    """Leave-one-cluster-out: t and interval by the jackknife's own variance and t(G-1); the bias in the note."""
    left = leave_one_out(design)
    groups = left.replicates.shape[0]
    se = np.sqrt(np.diag(sandwich.cv3(left, method.variant)))
    made = []
    for i in terms:
        estimate, error = float(left.coefficients[i]), float(se[i])
        term = term_of(design.names[i], estimate, error, groups - 1.0, setting.defaults.level)
        known = left.replicates[:, i]
        bias = (groups - 1) * (float(known.mean()) - estimate)
        ends = (
            f"from {np.nanmin(known):.6g} to {np.nanmax(known):.6g}" if np.isfinite(known).any() else "nowhere defined"
        )
        made.append(
            Resampled(
                term=term.name,
                method="cluster jackknife",
                statistic=term.statistic,
                p=term.p,
                low=term.low,
                high=term.high,
                draws=groups,
                note=f"each of {counted(groups, 'clusters')} ({design.cluster_names[0]}) left out, variant "
                f"{method.variant}, t({groups - 1});"
                f" estimates {ends}; jackknife bias {bias:.3g}",
            )
        )
    return tuple(made)


def p_of_draws(draws: np.ndarray) -> float:
    """Two-sided p of zero from bootstrap draws: twice the smaller tail, the sample counted as one draw."""
    defined = draws[np.isfinite(draws)]
    below, above = int((defined <= 0).sum()), int((defined >= 0).sum())
    return min(1.0, 2 * (1 + min(below, above)) / (len(defined) + 1))


def permute(
    compiled: Compiled, method: Permutation, panel: Panel, setting: Setting, where: str
) -> tuple[Resampled, ...]:
    """Permutation p of the focal term: whole treatment paths change units at random, within strata.

    Raises
    ------
    EstimationError
        If the treatment is not known in some cell, or the stratum varies within units.
    """
    if not setting.resample:
        return ()
    design = compiled.design
    paths, name = design.paths, design.names[design.focal]
    if paths is None or np.isnan(paths).any():
        blank = "every" if paths is None else str(int(np.isnan(paths).sum()))
        raise EstimationError(
            f"permutation moves whole paths of '{name}', and {counted(blank, 'unit-time cells')} of the sample's grid have none",
            where=where,
            mend="choose a window in which the treatment is known for every unit and period",
        )
    others = [j for j in range(design.regressors.shape[1]) if j != design.focal]
    strata = strata_of(compiled.panel, design.unit_codes, method.strata, where) if method.strata else None
    try:
        got = permutation.permute_paths(
            paths,
            permutation.PanelRows(unit_codes=design.unit_codes, time_codes=design.time_codes),
            design.outcome,
            design.regressors[:, others] if others else None,
            design.absorber,
            design.clusters[0],
            method.draws,
            child_seed(setting.seed, "permutation"),
            strata,
            design.exposure,
        )
    except ValueError as fault:
        raise EstimationError(str(fault), where=where, mend="leave permutation out") from fault
    within = f", within {method.strata}" if method.strata else ""
    whose = "units" if design.exposure is None else "places, exposures staying"
    lost = f"; {counted(got.undefined, 'draws')} absorbed by the effects" if got.undefined else ""
    none = float("nan")
    pairs = (("coefficient", got.estimate, got.p), ("t", float(got.statistic / np.sqrt(_cr1(compiled))), got.p_t))
    return tuple(
        Resampled(
            term=name,
            method=f"permutation of treatment paths ({kind})",
            statistic=statistic,
            p=p,
            low=none,
            high=none,
            draws=method.draws - got.undefined,
            note=f"whole paths permuted across {whose}{within}; assignment declared{lost}",
        )
        for kind, statistic, p in pairs
    )


def strata_of(panel: Panel, units: np.ndarray, name: str, where: str) -> np.ndarray:
    """Codes (U,) of a category that is constant within units.

    Raises
    ------
    EstimationError
        If it is missing or varies within a unit.
    """
    codes = panel.codes(name)
    out = np.full(int(units.max()) + 1, -1, dtype=np.int64)
    out[units] = codes
    if (codes < 0).any() or (out[units] != codes).any():
        raise EstimationError(
            f"the stratum '{name}' is missing or varies within {panel.unit}", where=where, mend="name a fixed category"
        )
    return np.unique(out, return_inverse=True)[1].astype(np.intp)
