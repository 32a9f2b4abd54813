"""From one number of the panel back to the cells of raw files that it rests on; nothing is computed anew."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import PanelError
from panelkit.core.expression import Binary, Call, Name, Node, Unary, walk
from panelkit.core.key import JOINT, at_level, joined, parts_of
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import DERIVATIONS, Reach
from panelkit.core.study import Study, VariablePlan
from panelkit.etl.expressions import GRID_FUNCTIONS, years_back
from panelkit.etl.harmonise.keys import code_of
from panelkit.etl.harmonise.provinces import named
from panelkit.etl.needs import direct_inputs, filled_from, series_behind, tree_of

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.etl.assemble import Assembled

MOST_STEPS = 20_000  # of one chain
_LETTERS = re.compile(r"^(?P<sheet>.*)!(?P<column>[A-Z]{1,3})(?P<row>\d+)$")
_LINE = re.compile(r"^line (?P<row>\d+), column (?P<column>\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a finished run keeps of a panel: its raw cells, and the panel, where values are to be shown."""

    observations: pd.DataFrame
    panel: Panel | None = None
    filled: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """One step of a chain: a variable's cell, with the cells it was made of, or a raw cell, with its place.

    how : what was done, in words. place : path, sheet, row, column, cell, vintage of a raw cell, or table and line of a shipped
    fact. others : cells of other units that it rests on, counted; among those
    below too where all were asked for. outside : the value is of a year that the panel does not keep. fact : a row of a shipped table,
    whose text is the value.
    """

    name: str
    unit: str
    time: int
    value: float | str | None
    how: str
    place: Mapping[str, Any] | None = None
    others: tuple[str, ...] = ()
    below: tuple[Lineage, ...] = ()
    outside: bool = False
    fact: bool = False

    def leaves(self) -> Iterator[Lineage]:
        """Every raw cell of the chain, each once per step that uses it."""
        if not self.below:
            yield self
        for step in self.below:
            yield from step.leaves()

    def __str__(self) -> str:
        return "\n".join(self._lines(0))

    def _lines(self, depth: int) -> Iterator[str]:
        if self.fact:
            yield f"{'  ' * depth}{self.how}: {self.value}"
            return
        none = "not kept, outside the panel's years" if self.outside else "missing"
        value = none if self.value is None else self.value if isinstance(self.value, str) else f"{self.value:.10g}"
        yield f"{'  ' * depth}{self.name}, {named(self.unit)}, {self.time} = {value}: {self.how}"
        for other in self.others:
            yield f"{'  ' * (depth + 1)}with {other}"
        for step in self.below:
            yield from step._lines(depth + 1)


def lineage_of(
    name: str, unit: str, time: int, study: Study, kept: Assembled | Saved, *, unfold: bool = False
) -> Lineage:
    """The chain from a cell of the panel to its raw cells.

    Parameters
    ----------
    name : str
        Variable of the study.
    unit : str
        Code as in the panel, or a province's name in any spelling.
    kept : Assembled or Saved
        Observations, and the panel for values.
    unfold : bool
        Cells of other units (in denominators, ranges, quantiles) one by one; else they are counted.

    Raises
    ------
    PanelError
        No such variable, unit or year.
    """
    if name not in study.variables:
        raise PanelError(f"there is no variable '{name}'", mend=known_or_nearest(name, study.variables))
    unit = _code(unit, study, kept)
    held = kept.observations
    if int(time) not in set(held["time"]) and kept.panel is not None and int(time) not in kept.panel.times:
        raise PanelError(f"there is no year {time}", mend=f"files have {held['time'].min()} to {held['time'].max()}")
    cells = {(r["series"], r["unit"], int(r["time"])): r for r in _rows_behind(name, study, held).to_dict("records")}
    return _Tracer(study=study, kept=kept, cells=cells, unfold=unfold).variable(name, unit, int(time))


def _code(unit: str, study: Study, kept: Assembled | Saved) -> str:
    known = {str(u) for u in kept.observations["unit"].unique()}
    if kept.panel is not None:
        known |= set(kept.panel.units)
    if unit in known:
        return unit
    lists = list(study.panel.code_lists.values())
    pieces = [p.strip() for p in unit.split(JOINT.strip())] if len(lists) > 1 else [unit]
    if len(pieces) == len(lists):
        found = joined(code_of(p, name) for p, name in zip(pieces, lists, strict=True))
        if found in known:
            return found
    mend = known_or_nearest(unit, known) if len(lists) == 1 else f"write it as {next(iter(sorted(known)), '')!r}"
    raise PanelError(f"there is no {study.panel.entity} '{unit}'", mend=mend)


