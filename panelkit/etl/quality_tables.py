"""The findings on a panel as tables, as data; how they look is for reporting, the pictures are in quality_pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.check import Check
from panelkit.core.exhibit import Table
from panelkit.core.label import Language
from panelkit.core.study import Study
from panelkit.etl.explain import price_in_words
from panelkit.etl.harmonise.provinces import called
from panelkit.etl.note_words import note_in, place_in
from panelkit.etl.plausibility import looked_at
from panelkit.etl.prices import is_money
from panelkit.etl.quality_coverage import coverage_tables
from panelkit.etl.quality_layout import Shown, table, word
from panelkit.etl.quality_words import CHECK_NAMES, SEVERITY

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.etl.assemble import Assembled

_ORDER = {"fails": 0, "says": 1, "holds": 2}


def tables_of(
    study: Study, assembled: Assembled, checks: tuple[Check, ...], ratios: pd.DataFrame, language: Language
) -> tuple[Table, ...]:
    """Every table of the report that has a row."""
    by_name = {c.name: c for c in checks}
    made = (
        _findings(checks, language),
        *coverage_tables(study, assembled, language),
        _availability(assembled, language),
        _sources(study, assembled, language),
        _breaks(by_name.get("breaks"), language),
        _steps(by_name.get("revised_from"), language),
        _fills(study, assembled, language),
        _filled_by_model(checks, language),
        _outlying(checks, language),
        _sums(ratios, language),
        *_weights(assembled, language),
        _dropped(assembled, language),
        table("notes", "of", ("text",), [_noted(note, language) for note in assembled.notes], language),
    )
    return tuple(t for t in made if t.rows)


def _noted(note: str, language: Language) -> tuple[str, Sequence[Shown]]:
    """A note on a source or a variable, its name apart."""
    name, colon, text = note.partition(": ")
    if colon and " " not in name:
        return name, (note_in(text, language),)
    return "", (note_in(note, language),)


def _findings(checks: tuple[Check, ...], language: Language) -> Table:
    zh = language == "zh"
    ordered = sorted(checks, key=lambda c: _ORDER[c.verdict])
    rows = [
        (
            CHECK_NAMES.get(c.name, (c.name, c.name))[zh],
            (
                SEVERITY[c.verdict][zh] + (word("gate", language) if c.gate else ""),
                "" if c.of == "panel" else c.of,
                c.text.to(language),
            ),
        )
        for c in ordered
    ]
    return table("findings", "name", ("severity", "of", "text"), rows, language)


def _availability(assembled: Assembled, language: Language) -> Table:
    panel = assembled.panel
    frame = panel.frame
    there = frame[[v.name for v in panel.variables]].notna()
    cells, complete = there.sum(axis=1), there.all(axis=1)
    by = frame[panel.unit]
    counts, whole, always = cells.groupby(by).sum(), complete.groupby(by).sum(), there.groupby(by).all()
    names, due = np.array(there.columns, dtype=object), len(panel.times) * there.shape[1]
    rows = []
    for unit in panel.units:
        held, gone = int(counts[unit]), names[~always.loc[unit].to_numpy(dtype=bool)]
        share = held / due if due else 0.0
        rows.append((panel.unit_name(unit).to(language), (held, due - held, int(whole[unit]), share, ", ".join(gone))))
    rows.sort(key=lambda r: (r[1][3], r[0]))
    return table("availability", "unit", ("there", "missing", "complete", "share", "short_of"), rows, language)


def _sources(study: Study, assembled: Assembled, language: Language) -> Table:
    rows = []
    for series, own in looked_at(study, assembled).groupby("series", sort=True):
        source = study.sources[str(own["source"].iloc[0])]
        vintages = sorted(int(v) for v in own["vintage"].unique() if v)
        alias = str(series).split(".", 1)[1]
        measure = str(own["measure"].iloc[0])
        price = source.prices.get(alias, "") or ("nominal" if is_money(measure) else "")
        rows.append(
            (
                str(series),
                (
                    measure,
                    price_in_words(price, language, source.base_years.get(alias)),
                    f"{vintages[0]}–{vintages[-1]}" if len(vintages) > 1 else "".join(map(str, vintages)),
                    f"{own['time'].min()}–{own['time'].max()}",
                    int(own["unit"].nunique()),
                    source.path,
                    source.publisher,
                ),
            )
        )
    heads = ("measure", "price", "vintage", "years", "units", "file", "publisher")
    return table("sources", "series", heads, rows, language)


def _breaks(check: Check | None, language: Language) -> Table:
    zh = language == "zh"
    rows = [
        (
            r["series"],
            (
                r["year"],
                r["break"],
                word("accepted" if r["declared"] else "undeclared", language),
                r["what_zh"] if zh else r["what"],
                r["source"],
                word(r["confidence"], language),
            ),
        )
        for r in (check.rows if check else ())
    ]
    return table("breaks", "series", ("year", "break", "declared", "changed", "source", "confidence"), rows, language)


def _steps(check: Check | None, language: Language) -> Table:
    rows: list[tuple[str, Sequence[Shown]]] = [
        (
            r["series"],
            (
                called(r["unit"], language),
                r["time"],
                f"{r['percent']:+.1f}%",
                r["known"],
                place_in(r["cell"], language),
            ),
        )
        for r in (check.rows if check else ())
    ]
    return table("steps", "series", ("unit", "year", "step", "break", "cell"), rows, language)


def _fills(study: Study, assembled: Assembled, language: Language) -> Table:
    panel = assembled.panel
    frame, rows = panel.frame, []
    for variable in panel.variables:
        missing = int(frame[variable.name].isna().sum())
        if missing or variable.filled:
            plan = study.variables.get(variable.name)
            rule = plan.spec.fill if plan else None
            method = rule if isinstance(rule, str) else getattr(rule, "method", "")
            share = f"{100 * variable.filled / max(panel.rows, 1):.1f}%"
            rows.append((variable.name, (missing, variable.filled, share, method)))
    return table("fills", "variable", ("missing", "filled", "filled_share", "method"), rows, language)


def _filled_by_model(checks: tuple[Check, ...], language: Language) -> Table:
    rows: list[tuple[str, Sequence[Shown]]] = [
        (check.of, (r["variable"], r["filled"], r["rows"], f"{100 * r['share']:.1f}%"))
        for check in checks
        if check.name == "filled_cells"
        for r in check.rows
    ]
    return table("filled_by_model", "model", ("variable", "filled", "rows", "filled_share"), rows, language)


def _outlying(checks: tuple[Check, ...], language: Language) -> Table:
    rows: list[tuple[str, Sequence[Shown]]] = []
    said: dict[str, Any] = {
        "jumps": lambda r: f"x{r['factor']:.3g}",
        "outliers": lambda r: f"{100 * r['growth']:+.1f}%, z {r['z']:.1f}",
        "shares": lambda r: f"0–{r['top']:g}",
    }
    for check in checks:
        for r in check.rows if check.name in said else ():
            what = f"{CHECK_NAMES[check.name][language == 'zh']}: {said[check.name](r)}"
            rows.append(
                (
                    r["series"],
                    (called(str(r["unit"]), language), r["year"], what, r.get("value"), place_in(r["cell"], language)),
                )
            )
    return table("outlying", "series", ("unit", "year", "what", "value", "cell"), rows, language)


def _sums(ratios: pd.DataFrame, language: Language) -> Table:
    """Sum over units in percent of the nation, a row per series and a column per year."""
    years = sorted(int(t) for t in ratios["time"].unique())
    rows: list[tuple[str, Sequence[Shown]]] = []
    for (series, _), own in ratios.groupby(["series", "group"], sort=True):
        by_year = {int(t): f"{100 * r:.2f}%" for t, r in zip(own["time"], own["ratio"], strict=True)}
        name = str(own["name_zh" if language == "zh" else "name"].iloc[0])
        rows.append((f"{series} {name}".strip(), (int(own["units"].max()), *(by_year.get(t, "") for t in years))))
    return table("sums", "series", ("units", *map(str, years)), rows, language)


def _weights(assembled: Assembled, language: Language) -> Iterable[Table]:
    """Weights of every index by method, and how its ranks hold against the other methods."""
    rows: list[tuple[str, Sequence[Shown]]] = []
    methods = ("entropy", "equal", "critic", "pca")
    for variable, details in assembled.details.items():
        for r in details:
            name = r["component"] or word("rank_correlation", language)
            way = r["direction"] if r["component"] else ""
            rows.append((variable, (name, way, *(r[m] for m in methods), word(str(r["chosen"]), language))))
    yield table("weights", "index", ("component", "direction", *methods, "chosen"), rows, language)


def _dropped(assembled: Assembled, language: Language) -> Table:
    rows = [(step.why, (step.before, step.after, max(step.before - step.after, 0))) for step in assembled.panel.history]
    return table("dropped", "why", ("before", "after", "dropped_rows"), rows, language)
