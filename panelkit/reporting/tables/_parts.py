"""The specification of a regression table, and what its rows and notes are made from; no row is made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.panel import Panel
from panelkit.core.results import Results
from panelkit.core.spec import spec

STARS = (0.10, 0.05, 0.01)
STATISTICS = ("rows", "units", "clusters", "r2_kind")


@spec
class Group:
    """A heading over `columns` neighbouring columns."""

    label: Label
    columns: int


@spec
class RegressionTable(TableSpec):
    """A regression table.

    columns : model ids. groups : headings above them, whose widths add up to the columns. headings : one per column, in
    place of the models' own labels.
    keep, drop, order : terms by name, '*' stands for anything; a pattern that matches nothing is a fault. order : these first.
    brackets : what stands beneath an estimate. stars : levels of p, None for the profile's (aea: none, else .10 .05 .01).
    profile : 'cn' and 'plain' write out every Yes and No, 'aea' leaves No blank.
    statistics : rows beneath: rows, units, periods, clusters, r2_kind (within where effects are absorbed, else overall, each in
    its own row), r2, r2_within, r2_adjusted, second_engine, or any name in the models' `fit.extra`.
    show_resampled : the resampled p beneath each bracket, in square brackets.
    """

    kind: Literal["regression"] = "regression"
    columns: tuple[str, ...]
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
    show_resampled: bool = True

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
