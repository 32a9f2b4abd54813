"""Changes of definition, two exports of one series, and cities."""

import pandas as pd
import pytest

from panelkit.core.label import Label
from panelkit.etl.harmonise.breaks import break_check, break_faults, names_beside
from panelkit.etl.harmonise.provinces import to_codes
from panelkit.etl.harmonise.vintages import compare_vintages, steps_of
from panelkit.etl.look import vintages
from panelkit.facts.breaks import breaks, breaks_crossed, official_names
from panelkit.facts.cities import cities, match_city
from panelkit.facts.provinces import provinces
from panelkit.facts.tables import read_table


@pytest.mark.parametrize(
    ("name", "years", "mixes", "context", "crossed"),
    [
        ("城镇单位就业人员(万人)", range(2010, 2016), False, "", ["urban_units_2013"]),
        ("城镇单位就业人员", range(2013, 2020), False, "", []),
        ("城镇私营个体就业人员", range(2010, 2016), False, "", []),
        ("urban_unit_employment", [2012, 2014], False, "", ["urban_units_2013"]),
        ("employment", range(2000, 2023), True, "", []),
        ("gdp", range(2000, 2026), False, "", []),
        ("地区生产总值", range(2015, 2021), True, "", ["gdp_census_2018"]),
        ("地区生产总值指数(上年=100)", range(2015, 2021), True, "", []),
        ("营业收入", range(2016, 2020), False, "各地区高技术产业生产经营情况", ["hitech_revenue_2018"]),
        ("营业收入", range(2016, 2020), False, "", []),
        ("人口数(人口抽样调查)", range(2014, 2017), False, "", ["population_sample_2015"]),
        ("人口数(人口抽样调查)", range(2016, 2019), False, "", []),
        ("x", range(1990, 2030), True, "高技术产业", []),
        ("y", range(1990, 2030), True, "", []),
        ("跨境电商进出口", range(2015, 2020), False, "", ["cbec_survey_2018"]),
        ("按行业分城镇单位就业人员", range(2011, 2014), False, "", ["urban_units_2013", "industry_classes_2012"]),
    ],
)
def test_which_series_cross_which_break(name, years, mixes, context, crossed):
    found = breaks_crossed(name, years, mixes_vintages=mixes, context=context)
    assert {b.id for b in found} == set(crossed)


def test_every_break_has_a_source_and_a_confidence():
    assert len({b.id for b in breaks()}) == len(breaks())
    for b in breaks():
        assert b.source
        assert b.what_en
        assert b.what_zh
        assert b.confidence in ("high", "medium", "low")


def observed(years, source="s", vintage=0):
    rows = [("110000", y, f"{source}.e", 1.0, vintage) for y in years]
    return pd.DataFrame(rows, columns=["unit", "time", "series", "value", "vintage"])


def test_an_undeclared_break_is_a_fault_and_a_declared_one_a_note(source_of):
    fields = {"series": {"e": "urban_unit_employment"}}
    frame = observed(range(2010, 2016))
    notes, faults = break_faults({"s": source_of("tidy", "f.csv", **fields)}, frame, {"s.e": (2010, 2015)}, "one")
    assert (notes, len(faults)) == ([], 1)
    assert 'breaks = { e = ["urban_units_2013"] }' in faults[0].mend
    assert faults[0].where == "sources.s.series.e"
    assert break_faults({"s": source_of("tidy", "f.csv", **fields)}, frame, {"s.e": (2013, 2015)}, "one") == ([], [])
    assert break_faults({"s": source_of("tidy", "f.csv", **fields)}, frame, {}, "one") == ([], [])
    declared = source_of("tidy", "f.csv", breaks={"e": ("urban_units_2013",)}, **fields)
    notes, faults = break_faults({"s": declared}, frame, {"s.e": (2010, 2015)}, "one")
    assert faults == []
    assert "as declared" in notes[0]
    wrong = source_of("tidy", "f.csv", breaks={"e": ("urban_unit_2013",), "q": ()}, **fields)
    _, faults = break_faults({"s": wrong}, frame, {"s.e": (2013, 2015)}, "one")
    assert ["urban_units_2013" in faults[1].mend or "urban_units_2013" in faults[0].mend, len(faults)] == [True, 2]


def test_first_prints_cross_a_census(source_of):
    source = source_of("tidy", "f.csv", series={"e": "secondary_share_first"}, vintages={"e": "first_print"})
    frame = observed(range(2017, 2021)).assign(vintage=lambda f: f["time"] + 1)
    _, faults = break_faults({"s": source}, frame, {"s.e": (2017, 2020)}, "one")
    assert "2019" in faults[0].what
    one = source_of("tidy", "f.csv", series={"e": "secondary_share_first"})
    assert break_faults({"s": one}, frame.assign(vintage=2026), {"s.e": (2017, 2020)}, "one") == ([], [])


