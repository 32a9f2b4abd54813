"""Panels: order, lags, gaps, fills, windows, exclusions, derivations."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.core.errors import PanelError
from panelkit.core.label import Label
from panelkit.core.source import OBSERVED, Observations, Provenance, SourceSpec
from panelkit.etl.assemble import assemble
from panelkit.etl.quality import quality
from panelkit.etl.raw_cells import cells_of
from panelkit.facts.provinces import provinces

CODES = [p.code for p in provinces()]


def observed(frame: pd.DataFrame, measures: dict[str, str] | None = None) -> Observations:
    """Columns unit, time and one per alias, as a reader would give them; NaN is a blank cell."""
    aliases = [c for c in frame.columns if c not in ("unit", "time")]
    long = frame.melt(["unit", "time"], aliases, "alias", "value")
    long["series"] = "s." + long["alias"]
    long["cell"] = [f"line {i + 2}, column 1" for i in range(len(long))]
    long["measure"] = [(measures or {}).get(a, "") for a in long["alias"]]
    long = long.assign(text=None, vintage=0, source="s").astype({"text": "object"})
    card = Provenance(publisher="", title=Label(), url="", retrieved="", vintage=None, sha256="", licence="")
    return Observations(frame=long[list(OBSERVED)], provenance=card)


def grid(units: list[str], years: range, **columns: object) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([units, years], names=["unit", "time"]).to_frame(index=False)
    return keys.assign(**columns)


@pytest.fixture(scope="module")
def build(study_of):
    def make(frame, variables, measures=None, **panel):
        aliases = {c: c for c in frame.columns if c not in ("unit", "time")}
        fields = {k: panel.pop(k) for k in ("source_years",) if k in panel}
        source = SourceSpec(id="s", kind="tidy", path="f.csv", series=aliases, years=fields.get("source_years"))
        study = study_of(variables, {"s": source}, **panel)
        return assemble(study, {"s": observed(frame, measures)}), study

    return make


THREE = CODES[:3]


def test_variables_follow_their_needs_and_tell_their_series(build):
    frame = grid(THREE, range(2014, 2019), x=np.arange(1.0, 16.0))
    got, _ = build(frame, {"b": {"expression": "a * 2"}, "a": {"series": "s.x", "transform": "ln"}})
    assert got.panel.names == ("province", "year", "b", "a")
    np.testing.assert_allclose(got.panel.column("b"), 2 * got.panel.column("a"))
    assert got.panel.variable("b").origin.inputs == ("s.x",)
    assert got.panel.history[-1].before == 15
    assert got.panel.history[-1].after == 12


def test_circle_is_drawn(build):
    frame = grid(THREE, range(2015, 2019), x=1.0)
    with pytest.raises(PanelError, match="a -> b -> a"):
        build(frame, {"a": {"expression": "b + s.x"}, "b": {"expression": "a"}})


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(0, 5),
    kept=st.floats(0.5, 1.0),
    function=st.sampled_from(["lag", "lead", "diff"]),
)
def test_lags_follow_time_whatever_the_order_of_rows(build, seed, steps, kept, function):
    draws = np.random.default_rng(seed)
    frame = grid(THREE, range(2010, 2020), x=draws.normal(size=30))
    frame = frame[draws.random(30) < kept]
    if frame.empty:
        return
    value = {(u, t): x for u, t, x in frame.itertuples(index=False)}
    frame = frame.sample(frac=1.0, random_state=int(seed % 2**31))
    got, _ = build(frame, {"y": {"expression": f"{function}(s.x, {steps})"}}, years=(2010, 2019), gaps="list")
    for unit, year, y in got.panel.frame.itertuples(index=False):
        now = value.get((unit, year), np.nan)
        other = value.get((unit, year + steps if function == "lead" else year - steps), np.nan)
        due = now - other if function == "diff" else other
        assert (np.isnan(y) and np.isnan(due)) or y == due


def test_nested_lags_add_up(build):
    frame = grid(THREE, range(2010, 2020), x=np.arange(30.0))
    got, _ = build(
        frame,
        {"a": {"expression": "lag(lag(s.x, 1), 2)"}, "b": {"expression": "lag(s.x, 3)"}},
        years=(2012, 2019),
        gaps="list",
    )
    np.testing.assert_array_equal(got.panel.column("a"), got.panel.column("b"))


def test_gaps_are_refused_with_cell_and_province(build):
    frame = grid(THREE, range(2015, 2019), x=np.arange(1.0, 13.0))
    frame.loc[1, "x"] = np.nan
    frame = frame.drop(index=6)
    with pytest.raises(PanelError) as caught:
        build(frame, {"a": {"series": "s.x"}})
    fault = caught.value.faults[0]
    assert "s.x has 2 gaps in 2015-2018" in fault.what
    assert "Beijing 110000 2016 (line 3, column 1, blank)" in fault.what
    assert "Tianjin 120000 2017 (absent)" in fault.what
    assert fault.where == "f.csv, line 3, column 1"


def test_gaps_of_lagged_years_and_excluded_units(build):
    frame = grid(THREE, range(2013, 2019), x=np.arange(1.0, 19.0))
    frame.loc[0, "x"] = np.nan
    assert build(frame, {"a": {"series": "s.x"}})[0].panel.rows == 12
    with pytest.raises(PanelError, match="Beijing 110000 2013"):
        build(frame, {"a": {"expression": "lag(s.x, 2)"}})
    got, _ = build(frame, {"a": {"expression": "lag(s.x, 2)"}}, exclude={CODES[0]: "no figure in 2013"})
    assert got.panel.units == tuple(THREE[1:])
    assert got.panel.history[0].why == "Beijing (110000) excluded: no figure in 2013"


def test_source_years_promise(build):
    frame = grid(THREE, range(2015, 2018), x=1.0)
    with pytest.raises(PanelError, match="no variable has a figure in 2018"):
        build(frame, {"a": {"series": "s.x"}})
    with pytest.raises(PanelError, match=r"every province in 2018 \(absent\)"):
        build(frame, {"a": {"series": "s.x"}}, source_years=(2015, 2018))


def test_list_counts_gaps(build):
    frame = grid(THREE, range(2015, 2019), x=np.arange(1.0, 13.0))
    frame.loc[1, "x"] = np.nan
    got, study = build(frame, {"a": {"series": "s.x"}}, gaps="list")
    assert got.checks[0].value == 1.0
    assert np.isnan(got.panel.column("a")[1])
    missing = next(c for c in quality(study, got) if c.name == "missing")
    assert missing.rows[0] == {"variable": "a", "missing": 1, "filled": 0, "years": "2016", "units": 1}


@pytest.mark.parametrize(("rule", "due"), [("linear", [1.0, 2.0, 3.0, np.nan]), ("carry", [1.0, 1.0, 3.0, 3.0])])
def test_fills_are_counted_and_carried_into_what_rests_on_them(build, rule, due):
    frame = grid(THREE[:1], range(2015, 2019), x=[1.0, np.nan, 3.0, np.nan])
    variables = {"a": {"series": "s.x", "fill": rule}, "b": {"expression": "lag(a, 1)"}}
    got, _ = build(frame, variables, gaps="fill")
    np.testing.assert_array_equal(got.panel.column("a"), due)
    filled = 1 if rule == "linear" else 2
    assert got.panel.variable("a").filled == filled
    assert got.panel.variable("b").filled == 1
    plain, _ = build(frame, variables, gaps="list")
    assert np.isnan(plain.panel.column("a")[1])


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ({"series": "s.y"}, "no series 's.y'"),
        ({"expression": "log2(s.x)"}, "no function 'log2'"),
        ({"expression": "ln(s.x - 1)"}, r"above zero for province Beijing 110000, year 2015 \(3 cells\)"),
        ({"series": "s.z", "transform": "ln"}, "above zero for province Beijing 110000, year 2015"),
        ({"expression": "1 / s.z"}, "divides by zero for province Beijing 110000, year 2015"),
        ({"expression": "s.x + s.m"}, "puts 亿元 and 万人 together"),
        ({"expression": "s.x / s.m", "measure": "元"}, "declared in 元, its expression gives 亿元/万人"),
        ({"expression": "lag(s.x, 1.5)"}, "whole number"),
        ({"expression": "winsor(s.x, 5)"}, "between 0 and 0.5"),
        ({"expression": "exp(s.x * 1000)"}, "is infinite"),
        ({"expression": "s.x == '1'"}, "compares text with a number"),
        ({"series": "s.x", "transform": "lnn"}, "no transform 'lnn'"),
        ({"expression": "standardise(s.z)"}, "does not vary"),
        ({"expression": "s.x + ln("}, "name or number is missing"),
    ],
)
def test_bad_variables_are_refused(build, variable, says):
    frame = grid(THREE, range(2015, 2019), x=np.tile([1.0, 2, 3, 4], 3), z=0.0, m=np.arange(12.0) + 1)
    with pytest.raises(PanelError, match=says) as caught:
        build(frame, {"a": variable, "b": {"series": "s.x"}}, {"x": "亿元", "m": "万人"})
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].where.startswith("variables.a")


def test_zeros_outside_the_panel_or_in_excluded_units_do_not_stop_a_logarithm(build):
    frame = grid(THREE, range(2013, 2019), x=np.arange(18.0))
    frame.loc[1:, "x"] += 1
    got, _ = build(frame, {"a": {"series": "s.x", "transform": "ln"}})
    assert not np.isnan(got.panel.column("a")).any()
    with pytest.raises(PanelError, match="year 2013"):
        build(frame, {"a": {"expression": "lag(ln(s.x), 2)"}})
    build(frame, {"a": {"expression": "lag(ln(s.x), 2)"}}, exclude={CODES[0]: "zero in 2013"})


def test_functions_across_units(build):
    frame = grid(THREE, range(2015, 2019), x=np.arange(12.0) ** 2)
    got, _ = build(
        frame,
        {
            "z": {"expression": "standardise(s.x)"},
            "w": {"expression": "winsor(s.x, 0.1)"},
            "u": {"expression": "mean_by(s.x, province)"},
            "t": {"expression": "sum_by(s.x, year)"},
            "d": {"expression": "year >= 2017 and province != '110000'"},
        },
    )
    panel = got.panel.frame
    x = np.arange(12.0) ** 2
    np.testing.assert_allclose(panel["z"], (x - x.mean()) / x.std(ddof=1))
    np.testing.assert_allclose(panel["w"], np.clip(x, *np.quantile(x, [0.1, 0.9])))
    np.testing.assert_allclose(panel["u"], np.repeat(x.reshape(3, 4).mean(1), 4))
    np.testing.assert_allclose(panel["t"], np.tile(x.reshape(3, 4).sum(0), 3))
    np.testing.assert_array_equal(panel["d"], [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1])


def test_location_quotients_average_to_one(build):
    draws = np.random.default_rng(1)
    frame = grid(CODES, range(2015, 2019), e=draws.uniform(1, 9, 124), w=draws.uniform(10, 90, 124))
    frame["share"] = 100 * frame["e"] / frame["w"]
    lq = {"derive": "location_quotient"}
    got, _ = build(
        frame,
        {
            "q": {**lq, "with": {"part": "s.e", "whole": "s.w", "form": "ratio"}},
            "l": {**lq, "with": {"part": "s.e", "whole": "s.w"}, "transform": "ln"},
            "h": {**lq, "with": {"share": "s.share", "whole": "s.w", "balanced": True}},
            "s": {**lq, "with": {"part": "s.e", "whole": "s.w", "form": "symmetric"}},
            "w": {"series": "s.w"},
        },
    )
    panel = got.panel.frame
    weight = panel["w"] / panel.groupby("year")["w"].transform("sum")
    np.testing.assert_allclose((weight * panel["q"]).groupby(panel["year"]).sum(), 1.0)
    np.testing.assert_allclose(panel["l"], np.log(panel["q"]))
    np.testing.assert_allclose(panel["h"], panel["l"])
    np.testing.assert_allclose(panel["s"], (panel["q"] - 1) / (panel["q"] + 1))


def test_location_quotient_refuses_zero_and_counts_the_denominator(build):
    frame = grid(THREE, range(2015, 2019), e=np.arange(12.0), w=1.0)
    lq = {"q": {"derive": "location_quotient", "with": {"part": "s.e", "whole": "s.w"}}}
    with pytest.raises(PanelError, match=r"0 for province Beijing 110000, year 2015 and has no logarithm \(1 cell\)"):
        build(frame, lq)
    got, _ = build(frame, lq, exclude={CODES[0]: "zero"})
    assert got.panel.rows == 8
    frame.loc[5, "e"] = np.nan
    frame.loc[0, "e"] = 1.0
    told, _ = build(frame, lq, gaps="list")
    assert any("sums over 2 units in 2016 and 3 in" in n for n in told.notes)


def test_policy_facts(build):
    frame = grid(CODES, range(2014, 2023), x=1.0)
    got, _ = build(
        frame,
        {
            "g": {"derive": "first_treated"},
            "h": {"derive": "first_treated", "with": {"rule": "first_full_year"}},
            "f": {"derive": "first_treated", "with": {"policy": "free_trade_zone"}},
            "z": {"derive": "zone_exposure"},
            "a": {"derive": "zone_exposure", "with": {"kind": "any_zone"}},
            "t": {"derive": "treated_after", "with": {"cohort": "g"}},
            "r": {"derive": "province_fact", "with": {"fact": "region4"}},
            "c": {"derive": "province_fact", "with": {"fact": "coastal"}},
        },
        years=(2014, 2022),
    )
    panel = got.panel.frame.set_index(["province", "year"])
    assert panel.loc[("330000", 2016), ["g", "h", "z"]].tolist()[:2] == [2015.0, 2016.0]
    assert panel.loc[("330000", 2015), "z"] == 0.819
    assert (panel["t"] == panel["a"]).all()
    assert set(panel["r"]) == {"east", "central", "west", "northeast"}
    assert (panel["f"].groupby("province").first() == 0).sum() == 9 + (31 - 22 - 9)
    assert got.panel.variable("r").kind == "category"


def test_facts_need_codes(build):
    frame = grid(["a", "b"], range(2015, 2019), x=1.0)
    with pytest.raises(PanelError, match="'a' is no province code"):
        build(frame, {"g": {"derive": "first_treated"}}, codes="as_printed")


def test_capital_stock_by_hand(build):
    flows = np.array([5.0, 10.0, 20.0, 40.0])
    frame = grid(THREE[:1], range(2015, 2019), i=flows)
    options = {"investment": "s.i", "start": 2015, "growth": 0.161, "depreciation": 0.096}
    got, _ = build(frame, {"k": {"derive": "capital_stock", "with": options}}, {"i": "亿元"})
    k0 = 10 / 0.257
    k1 = 0.904 * k0 + 10
    k2 = 0.904 * k1 + 20
    np.testing.assert_allclose(got.panel.column("k"), [k0, k1, k2, 0.904 * k2 + 40])
    assert got.panel.variable("k").measure == "亿元"


def test_lineage_reaches_back_through_lags(build):
    frame = grid(THREE, range(2013, 2019), x=np.arange(18.0), y=1.0)
    got, study = build(frame, {"a": {"series": "s.x"}, "b": {"expression": "lag(a, 2) + s.y"}}, gaps="list")
    cells = cells_of("b", CODES[1], 2016, study, got.observations)
    assert {(c["series"], c["time"]) for c in cells} == {("s.x", 2014), ("s.y", 2016)}
    assert cells[0]["path"] == "f.csv"
    assert cells[0]["cell"]


def test_exclude_must_name_a_unit(build):
    frame = grid(THREE, range(2015, 2019), x=1.0)
    with pytest.raises(PanelError, match='write "120000"'):
        build(frame, {"a": {"series": "s.x"}}, exclude={"天津": "why"})


def test_quality_tells_absent_provinces_and_jumps(build):
    draws = np.random.default_rng(3)
    frame = grid(CODES[:30], range(2010, 2019), x=np.exp(draws.normal(0, 0.05, 270)))
    frame.loc[100, "x"] *= 10000
    got, study = build(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    found = {c.name: c for c in quality(study, got)}
    balance, jumps = found["balance"], found["jumps"]
    assert balance.verdict == "says"
    assert "Xinjiang" in balance.text.en
    assert jumps.verdict == "fails"
    assert {r["unit"] for r in jumps.rows} == {frame.loc[100, "unit"]}
    assert {round(np.log10(r["factor"])) for r in jumps.rows} == {4, -4}


def test_a_panel_of_twenty_years_and_forty_series(build):
    columns = {f"x{i}": np.random.default_rng(i).uniform(1, 2, 620) for i in range(40)}
    frame = grid(CODES, range(2001, 2021), **columns)
    got, _ = build(frame, {f"v{i}": {"series": f"s.x{i}", "transform": "ln"} for i in range(40)}, years=(2001, 2020))
    assert got.panel.rows == 620
    for i in range(40):
        np.testing.assert_allclose(got.panel.column(f"v{i}"), np.log(columns[f"x{i}"]))


def test_thesis_samples(china: Path, read_as, source_of, study_of):
    path = china / "province_panel_tfp" / "panel_with_broad_tax.csv"
    series = {
        "gdp": "gdp_bn", "fai": "fai_bn", "urban": "emp_urban_unit_10k", "private": "private_emp_10k",
        "tax": "broad_tax_burden", "aging": "aging_rate", "trade": "trade_openness",
    }  # fmt: skip
    variables = {
        "k": {"derive": "capital_stock", "with": {"investment": "s.fai", "start": 2007, "growth": 0.161}},
        "labour": {"expression": "s.urban + s.private"},
        "ln_tfp": {"expression": "ln(s.gdp) - 0.5 * ln(k) - 0.5 * ln(labour)"},
        "pub": {"expression": "lag(s.urban / labour, 3)"},
        "pub4": {"expression": "lag(s.urban / labour, 4)"},
        "tax": {"series": "s.tax"},
        "trade": {"series": "s.trade"},
        "aging": {"expression": "lag(s.aging, 3)"},
    }
    source = source_of("tidy", path, series=series, breaks={"urban": ("urban_units_2013",)})
    got = assemble(
        study_of(variables, {"s": source}, years=(2011, 2017), gaps="list"), {"s": read_as("tidy", path, series=series)}
    )
    panel = got.panel.frame
    m1 = panel[["ln_tfp", "pub", "tax", "aging"]].notna().all(axis=1)
    assert m1.sum() == 217
    assert (m1 & panel["trade"].notna()).sum() == 186
    assert (m1 & panel["trade"].notna() & panel["pub4"].notna()).sum() == 155 + 31 * (
        panel["year"].eq(2011) & panel["pub4"].notna()
    ).any()


def test_a_row_that_is_missing_is_one_fault_whatever_it_would_hold():
    from panelkit.etl.gaps import SeriesGaps, gap_faults

    found = [
        SeriesGaps(
            series=f"s.x{i}",
            path="f.csv",
            cells=("Hainan 460000 2013 (absent)",),
            gaps=1,
            due=31,
            first_cell="",
            years=(2010, 2019),
        )
        for i in range(3)
    ]
    (fault,) = gap_faults(found)
    assert "and so 2 more series" in fault.what
