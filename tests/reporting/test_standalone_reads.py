"""The verifier that ships in packages reads every table and the page as they are written: long, turned, in panels, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up import everything, hostile_table, made_results

import panelkit.reporting.render  # noqa: F401
from panelkit.core.exhibit import Table
from panelkit.core.label import Label
from panelkit.core.registry import RENDERERS, TABLES
from panelkit.replication import standalone
from panelkit.reporting.page import page
from panelkit.reporting.printed import printed
from panelkit.reporting.tables.correlation import CorrelationTable
from panelkit.reporting.tables.regression import ModelsPanel, RegressionTable

READERS = {
    "latex": standalone.from_tex, "csv": standalone.from_csv, "docx": standalone.from_docx, "typst": standalone.from_typ,
    "html": lambda data: next(iter(standalone.from_html(data).tables.values())),
}  # fmt: skip


def tables(language: str) -> list[Table]:
    results = made_results(language=language)
    halves = tuple(
        ModelsPanel(label=Label(en=x, zh=x), columns=("both", y)) for x, y in (("One", "single"), ("Two", "events"))
    )
    specs = (
        RegressionTable(id="panels", title=Label(en="Panels"), samples="told", panels=halves),
        RegressionTable(id="wide", title=Label(en="Wide"), columns=("both",) * 9, brackets="ci"),
        CorrelationTable(id="correlation", title=Label(en="Correlations")),
    )
    made = [TABLES[s.kind].build(s, results) for s in specs]
    return [*made, replace(made[0], id="long", long=True, landscape=True), hostile_table(language)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", list(READERS))
def test_every_cell_label_and_note(form: str, language: str) -> None:
    for table in tables(language):
        found = READERS[form](RENDERERS[form].render(table))
        assert {k: v for k, v in found.items() if ".c" in k} == printed(table), (form, table.id)
        # a heading across may hold an '&' of its own
        assert not [k for k in found if k.startswith("unmarked") and "% pk panel" not in k]
        assert sum(k.startswith("note") for k in found) == len(table.notes)


def test_the_page_binds_every_number_in_both_languages() -> None:
    results = made_results()
    made = tables("en")[0]
    read = standalone.from_html(page(results, (made,), (), {}))
    assert {k: v for k, v in read.tables["panels"].items() if ".c" in k} == printed(made)
    keyed = [c for r in made.rows for c in r.cells if c.key]
    loose = [(key, text.strip()) for key, text, _ in read.loose]
    for cell in keyed:
        assert ("|".join(cell.key or ()), cell.shown) in loose
    assert ("both|ln_gdp|estimate", "0.2451") in loose
    assert standalone.from_html(everything()["report.html"]).tables["main"]


def test_the_corner_that_heads_nothing_holds_nothing_and_stands_once() -> None:
    made = RENDERERS["html"].render(tables("en")[0]).decode()
    corner = '<td class="left stub" rowspan="2"></td>'
    assert corner in made
    assert standalone.from_html(made.encode()).tables["panels"]["heading.stub"] == ""
    row = made.index("</th>", made.index("<tbody>")) + len("</th>")
    for wrong in (made.replace(corner, corner.replace("></", ">0.1</")), made[:row] + corner + made[row:]):
        with pytest.raises(ValueError, match="a table holds"):
            standalone.from_html(wrong.encode())
