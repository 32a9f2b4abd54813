"""Poisson pseudo-maximum likelihood with absorbed effects, where its steps end, and outcomes of zero that are separated. No covariance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix, row_weights, vector
from panelkit.numerics.projection import absorber

STEPS = 200
SETTLED = 1e-12  # largest change of a fitted logarithm at which the steps end
NEAR = 1e-9  # ... or stop getting smaller, if it is below this
FIXEST = 1e-8  # relative change of the deviance at which fixest's steps end (its glm.tol)
FIXEST_START = 0.1  # ... and the least mean it starts from
RECTIFIED = 1e-5  # predictions below this are zero in the search for separated rows
ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poisson:
    """Coefficients (k,), fitted means (n,), and the weighted regression of the last step: outcome (n,) and means (n,) in its weights."""

    coefficients: FloatArray
    means: FloatArray
    working: FloatArray
    weighting: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """What a run of steps ends with: the means it fits, those that weighted its last step, and that step's outcome, each (n,)."""

    means: FloatArray
    weighting: FloatArray
    working: FloatArray


def run_steps(
    y: FloatArray,
    w: FloatArray,
    step: Callable[[FloatArray, FloatArray], FloatArray],
    stop: Literal["converged", "fixest"] = "converged",
    settled: float = SETTLED,
) -> Steps:
    """Give back where reweighted least squares ends; `step(working, mass)` fits the working outcome (n,) under weights (n,).

    Parameters
    ----------
    y, w : (n,) outcome and weights.
    stop : `converged`, when a fitted logarithm changes by `settled` or less (then weights and outcome are those at the estimate);
        `fixest`, when the deviance moves by less than 1e-8 of itself plus 0.1 (then they are those that the last step was made with).

    Raises
    ------
    ValueError
        If the steps do not settle; where fixest would halve a step.

    Source
    ------
    R fixest 0.14 `fepois` (glm.tol 1e-8, glm.iter 25): its Hessian and scores are those of the last step, so that its standard errors
    are those of the means before it.
    """
    as_fixest = stop == "fixest"
    mu = np.maximum(y, FIXEST_START) if as_fixest else (y + np.average(y, weights=w)) / 2
    eta, change, deviance = np.log(mu), np.inf, np.inf
    for _ in range(25 if as_fixest else STEPS):
        before, working = mu, eta + (y - mu) / mu
        new = step(working, w * before)
        last, change = change, float(np.abs(new - eta).max())
        eta, mu = new, np.exp(new)
        if as_fixest:
            former, deviance = deviance, _deviance(y, mu, w)
            if not np.isfinite(deviance) or deviance > former * (1 + FIXEST):
                raise ValueError("fixest would halve a step here, which is not repeated; take stop = 'converged'")
            if abs(deviance - former) / (0.1 + abs(former)) < FIXEST:
                return Steps(means=mu, weighting=before, working=working)
        elif change <= settled or (change <= NEAR and change >= last):
            return Steps(means=mu, weighting=mu, working=eta + (y - mu) / mu)
    raise ValueError("the Poisson steps do not settle; look for separated outcomes of zero")


def _deviance(y: FloatArray, mu: FloatArray, w: FloatArray) -> float:
    from scipy import special

    return 2 * float(w @ (special.xlogy(y, y / mu) - (y - mu)))


def ppml(
    X: FloatArray,
    y: FloatArray,
    effects: Sequence[IntArray] = (),
    w: FloatArray | None = None,
    slopes: Sequence[tuple[int, FloatArray]] = (),
    stop: Literal["converged", "fixest"] = "converged",
) -> Poisson:
    """Give back the Poisson pseudo-maximum likelihood estimate by reweighted least squares.

    Parameters
    ----------
    X : (n, k) regressors, a constant among them where no effects are absorbed.
    y : (n,) zero or more.
    effects, slopes : as in `projection.absorber`.
    w : (n,) above zero, or None.
    stop : as in `run_steps`.

    Raises
    ------
    ValueError
        If an outcome is negative, all are zero, or the steps do not settle (look for separated rows first).

    Source
    ------
    Santos Silva and Tenreyro (2006, doi:10.1162/rest.88.4.641); Correia, Guimaraes and Zylkin (2020,
    doi:10.1177/1536867X20909691), Stata `ppmlhdfe`, R fixest `fepois`.
    """
    design = matrix(X, "X")
    n = design.shape[0]
    outcome = vector(y, "y", n)
    if (outcome < 0).any() or not (outcome > 0).any():
        raise ValueError("a Poisson outcome is zero or more, and above zero somewhere")
    mass = np.ones(n) if w is None else np.asarray(row_weights(w, n))
    size = np.sqrt(np.mean(design**2, axis=0))
    columns = design / np.where(size > 0, size, 1.0)
    found = np.zeros(columns.shape[1])

    def step(working: FloatArray, weights: FloatArray) -> FloatArray:
        nonlocal found
        left = absorber(effects, weights, slopes).residualise(np.column_stack([columns, working]))
        root = np.sqrt(weights)
        Q, R = np.linalg.qr(left[:, :-1] * root[:, None])
        found = np.linalg.solve(R, Q.T @ (left[:, -1] * root))
        return np.asarray(working - (left[:, -1] - left[:, :-1] @ found))

    end = run_steps(outcome, mass, step, stop)
    coefficients = found / np.where(size > 0, size, 1.0)
    return Poisson(coefficients=coefficients, means=end.means, working=end.working, weighting=end.weighting)


def separated(
    X: FloatArray,
    y: FloatArray,
    effects: Sequence[IntArray] = (),
    slopes: Sequence[tuple[int, FloatArray]] = (),
) -> np.ndarray:
    """Give back which rows (n,) are separated: outcomes of zero whose best fitted mean is zero, so that no estimate exists with them.

    Parameters
    ----------
    X, y, effects, slopes : as in `ppml`.

    Notes
    -----
    A level of an effect without any outcome above zero is separated in whole; beyond that the iterative rectifier looks for a
    combination of regressors and effects that is zero wherever the outcome is above zero, and is not negative elsewhere.

    Raises
    ------
    ValueError
        If the search does not end.

    Source
    ------
    Correia, Guimaraes and Zylkin (2021, "Verifying the existence of maximum likelihood estimates for generalized linear
    models", arXiv:1903.01633), the iterative rectifier, Stata `ppmlhdfe, separation(fe ir)`.
    """
    design = matrix(X, "X")
    n = design.shape[0]
    outcome = vector(y, "y", n)
    zero = outcome == 0
    if not zero.any() or zero.all():
        return np.asarray(zero)
    size = np.sqrt(np.mean(design**2, axis=0))
    columns = design / np.where(size > 0, size, 1.0)
    weights = np.where(zero, 1.0, n / RECTIFIED)
    project = absorber(effects, weights, slopes)
    left = project.residualise(columns)
    root = np.sqrt(weights)
    norm = np.linalg.norm(left * root[:, None], axis=0)
    alive = norm > 1e-12 * np.linalg.norm(columns * root[:, None], axis=0)
    Q = np.linalg.qr((left * root[:, None])[:, alive] / norm[alive])[0]
    target = zero.astype(np.float64)
    for _ in range(ROUNDS):
        rest = project.residualise(target)
        fitted = target - (rest - (Q @ (Q.T @ (rest * root))) / root)
        fitted[~zero | (np.abs(fitted) < RECTIFIED)] = 0.0
        if (fitted >= 0).all():
            return np.asarray(fitted > 0)
        target = np.where(zero, np.maximum(fitted, 0.0), 0.0)
    raise ValueError("the search for separated rows does not end")
