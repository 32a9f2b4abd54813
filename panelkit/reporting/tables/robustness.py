"""The robustness table: one coefficient under every specification of a battery, or of models that are named, a row each."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.conventions import convention, printed_p, way
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
from panelkit.reporting.words import JOIN, all_columns, joined, level_of, word


@spec
class RobustnessTable(TableSpec):
    """A robustness table.

    battery : a declared robustness battery, whose every specification has a row, those that failed with the reason. Or, by hand:
    base : the model that the others are held against. models : the others. terms : the coefficient, by its name; several where
    it goes by another name in other models (the first that a model has is taken). labels : of the rows, base first, in place of
    the models' own.
    leave_out : the range of the coefficient without one cluster, from the check `few_clusters`.
    """

    kind: Literal["robustness"] = "robustness"
    battery: str = ""
    base: str = ""
    models: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
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
    if table.battery:
        return of_battery(table, results)
    estimates = [
        model_of(table, table.base, results, "base"),
        *(model_of(table, m, results, "models") for m in table.models),
    ]
    if table.labels and len(table.labels) != len(estimates):
        what = f"{counted(len(table.labels), 'labels')} for {counted(len(estimates), 'rows')}"
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
        cells = cells_of(table, estimate, name, results)
        rows.append(Row(kind="term", label=f"({i + 1}) {named}", cells=cells, rule_above=i == 1))
    columns, rows = _kept(table, rows, results)
    terms = [next(t for t in table.terms if t in {known.name for known in e.terms}) for e in estimates]
    names = dict.fromkeys(t for t in table.terms if any(t in {k.name for k in e.terms} for e in estimates))
    what = joined((term_label(n, results.panel, language) for n in names), language, "comma")
    notes = [
        word("robustness", language, of=what),
        star_note(table.levels, language),
        _conventions(estimates, results, language),
        _resampled(list(zip(estimates, terms, strict=True)), language),
    ]
    return finished(table, results, columns, rows, notes)


def of_battery(table: RobustnessTable, results: Results) -> Table:
    """The table of a battery: the base as declared, then every specification by dimension, and the verdict.

    Raises
    ------
    ReportError
        An unknown battery, or one beside `base` or `models`.
    """
    language, where = language_of(table, results), f"tables.{table.id}"
    known = results.study.robustness
    if table.battery not in known or table.base or table.models:
        what = (
            f"there is no battery '{table.battery}'" if table.battery not in known else "a battery has its own models"
        )
        mend = known_or_nearest(table.battery, known) if table.battery not in known else "leave out base and models"
        raise ReportError(what, where=f"{where}.battery", mend=mend)
    table = replace(table, leave_out=False)  # what leaving a cluster out does is looked at in the base alone
    battery, base = known[table.battery], results.estimates[known[table.battery].base]
    variants = [v for v in results.study.variants if v.battery == table.battery]
    found = next(c for c in results.checks[base.id] if c.name == f"robustness_{table.battery}")
    told = {r["specification"]: r for r in found.rows}
    label = word("base_row", language, label=model_label(results, base.id, language))
    term = battery.term or next(str(r["term"]) for r in found.rows if not r["failure"])
    own = next((t for t in base.terms if t.name == term), base.terms[0]).name
    made = [Row(kind="term", label=f"(1) {label}", cells=cells_of(table, base, own, results))]
    part = ""
    for i, variant in enumerate(variants, start=2):
        dimension = word("dimension_product", language) if len(variant.chosen) > 1 else next(iter(variant.chosen), "")
        if dimension != part:
            heading = dimension if len(variant.chosen) > 1 else word(f"dimension_{dimension}", language)
            made.append(Row(kind="panel", label=heading, rule_above=True))
            part = dimension
        row = told[variant.id]
        named = f"({i}) {variant.label.to(language)}"
        if row["failure"]:
            blank = word("not_estimated", language, why=row["failure"])
            made.append(Row(kind="text", label=f"{named}: {blank}", cells=(BLANK,) * 5))
        else:
            cells = cells_of(table, results.variants[variant.id], str(row["term"]), results)
            made.append(Row(kind="term", label=named, cells=cells, rule_above=i == 2))
    run = [(base, own)]
    run += [(results.variants[v.id], str(told[v.id]["term"])) for v in variants if v.id in results.variants]
    notes = [
        found.text.to(language),
        word("battery_scale", language),
        star_note(table.levels, language),
        _conventions([e for e, _ in run], results, language),
        _resampled(run, language),
    ]
    return finished(table, results, *_kept(table, made, results), notes)


def _kept(table: RobustnessTable, rows: list[Row], results: Results) -> tuple[list[Column], list[Row]]:
    """Columns that have a number in some row, and the rows with those cells."""
    language = language_of(table, results)
    fields = ["estimate", "se", "interval", "p_resampled", "rows", *(["leave_one_out"] if table.leave_out else [])]
    kept = [j for j, f in enumerate(fields) if f in ("estimate", "se") or any(r.cells[j].key for r in rows if r.cells)]
    columns = [
        Column(id=fields[j], heading=(word(f"column_{fields[j]}", language, level=level_of(results)),)) for j in kept
    ]
    return columns, [replace(r, cells=tuple(r.cells[j] for j in kept)) if r.cells else r for r in rows]


def cells_of(table: RobustnessTable, estimate: Estimate, name: str, results: Results) -> tuple[Cell, ...]:
    term = estimate.term(name)
    found_p = printed_p(estimate).get(name)
    made = [
        Cell(
            raw=term.estimate,
            shown=shown(term.estimate, table.digits, missing="–"),
            mark=stars(term.p, table.levels),
            key=(estimate.id, name, "estimate"),
        ),
        number(term.se, (estimate.id, name, "se"), table.digits, around="()"),
        span(term.low, term.high, (estimate.id, name, "interval"), table.digits),
        number(found_p.p if found_p else None, (estimate.id, name, "p_resampled"), table.digits, kind="p"),
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
    texts = [convention(e.covariance, results.panel, language) for e in estimates]
    return word("in_se" if len(set(texts)) > 1 else "in_se_all", language, what=_by_row(texts, language))


def _resampled(rows: list[tuple[Estimate, str]], language: Language) -> str:
    """How the resampled p of each row was made; "" where there is none."""
    found = [printed_p(estimate).get(term) for estimate, term in rows]
    texts = [way(f, language) if f else "" for f in found]
    return word("robustness_resampled", language, what=_by_row(texts, language)) if any(texts) else ""


def _by_row(texts: list[str], language: Language) -> str:
    """What is said of each row, alike rows together; rows without a text are passed."""
    groups: dict[str, list[int]] = {}
    for i, text in enumerate(texts, start=1):
        groups.setdefault(text, []).append(i)
    if len(groups) == 1:
        return texts[0]
    colon = JOIN[language]["colon"]
    return joined((f"{all_columns(rows, language)}{colon}{text}" for text, rows in groups.items() if text), language)


TABLES.register(
    TableKind(name="robustness", spec=RobustnessTable, summary="one coefficient under every specification", build=build)
)
