"""Tables of databases and research files: of provinces, cities, countries, states and firms; other formats are in exports_files."""

from __future__ import annotations

from exports import COUNTRIES, PROVINCES, YEARS, Export, export, figure, made, separated, truth
from handmade import ods, packed, workbook, workbook_of

from panelkit.facts.cities import cities


@export
def sheets_per_year_tidy():
    sh = {
        f"{y}": [
            ["省份", "地区生产总值(亿元)", "常住人口(万人)"],
            *[[p.name_zh, figure(p.code, y, 0), figure(p.code, y, 1)] for p in PROVINCES],
        ]
        for y in range(2015, 2019)
    }
    return Export(
        made("sheets.xlsx", workbook_of(sh)),
        {n: truth(range(2015, 2019), k) for k, n in enumerate(["地区生产总值", "常住人口"])},
        fields={"sheet": "{year}"},
    )


@export
def csmar_three_headers():
    rows = [
        ["Prvncd", "Prvnnm", "Sgnyea", "Gdp0101", "Ppl0101"],
        ["省份代码", "省份名称", "统计年度", "地区生产总值", "年末人口"],
        ["没有单位", "没有单位", "没有单位", "亿元", "万人"],
        *[
            [p.code, p.name_zh_full, str(y), f"{figure(p.code, y)}", f"{figure(p.code, y, 1)}"]
            for p in PROVINCES
            for y in YEARS
        ],
    ]
    return Export(
        made("CRE_Gdp.xlsx", workbook(rows)), {"Gdp0101": truth(YEARS), "Ppl0101": truth(YEARS, 1)}, measures={}
    )


@export
def cnrds_two_headers():
    rows = [
        ["Prvn", "Year", "Gdp", "Pop"],
        ["省份", "年份", "地区生产总值(亿元)", "年末人口(万人)"],
        *[[p.name_zh_full, y, figure(p.code, y), figure(p.code, y, 1)] for p in PROVINCES for y in YEARS],
    ]
    return Export(
        made("cnrds.csv", separated(rows).encode("utf-8-sig")),
        {"Gdp": truth(YEARS), "Pop": truth(YEARS, 1)},
        measures={},
    )


@export
def units_in_second_row_tidy():
    rows = [
        ["province", "year", "gdp", "pop"],
        ["", "", "亿元", "万人"],
        *[[p.name_zh_full, y, figure(p.code, y), figure(p.code, y, 1)] for p in PROVINCES for y in YEARS],
    ]
    return Export(made("unitrow.csv", separated(rows)), {"gdp": truth(YEARS), "pop": truth(YEARS, 1)}, measures={})


@export
def csmar_firms():
    firms = ["000001", "000002", "000004", "600000", "600519", "300750"]
    rows = [
        ["Stkcd", "Accper", "Typrep", "A001000000", "B001100000"],
        ["证券代码", "统计截止日期", "报表类型编码", "资产总计", "营业总收入"],
        ["没有单位", "没有单位", "没有单位", "元", "元"],
        *[[s, f"{y}-12-31", "A", figure(s, y), figure(s, y, 1)] for s in firms for y in YEARS],
    ]
    return Export(
        made("FS_Combas.xlsx", workbook(rows)),
        {"A001000000": {(s, y): figure(s, y) for s in firms for y in YEARS}},
        codes="as_printed",
    )


@export
def wdi_csv():
    rows = [
        ["Data Source", "World Development Indicators", ""],
        [],
        ["Last Updated Date", "2024-06-28", ""],
        [],
        ["Country Name", "Country Code", "Indicator Name", "Indicator Code", *[str(y) for y in range(1960, 2024)], ""],
        *[
            [
                c,
                c[:3].upper(),
                "GDP (current US$)",
                "NY.GDP.MKTP.CD",
                *[figure(c, y) * 1e8 if y > 1970 else "" for y in range(1960, 2024)],
                "",
            ]
            for c in COUNTRIES
        ],
    ]
    q = "".join(",".join(f'"{x}"' for x in r) + "\r\n" for r in rows)
    return Export(
        made("API_NY.GDP.MKTP.CD_DS2_en_csv_v2.csv", q.encode("utf-8-sig")),
        {"*": {(c, y): figure(c, y) * 1e8 if y > 1970 else None for c in COUNTRIES for y in range(1960, 2024)}},
        codes="as_printed",
        measures={"*": "美元"},
    )


