"""Whether money is nominal, and which cells are not as published."""

import numpy as np
import pytest

from panelkit.core.errors import PanelError, StudyError
from panelkit.core.expression import parse_expression
from panelkit.core.study import FillRule, VariableSpec
from panelkit.etl.fills import filled_cells
from panelkit.etl.prices import base_year_of, is_money, price_basis, price_of_expression
from panelkit.etl.quality import quality
from panelkit.facts.provinces import provinces
from panelkit.study.typed import typed

CODES = [p.code for p in provinces()]
FOUR = CODES[:4]
YEARS = range(2015, 2019)
PRICES = {"s.n": "nominal", "s.m": "nominal", "s.r": "real", "s.k": ""}
MEASURES = {"s.base": "2010年=100", "s.link": "上年=100"}


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("s.n", "nominal"),
        ("ln(s.n)", "nominal"),
        ("s.n / s.m", ""),
        ("ln(s.n / s.m)", ""),
        ("ln(s.n) - ln(s.m)", ""),
        ("lag(ln(s.n), 1) - ln(s.m)", "nominal"),
        ("s.n / lag(s.n, 1)", "nominal"),
        ("s.r / lag(s.r, 1)", ""),
        ("s.n / s.k", "nominal"),
        ("s.n / s.base * 100", "real"),
        ("s.n / s.link * 100", "nominal"),
        ("s.n - s.m", "nominal"),
        ("s.n + s.k", "nominal"),
        ("s.r * s.k", "real"),
        ("s.n > 100", ""),
        ("standardise(s.n)", "nominal"),
        ("max(s.r, s.n)", "nominal"),
        ("present(s.n)", ""),
        ("s.k", ""),
    ],
)
def test_prices_pass_through_expressions(text, price):
    assert price_of_expression(parse_expression(text), PRICES, MEASURES) == price


def test_money_is_known_by_its_unit():
    assert [is_money(m) for m in ("元", "万元", "亿美元", "元/人", "人", "%", "")] == [True] * 4 + [False] * 3


def test_a_model_with_nominal_money_and_no_years_fails(assembled_of, rows_of):
    draws = np.random.default_rng(1)
    frame = rows_of(FOUR, YEARS, y=draws.uniform(1, 2, 16), x=draws.uniform(1, 2, 16))
    variables = {
        "ln_y": {"expression": "ln(s.y)"},
        "x": {"series": "s.x"},
        "real": {"series": "s.y", "price": "real"},
        "share": {"expression": "s.y / s.x"},
    }
    models = {
        "bare": "ln_y ~ share | province",
        "years": "ln_y ~ share | province + year",
        "levels": "ln_y ~ x | province + year",
        "dummies": "ln_y ~ share + i(year)",
        "pure": "share ~ real",
    }
    got, study = assembled_of(frame, variables, measures={"y": "亿元", "x": "亿元"}, models=models)
    assert got.panel.variable("ln_y").price == "nominal"
    assert got.panel.variable("share").price == ""
    assert got.panel.variable("real").price == "real"
    assert {(c.of, c.verdict) for c in price_basis(study, got.panel)} == {("bare", "fails"), ("levels", "says")}


# ---------------------------------------------------------------- base years

TWO = {"s.r": "real", "s.q": "real", "s.t": "real", "s.n": "nominal", "s.k": ""}
BASES = {"s.r": 2000, "s.q": 2005}


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("s.r", 2000),
        ("ln(s.r)", 2000),
        ("-s.r * s.k", 2000),
        ("s.k * s.q / s.k + s.q", 2005),
        ("s.r + s.t", 2000),
        ("max(s.r, s.r)", 2000),
        ("s.r / s.r", None),
        ("ln(s.r) - ln(s.r)", None),
        ("s.r / lag(s.r, 1)", None),
        ("s.r * s.q", None),
        ("s.r + s.n", None),
        ("max(s.r, s.n)", None),
        ("s.n / s.base * 100", 2010),
        ("s.n / s.link", None),
        ("present(s.r)", None),
        ("s.t", None),
    ],
)
def test_base_years_pass_through_expressions(text, year):
    assert base_year_of(parse_expression(text), TWO, BASES, MEASURES) == year


