"""Poisson pseudo-maximum likelihood for the dense engine: Newton steps with every dummy written out. No other family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.errors import EstimationError

STEPS = 200
SETTLED = 1e-13  # largest change of a fitted logarithm at which the steps end
NEAR = 1e-10  # ... or stop getting smaller, if it is below this


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson:
    """coefficients (k,) of the regressors, means (n,), and the regressors off the dummies under weights w x mean (n, k)."""

    coefficients: np.ndarray
    means: np.ndarray
    within: np.ndarray


def poisson(X: np.ndarray, y: np.ndarray, D: np.ndarray, w: np.ndarray) -> Poisson:
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
    mu = (y + np.average(y, weights=w)) / 2
    eta = np.log(mu)
    change, last = np.inf, np.inf
    b = np.zeros(both.shape[1])
    for _ in range(STEPS):
        root = np.sqrt(w * mu)
        b = np.linalg.lstsq(both * root[:, None], (eta + (y - mu) / mu) * root, rcond=1e-13)[0]
        new = both @ b
        last, change = change, float(np.abs(new - eta).max())
        eta, mu = new, np.exp(new)
        if change <= SETTLED or (change <= NEAR and change >= last):
            break
    else:
        raise EstimationError("the Poisson steps do not settle", mend="look for separated outcomes of zero")
    root = np.sqrt(w * mu)[:, None]
    Q, singular, _ = np.linalg.svd(D * root, full_matrices=False)
    Q = Q[:, singular > 1e-12 * singular.max(initial=1e-300)]
    within = X * root
    for _ in range(2):
        within = within - Q @ (Q.T @ within)
    return Poisson(coefficients=b[: X.shape[1]] / size, means=mu, within=within / root)
