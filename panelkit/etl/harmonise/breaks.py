"""Changes of definition that series cross: declared in the study, or the run stops; which there are is in facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panelkit.core.check import Check
from panelkit.core.errors import Fault
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.source import Observations, SourceSpec, Vintages
from panelkit.core.study import Study
from panelkit.etl.harmonise.units import parse_measure
from panelkit.facts.breaks import Break, breaks, breaks_crossed, official_names

if TYPE_CHECKING:
    import pandas as pd


Names = Mapping[str, tuple[str, ...]]  # "source.alias" -> what the study and the file call it beside its printed name


def names_beside(study: Study, observations: Mapping[str, Observations]) -> dict[str, tuple[str, ...]]:
    """Further names of each series: the labels of variables that are nothing but it, their own names, and what the file says of it."""
    found: dict[str, list[str]] = {}
    for plan in study.variables.values():
        if plan.spec.series:
            label = plan.spec.label
            found.setdefault(plan.spec.series, []).extend(t for t in (label.zh, label.en, plan.spec.name) if t)
    for source in study.sources.values():
        labels = observations[source.id].labels if source.id in observations else {}
        for alias in source.series:
            own = found.setdefault(f"{source.id}.{alias}", [])
            own += [t for t in (alias, labels.get(alias, "")) if t]
    return {series: tuple(dict.fromkeys(names)) for series, names in found.items()}


def break_faults(
    sources: Mapping[str, SourceSpec],
    frame: pd.DataFrame,
    needed: Mapping[str, tuple[int, int]],
    rule: Vintages,
    beside: Names | None = None,
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
    beside : dict, optional
        See `names_beside`.

    Returns
    -------
    notes, faults
        A note for each declared break; a fault for each that is crossed undeclared, or declared under a name unknown.
    """
    notes: list[str] = []
    faults: list[Fault] = []
    known = [b.id for b in breaks()]
    present = _by_series(frame)
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
            rows = _within(present, series, frame, needed[series])
            told, wrong = _of_series(source, alias, _names(source, alias, printed, beside), rows, rule)
            notes += told
            faults += wrong
    return notes, faults


def _by_series(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The cells with a figure of each series, set apart once: one look through all cells for each of a thousand series takes minutes."""
    present = frame[frame["value"].notna()]
    return {str(name): rows for name, rows in present.groupby("series", sort=False, observed=True)}


def _within(
    present: Mapping[str, pd.DataFrame], series: str, frame: pd.DataFrame, years: tuple[int, int]
) -> pd.DataFrame:
    rows = present.get(series, frame.iloc[:0])
    return rows[rows["time"].between(*years)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What a series is called: in the file or by the study (`sure`), and what names of its author's own may mean (`guessed`: official
    name -> the name that is taken for it).
    """

    shown: str
    sure: tuple[str, ...]
    guessed: dict[str, str]


def _names(source: SourceSpec, alias: str, printed: str, beside: Names | None) -> _Names:
    own = [parse_measure(n)[0] for n in printed.split("|")]
    if alias in source.official:
        official = source.official[alias]
        return _Names(shown=own[0], sure=(official,) if official else (), guessed={})
    more = [parse_measure(n)[0] for n in (beside or {}).get(f"{source.id}.{alias}", ())]
    guessed: dict[str, str] = {}
    for name in (*own, *more):
        for official in official_names(name):
            guessed.setdefault(official, name)
    return _Names(shown=own[0], sure=(*own, *more), guessed=guessed)


def _of_series(
    source: SourceSpec, alias: str, names: _Names, rows: pd.DataFrame, rule: Vintages
) -> tuple[list[str], list[Fault]]:
    years = [int(y) for y in rows["time"].unique()]
    declared = source.breaks.get(alias, ())
    notes = []
    faults = []
    for found, taken in _crossed(source, alias, names, rows, rule):
        span = f"{min(years)}-{max(years)}"
        if found.id in declared:
            notes.append(f"{source.id}.{alias} crosses {found.id} ({span}), as declared: {found.what_en}")
            continue
        if taken and found.confidence == "low":
            notes.append(
                f"{source.id}.{alias} ({span}) may cross {found.id}, if '{names.guessed[taken]}' is {taken}: {found.what_en}"
            )
            continue
        both = ", ".join(f'"{name}"' for name in (*declared, found.id))
        guess = f", where '{names.guessed[taken]}' is taken for the official series {taken}" if taken else ""
        other = f'; if it is another series, say which: official = {{ {alias} = "..." }} ("" for none)' if taken else ""
        faults.append(
            Fault(
                where=f"sources.{source.id}.series.{alias}",
                what=f"'{names.shown}' changes its definition in {found.year}, and the study uses {span}{guess}: {found.what_en} "
                f"({found.confidence} confidence; {found.source})",
                mend=f"keep to one side, or accept it: breaks = {{ {alias} = [{both}] }}{other}",
            )
        )
    return notes, faults


def _crossed(
    source: SourceSpec, alias: str, names: _Names, rows: pd.DataFrame, rule: Vintages
) -> tuple[tuple[Break, str], ...]:
    """Breaks that the figures `rows` of one series cross, each with the official name that was guessed ("": none was needed): known under
    one of its names, or declared by the study.
    """
    mixes = source.vintages.get(alias, rule) != "one" and rows["vintage"].nunique() > 1
    years = [int(y) for y in rows["time"].unique()]
    context = f"{source.title.zh} {source.title.en}"
    found: dict[str, tuple[Break, str]] = {}
    for name in names.sure:
        found |= {b.id: (b, "") for b in breaks_crossed(name, years, mixes_vintages=mixes, context=context)}
    for name in names.guessed:
        for b in breaks_crossed(name, years, mixes_vintages=mixes, context=context):
            found.setdefault(b.id, (b, name))
    declared = source.breaks.get(alias, ())
    for b in breaks():
        if b.id in declared and b.crossed_by(years):
            found.setdefault(b.id, (b, ""))
    return tuple(found.values())


def break_check(
    sources: Mapping[str, SourceSpec],
    frame: pd.DataFrame,
    needed: Mapping[str, tuple[int, int]],
    rule: Vintages,
    beside: Names | None = None,
) -> Check:
    """The breaks that series cross, for the quality report: one row for each, with what is known of it."""
    rows = []
    present = _by_series(frame)
    for source in sources.values():
        for alias, printed in source.series.items():
            series = f"{source.id}.{alias}"
            if series in needed:
                used = _within(present, series, frame, needed[series])
                for found, _ in _crossed(source, alias, _names(source, alias, printed, beside), used, rule):
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
