"""Placebo in time: treatment dated earlier than it was, on rows before any treatment. Permuted paths are in placebo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.checks._finding import finding, joined
from panelkit.checks._refits import (
    Case,
    extended,
    failures,
    first_treated,
    fit,
    listed,
    looked_at,
    rows_of,
    treatment_of,
    with_treatment,
)
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.multiple import holm

FAKE = "fake_treatment"


@spec
class PlaceboTime(CheckSpec):
    """`kind = "placebo_time"`: fails where a fake date has an effect (Holm-adjusted p < `level`).

    shifts : how many periods before the true date each fake one lies. level : of significance.
    """

    kind: str = "placebo_time"
    shifts: tuple[int, ...] = (1, 2, 3)
    level: float = 0.05


def check(declared: PlaceboTime, subject: Subject) -> Check:
    """The model with cohorts (or the path of the treatment) moved back, rows from the true treatment on left out.

    `value` is the smallest p, adjusted for the number of fake dates by Holm's method.

    Source
    ------
    A falsification in the sense of Roth et al. (2023, doi:10.1016/j.jeconom.2023.03.008, section 4.3): before treatment there
    is nothing to find. Not to be found says no more than the pre-trend test does.
    """
    panel = subject.panel
    first = first_treated(subject, "placebo_time")
    time = panel.column(panel.time).astype("float64")
    before = time < first
    cases: list[Case] = []
    for shift in declared.shifts:
        label = Label(en=f"{shift} earlier", zh=f"提前{shift}期")
        moved = extended(
            panel, {FAKE: _moved(subject, first, shift)}, f"the treatment {counted(shift, 'periods')} early"
        )
        model = with_treatment(subject, FAKE)
        if getattr(model, "unbalanced", "allow") == "drop":  # every treated unit loses its later rows
            model = replace(model, unbalanced="allow")
        cases.append(fit(subject, label, model, moved.keep(before, why="before treatment")))
    rows = rows_of(subject, cases, {c.label.en: FAKE for c in cases})
    tested = [r for r in rows[1:] if r.get("p") is not None and np.isfinite(r["p"])]
    adjusted = holm(np.array([r["p"] for r in tested])) if tested else np.zeros(0)
    for row, p in zip(tested, adjusted, strict=True):
        row["p_adjusted"] = float(p)
    value = float(adjusted.min()) if len(adjusted) else None
    rejected = value is not None and value < declared.level
    return finding(
        declared,
        subject,
        joined([_text(subject, rows, value), _named(failures(rows), subject)]),
        verdict="fails" if rejected else "says",
        value=value,
        bound=declared.level if value is not None else None,
        rows=rows,
        series={"estimate": [r["estimate"] for r in tested]},
    )


def _named(told: Label, subject: Subject) -> Label:
    """What could not be fitted, the moved treatment by the name of the treatment itself."""
    name = looked_at(subject).name
    return Label(en=told.en.replace(FAKE, name.en), zh=told.zh.replace(FAKE, name.zh))


def _moved(subject: Subject, first: np.ndarray, shift: int) -> np.ndarray:
    """The cohort `shift` periods early (0 for never), or the treatment's value `shift` periods later."""
    panel = subject.panel
    if getattr(subject.model, "cohort", ""):
        return np.where(np.isfinite(first), first - shift, 0.0)
    name = treatment_of(subject)
    units, times = panel.column(panel.unit), panel.column(panel.time)
    known = dict(zip(zip(units, times, strict=True), panel.column(name).astype("float64"), strict=True))
    return np.array([known.get((u, t + shift), np.nan) for u, t in zip(units, times, strict=True)])


def _text(subject: Subject, rows: list[dict[str, object]], value: float | None) -> Label:
    fake = listed(rows[1:])
    name = looked_at(subject).name
    if not any(r.get("estimate") is not None for r in rows[1:]):
        return Label(en="No fake date could be fitted.", zh="没有可拟合的虚假处理时点。")
    if value is None:
        return Label(
            en=f"{name.en} on rows before treatment, dated early: {fake.en}. No p: standard errors are withheld.",
            zh=f"仅用处理前样本、将处理时点提前后的{name.zh}:{fake.zh}。标准误未给出,故无 p 值。",
        )
    return Label(
        en=f"{name.en} on rows before treatment, dated early: {fake.en}. Smallest p, adjusted (Holm): {p_is(value)}."
        " None found is no proof of parallel trends.",
        zh=f"仅用处理前样本、将处理时点提前后的{name.zh}:{fake.zh}。经 Holm 调整的最小 {p_is(value)}。"
        "未发现效应并不证明平行趋势成立。",
    )


CHECKS.register(
    CheckKind(name="placebo_time", spec=PlaceboTime, summary="effects of dates before the true ones", check=check)
)
