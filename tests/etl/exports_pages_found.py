"""Pages with rows of other kinds: years above regions, names on two lines, indicators with their unit in a column, industries across."""

from __future__ import annotations

from exports import PROVINCES, Export, export, figure, made, separated
from handmade import workbook
from pages import spaced

from panelkit.facts.cities import cities

INDUSTRIES = ("农、林、牧、渔业", "采矿业", "制造业", "建筑业", "批发和零售业", "金融业")


def of_year(year, series=0):
    return {(p.code, year): figure(p.code, year, series) for p in PROVINCES}


@export
def years_of_the_nation_above_regions():
    names = ("企业单位数", "资产总计", "主营业务收入")
    head = [
        ["13-3  分地区规模以上工业企业主要指标"],
        ["单位：亿元"],
        ["年份 地区", *names],
        ["", "(个)", "", ""],
    ]
    nation = [[str(y), *(figure("cn", y, k) for k in range(3))] for y in (2000, 2005, *range(2010, 2015))]
    body = [[spaced(p.name_zh), *(figure(p.code, 2014, k) for k in range(3))] for p in PROVINCES]
    file = made("f.xlsx", workbook([*head, *nation, [None], *body]))
    return Export(file, {n: of_year(2014, k) for k, n in enumerate(names)}, fields={"year": 2014})


@export
def names_of_regions_on_two_lines():
    rows = [["各地区人口 (2019年)"], ["单位：万人"], ["地  区", "总人口", "城镇"], ["Region", "Total", "Urban"]]
    for p in PROVINCES:
        rows += [[spaced(p.name_zh), figure(p.code, 2019), figure(p.code, 2019, 1)], [p.name_en, None, None]]
    return Export(made("f.xlsx", workbook(rows)), {"总人口": of_year(2019), "城镇": of_year(2019, 1)})


@export
def text_parted_by_strokes():
    rows = [["13-3 分地区主要指标(2014年)"], ["单位:亿元"], ["地区", "企业单位数", "资产"], ["", "(个)", "总计"]]
    rows += [[p.name_zh, figure(p.code, 2014), figure(p.code, 2014, 1)] for p in PROVINCES]
    return Export(made("f.txt", separated(rows, "|")), {"企业单位数": of_year(2014), "资产总计": of_year(2014, 1)})


@export
def indicators_of_one_province_with_units_in_a_column():
    years = range(2015, 2019)
    rows = [
        ["2-1 浙江省国民经济主要指标"],
        ["指  标", "单位", *map(str, years)],
        ["Item", "Unit"],
        ["年末常住人口", "万人", *(figure("p", y) for y in years)],
        ["生产总值", "亿元", *(figure("g", y) for y in years)],
        ["  第一产业", "亿元", *(figure("a", y) for y in years)],
    ]
    figures = {n: {("330000", y): figure(k, y) for y in years} for n, k in (("年末常住人口", "p"), ("生产总值", "g"))}
    return Export(made("f.xlsx", workbook(rows)), figures, fields={"unit_name": "浙江"})


@export
def cities_with_their_districts_and_counties():
    own = [c for c in cities() if c.code.startswith("33")]
    rows = [
        ["各市县生产总值(2020年)"],
        ["单位：亿元"],
        ["市县", "生产总值", "人均生产总值(元)"],
        ["全省", 9, 9],
    ]
    for c in own:
        rows += [[c.name_zh_full, figure(c.code, 2020), figure(c.code, 2020, 1)], ["  市区", 1, 1]]
    figures = {(c.code, 2020): figure(c.code, 2020) for c in own}
    return Export(made("f.xlsx", workbook(rows)), {"生产总值": figures}, codes="gbt2260_city")


@export
def years_with_blanks_in_the_header():
    rows = [["各地区财政支出"], ["单位：亿元"], ["地区", " 2018 年 ", "2019 年", "2020年 "]]
    rows += [[p.name_zh, *(figure(p.code, y) for y in (2018, 2019, 2020))] for p in PROVINCES]
    figures = {k: v for y in (2018, 2019, 2020) for k, v in of_year(y).items()}
    return Export(made("f.xlsx", workbook(rows)), {"*": figures})


@export
def years_with_their_unit_in_the_header():
    rows = [["地区", *(f"{y}年(亿元)" for y in (2018, 2019, 2020))]]
    rows += [[p.name_zh, *(figure(p.code, y) for y in (2018, 2019, 2020))] for p in PROVINCES]
    figures = {k: v for y in (2018, 2019, 2020) for k, v in of_year(y).items()}
    return Export(made("f.csv", separated(rows).encode("gb18030")), {"*": figures})


def industries_page(*, parents=()):
    """A page of provinces and industries; parents: headings over the industries, a total at the end of each."""
    groups = parents or ("",)
    top = ["地 区", *(t for g in groups for t in (g, *[""] * len(INDUSTRIES)))]
    head = [["4-5  按行业分城镇单位就业人员和工资(2019年底)"], ["单位：万人"], *([top] if parents else [])]
    head.append(["" if parents else "地 区", *([*INDUSTRIES, "合计"] * len(groups))])

    def values(unit):
        for g in range(len(groups)):
            own = [figure(unit, 2019, 10 * g + k) for k in range(len(INDUSTRIES))]
            yield from (*own, round(sum(own), 2))

    return [*head, *([spaced(p.name_zh), *values(p.code)] for p in PROVINCES)]


@export
def residents_by_region_in_percent():
    rows = [["省份", "年份", "城镇化率"], *([p.name_zh, 2019, f"{30 + i}.25%"] for i, p in enumerate(PROVINCES))]
    figures = {(p.code, 2019): 30.25 + i for i, p in enumerate(PROVINCES)}
    return Export(made("f.csv", separated(rows)), {"城镇化率": figures}, measures={"城镇化率": "%"})
