"""Tests of a specification, residuals, instruments, variables: on made-up data whose answer is known, and on a model they do not fit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from panelkit.core.check import Check
from panelkit.core.codec import from_json, to_json
from panelkit.core.errors import EstimationError
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS
from panelkit.core.request import Classical, Clustered, Robust

N, T = 31, 13
CR1 = Clustered(by=("province",))
NEW = (
    "hausman", "mundlak", "poolability", "breusch_pagan", "serial_correlation", "heteroskedasticity",
    "cross_section_dependence", "weak_instruments", "plausibly_exogenous", "overidentification", "endogeneity",
    "collinearity", "reset", "unit_roots", "slope_homogeneity", "influence",
)  # fmt: skip
INSTRUMENTS = ("weak_instruments", "plausibly_exogenous", "overidentification", "endogeneity")


def made_up(seed: int = 3) -> pd.DataFrame:
    """31 provinces, 13 years: effects that load on x, white errors, instruments za zb of the endogenous d, a walk w."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(f"{i:02d}", y) for i in range(N) for y in range(2010, 2010 + T)], columns=["province", "year"]
    )
    unit = frame.province.astype(int).to_numpy()
    alpha, e = rng.normal(size=N), rng.normal(size=N * T)
    frame["x"] = rng.normal(size=N * T) + 2 * alpha[unit]
    frame["q"] = rng.normal(size=N * T) + rng.normal(size=N)[unit]
    frame["near"] = frame.x + 0.01 * rng.normal(size=N * T)
    frame["za"], frame["zb"], frame["weak"] = rng.normal(size=(3, N * T))
    frame["d"] = frame.za + frame.zb + 0.02 * frame.weak + e + rng.normal(size=N * T)
    frame["e"], frame["alpha"] = e, alpha[unit]
    frame["w"] = rng.normal(size=(N, T)).cumsum(axis=1).reshape(-1)
    frame["still"] = rng.normal(size=N)[unit]
    frame["y"] = frame.x + frame.q + 3 * frame.alpha + e
    frame["iv"] = frame.d + frame.q + frame.alpha + e
    return frame


@pytest.fixture(scope="module")
def data():
    return made_up()


@pytest.fixture(scope="module")
def of(subject_of, make_panel, data):
    """A subject of a formula, on the made-up data unless others are given; two engines are not needed here."""

    def build(formula, kind="fixed_effects", frame=None, **fields):
        fields = {"covariance": CR1, **fields}
        panel = make_panel(data if frame is None else frame)
        return subject_of(kind, panel, confirm=("dense",), formula=formula, **fields)

    return build


def one(made: Check, statistic: str) -> dict:
    return next(r for r in made.rows if r.get("statistic") == statistic)


# ---------------------------------------------------------------- specification


def test_effects_that_load_on_a_regressor(of, check, data):
    pooled, within = of("y ~ x + q"), of("y ~ x + q | province")
    for name in ("hausman", "mundlak"):
        assert check(name, pooled).verdict == "fails"
        assert check(name, within).verdict == "says"
        assert check(name, within).value == check(name, pooled).value < 1e-6
    got = check("hausman", within)
    assert one(got, "slope: x")["within"] == pytest.approx(within.estimate.term("x").estimate, rel=1e-9)
    good = of(
        "g ~ x + q",
        frame=data.assign(g=data.x + data.q + data.e + np.repeat(np.random.default_rng(8).normal(size=N), T)),
    )
    assert check("hausman", good).verdict == check("mundlak", good).verdict == "says"


def test_mundlak_by_hand(of, check, data):
    got = check("mundlak", of("y ~ x | province"), small_sample="none")
    Z = np.column_stack([np.ones(len(data)), data.x, data.groupby("province").x.transform("mean")])
    b = np.linalg.lstsq(Z, data.y, rcond=None)[0]
    bread = np.linalg.inv(Z.T @ Z)
    scores = pd.DataFrame(Z * (data.y - Z @ b).to_numpy()[:, None]).groupby(data.province).sum().to_numpy()
    V = bread @ scores.T @ scores @ bread
    assert one(got, "unit means are zero")["chi2"] == pytest.approx(b[2] ** 2 / V[2, 2], rel=1e-8)
    plain = check("mundlak", of("y ~ x | province"))
    assert one(plain, "unit means are zero")["value"] < one(got, "unit means are zero")["value"]


