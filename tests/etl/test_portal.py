"""Portal exports, old and 2026: every real file is read or refused with a reason, figures and cells spot-checked."""

from pathlib import Path

import numpy as np
import pytest

from panelkit.core.errors import SourceError
from panelkit.core.source import OBSERVED
from panelkit.etl.look import look, recognised

OLD = (
    "数据库：分省年度数据\n"
    "指标：地区生产总值(亿元)\n"
    "时间：最近2年\n"
    "地区,2016年,2015年\n"
    "北京市,2,1\n"
    "天津市,4,\n"
    "注：一\n"
    "　　　2.二\n"
    "数据来源：国家统计局\n"
)
NEW = "\ufeff数据库：分省年度数据 \n时间：2015年-2016年 \n地区\t,2016年\t,2015年\t,\n北京市\t,2\t,1\t,\n数据来源：国家统计局"
ROWS = (
    "\ufeff数据库：分省年度数据 \n"
    "时间： \n"
    "指标\t,2016年\t,2015年\t,\n"
    "财政支出 (亿元) \t,2\t,1\t,\n"
    "税收 (亿元)\t,\t,3\t,\n"
    "数据来源：国家统计局\n"
)


def value(observed, unit, time):
    frame = observed.frame
    found = frame[(frame["unit"].str.strip() == unit) & (frame["time"] == time)]
    return float(found["value"].iloc[0]), found["cell"].iloc[0]


def test_old_layout_in_gb18030(read_as, written):
    got = read_as("nbs_csv", written(OLD, encoding="gb18030"), series={"gdp": "地区生产总值（亿元）"}, vintage=2025)
    assert tuple(got.frame.columns) == OBSERVED
    assert value(got, "北京市", 2015) == (1.0, "line 5, column 3")
    assert np.isnan(value(got, "天津市", 2015)[0])
    assert set(got.frame["measure"]) == {"亿元"}
    assert set(got.frame["vintage"]) == {2025}
    assert any("1 blank cell" in n for n in got.notes)
    assert sum("footer" in n for n in got.notes) == 3
    assert len(got.provenance.sha256) == 64


def test_new_layout_needs_its_unit_of_measure(read_as, written):
    path = written(NEW)
    with pytest.raises(SourceError, match="no unit of measure for 'gdp'"):
        read_as("nbs_csv", path, series={"gdp": "地区生产总值"})
    got = read_as("nbs_csv", path, series={"gdp": "地区生产总值"}, measures={"gdp": "亿元"})
    assert value(got, "北京市", 2016) == (2.0, "line 4, column 2")
    assert any("does not name its indicator" in n for n in got.notes)


def test_transposed_needs_its_region(read_as, written):
    path = written(ROWS)
    with pytest.raises(SourceError, match=r"no province column.*\n.*unit_name"):
        read_as("nbs_csv", path, series={"x": "财政支出"})
    got = read_as("nbs_csv", path, series={"x": "财政支出(亿元)", "y": "税收"}, unit_name="北京")
    assert set(got.frame["unit"]) == {"北京"}
    assert set(got.frame["series"]) == {"s.x", "s.y"}
    with pytest.raises(SourceError, match="did you mean '财政支出"):
        read_as("nbs_csv", path, series={"x": "财政支出额"}, unit_name="北京")


def test_header_stripped(read_as, written):
    text = "地区,2016年,2015年\n北京市,2,1\n"
    got = read_as("nbs_csv", written(text), series={"gdp": "GDP"}, measures={"gdp": "亿元"})
    assert value(got, "北京市", 2016)[0] == 2.0


@pytest.mark.parametrize(
    ("text", "fields", "says"),
    [
        (OLD, {"series": {"g": "人口"}}, "holds '地区生产总值.亿元.', not '人口'"),
        (
            OLD,
            {"series": {"g": "地区生产总值"}, "measures": {"g": "万元"}},
            "declared in 万元 but the file prints 亿元",
        ),
        (OLD.replace("4,", "x,"), {"series": {"g": "地区生产总值"}}, r"line 6, column 2 \(天津市\): 'x' is no number"),
        (OLD.replace(",4,", ',"3,078.5",'), {"series": {"g": "地区生产总值"}}, "separators of thousands"),
        (OLD.replace(",4,", ",inf,"), {"series": {"g": "地区生产总值"}}, "infinite"),
        (OLD.replace("2015年", "2016年"), {"series": {"g": "地区生产总值"}}, "2016 stands twice"),
        (OLD + "河北省,1,2\n", {"series": {"g": "地区生产总值"}}, "below the footer"),
        ("a,b\n1,2\n", {"series": {"g": "x"}}, "no header row"),
        ("甲,2016年,2015年\n乙,1,2\n", {"series": {"g": "x"}}, "no column of provinces"),
        (OLD, {"series": {"g": "地区生产总值"}, "years": (1990, 1991)}, "no figure in the years 1990-1991"),
        (OLD, {"series": {"g": "地区生产总值", "h": "h"}}, "holds one indicator"),
    ],
)
def test_bad_exports_are_refused(read_as, written, text, fields, says):
    with pytest.raises(SourceError, match=says) as caught:
        read_as("nbs_csv", written(text), **fields)
    assert all(f.where and f.mend for f in caught.value.faults)


