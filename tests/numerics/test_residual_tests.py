"""Residual tests against loops, published small cases and their size under the null."""

import numpy as np
import pytest
from scipy import stats

from panelkit.numerics.residual_tests import (
    cross_section_dependence,
    modified_wald,
    random_effects_lm,
    wooldridge_difference,
    wooldridge_within,
)


def panel(seed, units=40, times=13, rho=0.0):
    rng = np.random.default_rng(seed)
    u = np.zeros((units, times))
    u[:, 0] = rng.normal(size=units) / np.sqrt(1 - rho**2)
    for t in range(1, times):
        u[:, t] = rho * u[:, t - 1] + rng.normal(size=units)
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(units), np.arange(times), indexing="ij"))
    return u, unit, time


def test_breusch_pagan_is_xttest0():
    """The balanced formula of Stata's xttest0: nT/(2(T-1)) (sum_i (sum_t e)^2 / sum e^2 - 1)^2."""
    u, unit, time = panel(1, 10, 5)
    e = u.ravel() - u.mean()
    want = 10 * 5 / (2 * 4) * ((e.reshape(10, 5).sum(axis=1) ** 2).sum() / (e @ e) - 1) ** 2
    got = random_effects_lm(e, unit, time)
    assert got.bp_unit.statistic == pytest.approx(want)
    assert got.honda_unit.statistic**2 == pytest.approx(want)
    swapped = random_effects_lm(e, time, unit)
    assert swapped.bp_unit == got.bp_time
    with pytest.raises(ValueError, match="two rows"):
        random_effects_lm(e[:5], np.arange(5), np.zeros(5, dtype=int))


def test_random_effects_lm_keeps_its_size_and_finds_effects():
    rejected, found = [], []
    for seed in range(300):
        u, unit, time = panel(seed, 31, 13)
        rejected.append(random_effects_lm(u.ravel() - u.mean(), unit, time).honda_unit.p < 0.05)
        v = u + np.random.default_rng(seed + 999).normal(size=(31, 1)) * 0.5
        found.append(random_effects_lm(v.ravel() - v.mean(), unit, time).honda_unit.p < 0.05)
    assert 0.02 < np.mean(rejected) < 0.09
    assert np.mean(found) > 0.95


def test_wooldridge_size_and_power_at_13_periods():
    rates = {}
    for rho in (0.0, 0.4):
        within, difference = [], []
        for seed in range(200):
            u, unit, time = panel(seed, 31, 13, rho)
            e = (u - u.mean(axis=1, keepdims=True)).ravel()
            within.append(wooldridge_within(e, unit, time).p < 0.05)
            d = np.diff(u, axis=1)
            rows = time.reshape(31, 13)[:, 1:].ravel(), unit.reshape(31, 13)[:, 1:].ravel()
            difference.append(wooldridge_difference(d.ravel(), rows[1], rows[0]).p < 0.05)
        rates[rho] = (np.mean(within), np.mean(difference))
    assert max(rates[0.0]) < 0.12
    assert min(rates[0.4]) > 0.9


def test_xtserial_by_hand():
    """regress e L.e, noconstant cluster(unit); test L.e = -.5."""
    u, unit, time = panel(3, 12, 6)
    d, g, t = np.diff(u, axis=1), unit.reshape(12, 6)[:, 1:], time.reshape(12, 6)[:, 1:]
    now, lag = d[:, 1:].ravel(), d[:, :-1].ravel()
    b = lag @ now / (lag @ lag)
    scores = (lag * (now - b * lag)).reshape(12, -1).sum(axis=1)
    V = scores @ scores / (lag @ lag) ** 2 * 12 / 11
    got = wooldridge_difference(d.ravel(), g.ravel(), t.ravel())
    assert got.statistic == pytest.approx((b + 0.5) ** 2 / V)
    assert got.df == (1, 11)
    assert got.p == pytest.approx(stats.f.sf(got.statistic, 1, 11))
    shuffle = np.random.default_rng(0).permutation(60)
    again = wooldridge_difference(d.ravel()[shuffle], g.ravel()[shuffle], t.ravel()[shuffle])
    assert again.statistic == pytest.approx(got.statistic, rel=1e-12)


def test_a_lag_never_crosses_a_gap():
    u, unit, time = panel(4, 10, 6)
    keep = time != 3
    got = wooldridge_within(u.ravel()[keep], unit[keep], time[keep])
    assert got.pairs == 10 * 3
    with pytest.raises(ValueError, match="two residuals in one period"):
        wooldridge_within(u.ravel(), unit, np.minimum(time, 4))
    with pytest.raises(ValueError, match="levels or differences"):
        wooldridge_difference(u.ravel(), unit, time, null="fe")


def test_modified_wald_by_a_loop():
    u, unit, time = panel(5, 6, 30)
    keep = ~((unit == 2) & (time > 20))
    e, g = u.ravel()[keep] * (1 + unit[keep]), unit[keep]
    want = 0.0
    for i in range(6):
        s = e[g == i] ** 2
        want += (s.mean() - (e**2).mean()) ** 2 / (np.sum((s - s.mean()) ** 2) / len(s) / (len(s) - 1))
    got = modified_wald(e, g)
    assert (got.statistic, got.df) == (pytest.approx(want), (6,))
    with pytest.raises(ValueError, match="one row"):
        modified_wald(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))


def test_modified_wald_over_rejects_at_13_periods():
    """What its docstring says, measured: 31 units, 13 periods, equal variances."""
    rate = np.mean(
        [modified_wald(panel(s, 31, 13)[0].ravel(), np.repeat(np.arange(31), 13)).p < 0.05 for s in range(200)]
    )
    assert rate > 0.5


def test_cross_section_by_a_loop_unbalanced():
    rng = np.random.default_rng(6)
    u, unit, time = panel(6, 7, 9)
    u += rng.normal(size=9)
    keep = rng.random(63) < 0.7
    e, g, t = u.ravel()[keep] + 1e4, unit[keep], np.unique(time[keep], return_inverse=True)[1]
    cd = lm = pairs = 0
    for i in range(7):
        for j in range(i):
            common = np.intersect1d(t[g == i], t[g == j])
            if len(common) < 2:
                continue
            a, b = (np.array([e[(g == k) & (t == p)][0] for p in common]) for k in (i, j))
            rho = np.corrcoef(a, b)[0, 1]
            cd, lm, pairs = cd + np.sqrt(len(common)) * rho, lm + len(common) * rho**2, pairs + 1
    got = cross_section_dependence(e, g, t)
    assert (got.cd.statistic, got.lm.statistic) == pytest.approx((cd / np.sqrt(pairs), lm), rel=1e-9)
    assert (got.pairs, got.left_out) == (pairs, 21 - pairs)


def test_cross_section_dependence_size():
    rate = np.mean(
        [cross_section_dependence((u := panel(s, 31, 13))[0].ravel(), u[1], u[2]).cd.p < 0.05 for s in range(300)]
    )
    assert 0.02 < rate < 0.09
