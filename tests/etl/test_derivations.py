"""Derivations on panels: worked examples, what must hold, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.core.errors import PanelError
from panelkit.core.registry import DERIVATIONS
from panelkit.facts.provinces import provinces
from panelkit.facts.zones import exposure, zones

CODES = [p.code for p in provinces()]
THREE = CODES[:3]
YEARS = range(2015, 2019)


@pytest.fixture(scope="module")
def draws():
    return np.random.default_rng(11)


@pytest.fixture(scope="module")
def columns(draws):
    return {c: draws.uniform(1, 100, 31 * 4) for c in "abcdwg"}


def derived(assembled_of, frame, kind, options, **more):
    got, _ = assembled_of(frame, {"y": {"derive": kind, "with": options}}, **more)
    return got.panel.frame.set_index(["province", "year"])["y"], got


@pytest.mark.parametrize("kind", DERIVATIONS.names())
def test_every_kind_says_itself_in_both_languages(kind):
    known = DERIVATIONS[kind]
    assert known.summary
    assert known.summary_zh
    assert known.formula or kind == "province_fact"


def test_leave_one_out_by_hand(assembled_of, rows_of):
    frame = rows_of(THREE, range(2015, 2016), e=[10.0, 20.0, 30.0], w=[100.0, 100.0, 100.0])
    options = {"part": "s.e", "whole": "s.w", "form": "ratio", "leave_one_out": True}
    y, got = derived(assembled_of, frame, "location_quotient", options, years=(2015, 2015))
    np.testing.assert_allclose(y, [0.1 / 0.25, 0.2 / 0.2, 0.3 / 0.15])
    assert "left out" in got.panel.variable("y").origin.how


def test_employment_over_output_is_no_quotient(assembled_of, rows_of):
    frame = rows_of(THREE, YEARS, e=1.0, w=2.0)
    with pytest.raises(PanelError, match="both from employment or both from output"):
        derived(
            assembled_of,
            frame,
            "location_quotient",
            {"part": "s.e", "whole": "s.w"},
            measures={"e": "万人", "w": "亿元"},
        )


def test_indices_of_industries_by_hand(assembled_of, rows_of):
    frame = rows_of(CODES[:2], range(2015, 2016), a=[1.0, 3.0], b=[3.0, 1.0])
    parts = {"parts": {"textiles": "s.a", "machines": "s.b"}}
    window = {"years": (2015, 2015)}
    assert derived(assembled_of, frame, "hhi", parts, **window)[0].tolist() == [0.625, 0.625]
    normal = derived(assembled_of, frame, "hhi", {**parts, "normalised": True}, **window)[0]
    assert normal.tolist() == [0.25, 0.25]
    assert derived(assembled_of, frame, "krugman_specialisation", parts, **window)[0].tolist() == [1.0, 1.0]
    everyone = {**parts, "reference": "all"}
    assert derived(assembled_of, frame, "krugman_specialisation", everyone, **window)[0].tolist() == [0.5, 0.5]
    assert derived(assembled_of, frame, "diversity", parts, **window)[0].tolist() == [2.0, 2.0]
    assert derived(assembled_of, frame, "hhi", {"part": "s.a"}, **window)[0].tolist() == [0.625, 0.625]
    gini, got = derived(assembled_of, frame, "spatial_gini", {"part": "s.a", "whole": "s.b"}, **window)
    assert gini.tolist() == [0.5, 0.5]
    assert any("year effects absorb it" in n for n in got.notes)


def test_a_missing_industry_leaves_the_unit_out_of_the_totals(assembled_of, rows_of):
    frame = rows_of(THREE, YEARS, a=1.0, b=2.0)
    frame.loc[0, "b"] = np.nan
    y, got = derived(assembled_of, frame, "krugman_specialisation", {"parts": {"x": "s.a", "z": "s.b"}}, gaps="list")
    assert y.isna().sum() == 1
    assert any("2 units in 2015 and 3 in 2016" in n for n in got.notes)


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("hhi", {"parts": {"x": "s.a"}}, "no structure"),
        ("hhi", {}, "either parts or part"),
        ("krugman_specialisation", {"parts": {"x": "s.a", "z": "s.w"}}, "one unit of measure"),
        ("diversity", {"parts": {"x": "s.b", "z": "s.n"}}, "below zero"),
        ("ellison_glaeser", {"part": "s.a", "whole": "s.b"}, "needs the Herfindahl index of plants"),
        ("ellison_glaeser", {"part": "s.a", "whole": "s.b", "plant_hhi": "s.b"}, "differs between units"),
        ("entropy_index", {"components": {"s.a": "+"}}, "two components"),
        ("entropy_index", {"components": {"s.a": "+", "s.one": "-"}}, "does not vary"),
        ("coupling", {"systems": ("s.a",)}, "two systems"),
        ("coupling", {"systems": ("s.a", "s.b"), "weights": (0.5, 0.6)}, "sum to 1"),
        ("coupling", {"systems": ("s.a", "s.b")}, r"outside \[0, 1\]"),
        ("deflate", {"amount": "s.a", "index": "s.rate", "base": 2015}, "no index with the preceding year"),
        ("deflate", {"amount": "s.a", "index": "s.b", "base": 1990}, "no file reaches 1990"),
        ("density", {"amount": "s.a", "area": "s.zero"}, "not above zero"),
        ("density", {"amount": "s.a", "area": "s.a", "constant_area": True}, "changes over the years"),
        ("pre_mean", {"of": "s.a", "years": (2018, 2015)}, "after the last"),
        ("capital_stock", {"investment": "s.a", "start": 2015, "growth_years": 9}, "beyond the files"),
    ],
)
def test_what_is_refused(assembled_of, rows_of, columns, kind, options, words):
    own = {k: v[:12] for k, v in columns.items()}
    frame = rows_of(THREE, YEARS, **own, one=1.0, rate=2.5, zero=0.0, n=-1.0)
    with pytest.raises(PanelError, match=words):
        derived(assembled_of, frame, kind, options, measures={"a": "万人", "w": "亿元"})


def test_ellison_glaeser_is_flagged_where_approximated(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, **columns)
    own = {"part": "s.a", "whole": "s.w"}
    y, got = derived(
        assembled_of, frame, "ellison_glaeser", {**own, "bin_plants": ("s.b", "s.c"), "bin_employment": ("s.d", "s.g")}
    )
    assert y.groupby("year").nunique().eq(1).all()
    assert any("approximated from classes of size" in n for n in got.notes)


def test_indices_of_econgeo_through_the_derivations(assembled_of, rows_of):
    """The oracle's table of exports as a panel of one year: 8 units, 10 industries."""
    path = Path(__file__).resolve().parents[2].parent / "shared" / "oracle" / "cases" / "lq_trade.json"
    if not path.is_file():
        pytest.skip("../shared/oracle is not here: it is not part of a clone")
    known = json.loads(path.read_text("utf-8"))["result"]
    table = np.array(known["input_matrix"]["values"], dtype=float)
    names = [f"p{j}" for j in range(table.shape[1])]
    frame = rows_of(CODES[:8], range(2015, 2016), **dict(zip(names, table.T, strict=True)), whole=table.sum(axis=1))
    parts = {"parts": {n: f"s.{n}" for n in names}}
    variables = {
        n: {"derive": "location_quotient", "with": {"part": f"s.{n}", "whole": "s.whole", "form": "ratio"}}
        for n in names
    }
    variables |= {
        "herfindahl": {"derive": "hhi", "with": parts},
        "krugman_index": {"derive": "krugman_specialisation", "with": {**parts, "reference": "all"}},
        "spec_coeff": {"derive": "krugman_specialisation", "with": {**parts, "reference": "all", "halved": True}},
        "hachman": {"derive": "diversity", "with": {**parts, "form": "hachman"}},
    }
    f = assembled_of(frame, variables, years=(2015, 2015))[0].panel.frame
    np.testing.assert_allclose(f[names], known["location_quotient"]["values"], rtol=1e-12)
    for name in ("herfindahl", "krugman_index", "spec_coeff", "hachman"):
        np.testing.assert_allclose(f[name], known[name], rtol=1e-12)


