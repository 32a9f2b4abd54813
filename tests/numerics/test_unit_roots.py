"""Unit-root tests: laws, refusals, printed table entries, size and power at 13 periods."""

import numpy as np
import pytest
from scipy import stats

from panelkit.numerics.combined_p import fisher
from panelkit.numerics.unit_root_tables import adf_p, cips_critical, ips_moments, llc_moments
from panelkit.numerics.unit_roots import adf, cips, im_pesaran_shin, levin_lin_chu


def walks(seed, units=31, times=13, rho=1.0, factor=0.0):
    rng = np.random.default_rng(seed)
    shocks = rng.normal(size=(units, times + 50)) + factor * rng.normal(size=times + 50)
    y = np.zeros_like(shocks)
    for t in range(1, shocks.shape[1]):
        y[:, t] = rho * y[:, t - 1] + shocks[:, t]
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(units), np.arange(2010, 2010 + times), indexing="ij"))
    return y[:, 50:].ravel(), unit, time


def test_dickey_fuller_by_hand():
    y, unit, time = walks(1, 3, 20)
    s = y[:20]
    d = np.diff(s)
    X = np.column_stack([s[1:-1], d[:-1], np.ones(18)])
    b = np.linalg.lstsq(X, d[1:], rcond=None)[0]
    u = d[1:] - X @ b
    want = b[0] / np.sqrt(u @ u / 15 * np.linalg.inv(X.T @ X)[0, 0])
    got = adf(y, unit, time, 1, "intercept")
    assert got.t[0] == pytest.approx(want, rel=1e-9)
    assert got.rows.tolist() == [18] * 3
    assert adf(y, unit, time, 1, "intercept", divisor="rows").t == pytest.approx(got.t * np.sqrt(18 / 15))
    assert got.statistic == pytest.approx(got.t.mean())


def test_laws_of_level_scale_and_order():
    y, unit, time = walks(2, 8, 25)
    shift = np.random.default_rng(0).normal(size=8)[unit] * 100
    order = np.random.default_rng(1).permutation(len(y))
    for call in (im_pesaran_shin, levin_lin_chu):
        base = call(y, unit, time, 1, "intercept")
        assert call(3 * y + shift, unit, time, 1, "intercept").statistic == pytest.approx(base.statistic, rel=1e-8)
        assert call(y[order], unit[order], time[order], 1, "intercept").statistic == base.statistic
        trended = y + shift * (time - 2010)
        assert call(trended, unit, time, 1, "trend").statistic == pytest.approx(
            call(y, unit, time, 1, "trend").statistic, rel=1e-6
        )
    base = cips(y, unit, time, 1, "intercept")
    assert cips(y[order], unit[order], time[order], 1, "intercept").statistic == pytest.approx(base.statistic, rel=1e-9)
    mean = (np.bincount(time - 2010, weights=y) / 8)[time - 2010]
    assert cips(y + 3 * mean, unit, time, 1, "intercept").statistic == pytest.approx(base.statistic, rel=1e-7)


def test_unbalanced_panels():
    y, unit, time = walks(3, 12, 30)
    keep = ~((unit == 4) & (time < 2020))
    assert im_pesaran_shin(y[keep], unit[keep], time[keep], 1, "intercept").rows.tolist().count(18) == 1
    assert np.isfinite(cips(y[keep], unit[keep], time[keep], 1, "intercept").statistic)
    with pytest.raises(ValueError, match="balanced"):
        levin_lin_chu(y[keep], unit[keep], time[keep], 1, "intercept")
    gap = ~((unit == 4) & (time == 2020))
    with pytest.raises(ValueError, match="unit 4 has a gap or a repeated period after 2019"):
        adf(y[gap], unit[gap], time[gap], 1, "intercept")


def test_too_short_is_said():
    y, unit, time = walks(4, 5, 11)
    with pytest.raises(ValueError, match="start at T = 10"):
        im_pesaran_shin(y, unit, time, 1, "intercept")
    with pytest.raises(ValueError, match="too few"):
        cips(y, unit, time, 3, "intercept")
    with pytest.raises(ValueError, match="an intercept or a trend"):
        im_pesaran_shin(y, unit, time, 0, "none")
    with pytest.raises(ValueError, match="none, intercept or trend"):
        adf(y, unit, time, 0, "drift")


