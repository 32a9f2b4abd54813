"""The regression table: models as columns, terms as rows; every row comes from the estimates' own specification, none from an engine."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.reporting.labels import outcome_label
from panelkit.reporting.numbers import is_number
from panelkit.reporting.tables._choice import terms_of
from panelkit.reporting.tables._notes import notes
from panelkit.reporting.tables._parts import ExtraRow as ExtraRow
from panelkit.reporting.tables._parts import Group as Group
from panelkit.reporting.tables._parts import ModelsPanel as ModelsPanel
from panelkit.reporting.tables._parts import Parts, RegressionTable
from panelkit.reporting.tables._statistics import effect_rows, statistic_rows
from panelkit.reporting.tables._terms import term_rows
from panelkit.reporting.tables._thresholds import threshold_rows
from panelkit.reporting.words import JOIN, word


def build(table: RegressionTable, results: Results) -> Table:
    """The table of a run's estimates.

    Raises
    ------
    ReportError
        With every fault of the specification: an unknown model, term or statistic, headings that do not fit.
    """
    parts = _parts(table, results, table.models)
    faults = _faults(table, results)
    terms = terms_of(parts, faults)
    rows: tuple[Row, ...] = ()
    if table.panels:
        rows = _panels(table, results, terms, faults)
    else:
        rows = (*term_rows(parts, terms), *threshold_rows(parts), *effect_rows(parts), *statistic_rows(parts, faults))
    if faults:
        raise ReportError(faults=faults)
    return Table(
        id=table.id,
        long=table.long,
        landscape=table.landscape,
        title=table.title.to(parts.language),
        columns=_columns(parts),
        rows=(*rows, *_extra(parts)),
        notes=notes(parts, terms),
        stub=word("variable", parts.language),
        language=parts.language,
    )


def _parts(table: RegressionTable, results: Results, models: tuple[str, ...]) -> Parts:
    return Parts(
        spec=table,
        results=results,
        panel=results.panel,
        estimates=tuple(results.estimates[m] for m in models if m in results.estimates),
        language=table.language or results.study.head.language,
    )


def _panels(table: RegressionTable, results: Results, terms: tuple[str, ...], faults: list[Fault]) -> tuple[Row, ...]:
    """Each panel's heading, terms, effects and statistics; a statistic that no panel has is a fault."""
    rows: list[Row] = []
    lacking: list[list[Fault]] = []
    shared = all(_shared_outcomes(_parts(table, results, table.models)))
    for letter, panel in zip(ascii_uppercase, table.panels, strict=False):
        parts = _parts(table, results, panel.columns)
        if len(parts.estimates) != len(panel.columns):
            return ()
        known = {t.name for e in parts.estimates for t in e.terms}
        rows.append(Row(kind="panel", label=_panel_label(letter, panel, parts, shared), rule_above=bool(rows)))
        rows += term_rows(parts, tuple(t for t in terms if t in known))
        rows += threshold_rows(parts)
        rows += effect_rows(parts)
        lacking.append([])
        rows += statistic_rows(parts, lacking[-1])
    faults += [f for f in lacking[0] if all(f.what in {o.what for o in other} for other in lacking)] if lacking else []
    return tuple(rows)


def _panel_label(letter: str, panel: ModelsPanel, parts: Parts, shared: bool) -> str:
    """'Panel A. ...', with the outcome where the headings cannot name it and the panel has but one."""
    language = parts.language
    label = panel.label.to(language)
    outcomes = {outcome_label(e, parts.panel, language) for e in parts.estimates}
    if not shared and len(outcomes) == 1:
        label = f"{label}{JOIN[language]['open']}{next(iter(outcomes))}{JOIN[language]['close']}"
    return word("panel_row", language, letter=letter, label=label)


def _shared_outcomes(parts: Parts) -> list[str]:
    """The label of each column's outcome, "" where panels differ."""
    width, language = parts.spec.width, parts.language
    labels = [outcome_label(e, parts.panel, language) for e in parts.estimates]
    if not parts.spec.panels:
        return labels
    by_column = [set(labels[j::width]) for j in range(width)]
    return [next(iter(found)) if len(found) == 1 else "" for found in by_column]


def _extra(parts: Parts) -> tuple[Row, ...]:
    language = parts.language
    rows = []
    for i, extra in enumerate(parts.spec.extra):
        texts = [word(v, language) if v in ("yes", "no") else v for v in extra.values]
        cells = tuple(Cell(raw=v, shown=t) for v, t in zip(extra.values, texts, strict=True))
        rows.append(Row(kind="text", label=extra.label.to(language), cells=cells, rule_above=i == 0))
    return tuple(rows)


