"""Cases of AER and plm with instruments, of clubSandwich, summclust and systemfit, and the mediation regressions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from oracle_data import STANDARD_ERROR, SUM_OF_SQUARES, Number, data, terms
from oracle_fixest import fixest_regression
from oracle_plm import clubsandwich_covariance, differenced
from oracle_setups import Setup, classical, clustered, coefficients, errors, robust, setup

from panelkit.core.request import Classical, Clustered
from panelkit.numerics.small_sample import parameters, reference_df


def instrumental(this: dict, engine) -> list[Number]:
    if "feols" in this["r_call"]:
        return fixest_regression(this, engine)
    spec, result = this["spec"], this["result"]
    d, unit, time = data(this)
    model = spec.get("estimator", "pooling")
    left, right = spec["formula"].split("|")
    outcome, regressors = (p.strip() for p in left.split("~"))
    instruments, exogenous = terms(right), [t for t in terms(regressors) if t in terms(right)]
    endogenous = [t for t in terms(regressors) if t not in exogenous]
    own = [t for t in instruments if t not in exogenous]
    names = {}
    if model == "fd":
        columns = [outcome, *endogenous, *exogenous, *own]
        d = differenced(d, columns, unit, time)
        names = {f"D{j}": c for j, c in enumerate(columns)}
        back = {c: name for name, c in names.items()}
        outcome, endogenous = back[outcome], [back[c] for c in endogenous]
        exogenous, own = [back[c] for c in exogenous], [back[c] for c in own]
    prepared = setup(
        d,
        unit,
        time,
        outcome=outcome,
        slopes=exogenous,
        absorb=[unit] if model == "within" else [],
        endogenous=endogenous,
        instruments=own,
        constant=model != "within",
        clusters=(spec["cluster"],) if spec.get("cluster") else (),
    )
    prepared = replace(prepared, theirs=prepared.theirs | names)
    fit = prepared.fit(engine, Classical())
    numbers = coefficients(prepared, fit, result["coef"])
    numbers += [
        Number("nobs", prepared.panel.rows, result["nobs"], 0),
        Number("df_resid", reference_df(prepared.counts(), "plm_sss", "classical"), result["df_resid"], 0),
    ]
    if "sigma" in result:
        numbers.append(Number("sigma", (fit.rss / result["df_resid"]) ** 0.5, result["sigma"], SUM_OF_SQUARES))
        numbers.append(Number("r2", 1 - fit.rss / fit.tss, result["r2"]["r2"], SUM_OF_SQUARES))
    for kind, told in result["se"].items():
        numbers += errors(
            prepared, ivreg_covariance(prepared, engine, kind, spec.get("cluster")), told["se"], f"se {kind}"
        )
    return numbers


def ivreg_covariance(prepared: Setup, engine, kind: str, by: str | None) -> np.ndarray:
    if kind == "iid":
        return classical(prepared, engine, "plm_sss")
    if kind in ("HC0", "HC1"):
        return robust(prepared, engine, "none" if kind == "HC0" else "sandwich")
    convention = {"cluster_state_CR1": "sandwich", "cluster_state_HC0": "none"}[kind]
    return clustered(prepared, engine, (str(by),), convention)[0]


def clubsandwich(this: dict, engine) -> list[Number]:
    spec, result = this["spec"], this["result"]
    d, unit, time = data(this)
    outcome, right = (p.strip() for p in spec["formula"].split("~"))
    absorb = [t[7:-1] for t in terms(right) if t.startswith("factor(")]
    slopes = [t for t in terms(right) if not t.startswith("factor(")]
    prepared = setup(
        d,
        unit,
        time,
        outcome=outcome,
        slopes=slopes,
        absorb=absorb,
        constant=not absorb,
        weights=spec.get("weights") or "",
        clusters=(spec["cluster"],),
    )
    numbers = coefficients(prepared, prepared.fit(engine, Classical()), result["coef"])
    p = parameters(prepared.counts((spec["cluster"],)), "sandwich")  # every column, dummies included
    for kind in ("CR0", "CR1", "CR1p", "CR1S", "CR3"):
        if kind in result:
            V = clubsandwich_covariance(prepared, engine, kind, spec["cluster"], p)
            if V is not None:
                numbers += errors(prepared, V, result[kind]["se"], f"se {kind}")
    return numbers


def cluster_jackknife(this: dict, engine) -> list[Number]:
    """summclust prints CV3J, about the mean of the b_g; ours is about b, so it is held against the sum of its printed b_g."""
    spec, result = this["spec"], this["result"]
    d, unit, time = data(this)
    prepared = setup(
        d,
        unit,
        time,
        outcome="frate",
        slopes=["beertax", "unemp", "log(income)"],
        absorb=["state", "year"],
        constant=False,
    )
    numbers = coefficients(prepared, prepared.fit(engine, Classical()), result["coef"])
    S = prepared.fit(engine, Clustered(by=(spec["cluster"],), variant="cr3")).raw[0]
    told = np.array(result["beta_jack"]["values"], dtype=float)
    gaps = told - np.array([[result["coef"][name]] for name in result["beta_jack"]["rows"]])
    theirs = gaps @ gaps.T
    for i, j in ((0, 0), (0, 1), (1, 1)):
        numbers.append(Number(f"sum of outer products {i}{j}", float(S[i, j]), float(theirs[i, j]), STANDARD_ERROR))
    return numbers


def system(this: dict, engine) -> list[Number]:
    """Equation by equation: systemfit's OLS and 2SLS are single-equation estimates."""
    spec, result = this["spec"], this["result"]
    d, unit, time = data(this)
    if this["dataset"] == ["grunfeld"]:
        d = d.drop(columns=[c for c in d if c not in ("firm", "year", "inv", "value", "capital")])
        wide = d[d["firm"] <= 5].pivot(index="year", columns="firm")
        wide.columns = [f"{name}.{firm}" for name, firm in wide.columns]
        d, unit, time = wide.reset_index().assign(once=0), "year", "once"
    numbers = []
    for label, text in spec["equations"].items():
        outcome, right = (p.strip() for p in text.split("~"))
        given = terms(spec["instruments"].lstrip("~")) if spec["method"] == "2SLS" else terms(right)
        exogenous = [t for t in terms(right) if t in given]
        endogenous = [t for t in terms(right) if t not in given]
        prepared = setup(
            d,
            unit,
            time,
            outcome=outcome,
            slopes=exogenous,
            endogenous=endogenous,
            instruments=[t for t in given if t not in exogenous] if endogenous else [],
            constant=True,
        )
        prepared = replace(
            prepared,
            theirs={"(constant)": f"{label}_(Intercept)"}
            | {t: f"{label}_{t}" for t in prepared.request.terms if t[0] != "("},
        )
        numbers += coefficients(prepared, prepared.fit(engine, Classical()), result["coef"])
        numbers += errors(prepared, classical(prepared, engine), result["se"]["default"], "se default")
    return numbers


def mediation(this: dict, engine) -> list[Number]:
    d, unit, time = data(this)
    numbers = []
    for step, outcome, slopes in (
        ("step1_total", "lgsp", ["lpcap", "lemp", "unemp"]),
        ("step2_mediator", "lpc", ["lpcap", "lemp", "unemp"]),
        ("step3_outcome", "lgsp", ["lpcap", "lemp", "unemp", "lpc"]),
    ):
        told = this["result"][step]
        prepared = setup(
            d, unit, time, outcome=outcome, slopes=slopes, absorb=["state", "year"], constant=False, prune=True
        )
        numbers += coefficients(prepared, prepared.fit(engine, Classical()), told["coef"], f"{step} coef")
        V, _ = clustered(prepared, engine, ("state",), "fixest")
        numbers += errors(prepared, V, told["se"], f"{step} se")
    return numbers
