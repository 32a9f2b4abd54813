"""Slips of a first study, each answered with where, what and the mend that was needed; several at once; never a traceback."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

IN_STUDY = {
    "years as a text": ("years = [2011, 2018]", 'years = "2011-2018"', "panel.years", "[2010, 2022]"),
    "years that no file reaches": (
        "years = [2011, 2018]",
        "years = [2001, 2022]",
        "2001-2010, 2019-2022",
        "[2011, 2018]",
    ),
    "years beside all files": ("years = [2011, 2018]", "years = [1980, 1985]", "no variable has a figure", "inspect"),
    "a list for pairs": ('gaps = "refuse"', 'gaps = "refuse"\nexclude = ["540000"]', "panel.exclude", "braces"),
    "a covariance by name alone": (
        "formula =",
        'covariance = "cluster"\nformula =',
        "models.main.covariance",
        'kind = "clustered"',
    ),
    "an unknown cluster": (
        "formula =",
        'covariance = { kind = "clustered", by = ["region"] }\nformula =',
        "unknown variable 'region'",
        "known",
    ),
    "Chinese names without quotation marks": ("[variables.z]", "[variables.研发]", "line ", '"研发"'),
    "a quotation mark left out": ('id = "main"', 'id = "main', "id = \"main'", "quotation mark"),
    "a bracket left out": ('columns = ["main"]', 'columns = ["main"', "Unclosed array", "']' is missing"),
    "a key twice": ("seed = 7", "seed = 7\nseed = 8", "seed = 8", "stands twice"),
    "a section with one bracket": ("[[models]]", "[models]\n[[models]]", "line ", "[[models]]"),
    "a logarithm in a formula": ("y ~ x", "y ~ log(x)", "'log(x)'", 'expression = "ln(x)"'),
    "a Stata lag": ("y ~ x", "y ~ L2.x", "'L2.x'", 'expression = "lag(x, 2)"'),
    "a Stata factor": ("y ~ x", "y ~ i.year + x", "'i.year'", "behind '|'"),
    "an R product": ("y ~ x", "y ~ x*z", "'x*z'", "x + z + x:z"),
    "a square in a formula": ("y ~ x", "y ~ I(x^2)", "'I(x^2)'", 'expression = "x^2"'),
    "the outcome on the right": ("y ~ x", "y ~ y + x", "the outcome 'y'", "take it out"),
    "stars in percent": ('columns = ["main"]', 'columns = ["main"]\nstars = [10, 5, 1]', "tables.one.stars", "0.05"),
    "a table of nothing": ('columns = ["main"]', "columns = []", "tables.one.columns", "name at least one"),
    "instruments forgotten": (
        'kind = "fixed_effects"',
        'kind = "instrumental"',
        "no instruments",
        "endogenous ~ instruments",
    ),
}


@pytest.mark.parametrize("name", sorted(IN_STUDY))
def test_a_slip_is_named_and_its_mend_told(name: str, small: Path, cli: Any) -> None:
    old, new, where_or_what, mend = IN_STUDY[name]
    text = (small / "study.toml").read_text("utf-8")
    assert old in text
    (small / "study.toml").write_text(text.replace(old, new, 1), "utf-8")
    told = cli("check", small / "study.toml")
    assert told.returncode == 2, told.stdout
    assert "Traceback" not in told.stderr
    assert where_or_what in told.stderr
    assert mend in told.stderr
    assert told.stderr.count("mend:") == 1, "one slip is told once"


def test_a_listed_panel_says_which_years_are_empty(small: Path, cli: Any) -> None:
    text = (small / "study.toml").read_text("utf-8").replace('gaps = "refuse"', 'gaps = "list"')
    (small / "study.toml").write_text(text.replace("[2011, 2018]", "[2009, 2018]"), "utf-8")
    built = cli("build", "study.toml", cwd=small)
    assert built.returncode == 0, built.stderr
    assert "no variable has a figure in 2009-2010" in " ".join(built.stdout.split())
    assert "-62" not in built.stdout, "rows that were added are not dropped by a negative number"


def test_a_series_that_nothing_uses_is_said(small: Path, cli: Any) -> None:
    text = (small / "study.toml").read_text("utf-8")
    (small / "study.toml").write_text(text.replace('z = "z" }', 'z = "z", spare = "x" }'), "utf-8")
    built = cli("build", "study.toml", cwd=small)
    assert built.returncode == 0, built.stderr
    assert "raw.spare" in built.stdout
    assert "no variable uses this series" in built.stdout


def test_a_card_of_another_file_tells_the_new_digest(small: Path, cli: Any) -> None:
    figures = small / "data/raw/figures.csv"
    (small / "data/raw/figures.csv.source.toml").write_text(f'sha256 = "{"0" * 64}"\n', "utf-8")
    told = cli("check", small / "study.toml")
    assert told.returncode == 2
    assert hashlib.sha256(figures.read_bytes()).hexdigest() in told.stderr


def test_a_study_in_this_folder_needs_no_name(small: Path, cli: Any) -> None:
    """run, table and trace mean `study.toml` here; what they print is for a reader, `--json` for a program."""
    done = cli("run", cwd=small)
    assert done.returncode == 0, done.stderr
    assert "data: " in done.stdout, "the run says what the data are like"
    table = cli("table", "one", cwd=small)
    assert "Observations" in table.stdout
    assert '","' not in table.stdout
    assert {len(line) for line in table.stdout.splitlines() if set(line) == {"-"}} != set(), "it is ruled"
    traced = cli("trace", "one.r0.c0", cwd=small)
    assert "y ~ x + z | province + year" in traced.stdout
    assert "Lineage(" not in traced.stdout
    assert json.loads(cli("trace", "one.r0.c0", "--json", cwd=small).stdout)["rows"] == 248
    half = cli("trace", "x", "Beijing", cwd=small)
    assert half.returncode == 2
    assert "year is missing" in half.stderr
    assert "VARIABLE UNIT YEAR" in cli("trace", "x", cwd=small).stderr
    lost = cli("table", "one", "--to", "nowhere/one.tex", cwd=small)
    assert lost.returncode == 2
    assert "no such folder" in lost.stderr


DESIGN = """
[variables.policy]
series = "raw.d"
[variables.start]
expression = "first_year(policy)"
[[models]]
id = "staggered"
kind = "callaway_santanna"
formula = "y ~ 1 | province + year"
cohort = "start"
"""


@pytest.fixture
def adopted(small: Path) -> Path:
    """The small study with a column of noughts and ones: the policy of a third of provinces from 2014, of a third from 2016."""
    figures = small / "data/raw/figures.csv"
    lines = figures.read_text("utf-8").splitlines()
    made = [f"{lines[0]},d"]
    for place, line in enumerate(lines[1:]):
        start = (2014, 2016, 9999)[place // 8 % 3]
        made.append(f"{line},{int(int(line.split(',')[1]) >= start)}")
    figures.write_text("\n".join(made) + "\n", "utf-8")
    text = (small / "study.toml").read_text("utf-8").replace('z = "z" }', 'z = "z", d = "d" }')
    (small / "study.toml").write_text(text.replace("[[tables]]", f"{DESIGN}[[tables]]"), "utf-8")
    return small


def test_a_policy_dummy_makes_a_staggered_design(adopted: Path, cli: Any) -> None:
    """The first year of treatment comes from the dummy; another route confirms the effects, and the run says so."""
    told = cli("explain", "study.toml", "staggered", cwd=adopted)
    assert "2014    11" in told.stdout
    assert "2016    10" in told.stdout
    assert "never    10" in told.stdout
    done = cli("run", cwd=adopted)
    assert done.returncode == 0, done.stderr
    checks = json.loads((adopted / "output/small/checks.json").read_text("utf-8"))["checks"]
    route = next(c for c in checks if c["of"] == "staggered" and c["name"] == "second_engine")
    assert route["verdict"] == "holds"
    assert route["value"] <= route["bound"]
    assert "tests['route']" not in route["text"]["en"]


def test_effects_left_out_of_a_staggered_design_are_a_fault_of_the_check(adopted: Path, cli: Any) -> None:
    text = (adopted / "study.toml").read_text("utf-8").replace("y ~ 1 | province + year", "y ~ 1")
    (adopted / "study.toml").write_text(text, "utf-8")
    told = cli("check", "study.toml", cwd=adopted)
    assert told.returncode == 2
    assert "models.staggered.formula" in told.stderr
    assert "y ~ 1 | UNIT + TIME" in told.stderr


def test_explain_says_why_the_panel_is_not_known(adopted: Path, cli: Any) -> None:
    figures = adopted / "data/raw/figures.csv"
    figures.write_text(figures.read_text("utf-8").replace(",d\n", ",dd\n", 1), "utf-8")
    told = cli("explain", "study.toml", "staggered", cwd=adopted)
    assert told.returncode == 0
    assert "not known yet" in told.stdout
    assert "no column 'd'" in told.stdout
