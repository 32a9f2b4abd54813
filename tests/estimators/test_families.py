"""p values of a family: drawn with the same weights in every model, never smaller than one by one, and refused where they cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from panelkit.core.errors import EstimationError
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.request import Analytic, Clustered
from panelkit.core.study import FamilySpec
from panelkit.estimators._families import adjusted, faults_of

FE = "{} ~ dose + x | province + year"


def setting(model) -> Setting:
    return Setting(engine=ENGINES["linearmodels"], defaults=Defaults(inference=Analytic()), seed=7)


@pytest.fixture(scope="module")
def models(frame, make):
    noise = np.random.default_rng(2).normal(size=len(frame))
    panel = make(
        frame.assign(w=np.where(frame.province == "04", np.nan, noise), same=frame.y * 2), categories=("region",)
    )
    kind, iv = ESTIMATORS["fixed_effects"].spec, ESTIMATORS["instrumental"].spec
    made = {name: kind(id=name, formula=FE.format(name)) for name in ("y", "m", "w", "same")}
    made["iv"] = iv(id="iv", formula="y ~ dose | province + year | x ~ z")
    made["by_region"] = kind(id="by_region", formula=FE.format("y"), covariance=Clustered(by=("region",)))
    made["one"] = ESTIMATORS["dose_did"].spec(id="one", formula="y ~ one + x | province + year")
    estimates = {i: ESTIMATORS[m.kind].estimate(m, panel, setting(m)) for i, m in made.items()}
    return estimates, made, panel


def rows(models, family, seed=3):
    found = adjusted("f", family, *models, setting, seed=seed)
    return {f"{r['model']}.{r['term']}": r for c in found for r in c.rows}


MEMBERS = ("y.x", "m.x", "w.x", "w.dose", "iv.x")


@pytest.mark.parametrize("method", ["romano_wolf", "holm", "bh", "sharpened_q"])
def test_every_method_answers_and_keeps_the_order(method, models):
    found = rows(models, FamilySpec(members=MEMBERS, method=method, draws=999))
    assert set(found) == set(MEMBERS)
    before, after = (np.array([found[m][k] for m in MEMBERS]) for k in ("p", "p_adjusted"))
    if method in ("holm", "bh"):
        assert (after >= before).all()
    if method != "romano_wolf":
        order = np.argsort(before)
        assert (np.diff(after[order]) >= -1e-12).all()
    assert ((after > 0) & (after <= 1)).all()


def test_the_same_hypothesis_twice_costs_nothing(models):
    """With the same weights in both models their statistics are one and the same in every draw."""
    one = rows(models, FamilySpec(members=("y.x", "w.x"), draws=999))["y.x"]["p_adjusted"]
    both = rows(models, FamilySpec(members=("y.x", "w.x", "same.x"), draws=999))
    assert both["y.x"]["p_adjusted"] == both["same.x"]["p_adjusted"] == one


def test_one_finding_for_each_model_and_the_same_draws_each_time(models):
    family = FamilySpec(members=MEMBERS, draws=499)
    found = adjusted("f", family, *models, setting, seed=3)
    assert [c.of for c in found] == ["y", "m", "w", "iv"]
    assert all(c.name == "family f" and c.verdict == "says" and c.text.zh for c in found)
    assert rows(models, family) == rows(models, family)
    assert rows(models, family) != rows(models, family, seed=4)


@pytest.mark.parametrize(
    ("family", "what"),
    [
        (FamilySpec(members=("y.x",)), "two different members"),
        (FamilySpec(members=("y.x", "yy.x")), "no model 'yy'"),
        (FamilySpec(members=("y.x", "m.z")), "no term 'z'"),
        (FamilySpec(members=("y.x", "m")), "not model.term"),
        (FamilySpec(members=("y.x", "by_region.x")), "clustered differently"),
        (FamilySpec(members=("y.x", "one.one")), "has no p"),
        (FamilySpec(members=("y.x", "iv.dose")), "only one endogenous regressor"),
        (FamilySpec(members=("y.x", "m.x"), draws=9), "too few"),
    ],
)
def test_what_is_wrong_is_said(family, what, models):
    with pytest.raises(EstimationError, match=what):
        adjusted("f", family, *models, setting)


def test_faults_are_found_before_any_number(models):
    assert not faults_of("f", FamilySpec(members=("y.x", "m.x")), models[1])
    assert len(faults_of("f", FamilySpec(members=("q.x", "q")), models[1])) == 2
