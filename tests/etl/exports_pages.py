"""Pages of national, provincial and city yearbooks, in workbooks and in what stands in for them."""

from __future__ import annotations

import random

from exports import PROVINCES, Export, export, figure, made, truth
from handmade import workbook
from pages import spaced


def columns(count):
    """A row for each province, with the figures of 2019 of some series."""
    return [[p.name_zh, *(figure(p.code, 2019, k) for k in range(count))] for p in PROVINCES]


@export
def csy_grp():
    cols = ["地区生产总值", "第一产业", "第二产业", "#工业", "建筑业", "第三产业"]
    rows = [
        ["3-9  地区生产总值（2022年）"],
        ["3-9  Gross Regional Product (2022)"],
        ["单位：亿元", "", "", "", "", "", "(100 million yuan)"],
        ["地  区", "地区", "第一产业", "第二产业", "", "", "第三产业"],
        ["", "生产总值", "", "", "#工业", "建筑业", ""],
        [
            "Region",
            "Gross Regional\nProduct",
            "Primary\nIndustry",
            "Secondary\nIndustry",
            "Industry",
            "Construction",
            "Tertiary\nIndustry",
        ],
    ]
    rows += [
        ["  ".join(p.name_zh) if len(p.name_zh) == 2 else p.name_zh, *[figure(p.code, 2022, k) for k in range(6)]]
        for p in PROVINCES
    ]
    rows += [["注：本表绝对数按当年价格计算。"], ["a) Data in this table are calculated at current prices."]]
    t = {n: {(p.code, 2022): figure(p.code, 2022, k) for p in PROVINCES} for k, n in enumerate(cols)}
    t["第二产业#工业"] = t.pop("#工业")
    t["第二产业建筑业"] = t.pop("建筑业")
    return Export(made("C0309.xlsx", workbook(rows, ("D4:F4", "A4:A5"))), t)


@export
def csy_population_years():
    ys = range(2013, 2023)
    rows = [
        ["2-6  分地区年末人口"],
        ["2-6  Total Population at Year-end by Region"],
        ["单位：万人", "", "", "", "", "", "", "", "", "", "(10 000 persons)"],
        ["地  区    Region", *[float(y) for y in ys]],
        ["全  国    National Total", *[round(sum(figure(p.code, y) for p in PROVINCES), 2) for y in ys]],
        *[
            [
                "  ".join(p.name_zh) + "    " + p.name_en if len(p.name_zh) == 2 else p.name_zh + "  " + p.name_en,
                *[figure(p.code, y) for y in ys],
            ]
            for p in PROVINCES
        ],
        ["注：1.本表数据根据年度人口抽样调查推算。"],
        ["  2.全国总人口包括现役军人数，分地区数字中未包括。"],
    ]
    return Export(made("C0206.xlsx", workbook(rows)), {"*": truth(ys)})


@export
def csy_units_in_second_row():
    rows = [
        ["各地区普通高等学校情况（2021年）"],
        ["地  区", "学校数", "本专科在校学生数", "每十万人口平均在校生数", "生师比"],
        ["", "(所)", "(万人)", "(人)", "(教师人数=1)"],
        ["Region", "Number of HEIs", "Enrolment", "per 100 000", "Ratio"],
        *[[p.name_zh, *[figure(p.code, 2021, k) for k in range(4)]] for p in PROVINCES],
    ]
    return Export(
        made("edu.xlsx", workbook(rows)),
        {
            n: {(p.code, 2021): figure(p.code, 2021, k) for p in PROVINCES}
            for k, n in enumerate(["学校数", "本专科在校学生数", "每十万人口平均在校生数"])
        },
    )


