"""Place names, units of measure and vintages."""

import pytest

from panelkit.core.errors import PanelError
from panelkit.etl.assemble import assemble
from panelkit.etl.harmonise.units import Measure, conversion, known_measure, measure_of, parse_measure, same_measure


@pytest.mark.parametrize(
    ("printed", "stem", "measure"),
    [
        ("电子商务销售额(亿元)", "电子商务销售额", "亿元"),
        ("电子商务销售额（亿元）", "电子商务销售额", "亿元"),
        ("固定资产投资(不含农户)实际到位资金_比上年增长(%)", "固定资产投资(不含农户)实际到位资金_比上年增长", "%"),
        ("固定资产投资(不含农户)", "固定资产投资(不含农户)", None),
        ("居民消费价格指数(上年=100)", "居民消费价格指数", "上年=100"),
        ("R&D人员折合全时当量(人年)", "R&D人员折合全时当量", "人年"),
        ("地方财政支出 (亿元) ", "地方财政支出", "亿元"),
        ("移动互联网接入流量(万GB)", "移动互联网接入流量", "万GB"),
    ],
)
def test_printed_units(printed, stem, measure):
    assert parse_measure(printed) == (stem, measure)


@pytest.mark.parametrize(
    ("printed", "stem", "measure"),
    [
        ("地区生产总值(单位:亿元)", "地区生产总值", "亿元"),
        ("技术市场成交额(亿元)(当年价)", "技术市场成交额(当年价)", "亿元"),
        ("GDP_当年价_亿元", "GDP_当年价", "亿元"),
        ("城镇化率_%", "城镇化率", "%"),
        ("GDP指数_上年=100", "GDP指数", "上年=100"),
        ("客运量:万人", "客运量", "万人"),
        ("R&D 经费 万元", "R&D 经费", "万元"),
        ("Gross Regional Product (100 million yuan)", "Gross Regional Product", "亿元"),
        ("GDP, 100 million yuan", "GDP", "亿元"),
        ("单位GDP能耗(吨标准煤/万元)", "单位GDP能耗", "吨标准煤/万元"),
        # what looks like a unit and is none
        ("人均GDP/元", "人均GDP/元", None),
        ("Number of units", "Number of units", None),
        ("GDP per person", "GDP per person", None),
        ("exports_usd", "exports_usd", None),
        ("gdp 10 million persons x", "gdp 10 million persons x", None),
        ("出口_2015", "出口_2015", None),
        ("合 计", "合 计", None),
        ("人口_年", "人口_年", None),
    ],
)
def test_units_behind_marks_and_in_english(printed, stem, measure):
    assert parse_measure(printed) == (stem, measure)


@pytest.mark.parametrize(
    ("english", "usual"),
    [
        ("(100 million yuan)", "亿元"),
        ("10 000 persons", "万人"),
        ("10,000 persons", "万人"),
        ("USD 10 000", "万美元"),
        ("US$ million", "百万美元"),
        ("billion yuan", "十亿元"),
        ("1000 hectares", "千公顷"),
        ("100 million cu.m", "亿立方米"),
        ("(unit)", "个"),
        ("man-year", "人年"),
        ("%", "%"),
        ("preceding year=100", "上年=100"),
        ("sq.km", "平方公里"),
        ("furlongs", None),
        ("100 million", None),
    ],
)
def test_english_units(english, usual):
    assert known_measure(english) == usual


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("万元", "亿元", 1e-4),
        ("亿元", "万元", 1e4),
        ("万人", "人", 1e4),
        ("亿美元", "万美元", 1e4),
        ("万美元", "万元", None),
        ("平方公里", "公顷", 100.0),
        ("千米", "公里", 1.0),
        ("‰", "%", 0.1),
        ("人", "件", None),
    ],
)
def test_conversion(given, wanted, factor):
    assert conversion(given, wanted) == factor


def test_arithmetic_of_measures():
    yuan, people = measure_of("亿元"), measure_of("万人")
    assert str(yuan.times(people, -1)) == "亿元/万人"
    assert str(yuan.times(yuan, -1)) == ""
    assert str(measure_of("%").times(yuan)) == "亿元"
    assert not yuan.agrees(people)
    assert yuan.agrees(Measure(exact=False))
    assert same_measure("100 million yuan", "亿元")


