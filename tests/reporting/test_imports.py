"""Results of other packages in our tables, and ours in maketables."""

from __future__ import annotations

import pytest

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Table
from panelkit.core.results import Results
from panelkit.reporting import table
from panelkit.reporting.exhibits import render_table
from panelkit.reporting.maketables import adapt
from panelkit.reporting.scripts.read import effects_of
from panelkit.reporting.scripts.results import imported


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
    assert "(1): clustered by province (CRV1)" in note
    assert "(3): clustered by province (Clustered)" in note
    assert "(4): heteroskedasticity-robust (HC1)" in note


def test_it_is_written_in_every_format(models: list[object]) -> None:
    files = render_table(table(models, id="mine", language="zh"), ("latex", "html", "docx", "csv", "typst"))
    assert "省份固定效应" in files["mine.tex"].decode()


def test_what_does_not_fit_is_refused(models: list[object]) -> None:
    with pytest.raises(ReportError) as error:
        table(models, keep=("nosuch",), headings=("A",), extra={"Controls": ["yes"], "F": ["1", "2", "3", "4"]})
    said = " ".join(f.what for f in error.value.faults)
    for wanted in ("'nosuch'", "1 heading for 4 models", "'Controls' has 1 value", "the number 3"):
        assert wanted in said
    with pytest.raises(ReportError, match="a str is no result"):
        imported("text")


@pytest.fixture
def wider(results: Results) -> dict[str, object]:
    """Results of other estimators of the three packages on the same rows."""
    pyfixest = pytest.importorskip("pyfixest")
    formula = pytest.importorskip("statsmodels.formula.api")
    panel = pytest.importorskip("linearmodels.panel")
    iv = pytest.importorskip("linearmodels.iv")
    frame = results.panel.frame.assign(
        region=lambda d: d["province"].isin(["110000", "120000"]).map({True: "north", False: "south"}),
        count=lambda d: [k % 5 for k in range(len(d))],
    )
    indexed = frame.set_index(["province", "year"])
    return {
        "both": pyfixest.feols("ln_lq + fdi ~ zone | province", frame),
        "events": pyfixest.feols("ln_lq ~ i(year, zone, ref=2018) | province + year", frame),
        "poisson": pyfixest.fepois("count ~ zone | province", frame),
        "category": formula.ols("ln_lq ~ fdi + C(year)", frame).fit(
            cov_type="cluster", cov_kwds={"groups": frame["region"]}
        ),
        "uncentred": formula.ols("ln_lq ~ fdi - 1", frame).fit(cov_type="HAC", cov_kwds={"maxlags": 2}),
        "random": panel.RandomEffects.from_formula("ln_lq ~ 1 + fdi", indexed).fit(),
        "between": panel.BetweenOLS.from_formula("ln_lq ~ 1 + fdi", indexed).fit(),
        "twoway": panel.PanelOLS(indexed["ln_lq"], indexed[["fdi"]], entity_effects=True).fit(
            cov_type="clustered", cluster_entity=True, cluster_time=True
        ),
        "other": panel.PanelOLS(
            indexed["ln_lq"], indexed[["fdi"]], other_effects=indexed[["region"]].astype("category")
        ).fit(),
        "absorbing": iv.AbsorbingLS(frame["ln_lq"], frame[["fdi"]], absorb=frame[["year"]].astype("category")).fit(),
    }


def test_lists_and_several_outcomes_are_opened(wider: dict[str, object]) -> None:
    made = table([wider["both"], [wider["random"], {"a": wider["between"]}]])
    assert [c.heading[1] for c in made.columns] == ["ln_lq", "fdi", "ln_lq", "ln_lq"]


def test_no_effect_is_lost_and_clusters_are_named(wider: dict[str, object]) -> None:
    read = {name: imported(m) for name, m in wider.items() if name != "both"}
    assert read["other"].absorb == ("region",)
    assert read["absorbing"].absorb == ("year",)
    assert read["poisson"].absorb == ("province",)
    assert read["twoway"].covariance == ("clustered", "Clustered", "province + year")
    assert read["twoway"].clusters == {"province": 4, "year": 8}
    assert read["category"].covariance == ("clustered", "cluster", "region")
    assert read["uncentred"].covariance == ("", "HAC (2 lags)", "")


def test_weights_and_numbers_of_clusters_have_rows(results: Results) -> None:
    import pyfixest
    import statsmodels.formula.api as smf

    frame = results.panel.frame
    d = frame.assign(w=1.0 + (frame["year"] % 3), count=range(len(frame)))
    models = [
        pyfixest.feols("ln_lq ~ fdi", d, weights="w", vcov={"CRV1": "province + year"}),
        smf.wls("ln_lq ~ fdi", d, weights=d["w"]).fit(),
        smf.glm("count ~ fdi", d, family=__import__("statsmodels.api", fromlist=["x"]).families.Poisson()).fit(),
    ]
    made = texts(table(models))
    assert made["Weights"] == ["Yes", "Yes", "No"]  # the weights of a GLM's last step are none of its data's
    assert made["Clusters (Province)"] == [str(d["province"].nunique()), "", ""]
    assert made["Clusters (Year)"] == [str(d["year"].nunique()), "", ""]


def test_settings_that_do_not_fit_are_refused(models: list[object]) -> None:
    with pytest.raises(ReportError) as error:
        table(models, levels=(5, 1), digits=40, brackets="zz")  # type: ignore[arg-type]
    assert {f.where for f in error.value.faults} == {"levels", "digits", "brackets"}


def test_every_kind_of_r_squared_has_a_row_of_its_own(wider: dict[str, object]) -> None:
    names = ("category", "uncentred", "random", "between", "twoway", "poisson")
    made = texts(table([wider[n] for n in names]))
    rows = {label: [i for i, t in enumerate(row) if t] for label, row in made.items() if "R²" in label}
    assert rows == {
        "R² (within)": [4], "R² (overall)": [0], "R² (between)": [3], "R² (quasi-demeaned)": [2], "R² (uncentred)": [1],
        "Pseudo R²": [5], "R² (adjusted)": [0],
    }  # fmt: skip


def test_levels_and_constants_of_each_package_read_alike(wider: dict[str, object]) -> None:
    made = texts(table([wider["events"], wider["category"], wider["random"]], labels={"zone": "Zone"}))
    assert "Year = 2015 × Zone" in made
    assert "Year = 2016" in made
    assert [bool(t) for t in made["Constant"]] == [False, True, True]
    assert next(iter(texts(table([wider["random"]], keep=("Intercept",))))) == "Constant"


def test_a_system_is_refused_by_name(results: Results) -> None:
    system = pytest.importorskip("linearmodels.system")
    fitted = system.SUR.from_formula({"a": "ln_lq ~ fdi", "b": "zone ~ fdi"}, results.panel.frame).fit()
    with pytest.raises(ReportError, match="holds several equations"):
        imported(fitted)


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
