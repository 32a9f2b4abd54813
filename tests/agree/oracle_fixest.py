"""Cases of fixest: least squares, instruments and Poisson with absorbed effects, under every convention it prints."""

from __future__ import annotations

import re
from dataclasses import replace

from oracle_data import SUM_OF_SQUARES, Number, data, terms
from oracle_setups import Setup, classical, clustered, coefficients, errors, robust, setup, without_negative

from panelkit.core.request import Classical
from panelkit.numerics.small_sample import parameters, reference_df


def fixest_formula(text: str) -> dict:
    """Outcome, slopes, absorb, endogenous, instruments of a fixest formula."""
    left, *rest = [p.strip() for p in text.split("|")]
    outcome, right = (p.strip() for p in left.split("~"))
    instrumented = rest.pop() if rest and "~" in rest[-1] else ""
    endogenous, instruments = (terms(p) for p in instrumented.split("~")) if instrumented else ([], [])
    return {
        "outcome": outcome,
        "slopes": terms(right),
        "absorb": terms(rest[0]) if rest else [],
        "endogenous": endogenous,
        "instruments": instruments,
        "constant": not rest,
    }


def fixest_setup(this: dict) -> Setup:
    spec = this["spec"]
    d, unit, time = data(this)
    formula = fixest_formula(spec["formula"])
    # fixest drops collinear columns; the engines are handed samples and columns in which nothing is left to drop
    formula["slopes"] = [s for s in formula["slopes"] if s not in ("vc", "firmsize")]
    by = tuple(c for c in (spec.get("cluster"), spec.get("cluster2")) if c)
    prune = bool(formula["absorb"]) and 'fixef.rm = "none"' not in this["r_call"]
    return setup(d, unit, time, **formula, weights=spec.get("weights") or "", clusters=by, prune=prune)


def fixest_regression(this: dict, engine) -> list[Number]:
    prepared = fixest_setup(this)
    result = this["result"]
    fit = prepared.fit(engine, Classical())
    numbers = coefficients(prepared, fit, result["coef"])
    numbers += [Number("nobs", prepared.panel.rows, result["nobs"], 0)]
    within = result["r2"].get("within_r2")
    # fixest's R2 of 2SLS is of its second stage, with residuals about the fitted endogenous; ours has the structural residuals
    if not prepared.request.endogenous:
        numbers += [Number("r2", 1 - fit.rss / fit.tss, result["r2"]["r2"], SUM_OF_SQUARES)]
    # fixest's null model of a within R2 has the intercepts alone where slopes vary, so ours (after all effects) is another number
    if within is not None and not prepared.request.varying_slopes:
        numbers += [Number("within r2", 1 - fit.rss / fit.tss_within, within, SUM_OF_SQUARES)]
    if "ssr" in result:
        numbers += [Number("ssr", fit.rss, result["ssr"], SUM_OF_SQUARES)]
    for kind, told in result["se"].items():
        numbers += fixest_errors(prepared, engine, kind, told, this["spec"])
    return numbers


def fixest_poisson(this: dict, engine) -> list[Number]:
    """Everything fixest prints, by an engine asked to stop where fixest stops (`Regression.stop`)."""
    prepared = fixest_setup(this)
    prepared = replace(prepared, request=replace(prepared.request, family="poisson", stop="fixest"))
    result, spec = this["result"], this["spec"]
    fit = prepared.fit(engine, Classical())
    numbers = coefficients(prepared, fit, result["coef"])
    # fixest's pseudo R2 is adjusted: K parameters against the null model's one
    likelihoods = fit.extra["loglik"] - result["nparams"], fit.extra["loglik_null"] - 1
    numbers += [
        Number("nobs", prepared.panel.rows, result["nobs"], 0),
        Number("nparams", parameters(prepared.counts(), "fixest"), result["nparams"], 0),
        Number("deviance", fit.extra["deviance"], result["deviance"], SUM_OF_SQUARES),
        Number("loglik", fit.extra["loglik"], result["loglik"], SUM_OF_SQUARES),
        Number("pseudo r2", 1 - likelihoods[0] / likelihoods[1], result["pseudo_r2"], SUM_OF_SQUARES),
    ]
    for kind, told in result["se"].items():
        numbers += fixest_errors(prepared, engine, kind, told, spec)
    return numbers


def fixest_errors(prepared: Setup, engine, kind: str, told: dict, spec: dict) -> list[Number]:
    call = told.get("call") or {"iid": 'vcov = "iid"', "HC1": 'vcov = "hetero"'}.get(
        kind, f"vcov = ~{spec['cluster']},"
    )
    if "NW" in call or "DK" in call:
        return []  # made from residuals by the estimator, not by an engine: oracle_models
    convention = "fixest"
    if "K.adj = FALSE" in call:
        convention = "none"
    elif 'K.fixef = "full"' in call:
        convention = "sandwich"  # every effect counted; a redundant level is not taken off (counts.redundant is 0)
    elif 'K.fixef = "none"' in call:
        convention = "plm_sss"  # slopes alone
    where = f"se {kind}"
    if "iid" in call:
        V, counts, what = classical(prepared, engine), prepared.counts(), "classical"
    elif "hetero" in call:
        V, counts, what = robust(prepared, engine, convention), prepared.counts(), "hc1"
    else:
        by = tuple(c.strip() for c in re.search(r"vcov = ~([^,]+),", call)[1].split("+"))
        groups = None if convention == "none" else "own" if "conventional" in call else "min"
        V, counts = clustered(prepared, engine, by, convention, groups)
        what = "cluster"
        if told.get("psd_fixed"):
            V = without_negative(V)
    numbers = errors(prepared, V, told["se"], where)
    if told.get("K") is not None:
        # with K.adj = FALSE fixest still prints the K that it does not use
        counted = parameters(counts, "fixest" if convention == "none" else convention)
        numbers.append(Number(f"{where} K", counted, told["K"], 0))
    if told.get("df_t") is not None and "t.df" not in call:
        numbers.append(Number(f"{where} df", reference_df(counts, "fixest", what), told["df_t"], 0))
    return numbers
