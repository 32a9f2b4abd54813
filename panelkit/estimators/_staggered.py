"""The sample of a staggered design: whose rows can be compared at all, and why the others leave. No effect is estimated here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Drop
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Absorbed, Formula, Slope
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, compile_model, formula_of, rows_of
from panelkit.estimators._events import Events, events_of
from panelkit.numerics.staggered_panel import StaggeredPanel, staggered_panel

Sampling = Literal["panel", "cross_sections"]
GROUP = "cohort::group"  # the category that stands for the unit in the two-way regression on cross-sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """The pair of categories that are the units of a triple difference, and the 0/1 variable that says which are eligible."""

    pair: tuple[str, str]
    eligible: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staggered:
    """A staggered design, ready for numerics.

    compiled : the two-way regression on the same rows (the request that engines answer). panel : the rows for numerics.
    covariates : names behind its columns. never, not_yet : units never treated in the data; units treated after the last
    period kept. always : units treated from the first period on (they left). lost : cohort-period cells that left for want
    of an untreated unit, as (cohort, period). ended : the last period kept, where later ones left. effects : codes (n,) of each
    effect beside the unit in the row order of `panel`, None where that is the period alone. sections : rows are no panel.
    """

    compiled: Compiled
    panel: StaggeredPanel
    covariates: tuple[str, ...]
    never: int
    not_yet: int
    always: int
    lost: tuple[tuple[float, float], ...]
    ended: float | None
    effects: tuple[np.ndarray, ...] | None = None
    sections: bool = False


def treated_name(cohort: str) -> str:
    """Name of the column that is 1 from the cohort's period on."""
    return f"treated::{cohort}"


def staggered_of(
    spec: ModelSpec,
    panel: Panel,
    setting: Setting,
    *,
    cohort: str,
    anticipation: int = 0,
    complete: bool = False,
    sampling: Sampling = "panel",
    further: bool = False,
    triple: Triple | None = None,
) -> Staggered:
    """The rows of a staggered design, every row that left with its reason in the sample.

    Parameters
    ----------
    cohort : variable with the first treated period; 0 or missing is never.
    anticipation : periods before treatment in which a unit is no clean control.
    complete : only units seen in every period stay.
    sampling : 'cross_sections' where rows are different units in each period; the effects are then cohort and time.
    further : effects other than unit and time are taken.
    triple : of a triple difference, whose effects are three pairs and whose units are pairs of place and group.

    Raises
    ------
    EstimationError
        Whatever the data do not allow.
    """
    where = f"models.{spec.id}"
    base = formula_of(spec, panel)
    _refuse(spec, base, panel, cohort)
    if triple is None:
        _refuse_effects(spec, base, panel, cohort, (sampling, further))
    name = treated_name(cohort)
    events = events_of(panel, cohort, (-1, 1), f"{where}.cohort")
    extended = _with_treatment(panel, events, cohort, sampling)
    focal = Slope(factors=(name,) if triple is None else (name, triple.eligible))
    formula = replace(base, slopes=(focal, *base.slopes))
    if sampling == "cross_sections":
        formula = replace(formula, absorb=(Absorbed(factors=(GROUP,)), Absorbed(factors=(panel.time,))))
    rows = rows_of(spec, formula, extended, setting)
    whose = (panel.unit,) if triple is None else triple.pair
    left = _Left(events.cohort, panel.codes(panel.time), panel.times, panel.codes(*whose), rows.positions)
    left.always_treated("^".join(whose))
    left.without_controls(anticipation)
    if complete:
        left.incomplete("^".join(whose))
    kept = left.positions(where)
    inner = replace(spec, years=None, where="", exclude={}, collinear="drop")
    compiled = compile_model(inner, extended.take(kept), setting, formula=formula, focal=focal.name)
    if focal.name in compiled.dropped:
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
    names = (*compiled.dropped, *(s for s in compiled.request.slopes if s != focal.name))
    compiled = replace(compiled, sample=sample, dropped=(), notes=())
    first = events.cohort[sample.positions]
    units = compiled.panel.codes(*whose)
    last = float(events.time[sample.positions].max())
    made = _arrays(compiled, first, names, where, None if sampling == "cross_sections" else units)
    return Staggered(
        compiled=compiled,
        panel=made,
        covariates=names,
        never=len(np.unique(units[np.isinf(first)])),
        not_yet=len(np.unique(units[np.isfinite(first) & (first > last)])),
        always=left.always,
        lost=left.lost,
        ended=last if left.lost else None,
        effects=_further(compiled, made) if further else None,
        sections=sampling == "cross_sections",
    )


def _with_treatment(panel: Panel, events: Events, cohort: str, sampling: Sampling) -> Panel:
    """The panel with the treatment dummy, and for cross-sections the cohort as a category, the never treated a level of it."""
    name = treated_name(cohort)
    how, label = Origin(how="1 from the cohort's period on"), Label(en="treated", zh="处理后")
    columns = {name: (events.time >= events.cohort).astype("float64")}
    variables = [Variable(name=name, measure="", label=label, origin=how)]
    if sampling == "cross_sections":
        groups = ["never" if np.isinf(g) else f"{g:g}" for g in events.cohort]
        columns[GROUP] = np.array(groups, dtype=object)
        label = Label(en="cohort", zh="处理批次")
        variables.append(Variable(name=GROUP, measure="", label=label, origin=Origin(how="cohort"), kind="category"))
    return panel.extended(columns, variables)


