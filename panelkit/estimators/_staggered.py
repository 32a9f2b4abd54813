"""The sample of a staggered design: whose rows can be compared at all, and why the others leave. No effect is estimated here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Drop
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, compile_model, formula_of, rows_of
from panelkit.estimators._events import events_of
from panelkit.numerics.staggered_panel import StaggeredPanel, staggered_panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Staggered:
    """A staggered design, ready for numerics.

    compiled : the two-way regression on the same rows (the request that engines answer). panel : the rows for numerics.
    covariates : names behind its columns. never, not_yet : units never treated in the data; units treated after the last
    period kept. always : units treated from the first period on (they left). lost : cohort-period cells that left for want
    of an untreated unit, as (cohort, period). ended : the last period kept, where later ones left.
    """

    compiled: Compiled
    panel: StaggeredPanel
    covariates: tuple[str, ...]
    never: int
    not_yet: int
    always: int
    lost: tuple[tuple[float, float], ...]
    ended: float | None


def treated_name(cohort: str) -> str:
    """Name of the column that is 1 from the cohort's period on."""
    return f"treated::{cohort}"


def staggered_of(
    spec: ModelSpec, panel: Panel, setting: Setting, *, cohort: str, anticipation: int, complete: bool
) -> Staggered:
    """The rows of a staggered design, every row that left with its reason in the sample.

    Parameters
    ----------
    cohort : variable with the first treated period; 0 or missing is never.
    anticipation : periods before treatment in which a unit is no clean control.
    complete : only units seen in every period stay.

    Raises
    ------
    EstimationError
        Whatever the data do not allow.
    """
    where = f"models.{spec.id}"
    base = formula_of(spec)
    _refuse(spec, base, panel, cohort)
    name = treated_name(cohort)
    events = events_of(panel, cohort, (-1, 1), f"{where}.cohort")
    variable = Variable(
        name=name,
        measure="",
        label=Label(en="treated", zh="处理后"),
        origin=Origin(how="1 from the cohort's period on"),
    )
    extended = panel.extended({name: (events.time >= events.cohort).astype("float64")}, [variable])
    formula = replace(base, slopes=(Slope(factors=(name,)), *base.slopes))
    rows = rows_of(spec, formula, extended, setting)
    left = _Left(events.cohort, events.time, panel.codes(panel.unit), rows.positions)
    left.always_treated(panel.unit)
    left.without_controls(anticipation)
    if complete:
        left.incomplete(panel)
    kept = left.positions(where)
    inner = replace(spec, years=None, where="", exclude={}, collinear="drop")
    compiled = compile_model(inner, extended.take(kept), setting, formula=formula, focal=name)
    if name in compiled.dropped:
        raise EstimationError(
            "nothing is left of the treatment beside unit, period and covariates",
            where=where,
            mend="leave out covariates that move with the treatment",
        )
    sample = replace(
        compiled.sample,
        positions=kept[compiled.sample.positions],
        dropped=(*rows.drops, *left.drops, *compiled.sample.dropped),
    )
    names = (*compiled.dropped, *(s for s in compiled.request.slopes if s != name))
    compiled = replace(compiled, sample=sample, dropped=(), notes=())
    first = events.cohort[sample.positions]
    units = compiled.design.unit_codes
    last = float(events.time[sample.positions].max())
    return Staggered(
        compiled=compiled,
        panel=_arrays(compiled, first, names, where),
        covariates=names,
        never=len(np.unique(units[np.isinf(first)])),
        not_yet=len(np.unique(units[np.isfinite(first) & (first > last)])),
        always=left.always,
        lost=left.lost,
        ended=last if left.lost else None,
    )


def _arrays(compiled: Compiled, cohort: np.ndarray, names: tuple[str, ...], where: str) -> StaggeredPanel:
    made, design = compiled.panel, compiled.design
    X = np.column_stack([made.column(n).astype("float64") for n in names]) if names else None
    try:
        return staggered_panel(
            design.outcome,
            design.unit_codes,
            made.column(made.time).astype("float64"),
            cohort,
            X,
            design.weights,
            None if design.cluster_names[0] == made.unit else design.clusters[0],
        )
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=where, mend="cluster on a category that is fixed within units"
        ) from fault