def test_declared_separator_of_thousands(read_as, written):
    text = OLD.replace(",4,", ',"3,078.5",')
    got = read_as("nbs_csv", written(text), series={"g": "地区生产总值"}, thousands=",")
    assert value(got, "天津市", 2016)[0] == 3078.5
    assert any("separators of thousands" in n for n in got.notes)


def test_all_faults_at_once(read_as, written):
    text = OLD.replace("2,1", "a,b")
    with pytest.raises(SourceError) as caught:
        read_as("nbs_csv", written(text), series={"g": "地区"}, measures={"g": "人"})
    assert len(caught.value.faults) == 4


def test_encodings(read_as, written):
    gbk = written(OLD, encoding="gb18030")
    with pytest.raises(SourceError, match="not utf-8 as declared; it reads as GB18030"):
        read_as("nbs_csv", gbk, series={"g": "地区生产总值"}, encoding="utf-8")
    utf8 = written(OLD, "g.csv")
    with pytest.raises(SourceError, match="not gbk as declared; it reads as UTF-8"):
        read_as("nbs_csv", utf8, series={"g": "地区生产总值"}, encoding="gbk")
    utf16 = written(OLD, "h.csv", "utf-16")
    assert value(read_as("nbs_csv", utf16, series={"g": "地区生产总值"}), "北京市", 2016)[0] == 2.0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\n\n<!-- page --><html><table></table></html>", "web page(.|\n)*no table with cells"),
        (b"<html><frameset><frame src='sheet001.htm'></frameset></html>", "web page(.|\n)*no table with cells"),
        (b"hello", "no Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2000, "damaged"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"", "empty"),
    ],
)
def test_workbooks_that_are_none(read_as, tmp_path, data, says):
    path = tmp_path / "x.xls"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=says):
        read_as("nbs_excel", path, series={"g": "x"})


GUANGDONG = [
    ("nbs_csv", "nbs_export_old_csv/分省年度数据.csv", {2019: 110468.1, 2020: 113708.9, 2022: 132547.1}),
    ("nbs_csv", "nbs_export_new_csv/分省年度数据_6.csv", {2019: 110468.1, 2020: 113708.9, 2022: 132547.1}),
    ("nbs_excel", "nbs_export_old_xls/分省年度数据.xls", {2019: 107671.07}),
    ("nbs_excel", "gdp_vintages/gdp_1992-2022_export2023.xlsx", {2019: 107986.9, 2020: 111151.6, 2022: 129118.6}),
    ("nbs_excel", "gdp_vintages/gdp_2005-2023_export2024_header_stripped.xls", {2020: 111151.6, 2022: 129513.6}),
]


@pytest.mark.parametrize(("kind", "name", "figures"), GUANGDONG)
def test_vintages_of_guangdong(read_as, china, kind, name, figures):
    got = read_as(kind, china / name, series={"gdp": "地区生产总值(亿元)"}, measures={"gdp": "亿元"})
    for year, figure in figures.items():
        assert value(got, "广东省", year)[0] == figure


def test_every_export_is_read(read_as, china):
    files = sorted(p for folder in china.glob("nbs_export_*") for p in folder.iterdir())
    assert len(files) == 14
    for path in files:
        kind, seen = look(path)
        assert kind in ("nbs_csv", "nbs_excel")
        assert not any("is no number" in o for o in seen.oddities), path
        one = {"x": seen.series[0].name or "it"}
        observed = read_as(
            kind,
            path,
            series=one,
            measures={"x": seen.series[0].unit or "?"},
            unit_name="" if len(seen.series) == 1 else "北京",
        )
        assert observed.frame["value"].notna().any()


def test_hints_and_blanks_of_real_files(china):
    _, seen = look(china / "nbs_export_old_csv/分省年度数据.csv")
    assert "第五次全国经济普查" in seen.vintage_hint
    assert (seen.layout, seen.encoding) == ("portal, old", "gb18030")
    assert seen.series[0].first == {"unit": "北京市", "time": 2024, "value": 49670.2, "cell": "line 5, column 2"}
    _, old = look(china / "nbs_export_old_xls/分省年度数据.xls")
    assert "第四次全国经济普查" in old.vintage_hint
    _, survey = look(china / "nbs_export_old_csv/分省年度数据 (1).csv")
    assert survey.series[0].missing == 93
    assert survey.series[0].name == "人口数(人口抽样调查)(人)"