def _faults(table: RegressionTable, results: Results) -> list[Fault]:
    where = f"tables.{table.id}"
    faults = [
        Fault(where=f"{where}.columns", what=f"there is no model '{m}'", mend=known_or_nearest(m, results.estimates))
        for m in dict.fromkeys(table.models)
        if m not in results.estimates
    ]
    samples = {m: (e.sample.keys_digest, e.sample.rows) for m, e in results.estimates.items()}
    return faults + _sample_faults(table, samples) + _declared_faults(table)


def _sample_faults(table: RegressionTable, samples: Mapping[str, tuple[str, int]]) -> list[Fault]:
    """Columns on different samples, unless the table declares that it tells them: which, and how to mend.

    samples : by model, the digest of its rows' keys and their number; a model that is not there is not judged.
    """
    groups: dict[str, list[str]] = {}
    for model in (m for m in table.models if m in samples):
        groups.setdefault(samples[model][0], []).append(model)
    if table.samples == "told" or len(groups) < 2:
        return []
    each = (f"{', '.join(of)}: {counted(samples[of[0]][1], 'rows')}" for of in groups.values())
    what = f"the columns rest on {counted(len(groups), 'samples')} ({'; '.join(each)})"
    mend = 'estimate them on common rows ([defaults] common_sample = true), or say samples = "told": a note then tells which rest on which'
    return [Fault(where=f"tables.{table.id}.samples", what=what, mend=mend)]


def _declared_faults(table: RegressionTable) -> list[Fault]:
    """What is wrong with a declaration whatever the estimates are."""
    where, faults = f"tables.{table.id}", []
    if not table.models:
        faults.append(Fault(where=f"{where}.columns", what="there are no columns", mend="name at least one model"))
    if table.panels and table.columns:
        what = "columns and panels are both given"
        faults.append(Fault(where=f"{where}.panels", what=what, mend="name the models in one of them"))
    if len({len(p.columns) for p in table.panels}) > 1:
        what = f"the panels have {counted(', '.join(str(len(p.columns)) for p in table.panels), 'columns')}"
        faults.append(Fault(where=f"{where}.panels", what=what, mend="give each panel as many models"))
    covered = sum(g.columns for g in table.groups)
    if table.groups and (covered != table.width or any(g.columns < 1 for g in table.groups)):
        what = f"the groups cover {counted(covered, 'columns')}, the table has {table.width}"
        faults.append(Fault(where=f"{where}.groups", what=what, mend="let their widths add up to the columns"))
    if table.headings and len(table.headings) != table.width:
        what = f"{counted(len(table.headings), 'headings')} for {counted(table.width, 'columns')}"
        faults.append(Fault(where=f"{where}.headings", what=what, mend="give one for each column"))
    if any(not 0 < level < 1 for level in table.stars or ()):
        faults.append(Fault(where=f"{where}.stars", what="a level is not between 0 and 1", mend="write 0.05 for 5%"))
    if not 0 <= table.digits <= 10:
        faults.append(Fault(where=f"{where}.digits", what="digits are not 0 to 10", mend="3 is usual"))
    return faults + _extra_faults(table)


def _extra_faults(table: RegressionTable) -> list[Fault]:
    where = f"tables.{table.id}.extra"
    faults = []
    for extra in table.extra:
        label = extra.label.to("en")
        if len(extra.values) != table.width:
            what = f"'{label}' has {counted(len(extra.values), 'values')} for {counted(table.width, 'columns')}"
            faults.append(Fault(where=where, what=what, mend="give one for each column"))
        for value in extra.values:
            if is_number(value):
                what = f"'{label}' holds the number {value}, which comes from no model"
                faults.append(Fault(where=where, what=what, mend="name it in `statistics`, so that it can be verified"))
    return faults


def _columns(parts: Parts) -> tuple[Column, ...]:
    table, language = parts.spec, parts.language
    above = [g.label.to(language) for g in table.groups for _ in range(g.columns)]
    labels = [h.to(language) for h in table.headings] or [_model_label(parts, m) for m in table.models]
    if table.panels and not table.headings:
        by_column = [set(labels[j :: table.width]) for j in range(table.width)]
        labels = [next(iter(found)) if len(found) == 1 else "" for found in by_column]
    outcomes = _shared_outcomes(parts)
    columns = []
    for j in range(table.width):
        heading = [f"({j + 1})"]
        if all(outcomes):
            heading.append(outcomes[j])
        if table.groups:
            heading.insert(0, above[j])
        if any(labels):
            heading.append(labels[j])
        columns.append(Column(id=f"c{j}", heading=tuple(heading)))
    return tuple(columns)


def _model_label(parts: Parts, model_id: str) -> str:
    return next((m.label.to(parts.language) for m in parts.results.study.models if m.id == model_id), "")


TABLES.register(
    TableKind(
        name="regression",
        spec=RegressionTable,
        summary="models as columns, terms as rows",
        build=build,
        faults=_declared_faults,
        sample_faults=_sample_faults,
    )
)
