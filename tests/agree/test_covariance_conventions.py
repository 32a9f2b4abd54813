"""What test_models_oracle does not ask of the estimators: transformed rows, clubSandwich and summclust by every engine, other programs.

Tolerance 1e-6, relative: the oracle's own for standard errors and degrees of freedom.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import panelkit.engines
import panelkit.estimators  # noqa: F401
from panelkit.core.errors import EstimationError
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.request import Clustered, DriscollKraay, NeweyWest, Robust
from panelkit.core.variable import Origin, Variable

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
TOLERANCE = 1e-6
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle is in ../shared, which is absent here")

UNITS = {"grunfeld": "firm", "produc": "state", "empluk": "firm", "fatalities": "state"}


def panel(source, case=""):
    d = pd.read_csv(ORACLE / "data" / f"{source}.csv")
    if source == "fatalities":
        d = d.assign(frate=10000 * d.fatal / d["pop"], linc=np.log(d.income))
    if source == "empluk":
        d = d.assign(lemp=np.log(d.emp), lwage=np.log(d.wage), lcap=np.log(d.capital))
    if source == "produc":
        d = d.assign(**{f"l{c}": np.log(d[c]) for c in ("gsp", "pcap", "pc", "emp")})
    if case.endswith("lag"):
        back = d[["firm", "year", "value"]].assign(year=d.year + 1).rename(columns={"value": "lvalue"})
        if case.endswith("gap_lag"):
            d = d[~((d.firm == 3) & d.year.isin([1940, 1941])) & ~((d.firm == 5) & (d.year <= 1938))]
            back = d[["firm", "year", "value"]].assign(year=d.year + 1).rename(columns={"value": "lvalue"})
        d = d.merge(back, on=["firm", "year"])
    d = d.assign(one=1.0)
    unit = UNITS[source]
    names = [c for c in d.select_dtypes("number") if c not in (unit, "year")]
    made = [Variable(name=c, measure="", label=Label(en=c), origin=Origin(how="oracle")) for c in names]
    return Panel.of(d[[unit, "year", *names]], unit=unit, time="year", variables=made)


def fit(rows, formula, covariance, engine="linearmodels", kind="fixed_effects", **fields):
    kind = ESTIMATORS[kind]
    model = kind.spec(id="m", formula=formula, covariance=covariance, **fields)
    setting = Setting(engine=ENGINES[engine], defaults=Defaults(), seed=1, resample=False)
    return kind.estimate(model, rows, setting)


def wanted(name):
    return json.loads((ORACLE / "cases" / f"{name}.json").read_text("utf-8"))["result"]


def close(terms, values):
    np.testing.assert_allclose([t.se for t in terms], list(values), rtol=TOLERANCE, atol=0)


TRANSFORMED = {
    "grunfeld_swar": ("grunfeld", "random_effects", "inv ~ value + capital"),
    "empluk_unbal_swar": ("empluk", "random_effects", "lemp ~ lwage + lcap"),
    "grunfeld_fd": ("grunfeld", "first_difference", "inv ~ value + capital"),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_random_effects_and_first_differences(name):
    source, kind, formula = TRANSFORMED[name]
    rows, known = panel(source), wanted(name)["se"]
    kinds = {
        "driscoll_kraay_default": DriscollKraay(small_sample="plm_hc0"),
        "newey_west_lag2": NeweyWest(lags=2, small_sample="plm_hc0"),
        "white1_HC3": Robust(variant="hc3", small_sample="plm_hc0"),
        "clubsandwich_CR0": Clustered(variant="cr0", reference="satterthwaite"),
        "clubsandwich_CR2": Clustered(variant="cr2"),
        "clubsandwich_CR3": Clustered(variant="cr3", jackknife_variant="hansen", reference="satterthwaite"),
    }
    for label, covariance in kinds.items():
        if label not in known:
            continue
        if label == "clubsandwich_CR2" and kind == "random_effects":
            with pytest.raises(EstimationError, match="which root"):
                fit(rows, formula, covariance, kind=kind)
            continue
        made = fit(rows, formula, covariance, kind=kind)
        close(made.terms, known[label]["se"].values())
        if label.startswith("clubsandwich"):
            theirs = list(known[label]["df_satterthwaite"].values())
            np.testing.assert_allclose([t.df for t in made.terms], theirs, rtol=TOLERANCE, atol=0)


FATAL = {
    "cr2_fatalities_dummies": ("frate ~ beertax + unemp + linc | state + year", {}),
    "cr2_fatalities_pooled": ("frate ~ beertax + unemp + linc", {}),
    "cr2_fatalities_weighted": ("frate ~ beertax + unemp", {"weights": "pop"}),
}


@pytest.mark.parametrize("name", FATAL)
@pytest.mark.parametrize("engine", ["pyfixest", "linearmodels", "dense"])
def test_clubsandwich_by_every_engine(name, engine):
    formula, fields = FATAL[name]
    known, rows = wanted(name), panel("fatalities")
    for kind, covariance in {
        "CR0": Clustered(variant="cr0", reference="satterthwaite"),
        "CR1S": Clustered(small_sample="sandwich", reference="satterthwaite"),
        "CR2": Clustered(variant="cr2"),
        "CR3": Clustered(variant="cr3", jackknife_variant="hansen", reference="satterthwaite"),
    }.items():
        if kind not in known:
            continue
        made = fit(rows, formula, covariance, engine, **fields)
        names = [{"linc": "log(income)", "(constant)": "(Intercept)"}.get(t.name, t.name) for t in made.terms]
        close(made.terms, [known[kind]["se"][n] for n in names])
        theirs = [known[kind]["df_satterthwaite"][n] for n in names]
        np.testing.assert_allclose([t.df for t in made.terms], theirs, rtol=TOLERANCE, atol=0)


def test_jackknife_of_summclust_by_every_engine():
    known = wanted("cv3_jackknife_fatalities")["se"]["CV3J"]
    for engine in ("pyfixest", "linearmodels", "dense"):
        made = fit(
            panel("fatalities"), "frate ~ beertax + unemp + linc | state + year", Clustered(variant="cr3"), engine
        )
        close(made.terms, [known[v] for v in ("beertax", "unemp", "log(income)")])


def test_survey_of_libraries():
    """Numbers of LIBRARIES.md on Grunfeld with firm effects: pyfixest's, MNW's and Hansen's jackknife, plm's Driscoll-Kraay."""
    rows, formula = panel("grunfeld"), "inv ~ value + capital | firm"
    for variant, values in {
        "pyfixest": (0.03807, 0.15525),
        "hansen": (0.03594, 0.14654),
        "mnw": (0.03409, 0.13902),
    }.items():
        made = fit(rows, formula, Clustered(variant="cr3", jackknife_variant=variant))
        np.testing.assert_allclose([t.se for t in made.terms], values, rtol=2e-4)
    made = fit(rows, formula, DriscollKraay(lags=2, small_sample="linearmodels", reference="t"))
    raw = fit(rows, formula, DriscollKraay(lags=2, small_sample="plm_hc0"))
    # linearmodels multiplies by T/(T-1) and, debiased, by N/(N-K): B6 prints the first for debiased=False
    assert raw.terms[0].se == pytest.approx(0.0176860, rel=1e-5)
    assert made.terms[0].se / np.sqrt(200 / 188) == pytest.approx(0.0181455, rel=1e-5)
