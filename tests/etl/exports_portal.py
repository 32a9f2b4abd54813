"""Exports of the portal of the statistics bureau, as downloaded and as saved again by pandas, Excel and WPS."""

from __future__ import annotations

from exports import DOWN, PROVINCES, YEARS, Export, export, figure, made, separated, truth
from handmade import workbook

from panelkit.facts.cities import match_city

CITIES = [
    "北京",
    "天津",
    "石家庄",
    "太原",
    "呼和浩特",
    "沈阳",
    "大连",
    "长春",
    "哈尔滨",
    "上海",
    "南京",
    "杭州",
    "宁波",
    "合肥",
    "福州",
    "厦门",
    "南昌",
    "济南",
    "青岛",
    "郑州",
    "武汉",
    "长沙",
    "广州",
    "深圳",
    "南宁",
    "海口",
    "重庆",
    "成都",
    "贵阳",
    "昆明",
    "拉萨",
    "西安",
    "兰州",
    "西宁",
    "银川",
    "乌鲁木齐",
]
CITY_CODES = {c: match_city(c) for c in CITIES}


@export
def portal_city_old():
    rows = [
        ["数据库：主要城市年度数据"],
        ["指标：地区生产总值(当年价格)(亿元)"],
        ["时间：最近10年"],
        ["地区", *[f"{y}年" for y in DOWN]],
        *[[c, *[figure(c, y) for y in DOWN]] for c in CITIES],
        ["注：2004年及以前..."],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("主要城市年度数据.csv", separated(rows).encode("gb18030")),
        {"地区生产总值(当年价格)(亿元)": {(CITY_CODES[c], y): figure(c, y) for c in CITIES for y in YEARS}},
        codes="gbt2260_city",
    )


@export
def portal_city_new():
    rows = [
        ["数据库：主要城市年度数据 "],
        ["时间：2013年-2022年 "],
        ["地区\t", *[f"{y}年\t" for y in DOWN], ""],
        *[[c + ("市") + "\t", *[f"{figure(c, y)}\t" for y in DOWN], ""] for c in CITIES],
    ]
    return Export(
        made("主要城市年度数据_1.csv", separated(rows, end="\r\n").encode("utf-8-sig")),
        {"*": {(CITY_CODES[c], y): figure(c, y) for c in CITIES for y in YEARS}},
        codes="gbt2260_city",
        measures={"*": "亿元"},
    )


@export
def portal_quarter_old():
    q = "一二三四"
    head = [f"{y}年第{q[i]}季度" for y in DOWN for i in (3, 2, 1, 0)]
    rows = [
        ["数据库：分省季度数据"],
        ["指标：地区生产总值_累计值(亿元)"],
        ["时间：最近18季度"],
        ["地区", *head],
        *[
            [
                p.name_zh_full,
                *[
                    round(figure(p.code, y) * (i + 1) / 4, 2) if i < 3 else figure(p.code, y)
                    for y in DOWN
                    for i in (3, 2, 1, 0)
                ],
            ]
            for p in PROVINCES
        ],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("分省季度数据.csv", separated(rows).encode("gb18030")), {"地区生产总值_累计值(亿元)": truth(YEARS)}
    )


@export
def portal_month_old():
    head = [f"{y}年{m}月" for y in DOWN for m in range(12, 0, -1)]
    rows = [
        ["数据库：分省月度数据"],
        ["指标：社会消费品零售总额_累计值(亿元)"],
        ["时间：最近13个月"],
        ["地区", *head],
        *[
            [
                p.name_zh_full,
                *[
                    "" if m == 1 else (round(figure(p.code, y) * m / 12, 2) if m < 12 else figure(p.code, y))
                    for y in DOWN
                    for m in range(12, 0, -1)
                ],
            ]
            for p in PROVINCES
        ],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("分省月度数据.csv", separated(rows).encode("gb18030")), {"社会消费品零售总额_累计值(亿元)": truth(YEARS)}
    )


