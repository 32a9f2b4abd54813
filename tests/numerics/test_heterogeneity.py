"""Heterogeneous slopes: laws, a matrix formula, size and power at 13 periods."""

import numpy as np
import pytest

from panelkit.numerics.heterogeneity import cce_pooled, mean_group, slope_homogeneity, swamy


def draw(seed, units=31, times=13, k=2, spread=0.0, factor=0.0):
    rng = np.random.default_rng(seed)
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(units), np.arange(times), indexing="ij"))
    F = factor * rng.normal(size=times)[time]
    X = rng.normal(size=(len(unit), k)) + rng.normal(size=(units, k))[unit] + F[:, None]
    slopes = 1 + spread * rng.normal(size=(units, k))
    y = (
        (X * slopes[unit]).sum(axis=1)
        + rng.normal(size=units)[unit]
        + F * rng.normal(size=units)[unit]
        + rng.normal(size=len(unit))
    )
    return X, y, unit, time, slopes


def test_pesaran_yamagata_by_matrices():
    X, y, unit, _, _ = draw(1, 6, 13)
    T, k, M = 13, 2, np.eye(13) - 1 / 13
    parts = [(X[unit == i].T @ M @ X[unit == i], X[unit == i].T @ M @ y[unit == i]) for i in range(6)]
    fe = np.linalg.solve(sum(a for a, _ in parts), sum(b for _, b in parts))
    s2 = [((e := M @ (y[unit == i] - X[unit == i] @ fe)) @ e) / (T - 1) for i in range(6)]
    wfe = np.linalg.solve(
        sum(a / s for (a, _), s in zip(parts, s2, strict=True)), sum(b / s for (_, b), s in zip(parts, s2, strict=True))
    )
    S = 0.0
    for (a, b), s in zip(parts, s2, strict=True):
        gap = np.linalg.solve(a, b) - wfe
        S += gap @ a @ gap / s
    got = slope_homogeneity(X, y, unit)
    assert got.dispersion == pytest.approx(S)
    assert got.delta.statistic == pytest.approx(np.sqrt(6) * (S / 6 - k) / np.sqrt(2 * k))
    assert got.adjusted.statistic == pytest.approx(np.sqrt(6) * (S / 6 - k) / np.sqrt(2 * k * (T - k - 1) / (T + 1)))


def test_size_and_power_at_13_periods():
    rates = {}
    for spread in (0.0, 0.7):
        data = [draw(s, spread=spread) for s in range(150)]
        rates[spread] = np.mean([slope_homogeneity(*d[:3]).adjusted.p < 0.05 for d in data])
        rates["swamy", spread] = np.mean([swamy(*d[:3]).p < 0.05 for d in data])
    assert rates[0.0] < 0.12
    assert rates[0.7] > 0.8
    assert rates["swamy", 0.0] > 0.2  # Swamy over-rejects at T = 13, as its docstring says


def test_mean_group_recovers_the_mean_slope_and_its_error():
    X, y, unit, time, slopes = draw(2, 60, 40, spread=0.5)
    got = mean_group(X, y, unit, time)
    assert got.coefficients[1:] == pytest.approx(slopes.mean(axis=0), abs=0.1)
    assert got.covariance == pytest.approx(np.cov(got.by_unit.T) / 60)
    trended = mean_group(X, y + unit * time, unit, time, trend="unit")
    assert trended.coefficients[3] == pytest.approx(mean_group(X, y, unit, time, trend="unit").coefficients[3] + 29.5)


def test_cce_removes_a_common_factor():
    """A factor in y and X: CCE is right where the plain mean group is not; and it is blind to the averages."""
    X, y, unit, time, slopes = draw(3, 60, 40, factor=3.0)
    y = y + 3 * np.random.default_rng(8).normal(size=40).cumsum()[time]
    base = mean_group(X, y, unit, time, "added").coefficients[1:3]
    assert base == pytest.approx(slopes.mean(axis=0), abs=0.12)
    pooled = cce_pooled(X, y, unit, time)
    averages = np.stack([np.bincount(time, weights=c)[time] / 60 for c in (y, *X.T)], axis=1)
    shifted = cce_pooled(X, y + averages @ [2.0, -1.0, 0.5], unit, time)
    assert pooled.coefficients == pytest.approx(slopes.mean(axis=0), abs=0.12)
    assert shifted.coefficients == pytest.approx(pooled.coefficients, rel=1e-6)


def test_cce_pooled_is_one_regression_with_unit_by_average_columns():
    X, y, unit, time, _ = draw(4, 8, 15)
    keep = np.random.default_rng(1).random(len(y)) < 0.9
    X, y, unit, time = X[keep], y[keep], unit[keep], time[keep]
    H = np.column_stack(
        [np.ones(len(y)), *(np.bincount(time, weights=c)[time] / np.bincount(time)[time] for c in [y, *X.T])]
    )
    D = (unit[:, None] == np.arange(8)).astype(float)
    full = np.column_stack([X, *(D * H[:, [j]] for j in range(H.shape[1]))])
    want = np.linalg.lstsq(full, y, rcond=None)[0][:2]
    assert cce_pooled(X, y, unit, time).coefficients == pytest.approx(want, rel=1e-8)


def test_short_units_are_named():
    X, y, unit, time, _ = draw(5, 4, 8)
    keep = ~((unit == 2) & (time > 3))
    with pytest.raises(ValueError, match="unit 2 has 4 rows"):
        mean_group(X[keep], y[keep], unit[keep], time[keep], "added")
    with pytest.raises(ValueError, match="unit 2 has 4 rows"):
        cce_pooled(X[keep], y[keep], unit[keep], time[keep])
    keep = ~((unit == 2) & (time > 2))
    for call in (slope_homogeneity, swamy):
        with pytest.raises(ValueError, match="unit 2 has 3 rows"):
            call(X[keep], y[keep], unit[keep])
    with pytest.raises(ValueError, match="two rows in one period"):
        mean_group(X, y, unit, np.minimum(time, 6))
    with pytest.raises(ValueError, match="none, subtracted or added"):
        mean_group(X, y, unit, time, "cce")
