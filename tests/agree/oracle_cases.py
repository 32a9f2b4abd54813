"""Oracle cases (numbers frozen from R) as requests on panels, one function per group; no tolerance is tuned to a case.

A function of `GROUPS` takes a case and an engine, and gives back `Number`s (ours beside theirs) or raises `EngineRefusalError` with
the engine's reason; `not_covered` says what has no estimator yet. A later estimator adds its group, or a branch in one, here.
Formulas of the oracle are in R notation; the few forms that occur are built with plain pandas (log, lag by time within unit,
products, i()), never evaluated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.request import Classical, Clustered, Covariance, Fit, Regression, Robust
from panelkit.core.variable import Origin, Variable
from panelkit.numerics.small_sample import Counts, factor, parameters, reference_df, twoway_factors

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"

COEFFICIENT = 1e-8  # relative; tighter than the oracle's own 1e-7
STANDARD_ERROR = 1e-6  # relative; the oracle's own
SUM_OF_SQUARES = 1e-8  # relative; of ssr, R2


class EngineRefusalError(Exception):
    """The engine refuses this case; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a case: where it stands, ours, theirs, and the relative tolerance (0: equal)."""

    name: str
    ours: float
    theirs: float
    rtol: float

    @property
    def agrees(self) -> bool:
        if self.rtol == 0:
            return self.ours == self.theirs
        return bool(abs(self.ours - self.theirs) <= self.rtol * abs(self.theirs))

    def __str__(self) -> str:
        gap = abs(self.ours - self.theirs) / max(abs(self.theirs), 1e-300)
        return f"{self.name}: {self.ours!r} here, {self.theirs!r} in the oracle (relative {gap:.1e}, allowed {self.rtol:.0e})"


@cache
def index() -> pd.DataFrame:
    return pd.read_csv(ORACLE / "index.csv", keep_default_na=False)


@cache
def case(name: str) -> dict:
    return {"case": name, **json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))}


# ---------------------------------------------------------------- data: what the notes of the cases derive and filter


UNIT_TIME = {
    "grunfeld": ("firm", "year"),
    "produc": ("state", "year"),
    "empluk": ("firm", "year"),
    "fatalities": ("state", "year"),
    "base_did": ("id", "period"),
    "cigarettessw": ("state", "year"),
    "kmenta": ("", ""),
    "trade_small": ("", "Year"),
}


def data(this: dict) -> tuple[pd.DataFrame, str, str]:
    """The rows of a case with its derived variables, the unit and the time; rows that are no unit-time panel get a number."""
    name = this["dataset"][0]
    d = pd.read_csv(ORACLE / "data" / f"{name}.csv")
    if name == "fatalities":
        d["frate"] = 10000 * d["fatal"] / d["pop"]
    elif name == "trade_small":
        d = d.assign(ldist=np.log(d["dist_km"]), newid=d["Origin"] + " " + d["Destination"])
    elif name == "cigarettessw":
        d = d.assign(rprice=d["price"] / d["cpi"], rincome=d["income"] / d["population"] / d["cpi"])
        d = d.assign(tdiff=(d["taxs"] - d["tax"]) / d["cpi"], rtax=d["tax"] / d["cpi"])
        if this["case"] == "iv_cigarettes_1995":
            d = d[d["year"] == 1995]
    elif name == "grunfeld":
        d = d.assign(vc=d["value"] + 2 * d["capital"], firmsize=10 * d["firm"], w=1 + d["year"] % 5)
        for new, old, steps in (("lvalue", "value", 1), ("l2value", "value", 2), ("lcapital", "capital", 1)):
            d[new] = lagged(d, old, steps, "firm", "year")
        if this["case"].startswith("fx_grunfeld_singleton"):
            d = d[(d["firm"] != 10) | (d["year"] == 1940)]
        if this["case"] == "fx_grunfeld_gap_lag":
            d = d[~((d["firm"] == 3) & d["year"].isin([1940, 1941])) & ~((d["firm"] == 5) & (d["year"] <= 1938))]
    elif name == "produc":
        d = d.assign(**{f"l{v}": np.log(d[v]) for v in ("gsp", "pcap", "pc", "emp")})
    d = d.reset_index(drop=True)
    unit, time = UNIT_TIME[name]
    if not unit:
        unit, d["row"] = "row", [f"{i:06d}" for i in range(len(d))]
    if not time:
        time, d["once"] = "once", 0
    return d, unit, time


def lagged(d: pd.DataFrame, column: str, steps: int, unit: str, time: str) -> np.ndarray:
    """The column `steps` periods before, by time and not by row: missing across a gap."""
    before = d[[unit, time, column]].assign(**{time: d[time] + steps}).rename(columns={column: "before"})
    return d[[unit, time]].merge(before, on=[unit, time], how="left")["before"].to_numpy()


def build(d: pd.DataFrame, term: str, unit: str, time: str) -> dict[str, np.ndarray]:
    """Column(s) of an R term by the name R gives to its coefficient."""
    if found := re.fullmatch(r"i\((\w+), (\w+), (\d+)\)", term):
        group, by, reference = found[1], found[2], int(found[3])
        return {
            f"{group}::{level}:{by}": ((d[group] == level) * d[by]).to_numpy(float)
            for level in sorted(d[group].unique())
            if level != reference
        }
    if found := re.fullmatch(r"log\((\w+)\)", term):
        return {term: np.log(d[found[1]].to_numpy(float))}
    if found := re.fullmatch(r"l\((\w+), (\d+)\)", term):
        return {term: lagged(d, found[1], int(found[2]), unit, time)}
    if ":" in term:
        return {term: np.prod([d[f].to_numpy(float) for f in term.split(":")], axis=0)}
    return {term: d[term].to_numpy(float)}


# ---------------------------------------------------------------- a case as a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The sample of a case and its request but for the covariance; `theirs` leads from our term to R's name."""

    panel: Panel
    request: Regression
    theirs: dict[str, str] = field(default_factory=dict)
    fits: dict[tuple[str, Covariance], Fit] = field(default_factory=dict, repr=False)

    def counts(self, by: tuple[str, ...] = ()) -> Counts:
        """What the factors are made of: levels, nesting, clusters, counted from the sample and not by an engine."""
        panel, request = self.panel, self.request
        clusters = [panel.codes(c) for c in by]
        sizes = tuple(int(c.max()) + 1 for c in clusters)
        if len(by) == 2:
            sizes = (*sizes, len(np.unique(np.column_stack(clusters), axis=0)))
        trends = sum(int(panel.codes(effect).max()) + 1 for effect, _ in request.varying_slopes)
        return Counts(
            rows=panel.rows,
            slopes=len(request.slopes) + len(request.endogenous) + trends,
            constant=request.constant,
            effects=tuple(
                (int(codes.max()) + 1, any(nested(codes, c) for c in clusters))
                for codes in map(panel.codes, request.absorb)
            ),
            clusters=sizes,
        )

    def fit(self, engine, covariance: Covariance) -> Fit:
        request = replace(self.request, covariance=covariance)
        reason = engine.refuses(request)
        if reason:
            raise EngineRefusalError(f"{engine.name}: {reason}")
        key = (engine.name, covariance)
        if key not in self.fits:
            self.fits[key] = engine.fit(request, self.panel)
        return self.fits[key]