@pytest.mark.parametrize(
    "text",
    [
        "s.r + s.q",
        "s.r - s.q",
        "s.r / s.q",
        "ln(s.r / s.q)",
        "ln(s.r) - ln(s.q)",
        "max(s.r, s.q)",
        "s.r > s.q",
        "1 + s.k * (s.q + s.r)",
    ],
)
def test_prices_of_two_years_are_not_put_together(text):
    with pytest.raises(StudyError, match="prices of 2000 and of 2005 are put together"):
        base_year_of(parse_expression(text), TWO, BASES, MEASURES)


def real_money(assembled_of, rows_of, more=None):
    draws = np.random.default_rng(3)
    frame = rows_of(FOUR, YEARS, n=draws.uniform(1, 2, 16), r=draws.uniform(1, 2, 16), p=103.0)
    variables = {
        "a": {"derive": "deflate", "with": {"amount": "s.n", "index": "s.p", "base": 2015}},
        "b": {"derive": "deflate", "with": {"amount": "s.n", "index": "s.p", "base": 2017}},
        "r": {"series": "s.r"},
        "r_rebased": {"expression": "r * 1.3", "price": "real", "base_year": 2015},
        "stock": {"derive": "capital_stock", "with": {"investment": "a", "start": 2015, "growth": 0.1}},
        "early": {"derive": "pre_mean", "with": {"of": "b", "years": (2015, 2016)}},
        "growth": {"expression": "ln(a) - lag(ln(a), 1)"},
        "both": {"expression": "ln(r_rebased + a)"},
        **(more or {}),
    }
    source = {"prices": {"r": "real"}, "base_years": {"r": 2000}}
    measures = {"n": "亿元", "r": "亿元", "p": "上年=100"}
    return assembled_of(frame, variables, measures=measures, source=source)[0].panel


def test_the_base_year_goes_with_a_variable(assembled_of, rows_of):
    panel = real_money(assembled_of, rows_of)
    assert {v.name: v.base_year for v in panel.variables} == {
        "a": 2015, "b": 2017, "r": 2000, "r_rebased": 2015, "stock": 2015, "early": 2017, "growth": None, "both": 2015
    }  # fmt: skip
    assert panel.variable("both").price == "real"


@pytest.mark.parametrize(
    ("variable", "said", "where"),
    [
        ({"expression": "a / b"}, "prices of 2015 and of 2017", "variables.x.expression"),
        ({"expression": "a + r"}, "prices of 2000 and of 2015", "variables.x.expression"),
        ({"series": "s.r", "base_year": 2005}, "declared at prices of 2005 and made of prices of 2000", "variables.x.base_year"),
        ({"series": "s.n", "base_year": 2005}, "has a base year and is nominal", "variables.x.base_year"),
        ({"series": "s.p", "base_year": 2005}, "has a base year and is no money", "variables.x.base_year"),
    ],
)  # fmt: skip
def test_base_years_that_do_not_fit_are_refused(assembled_of, rows_of, variable, said, where):
    with pytest.raises(PanelError, match=said) as refused:
        real_money(assembled_of, rows_of, {"x": variable})
    assert [f.where for f in refused.value.faults] == [where]
    assert all(f.mend for f in refused.value.faults)


# ---------------------------------------------------------------- fills


def filled_panel(assembled_of, rows_of, fill, transform="", gone=((1, 1),), models=None):
    x = np.add.outer(np.arange(4.0) * 10, np.arange(4.0)) + 1
    z = 2 * x + np.arange(4.0)[:, None]
    for at in gone:
        z[at] = np.nan
    frame = rows_of(FOUR, YEARS, x=x.ravel(), z=z.ravel())
    variables = {"z": {"series": "s.z", "fill": fill, "transform": transform}, "x": {"series": "s.x"}}
    return assembled_of(frame, variables, gaps="fill", models=models or {})


