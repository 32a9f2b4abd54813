"""Decompositions, robust bounds, power of pre-tests, synthetic designs and matching: identities, published numbers, bad input."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from panelkit.numerics.bacon import bacon, negative_weights
from panelkit.numerics.did_matching import (
    balance,
    common_support,
    kernel_weights,
    matched_difference,
    nearest_neighbours,
)
from panelkit.numerics.did_propensity import propensity_score
from panelkit.numerics.did_two_by_two import two_by_two, two_by_two_sections
from panelkit.numerics.honest_bounds import extreme_rays, relative_magnitudes
from panelkit.numerics.honest_smoothness import folded_quantile, smoothness
from panelkit.numerics.pretrend_power import box_probability, detectable_slope, pretrend_power
from panelkit.numerics.staggered_panel import staggered_panel
from panelkit.numerics.synthetic import synthetic_did
from panelkit.numerics.synthetic_cohorts import replications, synthetic_cohorts

# Event study of insurance coverage on Medicaid expansion (EHEC, Rambachan and Roth 2023): estimates and covariance to 10 digits
EHEC = np.array(
    [-0.005285354533, -0.01129732465, -0.002675991812, -0.001419312252, 0.000339663519, 0.04644685416, 0.06920617548]
)
EHEC_V = np.array(
    [
        [
            7.488483636e-05,
            6.039874096e-05,
            4.444619818e-05,
            3.385764706e-05,
            4.328011255e-05,
            4.765880479e-05,
            2.4251287e-05,
        ],
        [
            6.039874096e-05,
            7.266500617e-05,
            3.789330221e-05,
            2.866578025e-05,
            4.543320628e-05,
            4.428850119e-05,
            2.824655043e-05,
        ],
        [
            4.444619818e-05,
            3.789330221e-05,
            5.05205194e-05,
            2.673679432e-05,
            2.778193568e-05,
            3.060644109e-05,
            9.637533883e-06,
        ],
        [
            3.385764706e-05,
            2.866578025e-05,
            2.673679432e-05,
            4.003222026e-05,
            2.412859976e-05,
            2.380868209e-05,
            2.923878143e-06,
        ],
        [
            4.328011255e-05,
            4.543320628e-05,
            2.778193568e-05,
            2.412859976e-05,
            5.462662207e-05,
            3.682531052e-05,
            9.722947502e-06,
        ],
        [
            4.765880479e-05,
            4.428850119e-05,
            3.060644109e-05,
            2.380868209e-05,
            3.682531052e-05,
            8.375668825e-05,
            6.321397963e-05,
        ],
        [
            2.4251287e-05,
            2.824655043e-05,
            9.637533883e-06,
            2.923878143e-06,
            9.722947502e-06,
            6.321397963e-05,
            0.000107123523,
        ],
    ]
)


def test_intervals_of_the_medicaid_study():
    """Relative magnitudes to one point of R's grid (.00037); smoothness as moderndid (FLCI) to 5 digits."""
    told = {0.5: (0.0241, 0.0669), 1.0: (0.0171, 0.0720), 1.5: (0.0086, 0.0796), 2.0: (-0.0007, 0.0879)}
    for found in relative_magnitudes(EHEC, EHEC_V, 5, list(told)):
        np.testing.assert_allclose((found.low, found.high), told[found.M], atol=4.5e-4)
    told = {
        0.0: (0.025967, 0.060711),
        0.01: (0.013175, 0.078684),
        0.02: (0.002834, 0.090739),
        0.05: (-0.027165, 0.120738),
    }
    for found in smoothness(EHEC, EHEC_V, 5, list(told)):
        np.testing.assert_allclose((found.low, found.high), told[found.M], atol=5e-6)
    mean = np.array([0.5, 0.5])
    told = {0.01: (0.011957, 0.102448), 0.05: (-0.068795, 0.185467)}
    for found in smoothness(EHEC, EHEC_V, 5, list(told), target=mean):
        np.testing.assert_allclose((found.low, found.high), told[found.M], atol=2e-6)
    told = {0.5: (0.032511, 0.079816), 1.0: (0.019767, 0.090149)}
    for found in relative_magnitudes(EHEC, EHEC_V, 5, list(told), target=mean):
        np.testing.assert_allclose((found.low, found.high), told[found.M], atol=4.5e-4)


