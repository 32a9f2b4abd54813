"""The one place where a number becomes text and text a number again; no format (LaTeX, Word) has a rule of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

NumberKind = Literal["number", "count", "p"]
MINUS = "\u2212"
_OPEN, _CLOSE = "([{（［【", ")]}）］】"
_LARGEST = 1e15
_SMALLEST_FIXED = -5


def shown(value: float | int | None, digits: int = 3, *, kind: NumberKind = "number", missing: str = "") -> str:
    """The text of a number as every exhibit prints it.

    Parameters
    ----------
    value : float, int or None
        None and NaN give `missing`.
    digits : int
        Decimals. A number below 10**-digits in size is given with two significant digits, so it never reads as zero.
    kind : {'number', 'count', 'p'}
        'count' is whole, with separators; 'p' stops at '<0.001' (at three digits).

    Raises
    ------
    ValueError
        A count that is not whole, or a p outside [0, 1].

    >>> shown(-0.12345), shown(0.000123), shown(-0.0), shown(1234.5, 1), shown(390, kind="count"), shown(1e-9, kind="p")
    ('−0.123', '0.00012', '0.000', '1,234.5', '390', '<0.001')
    """
    if value is None or math.isnan(value):
        return missing
    number = float(value)
    if kind == "count":
        if not number.is_integer():
            raise ValueError(f"{value!r} is no count")
        return _signed(f"{abs(int(value)):,}", number < 0)
    if kind == "p":
        if not 0 <= number <= 1:
            raise ValueError(f"{value!r} is no probability")
        floor = 10.0**-digits
        return f"<{floor:.{digits}f}" if number < floor else f"{number:.{digits}f}"
    return _signed(_fixed(abs(number), digits), number < 0)


def _fixed(size: float, digits: int) -> str:
    if math.isinf(size):
        return "∞"
    if size == 0:
        return f"{0:.{digits}f}"
    exponent = math.floor(math.log10(size))
    if size >= _LARGEST or exponent < _SMALLEST_FIXED:
        mantissa, power = f"{size:.1e}".split("e")
        return f"{mantissa}e{_signed(str(abs(int(power))), power.startswith('-'))}"
    places = digits if size >= 10.0**-digits else 1 - exponent
    return f"{size:,.{places}f}"


def _signed(text: str, negative: bool) -> str:
    return MINUS + text if negative and any(c in "123456789∞" for c in text) else text


def stars(p: float | None, levels: Iterable[float]) -> str:
    """One star for each level that `p` is below; none where p is missing.

    >>> stars(0.03, (0.10, 0.05, 0.01))
    '**'
    """
    if p is None or math.isnan(p):
        return ""
    return "*" * sum(p < level for level in levels)


def read_number(text: str) -> float:
    """The number in a printed cell; brackets, stars, separators, either minus and a leading '<' are understood.

    Nothing ('', '–') is NaN; '<0.001' is its bound. A bracket never means minus.

    Raises
    ------
    ValueError
        Where there is no number.

    >>> read_number("(−1,234.50)***"), read_number("[<0.001]")
    (-1234.5, 0.001)
    """
    bare = text.strip().rstrip("*†‡ ").strip(_OPEN + _CLOSE).strip().rstrip("*†‡")
    if bare in ("", "–", "—", "-", MINUS):
        return math.nan
    bare = bare.lstrip("<>≤≥").replace(MINUS, "-").replace("－", "-").replace("∞", "inf")
    bare = re.sub(r"(?<=\d)[,\u2009\u202f\u00a0 ](?=\d{3})", "", bare)
    if not re.fullmatch(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+|inf)", bare, re.ASCII):
        raise ValueError(f"there is no number in {text!r}")
    return float(bare)


def is_number(text: str) -> bool:
    """Whether a text would be read as a number by whoever verifies the table.

    >>> is_number("12.5%"), is_number("(1,234)"), is_number("CR3"), is_number("")
    (True, True, False, False)
    """
    try:
        return not math.isnan(read_number(text.strip().rstrip("%％")))
    except ValueError:
        return False