def test_a_web_page_under_the_name_of_a_workbook_is_read_and_said(china):
    kind, seen = look(china / "techme_yearbook" / "raw_hitech_operation" / "raw-2020-soshu.xls")
    assert kind == "yearbook_page"
    assert [s.name for s in seen.series] == ["企业数", "营业收入", "利润总额"]
    assert [(s.unit, s.units_matched) for s in seen.series] == [("个", 31), ("亿元", 31), ("亿元", 31)]
    assert any("web page saved under the name of a workbook" in o for o in seen.oddities)


QUARTERS = (
    "数据库：分省季度数据\n"
    "指标：地区生产总值_累计值(亿元)\n"
    "时间：最近8季度\n"
    "地区,2016年第一季度,2015年第四季度,2015年第三季度,2015年第二季度,2015年第一季度\n"
    "北京市,5,4,3,2,1\n"
    "天津市,50,40,30,20,10\n"
    "河北省,500,400,,200,100\n"
    "数据来源：国家统计局\n"
)


@pytest.mark.parametrize("spelled", ["{y}年第{z}季度", "{y}年{q}季度", "{y}Q{q}", "{y}年{m}月", "{y}{m:02}MM"])
def test_quarters_and_months_become_years_as_declared(read_as, written, spelled):
    text = QUARTERS
    for year, quarter, zh in ((2016, 1, "一"), (2015, 4, "四"), (2015, 3, "三"), (2015, 2, "二"), (2015, 1, "一")):
        text = text.replace(f"{year}年第{zh}季度", spelled.format(y=year, q=quarter, z=zh, m=3 * quarter), 1)
    fields = {"series": {"g": "地区生产总值_累计值"}}
    with pytest.raises(SourceError, match=r'columns are (quarters|months)(.|\n)*periods = "last"'):
        read_as("nbs_csv", written(text), **fields)
    last = read_as("nbs_csv", written(text), periods="last", **fields)
    assert value(last, "天津市", 2015) == (40.0, "line 6, column 3")
    assert set(last.frame["time"]) == {2015}
    _, seen = look(written(text))
    assert seen.series[0].times == (2015,)
    assert any("Decembers" in o or "fourth quarters" in o for o in seen.oddities)


def test_quarters_added_up(read_as, written):
    fields = {"series": {"g": "地区生产总值_累计值"}}
    got = read_as("nbs_csv", written(QUARTERS), periods="sum", **fields)
    assert value(got, "天津市", 2015) == (100.0, "line 6, column 6 to line 6, column 3")
    assert np.isnan(value(got, "河北省", 2015)[0])
    assert np.isnan(value(got, "天津市", 2016)[0])
    assert any("years without all their quarters are missing" in n for n in got.notes)
    assert value(read_as("nbs_csv", written(QUARTERS), periods="mean", **fields), "天津市", 2015)[0] == 25.0


def test_an_indicator_cut_into_several_files(read_as, written):
    written(OLD)
    later = OLD.replace("2016年,2015年", "2018年,2017年").replace("2,1", "6,5").replace("4,", "8,7")
    written(later, "g.csv", "gb18030")
    fields = {"series": {"g": "地区生产总值"}, "more": ("g.csv",)}
    got = read_as("nbs_csv", written(OLD), **fields)
    assert value(got, "北京市", 2017) == (5.0, "g.csv, line 5, column 3")
    assert value(got, "北京市", 2015) == (1.0, "f.csv, line 5, column 3")
    assert sorted(got.frame["time"].unique()) == [2015, 2016, 2017, 2018]
    assert any(n.startswith("f.csv: 1 blank cell ") for n in got.notes)
    written(later.replace("2018年,2017年", "2017年,2016年").replace("5\n", "2\n"), "g.csv")
    with pytest.raises(
        SourceError, match=r"天津市, 2016 is 4.0 in f.csv, line 6, column 2 and 7.0 in g.csv, line 6, column 3"
    ):
        read_as("nbs_csv", written(OLD), **fields)
    with pytest.raises(SourceError, match="no plain file name"):
        read_as("nbs_csv", written(OLD), series={"g": "x"}, more=("../g.csv",))


NAMED = (
    "\ufeff数据库：分省年度数据 \n"
    "指标：地区生产总值 (亿元) \n"
    "时间：2021YY-2022YY \n"
    "地区\t,2022YY\t,2021YY\t,\n"
    "330000000000\t,2\t,1\t,\n"
    "110000000000\t,4\t,3\t,\n"
    "数据来源：国家统计局"
)


