"""Year in which a province is first treated, from facts; exposure year by year is in zone_exposure."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived, Evidence
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import on_grid_of
from panelkit.etl.derive._units import city_codes, on_grid, places
from panelkit.etl.derive._zone_lines import first_zone_lines, free_trade_zone_line
from panelkit.facts import zones

NEVER = 0.0


@spec
class FirstTreatedSpec(DerivationSpec):
    """Which policy, and when it counts as begun.

    Parameters
    ----------
    rule : 'approval_year' | 'treat_year_h1rule' | 'first_full_year' | 'plan_date'
        See `facts.zones.first_treated`.
    policy : 'pilot_zone' | 'free_trade_zone'
        Cross-border e-commerce comprehensive pilot zones, or pilot free-trade zones.
    level : 'province' | 'city'
        'city' for panels of prefecture-level cities, units as six-digit codes; pilot zones only.
    """

    rule: Literal["approval_year", "treat_year_h1rule", "first_full_year", "plan_date"] = "approval_year"
    policy: Literal["pilot_zone", "free_trade_zone"] = "pilot_zone"
    level: Literal["province", "city"] = "province"


def derive(options: FirstTreatedSpec, columns: Columns) -> Derived:
    """The year, the same in every row of a province; 0 for one that is never treated (as in Stata's csdid and R's did).

    Source
    ------
    State Council replies, batches 1 to 8; see the catalogue of facts. Common errors avoided: the year of approval taken for the
    first year of work (three rules, none official: report all), and units treated after the sample taken for never treated (said).
    """
    if options.level == "city":
        return _of_cities(options, columns)
    known = zones.first_treated(options.rule) if options.policy == "pilot_zone" else zones.free_trade_zone(options.rule)
    units = set(places(columns))
    later = sorted(u for u in units if known.get(u, 0) > columns.study_years[1])
    noun = "province is" if len(later) == 1 else "provinces are"
    notes = (f"{len(later)} {noun} treated only after {columns.study_years[1]}",) if later else ()
    return Derived(
        values=on_grid(columns, lambda unit, year: float(known.get(unit, NEVER))),
        measure="year",
        how=f"first year with a {options.policy.replace('_', ' ')}, timing rule {options.rule}; 0 where there is none "
        f"(facts: {'cbec_pilot_zones' if options.policy == 'pilot_zone' else 'ftz_batches'})",
        notes=notes,
    )


def _of_cities(options: FirstTreatedSpec, columns: Columns) -> Derived:
    if options.policy != "pilot_zone":
        raise StudyError("free-trade zones are known by province only", mend="take policy = 'pilot_zone', or provinces")
    known = zones.first_treated(options.rule, "city")
    cities = city_codes(columns)
    first = np.array([known.get(u, NEVER) for u in cities], dtype=np.float64)
    inner = {z.city_code for z in zones.zones() if not z.treats_prefecture}
    touched = sorted({u for u in cities if u not in known and any(c[:4] == u[:4] for c in inner)})
    notes = (
        (f"{counted(len(touched), 'cities hold')} a zone of a county-level city only, which does not treat them",)
        if touched
        else ()
    )
    return Derived(
        values=on_grid_of(columns, first[:, None]),
        measure="year",
        how=f"first year with a pilot zone of the whole city, timing rule {options.rule}; 0 where there is none "
        "(facts: cbec_pilot_zones)",
        notes=notes,
    )


_RULES = {
    "approval_year": r"y_z",
    "treat_year_h1rule": r"y_z + 1\{m_z > 6\}",
    "first_full_year": r"y_z + 1\{m_z > 1\}",
    "plan_date": "y_z",
}


def symbols(options: FirstTreatedSpec) -> dict[str, str | Label]:
    """Zones and their dates."""
    if options.policy == "free_trade_zone":
        zone = Label(en="pilot free-trade zones of the province", zh="省内自由贸易试验区")
    elif options.level == "city":
        zone = Label(en="pilot zones of the whole city", zh="全市范围的综试区")
    else:
        zone = Label(en="pilot zones in the province", zh="省内综试区")
    day = Label(en="year and month of the reply (or launch)", zh="批复(或挂牌)年、月")
    if options.rule == "plan_date":
        day = Label(
            en="year and month of the provincial plan where one was seen, else of the reply",
            zh="省级实施方案(未见者用批复)年、月",
        )
    return {"z": zone, "y_z, m_z": day}


def evidence(options: FirstTreatedSpec, unit: str, year: int) -> tuple[Evidence, ...]:
    """The zones that make the year."""
    if options.policy == "free_trade_zone":
        return free_trade_zone_line(unit)
    return first_zone_lines(unit, options.level, options.rule)


DERIVATIONS.register(
    DerivationKind(
        name="first_treated",
        spec=FirstTreatedSpec,
        summary="first treated year of a province; 0 where it never is",
        summary_zh="首次受处理年份",
        formula=lambda options: (
            rf"G_i = \min_{{z \in i}} \left({_RULES[options.rule]}\right), \quad G_i = 0 \ (z = \emptyset)"
        ),
        symbols=symbols,
        facts=lambda options: ("cbec_pilot_zones" if options.policy == "pilot_zone" else "ftz_batches",),
        evidence=evidence,
        inputs=lambda options: (),
        derive=derive,
    )
)
