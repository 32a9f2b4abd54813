"""The rows of a check as the page shows them beneath its sentence: which checks have such a table, and its words; makes no number."""

from __future__ import annotations

from typing import Any

from panelkit.core.check import Check
from panelkit.core.label import Language
from panelkit.reporting.labels import level_text
from panelkit.reporting.numbers import NumberKind, shown
from panelkit.reporting.printed import plain
from panelkit.reporting.words import WORDS, word

WITH_ROWS = (  # their sentence cannot carry the table; those of batteries have a table among the exhibits
    "support",
    "bacon",
    "negative_weights",
    "placebo_time",
    "placebo_outcomes",
    "placebo_sample",
    "anticipation",
    "dropped_neighbours",
    "concurrent_policies",
    "timing_rules",
    "treatment_ends",
    "leave_one_cohort_out",
    "threshold_effect",
)
MOST = 40


def rows_of(check: Check, language: Language) -> dict[str, Any] | None:
    """Headings and cells of the rows of a check, None where it shows none."""
    if check.name not in WITH_ROWS or not 0 < len(check.rows) <= MOST:
        return None
    other = "case" if language == "zh" else "case_zh"
    keys = [k for k in dict.fromkeys(k for r in check.rows for k in r) if k != other and not _empty(check, k)]
    return {
        "fields": [plain(k) for k in keys],
        "headings": [_heading(k, language) for k in keys],
        "numeric": [any(isinstance(r.get(k), (int, float)) for r in check.rows) for k in keys],
        "cells": [[_cell(r.get(k), k, language) for k in keys] for r in check.rows],
    }


def _empty(check: Check, key: str) -> bool:
    return all(r.get(key) in (None, "") for r in check.rows)


def _heading(key: str, language: Language) -> str:
    name = f"field_{key.removesuffix('_zh')}"
    return word(name, language) if name in WORDS else key.replace("_", " ")


def _cell(value: Any, key: str, language: Language) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    if isinstance(value, str):
        keys = (f"field_{value}", "field_" + value.casefold().replace(" ", "_"))
        return next((word(k, language) for k in keys if k in WORDS), value)
    small = (
        key in ("p", "p_adjusted") and value >= 0.001
    )  # a smaller one is printed as it is: '<0.001' is no number of the check
    counted: NumberKind = "p" if small else "number"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e6 and key not in ("estimate", "se")):
        return level_text(str(int(value)))
    return shown(value, kind=counted, missing="–")
