"""The transition table: of the units in one class, how many are in each class a year later."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import MINUS, shown
from panelkit.reporting.tables._common import finished, language_of, number, panel_of, sample_note
from panelkit.reporting.words import word

MOST = 12


@spec
class TransitionTable(TableSpec):
    """A transition table.

    variable : a category, or a number cut at `cuts` (a value at a cut belongs to the class above it). classes : headings in the
    order of the classes. step : years from one row to the next. show : shares of a row, or counts. sample : a model's id.
    """

    kind: Literal["transition"] = "transition"
    variable: str
    cuts: tuple[float, ...] = ()
    classes: tuple[Label, ...] = ()
    step: int = 1
    show: Literal["share", "count"] = "share"
    sample: str = ""
    digits: int = 3


def build(table: TransitionTable, results: Results) -> Table:
    """The table: rows are classes now, columns classes `step` years later.

    Raises
    ------
    ReportError
        An unknown variable, no or too many classes, headings that do not fit, no pair of years.
    """
    language, where = language_of(table, results), f"tables.{table.id}"
    panel = panel_of(table, table.sample, results)
    if table.variable not in panel.names:
        what = f"there is no variable '{table.variable}'"
        raise ReportError(what, where=f"{where}.variable", mend=known_or_nearest(table.variable, panel.names))
    classes, moves = moved(table, panel.frame, panel.unit, panel.time)
    if not 2 <= len(classes) <= MOST or not moves:
        what = f"'{table.variable}' makes {counted(len(classes), 'classes')} and {sum(moves.values())} moves"
        raise ReportError(what, where=f"{where}.variable", mend=f"two to {MOST} classes can stand here: give `cuts`")
    if table.classes and len(table.classes) != len(classes):
        what = f"{counted(len(table.classes), 'headings')} for the classes {', '.join(classes)}"
        raise ReportError(what, where=f"{where}.classes", mend="give one for each class")
    labels = [c.to(language) for c in table.classes] or [re.sub(r"(?<![\w.])-(?=\d)", MINUS, c) for c in classes]
    whose = table.sample or "panel"
    rows = []
    for one, label in zip(classes, labels, strict=True):
        total = sum(moves.get((one, other), 0) for other in classes)
        cells: list[Cell] = []
        for other in classes:
            count, at = moves.get((one, other), 0), f"{table.variable}@{one}>{other}+{table.step}"
            if table.show == "count":
                cells.append(number(count, (whose, at, "transitions"), kind="count"))
            else:
                cells.append(number(count / total if total else None, (whose, at, "transition_share"), table.digits))
        cells.append(number(total, (whose, f"{table.variable}@{one}+{table.step}", "transitions_from"), kind="count"))
        rows.append(Row(kind="stat", label=label, cells=tuple(cells)))
    later = word("years_later", language, step=table.step)
    columns = [Column(id=f"c{j}", heading=(later, label)) for j, label in enumerate(labels)]
    columns.append(Column(id="n", heading=("", word("count", language))))
    name = key_label(table.variable, panel, language)
    said = word(
        f"transition_{table.show}", language, of=name, step=table.step, moves=shown(sum(moves.values()), kind="count")
    )
    return finished(table, results, columns, rows, (said, sample_note(panel, language)))


def moved(table: TransitionTable, frame: object, unit: str, time: str) -> tuple[list[str], dict[tuple[str, str], int]]:
    """The classes in order, and how many units went from one to another over `step` years; absent years make no move."""
    import numpy as np
    import pandas as pd

    assert isinstance(frame, pd.DataFrame)
    column = frame[table.variable]
    if table.cuts:
        cuts = sorted(table.cuts)
        names = [f"<{cuts[0]:g}", *(f"{a:g}–{b:g}" for a, b in pairwise(cuts)), f"≥{cuts[-1]:g}"]
        place = np.searchsorted(np.array(cuts), column.to_numpy(float), side="right")
        held = pd.Series([names[k] if v == v else None for k, v in zip(place, column, strict=True)], index=frame.index)
        classes = names
    else:
        held = column.map(lambda v: None if v is None or v != v else (f"{v:g}" if isinstance(v, float) else str(v)))
        classes = [f"{v:g}" if isinstance(v, float) else str(v) for v in sorted(column.dropna().unique())]
    known = {(u, int(t)): c for u, t, c in zip(frame[unit], frame[time], held, strict=True) if isinstance(c, str)}
    moves: dict[tuple[str, str], int] = {}
    for (u, t), one in known.items():
        other = known.get((u, t + table.step))
        if other is not None:
            moves[one, other] = moves.get((one, other), 0) + 1
    return classes, moves


TABLES.register(
    TableKind(name="transition", spec=TransitionTable, summary="classes now and some years later", build=build)
)
