"""Exposure of provinces to cross-border e-commerce pilot zones, from facts; the first treated year alone is in first_treated."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived, Evidence
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import on_grid_of
from panelkit.etl.derive._units import city_codes, on_grid
from panelkit.etl.derive._zone_lines import zone_lines
from panelkit.facts.provinces import province
from panelkit.facts.zones import YEARS_COVERED, Zone, exposure, zones

_MEASURES = {"zone_years": "zone-years", "zone_count": "zones", "any_zone": "", "share_of_prefectures": ""}


@spec
class ZoneExposureSpec(DerivationSpec):
    """Which exposure.

    Parameters
    ----------
    kind : 'zone_years' | 'zone_count' | 'any_zone' | 'share_of_prefectures'
        See `facts.zones.exposure`.
    rule : 'approval_year' | 'treat_year_h1rule' | 'first_full_year' | 'plan_date'
        When a zone counts as begun; 'zone_years' goes by days and knows no rule.
    level : 'province' | 'city'
        'city' for panels of prefecture-level cities, units as six-digit codes.
    """

    kind: Literal["zone_years", "zone_count", "any_zone", "share_of_prefectures"] = "zone_years"
    rule: Literal["approval_year", "treat_year_h1rule", "first_full_year", "plan_date"] = "approval_year"
    level: Literal["province", "city"] = "province"


def derive(options: ZoneExposureSpec, columns: Columns) -> Derived:
    """Exposure in every year that the list of zones covers; years outside it are missing, and in the study's years a fault.

    Raises
    ------
    PanelkitError
        A year of the study that the list of zones does not cover, or units that are no provinces.

    Source
    ------
    State Council replies, batches 1 to 8; see the catalogue of facts. Common errors avoided: one dummy for a province of which
    one city in twenty is a zone, a county-level zone that treats its whole prefecture, and a treatment that is taken to last
    for ever (batch 8 ended three zones).
    """
    first, last = columns.study_years
    on_file = {int(t) for t in columns.grid.get_level_values(columns.time)}
    years = {t for t in on_file if YEARS_COVERED[0] <= t <= YEARS_COVERED[1]} | set(range(first, last + 1))
    by_rule = f", timing rule {options.rule}" if options.kind != "zone_years" else ""
    if options.level == "city":
        return _of_cities(options, columns, years, by_rule)
    known = exposure(options.kind, years, options.rule)
    if options.rule != "approval_year" and options.kind in ("zone_count", "share_of_prefectures"):
        known = {key: _begun(options, key[0], key[1]) for key in known}
    return Derived(
        values=on_grid(columns, lambda unit, year: known.get((unit, year), float("nan"))),
        measure=_MEASURES[options.kind],
        how=f"{options.kind} of pilot zones{by_rule} (facts: cbec_pilot_zones)",
    )


def _in_force(zone: Zone, rule: str, year: int) -> bool:
    """Begun under the rule by that year, and not ended."""
    return zone.first_treated(rule) <= year and zone.in_force_at_end(year)


def _begun(options: ZoneExposureSpec, code: str, year: int) -> float:
    """Zones of a province begun under a rule, or prefectures that are one over all of them."""
    there = [z for z in zones() if z.province_code == code and _in_force(z, options.rule, year)]
    if options.kind == "zone_count":
        return float(len(there))
    if any(z.level == "province-wide" for z in there):
        return 1.0
    return round(sum(z.treats_prefecture for z in there) / province(code).prefectures, 4)


def _of_cities(options: ZoneExposureSpec, columns: Columns, years: set[int], by_rule: str) -> Derived:
    if options.kind == "share_of_prefectures":
        raise StudyError("a city has no share of cities", mend="take any_zone, zone_years or zone_count")
    if min(years) < YEARS_COVERED[0] or max(years) > YEARS_COVERED[1]:
        exposure(options.kind, years)  # refuses, with the years that are covered
    of = {z.city_code: z for z in zones() if z.treats_prefecture}

    def dose(code: str, year: int) -> float:
        zone = of.get(code)
        if year not in years:
            return float("nan")
        if zone is None:
            return 0.0
        return (
            round(zone.share_of_year(year), 3)
            if options.kind == "zone_years"
            else float(_in_force(zone, options.rule, year))
        )

    at = columns.grid.levels[1]
    doses = np.array([[dose(code, int(t)) for t in at] for code in city_codes(columns)])
    return Derived(
        values=on_grid_of(columns, doses),
        measure=_MEASURES[options.kind],
        how=f"{options.kind} of the city's own pilot zone{by_rule} (facts: cbec_pilot_zones); zones of county-level cities do not count",
    )


_RULES = {
    "approval_year": ("y_z", "y_z"),
    "treat_year_h1rule": (r"y_z + 1\{m_z > 6\}", "y_z, m_z"),
    "first_full_year": (r"y_z + 1\{m_z > 1\}", "y_z, m_z"),
    "plan_date": ("y_z", "y_z"),
}


def formula(options: ZoneExposureSpec) -> str:
    """The formula of the kind and timing rule at hand."""
    if options.kind == "zone_years":
        return r"x_{it} = \sum_{z \in i} \min\left(1, \frac{\max(0, d_{zt})}{365}\right)"
    begun = rf"G_z = {_RULES[options.rule][0]}"
    if options.kind == "any_zone":
        return rf"x_{{it}} = 1\{{\min_{{z \in i}} G_z \le t\}}, \quad {begun}"
    count = r"\sum_{z \in i} 1\{G_z \le t\}"
    over = r" / P_i" if options.kind == "share_of_prefectures" else ""
    return rf"x_{{it}} = {count}{over}, \quad {begun}"


def symbols(options: ZoneExposureSpec) -> dict[str, str | Label]:
    """Zones, their dates, prefectures."""
    where = "of the city itself" if options.level == "city" else "in the province"
    where_zh = "该市本身的综试区" if options.level == "city" else "省内综试区"
    found: dict[str, str | Label] = {"z": Label(en=f"pilot zones {where}, while in force", zh=f"{where_zh}(有效期内)")}
    if options.kind == "zone_years":
        found["d_{zt}"] = Label(en="days from the reply to 31 December of year t", zh="批复日至第t年12月31日的天数")
    else:
        found[_RULES[options.rule][1]] = (
            Label(
                en="year of the provincial plan where one was seen, else of the reply",
                zh="省级实施方案年份(未见者用批复年份)",
            )
            if options.rule == "plan_date"
            else Label(en="year and month of the reply", zh="批复年、月")
        )
    if options.kind == "share_of_prefectures":
        found["P_i"] = Label(
            en="prefecture-level units of the province (2023); county-level zones do not count",
            zh="省内地级单位数(2023年)；县级综试区不计",
        )
    return found


def evidence(options: ZoneExposureSpec, unit: str, year: int) -> tuple[Evidence, ...]:
    """The zones behind a cell."""
    rule = None if options.kind == "zone_years" else options.rule
    return zone_lines(unit, year, options.level, rule, whole=options.kind == "share_of_prefectures")


DERIVATIONS.register(
    DerivationKind(
        name="zone_exposure",
        spec=ZoneExposureSpec,
        summary="exposure of a province to cross-border e-commerce pilot zones",
        summary_zh="跨境电商综试区暴露度",
        formula=formula,
        symbols=symbols,
        facts=lambda _: ("cbec_pilot_zones",),
        evidence=evidence,
        inputs=lambda options: (),
        derive=derive,
    )
)
