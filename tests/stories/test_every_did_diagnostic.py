"""Every diagnostic of a difference-in-differences from one study file: made, printed by the command line, on the page, in Chinese too.

The data are 31 provinces on a made-up outcome whose effect (1.0), quiet outcome and other policy (a table of the study's own) are known.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from panelkit.cli import app
from panelkit.core.registry import CHECKS

RUNNER = CliRunner()
REFITS = (
    "placebo_time", "placebo_outcomes", "anticipation", "dropped_neighbours", "concurrent_policies",
    "leave_one_cohort_out", "leave_one_unit_out",
)  # fmt: skip
WEIGHTS = ("bacon", "negative_weights")
LEADS = ("parallel_trends", "pretrend_power", "honest_did")
MODELS = {
    "static": (*WEIGHTS, "placebo", *REFITS, "ends", "paths"),
    "events": (*WEIGHTS, *LEADS, *REFITS, "rules"),
    "staggered": (*WEIGHTS, *LEADS, "placebo", "placebo_cohorts", *REFITS, "rules", "ends"),
    "imputed": (*LEADS, "placebo", "rules"),
}
STUDY = """
schema = 1
[study]
id = "diagnostics"
title = {{ en = "Every diagnostic", zh = "全部诊断" }}
seed = 3
simulated = true
language = "zh"
[panel]
unit = "province"
time = "year"
years = [2008, 2019]
gaps = "refuse"
[sources.made]
kind = "tidy"
path = "data/raw/figures.csv"
unit = "province"
time = "year"
series = {{ y = "y", quiet = "quiet", first = "first", later = "later", ended = "ended" }}
[sources.pilots]
kind = "tidy"
path = "data/raw/pilots.csv"
unit = "province"
time = "year"
series = {{ pilot = "pilot" }}
{variables}
[variables.treated]
derive = "treated_after"
with = {{ cohort = "first" }}
label = {{ en = "Treated", zh = "处理后" }}
[variables.treated_later]
derive = "treated_after"
with = {{ cohort = "later" }}
label = {{ en = "Treated a year later", zh = "晚一年处理" }}
[variables.near]
derive = "treated_neighbours"
with = {{ cohort = "first" }}
label = {{ en = "Treated neighbours", zh = "受处理的邻省数" }}
[variables.ftz_year]
derive = "first_treated"
with = {{ rule = "first_full_year", policy = "free_trade_zone" }}
label = {{ en = "Free-trade zone since", zh = "自贸区首年" }}
[variables.ftz]
derive = "treated_after"
with = {{ cohort = "ftz_year" }}
label = {{ en = "Free-trade zone", zh = "自贸区" }}
{models}
[checks.placebo]
draws = 99
[checks.placebo_cohorts]
draws = 19
[checks.placebo_outcomes]
outcomes = ["quiet"]
[checks.dropped_neighbours]
neighbours = "near"
[checks.concurrent_policies]
policies = ["ftz", "pilot"]
[checks.rules]
kind = "timing_rules"
timings = ["later"]
[checks.paths]
kind = "timing_rules"
timings = ["treated_later"]
[checks.ends]
kind = "treatment_ends"
treatment = "ended"
[[figures]]
id = "comparisons"
kind = "bacon"
model = "static"
[[figures]]
id = "dates"
kind = "placebo"
model = "staggered"
"""
KINDS = {
    "static": 'kind = "fixed_effects"\nformula = "y ~ treated | province + year"',
    "events": 'kind = "event_study"\nformula = "y ~ 1 | province + year"\ncohort = "first"\nwindow = [-4, 4]',
    "staggered": 'kind = "callaway_santanna"\ncontrol = "notyet"\ndraws = 0\nformula = "y ~ 1 | province + year"\ncohort = "first"',
    "imputed": 'kind = "imputation"\ndraws = 0\nformula = "y ~ 1 | province + year"\ncohort = "first"',
}
NAMES = {
    "y": "结果",
    "quiet": "无关结果",
    "first": "首次处理年份",
    "later": "晚一年",
    "ended": "终止的处理",
    "pilot": "其他试点",
}
ENGLISH = re.compile(r"(?<![\dA-Za-z])[A-Za-z][A-Za-z'-]+")
KNOWN = {  # names of variables, models, authors, statistics and programs, which have no other
    "att", "treated", "first", "later", "ended", "year", "province", "chi", "Holm", "se", "notyet", "inf", "zone",
    "event", "time", "second", "engine", "linearmodels", "pyfixest", "dense", "CR", "FE", "wild", "Rademacher", "Webb",
    "Callaway", "Sant'Anna", "HonestDiD", "Bacon", "Goodman-Bacon", "sup-t", "quiet", "placebo", "cohorts",
}  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    from panelkit.facts.provinces import provinces

    home = tmp_path_factory.mktemp("diagnostics")
    raw = home / "data" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(6)
    lines, pilots = ["province,year,y,quiet,first,later,ended"], ["province,year,pilot"]
    for i, p in enumerate(provinces()):
        first, level = (0, 2012, 2014, 2016)[i % 4], rng.normal()
        for year in range(2008, 2020):
            on = int(0 < first <= year)
            ended = on * (1 if i != 1 else int(year < 2017))
            pilot = int(i % 5 == 0 and year >= 2013)
            y = level + 0.1 * (year - 2008) + on + 0.3 * pilot + 0.2 * rng.normal()
            later = first + 1 if first else 0
            lines.append(f"{p.name_zh},{year},{y:.6f},{rng.normal():.6f},{first},{later},{ended}")
            pilots.append(f"{p.name_zh},{year},{pilot}")
    (raw / "figures.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (raw / "pilots.csv").write_text("\n".join(pilots) + "\n", "utf-8")
    variables = "".join(
        f'[variables.{n}]\nseries = "{"pilots" if n == "pilot" else "made"}.{n}"\nlabel = {{ en = "{n}", zh = "{zh}" }}\n'
        for n, zh in NAMES.items()
    )
    models = "".join(
        f'[[models]]\nid = "{m}"\nlabel = {{ en = "{m}", zh = "模型" }}\n{KINDS[m]}\nchecks = {json.dumps(list(checks))}\n'
        for m, checks in MODELS.items()
    )
    (home / "study.toml").write_text(STUDY.format(variables=variables, models=models), "utf-8")
    result = RUNNER.invoke(app, ["run", str(home / "study.toml"), "--output", str(home / "output")])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split()), home / "output" / "diagnostics"


def checks_of(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {(c["of"], c["name"]): c for c in json.loads((folder / "checks.json").read_text("utf-8"))["checks"]}


def test_each_is_made_and_printed_and_on_the_page(done: tuple[str, Path]) -> None:
    output, folder = done
    found = checks_of(folder)
    page = html.unescape(re.sub(r"<[^>]+>", "", (folder / "report.html").read_text("utf-8")))
    kinds = {"rules": "timing_rules", "paths": "timing_rules", "ends": "treatment_ends"}
    for model, named in MODELS.items():
        for name in ("support", *named):
            made = found[model, kinds.get(name, name)]
            assert made["value"] is not None or name in ("honest_did", "placebo_time"), made["text"]["en"]
            assert f"{made['name']} {made['verdict']}" in output
            number = re.findall(r"\d+\.\d{2,}", made["text"]["en"])
            assert not number or number[0] in page.replace("\u2212", "-"), (model, name, number[0])
    for model in ("staggered", "imputed"):
        assert found[model, "second_engine"]["verdict"] == "holds"
        assert "another route agrees with" in found[model, "second_engine"]["text"]["en"]
    assert (folder / "figures" / "comparisons.png").read_bytes()[:4] == b"\x89PNG"
    assert (folder / "figures" / "dates.csv").read_text("utf-8-sig").count("\n") > 99


def test_they_say_what_is_true_of_the_data(done: tuple[str, Path]) -> None:
    found = checks_of(done[1])

    def get(model: str, name: str) -> dict[str, Any]:
        return found[model, name]

    for model in ("static", "events", "staggered"):
        rows = [r for r in get(model, "bacon")["rows"] if not r["treated"]]
        assert sum(r["weight"] for r in rows) == pytest.approx(1)
        quiet = get(model, "placebo_outcomes")
        assert quiet["verdict"] == ("fails" if quiet["value"] < 0.05 else "holds")
        assert abs(quiet["rows"][1]["estimate"]) < 0.5
        policies = get(model, "concurrent_policies")["rows"]
        assert [r["case_zh"] for r in policies] == ["原模型", "自贸区", "其他试点", "全部政策"]
        assert all(abs(r["estimate"] - 1) < 0.35 for r in policies if r["estimate"] is not None)
        assert get(model, "treatment_ends")["value"] == 1.0 if model != "events" else True
        assert len(get(model, "leave_one_unit_out")["rows"]) == 32
    assert get("staggered", "treatment_ends")["verdict"] == "fails"
    assert get("static", "placebo")["value"] == pytest.approx(0.01)
    assert get("staggered", "placebo")["value"] == get("imputed", "placebo")["value"] == pytest.approx(0.01)
    assert get("staggered", "placebo_cohorts")["value"] == pytest.approx(0.05)
    assert get("staggered", "timing_rules")["verdict"] == "fails"  # dated late, the period compared with is treated


def test_no_english_is_left_in_chinese_sentences(done: tuple[str, Path]) -> None:
    bad = {}
    for (model, name), made in checks_of(done[1]).items():
        words = {
            w
            for w in ENGLISH.findall(re.sub(r"'[^']*'", "", made["text"]["zh"]))
            if w not in KNOWN and w not in CHECKS.names()
        }
        if words:
            bad[model, name] = (sorted(words), made["text"]["zh"])
    assert not bad
