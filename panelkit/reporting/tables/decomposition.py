"""The decomposition table: the rows of a check (a decomposition, components, shares) as they stand, with headings."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import NumberKind, shown
from panelkit.reporting.tables._common import BLANK, check_of, finished, language_of, number
from panelkit.reporting.words import WORDS, word

_PROBABILITIES = ("p", "p_value", "p_adjusted")


@spec
class DecompositionTable(TableSpec):
    """A table of a check's rows.

    fields : the numbers to show, by default every one, in their order. stub : the field of words that names a row, by default the
    first. group : a field of words whose changes start a new panel. headings : a field -> its heading, where panelkit has none.
    first : the number of rows to show, None for all; those left out are counted in the note.
    """

    kind: Literal["decomposition"] = "decomposition"
    model: str
    check: str
    fields: tuple[str, ...] = ()
    stub: str = ""
    group: str = ""
    headings: dict[str, Label] = field(default_factory=dict)
    first: int | None = None
    digits: int = 3


def build(table: DecompositionTable, results: Results) -> Table:
    """The table of the check's rows.

    Raises
    ------
    ReportError
        An unknown model or check, a check without rows, or a field that no row has.
    """
    language, panel = language_of(table, results), results.panel
    found = check_of(table, table.model, table.check, results)
    rows = found.rows if table.first is None else found.rows[: table.first]
    words = [k for k in _fields(rows) if any(isinstance(r.get(k), str) for r in rows)]
    numbers = [k for k in _fields(rows) if k not in words]
    stub = table.stub or (words[0] if words else "")
    wanted = table.fields or tuple([k for k in words if k not in (stub, table.group)] + numbers)
    faults = [
        Fault(
            where=f"tables.{table.id}",
            what=f"no row of '{table.check}' has '{k}'",
            mend=known_or_nearest(k, words + numbers),
        )
        for k in dict.fromkeys((*wanted, *(s for s in (stub, table.group) if s)))
        if k not in (*words, *numbers)
    ]
    if faults:
        raise ReportError(faults=faults)
    made: list[Row] = []
    group = None
    for i, row in enumerate(rows):
        if table.group and row.get(table.group) != group:
            group = row.get(table.group)
            made.append(Row(kind="panel", label=_text(group, panel, language), rule_above=bool(made)))
        cells = tuple(_cell(table, i, row, k, (panel, language)) for k in wanted)
        made.append(Row(kind="stat", label=_text(row.get(stub, str(i + 1)), panel, language), cells=cells))
    columns = [
        Column(id=k, heading=(_heading(table, k, language),), align="left" if k in words else "decimal") for k in wanted
    ]
    cut = len(found.rows) - len(rows)
    notes = [found.text.to(language)]
    notes += [word("rows_cut", language, rows=shown(cut, kind="count"))] if cut else []
    return finished(table, results, columns, made, notes)


def _fields(rows: tuple[dict[str, Any], ...]) -> list[str]:
    """Fields of words and numbers; what is neither (a list) cannot stand in a cell."""
    plain = (str, int, float, bool)
    every = dict.fromkeys(k for r in rows for k in r)
    return [k for k in every if all(r.get(k) is None or isinstance(r[k], plain) for r in rows)]


def _text(value: object, panel: Panel, language: Language) -> str:
    text = str(value)
    if text in panel.unit_labels:
        return panel.unit_labels[text].to(language)
    for key in (f"field_{text}", "field_" + text.casefold().replace(" ", "_")):
        if key in WORDS:
            return word(key, language)
    return term_label(text, panel, language) if " " not in text else text


def _heading(table: DecompositionTable, name: str, language: Language) -> str:
    if name in table.headings:
        return table.headings[name].to(language)
    return word(f"field_{name}", language) if f"field_{name}" in WORDS else name.replace("_", " ")


def _cell(table: DecompositionTable, i: int, row: dict[str, Any], name: str, at: tuple[Panel, Language]) -> Cell:
    value = row.get(name)
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return Cell(raw="yes" if value else "no", shown=word("yes" if value else "no", at[1]))
    if isinstance(value, str):
        return Cell(raw=value, shown=_text(value, *at))
    kind: NumberKind = "count" if isinstance(value, int) else "number"
    if name in _PROBABILITIES and 0 <= value <= 1:
        kind = "p"
    return number(value, (table.model, f"{table.check}#{i}", name), table.digits, kind=kind)


TABLES.register(
    TableKind(
        name="decomposition",
        spec=DecompositionTable,
        summary="the rows of a check, such as a decomposition",
        build=build,
    )
)
