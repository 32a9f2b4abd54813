"""Indices that share material with what they are set against, and totals handed out by shares."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from panelkit.core.study import VariablePlan, VariableSpec
from panelkit.etl.overlap import apportioned, copied_columns, overlap_checks, overlap_faults, series_wide
from panelkit.facts.provinces import provinces

CODES = [p.code for p in provinces()][:6]
YEARS = range(2015, 2019)
VARIABLES = {
    "head": {"expression": "s.d / s.people"},
    "index": {"derive": "entropy_index", "with": {"components": {"s.a": "+", "s.b": "+"}}},
    "other": {"derive": "entropy_index", "with": {"components": {"s.b": "+", "s.c": "+"}}},
    "apart": {"derive": "entropy_index", "with": {"components": {"s.c": "+", "head": "+"}}},
    "D": {"derive": "coupling", "with": {"systems": ("index", "apart")}},
    "lagged": {"expression": "lag(index, 1)"},
    "ln_a": {"expression": "ln(s.a)"},
    "ln_e": {"expression": "ln(s.e)"},
    "product": {"expression": "index * ln_e"},
    "per_head": {"expression": "s.e / s.people"},
    "people": {"series": "s.people"},
}


@pytest.fixture(scope="module")
def of_models(assembled_of, rows_of):
    draws = np.random.default_rng(2)
    frame = rows_of(CODES, YEARS, **{c: draws.uniform(1, 9, 24) for c in ("a", "b", "c", "d", "e", "people")})

    def make(*formulas):
        models = {f"m{i}": f for i, f in enumerate(formulas)}
        return assembled_of(frame, VARIABLES, gaps="list", models=models)

    return make


@pytest.mark.parametrize(
    ("formula", "shared"),
    [
        ("index ~ ln_a | province + year", "s.a"),
        ("ln_a ~ index | province + year", "s.a"),
        ("ln_e ~ index + other | province + year", "s.b"),
        ("D ~ ln_a | province + year", "s.a"),
        ("D ~ index | province + year", "s.a, s.b"),
        ("ln_e ~ lagged + ln_a | province + year", "s.a"),
        ("ln_a ~ ln_e | province | index ~ other", "s.b"),
    ],
)
def test_what_an_index_holds_is_not_set_against_it(of_models, formula, shared):
    got, study = of_models(formula)
    faults = overlap_faults(study, got)
    assert any(shared in f.what for f in faults), faults
    assert faults[0].where == "models.m0"


@pytest.mark.parametrize(
    "formula",
    [
        "index ~ ln_e | province + year",
        "index ~ lagged + ln_e | province + year",
        "index ~ apart | province + year",
        "apart ~ product + index + ln_e | province + year",
        "ln_a ~ ln_e | province + year",
    ],
)
def test_what_is_apart_passes(of_models, formula):
    got, study = of_models(formula)
    assert overlap_faults(study, got) == []


def test_a_common_divisor_is_a_remark(of_models):
    got, study = of_models("apart ~ per_head | province + year", "apart ~ people | province + year")
    assert overlap_faults(study, got) == []
    assert {c.of for c in overlap_checks(study)} == {"m0", "m1"}


@pytest.fixture(scope="module")
def shared_out(rows_of):
    draws = np.random.default_rng(5)
    trade = draws.uniform(1, 9, (6, 4))
    nation = np.array([100.0, 130.0, 180.0, 210.0])
    share = trade / trade.sum(axis=0)
    return rows_of(
        CODES,
        YEARS,
        trade=trade.ravel(),
        share=share.ravel(),
        percent=100 * share.ravel(),
        cbec=np.round(share * nation, 2).ravel(),
        nation=np.tile(nation, 6),
        rate=np.tile([6.2, 6.6, 6.7, 6.6], 6),
    )


@pytest.mark.parametrize(
    ("expression", "is_made"),
    [
        ("s.nation * s.share", True),
        ("ln(s.nation * s.percent / 100)", True),
        ("ln(s.nation * s.trade / sum_by(s.trade, year))", True),
        ("ln(s.rate * s.trade)", False),
        ("s.nation + s.trade", False),
        ("ln(s.share)", False),
    ],
)
def test_a_total_handed_out_by_shares_is_flagged(assembled_of, shared_out, expression, is_made):
    got, study = assembled_of(shared_out, {"y": {"expression": expression}})
    found = [c for c in apportioned(study, got) if c.of == "y"]
    assert bool(found) == is_made
    if is_made:
        assert found[0].verdict == "fails"
        assert "s.nation" in found[0].text.en


def test_a_file_that_was_handed_out_is_seen_beside_its_key(assembled_of, shared_out):
    got, study = assembled_of(shared_out, {"y": {"series": "s.cbec"}, "x": {"series": "s.trade"}})
    (found,) = apportioned(study, got)
    assert found.verdict == "says"
    assert found.rows[0]["share"] == "s.trade"
    honest = shared_out.assign(cbec=shared_out["cbec"] * np.random.default_rng(1).uniform(0.9, 1.1, 24))
    got, study = assembled_of(honest, {"y": {"series": "s.cbec"}, "x": {"series": "s.trade"}})
    assert apportioned(study, got) == ()


def with_second_source(got, study, values, path="f.xlsx"):
    """The same study with a source `t` whose series `again` is the column 'a' of a file, and what it holds."""
    source = replace(study.sources["s"], id="t", path=path, series={"again": "a"})
    plan = VariablePlan(spec=VariableSpec(name="renamed", expression="ln(lag(t.again, 1))"))
    rows = got.observations[got.observations["series"] == "s.a"].assign(series="t.again", source="t")
    rows["value"] = values(rows["value"])
    models = tuple(replace(m, formula="renamed ~ index | province + year") for m in study.models)
    study = replace(
        study, sources={**study.sources, "t": source}, variables={**study.variables, "renamed": plan}, models=models
    )
    return replace(got, observations=pd.concat([got.observations, rows], ignore_index=True)), study


def test_a_column_taken_twice_under_two_names_is_refused(of_models):
    """Through a rename, a lag and a logarithm, from a second source on the same file."""
    got, study = with_second_source(*of_models("ln_a ~ ln_e"), lambda v: v)
    assert ["s.a" in f.what for f in overlap_faults(study, got)] == [True]


@pytest.mark.parametrize("factor", [1.0, 10_000.0])
def test_a_column_copied_to_another_file_is_seen_by_its_figures(of_models, factor):
    got, study = with_second_source(*of_models("ln_a ~ ln_e"), lambda v: v * factor, path="g.xlsx")
    assert overlap_faults(study, got) == []
    (found,) = copied_columns(study, series_wide(study, got))
    assert (found.verdict, found.name) == ("fails", "index_overlap")
    assert "t.again = s.a" in found.text.en
    apart, other = with_second_source(*of_models("ln_a ~ ln_e"), lambda v: v**1.01, path="g.xlsx")
    assert copied_columns(other, series_wide(other, apart)) == ()
