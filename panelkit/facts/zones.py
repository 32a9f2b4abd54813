"""E-commerce pilot zones and free-trade zones: who was treated when, and how much; no outcome and no estimate."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from panelkit.core.errors import PanelkitError
from panelkit.core.nearest import known_or_nearest
from panelkit.facts.provinces import province, provinces
from panelkit.facts.tables import read_table

TIMING_RULES = ("approval_year", "treat_year_h1rule", "first_full_year", "plan_date")
EXPOSURES = ("zone_years", "zone_count", "any_zone", "share_of_prefectures")
LEVELS = ("province", "city")
YEARS_COVERED = (1990, 2025)

_PREFECTURE_LEVELS = frozenset({"municipality", "prefecture-level city", "autonomous prefecture", "prefecture"})
_WHOLE_PROVINCE = "province-wide"
_MID_MONTH = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One cross-border e-commerce comprehensive pilot zone.

    Parameters
    ----------
    batch : int
        1 to 8.
    reply_date : str
        Date of the State Council's reply, ISO; batch 8 has the month only.
    reply_date_seen : str
        "yes", "month" (only the month or the publication was seen) or "no" (from memory).
    published_date, published_date_seen : str
    document : str
        Number of the reply.
    city_code, city_zh, city_en : str
        GB/T 2260; Xiong'an has the statistical code 133100.
    level : str
        Kind of unit; a county-level city or new area does not treat its prefecture.
    province_code : str
    plan_date : str
        Date of the provincial implementation plan where one was seen, else "".
    revoked : str
        Month in which the zone ended, else "".
    name_seen : bool
        Name and batch were seen in a source.
    """

    batch: int
    reply_date: str
    reply_date_seen: str
    published_date: str
    published_date_seen: str
    document: str
    city_code: str
    city_zh: str
    city_en: str
    level: str
    province_code: str
    plan_date: str
    revoked: str
    name_seen: bool

    @property
    def treats_prefecture(self) -> bool:
        """The zone is a whole prefecture-level unit."""
        return self.level in _PREFECTURE_LEVELS

    def first_treated(self, rule: str) -> int:
        """Year in which the zone counts as begun under a timing rule."""
        if rule == "plan_date":
            return _day(self.plan_date or self.reply_date).year
        return _year_under(rule, _day(self.reply_date))

    def share_of_year(self, year: int) -> float:
        """Share of a year in which the zone was in force: days after the reply / 365, at most 1; less after its end."""
        begun = _share_after(_day(self.reply_date), year)
        return begun - (_share_after(_day(self.revoked), year) if self.revoked else 0.0)

    def in_force_at_end(self, year: int) -> bool:
        """Approved by 31 December of the year and not ended."""
        ended = bool(self.revoked) and _day(self.revoked).year <= year
        return _day(self.reply_date).year <= year and not ended


def _day(text: str) -> date:
    """A date; where only the month is known, its middle."""
    return date.fromisoformat(text) if len(text) > len("2025-04") else date.fromisoformat(f"{text}-{_MID_MONTH}")


def _share_after(start: date, year: int) -> float:
    if year != start.year:
        return float(year > start.year)
    last = 365 + calendar.isleap(year)
    return min(1.0, (last - start.timetuple().tm_yday) / 365)


def _year_under(rule: str, start: date) -> int:
    """The rules; none is official, so all are reported. `plan_date` is the year of the day given."""
    rules: dict[str, int] = {
        "approval_year": start.year,
        "treat_year_h1rule": start.year + (start.month > 6),
        "first_full_year": start.year + (start.month > 1),
        "plan_date": start.year,
    }
    return rules[_known("timing rule", rule, TIMING_RULES)]


