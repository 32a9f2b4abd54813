"""Bounds if violations of parallel trends are at most M times those before treatment. Smoothness: honest_smoothness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix, vector

GRID_REACH, GRID_POINTS = 20.0, 1000  # the grid of effects: +- 20 standard errors, 1000 points (R HonestDiD)
FURTHER = 5  # times that the grid grows, each time by its own length, on a side whose end is not rejected
FIRST_STAGE = 0.1  # share of the level spent on the least favourable first stage
SIMULATIONS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustInterval:
    """A confidence interval that is valid for every violation of size M.

    Attributes
    ----------
    M : bound on the violation, in the meaning of `restriction`.
    low, high : ends of the interval; +-inf where it reaches the end of the grid, widened as it is.
    restriction : `relative magnitudes` (M times the largest change before treatment) or `smoothness` (change of slope
        at most M for each period).
    method : `C-LF` or `FLCI`.
    """

    M: float
    low: float
    high: float
    restriction: str
    method: str


def event_study_parts(
    beta: FloatArray, V: FloatArray, before: int, target: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Check the arguments of both restrictions: give back beta, V, and the weights of the effects after treatment.

    Raises
    ------
    ValueError
        As `relative_magnitudes` says.
    """
    b = vector(beta, "the event-study coefficients")
    covariance = matrix(V, "V", len(b))
    if covariance.shape[1] != len(b) or not np.allclose(
        covariance, covariance.T, atol=1e-10 * np.abs(covariance).max()
    ):
        raise ValueError("V must be the symmetric covariance of the event-study coefficients")
    after = len(b) - before
    if before < 1 or after < 1:
        raise ValueError(f"{len(b)} coefficients of which {before} before treatment: each side needs one")
    weights = np.eye(after)[0] if target is None else vector(target, "the target", after)
    if not weights.any():
        raise ValueError("the target weighs no effect")
    return b, (covariance + covariance.T) / 2, weights


