"""Chinese texts are Chinese and English ones English: every label in the code, every kind's words, every finding and note of the ETL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import panelkit.checks
import panelkit.estimators
import panelkit.etl.derive
from panelkit.core.estimation import Defaults
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, DERIVATIONS, ESTIMATORS
from panelkit.core.source import OBSERVED, Observations, Provenance, SourceSpec
from panelkit.core.study import Head, PanelSpec, QualitySpec, Study, VariablePlan, VariableSpec
from panelkit.etl.assemble import assemble
from panelkit.etl.note_words import note_in
from panelkit.etl.quality import quality_report
from panelkit.facts.provinces import provinces

PACKAGE = Path(panelkit.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(
    r"(?<![\w.\-])[a-z]{3,}(?![\w.(])"
)  # a word in small letters; names and acronyms begin with a capital
ALLOWED = frozenset(
    {"panelkit", "wild", "inspect", "vintages", "sup", "theta", "sharpened", "fixest", "pyfixest", "trace"}
)


def english_in(text: str) -> list[str]:
    """Words of a Chinese text that are no name, acronym or command."""
    return [w for w in ENGLISH.findall(re.sub(r"`[^`]*`", "", text)) if w not in ALLOWED]


def literals(node: ast.expr) -> str:
    """What stands in a text literally; slots as a sign that is no letter."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr():
            return "".join(v.value if isinstance(v, ast.Constant) else "□" for v in node.values)
        case ast.BinOp():
            return literals(node.left) + literals(node.right)
        case ast.IfExp():
            return literals(node.body) + " " + literals(node.orelse)
    return "□"


