"""Mean of a variable over years before something began, one number per unit; means over groups are the function mean_by."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import kept, on_grid_of, wide, year_position


@spec
class PreMeanSpec(DerivationSpec):
    """Of which variable or series (`of`), over which `years` (first, last)."""

    of: str
    years: tuple[int, int]

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """The years of the mean alone."""
        return self.years


def derive(options: PreMeanSpec, columns: Columns) -> Derived:
    """The mean over those years, the same in every year of a unit, to be interacted with years or a policy.

    Raises
    ------
    StudyError
        Years that no file reaches.

    Source
    ------
    Duflo (2001) on pre-period characteristics times time. Common error avoided: a control measured after the policy began.
    """
    low, high = (year_position(columns, y, "asked for by years") for y in options.years)
    if low > high:
        raise StudyError("the first year is after the last", mend="write years = [first, last]")
    values = wide(columns, options.of)[:, low : high + 1]
    there = ~np.isnan(values)
    counts = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts > 0, np.nansum(values, axis=1) / counts, np.nan)
    fewer = int(((counts < values.shape[1]) & kept(columns)).sum())
    notes = (f"{fewer} units have fewer than {values.shape[1]} of those years",) if fewer else ()
    return Derived(
        values=on_grid_of(columns, mean[:, None]),
        measure=columns.measures.get(options.of, ""),
        how=f"mean of {options.of} over {options.years[0]}-{options.years[1]}",
        notes=notes,
        price=columns.prices.get(options.of, ""),
    )


DERIVATIONS.register(
    DerivationKind(
        name="pre_mean",
        spec=PreMeanSpec,
        summary="mean over years before, constant within a unit",
        summary_zh="政策前均值(地区内不随时间变化)",
        formula=r"\bar{x}_i = \frac{1}{T_0} \sum_{t \in T_0} x_{it}",
        inputs=lambda options: (options.of,),
        derive=derive,
    )
)
