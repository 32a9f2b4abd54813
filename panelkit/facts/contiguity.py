"""Which provinces border on which; weights matrices are built from it elsewhere."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from panelkit.core.errors import PanelkitError
from panelkit.facts.provinces import provinces
from panelkit.facts.tables import read_table


@cache
def _borders(strait: bool) -> MappingProxyType[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {p.code: set() for p in provinces()}
    for row in read_table("contiguity"):
        if row["kind"] == "land" or strait:
            found[row["code_a"]].add(row["code_b"])
            found[row["code_b"]].add(row["code_a"])
    return MappingProxyType({code: tuple(sorted(near)) for code, near in found.items()})


def neighbours(code: str, *, strait: bool = True) -> tuple[str, ...]:
    """Codes of the provinces that border on this one, in code order.

    Parameters
    ----------
    code : str
        Six digits.
    strait : bool
        Count Guangdong and Hainan as neighbours across the strait, the usual convention. Without it Hainan has no
        neighbour, and a row-standardised matrix has an empty row.

    Raises
    ------
    PanelkitError
        Not one of the 31 codes.

    >>> neighbours("460000"), neighbours("460000", strait=False)
    (('440000',), ())
    """
    borders = _borders(strait)
    if code not in borders:
        raise PanelkitError(
            f"no borders are known for '{code}'",
            where="panelkit.facts",
            mend="give one of the 31 province codes, six digits as text; match_province() reads names",
        )
    return borders[code]
