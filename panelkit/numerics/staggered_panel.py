"""The rows of a staggered design, checked and in order: who is first treated when. No effect is estimated here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, row_weights, vector

NEVER = np.inf  # the cohort of a unit that is never treated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaggeredPanel:
    """Rows sorted by unit and time; build it with `staggered_panel`.

    Attributes
    ----------
    outcome, unit, time : (n,) outcome, unit codes 0..N-1, period in its own unit (a year, say).
    covariates : (n, k), k may be 0; no constant.
    weights : (n,) above zero, or None.
    cohort : (N,) first treated period of each unit; `NEVER` (inf) if none.
    clusters : (N,) cluster codes, or None (the unit is the cluster).
    order : (n,) rows of the input in the order used here.
    periods : (T,) the periods that occur, ascending.
    cross_sections : True if no unit is observed twice (units were not given).
    """

    outcome: FloatArray
    unit: IntArray
    time: FloatArray
    covariates: FloatArray
    weights: FloatArray | None
    cohort: FloatArray
    clusters: IntArray | None
    order: IntArray
    cross_sections: bool
    periods: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "periods", np.unique(self.time))

    @property
    def rows(self) -> int:
        return len(self.outcome)

    @property
    def units(self) -> int:
        return len(self.cohort)

    @property
    def event(self) -> FloatArray:
        """(n,) periods since first treatment; -inf for the never treated."""
        return self.time - self.cohort[self.unit]

    @property
    def treated(self) -> Any:
        """(n,) bool: the row is at or after its first treatment."""
        return self.event >= 0

    @property
    def mass(self) -> FloatArray:
        """(n,) the weights, ones without weights."""
        return np.ones(self.rows) if self.weights is None else self.weights


def staggered_panel(
    outcome: FloatArray,
    unit: IntArray | None,
    time: FloatArray,
    cohort: FloatArray,
    covariates: FloatArray | None = None,
    weights: FloatArray | None = None,
    clusters: IntArray | None = None,
) -> StaggeredPanel:
    """Give back the checked rows of a staggered adoption design.

    Parameters
    ----------
    outcome, time, cohort : (n,) outcome, period, and first treated period of the row's unit (inf: never).
    unit : (n,) codes 0..N-1; None for repeated cross-sections, where every row is a unit of its own.
    covariates : (n, k) without constant, or None.
    weights : (n,) sampling weights above zero, or None.
    clusters : (n,) cluster codes, constant within the unit, or None to cluster by unit.

    Raises
    ------
    ValueError
        If lengths differ, a value is missing, a unit has two rows in a period, or cohort or cluster changes within a
        unit (a treatment that ends is no staggered design: use the dose).
    """
    y = vector(outcome, "the outcome")
    n = len(y)
    when = vector(time, "the period", n)
    codes = np.arange(n) if unit is None else group_codes(unit, "the unit", n)[0]
    first = np.asarray(cohort, dtype=np.float64)
    if first.shape != (n,) or np.isnan(first).any():
        raise ValueError(f"the cohort must be {n} periods, inf for never treated, none missing")
    X = np.zeros((n, 0)) if covariates is None else matrix(covariates, "the covariates", n)
    w = row_weights(weights, n)
    order = np.lexsort((when, codes))
    codes, when = codes[order], when[order]
    twice = np.flatnonzero((codes[1:] == codes[:-1]) & (when[1:] == when[:-1]))
    if len(twice):
        raise ValueError(f"unit {int(codes[twice[0]])} has two rows in period {when[twice[0]]:g}")
    groups = None
    if clusters is not None:
        coded, _ = group_codes(clusters, "the cluster", n)
        groups = np.asarray(_constant(coded[order], codes, "cluster"), dtype=np.intp)
    return StaggeredPanel(
        outcome=y[order],
        unit=codes,
        time=when,
        covariates=X[order],
        weights=None if w is None else w[order],
        cohort=np.asarray(_constant(first[order], codes, "cohort"), dtype=np.float64),
        clusters=groups,
        order=np.asarray(order, dtype=np.intp),
        cross_sections=unit is None,
    )


def _constant(values: Any, codes: IntArray, name: str) -> Any:
    """The value of each unit, after checking that it has one."""
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    out = values[starts]
    moved = np.flatnonzero(out[codes] != values)
    if len(moved):
        raise ValueError(f"the {name} of unit {int(codes[moved[0]])} changes over time: it must be constant in a unit")
    return out
