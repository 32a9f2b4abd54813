"""Whether outcomes moved before treatment did: the leads of an event study, or a lead of a dose. Non-rejection proves nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._finding import finding
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.numerics import joint, sandwich
from panelkit.numerics.projection import absorber, collinear, dummy_columns

NOT_VALIDITY = Label(
    en=" That it is not rejected does not make the trends parallel: the test may lack the power to see a violation that matters.",
    zh="不拒绝并不说明平行趋势成立:检验可能没有足够的功效发现重要的偏离。",
)


@spec
class ParallelTrends(CheckSpec):
    """`kind = "parallel_trends"`: fails where p < `level`; `leads` of a dose that are tested where there is no event study."""

    kind: str = "parallel_trends"
    level: float = 0.05
    leads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    statistic: float
    df1: float
    df2: float
    p: float
    how: Label


def check(declared: ParallelTrends, subject: Subject) -> Check:
    """The joint test of leads: of event times where the model has them, else of leads of the treatment, by CR3.

    Source
    ------
    Roth (2022, doi:10.1257/aeri.20210236) on the power of pre-tests; leads of a dose: Autor (2003, doi:10.1086/344122).
    """
    known = subject.estimate.tests.get("pre_trends")
    if known is not None:
        how = Label(en="All leads of the event study are zero", zh="事件研究的各期前导系数均为零")
        tested: _Tested | Label = _Tested(**{k: known[k] for k in ("statistic", "df1", "df2", "p")}, how=how)
    elif "event_time" in subject.estimate.curves:
        tested = Label(
            en="the model gives no joint test of its leads (see its notes)", zh="该模型没有前导期联合检验(见其附注)"
        )
    else:
        tested = _lead_test(declared, subject)
    if isinstance(tested, Label):
        text = Label(en=f"Not tested: {tested.to('en')}.", zh=f"未检验:{tested.to('zh')}。")
        return finding(declared, subject, text)
    rejected = tested.p < declared.level
    figures = f"F({tested.df1:.0f}, {tested.df2:.0f}) = {tested.statistic:.3f}, {p_is(tested.p)}"
    if np.isinf(tested.df2):
        figures = f"chi2({tested.df1:.0f}) = {tested.statistic * tested.df1:.3f}, {p_is(tested.p)}"
    outcome = (" rejected" if rejected else " not rejected", "拒绝" if rejected else "不拒绝")
    en = f"{tested.how.to('en')}:{outcome[0]}, {figures}." + ("" if rejected else NOT_VALIDITY.to("en"))
    zh = f"{tested.how.to('zh')}:{outcome[1]},{figures}。" + ("" if rejected else NOT_VALIDITY.to("zh"))
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        verdict="fails" if rejected else "says",
        value=tested.p,
        bound=declared.level,
        rows=({"statistic": tested.statistic, "df1": tested.df1, "df2": tested.df2, "p": tested.p},),
    )


def _lead_test(declared: ParallelTrends, subject: Subject) -> _Tested | Label:
    """The model with leads of the focal variable added, on the rows where they are known; joint test by CR3."""
    design = subject.design()
    name = design.names[design.focal]
    if design.endogenous or name not in subject.panel.names:
        return Label(en=f"'{name}' has no leads that could be tested", zh=f"'{name}' 没有可供检验的前导项")
    leads = _leads(declared, subject, name)
    rows = np.flatnonzero(~np.isnan(leads).any(axis=1))
    if len(rows) < leads.shape[1] + design.regressors.shape[1] + 2:
        return Label(
            en=f"no row has {counted(declared.leads, 'leads')} of '{name}'",
            zh=f"没有样本行具有 '{name}' 的 {declared.leads} 期前导",
        )
    X = np.column_stack([design.regressors, leads])[rows]
    found = _jackknifed(design, rows, X)
    if isinstance(found, Label):
        return found
    b, V, groups = found
    at = slice(design.regressors.shape[1], None)
    try:
        test = joint.wald(b[at], V[at, at], groups - 1.0)
    except ValueError as fault:
        return told(fault)
    how = Label(
        en=f"{counted(leads.shape[1], 'leads')} of {name} added, {counted(len(rows), 'rows')}, CR3 by "
        f"{design.cluster_names[0]}; all are zero",
        zh=f"加入 {name} 的 {leads.shape[1]} 期前导({len(rows)} 个观测,按 {design.cluster_names[0]} 聚类的 CR3),其系数均为零",
    )
    return _Tested(statistic=test.statistic, df1=float(test.df1), df2=float(test.df2), p=test.p, how=how)


def _leads(declared: ParallelTrends, subject: Subject, name: str) -> np.ndarray:
    """(n, leads) values of the treatment in later periods, by unit and time, NaN where unknown."""
    panel, positions = subject.panel, subject.estimate.sample.positions
    units, times = panel.column(panel.unit), panel.column(panel.time)
    known = dict(zip(zip(units, times, strict=True), panel.column(name).astype("float64"), strict=True))
    return np.array(
        [[known.get((units[i], times[i] + lead), np.nan) for lead in range(1, declared.leads + 1)] for i in positions]
    )


def _jackknifed(design: Design, rows: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, int] | Label:
    """Coefficients and CR3 of the regression on `rows`, its effects written out beside the nested ones."""
    codes = np.unique(design.clusters[0][rows], return_inverse=True)[1].astype(np.intp)
    effects = [np.unique(e[rows], return_inverse=True)[1].astype(np.intp) for e in design.effects]
    nested = [i for i, e in enumerate(effects) if len(np.unique(e * (codes.max() + 1) + codes)) == e.max() + 1]
    weights = None if design.weights is None else design.weights[rows]
    trends = [(nested.index(i), v[rows]) for i, v in design.varying_slopes if i in nested]
    project = absorber([effects[i] for i in nested], weights, trends)
    blocks = [dummy_columns(e, drop_first=bool(nested)) for i, e in enumerate(effects) if i not in nested]
    blocks += [
        dummy_columns(effects[i], drop_first=False) * v[rows][:, None]
        for i, v in design.varying_slopes
        if i not in nested
    ]
    others = project.residualise(np.column_stack(blocks)) if blocks else np.zeros((len(rows), 0))
    whole = absorber(effects, weights, [(i, v[rows]) for i, v in design.varying_slopes])
    if collinear(whole.residualise(X), X):
        return Label(
            en="the leads are a combination of the treatment, controls and effects",
            zh="前导项与处理变量、控制变量或固定效应完全共线",
        )
    try:
        left = sandwich.jackknife(
            project.residualise(X), project.residualise(design.outcome[rows]), codes, others, weights
        )
    except ValueError as fault:
        return told(fault)
    V = sandwich.cv3(left, "mnw")
    if np.isnan(V[-1, -1]):
        return Label(en="the leads rest on one cluster", zh="前导项仅由一个聚类识别")
    return left.coefficients, V, int(codes.max()) + 1


CHECKS.register(
    CheckKind(name="parallel_trends", spec=ParallelTrends, summary="joint test of leads before treatment", check=check)
)
