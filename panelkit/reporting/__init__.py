"""From results to exhibits and the page: tables, figures, output formats; it estimates nothing and reads no raw file."""

from __future__ import annotations

from typing import Any

__all__ = ["table"]


def table(models: Any, **how: Any) -> Any:
    """A table of results of pyfixest, linearmodels or statsmodels, one column each.

    Parameters
    ----------
    models : sequence
        Results, also lists of them in lists, and pyfixest's results of several formulas at once.
    **how
        Title, labels, brackets, star levels, digits, terms to keep, extra rows, notes and language: see
        `panelkit.reporting.imports.table`.

    Returns
    -------
    Table
        `panelkit.reporting.exhibits.render_table` writes it in any format.

    Raises
    ------
    ReportError
        A result of another kind, a row that does not fit, a kept term that no model has.
    """
    from panelkit.reporting.imports import table as made

    return made(models, **how)
