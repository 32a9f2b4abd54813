"""Which terms of the models a regression table shows, and in what order; a pattern that matches nothing is a fault."""

from __future__ import annotations

from panelkit.core.errors import Fault
from panelkit.core.nearest import known_or_nearest
from panelkit.reporting.tables._parts import Parts


def terms_of(parts: Parts, faults: list[Fault]) -> tuple[str, ...]:
    """Names of the terms to show: by first appearance, the constant last, those in `order` first; faults are added to the list."""
    found = dict.fromkeys(t.name for e in parts.estimates for t in e.terms)
    names = [n for n in found if n != "(constant)"] + [n for n in found if n == "(constant)"]
    table = parts.spec
    kept = _matched(names, table.keep, f"tables.{table.id}.keep", faults) if table.keep else names
    dropped = set(_matched(names, table.drop, f"tables.{table.id}.drop", faults))
    chosen = [n for n in names if n in set(kept) and n not in dropped]
    first = [n for n in _matched(names, table.order, f"tables.{table.id}.order", faults) if n in chosen]
    if names and not chosen and not faults:
        faults.append(Fault(where=f"tables.{table.id}", what="no term is left to show", mend="widen keep or drop less"))
    return tuple(dict.fromkeys((*first, *chosen)))


def _matched(names: list[str], patterns: tuple[str, ...], where: str, faults: list[Fault]) -> list[str]:
    matched: list[str] = []
    for pattern in patterns:
        hits = [n for n in names if fits(n, pattern)]
        if not hits and names:
            what = f"'{pattern}' matches no term of the table's models"
            faults.append(Fault(where=where, what=what, mend=known_or_nearest(pattern.replace("*", ""), names)))
        matched += hits
    return list(dict.fromkeys(matched))


def fits(name: str, pattern: str) -> bool:
    """Whether a name is of a pattern whose `*` stands for any text; in one pass, whatever the pattern.

    >>> fits("ln_sales:post", "ln_*:*"), fits("ln", "l*ln")
    (True, False)
    """
    first, *between = pattern.split("*")
    if not between:
        return name == pattern
    last = between.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for part in between:
        place = name.find(part, place, end) + len(part)
        if place < len(part):
            return False
    return True
