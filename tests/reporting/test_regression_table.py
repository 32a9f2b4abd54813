"""The regression table: rows from the specification, kinds of R2 apart, notes that name each column's convention."""

from __future__ import annotations

from dataclasses import replace

import pytest

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Table
from panelkit.core.label import Label
from panelkit.core.results import Results
from panelkit.reporting.tables.regression import Group, RegressionTable, build

ALL = ("both", "single", "events")


def texts(table: Table) -> dict[str, list[str]]:
    return {row.label: [c.shown + c.mark for c in row.cells] for row in table.rows if row.label}


def test_the_shape(results: Results) -> None:
    table = build(RegressionTable(id="t", samples="told", columns=ALL), results)
    assert texts(table) == {
        "ln(人均GDP) & 100%": ["0.245***", "0.100", ""],
        "FDI_ratio": ["−0.00012**", "", ""],
        "<b>": ["−1.500*", "", "0.330***"],
        "ln(人均GDP) & 100% × <b>": ["", "12.500***", ""],
        "Constant": ["", "3.250***", ""],
        "Province FE": ["Yes", "No", "Yes"],
        "Year FE": ["Yes", "No", "Yes"],
        "Observations": ["32", "30", "32"],
        "Units (Province)": ["4", "4", "4"],
        "Clusters (Province)": ["4", "", "4"],
        "Clusters (Year)": ["", "", "4"],
        "R² (within)": ["0.123", "", "0.123"],
        "R² (overall)": ["", "0.971", ""],
    }
    assert [c.heading for c in table.columns][1] == ("(2)", "Secondary-industry agglomeration (ln LQ)", "OLS & more")


def test_the_bracket_and_the_resampled_p_stand_beneath_each_other(results: Results) -> None:
    rows = build(RegressionTable(id="t", columns=("both",)), results).rows
    assert [r.cells[0].shown for r in rows[:6]] == ["0.245", "(0.061)", "[0.012]", "−0.00012", "(0.000050)", "[<0.001]"]
    assert rows[2].cells[0].key == ("both", "ln_gdp", "p_resampled")
    without = build(RegressionTable(id="t", columns=("both",), show_resampled=False), results)
    assert not any("bootstrap" in n for n in without.notes)
    assert len(without.rows) == len(rows) - 2


@pytest.mark.parametrize(
    ("brackets", "text", "field"),
    [
        ("se", "(0.061)", "se"),
        ("t", "(4.005)", "statistic"),
        ("p", "(<0.001)", "p"),
        ("ci", "[0.123, 0.367]", "interval"),
    ],
)
def test_each_kind_of_bracket(results: Results, brackets: str, text: str, field: str) -> None:
    cell = build(RegressionTable(id="t", columns=("both",), brackets=brackets), results).rows[1].cells[0]  # type: ignore[arg-type]
    assert (cell.shown, cell.key) == (text, ("both", "ln_gdp", field))


def test_notes_name_conventions_samples_and_drops_by_column(results: Results) -> None:
    notes = build(RegressionTable(id="t", samples="told", columns=ALL), results).notes
    assert notes[0].startswith(
        "Notes: Standard errors in parentheses. (1): clustered by province, CR3 cluster jackknife"
    )
    assert "(2): heteroskedasticity-robust (HC1)" in notes[0]
    assert "***, **, * mark p below 1%, 5%, 10%." in notes[0]
    said = " ".join(notes[1:])
    for wanted in (
        "The samples differ, all of 2015–2022: (1), (3); (2).", "(2): 2 rows (a cell of fdi is missing)", "collinear: (2): a\\b",
        "540000 (no series)", "FDI_ratio 2 of 32 (6.2%)", "(2): dense differs by 20% in ln_gdp",
    ):  # fmt: skip
        assert wanted in said


def test_alike_columns_are_said_once(results: Results) -> None:
    notes = build(RegressionTable(id="t", columns=("both", "both")), results).notes
    assert "(1)" not in notes[0]
    assert notes[1] == "All columns rest on one sample, 2015–2022."
    spec = RegressionTable(id="t", columns=("both", "both"), statistics=("rows",))
    assert build(spec, results).notes[1].startswith("All columns rest on one sample, 32 observations, ")