def test_time_effects_are_in_both_models(of, check, data):
    dummies = " + ".join(["x", "q", "i(year)"])
    got, written = (
        check("hausman", of("y ~ x + q | province + year")),
        check("hausman", of(f"y ~ {dummies} | province")),
    )
    assert one(got, "slope: x")["random"] == pytest.approx(one(written, "slope: x")["random"], rel=1e-9)
    holes = data.drop(index=range(0, 90, 7))
    got = check("mundlak", of("y ~ x + q | province + year", frame=holes))
    assert got.value < 1e-6  # unbalanced: the means of the year dummies are controls


def test_a_negative_hausman_is_said_to_be_negative(of, check, monkeypatch):
    from panelkit.numerics import specification

    plain = specification.hausman

    def turned(b, V, b_efficient, V_efficient):
        return plain(b, V, b_efficient, V + (V - V_efficient) + np.eye(len(b)))

    monkeypatch.setattr(specification, "hausman", turned)
    got = check("hausman", of("y ~ x + q"))
    assert got.value is None
    assert got.verdict == "says"
    assert one(got, "classical")["value"] < 0
    assert "below zero" in got.text.en
    assert "统计量为负" in got.text.zh


def test_slopes_that_differ(of, check, data):
    unit = data.province.astype(int)
    apart = data.assign(y=data.y + np.where(unit % 2 == 0, 1.0, -1.0) * data.q)
    for name in ("poolability", "slope_homogeneity"):
        assert check(name, of("y ~ x + q | province", frame=apart)).value < 1e-6
        assert check(name, of("y ~ x + q | province")).value > 0.01
        assert check(name, of("y ~ x + q | province + year", frame=apart)).value < 1e-6
    rows = check("poolability", of("y ~ x + q")).rows
    assert {r["statistic"] for r in rows} >= {
        "slopes equal",
        "slopes and constants equal",
        "unit effects",
        "time effects",
    }


def test_the_wrong_form(of, check, data):
    curved = data.assign(y=data.x + 0.5 * data.x**2 + data.alpha + data.e)
    assert check("reset", of("y ~ x | province", frame=curved)).verdict == "fails"
    assert check("reset", of("y ~ x | province + year", frame=curved, covariance=Classical())).verdict == "fails"
    assert check("reset", of("y ~ x + q | province + year")).verdict == "says"
    assert check("reset", of("y ~ x + q")).verdict == "says"


def test_reset_by_few_clusters_is_the_slow_jackknife(of, check, data):
    got = check("reset", of("y ~ x + q | province"), powers=(2,))
    subject = of("y ~ x + q | province")
    fit = data.y - residuals(data, ["x", "q"], ["province"])
    scaled = (fit - fit.mean()) / fit.std(ddof=0)
    third = data.assign(square=scaled**2)
    by_hand = of("y ~ x + q + square | province", frame=third, covariance=Clustered(by=("province",), variant="cr3"))
    assert got.value == pytest.approx(by_hand.estimate.term("square").p, rel=1e-6)
    assert "CR3" in got.text.en
    assert subject.estimate.sample.clusters == {"province": N}


def test_collinear_regressors(of, check, data):
    got = check("collinearity", of("y ~ x + near + q | province"))
    assert got.verdict == "fails"
    assert "x, near move together" in got.text.en
    sweep = data.groupby("province")[["x", "near", "q"]].transform(lambda v: v - v.mean())
    inverse = np.linalg.inv(sweep.corr().to_numpy())
    assert [r["vif"] for r in got.rows[:3]] == pytest.approx(list(np.diag(inverse)), rel=1e-6)
    assert check("collinearity", of("y ~ x + q | province")).verdict == "holds"
    centred = check("collinearity", of("y ~ x + q"))
    assert centred.rows[0]["vif"] == pytest.approx(1 / (1 - np.corrcoef(data.x, data.q)[0, 1] ** 2), rel=1e-8)


# ---------------------------------------------------------------- residuals


