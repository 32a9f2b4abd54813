"""From a cell of the panel to cells of files, variables in words, and the codebook."""

from pathlib import Path

import numpy as np
import pytest

from panelkit.core.errors import PanelError
from panelkit.core.expression import parse_expression
from panelkit.etl.codebook import codebook_rows
from panelkit.etl.explain import explain_variable, latex_of
from panelkit.etl.lineage import Saved, lineage_of
from panelkit.etl.raw_cells import cells_of
from panelkit.facts.provinces import provinces

ROOT = Path(__file__).resolve().parents[2]
CODES = [p.code for p in provinces()]
VARIABLES = {
    "lq": {"derive": "location_quotient", "with": {"part": "s.a", "whole": "s.b"}},
    "later": {"expression": "diff(lq, 1) + lag(s.c, 2)"},
    "gap": {"series": "s.g", "fill": "linear", "transform": "ln"},
    "share": {"expression": "s.a / sum_by(s.a, year)"},
    "k": {"derive": "capital_stock", "with": {"investment": "s.c", "start": 2013, "growth": 0.1}},
    "w": {"derive": "entropy_index", "with": {"components": {"s.a": "+", "s.b": "+"}}},
    "zone": {"derive": "zone_exposure"},
}


@pytest.fixture(scope="module")
def made(assembled_of, rows_of):
    draws = np.random.default_rng(4)
    frame = rows_of(CODES, range(2012, 2019), **{c: draws.uniform(1, 9, 217) for c in "abcg"})
    frame.loc[4, "g"] = np.nan
    return assembled_of(frame, VARIABLES, gaps="fill", measures={"a": "亿元", "b": "亿元"})


def test_every_leaf_is_a_cell_with_its_place(made):
    got, study = made
    chain = lineage_of("later", "北京", 2016, study, got)
    leaves = {(x.name, x.time) for x in chain.leaves()}
    assert leaves == {("s.a", 2015), ("s.a", 2016), ("s.b", 2015), ("s.b", 2016), ("s.c", 2014)}
    for leaf in chain.leaves():
        assert leaf.place["path"] == "f.xlsx"
        assert leaf.place["sheet"] == "sheet"
        assert leaf.place["column"] == "C"
        row = got.observations[(got.observations["series"] == leaf.name) & (got.observations["unit"] == "110000")]
        row = row[row["time"] == leaf.time].iloc[0]
        assert (leaf.value, f"sheet!C{leaf.place['row']}") == (row["value"], row["cell"])
    assert chain.value == pytest.approx(got.panel.frame.set_index(["province", "year"]).loc[("110000", 2016), "later"])


def test_a_chain_can_be_computed_again_from_its_leaves(made):
    got, study = made
    chain = lineage_of("k", "120000", 2016, study, got)
    flows = {x.time: x.value for x in chain.leaves()}
    k = flows[2014] / (0.1 + 0.096)
    for year in (2014, 2015, 2016):
        k = 0.904 * k + flows[year]
    assert chain.value == pytest.approx(k)


def test_other_units_are_counted_not_unfolded(made):
    got, study = made
    quotient = lineage_of("lq", "110000", 2016, study, got)
    assert [o for o in quotient.others if "s.a" in o] == ["30 cells of 30 other units in 2016 of s.a"]
    summed = lineage_of("share", "110000", 2016, study, got)
    assert summed.others == ("120 cells of 30 other units in 2015-2018 of s.a",)
    weighted = lineage_of("w", "110000", 2016, study, got)
    assert weighted.others[0] == "120 cells of 30 other units in 2015-2018 of s.a"
    assert len(list(weighted.leaves())) == 2


def test_fills_are_said_in_words(made):
    got, study = made
    chain = lineage_of("gap", "110000", 2016, study, got)
    assert "filled by linear" in chain.how
    gap, before, after = chain.leaves()
    assert (gap.value, gap.time) == (None, 2016)
    assert (before.time, after.time) == (2015, 2017)
    assert chain.value == pytest.approx(np.log((before.value + after.value) / 2))
    assert "missing" in str(chain)
    assert "filled" not in lineage_of("gap", "110000", 2017, study, got).how


