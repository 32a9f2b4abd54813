"""Instrument tests against hand formulas, brute grids and published critical values."""

import numpy as np
import pytest
from scipy import stats

from panelkit.numerics.anderson_rubin import anderson_rubin, anderson_rubin_set, plausibly_exogenous
from panelkit.numerics.least_squares import solve
from panelkit.numerics.overidentification import endogeneity, hansen_j, sargan
from panelkit.numerics.weak_instruments import Equation, Errors, effective_f, rank_tests, t_f


def draw(seed, strength=0.5, instruments=2, n=240, groups=30, endogenous=1):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(groups), n // groups)
    Z = rng.normal(size=(n, instruments)) + 0.3 * rng.normal(size=(groups, instruments))[codes]
    shock = rng.normal(size=(n, endogenous)) + 0.4 * rng.normal(size=(groups, endogenous))[codes]
    W = np.column_stack([np.ones(n), rng.normal(size=n)])
    Pi = strength * np.eye(instruments, endogenous) + 0.1
    X = Z @ Pi + W[:, 1:] + shock
    y = X.sum(axis=1) + W[:, 1] + shock.sum(axis=1) + rng.normal(size=n) * (1 + np.abs(Z[:, 0]))
    return Equation(y=y, endogenous=X, instruments=Z, exogenous=W), codes


def kinds(codes):
    return [Errors(kind="iid"), Errors(kind="robust", factor=1.02), Errors(kind="cluster", codes=codes, factor=1.05)]


def test_one_instrument_all_strength_measures_agree():
    eq, codes = draw(1, instruments=1)
    design = np.column_stack([eq.exogenous, eq.instruments])
    fit = solve(design, eq.endogenous[:, 0])
    n = len(eq.y)
    scores = design * fit.residuals[:, None]
    V = fit.bread @ scores.T @ scores @ fit.bread
    robust = fit.coefficients[2] ** 2 / V[2, 2]
    assert effective_f(eq, Errors(kind="robust")).statistic == pytest.approx(robust, rel=1e-10)
    ranks = rank_tests(eq, Errors(kind="robust"), 3)
    assert ranks.wald == pytest.approx(robust, rel=1e-10)
    assert ranks.wald_f == pytest.approx(robust * (n - 3) / n, rel=1e-10)
    clustered = effective_f(eq, Errors(kind="cluster", codes=codes)).statistic
    assert rank_tests(eq, Errors(kind="cluster", codes=codes), 3).wald == pytest.approx(clustered, rel=1e-10)
    classical = fit.coefficients[2] ** 2 / (fit.bread[2, 2] * fit.rss / (n - 3))
    assert effective_f(eq, Errors(kind="iid", factor=n / (n - 3))).statistic == pytest.approx(classical, rel=1e-10)


def test_published_critical_values_with_one_instrument():
    """Montiel Olea and Pflueger (2013), table: K = 1 at 5, 10, 20, 30 %: 37.42, 23.11, 15.06, 12.05."""
    got = effective_f(draw(1, instruments=1)[0], Errors(kind="robust"))
    assert np.round(got.critical, 2).tolist() == [37.42, 23.11, 15.06, 12.05]
    assert got.effective_df == pytest.approx((1, 1, 1, 1))


def test_iid_effective_df_is_the_number_of_instruments():
    got = effective_f(draw(2, instruments=4)[0], Errors(kind="iid"))
    assert got.effective_df == pytest.approx((4, 4, 4, 4))
    assert list(got.critical) == sorted(got.critical, reverse=True)


def test_kleibergen_paap_lm_is_the_score_test():
    eq, codes = draw(3, instruments=3)
    Z = solve_off(eq.exogenous, eq.instruments)
    x = solve_off(eq.exogenous, eq.endogenous)[:, 0]
    scores = Z * x[:, None]
    total = scores.sum(axis=0)
    assert rank_tests(eq, Errors(kind="robust"), 5).lm == pytest.approx(
        total @ np.linalg.solve(scores.T @ scores, total), rel=1e-9
    )
    sums = np.stack([np.bincount(codes, weights=c) for c in scores.T], axis=1)
    assert rank_tests(eq, Errors(kind="cluster", codes=codes), 5).lm == pytest.approx(
        total @ np.linalg.solve(sums.T @ sums, total), rel=1e-9
    )


def solve_off(W, columns):
    return columns - W @ np.linalg.lstsq(W, columns, rcond=None)[0]


