"""A panel vector autoregression by moments: forward deviations, collapsed instruments, one or two steps. Least squares is elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Drop, Sample
from panelkit.core.estimation import Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.label import Label
from panelkit.core.request import Analytic, Clustered, Regression
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import compile_model
from panelkit.estimators._inference import answer
from panelkit.estimators._panel_var_rows import System, lag_of, term_name
from panelkit.estimators._panel_var_squares import Fitted
from panelkit.estimators._sample import sample_of
from panelkit.numerics import panel_var_gmm as gmm

MOST = 25  # instruments that the default takes at most


def fit_moments(spec: Any, system: System, setting: Setting) -> tuple[Fitted, gmm.Moments, tuple[gmm.Equation, ...]]:
    """The system by generalised method of moments.

    The first step of each equation is two-stage least squares on transformed columns, which an engine answers; the second is panelkit's.

    Raises
    ------
    EstimationError
        Fewer instruments than regressors, more than clusters in two steps, another covariance.
    """
    where = f"models.{spec.id}"
    if spec.covariance is not None or setting.covariance is not None:
        raise EstimationError(
            "a system by moments has one covariance: clustered on the moments, Windmeijer's for two steps",
            where=f"{where}.covariance",
            mend="leave `covariance` out",
        )
    if len(system.clusters) > 1:
        raise EstimationError("moments are clustered on one category", where=f"{where}.cluster", mend="name one")
    moments, names, lags, rows = _moments(spec, system, where)
    first, requests, engine, design = _first_step(spec, system, setting, (moments, names, rows))
    if spec.steps == 2 and moments.instruments.shape[1] > int(moments.clusters.max()) + 1:
        raise EstimationError(
            f"{counted(moments.instruments.shape[1], 'instruments')} for "
            f"{counted(int(moments.clusters.max()) + 1, 'clusters')}: the second step's weights do not"
            " exist",
            where=f"{where}.instruments",
            mend="name fewer lags, leave the time effects out, or set steps = 1",
        )
    try:
        found = tuple(gmm.equation(moments, j, first[:, j], spec.steps) for j in range(len(system.names)))
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=where, mend="name more lags as instruments, or fewer variables"
        ) from fault
    m = len(system.columns)
    psi = np.hstack([e.influence[:, :m] for e in found])
    V = psi.T @ psi
    for j, one in enumerate(found):
        V[j * m : (j + 1) * m, j * m : (j + 1) * m] = one.covariance[:m, :m]
    u = np.column_stack([e.residuals for e in found])
    b = np.column_stack([e.coefficients[:m] for e in found])
    fitted = Fitted(
        coefficients=b,
        uncorrected=b,
        V=V,
        errors=u.T @ u / (len(u) - moments.regressors.shape[1]),
        df=float("inf"),
        covariance=Clustered(by=system.clusters, variant="cr0", small_sample="none", reference="normal"),
        requests=requests,
        design=design,
        engine=engine,
        notes=_notes(spec, system, moments, lags),
        extra=_extra(system, found, moments, lags),
        sample=_sample(system, rows),
    )
    return fitted, moments, found


def _sample(system: System, rows: np.ndarray) -> Sample:
    """The rows that deviate from later ones; the last row of a unit has none."""
    lost = Drop(
        rows=system.panel.rows - len(rows), why=f"the last row of its {system.panel.unit}: no later one to deviate from"
    )
    old = system.sample
    return sample_of(system.panel.take(rows), old.positions[rows], (*old.dropped, lost), old.clusters)


def serial_tests(system: System, moments: gmm.Moments, found: tuple[gmm.Equation, ...]) -> dict[str, dict[str, float]]:
    """AR(1) and AR(2) of differenced errors and Hansen's J, equation by equation.

    Differences are between rows that the transformation keeps, so without the last row of a unit, as pyxtabond2 takes them.
    """
    panel = system.panel
    units, times = panel.codes(panel.unit), panel.column(panel.time)
    keys = zip(units.tolist(), times.tolist(), strict=True)
    place = {key: i for i, key in enumerate(keys) if i + 1 < len(units) and units[i + 1] == units[i]}
    pairs = [(i, place[u, t - 1]) for (u, t), i in place.items() if (u, t - 1) in place]
    tests: dict[str, dict[str, float]] = {}
    now, before = (np.array([p[side] for p in pairs], dtype=np.intp) for side in (0, 1))
    clusters = panel.codes(*system.clusters[0].split("^"))
    for j, (name, one) in enumerate(zip(system.names, found, strict=True)):
        if one.hansen_df > 0:
            tests[f"hansen: {name}"] = {
                "statistic": one.hansen, "df1": float(one.hansen_df), "df2": float("inf"), "p": one.hansen_p,
            }  # fmt: skip
        if not pairs:
            continue
        X = np.column_stack([system.lags, _dummies(system)])
        differences = gmm.Differences(
            outcome=system.outcomes[now, j] - system.outcomes[before, j],
            regressors=X[now] - X[before],
            clusters=clusters[now],
            units=units[now],
            times=times[now],
        )
        for order in (1, 2):
            z, p = gmm.serial_correlation(one, moments, differences, order)
            if np.isfinite(z):
                tests[f"ar{order}: {name}"] = {"statistic": z, "df1": 1.0, "df2": float("inf"), "p": p}
    return tests


def _dummies(system: System) -> np.ndarray:
    if not system.period:
        return np.zeros((system.panel.rows, 0))
    codes = system.panel.codes(system.panel.time)
    return (codes[:, None] == np.unique(codes)[None, 1:]).astype(np.float64)


def _moments(
    spec: Any, system: System, where: str
) -> tuple[gmm.Moments, tuple[tuple[str, ...], tuple[str, ...]], tuple[int, int], np.ndarray]:
    """Transformed rows, names of dummies and instruments, the lags taken, and the places of the rows in the panel."""
    panel, levels = system.panel, system.levels
    units = panel.codes(panel.unit)
    k, D = len(system.names), _dummies(system)
    turned, rows = gmm.forward_deviations(np.column_stack([system.outcomes, system.lags, D]), units)
    dummies = turned[:, k + len(system.columns) :]
    alive = np.abs(dummies).max(axis=0, initial=0.0) > 1e-12
    dummies = dummies[:, alive]
    span = int(levels.column(levels.time).max() - levels.column(levels.time).min())
    most = min(MOST, system.sample.clusters[system.clusters[0]] - 1)
    first, last = spec.instruments or (1, max(spec.lags, min(span, (most - dummies.shape[1]) // k)))
    if k * (last - first + 1) < len(system.columns):
        raise EstimationError(
            f"lags {first} to {last} of {counted(k, 'variables are')} "
            f"{counted(k * (last - first + 1), 'instruments')} for {counted(len(system.columns), 'lags')}",
            where=f"{where}.instruments",
            mend=f"write [1, {spec.lags + 2}]",
        )
    columns, names = [], []
    for s in range(first, last + 1):
        for n in system.names:
            column = np.nan_to_num(lag_of(levels, levels.column(n), s)[system.at][rows], nan=0.0)
            if np.abs(column).max() > 0:
                columns.append(column)
                names.append(f"{n}::instrument{s}")
    moments = gmm.Moments(
        outcomes=turned[:, :k],
        regressors=np.column_stack([turned[:, k : k + len(system.columns)], dummies]),
        instruments=np.column_stack([*columns, dummies]),
        clusters=panel.codes(*system.clusters[0].split("^"))[rows],
    )
    years = [f"{panel.time}::{t}" for t, a in zip(np.unique(panel.column(panel.time))[1:], alive, strict=False) if a]
    return moments, (tuple(years), tuple(names)), (first, last), rows


def _first_step(
    spec: Any, system: System, setting: Setting, made: tuple[gmm.Moments, Any, np.ndarray]
) -> tuple[np.ndarray, tuple[Regression, ...], tuple[str, str], Any]:
    """(m, k) coefficients of two-stage least squares by an engine, lags first and then dummies."""
    moments, (years, instruments), rows = made
    taken = system.panel.take(rows)
    columns = {f"{n}::deviation": moments.outcomes[:, j] for j, n in enumerate(system.names)}
    columns |= {f"{c} deviation": moments.regressors[:, j] for j, c in enumerate(system.columns)}
    columns |= dict(zip(years, moments.regressors[:, len(system.columns) :].T, strict=True))
    columns |= dict(zip(instruments, moments.instruments.T, strict=False))
    panel = taken.extended(
        columns,
        [
            Variable(name=c, measure="", label=Label(en=c, zh=c), origin=Origin(how="transformed for the moments"))
            for c in columns
        ],
    )
    plain = replace(
        setting,
        covariance=Clustered(by=system.clusters, variant="cr0", small_sample="none", reference="normal"),
        resample=False,
    )
    inner = replace(spec, years=None, where="", exclude={}, singletons="keep", inference=Analytic(), covariance=None)
    out, requests, engine, design = [], [], ("", ""), None
    for name in system.names:
        formula = Formula(
            outcome=f"{name}::deviation",
            slopes=tuple(Slope(factors=(y,)) for y in years),
            endogenous=tuple(f"{c} deviation" for c in system.columns),
            instruments=instruments,
            constant=False,
        )
        compiled = compile_model(inner, panel, plain, formula=formula)
        got = answer(compiled, plain, f"models.{spec.id}")
        out.append(got.fit.coefficients)
        requests.append(got.request)
        engine = (got.fit.engine, got.fit.version)
        design = design or _named(compiled.design, system)
    return np.column_stack(out), tuple(requests), engine, design


def _named(design: Any, system: System) -> Any:
    """The design under the names of the terms."""
    named = {}
    for c in system.columns:
        head, _, lag = c.partition("::lag")
        named[f"{c} deviation"] = term_name(system.names[0], head, int(lag))
    return replace(design, names=tuple(named.get(n, n) for n in design.names), paths=None)


def _extra(
    system: System, found: tuple[gmm.Equation, ...], moments: gmm.Moments, lags: tuple[int, int]
) -> dict[str, float]:
    made = {"moment_instruments": float(moments.instruments.shape[1]), "transformed_rows": float(len(moments.outcomes))}
    made |= {"first_instrument_lag": float(lags[0]), "last_instrument_lag": float(lags[1])}
    for name, one in zip(system.names, found, strict=True):
        made[f"hansen_p: {name}"] = one.hansen_p
    return {key: v for key, v in made.items() if np.isfinite(v)}


def _notes(spec: Any, system: System, moments: gmm.Moments, lags: tuple[int, int]) -> tuple[str, ...]:
    steps = "two steps, Windmeijer's errors" if spec.steps == 2 else "one step"
    return (
        f"Moments on forward orthogonal deviations (Helmert), {steps}, clustered by {system.clusters[0]}, normal reference:"
        f" {counted(moments.instruments.shape[1], 'instruments')} for "
        f"{counted(moments.regressors.shape[1], 'coefficients')} of each equation"
        f" (lags {lags[0]} to {lags[1]} of the levels, collapsed), {counted(len(moments.outcomes), 'transformed rows')}.",
    )
