"""Province, industry and year from raw exports of four levels to a verified package, through the command line; laws on the way."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from panelkit.facts.provinces import province
from panelkit.simulation import simulate_industries

Cli = Any
INDUSTRIES = ("06", "17", "18", "26", "39", "44")
YEARS = (2014, 2021)

HEAD = """
schema = 1
[study]
id = "{id}"
title = {{ en = "Zones and exposed industries", zh = "综试区与暴露行业" }}
seed = 7
simulated = true
"""
SOURCES = """
[sources.cells]
kind = "tidy"
path = "data/raw/cells.csv"
unit = { province = "地区", industry = "行业代码" }
time = "年份"
series = { ln_jobs = "ln_jobs", jobs = "jobs" }
measures = { jobs = "万人" }
publisher = "simulated"
[sources.income]
kind = "tidy"
path = "data/raw/income.csv"
unit = "地区"
time = "年份"
series = { ln_income = "ln_income" }
publisher = "simulated"
[sources.industries]
kind = "tidy"
path = "data/raw/exposure.csv"
unit = "industry"
time = ""
series = { exposure = "exposure" }
publisher = "simulated"
[sources.nation]
kind = "tidy"
path = "data/raw/prices.csv"
unit = ""
series = { cpi = "cpi" }
measures = { cpi = "2014=100" }
publisher = "simulated"
"""
VARIABLES = """
[variables.ln_jobs]
series = "cells.ln_jobs"
label = { en = "Jobs (ln)", zh = "就业(对数)" }
[variables.dose]
derive = "zone_exposure"
label = { en = "Zone-years", zh = "综试区年数" }
[variables.exposure]
series = "industries.exposure"
[variables.dose_exposure]
expression = "dose * exposure"
label = { en = "Zone-years x exposure", zh = "综试区年数×暴露度" }
[variables.ln_income]
series = "income.ln_income"
[variables.real_jobs]
expression = "cells.jobs / nation.cpi"
[variables.industry_jobs]
expression = "sum_by(cells.jobs, industry, year)"
"""
MODELS = """
[[models]]
id = "triple"
kind = "fixed_effects"
formula = "ln_jobs ~ dose_exposure | {unit} + province^year + industry^year"
cluster = "province"
[[models]]
id = "two_way"
kind = "fixed_effects"
formula = "ln_jobs ~ dose_exposure + ln_income | {unit} + year"
cluster = "province"
where = "industry != '06'"
[[tables]]
id = "main"
columns = ["triple", "two_way"]
samples = "told"
"""
COMPOSITE = (
    HEAD.format(id="cells")
    + '[panel]\nunit = ["province", "industry"]\nyears = [2014, 2021]\n'
    + SOURCES
    + VARIABLES
    + MODELS.replace("{unit}", "province^industry")
)
BY_HAND = (
    HEAD.format(id="hand")
    + """