def test_rank_tests_with_two_endogenous_regressors():
    """Invariant to rotating instruments and regressors; near zero when the rank is one; chi2(l-m+1)."""
    eq, codes = draw(4, instruments=3, endogenous=2)
    for errors in kinds(codes):
        one = rank_tests(eq, errors, 5)
        turned = Equation(
            y=eq.y,
            endogenous=eq.endogenous @ np.array([[2.0, 1.0], [0.0, 3.0]]),
            instruments=eq.instruments @ np.array([[1.0, 0, 0], [5, 2, 0], [1, 1, 7.0]]),
            exogenous=eq.exogenous,
        )
        two = rank_tests(turned, errors, 5)
        assert one.df == 2
        if errors.kind == "iid":
            assert two.wald == pytest.approx(one.wald, rel=1e-8)
            assert two.lm == pytest.approx(one.lm, rel=1e-8)
    draws = []
    for seed in range(200):  # both regressors moved by one instrument: rank 1, the null
        rng = np.random.default_rng(seed)
        Z, n = rng.normal(size=(300, 3)), 300
        X = np.outer(Z[:, 0], [1.0, 1.0]) + rng.normal(size=(n, 2)) * (1 + 0.5 * np.abs(Z[:, 1:2]))
        null = Equation(y=X[:, 0], endogenous=X, instruments=Z, exogenous=np.ones((n, 1)))
        draws.append(rank_tests(null, Errors(kind="robust"), 4).lm_p)
    assert 0.01 < np.mean(np.array(draws) < 0.05) < 0.11
    assert 0.4 < np.mean(draws) < 0.6


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize(("strength", "instruments"), [(0.8, 1), (0.05, 1), (0.0, 2), (0.5, 3), (0.1, 3)])
def test_anderson_rubin_set_is_the_set_of_values_not_rejected(kind, strength, instruments):
    for seed in range(6):
        eq, codes = draw(seed, strength, instruments)
        errors = kinds(codes)[kind]
        df2 = 29.0 if errors.kind == "cluster" else 230.0
        got = anderson_rubin_set(eq, errors, df2)
        grid = np.concatenate([np.linspace(-30, 30, 241), [-1e5, 1e5]])
        for value in grid:
            p = anderson_rubin(eq, errors, np.array([value]), df2).p
            inside = any(low <= value <= high for low, high in got.pieces)
            assert inside == (p >= 0.05) or abs(p - 0.05) < 1e-6
        for low, high in got.pieces:
            for edge in (low, high):
                if np.isfinite(edge):
                    assert anderson_rubin(eq, errors, np.array([edge]), df2).p == pytest.approx(0.05, rel=1e-6)
        if instruments == 1:
            assert got.shape != "empty"


def test_all_shapes_are_met():
    seen = {
        anderson_rubin_set(draw(s, st, k)[0], Errors(kind="iid"), 230.0).shape for s in range(40) for st, k in SHAPES
    }
    assert {"interval", "two rays", "whole line"} <= seen
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(400, 2))
    x = Z.sum(axis=1) + rng.normal(size=400)
    y = 3 * Z[:, 0] - 3 * Z[:, 1] + rng.normal(size=400)  # the instruments contradict each other
    eq = Equation(y=y, endogenous=x, instruments=Z, exogenous=np.ones((400, 1)))
    assert anderson_rubin_set(eq, Errors(kind="robust"), 397.0).shape == "empty"


SHAPES = ((0.8, 1), (0.05, 1), (0.0, 1), (0.12, 1))


def test_more_instruments_than_clusters_is_refused():
    eq, _ = draw(1, instruments=4)
    with pytest.raises(ValueError, match="more clusters than instruments"):
        anderson_rubin_set(eq, Errors(kind="cluster", codes=np.repeat([0, 1, 2], 80)), 2.0)
    with pytest.raises(ValueError, match="more clusters than instruments"):
        anderson_rubin(eq, Errors(kind="cluster", codes=np.repeat([0, 1, 2], 80)), np.zeros(1), 2.0)


def test_t_f_at_published_points():
    """Lee et al. (2022): F = 104.7 needs no correction, F = 10 needs 3.43, below 3.84 nothing is learnt."""
    assert t_f(1, 1, 10).critical == pytest.approx(3.43, abs=0.01)
    assert t_f(1, 1, 104.7).critical == pytest.approx(1.96, abs=0.01)
    assert t_f(1, 1, 1e6).critical == 1.96
    assert t_f(1, 1, 3.8).low == -np.inf
    values = [t_f(0, 1, f).critical for f in np.linspace(4, 120, 400)]
    assert (np.diff(values) <= 0).all()


