"""Wide tables, stacked blocks, R files, tidy workbooks, SQL queries and records."""

import gzip
import struct

import numpy as np
import pandas as pd
import pytest
from handmade import packed, write

from panelkit.core.errors import SourceError
from panelkit.etl.look import look

# ruff: noqa: E501  files in one line each
duckdb = pytest.importorskip("duckdb")


def value(observed, unit, time, series="s.x"):
    frame = observed.frame
    found = frame[(frame["unit"] == unit) & (frame["time"] == time) & (frame["series"] == series)]
    return float(found["value"].iloc[0]), found["cell"].iloc[0]


# ---------------------------------------------------------------- wide

WIDE = "地区,指标,单位,2016年,2015年\n北京,GDP,亿元,2,1\n天津,GDP,亿元,4,\n河北,GDP,亿元,6,5\n北京,人口,万人,20,10\n天津,人口,万人,40,30\n河北,人口,万人,60,50\n数据来源：x\n"


def test_wide_with_a_column_of_units_of_measure(read_as, written):
    fields = {"series_column": "指标", "measure_column": "单位", "series": {"x": "GDP", "p": "人口"}}
    got = read_as("wide", written(WIDE, encoding="gb18030"), **fields)
    assert value(got, "天津", 2016) == (4.0, "line 3, column 4")
    assert value(got, "河北", 2015, "s.p")[0] == 50.0
    assert dict(zip(got.frame["series"], got.frame["measure"], strict=True)) == {"s.x": "亿元", "s.p": "万人"}
    assert any("units are taken from column '地区'" in n for n in got.notes)
    kind, seen = look(written(WIDE, encoding="gb18030"))
    assert kind == "wide"
    assert [s.name for s in seen.series] == ["GDP", "人口"]


def test_years_behind_a_stem(read_as, written, tmp_path):
    text = "province,gdp2015,gdp2016,pop_2015,pop_2016\n北京,1,2,3,4\n天津,5,6,7,8\n河北,9,10,11,12\n"
    got = read_as(
        "wide", written(text), unit="province", series={"x": "gdp", "p": "pop"}, measures={"x": "亿元", "p": "人"}
    )
    assert value(got, "天津", 2016) == (6.0, "line 3, column 3")
    assert value(got, "河北", 2015, "s.p") == (11.0, "line 4, column 4")
    rows = [line.split(",") for line in text.split()]
    rows = [rows[0], *([r[0], *map(float, r[1:])] for r in rows[1:])]
    again = read_as("wide", write(tmp_path / "w.xlsx", rows), series={"x": "gdp"}, measures={"x": "亿元"})
    assert value(again, "天津", 2016) == (6.0, "1!C3")


@pytest.mark.parametrize(
    ("text", "fields", "says"),
    [
        (
            WIDE,
            {"series": {"x": "GDB"}, "series_column": "指标", "measure_column": "单位"},
            "no series 'GDB'.*\n.*'GDP'",
        ),
        (WIDE, {"series": {"x": "GDP"}, "series_column": "指标x"}, "no column '指标x'"),
        (WIDE.replace("2015年", "2016年"), {"series": {"x": "GDP"}}, "no header row|2016 stands twice"),
        (
            WIDE.replace("GDP,亿元,4", "GDP,万元,4"),
            {"series": {"x": "GDP"}, "series_column": "指标", "measure_column": "单位"},
            "several units",
        ),
        (
            WIDE.replace("天津,GDP", ",GDP"),
            {"series": {"x": "GDP"}, "series_column": "指标", "measure_column": "单位"},
            "beside no unit",
        ),
        (
            WIDE.replace("6,5", "6,5,7"),
            {"series": {"x": "GDP"}, "series_column": "指标", "measure_column": "单位"},
            "without a heading",
        ),
        ("a,b\n1,2\n", {"series": {"x": "a"}}, "no header row with a column for each year"),
    ],
)
def test_wide_refusals(read_as, written, text, fields, says):
    with pytest.raises(SourceError, match=says) as caught:
        read_as("wide", written(text), **fields)
    assert all(f.where and f.mend for f in caught.value.faults)


# ---------------------------------------------------------------- stacked blocks

