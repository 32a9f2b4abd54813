"""Raw cells behind a variable for one unit and year, as a list; the chain that leads to them is in lineage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from panelkit.core.errors import PanelError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.study import Study
from panelkit.etl.lineage import wider
from panelkit.etl.needs import in_order, series_behind, windows_of

if TYPE_CHECKING:
    import pandas as pd


def cells_of(name: str, unit: str, time: int, study: Study, observations: pd.DataFrame) -> list[dict[str, Any]]:
    """Raw cells behind a variable for one unit and year.

    Parameters
    ----------
    name : str
        A variable of the study.
    unit : str
        Code as in the panel.
    observations : DataFrame
        Of `Assembled`.

    Returns
    -------
    list of dict
        series, unit, time, value (or text), measure, vintage, source, path, cell; every year that lags reach. A
        denominator that sums over units (location quotient, mean_by) is not unfolded: its cells are those of the same series.

    Raises
    ------
    PanelError
        There is no such variable.
    """
    if name not in study.variables:
        raise PanelError(f"there is no variable '{name}'", mend=known_or_nearest(name, study.variables))
    needed = windows_of({name: (time, time)}, study.variables, in_order(study.variables))
    found: list[dict[str, Any]] = []
    for series in series_behind(name, study.variables):
        low, high = needed.get(series, (time, time))
        rows = observations[
            (observations["series"] == series)
            & observations["unit"].isin((unit, *wider(unit)))
            & observations["time"].between(low, high)
        ]
        found += [_cell(row, study) for row in rows.to_dict("records")]
    return found


def _cell(row: Mapping[Any, Any], study: Study) -> dict[str, Any]:
    value = row["text"] if row["text"] is not None and row["text"] == row["text"] else row["value"]
    kept = ("series", "unit", "time", "measure", "vintage", "source", "cell")
    return {**{k: row[k] for k in kept}, "value": value, "path": study.sources[row["source"]].path}
