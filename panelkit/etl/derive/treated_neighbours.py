"""How many provinces that border on one are treated by then, from facts on borders; whether spillovers matter is a check's business."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._units import on_grid
from panelkit.facts.contiguity import neighbours


@spec
class TreatedNeighboursSpec(DerivationSpec):
    """Who is treated when, and what counts as a border.

    Parameters
    ----------
    cohort : str
        Variable or series with the first treated year; 0 is never.
    strait : bool
        Guangdong and Hainan count as neighbours across the strait.
    share : bool
        The share of the neighbours in place of their number.
    """

    cohort: str
    strait: bool = True
    share: bool = False


def derive(options: TreatedNeighboursSpec, columns: Columns) -> Derived:
    """Neighbours whose first treated year has come; a neighbour outside the panel, or of unknown cohort, does not count."""
    cohort = columns[options.cohort]
    first = cohort.groupby(level=columns.unit).first().to_dict()

    def count(unit: str, year: int) -> float:
        near = [n for n in neighbours(unit, strait=options.strait) if n in first]
        treated = sum(0 < first[n] <= year for n in near)
        return treated / len(near) if options.share and near else (np.nan if options.share else float(treated))

    what = "share" if options.share else "number"
    return Derived(
        values=on_grid(columns, count),
        measure="",
        how=f"{what} of bordering provinces treated by then, cohorts of {options.cohort} (facts: contiguity)",
    )


DERIVATIONS.register(
    DerivationKind(
        name="treated_neighbours",
        spec=TreatedNeighboursSpec,
        summary="bordering provinces that are treated by then",
        summary_zh="已受处理的相邻省份",
        formula=r"\sum_{j \in N(i)} 1\{0 < G_j \le t\}",
        inputs=lambda options: (options.cohort,),
        derive=derive,
    )
)