[panel]
unit = "cell"
years = [2014, 2021]
[sources.all]
kind = "tidy"
path = "data/raw/by_hand.csv"
unit = "cell"
categories = ["province", "industry"]
series = { ln_jobs = "ln_jobs", ln_income = "ln_income", x = "x", province = "province", industry = "industry" }
[variables.ln_jobs]
series = "all.ln_jobs"
[variables.ln_income]
series = "all.ln_income"
[variables.dose_exposure]
series = "all.x"
[variables.province]
series = "all.province"
kind = "category"
[variables.industry]
series = "all.industry"
kind = "category"
"""
    + MODELS.replace("{unit}", "cell")
)


def _write(folder: Path, frame: pd.DataFrame, rename: dict[str, str] | None = None) -> None:
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    printed = frame.assign(地区=frame.province.map(lambda p: province(p).name_zh))
    printed = printed.assign(industry=frame.industry.map(lambda j: (rename or {}).get(j, j)))
    cells = printed[["地区", "industry", "year", "ln_jobs", "jobs"]]
    cells.rename(columns={"industry": "行业代码", "year": "年份"}).to_csv(raw / "cells.csv", index=False)
    income = printed[["地区", "year", "ln_income"]].drop_duplicates()
    income.rename(columns={"year": "年份"}).to_csv(raw / "income.csv", index=False, encoding="gb18030")
    printed[["industry", "exposure"]].drop_duplicates().to_csv(raw / "exposure.csv", index=False)
    span = range(YEARS[0], YEARS[1] + 1)
    pd.DataFrame({"year": span, "cpi": [100 + 2 * i for i in range(len(span))]}).to_csv(raw / "prices.csv", index=False)
    hand = frame.assign(cell=frame.province + frame.industry, x=frame.zone_years * frame.exposure)
    hand.sample(frac=1, random_state=1).to_csv(raw / "by_hand.csv", index=False)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    drawn = simulate_industries(11, years=YEARS).frame
    return drawn[drawn.industry.isin(INDUSTRIES)].reset_index(drop=True)


@pytest.fixture(scope="module")
def ran(cli: Cli, frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("industries")
    _write(folder, frame)
    (folder / "study.toml").write_text(COMPOSITE, "utf-8")
    done = cli("run", "study.toml", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _estimates(folder: Path, name: str) -> dict[str, Any]:
    document = json.loads((folder / "output" / name / "estimates.json").read_text("utf-8"))
    return {e["id"]: e for e in document["estimates"]}


def test_estimates_are_those_of_a_hand_made_unit(cli: Cli, ran: Path) -> None:
    (ran / "hand.toml").write_text(BY_HAND, "utf-8")
    done = cli("run", "hand.toml", cwd=ran)
    assert done.returncode == 0, done.stdout + done.stderr
    ours, hand = _estimates(ran, "cells"), _estimates(ran, "hand")
    assert list(ours) == ["triple", "two_way"]
    for name, one in ours.items():
        for a, b in zip(one["terms"], hand[name]["terms"], strict=True):
            for field in ("estimate", "se", "df", "p", "low", "high"):
                assert a[field] == pytest.approx(b[field], rel=1e-9), (name, field)
        assert one["sample"]["clusters"] == {"province": 31}
        assert one["sample"]["rows"] == hand[name]["sample"]["rows"]
        assert one["fit"]["parameters"] == hand[name]["fit"]["parameters"]
        drawn, other = one["resampled"][0], hand[name]["resampled"][0]
        assert drawn["p"] == pytest.approx(other["p"], abs=0.02)


def test_every_check_holds_and_the_rows_are_counted(ran: Path, frame: pd.DataFrame) -> None:
    checks = json.loads((ran / "output/cells/checks.json").read_text("utf-8"))["checks"]
    of_models = {(c["of"], c["name"]): c["verdict"] for c in checks}
    assert of_models["triple", "second_engine"] == "holds"
    assert of_models["two_way", "second_engine"] == "holds"
    panel = pd.read_csv(ran / "output/cells/panel.csv", dtype={"province": str, "industry": str})
    assert list(panel.columns[:4]) == ["province_industry", "year", "province", "industry"]
    assert len(panel) == len(frame)
    assert (panel.province_industry == panel.province + " / " + panel.industry).all()


def test_figures_of_fewer_keys_are_merged_as_by_hand(ran: Path, frame: pd.DataFrame) -> None:
    panel = pd.read_csv(ran / "output/cells/panel.csv", dtype={"province": str, "industry": str})
    both = panel.merge(frame, on=["province", "industry", "year"], suffixes=("", "_raw"), validate="one_to_one")
    assert len(both) == len(panel)
    pd.testing.assert_series_equal(both.ln_income, both.ln_income_raw, check_names=False)
    pd.testing.assert_series_equal(both.exposure, both.exposure_raw, check_names=False)
    pd.testing.assert_series_equal(both.dose, both.zone_years, check_names=False)
    total = frame.groupby(["industry", "year"]).jobs.sum().rename("total").reset_index()
    both = both.merge(total, on=["industry", "year"])
    assert both.industry_jobs.to_numpy() == pytest.approx(both.total.to_numpy(), rel=1e-12)
    assert both.real_jobs.to_numpy() == pytest.approx(
        (both.jobs / (100 + 2 * (both.year - 2014))).to_numpy(), rel=1e-12
    )


def test_the_table_says_what_was_absorbed(ran: Path) -> None:
    text = (ran / "output/cells/tables/main.csv").read_text("utf-8-sig")
    for label in ("Province × Industry FE", "Industry × Year FE", "Province × Year FE", "Clusters (Province)"):
        assert label in text


def test_a_cell_is_traced_to_files_of_every_level(cli: Cli, ran: Path) -> None:
    done = cli("trace", "dose_exposure", "浙江/18", "2018", "--study", "study.toml", cwd=ran)
    assert done.returncode == 0, done.stderr
    assert "data/raw/exposure.csv" in done.stdout
    assert "one figure for * / 18" in done.stdout
    done = cli("trace", "ln_income", "330000 / 18", "2018", "--study", "study.toml", cwd=ran)
    assert "data/raw/income.csv" in done.stdout
    assert "Zhejiang 330000 / *" in done.stdout
    done = cli("trace", "real_jobs", "330000 / 18", "2018", "--study", "study.toml", "--json", cwd=ran)
    paths = {leaf["place"]["path"] for leaf in json.loads(done.stdout)["below"]}
    assert paths == {"data/raw/cells.csv", "data/raw/prices.csv"}


def test_relabelled_industries_give_the_same_estimates(
    cli: Cli, ran: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    swapped = dict(zip(INDUSTRIES, reversed(INDUSTRIES), strict=True))
    _write(tmp_path, frame, swapped)
    text = COMPOSITE.replace("'06'", f"'{swapped['06']}'")
    (tmp_path / "study.toml").write_text(text, "utf-8")
    done = cli("run", "study.toml", cwd=tmp_path, seed=5)
    assert done.returncode == 0, done.stdout + done.stderr
    other = _estimates(tmp_path, "cells")
    for name, one in _estimates(ran, "cells").items():
        for a, b in zip(one["terms"], other[name]["terms"], strict=True):
            assert a["estimate"] == pytest.approx(b["estimate"], rel=1e-10)
            assert a["se"] == pytest.approx(b["se"], rel=1e-10)


def test_the_package_verifies_and_a_changed_key_does_not(cli: Cli, ran: Path, tmp_path: Path) -> None:
    archive = tmp_path / "cells.zip"
    done = cli("package", "study.toml", "--to", archive, cwd=ran)
    assert done.returncode == 0, done.stdout + done.stderr
    done = cli("verify", archive, cwd=ran)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "p"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    panel = next(folder.rglob("panel.csv"))
    text = panel.read_text("utf-8")
    panel.write_text(text.replace(",330000,18,", ",330000,17,", 1), "utf-8")
    done = cli("verify", panel.parents[2], cwd=ran)
    assert done.returncode == 1, done.stdout + done.stderr