def test_an_interval_beyond_the_grid_is_the_one_of_an_effect_within_it():
    """The grid of effects goes on where its end is not rejected: an effect moved by whole steps of it moves the interval with it."""
    step = 2 * 20 * np.sqrt(EHEC_V[5, 5]) / 999
    moved = EHEC + np.where(np.arange(7) == 5, 700 * step, 0.0)
    for near, far in zip(*(relative_magnitudes(b, EHEC_V, 5, [0.5, 2.0, 8.0]) for b in (EHEC, moved)), strict=True):
        np.testing.assert_allclose((far.low, far.high), (near.low + 700 * step, near.high + 700 * step), atol=1e-9)
        assert np.isfinite([near.low, near.high]).all()


def test_bounds_grow_with_the_violation():
    for method in (relative_magnitudes, smoothness):
        found = method(EHEC, EHEC_V, 5, [0.0, 0.1, 0.5, 1.0])
        assert all(a.low >= b.low and a.high <= b.high for a, b in pairwise(found))


def test_no_slope_change_is_linear_extrapolation_with_the_least_variance():
    found = smoothness(EHEC, EHEC_V, 5, [0.0])[0]
    times = np.array([-5.0, -4, -3, -2, -1, 1, 2])
    A = np.column_stack([times, np.arange(7) == 5, np.arange(7) == 6])
    inverse = np.linalg.inv(EHEC_V)
    V = np.linalg.inv(A.T @ inverse @ A)
    b = V @ A.T @ inverse @ EHEC
    half = 1.959963984540054 * np.sqrt(V[1, 1])
    np.testing.assert_allclose((found.low, found.high), (b[1] - half, b[1] + half), atol=1e-10)


def test_no_shorter_interval_is_found_by_search():
    from scipy.optimize import minimize

    times = np.array([5.0, 4, 3, 2, 1])
    M = 0.01

    def half(free):
        w = np.append(free, 1 - times[:4] @ free)  # the weights of -1 follow from a trend without bias
        a = np.concatenate([w, [1.0, 0.0]])
        sd = np.sqrt(a @ EHEC_V @ a)
        bias = 1 + sum(abs(sum((r - s) * w[5 - r] for r in range(s + 1, 6))) for s in range(1, 5))
        return sd * folded_quantile(M * bias / sd, 0.95)

    found = smoothness(EHEC, EHEC_V, 5, [M])[0]
    best = min(
        minimize(half, start, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-12}).fun
        for start in (np.zeros(4), np.full(4, 0.05), np.full(4, -0.05))
    )
    ours = (found.high - found.low) / 2
    assert ours <= best + 1e-9
    assert ours > best - 1e-4


def test_extreme_rays_of_a_small_cone():
    X = np.array([[1.0], [1.0], [-1.0], [0.0]])
    rays = extreme_rays(X)
    told = {(0.5, 0, 0.5, 0), (0, 0.5, 0.5, 0), (0, 0, 0, 1.0)}
    assert {tuple(r) for r in rays} == told


def test_bad_event_studies_are_refused():
    with pytest.raises(ValueError, match="each side needs one"):
        relative_magnitudes(EHEC, EHEC_V, 7, [1.0])
    with pytest.raises(ValueError, match="symmetric"):
        smoothness(EHEC, np.triu(EHEC_V), 5, [1.0])
    with pytest.raises(ValueError, match="must not be negative"):
        smoothness(EHEC, EHEC_V, 5, [-1.0])