@export
def csy_continued():
    first = ["总计", "国有", "集体"]
    second = ["股份合作", "联营"]

    def blk(cols, off):
        return [
            ["地 区", *cols],
            *[[p.name_zh, *[figure(p.code, 2020, off + i) for i in range(len(cols))]] for p in PROVINCES],
        ]

    rows = [
        ["4-3 各地区就业人员(2020年底)"],
        ["单位：万人"],
        *blk(first, 0),
        [""],
        ["4-3 续表 continued"],
        ["单位：万人"],
        *blk(second, 3),
    ]
    return Export(
        made("cont.xlsx", workbook(rows)),
        {n: {(p.code, 2020): figure(p.code, 2020, k) for p in PROVINCES} for k, n in enumerate(first + second)},
    )


@export
def csy_text_numbers_marks():
    rows = [
        ["各地区地方财政收入(2019年)"],
        ["单位：亿元"],
        ["地 区 Region", "地方一般公共预算收入", "税收收入"],
        ["东部地区", None, None],
        *[
            [
                p.name_zh + " " + p.name_en,
                f" {figure(p.code, 2019):,.2f}  " if i != 5 else "…",
                "—" if i == 3 else f"{figure(p.code, 2019, 1):,.2f}",
            ]
            for i, p in enumerate(PROVINCES)
        ],
    ]
    t = {(p.code, 2019): figure(p.code, 2019) if i != 5 else None for i, p in enumerate(PROVINCES)}
    t1 = {(p.code, 2019): figure(p.code, 2019, 1) if i != 3 else None for i, p in enumerate(PROVINCES)}
    return Export(made("text.xlsx", workbook(rows)), {"地方一般公共预算收入": t, "税收收入": t1})


@export
def page_year_parent():
    rows = [
        ["10-1 各地区外商投资"],
        ["地  区", "2019年", "", "2020年", ""],
        ["Region", "企业数(户)", "投资总额(亿美元)", "企业数(户)", "投资总额(亿美元)"],
        *[[p.name_zh, *[figure(p.code, y, k) for y in (2019, 2020) for k in (0, 1)]] for p in PROVINCES],
    ]
    return Export(
        made("fdi.xlsx", workbook(rows, ("B2:C2", "D2:E2"))),
        {
            n: {(p.code, y): figure(p.code, y, k) for p in PROVINCES for y in (2019, 2020)}
            for k, n in enumerate(["企业数", "投资总额"])
        },
    )


@export
def page_region_leading_rows():
    rows = [
        [None] * 6,
        [None, None, "表3  各省份数字经济指数（2015—2018年）"],
        [None] * 6,
        [None, None, "省份", 2015.0, 2016.0, 2017.0, 2018.0],
        *[[None, None, p.name_zh, *[figure(p.code, y) for y in range(2015, 2019)]] for p in PROVINCES],
    ]
    return Export(made("offset.xlsx", workbook(rows)), {"*": truth(range(2015, 2019))}, measures={"*": ""})


@export
def page_fullwidth_digits():
    def fw(s):
        return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else ("．" if c == "." else c) for c in s)

    rows = [
        ["各地区邮政业务(２０１８年)"],
        ["单位：万件"],
        ["地区", "快递量", "函件"],
        *[[p.name_zh, fw(str(figure(p.code, 2018))), figure(p.code, 2018, 1)] for p in PROVINCES],
    ]
    return Export(
        made("fw.xlsx", workbook(rows)),
        {
            "快递量": {(p.code, 2018): figure(p.code, 2018) for p in PROVINCES},
            "函件": {(p.code, 2018): figure(p.code, 2018, 1) for p in PROVINCES},
        },
    )


@export
def page_percent_growth_columns():
    rows = [
        ["各地区居民人均可支配收入"],
        ["地区 Region", "2019年\n(元)", "2020年\n(元)", "2020年比2019年增长(%)"],
        *[
            [p.name_zh, figure(p.code, 2019), figure(p.code, 2020), round(random.Random(p.code).uniform(1, 9), 1)]
            for p in PROVINCES
        ],
    ]
    return Export(
        made("growth.xlsx", workbook(rows)),
        {"*": {(p.code, y): figure(p.code, y) for p in PROVINCES for y in (2019, 2020)}},
        measures={"*": "元"},
    )