def nested(inner: np.ndarray, outer: np.ndarray) -> bool:
    return len(np.unique(np.column_stack([inner, outer]), axis=0)) == len(np.unique(inner))


def setup(
    d: pd.DataFrame,
    unit: str,
    time: str,
    *,
    outcome: str,
    slopes: list[str],
    absorb: list[str] = (),
    endogenous: list[str] = (),
    instruments: list[str] = (),
    constant: bool,
    weights: str = "",
    clusters: tuple[str, ...] = (),
    prune: bool = False,
) -> Setup:
    """Columns built, complete rows kept, singletons pruned where the program does, the panel made."""
    columns = {
        name: v for t in [outcome, *slopes, *endogenous, *instruments] for name, v in build(d, t, unit, time).items()
    }
    terms = [name for t in slopes for name in build(d, t, unit, time)]
    effects, trends = [], []
    made = pd.DataFrame(columns)
    made[[unit, time]] = d[[unit, time]].to_numpy()
    for effect in absorb:
        name, _, slope = effect.rstrip("]").partition("[")
        effects.append(name)
        if name not in made:
            made[name] = d[name.split("^")].astype(str).agg("^".join, axis=1) if "^" in name else d[name]
        if slope:
            trends.append((name, f"slope {slope}"))
            made[f"slope {slope}"] = d[slope].astype(float)
    for name in (*clusters, *((weights,) if weights else ())):
        if name not in made:
            made[name] = d[name]
    made = made.dropna().reset_index(drop=True)
    while prune:
        alone = np.any([made.groupby(e)[unit].transform("size") == 1 for e in effects] or [[False]], axis=0)
        if not alone.any():
            break
        made = made[~alone].reset_index(drop=True)
    request = Regression(
        estimator="two_stage_least_squares" if endogenous else "least_squares",
        outcome=outcome,
        slopes=tuple(terms),
        absorb=tuple(effects),
        varying_slopes=tuple(trends),
        endogenous=tuple(endogenous),
        instruments=tuple(instruments),
        constant=constant,
        weights=weights,
        covariance=Classical(),
    )
    theirs = {"(constant)": "(Intercept)", **{e: f"fit_{e}" for e in endogenous}}
    return Setup(panel=panel_of(made, unit, time), request=request, theirs=theirs)


