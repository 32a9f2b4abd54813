"""How strong the instruments are, and what can be said if they are not. No estimate is chosen by it."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics, unfit
from panelkit.checks._instruments import Instrumented, instrumented, two_stage_errors
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import weak_instruments as weak
from panelkit.numerics.anderson_rubin import AndersonRubinSet, anderson_rubin, anderson_rubin_set

MEND = "leave out instruments that are combinations of others; there must be fewer of them than clusters"
SHAPES = {
    "interval": Label(en="an interval", zh="一个区间"),
    "two rays": Label(en="two rays (what lies between is rejected)", zh="两条射线（中间的值被拒绝）"),
    "one ray": Label(en="a ray", zh="一条射线"),
    "whole line": Label(en="the whole line: the instruments say nothing", zh="整条实线：工具变量不提供任何信息"),
    "empty": Label(en="empty: the instruments contradict each other", zh="空集：各工具变量相互矛盾"),
    "several pieces": Label(en="several pieces", zh="若干段"),
}
FEW = 50


@spec
class WeakInstruments(CheckSpec):
    """`kind = "weak_instruments"`: effective F against its critical value, rank tests, tF, Anderson-Rubin set.

    Assumes a linear first stage and many clusters; valid instruments for tF and the Anderson-Rubin set, which needs no
    strength. bias : the worst-case bias of 2SLS, as a share of the benchmark, that would be put up with (0.05, 0.10, 0.20 or
    0.30): the check holds above the critical value of the effective F at it, and fails below. With several endogenous
    regressors no such value exists: then it says.
    """

    kind: str = "weak_instruments"
    bias: float = 0.10
    level: float = 0.95


def check(declared: WeakInstruments, subject: Subject) -> Check:
    """The weak-instrument set of numbers under the errors of the model (CR1 by its first cluster variable where clustered).

    Source
    ------
    Montiel Olea and Pflueger (2013, doi:10.1080/00401706.2013.806694), Kleibergen and Paap (2006,
    doi:10.1016/j.jeconom.2005.02.011), Cragg and Donald (1993), Anderson and Rubin (1949), Lee, McCrary, Moreira and Porter
    (2022, doi:10.1257/aer.20211063). Stata weakivtest, ivreg2, weakiv, tf; see numerics for each convention.
    """
    model = instrumented(subject, "weak_instruments")
    with said_by_numerics(subject, "weak_instruments", model.levels.sample, MEND):
        ranks = weak.rank_tests(model.equation, model.raw, model.parameters(model.w + model.l))
        rows = [
            {"statistic": "Kleibergen-Paap LM", "value": ranks.lm, "df1": float(ranks.df), "p": ranks.lm_p},
            {"statistic": "Kleibergen-Paap Wald", "value": ranks.wald, "df1": float(ranks.df)},
            {"statistic": "Kleibergen-Paap F", "value": ranks.wald_f},
            {"statistic": "Cragg-Donald F", "value": ranks.cragg_donald_f},
            _tested(model),
        ]
        if model.m > 1:
            return finding(declared, subject, _several(model, ranks, rows[-1]), value=ranks.wald_f, rows=rows)
        return _single(declared, subject, model, ranks, rows)


def _single(
    declared: WeakInstruments, subject: Subject, model: Instrumented, ranks: weak.RankTests, rows: list[dict[str, Any]]
) -> Check:
    if declared.bias not in weak.TAUS:
        known = ", ".join(map(str, weak.TAUS))
        raise unfit(
            subject, "weak_instruments", f"has no critical value for a bias of {declared.bias}", f"take one of {known}"
        )
    slopes = model.w + model.l
    got = weak.effective_f(model.equation, model.errors(slopes))
    critical = got.critical[weak.TAUS.index(declared.bias)]
    region = anderson_rubin_set(model.equation, model.errors(slopes), model.df(slopes), declared.level)
    b, V = two_stage_errors(model)
    se = float(np.sqrt(V[0, 0]))
    first = {"statistic": "effective F", "value": got.statistic, "critical": critical, "bias": declared.bias}
    rows = [
        first,
        *(
            {"statistic": "critical value", "bias": t, "critical": c}
            for t, c in zip(got.taus, got.critical, strict=True)
        ),
        *rows,
        *_pieces(region),
    ]
    tf = weak.t_f(float(b[0]), se, got.statistic) if model.l == 1 else None
    if tf is not None:
        rows.append({"statistic": "tF", "critical": tf.critical, "low": tf.low, "high": tf.high, "se": tf.adjusted_se})
    verdict: Verdict = "holds" if got.statistic > critical else "fails"
    return finding(
        declared,
        subject,
        _text(declared, model, (got.statistic, critical), ranks, region, tf),
        verdict=verdict,
        value=got.statistic,
        bound=critical,
        rows=rows,
    )


def _tested(model: Instrumented) -> dict[str, Any]:
    slopes = model.w + model.l
    got = anderson_rubin(model.equation, model.errors(slopes), np.zeros(model.m), model.df(slopes))
    return {
        "statistic": "Anderson-Rubin, all zero",
        "value": got.statistic,
        "df1": float(got.df1),
        "df2": got.df2,
        "p": got.p,
    }


def _pieces(region: AndersonRubinSet) -> list[dict[str, Any]]:
    """The set's pieces; an end without bound is None."""
    pieces = region.pieces or ((float("nan"), float("nan")),)
    return [
        {"statistic": "Anderson-Rubin set", "shape": region.shape, "low": low, "high": high, "level": region.level}
        for low, high in pieces
    ]


