"""Permutation of group labels: do coefficients differ between two groups of units? Paths are permuted elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.pairs import ClusterRows, weighted_coefficients
from panelkit.numerics.permutation import TIE, path_orders


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelResult:
    """The permutation distribution of a difference between groups.

    Attributes
    ----------
    first, second : (k,) coefficients of the units labelled 1 and of those labelled 0, each with its own effects.
    difference : (k,) first - second.
    differences : (B, k) under permuted labels; NaN where a group of the draw does not determine its coefficients.
    p : (k,) two-sided, (1 + number at least as large in absolute value) / (defined draws + 1).
    undefined : draws left out of p.
    """

    first: FloatArray
    second: FloatArray
    difference: FloatArray
    differences: FloatArray
    p: FloatArray
    undefined: int


def permute_labels(
    rows: ClusterRows, labels: IntArray, draws: int = 999, seed: int = 0, strata: IntArray | None = None
) -> LabelResult:
    """Give back Fisher's permutation test that two groups of units have the same coefficients.

    Parameters
    ----------
    rows : see `pairs.ClusterRows`; its clusters are the units that carry a label. Each group is a regression of its own
        (own effects, own controls), as in a table split by group.
    labels : (n,) 0 or 1, constant within each unit: a unit keeps its group over time, in the sample and in every draw.
    draws, seed, strata : as in `permutation.path_orders` (strata: (U,) codes); group sizes stay what they are.

    Raises
    ------
    ValueError
        If a label varies within a unit, is not 0 or 1, or a group does not determine its coefficients.

    Source
    ------
    Cleary (1999, doi:10.1111/0022-1082.00121); Stata `bdiff, group() permute` (which shuffles rows unless told
    otherwise and prints a one-sided p). Valid under exchangeable labels: equal error variance in both groups is part
    of the null.
    """
    of_unit = _labels_of_units(rows.codes, labels)
    first, second = (weighted_coefficients(rows, side[None, :])[0] for side in (of_unit, 1 - of_unit))
    difference = first - second
    if np.isnan(difference).any():
        raise ValueError("one of the groups does not determine its coefficients: there is no difference to test")
    drawn = of_unit[path_orders(len(of_unit), draws, seed, strata)]
    differences = weighted_coefficients(rows, drawn) - weighted_coefficients(rows, 1 - drawn)
    defined = ~np.isnan(differences).any(axis=1)
    reached = np.abs(differences[defined]) >= np.abs(difference) * (1 - TIE)
    return LabelResult(
        first=first,
        second=second,
        difference=difference,
        differences=differences,
        p=(1 + reached.sum(axis=0)) / (int(defined.sum()) + 1),
        undefined=int((~defined).sum()),
    )


def _labels_of_units(codes: IntArray, labels: IntArray) -> IntArray:
    given, units = np.asarray(labels), np.asarray(codes)
    if given.shape != units.shape or not np.isin(given, (0, 1)).all():
        raise ValueError("the group labels must be 0 or 1, one for each row")
    out = np.zeros(int(units.max()) + 1, dtype=np.intp)
    out[units] = given
    moved = np.flatnonzero(out[units] != given)
    if len(moved):
        raise ValueError(f"unit {int(units[moved[0]])} changes its group: a label must be constant within the unit")
    if out.min() == out.max():
        raise ValueError("every unit has the same label: there are no two groups")
    return out