@export
def page_industries_in_columns():
    ind = ["农、林、牧、渔业", "采矿业", "制造业", "电力、热力、燃气及水生产和供应业", "建筑业", "批发和零售业"]
    rows = [
        ["4-5  按行业分城镇单位就业人员(2019年底)"],
        ["单位：万人"],
        ["地 区", "合计", *ind],
        ["Region", "Total", "Agriculture", "Mining", "Manufacturing", "Power", "Construction", "Wholesale"],
        ["全 国", *[9e6] * 7],
        *[
            [
                p.name_zh,
                round(sum(figure(p.code, 2019, k) for k in range(6)), 2),
                *[figure(p.code, 2019, k) for k in range(6)],
            ]
            for p in PROVINCES
        ],
    ]
    return Export(
        made("ind.xlsx", workbook(rows)),
        {n: {(p.code, 2019): figure(p.code, 2019, k) for p in PROVINCES} for k, n in enumerate(ind)},
    )


@export
def page_three_row_units_first():
    rows = [
        ["8-2 各地区工业企业主要指标(2019年)"],
        ["地区", "企业单位数", "资产", "", "营业收入"],
        ["", "(个)", "(亿元)", "", "(亿元)"],
        ["", "", "总计", "流动资产合计", ""],
        ["Region", "Number", "Total Assets", "Current Assets", "Revenue"],
        *columns(4),
    ]
    return Export(
        made("b1.xlsx", workbook(rows, ("C2:D2", "C3:D3"))),
        {
            "企业单位数": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES},
            "资产总计": {(q.code, 2019): figure(q.code, 2019, 1) for q in PROVINCES},
            "营业收入": {(q.code, 2019): figure(q.code, 2019, 3) for q in PROVINCES},
        },
    )


@export
def page_unit_line_last_col_mixed():
    rows = [
        ["3-1 各地区人口与生产总值", "", "", ""],
        ["(2019年)"],
        ["", "", "", "单位：万人、亿元"],
        ["地 区", "年末人口(万人)", "生产总值(亿元)", "人均(元)"],
        ["全 国", 1, 2, 3],
        *columns(3),
    ]
    return Export(
        made("b2.xlsx", workbook(rows)),
        {
            "年末人口": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES},
            "生产总值": {(q.code, 2019): figure(q.code, 2019, 1) for q in PROVINCES},
        },
    )


@export
def page_region_groups():
    g = [
        ("华  北", PROVINCES[:5]),
        ("东  北", PROVINCES[5:8]),
        ("华  东", PROVINCES[8:15]),
        ("中  南", PROVINCES[15:21]),
        ("西  南", PROVINCES[21:26]),
        ("西  北", PROVINCES[26:]),
    ]
    rows = [
        ["各地区邮电业务总量(2019年)"],
        ["单位：亿元"],
        ["地  区", "总量", "邮政"],
        ["全  国", 99999, 88888],
        ["  东部地区", 55, 44],
    ]
    for n, ps in g:
        rows.append([n, None, None])
        rows += [[spaced(q.name_zh), figure(q.code, 2019, 0), figure(q.code, 2019, 1)] for q in ps]
    return Export(
        made("b3.xlsx", workbook(rows)), {"总量": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES}}
    )


@export
def page_english_first():
    rows = [
        ["Table 5 Local Government Revenue by Region, 2019"],
        ["Unit: 100 million yuan"],
        ["Region", "地区", "Total 合计", "Taxes 税收"],
        ["National Total", "全国", 9, 9],
        *[[q.name_en, q.name_zh, figure(q.code, 2019, 0), figure(q.code, 2019, 1)] for q in PROVINCES],
    ]
    return Export(
        made("b4.xlsx", workbook(rows)), {"合计": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES}}
    )


@export
def page_no_title_year_in_sheet():
    rows = [["各地区专利申请数"], ["单位：件"], ["地区", "发明", "实用新型"], *columns(2)]
    return Export(
        made("专利2019.xlsx", workbook(rows)), {"发明": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES}}
    )
