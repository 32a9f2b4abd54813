"""Which years of which series every unit has, as a table of units and a short one of series; gaps that matter to the panel are in gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from panelkit.core.exhibit import Table
from panelkit.core.key import at_level, level_of
from panelkit.core.label import Language
from panelkit.core.study import Study
from panelkit.etl.harmonise.provinces import called
from panelkit.etl.plausibility import looked_at
from panelkit.etl.quality_layout import table

if TYPE_CHECKING:
    from panelkit.etl.assemble import Assembled

MOST_UNITS = 400  # units of the table; panels of more have the short one only
MOST_NAMED = 8  # units named one by one


def runs(years: Iterable[int]) -> str:
    """Years as runs, with their number.

    >>> runs([2010, 2011, 2012, 2014]), runs([2015]), runs([])
    ('2010–2012, 2014 (4)', '2015 (1)', '')
    """
    found: list[list[int]] = []
    for year in sorted(set(years)):
        if found and year == found[-1][-1] + 1:
            found[-1].append(year)
        else:
            found.append([year])
    count = sum(map(len, found))
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in found) + (f" ({count})" if found else "")


def coverage(study: Study, assembled: Assembled) -> dict[str, dict[str, str]]:
    """Series -> unit of the panel -> its years as runs, "" where it has none; years of the files, figures that are there."""
    units = assembled.panel.units
    found: dict[str, dict[str, str]] = {}
    for series, own in looked_at(study, assembled).groupby("series", sort=True):
        held = {str(u): runs(map(int, years)) for u, years in own.groupby("unit")["time"]}
        level = level_of(str(own["unit"].iloc[0]))
        found[str(series)] = {u: held.get(at_level(u, level), "") for u in units}
    return found


def coverage_tables(study: Study, assembled: Assembled, language: Language) -> tuple[Table, ...]:
    """Series with the years of most units and who differs, and the matrix of units and series."""
    held = coverage(study, assembled)
    short = table(
        "coverage",
        "series",
        ("years_of_most", "units", "others"),
        [_row(s, own, language) for s, own in held.items()],
        language,
    )
    if len(assembled.panel.units) > MOST_UNITS:
        return (short,)
    rows = [
        (assembled.panel.unit_name(u).to(language), [own[u] for own in held.values()]) for u in assembled.panel.units
    ]
    return short, table("coverage_matrix", "unit", tuple(held), rows, language)


def _row(series: str, own: dict[str, str], language: Language) -> tuple[str, Sequence[str | int | None]]:
    counts = Counter(own.values())
    usual = max(counts, key=lambda text: (counts[text], text))
    others: list[str] = []
    for text in sorted(set(counts) - {usual}, key=lambda t: (-counts[t], t)):
        names = [called(u, language) for u, t in own.items() if t == text]
        listed = ("、" if language == "zh" else ", ").join(names[:MOST_NAMED])
        if len(names) > MOST_NAMED:
            listed += f"等{len(names)}个" if language == "zh" else f" and {len(names) - MOST_NAMED} more"
        none = "无" if language == "zh" else "none"
        others.append(f"{listed}: {text or none}" if language == "en" else f"{listed}：{text or none}")
    return series, (usual, counts[usual], ("；" if language == "zh" else "; ").join(others))
