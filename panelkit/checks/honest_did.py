"""How large a violation of parallel trends an event study survives: intervals under relative magnitudes and smoothness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._finding import finding
from panelkit.checks._staggered import EventTimes, event_times_of
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.digest import child_seed
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.honest_bounds import RobustInterval, relative_magnitudes
from panelkit.numerics.honest_smoothness import smoothness

STEPS = (0.0, 0.25, 0.5, 1.0)  # of the standard error of the effect, where no M of smoothness is named


@spec
class HonestDid(CheckSpec):
    """`kind = "honest_did"`: of an event study with reference -1, or of a staggered design.

    Parameters
    ----------
    magnitudes : M of relative magnitudes, multiples of the largest change before treatment. smooth : M of smoothness, in the
        unit of the outcome; 0, a quarter, half and one standard error of the effect unless given.
    target : the 'first' effect, or the 'average' of all after treatment. level : coverage.
    """

    kind: str = "honest_did"
    magnitudes: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0)
    smooth: tuple[float, ...] = ()
    target: Literal["first", "average"] = "first"
    level: float = 0.95


def check(declared: HonestDid, subject: Subject) -> Check:
    """Robust intervals; `value` is the largest M of relative magnitudes up to which each interval leaves zero out. Says.

    Source
    ------
    Rambachan and Roth (2023, doi:10.1093/restud/rdad018): C-LF hybrid for relative magnitudes, FLCI for smoothness; R
    HonestDiD. Normal approximation with the model's own covariance.
    """
    found = event_times_of(subject)
    if isinstance(found, Label):
        return _silent(declared, subject, found)
    gap = _gap(found)
    if gap is not None:
        return _silent(declared, subject, gap)
    n = found.before
    effects = found.at[n:] >= 0
    if not effects.any():
        return _silent(
            declared, subject, Label(en="no effect after treatment has an error", zh="处理后没有带标准误的效应")
        )
    first = np.arange(len(effects)) == int(np.argmax(effects))
    target = first.astype(float) if declared.target == "first" else effects / effects.sum()
    se = float(np.sqrt(target @ found.V[n:, n:] @ target))
    steps = declared.smooth or tuple(s * se for s in STEPS)
    seed = child_seed(subject.seed, "honest_did")
    try:
        magnitudes = relative_magnitudes(found.beta, found.V, n, declared.magnitudes, target, declared.level, seed)
        smooth = smoothness(found.beta, found.V, n, steps, target, declared.level)
    except (ValueError, np.linalg.LinAlgError) as fault:
        return _silent(declared, subject, told(fault))
    effect = float(target @ found.beta[n:])
    return finding(
        declared,
        subject,
        _text(declared, found, (effect, se), magnitudes, smooth),
        value=_breakdown(magnitudes),
        rows=[_row(i) for i in (*magnitudes, *smooth)],
    )


def _gap(found: EventTimes) -> Label | None:
    """Why the event times do not fit, or None."""
    wanted = [t for t in range(int(found.at[0]), int(found.at[-1]) + 1) if t != found.reference]
    if (found.reference == -1 or found.gathered is None) and found.at.tolist() == wanted:
        return None
    return Label(
        en="it needs reference = -1 and every event time of the window, one after the other",
        zh="需要以 -1 期为参照,且窗口内各期事件时间连续",
    )


def _breakdown(intervals: Sequence[RobustInterval]) -> float | None:
    """The largest M up to which every interval leaves zero out, or None where the first one holds it already."""
    reached = None
    for interval in sorted(intervals, key=lambda i: i.M):
        if not _without_zero(interval):
            break
        reached = interval.M
    return reached


def _without_zero(interval: RobustInterval) -> bool:
    return interval.low > 0 or interval.high < 0


def _row(interval: RobustInterval) -> dict[str, Any]:
    return {
        "restriction": interval.restriction,
        "method": interval.method,
        "M": interval.M,
        "low": interval.low,
        "high": interval.high,
        "excludes_zero": _without_zero(interval),
    }


def _listed(intervals: Sequence[RobustInterval]) -> str:
    return "; ".join(f"M = {i.M:.3g}: [{i.low:.4g}, {i.high:.4g}]" for i in intervals)


def _text(
    declared: HonestDid,
    found: EventTimes,
    effect: tuple[float, float],
    magnitudes: Sequence[RobustInterval],
    smooth: Sequence[RobustInterval],
) -> Label:
    whose = ("effect at event time 0", "事件时间 0 的效应")
    if declared.target == "average":
        whose = ("average effect after treatment", "处理后平均效应")
    reached, ends = _breakdown(magnitudes), found.said
    share = f"{100 * declared.level:g}%"
    if reached is None:
        verdict = (f"zero lies in it at M = {min(i.M for i in magnitudes):g} already", "最小的 M 下区间已包含零")
    else:
        verdict = (f"zero stays out up to M = {reached:g}", f"直至 M = {reached:g} 区间均不含零")
    en = (
        f"The {whose[0]} is {effect[0]:.4g} (se {effect[1]:.3g}). {share} intervals where trends differ after treatment by at most"
        f" M times their largest change before: {_listed(magnitudes)}; {verdict[0]}. Where their slope changes by at most M a"
        f" period: {_listed(smooth)}.{ends.en}"
    )
    zh = (
        f"{whose[1]}为 {effect[0]:.4g}(标准误 {effect[1]:.3g})。若处理后趋势偏离的逐期变化不超过处理前最大变化的 M 倍,{share} 区间为:"
        f"{_listed(magnitudes)};{verdict[1]}。若趋势偏离的斜率每期变化不超过 M:{_listed(smooth)}。{ends.zh}"
    )
    return Label(en=en, zh=zh)


def _silent(declared: HonestDid, subject: Subject, why: Label) -> Check:
    return finding(
        declared, subject, Label(en=f"No robust interval is made: {why.en}.", zh=f"未给出稳健区间:{why.zh}。")
    )


CHECKS.register(
    CheckKind(
        name="honest_did",
        spec=HonestDid,
        summary="intervals that allow for violations of parallel trends (HonestDiD)",
        check=check,
    )
)
