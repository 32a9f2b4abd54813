"""Matching and synthetic difference-in-differences beside other programs, frozen in golden/matching and golden/sdid (see make there)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.numerics.did_matching import matched_difference, nearest_neighbours
from panelkit.numerics.did_propensity import propensity_score
from panelkit.numerics.synthetic_cohorts import replications, synthetic_cohorts

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TOLD = json.loads((GOLDEN / "matching" / "matching.json").read_text("utf-8"))
SDID = json.loads((GOLDEN / "sdid" / "synthdid.json").read_text("utf-8"))
WAYS = {
    "nearest": {},
    "three": {"neighbours": 3},
    "caliper": {"caliper": 0.01},
    "once": {"replacement": "without"},
    "once_caliper": {"replacement": "without", "caliper": 0.05},
}


@pytest.mark.parametrize("way", WAYS)
def test_scores_matches_and_difference_of_the_r_package_matching(way):
    told = TOLD["cases"][way]
    d = pd.read_csv(GOLDEN / "matching" / "units.csv")
    on = d.on.to_numpy(float)
    score = propensity_score(on, np.column_stack([np.ones(len(d)), d.z, d.v])).score
    assert score == pytest.approx(np.array(TOLD["score"]), rel=1e-10)
    matched = nearest_neighbours(score, on, **WAYS[way])
    assert matched.weights == pytest.approx(np.array(told["weights"]), abs=1e-12)
    assert matched_difference(d.change.to_numpy(), matched, on).att == pytest.approx(told["att"], rel=1e-10)


def test_every_way_is_compared():
    assert set(WAYS) == set(TOLD["cases"])


@pytest.fixture(scope="module")
def block():
    d = pd.read_csv(GOLDEN / "sdid" / "block.csv")
    Y = d.pivot(index="unit", columns="year", values="y").to_numpy()
    return Y, np.where(np.arange(len(Y)) >= 30, 11, 99)


def test_the_three_estimates_and_the_jackknife_of_synthdid(block):
    Y, first = block
    found = synthetic_cohorts(Y, first, "sdid")
    assert found.estimate == pytest.approx(SDID["att"], rel=1e-10)
    assert synthetic_cohorts(Y, first, "sc").estimate == pytest.approx(SDID["sc"], rel=1e-9)
    assert synthetic_cohorts(Y, first, "did").estimate == pytest.approx(SDID["did"], rel=1e-10)
    assert replications(found, Y, first, "jackknife", "sdid", 99, 1).se == pytest.approx(SDID["jackknife"], rel=1e-10)


@pytest.mark.parametrize("method", ["placebo", "bootstrap"])
def test_drawn_errors_of_synthdid(block, method):
    """Draws differ: two spreads of 400 draws differ by a tenth in one case of ten thousand (1/sqrt(2B), twice)."""
    Y, first = block
    found = synthetic_cohorts(Y, first, "sdid")
    ours = replications(found, Y, first, method, "sdid", SDID["draws"], 1).se
    assert abs(np.log(ours / SDID[method])) < 4 / np.sqrt(SDID["draws"])
