"""Every difference-in-differences kind through the command line: run, tables, figures, words before any number, truncation said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from panelkit.cli import app

RUNNER = CliRunner()
COHORT = 'formula = "y ~ 1 | city + year"\ncohort = "cohort"\n'
MODELS = {
    "static": 'kind = "fixed_effects"\nformula = "y ~ treated | city + year"\n',
    "plain": 'kind = "fixed_effects"\nformula = "y ~ x | city + year"\n',
    "cs": f'kind = "callaway_santanna"\n{COHORT}checks = ["parallel_trends", "honest_did", "pretrend_power"]\n',
    "sa": f'kind = "sun_abraham"\n{COHORT}',
    "bjs": f'kind = "imputation"\n{COHORT}checks = ["honest_did"]\n',
    "two_stage": f'kind = "gardner"\n{COHORT}',
    "etwfe": f'kind = "extended_two_way"\n{COHORT}',
    "events": f'kind = "event_study"\n{COHORT}window = [-3, 3]\ndraws = 999\n',
    "dose": 'kind = "dose_did"\nformula = "y ~ dose + x | city + year"\nscale = "log1p"\n',
    "sdid": f'kind = "synthetic_did"\n{COHORT}errors = "jackknife"\n',
    "psm": 'kind = "matching_did"\nformula = "y ~ treated + x | city + year"\nmatch_on = ["z"]\nmethod = "kernel"\n',
    "cut": f'kind = "callaway_santanna"\ncontrol = "notyet"\nwhere = "cohort > 0"\n{COHORT}',
}
HEAD = """schema = 1
[study]
id = "kinds"
title = { en = "Every kind", zh = "各类双重差分" }
seed = 7
simulated = true
[panel]
unit = "city"
time = "year"
years = [2010, 2019]
gaps = "refuse"
[sources.cities]
kind = "tidy"
path = "data/raw/cities.csv"
unit = "city"
time = "year"
publisher = "made up"
vintage = 2026
series = { y = "y", x = "x", z = "z", cohort = "cohort", treated = "treated", dose = "dose" }
"""
TAIL = """
[[tables]]
id = "effects"
columns = ["cs", "sa", "bjs", "two_stage", "etwfe", "sdid"]
formats = ["latex", "html"]
[[tables]]
id = "balance"
kind = "decomposition"
model = "psm"
check = "matching_balance"
fields = ["difference", "matched_difference"]
formats = ["latex"]
[[figures]]
id = "cs_events"
kind = "event_study"
model = "cs"
[[figures]]
id = "cs_support"
kind = "support"
model = "cs"
[[figures]]
id = "sdid_paths"
kind = "synthetic_paths"
model = "sdid"
[[figures]]
id = "psm_balance"
kind = "balance"
model = "psm"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("kinds")
    (home / "data" / "raw").mkdir(parents=True)
    rng = np.random.default_rng(3)
    d = pd.DataFrame([(f"{i:03d}", t) for i in range(60) for t in range(2010, 2020)], columns=["city", "year"])
    i = d.city.astype(int).to_numpy()
    d["cohort"], d["x"], d["z"] = (
        np.array([0, 2013, 2015, 2017])[i % 4],
        rng.normal(size=len(d)),
        rng.normal(size=60)[i],
    )
    d["treated"] = ((d.cohort > 0) & (d.year >= d.cohort)).astype(int)
    d["dose"] = d.treated * (d.year - d.cohort + 1)
    d["y"] = (
        d.treated * (1 + 0.5 * (d.year - d.cohort)) + 0.3 * d.x + rng.normal(size=60)[i] + 0.5 * rng.normal(size=len(d))
    )
    d.to_csv(home / "data" / "raw" / "cities.csv", index=False)
    variables = "".join(
        f'[variables.{v}]\nseries = "cities.{v}"\nlabel = {{ en = "{v}" }}\n'
        for v in ("y", "x", "z", "cohort", "treated", "dose")
    )
    models = "".join(f'[[models]]\nid = "{name}"\n{text}' for name, text in MODELS.items())
    path = home / "study.toml"
    path.write_text(HEAD + variables + models + TAIL, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def done(study: Path) -> tuple[str, Path]:
    result = RUNNER.invoke(app, ["run", str(study), "--output", str(study.parent / "output")])
    assert result.exit_code == 0, result.output
    return result.output, study.parent / "output" / "kinds"


def test_every_kind_runs_and_the_window_cut_short_is_said(done: tuple[str, Path]) -> None:
    output, folder = done
    said = " ".join(output.split())
    assert "model cut: The sample ends in 2016: later no unit is untreated, and 9 cohort-period cells" in said
    made = {e["id"]: e for e in json.loads((folder / "estimates.json").read_text("utf-8"))["estimates"]}
    assert set(made) == set(MODELS)
    truth = 2.0
    for name in ("cs", "sa", "bjs", "two_stage", "etwfe", "sdid"):
        term = made[name]["terms"][0]
        assert abs(term["estimate"] - truth) < 4 * term["se"] + 0.2
    assert {c["cohort"] for c in made["cs"]["cells"]} == {2013, 2015, 2017}
    assert len(made["cs"]["curve_covariances"]["event_time_long"]) == len(made["cs"]["curves"]["event_time_long"])
    checks = json.loads((folder / "checks.json").read_text("utf-8"))["checks"]
    assert {c["of"] for c in checks if c["name"] == "honest_did" and c["rows"]} == {"cs", "bjs"}


def test_the_support_table_stands_with_every_did_and_with_no_other_regression(done: tuple[str, Path]) -> None:
    output, folder = done
    checks = json.loads((folder / "checks.json").read_text("utf-8"))["checks"]
    assert {c["of"] for c in checks if c["name"] == "support" and c["value"] is not None} == set(MODELS) - {"plain"}
    static = next(c for c in checks if (c["of"], c["name"]) == ("static", "support"))
    assert {r["event_time"]: r["treated_cells"] for r in static["rows"]}[0] == 45
    page = (folder / "report.html").read_text("utf-8")
    said = " ".join(output.split())
    assert "checks of static: second_engine holds, few_clusters says, support holds" in said
    assert static["text"]["en"].split(" (")[0] in page


def test_tables_and_figures(done: tuple[str, Path]) -> None:
    _, folder = done
    effects = (folder / "tables" / "effects.tex").read_text("utf-8")
    assert "jackknife over 60 units" in effects
    assert "Average effect on the treated (ATT)" in effects
    assert "matched" in (folder / "tables" / "balance.tex").read_text("utf-8").casefold()
    for name in ("cs_events", "psm_balance", "cs_support", "sdid_paths"):
        assert (folder / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert "matched_difference" in (folder / "figures" / "psm_balance.csv").read_text("utf-8")


@pytest.mark.parametrize("model", MODELS)
def test_explain_says_what_will_be_done(study: Path, model: str) -> None:
    result = RUNNER.invoke(app, ["explain", str(study), model])
    assert result.exit_code == 0, result.output
    assert "y = " in result.output
