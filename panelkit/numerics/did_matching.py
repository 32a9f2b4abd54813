"""Matching on a score: nearest neighbours, kernels, balance, and the matched difference. The score itself: did_propensity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix, vector

Kernel = Literal["epanechnikov", "normal", "uniform", "tricube"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matched:
    """Who is compared with whom.

    Attributes
    ----------
    weights : (n,) 1 for matched treated rows, the sum of the shares it serves for each control, 0 for the rest. Treated
        and control weights have the same sum.
    treated : (m,) rows of the matched treated, in row order; `unmatched` the rows of the others.
    neighbours : (m, q) rows of the controls of each (nearest neighbours only; -1 where the caliper left fewer), else (m, 0).
    used : number of controls with a weight.
    """

    weights: FloatArray
    treated: IntArray
    unmatched: IntArray
    neighbours: IntArray
    used: int


def nearest_neighbours(
    score: FloatArray,
    treated: FloatArray,
    neighbours: int = 1,
    caliper: float | None = None,
    replacement: Literal["with", "without"] = "with",
) -> Matched:
    """Give back the nearest controls of each treated row on a score.

    Parameters
    ----------
    score : (n,) propensity score or its logit: distance and caliper are in its unit.
    treated : (n,) 1 or 0.
    neighbours : controls for each treated row, each with the same share.
    caliper : largest distance, or None. A treated row without a control within it is `unmatched`, never silently dropped.
    replacement : `with`: a control may serve often; `without`: at most once, treated rows choosing from the highest
        score down (one neighbour at a time).

    Raises
    ------
    ValueError
        If a group is empty, or there are fewer controls than needed without replacement and no caliper.

    Notes
    -----
    Ties go to the lower score, then to the earlier row: no draw is involved.

    Source
    ------
    Rosenbaum and Rubin (1985, doi:10.1080/00031305.1985.10479383); Stata psmatch2 `neighbor() caliper()`, R MatchIt
    `m.order = "largest"` without replacement.
    """
    values, d = _both(score, treated)
    if neighbours < 1:
        raise ValueError("one neighbour at least")
    rows, pool = np.flatnonzero(d == 1), np.flatnonzero(d == 0)
    if replacement not in ("with", "without"):
        raise ValueError(f"replacement is with or without, not {replacement!r}")
    if len(pool) < neighbours or (replacement == "without" and caliper is None and len(pool) < len(rows)):
        raise ValueError(f"{len(rows)} treated rows cannot be matched with {len(pool)} controls")
    order = pool[np.lexsort((pool, values[pool]))]
    limit = np.inf if caliper is None else float(caliper)
    chosen = np.full((len(rows), neighbours), -1, dtype=np.intp)
    if replacement == "with":
        place = np.searchsorted(values[order], values[rows])
        for i, (row, start) in enumerate(zip(rows, place, strict=True)):
            near = np.arange(max(0, start - neighbours), min(len(order), start + neighbours))
            near = near[np.argsort(np.abs(values[order[near]] - values[row]), kind="stable")][:neighbours]
            good = order[near][np.abs(values[order[near]] - values[row]) <= limit]
            chosen[i, : len(good)] = good
    else:
        free = np.ones(len(order), dtype=bool)
        for q in range(neighbours):
            for i in np.lexsort((rows, -values[rows])):
                at = np.flatnonzero(free)
                if len(at) == 0:
                    break
                gap = np.abs(values[order[at]] - values[rows[i]])
                best = int(np.argmin(gap))
                if gap[best] <= limit:
                    chosen[i, q] = order[at[best]]
                    free[at[best]] = False
    return _matched(len(values), rows, chosen)


def kernel_weights(
    score: FloatArray, treated: FloatArray, bandwidth: float = 0.06, kernel: Kernel = "epanechnikov"
) -> Matched:
    """Give back kernel weights of the controls of each treated row, summed over treated rows.

    Parameters
    ----------
    score, treated : as in `nearest_neighbours`.
    bandwidth : above zero, in the unit of the score.
    kernel : shape; a treated row with no control under it is `unmatched`.

    Raises
    ------
    ValueError
        If a group is empty, the bandwidth is not positive, or the kernel unknown.

    Source
    ------
    Heckman, Ichimura and Todd (1997, doi:10.2307/2971733); Stata psmatch2 `kernel k(epan) bwidth(.06)`.
    """
    values, d = _both(score, treated)
    if bandwidth <= 0:
        raise ValueError("the bandwidth must be above zero")
    shapes = {
        "epanechnikov": lambda u: np.maximum(0.0, 1 - u**2),
        "normal": lambda u: np.exp(-(u**2) / 2),
        "uniform": lambda u: (u <= 1).astype(np.float64),
        "tricube": lambda u: np.maximum(0.0, 1 - u**3) ** 3,
    }
    if kernel not in shapes:
        raise ValueError(f"a kernel is {', '.join(shapes)}, not {kernel!r}")
    rows, pool = np.flatnonzero(d == 1), np.flatnonzero(d == 0)
    weights = np.zeros(len(values))
    alive = np.zeros(len(rows), dtype=bool)
    for start in range(0, len(rows), 256):
        block = rows[start : start + 256]
        shares = shapes[kernel](np.abs(values[pool][None, :] - values[block][:, None]) / bandwidth)
        total = shares.sum(axis=1)
        alive[start : start + 256] = total > 0
        weights[pool] += (shares[total > 0] / total[total > 0][:, None]).sum(axis=0)
    weights[rows[alive]] = 1.0
    return Matched(
        weights=weights,
        treated=np.asarray(rows[alive], dtype=np.intp),
        unmatched=np.asarray(rows[~alive], dtype=np.intp),
        neighbours=np.zeros((int(alive.sum()), 0), dtype=np.intp),
        used=int((weights[pool] > 0).sum()),
    )


def common_support(score: FloatArray, treated: FloatArray) -> Any:
    """Give back (n,) bool: rows whose score lies within the range of the other group (psmatch2 `common` for both)."""
    values, d = _both(score, treated)
    low = max(values[d == 1].min(), values[d == 0].min())
    high = min(values[d == 1].max(), values[d == 0].max())
    return (values >= low) & (values <= high)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balance:
    """Means by group before and after matching; differences in standard deviations; variance ratios.

    `difference` and `matched_difference` (k,) are (treated - control) / root of the mean of the two variances BEFORE
    matching, so that the scale does not change; `ratio` and `matched_ratio` are variances treated / control.
    """

    treated: FloatArray
    controls: FloatArray
    matched_treated: FloatArray
    matched_controls: FloatArray
    difference: FloatArray
    matched_difference: FloatArray
    ratio: FloatArray
    matched_ratio: FloatArray


def balance(X: FloatArray, treated: FloatArray, weights: FloatArray) -> Balance:
    """Give back the balance table of covariates (n, k) under matching weights (n,).

    Raises
    ------
    ValueError
        If a group is empty or has no weight.

    Source
    ------
    Rosenbaum and Rubin (1985); Stata `pstest`, whose %bias is 100 x the difference here.
    """
    values = matrix(X, "the covariates")
    _, d = _both(np.zeros(len(values)), treated)
    w = vector(weights, "the weights", len(values))
    ones = np.ones(len(values))
    (m1, v1), (m0, v0) = (_moments(values, ones * (d == g)) for g in (1, 0))
    (w1, s1), (w0, s0) = (_moments(values, w * (d == g)) for g in (1, 0))
    scale = np.sqrt((v1 + v0) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Balance(
            treated=m1,
            controls=m0,
            matched_treated=w1,
            matched_controls=w0,
            difference=(m1 - m0) / scale,
            matched_difference=(w1 - w0) / scale,
            ratio=v1 / v0,
            matched_ratio=s1 / s0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedDifference:
    """Effect on the matched treated, its error given the matches, numbers of treated and of controls used."""

    att: float
    se: float
    treated: int
    controls: int


def matched_difference(change: FloatArray, matched: Matched, treated: FloatArray) -> MatchedDifference:
    """Give back the mean change of the treated less that of their matches.

    Parameters
    ----------
    change : (n,) outcome after less before (a level gives plain matching).

    Raises
    ------
    ValueError
        If nothing is matched.

    Notes
    -----
    The error takes scores, matches and weights as given (psmatch2's analytic error, Lechner 2001); resample units for
    one that does not. A bootstrap is not valid for nearest neighbours (Abadie and Imbens 2008, doi:10.3982/ECTA6474).
    """
    y = vector(change, "the change", len(matched.weights))
    d = vector(treated, "the treatment", len(y))
    m = len(matched.treated)
    if m == 0:
        raise ValueError("no treated row is matched")
    w = matched.weights * (d == 0)
    (mean1, v1), (mean0, v0) = (_moments(y[:, None], matched.weights * (d == g)) for g in (1, 0))
    variance = float(v1[0]) / m + float(w @ w) * float(v0[0]) / m**2
    return MatchedDifference(
        att=float(mean1[0] - mean0[0]), se=float(np.sqrt(variance)), treated=m, controls=matched.used
    )


def _matched(n: int, rows: IntArray, chosen: IntArray) -> Matched:
    counts = (chosen >= 0).sum(axis=1)
    alive = counts > 0
    share = np.where(chosen >= 0, 1 / np.maximum(counts, 1)[:, None], 0.0)
    weights = np.asarray(np.bincount(chosen[chosen >= 0], weights=share[chosen >= 0], minlength=n), dtype=np.float64)
    used = int((weights > 0).sum())
    weights[rows[alive]] = 1.0
    return Matched(
        weights=weights,
        treated=np.asarray(rows[alive], dtype=np.intp),
        unmatched=np.asarray(rows[~alive], dtype=np.intp),
        neighbours=chosen[alive],
        used=used,
    )


def _moments(values: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and variance (n - 1 of the rows with weight) of each column."""
    total, rows = float(w.sum()), int((w > 0).sum())
    if total <= 0:
        raise ValueError("one of the groups has no weight")
    mean = w @ values / total
    variance = w @ (values - mean) ** 2 / total * (rows / max(rows - 1, 1))
    return mean, variance


def _both(score: FloatArray, treated: FloatArray) -> tuple[FloatArray, FloatArray]:
    values = vector(score, "the score")
    d = vector(treated, "the treatment", len(values))
    if not ((d == 0) | (d == 1)).all() or d.min() == d.max():
        raise ValueError("two groups are needed: some units treated (1), some not (0)")
    return values, d
