"""Whether matching made treated and others alike: differences of covariates in standard deviations, before and after. No estimate."""

from __future__ import annotations

from panelkit.checks._finding import finding
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class MatchingBalance(CheckSpec):
    """`kind = "matching_balance"`: fails where a covariate differs by more than `bound` standard deviations after matching."""

    kind: str = "matching_balance"
    bound: float = 0.1


def check(declared: MatchingBalance, subject: Subject) -> Check:
    """The balance table; `value` is the largest difference after matching, in standard deviations before it.

    Source
    ------
    Rosenbaum and Rubin (1985, doi:10.1080/00031305.1985.10479383); bound 0.1: Austin (2009, doi:10.1002/sim.3697). Stata `pstest`.
    """
    rows = subject.estimate.records.get("balance", ())
    if not rows:
        text = Label(en="No balance: the model matches nothing.", zh="无平衡性检验:该模型不做匹配。")
        return finding(declared, subject, text)
    worst = max(rows, key=lambda r: abs(r["matched_difference"]))
    value, bad = abs(worst["matched_difference"]), [r for r in rows if abs(r["matched_difference"]) > declared.bound]
    en = "; ".join(f"{r['variable']} {r['difference']:.3f} before, {r['matched_difference']:.3f} after" for r in rows)
    zh = ";".join(f"{r['variable']} 匹配前 {r['difference']:.3f}、匹配后 {r['matched_difference']:.3f}" for r in rows)
    names = ", ".join(r["variable"] for r in bad)
    tail = (f" Not balanced: {names}.", f"未达平衡:{names}。") if bad else (" All balanced.", "均达平衡。")
    return finding(
        declared,
        subject,
        Label(
            en=f"Differences of treated and others in standard deviations (bound {declared.bound:g}): {en}.{tail[0]}",
            zh=f"处理组与对照组的标准化差异(界限 {declared.bound:g}):{zh}。{tail[1]}",
        ),
        verdict="fails" if bad else "holds",
        value=value,
        bound=declared.bound,
        rows=list(rows),
    )


CHECKS.register(
    CheckKind(
        name="matching_balance",
        spec=MatchingBalance,
        summary="covariates of treated and others before and after matching",
        check=check,
    )
)
