"""Divisions of GB/T 4754 (two digits) in three editions: names, codes, and what becomes of each in another; figures are not here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from types import MappingProxyType

from panelkit.facts.tables import read_table

EDITIONS: tuple[str, ...] = ("2002", "2011", "2017")
IN_FORCE = MappingProxyType({"2002": (2003, 2011), "2011": (2012, 2017), "2017": (2018, 9999)})  # years of figures
JOINT = "joint"  # divisions put together until all editions have them
_CODE = re.compile(r"(?:[A-T])?(\d{2})(?:00)?")
_BOTH = re.compile(r"(?:[A-T])?(\d{2})(\D.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """A division: edition, two digits, section letter, names, and its code in the joint list; confidence 'medium' or 'memory'."""

    edition: str
    code: str
    section: str
    name_zh: str
    name_en: str
    joint: str
    confidence: str


@cache
def industries(edition: str) -> tuple[Industry, ...]:
    """The divisions of an edition in code order.

    >>> [len(industries(e)) for e in EDITIONS]
    [95, 96, 97]
    """
    return tuple(
        Industry(
            edition=row["edition"],
            code=row["code"],
            section=row["section"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            joint=row["joint"],
            confidence=row["confidence"],
        )
        for row in read_table("industries")
        if row["edition"] == edition
    )


@cache
def _by_code(edition: str) -> MappingProxyType[str, Industry]:
    return MappingProxyType({i.code: i for i in industries(edition)})


@cache
def _by_name(edition: str) -> MappingProxyType[str, str]:
    return MappingProxyType({_fold(n): i.code for i in industries(edition) for n in (i.name_zh, i.name_en)})


def _fold(text: str) -> str:
    """Letters and digits only, with 及 for 和 and 的 left out, as yearbooks vary."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in wide if c.isalnum()).replace("及", "和").replace("的", "").removesuffix("业")


def industry(code: str, edition: str) -> Industry | None:
    """The division with this code, None where the edition does not have it."""
    return _by_code(edition).get(code)


@lru_cache(maxsize=4096)
def match_industry(name: str, edition: str) -> str | None:
    """The code of a division by code ("17", "C17"), name, or both ("C17纺织业"); None for what the edition does not have, also where
    code and name do not belong together.

    >>> match_industry("C17", "2017"), match_industry("纺织业", "2002"), match_industry("30 塑料制品业", "2011")
    ('17', '17', None)
    """
    text = unicodedata.normalize("NFKC", str(name)).strip()
    text = "".join(text.split()) if not text.isascii() else text
    if code := _CODE.fullmatch(text):
        return code[1] if code[1] in _by_code(edition) else None
    if both := _BOTH.fullmatch(text.replace(" ", "") if text[:3].strip().isalnum() and text[:1].isdigit() else text):
        found = _by_name(edition).get(_fold(both[2]))
        return found if found == both[1] else None
    return _by_name(edition).get(_fold(text))


@cache
def _links() -> tuple[tuple[str, str, str, str], ...]:
    return tuple((r["edition"], r["code"], r["to_edition"], r["to_code"]) for r in read_table("industry_links"))


@lru_cache(maxsize=1024)
def becomes(code: str, edition: str, to: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a division is in another edition, or in the joint list: the divisions of its own edition that belong with it, and those of
    the other; with one of the latter the figures of the former add up to it, with more they cannot be told apart.

    >>> becomes("29", "2002", "2011"), becomes("37", "2002", "2017")
    ((('29', '30'), ('29',)), (('37',), ('36', '37')))
    >>> becomes("37", "2002", "joint")[1]
    ('36+37',)
    """
    if edition == to:
        return (code,), (code,)
    if to == JOINT:
        name = _by_code(edition)[code].joint
        return tuple(i.code for i in industries(edition) if i.joint == name), (name,)
    own, other = {code}, set[str]()
    steps = _steps(edition, to)
    while True:
        reached = _along(own, steps)
        back = _along(reached, [(b, a) for a, b in reversed(steps)])
        if back <= own and reached <= other:
            return tuple(sorted(own)), tuple(sorted(other))
        own, other = own | back, other | reached


def _steps(edition: str, to: str) -> list[tuple[str, str]]:
    a, b = EDITIONS.index(edition), EDITIONS.index(to)
    order = EDITIONS[a : b + 1] if a < b else EDITIONS[b : a + 1][::-1]
    return list(pairwise(order))


def _along(codes: set[str], steps: list[tuple[str, str]]) -> set[str]:
    here = set(codes)
    for left, right in steps:
        here = {d for e, c, f, d in _links() if (e, f) == (left, right) and c in here} | {
            c for e, c, f, d in _links() if (f, e) == (left, right) and d in here
        }
    return here


_WHOLES = (
    *("总计", "合计", "全国", "全国总计", "总额", "工业", "规模以上工业", "Total", "第一产业", "第二产业", "第三产业"),
    *(
        "农、林、牧、渔业",
        "采矿业",
        "采掘业",
        "制造业",
        "电力、热力、燃气及水生产和供应业",
        "电力、燃气及水的生产和供应业",
    ),
    *("建筑业", "批发和零售业", "交通运输、仓储和邮政业", "住宿和餐饮业", "信息传输、软件和信息技术服务业", "金融业"),
    *("信息传输、计算机服务和软件业", "租赁和商务服务业", "科学研究和技术服务业", "科学研究、技术服务和地质勘查业"),
    *("水利、环境和公共设施管理业", "居民服务、修理和其他服务业", "居民服务和其他服务业", "卫生和社会工作"),
    *("卫生、社会保障和社会福利业", "文化、体育和娱乐业", "公共管理、社会保障和社会组织", "公共管理和社会组织"),
    *("Manufacturing", "Mining"),
)


@cache
def _wholes() -> frozenset[str]:
    return frozenset(map(_fold, _WHOLES))


def is_whole(name: str) -> bool:
    """Whether a row is a section or a total, whose divisions stand beside it: it must not be added to them.

    >>> is_whole("制造业"), is_whole("C"), is_whole("纺织业")
    (True, True, False)
    """
    text = str(name).strip()
    return _fold(text) in _wholes() or (len(text) == 1 and text.isalpha() and text.isascii())
