"""Tests of a specification: Hausman and Mundlak, F of effects, poolability, RESET, collinearity. No residual tests here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, vector
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import Absorber, absorber
from panelkit.numerics.sandwich import classical, cluster

NULL_DIRECTION = 1e-10  # share of the largest eigenvalue of the scaled difference below which a direction is not there


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hausman:
    """The classical Hausman statistic.

    Attributes
    ----------
    statistic : as computed, below zero where it comes out so; never its absolute value.
    df : rank of the difference of the covariances, which may be below the number of coefficients.
    p : chi2(df) tail, or None where the statistic is negative.
    negative : True if the statistic is below zero: the difference of covariances is not a covariance in this sample,
        so the test says nothing; use `robust_hausman`.
    indefinite : True if the difference has a negative eigenvalue, whatever the sign of the statistic.
    difference : (k,) consistent less efficient coefficients.
    """

    statistic: float
    df: int
    p: float | None
    negative: bool
    indefinite: bool
    difference: FloatArray


def hausman(b: FloatArray, V: FloatArray, b_efficient: FloatArray, V_efficient: FloatArray) -> Hausman:
    """Give back the classical Hausman test of fixed against random effects (or any consistent-efficient pair).

    Parameters
    ----------
    b, V : (k,), (k, k) of the estimator that is consistent either way (within), common coefficients only, no constant.
    b_efficient, V_efficient : of the one that is efficient under the null (random effects), same order.

    Raises
    ------
    ValueError
        If the shapes differ or the two covariances are equal.

    Notes
    -----
    Assumes that the second estimator is fully efficient: errors homoskedastic and serially uncorrelated within unit,
    and variance components right. Clustered covariances do not belong here (their difference means nothing). At
    T = 13 and 31 units the between variation rests on 31 points: a failure to reject is weak evidence for random effects.

    Source
    ------
    Hausman (1978, Econometrica 46, doi:10.2307/1913827). R plm `phtest` and Stata `hausman` (plm prints the absolute
    value; Stata prints the negative number and says so, as here). Generalised inverse and rank as Stata.
    """
    first, second = vector(b, "b"), vector(b_efficient, "b_efficient", len(b))
    k = first.shape[0]
    V1, V2 = matrix(V, "V", k), matrix(V_efficient, "V_efficient", k)
    if V1.shape[1] != k or V2.shape[1] != k or k == 0:
        raise ValueError(f"{k} coefficients do not fit covariances of shapes {V1.shape} and {V2.shape}")
    gap = first - second
    length = np.sqrt(np.maximum(np.diag(V1), np.finfo(float).tiny))
    spread = (V1 - V2) / length[:, None] / length[None, :]
    values, vectors = np.linalg.eigh((spread + spread.T) / 2)
    alive = np.abs(values) > NULL_DIRECTION * np.abs(values).max(initial=0.0)
    if np.abs(values).max() < NULL_DIRECTION:
        raise ValueError("the two covariances are equal: there is nothing to test")
    coordinates = vectors[:, alive].T @ (gap / length)
    statistic = float(np.sum(coordinates**2 / values[alive]))
    df = int(alive.sum())
    return Hausman(
        statistic=statistic,
        df=df,
        p=None if statistic < 0 else _chi2_tail(statistic, df),
        negative=statistic < 0,
        indefinite=bool((values[alive] < 0).any()),
        difference=gap,
    )


def added_terms(
    base: FloatArray,
    added: FloatArray,
    y: FloatArray,
    cluster_codes: IntArray | None = None,
    factor: float = 1.0,
    df2: float | None = None,
    absorbed: int = 0,
) -> Wald:
    """Give back the Wald test that the columns `added` are not needed beside `base`.

    Parameters
    ----------
    base : (n, k) columns kept under the null, the constant among them unless effects were swept off.
    added : (n, r) columns tested.
    y : (n,).
    cluster_codes : (n,) codes for a clustered covariance; None gives the classical one.
    factor : small-sample factor on the raw clustered covariance (`small_sample.factor`).
    df2 : denominator degrees of freedom; None gives G-1 (clustered) or n-k-r-absorbed (classical); infinity gives chi2.
    absorbed : rank of the effects already swept off (classical only).

    Raises
    ------
    ValueError
        If the columns are collinear or no degrees of freedom are left.

    Source
    ------
    Auxiliary regression as in Wooldridge (2010, section 10.7.3); statistic x df1 is the chi2 form that plm prints.
    """
    left = matrix(base, "the base columns")
    right = matrix(added, "the added columns", left.shape[0])
    n, r = right.shape
    fit = solve(np.column_stack([left, right]), y)
    k = left.shape[1]
    if cluster_codes is None:
        df = float(n - k - r - absorbed)
        V = classical(fit.bread, fit.rss, df)
    else:
        coded, groups = group_codes(cluster_codes, "the cluster", n)
        df = float(groups - 1)
        V = factor * cluster(fit.bread, np.column_stack([left, right]), fit.residuals, coded)
    return wald(fit.coefficients[k:], V[k:, k:], df if df2 is None else df2)


def robust_hausman(
    demeaned: FloatArray,
    means: FloatArray,
    y: FloatArray,
    cluster_codes: IntArray | None,
    factor: float = 1.0,
    df2: float | None = None,
    controls: FloatArray | None = None,
) -> Wald:
    """Give back the Mundlak test: y on regressors, their unit means and controls; are the means needed?

    Parameters
    ----------
    demeaned, means : (n, k) regressors less their unit means, and those means repeated over the rows of the unit. With
        `y` in levels this is Mundlak's regression by pooled least squares; with y, demeaned and means all
        quasi-demeaned (demeaned unchanged, means times 1-theta) it is plm's `phtest(method="aux")`.
    y : (n,).
    cluster_codes : (n,) unit codes (or coarser); None gives the classical covariance.
    factor, df2 : as in `added_terms`.
    controls : (n, m) further columns without means (year dummies, time-constant variables); the constant is added.

    Raises
    ------
    ValueError
        If a mean is collinear with the controls (a regressor equal in all units has no mean of its own: leave it out).

    Notes
    -----
    Assumes only that units (clusters) are independent: valid under heteroskedasticity and serial correlation, unlike
    `hausman`. Its power comes from the number of units, not from T: with 31 units a large correlation of effects and
    regressors can pass unseen.

    Source
    ------
    Mundlak (1978, doi:10.2307/1913646); Arellano (1993, doi:10.1016/0304-4076(93)90036-Z); Wooldridge (2010, 10.7.3).
    """
    own = matrix(demeaned, "the demeaned regressors")
    between = matrix(means, "the unit means", own.shape[0])
    if own.shape != between.shape:
        raise ValueError(f"{own.shape[1]} demeaned regressors do not fit {between.shape[1]} means")
    n = own.shape[0]
    extra = np.zeros((n, 0)) if controls is None else matrix(controls, "the controls", n)
    scale = np.maximum(np.sqrt((own**2).sum(axis=0)), np.finfo(float).tiny)
    base = np.column_stack([np.ones(n), extra, (own + between) / scale])
    return added_terms(base, between / scale, y, cluster_codes, factor, df2)


def nested_f(rss_restricted: float, df_restricted: int, rss: float, df: int) -> Wald:
    """Give back the F test of a nested model, as of fixed effects against the pooled regression.

    Parameters
    ----------
    rss_restricted, df_restricted : residual sum of squares and residual degrees of freedom without the effects.
    rss, df : with them.

    Raises
    ------
    ValueError
        If the first model is not the smaller one.

    Notes
    -----
    Assumes homoskedastic errors without serial correlation; with serial correlation it rejects too often.

    Source
    ------
    R plm `pFtest`; the last line of Stata `xtreg, fe`.
    """
    df1 = df_restricted - df
    if df1 <= 0 or df <= 0 or rss <= 0 or rss_restricted < rss * (1 - 1e-12):
        raise ValueError("the restricted model must have more residual degrees of freedom and a larger sum of squares")
    statistic = max(rss_restricted - rss, 0.0) / df1 / (rss / df)
    return Wald(statistic=statistic, df1=df1, df2=float(df), p=_f_tail(statistic, df1, df), rank_deficient=False)


def poolability(X: FloatArray, y: FloatArray, unit: IntArray, against: Literal["within", "pooling"] = "within") -> Wald:
    """Give back the Chow F test that the slopes (and, against `pooling`, the constants) are equal in all units.

    Parameters
    ----------
    X : (n, k) regressors in levels, no constant.
    y : (n,).
    unit : (n,) unit codes. Degrees of freedom follow the rank of each unit's own regression: a regressor that does not vary in
        a unit has no slope there, and a unit as short as its slopes fits exactly and takes no part (R `pooltest` counts so too).
    against : `within` keeps unit constants under the null, `pooling` one constant.

    Raises
    ------
    ValueError
        If no unit leaves a degree of freedom, or no unit has slopes of its own.

    Notes
    -----
    Assumes equal error variance in all units and no serial correlation; with unequal variances it over-rejects
    (`heterogeneity.swamy` weights by them). With k slopes and T = 13 each unit has 12-k degrees of freedom of its own.

    Source
    ------
    R plm `pooltest(model = )`; Baltagi (2013, section 4.1.3).
    """
    if against not in ("within", "pooling"):
        raise ValueError(f"slopes are pooled against 'within' or 'pooling', not {against!r}")
    design = matrix(X, "X")
    n, k = design.shape
    outcome = vector(y, "y", n)
    codes, units = group_codes(unit, "the unit", n)
    sweep = absorber([codes])
    own, target = sweep.residualise(design), sweep.residualise(outcome)
    rss, free = 0.0, n - units
    size = np.sqrt(np.mean(design**2, axis=0))
    for rows in np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1]):
        fitted, rank = _own_fit(own[rows], target[rows], size)
        rss += fitted
        free -= rank
    if against == "within":
        restricted, df = solve(own, target).rss, n - units - k
    else:
        restricted, df = solve(np.column_stack([np.ones(n), design]), outcome).rss, n - k - 1
    return nested_f(restricted, df, rss, free)


def own_ranks(X: FloatArray, unit: IntArray) -> IntArray:
    """Give back how many slopes each unit's own regression identifies (units,); k where every regressor varies in it."""
    design = matrix(X, "X")
    codes, _ = group_codes(unit, "the unit", design.shape[0])
    own = absorber([codes]).residualise(design)
    size = np.sqrt(np.mean(design**2, axis=0))
    blocks = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return np.array([_own_fit(own[rows], np.zeros(len(rows)), size)[1] for rows in blocks])


