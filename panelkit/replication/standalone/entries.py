"""Each estimate against itself, and each entry of the ledger against the results: value, shown text and stars."""

from __future__ import annotations

import math
from typing import Any

from panelkit.replication.standalone.distributions import tail
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.keys import scale_of, value_of
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.numbers import near, number, rounds, same


def consistent(estimate: dict[str, Any], coverage: float, rows: int, level: Level) -> None:
    """Statistic, p, interval and covariance of each term, and the size of the sample."""
    sample, matrix = estimate["sample"], estimate.get("covariance_matrix") or []
    level.hold(sample["rows"] <= rows, "differs", f"{estimate['id']} rests on more rows than the panel has")
    for i, term in enumerate(estimate["terms"]):
        where = f"results/estimates.json, {estimate['id']}.{term['name']}"
        b, se, t, df, p, low, high = (
            number(term[k]) for k in ("estimate", "se", "statistic", "df", "p", "low", "high")
        )
        if len(matrix) == len(estimate["terms"]):
            variance = number(matrix[i][i])
            root = math.sqrt(variance) if variance >= 0 else math.nan
            level.hold(near(root, se), "differs", f"{where}: se is not that of the covariance")
        if not se > 0 or t != t:
            continue
        level.hold(near(t, b / se, 1e-3), "differs", f"{where}: the statistic is {t!r}, estimate over se {b / se!r}")
        drawn = [r for r in estimate.get("resampled", ()) if r["term"] == term["name"]]
        if any(all(same(r[k], term[k]) for k in ("p", "low", "high")) for r in drawn) or df != df or df <= 0:
            continue  # this term's own p and interval are those of the draws
        own = any(same(r["p"], term["p"]) and same(r["low"], math.nan) for r in drawn)  # its p alone
        level.hold(
            own or abs(tail(t, df) - p) <= 1e-6 * p + 1e-12,
            "differs",
            f"{where}: p is {p!r}, but {tail(t, df)!r} by t and df",
        )
        if low == low and high == high:
            level.hold(
                near((low + high) / 2, b, abs(high - low)),
                "differs",
                f"{where}: the interval is not about the estimate",
            )
            reach = tail((high - low) / 2 / se, df)
            level.hold(abs(reach - (1 - coverage)) <= 1e-6, "differs", f"{where}: the interval covers {1 - reach:.4f}")


def bound(name: str, entry: dict[str, Any], known: tuple[Any, Any, Frame], level: Level, setting: Any = None) -> None:
    """A ledger entry against what it says it is, and its text against its value."""
    key = ".".join(entry["key"])
    try:
        value = value_of(entry["key"], known, setting)
    except LookupError:
        level.find("unbound", f"ledger.json, {name}: there is no {key} in the results")
        return
    if value is None:
        level.notes.append(f"{name}: {key} is not in the results and not made anew here; held against the ledger alone")
    else:
        a, b = number(value), number(entry["raw"])
        scale = scale_of(entry["key"], known[2])
        ok = near(a, b, scale) if a is not None and b is not None else value == entry["raw"]
        level.hold(
            ok, "differs", f"ledger.json, {name}: {key} is {value!r} in the results, {entry['raw']!r} in the ledger"
        )
    level.hold(
        rounds(entry["raw"], entry["shown"]),
        "differs",
        f"ledger.json, {name}: {entry['raw']!r} is not shown as {entry['shown']!r}",
    )


def marked(name: str, entry: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Stars against p at the levels of the table."""
    settings, estimates, frame = known
    model, term, field = entry["key"]
    stars, p = "", math.nan
    if field == "estimate" and model in estimates:
        p = next((number(t["p"]) for t in estimates[model]["terms"] if t["name"] == term), math.nan)
    elif field in ("pearson", "spearman") and len(set(term.split("~"))) == 2:
        places = frame.places(model)
        if places is None:
            level.notes.append(f"{name}: the stars are over a model's rows; held against the ledger alone")
            return
        p = frame.correlated(term, field, places)[1]
    stars = "*" * sum(p < s for s in settings[entry["exhibit"]]["stars"])
    level.hold(
        entry["mark"] == stars, "differs", f"ledger.json, {name}: the mark is {entry['mark']!r}, by p it is {stars!r}"
    )
