"""Treatment that ends: whether some unit leaves treatment again, and what the effect is when that is taken into account."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import finding, joined
from panelkit.checks._refits import (
    Case,
    effect_words,
    extended,
    failures,
    fit,
    known,
    looked_at,
    rows_of,
    treatment_of,
    with_treatment,
)
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec

STAYS = "treatment_that_stays"


@spec
class TreatmentEnds(CheckSpec):
    """`kind = "treatment_ends"`: holds where treatment stays once begun; fails for a model of cohorts where it ends in some unit,
    since such a model takes a treated unit for treated ever after; of a dose it says what its end does to the coefficient.

    treatment : the treatment in force in each period (zones end in batch 8, say); a dose model's own unless named.
    """

    kind: str = "treatment_ends"
    treatment: str = ""


def check(declared: TreatmentEnds, subject: Subject) -> Check:
    """Units that leave treatment; the model without their rows from then on, and (of a dose) as if it had stayed.

    `value` is the number of units that leave.

    Source
    ------
    Absorbing treatment is an assumption of Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001, assumption 1);
    without it: de Chaisemartin and D'Haultfoeuille (2024, doi:10.1162/rest_a_01414).
    """
    panel = subject.panel
    name = declared.treatment or treatment_of(subject)
    known(subject, "treatment_ends", [name] if name else [], "treatment")
    units, dose = panel.codes(panel.unit), panel.column(name).astype("float64")
    most = _so_far(units, panel.column(panel.time).astype("float64"), dose)
    after = dose < most - 1e-12  # from the first fall on, until the old level is back
    used = np.zeros(panel.rows, dtype=bool)
    used[subject.estimate.sample.positions] = True
    leaving = sorted({str(u) for u in panel.column(panel.unit)[after & used]})
    if not leaving:
        text = Label(
            en=f"'{name}' never falls in the sample: treatment stays once begun.",
            zh=f"'{name}' 在样本内从不下降:处理一旦开始便持续。",
        )
        return finding(declared, subject, text, verdict="holds", value=0.0, bound=0.0)
    cases: list[Case] = [
        fit(
            subject,
            Label(en="without rows after the end", zh="剔除终止后的观测"),
            subject.model,
            panel.keep(~after, why="after treatment ended"),
        )
    ]
    cohorts = bool(getattr(subject.model, "cohort", ""))
    if not cohorts and name == treatment_of(subject):
        label = Label(en="as if it had stayed", zh="视为持续处理")
        held = extended(panel, {STAYS: most}, "the largest dose so far")
        cases.append(fit(subject, label, with_treatment(subject, STAYS), held))
    rows = rows_of(subject, cases, {"as if it had stayed": STAYS})
    verdict: Verdict = "fails" if cohorts else "says"
    text = _text(subject, rows, (name, [panel.unit_name(u) for u in leaving]), cohorts)
    return finding(
        declared,
        subject,
        joined([text, failures(rows)]),
        verdict=verdict,
        value=float(len(leaving)),
        bound=0.0 if cohorts else None,
        rows=rows,
    )


def _so_far(units: np.ndarray, time: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """(n,) the largest dose of the unit up to each row's period."""
    out = np.empty_like(dose)
    order = np.lexsort((time, units))
    last, most = -1, -np.inf
    for i in order:
        most = dose[i] if units[i] != last else np.fmax(most, dose[i])
        out[i], last = most, units[i]
    return out


def _text(subject: Subject, rows: list[dict[str, object]], found: tuple[str, list[Label]], cohorts: bool) -> Label:
    name, leaving = found
    own = looked_at(subject).name
    shown = "; ".join(f"{r['case']} {effect_words(r)}" for r in rows[1:] if r.get("estimate") is not None)
    shown_zh = ";".join(f"{r['case_zh']} {effect_words(r)}" for r in rows[1:] if r.get("estimate") is not None)
    en = f"'{name}' falls in {counted(len(leaving), 'units')} ({', '.join(u.en for u in leaving[:5])}): treatment ends there."
    zh = f"'{name}' 在 {len(leaving)} 个单元({'、'.join(u.zh for u in leaving[:5])})中下降:处理在该处终止。"
    if cohorts:
        en += " The model takes a treated unit for treated ever after."
        zh += "该模型视处理一经开始便永久持续。"
    en += f" {own.en} is {effect_words(rows[0])}; {shown}."
    zh += f"{own.zh}为 {effect_words(rows[0])};{shown_zh}。"
    return Label(en=en, zh=zh)


CHECKS.register(
    CheckKind(name="treatment_ends", spec=TreatmentEnds, summary="whether treatment ends in some unit", check=check)
)
