"""The design of a difference-in-differences, seen from who is treated when: no outcome is looked at and nothing is estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.core.formula import parse_formula
from panelkit.core.panel import Panel
from panelkit.numerics import bacon as weights
from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.projection import absorber
from panelkit.numerics.ranks import descending
from panelkit.numerics.staggered_panel import staggered_panel
from panelkit.numerics.support import Support, support

LEAST = 5  # clean controls that a treated cell needs to count as supported


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Units first treated in one period; `first` is infinite for those never treated."""

    first: float
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Who is what in one period. never : treated in no period of the data; not_yet : treated in a later one; left : were treated
    before and are at zero again."""

    at: float
    treated: int
    not_yet: int
    never: int
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a two-way coefficient on this treatment is made of.

    comparisons : weight of each type of two-by-two comparison (Goodman-Bacon), None for a dose or a treatment that ends.
    forbidden : weight of those with units already treated. on_grid : the decomposition is of every unit in every period, though
    some rows are missing. cells, negative, negative_sum : treated cells, those weighing negatively, and the sum of their weights.
    """

    comparisons: dict[str, float] | None
    forbidden: float | None
    on_grid: bool
    cells: int
    negative: int
    negative_sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """A treatment that is no 0/1: least, median and largest value among treated cells; who carries what is left of it within unit
    and period, largest first, as (unit, share)."""

    least: float
    median: float
    most: float
    carried: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignFacts:
    """Everything that a page about a design is written from.

    Parameters
    ----------
    model, treatment : str
        The model's id and the variable that treats.
    form : str
        'cohort', 'binary' or 'dose'.
    rows : int
        Of the model's sample.
    periods : tuple of float
        Of the sample, in order.
    cohorts : tuple of Cohort
        Who is first treated when.
    by_period : tuple of Period
        Treated, not yet treated and never treated units of each period.
    support : Support or None
        Of units with a period before their treatment, until they leave it; None where there is none.
    weights : Weights or None
        Of the cells in the two-way coefficient.
    dose : Dose or None
        How the dose spreads, where there is one.
    leaving : tuple of str
        Units that leave treatment again.
    repeated : bool
        Rows of several kinds in one unit and period were taken as one.
    """

    model: str
    treatment: str
    form: str
    rows: int
    periods: tuple[float, ...]
    cohorts: tuple[Cohort, ...]
    by_period: tuple[Period, ...]
    support: Support | None
    weights: Weights | None
    dose: Dose | None
    leaving: tuple[str, ...]
    repeated: bool = False

    @property
    def never(self) -> tuple[str, ...]:
        """Units never treated in the data."""
        return next((c.units for c in self.cohorts if np.isinf(c.first)), ())

    @property
    def untreated(self) -> tuple[str, ...]:
        """Units treated in no period of the sample: never, or after its end."""
        return tuple(u for c in self.cohorts if c.first > self.periods[-1] for u in c.units)

    @property
    def starts(self) -> tuple[float, ...]:
        """The periods after the first in which units are first treated."""
        return tuple(c.first for c in self.cohorts if self.periods[0] < c.first <= self.periods[-1])

    @property
    def treated_units(self) -> int:
        """Units first treated after the first period of the sample."""
        return sum(len(c.units) for c in self.cohorts if self.periods[0] < c.first <= self.periods[-1])


