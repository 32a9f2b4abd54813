"""Tests of an instrumented equation: overidentification (Sargan, Hansen) and endogeneity. Strength is in weak_instruments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.least_squares import solve
from panelkit.numerics.residual_tests import Statistic
from panelkit.numerics.weak_instruments import Equation, Errors, Partialled, cross_meat, partial_out


def sargan(equation: Equation) -> Statistic:
    """Give back Sargan's chi2: n times the R2 of the 2SLS residuals on all instruments, l-m degrees of freedom.

    Raises
    ------
    ValueError
        If the equation is just identified, or as `partial_out`.

    Notes
    -----
    Assumes iid errors and that m of the instruments are valid: it compares instruments with each other and passes
    happily when all share one fault (as shift-share instruments from one source do). Weak instruments: meaningless.

    Source
    ------
    Sargan (1958, doi:10.2307/1907619); R AER `summary(ivreg, diagnostics)`, fixest `sargan`, Stata `estat overid`.
    """
    parts = partial_out(equation)
    df = _surplus(parts)
    u = _two_stage_residuals(parts)
    inside = parts.Q.T @ u
    return _chi2(u.shape[0] * float(inside @ inside) / float(u @ u), df)


def hansen_j(equation: Equation, errors: Errors) -> Statistic:
    """Give back Hansen's J at the two-step GMM estimate, weight from the 2SLS residuals, l-m degrees of freedom.

    Parameters
    ----------
    equation : overidentified.
    errors : robust or cluster; iid gives Sargan's statistic at factor 1.

    Raises
    ------
    ValueError
        If the equation is just identified, or there are no more clusters than instruments (the weight is singular).

    Notes
    -----
    Assumes as Sargan, without iid errors. With clusters not many times the instruments J is too SMALL (it is bounded by
    the number of clusters): a p near 1 is a warning, not a comfort.

    Source
    ------
    Hansen (1982, doi:10.2307/1912775); Stata ivreg2 `robust` or `cluster()`: moments not centred, no small-sample factor.
    """
    parts = partial_out(equation)
    df = _surplus(parts)
    u = _two_stage_residuals(parts)
    S = cross_meat(parts.Q, u, u, errors)
    values = np.linalg.eigvalsh(S)
    if values[0] <= 1e-12 * values[-1]:
        raise ValueError("the weight matrix is singular: more instruments than clusters")
    a, B = parts.Q.T @ parts.y, parts.Q.T @ parts.X
    root = np.linalg.inv(np.linalg.cholesky(S))
    rest = solve(root @ B, root @ a).residuals
    return _chi2(float(rest @ rest), df)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endogeneity:
    """Wu-Hausman F (under the errors assumed) and Durbin's chi2 (iid errors, whatever was assumed)."""

    wu_hausman: Wald
    durbin: Statistic


def endogeneity(equation: Equation, errors: Errors, parameters: int, df2: float | None = None) -> Endogeneity:
    """Give back the tests that the suspected regressors are exogenous: first-stage residuals added to least squares.

    Parameters
    ----------
    equation : see `Equation`.
    errors : iid gives the classical F (its factor is not used: n-K-m is the divisor); robust and cluster the Wald form.
    parameters : K of the structural equation: endogenous, exogenous, constant, rank of absorbed effects.
    df2 : None gives n-K-m.

    Raises
    ------
    ValueError
        If no degrees of freedom are left, or as `partial_out`.

    Notes
    -----
    Assumes valid, strong instruments. Not rejecting is no licence for least squares: with weak instruments the test has
    no power, and choosing the estimator by it distorts the size of what follows.

    Source
    ------
    Durbin (1954), Wu (1973, doi:10.2307/1914093), Hausman (1978). R AER (HC0 with factor 1), fixest `wh`, Stata `estat endogenous`.
    """
    parts = partial_out(equation)
    n, m = parts.X.shape
    free = n - parameters - m
    if free <= 0:
        raise ValueError(f"{n} rows leave no degrees of freedom for {parameters + m} parameters")
    v = parts.X - parts.Q @ (parts.Q.T @ parts.X)
    plain, full = solve(parts.X, parts.y), solve(np.column_stack([parts.X, v]), parts.y)
    gain = plain.rss - full.rss
    if errors.kind == "iid":
        V = full.bread * (full.rss / free)
    else:
        V = full.bread @ cross_meat(np.column_stack([parts.X, v]), full.residuals, full.residuals, errors) @ full.bread
    test = wald(full.coefficients[m:], V[m:, m:], float(free) if df2 is None else df2)
    return Endogeneity(wu_hausman=test, durbin=_chi2(n * gain / plain.rss, m))


def _surplus(parts: Partialled) -> int:
    df = parts.Q.shape[1] - parts.X.shape[1]
    if df == 0:
        raise ValueError("the equation is just identified: there is nothing to test")
    return df


def _two_stage_residuals(parts: Partialled) -> FloatArray:
    fitted = parts.Q @ (parts.Q.T @ parts.X)
    return parts.y - parts.X @ solve(fitted, parts.y).coefficients


def _chi2(statistic: float, df: float) -> Statistic:
    from scipy import special

    return Statistic(statistic=float(statistic), df=(float(df),), p=float(special.chdtrc(df, statistic)))
