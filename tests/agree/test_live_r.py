"""panelkit's command line against R itself (plm, clubSandwich, AER) on data sets that only R's packages hold; skips where R is absent.

`live.R` estimates and writes CSV; a study of the same models is run from it. Tolerances are those of the oracle.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

HERE = Path(__file__).resolve().parent
COEFFICIENT, ERROR, DF, STATISTIC = 1e-7, 1e-6, 1e-6, 1e-6
SETS = ("rice", "crime", "cigar", "labour", "males", "growth")

CLASSICAL = '{ kind = "classical" }'
METHODS = {
    "pool": ("fixed_effects", "y ~ a + b + c"),
    "fe": ("fixed_effects", "y ~ a + b + c | unit"),
    "two": ("fixed_effects", "y ~ a + b + c | unit + year"),
    "re": ("random_effects", "y ~ a + b + c"),
    "be": ("between", "y ~ a + b + c"),
    "fd": ("first_difference", "y ~ a + b + c"),
    "mg": ("mean_group", "y ~ a + b + c"),
    "dmg": ("mean_group", "y ~ a + b + c"),
    "cmg": ("common_correlated_effects", "y ~ a + b + c"),
    "ccep": ("common_correlated_effects", "y ~ a + b + c"),
    "iv": ("instrumental", "y ~ b | a + c ~ z1 + z2 + z3"),
}
FIELDS = {"dmg": 'averages = "subtracted"', "ccep": 'slopes = "pooled"'}
CLUSTERED = '{{ kind = "clustered", by = ["unit"], variant = "{}", small_sample = "{}" }}'
COVARIANCES = {
    "classical": CLASSICAL,
    "cluster_HC0": CLUSTERED.format("cr1", "plm_hc0"),
    "cluster_sss": CLUSTERED.format("cr1", "plm_sss"),
    "dk": '{ kind = "driscoll_kraay", small_sample = "plm_hc0" }',
    "nw": '{ kind = "newey_west", small_sample = "plm_hc0" }',
    "double": '{ kind = "clustered", by = ["unit", "year"], variant = "cr0" }',
    "CR0": CLUSTERED.format("cr0", "none"),
    "CR1": CLUSTERED.format("cr1", "clubsandwich"),
    "CR2": '{ kind = "clustered", by = ["unit"], variant = "cr2", reference = "satterthwaite" }',
    "HC0": '{ kind = "robust", variant = "hc0" }',
}
CHECKS = """
[checks.hausman]
[checks.poolability]
[checks.breusch_pagan]
[checks.cross_section_dependence]
[checks.serial_correlation]
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed (Debian: r-cran-plm and others)"),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("live")
    done = subprocess.run(
        ["Rscript", str(HERE / "live.R"), str(folder)], capture_output=True, text=True, check=False, timeout=300
    )
    if "there is no package" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[0])
    assert done.returncode == 0, done.stderr
    return folder, json.loads((folder / "results.json").read_text("utf-8"))


def study(name: str, models: list[str], columns: list[str], years: list[int]) -> str:
    series = ", ".join(f'{c} = "{c}"' for c in columns)
    lines = [
        f'schema = 1\n[study]\nid = "{name}"\ntitle = "{name}"\nseed = 1\n[panel]\nunit = "unit"\ntime = "year"\n'
        f'years = {years}\ngaps = "list"',
        f'[sources.set]\nkind = "tidy"\npath = "{name}.csv"\nunit = "unit"\ntime = "year"\npublisher = "R package plm"\n'
        f"vintage = 2022\nseries = {{ {series} }}",
        *(f'[variables.{c}]\nexpression = "set.{c}"' for c in columns),
        '[defaults]\nsingletons = "keep"\ninference = { kind = "analytic" }',
        CHECKS,
    ]
    for model in models:
        method, _, errors = model.partition("_")
        kind, formula = METHODS[method]
        lines.append(f'[[models]]\nid = "{model}"\nkind = "{kind}"\nformula = "{formula}"\n{FIELDS.get(method, "")}')
        if errors:
            lines.append(f"covariance = {COVARIANCES[errors]}")
        if model in ("fe_classical", "pool_classical"):
            lines.append(
                'checks = ["hausman", "poolability", "breusch_pagan", "cross_section_dependence", "serial_correlation"]'
            )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def runs() -> dict:
    return {}


def run(name: str, told: tuple[Path, dict], runs: dict) -> tuple[dict, dict]:
    folder, results = told
    if name not in runs:
        d = pd.read_csv(folder / f"{name}.csv")
        years = [int(d["year"].min()), int(d["year"].max())]
        (folder / f"{name}.toml").write_text(
            study(name, list(results[name]["models"]), list(d.columns[2:]), years), "utf-8"
        )
        words = ["run", folder / f"{name}.toml", "--root", folder, "--output", folder / "out"]
        done = subprocess.run(
            [sys.executable, "-m", "panelkit", *map(str, words)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made = json.loads((folder / "out" / name / "estimates.json").read_text("utf-8"))["estimates"]
        checks = json.loads((folder / "out" / name / "checks.json").read_text("utf-8"))["checks"]
        runs[name] = ({e["id"]: e for e in made}, {(c["of"], c["name"]): c for c in checks})
    return runs[name]


@pytest.mark.parametrize("name", SETS)
def test_estimates_are_those_of_r(name, told, runs):
    estimates, _ = run(name, told, runs)
    wrong = []
    for model, want in told[1][name]["models"].items():
        terms = {t["name"].replace("(constant)", "(Intercept)"): t for t in estimates[model]["terms"]}
        for term, b in want["coef"].items():
            got = terms[term]
            compared = [("coef", got["estimate"], b, COEFFICIENT), ("se", got["se"], want["se"][term], ERROR)]
            if "df" in want and model.endswith("CR2"):
                compared.append(("df", got["df"], want["df"][term], DF))
            for what, ours, theirs, rtol in compared:
                if ours is None or theirs is None or abs(ours - theirs) > rtol * abs(theirs):
                    wrong.append(f"{model} {term} {what}: {ours} here, {theirs} in R")
    assert not wrong, "\n".join(wrong)


# R's test, the check of ours that makes it, the model, and the statistic's name in its rows
TESTS = {
    "hausman": ("hausman", "fe_classical", "classical"),
    "hausman_robust": ("hausman", "fe_classical", "auxiliary regression, robust"),
    "poolability": ("poolability", "fe_classical", "slopes equal"),
    "unit_effects": ("poolability", "fe_classical", "unit effects"),
    "breusch_pagan": ("breusch_pagan", "pool_classical", "Breusch-Pagan, unit"),
    "cd": ("cross_section_dependence", "fe_classical", "CD"),
    "wooldridge_fe": ("serial_correlation", "fe_classical", "within"),
}


@pytest.mark.parametrize("name", SETS)
def test_tests_are_those_of_r(name, told, runs):
    _, checks = run(name, told, runs)
    wrong = []
    for test, want in told[1][name]["tests"].items():
        if want is None:
            continue
        check, model, statistic = TESTS[test]
        row = {r["statistic"]: r for r in checks[model, check]["rows"]}[statistic]
        ours, theirs = row["value"], want["statistic"]
        if test == "poolability":
            # R counts a slope in every unit, also where the regressor does not vary; ours counts what a unit identifies
            ours, theirs = ours * row["df1"] / row["df2"], theirs * want["df"][0] / want["df"][1]
        if abs(ours - theirs) > STATISTIC * abs(theirs):
            wrong.append(f"{test}: {ours} here, {theirs} in R")
    assert not wrong, "\n".join(wrong)
