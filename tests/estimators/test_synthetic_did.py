"""Synthetic difference-in-differences as a model: published and frozen numbers, the weighted regression, placebo, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.request import Replicates
from panelkit.numerics.synthetic import synthetic_did
from panelkit.numerics.synthetic_cohorts import replications, synthetic_cohorts

PACKS = Path(__file__).resolve().parents[1] / "golden" / "prop99" / "cigarette_packs.csv"
# the Python package synthdid 0.1.0 (a port of R synthdid 0.0.9), made 2026-11 on the same figures in single precision
THREE = {"sdid": -3.3029873385603667, "sc": -0.9992105343115503, "jackknife": 9.630045704199535}
TWO_COHORTS = {"att": -5.880439676221556, 1985: -6.510981, 1989: -5.039718}
FIGURES = 1e-5  # they hold single-precision figures, ours one decimal


def packs(first: dict[str, float]) -> pd.DataFrame:
    wide = pd.read_csv(PACKS).set_index("state")
    d = wide.stack().rename("packs").reset_index()
    d.columns = ["state", "year", "packs"]
    d["year"] = d.year.astype(int)
    d["cohort"] = d.state.map(first).fillna(0.0)
    d["trend"] = (d.year - 1970) * (d.state.map(len) % 5)
    return d


@pytest.fixture(scope="module")
def sdid(run, make):
    def build(first=None, frame=None, **fields):
        data = packs(first or {"California": 1989.0}) if frame is None else frame
        fields = {"formula": "packs ~ 1 | state + year", "cohort": "cohort", "engine": "pyfixest", **fields}
        return run("synthetic_did", make(data, unit="state"), **fields)

    return build


def test_the_published_numbers(sdid):
    made = sdid()
    assert round(made.term("att").estimate, 5) == -15.60383
    assert (round(made.fit.extra["sc"], 5), round(made.fit.extra["did"], 5)) == (-19.61966, -27.34911)
    assert made.tests["route"]["difference"] < 1e-9
    assert made.covariance == Replicates(method="placebo", draws=38)
    assert made.resampled[0].p == pytest.approx(2 / 39)
    assert made.records["unit_weights"][0]["state"] == "Nevada"
    assert sum(r["weight"] for r in made.records["unit_weights"]) == pytest.approx(1)
    assert sum(r["weight"] for r in made.records["period_weights"]) == pytest.approx(1)
    after = [e.estimate for e in made.curves["event_time"] if e.at >= 0]
    assert np.mean(after) == pytest.approx(made.term("att").estimate)


def test_three_treated_states_and_two_cohorts_beside_another_program(sdid):
    three = {"California": 1989.0, "Ohio": 1989.0, "Utah": 1989.0}
    made = sdid(three, errors="jackknife")
    assert made.term("att").estimate == pytest.approx(THREE["sdid"], abs=FIGURES)
    assert made.fit.extra["sc"] == pytest.approx(THREE["sc"], abs=FIGURES)
    assert made.term("att").se == pytest.approx(THREE["jackknife"], abs=FIGURES)
    two = sdid({"California": 1989.0, "Ohio": 1985.0, "Utah": 1989.0, "Texas": 1985.0}, errors="jackknife")
    assert two.term("att").estimate == pytest.approx(TWO_COHORTS["att"], abs=FIGURES)
    for g in (1985, 1989):
        mean = np.mean([c.estimate for c in two.cells if c.cohort == g])
        assert mean == pytest.approx(TWO_COHORTS[g], abs=FIGURES)
    assert two.tests["route"]["cohorts"] == 2


def test_one_cohort_is_the_block_design():
    rng = np.random.default_rng(0)
    Y = rng.normal(size=(12, 9)) + rng.normal(size=(12, 1))
    first = np.array([99] * 9 + [6] * 3)
    for variant in ("sdid", "sc", "did"):
        ours = synthetic_cohorts(Y, first, variant)
        block = synthetic_did(Y, first == 6, 6, variant)
        assert ours.estimate == pytest.approx(block.estimate)
        assert ours.path[ours.event >= 0] == pytest.approx(block.effects)


def test_the_jackknife_is_leaving_out_by_hand():
    rng = np.random.default_rng(2)
    Y = rng.normal(size=(10, 8)) + rng.normal(size=(10, 1))
    first = np.array([99] * 7 + [5] * 3)
    found = synthetic_cohorts(Y, first)
    drawn = replications(found, Y, first, "jackknife")
    omega, lam = found.unit_weights[0], found.period_weights[0]
    by_hand = []
    for i in range(10):
        keep = np.arange(10) != i
        w = omega * keep[:7]
        gap = Y[7:][keep[7:]].mean(axis=0) - (w / w.sum()) @ Y[:7]
        by_hand.append(gap[5:].mean() - lam @ gap)
    assert drawn.se == pytest.approx(np.sqrt(9 / 10 * ((by_hand - np.mean(by_hand)) ** 2).sum()))


def test_copies_in_a_bootstrap_draw_share_a_weight():
    """A control drawn twice: the weights of a panel that holds it twice."""
    from panelkit.numerics.synthetic import noise_of, weights_of

    rng = np.random.default_rng(5)
    controls, target = rng.normal(size=(6, 10)), rng.normal(size=(1, 10))
    plan = ("sdid", noise_of(controls, 7), 1)
    counts = np.array([[2.0, 1, 1, 0, 1, 1]])
    units, periods = weights_of(controls, target, counts, 7, plan, None)
    twice = controls[[0, 0, 1, 2, 4, 5]]
    apart, same = weights_of(twice, target, np.ones((1, 6)), 7, plan, None)
    assert units[0, 3] == 0
    assert units[0, 0] == pytest.approx(apart[0, :2].sum(), abs=2e-3)
    assert periods == pytest.approx(same, abs=2e-3)


def test_bootstrap_and_placebo_repeat_themselves(sdid):
    first = {"California": 1989.0, "Ohio": 1989.0, "Utah": 1989.0}
    made = [sdid(first, variant="did", errors=e, draws=99) for e in ("bootstrap", "bootstrap", "placebo")]
    assert made[0].term("att").se == made[1].term("att").se
    assert made[2].term("att").se != made[0].term("att").se
    assert made[2].resampled[0].p > 0.05


def test_covariates_are_taken_off_first(sdid):
    frame = packs({"California": 1989.0})
    plain = sdid(frame=frame).term("att").estimate
    shifted = frame.assign(packs=frame.packs + 0.7 * frame.trend)
    with_trend = sdid(frame=frame, formula="packs ~ trend | state + year").term("att").estimate
    assert sdid(frame=shifted, formula="packs ~ trend | state + year").term("att").estimate == pytest.approx(
        with_trend, abs=1e-6
    )
    assert with_trend != pytest.approx(plain, abs=1e-3)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"errors": "jackknife"}, "two treated units"),
        ({"errors": "bootstrap"}, "two treated units"),
        ({"weights": "trend"}, "takes no `weights`"),
        ({"draws": 5}, "99 draws"),
        ({"formula": "packs ~ 1 | state"}, "has the effects"),
    ],
)
def test_it_refuses_in_words(sdid, fields, what):
    with pytest.raises(EstimationError, match=what) as told:
        sdid(**fields)
    assert all(f.mend for f in told.value.faults)


def test_units_with_gaps_leave_and_are_counted(sdid):
    frame = packs({"California": 1989.0})
    frame = frame[~((frame.state == "Nevada") & (frame.year == 1975))]
    made = sdid(frame=frame, variant="did")
    assert [(d.rows, d.why) for d in made.sample.dropped] == [(30, "state not seen in every one of 31 periods")]
    with pytest.raises(EngineRefusedError):
        sdid(engine="linearmodels")
