"""The first-stage table: how strongly the instruments move each endogenous regressor, and every further test of the estimate."""

from __future__ import annotations

import math
from typing import Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import term_label
from panelkit.reporting.tables._common import BLANK, finished, language_of, model_label, model_of, number
from panelkit.reporting.words import JOIN, WORDS, joined, word


@spec
class FirstStageTable(TableSpec):
    """A first-stage table; models : instrumental ones, by default every model with endogenous regressors."""

    kind: Literal["first_stage"] = "first_stage"
    models: tuple[str, ...] = ()
    digits: int = 3


def build(table: FirstStageTable, results: Results) -> Table:
    """One column for each endogenous regressor of each model; one row for each test and statistic any of them has.

    Raises
    ------
    ReportError
        An unknown model, or one without instruments.
    """
    language = language_of(table, results)
    wanted = table.models or tuple(m for m, e in results.estimates.items() if _endogenous(e))
    pairs = [
        (model_of(table, m, results, "models"), name)
        for m in wanted
        for name in _endogenous(model_of(table, m, results, "models"))
    ]
    bare = [m for m in table.models if not _endogenous(results.estimates[m])]
    if bare or not pairs:
        what = f"'{bare[0]}' has no instruments" if bare else "no model of the study has instruments"
        raise ReportError(what, where=f"tables.{table.id}.models", mend='name models of kind "instrumental"')
    panel = results.panel
    columns = []
    for j, (estimate, name) in enumerate(pairs):
        label = model_label(results, estimate.id, language)
        columns.append(Column(id=f"c{j}", heading=(label, f"({j + 1})", term_label(name, panel, language))))
    rows = [
        _instruments(pairs, panel, language),
        *_tests(table, pairs, panel, language),
        *_extras(table, pairs, language),
    ]
    rows += _sizes(pairs, language)
    notes = [word("first_stage_note", language)]
    notes += [word("first_stage_several", language)] if any(len(_endogenous(e)) > 1 for e, _ in pairs) else []
    return finished(table, results, columns, rows, notes)


def _endogenous(estimate: Estimate) -> tuple[str, ...]:
    return estimate.requests[0].endogenous if estimate.requests else ()


def _instruments(pairs: list[tuple[Estimate, str]], panel: Panel, language: Language) -> Row:
    cells = []
    for estimate, _ in pairs:
        names = joined((term_label(n, panel, language) for n in estimate.requests[0].instruments), language, "comma")
        cells.append(Cell(raw=names, shown=names))
    return Row(kind="text", label=word("instruments", language), cells=tuple(cells))


def _tests(table: FirstStageTable, pairs: list[tuple[Estimate, str]], panel: Panel, language: Language) -> list[Row]:
    """Statistic of each test with its p beneath: "name: regressor" in that regressor's column, others in every column of the model."""
    rows: list[Row] = []
    heads = dict.fromkeys(k.partition(": ")[0] for e, _ in pairs for k in e.tests)
    for head in heads:
        above, beneath, degrees = [], [], set[str]()
        for estimate, name in pairs:
            key = f"{head}: {name}" if f"{head}: {name}" in estimate.tests else head
            test = estimate.tests.get(key)
            if test is None:
                above.append(BLANK)
                beneath.append(BLANK)
                continue
            above.append(number(test["statistic"], (estimate.id, "", f"tests.{key}.statistic"), table.digits))
            p = test.get("p", math.nan)
            beneath.append(number(p, (estimate.id, "", f"tests.{key}.p"), table.digits, kind="p", around="[]"))
            degrees.add(_degrees(test))
        label = word(f"test_{head}", language) if f"test_{head}" in WORDS else head.replace("_", " ")
        said = degrees.pop() if len(degrees) == 1 else ""
        label += f"{JOIN[language]['colon']}{said}" if said else ""
        rows.append(Row(kind="term", label=label, cells=tuple(above), rule_above=not rows))
        if any(c.key for c in beneath):
            rows.append(Row(kind="bracket", label="", cells=tuple(beneath)))
    return rows


def _degrees(test: dict[str, float]) -> str:
    second = test.get("df2", math.inf)
    if "df1" not in test:
        return ""
    return f"F({test['df1']:g}, {second:g})" if math.isfinite(second) else f"χ²({test['df1']:g})"


def _extras(table: FirstStageTable, pairs: list[tuple[Estimate, str]], language: Language) -> list[Row]:
    """Further statistics "name: regressor" that are no test shown above, such as the partial R-squared."""
    known = {"first_stage_f", "first_stage_f_clustered"}
    names = dict.fromkeys(k.partition(": ")[0] for e, n in pairs for k in e.fit.extra if k.endswith(f": {n}"))
    rows = []
    for head in (n for n in names if n not in known):
        cells = [number(e.fit.extra.get(f"{head}: {n}"), (e.id, "", f"{head}: {n}"), table.digits) for e, n in pairs]
        label = word(head, language) if head in WORDS else head.replace("_", " ")
        rows.append(Row(kind="stat", label=label, cells=tuple(cells)))
    return rows


def _sizes(pairs: list[tuple[Estimate, str]], language: Language) -> list[Row]:
    rows = [number(e.sample.rows, (e.id, "", "rows"), kind="count") for e, _ in pairs]
    counts = [next(iter(e.sample.clusters.values()), None) if len(e.sample.clusters) == 1 else None for e, _ in pairs]
    clusters = [number(c, (e.id, "", "clusters"), kind="count") for (e, _), c in zip(pairs, counts, strict=True)]
    made = [Row(kind="stat", label=word("rows", language), cells=tuple(rows), rule_above=True)]
    if any(c.key for c in clusters):
        made.append(Row(kind="stat", label=word("clusters_plain", language), cells=tuple(clusters)))
    return made


TABLES.register(
    TableKind(
        name="first_stage",
        spec=FirstStageTable,
        summary="strength of instruments, by endogenous regressor",
        build=build,
    )
)
