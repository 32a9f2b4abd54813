"""The wild cluster bootstrap by matrix products, nothing refitted. Pairs and permutation resampling live elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector
from panelkit.numerics.projection import Absorber

Weights = Literal["rademacher", "webb", "mammen"]
BLOCK = 256  # draws held at once: one thread, in cache; the stream of random numbers does not depend on it
TIE = 1e-10  # |t*| this close to |t|, relative, counts as equal: the identity sign vector gives t itself up to rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WildResult:
    """The bootstrap of one coefficient.

    Attributes
    ----------
    statistic : t of the sample under the raw clustered covariance (CR0); divide by the root of your small-sample
        factor to get the printed t. p and the interval do not depend on the factor.
    p : symmetric two-sided p-value of the null.
    low, high : 95% (`level`) confidence set by inversion with the same draws; infinite where p never falls below.
    draws_used : draws with a defined statistic (all 2^G sign vectors if `enumerated`).
    undefined : draws whose variance is zero, left out of p and counted here.
    enumerated : every Rademacher vector was used once, so nothing is random.
    statistics : (draws,) the bootstrap t, raw as `statistic`, NaN where undefined.
    """

    statistic: float
    p: float
    low: float
    high: float
    draws_used: int
    undefined: int
    enumerated: bool
    statistics: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scores:
    """Scores of the coefficient: `kernel` (G, G) for residuals masked to one cluster h (column), at the estimate
    (`at_estimate`) and per unit of null value (`per_null`); numerators are their column sums (exact, unprojected)."""

    at_estimate: FloatArray
    per_null: FloatArray
    top_estimate: FloatArray
    top_null: FloatArray
    estimate: float
    information: float


def wild_cluster(
    X: FloatArray,
    y: FloatArray,
    codes: IntArray,
    absorber: Absorber,
    index: int,
    *,
    restricted: bool = True,
    weights: Weights = "rademacher",
    draws: int = 9999,
    seed: int = 0,
    null: float = 0.0,
    level: float = 0.95,
) -> WildResult:
    """Give back the wild cluster bootstrap of one coefficient, with its confidence set.

    Parameters
    ----------
    X : (n, k) regressors and y : (n,) outcome, residualised off all effects of `absorber` (without effects, give a
        constant column in X). Regression weights are those of `absorber`.
    codes : (n,) cluster codes 0..G-1.
    index : which column of X.
    restricted : impose the null when drawing (WCR, the one with good size) or not (WCU).
    weights : `rademacher` (+1, -1), `webb` (six points, for fewer than 12 clusters) or `mammen` (two points).
    draws : number of draws B; when 2^G <= B all Rademacher vectors are enumerated instead.
    seed : of `numpy.random.PCG64`.
    null : value of the coefficient under the null.
    level : of the confidence set.

    Raises
    ------
    ValueError
        For an index out of range, collinear columns, fewer than two clusters, or no draws.

    Source
    ------
    Cameron, Gelbach and Miller (2008, doi:10.1162/rest.90.3.414); the algebra of Roodman, MacKinnon, Nielsen and Webb
    (2019, doi:10.1177/1536867X19830877; Stata boottest, R fwildclusterboot `fnw11`); Webb (2023,
    doi:10.1111/caje.12661). p: enumerated, the share with |t*| >= |t|, the identity vector being one of the set; drawn,
    (1 + count) / (B + 1). boottest counts |t*| > |t| strictly and divides by B.
    """
    scores = _scores(X, y, codes, absorber, index)
    groups = scores.top_null.shape[0]
    if draws < 1:
        raise ValueError(f"the bootstrap needs one draw or more, not {draws}")
    enumerated = weights == "rademacher" and groups < 62 and 2**groups <= draws
    total = 2**groups if enumerated else draws
    block = enumerated_signs(groups) if enumerated else random_weights(groups, weights, seed)
    drawn = _Drawn.compute(scores, null - scores.estimate if restricted else 0.0, block, total)
    return _result(scores, drawn, restricted, enumerated, null, level)


def wild_statistics(
    X: FloatArray, y: FloatArray, codes: IntArray, absorber: Absorber, index: int, weights: FloatArray
) -> tuple[float, FloatArray]:
    """Give back the raw clustered t (CR0) of one coefficient, and its restricted bootstrap t (B,) under given weights.

    Parameters
    ----------
    X, y, codes, absorber, index : as in `wild_cluster`.
    weights : (B, G) a weight for each draw and cluster; several regressions given the same weights for the same clusters
        are drawn jointly, which is what `multiple.romano_wolf` needs. NaN where a draw has no variance.

    Raises
    ------
    ValueError
        As `wild_cluster` does, or where the weights are for other clusters.
    """
    scores = _scores(X, y, codes, absorber, index)
    drawn = matrix(weights, "the bootstrap weights")
    if drawn.shape[1] != scores.top_null.shape[0]:
        raise ValueError(f"there are {scores.top_null.shape[0]} clusters, the weights are for {drawn.shape[1]}")
    position = 0

    def block(size: int) -> FloatArray:
        nonlocal position
        position += size
        return drawn[position - size : position]

    own = float(np.sqrt(np.sum(scores.at_estimate.sum(axis=1) ** 2)))
    if own <= 1e-13 * float(np.abs(scores.at_estimate).sum()):
        raise ValueError("the clustered variance of the coefficient is zero: nothing can be bootstrapped")
    statistic = scores.estimate * scores.information / own
    made = _Drawn.compute(scores, -scores.estimate, block, drawn.shape[0])
    return statistic, np.where(made.same != 0, made.same * statistic, made.statistics)


def wild_weights(groups: int, weights: Weights, draws: int, seed: int) -> FloatArray:
    """Give back the draws (B, G) that `wild_cluster` uses for this seed when it does not enumerate."""
    return random_weights(groups, weights, seed)(draws)


def _scores(X: FloatArray, y: FloatArray, codes: IntArray, absorber: Absorber, index: int) -> _Scores:
    """The G x G score kernels: one projection of the residuals masked to each cluster in turn."""
    design = matrix(X, "X")
    n, k = design.shape
    outcome = vector(y, "y", n)
    coded, groups = group_codes(codes, "the cluster", n)
    if groups < 2:
        raise ValueError("a cluster bootstrap needs two clusters or more")
    if not 0 <= index < k:
        raise ValueError(f"there is no column {index} among {k} regressors")
    root = np.ones(n) if absorber.weights is None else np.sqrt(absorber.weights)
    basis, triangle = np.linalg.qr(design * root[:, None])
    if (np.abs(np.diag(triangle)) < 1e-11 * np.linalg.norm(design * root[:, None], axis=0)).any():
        raise ValueError("the regressors are collinear")
    row = np.linalg.inv(triangle)[index]
    information = 1.0 / float(row @ row)
    own = basis @ row * information  # the regressor off all the others, times the root of the weights
    residual = outcome * root - basis @ (basis.T @ (outcome * root))
    residual -= basis @ (basis.T @ residual)
    estimate = float(own @ (outcome * root)) / information
    own_rows = np.where(coded[:, None] == np.arange(groups), own[:, None], 0.0)
    residual_rows = np.where(coded[:, None] == np.arange(groups), residual[:, None], 0.0)
    masked = np.column_stack([residual_rows, own_rows]) / root[:, None]
    left = absorber.residualise(masked) * root[:, None]
    left -= basis @ (basis.T @ left)
    kernel = group_sums(own[:, None] * left, coded, groups)
    return _Scores(
        at_estimate=kernel[:, :groups],
        per_null=kernel[:, groups:],
        top_estimate=group_sums((own * residual)[:, None], coded, groups)[:, 0],
        top_null=group_sums((own * own)[:, None], coded, groups)[:, 0],
        estimate=estimate,
        information=information,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """Statistics at the null drawn under, and for every draw what t* at another null value is made of.

    With e the distance of another null value from that one: numerator = tops @ (1, -e), variance = squares @
    (1, -2 e, e^2). `same` (B,) is the sign of a draw that is the same for every cluster, else 0: t* is then the
    sample's own t.
    """

    statistics: FloatArray
    same: FloatArray
    tops: FloatArray  # (2, B)
    squares: FloatArray  # (3, B)

    @classmethod
    def compute(cls, scores: _Scores, gap: float, block: Callable[[int], FloatArray], total: int) -> _Drawn:
        same, tops, squares = np.empty(total), np.empty((2, total)), np.empty((3, total))
        here = np.ascontiguousarray((scores.at_estimate - gap * scores.per_null).T)
        slope = np.ascontiguousarray(scores.per_null.T)
        ends = np.column_stack([scores.top_estimate - gap * scores.top_null, scores.top_null])
        for start in range(0, total, BLOCK):
            stop = min(start + BLOCK, total)
            v = block(stop - start)
            same[start:stop] = _one_sign(v)
            a, b = v @ here, v @ slope
            tops[:, start:stop] = (v @ ends).T
            for row, (left, right) in enumerate(((a, a), (a, b), (b, b))):
                np.einsum("ij,ij->i", left, right, out=squares[row, start:stop])
        size = squares[0] + gap * gap * squares[2]
        return cls(statistics=studentised(tops[0], squares[0], size), same=same, tops=tops, squares=squares)

    def distances(self) -> Callable[[float, float], tuple[int, int]]:
        """A count: of draws with |t*| >= size at distance e, and of defined draws; one-signed draws always count."""
        rows = np.flatnonzero(self.same == 0)
        constant = self.same.shape[0] - rows.shape[0]
        (top, fall), (square, cross, curve) = self.tops[:, rows], self.squares[:, rows]
        cross = 2 * cross

        def count(e: float, size: float) -> tuple[int, int]:
            variance = square + e * (e * curve - cross)
            defined = variance > 1e-20 * (square + e * e * curve)
            least = (size * (1 - TIE)) ** 2
            reached = ((top - e * fall) ** 2 >= least * variance) & defined
            return int(np.count_nonzero(reached)) + constant, int(np.count_nonzero(defined)) + constant

        return count


def _one_sign(v: FloatArray) -> FloatArray:
    """(B,): the sign of rows that are constant, else 0; candidates by their sum, then compared exactly."""
    out = np.zeros(v.shape[0])
    near = np.flatnonzero(np.abs(v @ np.ones(v.shape[1]) - v.shape[1] * v[:, 0]) < 1e-6)
    constant = near[(v[near] == v[near, :1]).all(axis=1)]
    out[constant] = np.sign(v[constant, 0])
    return out


def _result(
    scores: _Scores, drawn: _Drawn, restricted: bool, enumerated: bool, null: float, level: float
) -> WildResult:
    """p of the null and the confidence set, both from the same draws."""
    own = float(np.sqrt(np.sum(scores.at_estimate.sum(axis=1) ** 2)))
    if own <= 1e-13 * float(np.abs(scores.at_estimate).sum()):
        raise ValueError("the clustered variance of the coefficient is zero: nothing can be bootstrapped")

    def sample_t(gap: float) -> float:
        return -gap * scores.information / own

    delta = null - scores.estimate
    statistic = sample_t(delta)
    if restricted:
        drawn.statistics[:] = np.where(drawn.same != 0, drawn.same * statistic, drawn.statistics)
    sizes = np.abs(drawn.statistics)
    counted = drawn.distances() if restricted else None

    def p_value(gap: float) -> float:
        if counted is None:
            return _p(sizes, abs(sample_t(gap)), enumerated)
        count, defined = counted(gap - delta, abs(sample_t(gap)))
        return share_reached(count, defined, enumerated)

    step = own / scores.information
    low, high = (scores.estimate + first_edge(p_value, side * step, 1 - level) for side in (-1.0, 1.0))
    undefined = int(np.isnan(drawn.statistics).sum())
    return WildResult(
        statistic=statistic,
        p=_p(sizes, abs(statistic), enumerated),
        low=low,
        high=high,
        draws_used=drawn.statistics.shape[0] - undefined,
        undefined=undefined,
        enumerated=enumerated,
        statistics=drawn.statistics,
    )


def studentised(top: FloatArray, variance: FloatArray, size: FloatArray) -> FloatArray:
    """top / root of variance; NaN where the variance is nothing but rounding of `size`."""
    defined = variance > 1e-20 * size
    out: FloatArray = np.where(defined, top / np.sqrt(np.where(defined, variance, 1.0)), np.nan)
    return out


def _p(sizes: FloatArray, size: float, enumerated: bool) -> float:
    """Share of the defined draws at least as large as `size`."""
    count = int(np.count_nonzero(sizes >= size * (1 - TIE)))
    return share_reached(count, sizes.shape[0] - int(np.count_nonzero(np.isnan(sizes))), enumerated)


def share_reached(count: int, defined: int, enumerated: bool) -> float:
    """p from the number of draws that reach the sample's statistic; drawn at random, the sample counts as one more."""
    if enumerated:
        return count / max(defined, 1)
    return (1 + count) / (defined + 1)