def residuals(frame, regressors, effects):
    D = [pd.get_dummies(frame[e], drop_first=k > 0).to_numpy(float) for k, e in enumerate(effects)]
    Z = np.column_stack([frame[regressors].to_numpy(float), *(D or [np.ones(len(frame))])])
    return (frame.y - Z @ np.linalg.lstsq(Z, frame.y, rcond=None)[0]).to_numpy()


def test_unit_effects_in_pooled_residuals(of, check, data):
    got = check("breusch_pagan", of("y ~ x + q", covariance=Robust()))
    assert got.verdict == "fails"
    assert check("breusch_pagan", of("y ~ x + q")).verdict == "says"  # clustered by unit already
    u = residuals(data, ["x", "q"], [])
    sums = pd.Series(u).groupby(data.province).sum()
    lm = N * T / (2 * (T - 1)) * ((sums**2).sum() / (u @ u) - 1) ** 2
    assert one(got, "Breusch-Pagan, unit")["value"] == pytest.approx(lm, rel=1e-8)
    assert check("breusch_pagan", of("y ~ x + q | province")).verdict == "says"
    assert check("breusch_pagan", of("none ~ x + q", frame=data.assign(none=data.x + data.e))).verdict == "says"


def test_errors_that_last(of, check, data):
    rng = np.random.default_rng(4)
    u = rng.normal(size=(N, T))
    for t in range(1, T):
        u[:, t] += 0.6 * u[:, t - 1]
    lasting = data.assign(y=data.x + u.reshape(-1))
    for version in ("within", "difference"):
        got = check("serial_correlation", of("y ~ x | province", frame=lasting, covariance=Robust()), version=version)
        assert got.verdict == "fails"
        assert "cluster by unit" in got.text.en
        clustered = check("serial_correlation", of("y ~ x | province", frame=lasting), version=version)
        assert clustered.verdict == "says"
        assert clustered.value == got.value < 0.01
        assert (
            check("serial_correlation", of("y ~ x | province", covariance=Robust()), version=version).verdict == "says"
        )
    assert one(got, "difference (xtserial)")["null"] == -0.5
    assert one(got, "within")["null"] == pytest.approx(-1 / (T - 1))
    assert one(got, "difference (xtserial)")["df2"] == N - 1


def test_spread_by_unit_names_the_unit(of, check, data):
    loud = data.assign(y=data.y + np.where(data.province == "07", 6.0, 0.0) * data.weak)
    got = check("heteroskedasticity", of("y ~ x + q | province", frame=loud))
    assert got.verdict == "says"
    assert got.rows[1]["unit"] == "07"
    named = of("y ~ x + q | province", frame=loud)
    named = replace(named, panel=replace(named.panel, unit_labels={"07": Label(en="Qinghai", zh="青海")}))
    got = check("heteroskedasticity", named)
    assert "Qinghai (07)" in got.text.en
    assert "青海(07)" in got.text.zh
    assert "88%" in got.text.en


def test_a_common_shock(of, check, data):
    shock = np.tile(np.random.default_rng(5).normal(size=T), N)
    together = data.assign(y=data.y + shock)
    got = check("cross_section_dependence", of("y ~ x + q | province", frame=together))
    assert got.verdict == "fails"
    assert one(got, "mean correlation")["value"] > 0.2
    after = check("cross_section_dependence", of("y ~ x + q | province + year", frame=together))
    assert after.verdict == "says"
    assert one(after, "mean correlation")["value"] == pytest.approx(-1 / (N - 1), abs=0.02)
    assert "it says nothing here" in after.text.en
    assert check("cross_section_dependence", of("y ~ x + q | province")).verdict == "says"
    by_year = of("y ~ x + q | province", frame=together, covariance=Clustered(by=("year",)))
    assert check("cross_section_dependence", by_year).verdict == "says"
    assert check("cross_section_dependence", of("y ~ x | province"), tested="outcome").value != got.value
    assert check("cross_section_dependence", of("y ~ x | province"), tested="unit_regressions").value is not None


# ---------------------------------------------------------------- instruments


def instrumented(of, instruments, outcome="iv", **fields):
    return of(f"{outcome} ~ q | province + year | d ~ {instruments}", "instrumental", **fields)


