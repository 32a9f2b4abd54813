"""Every class of result of three packages: the table has the numbers that the package's own summary prints, under its own convention."""

from __future__ import annotations

import contextlib
import io
import math
import re
import warnings
from dataclasses import fields
from typing import Any

import pytest
from scipy import stats
from script_fits import FITS, data, fitted

from panelkit.core.errors import ReportError
from panelkit.core.registry import RENDERERS
from panelkit.reporting import given, table
from panelkit.reporting.printed import printed
from panelkit.reporting.scripts.read import Read
from panelkit.reporting.scripts.results import imported, opened

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan)")


def read(name: str) -> list[Read]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [r for _, r in opened([fitted(name)])]


def told(columns: list[Read]) -> list[list[Any]]:
    """All that is compared of columns, NaN as a text: since Python 3.13 two of them with the same NaN are not equal."""
    found = [[getattr(c, f.name) for f in fields(c) if f.compare] for c in columns]
    return [["nan" if isinstance(v, float) and math.isnan(v) else v for v in values] for values in found]


def summaries(result: Any) -> list[Any]:
    """The results that the columns come from, each with a summary of its own."""
    if hasattr(result, "all_fitted_models"):
        return list(result.all_fitted_models.values())
    return list(result.equations.values()) if hasattr(result, "equations") else []


def summary(result: Any) -> str:
    if hasattr(result, "_coeftable"):
        return str(result._coeftable.to_string())
    if getattr(result, "_method", "") == "saturated":  # its summary is not written for this one
        return str(result.tidy().to_string())
    into = io.StringIO()
    with contextlib.redirect_stdout(into):
        made = result.summary() if callable(result.summary) else result.summary
        print(made)  # noqa: T201
    return into.getvalue()


def agrees(value: float, text: str) -> bool:
    """Whether a value is the printed one, to the digits that are printed."""
    if text == "nan" or math.isnan(value):
        return text == "nan" and math.isnan(value)
    digits, _, power = text.lower().partition("e")
    return abs(value - float(text)) <= 0.5000001 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2])) + 1e-12


