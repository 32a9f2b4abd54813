"""Single cells: where they stand, numbers and years as printed; no file is opened here."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from panelkit.etl.sources._marks import plain_number

BLANK_MARKS = frozenset(
    {
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "…",
        "……",
        "...",
        "..",
        ".",
        "/",
        "//",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "null",
        "none",
        "#n/a",
        ":",
        "(na)",
        "(d)",
    }
    | {"空格", "暂缺", "缺", "缺失", "不详", "无数据", "(空白)"}
)

FOOTER = re.compile(
    r"^(注|数据来源|资料来源|来源|说明|备注|note|source)s?\s*[:\d.]|^[①②③④⑤*]\s*\S", re.IGNORECASE
)  # what stands below a table
_WITH_NOTE = re.compile(
    r"\s*(?:(?P<circled>[\u2460-\u2473\u2474-\u2487\u24ea\u2776-\u2793]+)|[\u00b2\u00b3\u00b9\u2070-\u208e]+)\s*$"
)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MARKED = re.compile(r"[+-]?\d{1,3}(?:[,. '’]\d{3})+(?:[.,]\d+)?|[+-]?\d+,\d+")
_YEAR = re.compile(r"(1[89]\d\d|2[01]\d\d)(?:\.0+)?\s*(?:年[度末底]?|YY|yy|\[YR\1\])?")
_WHOLE_YEAR = re.compile(
    r"(1[89]\d\d|2[01]\d\d)(?:[-/.]12[-/.]31|[-/.]0?1[-/.]0?1|年12月31日|年1月1日)(?:[T ]00:00(?::00(?:\.0+)?)?)?"
)
_DIGITS = "〇一二三四五六七八九○"
_SPELLED_YEAR = re.compile(r"([一二][〇○一二三四五六七八九]{3})年(?:度)?")
_QUARTER = re.compile(r"(1[89]\d\d|2[01]\d\d)\s*(?:年|[-./])?\s*(?:第?([1-4一二三四])季度?|[Qq]([1-4]))")
_MONTH = re.compile(r"(1[89]\d\d|2[01]\d\d)(?:年\s*|[-./])?(\d{1,2})\s*(?:月份?|MM)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numeral:
    """A cell as a number: NaN for a blank; `blank_mark` is the mark that stood for it; grouped, percent, comma,
    noted (the mark of a note behind it): how it was printed.
    """

    value: float
    blank_mark: str = ""
    grouped: bool = False
    percent: bool = False
    comma: bool = False
    noted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoNumeral:
    """Why a cell is no number, and what to do about it."""

    what: str
    mend: str


def narrow(text: str) -> str:
    """The text in normal widths, blanks at its ends and byte-order marks taken off."""
    return unicodedata.normalize("NFKC", text).replace("\ufeff", "").replace("\u2212", "-").strip()


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing: no value, NaN, or blanks only."""
    return cell is None or cell != cell or (isinstance(cell, str) and not narrow(cell))


def read_number(
    cell: object, *, thousands: str = "", decimal: str = "", measure: str | None = ""
) -> Numeral | NoNumeral:
    """A cell as a number.

    Parameters
    ----------
    cell : object
        As the reader gave it.
    thousands : str
        The separator of thousands that the study declares; without one a number with separators is refused, because
        "3,078" is 3078 in one country and 3.078 in another.
    decimal : str
        "," where the study declares that figures have a decimal comma; a text with a point is then refused.
    measure : str, optional
        Unit of the series: a cell may print the sign % where it is %, or where it is not known (None).

    >>> read_number(" 3078.5 ")
    Numeral(value=3078.5, blank_mark='', grouped=False, percent=False, comma=False, noted=False)
    >>> read_number("3,078.5", thousands=",").value, read_number("3.078,5", thousands=".", decimal=",").value
    (3078.5, 3078.5)
    """
    if cell is None:
        return Numeral(value=math.nan)
    if isinstance(cell, bool):
        return NoNumeral(what=f"{cell} is true or false, no number", mend="write a number")
    if isinstance(cell, (int, float)):
        if math.isinf(cell):
            return NoNumeral(what="the number is infinite", mend="correct it in the file, or leave the cell blank")
        return Numeral(value=float(cell))
    marked = _WITH_NOTE.search(str(cell))
    if marked is not None:  # in normal widths such a mark would be one more digit of the number
        found = read_number(str(cell)[: marked.start()], thousands=thousands, decimal=decimal, measure=measure)
        bare = isinstance(found, Numeral) and found.value == found.value and marked["circled"]
        if isinstance(found, Numeral) and bare:
            return replace(found, noted=True)
        return NoNumeral(
            what=f"'{cell}' carries the mark of a note, or a raised figure", mend="take it out of the cell"
        )
    text = narrow(str(cell))
    if not text:
        return Numeral(value=math.nan)
    comma = decimal == "," or thousands == "."
    if _PLAIN.fullmatch(text) and not (comma and "." in text):
        value = float(text)
        if math.isinf(value):
            return NoNumeral(what=f"'{text}' is too large for a number", mend="correct it in the file")
        return Numeral(value=value)
    if text.casefold() in BLANK_MARKS:
        return Numeral(value=math.nan, blank_mark=text)
    if text.endswith("%") and measure in ("%", None) and _PLAIN.fullmatch(text[:-1].rstrip()):
        return Numeral(value=float(text[:-1]), percent=True)
    return _unusual(text, thousands, decimal)


