"""Conley covariances against a double loop over pairs of rows; distances against known ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import sandwich, spatial
from panelkit.numerics.least_squares import solve
from panelkit.numerics.serial import driscoll_kraay, newey_west
from panelkit.numerics.spatial import Periods, Places, Reach, conley, cut_negative, distances


def located(s, seed, moving=False):
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(20, 50, 9)[s.unit], rng.uniform(75, 130, 9)[s.unit]
    if moving:
        lat = lat + 0.01 * s.time
    return Places(latitude=lat, longitude=lon)


def great_circle(a, b):
    """By the angle between unit vectors, not by the haversine."""
    (f, g), (p, q) = np.radians(a), np.radians(b)
    u = np.array([math.cos(f) * math.cos(g), math.cos(f) * math.sin(g), math.sin(f)])
    v = np.array([math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p)])
    return 6371.01 * math.atan2(np.linalg.norm(np.cross(u, v)), u @ v)


def loop(s, X, u, places, reach, panel):
    scores = X * u[:, None]
    meat = np.zeros((3, 3))
    for i in range(len(u)):
        for j in range(len(u)):
            apart = abs(int(s.time[i]) - int(s.time[j]))
            weight = 0.0
            if not panel or apart == 0:
                share = (
                    great_circle((places.latitude[i], places.longitude[i]), (places.latitude[j], places.longitude[j]))
                    / reach.cutoff_km
                )
                weight = float(share <= 1) if reach.kernel == "uniform" else max(0.0, 1 - share)
            if panel and s.unit[i] == s.unit[j] and 0 < apart <= reach.lags:
                weight = 1 - apart / (reach.lags + 1)
            meat += weight * np.outer(scores[i], scores[j])
    return meat


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 5000),
    kernel=st.sampled_from(["uniform", "bartlett"]),
    lags=st.integers(0, 3),
    panel=st.booleans(),
    cutoff=st.sampled_from([300.0, 1500.0, 4000.0]),
)
def test_by_pairs_in_any_row_order(sample, seed, kernel, lags, panel, cutoff):
    s = sample(seed)
    X = s.X - 50
    fit = solve(X, s.y)
    places = located(s, seed, moving=seed % 2 == 1)
    reach = Reach(cutoff_km=cutoff, kernel=kernel, lags=lags if panel else 0)
    want = fit.bread @ loop(s, X, fit.residuals, places, reach, panel) @ fit.bread
    size = np.abs(sandwich.hc0(fit.bread, X, fit.residuals)).max()  # sums over all pairs may cancel to nothing
    for rows in (np.arange(len(s.y)), np.random.default_rng(seed).permutation(len(s.y))):
        periods = Periods(unit=s.unit[rows], time=s.time[rows]) if panel else None
        here = Places(latitude=places.latitude[rows], longitude=places.longitude[rows])
        got = conley(fit.bread, X[rows], fit.residuals[rows], here, reach, periods)
        assert np.allclose(got, want, rtol=1e-9, atol=1e-11 * size)


def test_limits_are_known_covariances(sample, monkeypatch):
    s = sample(1)
    fit = solve(s.X, s.y)
    places, periods = located(s, 1), Periods(unit=s.unit, time=s.time)
    args = (fit.bread, s.X, fit.residuals)
    near = conley(*args, places, Reach(cutoff_km=1e-6), periods)
    assert np.allclose(near, sandwich.hc0(*args))
    assert np.allclose(conley(*args, places, Reach(cutoff_km=1e-6)), sandwich.cluster(*args, s.unit))
    everywhere = conley(*args, places, Reach(cutoff_km=30000.0), periods)
    assert np.allclose(everywhere, driscoll_kraay(*args, s.time, 0))
    both = conley(*args, places, Reach(cutoff_km=1e-6, lags=2), periods)
    assert np.allclose(both, newey_west(*args, s.unit, s.time, 2))
    whole = conley(*args, places, Reach(cutoff_km=900.0, kernel="bartlett"), periods)
    monkeypatch.setattr(spatial, "BLOCK_CELLS", 10)
    assert np.allclose(conley(*args, places, Reach(cutoff_km=900.0, kernel="bartlett"), periods), whole, rtol=1e-12)


def test_distances():
    d = distances([0, 0, 90, 39.9042, 0], [0, 180, 0, 116.4074, 359.5])
    assert np.allclose(d, d.T)
    assert (np.diag(d) == 0).all()
    assert d[0, 1] == pytest.approx(math.pi * 6371.01)  # antipodes
    assert d[0, 2] == pytest.approx(math.pi / 2 * 6371.01)
    assert d[0, 4] == pytest.approx(math.radians(0.5) * 6371.01)  # across the date line's other side
    assert d[0, 3] == pytest.approx(great_circle((0, 0), (39.9042, 116.4074)), rel=1e-12)
    assert distances([31.2304, 31.2305], [121.4737, 121.4737])[0, 1] == pytest.approx(0.01112, rel=1e-3)
    assert distances([0, 0], [0, 90], radius=1.0)[0, 1] == pytest.approx(math.pi / 2)


def test_cutting_negative_eigenvalues():
    V, cut = cut_negative(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert cut
    assert np.allclose(V, 1.5)
    V, cut = cut_negative(np.eye(2))
    assert not cut
    assert np.array_equal(V, np.eye(2))
    with pytest.raises(ValueError, match="square"):
        cut_negative(np.ones((2, 3)))


def test_faults_in_words(sample):
    s = sample(2)
    fit = solve(s.X, s.y)
    places, args = located(s, 2), (fit.bread, s.X, fit.residuals)
    with pytest.raises(ValueError, match="exchanged"):
        distances([116.4, 121.5], [39.9, 31.2])
    with pytest.raises(ValueError, match="longitude"):
        distances([0.0], [400.0])
    with pytest.raises(ValueError, match="above zero"):
        conley(*args, places, Reach(cutoff_km=0))
    with pytest.raises(ValueError, match="unit and time"):
        conley(*args, places, Reach(cutoff_km=1, lags=1))
    with pytest.raises(ValueError, match="kernel is"):
        conley(*args, places, Reach(cutoff_km=1, kernel="gaussian"))
    with pytest.raises(ValueError, match="zero or more"):
        conley(*args, places, Reach(cutoff_km=1, lags=-1))


# Standard errors that the Python package diff-diff 3.13.0 (its `conley` covariance, a port of R conleyreg) prints for this panel
DIFF_DIFF = {
    ("uniform", 0, 900.0): (0.08198487638226096, 0.0963720734300176, 0.09527753842105265),
    ("uniform", 0, 2500.0): (0.09110972870484724, 0.08758115626594103, 0.08976835482385147),
    ("uniform", 2, 900.0): (0.0656397281088794, 0.10120215590480826, 0.11275208016455608),
    ("uniform", 2, 2500.0): (0.07673354296175737, 0.09286957927900609, 0.10813685672165718),
    ("bartlett", 0, 900.0): (0.07781918518878993, 0.1039101097683703, 0.09910025576119333),
    ("bartlett", 0, 2500.0): (0.08440917639563256, 0.09550481464645269, 0.09355700142687712),
    ("bartlett", 2, 900.0): (0.06035627170593115, 0.10840484645372264, 0.11600035752441994),
    ("bartlett", 2, 2500.0): (0.06864373977706936, 0.10037663793549623, 0.11130199804966667),
}


@pytest.mark.parametrize("case", DIFF_DIFF, ids=str)
def test_another_program_prints_the_same(case):
    i = np.arange(12 * 8)
    unit, time = i // 8, i % 8
    places = Places(
        latitude=(20 + 3 * ((7 * unit) % 10) + 0.5 * unit).astype(float),
        longitude=(75 + 5 * ((3 * unit) % 11) + 0.25 * unit).astype(float),
    )
    X = np.column_stack([np.ones(96), np.sin(1.7 * i) + 0.3 * np.cos(0.9 * unit * time), np.cos(2.3 * i)])
    fit = solve(X, X @ [1, 0.5, -0.3] + np.sin(0.37 * i**1.5) + 0.5 * np.cos(time * 1.1))
    kernel, lags, cutoff = case
    reach = Reach(cutoff_km=cutoff, kernel=kernel, lags=lags)
    V = conley(fit.bread, X, fit.residuals, places, reach, Periods(unit=unit, time=time))
    np.testing.assert_allclose(np.sqrt(np.diag(V)), DIFF_DIFF[case], rtol=1e-10)
