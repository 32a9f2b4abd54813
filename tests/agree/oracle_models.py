"""Oracle cases as models of a study: a formula, a kind, and a covariance for every kind of error that R prints beside the coefficients.

What an engine answers raw is held in oracle_fixest and oracle_plm; here the estimator adds its own factor, t, p and degrees of freedom.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from oracle_data import STANDARD_ERROR, EngineRefusalError, Number, data, terms
from oracle_fixest import fixest_setup
from oracle_plm import MEAN_GROUPS, centred, plm_setup
from oracle_setups import Setup, panel_of, setup

import panelkit.engines
import panelkit.estimators  # noqa: F401  they register themselves
from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.request import Classical, Clustered, Covariance, DriscollKraay, NeweyWest, Robust

ANSWERED = ("pyfixest", "linearmodels", "dense", "statsmodels", "unitwise")  # the order in which engines are asked
P_ABSOLUTE = 1e-10  # below it p is compared absolutely to 1e-8, as the oracle's README says
NOT_OURS = re.compile(r"beck_katz|cluster_entity_HC[123]$|clubsandwich_CR1p$")
"""Kinds without a covariance of panelkit: PCSE, plm's leverage-adjusted clusters and its N/(N-k) alone, clubSandwich's G/(G-p)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A case as a model: the panel, the kind's fields, and how our terms are called in R."""

    panel: object
    kind: str
    fields: dict
    theirs: dict[str, str]


def model_of(this: dict) -> Model:
    """The case as a model, its columns renamed to what a formula may hold.

    Raises
    ------
    KeyError
        Where the case's group has no models.
    """
    group, call = this["group"], this["r_call"]
    fields: dict = {"singletons": "keep"}
    if group in ("hdfe", "did", "ppml") or "feols" in call:
        prepared = fixest_setup(this)
        kind = {"ppml": "poisson"}.get(group, "instrumental" if prepared.request.endogenous else "fixed_effects")
        if group == "ppml":
            fields["stop"] = "fixest"
        return named(prepared, kind, fields)
    if group == "linear_panel":
        prepared = plm_setup(this)[0]
        kind = {"between": "between", "fd": "first_difference", "random": "random_effects"}.get(
            this["spec"]["estimator"]
        )
        return named(prepared, kind or "fixed_effects", fields)
    if group == "heterogeneous":
        d, unit, time = data(this)
        outcome, right = (p.strip() for p in this["spec"]["formula"].split("~"))
        estimator = MEAN_GROUPS[this["case"].partition("_")[2]]
        prepared = setup(d, unit, time, outcome=outcome, slopes=terms(right), constant=True)
        if estimator.startswith("cce"):
            return named(prepared, "common_correlated_effects", {"slopes": estimator.removeprefix("cce_")})
        averages = "subtracted" if estimator.startswith("demeaned") else "none"
        return named(prepared, "mean_group", {"averages": averages})
    raise KeyError(group)


def named(prepared: Setup, kind: str, fields: dict) -> Model:
    """The prepared sample with columns v0, v1 ... in the place of R's terms, and the formula in them."""
    request, panel = prepared.request, prepared.panel
    new: dict[str, str] = {}

    def name(column: str) -> str:
        plain = re.fullmatch(r"[A-Za-z]\w*", column) and column not in ("ln", "lag", "lead", "diff")
        return new.setdefault(column, column if plain else f"v{len(new)}")

    trends = dict(request.varying_slopes)
    right = " + ".join(map(name, request.slopes)) or "1"
    if not request.constant and not request.absorb:
        right = f"0 + {right}"
    parts = [f"{name(request.outcome)} ~ {right}"]
    effects = [name(e) for e in request.absorb] + [f"{name(e)}[{name(s)}]" for e, s in trends.items()]
    if effects:
        parts.append(" + ".join(effects))
    if request.endogenous:
        parts.append(f"{' + '.join(map(name, request.endogenous))} ~ {' + '.join(map(name, request.instruments))}")
    if request.weights:
        fields = fields | {"weights": name(request.weights)}
    frame = panel.frame.rename(columns=new)
    back = {v: prepared.theirs.get(k, k) for k, v in new.items()} | {"(constant)": "(Intercept)"}
    return Model(
        panel=panel_of(frame, panel.unit, panel.time),
        kind=kind,
        fields={"formula": " | ".join(parts), **fields},
        theirs=back,
    )


def estimate(this: Model, covariance: Covariance | None) -> Estimate:
    """By the first engine that answers.

    Raises
    ------
    EngineRefusalError
        Where none does, with their reasons.
    """
    kind, reasons = ESTIMATORS[this.kind], []
    model = kind.spec(id="case", kind=this.kind, covariance=covariance, **this.fields)
    for engine in ANSWERED:
        setting = Setting(engine=ENGINES[engine], defaults=Defaults(), seed=1, resample=False)
        try:
            return kind.estimate(model, this.panel, setting)
        except EngineRefusedError as error:
            reasons += [f"{engine}: {f.what}" for f in error.faults]
    raise EngineRefusalError("; ".join(reasons))


# ---------------------------------------------------------------- R's kinds of errors as covariances


def covariance_of(this: dict, kind: str, told: dict) -> Covariance | None:
    """The covariance that a kind of error is in panelkit, None where there is none (`NOT_OURS`)."""
    if NOT_OURS.search(kind):
        return None
    call = told.get("call") or ""
    if this["group"] == "linear_panel":
        return of_plm(this, kind)
    bare = {"iid": 'vcov = "iid"', "HC1": 'vcov = "hetero"', "cluster": f"vcov = ~{this['spec'].get('cluster')},"}
    made = of_fixest(call or bare[kind])
    return replace(made, reference="normal") if this["group"] == "ppml" else made


