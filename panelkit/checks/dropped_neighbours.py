"""Spillovers to neighbours: the effect without untreated rows that border on a treated unit. Who borders on whom is a variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.checks._finding import joined
from panelkit.checks._refits import (
    change_words,
    effect_words,
    failures,
    first_treated,
    fit,
    known,
    largest,
    on_change,
    rows_of,
)
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class DroppedNeighbours(CheckSpec):
    """`kind = "dropped_neighbours"`: fails where controls without a treated neighbour give an effect that is more than `largest`
    standard errors away, or of the other sign.

    neighbours : variable with the number (or share) of neighbours that are treated by then: derive = "treated_neighbours".
    """

    kind: str = "dropped_neighbours"
    neighbours: str = ""
    largest: float = 1.0


def check(declared: DroppedNeighbours, subject: Subject) -> Check:
    """The model without untreated unit-periods that have a treated neighbour; `value` is the change in standard errors.

    Source
    ------
    Where treatment spills over to neighbours they are no clean controls: Butts (2021, arXiv:2105.03737), Clarke (2017).
    """
    known(subject, "dropped_neighbours", [declared.neighbours] if declared.neighbours else [], "neighbours")
    panel = subject.panel
    time = panel.column(panel.time).astype("float64")
    near = panel.column(declared.neighbours).astype("float64")
    exposed = (time < first_treated(subject, "dropped_neighbours")) & (near > 0)
    used = np.zeros(panel.rows, dtype=bool)
    used[subject.estimate.sample.positions] = True
    label = Label(en="without controls next to treated units", zh="剔除与处理单元相邻的对照")
    cases = [fit(subject, label, subject.model, panel.keep(~exposed, why="untreated next to a treated unit"))]
    rows = rows_of(subject, cases)
    text = _text(subject, rows, (int((used & exposed).sum()), int((used & (time < first_treated(subject, ""))).sum())))
    return on_change(declared, subject, rows, declared.largest, joined([text, failures(rows)]))


def _text(subject: Subject, rows: list[dict[str, Any]], counts: tuple[int, int]) -> Label:
    gone, controls = counts
    said = Label(
        en=f"{gone} of {counted(controls, 'untreated rows border')} on a treated unit.",
        zh=f"{controls} 个未处理观测中有 {gone} 个与处理单元相邻。",
    )
    _, top = largest(rows)
    if top is None:
        return said
    value = Label(en=effect_words(top), zh=effect_words(top))
    return joined([said, change_words(subject, rows, Label(en="without those rows", zh="剔除这些观测后"), value)])


CHECKS.register(
    CheckKind(
        name="dropped_neighbours",
        spec=DroppedNeighbours,
        summary="the effect without controls next to treated units",
        check=check,
    )
)
