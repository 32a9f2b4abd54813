"""Which export or yearbook figures belong to, and whether a series may mix them; which vintage is the right one is for the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panelkit.core.errors import Fault
from panelkit.core.source import SourceSpec, Vintages

if TYPE_CHECKING:
    import pandas as pd


def vintage_faults(spec: SourceSpec, frame: pd.DataFrame, rule: Vintages) -> tuple[list[str], list[Fault]]:
    """Whether each series of a source obeys its rule: the source's own for the alias, else `rule`.

    'one': all cells of one vintage. 'first_print': the vintage is a constant number of years after the year, each figure as
    first published. 'declared_splice': anything, with a note. Blank cells do not count.

    Returns
    -------
    notes, faults
    """
    notes: list[str] = []
    faults: list[Fault] = []
    present = frame[frame["value"].notna() | frame["text"].notna()]
    for series, rows in present.groupby("series", sort=True):
        alias = str(series).split(".", 1)[1]
        own = spec.vintages.get(alias, rule)
        counts = rows["vintage"].value_counts().sort_index()
        if own == "first_print":
            faults += _first_print(spec, str(series), rows)
        elif len(counts) > 1 and own == "one":
            faults.append(_mixed(spec, str(series), alias, rows, counts))
        elif len(counts) > 1:
            notes.append(f"{series} splices vintages, as declared: {_listed(counts)}")
    return notes, faults


def _listed(counts: pd.Series) -> str:
    return ", ".join(f"{vintage or 'unknown'} ({count} cells)" for vintage, count in counts.items())


def _mixed(spec: SourceSpec, series: str, alias: str, rows: pd.DataFrame, counts: pd.Series) -> Fault:
    rare = int(counts.idxmin())
    odd = rows[rows["vintage"] == rare]
    example = odd.iloc[0]
    years = sorted(odd["time"].unique())
    return Fault(
        where=f"{spec.path}, {example['cell']}",
        what=f"{series} mixes vintages: {_listed(counts)}; that of {rare or 'unknown'} is in {example['printed'].strip()}, "
        f"{example['time']} (years {years[0]}-{years[-1]})",
        mend=f"narrow the source's years, or declare vintages = {{ {alias} = 'first_print' }} or 'declared_splice'",
    )


def _first_print(spec: SourceSpec, series: str, rows: pd.DataFrame) -> list[Fault]:
    offsets = rows["vintage"] - rows["time"]
    usual = int(offsets.mode().iloc[0])
    odd = rows[(offsets != usual) | (rows["vintage"] == 0)]
    if odd.empty:
        return []
    example = odd.iloc[0]
    return [
        Fault(
            where=f"{spec.path}, {example['cell']}",
            what=f"{series} is no first print: {len(odd)} of {len(rows)} cells are not of the year + {usual}, such as "
            f"{example['printed'].strip()}, {example['time']}, of {example['vintage'] or 'unknown vintage'}",
            mend="give the vintage of every cell (vintage_column), or declare 'declared_splice'",
        )
    ]
