"""Level L2: two sets of estimates in the form of estimates.json compared number by number; nothing is estimated here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CLOSED_FORM = 1e-8  # relative; two builds of a linear algebra library part in the last digits only
RESAMPLED = 1e-12  # by seed, the same draws
PROBABILITY_FLOOR = 1e-12  # a p of 1e-30 is the tail of a t whose last digits are free
VERSIONS = frozenset({"engine_version", "version"})  # what may differ between two machines without a number changing


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A number or text that is not the same: where, what the package has, what came out anew, and the digit where they part."""

    where: str
    packaged: Any
    anew: Any
    digit: int | None = None

    def __str__(self) -> str:
        if self.digit is None:
            return f"{self.where}: the package has {self.packaged!r}, anew it is {self.anew!r}"
        return (
            f"{self.where}: the package has {self.packaged!r}, anew it is {self.anew!r}; "
            f"they part at significant digit {self.digit}"
        )


@dataclass(slots=True)
class Comparison:
    """How many numbers were compared, and what parted."""

    compared: int = 0
    parted: list[Parted] = field(default_factory=list)


def compare(packaged: dict[str, Any], anew: dict[str, Any]) -> Comparison:
    """Every number of every estimate against the same one anew; terms, draws and lists are matched by name, else by place."""
    result = Comparison()
    _walk("", packaged.get("estimates", []), anew.get("estimates", []), result)
    return result


def digit_where_they_part(left: float, right: float) -> int:
    """The first significant digit (from 1) in which two numbers differ, counted on the larger.

    >>> digit_where_they_part(0.24511, 0.24521)
    4
    """
    size = max(abs(left), abs(right))
    if size == 0 or not math.isfinite(size):
        return 1
    gap = float(f"{abs(left - right):.2e}")  # 0.00099999 is 0.001
    return max(1, math.floor(math.log10(size)) - math.floor(math.log10(gap)) + 1) if gap else 17


def _walk(where: str, left: Any, right: Any, result: Comparison, scale: float = 0.0) -> None:
    name = where.rsplit(".", 1)[-1]
    if name in VERSIONS:
        return
    if isinstance(left, dict) and isinstance(right, dict):
        size = _scale(left)
        for key in dict.fromkeys([*left, *right]):
            if (key in left) != (key in right):
                result.parted.append(Parted(where=f"{where}.{key}", packaged=left.get(key), anew=right.get(key)))
                continue
            _walk(f"{where}.{key}".lstrip("."), left[key], right[key], result, size)
    elif isinstance(left, list) and isinstance(right, list):
        _walk_list(where, left, right, result)
    elif _number(left) is not None and _number(right) is not None:
        result.compared += 1
        _compare(where, left, right, result, scale)
    elif left != right:
        result.parted.append(Parted(where=where, packaged=left, anew=right))


def _walk_list(where: str, left: list[Any], right: list[Any], result: Comparison) -> None:
    scale = _largest(left) if where.endswith("covariance_matrix") else 0.0
    if scale:
        for (i, a), (_, b) in zip(_flat(left), _flat(right), strict=False):
            result.compared += 1
            _compare(f"{where}.{i}", a, b, result, scale)
        if len(list(_flat(left))) != len(list(_flat(right))):
            result.parted.append(Parted(where=where, packaged="its shape", anew="another shape"))
        return
    a, b = _named(left), _named(right)
    for key in dict.fromkeys([*a, *b]):
        if (key in a) != (key in b):
            held, made = ("there", "absent") if key in a else ("absent", "there")
            result.parted.append(Parted(where=f"{where}.{key}".lstrip("."), packaged=held, anew=made))
            continue
        _walk(f"{where}.{key}".lstrip("."), a[key], b[key], result)


def _named(items: list[Any]) -> dict[str, Any]:
    """The items of a list by what names them (id, name, or term and method), else by place."""
    named: dict[str, Any] = {}
    for place, item in enumerate(items):
        name = str(place)
        if isinstance(item, dict):
            name = str(
                item.get("id") or item.get("name") or "/".join(str(item[k]) for k in ("term", "method") if k in item)
            )
        key = name or str(place)
        named[f"{key}#{place}" if key in named else key] = item
    return named


def _flat(items: list[Any], at: str = "") -> Iterator[tuple[str, Any]]:
    for place, item in enumerate(items):
        here = f"{at}.{place}".lstrip(".")
        if isinstance(item, list):
            yield from _flat(item, here)
        else:
            yield here, item


def _largest(items: list[Any]) -> float:
    return max((abs(n) for _, v in _flat(items) if (n := _number(v)) is not None and math.isfinite(n)), default=0.0)


def _scale(item: dict[str, Any]) -> float:
    """What a coefficient is small against: its standard error."""
    error = _number(item.get("se"))
    return error if error is not None and math.isfinite(error) else 0.0


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if value in ("nan", "inf", "-inf") else None


def _compare(where: str, left: Any, right: Any, result: Comparison, scale: float) -> None:
    a, b = _number(left), _number(right)
    if a is None or b is None:
        same = left == right
    elif math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        same = (math.isnan(a) and math.isnan(b)) or a == b
    elif isinstance(left, int) and isinstance(right, int):
        same = a == b
    else:
        tolerance = RESAMPLED if ".resampled." in where else CLOSED_FORM
        floor = PROBABILITY_FLOOR if where.endswith(".p") else 0.0
        scaled = where.endswith((".estimate", ".low", ".high")) or ".covariance_matrix." in where
        against = 1.0 if where.endswith(".statistic") else (scale if scaled else 0.0)
        same = abs(a - b) <= max(tolerance * max(abs(a), abs(b), against), floor)
    if not same:
        digit = digit_where_they_part(a, b) if a is not None and b is not None else None
        result.parted.append(Parted(where=where, packaged=left, anew=right, digit=digit))
