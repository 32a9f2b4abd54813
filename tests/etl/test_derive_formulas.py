"""Formulas of derivations: whole LaTeX under every option, symbols that stand for every input, in both languages."""

from __future__ import annotations

import re

import pytest

from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS
from panelkit.etl import derive as _derive  # noqa: F401

PARTS = {"parts": {"textiles": "s.a", "machines": "s.b"}}
LQ = {"part": "s.e", "whole": "s.w"}
FLOW = {"investment": "s.i", "start": 2000}
EXAMPLES = [
    *(
        ("location_quotient", {**LQ, "form": f, "leave_one_out": o})
        for f in ("ln", "ratio", "symmetric")
        for o in (True, False)
    ),
    ("location_quotient", {"share": "s.p", "whole": "s.w", "balanced": True}),
    ("hhi", PARTS),
    ("hhi", {"part": "s.a", "normalised": True}),
    ("spatial_gini", LQ),
    ("ellison_glaeser", {**LQ, "plant_hhi": "s.h"}),
    ("ellison_glaeser", {**LQ, "bin_plants": ("s.n1", "s.n2"), "bin_employment": ("s.e1", "s.e2")}),
    ("coagglomeration", {"first": "s.m", "second": "s.s", "whole": "s.w"}),
    *(
        ("krugman_specialisation", {**PARTS, "reference": r, "halved": h})
        for r in ("rest", "all")
        for h in (True, False)
    ),
    *(("diversity", {**PARTS, "form": f}) for f in ("relative", "hachman", "shannon", "inverse_hhi")),
    ("density", {"amount": "s.x", "area": "s.area", "constant_area": True}),
    *(
        ("entropy_index", {"components": {"s.a": "+", "s.b": d}, "weights": w, "shift": s})
        for w in ("entropy", "equal", "critic", "pca")
        for d, s in (("+", 0.0), ("-", 0.01))
    ),
    ("entropy_index", {"components": {"s.a": "-", "s.b": "-"}, "fit_years": (2010, 2014)}),
    *(
        ("coupling", {"systems": s, "give": g, "form": f})
        for s in (("u", "v"), ("u", "v", "w"))
        for g in ("C", "T", "D")
        for f in ("standard", "modified")
    ),
    *(("capital_stock", {**FLOW, "preset": p}) for p in ("own", "zhang2004", "shan2008")),
    ("capital_stock", {**FLOW, "growth": 0.1, "depreciation": 0.05, "first": "same"}),
    *(
        ("deflate", {"amount": "s.x", "index": "s.p", "base": 2010, "form": f, "by": b})
        for f in ("previous_year", "fixed_base")
        for b in ("price", "volume")
    ),
    ("pre_mean", {"of": "s.x", "years": (2010, 2014)}),
    ("pre_mean", {"of": "s.x", "years": (2010, 2014), "by": "region"}),
    ("treated_after", {"cohort": "g"}),
    *(("treated_neighbours", {"cohort": "g", "share": s, "strait": s}) for s in (True, False)),
    *(("neighbour_mean", {"of": "s.x", "strait": s}) for s in (True, False)),
    ("hhi", {"part": "s.a", "over": "industry"}),
    ("diversity", {"part": "s.a", "activity": "industry"}),
    ("krugman_specialisation", {"part": "s.a"}),
    ("spatial_gini", {"part": "s.a", "activity": "industry"}),
    *(
        ("first_treated", {"rule": r, "policy": p, "level": lv})
        for r in ("approval_year", "treat_year_h1rule", "first_full_year", "plan_date")
        for p, lv in (("pilot_zone", "province"), ("pilot_zone", "city"), ("free_trade_zone", "province"))
    ),
    *(
        ("zone_exposure", {"kind": k, "rule": r, "level": lv})
        for k in ("zone_years", "zone_count", "any_zone", "share_of_prefectures")
        for r in ("approval_year", "treat_year_h1rule", "first_full_year", "plan_date")
        for lv in ("province", "city")
    ),
    ("province_fact", {"fact": "region4"}),
]


@pytest.fixture(params=EXAMPLES, ids=lambda e: f"{e[0]}-{EXAMPLES.index(e)}")
def example(request):
    name, options = request.param
    return DERIVATIONS[name], DERIVATIONS[name].spec(**options)


KEYS = {"province": "gbt2260", "industry": "gbt4754_2017"}
CELLS = [
    *(
        ("location_quotient", {"part": "s.e", "form": f, "leave_one_out": o})
        for f in ("ln", "ratio", "symmetric")
        for o in (True, False)
    ),
    ("location_quotient", {"part": "s.e", "whole": "s.w", "balanced": True}),
    *(
        ("hhi", {"part": "s.e", "over": o, "normalised": n})
        for o in ("", "industry", "province")
        for n in (True, False)
    ),
    ("spatial_gini", {"part": "s.e"}),
    ("ellison_glaeser", {"part": "s.e", "whole": "s.w", "plant_hhi": "s.h"}),
    ("ellison_glaeser", {"part": "s.e", "bin_plants": ("s.n1",), "bin_employment": ("s.e1",)}),
    *(("krugman_specialisation", {"part": "s.e", "reference": r}) for r in ("rest", "all")),
    *(("diversity", {"part": "s.e", "form": f}) for f in ("relative", "hachman", "shannon", "inverse_hhi")),
]


@pytest.mark.parametrize(("name", "options"), CELLS)
def test_in_a_panel_of_places_and_industries_the_formula_has_both_indices(name, options):
    kind = DERIVATIONS[name]
    options = kind.spec(**options)
    text, found = kind.formula_of(options, KEYS), kind.symbols_of(options, KEYS)
    assert "ijt" in text
    assert (found["i"].en, found["j"].en, found["i"].zh, found["j"].zh) == ("province", "industry", "省份", "行业")
    assert kind.formula_of(options, {"province": "gbt2260"}) == kind.formula_of(options)
    told = " ".join(v if isinstance(v, str) else v.zh for v in found.values())
    assert all(n in told for n in kind.inputs(options) if not n.startswith(("s.n", "s.e1")))


def test_every_kind_is_among_the_examples():
    assert {name for name, _ in EXAMPLES} == set(DERIVATIONS.names())


def test_a_formula_is_whole_latex(example):
    kind, options = example
    text = kind.formula_of(options)
    assert text or kind.name == "province_fact"
    depth = 0
    for sign in re.sub(r"\\\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    assert not re.search(r"\d{5,}\.|nan|None", text)


def test_symbols_stand_for_every_input_in_both_languages(example):
    kind, options = example
    found = kind.symbols(options)
    for value in found.values():
        assert isinstance(value, str) or (isinstance(value, Label) and value.to("en") and value.to("zh"))
    told = {lang: " ".join(v if isinstance(v, str) else v.to(lang) for v in found.values()) for lang in ("en", "zh")}
    for name in kind.inputs(options):
        if not (kind.name == "ellison_glaeser" and not options.plant_hhi):
            assert all(name in told[lang] for lang in ("en", "zh")), name


def test_the_docstring_names_a_source_and_an_error_that_is_avoided(example):
    kind, _ = example
    text = kind.derive.__doc__
    assert "Source" in text
    assert re.search(r"ommon errors? avoided", " ".join(text.split()))
