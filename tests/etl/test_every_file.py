"""Every real file is read, or refused with a reason; pages of the S&T yearbook are held against the tidy tables made of them."""

import math

import pandas as pd
import pytest

from panelkit.core.errors import SourceError
from panelkit.core.registry import SOURCES
from panelkit.etl.look import look
from panelkit.facts.provinces import is_not_a_province, match

REFUSED = {
    "SOURCES.md": "cannot be read from '.md'",
    "energy_panel/missingness_report.csv": "no province column",
    "energy_panel/province_region_mapping.csv": "no province column, or none of years",
    "energy_panel/variable_dictionary.csv": "no province column",
    "province_panel_tfp/W_adj.csv": "no province column",
    "province_panel_tfp/W_econ.csv": "no province column",
    "suspect/gdp_national.csv": "no province column",
    "techme_yearbook/BasicProvince.rda": "none of years",
}


def test_every_file_is_read_or_refused_with_a_reason(china):
    read, refused, whole = {}, {}, {}
    for path in sorted(p for p in china.rglob("*") if p.is_file()):
        name = path.relative_to(china).as_posix()
        try:
            kind, seen = look(path)
        except SourceError as fault:
            refused[name] = str(fault)
            whole[name] = all(f.where and f.what and f.mend for f in fault.faults)
            continue
        assert seen.series, name
        assert seen.layout, name
        assert seen.encoding, name
        assert any(s.units_matched >= 31 for s in seen.series) or name.endswith(
            ("主要城市年度数据.xls", "nbs_export_new_csv/分省年度数据.csv")
        ), name
        assert not any("is no number" in o for o in seen.oddities), name
        read[name] = kind
    assert all(whole.values())
    assert {n for n in refused if n not in REFUSED} == set()
    for name, says in REFUSED.items():
        if name in refused:
            assert says in refused[name]
        else:
            assert name not in read, name
    if len(read) > 50:
        kinds = set(read.values())
        assert kinds >= {"nbs_csv", "nbs_excel", "tidy", "yearbook_page", "stacked_blocks"}
        assert all(kind == "yearbook_page" for name, kind in read.items() if "techme_yearbook/raw_" in name)


# ---------------------------------------------------------------- pages against tidy tables

PAGES = {
    "RDLaborHour": (
        "raw_rd_labor_hour/raw-{year}.xls",
        {"hj": "R&D人员全时当量", "yjry": "研究人员", "jcyj": "基础研究", "yyyj": "应用研究", "syfz": "试验发展"},
        {},
    ),
    "RDPatentAccept": (
        "raw_patent_accept/raw-{year}.xls",
        {"hj": "合计", "fm": "发明", "syxx": "实用新型", "wgsj": "外观设计"},
        {},
    ),
    "IndustryOperation": (
        "raw_hitech_operation/raw-{year}.xls",
        {"qys": "企业数", "zyyw": "主营业务收入 | 营业收入", "lrze": "利润 | 利润总额"},
        {"skip": {"2017": "the statistics bureau published none"}},
    ),
    "IndustryTrade": (
        "raw_hitech_trade-{year}.xls",
        {"ck": "出口贸易额", "jk": "进口贸易额", "jck": "进出口贸易总额"},
        {},
    ),
}

# ruff: noqa: E501  a table of findings
# table, years, series, cells that differ, widest difference (None: the tidy table has none), what explains it
FINDINGS = (
    ("RDLaborHour", (2010,), ("hj", "yjry", "jcyj", "yyyj", "syfz"), 148, 0.5, "the tidy table is rounded to whole numbers"),
    ("IndustryOperation", (2015, 2016), ("zyyw", "lrze"), 128, 0.5, "the tidy table has five decimals, the page none: another origin"),
    ("IndustryOperation", (2020,), ("zyyw", "lrze"), 64, 0.5, "the tidy table was made of the web page raw-2020-soshu.xls, which is rounded (see below); the page has five decimals"),
    ("IndustryOperation", (2021,), ("zyyw", "lrze"), 64, 0.5, "the tidy table is rounded to whole numbers, the page has five decimals"),
    ("IndustryTrade", (2018,), ("ck", "jk", "jck"), 3, None, "ERROR of the tidy table: Tibet is lost; its figures stand one row below its name"),
    ("RDPatentAccept", (2019,), ("wgsj",), 0, None, "ERROR of the tidy table: Jilin's row is left out where the page is blank; 31052-11269-17280=2503"),
)  # fmt: skip
# notes of the pages themselves
PAGE_FINDINGS = {
    "RDLaborHour": ("'jcyj' add up to 100.030% of the national row of 2010", "'yyyj' add up to 100.059% of the national row of 2022"),
    "RDPatentAccept": ("Jiangu", "'wgsj' add up to 99.638% of the national row of 2019"),
    "IndustryOperation": ("no page of 2017",),
    "IndustryTrade": ("西 藏 stand one row below its name", "contradict each other: 出口贸易额 / Imports"),
}  # fmt: skip


def code(name):
    found = match(name)
    return found.code if found else "000000" if is_not_a_province(name) == "the national total" else None