def test_chinese_rows_and_the_mark_of_simulation(chinese: Results) -> None:
    table = build(RegressionTable(id="t", samples="told", columns=ALL, profile="cn"), chinese)
    assert texts(table)["省份固定效应"] == ["是", "否", "是"]
    assert "组内R²" in texts(table)
    assert table.notes[0].startswith("注：模拟数据")
    assert "***、**、*分别表示在1%、5%、10%的水平上显著" in table.notes[1]


def test_aea_has_no_stars_unless_asked(results: Results) -> None:
    table = build(RegressionTable(id="t", samples="told", columns=ALL, profile="aea"), results)
    assert not any(c.mark for r in table.rows for c in r.cells)
    assert "mark p below" not in table.notes[0]
    assert texts(table)["Year FE"] == ["Yes", "", "Yes"]


def test_a_journal_prints_failed_checks_by_name(results: Results, chinese: Results) -> None:
    notes = {
        p: " ".join(build(RegressionTable(id="t", samples="told", columns=ALL, profile=p), results).notes)
        for p in ("plain", "aea")
    }
    assert "Checks that fail. (2): dense differs by 20% in ln_gdp." in notes["plain"]
    assert "Checks that fail (in full in the replication package). (2): Second engine." in notes["aea"]
    assert "20%" not in notes["aea"]
    said = " ".join(build(RegressionTable(id="t", samples="told", columns=ALL, profile="cn"), chinese).notes)
    assert "未通过的检验（详见复现包）：第(2)列：第二引擎复核。" in said


def test_keep_drop_order(results: Results) -> None:
    table = build(
        RegressionTable(id="t", samples="told", columns=ALL, keep=("ln_gdp*", "zone"), drop=("*:*",), order=("zone",)),
        results,
    )
    assert [r.label for r in table.rows if r.kind == "term"] == ["<b>", "ln(人均GDP) & 100%"]


def test_every_fault_is_named_at_once_with_the_nearest_name(results: Results) -> None:
    spec = RegressionTable(
        id="t", columns=("both", "singel"), keep=("ln_gpd",), statistics=("rows", "r3"), stars=(5,),
        groups=(Group(label=Label(en="A"), columns=3),)
    )  # fmt: skip
    with pytest.raises(ReportError) as error:
        build(spec, results)
    told = {f.where: f.mend for f in error.value.faults}
    assert told["tables.t.columns"] == "did you mean 'single'?"
    assert told["tables.t.keep"] == "did you mean 'ln_gdp'?"
    assert {"tables.t.stars", "tables.t.groups", "tables.t.statistics"} <= set(told)


def test_further_statistics_go_by_their_name_and_variable(results: Results) -> None:
    made = results.estimates["both"]
    instrumented = replace(made, fit=replace(made.fit, extra={"first_stage_f: ln_gdp": 23.4}))
    with_f = replace(results, estimates={**results.estimates, "both": instrumented})
    table = build(RegressionTable(id="t", columns=("both",), statistics=("first_stage_f", "second_engine")), with_f)
    assert texts(table)["First-stage F (ln(人均GDP) & 100%)"] == ["23.400"]
    assert texts(table)["Second engine"] == ["agrees"]


def test_withheld_standard_errors_are_explained(results: Results) -> None:
    made = results.estimates["events"]
    nan = float("nan")
    bare = replace(
        made, terms=(replace(made.terms[0], se=nan, p=nan, statistic=nan),), notes=("One cluster is treated.",)
    )
    table = build(RegressionTable(id="t", columns=("events",)), replace(results, estimates={"events": bare}))
    assert [r.cells[0].shown + r.cells[0].mark for r in table.rows[:2]] == ["0.330", "(–)"]
    assert "One cluster is treated" in " ".join(table.notes)


def test_a_key_stands_for_one_number_everywhere(results: Results) -> None:
    known: dict[object, object] = {}
    for brackets in ("se", "t", "p", "ci"):
        for _, cell in build(RegressionTable(id="t", samples="told", columns=ALL, brackets=brackets), results).cells():  # type: ignore[arg-type]
            assert known.setdefault(cell.key, cell.raw) == cell.raw


def test_columns_on_different_samples_are_refused_unless_it_is_told(results: Results) -> None:
    spec = RegressionTable(id="t", columns=ALL)
    with pytest.raises(ReportError, match=r"rest on \d samples") as error:
        build(spec, results)
    assert "common_sample" in error.value.faults[0].mend
    assert build(replace(spec, samples="told"), results)
    assert build(replace(spec, columns=ALL[:1]), results)
