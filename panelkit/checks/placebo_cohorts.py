"""Cohorts permuted across units and the model refitted: a placebo for kinds whose paths or dates `placebo` cannot move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from panelkit.checks._finding import finding, unfit
from panelkit.checks._refits import extended, first_treated, looked_at, with_treatment
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.formula import parse_formula
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.permutation import TIE, path_orders

MOVED = "moved_cohort"


@spec
class PlaceboCohorts(CheckSpec):
    """`kind = "placebo_cohorts"`: the effect when adoption dates change hands, by `draws` refits; says, never judges.

    For a coefficient on one treatment path, and for estimators of staggered adoption, `placebo` does the same without refits.
    In a triple difference dates change places, whose groups keep theirs together.
    """

    kind: str = "placebo_cohorts"
    draws: int = 199


def check(declared: PlaceboCohorts, subject: Subject) -> Check:
    """The placebo distribution of the effect; `value` is its two-sided p.

    series : draws, observed (effect). Draws that cannot be fitted are counted and left out.

    Source
    ------
    Fisher's randomisation test on the assignment that was: each draw has the cohorts of the sample, given to other units.
    """
    if not getattr(subject.model, "cohort", ""):
        raise unfit(
            subject, "placebo_cohorts", "is for a model with a cohort", "take the check 'placebo' for a treatment path"
        )
    if declared.draws < 19:
        raise unfit(subject, "placebo_cohorts", f"has {counted(declared.draws, 'draws')}, too few", "write draws = 199")
    panel = subject.panel
    at = subject.estimate.sample.positions
    who = _who(subject)
    every, first = np.unique(who), first_treated(subject, "placebo_cohorts")
    inside = np.isin(every, np.unique(who[at]))
    own = np.full(len(every), np.inf)
    own[np.searchsorted(every, who)] = first
    among = np.flatnonzero(inside)
    drawn: list[float] = []
    for order in path_orders(len(among), declared.draws, child_seed(subject.seed, "placebo_cohorts")):
        given = own.copy()
        given[among] = own[among[order]]
        column = np.where(np.isfinite(given), given, 0.0)[np.searchsorted(every, who)]
        made = subject.refit(_quiet(with_treatment(subject, MOVED)), extended(panel, {MOVED: column}, "permuted"))
        drawn.append(float("nan") if isinstance(made, str) else looked_at(subject, made).estimate)
    values = np.array(drawn)
    good = values[np.isfinite(values)]
    effect = looked_at(subject)
    if not len(good):
        return finding(declared, subject, Label(en="No draw could be fitted.", zh="没有可拟合的置换。"))
    p = float((1 + (np.abs(good) >= abs(effect.estimate) * (1 - TIE)).sum()) / (len(good) + 1))
    lost = len(values) - len(good)
    en = f"Adoption dates permuted across units, {counted(len(good), 'refits')}: {p_is(p)} for {effect.name.en} ({effect.estimate:.4g})."
    zh = f"将采纳时间在各单元间置换并重新估计 {len(good)} 次:{effect.name.zh}({effect.estimate:.4g})的 {p_is(p)}。"
    if lost:
        en += f" {counted(lost, 'draws')} could not be fitted."
        zh += f"另有 {lost} 次无法拟合。"
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        value=p,
        rows=[{"statistic": "coefficient", "observed": effect.estimate, "p": p, "draws": len(good)}],
        series={"draws": good, "observed": [effect.estimate]},
    )


def _who(subject: Subject) -> np.ndarray:
    """(rows of the panel,) code of what adopts: the unit, or of a triple difference the part of it that is the place."""
    panel = subject.panel
    if not subject.estimate.kind.endswith("triple_difference"):
        return panel.codes(panel.unit)
    formula = parse_formula(subject.model.formula, where=f"models.{subject.model.id}.formula")
    pair = dict.fromkeys(f for e in formula.absorb for f in e.factors if f != panel.time)
    first = first_treated(subject, "placebo_cohorts")
    for place in (subject.model.place,) if subject.model.place else pair:
        codes = panel.codes(place)
        once = np.unique(codes, return_index=True)[1]
        if (first == first[once][codes]).all():
            return codes
    return panel.codes(panel.unit)


def _quiet(model: Any) -> Any:
    """The model without bands of its own, which no draw needs."""
    return replace(model, draws=0) if hasattr(model, "draws") else model


CHECKS.register(
    CheckKind(
        name="placebo_cohorts",
        spec=PlaceboCohorts,
        summary="adoption dates permuted across units, refitted",
        check=check,
    )
)
