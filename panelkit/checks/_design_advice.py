"""Which estimator fits a design and why, in words; the page that it closes is in _design_words."""

from __future__ import annotations

from collections.abc import Callable

from panelkit.checks._design import LEAST, DesignFacts
from panelkit.core.counted import counted

FEW = 2  # treated units up to which no clustered error can be trusted
SOME = 10  # up to which errors by influence rest on few

Say = Callable[[str, str], str]


def percent(share: float) -> str:
    """'37.8 %'."""
    return f"{100 * share:.1f} %"


def fits(facts: DesignFacts, kind: str, say: Say) -> str:
    found = facts.support
    if found is None:
        return ""
    lines = [say("Which estimator fits, and why", "何种估计量适用,为何")]
    if facts.treated_units <= FEW:
        lines.append(
            say(
                f"  Only {counted(facts.treated_units, 'units')} treated: synthetic_did with a placebo over "
                "units, or permuted paths (placebo). No"
                " clustered error can be trusted, since nothing shows how treated units spread; it is withheld unless the model names"
                " one.",
                f"  仅 {facts.treated_units} 个处理单元:宜用 synthetic_did 并以单元安慰剂推断,或置换处理路径(placebo)。处理单元之间的"
                "离散无从得知,聚类标准误均不可信;除非模型指明,不予给出。",
            )
        )
    elif facts.form == "dose":
        lines += _of_dose(facts, say)
    elif facts.leaving:
        lines.append(
            say(
                "  Treatment ends in some units: an estimator of staggered adoption is right for them until it ends (drop their later"
                " rows). The coefficient over all rows takes the effect to vanish with the treatment, at once. treatment_ends shows both.",
                "  处理在部分单元中终止:终止之前可用交错采纳估计量(剔除其后的观测)。使用全部观测的系数则假定效应随处理立即消失。"
                "treatment_ends 给出两者。",
            )
        )
    elif not found.most.any():
        lines.append(
            say(
                "  No untreated unit stands beside any treated cell: no comparison identifies the effect. Only a dose, a third difference"
                " or a finer unit leaves something to compare.",
                "  任何处理单元格旁都没有未处理单元:没有比较可以识别效应。只有处理强度、三重差分或更细的单元才留有可比对象。",
            )
        )
    elif len(facts.starts) == 1 and facts.untreated:
        lines.append(_one_date(facts, say))
    else:
        lines += _staggered(facts, say)
    if FEW < facts.treated_units <= SOME:
        lines.append(
            say(
                f"  {counted(facts.treated_units, 'treated units are')} few: errors rest on their spread. Put a "
                "permutation (placebo, placebo_cohorts)"
                " or synthetic_did beside.",
                f"  处理单元仅 {facts.treated_units} 个:标准误取决于其离散程度。应并列给出置换检验(placebo、placebo_cohorts)或"
                " synthetic_did。",
            )
        )
    lines.append(_about(facts, kind, say))
    return "\n".join(lines)


def _one_date(facts: DesignFacts, say: Say) -> str:
    if any(c.first <= facts.periods[0] for c in facts.cohorts):
        return say(
            "  One date for all that start, untreated units throughout, and units treated from the first period on: without the last"
            " (exclude, or where) two-way fixed effects compare treated with untreated only, and event_study or fixed_effects fit.",
            "  处理均于同一时期开始,有始终未处理者,另有自首期起即受处理者:剔除后者(exclude 或 where)之后,双向固定效应只比较处理与"
            "未处理单元,event_study 或 fixed_effects 适用。",
        )
    return say(
        "  One date for all, and untreated units throughout: two-way fixed effects compare these only; event_study or"
        " fixed_effects fit.",
        "  所有处理单元同时开始且有始终未处理者:双向固定效应只作此比较;event_study 或 fixed_effects 适用。",
    )


def _of_dose(facts: DesignFacts, say: Say) -> list[str]:
    found = facts.support
    lines = [
        say(
            "  The treatment is a dose: dose_did, under STRONG parallel trends (units at a lower dose would have followed, at a higher"
            " one, the path of those that had it); read it in logs and without its largest unit too.",
            "  处理为强度型:dose_did,须假定强平行趋势(低强度单元若处于高强度,其路径与高强度单元相同);并应同时报告对数形式与"
            "剔除最大单元的结果。",
        )
    ]
    if found is not None and (found.last_supported is None or found.last_supported < found.event[-1]):
        lines.append(
            say(
                "  Where no or few units are at zero, the coefficient compares doses with doses, already treated units among them.",
                "  当零强度单元很少或没有时,该系数是在不同强度(包括已处理单元)之间比较。",
            )
        )
    return lines


def _staggered(facts: DesignFacts, say: Say) -> list[str]:
    found = facts.support
    assert found is not None
    enough = len(facts.untreated) >= LEAST
    control = "never" if enough else "notyet"
    end = found.last_supported
    window = f", window = [.., {end:g}]" if end is not None and end < found.event[-1] else ""
    why = say(
        f"{counted(len(facts.untreated), 'units are')} untreated throughout"
        if enough
        else "too few units are never treated",
        f"有 {len(facts.untreated)} 个始终未处理单元" if enough else "从未处理单元过少",
    )
    lines = [
        say(
            f'  Adoption is staggered: compare with untreated units only. callaway_santanna with control = "{control}" ({why}){window};'
            " imputation uses all untreated rows and is more precise where trends hold throughout. Report both.",
            f'  交错采纳:只应与未处理单元比较。callaway_santanna,control = "{control}"({why}){window};'
            "imputation 使用全部未处理观测,若平行趋势始终成立则更精确。两者都应报告。",
        )
    ]
    if end is None or (found.without and not facts.untreated and end < 3):
        lines.append(
            say(
                "  Support is thin: at this level a binary treatment is a sensitivity, not a headline. A finer unit (cities), a third"
                " difference (industry exposure) or the dose keep controls longer.",
                "  支撑薄弱:在此层级,二值处理只宜作敏感性分析,不宜作主要结论。更细的单元(城市)、三重差分(行业暴露)或处理强度"
                "能更久地保留对照。",
            )
        )
    return lines


def _about(facts: DesignFacts, kind: str, say: Say) -> str:
    found = facts.weights
    bad = found is not None and (bool(found.negative) or bool(found.forbidden))
    beside = say("Read it beside one that compares with untreated units.", "须与只同未处理单元比较的估计量并列阅读。")
    if kind == "event_study" and len(facts.starts) > 1:
        return say(
            "  This model (event_study) is two-way: where effects differ by cohort, each of its coefficients also holds effects of other"
            f" event times (Sun and Abraham 2021). {beside}",
            "  本模型(event_study)为双向固定效应:若各批次效应不同,其每个系数都会混入其他事件时间的效应(Sun 与 Abraham 2021)。"
            f"{beside}",
        )
    if kind in ("fixed_effects", "dose_did") and bad and found is not None:
        share = f"{percent(found.forbidden)} / " if found.forbidden is not None else ""
        if facts.form == "dose":
            beside = say(
                "If the effect of a unit of dose differs, it is no average of these effects.",
                "若单位强度的效应各异,该系数便不是这些效应的平均。",
            )
        return say(
            f"  This model ({kind}) is two-way: what stands above ({share}{found.negative} of {found.cells}) is in its number. {beside}",
            f"  本模型({kind})为双向固定效应:上述问题({share}{found.cells} 个中 {found.negative} 个)存在于其结果之中。{beside}",
        )
    return say(f"  This model is of kind {kind}.", f"  本模型类型为 {kind}。")