def panel_of(frame: pd.DataFrame, unit: str, time: str) -> Panel:
    variables = [
        Variable(
            name=str(c),
            measure="",
            label=Label(),
            origin=Origin(how="oracle"),
            kind="number" if pd.api.types.is_numeric_dtype(frame[c]) else "category",
        )
        for c in frame.columns
        if c not in (unit, time)
    ]
    return Panel.of(frame, unit=unit, time=time, variables=variables)


# ---------------------------------------------------------------- numbers


def coefficients(this: Setup, fit: Fit, oracle: dict, where: str = "coef") -> list[Number]:
    return [
        Number(f"{where} {name}", float(b), oracle[named(this, name, oracle)], COEFFICIENT)
        for name, b in zip(this.request.terms, fit.coefficients, strict=True)
    ]


def named(this: Setup, term: str, oracle: dict) -> str:
    return this.theirs[term] if this.theirs.get(term) in oracle else term


def errors(this: Setup, V: np.ndarray, oracle: dict, where: str) -> list[Number]:
    found = np.sqrt(np.diag(V))
    return [
        Number(f"{where} {name}", float(se), oracle[named(this, name, oracle)], STANDARD_ERROR)
        for name, se in zip(this.request.terms, found, strict=True)
        if oracle[named(this, name, oracle)] is not None
    ]


def without_negative(V: np.ndarray) -> np.ndarray:
    """fixest's mend of a two-way covariance: negative eigenvalues become zero."""
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def clustered(
    this: Setup, engine, by: tuple[str, ...], convention: str, groups: str | None = None
) -> tuple[np.ndarray, Counts]:
    counts = this.counts(by)
    raw = this.fit(engine, Clustered(by=by)).raw
    if len(by) == 1:
        return raw[0] * factor(counts, convention, "cluster"), counts
    a, b, c = twoway_factors(counts, convention, groups)
    return a * raw[0] + b * raw[1] - c * raw[2], counts


def classical(this: Setup, engine, convention: str = "fixest") -> np.ndarray:
    fit = this.fit(engine, Classical())
    return fit.raw[0] / this.panel.rows * factor(this.counts(), convention, "classical")


def robust(this: Setup, engine, convention: str) -> np.ndarray:
    return this.fit(engine, Robust()).raw[0] * factor(this.counts(), convention, "hc1")


# ---------------------------------------------------------------- fixest: hdfe, and what of did and iv is one regression


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


def terms(text: str) -> list[str]:
    return [" ".join(t.split()) for t in text.split("+") if t.strip() not in ("", "1", "0")]


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


def fixest_errors(prepared: Setup, engine, kind: str, told: dict, spec: dict) -> list[Number]:
    call = told.get("call") or {"iid": 'vcov = "iid"', "HC1": 'vcov = "hetero"'}.get(
        kind, f"vcov = ~{spec['cluster']},"
    )
    if "NW" in call or "DK" in call:
        return []  # Newey-West and Driscoll-Kraay are no covariance of panelkit yet
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