def test_the_shorter_criterion_is_never_longer():
    y, unit, time = walks(5, 10, 60)
    assert (adf(y, unit, time, "SIC", "intercept").lags <= adf(y, unit, time, "AIC", "intercept").lags).all()


def test_printed_entries():
    """Cells of the papers' tables, typed here a second time, and the line between two."""
    assert ips_moments(25, 2, "trend") == (-2.074, 0.796)
    assert ips_moments(18, 1, "intercept") == pytest.approx((-1.503 - 0.013 * 3 / 5, 1.011 - 0.096 * 3 / 5))
    assert llc_moments(100, "intercept") == (-0.518, 0.776)
    assert llc_moments(13, "trend") == (-0.703, 1.003)
    assert cips_critical(30, 20, "intercept", "plain") == (-2.32, -2.15, -2.07)
    assert cips_critical(10, 10, "trend", "truncated") == (-3.51, -3.10, -2.87)
    assert cips_critical(20, 10, "none", "truncated") == (-1.91, -1.66, -1.52)
    with pytest.raises(ValueError, match="print no moments"):
        ips_moments(16, 6, "intercept")


def test_dickey_fuller_p_at_published_critical_values():
    """Asymptotic 1, 5, 10 % points: -2.566, -1.941, -1.617; -3.430, -2.862, -2.567; -3.958, -3.410, -3.127."""
    points = {
        "none": (-2.566, -1.941, -1.617),
        "intercept": (-3.430, -2.862, -2.567),
        "trend": (-3.958, -3.410, -3.127),
    }
    for terms, values in points.items():
        assert adf_p(np.array(values), terms) == pytest.approx((0.01, 0.05, 0.10), rel=0.05)
        assert (np.diff(adf_p(np.linspace(-15, 3, 400), terms)) > -1e-4).all()


def test_fisher_of_uniform_p_values():
    draws = np.random.default_rng(0).random((400, 31))
    got = [fisher(p) for p in draws]
    for name in ("maddala_wu_p", "modified_p", "inverse_normal_p", "logit_p"):
        assert 0.02 < np.mean([getattr(g, name) < 0.05 for g in got]) < 0.1
    one = fisher(np.array([0.2, 0.3]))
    assert one.maddala_wu == pytest.approx(-2 * np.log(0.06))
    assert one.inverse_normal_p == pytest.approx(stats.combine_pvalues([0.2, 0.3], method="stouffer").pvalue)
    with pytest.raises(ValueError, match="strictly between"):
        fisher(np.array([0.0, 0.5]))


def test_size_and_power_at_13_periods():
    """What the docstrings say of T = 13, 31 units, one lag, an intercept (there 400 draws of this generator, here 150)."""
    null, near = ([walks(seed, rho=rho) for seed in range(150)] for rho in (1.0, 0.7))

    def rate(p, data):
        return np.mean([p(*d) < 0.05 for d in data])

    def ips(*d):
        return im_pesaran_shin(*d, 1, "intercept").p

    def augmented(*d):
        return cips(*d, 1, "intercept").rejects_at or 1.0

    def plm(*d):
        return im_pesaran_shin(*d, 1, "intercept", divisor="rows").p

    def combined(*d):
        return fisher(adf_p(adf(*d, 1, "intercept").t, "intercept"))

    assert rate(ips, null) < 0.1
    assert rate(ips, near) > 0.5
    assert rate(lambda *d: augmented(*d) - 1e-9, null) < 0.12
    assert rate(lambda *d: augmented(*d) - 1e-9, near) < 0.25
    assert rate(plm, null) > 0.25  # plm's variance over T against moments of t over T-k
    assert rate(lambda *d: levin_lin_chu(*d, 1, "intercept").p, null) > 0.8
    assert rate(lambda *d: combined(*d).maddala_wu_p, null) > 0.15
    assert rate(lambda *d: combined(*d).inverse_normal_p, null) < 0.12


def test_common_shocks_fool_the_first_generation():
    rate = np.mean([im_pesaran_shin(*walks(seed, factor=2.0), 1, "intercept").p < 0.05 for seed in range(200)])
    assert rate > 0.15