def test_strong_and_weak_instruments(of, check):
    strong = check("weak_instruments", instrumented(of, "za"))
    subject = instrumented(of, "za")
    assert strong.verdict == "holds"
    assert strong.bound == pytest.approx(23.11, abs=0.01)
    assert strong.value == pytest.approx(subject.estimate.fit.extra["first_stage_f_clustered: d"], rel=1e-8)
    assert one(strong, "Kleibergen-Paap F")["value"] == pytest.approx(strong.value, rel=1e-8)
    region, tf = one(strong, "Anderson-Rubin set"), one(strong, "tF")
    assert region["shape"] == "interval"
    assert region["low"] < 1 < region["high"]
    assert tf["low"] < 1 < tf["high"]
    term = subject.estimate.term("d")
    assert tf["se"] == pytest.approx(term.se * tf["critical"] / 1.96, rel=1e-8)
    weak = check("weak_instruments", instrumented(of, "weak"))
    assert weak.verdict == "fails"
    assert one(weak, "Anderson-Rubin set")["shape"] in ("whole line", "two rays")
    assert any(word in weak.text.en for word in ("whole line", "two rays"))
    assert "whole line (F below 4)" in weak.text.en
    assert {r.get("low") for r in weak.rows if r["statistic"] == "Anderson-Rubin set"} & {None}


def test_errors_follow_the_model(of, check, data):
    classical = check("weak_instruments", instrumented(of, "za + zb", covariance=Classical()))
    subject = instrumented(of, "za + zb")
    f = subject.estimate.tests["first_stage: d"]["statistic"]
    assert one(classical, "effective F")["value"] == pytest.approx(f, rel=1e-8)
    assert one(classical, "Cragg-Donald F")["value"] == pytest.approx(f, rel=1e-8)
    robust = check("weak_instruments", instrumented(of, "za + zb", covariance=Robust()))
    assert robust.value != classical.value
    weighted = data.assign(size=1.0)
    same = check("weak_instruments", instrumented(of, "za + zb", frame=weighted, weights="size"))
    assert same.value == pytest.approx(check("weak_instruments", subject).value, rel=1e-10)


def test_several_endogenous_regressors(of, check):
    got = check("weak_instruments", of("iv ~ 1 | province | d + q ~ za + zb + w", "instrumental"))
    assert got.verdict == "says"
    assert got.bound is None
    assert "identified at all" in got.text.en
    with pytest.raises(EstimationError, match=r"bias of 0\.15"):
        check("weak_instruments", instrumented(of, "za"), bias=0.15)


def test_instruments_that_act_themselves(of, check, data):
    model = instrumented(of, "za")
    held = check("plausibly_exogenous", model, lowest={"za": -0.1}, highest={"za": 0.1})
    assert held.verdict == "holds"
    lost = check("plausibly_exogenous", model, lowest={"za": -2.0}, highest={"za": 2.0})
    assert lost.verdict == "fails"
    share = one(lost, "share of the box at which zero enters")["value"]
    edge = check("plausibly_exogenous", model, lowest={"za": -2.0 * share}, highest={"za": 2.0 * share})
    assert edge.value == pytest.approx(0.0, abs=1e-6)
    acting = data.assign(iv=data.iv + 0.5 * data.za)
    found = check("plausibly_exogenous", instrumented(of, "za", frame=acting), highest={"za": 0.5})
    assert found.rows[0]["low"] > 1
    assert found.rows[1]["low"] < 1 < found.rows[1]["high"]
    none = data.assign(iv=data.alpha + data.e)
    assert check("plausibly_exogenous", instrumented(of, "za", frame=none), highest={"za": 0.1}).verdict == "says"
    with pytest.raises(EstimationError, match="bounds 'zc'"):
        check("plausibly_exogenous", model, lowest={"zc": -1.0})
    with pytest.raises(EstimationError, match="names no direct effect"):
        check("plausibly_exogenous", model)


def test_instruments_that_contradict_each_other(of, check, data):
    acting = data.assign(iv=data.iv + 0.5 * data.za)
    for covariance in (CR1, Classical(), Robust()):
        bad = check("overidentification", instrumented(of, "za + zb", frame=acting, covariance=covariance))
        assert bad.verdict == "fails"
        assert check("overidentification", instrumented(of, "za + zb", covariance=covariance)).verdict == "says"
    with pytest.raises(EstimationError, match="nothing to test"):
        check("overidentification", instrumented(of, "za"))