def of_fixest(call: str) -> Covariance:
    convention = "fixest"
    if "K.adj = FALSE" in call:
        convention = "none"
    elif 'K.fixef = "full"' in call:
        convention = "fixest_full"
    elif 'K.fixef = "none"' in call:
        convention = "fixest_none"
    lags = re.search(r"(NW|DK)(?:\((\d+)\))?", call)
    if lags:
        made = NeweyWest if lags[1] == "NW" else DriscollKraay
        return made(lags=int(lags[2]) if lags[2] else None, small_sample=convention)
    if "iid" in call:
        return Classical()
    if "hetero" in call:
        return Robust(variant="hc0") if convention == "none" else Robust(variant="hc1")
    by = tuple(c.strip() for c in re.search(r"vcov = ~([^,]+),", call)[1].split("+"))
    return Clustered(
        by=by,
        variant="cr0" if convention == "none" else "cr1",
        small_sample=convention,
        groups="own" if 'G.df = "conventional"' in call else "min",
        reference="n_minus_k" if 't.df = "conventional"' in call else "t",
    )


def of_plm(this: dict, kind: str) -> Covariance | None:
    unit, time = this["spec"]["index"]
    raw, by = "plm_hc0", (time if this["spec"].get("effect") == "time" else unit,)
    approximate = "satterthwaite"
    known: dict[str, Covariance] = {
        "iid": Classical(small_sample="plm_sss"),
        "driscoll_kraay_default": DriscollKraay(small_sample=raw),
        "driscoll_kraay_lag2_HC0": DriscollKraay(lags=2, small_sample=raw),
        "driscoll_kraay_lag2_sss": DriscollKraay(lags=2, small_sample="plm_sss"),
        "newey_west_lag2": NeweyWest(lags=2, small_sample=raw),
        "white1_HC0": Robust(variant="hc0", small_sample=raw),
        "white1_HC1": Robust(small_sample="plm_sss"),
        "white1_HC3": Robust(variant="hc3", small_sample=raw),
        "cluster_entity_HC0": Clustered(by=(unit,), small_sample=raw),
        "cluster_entity_sss": Clustered(by=(unit,), small_sample="plm_sss"),
        "cluster_time_HC0": Clustered(by=(time,), small_sample=raw),
        "cluster_time_sss": Clustered(by=(time,), small_sample="plm_sss"),
        "cluster_entity_time_HC0": Clustered(by=(unit, time), small_sample=raw, groups="own"),
        "cluster_entity_time_sss": Clustered(by=(unit, time), small_sample="plm_sss", groups="own"),
        "clubsandwich_CR0": Clustered(by=by, variant="cr0", reference=approximate),
        "clubsandwich_CR1": Clustered(by=by, small_sample="clubsandwich", reference=approximate),
        "clubsandwich_CR1S": Clustered(by=by, small_sample="plm_sss", reference=approximate),
        "clubsandwich_CR2": Clustered(by=by, variant="cr2"),
        "clubsandwich_CR3": Clustered(by=by, variant="cr3", jackknife_variant="hansen", reference=approximate),
    }
    return known.get(kind)


# ---------------------------------------------------------------- numbers


def compared(this: dict) -> tuple[list[Number], dict[str, str]]:
    """Every number of the case that a model gives, and the kinds of errors that none gives, with the reason."""
    model, left = model_of(this), {}
    if this["group"] == "heterogeneous":
        result = centred(this["case"]) or this["result"]
        made = estimate(model, None)
        return numbers(model, made, "mean", result["coef"], {"se": result["se"]}), {}
    found: list[Number] = []
    for kind, told in this["result"]["se"].items():
        covariance = covariance_of(this, kind, told)
        if covariance is None:
            left[kind] = "no covariance of panelkit"
            continue
        try:
            made = estimate(model, covariance)
        except EstimationError as error:
            left[kind] = "; ".join(f.what for f in error.faults)
            continue
        found += numbers(model, made, kind, this["result"]["coef"], told)
    return found, left


def numbers(model: Model, made: Estimate, kind: str, coef: dict, told: dict) -> list[Number]:
    out = []
    exact = "satterthwaite" in str(getattr(made.covariance, "reference", "")) or "df_t" in told
    for term in made.terms:
        name = model.theirs.get(term.name, term.name)
        name = name if name in coef else f"fit_{name}"
        if coef.get(name) is None or told["se"].get(name) is None:
            continue
        out.append(Number(f"{kind} coef {name}", term.estimate, coef[name], 1e-7))
        out.append(Number(f"{kind} se {name}", term.se, told["se"][name], STANDARD_ERROR))
        for field, df in (("df_satterthwaite", term.df), ("df_t", term.df)):
            theirs = told.get(field)
            theirs = theirs.get(name) if isinstance(theirs, dict) else theirs
            normal = made.covariance.reference == "normal"  # fixest's z of Poisson, beside which it still prints a df
            if theirs is not None and exact and (normal or df != float("inf")):
                out += [] if normal else [Number(f"{kind} df {name}", df, theirs, STANDARD_ERROR)]
                p = (told.get("p") or {}).get(name)
                if p is not None and p < P_ABSOLUTE:
                    out.append(Number(f"{kind} p {name} (absolute)", 1 + term.p, 1 + p, 1e-8))
                elif p is not None:
                    out.append(Number(f"{kind} p {name}", term.p, p, 1e-5))
    return out
