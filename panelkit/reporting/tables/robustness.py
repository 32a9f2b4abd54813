"""The robustness table: one coefficient under every specification, a row each, and what leaving clusters out does to it."""

from __future__ import annotations

import math
from typing import Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.conventions import convention
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import shown, stars
from panelkit.reporting.tables._common import (
    BLANK,
    finished,
    language_of,
    model_label,
    model_of,
    number,
    span,
    star_note,
)
from panelkit.reporting.tables._parts import STARS
from panelkit.reporting.words import JOIN, all_columns, joined, word


@spec
class RobustnessTable(TableSpec):
    """A robustness table.

    base : the model that the others are held against. models : the others. terms : the coefficient, by its name; several where
    it goes by another name in other models (the first that a model has is taken). leave_out : the range of the coefficient
    without one cluster, from the check `few_clusters`. labels : of the rows, base first, in place of the models' own.
    """

    kind: Literal["robustness"] = "robustness"
    base: str
    models: tuple[str, ...]
    terms: tuple[str, ...]
    labels: tuple[Label, ...] = ()
    leave_out: bool = True
    stars: tuple[float, ...] = STARS
    digits: int = 3

    @property
    def levels(self) -> tuple[float, ...]:
        """The star levels, widest first."""
        return tuple(sorted(set(self.stars), reverse=True))


def build(table: RobustnessTable, results: Results) -> Table:
    """The table: estimate, standard error, interval, resampled p, observations, and the range without one cluster.

    Raises
    ------
    ReportError
        An unknown model, one without the term, or labels that do not fit.
    """
    language, where = language_of(table, results), f"tables.{table.id}"
    estimates = [
        model_of(table, table.base, results, "base"),
        *(model_of(table, m, results, "models") for m in table.models),
    ]
    if table.labels and len(table.labels) != len(estimates):
        what = f"{len(table.labels)} labels for {len(estimates)} rows"
        raise ReportError(what, where=f"{where}.labels", mend="give one for each model, the base first")
    labels = [x.to(language) for x in table.labels] or [model_label(results, e.id, language) for e in estimates]
    rows = []
    for i, (estimate, label) in enumerate(zip(estimates, labels, strict=True)):
        name = next((t for t in table.terms if t in {known.name for known in estimate.terms}), None)
        if name is None:
            what = f"'{estimate.id}' has none of the terms {', '.join(table.terms)}"
            mend = known_or_nearest(table.terms[0] if table.terms else "", [t.name for t in estimate.terms])
            raise ReportError(what, where=f"{where}.terms", mend=mend)
        named = word("base_row", language, label=label) if i == 0 else label
        cells = _cells(table, estimate, name, results)
        rows.append(Row(kind="term", label=f"({i + 1}) {named}", cells=cells, rule_above=i == 1))
    fields = ["estimate", "se", "interval", "p_resampled", "rows", *(["leave_one_out"] if table.leave_out else [])]
    kept = [j for j, f in enumerate(fields) if f in ("estimate", "se") or any(r.cells[j].key for r in rows)]
    rows = [
        Row(kind=r.kind, label=r.label, cells=tuple(r.cells[j] for j in kept), rule_above=r.rule_above) for r in rows
    ]
    columns = [Column(id=fields[j], heading=(word(f"column_{fields[j]}", language),)) for j in kept]
    names = dict.fromkeys(t for t in table.terms if any(t in {k.name for k in e.terms} for e in estimates))
    what = joined((term_label(n, results.panel, language) for n in names), language, "comma")
    notes = [
        word("robustness", language, of=what),
        star_note(table.levels, language),
        _conventions(estimates, results, language),
    ]
    return finished(table, results, columns, rows, notes)


def _cells(table: RobustnessTable, estimate: Estimate, name: str, results: Results) -> tuple[Cell, ...]:
    term = estimate.term(name)
    drawn = next((r.p for r in estimate.resampled if r.term == name and not math.isnan(r.p)), None)
    made = [
        Cell(
            raw=term.estimate,
            shown=shown(term.estimate, table.digits, missing="–"),
            mark=stars(term.p, table.levels),
            key=(estimate.id, name, "estimate"),
        ),
        number(term.se, (estimate.id, name, "se"), table.digits, around="()"),
        span(term.low, term.high, (estimate.id, name, "interval"), table.digits),
        number(drawn, (estimate.id, name, "p_resampled"), table.digits, kind="p"),
        number(estimate.sample.rows, (estimate.id, "", "rows"), kind="count"),
    ]
    if table.leave_out:
        found = next((c for c in results.checks.get(estimate.id, ()) if c.name == "few_clusters"), None)
        left = [v for v in (found.series.get("coefficient_without", ()) if found else ()) if math.isfinite(v)]
        key = (estimate.id, "few_clusters", "leave_one_out")
        made.append(span(min(left), max(left), key, table.digits) if left else BLANK)
    return tuple(made)


def _conventions(estimates: list[Estimate], results: Results, language: Language) -> str:
    """How standard errors are made, alike rows together."""
    groups: dict[str, list[int]] = {}
    for i, estimate in enumerate(estimates, start=1):
        groups.setdefault(convention(estimate.covariance, results.panel, language), []).append(i)
    if len(groups) == 1:
        return word("in_se_all", language, what=next(iter(groups)))
    each = (f"{all_columns(rows, language)}{JOIN[language]['colon']}{text}" for text, rows in groups.items())
    return word("in_se", language, what=joined(each, language))


TABLES.register(
    TableKind(name="robustness", spec=RobustnessTable, summary="one coefficient under every specification", build=build)
)
