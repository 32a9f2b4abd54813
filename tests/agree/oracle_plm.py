"""Cases of plm: pooled, within, between, differences, random effects, and the mean groups."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from oracle_data import COEFFICIENT, STANDARD_ERROR, SUM_OF_SQUARES, Number, build, data, terms
from oracle_setups import Setup, classical, clustered, coefficients, errors, robust, setup

from panelkit.core.request import Classical, Clustered
from panelkit.numerics.small_sample import reference_df

PLM_ABSORB = {"individual": [0], "time": [1], "twoways": [0, 1]}
PLM_ERRORS = {  # kind of the oracle -> (clusters by position in the index, convention)
    "cluster_entity_HC0": ((0,), "plm_hc0"),
    "cluster_entity_sss": ((0,), "plm_sss"),
    "cluster_time_HC0": ((1,), "plm_hc0"),
    "cluster_time_sss": ((1,), "plm_sss"),
    "cluster_entity_time_HC0": ((0, 1), "plm_hc0"),
    "cluster_entity_time_sss": ((0, 1), "plm_sss"),
}


def plm_regression(this: dict, engine) -> list[Number]:
    spec, result = this["spec"], this["result"]
    prepared, index = plm_setup(this)
    fit = prepared.fit(engine, Classical())
    numbers = coefficients(prepared, fit, result["coef"])
    numbers += [
        Number("nobs", len(prepared.rows), result["nobs"], 0),
        Number("ssr", fit.rss, result["ssr"], SUM_OF_SQUARES),
        Number("df_resid", reference_df(prepared.counts(), "plm_sss", "classical"), result["df_resid"], 0),
    ]
    if prepared.request.constant or prepared.request.absorb:
        numbers.append(Number("tss", fit.tss_within, result["tss"], SUM_OF_SQUARES))
    numbers += errors(prepared, classical(prepared, engine, "plm_sss"), result["se"]["iid"]["se"], "se iid")
    for kind, told in result["se"].items():
        V = plm_covariance(prepared, engine, kind, index, spec["effect"])
        if V is not None:
            numbers += errors(prepared, V, told["se"], f"se {kind}")
        if V is not None and "df_t" in told:
            numbers.append(Number(f"se {kind} df", reference_df(prepared.counts(), "plm_sss", "hc1"), told["df_t"], 0))
    if spec["estimator"] == "random":
        numbers += variance_components(prepared, fit.extra, result)
    return numbers


def variance_components(prepared: Setup, extra: dict[str, float], result: dict) -> list[Number]:
    """The two variances and theta; of unbalanced panels plm prints the smallest, mean over rows and largest theta."""
    own, unit = extra["sigma2_idiosyncratic"], extra["sigma2_unit"]
    told, theta = result["variance_components"], result["theta"]
    codes = prepared.panel.codes(prepared.panel.unit)
    each = (1 - np.sqrt(own / (own + np.bincount(codes) * unit)))[codes]
    ours = {"id": each[0], "min": each.min(), "mean": each.mean(), "max": each.max()}
    return [
        Number("variance idiosyncratic", own, told["idios"], STANDARD_ERROR),
        Number("variance unit", unit, told["id"], STANDARD_ERROR),
        *(Number(f"theta {k}", float(ours[k]), v, STANDARD_ERROR) for k, v in theta.items()),
    ]


MEAN_GROUPS = {
    "pmg_mg": "mean_group",
    "pmg_dmg": "demeaned_mean_group",
    "pmg_cmg": "cce_mean_group",
    "pcce_mg": "cce_mean_group",
    "pcce_p": "cce_pooled",
}


CENTRED = json.loads((Path(__file__).parent / "plm_centred.json").read_text("utf-8"))


def centred(name: str) -> dict | None:
    """plm's own numbers on the same data less their means, where it loses digits on the raw ones; see plm_centred.json."""
    told = CENTRED.get(name)
    return told and {part: dict(zip(CENTRED["terms"], told[part], strict=True)) for part in ("coef", "se")}


