"""Whether a two-stage estimate survives instruments that act a little on the outcome themselves: Conley, Hansen and Rossi's bounds."""

from __future__ import annotations

from dataclasses import field

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics, unfit
from panelkit.checks._instruments import Instrumented, instrumented
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.errors import EstimationError, Fault
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.anderson_rubin import MOST_INSTRUMENTS, PlausibleBounds, plausibly_exogenous
from panelkit.numerics.arrays import FloatArray

MEND = "put the lower bound below the upper, with instruments that are no combination of each other"


@spec
class PlausiblyExogenous(CheckSpec):
    """`kind = "plausibly_exogenous"`: the union of confidence intervals over all direct effects in a box.

    lowest, highest : instrument -> bound of its own coefficient in the outcome, in units of the outcome per unit of the
    instrument; 0 for an instrument that is not named. Assumes that the direct effects lie in the box, and STRONG instruments:
    the intervals are Wald intervals. of : which endogenous regressor, the first unless named. The check fails where the
    interval without direct effects excludes zero and the union does not, holds where the union excludes zero too, and says
    where even the first does not.
    """

    kind: str = "plausibly_exogenous"
    lowest: dict[str, float] = field(default_factory=dict)
    highest: dict[str, float] = field(default_factory=dict)
    of: str = ""
    level: float = 0.95


def check(declared: PlausiblyExogenous, subject: Subject) -> Check:
    """`value` is the end of the union nearest to zero (on the side of the interval without direct effects), `bound` is 0.

    Source
    ------
    Conley, Hansen and Rossi (2012, doi:10.1162/REST_a_00139, section III.A); Stata `plausexog uci`.
    """
    model = instrumented(subject, "plausibly_exogenous")
    _refuse(declared, subject, model)
    index = model.endogenous.index(declared.of) if declared.of else 0
    low = np.array([declared.lowest.get(n, 0.0) for n in model.instruments])
    high = np.array([declared.highest.get(n, 0.0) for n in model.instruments])
    with said_by_numerics(subject, "plausibly_exogenous", model.levels.sample, MEND):
        got = _bounds(declared, model, low, high, index)
        lost = _where_zero_enters(declared, model, low, high, index)
    exact, union = _excludes(got.low_exact, got.high_exact), _excludes(got.low, got.high)
    verdict: Verdict = "says" if not exact else ("holds" if union else "fails")
    side = got.low if got.low_exact + got.high_exact > 0 else got.high
    rows = [
        {"statistic": "no direct effect", "low": got.low_exact, "high": got.high_exact},
        {"statistic": "direct effects in the box", "low": got.low, "high": got.high},
        *(
            {"statistic": f"box: {n}", "low": a, "high": b}
            for n, a, b in zip(model.instruments, low, high, strict=True)
        ),
        *([{"statistic": "share of the box at which zero enters", "value": lost}] if lost is not None else []),
    ]
    return finding(
        declared,
        subject,
        _text(declared, model, index, got, lost, verdict),
        verdict=verdict,
        value=side,
        bound=0.0,
        rows=rows,
    )


def _refuse(declared: PlausiblyExogenous, subject: Subject, model: Instrumented) -> None:
    where = f"models.{subject.estimate.id}.checks"
    named = {**declared.lowest, **declared.highest}
    faults = [
        Fault(
            where=where,
            what=f"the check 'plausibly_exogenous' bounds '{n}', which is no instrument of the model",
            mend=known_or_nearest(n, model.instruments),
        )
        for n in named
        if n not in model.instruments
    ]
    if declared.of and declared.of not in model.endogenous:
        faults.append(
            Fault(
                where=where,
                what=f"the check 'plausibly_exogenous' is of '{declared.of}', which is not endogenous in the model",
                mend=known_or_nearest(declared.of, model.endogenous),
            )
        )
    if faults:
        raise EstimationError(faults=faults)
    if not any(named.values()):
        raise unfit(
            subject,
            "plausibly_exogenous",
            "names no direct effect",
            f"give lowest and highest, as: lowest = {{ {model.instruments[0]} = -0.1 }}, in units of the outcome per unit of it",
        )
    if model.l > MOST_INSTRUMENTS:
        raise unfit(
            subject,
            "plausibly_exogenous",
            f"takes {MOST_INSTRUMENTS} instruments at most, and the model has {model.l}",
            "use fewer instruments",
        )


def _bounds(
    declared: PlausiblyExogenous, model: Instrumented, low: FloatArray, high: FloatArray, index: int
) -> PlausibleBounds:
    from scipy import special

    slopes = model.m + model.w
    df, tail = model.df(slopes), (1 + declared.level) / 2
    critical = float(special.ndtri(tail) if np.isinf(df) else special.stdtrit(df, tail))
    return plausibly_exogenous(model.equation, model.errors(slopes), low, high, critical, index)


def _where_zero_enters(
    declared: PlausiblyExogenous, model: Instrumented, low: FloatArray, high: FloatArray, index: int
) -> float | None:
    """The share of the box at which the union first holds zero, by halving; None where it never or always does."""

    def kept(share: float) -> bool:
        got = _bounds(declared, model, share * low, share * high, index)
        return _excludes(got.low, got.high)

    if not kept(0.0) or kept(1.0):
        return None
    start, stop = 0.0, 1.0
    for _ in range(30):
        middle = (start + stop) / 2
        start, stop = (middle, stop) if kept(middle) else (start, middle)
    return stop


def _excludes(low: float, high: float) -> bool:
    return low > 0 or high < 0


def _text(
    declared: PlausiblyExogenous,
    model: Instrumented,
    index: int,
    got: PlausibleBounds,
    lost: float | None,
    verdict: Verdict,
) -> Label:
    name, level = model.endogenous[index], f"{declared.level:.0%}"
    en = (
        f"If the instruments act on the outcome themselves within the bounds given, the {level} interval of {name} is"
        f" ({got.low:.4g}, {got.high:.4g}); without direct effects ({got.low_exact:.4g}, {got.high_exact:.4g});"
        f" {model.assumed.en}."
    )
    zh = (
        f"若工具变量在所给界限内直接影响因变量，{name} 的{level}区间为（{got.low:.4g}, {got.high:.4g}）；"
        f"无直接影响时为（{got.low_exact:.4g}, {got.high_exact:.4g}）；{model.assumed.zh}。"
    )
    if verdict == "fails" and lost is not None:
        en += f" The sign does not survive: zero enters at {lost:.1%} of these bounds."
        zh += f"符号不能保持：达到所给界限的 {lost:.1%} 时区间即包含零。"
    elif verdict == "holds":
        en += " Zero stays outside."
        zh += "零始终在区间之外。"
    else:
        en += " Zero lies inside even without direct effects."
        zh += "即使没有直接影响，零也在区间之内。"
    en += " It assumes that the direct effects lie within the bounds, and strong instruments (see 'weak_instruments')."
    zh += "该方法假定直接影响落在界限之内，且工具变量足够强（见 weak_instruments）。"
    return Label(en=en, zh=zh)


CHECKS.register(
    CheckKind(
        name="plausibly_exogenous",
        spec=PlausiblyExogenous,
        summary="bounds with instruments that are not quite exogenous (Conley-Hansen-Rossi)",
        check=check,
    )
)
