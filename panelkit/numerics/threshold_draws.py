"""Draws for thresholds: the test of one more, and the quantile of its likelihood ratio, regressors fixed. The search is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.threshold import Curve, ThresholdRows, ratio
from panelkit.numerics.wild import Weights, random_weights

Bootstrap = Literal["wild", "blocks"]
BLOCK_CELLS = 2_000_000  # numbers held at once by one block of draws


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Donors:
    """Whose errors a unit may be given. table : (units, periods) row of each cell, -1 where none. listed : (units, units), of each unit
    first the `count` (units,) that may give to it."""

    table: IntArray
    listed: IntArray
    count: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """How errors are drawn, regressors and threshold variable staying fixed.

    bootstrap : 'blocks' gives each unit the path of a unit drawn with replacement (Hansen 1999) among its `donors`; 'wild' gives the
    whole path of each cluster one random sign.
    """

    bootstrap: Bootstrap
    draws: int
    seed: int
    weights: Weights = "rademacher"
    donors: Donors | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """The test of one more threshold.

    statistic : F = (S0 - S1) / (S1 / df). p : (1 + draws at least as large) / (draws + 1). critical : its 90, 95 and 99 % quantiles.
    statistics : (B,).
    """

    statistic: float
    p: float
    critical: tuple[float, float, float]
    statistics: FloatArray


def donors_of(units: IntArray, times: IntArray) -> Donors:
    """For each unit the units seen in every period in which it is seen: in a balanced panel all of them."""
    U, T = int(units.max()) + 1, int(times.max()) + 1
    table = np.full((U, T), -1, dtype=np.int64)
    table[units, times] = np.arange(len(units))
    seen = table >= 0
    lacking = seen.astype(np.int64) @ (~seen).T.astype(np.int64)  # (i, j): periods of i in which j is not seen
    able = lacking == 0
    return Donors(table=table, listed=np.argsort(~able, axis=1, kind="stable"), count=able.sum(axis=1))


def test(made: Curve, rows: ThresholdRows, df: int, draws: Draws) -> Tested:
    """The test of the threshold of a curve against the model without it, by draws under the latter.

    Raises
    ------
    ValueError
        If there are fewer than two clusters.

    Source
    ------
    Hansen (1999), section 4: regressors fixed, errors drawn by unit; the statistic of every draw searches all candidates again. 'blocks'
    draws residuals of the model with the threshold as he does, 'wild' those of the model without it (the null imposed, as in
    Cameron, Gelbach and Miller 2008): in samples of 31 units and 8 years both reject a true null of 5 % in 2 to 7 %, signs on
    the residuals of the former in 6 to 11 %.
    """
    pieces = made.pieces
    left = pieces.space.residual(rows.outcome[:, None])
    residual = left if draws.bootstrap == "wild" else left - _fitted(made, left)
    found = []
    for errors in _errors(residual[:, 0] / pieces.space.root, rows, draws, len(made.candidates)):
        drawn = pieces.space.residual(errors)
        total = (drawn**2).sum(axis=0)
        gain = pieces.gain(drawn).max(axis=0)
        found.append(gain / ((total - gain) / df))
    statistics = np.concatenate(found)
    least = float(made.ssr[made.best])
    own = (made.null - least) / (least / df)
    low, middle, high = (float(v) for v in np.quantile(statistics, [0.9, 0.95, 0.99]))
    count = int((statistics >= own * (1 - 1e-10)).sum())
    return Tested(
        statistic=own, p=(1 + count) / (len(statistics) + 1), critical=(low, middle, high), statistics=statistics
    )


def ratios(made: Curve, rows: ThresholdRows, df: int, draws: Draws) -> FloatArray:
    """Likelihood ratios (B,) of the estimated threshold in samples drawn with it as the truth; their quantile bounds the set.

    Raises
    ------
    ValueError
        If there are fewer than two clusters.

    Source
    ------
    Hansen (2000, doi:10.1111/1468-0262.00124) scales the ratio where variances differ; a draw by cluster carries variances and
    dependence within clusters instead. In samples of 31 units and 8 years sets of 95 % by 'blocks' held the truth in 92 to 95 %, by
    'wild' in 83 to 89 %, by 7.35 in 92 to 98 %.
    """
    pieces, best = made.pieces, made.best
    left = pieces.space.residual(rows.outcome[:, None])
    mean = _fitted(made, left)
    residual = (left - mean)[:, 0] / pieces.space.root
    found = []
    for errors in _errors(residual, rows, draws, len(made.candidates)):
        drawn = mean + pieces.space.residual(errors)
        total = (drawn**2).sum(axis=0)
        gain = pieces.gain(drawn)
        most = gain.max(axis=0)
        found.append((most - gain[best]) / ((total - most) / df))
    return np.concatenate(found)


def quantile(statistics: FloatArray, level: float) -> float:
    """The quantile that as many draws (of B + 1) lie at or below, so that draws make it no smaller than it is."""
    ordered = np.sort(statistics)
    return float(ordered[min(int(np.ceil(level * (len(ordered) + 1))), len(ordered)) - 1])


def inside(made: Curve, df: int, bound: float) -> FloatArray:
    """Which candidates (C,) the likelihood ratio does not rule out."""
    with np.errstate(invalid="ignore"):
        return np.asarray(ratio(made, df) <= bound)


def _fitted(made: Curve, left: FloatArray) -> FloatArray:
    """What the columns below the best candidate explain of projected values (n, 1)."""
    pieces, best = made.pieces, made.best
    slopes = pieces.inverse[best] @ pieces.below(left)[best]  # (m, 1)
    rows = pieces.order[: pieces.ends[best]]
    columns = np.zeros((len(left), pieces.columns.shape[1]))
    columns[rows] = pieces.columns[: pieces.ends[best]]
    fitted = columns @ slopes
    return pieces.space.residual(fitted / pieces.space.root[:, None])


def _errors(residual: FloatArray, rows: ThresholdRows, draws: Draws, candidates: int) -> Iterator[FloatArray]:
    """Blocks (n, b) of drawn errors; the stream does not depend on the size of a block."""
    size = max(1, BLOCK_CELLS // (max(len(residual), candidates) * max(1, rows.switching.shape[1])))
    draw = _block(residual, rows, draws)
    for start in range(0, draws.draws, size):
        yield draw(min(size, draws.draws - start))


def _block(residual: FloatArray, rows: ThresholdRows, draws: Draws) -> Callable[[int], FloatArray]:
    if draws.bootstrap == "wild":
        groups = int(rows.clusters.max()) + 1
        if groups < 2:
            raise ValueError("a cluster bootstrap needs two clusters or more")
        signs = random_weights(groups, draws.weights, draws.seed)
        return lambda count: residual[:, None] * signs(count).T[rows.clusters]
    if draws.donors is None or draws.donors.count.min() < 2:
        raise ValueError(
            "some unit has no other that is seen in all its periods: blocks of whole units cannot be drawn for it"
        )
    given, count = draws.donors, draws.donors.count
    stream = np.random.Generator(np.random.PCG64(draws.seed))
    everyone = np.arange(len(count))

    def block(size: int) -> FloatArray:
        place = np.minimum((stream.random((size, len(count))) * count).astype(np.int64), count - 1)
        chosen = given.listed[everyone, place].T  # (units, size)
        out = np.empty((len(residual), size))
        for period in range(given.table.shape[1]):
            here = np.flatnonzero(given.table[:, period] >= 0)
            out[given.table[here, period]] = residual[given.table[:, period][chosen[here]]]
        return out

    return block
