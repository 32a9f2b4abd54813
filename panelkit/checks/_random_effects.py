"""Within and random-effects slopes (Swamy and Arora) of one equation, side by side. No test of one against the other lives here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.checks._model import Levels, dummies
from panelkit.core.counted import counted
from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import absorber, collinear


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """The two estimators of the slopes that vary within and between units.

    names : of the k slopes compared. within, V_within and random, V_random : (k,), (k, k), classical covariances.
    theta : (n,) share of the unit mean taken off. error, unit_variance : the variance components.
    demeaned, means : (n, k) the compared regressors less their unit means, and those means. controls : (n, m) the other
    columns (constant within units, equal in mean over units, or dummies of the other effects), and their unit means.
    quasi_x, quasi_y : (n, k + m), (n,) quasi-demeaned, the constant left out.
    """

    names: tuple[str, ...]
    within: FloatArray
    V_within: FloatArray
    random: FloatArray
    V_random: FloatArray
    theta: FloatArray
    error: float
    unit_variance: float
    demeaned: FloatArray
    means: FloatArray
    controls: FloatArray
    quasi_x: FloatArray
    quasi_y: FloatArray


def pair(levels: Levels) -> Pair:
    """Both estimators on the same rows; the model's effects other than the unit's enter as dummies in both.

    Raises
    ------
    ValueError
        If no regressor varies within units, or no degrees of freedom are left.

    Source
    ------
    Swamy and Arora (1972, doi:10.2307/1909405); unbalanced Baltagi and Chang (1994, doi:10.1016/0304-4076(94)90030-2), as
    R plm `random.method = "swar"` and Stata `xtreg, re sa`.
    """
    others = [e for e in levels.beside(levels.unit)[1:] if not _coarser(levels.unit, e)]
    sweep = absorber([levels.unit, *others])
    bad = set(collinear(sweep.residualise(levels.X), levels.X))
    moving = [j for j in range(levels.X.shape[1]) if j not in bad]
    if not moving:
        raise ValueError("no regressor varies within units beside the other effects")
    moving, alike = _compared(levels, moving)
    order = [*moving, *alike]
    own = solve(sweep.residualise(levels.X[:, order]), sweep.residualise(levels.y))
    df = levels.rows - len(order) - sweep.rank
    if df <= 0:
        raise ValueError("the within regression leaves no degrees of freedom")
    error = own.rss / df
    controls = np.column_stack([levels.X[:, [*alike, *sorted(bad)]], dummies(others, levels.rows)])
    controls = _independent(np.column_stack([np.ones(levels.rows), levels.X[:, moving]]), controls)
    full = np.column_stack([levels.X[:, moving], controls])
    variance = _unit_variance(full, levels.y, levels.unit, error)
    sizes = np.bincount(levels.unit)
    theta = (1 - np.sqrt(error / (sizes * variance + error)))[levels.unit]
    quasi_x = full - theta[:, None] * unit_means(full, levels.unit)
    quasi_y = levels.y - theta * unit_means(levels.y[:, None], levels.unit)[:, 0]
    fit = solve(np.column_stack([1 - theta, quasi_x]), quasi_y)
    k = len(moving)
    V = fit.bread * fit.rss / (levels.rows - 1 - full.shape[1])
    means = unit_means(levels.X[:, moving], levels.unit)
    return Pair(
        names=tuple(levels.names[j] for j in moving),
        within=own.coefficients[:k],
        V_within=own.bread[:k, :k] * error,
        random=fit.coefficients[1 : k + 1],
        V_random=V[1 : k + 1, 1 : k + 1],
        theta=theta,
        error=error,
        unit_variance=variance,
        demeaned=levels.X[:, moving] - means,
        means=means,
        controls=_independent(
            np.column_stack([np.ones(levels.rows), levels.X[:, moving], means]),
            np.column_stack([controls, unit_means(controls, levels.unit)]),
        ),
        quasi_x=quasi_x,
        quasi_y=quasi_y,
    )


def _compared(levels: Levels, moving: list[int]) -> tuple[list[int], list[int]]:
    """Those with a unit mean of their own, and those without (a year dummy in a balanced panel): there is nothing to compare."""
    columns = np.column_stack([np.ones(levels.rows), levels.X[:, moving]])
    bad = set(collinear(unit_means(columns, levels.unit), columns))
    tested = [j for k, j in enumerate(moving) if k + 1 not in bad]
    if not tested:
        raise ValueError("the unit means of all regressors are equal: within and random effects are the same")
    return tested, [j for k, j in enumerate(moving) if k + 1 in bad]


def unit_means(values: FloatArray, unit: IntArray) -> FloatArray:
    """(n, m) means by unit, repeated over the unit's rows."""
    size = np.bincount(unit)
    sums = np.zeros((len(size), values.shape[1]))
    np.add.at(sums, unit, values)
    out: FloatArray = (sums / size[:, None])[unit]
    return out


def _unit_variance(X: FloatArray, y: FloatArray, unit: IntArray, error: float) -> float:
    """Variance of the unit effects from the regression on unit means, zero where it comes out below."""
    n, size = len(y), np.bincount(unit)
    columns = np.column_stack([np.ones(n), X])
    means = unit_means(columns, unit)
    kept = [j for j in range(columns.shape[1]) if j not in set(collinear(means, columns))]
    between, columns = means[:, kept], columns[:, kept]
    if len(size) <= len(kept):
        raise ValueError(
            f"{counted(len(size), 'units are')} too few for {counted(len(kept), 'coefficients')} between them"
        )
    rss = solve(between, unit_means(y[:, None], unit)[:, 0]).rss
    summed = np.zeros((len(size), len(kept)))
    np.add.at(summed, unit, columns)
    trace = float(np.trace(np.linalg.solve(between.T @ between, summed.T @ summed)))
    return max((rss - (len(size) - len(kept)) * error) / (n - trace), 0.0)


def _independent(base: FloatArray, columns: FloatArray) -> FloatArray:
    """The columns that are no combination of `base` and of each other."""
    together = np.column_stack([base, columns])
    bad = set(collinear(together, together))
    out: FloatArray = columns[:, [j for j in range(columns.shape[1]) if base.shape[1] + j not in bad]]
    return out


def _coarser(unit: IntArray, effect: IntArray) -> bool:
    """Whether `effect` is constant within units, so that the unit effects hold it."""
    return len(np.unique(unit * (int(effect.max()) + 1) + effect)) == int(unit.max()) + 1
