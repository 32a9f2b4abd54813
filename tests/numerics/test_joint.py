"""Joint tests and intervals against scipy."""

import numpy as np
import pytest
from scipy import stats

from panelkit.numerics.joint import bca, percentile, wald


def test_wald_is_an_f_and_a_square_of_t():
    V = np.array([[2.0, 3e-4], [3e-4, 1e-6]])
    b = np.array([1.0, 2e-3])
    got = wald(b, V, 30)
    want = b @ np.linalg.solve(V, b) / 2
    assert got.statistic == pytest.approx(want, rel=1e-9)
    assert got.p == pytest.approx(stats.f.sf(want, 2, 30), rel=1e-9)
    one = wald(np.array([3.0]), np.array([[4.0]]), 12)
    assert one.statistic == pytest.approx(2.25)
    assert one.p == pytest.approx(2 * stats.t.sf(1.5, 12), rel=1e-12)
    assert wald(np.array([3.0]), np.array([[4.0]]), np.inf).p == pytest.approx(2 * stats.norm.sf(1.5), rel=1e-12)


def test_a_singular_covariance_is_said():
    L = np.array([[1.0], [2.0], [3.0]])
    got = wald(np.array([1.0, 2.0, 3.0]), L @ L.T, 20)
    assert got.rank_deficient
    assert (got.df1, got.statistic) == (1, pytest.approx(1.0))


def test_negative_variance_is_refused():
    with pytest.raises(ValueError, match="negative eigenvalue"):
        wald(np.ones(2), np.array([[1.0, 2.0], [2.0, 1.0]]), 20)
    with pytest.raises(ValueError, match="not symmetric"):
        wald(np.ones(2), np.array([[1.0, 0.5], [0.0, 1.0]]), 20)
    with pytest.raises(ValueError, match="no draw"):
        percentile(np.array([np.nan]))


def test_bca_equals_scipy():
    data = np.random.default_rng(1).exponential(size=30)
    draws = np.array([np.random.default_rng(b).choice(data, 30).mean() for b in range(500)])
    left = np.array([np.delete(data, i).mean() for i in range(30)])
    low, high = bca(draws, data.mean(), left)
    assert low > percentile(draws)[0]
    below = stats.norm.ppf((draws < data.mean()).mean())
    gaps = left.mean() - left
    speed = (gaps**3).sum() / (6 * (gaps**2).sum() ** 1.5)
    z = below + stats.norm.ppf(0.975)
    assert high == pytest.approx(np.quantile(draws, stats.norm.cdf(below + z / (1 - speed * z))), rel=1e-12)
    with pytest.raises(ValueError, match="one side"):
        bca(draws, 1e9, left)