def mean_groups(this: dict, engine) -> list[Number]:
    """Coefficients of the regressors (and the constant where R prints one), and their nonparametric standard errors."""
    spec, result = this["spec"], centred(this["case"]) or this["result"]
    d, unit, time = data(this)
    outcome, right = (p.strip() for p in spec["formula"].split("~"))
    estimator = MEAN_GROUPS[this["case"].partition("_")[2]]
    pooled = estimator == "cce_pooled"
    prepared = setup(d, unit, time, outcome=outcome, slopes=terms(right), constant=not pooled)
    prepared = replace(prepared, request=replace(prepared.request, estimator=estimator))
    fit = prepared.fit(engine, Clustered(by=(unit,), variant="cr1" if pooled else "cr3"))
    units = len(prepared.panel.units)
    errors = np.sqrt(np.diag(fit.raw[0]) * (units / (units - 1) if pooled else (units - 1) / units))
    numbers = []
    for name, b, se in zip(prepared.request.terms, fit.coefficients, errors, strict=True):
        theirs = prepared.theirs.get(name, name)
        if theirs in result["coef"]:
            numbers.append(Number(f"coef {theirs}", float(b), result["coef"][theirs], COEFFICIENT))
            numbers.append(Number(f"se {theirs}", float(se), result["se"][theirs], STANDARD_ERROR))
    return numbers


def plm_setup(this: dict) -> tuple[Setup, list[str]]:
    spec = this["spec"]
    d, unit, time = data(this)
    index = spec.get("index", [unit, time])
    outcome, right = (p.strip() for p in spec["formula"].split("|")[0].split("~"))
    absorb = [index[i] for i in PLM_ABSORB[spec["effect"]]] if spec["estimator"] == "within" else []
    constant = not absorb and not right.startswith("0")
    prepared = setup(d, unit, time, outcome=outcome, slopes=terms(right), absorb=absorb, constant=constant)
    estimator = {"between": "between", "fd": "first_difference", "random": "random_effects"}.get(spec["estimator"])
    if estimator:
        prepared = replace(prepared, request=replace(prepared.request, estimator=estimator))
    return prepared, index


def differenced(d: pd.DataFrame, columns: list[str], unit: str, time: str) -> pd.DataFrame:
    """First differences of built columns, row on row within unit as plm takes them, named D0, D1 ..."""
    built = d[[unit, time]].assign(**{f"D{j}": build(d, c, unit, time)[c] for j, c in enumerate(columns)})
    built = built.sort_values([unit, time])
    names = [f"D{j}" for j in range(len(columns))]
    built[names] = built.groupby(unit)[names].diff()
    return built.dropna()


def plm_covariance(prepared: Setup, engine, kind: str, index: list[str], effect: str) -> np.ndarray | None:
    """The covariance of a kind that is panelkit's too, else None (HC2 and HC3 of plm, SCC, NW, BK, CR2).

    clubSandwich clusters a plm model on the effect it absorbs: a model with time effects alone on time, whatever the oracle's
    note says.
    """
    slopes = prepared.counts()
    n, k = slopes.rows, slopes.slopes + slopes.constant
    if kind in PLM_ERRORS:
        at, convention = PLM_ERRORS[kind]
        return clustered(prepared, engine, tuple(index[i] for i in at), convention)[0]
    if kind in ("white1_HC0", "white1_HC1"):
        return robust(prepared, engine, "plm_hc0" if kind.endswith("0") else "plm_sss")
    if kind == "cluster_entity_HC1":
        return clustered(prepared, engine, (index[0],), "none")[0] * n / (n - k)
    if kind.startswith("clubsandwich_"):
        return clubsandwich_covariance(prepared, engine, kind.removeprefix("clubsandwich_"), index[effect == "time"], k)
    return None


def clubsandwich_covariance(prepared: Setup, engine, kind: str, by: str, p: int) -> np.ndarray | None:
    """CR0, CR1 = G/(G-1), CR1p = G/(G-p), CR1S = G(N-1)/((G-1)(N-p)), CR3 = the jackknife's sum without (G-1)/G; not CR2."""
    n, g = len(prepared.rows), prepared.counts((by,)).clusters[0]
    times = {"CR0": 1.0, "CR1": g / (g - 1), "CR1p": g / (g - p) if g > p else np.nan}
    times["CR1S"] = g * (n - 1) / ((g - 1) * (n - p))
    if kind in times:
        return clustered(prepared, engine, (by,), "none")[0] * times[kind]
    if kind == "CR3" and engine.name == "dense":
        return prepared.fit(engine, Clustered(by=(by,), variant="cr3")).raw[0]
    return None
