"""Files as statistical offices, yearbooks and databases hand them out, made by hand with figures that tell where they stand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from panelkit.facts.provinces import provinces

PROVINCES = provinces()
YEARS = range(2013, 2023)
DOWN = tuple(reversed(YEARS))
COUNTRIES = (
    "Argentina", "Brazil", "Canada", "Denmark", "Egypt, Arab Rep.", "France", "Germany", "Korea, Rep.", "China", "United States",
)  # fmt: skip

Keys = Mapping[tuple[str, int], float | None]


def figure(name: str, year: int, series: int = 0) -> float:
    """The figure of a unit, a year and a series: it grows by about 7 percent."""
    level = random.Random(f"{name}{series}").uniform(500, 9000)
    return round(level * 1.07 ** (year - 2010) * random.Random(f"{name}{series}{year}").uniform(0.99, 1.01), 2)


def truth(years: Iterable[int], series: int = 0, change: Callable[[float], float] = float) -> Keys:
    """Every province and year."""
    return {(p.code, y): change(figure(p.code, y, series)) for p in PROVINCES for y in years}


@dataclass(frozen=True)
class Made:
    """A file, or several under one pattern: name -> bytes, and the path that a study names ("": the only file)."""

    files: Mapping[str, bytes]
    pattern: str = ""


@dataclass(frozen=True)
class Export:
    """A file and what is in it.

    series : name as a study would write it ("*" for what the file does not name) -> figures, None for a missing one. codes : list of
    units. fields : what a study says beside the block that inspect prints; None takes a line out. measures : of series that print none.
    """

    file: Made
    series: Mapping[str, Keys]
    codes: str = "gbt2260"
    fields: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)


EXPORTS: dict[str, Callable[[], Export]] = {}


def export(make: Callable[[], Export]) -> Callable[[], Export]:
    """Keep what makes an export under its name."""
    EXPORTS[make.__name__] = make
    return make


def made(name: str, content: bytes | str) -> Made:
    """One file."""
    return Made(files={name: content.encode() if isinstance(content, str) else content})


def several(contents: Mapping[str, bytes | str], pattern: str) -> Made:
    """Files that a study names by one path."""
    return Made(files={n: c.encode() if isinstance(c, str) else c for n, c in contents.items()}, pattern=pattern)


def separated(rows: Iterable[Sequence[object]], mark: str = ",", end: str = "\n") -> str:
    """Rows as separated text, fields in quotation marks where they need them."""

    def shown(cell: object) -> str:
        text = "" if cell is None else str(cell)
        return f'"{text}"' if any(c in text for c in (mark, "\n", '"')) else text

    return "".join(mark.join(map(shown, row)) + end for row in rows)
