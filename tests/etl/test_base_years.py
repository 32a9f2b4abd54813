"""Real money moved from one base year to another, and nominal and real money put together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.core.errors import PanelError
from panelkit.etl.price_mix import price_mix
from panelkit.facts.provinces import provinces
from panelkit.numerics.chains import chained

FOUR = [p.code for p in provinces()][:4]
YEARS = range(2014, 2020)
REAL = {"prices": {"r": "real"}, "base_years": {"r": 2015}}


def figures(rows_of, seed: int = 1):
    draws = np.random.default_rng(seed)
    frame = rows_of(FOUR, YEARS, n=draws.uniform(50, 90, 24), p=draws.uniform(98, 106, 24), q=draws.uniform(1, 2, 24))
    links = frame["p"].to_numpy().reshape(4, 6)
    frame["r"] = (frame["n"].to_numpy().reshape(4, 6) / chained(links, 1)).ravel()
    frame["fixed"] = (100 * chained(links, 0)).ravel()
    return frame


def made(assembled_of, frame, variables, source=REAL, **panel):
    measures = {"n": "亿元", "r": "亿元", "p": "上年=100", "fixed": "2014年=100", "q": "亿元"}
    return assembled_of(
        frame, variables, measures={k: v for k, v in measures.items() if k in frame}, source=source, **panel
    )


@pytest.mark.parametrize(("form", "index"), [("previous_year", "s.p"), ("fixed_base", "s.fixed")])
@pytest.mark.parametrize("base", [2014, 2017, 2019])
def test_moving_a_real_series_is_deflating_the_nominal_one_to_the_new_year(assembled_of, rows_of, form, index, base):
    options = {"index": index, "base": base, "form": form}
    got, _ = made(
        assembled_of,
        figures(rows_of),
        {
            "moved": {"derive": "deflate", "with": {"amount": "s.r", "by": "rebase", "was": 2015, **options}},
            "direct": {"derive": "deflate", "with": {"amount": "s.n", **options}},
        },
    )
    assert got.panel.column("moved") == pytest.approx(got.panel.column("direct"), rel=1e-12)
    assert got.panel.variable("moved").base_year == base
    assert any(f"moved from prices of 2015 to prices of {base}" in note for note in got.notes)
    assert ("chained" if form == "previous_year" else "fixed base") in got.panel.variable("moved").origin.how


def test_a_real_series_moves_a_nominal_amount_too(assembled_of, rows_of):
    """The other route: nominal of the new base year x growth of the real series."""
    own = {"amount": "s.n", "index": "s.r", "base": 2018, "form": "fixed_base", "by": "volume"}
    other = {"amount": "s.r", "index": "s.p", "base": 2018, "by": "rebase", "was": 2015}
    variables = {
        "a": {"derive": "deflate", "with": own},
        "b": {"derive": "deflate", "with": other},
    }
    got, _ = made(assembled_of, figures(rows_of), variables)
    assert got.panel.column("a") == pytest.approx(got.panel.column("b"), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), base=st.sampled_from([2014, 2016, 2019]))
def test_there_and_back_changes_nothing(assembled_of, rows_of, seed, base):
    there = {"amount": "s.r", "index": "s.p", "base": base, "by": "rebase", "was": 2015}
    back = {"amount": "there", "index": "s.p", "base": 2015, "by": "rebase", "was": base}
    variables = {"there": {"derive": "deflate", "with": there}, "back": {"derive": "deflate", "with": back}}
    frame = figures(rows_of, seed)
    got, _ = made(assembled_of, frame, variables, years=(2014, 2019))
    assert got.panel.column("back") == pytest.approx(frame["r"].to_numpy(), rel=1e-12)


def test_a_missing_link_in_between_is_counted(assembled_of, rows_of):
    frame = figures(rows_of)
    frame.loc[(frame.unit == FOUR[0]) & (frame.time == 2016), "p"] = np.nan
    options = {"amount": "s.r", "index": "s.p", "base": 2018, "by": "rebase", "was": 2015}
    got, _ = made(assembled_of, frame, {"m": {"derive": "deflate", "with": options}}, gaps="list")
    assert np.isnan(got.panel.column("m")[:4]).all()
    assert not np.isnan(got.panel.column("m")[4:]).any()
    assert any("4 cells of s.r are missing in the result" in note for note in got.notes)


def test_a_price_index_needs_no_amount_beyond_the_panel(assembled_of, rows_of):
    """Deflating to 2014 for a panel of 2016-2018 needs the index from 2014 on, not the amount."""
    frame = figures(rows_of)
    frame.loc[frame.time < 2016, "n"] = np.nan
    variables = {"x": {"derive": "deflate", "with": {"amount": "s.n", "index": "s.p", "base": 2014}}}
    got, _ = made(assembled_of, frame, variables, years=(2016, 2018))
    assert not np.isnan(got.panel.column("x")).any()


REBASE = {"amount": "s.r", "index": "s.p", "base": 2018, "by": "rebase"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (REBASE, "by = 'rebase' and was go together"),
        ({**REBASE, "by": "price", "was": 2015}, "by = 'rebase' and was go together"),
        ({**REBASE, "was": 2016}, "s.r is at prices of 2015, was says 2016"),
        ({**REBASE, "was": 2015, "amount": "s.n"}, "s.n is nominal"),
        ({**REBASE, "was": 1990}, "no file reaches 1990|at prices of 2015"),
        ({**REBASE, "by": "price"}, "s.r is real already, at prices of 2015"),
        ({**REBASE, "was": 2015, "index": "s.q"}, "s.q is money"),
    ],
)
def test_what_cannot_be_moved_is_refused(assembled_of, rows_of, options, said):
    with pytest.raises(PanelError, match=said):
        made(assembled_of, figures(rows_of), {"m": {"derive": "deflate", "with": options}})


# ---------------------------------------------------------------- nominal and real together

LQ = {"derive": "location_quotient", "with": {"part": "s.r", "whole": "s.n"}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expression": "s.n + s.r"}, "nominal and real money together"),
        ({"expression": "ln(1 + (s.r - s.n) / s.n)"}, "nominal and real money together"),
        ({"expression": "max(s.n, s.r)"}, "nominal and real money together"),
        ({"expression": "s.n > lag(s.r, 1)"}, "nominal and real money together"),
        (LQ, "s.n is nominal and s.r is real"),
    ],
)
def test_sums_of_nominal_and_real_money_are_refused_unless_the_study_says_so(assembled_of, rows_of, fields, said):
    with pytest.raises(PanelError, match=said):
        made(assembled_of, figures(rows_of), {"x": fields})
    got, study = made(assembled_of, figures(rows_of), {"x": {**fields, "price": "none"}})
    assert got.panel.variable("x").price == ""
    assert price_mix(study, got).verdict == "holds"


INDEX = {"derive": "entropy_index", "with": {"components": {"s.n": "+", "s.r": "+"}}}


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"expression": "s.n / s.r"}, "ratio"),
        ({"expression": "ln(s.n) - ln(s.r)"}, "ratio"),
        ({"expression": "s.n * s.r", "measure": ""}, "product"),
        ({"expression": "ln(s.n) + ln(s.r)"}, "product"),
        (INDEX, "index"),
    ],
)
def test_ratios_and_indices_of_nominal_and_real_money_are_said(assembled_of, rows_of, fields, what):
    fields = {k: v for k, v in fields.items() if k != "measure"}
    got, study = made(assembled_of, figures(rows_of), {"x": fields})
    found = price_mix(study, got)
    assert (found.verdict, [r["what"] for r in found.rows]) == ("says", [what])
    again, said = made(assembled_of, figures(rows_of), {"x": {**fields, "price": "none"}})
    assert price_mix(said, again).verdict == "holds"


def test_real_money_of_an_undeclared_year_is_said(assembled_of, rows_of):
    source = {"prices": {"r": "real", "q": "real"}, "base_years": {"r": 2015}}
    variables = {
        "share": {"expression": "s.q / s.r"},
        "lq": {"derive": "location_quotient", "with": {"part": "s.q", "whole": "s.r"}},
        "same": {"expression": "s.q / lag(s.q, 1)"},
    }
    got, study = made(assembled_of, figures(rows_of), variables, source=source)
    rows = price_mix(study, got).rows
    assert [(r["variable"], r["what"], r["base_year"]) for r in rows] == [
        ("share", "base_year", 2015),
        ("lq", "base_year", 2015),
    ]


def test_real_money_of_two_years_is_refused_in_a_derivation(assembled_of, rows_of):
    source = {"prices": {"r": "real", "q": "real"}, "base_years": {"r": 2015, "q": 2010}}
    lq = {"derive": "location_quotient", "with": {"part": "s.q", "whole": "s.r"}}
    with pytest.raises(PanelError, match=r"s\.q is at prices of 2010 and s\.r at prices of 2015"):
        made(assembled_of, figures(rows_of), {"lq": lq}, source=source)


def test_a_real_amount_times_a_fixed_index_is_nominal_again(assembled_of, rows_of):
    got, _ = made(assembled_of, figures(rows_of), {"n": {"expression": "s.r * s.fixed / 100"}})
    assert got.panel.variable("n").price == "nominal"