@pytest.mark.parametrize("name", FITS)
def test_numbers_are_those_of_the_own_summary(name: str) -> None:
    result, columns = fitted(name), read(name)
    each = summaries(result) or [result] * len(columns)
    for column, source in zip(columns, each, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lines = [line.strip(" |") for line in summary(source).splitlines()]
        for term, values in column.terms.items():
            own = column.names[term]
            found = [_NUMBER.findall(line[len(own) :]) for line in lines if line.startswith(own)]
            wanted = [v for v in values if not math.isnan(v)]
            assert any(
                len(f) >= 4 and all(agrees(v, t) for v, t in zip(wanted[: len(f)], f, strict=False)) for f in found
            ), (own, values, found)


@pytest.mark.parametrize("name", FITS)
def test_p_and_interval_are_read_from_the_reference_that_is_told(name: str) -> None:
    for column in read(name):
        if not column.reference:
            assert name == "lpdid"
            continue
        law = stats.norm if column.reference == "normal" else stats.t(float(column.reference[2:-1]))
        for estimate, se, statistic, p, low, high in column.terms.values():
            assert p == pytest.approx(2 * law.sf(abs(statistic)), rel=1e-6, abs=1e-12)
            if not math.isnan(low):
                half = law.ppf(0.975) * se
                assert (low, high) == pytest.approx((estimate - half, estimate + half), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", FITS)
def test_a_table_of_it_reads_back_the_same_in_every_format(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = table([fitted(name)], samples="told", brackets=("t", "se"))
    assert len(made.columns) == len(read(name))
    for form in ("latex", "html", "docx", "csv", "typst"):
        assert RENDERERS[form].parse(RENDERERS[form].render(made)) == printed(made), form


EFFECTS = {
    "feols CRV1": ("province", "year"), "feols crossed effects": ("region^year",), "fepois": ("province",),
    "event study saturated": ("pid", "year"), "PanelOLS two-way": ("province", "year"), "PanelOLS time": ("year",),
    "PanelOLS other": ("region",), "AbsorbingLS": ("province", "year"), "OLS HC1": (), "lpdid": ("year",), "feols IV": ("province",),
}  # fmt: skip
CLUSTERS = {
    "feols CRV1": {"province": 30}, "feols two-way": {"province": 30, "year": 10}, "feols lean": {"province": 30},
    "did2s": {"#1": 30}, "PanelOLS entity": {"province": 30}, "AbsorbingLS": {"province": 30}, "OLS cluster": {"province": 30},
    "OLS two-way": {"#1": 30, "#2": 10}, "GEE": {"#1": 30}, "OLS HC1": {},
}  # fmt: skip
ERRORS = {
    "feols CRV3": "clustered by province (CRV3)", "feols NW": "NW (2 lags)", "did2s": "clustered (CRV1 (GMM))",
    "PanelOLS two-way": "clustered by province (Clustered, G/(G−1))", "PanelOLS kernel": "Driscoll-Kraay, newey-west, bandwidth 2",
    "OLS HAC": "HAC (2 lags)", "GEE": "clustered (robust)", "OLS HC1": "heteroskedasticity-robust (HC1)", "Logit": "classical (nonrobust)",
}  # fmt: skip


@pytest.mark.parametrize("name", EFFECTS)
def test_effects_by_name(name: str) -> None:
    assert {c.absorb for c in read(name)} == {EFFECTS[name]}


@pytest.mark.parametrize("name", CLUSTERS)
def test_clusters_by_name_and_number(name: str) -> None:
    assert read(name)[0].clusters == CLUSTERS[name]


@pytest.mark.parametrize("name", ERRORS)
def test_errors_in_one_vocabulary(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert f"parentheses: {ERRORS[name]}." in table([fitted(name)]).notes[0]


def test_a_small_sample_factor_that_is_not_the_package_s_own_is_told() -> None:
    import pyfixest
    import statsmodels.formula.api as smf

    bare = pyfixest.ssc(k_adj=False, G_adj=False)
    first = pyfixest.feols("y ~ x | province", data(), vcov={"CRV1": "province"}, ssc=bare)
    how = {"groups": data()["province"], "use_correction": False}
    second = smf.ols("y ~ x", data()).fit(cov_type="cluster", cov_kwds=how)
    note = table([first, fitted("feols CRV1"), second]).notes[0]
    assert "(1): clustered by province (CRV1, k_adj=False, G_adj=False)" in note
    assert "(2): clustered by province (CRV1)" in note
    assert "(3): clustered by province (cluster, no small-sample factor)" in note


R2 = {
    "feols iid": {"r2", "r2_adjusted"}, "feols CRV1": {"r2_within", "r2"}, "feols IV": set(), "did2s": set(), "fepois": {"r2_pseudo"},
    "PanelOLS weights": {"r2_uncentred"}, "RandomEffects": {"r2_quasi"}, "BetweenOLS": {"r2_between"},
    "FirstDifferenceOLS": {"r2_difference"}, "GLSAR": {"r2_transformed"}, "QuantReg": set(), "Logit": {"r2_pseudo"}, "RLM": set(),
    "AutoReg": set(), "WLS": {"r2", "r2_adjusted"},
}  # fmt: skip


@pytest.mark.parametrize("name", R2)
def test_every_r_squared_goes_by_its_kind(name: str) -> None:
    assert {k for k in read(name)[0].statistics if k.startswith("r2")} == R2[name]


def test_weights_are_those_of_the_data() -> None:
    weighted = {n for n in FITS for c in read(n) if c.weighted}
    assert weighted == {"feols weights", "PanelOLS weights", "WLS"}


def test_rows_are_the_package_s_own() -> None:
    odd = {n: {c.rows for c in read(n)} for n in FITS if {c.rows for c in read(n)} != {300}}
    assert odd == {
        "feols split": {300, 100}, "lpdid": {None}, "BetweenOLS": {30}, "FirstDifferenceOLS": {270}, "ARIMA": {120}, "AutoReg": {118},
        "VAR": {119}, "ConditionalLogit": {290}, "GLSAR": {299},
    }  # fmt: skip


def test_the_mean_of_the_outcome_is_that_of_its_rows() -> None:
    mean = data()["y"].mean()
    for name in ("feols CRV1", "PanelOLS entity", "AbsorbingLS", "OLS HC1", "IV2SLS"):
        assert read(name)[0].mean == pytest.approx(mean)
    weighted = (data()["y"] * data()["w"]).sum() / data()["w"].sum()
    for name in ("feols weights", "PanelOLS weights", "WLS"):
        assert read(name)[0].mean == pytest.approx(weighted)
    assert math.isnan(read("BetweenOLS")[0].mean)


def test_what_a_reader_must_know_is_told() -> None:
    told = {
        n: " ".join(table([fitted(n)]).notes)
        for n in ("MNLogit", "Logit margins", "MixedLM", "SUR", "lpdid", "OrderedModel")
    }
    for name, words in {
        "MNLogit": "gainst the base outcome 0", "Logit margins": "arginal effects (dydx, at: overall)", "MixedLM": "random effects",
        "SUR": "ne of 2 equations", "lpdid": "of 35 to 178 observations", "OrderedModel": "logs of increments",
    }.items():  # fmt: skip
        assert words in told[name], name


def unfitted() -> dict[str, tuple[Any, str]]:
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from linearmodels.asset_pricing import LinearFactorModel
    from statsmodels.regression.rolling import RollingOLS

    draw = np.random.default_rng(1)
    factors = pd.DataFrame(draw.normal(size=(200, 2)), columns=["a", "b"])
    assets = pd.DataFrame(
        factors.to_numpy() @ draw.normal(size=(2, 5)) + draw.normal(size=(200, 5)), columns=list("ABCDE")
    )
    twice = pd.DataFrame(draw.normal(size=(50, 2)), columns=["x", "x"])
    return {
        "nothing": (None, "is no result"),
        "frame": (data(), "given(frame"),
        "model": (smf.ols("y ~ x", data()), "what its fit() returns"),
        "penalised": (smf.ols("y ~ x", data()).fit_regularized(), "no standard errors"),
        "rolling": (RollingOLS(data()["y"], data()[["x"]], window=60).fit(), "a fit for each of 300 rows"),
        "factors": (LinearFactorModel(assets, factors).fit(), "matrix of coefficients"),
        "duplicates": (sm.OLS(twice.iloc[:, 0] + draw.normal(size=50), twice).fit(), "several terms of the name 'x'"),
    }


@pytest.mark.parametrize("name", ["nothing", "frame", "model", "penalised", "rolling", "factors", "duplicates"])
def test_what_is_no_result_is_refused_with_what_to_do(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        thing, words = unfitted()[name]
    with pytest.raises(ReportError) as error:
        table([fitted("OLS HC1"), thing])
    assert words in str(error.value)
    assert error.value.faults[0].where == "models[1]"
    assert all(f.mend for f in error.value.faults)


def test_a_saved_result_is_read_as_before(tmp_path: Any) -> None:
    import pickle

    import statsmodels.api as sm

    for name in ("OLS cluster", "WLS", "GLM Poisson", "Logit", "MixedLM"):
        for bare in (False, True):
            fitted(name).save(tmp_path / "fit.pickle", remove_data=bare) if not bare else None
            if not bare:
                again = imported(sm.load(tmp_path / "fit.pickle"))
                assert told([again]) == told(read(name)[:1]), name
    for name in ("PanelOLS entity", "IV2SLS", "AbsorbingLS", "SUR"):
        again = [r for _, r in opened([pickle.loads(pickle.dumps(fitted(name)))])]
        assert told(again) == told(read(name)), name


def test_a_result_saved_without_its_data_keeps_what_it_was(tmp_path: Any) -> None:
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = smf.wls("y ~ x", data(), weights=data()["w"]).fit()
        before = imported(fit)
        fit.save(tmp_path / "fit.pickle", remove_data=True)
        after = imported(sm.load(tmp_path / "fit.pickle"))
    assert after.terms == before.terms
    assert (after.rows, after.weighted, after.covariance) == (300, True, before.covariance)


def test_numbers_of_another_program_are_given_as_a_frame() -> None:
    import pandas as pd

    frame = pd.DataFrame({"coef": [1.0, -2.0], "Std. Error": [0.5, 0.1]}, index=["x", "Intercept"])
    column = given(frame, outcome="y", df=20, rows=300, absorb=("province",), errors="CRV1", cluster="province")
    low, p = 1 - stats.t(20).ppf(0.975) * 0.5, 2 * stats.t(20).sf(2)
    assert column.terms["x"] == pytest.approx((1, 0.5, 2, p, low, 2 - low))
    made = table([column, fitted("feols CRV1")])
    assert [c.shown for r in made.rows if r.label == "Province FE" for c in r.cells] == ["Yes", "Yes"]
    with pytest.raises(ReportError) as error:
        given(frame[["coef"]], outcome="y", rws=3)
    assert {f.where for f in error.value.faults} == {"rws", "frame"}
