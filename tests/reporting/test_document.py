"""The report as PDF: every number there, the same bytes twice, no label taken for Typst, a clear word without the package."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import hostile_table

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Label
from panelkit.core.results import Results
from panelkit.reporting.document import document, source
from panelkit.reporting.exhibits import render_figure
from panelkit.reporting.figures import event_study
from panelkit.reporting.figures.event_study import EventStudyFigure
from panelkit.reporting.render.typst import needed
from panelkit.reporting.tables import regression


def exhibits(results: Results) -> tuple[tuple[Table, ...], tuple[Figure, ...], dict[str, bytes]]:
    tables = (
        regression.build(
            regression.RegressionTable(id="main", samples="told", columns=("both", "single", "events")), results
        ),
        hostile_table(results.study.head.language),
    )
    figure = event_study.build(
        EventStudyFigure(id="events", model="events", title=Label(en="Events", zh="事件")), results
    )
    return tables, (figure,), {"events": render_figure(figure)["events.svg"]}


def test_every_number_of_the_models_is_in_the_source(results: Results) -> None:
    text = source(results, *exhibits(results))
    for wanted in (
        '"0.2451"',
        '"[0.1227, 0.3675]"',
        "dense differs by 20%",
        "2 cells are filled.",
        "ln_lq ~ ln_gdp | province + year",
    ):
        assert wanted in text
    assert "#b]" not in text


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_compiles_to_the_same_bytes(results: Results, chinese: Results, language: str, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    found = results if language == "en" else chinese
    first = document(found, *exhibits(found))
    assert first.startswith(b"%PDF")
    assert first == document(found, *exhibits(found))
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here")
    path = tmp_path / "report.pdf"
    path.write_bytes(first)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    for wanted in ("0.2451", "0.0612", "FDI_ratio", ("At a glance", "概览")[language == "zh"]):
        assert wanted in text


def test_without_typst_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, results: Results) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ReportError, match="typst package, which is not installed") as said:
        document(replace(results), (), (), {})
    assert "panelkit[pdf]" in said.value.faults[0].mend
    with pytest.raises(ReportError, match="not installed"):
        needed("study.report")
