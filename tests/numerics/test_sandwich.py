"""Covariances against their definitions; the jackknife against refitting without each cluster."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import sandwich
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import absorber, dummy_columns


def test_cluster_by_definition_and_singleton_clusters_are_hc0(sample):
    s = sample(1)
    fit = solve(s.X, s.y)
    meat = sum(
        np.outer(v, v) for g in range(s.unit.max() + 1) for v in [s.X[s.unit == g].T @ fit.residuals[s.unit == g]]
    )
    assert np.allclose(sandwich.cluster(fit.bread, s.X, fit.residuals, s.unit), fit.bread @ meat @ fit.bread)
    alone = sandwich.cluster(fit.bread, s.X, fit.residuals, np.arange(len(s.y)))
    assert np.allclose(alone, sandwich.hc0(fit.bread, s.X, fit.residuals), rtol=1e-10)
    assert np.allclose(sandwich.classical(fit.bread, fit.rss, 10.0), fit.bread * fit.rss / 10)


def test_twoway_is_the_sum_less_the_intersection_and_cuts_only_when_asked(sample):
    s = sample(2, units=4, times=4, keep=1.0)
    fit = solve(s.X, s.y)
    raw, cut = sandwich.twoway(fit.bread, s.X, fit.residuals, s.unit, s.time)
    both = sandwich.intersection(s.unit, s.time, 4)
    parts = [sandwich.cluster(fit.bread, s.X, fit.residuals, c) for c in (s.unit, s.time, both)]
    assert np.allclose(raw, parts[0] + parts[1] - parts[2])
    assert not cut
    seen = False
    for seed in range(20):
        t = sample(seed, units=4, times=4, keep=1.0)
        fit = solve(t.X, t.y)
        V, cut = sandwich.twoway(fit.bread, t.X, fit.residuals, t.unit, t.time, fix_psd=True)
        assert np.linalg.eigvalsh(V)[0] > -1e-12 * np.abs(V).max()
        seen |= cut
    assert seen


def refit(s, codes, rows, w):
    D = [np.eye(c.max() + 1)[c] for c in codes]
    full = np.column_stack([s.X - 50, *D])[rows]
    root = np.sqrt(w[rows])
    return np.linalg.lstsq(full * root[:, None], s.y[rows] * root, rcond=1e-12)[0][:3]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 5000), weighted=st.booleans())
def test_jackknife_equals_refitting(sample, seed, weighted):
    s = sample(seed)
    w = s.w if weighted else np.ones(len(s.y))
    nested = absorber([s.unit], s.w if weighted else None)
    got = sandwich.jackknife(
        nested.residualise(s.X),
        nested.residualise(s.y),
        s.unit,
        nested.residualise(dummy_columns(s.time)),
        s.w if weighted else None,
    )
    codes = (s.unit, s.time)
    assert np.allclose(got.coefficients, refit(s, codes, np.ones(len(s.y), bool), w), rtol=1e-10, atol=1e-10)
    for g in range(s.unit.max() + 1):
        assert np.allclose(got.replicates[g], refit(s, codes, s.unit != g, w), rtol=1e-9, atol=1e-10)
    assert not got.undetermined.any()
    assert np.allclose(got.partial_leverage.sum(axis=0), 1)
    assert got.leverage.sum() == pytest.approx(3 + s.time.max())


def test_a_level_that_leaves_with_its_cluster_is_no_trouble(sample):
    s = sample(4)
    keep = (s.time != 5) | (s.unit == 0)
    unit, time = s.unit[keep], s.time[keep]
    nested = absorber([unit])
    args = (nested.residualise(s.X[keep]), nested.residualise(s.y[keep]), unit)
    got = sandwich.jackknife(*args, nested.residualise(dummy_columns(time)))
    rows = unit != 0
    D = np.column_stack([s.X[keep] - 50, np.eye(9)[unit], np.eye(6)[time]])[rows]
    assert np.allclose(got.replicates[0], np.linalg.lstsq(D, s.y[keep][rows], rcond=1e-12)[0][:3], rtol=1e-9)


def test_one_treated_cluster_leaves_its_coefficient_undetermined(sample):
    s = sample(5)
    treated = ((s.unit == 0) & (s.time > 2)).astype(float)
    both = absorber([s.unit])
    X = both.residualise(np.column_stack([treated, s.X[:, 0]]))
    got = sandwich.jackknife(X, both.residualise(s.y), s.unit, both.residualise(dummy_columns(s.time)))
    assert got.undetermined[:, 0].tolist() == [True] + [False] * 8
    assert not got.undetermined[:, 1].any()
    V = sandwich.cv3(got)
    assert np.isnan(V[0, 0])
    assert np.isfinite(V[1, 1])


def test_variants_are_multiples_of_one_another(sample):
    s = sample(6)
    nested = absorber([s.unit])
    got = sandwich.jackknife(nested.residualise(s.X), nested.residualise(s.y), s.unit)
    hansen = sandwich.cv3(got, "hansen")
    assert np.allclose(sandwich.cv3(got, "mnw"), hansen * 8 / 9)
    assert np.allclose(sandwich.cv3(got, "pyfixest", factor=1.3), hansen * 1.3)
    with pytest.raises(ValueError, match="CV3 is"):
        sandwich.cv3(got, "cr2")
    with pytest.raises(ValueError, match="combination"):
        sandwich.jackknife(s.X[:, [0, 0]], s.y, s.unit)
    with pytest.raises(ValueError, match="two clusters"):
        sandwich.jackknife(s.X, s.y, s.unit * 0)


def test_jackknife_with_nothing_nested_takes_every_dummy_explicitly(sample):
    s = sample(9)
    others = np.column_stack([dummy_columns(s.unit, drop_first=False), dummy_columns(s.time, drop_first=False)])
    nested = absorber([s.unit])
    swept = sandwich.jackknife(
        nested.residualise(s.X), nested.residualise(s.y), s.unit, nested.residualise(dummy_columns(s.time))
    )
    plain = sandwich.jackknife(s.X - 50, s.y, s.unit, others)
    assert np.allclose(plain.replicates, swept.replicates, rtol=1e-9)
    assert np.allclose(plain.leverage, swept.leverage + 1)
