"""Least squares against normal equations solved by numpy, two stages against the closed formula."""

import numpy as np
import pytest

from panelkit.numerics.least_squares import solve, two_stage


@pytest.mark.parametrize("weighted", [False, True])
def test_solution_satisfies_the_normal_equations(sample, weighted):
    s = sample(1)
    w = s.w if weighted else np.ones(len(s.y))
    X = np.column_stack([np.ones(len(s.y)), s.X])
    fit = solve(X, s.y, s.w if weighted else None)
    root = np.sqrt(w)[:, None]
    assert np.allclose(fit.coefficients, np.linalg.lstsq(X * root, s.y * root[:, 0], rcond=None)[0], rtol=1e-9)
    assert np.abs(X.T @ (w * fit.residuals)).max() < 1e-8
    assert np.allclose(fit.bread @ (X.T * w) @ X, np.eye(4), atol=1e-8)
    assert fit.rss == pytest.approx(np.sum(w * fit.residuals**2), rel=1e-14)


def test_two_stage_is_the_closed_formula_and_its_first_stage_f_a_plain_f(sample):
    s = sample(2, k=5)
    n = len(s.y)
    exog, endog, Z = np.column_stack([np.ones(n), s.X[:, 0]]), s.X[:, 1:2], s.X[:, 2:4]
    y = s.y + endog[:, 0]
    fit = two_stage(exog, endog, Z, y, s.w)
    W = np.diag(s.w)
    full, X = np.column_stack([exog, Z]), np.column_stack([exog, endog])
    P = full @ np.linalg.solve(full.T @ W @ full, full.T @ W)
    assert np.allclose(fit.coefficients, np.linalg.solve(X.T @ W @ P @ X, X.T @ W @ P @ y), rtol=1e-7)
    assert np.allclose(fit.regressors, P @ X)
    assert np.allclose(fit.residuals, y - X @ fit.coefficients)
    long, short = solve(full, endog[:, 0], s.w).rss, solve(exog, endog[:, 0], s.w).rss
    (stage,) = fit.first_stages
    assert (stage.df1, stage.df2) == (2, n - 4)
    assert stage.f == pytest.approx((short - long) / 2 / (long / (n - 4)), rel=1e-10)
    assert stage.partial_r2 == pytest.approx(1 - long / short, rel=1e-10)


def test_no_regressors_is_allowed():
    fit = solve(np.zeros((4, 0)), np.arange(4.0))
    assert fit.coefficients.shape == (0,)
    assert fit.rss == 14


def test_faults_are_named(sample):
    s = sample(1)
    with pytest.raises(ValueError, match=r"column 3 .* combination"):
        solve(np.column_stack([s.X, s.X[:, 0] + 2 * s.X[:, 1]]), s.y)
    with pytest.raises(ValueError, match="is zero"):
        solve(np.zeros((len(s.y), 1)), s.y)
    with pytest.raises(ValueError, match="cannot determine"):
        solve(s.X[:2], s.y[:2])
    with pytest.raises(ValueError, match="as many instruments"):
        two_stage(s.X[:, :1], s.X[:, 1:], s.X[:, :1], s.y)
