"""The rows beneath the coefficients: effects absorbed, size of the sample, clusters, R-squared by kind, second engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from panelkit.core.errors import Fault
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Row
from panelkit.core.nearest import known_or_nearest
from panelkit.reporting.labels import effect_label, key_label, slopes_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.tables._parts import Parts
from panelkit.reporting.words import JOIN, WORDS, word

BLANK = Cell(raw=None, shown="")
_FIT = ("r2", "r2_within", "r2_adjusted", "rss")
_COUNTS = ("rows", "periods")


def effect_rows(parts: Parts) -> tuple[Row, ...]:
    """One Yes/No row for each effect and each family of slopes that any of the models absorbs."""
    effects = dict.fromkeys(a for e in parts.estimates for a in e.absorb)
    slopes = dict.fromkeys(s for e in parts.estimates for s in _slopes(e))
    made = [
        (effect_label(a, parts.panel, parts.language), f"absorb.{a}", [a in e.absorb for e in parts.estimates])
        for a in effects
    ]
    made += [
        (
            slopes_label(*s, parts.panel, parts.language),
            f"slopes.{s[0]}.{s[1]}",
            [s in _slopes(e) for e in parts.estimates],
        )
        for s in slopes
    ]
    return tuple(
        Row(kind="text", label=label, cells=_marks(parts, field, has), rule_above=i == 0)
        for i, (label, field, has) in enumerate(made)
    )


def _slopes(estimate: Estimate) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(s for r in estimate.requests[:1] for s in r.varying_slopes))


def _marks(parts: Parts, field: str, has: list[bool]) -> tuple[Cell, ...]:
    cells = []
    for estimate, present in zip(parts.estimates, has, strict=True):
        name = "yes" if present else "no"
        text = "" if parts.spec.profile == "aea" and not present else word(name, parts.language)
        cells.append(Cell(raw=name, shown=text, key=(estimate.id, "", field)))
    return tuple(cells)


def statistic_rows(parts: Parts, faults: list[Fault]) -> tuple[Row, ...]:
    """The rows that `statistics` names; one that no model has is a fault."""
    rows: list[Row] = []
    for name in parts.spec.statistics:
        made = _rows_of(name, parts)
        if made is None:
            known = {*_COUNTS, *_FIT, "units", "clusters", "r2_kind", "second_engine"}
            known |= {k.partition(": ")[0] for e in parts.estimates for k in e.fit.extra}
            where, what = f"tables.{parts.spec.id}.statistics", f"no model of the table has '{name}'"
            faults.append(Fault(where=where, what=what, mend=known_or_nearest(name, known - {name})))
        else:
            rows += made
    first = [Row(kind=r.kind, label=r.label, cells=r.cells, rule_above=True) for r in rows[:1]]
    return (*first, *rows[1:])


def _rows_of(name: str, parts: Parts) -> list[Row] | None:
    """The rows of one statistic; None where no model has it."""
    language = parts.language
    if name in _COUNTS or name == "units":
        of = key_label(parts.panel.unit, parts.panel, language)
        text = word(name, language, of=of) if name == "units" else word(name, language)
        return [_row(parts, text, name, lambda e: getattr(e.sample, name), "count")]
    if name == "clusters":
        return _cluster_rows(parts)
    if name == "r2_kind":
        kinds = {_r2_kind(e) for e in parts.estimates}
        return [_row(parts, word(k, language), k, partial(_r2_of, k)) for k in ("r2_within", "r2") if k in kinds]
    if name == "second_engine":
        return [_second_engine(parts)]
    fits = [_row(parts, word(name, language), name, lambda e: getattr(e.fit, name))] if name in _FIT else []
    made = fits or _further(name, parts)
    return made if not parts.estimates or any(c.key for row in made for c in row.cells) else None


def _further(name: str, parts: Parts) -> list[Row]:
    """Rows of `fit.extra`: the statistic itself, and "name: variable" for each variable it is known of."""
    language = parts.language
    text = word(name, language) if name in WORDS else name
    rows = []
    for key in dict.fromkeys(k for e in parts.estimates for k in e.fit.extra):
        head, _, of = key.partition(": ")
        if head == name:
            label = (
                f"{text}{JOIN[language]['open']}{term_label(of, parts.panel, language)}{JOIN[language]['close']}"
                if of
                else text
            )
            kind = "count" if head in COUNTED else "number"
            rows.append(_row(parts, label, key, partial(_extra_of, key), kind))
    return rows


COUNTED = ("lags", "moment_instruments")  # further statistics that are whole


def _extra_of(key: str, estimate: Estimate) -> float | None:
    return estimate.fit.extra.get(key)


def _r2_of(kind: str, estimate: Estimate) -> float | None:
    value: float | None = getattr(estimate.fit, kind)
    return value if _r2_kind(estimate) == kind else None


def _r2_kind(estimate: Estimate) -> str:
    if estimate.absorb and estimate.fit.r2_within is not None:
        return "r2_within"
    return "r2" if estimate.fit.r2 is not None else ""


def _row(
    parts: Parts, label: str, field: str, value: Callable[[Estimate], float | int | None], kind: str = "number"
) -> Row:
    cells = []
    for estimate in parts.estimates:
        raw = value(estimate)
        if raw is None:
            cells.append(BLANK)
            continue
        text = shown(raw, kind="count") if kind == "count" else shown(raw, parts.spec.digits, missing="–")
        cells.append(Cell(raw=raw, shown=text, key=(estimate.id, "", field)))
    return Row(kind="stat", label=label, cells=tuple(cells))


def _cluster_rows(parts: Parts) -> list[Row]:
    rows = []
    for by in dict.fromkeys(b for e in parts.estimates for b in e.sample.clusters):
        cells = []
        for estimate in parts.estimates:
            groups = estimate.sample.clusters
            field = "clusters" if len(groups) == 1 else f"clusters.{by}"
            has = by in groups
            cells.append(
                Cell(raw=groups[by], shown=shown(groups[by], kind="count"), key=(estimate.id, "", field))
                if has
                else BLANK
            )
        label = word("clusters", parts.language, of=key_label(by, parts.panel, parts.language))
        rows.append(Row(kind="stat", label=label, cells=tuple(cells)))
    return rows


def _second_engine(parts: Parts) -> Row:
    said = {"holds": "agrees", "fails": "differs"}
    cells = []
    for estimate in parts.estimates:
        found = next((c for c in parts.results.checks.get(estimate.id, ()) if c.name == "second_engine"), None)
        name = said.get(found.verdict, "says") if found else ""
        text = word(name, parts.language) if name in ("agrees", "differs") else "–"
        cells.append(Cell(raw=name or "none", shown=text, key=(estimate.id, "", "second_engine")))
    return Row(kind="text", label=word("second_engine", parts.language), cells=tuple(cells))
