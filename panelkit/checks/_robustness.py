"""The verdict on a robustness battery: how many of the declared specifications say what the base says. Nothing is estimated here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.checks._faults import in_chinese, told
from panelkit.checks._words import p_is
from panelkit.core.check import Check, Subject
from panelkit.core.counted import counted
from panelkit.core.errors import PanelkitError
from panelkit.core.estimate import Estimate, Term
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.request import Adoption
from panelkit.core.robustness import RobustnessSpec, Variant
from panelkit.numerics.permutation import Assignment, PanelRows
from panelkit.numerics.spec_curve import Adopted, JointCurve, joint_curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery as it was run.

    Parameters
    ----------
    name : str
        Its name in the study.
    spec : RobustnessSpec
        What it declares.
    variants : tuple of Variant
        Its specifications.
    estimates : mapping of Estimate
        By specification.
    failures : mapping of str
        Why the others have none.
    seed : int
        Of its permutations.
    """

    name: str
    spec: RobustnessSpec
    variants: tuple[Variant, ...]
    estimates: Mapping[str, Estimate]
    failures: Mapping[str, str]
    seed: int


def term_looked_at(estimate: Estimate, wanted: str) -> Term:
    """The term of that name; the first beside the constant where `wanted` is "" or the model has no such term."""
    named = [t for t in estimate.terms if t.name == wanted]
    others = [t for t in estimate.terms if t.name != "(constant)"]
    return (named or others or list(estimate.terms))[0]


def verdict(battery: Battery, base: Estimate, panel: Panel, subject: Callable[[Variant], Subject | None]) -> Check:
    """Counts of the declared specifications, failed ones among them, that have the base's sign and its significance.

    Parameters
    ----------
    battery : Battery
        As it was run.
    base : Estimate
        That the others are held against.
    panel : Panel
        That all were estimated on.
    subject : callable
        Variant -> what the permutation takes its design from, or None.

    Returns
    -------
    Check
        value : the share that agrees in both (a specification that could not be estimated does not agree); bound : the share asked
        for. rows : one for each specification, nothing left out.

    Source
    ------
    Simonsohn, Simmons and Nelson (2020, doi:10.1038/s41562-020-0912-z) for the curve and its joint test.
    """
    spec, variants = battery.spec, battery.variants
    own = term_looked_at(base, spec.term)
    rows = [_row(battery, v, own) for v in variants]
    run = [r for r in rows if not r["failure"]]
    same = sum(r["same_sign"] for r in run)
    significant = sum(r["significant"] for r in run)
    agreeing = sum(r["agrees"] for r in run)
    share = agreeing / len(rows) if rows else math.nan
    joint = _joint(battery, panel, subject) if spec.permutations else None
    text = _text(battery, own, rows, (same, significant, agreeing), joint)
    series: dict[str, tuple[float, ...]] = {}
    if isinstance(joint, JointCurve):
        series = {"mean_t": tuple(map(float, np.nanmean(joint.drawn, axis=1))), "observed": (joint.mean,)}
    return Check(
        name=f"robustness_{battery.name}",
        of=base.id,
        verdict="holds" if share >= spec.agree else "fails",
        value=share,
        bound=spec.agree,
        text=text,
        series=series,
        rows=tuple(rows),
    )


