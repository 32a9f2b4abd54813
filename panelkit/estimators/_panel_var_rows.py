"""The rows of a panel vector autoregression: lags that jump no gap, and what each lost row was lost to. Nothing is estimated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError, Fault
from panelkit.core.estimate import Drop, Sample
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import formula_of, rows_of
from panelkit.estimators._sample import sample_of

FEWEST = {"jackknife": 4, "lsdv": 2, "gmm": 3}  # rows of a unit after its lags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """A system on its rows.

    names : of its k variables. columns : of the k lags, lag by lag. panel : the n rows with their lags as columns. levels : the rows
    before any was lost to a lag, `at` (n,) their places there. clusters : names of the cluster variables. period : whether there are
    time effects. lag : (rows of levels, k, p) of every row and lag, NaN where there is none.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    panel: Panel
    levels: Panel
    at: np.ndarray
    sample: Sample
    absorb: tuple[str, ...]
    clusters: tuple[str, ...]
    period: bool

    @property
    def outcomes(self) -> np.ndarray:
        """(n, k)."""
        return np.column_stack([self.panel.column(n) for n in self.names])

    @property
    def lags(self) -> np.ndarray:
        """(n, k p), lag by lag."""
        return np.column_stack([self.panel.column(c) for c in self.columns])


def lag_column(name: str, lag: int) -> str:
    """What a lag is called as a column: 'x::lag1'."""
    return f"{name}::lag{lag}"


def term_name(equation: str, cause: str, lag: int) -> str:
    """What a coefficient is called: 'y: x lag 1', the effect of x one period before on y."""
    return f"{equation}: {cause} lag {lag}"


def variables_of(spec: ModelSpec) -> tuple[str, ...]:
    """The variables of the system: what stands before '|', left and right of the '~'."""
    formula = formula_of(spec)
    return (formula.outcome, *(s.name for s in formula.slopes))


def formula_faults(spec: Any, keys: tuple[str, ...], time: str) -> list[Fault]:
    """What is wrong with the declaration by itself: products and dummies, instruments, weights, effects, lags, orders.

    keys : that make up a unit, mostly one.
    """
    where, unit = f"models.{spec.id}", "^".join(keys)
    formula: Formula = formula_of(spec)
    found = []
    plain = all(len(s.factors) == 1 for s in formula.slopes)
    if not plain or not formula.slopes or formula.endogenous:
        what = "a system takes two variables or more, no products, dummies or instruments"
        found.append(
            Fault(where=f"{where}.formula", what=what, mend=f"write: y ~ x | {unit}, or y ~ x + z | {unit} + {time}")
        )
    effects = {unit if set(e.factors) == set(keys) else e.name for e in formula.absorb}
    if unit not in effects or effects - {unit, time} or any(e.slopes for e in formula.absorb):
        what = f"the effects of a system are {unit}, or {unit} + {time}"
        found.append(Fault(where=f"{where}.formula", what=what, mend=f"write | {unit} or | {unit} + {time}"))
    if spec.weights:
        what = "kind 'panel_var' takes no weights: a draw of clusters weighs their rows itself"
        found.append(Fault(where=f"{where}.weights", what=what, mend="leave `weights` out"))
    if spec.lags < 1:
        found.append(Fault(where=f"{where}.lags", what=f"lags = {spec.lags} is below one", mend="write 1"))
    if spec.horizon < 0 or spec.horizon > 100:
        what = f"horizon = {spec.horizon} is not between 0 and 100"
        found.append(Fault(where=f"{where}.horizon", what=what, mend="write 6"))
    if spec.draws < 99 and spec.bands != "none":
        found.append(Fault(where=f"{where}.draws", what="bands need 99 draws or more", mend="write 999"))
    names = variables_of(spec) if plain else ()
    for order in spec.orders if names else ():
        if sorted(order) != sorted(names):
            what = f"the order {', '.join(order)} is not one of the variables {', '.join(names)}"
            found.append(Fault(where=f"{where}.orders", what=what, mend="name each variable of the system once"))
    return [*found, *_gmm_faults(spec, where)]


def _gmm_faults(spec: Any, where: str) -> list[Fault]:
    found = []
    if spec.estimator != "gmm" and spec.instruments is not None:
        what, mend = (
            f"estimator '{spec.estimator}' has no instruments",
            'set estimator = "gmm", or leave `instruments` out',
        )
        found.append(Fault(where=f"{where}.instruments", what=what, mend=mend))
    if spec.estimator == "gmm" and spec.bands == "wild":
        what = "no wild bootstrap is made of moments: take whole clusters"
        found.append(Fault(where=f"{where}.bands", what=what, mend='set bands = "pairs"'))
    if spec.instruments is not None and not 1 <= spec.instruments[0] <= spec.instruments[1]:
        what = f"instruments = {list(spec.instruments)} are not first and last lag of the levels, from 1 on"
        found.append(Fault(where=f"{where}.instruments", what=what, mend=f"write [1, {spec.lags + 2}]"))
    return found


def length_faults(spec: Any, years: tuple[int, int]) -> list[Fault]:
    """Whether the study's years suffice for lags and estimator, before any row is read."""
    own = spec.years or years
    first, last = max(years[0], own[0]), min(years[1], own[1])
    need = max(spec.lags, 0) + FEWEST[spec.estimator]
    if last - first + 1 >= need:
        return []
    halves = ", half of them in each half of the panel" if spec.estimator == "jackknife" else ""
    what = (
        f"{first}-{last} are {counted(max(last - first + 1, 0), 'years')}: {counted(spec.lags, 'lags')} and "
        f"estimator '{spec.estimator}' need {need}"
        f" ({spec.lags} before the first row, {FEWEST[spec.estimator]} rows{halves})"
    )
    mend = "take fewer lags or more years" + (', or estimator = "lsdv" with its bias' if halves else "")
    return [Fault(where=f"models.{spec.id}.lags", what=what, mend=mend)]


