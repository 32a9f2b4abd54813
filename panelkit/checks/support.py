"""How many clean controls stand behind each event time. It counts cells and estimates nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.checks._finding import finding, joined
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.estimate import Drop
from panelkit.core.formula import Formula, parse_formula
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec

TRUNCATED = "no unit is untreated in "  # how estimators begin the reason for rows that leave


@spec
class Support(CheckSpec):
    """`kind = "support"`: treated cells with at least `controls` units not yet treated in their calendar year."""

    kind: str = "support"
    controls: int = 5


def check(declared: Support, subject: Subject) -> Check:
    """The support table by event time; fails where an event time after treatment has no cell with enough clean controls.

    value : share of treated cells (event time 0 and later) with enough clean controls.
    """
    sample = subject.panel.take(subject.estimate.sample.positions)
    found = _of_places(subject, sample) or _of_units(subject, sample)
    if found is None or not np.isfinite(found.cohort).any():
        text = Label(
            en="No support table: the model has no cohort and no treatment that starts.",
            zh="无支持度表:模型没有处理批次或处理起点。",
        )
        return finding(declared, subject, text)
    cohort, time = found.cohort, found.time
    always = cohort <= time.min()  # no period before: they are neither supported nor controls
    rows = support_table(cohort[~always], time[~always], declared.controls)
    after = [r for r in rows if r["event_time"] >= 0]
    last = getattr(subject.model, "window", (0, np.inf))[
        1
    ]  # what a binned end gathers stands or falls with its first time
    bare = [r["event_time"] for r in after if r["supported"] == 0 and r["event_time"] <= last]
    cells, supported = sum(r["treated_cells"] for r in after), sum(r["supported"] for r in after)
    verdict: Verdict = "fails" if bare else "holds"
    cut = next((d for d in subject.estimate.sample.dropped if d.why.startswith(TRUNCATED)), None)
    return finding(
        declared,
        subject,
        joined([_text(declared, after, bare, cells, supported), *_further(found, always), _cut(cut)]),
        verdict=verdict,
        value=supported / cells if cells else None,
        rows=tuple(rows),
    )


def support_table(cohort: np.ndarray, time: np.ndarray, controls: int) -> list[dict[str, Any]]:
    """For each event time: treated cells, those with `controls` clean controls or more, fewest and most controls.

    Parameters
    ----------
    cohort : (n,) first treated period of each row's unit, infinite for never. time : (n,).

    Examples
    --------
    >>> support_table(np.array([2.0, 2.0, np.inf, np.inf]), np.array([1.0, 2.0, 1.0, 2.0]), 1)[1]["supported"]
    1
    """
    clean = {t: int((cohort[time == t] > t).sum()) for t in np.unique(time)}
    treated = np.isfinite(cohort)
    made: list[dict[str, Any]] = []
    for at in np.unique((time - cohort)[treated]):
        here = treated & (time - cohort == at)
        counts = np.array([clean[t] for t in time[here]])
        made.append(
            {
                "event_time": int(at),
                "treated_cells": int(here.sum()),
                "supported": int((counts >= controls).sum()),
                "fewest_controls": int(counts.min()),
                "most_controls": int(counts.max()),
            }
        )
    return made


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """(n,) first treated period, period and unit code of each row; `counted` names the units where they are not the panel's."""

    cohort: np.ndarray
    time: np.ndarray
    unit: np.ndarray
    counted: str = ""


def _of_units(subject: Subject, sample: Panel) -> _Found | None:
    """First treated period of each row's unit: the model's cohort, else the first period in which the treatment is not zero."""
    named = getattr(subject.model, "cohort", "")
    time, units = sample.column(sample.time).astype("float64"), sample.codes(sample.unit)
    if named:
        return _Found(cohort=_dated(sample, named), time=time, unit=units)
    design = subject.design()
    if not design.regressors.shape[1]:
        return None
    path = design.regressors[:, design.focal]
    if not hasattr(subject.model, "treatment") and not np.isin(path, (0.0, 1.0)).all():
        return None  # a number that is no treatment
    return _Found(cohort=_first(design.unit_codes, time, path != 0), time=time, unit=units)


