"""Single cells: where they stand, numbers and years as printed; no file is opened here."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

BLANK_MARKS = frozenset(
    {"-", "--", "---", "—", "——", "–", "…", "……", "...", ".", "na", "n/a", "nan", "null", "none", "#n/a"}
)

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_YEAR = re.compile(r"(1[89]\d\d|2[01]\d\d)(?:\.0+)?\s*年?(?:度)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numeral:
    """A cell as a number: NaN for a blank; `blank_mark` is the mark that stood for it; `grouped`: had thousands separators."""

    value: float
    blank_mark: str = ""
    grouped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoNumeral:
    """Why a cell is no number, and what to do about it."""

    what: str
    mend: str


def narrow(text: str) -> str:
    """The text in normal widths, blanks at its ends and byte-order marks taken off."""
    return unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip()


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing: no value, NaN, or blanks only."""
    return cell is None or cell != cell or (isinstance(cell, str) and not narrow(cell))


def read_number(cell: object, *, thousands: str = "") -> Numeral | NoNumeral:
    """A cell as a number.

    Parameters
    ----------
    cell : object
        As the reader gave it.
    thousands : str
        The separator of thousands that the study declares; without one a number with separators is refused, because
        "3,078" is 3078 in one country and 3.078 in another.

    >>> read_number(" 3078.5 ")
    Numeral(value=3078.5, blank_mark='', grouped=False)
    >>> read_number("3,078.5", thousands=",").value
    3078.5
    """
    if cell is None:
        return Numeral(value=math.nan)
    if isinstance(cell, bool):
        return NoNumeral(what=f"{cell} is true or false, no number", mend="write a number")
    if isinstance(cell, (int, float)):
        if math.isinf(cell):
            return NoNumeral(what="the number is infinite", mend="correct it in the file, or leave the cell blank")
        return Numeral(value=float(cell))
    text = narrow(str(cell))
    if not text:
        return Numeral(value=math.nan)
    if _PLAIN.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            return NoNumeral(what=f"'{text}' is too large for a number", mend="correct it in the file")
        return Numeral(value=value)
    if text.casefold() in BLANK_MARKS:
        return Numeral(value=math.nan, blank_mark=text)
    return _unusual(text, thousands)


def _unusual(text: str, thousands: str) -> Numeral | NoNumeral:
    if _GROUPED.fullmatch(text.replace(thousands, ",") if thousands else text):
        if thousands:
            return Numeral(value=float(text.replace(thousands, "")), grouped=True)
        return NoNumeral(
            what=f"'{text}' is text, a number with separators of thousands",
            mend='say thousands = "," on the source, or take the separators out of the file',
        )
    if re.fullmatch(r"[+-]?(?:inf|infinity|∞)", text.casefold()):
        return NoNumeral(what=f"'{text}' is infinite", mend="correct it in the file, or leave the cell blank")
    if text.endswith(("%", "‰")):
        return NoNumeral(
            what=f"'{text}' carries its own unit", mend="take the sign out of the cells and declare it in measures"
        )
    short = text if len(text) <= 40 else text[:37] + "..."
    return NoNumeral(what=f"'{short}' is no number", mend="correct it in the file; leave a missing figure blank")


def read_year(cell: object) -> int | None:
    """A year as printed, such as 2024, "2024年" or 2024.0; None for anything else.

    >>> read_year("2024年"), read_year(2015.0), read_year("最近20年")
    (2024, 2015, None)
    """
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, (int, float)):
        return int(cell) if math.isfinite(cell) and cell == int(cell) and 1800 <= cell <= 2199 else None
    found = _YEAR.fullmatch(narrow(str(cell)))
    return int(found[1]) if found else None


def column_letters(index: int) -> str:
    """Letters of a spreadsheet column, counted from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
