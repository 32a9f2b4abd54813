"""Which rows a model uses, and one clear message for each thing that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from panelkit.core.errors import EngineRefusedError, EstimationError, StudyError
from panelkit.core.estimation import Defaults
from panelkit.core.request import Clustered, Permutation

FE = "y ~ dose + x | province + year"


def test_every_drop_has_its_reason(frame, make, run):
    broken = frame.copy()
    broken.loc[3, "x"] = np.nan
    broken.loc[[4, 20], "y"] = np.nan
    panel = make(broken, categories=("region",))
    made = run("fixed_effects", panel, formula=FE, years=(2015, 2021), exclude={"07": "test"}, where="year != 2020")
    assert [(d.rows, d.why) for d in made.sample.dropped] == [
        (31, "outside 2015-2021"),
        (7, "province 07 excluded: test"),
        (30, "not where year != 2020"),
        (2, "y missing"),
        (1, "x missing"),
    ]
    assert made.sample.rows == 248 - 31 - 7 - 30 - 3
    assert (made.sample.units, made.sample.periods, made.sample.first, made.sample.last) == (30, 6, 2015, 2021)
    assert made.sample.clusters == {"province": 30}


def test_singletons_are_pruned_until_none_is_left(frame, make, run):
    few = frame[~((frame.province == "30") & (frame.year < 2022))]
    panel = make(few, categories=("region",))
    dropped = run("fixed_effects", panel, formula="y ~ x | province + year")
    kept = run("fixed_effects", panel, formula="y ~ x | province + year", singletons="keep")
    assert [d.why for d in dropped.sample.dropped] == ["singleton: the only row of its province"]
    assert dropped.sample.rows == kept.sample.rows - 1
    assert dropped.terms[0].estimate == pytest.approx(kept.terms[0].estimate, rel=1e-12)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"formula": "y ~ dsoe | province"}, "there is no variable 'dsoe'"),
        ({"formula": "y ~ region | province"}, "'region' is a category"),
        ({"formula": FE, "where": "year > 2050"}, "no row is left"),
        ({"formula": FE, "exclude": {"99": "gone"}}, "there is no province '99'"),
        (
            {"formula": FE, "where": "province == '03'", "singletons": "keep"},
            "adds nothing|combination|constant|single|left",
        ),
        ({"formula": "y ~ x", "where": "province == '03'"}, "single cluster"),
        ({"formula": "y ~ x", "weights": "dose"}, "zero or negative"),
        ({"formula": "y ~ cohort + x | province"}, "'cohort' is constant within province"),
        ({"formula": "y ~ i(region, ref=9) + x"}, "no level of it"),
        ({"formula": "y ~ x | province | x ~ z"}, "instruments"),
        ({"formula": FE, "inference": Permutation()}, "declared assignment"),
        ({"formula": FE, "covariance": Clustered(small_sample="stata")}, "no small-sample convention"),
        ({"formula": FE, "covariance": Clustered(by=("province", "year"), variant="cr3")}, "one cluster variable"),
    ],
)
def test_what_is_wrong_is_said(fields, what, panel, run):
    with pytest.raises(EstimationError, match=what) as caught:
        run("fixed_effects", panel, **fields)
    assert all(f.where.startswith("models.m") and f.mend for f in caught.value.faults)


def test_no_formula_is_a_fault_of_the_study(panel, run):
    with pytest.raises(StudyError, match="~"):
        run("fixed_effects", panel, formula="y + x")


def test_an_engine_that_refuses_says_so(panel, run):
    with pytest.raises(EngineRefusedError, match="pyfixest"):
        run("fixed_effects", panel, engine="pyfixest", formula="y ~ x | province[year]")


def test_every_unknown_name_at_once(panel, run):
    with pytest.raises(EstimationError) as caught:
        run("fixed_effects", panel, formula="y ~ dsoe + xx | provnce")
    assert len(caught.value.faults) == 3
    assert "did you mean 'dose'" in caught.value.faults[0].mend


def test_an_exact_combination_is_found_and_written_out(frame, make, run):
    frame = frame.assign(both=frame.dose + 2 * frame.x, far=1e6 + 1e-3 * frame.x)
    panel = make(frame, categories=("region",))
    with pytest.raises(EstimationError, match=r"both = 1 dose \+ 2 x"):
        run("fixed_effects", panel, formula="y ~ dose + x + both | province + year")
    dropped = run("fixed_effects", panel, formula="y ~ dose + x + both | province + year", collinear="drop")
    plain = run("fixed_effects", panel, formula="y ~ dose + x | province + year")
    assert dropped.dropped_terms == ("both",)
    assert any(n.startswith("both is left out") for n in dropped.notes)
    assert [t.estimate for t in dropped.terms] == [t.estimate for t in plain.terms]
    with pytest.raises(EstimationError, match="'far'"):
        run("fixed_effects", panel, formula="y ~ x + far | province")
    with pytest.raises(EstimationError, match="no regressor is left"):
        run("fixed_effects", panel, formula="y ~ cohort | province", collinear="drop")


def test_products_dummies_and_combined_effects(panel, run):
    made = run("fixed_effects", panel, formula="y ~ x:m + i(region) + x | year", singletons="keep")
    assert [t.name for t in made.terms] == ["x:m", "region::1", "region::2", "region::3", "x"]
    by_hand = run("fixed_effects", panel, formula="y ~ x | province + region^year")
    assert by_hand.absorb == ("province", "region^year")
    assert by_hand.fit.parameters == 1 + 31 + 4 * 8 - 4


def test_the_default_follows_the_number_of_clusters(panel, run):
    few = run("fixed_effects", panel, formula=FE, resample=True)
    assert few.covariance == Clustered(by=("province",), variant="cr3")
    assert {r.method for r in few.resampled} == {"restricted wild cluster bootstrap"}
    assert {t.df for t in few.terms} == {30.0}
    many = run("fixed_effects", panel, formula=FE, resample=True, defaults=Defaults(few_clusters=20))
    assert many.covariance == Clustered(by=("province",), variant="cr1")
    assert many.resampled == ()
    named = run("fixed_effects", panel, formula=FE, cluster="region")
    assert named.sample.clusters == {"region": 4}
