"""What checks of staggered designs read off a model: cohorts of its rows, event-time coefficients. No diagnostic is computed here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.checks._faults import told
from panelkit.core.check import Subject
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.staggered_panel import StaggeredPanel, staggered_panel

PREFIX = "event_time::"
TWO_WAY = ("fixed_effects", "dose_did")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Treated:
    """The rows of a model as a staggered design. dose : (n,) its treatment in the ROW ORDER OF THE PANEL.

    named : what is treated, for a sentence. own : whether the model's own coefficient is the two-way one on it.
    beside : covariates and weights of the model that the two-way coefficient here leaves out.
    """

    panel: StaggeredPanel
    dose: FloatArray
    named: str
    own: bool
    beside: tuple[str, ...]


def aside(found: Treated) -> Label:
    """What the two-way coefficient here is not: the model's own, with all that stands beside the treatment; "" where it is."""
    en = zh = ""
    if not found.own:
        en = " This is about the static two-way coefficient of the same cohorts, not the model's own."
        zh = "此处针对相同批次的静态双向系数,而非该模型本身的系数。"
    if found.beside:
        en += f" Left out here: {', '.join(found.beside)}."
        zh += f"此处未纳入:{'、'.join(found.beside)}。"
    return Label(en=en, zh=zh)


def treated_of(subject: Subject, treatment: str, *, binary: bool) -> Treated | Label:
    """The model's treatment on its sample, from its cohort or from its treatment variable; or why there is none.

    Parameters
    ----------
    treatment : the regressor that is the treatment; the model's own unless named. binary : it must be 0 or 1 and stay 1.
    """
    sample = subject.panel.take(subject.estimate.sample.positions)
    design = subject.design()
    cohort_name = getattr(subject.model, "cohort", "")
    if set(design.effect_names) != {sample.unit, sample.time} or design.endogenous or design.varying_slopes:
        return Label(
            en=f"the model is no two-way regression with the effects {sample.unit} and {sample.time}",
            zh=f"该模型不是仅含 {sample.unit} 与 {sample.time} 固定效应的双向回归",
        )
    if subject.estimate.outcome not in sample.names:
        return Label(en="its outcome is no variable of the panel", zh="其结果变量不在面板中")
    names = [n for n in design.names if n != "(constant)"]
    if cohort_name:
        cohort, name = _named_cohort(sample, cohort_name), cohort_name
        dose = (sample.column(sample.time) >= cohort).astype("float64")
        beside = tuple(n for n in names if not n.startswith((PREFIX, "treated::")))
    else:
        name = treatment or design.names[design.focal]
        if name not in names:
            return Label(en=f"'{name}' is no regressor of the model", zh=f"'{name}' 不是该模型的解释变量")
        dose = design.regressors[:, design.names.index(name)].astype("float64")
        absorbing = _first_treated(sample, dose)
        if binary and absorbing is None:
            return Label(
                en=f"'{name}' is not 0 or 1 throughout, or ends in some unit: the decomposition is of a treatment that stays",
                zh=f"'{name}' 并非始终取 0 或 1,或在某些单元中终止:该分解只适用于一经处理即持续的处理变量",
            )
        cohort = np.full(sample.rows, np.inf) if absorbing is None else absorbing
        beside = tuple(n for n in names if n != name)
    weighted = ("weights",) if design.weights is not None else ()
    try:
        made = staggered_panel(
            sample.column(subject.estimate.outcome).astype("float64"),
            sample.codes(sample.unit),
            sample.column(sample.time).astype("float64"),
            cohort,
        )
    except ValueError as fault:
        return told(fault)
    return Treated(
        panel=made,
        dose=dose[made.order],
        named=name,
        own=not cohort_name and subject.estimate.kind in TWO_WAY,
        beside=(*beside, *weighted),
    )


def _named_cohort(sample: Panel, name: str) -> FloatArray:
    """(n,) first treated period, infinite where 0 or missing, as the estimators read it."""
    first = sample.column(name).astype("float64")
    known = ~np.isnan(first) & ((first != 0) | (sample.column(sample.time).min() <= 0))
    return np.where(known, first, np.inf)


