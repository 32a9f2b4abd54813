"""The page about a design: its facts against RESEARCH's figures and laws, free of outcomes; its advice where the answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from panelkit.checks import design_of, design_page
from panelkit.core.panel import Panel

Make = Callable[[pd.DataFrame], Panel]


@dataclass(frozen=True)
class Model:
    id: str = "m"
    kind: str = "event_study"
    formula: str = "y ~ 1 | province + year"
    cohort: str = "cohort"
    treatment: str = ""
    exclude: dict[str, str] = field(default_factory=dict)


DOSE = Model(kind="dose_did", formula="y ~ dose | province + year", cohort="")
BINARY = Model(kind="fixed_effects", formula="y ~ treated + x | province + year", cohort="")


def zones() -> pd.DataFrame:
    """The 31 provinces, 2010 to 2022, by year of the first reply."""
    from panelkit.facts.provinces import provinces
    from panelkit.facts.zones import first_treated

    first = first_treated("approval_year")
    d = pd.DataFrame([(p.code, t) for p in provinces() for t in range(2010, 2023)], columns=["province", "year"])
    d["cohort"] = d.province.map(lambda c: float(first.get(c, 0)))
    d["treated"] = (d.year >= d.cohort).astype(float)
    d["x"] = 1.0
    d["y"] = 0.0
    return d


def facts_of(model: Model, panel: Panel, keep: np.ndarray | None = None):
    positions = np.arange(panel.rows) if keep is None else np.flatnonzero(keep)
    return design_of(model, panel, positions)


@pytest.mark.parametrize("model", [Model(), BINARY], ids=["cohort", "binary"])
def test_the_real_timing_gives_the_published_weights(model: Model, make_panel: Make) -> None:
    facts = facts_of(model, make_panel(zones()))
    assert facts is not None
    assert facts.weights is not None
    assert round(facts.weights.forbidden or 0, 3) == 0.378
    assert (facts.weights.negative, facts.weights.cells) == (45, 169)
    assert round(facts.weights.negative_sum, 2) == -0.23
    assert sum((facts.weights.comparisons or {}).values()) == pytest.approx(1)
    assert facts.support is not None
    assert dict(zip(facts.support.event, facts.support.supported, strict=True)) == {
        0: 26, 1: 11, 2: 11, 3: 1, 4: 0, 5: 0, 6: 0, 7: 0,
    }  # fmt: skip
    assert facts.support.without == (2022.0,)
    assert {c.first: len(c.units) for c in facts.cohorts} == {2015: 1, 2016: 10, 2018: 15, 2019: 3, 2020: 1, 2022: 1}


def test_no_outcome_is_looked_at(make_panel: Make) -> None:
    d = zones()
    one = facts_of(Model(), make_panel(d))
    d["y"] = np.random.default_rng(1).normal(size=len(d))
    assert design_page(one, make_panel(d), "event_study", "en") == design_page(
        facts_of(Model(), make_panel(d)), make_panel(d), "event_study", "en"
    )


def test_a_row_that_the_model_lacks_moves_no_cohort(make_panel: Make) -> None:
    d = zones()
    keep = ~((d.province == "360000") & (d.year == 2018)).to_numpy()
    facts = facts_of(BINARY, make_panel(d), keep)
    assert facts is not None
    assert {c.first: len(c.units) for c in facts.cohorts}[2018.0] == 15
    assert facts.weights is not None
    assert facts.weights.on_grid


def test_one_date_and_units_never_treated_is_what_two_way_effects_are_for(make_panel: Make) -> None:
    d = zones()
    d["cohort"] = np.where(d.province < "350000", 2016.0, 0.0)
    facts = facts_of(Model(), make_panel(d))
    assert facts is not None
    assert facts.weights is not None
    assert facts.weights.forbidden == 0
    assert facts.weights.negative == 0
    assert "event_study or fixed_effects fit" in " ".join(design_page(facts, make_panel(d), "x", "en").split())


def test_one_treated_unit_a_dose_and_an_end_each_get_their_advice(make_panel: Make) -> None:
    d = zones()
    d["cohort"] = np.where(d.province == "330000", 2016.0, 0.0)
    panel = make_panel(d)
    assert "synthetic_did" in design_page(facts_of(Model(), panel), panel, "event_study", "en")
    d = zones()
    d["dose"] = np.maximum(0, d.year - d.cohort + 1) * np.where(d.province == "440000", 9, 1)
    panel = make_panel(d)
    facts = facts_of(DOSE, panel)
    assert facts is not None
    assert facts.dose is not None
    assert facts.dose.carried[0][0] == "440000"
    assert "STRONG parallel trends" in design_page(facts, panel, "dose_did", "en")
    d["treated"] = np.where((d.province == "460000") & (d.year > 2020), 0.0, d.treated)
    facts = facts_of(BINARY, make_panel(d))
    assert facts is not None
    assert facts.leaving == ("460000",)
    assert facts.weights is not None
    assert facts.weights.comparisons is None


def test_a_regression_without_a_treatment_has_no_design(make_panel: Make) -> None:
    d = zones()
    d["x"] = np.random.default_rng(2).normal(size=len(d))
    model = Model(kind="fixed_effects", formula="y ~ x | province + year", cohort="")
    assert facts_of(model, make_panel(d)) is None


def test_both_languages_say_the_same_numbers(make_panel: Make) -> None:
    panel = make_panel(zones())
    facts = facts_of(Model(), panel)
    en, zh = (design_page(facts, panel, "event_study", language) for language in ("en", "zh"))
    assert "何时受处理" in zh
    for number in ("37.8 %", "45", "169", "-0.23", "2022"):
        assert number in en
        assert number in zh
