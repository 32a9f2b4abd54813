"""Provinces: their codes, their names in any spelling, and rows that look like one and are not; no zones, no borders."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal

from panelkit.core.errors import PanelkitError
from panelkit.facts.tables import Row, read_table

How = Literal["name", "alias", "code", "ocr"]

_CODE = re.compile(r"^(\d{2})(?:0{4}|0{10})?(?:\.0+)?$")
_NOTE = re.compile(r"^\d{1,2}(?=[^\d])|(?<=[^\d])\d{1,2}$")
_LETTERED = re.compile(
    r"(?<=[\u3400-\u9fff])\s*[(（]?[a-z][)）]\s*$|(?<=[A-Za-z])\s+[(（]?[a-z][)）]\s*$"
)  # 北京 a), Beijing a)
_BOTH = re.compile(r"^([\u3400-\u9fff]+\d{0,2})([a-z]+)$")
_AUTONOMOUS_ZH = ("自治区", "区", "省")
_MUNICIPAL_EN = ("municipality", "city", "shi", "province")
_AUTONOMOUS_EN = ("autonomousregion", "zizhiqu", "province", "region")
_KINDS = MappingProxyType(
    {
        "nation": "the national total",
        "average": "a national average",
        "region": "a regional subtotal",
        "corps": "the Xinjiang Production and Construction Corps, already counted in Xinjiang or outside the provinces",
        "separate_city": "a separately planned city, already counted in its province",
        "outside_tables": "Hong Kong, Macao or Taiwan, outside the provincial tables of the statistics bureau",
        "unallocated": "an amount not allocated to a region",
        "namesake": "a prefecture or city that shares its name with a province",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """One province-level unit.

    Parameters
    ----------
    code : str
        GB/T 2260, six digits.
    name_zh, name_zh_full, name_en, name_en_full, pinyin : str
        Short and full names; `pinyin` has no tones, so it is the same for 140000 and 610000.
    iso : str
        ISO 3166-2 in the letters of 2017.
    region4 : str
        East, central, west or northeast of the statistics bureau (2011); "" outside its tables.
    belt3 : str
        East, central or west in the later three-belt usage; "" outside its tables.
    coastal, municipality, autonomous_region, in_nbs_panel : bool
        `in_nbs_panel` is False for Taiwan, Hong Kong and Macao.
    prefectures : int
        Prefecture-level units in 2023, a municipality counting as one; 0 outside the tables.
    capital_zh, capital_en : str
    latitude, longitude : float
        Of the capital, degrees.
    dist_hangzhou_km : int
        Great circle from the capital to Hangzhou.
    """

    code: str
    name_zh: str
    name_zh_full: str
    name_en: str
    name_en_full: str
    pinyin: str
    iso: str
    region4: str
    belt3: str
    coastal: bool
    municipality: bool
    autonomous_region: bool
    in_nbs_panel: bool
    prefectures: int
    capital_zh: str
    capital_en: str
    latitude: float
    longitude: float
    dist_hangzhou_km: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A spelling that was recognised: the code, how ('ocr' deserves a line in the report), and the text as printed."""

    code: str
    how: How
    printed: str


@cache
def _all() -> MappingProxyType[str, Province]:
    return MappingProxyType({row["code"]: _province(row) for row in read_table("provinces")})


def _province(row: Row) -> Province:
    return Province(
        code=row["code"],
        name_zh=row["name_zh"],
        name_zh_full=row["name_zh_full"],
        name_en=row["name_en"],
        name_en_full=row["name_en_full"],
        pinyin=row["pinyin"],
        iso=row["iso"],
        region4=row["region4"],
        belt3=row["belt3"],
        coastal=row["coastal"] == "1",
        municipality=row["municipality"] == "1",
        autonomous_region=row["autonomous_region"] == "1",
        in_nbs_panel=row["in_nbs_panel"] == "1",
        prefectures=int(row["prefectures"] or 0),
        capital_zh=row["capital_zh"],
        capital_en=row["capital_en"],
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        dist_hangzhou_km=int(row["dist_hangzhou_km"]),
    )


def province(code: str) -> Province:
    """The province with this six-digit code; Taiwan, Hong Kong and Macao can be looked up too.

    Raises
    ------
    PanelkitError
        Not a province code.

    >>> province("330000").name_en
    'Zhejiang'
    """
    try:
        return _all()[code]
    except KeyError:
        raise PanelkitError(
            f"'{code}' is not a province code",
            where="panelkit.facts",
            mend="give the six digits of GB/T 2260 as text, such as '330000'; match_province() reads names",
        ) from None


@cache
def provinces() -> tuple[Province, ...]:
    """The 31 provinces of the statistics bureau's tables, in code order.

    >>> len(provinces()), provinces()[0].name_zh
    (31, '北京')
    """
    return tuple(sorted((p for p in _all().values() if p.in_nbs_panel), key=lambda p: p.code))


