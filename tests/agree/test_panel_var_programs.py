"""Panel vector autoregressions against programs that are not ours: plm and pyxtabond2 (frozen), statsmodels, engines' regressions.

What rests on what: the moments' algebra (weights, Windmeijer's errors, Hansen's J, serial correlation) on six plm `pgmm` cases; forward
deviations and collapsed instruments on pyxtabond2 0.0.4, a Python twin of Stata's xtabond2, whose numbers stand in
`panel_var_pyxtabond2.json`; the mean of unit Wald tests on three plm `pgrangertest` cases; responses and shares on statsmodels; the
half-panel jackknife of the system and of the test on regressions of pyfixest and linearmodels, put together by hand.

Tolerances, never tuned: coefficients 1e-8 relative, standard errors and statistics 1e-6 relative.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.api import VAR

import panelkit.engines
import panelkit.estimators  # noqa: F401
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.request import Clustered
from panelkit.core.variable import Origin, Variable
from panelkit.numerics import impulse_response, panel_granger, panel_var_gmm

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
FROZEN = json.loads((Path(__file__).parent / "panel_var_pyxtabond2.json").read_text(encoding="utf-8"))
COEFFICIENT, ERROR = 1e-8, 1e-6
needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")


def close(ours, theirs, rtol):
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-12)


def frozen(name):
    return json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))["result"]


def panel_of(d, unit, time):
    columns = [c for c in d.columns if c not in (unit, time)]
    made = [Variable(name=c, measure="", label=Label(en=c), origin=Origin(how="made")) for c in columns]
    return Panel.of(d.assign(**{unit: d[unit].astype(str)}), unit=unit, time=time, variables=made)


def fitted(kind, panel, engine="dense", **fields):
    setting = Setting(engine=ENGINES[engine], defaults=Defaults(), seed=1, resample=False)
    return ESTIMATORS[kind].estimate(ESTIMATORS[kind].spec(id="m", **fields), panel, setting)


def employment():
    d = pd.read_csv(ORACLE / "data" / "empluk.csv")
    names = {"emp": "lemp", "wage": "lwage", "capital": "lcapital", "output": "loutput"}
    return pd.DataFrame({"firm": d.firm, "year": d.year, **{new: np.log(d[old]) for old, new in names.items()}})


# ---------------------------------------------------------------- moments against plm

FULL = {"lemp": (1, 2), "lwage": (0, 1), "lcapital": (0, 1, 2), "loutput": (0, 1, 2)}
SHORT = {"lemp": (1, 2), "lwage": (0, 1), "lcapital": (0,), "loutput": (0, 1)}
DIFFERENCES = {
    "gmm_ab91_a1_onestep": (FULL, (2, 99), 1, True, False),
    "gmm_ab91_a2_twostep": (FULL, (2, 99), 2, True, False),
    "gmm_ab91_b_onestep": (SHORT, (2, 99), 1, True, False),
    "gmm_ab91_b_twostep": (SHORT, (2, 99), 2, True, False),
    "gmm_ab91_collapsed": (SHORT, (2, 99), 2, True, True),
    "gmm_diff_lag2_4": ({"lemp": (1,), "lwage": (0,), "lcapital": (0,)}, (2, 4), 2, False, False),
}


def differenced(terms, lags, years, collapse):
    """Differenced rows with instruments in levels, built here with pandas alone; and the first weights of differences."""
    d = employment().sort_values(["firm", "year"]).reset_index(drop=True)
    by = d.groupby("firm")
    level = pd.DataFrame({f"{v}{s}": by[v].shift(s) for v, each in terms.items() for s in each} | {"y": d.lemp})
    diff = level.groupby(d.firm).diff()
    use = diff.notna().all(axis=1)
    X = diff.loc[use].drop(columns="y")
    order = [f"{v}{s}" for v, each in terms.items() for s in each]
    time = d.loc[use, "year"]
    Z = []
    for s in range(lags[0], min(lags[1], 8) + 1):
        z = by["lemp"].shift(s).fillna(0.0)[use]
        Z += [z] if collapse else [z.where(time == t, 0.0) for t in sorted(time.unique())]
    Z += [X[c] for c in order if not c.startswith("lemp")]
    dummies = [(time == t).astype(float) for t in sorted(time.unique())] if years else []
    matrix = np.column_stack([*Z, *dummies])
    matrix = matrix[:, np.abs(matrix).sum(axis=0) > 0]
    firm = pd.factorize(d.loc[use, "firm"])[0]
    weight = np.zeros((matrix.shape[1],) * 2)
    for i in range(firm.max() + 1):
        rows = np.flatnonzero(firm == i)
        t = time.to_numpy()[rows]
        weight += matrix[rows].T @ (2 * np.eye(len(t)) - (np.abs(t[:, None] - t) == 1)) @ matrix[rows]
    regressors = np.column_stack([X[order], *dummies])
    moments = panel_var_gmm.Moments(
        outcomes=diff.loc[use, ["y"]].to_numpy(), regressors=regressors, instruments=matrix, clusters=firm
    )
    return moments, np.linalg.pinv(weight), time.to_numpy()


@needs_oracle
@pytest.mark.parametrize("name", DIFFERENCES)
def test_moments_are_those_of_plm(name, record_property):
    terms, lags, steps, years, collapse = DIFFERENCES[name]
    theirs = frozen(name)
    moments, weight, time = differenced(terms, lags, years, collapse)
    made = panel_var_gmm.equation(moments, 0, panel_var_gmm.one_step(moments, weight)[:, 0], steps, weight)
    k = len(theirs["robust"]["coef"])
    close(made.coefficients[:k], list(theirs["robust"]["coef"].values()), COEFFICIENT)
    close(np.sqrt(np.diag(made.covariance))[:k], list(theirs["robust"]["se"].values()), ERROR)
    compared = 2 * k
    if steps == 2:
        close(np.sqrt(np.diag(made.uncorrected))[:k], list(theirs["nonrobust"]["se"].values()), ERROR)
        close(made.hansen, theirs["sargan"]["statistic"], ERROR)
        assert made.hansen_df == theirs["sargan"]["df"]["df"]
        compared += k + 2
    rows = panel_var_gmm.Differences(
        outcome=moments.outcomes[:, 0], regressors=moments.regressors, clusters=moments.clusters, units=moments.clusters, times=time
    )  # fmt: skip
    for order in (1, 2):
        z, p = panel_var_gmm.serial_correlation(made, moments, rows, order)
        close((z, p), [theirs[f"ar{order}_robust"][f] for f in ("statistic", "p_value")], ERROR)
        compared += 2
    record_property("oracle", f"{name} 0 {compared}")


# ---------------------------------------------------------------- forward deviations against pyxtabond2


@needs_oracle
@pytest.mark.parametrize("name", FROZEN["cases"])
def test_forward_deviations_are_those_of_pyxtabond2(name):
    theirs = FROZEN["cases"][name]
    made = fitted(
        "panel_var",
        panel_of(employment()[["firm", "year", "lemp", "lwage"]], "firm", "year"),
        formula=f"lemp ~ lwage | firm{' + year' if theirs['years'] else ''}",
        lags=theirs["lags"],
        estimator="gmm",
        instruments=tuple(theirs["instruments"]),
        steps=theirs["steps"],
        bands="none",
    )
    own = [t for t in made.terms if t.name.startswith(f"{theirs['equation']}: ")]
    close([t.estimate for t in own], theirs["coef"], COEFFICIENT)
    close([t.se for t in own], theirs["se"], ERROR)
    for test in ("ar1", "ar2", "hansen"):
        if theirs[test] is not None:
            close(made.tests[f"{test}: {theirs['equation']}"]["statistic"], theirs[test], ERROR)


# ---------------------------------------------------------------- non-causality


@needs_oracle
@pytest.mark.parametrize(
    ("name", "data", "outcome", "cause", "unit"),
    [
        ("gasoline_granger", "gasoline", "lgaspcar", "lincomep", "country"),
        ("grunfeld_granger_inv_value", "grunfeld", "inv", "value", "firm"),
        ("grunfeld_granger_value_inv", "grunfeld", "value", "inv", "firm"),
    ],
)
def test_the_mean_of_unit_tests_is_that_of_plm(name, data, outcome, cause, unit, record_property):
    theirs = frozen(name)
    d = pd.read_csv(ORACLE / "data" / f"{data}.csv")[[unit, "year", outcome, cause]]
    panel, compared = panel_of(d, unit, "year"), 0
    for lags in (1, 2):
        made = fitted("panel_var", panel, formula=f"{outcome} ~ {cause} | {unit}", lags=lags, estimator="lsdv")
        wanted = theirs[f"Ztilde_order{lags}"]
        test = made.tests[f"granger_dh: {cause} -> {outcome}"]
        close((test["statistic"], test["p"]), (wanted["statistic"], wanted["p_value"]), COEFFICIENT)
        columns = [d.groupby(unit)[v].shift(s) for v in (outcome, cause) for s in range(1, lags + 1)]
        whole = pd.concat([d, *columns], axis=1).dropna().to_numpy()
        own, caused = (whole[:, i : i + lags].astype(float) for i in (4, 4 + lags))
        plain = panel_granger.mean_wald(whole[:, 2].astype(float), own, caused, pd.factorize(whole[:, 0])[0], lags)
        close(plain.wbar, theirs[f"Wbar_order{lags}"]["statistic"], COEFFICIENT)
        close(plain.zbar, theirs[f"Zbar_order{lags}"]["statistic"], COEFFICIENT)
        compared += 4
    record_property("oracle", f"{name} 0 {compared}")


def simulated(units=14, periods=16, seed=4):
    rng = np.random.default_rng(seed)
    rows, A = [], np.array([[0.5, 0.2], [0.1, 0.4]])
    for i in range(units):
        a, y = rng.normal(size=2), rng.normal(size=2)
        for t in range(periods):
            y = a + A @ y + rng.normal(size=2) @ np.array([[1.0, 0.4], [0.0, 0.8]])
            rows.append((f"u{i:02d}", 2000 + t, *y))
    return pd.DataFrame(rows, columns=["unit", "year", "y", "x"])


def with_lags(d, lags=1):
    made = d.copy()
    for s in range(1, lags + 1):
        for v in ("y", "x"):
            made[f"{v}{s}"] = d.groupby("unit")[v].shift(s)
    return made.dropna().reset_index(drop=True)


def test_the_half_panel_test_is_three_regressions_with_slopes_by_unit():
    """Twice the whole less the mean of halves that share no year; each one `y ~ lag x | unit[lag y]` by linearmodels."""
    d = with_lags(simulated())
    place = d.groupby("unit").cumcount()
    cut = (15 + 1) // 2  # 16 years; the second half starts behind the eighth, its first lag is the eighth's
    parts = [d, d[place < cut - 1], d[place >= cut]]
    b = [
        fitted("fixed_effects", panel_of(p, "unit", "year"), "linearmodels", formula="y ~ x1 | unit[y1]")
        .term("x1")
        .estimate
        for p in parts
    ]
    made = panel_granger.jackknife_wald(
        d.y.to_numpy(), d[["y1"]].to_numpy(), d[["x1"]].to_numpy(), pd.factorize(d.unit)[0], 1
    )
    close(made.coefficients[0], 2 * b[0] - (b[1] + b[2]) / 2, 1e-9)


def test_the_variance_of_the_half_panel_test_by_projections_written_out():
    """The formulas of Juodis, Karavias and Sarafidis, a projection matrix for each unit; as xtgrangert has them with and without het."""
    d = with_lags(simulated(periods=21, seed=9), 2)
    codes = pd.factorize(d.unit)[0]
    X = d[["x1", "x2"]].to_numpy()
    made = panel_granger.jackknife_wald(d.y.to_numpy(), d[["y1", "y2"]].to_numpy(), X, codes, 2)
    bread, het, equal, N, T = np.zeros((2, 2)), np.zeros((2, 2)), 0.0, codes.max() + 1, 21
    for i in range(N):
        mine = codes == i
        Z = np.column_stack([np.ones(mine.sum()), d.loc[mine, ["y1", "y2"]]])
        M = np.eye(mine.sum()) - Z @ np.linalg.inv(Z.T @ Z) @ Z.T
        e = M @ (d.y.to_numpy()[mine] - X[mine] @ made.coefficients)
        bread += X[mine].T @ M @ X[mine]
        het += np.outer(X[mine].T @ e, X[mine].T @ e)
        equal += e @ e
    free = N * T - N - 2 * N - 2
    inverse = np.linalg.inv(bread)
    close(made.equal_covariance, equal / free * inverse, 1e-9)
    close(made.covariance, inverse @ het @ inverse * N * T / free, 1e-9)
    close(made.statistic, made.coefficients @ np.linalg.inv(made.covariance) @ made.coefficients, 1e-9)


# ---------------------------------------------------------------- the system against engines and statsmodels


@pytest.mark.parametrize("effects", ["unit", "unit + year"])
@pytest.mark.parametrize("periods", [15, 16])
def test_the_jackknife_is_regressions_put_together_by_hand(effects, periods):
    d = with_lags(simulated(periods=periods))
    made = fitted(
        "panel_var", panel_of(simulated(periods=periods), "unit", "year"), "pyfixest", formula=f"y ~ x | {effects}"
    )
    place, n = d.groupby("unit").cumcount(), periods - 1
    cuts = {n // 2, (n + 1) // 2}

    def slopes(outcome, rows):
        one = fitted(
            "fixed_effects", panel_of(rows, "unit", "year"), "pyfixest", formula=f"{outcome} ~ y1 + x1 | {effects}"
        )
        return np.array([t.estimate for t in one.terms])

    for outcome in ("y", "x"):
        halves = [slopes(outcome, d[half]) for cut in sorted(cuts) for half in (place < cut, place >= cut)]
        by_hand = 2 * slopes(outcome, d) - np.mean(halves, axis=0)
        close([made.term(f"{outcome}: {c} lag 1").estimate for c in ("y", "x")], by_hand, 1e-9)


@pytest.mark.parametrize("variant", ["cr1", "cr3"])
def test_the_uncorrected_system_has_the_errors_of_its_equations(variant):
    """Equation by equation coefficients, standard errors and p are those of `fixed_effects` on the same columns."""
    covariance = Clustered(by=("unit",), variant=variant)
    made = fitted(
        "panel_var",
        panel_of(simulated(), "unit", "year"),
        formula="y ~ x | unit + year",
        estimator="lsdv",
        covariance=covariance,
    )
    d = with_lags(simulated())
    for outcome in ("y", "x"):
        one = fitted(
            "fixed_effects",
            panel_of(d, "unit", "year"),
            formula=f"{outcome} ~ y1 + x1 | unit + year",
            covariance=covariance,
        )
        for cause in ("y", "x"):
            ours, theirs = made.term(f"{outcome}: {cause} lag 1"), one.term(f"{cause}1")
            close((ours.estimate, ours.se, ours.p), (theirs.estimate, theirs.se, theirs.p), 1e-9)


@pytest.mark.parametrize("lags", [1, 2])
def test_responses_and_shares_are_those_of_statsmodels(lags):
    rng = np.random.default_rng(lags)
    y = np.zeros((200, 3))
    for t in range(2, 200):
        y[t] = (
            0.4 * y[t - 1]
            + 0.2 * np.roll(y[t - 2], 1)
            + rng.normal(size=3) @ np.array([[1, 0.5, 0.2], [0, 1, -0.3], [0, 0, 1]])
        )
    theirs = VAR(y).fit(lags)
    b = np.concatenate([c.T for c in theirs.coefs])[None]
    made = impulse_response.responses(b, theirs.sigma_u[None], 8, (0, 1, 2))
    close(made[0], theirs.orth_ma_rep(8), 1e-10)
    close(impulse_response.decomposition(made)[0, :8].transpose(1, 0, 2), theirs.fevd(8).decomp, 1e-10)
    close(impulse_response.moduli(b[0])[:3], np.sort(1 / np.abs(theirs.roots))[::-1][:3], 1e-8)
    order = (2, 0, 1)
    turned = VAR(y[:, order]).fit(lags).orth_ma_rep(8)
    other = impulse_response.responses(b, theirs.sigma_u[None], 8, order)
    close(other[0][:, order][:, :, order], turned, 1e-8)
