"""Panel vector autoregressions from cross-products: weights do what refitting does; laws of jackknife and moments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import impulse_response, panel_granger, panel_var, panel_var_gmm, permutation, wild

A = np.array([[0.6, 0.0], [0.2, 0.5]])
MIX = np.array([[1.0, 0.3], [0.0, 0.95]])


def simulate(rng, units, periods, slopes=A):
    """(units, periods, k) of a stationary system with unit effects and unit variances."""
    level, spread = rng.normal(size=(units, len(slopes))), rng.uniform(0.5, 1.5, size=(units, 1))
    y, kept = np.zeros((units, len(slopes))), []
    for t in range(50 + periods):
        y = level + y @ slopes.T + (rng.normal(size=y.shape) @ MIX.T) * spread
        kept += [y] if t >= 50 else []
    return np.stack(kept, axis=1)


def rows_of(Y, lags=1, lengths=None, period=False, clusters=None):
    out, lag, units, time = [], [], [], []
    for i, own in enumerate(Y):
        last = len(own) if lengths is None else lengths[i]
        for t in range(lags, last):
            out.append(own[t])
            lag.append(np.concatenate([own[t - s] for s in range(1, lags + 1)]))
            units.append(i)
            time.append(t)
    units, time = np.array(units), np.unique(np.array(time), return_inverse=True)[1]
    return panel_var.Lagged(
        outcomes=np.array(out), lags=np.array(lag), units=units, clusters=units if clusters is None else clusters[units],
        periods=time if period else None,
    )  # fmt: skip


def by_hand(rows, jackknife):
    """Least squares with every dummy written out, part by part."""

    def fit(mask):
        units = rows.units[mask]
        D = [(units[:, None] == np.unique(units)).astype(float)]
        if rows.periods is not None:
            D.append((rows.periods[mask][:, None] == np.unique(rows.periods[mask])[1:]).astype(float))
        X = np.column_stack([rows.lags[mask], *D])
        return np.linalg.lstsq(X, rows.outcomes[mask], rcond=None)[0][: rows.lags.shape[1]]

    whole = fit(np.ones(len(rows.units), dtype=bool))
    if not jackknife:
        return whole
    splits = panel_var.halves(rows.units)
    return 2 * whole - np.mean([fit(half) for split in splits for half in split], axis=0)


def solved(rows, jackknife, weights=None):
    parts = panel_var.parts_of(rows, jackknife)
    ones = np.ones((1, len(parts[0].rows))) if weights is None else weights
    return panel_var.solved(parts, rows.outcomes.shape[1], rows.lags.shape[1], ones)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    periods=st.integers(7, 12),
    jackknife=st.booleans(),
    period=st.booleans(),
    unbalanced=st.booleans(),
)
def test_cross_products_give_what_dummies_give(seed, periods, jackknife, period, unbalanced):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(6, periods + 1, size=9) if unbalanced else None
    rows = rows_of(simulate(rng, 9, periods), lengths=lengths, period=period)
    np.testing.assert_allclose(solved(rows, jackknife).coefficients[0], by_hand(rows, jackknife), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("period", [False, True])
def test_weights_are_refits(period):
    """Leaving a cluster out, and drawing one twice: a unit drawn twice is two units."""
    rng = np.random.default_rng(3)
    Y, clusters = simulate(rng, 10, 9), np.arange(10) // 2
    rows = rows_of(Y, period=period, clusters=clusters)
    without = np.ones((5, 5)) - np.eye(5)
    drawn = np.array([[2.0, 0, 1, 1, 1], [1, 3, 0, 0, 1]])
    made = solved(rows, True, np.vstack([without, drawn])).coefficients
    for g in range(5):
        left = rows_of(Y[clusters != g], period=period)
        np.testing.assert_allclose(made[g], by_hand(left, True), rtol=1e-8)
    for b, counts in enumerate(drawn):
        again = np.concatenate([np.repeat(Y[2 * g : 2 * g + 2], int(c), axis=0) for g, c in enumerate(counts) if c])
        np.testing.assert_allclose(made[5 + b], by_hand(rows_of(again, period=period), True), rtol=1e-8)


def test_the_errors_of_a_draw_are_residuals_over_degrees_of_freedom():
    rows = rows_of(simulate(np.random.default_rng(1), 8, 10), period=True)
    made = solved(rows, False)
    D = np.column_stack([rows.units[:, None] == np.arange(8), rows.periods[:, None] == np.arange(1, 9)]).astype(float)
    u = rows.outcomes - rows.lags @ made.coefficients[0]
    u -= D @ np.linalg.lstsq(D, u, rcond=None)[0]
    np.testing.assert_allclose(made.errors[0], u.T @ u / (72 - 8 - 8 - 2), rtol=1e-10)


def test_influence_is_that_of_the_written_out_sandwich():
    rows = rows_of(simulate(np.random.default_rng(2), 8, 10))
    psi = panel_var.influence(panel_var.parts_of(rows, False), 2, 2)
    X, y = panel_var.within(rows.lags, rows.units), panel_var.within(rows.outcomes, rows.units)
    bread = np.linalg.inv(X.T @ X)
    u = y - X @ bread @ X.T @ y
    sums = np.stack(
        [np.concatenate([bread @ X[rows.units == i].T @ u[rows.units == i, j] for j in (0, 1)]) for i in range(8)]
    )
    np.testing.assert_allclose(psi, sums, rtol=1e-9, atol=1e-12)


def test_wild_draws_spread_as_the_clustered_covariance():
    rows = rows_of(simulate(np.random.default_rng(5), 30, 12), period=True)
    parts = panel_var.parts_of(rows, True)
    own = solved(rows, True)
    made = panel_var.wild(parts, rows, own.coefficients[0], wild.wild_weights(30, "rademacher", 6000, 7))
    spread = made.coefficients.std(axis=0)
    assert np.abs(made.coefficients.mean(axis=0) - own.coefficients[0]).max() < 0.1 * spread.max()
    np.testing.assert_allclose(made.errors.mean(axis=0), own.errors[0], rtol=0.02)
    V = panel_var.influence(parts, 2, 2).T @ panel_var.influence(parts, 2, 2)
    scale = np.sqrt(300 / (300 - 10 - 2))  # 330 rows less 30 units; 10 year effects, 2 lags
    np.testing.assert_allclose(spread.T.reshape(-1), scale * np.sqrt(np.diag(V)), rtol=0.04)
    pairs = solved(rows, True, permutation.pairs_weights(30, 4000, 3).astype(float))
    np.testing.assert_allclose(made.errors.std(axis=0), pairs.errors.std(axis=0), rtol=0.15)


def test_a_unit_in_two_clusters_is_refused():
    rows = rows_of(simulate(np.random.default_rng(0), 4, 8))
    torn = panel_var.Lagged(
        outcomes=rows.outcomes, lags=rows.lags, units=rows.units, clusters=np.arange(len(rows.units)) % 2
    )
    with pytest.raises(ValueError, match="two clusters"):
        panel_var.parts_of(torn, True)


def test_the_jackknife_takes_the_bias_of_short_panels_off():
    """Known A, 31 units, 10 years: least squares is some 0.2 too low on the own lags (Nickell), the jackknife a tenth of that."""
    rng, plain, corrected = np.random.default_rng(1), [], []
    for _ in range(120):
        rows = rows_of(simulate(rng, 31, 10))
        plain.append(solved(rows, False).coefficients[0].T)
        corrected.append(solved(rows, True).coefficients[0].T)
    biased, left = np.mean(plain, axis=0) - A, np.mean(corrected, axis=0) - A
    assert (np.diag(biased) < -0.15).all()
    assert (np.abs(np.diag(left)) < 0.04).all()
    assert np.abs(left).max() < 0.25 * np.abs(biased).max()
    nickell = -(1 + np.diag(A)) / 9
    assert np.abs(np.diag(biased) - nickell).max() < 0.06


# ---------------------------------------------------------------- moments


def moments_of(seed=0, units=40, periods=9):
    Y = simulate(np.random.default_rng(seed), units, periods)
    rows = rows_of(Y)
    turned, at = panel_var_gmm.forward_deviations(np.column_stack([rows.outcomes, rows.lags]), rows.units)
    Z = []
    for s in (1, 2, 3):
        level = np.zeros_like(rows.outcomes)
        for n, (i, t) in enumerate(zip(rows.units, np.tile(np.arange(1, periods), units), strict=True)):
            if t - s >= 0:
                level[n] = Y[i, t - s]
        Z.append(level[at])
    return panel_var_gmm.Moments(
        outcomes=turned[:, :2], regressors=turned[:, 2:], instruments=np.hstack(Z), clusters=rows.units[at]
    )


def test_forward_deviations_keep_white_errors_white():
    e = np.random.default_rng(0).normal(size=(4000 * 6, 1))
    turned, _ = panel_var_gmm.forward_deviations(e, np.repeat(np.arange(4000), 6))
    V = np.cov(turned.reshape(4000, 5).T)
    np.testing.assert_allclose(V, np.eye(5), atol=0.07)


def test_one_step_of_moments_is_two_stage_least_squares():
    m = moments_of()
    hat = m.instruments @ np.linalg.lstsq(m.instruments, m.regressors, rcond=None)[0]
    np.testing.assert_allclose(
        panel_var_gmm.one_step(m), np.linalg.solve(hat.T @ m.regressors, hat.T @ m.outcomes), rtol=1e-8
    )


@pytest.mark.parametrize("steps", [1, 2])
def test_draws_of_moments_are_refits(steps):
    m = moments_of()
    counts = np.vstack([np.ones(40), permutation.pairs_weights(40, 3, 5)]).astype(float)
    b, _ = panel_var_gmm.drawn(m, steps, counts)
    for row, made in zip(counts, b, strict=True):
        keep = np.concatenate([np.tile(np.flatnonzero(m.clusters == g), int(c)) for g, c in enumerate(row) if c])
        sizes = np.bincount(m.clusters)
        copies = [(g, c) for g, count in enumerate(row) for c in range(int(count))]
        codes = np.concatenate([np.full(sizes[g], n) for n, (g, _) in enumerate(copies)])
        again = panel_var_gmm.Moments(
            outcomes=m.outcomes[keep], regressors=m.regressors[keep], instruments=m.instruments[keep],
            clusters=codes,
        )  # fmt: skip
        first = panel_var_gmm.one_step(again)
        refit = [panel_var_gmm.equation(again, j, first[:, j], steps).coefficients for j in (0, 1)]
        np.testing.assert_allclose(made.T, refit, rtol=1e-6)


def test_too_few_instruments_are_refused():
    m = moments_of()
    few = panel_var_gmm.Moments(
        outcomes=m.outcomes, regressors=m.regressors, instruments=m.instruments[:, :1], clusters=m.clusters
    )
    with pytest.raises(ValueError, match="too few"):
        panel_var_gmm.one_step(few)


# ---------------------------------------------------------------- what follows


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 4), lags=st.integers(1, 3))
def test_laws_of_responses_and_shares(seed, k, lags):
    rng = np.random.default_rng(seed)
    b = rng.normal(scale=0.3 / lags, size=(1, k * lags, k))
    half = rng.normal(size=(k, k))
    sigma = half @ half.T + 0.1 * np.eye(k)
    order = tuple(rng.permutation(k).tolist())
    theta = impulse_response.responses(b, sigma[None], 6, order)[0]
    np.testing.assert_allclose(theta[0] @ theta[0].T, sigma, rtol=1e-8, atol=1e-10)
    assert all(theta[0][order[i], order[j]] == 0 for i in range(k) for j in range(i + 1, k)), (
        "a later shock moved an earlier one"
    )
    shares = impulse_response.decomposition(theta[None])[0]
    np.testing.assert_allclose(shares.sum(axis=2), 1.0)
    # total variance of a forecast error does not depend on the order
    other = impulse_response.responses(b, sigma[None], 6, tuple(range(k)))[0]
    np.testing.assert_allclose((theta**2).sum(axis=2), (other**2).sum(axis=2), rtol=1e-8)


def test_a_covariance_that_is_none_gives_no_responses():
    made = impulse_response.responses(
        np.full((2, 2, 2), 0.1), np.array([np.eye(2), [[1.0, 2.0], [2.0, 1.0]]]), 2, (0, 1)
    )
    assert np.isfinite(made[0]).all()
    assert np.isnan(made[1]).all()


def test_the_shortest_panel_of_the_half_panel_test():
    Y = simulate(np.random.default_rng(0), 20, 8)
    rows = rows_of(Y)
    arguments = (rows.outcomes[:, 0], rows.lags[:, :1], rows.lags[:, 1:], rows.units, 1)
    assert panel_granger.shortest_for_jackknife(1) == 8
    assert np.isfinite(panel_granger.jackknife_wald(*arguments).statistic)
    short = rows_of(Y[:, :7])
    with pytest.raises(ValueError, match="needs 8 periods"):
        panel_granger.jackknife_wald(short.outcomes[:, 0], short.lags[:, :1], short.lags[:, 1:], short.units, 1)
    few = panel_granger.mean_wald(*arguments)
    assert few.too_short == 20
    assert np.isnan(few.ztilde)
    assert np.isfinite(few.wbar)
