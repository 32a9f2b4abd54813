"""Cities by code: prefecture-level units and municipalities, and county-level places with a pilot zone; provinces are next door."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from panelkit.facts.provinces import provinces
from panelkit.facts.tables import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A unit of prefecture level, or a municipality.

    Parameters
    ----------
    code : str
        GB/T 2260, six digits; a municipality has the code of the province that it is.
    name_zh, name_zh_full, name_en : str
        Short name (杭州, 海南州), full name (杭州市, 海南藏族自治州), name in English (pinyin, or the name in use where it is another).
    level : str
        'prefecture-level city', 'prefecture', 'autonomous prefecture', 'league' or 'municipality'.
    province_code : str
    separately_planned, capital : bool
        One of the five cities with a budget of their own (计划单列市), whose figures are inside their province's; a seat of a province.
    until : int or None
        Last year, for one that was dissolved.
    confidence : str
        'high' (seen in a public code list) or 'memory'.
    """

    code: str
    name_zh: str
    name_zh_full: str
    name_en: str
    level: str
    province_code: str
    separately_planned: bool
    capital: bool
    until: int | None
    confidence: str


@cache
def all_cities() -> tuple[City, ...]:
    """Every city of the table in code order, the dissolved ones (until) among them.

    >>> len(all_cities())
    339
    """
    return tuple(
        City(
            code=row["code"],
            name_zh=row["name_zh"],
            name_zh_full=row["name_zh_full"],
            name_en=row["name_en"],
            level=row["level"],
            province_code=row["province_code"],
            separately_planned=row["separately_planned"] == "1",
            capital=row["capital"] == "1",
            until=int(row["until"]) if row["until"] else None,
            confidence=row["confidence"],
        )
        for row in read_table("cities")
    )


@cache
def cities() -> tuple[City, ...]:
    """The 333 units of prefecture level of today and the four municipalities, in code order.

    >>> len(cities()), next(c.name_en for c in cities() if c.code == "330100")
    (337, 'Hangzhou')
    """
    return tuple(c for c in all_cities() if c.until is None)


@cache
def _by_code() -> MappingProxyType[str, City]:
    return MappingProxyType({c.code: c for c in all_cities()})


@cache
def _known() -> MappingProxyType[str, str]:
    """Folded spelling -> code, without those that two cities share (Suzhou, Fuzhou, Yulin in pinyin)."""
    found: dict[str, str] = {}
    twice: set[str] = set()

    def take(spelling: str, code: str) -> None:
        folded = _fold(spelling)
        if folded and found.setdefault(folded, code) != code:
            twice.add(folded)

    for city in all_cities():
        for name in (city.name_zh, city.name_zh_full, city.name_en, city.name_en.split(" (")[0]):
            take(name, city.code)
        if city.level == "prefecture-level city" and city.name_en.isascii():
            take(city.name_en.split(" (")[0] + " City", city.code)
    for row in read_table("city_aliases"):
        if row["kind"] != "former_code":
            take(row["spelling"], row["code"])
    own = {_fold(n) for p in provinces() if not p.municipality for n in (p.name_zh, p.name_en)} - {"吉林", "jilin"}
    return MappingProxyType({s: code for s, code in found.items() if s not in twice and s not in own})


@cache
def _former_codes() -> MappingProxyType[str, str]:
    rows = read_table("city_aliases")
    return MappingProxyType({r["spelling"]: r["code"] for r in rows if r["kind"] == "former_code"})


@cache
def _prefixes() -> tuple[tuple[str, str], ...]:
    """Folded names of provinces with their codes, the longest first, for names such as 江苏省苏州市."""
    found = [(_fold(n), p.code) for p in provinces() for n in (p.name_zh_full, p.name_zh)]
    return tuple(sorted(found, key=lambda f: -len(f[0])))


@cache
def _of_province() -> MappingProxyType[tuple[str, str], str]:
    return MappingProxyType(
        {(c.province_code, _fold(n)): c.code for c in all_cities() for n in (c.name_zh, c.name_zh_full)}
    )


def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


@lru_cache(maxsize=4096)
def match_city(name: str) -> str | None:
    """The code of a city by its name or code, None for one that the list does not have, or that could be two.

    Blanks, case, punctuation and the usual endings do not matter; a province may stand in front; codes of six and of twelve digits are
    read, also those that a unit had before it became a city. A bare 吉林 is the city (a table that has provinces too is told by
    `namesakes`); a bare 海南 is the province, 海南州 the prefecture of Qinghai.

    >>> match_city("大 连"), match_city("杭州市"), match_city("330100"), match_city("Taizhou"), match_city("江苏省苏州市")
    ('210200', '330100', '330100', None, '320500')
    >>> match_city("海南"), match_city("海南州"), match_city("襄樊市"), match_city("542400")
    (None, '632500', '420600', '540600')
    """
    folded = _fold(str(name))
    if folded.isdigit() and len(folded) in (6, 12):
        code = folded[:6] if len(folded) == 6 or not folded[6:].strip("0") else ""
        return code if code in _by_code() else _former_codes().get(code)
    found = _known().get(folded)
    if found is not None:
        return found
    for prefix, province in _prefixes():
        if folded.startswith(prefix) and (province, folded[len(prefix) :]) in _of_province():
            return _of_province()[province, folded[len(prefix) :]]
    return None


def namesakes(name: str) -> str | None:
    """The code of the city that bears the name of its province (吉林), where a text could be either; None for any other.

    >>> namesakes("吉林"), namesakes("吉林市"), namesakes("Jilin")
    ('220200', None, '220200')
    """
    return "220200" if _fold(str(name)) in ("吉林", "jilin") else None


def inner_place(name: str) -> tuple[str, str] | None:
    """A county-level city or new area with a pilot zone: its name and the code of the city that it lies in; None for any other text.

    >>> inner_place("义乌市")
    ('义乌市', '330700')
    """
    folded = _fold(str(name))
    for row in read_table("cbec_pilot_zones"):
        code = row["city_code"]
        if row["level"] not in ("county-level city", "new area"):
            continue
        if folded in (code, _fold(row["city_zh"]), _fold(row["city_zh"]).removesuffix("市"), _fold(row["city_en"])):
            parent = "130600" if code == "133100" else f"{code[:4]}00"  # Xiong'an lies in Baoding
            return row["city_zh"], parent
    return None


def city(code: str) -> City | None:
    """The city with this code, None where the list does not have it."""
    return _by_code().get(code)
