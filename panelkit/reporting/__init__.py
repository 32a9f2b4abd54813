"""From results to exhibits and the page: tables, figures, output formats; it estimates nothing and reads no raw file."""

from __future__ import annotations

from typing import Any

__all__ = ["table"]


def table(models: Any, **how: Any) -> Any:
    """A table of results of pyfixest, linearmodels or statsmodels; see `panelkit.reporting.imports.table`."""
    from panelkit.reporting.imports import table as made

    return made(models, **how)