def _unusual(text: str, thousands: str, decimal: str) -> Numeral | NoNumeral:
    marked = plain_number(text, thousands, decimal) if thousands or decimal else None
    if marked is not None:
        return Numeral(
            value=float(marked), grouped=bool(thousands) and thousands in text, comma=decimal == "," and "," in text
        )
    if _MARKED.fullmatch(text):
        declared = " ".join(f'{n} = "{m}"' for n, m in (("thousands", thousands), ("decimal", decimal)) if m)
        return NoNumeral(
            what=f"'{text}' is text, a number with separators of thousands or a decimal comma"
            + (f", and not as declared ({declared})" if declared else ""),
            mend='say which on the source: thousands = "," or decimal = ","; or correct the cell in the file',
        )
    if re.fullmatch(r"[+-]?(?:inf|infinity|∞)", text.casefold()):
        return NoNumeral(what=f"'{text}' is infinite", mend="correct it in the file, or leave the cell blank")
    if text.endswith(("%", "‰")):
        return NoNumeral(
            what=f"'{text}' carries its own unit",
            mend='declare it: measures = { ... = "%" }, or take the sign out of the cells',
        )
    short = text if len(text) <= 40 else text[:37] + "..."
    return NoNumeral(what=f"'{short}' is no number", mend="correct it in the file; leave a missing figure blank")


def is_sentence(text: str) -> bool:
    """Whether a text reads as a note and not as a name: it has a mark of punctuation, or several words and is long.

    >>> is_sentence("Last Updated: 06/28/2024"), is_sentence("新疆"), is_sentence("New South Wales")
    (True, False, False)
    """
    return len(text) >= 8 and (bool(re.search(r"[:;。，；：!]|\.\s|\.$", text)) or (" " in text and len(text) > 40))


def is_figure(cell: object) -> bool:
    """Whether a cell is a number under one of the marks that files use; for a look, which then finds out under which."""
    return not is_blank(cell) and any(
        not isinstance(read_number(cell, thousands=t, decimal=d, measure=None), NoNumeral)
        for t, d in ((",", ""), ("", ","), (" ", ""), ("'", ""), (".", ","), (" ", ","))
    )


def read_year(cell: object) -> int | None:
    """A year as printed, such as 2024, "2024年", 2024.0, "2024YY" or the first or last day of it; None for anything else.

    >>> read_year("2024年"), read_year(2015.0), read_year("最近20年")
    (2024, 2015, None)
    >>> read_year("2015-12-31"), read_year("2015-06-30"), read_year("二〇一五年")
    (2015, None, 2015)
    """
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, (int, float)):
        return int(cell) if math.isfinite(cell) and cell == int(cell) and 1800 <= cell <= 2199 else None
    text = narrow(str(cell))
    found = _YEAR.fullmatch(text) or _WHOLE_YEAR.fullmatch(text)
    if found:
        return int(found[1])
    spelled = _SPELLED_YEAR.fullmatch(text)
    return int("".join(str(_DIGITS.index(c) % 10) for c in spelled[1])) if spelled else None


def read_period(cell: object) -> tuple[int, int, int] | None:
    """A quarter or month as printed: the year, which of them, and how many a year has; None for anything else.

    >>> read_period("2024年第四季度"), read_period("2024年12月"), read_period("2024Q1"), read_period("202403MM"), read_period("2024年")
    ((2024, 4, 4), (2024, 12, 12), (2024, 1, 4), (2024, 3, 12), None)
    """
    text = narrow(str(cell)) if isinstance(cell, str) else ""
    quarter = _QUARTER.fullmatch(text)
    if quarter:
        which = quarter[2] or quarter[3]
        return int(quarter[1]), "一二三四".index(which) + 1 if which in "一二三四" else int(which), 4
    month = _MONTH.fullmatch(text)
    return (int(month[1]), int(month[2]), 12) if month and 1 <= int(month[2]) <= 12 else None


_WITHIN = re.compile(
    r"(?:1[89]|2[01])\d\d(?:[-/.](?:0?[1-9]|1[0-2])(?:[-/.]\d{1,2})?|[-/.]?[Mm](?:0?[1-9]|1[0-2])|(?:0[1-9]|1[0-2])(?:[0-3]\d)?)"
)


def within_year(cell: object) -> bool:
    """Whether a cell is a quarter, a month or a day, and no year; the last day of a year stands for it.

    >>> [within_year(t) for t in ("2010Q1", "2010-03", "2010M03", "2010年1月", "2010-06-30", "2010-12-31", "2010", "x")]
    [True, True, True, True, True, False, False, False]
    """
    part = read_period(cell) is not None or _WITHIN.fullmatch(narrow(str(cell))) is not None
    return part and read_year(cell) is None


def odd_years(years: Sequence[int]) -> str:
    """What is unusual about the years of a header in the order of its columns, "" where nothing is."""
    steps = [b - a for a, b in pairwise(years)]
    listed = ", ".join(map(str, years))
    if steps and not (all(s > 0 for s in steps) or all(s < 0 for s in steps)):
        return f"the years of the header do not stand in order: {listed}"
    return f"the header leaves out years: {listed}" if len({abs(s) for s in steps}) > 1 else ""


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
