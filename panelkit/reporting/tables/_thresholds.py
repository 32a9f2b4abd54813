"""Rows and note of threshold models in a regression table: thresholds with their sets, tests, rows by regime. Nothing is estimated here."""

from __future__ import annotations

from typing import Any

from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Row
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.tables._parts import Parts
from panelkit.reporting.words import JOIN, joined, level_of, word

CHECK = "threshold_effect"
BLANK = Cell(raw=None, shown="")


def threshold_rows(parts: Parts) -> tuple[Row, ...]:
    """For each threshold its value with the set beneath and the p of its test; then the rows of each regime. None without such models."""
    found = [_found(parts, e) for e in parts.estimates]
    most = max((len(rows) for rows in found), default=0)
    if not most:
        return ()
    language = parts.language
    one = "_one" if most == 1 else ""
    variables = dict.fromkeys(v for e in parts.estimates for v in _variables(e))
    marks, names = JOIN[language], [key_label(v, parts.panel, language) for v in variables]
    of = f"{marks['open']}{names[0]}{marks['close']}" if len(names) == 1 else ""
    made: list[Row] = []
    for j in range(most):
        label = word(f"threshold_row{one}", language, number=j + 1, of=of)
        made.append(Row(kind="term", label=label, cells=_cells(parts, found, j, "estimate"), rule_above=j == 0))
        made.append(Row(kind="bracket", label="", cells=_cells(parts, found, j, "set")))
        label = word(f"threshold_p{one}", language, number=j + 1)
        made.append(Row(kind="stat", label=label, cells=_cells(parts, found, j, "p")))
    for j in range(most + 1):
        # the regime above the last threshold stands in the row of that threshold
        cells = [
            _cell(parts, e, rows, *((j, "rows_below") if j < len(rows) else (j - 1, "rows_above")))
            for e, rows in zip(parts.estimates, found, strict=True)
        ]
        made.append(Row(kind="stat", label=word("regime_rows", language, number=j + 1), cells=tuple(cells)))
    return tuple(made)


def thresholds_note(parts: Parts) -> str:
    """What the regimes and the set beneath a threshold are."""
    places: dict[str, list[int]] = {}
    for number, e in enumerate(parts.estimates, start=1):
        for name in dict.fromkeys(_variables(e) if _found(parts, e) else ()):
            places.setdefault(name, []).append(number)
    if not places:
        return ""
    language = parts.language
    parted = any(r["pieces"] > 1 for e in parts.estimates for r in e.records.get("thresholds", ()))
    return word(
        "threshold_note",
        language,
        of=joined((_where(v, columns, parts, len(places) > 1) for v, columns in places.items()), language, "comma"),
        level=level_of(parts.results),
        parted=word("threshold_parted", language) if parted else "",
    )


def _where(name: str, columns: list[int], parts: Parts, several: bool) -> str:
    """A threshold variable, with its columns where there are several."""
    label = key_label(name, parts.panel, parts.language)
    return word("several", parts.language, columns=parts.places(columns), text=label) if several else label


def _variables(estimate: Estimate) -> list[str]:
    return [str(r["variable"]) for r in estimate.records.get("thresholds", ())]


def _found(parts: Parts, estimate: Estimate) -> tuple[dict[str, Any], ...]:
    checks = parts.results.checks.get(estimate.id, ())
    return next((c.rows for c in checks if c.name == CHECK), ())


def _cells(parts: Parts, found: list[tuple[dict[str, Any], ...]], j: int, field: str) -> tuple[Cell, ...]:
    return tuple(_cell(parts, e, rows, j, field) for e, rows in zip(parts.estimates, found, strict=True))


def _cell(parts: Parts, estimate: Estimate, rows: tuple[dict[str, Any], ...], j: int, field: str) -> Cell:
    if not 0 <= j < len(rows):
        return BLANK
    raw, key = rows[j][field], (estimate.id, f"{CHECK}#{j}", field)
    digits = parts.spec.digits
    if field == "set":
        low, high = (shown(float(v), digits, missing="–") for v in raw.split(", "))
        return Cell(raw=raw, shown=f"[{low}, {high}]", key=key)
    if field.startswith("rows"):
        return Cell(raw=raw, shown=shown(raw, kind="count"), key=key)
    return Cell(raw=raw, shown=shown(raw, digits, kind="p" if field == "p" else "number", missing="–"), key=key)
