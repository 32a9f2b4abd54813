"""What kinds of tables share: whose rows, which variables, which models, the notes that every table has; makes no row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from panelkit.core.check import Check
from panelkit.core.errors import Fault, ReportError
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.results import Results
from panelkit.reporting.numbers import NumberKind, shown
from panelkit.reporting.phrases import minus
from panelkit.reporting.tables._notes import used_names
from panelkit.reporting.words import joined, word

BLANK = Cell(raw=None, shown="")


def language_of(table: TableSpec, results: Results) -> Language:
    """The language of a table: its own, else the study's."""
    return table.language or results.study.head.language


def panel_of(table: TableSpec, sample: str, results: Results) -> Panel:
    """The rows of a model where `sample` names one, else the whole panel.

    Raises
    ------
    ReportError
        An unknown model.
    """
    return results.panel if not sample else results.sample_of(model_of(table, sample, results, "sample").id)


def model_of(table: TableSpec, name: str, results: Results, field: str = "model") -> Estimate:
    """The estimate of that name.

    Raises
    ------
    ReportError
        Where there is none.
    """
    if name not in results.estimates:
        where, what = f"tables.{table.id}.{field}", f"there is no model '{name}'"
        raise ReportError(what, where=where, mend=known_or_nearest(name, results.estimates))
    return results.estimates[name]


def check_of(table: TableSpec, model: str, name: str, results: Results) -> Check:
    """The check of that name of a model, with rows.

    Raises
    ------
    ReportError
        Where the model has none, or one without rows.
    """
    model_of(table, model, results)
    checks = {c.name: c for c in results.checks.get(model, ())}
    if name not in checks or not checks[name].rows:
        what = f"'{model}' has no check '{name}' with rows"
        mend = f"name it in the model's checks; {known_or_nearest(name, checks)}"
        raise ReportError(what, where=f"tables.{table.id}.check", mend=mend)
    return checks[name]


def numeric(table: TableSpec, wanted: tuple[str, ...], results: Results) -> tuple[str, ...]:
    """The variables asked for; by default every numeric one that a model uses, in the panel's order.

    Raises
    ------
    ReportError
        With every name that is no numeric variable.
    """
    known = [v.name for v in results.panel.variables if v.kind == "number"]
    if not wanted:
        used = {n for e in results.estimates.values() for n in used_names(e)}
        return tuple(n for n in known if n in used) or tuple(known)
    where = f"tables.{table.id}.variables"
    faults = [
        Fault(where=where, what=f"there is no numeric variable '{n}'", mend=known_or_nearest(n, known))
        for n in wanted
        if n not in known
    ]
    if faults:
        raise ReportError(faults=faults)
    return wanted


def row_digits(values: Iterable[float], digits: int) -> int:
    """Decimals for a variable's row: as asked, but no more than six digits in all for its largest value."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return max(0, min(digits, 6 - len(str(int(largest)))))


def number(
    raw: float | int | None,
    key: tuple[str, str, str],
    digits: int = 3,
    *,
    kind: NumberKind = "number",
    around: str = "",
) -> Cell:
    """A cell of one number under its key; `around` is a pair of brackets. Blank where there is none."""
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):
        return BLANK
    text = shown(raw, digits, kind=kind)
    return Cell(raw=raw, shown=f"{around[0]}{text}{around[1]}" if around else text, key=key)


def span(low: float, high: float, key: tuple[str, str, str], digits: int = 3) -> Cell:
    """An interval: one cell, two numbers."""
    if math.isnan(low) or math.isnan(high):
        return BLANK
    text = f"[{shown(low, digits)}, {shown(high, digits)}]"
    return Cell(raw=f"{low!r}, {high!r}", shown=text, key=key)


def finished(
    table: TableSpec, results: Results, columns: Iterable[Column], rows: Iterable[Row], notes: Iterable[str]
) -> Table:
    """The table with its title, its notes led by the word for notes, and the mark of a simulation."""
    language = language_of(table, results)
    said = [minus(n) for n in notes if n]
    if results.study.head.simulated:
        said.insert(0, word("simulated", language))
    return Table(
        id=table.id,
        long=table.long,
        landscape=table.landscape,
        title=table.title.to(language),
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(word("notes", language) + said[0], *said[1:]) if said else (),
        stub=word("variable", language),
        language=language,
    )


def sample_note(panel: Panel, language: Language) -> str:
    """Rows, units and years of a panel in a sentence."""
    return word(
        "described_short",
        language,
        rows=shown(panel.rows, kind="count"),
        units=shown(len(panel.units), kind="count"),
        first=panel.times[0],
        last=panel.times[-1],
    )


def star_note(levels: tuple[float, ...], language: Language) -> str:
    """What the stars mean, "" where there are none."""
    if not levels:
        return ""
    marks = joined(("*" * n for n in range(len(levels), 0, -1)), language, "comma")
    shares = joined((f"{100 * level:g}%" for level in reversed(levels)), language, "comma")
    return word("stars", language, stars=marks, levels=shares)


def model_label(results: Results, model: str, language: Language) -> str:
    """The label of a model, else its id."""
    labels: Mapping[str, str] = {m.id: m.label.to(language) for m in results.study.models}
    return labels.get(model) or model
