"""Cities by code, as far as the table of pilot zones names them; the whole list of prefectures is not shipped, provinces are next door."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from panelkit.facts.tables import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city: code of GB/T 2260, names, kind of unit, and the code of its province."""

    code: str
    name_zh: str
    name_en: str
    level: str
    province_code: str


@cache
def cities() -> tuple[City, ...]:
    """The cities that hold or held a pilot zone, in code order: every provincial capital and 36 of 36 major cities among them.

    >>> next(c.name_en for c in cities() if c.code == "330100")
    'Hangzhou'
    """
    found = {
        row["city_code"]: City(
            code=row["city_code"],
            name_zh=row["city_zh"],
            name_en=row["city_en"],
            level=row["level"],
            province_code=row["province_code"],
        )
        for row in read_table("cbec_pilot_zones")
    }
    return tuple(found[code] for code in sorted(found))


@cache
def _known() -> MappingProxyType[str, str]:
    found: dict[str, str] = {}
    twice: set[str] = set()
    for city in cities():
        spellings = {_fold(city.name_zh), _fold(city.name_en), _short(city.name_zh)}
        for spelling in spellings:
            if found.setdefault(spelling, city.code) != city.code:
                twice.add(spelling)
    return MappingProxyType({s: code for s, code in found.items() if s not in twice})


def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _short(name_zh: str) -> str:
    folded = _fold(name_zh)
    for ending in ("自治州", "地区", "市", "盟"):
        if folded.endswith(ending) and len(folded) > len(ending) + 1:
            return folded[: -len(ending)]
    return folded


def match_city(name: str) -> str | None:
    """The code of a city by its name or code, None for one that the list does not have.

    >>> match_city("大 连"), match_city("杭州市"), match_city("330100"), match_city("Taizhou")
    ('210200', '330100', '330100', None)
    """
    folded = _fold(str(name))
    if folded.isdigit() and len(folded) == 6:
        return folded if any(c.code == folded for c in cities()) else None
    return _known().get(folded)


def city(code: str) -> City | None:
    """The city with this code, None where the list does not have it."""
    return next((c for c in cities() if c.code == code), None)