def _first_treated(sample: Panel, dose: FloatArray) -> FloatArray | None:
    """(n,) first period at 1 of each row's unit, or None where the treatment is not 0/1 or ends."""
    if not np.isin(dose, (0.0, 1.0)).all():
        return None
    units, time = sample.codes(sample.unit), sample.column(sample.time).astype("float64")
    first = np.full(int(units.max()) + 1, np.inf)
    np.minimum.at(first, units, np.where(dose == 1, time, np.inf))
    out: FloatArray = first[units]
    return out if ((time >= out) == (dose == 1)).all() else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventTimes:
    """Event-time coefficients in order, the reference left out: at (r,), beta (r,), V (r, r); `before` of them lie before it.

    gathered : first and last event time where these gather what lies beyond, else None. said : what they are, and what is left out.
    """

    at: FloatArray
    beta: FloatArray
    V: FloatArray
    before: int
    reference: int
    gathered: tuple[float, float] | None
    said: Label


def event_times_of(subject: Subject) -> EventTimes | Label:
    """The coefficients by event time of a model with their covariance, or why there are none.

    Of a staggered design the changes from the last untreated period, as far on both sides of it as their errors are given.
    """
    if {"event_time_long", "event_time"} & set(subject.estimate.curve_covariances):
        return _of_curve(subject)
    estimate = subject.estimate
    index = [j for j, t in enumerate(estimate.terms) if t.name.startswith(PREFIX)]
    if not index:
        return Label(
            en="the model has no event-time coefficients with a covariance; put it on a model of kind event_study or a staggered design",
            zh="该模型没有带协方差矩阵的事件时间系数;请用于事件研究或交错处理模型",
        )
    index.sort(key=lambda j: int(estimate.terms[j].name.removeprefix(PREFIX)))
    at = np.array([float(estimate.terms[j].name.removeprefix(PREFIX)) for j in index])
    V = np.asarray(estimate.covariance_matrix)[np.ix_(index, index)]
    if not np.isfinite(V).all():
        return WITHHELD
    left_out = getattr(subject.model, "reference", -1)
    reference = int(max(left_out) if isinstance(left_out, tuple) else left_out)
    before = int((at < 0).sum())
    if before == 0 or before == len(at):
        return Label(en="no event time beside the reference lies before treatment", zh="除参照期外没有处理前的事件时间")
    first, last = getattr(subject.model, "window", (at[0], at[-1]))
    return EventTimes(
        at=at,
        beta=np.array([estimate.terms[j].estimate for j in index]),
        V=V,
        before=before,
        reference=reference,
        gathered=(float(first), float(last)),
        said=Label(
            en=f" The ends ({first:g}, {last:g}) gather earlier and later periods and are taken for one period each.",
            zh=f"两端({first:g}、{last:g})归并了更早与更晚各期,此处各按一期处理。",
        ),
    )


WITHHELD = Label(
    en="the covariance of the event times is withheld or not defined", zh="事件时间系数的协方差被隐去或无法定义"
)


def _of_curve(subject: Subject) -> EventTimes | Label:
    estimate = subject.estimate
    own = "event_time_long" not in estimate.curve_covariances
    name = "event_time" if own else "event_time_long"
    points, V = estimate.curves[name], np.asarray(estimate.curve_covariances[name])
    reference = -1 - int(getattr(subject.model, "anticipation", 0))
    known = {int(e.at): i for i, e in enumerate(points) if V[i, i] > 0}
    index: list[int] = []
    for step in (-1, 1):
        at = reference + step
        while at in known:
            index.append(known[at])
            at += step
    index.sort()
    at_ = np.array([points[i].at for i in index])
    before = int((at_ < reference).sum())
    if not index or before == len(index):
        return WITHHELD
    if before == 0:
        return Label(en="no event time beside the reference lies before treatment", zh="除参照期外没有处理前的事件时间")
    out = [f"{e.at:g}" for i, e in enumerate(points) if i not in index and e.at != reference]
    en = "" if own else " Leads and effects are changes from the last untreated period, on the rows of the model."
    zh = "" if own else "前导与效应均为相对于最后一个未处理期的变化,样本与该模型相同。"
    if out:
        en += f" Event times {', '.join(out)} are left out: their error is not given, or lies beyond one that is not."
        zh += f"未纳入事件时间 {'、'.join(out)}:其标准误未给出,或位于未给出者之外。"
    beta = np.array([points[i].estimate for i in index])
    return EventTimes(
        at=at_,
        beta=beta,
        V=V[np.ix_(index, index)],
        before=before,
        reference=reference,
        gathered=None,
        said=Label(en=en, zh=zh),
    )
