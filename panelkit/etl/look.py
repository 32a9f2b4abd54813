"""A look at a raw file of any layout, without a study, and two exports of one series side by side; reading for a study is in sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit.core.errors import Fault, SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES
from panelkit.core.source import Reading
from panelkit.etl import sources as _kinds  # noqa: F401  registers the layouts
from panelkit.etl.harmonise.units import conversion, parse_measure, same_measure
from panelkit.etl.harmonise.vintages import VintageComparison, compare_vintages
from panelkit.etl.sources._frames import table_of
from panelkit.etl.sources._guess import guess_roles
from panelkit.etl.sources._text import file_bytes

if TYPE_CHECKING:
    import pandas as pd

_ORDER = ("stacked_blocks", "nbs_csv", "nbs_excel", "yearbook_page", "tidy", "wide")


def recognised(path: Path) -> tuple[tuple[str, str], ...]:
    """Layouts that a file may have, as (kind, reason), the most particular first."""
    names = [n for n in _ORDER if n in SOURCES] + [n for n in SOURCES.names() if n not in _ORDER]
    found = [(name, SOURCES[name].recognise(path)) for name in names]
    return tuple((name, reason) for name, reason in found if reason is not None)


def look(path: Path) -> tuple[str, Reading]:
    """The kind of a raw file and what it holds.

    Raises
    ------
    SourceError
        No layout fits; the message says for each why not.
    """
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="correct the path")
    for name, _ in recognised(path):
        return name, SOURCES[name].look(path)
    workbook = path.suffix.casefold() in (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
    kinds: tuple[str, ...] = ("tidy",)
    if workbook:
        kinds = ("nbs_excel", "yearbook_page", "wide")
    elif path.suffix.casefold() == ".csv":
        kinds = ("nbs_csv", "tidy", "wide")
    faults: list[Fault] = []
    for name in kinds:
        try:
            return name, SOURCES[name].look(path)
        except SourceError as fault:
            faults += [Fault(where=f.where, what=f"as {name}: {f.what}", mend=f.mend) for f in fault.faults]
    raise SourceError(faults=faults)


def vintages(a: Path, b: Path, series: str = "") -> VintageComparison:
    """Two exports of one series, cell by cell.

    Parameters
    ----------
    a, b : Path
        Files of any layout.
    series : str
        Name of the series as printed, where a file holds several.

    Raises
    ------
    SourceError
        A file cannot be read, has no such series, or the two are in units of measure that do not convert.
    """
    left, unit_a = _one_series(a, series)
    right, unit_b = _one_series(b, series)
    if unit_a and unit_b and not same_measure(unit_a, unit_b):
        factor = conversion(unit_b, unit_a)
        if factor is None:
            raise SourceError(f"{a.name} is in {unit_a}, {b.name} in {unit_b}", where=b.name, mend="give one series")
        right = right.assign(value=right["value"] * factor)
    return compare_vintages(left, right)


def _one_series(path: Path, wanted: str) -> tuple[pd.DataFrame, str]:
    """Cells of one series of a file, and its unit of measure as printed."""
    kind, seen = look(path)
    names = [s.name for s in seen.series]
    found = [s for s in seen.series if wanted and _stem(wanted) in (_stem(n) for n in (s.name, *s.name.split(" / ")))]
    chosen = found[:1] if found else list(seen.series) if len(seen.series) == 1 else []
    if not chosen:
        what = f"there is no series '{wanted}'" if wanted else f"the file holds {len(names)} series"
        raise SourceError(what, where=path.name, mend=f"name one: {known_or_nearest(wanted, names)}")
    one = chosen[0]
    fields: dict[str, Any] = {"series": {"x": one.name or "it"}, "measures": {"x": one.unit or ""}}
    if kind in ("nbs_csv", "nbs_excel") and "indicators in rows" in seen.layout:
        fields["unit_name"] = one.first.get("unit") or "?"
    if kind == "yearbook_page":
        fields["series"] = {"x": one.name.split(" / ")[0]}
    if kind == "tidy":
        fields |= _roles(path)
    if kind == "wide" and not one.name:
        fields["series"] = {"x": "it"}
    spec = SOURCES[kind].spec(id="s", kind=kind, path=path.name, **fields)
    return SOURCES[kind].read(spec, path).frame, one.unit


def _stem(name: str) -> str:
    return "".join(parse_measure(name)[0].split()).casefold()


def _roles(path: Path) -> dict[str, str]:
    found = guess_roles(table_of(file_bytes(path), path, path.name))
    if found is None:
        return {}
    fields = {"unit": found.unit, "time": found.time}
    if found.series_column:
        fields |= {"series_column": found.series_column, "value_column": found.value_column}
    return fields
