"""Inference that stays valid with weak or slightly invalid instruments: Anderson-Rubin sets, plausible exogeneity bounds.
Strength itself is measured in weak_instruments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, vector
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.weak_instruments import Equation, Errors, cross_meat, partial_out

Shape = Literal["interval", "two rays", "one ray", "whole line", "empty", "several pieces"]
MOST_INSTRUMENTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AndersonRubinSet:
    """The coefficients not rejected: their shape in words and the pieces (low, high), infinite ends included.

    `whole line`: the instruments say nothing. `two rays`: the values between are rejected. `empty`: every value is
    rejected, so the instruments contradict each other.
    """

    shape: Shape
    pieces: tuple[tuple[float, float], ...]
    level: float


def anderson_rubin(equation: Equation, errors: Errors, null: FloatArray, df2: float) -> Wald:
    """Give back the Anderson-Rubin test that the endogenous coefficients equal `null` (m,), as F(l, df2).

    Parameters
    ----------
    equation, errors : see there; the factor is applied to the variance.
    null : (m,) one value for each endogenous regressor.
    df2 : n-K, K counting all instruments, exogenous columns and effects (iid, robust); G-1 (cluster); infinity for chi2.

    Raises
    ------
    ValueError
        As `partial_out`; or with as many instruments as clusters (the variance is then singular).

    Notes
    -----
    Assumes valid instruments only, whatever their strength. Size with 31 clusters: as any clustered Wald test with l
    restrictions, so over-rejecting a little; wild bootstrap is better where a claim hangs on it.

    Source
    ------
    Anderson and Rubin (1949, doi:10.1214/aoms/1177730090); the Wald form of Stata ivreg2 and weakiv: y - X null on the
    instruments, variance from the unrestricted residuals.
    """
    parts = partial_out(equation)
    values = vector(null, "the null", parts.X.shape[1])
    gap = parts.y - parts.X @ values
    slope = parts.Q.T @ gap
    u = gap - parts.Q @ slope
    got = wald(slope, cross_meat(parts.Q, u, u, errors), df2)
    if got.rank_deficient:
        raise ValueError(
            f"{len(slope)} instruments are too many for this variance: it needs more clusters than instruments"
        )
    return got


def anderson_rubin_set(equation: Equation, errors: Errors, df2: float, level: float = 0.95) -> AndersonRubinSet:
    """Give back the confidence set of one endogenous coefficient by exact inversion; arguments as `anderson_rubin`.

    Raises
    ------
    ValueError
        As `anderson_rubin`, or with more than one endogenous regressor.

    Notes
    -----
    c Omega(b) - g(b)g(b)' is a quadratic matrix polynomial in b, and b is accepted where it has no negative eigenvalue:
    the edges are the real roots of its determinant (2l of them at most). So no grid is searched, and every shape comes
    out, under iid, robust and clustered errors alike.

    Source
    ------
    Anderson and Rubin (1949); the quadratic inequality of Dufour and Taamouti (2005, doi:10.1111/j.1468-0262.2005.00618.x)
    extended to robust variances. At the estimate of a just-identified equation the statistic is 0: never empty there.
    """
    from scipy import linalg, special

    parts = partial_out(equation)
    if parts.X.shape[1] != 1:
        raise ValueError("the set is drawn for one endogenous regressor; test values of several with anderson_rubin")
    if not 0 < level < 1:
        raise ValueError(f"the level lies between 0 and 1, not {level}")
    x, k = parts.X[:, 0], parts.Q.shape[1]
    b = parts.Q.T @ x
    centre = float(b @ (parts.Q.T @ parts.y)) / float(b @ b)
    y = parts.y - centre * x
    unit = float(np.linalg.norm(y) / np.linalg.norm(x)) or 1.0
    x, b, a = x * unit, b * unit, parts.Q.T @ y
    ry, rx = y - parts.Q @ a, x - parts.Q @ b
    low, mid, high = (cross_meat(parts.Q, u, v, errors) for u, v in ((ry, ry), (ry, rx), (rx, rx)))
    edge = float(special.chdtri(k, 1 - level)) if np.isinf(df2) else k * float(special.fdtri(k, df2, level))
    A0 = edge * low - np.outer(a, a)
    A1 = -edge * (mid + mid.T) + np.outer(a, b) + np.outer(b, a)
    A2 = edge * high - np.outer(b, b)
    if min(np.linalg.matrix_rank(low), np.linalg.matrix_rank(high)) < k:
        raise ValueError(f"{k} instruments are too many for this variance: it needs more clusters than instruments")
    zero, one = np.zeros((k, k)), np.eye(k)
    roots = linalg.eigvals(np.block([[zero, one], [-A0, -A1]]), np.block([[one, zero], [zero, A2]]))
    roots = roots[np.isfinite(roots)]
    real = np.sort(roots.real[np.abs(roots.imag) <= 1e-9 * (1 + np.abs(roots))])
    real = real[np.abs(real) < 1e12]

    def accepted(value: float) -> bool:
        M = A0 + value * A1 + value**2 * A2
        return bool(np.linalg.eigvalsh((M + M.T) / 2)[0] >= 0)

    pieces = _pieces(real, accepted)
    shown = tuple((centre + unit * start, centre + unit * stop) for start, stop in pieces)
    return AndersonRubinSet(shape=_shape(shown), pieces=shown, level=level)


def _pieces(roots: FloatArray, accepted: Callable[[float], bool]) -> list[tuple[float, float]]:
    """The stretches between roots that are accepted, neighbours joined."""
    if len(roots) == 0:
        return [(-np.inf, np.inf)] if accepted(0.0) else []
    edges = [-np.inf, *(float(r) for r in roots), np.inf]
    out: list[tuple[float, float]] = []
    for start, stop in pairwise(edges):
        if start == stop:
            continue
        if np.isinf(start):
            inside = stop - 1 - abs(stop)
        elif np.isinf(stop):
            inside = start + 1 + abs(start)
        else:
            inside = (start + stop) / 2
        if accepted(inside):
            if out and out[-1][1] == start:
                out[-1] = (out[-1][0], stop)
            else:
                out.append((start, stop))
    return out


def _shape(pieces: tuple[tuple[float, float], ...]) -> Shape:
    if not pieces:
        return "empty"
    below, above = np.isinf(pieces[0][0]), np.isinf(pieces[-1][1])
    if len(pieces) == 1:
        return "whole line" if below and above else "one ray" if below or above else "interval"
    return "two rays" if len(pieces) == 2 and below and above else "several pieces"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlausibleBounds:
    """Union of confidence intervals over all direct effects allowed, and the interval with none."""

    low: float
    high: float
    low_exact: float
    high_exact: float


def plausibly_exogenous(
    equation: Equation,
    errors: Errors,
    lowest: FloatArray,
    highest: FloatArray,
    critical: float,
    index: int = 0,
) -> PlausibleBounds:
    """Give back the union of confidence intervals when the instruments may affect y directly.

    Parameters
    ----------
    equation, errors : see there.
    lowest, highest : (l,) bounds on each instrument's own coefficient in y, in units of y per unit of the instrument.
    critical : of t, 1.96 or that of t(G-1).
    index : which endogenous coefficient.

    Raises
    ------
    ValueError
        If a bound is above the other, more than 12 instruments are given, or the first stage is singular.

    Notes
    -----
    Assumes only that the direct effects lie in the box. Needs STRONG instruments: the intervals are Wald intervals. The
    estimate is linear and its error convex in the direct effects, so the ends of the union lie at corners of the box:
    2^l intervals are exact, and no grid is needed.

    Source
    ------
    Conley, Hansen and Rossi (2012, doi:10.1162/REST_a_00139, section III.A); Stata `plausexog uci` (which searches a grid).
    """
    parts = partial_out(equation)
    k = parts.Z.shape[1]
    m = parts.X.shape[1]
    start, stop = vector(lowest, "the lower bounds", k), vector(highest, "the upper bounds", k)
    if (start > stop).any() or k > MOST_INSTRUMENTS or not 0 <= index < m:
        raise ValueError(f"bounds must be in order, for at most {MOST_INSTRUMENTS} instruments, and index below {m}")
    fitted = parts.Q @ (parts.Q.T @ parts.X)
    moment = fitted.T @ parts.X
    if np.linalg.matrix_rank(moment) < m:
        raise ValueError("the first stage is singular")
    row = np.linalg.solve(moment, fitted.T)[index]
    weights = np.linalg.inv(moment)[index]

    def interval(direct: FloatArray) -> tuple[float, float]:
        y = parts.y - parts.Z @ direct
        u = y - parts.X @ np.linalg.solve(moment, fitted.T @ y)
        se = float(np.sqrt(weights @ cross_meat(fitted, u, u, errors) @ weights))
        return float(row @ y) - critical * se, float(row @ y) + critical * se

    corners = [interval(np.array(c)) for c in product(*zip(start, stop, strict=True))]
    exact = interval(np.zeros(k))
    low, high = min(c[0] for c in corners), max(c[1] for c in corners)
    return PlausibleBounds(low=low, high=high, low_exact=exact[0], high_exact=exact[1])
