"""The comparison table: figures known beforehand (true ones of a simulation, published ones) beside ours, one row each."""

from __future__ import annotations

from typing import Any, Literal

from panelkit.core.check import Check
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Language
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import JOIN, level_of, word


@spec
class ComparisonTable(TableSpec):
    """A comparison table; models : those whose `expected` checks are shown, by default every one that has some."""

    kind: Literal["comparison"] = "comparison"
    models: tuple[str, ...] = ()
    digits: int = 3


def build(table: ComparisonTable, results: Results) -> Table:
    """The table of every figure that an `expected` check knew.

    Raises
    ------
    ReportError
        Where no model of the table has such a check.
    """
    language, level = table.language or results.study.head.language, level_of(results)
    wanted = table.models or tuple(results.estimates)
    found = [c for m in wanted for c in results.checks.get(m, ()) if c.name == "expected"]
    if not found:
        raise ReportError(
            "no model of this table has figures known beforehand",
            where=f"tables.{table.id}",
            mend='declare some: [checks.NAME] kind = "expected", and name the check in the model',
        )
    rows: list[Row] = []
    for check in found:
        rows.append(Row(kind="panel", label=_heading(check, results, language)))
        rows += [_row(check.of, known, results, language, table.digits) for known in check.rows]
    names = ("known", "ours", "interval", "verdict")
    sources = JOIN[language]["space"].join(dict.fromkeys(c.text.to(language) for c in found))
    said = [word("simulated", language), sources] if results.study.head.simulated else [sources]
    return Table(
        id=table.id,
        long=table.long,
        landscape=table.landscape,
        title=table.title.to(language),
        columns=tuple(
            Column(
                id=n,
                heading=(word(n, language, level=level),),
                align="centre" if n == "verdict" else "decimal",
            )
            for n in names
        ),
        rows=tuple(rows),
        notes=(word("notes", language) + said[0], *said[1:]),
        stub=word("variable", language),
        language=language,
    )


def _heading(check: Check, results: Results, language: Language) -> str:
    label = results.study.model(check.of).label.to(language)
    return f"{label} ({check.of})" if label else check.of


def _row(model: str, known: dict[str, Any], results: Results, language: Language, digits: int) -> Row:
    term, field = str(known["term"]), str(known["field"])
    label = term_label(term, results.panel, language) if term else word("rows", language)
    exact: Literal["count", "number"] = "count" if field == "rows" else "number"
    ours = Cell(raw=known["ours"], shown=shown(known["ours"], digits, kind=exact), key=(model, term, field))
    span = ""
    if "low" in known:
        span = f"[{shown(known['low'], digits)}, {shown(known['high'], digits)}]"
    verdict = word("agrees" if known["agrees"] else "differs", language)
    cells = (
        Cell(raw=known["known"], shown=shown(known["known"], digits, kind=exact)),
        ours,
        Cell(raw=span, shown=span),
        Cell(raw=verdict, shown=verdict),
    )
    return Row(kind="term", label=f"{label} ({word('se', language)})" if field == "se" else label, cells=cells)


TABLES.register(
    TableKind(name="comparison", spec=ComparisonTable, summary="figures known beforehand beside ours", build=build)
)