def first_edge(
    p_value: Callable[[float], float], step: float, alpha: float, tolerance: float = 1e-12, doublings: int = 60
) -> float:
    """First distance from the estimate, in the direction of `step`, where p falls to alpha or below."""
    inside, outside = 0.0, step
    for _ in range(doublings):
        if p_value(outside) <= alpha:
            break
        inside, outside = outside, 2 * outside
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(200):
        middle = (inside + outside) / 2
        if middle in (inside, outside) or abs(outside - inside) <= tolerance * abs(outside):
            break
        if p_value(middle) <= alpha:
            outside = middle
        else:
            inside = middle
    return (inside + outside) / 2


def enumerated_signs(groups: int) -> Callable[[int], FloatArray]:
    """Blocks of all sign vectors in turn, the identity first."""
    position = 0

    def block(size: int) -> FloatArray:
        nonlocal position
        numbers = np.arange(position, position + size, dtype=np.int64)[:, None]
        position += size
        return 1.0 - 2.0 * ((numbers >> np.arange(groups)) & 1).astype(np.float64)

    return block


def random_weights(groups: int, weights: Weights, seed: int) -> Callable[[int], FloatArray]:
    """Blocks of draws (rows, G) from one stream of uniforms, row by row, so that block size changes nothing."""
    points, upto = _points(weights)
    stream = np.random.Generator(np.random.PCG64(seed))

    def block(size: int) -> FloatArray:
        uniform = stream.random((size, groups))
        if points.shape[0] == 2:
            return np.where(uniform >= upto[0], points[1], points[0])
        out: FloatArray = points[np.searchsorted(upto, uniform, side="right")]
        return out

    return block


def _points(weights: Weights) -> tuple[FloatArray, FloatArray]:
    """Support of the weights and the cumulative probabilities below its last point."""
    if weights == "rademacher":
        return np.array([-1.0, 1.0]), np.array([0.5])
    if weights == "webb":
        half = np.sqrt(np.array([1.5, 1.0, 0.5]))
        return np.concatenate([-half, half[::-1]]), np.arange(1, 6) / 6
    if weights == "mammen":
        root = np.sqrt(5.0)
        return np.array([(1 - root) / 2, (1 + root) / 2]), np.array([(root + 1) / (2 * root)])
    raise ValueError(f"bootstrap weights are rademacher, webb or mammen, not {weights!r}")
