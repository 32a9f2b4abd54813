"""Fitted results of every class that pyfixest, linearmodels and statsmodels give, on one made-up panel; each is fitted once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

UNITS, YEARS = 30, 10


@cache
def data() -> pd.DataFrame:
    """A panel with a policy that starts at several dates, a count, a choice, an order, weights and an instrument."""
    draw = np.random.default_rng(0)
    n = UNITS * YEARS
    of_unit = np.repeat(draw.normal(size=UNITS), YEARS)
    frame = pd.DataFrame({"province": np.repeat([f"p{i:02d}" for i in range(UNITS)], YEARS),
                          "year": np.tile(np.arange(2010, 2010 + YEARS), UNITS)})  # fmt: skip
    frame["pid"] = np.repeat(np.arange(UNITS), YEARS)
    frame["region"] = np.repeat(np.array(["east", "west", "north"])[np.arange(UNITS) % 3], YEARS)
    frame["x"], frame["z"], frame["q"] = draw.normal(size=n) + 0.5 * of_unit, draw.normal(size=n), draw.normal(size=n)
    frame["w"] = draw.uniform(0.5, 2, n)
    first = np.repeat(np.where(np.arange(UNITS) % 3 == 0, 0, 2013 + np.arange(UNITS) % 4), YEARS)
    frame["g"], frame["treat"] = first, ((first > 0) & (frame["year"] >= first)).astype(int)
    error = draw.normal(size=n)
    frame["e"] = frame["z"] + 0.5 * error + draw.normal(size=n)
    frame["y"] = 1 + 0.5 * frame["x"] + 0.3 * frame["treat"] + of_unit + error
    frame["y2"] = 0.2 * frame["x"] - frame["q"] + draw.normal(size=n)
    frame["c"] = draw.poisson(draw.gamma(2, np.exp(0.2 * frame["x"]) / 2))
    frame["b"] = (draw.uniform(size=n) < 1 / (1 + np.exp(-frame["x"]))).astype(int)
    frame["o"] = np.digitize(frame["y"], [0, 1.5])
    return frame


def _indexed() -> pd.DataFrame:
    return data().set_index(["province", "year"])


def _pf(method: str, formula: str, **how: Any) -> Callable[[], Any]:
    def fit() -> Any:
        import pyfixest

        return getattr(pyfixest, method)(formula, data(), **how)

    return fit


def _did(method: str, **how: Any) -> Callable[[], Any]:
    def fit() -> Any:
        import pyfixest

        return getattr(pyfixest, method)(data(), yname="y", **how)

    return fit


def _lm(module: str, name: str, formula: str, indexed: bool = True, **how: Any) -> Callable[[], Any]:
    def fit() -> Any:
        import importlib

        model = getattr(importlib.import_module(f"linearmodels.{module}"), name)
        return model.from_formula(formula, _indexed() if indexed else data()).fit(**how)

    return fit


def _system(name: str, **how: Any) -> Callable[[], Any]:
    def fit() -> Any:
        import linearmodels.system

        iv = "" if name == "SUR" else " + [e ~ z]"
        equations = {"first": f"y ~ 1 + x{iv}", "second": f"y2 ~ 1 + x + q{iv}"}
        return getattr(linearmodels.system, name).from_formula(equations, data()).fit(**how)

    return fit


def _sm(method: str, formula: str, fit: dict[str, Any] | None = None, **how: Any) -> Callable[[], Any]:
    def fitted() -> Any:
        import statsmodels.formula.api as smf

        return getattr(smf, method)(formula, data=data(), **how).fit(**(fit or {}))

    return fitted


def _glm(formula: str, family: str) -> Callable[[], Any]:
    def fit() -> Any:
        import statsmodels.api as sm

        return _sm("glm", formula, family=getattr(sm.families, family)())()

    return fit


def _arrays(name: str) -> Callable[[], Any]:
    def fit() -> Any:
        import statsmodels.api as sm

        return getattr(sm, name)(data()["y"].to_numpy(), sm.add_constant(data()[["x", "treat"]].to_numpy())).fit()

    return fit


def _panel(**how: Any) -> Callable[[], Any]:
    def fit() -> Any:
        from linearmodels.panel import PanelOLS

        frame = _indexed()
        made = {k: frame[v].astype("category") if k == "other_effects" else frame[v] for k, v in how.items()}
        return PanelOLS(frame["y"], frame[["x", "treat"]], **made).fit()

    return fit


def _absorbing() -> Any:
    from linearmodels.iv import AbsorbingLS

    absorb = data()[["province", "year"]].astype("category")
    return AbsorbingLS(data()["y"], data()[["x"]], absorb=absorb).fit(
        cov_type="clustered", clusters=data()["pid"].to_numpy()
    )


def _series(name: str) -> Callable[[], Any]:
    def fit() -> Any:
        import statsmodels.tsa.api as tsa

        frame = data()[["y", "x"]][:120].reset_index(drop=True)
        if name == "VAR":
            return tsa.VAR(frame).fit(1)
        return tsa.AutoReg(frame["y"], 2).fit() if name == "AutoReg" else tsa.ARIMA(frame["y"], order=(1, 0, 1)).fit()

    return fit


def _ordered() -> Any:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    return OrderedModel(data()["o"], data()[["x", "q"]]).fit(method="bfgs", disp=0)


_QUIET = {"disp": 0}
_BY = {"cov_type": "clustered", "cluster_entity": True}
_TWFE = "y ~ x + treat | province + year"
_HAC = {"time_id": "year", "panel_id": "pid", "lag": 2}
FITS: dict[str, Callable[[], Any]] = {
    **{f"feols {v}": _pf("feols", "y ~ x + treat", vcov=v) for v in ("iid", "hetero", "HC2", "HC3")},
    "feols CRV1": _pf("feols", _TWFE, vcov={"CRV1": "province"}),
    "feols CRV3": _pf("feols", _TWFE, vcov={"CRV3": "province"}),
    "feols two-way": _pf("feols", _TWFE, vcov={"CRV1": "province + year"}),
    "feols NW": _pf("feols", "y ~ x", vcov="NW", vcov_kwargs=_HAC),
    "feols DK": _pf("feols", "y ~ x", vcov="DK", vcov_kwargs=_HAC),
    "feols weights": _pf("feols", "y ~ x | province", weights="w"),
    "feols IV": _pf("feols", "y ~ x | province | e ~ z", vcov={"CRV1": "province"}),
    "feols crossed effects": _pf("feols", "y ~ x | region^year"),
    "feols i()": _pf("feols", "y ~ i(year, treat, ref=2010) + x | province"),
    "feols C()": _pf("feols", "y ~ C(region)*x + np.log(w) + I(x**2)"),
    "feols lean": _pf("feols", _TWFE, vcov={"CRV1": "province"}, lean=True),
    "feols several": _pf("feols", "y + y2 ~ csw(x, q) | sw0(province, year)"),
    "feols split": _pf("feols", "y ~ x | province", fsplit="region"),
    "fepois": _pf("fepois", "c ~ x | province", vcov={"CRV1": "province"}),
    "feglm logit": _pf("feglm", "b ~ x", family="logit"),
    "feglm probit": _pf("feglm", "b ~ x", family="probit"),
    "quantreg": _pf("quantreg", "y ~ x", quantile=[0.25, 0.5]),
    "did2s": _did("did2s", first_stage="~ x | province + year", second_stage="~ i(treat, ref=0)", treatment="treat", cluster="province"),
    **{f"event study {e}": _did("event_study", idname="pid", tname="year", gname="g", estimator=e) for e in ("twfe", "did2s", "saturated")},
    "lpdid": _did("lpdid", idname="pid", tname="year", gname="g", att=False),
    "PanelOLS entity": _lm("panel", "PanelOLS", "y ~ x + EntityEffects", **_BY),
    "PanelOLS two-way": _lm("panel", "PanelOLS", "y ~ x + EntityEffects + TimeEffects", group_debias=True, **_BY),
    "PanelOLS time": _lm("panel", "PanelOLS", "y ~ x + TimeEffects", cov_type="robust"),
    "PanelOLS kernel": _lm("panel", "PanelOLS", "y ~ x + EntityEffects", cov_type="kernel"),
    "PanelOLS other": _panel(other_effects=["region"]),
    "PanelOLS weights": _panel(weights="w"),
    "PooledOLS": _lm("panel", "PooledOLS", "y ~ 1 + x"),
    "RandomEffects": _lm("panel", "RandomEffects", "y ~ 1 + x"),
    "BetweenOLS": _lm("panel", "BetweenOLS", "y ~ 1 + x"),
    "FirstDifferenceOLS": _lm("panel", "FirstDifferenceOLS", "y ~ x"),
    "FamaMacBeth": _lm("panel", "FamaMacBeth", "y ~ 1 + x"),
    **{n: _lm("iv", n, "y ~ 1 + x + [e ~ z + q]", indexed=False) for n in ("IV2SLS", "IVLIML", "IVGMM", "IVGMMCUE")},
    "IV2SLS kernel": _lm("iv", "IV2SLS", "y ~ 1 + x + [e ~ z]", indexed=False, cov_type="kernel", debiased=True),
    "AbsorbingLS": _absorbing,
    "SUR": _system("SUR"),
    "IV3SLS": _system("IV3SLS", debiased=True),
    "IVSystemGMM": _system("IVSystemGMM"),
    **{f"OLS {c}": _sm("ols", "y ~ x + C(region)", {"cov_type": c}) for c in ("nonrobust", "HC1", "HC3")},
    "OLS arrays": _arrays("OLS"),
    "OLS cluster": _sm("ols", "y ~ x", {"cov_type": "cluster", "cov_kwds": {"groups": data()["province"]}}),
    "OLS two-way": _sm("ols", "y ~ x", {"cov_type": "cluster", "cov_kwds": {"groups": data()[["pid", "year"]].to_numpy()}}),
    "OLS HAC": _sm("ols", "y ~ x", {"cov_type": "HAC", "cov_kwds": {"maxlags": 2}}),
    "OLS read again": lambda: _sm("ols", "y ~ x")().get_robustcov_results("cluster", groups=data()["pid"]),
    "WLS": _sm("wls", "y ~ x", weights=data()["w"]),
    "GLSAR": _sm("glsar", "y ~ x"),
    **{f"GLM {f}": _glm(f"{y} ~ x", f) for y, f in (("y", "Gaussian"), ("c", "Poisson"), ("b", "Binomial"))},
    "Logit": _sm("logit", "b ~ x + q", _QUIET),
    "Logit margins": lambda: _sm("logit", "b ~ x + q", _QUIET)().get_margeff(),
    "Probit HC1": _sm("probit", "b ~ x", {"cov_type": "HC1", **_QUIET}),
    "Poisson": _sm("poisson", "c ~ x", _QUIET),
    "NegativeBinomial": _sm("negativebinomial", "c ~ x", _QUIET),
    "MNLogit": _sm("mnlogit", "o ~ x + q", _QUIET),
    "OrderedModel": _ordered,
    "QuantReg": _sm("quantreg", "y ~ x"),
    "MixedLM": _sm("mixedlm", "y ~ x", groups=data()["province"]),
    "RLM": _sm("rlm", "y ~ x"),
    "GEE": _sm("gee", "c ~ x", groups="province"),
    "ConditionalLogit": lambda: __import__("statsmodels.api").api.ConditionalLogit(data()["b"], data()[["x"]], groups=data()["pid"]).fit(),
    **{n: _series(n) for n in ("ARIMA", "AutoReg", "VAR")},
}  # fmt: skip


@cache
def fitted(name: str) -> Any:
    """The result of that name, whatever its package warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return FITS[name]()
