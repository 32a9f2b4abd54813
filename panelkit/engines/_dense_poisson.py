"""Poisson pseudo-maximum likelihood for the dense engine: Newton steps with every dummy written out. No other family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.request import Stop
from panelkit.numerics.poisson import Steps

STEPS = 200
SETTLED = 1e-13  # largest change of a fitted logarithm at which the steps end
NEAR = 1e-10  # ... or stop getting smaller, if it is below this


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson:
    """coefficients (k,) of the regressors, where the steps end, and the regressors off the dummies under the last weights (n, k)."""

    coefficients: np.ndarray
    steps: Steps
    within: np.ndarray


def poisson(X: np.ndarray, y: np.ndarray, D: np.ndarray, w: np.ndarray, stop: Stop = "converged") -> Poisson:
    """Coefficients of X beside the dummies D.

    Raises
    ------
    EstimationError
        If the steps do not settle, as where an outcome of zero is separated.

    Source
    ------
    Gourieroux, Monfort and Trognon (1984, doi:10.2307/1913472); Santos Silva and Tenreyro (2006, doi:10.1162/rest.88.4.641).
    """
    size = np.sqrt(np.mean(X**2, axis=0))
    both = np.column_stack([X / size, D])
    as_fixest = stop == "fixest"
    mu = np.maximum(y, 0.1) if as_fixest else (y + np.average(y, weights=w)) / 2
    eta = np.log(mu)
    change, last, deviance = np.inf, np.inf, np.inf
    b = np.zeros(both.shape[1])
    for _ in range(STEPS):
        weighting, working = mu, eta + (y - mu) / mu
        root = np.sqrt(w * weighting)
        b = np.linalg.lstsq(both * root[:, None], working * root, rcond=1e-13)[0]
        new = both @ b
        last, change = change, float(np.abs(new - eta).max())
        eta, mu = new, np.exp(new)
        if as_fixest:
            positive = y > 0
            before, deviance = (
                deviance,
                2 * (float((w * y)[positive] @ np.log((y / mu)[positive])) - float(w @ (y - mu))),
            )
            if np.isfinite(before) and abs(deviance - before) < 1e-8 * (0.1 + before):
                break
        elif change <= SETTLED or (change <= NEAR and change >= last):
            weighting, working = mu, eta + (y - mu) / mu
            break
    else:
        raise EstimationError("the Poisson steps do not settle", mend="look for separated outcomes of zero")
    root = np.sqrt(w * weighting)[:, None]
    Q, singular, _ = np.linalg.svd(D * root, full_matrices=False)
    Q = Q[:, singular > 1e-12 * singular.max(initial=1e-300)]
    within = X * root
    for _ in range(2):
        within = within - Q @ (Q.T @ within)
    steps = Steps(means=mu, weighting=weighting, working=working)
    return Poisson(coefficients=b[: X.shape[1]] / size, steps=steps, within=within / root)
