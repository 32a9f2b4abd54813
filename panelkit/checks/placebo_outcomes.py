"""Placebo outcomes: what the treatment cannot move. Rows that it cannot reach are in placebo_sample."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import finding, joined
from panelkit.checks._refits import failures, fit, known, listed, looked_at, rows_of, with_outcome
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.multiple import holm


@spec
class PlaceboOutcomes(CheckSpec):
    """`kind = "placebo_outcomes"`: fails where the treatment moves one of `outcomes` (Holm-adjusted p < `level`)."""

    kind: str = "placebo_outcomes"
    outcomes: tuple[str, ...] = ()
    level: float = 0.05


def check(declared: PlaceboOutcomes, subject: Subject) -> Check:
    """The model with each placebo outcome in place of its own; `value` is the smallest p, adjusted by Holm's method.

    Source
    ------
    Negative-control outcomes: Lipsitch, Tchetgen Tchetgen and Cohen (2010, doi:10.1097/EDE.0b013e3181d61eeb).
    """
    known(subject, "placebo_outcomes", declared.outcomes, "outcomes")
    variables = {v.name: v.label for v in subject.panel.variables}
    cases = [
        fit(
            subject,
            Label(en=variables[n].to("en") or n, zh=variables[n].to("zh") or n),
            with_outcome(subject.model, n),
            outcome=n,
        )
        for n in declared.outcomes
    ]
    rows = rows_of(subject, cases)
    tested = [r for r in rows[1:] if r.get("p") is not None and np.isfinite(r["p"])]
    adjusted = holm(np.array([r["p"] for r in tested])) if tested else np.zeros(0)
    for row, p in zip(tested, adjusted, strict=True):
        row["p_adjusted"] = float(p)
        row.pop("change_in_se", None)  # another outcome, another scale
    value = float(adjusted.min()) if len(adjusted) else None
    moved = value is not None and value < declared.level
    text = Label(en="No placebo outcome could be fitted.", zh="没有可拟合的安慰剂结果变量。")
    if value is not None:
        name, said = looked_at(subject).name, listed(rows[1:])
        text = Label(
            en=f"{name.en} on outcomes that it cannot move: {said.en}. Smallest p, adjusted (Holm): {p_is(value)}.",
            zh=f"{name.zh}对不应受影响的结果变量:{said.zh}。经 Holm 调整的最小 {p_is(value)}。",
        )
    return finding(
        declared,
        subject,
        joined([text, failures(rows)]),
        verdict="says" if value is None else ("fails" if moved else "holds"),
        value=value,
        bound=declared.level if value is not None else None,
        rows=rows,
    )


CHECKS.register(
    CheckKind(
        name="placebo_outcomes",
        spec=PlaceboOutcomes,
        summary="effects on outcomes that the treatment cannot move",
        check=check,
    )
)