# ---------------------------------------------------------------- two exports


def export(change=None):
    rows = [(p.name_zh, y, 100.0 * 1.08 ** (y - 2010)) for p in provinces() for y in range(2010, 2020)]
    frame = pd.DataFrame(rows, columns=["unit", "time", "value"]).assign(cell="x")
    if change:
        change(frame)
    return frame


def revise(frame):
    frame.loc[(frame["unit"] == "天津") & (frame["time"] >= 2018), "value"] *= 0.7


def test_two_exports_cell_by_cell():
    found = compare_vintages(export(), export(revise).assign(unit=lambda f: f["unit"] + " "))
    assert (found.summary["both"], found.summary["differ"], found.summary["years_that_differ"]) == (
        310,
        2,
        [2018, 2019],
    )
    (step,) = found.revised
    assert step == {"unit": "120000", "name": "天津", "side": "from", "year": 2018, "differs_in": [2018, 2019]}
    assert "2 differ" in found.text.en
    differ = [r for r in found.rows if r["verdict"] == "differs"]
    assert differ[0]["percent"] == pytest.approx(-30)
    short = compare_vintages(export(), export()[lambda f: f["time"] < 2015])
    assert (short.summary["equal"], short.summary["only_a"]) == (155, 155)


def test_a_step_that_stays_is_told_and_a_passing_one_is_not():
    noisy = export(revise)
    wobble = pd.Series(range(len(noisy))).map(lambda i: 1 + 0.01 * ((i * 37) % 7 - 3))
    noisy["value"] *= wobble
    (step,) = steps_of(noisy)
    assert (step["unit"], step["time"]) == ("天津", 2018)
    assert -39 < step["percent"] < -29
    once = export()
    once["value"] *= wobble
    once.loc[(once["unit"] == "天津") & (once["time"] == 2015), "value"] *= 0.7
    assert steps_of(once) == []


def test_the_export_that_revised_only_2018(china):
    old = china / "nbs_export_old_xls" / "分省年度数据.xls"
    new = china / "gdp_vintages" / "gdp_1992-2022_export2023.xlsx"
    found = vintages(old, new)
    tianjin = next(r for r in found.revised if r["name"] == "天津")
    assert (tianjin["side"], tianjin["year"]) == ("to", 2017)
    assert found.summary["widest"]["name"] == "天津"
    zh, en = (china / "gdp_vintages" / f"Chinas GDP in Province {lang}.csv" for lang in ("Zh", "En"))
    assert vintages(zh, en).summary["differ"] == 0
    latest = china / "nbs_export_old_csv" / "分省年度数据.csv"
    portal = china / "nbs_export_new_csv" / "分省年度数据_6.csv"
    assert vintages(latest, portal).summary["equal"] == 434


def test_the_step_of_tianjin_is_seen_in_one_export_alone(china, read_as):
    fields = {"series": {"gdp": "地区生产总值(亿元)"}, "measures": {"gdp": "亿元"}}
    old = read_as("nbs_excel", china / "nbs_export_old_xls" / "分省年度数据.xls", **fields)
    steps = [(s["time"], round(s["percent"])) for s in steps_of(old.frame) if s["unit"].startswith("天津")]
    assert (2018, -35) in steps
    for name in ("gdp_1992-2022_export2023.xlsx", "gdp_2005-2023_export2024_header_stripped.xls"):
        assert steps_of(read_as("nbs_excel", china / "gdp_vintages" / name, **fields).frame) == []


# ---------------------------------------------------------------- cities


def test_cities_by_code(china, read_as):
    assert len(cities()) == 337
    assert all(match_city(p.capital_zh) for p in provinces())
    assert match_city("吉林") == "220200"
    path = china / "nbs_export_old_xls" / "主要城市年度数据.xls"
    got = read_as("nbs_excel", path, series={"gdp": "国内生产总值"}, measures={"gdp": "亿元"})
    frame, _, faults = to_codes(got, path.name, "gbt2260_city", "city")
    assert not faults
    assert (frame["unit"].nunique(), frame["unit"].str.fullmatch(r"\d{6}").all()) == (36, True)


