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


# ---------------------------------------------------------------- other panels: what is right for one is wrong for the next


def other(cohort: np.ndarray | None = None, treated: np.ndarray | None = None) -> pd.DataFrame:
    """20 units, 2000 to 2007; `cohort` by unit, or `treated` by unit and period."""
    d = pd.DataFrame([(f"{i:02d}", t) for i in range(20) for t in range(2000, 2008)], columns=["province", "year"])
    i = d.province.astype(int).to_numpy()
    d["cohort"] = 0.0 if cohort is None else np.asarray(cohort, dtype=float)[i]
    d["treated"] = 0.0 if treated is None else np.asarray(treated, dtype=float)[i, d.year - 2000]
    d["x"], d["y"] = 1.0, 0.0
    return d


def told(make_panel: Make, d: pd.DataFrame, model: Model = Model()) -> tuple[str, str]:
    panel = make_panel(d)
    facts = facts_of(model, panel)
    assert facts is not None
    en, zh = (" ".join(design_page(facts, panel, model.kind, language).split()) for language in ("en", "zh"))
    return en, zh


I = np.arange(20)  # noqa: E741
CASES = {
    "all at one date": (np.full(20, 2004), "no comparison identifies the effect", "没有比较可以识别效应"),
    "before the sample only": (np.where(I < 5, 1998, 0), "No unit starts treatment after the first period", "无从进行双重差分"),
    "before the sample, too": (
        np.where(I < 5, 1998, np.where(I < 10, 2004, 0)),
        "without the last (exclude, or where) two-way fixed effects compare treated with untreated only",
        "剔除后者",
    ),
    "a mark in place of a year": (np.where(I < 5, 1, 0), "not a mark of 0 and 1", "而不是 0/1 标记"),
    "three treated": (np.where(I < 3, 2003 + I % 2, 0), "3 treated units are few", "处理单元仅 3 个"),
    "after the sample": (
        np.where(I < 5, 2003, np.where(I < 9, 2005, 9999)),
        'control = "never" (11 units are untreated throughout)',
        "有 11 个始终未处理单元",
    ),
    "never as missing": (
        np.where(I < 5, 2003, np.where(I < 9, 2005, np.nan)),
        'control = "never" (11 units are untreated throughout)',
        "有 11 个始终未处理单元",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_panel_gets_its_own_advice_in_both_languages(case: str, make_panel: Make) -> None:
    cohort, en, zh = CASES[case]
    page = told(make_panel, other(cohort))
    assert en in page[0], page[0]
    assert zh in page[1], page[1]
    if case in ("all at one date", "before the sample only", "a mark in place of a year"):
        assert "callaway_santanna with" not in page[0]
        assert "event_study or fixed_effects fit" not in page[0]


def test_units_treated_from_the_start_and_after_they_left_are_no_support(make_panel: Make) -> None:
    facts = facts_of(Model(), make_panel(other(np.where(I < 5, 1998, np.where(I < 10, 2004, 0)))))
    assert facts is not None
    assert facts.support is not None
    assert facts.support.event.tolist() == [0, 1, 2, 3]
    assert facts.support.treated.tolist() == [5, 5, 5, 5]
    path = np.zeros((20, 8))
    path[:8, 3:] = 1
    path[:3, 6:] = 0
    model = Model(kind="fixed_effects", formula="y ~ treated | province + year", cohort="")
    facts = facts_of(model, make_panel(other(treated=path)))
    assert facts is not None
    assert facts.support is not None
    assert facts.support.treated.tolist() == [8, 8, 8, 5, 5]
    assert [(p.treated, p.left) for p in facts.by_period][-3:] == [(8, 0), (5, 3), (5, 3)]
    en, zh = told(make_panel, other(treated=path), model)
    assert "treatment_ends shows both" in en
    assert "STRONG" not in en
    assert "已退出" in zh


def test_no_harm_is_told_where_there_is_none(make_panel: Make) -> None:
    en, zh = told(make_panel, other(np.where(I < 8, 2004, 0)), Model(kind="fixed_effects"))
    assert "0 of 32 treated cells weigh negatively, 0.00 in sum (de Chaisemartin and D'Haultfoeuille)." in en
    assert "opposite signs" not in en
    assert "符号相反" not in zh