def test_group_means_before_a_policy(assembled_of, rows_of):
    frame = rows_of(THREE, range(2013, 2019), x=np.arange(18.0))
    variables = {
        "region": {"derive": "province_fact", "with": {"fact": "municipality"}},
        "y": {"derive": "pre_mean", "with": {"of": "s.x", "years": (2013, 2014), "by": "region"}},
    }
    f = assembled_of(frame, variables)[0].panel.frame
    assert f.groupby("province")["y"].first().tolist() == [3.5, 3.5, 12.5]
    changing = {**variables, "y": {"derive": "pre_mean", "with": {"of": "s.x", "years": (2013, 2014), "by": "s.x"}}}
    with pytest.raises(PanelError, match="changes within a unit"):
        assembled_of(frame, changing)


def test_a_stock_says_how_much_of_it_is_a_guess(assembled_of, rows_of):
    flows = np.full(10, 10.0)
    frame = rows_of(THREE[:1], range(2009, 2019), i=flows)
    options = {"investment": "s.i", "start": 2009, "growth": 0.0, "depreciation": 0.096}
    y, got = derived(assembled_of, frame, "capital_stock", options)
    left = 100 * (10 / 0.096) * 0.904**6 / y.iloc[0]
    assert any(f"of the stock of 2015, {left:.0f}% is still its first guess" in n for n in got.notes)
    assert any("with depreciation 10.96% instead the stock is -" in n for n in got.notes)


