"""Words for formulas in a panel of places and activities: what i, j, amounts and totals stand for; formulas are in the kinds."""

from __future__ import annotations

from collections.abc import Mapping

from panelkit.core.label import Label

_KEYS = {"province": "省份", "industry": "行业", "city": "城市", "county": "县", "firm": "企业"}
_PLACES = ("gbt2260", "gbt2260_city")


def split_keys(activity: str, code_lists: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Keys of the places and the key of the activities, as `_cells.cells_of` tells them apart."""
    others = [k for k, codes in code_lists.items() if codes not in _PLACES]
    by = activity if activity in code_lists else (others[0] if others else list(code_lists)[-1])
    return tuple(k for k in code_lists if k != by), by


def named_keys(keys: tuple[str, ...]) -> Label:
    """Keys of the panel in both languages."""
    return Label(en=" and ".join(keys), zh="与".join(_KEYS.get(k, k) for k in keys))


def cell_symbols(part: str, whole: str, activity: str, code_lists: Mapping[str, str]) -> dict[str, str | Label]:
    """i, j, the amount of a cell and the total of a place."""
    places, by = split_keys(activity, code_lists)
    found: dict[str, str | Label] = {"i": named_keys(places), "j": named_keys((by,)), r"e_{ijt}": part}
    if whole:
        return found | {r"E_{it}": whole}
    return found | {r"E_{it}": Label(en=f"sum of {part} over j", zh=f"{part}对j求和")}
