"""Inference by resampling for one regression: wild cluster, pairs and permutation, each on arrays. Nothing is refitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Resampled
from panelkit.core.estimation import Setting
from panelkit.core.panel import Panel
from panelkit.core.request import Clustered, Design, PairsBootstrap, Permutation, WildBootstrap
from panelkit.estimators._compile import Compiled
from panelkit.estimators._convention import counts_of
from panelkit.estimators._leave_out import split
from panelkit.numerics import crossproducts, joint, permutation, wild
from panelkit.numerics.small_sample import factor

FEW_FOR_RADEMACHER = 12  # below this many clusters 'auto' takes Webb's six-point weights
NAMES = {"rademacher": "Rademacher", "webb": "Webb", "mammen": "Mammen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What resampling gave: one entry for each term and method, and what must be said about it."""

    resampled: tuple[Resampled, ...] = ()
    notes: tuple[str, ...] = ()


def resample(compiled: Compiled, setting: Setting, skip: Iterable[str] = ()) -> Drawn:
    """Resample the slope terms as the model's inference says (wild or pairs); `skip` names terms left out.

    Raises
    ------
    EstimationError
        If the data do not allow it.
    """
    if not setting.resample:
        return Drawn()
    design, method = compiled.design, compiled.inference
    terms = [i for i, n in enumerate(design.names) if n != "(constant)" and n not in set(skip)]
    if not terms or not isinstance(method, (WildBootstrap, PairsBootstrap)):
        return Drawn()
    if design.endogenous:
        return Drawn(
            notes=(
                "No bootstrap is made for two-stage least squares yet: the wild restricted efficient one is to come.",
            )
        )
    covariance = compiled.request.covariance
    if isinstance(covariance, Clustered) and len(covariance.by) > 1:
        return Drawn(
            notes=("No cluster bootstrap is made under two-way clustering: it is defined for one cluster variable.",)
        )
    try:
        if isinstance(method, WildBootstrap):
            return Drawn(resampled=tuple(_wild(compiled, method, setting, i) for i in terms))
        return Drawn(resampled=_pairs(design, method, setting, terms))
    except ValueError as fault:
        return Drawn(notes=(f"The bootstrap could not be made: {fault}.",))


def _wild(compiled: Compiled, method: WildBootstrap, setting: Setting, index: int) -> Resampled:
    design = compiled.design
    codes, name = design.clusters[0], design.names[index]
    groups = int(codes.max()) + 1
    weights = method.weights
    if weights == "auto":
        weights = "webb" if groups < FEW_FOR_RADEMACHER else "rademacher"
    got = wild.wild_cluster(
        design.absorber.residualise(design.regressors),
        design.absorber.residualise(design.outcome),
        codes,
        design.absorber,
        index,
        restricted=method.restricted,
        weights=weights,
        draws=method.draws,
        seed=child_seed(setting.seed, "wild", name),
        level=setting.defaults.level,
    )
    kind = "restricted" if method.restricted else "unrestricted"
    said = f"all {got.draws_used} sign vectors" if got.enumerated else f"{got.draws_used} draws"
    lost = f"; {got.undefined} draws without a defined statistic" if got.undefined else ""
    return Resampled(
        term=name,
        method=f"{kind} wild cluster bootstrap",
        statistic=float(got.statistic / np.sqrt(_cr1(compiled))),
        p=got.p,
        low=got.low if method.interval else float("nan"),
        high=got.high if method.interval else float("nan"),
        draws=got.draws_used,
        note=f"{NAMES[weights]} weights, {said}, clustered by {design.cluster_names[0]}; t under CR1{lost}",
    )


def _cr1(compiled: Compiled) -> float:
    """The CR1 factor under the model's convention, so that the t printed is that of CR1."""
    covariance = compiled.request.covariance
    by = compiled.design.cluster_names[:1]
    request = replace(compiled.request, covariance=Clustered(by=by))
    counts = counts_of(request, replace(compiled.design, clusters=compiled.design.clusters[:1]))
    return factor(counts, covariance.small_sample, "cluster")


def _pairs(design: Design, method: PairsBootstrap, setting: Setting, terms: list[int]) -> tuple[Resampled, ...]:
    """Whole clusters drawn with replacement; a cluster drawn twice has its own effects twice."""
    parts = split(design)
    root = np.ones(len(design.outcome)) if design.weights is None else np.sqrt(design.weights)
    columns = np.column_stack([design.regressors, design.outcome])
    columns = np.column_stack([parts.nested.residualise(columns), parts.others]) * root[:, None]
    size = np.linalg.norm(columns, axis=0)
    columns = columns[:, size > 0] / size[size > 0]
    k = design.regressors.shape[1]
    A = crossproducts.per_cluster(columns, design.clusters[0])
    counts = permutation.pairs_weights(A.shape[0], method.draws, child_seed(setting.seed, "pairs"))
    sums = (counts @ A.reshape(A.shape[0], -1)).reshape(-1, *A.shape[1:])
    keep = [j for j in range(A.shape[1]) if j != k]
    found = _minimum_norm(sums[:, keep][:, :, keep], sums[:, keep, k])
    whole = _minimum_norm(A.sum(axis=0)[keep][:, keep][None], A.sum(axis=0)[keep, k][None])[0]
    unit = size[k] / size[:k]
    made = []
    for i in terms:
        draws = found[:, i] * unit[i]
        low, high = joint.percentile(draws, setting.defaults.level)
        estimate = float(whole[i] * unit[i])
        made.append(
            Resampled(
                term=design.names[i],
                method="pairs cluster bootstrap",
                statistic=estimate / float(np.std(draws, ddof=1)),
                p=p_of_draws(draws),
                low=low,
                high=high,
                draws=method.draws,
                note=f"clusters of {design.cluster_names[0]} drawn with replacement; percentile interval",
            )
        )
    return tuple(made)


def _minimum_norm(M: np.ndarray, v: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(M)
    alive = values > 1e-11 * values[:, -1:]
    inner = np.einsum("bij,bi->bj", vectors, v) * np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)
    out: np.ndarray = np.einsum("bij,bj->bi", vectors, inner)
    return out


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
            f"permutation moves whole paths of '{name}', and {blank} unit-time cells of the sample's grid have none",
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
        )
    except ValueError as fault:
        raise EstimationError(str(fault), where=where, mend="leave permutation out") from fault
    within = f", within {method.strata}" if method.strata else ""
    lost = f"; {got.undefined} draws absorbed by the effects" if got.undefined else ""
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
            note=f"whole paths permuted across units{within}; assignment declared{lost}",
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
