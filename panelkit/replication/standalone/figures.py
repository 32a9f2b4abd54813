"""The numbers saved beside figures against the results."""

from __future__ import annotations

import csv
import io
from typing import Any

from panelkit.replication.standalone.level import Level, read, walk
from panelkit.replication.standalone.numbers import number, same


def pictured(folder: str, estimates: dict[str, Any], level: Level) -> None:
    """The numbers of figures: effects against the curves of the estimates, a placebo's estimate against a term."""
    fields = ("at", "estimate", "se", "low", "high", "p")
    effects = [e for made in estimates.values() for curve in made.get("curves", {}).values() for e in curve]
    points = [tuple(number(e[f]) for f in fields) for e in effects]
    known = [number(t["estimate"]) for made in estimates.values() for t in made["terms"]]
    for name, kind in walk(folder):
        if kind != "file" or not name.startswith("figures/") or not name.endswith(".csv"):
            continue
        for line in csv.DictReader(io.StringIO(read(folder, name).decode("utf-8-sig"), newline="")):
            if set(fields) <= set(line) and line.get("reference") in ("1", "True"):
                zero = all(float(line[f] or 0) == 0 for f in ("estimate", "se", "low", "high"))
                level.hold(zero, "differs", f"{name}: the reference at {line['at']} is not zero")
            elif set(fields) <= set(line):
                point = tuple(float(line[f] or "nan") for f in fields)
                holds = any(all(same(a, b) for a, b in zip(point, other)) for other in points)  # noqa: B905
                level.hold(holds, "differs", f"{name}: the effect at {line['at']} is not in results/estimates.json")
            elif "draw" in line and line.get("estimate"):
                holds = any(same(float(line["estimate"]), other) for other in known)
                level.hold(
                    holds, "differs", f"{name}: the estimate {line['estimate']} is not in results/estimates.json"
                )
            elif {"value", "ratio", "bound", "bound_iid"} <= set(line):
                level.hold(
                    switched(line, estimates), "differs", f"{name}: the ratio at {line['value']} is not in the results"
                )


def switched(line: dict[str, str], estimates: dict[str, Any]) -> bool:
    """Whether a point of a threshold's curve is one of the results, in or out of the sets as its bounds say."""
    value, ratio, bound, iid = (float(line[f] or "nan") for f in ("value", "ratio", "bound", "bound_iid"))
    if (line["in_set"], line["in_set_iid"]) != (str(int(ratio <= bound)), str(int(ratio <= iid))):
        return False
    for made in estimates.values():
        records = made.get("records", {})
        points = [r for r in records.get("threshold_ratios", ()) if same(r["value"], value) and same(r["ratio"], ratio)]
        bounds = [r for r in records.get("thresholds", ()) if same(r["bound"], bound) and same(r["bound_iid"], iid)]
        if any(p["threshold"] == b["threshold"] for p in points for b in bounds):
            return True
    return False
