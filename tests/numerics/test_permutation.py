"""Placebo draws against refitting with explicit dummies; permutations stay within strata."""

import numpy as np
import pytest

from panelkit.numerics.permutation import PanelRows, pairs_weights, path_orders, permute_paths
from panelkit.numerics.projection import absorber


def staggered(units, times, rng):
    start = rng.integers(1, times + 3, units)
    return np.maximum(np.arange(times)[None, :] - start[:, None] + 1, 0).astype(float)


def refit(x, controls, s, w):
    root = np.sqrt(w)
    D = np.column_stack([x, controls, np.eye(s.unit.max() + 1)[s.unit], np.eye(s.time.max() + 1)[s.time]])
    y = s.y - s.y.mean()
    b = np.linalg.lstsq(D * root[:, None], y * root, rcond=1e-12)[0]
    rest = D[:, 1:]
    own = x - rest @ np.linalg.lstsq(rest * root[:, None], x * root, rcond=1e-12)[0]
    u = w * own * (y - D @ b)
    sums = np.array([u[s.unit == g].sum() for g in range(s.unit.max() + 1)])
    return b[0], b[0] / (np.sqrt(np.sum(sums**2)) / np.sum(w * own**2))


@pytest.mark.parametrize(("weighted", "keep"), [(False, 1.0), (True, 0.8)])
def test_equals_the_refitting_loop(sample, weighted, keep):
    s = sample(5, units=11, keep=keep)
    w = s.w if weighted else np.ones(len(s.y))
    path = staggered(11, 6, np.random.default_rng(0))
    controls = s.X[:, :2] - 50
    sweep = absorber([s.unit, s.time], s.w if weighted else None)
    strata = np.arange(11) % 2
    rows = PanelRows(unit_codes=s.unit, time_codes=s.time)
    got = permute_paths(path, rows, s.y, controls, sweep, s.unit, draws=40, seed=3, strata=strata)
    assert (got.estimate, got.statistic) == pytest.approx(refit(path[s.unit, s.time], controls, s, w), rel=1e-9)
    orders = path_orders(11, 40, 3, strata)
    want = np.array([refit(path[o[s.unit], s.time], controls, s, w) for o in orders])
    assert np.allclose(got.estimates, want[:, 0], rtol=1e-10, atol=1e-10)
    assert np.allclose(got.statistics, want[:, 1], rtol=1e-9, atol=1e-10)
    assert got.p == (1 + (np.abs(want[:, 0]) >= abs(got.estimate)).sum()) / 41
    assert got.undefined == 0


def test_orders_are_permutations_within_strata():
    strata = np.array([0, 1, 0, 1, 1, 2])
    orders = path_orders(6, 200, 1, strata)
    assert (np.sort(orders, axis=1) == np.arange(6)).all()
    assert (strata[orders] == strata).all()
    counts = np.bincount(orders[:, 1], minlength=6)
    assert counts[[1, 3, 4]].min() > 40


def test_absorbed_draws_are_counted(sample):
    s = sample(2, units=6, keep=1.0)
    path = np.zeros((6, 6))
    path[0, 3:] = 1.0
    control = (s.unit == 1) * (s.time > 2) * 1.0
    rows = PanelRows(unit_codes=s.unit, time_codes=s.time)
    got = permute_paths(path, rows, s.y, control, absorber([s.unit, s.time]), s.unit, draws=60, seed=1)
    to_second = (path_orders(6, 60, 1)[:, 1] == 0).sum()
    assert got.undefined == to_second > 0
    assert np.isnan(got.estimates).sum() == to_second
    with pytest.raises(ValueError, match="absorb the treatment"):
        permute_paths(path, rows, s.y, path[s.unit, s.time], absorber([s.unit]), s.unit, draws=5, seed=1)
    with pytest.raises(ValueError, match="outside"):
        permute_paths(path[:5], rows, s.y, None, absorber([s.unit]), s.unit, draws=5, seed=1)


def test_pairs_weights_draw_each_cluster_once_on_average():
    weights = pairs_weights(31, 4000, 7)
    assert weights.shape == (4000, 31)
    assert (weights.sum(axis=1) == 31).all()
    assert np.abs(weights.mean(axis=0) - 1).max() < 0.07
    assert np.array_equal(weights, pairs_weights(31, 4000, 7))
    with pytest.raises(ValueError, match="two clusters"):
        pairs_weights(1, 10, 0)
