"""Whether the error variance differs by unit: the modified Wald test of xttest3, and each unit's residual spread. It corrects nothing."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import fitted, need_least_squares, read, refuse_weights
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import residual_tests
from panelkit.numerics.ranks import descending

MEND = "it needs units with two rows or more and residuals that vary"


@spec
class Heteroskedasticity(CheckSpec):
    """`kind = "heteroskedasticity"`: the same error variance in all units, by the modified Wald test.

    Assumes long series: each unit's variance of its squared residuals comes from its own rows. At T = 13 and 31 units it
    rejects a true null 88 % of the time, so the check says and never fails: it describes. Cluster in any case.
    """

    kind: str = "heteroskedasticity"


def check(declared: Heteroskedasticity, subject: Subject) -> Check:
    """The modified Wald statistic on the model's residuals; `rows` give each unit's spread, the largest first.

    Source
    ------
    Greene (2000, p. 598); Baum (2001, doi:10.1177/1536867X0100100108), Stata `xttest3`.
    """
    levels = read(subject, "heteroskedasticity")
    refuse_weights(subject, "heteroskedasticity", levels)
    need_least_squares(subject, "heteroskedasticity", levels)
    with said_by_numerics(subject, "heteroskedasticity", levels.sample, MEND):
        u = fitted(levels).residuals
        got = residual_tests.modified_wald(u, levels.unit)
    size = np.bincount(levels.unit)
    spread = np.sqrt(np.bincount(levels.unit, weights=u**2) / size)
    order = descending(spread)
    units = sorted(levels.sample.units)
    top, low = levels.name(int(order[0])), levels.name(int(order[-1]))
    ratio = spread[order[0]] / spread[order[-1]]
    figures = f"chi2({got.df[0]:.0f}) = {got.statistic:.1f}, {p_is(got.p)}"
    en = (
        f"Modified Wald test of one error variance in all units: {figures}. It assumes long series: at T = 13 with 31 units it"
        f" rejects a true null 88% of the time, so it describes at most (T = {levels.periods} here); cluster in any case."
        f" Residuals spread most in {top.en} ({spread[order[0]]:.3g}), {ratio:.3g} times as much as in {low.en}."
    )
    zh = (
        f"组间方差相等的修正Wald检验：{figures}。该检验假定时间序列足够长：T = 13、31个单元时，它以88%的概率拒绝正确的原假设，"
        f"因此至多用于描述（此处 T = {levels.periods}）；无论如何都应聚类。残差波动最大的是{top.zh}（{spread[order[0]]:.3g}），"
        f"为{low.zh}的{ratio:.3g}倍。"
    )
    rows = [{"unit": units[i], "residual_sd": spread[i], "rows": int(size[i])} for i in order]
    total = {"statistic": "modified Wald", "value": got.statistic, "df": got.df[0], "p": got.p}
    return finding(declared, subject, Label(en=en, zh=zh), value=got.p, rows=[total, *rows])


CHECKS.register(
    CheckKind(
        name="heteroskedasticity",
        spec=Heteroskedasticity,
        summary="error variance by unit (modified Wald)",
        check=check,
    )
)
