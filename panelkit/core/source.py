"""Raw material: what a source declares, what was read from it cell by cell, and what a look at a file finds; no file is opened here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from panelkit.core.label import Label
from panelkit.core.spec import spec

if TYPE_CHECKING:
    import pandas as pd

Prices = Literal["nominal", "real"]
Vintages = Literal["one", "first_print", "declared_splice"]
Edition = Literal["2002", "2011", "2017"]  # of GB/T 4754
Units = str | dict[str, str]  # column of the unit, or key of the panel -> its column
REGION = ""  # among the parts of a unit: the key of the panel whose values are places, whatever it is called
OBSERVED = ("unit", "time", "series", "value", "text", "measure", "vintage", "source", "cell")


@spec
class SourceSpec:
    """What every source declares; each kind adds its own fields.

    Parameters
    ----------
    path : str
        The raw file, relative to the folder that holds `data/` (see the study's `root`). Of several files: a name with {year}, {unit}
        or *, such as "data/raw/most/raw-{year}.xls"; a year or unit that a file does not hold itself is that of its name.
    series : dict
        Alias of each series to take -> its name as printed in the file (for a file without a name: any text, and the
        kind says how it is used).
    measures : dict
        Alias -> unit of measure; asserted where the file prints one, required where it does not.
    years : pair of int, optional
        First and last year to take; without it, every year the file has.
    files : dict
        Year or unit -> file name, where it does not follow the path. skip : year or unit -> why there is no file.
    vintage : int, optional
        Year of the export or yearbook that the figures belong to.
    vintages : dict
        Alias -> 'one', 'first_print' or 'declared_splice', where a series differs from the panel's rule.
    breaks : dict
        Alias -> names of the changes of definition that its years cross and that the study accepts, such as
        { employment = ["urban_units_2013"] }; a series that crosses one undeclared stops the run (see facts/breaks.csv).
    official : dict
        Alias -> the official series that it is, such as { emp_urban = "城镇单位就业人员" }, where the file has only a name of its
        author's own: breaks are then those of that series; "" says that it is none of the official series it might be taken for.
    prices : dict
        Alias -> 'nominal' or 'real'; money is nominal unless said otherwise.
    base_years : dict
        Alias of a real series -> year whose prices it is in, such as { gdp = 2015 }.
    at : dict
        Key of the panel -> its value for the whole file, such as { industry = "17" } for a table of one industry.
    industries : str, or dict
        Edition of GB/T 4754 that the file's industries go by, where it is not the panel's: "2011", or by years, such as
        { "2002" = [2003, 2011], "2011" = [2012, 2017] }.
    """

    id: str
    kind: str
    path: str
    series: dict[str, str]
    measures: dict[str, str] = field(default_factory=dict)
    years: tuple[int, int] | None = None
    files: dict[str, str] = field(default_factory=dict)
    skip: dict[str, str] = field(default_factory=dict)
    vintage: int | None = None
    vintages: dict[str, Vintages] = field(default_factory=dict)
    breaks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    official: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Prices] = field(default_factory=dict)
    base_years: dict[str, int] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    industries: Edition | dict[Edition, tuple[int, int]] | None = None
    publisher: str = ""
    title: Label = Label()
    url: str = ""
    retrieved: str = ""
    licence: str = ""
    redistribute: bool = True
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a file came from and what it is; `steps` says what was done to it before it came here."""

    publisher: str
    title: Label
    url: str
    retrieved: str
    vintage: int | None
    sha256: str
    licence: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """What was read from a raw file, one row per cell.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `OBSERVED`. unit : str, code (GB/T 2260 for provinces), or the text as printed where the panel has no code list; the
        parts of a unit of several keys are joined as in `core.key`. time : int. series : str, "source.alias". value : float, NaN where
        the series is a category or the cell is blank; text : str or None, for categories. measure : str, unit of measure. vintage :
        int, 0 where unknown. source : str, id. cell : str, "sheet!B7" or "line 12, column 3".
    provenance : Provenance
        File, digest and what the source says of itself.
    notes : tuple of str
        What was passed over (footers, national rows, blank cells), with counts.
    parts : tuple of str or None
        What the parts of `unit` are: keys of the panel or columns, `REGION` for that of places; None where the layout knows regions
        only, empty where the file has no unit (a series of the nation).
    timeless : bool
        The file has no year, its figures hold in all.
    labels : mapping
        Alias -> what the file says of a series beside its name.
    """

    frame: pd.DataFrame
    provenance: Provenance
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] | None = None
    timeless: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSeen:
    """One series as a look at a raw file found it; label: what the file says of it beside its name."""

    name: str
    unit: str
    times: tuple[int, ...]
    units_matched: int
    unmatched: tuple[str, ...]
    missing: int
    first: dict[str, object]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What `panelkit inspect` tells about a raw file; kind: the source kind that reads it so."""

    layout: str
    encoding: str
    vintage_hint: str
    series: tuple[SeriesSeen, ...]
    oddities: tuple[str, ...] = ()
    kind: str = ""
