"""Leverages against the hat matrix with every dummy written out; HC3 residuals against refitting without the row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import sandwich
from panelkit.numerics.least_squares import solve
from panelkit.numerics.leverage import hat_values, hc2, hc3, rescaled
from panelkit.numerics.projection import absorber


def dense_hat(columns, w):
    scaled = columns * np.sqrt(w)[:, None]
    return np.diag(scaled @ np.linalg.pinv(scaled, rcond=1e-11))


def dummies(codes):
    return np.eye(codes.max() + 1)[codes]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 5000), weighted=st.booleans(), ways=st.integers(0, 3), trends=st.integers(0, 2))
def test_equal_to_the_dense_hat_matrix(sample, seed, weighted, ways, trends):
    s = sample(seed)
    w = s.w if weighted else None
    codes = [s.unit, s.time, np.arange(len(s.y)) % 4][:ways]
    slopes = [(0, s.time.astype(float)), (0, s.time.astype(float) ** 2)][: trends if ways else 0]
    if ways > 1 and trends == 2:
        slopes[1] = (1, s.X[:, 0] ** 2)
    sweep = absorber(codes, w, slopes)
    columns = [dummies(c) for c in codes] + [dummies(codes[i]) * (v - v.mean())[:, None] for i, v in slopes]
    X = sweep.residualise(s.X)
    got = hat_values(X, sweep)
    ones = s.w if weighted else np.ones(len(s.y))
    want = dense_hat(np.column_stack([*columns, s.X - 50 if ways else s.X]), ones)
    assert np.allclose(got.values, want, rtol=1e-8, atol=1e-10)
    if ways:
        assert np.allclose(got.effects, dense_hat(np.column_stack(columns), ones), rtol=1e-8, atol=1e-10)
    assert got.values.sum() == pytest.approx(sweep.rank + 3, rel=1e-10)
    assert got.values.max() <= 1 + 1e-10


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 5000))
def test_row_order_and_units_do_not_matter(sample, seed):
    s = sample(seed)
    turn = np.random.default_rng(seed).permutation(len(s.y))

    def run(rows, scale):
        sweep = absorber([s.unit[rows], s.time[rows]], s.w[rows] * scale)
        X = sweep.residualise(s.X[rows] * scale)
        fit = solve(X, sweep.residualise(s.y[rows]), s.w[rows] * scale)
        hat = hat_values(X, sweep)
        return hat.values, hc3(fit.bread, X, fit.residuals * s.w[rows] * scale, hat) * scale**2

    (h, V), (other_h, other_V) = run(np.arange(len(turn)), 1.0), run(turn, 1000.0)
    assert np.allclose(h[turn], other_h, rtol=1e-9)
    assert np.allclose(V, other_V, rtol=1e-9)


def test_hc3_residual_is_the_residual_without_the_row(sample):
    s = sample(3)
    sweep = absorber([s.unit, s.time])
    X = sweep.residualise(s.X)
    fit = solve(X, sweep.residualise(s.y))
    left = rescaled(fit.residuals, hat_values(X, sweep), 1.0)
    full = np.column_stack([s.X - 50, dummies(s.unit), dummies(s.time)])
    for row in (0, 7, 20):
        others = np.arange(len(s.y)) != row
        b = np.linalg.lstsq(full[others], s.y[others], rcond=1e-12)[0]
        assert left[row] == pytest.approx(s.y[row] - full[row] @ b, rel=1e-9)


def test_a_singleton_counts_as_dropped(sample):
    s = sample(4)
    unit = np.append(s.unit, s.unit.max() + 1)
    time = np.append(s.time, 0)
    X, y = np.vstack([s.X, [[1.0, 2.0, 3.0]]]), np.append(s.y, 5.0)

    def run(rows):
        sweep = absorber([unit[rows], time[rows]])
        kept = sweep.residualise(X[rows])
        fit = solve(kept, sweep.residualise(y[rows]))
        hat = hat_values(kept, sweep)
        return hc2(fit.bread, kept, fit.residuals, hat), hc3(fit.bread, kept, fit.residuals, hat)

    for ours, dropped in zip(run(np.arange(len(y))), run(np.arange(len(y) - 1)), strict=True):
        assert np.allclose(ours, dropped, rtol=1e-9)


def test_a_row_fitted_by_a_regressor_is_refused_and_named(sample):
    s = sample(5)
    X = np.column_stack([s.X, np.arange(len(s.y)) == 6])
    sweep = absorber([s.unit])
    X = sweep.residualise(X)
    fit = solve(X, sweep.residualise(s.y))
    with pytest.raises(ValueError, match="first rows 6"):
        hc3(fit.bread, X, fit.residuals, hat_values(X, sweep))


def test_no_effects_and_faults(sample):
    s = sample(6)
    X = np.column_stack([np.ones(len(s.y)), s.X])
    fit = solve(X, s.y)
    hat = hat_values(X, absorber([]))
    assert not hat.effects.any()
    assert np.trace(hc3(fit.bread, X, fit.residuals, hat)) > np.trace(sandwich.hc0(fit.bread, X, fit.residuals))
    with pytest.raises(ValueError, match="rows"):
        hat_values(X[:-1], absorber([s.unit]))
    with pytest.raises(ValueError, match="combination"):
        hat_values(X[:, [1, 1]], absorber([]))