def _further(compiled: Compiled, made: StaggeredPanel) -> tuple[np.ndarray, ...] | None:
    """Codes of the effects beside the unit in the order of the rows of `made`; None where that is the period alone."""
    names = [n for n in compiled.request.absorb if n != compiled.panel.unit]
    if names == [compiled.panel.time]:
        return None
    return tuple(compiled.panel.codes(n)[made.order] for n in names)


def _arrays(
    compiled: Compiled, cohort: np.ndarray, names: tuple[str, ...], where: str, units: np.ndarray | None
) -> StaggeredPanel:
    """The rows for numerics; `units` None where rows are no panel."""
    made, design = compiled.panel, compiled.design
    X = np.column_stack([made.column(n).astype("float64") for n in names]) if names else None
    alone = len(made.units) == made.rows if units is None else int(units.max()) + 1 == len(made.units)
    try:
        return staggered_panel(
            design.outcome,
            units,
            made.column(made.time).astype("float64"),
            cohort,
            X,
            design.weights,
            None if design.cluster_names[0] == made.unit and alone else design.clusters[0],
        )
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=where, mend="cluster on a category that is fixed within units"
        ) from fault


class _Left:
    """Rows that leave one reason after the other; `kept` are those that stay so far."""

    def __init__(
        self, cohort: np.ndarray, when: np.ndarray, periods: tuple[int, ...], unit: np.ndarray, positions: np.ndarray
    ) -> None:
        self.cohort, self.when, self.unit = cohort, when, unit
        self.periods = np.array(periods, dtype=np.float64)
        self.time = self.periods[when]
        self.kept = np.zeros(len(when), dtype=bool)
        self.kept[positions] = True
        self.drops: tuple[Drop, ...] = ()
        self.always = 0
        self.lost: tuple[tuple[float, float], ...] = ()

    def _leave(self, out: np.ndarray, why: str) -> None:
        self.drops = (*self.drops, Drop(rows=int(out.sum()), why=why))
        self.kept &= ~out

    def _seen(self, rows: np.ndarray) -> np.ndarray:
        """(T,) whether a period has one of these rows."""
        return np.asarray(np.bincount(self.when[rows], minlength=len(self.periods)) > 0)

    def always_treated(self, unit: str) -> None:
        out = self.kept & (self.cohort <= self.time[self.kept].min())
        if out.any():
            self.always = len(np.unique(self.unit[out]))
            self._leave(out, f"{unit} treated from the first period on: no period before to compare with")

    def without_controls(self, anticipation: int) -> None:
        clean = self._seen(self.kept & (self.cohort > self.time + anticipation))
        out = self.kept & ~clean[self.when]
        if out.any():
            cohorts, which = np.unique(self.cohort[out], return_inverse=True)
            cells = np.zeros((len(cohorts), len(self.periods)), dtype=bool)
            cells[which, self.when[out]] = True
            both = ((float(cohorts[i]), float(self.periods[j])) for i, j in np.argwhere(cells))
            self.lost = tuple((g, t) for g, t in both if g <= t)
            years = ", ".join(f"{t:g}" for t in self.periods[self._seen(out)])
            self._leave(out, f"no unit is untreated in {years}: no effect is identified there")

    def incomplete(self, unit: str) -> None:
        if not self.kept.any():
            return
        periods = int(self._seen(self.kept).sum())
        seen = np.bincount(self.unit[self.kept], minlength=int(self.unit.max()) + 1)
        out = self.kept & (seen[self.unit] < periods)
        if out.any():
            self._leave(out, f"{unit} not seen in every one of {counted(periods, 'periods')}")

    def positions(self, where: str) -> np.ndarray:
        if not (self.kept & np.isfinite(self.cohort) & (self.time >= self.cohort)).any():
            said = "; ".join(f"{counted(d.rows, 'rows')}: {d.why}" for d in self.drops)
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


def _refuse_effects(spec: ModelSpec, formula: Formula, panel: Panel, cohort: str, how: tuple[Sampling, bool]) -> None:
    """Refuse effects that the design does not have."""
    sampling, further = how
    effects = {e.name for e in formula.absorb}
    unit = cohort if sampling == "cross_sections" else panel.unit
    with_time = [e for e in formula.absorb if panel.time in e.factors]
    fits = unit in effects and len(with_time) > 0 if further else effects == {unit, panel.time}
    if fits and not any(e.slopes for e in formula.absorb):
        return
    beside = f"{unit} and {panel.time}" + (
        ", or further ones by period such as region^" + panel.time if further else ", no other"
    )
    raise EstimationError(
        f"{'a design of cross-sections' if unit == cohort else 'a staggered design'} has the effects {beside}",
        where=f"models.{spec.id}.formula",
        mend=f"write {formula.outcome} ~ 1 | {unit} + {panel.time}, covariates in place of 1",
    )
