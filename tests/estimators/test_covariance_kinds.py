"""Laws of the covariances computed from design and residuals: what must be equal, whatever the data; what is refused, and why."""

from __future__ import annotations

import numpy as np
import pytest

from panelkit.core.errors import EstimationError
from panelkit.core.request import (
    Classical,
    Clustered,
    Conley,
    DriscollKraay,
    Jackknife,
    NeweyWest,
    PairsBootstrap,
    Robust,
    WildBootstrap,
)
from panelkit.numerics.small_sample import CONVENTIONS

FE = "y ~ dose + x | province + year"
IV = "y ~ dose | province + year | x ~ z"


def errors(made):
    return np.array([t.se for t in made.terms])


@pytest.mark.parametrize(
    ("kind", "formula"), [("fixed_effects", FE), ("fixed_effects", "y ~ dose + x"), ("instrumental", IV)]
)
def test_kinds_that_are_one_in_the_limit(kind, formula, panel, run):
    def fit(covariance):
        return errors(run(kind, panel, formula=formula, covariance=covariance))

    raw = fit(Robust(variant="hc0"))
    np.testing.assert_allclose(fit(NeweyWest(lags=0, small_sample="none")), raw, rtol=1e-9)
    by_year = fit(Clustered(by=("year",), variant="cr0"))
    np.testing.assert_allclose(fit(DriscollKraay(lags=0, small_sample="none")), by_year, rtol=1e-9)


def test_conley_with_nothing_near_is_hc0_and_with_everything_near_is_clustered_by_year(frame, make, run):
    place = frame.province.astype(int)
    panel = make(frame.assign(latitude=20.0 + place, longitude=90.0 + (7 * place) % 31), categories=("region",))

    def fit(covariance):
        return errors(run("fixed_effects", panel, formula=FE, covariance=covariance))

    plain = {"small_sample": "none"}
    np.testing.assert_allclose(fit(Conley(cutoff_km=1.0, **plain)), fit(Robust(variant="hc0")), rtol=1e-9)
    near = fit(Conley(cutoff_km=30000.0, kernel="uniform", **plain))
    np.testing.assert_allclose(near, fit(Clustered(by=("year",), variant="cr0")), rtol=1e-9)
    alone = fit(Conley(cutoff_km=1.0, lags=2, **plain))
    np.testing.assert_allclose(alone, fit(NeweyWest(lags=2, small_sample="none")), rtol=1e-9)
    counts = fit(Conley(cutoff_km=500.0)) / fit(Conley(cutoff_km=500.0, **plain))
    np.testing.assert_allclose(counts, np.sqrt(247 / (248 - 40)), rtol=1e-9)


def test_conley_says_what_it_lacks(frame, make, panel, run):
    with pytest.raises(EstimationError, match="need the variable 'latitude'") as caught:
        run("fixed_effects", panel, formula=FE, covariance=Conley(cutoff_km=500.0))
    assert "province_fact" in caught.value.faults[0].mend
    holes = make(frame.assign(latitude=np.where(frame.province == "04", np.nan, 30.0), longitude=100.0))
    with pytest.raises(EstimationError, match="missing for province 04"):
        run("fixed_effects", holes, formula="y ~ x | province", covariance=Conley(cutoff_km=500.0))


def test_hc_and_cr_are_in_their_known_order(panel, run):
    """HC0 < HC2 < HC3 and CR0 < CR2 < CR3 (without factors), coefficient by coefficient."""

    def fit(covariance):
        return errors(run("fixed_effects", panel, formula=FE, covariance=covariance))

    hc0, hc2, hc3 = (fit(Robust(variant=v)) for v in ("hc0", "hc2", "hc3"))
    assert (hc0 < hc2).all()
    assert (hc2 < hc3).all()
    cr0, cr2, cr3 = (fit(Clustered(variant=v, jackknife_variant="hansen")) for v in ("cr0", "cr2", "cr3"))
    assert (cr0 < cr2).all()
    assert (cr2 < cr3).all()


def test_cr2_with_a_cluster_for_each_row_is_hc2(frame, make, run):
    rows = make(frame.assign(row=[f"r{i:03d}" for i in range(len(frame))]), categories=("region", "row"))
    own = run("fixed_effects", rows, formula="y ~ dose + x", covariance=Clustered(by=("row",), variant="cr2"))
    np.testing.assert_allclose(
        errors(own),
        errors(run("fixed_effects", rows, formula="y ~ dose + x", covariance=Robust(variant="hc2"))),
        rtol=1e-9,
    )


def test_degrees_of_freedom_are_each_coefficients_own(panel, run):
    made = run("fixed_effects", panel, formula=FE, covariance=Clustered(variant="cr2"))
    assert len({t.df for t in made.terms}) == 2
    assert all(1 < t.df < 30 for t in made.terms)
    assert made.covariance.reference == "satterthwaite"
    same = run("fixed_effects", panel, formula=FE, covariance=Clustered(variant="cr2", reference="bell_mccaffrey"))
    assert [t.p for t in same.terms] == [t.p for t in made.terms]
    plain = run("fixed_effects", panel, formula=FE, covariance=Clustered(variant="cr2", reference="g_minus_1"))
    assert {t.df for t in plain.terms} == {30.0}
    # Satterthwaite's for CR1 do not follow its factor
    one, other = (
        run("fixed_effects", panel, formula=FE, covariance=Clustered(small_sample=s, reference="satterthwaite"))
        for s in ("fixest", "sandwich")
    )
    assert [t.df for t in one.terms] == [t.df for t in other.terms]


