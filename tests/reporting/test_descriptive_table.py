"""The descriptive table: numbers against pandas, units of measure, keys for the ledger."""

from __future__ import annotations

import pytest

from panelkit.core.errors import ReportError
from panelkit.core.results import Results
from panelkit.reporting.tables.descriptive import DescriptiveTable, build, described


def test_every_numeric_variable_that_a_model_uses_by_default(results: Results) -> None:
    table = build(DescriptiveTable(id="d"), results)
    assert [r.label for r in table.rows] == [
        "Secondary-industry agglomeration (ln LQ)",
        "ln(人均GDP) & 100%",
        "FDI_ratio",
        "<b>",
    ]
    assert [r.cells[0].shown for r in table.rows] == ["", "yuan per head", "%", "years"]
    assert table.rows[0].cells[2].key == ("panel", "ln_lq", "mean")


def test_the_numbers(results: Results) -> None:
    values = results.panel.frame["fdi"]
    found = described(results.panel, "fdi")
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-14)
    assert found["sd"] == pytest.approx(values.std(), rel=1e-14)
    between, within = found["sd_between"], found["sd_within"]
    n, groups, years = 32, 4, 8
    assert (n - 1) * found["sd"] ** 2 == pytest.approx(
        (n - 1) * within**2 + years * (groups - 1) * between**2, rel=1e-12
    )


def test_an_unknown_variable_and_sample_are_refused_by_nearest_name(results: Results) -> None:
    with pytest.raises(ReportError, match="did you mean 'fdi'"):
        build(DescriptiveTable(id="d", variables=("fdii",)), results)
    with pytest.raises(ReportError, match="did you mean 'both'"):
        build(DescriptiveTable(id="d", sample="bth"), results)


def test_a_models_sample(results: Results) -> None:
    table = build(DescriptiveTable(id="d", sample="single", variables=("fdi",)), results)
    assert table.rows[0].cells[1].shown == "30"
    assert table.rows[0].cells[1].key == ("single", "fdi", "count")


def test_large_values_lose_decimals_they_do_not_have(results: Results) -> None:
    row = build(DescriptiveTable(id="d", variables=("back",), statistics=("max",)), results).rows[0]
    assert row.cells[1].shown.count(".") == 1
    assert len(row.cells[1].shown.split(".")[1]) == 1
