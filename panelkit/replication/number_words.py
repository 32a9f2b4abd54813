"""Numbers that a text spells out, English and Chinese: found and given as digits; small ones that stand for an article are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TEENS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen"""
_SMALL = _TEENS.split()
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * (place + 2) for place, word in enumerate(_ROUND.split())}
_UNITS = {**{w: i for i, w in enumerate(_SMALL)}, **_TENS}
_POWERS = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = "|".join(sorted([*_UNITS, *_POWERS], key=len, reverse=True))
ENGLISH = re.compile(
    rf"\b(?:{_WORD})\b(?:(?:[\s-]+|\s+and\s+)(?:{_WORD})\b)*(?P<decimals>\s+point(?:\s+(?:{'|'.join(_SMALL[:10])}))+)?"
    r"(?P<percent>\s+per\s?cent\b)?",
    re.IGNORECASE,
)
_DIGITS = {**{c: i for i, c in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1_000}
CHINESE = re.compile(
    r"(?P<percent>百分之)?(?P<whole>[零〇一二三四五六七八九十百千万两]+)(?:点(?P<decimals>[零〇一二三四五六七八九]+))?"
)
LONGEST = 16  # characters of a Chinese number
LEAST = 11  # below, a word is an article or a list more often than a figure


def spelled(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, digits) of each number in words that is at least eleven, has decimals, or is a percentage.

    >>> [n for _, _, n in spelled("two hundred and forty-one rows, seven per cent, one of them; 三十一个省份,增长百分之三点五")]
    ['241', '7%', '31', '3.5%']
    """
    for found in ENGLISH.finditer(text):
        words = re.findall(r"[a-z]+", found.group(0).lower().split(" point ")[0].removesuffix("percent"))
        whole = _english([w for w in words if w in _UNITS or w in _POWERS])
        if whole is None:
            continue
        tail = [_UNITS[w] for w in re.findall(r"[a-z]+", (found.group("decimals") or "").lower()) if w in _UNITS]
        yield from _shown(found.span(), whole, "".join(map(str, tail)), bool(found.group("percent")))
    for found in CHINESE.finditer(text):
        whole = _chinese(found.group("whole"))
        if whole is None or (
            len(found.group("whole")) < 2 and not found.group("percent") and not found.group("decimals")
        ):
            continue
        tail = [_DIGITS[c] for c in found.group("decimals") or ""]
        yield from _shown(found.span(), whole, "".join(map(str, tail)), bool(found.group("percent")))


def _shown(span: tuple[int, int], whole: int, decimals: str, percent: bool) -> Iterator[tuple[int, int, str]]:
    if whole >= LEAST or decimals or percent:
        yield (*span, f"{whole}{'.' + decimals if decimals else ''}{'%' if percent else ''}")


def _english(words: list[str]) -> int | None:
    total, part, last = 0, 0, 0
    for word in words:
        if word in _POWERS:
            power = _POWERS[word]
            part = max(part, 1) * power
            if power > 100:
                total, part = total + part, 0
            last = power
        else:
            value = _UNITS[word]
            if (last and last < 20) or (20 <= last < 100 and value >= 10):
                return None  # "nineteen ninety", "two three"
            part, last = part + value, value
    return total + part if any(w in _UNITS for w in words) else None


def _chinese(text: str) -> int | None:
    if len(text) > LONGEST:
        return None
    if not any(c in "十百千万" for c in text):
        return int("".join(str(_DIGITS[c]) for c in text)) if len(text) != 2 else None  # 二〇一五; 一二 is no number
    total, part, digit = 0, 0, 0
    for place, character in enumerate(text):
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character == "万":
            total, part, digit = (total + part + digit) * 10_000, 0, 0
        else:
            if digit == 0 and (character != "十" or (place > 0 and text[place - 1] not in "零〇百千万")):
                return None
            part, digit = part + (digit or 1) * _PLACES[character], 0
    return total + part + digit
