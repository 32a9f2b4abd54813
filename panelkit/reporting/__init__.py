"""From results to exhibits and the page: tables, figures, output formats; it estimates nothing and reads no raw file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from panelkit.reporting.scripts.options import Options

__all__ = ["Options", "given", "table"]


def table(models: Any = (), **how: Any) -> Any:
    """A table of results of pyfixest, linearmodels or statsmodels, and of panelkit's own estimates, one column each.

    Parameters
    ----------
    models : results
        Results, lists of them in lists, a mapping from the columns' names to them, pyfixest's results of several formulas at once,
        systems of equations, estimates of panelkit, and what `given` makes of a frame of coefficients.
    **how
        Title, labels, headings, groups, panels, brackets, stars, digits, terms to keep, drop and order, statistics, further rows,
        notes, samples, profile, language: each is described at `panelkit.reporting.Options`.

    Returns
    -------
    ScriptTable
        It prints itself on a terminal and in a notebook; `save("table.tex", "table.docx")` writes files, `to("latex")` gives text.

    Raises
    ------
    ReportError
        With every fault at once: a result that cannot be read, a row that does not fit, a pattern that matches no term, columns on
        different rows.
    """
    from panelkit.reporting.scripts.table import table as made

    return made(models, **how)


def given(frame: Any, **facts: Any) -> Any:
    """Coefficients of any other program as a column of `table`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for each term, its name in the index; columns estimate and se by any of the usual names, and p, statistic, low and
        high where there are some.
    **facts
        outcome (needed), df (of the t that p is read from where the frame has none; inf for the normal), errors, cluster, rows,
        absorb, estimator, clusters, statistics, weighted, heading, labels.

    Returns
    -------
    Read
        To be given to `table`, alone or beside fitted results.

    Raises
    ------
    ReportError
        A frame without estimates or errors, or an unknown fact.
    """
    from panelkit.reporting.scripts.of_others import given as made

    return made(frame, **facts)


def __getattr__(name: str) -> Any:
    """`Options`, when it is asked for: importing a stage loads no kind of table."""
    if name != "Options":
        raise AttributeError(f"module 'panelkit.reporting' has no attribute '{name}'")
    from panelkit.reporting.scripts.options import Options

    return Options
