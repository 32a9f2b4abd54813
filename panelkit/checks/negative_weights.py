"""How a two-way coefficient weighs the effects of treated cells: how many negatively, and by how much in sum."""

from __future__ import annotations

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._finding import finding
from panelkit.checks._staggered import Treated, aside, treated_of
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import bacon as numerics


@spec
class NegativeWeights(CheckSpec):
    """`kind = "negative_weights"`: fails where the negative weights of the model's own coefficient sum to less than -`most`.

    treatment : the regressor, 0/1 or a dose; the model's own unless named (of an event study or staggered design its cohort).
    """

    kind: str = "negative_weights"
    treatment: str = ""
    most: float = 0.1


def check(declared: NegativeWeights, subject: Subject) -> Check:
    """Number and sum of negative weights by treated cell, without covariates; `value` is the sum. Balanced or not.

    Source
    ------
    de Chaisemartin and D'Haultfoeuille (2020, doi:10.1257/aer.20181169, theorem 1, corollary 1); R TwoWayFEWeights.
    """
    found = treated_of(subject, declared.treatment, binary=False)
    if isinstance(found, Label):
        return _silent(declared, subject, found)
    try:
        got = numerics.negative_weights(found.panel, found.dose)
    except ValueError as fault:
        return _silent(declared, subject, told(fault))
    verdict: Verdict = "says"
    if found.own:
        verdict = "fails" if got.negative_sum < -declared.most else "holds"
    return finding(
        declared,
        subject,
        _text(found, got),
        verdict=verdict,
        value=got.negative_sum,
        bound=-declared.most if found.own else None,
        rows=_rows(found, got),
        series={"weight": got.weight[found.dose != 0]},
    )


def _rows(found: Treated, got: numerics.CellWeights) -> list[dict[str, float]]:
    """One row for each period: treated cells, negative ones, sum of their weights and of the negative ones."""
    made = []
    for period in found.panel.periods:
        here = (found.panel.time == period) & (found.dose != 0)
        if here.any():
            w = got.weight[here]
            made.append(
                {
                    "period": float(period),
                    "treated_cells": float(here.sum()),
                    "negative": float((w < 0).sum()),
                    "weight": float(w.sum()),
                    "negative_weight": float(w[w < 0].sum()),
                }
            )
    return made


def _text(found: Treated, got: numerics.CellWeights) -> Label:
    least = got.minimal_spread * abs(got.two_way)
    en = (
        f"{got.negative} of {counted(got.cells, 'treated cells weigh')} negatively in the two-way coefficient on {found.named}"
        f" ({got.two_way:.4g}); their weights sum to {got.negative_sum:.3f}."
    )
    zh = (
        f"在 {found.named} 的双向固定效应系数({got.two_way:.4g})中,{got.cells} 个处理单元格有 {got.negative} 个权重为负,"
        f"负权重之和为 {got.negative_sum:.3f}。"
    )
    if got.negative and np.isfinite(least):
        en += f" Effects that spread by a standard deviation of {least:.3g} could all have the other sign."
        zh += f"若各单元格效应的标准差达到 {least:.3g},所有效应的符号都可能与该系数相反。"
    return Label(en=en + aside(found).en, zh=zh + aside(found).zh)


def _silent(declared: NegativeWeights, subject: Subject, why: Label) -> Check:
    return finding(declared, subject, Label(en=f"No weights are given: {why.en}.", zh=f"未计算权重:{why.zh}。"))


CHECKS.register(
    CheckKind(
        name="negative_weights",
        spec=NegativeWeights,
        summary="negative weights of treated cells in a two-way coefficient",
        check=check,
    )
)
