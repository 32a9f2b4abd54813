"""Checks of staggered designs: what two-way compares, its negative weights, robust intervals, power; and what they are silent about."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.codec import from_json, to_json
from panelkit.numerics.honest_bounds import relative_magnitudes
from panelkit.numerics.pretrend_power import detectable_slope

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
NEW = ("bacon", "negative_weights", "honest_did", "pretrend_power")
EVENTS = {"formula": "y ~ 1 | province + year", "cohort": "cohort"}
WIDE = {**EVENTS, "window": (-3, 3)}
PYFIXEST = ("pyfixest", "linearmodels", "dense")


def made_up(never: int = 12, noise: float = 0.5) -> pd.DataFrame:
    """48 provinces, 2010-2019, cohorts 2013, 2015, 2017; the effect grows by one a year."""
    rng = np.random.default_rng(4)
    rows = [(f"{i:02d}", t) for i in range(48) for t in range(2010, 2020)]
    frame = pd.DataFrame(rows, columns=["province", "year"])
    unit = frame.province.astype(int).to_numpy()
    frame["cohort"] = np.where(unit < never, 0.0, 2013.0 + 2 * (unit % 3))
    frame["treated"] = ((frame.cohort > 0) & (frame.year >= frame.cohort)).astype(float)
    frame["dose"] = frame.treated * (1 + unit % 4)
    frame["pulse"] = ((frame.cohort > 0) & (frame.year == frame.cohort)).astype(float)
    frame["x"] = rng.normal(size=len(frame))
    frame["w"] = 1.0 + unit % 3
    frame["y"] = frame.treated * (frame.year - frame.cohort + 1) + rng.normal(size=48)[unit]
    frame["y"] += 0.2 * frame.year + noise * rng.normal(size=len(frame))
    return frame


@pytest.fixture(scope="module")
def of(subject_of, make_panel):
    def build(kind="fixed_effects", formula="y ~ treated | province + year", frame=None, **fields):
        data = made_up() if frame is None else frame
        return subject_of(kind, make_panel(data), formula=formula, confirm=PYFIXEST, **fields)

    return build


# ---------------------------------------------------------------- Goodman-Bacon


def test_bacon_reproduces_the_coefficient_and_names_the_forbidden(of, check):
    subject = of()
    got = check("bacon", subject)
    each = [r for r in got.rows if r["treated"]]
    kinds = [r for r in got.rows if not r["treated"]]
    b = subject.estimate.term("treated").estimate
    assert sum(r["weight"] for r in each) == pytest.approx(1)
    assert sum(r["weight"] for r in kinds) == pytest.approx(1)
    assert sum(r["weight"] * r["estimate"] for r in each) == pytest.approx(b)
    assert sum(r["weight"] * r["estimate"] for r in kinds) == pytest.approx(b)
    assert got.value == pytest.approx(sum(r["weight"] for r in each if r["forbidden"]))
    assert (got.verdict, got.bound) == ("fails", 0.1)
    assert check("bacon", subject, share=0.9).verdict == "holds"
    assert "do not use" not in got.text.en


def test_bacon_of_a_cohort_says_only(of, check):
    static = check("bacon", of())
    for kind in ("event_study", "staggered_did"):
        got = check("bacon", of(kind, **EVENTS))
        assert (got.verdict, got.bound) == ("says", None)
        assert got.value == pytest.approx(static.value)
        assert "not the model's own" in got.text.en


def test_bacon_of_mpdta(subject_of, make_panel, check):
    if not ORACLE.is_dir():
        pytest.skip(f"the frozen R numbers are not at {ORACLE}")
    d = pd.read_csv(ORACLE / "data" / "mpdta.csv").rename(columns={"countyreal": "province", "lemp": "y"})
    d["province"] = d.province.astype(str)
    d["treated"] = ((d["first.treat"] > 0) & (d.year >= d["first.treat"])).astype(float)
    panel = make_panel(d[["province", "year", "y", "treated"]])
    got = check("bacon", subject_of("fixed_effects", panel, formula="y ~ treated | province + year"))
    known = json.loads((ORACLE / "cases" / "bacon_mpdta.json").read_text("utf-8"))["result"]
    b = sum(r["weight"] * r["estimate"] for r in got.rows if r["treated"])
    assert any(np.isclose(b, v, rtol=1e-7) for v in numbers(known)), f"{b} is not among the numbers of R"


def numbers(value):
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers(v)]
    if isinstance(value, list):
        return [n for v in value for n in numbers(v)]
    return [value] if isinstance(value, (int, float)) else []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"formula": "y ~ dose | province + year"}, "not 0 or 1"),
        ({"formula": "y ~ pulse | province + year"}, "ends in some unit"),
        ({"formula": "y ~ treated | province"}, "no two-way regression"),
        ({"frame": made_up().drop(index=7)}, "needs a balanced panel"),
        ({"formula": "y ~ 0 + x | province + year"}, "not 0 or 1"),
    ],
)
def test_bacon_is_silent_in_words(of, check, fields, why):
    got = check("bacon", of(**fields))
    assert (got.verdict, got.value, got.rows) == ("says", None, ())
    assert why in got.text.en


def test_what_is_left_out_is_said(of, check):
    for name in ("bacon", "negative_weights"):
        got = check(name, of(formula="y ~ x + treated | province + year", weights="w"), treatment="treated")
        assert "Left out here: x, weights" in got.text.en
        assert "no regressor" in check(name, of(), treatment="trated").text.en


# ---------------------------------------------------------------- negative weights


def test_negative_weights_count_and_sum(of, check):
    subject = of(frame=made_up(never=0))
    got = check("negative_weights", subject)
    weight = np.array(got.series["weight"])
    assert weight.sum() == pytest.approx(1)
    assert got.value == pytest.approx(weight[weight < 0].sum())
    assert sum(r["negative"] for r in got.rows) == (weight < 0).sum() > 0
    assert sum(r["weight"] for r in got.rows) == pytest.approx(1)
    assert got.verdict == "fails"
    assert f"{(weight < 0).sum()} of {len(weight)} treated cells" in got.text.en


def test_negative_weights_of_a_dose_and_of_unbalanced_panels(of, check):
    frame = made_up().sample(frac=0.9, random_state=1).sort_values(["province", "year"])
    got = check("negative_weights", of("dose_did", "y ~ dose | province + year", frame=frame))
    data = frame.assign(d=frame.dose)
    for _ in range(400):
        data["d"] = data.d - data.groupby("province").d.transform("mean")
        data["d"] = data.d - data.groupby("year").d.transform("mean")
    weight = (data.d * data.dose / (data.d @ data.dose)).to_numpy()
    assert got.value == pytest.approx(weight[weight < 0].sum(), rel=1e-6)
    assert got.verdict in ("holds", "fails")
    assert check("negative_weights", of("event_study", **EVENTS)).verdict == "says"


# ---------------------------------------------------------------- HonestDiD and power


def test_honest_did_gives_the_intervals_of_numerics(of, check):
    subject = of("event_study", **WIDE)
    got = check("honest_did", subject)
    magnitudes = [r for r in got.rows if r["restriction"] == "relative magnitudes"]
    smooth = [r for r in got.rows if r["restriction"] == "smoothness"]
    assert [r["M"] for r in magnitudes] == [0.5, 1, 1.5, 2]
    assert len(smooth) == 4
    assert smooth[0]["M"] == 0
    for rows in (magnitudes, smooth):
        wide = [r["high"] - r["low"] for r in rows if r["high"] is not None and r["low"] is not None]
        assert wide == sorted(wide)
    estimate = subject.estimate
    b = np.array([t.estimate for t in estimate.terms])
    ours = relative_magnitudes(b, estimate.covariance_matrix, 2, [1.0])[0]
    assert magnitudes[1]["low"] == pytest.approx(ours.low, abs=0.1)
    assert got.value is None or got.value in (0.5, 1, 1.5, 2)
    assert to_json(from_json(type(got), to_json(got))) == to_json(got)
    average = check("honest_did", subject, target="average", smooth=(0.0, 0.1), magnitudes=(0.5,))
    assert "average effect" in average.text.en
    assert len(average.rows) == 3
    assert check("honest_did", subject) == got


def test_power_of_the_leads(of, check):
    subject = of("event_study", **WIDE)
    got = check("pretrend_power", subject)
    V = subject.estimate.covariance_matrix[:2, :2]
    assert got.value == pytest.approx(detectable_slope(V, np.array([-3.0, -2.0]), 0.8))
    assert [(r["test"], r["power"]) for r in got.rows] == [("any", 0.5), ("any", 0.8), ("joint", 0.5), ("joint", 0.8)]
    assert got.rows[0]["slope"] < got.rows[1]["slope"]
    assert got.rows[1]["bias"] == pytest.approx(got.rows[1]["slope"] * 2.5)
    assert got.verdict == "says"


@pytest.mark.parametrize("name", ["honest_did", "pretrend_power"])
def test_no_event_times_is_said(of, check, name):
    assert "event_study" in check(name, of()).text.en
    late = of("event_study", **{**EVENTS, "window": (-1, 3)})
    assert "no event time beside the reference" in check(name, late).text.en
    if name == "honest_did":
        other = of("event_study", **{**EVENTS, "window": (-4, 3), "reference": -2})
        assert "reference = -1" in check(name, other).text.en
    else:
        assert "No power" in check(name, of("event_study", **WIDE), power=(0.01,)).text.en


# ---------------------------------------------------------------- beside the other checks


@pytest.mark.parametrize("name", NEW)
def test_they_are_silent_on_models_of_another_kind(of, check, name):
    for subject in (of(formula="y ~ x | province"), of(formula="y ~ x")):
        assert check(name, subject).verdict == "says"


def test_other_checks_stand_beside_a_staggered_design(of, check):
    subject = of("staggered_did", **EVENTS)
    second = check("second_engine", subject)
    assert second.verdict == "holds"
    assert "another route" in second.text.en
    for name in ("few_clusters", "placebo", "parallel_trends", "support"):
        assert check(name, subject).text.en
    assert check("parallel_trends", subject).value == subject.estimate.tests["pre_trends"]["p"]


STAGGERED = ("callaway_santanna", "sun_abraham", "imputation", "gardner", "extended_two_way")


@pytest.mark.parametrize("kind", STAGGERED)
def test_clusters_of_every_staggered_design(of, check, kind):
    subject = of(kind, formula="y ~ 1 | province + year", cohort="cohort")
    made = check("few_clusters", subject)
    assert made.text.en.startswith("48 clusters (province), 36 of them treated, on which the error of att rests as on ")
    psi = subject.estimate.influence[:, 0]
    np.testing.assert_allclose(made.series["share"], psi**2 / subject.estimate.covariance_matrix[0, 0], rtol=1e-8)
    assert made.rows[0]["cluster"] == f"{int(np.argmax(psi**2)):02d}"
    assert made.value == pytest.approx(max(made.series["share"]))
    cr1 = subject.estimate.covariance.variant == "cr1"
    # t(47) and t(11) at 2.5 % from a printed table: 2.0117 and 2.2010; sqrt(48 / 47) = 1.0106
    assert f"would be {'3' if cr1 else '4'}% wider" in made.text.en
    assert f"groups of clusters, {'12' if cr1 else '13'}%" in made.text.en
    assert made.verdict == "says"


def test_errors_that_are_withheld_for_lack_of_treated_clusters(of, check):
    frame = made_up()
    frame.loc[frame.province.astype(int) > 13, "cohort"] = 0.0
    made = check("few_clusters", of("callaway_santanna", frame=frame, **EVENTS))
    assert "2 of them treated. The errors are withheld" in made.text.en
    assert (made.verdict, made.value) == ("says", None)


@pytest.mark.parametrize("kind", STAGGERED)
def test_bounds_and_power_of_every_staggered_design(of, check, kind):
    subject = of(kind, formula="y ~ 1 | province + year", cohort="cohort", window=(-4, 3))
    honest, power = check("honest_did", subject, magnitudes=(0.5, 1.0)), check("pretrend_power", subject)
    assert [r["restriction"] for r in honest.rows] == ["relative magnitudes"] * 2 + ["smoothness"] * 4
    assert all(r["low"] <= 1.2 <= r["high"] for r in honest.rows)  # the effect at 0 is 1
    widths = [r["high"] - r["low"] for r in honest.rows[:2]]
    assert widths[0] < widths[1]
    assert power.rows[0]["slope"] > 0
    assert check("parallel_trends", subject).text.en.startswith("All leads of the event study are zero")


def test_bounds_count_from_the_reference_that_anticipation_sets(of, check):
    fields = {"formula": "y ~ 1 | province + year", "cohort": "cohort", "anticipation": 1}
    subject = of("callaway_santanna", **fields)
    assert "event_time_long" in subject.estimate.curve_covariances
    assert check("honest_did", subject, magnitudes=(0.5,)).rows
    long = {e.at: e for e in subject.estimate.curves["event_time_long"]}
    assert (long[-2.0].estimate, long[-1.0].estimate != 0) == (0.0, True)
