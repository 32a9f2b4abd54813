"""What a pre-trend test could have seen: the linear trends it finds with given power, and the bias they would leave."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._finding import finding
from panelkit.checks._staggered import EventTimes, event_times_of
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import pretrend_power as numerics

TESTS: tuple[Literal["any", "joint"], ...] = ("any", "joint")


@spec
class PretrendPower(CheckSpec):
    """`kind = "pretrend_power"`: of an event study or a staggered design; `power` the chances of detection, `level` that of the test."""

    kind: str = "pretrend_power"
    power: tuple[float, ...] = (0.5, 0.8)
    level: float = 0.05


def check(declared: PretrendPower, subject: Subject) -> Check:
    """Slopes found with each power by one significant lead (any) and by the joint test; `value`: by any, highest power. Says.

    Source
    ------
    Roth (2022, doi:10.1257/aeri.20210236); R pretrends. Normal approximation with the model's own covariance.
    """
    found = event_times_of(subject)
    if isinstance(found, Label):
        return _silent(declared, subject, found)
    try:
        rows = _rows(declared, found)
    except (ValueError, np.linalg.LinAlgError) as fault:
        return _silent(declared, subject, told(fault))
    last = [r for r in rows if r["test"] == "any"][-1]
    return finding(declared, subject, _text(declared, found, last), value=last["slope"], rows=rows)


def _rows(declared: PretrendPower, found: EventTimes) -> list[dict[str, Any]]:
    n = found.before
    V, at = found.V[:n, :n], found.at[:n]
    effects = found.at >= 0
    after, effect = found.at[effects], float(found.beta[effects].mean())
    made: list[dict[str, Any]] = []
    for test in TESTS:
        for power in declared.power:
            slope = numerics.detectable_slope(V, at, power, test, float(found.reference), declared.level)
            known = numerics.pretrend_power(V, at, slope, test, found.beta[:n], float(found.reference), declared.level)
            made.append(
                {
                    "test": test,
                    "power": power,
                    "slope": slope,
                    "bias": slope * float((after - found.reference).mean()),
                    "effect": effect,
                    "bayes_factor": known.bayes_factor,
                    "likelihood_ratio": known.likelihood_ratio,
                }
            )
    return made


def _text(declared: PretrendPower, found: EventTimes, last: dict[str, Any]) -> Label:
    ends = found.said
    en = (
        f"A linear trend of {last['slope']:.4g} a period would be found with probability {last['power']:g} by {found.before}"
        f" lead(s), one significant at {100 * declared.level:g}%. Unseen, it would move the mean effect after treatment"
        f" ({last['effect']:.4g}) by {last['bias']:.4g}.{ends.en}"
    )
    zh = (
        f"每期 {last['slope']:.4g} 的线性趋势,被 {found.before} 个前导系数(任一在 {100 * declared.level:g}% 水平显著)发现的概率为"
        f" {last['power']:g};若未被发现,处理后平均效应({last['effect']:.4g})将偏移 {last['bias']:.4g}。{ends.zh}"
    )
    return Label(en=en, zh=zh)


def _silent(declared: PretrendPower, subject: Subject, why: Label) -> Check:
    return finding(declared, subject, Label(en=f"No power is computed: {why.en}.", zh=f"未计算检验功效:{why.zh}。"))


CHECKS.register(
    CheckKind(
        name="pretrend_power",
        spec=PretrendPower,
        summary="the linear trends that the test of leads could have found",
        check=check,
    )
)
