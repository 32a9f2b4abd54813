"""What a two-way coefficient compares with what, and how much of it with units already treated. No estimator is corrected here."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._finding import finding
from panelkit.checks._staggered import Treated, aside, treated_of
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import bacon as numerics

CLOSE = 1e-8  # relative: the comparisons must reproduce the coefficient
KINDS = {
    numerics.UNTREATED: Label(en="treated against never treated", zh="处理组对从未处理组"),
    numerics.EARLIER_LATER: Label(en="earlier against later, not yet treated", zh="较早处理对较晚(尚未)处理"),
    numerics.LATER_EARLIER: Label(en="later against earlier, already treated", zh="较晚处理对较早(已经)处理"),
    numerics.ALWAYS: Label(en="later against always treated", zh="较晚处理对始终处理"),
}


@spec
class Bacon(CheckSpec):
    """`kind = "bacon"`: fails where more than `share` of the model's own two-way coefficient compares with treated units.

    treatment : the 0/1 regressor; the model's own unless named (of an event study or staggered design its cohort).
    """

    kind: str = "bacon"
    treatment: str = ""
    share: float = 0.1


def check(declared: Bacon, subject: Subject) -> Check:
    """Weights and estimates of the two-by-two comparisons, without covariates and weights; `value` is the forbidden share.

    Says only, where the model's own coefficient is not the two-way one, or no decomposition can be made (unbalanced).

    Source
    ------
    Goodman-Bacon (2021, doi:10.1016/j.jeconom.2021.03.014, theorem 1); R bacondecomp.
    """
    found = treated_of(subject, declared.treatment, binary=True)
    if isinstance(found, Label):
        return _silent(declared, subject, found)
    try:
        got = numerics.bacon(found.panel)
    except ValueError as fault:
        return _silent(declared, subject, told(fault))
    forbidden = got.share(*numerics.FORBIDDEN)
    verdict: Verdict = "says"
    if found.own:
        verdict = "fails" if forbidden > declared.share else "holds"
    return finding(
        declared,
        subject,
        _text(found, got, forbidden),
        verdict=verdict,
        value=forbidden,
        bound=declared.share if found.own else None,
        rows=[*_summary(got), *_rows(got)],
        series={"weight": got.weight, "estimate": got.estimate},
    )


def _summary(got: numerics.Bacon) -> list[dict[str, Any]]:
    """One row for each type of comparison that occurs: its weight and weighted mean estimate."""
    kinds = np.array(got.kind)
    made: list[dict[str, Any]] = []
    for kind in KINDS:
        here = kinds == kind
        if here.any():
            weight = float(got.weight[here].sum())
            mean = float(got.weight[here] @ got.estimate[here] / weight) if weight else float("nan")
            made.append(_row(kind, "", "", weight, mean))
    return made


def _rows(got: numerics.Bacon) -> list[dict[str, Any]]:
    parts = zip(got.kind, got.treated, got.compared, got.weight, got.estimate, strict=True)
    return [_row(k, f"{g:g}", "never" if np.isinf(o) else f"{o:g}", float(w), float(b)) for k, g, o, w, b in parts]


def _row(kind: str, treated: str, compared: str, weight: float, estimate: float) -> dict[str, Any]:
    return {
        "comparison": kind,
        "treated": treated,
        "compared": compared,
        "weight": weight,
        "estimate": estimate,
        "forbidden": kind in numerics.FORBIDDEN,
    }


def _text(found: Treated, got: numerics.Bacon, forbidden: float) -> Label:
    rows = _summary(got)
    en_parts = [f"{KINDS[r['comparison']].en} {100 * r['weight']:.1f}% ({r['estimate']:.4g})" for r in rows]
    zh_parts = [f"{KINDS[r['comparison']].zh} {100 * r['weight']:.1f}%({r['estimate']:.4g})" for r in rows]
    en = f"The two-way coefficient on {found.named} ({got.two_way:.4g}) is made of: {'; '.join(en_parts)}."
    zh = f"{found.named} 的双向固定效应系数({got.two_way:.4g})由以下比较加权而成:{';'.join(zh_parts)}。"
    en += f" {100 * forbidden:.1f}% compares with units treated already, whose own effects are then taken off."
    zh += f"其中 {100 * forbidden:.1f}% 以已处理单元为对照,会扣除其自身的处理效应。"
    en, zh = en + aside(found).en, zh + aside(found).zh
    if abs(got.two_way - got.weighted) > CLOSE * max(abs(got.two_way), float(np.abs(got.estimate).max())):
        en += f" The weighted sum ({got.weighted:.6g}) does not reproduce the coefficient: do not use the weights."
        zh += f"加权和({got.weighted:.6g})与系数不符,请勿使用这些权重。"
    return Label(en=en, zh=zh)


def _silent(declared: Bacon, subject: Subject, why: Label) -> Check:
    return finding(declared, subject, Label(en=f"Not decomposed: {why.en}.", zh=f"未作分解:{why.zh}。"))


CHECKS.register(
    CheckKind(name="bacon", spec=Bacon, summary="two-by-two comparisons behind a two-way coefficient", check=check)
)
