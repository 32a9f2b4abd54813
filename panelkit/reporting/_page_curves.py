"""What the page draws in its own lines: intervals on one scale, estimates of one coefficient across models, who has data when.

Numbers stand beside each drawing as text, so that a drawing is decoration for whoever cannot see it; files of figures are elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from panelkit.core.estimate import Term
from panelkit.core.estimation import ModelSpec
from panelkit.core.key import parts_of
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.results import Results
from panelkit.reporting.labels import key_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import plain, safe_id
from panelkit.reporting.words import JOIN, joined, word

WIDE, HIGH = 168.0, 18.0  # of a drawing, in its own units
SHADES = 5


def forest(intervals: Sequence[tuple[float, float, float]]) -> list[str]:
    """One SVG for each (low, estimate, high), all on one scale that holds zero; "" for an interval that is not defined."""
    known = [v for interval in intervals for v in interval if math.isfinite(v)]
    low, high = min([0.0, *known]), max([0.0, *known])
    span = (high - low) or 1.0

    def place(value: float) -> str:
        return f"{6 + (value - low) / span * (WIDE - 12):.1f}"

    made = []
    for left, middle, right in intervals:
        if not math.isfinite(middle):
            made.append("")
            continue
        zero = f'<line class="zero" x1="{place(0)}" x2="{place(0)}" y1="0" y2="{HIGH:g}"/>'
        reach = ""
        if math.isfinite(left) and math.isfinite(right):
            reach = f'<line class="reach" x1="{place(left)}" x2="{place(right)}" y1="{HIGH / 2:g}" y2="{HIGH / 2:g}"/>'
        apart = " apart" if math.isfinite(left) and (left > 0 or right < 0) else ""
        dot = f'<circle class="dot{apart}" cx="{place(middle)}" cy="{HIGH / 2:g}" r="3.6"/>'
        made.append(
            f'<svg class="forest" viewBox="0 0 {WIDE:g} {HIGH:g}" width="{WIDE:g}" height="{HIGH:g}" aria-hidden="true" '
            f'focusable="false">{zero}{reach}{dot}</svg>'
        )
    return made


def interval(term: Term, digits: int = 4) -> str:
    """The bounds as printed."""
    return f"[{shown(term.low, digits, missing='–')}, {shown(term.high, digits, missing='–')}]"


def curves(results: Results, language: Language) -> list[dict[str, Any]]:
    """Every coefficient that two models or more estimate for one outcome: its estimates in order of size, on one scale."""
    groups: dict[tuple[str, str], list[tuple[str, Term]]] = {}
    for name, estimate in results.estimates.items():
        for term in estimate.terms:
            if term.name != "(constant)" and "::" not in term.name and math.isfinite(term.estimate):
                groups.setdefault((estimate.outcome, term.name), []).append((name, term))
    labels = {m.id: m.label.to(language) or m.id for m in results.study.models}
    made = []
    for (outcome, name), found in groups.items():
        if len(found) < 2:
            continue
        found.sort(key=lambda f: (f[1].estimate, f[0]))
        drawn = forest([(t.low, t.estimate, t.high) for _, t in found])
        of = term_label(name, results.panel, language)
        apart = sum(t.low > 0 or t.high < 0 for _, t in found)
        above = sum(t.estimate > 0 for _, t in found)
        made.append(
            {
                "title": word("on", language, of=of, outcome=term_label(outcome, results.panel, language)),
                "source": plain(f"curve|{outcome}|{name}"),
                "told": word("alike", language, models=len(found), positive=above, apart=apart),
                "rows": [
                    {
                        "model": labels.get(m, m),
                        "anchor": f"model-{safe_id(m)}",
                        "lineage": f"lineage-{safe_id(m)}",
                        "of": m,
                        "key": plain(f"{m}|{t.name}|"),
                        "estimate": shown(t.estimate, 4),
                        "interval": interval(t),
                        "rows": shown(results.estimates[m].sample.rows, kind="count"),
                        "picture": picture,
                    }
                    for (m, t), picture in zip(found, drawn, strict=True)
                ],
            }
        )
    return made


def coverage(panel: Panel, language: Language) -> dict[str, Any]:
    """Variables by time: how many units have a value, with a shade from 0 (none) to 5 (all)."""
    frame, units = panel.frame, len(panel.units)
    rows: list[dict[str, Any]] = []
    for variable in panel.variables:
        there = frame[variable.name].notna().groupby(frame[panel.time]).sum()
        counts = [int(there.get(t, 0)) for t in panel.times]
        rows.append(
            {
                "name": variable.name,
                "label": key_label(variable.name, panel, language),
                "cells": [
                    {"time": t, "count": n, "shade": 0 if not n else max(1, math.floor(SHADES * n / units))}
                    for t, n in zip(panel.times, counts, strict=True)
                ],
            }
        )
    return {
        "times": list(panel.times),
        "rows": rows,
        "complete": all(c["count"] == units for r in rows for c in r["cells"]),
    }


def timing(results: Results, language: Language) -> list[dict[str, Any]]:
    """For each model with cohorts: which units are first treated when, those that never are at the end."""
    made = []
    frame = results.panel.frame
    models: dict[str, list[ModelSpec]] = {}  # those that share a cohort variable share the table
    for spec in results.study.models:
        cohort = getattr(spec, "cohort", "")
        if cohort in frame.columns and spec.id in results.estimates:
            models.setdefault(cohort, []).append(spec)
    for cohort, specs in models.items():
        first = frame.groupby(results.panel.unit)[cohort].min()
        groups: dict[float, list[str]] = {}
        for unit, when in first.items():
            inside = math.isfinite(when) and 0 < when <= max(results.panel.times)
            groups.setdefault(float(when) if inside else math.inf, []).append(str(unit))
        most = max(map(len, groups.values()))
        named = _names(results.panel, groups, language)
        rows = [
            {
                "when": f"{when:g}" if math.isfinite(when) else "",
                "count": len(units),
                "share": round(100 * len(units) / most, 1),
                "names": joined(named[when], language, "comma"),
            }
            for when, units in sorted(groups.items())
        ]
        used_by = joined((s.label.to(language) or s.id for s in specs), language)
        label = (
            f"{key_label(cohort, results.panel, language)}{JOIN[language]['open']}{used_by}{JOIN[language]['close']}"
        )
        made.append(
            {"id": cohort, "anchor": f"model-{safe_id(specs[0].id)}", "label": label, "cohort": cohort, "rows": rows}
        )
    return made


def _names(panel: Panel, groups: Mapping[float, Sequence[str]], language: Language) -> dict[float, list[str]]:
    """The names of the units of each group; of units with several keys that of their place, where all of a place are in one group."""

    def name(code: str) -> str:
        known = panel.unit_labels.get(code)
        return (known.to(language) if known else "") or code

    places = {when: list(dict.fromkeys(parts_of(u)[0] for u in units)) for when, units in groups.items()}
    if panel.parts and sum(map(len, places.values())) == len({p for own in places.values() for p in own}):
        return {when: [name(p) for p in own] for when, own in places.items()}
    return {
        when: [name(u) if u in panel.unit_labels else " / ".join(map(name, parts_of(u))) for u in units]
        for when, units in groups.items()
    }
