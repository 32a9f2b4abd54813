"""Tidy tables: wide and long, CSV, Parquet and Stata, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import SourceError
from panelkit.etl.look import look

WIDE = "province,year,gdp,kind\n北京,2015,1.5,a\n北京,2016,,b\n天津,2015,3,\n天津,2016,4,a\n"


def test_wide_with_a_category(read_as, written):
    got = read_as("tidy", written(WIDE), series={"g": "gdp", "k": "kind"}, measures={"g": "亿元"}, categories=("k",))
    frame = got.frame
    assert list(frame[frame["series"] == "s.k"]["text"]) == ["a", "b", None, "a"]
    gdp = frame[frame["series"] == "s.g"]
    assert list(gdp["cell"])[:2] == ["line 2, column 3", "line 3, column 3"]
    assert np.isnan(gdp["value"].iloc[1])


def test_formats_agree(read_as, tmp_path, written):
    frame = pd.read_csv(written(WIDE))
    frame.to_parquet(tmp_path / "f.parquet")
    frame.to_stata(tmp_path / "f.dta", write_index=False, version=118)
    fields = {"series": {"g": "gdp"}, "measures": {"g": "亿元"}}
    values = [
        list(read_as("tidy", tmp_path / name, **fields).frame["value"]) for name in ("f.csv", "f.parquet", "f.dta")
    ]
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[0], values[2])
    assert read_as("tidy", tmp_path / "f.dta", **fields).frame["cell"][0] == "row 1, column gdp"


def test_long_form_with_vintages_and_units(read_as, policy_facts):
    got = read_as(
        "tidy",
        policy_facts / "china_province_year.csv",
        unit="province_code",
        series_column="series",
        measure_column="unit",
        vintage_column="vintage",
        series={"gdp": "gdp", "rd": "rd_expenditure"},
        years=(2015, 2022),
    )
    frame = got.frame
    assert len(frame) == 2 * 31 * 8
    assert set(frame[frame["series"] == "s.gdp"]["vintage"]) == {2026}
    assert set(frame[frame["series"] == "s.rd"]["measure"]) == {"万元"}
    rd = frame[frame["series"] == "s.rd"]
    assert ((rd["vintage"] - rd["time"]) == 1).all()


@pytest.mark.parametrize(
    ("text", "fields", "says"),
    [
        (WIDE, {"series": {"g": "gpd"}}, "no column 'gpd'\n  mend: series.g: did you mean 'gdp'"),
        (WIDE, {"series": {"g": "gdp"}, "unit": "prov"}, "there is no prov column.*\n.*did you mean .province"),
        (WIDE, {"series": {"g": "kind"}, "measures": {"g": ""}}, "every cell of 'g' is text, such as 'a'"),
        (WIDE.replace("2016,4", "x,4"), {"series": {"g": "gdp"}}, r"line 5, column 2 \(天津\): 'x' is no year"),
        (WIDE.replace("天津,2016", ",2016"), {"series": {"g": "gdp"}}, "line 5, column 1: the row has no province"),
        (WIDE.replace("3,\n", "3,,9\n"), {"series": {"g": "gdp"}}, "line 4: the row has 5 fields, the header 4"),
        (WIDE.replace("3,\n", '"3,078.5",\n'), {"series": {"g": "gdp"}, "measures": {"g": ""}}, "3,078.5"),
        (WIDE.replace("kind", "gdp"), {"series": {"g": "gdp"}}, "column 'gdp' stands twice"),
        (WIDE, {"series": {"g": "gdp"}, "encoding": "latin-9000"}, "no encoding 'latin-9000'"),
        ("\n", {"series": {"g": "gdp"}}, "no row"),
    ],
)
def test_refusals(read_as, written, text, fields, says):
    with pytest.raises(SourceError, match=says) as caught:
        read_as("tidy", written(text), **fields)
    assert all(f.where and f.mend for f in caught.value.faults)


def test_mixed_units_in_one_series(read_as, written):
    text = "province,year,series,value,unit\n北京,2015,a,1,亿元\n北京,2016,a,1,万元\n"
    with pytest.raises(SourceError, match="several units of measure: 亿元, 万元"):
        read_as("tidy", written(text), series={"a": "a"}, series_column="series", measure_column="unit")


def test_looks_at_real_tables(china, policy_facts):
    kind, trade = look(china / "province_trade_panel" / "data.dta")
    assert kind == "tidy"
    assert {s.units_matched for s in trade.series} == {31}
    _, facts = look(policy_facts / "china_province_year.csv")
    assert len(facts.series) == 36
    assert any("long form" in o for o in facts.oddities)
    _, thesis = look(china / "province_panel_tfp" / "panel_with_broad_tax.csv")
    assert thesis.encoding.endswith("byte-order mark")


def test_other_extensions(read_as, tmp_path):
    path = tmp_path / "f.csv.gz"
    path.write_bytes(b"x")
    with pytest.raises(SourceError, match="unpack it"):
        read_as("tidy", path, series={"a": "a"})
    bad = tmp_path / "f.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.raises(SourceError, match="Parquet file cannot be read"):
        read_as("tidy", bad, series={"a": "a"})
    dta = tmp_path / "f.dta"
    dta.write_bytes(b"nothing of the kind")
    with pytest.raises(SourceError, match="no Stata file"):
        read_as("tidy", dta, series={"a": "a"})


def test_a_column_of_words_is_told_once_with_the_field_that_takes_it(read_as, written):
    table = "city,year,kind\nA,2010,big\nA,2011,small\nB,2010,-\nB,2011,big\n"
    with pytest.raises(SourceError) as told:
        read_as("tidy", written(table), unit="city", time="year", series={"k": "kind"})
    (fault,) = told.value.faults
    assert fault.what == "every cell of 'k' is text, such as 'big'"
    assert 'categories = ["k"]' in fault.mend


@pytest.mark.parametrize("first", ["2015Q1", "2015-01", "2015年1月", "2015M01"])
def test_parts_of_a_year_are_one_fault_that_names_records(read_as, written, tmp_path, first):
    others = {"2015Q1": "2015Q2", "2015-01": "2015-02", "2015年1月": "2015年2月", "2015M01": "2015M02"}
    text = f"country,when,gdp\nFrance,{first},1\nFrance,{others[first]},3\nItaly,{first},5\nItaly,{others[first]},6\n"
    with pytest.raises(SourceError, match="parts of a year, such as") as told:
        read_as("tidy", written(text), unit="country", time="when", series={"g": "gdp"}, measures={"g": "index"})
    assert len(told.value.faults) == 1
    assert "kind = 'records'" in told.value.faults[0].mend
    with pytest.raises(SourceError, match="parts of a year"):
        look(written(text))
    made = read_as(
        "records", written(text), unit="country", time="when", series={"g": "mean(gdp)"}, measures={"g": "index"}
    )
    assert dict(zip(made.frame["unit"], made.frame["value"], strict=True)) == {"France": 2.0, "Italy": 5.5}


def test_a_quarter_beside_the_year_is_neither_unit_nor_series(written):
    rows = [f"{c},{y},{q},{y - 2000 + q / 8}" for c in ("France", "Italy") for y in (2015, 2016) for q in (1, 2, 3, 4)]
    with pytest.raises(SourceError, match="several rows are of one unit and year"):
        look(written("\n".join(["country,year,quarter,gdp", *rows]) + "\n"))


def test_one_row_that_stands_twice_is_one_fault_whatever_it_holds():
    from panelkit.etl.harmonise.provinces import standing_twice

    rows = [(s, "110000", 2015, "北京", None, f"line {line}") for s in ("s.a", "s.b", "s.c") for line in (2, 9)]
    frame = pd.DataFrame(rows, columns=["series", "unit", "time", "printed", "vintage", "cell"])
    (fault,) = standing_twice(frame, "f.csv", "province", "gbt2260")
    assert "s.a: line 2 and line 9; and so 2 more series" in fault.what