def test_corners_give_the_whole_union():
    eq, codes = draw(5, 0.7, 2)
    for errors in kinds(codes):
        low, high = np.array([-0.3, -0.1]), np.array([0.2, 0.4])
        got = plausibly_exogenous(eq, errors, low, high, 2.0)
        for a in np.linspace(low[0], high[0], 7):
            for b in np.linspace(low[1], high[1], 7):
                one = plausibly_exogenous(eq, errors, np.array([a, b]), np.array([a, b]), 2.0)
                assert got.low - 1e-12 <= one.low <= one.high <= got.high + 1e-12
        assert got.low < got.low_exact < got.high_exact < got.high
    nothing = plausibly_exogenous(eq, errors, np.zeros(2), np.zeros(2), 2.0)
    assert (nothing.low, nothing.high) == pytest.approx((nothing.low_exact, nothing.high_exact), rel=1e-12)


def test_hansen_is_the_minimum_of_the_gmm_criterion():
    from scipy.optimize import minimize

    eq, codes = draw(6, 0.7, 3)
    Z, x, y = (solve_off(eq.exogenous, c) for c in (eq.instruments, eq.endogenous[:, 0], eq.y))
    first = (x @ Z @ np.linalg.solve(Z.T @ Z, Z.T @ y)) / (x @ Z @ np.linalg.solve(Z.T @ Z, Z.T @ x))
    scores = Z * (y - x * first)[:, None]
    sums = np.stack([np.bincount(codes, weights=c) for c in scores.T], axis=1)
    for errors, S in ((Errors(kind="robust"), scores.T @ scores), (Errors(kind="cluster", codes=codes), sums.T @ sums)):
        best = minimize(lambda b, S=S: (g := Z.T @ (y - x * b[0])) @ np.linalg.solve(S, g), [first], tol=1e-12).fun
        got = hansen_j(eq, errors)
        assert got.statistic == pytest.approx(best, rel=1e-6)
        assert got.p == pytest.approx(stats.chi2.sf(best, 2), rel=1e-5)
    assert hansen_j(eq, Errors(kind="iid")).statistic == pytest.approx(sargan(eq).statistic, rel=1e-9)


def test_endogeneity_is_the_hausman_contrast():
    """Durbin's chi2 by its definition: the gap of 2SLS and least squares over the gap of variances at one sigma2."""
    eq, _ = draw(7, 0.7, 2)
    Z, x, y = (solve_off(eq.exogenous, c) for c in (eq.instruments, eq.endogenous[:, 0], eq.y))
    fitted = Z @ np.linalg.lstsq(Z, x, rcond=None)[0]
    iv, ols = (fitted @ y) / (fitted @ x), (x @ y) / (x @ x)
    s2 = np.mean((y - x * ols) ** 2)
    want = (iv - ols) ** 2 / (s2 * (1 / (fitted @ fitted) - 1 / (x @ x)))
    got = endogeneity(eq, Errors(kind="iid"), 3)
    assert got.durbin.statistic == pytest.approx(want, rel=1e-9)
    assert got.wu_hausman.df2 == len(y) - 4


def test_units_do_not_matter():
    eq, codes = draw(8, 0.6, 2)
    other = Equation(
        y=eq.y * 1e4, endogenous=eq.endogenous * 1e-3, instruments=eq.instruments * 1e5, exogenous=eq.exogenous
    )
    for errors in kinds(codes):
        assert effective_f(other, errors).statistic == pytest.approx(effective_f(eq, errors).statistic, rel=1e-9)
        pieces = anderson_rubin_set(other, errors, 200.0).pieces
        assert np.array(pieces) == pytest.approx(1e7 * np.array(anderson_rubin_set(eq, errors, 200.0).pieces), rel=1e-7)


def test_bad_equations_are_refused():
    eq, _ = draw(9, instruments=2)
    with pytest.raises(ValueError, match="need as many instruments"):
        effective_f(
            Equation(y=eq.y, endogenous=eq.instruments, instruments=eq.endogenous, exogenous=eq.exogenous),
            Errors(kind="iid"),
        )
    with pytest.raises(ValueError, match="combination of exogenous"):
        effective_f(
            Equation(y=eq.y, endogenous=eq.endogenous, instruments=eq.exogenous[:, 1:], exogenous=eq.exogenous),
            Errors(kind="iid"),
        )
    twice = np.column_stack([eq.instruments, eq.instruments[:, 0]])
    with pytest.raises(ValueError, match="combination of the other"):
        effective_f(
            Equation(y=eq.y, endogenous=eq.endogenous, instruments=twice, exogenous=eq.exogenous), Errors(kind="iid")
        )
    with pytest.raises(ValueError, match="iid, robust or cluster"):
        effective_f(eq, Errors(kind="HC1"))
