"""What is said of a panel: jumps, outliers, sums, shares, tables and the picture of gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.core.source import SourceSpec
from panelkit.etl.against_nation import constant_ratio, ratios_to_nation
from panelkit.etl.assemble import assemble
from panelkit.etl.quality import Rules, quality, quality_report
from panelkit.facts.provinces import provinces

CODES = [p.code for p in provinces()]
YEARS = range(2010, 2019)


def by_name(checks):
    return {c.name: c for c in checks}


@pytest.fixture(scope="module")
def calm(rows_of):
    draws = np.random.default_rng(3)
    level = np.exp(draws.normal(5, 1, 31))[:, None] * 1.08 ** np.arange(9)
    return rows_of(CODES, YEARS, x=(level * np.exp(draws.normal(0, 0.03, (31, 9)))).ravel())


@settings(max_examples=40, deadline=None)
@given(cell=st.integers(0, 278), power=st.sampled_from([-4, -3, -2, -1, 1, 2, 3, 4]))
def test_a_slipped_unit_in_any_cell_is_seen(assembled_of, calm, cell, power):
    frame = calm.copy()
    frame.loc[cell, "x"] *= 10.0**power
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    found = by_name(quality(study, got))["jumps"]
    assert found.verdict == "fails"
    assert {r["unit"] for r in found.rows} == {frame.loc[cell, "unit"]}
    assert {abs(r["power_of_ten"]) for r in found.rows} == {abs(power)}


def test_a_slip_in_a_wild_series_is_seen_too(assembled_of, rows_of):
    draws = np.random.default_rng(7)
    frame = rows_of(CODES, YEARS, x=np.exp(draws.normal(0, 0.45, (31, 9)).cumsum(axis=1)).ravel())
    frame.loc[9:17, "x"] = 1.05 ** np.arange(9)
    frame.loc[13, "x"] *= 10
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    rows = by_name(quality(study, got))["jumps"].rows
    assert {(r["unit"], r["year"]) for r in rows} >= {("120000", 2014), ("120000", 2015)}


def test_logarithms_have_no_growth(assembled_of, rows_of):
    frame = rows_of(CODES, YEARS, x=np.random.default_rng(1).normal(0, 1, 279))
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    found = by_name(quality(study, got))
    assert found["jumps"].verdict == found["outliers"].verdict == "holds"


def test_growth_unlike_that_of_others_is_an_outlier(assembled_of, calm):
    frame = calm.copy()
    frame.loc[100:, "x"] *= np.where(frame.index[100:] <= 107, 1.8, 1.0)
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    found = by_name(quality(study, got))
    assert found["jumps"].verdict == "holds"
    assert found["outliers"].verdict == "says"
    for name in ("jumps", "outliers", "gaps"):  # regions by their English names in English text
        assert found[name].text.en.isascii()
    assert (frame.loc[100, "unit"], frame.loc[100, "time"]) in {(r["unit"], r["year"]) for r in found["outliers"].rows}


def restless(rows_of, seed):
    """28 calm units and three whose growth is ten times as wide, in 14 years."""
    draws = np.random.default_rng(seed)
    spread = np.where(np.arange(31) < 3, 0.3, 0.03)[:, None]
    return rows_of(CODES, range(2005, 2019), x=np.exp(5 + draws.normal(0, spread, (31, 14)).cumsum(axis=1)).ravel())


def outlying(assembled_of, frame):
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2005, 2018))
    return {(r["unit"], r["year"]) for r in by_name(quality(study, got))["outliers"].rows}


def test_units_that_are_restless_every_year_are_measured_by_their_own_growth(assembled_of, rows_of):
    """Under 2 % of all changes in ten panels are findings, and under a fifth of those of the restless units."""
    found = [len(outlying(assembled_of, restless(rows_of, seed))) for seed in range(10)]
    assert sum(found) < 0.02 * 10 * 31 * 13
    assert sum(found) < 0.2 * 10 * 3 * 13


@pytest.mark.parametrize("unit", [0, 1, 20, 30])
def test_a_figure_that_leaps_and_comes_back_is_seen_in_any_unit(assembled_of, rows_of, unit):
    frame = restless(rows_of, 3)
    frame.loc[14 * unit + 6, "x"] *= 6.0
    year = int(frame.loc[14 * unit + 6, "time"])
    assert (CODES[unit], year) in outlying(assembled_of, frame)


@pytest.mark.parametrize(
    ("alias", "measure", "value", "is_bad"),
    [
        ("urban_share", "", 1.2, True),
        ("urban_share", "", 0.9, False),
        ("rate", "%", 130.0, True),
        ("rate", "%", -1.0, True),
        ("growth_rate", "%", -1.0, False),
        ("income", "亿元", 130.0, False),
    ],
)
def test_shares_stay_in_bounds(assembled_of, rows_of, alias, measure, value, is_bad):
    frame = rows_of(CODES[:5], YEARS, **{alias: 50.0 if measure == "%" else 0.5})
    frame.loc[3, alias] = value
    got, study = assembled_of(frame, {"a": {"series": f"s.{alias}"}}, measures={alias: measure}, years=(2010, 2018))
    assert (by_name(quality(study, got))["shares"].verdict == "says") == is_bad


def with_nation(frame, rows, alias="x"):
    nation = pd.DataFrame({"unit": "全国", "time": list(rows), alias: list(rows.values())})
    return pd.concat([frame, nation], ignore_index=True)


def test_sums_are_held_against_national_rows(assembled_of, calm):
    total = calm.groupby("time")["x"].sum()
    got, study = assembled_of(with_nation(calm, dict(total * 1.002)), {"a": {"series": "s.x"}}, years=(2010, 2018))
    assert set(got.national["unit"]) == {"nation"}
    assert "nation" not in got.panel.units
    found = by_name(quality(study, got))
    assert found["sums"].verdict == "holds"
    assert found["constant_ratio"].verdict == "holds"
    off, study = assembled_of(with_nation(calm, dict(total * 1.2)), {"a": {"series": "s.x"}}, years=(2010, 2018))
    found = by_name(quality(study, off, Rules(gates=("constant_ratio",))))
    assert found["sums"].verdict == "says"
    assert found["constant_ratio"].verdict == "fails"
    assert found["constant_ratio"].gate
    assert not found["sums"].gate


def test_the_suspect_file_is_flagged(china, read_as, study_of):
    """Provinces that are 0.975 of the nation nearly every year; the national file has no column of units."""
    folder = china / "suspect"
    given = {"time": "年份", "series": {"gdp": "GDP总量"}, "measures": {"gdp": "亿元"}}
    files = {"p": ("gdp_2015_2024.csv", "省份"), "n": ("gdp_national.csv", "")}
    sources = {i: SourceSpec(id=i, kind="tidy", path=f, series={"gdp": "GDP总量"}) for i, (f, _) in files.items()}
    read = {i: read_as("tidy", folder / f, id=i, unit=unit, **given) for i, (f, unit) in files.items()}
    study = study_of({"gdp": {"series": "p.gdp"}}, sources, years=(2015, 2024))
    rules = Rules(totals={"p.gdp": "n.gdp"}, gates=("constant_ratio",))
    found = by_name(quality(study, assemble(study, read), rules))
    assert (found["constant_ratio"].verdict, found["constant_ratio"].gate) == ("fails", True)
    assert found["constant_ratio"].rows[0]["ratio"] == pytest.approx(0.975, abs=5e-4)


def test_the_export_that_revised_only_2018_is_a_finding(china, read_as, study_of):
    """Tianjin's GDP in the export of 2020: 18549 in 2017, 13363 in 2018."""
    series = {"gdp": "地区生产总值(亿元)"}
    path = china / "nbs_export_old_xls" / "分省年度数据.xls"
    source = SourceSpec(id="s", kind="nbs_excel", path=path.name, series=series)
    study = study_of({"gdp": {"series": "s.gdp"}}, {"s": source}, years=(2015, 2019))
    found = by_name(quality(study, assemble(study, {"s": read_as("nbs_excel", path, series=series)})))["revised_from"]
    tianjin = next(r for r in found.rows if r["unit"] == "120000")
    assert tianjin["time"] == 2018
    assert tianjin["percent"] == pytest.approx(-34.5, abs=0.1)
    assert tianjin["cell"].endswith("!C6")