@pytest.mark.parametrize("fill", ["linear", FillRule(method="linear")])
def test_linear_in_either_form(assembled_of, rows_of, fill):
    got, _ = filled_panel(assembled_of, rows_of, fill)
    assert got.panel.column("z")[5] == pytest.approx(2 * 12 + 1)
    assert np.flatnonzero(got.filled["z"]).tolist() == [5]
    assert got.panel.variable("z").filled == 1


def test_regression_fills_from_a_related_series(assembled_of, rows_of):
    rule = FillRule(method="regression", on=("s.x",))
    got, _ = filled_panel(assembled_of, rows_of, rule, gone=((1, 1), (2, 3), (3, 0)))
    f = got.panel.frame
    np.testing.assert_allclose(f["z"], 2 * f["x"] + np.repeat(np.arange(4.0), 4))
    assert got.panel.variable("z").filled == 3
    assert got.panel.variable("z").origin.inputs == ("s.z", "s.x")
    assert any("regression on s.x" in n for n in got.notes)


def test_a_unit_without_any_figure_stays_empty(assembled_of, rows_of):
    rule = FillRule(method="regression", on=("s.x",))
    got, _ = filled_panel(assembled_of, rows_of, rule, gone=tuple((2, t) for t in range(4)))
    assert np.isnan(got.panel.column("z")[8:12]).all()
    assert got.panel.variable("z").filled == 0


def test_flags_go_through_what_is_made_of_filled_cells(assembled_of, rows_of):
    x = np.arange(1.0, 17.0)
    x[5] = np.nan
    frame = rows_of(FOUR, YEARS, x=x, w=1.0)
    variables = {
        "a": {"series": "s.x", "fill": "linear"},
        "b": {"expression": "ln(lag(a, 1))"},
        "c": {"series": "s.w"},
    }
    models = {"with": "b ~ c + a", "without": "c ~ year", "late": {"formula": "a ~ c", "where": "year >= 2017"}}
    got, study = assembled_of(frame, variables, gaps="fill", years=(2016, 2018), models=models)
    assert got.panel.frame.loc[got.filled["b"], ["province", "year"]].to_numpy().tolist() == [["120000", 2017]]
    found = {c.of: c for c in filled_cells(study, got.panel, got.filled)}
    assert set(found) == {"with"}
    assert found["with"].value == pytest.approx(2 / (12 * 3))
    assert [r["filled"] for r in found["with"].rows] == [1, 1]
    assert "%" in found["with"].text.en


@pytest.mark.parametrize("rule", [FillRule(method="regression"), FillRule(method="carry", on=("s.x",))])
def test_rules_that_make_no_sense(assembled_of, rows_of, rule):
    with pytest.raises(PanelError, match="a fill by regression needs on"):
        filled_panel(assembled_of, rows_of, rule)


def test_unknown_regressors_are_named(assembled_of, rows_of):
    with pytest.raises(PanelError, match=r"no series 's\.q'"):
        filled_panel(assembled_of, rows_of, FillRule(method="regression", on=("s.q",)))


def test_both_forms_are_read_from_a_study_file():
    faults = []
    short = typed(VariableSpec, {"name": "a", "series": "s.a", "fill": "carry"}, "variables.a", faults)
    long = {"name": "a", "series": "s.a", "fill": {"method": "regression", "on": ["s.x"]}}
    full = typed(VariableSpec, long, "variables.a", faults)
    assert not faults
    assert short.fill == "carry"
    assert full.fill == FillRule(method="regression", on=("s.x",))
    assert typed(VariableSpec, {"name": "a", "series": "s.a", "fill": "guess"}, "variables.a", faults) is None
    assert typed(VariableSpec, {**long, "fill": {"method": "guess"}}, "variables.a", faults) is None
    assert faults
    assert all(f.where.startswith("variables.a.fill") for f in faults)


def test_cells_of_gaps_are_listed_by_english_names(assembled_of, rows_of):
    got, study = filled_panel(assembled_of, rows_of, "linear")
    rows = [r for c in quality(study, got) if c.name == "gaps" for r in c.rows]
    assert "Tianjin 120000 2016" in " ".join(r["cells"] for r in rows)
