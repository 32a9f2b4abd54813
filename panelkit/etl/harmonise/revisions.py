"""Series that look revised only from some year on, as a finding; how a step is told from growth is in vintages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from panelkit.core.check import Check
from panelkit.core.label import Label
from panelkit.core.source import SourceSpec
from panelkit.etl.harmonise.provinces import called
from panelkit.etl.harmonise.units import parse_measure
from panelkit.etl.harmonise.vintages import steps_of
from panelkit.facts.breaks import breaks

if TYPE_CHECKING:
    import pandas as pd

MOST = 10


def steps_check(cells: pd.DataFrame, needed: Mapping[str, tuple[int, int]], sources: Mapping[str, SourceSpec]) -> Check:
    """Lasting steps of single units inside the years that a study uses: an export revised from a year on only, or redefined then.

    Parameters
    ----------
    cells : columns series, unit, time, value, cell; numbers only.
    needed : series -> first and last year that a variable uses.
    """
    rows: list[dict[str, Any]] = []
    for series, own in cells.groupby("series", sort=True):
        low, high = needed.get(str(series), (0, 0))
        places = {(str(u), int(t)): c for u, t, c in zip(own["unit"], own["time"], own["cell"], strict=True)}
        for step in steps_of(own):
            if low < step["time"] <= high:
                found = {"series": str(series), **step, "cell": places[step["unit"], step["time"]]}
                rows.append({**found, "known": _known(str(series), step["time"], sources)})
    rows.sort(key=lambda r: (r["known"], -abs(r["percent"])))
    en, zh = ("; ".join(_said(r, language) for r in rows[:MOST]) for language in ("en", "zh"))
    more = f"; and {len(rows) - MOST} more" if len(rows) > MOST else ""
    return Check(
        name="revised_from",
        of="panel",
        verdict="says" if rows else "holds",
        value=float(len(rows)),
        bound=None,
        text=Label(
            en=f"Steps of single units that stay, as in an export revised only from that year on: {en}{more}. "
            "Compare another export: panelkit inspect --vintages A B."
            if rows
            else "No series looks revised only from some year on.",
            zh=f"个别地区的持久台阶（疑似仅自该年起修订）：{zh}{f'；等{len(rows)}处' if more else ''}。"
            "可比较另一版次：panelkit inspect --vintages A B。"
            if rows
            else "没有序列疑似仅自某年起修订。",
        ),
        rows=tuple(rows),
    )


def _known(series: str, year: int, sources: Mapping[str, SourceSpec]) -> str:
    """The change of definition that the table of breaks has of such a series in that year, or ''."""
    source, _, alias = series.partition(".")
    if source not in sources:
        return ""
    names = [parse_measure(n)[0] for n in sources[source].series.get(alias, alias).split("|")]
    title = sources[source].title
    return next(
        (b.id for b in breaks() if b.year == year and any(b.concerns(n, f"{title.zh} {title.en}") for n in names)), ""
    )


def _said(row: dict[str, Any], language: str) -> str:
    unit = called(row["unit"], language)
    known = f" ({row['known']})" if row["known"] else ""
    if language == "zh":
        return f"{row['series']} {unit} {row['time']}年 {row['percent']:+.0f}%{known}"
    return f"{row['series']} {unit} {row['percent']:+.0f}% in {row['time']}{known}"
