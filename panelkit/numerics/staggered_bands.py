"""Simultaneous bands by the multiplier bootstrap, and the joint pre-trend test. Estimates and influence come from others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix, vector
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.staggered_effects import CohortEffects, cluster_sums, covariance, standard_errors

Multiplier = Literal["rademacher", "mammen"]
BLOCK_BYTES = 32_000_000  # of multipliers drawn at a time
QUARTILES = 1.3489795003921634  # between the quartiles of a standard normal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bands:
    """Pointwise errors and simultaneous bands.

    Attributes
    ----------
    estimate, se : (m,) estimates and analytic clustered standard errors (NaN for a reference cell, which has no band).
    bootstrap_se : (m,) interquartile range of the draws over that of a standard normal.
    critical : sup-t critical value; `pointwise` the normal one beside it.
    low, high : (m,) estimate -+ critical x bootstrap_se: all true values at once with the stated level.
    p : (m,) simultaneous p-values, (1 + number of larger suprema) / (draws + 1).
    clusters : number of clusters; with few of them the draws are few-valued and the bands too narrow.
    """

    estimate: FloatArray
    se: FloatArray
    bootstrap_se: FloatArray
    critical: float
    pointwise: float
    low: FloatArray
    high: FloatArray
    p: FloatArray
    draws: int
    clusters: int


def multiplier_bands(
    estimate: FloatArray,
    influence: FloatArray,
    clusters: IntArray | None = None,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    multiplier: Multiplier = "rademacher",
) -> Bands:
    """Give back simultaneous confidence bands by the multiplier bootstrap; nothing is refitted.

    Parameters
    ----------
    estimate : (m,) and influence : (N, m), as `CohortEffects` and `Aggregated` hold them (multiply the influence by the
        root of a small-sample factor if there is one).
    clusters : (N,) codes; one multiplier is drawn for each cluster.
    draws, seed, level : number of draws, seed of PCG64, joint coverage.
    multiplier : two-point laws with mean 0 and variance 1: `rademacher` (-1, 1) or `mammen` (third moment 1 too).

    Raises
    ------
    ValueError
        If shapes differ, no column varies, or there are fewer than two clusters.

    Source
    ------
    Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001, algorithm 1 and corollary 1); R `did::mboot`: Mammen
    weights, errors from the interquartile range, critical value = quantile of max |t|. Montiel Olea and Plagborg-Moller
    (2019, doi:10.1002/jae.2656) for sup-t bands.
    """
    psi = matrix(influence, "the influence")
    found = grouped_bands([(estimate, psi)], clusters, draws, seed, level, multiplier)[0]
    if found is None:
        raise ValueError("no estimate has any variation: there is nothing to draw")
    return found


def grouped_bands(
    groups: Sequence[tuple[FloatArray, FloatArray]],
    clusters: IntArray | None = None,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    multiplier: Multiplier = "rademacher",
) -> list[Bands | None]:
    """Give back `multiplier_bands` of several lists of estimates from one set of draws, each list with its own critical value.

    Parameters
    ----------
    groups : (estimate (m,), influence (N, m)) of each list; None comes back where nothing in a list varies.

    Raises
    ------
    ValueError
        As `multiplier_bands`.
    """
    if draws < 99 or not 0 < level < 1:
        raise ValueError("bands need 99 draws or more and a level between 0 and 1")
    values = [vector(estimate, "the estimates") for estimate, _ in groups]
    for b, (_, psi) in zip(values, groups, strict=True):
        if psi.shape[1] != len(b):
            raise ValueError(f"{len(b)} estimates do not fit influence of shape {psi.shape}")
    stacked = np.concatenate([psi for _, psi in groups], axis=1) if len(groups) > 1 else groups[0][1]
    sums = cluster_sums(stacked, clusters)
    if len(sums) < 2:
        raise ValueError("a multiplier bootstrap needs two clusters or more")
    se = standard_errors(stacked, clusters)
    alive = np.flatnonzero(np.isfinite(se))
    drawn = np.full((draws, stacked.shape[1]), np.nan)
    if len(alive):
        drawn[:, alive] = _draw(np.ascontiguousarray(sums[:, alive]) / len(stacked), draws, seed, multiplier)
    made, start = [], 0
    for b in values:
        here = slice(start, start + len(b))
        start += len(b)
        made.append(_bands(b, se[here], drawn[:, here], len(sums), level))
    return made


def _bands(values: FloatArray, se: FloatArray, drawn: FloatArray, clusters: int, level: float) -> Bands | None:
    alive = np.flatnonzero(np.isfinite(se))
    if len(alive) == 0:
        return None
    draws, drawn = len(drawn), drawn[:, alive]
    spread = np.full(len(values), np.nan)
    quartiles = np.partition(drawn, _places(draws), axis=0)
    spread[alive] = _between(quartiles, draws) / QUARTILES
    spread[alive] = np.where(spread[alive] > 0, spread[alive], se[alive])
    largest = np.abs(drawn / spread[alive]).max(axis=1)
    critical = float(np.quantile(largest, level))
    reached = (largest[:, None] >= np.abs(values / spread)[None, :] * (1 - 1e-12)).sum(axis=0)
    return Bands(
        estimate=values,
        se=se,
        bootstrap_se=spread,
        critical=critical,
        pointwise=_normal(level),
        low=values - critical * spread,
        high=values + critical * spread,
        p=np.where(np.isfinite(spread), (1 + reached) / (draws + 1), np.nan),
        draws=draws,
        clusters=clusters,
    )


def pretest(effects: CohortEffects, df2: float = np.inf, keep: np.ndarray | None = None) -> Wald:
    """Give back the joint test that every effect before treatment is zero (reference cells left out; of the cells `keep`, where given).

    Raises
    ------
    ValueError
        If there is no cell before treatment that varies.

    Source
    ------
    R `did::att_gt` (W, Wpval): chi-square; `joint.wald` gives the F form, statistic x df1 is their W.
    """
    before = np.flatnonzero((effects.event < 0) & np.isfinite(effects.se) & (True if keep is None else keep))
    if len(before) == 0:
        raise ValueError("no cell before treatment: there is no pre-trend to test")
    V = covariance(effects.influence[:, before], effects.clusters, effects.factor)
    return wald(effects.att[before], V, df2)


def _draw(columns: FloatArray, draws: int, seed: int, multiplier: Multiplier) -> FloatArray:
    """(B, m) sums of multiplier times influence, made in blocks."""
    if multiplier not in ("rademacher", "mammen"):
        raise ValueError(f"a multiplier is rademacher or mammen, not {multiplier!r}")
    rng = np.random.Generator(np.random.PCG64(seed))
    groups = len(columns)
    block = int(np.clip(BLOCK_BYTES // (8 * groups), 1, draws))
    out = np.empty((draws, columns.shape[1]))
    total = columns.sum(axis=0)
    root = np.sqrt(5.0)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        if multiplier == "rademacher":
            ones = np.unpackbits(np.frombuffer(rng.bytes(-(-size * groups // 8)), dtype=np.uint8), count=size * groups)
            out[start : start + size] = 2 * (ones.reshape(size, groups).astype(np.float64) @ columns) - total
        else:
            low = rng.random((size, groups)) < (root + 1) / (2 * root)
            out[start : start + size] = (1 + root) / 2 * total - root * (low.astype(np.float64) @ columns)
    return out


def _places(draws: int) -> list[int]:
    """The ranks that R's type-1 quantile takes for the quartiles."""
    return [int(np.ceil(draws * q)) - 1 for q in (0.25, 0.75)]


def _between(ranked: FloatArray, draws: int) -> FloatArray:
    low, high = _places(draws)
    out: FloatArray = ranked[high] - ranked[low]
    return out


def _normal(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))
