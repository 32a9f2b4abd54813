"""Indices of where an activity gathers and what a place specialises in, as algebra on tables units x industries; no weights, no panels."""

from __future__ import annotations

from typing import Literal

import numpy as np

Reference = Literal["rest", "all"]


def _shares(amounts: np.ndarray, axis: int) -> np.ndarray:
    total = amounts.sum(axis=axis, keepdims=True)
    return np.divide(amounts, total, out=np.full(amounts.shape, np.nan), where=total != 0)


def location_quotients(table: np.ndarray) -> np.ndarray:
    """LQ_ij = (e_ij / e_i) / (E_j / E) of every cell.

    Parameters
    ----------
    table : (..., units, industries) float, amounts not below zero; totals are sums of the table, never a printed national row.

    Source
    ------
    Isard (1960); Hoover (1936). Weighted by e_i / E, the quotients of an industry have mean 1.

    >>> location_quotients(np.array([[1.0, 1.0], [1.0, 3.0]])).round(3).tolist()
    [[1.5, 0.75], [0.75, 1.125]]
    """
    own = _shares(table, -1)
    nation = _shares(table.sum(axis=-2, keepdims=True), -1)
    return np.divide(own, nation, out=np.full(own.shape, np.nan), where=nation != 0)


def quotient(
    part: np.ndarray, whole: np.ndarray, counted: np.ndarray | None = None, *, leave_one_out: bool = False
) -> np.ndarray:
    """Location quotient of one activity.

    Parameters
    ----------
    part, whole : (units, ...) float; `counted` : bool of that shape, cells that the denominator sums over (default: all present).
    leave_one_out : the denominator of a unit leaves the unit itself out, so that a large unit is not compared with itself.
    """
    counted = ~np.isnan(part) & ~np.isnan(whole) if counted is None else counted
    inside = [np.where(counted, values, 0.0) for values in (part, whole)]
    totals = [np.broadcast_to(v.sum(axis=0), v.shape) - (v if leave_one_out else 0.0) for v in inside]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((part / whole) / (totals[0] / totals[1]))


def herfindahl(amounts: np.ndarray, axis: int = -1) -> np.ndarray:
    """Sum of squared shares along `axis`: 1 / n where all are equal, 1 where one has everything.

    >>> float(herfindahl(np.array([1.0, 1.0, 2.0])))
    0.375
    """
    return np.asarray((_shares(amounts, axis) ** 2).sum(axis=axis))


def spatial_gini(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """G = sum_i (s_i - x_i)^2 over units (first axis): s_i shares of the industry, x_i of everything.

    Source
    ------
    Krugman (1991); the raw concentration of Ellison and Glaeser (1997). It is one number per industry and year, not per unit.
    """
    return np.asarray(((_shares(part, 0) - _shares(whole, 0)) ** 2).sum(axis=0))


def ellison_glaeser(part: np.ndarray, whole: np.ndarray, plant_herfindahl: np.ndarray) -> np.ndarray:
    """gamma = [G - (1 - sum x^2) H] / [(1 - sum x^2)(1 - H)], over units (first axis).

    Parameters
    ----------
    part, whole : (units, ...) float
    plant_herfindahl : (...) Herfindahl index of the sizes of the plants of the industry; without it gamma is not defined.

    Source
    ------
    Ellison and Glaeser (1997), J. Polit. Econ. 105(5), 889-927, doi:10.1086/262098, equation 5.
    """
    room = 1.0 - (_shares(whole, 0) ** 2).sum(axis=0)
    return np.asarray((spatial_gini(part, whole) - room * plant_herfindahl) / (room * (1.0 - plant_herfindahl)))


def herfindahl_from_bins(plants: np.ndarray, employees: np.ndarray) -> np.ndarray:
    """Plant Herfindahl from classes of size (first axis): every plant of a class taken as of its mean size, so a lower bound.

    >>> float(herfindahl_from_bins(np.array([2.0, 1.0]), np.array([10.0, 10.0])))
    0.375
    """
    squared = np.divide(employees**2, plants, out=np.zeros(employees.shape), where=plants > 0)
    return np.asarray(squared.sum(axis=0) / employees.sum(axis=0) ** 2)


def coagglomeration(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Theta = [1 - |a - b| / (a + b)] + (a + b) of two location quotients, cell by cell.

    Source
    ------
    Chen and Chen (2012), and city studies after them, who call it an Ellison-Glaeser index of co-agglomeration; it is not one.
    """
    total = first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - np.abs(first - second) / total + total)


def krugman(table: np.ndarray, reference: Reference = "rest") -> np.ndarray:
    """K_i = sum_j |s_ij - S_j|, between 0 and 2: S_j the industry's share in all other units ('rest'), or in all units ('all').

    Parameters
    ----------
    table : (..., units, industries)

    Source
    ------
    Krugman (1991), Geography and Trade, appendix; with 'all' a large unit is partly compared with itself.
    """
    total = table.sum(axis=-2, keepdims=True)
    other = total - table if reference == "rest" else np.broadcast_to(total, table.shape)
    return np.asarray(np.abs(_shares(table, -1) - _shares(other, -1)).sum(axis=-1))


def relative_diversity(table: np.ndarray) -> np.ndarray:
    """RD_i = 1 / sum_j |s_ij - S_j|; infinite where a unit has just the nation's mix.

    Source
    ------
    Duranton and Puga (2000), Urban Studies 37(3), 533-555.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / krugman(table, "all"))


def hachman(table: np.ndarray) -> np.ndarray:
    """HI_i = 1 / sum_j s_ij LQ_ij, in (0, 1]: 1 where a unit has just the nation's mix, an industry that nobody has left out.

    Source
    ------
    Hachman index as in R's EconGeo (`hachman`).

    >>> float(hachman(np.array([[1.0, 1.0], [2.0, 2.0]]))[0])
    1.0
    """
    weighed = _shares(table, -1) * location_quotients(table)
    none = table.sum(axis=-2, keepdims=True) == 0
    return np.asarray(1.0 / np.where(none, 0.0, weighed).sum(axis=-1))


def shannon(table: np.ndarray) -> np.ndarray:
    """-sum_j s_ij ln s_ij with 0 ln 0 = 0: between 0 and the logarithm of the number of industries."""
    share = _shares(table, -1)
    return np.asarray(-(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1))
