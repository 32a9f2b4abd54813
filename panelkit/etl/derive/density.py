"""Density: an amount per area, where the area may be known for one year only; ratios that change every year are expressions."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import on_grid_of, refuse_where, wide
from panelkit.etl.harmonise.units import measure_of


@spec
class DensitySpec(DerivationSpec):
    """`amount` over `area`.

    constant_area : the area is the same in all years: the one figure of each unit is laid over all of them, and two different
        figures are a fault.
    """

    amount: str
    area: str
    constant_area: bool = False

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """The amount is needed in the result's own years; an area of another year is found wherever it is."""
        return first, last


def derive(options: DensitySpec, columns: Columns) -> Derived:
    """Amount per area.

    Raises
    ------
    StudyError
        An area said to be constant that is not.
    PanelError
        An area of zero.

    Source
    ------
    Ciccone and Hall (1996) on employment density. Common error avoided: built-up and total area under one name; say which in the label.
    """
    amount, area = wide(columns, options.amount), wide(columns, options.area)
    if options.constant_area:
        known = ~np.isnan(area)
        low = np.where(known, area, np.inf).min(axis=1)
        high = np.where(known, area, -np.inf).max(axis=1)
        if (high - low > 1e-9 * np.abs(high)).any():
            raise StudyError(f"{options.area} changes over the years", mend="leave constant_area out")
        area = np.where(known.any(axis=1), high, np.nan)[:, None]
    refuse_where(np.broadcast_to(area <= 0, amount.shape), "the area is not above zero", "look at the cell", columns)
    measures = [measure_of(columns.measures.get(n, "")) for n in (options.amount, options.area)]
    with np.errstate(divide="ignore", invalid="ignore"):
        density = amount / np.where(area > 0, area, np.nan)
    return Derived(
        values=on_grid_of(columns, density),
        measure=str(measures[0].times(measures[1], -1)),
        how=f"{options.amount} / {options.area}" + (", area of one year" if options.constant_area else ""),
        price=columns.prices.get(options.amount, ""),
        base_year=columns.base_years.get(options.amount),
    )


DERIVATIONS.register(
    DerivationKind(
        name="density",
        spec=DensitySpec,
        summary="amount per area",
        summary_zh="密度(单位面积数量)",
        formula=lambda options: r"d_{it} = x_{it} / A_{i}" if options.constant_area else r"d_{it} = x_{it} / A_{it}",
        inputs=lambda options: (options.amount, options.area),
        symbols=lambda options: {
            r"x_{it}": options.amount,
            "A_{i}" if options.constant_area else "A_{it}": options.area,
        },
        divisors=("area",),
        derive=derive,
    )
)
