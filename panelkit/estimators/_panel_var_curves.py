"""What a fitted panel vector autoregression says beyond coefficients: draws, responses, shares, tests of non-causality. It fits nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.estimate import Effect, Resampled
from panelkit.core.estimation import Setting
from panelkit.estimators._panel_var_rows import System, term_name
from panelkit.estimators._panel_var_squares import Fitted, lagged_of
from panelkit.estimators._resample import p_of_draws
from panelkit.numerics import impulse_response, panel_granger, panel_var, panel_var_gmm, permutation, wild
from panelkit.numerics.joint import percentile

FEW_FOR_RADEMACHER = 12
METHODS = {"pairs": "pairs cluster bootstrap, percentile", "wild": "wild cluster bootstrap of scores, percentile"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """Bootstrap draws of a system: coefficients (B, m, k), errors (B, k, k), and what is said of them."""

    coefficients: np.ndarray
    errors: np.ndarray
    method: str
    weights: str
    note: str

    @property
    def defined(self) -> int:
        return int(np.isfinite(self.coefficients).all(axis=(1, 2)).sum())


def orders_of(spec: Any, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The Cholesky orders: those declared, else that of the formula and its reverse."""
    return tuple(spec.orders) or (names, names[::-1])


def draw(
    spec: Any, system: System, setting: Setting, fitted: Fitted, moments: panel_var_gmm.Moments | None
) -> Draws | None:
    """Draws of whole clusters, or weights of their residuals; None where no bands are asked for."""
    if spec.bands == "none" or not setting.resample:
        return None
    by = system.clusters[0]
    groups = system.sample.clusters[by]
    seed = child_seed(setting.seed, "panel_var", spec.bands)
    k, m = len(system.names), len(system.columns)
    name = ""
    if spec.bands == "wild":
        kind: wild.Weights = "webb" if groups < FEW_FOR_RADEMACHER else "rademacher"
        name = {"webb": "Webb", "rademacher": "Rademacher"}[kind]
        weights = wild.wild_weights(groups, kind, spec.draws, seed)
        rows = lagged_of(system)
        parts = panel_var.parts_of(rows, spec.estimator == "jackknife")
        got = panel_var.wild(parts, rows, fitted.coefficients, weights)
        b, errors = got.coefficients, got.errors
    else:
        weights = permutation.pairs_weights(groups, spec.draws, seed).astype(np.float64)
        if moments is not None:
            b, errors = panel_var_gmm.drawn(moments, spec.steps, weights)
            b = b[:, :m]
        else:
            made = panel_var.solved(panel_var.parts_of(lagged_of(system), spec.estimator == "jackknife"), k, m, weights)
            b, errors = made.coefficients, made.errors
    what = (
        f"one {name} weight for each {by}"
        if name
        else f"whole clusters of {by} drawn with replacement, each with its own effects"
    )
    return Draws(coefficients=b, errors=errors, method=METHODS[spec.bands], weights=name, note=what)


def resampled(system: System, fitted: Fitted, draws: Draws | None, level: float) -> tuple[Resampled, ...]:
    """Interval and p of every coefficient by its draws."""
    if draws is None or draws.defined < 2:
        return ()
    made = []
    for j, equation in enumerate(system.names):
        for i, column in enumerate(system.columns):
            cause, _, lag = column.partition("::lag")
            own = draws.coefficients[:, i, j]
            own = own[np.isfinite(own)]
            spread = float(np.std(own, ddof=1))
            low, high = percentile(own, level)
            made.append(
                Resampled(
                    term=term_name(equation, cause, int(lag)),
                    method=draws.method,
                    statistic=float(fitted.coefficients[i, j]) / spread if spread > 0 else float("nan"),
                    p=p_of_draws(own),
                    low=low,
                    high=high,
                    draws=len(own),
                    note=draws.note,
                )
            )
    return tuple(made)


def curves_of(
    spec: Any, system: System, fitted: Fitted, draws: Draws | None, level: float
) -> dict[str, tuple[Effect, ...]]:
    """`irf [order] impulse -> response` and `fevd [order] impulse -> response` of every pair, by horizon.

    A response is to one standard deviation of the impulse's orthogonalised error; a share is of the variance of the forecast error
    over so many periods. Standard errors are standard deviations of the draws, intervals percentiles, p two-sided by the draws.
    """
    curves: dict[str, tuple[Effect, ...]] = {}
    for order in orders_of(spec, system.names):
        place = tuple(system.names.index(n) for n in order)
        point = impulse_response.responses(fitted.coefficients[None], fitted.errors[None], spec.horizon, place)
        many = None
        if draws is not None:
            many = impulse_response.responses(draws.coefficients, draws.errors, spec.horizon, place)
        shares = impulse_response.decomposition(point)
        drawn_shares = None if many is None else impulse_response.decomposition(many)
        said = ", ".join(order)
        for head, own, of_draws in (("irf", point, many), ("fevd", shares, drawn_shares)):
            for j, impulse in enumerate(system.names):
                for i, response in enumerate(system.names):
                    curves[f"{head} [{said}] {impulse} -> {response}"] = _curve(
                        own[0, :, i, j],
                        None if of_draws is None else of_draws[:, :, i, j],
                        (level, system.sample.rows, head),
                    )
    return curves