def test_provinces_and_totals_are_kept_out_of_cities(read_as, written):
    path = written("city,year,x\n杭州,2015,1\n宁波市,2015,2\n浙江,2015,9\n全国,2015,90\n甲市,2015,3\n")
    got = read_as("tidy", path, unit="city", series={"x": "x"}, measures={"x": "亿元"})
    frame, notes, faults = to_codes(got, "f.csv", "gbt2260_city", "city")
    assert list(frame["unit"]) == ["330100", "330200"]
    assert sum("set aside" in n for n in notes) == 2
    assert "'甲市' is no city of the list" in faults[0].what


def test_breaks_as_a_finding(source_of):
    source = source_of("tidy", "f.csv", series={"e": "urban_unit_employment"}, breaks={"e": ("urban_units_2013",)})
    frame = observed(range(2010, 2016))
    check = break_check({"s": source}, frame, {"s.e": (2010, 2015)}, "one")
    assert (check.verdict, check.rows[0]["break"], check.rows[0]["declared"]) == ("says", "urban_units_2013", True)
    assert break_check({"s": source}, frame, {"s.e": (2013, 2015)}, "one").verdict == "holds"


# ---------------------------------------------------------------- names of authors' own


@pytest.mark.parametrize(
    ("name", "official"),
    [
        ("emp_urban", ["城镇单位就业人员"]),
        ("lnUrbanEmp", ["城镇单位就业人员"]),
        ("城镇就业", ["城镇单位就业人员"]),
        ("urban_unemployment", []),
        ("FAI", ["固定资产投资额"]),
        ("fai_growth", []),
        ("pop_density", []),
        ("patent_app", ["专利申请受理数"]),
        ("cbec", []),  # as often a policy as an amount
        ("人均GDP", []),
        ("firm", []),
        ("x", []),
    ],
)
def test_what_an_authors_name_may_mean(name, official):
    assert list(official_names(name)) == official


def test_every_official_name_of_the_synonyms_is_one_that_breaks_know():
    for row in read_table("series_names"):
        assert [b for b in breaks() if b.concerns(row["official"], "高技术产业")], row["official"]


def crossed(source, years=range(2010, 2016), beside=None):
    return break_faults({"s": source}, observed(years), {"s.e": (years[0], years[-1])}, "one", beside)


def test_a_renamed_column_is_caught_by_what_the_study_or_the_file_says_of_it(source_of):
    plain = source_of("tidy", "f.csv", series={"e": "x7"})
    assert crossed(plain) == ([], [])
    for name in ("城镇单位就业人员(万人)", "urban_unit_employment"):
        _, faults = crossed(plain, beside={"s.e": (name,)})
        assert "taken for" not in faults[0].what
        assert "'x7' changes its definition in 2013" in faults[0].what
    official = source_of("tidy", "f.csv", series={"e": "x7"}, official={"e": "城镇单位就业人员"})
    assert len(crossed(official)[1]) == 1


def test_a_guess_by_an_authors_name_says_so_and_falls_away_where_the_study_says_better(source_of):
    guessed = source_of("tidy", "f.csv", series={"e": "emp_urban"})
    _, faults = crossed(guessed)
    assert "'emp_urban' is taken for the official series 城镇单位就业人员" in faults[0].what
    assert 'official = { e = "..." }' in faults[0].mend
    assert crossed(source_of("tidy", "f.csv", series={"e": "emp_urban"}, official={"e": ""})) == ([], [])
    accepted = source_of("tidy", "f.csv", series={"e": "emp_urban"}, breaks={"e": ("urban_units_2013",)})
    notes, faults = crossed(accepted)
    assert (len(notes), faults) == (1, [])
    low = source_of("tidy", "f.csv", series={"e": "hc"})
    notes, faults = crossed(low, range(2018, 2022))
    assert faults == []
    assert "may cross schooling_census_2020" in notes[0]


def test_labels_of_variables_and_of_the_file_are_names_of_a_series(assembled_of, study_of, source_of, written, read_as):
    study = study_of(
        {"e": {"series": "s.x1", "label": Label(zh="城镇单位就业人员")}, "f": {"expression": "ln(s.x2)"}},
        {"s": source_of("tidy", "f.csv", series={"x1": "c1", "x2": "c2"})},
    )
    assert names_beside(study, {}) == {"s.x1": ("城镇单位就业人员", "e", "x1"), "s.x2": ("x2",)}
    path = written(
        "prov,year,c1\n省份,年份,城镇单位就业人员(万人)\n" + "".join(f"北京,{y},1\n" for y in range(2010, 2016))
    )
    got = read_as("tidy", path, unit="prov", series={"x1": "c1"})
    assert got.labels == {"x1": "城镇单位就业人员(万人)"}
    assert names_beside(study, {"s": got})["s.x1"][-1] == "城镇单位就业人员(万人)"
