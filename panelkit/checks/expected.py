"""Held against figures that are known beforehand: published ones to their printed digits, true ones of a simulation by the interval."""

from __future__ import annotations

import math
from dataclasses import field

from panelkit.core.check import Check, CheckSpec, Subject, Verdict
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
    Numbers (not text) under `values` are held against the 95 % interval instead of digits.
    """

    values: dict[str, str | float] = field(default_factory=dict)
    se: dict[str, str | float] = field(default_factory=dict)
    rows: int | None = None
    source: str = ""


def check(declared: Expected, subject: Subject) -> Check:
    """'holds' where every figure agrees; `rows` of the check lists each figure beside ours."""
    estimate = subject.estimate
    rows = [_held(estimate, term, "estimate", figure) for term, figure in declared.values.items()]
    rows += [_held(estimate, term, "se", figure) for term, figure in declared.se.items()]
    if declared.rows is not None:
        same = declared.rows == estimate.sample.rows
        rows.append(_row("", "rows", float(declared.rows), float(estimate.sample.rows), same, "exact"))
    agree = sum(bool(r["agrees"]) for r in rows)
    verdict: Verdict = "holds" if agree == len(rows) else "fails"
    apart = ", ".join(f"{r['term']} {r['field']} {r['known']:g} against {r['ours']:g}" for r in rows if not r["agrees"])
    return Check(
        name="expected",
        of=estimate.id,
        verdict=verdict,
        value=float(agree),
        bound=float(len(rows)),
        text=Label(
            en=f"{agree} of {len(rows)} known figures agree ({declared.source})"
            + (f"; apart: {apart}" if apart else ""),
            zh=f"{len(rows)}个已知数值中{agree}个一致({declared.source})" + (f";不一致:{apart}" if apart else ""),
        ),
        rows=tuple(rows),
    )


def _held(estimate: Estimate, name: str, kind: str, figure: str | float) -> dict[str, object]:
    term = _term(estimate, name)
    ours = getattr(term, kind)
    if isinstance(figure, str):
        return _row(name, kind, float(figure), ours, _same_digits(figure, ours), "digits")
    inside = kind == "estimate" and term.low <= figure <= term.high
    return _row(name, kind, figure, ours, inside, "interval") | {"low": term.low, "high": term.high}


def _row(term: str, kind: str, known: float, ours: float, agrees: bool, how: str) -> dict[str, object]:
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
