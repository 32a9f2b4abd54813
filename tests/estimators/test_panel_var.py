"""Panel vector autoregressions as a model: rows and gaps, laws of relabelling and rescaling, what is refused, what is drawn and said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.request import Clustered, Robust
from panelkit.estimators._panel_var_curves import orders_of


def simulated(units: int = 20, periods: int = 14, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows, A = [], np.array([[0.6, 0.3], [0.0, 0.4]])
    for i in range(units):
        a, y = rng.normal(size=2), rng.normal(size=2)
        for t in range(-30, periods):
            y = a + A @ y + rng.normal(size=2) @ np.array([[1.0, 0.5], [0.0, 0.8]])
            rows += [(f"u{i:02d}", 2000 + t, *y)] if t >= 0 else []
    d = pd.DataFrame(rows, columns=["unit", "year", "y", "x"])
    return d.assign(region="r" + (d.unit.str[1:].astype(int) // 2).astype(str), w=1.0, noise=rng.normal(size=len(d)))


@pytest.fixture(scope="module")
def system(run, make):
    def fit(frame=None, **fields):
        fields = {"formula": "y ~ x | unit + year", "engine": "dense", **fields}
        return run(
            "panel_var",
            make(simulated() if frame is None else frame, unit="unit", categories=("region",)),
            resample=True,
            **fields,
        )

    return fit


def faults(system, **fields) -> list[str]:
    with pytest.raises(EstimationError) as caught:
        system(**fields)
    return [f.what for f in caught.value.faults]


def test_terms_curves_and_tests_of_a_system(system):
    made = system(draws=199, horizon=4)
    assert [t.name for t in made.terms] == ["y: y lag 1", "y: x lag 1", "x: y lag 1", "x: x lag 1"]
    assert made.covariance == Clustered(by=("unit",), variant="cr3")
    assert {t.df for t in made.terms} == {19.0}
    assert len(made.curves) == 2 * 2 * 4, "two orders, responses and shares, four pairs"
    assert {len(c) for c in made.curves.values()} == {5}
    assert [e.at for e in made.curves["irf [y, x] x -> y"]] == [0, 1, 2, 3, 4]
    assert [e.at for e in made.curves["fevd [y, x] x -> y"]] == [1, 2, 3, 4, 5]
    fixed = made.curves["irf [y, x] x -> y"][0]
    assert (fixed.estimate, fixed.se) == (0.0, 0.0), "in that order x moves y a year later at the earliest"
    assert np.isnan(fixed.p)
    known = made.curves["irf [y, x] x -> y"][1]
    assert known.low < known.estimate < known.high
    assert {r.term for r in made.resampled} == {t.name for t in made.terms}
    assert made.tests["granger: x -> y"]["df2"] == 19.0
    # one restriction: F is the square of the term's t
    assert made.tests["granger: x -> y"]["statistic"] == pytest.approx(made.term("y: x lag 1").statistic ** 2)
    assert made.tests["granger: x -> y"]["p"] < 0.05 < made.tests["granger: y -> x"]["p"]
    assert made.fit.extra["largest_modulus"] == pytest.approx(made.records["stability"][0]["modulus"])
    assert len(made.requests) == 2 * 5, (
        "13 rows a unit are odd: the whole panel and two splits in halves, for each equation"
    )


def test_lags_jump_no_gap_and_every_lost_row_is_counted(system):
    d = simulated()
    whole = system(d, bands="none")
    gap = d[~((d.unit == "u03") & (d.year == 2006))]
    made = system(gap, bands="none")
    assert {x.why: x.rows for x in made.sample.dropped} == {
        "initial values: the first 1 year of its unit": 20,
        "after a gap: no row of its unit in one of the 1 year before": 1,
    }
    assert made.sample.rows == whole.sample.rows - 2
    blank = d.assign(x=d.x.where(~((d.unit == "u03") & (d.year == 2006))))
    again = system(blank, bands="none")
    assert [t.estimate for t in again.terms] == [t.estimate for t in made.terms]
    assert "x missing" in {x.why for x in again.sample.dropped}
    two = system(gap, bands="none", lags=2)
    assert {x.rows for x in two.sample.dropped} == {40, 2}


def test_a_window_takes_no_lag_from_before_it(system):
    made = system(years=(2003, 2013), bands="none")
    assert made.sample.first == 2004
    assert {x.why: x.rows for x in made.sample.dropped} == {
        "outside 2003-2013": 60, "initial values: the first 1 year of its unit": 20,
    }  # fmt: skip


def test_units_too_short_for_halves_leave_and_are_counted(system):
    d = simulated()
    short = d[(d.unit != "u05") | (d.year < 2004)]
    made = system(short, bands="none")
    assert made.sample.units == 19
    assert {x.why: x.rows for x in made.sample.dropped}["fewer than 4 rows of its unit after the lags"] == 3
    assert system(short, bands="none", estimator="lsdv").sample.units == 20


@pytest.mark.parametrize("estimator", ["jackknife", "lsdv", "gmm"])
def test_the_order_of_variables_is_a_name_only(system, estimator):
    first = system(estimator=estimator, bands="none", formula="y ~ x | unit")
    other = system(estimator=estimator, bands="none", formula="x ~ y | unit")
    for name in (t.name for t in first.terms):
        assert other.term(name).estimate == pytest.approx(first.term(name).estimate, rel=1e-8)
        assert other.term(name).se == pytest.approx(first.term(name).se, rel=1e-6)
    for name in first.curves:
        ours, theirs = ([e.estimate for e in one.curves[name]] for one in (first, other))
        np.testing.assert_allclose(theirs, ours, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("estimator", ["jackknife", "lsdv"])
def test_scales_and_levels_of_units_do_what_algebra_says(system, estimator):
    d = simulated()
    first = system(d, estimator=estimator, bands="none")
    moved = d.assign(x=100 * d.x + d.unit.str[1:].astype(float) * 7)
    other = system(moved, estimator=estimator, bands="none")
    factor = {"y: y lag 1": 1, "y: x lag 1": 0.01, "x: y lag 1": 100, "x: x lag 1": 1}
    for name, by in factor.items():
        assert other.term(name).estimate == pytest.approx(by * first.term(name).estimate, rel=1e-8)
        assert other.term(name).p == pytest.approx(first.term(name).p, rel=1e-6)
    response = [e.estimate for e in first.curves["irf [x, y] x -> y"]]
    np.testing.assert_allclose([e.estimate for e in other.curves["irf [x, y] x -> y"]], response, rtol=1e-8)


def test_bands_of_pairs_and_of_scores_tell_the_same(system):
    pairs, scores = (system(bands=b, draws=999) for b in ("pairs", "wild"))
    for one, other in zip(pairs.resampled, scores.resampled, strict=True):
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.25)
    for name in ("irf [y, x] x -> y", "irf [x, y] y -> x", "irf [y, x] y -> y"):
        for one, other in zip(pairs.curves[name], scores.curves[name], strict=True):
            assert other.se == pytest.approx(one.se, rel=0.35, abs=1e-12)
    assert "pairs cluster bootstrap" in pairs.resampled[0].method
    assert any("Rademacher" in n for n in scores.notes)


def test_clusters_that_hold_units(system):
    made = system(cluster="region", bands="none")
    assert made.sample.clusters == {"region": 10}
    assert made.terms[0].df == 9.0


def test_moments_say_what_they_rest_on(system):
    made = system(estimator="gmm", formula="y ~ x | unit", instruments=(1, 3), bands="pairs", draws=99)
    assert made.fit.extra["moment_instruments"] == 6.0
    assert made.tests["hansen: y"]["df1"] == 4.0
    assert {"ar1: y", "ar2: y", "ar1: x", "ar2: x"} <= set(made.tests)
    assert made.terms[0].df == np.inf
    assert made.confirmation == "engine"
    assert made.requests[0].estimator == "two_stage_least_squares"
    default = system(estimator="gmm", bands="none")
    assert default.fit.extra["moment_instruments"] <= 19, "fewer than clusters, where none is named"
    with pytest.raises(EngineRefusedError, match="one endogenous"):
        system(estimator="gmm", engine="pyfixest", bands="none")


def test_every_fault_of_a_declaration_at_once(system):
    found = faults(system, formula="y ~ x:noise | year", lags=0, weights="w", draws=5, horizon=-1, instruments=(1, 2))
    assert len(found) == 7
    assert any("two variables or more" in f for f in found)
    assert any("effects of a system" in f for f in found)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"orders": (("y", "z"),)}, "the order y, z"),
        ({"estimator": "gmm", "bands": "wild"}, "no wild bootstrap"),
        ({"estimator": "gmm", "instruments": (3, 2)}, "are not first and last lag"),
        ({"estimator": "gmm", "instruments": (2, 2), "lags": 2}, "2 instruments for 4 lags"),
        ({"estimator": "gmm", "instruments": (1, 9)}, "for 20 clusters"),
        ({"estimator": "gmm", "covariance": Clustered()}, "has one covariance"),
        ({"covariance": Robust()}, "clustered on one category"),
        ({"covariance": Clustered(by=("unit", "year"))}, "clustered on one category"),
        ({"cluster": "year"}, "two clusters"),
        ({"lags": 12}, "no row is left"),
        ({"formula": "y ~ 1 | unit"}, "two variables or more"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(system, fields, said):
    assert any(said in f for f in faults(system, **fields)), faults(system, **fields)


def test_short_panels_have_fewer_tests_and_say_so(system):
    d = simulated()
    made = system(d[d.year < 2007], bands="none")
    assert not [t for t in made.tests if t.startswith(("granger_jks", "granger_dh"))]
    said = " ".join(made.notes)
    assert "needs 8 years of every unit, and 20 of 20 have fewer" in said
    assert "more than 5 + 3 x 1 = 8 years" in said
    assert "granger: x -> y" in made.tests


def test_an_explosive_system_is_said_to_be_one(system):
    d = simulated()
    growth = d.groupby("unit").cumcount()
    made = system(
        d.assign(y=d.y + 1.3**growth, x=d.x + 0.5 * 1.3**growth), bands="none", formula="y ~ x | unit", estimator="lsdv"
    )
    assert made.fit.extra["largest_modulus"] > 1
    assert any("not stable" in n for n in made.notes)


def test_orders_given_take_the_place_of_the_two(system):
    made = system(orders=(("x", "y"),), bands="none")
    assert {n.split("]")[0] for n in made.curves} == {"irf [x, y", "fevd [x, y"}

    class Spec:
        orders = ()

    assert orders_of(Spec(), ("a", "b", "c")) == (("a", "b", "c"), ("c", "b", "a"))