def _own_fit(own: FloatArray, target: FloatArray, size: FloatArray) -> tuple[float, int]:
    """Residual sum of squares and rank of one unit's demeaned regression; a column at rounding of its `size` (k,) is none."""
    norm = np.linalg.norm(own, axis=0)
    alive = norm > 1e-9 * size * np.sqrt(len(own))
    if not alive.any():
        return float(target @ target), 0
    scaled = own[:, alive] / norm[alive]
    b, _, rank, _ = np.linalg.lstsq(scaled, target, rcond=1e-9)
    rest = target - scaled @ b
    return float(rest @ rest), int(rank)


def reset(
    X: FloatArray,
    y: FloatArray,
    fitted: FloatArray,
    sweep: Absorber,
    powers: Sequence[int] = (2, 3),
    cluster_codes: IntArray | None = None,
    factor: float = 1.0,
) -> Wald:
    """Give back Ramsey's RESET: are powers of the fitted values needed?

    Parameters
    ----------
    X, y : (n, k), (n,) already residualised by `sweep` (without effects: X holds the constant).
    fitted : (n,) fitted values in levels, the effects included.
    sweep : the projection that was applied; the powers are residualised by it too.
    powers : powers of the fitted values, 2 or higher.
    cluster_codes, factor : clustered covariance; None gives the classical one.

    Raises
    ------
    ValueError
        If a power is below 2 or the powers are collinear with the regressors.

    Notes
    -----
    Assumes strictly exogenous regressors. It looks for a wrong functional form along the fitted value only, not for
    omitted variables as such. Fitted values are centred and scaled first, which changes nothing but the rounding.

    Source
    ------
    Ramsey (1969, doi:10.1111/j.2517-6161.1969.tb00796.x); R lmtest `resettest(type = "fitted")`, Stata `estat ovtest` (powers 2-4).
    """
    if not powers or min(powers) < 2:
        raise ValueError("RESET takes powers of 2 and higher")
    level = vector(fitted, "the fitted values", len(y))
    spread = float(level.std())
    if spread == 0:
        raise ValueError("the fitted values do not vary: RESET has nothing to add")
    scaled = (level - level.mean()) / spread
    added = sweep.residualise(np.column_stack([scaled**p for p in powers]))
    return added_terms(X, added, y, cluster_codes, factor, absorbed=_rank(sweep))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collinearity:
    """Variance inflation factors (k,), condition indices (k,) rising, their largest, and Belsley's shares (k, k): row j
    gives the share of each coefficient's variance that comes from condition index j."""

    vif: FloatArray
    indices: FloatArray
    condition_number: float
    shares: FloatArray