def _of_places(subject: Subject, sample: Panel) -> _Found | None:
    """The same by place and period for a triple difference, whose treatment is assigned to places and not to their groups."""
    if not subject.estimate.kind.endswith("triple_difference"):
        return None
    formula = parse_formula(subject.model.formula, where=f"models.{subject.model.id}.formula")
    pair = dict.fromkeys(f for e in formula.absorb for f in e.factors if f != sample.time)
    named = getattr(subject.model, "place", "")
    cohort = getattr(subject.model, "cohort", "")
    for place in (named,) if named else pair:
        codes, by_time = sample.codes(place), sample.codes(place, sample.time)
        path = _dated(sample, cohort) if cohort else _path_of(subject, formula, sample, by_time)
        if path is None or not _constant(path, by_time) or (cohort and not _constant(path, codes)):
            continue
        time = sample.column(sample.time).astype("float64")
        once = np.unique(by_time, return_index=True)[1]
        first = path if cohort else _first(codes, time, path != 0)
        return _Found(cohort=first[once], time=time[once], unit=codes[once], counted=place)
    return None


def _path_of(subject: Subject, formula: Formula, sample: Panel, by_time: np.ndarray) -> np.ndarray | None:
    """The part of the product that is the treatment which is a path of places over time, None where there is none."""
    products = [s for s in formula.slopes if len(s.factors) > 1]
    named = str(getattr(subject.model, "treatment", "")).replace(" ", "")
    found = next((s for s in products if s.name == named), max(products, key=lambda s: len(s.factors), default=None))
    if found is None:
        return None
    values = [sample.column(f).astype("float64") for f in found.factors]
    moving = [v for v in values if _constant(v, by_time) and not _constant(v, sample.codes(sample.unit))]
    out: np.ndarray | None = np.prod(moving, axis=0) if moving else None
    return out


def _constant(values: np.ndarray, codes: np.ndarray) -> bool:
    first = np.unique(codes, return_index=True)[1]
    return bool((values == values[first][codes]).all())


def _dated(sample: Panel, cohort: str) -> np.ndarray:
    """(n,) the cohort variable, infinite where it says never: missing, or 0 as in csdid."""
    values = sample.column(cohort).astype("float64")
    return np.where(np.isnan(values) | ((values == 0) & (sample.column(sample.time).min() > 0)), np.inf, values)


def _first(codes: np.ndarray, time: np.ndarray, on: np.ndarray) -> np.ndarray:
    """(n,) the first period at which `on` holds in each row's code, infinite where it never does."""
    first = np.full(int(codes.max()) + 1, np.inf)
    np.minimum.at(first, codes, np.where(on, time, np.inf))
    out: np.ndarray = first[codes]
    return out


def _text(declared: Support, after: list[dict[str, Any]], bare: list[int], cells: int, supported: int) -> Label:
    k = declared.controls
    shown = ", ".join(f"{r['event_time']}: {r['supported']}/{r['treated_cells']}" for r in after)
    en = f"{supported} of {counted(cells, 'treated cells have')} {k} or more clean controls (event time: supported/treated, {shown})."
    zh = f"{cells} 个处理后单元格中有 {supported} 个具有不少于 {k} 个尚未处理的对照(事件时间:有支持/总数,{shown})。"
    if bare:
        listed = ", ".join(map(str, bare))
        en += f" None at event time {listed}: effects there rest on units treated already or on extrapolation."
        zh += f"事件时间 {listed} 没有任何支持:该处效应依赖已处理单元或外推。"
    return Label(en=en, zh=zh)


def _further(found: _Found, always: np.ndarray) -> list[Label]:
    """What is counted, and how many have no period before treatment and are left out of the table."""
    said = []
    if found.counted:
        said.append(
            Label(en=f"Cells are those of {found.counted} and period.", zh=f"单元格按 {found.counted} 与时期计。")
        )
    if always.any():
        n = len(np.unique(found.unit[always]))
        said.append(
            Label(
                en=f"{n} unit{'s are' if n > 1 else ' is'} treated from the first period on and not counted: there is no before to"
                " compare with.",
                zh=f"另有 {n} 个单元自首期起即受处理,没有处理前时期可比,不计入。",
            )
        )
    return said


def _cut(cut: Drop | None) -> Label:
    """What was left out before, for want of any untreated unit."""
    if cut is None:
        return Label()
    years = cut.why.removeprefix(TRUNCATED).partition(":")[0]
    return Label(
        en=f"The sample was cut: no unit is untreated in {years}, {counted(cut.rows, 'rows')} left.",
        zh=f"样本已截断:{years} 没有尚未处理的单元,剔除 {cut.rows} 行。",
    )


CHECKS.register(CheckKind(name="support", spec=Support, summary="clean controls behind each event time", check=check))
