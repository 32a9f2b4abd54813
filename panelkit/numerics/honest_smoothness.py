"""Bounds if the slope of the violation changes by at most M per period (FLCI). Relative magnitudes: honest_bounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.honest_bounds import RobustInterval, event_study_parts


def smoothness(
    beta: FloatArray,
    V: FloatArray,
    before: int,
    M: Sequence[float],
    target: FloatArray | None = None,
    level: float = 0.95,
) -> tuple[RobustInterval, ...]:
    """Give back fixed-length robust intervals under smoothness, one for each M (0: the violation is exactly linear).

    Parameters
    ----------
    beta, V, before, target : as in `honest_bounds.relative_magnitudes`.
    M : bounds on the change of slope from one period to the next, in the unit of the outcome.
    level : coverage.

    Raises
    ------
    ValueError
        As `honest_bounds.relative_magnitudes`.

    Notes
    -----
    Affine estimators with finite bias are written in the coordinates in which the worst-case bias is a sum of absolute
    values; the frontier of bias and variance is then the path of a lasso, followed exactly, and the shortest interval is
    found on each of its segments. No grid and no solver.

    Source
    ------
    Rambachan and Roth (2023, doi:10.1093/restud/rdad018, section 4.1 and equation 18); Armstrong and Kolesar (2018,
    doi:10.3982/ECTA14434); R HonestDiD `createSensitivityResults(method = "FLCI")`, `findOptimalFLCI`.
    """
    b, covariance, weights = event_study_parts(beta, V, before, target)
    if min(M) < 0 or not 0 < level < 1:
        raise ValueError("M must not be negative and the level lies between 0 and 1")
    after = len(weights)
    steps = np.arange(1, after + 1)
    slope = float(steps @ weights)
    fixed = sum(abs(float(np.maximum(steps - s, 0) @ weights)) for s in range(after))
    start, moves = _coordinates(before, slope)
    a0 = np.concatenate([start, weights])
    B = np.concatenate([moves, np.zeros((after, moves.shape[1]))])
    H, g = B.T @ covariance @ B, B.T @ covariance @ a0
    path = _lasso_path(H, g)
    out = []
    for m in M:
        q = _shortest(path, (float(a0 @ covariance @ a0), g, H), (float(m), fixed), level)
        half = _half_length(q, (float(a0 @ covariance @ a0), g, H), (float(m), fixed), level)
        centre = float((a0 + B @ q) @ b)
        out.append(
            RobustInterval(M=float(m), low=centre - half, high=centre + half, restriction="smoothness", method="FLCI")
        )
    return tuple(out)


Quadratic = tuple[float, FloatArray, FloatArray]


def _coordinates(before: int, slope: float) -> tuple[FloatArray, FloatArray]:
    """Weights before treatment (in order of time) as start + moves @ q, with bias M times the absolute sum of q.

    q_s is how much the change of slope at event time -s moves the estimate; q_0 is fixed by the linear trend.
    """
    second = np.zeros((before, before + 2))
    for r in range(1, before + 1):
        second[r - 1, r - 1 : r + 2] = (1.0, -2.0, 1.0)
    by_time = second[::-1, :before]
    return by_time[:, 0] * slope, by_time[:, 1:]


def _lasso_path(H: FloatArray, g: FloatArray) -> list[FloatArray]:
    """The corners of the minimisers of g'q + q'Hq/2 + t |q|_1 as t falls from infinity to zero."""
    r = len(g)
    q = np.zeros(r)
    corners = [q.copy()]
    if r == 0:
        return corners
    t = float(np.abs(g).max())
    active = [int(np.argmax(np.abs(g)))]
    signs = {active[0]: -np.sign(g[active[0]])}
    for _ in range(20 * r + 20):
        s = np.array([signs[j] for j in active])
        inner = H[np.ix_(active, active)]
        constant, tilt = -np.linalg.solve(inner, g[active]), -np.linalg.solve(inner, s)
        # q_active(t) = constant + tilt t; gradients of the others are linear in t as well
        base, lean = g + H[:, active] @ constant, H[:, active] @ tilt
        following, event = 0.0, (-1, 0.0)
        for j in range(r):
            if j in active:
                i = active.index(j)
                cut = -constant[i] / tilt[i] if tilt[i] != 0 else -1.0
                if following < cut < t * (1 - 1e-12):
                    following, event = cut, (j, 0.0)
                continue
            for side in (1.0, -1.0):  # gradient_j = side x t
                slope = side - lean[j]
                cut = base[j] / slope if slope != 0 else -1.0
                if following < cut < t * (1 - 1e-12):
                    following, event = cut, (j, -side)
        q = np.zeros(r)
        q[active] = constant + tilt * following
        corners.append(q.copy())
        if event[0] < 0:
            break
        t = following
        j, sign = event
        if sign == 0.0:
            active.remove(j)
        else:
            active.append(j)
            signs[j] = sign
        if not active:
            break
    return corners


def _half_length(q: FloatArray, form: Quadratic, size: tuple[float, float], level: float) -> float:
    """Half the length of the interval centred on the estimator with coordinates q."""
    constant, g, H = form
    M, fixed = size
    sd = float(np.sqrt(max(constant + 2 * float(g @ q) + float(q @ H @ q), 1e-300)))
    return sd * folded_quantile(M * (fixed + float(np.abs(q).sum())) / sd, level)


def _shortest(corners: list[FloatArray], form: Quadratic, size: tuple[float, float], level: float) -> FloatArray:
    """The point of the path with the shortest interval."""
    from scipy.optimize import minimize_scalar

    best, length = corners[-1], _half_length(corners[-1], form, size, level)
    for first, second in pairwise(corners):

        def along(x: float, p: FloatArray = first, q: FloatArray = second) -> float:
            return _half_length(p + x * (q - p), form, size, level)

        found = minimize_scalar(along, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10})
        for x in (0.0, float(found.x), 1.0):
            if along(x) < length:
                best, length = first + x * (second - first), along(x)
    return best


def folded_quantile(shift: float, level: float) -> float:
    """Give back the `level` quantile of |N(shift, 1)|.

    Examples
    --------
    >>> round(folded_quantile(0.0, 0.95), 6)
    1.959964
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    top = abs(shift) + float(ndtri((1 + level) / 2))
    if shift == 0:
        return top

    def gap(c: float) -> float:
        return float(ndtr(c - abs(shift)) - ndtr(-c - abs(shift)) - level)

    return float(brentq(gap, abs(shift) + float(ndtri(level)) - 1e-9, top + 1e-9, xtol=1e-13))
