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
