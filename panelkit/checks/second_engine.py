"""Whether another engine finds the same coefficients and standard errors; the small-sample factor, ours in both, is not confirmed here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from panelkit.checks._faults import in_chinese
from panelkit.checks._finding import finding
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.request import Clustered, Covariance, Stated
from panelkit.core.spec import spec

ROUTE = 1e-8  # of the largest effect or error: beyond this another route has not confirmed
NEAR_ZERO = 1e-3  # a coefficient below this share of its standard error is compared in units of the latter


@spec
class SecondEngine(CheckSpec):
    """`kind = "second_engine"`: relative tolerances for coefficients and standard errors."""

    kind: str = "second_engine"
    coefficient_tolerance: float = 1e-6
    se_tolerance: float = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """One engine's answers: estimates to compare coefficients, and to compare standard errors (perhaps under CR1), or why not."""

    engine: str
    coefficients: tuple[Estimate, Estimate] | None = None
    errors: tuple[Estimate, Estimate] | None = None
    under: str = ""
    reason: str = ""


def check(declared: SecondEngine, subject: Subject) -> Check:
    """Refit by every confirming engine; the largest relative difference against its tolerance.

    An engine that has no cluster jackknife is compared under CR1, with the main engine refitted under the same.
    'says' where no engine answers.
    """
    main = subject.estimate.engine
    asked = [_ask(subject, engine) for engine in subject.confirm if engine != main]
    rows: list[dict[str, Any]] = []
    for answers in asked:
        rows += _rows(answers)
    answered = [a for a in asked if a.coefficients]
    silent = [a for a in asked if not a.coefficients]
    if not answered:
        return _by_route(declared, subject) or _unconfirmed(declared, subject, silent)
    b = max((r["coefficient_difference"] for r in rows), default=0.0)
    s = max((r["se_difference"] for r in rows if not np.isnan(r["se_difference"])), default=0.0)
    worse = b / declared.coefficient_tolerance >= s / declared.se_tolerance
    holds = b <= declared.coefficient_tolerance and s <= declared.se_tolerance
    return finding(
        declared,
        subject,
        _with_own_sandwich(_text(main, answered, silent, b, s, holds), subject.estimate.covariance),
        verdict="holds" if holds else "fails",
        value=b if worse else s,
        bound=declared.coefficient_tolerance if worse else declared.se_tolerance,
        rows=tuple(rows),
    )


def _with_own_sandwich(text: Label, covariance: Stated) -> Label:
    """The sentence, and that a covariance which no engine computes is panelkit's own algebra on either engine's residuals."""
    variant = getattr(covariance, "variant", "")
    if covariance.kind in ("classical",) or variant in ("hc0", "hc1", "cr0", "cr1", "cr3"):
        return text
    return Label(
        en=f"{text.en} This covariance is computed by panelkit from either engine's residuals: what is confirmed are"
        " coefficients and residuals; its algebra is held by the tests.",
        zh=f"{text.zh}该协方差由panelkit根据各引擎的残差计算:所复核的是系数与残差;其算法由测试保证。",
    )


def _ask(subject: Subject, engine: str) -> _Answers:
    own = subject.estimate
    covariance = own.covariance
    jackknifed = isinstance(covariance, Clustered) and covariance.variant == "cr3"
    other = _again(subject, engine, None)
    if isinstance(other, str) and not jackknifed:
        return _Answers(engine=engine, reason=other)
    if not jackknifed:
        assert isinstance(other, Estimate)
        return _Answers(engine=engine, coefficients=(own, other), errors=(own, other))
    if isinstance(other, Estimate) and _computed_itself(other):
        return _Answers(engine=engine, coefficients=(own, other), errors=(own, other), under="CR3")
    assert isinstance(covariance, Clustered)
    plain = replace(covariance, variant="cr1")
    theirs, ours = _again(subject, engine, plain), _again(subject, own.engine, plain)
    if isinstance(theirs, str):
        return _Answers(engine=engine, reason=theirs)
    if isinstance(ours, str):
        return _Answers(engine=engine, reason=ours)
    return _Answers(engine=engine, coefficients=(own, theirs), errors=(ours, theirs), under="CR1")


def _again(subject: Subject, engine: str, covariance: Covariance | None) -> Estimate | str:
    try:
        return subject.again(engine, covariance)
    except EstimationError as error:
        return "; ".join(f.what for f in error.faults)


def _computed_itself(estimate: Estimate) -> bool:
    """Whether the engine did the jackknife; where it did not, it was asked for CR0 and the jackknife is ours."""
    asked = [r.covariance for r in estimate.requests]
    return all(isinstance(c, Clustered) and c.variant == "cr3" for c in asked)


