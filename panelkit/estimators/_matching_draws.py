"""The bootstrap of a matching design: clusters drawn whole, scores, matches and regression found anew. How rows match is elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Resampled
from panelkit.core.request import Design
from panelkit.estimators._matching import MatchRows
from panelkit.numerics.projection import absorber, collinear

VOID = 0.2  # share of draws without an estimate above which none is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """How often, from which seed, at which level; weighted : rows weigh by their matches."""

    draws: int
    seed: int
    level: float
    weighted: bool


def rematched(
    design: Design, rows: MatchRows, weights_of: Callable[[MatchRows], np.ndarray], estimate: float, plan: Draws
) -> tuple[tuple[Resampled, ...], tuple[str, ...]]:
    """The coefficient under draws of clusters with replacement, a unit drawn twice being two units; and what is said of it.

    Parameters
    ----------
    design : the unweighted regression on the rows before matching. rows : the same rows. weights_of : weights (n,) by matching.
    estimate : of the sample.

    Raises
    ------
    ValueError
        If the design has group trends, or too many draws match nothing.

    Source
    ------
    Heckman, Ichimura and Todd (1998, doi:10.2307/2999630) on kernel matching; Abadie and Imbens (2008, doi:10.3982/ECTA6474) on why not
    on nearest neighbours.
    """
    if design.varying_slopes:
        raise ValueError("group trends are not drawn again")
    stream = np.random.Generator(np.random.PCG64(plan.seed))
    clusters = design.clusters[0]
    groups = int(clusters.max()) + 1
    members = [np.flatnonzero(clusters == g) for g in range(groups)]
    found = np.full(plan.draws, np.nan)
    for i in range(plan.draws):
        picked = stream.integers(0, groups, size=groups)
        at = np.concatenate([members[g] for g in picked])
        which = np.repeat(np.arange(groups), [len(members[g]) for g in picked])
        found[i] = _coefficient(design, rows, weights_of, at, which, plan.weighted)
    good = found[np.isfinite(found)]
    void = plan.draws - len(good)
    if void > VOID * plan.draws:
        raise ValueError(f"{void} of {counted(plan.draws, 'draws match')} nothing or do not determine the treatment")
    tail = (1 - plan.level) / 2
    low, high = np.quantile(good, [tail, 1 - tail])
    side = min(int((good <= 0).sum()), int((good >= 0).sum()))
    se = float(good.std(ddof=1))
    note = (
        f"percentile, {counted(groups, 'clusters')} drawn whole, scores and matches anew; spread of the draws {se:.6g}"
    )
    made = Resampled(
        term=design.names[design.focal],
        method="bootstrap with matching",
        statistic=estimate / se if se > 0 else float("nan"),
        p=min(1.0, 2 * (1 + side) / (len(good) + 1)),
        low=float(low),
        high=float(high),
        draws=len(good),
        note=f"{note}; {counted(void, 'draws')} without an estimate left out" if void else note,
    )
    return (made,), (f"Bootstrap with matching: {counted(len(good), 'draws')}, {note}.",)


def _coefficient(
    design: Design,
    rows: MatchRows,
    weights_of: Callable[[MatchRows], np.ndarray],
    at: np.ndarray,
    which: np.ndarray,
    weighted: bool,
) -> float:
    """The treatment's coefficient on rows `at`, whose clusters are told apart by `which`; NaN where there is none."""
    units = _coded(which * (int(rows.units.max()) + 1) + rows.units[at])
    try:
        weights = weights_of(rows.drawn(at, units))
    except EstimationError:
        return float("nan")
    kept = np.flatnonzero(weights > 0)
    w = weights[kept] if weighted else None
    codes = []
    for effect in design.effects:
        own = effect[at]
        nested = np.array_equal(_coded(design.unit_codes * (int(effect.max()) + 1) + effect), design.unit_codes)
        codes.append(_coded((which * (int(effect.max()) + 1) + own if nested else own)[kept]))
    sweep = absorber(codes, w)
    X, y = design.regressors[at][kept], design.outcome[at][kept]
    swept = sweep.residualise(np.column_stack([y, X]))
    root = np.ones(len(kept)) if w is None else np.sqrt(w)
    if design.focal in collinear(swept[:, 1:] * root[:, None], X * root[:, None]):
        return float("nan")
    b = np.linalg.lstsq(swept[:, 1:] * root[:, None], swept[:, 0] * root, rcond=None)[0]
    return float(b[design.focal])


def _coded(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)
