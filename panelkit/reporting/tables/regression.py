"""The regression table: models as columns, terms as rows; every row comes from the estimates' own specification, none from an engine."""

from __future__ import annotations

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Column, Table
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.reporting.labels import term_label
from panelkit.reporting.tables._choice import terms_of
from panelkit.reporting.tables._notes import notes
from panelkit.reporting.tables._parts import Group as Group
from panelkit.reporting.tables._parts import Parts, RegressionTable
from panelkit.reporting.tables._statistics import effect_rows, statistic_rows
from panelkit.reporting.tables._terms import term_rows
from panelkit.reporting.words import word


def build(table: RegressionTable, results: Results) -> Table:
    """The table of a run's estimates.

    Raises
    ------
    ReportError
        With every fault of the specification: an unknown model, term or statistic, headings that do not fit.
    """
    parts = Parts(
        spec=table,
        results=results,
        panel=results.panel,
        estimates=tuple(results.estimates[m] for m in table.columns if m in results.estimates),
        language=table.language or results.study.head.language,
    )
    faults = _faults(table, results)
    terms = terms_of(parts, faults)
    rows = (*term_rows(parts, terms), *effect_rows(parts), *statistic_rows(parts, faults))
    if faults:
        raise ReportError(faults=faults)
    return Table(
        id=table.id,
        title=table.title.to(parts.language),
        columns=_columns(parts),
        rows=rows,
        notes=notes(parts, terms),
        stub=word("variable", parts.language),
        language=parts.language,
    )


def _faults(table: RegressionTable, results: Results) -> list[Fault]:
    where = f"tables.{table.id}"
    faults = [
        Fault(where=f"{where}.columns", what=f"there is no model '{m}'", mend=known_or_nearest(m, results.estimates))
        for m in dict.fromkeys(table.columns)
        if m not in results.estimates
    ]
    if not table.columns:
        faults.append(Fault(where=f"{where}.columns", what="there are no columns", mend="name at least one model"))
    covered = sum(g.columns for g in table.groups)
    if table.groups and (covered != len(table.columns) or any(g.columns < 1 for g in table.groups)):
        what = f"the groups cover {covered} columns, the table has {len(table.columns)}"
        faults.append(Fault(where=f"{where}.groups", what=what, mend="let their widths add up to the columns"))
    if table.headings and len(table.headings) != len(table.columns):
        what = f"{len(table.headings)} headings for {len(table.columns)} columns"
        faults.append(Fault(where=f"{where}.headings", what=what, mend="give one for each column"))
    if any(not 0 < level < 1 for level in table.stars or ()):
        faults.append(Fault(where=f"{where}.stars", what="a level is not between 0 and 1", mend="write 0.05 for 5%"))
    if not 0 <= table.digits <= 10:
        faults.append(Fault(where=f"{where}.digits", what="digits are not 0 to 10", mend="3 is usual"))
    return faults


def _columns(parts: Parts) -> tuple[Column, ...]:
    table, language = parts.spec, parts.language
    above = [g.label.to(language) for g in table.groups for _ in range(g.columns)]
    labels = [h.to(language) for h in table.headings] or [_model_label(parts, m) for m in table.columns]
    columns = []
    for j, estimate in enumerate(parts.estimates):
        heading = [f"({j + 1})", term_label(estimate.outcome, parts.panel, language)]
        if table.groups:
            heading.insert(0, above[j])
        if any(labels):
            heading.append(labels[j])
        columns.append(Column(id=f"c{j}", heading=tuple(heading)))
    return tuple(columns)


def _model_label(parts: Parts, model_id: str) -> str:
    return next((m.label.to(parts.language) for m in parts.results.study.models if m.id == model_id), "")


TABLES.register(
    TableKind(name="regression", spec=RegressionTable, summary="models as columns, terms as rows", build=build)
)