def test_official_figures_are_not_flagged(policy_facts, read_as, study_of):
    """GDP, population and exports of the fact files against the nation."""
    series = {a: a for a in ("gdp", "resident_population", "rd_expenditure", "patent_applications")}
    given = {"unit": "province_code", "time": "year", "series": series, "series_column": "series"}
    given |= {
        "measure_column": "unit",
        "vintage_column": "vintage",
        "vintages": dict.fromkeys(series, "declared_splice"),
    }
    path = policy_facts / "china_province_year.csv"
    whole = policy_facts / "china_national_year.csv"
    read = {"p": read_as("tidy", path, id="p", **given)}
    breaks = {
        "resident_population": ("population_census_2020",),
        "patent_applications": ("patent_applications_2017",),
    }
    source = SourceSpec(id="p", kind="tidy", path=path.name, series=series, vintages=given["vintages"], breaks=breaks)
    sources = {"p": source}
    study = study_of({a: {"series": f"p.{a}"} for a in series}, sources, years=(2012, 2022), gaps="list")
    got = assemble(study, read)
    nation = pd.read_csv(whole)
    nation = nation[nation["series"].isin(series)]
    rows = pd.DataFrame(
        {"unit": "nation", "time": nation["year"], "series": "p." + nation["series"], "value": nation["value"]}
    ).assign(text=None, measure=nation["unit"], vintage=0, source="p", cell="")
    from dataclasses import replace

    ratios = ratios_to_nation(study, replace(got, national=rows))
    assert set(ratios["series"]) == {f"p.{a}" for a in series}
    assert constant_ratio(ratios).verdict == "holds"
    assert by_name(quality(study, got))["jumps"].verdict == "holds"