@export
def wb_databank():
    S = ["GDP (current US$)", "Population, total"]
    rows = [
        ["Country Name", "Country Code", "Series Name", "Series Code", *[f"{y} [YR{y}]" for y in YEARS]],
        *[
            [c, c[:3].upper(), s, f"S.{k}", *[".." if (c == "Chile" and y == 2015) else figure(c, y, k) for y in YEARS]]
            for c in COUNTRIES
            for k, s in enumerate(S)
        ],
        [],
        [],
        [],
        ["Data from database: World Development Indicators"],
        ["Last Updated: 06/28/2024"],
    ]
    return Export(
        made("Data_Extract.csv", separated(rows).encode("utf-8-sig")),
        {
            s: {(c, y): None if (c == "Chile" and y == 2015) else figure(c, y, k) for c in COUNTRIES for y in YEARS}
            for k, s in enumerate(S)
        },
        codes="as_printed",
        measures=dict.fromkeys(S, ""),
    )


@export
def bea_states():
    st = ["Alabama", "Alaska", "Arizona", "Wyoming *", "District of Columbia"]
    rows = [
        [
            "GeoFIPS",
            "GeoName",
            "Region",
            "TableName",
            "LineCode",
            "IndustryClassification",
            "Description",
            "Unit",
            *map(str, YEARS),
        ],
        *[
            [
                f"0{i}000",
                s,
                "5",
                "SAGDP1",
                "1",
                "...",
                d,
                "Millions of current dollars",
                *[figure(s, y, k) for y in YEARS],
            ]
            for i, s in enumerate(st)
            for k, d in enumerate(["Real GDP", "Chain-type"])
        ],
        ["Note: See the included footnote file."],
        ["CAGDP1: County and MSA gross domestic product (GDP) summary"],
        ["Last updated: March 29, 2024-- revised statistics."],
    ]
    return Export(
        made("SAGDP1.csv", separated(rows)),
        {d: {(s, y): figure(s, y, k) for s in st for y in YEARS} for k, d in enumerate(["Real GDP", "Chain-type"])},
        codes="as_printed",
        measures={"Real GDP": "", "Chain-type": ""},
        fields={"unit": "GeoName", "measure_column": ""},
    )


@export
def rds_file():
    return Export(
        made(
            "x.rda",
            packed(
                {
                    "province": [p.name_zh for p in PROVINCES for y in YEARS],
                    "year": [float(y) for p in PROVINCES for y in YEARS],
                    "gdp": [figure(p.code, y) for p in PROVINCES for y in YEARS],
                }
            ),
        ),
        {"gdp": truth(YEARS)},
    )


@export
def eps_wide():
    rows = [
        ["中国区域经济数据库"],
        ["地区", "指标", "单位", *[f"{y}年" for y in YEARS]],
        *[
            [p.name_zh_full, n, u, *[figure(p.code, y, k) for y in YEARS]]
            for p in PROVINCES
            for k, (n, u) in enumerate([("地区生产总值", "亿元"), ("年末常住人口", "万人")])
        ],
        ["数据来源：EPS数据平台"],
    ]
    return Export(
        made("eps.xlsx", workbook(rows)), {n: truth(YEARS, k) for k, n in enumerate(["地区生产总值", "年末常住人口"])}
    )


@export
def eps_long():
    rows = [
        ["地区", "时间", "地区生产总值（亿元）", "年末常住人口（万人）"],
        *[[p.name_zh_full, f"{y}年", figure(p.code, y), figure(p.code, y, 1)] for p in PROVINCES for y in YEARS],
        ["数据来源：EPS DATA", "", "", ""],
        ["下载时间：2024-05-01", "", "", ""],
    ]
    return Export(
        made("eps_long.csv", separated(rows).encode("gb18030")),
        {"地区生产总值（亿元）": truth(YEARS), "年末常住人口（万人）": truth(YEARS, 1)},
    )


@export
def wind_edb():
    rows = [
        ["指标名称", *[f"{p.name_zh}:GDP" for p in PROVINCES]],
        ["频率", *["年"] * 31],
        ["单位", *["亿元"] * 31],
        ["指标ID", *[f"M000{i}" for i in range(31)]],
        ["来源", *["国家统计局"] * 31],
        *[[f"{y}-12-31", *[figure(p.code, y) for p in PROVINCES]] for y in YEARS],
        ["数据来源：Wind"],
    ]
    return Export(made("wind.xlsx", workbook(rows)), {"GDP": truth(YEARS)})


