"""A user with output at 2015 prices, output at 2020 prices and a deflator: refused, told how to mend, moved, explained, traced, printed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from panelkit.facts.provinces import provinces

YEARS = range(2012, 2023)
HEAD = """schema = 1
[study]
id = "prices"
title = "Base years"
seed = 1
[panel]
years = [2014, 2021]
[sources.s]
kind = "tidy"
path = "figures.csv"
unit = "province"
time = "year"
series = { nominal = "gdp", real = "gdp_2015", industry = "industry_2020", index = "deflator" }
measures = { nominal = "亿元", real = "亿元", industry = "亿元", index = "" }
prices = { real = "real", industry = "real" }
base_years = { real = 2015, industry = 2020 }
"""
SHARE = '[variables.share]\nexpression = "s.industry / s.real"\n'
MOVED = """[variables.real_2020]
derive = "deflate"
with = { amount = "s.real", index = "s.index", base = 2020, by = "rebase", was = 2015 }
label = { en = "Output at 2020 prices", zh = "2020年价地区生产总值" }
[variables.direct]
derive = "deflate"
with = { amount = "s.nominal", index = "s.index", base = 2020 }
[variables.share]
expression = "s.industry / real_2020"
[variables.price_level]
expression = "s.nominal / s.real"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """31 provinces whose real output is the nominal one over the chained deflator, 2015 = 1."""
    draws = np.random.default_rng(5)
    rows = [["province", "year", "gdp", "gdp_2015", "industry_2020", "deflator"]]
    for place in provinces():
        links = dict(zip(YEARS, draws.uniform(98, 106, len(YEARS)), strict=True))
        level, of = 1.0, {}
        for year in YEARS:
            level *= links[year] / 100
            of[year] = level
        for year in YEARS:
            gdp = float(draws.uniform(3000, 9000))
            real = gdp / (of[year] / of[2015])
            rows.append([place.name_zh, year, gdp, real, 0.3 * gdp / (of[year] / of[2020]), links[year]])
    with (tmp_path / "figures.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return tmp_path


def said(cli: Any, folder: Path, text: str, *words: str) -> Any:
    (folder / "study.toml").write_text(HEAD + text, encoding="utf-8")
    command, *rest = words
    return cli(command, folder / "study.toml", *rest, "--root", folder)


def test_two_base_years_are_refused_moved_explained_and_traced(cli: Any, folder: Path) -> None:
    refused = said(cli, folder, SHARE, "build", "--output", str(folder / "out"))
    assert refused.returncode == 2
    assert "prices of 2015 and of 2020" in refused.stderr
    assert 'by = "rebase", was = 2015, base = 2020' in refused.stderr

    built = said(cli, folder, MOVED, "build", "--output", str(folder / "out"))
    assert built.returncode == 0, built.stderr
    assert "moved from prices of 2015 to prices of 2020" in built.stdout
    assert "sets nominal against real money" in " ".join(built.stdout.split())
    with (folder / "out/prices/panel.csv").open(encoding="utf-8") as file:
        made = list(csv.DictReader(file))
    assert len(made) == 31 * 8
    for row in made:
        assert float(row["real_2020"]) == pytest.approx(float(row["direct"]), rel=1e-9)
        assert float(row["share"]) == pytest.approx(0.3, rel=1e-9)
    report = json.loads((folder / "out/prices/quality.json").read_text("utf-8"))
    (mixed,) = [c for c in report["findings"] if c["name"] == "price_mix"]
    assert [(r["variable"], r["what"]) for r in mixed["rows"]] == [("price_level", "ratio")]
    with (folder / "out/prices/codebook.csv").open(encoding="utf-8-sig") as file:
        book = {r["variable"]: r for r in csv.DictReader(file)}
    assert (book["real_2020"]["price"], book["real_2020"]["base_year"]) == ("real", "2020")

    explained = said(cli, folder, MOVED, "explain", "real_2020").stdout
    assert r"x^{2020}_{it} = \frac{x^{2015}_{it}}{P_{i,2015}}" in explained
    assert "实际(2020年价)" in explained
    traced = cli(
        "trace", "real_2020", "上海", 2018, "--study", folder / "study.toml", "--output", folder / "none", cwd=folder
    )
    assert traced.returncode == 0, traced.stderr
    assert traced.stdout.count("s.index, Shanghai 310000") == 6  # links of 2015 to 2020
    assert traced.stdout.count("s.real, Shanghai 310000, 2018") == 1


def test_a_sum_of_nominal_and_real_money_stops_unless_the_study_says_so(cli: Any, folder: Path) -> None:
    text = '[variables.both]\nexpression = "s.nominal + s.real"\n'
    refused = said(cli, folder, text, "check")
    assert refused.returncode == 2
    assert "nominal and real money together" in refused.stderr
    assert said(cli, folder, text + 'price = "none"\n', "check").returncode == 0
