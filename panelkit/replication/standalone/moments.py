"""Means, spreads, ranks and quantiles of a few numbers, as the tables define them."""

from __future__ import annotations

import math
from typing import Any


def class_text(value: Any) -> str:
    """A class as it is named in a key."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def average(values: list[float]) -> float:
    """The mean, NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def grouped(pairs: list[tuple[str, float]]) -> dict[str, list[float]]:
    """Values by unit."""
    made: dict[str, list[float]] = {}
    for unit, value in pairs:
        made.setdefault(unit, []).append(value)
    return made


def ranked(values: list[float]) -> list[float]:
    """Ranks from 1, the mean of their ranks for ties."""
    order = sorted(values)
    first: dict[float, int] = {}
    count: dict[float, int] = {}
    for i, v in enumerate(order):
        first.setdefault(v, i)
        count[v] = count.get(v, 0) + 1
    return [first[v] + (count[v] + 1) / 2 for v in values]


def quantile(ordered: list[float], share: float) -> float:
    """A quantile of sorted values, between two of them in proportion."""
    at = (len(ordered) - 1) * share
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def spread(values: list[float]) -> float:
    """Standard deviation with divisor n - 1."""
    if len(values) < 2:
        return math.nan
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
