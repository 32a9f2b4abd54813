"""Treated or not yet, from a variable that holds the first treated year; doses are in zone_exposure."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec


@spec
class TreatedAfterSpec(DerivationSpec):
    """Which cohorts.

    Parameters
    ----------
    cohort : str
        Variable or series with the first treated year; 0 is never.
    """

    cohort: str


def derive(options: TreatedAfterSpec, columns: Columns) -> Derived:
    """1 from the first treated year on, 0 before and where it is 0; missing where the cohort is missing.

    Source
    ------
    The coding of csdid and R's did, 0 for never. Common error avoided: a missing cohort read as never treated, which moves units
    of unknown treatment into the controls.
    """
    cohort = columns[options.cohort]
    years = cohort.index.get_level_values(columns.time).to_numpy()
    treated = np.where((cohort > 0) & (years >= cohort), 1.0, 0.0)
    return Derived(
        values=cohort.where(cohort.isna(), treated).astype("float64"),
        measure="",
        how=f"1 from the year in {options.cohort} on, else 0",
    )


DERIVATIONS.register(
    DerivationKind(
        name="treated_after",
        spec=TreatedAfterSpec,
        summary="0 before and 1 from the first treated year",
        summary_zh="处理后虚拟变量",
        formula=r"D_{it} = 1\{G_i > 0, t \ge G_i\}",
        inputs=lambda options: (options.cohort,),
        symbols=lambda options: {"G_i": options.cohort},
        derive=derive,
    )
)