@export
def portal_national_old():
    ind = ["国民总收入(亿元)", "国内生产总值(亿元)", "第一产业增加值(亿元)", "人均国内生产总值(元)"]
    rows = [
        ["数据库：年度数据"],
        ["时间：最近10年"],
        ["指标", *[f"{y}年" for y in DOWN]],
        *[[n, *[figure(n, y) for y in DOWN]] for n in ind],
        ["注：1.1980年以后国民总收入与国内生产总值的差额为国外净要素收入。"],
        ["2.三次产业分类依据国家统计局2018年修订的《三次产业划分规定》。"],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("年度数据.csv", separated(rows).encode("gb18030")),
        {n: {("全国", y): figure(n, y) for y in YEARS} for n in ind},
        codes="as_printed",
    )


@export
def portal_resaved_pandas_index():
    rows = [
        ["", "地区", *[f"{y}年" for y in DOWN]],
        *[[i, p.name_zh_full, *[figure(p.code, y) for y in DOWN]] for i, p in enumerate(PROVINCES)],
    ]
    return Export(made("resaved_index.csv", separated(rows)), {"*": truth(YEARS)}, measures={"*": "亿元"})


@export
def portal_resaved_T():
    rows = [
        ["地区", *[p.name_zh_full for p in PROVINCES]],
        *[[f"{y}年", *[figure(p.code, y) for p in PROVINCES]] for y in DOWN],
    ]
    return Export(made("resaved_T.csv", separated(rows)), {"*": truth(YEARS)}, measures={"*": "亿元"})


@export
def portal_resaved_excel_utf16():
    rows = [
        ["数据库：分省年度数据", *[""] * 10],
        ["指标：年末常住人口(万人)", *[""] * 10],
        ["时间：最近10年", *[""] * 10],
        ["地区", *[f"{y}年" for y in DOWN]],
        *[[p.name_zh_full, *[figure(p.code, y) for y in DOWN]] for p in PROVINCES],
        ["数据来源：国家统计局", *[""] * 10],
    ]
    return Export(
        made("excel_unicode.txt", separated(rows, "\t", end="\r\n").encode("utf-16")), {"年末常住人口": truth(YEARS)}
    )


@export
def portal_resaved_wps_semicolon():
    rows = [
        ["数据库：分省年度数据", *[""] * 10],
        ["指标：年末常住人口(万人)", *[""] * 10],
        ["时间：最近10年", *[""] * 10],
        ["地区", *[f"{y}年" for y in DOWN]],
        *[[p.name_zh_full, *[figure(p.code, y) for y in DOWN]] for p in PROVINCES],
        ["数据来源：国家统计局", *[""] * 10],
    ]
    return Export(made("wps.csv", separated(rows, ";", end="\r\n").encode("gb18030")), {"年末常住人口": truth(YEARS)})


@export
def portal_resaved_years_without_nian_thousands():
    rows = [
        ["地区", *YEARS],
        *[[p.name_zh, *[f"{figure(p.code, y):,.2f}" for y in YEARS]] for p in PROVINCES],
    ]
    return Export(
        made("years_plain.csv", separated(rows, end="\r\n").encode("utf-8-sig")),
        {"*": truth(YEARS)},
        measures={"*": "亿元"},
    )


@export
def portal_decimal_comma():
    rows = [
        ["地区", *YEARS],
        *[[p.name_zh, *[f"{figure(p.code, y):.2f}".replace(".", ",") for y in YEARS]] for p in PROVINCES],
    ]
    return Export(
        made("decimal_comma.csv", separated(rows, ";", end="\r\n").encode("utf-8-sig")),
        {"*": truth(YEARS)},
        measures={"*": "亿元"},
    )


@export
def portal_decimal_comma_3():
    def f(x):
        return round(x % 1000 + 0.001, 3)

    rows = [
        ["地区", *YEARS],
        *[[p.name_zh, *[f"{f(figure(p.code, y)):.3f}".replace(".", ",") for y in YEARS]] for p in PROVINCES],
    ]
    return Export(
        made("decimal_comma3.csv", separated(rows, ";", end="\r\n").encode("utf-8-sig")),
        {"*": truth(YEARS, 0, f)},
        measures={"*": "亿元"},
    )


@export
def portal_multi_indicator_region():
    ind = ["地区生产总值(亿元)", "年末常住人口(万人)"]
    rows = [
        ["指标", "地区", *[f"{y}年" for y in DOWN]],
        *[[n, p.name_zh_full, *[figure(p.code, y, k) for y in DOWN]] for k, n in enumerate(ind) for p in PROVINCES],
    ]
    return Export(
        made("multi.csv", separated(rows).encode("utf-8-sig")), {n[:6]: truth(YEARS, k) for k, n in enumerate(ind)}
    )


