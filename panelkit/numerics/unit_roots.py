"""Panel unit-root tests: Levin-Lin-Chu, Im-Pesaran-Shin, CIPS. Tables in unit_root_tables, Fisher types in combined_p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, vector
from panelkit.numerics.least_squares import Solution, solve
from panelkit.numerics.unit_root_tables import (
    TRUNCATION,
    Deterministic,
    cips_critical,
    ips_moments,
    llc_moments,
)

Lags = int | Literal["AIC", "SIC"]
Divisor = Literal["free", "rows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelUnitRoot:
    """A panel statistic and its pieces.

    Attributes
    ----------
    statistic, p : of the panel; a small p speaks for stationarity of (some) units.
    t, lags, rows : (N,) each unit's Dickey-Fuller t, lags and usable rows, in the order of the unit codes.
    """

    statistic: float
    p: float
    t: FloatArray
    lags: IntArray
    rows: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cips:
    """Mean of the units' cross-sectionally augmented t, its critical values at 1, 5, 10 %, and the level it passes
    (0.01, 0.05, 0.10, or None); t (N,) of the units, truncated if `form` was; `outside` if N or T leaves the tables."""

    statistic: float
    critical: tuple[float, float, float]
    rejects_at: float | None
    t: FloatArray
    outside: bool


def adf(
    values: FloatArray,
    unit: IntArray,
    time: IntArray,
    lags: Lags,
    deterministic: Deterministic,
    most: int = 4,
    divisor: Divisor = "free",
) -> PanelUnitRoot:
    """Give back each unit's augmented Dickey-Fuller t; `statistic` is their mean (t-bar), `p` not a number.

    Parameters
    ----------
    values : (n,) the variable in levels.
    unit : (n,) codes; time : (n,) integer periods. Units may start and end at different periods; no gap inside.
    lags : of the difference, the same in every unit, or chosen by `AIC` or `SIC` unit by unit from 0..most on the same rows.
    deterministic : `none`, `intercept` or `trend` (with intercept), in every unit.
    divisor : of the residual variance: `free` its degrees of freedom T-k (textbooks, Stata), `rows` T (plm's default).

    Raises
    ------
    ValueError
        If a series has a gap, is too short, or a name is unknown.

    Source
    ------
    R plm `purtest(dfcor = TRUE, fixedT = TRUE)`; plm's default is `dfcor = FALSE` (`rows`), which makes every |t| larger by
    sqrt(T/(T-k)): 17 % at T = 11 with three coefficients. Criteria log(rss/T) + 2k/T (AIC), + k log(T)/T (SIC).
    """
    chosen = [(i, s, _lag(s, lags, deterministic, most, i)) for i, s in _series(values, unit, time)]
    fits = [_adf(s, count, deterministic, i, divisor) for i, s, count in chosen]
    return _result(float(np.mean([f.t for f in fits])), float("nan"), fits)


def levin_lin_chu(
    values: FloatArray, unit: IntArray, time: IntArray, lags: Lags, deterministic: Deterministic, most: int = 4
) -> PanelUnitRoot:
    """Give back the Levin-Lin-Chu adjusted t (standard normal, left tail); balanced panels only. Arguments as `adf`.

    Raises
    ------
    ValueError
        As `adf`, and if the panel is unbalanced.

    Notes
    -----
    Assumes units independent of each other and, under the alternative, the SAME autoregression in all. NOT for T = 13: no
    adjustment is printed below T = 25 (that of 25 is used, as plm does), and with 31 units and one lag it rejects a
    true unit root 93 % of the time with an intercept, always with a trend: power means nothing there. Common shocks
    make it worse.

    Source
    ------
    Levin, Lin and Chu (2002, doi:10.1016/S0304-4076(01)00098-7, eqs 6, 12); R plm `purtest(test = "levinlin")`: Bartlett
    long-run variance with round(3.21 T^(1/3)) lags.
    """
    series = _series(values, unit, time)
    if len({s.shape[0] for _, s in series}) > 1:
        raise ValueError("Levin-Lin-Chu needs a balanced panel")
    length = series[0][1].shape[0]
    fits, ratios, levels, steps = [], [], [], []
    for i, s in series:
        fit = _adf(s, _lag(s, lags, deterministic, most, i), deterministic, i, "rows")
        step, level = _off_lags(s, fit.lags, deterministic, i)
        fits.append(fit)
        ratios.append(np.sqrt(_long_run_variance(s, deterministic)) / fit.sigma)
        steps.append(step / fit.sigma)
        levels.append(level / fit.sigma)
    x, y = np.concatenate(levels), np.concatenate(steps)
    units, m = len(series), x.shape[0]
    pooled = float(x @ y / (x @ x))
    rss = float(np.sum((y - pooled * x) ** 2))
    error = float(np.sqrt(rss / m / (x @ x)))
    average = length - float(np.mean([f.lags for f in fits])) - 1
    mean, deviation = llc_moments(length, deterministic)
    shift = units * average * float(np.mean(ratios)) / (rss / (units * average)) * error * mean
    statistic = (pooled / error - shift) / deviation
    return _result(statistic, _normal_cdf(statistic), fits)


def im_pesaran_shin(
    values: FloatArray,
    unit: IntArray,
    time: IntArray,
    lags: Lags,
    deterministic: Deterministic,
    most: int = 4,
    divisor: Divisor = "free",
) -> PanelUnitRoot:
    """Give back the Im-Pesaran-Shin W-t-bar (standard normal, left tail), unbalanced too. Arguments as `adf`.

    Raises
    ------
    ValueError
        As `adf`; without deterministic terms; or where the paper prints no moments (fewer than 10 usable rows).

    Notes
    -----
    Assumes units independent of each other (common shocks make it reject true unit roots); allows each its own
    autoregression; rejecting means that SOME units are stationary. Each unit takes the moments of its own rows and
    lags. At T = 13, one lag, 31 units: size 4 %; power at roots 0.9, 0.8, 0.7: 13, 38, 68 % with an intercept and 6, 9,
    16 % with a trend.

    Source
    ------
    Im, Pesaran and Shin (2003, eq. 4.10, table 3); R plm `purtest(test = "ips", dfcor = TRUE)`, Stata `xtunitroot ips`.
    The printed moments are those of t over T-k. plm's default (`divisor="rows"`) does not fit them: at T = 13, one lag,
    31 units it rejects a true unit root 40 % of the time at the 5 % level (tests/numerics/test_unit_roots.py).
    """
    chosen = [(i, s, _lag(s, lags, deterministic, most, i)) for i, s in _series(values, unit, time)]
    fits = [_adf(s, count, deterministic, i, divisor) for i, s, count in chosen]
    moments = np.array([ips_moments(f.rows, f.lags, deterministic) for f in fits])
    t = np.array([f.t for f in fits])
    mean, variance = moments.mean(axis=0)
    statistic = float(np.sqrt(len(fits)) * (t.mean() - mean) / np.sqrt(variance))
    return _result(statistic, _normal_cdf(statistic), fits)


def cips(
    values: FloatArray,
    unit: IntArray,
    time: IntArray,
    lags: int,
    deterministic: Deterministic,
    form: Literal["plain", "truncated"] = "truncated",
) -> Cips:
    """Give back Pesaran's cross-sectionally augmented IPS statistic with its critical values.

    Parameters
    ----------
    values, unit, time, deterministic : as in `adf`.
    lags : the same in every unit, 0 or more.
    form : `truncated` cuts each unit's t at Pesaran's bounds, which matters in short panels.

    Raises
    ------
    ValueError
        If a series has a gap or has too few rows (1 + intercept + trend + 3 + 2 lags coefficients), or a name is unknown.

    Notes
    -----
    Assumes ONE common factor; the alternative is that some units are stationary. Unbalanced: averages are over the
    units with all lags present in a period (as plm), critical values those of the longest T. At T = 13, one lag, an
    intercept and 31 units: size 4 %, power at roots 0.9, 0.8, 0.7: 7, 10, 11 %: a failure to reject says nothing.

    Source
    ------
    Pesaran (2007, doi:10.1002/jae.951, eqs 54-58, tables II); R plm `cipstest(model = "cmg")` for lags of 1 and more (plm
    has no lag 0), p-values there interpolated within 0.01-0.10. t with the residual variance over T-k, as plm.
    """
    if form not in ("plain", "truncated"):
        raise ValueError(f"the form is plain or truncated, not {form!r}")
    rows = [(i, s, first) for (i, s), first in zip(_series(values, unit, time), _starts(unit, time), strict=True)]
    parts = [_adf_columns(s, lags, "none", i) for i, s, _ in rows]
    when = [first + lags + 1 + np.arange(d.shape[0]) for (_, _, first), (d, _) in zip(rows, parts, strict=True)]
    stacked = np.concatenate([np.column_stack([d, X]) for d, X in parts])
    codes = np.unique(np.concatenate(when), return_inverse=True)[1]
    sums = np.stack([np.bincount(codes, weights=c) for c in stacked.T], axis=1)
    averages = (sums / np.bincount(codes)[:, None])[codes]
    t, start = [], 0
    for (i, _, _), (d, X) in zip(rows, parts, strict=True):
        own = slice(start, start + d.shape[0])
        start += d.shape[0]
        design = np.column_stack([X, averages[own], _terms(d.shape[0], deterministic)])
        fit = _fit(design, d, i)
        t.append(_t(fit, d.shape[0] - design.shape[1]))
    bounds = TRUNCATION[deterministic]
    own_t = np.clip(t, *bounds) if form == "truncated" else np.array(t)
    statistic, longest = float(own_t.mean()), int(codes.max()) + 1
    critical = cips_critical(len(rows), longest, deterministic, form)
    passed = [level for level, edge in zip((0.01, 0.05, 0.10), critical, strict=True) if statistic < edge]
    outside = not (10 <= len(rows) <= 200 and 10 <= longest <= 200)
    return Cips(
        statistic=statistic, critical=critical, rejects_at=passed[0] if passed else None, t=own_t, outside=outside
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    t: float
    sigma: float
    lags: int
    rows: int


def _result(statistic: float, p: float, fits: list[_Fit]) -> PanelUnitRoot:
    return PanelUnitRoot(
        statistic=statistic,
        p=p,
        t=np.array([f.t for f in fits]),
        lags=np.array([f.lags for f in fits], dtype=np.intp),
        rows=np.array([f.rows for f in fits], dtype=np.intp),
    )


def _series(values: FloatArray, unit: IntArray, time: IntArray) -> list[tuple[int, FloatArray]]:
    """Each unit's series in time order; a gap is refused, since a lag across it is no lag."""
    column = vector(values, "the variable")
    codes, units = group_codes(unit, "the unit", column.shape[0])
    periods = np.asarray(time)
    if periods.shape != column.shape or periods.dtype.kind not in "iu":
        raise ValueError("time must be an integer period for each row")
    out = []
    for i in range(units):
        rows = np.flatnonzero(codes == i)
        rows = rows[np.argsort(periods[rows], kind="stable")]
        steps = np.diff(periods[rows].astype(np.int64))
        if (steps != 1).any():
            after = int(periods[rows[int(np.argmax(steps != 1))]])
            raise ValueError(f"unit {i} has a gap or a repeated period after {after}: use a run without gaps")
        out.append((i, column[rows]))
    return out


def _starts(unit: IntArray, time: IntArray) -> list[int]:
    codes, units = group_codes(unit, "the unit")
    return [int(np.asarray(time)[codes == i].min()) for i in range(units)]


def _terms(rows: int, deterministic: Deterministic) -> FloatArray:
    if deterministic not in TRUNCATION:
        raise ValueError(f"the deterministic terms are none, intercept or trend, not {deterministic!r}")
    return np.vander(np.arange(1.0, rows + 1), {"none": 0, "intercept": 1, "trend": 2}[deterministic], increasing=True)


def _adf_columns(s: FloatArray, lags: int, deterministic: Deterministic, unit: int) -> tuple[FloatArray, FloatArray]:
    """The difference (m,) and [level before, lagged differences, deterministic terms] (m, k)."""
    if lags < 0:
        raise ValueError(f"a number of lags is 0 or more, not {lags}")
    d = np.diff(s)
    m = d.shape[0] - lags
    if m < 2:
        raise ValueError(f"unit {unit} has {s.shape[0]} periods: too few for {lags} lags")
    lagged = [d[lags - j : d.shape[0] - j] for j in range(1, lags + 1)]
    return d[lags:], np.column_stack([s[lags:-1], *lagged, _terms(m, deterministic)])


def _fit(design: FloatArray, target: FloatArray, unit: int) -> Solution:
    if target.shape[0] <= design.shape[1]:
        raise ValueError(f"unit {unit} has {target.shape[0]} usable rows for {design.shape[1]} coefficients: too few")
    try:
        return solve(design, target)
    except ValueError as fault:
        raise ValueError(f"unit {unit}: {fault}") from fault


def _t(fit: Solution, divisor: int) -> float:
    return float(fit.coefficients[0] / np.sqrt(fit.rss / divisor * fit.bread[0, 0]))


def _adf(s: FloatArray, lags: int, deterministic: Deterministic, unit: int, divisor: Divisor) -> _Fit:
    if divisor not in ("free", "rows"):
        raise ValueError(f"the residual variance is over 'free' degrees of freedom or 'rows', not {divisor!r}")
    d, design = _adf_columns(s, lags, deterministic, unit)
    fit = _fit(design, d, unit)
    m = d.shape[0]
    return _Fit(
        t=_t(fit, m if divisor == "rows" else m - design.shape[1]), sigma=float(np.sqrt(fit.rss / m)), lags=lags, rows=m
    )


def _lag(s: FloatArray, lags: Lags, deterministic: Deterministic, most: int, unit: int) -> int:
    """The number of lags: given, or the one with the lowest criterion among 0..most, the longer one in a tie (as plm)."""
    if not isinstance(lags, str):
        return int(lags)
    if lags not in ("AIC", "SIC"):
        raise ValueError(f"lags are a number, 'AIC' or 'SIC', not {lags!r}")
    best, chosen = np.inf, 0
    for count in range(most, -1, -1):
        d, design = _adf_columns(s, most, deterministic, unit)
        design = np.delete(design, np.arange(count + 1, most + 1), axis=1)
        m, k = design.shape
        penalty = 2 * k / m if lags == "AIC" else k * np.log(m) / m
        value = float(np.log(_fit(design, d, unit).rss / m) + penalty)
        if value < best:
            best, chosen = value, count
    return chosen


def _off_lags(s: FloatArray, lags: int, deterministic: Deterministic, unit: int) -> tuple[FloatArray, FloatArray]:
    """Difference and level, each less its fit on the lagged differences and deterministic terms."""
    d, design = _adf_columns(s, lags, deterministic, unit)
    nuisance = design[:, 1:]
    if nuisance.shape[1] == 0:
        return d, design[:, 0]
    return _fit(nuisance, d, unit).residuals, _fit(nuisance, design[:, 0], unit).residuals


def _long_run_variance(s: FloatArray, deterministic: Deterministic) -> float:
    d = np.diff(s)
    terms = _terms(d.shape[0], deterministic)
    if terms.shape[1]:
        d = solve(terms, d).residuals
    length = s.shape[0]
    reach = round(3.21 * length ** (1 / 3))
    total = float(d @ d)
    for lag in range(1, min(reach, d.shape[0] - 1) + 1):
        total += 2 * (1 - lag / (reach + 1)) * float(d[:-lag] @ d[lag:])
    if total <= 0:
        raise ValueError("the long-run variance of a unit is not positive: the series is too short for it")
    return total / (length - 1)


def _normal_cdf(value: float) -> float:
    from scipy import special

    return float(special.ndtr(value))
