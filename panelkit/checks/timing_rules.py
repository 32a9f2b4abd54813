"""Timing rules side by side: the same model with treatment dated by each rule. Which rule a variable follows is the study's word."""

from __future__ import annotations

from panelkit.checks._finding import finding, joined
from panelkit.checks._refits import (
    Case,
    failures,
    first_treated,
    fit,
    known,
    listed,
    looked_at,
    rows_of,
    turned,
    with_treatment,
)
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class TimingRules(CheckSpec):
    """`kind = "timing_rules"`: fails where a rule gives the effect another sign, or significance that another rule takes away.

    timings : the other cohort variables (of a model with a cohort) or treatment variables, one for each rule, such as
        first_treated under approval_year, treat_year_h1rule, first_full_year and plan_date. level : of significance.
    """

    kind: str = "timing_rules"
    timings: tuple[str, ...] = ()
    level: float = 0.05


def check(declared: TimingRules, subject: Subject) -> Check:
    """The effect under every timing rule; `value` is the share of rules that agree with the model in sign and significance.

    Source
    ------
    No rule is official: a reply of the State Council, a provincial plan and the start of work lie months apart.
    """
    known(subject, "timing_rules", declared.timings, "timings")
    first_treated(subject, "timing_rules")
    names = {v.name: v.label for v in subject.panel.variables}
    cases: list[Case] = [
        fit(
            subject,
            Label(en=names[n].to("en") or n, zh=names[n].to("zh") or n),
            with_treatment(subject, n),
            timing=n,
        )
        for n in declared.timings
    ]
    labels = {c.label.en: n for c, n in zip(cases, declared.timings, strict=True)}
    rows = rows_of(subject, cases, labels)
    own = looked_at(subject)
    clear = own.p < declared.level
    other = [r for r in rows[1:] if r.get("estimate") is not None]
    wrong = turned(rows)
    agree = [r for r in other if ((r["p"] < declared.level) == clear) and (r not in wrong or not clear)]
    value = len(agree) / len(declared.timings)
    said = listed(rows)
    sense = ("significant with its sign", "同号且显著") if clear else ("not significant either", "同样不显著")
    text = Label(
        en=f"{own.name.en} by timing rule: {said.en}. {len(agree)} of {counted(len(declared.timings), 'rules agree')} with the model"
        f" ({sense[0]}).",
        zh=f"不同处理时点规则下的{own.name.zh}:{said.zh}。{len(declared.timings)} 种规则中有 {len(agree)} 种与原模型一致"
        f"({sense[1]})。",
    )
    return finding(
        declared,
        subject,
        joined([text, failures(rows)]),
        verdict="holds" if value == 1 else "fails",
        value=value,
        bound=1.0,
        rows=rows,
        series={"estimate": [r["estimate"] for r in other]},
    )


CHECKS.register(
    CheckKind(name="timing_rules", spec=TimingRules, summary="the effect under every timing rule", check=check)
)