def _rows_behind(name: str, study: Study, observations: pd.DataFrame) -> pd.DataFrame:
    return observations[observations["series"].isin(series_behind(name, study.variables))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tracer:
    study: Study
    kept: Assembled | Saved
    cells: Mapping[tuple[str, str, int], Mapping[Any, Any]]
    unfold: bool = False
    walked: list[str] = field(default_factory=list)

    def any(self, name: str, unit: str, time: int) -> Lineage:
        """A step for a variable or a raw series."""
        return self.variable(name, unit, time) if name in self.study.variables else self.raw(name, unit, time)

    def variable(self, name: str, unit: str, time: int) -> Lineage:
        self.walked.append(name)
        if len(self.walked) > MOST_STEPS:
            what = f"it rests on more than {MOST_STEPS:,} steps, each counted as often as it is used"
            raise PanelError(what, where=f"variables.{self.walked[0]}", mend="trace a variable further down the chain")
        plan = self.study.variables[name]
        value, is_filled = self._value(name, unit, time)
        needed = dict.fromkeys((n, t) for n, t in _cells_needed(plan, time) if n in self.study.variables or "." in n)
        how = self._how(plan)
        steps = [self.any(n, unit, t) for n, t in needed]
        if is_filled and plan.spec.fill:
            how += f"; not as published: filled by {_method(plan)}"
            steps += self._filled_from(plan, unit, time)
        elif is_filled:
            how += "; not as published: an input was filled"
        keys = self._others(plan, unit, [t for _, t in needed] or [time])
        if self.unfold:
            steps += [self.raw(*key) for key in keys]
        return Lineage(
            name=name,
            unit=unit,
            time=time,
            value=value,
            how=how,
            others=_counted(keys),
            below=(*steps, *self._facts(plan, unit, time)),
            outside=self.kept.panel is not None and time not in self.kept.panel.times,
        )

    def _how(self, plan: VariablePlan) -> str:
        """As the panel says it was made, with weights and rates as they came out; else as the study asks for it."""
        panel = self.kept.panel
        if panel is None or plan.name not in panel.names:
            return _how(plan)
        measure = f", in {plan.spec.measure}" if plan.spec.measure else ""
        return f"{panel.variable(plan.name).origin.how}{measure}"

    def _filled_from(self, plan: VariablePlan, unit: str, time: int) -> list[Lineage]:
        """The figures of the series itself that a linear or carried fill rests on."""
        if not plan.spec.series or _method(plan) not in ("linear", "carry"):
            return []
        known = [t for s, u, t in self.cells if (s, u) == (plan.spec.series, unit) and self._is_there(s, u, t)]
        before, after = [t for t in known if t < time], [t for t in known if t > time]
        sides = [max(before)] if before else []
        sides += [min(after)] if after and _method(plan) == "linear" else []
        return [self.raw(plan.spec.series, unit, t) for t in sides]

    def _is_there(self, series: str, unit: str, time: int) -> bool:
        value = self.cells[series, unit, time]["value"]
        return value is not None and value == value

    def _facts(self, plan: VariablePlan, unit: str, time: int) -> tuple[Lineage, ...]:
        """Rows of shipped fact tables as leaves."""
        if not plan.spec.derive:
            return ()
        evidence = DERIVATIONS[plan.spec.derive].evidence
        rows = next((found for part in parts_of(unit) if (found := evidence(plan.options, part, time))), ())
        return tuple(
            Lineage(
                name=row.table,
                unit=unit,
                time=time,
                value=row.text,
                how=f"line {row.line} of panelkit/{row.table}",
                place={
                    "path": f"panelkit/{row.table}",
                    "sheet": None,
                    "row": row.line,
                    "column": None,
                    "cell": f"line {row.line}",
                },
                fact=True,
            )
            for row in rows
        )

    def raw(self, series: str, unit: str, time: int) -> Lineage:
        row = self.cells.get((series, unit, time))
        if row is None:
            row = next((self.cells[k] for u in wider(unit) if (k := (series, u, time)) in self.cells), None)
        if row is None:
            return Lineage(name=series, unit=unit, time=time, value=None, how="no cell in the file")
        place = place_of(row, self.study)
        text = row["text"]
        value = text if isinstance(text, str) else None if row["value"] != row["value"] else float(row["value"])
        vintage = f", vintage {place['vintage']}" if place["vintage"] else ""
        measure = f" {row['measure']}" if row["measure"] else ""
        printed = "blank" if value is None else f"as printed{measure}"
        how = f"{printed} in {place['path']}, {place['cell']}{vintage}"
        if row["unit"] != unit:
            how += f" (one figure for {named(str(row['unit']))})"
        return Lineage(name=series, unit=unit, time=time, value=value, how=how, place=place)

    def _value(self, name: str, unit: str, time: int) -> tuple[float | str | None, bool]:
        panel = self.kept.panel
        if panel is None:
            return None, False
        at = np.flatnonzero((panel.column(panel.unit) == unit) & (panel.column(panel.time) == time))
        if not at.size:
            return None, False
        value = panel.column(name)[at[0]]
        flags = self.kept.filled
        is_filled = flags is not None and name in flags and bool(flags[name].to_numpy()[at[0]])
        return (None if value is None or value != value else value), is_filled

    def _others(self, plan: VariablePlan, unit: str, times: list[int]) -> list[tuple[str, str, int]]:
        """Cells of other units behind sums, ranges and quantiles, by raw series, unit and time."""
        reach = _reach(plan)
        if reach == "unit":
            return []
        low, high = min(times), max(times)
        if reach == "panel":
            first, last = getattr(plan.options, "fit_years", None) or self.study.panel.years
            low, high = min(low, first), max(high, last)
        own = (unit, *wider(unit))
        behind = series_behind(plan.name, self.study.variables)
        found = [k for k in self.cells if k[0] in behind and k[1] not in own and low <= k[2] <= high]
        return sorted(found, key=lambda k: (behind.index(k[0]), *k[1:]))


def _counted(keys: list[tuple[str, str, int]]) -> tuple[str, ...]:
    """Cells of other units in words, by series."""
    found = []
    for series in dict.fromkeys(k[0] for k in keys):
        own = [k for k in keys if k[0] == series]
        years = sorted({k[2] for k in own})
        span = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
        found.append(
            f"{counted(len(own), 'cells')} of {counted(len({k[1] for k in own}), 'other units')} in {span} of {series}"
        )
    return tuple(found)


def wider(unit: str) -> tuple[str, ...]:
    """Units whose figures hold for `unit` too, the nearest first: those of some of its keys, then of none."""
    count = len(parts_of(unit))
    levels = sorted(itertools.product((True, False), repeat=count), key=lambda level: -sum(level))
    return tuple(at_level(unit, level) for level in levels[1:])


def _method(plan: VariablePlan) -> str:
    fill = plan.spec.fill
    return fill if isinstance(fill, str) else fill.method if fill is not None else ""


def _how(plan: VariablePlan) -> str:
    spec = plan.spec
    inner = spec.series or spec.expression or f"{spec.derive}({', '.join(direct_inputs(plan))})"
    text = f"{spec.transform}({inner})" if spec.transform else inner
    measure = f" in {spec.measure}" if spec.measure else ""
    return f"{text}{measure}"


def _nodes(plan: VariablePlan) -> list[Node]:
    nodes = list(walk(tree_of(plan))) if plan.spec.expression else []
    return [*nodes, *([Call(plan.spec.transform, (Name(plan.name),))] if plan.spec.transform else [])]


def _reach(plan: VariablePlan) -> Reach:
    """Which other cells one cell of a variable rests on, by its derivation and its functions."""
    calls = {n.function for n in _nodes(plan) if isinstance(n, Call)}
    across = {f for f in calls if f in GRID_FUNCTIONS and not GRID_FUNCTIONS[f].shift}
    own: Reach = DERIVATIONS[plan.spec.derive].reach_of(plan.options) if plan.spec.derive else "unit"
    if own == "panel" or across - {"winsor_by_year"}:
        return "panel"
    return "year" if own == "year" or across else "unit"


def _cells_needed(plan: VariablePlan, time: int) -> Iterator[tuple[str, int]]:
    """Each input of a variable with the years of it that one cell rests on."""
    times = {time}
    if plan.spec.transform in ("lag", "lead", "diff"):
        step = GRID_FUNCTIONS[plan.spec.transform].shift
        times = {time + step} | ({time} if plan.spec.transform == "diff" else set())
    for at in sorted(times):
        if plan.spec.expression:
            yield from _leaves(tree_of(plan), at, f"variables.{plan.name}")
        else:
            across = bool(plan.spec.derive) and DERIVATIONS[plan.spec.derive].reach_of(plan.options) == "panel"
            for name in direct_inputs(plan):  # years of a fit over the panel are counted, not unfolded
                first, last = (at, at) if plan.options is None or across else plan.options.years_of(name, at, at)
                yield from ((name, t) for t in range(first, last + 1))
        yield from ((name, at) for name in filled_from(plan))


def _leaves(node: Node, time: int, where: str) -> Iterator[tuple[str, int]]:
    match node:
        case Name():
            yield node.name, time
        case Unary():
            yield from _leaves(node.operand, time, where)
        case Binary():
            yield from _leaves(node.left, time, where)
            yield from _leaves(node.right, time, where)
        case Call():
            function = GRID_FUNCTIONS.get(node.function)
            if function is None or not function.shift:
                for argument in node.arguments:
                    yield from _leaves(argument, time, where)
                return
            yield from _leaves(node.arguments[0], time + function.shift * years_back(node, where), where)
            if node.function == "diff":
                yield from _leaves(node.arguments[0], time, where)


def place_of(row: Mapping[Any, Any], study: Study) -> dict[str, Any]:
    """Where a raw cell stands: path, sheet, row, column (letters or a number), cell as written, vintage, publisher."""
    cell = str(row["cell"])
    found = _LETTERS.match(cell) or _LINE.match(cell)
    parts = found.groupdict() if found else {}
    source = study.sources[row["source"]]
    return {
        "path": source.path,
        "sheet": parts.get("sheet"),
        "row": int(parts["row"]) if "row" in parts else None,
        "column": parts.get("column"),
        "cell": cell,
        "vintage": int(row["vintage"]) or None,
        "publisher": source.publisher,
    }