def test_an_endogenous_regressor(of, check, data):
    assert check("endogeneity", instrumented(of, "za + zb")).value < 1e-6
    fine = data.assign(iv=data.d + data.q + np.random.default_rng(6).normal(size=N * T))
    got = check("endogeneity", instrumented(of, "za + zb", frame=fine))
    assert got.value > 0.01
    assert got.verdict == "says"
    assert "no licence" in got.text.en


# ---------------------------------------------------------------- variables and rows


def test_unit_roots_of_named_variables(of, check):
    got = check("unit_roots", of("y ~ x + w | province"), variables=("w", "q"))
    p = {r["variable"]: r["p"] for r in got.rows if r["statistic"] == "ips"}
    assert p["q"] < 1e-6 < 0.02 < p["w"]
    assert got.verdict == "says"
    assert got.value == max(r["p"] for r in got.rows if r["statistic"] == "fisher: inverse normal")
    assert "93%" in got.text.en
    assert len(got.series["t: w"]) == N
    assert {r["statistic"] for r in got.rows} >= {"llc", "ips", "fisher: inverse normal", "cips"}
    assert {r["variable"] for r in check("unit_roots", of("y ~ x + w | province"), tests=("ips",)).rows} == {
        "y",
        "x",
        "w",
    }
    with pytest.raises(EstimationError, match="no variable"):
        check("unit_roots", of("y ~ x | province"), variables=("ww",))


def test_unit_roots_where_they_are_not_defined(of, check, data):
    short = data[data.year < 2017]
    got = check("unit_roots", of("y ~ x | province", frame=short), tests=("ips", "cips"))
    assert got.value is None
    assert "Not defined on these rows: IPS of y, x" in got.text.en
    holes = data.drop(index=[5])
    got = check("unit_roots", of("y ~ x | province", frame=holes), tests=("llc", "fisher"))
    assert "the longest run without gap of 00" in got.text.en
    assert "balanced" in next(r["why"] for r in got.rows if r.get("why"))


def test_the_unit_and_the_row_that_carry_a_result(of, check, data):
    rows = (data.province == "07") & (data.year == 2015)
    pulled = data.assign(y=np.where(rows, data.y + 200, data.y), x=np.where(rows, data.x + 12, data.x))
    subject = of("y ~ x + q | province + year", frame=pulled)
    got = check("influence", subject)
    assert got.verdict == "fails"
    assert got.rows[0]["unit"] == "07"
    row = next(r for r in got.rows if r.get("time"))
    assert (row["unit"], row["time"]) == ("07", 2015)
    without = of("y ~ x + q | province + year", frame=pulled[~rows])
    assert row["change"] == pytest.approx(
        without.estimate.term("x").estimate - subject.estimate.term("x").estimate, rel=1e-7
    )
    whole = of("y ~ x + q | province + year", frame=pulled[pulled.province != "07"])
    assert got.rows[0]["coefficient_without"] == pytest.approx(whole.estimate.term("x").estimate, rel=1e-7)
    assert check("influence", of("y ~ x + q | province + year"), term="q").verdict == "holds"
    pooled = check("influence", of("y ~ x + q", frame=data))
    rest = of("y ~ x + q", frame=data[data.province != pooled.rows[0]["unit"]])
    assert pooled.rows[0]["coefficient_without"] == pytest.approx(rest.estimate.term("x").estimate, rel=1e-8)
    with pytest.raises(EstimationError, match="no regressor of the model"):
        check("influence", subject, term="qq")


# ---------------------------------------------------------------- what all of them keep to


@pytest.mark.parametrize("name", NEW)
def test_plain_rows_that_survive_json(name, of, check):
    given = instrumented(of, "za + zb") if name in INSTRUMENTS else of("y ~ x + q | province")
    fields = {"lowest": {"za": -0.1}} if name == "plausibly_exogenous" else {}
    made = check(name, given, **fields)
    for row in made.rows:
        assert all(v is None or type(v) in (float, int, str, bool) for v in row.values()), row
    text = json.dumps(to_json(made), allow_nan=False)
    back = from_json(Check, json.loads(text))
    assert (back.name, back.verdict, back.value, back.rows) == (made.name, made.verdict, made.value, made.rows)
    assert "assum" in made.text.en
    assert "假定" in made.text.zh
    assert "ssumes" in (CHECKS[name].spec.__doc__ or "")


