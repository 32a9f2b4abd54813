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
    hachman,
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
    np.testing.assert_allclose(hachman(table), trade["hachman"], rtol=1e-12)
    np.testing.assert_allclose(location_quotients(table), trade["rca"]["values"], atol=5.1e-3)  # two decimals
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


# Wang et al. (2021), J. Nat. Resour. 36(3), table 8: coupling of ecology and economy of 13 cities, by the usual formula and by theirs,
# seen on the journal's site (www.jnr.ac.cn/article/2021/1000-3037/1000-3037-36-3-793/T7.html)
PRINTED = {
    2008: """0.9989 0.9935 0.8868 0.9073 0.6821 0.8328 0.6816 0.7789 0.6871 0.6101 0.8017 0.7867 0.7191
             0.9404 0.8660 0.5440 0.5769 0.3006 0.4780 0.3344 0.4171 0.3278 0.2700 0.4374 0.4196 0.3738""",
    2009: """0.9984 0.9997 0.8912 0.9079 0.6790 0.8114 0.6839 0.7786 0.7180 0.6377 0.8018 0.7587 0.7396
             0.9238 0.9675 0.5435 0.5716 0.2946 0.4445 0.3224 0.4117 0.3533 0.2731 0.4352 0.3821 0.3906""",
    2010: """0.9999 0.9920 0.9071 0.9224 0.6957 0.8309 0.7044 0.7992 0.7556 0.6212 0.8277 0.7707 0.7109
             0.9835 0.8497 0.5659 0.5942 0.3041 0.4593 0.3385 0.4245 0.3857 0.2533 0.4574 0.3908 0.3529""",
    2011: """0.9939 0.9848 0.9373 0.9468 0.7446 0.8488 0.7437 0.8114 0.7806 0.6469 0.8601 0.8162 0.7560
             0.8485 0.7896 0.6271 0.6503 0.3454 0.4767 0.3720 0.4332 0.4123 0.2600 0.4994 0.4361 0.3951""",
    2012: """0.9992 0.9913 1.0000 0.9276 0.6720 0.8527 0.7674 0.8211 0.7859 0.6561 0.8749 0.8133 0.7577
             0.9445 0.8342 0.9949 0.5937 0.2497 0.4816 0.3967 0.4433 0.4134 0.2615 0.5164 0.4243 0.3931""",
    2013: """0.9858 0.9280 0.9867 0.9866 0.7442 0.9215 0.8259 0.8680 0.7819 0.6619 0.9183 0.9025 0.7773
             0.7757 0.5868 0.8169 0.8135 0.3519 0.6125 0.4721 0.5160 0.4043 0.2746 0.6006 0.5692 0.4184""",
    2014: """0.9942 0.9488 0.9834 0.9815 0.6713 0.8995 0.8283 0.8917 0.7556 0.6955 0.9270 0.9064 0.8257
             0.8523 0.6353 0.7939 0.7829 0.2532 0.5627 0.4708 0.5540 0.3797 0.3067 0.6191 0.5750 0.4723""",
}


def printed_pairs() -> list[tuple[float, float]]:
    pairs = []
    for text in PRINTED.values():
        numbers = [float(v) for v in text.split()]
        pairs += list(zip(numbers[:13], numbers[13:], strict=True))
    return pairs


def ratio_of(c: float) -> float:
    """min U / max U of two systems from C = 2 sqrt(r) / (1 + r)."""
    return ((1 - np.sqrt(max(1 - c**2, 0.0))) / c) ** 2 if c else 0.0


@pytest.mark.parametrize(("c", "modified"), printed_pairs())
def test_every_printed_pair_of_the_modified_coupling_has_admissible_levels(c, modified):
    """C and C' of two systems leave one unknown, max U. It exists in [0, 1] only where r <= C' <= sqrt(r): 91 cells of their table hold.

    Without the root, or with the squared gap, these bounds are left by the printed values (see the next test).
    """
    low, high = (ratio_of(min(max(c + e, 0.0), 1.0)) for e in (-5e-5, 5e-5))
    assert low - 5e-5 <= modified <= np.sqrt(high) + 5e-5
    if c < 0.98:  # nearer to 1 four decimals of C leave the ratio open
        ratio = ratio_of(c)
        highest = (1 - modified**2 / ratio) / (1 - ratio)
        levels = np.array([ratio * highest, highest])
        assert 0 < highest < 1
        assert coupling.coupling_degree(levels) == pytest.approx(c, abs=1e-9)
        assert coupling.modified_coupling_degree(levels) == pytest.approx(modified, abs=1e-9)


@pytest.mark.parametrize(
    ("wrong", "admissible"),
    [
        ("without the root", lambda c, m: ratio_of(c) ** 2 <= m <= ratio_of(c)),
        ("min over max alone", lambda c, m: abs(m - np.sqrt(ratio_of(c))) < 1e-3),
    ],
)
def test_other_readings_of_the_formula_do_not_meet_the_table(wrong, admissible):
    held = sum(admissible(c, m) for c, m in printed_pairs())
    assert held < len(printed_pairs()) / 2, wrong


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
