"""Indices as algebra: an oracle, worked examples, and what must hold for any table."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from panelkit.numerics import composite, coupling
from panelkit.numerics.chains import accumulated, chained
from panelkit.numerics.concentration import (
    coagglomeration,
    ellison_glaeser,
    herfindahl,
    herfindahl_from_bins,
    krugman,
    location_quotients,
    quotient,
    relative_diversity,
    shannon,
    spatial_gini,
)

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TABLES = arrays(np.float64, (5, 4), elements=st.floats(0.1, 1e4))
LEVELS = arrays(np.float64, st.tuples(st.just(6), st.integers(2, 5)), elements=st.floats(0.001, 1.0))


@pytest.fixture(scope="module")
def trade():
    path = SHARED / "oracle" / "cases" / "lq_trade.json"
    if not path.is_file():
        pytest.skip("../shared/oracle is not here: it is not part of a clone")
    return json.loads(path.read_text("utf-8"))["result"]


def test_oracle_of_econgeo(trade):
    table = np.array(trade["input_matrix"]["values"], dtype=float)
    np.testing.assert_allclose(location_quotients(table), trade["location_quotient"]["values"], rtol=1e-12)
    np.testing.assert_array_equal(location_quotients(table) > 1, np.array(trade["location_quotient_binary"]["values"]))
    np.testing.assert_allclose(herfindahl(table), trade["herfindahl"], rtol=1e-12)
    np.testing.assert_allclose(krugman(table, "all"), trade["krugman_index"], rtol=1e-12)
    np.testing.assert_allclose(krugman(table, "all") / 2, trade["spec_coeff"], rtol=1e-12)
    np.testing.assert_allclose(shannon(table) / np.log(2), trade["entropy"], atol=5.1e-4)  # printed with three decimals


@given(table=TABLES, scale=st.floats(1e-3, 1e3))
def test_quotients_are_free_of_scale_and_have_weighted_mean_one(table, scale):
    found = location_quotients(table)
    np.testing.assert_allclose(found, location_quotients(table * scale), rtol=1e-9)
    weights = table.sum(axis=1) / table.sum()
    np.testing.assert_allclose(weights @ found, 1.0, rtol=1e-9)
    one = quotient(table[:, 0], table.sum(axis=1))
    np.testing.assert_allclose(one, found[:, 0], rtol=1e-9)


@given(table=TABLES)
def test_leaving_oneself_out_moves_away_from_one(table):
    with_all = quotient(table[:, 0], table.sum(axis=1))
    without = quotient(table[:, 0], table.sum(axis=1), leave_one_out=True)
    far = np.abs(np.log(without)) - np.abs(np.log(with_all))
    assert (far > -1e-9).all()


@given(table=TABLES)
def test_bounds_of_concentration_and_specialisation(table):
    n = table.shape[1]
    assert ((herfindahl(table) > 1 / n - 1e-12) & (herfindahl(table) <= 1)).all()
    for reference in ("rest", "all"):
        k = krugman(table, reference)
        assert ((k >= 0) & (k <= 2)).all()
    assert (krugman(table, "rest") >= krugman(table, "all") - 1e-9).all()
    assert (shannon(table) <= np.log(n) + 1e-12).all()
    g = spatial_gini(table[:, 0], table.sum(axis=1))
    assert 0 <= g <= 2
    theta = coagglomeration(*location_quotients(table).T[:2])
    assert (theta > 0).all()


def test_ellison_glaeser_by_hand():
    part, whole = np.array([8.0, 1.0, 1.0]), np.array([40.0, 30.0, 30.0])
    g = 0.4**2 + 0.2**2 + 0.2**2
    room = 1 - (0.16 + 0.09 + 0.09)
    assert spatial_gini(part, whole) == pytest.approx(g)
    assert ellison_glaeser(part, whole, np.array(0.1)) == pytest.approx((g - room * 0.1) / (room * 0.9))
    assert ellison_glaeser(whole, whole, np.array(0.0)) == pytest.approx(0.0)
    by_plants_alone = g / room  # G = room * H: concentration that plants alone explain
    assert ellison_glaeser(part, whole, np.array(by_plants_alone)) == pytest.approx(0.0)


def test_plants_in_bins_bound_the_true_index_from_below():
    sizes = [np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0])]
    true = float((np.concatenate(sizes) ** 2).sum() / np.concatenate(sizes).sum() ** 2)
    got = herfindahl_from_bins(np.array([3.0, 2.0]), np.array([6.0, 40.0]))
    assert got < true
    assert got == pytest.approx((12 + 800) / 46**2)


def test_the_same_mix_has_no_relative_diversity():
    table = np.array([[1.0, 1.0], [2.0, 2.0]])
    assert np.isinf(relative_diversity(table)).all()


@settings(deadline=None)
@given(
    z=arrays(np.float64, (12, 3), elements=st.floats(0, 1)).filter(lambda z: (np.ptp(z, axis=0) > 0.05).all()),
    a=st.floats(0.01, 100),
    b=st.floats(-50, 50),
)
def test_weights_sum_to_one_and_do_not_know_units(z, a, b):
    scaled = composite.normalised(z, np.array([True, True, False]), composite.scale_of(z))
    again = composite.normalised(a * z + b, np.array([True, True, False]), composite.scale_of(a * z + b))
    assert (scaled >= 0).all()
    assert (scaled <= 1).all()
    for by in composite.WEIGHTINGS:
        w = composite.weights(scaled, by)
        assert w.sum() == pytest.approx(1.0)
        assert (w >= -1e-12).all()
        if by != "pca":
            np.testing.assert_allclose(w, composite.weights(again, by), atol=1e-5)
    e = composite.entropies(scaled)
    assert ((e >= -1e-12) & (e <= 1 + 1e-12)).all()


def test_entropy_by_hand_with_a_zero_share():
    z = np.array([[0.0, 0.25], [0.5, 0.25], [0.5, 0.5]])
    e1 = np.log(2) / np.log(3)
    e2 = (0.5 * np.log(4) + 0.5 * np.log(2)) / np.log(3)
    np.testing.assert_allclose(composite.entropies(z), [e1, e2])
    np.testing.assert_allclose(composite.entropy_weights(z), np.array([1 - e1, 1 - e2]) / (2 - e1 - e2))
    assert composite.entropy_weights(z, 0.01)[0] < composite.entropy_weights(z)[0]  # a shift is no matter of form


def test_ranks_agree_with_scipy():
    from scipy.stats import spearmanr

    draws = np.random.default_rng(1)
    a, b = draws.integers(0, 6, 40).astype(float), draws.integers(0, 6, 40).astype(float)
    assert composite.rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)


@given(levels=LEVELS, scale=st.floats(0.01, 1.0))
def test_coupling_is_in_bounds_free_of_scale_and_one_iff_equal(levels, scale):
    c = coupling.coupling_degree(levels)
    assert ((c >= 0) & (c <= 1)).all()
    np.testing.assert_allclose(c, coupling.coupling_degree(levels * scale), rtol=1e-9)
    modified = coupling.modified_coupling_degree(levels)
    assert ((modified >= 0) & (modified <= 1 + 1e-12)).all()
    equal = np.repeat(levels[:, :1], levels.shape[1], axis=1)
    np.testing.assert_allclose(coupling.coupling_degree(equal), 1.0)
    np.testing.assert_allclose(coupling.modified_coupling_degree(equal), 1.0)
    apart = np.ptp(levels, axis=1) > 0.01 * levels.max(axis=1)
    assert (c[apart] < 1 - 1e-9).all()
    t = coupling.development(levels, np.full(levels.shape[1], 1 / levels.shape[1]))
    assert (coupling.coordination(c, t) <= 1 + 1e-12).all()


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_coupling_without_its_factor_would_be_capped(n):
    equal = np.full(n, 0.1)
    wrong = np.prod(equal) ** (1 / n) / equal.sum()
    assert coupling.coupling_degree(equal) == pytest.approx(n * wrong)
    assert wrong == pytest.approx(1 / n)


def test_modified_coupling_meets_a_printed_pair():
    """C 0.8868 -> 0.5440 of Wang et al. (2021), table 8, has one solution for two systems: max U 0.31, min U 0.11."""
    printed_c, printed_modified = 0.8868, 0.5440
    root = (1 - np.sqrt(1 - printed_c**2)) / printed_c
    ratio = root**2
    highest = (1 - printed_modified**2 / ratio) / (1 - ratio)
    levels = np.array([ratio * highest, highest])
    assert highest == pytest.approx(0.31, abs=0.005)
    assert coupling.coupling_degree(levels) == pytest.approx(printed_c, abs=1e-9)
    assert coupling.modified_coupling_degree(levels) == pytest.approx(printed_modified, abs=1e-9)


@given(
    flows=arrays(np.float64, (2, 8), elements=st.floats(0, 1e3)),
    begins=st.floats(0, 1e4),
    d=st.floats(0, 0.99),
)
def test_stocks_accumulate(flows, begins, d):
    stock = accumulated(flows, np.full(2, begins), 1, d)
    assert np.isnan(stock[:, 0]).all()
    for t in range(2, 8):
        np.testing.assert_allclose(stock[:, t], (1 - d) * stock[:, t - 1] + flows[:, t])
    undepreciated = accumulated(flows, np.full(2, begins), 1, 0.0)
    np.testing.assert_allclose(undepreciated[:, -1], begins + flows[:, 2:].sum(axis=1))


@given(links=arrays(np.float64, (2, 6), elements=st.floats(80, 130)), base=st.integers(0, 5), other=st.integers(0, 5))
def test_a_chain_is_one_in_its_base_and_another_base_is_a_factor(links, base, other):
    level = chained(links, base)
    assert (level[:, base] == 1).all()
    np.testing.assert_allclose(level / level[:, [other]], chained(links, other), rtol=1e-9)
    np.testing.assert_allclose(level[:, 1:] / level[:, :-1], links[:, 1:] / 100, rtol=1e-9)


def test_a_chain_breaks_at_a_missing_link():
    level = chained(np.array([[100.0, 110.0, np.nan, 120.0]]), 0)
    assert np.isnan(level[0, 2:]).all()
    assert level[0, 1] == pytest.approx(1.1)
