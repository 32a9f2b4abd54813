"""A column of a panel: its name, unit of measure, label and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from panelkit.core.label import Label

Price = Literal["", "nominal", "real"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a variable was made: `how` in words or as a formula, from `inputs` (series "source.alias" or variables)."""

    how: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of the panel.

    Parameters
    ----------
    name : str
        Its column.
    measure : str
        Unit of measure, "" for a pure number.
    label : Label
        What is printed, in English and Chinese.
    origin : Origin
        How it is made, and from which series or variables.
    kind : 'number' or 'category'
        float64 or text.
    filled : int
        How many cells are not as published.
    price : str
        Basis of prices of an amount of money ('nominal' or 'real'), also behind a logarithm; "" where there is none or it is not known.
    base_year : int or None
        Year whose prices a real amount is in; None where it is not real or the year is not known.
    """

    name: str
    measure: str
    label: Label
    origin: Origin
    kind: Literal["number", "category"] = "number"
    filled: int = 0
    price: Price = ""
    base_year: int | None = None
