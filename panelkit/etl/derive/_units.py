"""Facts of provinces laid on the grid; what a fact means is in facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from panelkit.core.derivation import Columns
from panelkit.core.errors import StudyError
from panelkit.core.key import parts_of
from panelkit.facts.provinces import provinces

if TYPE_CHECKING:
    import pandas as pd


def city_codes(columns: Columns) -> list[str]:
    """The units as codes of prefecture-level cities.

    Raises
    ------
    StudyError
        A unit that is no six-digit code inside a province.
    """
    known = {p.code[:2] for p in provinces()}
    units = places(columns)
    strange = [u for u in units if not (len(u) == 6 and u.isdigit() and u[:2] in known and u[4:] == "00")]
    if strange:
        raise StudyError(
            f"'{strange[0]}' is no code of a prefecture-level city (GB/T 2260, six digits)",
            mend="bring the codes as units, or say level = 'province' for provinces",
        )
    return units


def places(columns: Columns) -> list[str]:
    """The place of each unit: the unit itself, or the part of it that goes by a list of places.

    Raises
    ------
    StudyError
        A unit of several parts, none of which is a place.
    """
    units = [str(u) for u in columns.grid.levels[0]]
    if not columns.parts:
        return units
    listed = [i for i, part in enumerate(columns.parts) if columns.code_lists.get(part) in ("gbt2260", "gbt2260_city")]
    if len(listed) != 1:
        raise StudyError(
            f"none of the keys {', '.join(columns.parts)} is a place",
            mend="say which is: codes = { province = 'gbt2260' } under [panel]",
        )
    return [parts_of(u)[listed[0]] for u in units]


def on_grid(
    columns: Columns, value: Callable[[str, int], Any], kind: str = "float64", *, of_cities: bool = False
) -> pd.Series:
    """A column of value(province, year) for every cell of the grid; `of_cities`: in a panel of cities that of a city's province.

    Raises
    ------
    StudyError
        The units are no province codes.
    """
    import pandas as pd

    known = {p.code for p in provinces()}
    here = places(columns)
    if of_cities and "gbt2260_city" in columns.code_lists.values():
        here = [f"{u[:2]}0000" for u in here]
    strange = [u for u in here if u not in known]
    if strange:
        raise StudyError(
            f"facts are known for provinces, and '{strange[0]}' is no province code",
            mend="say codes = 'gbt2260' under [panel], or bring the fact as a series of a file",
        )
    years = [int(t) for t in columns.grid.levels[1]]
    found = {u: [value(u, t) for t in years] for u in dict.fromkeys(here)}
    return pd.Series([v for u in here for v in found[u]], index=columns.grid, dtype=kind)
