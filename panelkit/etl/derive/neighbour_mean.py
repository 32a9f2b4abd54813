"""Mean of a variable over the provinces that border on one, from facts on borders; whether there are spillovers is a model's business."""

from __future__ import annotations

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._units import on_grid
from panelkit.etl.derive.treated_neighbours import bordering, borders
from panelkit.facts.contiguity import neighbours


@spec
class NeighbourMeanSpec(DerivationSpec):
    """Of which variable or series (`of`), and what counts as a border.

    Parameters
    ----------
    strait : bool
        Guangdong and Hainan count as neighbours across the strait.
    """

    of: str
    strait: bool = True


def derive(options: NeighbourMeanSpec, columns: Columns) -> Derived:
    """The spatial lag W x of row-standardised borders; of the neighbours that have a figure in that year.

    Source
    ------
    Anselin (1995), with the land borders in the table `contiguity` of the facts. Common error avoided: Hainan as an island without
    neighbours, whose lag is then zero instead of a value of its own.
    """
    values = {k: float(v) for k, v in columns[options.of].items() if v == v}
    short = 0

    def mean(unit: str, year: int) -> float:
        nonlocal short
        near = neighbours(unit, strait=options.strait)
        known = [values[n, year] for n in near if (n, year) in values]
        short += 0 < len(known) < len(near)
        return float(np.mean(known)) if known else np.nan

    made = on_grid(columns, mean)
    return Derived(
        values=made,
        measure=columns.measures.get(options.of, ""),
        how=f"mean of {options.of} over bordering provinces (facts: contiguity)",
        notes=(f"{counted(short, 'cells rest')} on some of the neighbours alone, since others have no figure",)
        if short
        else (),
        price=columns.prices.get(options.of, ""),
        base_year=columns.base_years.get(options.of),
    )


DERIVATIONS.register(
    DerivationKind(
        name="neighbour_mean",
        spec=NeighbourMeanSpec,
        summary="mean over bordering provinces (spatial lag)",
        summary_zh="相邻省份均值(空间滞后)",
        formula=lambda options: r"(Wx)_{it} = \frac{1}{|N(i)|} \sum_{j \in N(i)} x_{jt}",
        symbols=lambda options: {
            "x_{jt}": options.of,
            "N(i)": bordering(options),
        },
        reach="year",
        facts=lambda _: ("contiguity",),
        evidence=borders,
        inputs=lambda options: (options.of,),
        derive=derive,
    )
)