def test_winsorised_cells_are_counted(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, a=columns["a"])
    got, _ = assembled_of(frame, {"y": {"expression": "winsor(s.a, 0.05)"}, "z": {"series": "s.a"}})
    cut = int((got.panel.column("y") != got.panel.column("z")).sum())
    assert any(n.startswith(f"y: winsor(s.a, 0.05) cut {cut} of 124 cells") for n in got.notes)


def test_theta_has_its_own_name(assembled_of, rows_of):
    frame = rows_of(THREE, range(2015, 2016), m=[1.0, 2.0, 3.0], s=[3.0, 2.0, 1.0], w=[10.0, 10.0, 10.0])
    options = {"first": "s.m", "second": "s.s", "whole": "s.w"}
    y, got = derived(assembled_of, frame, "coagglomeration", options, years=(2015, 2015))
    np.testing.assert_allclose(y, [1 - 1 / 2 + 2, 1 + 2, 1 - 1 / 2 + 2])
    assert any("not the co-agglomeration index of Ellison and Glaeser" in n for n in got.notes)


def test_density_with_an_area_of_one_year(assembled_of, rows_of):
    frame = rows_of(THREE, YEARS, x=np.arange(12.0), area=np.tile([5.0, np.nan, np.nan, np.nan], 3))
    options = {"amount": "s.x", "area": "s.area", "constant_area": True}
    y, got = derived(assembled_of, frame, "density", options, gaps="list", measures={"x": "万人", "area": "平方公里"})
    np.testing.assert_allclose(y, np.arange(12.0) / 5)
    assert got.panel.variable("y").measure == "万人/平方公里"


# ---------------------------------------------------------------- composite indices


def test_entropy_index_pools_units_and_years(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, **columns)
    y, got = derived(assembled_of, frame, "entropy_index", {"components": {"s.a": "+", "s.b": "-"}})
    x = frame[["a", "b"]].to_numpy()
    z = (x - x.min(0)) / np.ptp(x, axis=0)
    z[:, 1] = 1 - z[:, 1]
    p = z / z.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        e = -np.nansum(p * np.log(p), axis=0) / np.log(len(x))
    w = (1 - e) / (1 - e).sum()
    np.testing.assert_allclose(y, z @ w)
    assert any("rank correlation" in n and "critic" in n and "pca" in n and "equal" in n for n in got.notes)
    assert any("look ahead" in n for n in got.notes)
    for weighting in ("equal", "critic", "pca"):
        other = derived(
            assembled_of, frame, "entropy_index", {"components": {"s.a": "+", "s.b": "-"}, "weights": weighting}
        )[0]
        assert ((other >= -1e-12) & (other <= 1 + 1e-12)).all()


