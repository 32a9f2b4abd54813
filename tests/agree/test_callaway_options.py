"""Callaway-Sant'Anna under options that the oracle has not, as a model, beside the numbers of another program frozen in golden/csdid."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracle_did import fit, panel_of

import panelkit.engines  # noqa: F401  registers them
from panelkit.core.registry import ENGINES

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "oracle" / "data" / "mpdta.csv"
KNOWN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "csdid" / "mpdta_options.json").read_text("utf-8"))
pytestmark = pytest.mark.skipif(not SHARED.is_file(), reason=f"mpdta is not at {SHARED}")
SECTIONS = {"sampling": "cross_sections"}
CASES = {
    "weights": ("whole", "1", {"weights": "w"}),
    "weights_time": ("whole", "1", {"weights": "wt"}),
    "weights_x": ("whole", "lpop", {"weights": "w"}),
    "sections": ("sections", "1", SECTIONS),
    "sections_x": ("sections", "lpop", SECTIONS),
    "sections_weights": ("sections", "1", {**SECTIONS, "weights": "wt"}),
    "sections_reg": ("sections", "lpop", {**SECTIONS, "adjustment": "reg"}),
    "sections_ipw": ("sections", "lpop", {**SECTIONS, "adjustment": "ipw"}),
    "unbalanced": ("gaps", "1", {"unbalanced": "allow"}),
    "unbalanced_x": ("gaps", "lpop", {"unbalanced": "allow"}),
    "anticipation": ("whole", "lpop", {"anticipation": 1, "control": "notyet"}),
    "anticipation_never": ("whole", "1", {"anticipation": 1}),
    "notyet_universal": ("whole", "1", {"control": "notyet", "base": "universal"}),
}

LATE_KNOWN = json.loads(
    (Path(__file__).resolve().parents[1] / "golden" / "csdid" / "late_cohorts.json").read_text("utf-8")
)["cases"]
LATE = {
    "anticipation_never": (range(1, 9), {"control": "never", "anticipation": 1}),
    "anticipation_notyet": (range(1, 9), {"control": "notyet", "anticipation": 1}),
    "universal_two": (range(1, 9), {"control": "notyet", "anticipation": 2, "base": "universal"}),
    "gap_years": ((1, 2, 4, 5, 8), {"control": "notyet"}),
}


def rows(which: str) -> pd.DataFrame:
    d = pd.read_csv(SHARED).rename(columns={"first.treat": "cohort", "countyreal": "id"}).drop(columns="treat")
    d["w"], d["wt"] = 1.0 + d["id"] % 3, 1.0 + (d["id"] + d["year"]) % 4
    stream = np.random.default_rng(0)
    gaps = d[stream.random(len(d)) > 0.08]
    sections = d.assign(id=np.arange(len(d)))[stream.random(len(d)) < 0.7]
    made = {"whole": d, "gaps": gaps, "sections": sections}[which]
    return made.assign(id=made["id"].map("{:06d}".format))


@pytest.mark.parametrize("case", CASES)
def test_the_numbers_of_another_program(case):
    which, right, fields = CASES[case]
    told = KNOWN["cases"][case]
    effects = "cohort + year" if which == "sections" else "id + year"
    made = fit(
        "callaway_santanna",
        panel_of(rows(which), "id", "year"),
        ENGINES["pyfixest"],
        f"lemp ~ {right} | {effects}",
        **fields,
    )
    cells = {(c.cohort, c.period): c for c in made.cells}
    assert len(cells) == len(told["g"])
    for g, t, b, se in zip(told["g"], told["t"], told["att"], told["se"], strict=True):
        cell = cells[g, t]
        assert cell.estimate == pytest.approx(b, abs=1e-11)
        if se is not None:
            assert cell.se == pytest.approx(se, rel=1e-9)
    for term, how in (("att", "simple"), ("att_dynamic", "dynamic")):
        assert made.term(term).estimate == pytest.approx(told[how][0], rel=1e-9)
        assert made.term(term).se == pytest.approx(told[how][1], rel=1e-9)
    if right == "1":
        assert made.tests["route"]["difference"] < 1e-12


def test_every_frozen_case_is_compared():
    assert set(CASES) == set(KNOWN["cases"])
    assert set(LATE) == set(LATE_KNOWN)


@pytest.mark.parametrize("case", LATE)
def test_cohorts_after_the_last_year_and_years_with_gaps(case):
    """golden/csdid/make_late.py: with anticipation a cohort that may respond within the sample is no never treated one."""
    years, fields = LATE[case]
    told = LATE_KNOWN[case]
    d = pd.read_csv(SHARED.parent / "base_stagg.csv")
    d["cohort"] = d.year_treated.where(d.year_treated < 10000, 0)
    d = d[d.year.isin(years)][["id", "year", "cohort", "y"]]
    made = fit("callaway_santanna", panel_of(d, "id", "year"), ENGINES["pyfixest"], "y ~ 1 | id + year", **fields)
    cells = {(c.cohort, c.period): c for c in made.cells}
    known = [row for row in told["cells"] if row[2] == row[2]]
    assert set(cells) == {(g, t) for g, t, _, _ in known}
    for g, t, b, se in known:
        assert cells[g, t].estimate == pytest.approx(b, abs=1e-11)
        if se and cells[g, t].treated > 2:
            assert cells[g, t].se == pytest.approx(se, rel=1e-9)
    for term, how in (("att", "simple"), ("att_dynamic", "dynamic")):
        assert made.term(term).estimate == pytest.approx(told[how][0], rel=1e-9)
        assert made.term(term).se == pytest.approx(told[how][1], rel=1e-9)
    assert made.tests["route"]["difference"] < 1e-12
