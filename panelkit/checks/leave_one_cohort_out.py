"""The effect without each cohort: whether one year of adoption carries the result. Without each unit it is in leave_one_unit_out."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import joined, unfit
from panelkit.checks._refits import (
    Case,
    failures,
    first_treated,
    fit,
    in_errors,
    largest,
    listed,
    looked_at,
    on_change,
    rows_of,
    turns,
)
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class LeaveOneCohortOut(CheckSpec):
    """`kind = "leave_one_cohort_out"`: fails where leaving out ONE cohort moves the effect by more than `largest` standard errors
    of the model, or turns its sign."""

    kind: str = "leave_one_cohort_out"
    largest: float = 1.0


def check(declared: LeaveOneCohortOut, subject: Subject) -> Check:
    """The model without the units of each cohort in turn; `value` is the largest change in standard errors.

    Source
    ------
    A refit for each cohort; cohorts as in Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001): units first
    treated in one period.
    """
    panel = subject.panel
    first = first_treated(subject, "leave_one_cohort_out")
    used = np.zeros(panel.rows, dtype=bool)
    used[subject.estimate.sample.positions] = True
    times = panel.column(panel.time).astype("float64")[used]
    cohorts = [g for g in np.unique(first[used]) if times.min() < g <= times.max()]
    if len(cohorts) < 2:
        raise unfit(
            subject, "leave_one_cohort_out", "needs two cohorts or more", "put it on a model of staggered adoption"
        )
    units = panel.column(panel.unit)
    cases: list[Case] = []
    for g in cohorts:
        kept = first != g
        gone = len(np.unique(units[used & ~kept]))
        label = Label(en=f"without {g:g}", zh=f"剔除{g:g}年批次")
        cases.append(
            fit(
                subject,
                label,
                subject.model,
                panel.keep(kept, why=f"without the cohort of {g:g}"),
                units_left_out=gone,
            )
        )
    rows = rows_of(subject, cases)
    return on_change(declared, subject, rows, declared.largest, joined([_text(subject, rows), failures(rows)]))


def _text(subject: Subject, rows: list[dict[str, object]]) -> Label:
    size, top = largest(rows)
    name = looked_at(subject).name
    said = listed(rows)
    en = f"{name.en} with all cohorts and without each: {said.en}."
    zh = f"{name.zh}(全部批次及逐一剔除):{said.zh}。"
    if top is not None:
        moved = in_errors(size)
        en += f" {str(top['case']).capitalize()} it moves most: {moved.en}."
        zh += f"{top['case_zh']}时变动最大:{moved.zh}。"
    return Label(en=en + turns(rows).en, zh=zh + turns(rows).zh)


CHECKS.register(
    CheckKind(
        name="leave_one_cohort_out",
        spec=LeaveOneCohortOut,
        summary="the effect without each cohort of adoption",
        check=check,
    )
)
