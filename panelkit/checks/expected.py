"""Held against figures that are known beforehand: published ones to their printed digits, true ones of a simulation by the interval."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

from panelkit.checks._finding import finding
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate, Term
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class Expected(CheckSpec):
    """Known figures of a model.

    values, se : term -> figure; give published ones as text, as printed (".1525471"), so that their digits are known.
    rows : the published number of observations. source : where the figures were printed, or that they are true by construction.
    Numbers (not text) under `values` are held against the 95 % interval instead of digits. A right interval misses one truth in
    twenty, so one miss says and does not fail; a truth that is `far` away (two-sided p below it) fails.
    """

    values: dict[str, str | float] = field(default_factory=dict)
    se: dict[str, str | float] = field(default_factory=dict)
    rows: int | None = None
    source: str | Label = ""
    far: float = 0.001


def check(declared: Expected, subject: Subject) -> Check:
    """'holds' where every figure agrees, 'says' where all that is apart is a truth just outside its interval; `rows` lists each."""
    estimate = subject.estimate
    rows = [_held(declared, estimate, term, "estimate", figure) for term, figure in declared.values.items()]
    rows += [_held(declared, estimate, term, "se", figure) for term, figure in declared.se.items()]
    if declared.rows is not None:
        same = declared.rows == estimate.sample.rows
        rows.append(_row("", "rows", float(declared.rows), float(estimate.sample.rows), same, "exact"))
    agree = sum(bool(r["agrees"]) for r in rows)
    apart = [r for r in rows if not r["agrees"]]
    chance = [r for r in apart if r.get("by_chance")]
    verdict: Verdict = "holds" if not apart else ("says" if len(chance) == len(apart) else "fails")
    return finding(
        declared,
        subject,
        _text(declared, rows, apart, chance),
        verdict=verdict,
        value=float(agree),
        bound=float(len(rows)),
        rows=tuple(rows),
    )


ZH = {"estimate": "估计值", "se": "标准误", "rows": "观测数"}


def _text(
    declared: Expected, rows: list[dict[str, Any]], apart: list[dict[str, Any]], chance: list[dict[str, Any]]
) -> Label:
    source = declared.source if isinstance(declared.source, Label) else Label(en=declared.source, zh=declared.source)
    agree = len(rows) - len(apart)
    en = f"{agree} of {counted(len(rows), 'known figures agree')} ({source.to('en')})"
    zh = f"{len(rows)}个已知数值中{agree}个一致({source.to('zh')})"
    if apart:
        en += "; apart: " + ", ".join(f"{r['term']} {r['field']} {r['known']:g} against {r['ours']:g}" for r in apart)
        each = "、".join(f"{r['term']}的{ZH[r['field']]}应为 {r['known']:g},所得为 {r['ours']:g}" for r in apart)
        zh += f";不一致:{each}"
    for r in chance:
        if r["p"] is None:
            en += f". {r['term']} has no interval to hold the truth against: its error is withheld"
            zh += f"。{r['term']}的标准误未给出,没有区间可与真值比较"
            continue
        en += (
            f". The truth lies outside the 95% interval of {r['term']} ({p_is(r['p'])}): one right interval in twenty misses, and"
            " whether more do is told by many seeds, not by this one"
        )
        zh += (
            f"。真值在{r['term']}的95%区间之外({p_is(r['p'])}):正确的区间每二十个也会有一个未覆盖真值,覆盖率应以多个随机种子"
            "判断,而非仅凭这一个"
        )
    return Label(en=en + ".", zh=zh + "。")


def _held(declared: Expected, estimate: Estimate, name: str, kind: str, figure: str | float) -> dict[str, Any]:
    term = _term(estimate, name)
    ours = getattr(term, kind)
    if isinstance(figure, str):
        return _row(name, kind, float(figure), ours, _same_digits(figure, ours), "digits")
    inside = kind == "estimate" and term.low <= figure <= term.high
    row = _row(name, kind, figure, ours, inside, "interval") | {"low": term.low, "high": term.high}
    if kind == "estimate" and not inside:
        p = _p(term, figure)
        row |= {"p": p, "by_chance": p is None or p >= declared.far}
    return row


def _p(term: Term, truth: float) -> float | None:
    """The two-sided p of the truth under the term's own error, None where that is withheld."""
    from scipy import stats

    if not (math.isfinite(term.estimate) and math.isfinite(term.se) and term.se > 0):
        return None
    reference = stats.norm if math.isinf(term.df) else stats.t(term.df)
    return 2 * float(reference.sf(abs(term.estimate - truth) / term.se))


def _row(term: str, kind: str, known: float, ours: float, agrees: bool, how: str) -> dict[str, Any]:
    return {"term": term, "field": kind, "known": known, "ours": ours, "agrees": agrees, "how": how}


def _term(estimate: Estimate, name: str) -> Term:
    names = [t.name for t in estimate.terms]
    if name not in names:
        raise EstimationError(
            f"{estimate.id} has no term '{name}'", where="checks.expected", mend=known_or_nearest(name, names)
        )
    return estimate.term(name)


def _same_digits(printed: str, ours: float) -> bool:
    """Whether `ours` rounds to the figure as printed, to one unit of its last digit for figures rounded from a rounded one.

    >>> _same_digits(".1525471", 0.15254712), _same_digits("2.50", 2.512)
    (True, False)
    """
    decimals = len(printed.partition(".")[2])
    return math.isclose(float(printed), ours, rel_tol=0.0, abs_tol=0.5000001 * 10.0**-decimals)


CHECKS.register(
    CheckKind(
        name="expected",
        spec=Expected,
        summary="Figures known beforehand (published, or true in a simulation) beside ours.",
        check=check,
    )
)
