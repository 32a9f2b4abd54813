"""Whether a threshold is there at all: the tests of a threshold model, its confidence sets and regimes in a table. It finds none itself."""

from __future__ import annotations

from typing import Any

from panelkit.checks._finding import finding
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class ThresholdEffect(CheckSpec):
    """`kind = "threshold_effect"`: fails where the test of one threshold against none has a p above `level`."""

    kind: str = "threshold_effect"
    level: float = 0.05


def check(declared: ThresholdEffect, subject: Subject) -> Check:
    """The tests, one threshold in each row; `value` is the p of the first, with its set and the rows of the regime below it."""
    records = subject.estimate.records
    if not records.get("thresholds"):
        return finding(
            declared, subject, Label(en="No threshold: the model has none.", zh="无门槛检验:该模型没有门槛。")
        )
    first = records["threshold_tests"][0]
    rows = _rows(records)
    holds = first["p"] <= declared.level
    en, zh = _told(records)
    tail = (
        ("", "")
        if holds
        else (
            " Slopes that differ by regime are not supported: the threshold and its set describe nothing then.",
            "各区制斜率不同的设定未得到支持:此时门槛值及其置信集没有意义。",
        )
    )
    return finding(
        declared,
        subject,
        Label(en=en + tail[0], zh=zh + tail[1]),
        verdict="holds" if holds else "fails",
        value=first["p"],
        bound=declared.level,
        rows=rows,
    )


def _told(records: dict[str, tuple[dict[str, Any], ...]]) -> tuple[str, str]:
    tests = records["threshold_tests"]
    en = "; ".join(
        f"{_count(t['thresholds'])} against {_count(t['thresholds'] - 1)}: F {t['statistic']:.2f} (5 % bound {t['critical_5']:.2f}), p"
        f" {t['p']:.3f}"
        for t in tests
    )
    zh = "；".join(
        f"{t['thresholds']}个门槛对{t['thresholds'] - 1}个：F {t['statistic']:.2f}（5%临界值{t['critical_5']:.2f}），p {t['p']:.3f}"
        for t in tests
    )
    sets = [_set(t) for t in records["thresholds"]]
    sizes = " / ".join(str(r["rows"]) for r in records["regimes"])
    draws = tests[0]["draws"]
    return (
        f"Bootstrap of {counted(draws, 'draws')}, {en}. {' '.join(s[0] for s in sets)} Rows by regime: {sizes}.",
        f"{draws}次自助抽样,{zh}。{''.join(s[1] for s in sets)}各区制观测数:{sizes}。",
    )


def _count(number: int) -> str:
    return {0: "no threshold", 1: "one threshold"}.get(number, counted(number, "thresholds"))


def _set(row: dict[str, Any]) -> tuple[str, str]:
    name, tau = row["variable"], f"{row['estimate']:.4g}"
    pieces = f" in {counted(row['pieces'], 'pieces')}" if row["pieces"] > 1 else ""
    parted = f"(分{row['pieces']}段)" if row["pieces"] > 1 else ""
    own, iid = (f"[{row[a]:.4g}, {row[b]:.4g}]" for a, b in (("low", "high"), ("low_iid", "high_iid")))
    return (
        f"Threshold {row['threshold']}: {name} = {tau}, set {own}{pieces} at its bootstrap quantile {row['bound']:.2f}, {iid} at"
        f" {row['bound_iid']:.2f}.",
        f"门槛{row['threshold']}:{name} = {tau},自助法分位数 {row['bound']:.2f} 下的置信集 {own}{parted},"
        f"{row['bound_iid']:.2f} 下为 {iid}。",
    )


def _rows(records: dict[str, tuple[dict[str, Any], ...]]) -> list[dict[str, Any]]:
    """One row for each threshold; `set` is both ends of its confidence set in full."""
    regimes = records["regimes"]
    return [
        {
            "threshold": t["threshold"],
            "estimate": t["estimate"],
            "set": f"{t['low']!r}, {t['high']!r}",
            "set_iid": f"{t['low_iid']!r}, {t['high_iid']!r}",
            "statistic": t["statistic"],
            "p": t["p"],
            "rows_below": regimes[i]["rows"],
            "rows_above": regimes[i + 1]["rows"],
            "clusters_below": regimes[i]["clusters"],
            "clusters_above": regimes[i + 1]["clusters"],
        }
        for i, t in enumerate(records["thresholds"])
    ]


CHECKS.register(
    CheckKind(
        name="threshold_effect",
        spec=ThresholdEffect,
        summary="test, confidence set and regimes of a threshold",
        check=check,
    )
)
