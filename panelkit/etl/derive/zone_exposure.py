"""Exposure of provinces to cross-border e-commerce pilot zones, from facts; the first treated year alone is in first_treated."""

from __future__ import annotations

from typing import Literal

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._units import on_grid
from panelkit.facts.zones import YEARS_COVERED, exposure

_MEASURES = {"zone_years": "zone-years", "zone_count": "zones", "any_zone": "", "share_of_prefectures": ""}


@spec
class ZoneExposureSpec(DerivationSpec):
    """Which exposure.

    Parameters
    ----------
    kind : 'zone_years' | 'zone_count' | 'any_zone' | 'share_of_prefectures'
        See `facts.zones.exposure`.
    rule : 'approval_year' | 'treat_year_h1rule' | 'first_full_year'
        When a zone counts as begun, for 'any_zone' only.
    """

    kind: Literal["zone_years", "zone_count", "any_zone", "share_of_prefectures"] = "zone_years"
    rule: Literal["approval_year", "treat_year_h1rule", "first_full_year"] = "approval_year"


def derive(options: ZoneExposureSpec, columns: Columns) -> Derived:
    """Exposure in every year that the list of zones covers; years outside it are missing, and in the study's years a fault.

    Raises
    ------
    PanelkitError
        A year of the study that the list of zones does not cover, or units that are no provinces.
    """
    first, last = columns.study_years
    on_file = {int(t) for t in columns.grid.get_level_values(columns.time)}
    years = {t for t in on_file if YEARS_COVERED[0] <= t <= YEARS_COVERED[1]} | set(range(first, last + 1))
    known = exposure(options.kind, years, options.rule)
    by_rule = f", timing rule {options.rule}" if options.kind == "any_zone" else ""
    return Derived(
        values=on_grid(columns, lambda unit, year: known.get((unit, year), float("nan"))),
        measure=_MEASURES[options.kind],
        how=f"{options.kind} of pilot zones{by_rule} (facts: cbec_pilot_zones)",
    )


DERIVATIONS.register(
    DerivationKind(
        name="zone_exposure",
        spec=ZoneExposureSpec,
        summary="exposure of a province to cross-border e-commerce pilot zones",
        formula=r"\sum_z \min(1, \text{days of year } t \text{ after the reply}_z / 365)",
        inputs=lambda options: (),
        derive=derive,
    )
)
