"""Year in which a province is first treated, from facts; exposure year by year is in zone_exposure."""

from __future__ import annotations

from typing import Literal

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._units import on_grid
from panelkit.facts import zones

NEVER = 0.0


@spec
class FirstTreatedSpec(DerivationSpec):
    """Which policy, and when it counts as begun.

    Parameters
    ----------
    rule : 'approval_year' | 'treat_year_h1rule' | 'first_full_year'
        See `facts.zones.first_treated`.
    policy : 'pilot_zone' | 'free_trade_zone'
        Cross-border e-commerce comprehensive pilot zones, or pilot free-trade zones.
    """

    rule: Literal["approval_year", "treat_year_h1rule", "first_full_year"] = "approval_year"
    policy: Literal["pilot_zone", "free_trade_zone"] = "pilot_zone"


def derive(options: FirstTreatedSpec, columns: Columns) -> Derived:
    """The year, the same in every row of a province; 0 for one that is never treated (as in Stata's csdid and R's did)."""
    known = zones.first_treated(options.rule) if options.policy == "pilot_zone" else zones.free_trade_zone(options.rule)
    units = {str(u) for u in columns.grid.get_level_values(columns.unit)}
    later = sorted(u for u in units if known.get(u, 0) > columns.study_years[1])
    notes = (f"{len(later)} provinces are treated only after {columns.study_years[1]}",) if later else ()
    return Derived(
        values=on_grid(columns, lambda unit, year: float(known.get(unit, NEVER))),
        measure="year",
        how=f"first year with a {options.policy.replace('_', ' ')}, timing rule {options.rule}; 0 where there is none",
        notes=notes,
    )


DERIVATIONS.register(
    DerivationKind(
        name="first_treated",
        spec=FirstTreatedSpec,
        summary="first treated year of a province; 0 where it never is",
        formula=r"G_i = \min\{t : \text{treated}_{it}\}",
        inputs=lambda options: (),
        derive=derive,
    )
)