BLOCKS = ",,,2014,2015,2016\n1,支出(亿元)i,北京,,2,3\n2,,天津,,4,5\n3,,河北,,6,7\n4,旧支出(亿元),北京,1,,\n5,,天津,2,,\n6,,河北,3,,\n"


def test_stacked_blocks(read_as, written):
    path = written(BLOCKS)
    got = read_as("stacked_blocks", path, series={"x": "支出"})
    assert value(got, "天津", 2016) == (5.0, "line 3, column 6")
    assert set(got.frame["time"]) == {2015, 2016}
    assert any("stray letters" in n for n in got.notes)
    assert any("block '旧支出' passed over" in n for n in got.notes)
    joined = read_as("stacked_blocks", path, series={"x": "支出"}, continued={"x": ("旧支出",)})
    assert value(joined, "河北", 2014) == (3.0, "line 7, column 4")
    assert any("continued by the block '旧支出' (2014-2014), as declared" in n for n in joined.notes)
    kind, seen = look(path)
    assert kind == "stacked_blocks"
    assert [s.unit for s in seen.series] == ["亿元", "亿元"]


@pytest.mark.parametrize(
    ("text", "fields", "says"),
    [
        (BLOCKS, {"series": {"x": "收入"}}, "no block '收入'"),
        (
            BLOCKS.replace("北京,1,,", "北京,1,9,"),
            {"series": {"x": "支出"}, "continued": {"x": ("旧支出",)}},
            "stands in two blocks",
        ),
        (BLOCKS.replace("天津,,4,5", "天津,,4,5,6"), {"series": {"x": "支出"}}, "column without a year"),
        (BLOCKS.replace("2,,天津,,4", "2,,,,4"), {"series": {"x": "支出"}}, "beside no unit"),
    ],
)
def test_stacked_refusals(read_as, written, text, fields, says):
    with pytest.raises(SourceError, match=says):
        read_as("stacked_blocks", written(text), **fields)


def test_the_staircase_of_the_thesis(read_as, china):
    path = china / "province_panel_tfp" / "一般公共预算等.xls"
    got = read_as("stacked_blocks", path, series={"x": "一般公共预算支出"}, continued={"x": ("财政支出",)})
    assert value(got, "广东", 2024) == (17956.06, "Sheet1!X20")
    assert value(got, "新疆", 2005) == (519.02, "Sheet1!E63")
    assert len(got.frame) == 31 * 20


# ---------------------------------------------------------------- R


def test_r_data_frames(read_as, tmp_path):
    path = tmp_path / "d.rda"
    path.write_bytes(packed({"province": ["北京", "天津"], "year": [2015.0, 2015.0], "x": [1.5, None]}))
    got = read_as("tidy", path, series={"x": "x"}, measures={"x": "亿元"})
    assert value(got, "北京", 2015) == (1.5, "row 1, column x")
    assert np.isnan(value(got, "天津", 2015)[0])
    with pytest.raises(SourceError, match="no data frame 'e'"):
        read_as("tidy", path, series={"x": "x"}, part="e")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"RDX3\nX\n", "ends too early"),
        (b"\x80\x04\x95.", "not in R's binary format"),
        (gzip.compress(mtime=0, data=b"RDX2\nX\n" + struct.pack(">iiii", 2, 0, 0, 3)), "kind 3"),
        (gzip.compress(mtime=0, data=b"RDX2\nX\n" + struct.pack(">iiiii", 2, 0, 0, 14, 2**30)), "longer than the file"),
        (
            gzip.compress(mtime=0, data=b"RDX2\nX\n" + struct.pack(">iii", 2, 0, 0) + struct.pack(">ii", 19, 1) * 500),
            "without end",
        ),
        (b"\x1f\x8b broken", "cannot be read"),
    ],
    ids=["short", "pickle", "environment", "long", "deep", "broken"],
)
def test_r_files_that_are_none(read_as, tmp_path, data, says):
    path = tmp_path / "d.rda"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=says):
        read_as("tidy", path, series={"x": "x"})


