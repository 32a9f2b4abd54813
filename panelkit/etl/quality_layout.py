"""A plain table of the quality report from a heading, heads and rows; what stands in them is in quality_tables and quality_coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.label import Language
from panelkit.etl.quality_words import WORDS

Shown = str | int | float | None


def word(key: str, language: Language) -> str:
    """A heading in one language."""
    return WORDS[key][language == "zh"]


def table(
    name: str, stub: str, heads: Sequence[str], rows: Iterable[tuple[str, Sequence[Shown]]], language: Language
) -> Table:
    """A plain table: a label and cells per row; numbers keep their full value and are shown short.

    heads : words of ours by their key, or names of series and years, which stay so.
    """
    listed = list(rows)
    texts = {j for j in range(len(heads)) if any(isinstance(cells[j], str) for _, cells in listed)}

    def align(j: int) -> Literal["left", "decimal"]:
        return "left" if j in texts else "decimal"

    return Table(
        id=f"quality_{name}",
        title=word(name, language),
        stub=word(stub, language),
        columns=tuple(
            Column(id=h, heading=(word(h, language) if h in WORDS else h,), align=align(j)) for j, h in enumerate(heads)
        ),
        rows=tuple(Row(kind="text", label=label, cells=tuple(_cell(v) for v in cells)) for label, cells in listed),
        language=language,
        long=True,
    )


def _cell(value: Shown) -> Cell:
    if value is None or value != value:
        return Cell(raw=None, shown="")
    if isinstance(value, float):
        return Cell(raw=value, shown=f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}")
    return Cell(raw=value, shown=str(value))
