"""Series whose files print different units of measure, as faults; what a unit is worth in another is in `units`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from panelkit.core.errors import Fault
from panelkit.core.source import SourceSpec
from panelkit.etl.harmonise.units import same_measure


def mixed_measures(
    sources: Mapping[str, SourceSpec], frame: pd.DataFrame, needed: Mapping[str, tuple[int, int]]
) -> list[Fault]:
    """Series of which some years are in one unit of measure and some in another, such as pages in 亿元 and later ones in 万元.

    Only cells with a figure, in years that a variable uses; series that fail alike are one fault.
    """
    there = frame[frame["value"].notna() & frame["series"].isin(list(needed))]
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for series, rows in there.groupby("series", sort=False):
        used = rows[rows["time"].between(*needed[str(series)])].sort_values(["time", "unit"], kind="stable")
        first = used.drop_duplicates("measure")
        measures = [str(m) for m in first["measure"]]
        for (_, row), measure in zip(first.iterrows(), measures, strict=True):
            if not same_measure(measures[0], measure):
                source = str(series).split(".")[0]
                key = (source, measures[0], measure, str(row["cell"]).rpartition("!")[0] or str(row["cell"]))
                alike.setdefault(key, []).append(str(series))
    faults = []
    for (source, one, other, place), names in alike.items():
        further = f", and so {len(names) - 1} more series" if len(names) > 1 else ""
        faults.append(
            Fault(
                where=f"{sources[source].path}, {place}" if source in sources else place,
                what=f"{names[0]} is in {one or 'a pure number'} before and in {other or 'a pure number'} here{further}",
                mend=f'say measures = {{ {names[0].split(".")[-1]} = "{one}" }} on the source: pages are converted to it; '
                "else narrow the source's years to those of one unit",
            )
        )
    return faults
