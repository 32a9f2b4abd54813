"""What is known while variables are made: columns, measures, marks of filled cells, levels; how one is made is in variables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.derivation import Columns
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import VariablePlan
from panelkit.core.variable import Price, Variable
from panelkit.etl.expressions import Grid
from panelkit.etl.harmonise.units import Measure
from panelkit.etl.levels import Level, Levels, Reduction, reduced_columns, reduction

if TYPE_CHECKING:
    import pandas as pd

REGIONS = ("gbt2260", "gbt2260_city")


@dataclass(slots=True)
class Workbench:
    """Series and variables known so far.

    bare : the same columns without fills, to tell which cells are not as published. flags : variable -> bool per cell of the
    grid, not as published. levels : over which keys each varies. details : variable -> numbers
    behind it, such as the weights of an index.
    """

    columns: Columns
    grid: Grid
    bare: dict[str, pd.Series]
    measures: dict[str, Measure]
    fills: bool
    levels: Levels
    variables: dict[str, Variable] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    flags: dict[str, np.ndarray] = field(default_factory=dict)
    details: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    reductions: dict[Level, Reduction] = field(default_factory=dict)

    def reduction(self, level: Level) -> Reduction:
        """From the panel's grid to that of a level, made once."""
        if level not in self.reductions:
            self.reductions[level] = reduction(self.grid, self.levels.parts, level)
        return self.reductions[level]

    def small(self, level: Level, names: tuple[str, ...]) -> Workbench:
        """A workbench of the units of a level with the columns of these names; notes go to the same list."""
        to = self.reduction(level)
        return Workbench(
            columns=reduced_columns(self.columns, to, names),
            grid=to.small,
            bare={n: to.down(self.bare[n]) for n in names if n in self.bare},
            measures=dict(self.measures),
            fills=self.fills,
            levels=self.levels,
            notes=self.notes,
            details=self.details,
        )

    def take_up(self, name: str, small: Workbench, level: Level) -> None:
        """A variable that was made on the units of a level, laid over all cells that share them."""
        to, grid = self.reduction(level), self.columns.grid
        self.columns.values[name] = to.up(small.columns.values[name], grid)
        self.columns.measures[name] = small.columns.measures[name]
        self.columns.prices[name] = small.columns.prices[name]
        self.columns.base_years.update({n: y for n, y in small.columns.base_years.items() if n == name})
        self.measures[name] = small.measures[name]
        variable = small.variables[name]
        if name in small.bare:
            self.bare[name] = to.up(small.bare[name], grid)
        if name in small.flags:
            self.flags[name] = to.up_flags(small.flags[name])
            inside = self.grid.inside(*self.grid.study_years)
            variable = replace(variable, filled=int(self.flags[name][inside].sum()))
        self.variables[name] = variable

    def level_to_make(self, plan: VariablePlan, names: tuple[str, ...]) -> Level:
        """Over which keys a variable varies while it is made: those of what it is made of; a fact's are the place."""
        if plan.spec.derive and not DERIVATIONS[plan.spec.derive].inputs(plan.options):
            places = [p for p in self.levels.parts if self.columns.code_lists.get(p) in REGIONS]
            return self.levels.of(places[0]) if len(places) == 1 else self.levels.full
        return self.levels.together(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A variable's values before its transform, its measure, how it was made, and its basis of prices.

    over : keys that it varies over, where they are fewer than those of what it is made of.
    """

    values: pd.Series
    measure: Measure
    how: str
    price: Price = ""
    base_year: int | None = None
    over: tuple[str, ...] | None = None
