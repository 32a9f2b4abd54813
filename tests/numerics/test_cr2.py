"""CR2, CR3 and their degrees of freedom against the formulas with every dummy written out, matrix by matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import sandwich
from panelkit.numerics.cluster_design import cluster_design, is_nested
from panelkit.numerics.cr2 import covariance, hotelling, linearise, satterthwaite
from panelkit.numerics.degrees import cluster_leverage, effective_clusters, partial_leverage
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import absorber, dummy_columns


def dummies(codes):
    return np.eye(codes.max() + 1)[codes]


def power(square, p):
    values, vectors = np.linalg.eigh((square + square.T) / 2)
    alive = values > 1e-9 * values[-1]
    return (vectors[:, alive] * values[alive] ** p) @ vectors[:, alive].T


def brute(full, k, codes, w, kind="cr2", working="identity"):
    """Forms (n, k) and the covariance of the pieces (k, G, G), by dense n x n matrices, as clubSandwich writes them."""
    n = len(codes)
    W = np.diag(w)
    M = np.linalg.pinv(full.T @ W @ full, rcond=1e-11)
    maker = np.eye(n) - full @ M @ full.T @ W
    theta = np.eye(n) if working == "identity" else np.diag(1 / w)
    spread = maker @ theta @ maker.T
    forms = np.zeros((n, k))
    pieces = np.zeros((k, codes.max() + 1, n))
    for g in range(codes.max() + 1):
        rows = np.flatnonzero(codes == g)
        block = np.ix_(rows, rows)
        root = np.sqrt(theta[block])
        A = np.eye(len(rows))
        if kind == "cr2":
            A = root @ power(root @ spread[block] @ root, -0.5) @ root
        elif kind == "cr3":
            half = np.diag(np.sqrt(w[rows]))
            inside = half @ maker[block] @ np.linalg.inv(half)
            A = np.linalg.inv(half) @ power(inside, -1.0) @ half
        E = (M @ full.T @ W)[:k][:, rows] @ A
        forms[rows] = E.T
        pieces[:, g, :] = E @ maker[rows]
    return forms, np.einsum("kgn,nm,khm->kgh", pieces, theta, pieces)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 5000),
    weights=st.sampled_from([None, "identity", "inverse_weights"]),
    kind=st.sampled_from(["cr0", "cr2", "cr3"]),
    effects=st.sampled_from(["none", "unit", "time", "both", "nested twice", "trend"]),
)
def test_equal_to_the_dense_formulas_with_every_dummy(sample, seed, weights, kind, effects):
    s = sample(seed)
    w = np.ones(len(s.y)) if weights is None else s.w
    region = s.unit // 2
    cluster = region if effects == "nested twice" else s.unit
    absorb = {
        "none": [],
        "unit": [s.unit],
        "time": [s.time],
        "both": [s.unit, s.time],
        "nested twice": [s.unit, region, s.time],
        "trend": [region, s.time],
    }[effects]
    year = s.time.astype(float)
    slopes = [(0, year)] if effects == "trend" else []
    if effects == "trend":
        cluster = region
    X = s.X[:, :2] - 50
    X = np.column_stack([np.ones(len(X)), X]) if effects == "none" else X
    columns = [dummies(c) for c in absorb] + [dummies(absorb[i]) * (v - v.mean())[:, None] for i, v in slopes]
    full = np.column_stack([X, *columns])
    working = weights or "identity"
    want, P = brute(full, X.shape[1], cluster, w, kind, working)
    design = cluster_design(X, cluster, absorb, None if weights is None else s.w, slopes)
    got = linearise(design, kind, working)
    assert np.allclose(got.forms, want, rtol=1e-9, atol=1e-10 * np.abs(want).max())
    df = [np.trace(p) ** 2 / np.sum(p**2) for p in P]
    assert np.allclose(satterthwaite(got), df, rtol=1e-9)
    if weights is None:
        swept = absorber(absorb, None, slopes).residualise(X)
        again = linearise(cluster_design(swept, cluster, absorb, None, slopes), kind)
        assert np.allclose(again.forms, got.forms, rtol=1e-8, atol=1e-10 * np.abs(want).max())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 5000), weighted=st.booleans())
def test_cr2_is_unbiased_under_its_working_model(sample, seed, weighted):
    """The covariance of the pieces adds up to the true variance; with weights only where nothing is nested."""
    s = sample(seed)
    absorb = [s.time] if weighted else [s.unit, s.time]
    w = s.w if weighted else np.ones(len(s.y))
    design = cluster_design(s.X, s.unit, absorb, s.w if weighted else None)
    truth = (linearise(design, "cr0").forms ** 2).sum(axis=0)
    _, P = brute(np.column_stack([s.X - 50, *map(dummies, absorb)]), 3, s.unit, w)
    assert np.allclose([np.trace(p) for p in P], truth, rtol=1e-8)
    df = satterthwaite(linearise(design))
    assert (df <= design.groups + 1e-9).all()
    assert (df >= 1 - 1e-9).all()


def test_when_nested_effects_may_be_swept_and_forgotten(sample):
    s = sample(13)
    gaps = {}
    for name, w in (("none", None), ("constant within", np.arange(1.0, 10.0)[s.unit]), ("varying", s.w)):
        working = "identity" if w is None else "inverse_weights"
        kept = linearise(cluster_design(s.X, s.unit, [s.unit], w), "cr2", working)
        swept = absorber([s.unit], w).residualise(s.X)
        forgotten = linearise(cluster_design(swept, s.unit, [], w), "cr2", working)
        gaps[name] = np.abs(satterthwaite(kept) / satterthwaite(forgotten) - 1).max()
    assert gaps["none"] < 1e-9
    assert gaps["constant within"] < 1e-9
    assert gaps["varying"] > 1e-4


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 5000), scale=st.sampled_from([1e-6, 1e6]))
def test_row_order_scale_and_weight_units_do_not_matter(sample, seed, scale):
    s = sample(seed)
    turn = np.random.default_rng(seed).permutation(len(s.y))

    def run(rows, a):
        design = cluster_design(s.X[rows] * a, s.unit[rows], [s.unit[rows], s.time[rows]], s.w[rows] * a)
        made = linearise(design, "cr2", "inverse_weights")
        return covariance(made, s.y[rows]) * a**2, satterthwaite(made), effective_clusters(design)

    for ours, theirs in zip(run(np.arange(len(turn)), 1.0), run(turn, scale), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-8)


def test_cr3_is_the_jackknife_and_cr0_the_sandwich(sample):
    for seed, w in ((7, None), (8, "w")):
        s = sample(seed)
        weights = None if w is None else s.w
        sweep, nested = absorber([s.unit, s.time], weights), absorber([s.unit], weights)
        X = sweep.residualise(s.X)
        fit = solve(X, sweep.residualise(s.y), weights)
        design = cluster_design(X, s.unit, [s.unit, s.time], weights)
        jack = sandwich.jackknife(
            nested.residualise(s.X),
            nested.residualise(s.y),
            s.unit,
            nested.residualise(dummy_columns(s.time)),
            weights,
        )
        V = covariance(linearise(design, "cr3"), fit.residuals)
        assert np.allclose(V, sandwich.cv3(jack, "hansen"), rtol=1e-9)
        scores = fit.residuals * (1 if weights is None else weights)
        V = covariance(linearise(design, "cr0"), fit.residuals)
        assert np.allclose(V, sandwich.cluster(fit.bread, X, scores, s.unit), rtol=1e-9)
        assert np.allclose(cluster_leverage(design), jack.leverage + 1, rtol=1e-9)
        assert np.allclose(partial_leverage(design), jack.partial_leverage, rtol=1e-9)


def test_clusters_of_one_row_give_hc2(sample):
    from panelkit.numerics.leverage import hat_values, hc2

    s = sample(9)
    sweep = absorber([s.unit, s.time])
    X = sweep.residualise(s.X)
    fit = solve(X, sweep.residualise(s.y))
    made = linearise(cluster_design(X, np.arange(len(s.y)), [s.unit, s.time]))
    V = hc2(fit.bread, X, fit.residuals, hat_values(X, sweep))
    assert np.allclose(covariance(made, fit.residuals), V, rtol=1e-9)


def test_contrasts_and_the_hotelling_test_of_one(sample):
    s = sample(10)
    sweep = absorber([s.unit, s.time])
    X = sweep.residualise(s.X)
    fit = solve(X, sweep.residualise(s.y))
    made = linearise(cluster_design(X, s.unit, [s.unit, s.time]))
    c = np.array([1.0, -2.0, 0.5])
    mixed = np.linalg.inv(np.array([c, [0, 1, 0], [0, 0, 1]]))  # in these coordinates c'b is the first coefficient
    turned = linearise(cluster_design(X @ mixed, s.unit, [s.unit, s.time]))
    assert satterthwaite(made, c)[0] == pytest.approx(satterthwaite(turned)[0], rel=1e-9)
    test = hotelling(made, fit.residuals, fit.coefficients, c)
    t = c @ fit.coefficients / np.sqrt(c @ covariance(made, fit.residuals) @ c)
    assert (test.f, test.df1, test.df2) == (pytest.approx(t**2), 1, pytest.approx(satterthwaite(made, c)[0]))
    with pytest.raises(ValueError, match="singular"):
        hotelling(made, fit.residuals, fit.coefficients, np.array([c, 2 * c]))
    with pytest.raises(ValueError, match="columns"):
        satterthwaite(made, c[:2])


def test_one_treated_cluster_is_flagged_and_cr3_refused(sample):
    s = sample(5)
    treated = ((s.unit == 0) & (s.time > 2)).astype(float)
    design = cluster_design(np.column_stack([treated, s.X[:, 0]]), s.unit, [s.unit, s.time])
    made = linearise(design, "cr2")
    assert made.lost[:, 0].tolist() == [True] + [False] * 8
    assert not made.lost[:, 1].any()
    with pytest.raises(ValueError, match="without cluster 0"):
        linearise(design, "cr3")
    assert partial_leverage(design)[0, 0] > 0.5


def test_effective_clusters_by_definition(sample):
    s = sample(11)
    X = np.column_stack([np.ones(len(s.y)), s.X - 50])
    design = cluster_design(X, s.unit)
    bread = np.linalg.inv(X.T @ X)
    for rho in (0.0, 0.3, 1.0):
        gamma = []
        for g in range(9):
            x = X[s.unit == g]
            omega = (1 - rho) * np.eye(len(x)) + rho
            gamma.append(np.diag(bread @ x.T @ omega @ x @ bread))
        gamma = np.array(gamma)
        want = 9 / (1 + gamma.var(axis=0) / gamma.mean(axis=0) ** 2)
        assert np.allclose(effective_clusters(design, rho), want, rtol=1e-10)
    row = effective_clusters(design, 0.3, np.array([0.0, 1.0, 0.0, 0.0]))
    assert row[0] == pytest.approx(effective_clusters(design, 0.3)[1])
    with pytest.raises(ValueError, match="rho below 1"):
        effective_clusters(cluster_design(s.X, s.unit, [s.unit]), 1.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        effective_clusters(design, 1.2)
    even = cluster_design(np.tile(np.arange(4.0), 6), np.repeat(np.arange(6), 4), [np.repeat(np.arange(6), 4)])
    assert effective_clusters(even)[0] == pytest.approx(6)


def test_faults_in_words(sample):
    s = sample(12)
    assert is_nested(s.unit, s.unit // 3)
    assert not is_nested(s.time, s.unit)
    with pytest.raises(ValueError, match="two clusters"):
        cluster_design(s.X, s.unit * 0)
    with pytest.raises(ValueError, match="absorbed"):
        cluster_design(np.column_stack([s.X, s.unit]), s.unit, [s.unit])
    with pytest.raises(ValueError, match="combination"):
        cluster_design(s.X[:, [0, 1, 0]], s.unit, [s.unit])
    with pytest.raises(ValueError, match="correction is"):
        linearise(cluster_design(s.X, s.unit), "cr4")
    with pytest.raises(ValueError, match="working model"):
        linearise(cluster_design(s.X, s.unit), "cr2", "ar1")