@export
def wide_stems_multi():
    rows = [
        ["省份", *[f"gdp_{y}" for y in YEARS], *[f"pop_{y}" for y in YEARS]],
        *[[p.name_zh, *[figure(p.code, y) for y in YEARS], *[figure(p.code, y, 1) for y in YEARS]] for p in PROVINCES],
    ]
    return Export(
        made("stems.csv", separated(rows)),
        {"gdp": truth(YEARS), "pop": truth(YEARS, 1)},
        measures={"gdp": "亿元", "pop": "万人"},
    )


@export
def wide_cn_stems():
    rows = [
        ["省份", *[f"{y}年GDP(亿元)" for y in YEARS]],
        *[[p.name_zh, *[figure(p.code, y) for y in YEARS]] for p in PROVINCES],
    ]
    return Export(made("cnstems.xlsx", workbook(rows)), {"GDP(亿元)": truth(YEARS)})


@export
def tidy_fill_down_merged():
    rows = [["地区", "年份", "GDP(亿元)"]]
    mg = []
    r = 2
    for p in PROVINCES:
        for i, y in enumerate(YEARS):
            rows.append([p.name_zh if i == 0 else None, y, figure(p.code, y)])
        mg.append(f"A{r}:A{r + len(YEARS) - 1}")
        r += len(YEARS)
    return Export(made("merged.xlsx", workbook(rows, tuple(mg))), {"GDP": truth(YEARS)})


@export
def tidy_fill_down_csv():
    rows = [["地区", "年份", "GDP(亿元)"]]
    for p in PROVINCES:
        for i, y in enumerate(YEARS):
            rows.append([p.name_zh if i == 0 else None, y, figure(p.code, y)])
    return Export(made("filldown.csv", separated(rows)), {"GDP": truth(YEARS)})


@export
def excel_dates_header():
    rows = [
        ["省份", *[f"{y}-12-31" for y in YEARS]],
        *[[p.name_zh, *[figure(p.code, y) for y in YEARS]] for p in PROVINCES],
    ]
    return Export(made("dates.csv", separated(rows)), {"*": truth(YEARS)}, measures={"*": "亿元"})


@export
def gbk_tidy_trailing_cols():
    rows = [
        ["省份", "年份", "GDP", "", ""],
        *[[p.name_zh, y, figure(p.code, y), "", ""] for p in PROVINCES for y in YEARS],
        ["", "", "", "", ""],
    ]
    return Export(made("trail.csv", separated(rows, end="\r\n").encode("gbk")), {"GDP": truth(YEARS)})


@export
def nonbreaking_thousands():
    rows = [
        ["省份", "年份", "GDP"],
        *[[p.name_zh, y, f"{figure(p.code, y):,.2f}".replace(",", " ")] for p in PROVINCES for y in YEARS],
    ]
    return Export(made("nbsp.csv", separated(rows)), {"GDP": truth(YEARS)})


@export
def ods_tidy():
    return Export(
        made(
            "t.ods",
            ods(
                {
                    "表1": [
                        ["省份", "年份", "GDP(亿元)"],
                        *[[p.name_zh, y, figure(p.code, y)] for p in PROVINCES for y in YEARS],
                    ]
                }
            ),
        ),
        {"GDP": truth(YEARS)},
    )


@export
def csv_quoted_all_bom_crlf():
    rows = [
        ["省份", "年份", "地区生产总值(亿元)", "备注"],
        *[[p.name_zh, y, figure(p.code, y), "初步核算"] for p in PROVINCES for y in YEARS],
    ]
    return Export(
        made("q.csv", ("\r\n".join(",".join(f'"{c}"' for c in r) for r in rows) + "\r\n").encode("utf-8-sig")),
        {"地区生产总值": truth(YEARS)},
    )


@export
def tidy_city_names():
    cs = [c for c in cities() if c.code.startswith(("32", "33"))]
    rows = [["城市", "年份", "GDP(万元)"], *[[c.name_zh_full, y, figure(c.code, y)] for c in cs for y in YEARS]]
    return Export(
        made("city_tidy.csv", separated(rows)),
        {"GDP": {(c.code, y): figure(c.code, y) for c in cs for y in YEARS}},
        codes="gbt2260_city",
    )