def _known(noun: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise PanelkitError(
            f"there is no {noun} '{given}'", where="panelkit.facts.zones", mend=known_or_nearest(given, known)
        )
    return given


@cache
def zones() -> tuple[Zone, ...]:
    """All 181 zones of batches 1 to 8, by batch and in the order of the replies.

    >>> len(zones()), zones()[0].city_en
    (181, 'Hangzhou')
    """
    return tuple(
        Zone(**{**row, "batch": int(row["batch"]), "name_seen": row["name_seen"] == "yes"})  # type: ignore[arg-type]
        for row in read_table("cbec_pilot_zones")
    )


def first_treated(rule: str, level: str = "province") -> dict[str, int]:
    """First year in which each unit has a zone.

    Parameters
    ----------
    rule : str
        "approval_year": the year of the reply. "treat_year_h1rule": a reply by 30 June counts that year, otherwise
        the next. "first_full_year": the next year, except for replies of January. "plan_date": the year of the provincial
        plan where one was seen (29 of 181 zones), else of the reply.
    level : str
        "province", or "city": prefecture-level units that are a zone as a whole. County-level cities, Xiong'an and
        the province-wide zone of Hainan (2025) treat no single prefecture and are left out there.

    Returns
    -------
    dict
        Code to year, in code order; a unit without a zone is not in it.

    Raises
    ------
    PanelkitError
        Unknown rule or level.

    >>> first_treated("approval_year")["330000"], first_treated("first_full_year")["330000"]
    (2015, 2016)
    """
    by_city = _known("level", level, LEVELS) == "city"
    _known("timing rule", rule, TIMING_RULES)
    first: dict[str, int] = {}
    for zone in zones():
        if by_city and not zone.treats_prefecture:
            continue
        code = zone.city_code if by_city else zone.province_code
        first[code] = min(first.get(code, 9999), zone.first_treated(rule))
    return dict(sorted(first.items()))


def exposure(kind: str, years: Iterable[int], rule: str = "approval_year") -> dict[tuple[str, int], float]:
    """How much each of the 31 provinces is exposed to zones in each year.

    Parameters
    ----------
    kind : str
        "zone_years": sum over zones of the share of the year after the reply, days / 365 also in leap years, three
        decimals (most days rest on memory, so more would be false precision). "zone_count": zones in force on
        31 December. "any_zone": 1 from the first treated year of `rule` while a zone is in force.
        "share_of_prefectures": prefecture-level units that are a zone over all such units (list of 2023), on
        31 December, four decimals.
    years : iterable of int
        Each within `YEARS_COVERED`.
    rule : str
        Timing rule, for "any_zone" only.

    Returns
    -------
    dict
        (province code, year) to exposure. Zones ended by batch 8 (April 2025) leave in 2025, so it is not absorbing.

    Raises
    ------
    PanelkitError
        Unknown kind or rule, or a year outside the zone list.

    >>> exposure("zone_years", [2015])[("330000", 2015)]
    0.819
    """
    _known("kind of exposure", kind, EXPOSURES)
    wanted = sorted({int(y) for y in years})
    outside = [y for y in wanted if not YEARS_COVERED[0] <= y <= YEARS_COVERED[1]]
    if outside:
        raise PanelkitError(
            f"the zone list does not cover {', '.join(map(str, outside))}",
            where="panelkit.facts.zones",
            mend=f"years covered: {YEARS_COVERED[0]} to {YEARS_COVERED[1]} (none before 2015, batch 8 is the last known)",
        )
    measure = _measure(kind, rule)
    by_province: dict[str, list[Zone]] = {p.code: [] for p in provinces()}
    for zone in zones():
        by_province[zone.province_code].append(zone)
    return {(code, year): measure(code, there, year) for code, there in by_province.items() for year in wanted}


def _measure(kind: str, rule: str) -> Callable[[str, list[Zone], int], float]:
    first = first_treated(rule)

    def zone_years(code: str, there: list[Zone], year: int) -> float:
        return round(sum(z.share_of_year(year) for z in there), 3)

    def zone_count(code: str, there: list[Zone], year: int) -> float:
        return float(sum(z.in_force_at_end(year) for z in there))

    def any_zone(code: str, there: list[Zone], year: int) -> float:
        return float(first.get(code, 9999) <= year and zone_count(code, there, year) > 0)

    def share_of_prefectures(code: str, there: list[Zone], year: int) -> float:
        now = [z for z in there if z.in_force_at_end(year)]
        if any(z.level == _WHOLE_PROVINCE for z in now):
            return 1.0
        return round(sum(z.treats_prefecture for z in now) / province(code).prefectures, 4)

    return {
        "zone_years": zone_years,
        "zone_count": zone_count,
        "any_zone": any_zone,
        "share_of_prefectures": share_of_prefectures,
    }[kind]


def untreated(rule: str, years: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Provinces not yet treated in each year: what a comparison can rest on.

    >>> [len(codes) for codes in untreated("approval_year", [2017, 2018, 2019, 2022]).values()]
    [20, 5, 2, 0]
    """
    first = first_treated(rule)
    return {int(y): tuple(p.code for p in provinces() if first.get(p.code, 9999) > y) for y in sorted(set(years))}


@cache
def _ftz_dates() -> MappingProxyType[str, tuple[date, date]]:
    return MappingProxyType(
        {r["province_code"]: (_day(r["plan_date"]), _day(r["launch_date"])) for r in read_table("ftz_batches")}
    )


def free_trade_zone(rule: str) -> dict[str, int]:
    """First year in which each province has a pilot free-trade zone; 22 of 31 have one.

    Parameters
    ----------
    rule : str
        A timing rule, applied to the launch: "approval_year" is the year of the launch (the plan is of the same
        year in every batch).

    Returns
    -------
    dict
        Province code to year, in code order.

    Raises
    ------
    PanelkitError
        Unknown rule.

    >>> free_trade_zone("approval_year")["310000"], len(free_trade_zone("first_full_year"))
    (2013, 22)
    """
    _known("timing rule", rule, TIMING_RULES)
    return {code: _year_under(rule, launch) for code, (_, launch) in sorted(_ftz_dates().items())}