def test_codes_of_twelve_digits_and_years_of_the_new_portal(read_as, written):
    got = read_as("nbs_csv", written(NAMED), series={"gdp": "地区生产总值"})
    assert value(got, "330000000000", 2021) == (1.0, "line 5, column 3")
    assert set(got.frame["measure"]) == {"亿元"}
    _, seen = look(written(NAMED))
    assert (seen.series[0].units_matched, seen.series[0].times, seen.series[0].unit) == (2, (2021, 2022), "亿元")


def test_percent_signs_are_read_where_the_series_is_in_percent(read_as, written):
    text = OLD.replace("2,1", "2%,1.5%").replace("4,", "-4%,").replace("(亿元)", "(%)")
    got = read_as("nbs_csv", written(text), series={"g": "地区生产总值"})
    assert value(got, "天津市", 2016)[0] == -4.0
    assert any("3 numbers with the sign %" in n for n in got.notes)
    with pytest.raises(SourceError, match="carries its own unit"):
        read_as("nbs_csv", written(text.replace("(%)", "(亿元)")), series={"g": "地区生产总值"})


def test_years_in_rows(read_as, written, china):
    text = ",北京市,天津市,河北省,全国\n2016,2,4,6,12\n2015,1,3,,9\n"
    got = read_as("nbs_csv", written(text), series={"g": "GDP"}, measures={"g": "亿元"})
    assert value(got, "天津市", 2016) == (4.0, "line 2, column 3")
    assert np.isnan(value(got, "河北省", 2015)[0])
    with pytest.raises(SourceError, match="line 3, column 6: a figure stands in a column without a region"):
        read_as("nbs_csv", written(text.replace(",9", ",9,7")), series={"g": "GDP"}, measures={"g": "亿元"})
    fields = {"series": {"g": "地区生产总值"}, "measures": {"g": "亿元"}}
    zh, en = (
        read_as("nbs_csv", china / "gdp_vintages" / f"Chinas GDP in Province {lang}.csv", **fields)
        for lang in ("Zh", "En")
    )
    assert value(zh, "广东省", 2019)[0] == value(en, "Guangdong", 2019)[0] == 107986.9
    assert list(zh.frame["value"]) == list(en.frame["value"])


@pytest.mark.parametrize(
    ("header", "says"),
    [("2016年,2014年,2015年", "do not stand in order"), ("2018年,2015年,2014年", "leaves out years")],
)
def test_odd_headers_are_flagged(read_as, written, header, says):
    got = read_as("nbs_csv", written(f"地区,{header}\n北京市,3,2,1\n"), series={"g": "x"}, measures={"g": "亿元"})
    assert any(says in n for n in got.notes)


def test_ecommerce_is_tidy(china):
    path = china / "ecommerce_sales" / "ecommerce_sales_province_2015_2024.csv"
    assert [kind for kind, _ in recognised(path)] == ["tidy"]


def test_missing_file():
    with pytest.raises(SourceError, match="no such file"):
        look(Path("nowhere.csv"))


STRIPPED = "地区,2016年,2015年\n北京市,2,1\n天津市,4,3\n河北省,6,5\n"


def saved_again(text, times, index, **reading):
    """What pandas makes of a file that it reads and writes `times` times."""
    import io

    import pandas as pd

    for _ in range(times):
        text = pd.read_csv(io.StringIO(text), **reading).to_csv(index=index)
    return text


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (saved_again(STRIPPED, 1, True), 3),
        (saved_again(STRIPPED, 2, True), 4),
        (saved_again(STRIPPED, 3, True), 5),
        (saved_again(OLD.replace("\n", ",,\n", 3), 1, False), 2),
        (saved_again(OLD.replace("\n", ",,\n", 3), 1, True), 3),
        (saved_again(STRIPPED.replace("地区", ""), 1, False), 2),
        (saved_again(STRIPPED, 1, True).replace("1,天津市,4.0,3.0\n", ""), 3),
    ],
)
def test_what_pandas_saved_again_is_read_and_said(read_as, written, text, column):
    assert text.startswith(",") or "Unnamed" in text
    path = written(text)
    got = read_as("nbs_csv", path, series={"gdp": "地区生产总值"}, measures={"gdp": "亿元"})
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "北京市" in row)
    assert value(got, "北京市", 2016) == (2.0, f"line {line}, column {column}")
    assert any("saved again by pandas" in n for n in got.notes)
    assert any("saved again by pandas" in o for o in look(path)[1].oddities)
    assert "nbs_csv" in dict(recognised(path))


def test_codes_are_no_row_numbers(read_as, written):
    got = read_as("nbs_csv", written(STRIPPED), series={"gdp": "GDP"}, measures={"gdp": "亿元"})
    assert not any("pandas" in n for n in got.notes)
