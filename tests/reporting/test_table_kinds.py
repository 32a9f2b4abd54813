"""The further kinds of tables: numbers against another calculation, faults by name, and every format gives them back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_up import CR3, estimate, made_results, term

import panelkit.reporting.render  # noqa: F401
from panelkit.core.check import Check
from panelkit.core.errors import ReportError
from panelkit.core.estimate import Resampled
from panelkit.core.exhibit import Table
from panelkit.core.label import Label
from panelkit.core.registry import RENDERERS, TABLES
from panelkit.core.request import Regression
from panelkit.core.results import Results
from panelkit.reporting.exhibits import ledger, numbers_tex
from panelkit.reporting.printed import printed
from panelkit.reporting.tables.balance import BalanceTable, difference
from panelkit.reporting.tables.correlation import CorrelationTable, correlated
from panelkit.reporting.tables.decomposition import DecompositionTable
from panelkit.reporting.tables.first_stage import FirstStageTable
from panelkit.reporting.tables.hypotheses import Claim, HypothesesTable, Hypothesis, found, holm, together
from panelkit.reporting.tables.regression import ExtraRow, ModelsPanel, RegressionTable
from panelkit.reporting.tables.robustness import RobustnessTable
from panelkit.reporting.tables.transition import TransitionTable


def build(spec: object, results: Results) -> Table:
    made: Table = TABLES[spec.kind].build(spec, results)  # type: ignore[attr-defined]
    for form in ("latex", "html", "docx", "csv", "typst"):
        assert RENDERERS[form].parse(RENDERERS[form].render(made)) == printed(made), form
    keys: dict[object, object] = {}
    for entry in ledger(made):
        assert keys.setdefault(entry.key, entry.raw) == entry.raw or entry.raw != entry.raw
    return made


def texts(table: Table) -> dict[str, list[str]]:
    return {r.label: [c.shown + c.mark for c in r.cells] for r in table.rows if r.label}


PANELS = (
    ModelsPanel(label=Label(en="One", zh="一"), columns=("both", "single")),
    ModelsPanel(label=Label(en="Two", zh="二"), columns=("both", "events")),
)


def test_panels_share_columns_and_name_what_differs(results: Results) -> None:
    made = build(
        RegressionTable(
            id="t", samples="told", panels=PANELS, extra=(ExtraRow(label=Label(en="Weights"), values=("yes", "none")),)
        ),
        results,
    )
    heads = [r.label for r in made.rows if r.kind == "panel"]
    assert heads == ["Panel A. One (Secondary-industry agglomeration (ln LQ))", "Panel B. Two"] or heads == [
        "Panel A. One",
        "Panel B. Two",
    ]
    assert [c.heading[0] for c in made.columns] == ["(1)", "(2)"]
    said = " ".join(made.notes)
    assert "A (1), B (1)" in said
    assert "Dependent variables. A (1), (2), B (1): Secondary" in said
    assert [c.shown for c in made.rows[-1].cells] == ["Yes", "none"]


def test_faults_of_panels_and_extra_rows(results: Results) -> None:
    bad = RegressionTable(
        id="t",
        panels=(*PANELS, ModelsPanel(label=Label(en="C"), columns=("both",))),
        extra=(ExtraRow(label=Label(en="F"), values=("yes", "12.5")), ExtraRow(label=Label(en="W"), values=("yes",))),
    )
    with pytest.raises(ReportError) as error:
        build(bad, results)
    said = " ".join(f.what for f in error.value.faults)
    for wanted in ("2, 2, 1 columns", "the number 12.5", "'W' has 1 value for 2 columns"):
        assert wanted in said


def test_correlations_are_those_of_pandas(results: Results) -> None:
    frame = results.panel.frame
    for method in ("pearson", "spearman"):
        r, p, n = correlated(frame, "ln_gdp", "fdi", method)
        assert r == pytest.approx(frame["ln_gdp"].corr(frame["fdi"], method=method), rel=1e-12)
        assert n == 32
        assert 0 < p < 1
    made = build(CorrelationTable(id="c", variables=("ln_gdp", "fdi", "zone")), results)
    assert made.rows[0].cells[0].shown == "1.000"
    assert made.rows[0].cells[1].shown == ""
    assert made.rows[2].cells[0].key == ("panel", "zone~ln_gdp", "pearson")
    assert any("32 pairs" in n for n in made.notes)


def test_gaps_put_the_number_of_pairs_beneath(results: Results) -> None:
    made = build(CorrelationTable(id="c", variables=("ln_gdp", "fdi"), pairs=True), results)
    assert [c.shown for c in made.rows[3].cells] == ["[32]", "[32]"]


def test_balance(results: Results) -> None:
    made = build(BalanceTable(id="b", group="zone", cut=0.0, variables=("ln_gdp",)), results)
    frame = results.panel.frame
    low, high = (frame.loc[m, "ln_gdp"] for m in (frame["zone"] <= 0, frame["zone"] > 0))
    row = made.rows[0]
    assert row.cells[0].raw == pytest.approx(low.mean())
    assert row.cells[2].raw == pytest.approx(high.mean() - low.mean())
    assert row.cells[3].raw == pytest.approx((high.mean() - low.mean()) / math.sqrt((high.var() + low.var()) / 2))
    assert row.cells[4].shown == ""  # units change their group, so there is no p
    assert any("change their group" in n for n in made.notes)


def test_balance_p_is_over_means_of_units(results: Results) -> None:
    from scipy import stats

    frame = results.panel.frame
    member = frame["province"].map(lambda u: "a" if u < "125000" else "b")
    found_p = difference(frame, member, ("fdi", "province"), ("a", "b"))["difference_p"]
    means = frame.groupby("province")["fdi"].mean()
    assert found_p == pytest.approx(stats.ttest_ind(means[:2], means[2:], equal_var=False).pvalue, rel=1e-10)


def test_transitions_add_up(results: Results) -> None:
    made = build(TransitionTable(id="t", variable="fdi", cuts=(0.0,)), results)
    assert [r.label for r in made.rows] == ["<0", "≥0"]
    assert sum(r.cells[-1].raw for r in made.rows) == 4 * 7  # type: ignore[misc]
    assert made.rows[0].cells[0].raw + made.rows[0].cells[1].raw == pytest.approx(1)  # type: ignore[operator]
    with pytest.raises(ReportError, match="give `cuts`"):
        build(TransitionTable(id="t", variable="fdi"), results)


ROWS = (
    {"component": "within", "weight": 0.25, "p": 0.0001, "draws": 10, "estimate": -0.5},
    {"component": "between", "weight": 0.75, "p": 0.5, "draws": 12, "estimate": None},
)


def with_check(
    results: Results, name: str, rows: tuple[dict[str, object], ...] = (), **series: tuple[float, ...]
) -> Results:
    check = Check(
        name=name,
        of="both",
        verdict="says",
        value=None,
        bound=None,
        text=Label(en="said", zh="说明"),
        rows=rows,
        series=series,
    )
    return replace(results, checks={**results.checks, "both": (*results.checks["both"], check)})


def test_rows_of_a_check(results: Results) -> None:
    made = build(DecompositionTable(id="d", model="both", check="parts"), with_check(results, "parts", ROWS))
    assert texts(made) == {"within": ["0.250", "<0.001", "10", "−0.500"], "between": ["0.750", "0.500", "12", ""]}
    assert made.rows[1].cells[0].key == ("both", "parts#1", "weight")
    with pytest.raises(ReportError, match="did you mean 'parts'"):
        build(DecompositionTable(id="d", model="both", check="part"), with_check(results, "parts", ROWS))


def test_first_stages() -> None:
    results = made_results()
    iv = estimate("iv", (term("fdi", 0.4, 0.1),), covariance=CR3)
    request = Regression(
        outcome="ln_lq", slopes=(), endogenous=("fdi",), instruments=("zone",), absorb=("province",), covariance=CR3
    )
    tests = {
        "first_stage: fdi": {"statistic": 23.4, "df1": 1.0, "df2": 30.0, "p": 0.0001},
        "anderson_rubin": {"statistic": 4.5, "df1": 1.0, "p": 0.03},
    }
    iv = replace(
        iv,
        requests=(request,),
        tests=tests,
        fit=replace(iv.fit, extra={"first_stage_f: fdi": 23.4, "partial_r2: fdi": 0.31}),
    )
    results = replace(results, estimates={**results.estimates, "iv": iv})
    made = texts(build(FirstStageTable(id="f"), results))
    assert made["Excluded instruments"] == ["<b>"]
    assert made["F of the excluded instruments: F(1, 30)"] == ["23.400"]
    assert made["Anderson-Rubin: χ²(1)"] == ["4.500"]
    assert made["Partial R² of the instruments"] == ["0.310"]
    with pytest.raises(ReportError, match="'both' has no instruments"):
        build(FirstStageTable(id="f", models=("both",)), results)


def test_robustness(results: Results) -> None:
    left = with_check(results, "few_clusters", (), coefficient_without=(0.1, 0.3, math.nan))
    made = build(RobustnessTable(id="r", base="both", models=("single",), terms=("ln_gdp",)), left)
    assert texts(made)["(1) TWFE (base)"] == ["0.245***", "(0.061)", "[0.123, 0.367]", "0.012", "32", "[0.100, 0.300]"]
    assert [c.heading[0] for c in made.columns][-1] == "Without one cluster"
    with pytest.raises(ReportError, match="has none of the terms"):
        build(RobustnessTable(id="r", base="both", models=("events",), terms=("ln_gdp",)), left)


def weigh(
    value: float,
    se: float,
    wild: tuple[float, float] | None,
    *,
    smallest: float = 0.01,
    sign: str = "positive",
    adjusted: float = 0.01,
) -> str:
    one = term("x", value, se)
    drawn = Resampled(term="x", method="w", statistic=1, p=0.01, low=wild[0], high=wild[1], draws=9) if wild else None
    of = estimate("m", (one,), covariance=CR3)
    return found(one, (of, drawn), smallest, (sign, adjusted, 50))


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (weigh(0.5, 0.1, (0.2, 0.8)), "supported"),
        (weigh(0.5, 0.1, (0.2, 0.8), sign="negative"), "contradicted"),
        (weigh(-0.5, 0.1, (-0.8, -0.2)), "contradicted"),
        (weigh(0.5, 0.1, (-0.1, 0.8)), "inconclusive"),  # the bootstrap does not exclude zero
        (weigh(0.5, 0.1, None), "inconclusive"),  # few clusters and no bootstrap
        (weigh(0.5, 0.1, (0.2, 0.8), adjusted=0.06), "inconclusive"),
        (weigh(0.1, 0.2, (-0.3, 0.5)), "inconclusive"),  # not significant is no rejection
        (weigh(0.001, 0.001, (0.0, 0.002)), "negligible"),
        (weigh(0.005, 0.001, (0.003, 0.007)), "negligible"),  # before supported, by the order of the rule
    ],
)
def test_the_rule(finding: str, expected: str) -> None:
    assert finding == expected


def test_several_coefficients_of_one_hypothesis() -> None:
    assert together(["supported", "supported"]) == "supported"
    assert together(["supported", "inconclusive"]) == "inconclusive"
    assert together(["supported", "contradicted"]) == "contradicted"
    assert holm([0.01, 0.02, math.nan])[:2] == [0.03, 0.04]


def test_hypotheses(results: Results) -> None:
    spec = HypothesesTable(
        id="h",
        hypotheses=(
            Hypothesis(
                id="H1",
                statement=Label(en="More", zh="更多"),
                claims=(Claim(model="both", term="ln_gdp", smallest=0.01),),
            ),
            Hypothesis(
                id="H2",
                statement=Label(en="Less", zh="更少"),
                claims=(Claim(model="both", term="fdi", sign="negative"),),
            ),
        ),
    )
    made = build(spec, results)
    assert made.rows[0].label == "H1. More: supported"
    assert made.rows[1].cells[2].key == ("both", "ln_gdp", "interval")
    assert "no rejection" in made.notes[0]


def test_macros_name_every_cell(results: Results) -> None:
    made = build(RegressionTable(id="main", columns=("both",)), results)
    tex = numbers_tex(ledger(made)).decode()
    assert tex.count("pk@cell@") == len(ledger(made)) + 0
    assert r"pk@key@\detokenize{both|ln_gdp|estimate}\endcsname{0.245}" in tex
    assert r"\endcsname{0.061}" in tex


def test_numbers_are_finite_or_blank(results: Results) -> None:
    empty = results.panel.extended({"none": np.full(32, np.nan)}, [replace(results.panel.variable("fdi"), name="none")])
    made = build(BalanceTable(id="b", group="zone", cut=0.0, variables=("none",)), replace(results, panel=empty))
    assert made.rows[0].cells[0].shown == ""
