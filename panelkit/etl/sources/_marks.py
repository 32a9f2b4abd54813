"""Marks inside printed numbers: separators of thousands and the decimal mark, and which a file uses; cells are read in _cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SIGN = r"[+-]?"
_GROUPED = re.compile(_SIGN + r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_DOTTED = re.compile(_SIGN + r"\d{1,3}(?:\.\d{3})+,\d+|" + _SIGN + r"\d{1,3}(?:\.\d{3}){2,}")
_SPACED = re.compile(_SIGN + r"\d{1,3}(?P<mark>[ '’])\d{3}(?:(?P=mark)\d{3})*(?:[.,]\d+)?")
_COMMA = re.compile(_SIGN + r"\d+,\d+")
_OPEN = re.compile(_SIGN + r"[1-9]\d{0,2},\d{3}")  # 1,234: a thousand, or one and a bit
_POINT = re.compile(_SIGN + r"\d+\.\d+")
_LONG = re.compile(_SIGN + r"\d{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The separator of thousands and the decimal mark of a file, "" for none and for the point; doubtful: "1,234" may be either."""

    thousands: str = ""
    decimal: str = ""
    doubtful: bool = False


def plain_number(text: str, thousands: str, decimal: str) -> str | None:
    """A number with the marks of its file as one that Python reads, None where it does not fit them.

    >>> plain_number("3,078.5", ",", ""), plain_number("3.078,5", ".", ","), plain_number("3,5", "", ","), plain_number("3,07", ",", "")
    ('3078.5', '3078.5', '3.5', None)
    """
    point = "," if decimal == "," or thousands == "." else "."
    if thousands == point:
        return None
    digits = r"\d+"
    if thousands:
        mark = "['’]" if thousands in "'’" else re.escape(thousands)
        digits = rf"(?:[1-9]\d{{0,2}}(?:{mark}\d{{3}})+|\d+)"
    if not re.fullmatch(rf"{_SIGN}{digits}(?:{re.escape(point)}\d+)?(?:[eE][+-]?\d+)?", text):
        return None
    bare = (
        re.sub("['’]", "", text)
        if thousands and thousands in "'’"
        else text.replace(thousands, "")
        if thousands
        else text
    )
    return bare.replace(point, ".")


def number_marks(texts: Iterable[str], *, commas_part: bool = True) -> Marks:
    """Which marks the numbers of a file have, by those that can mean one thing only.

    Parameters
    ----------
    texts : cells in normal widths.
    commas_part : whether the fields of the file are parted by commas, or it is a workbook; where semicolons or tabs part them, a
        comma is as likely the decimal mark.

    >>> number_marks(["3,078.5", "12.1"]), number_marks(["3078,5"])
    (Marks(thousands=',', decimal='', doubtful=False), Marks(thousands='', decimal=',', doubtful=False))
    >>> number_marks(["171,691", "2,345"], commas_part=False).doubtful
    True
    """
    grouped = commas = open_ = dotted = points = longs = 0
    spaced = ""
    for text in texts:
        if not text or not text[-1].isdigit():
            continue
        if _OPEN.fullmatch(text):
            open_ += 1
        elif _GROUPED.fullmatch(text):
            grouped += 1
        elif _DOTTED.fullmatch(text):
            dotted += 1
        elif _COMMA.fullmatch(text):
            commas += 1
        elif found := _SPACED.fullmatch(text):
            spaced = found["mark"]
            commas += "," in text
        elif _POINT.fullmatch(text):
            points += 1
        elif _LONG.fullmatch(text):
            longs += 1
    if dotted and not grouped:
        return Marks(thousands=".", decimal=",")
    if commas and not grouped and (not points or spaced):
        return Marks(thousands=spaced, decimal=",")
    if grouped or (open_ and (points or commas_part)):
        return Marks(thousands=",")
    if open_:
        return Marks(doubtful=True)
    return Marks(thousands=spaced)
