"""numerics against numbers frozen from R (fixest, plm, clubSandwich, summclust, fwildclusterboot) and linearmodels.

Tolerances, never tuned: coefficients 1e-8 relative, standard errors 1e-6 relative (the oracle's own suggestion).
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.numerics import sandwich
from panelkit.numerics.least_squares import solve, two_stage
from panelkit.numerics.projection import absorber, collinear, dummy_columns
from panelkit.numerics.small_sample import Counts, factor, parameters, reference_df, twoway_factors
from panelkit.numerics.wild import wild_cluster

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
COEFFICIENT, STANDARD_ERROR = 1e-8, 1e-6
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")


def case(name):
    return json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))["result"]


def data(name):
    d = pd.read_csv(ORACLE / "data" / f"{name}.csv")
    if name == "fatalities":
        d = d.assign(frate=10000 * d.fatal / d["pop"], lincome=np.log(d.income))
    if name == "grunfeld":
        d = d.assign(w=1 + d.year % 5)
    return d


def lagged(d, column, times=1):
    """Lag by calendar year within firm, missing across a gap."""
    back = d[["firm", "year", column]].assign(year=d.year + times).rename(columns={column: "lag"})
    return d.merge(back, on=["firm", "year"], how="left")["lag"].to_numpy()


def gap(d):
    return d[~((d.firm == 3) & d.year.isin([1940, 1941])) & ~((d.firm == 5) & (d.year <= 1938))].reset_index(drop=True)


def with_lag(d):
    return d.assign(lvalue=lagged(d, "value")).dropna(subset=["lvalue"])


def singleton(d):
    return d[(d.firm != 10) | (d.year == 1940)]


def trade(d):
    pairs = {"oy": d.Origin + d.Year.astype(str), "dy": d.Destination + d.Year.astype(str)}
    return d.assign(leuros=np.log(d.Euros), ldist=np.log(d.dist_km), **pairs)


def employment(d):
    d = d.assign(lemp=np.log(d.emp), lwage=np.log(d.wage), lcap=np.log(d.capital))
    return d.assign(sy=d.sector.astype(str) + "x" + d.year.astype(str))


VC = ["value", "capital"]
VLC = ["value", "lvalue", "capital"]
FATAL = ["beertax", "drinkage", "jail", "service", "miles", "unemp", "lincome"]


def without_singletons(d):
    return d[d.groupby("sy")["sy"].transform("size") > 1]


# case: data, rows kept, outcome, regressors, effects, weights
CASES = {
    "fx_grunfeld_ols": ("grunfeld", None, "inv", VC, [], None),
    "fx_grunfeld_fe": ("grunfeld", None, "inv", VC, ["firm"], None),
    "fx_grunfeld_twfe": ("grunfeld", None, "inv", VC, ["firm", "year"], None),
    "fx_grunfeld_interact_fe": ("grunfeld", None, "inv", VC, ["firm", "year"], None),
    "fx_grunfeld_collinear": ("grunfeld", None, "inv", VC, ["firm"], None),
    "fx_grunfeld_weighted": ("grunfeld", None, "inv", VC, ["firm"], "w"),
    "fx_grunfeld_trend": ("grunfeld", None, "inv", VC, ["firm[year]"], None),
    "fx_grunfeld_lag": ("grunfeld", with_lag, "inv", VLC, ["firm", "year"], None),
    "fx_grunfeld_gap_lag": ("grunfeld", lambda d: with_lag(gap(d)), "inv", VLC, ["firm", "year"], None),
    "fx_grunfeld_singleton_none": ("grunfeld", singleton, "inv", VC, ["firm", "year"], None),
    "fx_grunfeld_singleton_singletons": ("grunfeld", lambda d: d[d.firm != 10], "inv", VC, ["firm", "year"], None),
    "fx_fatalities_twfe": ("fatalities", lambda d: d.dropna(), "frate", FATAL, ["state", "year"], None),
    "fx_fatalities_popweight": (
        "fatalities",
        None,
        "frate",
        ["beertax", "unemp", "lincome"],
        ["state", "year"],
        "pop",
    ),
    "fx_empluk_unbal": ("empluk", employment, "lemp", ["lwage", "lcap"], ["firm", "year"], None),
    "fx_empluk_sector_year": (
        "empluk",
        lambda d: without_singletons(employment(d)),
        "lemp",
        ["lwage", "lcap"],
        ["firm", "sy"],
        None,
    ),
    "fx_trade_gravity": ("trade_small", trade, "leuros", ["ldist"], ["oy", "dy", "Product"], None),
}


class Fitted:
    """One oracle case refitted with numerics: residualised regressors, solution and counts by cluster."""

    def __init__(self, name):
        source, keep, outcome, regressors, effects, weights = CASES[name]
        d = data(source)
        self.d = d if keep is None else keep(d)
        self.codes = [self.code(e.split("[")[0]) for e in effects]
        self.w = None if weights is None else self.d[weights].to_numpy(float)
        slopes = [(0, self.d.year.to_numpy(float))] if "firm[year]" in effects else []
        self.sweep = absorber(self.codes, self.w, slopes)
        X = self.d[regressors].to_numpy(float)
        if not effects:
            X = np.column_stack([np.ones(len(X)), X])
        self.X = self.sweep.residualise(X)
        self.fit = solve(self.X, self.sweep.residualise(self.d[outcome].to_numpy(float)), self.w)
        self.scores = self.fit.residuals * (1 if self.w is None else self.w)

    def code(self, column):
        return np.unique(self.d[column], return_inverse=True)[1]

    def counts(self, *clusters):
        groups = [self.code(c) for c in clusters]
        nested = [any(len(set(zip(e, g, strict=True))) == e.max() + 1 for g in groups) for e in self.codes]
        sizes = [int(g.max()) + 1 for g in groups]
        if len(groups) == 2:
            sizes.append(int(sandwich.intersection(*groups, sizes[1]).max()) + 1)
        return Counts(
            rows=len(self.d),
            slopes=self.X.shape[1] - (not self.codes) + self.sweep.trend_rank,
            constant=not self.codes,
            effects=tuple((int(e.max()) + 1, n) for e, n in zip(self.codes, nested, strict=True)),
            clusters=tuple(sizes),
        )

    def matrix(self, kind, clusters):
        """Covariance, K and reference df of one entry of the oracle."""
        name = {"Kfull": "sandwich", "Knone": "plm_sss", "noadj": "none"}.get(kind.split("_")[-1], "fixest")
        bread = self.fit.bread
        if kind == "iid":
            counts = self.counts()
            raw = sandwich.classical(bread, self.fit.rss, len(self.d))
            return raw * factor(counts, name, "classical"), counts, name, "classical"
        if kind in ("HC1", "HC0"):
            counts = self.counts()
            scale = factor(counts, name, "hc1") if kind == "HC1" else 1.0
            return sandwich.hc0(bread, self.X, self.scores) * scale, counts, name, "hc1"
        if kind.startswith("twoway"):
            counts = self.counts(*clusters)
            rule = "own" if "Gconv" in kind else "min"
            factors = twoway_factors(counts, name, rule)
            first, second = (self.code(c) for c in clusters)
            V, self.cut = sandwich.twoway(bread, self.X, self.scores, first, second, factors, fix_psd=True)
            return V, counts, name, "cluster"
        column = kind.split("_")[1]
        counts = self.counts(column)
        return (
            sandwich.cluster(bread, self.X, self.scores, self.code(column)) * factor(counts, name, "cluster"),
            counts,
            name,
            "cluster",
        )


KINDS = ("iid", "HC1", "HC0", "cluster_", "twoway")


@pytest.mark.parametrize("name", CASES)
def test_fixest_coefficients_errors_parameters_and_df(name):
    want = case(name)
    spec = json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))["spec"]
    got = Fitted(name)
    assert len(got.d) == want["nobs"]
    assert np.allclose(got.fit.coefficients, list(want["coef"].values()), rtol=COEFFICIENT, atol=0)
    assert got.fit.rss == pytest.approx(want["ssr"], rel=COEFFICIENT)
    done = 0
    for kind, entry in want["se"].items():
        if not kind.startswith(KINDS):
            continue
        V, counts, convention, family = got.matrix(kind, (spec.get("cluster"), spec.get("cluster2")))
        errors = np.array([entry["se"][k] for k in want["coef"]], dtype=float)
        assert np.allclose(np.sqrt(np.diag(V)), errors, rtol=STANDARD_ERROR, atol=0), kind
        if kind != "HC0" and not kind.endswith("noadj"):
            assert parameters(counts, convention) == entry["K"], kind
        if kind.startswith("twoway"):
            assert got.cut == entry["psd_fixed"], kind
        if convention in ("fixest", "sandwich") and not kind.endswith("tconv"):
            assert reference_df(counts, convention, family) == entry["df_t"], kind
        done += 1
    assert done >= 7


def test_exact_collinearity_is_found_on_grunfeld():
    d = data("grunfeld")
    raw = np.column_stack([d.value, d.capital, d.value + 2 * d.capital, 10.0 * d.firm])
    sweep = absorber([d.firm.to_numpy() - 1])
    assert collinear(sweep.residualise(raw), raw) == (2, 3)


@pytest.mark.parametrize(("name", "effects"), [("grunfeld_within", ["firm"]), ("grunfeld_twfe", ["firm", "year"])])
def test_plm_factors(name, effects):
    want = case(name)["se"]
    got = Fitted("fx_grunfeld_fe" if len(effects) == 1 else "fx_grunfeld_twfe")
    entries = {
        "cluster_entity_HC0": ("firm", "plm_hc0"),
        "cluster_entity_sss": ("firm", "plm_sss"),
        "cluster_time_HC0": ("year", "plm_hc0"),
        "cluster_time_sss": ("year", "plm_sss"),
    }
    for kind, (column, convention) in entries.items():
        counts = got.counts(column)
        V = sandwich.cluster(got.fit.bread, got.X, got.scores, got.code(column))
        V = V * factor(counts, convention, "cluster")
        assert np.allclose(np.sqrt(np.diag(V)), list(want[kind]["se"].values()), rtol=STANDARD_ERROR, atol=0), kind
        assert reference_df(counts, convention, "cluster") == want[kind]["df_t"]
    counts = got.counts("firm", "year")
    for kind, convention in (("HC0", "plm_hc0"), ("sss", "plm_sss")):
        factors = twoway_factors(counts, convention)
        V, _ = sandwich.twoway(got.fit.bread, got.X, got.scores, got.code("firm"), got.code("year"), factors)
        errors = list(want[f"cluster_entity_time_{kind}"]["se"].values())
        assert np.allclose(np.sqrt(np.diag(V)), errors, rtol=STANDARD_ERROR, atol=0), kind
    V = sandwich.hc0(got.fit.bread, got.X, got.scores) * factor(got.counts(), "plm_sss", "hc1")
    assert np.allclose(np.sqrt(np.diag(V)), list(want["white1_HC1"]["se"].values()), rtol=STANDARD_ERROR, atol=0)


def test_sandwich_counts_every_dummy_as_clubsandwich_does():
    want = case("cr2_fatalities_dummies")
    d = data("fatalities")
    state, year = (np.unique(d[c], return_inverse=True)[1] for c in ("state", "year"))
    sweep = absorber([state, year])
    names = {"beertax": "beertax", "unemp": "unemp", "lincome": "log(income)"}
    X = sweep.residualise(d[list(names)].to_numpy(float))
    fit = solve(X, sweep.residualise(d.frate.to_numpy()))
    counts = Counts(rows=336, slopes=3, constant=False, effects=((48, True), (7, False)), clusters=(48,))
    V = sandwich.cluster(fit.bread, X, fit.residuals, state) * factor(counts, "sandwich", "cluster")
    assert np.allclose(
        np.sqrt(np.diag(V)), [want["CR1S"]["se"][k] for k in names.values()], rtol=STANDARD_ERROR, atol=0
    )


@pytest.mark.parametrize("time_effects", [False, True])
@pytest.mark.parametrize("clusters", [("firm",), ("year",), ("firm", "year")])
def test_linearmodels_factor(time_effects, clusters):
    panel = pytest.importorskip("linearmodels.panel")
    d = data("grunfeld").set_index(["firm", "year"])
    model = panel.PanelOLS(d.inv, d[VC], entity_effects=True, time_effects=time_effects)
    theirs = model.fit(cov_type="clustered", cluster_entity="firm" in clusters, cluster_time="year" in clusters)
    got = Fitted("fx_grunfeld_twfe" if time_effects else "fx_grunfeld_fe")
    counts = got.counts(*clusters)
    codes = [got.code(c) for c in clusters]
    if len(codes) == 1:
        V = sandwich.cluster(got.fit.bread, got.X, got.scores, codes[0]) * factor(counts, "linearmodels", "cluster")
    else:
        factors = twoway_factors(counts, "linearmodels")
        V, _ = sandwich.twoway(got.fit.bread, got.X, got.scores, *codes, factors)
    assert np.allclose(np.sqrt(np.diag(V)), theirs.std_errors, rtol=STANDARD_ERROR, atol=0)
    assert reference_df(counts, "linearmodels", "cluster") == theirs.df_resid


@pytest.mark.parametrize("name", ["iv_grunfeld_fe_lags", "iv_grunfeld_twofe_2endog"])
def test_two_stage_least_squares(name):
    want = case(name)
    d = data("grunfeld")
    d = d.assign(lvalue=lagged(d, "value"), l2value=lagged(d, "value", 2), lcapital=lagged(d, "capital")).dropna()
    both = name.endswith("2endog")
    effects = ["firm", "year"] if both else ["firm"]
    codes = [np.unique(d[e], return_inverse=True)[1] for e in effects]
    sweep = absorber(codes)
    exog, endog = ([], VC) if both else (["capital"], ["value"])
    instruments = ["lvalue", "l2value", *(["lcapital"] if both else [])]
    parts = [sweep.residualise(d[c].to_numpy(float)) for c in (exog, endog, instruments, "inv")]
    fit = two_stage(*parts, absorbed=sweep.rank)
    names = [*exog, *(f"fit_{e}" for e in endog)]
    assert np.allclose(fit.coefficients, [want["coef"][n] for n in names], rtol=COEFFICIENT, atol=0)
    for stage, variable in zip(fit.first_stages, endog, strict=True):
        f = want["fitstat_iid"][f"ivf1::{variable}"]
        assert (stage.f, stage.df1, stage.df2) == (pytest.approx(f["stat"], rel=1e-6), f["df1"], f["df2"])
    sizes = tuple((int(c.max()) + 1, e == "firm") for c, e in zip(codes, effects, strict=True))
    counts = Counts(rows=len(d), slopes=2, constant=False, effects=sizes, clusters=(10,))
    errors = {
        "iid": sandwich.classical(fit.bread, fit.rss, reference_df(counts, "fixest", "classical")),
        "HC1": sandwich.hc0(fit.bread, fit.regressors, fit.residuals) * factor(counts, "fixest", "hc1"),
        "cluster": sandwich.cluster(fit.bread, fit.regressors, fit.residuals, codes[0])
        * factor(counts, "fixest", "cluster"),
    }
    for kind, V in errors.items():
        theirs = [want["se"][kind]["se"][n] for n in names]
        assert np.allclose(np.sqrt(np.diag(V)), theirs, rtol=STANDARD_ERROR, atol=0), kind


def test_cv3_of_summclust():
    want = case("cv3_jackknife_fatalities")
    d = data("fatalities")
    state, year = (np.unique(d[c], return_inverse=True)[1] for c in ("state", "year"))
    sweep = absorber([state])
    X = sweep.residualise(d[["beertax", "unemp", "lincome"]].to_numpy(float))
    others = sweep.residualise(dummy_columns(year))
    got = sandwich.jackknife(X, sweep.residualise(d.frate.to_numpy()), state, others)
    assert np.allclose(got.coefficients, list(want["coef"].values()), rtol=COEFFICIENT, atol=0)
    errors = np.sqrt(np.diag(sandwich.cv3(got, "mnw")))
    assert np.allclose(errors, list(want["se"]["CV3J"].values()), rtol=STANDARD_ERROR, atol=0)
    order = [sorted(d.state.unique()).index(s) for s in want["beta_jack"]["cols"]]
    assert np.allclose(got.replicates[order, :2].T, want["beta_jack"]["values"], rtol=COEFFICIENT, atol=0)
    assert np.allclose(got.leverage[order] + 1, want["leverage"], rtol=COEFFICIENT, atol=0)  # + the state's own dummy


def test_cv3_of_grunfeld_by_all_three_names():
    """LIBRARIES.md B4: pyfixest default .03807, Hansen .03594, MNW .03409 (hand leave-one-out)."""
    d = data("grunfeld")
    firm = d.firm.to_numpy() - 1
    sweep = absorber([firm])
    got = sandwich.jackknife(sweep.residualise(d[VC].to_numpy(float)), sweep.residualise(d.inv.to_numpy()), firm)
    counts = Counts(rows=200, slopes=2, constant=False, effects=((10, True),), clusters=(10,))
    errors = {v: np.sqrt(np.diag(sandwich.cv3(got, v, factor(counts, "fixest", "cluster")))) for v in VARIANTS}
    club = case("grunfeld_within")["se"]["clubsandwich_CR3"]["se"]
    assert np.allclose(errors["mnw"], [0.03409341, 0.13902179], atol=5e-9)
    assert np.allclose(errors["hansen"], list(club.values()), rtol=STANDARD_ERROR, atol=0)
    assert np.allclose(errors["pyfixest"], [0.03807, 0.15525], atol=5e-6)


VARIANTS = ("mnw", "hansen", "pyfixest")


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("restricted", [True, False])
def test_wild_bootstrap_enumerated(index, restricted, record_property):
    record_property("oracle", "wild_grunfeld_enumerated 0 5")
    name = f"{VC[index]}_{'wcr' if restricted else 'wcu'}_fnw11"
    want = case("wild_grunfeld_enumerated")[name]
    d = data("grunfeld")
    firm = d.firm.to_numpy() - 1
    sweep = absorber([firm])
    X, y = sweep.residualise(d[VC].to_numpy(float)), sweep.residualise(d.inv.to_numpy())
    got = wild_cluster(X, y, firm, sweep, index, restricted=restricted, draws=99999, seed=1)
    counts = Counts(rows=200, slopes=2, constant=False, effects=((10, True),), clusters=(10,))
    printed = got.statistic / np.sqrt(factor(counts, "sandwich", "cluster"))  # lm with firm dummies: every one counted
    assert printed == pytest.approx(want["t_stat"], rel=1e-6)
    assert got.enumerated
    assert got.draws_used == want["boot_iter"] == 1024
    # The identity vector and its negative tie with t: we count both (an exact test), R counted one or none of the pair.
    assert round(1024 * (got.p - want["p_value"])) == (2 if restricted else 0)
    for edge in want["conf_int"]:
        again = wild_cluster(X, y, firm, sweep, index, restricted=restricted, draws=99999, null=edge)
        assert again.p == pytest.approx(0.05, abs=0.003)
    if not restricted:
        assert np.allclose(
            (got.low, got.high), want["conf_int"], rtol=0, atol=1e-5
        )  # uniroot stops near the step, not on it
