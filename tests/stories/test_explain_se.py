"""Why is my standard error not Stata's: `panelkit explain STUDY MODEL --se`, as a user types it."""

from __future__ import annotations

import json
import math


def test_every_convention_side_by_side(cli, small):
    study = small / "study.toml"
    done = cli("explain", study, "main", "--se")
    assert done.returncode == 0, done.stderr
    assert "G/(G-1) x (N-1)/(N-K) = 31/30 x 247/238, K = 10 = 2 slopes + 1 + (8 - 1) year" in done.stdout
    for program in ("reghdfe", "xtreg, fe", "areg", "fixest", "vcovHC", "clubSandwich", "linearmodels", "statsmodels"):
        assert program in done.stdout
    found = json.loads(cli("explain", study, "main", "--se", "--json").stdout)
    lines = {line["name"]: line for line in found["lines"]}
    assert found["terms"] == ["x", "z"]
    assert len(lines) >= 30
    assert lines["this model"]["se"] == lines["CR3, mnw"]["se"]
    ratio = lines["CR1, fixest"]["se"]["x"] / lines["CR0"]["se"]["x"]
    assert math.isclose(ratio, math.sqrt(31 / 30 * 247 / 238), rel_tol=1e-12)
    assert lines["CR2"]["df"]["x"] < 30 == lines["CR1, fixest"]["df"]["x"]
    assert all(line["se"] for line in lines.values())
    assert all(line["programs"] and line["formula"] for line in lines.values())


def test_conley_where_there_are_coordinates(cli, small):
    study = small / "study.toml"
    facts = "".join(
        f'[variables.{f}]\nderive = "province_fact"\nwith = {{ fact = "{f}" }}\n' for f in ("latitude", "longitude")
    )
    conley = 'covariance = { kind = "conley", cutoff_km = 800.0, lags = 1 }\n'
    text = (
        study.read_text("utf-8")
        .replace("[[models]]", f"{facts}[[models]]")
        .replace("[[tables]]", f"{conley}[[tables]]")
    )
    study.write_text(text, "utf-8")
    found = json.loads(cli("explain", study, "main", "--se", "--json").stdout)
    assert {"Conley, no factor", "Conley, fixest"} <= {line["name"] for line in found["lines"]}
    done = cli("run", study, "--output", small / "out")
    assert done.returncode == 0, done.stderr
    assert "Conley" in (small / "out" / "small" / "report.html").read_text("utf-8")


def test_explain_says_which_errors_and_why(cli, small):
    study = small / "study.toml"
    said = cli("explain", study, "main").stdout
    assert "248 rows, 31 clusters of province" in said
    assert "by default, since 31 is fewer than 50" in said
    assert "wild cluster bootstrap" in said
    wrong = cli("explain", study, "mian", "--se")
    assert wrong.returncode == 2
    assert "did you mean 'main'" in wrong.stderr
    (small / "data" / "raw" / "figures.csv").unlink()
    assert "not known yet" in cli("explain", study, "main").stdout