def test_power_of_a_pretest():
    V, at = EHEC_V[:5, :5], np.array([-6.0, -5, -4, -3, -2])
    for test in ("any", "joint"):
        half, most = detectable_slope(V, at, 0.5, test), detectable_slope(V, at, 0.8, test)
        assert 0 < half < most
        assert abs(pretrend_power(V, at, half, test).power - 0.5) < 1e-6
    rng = np.random.default_rng(0)
    x = rng.multivariate_normal(half * (at + 1), V, 200_000)
    rejected = ((x @ np.linalg.inv(V)) * x).sum(axis=1) > 11.070497693516351
    assert abs(rejected.mean() - 0.5) < 0.005
    slope = detectable_slope(V, at, 0.5)
    x = rng.multivariate_normal(slope * (at + 1), V, 200_000)
    assert abs((np.abs(x) > 1.959964 * np.sqrt(np.diag(V))).any(axis=1).mean() - 0.5) < 0.005
    found = pretrend_power(V, at, slope, beta=np.zeros(5))
    assert found.likelihood_ratio < 1
    assert found.bayes_factor < 1


def test_box_probability_of_independent_normals():
    assert abs(box_probability(np.eye(3), np.full(3, -1.0), np.full(3, 1.0)) - 0.6826894921370859**3) < 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_bacon_adds_up_and_weights_sum_to_one(seed):
    rng = np.random.default_rng(seed)
    cohort = np.repeat(rng.choice([-1.0, 2.0, 4.0, 5.0, np.inf], 25), 7)
    unit, time = np.repeat(np.arange(25), 7), np.tile(np.arange(7.0), 25)
    panel = staggered_panel(rng.normal(size=175), unit, time, cohort)
    parts, weights = bacon(panel), negative_weights(panel)
    assert abs(parts.weight.sum() - 1) < 1e-12
    assert abs(parts.weighted - parts.two_way) < 1e-10
    assert abs(weights.weight.sum() - 1) < 1e-10
    assert abs(weights.two_way - parts.two_way) < 1e-10
    with pytest.raises(ValueError, match="balanced"):
        bacon(staggered_panel(panel.outcome[1:], unit[1:], time[1:], cohort[1:]))


def test_weights_of_a_dose():
    rng = np.random.default_rng(0)
    unit, time = np.repeat(np.arange(12), 6), np.tile(np.arange(6.0), 12)
    dose = np.maximum(0, rng.normal(size=72))
    panel = staggered_panel(2 * dose + unit + time, unit, time, np.full(72, np.inf))
    found = negative_weights(panel, dose)
    assert abs(found.two_way - 2) < 1e-10
    assert abs(found.weight.sum() - 1) < 1e-10
    with pytest.raises(ValueError, match="nothing is left"):
        negative_weights(panel, time)


def factor_panel(seed=0, units=20, times=15, treated=1, effect=3.0):
    rng = np.random.default_rng(seed)
    Y = (
        rng.normal(size=(units, 2)) @ rng.normal(size=(2, times))
        + rng.normal(size=(units, 1))
        + 0.1 * rng.normal(size=(units, times))
    )
    on = np.zeros(units, dtype=bool)
    on[-treated:] = True
    Y[on, 10:] += effect
    return Y, on


def test_synthetic_designs_find_the_effect():
    Y, on = factor_panel()
    for variant in ("sdid", "sc"):
        assert abs(synthetic_did(Y, on, 10, variant).estimate - 3) < 0.6
    found = synthetic_did(Y, on, 10)
    assert abs(found.unit_weights.sum() - 1) < 1e-12
    assert abs(found.period_weights.sum() - 1) < 1e-12
    assert min(found.unit_weights.min(), found.period_weights.min()) >= 0
    assert abs(found.effects.mean() - found.estimate) < 1e-12
    plain = synthetic_did(Y, on, 10, "did")
    gap = Y[on].mean(axis=0) - Y[~on].mean(axis=0)
    assert abs(plain.estimate - (gap[10:].mean() - gap[:10].mean())) < 1e-12


def placebo(Y, on, variant, draws):
    first = np.where(on, 10, Y.shape[1])
    return replications(synthetic_cohorts(Y, first, variant), Y, first, "placebo", variant, draws)