@pytest.mark.parametrize("name", [n for n in NEW if n not in ("unit_roots", "influence", "collinearity")])
def test_a_model_that_a_check_does_not_fit(name, of, data):
    wrong = (
        of("y ~ x + q | province")
        if name in INSTRUMENTS
        else of("y ~ q | province", weights="size", frame=data.assign(size=2.0))
    )
    kind = CHECKS[name]
    fields = {"lowest": {"za": -0.1}} if name == "plausibly_exogenous" else {}
    with pytest.raises(EstimationError) as found:
        kind.check(kind.spec(kind=name, **fields), wrong)
    fault = found.value.faults[0]
    assert name in fault.what
    assert fault.where == "models.m.checks"
    assert fault.mend


@pytest.mark.parametrize(
    "name", ["hausman", "mundlak", "poolability", "breusch_pagan", "slope_homogeneity", "influence", "reset"]
)
def test_instruments_are_refused(name, of):
    kind = CHECKS[name]
    with pytest.raises(EstimationError, match="without instruments"):
        kind.check(kind.spec(kind=name), instrumented(of, "za"))


@pytest.mark.parametrize(
    "name", ["hausman", "mundlak", "collinearity", "poolability", "slope_homogeneity", "reset", "influence"]
)
def test_regressors_are_needed(name, of, data):
    kind = CHECKS[name]
    with pytest.raises(EstimationError) as found:
        kind.check(kind.spec(kind=name), of("y ~ 1", frame=data))
    assert found.value.faults[0].mend


@pytest.mark.parametrize(("kind", "verdict"), [("random_effects", "fails"), ("correlated_random_effects", "says")])
def test_estimators_other_than_least_squares(kind, verdict, subject_of, make_panel, data, check):
    subject = subject_of(kind, make_panel(data), confirm=("linearmodels",), formula="y ~ x + q", covariance=CR1)
    for name in ("hausman", "mundlak"):
        assert check(name, subject).verdict == verdict
    assert check("breusch_pagan", subject).verdict == "says"
    assert check("slope_homogeneity", subject).value is not None
    for name in ("collinearity", "heteroskedasticity", "cross_section_dependence", "reset", "influence"):
        with pytest.raises(EstimationError, match="another estimator"):
            CHECKS[name].check(CHECKS[name].spec(kind=name), subject)


def test_counts_have_no_linear_model(subject_of, make_panel, data):
    counts = data.assign(y=np.floor(np.exp(0.3 * data.q)))
    subject = subject_of("poisson", make_panel(counts), confirm=("pyfixest",), formula="y ~ q | year", covariance=CR1)
    for name in NEW:
        if name not in ("unit_roots", "plausibly_exogenous"):
            with pytest.raises(EstimationError, match="for a linear model"):
                CHECKS[name].check(CHECKS[name].spec(kind=name), subject)


def test_numerics_speak_of_units_by_name(of, data):
    rows = (data.province == "07") & (data.year > 2012)
    short = of("y ~ x + q | province", frame=data[~rows])
    short = replace(short, panel=replace(short.panel, unit_labels={"07": Label(en="Qinghai", zh="青海")}))
    with pytest.raises(EstimationError, match=r"Qinghai \(07\) has 3 rows"):
        CHECKS["slope_homogeneity"].check(CHECKS["slope_homogeneity"].spec(), short)


def test_several_outcomes_are_no_one_equation(of, data):
    subject = of("y ~ x + q | province", "mediation", mediator="w", treatment="x")
    with pytest.raises(EstimationError, match="outcomes"):
        CHECKS["hausman"].check(CHECKS["hausman"].spec(), subject)


def test_the_formula_stands_in_where_a_design_holds_no_levels(of, check):
    plain = of("y ~ x:q + x + i(year) | province")
    design = plain.design()
    moved = replace(plain, design=lambda: replace(design, outcome=design.outcome - 1.0))
    for name in ("hausman", "collinearity", "serial_correlation"):
        assert check(name, moved).value == pytest.approx(check(name, plain).value, rel=1e-9)
