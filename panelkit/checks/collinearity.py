"""How collinear the regressors are after the effects: variance inflation, condition number, shares of variance. It drops nothing."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import need_least_squares, need_regressors, read
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import specification
from panelkit.numerics.projection import absorber

SHARE = 0.5  # of a coefficient's variance on the weakest direction, above which a regressor is named


@spec
class Collinearity(CheckSpec):
    """`kind = "collinearity"`: variance inflation factors and Belsley's condition number of the residualised regressors.

    Assumes nothing and tests nothing: it describes precision, and collinearity biases no coefficient. largest_vif,
    condition_number : customary marks (10 and 30); above either the check fails, else it holds.
    """

    kind: str = "collinearity"
    largest_vif: float = 10.0
    condition_number: float = 30.0


def check(declared: Collinearity, subject: Subject) -> Check:
    """`value` is the largest inflation factor. `rows`: one per regressor, then one per condition index with its variance shares.

    Source
    ------
    Belsley, Kuh and Welsch (1980); VIF as R car `vif` and Stata `estat vif` on the columns left by the effects (centred where
    the model has a constant only).
    """
    levels = read(subject, "collinearity")
    need_regressors(subject, "collinearity", levels)
    need_least_squares(subject, "collinearity", levels)
    root = (np.ones(levels.rows) if levels.weights is None else np.sqrt(levels.weights))[:, None]
    centred = levels.effects or not levels.constant
    sweep = levels.sweep if centred else absorber([np.zeros(levels.rows, dtype=np.intp)], levels.weights)
    mend = "leave out the regressor that the effects absorb"
    with said_by_numerics(subject, "collinearity", levels.sample, mend):
        got = specification.collinearity(sweep.residualise(levels.X) * root)
    top = int(np.argmax(got.vif))
    fails = got.vif[top] > declared.largest_vif or got.condition_number > declared.condition_number
    together = [n for n, s in zip(levels.names, got.shares[-1], strict=True) if s > SHARE]
    en = (
        f"After the effects the largest variance inflation factor is {got.vif[top]:.2f} ({levels.names[top]}), the condition"
        f" number {got.condition_number:.1f} (customary marks {declared.largest_vif:g} and {declared.condition_number:g})."
    )
    zh = (
        f"剔除固定效应后，最大方差膨胀因子为 {got.vif[top]:.2f}（{levels.names[top]}），条件数为 {got.condition_number:.1f}"
        f"（惯用界限 {declared.largest_vif:g} 与 {declared.condition_number:g}）。"
    )
    if fails and len(together) > 1:
        en += f" {', '.join(together)} move together: their separate coefficients are imprecise, their joint effect is not."
        zh += f"{'、'.join(together)} 同步变动：各自系数不精确，但联合效应仍可估计。"
    en += " It assumes nothing and tests nothing: it describes precision and biases no coefficient."
    zh += "这不是检验，不作任何假定：它描述估计精度，共线性不使系数有偏。"
    rows = [{"regressor": n, "vif": v} for n, v in zip(levels.names, got.vif, strict=True)]
    rows += [
        {
            "regressor": "",
            "condition_index": index,
            **{f"share: {n}": s for n, s in zip(levels.names, line, strict=True)},
        }
        for index, line in zip(got.indices, got.shares, strict=True)
    ]
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        verdict="fails" if fails else "holds",
        value=got.vif[top],
        bound=declared.largest_vif,
        rows=rows,
    )


CHECKS.register(
    CheckKind(name="collinearity", spec=Collinearity, summary="variance inflation and condition number", check=check)
)