def both(china, read_as, table):
    """Page and tidy table side by side, by province, year and series."""
    path, series, fields = PAGES[table]
    path = china / "techme_yearbook" / path
    kind = SOURCES["yearbook_page"]
    got = kind.read(kind.spec(id="s", kind="yearbook_page", path=path.name, series=series, **fields), path)
    page = got.frame.assign(code=got.frame["unit"].map(code), alias=got.frame["series"].str[2:]).dropna(subset=["code"])
    from panelkit.etl.sources._rda import data_frames

    frame = data_frames((china / "techme_yearbook" / f"{table}.rda").read_bytes(), table)[0]
    tidy = pd.DataFrame(dict(zip(frame.names, frame.columns, strict=True)))
    tidy = tidy.assign(
        code=tidy["province"].map(code), alias=tidy["variables"].str.rsplit("_").str[-1], time=tidy["year"].astype(int)
    )
    keys = ["code", "alias", "time"]
    assert not page.duplicated(keys).any()
    assert not tidy.duplicated(keys).any()
    merged = page[[*keys, "value", "measure"]].merge(
        tidy[[*keys, "value", "units"]], on=keys, how="outer", suffixes=("_page", "_tidy"), indicator=True
    )
    return got, merged


@pytest.mark.parametrize("table", sorted(PAGES))
def test_pages_agree_with_the_tidy_tables_but_for_what_is_explained(china, read_as, table):
    got, merged = both(china, read_as, table)
    merged = merged[(merged["_merge"] != "right_only") | merged["time"].isin(got.frame["time"].unique())]
    pair = merged[merged["_merge"] == "both"]
    assert (pair["measure"] == pair["units"]).all()
    same = (pair["value_page"] == pair["value_tidy"]) | (pair["value_page"].isna() & pair["value_tidy"].isna())
    differ = pair[~same]
    alone = merged[merged["_merge"] != "both"]
    for name, years, series, count, widest, why in FINDINGS:
        if name != table:
            continue
        inside = differ["time"].isin(years) & differ["alias"].isin(series)
        assert inside.sum() == count, why
        apart = (differ[inside]["value_page"] - differ[inside]["value_tidy"]).abs()
        assert (apart <= widest + 1e-6).all() if widest else apart.isna().all(), why
        differ = differ[~inside]
        alone = alone[~(alone["time"].isin(years) & alone["alias"].isin(series))]
    assert differ.empty, differ
    assert alone.empty, alone
    said = "\n".join(got.notes)
    for finding in PAGE_FINDINGS[table]:
        assert finding in said


def test_what_the_tidy_tables_lost(china, read_as):
    _, trade = both(china, read_as, "IndustryTrade")
    tibet = trade[(trade["code"] == "540000") & (trade["time"] == 2018)].set_index("alias")
    assert dict(tibet["value_page"]) == {"ck": 3.0, "jk": 225.0, "jck": 228.0}
    assert tibet["value_tidy"].isna().all()
    _, patents = both(china, read_as, "RDPatentAccept")
    jilin = patents[(patents["code"] == "220000") & (patents["time"] == 2019)].set_index("alias")
    assert jilin.loc["wgsj", "_merge"] == "left_only"
    assert math.isnan(jilin.loc["wgsj", "value_page"])
    assert jilin.loc["hj", "value_page"] - jilin.loc["fm", "value_page"] - jilin.loc["syxx", "value_page"] == 2503


# ---------------------------------------------------------------- the other files of the same years

COPIES = {
    "raw-2010.xlsx": (2010, 0, 0, "the author's cut of the page, its units left out"),
    "raw-2020-soshu.xls": (2020, 64, 0, "a web page of an aggregator, rounded: the tidy table of 2020 is made of it"),
    "raw-2021.xlsx": (2021, 0, 64, "the page saved again"),
    "raw-2022.xlsx": (2022, 0, 0, "the page saved again"),
    "raw-2023.xlsx": (2023, 0, 0, "the page saved again"),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_the_pages_are_held_against_page_and_tidy_table(china, read_as, name):
    """Cells that differ from the .xls of the year, and from the tidy table; none is lost, none off by more than rounding."""
    year, from_page, from_tidy, why = COPIES[name]
    series = PAGES["IndustryOperation"][1]
    _, merged = both(china, read_as, "IndustryOperation")
    path = china / "techme_yearbook" / "raw_hitech_operation" / name
    measures = {} if year != 2010 else {"qys": "个", "zyyw": "亿元", "lrze": "亿元"}
    got = read_as("yearbook_page", path, series=series, year=year, measures=measures).frame
    copy = got.assign(code=got["unit"].map(code), alias=got["series"].str[2:]).dropna(subset=["code"])
    pair = copy[["code", "alias", "value"]].merge(merged[merged["time"] == year], on=["code", "alias"], how="outer")
    assert len(pair) == len(copy) == 96
    for other, count in (("value_page", from_page), ("value_tidy", from_tidy)):
        apart = (pair["value"] - pair[other]).abs()
        assert (apart > 0).sum() == count, why
        assert (apart <= 0.5).all(), why
