"""The estimators, end to end, against fixest 0.14.2: coefficients, every standard-error convention, degrees of freedom, fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.estimation import Defaults, Setting
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.request import Classical, Clustered, Robust
from panelkit.numerics.sandwich import cv3

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle is in ../shared, which is absent here")

CASES = {
    "fx_grunfeld_ols": ("grunfeld", "firm", "inv ~ value + capital", {}),
    "fx_grunfeld_fe": ("grunfeld", "firm", "inv ~ value + capital | firm", {}),
    "fx_grunfeld_twfe": ("grunfeld", "firm", "inv ~ value + capital | firm + year", {}),
    "fx_grunfeld_interact_fe": ("grunfeld", "firm", "inv ~ value + capital | firm + year", {}),
    "fx_grunfeld_trend": ("grunfeld", "firm", "inv ~ value + capital | firm[year]", {}),
    "fx_grunfeld_weighted": ("grunfeld", "firm", "inv ~ value + capital | firm", {"weights": "w"}),
    "fx_grunfeld_collinear": (
        "grunfeld",
        "firm",
        "inv ~ value + capital + vc + firmsize | firm",
        {"collinear": "drop"},
    ),
    "fx_grunfeld_singleton_none": ("grunfeld", "firm", "inv ~ value + capital | firm + year", {"singletons": "keep"}),
    "fx_grunfeld_singleton_singletons": ("grunfeld", "firm", "inv ~ value + capital | firm + year", {}),
    "fx_empluk_unbal": ("empluk", "firm", "lemp ~ lwage + lcap | firm + year", {}),
    "fx_empluk_sector_year": ("empluk", "firm", "lemp ~ lwage + lcap | firm + sector^year", {}),
    "fx_fatalities_twfe": (
        "fatalities",
        "state",
        "frate ~ beertax + drinkage + jail + service + miles + unemp + linc | state + year",
        {},
    ),
    "fx_fatalities_popweight": (
        "fatalities",
        "state",
        "frate ~ beertax + unemp + linc | state + year",
        {"weights": "pop"},
    ),
}
REDUNDANT = {
    "fx_empluk_sector_year"
}  # fixest's K.fixef='full' counts redundant levels; 'sandwich' counts independent dummies
NAMES = {"lwage": "log(wage)", "lcap": "log(capital)", "linc": "log(income)"}


def covariances(known: dict) -> dict[str, object]:
    first, second = known["spec"]["cluster"], known["spec"]["cluster2"]
    both = (first, second)
    return {
        "iid": Classical(),
        "HC1": Robust(),
        "HC0": Robust(variant="hc0"),
        f"cluster_{first}": Clustered(by=(first,)),
        f"cluster_{first}_Kfull": Clustered(by=(first,), small_sample="sandwich"),
        f"cluster_{first}_Knone": Clustered(by=(first,), small_sample="plm_sss"),
        f"cluster_{first}_noadj": Clustered(by=(first,), variant="cr0"),
        f"cluster_{second}": Clustered(by=(second,)),
        "twoway": Clustered(by=both),
        "twoway_Gconv": Clustered(by=both, groups="own"),
        "twoway_noadj": Clustered(by=both, variant="cr0"),
        "twoway_Kfull": Clustered(by=both, small_sample="sandwich", groups="min"),
    }


def rows(name: str, source: str) -> pd.DataFrame:
    frame = pd.read_csv(ORACLE / "data" / f"{source}.csv")
    if source == "grunfeld":
        frame = frame.assign(vc=frame.value + 2 * frame.capital, firmsize=10 * frame.firm, w=1 + frame.year % 5)
        if "singleton" in name:
            frame = frame[(frame.firm != 10) | (frame.year == 1940)]
    elif source == "empluk":
        frame = frame.assign(lemp=np.log(frame.emp), lwage=np.log(frame.wage), lcap=np.log(frame.capital))
    else:
        frame = frame.assign(frate=10000 * frame.fatal / frame["pop"], linc=np.log(frame.income))
    return frame.select_dtypes("number").assign(**{c: frame[c] for c in ("firm", "state") if c in frame})


@pytest.mark.parametrize("name", CASES)
def test_fixest_case(name, make, run):
    source, unit, formula, fields = CASES[name]
    known = json.loads((ORACLE / "cases" / f"{name}.json").read_text("utf-8"))
    result = known["result"]
    panel = make(rows(name, source), unit=unit)
    compared = 0
    for kind, covariance in covariances(known).items():
        if kind not in result["se"] or (kind.endswith("Kfull") and name in REDUNDANT):
            continue
        made = run("fixed_effects", panel, formula=formula, covariance=covariance, **fields)
        wanted = result["se"][kind]
        for term in made.terms:
            theirs = "(Intercept)" if term.name == "(constant)" else NAMES.get(term.name, term.name)
            assert term.estimate == pytest.approx(result["coef"][theirs], rel=1e-8), (kind, theirs)
            assert term.se == pytest.approx(wanted["se"][theirs], rel=1e-6), (kind, theirs)
            if "Knone" not in kind:
                assert term.df == wanted["df_t"], kind
                assert term.p == pytest.approx(wanted["p"][theirs], rel=1e-5, abs=1e-10), (kind, theirs)
        compared += 1
    assert compared >= 7
    assert made.sample.rows == result["nobs"]
    assert made.fit.r2 == pytest.approx(result["r2"]["r2"], rel=1e-8)
    if name in REDUNDANT:
        return
    assert made.fit.r2_adjusted == pytest.approx(result["r2"]["adj_r2"], rel=1e-8)
    if "within_r2" in result["r2"] and result["r2"]["within_r2"] is not None:
        assert made.fit.r2_within == pytest.approx(result["r2"]["within_r2"], rel=1e-8)


def test_cluster_jackknife_of_fatalities(make):
    """The estimates without each state, and leverage, of summclust and its CV3J (there MNW's own: about the estimate)."""
    known = json.loads((ORACLE / "cases" / "cv3_jackknife_fatalities.json").read_text("utf-8"))["result"]
    kind = ESTIMATORS["fixed_effects"]
    model = kind.spec(id="m", formula="frate ~ beertax + unemp + linc | state + year")
    setting = Setting(engine=ENGINES["linearmodels"], defaults=Defaults(), seed=1)
    left = kind.prepare(model, make(rows("cv3", "fatalities"), unit="state"), setting).leave_out()
    states = np.argsort(known["beta_jack"]["cols"])
    np.testing.assert_allclose(left.replicates[:, :2].T, np.array(known["beta_jack"]["values"])[:, states], rtol=1e-8)
    np.testing.assert_allclose(left.leverage + 1, np.array(known["leverage"])[states], rtol=1e-8)  # + 1: its own effect
    se = np.sqrt(np.diag(cv3(left, "mnw")))
    np.testing.assert_allclose(se, [known["se"]["CV3J"][v] for v in ("beertax", "unemp", "log(income)")], rtol=1e-6)
