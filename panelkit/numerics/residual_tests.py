"""Tests on residuals: random effects, serial correlation, group-wise variance, dependence across units. No fitting here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, vector
from panelkit.numerics.least_squares import solve
from panelkit.numerics.sandwich import cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A statistic, its degrees of freedom (empty for a normal one) and its p-value."""

    statistic: float
    df: tuple[float, ...]
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffectsLM:
    """Lagrange multiplier tests for unit effects, time effects and both; chi2 (`bp`), one-sided normal (`honda`,
    `king_wu`) and the mixed chi2 of Gourieroux, Holly and Monfort (`ghm`), whose weights are 1/4, 1/2, 1/4 on 0, 1, 2."""

    bp_unit: Statistic
    bp_time: Statistic
    bp_both: Statistic
    honda_unit: Statistic
    honda_time: Statistic
    honda_both: Statistic
    king_wu_both: Statistic
    ghm: Statistic


def random_effects_lm(u: FloatArray, unit: IntArray, time: IntArray) -> RandomEffectsLM:
    """Give back the Breusch-Pagan tests for random effects and their one-sided forms, balanced or not.

    Parameters
    ----------
    u : (n,) residuals of the POOLED regression with a constant.
    unit, time : (n,) codes.

    Raises
    ------
    ValueError
        If lengths differ, no unit (or period) has two rows, or the residuals are all zero.

    Notes
    -----
    Assumes normal, homoskedastic errors without serial correlation under the null: serial correlation within units is
    taken for a unit effect and rejects just the same. The one-sided Honda form has more power, a variance not being
    negative. Power is no concern at T = 13; what a rejection means is.

    Source
    ------
    Breusch and Pagan (1980, doi:10.2307/2297111), unbalanced Baltagi and Li (1990, doi:10.1080/07474939008800180),
    Honda (1985, doi:10.2307/2297481), King and Wu (1997), Gourieroux, Holly and Monfort (1982). R plm `plmtest`.
    Stata `xttest0` is `bp_unit`, with half the p-value (one-sided mixture) in newer versions.
    """
    residuals = vector(u, "the residuals")
    n = residuals.shape[0]
    rss = float(residuals @ residuals)
    if rss == 0:
        raise ValueError("the residuals are all zero")
    signed, counts = [], []
    for codes, name in ((unit, "the unit"), (time, "the time")):
        coded, levels = group_codes(codes, name, n)
        sizes = np.bincount(coded, minlength=levels)
        spare = float((sizes**2).sum() - n)
        if spare <= 0:
            raise ValueError(f"{name} has no level with two rows: its effect cannot be told from the error")
        sums = np.bincount(coded, weights=residuals, minlength=levels)
        signed.append(n / np.sqrt(2 * spare) * (float(sums @ sums) / rss - 1))
        counts.append(spare)
    first, second = signed
    both = (first + second) / np.sqrt(2)
    king_wu = (np.sqrt(counts[0]) * first + np.sqrt(counts[1]) * second) / np.sqrt(sum(counts))
    mixed = max(0.0, first) ** 2 + max(0.0, second) ** 2
    ghm_p = 0.5 * _chi2(mixed, 1).p + 0.25 * _chi2(mixed, 2).p + (0.25 if mixed == 0 else 0.0)
    return RandomEffectsLM(
        bp_unit=_chi2(first**2, 1),
        bp_time=_chi2(second**2, 1),
        bp_both=_chi2(first**2 + second**2, 2),
        honda_unit=_upper_normal(first),
        honda_time=_upper_normal(second),
        honda_both=_upper_normal(both),
        king_wu_both=_upper_normal(king_wu),
        ghm=Statistic(statistic=mixed, df=(0.0, 1.0, 2.0), p=ghm_p),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialCorrelation:
    """F of the residuals' autoregression: statistic, df, p, the coefficient, its value under the null, pairs used."""

    statistic: float
    df: tuple[float, float]
    p: float
    coefficient: float
    null: float
    pairs: int


def wooldridge_within(u: FloatArray, unit: IntArray, time: IntArray) -> SerialCorrelation:
    """Give back Wooldridge's test for serial correlation on within residuals.

    Parameters
    ----------
    u : (n,) residuals of the within (unit effects) regression.
    unit : (n,) codes; time : (n,) integer periods (years will do): a lag is the period before, never across a gap.

    Raises
    ------
    ValueError
        If no consecutive pairs exist or a unit-period occurs twice.

    Notes
    -----
    Assumes independence across units; robust to heteroskedasticity (clustered by unit). Under no serial correlation
    the within residuals correlate at -1/(T-1), T the number of distinct periods: in a very unbalanced panel that null
    is only roughly right. Good power at T = 13.

    Source
    ------
    Wooldridge (2010, section 10.5.4); R plm `pwartest`: constant kept, raw clustered covariance (HC0), F(1, pairs-2).
    plm lags by row, across gaps; without gaps the two are the same.
    """
    periods = int(np.unique(np.asarray(time)).shape[0])
    if periods < 3:
        raise ValueError(f"the test needs three periods or more, not {periods}")
    return _autoregression(u, unit, time, -1 / (periods - 1), "plm")


def wooldridge_difference(
    e: FloatArray,
    unit: IntArray,
    time: IntArray,
    null: Literal["levels", "differences"] = "levels",
    convention: Literal["plm", "xtserial"] = "xtserial",
) -> SerialCorrelation:
    """Give back the Wooldridge-Drukker test for serial correlation on first-difference residuals.

    Parameters
    ----------
    e : (n,) residuals of the first-difference regression: without a constant for `xtserial`, with one for `plm`.
    unit, time : (n,) codes and integer periods of the differenced rows.
    null : `levels`: errors in levels are uncorrelated, the coefficient is -1/2 (xtserial; plm h0="fe");
        `differences`: differenced errors are uncorrelated, it is 0 (plm h0="fd").
    convention : `xtserial`: no constant, clustered with the factor G/(G-1) (N-1)/(N-1), F(1, G-1);
        `plm` (`pwfdtest`): constant, raw clustered covariance, F(1, pairs-2).

    Raises
    ------
    ValueError
        If no consecutive pairs exist, a unit-period occurs twice, or a name is unknown.

    Notes
    -----
    Assumes independence across units and strictly exogenous regressors; robust to heteroskedasticity. Good power at T = 13.

    Source
    ------
    Wooldridge (2010, section 10.6.3), Drukker (2003, Stata Journal 3(2), doi:10.1177/1536867X0300300206).
    """
    nulls = {"levels": -0.5, "differences": 0.0}
    if null not in nulls or convention not in ("plm", "xtserial"):
        raise ValueError(f"the null is levels or differences, the convention plm or xtserial, not {null}, {convention}")
    return _autoregression(e, unit, time, nulls[null], convention)


def _autoregression(
    u: FloatArray, unit: IntArray, time: IntArray, null: float, convention: Literal["plm", "xtserial"]
) -> SerialCorrelation:
    residuals = vector(u, "the residuals")
    codes, _ = group_codes(unit, "the unit", residuals.shape[0])
    now, before = _consecutive(codes, time)
    if now.shape[0] < 3:
        raise ValueError("fewer than three residuals have a period before them")
    _, coded = np.unique(codes[now], return_inverse=True)
    groups = int(coded.max()) + 1
    if groups < 2:
        raise ValueError("the test clusters by unit and needs two units or more")
    columns = [residuals[before]] if convention == "xtserial" else [residuals[before], np.ones(now.shape[0])]
    X = np.column_stack(columns)
    fit = solve(X, residuals[now])
    variance = float(cluster(fit.bread, X, fit.residuals, coded)[0, 0])
    pairs = now.shape[0]
    df2 = float(pairs - 2)
    if convention == "xtserial":
        variance, df2 = variance * groups / (groups - 1), float(groups - 1)
    b = float(fit.coefficients[0])
    statistic = (b - null) ** 2 / variance
    p = _f_tail(statistic, 1, df2)
    return SerialCorrelation(statistic=statistic, df=(1.0, df2), p=p, coefficient=b, null=null, pairs=pairs)


def modified_wald(u: FloatArray, unit: IntArray) -> Statistic:
    """Give back the modified Wald test that the error variance is the same in all units.

    Parameters
    ----------
    u : (n,) residuals of the within regression.
    unit : (n,) codes; each unit needs two rows or more.

    Raises
    ------
    ValueError
        If a unit has one row, or squared residuals that do not vary.

    Notes
    -----
    Assumes large T: each unit's variance of the squared residuals comes from its own T rows. With T = 13 and 31 units it
    rejects a true null 88 % of the time: use it to describe at most, and cluster in any case.

    Source
    ------
    Greene (2000, p. 598); Baum (2001, doi:10.1177/1536867X0100100108), Stata `xttest3`: squared residuals about zero,
    common variance = the mean over all rows, chi2(N).
    """
    residuals = vector(u, "the residuals")
    codes, units = group_codes(unit, "the unit", residuals.shape[0])
    squared = residuals**2
    size = np.bincount(codes, minlength=units)
    if (size < 2).any():
        raise ValueError(f"unit {int(np.argmin(size))} has one row: it has no variance of its own")
    own = np.bincount(codes, weights=squared, minlength=units) / size
    scatter = np.bincount(codes, weights=(squared - own[codes]) ** 2, minlength=units) / size / (size - 1)
    if (scatter <= 0).any():
        raise ValueError(f"the squared residuals of unit {int(np.argmin(scatter))} do not vary")
    return _chi2(float(np.sum((own - squared.mean()) ** 2 / scatter)), units)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSection:
    """Tests of dependence across units: Pesaran's CD, Breusch-Pagan LM, its scaled and bias-corrected forms, the mean
    correlation and mean absolute correlation, pairs used and pairs left out (fewer than two common periods)."""

    cd: Statistic
    lm: Statistic
    scaled_lm: Statistic
    bias_corrected_lm: Statistic
    mean_correlation: float
    mean_absolute: float
    pairs: int
    left_out: int


def cross_section_dependence(u: FloatArray, unit: IntArray, time: IntArray) -> CrossSection:
    """Give back the tests of correlation of the residuals across units, balanced or not.

    Parameters
    ----------
    u : (n,) residuals of any consistent regression.
    unit, time : (n,) codes.

    Raises
    ------
    ValueError
        If a unit-period occurs twice or no pair of units shares two periods.

    Notes
    -----
    CD tests a mean correlation of zero; it has NO power where correlations of both signs cancel, and after time effects
    their mean is about -1/(N-1) by construction, so CD on two-way residuals says little. LM needs T large against N:
    with 31 units and T = 13 it over-rejects; `bias_corrected_lm` mends that for unit effects with homoskedastic
    errors. CD assumes symmetric errors.

    Source
    ------
    Pesaran (2004, CESifo WP 1229; 2015, doi:10.1080/07474938.2014.956623), Breusch and Pagan (1980), Baltagi, Feng and
    Kao (2012, doi:10.1016/j.jeconom.2012.04.004). R plm `pcdtest`: correlations about the mean of the common periods;
    pairs with one common period or none are left out. Stata `xtcsd` equals it on balanced panels.
    """
    residuals = vector(u, "the residuals")
    n = residuals.shape[0]
    codes, units = group_codes(unit, "the unit", n)
    periods, count = group_codes(time, "the time", n)
    if np.unique(codes * count + periods).shape[0] != n:
        raise ValueError("a unit has two residuals in one period")
    centred = residuals - (np.bincount(codes, weights=residuals) / np.bincount(codes))[codes]
    wide, seen = np.zeros((units, count)), np.zeros((units, count))
    wide[codes, periods], seen[codes, periods] = centred, 1.0
    common = seen @ seen.T
    safe = np.maximum(common, 1.0)
    total = wide @ seen.T
    scatter = np.maximum(wide**2 @ seen.T - total**2 / safe, 0.0)
    product = wide @ wide.T - total * total.T / safe
    below = np.tril_indices(units, -1)
    scale = np.sqrt(scatter * scatter.T)[below]
    shared = common[below]
    used = (shared > 1) & (scale > 1e-14 * max(float(scale.max(initial=0.0)), np.finfo(float).tiny))
    if not used.any():
        raise ValueError("no two units share two periods with residuals that vary")
    rho, length, pairs = (product[below] / np.where(scale > 0, scale, 1.0))[used], shared[used], int(used.sum())
    scaled = float(np.sum(length * rho**2 - 1) / np.sqrt(2 * pairs))
    return CrossSection(
        cd=_two_sided(float(np.sum(np.sqrt(length) * rho) / np.sqrt(pairs))),
        lm=_chi2(float(np.sum(length * rho**2)), pairs),
        scaled_lm=_two_sided(scaled),
        bias_corrected_lm=_two_sided(scaled - units / (2 * (float(common.max()) - 1))),
        mean_correlation=float(rho.mean()),
        mean_absolute=float(np.abs(rho).mean()),
        pairs=pairs,
        left_out=len(used) - pairs,
    )


def _consecutive(codes: IntArray, time: IntArray) -> tuple[IntArray, IntArray]:
    """Row numbers of residuals with a period before them, and of those before; in the order of (unit, time)."""
    periods = np.asarray(time)
    if periods.shape != codes.shape or periods.dtype.kind not in "iu":
        raise ValueError("time must be an integer period for each residual")
    order = np.lexsort((periods, codes))
    same = codes[order][1:] == codes[order][:-1]
    step = np.diff(periods[order].astype(np.int64))
    if (same & (step == 0)).any():
        raise ValueError("a unit has two residuals in one period")
    here = np.flatnonzero(same & (step == 1))
    return order[here + 1], order[here]


def _chi2(statistic: float, df: float) -> Statistic:
    from scipy import special

    return Statistic(statistic=float(statistic), df=(float(df),), p=float(special.chdtrc(df, statistic)))


def _upper_normal(statistic: float) -> Statistic:
    from scipy import special

    return Statistic(statistic=float(statistic), df=(), p=float(special.ndtr(-statistic)))


def _two_sided(statistic: float) -> Statistic:
    from scipy import special

    return Statistic(statistic=float(statistic), df=(), p=float(2 * special.ndtr(-abs(statistic))))


def _f_tail(statistic: float, df1: float, df2: float) -> float:
    from scipy import special

    return float(special.fdtrc(df1, df2, statistic))
