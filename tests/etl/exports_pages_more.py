"""Pages of provincial and city yearbooks, with years in rows, and in files that stand in for workbooks; usual ones are in exports_pages."""

from __future__ import annotations

from exports import PROVINCES, YEARS, Export, export, figure, made, separated, truth
from handmade import locked, ods, web_archive, workbook, workbook_of
from pages import html

from panelkit.facts.cities import cities


def columns(count):
    """A row for each province, with the figures of 2019 of some series."""
    return [[p.name_zh, *(figure(p.code, 2019, k) for k in range(count))] for p in PROVINCES]


@export
def prov_yearbook_cities():
    zj = [c for c in cities() if c.code.startswith("33")]
    rows = [
        ["2-9  各市生产总值 (2021年)"],
        ["单位：亿元"],
        ["市  别", "生产总值(亿元)", "第一产业", "第二产业", "第三产业", "人均生产总值(元)"],
        ["全  省", *[999999] * 5],
        *[[c.name_zh_full, *[figure(c.code, 2021, k) for k in range(5)]] for c in zj],
        ["注：本表按当年价格计算。"],
    ]
    return Export(
        made("zj_cities.xlsx", workbook(rows)),
        {
            n: {(c.code, 2021): figure(c.code, 2021, k) for c in zj}
            for k, n in enumerate(["生产总值", "第一产业", "第二产业", "第三产业", "人均生产总值"])
        },
        codes="gbt2260_city",
    )


@export
def city_yearbook():
    rows = [
        ["2-14  地区生产总值"],
        ["单位:万元"],
        ["城 市", "地区生产总值", "", "第一产业增加值", ""],
        ["City", "全市", "市辖区", "全市", "市辖区"],
        ["", "Total City", "Districts under City", "Total City", "Districts under City"],
    ]
    t = {"地区生产总值全市": {}, "地区生产总值市辖区": {}}
    for p in PROVINCES[2:6]:
        rows.append([p.name_zh_full, *[123456.0] * 4])
        for c in cities():
            if c.province_code == p.code:
                rows.append([c.name_zh_full, *[figure(c.code, 2019, k) for k in range(4)]])
                t["地区生产总值全市"][c.code, 2019] = figure(c.code, 2019, 0)
                t["地区生产总值市辖区"][c.code, 2019] = figure(c.code, 2019, 1)
    return Export(
        made("cityyb_2019.xlsx", workbook(rows, ("B3:C3", "D3:E3"))), t, codes="gbt2260_city", fields={"year": 2019}
    )


@export
def national_years_down():
    ys = list(range(2000, 2021))
    rows = [
        ["3-1  国内生产总值"],
        ["3-1  Gross Domestic Product"],
        ["本表按当年价格计算。"],
        ["", "", "", "", "", "", "单位：亿元"],
        ["年  份", "国民\n总收入", "国内\n生产总值", "第一产业", "第二产业", "第三产业", "人均国内\n生产总值\n(元)"],
        [
            "Year",
            "Gross National Income",
            "Gross Domestic Product",
            "Primary",
            "Secondary",
            "Tertiary",
            "Per Capita GDP (yuan)",
        ],
        *[[str(y), *[figure("cn", y, k) for k in range(6)]] for y in ys],
        ["注：1980年以后..."],
    ]
    return Export(
        made("C0301.xlsx", workbook(rows)),
        {
            n: {("全国", y): figure("cn", y, k) for y in ys}
            for k, n in enumerate(
                ["国民总收入", "国内生产总值", "第一产业", "第二产业", "第三产业", "人均国内生产总值"]
            )
        },
        codes="as_printed",
        fields={"unit_name": "全国"},
    )


@export
def prov_years_down():
    ys = list(range(2000, 2021))
    rows = [
        ["2-3 浙江省主要年份生产总值"],
        ["单位：亿元"],
        ["年份", "生产总值", "第一产业", "第二产业"],
        *[[f"{y}年", *[figure("zj", y, k) for k in range(3)]] for y in ys],
    ]
    return Export(
        made("zjyears.xlsx", workbook(rows)),
        {
            n: {("330000", y): figure("zj", y, k) for y in ys}
            for k, n in enumerate(["生产总值", "第一产业", "第二产业"])
        },
        fields={"unit_name": "浙江"},
    )


