"""The propensity score: a logit by Newton's method. What is done with it: did_two_by_two (weighting) and did_matching."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix, row_weights, vector

NEWTON_STEPS, NEWTON_GAP = 100, 1e-12
LARGEST_INDEX = 30.0  # a fitted index beyond it means that the covariates separate the groups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Propensity:
    """A logit of treatment.

    Attributes
    ----------
    score, index : (n,) fitted probability and its logit.
    coefficients, se : (k,) of the columns of X, errors from the information matrix.
    covariance : (k, k).
    loglik : log likelihood (weighted).
    """

    score: FloatArray
    index: FloatArray
    coefficients: FloatArray
    se: FloatArray
    covariance: FloatArray
    loglik: float


def propensity_score(treated: FloatArray, X: FloatArray, weights: FloatArray | None = None) -> Propensity:
    """Give back the logit of treatment on X by Newton's method.

    Parameters
    ----------
    treated : (n,) 1 or 0.
    X : (n, k) with the constant.
    weights : (n,) above zero, or None.

    Raises
    ------
    ValueError
        If a group is empty, a column is collinear, or the covariates separate the groups (no maximum exists).

    Source
    ------
    Rosenbaum and Rubin (1983, doi:10.1093/biomet/70.1.41); R `glm(family = binomial)`, Stata `logit`.
    """
    d = vector(treated, "the treatment")
    design = matrix(X, "the covariates", len(d))
    given = row_weights(weights, len(d))
    w = np.ones(len(d)) if given is None else given
    if not ((d == 0) | (d == 1)).all() or d.min() == d.max():
        raise ValueError("two groups are needed: some units treated (1), some not (0)")
    odds = float(np.log((w * d).sum() / (w * (1 - d)).sum()))
    b = np.linalg.lstsq(design, np.full(len(d), odds), rcond=None)[0]
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-(design @ b)))
        covariance = inverse_gram((design * (w * p * (1 - p))[:, None]).T @ design, "treated and controls")
        step = covariance @ (design.T @ (w * (d - p)))
        b = b + step
        index = design @ b
        if float(np.abs(index).max()) > LARGEST_INDEX:
            raise ValueError("the covariates separate treated and controls: the propensity score has no maximum")
        if float(np.abs(design @ step).max()) < NEWTON_GAP:
            break
    else:
        raise ValueError("the propensity score does not converge: the covariates nearly separate treated and controls")
    p = 1 / (1 + np.exp(-index))
    covariance = inverse_gram((design * (w * p * (1 - p))[:, None]).T @ design, "treated and controls")
    return Propensity(
        score=p,
        index=index,
        coefficients=b,
        se=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        loglik=float(w @ (d * index - np.logaddexp(0, index))),
    )


def inverse_gram(gram: FloatArray, name: str) -> FloatArray:
    """Give back the inverse of a cross-product (k, k), scaled first. Raises ValueError if its columns are collinear."""
    length = np.sqrt(np.maximum(np.diag(gram), np.finfo(float).tiny))
    scaled = gram / length[:, None] / length[None, :]
    if not np.isfinite(scaled).all():
        raise ValueError(f"the covariates have no variation among {name}")
    values = np.linalg.eigvalsh(scaled)
    if values[0] < 1e-12 * max(float(values[-1]), 1e-300):
        raise ValueError(f"the covariates are collinear or have no variation among {name}")
    out: FloatArray = np.linalg.inv(scaled) / length[:, None] / length[None, :]
    return out
