"""What users of scripts may ask of a table: terms, labels, groups, panels, digits, rows, samples, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from made_up import HOSTILE

from panelkit.core.errors import ReportError
from panelkit.core.registry import RENDERERS
from panelkit.core.results import Results
from panelkit.reporting import Options, given, table
from panelkit.reporting.maketables import adapt
from panelkit.reporting.numbers import read_number
from panelkit.reporting.printed import printed
from panelkit.reporting.scripts.labels import label_of
from panelkit.reporting.scripts.read import Read, canonical, made

FORMATS = ("latex", "html", "docx", "csv", "typst")


def result(terms: dict[str, float], outcome: str = "y", *, se: float = 0.1, **facts: Any) -> Read:
    """A column of made-up numbers."""
    kept = {"rows": 300, "sample": (facts.get("rows", 300), "same"), "reference": "t(29)", **facts}
    rows = {n: (b, se, b / se if se else float("nan"), 0.01, b - 2 * se, b + 2 * se) for n, b in terms.items()}
    return made(rows, ("CRV1", "province"), outcome=outcome, **kept)


ONE = result(
    {"Intercept": 1.0, "x": 0.5, "treat": 0.25}, absorb=("province",), statistics={"r2_within": 0.2, "r2": 0.9}
)
TWO = result({"x": 0.75, "x:treat": -0.5, "region::north": 0.125}, clusters={"province": 30})


def texts(made: Any) -> dict[str, list[str]]:
    return {r.label: [c.shown for c in r.cells] for r in made.rows if r.label}


def terms(made: Any) -> list[str]:
    return [r.label for r in made.rows if r.kind == "term"]


def refused(*models: Any, **how: Any) -> dict[str, str]:
    with pytest.raises(ReportError) as error:
        table(*models, **how)
    assert all(f.mend for f in error.value.faults)
    return {f.where: f"{f.what} {f.mend}" for f in error.value.faults}


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({}, ["x", "treat", "x × treat", "Region = north", "Constant"]),
        ({"keep": "x"}, ["x"]),
        ({"keep": ["x", "Intercept"]}, ["x", "Constant"]),
        ({"keep": ["x*"]}, ["x", "x × treat"]),
        ({"keep": [re.compile("treat$")]}, ["treat", "x × treat"]),
        ({"drop": ["(constant)", "region*"]}, ["x", "treat", "x × treat"]),
        ({"drop": "C(region)[T.north]", "order": ["treat", "x:*"]}, ["treat", "x × treat", "x", "Constant"]),
    ],
)
def test_terms_are_kept_dropped_and_ordered(how: dict[str, Any], wanted: list[str]) -> None:
    assert terms(table([ONE, TWO], **how)) == wanted


def test_every_fault_is_told_at_once_with_what_to_do() -> None:
    told = refused(
        [ONE, TWO], keep=["nosuch"], drop=["^x"], headings=["A"], groups={"G": 3}, extra={"Controls": ["yes"], "F": ["12.5", "no"]},
        digits={"zz": 2}, significant=0, brackets=("se", "q"), samples="maybe", profile="journal", statistics=["r2_wthin"],
        rename={"w": "x"}, starz=(0.1,), stars=(5,), language="fr", line=1,
    )  # fmt: skip
    assert set(told) == {
        "keep", "drop", "headings", "groups", "extra", "digits", "significant", "brackets", "samples", "profile", "statistics", "rename",
        "starz", "stars", "language", "line",
    }  # fmt: skip
    assert "re.compile('^x')" in told["drop"]
    assert "did you mean 'stars'" in told["starz"]
    assert "did you mean 'r2_within'" in told["statistics"]


def test_names_make_headings_and_groups_stand_over_them() -> None:
    made = table({"Base": ONE, "Long": [TWO, TWO]}, groups={"Left": 1, "Right": 2})
    assert [c.heading for c in made.columns] == [
        ("Left", "(1)", "y", "Base"), ("Right", "(2)", "y", "Long"), ("Right", "(3)", "y", "Long"),
    ]  # fmt: skip


def test_rows_that_would_read_alike_are_refused_and_share_one_by_rename() -> None:
    other = result({"x_alt": 0.5})
    assert "both read 'X'" in refused([ONE, other], labels={"x": "X", "x_alt": "X"})["labels"]
    assert texts(table([ONE, other], rename={"x_alt": "x"}))["x"] == ["0.500", "0.500"]
    assert "would share a row" in refused([ONE], rename={"treat": "x"})["rename"]


def test_a_product_and_a_level_have_one_row_whoever_names_them() -> None:
    made = texts(table([TWO, result({"treat:x": 1.0, "C(region)[T.north]": 2.0})], labels={"x": "Sales"}))
    assert made["Sales × treat"] == ["−0.500", "1.000"]
    assert made["Region = north"] == ["0.125", "2.000"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("C(region, Treatment('west'))[T.east]", "Region = east (against west)"), ("np.log(x)", "ln(X)"), ("I(x ** 2)", "X²"),
        ("y.L1", "y (t−1)"), ("L2.x", "X (t−2)"), ("x.L0", "X"), ("rel::-4.0:x", "rel = −4 × X"), ("I(x + z)", "I(x + z)"),
        ("poly(x, 2)[2]", "poly(x, 2)[2]"), ("ar.L1", "ar.L1"),
    ],
)  # fmt: skip
def test_names_that_formulas_make_are_read(name: str, label: str) -> None:
    assert label_of(canonical(name), {"x": "X"}, "en") == label


def test_brackets_stand_beneath_one_another() -> None:
    made = table([ONE], keep="x", brackets=("t", "ci", "p"))
    assert [r.cells[0].shown for r in made.rows[:4]] == ["0.500", "(5.000)", "[0.300, 0.700]", "[0.010]"]
    for words in (
        "t statistics in parentheses",
        "95% confidence intervals in square brackets",
        "p values in square brackets",
    ):
        assert words in made.notes[0]


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({"digits": 1}, "1,234.6"), ({"digits": {"x": 4}}, "1,234.5678"), ({"significant": 2}, "1,235"),
        ({"significant": {"x": 6}}, "1,234.57"),
        ({"significant": {"": 3, "x": 5}}, "1,234.6"),
    ],
)  # fmt: skip
def test_digits_go_by_row(how: dict[str, Any], wanted: str) -> None:
    assert texts(table([result({"x": 1234.5678, "z": 1.0})], **how))["x"] == [wanted]


def test_p_keeps_two_digits_and_a_statistic_named_twice_is_one_row() -> None:
    made = table([result({"x": 1.4})], digits=0, brackets="p", statistics=("rows", "rows"))
    assert [r.cells[0].shown for r in made.rows] == ["1", "(0.01)", "300"]


def test_term_groups_head_their_terms_and_leave_none_out() -> None:
    made = table([ONE, TWO], term_groups={"Main": ["x", "treat"], "Other": "*"})
    assert [(r.kind, r.label) for r in made.rows if r.kind in ("panel", "term")][:4] == [
        ("panel", "Main"), ("term", "x"), ("term", "treat"), ("panel", "Other"),
    ]  # fmt: skip
    assert "region::north" in refused([ONE, TWO], term_groups={"Main": ["x*", "treat"]})["term_groups"]


def test_panels_have_rows_of_their_own_and_keys_of_their_own() -> None:
    made = table(panels={"Shares": [ONE, TWO], "Counts": [result({"x": 2.0}, "c"), result({"x": 3.0}, "c")]})
    assert [r.label for r in made.rows if r.kind == "panel"] == ["Panel A. Shares", "Panel B. Counts"]
    assert [c.shown for r in made.rows if r.label == "Dependent variable" for c in r.cells] == ["y", "y", "c", "c"]
    keys = [c.key for r in made.rows for c in r.cells if c.key]
    assert len(keys) == len(set(keys))
    assert "2, 1 columns" in refused(panels={"a": [ONE, TWO], "b": [ONE]})["panels"]


def test_further_rows_come_from_words_or_from_the_results() -> None:
    made = texts(table([ONE, TWO], extra={"Controls": ["yes", "no"], "Terms": lambda m: None, "Kind": lambda m: "a"}))
    assert (made["Controls"], made["Terms"], made["Kind"]) == (["Yes", "No"], ["", ""], ["a", "a"])
    column = made_of(3, 0.123456)
    rows = texts(table([column], extra={"F": lambda m: m["f"], "k": lambda m: m["k"]}, digits={"F": 4, "": 2}))
    assert (rows["F"], rows["k"]) == (["0.1235"], ["3"])
    assert "KeyError" in refused([column], extra={"G": lambda m: m["nosuch"]})["extra"]


def made_of(k: int, f: float) -> Read:
    return made({"x": (1.0, 0.5, 2.0, 0.05, 0.0, 2.0)}, outcome="y", rows=10, source={"k": k, "f": f})


def test_statistics_are_chosen_and_one_that_no_model_has_is_a_fault() -> None:
    column = result({"x": 1.0}, mean=2.5, statistics={"r2": 0.5, "loglik": -10.0}, weighted=False)
    made = texts(table([column], statistics=("outcome_mean", "rows", "weights", "estimator", "r2")))
    assert list(made)[1:] == ["Mean of dependent variable", "Observations", "Weights", "Estimator", "R² (overall)"]
    assert "no model has 'aic'" in refused([column], statistics=["aic"])["statistics"]


def test_columns_on_different_rows_are_refused_or_told() -> None:
    fewer = result({"x": 1.0}, rows=290)
    others = result({"x": 1.0}, sample=(300, "others"))
    assert "(1): 300 rows; (2): 290 rows" in refused([ONE, fewer])["samples"]
    assert "2 samples" in refused([ONE, others])["samples"]
    assert (
        "The samples differ. (1): 300 observations; (2): 290 observations." in table([ONE, fewer], samples="told").notes
    )
    splits = [result({"x": 1.0}, rows=n, split=("region", v)) for n, v in ((300, "all"), (100, "east"))]
    assert texts(table(splits))["Sample (Region)"] == ["all", "east"]


def test_conventions_can_be_asked_to_be_the_same() -> None:
    other = result({"x": 1.0}, reference="normal")
    assert "2 kinds of standard errors" in refused([ONE, other], conventions="same")["conventions"]
    assert "Reference distribution: (1): t(29); (2): normal." in table([ONE, other]).notes[0]


def test_large_degrees_of_freedom_are_told_together_and_small_ones_by_themselves() -> None:
    columns = [result({"x": 1.0}, reference=f"t({n})") for n in (9, 29, 297, 298, 299)]
    assert "Reference distribution: (1): t(9); (2): t(29); (3)–(5): t(297–299)." in table(columns).notes[0]
    assert "Reference distribution: (1): t(297); (2): t(298)." in table(columns[2:4]).notes[0]


def test_texts_that_are_none_are_refused() -> None:
    told = refused([ONE], id="a b", title=3, labels={"x": 5}, headings=[1], notes=[2])
    assert set(told) == {"id", "title", "labels", "headings", "notes"}


def test_profiles_and_languages() -> None:
    aea = table([ONE, TWO], profile="aea")
    assert all(not c.mark for r in aea.rows for c in r.cells)
    assert texts(aea)["Province FE"] == ["Yes", ""]
    assert "mark p below" not in aea.notes[0]
    zh = table([ONE, TWO], language="zh", title="主要结果", notes="数据来源:作者,2020年")
    assert texts(zh)["省份固定效应"] == ["是", "否"]
    assert zh.notes[0].startswith("注：括号内为聚类到省份的稳健标准误（CRV1）。参照分布：t(29)。")
    assert zh.notes[-1] == "数据来源：作者，2020年"


def test_errors_that_are_missing_are_told() -> None:
    column = made({"x": (1.0, *(float("nan"),) * 5)}, outcome="y", rows=10)
    assert "The package gives no standard error. (1): x." in table([column]).notes
    interval = given_without_interval()
    assert "give no interval" in refused([interval], brackets="ci")["brackets"]


def given_without_interval() -> Read:
    import pandas as pd

    return given(pd.DataFrame({"b": [1.0], "se": [0.5], "p": [0.04]}, index=["x"]), outcome="y")


def test_it_is_saved_by_its_ending_and_shown_by_notebooks(tmp_path: Path) -> None:
    made = table([ONE, TWO], id="main", title="Main & more")
    names = ("main.tex", "sub/main.docx", "main.html", "main.typ", "main.csv", "main.md")
    made.save(*(tmp_path / n for n in names))
    assert all((tmp_path / n).stat().st_size for n in names)
    for name, form in zip(names[:5], ("latex", "docx", "html", "typst", "csv"), strict=True):
        assert RENDERERS[form].parse((tmp_path / name).read_bytes()) == printed(made)
    assert 'id="table-main"' in made._repr_html_()
    assert made._repr_latex_() == made.to("tex")
    assert "| x | 0.500\\*\\* | 0.750\\*\\* |" in made.to("md")
    assert "0.500**" in repr(made)
    with pytest.raises(ReportError, match="no format 'xlsx'"):
        made.save(tmp_path / "a.tex", tmp_path / "b.xlsx")
    assert not (tmp_path / "a.tex").exists()


@pytest.mark.parametrize("language", ["en", "zh"])
@settings(max_examples=15, deadline=None)
@drawn(st.lists(st.one_of(st.sampled_from([*HOSTILE, "β×γ", "省份", "a" * 90]), st.text(max_size=12)), min_size=1, max_size=4, unique=True),
       st.lists(st.sampled_from([1e-300, -3.2e12, 0.0, float("nan"), float("inf"), -1e-7, 0.5]), min_size=1, max_size=3))  # fmt: skip
def test_odd_names_and_numbers_read_back_in_every_format(language: str, names: list[str], values: list[float]) -> None:
    own = dict.fromkeys(n for n in names if n.strip() and canonical(n) == n and ":" not in n)
    columns = [result(dict.fromkeys(own, v), se=abs(v) / 2) for v in values] if own else []
    if not columns:
        return
    made = table(columns, language=language, title=names[0])
    for form in FORMATS:
        assert RENDERERS[form].parse(RENDERERS[form].render(made)) == printed(made), form
    for row in made.rows:
        for cell in row.cells if row.kind == "term" else ():
            if isinstance(cell.raw, float) and abs(cell.raw) < 1e300:
                assert read_number(cell.shown) == pytest.approx(cell.raw, rel=0.06, abs=5e-4)


def test_a_table_wider_than_any_page_is_parted_on_paper(tmp_path: Path) -> None:
    wide = table([result({"x": 0.1 * i, "treat": -12.345 * i}) for i in range(30)], id="wide", title="Wide")
    parts = wide.parts()
    assert [len(p.columns) for p in parts] == [10, 10, 10]
    assert [c.heading[0] for p in parts for c in p.columns] == [f"({j})" for j in range(1, 31)]
    assert [p.title for p in parts][1] == "Wide, columns (11)–(20)"
    tex = wide.to("latex")
    assert [f"\\label{{tab:{i}}}" in tex for i in ("wide", "wide-11", "wide-21")] == [True] * 3
    assert tex.count("358.005") == 1
    wide.save(tmp_path / "wide.docx", tmp_path / "wide.typ")
    assert "−358" in (tmp_path / "wide.typ").read_text("utf-8")
    assert table([ONE, TWO]).parts() == (table([ONE, TWO]),)


README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from script_fits import data

    code = next(c for c in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "reporting import table" in c)
    monkeypatch.chdir(tmp_path)
    frame = data().rename(columns={"y": "ln_lq", "x": "ln_sales", "treat": "zone"})
    space: dict[str, Any] = {"frame": frame}
    exec(compile(code, "README.md", "exec"), space)
    assert {p.name for p in tmp_path.iterdir()} == {"main.tex", "main.docx", "main.html"}
    made = texts(space["main"])
    assert list(made)[:2] == ["ln e-commerce sales", "Pilot zone"]
    assert made["Province FE"] == ["No", "Yes"]
    assert made["RMSE"][0] == ""
    named = re.findall(r"`(\w+)=", README[README.index("### Tables for your own scripts") :].split("\n##")[0])
    assert set(named) >= {"samples", "language", "profile", "panels"}
    assert set(named) - {"df"} <= set(Options.__dataclass_fields__)


def test_every_option_is_described() -> None:
    told = Options.__doc__ or ""
    assert [n for n in Options.__dataclass_fields__ if not re.search(rf"^    .*\b{n}\b.* :", told, re.MULTILINE)] == []


def test_our_own_estimates_stand_beside_others(results: Results) -> None:
    own = results.estimates["both"]
    made = table([own, adapt(own, results.panel), ONE], samples="told")
    found = texts(made)
    assert found["Province FE"] == ["Yes", "Yes", "Yes"]
    first = own.term("ln_gdp")
    assert [c.raw for r in made.rows for c in r.cells if c.key and c.key[1:] == ("ln_gdp", "estimate")] == [
        first.estimate
    ] * 2
    assert "clustered by province (CR3)" in made.notes[0]


def test_maketables_prints_the_same_numbers(results: Results) -> None:
    """Its own table of our estimates, beside a result of pyfixest, against ours."""
    maketables = pytest.importorskip("maketables")
    pyfixest = pytest.importorskip("pyfixest")
    other = pyfixest.feols("ln_lq ~ fdi + zone | province", results.panel.frame)
    own = [adapt(results.estimates[m], results.panel) for m in ("both", "single")]
    theirs = maketables.ETable([*own, other], model_stats=["N", "r2_within"]).df
    flat = {" ".join(map(str, theirs.index[i])): [str(v) for v in theirs.iloc[i]] for i in range(len(theirs))}
    for row in table([*own, other], samples="told").rows:
        if row.kind == "term":
            line = next(v for k, v in flat.items() if row.label in k.split("\n")[0])
            for cell, text in zip(row.cells, line, strict=True):
                assert bool(cell.shown) == bool(text.strip())
                if cell.shown and abs(float(cell.raw or 0)) > 0.001:
                    assert text.startswith(cell.shown.replace("−", "-") + cell.mark), (row.label, text)
    assert any("Province" in k and v == ["x", "-", "x"] for k, v in flat.items())
    assert any("bservations" in k and v == ["32", "30", "32"] for k, v in flat.items())
