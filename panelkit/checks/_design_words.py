"""The page about a design, in words: who is treated when, who can be compared, what is identified, which estimator fits and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from panelkit.checks._design import LEAST, Cohort, DesignFacts
from panelkit.checks._design_advice import Say, fits, percent
from panelkit.core.counted import counted
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.numerics import bacon as weights

NAMED = {
    weights.UNTREATED: ("treated with never treated", "处理组与从未处理组"),
    weights.EARLIER_LATER: ("earlier with later treated, before the later are", "较早处理与较晚处理(后者处理之前)"),
    weights.LATER_EARLIER: ("later with earlier treated, after those are: FORBIDDEN", "较晚处理与已处理者:不当比较"),
    weights.ALWAYS: ("later with always treated: FORBIDDEN", "较晚处理与始终处理者:不当比较"),
}
SHOWN = 8  # names of units printed of one cohort
MARK = 1  # the largest value of a mark


def page(facts: DesignFacts, panel: Panel, kind: str, language: Language) -> str:
    """The design as a page of plain text in one language.

    Parameters
    ----------
    facts : DesignFacts
        As `design_of` gives them.
    panel : Panel
        For names of units and variables.
    kind : str
        Of the model.
    language : 'en' or 'zh'
        Of the page.

    Returns
    -------
    str
    """
    say = _speaker(language)
    parts = [
        _head(facts, panel, say),
        _cohorts(facts, panel, say, language),
        _controls(facts, say),
        _support(facts, say),
        _identified(facts, panel, say),
        _two_way(facts, say),
        _dose(facts, panel, say, language),
        fits(facts, kind, say),
    ]
    return "\n\n".join(p for p in parts if p)


def _speaker(language: Language) -> Say:
    return (lambda en, zh: zh) if language == "zh" else (lambda en, zh: en)


def _years(values: Sequence[float], comma: str = ", ") -> str:
    return comma.join(f"{v:g}" for v in values)


def _head(facts: DesignFacts, panel: Panel, say: Say) -> str:
    first, last = facts.periods[0], facts.periods[-1]
    units = sum(len(c.units) for c in facts.cohorts)
    text = say(
        f"THE DESIGN of {facts.model}, seen from '{facts.treatment}' alone: no outcome has been looked at.\n"
        f"{counted(units, 'units')} of {panel.unit}, {first:g} to {last:g}, {counted(facts.rows, 'rows')}.",
        f"{facts.model} 的设计,仅依据 '{facts.treatment}':尚未查看任何结果变量。\n"
        f"{units} 个单元({panel.unit}),{first:g} 至 {last:g} 年,{facts.rows} 个观测。",
    )
    return text


def _cohorts(facts: DesignFacts, panel: Panel, say: Say, language: Language) -> str:
    lines = [say("Who is treated when", "何时受处理")]
    for cohort in facts.cohorts:
        when = say("never", "从未") if np.isinf(cohort.first) else f"{cohort.first:g}"
        late = cohort.first > facts.periods[-1] and np.isfinite(cohort.first)
        note = say("  (after the sample ends: untreated throughout)", "(样本期之后:始终未处理)") if late else ""
        note = say("  (from the first period on)", "(自首期起)") if cohort.first <= facts.periods[0] else note
        lines.append(f"  {when:>6}  {len(cohort.units):>4}  {_names(cohort, panel, language)}{note}")
    if not facts.never:
        lines.append(say("  No unit is never treated in the data.", "  数据中没有从未处理的单元。"))
    if facts.leaving:
        comma = "、" if language == "zh" else ", "
        named = comma.join(panel.unit_name(u).to(language) for u in facts.leaving[:SHOWN])
        lines.append(
            say(
                f"  Treatment falls again in {counted(len(facts.leaving), 'units')} ({named}): it is not absorbing.",
                f"  处理在 {len(facts.leaving)} 个单元({named})中回落:并非一经处理即持续。",
            )
        )
    return "\n".join([*lines, *_miscoded(facts, say)])


def _miscoded(facts: DesignFacts, say: Say) -> list[str]:
    """A cohort variable whose values are no periods: a mark of 0 and 1, say."""
    values = [c.first for c in facts.cohorts if np.isfinite(c.first)]
    if facts.form != "cohort" or not values or max(values) >= facts.periods[0] or max(values) > MARK:
        return []
    shown = _years(values[:SHOWN])
    return [
        say(
            f"  '{facts.treatment}' holds {shown}, no period near the sample. It must be the first treated period of each unit (0 or"
            " missing where never treated), not a mark of 0 and 1.",
            f"  '{facts.treatment}' 的取值 {shown} 不是样本附近的时期。它须为各单元首次受处理的时期(从未处理者为 0 或缺失),"
            "而不是 0/1 标记。",
        )
    ]


def _names(cohort: Cohort, panel: Panel, language: Language) -> str:
    shown = [panel.unit_labels[u].to(language) if u in panel.unit_labels else u for u in cohort.units[:SHOWN]]
    rest = len(cohort.units) - len(shown)
    comma = "、" if language == "zh" else ", "
    more = (f" 等{len(cohort.units)}个" if language == "zh" else f" and {rest} more") if rest else ""
    return comma.join(shown) + more


def _controls(facts: DesignFacts, say: Say) -> str:
    ends = any(p.left for p in facts.by_period)
    head = say("Who they can be compared with", "可与谁比较")
    columns = say(
        f"  {'period':>6} {'treated':>8}{'    left' if ends else ''} {'not yet':>8} {'never':>6} {'clean controls':>15}",
        f"  {'时期':>4} {'已处理':>6}{'   已退出' if ends else ''} {'尚未':>6} {'从未':>4} {'干净对照':>11}",
    )
    lines = [head, columns]
    for p in facts.by_period:
        clean = p.not_yet + p.never
        mark = say("  <- none", "  <- 无") if not clean else (say("  <- few", "  <- 过少") if clean < LEAST else "")
        left = f"{p.left:>8}" if ends else ""
        lines.append(f"  {p.at:>6g} {p.treated:>8}{left} {p.not_yet:>8} {p.never:>6} {clean:>15}{mark}")
    return "\n".join(lines)


def _support(facts: DesignFacts, say: Say) -> str:
    found = facts.support
    if found is None:
        always = any(c.first <= facts.periods[0] for c in facts.cohorts)
        if always:
            return say(
                "No unit starts treatment after the first period: there is no before to compare with, and no difference in"
                " differences.",
                "没有单元在首期之后才开始受处理:没有处理前时期可比,无从进行双重差分。",
            )
        return say("No row of the sample is treated: there is nothing to estimate.", "样本中没有处理观测:无可估计。")
    lines = [
        say(
            f"Support by event time (treated cells; those with {LEAST} or more clean controls; fewest and most controls)",
            f"按事件时间的支撑(处理单元格;其中对照不少于 {LEAST} 个者;最少与最多对照数)",
        )
    ]
    for at, treated, good, fewest, most in zip(
        found.event, found.treated, found.supported, found.fewest, found.most, strict=True
    ):
        lines.append(f"  {at:>+6g} {treated:>6} {good:>6}    {fewest:>3} - {most}")
    if any(p.left for p in facts.by_period):
        lines.append(say("  Cells after a unit left treatment are not counted.", "  单元退出处理之后的单元格不计入。"))
    return "\n".join(lines)


def _identified(facts: DesignFacts, panel: Panel, say: Say) -> str:
    found = facts.support
    if found is None:
        return ""
    lines = [say("What is identified", "可识别什么")]
    if found.without:
        years = _years(found.without)
        lines.append(
            say(
                f"  In {years} no unit is untreated: {counted(found.lost_cells, 'treated cells are')} identified "
                "by no comparison with untreated"
                " units. An estimator of staggered adoption ends the sample before and says so.",
                f"  {_years(found.without, '、')} 年没有未处理单元:{found.lost_cells} 个处理单元格无法通过与未处理单元比较来识别。"
                "交错采纳估计量会在此之前截断样本并予以说明。",
            )
        )
    if found.last_supported is None:
        lines.append(
            say(
                f"  No event time has a cell with {LEAST} clean controls.",
                f"  没有任何事件时间具有 {LEAST} 个干净对照。",
            )
        )
    elif found.last_supported < found.event[-1]:
        at = f"{found.last_supported:+g}"
        lines.append(
            say(
                f"  Effects up to event time {at} rest on {LEAST} or more clean controls; later ones on fewer, on none, or on"
                f" extrapolation: report none after {at}.",
                f"  事件时间 {at} 及以前的效应有不少于 {LEAST} 个干净对照;其后各期对照过少、没有对照或依赖外推:不应报告 {at} 以后的效应。",
            )
        )
    else:
        lines.append(
            say(
                f"  Every event time has cells with {LEAST} or more clean controls.",
                f"  每个事件时间都有对照不少于 {LEAST} 个的单元格。",
            )
        )
    always = [c for c in facts.cohorts if c.first <= facts.periods[0]]
    if always:
        n = sum(len(c.units) for c in always)
        lines.append(
            say(
                f"  Treated from the first period on: {n}. No period before to compare with: they are not in the table above, and"
                " staggered estimators leave them out.",
                f"  自首期起即受处理者 {n} 个:没有处理前时期可比,未计入上表,交错采纳估计量将其剔除。",
            )
        )
    lines.append(
        say(
            "  All of it under parallel trends of untreated outcomes and no anticipation: see parallel_trends, honest_did, anticipation.",
            "  以上均以未处理结果的平行趋势与无预期为前提:参见 parallel_trends、honest_did、anticipation。",
        )
    )
    return "\n".join(lines)


def _two_way(facts: DesignFacts, say: Say) -> str:
    found = facts.weights
    if found is None:
        return ""
    lines = [say("What the static two-way coefficient would be made of", "静态双向固定效应系数的构成")]
    if found.comparisons is not None and found.forbidden is not None:
        for kind, share in found.comparisons.items():
            lines.append(f"  {percent(share):>8}  {say(*NAMED[kind])}")
        grid = say(" (every unit in every period; some rows are missing)", "(按完整单元—时期网格;有缺失观测)")
        harm = (": there the effect on units already treated is taken off", ":在这些比较中,已处理单元自身的效应被扣除")
        lines.append(
            say(
                f"  {percent(found.forbidden)} of its weight is forbidden comparison"
                f" (Goodman-Bacon){grid if found.on_grid else ''}{harm[0] if found.forbidden else ''}.",
                f"  其权重的 {percent(found.forbidden)} 为不当比较(Goodman-Bacon){grid if found.on_grid else ''}"
                f"{harm[1] if found.forbidden else ''}。",
            )
        )
    harm = (
        ": if effects differ, their mean and the coefficient can have opposite signs",
        ":若效应各异,其均值与系数可能符号相反",
    )
    lines.append(
        say(
            f"  {found.negative} of {counted(found.cells, 'treated cells weigh')} negatively, "
            f"{found.negative_sum:.2f} in sum (de Chaisemartin and"
            f" D'Haultfoeuille){harm[0] if found.negative else ''}.",
            f"  {found.cells} 个处理单元格中有 {found.negative} 个权重为负,合计 {found.negative_sum:.2f}"
            f"(de Chaisemartin 与 D'Haultfoeuille){harm[1] if found.negative else ''}。",
        )
    )
    return "\n".join(lines)


def _dose(facts: DesignFacts, panel: Panel, say: Say, language: Language) -> str:
    if facts.dose is None:
        return ""
    d = facts.dose
    comma = "、" if language == "zh" else ", "
    carried = comma.join(f"{panel.unit_name(u).to(language)} {percent(s)}" for u, s in d.carried)
    return say(
        "The dose\n"
        f"  Among treated cells from {d.least:.3g} to {d.most:.3g}, median {d.median:.3g}.\n"
        f"  What is left of it within unit and period is carried by: {carried}. One unit with a third of it is one unit's result:"
        " see leave_one_unit_out and few_clusters.",
        "处理强度\n"
        f"  处理单元格中介于 {d.least:.3g} 与 {d.most:.3g} 之间,中位数 {d.median:.3g}。\n"
        f"  扣除单元与时期效应后的变异由以下单元承担:{carried}。若单个单元占三分之一,结果便取决于它:"
        "参见 leave_one_unit_out 与 few_clusters。",
    )
