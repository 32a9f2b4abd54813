"""Rows of labels and of units of measure below the header of a tidy table, as databases write them; the header itself is in _frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panelkit.etl.harmonise.units import known_measure, plain
from panelkit.etl.sources._cells import BLANK_MARKS, is_blank, narrow, read_number, read_year
from panelkit.etl.sources._cells import NoNumeral as _NoNumeral
from panelkit.facts.cities import match_city
from panelkit.facts.provinces import is_not_a_province, match

MOST_ROWS = 3  # of labels
_SAMPLE = 300
_NO_UNIT = frozenset({"没有单位", "无单位", "无", "none", "no unit", "unitless"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """What stands between header and figures: how many rows, a label and a unit of measure for each column ("" for none)."""

    rows: int
    labels: tuple[str, ...]
    measures: tuple[str, ...]
    said: tuple[str, ...]


def below_header(rows: Sequence[Sequence[object]], width: int) -> Below:
    """The rows of labels and units at the top of the body of a table.

    A row is one where no column that holds numbers further down has a number in it, and most of those columns have a text. A
    column of years counts, so that a row with a year is never one, whatever else is wrong with it.
    """
    labels = [""] * width
    measures = [""] * width
    said: list[str] = []
    count = 0
    while count < min(MOST_ROWS, len(rows) - 1) and _is_label(rows[count], rows[count + 1 :], width):
        texts = [_text(rows[count], c) for c in range(width)]
        filled = [t for t in texts if t]
        units = [_unit(t) for t in texts]
        shown = ", ".join(filled[:6]) + (", ..." if len(filled) > 6 else "")
        if all(u is not None for u, t in zip(units, texts, strict=True) if t):
            measures = [u or m for u, m in zip(units, measures, strict=True)]
            said.append(f"row of units of measure below the header: {shown}")
        else:
            labels = [f"{a} {t}".strip() for a, t in zip(labels, texts, strict=True)]
            said.append(f"row of labels below the header: {shown}")
        count += 1
    return Below(rows=count, labels=tuple(labels), measures=tuple(measures), said=tuple(said))


def _text(row: Sequence[object], column: int) -> str:
    cell = row[column] if column < len(row) else None
    return "" if is_blank(cell) else narrow(str(cell))


def _unit(text: str) -> str | None:
    """A text as a unit of measure, "" where it says that there is none; None where it is something else."""
    bare = plain(text).strip("()")
    return "" if bare.casefold() in _NO_UNIT else known_measure(bare)


def _is_label(row: Sequence[object], below: Sequence[Sequence[object]], width: int) -> bool:
    numeric = [c for c in range(width) if _holds_numbers([r[c] for r in below[:_SAMPLE] if c < len(r)])]
    if not numeric or not any(_text(row, c) for c in range(width)):
        return False
    texts = [_text(row, c) for c in numeric]
    if any(t and (t.casefold() in BLANK_MARKS or any(d.isdigit() for d in t[:1]) or _is_number(t)) for t in texts):
        return False
    if any(match(t) or is_not_a_province(t) or match_city(t) for c in range(width) if (t := _text(row, c))):
        return False
    units = all(_unit(t) is not None for c in range(width) if (t := _text(row, c)))
    return (units or len(numeric) > 1) and sum(map(bool, texts)) >= len(texts) / 2


def _is_number(text: str) -> bool:
    return not isinstance(read_number(text), _NoNumeral) or read_year(text) is not None


def _holds_numbers(cells: Sequence[object]) -> bool:
    filled = [c for c in cells if not is_blank(c) and narrow(str(c)).casefold() not in BLANK_MARKS]
    return bool(filled) and sum(_is_number(str(c)) for c in filled) >= 0.9 * len(filled)