def test_fit_years_make_an_index_that_later_years_do_not_change(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, **columns)
    later = frame.copy()
    later.loc[later["time"] == 2018, ["a", "b"]] *= 7
    options = {"components": {"s.a": "+", "s.b": "+"}, "fit_years": (2015, 2016)}
    one, got = derived(assembled_of, frame, "entropy_index", options)
    other, _ = derived(assembled_of, later, "entropy_index", options)
    early = one.index.get_level_values("year") < 2018
    np.testing.assert_array_equal(one[early], other[early])
    assert any("outside its range" in n for n in got.notes)
    pooled = {"components": options["components"]}
    a, b = (derived(assembled_of, f, "entropy_index", pooled)[0] for f in (frame, later))
    assert not np.allclose(a[early], b[early])


def test_excluded_units_do_not_make_the_weights(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, **columns)
    wild = frame.copy()
    wild.loc[wild["unit"] == "540000", "a"] = 1e6
    options = {"components": {"s.a": "+", "s.b": "+"}}
    one, two = (derived(assembled_of, f, "entropy_index", options, exclude={"540000": "why"})[0] for f in (frame, wild))
    np.testing.assert_array_equal(one, two)


def test_coupling_of_indices(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, **columns)
    variables = {
        "u1": {"derive": "entropy_index", "with": {"components": {"s.a": "+", "s.b": "+"}}},
        "u2": {"derive": "entropy_index", "with": {"components": {"s.c": "+", "s.d": "+"}}},
    }
    for give in "CTD":
        variables[give] = {"derive": "coupling", "with": {"systems": ("u1", "u2"), "give": give}}
    variables["M"] = {"derive": "coupling", "with": {"systems": ("u1", "u2"), "give": "C", "form": "modified"}}
    got, _ = assembled_of(frame, variables)
    f = got.panel.frame
    np.testing.assert_allclose(f["C"], 2 * np.sqrt(f["u1"] * f["u2"]) / (f["u1"] + f["u2"]))
    np.testing.assert_allclose(f["T"], (f["u1"] + f["u2"]) / 2)
    np.testing.assert_allclose(f["D"], np.sqrt(f["C"] * f["T"]))
    low, high = f[["u1", "u2"]].min(axis=1), f[["u1", "u2"]].max(axis=1)
    np.testing.assert_allclose(f["M"], np.sqrt((1 - (high - low)) * low / high))
    assert any("rank correlation of D with T" in n for n in got.notes)


# ---------------------------------------------------------------- money and stocks


def test_deflating_by_a_chain(assembled_of, rows_of):
    frame = rows_of(THREE[:1], YEARS, x=[100.0, 110.0, 121.0, 150.0], p=[104.0, 110.0, 110.0, 120.0])
    options = {"amount": "s.x", "index": "s.p", "base": 2016}
    y, got = derived(assembled_of, frame, "deflate", options, measures={"x": "亿元", "p": "上年=100"})
    np.testing.assert_allclose(y, [110.0, 110.0, 110.0, 150 / 1.32])
    made = got.panel.variable("y")
    assert (made.measure, made.price) == ("亿元", "real")
    assert "prices of 2016" in made.origin.how
    volume, _ = derived(assembled_of, frame, "deflate", {**options, "by": "volume"})
    np.testing.assert_allclose(volume, [100.0, 110.0, 121.0, 110 * 1.32])
    fixed, _ = derived(assembled_of, frame, "deflate", {**options, "form": "fixed_base"})
    np.testing.assert_allclose(fixed, frame["x"] / (frame["p"] / 110.0))


