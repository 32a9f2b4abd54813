"""Instrumental, dose, event study and mediation: what each adds, held against the oracle or a calculation by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.codec import from_json, to_json
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.registry import ESTIMATORS
from panelkit.core.request import Clustered, PairsBootstrap, Permutation

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle is in ../shared, which is absent here")
FE = "y ~ dose + x | province + year"


def case(name):
    return json.loads((ORACLE / "cases" / f"{name}.json").read_text("utf-8"))


def data(name):
    return pd.read_csv(ORACLE / "data" / f"{name}.csv")


# ---------------------------------------------------------------- instrumental


@needs_oracle
def test_two_stages_and_first_stage_of_the_cigarettes(make, run):
    frame = data("cigarettessw")
    known = case("iv_cigarettes_fe")["result"]
    frame = frame.assign(
        lp=np.log(frame.packs),
        lr=np.log(frame.price / frame.cpi),
        li=np.log(frame.income / frame.population / frame.cpi),
        tdiff=(frame.taxs - frame.tax) / frame.cpi,
        rtax=frame.tax / frame.cpi,
    )[["state", "year", "lp", "lr", "li", "tdiff", "rtax"]]
    panel = make(frame, unit="state")
    for engine in ("dense", "linearmodels", "pyfixest"):
        made = run(
            "instrumental",
            panel,
            engine=engine,
            formula="lp ~ li | state + year | lr ~ tdiff + rtax",
            covariance=Clustered(),
        )
        assert made.term("lr").estimate == pytest.approx(known["coef"]["fit_log(rprice)"], rel=1e-8)
        assert made.term("lr").se == pytest.approx(known["se"]["cluster"]["se"]["fit_log(rprice)"], rel=1e-6)
        assert made.term("li").se == pytest.approx(known["se"]["cluster"]["se"]["log(rincome)"], rel=1e-6)
    first = known["fitstat_iid"]["ivf1::log(rprice)"]
    got = made.tests["first_stage: lr"]
    assert (got["df1"], got["df2"]) == (first["df1"], first["df2"])
    assert got["statistic"] == pytest.approx(first["stat"], rel=1e-8)
    assert got["p"] == pytest.approx(first["p"], rel=1e-6)
    clustered = known["fitstat_cluster"]["ivwald1::log(rprice)"]["stat"]
    assert made.tests["first_stage_clustered: lr"]["statistic"] == pytest.approx(clustered, rel=1e-6)


def test_the_jackknife_of_two_stages_is_what_refitting_gives(panel, run):
    for formula in (
        "y ~ dose | province + year | x ~ z",
        "y ~ 1 | province | x + dose ~ z + m + one",
        "y ~ dose || x ~ z",
    ):
        formula = formula.replace("||", "|")
        refitted = run("instrumental", panel, engine="dense", formula=formula)
        ours = run("instrumental", panel, engine="linearmodels", formula=formula)
        assert refitted.requests[0].covariance.variant == "cr3"
        for a, b in zip(refitted.terms, ours.terms, strict=True):
            assert b.estimate == pytest.approx(a.estimate, rel=1e-8)
            assert b.se == pytest.approx(a.se, rel=1e-6)


def test_weak_instruments_and_missing_ones_are_said(frame, make, run):
    noise = np.random.default_rng(3).normal(size=len(frame))
    panel = make(frame.assign(noise=noise), categories=("region",))
    made = run("instrumental", panel, formula="y ~ dose | province + year | x ~ noise")
    assert any("weak" in n for n in made.notes)
    assert made.fit.r2 is None
    with pytest.raises(EstimationError, match="no instruments"):
        run("instrumental", panel, formula=FE)
    with pytest.raises(EstimationError, match="'cohort' is constant within province"):
        run("instrumental", panel, formula="y ~ dose | province + year | x ~ cohort")


# ---------------------------------------------------------------- dose


def test_one_treated_cluster_withholds_and_names_permutation(panel, run):
    made = run("dose_did", panel, formula="y ~ one + x | province + year", assignment="units", resample=True)
    one = made.term("one")
    assert np.isnan([one.se, one.p, one.low, one.high]).all()
    assert np.isfinite(made.term("x").se)
    assert any("withheld" in n and "permutation" in n for n in made.notes)
    assert {r.term for r in made.resampled if "wild" in r.method} == {"x"}
    assert {r.term for r in made.resampled if "permutation" in r.method} == {"one"}


def test_permutation_needs_a_declared_assignment(panel, run):
    plain = run("dose_did", panel, formula=FE, resample=True)
    assert not any("permutation" in r.method for r in plain.resampled)
    with pytest.raises(EstimationError, match="declared assignment"):
        run("dose_did", panel, formula=FE, inference=Permutation())
    declared = run("dose_did", panel, formula=FE, assignment="units", inference=Permutation(draws=199), resample=True)
    assert [r.draws for r in declared.resampled] == [199, 199]
    again = run("dose_did", panel, formula=FE, assignment="units", inference=Permutation(draws=199), resample=True)
    assert repr(declared.resampled) == repr(again.resampled)
    strata = run("dose_did", panel, formula=FE, assignment="units", strata="region", resample=True)
    assert any("within region" in r.note for r in strata.resampled)
    with pytest.raises(EstimationError, match="varies within"):
        run("dose_did", panel, formula=FE, assignment="units", strata="year", resample=True)


def test_a_treatment_that_is_no_slope_is_refused(panel, run):
    with pytest.raises(EstimationError, match="no regressor of the formula"):
        run("dose_did", panel, formula=FE, treatment="dsoe")


# ---------------------------------------------------------------- event study


@needs_oracle
def test_event_study_of_base_stagg_is_fixest_with_binned_ends(make, run):
    """By hand: the same dummies through the plain estimator."""
    frame = data("base_stagg")
    frame = frame.assign(cohort=frame.year_treated.where(frame.year_treated < 10_000).astype(float))
    frame["id"] = frame.id.astype(str)
    frame = frame[["id", "year", "y", "cohort"]]
    binned = (frame.year - frame.cohort).clip(-4, 4)
    names = {}
    for at in (-4, -3, -2, 0, 1, 2, 3, 4):
        names[at] = f"e{at}".replace("-", "m")
        frame[names[at]] = (binned == at).astype(float)
    panel = make(frame, unit="id")
    made = run("event_study", panel, formula="y ~ 1 | id + year", cohort="cohort")
    by_hand = run("fixed_effects", panel, formula=f"y ~ {' + '.join(names.values())} | id + year")
    assert [t.estimate for t in made.terms] == pytest.approx([t.estimate for t in by_hand.terms], rel=1e-9)
    curve = made.curves["event_time"]
    assert [e.at for e in curve] == list(range(-4, 5))
    assert curve[3].estimate == 0
    assert curve[0].label == "<=-4"
    assert curve[-1].label == ">=4"
    assert [e.rows for e in curve] == [int((binned == e.at).sum()) for e in curve]
    b = np.array([made.term(f"event_time::{e}").estimate for e in (-4, -3, -2)])
    V = made.covariance_matrix[:3, :3]
    assert made.tests["pre_trends"]["statistic"] == pytest.approx(b @ np.linalg.solve(V, b) / 3, rel=1e-9)


def test_without_untreated_units_ends_are_binned_or_it_is_refused(panel, run):
    fields = {"formula": "y ~ x | province + year", "cohort": "cohort", "window": (-3, 3)}
    made = run("event_study", panel, **fields)
    assert any("No unit is never treated" in n for n in made.notes)
    left = [d for d in made.sample.dropped if d.why.startswith("no unit is untreated in 2022")]
    assert [d.rows for d in left] == [31]
    assert made.sample.last == 2021
    by_hand = run("event_study", panel, **fields, years=(2010, 2021))
    assert [t.estimate for t in made.terms] == [t.estimate for t in by_hand.terms]
    kept = run("event_study", panel, **fields, bare="kept")
    assert kept.sample.last == 2022
    assert any("In 2022 no unit is untreated (31 rows)" in n for n in kept.notes)
    with pytest.raises(EstimationError, match="no unit is untreated in any year with a treated one"):
        run("event_study", panel, **fields, where="cohort == 2018")
    with pytest.raises(EstimationError, match="narrow the") as caught:
        run("event_study", panel, formula="y ~ 1 | province + year", cohort="cohort", window=(-7, 7))
    assert "combination" in str(caught.value)
    dropped = run(
        "event_study", panel, formula="y ~ 1 | province + year", cohort="cohort", window=(-7, 7), collinear="drop"
    )
    assert dropped.dropped_terms == ("event_time::6",)  # 2022 left, and event time 7 with it


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"cohort": "cohrt"}, "there is no variable 'cohrt'"),
        ({"cohort": "region"}, "is a category"),
        ({"cohort": "x"}, "not a whole year"),
        ({"cohort": "weight", "window": (3, -3)}, "do not fit"),
        ({"cohort": "dose"}, "0 for some units|changes within"),
        (
            {"cohort": "cohort", "reference": -7, "window": (-7, 2), "where": "cohort < 2020"},
            "no row has the reference",
        ),
    ],
)
def test_bad_event_studies_are_refused(fields, what, panel, run):
    with pytest.raises(EstimationError, match=what):
        run("event_study", panel, formula="y ~ 1 | province + year", **fields)


# ---------------------------------------------------------------- mediation


@needs_oracle
def test_paths_of_produc_are_those_of_fixest(make, run):
    frame = data("produc")
    frame = frame.assign(
        lgsp=np.log(frame.gsp), lpcap=np.log(frame.pcap), lpc=np.log(frame.pc), lemp=np.log(frame.emp)
    )[["state", "year", "lgsp", "lpcap", "lpc", "lemp", "unemp"]]
    known = case("med_panel_produc")["result"]
    made = run(
        "mediation",
        make(frame, unit="state"),
        formula="lgsp ~ lpcap + lemp + unemp | state + year",
        mediator="lpc",
        covariance=Clustered(),
    )
    got = {t.name: t for t in made.terms}
    assert got["a: lpcap on lpc"].estimate == pytest.approx(known["a"], rel=1e-8)
    assert got["b: lpc on lgsp"].estimate == pytest.approx(known["b"], rel=1e-8)
    assert got["indirect"].estimate == pytest.approx(known["indirect_ab"], rel=1e-8)
    assert got["a: lpcap on lpc"].se == pytest.approx(known["step2_mediator"]["se"]["lpcap"], rel=1e-6)
    assert got["b: lpc on lgsp"].se == pytest.approx(known["step3_outcome"]["se"]["lpc"], rel=1e-6)
    assert got["direct"].se == pytest.approx(known["step3_outcome"]["se"]["lpcap"], rel=1e-6)
    assert got["total"].se == pytest.approx(known["step1_total"]["se"]["lpcap"], rel=1e-6)


def test_mediation_draws_are_refits(frame, make, run):
    """One pairs draw by hand, each copy of a province a province of its own, equals the algebra."""
    from panelkit.core.digest import child_seed
    from panelkit.numerics.permutation import pairs_weights

    panel = make(frame, categories=("region",))
    made = run("mediation", panel, formula=FE, mediator="m", draws=2, resample=True)
    counts = pairs_weights(31, 2, child_seed(7, "mediation"))
    products = []
    for row in counts:
        copies = [
            frame[frame.province == f"{g:02d}"].assign(province=f"{g:02d}-{c}")
            for g in range(31)
            for c in range(row[g])
        ]
        again = run("mediation", make(pd.concat(copies), categories=("region",)), formula=FE, mediator="m")
        products.append(again.term("indirect").estimate)
    assert made.term("indirect").se == pytest.approx(np.std(products, ddof=1), rel=1e-8)


def test_mediation_is_labelled_and_says_what_it_assumes(panel, run):
    made = run("mediation", panel, formula=FE, mediator="m", resample=True)
    indirect = made.term("indirect")
    assert indirect.low < indirect.estimate < indirect.high
    assert [r.method.split(", ")[1] for r in made.resampled] == ["percentile", "bias-corrected and accelerated"]
    assert any("nothing unobserved moves mediator and outcome" in n for n in made.notes)
    assert len(made.requests) == 3
    with pytest.raises(EstimationError, match="cannot be the mediator"):
        run("mediation", panel, formula=FE, mediator="y")


# ---------------------------------------------------------------- every kind


def test_pairs_bootstrap_of_slopes(panel, run):
    made = run("fixed_effects", panel, formula=FE, inference=PairsBootstrap(draws=499), resample=True)
    dose = made.term("dose")
    got = next(r for r in made.resampled if r.term == "dose")
    assert got.low < dose.estimate < got.high
    assert got.statistic == pytest.approx(dose.estimate / dose.se, rel=0.3)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("fixed_effects", {"formula": FE}),
        ("dose_did", {"formula": FE, "assignment": "units"}),
        ("event_study", {"formula": "y ~ x | province + year", "cohort": "cohort", "window": (-3, 3)}),
        ("mediation", {"formula": FE, "mediator": "m"}),
        ("instrumental", {"formula": "y ~ dose | province + year | x ~ z"}),
    ],
)
def test_every_kind_survives_json_explains_itself_and_names_its_columns(kind, fields, panel, run):
    made = run(kind, panel, resample=True, **fields)
    back = from_json(Estimate, json.loads(json.dumps(to_json(made))))
    assert back.terms[0] == made.terms[0]
    assert back.tests == made.tests
    estimator = ESTIMATORS[kind]
    model = estimator.spec(id="m", kind=kind, **fields)
    assert "y = " in estimator.explain(model)
    assert set(estimator.columns(model)) <= set(panel.names)
    assert made.confirmation == estimator.confirmation == "engine"


def test_a_cohort_of_zero_is_never_treated(make, run):
    """0 (csdid, did) and a missing cohort mean the same."""
    draws = np.random.default_rng(3)
    units, years = 12, range(2010, 2018)
    rows = [(f"u{i:02d}", y) for i in range(units) for y in years]
    first = {f"u{i:02d}": (2014.0 if i < 5 else np.nan) for i in range(units)}
    frame = pd.DataFrame(rows, columns=["unit", "year"])
    frame["g"] = frame["unit"].map(first)
    frame["y"] = draws.normal(size=len(frame))
    text = {"kind": "event_study", "formula": "y ~ 1 | unit + year", "cohort": "g", "window": (-3, 2)}
    missing, zero = (
        run(panel=make(frame, unit="unit"), **text),
        run(panel=make(frame.fillna({"g": 0.0}), unit="unit"), **text),
    )
    assert [t.estimate for t in missing.terms] == [t.estimate for t in zero.terms]
