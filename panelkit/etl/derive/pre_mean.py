"""Mean of a variable over years before something began, one number per unit; means over groups are the function mean_by."""

from __future__ import annotations

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import kept, on_grid_of, units, wide, year_position


@spec
class PreMeanSpec(DerivationSpec):
    """Of which variable or series (`of`), over which `years` (first, last).

    by : a category, such as a region: the mean of its kept units, one number per group instead of one per unit.
    """

    of: str
    years: tuple[int, int]
    by: str = ""

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """The years of the mean alone."""
        return self.years


def derive(options: PreMeanSpec, columns: Columns) -> Derived:
    """The mean over those years, the same in every year of a unit, to be interacted with years or a policy.

    Raises
    ------
    StudyError
        Years that no file reaches, or a group that changes within a unit.

    Source
    ------
    Duflo (2001) on pre-period characteristics times time. Common error avoided: a control measured after the policy began.
    """
    low, high = (year_position(columns, y, "asked for by years") for y in options.years)
    if low > high:
        raise StudyError("the first year is after the last", mend="write years = [first, last]")
    values = wide(columns, options.of)[:, low : high + 1]
    there = ~np.isnan(values)
    counts, sums = there.sum(axis=1), np.nansum(values, axis=1)
    fewer = int(((counts < values.shape[1]) & kept(columns)).sum())
    if options.by:
        group, known = _groups(options.by, columns)
        use = kept(columns) & known
        counts, sums = (np.bincount(group[use], weights=v[use], minlength=group.max() + 1) for v in (counts, sums))
        counts, sums = (np.where(known, v[group], 0.0) for v in (counts, sums))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts > 0, sums / counts, np.nan)
    notes = (f"{counted(fewer, 'units have')} fewer than {values.shape[1]} of those years",) if fewer else ()
    return Derived(
        values=on_grid_of(columns, mean[:, None]),
        measure=columns.measures.get(options.of, ""),
        how=f"mean of {options.of} over {options.years[0]}-{options.years[1]}"
        + (f" and the units of each {options.by}" if options.by else ""),
        notes=notes,
        price=columns.prices.get(options.of, ""),
        base_year=columns.base_years.get(options.of),
    )


def _groups(name: str, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """(units,) codes of the groups, and which units have one."""
    values = columns[name].to_numpy().reshape(len(units(columns)), -1)
    texts = [{str(v) for v in row if v is not None and v == v} for row in values]
    if any(len(t) > 1 for t in texts):
        raise StudyError(f"{name} changes within a unit", mend="group by what does not change, such as a region")
    labels = [next(iter(t), "") for t in texts]
    return np.unique(labels, return_inverse=True)[1], np.array([bool(t) for t in texts], dtype=bool)


DERIVATIONS.register(
    DerivationKind(
        name="pre_mean",
        spec=PreMeanSpec,
        summary="mean over years before, constant within a unit",
        summary_zh="政策前均值(地区内不随时间变化)",
        formula=lambda options: (
            r"\bar{x}_g = \frac{1}{N_g T_0} \sum_{i \in g} \sum_{t \in T_0} x_{it}"
            if options.by
            else r"\bar{x}_i = \frac{1}{T_0} \sum_{t \in T_0} x_{it}"
        ),
        inputs=lambda options: (options.of, *([options.by] if options.by else [])),
        symbols=lambda options: {
            r"x_{it}": options.of,
            "T_0": Label(en=f"{options.years[0]}-{options.years[1]}"),
            **({"g": options.by} if options.by else {}),
        },
        reach=lambda options: "year" if options.by else "unit",
        derive=derive,
    )
)