def _curve(values: np.ndarray, draws: np.ndarray | None, how: tuple[float, int, str]) -> tuple[Effect, ...]:
    """One pair by horizon; shares of the error of forecasting one period ahead stand at 1."""
    start = int(how[2] == "fevd")
    return tuple(
        _effect(start + h, float(v), None if draws is None else draws[:, h], how) for h, v in enumerate(values)
    )


def _effect(at: int, value: float, draws: np.ndarray | None, how: tuple[float, int, str]) -> Effect:
    level, rows, head = how
    nan = float("nan")
    known = np.zeros(0) if draws is None else draws[np.isfinite(draws)]
    if len(known) < 2:
        return Effect(at=float(at), label=str(at), estimate=float(value), se=nan, low=nan, high=nan, p=nan, rows=rows)
    low, high = percentile(known, level)
    return Effect(
        at=float(at),
        label=str(at),
        estimate=float(value),
        se=float(np.std(known, ddof=1)),
        low=low,
        high=high,
        p=p_of_draws(known) if head == "irf" and float(np.ptp(known)) > 0 else nan,
        rows=rows,
    )


def granger_tests(spec: Any, system: System, fitted: Fitted) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Tests that one variable's lags move another: `granger` (Wald), `granger_jks`, `granger_dh`, each 'cause -> effect'; and notes.

    granger : of the system's own coefficients and covariance, F with its degrees of freedom (chi-square over q where these are infinite).
    granger_jks : half-panel jackknife with own lags differing by unit. granger_dh : mean of unit Wald statistics, where every unit has more
    than 5 + 3 lags years.
    """
    m = len(system.columns)
    tests: dict[str, dict[str, float]] = {}
    said: dict[str, None] = {}
    for j, effect in enumerate(system.names):
        for cause in system.names:
            if cause == effect:
                continue
            pick = [i for i, c in enumerate(system.columns) if c.partition("::lag")[0] == cause]
            b, V = fitted.coefficients[pick, j], fitted.V[np.ix_([j * m + i for i in pick], [j * m + i for i in pick])]
            tests[f"granger: {cause} -> {effect}"] = _wald(b, V, fitted.df)
            for name, made in _between(spec, system, j, cause).items():
                if isinstance(made, str):
                    said[made] = None
                else:
                    tests[f"{name}: {cause} -> {effect}"] = made
    return tests, tuple(said)


def _wald(b: np.ndarray, V: np.ndarray, df: float) -> dict[str, float]:
    from panelkit.numerics.joint import wald

    if not np.isfinite(V).all():
        return {"statistic": float("nan"), "df1": float(len(b)), "df2": df, "p": float("nan")}
    found = wald(b, V, df)
    return {"statistic": found.statistic, "df1": float(found.df1), "df2": found.df2, "p": found.p}


def _between(spec: Any, system: System, effect: int, cause: str) -> dict[str, dict[str, float] | str]:
    """The two tests that let own dynamics differ by unit, or why one is not made."""
    panel, p = system.panel, spec.lags
    units = panel.codes(panel.unit)
    Y, X = system.outcomes, system.lags
    if system.period:  # year effects of these tests: means over units taken off
        years = panel.codes(panel.time)
        Y, X = panel_var.within(Y, years), panel_var.within(X, years)
    k, index = len(system.names), system.names.index(cause)
    own, caused = X[:, effect::k], X[:, index::k]
    others = [X[:, i::k] for i in range(k) if i not in (effect, index)]
    made: dict[str, dict[str, float] | str] = {}
    need, lengths = panel_granger.shortest_for_jackknife(p), np.bincount(units) + p
    try:
        if (short := int((lengths < need).sum())) > 0:
            raise ValueError(
                f"it needs {counted(need, 'years')} of every unit, and {short} of {len(lengths)} have fewer"
            )
        found = panel_granger.jackknife_wald(Y[:, effect], own, np.hstack([caused, *others]), units, p, tested=p)
        made["granger_jks"] = {"statistic": found.statistic, "df1": float(p), "df2": float("inf"), "p": found.p}
    except ValueError as fault:
        made["granger_jks"] = f"The Juodis-Karavias-Sarafidis test is not made: {fault}."
    try:
        mean = panel_granger.mean_wald(Y[:, effect], own, caused, units, p)
        made["granger_dh"] = {"statistic": mean.ztilde, "df1": 1.0, "df2": float("inf"), "p": mean.p}
        if mean.too_short:
            made["granger_dh"] = (
                f"The Dumitrescu-Hurlin test is not made: it needs more than 5 + 3 x {p} = {counted(5 + 3 * p, 'years')} of every unit, and"
                f" {mean.too_short} of {len(panel.units)} have no more."
            )
    except ValueError as fault:
        made["granger_dh"] = f"The Dumitrescu-Hurlin test is not made: {fault}."
    return made