def _rows(answers: _Answers) -> list[dict[str, Any]]:
    if answers.coefficients is None or answers.errors is None:
        return []
    made = []
    theirs = {t.name: t for t in answers.coefficients[1].terms}
    errors = [{t.name: t.se for t in e.terms} for e in answers.errors]
    for term in answers.coefficients[0].terms:
        other = theirs.get(term.name)
        own_se, their_se = (e.get(term.name, float("nan")) for e in errors)
        floor = NEAR_ZERO * own_se if own_se > 0 else 0.0
        made.append(
            {
                "engine": answers.engine,
                "term": term.name,
                "coefficient": term.estimate,
                "other_coefficient": other.estimate if other else float("nan"),
                "coefficient_difference": _difference(term.estimate, other.estimate, floor) if other else float("inf"),
                "se": own_se,
                "other_se": their_se,
                "se_difference": _difference(own_se, their_se, 0.0),
                "under": answers.under,
            }
        )
    return made


def _difference(a: float, b: float, floor: float) -> float:
    if np.isnan(a) or np.isnan(b):
        return float("nan")
    size = max(abs(a), abs(b), floor)
    return abs(a - b) / size if size > 0 else 0.0


def _text(main: str, answered: list[_Answers], silent: list[_Answers], b: float, s: float, holds: bool) -> Label:
    names = ", ".join(a.engine for a in answered)
    under = [f"{a.engine}: {a.under}" for a in answered if a.under]
    how, how_zh = (
        (f" (standard errors under {', '.join(under)})", f"(标准误口径:{'、'.join(under)})") if under else ("", "")
    )
    en = f"{names} {'confirm' if ',' in names else 'confirms'} {main}" if holds else f"{names} and {main} disagree"
    zh = f"{names} 与 {main} 结果一致" if holds else f"{names} 与 {main} 结果不一致"
    en += f": largest relative difference {b:.1e} in coefficients, {s:.1e} in standard errors{how}."
    zh += f":系数最大相对差 {b:.1e},标准误最大相对差 {s:.1e}{how_zh}。"
    if silent:
        en += " " + " ".join(f"{a.engine} does not answer ({a.reason})." for a in silent)
        zh += "".join(f"{a.engine} 未给出结果({a.reason})。" for a in silent)
    return Label(en=en, zh=zh)


def _by_route(declared: SecondEngine, subject: Subject) -> Check | None:
    """The estimate held against its own numbers by another route, where no engine has the estimator but such a route was taken."""
    estimate = subject.estimate
    if estimate.confirmation != "route" or "difference" not in estimate.tests.get("route", {}):
        return None
    gap = float(estimate.tests["route"]["difference"])
    shown = [(c.estimate, c.se) for c in estimate.cells] + [(t.estimate, t.se) for t in estimate.terms]
    sizes = [abs(v) for pair in shown for v in pair if np.isfinite(v)]
    value = gap / max(sizes) if sizes and max(sizes) > 0 else gap
    holds = value <= ROUTE
    count = estimate.tests["route"].get("cells")
    en, zh = (counted(count, "effects", ".0f"), f"{count:.0f} 个效应") if count else ("the estimate", "估计值")
    agree = ("agrees with", "一致") if holds else ("DOES NOT AGREE with", "不一致")
    return finding(
        declared,
        subject,
        Label(
            en=f"No engine has this estimator; another route {agree[0]} {en}, relative difference {value:.1e} at most (errors have no"
            " second route at run time).",
            zh=f"没有引擎实现该估计量;另一算法与{zh}{agree[1]},最大相对差 {value:.1e}(标准误在运行时没有第二种算法)。",
        ),
        verdict="holds" if holds else "fails",
        value=value,
        bound=ROUTE,
    )


def _unconfirmed(declared: SecondEngine, subject: Subject, silent: list[_Answers]) -> Check:
    why = "; ".join(f"{a.engine}: {a.reason}" for a in silent) or "no other engine is named in confirm"
    each = ";".join(f"{a.engine}:{in_chinese(a.reason)}" for a in silent)
    why_zh = each or "confirm 中没有第二个引擎"
    return finding(
        declared,
        subject,
        Label(en=f"Not confirmed at run time ({why}).", zh=f"运行时未得到第二个引擎的确认({why_zh})。"),
        bound=declared.coefficient_tolerance,
    )


CHECKS.register(
    CheckKind(
        name="second_engine", spec=SecondEngine, summary="another engine, same coefficients and errors", check=check
    )
)
