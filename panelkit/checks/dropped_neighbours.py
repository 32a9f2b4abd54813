"""Spillovers to neighbours: the effect without untreated rows that border on a treated unit. Who borders on whom is a variable."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import joined
from panelkit.checks._refits import (
    effect_words,
    failures,
    first_treated,
    fit,
    in_errors,
    known,
    largest,
    looked_at,
    on_change,
    rows_of,
    turned,
)
from panelkit.core.check import Check, CheckSpec, Subject
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


def _text(subject: Subject, rows: list[dict[str, object]], counts: tuple[int, int]) -> Label:
    size, top = largest(rows)
    gone, controls = counts
    en = f"{gone} of {controls} untreated rows border on a treated unit."
    zh = f"{controls} 个未处理观测中有 {gone} 个与处理单元相邻。"
    if top is None:
        return Label(en=en, zh=zh)
    name = looked_at(subject).name
    en += f" {name.en} is {effect_words(rows[0])}; without those rows {effect_words(top)}; the change: {in_errors(size).en}."
    zh += f"{name.zh}为 {effect_words(rows[0])};剔除后为 {effect_words(top)},相差:{in_errors(size).zh}。"
    if turned(rows):
        en += " The sign turns."
        zh += "符号改变。"
    return Label(en=en, zh=zh)


CHECKS.register(
    CheckKind(
        name="dropped_neighbours",
        spec=DroppedNeighbours,
        summary="the effect without controls next to treated units",
        check=check,
    )
)
