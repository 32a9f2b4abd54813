"""The coefficient lines of a regression table: estimate with stars, bracket beneath, resampled p beneath that."""

from __future__ import annotations

from panelkit.core.estimate import Estimate, Term
from panelkit.core.exhibit import Cell, Row
from panelkit.reporting.conventions import printed_p
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import shown, stars
from panelkit.reporting.tables._parts import Parts, RegressionTable

BLANK = Cell(raw=None, shown="")


def term_rows(parts: Parts, names: tuple[str, ...]) -> tuple[Row, ...]:
    """Two or three rows for each term."""
    rows: list[Row] = []
    for name in names:
        terms = [_term(e, name) for e in parts.estimates]
        label = term_label(_with_bins(parts, name), parts.panel, parts.language)
        pairs = list(zip(parts.estimates, terms, strict=True))
        rows.append(Row(kind="term", label=label, cells=tuple(_estimate(e, t, parts.spec) for e, t in pairs)))
        rows.append(Row(kind="bracket", label="", cells=tuple(_bracket(e, t, parts.spec) for e, t in pairs)))
        resampled = tuple(_resampled(e, name, parts.spec.digits) for e in parts.estimates)
        if parts.spec.show_resampled and any(c.key for c in resampled):
            rows.append(Row(kind="bracket", label="", cells=resampled))
    return tuple(rows)


_FIELDS = {"se": "se", "t": "statistic", "p": "p"}


def _with_bins(parts: Parts, name: str) -> str:
    """The name of a period's term as its curve labels it: the binned ends are '<=-4' and '>=4'."""
    curve, found, at = name.partition("::")
    if found:
        for effect in (e for estimate in parts.estimates for e in estimate.curves.get(curve, ())):
            if f"{effect.at:g}" == at and effect.label[:1] in ("<", ">"):
                return f"{curve}::{effect.label}"
    return name


def _term(estimate: Estimate, name: str) -> Term | None:
    return next((t for t in estimate.terms if t.name == name), None)


def _estimate(estimate: Estimate, term: Term | None, table: RegressionTable) -> Cell:
    if term is None:
        return BLANK
    return Cell(
        raw=term.estimate,
        shown=shown(term.estimate, table.digits, missing="–"),
        mark=stars(term.p, table.levels),
        key=(estimate.id, term.name, "estimate"),
    )


def _bracket(estimate: Estimate, term: Term | None, table: RegressionTable) -> Cell:
    if term is None:
        return BLANK
    if table.brackets == "ci":
        low, high = (shown(bound, table.digits, missing="–") for bound in (term.low, term.high))
        # one cell, two numbers: the raw value is both in full
        raw = f"{term.low!r}, {term.high!r}"
        return Cell(raw=raw, shown=f"[{low}, {high}]", key=(estimate.id, term.name, "interval"))
    field = _FIELDS[table.brackets]
    value = getattr(term, field)
    text = shown(value, table.digits, kind="p" if field == "p" else "number", missing="–")
    return Cell(raw=value, shown=f"({text})", key=(estimate.id, term.name, field))


def _resampled(estimate: Estimate, name: str, digits: int) -> Cell:
    found = printed_p(estimate).get(name)
    if found is None:
        return BLANK
    return Cell(raw=found.p, shown=f"[{shown(found.p, digits, kind='p')}]", key=(estimate.id, name, "p_resampled"))
