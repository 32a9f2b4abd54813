"""A declared battery becomes models: one at a time or crossed, on the rows that all of them have; every fault under its key."""

from __future__ import annotations

from typing import Any

import pytest

from panelkit.core.errors import StudyError
from panelkit.core.study import Study
from panelkit.pipeline import load_kinds
from panelkit.study.read import study_from
from panelkit.study.schema import json_schema


def document(**battery: Any) -> dict[str, Any]:
    load_kinds()
    series = {n: n for n in ("y", "other", "dose", "x", "policy", "share")}
    return {
        "schema": 1,
        "study": {"id": "s", "title": "S", "seed": 1},
        "panel": {"unit": "unit", "years": [2000, 2010]},
        "sources": {"raw": {"kind": "tidy", "path": "data/raw/f.csv", "unit": "u", "time": "t", "series": series}},
        "variables": {n: {"series": f"raw.{n}", "label": {"en": n.upper(), "zh": f"变量{n}"}} for n in series},
        "models": [
            {"id": "base", "kind": "dose_did", "formula": "y ~ dose + x | unit + year", "where": "x > 0"},
            {"id": "cohorts", "kind": "event_study", "formula": "y ~ 1 | unit + year", "cohort": "x"},
        ],
        "robustness": {"r": {"base": "base", **battery}},
    }


def variants(**battery: Any) -> dict[str, Any]:
    return {v.id: v for v in study_from(document(**battery)).variants}


def faults(**battery: Any) -> dict[str, str]:
    with pytest.raises(StudyError) as caught:
        study_from(document(**battery))
    return {f.where: f.what for f in caught.value.faults}


def test_each_choice_changes_one_thing_and_the_base_comes_first() -> None:
    made = variants(
        common_sample=False,
        estimators={"fe": {"kind": "fixed_effects"}},
        covariances={"dk": {"kind": "driscoll_kraay"}},
        samples={"few": {"where": "share < 1", "exclude": {"a": "odd"}}},
        outcomes={"second": "other"},
        controls={"bare": ["-x"], "more": ["share"]},
        policies={"ftz": ["policy"]},
        windows={"early": [2000, 2005]},
        winsor={"cut": 0.01},
        timings={"part": "share"},
    )
    assert next(iter(made)) == "r__base"
    model = {name.removeprefix("r__"): v.model for name, v in made.items()}
    assert model["base"].formula == "y ~ dose + x | unit + year"
    assert model["fe"].kind == "fixed_effects"
    assert model["dk"].covariance.kind == "driscoll_kraay"
    assert model["few"].where == "(x > 0) and (share < 1)"
    assert model["few"].exclude == {"a": "odd"}
    assert model["second"].formula == "other ~ dose + x | unit + year"
    assert model["bare"].formula == "y ~ dose | unit + year"
    assert model["more"].formula == "y ~ dose + x + share | unit + year"
    assert model["ftz"].formula == "y ~ dose + x + policy | unit + year"
    assert model["early"].years == (2000, 2005)
    assert model["cut"].formula == "y_w010 ~ dose + x_w010 | unit + year"
    assert model["part"].formula == "y ~ share + x | unit + year"
    assert made["r__part"].term == "share"
    assert {v.term for n, v in made.items() if n != "r__part"} == {"dose"}
    assert all(len(v.chosen) == (n != "r__base") for n, v in made.items())


def test_a_winsorised_variable_is_a_variable_of_the_study_with_its_own_label() -> None:
    study = study_from(document(winsor={"cut": 0.025}))
    made = study.variables["y_w025"].spec
    assert made.expression == "winsor(y, 0.025)"
    assert "2.5%" in made.label.en


def test_a_product_crosses_every_choice_with_every_other() -> None:
    made = variants(
        combine="product", outcomes={"second": "other"}, windows={"early": [2000, 2005], "late": [2005, 2010]}
    )
    assert len(made) == (1 + 1) * (1 + 2)
    both = made["r__second__late"]
    assert both.chosen == {"outcomes": "second", "windows": "late"}
    assert both.model.years == (2005, 2010)
    assert both.model.formula.startswith("other ~")


def test_the_common_sample_asks_for_every_variable_of_every_specification() -> None:
    made = variants(outcomes={"second": "other"}, policies={"ftz": ["policy"]}, winsor={"cut": 0.01})
    conditions = {v.model.where for v in made.values()}
    assert len(conditions) == 1
    for name in ("y", "other", "dose", "x", "policy"):
        assert f"present({name})" in next(iter(conditions))


def test_a_timing_rule_of_cohorts_puts_in_another_cohort() -> None:
    made = study_from(document() | {"robustness": {"r": {"base": "cohorts", "timings": {"later": "share"}}}})
    assert {v.id: getattr(v.model, "cohort") for v in made.variants} == {"r__base": "x", "r__later": "share"}  # noqa: B009


def test_every_battery_has_a_table_and_a_curve_of_its_own() -> None:
    study: Study = study_from(document(outcomes={"second": "other"}))
    assert [getattr(t, "battery", "") for t in study.tables] == ["r"]
    assert [getattr(f, "battery", "") for f in study.figures] == ["r"]


@pytest.mark.parametrize(
    ("battery", "where"),
    [
        ({"base": "bas", "outcomes": {"second": "other"}}, "robustness.r.base"),
        ({}, "robustness.r"),
        ({"outcomes": {"second": "othr"}}, "robustness.r.outcomes.second"),
        ({"outcomes": {"a__b": "other"}}, "robustness.r.outcomes.a__b"),
        ({"outcomes": {"same": "other"}, "timings": {"same": "share"}}, "robustness.r.timings.same"),
        ({"windows": {"w": [2010, 2000]}}, "robustness.r.windows.w"),
        ({"winsor": {"w": 0.5}}, "robustness.r.winsor.w"),
        ({"estimators": {"e": {"kind": "fixed_efects"}}}, "robustness.r.estimators.e.kind"),
        ({"estimators": {"e": {"kind": "fixed_effects", "no_such": 1}}}, "robustness.r.e.no_such"),
        ({"outcomes": {"second": "other"}, "labels": {"secnd": "x"}}, "robustness.r.labels.secnd"),
        ({"outcomes": {"second": "other"}, "agree": 1.5}, "robustness.r.agree"),
        ({"outcoms": {"second": "other"}}, "robustness.r.outcoms"),
        ({"combine": "product", "windows": {f"w{i}": [2000, 2005] for i in range(600)}}, "robustness.r.combine"),
    ],
)
def test_a_fault_stands_under_its_key(battery: dict[str, Any], where: str) -> None:
    assert where in faults(**battery)


def test_the_schema_of_study_files_knows_batteries() -> None:
    load_kinds()
    assert "winsor" in json_schema()["properties"]["robustness"]["additionalProperties"]["properties"]
