"""Least squares of many swept rows, and the steps of a Poisson model, as arrays around pyfixest's demeaner. No factor is applied."""

from __future__ import annotations

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.request import Classical, Request, Robust
from panelkit.engines._pyfixest_sweep import rest_of
from panelkit.engines._sample import Sample
from panelkit.numerics.poisson import Steps, run_steps

COLLINEAR = 1e-9


def many_rows(sample: Sample, request: Request) -> tuple[np.ndarray, tuple[np.ndarray, ...], np.ndarray]:
    """Coefficients, raw covariance pieces and residuals of swept columns, from cross-products of columns brought to size one."""
    X, y = sample.regressors, sample.outcome
    w = sample.weights
    WX = X if w is None else X * w[:, None]
    gram = X.T @ WX
    size = np.sqrt(np.diag(gram))
    values = np.linalg.eigvalsh(gram / np.outer(size, size))
    if values[0] <= COLLINEAR:
        raise EstimationError("the regressors are collinear", mend="leave out what the others determine")
    inverse = np.linalg.inv(gram / np.outer(size, size)) / np.outer(size, size)
    b = inverse @ (WX.T @ y)
    b = b + inverse @ (WX.T @ (y - X @ b))
    u = y - X @ b
    if isinstance(request.covariance, Classical):
        rss = float(u @ u if w is None else w @ u**2)
        return b, (inverse * rss,), u
    scores = WX * u[:, None]
    if isinstance(request.covariance, Robust):
        if w is not None and request.weight_kind == "frequency":
            scores /= np.sqrt(w)[:, None]
        return b, (inverse @ (scores.T @ scores) @ inverse,), u
    pieces = []
    for codes in sample.clusters:
        sums = np.stack([np.bincount(codes, weights=column) for column in scores.T], axis=1)
        pieces.append(inverse @ (sums.T @ sums) @ inverse)
    return b, tuple(pieces), u


def poisson_steps(sample: Sample, request: Request) -> tuple[np.ndarray, Steps, np.ndarray]:
    """Coefficients, where the steps end and regressors off the effects: reweighted least squares as in pyfixest's `fepois`.

    sample : regressors near size one; the outcome as it is.

    Raises
    ------
    EstimationError
        If the steps do not settle, as where an outcome of zero is separated.
    """
    X = sample.exogenous
    w = np.ones(sample.rows) if sample.weights is None else sample.weights
    names = (request.outcome, *request.terms)
    b = np.zeros(X.shape[1])

    def step(working: np.ndarray, mass: np.ndarray) -> np.ndarray:
        nonlocal b
        middle = float(np.average(working, weights=mass)) if sample.effects else 0.0
        both = np.column_stack([working - middle, X])
        rest = rest_of(both, sample.effects, mass, names) if sample.effects else both
        root = np.sqrt(mass)
        Q, R = np.linalg.qr(rest[:, 1:] * root[:, None])
        b = np.linalg.solve(R, Q.T @ (rest[:, 0] * root))
        return np.asarray(working - (rest[:, 0] - rest[:, 1:] @ b))

    try:
        end = run_steps(sample.outcome, w, step, request.stop)
    except ValueError as fault:
        raise EstimationError(str(fault), mend="look for separated outcomes of zero") from fault
    return b, end, _within(sample, w * end.weighting, names)


def _within(sample: Sample, mass: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    if not sample.effects:
        return sample.exogenous
    both = np.column_stack([np.zeros(sample.rows), sample.exogenous])
    return rest_of(both, sample.effects, mass, names)[:, 1:]