@export
def ods_page():
    rows = [
        ["10-1 各地区外商投资"],
        ["地  区", "2019年", "", "2020年", ""],
        ["Region", "企业数(户)", "投资总额(亿美元)", "企业数(户)", "投资总额(亿美元)"],
        *[[p.name_zh, *[figure(p.code, y, k) for y in (2019, 2020) for k in (0, 1)]] for p in PROVINCES],
    ]
    return Export(
        made("page.ods", ods({"10-1": rows}, {(1, 1): (1, 2), (1, 3): (1, 2)})),
        {
            n: {(p.code, y): figure(p.code, y, k) for p in PROVINCES for y in (2019, 2020)}
            for k, n in enumerate(["企业数", "投资总额"])
        },
    )


@export
def mht_page():
    rows = [
        ["各地区客运量 (2020年)"],
        ["单位：万人"],
        ["地 区", "客运量", "铁路"],
        *[[p.name_zh, figure(p.code, 2020), figure(p.code, 2020, 1)] for p in PROVINCES],
    ]
    data = web_archive({"book.htm": html(rows).decode()})
    return Export(
        made("page.xls", data),
        {
            "客运量": {(p.code, 2020): figure(p.code, 2020) for p in PROVINCES},
            "铁路": {(p.code, 2020): figure(p.code, 2020, 1) for p in PROVINCES},
        },
    )


@export
def sheet_per_unit():
    p = made(
        "perunit.xlsx",
        workbook_of(
            {
                q.name_zh: [
                    ["历年生产总值"],
                    ["单位：亿元"],
                    ["年份", "生产总值", "第一产业"],
                    *[[str(y), figure(q.code, y), figure(q.code, y, 1)] for y in YEARS],
                ]
                for q in PROVINCES
            }
        ),
    )
    return Export(p, {"生产总值": truth(YEARS)}, fields={"unit_name": "", "sheet": "{unit}"})


@export
def page_duplicate_subheads():
    rows = [
        ["各地区居民收支(2019年)"],
        ["单位：元"],
        ["地区", "城镇", "", "农村", ""],
        ["", "收入", "支出", "收入", "支出"],
        *columns(4),
    ]
    return Export(
        made("b6.xlsx", workbook(rows)),
        {
            "城镇收入": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES},
            "农村支出": {(q.code, 2019): figure(q.code, 2019, 3) for q in PROVINCES},
        },
    )


@export
def page_duplicate_subheads_csv():
    rows = [
        ["各地区居民收支(2019年)"],
        ["单位：元"],
        ["地区", "城镇", "", "农村", ""],
        ["", "收入", "支出", "收入", "支出"],
        *columns(4),
    ]
    return Export(
        made("b6.csv", separated(rows).encode("gb18030")),
        {
            "城镇收入": {(q.code, 2019): figure(q.code, 2019, 0) for q in PROVINCES},
            "农村支出": {(q.code, 2019): figure(q.code, 2019, 3) for q in PROVINCES},
        },
    )


@export
def page_index_percent():
    rows = [
        ["各地区居民消费价格指数(上年=100)"],
        ["地  区", *[f"{y}" for y in YEARS]],
        ["全国", *[100] * 10],
        *[[q.name_zh, *[round(100 + figure(q.code, y) % 5, 1) for y in YEARS]] for q in PROVINCES],
    ]
    return Export(
        made("b7.xlsx", workbook(rows)),
        {"*": {(q.code, y): round(100 + figure(q.code, y) % 5, 1) for q in PROVINCES for y in YEARS}},
        measures={"*": "上年=100"},
    )


