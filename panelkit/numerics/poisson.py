"""Poisson pseudo-maximum likelihood with absorbed effects, and outcomes of zero that are separated. No covariance is made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix, row_weights, vector
from panelkit.numerics.projection import absorber

STEPS = 200
SETTLED = 1e-12  # largest change of a fitted logarithm at which the steps end
NEAR = 1e-9  # ... or stop getting smaller, if it is below this
RECTIFIED = 1e-5  # predictions below this are zero in the search for separated rows
ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poisson:
    """Coefficients (k,), fitted means (n,) and their logarithms (n,)."""

    coefficients: FloatArray
    means: FloatArray
    logs: FloatArray


def ppml(
    X: FloatArray,
    y: FloatArray,
    effects: Sequence[IntArray] = (),
    w: FloatArray | None = None,
    slopes: Sequence[tuple[int, FloatArray]] = (),
) -> Poisson:
    """Give back the Poisson pseudo-maximum likelihood estimate by reweighted least squares.

    Parameters
    ----------
    X : (n, k) regressors, a constant among them where no effects are absorbed.
    y : (n,) zero or more.
    effects, slopes : as in `projection.absorber`.
    w : (n,) above zero, or None.

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
    mu = (outcome + np.average(outcome, weights=mass)) / 2
    eta = np.log(mu)
    change = np.inf
    for _ in range(STEPS):
        working = eta + (outcome - mu) / mu
        left = absorber(effects, mass * mu, slopes).residualise(np.column_stack([columns, working]))
        root = np.sqrt(mass * mu)
        Q, R = np.linalg.qr(left[:, :-1] * root[:, None])
        b = np.linalg.solve(R, Q.T @ (left[:, -1] * root))
        new = working - (left[:, -1] - left[:, :-1] @ b)
        last, change = change, float(np.abs(new - eta).max())
        eta, mu = new, np.exp(new)
        if change <= SETTLED or (change <= NEAR and change >= last):
            return Poisson(coefficients=b / np.where(size > 0, size, 1.0), means=mu, logs=eta)
    raise ValueError("the Poisson steps do not settle; look for separated outcomes of zero")


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
