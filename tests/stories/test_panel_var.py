"""A study of two variables that lead each other: explained, run, drawn, packaged and verified; refused where its years do not suffice."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from panelkit.facts.provinces import provinces
from panelkit.replication.injections import injections
from panelkit.replication.self_test import read_files, tried

A = np.array([[0.5, 0.25], [0.15, 0.4]])  # cluster and sales one year before -> cluster, sales
STUDY = """
schema = 1
[study]
id = "leads"
title = { en = "Who leads whom", zh = "孰先孰后" }
seed = 7
simulated = true
language = "LANGUAGE"
[panel]
unit = "province"
years = [2001, LAST]
gaps = "list"
[sources.raw]
kind = "tidy"
path = "data/raw/figures.csv"
unit = "province"
time = "year"
series = { cluster = "cluster", sales = "sales" }
[variables.cluster]
series = "raw.cluster"
label = { en = "Cluster", zh = "集聚" }
[variables.sales]
series = "raw.sales"
label = { en = "E-commerce", zh = "电子商务" }
[[models]]
id = "system"
label = { en = "Panel VAR", zh = "面板VAR" }
hypothesis = "H12"
kind = "panel_var"
formula = "cluster ~ sales | province + year"
draws = 299
horizon = 5
[[models]]
id = "moments"
label = { en = "By moments", zh = "矩估计" }
hypothesis = "H12"
kind = "panel_var"
formula = "cluster ~ sales | province"
estimator = "gmm"
instruments = [1, 3]
draws = 199
horizon = 5
[[tables]]
id = "main"
title = { en = "Panel VAR", zh = "面板VAR" }
columns = ["system", "moments"]
samples = "told"
statistics = ["rows", "units", "clusters", "lags", "largest_modulus", "moment_instruments", "hansen_p"]
[[tables]]
id = "claims"
kind = "hypotheses"
title = { en = "Hypotheses", zh = "假设" }
[[tables.hypotheses]]
id = "H12"
statement = { en = "Each promotes the other", zh = "双向促进" }
claims = [{ model = "system", term = "cluster: sales lag 1" }, { model = "system", term = "sales: cluster lag 1" }]
[[figures]]
id = "responses"
kind = "impulse_response"
title = { en = "Responses", zh = "脉冲响应" }
model = "system"
[[figures]]
id = "shares"
kind = "impulse_response"
title = { en = "Shares", zh = "方差分解" }
model = "moments"
show = "shares"
width = "single"
"""


def write(folder: Path, last: int = 2018, language: str = "en") -> Path:
    """31 provinces; one cell is blank."""
    draws = np.random.default_rng(11)
    lines = ["province,year,cluster,sales"]
    for number, province in enumerate(provinces()):
        level, y = draws.normal(size=2), draws.normal(size=2)
        for year in range(1960, last + 1):
            y = level + A @ y + draws.normal(size=2) @ np.array([[1.0, 0.4], [0.0, 0.9]])
            blank = number == 4 and year == 2007
            if year > 2000:
                lines.append(f"{province.name_zh},{year},{y[0]:.6f},{'' if blank else f'{y[1]:.6f}'}")
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "figures.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "study.toml").write_text(STUDY.replace("LAST", str(last)).replace("LANGUAGE", language), "utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, cli) -> Path:
    folder = tmp_path_factory.mktemp("leads")
    study = write(folder)
    made = cli("package", study, "--output", folder / "out", "--to", folder / "package")
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def test_it_is_explained_before_any_number(done: Path, cli) -> None:
    told = cli("explain", done / "study.toml", "system")
    assert told.returncode == 0, told.stderr
    assert "sales(t) = A (cluster(t-1), sales(t-1)) + effects of province + year + e" in told.stdout
    assert "half-panel jackknife test of Juodis" in told.stdout
    assert "Resampling: pairs cluster bootstrap" in told.stdout
    assert "restricted" not in told.stdout
    beside = cli("explain", done / "study.toml", "system", "--se")
    assert beside.returncode == 0, beside.stderr
    assert "CR1" in beside.stdout


def test_both_directions_are_found_confirmed_and_checked(done: Path) -> None:
    (estimates,) = (done / "out").rglob("estimates.json")
    models = {e["id"]: e for e in json.loads(estimates.read_text("utf-8"))["estimates"]}
    terms = {t["name"]: t for t in models["system"]["terms"]}
    for j, effect in enumerate(("cluster", "sales")):
        for i, cause in enumerate(("cluster", "sales")):
            one = terms[f"{effect}: {cause} lag 1"]
            assert abs(one["estimate"] - A[j, i]) < 3 * one["se"]
    assert models["system"]["sample"]["rows"] == 31 * 17 - 2
    assert {d["why"]: d["rows"] for d in models["system"]["sample"]["dropped"]} == {
        "sales missing": 1,
        "initial values: the first 1 year of its province": 31,
        "after a gap: no row of its province in one of the 1 year before": 1,
    }
    (checks,) = (done / "out").rglob("checks.json")
    found = {(c["of"], c["name"]): c for c in json.loads(checks.read_text("utf-8"))["checks"]}
    for model in ("system", "moments"):
        assert found[model, "second_engine"]["verdict"] == "holds"
        assert found[model, "stability"]["verdict"] == "holds"
        assert "Lags of sales do move cluster" in found[model, "granger"]["text"]["en"]
    assert found["moments", "moment_conditions"]["verdict"] in ("holds", "says", "fails")
    assert ("system", "moment_conditions") not in found


def test_figures_tables_and_the_package_say_one_thing(done: Path, cli) -> None:
    lines = list(csv.DictReader((done / "package" / "figures" / "responses.csv").read_text("utf-8-sig").splitlines()))
    assert {line["order"] for line in lines} == {"cluster, sales", "sales, cluster"}
    assert len(lines) == 2 * 4 * 6
    table = (done / "package" / "tables" / "main.csv").read_text("utf-8-sig")
    assert "E-commerce (t−1) → Cluster" in table
    claims = (done / "package" / "tables" / "claims.csv").read_text("utf-8-sig")
    assert "supported" in claims
    assert "E-commerce (t−1) → Cluster; Panel VAR" in claims
    assert '"","Cluster, E-commerce","Cluster, E-commerce","heading"' in table
    assert '"Lags","1","1"' in table
    assert '"Instruments (each equation)","","6"' in table
    page = next((done / "out").rglob("report.html")).read_text("utf-8")
    assert "Granger non-causality" in page
    checked = cli("verify", done / "package", "--levels", "L0,L1,L2")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_changed_response_is_found(done: Path, tmp_path: Path, cli) -> None:
    import hashlib
    import shutil

    package = tmp_path / "package"
    shutil.copytree(done / "package", package)
    held = package / "figures" / "responses.csv"
    text = held.read_text("utf-8-sig")
    value = re.findall(r",(0\.\d{6,}),", text)[7]
    old = hashlib.sha256(held.read_bytes()).hexdigest()
    held.write_text(text.replace(value, f"{float(value) + 0.01!r}"), "utf-8-sig")
    new = hashlib.sha256(held.read_bytes()).hexdigest()
    for name in ("manifest.json", "MANIFEST.json", "sha256.txt"):
        for path in package.rglob(name):
            path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    checked = cli("verify", package, "--levels", "L1")
    assert checked.returncode == 1, checked.stdout
    assert "responses.csv" in checked.stdout


def test_errors_put_into_its_results_are_caught(done: Path) -> None:
    kinds = ("covariance of errors", "modulus", "share of forecast variance", "non-causality", "impulse response")
    files = read_files(done / "package")
    errors = [e for e in injections(files, each=3, seed=2) if any(k in e.kind for k in kinds)]
    assert len({e.kind for e in errors}) == len(kinds)
    outcome = tried(files, errors)
    assert not outcome.slipped, "\n".join(outcome.slipped)


def test_too_few_years_are_a_fault_before_anything_is_read(tmp_path: Path, cli) -> None:
    study = write(tmp_path, last=2004)
    told = cli("check", study, "--json")
    assert told.returncode == 2
    faults = json.loads(told.stdout)
    assert any(f["where"] == "models.system.lags" and "need 5" in f["what"] for f in faults), faults
    text = (
        study.read_text("utf-8").replace("2001, 2004", "2001, 2018").replace("sales | province + year", "sales | year")
    )
    study.write_text(text.replace("draws = 299", 'draws = 5\norders = [["sales", "gdp"]]'), "utf-8")
    faults = json.loads(cli("check", study, "--json").stdout)
    wheres = {f["where"] for f in faults}
    assert {"models.system.formula", "models.system.draws", "models.system.orders"} <= wheres


@pytest.mark.slow
def test_the_chinese_report_has_no_english_sentence_of_it(tmp_path: Path, cli) -> None:
    study = write(tmp_path, language="zh")
    made = cli("run", study, "--output", tmp_path / "out")
    assert made.returncode == 0, made.stdout + made.stderr
    page = next((tmp_path / "out").rglob("report.html")).read_text("utf-8")
    texts = re.split(r"[<>]", page)
    zh = [t for t in texts if re.search("脉冲响应对应|系统Wald检验|刀切法校正", t)]
    assert len(zh) >= 3
    assert not [z for z in zh if re.search(r"\b(the|whole clusters|lags of|responses to)\b", z)]
