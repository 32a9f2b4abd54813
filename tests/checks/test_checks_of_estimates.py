"""Each check on a made-up panel: its verdict, its figures by hand, and what it says where it cannot be made."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from panelkit.core.check import Check
from panelkit.core.codec import from_json, to_json
from panelkit.core.registry import ENGINES
from panelkit.core.request import Clustered, Robust

FE = "y ~ dose + x | province + year"


class Wrong:
    """An engine that adds a little to every coefficient, or to every variance."""

    def __init__(self, inner, coefficient=0.0, variance=0.0):
        self.inner, self.coefficient, self.variance = inner, coefficient, variance
        self.name, self.version = "wrong", "0"

    def refuses(self, request):
        return self.inner.refuses(request)

    def fit(self, request, panel):
        fit = self.inner.fit(request, panel)
        raw = tuple(v * (1 + self.variance) for v in fit.raw)
        return replace(fit, engine="wrong", coefficients=fit.coefficients * (1 + self.coefficient), raw=raw)


class Mute(Wrong):
    def refuses(self, request):
        return "it knows nothing"


# ---------------------------------------------------------------- second engine


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("fixed_effects", {"formula": FE}),
        ("fixed_effects", {"formula": "y ~ x", "covariance": Robust()}),
        ("fixed_effects", {"formula": FE, "covariance": Clustered(by=("province", "year"))}),
        ("dose_did", {"formula": FE}),
        ("event_study", {"formula": "y ~ x | province + year", "cohort": "cohort", "window": (-3, 3)}),
        ("mediation", {"formula": FE, "mediator": "m"}),
        ("instrumental", {"formula": "y ~ dose | province + year | x ~ z"}),
    ],
)
def test_engines_agree(kind, fields, panel, subject_of, check):
    made = check("second_engine", subject_of(kind, panel, **fields))
    assert made.verdict == "holds", made.text.en
    assert {r["engine"] for r in made.rows} == {"pyfixest", "dense"}
    if "covariance" not in fields:
        assert {r["engine"]: r["under"] for r in made.rows} == {"pyfixest": "CR1", "dense": "CR3"}


@pytest.mark.parametrize(("coefficient", "variance"), [(1e-5, 0.0), (0.0, 1e-3)])
def test_a_wrong_engine_is_caught(coefficient, variance, panel, subject_of, check):
    engines = {"linearmodels": ENGINES["linearmodels"], "wrong": Wrong(ENGINES["dense"], coefficient, variance)}
    subject = subject_of("fixed_effects", panel, confirm=("linearmodels", "wrong"), engines=engines, formula=FE)
    made = check("second_engine", subject)
    assert made.verdict == "fails"
    assert made.value > made.bound
    assert made.bound == (1e-6 if coefficient else 1e-5)
    assert check("second_engine", subject, coefficient_tolerance=1e-2, se_tolerance=1e-2).verdict == "holds"


def test_no_answer_is_not_a_confirmation(panel, subject_of, check):
    engines = {"linearmodels": ENGINES["linearmodels"], "mute": Mute(ENGINES["dense"])}
    made = check(
        "second_engine",
        subject_of("fixed_effects", panel, confirm=("linearmodels", "mute"), engines=engines, formula=FE),
    )
    assert made.verdict == "says"
    assert "Not confirmed at run time (mute: it knows nothing)" in made.text.en


# ---------------------------------------------------------------- few clusters


def test_leverage_by_cluster(frame, panel, subject_of, check):
    made = check("few_clusters", subject_of("dose_did", panel, formula="y ~ dose | province + year"))
    effects = np.column_stack([frame.province.to_numpy()[:, None] == np.unique(frame.province)[None, :],
                               frame.year.to_numpy()[:, None] == np.unique(frame.year)[None, 1:]]).astype(float)  # fmt: skip
    left = frame.dose - effects @ np.linalg.lstsq(effects, frame.dose, rcond=None)[0]
    share = (left**2).groupby(frame.province).sum() / (left**2).sum()
    np.testing.assert_allclose(made.series["share"], share.to_numpy(), rtol=1e-8)
    assert made.rows[0]["cluster"] == "01"
    assert made.value == pytest.approx(share.max())
    assert f"01 carries {100 * share.max():.1f}%" in made.text.en
    assert made.verdict == ("fails" if share.max() > 0.5 else "says")
    without = frame[frame.province != "01"]
    effects = effects[frame.province != "01"]
    beta = np.linalg.lstsq(np.column_stack([without.dose, effects]), without.y, rcond=None)[0][0]
    assert made.rows[0]["coefficient_without"] == pytest.approx(beta, rel=1e-8)


def test_a_plain_t_test_with_few_clusters_fails(panel, subject_of, check):
    plain = check(
        "few_clusters", subject_of("fixed_effects", panel, formula="y ~ x | province", covariance=Clustered())
    )
    assert plain.verdict == "fails"
    assert "take CR3" in plain.text.en
    assert check("few_clusters", subject_of("fixed_effects", panel, formula="y ~ x | province")).verdict == "says"


# ---------------------------------------------------------------- placebo


def test_placebo_is_the_slow_loop(frame, panel, subject_of, check):
    subject = subject_of("dose_did", panel, formula=FE)
    made = check("placebo", subject)
    assert len(made.series["draws"]) == 1000
    from panelkit.core.digest import child_seed
    from panelkit.numerics.permutation import path_orders

    order = path_orders(31, 1000, child_seed(5, "placebo"))[17]
    paths = frame.pivot(index="province", columns="year", values="dose").to_numpy()[order]
    moved = frame.assign(dose=paths.reshape(-1))
    effects = np.column_stack([frame.province.to_numpy()[:, None] == np.unique(frame.province)[None, :],
                               frame.year.to_numpy()[:, None] == np.unique(frame.year)[None, 1:]]).astype(float)  # fmt: skip
    beta = np.linalg.lstsq(np.column_stack([moved.dose, moved.x, effects]), moved.y, rcond=None)[0][0]
    assert made.series["draws"][17] == pytest.approx(beta, rel=1e-9)
    assert made.series["observed"][0] == pytest.approx(subject.estimate.term("dose").estimate, rel=1e-10)
    beyond = np.abs(made.series["draws"]) >= abs(made.series["observed"][0]) * (1 - 1e-10)
    assert made.rows[0]["p"] == pytest.approx((1 + beyond.sum()) / 1001)
    assert "No assignment is declared" in made.text.en


def test_placebo_within_strata_and_where_it_cannot_be(frame, panel, make_panel, subject_of, check):
    subject = subject_of("dose_did", panel, formula=FE, assignment="units")
    assert "within region" in check("placebo", subject, strata="region", draws=99).text.en
    assert "No assignment" not in check("placebo", subject, draws=99).text.en
    for bad in ("x", "nothing"):
        assert check("placebo", subject, strata=bad).value is None
    event = subject_of("event_study", panel, formula="y ~ 1 | province + year", cohort="cohort", window=(-3, 3))
    assert "dose_did" in check("placebo", event).text.en
    holes = frame.assign(dose=frame.dose.where((frame.province != "03") | (frame.year != 2018)))
    assert "1 unit-time cell" in check("placebo", subject_of("dose_did", make_panel(holes), formula=FE)).text.en


# ---------------------------------------------------------------- parallel trends and support


def test_pre_trends_of_an_event_study(panel, subject_of, check):
    subject = subject_of("event_study", panel, formula="y ~ x | province + year", cohort="cohort", window=(-3, 3))
    made = check("parallel_trends", subject)
    assert made.value == subject.estimate.tests["pre_trends"]["p"]
    assert made.verdict == "says"
    assert "does not make the trends parallel" in made.text.en
    assert check("parallel_trends", subject, level=1.0).verdict == "fails"


def test_a_lead_of_the_dose(frame, panel, make_panel, subject_of, check):
    made = check("parallel_trends", subject_of("dose_did", panel, formula=FE))
    ahead = frame.assign(ahead=frame.groupby("province").dose.shift(-1))
    by_hand = subject_of("fixed_effects", make_panel(ahead), formula="y ~ dose + x + ahead | province + year")
    assert made.value == pytest.approx(by_hand.estimate.term("ahead").p, rel=1e-6)
    assert "1 lead of dose added, 217 rows" in made.text.en
    anticipated = frame.assign(y=frame.y + 2 * frame.groupby("province").dose.shift(-1).fillna(0))
    caught = check("parallel_trends", subject_of("dose_did", make_panel(anticipated), formula=FE))
    assert caught.verdict == "fails"


def test_support_of_the_pilot_zones_is_that_of_the_research_guide(frame, make_panel, subject_of, check):
    """RESEARCH.md 3.2: approval rule, five controls, 2010-2022: 26, 11, 11, 1 supported cells at event times 0 to 3, none later."""
    early = [frame.assign(year=frame.year - 5, dose=0.0)[lambda d: d.year < 2015], frame]
    panel = make_panel(pd.concat(early).sort_values(["province", "year"], ignore_index=True))
    subject = subject_of("event_study", panel, formula="y ~ x | province + year", cohort="cohort", window=(-3, 5))
    made = check("support", subject)
    supported = {r["event_time"]: r["supported"] for r in made.rows}
    assert [supported[e] for e in range(6)] == [26, 11, 11, 1, 0, 0]
    assert made.verdict == "fails"
    near = subject_of("event_study", panel, formula="y ~ x | province + year", cohort="cohort", window=(-3, 3))
    assert check("support", near).verdict == "holds"
    dose = check("support", subject_of("dose_did", panel, formula=FE))
    assert {r["event_time"]: r["supported"] for r in dose.rows} == supported | {7: 0}  # its year has no untreated unit
    assert check("support", subject_of("fixed_effects", panel, formula=FE)).verdict == "says"
    late = check("support", subject_of("event_study", make_panel(frame), formula=FE, cohort="cohort", window=(-3, 3)))
    assert [r["supported"] for r in late.rows if r["event_time"] == 0] == [25]
    assert "1 unit is treated from the first period on" in late.text.en


@pytest.mark.parametrize("name", ["second_engine", "few_clusters", "placebo", "parallel_trends", "support"])
def test_every_check_survives_json(name, panel, subject_of, check):
    made = check(name, subject_of("dose_did", panel, formula=FE))
    back = from_json(Check, json.loads(json.dumps(to_json(made))))
    assert (back.name, back.verdict, back.text) == (made.name, made.verdict, made.text)
