"""A threshold model against itself: thresholds, sets and tests against its curve of ratios, its regimes, and its check against both."""

from __future__ import annotations

import math
from typing import Any

from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.numbers import near, number, same


def switching(estimate: dict[str, Any], checks: dict[tuple[str, str], Any], coverage: float, level: Level) -> None:
    """Every record of a threshold model against those that it follows from."""
    records = estimate.get("records", {})
    rows = records.get("thresholds", [])
    for row in rows:
        where = f"results/estimates.json, {estimate['id']}, threshold {row['threshold']}"
        level.hold(_tested(row, estimate), "differs", f"{where}: its test is another one among the tests")
        iid = -2 * math.log(1 - math.sqrt(coverage))
        level.hold(
            near(number(row["bound_iid"]), iid), "differs", f"{where}: the bound of independent errors is {iid!r}"
        )
        curve = [
            (number(r["value"]), number(r["ratio"]))
            for r in records["threshold_ratios"]
            if r["threshold"] == row["threshold"]
        ]
        best = [v for v, r in curve if r <= 1e-9]
        level.hold(any(same(v, row["estimate"]) for v in best), "differs", f"{where} is not the lowest of its curve")
        for kind, bound, ends in (
            ("bootstrap", "bound", ("low", "high")),
            ("iid", "bound_iid", ("low_iid", "high_iid")),
        ):
            pieces = _pieces(curve, number(row[bound]))
            told = [
                (number(s["low"]), number(s["high"]))
                for s in records["threshold_sets"]
                if (s["threshold"], s["bound"]) == (row["threshold"], kind)
            ]
            outer = (number(row[ends[0]]), number(row[ends[1]]))
            held = pieces == told and bool(told) and outer == (told[0][0], told[-1][1])
            count = row["pieces" if kind == "bootstrap" else "pieces_iid"]
            level.hold(held and count == len(told), "differs", f"{where}: its set is not that of the curve")
    if rows:
        _regimes(estimate, level)
        _checked(estimate, checks, level)


def _tested(row: dict[str, Any], estimate: dict[str, Any]) -> bool:
    """Whether statistic and p of a threshold are those of its step, among the tests and in the terms of its change."""
    test = estimate["tests"].get(f"threshold_{row['step']}", {})
    told = [t for t in estimate["records"]["threshold_tests"] if t["thresholds"] == row["step"]]
    held = all(same(t.get(k), row[k]) for t in (test, *told) for k in ("statistic", "p")) and len(told) == 1
    ending = f":step::{row['threshold']}"
    steps = [t for t in estimate["terms"] if t["name"].endswith(ending)]
    extra = estimate["fit"]["extra"].get(f"threshold_{row['threshold']}")
    return held and all(same(t["p"], row["p"]) for t in steps) and same(extra, row["estimate"])


def _pieces(curve: list[tuple[float, float]], bound: float) -> list[tuple[float, float]]:
    """First and last value of each run of the curve within a bound."""
    made: list[tuple[float, float]] = []
    before = False
    for value, ratio in curve:
        now = ratio <= bound
        if now and before:
            made[-1] = (made[-1][0], value)
        elif now:
            made.append((value, value))
        before = now
    return made


def _regimes(estimate: dict[str, Any], level: Level) -> None:
    """Regimes between the thresholds, with all rows of the sample."""
    records, where = estimate["records"], f"results/estimates.json, {estimate['id']}"
    taus = [number(t["estimate"]) for t in records["thresholds"]]
    edges = [-math.inf, *taus, math.inf]
    told = [(number(r["above"]), number(r["to"])) for r in records["regimes"]]
    level.hold(told == list(zip(edges, edges[1:])), "differs", f"{where}: regimes do not lie between the thresholds")  # noqa: B905, RUF007
    count = sum(r["rows"] for r in records["regimes"])
    level.hold(count == estimate["sample"]["rows"], "differs", f"{where}: the regimes hold {count} rows")


def _checked(estimate: dict[str, Any], checks: dict[tuple[str, str], Any], level: Level) -> None:
    """The rows of the check that tables print."""
    records, found = estimate["records"], checks.get((estimate["id"], "threshold_effect"))
    if found is None:
        return
    where = f"results/checks.json, threshold_effect of {estimate['id']}"
    level.hold(len(found["rows"]) == len(records["thresholds"]), "differs", f"{where}: another number of thresholds")
    for i, (row, own) in enumerate(zip(found["rows"], records["thresholds"])):  # noqa: B905
        held = all(same(row[k], own[k]) for k in ("estimate", "statistic", "p"))
        for name, ends in (("set", ("low", "high")), ("set_iid", ("low_iid", "high_iid"))):
            held = held and row[name] == ", ".join(repr(number(own[e])) for e in ends)
        for name, regime in (("below", records["regimes"][i]), ("above", records["regimes"][i + 1])):
            held = held and row[f"rows_{name}"] == regime["rows"] and row[f"clusters_{name}"] == regime["clusters"]
        level.hold(held, "differs", f"{where}: threshold {i + 1} is not that of the estimate")
    first = records["threshold_tests"][0]
    level.hold(same(found["value"], first["p"]), "differs", f"{where}: its p is {found['value']!r}")