def test_a_fact_leads_to_its_line(made):
    got, study = made
    chain = lineage_of("zone", "330000", 2016, study, got)
    assert chain.place is None
    hangzhou, ningbo = chain.below
    assert "杭州市" in hangzhou.value
    assert (hangzhou.place["path"], hangzhou.place["row"]) == ("panelkit/facts/cbec_pilot_zones.csv", 2)
    lines = (ROOT / ningbo.place["path"]).read_text("utf-8").splitlines()
    assert "宁波市" in lines[ningbo.place["row"] - 1]
    assert [x.value for x in lineage_of("zone", "330000", 2015, study, got).below] == [hangzhou.value]


def test_weights_are_told_as_they_came_out(made):
    got, study = made
    assert "entropy weights s.a 0." in lineage_of("w", "110000", 2016, study, got).how


def test_a_year_that_the_panel_does_not_keep_is_not_called_missing(made):
    got, study = made
    assert "not kept, outside the panel's years" in str(lineage_of("later", "110000", 2015, study, got))


def test_what_was_saved_is_enough(made):
    got, study = made
    chain = lineage_of("lq", "110000", 2016, study, Saved(observations=got.observations))
    assert chain.value is None
    assert len(list(chain.leaves())) == 2
    assert {c["cell"] for c in cells_of("lq", "110000", 2016, study, got.observations)} == {
        x.place["cell"] for x in chain.leaves()
    }


@pytest.mark.parametrize(
    ("name", "unit", "year", "words"),
    [
        ("latter", "110000", 2016, "did you mean 'later'"),
        ("lq", "Atlantis", 2016, "no province 'Atlantis'"),
        ("lq", "110000", 1900, "no year 1900"),
    ],
)
def test_what_is_not_there(made, name, unit, year, words):
    got, study = made
    with pytest.raises(PanelError, match=words):
        lineage_of(name, unit, year, study, got)


def test_cells_of_other_units_are_counted_or_unfolded(made):
    """As many leaves as are counted, each with its place, beside those of the unit itself."""
    got, study = made
    short, full = (lineage_of("lq", "110000", 2016, study, got, unfold=u) for u in (False, True))
    counted = sum(int(text.split()[0]) for text in short.others)
    assert counted == 2 * 30
    assert short.others == full.others
    added = [leaf for leaf in full.leaves() if leaf.unit != "110000"]
    assert len(added) == counted
    assert len(list(short.leaves())) == len(list(full.leaves())) - counted
    assert all(leaf.place["path"] for leaf in added)


# ---------------------------------------------------------------- words and codebook


@pytest.mark.parametrize("name", list(VARIABLES))
def test_every_variable_is_explained_in_both_languages(made, name):
    got, study = made
    for language, words in (("en", "filled cells"), ("zh", "填补单元格")):
        text = explain_variable(study.variables[name], language, got.panel, study)
        assert words in text
        assert name in text
    assert "formula" in explain_variable(study.variables[name])


def test_share_of_filled_cells_is_said(made):
    got, study = made
    assert "1 of 124 (0.8%)" in explain_variable(study.variables["gap"], "en", got.panel, study)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a / b", r"\frac{\mathrm{a}_{it}}{\mathrm{b}_{it}}"),
        ("(a + b) * c", r"\left(\mathrm{a}_{it} + \mathrm{b}_{it}\right) \cdot \mathrm{c}_{it}"),
        ("a - (b - c)", r"\mathrm{a}_{it} - \left(\mathrm{b}_{it} - \mathrm{c}_{it}\right)"),
        ("lag(a_b, 2)", r"\mathrm{a\_b}_{i,t-2}"),
        ("diff(a, 1)", r"\Delta_{1} \mathrm{a}_{it}"),
        ("winsor_by_year(a, 0.01)", r"\operatorname{winsor\_by\_year}\left(\mathrm{a}_{it}, 0.01\right)"),
        ("year >= 2016 and not b", r"\mathrm{year}_{it} \ge 2016 \land \lnot \mathrm{b}_{it}"),
    ],
)
def test_expressions_as_latex(text, latex):
    assert latex_of(parse_expression(text)) == latex


def test_codebook_has_a_row_for_each_variable(made):
    got, study = made
    rows = codebook_rows(got.panel, study, got.observations)
    assert [r["variable"] for r in rows] == list(VARIABLES)
    assert len({tuple(r) for r in rows}) == 1
    gap = next(r for r in rows if r["variable"] == "gap")
    assert (gap["filled"], gap["units"], gap["first"], gap["last"]) == (1, 31, 2015, 2018)
    assert gap["files"] == "f.xlsx"
    assert gap["min"] <= gap["p25"] <= gap["median"] <= gap["p75"] <= gap["max"]