def made(written, read_as, source_of, study_of, text, variables=None, **fields):
    path = written(text)
    panel = {k: fields.pop(k) for k in ("codes", "exclude", "gaps", "years") if k in fields}
    if "panel_unit" in fields:
        panel["unit"] = fields.pop("panel_unit")
    fields = {"series": {"x": "x"}, "measures": {"x": "亿元"}, **fields}
    source = source_of("tidy", path, **fields)
    study = study_of(variables or {"x": {"series": "s.x"}}, {"s": source}, **{"years": (2015, 2016), **panel})
    return assemble(study, {"s": read_as("tidy", path, **fields)})


@pytest.fixture
def build(written, read_as, source_of, study_of):
    return lambda text, variables=None, **fields: made(written, read_as, source_of, study_of, text, variables, **fields)


TWO = "province,year,x\n{a},2015,1\n{a},2016,2\n{b},2015,3\n{b},2016,4\n"


def test_two_shanxi_stop_with_both_cells(build):
    with pytest.raises(PanelError) as caught:
        build(TWO.format(a="Shanxi", b="SHANXI "))
    fault = caught.value.faults[0]
    assert "line 2, column 3" in fault.what
    assert "line 4, column 3" in fault.what
    assert "Shaanxi (610000)" in fault.mend
    assert build(TWO.format(a="Shanxi", b="Shaanxi")).panel.units == ("140000", "610000")


def test_two_spellings_of_one_province(build):
    with pytest.raises(PanelError, match=r"'北京' .* and '北京市' .* are both Beijing 110000"):
        build(TWO.format(a="北京", b="北京市"))


def test_unmatched_names_are_listed_with_cell_and_nearest(build):
    with pytest.raises(PanelError) as caught:
        build(TWO.format(a="Zhejang", b="甲地"))
    assert [f.where for f in caught.value.faults] == ["f.csv, line 2, column 3", "f.csv, line 4, column 3"]
    assert "Zhejiang" in caught.value.faults[0].mend


def test_garbled_names_are_explained(build):
    wrong = "浙江省".encode().decode("gb18030", errors="ignore")
    garbled = "北京".encode().decode("latin-1")
    assert wrong
    with pytest.raises(PanelError, match="wrong encoding"):
        build(TWO.format(a=garbled, b="天津"))


def test_national_and_regional_rows_are_set_aside_with_counts(build):
    got = build(TWO.format(a="全国", b="北京"))
    assert got.panel.units == ("110000",)
    assert any("2 cells of the row '全国' set aside: the national total" in n for n in got.notes)


def test_ocr_slips_are_told(build):
    got = build(TWO.format(a="内蒙占", b="北京"))
    assert got.panel.units == ("110000", "150000")
    assert any("optical recognition" in n for n in got.notes)


def test_units_as_printed(build):
    got = build(TWO.format(a=" 大 连 ", b="New  York").replace("province", "city"), panel_unit="city", unit="city")
    assert got.panel.units == ("New York", "大连")


VINTAGES = "province,year,x,v\n北京,2015,1,2016\n北京,2016,2,{second}\n"


def test_vintages(build):
    mixed = VINTAGES.format(second=2017)
    with pytest.raises(PanelError, match=r"mixes vintages: 2016 \(1 cell\), 2017 \(1 cell\)"):
        build(mixed, vintage_column="v")
    assert build(mixed, vintage_column="v", vintages={"x": "first_print"}).panel.rows == 2
    spliced = build(mixed, vintage_column="v", vintages={"x": "declared_splice"})
    assert any("splices vintages, as declared" in n for n in spliced.notes)
    with pytest.raises(PanelError, match="is no first print"):
        build(VINTAGES.format(second=2019), vintage_column="v", vintages={"x": "first_print"})


def test_conversion_only_where_declared(build):
    text = TWO.format(a="北京", b="天津")
    got = build(text, {"x": {"series": "s.x", "measure": "万元"}})
    assert list(got.panel.column("x")) == [1e4, 2e4, 3e4, 4e4]
    assert any("converted from 亿元 to 万元" in n for n in got.notes)
    with pytest.raises(PanelError, match="is in 亿元, and there is no conversion to 人"):
        build(text, {"x": {"series": "s.x", "measure": "人"}})


def test_a_file_with_every_fault_tells_all(build):
    text = "province,year,x,v\nZhejang,2015,1,2015\n北京,2015,1,2016\n北京,2015,2,2017\n"
    with pytest.raises(PanelError) as caught:
        build(text, vintage_column="v")
    assert len(caught.value.faults) == 3


def test_sums_against_the_national_row(build):
    text = "province,year,x\n全国,2015,10\n全国,2016,20\n北京,2015,4\n北京,2016,8\n天津,2015,5.5\n天津,2016,12\n"
    got = build(text)
    assert any("add up to 95.00% to 100.00% of the national row of s.x (2 years)" in n for n in got.notes)
