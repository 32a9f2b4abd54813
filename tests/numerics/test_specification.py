"""Specification tests against matrix formulas and laws."""

import numpy as np
import pytest
from scipy import stats

from panelkit.numerics.projection import absorber, dummy_columns
from panelkit.numerics.specification import (
    added_terms,
    collinearity,
    hausman,
    nested_f,
    own_ranks,
    poolability,
    reset,
    robust_hausman,
)


def rss(X, y):
    return float(np.sum((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2))


def test_hausman_by_hand_and_its_rank():
    V, V2 = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([[1.0, 0.1], [0.1, 0.5]])
    b, b2 = np.array([1.0, 2.0]), np.array([0.2, 2.5])
    got = hausman(b, V, b2, V2)
    want = (b - b2) @ np.linalg.solve(V - V2, b - b2)
    assert (got.statistic, got.df) == (pytest.approx(want), 2)
    assert got.p == pytest.approx(stats.chi2.sf(want, 2))
    scale = np.diag([1e6, 1e-4])
    again = hausman(scale @ b, scale @ V @ scale, scale @ b2, scale @ V2 @ scale)
    assert again.statistic == pytest.approx(want, rel=1e-9)
    # A direction in which the two are equally precise drops out, in either unit.
    flat = hausman(b, np.diag([2.0, 1.0]), b2, np.diag([1.0, 1.0]))
    assert (flat.df, flat.statistic) == (1, pytest.approx(0.64))


def test_a_negative_statistic_is_given_as_it_is():
    got = hausman(np.array([1.0]), np.array([[1.0]]), np.array([0.0]), np.array([[2.0]]))
    assert (got.statistic, got.negative, got.p) == (-1.0, True, None)
    mixed = hausman(np.array([2.0, 0.1]), np.diag([2.0, 1.0]), np.zeros(2), np.diag([1.0, 2.0]))
    assert mixed.indefinite
    assert not mixed.negative
    with pytest.raises(ValueError, match="equal"):
        hausman(np.ones(1), np.ones((1, 1)), np.zeros(1), np.ones((1, 1)))
    with pytest.raises(ValueError, match="do not fit"):
        hausman(np.ones(2), np.eye(2), np.zeros(2), np.ones((2, 1)))


def means(values, unit):
    return np.stack([np.bincount(unit, weights=c) / np.bincount(unit) for c in values.T], axis=1)[unit]


def test_mundlak_coefficients_are_the_gap_of_between_and_within(sample):
    s = sample(1)
    m = means(s.X, s.unit)
    got = robust_hausman(s.X - m, m, s.y, s.unit, factor=1.3)
    design = np.column_stack([np.ones(len(s.y)), s.X, m])
    b = np.linalg.lstsq(design, s.y, rcond=None)[0]
    bread = np.linalg.inv(design.T @ design)
    u = s.y - design @ b
    sums = np.stack([np.bincount(s.unit, weights=c) for c in (design * u[:, None]).T], axis=1)
    V = 1.3 * bread @ sums.T @ sums @ bread
    want = b[4:] @ np.linalg.solve(V[4:, 4:], b[4:]) / 3
    assert got.statistic == pytest.approx(want, rel=1e-5)
    assert got.df2 == 8
    assert got.p == pytest.approx(stats.f.sf(got.statistic, 3, 8), rel=1e-9)
    within = np.linalg.lstsq(s.X - m, s.y - means(s.y[:, None], s.unit)[:, 0], rcond=None)[0]
    assert b[1:4] == pytest.approx(within, rel=1e-6)  # Mundlak (1978)


def test_mundlak_names_what_it_cannot_do(sample):
    s = sample(1)
    m = means(s.X, s.unit)
    with pytest.raises(ValueError, match="do not fit"):
        robust_hausman(s.X - m, m[:, :2], s.y, s.unit)


def test_added_terms_is_the_f_of_a_nested_regression(sample):
    s = sample(2)
    n = len(s.y)
    base = np.column_stack([np.ones(n), s.X[:, :1]])
    got = added_terms(base, s.X[:, 1:], s.y)
    full = rss(np.column_stack([base, s.X[:, 1:]]), s.y)
    want = nested_f(rss(base, s.y), n - 2, full, n - 4)
    assert (got.statistic, got.df1, got.df2) == (pytest.approx(want.statistic, rel=1e-6), 2, n - 4)
    assert want.p == pytest.approx(stats.f.sf(want.statistic, 2, n - 4))
    with pytest.raises(ValueError, match="restricted model"):
        nested_f(1.0, 10, 2.0, 8)


@pytest.mark.parametrize("against", ["within", "pooling"])
def test_poolability_by_dummies(sample, against):
    s = sample(3, units=5, times=9, keep=0.9)
    D = dummy_columns(s.unit, drop_first=False)
    every = np.column_stack([D, *(D * s.X[:, [j]] for j in range(3))])
    n = len(s.y)
    small = np.column_stack([D if against == "within" else np.ones(n), s.X])
    got = poolability(s.X, s.y, s.unit, against)
    want = nested_f(rss(small, s.y), n - small.shape[1], rss(every, s.y), n - 20)
    assert got.statistic == pytest.approx(want.statistic, rel=1e-6)
    assert (got.df1, got.df2) == (want.df1, want.df2)


def test_poolability_counts_the_slopes_that_units_identify(sample):
    s = sample(3, units=5, times=9)
    short = np.where(np.arange(len(s.y)) < 3, 5, s.unit)  # three rows, three slopes and a constant: an exact fit
    assert own_ranks(s.X, short).tolist() == [3, 3, 3, 3, 3, 2]
    kept = short != 5
    alone, with_short = poolability(s.X[kept], s.y[kept], s.unit[kept]), poolability(s.X, s.y, short)
    assert (with_short.df1, with_short.df2) == (alone.df1 + 2, alone.df2)
    still = s.X.copy()
    still[s.unit == 2, 1] = 4.0
    assert poolability(still, s.y, s.unit).df1 == 4 * 3 - 1


def test_reset_by_dummies(sample):
    s = sample(4)
    sweep = absorber([s.unit, s.time])
    D = np.column_stack([dummy_columns(s.unit, drop_first=False), dummy_columns(s.time)])
    full = np.column_stack([D, s.X])
    fitted = full @ np.linalg.lstsq(full, s.y, rcond=None)[0]
    z = (fitted - fitted.mean()) / 100
    n, k = full.shape
    big = np.column_stack([full, z**2, z**3])
    want = nested_f(rss(full, s.y), n - k, rss(big, s.y), n - k - 2)
    got = reset(sweep.residualise(s.X), sweep.residualise(s.y), fitted, sweep)
    assert got.statistic == pytest.approx(want.statistic, rel=1e-5)
    assert (got.df1, got.df2) == (2, n - k - 2)
    assert reset(sweep.residualise(s.X), sweep.residualise(s.y), fitted, sweep, cluster_codes=s.unit).df2 == 8
    with pytest.raises(ValueError, match="powers of 2"):
        reset(sweep.residualise(s.X), sweep.residualise(s.y), fitted, sweep, powers=(1,))


def test_reset_finds_a_square_and_keeps_its_size():
    found, false = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.uniform(0, 2, size=120)
        X = np.column_stack([np.ones(120), x])
        sweep = absorber([])
        sweep_rows = absorber([np.zeros(120, dtype=int)])
        assert sweep.rows == 0 or sweep_rows.rows == 120
        for curve, out in ((1.0, found), (0.0, false)):
            y = x + curve * x**2 + rng.normal(size=120)
            fit = X @ np.linalg.lstsq(X, y, rcond=None)[0]
            R = sweep_rows.residualise
            out.append(reset(R(x[:, None]), R(y), fit, sweep_rows, powers=(2,)).p < 0.05)
    assert np.mean(found) > 0.7
    assert 0.015 < np.mean(false) < 0.1


def test_collinearity_is_the_inverse_correlation(sample):
    s = sample(5)
    X = s.X - s.X.mean(axis=0)
    X[:, 2] = X[:, 0] + X[:, 1] + 0.1 * X[:, 2]
    got = collinearity(X)
    assert got.vif == pytest.approx(np.diag(np.linalg.inv(np.corrcoef(X.T))), rel=1e-9)
    assert got.condition_number == pytest.approx(np.linalg.cond(X / np.linalg.norm(X, axis=0)), rel=1e-9)
    assert got.shares.sum(axis=0) == pytest.approx(np.ones(3))
    assert got.shares[-1].min() > 0.9  # all three coefficients suffer from the one near-dependence
    assert collinearity(X * [1, 1e6, 1e-6]).vif == pytest.approx(got.vif, rel=1e-9)
    with pytest.raises(ValueError, match="zero"):
        collinearity(np.zeros((5, 1)))
