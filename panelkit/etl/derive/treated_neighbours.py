"""How many provinces that border on one are treated by then, from facts on borders; whether spillovers matter is a check's business."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived, Evidence
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._units import on_grid
from panelkit.facts.contiguity import neighbours
from panelkit.facts.tables import read_table


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
    """Neighbours whose first treated year has come; a neighbour outside the panel, or of unknown cohort, does not count.

    Source
    ------
    Land borders as in the table `contiguity` of the facts. Common error avoided: Hainan as an island without neighbours, which
    leaves a row of zeros (it counts as bordering on Guangdong unless strait = false).
    """
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


def bordering(options: Any) -> Label:
    """Which provinces are neighbours, in words."""
    return Label(
        en="provinces with a land border" + (", Guangdong and Hainan among them" if options.strait else ""),
        zh="陆地接壤的省份" + ("(粤、琼视为相邻)" if options.strait else ""),
    )


def borders(options: Any, unit: str, year: int) -> tuple[Evidence, ...]:
    """The borders of the province; `options` says whether a strait counts."""
    return tuple(
        Evidence(
            table="facts/contiguity.csv", line=line, text=f"{row['code_a']} borders on {row['code_b']} ({row['kind']})"
        )
        for line, row in enumerate(read_table("contiguity"), start=2)
        if unit in (row["code_a"], row["code_b"]) and (options.strait or row["kind"] == "land")
    )


DERIVATIONS.register(
    DerivationKind(
        name="treated_neighbours",
        spec=TreatedNeighboursSpec,
        summary="bordering provinces that are treated by then",
        summary_zh="已受处理的相邻省份",
        formula=lambda options: (
            (r"x_{it} = \frac{1}{|N(i)|} " if options.share else "x_{it} = ") + r"\sum_{j \in N(i)} 1\{0 < G_j \le t\}"
        ),
        symbols=lambda options: {
            "G_j": options.cohort,
            "N(i)": bordering(options),
        },
        reach="year",
        facts=lambda _: ("contiguity",),
        evidence=borders,
        inputs=lambda options: (options.cohort,),
        derive=derive,
    )
)