def _compact(text: str) -> str:
    """The text in normal widths without blanks and invisible marks."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] not in "ZC")


def _fold(text: str) -> str:
    """Letters and digits only: widths made one, case, blanks, marks, notes such as "a)" and punctuation dropped, tones kept."""
    text = _LETTERED.sub("", text)
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in unicodedata.normalize("NFC", wide) if c.isalnum())


def _unmarked(folded: str) -> str:
    """A folded spelling without the number of a note or of the row, such as 北京1 of "北京(1)" or "1.北京"."""
    return _NOTE.sub("", folded)


def _of_both(folded: str) -> tuple[str, How] | None:
    """The province of a name in two languages in one cell, such as 北京Beijing, where both mean the same."""
    both = _BOTH.match(folded)
    if both is None:
        return None
    zh, en = (_known().get(_unmarked(part)) for part in both.groups())
    return zh if zh is not None and en is not None and zh[0] == en[0] else None


def _without_tones(folded: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))


def _suffixes(place: Province, spelling: str) -> tuple[str, ...]:
    """What may follow a spelling: 市 and City only after a municipality, so that 吉林市 stays a city."""
    latin = spelling.isascii()
    if place.municipality:
        return _MUNICIPAL_EN if latin else ("市",)
    if place.autonomous_region:
        return _AUTONOMOUS_EN if latin else _AUTONOMOUS_ZH
    return ("province", "sheng") if latin else ("省",)


def _spellings() -> Iterator[tuple[str, str, How]]:
    """Every folded spelling with its code and kind, suffixes added."""
    for place in provinces():
        yield _fold(place.iso), place.code, "code"
        yield f"cn{place.code[:2]}", place.code, "code"
        official = [place.name_zh, place.name_zh_full, place.name_en, place.name_en_full]
        if place.code != "610000":  # toneless 'Shanxi' belongs to 140000
            official.append(place.pinyin)
        for name in official:
            yield _fold(name), place.code, "name"
            for suffix in _suffixes(place, name):
                yield _fold(name) + suffix, place.code, "name"
    for row in read_table("province_aliases"):
        folded = _fold(row["spelling"])
        how: How = "ocr" if row["kind"] == "ocr" else "alias"
        yield folded, row["code"], how
        if how == "alias" and len(folded) > 1:
            for suffix in _suffixes(_all()[row["code"]], folded):
                yield folded + suffix, row["code"], how


@cache
def _known() -> MappingProxyType[str, tuple[str, How]]:
    found: dict[str, tuple[str, How]] = {}
    for folded, code, how in _spellings():
        if found.setdefault(folded, (code, how))[0] != code:
            raise PanelkitError(
                f"'{folded}' would mean both {found[folded][0]} and {code}",
                where="panelkit/facts/province_aliases.csv",
                mend="take the spelling out: an alias belongs to one province",
            )
    return MappingProxyType(found)


@cache
def _known_others() -> MappingProxyType[str, str]:
    return MappingProxyType({_fold(row["spelling"]): _KINDS[row["kind"]] for row in read_table("not_provinces")})


@lru_cache(maxsize=4096)
def match(name: str) -> Match | None:
    """Which province a printed name or code means, and how it was recognised.

    Blanks of every width, also inside the name, byte-order marks, case, punctuation, the usual suffixes and the mark of a
    note ("北京①", "上海(1)") do not matter; a name in both languages ("北京 Beijing") must mean one province in both.
    Six-digit, twelve-digit and two-digit codes and ISO 3166-2 are read. A bare "Shanxi" is 140000;
    "Shaanxi" and "Shannxi" are 610000. Known slips of optical recognition are matched with how='ocr'.

    Parameters
    ----------
    name : str
        As printed.

    Returns
    -------
    Match or None
        None also for rows that `is_not_a_province` knows: no text is both.

    >>> match(" 上   海 ")
    Match(code='310000', how='name', printed=' 上   海 ')
    >>> match("江两").how
    'ocr'
    """
    printed = str(name)
    code = _CODE.match(_compact(printed))
    if code:
        six = f"{code[1]}0000"
        known = six in _all() and _all()[six].in_nbs_panel
        return Match(code=six, how="code", printed=printed) if known else None
    folded = _fold(printed)
    if folded in _known_others():
        return None
    found = _known().get(folded) or _known().get(_without_tones(folded))
    if found is None and _unmarked(folded) != folded:
        found = _known().get(_unmarked(folded)) if len(_unmarked(folded)) > 1 else None
    found = found or _of_both(folded)
    return Match(code=found[0], how=found[1], printed=printed) if found else None


def match_province(name: str) -> str | None:
    """The six-digit code of a printed province name or code, or None.

    >>> [match_province(n) for n in ("Shanxi", "Shaanxi", "内蒙 古", "330000000000", "全国")]
    ['140000', '610000', '150000', '330000', None]
    """
    found = match(name)
    return found.code if found else None


def is_not_a_province(name: str) -> str | None:
    """What a row is that is known not to be a province, in words; None for provinces and for unknown text.

    >>> is_not_a_province("东部地区")
    'a regional subtotal'
    >>> is_not_a_province("浙江") is None
    True
    """
    printed = str(name)
    code = _CODE.match(_compact(printed))
    if code and code[1] == "00":
        return _KINDS["nation"]
    folded = f"{code[1]}0000" if code else _fold(printed)
    if code or folded in _known_others():
        return _known_others().get(folded)
    both = _BOTH.match(folded)
    kinds = {_known_others().get(part) for part in both.groups()} if both else set()
    return kinds.pop() if len(kinds) == 1 else _known_others().get(_unmarked(folded))


def nearest(name: str, *, most: int = 3) -> tuple[str, ...]:
    """Short names of the provinces that a text most likely meant, closest first, in the script of the text.

    >>> nearest("Zhejang")[0]
    'Zhejiang'
    >>> nearest("浙东")[0]
    '浙江'
    """
    folded = _fold(str(name))
    latin = folded.isascii()
    shown = {_fold(p.name_en if latin else p.name_zh): p.name_en if latin else p.name_zh for p in provinces()}
    close = difflib.get_close_matches(folded, sorted(shown), n=most, cutoff=0.5)
    return tuple(shown[c] for c in close)