def design_of(model: Any, panel: Panel, positions: IntArray) -> DesignFacts | None:
    """The facts of a model's design.

    Who is first treated when is read off every row of the panel, so that a row that the model lacks moves no cohort.

    A model with a cohort has one; of others the treatment (or first regressor) must be zero somewhere and never negative, beside
    effects of unit and time.

    Parameters
    ----------
    model : ModelSpec
        The model.
    panel : Panel
        Every row.
    positions : numpy.ndarray
        (n,) int, the rows that the model uses.

    Returns
    -------
    DesignFacts or None
        None where it has no treatment that starts.
    """
    sample = panel.take(positions)
    named = getattr(model, "cohort", "")
    time = sample.column(sample.time).astype("float64")
    if named:
        cohort, dose, form, name = _cohort(sample, named), None, "cohort", named
    else:
        found = _path(model, sample)
        if found is None:
            return None
        name, dose = found
        form = "binary" if np.isin(dose, (0.0, 1.0)).all() else "dose"
        if form == "dose" and not _starts(sample, dose, model.kind):
            return None
        cohort = _first(panel, panel.column(name).astype("float64"))[positions]
    keys = np.column_stack([sample.codes(sample.unit), time])
    once = np.unique(keys, axis=0, return_index=True)[1]
    repeated = len(once) < sample.rows
    if repeated:
        sample, time, cohort = sample.take(np.sort(once)), time[np.sort(once)], cohort[np.sort(once)]
        dose = dose[np.sort(once)] if dose is not None else None
    return _facts(model.id, (name, form), sample, (cohort, dose), repeated)


def is_two_way_did(model: Any, panel: Panel, positions: IntArray) -> bool:
    """Whether a regression is the static two-way one on a 0/1 treatment that starts in some unit and stays.

    Parameters
    ----------
    model, panel, positions
        As in `design_of`.

    Returns
    -------
    bool
    """
    if getattr(model, "cohort", ""):
        return False
    sample = panel.take(positions)
    found = _path(model, sample)
    if found is None or not np.isin(found[1], (0.0, 1.0)).all():
        return False
    up, down = _moves(sample, found[1])
    return bool(up.any()) and not down.any()


def _path(model: Any, sample: Panel) -> tuple[str, FloatArray] | None:
    """The treatment of a regression with effects of unit and time, as (name, values): zero somewhere, never negative."""
    formula = parse_formula(model.formula, where=f"models.{model.id}.formula")
    effects = {f for e in formula.absorb for f in e.factors}
    slopes = [s.factors[0] for s in formula.slopes if len(s.factors) == 1]
    name = getattr(model, "treatment", "") or (slopes[0] if slopes else "")
    if name not in sample.names or not {sample.unit, sample.time} <= effects or formula.endogenous:
        return None
    if sample.column(name).dtype.kind not in "fiub":
        return None
    dose = sample.column(name).astype("float64")
    if np.isnan(dose).any() or (dose < 0).any() or not (dose == 0).any() or not (dose > 0).any():
        return None
    return name, dose


