"""Exports of the portal that were opened and saved again, by command line: the block that inspect prints goes into a study and builds."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from panelkit.facts.provinces import provinces

Cli = Any
YEARS = range(2015, 2020)
NAME = "地区生产总值(亿元)"
STUDY = """
schema = 1
[study]
id = "resaved"
title = "Saved again"
seed = 1
[panel]
unit = "province"
codes = "gbt2260"
years = [2015, 2019]
gaps = "refuse"
{block}
[variables.gdp]
series = "raw.{alias}"
label = {{ en = "GDP", zh = "地区生产总值" }}
"""


def figure(place: int, year: int) -> float:
    return round(1000.0 * (place + 1) * 1.06 ** (year - 2015) + place, 2)


def rows() -> list[list[str]]:
    head = [["数据库：分省年度数据"], [f"指标：{NAME}"], ["时间：最近5年"]]
    years = list(reversed(YEARS))
    body = [[p.name_zh_full, *(str(figure(i, y)) for y in years)] for i, p in enumerate(provinces())]
    return [*head, ["地区", *(f"{y}年" for y in years)], *body, ["数据来源：国家统计局"]]


def text(given: list[list[str]], mark: str = ",", end: str = "\r\n", width: int = 0) -> str:
    return "".join(mark.join([*row, *[""] * (width - len(row))]) + end for row in given)


def by_pandas_as_read(path: Path) -> None:
    """read_csv(skiprows = 3) and to_csv, row numbers and all."""
    original = path.with_name("original.csv")
    original.write_bytes(text(rows()).encode("gb18030"))
    pd.read_csv(original, skiprows=3, skipfooter=1, encoding="gb18030", engine="python").to_csv(path)
    original.unlink()


def by_pandas_turned(path: Path) -> None:
    """Years in rows, provinces across."""
    by_pandas_as_read(path)
    pd.read_csv(path, index_col=1).drop(columns="Unnamed: 0").T.to_csv(path)


def by_pandas_melted(path: Path) -> None:
    """One row for each province and year."""
    by_pandas_as_read(path)
    pd.read_csv(path).drop(columns="Unnamed: 0").melt("地区").to_csv(path, index=False, encoding="utf-8-sig")


def by_excel(path: Path) -> None:
    """CSV UTF-8: a byte-order mark, and every line as wide as the widest."""
    path.write_bytes(text(rows(), width=6).encode("utf-8-sig"))


def by_excel_as_unicode_text(path: Path) -> None:
    """UTF-16 with tabs under the name of a text."""
    path.write_bytes(text(rows(), "\t", width=6).encode("utf-16"))


def by_excel_in_europe(path: Path) -> None:
    """Semicolons and decimal commas."""
    given = [[c.replace(".", ",") if c[:1].isdigit() and "年" not in c else c for c in row] for row in rows()]
    path.write_bytes(text(given, ";", width=6).encode("utf-8-sig"))


def by_wps(path: Path) -> None:
    """GB18030, separators of thousands where a format showed them."""
    given = [[f'"{float(c):,.2f}"' if c[:1].isdigit() and "年" not in c else c for c in row] for row in rows()]
    path.write_bytes(text(given, width=6).encode("gb18030"))


WAYS = {
    "pandas": (by_pandas_as_read, "saved.csv"),
    "pandas, turned": (by_pandas_turned, "saved.csv"),
    "pandas, melted": (by_pandas_melted, "saved.csv"),
    "Excel": (by_excel, "saved.csv"),
    "Excel, Unicode text": (by_excel_as_unicode_text, "saved.txt"),
    "Excel, with decimal commas": (by_excel_in_europe, "saved.csv"),
    "WPS": (by_wps, "saved.csv"),
}


SLOW = ("pandas, turned", "Excel, Unicode text", "pandas")


@pytest.mark.parametrize("way", [pytest.param(w, marks=pytest.mark.slow) if w in SLOW else w for w in WAYS])
def test_what_inspect_prints_builds_the_same_panel(way: str, tmp_path: Path, cli: Cli) -> None:
    save, name = WAYS[way]
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    save(raw / name)
    told = cli("inspect", f"data/raw/{name}", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    block = told.stdout.split("in a study\n")[1]
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    alias = next(line for line in lines if line.startswith("series = ")).split("{ ")[1].split(" ")[0]
    filled = "\n".join(lines).replace("NAME", "raw").replace("data/raw/PUBLISHER", "data/raw")
    filled = filled.replace("YEAR", "2020").replace('"?"', '"亿元"')
    (tmp_path / "study.toml").write_text(STUDY.format(block=filled, alias=alias), "utf-8")
    done = cli("build", "study.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "data" / "processed" / "resaved" / "panel.csv").open(encoding="utf-8-sig", newline="") as file:
        got = {(r["province"], int(r["year"])): float(r["gdp"]) for r in csv.DictReader(file)}
    assert got == pytest.approx({(p.code, y): figure(i, y) for i, p in enumerate(provinces()) for y in YEARS})


def test_a_wrong_unit_is_refused_and_a_file_cut_off_is_said_to_be(tmp_path: Path, cli: Cli) -> None:
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    by_excel(raw / "saved.csv")
    block = f'[sources.raw]\nkind = "nbs_csv"\npath = "data/raw/saved.csv"\nseries = {{ x = "{NAME}" }}\n'
    study = STUDY.format(block=block + 'measures = { x = "万元" }\n', alias="x")
    (tmp_path / "study.toml").write_text(study, "utf-8")
    refused = cli("build", "study.toml", cwd=tmp_path)
    assert refused.returncode == 2
    assert "'x' is declared in 万元 but the file prints 亿元" in refused.stderr
    lines = text(rows(), width=6).split("\r\n")
    (raw / "saved.csv").write_bytes("\r\n".join(lines[:20])[:-3].encode("utf-8-sig"))
    (tmp_path / "study.toml").write_text(study.replace("万元", "亿元"), "utf-8")
    cut = cli("build", "study.toml", cwd=tmp_path)
    assert "the last line has no line end: the file may have been cut off" in cut.stdout
