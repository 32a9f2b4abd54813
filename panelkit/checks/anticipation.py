"""Anticipation: whether units respond before they are treated, and what the effect is without the rows just before treatment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.checks._finding import finding, joined, unfit
from panelkit.checks._refits import (
    effect_words,
    extended,
    failures,
    first_treated,
    fit,
    in_errors,
    largest,
    looked_at,
    rows_of,
    verdict_on_change,
    with_controls,
    without_anticipation,
)
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.estimate import Estimate
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.joint import wald

LEAD = "in_anticipation"


@spec
class Anticipation(CheckSpec):
    """`kind = "anticipation"`: fails where units move in the `periods` before treatment (p < `level`), or where leaving those
    rows out moves the effect by more than `largest` standard errors, or turns its sign.

    Of an estimator of staggered adoption, which allows for anticipation by comparing with an earlier period, the size of the
    change alone fails nothing: another base period brings another error, so one standard error is no news.
    """

    kind: str = "anticipation"
    periods: int = 1
    level: float = 0.05
    largest: float = 1.0


def check(declared: Anticipation, subject: Subject) -> Check:
    """The effect without the periods before treatment, and what happens in them; `value` is the change in standard errors.

    Source
    ------
    Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001, assumption 3): comparisons with the last period before any
    anticipation; for regressions the rows in between are left out, and their mean is a coefficient of its own.
    """
    if declared.periods < 1:
        raise unfit(subject, "anticipation", "needs one period or more", "write periods = 1")
    panel, model = subject.panel, subject.model
    time = panel.column(panel.time).astype("float64")
    before = first_treated(subject, "anticipation") - time
    inside = (before > 0) & (before <= declared.periods)
    lead_p, staggered = None, False
    if without_anticipation(model):
        label = Label(en=f"without the {declared.periods} before treatment", zh=f"剔除处理前{declared.periods}期")
        other = model
        if -declared.periods <= getattr(model, "reference", 0) < 0:
            other = replace(model, reference=-1 - declared.periods)
        cases = [fit(subject, label, other, panel.keep(~inside, why="just before treatment"))]
        if not getattr(model, "cohort", ""):
            marked = extended(panel, {LEAD: inside.astype("float64")}, "1 just before treatment")
            made = subject.refit(with_controls(model, [LEAD]), marked)
            found = None if isinstance(made, str) else next((t for t in made.terms if t.name == LEAD), None)
            lead_p = None if found is None or not np.isfinite(found.p) else (found.estimate, found.p)
    else:
        label = Label(en=f"anticipation of {declared.periods} allowed", zh=f"允许{declared.periods}期预期")
        cases = [fit(subject, label, replace(model, anticipation=model.anticipation + declared.periods))]
        lead_p = _moved(cases[0].made, declared.periods)
        staggered = lead_p is not None
    rows = rows_of(subject, cases)
    size, _ = largest(rows)
    moved = lead_p is not None and lead_p[1] < declared.level
    bound = np.inf if staggered else declared.largest
    verdict: Verdict = "fails" if moved else verdict_on_change(size, bound, rows)
    return finding(
        declared,
        subject,
        joined([_text(declared, subject, rows, lead_p), failures(rows)]),
        verdict=verdict,
        value=size,
        bound=None if staggered else declared.largest,
        rows=rows,
    )


def _moved(made: Estimate | str, periods: int) -> tuple[float, float] | None:
    """Mean change in the periods before treatment from the ones before those, and the p of their joint test, where it has errors."""
    if isinstance(made, str) or "event_time" not in made.curve_covariances:
        return None
    points, V = made.curves["event_time"], np.asarray(made.curve_covariances["event_time"])
    at = [i for i, e in enumerate(points) if -periods <= e.at < 0 and V[i, i] > 0]
    if not at:
        return None
    b = np.array([points[i].estimate for i in at])
    try:
        return float(b.mean()), wald(b, V[np.ix_(at, at)], np.inf).p
    except ValueError:
        return None


def _text(
    declared: Anticipation, subject: Subject, rows: list[dict[str, object]], lead: tuple[float, float] | None
) -> Label:
    size, top = largest(rows)
    if top is None:
        return Label(en="The effect could not be fitted without anticipation.", zh="排除预期后无法拟合该效应。")
    name = looked_at(subject).name
    en = f"{name.en} is {effect_words(rows[0])}; {top['case']} {effect_words(top)}; the change: {in_errors(size).en}."
    zh = f"{name.zh}为 {effect_words(rows[0])};{top['case_zh']}时为 {effect_words(top)},相差:{in_errors(size).zh}。"
    if lead is not None:
        en += f" In the {declared.periods} before treatment the outcome moves by {lead[0]:.4g} ({p_is(lead[1])})."
        zh += f"处理前 {declared.periods} 期结果变量变动 {lead[0]:.4g}({p_is(lead[1])})。"
    return Label(en=en, zh=zh)


CHECKS.register(
    CheckKind(name="anticipation", spec=Anticipation, summary="whether units respond before treatment", check=check)
)
