"""Mean group and common correlated effects for the dense engine: each unit by a solver of its own, averages by plain means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.request import Request
from panelkit.engines._sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Unitwise:
    """coefficients (k,), of each unit (N, k), the raw covariance piece (k, k) and residuals (n,)."""

    coefficients: np.ndarray
    by_unit: np.ndarray
    piece: np.ndarray
    residuals: np.ndarray


def unitwise(sample: Sample, request: Request, units: np.ndarray, times: np.ndarray) -> Unitwise:
    """The estimator of the request, terms in its order.

    piece : of means over units the sum of outer products of the leave-one-unit-out changes of the mean; of the pooled
    estimator A^-1 B A^-1 without N/(N-1).

    Raises
    ------
    EstimationError
        If a unit is too short or its columns are collinear, naming its number among the sorted units.
    """
    X = sample.exogenous[:, sample.constants :]
    y = sample.outcome
    averages = np.zeros((len(y), X.shape[1] + 1))
    for t in np.unique(times):
        rows = times == t
        averages[rows] = np.column_stack([y, X])[rows].mean(axis=0)
    if request.estimator == "demeaned_mean_group":
        y, X = y - averages[:, 0], X - averages[:, 1:]
    nuisance = [np.ones((len(y), 1))]
    if request.estimator.startswith("cce"):
        nuisance.append(averages)
    if request.trend == "unit":
        nuisance.append((times - times.min())[:, None])
    N = np.column_stack(nuisance)
    if request.estimator == "cce_pooled":
        return _pooled(X, y, N, units)
    return _mean(np.column_stack([N[:, :1], X, N[:, 1:]]), y, units, X.shape[1] + 1)


def _mean(columns: np.ndarray, y: np.ndarray, units: np.ndarray, k: int) -> Unitwise:
    found, residuals = [], np.empty(len(y))
    for u in range(int(units.max()) + 1):
        rows = np.flatnonzero(units == u)
        b = _fitted(columns[rows], y[rows], u)
        residuals[rows] = y[rows] - columns[rows] @ b
        found.append(b[:k])
    by_unit = np.array(found)
    mean = by_unit.mean(axis=0)
    count = len(by_unit)
    left = np.array([np.delete(by_unit, g, axis=0).mean(axis=0) for g in range(count)]) - mean
    return Unitwise(coefficients=mean, by_unit=by_unit, piece=left.T @ left, residuals=residuals)


def _pooled(X: np.ndarray, y: np.ndarray, nuisance: np.ndarray, units: np.ndarray) -> Unitwise:
    """Every unit's own coefficients of constant and averages, one slope for all: by unit-wise residuals."""
    count, k = int(units.max()) + 1, X.shape[1]
    cleaned, target, slopes = np.empty_like(X), np.empty_like(y), []
    for u in range(count):
        rows = np.flatnonzero(units == u)
        left, singular, _ = np.linalg.svd(nuisance[rows], full_matrices=False)
        Q = left[:, singular > 1e-12 * singular[0]]
        cleaned[rows] = X[rows] - Q @ (Q.T @ X[rows])
        target[rows] = y[rows] - Q @ (Q.T @ y[rows])
        slopes.append(_fitted(np.column_stack([X[rows], nuisance[rows]]), y[rows], u)[:k])
    A = cleaned.T @ cleaned
    b = np.linalg.lstsq(cleaned, target, rcond=None)[0]
    by_unit = np.array(slopes)
    spread = by_unit - by_unit.mean(axis=0)
    B = np.zeros((k, k))
    for u in range(count):
        own = cleaned[units == u]
        B += np.outer(own.T @ (own @ spread[u]), own.T @ (own @ spread[u]))
    inverse = np.linalg.inv(A)
    return Unitwise(coefficients=b, by_unit=by_unit, piece=inverse @ B @ inverse, residuals=target - cleaned @ b)


def _fitted(columns: np.ndarray, y: np.ndarray, unit: int) -> np.ndarray:
    """Least squares by singular values, columns brought to size one."""
    rows, k = columns.shape
    size = np.linalg.norm(columns, axis=0)
    if rows <= k:
        raise EstimationError(
            f"unit number {unit + 1} has {counted(rows, 'rows')}; its own regression needs more than {k}",
            mend="leave out regressors, or units that are too short",
        )
    found, _, rank, _ = np.linalg.lstsq(columns / np.where(size > 0, size, 1.0), y, rcond=1e-11)
    if rank < k:
        raise EstimationError(
            f"in unit number {unit + 1} the regressors are collinear",
            mend="leave out regressors that do not vary in every unit",
        )
    return np.asarray(found / size)
