"""A threshold model in Stata: its regimes as columns at the printed thresholds, and xthreg, which searches anew. The refit is in twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panelkit.replication.stata.columns import Columns
from panelkit.replication.stata.names import one_line
from panelkit.replication.stata.regressions import TOLERANCE

GRID, DRAWS = 400, 300  # of xthreg: its usual grid, and the draws that Hansen (1999) took


def regimes_of(estimate: Mapping[str, Any]) -> tuple[str, tuple[float, ...]]:
    """The threshold variable and the thresholds of an estimate, ascending; ('', ()) where it has none."""
    rows = estimate.get("records", {}).get("thresholds", ())
    return (str(rows[0]["variable"]), tuple(float(r["estimate"]) for r in rows)) if rows else ("", ())


def steps(estimate: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The change of a slope at each threshold as a difference of two coefficients."""
    lines = []
    for term in estimate["terms"]:
        head, found, number = term["name"].rpartition(":step::")
        if found and isinstance(term["estimate"], float):
            low, high = (names[f"{head}:regime::{int(number) + k}"] for k in (0, 1))
            lines.append(f"assert reldif(_b[{high}] - _b[{low}], {term['estimate']!r}) < {TOLERANCE}")
    return lines


def xthreg(estimate: Mapping[str, Any], model: Any, columns: Columns, balanced: bool) -> list[str]:
    """The command of Wang (2015) on the same rows, or why it cannot be run; its grid and draws are its own."""
    request, (q, taus) = estimate["requests"][0], regimes_of(estimate)
    effects = set(request["absorb"])
    why = [
        (not balanced, "wants a balanced panel"),
        (columns.unit not in effects or not effects <= {columns.unit, columns.time}, "absorbs units and periods alone"),
        (bool(request["weights"]), "takes no weights"),
        (bool(request["varying_slopes"]), "has no group trends"),
        (any(s.startswith("regime::") for s in request["slopes"]), "moves slopes alone"),
    ]
    reasons = [text for found, text in why if found]
    if reasons:
        return [f"* xthreg is not run: it {' and '.join(reasons)}"]
    switching = [columns.of(n) for n in model.switching]
    rest = [columns.of(s) for s in request["slopes"] if "regime::" not in s]
    lines = [f"* threshold {i} of {one_line(q)}: {tau!r}" for i, tau in enumerate(taus, start=1)]
    lines.append("* xthreg tries a grid of its own and draws anew: compared by eye")
    lines.append(f"xtset {columns.numbered()} {columns.of(columns.time)}")
    if columns.time in effects:
        lines.append(f"quietly tabulate {columns.of(columns.time)}, generate(pk_t)")
        rest.append(f"pk_t2-pk_t{int(estimate['sample']['periods'])}")
    count = len(taus)
    each = " ".join([f"{model.trim:g}"] * count), " ".join([str(DRAWS)] * count)
    lines.append(
        f"xthreg {' '.join([columns.of(request['outcome']), *rest])}, rx({' '.join(switching)}) qx({columns.of(q)}) thnum({count})"
        f" grid({GRID}) trim({each[0]}) bs({each[1]})"
    )
    return lines