def test_every_spelling_of_one_series_is_matched(china, read_as, study_of, source_of):
    from panelkit.etl.harmonise.provinces import to_codes

    path = china / "techme_yearbook" / "RDLaborHour.rda"
    got = read_as("tidy", path, series_column="chn_block4", measure_column="units", series={"x": "合计"})
    assert got.frame["unit"].nunique() == 65
    frame, notes, faults = to_codes(got, "RDLaborHour.rda", "gbt2260", "province")
    assert not faults
    assert frame["unit"].nunique() == 31
    assert len(frame) == 31 * 14
    assert any("内蒙占" in n and "optical recognition" in n for n in notes)


# ---------------------------------------------------------------- tidy workbooks, byte-order marks, padded Stata


def test_tidy_workbook(read_as, tmp_path):
    rows = [["a title"], ["province", "year", "x"], ["北京", 2015, 1.5], ["天津", 2015, 2]]
    got = read_as("tidy", write(tmp_path / "t.xlsx", rows), series={"x": "x"}, measures={"x": "亿元"})
    assert value(got, "天津", 2015) == (2.0, "1!C4")
    assert any("1 row above the header" in n for n in got.notes)


def test_two_byte_order_marks(written, read_as):
    path = written("\ufeff\ufeff地区,年份,x\n北京,2015,1\n天津,2015,2\n河北,2015,3\n")
    assert look(path)[1].encoding == "utf-8 with 2 byte-order marks"
    got = read_as("tidy", path, unit="地区", time="年份", series={"x": "x"}, measures={"x": "亿元"})
    assert value(got, "北京", 2015)[0] == 1.0


def test_padded_strings_of_stata(china, read_as):
    from panelkit.etl.harmonise.provinces import to_codes

    assert look(china / "province_trade_panel" / "data.dta")[0] == "tidy"
    with pytest.raises(SourceError, match="the file prints 亿元"):  # in the label of the variable
        read_as("tidy", china / "province_trade_panel" / "data.dta", series={"x": "x"}, measures={"x": "万美元"})
    got = read_as("tidy", china / "province_trade_panel" / "data.dta", series={"x": "x"})
    frame, _, faults = to_codes(got, "data.dta", "gbt2260", "province")
    assert not faults
    assert (frame["unit"].nunique(), len(frame)) == (31, 620)
    assert any(unit != unit.strip() for unit in got.frame["unit"])


# ---------------------------------------------------------------- sql


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as c:
        c.execute(
            "CREATE TABLE t AS SELECT * FROM (VALUES ('天津', 2015, 3.0, 1::DECIMAL(9,2)), ('北京', 2016, 2.5, 2), ('北京', 2015, 1.5, NULL)) "
            'AS v(province, year, gdp, "sales(亿元)")'
        )
    (tmp_path / "secret.csv").write_text("province,year,gdp\n北京,2015,1\n")
    return path


def test_a_query(read_as, database):
    got = read_as(
        "sql", database, query="SELECT * FROM t", series={"x": "gdp", "y": "sales(亿元)"}, measures={"x": "亿元"}
    )
    assert value(got, "北京", 2016) == (2.5, "query row 2, column gdp")
    assert np.isnan(value(got, "北京", 2015, "s.y")[0])
    assert got.provenance.steps == ("SELECT * FROM t",)
    kind, seen = look(database)
    assert kind == "sql"
    assert "table t: 3 rows" in seen.oddities[0]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT *, (SELECT count(*) FROM read_text('{folder}/secret.csv')) FROM t",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM t; SELECT 1",
        "SELECT * FROM t) UNION ALL (SELECT * FROM read_csv('{folder}/secret.csv')",
        "COPY t TO '{folder}/out.csv'",
        "ATTACH '{folder}/b.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "INSERT INTO t VALUES ('河北', 2015, 1, 1)",
        "DROP TABLE t",
        "SELECT no_such FROM t",
        "SELECT 1 AS a",
        "",
    ],
)
def test_a_query_reads_its_own_file_and_nothing_else(read_as, database, query):
    with pytest.raises(SourceError) as caught:
        read_as(
            "sql", database, query=query.format(folder=database.parent), series={"x": "gdp"}, measures={"x": "亿元"}
        )
    assert all(f.where and f.mend for f in caught.value.faults)
    assert sorted(p.name for p in database.parent.iterdir()) == ["a.duckdb", "secret.csv"]


