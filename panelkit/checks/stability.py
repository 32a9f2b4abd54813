"""Whether a vector autoregression comes back after a shock: the moduli of its companion matrix. Nothing is estimated."""

from __future__ import annotations

from panelkit.checks._finding import finding, unfit
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec

PERSISTENT = 0.95  # a modulus from here on is told as close to one


@spec
class Stability(CheckSpec):
    """`kind = "stability"`: every modulus of the companion matrix below `bound`; responses die out and shares exist."""

    kind: str = "stability"
    bound: float = 1.0


def check(declared: Stability, subject: Subject) -> Check:
    """Fails where the largest modulus is not below the bound.

    Source
    ------
    Luetkepohl (2005, section 2.1.1); Stata `pvarstable`.
    """
    moduli = [float(r["modulus"]) for r in subject.estimate.records.get("stability", ())]
    if not moduli:
        raise unfit(subject, "stability", "needs a vector autoregression", "name it on a model of kind 'panel_var'")
    listed = ", ".join(f"{v:.3f}" for v in moduli)
    holds = moduli[0] < declared.bound
    en = f"Moduli of the companion matrix: {listed}; " + (
        f"all below {declared.bound:g}: the system is stable."
        if holds
        else f"the largest is not below {declared.bound:g}: responses do not die out."
    )
    zh = f"伴随矩阵特征值的模:{'、'.join(f'{v:.3f}' for v in moduli)};" + (
        f"均小于 {declared.bound:g},系统稳定。" if holds else f"最大者不小于 {declared.bound:g},脉冲响应不会消失。"
    )
    if holds and moduli[0] >= PERSISTENT:
        en += " One is close to 1: look at unit roots, and at responses of differences."
        zh += "其中有接近 1 者:应检查单位根,并考虑对差分建模。"
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        verdict="holds" if holds else "fails",
        value=moduli[0],
        bound=declared.bound,
        rows=subject.estimate.records["stability"],
        series={"modulus": moduli},
    )


CHECKS.register(
    CheckKind(name="stability", spec=Stability, summary="moduli of the companion matrix below one", check=check)
)