def collinearity(X: FloatArray) -> Collinearity:
    """Give back how collinear the regressors are, after residualising.

    Parameters
    ----------
    X : (n, k) regressors residualised off the effects (or centred, for a model with a constant only): an
        inflation factor in levels says nothing about a within model.

    Raises
    ------
    ValueError
        If a column vanishes.

    Notes
    -----
    Customary marks: VIF above 10, condition number above 30. They describe precision; they test nothing.

    Source
    ------
    Belsley, Kuh and Welsch (1980), columns scaled to length one; on residualised columns, so without the constant's
    own row. VIF as R car `vif` and Stata `estat vif` on the residualised columns.
    """
    columns = matrix(X, "X")
    length = np.linalg.norm(columns, axis=0)
    if columns.shape[1] == 0 or (length == 0).any():
        raise ValueError("collinearity needs one column or more, none of them zero after residualising")
    _, singular, right = np.linalg.svd(columns / length, full_matrices=False)
    floor = np.finfo(float).eps * singular[0]
    parts = (right.T / np.maximum(singular, floor)) ** 2
    vif = parts.sum(axis=1)
    indices = singular[0] / np.maximum(singular, floor)
    return Collinearity(vif=vif, indices=indices, condition_number=float(indices[-1]), shares=(parts / vif[:, None]).T)


def _rank(sweep: Absorber) -> int:
    return 0 if sweep.first is None else sweep.rank


def _chi2_tail(statistic: float, df: float) -> float:
    from scipy import special

    return float(special.chdtrc(df, statistic))


def _f_tail(statistic: float, df1: float, df2: float) -> float:
    from scipy import special

    return float(special.fdtrc(df1, df2, statistic))