def test_no_database(read_as, tmp_path):
    path = tmp_path / "a.duckdb"
    path.write_bytes(b"no" * 9000)
    with pytest.raises(SourceError, match="no DuckDB file"):
        read_as("sql", path, query="SELECT 1", series={"x": "x"})


# ---------------------------------------------------------------- records

ORDERS = "省份,日期,行业,金额,企业\n北京,2015-01-02,C17,1.5,a\n北京,2015-03-04,C18,2.5,b\n北京,2016-01-01,C17,4,a\n天津,2015/12/31,C13,8,c\n天津,2015年5月,C13,,c\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_records_are_added_up(read_as, written, encoding):
    got = read_as(
        "records",
        written(ORDERS, encoding=encoding),
        unit="省份",
        time="日期",
        series={
            "x": "sum(金额)",
            "n": "count()",
            "firms": "distinct(企业)",
            "textiles": "sum(金额)",
            "mean": "mean(金额)",
        },
        only={"textiles": {"行业": ("C17", "C18")}},
        measures={"x": "万元", "textiles": "万元", "n": "件", "mean": "万元"},
    )
    assert value(got, "北京", 2015) == (4.0, "sum(金额) of 2 records")
    assert value(got, "天津", 2015, "s.n")[0] == 2.0
    assert value(got, "天津", 2015, "s.textiles") == (0.0, "sum(金额) of 0 records")
    assert value(got, "北京", 2015, "s.firms")[0] == 2.0
    assert value(got, "天津", 2015, "s.mean")[0] == 8.0
    assert any("1 blank cell of '金额'" in n for n in got.notes)
    assert any("5 records added up to 3 units and years" in n for n in got.notes)


@pytest.mark.parametrize(
    ("text", "fields", "says"),
    [
        (ORDERS, {"series": {"x": "sum(金)"}}, "no column '金'.*\n.*金额"),
        (ORDERS, {"series": {"x": "median(金额)"}}, "is not understood"),
        (ORDERS, {"series": {"x": "count(金额)"}}, "is not understood"),
        (ORDERS, {"series": {"x": "sum(金额)"}, "measures": {}}, "no unit of measure for 'x'"),
        (ORDERS.replace("2.5", "2,5"), {"series": {"x": "sum(金额)"}}, "cannot be read|no numbers"),
        (
            ORDERS.replace("2.5", "2.5元"),
            {"series": {"x": "sum(金额)"}},
            "1 cell of '金额' are no numbers, such as '2.5元'",
        ),
        (ORDERS.replace("2.5", "inf"), {"series": {"x": "sum(金额)"}}, "are no numbers, such as 'inf'"),
        (
            ORDERS.replace("2016-01-01", "01.02.2016"),
            {"series": {"x": "sum(金额)"}},
            "1 of 5 records have no 省份 or no year",
        ),
        (ORDERS, {"series": {"x": "sum(金额)"}, "memory": "lots"}, "no limits"),
    ],
)
def test_records_refused(read_as, written, text, fields, says):
    given = {"unit": "省份", "time": "日期", "measures": {"x": "万元"}, **fields}
    with pytest.raises(SourceError, match=says):
        read_as("records", written(text), **given)


def test_records_agree_with_pandas_and_with_themselves(read_as, tmp_path):
    rng = np.random.default_rng(1)
    n = 20_000
    frame = pd.DataFrame(
        {
            "province": rng.choice(["北京", "天津", "河北"], n),
            "date": pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), unit="D"),
            "industry": rng.choice(["C13", "C17"], n),
            "amount": rng.lognormal(3, 1, n),
        }
    )
    path = tmp_path / "o.parquet"
    frame.to_parquet(path)
    fields = {"time": "date", "within": "industry", "series": {"x": "sum(amount)"}, "measures": {"x": "元"}}
    got = read_as("records", path, **fields)
    keys = [frame["province"] + " / " + frame["industry"], frame["date"].dt.year]
    wanted = frame.groupby(keys)["amount"].sum()
    np.testing.assert_allclose(got.frame["value"], wanted.to_numpy(), rtol=1e-12)
    pd.testing.assert_frame_equal(got.frame, read_as("records", path, **fields).frame, check_exact=True)