def test_jackknife_variants_are_one_sum(panel, run):
    def fit(variant):
        covariance = Clustered(variant="cr3", jackknife_variant=variant)
        return errors(run("fixed_effects", panel, formula=FE, covariance=covariance))

    np.testing.assert_allclose(fit("mnw"), fit("hansen") * np.sqrt(30 / 31), rtol=1e-12)
    np.testing.assert_allclose(fit("pyfixest"), fit("hansen") * np.sqrt(31 / 30 * 247 / (248 - 10)), rtol=1e-12)
    assert (fit("mnw_centred") <= fit("mnw")).all()


@pytest.mark.parametrize(
    ("kind", "formula", "covariance", "what"),
    [
        ("instrumental", IV, Clustered(variant="cr2"), "not those of a projection"),
        ("instrumental", IV, Robust(variant="hc3"), "not those of a projection"),
        ("instrumental", IV, Clustered(reference="satterthwaite"), "least squares only"),
        ("fixed_effects", FE, Clustered(by=("province", "year"), variant="cr2"), "one cluster variable"),
        ("fixed_effects", FE, Clustered(by=("province", "year"), reference="satterthwaite"), "one cluster variable"),
        ("fixed_effects", FE, DriscollKraay(lags=-1), "below zero"),
        ("fixed_effects", FE, Conley(cutoff_km=0.0), "above zero"),
    ],
)
def test_what_is_refused(kind, formula, covariance, what, panel, run):
    with pytest.raises(EstimationError, match=what) as caught:
        run(kind, panel, formula=formula, covariance=covariance)
    assert all(f.mend and f.where.startswith("models.m") for f in caught.value.faults)


def test_frequency_weights_are_refused_where_rows_must_be_told_apart(panel, run):
    fields = {"weights": "weight", "weight_kind": "frequency", "engine": "dense"}
    with pytest.raises(EstimationError, match="write them out"):
        run("fixed_effects", panel, formula=FE, covariance=Robust(variant="hc2"), **fields)
    assert run("fixed_effects", panel, formula=FE, covariance=DriscollKraay(), **fields).terms[0].se > 0


def test_one_treated_cluster_is_withheld_under_cr2_too(panel, run):
    made = run("dose_did", panel, formula="y ~ one + x | province + year", covariance=Clustered(variant="cr2"))
    assert np.isnan(made.term("one").se)
    assert made.term("x").se > 0


def test_ivreg2_without_small_has_no_factor_and_is_normal(panel, run):
    raw = run("instrumental", panel, formula=IV, covariance=Clustered(small_sample="ivreg2"))
    np.testing.assert_allclose(
        errors(raw), errors(run("instrumental", panel, formula=IV, covariance=Clustered(variant="cr0"))), rtol=1e-12
    )
    assert all(np.isinf(t.df) for t in raw.terms)
    classical = run("instrumental", panel, formula=IV, covariance=Classical(small_sample="ivreg2"))
    debiased = run("instrumental", panel, formula=IV, covariance=Classical())
    np.testing.assert_allclose(errors(debiased) / errors(classical), np.sqrt(248 / (248 - 40)), rtol=1e-9)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_answers_for_every_kind(convention, panel, run):
    for covariance in (Classical, Robust, Clustered, DriscollKraay, NeweyWest):
        made = run("fixed_effects", panel, formula=FE, covariance=covariance(small_sample=convention))
        assert (errors(made) > 0).all()


# ---------------------------------------------------------------- resampling


def test_two_stage_least_squares_has_the_wild_restricted_efficient_bootstrap_by_default(panel, run):
    made = run("instrumental", panel, formula=IV, resample=True, inference=None)
    (found,) = made.resampled
    assert found.term == "x"
    assert found.method == "wild restricted efficient bootstrap"
    assert found.low < made.term("x").estimate < found.high
    assert made.covariance.variant == "cr3"
    # t is that of CR1
    cr1 = run("instrumental", panel, formula=IV, covariance=Clustered())
    assert found.statistic == pytest.approx(cr1.term("x").statistic, rel=1e-6)


@pytest.mark.parametrize(
    ("inference", "said"),
    [
        (WildBootstrap(restricted=False), "unrestricted"),
        (PairsBootstrap(), "pairs bootstrap"),
    ],
)
def test_what_is_not_made_for_two_stage_least_squares_is_said(inference, said, panel, run):
    made = run("instrumental", panel, formula=IV, resample=True, inference=inference)
    assert not made.resampled
    assert any(said in n for n in made.notes)


def test_pairs_gives_three_intervals_and_one_p(panel, run):
    made = run("fixed_effects", panel, formula=FE, resample=True, inference=PairsBootstrap(draws=399, interval="bca"))
    of_x = [r for r in made.resampled if r.term == "x"]
    assert [r.method.rpartition(", ")[2] for r in of_x] == ["bias-corrected and accelerated", "percentile", "basic"]
    assert [np.isnan(r.p) for r in of_x] == [False, True, True]
    b = made.term("x").estimate
    percentile, basic = of_x[1], of_x[2]
    assert basic.low == pytest.approx(2 * b - percentile.high, rel=1e-9)


def test_the_jackknife_is_cr3(panel, run):
    for kind, formula in (("fixed_effects", FE), ("instrumental", IV)):
        made = run(kind, panel, formula=formula, resample=True, inference=Jackknife())
        assert {r.term for r in made.resampled} == {"dose", "x"}
        for r in made.resampled:
            term = made.term(r.term)
            assert (r.p, r.low, r.high) == pytest.approx((term.p, term.low, term.high), rel=1e-7)
            assert "jackknife bias" in r.note
