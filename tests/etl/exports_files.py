"""Exports in the formats of programs (Stata, Parquet, DuckDB), and those of several files under one path."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
from exports import COUNTRIES, DOWN, PROVINCES, YEARS, Export, export, figure, made, separated, several, truth
from handmade import workbook

LONG = [(p, y) for p in PROVINCES for y in YEARS]


def written(write, ending):
    """The bytes of what `write` puts at a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"f{ending}"
        write(path)
        return path.read_bytes()


def stata(frame, **options):
    return written(lambda p: frame.to_stata(p, write_index=False, **{"version": 118, **options}), ".dta")


def database(frame):
    import duckdb

    def write(path):
        with duckdb.connect(str(path)) as connection:
            connection.register("f", frame)
            connection.execute("CREATE TABLE macro AS SELECT * FROM f")

    return written(write, ".duckdb")


def of_provinces(unit, time, value):
    return pd.DataFrame([{**unit(p), **time(y), **value(p, y)} for p, y in LONG])


def gdp(p, y):
    return {"gdp": figure(p.code, y)}


@export
def penn_world_table():
    rows = [
        {"countrycode": c[:3].upper(), "country": c, "year": y, "rgdpe": figure(c, y)} for c in COUNTRIES for y in YEARS
    ]
    data = stata(pd.DataFrame(rows), variable_labels={"rgdpe": "Expenditure-side real GDP (in mil. 2017US$)"})
    figures = {(c, y): figure(c, y) for c in COUNTRIES for y in YEARS}
    return Export(made("pwt.dta", data), {"rgdpe": figures}, codes="as_printed", fields={"unit": "country"})


@export
def stata_provinces_as_labels():
    frame = pd.DataFrame([{"prov": i + 1, "year": y, **gdp(p, y)} for i, p in enumerate(PROVINCES) for y in YEARS])
    labels = {"prov": {i + 1: p.name_zh_full for i, p in enumerate(PROVINCES)}}
    data = stata(frame, value_labels=labels, variable_labels={"gdp": "地区生产总值(亿元)"})
    return Export(made("f.dta", data), {"gdp": truth(YEARS)})


@export
def stata_countries_as_labels():
    frame = pd.DataFrame(
        [{"cid": i + 1, "year": y, "gdp": figure(c, y)} for i, c in enumerate(COUNTRIES) for y in YEARS]
    )
    data = stata(frame, value_labels={"cid": {i + 1: c for i, c in enumerate(COUNTRIES)}})
    figures = {(c, y): figure(c, y) for c in COUNTRIES for y in YEARS}
    return Export(made("f.dta", data), {"gdp": figures}, codes="as_printed")


@export
def stata_12_in_chinese():
    frame = of_provinces(lambda p: {"prov": p.name_zh.encode("gb18030").decode("latin-1")}, lambda y: {"year": y}, gdp)
    return Export(made("f.dta", stata(frame, version=114)), {"gdp": truth(YEARS)})


@export
def stata_years_as_dates():
    frame = of_provinces(lambda p: {"prov": p.name_zh}, lambda y: {"year": pd.Timestamp(y, 1, 1)}, gdp)
    return Export(made("f.dta", stata(frame, convert_dates={"year": "ty"})), {"gdp": truth(YEARS)})


@export
def parquet_categories_and_dates():
    frame = of_provinces(lambda p: {"省份": p.name_zh}, lambda y: {"年份": pd.Timestamp(y, 1, 1)}, gdp)
    frame = frame.astype({"省份": "category"}).rename(columns={"gdp": "gdp（亿元）"})
    return Export(made("f.parquet", written(frame.to_parquet, ".parquet")), {"gdp（亿元）": truth(YEARS)})


@export
def parquet_keys_in_the_index():
    frame = of_provinces(lambda p: {"省份": p.name_zh}, lambda y: {"年份": y}, gdp).set_index(["省份", "年份"])
    return Export(made("f.parquet", written(frame.to_parquet, ".parquet")), {"gdp": truth(YEARS)})


@export
def parquet_decimals():
    frame = of_provinces(lambda p: {"province": p.name_zh}, lambda y: {"year": str(y)}, gdp)
    frame["gdp"] = [Decimal(str(v)) for v in frame["gdp"]]
    return Export(made("f.parquet", written(frame.to_parquet, ".parquet")), {"gdp": truth(YEARS)})


@export
def duckdb_series_in_columns():
    frame = of_provinces(lambda p: {"prov_name": p.name_zh}, lambda y: {"yr": y}, gdp)
    return Export(made("f.duckdb", database(frame)), {"gdp": truth(YEARS)})


@export
def duckdb_series_in_rows():
    rows = [
        {"prov_name": p.name_zh, "yr": y, "ind": n, "val": figure(p.code, y, k)}
        for p, y in LONG
        for k, n in enumerate(("gdp", "人口"))
    ]
    return Export(made("f.duckdb", database(pd.DataFrame(rows))), {"gdp": truth(YEARS)})


# ---------------------------------------------------------------- several files


@export
def a_file_for_each_year():
    names = ["省份", "GDP(亿元)", "人口(万人)"]
    files = {
        f"gdp-{y}.csv": separated([names, *([p.name_zh, figure(p.code, y), figure(p.code, y, 1)] for p in PROVINCES)])
        for y in YEARS
    }
    return Export(several(files, "gdp-{year}.csv"), {"GDP(亿元)": truth(YEARS), "人口(万人)": truth(YEARS, 1)})


@export
def parts_of_one_table():
    files = {}
    for i, years in enumerate((range(2013, 2017), range(2017, 2023))):
        frame = pd.DataFrame([{"province": p.name_zh, "year": y, **gdp(p, y)} for p in PROVINCES for y in years])
        files[f"part-{i}.parquet"] = written(frame.to_parquet, ".parquet")
    return Export(several(files, "part-*.parquet"), {"gdp": truth(YEARS)})


@export
def a_file_for_each_province_of_the_portal():
    def rows(p):
        head = [["数据库：分省年度数据 "], ["时间：2013年-2022年 "], ["指标", *(f"{y}年" for y in DOWN)]]
        return [*head, ["地区生产总值(亿元)", *(figure(p.code, y) for y in DOWN)]]

    files = {f"分省年度数据-{p.name_zh}.csv": separated(rows(p)) for p in PROVINCES}
    return Export(
        several(files, "分省年度数据-{unit}.csv"), {"地区生产总值(亿元)": truth(YEARS)}, fields={"unit_name": None}
    )


@export
def a_page_for_each_province_years_down():
    def rows(p):
        head = [[f"2-1 {p.name_zh}历年生产总值"], ["单位：亿元"], ["年份", "生产总值", "第一产业"]]
        return [*head, *([str(y), figure(p.code, y), figure(p.code, y, 1)] for y in YEARS)]

    files = {f"{p.name_zh}.xlsx": workbook(rows(p)) for p in PROVINCES}
    return Export(several(files, "{unit}.xlsx"), {"生产总值": truth(YEARS)}, fields={"unit_name": None})