@pytest.mark.parametrize(("treated", "draws"), [(1, 100), (2, 5)])
def test_a_placebo_is_the_estimate_of_the_panel_without_the_treated(treated, draws):
    """The parts of cross-products give what estimating each placebo by itself gives, up to the starting weights."""
    Y, on = factor_panel(units=9, treated=treated)
    found = placebo(Y, on, "did", draws)
    controls = Y[~on]
    sets = list(combinations(range(len(controls)), treated))
    if len(sets) <= draws:
        alone = [synthetic_did(controls, np.isin(np.arange(len(controls)), s), 10, "did").estimate for s in sets]
        np.testing.assert_allclose(found.estimates, alone, atol=1e-12)
        close = placebo(Y, on, "sdid", draws)
        alone = [synthetic_did(controls, np.isin(np.arange(len(controls)), s), 10).estimate for s in sets]
        np.testing.assert_allclose(close.estimates, alone, atol=0.1)
        assert close.p == 1 / (len(sets) + 1)
    assert len(found.estimates) == min(draws, len(sets))
    assert found.se > 0


def test_synthetic_refusals():
    Y, on = factor_panel()
    with pytest.raises(ValueError, match="true or false"):
        synthetic_did(Y, on.astype(float), 10)
    with pytest.raises(ValueError, match="two before"):
        synthetic_did(Y, on, 15)
    with pytest.raises(ValueError, match="two are needed"):
        placebo(Y[-3:], on[-3:], "sdid", 500)


def selected(seed=0, n=600):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    d = (X @ [-0.7, 0.8, 0.3] + rng.logistic(size=n) > 0).astype(float)
    return X, d, d + 2 * X[:, 1] + 0.5 * rng.normal(size=n)


def test_propensity_is_the_logit_at_its_score_equations():
    X, d, _ = selected()
    found = propensity_score(d, X)
    np.testing.assert_allclose(X.T @ (d - found.score), 0, atol=1e-9)
    with pytest.raises(ValueError, match="separate"):
        propensity_score((X[:, 1] > 0).astype(float), X)
    with pytest.raises(ValueError, match="collinear"):
        propensity_score(d, np.column_stack([X, X[:, 1]]))


def test_matching_balances_and_recovers_the_effect():
    X, d, y = selected()
    score = propensity_score(d, X).score
    ways = [
        nearest_neighbours(score, d),
        nearest_neighbours(score, d, 3, 0.05),
        nearest_neighbours(score, d, 1, 0.02, "without"),
        kernel_weights(score, d),
        kernel_weights(score, d, 0.02, "normal"),
    ]
    for found in ways:
        assert abs(found.weights[d == 1].sum() - found.weights[d == 0].sum()) < 1e-9
        assert len(found.treated) + len(found.unmatched) == int(d.sum())
        table = balance(X[:, 1:], d, found.weights)
        assert np.abs(table.matched_difference).max() < np.abs(table.difference).max() / 3
        assert abs(matched_difference(y, found, d).att - 1) < 0.4
    assert ways[2].weights.max() == 1
    assert common_support(score, d).sum() < len(d) + 1


def test_matching_by_brute_force():
    X, d, _ = selected(n=80)
    score = propensity_score(d, X).score
    found = nearest_neighbours(score, d, 2)
    pool = np.flatnonzero(d == 0)
    for row, near in zip(found.treated, found.neighbours, strict=True):
        gaps = np.sort(np.abs(score[pool] - score[row]))[:2]
        np.testing.assert_allclose(np.sort(np.abs(score[near] - score[row])), gaps)


def test_doubly_robust_without_covariates_is_a_difference_of_means():
    _, d, y = selected()
    ones, w = np.ones((len(d), 1)), np.ones(len(d))
    told = y[d == 1].mean() - y[d == 0].mean()
    for method in ("dr", "dr_improved", "reg", "ipw", "ipw_unscaled"):
        assert abs(two_by_two(y, d, ones, w, method).att - told) < 1e-10
    with pytest.raises(ValueError, match="two groups"):
        two_by_two(y, np.ones(len(d)), ones, w)
    with pytest.raises(ValueError, match="four cells"):
        two_by_two_sections(y, d, d, ones, w)


def test_all_two_by_two_methods_recover_the_effect_under_selection():
    X, d, y = selected(n=3000)
    for method in ("dr", "dr_improved", "reg", "ipw", "ipw_unscaled"):
        found = two_by_two(y, d, X, np.ones(len(d)), method)
        assert abs(found.att - 1) < 5 * found.se
        assert abs(found.influence.mean()) < 1e-8
