"""Whether the instruments agree with each other: Sargan and Hansen J. Strength is looked at in weak_instruments."""

from __future__ import annotations

from typing import Any

from panelkit.checks._finding import finding, said_by_numerics, unfit
from panelkit.checks._instruments import instrumented
from panelkit.checks._words import measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import overidentification
from panelkit.numerics.residual_tests import Statistic

MEND = "use fewer instruments than clusters, none a combination of the others"
TOO_GOOD = 0.9


@spec
class Overidentification(CheckSpec):
    """`kind = "overidentification"`: Sargan's chi2 and Hansen's J.

    Assumes that as many instruments as there are endogenous regressors are valid, and strong ones: it compares instruments
    with each other and passes where all share one fault. Sargan assumes iid errors, J those of the model. level : below
    it the instruments contradict each other and the check fails; above it says.
    """

    kind: str = "overidentification"
    level: float = 0.05


def check(declared: Overidentification, subject: Subject) -> Check:
    """`value` is the p of J under the model's errors (of Sargan's statistic where these are iid).

    Source
    ------
    Sargan (1958, doi:10.2307/1907619), Hansen (1982, doi:10.2307/1912775); fixest `sargan`, AER `summary(ivreg)`, Stata `ivreg2`.
    """
    model = instrumented(subject, "overidentification")
    if model.l == model.m:
        raise unfit(
            subject,
            "overidentification",
            "has nothing to test: as many instruments as endogenous regressors",
            "it needs an instrument more; 'plausibly_exogenous' bounds what one invalid instrument does",
        )
    with said_by_numerics(subject, "overidentification", model.levels.sample, MEND):
        sargan = overidentification.sargan(model.equation)
        hansen = sargan if model.raw.kind == "iid" else overidentification.hansen_j(model.equation, model.raw)
    df, rejected = int(hansen.df[0]), hansen.p < declared.level
    name = "Sargan" if model.raw.kind == "iid" else "Hansen J"
    figures = f"{name} chi2({df}) = {hansen.statistic:.3f}, {p_is(hansen.p)}"
    en = f"{counted(model.l, 'instruments')} for {counted(model.m, 'endogenous regressors')}: {figures}, {model.assumed.en}: "
    zh = f"{model.l}个工具变量、{model.m}个内生变量：{figures}，{model.assumed.zh}："
    en += (
        "they contradict each other, so some are not valid." if rejected else "no contradiction between them is found."
    )
    zh += "工具变量相互矛盾，其中有无效者。" if rejected else "未发现相互矛盾。"
    if model.raw.kind != "iid":
        en += f" Sargan (iid errors): {sargan.statistic:.3f}, {p_is(sargan.p)}."
        zh += f"Sargan（同方差）：{sargan.statistic:.3f}，{p_is(sargan.p)}。"
    if model.raw.kind == "cluster" and hansen.p > TOO_GOOD:
        en += " A p near 1 with few clusters is a warning: J is bounded by their number."
        zh += "聚类较少而p接近1是警示：J 受聚类数限制。"
    en += " It assumes that enough of them are valid and strong: faults that all share go unseen."
    zh += "该检验假定其中足够多的工具有效且足够强：全部工具共有的缺陷无法发现。"
    if model.raw.kind == "cluster":
        size = measured(
            model.levels.periods,
            "J with three instruments has size 5%, power 87% against a direct effect of 0.2 per unit of one of them",
            "三个工具变量时 J 的水平5%；其中一个的直接影响为0.2时功效87%",
        )
        en, zh = en + size.en, zh + size.zh
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        verdict="fails" if rejected else "says",
        value=hansen.p,
        bound=declared.level,
        rows=[_row("Sargan", sargan), *([] if model.raw.kind == "iid" else [_row("Hansen J", hansen)])],
    )


def _row(name: str, got: Statistic) -> dict[str, Any]:
    return {"statistic": name, "value": got.statistic, "df": got.df[0], "p": got.p}


CHECKS.register(
    CheckKind(
        name="overidentification",
        spec=Overidentification,
        summary="instruments against each other (Sargan, Hansen J)",
        check=check,
    )
)
