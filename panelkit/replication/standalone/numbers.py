"""Numbers as JSON and print have them: whether two are the same, and whether a text is a value rounded; no file is read."""

from __future__ import annotations

import math
import re
from typing import Any

MINUS = "\u2212"
FINE = 1e-9  # what arithmetic on the same doubles may part by
LONGEST_NUMBER, LEAST_POWER, LARGEST_POWER = (
    60,
    -400,
    308,
)  # of what is printed; beyond that a double has no such number
NUMBER = re.compile(r"([-+]?)(\d[\d,]*)(?:\.(\d+))?(?:e([-+]?\d+))?$")


def number(value: Any) -> Any:
    """A double of a JSON value; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if value in ("nan", "inf", "-inf") else None


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same: numbers to the last digits of a double."""
    a, b = number(left), number(right)
    if a is None or b is None:
        return bool(left == right)
    return (a != a and b != b) or a == b or abs(a - b) <= FINE * 1e-4 * max(abs(a), abs(b))


def near(left: float, right: float, scale: float = 0.0) -> bool:
    """Whether two results of a calculation agree; NaN agrees with NaN."""
    if left != left or right != right or math.isinf(left) or math.isinf(right):
        return (left != left and right != right) or left == right
    return abs(left - right) <= FINE * max(abs(left), abs(right), scale)


def bare(text: str) -> str:
    """A printed number without brackets."""
    return text.strip().strip("()[]").replace(MINUS, "-")


def rounds(raw: Any, shown: str) -> bool:
    """Whether a printed text is its value, to the digits that are printed."""
    value, text = number(raw), bare(shown)
    if value is None and isinstance(raw, str) and ", " in raw:
        bounds, ends = raw.split(", "), text.split(", ")
        return len(bounds) == len(ends) and all(rounds(number(b) or float(b), e) for b, e in zip(bounds, ends))  # noqa: B905
    if value is None:
        known = {
            "yes": ("Yes", "是"),
            "no": ("No", "否", ""),
            "agrees": ("agrees", "一致"),
            "differs": ("differs", "不一致"),
        }
        return text in known.get(str(raw), ("–", str(raw)))
    if value != value:
        return text in ("–", "")
    if math.isinf(value):
        return text == ("∞" if value > 0 else "-∞")
    if text.startswith("<"):
        return len(text) < LONGEST_NUMBER and NUMBER.match(text[1:]) is not None and 0 <= value < float(text[1:])
    found = NUMBER.match(text)
    if found is None:
        return False
    sign, whole, decimals, power = found.groups()
    if len(text) > LONGEST_NUMBER or not LEAST_POWER <= int(power or 0) <= LARGEST_POWER:
        return False
    unit = 10.0 ** (int(power or 0) - len(decimals or ""))
    printed = float(f"{sign}{whole.replace(',', '')}.{decimals or 0}e{power or 0}")
    return abs(value - printed) <= unit * 0.5 * (1 + 1e-6) + abs(value) * 2.0**-50


def equal(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same, number by number to the last digits of a double."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right))  # noqa: B905
    return same(left, right)


def parted(a: float, b: float, floor: float = 0.0) -> float:
    """The relative difference of two numbers."""
    if a != a or b != b:
        return math.nan
    size = max(abs(a), abs(b), floor)
    return abs(a - b) / size if size > 0 else 0.0


def plain_number(text: str) -> bool:
    """Whether a text is a number as Python writes it."""
    return re.match(r"-?\d+(\.\d+)?([eE][-+]?\d+)?$", text.strip()) is not None