def test_what_is_real_is_not_deflated_again(assembled_of, rows_of):
    frame = rows_of(THREE, YEARS, x=1.0, p=100.0)
    once = {"derive": "deflate", "with": {"amount": "s.x", "index": "s.p", "base": 2015}}
    twice = {"derive": "deflate", "with": {"amount": "a", "index": "s.p", "base": 2015}}
    with pytest.raises(PanelError, match="a is real already"):
        assembled_of(frame, {"a": once, "b": twice}, measures={"x": "亿元"})


@settings(max_examples=30, deadline=None)
@given(inflation=st.floats(95, 110), growth=st.floats(0.95, 1.2))
def test_real_growth_is_nominal_growth_over_inflation(assembled_of, rows_of, inflation, growth):
    frame = rows_of(THREE[:1], YEARS, x=growth ** np.arange(4), p=inflation)
    y, _ = derived(assembled_of, frame, "deflate", {"amount": "s.x", "index": "s.p", "base": 2017})
    np.testing.assert_allclose(y.to_numpy()[1:] / y.to_numpy()[:-1], growth / (inflation / 100))


def test_presets_of_capital(assembled_of, rows_of):
    flows = np.array([10.0, 11.0, 12.1, 13.31, 14.641, 16.1051, 17.71561])
    frame = rows_of(THREE[:1], range(2012, 2019), i=flows)
    zhang, got = derived(
        assembled_of, frame, "capital_stock", {"investment": "s.i", "start": 2012, "preset": "zhang2004"}
    )
    k = 100.0
    for t in range(1, 4):
        k = 0.904 * k + flows[t]
    assert zhang.iloc[0] == pytest.approx(k)
    assert any("made for 1952" in n for n in got.notes)
    assert any("3 years before the sample: under 10 years" in n for n in got.notes)
    shan, _ = derived(assembled_of, frame, "capital_stock", {"investment": "s.i", "start": 2012, "preset": "shan2008"})
    k = 11.0 / (0.1096 + 0.1)
    for t in range(1, 4):
        k = (1 - 0.1096) * k + flows[t]
    assert shan.iloc[0] == pytest.approx(k)


def test_nominal_investment_is_said(assembled_of, rows_of):
    frame = rows_of(THREE, YEARS, i=1.0)
    options = {"investment": "s.i", "start": 2015, "growth": 0.1}
    _, got = derived(assembled_of, frame, "capital_stock", options, measures={"i": "亿元"})
    assert any("nominal" in n for n in got.notes)
    assert got.panel.variable("y").price == "nominal"
    _, real = derived(
        assembled_of, frame, "capital_stock", options, measures={"i": "亿元"}, source={"prices": {"i": "real"}}
    )
    assert not any("nominal" in n for n in real.notes)


def test_pre_mean_is_constant_and_counts(assembled_of, rows_of):
    frame = rows_of(THREE, range(2013, 2019), x=np.arange(18.0))
    frame.loc[0, "x"] = np.nan
    y, got = derived(assembled_of, frame, "pre_mean", {"of": "s.x", "years": (2013, 2014)}, gaps="list")
    assert y.groupby("province", sort=False).first().tolist() == [1.0, 6.5, 12.5]
    assert any("1 unit has fewer" in n for n in got.notes)


def test_winsor_by_year_cuts_within_years(assembled_of, rows_of, columns):
    frame = rows_of(CODES, YEARS, a=columns["a"] * np.tile([1.0, 10.0, 100.0, 1000.0], 31))
    got, _ = assembled_of(
        frame, {"y": {"expression": "winsor_by_year(s.a, 0.1)"}, "z": {"expression": "winsor(s.a, 0.1)"}}
    )
    f = got.panel.frame.assign(x=frame["a"])
    for _, year in f.groupby("year"):
        low, high = np.quantile(year["x"], [0.1, 0.9])
        np.testing.assert_allclose(year["y"], year["x"].clip(low, high))
    assert not np.allclose(f["y"], f["z"])


# ---------------------------------------------------------------- policy


