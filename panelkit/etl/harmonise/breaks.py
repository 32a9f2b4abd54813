"""Changes of definition that series cross: declared in the study, or the run stops; which there are is in facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from panelkit.core.check import Check
from panelkit.core.errors import Fault
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.source import SourceSpec, Vintages
from panelkit.etl.harmonise.units import parse_measure
from panelkit.facts.breaks import Break, breaks, breaks_crossed

if TYPE_CHECKING:
    import pandas as pd


def break_faults(
    sources: Mapping[str, SourceSpec], frame: pd.DataFrame, needed: Mapping[str, tuple[int, int]], rule: Vintages
) -> tuple[list[str], list[Fault]]:
    """Breaks that the used years of each series cross.

    Parameters
    ----------
    sources : dict
        Of the study, with their declarations `breaks`.
    frame : DataFrame
        Observations of all sources, columns `OBSERVED`.
    needed : dict
        Series "source.alias" -> first and last year that a variable uses; series that none uses do not count.
    rule : str
        The panel's rule of vintages, where a source has none of its own for the series.

    Returns
    -------
    notes, faults
        A note for each declared break; a fault for each that is crossed undeclared, or declared under a name unknown.
    """
    notes: list[str] = []
    faults: list[Fault] = []
    known = [b.id for b in breaks()]
    present = frame[frame["value"].notna()]
    for source in sources.values():
        for alias, declared in source.breaks.items():
            where = f"sources.{source.id}.breaks.{alias}"
            if alias not in source.series:
                faults.append(
                    Fault(
                        where=where, what=f"there is no series '{alias}'", mend=known_or_nearest(alias, source.series)
                    )
                )
            faults += [
                Fault(where=where, what=f"there is no break '{name}'", mend=known_or_nearest(name, known))
                for name in declared
                if name not in known
            ]
        for alias, printed in source.series.items():
            series = f"{source.id}.{alias}"
            if series not in needed:
                continue
            rows = present[(present["series"] == series) & present["time"].between(*needed[series])]
            told, wrong = _of_series(source, alias, printed, rows, rule)
            notes += told
            faults += wrong
    return notes, faults


def _of_series(
    source: SourceSpec, alias: str, printed: str, rows: pd.DataFrame, rule: Vintages
) -> tuple[list[str], list[Fault]]:
    names = [parse_measure(n)[0] for n in printed.split("|")]
    years = [int(y) for y in rows["time"].unique()]
    declared = source.breaks.get(alias, ())
    notes = []
    faults = []
    for found in _crossed(source, alias, printed, rows, rule):
        span = f"{min(years)}-{max(years)}"
        if found.id in declared:
            notes.append(f"{source.id}.{alias} crosses {found.id} ({span}), as declared: {found.what_en}")
            continue
        both = ", ".join(f'"{name}"' for name in (*declared, found.id))
        faults.append(
            Fault(
                where=f"sources.{source.id}.series.{alias}",
                what=f"'{names[0]}' changes its definition in {found.year}, and the study uses {span}: {found.what_en} "
                f"({found.confidence} confidence; {found.source})",
                mend=f"keep to one side, or accept it: breaks = {{ {alias} = [{both}] }}",
            )
        )
    return notes, faults


def _crossed(source: SourceSpec, alias: str, printed: str, rows: pd.DataFrame, rule: Vintages) -> tuple[Break, ...]:
    """Breaks that the figures `rows` of one series cross: known under one of its printed names, or declared by the study."""
    mixes = source.vintages.get(alias, rule) != "one" and rows["vintage"].nunique() > 1
    years = [int(y) for y in rows["time"].unique()]
    context = f"{source.title.zh} {source.title.en}"
    names = [parse_measure(n)[0] for n in printed.split("|")]
    found = {b.id: b for n in names for b in breaks_crossed(n, years, mixes_vintages=mixes, context=context)}
    declared = source.breaks.get(alias, ())
    found |= {b.id: b for b in breaks() if b.id in declared and b.crossed_by(years)}
    return tuple(found.values())


def break_check(
    sources: Mapping[str, SourceSpec], frame: pd.DataFrame, needed: Mapping[str, tuple[int, int]], rule: Vintages
) -> Check:
    """The breaks that series cross, for the quality report: one row for each, with what is known of it."""
    rows = []
    for source in sources.values():
        for alias, printed in source.series.items():
            series = f"{source.id}.{alias}"
            if series in needed:
                used = frame[
                    (frame["series"] == series) & frame["time"].between(*needed[series]) & frame["value"].notna()
                ]
                for found in _crossed(source, alias, printed, used, rule):
                    rows.append(
                        {
                            "series": series,
                            "break": found.id,
                            "year": found.year,
                            "declared": found.id in source.breaks.get(alias, ()),
                            "what": found.what_en,
                            "what_zh": found.what_zh,
                            "source": found.source,
                            "confidence": found.confidence,
                        }
                    )
    listed = "; ".join(f"{r['series']} {r['break']}" for r in rows)
    undeclared = [r for r in rows if not r["declared"]]
    return Check(
        name="breaks",
        of="panel",
        verdict="fails" if undeclared else "says" if rows else "holds",
        value=float(len(rows)),
        bound=None,
        text=Label(
            en=f"Changes of definition inside series: {listed}."
            if rows
            else "No series crosses a known change of definition.",
            zh=f"序列内的口径变化：{listed}。" if rows else "没有序列跨越已知的口径变化。",
        ),
        rows=tuple(rows),
    )
