"""Staggered triple differences with covariates, beside another program's numbers frozen in golden/triple (see make.py there)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracle_did import fit

import panelkit.engines  # noqa: F401  registers them
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES
from panelkit.core.variable import Origin, Variable

HERE = Path(__file__).resolve().parents[1] / "golden" / "triple"
KNOWN = json.loads((HERE / "diff_diff.json").read_text("utf-8"))["cases"]
CASES = {
    "plain": ("1", {}, 1.0),
    # the program takes its weights' covariance about the mean, with N - 1: its errors where two cohorts are weighed are larger so much
    "plain_notyet": ("1", {"control": "notyet", "combine": "precision"}, np.sqrt(360 / 359)),
    "reg": ("x", {"adjustment": "reg"}, 1.0),
    "ipw": ("x", {"adjustment": "ipw"}, 1.0),
    "dr": ("x", {"adjustment": "dr"}, 1.0),
}


@pytest.fixture(scope="module")
def panel() -> Panel:
    d = pd.read_csv(HERE / "staggered.csv")
    d["unit"] = d.place + " ^ " + d.group
    made = [
        Variable(
            name=str(c),
            measure="",
            label=Label(en=str(c)),
            origin=Origin(how="drawn"),
            kind="category" if c in ("place", "group") else "number",
        )
        for c in d.columns
        if c not in ("unit", "year")
    ]
    return Panel.of(d, unit="unit", time="year", variables=made, parts=("place", "group"))


@pytest.mark.parametrize("case", CASES)
def test_the_numbers_of_another_program(panel, case):
    right, fields, scale = CASES[case]
    formula = f"y ~ {right} | place^group + place^year + group^year"
    made = fit(
        "staggered_triple_difference", panel, ENGINES["pyfixest"], formula, eligible="on", cluster="unit", **fields
    )
    told = KNOWN[case]
    cells = {f"{c.cohort:.0f},{c.period:.0f}": c for c in made.cells}
    assert set(cells) == set(told["cells"])
    for at, (b, se) in told["cells"].items():
        cohort, period = map(int, at.split(","))
        weighed = (
            period < {2013: 2015, 2015: 2013}[cohort]
        )  # the other cohort is not treated yet and stands beside the never treated
        assert cells[at].estimate == pytest.approx(b, abs=1e-12)
        assert cells[at].se * (scale if weighed else 1.0) == pytest.approx(se, rel=1e-10)
    assert made.term("att").estimate == pytest.approx(told["att"][0], rel=1e-10)
    assert made.term("att").se == pytest.approx(told["att"][1], rel=1e-10)
    if fields.get("combine") != "precision":
        assert made.tests["route"]["difference"] < 1e-12
    else:
        assert any("weights by precision" in n for n in made.notes)


def test_covariates_matter_here(panel):
    by = [KNOWN[c]["att"][0] for c in ("plain", "dr")]
    assert abs(by[0] - by[1]) > 0.01


def test_every_frozen_case_is_compared():
    assert set(CASES) == set(KNOWN)
