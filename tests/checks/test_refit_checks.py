"""Checks that fit a model again: each against a plain refit of our own, and against a panel where its answer is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from panelkit.checks._refits import extended
from panelkit.core.check import Check, Subject
from panelkit.core.errors import EstimationError
from panelkit.core.panel import Panel

Build = Callable[..., Subject]
Run = Callable[..., Check]


def frame(
    *, units: int = 40, effect: float = 1.0, lead: float = 0.0, spill: float = 0.0, seed: int = 3
) -> pd.DataFrame:
    """Cohorts 2012, 2014, 2016 and never, ten each; an effect of one size, a response a year early, a spillover."""
    rng = np.random.default_rng(seed)
    d = pd.DataFrame([(f"{i:02d}", t) for i in range(units) for t in range(2008, 2020)], columns=["province", "year"])
    i = d.province.astype(int)
    d["cohort"] = np.array([2012.0, 2014.0, 2016.0, 0.0])[i % 4]
    d["later"] = np.where(d.cohort > 0, d.cohort + 1, 0.0)
    after = (d.cohort > 0) & (d.year >= d.cohort)
    d["treated"] = after.astype(float)
    d["ended"] = np.where((i == 0) & (d.year >= 2016), 0.0, d.treated)
    d["near"] = ((i % 8 == 3) & (d.year >= 2012)).astype(float)
    d["policy"] = ((i % 4 == 0) & (d.year >= 2013)).astype(float)
    noise = 0.1 * rng.normal(size=len(d)) + rng.normal(size=units)[i] + 0.1 * (d.year - 2008)
    d["y"] = noise + effect * after + lead * ((d.cohort > 0) & (d.year == d.cohort - 1)) + spill * d.near
    d["quiet"] = 0.1 * rng.normal(size=len(d))
    return d


DOSE = {"kind": "dose_did", "formula": "y ~ treated | province + year"}
STAGGERED = {"kind": "callaway_santanna", "formula": "y ~ 1 | province + year", "cohort": "cohort", "draws": 0}
EVENTS = {"kind": "event_study", "formula": "y ~ 1 | province + year", "cohort": "cohort", "window": (-3, 3)}
EVERY = pytest.mark.parametrize("model", [DOSE, STAGGERED, EVENTS], ids=lambda m: m["kind"])


@pytest.fixture(scope="module")
def clean(make_panel: Callable[[pd.DataFrame], Panel]) -> Panel:
    return make_panel(frame())


def subject(subject_of: Build, panel: Panel, model: dict[str, Any]) -> Subject:
    fields = {k: v for k, v in model.items() if k != "kind"}
    return subject_of(model["kind"], panel, confirm=("pyfixest", "dense"), **fields)


@EVERY
def test_leaving_a_cohort_out_is_the_model_without_its_units(
    model: dict[str, Any], clean: Panel, subject_of: Build, check: Run
) -> None:
    found = check("leave_one_cohort_out", subject(subject_of, clean, model))
    assert [r["case"] for r in found.rows] == ["as declared", "without 2012", "without 2014", "without 2016"]
    assert [r.get("units_left_out") for r in found.rows[1:]] == [10, 10, 10]
    left = clean.keep(clean.column("cohort") != 2014.0, why="by hand")
    by_hand = subject(subject_of, left, model)
    name = "att" if model is STAGGERED else ("treated" if model is DOSE else "")
    if name:
        assert found.rows[2]["estimate"] == pytest.approx(by_hand.estimate.term(name).estimate, rel=1e-9)
    assert abs(found.rows[2]["estimate"] - 1.0) < 0.2


def test_one_unit_that_carries_the_effect_is_found(
    make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build, check: Run
) -> None:
    d = frame(effect=0.0)
    d.loc[(d.province == "04") & (d.treated == 1), "y"] += 10
    panel = make_panel(d)
    found = check("leave_one_unit_out", subject(subject_of, panel, DOSE), largest=0.5)
    assert found.verdict == "fails"
    assert found.rows[1]["unit"] == "04"
    assert len(found.rows) == 1 + 40
    calm = check("leave_one_unit_out", subject(subject_of, make_panel(frame()), STAGGERED), largest=2.0)
    assert calm.verdict == "holds"


@EVERY
def test_a_fake_date_has_no_effect_where_there_is_none_and_one_where_units_move_early(
    model: dict[str, Any], make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build, check: Run
) -> None:
    quiet = check("placebo_time", subject(subject_of, make_panel(frame(seed=5)), model), shifts=(1, 2))
    assert quiet.verdict == "says"
    assert quiet.value is not None
    early = check("placebo_time", subject(subject_of, make_panel(frame(lead=1.0)), model), shifts=(1, 2))
    assert early.verdict == "fails", early.text.en
    assert early.rows[1]["estimate"] == pytest.approx(1.0, abs=0.3)


@EVERY
def test_a_response_before_treatment_is_seen(
    model: dict[str, Any], make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build, check: Run
) -> None:
    assert check("anticipation", subject(subject_of, make_panel(frame()), model), largest=3.0).verdict == "holds"
    found = check("anticipation", subject(subject_of, make_panel(frame(lead=1.0)), model), largest=3.0)
    assert found.verdict == "fails", found.text.en


def test_a_placebo_outcome_moves_or_does_not(clean: Panel, subject_of: Build, check: Run) -> None:
    model = subject(subject_of, clean, DOSE)
    assert check("placebo_outcomes", model, outcomes=("quiet",)).verdict == "holds"
    moved = check("placebo_outcomes", model, outcomes=("quiet", "ended"))
    assert moved.verdict == "fails"
    assert moved.rows[2]["p_adjusted"] >= moved.rows[2]["p"]
    with pytest.raises(EstimationError, match="no variable"):
        check("placebo_outcomes", model, outcomes=("quite",))


def test_rows_beyond_reach_are_looked_at_alone(clean: Panel, subject_of: Build, check: Run) -> None:
    found = check("placebo_sample", subject(subject_of, clean, DOSE), where="cohort == 2012 or cohort == 0")
    assert found.verdict == "fails"  # these rows are not beyond reach, and the check sees it
    assert found.rows[1]["rows"] == 20 * 12
    formula = "y ~ policy | province + year"
    other = check(
        "placebo_sample",
        subject(subject_of, clean, STAGGERED),
        where="cohort == 0",
        formula=formula,
        treatment="policy",
    )
    assert other.rows[1].get("failure")  # a policy that is zero in every such row: said, not passed over
    with pytest.raises(EstimationError, match="which rows"):
        check("placebo_sample", subject(subject_of, clean, DOSE))


def test_controls_next_to_treated_units_leave(
    make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build, check: Run
) -> None:
    spilled = make_panel(frame(spill=2.0))
    found = check("dropped_neighbours", subject(subject_of, spilled, DOSE), neighbours="near")
    assert found.verdict == "fails"
    assert abs(found.rows[1]["estimate"] - 1) < abs(found.rows[0]["estimate"] - 1)
    assert found.rows[0]["rows"] - found.rows[1]["rows"] == 5 * 8


@pytest.mark.parametrize("model", [DOSE, STAGGERED], ids=lambda m: m["kind"])
def test_another_policy_stands_beside(
    model: dict[str, Any], make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build, check: Run
) -> None:
    d = frame()
    d["y"] += 2 * d.policy
    found = check("concurrent_policies", subject(subject_of, make_panel(d), model), policies=("policy",))
    assert found.rows[1]["overlap"] > 0.2
    assert abs(found.rows[1]["estimate"] - 1) < abs(found.rows[0]["estimate"] - 1)
    assert found.verdict == "fails"


@EVERY
def test_timing_rules_stand_side_by_side(model: dict[str, Any], clean: Panel, subject_of: Build, check: Run) -> None:
    rule = "ended" if model is DOSE else "later"
    found = check("timing_rules", subject(subject_of, clean, model), timings=(rule,))
    assert found.rows[1]["timing"] == rule
    if model is DOSE:
        assert (found.verdict, found.value) == ("holds", 1.0)
    else:  # dated a year late, the period compared with is treated already: the effect vanishes, and the check says so
        assert (found.verdict, found.value) == ("fails", 0.0)
        assert abs(found.rows[1]["estimate"]) < 0.15


def test_treatment_that_ends_is_seen(clean: Panel, subject_of: Build, check: Run) -> None:
    stays = check("treatment_ends", subject(subject_of, clean, DOSE))
    assert (stays.verdict, stays.value) == ("holds", 0.0)
    ends = {**DOSE, "formula": "y ~ ended | province + year"}
    found = check("treatment_ends", subject(subject_of, clean, ends))
    assert (found.verdict, found.value) == ("says", 1.0)
    assert found.rows[2]["estimate"] == pytest.approx(
        subject(subject_of, clean, DOSE).estimate.term("treated").estimate, rel=1e-9
    )
    assert found.rows[0]["rows"] - found.rows[1]["rows"] == 4
    cohorts = check("treatment_ends", subject(subject_of, clean, STAGGERED), treatment="ended")
    assert cohorts.verdict == "fails"


def test_permuted_cohorts_bring_a_p(clean: Panel, subject_of: Build, check: Run) -> None:
    found = check("placebo_cohorts", subject(subject_of, clean, STAGGERED), draws=39)
    assert found.value == pytest.approx(1 / 40)
    assert len(found.series["draws"]) == 39
    with pytest.raises(EstimationError, match="model with a cohort"):
        check("placebo_cohorts", subject(subject_of, clean, DOSE))


KINDS = ("callaway_santanna", "sun_abraham", "imputation", "gardner", "extended_two_way")


@pytest.mark.parametrize("kind", KINDS)
def test_an_effect_under_other_dates_is_the_refit_under_them(kind: str, clean: Panel, subject_of: Build) -> None:
    """Without compiling again: the true dates give the estimate and its t; moved ones what the model gives on a moved column."""
    built = subject(subject_of, clean, {**STAGGERED, "kind": kind, "formula": "y ~ quiet | province + year"})
    adoption = built.design().adoption
    assert adoption is not None
    term = built.estimate.term("att")
    assert adoption.effect(adoption.cohort) == pytest.approx((term.estimate, term.statistic), rel=1e-9)
    order = np.random.default_rng(7).permutation(40)
    moved = np.where(np.isfinite(adoption.cohort), adoption.cohort, 0.0)[order]
    column = moved[clean.codes("province")]
    made = built.refit(dataclasses.replace(built.model, cohort="moved"), extended(clean, {"moved": column}, "by hand"))
    assert not isinstance(made, str)
    found = adoption.effect(adoption.cohort[order])
    assert found == pytest.approx((made.term("att").estimate, made.term("att").statistic), rel=1e-7)


def test_dates_that_leave_nothing_to_compare_are_handled_as_the_sample_does(
    make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build
) -> None:
    """No unit never treated, one of them from the first period on: the same rows leave as in a refit."""
    d = frame()
    d["cohort"] = np.where(d.cohort == 0, 2018.0, d.cohort)
    panel = make_panel(d)
    built = subject(subject_of, panel, {**STAGGERED, "control": "notyet"})
    adoption = built.design().adoption
    assert adoption is not None
    moved = adoption.cohort[np.random.default_rng(8).permutation(40)]
    moved[3] = 2008.0
    column = moved[panel.codes("province")]
    made = built.refit(dataclasses.replace(built.model, cohort="moved"), extended(panel, {"moved": column}, "by hand"))
    assert not isinstance(made, str)
    assert adoption.effect(moved)[0] == pytest.approx(made.term("att").estimate, rel=1e-9)
    assert np.isnan(adoption.effect(np.full(40, 2010.0))).all()


def test_permuted_dates_need_no_refit(clean: Panel, subject_of: Build, check: Run) -> None:
    found = check("placebo", subject(subject_of, clean, STAGGERED), draws=99)
    assert found.value == pytest.approx(1 / 100)
    assert [r["statistic"] for r in found.rows] == ["coefficient", "t"]
    assert found.rows[0]["observed"] == pytest.approx(1.0, abs=0.2)
    assert "Adoption dates (cohort) permuted across units, 99 draws" in found.text.en
    assert len(found.series["draws"]) == 99
    assert abs(np.mean(found.series["draws"])) < 0.1


def test_dates_of_a_triple_difference_change_places(
    make_panel: Callable[[pd.DataFrame], Panel], subject_of: Build, check: Run
) -> None:
    d = frame(units=16)
    d["region"] = np.array(["a", "b", "c", "d", "e", "f", "g", "h"])[d.province.astype(int) // 2]
    d["side"] = np.where(d.province.astype(int) % 2 == 1, 1.0, 0.0)
    d["cohort"] = d.region.map(dict(zip("abcdefgh", [2012.0, 2014.0, 2012.0, 2014.0, 0, 0, 0, 0], strict=True)))
    d["y"] += 3 * d.side * ((d.cohort > 0) & (d.year >= d.cohort))
    d["group"] = d.side
    panel = make_panel(d)
    model = {
        "kind": "staggered_triple_difference",
        "formula": "y ~ 1 | region^side + region^year + side^year",
        "cohort": "cohort",
        "eligible": "group",
        "draws": 0,
    }
    built = subject(subject_of, panel, model)
    assert built.design().adoption is None
    found = check("placebo_cohorts", built, draws=39)
    assert len(found.series["draws"]) >= 30
    assert found.value is not None
    assert found.value < 0.1
