"""What a derivation is handed (columns aligned by unit and time) and what it gives back; no formula lives here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from panelkit.core.errors import StudyError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.spec import spec
from panelkit.core.variable import Price

if TYPE_CHECKING:
    import pandas as pd


@spec
class DerivationSpec:
    """What a derivation declares under `with`; each kind adds its own fields."""

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """The years of its inputs that a result from `first` to `last` rests on; a kind that reaches back says so here."""
        return first, last

    def years_of(self, name: str, first: int, last: int) -> tuple[int, int]:
        """The same for one input, where it is needed in fewer years than the others."""
        return self.years_needed(first, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Series and variables known so far, each a float (or object) Series indexed by (unit, time), sorted and complete on one grid.

    grid : every unit and every year from the first to the last that any source has, so that lags follow time, never row
    order. measures : unit of measure of each column. study_years : the panel's window. excluded : units that the study leaves out;
    they are on the grid, but nothing is refused for their sake. prices : basis of prices ("nominal", "real", "") of each column;
    base_years : year whose prices a real column is in, where it is known.
    parts : the keys that a unit is made of, where there are several (province, industry), each as a column of texts on the grid.
    code_lists : list that each key goes by.
    """

    values: dict[str, pd.Series]
    measures: dict[str, str]
    grid: pd.MultiIndex
    study_years: tuple[int, int]
    unit: str
    time: str
    excluded: frozenset[str] = frozenset()
    prices: dict[str, Price] = field(default_factory=dict)
    base_years: dict[str, int] = field(default_factory=dict)
    parts: dict[str, pd.Series] = field(default_factory=dict)
    code_lists: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pd.Series:
        if name not in self.values:
            raise StudyError(f"there is no series or variable '{name}'", mend=known_or_nearest(name, self.values))
        return self.values[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A derived column on the grid, its unit of measure, a sentence on how it was made, and what must be said about it.

    price : basis of prices of the result, "" for what is no money. base_year : year whose prices a real result is in. over : keys of the
    panel that the result varies over, where they are fewer than those of its inputs (a Herfindahl index of provinces made of cells of
    industries). details : numbers behind it, such as the weights of an index, for the quality report; rows of one table.
    """

    values: pd.Series
    measure: str
    how: str
    notes: tuple[str, ...] = ()
    price: Price = ""
    base_year: int | None = None
    over: tuple[str, ...] | None = None
    details: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A row of a shipped table of facts that a cell rests on: the table's file, its line (the header is line 1), and what it says."""

    table: str
    line: int
    text: str