def test_cities_have_their_own_zone(assembled_of, rows_of):
    cities = ["330100", "330700", "110000", "222400", "360100"]
    frame = rows_of(cities, range(2014, 2024), x=1.0)
    got, _ = assembled_of(
        frame,
        {
            "g": {"derive": "first_treated", "with": {"level": "city"}},
            "h": {"derive": "first_treated", "with": {"level": "city", "rule": "first_full_year"}},
            "z": {"derive": "zone_exposure", "with": {"level": "city"}},
            "n": {"derive": "zone_exposure", "with": {"level": "city", "kind": "zone_count"}},
        },
        unit="city",
        years=(2014, 2023),
    )
    f = got.panel.frame.set_index(["city", "year"])
    assert f.loc[("330100", 2015), ["g", "h"]].tolist() == [2015.0, 2016.0]
    assert f.loc[("330100", 2015), "z"] == 0.819
    own = {z.city_code: z for z in zones() if z.treats_prefecture}
    for city in cities:
        due = own[city].first_treated("approval_year") if city in own else 0.0
        assert f.loc[(city, 2020), "g"] == due
        assert f.loc[(city, 2023), "n"] == float(city in own)


def test_cities_need_codes(assembled_of, rows_of):
    frame = rows_of(["Hangzhou", "Ningbo"], YEARS, x=1.0)
    with pytest.raises(PanelError, match="no code of a prefecture-level city"):
        assembled_of(frame, {"g": {"derive": "first_treated", "with": {"level": "city"}}}, unit="city")


def test_shares_of_cities_follow_the_timing_rule(assembled_of, rows_of):
    frame = rows_of(CODES, range(2015, 2023), x=1.0)
    kinds = {
        r: {"derive": "zone_exposure", "with": {"kind": "share_of_prefectures", "rule": r}}
        for r in ("approval_year", "treat_year_h1rule", "first_full_year")
    }
    got, _ = assembled_of(frame, kinds, years=(2015, 2022))
    f = got.panel.frame
    assert (f["first_full_year"] <= f["treat_year_h1rule"] + 1e-12).all()
    assert (f["treat_year_h1rule"] <= f["approval_year"] + 1e-12).all()
    known = exposure("share_of_prefectures", range(2015, 2023))
    np.testing.assert_array_equal(
        f["approval_year"], [known[p, y] for p, y in zip(f["province"], f["year"], strict=True)]
    )
    late = f[f["province"] == "330000"].set_index("year")
    assert late.loc[2015, "approval_year"] == pytest.approx(round(1 / 11, 4))
    assert late.loc[2015, "first_full_year"] == 0.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), scale=st.floats(0.001, 1000))
def test_derivations_know_no_unit_of_measure(assembled_of, rows_of, seed, scale):
    draws = np.random.default_rng(seed)
    frame = rows_of(CODES[:6], YEARS, **{c: draws.uniform(1, 9, 24) for c in "abcw"})
    scaled = frame.assign(**{c: frame[c] * scale for c in "abcw"})
    parts = {"parts": {"x": "s.a", "y": "s.b", "z": "s.c"}}
    variables = {
        "lq": {"derive": "location_quotient", "with": {"part": "s.a", "whole": "s.w", "form": "symmetric"}},
        "loo": {"derive": "location_quotient", "with": {"part": "s.a", "whole": "s.w", "leave_one_out": True}},
        "h": {"derive": "hhi", "with": parts},
        "k": {"derive": "krugman_specialisation", "with": parts},
        "d": {"derive": "diversity", "with": parts},
        "g": {"derive": "spatial_gini", "with": {"part": "s.a", "whole": "s.w"}},
        "t": {"derive": "coagglomeration", "with": {"first": "s.a", "second": "s.b", "whole": "s.w"}},
        "u": {"derive": "entropy_index", "with": {"components": {"s.a": "+", "s.b": "-"}}},
    }
    one, two = (assembled_of(f, variables)[0].panel.frame[list(variables)] for f in (frame, scaled))
    pd.testing.assert_frame_equal(one, two, rtol=1e-6)