def labels_in(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, language and text of every `Label(en=..., zh=...)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Label":
            for word in node.keywords:
                if word.arg in ("en", "zh"):
                    yield node.lineno, word.arg, literals(word.value)


@pytest.mark.parametrize("folder", sorted(p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"))
def test_every_label_in_the_code_is_in_its_language(folder: str) -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line} {text}"
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        for line, language, text in labels_in(path)
        if (HAN.search(text) if language == "en" else english_in(text))
    ]
    assert found == []


@pytest.mark.parametrize("name", DERIVATIONS.names())
def test_a_derivation_says_itself_in_each_language(name: str) -> None:
    kind = DERIVATIONS[name]
    assert not HAN.search(kind.summary)
    assert HAN.search(kind.summary_zh)
    assert english_in(kind.summary_zh) == []


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_check_is_named_in_each_language(name: str) -> None:
    from panelkit.reporting._page_names import CHECK_NAMES

    english, chinese = CHECK_NAMES[name]
    assert not HAN.search(english)
    assert HAN.search(chinese)
    assert english_in(chinese) == []


# ---------------------------------------------------------------- findings, tables and notes of the ETL

CODES = [p.code for p in provinces()]
YEARS = range(2008, 2018)
SERIES = {"gdp": "亿元", "part": "亿元", "real": "亿元", "share": "%", "inv": "亿元", "index": "", "up": "", "down": ""}
ABC = {"a": "s.gdp", "b": "s.part", "c": "s.inv"}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "lq": ("location_quotient", {"part": "s.part", "whole": "s.gdp"}),
    "hhi": ("hhi", {"part": "s.part"}),
    "gini": ("spatial_gini", {"part": "s.part", "whole": "s.gdp"}),
    "eg": (
        "ellison_glaeser",
        {"part": "s.part", "whole": "s.gdp", "bin_plants": ["s.up"], "bin_employment": ["s.gdp"]},
    ),
    "theta": ("coagglomeration", {"first": "s.part", "second": "s.inv", "whole": "s.gdp"}),
    "krugman": ("krugman_specialisation", {"parts": ABC}),
    "relative": ("diversity", {"parts": ABC}),
    "dense": ("density", {"amount": "s.gdp", "area": "s.up"}),
    "u": ("entropy_index", {"components": {"s.up": "+", "s.down": "-", "s.gdp": "+", "s.real": "+"}, "weights": "pca"}),
    "u_fit": ("entropy_index", {"components": {"s.up": "+", "s.down": "-"}, "fit_years": [2009, 2012], "shift": 0.01}),
    "v": ("entropy_index", {"components": {"s.up": "+", "s.down": "-"}}),
    "d": ("coupling", {"systems": ["u", "v"]}),
    "k": ("capital_stock", {"investment": "s.inv", "start": 2008, "preset": "zhang2004"}),
    "k_own": ("capital_stock", {"investment": "s.inv", "start": 2008}),
    "fixed": ("deflate", {"amount": "s.gdp", "index": "s.index", "base": 2012}),
    "moved": ("deflate", {"amount": "fixed", "index": "s.index", "base": 2015, "by": "rebase", "was": 2012}),
    "pre": ("pre_mean", {"of": "s.gdp", "years": [2008, 2010]}),
    "cohort": ("first_treated", {}),
    "after": ("treated_after", {"cohort": "cohort"}),
    "near": ("treated_neighbours", {"cohort": "cohort"}),
    "beside": ("neighbour_mean", {"of": "s.part"}),
    "zones": ("zone_exposure", {}),
    "region": ("province_fact", {"fact": "region4"}),
}
CITED = ("file", "publisher", "break", "source")  # columns that cite: paths, publishers, identifiers, literature


def troubled() -> tuple[Study, dict[str, Observations]]:
    """A panel of which everything that the quality report can say is true."""
    draws = np.random.default_rng(3)
    rows = pd.MultiIndex.from_product([CODES, YEARS], names=["unit", "time"]).to_frame(index=False)
    level = 100 * 1.08 ** (rows["time"] - 2008) * np.repeat(draws.uniform(1, 9, 31), len(YEARS))
    for name in SERIES:
        rows[name] = level * draws.uniform(0.97, 1.03, len(rows))
    rows["index"], rows["share"] = draws.uniform(99, 104, len(rows)), draws.uniform(20, 60, len(rows))
    rows["up"] = draws.uniform(10, 20, len(rows))
    rows.loc[13, "gdp"] *= 10.0
    rows.loc[33, "gdp"] *= 1.6
    rows.loc[53, "share"] = 140.0
    rows.loc[[70, 75], "part"] = np.nan
    nation = rows.groupby("time", as_index=False)[["gdp", "inv"]].sum().assign(unit="全国")
    nation["gdp"], nation["inv"] = nation["gdp"] * 1.2, nation["inv"] / 0.975
    long = pd.concat([rows, nation]).melt(["unit", "time"], list(SERIES), "alias", "value")
    long = long[long["unit"].ne("全国") | long["value"].notna()].reset_index(drop=True)
    long = long.assign(series="s." + long["alias"], measure=long["alias"].map(SERIES), text=None, vintage=0, source="s")
    long["cell"] = [f"line {i + 2}, column 3" for i in range(len(long))]
    card = Provenance(publisher="", title=Label(), url="", retrieved="", vintage=None, sha256="", licence="")
    source = SourceSpec(
        id="s",
        kind="tidy",
        path="f.csv",
        series={a: a for a in SERIES},
        prices={"real": "real"},
        publisher="国家统计局",
    )
    plans = {
        n: VariablePlan(spec=VariableSpec(name=n, derive=kind), options=DERIVATIONS[kind].spec(**options))
        for n, (kind, options) in KINDS.items()
    }
    more = {
        "cut": {"expression": "winsor(s.gdp, 0.01)"},
        "ratio": {"expression": "s.gdp / s.real"},
        "handed": {"expression": "sum_by(s.gdp, year) * s.part / sum_by(s.part, year)"},
        "rate": {"series": "s.share"},
        "converted": {"series": "s.inv", "measure": "万元"},
        "filled": {"series": "s.part", "fill": "linear"},
    }
    plans |= {n: VariablePlan(spec=VariableSpec(name=n, **fields)) for n, fields in more.items()}
    fixed = ESTIMATORS["fixed_effects"].spec
    models = (
        fixed(id="m", kind="fixed_effects", formula="ratio ~ filled | province"),
        fixed(id="n", kind="fixed_effects", formula="converted ~ dense + u | province + year"),
    )
    study = Study(
        head=Head(id="t", title=Label(en="t"), seed=1),
        panel=PanelSpec(years=(2009, 2016), gaps="fill"),
        sources={"s": source},
        variables=plans,
        defaults=Defaults(),
        models=models,
        checks={},
        tables=(),
        figures=(),
        digest="",
        document={},
        quality=QualitySpec(),
    )
    return study, {"s": Observations(frame=long.astype({"text": "object"})[list(OBSERVED)], provenance=card)}


@pytest.fixture(scope="module")
def report() -> tuple[Study, Any, Any]:
    study, observed = troubled()
    made = assemble(study, observed)
    return study, made, quality_report(study, made)


def bare(text: str, study: Study) -> str:
    """Without what the study itself names."""
    names = [*study.variables, *(f"s.{a}" for a in SERIES), *SERIES, *(m.id for m in study.models)]
    expressions = [p.spec.expression for p in study.variables.values() if p.spec.expression]
    for name in sorted([*names, *expressions], key=len, reverse=True):
        text = text.replace(name, "□")
    return re.sub(r"\b(winsor|sum_by|fit_years|year|model)\b", "□", text)


def test_the_panel_gives_cause_for_every_kind_of_finding(report: Any) -> None:
    found = {c.name for c in report[2].checks if c.verdict != "holds"}
    assert found >= {
        "gaps",
        "missing",
        "jumps",
        "outliers",
        "sums",
        "constant_ratio",
        "shares",
        "price_mix",
        "price_basis",
        "filled_cells",
    }
    assert {k for k, _ in KINDS.values()} == set(DERIVATIONS.names())


def test_findings_and_tables_are_in_their_language(report: Any) -> None:
    study, _, quality = report
    for check in quality.checks:
        assert not HAN.search(check.text.en), check.text.en
        assert english_in(bare(check.text.zh, study)) == [], check.text.zh
        assert HAN.search(check.text.zh)
    for table in quality.exhibits["zh"].tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if column.id not in CITED:
                    assert english_in(bare(cell.shown, study)) == [], (table.id, cell.shown)
    for table in quality.exhibits["en"].tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if column.id not in (*CITED, "measure"):  # a unit of measure is cited as it is printed
                    assert not HAN.search(re.sub("'[^']*'|[亿万]元", "", cell.shown)), (table.id, cell.shown)


def test_every_note_of_every_derivation_has_its_chinese(report: Any) -> None:
    study, made, _ = report
    assert len(made.notes) > 20
    for note in made.notes:
        said = note_in(note.partition(": ")[2], "zh")
        assert HAN.search(said), note
        assert english_in(bare(re.sub("“[^”]*”", "", said), study)) == [], said


def test_refusals_name_provinces_in_english() -> None:
    from panelkit.core.errors import PanelError

    study, observed = troubled()
    with pytest.raises(PanelError) as refused:
        assemble(replace(study, panel=replace(study.panel, gaps="refuse")), observed)
    said = " ".join(f"{f.what} {f.mend}" for f in refused.value.faults)
    assert "Heilongjiang 230000 2013" in said
    assert not HAN.search(said)
