"""Whole treatment paths, or adoption dates, permuted across units: where the effect lies among placebo ones. It never refits."""

from __future__ import annotations

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._finding import finding
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.numerics import permutation


@spec
class Placebo(CheckSpec):
    """`kind = "placebo"`: `draws` permutations of whole paths (of staggered adoption: of its dates), within a fixed category
    `strata` where named."""

    kind: str = "placebo"
    draws: int = 1000
    strata: str = ""


def check(declared: Placebo, subject: Subject) -> Check:
    """The placebo distribution of coefficient and t; `value` is the p of t. Says, never judges.

    series : draws (coefficients), statistics (their t, raw clustered), observed (coefficient, t).

    Source
    ------
    Permutation of the assignment that was, staggered paths kept whole; MacKinnon and Webb (2020,
    doi:10.1016/j.jeconom.2020.04.024).
    """
    design = subject.design()
    why = _unfit(declared, subject, design)
    if why:
        return _silent(declared, subject, why)
    try:
        got = _permuted(declared, subject, design)
    except ValueError as fault:
        return _silent(declared, subject, told(fault))
    defined = np.isfinite(got.estimates) & np.isfinite(got.statistics)
    return finding(
        declared,
        subject,
        _text(declared, subject, design, got),
        value=got.p_t,
        series={
            "draws": tuple(map(float, got.estimates[defined])),
            "statistics": tuple(map(float, got.statistics[defined])),
            "observed": (got.estimate, got.statistic),
        },
        rows=(
            {"statistic": "coefficient", "observed": got.estimate, "p": got.p, "draws": int(defined.sum())},
            {"statistic": "t", "observed": got.statistic, "p": got.p_t, "draws": int(defined.sum())},
        ),
    )


def _permuted(declared: Placebo, subject: Subject, design: Design) -> permutation.Placebo:
    seed = child_seed(subject.seed, "placebo")
    strata = _strata(declared, subject, design) if declared.strata else None
    if design.adoption is not None:
        return permutation.permute_cohorts(design.adoption.cohort, design.adoption.effect, declared.draws, seed, strata)
    others = [j for j in range(design.regressors.shape[1]) if j != design.focal]
    return permutation.permute_paths(
        np.asarray(design.paths),
        permutation.PanelRows(unit_codes=design.unit_codes, time_codes=design.time_codes),
        design.outcome,
        design.regressors[:, others] if others else None,
        design.absorber,
        design.clusters[0],
        declared.draws,
        seed,
        strata,
        design.exposure,
    )


def _unfit(declared: Placebo, subject: Subject, design: Design) -> Label | None:
    """Why no placebo is made, or None."""
    name = design.names[design.focal]
    if design.endogenous:
        return Label(en="two-stage least squares has no permutation of paths", zh="两阶段最小二乘不做路径置换")
    if name.startswith("event_time::"):
        return Label(
            en="paths of event dummies move together; put the check on a dose_did of the same treatment",
            zh="事件时间虚拟变量须整体置换;请对同一处理变量的 dose_did 模型做此检验",
        )
    if design.adoption is None and bool(getattr(subject.model, "cohort", "")):
        return Label(
            en="this kind has no permutation without refits; take placebo_cohorts",
            zh="该类模型的置换须重新估计,请用 placebo_cohorts",
        )
    if design.adoption is None and (design.paths is None or np.isnan(design.paths).any()):
        blank = 0 if design.paths is None else int(np.isnan(design.paths).sum())
        return Label(
            en=f"'{name}' is not known in {counted(blank, 'unit-time cells')}, so its paths cannot change hands",
            zh=f"'{name}' 在 {blank} 个单元—时间格中缺失,路径无法置换",
        )
    if declared.strata and declared.strata not in subject.panel.names:
        return Label(en=f"there is no variable '{declared.strata}'", zh=f"没有变量 '{declared.strata}'")
    if declared.strata and _strata(declared, subject, design) is None:
        return Label(
            en=f"the stratum '{declared.strata}' is missing or varies within units",
            zh=f"分层变量 '{declared.strata}' 缺失或在单元内变化",
        )
    return None


def _strata(declared: Placebo, subject: Subject, design: Design) -> np.ndarray | None:
    codes = subject.panel.take(subject.estimate.sample.positions).codes(declared.strata)
    out = np.full(int(design.unit_codes.max()) + 1, -1, dtype=np.int64)
    out[design.unit_codes] = codes
    if (codes < 0).any() or (out[design.unit_codes] != codes).any():
        return None
    return np.unique(out, return_inverse=True)[1].astype(np.intp)


def _text(declared: Placebo, subject: Subject, design: Design, got: permutation.Placebo) -> Label:
    name = design.names[design.focal]
    within = f" within {declared.strata}" if declared.strata else ""
    within_zh = f"(在 {declared.strata} 层内)" if declared.strata else ""
    drawn = declared.draws - got.undefined
    what, what_zh = f"Whole paths of {name}", f"{name} 的整条路径"
    whose, whose_zh = "the coefficient", "系数"
    if design.adoption is not None:
        dates = subject.model.cohort
        what, what_zh = f"Adoption dates ({dates})", f"采纳时间({dates})"
        whose, whose_zh = "the average effect", "平均效应"
    en = (
        f"{what} permuted across units{within}, {counted(drawn, 'draws')}: {p_is(got.p)} for {whose}"
        f" ({got.estimate:.4g}), {p_is(got.p_t)} for t."
    )
    zh = f"将{what_zh}在各单元间置换{within_zh},{drawn} 次:{whose_zh}({got.estimate:.4g}){p_is(got.p)},t 统计量 {p_is(got.p_t)}。"
    if getattr(subject.model, "assignment", "") != "units":
        en += " No assignment is declared: this is a benchmark, not the p-value of an experiment."
        zh += "未声明分配机制:这只是参照分布,并非随机实验的 p 值。"
    if got.undefined:
        en += f" {counted(got.undefined, 'draws')} gave none."
        zh += f"另有 {got.undefined} 次没有结果。"
    return Label(en=en, zh=zh)


def _silent(declared: Placebo, subject: Subject, why: Label) -> Check:
    text = Label(en=f"No placebo is made: {why.to('en')}.", zh=f"未做安慰剂检验:{why.to('zh')}。")
    return finding(declared, subject, text)


CHECKS.register(
    CheckKind(name="placebo", spec=Placebo, summary="permutes whole treatment paths across units", check=check)
)
