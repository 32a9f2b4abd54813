"""The wild bootstrap against a plain loop that refits on every draw."""

import numpy as np
import pytest

from panelkit.numerics import wild
from panelkit.numerics.projection import absorber


def refitting_loop(X, y, codes, effects, w, j, draws, restricted, null):
    """Fit y* on X and explicit dummies for every draw; clustered t without a factor."""
    root = np.sqrt(w)
    full = np.column_stack([X - X.mean(axis=0), *[np.eye(c.max() + 1)[c] for c in effects]])

    def fit(design, target):
        return np.linalg.lstsq(design * root[:, None], target * root, rcond=1e-12)[0]

    def t_of(target, at):
        b = fit(full, target)
        u = target - full @ b
        rest = np.delete(full, j, axis=1)
        own = full[:, j] - rest @ fit(rest, full[:, j])
        sums = np.array([np.sum((w * own * u)[codes == g]) for g in range(codes.max() + 1)])
        return (b[j] - at) / (np.sqrt(np.sum(sums**2)) / np.sum(w * own**2)), b[j]

    y = y - y.mean()
    t, b = t_of(y, null)
    if restricted:
        rest = np.delete(full, j, axis=1)
        fitted = rest @ fit(rest, y - null * full[:, j]) + null * full[:, j]
        at = null
    else:
        fitted, at = full @ fit(full, y), b
    return t, np.array([t_of(fitted + (y - fitted) * v[codes], at)[0] for v in draws])


@pytest.mark.parametrize("weights", ["rademacher", "webb", "mammen"])
@pytest.mark.parametrize(
    ("restricted", "null", "weighted"), [(True, 0.0, False), (True, 0.7, True), (False, 0.0, True)]
)
def test_equals_the_refitting_loop(sample, weights, restricted, null, weighted):
    s = sample(7)
    w = s.w if weighted else np.ones(len(s.y))
    sweep = absorber([s.unit, s.time], s.w if weighted else None)
    X, y = sweep.residualise(s.X), sweep.residualise(s.y)
    got = wild.wild_cluster(
        X, y, s.unit, sweep, 1, restricted=restricted, weights=weights, draws=60, seed=11, null=null
    )
    draws = wild.wild_weights(9, weights, 60, 11)
    t, want = refitting_loop(s.X, s.y, s.unit, (s.unit, s.time), w, 1, draws, restricted, null)
    assert got.statistic == pytest.approx(t, rel=1e-9)
    assert np.allclose(got.statistics, want, rtol=1e-10, atol=1e-10)
    assert got.p == (1 + (np.abs(want) >= abs(t) * (1 - 1e-10)).sum()) / 61
    assert not got.enumerated


def test_all_sign_vectors_are_used_when_there_are_few(sample):
    s = sample(3)
    sweep = absorber([s.unit, s.time])
    args = (sweep.residualise(s.X), sweep.residualise(s.y), s.unit, sweep, 0)
    got = wild.wild_cluster(*args, draws=512, seed=1)
    assert got.enumerated
    assert got.draws_used == 512
    assert np.abs(got.statistics[0] - got.statistic) < 1e-9
    assert got.p >= 2 / 512
    assert np.array_equal(got.statistics, wild.wild_cluster(*args, draws=999, seed=2).statistics)
    assert wild.enumerated_signs(3)(8)[0].tolist() == [1.0, 1.0, 1.0]
    assert len(np.unique(wild.enumerated_signs(5)(32), axis=0)) == 32


@pytest.mark.parametrize("restricted", [True, False])
def test_the_set_is_where_the_same_draws_do_not_reject(sample, restricted):
    s = sample(4, units=12)
    sweep = absorber([s.unit, s.time])
    args = (sweep.residualise(s.X), sweep.residualise(s.y), s.unit, sweep, 2)
    got = wild.wild_cluster(*args, restricted=restricted, draws=799, seed=5)
    width = got.high - got.low
    for edge, inward in ((got.low, 1), (got.high, -1)):
        for side, rejected in ((-1, True), (1, False)):
            null = edge + side * inward * 1e-6 * width
            again = wild.wild_cluster(*args, restricted=restricted, draws=799, seed=5, null=null)
            assert (again.p <= 0.05) == rejected


def test_bytes_do_not_depend_on_the_block(sample, monkeypatch):
    s = sample(9, units=14)
    draws = wild.wild_weights(14, "webb", 100, 3)
    sweep = absorber([s.unit])
    args = (sweep.residualise(s.X), sweep.residualise(s.y), s.unit, sweep, 0)
    whole = wild.wild_cluster(*args, weights="webb", draws=100, seed=3)
    monkeypatch.setattr(wild, "BLOCK", 7)
    blocks = wild.random_weights(14, "webb", 3)
    assert np.array_equal(np.vstack([blocks(7) for _ in range(14)] + [blocks(2)]), draws)
    assert np.allclose(wild.wild_cluster(*args, weights="webb", draws=100, seed=3).statistics, whole.statistics)


def test_weights_have_mean_zero_and_variance_one():
    for name in ("rademacher", "webb", "mammen"):
        points, upto = wild._points(name)
        share = np.diff(np.concatenate([[0], upto, [1]]))
        assert share @ points == pytest.approx(0, abs=1e-12)
        assert share @ points**2 == pytest.approx(1, abs=1e-12)


def test_a_set_that_never_closes_is_infinite(sample):
    s = sample(1, units=4, keep=1.0)
    sweep = absorber([s.unit])
    got = wild.wild_cluster(sweep.residualise(s.X), sweep.residualise(s.y), s.unit, sweep, 0, draws=16)
    assert got.enumerated
    assert (got.low, got.high) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"index": 3}, "no column 3"), ({"draws": 0}, "one draw"), ({"weights": "normal"}, "bootstrap weights")],
)
def test_faults_are_named(sample, change, words):
    s = sample(1)
    sweep = absorber([s.unit])
    call = {"X": sweep.residualise(s.X), "y": sweep.residualise(s.y), "codes": s.unit, "absorber": sweep, "index": 0}
    with pytest.raises(ValueError, match=words):
        wild.wild_cluster(**{**call, **change})


@pytest.mark.parametrize("weighted", [False, True])
def test_without_effects_a_constant_in_x_does(sample, weighted):
    s = sample(8)
    w = s.w if weighted else np.ones(len(s.y))
    X = np.column_stack([s.X - 50, np.ones(len(s.y))])
    sweep = absorber([], s.w if weighted else None)
    got = wild.wild_cluster(X, s.y, s.unit, sweep, 0, weights="webb", draws=30, seed=4)
    everyone = np.zeros(len(s.y), dtype=int)
    t, want = refitting_loop(
        s.X, s.y, s.unit, (everyone,), w, 0, wild.wild_weights(9, "webb", 30, 4), restricted=True, null=0.0
    )
    assert got.statistic == pytest.approx(t, rel=1e-9)
    assert np.allclose(got.statistics, want, rtol=1e-10, atol=1e-10)