class _Left:
    """Rows that leave one reason after the other; `kept` are those that stay so far."""

    def __init__(self, cohort: np.ndarray, time: np.ndarray, unit: np.ndarray, positions: np.ndarray) -> None:
        self.cohort, self.time, self.unit = cohort, time, unit
        self.kept = np.zeros(len(time), dtype=bool)
        self.kept[positions] = True
        self.drops: tuple[Drop, ...] = ()
        self.always = 0
        self.lost: tuple[tuple[float, float], ...] = ()

    def _leave(self, out: np.ndarray, why: str) -> None:
        self.drops = (*self.drops, Drop(rows=int(out.sum()), why=why))
        self.kept &= ~out

    def always_treated(self, unit: str) -> None:
        out = self.kept & (self.cohort <= self.time[self.kept].min())
        if out.any():
            self.always = len(np.unique(self.unit[out]))
            self._leave(out, f"{unit} treated from the first period on: no period before to compare with")

    def without_controls(self, anticipation: int) -> None:
        clean = np.unique(self.time[self.kept & (self.cohort > self.time + anticipation)])
        out = self.kept & ~np.isin(self.time, clean)
        if out.any():
            cells = np.unique(np.column_stack([self.cohort[out], self.time[out]]), axis=0)
            self.lost = tuple((float(g), float(t)) for g, t in cells if g <= t)
            years = ", ".join(f"{t:g}" for t in np.unique(self.time[out]))
            self._leave(out, f"no unit is untreated in {years}: no effect is identified there")

    def incomplete(self, panel: Panel) -> None:
        if not self.kept.any():
            return
        periods = len(np.unique(self.time[self.kept]))
        seen = np.bincount(self.unit[self.kept], minlength=int(self.unit.max()) + 1)
        out = self.kept & (seen[self.unit] < periods)
        if out.any():
            self._leave(out, f"{panel.unit} not seen in every one of {periods} periods")

    def positions(self, where: str) -> np.ndarray:
        if not (self.kept & np.isfinite(self.cohort) & (self.time >= self.cohort)).any():
            said = "; ".join(f"{d.rows} rows: {d.why}" for d in self.drops)
            raise EstimationError(
                f"no treated row is left{f' ({said})' if said else ''}",
                where=where,
                mend="look at the cohorts, or take unbalanced = 'allow' where units have gaps",
            )
        return np.flatnonzero(self.kept)


def _refuse(spec: ModelSpec, formula: Formula, panel: Panel, cohort: str) -> None:
    where = f"models.{spec.id}"
    if cohort not in panel.names:
        raise EstimationError(
            f"there is no variable '{cohort}'", where=f"{where}.cohort", mend=known_or_nearest(cohort, panel.names)
        )
    if panel.column(cohort).dtype.kind not in "fiu":
        raise EstimationError(
            f"'{cohort}' is a category, not a year",
            where=f"{where}.cohort",
            mend="give the first treated year as a number",
        )
    effects = {e.name for e in formula.absorb}
    if effects != {panel.unit, panel.time} or any(e.slopes for e in formula.absorb):
        raise EstimationError(
            f"a staggered design has the effects {panel.unit} and {panel.time}, no other",
            where=f"{where}.formula",
            mend=f"write {formula.outcome} ~ 1 | {panel.unit} + {panel.time}, covariates in place of 1",
        )
    if cohort in {f for s in formula.slopes for f in s.factors}:
        raise EstimationError(
            f"'{cohort}' is both cohort and covariate", where=f"{where}.formula", mend="leave it out of the formula"
        )
    if spec.weights and spec.weight_kind == "frequency":
        raise EstimationError(
            "frequency weights count rows, and influence is by unit",
            where=f"{where}.weight_kind",
            mend='take weight_kind = "analytic"',
        )
