"""The minimum-wage panel (mpdta) from raw file to battery: figures of R's did, bacondecomp and didimputation, design and verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "oracle" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "mpdta.csv").is_file(), reason="mpdta is in ../shared, which is absent here"
)
STUDY = """
schema = 1
[study]
id = "minimum_wage"
title = "Minimum wage and teen employment"
seed = 1
[panel]
unit = "county"
time = "year"
years = [2003, 2007]
codes = "as_printed"
[sources.raw]
kind = "tidy"
path = "data/mpdta.csv"
unit = "countyreal"
time = "year"
series = { lemp = "lemp", lpop = "lpop", first = "first.treat" }
[variables.lemp]
series = "raw.lemp"
[variables.lpop]
series = "raw.lpop"
[variables.first]
series = "raw.first"
[variables.raised]
derive = "treated_after"
with = { cohort = "first" }
[[models]]
id = "two_way"
kind = "fixed_effects"
formula = "lemp ~ raised | county + year"
checks = ["bacon", "negative_weights", "support", "two_way_known"]
[[models]]
id = "never"
kind = "callaway_santanna"
formula = "lemp ~ 1 | county + year"
cohort = "first"
control = "never"
draws = 0
checks = ["never_known", "leave_one_cohort_out", "placebo_time"]
[checks.two_way_known]
kind = "expected"
source = "R fixest, Goodman-Bacon weights of bacondecomp"
values = { raised = "-.0365489" }
[checks.never_known]
kind = "expected"
source = "R did 2.1.2"
values = { att = "-.0399513" }
se = { att = ".0120340" }
[robustness.wage]
base = "never"
term = "att"
[robustness.wage.estimators]
not_yet = { control = "notyet" }
imputation = { kind = "imputation" }
sun_abraham = { kind = "sun_abraham" }
two_way = { kind = "fixed_effects", formula = "lemp ~ raised | county + year", term = "raised" }
[robustness.wage.controls]
population = ["lpop"]
"""
KNOWN = {
    "wage__not_yet": -0.0397636,
    "wage__imputation": -0.0477099,
    "wage__two_way": -0.0365489,
    "wage__population": -0.0417518,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, str], Any], dict[str, Any]]:
    from panelkit import pipeline

    home = tmp_path_factory.mktemp("mpdta")
    (home / "data").mkdir()
    (home / "data" / "mpdta.csv").write_bytes((DATA / "mpdta.csv").read_bytes())
    (home / "study.toml").write_text(STUDY, "utf-8")
    ran = pipeline.run(home / "study.toml", output=home / "output")
    checks = json.loads((ran.folder / "checks.json").read_text("utf-8"))["checks"]
    estimates = json.loads((ran.folder / "estimates.json").read_text("utf-8"))["estimates"]
    return home, {(c["of"], c["name"]): c for c in checks}, {e["id"]: e for e in estimates}


def test_published_figures_of_r(done: tuple[Path, Any, Any]) -> None:
    _, checks, estimates = done
    assert checks["two_way", "expected"]["verdict"] == "holds", checks["two_way", "expected"]["text"]
    assert checks["never", "expected"]["verdict"] == "holds", checks["never", "expected"]["text"]
    for model, figure in KNOWN.items():
        assert estimates[model]["terms"][0]["estimate"] == pytest.approx(figure, abs=5.1e-8), model


def test_the_decomposition_is_that_of_bacondecomp(done: tuple[Path, Any, Any]) -> None:
    _, checks, _ = done
    rows = checks["two_way", "bacon"]["rows"]
    kinds = {r["comparison"]: r["weight"] for r in rows if not r["treated"]}
    assert sum(kinds.values()) == pytest.approx(1)
    assert kinds["Treated vs Untreated"] == pytest.approx(0.862774, abs=1e-6)
    assert checks["two_way", "support"]["verdict"] == "holds"


def test_every_estimator_agrees_in_sign_and_significance(done: tuple[Path, Any, Any]) -> None:
    _, checks, _ = done
    verdict = checks["never", "robustness_wage"]
    assert verdict["verdict"] == "holds"
    assert len(verdict["rows"]) == 6
    assert [r["case"] for r in checks["never", "leave_one_cohort_out"]["rows"]] == [
        "as declared", "without 2004", "without 2006", "without 2007",
    ]  # fmt: skip


def test_the_design_page_reads_the_cohorts(done: tuple[Path, Any, Any]) -> None:
    from panelkit import looking, pipeline

    text = looking.explain(pipeline.read_study(done[0] / "study.toml"), "never")
    for words in ("2004    20", "2006    40", "2007   131", "never   309", 'control = "never"'):
        assert words in text, words
