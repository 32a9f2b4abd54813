"""The effect without each unit, for any estimator of a treatment effect, by refits; closed forms of least squares are in influence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.checks._finding import joined
from panelkit.checks._refits import (
    Case,
    effect_words,
    failures,
    fit,
    in_errors,
    largest,
    looked_at,
    on_change,
    rows_of,
    turns,
)
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.ranks import descending


@spec
class LeaveOneUnitOut(CheckSpec):
    """`kind = "leave_one_unit_out"`: fails where leaving out ONE unit moves the effect by more than `largest` standard errors of
    the model, or turns its sign."""

    kind: str = "leave_one_unit_out"
    largest: float = 1.0


def check(declared: LeaveOneUnitOut, subject: Subject) -> Check:
    """The model without each unit in turn; `value` is the largest change in standard errors. `rows`: every unit, largest first.

    Source
    ------
    A refit for each unit of the sample, so that it holds for estimators whose units are compared and weighted anew; for least
    squares the closed form of MacKinnon, Nielsen and Webb (2023, doi:10.1177/1536867X231212433) gives the same.
    """
    panel = subject.panel
    units = panel.column(panel.unit)
    used = sorted({units[i] for i in subject.estimate.sample.positions})
    cases: list[Case] = []
    for unit in used:
        name = panel.unit_name(unit)
        label = Label(en=f"without {name.en}", zh=f"剔除{name.zh}")
        left = panel.keep(units != unit, why=f"without {unit}")
        cases.append(fit(subject, label, subject.model, left, unit=unit))
    rows = rows_of(subject, cases)
    size = [_size(r, rows[0]["estimate"]) for r in rows[1:]]
    rows = [rows[0], *(rows[1 + i] for i in descending(size))]
    found = on_change(declared, subject, rows, declared.largest, joined([_text(subject, rows), failures(rows)]))
    alone = any(r.get("failure") for r in rows)  # without some unit there is no effect at all
    return replace(found, verdict="fails") if alone else found


def _size(row: dict[str, object], base: float) -> float:
    change = row.get("estimate")
    return abs(float(change) - base) if isinstance(change, float) and np.isfinite(change) else np.inf


def _text(subject: Subject, rows: list[dict[str, object]]) -> Label:
    size, top = largest(rows)
    name = looked_at(subject).name
    values = [float(r["estimate"]) for r in rows[1:] if r.get("estimate") is not None]  # type: ignore[arg-type]
    if top is None:
        return Label(en="The effect was not determined without any unit.", zh="逐一剔除单元后均无法估计该效应。")
    en = (
        f"{name.en} is {effect_words(rows[0])}; without one unit it runs from {min(values):.4g} to {max(values):.4g}. It moves"
        f" most {top['case']}: {effect_words(top)}, {in_errors(size).en}."
    )
    zh = (
        f"{name.zh}为 {effect_words(rows[0])};逐一剔除单元后介于 {min(values):.4g} 与 {max(values):.4g} 之间。"
        f"{top['case_zh']}时变动最大:{effect_words(top)},{in_errors(size).zh}。"
    )
    return Label(en=en + turns(rows).en, zh=zh + turns(rows).zh)


CHECKS.register(
    CheckKind(
        name="leave_one_unit_out", spec=LeaveOneUnitOut, summary="the effect without each unit, by refits", check=check
    )
)