def relative_magnitudes(
    beta: FloatArray,
    V: FloatArray,
    before: int,
    M: Sequence[float],
    target: FloatArray | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[RobustInterval, ...]:
    """Give back robust intervals under relative magnitudes, one for each M, by conditional least favourable hybrid tests.

    Parameters
    ----------
    beta : (r,) event-study coefficients in order of event time, the reference (-1, zero) left out; the periods are
        consecutive.
    V : (r, r) their covariance.
    before : how many of them lie before treatment.
    M : bounds: a violation after treatment changes from one period to the next by at most M times its largest change before.
    target : (r - before,) weights of the effects; None for the first effect.
    level, seed : coverage; seed of the 10,000 simulations (R: 1,000) of the least favourable critical value.

    Raises
    ------
    ValueError
        If shapes differ, V is not symmetric, or no coefficient lies before or after treatment.

    Notes
    -----
    The dual vertices of the test's linear programme do not depend on the effect tested: they are listed once, and every
    point of the grid, its conditioning interval and the simulations are read off them. No solver runs.

    Source
    ------
    Rambachan and Roth (2023, doi:10.1093/restud/rdad018, section 3); Andrews, Roth and Pakes (2023, doi:10.1093/restud/rdad004);
    R HonestDiD `createSensitivityResults_relativeMagnitudes(method = "C-LF", bound = "deviation from parallel trends")`: post-treatment
    moments only, kappa = alpha / 10, a grid of 1000 points over +-20 standard errors (ends are grid points). Where an end of
    the grid is not rejected R warns that the interval is open there; here the grid goes on, at the same spacing.
    """
    b, covariance, weights = event_study_parts(beta, V, before, target)
    after = len(b) - before
    if min(M) < 0 or not 0 < level < 1:
        raise ValueError("M must not be negative and the level lies between 0 and 1")
    reach = GRID_REACH * float(np.sqrt(weights @ covariance[before:, before:] @ weights))
    grid = np.linspace(-reach, reach, GRID_POINTS)
    normals = np.random.Generator(np.random.PCG64(seed)).standard_normal((len(b), SIMULATIONS))
    draws = _root(covariance) @ normals
    out = []
    for m in M:
        tests = [
            _test(_restrictions(before, after, s, sign, float(m)), b, covariance, weights, draws, 1 - level)
            for s in range(before)
            for sign in (1.0, -1.0)
        ]
        low, high = _ends(tests, grid)
        out.append(RobustInterval(M=float(m), low=low, high=high, restriction="relative magnitudes", method="C-LF"))
    return tuple(out)


Test = Callable[[FloatArray], FloatArray]


def _ends(tests: Sequence[Test], grid: FloatArray) -> tuple[float, float]:
    """The outermost effects that some test does not reject; +-inf where that is the end of the widest grid, NaN where none is."""

    def kept(points: FloatArray) -> FloatArray:
        return np.any([test(points) for test in tests], axis=0)

    step, held = grid[1] - grid[0], kept(grid)
    for _ in range(FURTHER):
        before, after = held[0] or not held.any(), held[-1] or not held.any()
        if not (before or after):
            break
        more = step * np.arange(1, len(grid) + 1)
        if before:
            earlier = (grid[0] - more)[::-1]
            grid, held = np.concatenate([earlier, grid]), np.concatenate([kept(earlier), held])
        if after:
            later = grid[-1] + more
            grid, held = np.concatenate([grid, later]), np.concatenate([held, kept(later)])
    inside = np.flatnonzero(held)
    if len(inside) == 0:
        return float("nan"), float("nan")
    low = -np.inf if held[0] else float(grid[inside[0]])
    return low, np.inf if held[-1] else float(grid[inside[-1]])


def _restrictions(before: int, after: int, s: int, sign: float, M: float) -> FloatArray:
    """A of A delta <= 0: every change is at most M (1 before treatment) times the change into period s - before + 1."""
    total = before + after
    changes = np.zeros((total, total + 1))
    changes[np.arange(total), np.arange(total)] = -1
    changes[np.arange(total), np.arange(total) + 1] = 1
    largest = sign * changes[s]
    bound = np.where(np.arange(total) < before, 1.0, M)[:, None] * largest[None, :]
    A = np.concatenate([changes - bound, -changes - bound])
    A = np.delete(A, before, axis=1)  # the reference period
    A = A[np.abs(A).max(axis=1) > 1e-10]
    if after > 1:
        A = A[np.abs(A[:, before:]).max(axis=1) > 0]
    out: FloatArray = A
    return out


def _test(A: FloatArray, b: FloatArray, V: FloatArray, weights: FloatArray, draws: FloatArray, alpha: float) -> Test:
    """Which effects of a grid the hybrid test does not reject under one set of restrictions, as a function of the grid."""
    before = len(b) - len(weights)
    basis = np.linalg.inv(_completed(weights))
    after = A[:, before:] @ basis
    Sigma = A @ V @ A.T
    scale = np.sqrt(np.maximum(np.diag(Sigma), 0.0))
    if (scale < 1e-300).any():
        raise ValueError("V leaves no variation in one of the restrictions")
    vertices = extreme_rays(after[:, 1:])
    vertices = vertices / (vertices @ scale)[:, None]
    start, fall = vertices @ (A @ b), vertices @ after[:, 0]
    cross = vertices @ Sigma @ vertices.T
    kappa = FIRST_STAGE * alpha
    critical = float(np.quantile((vertices @ (A @ draws)).max(axis=0), 1 - kappa))
    size = (alpha - kappa) / (1 - kappa)

    def accepted(grid: FloatArray) -> FloatArray:
        values = start[:, None] - fall[:, None] * grid[None, :]
        best = values.argmax(axis=0)
        held = values.max(axis=0) <= critical
        for v in np.unique(best):
            at = np.flatnonzero((best == v) & held)
            if len(at):
                held[at] = np.logical_not(_rejected(values[:, at], cross, int(v), critical, size))
        out: FloatArray = held
        return out

    return accepted


def _rejected(values: FloatArray, cross: FloatArray, v: int, critical: float, size: float) -> FloatArray:
    """The conditional test where vertex v attains the maximum: eta against a truncated normal quantile."""
    variance = cross[v, v]
    eta = values[v]
    if variance < 1e-20:
        return np.asarray(eta > 0)
    slope = cross[:, v] / variance
    rest = values - slope[:, None] * eta[None, :]
    free = 1 - slope
    with np.errstate(divide="ignore", invalid="ignore"):
        at = rest / free[:, None]
    low = np.where(free[:, None] > 1e-10, at, -np.inf).max(axis=0)
    high = np.minimum(np.where(free[:, None] < -1e-10, at, np.inf).min(axis=0), critical)
    sd = np.sqrt(variance)
    quantile = np.maximum(0.0, _truncated_quantile(1 - size, low / sd, high / sd))
    return np.asarray(eta / sd > quantile)


def _truncated_quantile(p: float, low: FloatArray, high: FloatArray) -> FloatArray:
    """Quantile of a standard normal between low and high, computed in the tail where it is exact."""
    from scipy.special import ndtr, ndtri

    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    share = np.where(flip, 1 - p, p)
    found = ndtri(ndtr(a) + share * (ndtr(b) - ndtr(a)))
    return np.clip(np.where(flip, -found, found), low, high)


def extreme_rays(X: FloatArray) -> FloatArray:
    """Give back the extreme rays (v, k) of the cone {g >= 0, X'g = 0}, X (k, q), scaled to sum one.

    Source
    ------
    Double description method (Motzkin et al. 1953; Fukuda and Prodon 1996): one equality at a time, neighbours combined.
    """
    rays = np.eye(X.shape[0])
    for j in range(X.shape[1]):
        side = rays @ X[:, j]
        flat = np.abs(side) < 1e-10 * max(1.0, float(np.abs(X[:, j]).max()))
        plus, minus = np.flatnonzero((side > 0) & ~flat), np.flatnonzero((side < 0) & ~flat)
        supports = rays > 1e-12
        new = [rays[flat]]
        for p in plus:
            for m in minus:
                union = supports[p] | supports[m]
                outside = (supports & ~union).any(axis=1)
                if int((outside == 0).sum()) == 2:
                    ray = rays[p] * -side[m] + rays[m] * side[p]
                    new.append((ray / ray.sum())[None, :])
        rays = np.concatenate(new)
    return rays


def _completed(weights: FloatArray) -> FloatArray:
    """A square matrix with the weights as its first row, the others a basis of the rest."""
    k = len(weights)
    largest = int(np.argmax(np.abs(weights)))
    others: IntArray = np.delete(np.arange(k), largest)
    return np.concatenate([weights[None, :], np.eye(k)[others]])


def _root(V: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(V)
    out: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
    return out