@export
def tidy_prov_and_city():
    cs = [c for c in cities() if c.code.startswith(("32", "33"))]
    rows = [
        ["省份", "城市", "年份", "GDP(万元)"],
        *[["江苏" if c.code[:2] == "32" else "浙江", c.name_zh_full, y, figure(c.code, y)] for c in cs for y in YEARS],
    ]
    return Export(
        made("prov_city_tidy.csv", separated(rows)),
        {"GDP": {(c.code, y): figure(c.code, y) for c in cs for y in YEARS}},
        codes="gbt2260_city",
    )


@export
def tidy_year_cn_and_comma():
    rows = [
        ["省（自治区、直辖市）", "统计年度", "地区生产总值（当年价，亿元）", "常住人口（万人）"],
        *[
            [q.name_zh_full, f"{y}年度", f"{figure(q.code, y):,.2f}", figure(q.code, y, 1)]
            for q in PROVINCES
            for y in YEARS
        ],
    ]
    return Export(
        made("b15.xlsx", workbook(rows)),
        {"地区生产总值（当年价，亿元）": truth(YEARS), "常住人口（万人）": truth(YEARS, 1)},
    )


@export
def tidy_double_code_cols():
    rows = [
        ["id", "code", "province", "year", "lngdp", "gdp"],
        *[[i + 1, q.code, q.name_en, y, 0.5, figure(q.code, y)] for i, q in enumerate(PROVINCES) for y in YEARS],
    ]
    return Export(made("b16.csv", separated(rows)), {"gdp": truth(YEARS)})


@export
def us_states_tidy():
    st = ["Alabama", "New York", "Texas", "Georgia", "Ohio"]
    rows = [["state", "year", "unemp"], *[[s, y, figure(s, y)] for s in st for y in YEARS]]
    return Export(
        made("b19.csv", separated(rows)),
        {"unemp": {(s, y): figure(s, y) for s in st for y in YEARS}},
        codes="as_printed",
        measures={"unemp": "%"},
    )


@export
def wide_imf_weo():
    cs = ["Argentina", "Brazil", "China", "Germany"]
    rows = [
        [
            "WEO Country Code",
            "ISO",
            "WEO Subject Code",
            "Country",
            "Subject Descriptor",
            "Units",
            "Scale",
            "Country/Series-specific Notes",
            *map(str, YEARS),
            "Estimates Start After",
        ],
        *[
            [
                str(200 + i),
                c[:3].upper(),
                "NGDPD",
                c,
                "GDP, current prices",
                "U.S. dollars",
                "Billions",
                "See notes",
                *[f"{figure(c, y):,.3f}" for y in YEARS],
                "2021",
            ]
            for i, c in enumerate(cs)
        ],
        ["International Monetary Fund, World Economic Outlook Database, April 2023"],
    ]
    return Export(
        made("WEO.xls", separated(rows, "\t").encode("utf-16")),
        {"*": {(c, y): round(figure(c, y), 3) for c in cs for y in YEARS}},
        codes="as_printed",
    )


@export
def tidy_semicolon_dec_comma_missing():
    rows = [
        ["province", "year", "x"],
        *[
            [q.name_en, y, "" if y == 2015 else str(figure(q.code, y)).replace(".", ",")]
            for q in PROVINCES
            for y in YEARS
        ],
    ]
    return Export(
        made("b27.csv", separated(rows, ";")),
        {"x": {(q.code, y): None if y == 2015 else figure(q.code, y) for q in PROVINCES for y in YEARS}},
    )


@export
def wide_R_names():
    rows = [
        ["", "province", *[f"X{y}" for y in YEARS]],
        *[[i + 1, q.name_en, *[figure(q.code, y) for y in YEARS]] for i, q in enumerate(PROVINCES)],
    ]
    return Export(made("b32.csv", separated(rows)), {"X": truth(YEARS)}, measures={"X": "亿元"})


@export
def wide_trailing_avg():
    rows = [
        ["地区", *[f"{y}年" for y in YEARS], "年均增长(%)"],
        *[[q.name_zh, *[figure(q.code, y) for y in YEARS], 3.5] for q in PROVINCES],
    ]
    return Export(made("b33.xlsx", workbook(rows)), {"*": truth(YEARS)}, measures={"*": "亿元"})
