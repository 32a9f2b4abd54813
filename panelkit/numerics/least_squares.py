"""Least squares and two-stage least squares on arrays already residualised. No standard error is computed here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix, row_weights, vector

RANK_TOLERANCE = 1e-11  # remainder of a column after the earlier ones, as a share of its own norm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """Coefficients (k,), residuals y - Xb (n,), bread (X'WX)^-1 (k, k) and the weighted residual sum of squares."""

    coefficients: FloatArray
    residuals: FloatArray
    bread: FloatArray
    rss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStage:
    """Classical F of the excluded instruments for one endogenous variable, and their partial R2."""

    f: float
    df1: int
    df2: int
    partial_r2: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoStage:
    """As `Solution`, with `regressors` (n, k) = [exogenous, fitted endogenous] for sandwich scores.

    `residuals` use the actual endogenous variables. `first_stages` follow the order of `endog`.
    """

    coefficients: FloatArray
    residuals: FloatArray
    bread: FloatArray
    rss: float
    regressors: FloatArray
    first_stages: tuple[FirstStage, ...]


def solve(X: FloatArray, y: FloatArray, w: FloatArray | None = None) -> Solution:
    """Give back the (weighted) least-squares solution by QR.

    Parameters
    ----------
    X : (n, k), k may be 0.
    y : (n,).
    w : (n,) above zero, or None.

    Raises
    ------
    ValueError
        If lengths differ, values are missing, n < k, or a column is a combination of the earlier ones (name it with
        `projection.collinear` before calling).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(10.0)
    >>> solve(np.column_stack([np.ones(10), x]), 3 + 2 * x).coefficients.round(12).tolist()
    [3.0, 2.0]
    """
    design = matrix(X, "X")
    n = design.shape[0]
    outcome = vector(y, "y", n)
    weights = row_weights(w, n)
    root = np.ones(n) if weights is None else np.sqrt(weights)
    coefficients, bread = _least_squares(design * root[:, None], outcome * root)
    residuals = outcome - design @ coefficients
    return Solution(
        coefficients=coefficients,
        residuals=residuals,
        bread=bread,
        rss=float(np.sum((root * residuals) ** 2)),
    )


def two_stage(
    X_exog: FloatArray,
    endog: FloatArray,
    Z: FloatArray,
    y: FloatArray,
    w: FloatArray | None = None,
    absorbed: int = 0,
) -> TwoStage:
    """Give back two-stage least squares; the coefficients are those of [X_exog, endog], in this order.

    Parameters
    ----------
    X_exog : (n, k1) included exogenous columns (k1 may be 0), a constant among them if there is one.
    endog : (n,) or (n, k2) endogenous regressors.
    Z : (n,) or (n, m) excluded instruments, m >= k2.
    y : (n,).
    w : (n,) above zero, or None.
    absorbed : rank of the effects already projected off (`Absorber.rank`), for df2 of the first-stage F.

    Raises
    ------
    ValueError
        If there are fewer instruments than endogenous regressors, columns are collinear, or no degrees of freedom
        are left.

    Source
    ------
    Theil (1953); first-stage F as fixest `fitstat(~ivf)` under classical errors and ivreg2.
    """
    exog = matrix(X_exog, "the exogenous regressors")
    n = exog.shape[0]
    inner = matrix(endog, "the endogenous regressors", n)
    instruments = matrix(Z, "the instruments", n)
    outcome = vector(y, "y", n)
    if instruments.shape[1] < inner.shape[1]:
        raise ValueError(f"{inner.shape[1]} endogenous regressors need as many instruments, not {instruments.shape[1]}")
    weights = row_weights(w, n)
    root = np.ones(n) if weights is None else np.sqrt(weights)
    full = np.column_stack([exog, instruments])
    df2 = n - full.shape[1] - absorbed
    if df2 <= 0:
        raise ValueError(f"{n} rows leave no degrees of freedom for the first stage")
    pairs = [_first_stage(inner[:, j], full, exog, root, df2) for j in range(inner.shape[1])]
    fitted = [fit for fit, _ in pairs]
    regressors = np.column_stack([exog, *fitted])
    coefficients, bread = _least_squares(regressors * root[:, None], outcome * root)
    residuals = outcome - np.column_stack([exog, inner]) @ coefficients
    return TwoStage(
        coefficients=coefficients,
        residuals=residuals,
        bread=bread,
        rss=float(np.sum((root * residuals) ** 2)),
        regressors=regressors,
        first_stages=tuple(stage for _, stage in pairs),
    )


def _first_stage(
    column: FloatArray, full: FloatArray, exog: FloatArray, root: FloatArray, df2: int
) -> tuple[FloatArray, FirstStage]:
    """Fitted values of one endogenous variable and the F of what `full` adds to `exog`."""
    with_z, _ = _least_squares(full * root[:, None], column * root)
    without, _ = _least_squares(exog * root[:, None], column * root)
    fit = full @ with_z
    rss = float(np.sum((root * (column - fit)) ** 2))
    restricted = float(np.sum((root * (column - exog @ without)) ** 2))
    df1 = full.shape[1] - exog.shape[1]
    f = (restricted - rss) / df1 / (rss / df2) if rss > 0 else float("inf")
    r2 = 1 - rss / restricted if restricted > 0 else float("nan")
    return fit, FirstStage(f=f, df1=df1, df2=df2, partial_r2=r2)


def _least_squares(X: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients (k,) and (X'X)^-1 by QR of the columns scaled to norm one, with one step of refinement."""
    n, k = X.shape
    if k == 0:
        return np.zeros(0), np.zeros((0, 0))
    if n < k:
        raise ValueError(f"{n} rows cannot determine {k} coefficients")
    length = np.sqrt((X**2).sum(axis=0))
    if (length == 0).any():
        raise ValueError(f"column {int(np.argmin(length))} of the regressors is zero: nothing is left of it")
    q, r = np.linalg.qr(X / length)
    left = np.abs(np.diag(r))
    if (left < RANK_TOLERANCE).any():
        column = int(np.argmax(left < RANK_TOLERANCE))
        raise ValueError(f"column {column} of the regressors is a combination of the earlier ones")
    inverse = np.linalg.solve(r, np.eye(k)) / length[:, None]
    coefficients = inverse @ (q.T @ y)
    coefficients = coefficients + inverse @ (q.T @ (y - X @ coefficients))
    return coefficients, inverse @ inverse.T
