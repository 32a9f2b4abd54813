"""Whether pooled residuals hold unit or time effects: Breusch and Pagan's LM, Honda's and its kin. It fits the pooled regression only."""

from __future__ import annotations

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import (
    allows_for_correlation_within_units,
    fitted,
    has_unit_effects,
    is_least_squares,
    read,
    refuse_instruments,
    refuse_trends,
    refuse_weights,
)
from panelkit.checks._words import measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import residual_tests

NAMES = {
    "bp_unit": "Breusch-Pagan, unit",
    "bp_time": "Breusch-Pagan, time",
    "bp_both": "Breusch-Pagan, both",
    "honda_unit": "Honda, unit",
    "honda_time": "Honda, time",
    "honda_both": "Honda, both",
    "king_wu_both": "King-Wu, both",
    "ghm": "Gourieroux-Holly-Monfort, both",
}


@spec
class BreuschPagan(CheckSpec):
    """`kind = "breusch_pagan"`: no random effects in the residuals of the pooled regression with a constant.

    Assumes homoskedastic errors without serial correlation: correlation within units is taken for a unit effect. level :
    below it the check fails for pooled least squares whose standard errors take the rows of a unit for independent, and says
    otherwise.
    """

    kind: str = "breusch_pagan"
    level: float = 0.05


def check(declared: BreuschPagan, subject: Subject) -> Check:
    """`value` is the p of Honda's one-sided test of unit effects.

    Source
    ------
    Breusch and Pagan (1980, doi:10.2307/2297111), Baltagi and Li (1990, doi:10.1080/07474939008800180) for unbalanced panels,
    Honda (1985, doi:10.2307/2297481). R plm `plmtest`; Stata `xttest0`. Effects on unit or time that the model absorbs are
    left out of the regression, others stay in.
    """
    levels = read(subject, "breusch_pagan")
    refuse_weights(subject, "breusch_pagan", levels)
    refuse_instruments(subject, "breusch_pagan", levels)
    refuse_trends(subject, "breusch_pagan", levels)
    mend = "it needs units with two rows or more, and regressors that are not collinear"
    with said_by_numerics(subject, "breusch_pagan", levels.sample, mend):
        kept = levels.beside(without=(levels.sample.unit, levels.sample.time))
        got = residual_tests.random_effects_lm(fitted(levels, kept).residuals, levels.unit, levels.time)
    rejected = got.honda_unit.p < declared.level
    bare = not has_unit_effects(levels) and is_least_squares(subject, levels)
    fails = rejected and bare and not allows_for_correlation_within_units(subject, levels)
    en = (
        f"Pooled residuals {'hold' if rejected else 'show no'} unit effects: Honda {got.honda_unit.statistic:.3f},"
        f" {p_is(got.honda_unit.p)}; Breusch-Pagan LM chi2(1) = {got.bp_unit.statistic:.3f}, {p_is(got.bp_unit.p)}."
        " It assumes homoskedastic errors without serial correlation, and takes serial correlation for a unit effect."
    )
    zh = (
        f"混合回归残差{'存在' if rejected else '未见'}单元效应：Honda {got.honda_unit.statistic:.3f}，{p_is(got.honda_unit.p)}；"
        f"Breusch-Pagan LM chi2(1) = {got.bp_unit.statistic:.3f}，{p_is(got.bp_unit.p)}。该检验假定误差同方差且无序列相关，"
        "会把序列相关当作单元效应。"
    )
    if fails:
        en += " The model absorbs no unit effect and takes the rows of a unit for independent: cluster by unit, or absorb it."
        zh += "模型未吸收单元效应，且假定同一单元各期相互独立：应按单元聚类或吸收单元效应。"
    size = measured(
        levels.periods,
        "size 4%, power 86% against unit effects of 0.3 error standard deviations; it rejects 71% without any where errors"
        " correlate at 0.3 from year to year",
        "水平4%；单元效应为误差标准差的0.3倍时功效86%；没有单元效应而误差逐年相关0.3时拒绝71%",
    )
    rows = [
        {
            "statistic": name,
            "value": (one := getattr(got, field)).statistic,
            "df": float(one.df[0]) if len(one.df) == 1 else None,
            "p": one.p,
        }
        for field, name in NAMES.items()
    ]
    return finding(
        declared,
        subject,
        Label(en=en + size.en, zh=zh + size.zh),
        verdict="fails" if fails else "says",
        value=got.honda_unit.p,
        bound=declared.level,
        rows=rows,
    )


CHECKS.register(
    CheckKind(name="breusch_pagan", spec=BreuschPagan, summary="random effects in pooled residuals (LM)", check=check)
)
