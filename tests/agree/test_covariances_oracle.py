"""CR2, CR3, HC2/HC3, Newey-West and Driscoll-Kraay against numbers frozen from R (clubSandwich, plm, fixest, summclust).

Tolerances are the oracle's own: 1e-6 relative for standard errors and degrees of freedom.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.numerics import sandwich
from panelkit.numerics.cluster_design import cluster_design
from panelkit.numerics.cr2 import covariance, hotelling, linearise, satterthwaite
from panelkit.numerics.degrees import cluster_leverage, partial_leverage
from panelkit.numerics.least_squares import solve
from panelkit.numerics.leverage import hat_values, hc2, hc3, rescaled
from panelkit.numerics.projection import absorber
from panelkit.numerics.serial import driscoll_kraay, newey_west
from panelkit.numerics.small_sample import Counts, factor, parameters, reference_df

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
TOLERANCE = 1e-6
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")


def case(name):
    return json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))["result"]


@cache
def data(name):
    d = pd.read_csv(ORACLE / "data" / f"{name}.csv")
    if name == "fatalities":
        return d.assign(frate=10000 * d.fatal / d["pop"], lincome=np.log(d.income))
    if name == "empluk":
        return d.assign(lemp=np.log(d.emp), lwage=np.log(d.wage), lcap=np.log(d.capital))
    if name == "produc":
        return d.assign(**{f"l{c}": np.log(d[c]) for c in ("gsp", "pcap", "pc", "emp")})
    return d


def with_lag(d):
    back = d[["firm", "year", "value"]].assign(year=d.year + 1).rename(columns={"value": "lvalue"})
    return d.merge(back, on=["firm", "year"]).sort_values(["firm", "year"])


def gap(d):
    return d[~((d.firm == 3) & d.year.isin([1940, 1941])) & ~((d.firm == 5) & (d.year <= 1938))]


class Fitted:
    def __init__(self, d, outcome, regressors, effects, w=None):
        self.d = d
        self.w = None if w is None else d[w].to_numpy(float)
        self.effects = [self.code(e) for e in effects]
        self.sweep = absorber(self.effects, self.w)
        X = d[list(regressors)].to_numpy(float)
        self.raw = X if effects else np.column_stack([np.ones(len(d)), X])
        self.X = self.sweep.residualise(self.raw)
        self.fit = solve(self.X, self.sweep.residualise(d[outcome].to_numpy(float)), self.w)
        self.scores = self.fit.residuals * (1 if self.w is None else self.w)

    def code(self, column):
        return np.unique(self.d[column], return_inverse=True)[1]

    def counts(self, column, nested=True):
        cluster = self.code(column)
        inside = [nested and len(set(zip(e, cluster, strict=True))) == e.max() + 1 for e in self.effects]
        return Counts(
            rows=len(self.d),
            slopes=self.X.shape[1] - (not self.effects),
            constant=not self.effects,
            effects=tuple((int(e.max()) + 1, n) for e, n in zip(self.effects, inside, strict=True)),
            clusters=(int(cluster.max()) + 1,),
        )


def errors(V):
    return np.sqrt(np.diag(V))


FATAL = ["beertax", "unemp", "lincome"]
CR = {
    "cr2_fatalities_dummies": (FATAL, ["state", "year"], None, ["beertax", "unemp", "log(income)"]),
    "cr2_fatalities_pooled": (FATAL, [], None, ["(Intercept)", "beertax", "unemp", "log(income)"]),
    "cr2_fatalities_weighted": (["beertax", "unemp"], [], "pop", ["(Intercept)", "beertax", "unemp"]),
}


@pytest.mark.parametrize("name", CR)
def test_clubsandwich_every_kind_with_its_degrees_of_freedom_and_wald_test(name):
    want = case(name)
    regressors, effects, w, names = CR[name]
    got = Fitted(data("fatalities"), "frate", regressors, effects, w)
    design = cluster_design(got.raw, got.code("state"), got.effects, got.w)
    p = len(want["coef"])
    factors = {"CR0": 1.0, "CR1": 48 / 47, "CR1p": 48 / (48 - p), "CR1S": 48 * 335 / 47 / (336 - p)}
    done = []
    for kind, entry in want.items():
        if not kind.startswith("CR"):
            continue
        made = linearise(design, {"CR2": "cr2", "CR3": "cr3"}.get(kind, "cr0"))
        V = covariance(made, got.fit.residuals) * factors.get(kind, 1.0)
        assert np.allclose(errors(V), [entry["se"][n] for n in names], rtol=TOLERANCE, atol=0), kind
        df = satterthwaite(made)
        assert np.allclose(df, [entry["df_satterthwaite"][n] for n in names], rtol=TOLERANCE, atol=0), kind
        assert not made.lost.any()
        if "wald" in entry:
            C = np.eye(len(names))[[names.index("beertax"), names.index("unemp")]]
            test = hotelling(made, got.fit.residuals, got.fit.coefficients, C, factors.get(kind, 1.0))
            theirs = entry["wald"]["HTZ"]
            assert (test.f, test.df2) == pytest.approx((theirs["Fstat"], theirs["df_denom"]), rel=TOLERANCE)
            assert test.p == pytest.approx(theirs["p"], rel=TOLERANCE)
        done.append(kind)
    assert len(done) >= 4


VC = ["value", "capital"]
PRODUC = ["lpcap", "lpc", "lemp", "unemp"]
EMPL = ["lwage", "lcap"]
PLM = {
    "grunfeld_within": ("grunfeld", "inv", VC, ["firm"], ("firm", "year")),
    "grunfeld_twfe": ("grunfeld", "inv", VC, ["firm", "year"], ("firm", "year")),
    "grunfeld_time": ("grunfeld", "inv", VC, ["year"], ("firm", "year")),
    "grunfeld_pooling": ("grunfeld", "inv", VC, [], ("firm", "year")),
    "produc_within": ("produc", "lgsp", PRODUC, ["state"], ("state", "year")),
    "produc_twfe": ("produc", "lgsp", PRODUC, ["state", "year"], ("state", "year")),
    "produc_pooling": ("produc", "lgsp", PRODUC, [], ("state", "year")),
    "empluk_unbal_within": ("empluk", "lemp", EMPL, ["firm"], ("firm", "year")),
    "empluk_unbal_twfe": ("empluk", "lemp", EMPL, ["firm", "year"], ("firm", "year")),
    "empluk_unbal_pooling": ("empluk", "lemp", EMPL, [], ("firm", "year")),
}


@pytest.mark.parametrize("name", PLM)
def test_plm_serial_hc_and_clubsandwich_entries(name):
    want = case(name)["se"]
    source, outcome, regressors, effects, (unit, time) = PLM[name]
    got = Fitted(data(source), outcome, regressors, effects)
    units, years, u, bread = got.code(unit), got.d[time].to_numpy(), got.fit.residuals, got.fit.bread
    counts = got.counts(time, nested=False)
    theirs = hat_values(got.X, absorber([]))  # plm counts no dummy in the leverage
    made = {
        "driscoll_kraay_default": driscoll_kraay(bread, got.X, u, years),
        "driscoll_kraay_lag2_HC0": driscoll_kraay(bread, got.X, u, years, 2),
        "driscoll_kraay_lag2_sss": driscoll_kraay(bread, got.X, u, years, 2) * factor(counts, "plm_sss", "cluster"),
        "newey_west_lag2": newey_west(bread, got.X, u, units, years, 2),
        "white1_HC3": hc3(bread, got.X, u, theirs),
        "cluster_entity_HC2": sandwich.cluster(bread, got.X, rescaled(u, theirs, 0.5), units),
        "cluster_entity_HC3": sandwich.cluster(bread, got.X, rescaled(u, theirs, 1.0), units),
    }
    for kind, V in made.items():
        assert np.allclose(errors(V), list(want[kind]["se"].values()), rtol=TOLERANCE, atol=0), kind
    column = time if name == "grunfeld_time" else unit
    design = cluster_design(got.raw, got.code(column), got.effects)
    seen = 0
    for kind in ("CR0", "CR2", "CR3"):
        entry = want.get(f"clubsandwich_{kind}")
        if entry is None:
            continue
        form = linearise(design, kind.lower())
        assert np.allclose(errors(covariance(form, u)), list(entry["se"].values()), rtol=TOLERANCE, atol=0), kind
        assert np.allclose(satterthwaite(form), list(entry["df_satterthwaite"].values()), rtol=TOLERANCE, atol=0), kind
        seen += 1
    assert seen or name.endswith("twfe")


FIXEST = {
    "fx_grunfeld_ols": ("grunfeld", None, "inv", VC, []),
    "fx_grunfeld_fe": ("grunfeld", None, "inv", VC, ["firm"]),
    "fx_grunfeld_twfe": ("grunfeld", None, "inv", VC, ["firm", "year"]),
    "fx_grunfeld_lag": ("grunfeld", with_lag, "inv", ["value", "lvalue", "capital"], ["firm", "year"]),
    "fx_grunfeld_gap_lag": (
        "grunfeld",
        lambda d: with_lag(gap(d)),
        "inv",
        ["value", "lvalue", "capital"],
        ["firm", "year"],
    ),
    "fx_empluk_unbal": ("empluk", None, "lemp", EMPL, ["firm", "year"]),
}


@pytest.mark.parametrize("name", FIXEST)
def test_fixest_newey_west_and_driscoll_kraay(name):
    want = case(name)["se"]
    source, keep, outcome, regressors, effects = FIXEST[name]
    d = data(source)
    got = Fitted(d if keep is None else keep(d), outcome, regressors, effects)
    units, years, u, bread = got.code("firm"), got.d.year.to_numpy(), got.fit.residuals, got.fit.bread
    counts = got.counts("year", nested=False)
    scale = factor(counts, "fixest", "cluster")
    raw = {
        "newey_west_lag2": newey_west(bread, got.X, u, units, years, 2),
        "driscoll_kraay_lag2": driscoll_kraay(bread, got.X, u, years, 2),
        "driscoll_kraay_default": driscoll_kraay(bread, got.X, u, years),
    }
    for kind, V in raw.items():
        assert np.allclose(errors(V * scale), list(want[kind]["se"].values()), rtol=TOLERANCE, atol=0), kind
        if f"{kind}_noadj" in want:
            theirs = list(want[f"{kind}_noadj"]["se"].values())
            assert np.allclose(errors(V), theirs, rtol=TOLERANCE, atol=0), kind
        assert parameters(counts, "fixest") == want[kind]["K"], kind
        assert reference_df(counts, "fixest", "cluster") == want[kind]["df_t"], kind


def test_summclust_leverage_and_cr3_is_its_jackknife():
    want = case("cv3_jackknife_fatalities")
    got = Fitted(data("fatalities"), "frate", FATAL, ["state", "year"])
    design = cluster_design(got.raw, got.code("state"), got.effects)
    order = [sorted(got.d.state.unique()).index(s) for s in want["beta_jack"]["cols"]]
    assert np.allclose(cluster_leverage(design)[order], want["leverage"], rtol=1e-8, atol=0)
    V = covariance(linearise(design, "cr3"), got.fit.residuals) * 47 / 48
    gaps = np.array(want["beta_jack"]["values"])[:2] - np.array(list(want["coef"].values()))[:2, None]
    assert np.allclose(errors(V)[:2], np.sqrt(47 / 48 * (gaps**2).sum(axis=1)), rtol=TOLERANCE, atol=0)
    assert np.allclose(partial_leverage(design).sum(axis=0), 1)


def test_grunfeld_numbers_of_the_library_survey():
    got = Fitted(data("grunfeld"), "inv", VC, ["firm"])
    design = cluster_design(got.raw, got.code("firm"), got.effects)
    rounded = {"cr2": (0.02063111, 0.08267530), "cr3": (0.03594, 0.14654)}
    for kind, values in rounded.items():
        V = covariance(linearise(design, kind), got.fit.residuals)
        assert np.allclose(errors(V), values, rtol=2e-4 if kind == "cr3" else 1e-6), kind
    dk = driscoll_kraay(got.fit.bread, got.X, got.fit.residuals, got.d.year.to_numpy(), 2)
    assert np.allclose(errors(dk), (0.01768603, 0.03482015), rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_hc2_and_hc3_are_those_of_statsmodels_with_every_dummy_written_out(weighted):
    sm = pytest.importorskip("statsmodels.api")
    d = data("empluk").assign(w=lambda t: 1 + t.year % 5)
    got = Fitted(d, "lemp", EMPL, ["firm", "year"], "w" if weighted else None)
    dummies = [np.eye(e.max() + 1)[e] for e in got.effects]
    full = np.column_stack([got.raw, dummies[0], dummies[1][:, 1:]])
    model = sm.WLS(d.lemp, full, weights=1.0 if got.w is None else got.w)
    hat = hat_values(got.X, got.sweep)
    for kind, make in (("HC2", hc2), ("HC3", hc3)):
        theirs = model.fit(cov_type=kind).bse.to_numpy()[:2]
        V = make(got.fit.bread, got.X, got.scores, hat)
        assert np.allclose(errors(V), theirs, rtol=1e-8, atol=0), kind