def _shown(region: AndersonRubinSet) -> Label:
    """The set in words, with its ends."""
    words = SHAPES[region.shape]
    if region.shape in ("whole line", "empty"):
        return words
    ends = " U ".join(f"({low:.4g}, {high:.4g})" for low, high in region.pieces)
    return Label(en=f"{words.en} {ends}", zh=f"{words.zh} {ends}")


def _text(
    declared: WeakInstruments,
    model: Instrumented,
    f: tuple[float, float],
    ranks: weak.RankTests,
    region: AndersonRubinSet,
    tf: weak.TF | None,
) -> Label:
    strong, name, shown = f[0] > f[1], model.endogenous[0], _shown(region)
    en = (
        f"Effective F of {', '.join(model.instruments)} for {name}: {f[0]:.2f}, {'above' if strong else 'not above'} the"
        f" critical value {f[1]:.1f} for a bias of {declared.bias:.0%}; Kleibergen-Paap F {ranks.wald_f:.2f}, Cragg-Donald F"
        f" {ranks.cragg_donald_f:.2f}; {model.assumed.en}. Anderson-Rubin {declared.level:.0%} set, valid whatever the"
        f" strength: {shown.en}."
    )
    zh = (
        f"{'、'.join(model.instruments)} 对 {name} 的有效F统计量 {f[0]:.2f}，{'高于' if strong else '不高于'}偏误 {declared.bias:.0%}"
        f" 对应的临界值 {f[1]:.1f}；Kleibergen-Paap F {ranks.wald_f:.2f}，Cragg-Donald F {ranks.cragg_donald_f:.2f}；"
        f"{model.assumed.zh}。Anderson-Rubin {declared.level:.0%} 置信集（不依赖工具强度）：{shown.zh}。"
    )
    if tf is not None and np.isinf(tf.critical):
        en += " tF interval: the whole line (F below 4)."
        zh += "tF区间：整条实线（F 小于 4）。"
    elif tf is not None:
        en += f" tF 95% interval: ({tf.low:.4g}, {tf.high:.4g}), critical |t| {tf.critical:.2f}."
        zh += f"tF 95%区间：（{tf.low:.4g}, {tf.high:.4g}），|t| 临界值 {tf.critical:.2f}。"
    few = _few(model)
    return Label(
        en=f"{en} All of it assumes a linear first stage, and the sets valid instruments.{few.en}",
        zh=f"{zh}以上均假定一阶段为线性；置信集还假定工具变量有效。{few.zh}",
    )


def _several(model: Instrumented, ranks: weak.RankTests, joint: dict[str, Any]) -> Label:
    few = _few(model)
    en = (
        f"{counted(model.l, 'instruments')} for {counted(model.m, 'endogenous regressors')}: Kleibergen-Paap LM "
        f"chi2({ranks.df}) = {ranks.lm:.2f},"
        f" {p_is(ranks.lm_p)} (identified at all?), F {ranks.wald_f:.2f}, Cragg-Donald F {ranks.cragg_donald_f:.2f};"
        f" {model.assumed.en}. No critical value belongs to the Kleibergen-Paap F, and rejecting the LM test is far from"
        f" strength. Anderson-Rubin test that all their coefficients are zero: {p_is(joint['p'])}. It assumes a linear first"
        f" stage.{few.en}"
    )
    zh = (
        f"{model.l}个工具变量、{model.m}个内生变量：Kleibergen-Paap LM chi2({ranks.df}) = {ranks.lm:.2f}，{p_is(ranks.lm_p)}（是否识别），"
        f"F {ranks.wald_f:.2f}，Cragg-Donald F {ranks.cragg_donald_f:.2f}；{model.assumed.zh}。Kleibergen-Paap F 没有对应的临界值，"
        f"LM检验拒绝远不等于工具强。全部内生变量系数为零的Anderson-Rubin检验：{p_is(joint['p'])}。以上假定一阶段为线性。{few.zh}"
    )
    return Label(en=en, zh=zh)


def _few(model: Instrumented) -> Label:
    if model.raw.kind != "cluster":
        return Label()
    groups = int(model.levels.cluster.max()) + 1
    if groups >= FEW:
        return Label()
    return Label(
        en=f" With {counted(groups, 'clusters')} the clustered variance is biased down: the F is too large and "
        "the set a little too narrow.",
        zh=f"仅{groups}个聚类时，聚类方差偏小：F 偏大，置信集略窄。",
    )


CHECKS.register(
    CheckKind(
        name="weak_instruments",
        spec=WeakInstruments,
        summary="strength of instruments: effective F, Kleibergen-Paap, Anderson-Rubin set, tF",
        check=check,
    )
)
