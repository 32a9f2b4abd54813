"""Newey-West and Driscoll-Kraay against double loops over pairs of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import sandwich
from panelkit.numerics.least_squares import solve
from panelkit.numerics.serial import default_lags, driscoll_kraay, newey_west


def loop(s, X, u, lags, within):
    scores = X * u[:, None]
    meat = np.zeros((3, 3))
    for i in range(len(u)):
        for j in range(len(u)):
            distance = abs(int(s.time[i]) - int(s.time[j]))
            if distance <= lags and (not within or s.unit[i] == s.unit[j]):
                meat += (1 - distance / (lags + 1)) * np.outer(scores[i], scores[j])
    return meat


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 5000), lags=st.integers(0, 8))
def test_by_pairs_gaps_included_in_any_row_order(sample, seed, lags):
    s = sample(seed)
    centred = s.X - 50
    fit = solve(centred, s.y)
    turn = np.random.default_rng(seed).permutation(len(s.y))
    for within in (True, False):
        want = fit.bread @ loop(s, centred, fit.residuals, lags, within) @ fit.bread
        size = np.abs(sandwich.hc0(fit.bread, centred, fit.residuals)).max()  # sums may cancel to nothing
        for rows in (slice(None), turn):
            head = (fit.bread, centred[rows], fit.residuals[rows])
            rest = (s.unit[rows], s.time[rows] + 1990, lags)
            got = newey_west(*head, *rest) if within else driscoll_kraay(*head, *rest[1:])
            assert np.allclose(got, want, rtol=1e-10, atol=1e-11 * size)


def test_no_lag_is_hc0_and_clustering_by_period(sample):
    s = sample(1)
    fit = solve(s.X, s.y)
    args = (fit.bread, s.X, fit.residuals)
    assert np.allclose(newey_west(*args, s.unit, s.time, 0), sandwich.hc0(*args))
    assert np.allclose(driscoll_kraay(*args, s.time, 0), sandwich.cluster(*args, s.time))
    assert np.allclose(driscoll_kraay(*args, s.time), driscoll_kraay(*args, s.time, 1))
    assert np.linalg.eigvalsh(newey_west(*args, s.unit, s.time, 3))[0] > -1e-12
    assert np.linalg.eigvalsh(driscoll_kraay(*args, s.time, 3))[0] > -1e-12


def test_a_year_missing_everywhere_counts_by_the_calendar(sample):
    s = sample(2)
    fit = solve(s.X, s.y)
    years = 2 * s.time + 2000  # biennial: distance one never occurs
    got = newey_west(fit.bread, s.X, fit.residuals, s.unit, years, 1)
    assert np.allclose(got, sandwich.hc0(fit.bread, s.X, fit.residuals))


def test_default_lags_and_faults(sample):
    assert [default_lags(t) for t in (1, 15, 16, 80, 81, 256, 625, 1296)] == [1, 1, 2, 2, 3, 4, 5, 6]
    s = sample(3)
    fit = solve(s.X, s.y)
    args = (fit.bread, s.X, fit.residuals)
    with pytest.raises(ValueError, match="two rows at time 0"):
        newey_west(*args, s.unit, s.time * 0)
    with pytest.raises(ValueError, match="whole numbers"):
        driscoll_kraay(*args, s.time + 0.5)
    with pytest.raises(ValueError, match="zero or more"):
        driscoll_kraay(*args, s.time, -1)
    with pytest.raises(ValueError, match="at least one period"):
        default_lags(0)