@export
def page_footnote_marks_in_names():
    rows = [
        ["各地区产值(2019年)"],
        ["单位：亿元"],
        ["地  区", "产值", "增加值"],
        *[
            [
                q.name_zh + ("①" if i == 2 else " a)" if i == 5 else "[1]" if i == 8 else "*" if i == 9 else ""),
                figure(q.code, 2019),
                figure(q.code, 2019, 1),
            ]
            for i, q in enumerate(PROVINCES)
        ],
        ["① 不含某某。"],
        ["a) 数据为初步数。"],
        ["* excluding"],
    ]
    return Export(made("b8.xlsx", workbook(rows)), {"产值": {(q.code, 2019): figure(q.code, 2019) for q in PROVINCES}})


@export
def html_table_xls():
    h = (
        "<html><head><meta charset=utf-8></head><body><table>"
        "<tr><td colspan=3>各地区财政收入(2019年)</td></tr><tr><td>单位：亿元</td></tr><tr><td>地区</td><td>收入</td><td>支出</td></tr>"
        + "".join(
            f"<tr><td>{q.name_zh}</td><td>{figure(q.code, 2019)}</td><td>{figure(q.code, 2019, 1)}</td></tr>"
            for q in PROVINCES
        )
        + "</table></body></html>"
    )
    return Export(made("b22.html", h), {"收入": {(q.code, 2019): figure(q.code, 2019) for q in PROVINCES}})


@export
def encrypted_page():
    rows = [["各地区财政收入(2019年)"], ["单位：亿元"], ["地 区", "收入", "支出"], *columns(2)]
    return Export(
        made("b23.xls", locked(workbook(rows))), {"收入": {(q.code, 2019): figure(q.code, 2019) for q in PROVINCES}}
    )


@export
def page_two_years_two_units():
    rows = [
        ["各地区保险业务"],
        ["地区", "保费收入（亿元）", "", "赔付支出（亿元）", ""],
        ["", "2018", "2019", "2018", "2019"],
        *[[q.name_zh, *[figure(q.code, y, k) for k in (0, 1) for y in (2018, 2019)]] for q in PROVINCES],
    ]
    return Export(
        made("b24.xlsx", workbook(rows, ("B2:C2", "D2:E2"))),
        {
            "保费收入": {(q.code, y): figure(q.code, y) for q in PROVINCES for y in (2018, 2019)},
            "赔付支出": {(q.code, y): figure(q.code, y, 1) for q in PROVINCES for y in (2018, 2019)},
        },
    )


@export
def page_with_rank():
    rows = [
        ["各地区人均GDP(2019年)"],
        ["地区", "人均GDP(元)", "位次"],
        *[[q.name_zh, figure(q.code, 2019), i + 1] for i, q in enumerate(PROVINCES)],
    ]
    return Export(
        made("b26.xlsx", workbook(rows)), {"人均GDP": {(q.code, 2019): figure(q.code, 2019) for q in PROVINCES}}
    )


@export
def city_stat_yearbook_tidy():
    cs = [c for c in cities() if c.code.startswith(("13", "14"))]
    rows = [
        ["2-5 综合经济"],
        ["", "", "单位：万元"],
        ["城市", "地区生产总值", "第一产业"],
        ["河北省", 1, 2],
        *[[c.name_zh_full, figure(c.code, 2019), figure(c.code, 2019, 1)] for c in cs],
    ]
    return Export(
        made("cs2019.xlsx", workbook(rows)),
        {"地区生产总值": {(c.code, 2019): figure(c.code, 2019) for c in cs}},
        codes="gbt2260_city",
    )


@export
def county_page():
    cty = ["余杭区", "萧山区", "桐庐县", "淳安县", "建德市", "富阳区"]
    rows = [
        ["2-8 各区、县(市)主要指标 (2019年)"],
        ["县(市、区)", "生产总值(亿元)", "人口(万人)"],
        ["全市", 9, 9],
        *[[c, figure(c, 2019), figure(c, 2019, 1)] for c in cty],
    ]
    return Export(
        made("b30.xlsx", workbook(rows)),
        {"生产总值": {(c, 2019): figure(c, 2019) for c in cty} | {("全市", 2019): 9}},
        codes="as_printed",
    )