def _moves(sample: Panel, path: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) whether the path of each unit, in the order of its codes, ever rises, and whether it ever falls."""
    units = sample.codes(sample.unit)
    order = np.lexsort((sample.column(sample.time), units))
    change = np.where(np.diff(units[order]) == 0, np.diff(path[order]), 0.0)
    who, n = units[order][1:], int(units.max()) + 1
    up, down = (np.bincount(who[m], minlength=n) > 0 for m in (change > 1e-12, change < -1e-12))
    return up, down


def _starts(sample: Panel, dose: FloatArray, kind: str) -> bool:
    """Whether a number is a treatment: of a dose model always, of another regression where it starts at zero in most units."""
    if kind == "dose_did":
        return True
    units = sample.codes(sample.unit)
    order = np.lexsort((sample.column(sample.time), units))
    first = np.searchsorted(units[order], np.unique(units))
    return float((dose[order][first] == 0).mean()) > 0.5


def _cohort(sample: Panel, name: str) -> FloatArray:
    first = sample.column(name).astype("float64")
    known = ~np.isnan(first) & ((first != 0) | (sample.column(sample.time).min() <= 0))
    return np.where(known, first, np.inf)


def _first(sample: Panel, dose: FloatArray) -> FloatArray:
    units, time = sample.codes(sample.unit), sample.column(sample.time).astype("float64")
    first = np.full(int(units.max()) + 1, np.inf)
    np.minimum.at(first, units, np.where(dose > 0, time, np.inf))
    out: FloatArray = first[units]
    return out


def _facts(
    model: str,
    named: tuple[str, str],
    sample: Panel,
    treatment: tuple[FloatArray, FloatArray | None],
    repeated: bool,
) -> DesignFacts:
    cohort, dose = treatment
    units, time = sample.column(sample.unit), sample.column(sample.time).astype("float64")
    periods = np.unique(time)
    by_unit = dict(zip(units, cohort, strict=True))
    cohorts = tuple(
        Cohort(first=float(g), units=tuple(sorted(str(u) for u, c in by_unit.items() if c == g)))
        for g in sorted(set(by_unit.values()))
    )
    path = dose if dose is not None else (time >= cohort).astype("float64")
    leaving = _leaving(sample, path)
    gone = (path == 0) & (time >= cohort)
    by_period = tuple(
        Period(
            at=float(t),
            treated=int(((cohort <= t) & ~gone)[time == t].sum()),
            not_yet=int(((cohort > t) & np.isfinite(cohort))[time == t].sum()),
            never=int(np.isinf(cohort[time == t]).sum()),
            left=int(gone[time == t].sum()),
        )
        for t in periods
    )
    treated = bool((time >= cohort).any())
    seen = (cohort > periods[0]) & ~gone
    panel = staggered_panel(
        np.zeros(int(seen.sum())),
        np.unique(sample.codes(sample.unit)[seen], return_inverse=True)[1],
        time[seen],
        cohort[seen],
    )
    return DesignFacts(
        model=model,
        treatment=named[0],
        form=named[1],
        rows=sample.rows,
        periods=tuple(map(float, periods)),
        cohorts=cohorts,
        by_period=by_period,
        support=support(panel, least=LEAST) if panel.treated.any() else None,
        weights=_weights(sample, cohort, path, named[1] == "dose" or bool(leaving)) if treated else None,
        dose=_dose(sample, path) if named[1] == "dose" else None,
        leaving=leaving,
        repeated=repeated,
    )


def _leaving(sample: Panel, path: FloatArray) -> tuple[str, ...]:
    names = sorted(sample.units)
    return tuple(sorted(str(names[i]) for i in np.flatnonzero(_moves(sample, path)[1])))


def _weights(sample: Panel, cohort: FloatArray, path: FloatArray, bare: bool) -> Weights | None:
    """The decomposition and the cell weights; `bare` : no decomposition into two-by-two comparisons exists."""
    units, time = sample.codes(sample.unit), sample.column(sample.time).astype("float64")
    made = staggered_panel(np.zeros(sample.rows), units, time, cohort)
    try:
        cells = weights.negative_weights(made, path[made.order])
    except ValueError:
        return None
    comparisons, on_grid = None, False
    if not bare:
        periods = np.unique(time)
        on_grid = sample.rows != len(made.cohort) * len(periods)
        n, T = len(made.cohort), len(periods)
        whole = staggered_panel(
            np.zeros(n * T), np.repeat(np.arange(n), T), np.tile(periods, n), np.repeat(made.cohort, T)
        )
        try:
            found = weights.bacon(whole)
            comparisons = {kind: found.share(kind) for kind in dict.fromkeys(found.kind)}
        except ValueError:
            comparisons = None
    forbidden = None if comparisons is None else sum(w for k, w in comparisons.items() if k in weights.FORBIDDEN)
    return Weights(
        comparisons=comparisons,
        forbidden=forbidden,
        on_grid=on_grid,
        cells=cells.cells,
        negative=cells.negative,
        negative_sum=cells.negative_sum,
    )


def _dose(sample: Panel, path: FloatArray) -> Dose:
    units = sample.codes(sample.unit)
    codes = [np.unique(c, return_inverse=True)[1].astype(np.intp) for c in (units, sample.codes(sample.time))]
    left = absorber(codes).residualise(path[:, None])[:, 0] ** 2
    total = float(left.sum())
    names = sorted(sample.units)
    carried = np.bincount(units, weights=left, minlength=len(names)) / total if total > 0 else np.zeros(len(names))
    order = descending(carried)[:3]
    some = path[path > 0]
    return Dose(
        least=float(some.min()),
        median=float(np.median(some)),
        most=float(some.max()),
        carried=tuple((str(names[i]), float(carried[i])) for i in order),
    )
