"""Slopes that differ by unit: mean group, common correlated effects, tests that slopes are equal. No pooled estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector
from panelkit.numerics.least_squares import Solution, solve
from panelkit.numerics.residual_tests import Statistic

Averages = Literal["none", "subtracted", "added"]
Tested = Literal["slopes", "slopes_and_constant"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanGroup:
    """Mean coefficients (k,), their covariance (k, k) and the coefficients of each unit (N, k).

    Order: constant, regressors, then for `added` averages those of y and of each regressor, then the trend. The
    pooled CCE estimator gives the regressors only.
    """

    coefficients: FloatArray
    covariance: FloatArray
    by_unit: FloatArray


def mean_group(
    X: FloatArray,
    y: FloatArray,
    unit: IntArray,
    time: IntArray,
    averages: Averages = "none",
    trend: Literal["none", "unit"] = "none",
) -> MeanGroup:
    """Give back the mean of unit-by-unit least squares and its nonparametric covariance.

    Parameters
    ----------
    X : (n, k) regressors, no constant.
    y : (n,).
    unit, time : (n,) codes; each unit needs more rows than coefficients.
    averages : of y and X over the units present in each period: `none` mean group (Pesaran and Smith 1995),
        `subtracted` demeaned mean group, `added` common correlated effects mean group (Pesaran 2006).
    trend : `unit` adds a linear trend (the time code) to each unit's regression.

    Raises
    ------
    ValueError
        If a unit is too short or its columns are collinear, naming its code; or a name is unknown.

    Notes
    -----
    Consistent for N and T large. With k regressors `added` takes 2k + 2 coefficients in each unit: at T = 13 two
    regressors leave 7 degrees of freedom and five leave one, so the mean is ruled by a few wild units (look at
    `by_unit`). Weakly exogenous or lagged regressors bias every unit's slope by order 1/T.

    Source
    ------
    Pesaran and Smith (1995, doi:10.1016/0304-4076(94)01644-F), Pesaran (2006, doi:10.1111/j.1468-0262.2006.00692.x, eqs 58, 69).
    R plm `pmg(model = "mg" | "dmg" | "cmg")`; covariance sum (b_i - b)(b_i - b)' / N(N-1).
    """
    panel = _panel(X, y, unit, time)
    columns = _columns(panel, averages, trend)
    target = panel.y - panel.averages_y if averages == "subtracted" else panel.y
    by_unit = np.stack([_own(columns, target, rows, i).coefficients for i, rows in enumerate(panel.rows)])
    units = by_unit.shape[0]
    if units < 2:
        raise ValueError("a mean over units needs two units or more")
    mean = by_unit.mean(axis=0)
    gaps = by_unit - mean
    return MeanGroup(coefficients=mean, covariance=gaps.T @ gaps / (units * (units - 1)), by_unit=by_unit)


def cce_pooled(
    X: FloatArray, y: FloatArray, unit: IntArray, time: IntArray, trend: Literal["none", "unit"] = "none"
) -> MeanGroup:
    """Give back the pooled common correlated effects estimator; arguments, Raises and Notes as `mean_group`.

    `by_unit` holds the unit slopes (N, k) whose spread gives the covariance, as in `averages="added"`.

    Source
    ------
    Pesaran (2006, eqs 65-69); R plm `pcce(model = "p")`. The covariance is N/(N-1) A^-1 B A^-1 with A the summed
    cross-products; plm scales by the shortest T, which is the same in balanced panels only.
    """
    panel = _panel(X, y, unit, time)
    k = panel.X.shape[1]
    nuisance = _columns(panel, "added", trend)
    nuisance = np.delete(nuisance, np.arange(1, k + 1), axis=1)
    products, moments, slopes = [], [], []
    for i, rows in enumerate(panel.rows):
        joint = np.column_stack([panel.X[rows], panel.y[rows]])
        fit = [_own(nuisance, joint[:, j], rows, i, sliced=True).residuals for j in range(k + 1)]
        clean, target = np.column_stack(fit[:k]), fit[k]
        if rows.shape[0] <= nuisance.shape[1] + k:
            raise ValueError(
                f"unit {i} has {rows.shape[0]} rows; its regression needs more than {nuisance.shape[1] + k}"
            )
        products.append(clean.T @ clean)
        moments.append(clean.T @ target)
        slopes.append(_named(clean, target, i).coefficients)
    A, by_unit = np.sum(products, axis=0), np.stack(slopes)
    units = len(products)
    if units < 2:
        raise ValueError("a mean over units needs two units or more")
    scaled = np.stack([P @ g for P, g in zip(products, by_unit - by_unit.mean(axis=0), strict=True)])
    inverse = np.linalg.inv(A)
    covariance = units / (units - 1) * inverse @ (scaled.T @ scaled) @ inverse
    return MeanGroup(coefficients=inverse @ np.sum(moments, axis=0), covariance=covariance, by_unit=by_unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlopeHomogeneity:
    """Pesaran and Yamagata's standardised dispersion: delta and its small-sample form, both normal and two-sided; the
    dispersion they standardise."""

    delta: Statistic
    adjusted: Statistic
    dispersion: float


def slope_homogeneity(X: FloatArray, y: FloatArray, unit: IntArray) -> SlopeHomogeneity:
    """Give back the test that all slopes are equal across units, each unit keeping its constant.

    Parameters
    ----------
    X : (n, k) regressors, no constant.
    y : (n,).
    unit : (n,) codes; each unit needs k + 2 rows or more.

    Raises
    ------
    ValueError
        If a unit is too short or its columns are collinear.

    Notes
    -----
    Assumes errors independent across units and over time (serial correlation makes it over-reject; common factors
    too) and strictly exogenous regressors. Use `adjusted` below T = 50. At T = 13, k = 2, 31 units, normal errors of the
    size of the regressors' own variation: size 8 %, power 39 and 87 % when the slopes' deviation is 0.2 and 0.3.

    Source
    ------
    Pesaran and Yamagata (2008, doi:10.1016/j.jeconom.2007.05.010, eqs 24-29); Stata `xthst` (Bersvendsen and Ditzen 2021).
    Unit variances from the within residuals over T-1; the weighted pooled slope; each unit's distance is standardised
    by its own T, which is their formula where the panel is balanced.
    """
    design, target, rows = _demeaned(X, y, unit)
    k = design.shape[1]
    pooled = solve(design, target)
    sizes = np.array([r.shape[0] for r in rows], dtype=np.float64)
    if sizes.min() <= k + 1:
        raise ValueError(f"unit {int(np.argmin(sizes))} has {int(sizes.min())} rows; the test needs more than {k + 1}")
    variances = np.array([float(np.sum(pooled.residuals[r] ** 2)) for r in rows]) / (sizes - 1)
    distances = _distances(design, target, rows, variances)
    spread = 2 * k * (sizes - k - 1) / (sizes + 1)
    units = len(rows)
    delta = float(np.sum(distances - k) / np.sqrt(units * 2 * k))
    adjusted = float(np.sum((distances - k) / np.sqrt(spread)) / np.sqrt(units))
    return SlopeHomogeneity(delta=_normal(delta), adjusted=_normal(adjusted), dispersion=float(distances.sum()))


def swamy(X: FloatArray, y: FloatArray, unit: IntArray, tested: Tested = "slopes") -> Statistic:
    """Give back Swamy's chi2 test that the coefficients are equal in all units.

    Parameters
    ----------
    X, y, unit : as in `slope_homogeneity`.
    tested : `slopes` leaves each unit its constant; `slopes_and_constant` tests the constant too (R plm `pvcm`).

    Raises
    ------
    ValueError
        If a unit is too short, its columns collinear, or the name unknown.

    Notes
    -----
    Assumes T large against N: each unit's variance comes from its own T-k-1 degrees of freedom. At T = 13, k = 2 and
    31 units it rejects true homogeneity 32 % of the time; prefer `slope_homogeneity`.

    Source
    ------
    Swamy (1970, doi:10.2307/1913012); R plm `pvcm(model = "random")$chisq.test`, Stata `xtrc`: unit variances over T-k-1.
    """
    if tested == "slopes":
        design, target, rows = _demeaned(X, y, unit)
        lost = design.shape[1] + 1
    elif tested == "slopes_and_constant":
        columns = matrix(X, "X")
        design = np.column_stack([np.ones(columns.shape[0]), columns])
        target = vector(y, "y", columns.shape[0])
        rows = _rows(group_codes(unit, "the unit", columns.shape[0])[0])
        lost = design.shape[1]
    else:
        raise ValueError(f"tested is 'slopes' or 'slopes_and_constant', not {tested!r}")
    variances = np.zeros(len(rows))
    for i, r in enumerate(rows):
        if r.shape[0] <= lost:
            raise ValueError(f"unit {i} has {r.shape[0]} rows; its own regression needs more than {lost}")
        variances[i] = _own(design, target, r, i).rss / (r.shape[0] - lost)
    statistic = float(_distances(design, target, rows, variances).sum())
    from scipy import special

    df = design.shape[1] * (len(rows) - 1)
    return Statistic(statistic=statistic, df=(float(df),), p=float(special.chdtrc(df, statistic)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Panel:
    X: FloatArray
    y: FloatArray
    time: IntArray
    averages_x: FloatArray
    averages_y: FloatArray
    rows: list[IntArray]


def _panel(X: FloatArray, y: FloatArray, unit: IntArray, time: IntArray) -> _Panel:
    design = matrix(X, "X")
    n = design.shape[0]
    outcome = vector(y, "y", n)
    codes, _ = group_codes(unit, "the unit", n)
    periods, count = group_codes(time, "the time", n)
    if np.unique(codes * count + periods).shape[0] != n:
        raise ValueError("a unit has two rows in one period")
    means = group_sums(np.column_stack([design, outcome]), periods, count) / np.bincount(periods)[:, None]
    own = means[periods]
    return _Panel(X=design, y=outcome, time=periods, averages_x=own[:, :-1], averages_y=own[:, -1], rows=_rows(codes))


def _columns(panel: _Panel, averages: Averages, trend: str) -> FloatArray:
    """The columns of every unit's regression, the constant first."""
    n = panel.y.shape[0]
    parts = [np.ones(n), panel.X - panel.averages_x if averages == "subtracted" else panel.X]
    if averages == "added":
        parts += [panel.averages_y, panel.averages_x]
    elif averages not in ("none", "subtracted"):
        raise ValueError(f"averages are none, subtracted or added, not {averages!r}")
    if trend == "unit":
        parts.append(panel.time.astype(np.float64))
    elif trend != "none":
        raise ValueError(f"the trend is none or unit, not {trend!r}")
    return np.column_stack(parts)