# ---------------------------------------------------------------- plm


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
        Number("nobs", prepared.panel.rows, result["nobs"], 0),
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
    return numbers


def plm_setup(this: dict) -> tuple[Setup, list[str]]:
    spec = this["spec"]
    d, unit, time = data(this)
    index = spec.get("index", [unit, time])
    outcome, right = (p.strip() for p in spec["formula"].split("|")[0].split("~"))
    fd = spec["estimator"] == "fd"
    absorb = [index[i] for i in PLM_ABSORB[spec["effect"]]] if spec["estimator"] == "within" else []
    constant = not absorb and not right.startswith("0")
    if fd:
        d = differenced(d, [outcome, *terms(right)], unit, time)
        prepared = setup(
            d, unit, time, outcome="D0", slopes=[f"D{j + 1}" for j in range(len(terms(right)))], constant=constant
        )
        return replace(prepared, theirs=prepared.theirs | {f"D{j + 1}": t for j, t in enumerate(terms(right))}), index
    return setup(d, unit, time, outcome=outcome, slopes=terms(right), absorb=absorb, constant=constant), index


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
    n, g = prepared.panel.rows, prepared.counts((by,)).clusters[0]
    times = {"CR0": 1.0, "CR1": g / (g - 1), "CR1p": g / (g - p) if g > p else np.nan}
    times["CR1S"] = g * (n - 1) / ((g - 1) * (n - p))
    if kind in times:
        return clustered(prepared, engine, (by,), "none")[0] * times[kind]
    if kind == "CR3" and engine.name == "dense":
        return prepared.fit(engine, Clustered(by=(by,), variant="cr3")).raw[0]
    return None


# ---------------------------------------------------------------- instruments: fixest, AER and plm


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


# ---------------------------------------------------------------- clubSandwich, jackknife, system, mediation


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


GROUPS: dict[str, Callable[[dict, object], list[Number]]] = {
    "linear_panel": plm_regression,
    "hdfe": fixest_regression,
    "did": fixest_regression,
    "iv": instrumental,
    "clubsandwich": clubsandwich,
    "cluster_jackknife": cluster_jackknife,
    "system": system,
    "mediation": mediation,
}


def not_covered(name: str) -> str | None:
    """Why no estimator of panelkit answers the case yet; None where `GROUPS` holds it."""
    this = case(name)
    group, spec = this["group"], this["spec"]
    if group not in GROUPS:
        return "the group has no estimator yet"
    if group == "linear_panel" and spec["estimator"] not in ("pooling", "within", "fd"):
        return f"plm model '{spec['estimator']}' has no estimator yet"
    if group == "did" and name not in ("fx_did_2x2", "fx_did_event"):
        return "staggered adoption, decompositions and doubly robust DID have no estimator yet"
    if group == "system" and (spec["method"] not in ("OLS", "2SLS") or "variants" in name):
        return f"systemfit method '{spec['method']}' has no estimator yet"
    if group == "mediation" and name != "med_panel_produc":
        return "simulated mediation (R mediate) has no estimator yet"
    return None


def covered() -> list[str]:
    """Cases that `GROUPS` answers, in the order of the index; none where the oracle is absent."""
    return [name for name in index()["case"] if not_covered(name) is None] if ORACLE.is_dir() else []


def kinds_left(name: str, found: list[Number]) -> list[str]:
    """Kinds of standard errors that a covered case holds and that were not compared (CR2, Driscoll-Kraay, Newey-West ...)."""
    result = case(name)["result"]
    told = [*result.get("se", {}), *(k for k in result if re.fullmatch(r"CR\d\w?", k))]
    return [k for k in told if not any(n.name.startswith(f"se {k} ") for n in found)]


def numbers(name: str, engine) -> list[Number]:
    """Every number of the case that this engine answers.

    Raises
    ------
    EngineRefusalError
        Where the engine refuses the request, with its reason.
    """
    this = case(name)
    return GROUPS[this["group"]](this, engine)
