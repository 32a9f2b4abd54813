"""A threshold from raw file to verified package through the command line; each error put into its numbers is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from panelkit.replication import standalone
from panelkit.replication.injections import injections
from panelkit.replication.self_test import read_files, tried

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "threshold"
STUDY = """
schema = 1
[study]
id = "levels"
title = { en = "A known threshold", zh = "已知的门槛" }
seed = 7
language = "LANGUAGE"
simulated = true
[panel]
unit = "unit"
years = [2001, 2012]
gaps = "list"
[sources.all]
kind = "tidy"
path = "data/raw/panel.csv"
unit = "unit"
time = "year"
vintage = 2020
publisher = "nobody"
series = { y = "y", x = "x", w = "w", q = "q" }
measures = { y = "1", x = "1", w = "1", q = "1" }
VARIABLES
[[models]]
id = "switch"
hypothesis = "H6"
kind = "threshold"
formula = "y ~ x + w | unit + year"
threshold = "q"
switching = ["x"]
thresholds = 3
trim = 0.1
draws = 199
[[models]]
id = "plain"
kind = "fixed_effects"
formula = "y ~ x + w | unit + year"
[[tables]]
id = "main"
kind = "regression"
title = { en = "By regime", zh = "分区制" }
columns = ["switch", "plain"]
[[tables]]
id = "claims"
kind = "hypotheses"
title = { en = "H6", zh = "H6" }
[[tables.hypotheses]]
id = "H6"
statement = { en = "stronger above", zh = "门槛之上更强" }
claims = [{ model = "switch", term = "x:step::2" }, { model = "switch", term = "x:regime::3" }]
[[figures]]
id = "ratio"
kind = "threshold"
model = "switch"
number = 2
title = { en = "Likelihood ratio", zh = "似然比" }
"""


def study(home: Path, language: str = "en") -> Path:
    (home / "data" / "raw").mkdir(parents=True)
    pd.read_csv(GOLDEN / "panel.csv").to_csv(home / "data" / "raw" / "panel.csv", index=False)
    variables = "\n".join(
        f'[variables.{v}]\nseries = "all.{v}"\nlabel = {{ en = "{v.upper()}", zh = "变量{v}" }}' for v in "yxwq"
    )
    text = STUDY.replace("LANGUAGE", language).replace("VARIABLES", variables)
    (home / "study.toml").write_text(text, "utf-8")
    return home / "study.toml"


@pytest.fixture(scope="module")
def package(cli: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("threshold")
    done = cli("package", study(home), "--output", home / "out", "--to", home / "package")
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "package"


def test_known_thresholds_come_out_and_stand_in_table_and_picture(package: Path) -> None:
    made = json.loads((package / "results" / "estimates.json").read_text("utf-8"))["estimates"][0]
    taus = [r["estimate"] for r in made["records"]["thresholds"]]
    assert taus == pytest.approx([-0.5, 0.8], abs=0.05)
    assert made["records"]["threshold_tests"][2]["p"] > 0.05
    table = (package / "tables" / "main.csv").read_text("utf-8")
    for words in (
        "X, regime 3",
        "X, change at threshold 2",
        "Threshold 1 (Q)",
        "Observations in regime 3",
        "Regimes by Q",
    ):
        assert words in table
    assert '"supported"' in (package / "tables" / "claims.csv").read_text("utf-8")
    curve = pd.read_csv(package / "figures" / "ratio.csv")
    assert curve.value[curve.ratio.idxmin()] == pytest.approx(taus[1])
    assert (curve.in_set == (curve.ratio <= curve.bound)).all()
    do = (package / "stata" / "switch.do").read_text("utf-8")
    assert "xthreg y w pk_t2-pk_t12, rx(x) qx(q) thnum(2) grid(400) trim(0.1 0.1) bs(300 300)" in do
    assert f"gen double pk_x_regime__2 = x * (q > {taus[0]!r}) * (q <= {taus[1]!r})" in do


def test_it_verifies_and_every_error_in_its_numbers_is_found(package: Path, cli: Any) -> None:
    done = cli("verify", package, "--levels", "L0,L1,L2")
    assert done.returncode == 0, done.stdout
    found = standalone.verify(str(package), ["L0", "L1"])
    assert [level["findings"] for level in found["levels"]] == [[], []]
    files = read_files(package)
    kinds = (
        "threshold",
        "confidence set",
        "regime",
        "number of a figure",
        "coefficient in the results",
        "p in the results",
    )
    errors = [e for e in injections(files, each=8, seed=3) if any(k in e.kind for k in kinds)]
    assert len({e.kind for e in errors}) >= 7
    outcome = tried(files, errors)
    assert not outcome.slipped, "\n".join(outcome.slipped)


@pytest.mark.slow
def test_in_chinese(cli: Any, tmp_path: Path) -> None:
    done = cli("run", study(tmp_path, "zh"), "--output", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    table = (tmp_path / "out" / "levels" / "tables" / "main.csv").read_text("utf-8")
    for words in ("变量x，区制3", "变量x，门槛2处的变化", "门槛1（变量q）", "区制3观测值", "区制按变量q划分"):
        assert words in table
    told = cli("explain", tmp_path / "study.toml", "switch").stdout
    assert "Fixed-effects threshold model" not in told
    assert "固定效应面板门槛模型" in told
    assert "就本面板：240行" in told


def test_faults_of_a_declaration_are_told_before_any_data(cli: Any, tmp_path: Path) -> None:
    path = study(tmp_path)
    text = (
        path.read_text("utf-8")
        .replace('switching = ["x"]', 'switching = ["xx"]')
        .replace("thresholds = 3", "thresholds = 5")
    )
    path.write_text(text.replace('threshold = "q"', 'threshold = "y"'), "utf-8")
    done = cli("check", path)
    assert done.returncode == 2
    told = done.stdout + done.stderr
    for words in ("models.switch.switching", "models.switch.thresholds", "models.switch.threshold:", "is the outcome"):
        assert words in told
