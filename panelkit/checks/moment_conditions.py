"""Whether the moments of a system can be believed: number of instruments, Hansen's J, serial correlation. None is computed here."""

from __future__ import annotations

from typing import Any

from panelkit.checks._finding import finding, unfit
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class MomentConditions(CheckSpec):
    """`kind = "moment_conditions"`: instruments no more than `most` nor than units, no AR(2), Hansen's p between `low` and `high`.

    level : of the AR(2) test; at or below it lagged levels are no instruments. A p of Hansen's J near one is as little comfort as a small
    one: too many instruments weaken the test (Roodman 2009, doi:10.1111/j.1468-0084.2008.00542.x).
    """

    kind: str = "moment_conditions"
    most: int = 25
    level: float = 0.05
    low: float = 0.1
    high: float = 0.9


def check(declared: MomentConditions, subject: Subject) -> Check:
    """Fails on AR(2), a rejected J, or more instruments than allowed; `value` is the smallest p of J."""
    made, tests = subject.estimate, subject.estimate.tests
    if "moment_instruments" not in made.fit.extra:
        mend = "name it on a model of kind 'panel_var' with estimator = \"gmm\""
        raise unfit(subject, "moment_conditions", "needs a system by moments", mend)
    count, units = int(made.fit.extra["moment_instruments"]), made.sample.units
    most = min(declared.most, units)
    worst: list[Verdict] = ["fails" if count > most else "holds"]
    en = [
        f"{counted(count, 'instruments')} for each equation, {'more' if count > most else 'no more'} than {most} "
        f"({counted(units, 'units')})."
    ]
    zh = [f"每个方程 {count} 个工具变量,{'多于' if count > most else '不多于'} {most}(共 {units} 个单元)。"]
    rows: list[dict[str, Any]] = []
    ps = []
    for name in dict.fromkeys(k.partition(": ")[2] for k in tests if k.startswith(("ar1: ", "ar2: ", "hansen: "))):
        said, chinese = [], []
        for kind in ("hansen", "ar1", "ar2"):
            test = tests.get(f"{kind}: {name}")
            if test is None:
                continue
            rows.append({"equation": name, "test": kind, **test})
            if kind == "hansen":
                ps.append(test["p"])
                verdict = _of_hansen(test["p"], declared)
                worst.append(verdict)
                figures = f"Hansen chi2({test['df1']:g}) = {test['statistic']:.3f}, {p_is(test['p'])}"
                remark = {"fails": (" (rejected)", "(被拒绝)"), "says": (" (too good: weak test)", "(过高:检验乏力)")}
                extra = remark.get(verdict, ("", ""))
            else:
                bad = kind == "ar2" and test["p"] <= declared.level
                worst.append("fails" if bad else "holds")
                figures = f"{kind.upper().replace('AR', 'AR(')}) z = {test['statistic']:.3f}, {p_is(test['p'])}"
                extra = (" (lagged levels are no instruments)", "(滞后水平值不是有效工具)") if bad else ("", "")
            said.append(figures + extra[0])
            chinese.append(figures + extra[1])
        en.append(f"{name}: {'; '.join(said)}.")
        zh.append(f"{name}:{';'.join(chinese)}。")
    if not ps:
        en.append("Exactly identified: there is no Hansen test.")
        zh.append("恰好识别,没有Hansen检验。")
    verdict = "fails" if "fails" in worst else ("says" if "says" in worst else "holds")
    return finding(
        declared,
        subject,
        Label(en=" ".join(en), zh="".join(zh)),
        verdict=verdict,
        value=min(ps) if ps else None,
        bound=declared.low,
        rows=rows,
    )


def _of_hansen(p: float, declared: MomentConditions) -> Verdict:
    if p < declared.low:
        return "fails"
    return "says" if p > declared.high else "holds"


CHECKS.register(
    CheckKind(
        name="moment_conditions",
        spec=MomentConditions,
        summary="instruments, Hansen's J and AR(2) of a system by moments",
        check=check,
    )
)
