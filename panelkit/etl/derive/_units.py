"""Facts of provinces laid on the grid; what a fact means is in facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from panelkit.core.derivation import Columns
from panelkit.core.errors import StudyError
from panelkit.facts.provinces import provinces

if TYPE_CHECKING:
    import pandas as pd


def on_grid(columns: Columns, value: Callable[[str, int], Any], kind: str = "float64") -> pd.Series:
    """A column of value(unit, year) for every cell of the grid.

    Raises
    ------
    StudyError
        The units are no province codes.
    """
    import pandas as pd

    known = {p.code for p in provinces()}
    strange = [u for u in columns.grid.get_level_values(columns.unit).unique() if u not in known]
    if strange:
        raise StudyError(
            f"facts are known for provinces, and '{strange[0]}' is no province code",
            mend="say codes = 'gbt2260' under [panel], or bring the fact as a series of a file",
        )
    return pd.Series([value(str(u), int(t)) for u, t in columns.grid], index=columns.grid, dtype=kind)
