"""Fixed against random effects by the classical contrast; the robust form of the same question is mundlak."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import (
    Levels,
    leans_on_uncorrelated_effects,
    need_regressors,
    read,
    refuse_instruments,
    refuse_trends,
    refuse_weights,
)
from panelkit.checks._random_effects import Pair, pair
from panelkit.checks._words import measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import specification
from panelkit.numerics.arrays import IntArray
from panelkit.numerics.joint import Wald

MEND = "leave out regressors that hardly vary within units, or put the check 'mundlak' there"


@spec
class Hausman(CheckSpec):
    """`kind = "hausman"`: within slopes against those of random effects (Swamy and Arora), classical covariances.

    Assumes homoskedastic errors without serial correlation, so that random effects are efficient under the null; the robust
    auxiliary regression beside it and the check 'mundlak' need neither. level : below it the slopes differ; the check fails
    then only where the model is pooled, random or between (its slopes are then those that are rejected), and says
    otherwise.
    """

    kind: str = "hausman"
    level: float = 0.05


def check(declared: Hausman, subject: Subject) -> Check:
    """The classical statistic, negative where it comes out so and then without p, and the auxiliary regression's.

    Source
    ------
    Hausman (1978, doi:10.2307/1913827). R plm `phtest` (which prints the absolute value of a negative statistic), Stata
    `hausman, sigmaless`; the auxiliary form R plm `phtest(method = "aux")`, robust with `vcov = vcovHC(type = "HC0")`. Only slopes
    that vary within and between units are compared; other effects than the unit's enter both models as dummies.
    """
    levels = read(subject, "hausman")
    refuse_weights(subject, "hausman", levels)
    refuse_instruments(subject, "hausman", levels)
    refuse_trends(subject, "hausman", levels)
    need_regressors(subject, "hausman", levels)
    with said_by_numerics(subject, "hausman", levels.sample, MEND):
        both = pair(levels)
        got = specification.hausman(both.within, both.V_within, both.random, both.V_random)
        auxiliary, robust = _auxiliary(both), _auxiliary(both, levels.unit)
    rejected = got.p is not None and got.p < declared.level
    fails = rejected and leans_on_uncorrelated_effects(subject, levels)
    statistics = [
        {"statistic": "classical", "value": got.statistic, "df": float(got.df), "p": got.p},
        {
            "statistic": "auxiliary regression",
            "value": auxiliary.statistic * auxiliary.df1,
            "df": float(auxiliary.df1),
            "p": auxiliary.p,
        },
        {
            "statistic": "auxiliary regression, robust",
            "value": robust.statistic * robust.df1,
            "df": float(robust.df1),
            "p": robust.p,
        },
    ]
    slopes = [
        {"statistic": f"slope: {n}", "within": w, "random": r, "difference": w - r}
        for n, w, r in zip(both.names, both.within, both.random, strict=True)
    ]
    return finding(
        declared,
        subject,
        _text(declared, levels, both, got, robust),
        verdict="fails" if fails else "says",
        value=got.p,
        bound=declared.level,
        rows=[*statistics, *slopes],
    )


def _auxiliary(both: Pair, clusters: IntArray | None = None) -> Wald:
    """plm's auxiliary regression: quasi-demeaned, with a plain constant; clustered (no factor) where codes are given."""
    base = np.column_stack([np.ones(len(both.quasi_y)), both.quasi_x])
    return specification.added_terms(base, both.demeaned, both.quasi_y, clusters, df2=np.inf)


def _text(declared: Hausman, levels: Levels, both: Pair, got: specification.Hausman, robust: Wald) -> Label:
    en = f"Hausman, within against random effects ({counted(len(both.names), 'slopes')}): chi2({got.df}) = {got.statistic:.3f}"
    zh = f"Hausman检验，组内估计对随机效应（{len(both.names)}个斜率）：chi2({got.df}) = {got.statistic:.3f}"
    if got.p is None:
        en += (
            ". A statistic below zero is no chi2: in this sample the difference of the two covariances is not a covariance,"
            " so the test says nothing (its absolute value means nothing either); read the check 'mundlak'."
        )
        zh += (
            "。统计量为负，不服从卡方分布：本样本中两个协方差矩阵之差不是协方差矩阵，检验不能说明任何问题"
            "（取绝对值同样无意义）；请看 mundlak 检验。"
        )
    elif got.p < declared.level:
        en += f", {p_is(got.p)}: the slopes differ, so random effects are not consistent here."
        zh += f"，{p_is(got.p)}：两组斜率有差异，随机效应估计在此不一致。"
    else:
        en += f", {p_is(got.p)}: no difference was found, which is weak evidence for random effects."
        zh += f"，{p_is(got.p)}：未发现差异，但这只是支持随机效应的微弱证据。"
    if got.p is not None and got.indefinite:
        en += " The difference of the covariances is indefinite: take the p with caution."
        zh += "两个协方差矩阵之差不定，p值须谨慎看待。"
    if both.unit_variance == 0:
        en += " The variance of the unit effects is estimated at zero: random effects are pooled least squares here."
        zh += "单元效应方差的估计值为零：此处随机效应即混合最小二乘。"
    chi2 = f"chi2({robust.df1}) = {robust.statistic * robust.df1:.3f}, {p_is(robust.p)}"
    en += (
        f" Robust to heteroskedasticity and serial correlation, by the auxiliary regression clustered by unit: {chi2}."
    )
    zh += f"对异方差与序列相关稳健的辅助回归检验（按单元聚类）：{chi2}。"
    en += (
        " The classical form assumes homoskedastic errors without serial correlation; the difference rests on "
        f"{counted(levels.units, 'units')},"
        f" not on {counted(levels.rows, 'rows')}."
    )
    zh += f"经典形式假定误差同方差且无序列相关；差异的信息来自{levels.units}个单元，而非{levels.rows}个观测。"
    size = measured(
        levels.periods,
        "it rejects true random effects 8% of the time (10% with serially correlated errors), and 69% where effects load 0.5 on"
        " the unit means of a regressor",
        "对正确的随机效应拒绝8%（误差序列相关时10%）；单元效应对某解释变量单元均值的载荷为0.5时拒绝69%",
    )
    return Label(en=en + size.en, zh=zh + size.zh)


CHECKS.register(
    CheckKind(name="hausman", spec=Hausman, summary="within against random effects, classical", check=check)
)