def system_of(spec: Any, panel: Panel, setting: Setting) -> System:
    """The rows and lags of a system.

    A lag is taken from the row of the same unit so many periods before, among the rows that the model keeps; where there is none, the
    row is lost, and counted as one before which the unit has no row, or one after a gap.

    Raises
    ------
    EstimationError
        A declaration that is none, two cluster variables, a unit in two clusters, or no unit long enough.
    """
    faults = formula_faults(spec, panel.parts or (panel.unit,), panel.time)
    if faults:
        raise EstimationError(faults=faults)
    names = variables_of(spec)
    formula = formula_of(spec, panel)
    rows = rows_of(replace(spec, singletons="keep"), formula, panel, setting)
    lagged, drops = _lagged(rows.panel, names, spec.lags)
    kept = ~np.isnan(lagged).any(axis=(1, 2))
    period = any(e.name == panel.time for e in formula.absorb)
    drops += _too_short(rows.panel, kept, FEWEST[spec.estimator], period)
    if not kept.any():
        said = "; ".join(f"{counted(d.rows, 'rows')}: {d.why}" for d in (*rows.drops, *drops))
        raise EstimationError(
            f"no row is left for {counted(spec.lags, 'lags')} and estimator '{spec.estimator}' ({said})",
            where=f"models.{spec.id}.lags",
            mend="take fewer lags, a longer window, or another estimator",
        )
    columns = {lag_column(n, s): lagged[kept, i, s - 1] for s in range(1, spec.lags + 1) for i, n in enumerate(names)}
    at = np.flatnonzero(kept)
    made = rows.panel.take(at).extended(columns, [_variable(c, panel) for c in columns])
    groups = {name: int(made.codes(*name.split("^")).max()) + 1 for name in rows.clusters}
    sample = sample_of(made, rows.positions[kept], (*rows.drops, *drops), groups)
    return System(
        names=names,
        columns=tuple(columns),
        panel=made,
        levels=rows.panel,
        at=at,
        sample=sample,
        absorb=(panel.unit, panel.time) if period else (panel.unit,),
        clusters=rows.clusters,
        period=period,
    )


def lag_of(levels: Panel, values: np.ndarray, lag: int) -> np.ndarray:
    """(rows,) the value of the same unit `lag` periods before, NaN where there is no such row."""
    units, times = levels.codes(levels.unit), levels.column(levels.time)
    place = {key: i for i, key in enumerate(zip(units.tolist(), times.tolist(), strict=True))}
    before = np.array([place.get((u, t - lag), -1) for u, t in zip(units.tolist(), times.tolist(), strict=True)])
    return np.where(before >= 0, values[np.maximum(before, 0)], np.nan)


def _lagged(levels: Panel, names: tuple[str, ...], lags: int) -> tuple[np.ndarray, tuple[Drop, ...]]:
    """(rows, k, lags), and the rows without all lags: the first ones of a unit, and those after a gap."""
    made = np.stack(
        [np.stack([lag_of(levels, levels.column(n), s) for s in range(1, lags + 1)], axis=1) for n in names], axis=1
    )
    lost = np.isnan(made).any(axis=(1, 2))
    units, times = levels.codes(levels.unit), levels.column(levels.time)
    first = np.full(int(units.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, units, times)
    initial = lost & (times < first[units] + lags)
    counts = (
        (initial, f"initial values: the first {counted(lags, 'years')} of its {levels.unit}"),
        (lost & ~initial, f"after a gap: no row of its {levels.unit} in one of the {counted(lags, 'years')} before"),
    )
    return made, tuple(Drop(rows=int(rows.sum()), why=why) for rows, why in counts if rows.any())


def _too_short(levels: Panel, kept: np.ndarray, fewest: int, period: bool) -> tuple[Drop, ...]:
    """Leave out units with too few rows, and with time effects the years of one row, until none is left; `kept` is changed."""
    units, years = levels.codes(levels.unit), levels.codes(levels.time)
    short, alone = np.zeros(len(kept), dtype=bool), np.zeros(len(kept), dtype=bool)
    while True:
        few = kept & (np.bincount(units[kept], minlength=int(units.max()) + 1)[units] < fewest)
        kept[few], short[few] = False, True
        single = (
            kept & (np.bincount(years[kept], minlength=int(years.max()) + 1)[years] == 1) if period else few & False
        )
        kept[single], alone[single] = False, True
        if not few.any() and not single.any():
            break
    counts = (
        (short, f"fewer than {counted(fewest, 'rows')} of its {levels.unit} after the lags"),
        (alone, f"singleton: the only row of its {levels.time}"),
    )
    return tuple(Drop(rows=int(rows.sum()), why=why) for rows, why in counts if rows.any())


def _variable(column: str, panel: Panel) -> Variable:
    name, _, lag = column.partition("::lag")
    label = panel.variable(name).label
    made = Label(en=f"{label.en or name}, lag {lag}", zh=f"{label.zh or name}(滞后{lag}期)")
    how = f"the value of its {panel.unit} {counted(lag, 'years')} before; no gap is jumped"
    return Variable(
        name=column, measure=panel.variable(name).measure, label=made, origin=Origin(how=how, inputs=(name,))
    )