@export
def portal_year_over_indicator():
    ind = ["地区生产总值(亿元)", "年末常住人口(万人)"]
    rows = [
        ["地区", *[x for y in DOWN for x in (f"{y}年", "")]],
        ["", *[n for y in YEARS for n in ind]],
        *[[p.name_zh_full, *[figure(p.code, y, k) for y in DOWN for k in (0, 1)]] for p in PROVINCES],
    ]
    return Export(
        made("pivot.csv", separated(rows).encode("utf-8-sig")), {n[:6]: truth(YEARS, k) for k, n in enumerate(ind)}
    )


@export
def portal_excel_sci():
    rows = [
        ["数据库：分省年度数据"],
        ["指标：固定资产投资(不含农户)(亿元)"],
        ["时间：最近10年"],
        ["地区", *[f"{y}年" for y in DOWN]],
        *[[p.name_zh_full, *[f"{figure(p.code, y):E}" for y in DOWN]] for p in PROVINCES],
        ["数据来源：国家统计局"],
    ]
    return Export(made("sci.xlsx", workbook(rows)), {"固定资产投资": truth(YEARS, 0, lambda x: float(f"{x:E}"))})


@export
def portal_region_in_title_transposed():
    ind = ["地区生产总值 (亿元)", "第一产业增加值 (亿元)", "人均地区生产总值 (元/人)"]
    rows = [
        ["数据库：分省年度数据 "],
        ["地区：浙江省 "],
        ["时间：2013年-2022年 "],
        ["指标\t", *[f"{y}年\t" for y in DOWN], ""],
        *[[n + "\t", *[f"{figure(n, y)}\t" for y in DOWN], ""] for n in ind],
    ]
    return Export(
        made("zj.csv", separated(rows, end="\r\n").encode("utf-8-sig")),
        {n: {("330000", y): figure(n, y) for y in YEARS} for n in ind},
    )


@export
def portal_new_long_title_lines():
    rows = [
        ["数据库：分省年度数据 "],
        ["地区：全部"],
        ["指标：地区生产总值 (亿元)"],
        ["时间：2013年-2022年 "],
        ["地区\t", *[f"{y}年\t" for y in DOWN], ""],
        *[[q.name_zh_full + "\t", *[f"{figure(q.code, y)}\t" for y in DOWN], ""] for q in PROVINCES],
    ]
    return Export(made("b11.csv", separated(rows, end="\r\n").encode("utf-8-sig")), {"地区生产总值": truth(YEARS)})


@export
def portal_multi_ind_blocks():
    rows = [
        ["数据库：分省年度数据"],
        ["时间：2013年-2022年"],
        ["指标", "地区", *[f"{y}年" for y in DOWN]],
        *[
            [n if q is PROVINCES[0] else "", q.name_zh_full, *[figure(q.code, y, k) for y in DOWN]]
            for k, n in enumerate(["地区生产总值(亿元)", "年末人口(万人)"])
            for q in PROVINCES
        ],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("b12.csv", separated(rows).encode("utf-8-sig")),
        {"地区生产总值": truth(YEARS), "年末人口": truth(YEARS, 1)},
    )


@export
def portal_multi_region_first():
    rows = [
        ["地区", "指标", *[f"{y}年" for y in DOWN]],
        *[
            [q.name_zh_full, n, *[figure(q.code, y, k) for y in DOWN]]
            for q in PROVINCES
            for k, n in enumerate(["地区生产总值(亿元)", "年末人口(万人)"])
        ],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("b13.csv", separated(rows).encode("utf-8-sig")),
        {"地区生产总值": truth(YEARS), "年末人口": truth(YEARS, 1)},
    )


@export
def portal_national_monthly():
    head = [f"{y}年{m}月" for y in (2022, 2021) for m in range(12, 0, -1)]
    rows = [
        ["数据库：月度数据"],
        ["时间：LAST24"],
        ["指标", *head],
        ["居民消费价格指数(上年同月=100)", *[100 + i / 10 for i in range(24)]],
        ["数据来源：国家统计局"],
    ]
    return Export(
        made("b14.csv", separated(rows).encode("gb18030")),
        {"居民消费价格指数": {("全国", 2022): 100.0, ("全国", 2021): 101.2}},
        codes="as_printed",
    )
