"""A look at a raw file of any layout, without a study, and two exports of one series side by side; reading for a study is in sources."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES
from panelkit.core.source import Reading, SeriesSeen
from panelkit.etl import sources as _kinds  # noqa: F401  registers the layouts
from panelkit.etl.harmonise.units import conversion, parse_measure, same_measure
from panelkit.etl.harmonise.vintages import VintageComparison, compare_vintages
from panelkit.etl.sources._frames import WORKBOOKS, table_of
from panelkit.etl.sources._guess import guess_roles
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, sheet_names

if TYPE_CHECKING:
    import pandas as pd

_ORDER = ("stacked_blocks", "series_columns", "nbs_csv", "nbs_excel", "yearbook_page", "tidy", "wide")
_TEXTS = (".csv", ".tsv", ".txt", ".tab")
LONGEST_PAGE = 20_000  # lines of a text; a longer one is no printed page, but a table or records
_SHEET = " > "  # between the name of a sheet and that of a series


def recognised(path: Path, sheet: str = "") -> tuple[tuple[str, str], ...]:
    """Layouts that a file (or one sheet of a workbook) may have, as (kind, reason), the most particular first."""
    names = [n for n in _ORDER if n in SOURCES] + [n for n in SOURCES.names() if n not in _ORDER]
    names = ["tidy", "wide"] if _is_long(path) else names
    found = [(n, SOURCES[n].recognise(path, sheet) if SOURCES[n].sheets else SOURCES[n].recognise(path)) for n in names]
    return tuple((name, reason) for name, reason in found if reason is not None)


def look(path: Path, sheet: str = "") -> tuple[str, Reading]:
    """The kind of a raw file and what it holds.

    Parameters
    ----------
    path : Path
        The file.
    sheet : str
        One sheet of a workbook; without it every sheet with cells is looked at, and the names of series begin with theirs.

    Raises
    ------
    SourceError
        No layout fits; the message says for each why not.
    """
    if not path.is_file() or not os.access(path, os.R_OK):
        file_bytes(path)  # says why not
    if not sheet and path.suffix.casefold() in WORKBOOKS:
        names = sheet_names(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name)
        if len(names) > 1:
            return _every_sheet(path, names)
    return _one(path, sheet)


def _one(path: Path, sheet: str) -> tuple[str, Reading]:
    for name, _ in recognised(path, sheet):
        return name, _looked(name, path, sheet)
    faults: list[Fault] = []
    for name in _likely(path):
        try:
            return name, _looked(name, path, sheet)
        except SourceError as fault:
            faults += [Fault(where=f.where, what=f"as {name}: {f.what}", mend=f.mend) for f in fault.faults]
    same = {(f.where, f.what.partition(": ")[2]) for f in faults}
    if len(same) == 1 and len(faults) > 1:  # every layout says the same of the file
        faults = [Fault(where=faults[0].where, what=faults[0].what.partition(": ")[2], mend=faults[0].mend)]
    raise SourceError(faults=faults)


def _looked(name: str, path: Path, sheet: str) -> Reading:
    kind = SOURCES[name]
    return replace(kind.look(path, sheet) if kind.sheets else kind.look(path), kind=name)


def _likely(path: Path) -> tuple[str, ...]:
    """The layouts whose reasons are told where none is recognised."""
    suffix = path.suffix.casefold()
    if suffix in WORKBOOKS:
        return ("nbs_excel", "yearbook_page", "wide", "tidy")
    return ("nbs_csv", "tidy", "wide") if suffix in _TEXTS and not _is_long(path) else ("tidy",)


def _is_long(path: Path) -> bool:
    """Whether a text has more lines than any printed page."""
    if path.suffix.casefold() not in _TEXTS:
        return False
    lines = 0
    with path.open("rb") as file:
        while lines <= LONGEST_PAGE and (chunk := file.read(2**16)):
            lines += chunk.count(b"\n")
    return lines > LONGEST_PAGE


def _every_sheet(path: Path, names: tuple[str, ...]) -> tuple[str, Reading]:
    """What every sheet of a workbook holds, as one reading; sheets that are no table are listed with the reason.

    Raises
    ------
    SourceError
        No sheet is a table that can be read.
    """
    read: list[tuple[str, Reading]] = []
    faults: list[Fault] = []
    oddities: list[str] = []
    for name in names:
        try:
            read.append((name, _one(path, name)[1]))
        except SourceError as fault:
            faults += [Fault(where=f"{path.name}!{name}", what=f.what, mend=f.mend) for f in fault.faults]
            oddities.append(f"sheet '{name}' is not read: {fault.faults[0].what}")
    if not read:
        raise SourceError(faults=faults)
    kinds = list(dict.fromkeys(r.kind for _, r in read))
    series = [replace(s, name=f"{name}{_SHEET}{s.name}") for name, r in read for s in r.series]
    said = [f"sheet '{name}': {o}" for name, r in read for o in r.oddities]
    shown = ", ".join(f"{name} ({r.layout})" for name, r in read[:8]) + (" ..." if len(read) > 8 else "")
    reading = Reading(
        layout=f"workbook of {counted(len(names), 'sheets')}: {shown}",
        encoding="Excel workbook" if read[0][1].encoding.startswith("Excel") else read[0][1].encoding,
        vintage_hint="; ".join(dict.fromkeys(r.vintage_hint for _, r in read if r.vintage_hint)),
        series=tuple(series),
        oddities=("a source reads one sheet: name it on the source", *oddities, *said),
        kind=kinds[0],
    )
    return kinds[0], reading


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
        raise SourceError(what, where=path.name, mend=f"name one: --series: {known_or_nearest(wanted, names)}")
    one = chosen[0]
    fields = source_fields(path, seen, {"x": one})
    spec = SOURCES[kind].spec(id="s", kind=kind, path=path.name, **fields)
    return SOURCES[kind].read(spec, path).frame, one.unit


def _stem(name: str) -> str:
    return "".join(parse_measure(name)[0].split()).casefold()


def source_fields(path: Path, seen: Reading, series: dict[str, SeriesSeen]) -> dict[str, Any]:
    """What a source has to say to read these series of a file that was looked at, by alias."""
    kind = seen.kind
    named = {alias: s.name for alias, s in series.items()}
    fields: dict[str, Any] = {}
    if any(_SHEET in n for n in named.values()):
        fields["part" if kind == "tidy" else "sheet"] = next(iter(named.values())).partition(_SHEET)[0]
        named = {alias: n.partition(_SHEET)[2] for alias, n in named.items()}
    if kind in ("nbs_csv", "nbs_excel") and "indicators in rows" in seen.layout:
        first = next(iter(series.values()))
        if first.first.get("unit") in (None, "", "?"):
            fields["unit_name"] = "?"
    if kind == "yearbook_page":
        named = {alias: n.split(" / ")[0] for alias, n in named.items()}
        if any("must name (unit_name)" in o for o in seen.oddities):
            fields["unit_name"] = "?"
        if any("from the file's name" in o for o in seen.oddities):
            fields["year"] = next(iter(series.values())).times[0]
    if kind == "tidy":
        fields |= _roles(path, fields.get("part", ""))
        if any("fill_down = [" in o for o in seen.oddities):
            fields["fill_down"] = [fields["unit"]]
    if kind == "wide" and (unit := next((o for o in seen.oddities if o.startswith("units are taken from column")), "")):
        fields["unit"] = unit.split("'")[1]
    if kind == "wide" and (names := next((o for o in seen.oddities if o.startswith("several series: ")), "")):
        fields["series_column"] = names.split("'")[1]
    for said in seen.oddities:
        if marked := re.match(r"\d+ numbers with separators of thousands(?: \((['\"])(.)\1\))?", said):
            fields["thousands"] = marked[2] or ","
        if said.startswith("figures such as 1,234 may be"):
            fields["thousands"] = "?"
        if "numbers with a decimal comma" in said:
            fields["decimal"] = ","
    if any(o.startswith(("the columns are ", "the rows are months or quarters")) for o in seen.oddities):
        fields["periods"] = "last"
    return {
        **fields,
        "series": {a: n or ("*" if kind == "yearbook_page" else "it") for a, n in named.items()},
        "measures": {a: s.unit for a, s in series.items()},
    }


def _roles(path: Path, part: str) -> dict[str, Any]:
    found = guess_roles(table_of(file_bytes(path), path, path.name, part=part))
    if found is None:
        return {}
    fields = {"unit": found.unit, "time": found.time}
    if found.series_column:
        fields |= {"series_column": found.series_column, "value_column": found.value_column}
        if found.measure_column:
            fields["measure_column"] = found.measure_column
    return fields
