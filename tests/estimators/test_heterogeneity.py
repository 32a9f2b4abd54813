"""Two groups in one regression are the two split regressions; their difference has one covariance and a permutation p."""

from __future__ import annotations

import numpy as np
import pytest

from panelkit.core.errors import EstimationError
from panelkit.core.request import Analytic, Clustered, WildBootstrap

FE = "y ~ dose + x | province + year"


@pytest.fixture(scope="module")
def grouped(frame, make):
    unit = frame.province.astype(int)
    made = frame.assign(
        coast=(unit % 3 == 0).astype(float), zone=np.where(unit % 3 == 0, "沿海", "内陆"), moving=frame.year % 2
    )
    return make(made, categories=("region", "zone"))


@pytest.mark.parametrize(
    "formula", [FE, "y ~ dose + x | province", "y ~ dose + x", "y ~ dose + x | province + region^year"]
)
def test_each_group_is_its_own_regression(formula, grouped, run):
    made = run("heterogeneity", grouped, formula=formula, group="coast", focal="x", covariance=Clustered())
    for level in ("1", "0"):
        alone = run("fixed_effects", grouped, formula=formula, where=f"coast == {level}", covariance=Clustered())
        assert made.term(f"x:coast::{level}").estimate == pytest.approx(alone.term("x").estimate, rel=1e-8)
    gap = made.term("x:coast::1").estimate - made.term("x:coast::0").estimate
    assert made.term("difference").estimate == pytest.approx(gap, rel=1e-10)
    # no cluster is in both groups, so the variances add up
    together = made.term("x:coast::1").se ** 2 + made.term("x:coast::0").se ** 2
    assert made.term("difference").se ** 2 == pytest.approx(together, rel=1e-8)


def test_the_permutation_is_of_the_difference_itself(grouped, run):
    made = run("heterogeneity", grouped, formula=FE, group="coast", draws=199, inference=Analytic(), resample=True)
    (found,) = made.resampled
    assert found.term == "difference"
    assert found.statistic == pytest.approx(made.term("difference").estimate, rel=1e-8)
    assert 1 / 200 <= found.p <= 1
    within = run("heterogeneity", grouped, formula=FE, group="coast", strata="region", draws=199, resample=True)
    assert any("within region" in r.note for r in within.resampled)


def test_the_wild_bootstrap_of_the_difference_has_its_t(grouped, run):
    fields = {"formula": FE, "group": "coast", "draws": 99}
    made = run("heterogeneity", grouped, inference=WildBootstrap(draws=199), resample=True, **fields)
    wild = next(r for r in made.resampled if r.term == "difference" and "wild" in r.method)
    t = run("heterogeneity", grouped, covariance=Clustered(), **fields).term("difference").statistic
    assert wild.statistic == pytest.approx(t, rel=1e-7)


def test_text_levels_reference_and_a_real_difference(grouped, frame, make, run):
    made = run("heterogeneity", grouped, formula=FE, group="zone", reference="沿海")
    assert [t.name for t in made.terms][:3] == ["dose:zone::内陆", "dose:zone::沿海", "difference"]
    other = run("heterogeneity", grouped, formula=FE, group="zone", reference="内陆")
    assert other.term("difference").estimate == pytest.approx(-made.term("difference").estimate, rel=1e-10)
    unit = frame.province.astype(int)
    apart = make(
        frame.assign(coast=(unit % 3 == 0) * 1.0, y=frame.y + 3 * frame.x * (unit % 3 == 0)), categories=("region",)
    )
    strong = run("heterogeneity", apart, formula=FE, group="coast", focal="x", draws=199, resample=True)
    assert strong.term("difference").p < 0.001
    assert min(r.p for r in strong.resampled if "labels" in r.method) == pytest.approx(1 / 200)


def test_cr2_gives_the_difference_degrees_of_freedom_of_its_own(grouped, run):
    made = run("heterogeneity", grouped, formula=FE, group="coast", covariance=Clustered(variant="cr2"))
    first, second, gap = (t.df for t in made.terms[:3])
    assert len({first, second, gap}) == 3


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"group": "region"}, "4 levels"),
        ({"group": "moving"}, "changes within a province"),
        ({"group": "coats"}, "no variable 'coats'"),
        ({"group": "coast", "focal": "z"}, "no slope"),
        ({"group": "coast", "reference": "2"}, "no level"),
        ({"group": "coast", "formula": "y ~ i(region) + x | year"}, r"i\(\)"),
    ],
)
def test_what_is_wrong_is_said(fields, what, grouped, run):
    with pytest.raises(EstimationError, match=what) as caught:
        run("heterogeneity", grouped, **{"formula": FE, **fields})
    assert all(f.mend and f.where.startswith("models.m") for f in caught.value.faults)
