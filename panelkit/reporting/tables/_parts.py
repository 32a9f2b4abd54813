"""The specification of a regression table, and what its rows and notes are made from; no row is made here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.panel import Panel
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.words import all_columns, joined

STARS = (0.10, 0.05, 0.01)
STATISTICS = ("rows", "units", "clusters", "r2_kind")


@spec
class Group:
    """A heading over `columns` neighbouring columns."""

    label: Label
    columns: int


@spec
class ModelsPanel:
    """A panel of rows: its heading, and its models, one for each column of the table."""

    label: Label
    columns: tuple[str, ...]


@spec
class ExtraRow:
    """A row of words beneath the statistics, one for each column; 'yes' and 'no' are translated. A number cannot stand here."""

    label: Label
    values: tuple[str, ...]


@spec
class RegressionTable(TableSpec):
    """A regression table.

    columns : model ids. panels : in place of `columns`, the models of Panel A, Panel B ..., one beneath the other.
    extra : rows of words. groups : headings above them, whose widths add up to the columns. headings : one per column, in
    place of the models' own labels.
    keep, drop, order : terms by name, '*' stands for anything; a pattern that matches nothing is a fault. order : these first.
    brackets : what stands beneath an estimate. stars : levels of p, None for the profile's (aea: none, else .10 .05 .01).
    profile : 'cn' and 'plain' write out every Yes and No, 'aea' leaves No blank.
    statistics : rows beneath: rows, units, periods, clusters, r2_kind (within where effects are absorbed, else overall, each in
    its own row), r2, r2_within, r2_adjusted, second_engine, or any name in the models' `fit.extra`.
    samples : columns that rest on different observations are refused; 'told' prints them, with a note that says which rest on which.
    show_resampled : the resampled p beneath each bracket, in square brackets.
    """

    kind: Literal["regression"] = "regression"
    columns: tuple[str, ...] = ()
    panels: tuple[ModelsPanel, ...] = ()
    extra: tuple[ExtraRow, ...] = ()
    groups: tuple[Group, ...] = ()
    headings: tuple[Label, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    brackets: Literal["se", "t", "p", "ci"] = "se"
    stars: tuple[float, ...] | None = None
    digits: int = 3
    profile: Literal["cn", "plain", "aea"] = "plain"
    statistics: tuple[str, ...] = STATISTICS
    samples: Literal["same", "told"] = "same"
    show_resampled: bool = True

    @property
    def models(self) -> tuple[str, ...]:
        """Every model of the table, panel by panel."""
        return tuple(m for p in self.panels for m in p.columns) if self.panels else self.columns

    @property
    def width(self) -> int:
        """How many columns of numbers there are."""
        return max((len(p.columns) for p in self.panels), default=len(self.columns))

    @property
    def levels(self) -> tuple[float, ...]:
        """The star levels, widest first."""
        chosen = (() if self.profile == "aea" else STARS) if self.stars is None else self.stars
        return tuple(sorted(set(chosen), reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What all rows and notes of one table are made from."""

    spec: RegressionTable
    results: Results
    panel: Panel
    estimates: tuple[Estimate, ...]
    language: Language

    def places(self, numbers: Iterable[int]) -> str:
        """Estimates (counted from 1) as the columns that hold them: '(1), (2)', in panels 'A (1), B (2)'."""
        if not self.spec.panels or len(self.estimates) != len(self.spec.models):
            return all_columns(numbers, self.language)
        held, first = set(numbers), 0
        found = []
        for letter, panel in zip(ascii_uppercase, self.spec.panels, strict=False):
            here = [n - first for n in sorted(held) if first < n <= first + len(panel.columns)]
            found += [f"{letter} {all_columns(here, self.language)}"] if here else []
            first += len(panel.columns)
        return joined(found, self.language, "comma")
