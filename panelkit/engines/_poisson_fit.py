"""A fitted Poisson model as a Fit: bread, raw covariance pieces and fit statistics from means and swept regressors. It fits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.request import Classical, Fit, Request, Robust
from panelkit.engines._sample import Sample
from panelkit.numerics.poisson import Steps

if TYPE_CHECKING:
    from panelkit.core.engine import Engine


def poisson_fit(
    engine: Engine, request: Request, sample: Sample, coefficients: np.ndarray, steps: Steps, within: np.ndarray
) -> Fit:
    """The Fit of a Poisson model.

    Parameters
    ----------
    steps : fitted means, and the means that weighted the last step (the same where the steps converged).
    within : (n, k) regressors off the effects under weights w x (weighting mean), terms in order.

    Residuals are those of the last step, (y - mean) / mean at the estimate where the steps converged, and rss their sum under
    w x mean: Pearson's chi2. The classical piece is
    the bread times N - 1: the variance of a Poisson outcome is its mean, and fixest's factor is (N-1)/(N-K), not N/(N-K).
    extra : `deviance`, `loglik`, `loglik_null` (a constant alone).
    """
    from scipy import special

    y = sample.outcome
    w = np.ones(sample.rows) if sample.weights is None else sample.weights
    means, mass = steps.means, w * steps.weighting
    size = np.linalg.norm(within * np.sqrt(mass)[:, None], axis=0)
    R = np.linalg.qr(within * np.sqrt(mass)[:, None] / size, mode="r")
    inverse = np.linalg.solve(R, np.eye(len(size))) / size[:, None]
    bread = inverse @ inverse.T
    converged = request.stop == "converged"
    rest = (y - means) / means if converged else steps.working - np.log(means)
    null = float(w @ y / w.sum())
    logs = special.xlogy(y, means), special.xlogy(y, null)
    extra = {
        "deviance": 2 * float(w @ (special.xlogy(y, y / means) - (y - means))),
        "loglik": float(w @ (logs[0] - means - special.gammaln(y + 1))),
        "loglik_null": float(w @ (logs[1] - null - special.gammaln(y + 1))),
    }
    total = float(w @ np.square(y - null))
    return Fit(
        engine=engine.name,
        version=engine.version,
        coefficients=coefficients,
        raw=pieces(request, sample, bread, within * (mass * rest)[:, None], w),
        residuals=rest,
        rss=float(mass @ rest**2),
        tss=total,
        tss_within=total,
        extra=extra,
    )


def pieces(
    request: Request, sample: Sample, bread: np.ndarray, scores: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Raw covariance pieces from bread (k, k) and score contributions (n, k)."""
    if isinstance(request.covariance, Classical):
        frequency = request.weights and request.weight_kind == "frequency"
        return (bread * ((w.sum() if frequency else sample.rows) - 1),)
    if isinstance(request.covariance, Robust):
        own = scores / np.sqrt(w)[:, None] if request.weight_kind == "frequency" else scores
        return (bread @ (own.T @ own) @ bread,)
    found = []
    for codes in sample.clusters:
        sums = np.stack([np.bincount(codes, weights=column) for column in scores.T], axis=1)
        found.append(bread @ (sums.T @ sums) @ bread)
    return tuple(found)