def _rows(codes: IntArray) -> list[IntArray]:
    order = np.argsort(codes, kind="stable")
    return list(np.split(order, np.cumsum(np.bincount(codes))[:-1]))


def _own(columns: FloatArray, target: FloatArray, rows: IntArray, unit: int, sliced: bool = False) -> Solution:
    """One unit's regression; a message names the unit."""
    design = columns[rows]
    if rows.shape[0] <= design.shape[1]:
        raise ValueError(f"unit {unit} has {rows.shape[0]} rows; its regression needs more than {design.shape[1]}")
    return _named(design, target if sliced else target[rows], unit)


def _named(design: FloatArray, target: FloatArray, unit: int) -> Solution:
    try:
        return solve(design, target)
    except ValueError as fault:
        raise ValueError(f"unit {unit}: {fault}") from fault


def _demeaned(X: FloatArray, y: FloatArray, unit: IntArray) -> tuple[FloatArray, FloatArray, list[IntArray]]:
    design = matrix(X, "X")
    n = design.shape[0]
    both = np.column_stack([design, vector(y, "y", n)])
    codes, units = group_codes(unit, "the unit", n)
    if units < 2:
        raise ValueError("slopes are compared across two units or more")
    for _ in range(2):
        both = both - (group_sums(both, codes, units) / np.bincount(codes)[:, None])[codes]
    return both[:, :-1], both[:, -1], _rows(codes)


def _distances(design: FloatArray, target: FloatArray, rows: list[IntArray], variances: FloatArray) -> FloatArray:
    """(b_i - b)' X_i'X_i (b_i - b) / s_i2 for each unit, b the precision-weighted pooled coefficients."""
    if (variances <= 0).any():
        raise ValueError(f"unit {int(np.argmin(variances))} is fitted exactly: it has no variance")
    weights = np.zeros(target.shape[0])
    for r, s in zip(rows, variances, strict=True):
        weights[r] = 1 / s
    pooled = solve(design, target, weights).coefficients
    out = np.zeros(len(rows))
    for i, r in enumerate(rows):
        gap = design[r] @ (_own(design, target, r, i).coefficients - pooled)
        out[i] = float(gap @ gap) / variances[i]
    return out


def _normal(statistic: float) -> Statistic:
    from scipy import special

    return Statistic(statistic=statistic, df=(), p=float(2 * special.ndtr(-abs(statistic))))
