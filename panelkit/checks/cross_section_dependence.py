"""Whether errors of different units move together: Pesaran's CD and the LM forms. It corrects nothing."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import Levels, fitted, need_least_squares, nested, read, refuse_weights
from panelkit.checks._words import measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import residual_tests
from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.least_squares import solve

NAMES = {"cd": "CD", "lm": "LM", "scaled_lm": "scaled LM", "bias_corrected_lm": "bias-corrected scaled LM"}
TOGETHER = ("driscoll_kraay", "conley")


@spec
class CrossSectionDependence(CheckSpec):
    """`kind = "cross_section_dependence"`: no correlation of the errors across units.

    tested : `residuals` of the model, of `unit_regressions` (each unit its own slopes), or the `outcome` itself.
    CD assumes symmetric errors and sees a mean correlation only: where signs cancel it has no power, and after time effects
    that mean is about -1/(N-1) by construction. level : below it the check fails for a model without time effects whose
    standard errors take units for independent; it says otherwise.
    """

    kind: str = "cross_section_dependence"
    tested: Literal["residuals", "unit_regressions", "outcome"] = "residuals"
    level: float = 0.05


def check(declared: CrossSectionDependence, subject: Subject) -> Check:
    """`value` is the p of CD.

    Source
    ------
    Pesaran (2004; 2015, doi:10.1080/07474938.2014.956623), Breusch and Pagan (1980), Baltagi, Feng and Kao (2012,
    doi:10.1016/j.jeconom.2012.04.004). R plm `pcdtest`, Stata `xtcsd`.
    """
    levels = read(subject, "cross_section_dependence")
    refuse_weights(subject, "cross_section_dependence", levels)
    if declared.tested == "residuals":
        need_least_squares(subject, "cross_section_dependence", levels)
    mend = "it needs pairs of units with two periods in common"
    with said_by_numerics(subject, "cross_section_dependence", levels.sample, mend):
        got = residual_tests.cross_section_dependence(_tested(declared, levels), levels.unit, levels.time)
    swept = any(nested(e, levels.time) for e in levels.effects)
    rejected = got.cd.p < declared.level
    alone = subject.estimate.covariance.kind not in TOGETHER and not nested(levels.time, levels.cluster)
    fails = rejected and declared.tested == "residuals" and not swept and alone
    en = (
        f"Pesaran's CD on {declared.tested.replace('_', ' ')}: {got.cd.statistic:.3f}, {p_is(got.cd.p)}; mean correlation"
        f" {got.mean_correlation:.3f}, mean absolute {got.mean_absolute:.3f} over {counted(got.pairs, 'pairs')}. It assumes symmetric"
        " errors and sees a mean correlation only: where signs cancel it has no power."
    )
    zh_of = {"residuals": "模型残差", "unit_regressions": "分单元回归残差", "outcome": "因变量"}[declared.tested]
    zh = (
        f"Pesaran CD检验（{zh_of}）：{got.cd.statistic:.3f}，{p_is(got.cd.p)}；平均相关系数 {got.mean_correlation:.3f}，平均绝对值"
        f" {got.mean_absolute:.3f}，共{got.pairs}对。该检验假定误差对称，且只能发现平均相关：正负相抵时没有功效。"
    )
    if swept and declared.tested == "residuals":
        en += (
            f" After time effects the mean correlation is about {-1 / (levels.units - 1):.3f} by construction: at"
            " T = 13 CD then rejects independent errors nearly always, so it says nothing here."
        )
        zh += (
            f"剔除时间效应后，平均相关系数按构造约为 {-1 / (levels.units - 1):.3f}："
            "T = 13 时 CD 几乎总会拒绝相互独立的误差，因此在此不说明问题。"
        )
    if levels.periods < levels.units:
        en += f" LM over-rejects with {counted(levels.units, 'units')} and T = {levels.periods}."
        zh += f"单元数{levels.units}大于 T = {levels.periods} 时，LM 检验过度拒绝。"
    if fails:
        en += " The standard errors take units for independent: absorb time effects, or allow for common shocks."
        zh += "标准误假定各单元独立：应吸收时间效应，或允许共同冲击。"
    if got.left_out:
        en += f" {counted(got.left_out, 'pairs share')} fewer than two periods."
        zh += f"另有{got.left_out}对共同时期不足两期。"
    if not swept:
        size = measured(
            levels.periods,
            "size 5%, power 62% against a common shock of 0.2 error standard deviations",
            "水平5%；共同冲击为误差标准差的0.2倍时功效62%",
        )
        en, zh = en + size.en, zh + size.zh
    rows = [
        {
            "statistic": name,
            "value": (one := getattr(got, field)).statistic,
            "df": float(one.df[0]) if one.df else None,
            "p": one.p,
        }
        for field, name in NAMES.items()
    ]
    rows += [
        {"statistic": "mean correlation", "value": got.mean_correlation},
        {"statistic": "mean absolute correlation", "value": got.mean_absolute},
    ]
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        verdict="fails" if fails else "says",
        value=got.cd.p,
        bound=declared.level,
        rows=rows,
    )


def _tested(declared: CrossSectionDependence, levels: Levels) -> FloatArray:
    if declared.tested == "outcome":
        return levels.y - levels.y.mean()
    if declared.tested == "residuals":
        return fitted(levels).residuals
    u = np.zeros(levels.rows)
    design = np.column_stack([np.ones(levels.rows), levels.X])
    for i in range(levels.units):
        rows = levels.unit == i
        if rows.sum() < design.shape[1]:
            raise ValueError(
                f"unit {i} has {counted(int(rows.sum()), 'rows')} for {counted(design.shape[1], 'coefficients')} of its own"
            )
        try:
            u[rows] = solve(design[rows], levels.y[rows]).residuals
        except ValueError as fault:
            raise ValueError(f"unit {i}: {fault}") from fault
    return u


CHECKS.register(
    CheckKind(
        name="cross_section_dependence",
        spec=CrossSectionDependence,
        summary="errors that move together across units (Pesaran CD)",
        check=check,
    )
)