def test_report_has_tables_in_both_languages_and_a_picture(assembled_of, calm):
    frame = calm.copy()
    frame.loc[3, "x"] = np.nan
    frame.loc[40, "x"] *= 1000
    got, study = assembled_of(
        frame, {"a": {"series": "s.x", "fill": "linear"}, "b": {"series": "s.x"}}, gaps="fill", years=(2010, 2018)
    )
    for language in ("en", "zh"):
        report = quality_report(study, got, language=language)
        ids = {t.id.removeprefix("quality_") for t in report.tables}
        assert ids >= {"findings", "availability", "sources", "fills", "outlying"}
        for table in report.tables:
            assert all(len(r.cells) == len(table.columns) for r in table.rows)
        by_variable, by_unit = report.figures
        for picture in (by_variable, by_unit):
            assert picture.kind == "gap_matrix"
            assert len({len(v) for v in picture.data.values()}) == 1
            assert (sum(picture.data["missing"]), sum(picture.data["filled"])) == (1, 1)
            assert sum(picture.data["cells"]) == 2 * 279
        assert by_unit.data["unit"][0] == "110000"
    worst = next(t for t in report.tables if t.id == "quality_availability").rows[0]
    assert "110000" in worst.label


def test_a_gate_turns_a_remark_into_a_failure_where_the_study_says_so(assembled_of, calm):
    frame = calm.copy()
    frame.loc[100:107, "x"] *= 1.8
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    free = by_name(quality(study, got))
    assert (free["outliers"].verdict, free["outliers"].gate) == ("says", False)
    stopped = by_name(quality(study, got, Rules(gates=("outliers", "balance"))))
    assert (stopped["outliers"].verdict, stopped["outliers"].gate) == ("fails", True)
    assert stopped["balance"].verdict == "holds"


def test_a_series_revised_only_from_some_year_on_is_a_finding(assembled_of, calm):
    late = calm["time"] >= 2015
    frame = calm.assign(x=calm["x"].where(~((calm["unit"] == "120000") & late), calm["x"] * 0.7))
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2010, 2018))
    found = by_name(quality(study, got))["revised_from"]
    assert [(r["unit"], r["time"]) for r in found.rows] == [("120000", 2015)]
    assert "Tianjin 120000" in found.text.en
    assert "天津" in found.text.zh
    got, study = assembled_of(frame, {"a": {"series": "s.x"}}, years=(2015, 2018))
    assert by_name(quality(study, got))["revised_from"].verdict == "holds"  # the step lies outside the study


def test_weights_of_an_index_are_a_table(assembled_of, rows_of):
    draws = np.random.default_rng(2)
    frame = rows_of(CODES, YEARS, x=draws.uniform(1, 9, 279), z=draws.uniform(1, 9, 279))
    index = {"derive": "entropy_index", "with": {"components": {"s.x": "+", "s.z": "-"}, "weights": "critic"}}
    got, study = assembled_of(frame, {"u": index}, years=(2010, 2018))
    (table,) = [t for t in quality_report(study, got).tables if t.id == "quality_weights"]
    weights = {c.id: [r.cells[j].raw for r in table.rows] for j, c in enumerate(table.columns)}
    for method in ("entropy", "equal", "critic", "pca"):
        assert sum(weights[method][:2]) == pytest.approx(1.0)
    assert weights["critic"][2] == 1.0
    assert set(weights["chosen"]) == {"CRITIC"}
