"""What figures are given: models, checks and variables by name, refused with the nearest one; draws nothing."""

from __future__ import annotations

import math
from typing import Any

from panelkit.core.check import Check
from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate, Term
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.results import Results
from panelkit.reporting.words import word


def language_of(figure: FigureSpec, results: Results) -> Language:
    """The language of a figure: its own, else the study's."""
    return figure.language or results.study.head.language


def model_of(figure: FigureSpec, name: str, results: Results) -> Estimate:
    """The estimate of that name.

    Raises
    ------
    ReportError
        Where there is none.
    """
    if name not in results.estimates:
        where, what = f"figures.{figure.id}.model", f"there is no model '{name}'"
        raise ReportError(what, where=where, mend=known_or_nearest(name, results.estimates))
    return results.estimates[name]


def term_of(figure: FigureSpec, estimate: Estimate, wanted: tuple[str, ...]) -> Term:
    """The first of the wanted terms that the estimate has; with none wanted its first.

    Raises
    ------
    ReportError
        Where it has none of them.
    """
    names = [t.name for t in estimate.terms]
    found = next((n for n in wanted or names[:1] if n in names), None)
    if found is None:
        what = f"'{estimate.id}' has none of the terms {', '.join(wanted)}"
        mend = known_or_nearest(wanted[0] if wanted else "", names)
        raise ReportError(what, where=f"figures.{figure.id}.terms", mend=mend)
    return estimate.term(found)


def variable_of(figure: FigureSpec, name: str, panel: Panel, field: str = "variable") -> str:
    """A variable of the panel.

    Raises
    ------
    ReportError
        Where there is none of that name.
    """
    known = [v.name for v in panel.variables]
    if name not in known:
        what = f"there is no variable '{name}'"
        raise ReportError(what, where=f"figures.{figure.id}.{field}", mend=known_or_nearest(name, known))
    return name


def check_of(figure: FigureSpec, model: str, name: str, results: Results) -> Check:
    """A check of a model, with rows or series.

    Raises
    ------
    ReportError
        Where the model has none of that name.
    """
    checks = {c.name: c for c in results.checks.get(model, ())}
    if name not in checks:
        what = f"'{model}' has no check '{name}'"
        mend = f"name it in the model's checks; {known_or_nearest(name, checks)}"
        raise ReportError(what, where=f"figures.{figure.id}.check", mend=mend)
    return checks[name]


def rows_of(figure: FigureSpec, check: Check, needed: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """The rows of a check that have every field needed.

    Raises
    ------
    ReportError
        Where there is no such row.
    """
    rows = tuple(r for r in check.rows if all(r.get(k) is not None for k in needed))
    if not rows:
        what = f"the check '{check.name}' has no row with {', '.join(needed)}"
        raise ReportError(what, where=f"figures.{figure.id}.check", mend="name another check")
    return rows


def simulated(results: Results, language: Language) -> tuple[str, ...]:
    """The mark of simulated data, as the first note."""
    return (word("simulated", language),) if results.study.head.simulated else ()


def unit_names(panel: Panel, units: tuple[str, ...], language: Language) -> list[str]:
    """Short names of units: without the code where they have a name."""
    return [panel.unit_labels[u].to(language) if u in panel.unit_labels else u for u in units]


def floats(figure: Figure, column: str) -> list[float]:
    """A column of a figure as floats, NaN for none."""
    return [math.nan if v is None else float(v) for v in figure.data[column]]