def _row(battery: Battery, variant: Variant, own: Term) -> dict[str, Any]:
    level = battery.spec.level
    head: dict[str, Any] = {
        "specification": variant.id,
        "label_en": variant.label.to("en"),
        "label_zh": variant.label.to("zh"),
        **{f"chosen_{d}": c for d, c in variant.chosen.items()},
    }
    estimate = battery.estimates.get(variant.id)
    if estimate is None:
        return {**head, "failure": battery.failures.get(variant.id, "it was not estimated")}
    term = term_looked_at(estimate, variant.term)
    same = bool(np.sign(term.estimate) == np.sign(own.estimate))
    significant, base = bool(term.p < level), bool(own.p < level)
    return {
        **head,
        "failure": "",
        "term": term.name,
        "estimate": term.estimate,
        "se": _number(term.se),
        "p": _number(term.p),
        "low": _number(term.low),
        "high": _number(term.high),
        "rows": estimate.sample.rows,
        "same_sign": same,
        "significant": significant,
        "agrees": same and significant if base else not significant,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _joint(battery: Battery, panel: Panel, subject: Callable[[Variant], Subject | None]) -> JointCurve | Label:
    """The whole curve under permuted histories: of specifications whose treatment is one path known in every unit and year, and of
    estimators of staggered adoption."""
    cases: list[Assignment | Adopted] = []
    for variant in battery.variants:
        found = subject(variant)
        case = _case(found, panel, variant.term) if found is not None else None
        if case is not None:
            cases.append(case)
    if len(cases) < 2:
        return Label(
            en="fewer than two specifications have a treatment path that is known in every unit and period, or adoption dates",
            zh="处理路径在所有单元与时期均已知、或具有采纳时间的设定不足两个",
        )
    try:
        return joint_curve(cases, battery.spec.permutations, battery.seed, battery.spec.level)
    except ValueError as fault:
        return told(fault)


def _case(subject: Subject, panel: Panel, wanted: str) -> Assignment | Adopted | None:
    """A specification as a permutation sees it, its histories over all units of the panel; None where it has none such."""
    try:
        design = subject.design()
    except PanelkitError:
        return None
    if design.adoption is not None:
        return _adopted(subject, design.adoption, panel, wanted)
    if design.endogenous or design.paths is None or not design.names:
        return None
    name = design.names[design.focal]
    if name not in panel.names or name != term_looked_at(subject.estimate, name).name:
        return None
    path = np.full((len(panel.units), len(panel.times)), np.nan)
    units, times = panel.codes(panel.unit), panel.codes(panel.time)
    path[units, times] = panel.column(name).astype("float64")
    if np.isnan(path).any():
        return None
    at = subject.estimate.sample.positions
    others = [j for j in range(design.regressors.shape[1]) if j != design.focal]
    return Assignment(
        path=path,
        rows=PanelRows(unit_codes=units[at], time_codes=times[at]),
        y=design.outcome,
        controls=design.regressors[:, others] if others else None,
        absorber=design.absorber,
        clusters=design.clusters[0],
    )


def _adopted(subject: Subject, adoption: Adoption, panel: Panel, wanted: str) -> Adopted | None:
    """Adoption dates over all units of the panel; None where another average than `att` is looked at, or units are others."""
    names = [str(u) for u in np.unique(panel.column(panel.unit))]
    at = {name: i for i, name in enumerate(names)}
    if term_looked_at(subject.estimate, wanted).name != "att" or not set(adoption.keys) <= set(at):
        return None
    cohort = panel.column(subject.model.cohort).astype("float64")
    never = np.isnan(cohort) | ((cohort == 0) & (panel.column(panel.time).min() > 0))
    every = np.full(len(names), np.inf)
    every[panel.codes(panel.unit)] = np.where(never, np.inf, cohort)
    own = np.array([at[k] for k in adoption.keys])
    return Adopted(cohort=every, effect=lambda dates: adoption.effect(dates[own]), groups=adoption.groups)


# ---------------------------------------------------------------- words


def _text(
    battery: Battery,
    own: Term,
    rows: Sequence[Mapping[str, Any]],
    counts: tuple[int, int, int],
    joint: JointCurve | Label | None,
) -> Label:
    same, significant, agreeing = counts
    spec, n = battery.spec, len(rows)
    run = [r for r in rows if not r["failure"]]
    failed = [r for r in rows if r["failure"]]
    level = f"{100 * spec.level:g}%"
    clear = own.p < spec.level
    sense = "same sign and significant" if clear else "not significant either"
    sense_zh = "同号且显著" if clear else "同样不显著"
    # the page prints the first sentence alone: it is the verdict, over all that were declared
    en = (
        f"{agreeing} of {counted(n, 'declared specifications agree')} with the base ({sense} at {level}), {len(run)} of {n} estimated."
        f" The base has {own.estimate:.4g} ({p_is(own.p)})."
    )
    zh = (
        f"所声明的 {n} 个设定中 {agreeing} 个与基准结论一致(在 {level} 水平{sense_zh}),估计了 {len(run)} 个。"
        f"基准估计值为 {own.estimate:.4g}({p_is(own.p)})。"
    )
    if run:
        values = sorted(r["estimate"] for r in run)
        en += (
            f" {same} of {n} have its sign, {significant} are significant."
            f" Estimates run from {values[0]:.4g} to {values[-1]:.4g}, median {float(np.median(values)):.4g}."
        )
        zh += (
            f"{n} 个中 {same} 个与基准同号,{significant} 个显著。估计值介于 {values[0]:.4g} 与 {values[-1]:.4g} 之间,"
            f"中位数 {float(np.median(values)):.4g}。"
        )
    if failed:
        each = "; ".join(f"{r['label_en']} ({r['failure']})" for r in failed)
        each_zh = ";".join(f"{r['label_zh']}({in_chinese(r['failure'])})" for r in failed)
        en += f" Not estimated, and counted as not agreeing: {each}."
        zh += f"未能估计、计为不一致者:{each_zh}。"
    if isinstance(joint, Label):
        en += f" No joint test of the curve: {joint.en}."
        zh += f"未作整条曲线的联合检验:{joint.zh}。"
    elif joint is not None:
        count, draws = len(joint.statistics), battery.spec.permutations - joint.undefined
        en += (
            f" Whole treatment histories permuted across units, the same in {counted(count, 'specifications')}, {counted(draws, 'draws')}:"
            f" {100 * joint.share:.0f}% significant in one direction by t, {p_is(joint.p_share)};"
            f" mean t {joint.mean:.2f}, {p_is(joint.p_mean)}."
        )
        zh += (
            f"将整条处理历史在各单元间置换({count} 个设定使用相同置换,共 {draws} 次):按 t 值有"
            f" {100 * joint.share:.0f}% 在同一方向显著,{p_is(joint.p_share)};t 值均值 {joint.mean:.2f},{p_is(joint.p_mean)}。"
        )
    return Label(en=en, zh=zh)
