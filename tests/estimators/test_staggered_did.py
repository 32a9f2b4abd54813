"""Staggered difference-in-differences as a model: R's numbers through the estimator, routes, and what the sample leaves out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.codec import from_json, to_json
from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.request import Clustered, WildBootstrap

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
FORMULA = "y ~ 1 | province + year"
METHODS = ("callaway_santanna", "sun_abraham", "imputation", "gardner", "extended_two_way")


def simulated(never: int = 10, seed: int = 0, noise: float = 1.0) -> pd.DataFrame:
    """40 provinces, 2010-2017; cohorts 2012, 2014, 2016; the effect is 1 + years since treatment."""
    rng = np.random.default_rng(seed)
    rows = [(f"{i:02d}", t) for i in range(40) for t in range(2010, 2018)]
    made = pd.DataFrame(rows, columns=["province", "year"])
    unit = made.province.astype(int).to_numpy()
    made["cohort"] = np.where(unit < never, 0.0, 2012.0 + 2 * (unit % 3))
    since = made.year - made.cohort
    made["effect"] = np.where((made.cohort > 0) & (since >= 0), 1 + since, 0.0)
    made["x"] = rng.normal(size=len(made))
    made["w"] = 1.0 + unit % 3
    made["pair"] = (unit // 2).astype(str)
    made["region"] = (made.year % 2).astype(str)
    made["y"] = made.effect + rng.normal(size=40)[unit] + 0.3 * (made.year - 2010) + noise * rng.normal(size=len(made))
    return made


@pytest.fixture(scope="module")
def did(run, make):
    def build(frame=None, **fields):
        data = simulated() if frame is None else frame
        fields = {"formula": FORMULA, "cohort": "cohort", "engine": "pyfixest", **fields}
        return run("staggered_did", make(data, categories=("pair", "region")), **fields)

    return build


def told(name):
    path = ORACLE / "cases" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the frozen R numbers are not at {ORACLE}")
    return json.loads(path.read_text("utf-8"))["result"]


def one(value):
    return float(np.ravel(value)[0])


def mpdta(run, make, formula="lemp ~ 1 | county + year", **fields):
    d = pd.read_csv(ORACLE / "data" / "mpdta.csv").rename(columns={"countyreal": "county", "first.treat": "cohort"})
    d["county"] = d.county.astype(str)
    panel = make(d.drop(columns="treat"), unit="county")
    return run("staggered_did", panel, engine="pyfixest", formula=formula, cohort="cohort", **fields)


# ---------------------------------------------------------------- against R


def test_callaway_santanna_of_mpdta(run, make):
    known = told("did_mpdta_never_nocov")
    made = mpdta(run, make)
    assert made.term("att").estimate == pytest.approx(-0.0399513, abs=1e-7)
    assert made.term("att").se == pytest.approx(0.0120340, abs=1e-7)
    for term, how in (("att", "simple"), ("att_dynamic", "dynamic"), ("att_calendar", "calendar")):
        assert made.term(term).estimate == pytest.approx(one(known[how]["overall_att"]), rel=1e-9)
        assert made.term(term).se == pytest.approx(one(known[how]["overall_se"]), rel=1e-6)
    assert made.term("att_group").estimate == pytest.approx(one(known["group"]["overall_att"]), rel=1e-9)
    assert made.term("att_group").se == pytest.approx(0.0124461, abs=1e-7)  # R 2.1.2 has the shares of other cohorts
    for curve, how in (("event_time", "dynamic"), ("cohort", "group"), ("calendar", "calendar")):
        assert [e.at for e in made.curves[curve]] == known[how]["egt"]
        assert [e.estimate for e in made.curves[curve]] == pytest.approx(known[how]["att_egt"], rel=1e-9)
        assert [e.se for e in made.curves[curve]] == pytest.approx(known[how]["se_egt"], rel=1e-6)
    test = made.tests["pre_trends"]
    assert test["statistic"] * test["df1"] == pytest.approx(one(known["wald_pretest"]["values"]), rel=1e-6)
    assert made.tests["route"]["difference"] < 1e-12
    assert made.confirmation == "route"
    assert np.sqrt(np.diag(made.covariance_matrix)) == pytest.approx([t.se for t in made.terms])


@pytest.mark.parametrize("adjustment", ["dr", "reg", "ipw"])
@pytest.mark.parametrize("control", ["never", "notyet"])
def test_covariates_that_never_change(run, make, adjustment, control):
    known = told(f"did_mpdta_{control}treated_{adjustment}_x")["simple"]
    made = mpdta(run, make, "lemp ~ lpop | county + year", control=control, adjustment=adjustment)
    assert made.term("att").estimate == pytest.approx(one(known["overall_att"]), rel=1e-8)
    assert made.term("att").se == pytest.approx(one(known["overall_se"]), rel=1e-6)
    assert made.tests["route"]["difference"] < 1e-12
    assert made.confirmation == "route"


@pytest.mark.parametrize("weights", ["", "w"])
@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"method": "callaway_santanna", "adjustment": a, "control": c}
            for a in ("dr", "reg", "ipw")
            for c in ("never", "notyet")
        ),
        {"method": "sun_abraham"},
        {"method": "sun_abraham", "anticipation": 1},
        {"method": "imputation"},
        {"method": "imputation", "anticipation": 1},
        {"method": "gardner", "before": "means"},
        {"method": "extended_two_way"},
        {"method": "extended_two_way", "control": "never"},
    ],
    ids=lambda f: "-".join(map(str, f.values())),
)
def test_every_cell_with_covariates_is_confirmed_by_another_route(did, fields, holes, weights):
    frame = simulated()
    frame["y"] += frame.x * (1 + 0.3 * (frame.year - 2010))
    if holes:
        frame = frame[np.random.default_rng(1).random(len(frame)) > 0.08]
        fields = {**fields, "unbalanced": "allow"} if fields["method"] == "callaway_santanna" else fields
    made = did(frame, formula="y ~ x | province + year", weights=weights, **fields)
    assert made.confirmation == "route"
    assert made.tests["route"]["difference"] < 1e-11
    assert any("agree with the" in n for n in made.notes)


def test_effects_by_region_and_time_are_confirmed_too(did):
    frame = simulated()
    frame["region"] = (frame.province.astype(int) % 2).astype(str)
    made = did(frame, formula="y ~ x | province + region^year", method="imputation")
    assert made.tests["route"]["difference"] < 1e-11


@pytest.mark.parametrize("method", ["sun_abraham", "extended_two_way"])
def test_years_with_gaps_are_read_against_the_last_period_before(did, method):
    frame = simulated()
    frame = frame[frame.year.isin([2010, 2011, 2012, 2014, 2017])]
    fields = {"control": "never"} if method == "extended_two_way" else {}
    made = did(frame, method=method, **fields)
    long = did(frame, method="callaway_santanna", base="universal")
    assert made.term("att").estimate == pytest.approx(long.term("att").estimate, rel=1e-10)
    assert made.tests["route"]["difference"] < 1e-11
    said = next(n for n in made.notes if n.startswith("No row at event time -1"))
    assert "cohort 2014: 2012" in said
    assert "cohort 2012" not in said


def test_a_route_that_does_not_agree_says_so():
    from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
    from panelkit.numerics.did_route import covariate_cells
    from panelkit.numerics.staggered_panel import staggered_panel

    d = simulated()
    codes = d.province.astype(int).to_numpy()
    first = d.cohort.where(d.cohort > 0, np.inf).to_numpy()
    panel = staggered_panel(d.y.to_numpy(), codes, d.year.to_numpy(float), first, d[["x"]].to_numpy())
    effects = callaway_santanna(panel, CallawayPlan(method="reg"))
    assert np.abs(covariate_cells(panel, CallawayPlan(method="reg"), effects) - effects.att).max() < 1e-12
    assert np.abs(covariate_cells(panel, CallawayPlan(method="ipw"), effects) - effects.att).max() > 1e-3


def test_sun_abraham_of_the_fixest_data(run, make):
    known = told("fx_sunab_agg")["att"]
    d = pd.read_csv(ORACLE / "data" / "base_stagg.csv")
    d["id"] = d["id"].astype(str)
    d["cohort"] = d.year_treated.where(d.year_treated < 10000, 0)
    panel = make(d[["id", "year", "cohort", "x1", "y"]], unit="id")
    fields = {"formula": "y ~ x1 | id + year", "cohort": "cohort", "method": "sun_abraham", "engine": "pyfixest"}
    made = run("staggered_did", panel, **fields)
    assert made.term("att").estimate == pytest.approx(known["coef"]["ATT"], rel=1e-7)
    assert made.term("att").se == pytest.approx(known["se"]["ATT"], rel=1e-6)
    assert (made.covariance.variant, made.covariance.small_sample) == ("cr1", "fixest")


# ---------------------------------------------------------------- on data whose effects are known


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_effects_and_two_way_does_not(did, method):
    frame = simulated(noise=0.01)
    made = did(frame, method=method)
    truth = frame.effect[frame.effect > 0].mean()
    assert made.term("att").estimate == pytest.approx(truth, abs=0.02)
    assert abs(made.fit.extra["two_way"] - truth) > 0.3
    after = {e.at: e.estimate for e in made.curves["event_time"]}
    assert all(after[e] == pytest.approx(1 + e if e >= 0 else 0, abs=0.03) for e in after)
    assert min(after) < -1
    assert made.tests["route"]["difference"] < 1e-9
    assert made.tests["pre_trends"]["p"] > 0.001
    assert to_json(from_json(Estimate, to_json(made))) == to_json(made)


def test_bands_hold_the_whole_curve_and_repeat_themselves(did):
    made, again = did(resample=True), did(resample=True)
    assert made.resampled == again.resampled
    assert {"att", "event_time at 0", "cohort at 2012", "calendar at 2015"} <= {r.term for r in made.resampled}
    wide = {r.term: r.high - r.low for r in made.resampled}
    narrow = {f"event_time at {e.at:g}": e.high - e.low for e in made.curves["event_time"]}
    assert np.mean([wide[k] / narrow[k] for k in narrow]) > 1.2
    assert not did(resample=True, draws=0).resampled
    assert not did().resampled


def test_universal_base_window_weights_clusters_anticipation(did):
    made = did(base="universal", window=(-3, 2))
    assert [e.at for e in made.curves["event_time"]] == [-3, -2, -1, 0, 1, 2]
    assert (made.curves["event_time"][2].estimate, made.curves["event_time"][2].se) == (0.0, 0.0)
    assert did(weights="w").term("att").estimate != did().term("att").estimate
    wide = did(cluster="pair")
    assert wide.sample.clusters == {"pair": 20}
    assert wide.covariance == Clustered(by=("pair",), variant="cr0", small_sample="none", reference="normal")
    assert wide.term("att").estimate == did().term("att").estimate
    assert wide.term("att").se != did().term("att").se
    assert did(anticipation=1).term("att").estimate != did().term("att").estimate


# ---------------------------------------------------------------- the sample


@pytest.mark.parametrize("method", METHODS)
def test_years_without_an_untreated_unit_leave_and_are_counted(did, method):
    frame = simulated(never=0)
    made = did(frame, method=method)
    assert made.sample.last == 2015
    assert [(d.rows, d.why) for d in made.sample.dropped] == [
        (80, "no unit is untreated in 2016, 2017: no effect is identified there")
    ]
    assert made.fit.extra["cells_not_identified"] == 6
    assert made.fit.extra["never_treated"] == 0
    assert made.fit.extra["not_yet_treated"] == 13
    assert any("6 cohort-period cells" in n for n in made.notes)


def test_every_row_that_leaves_is_counted(did):
    frame = simulated()
    frame.loc[frame.province == "01", "cohort"] = 2010.0
    frame.loc[(frame.province == "05") & (frame.year == 2013), "y"] = np.nan
    made = did(frame, exclude={"07": "a test"})
    assert [d.rows for d in made.sample.dropped] == [8, 1, 8, 7]
    assert sum(d.rows for d in made.sample.dropped) + made.sample.rows == len(frame)
    assert len(made.sample.positions) == made.sample.rows
    assert not {"01", "05", "07"} & set(frame.province.to_numpy()[made.sample.positions])
    assert did(frame, unbalanced="allow").sample.units == 39
    missing = simulated().assign(cohort=lambda d: d.cohort.where(d.cohort > 0))
    assert did(missing).term("att") == did().term("att")


def test_two_treated_clusters_have_no_error(did):
    frame = simulated()
    frame.loc[~frame.province.isin(["00", "11", "12"]), "cohort"] = 0.0
    made = did(frame, resample=True)
    assert np.isfinite(made.term("att").estimate)
    assert np.isnan(made.term("att").se)
    assert np.isnan([e.se for e in made.curves["event_time"]]).all()
    assert not made.resampled
    assert "pre_trends" not in made.tests


def test_many_cells_and_few_clusters_are_tested_by_event_time(did):
    made = [did(simulated(seed=s)) for s in range(20)]
    test = made[0].tests["pre_trends"]
    assert (test["df1"], test["df2"]) == (5.0, 39.0)
    assert sum(m.tests["pre_trends"]["p"] < 0.05 for m in made) <= 4
    assert any("too many for 40 clusters" in n for n in made[0].notes)


def test_a_cohort_of_one_unit_has_no_error_of_its_own(did):
    frame = simulated()
    frame.loc[(frame.cohort == 2012) & (frame.province != "12"), "cohort"] = 0.0
    made = did(frame, resample=True)
    by_cohort = {e.at: e for e in made.curves["cohort"]}
    assert np.isnan(by_cohort[2012].se)
    assert by_cohort[2014].se > 0
    assert by_cohort[2012].rows == 1
    assert any("Cohorts of one or two units (2012)" in n for n in made.notes)
    assert "cohort at 2012" not in {r.term for r in made.resampled}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"cohort": "cohrt"}, "no variable"),
        ({"cohort": "pair"}, "category"),
        ({"cohort": "effect"}, "not a whole year|changes within"),
        ({"formula": "y ~ 1 | province"}, "has the effects"),
        ({"formula": "y ~ 1 | province + year | x ~ w"}, "instruments"),
        ({"method": "imputation", "control": "never"}, "compares with"),
        ({"method": "gardner", "base": "universal"}, "a choice of callaway_santanna"),
        ({"method": "imputation", "anticipation": -1}, "below zero"),
        ({"window": (1, 3)}, "leaves event time 0 out"),
        ({"draws": 9}, "99 draws"),
        ({"inference": WildBootstrap()}, "multiplier bootstrap"),
        ({"covariance": Clustered(variant="cr3")}, "sums of influence"),
        ({"cluster": "region"}, "constant in a unit"),
        ({"years": (2010, 2011)}, "no treated row"),
        ({"weights": "w", "weight_kind": "frequency"}, "frequency weights"),
    ],
)
def test_it_refuses_in_words(did, fields, what):
    with pytest.raises(EstimationError, match=what) as told_:
        did(**fields)
    assert all(f.mend for f in told_.value.faults)


def test_a_second_engine_is_not_said_to_confirm(did):
    with pytest.raises(EngineRefusedError, match="no engine has staggered effects"):
        did(engine="linearmodels")
