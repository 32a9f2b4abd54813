"""The balance of a panel as two pictures, as numbers: cells by variable and year, and by unit and year; drawing is for reporting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.exhibit import Figure
from panelkit.core.key import joined, parts_of
from panelkit.core.label import Language

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.etl.assemble import Assembled

MOST_UNITS = 60  # units drawn; of more, those with gaps come first
MOST_VARIABLES = 120  # likewise variables

_WORDS: dict[str, tuple[str, str]] = {
    "gaps": ("Gaps by variable and year", "各变量各年的缺失与填补"),
    "balance": ("Gaps by unit and year", "各地区各年的缺失与填补"),
    "gaps_note": (
        "Numbers count units without a figure; +n: filled, not as published. {missing} of {cells} cells are missing ({share}), "
        "{filled} filled.",
        "数字为缺失的地区数；+n为填补（非公布值）的地区数。{cells}个单元格中缺失{missing}个（{share}），填补{filled}个。",
    ),
    "balance_note": (
        "Numbers count variables without a figure, of {variables}; +n: filled, not as published. {complete} of {units} units are complete "
        "in every year.",
        "数字为缺失的变量数（共{variables}个变量）；+n为填补（非公布值）的变量数。{units}个地区中{complete}个各年齐全。",
    ),
    "left_out": (" {units} further units are not drawn.", "另有{units}个地区未绘出。"),
    "fewer": (
        " {variables} further variables, with no more gaps than these, are not drawn.",
        "另有{variables}个变量未绘出，其缺失与填补不多于所绘变量。",
    ),
}


def _say(key: str, language: Language, **slots: Any) -> str:
    return _WORDS[key][language == "zh"].format(**slots)


def states(assembled: Assembled) -> tuple[np.ndarray, np.ndarray]:
    """(rows, variables) bool: cells that are missing, and cells that are there but filled."""
    panel = assembled.panel
    names = [v.name for v in panel.variables]
    missing = panel.frame[names].isna().to_numpy()
    filled = np.zeros(missing.shape, dtype=bool)
    for j, name in enumerate(names):
        if name in assembled.filled:
            filled[:, j] = assembled.filled[name].to_numpy(dtype=bool)
    return missing, filled & ~missing


def gap_picture(assembled: Assembled, language: Language) -> Figure:
    """The gap matrix: for each variable and year how many units have no figure, and how many a filled one.

    data : variable, name, time, missing, filled, cells (how many there could be).
    """
    panel = assembled.panel
    missing, filled = states(assembled)
    years = panel.column(panel.time)
    at_years = {year: years == year for year in panel.times}
    worst = np.argsort(-(missing | filled).sum(axis=0), kind="stable")[:MOST_VARIABLES]
    rows = []
    for j in sorted(worst.tolist()):
        variable = panel.variables[j]
        for year, at in at_years.items():
            counts = (int(missing[at, j].sum()), int(filled[at, j].sum()), int(at.sum()))
            rows.append((variable.name, variable.label.to(language) or variable.name, int(year), *counts))
    cells = int(missing.size)
    note = _say(
        "gaps_note",
        language,
        missing=int(missing.sum()),
        filled=int(filled.sum()),
        cells=cells,
        share=f"{100 * missing.sum() / max(cells, 1):.1f}%",
    )
    if len(panel.variables) > len(worst):
        note += _say("fewer", language, variables=len(panel.variables) - len(worst))
    return _figure(
        "quality_gaps",
        "gap_matrix",
        "gaps",
        rows,
        ("variable", "name", "time", "missing", "filled", "cells"),
        note,
        panel,
        language,
    )


def balance_picture(assembled: Assembled, language: Language) -> Figure:
    """The balance of the panel: for each unit and year how many variables have no figure; units with most gaps on top.

    data : unit, name, time, missing, filled, cells.
    """
    panel = assembled.panel
    missing, filled = states(assembled)
    keys = list(zip(panel.column(panel.unit), panel.column(panel.time), strict=True))
    counts = {
        (str(u), int(t)): (int(m), int(f))
        for (u, t), m, f in zip(keys, missing.sum(axis=1), filled.sum(axis=1), strict=True)
    }
    gone = {u: sum(counts.get((u, t), (missing.shape[1], 0))[0] for t in panel.times) for u in panel.units}
    order = sorted(panel.units, key=lambda u: (-gone[u], u))
    drawn = order[:MOST_UNITS]
    names = {u: joined(_short(p, panel, language) for p in parts_of(u)) for u in drawn}
    every = missing.shape[1]
    rows = [(u, names[u], int(t), *counts.get((u, t), (every, 0)), every) for u in drawn for t in panel.times]
    complete = sum(not n for n in gone.values())
    note = _say("balance_note", language, variables=every, complete=complete, units=len(order))
    if len(order) > len(drawn):
        note += _say("left_out", language, units=len(order) - len(drawn))
    return _figure(
        "quality_balance",
        "gap_matrix",
        "balance",
        rows,
        ("unit", "name", "time", "missing", "filled", "cells"),
        note,
        panel,
        language,
    )


def _short(part: str, panel: Panel, language: Language) -> str:
    """A unit, or a part of one, without its code where it has a name."""
    return panel.unit_labels[part].to(language) if part in panel.unit_labels else part


def _figure(
    identity: str,
    kind: str,
    title: str,
    rows: list[Any],
    columns: tuple[str, ...],
    note: str,
    panel: Panel,
    language: Language,
) -> Figure:
    heading = _say(title, language)
    return Figure(
        id=identity,
        kind=kind,
        title=heading,
        data={c: tuple(r[i] for r in rows) for i, c in enumerate(columns)},
        labels={"x": {"year": ("Year", "年份")}.get(panel.time, (panel.time, panel.time))[language == "zh"]},
        notes=(note,),
        language=language,
        alt=f"{heading}: {note}",
    )
