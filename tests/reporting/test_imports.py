"""Results of other packages in our tables, and ours in maketables."""

from __future__ import annotations

import pytest

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Table
from panelkit.core.results import Results
from panelkit.reporting import table
from panelkit.reporting.exhibits import render_table
from panelkit.reporting.imports import effects_of, imported
from panelkit.reporting.maketables import adapt


def texts(made: Table) -> dict[str, list[str]]:
    return {r.label: [c.shown for c in r.cells] for r in made.rows if r.label}


@pytest.fixture
def models(results: Results) -> list[object]:
    pyfixest = pytest.importorskip("pyfixest")
    formula = pytest.importorskip("statsmodels.formula.api")
    panel = pytest.importorskip("linearmodels.panel")
    frame = results.panel.frame
    inside = "ln_lq ~ fdi + zone + EntityEffects + TimeEffects"
    return [
        pyfixest.feols("ln_lq ~ fdi + zone | province + year", frame, vcov={"CRV1": "province"}),
        pyfixest.feols("ln_lq~fdi+zone|province", frame),
        panel.PanelOLS.from_formula(inside, frame.set_index(["province", "year"])).fit(
            cov_type="clustered", cluster_entity=True
        ),
        formula.ols("ln_lq ~ fdi + zone", frame).fit(cov_type="HC1"),
    ]


def test_blanks_in_a_formula_hide_no_effect(models: list[object]) -> None:
    made = texts(table(models))
    assert made["Province FE"] == ["Yes", "Yes", "Yes", "No"]
    assert made["Year FE"] == ["Yes", "No", "Yes", "No"]
    assert made["Observations"] == ["32"] * 4
    assert made["fdi"][0] == made["fdi"][2]


def test_kinds_of_r_squared_do_not_share_a_row(models: list[object]) -> None:
    made = texts(table(models))
    assert made["R² (within)"][3] == ""
    assert made["R² (overall)"][:3] == ["", "", ""]
    assert made["R² (within)"][0] == made["R² (within)"][2]


def test_the_note_names_each_convention(models: list[object]) -> None:
    note = table(models).notes[0]
    assert "(1): CRV1 (province)" in note
    assert "(4): HC1" in note


def test_it_is_written_in_every_format(models: list[object]) -> None:
    files = render_table(table(models, id="mine", language="zh"), ("latex", "html", "docx", "csv", "typst"))
    assert "省份固定效应" in files["mine.tex"].decode()


def test_what_does_not_fit_is_refused(models: list[object]) -> None:
    with pytest.raises(ReportError) as error:
        table(models, keep=("nosuch",), headings=("A",), extra={"Controls": ["yes"], "F": ["1", "2", "3", "4"]})
    said = " ".join(f.what for f in error.value.faults)
    for wanted in ("'nosuch'", "1 headings for 4 models", "'Controls' has 1 values", "the number 3"):
        assert wanted in said
    with pytest.raises(ReportError, match="a str is no result"):
        imported("text")


def test_effects_of_a_formula() -> None:
    assert effects_of("y ~ x | province + region ^ year | e ~ z") == ("province", "region^year")


def test_the_protocol_of_maketables(results: Results) -> None:
    adapted = adapt(results.estimates["both"], results.panel)
    frame = adapted.__maketables_coef_table__
    assert list(frame.columns) == ["b", "se", "t", "p", "ci95l", "ci95u"]
    assert frame.loc["ln_gdp", "b"] == 0.2451
    assert adapted.__maketables_fixef_string__ == "province+year"
    assert adapted.__maketables_stat__("N") == 32
    assert adapted.__maketables_stat__("r2_within") == 0.1234
    assert adapted.__maketables_stat__("nosuch") is None
    assert adapted.__maketables_var_labels__["province"] == "Province"


def test_maketables_itself_prints_our_effects(results: Results) -> None:
    maketables = pytest.importorskip("maketables")
    made = str(
        maketables.ETable([adapt(results.estimates[m], results.panel) for m in ("both", "single")]).make(type="tex")
    )
    assert "Province & x & -" in made
    assert "0.245" in made
