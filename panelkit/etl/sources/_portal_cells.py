"""Cells of a portal export that was taken apart: as observations of a study's series, or for a look; the layout is in _portal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from panelkit.core.errors import SourceError
from panelkit.core.nearest import nearest
from panelkit.core.source import Observations, Reading, SeriesSeen
from panelkit.etl.harmonise.units import known_measure, parse_measure, plain
from panelkit.etl.sources._many import once, together
from panelkit.etl.sources._observed import Ledger, observe, reading, sealed, series_seen, settle_measure
from panelkit.etl.sources._portal import ODD, CellRow, PortalSpec, PortalTable, first_text
from panelkit.facts.provinces import match

_REVISION = re.compile(r"[^。;]*(?:第[一二三四五六七八九]次全国(?:经济|人口)普查|系统修订|修订后)[^。;]*")
_KEYS = ("unit", "time", "series", "value", "measure", "cell")

Opened = tuple[bytes, PortalTable, tuple[str, ...]]  # bytes, table, what is to be said of the file


def files_of(spec: PortalSpec, path: Path) -> tuple[Path, ...]:
    """Every file of a source: the first, and those that go on with it."""
    return (path, *(path.with_name(name) for name in spec.more))


def read_portal(spec: PortalSpec, path: Path, open_file: Callable[[Path, str], Opened]) -> Observations:
    """Observations of a portal export, or of several that go on with each other.

    Raises
    ------
    SourceError
        Not this layout, another indicator or unit than declared, cells that are no numbers or differ between files: all at once.
    """
    bad = [n for n in spec.more if "/" in n or "\\" in n or n in (".", "..")]
    if bad:
        raise SourceError(
            f"'{bad[0]}' is no plain file name", where=spec.path, mend="further files lie in the folder of the path"
        )
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    data: dict[str, bytes] = {}
    ledger = Ledger(where=spec.path, thousands=spec.thousands, decimal=spec.decimal)
    for file in files_of(spec, path):
        shown = spec.path if file == path else str(Path(spec.path).with_name(file.name))
        own = ledger if not spec.more else Ledger(where=shown, thousands=spec.thousands, decimal=spec.decimal)
        raw, table, said = open_file(file, shown)
        data[file.name] = raw
        for note in said:
            own.say(note)
        found = columns_of(spec, table, own)
        if spec.more:
            _take_over(ledger, own, file.name)
            found["cell"] = [f"{file.name}, {cell}" for cell in found["cell"]]
        for key in _KEYS:
            columns[key] += found[key]
    if spec.more:
        columns = once(columns, ledger)
        return sealed(spec, together(data), columns, ledger, steps=tuple(f"read of {name}" for name in data))
    return sealed(spec, data[path.name], columns, ledger)


def _take_over(ledger: Ledger, own: Ledger, name: str) -> None:
    """Notes and faults of one of several files, with its name."""
    ledger.faults += own.faults
    for note in own.notes():
        ledger.say(f"{name}: {note}")


def vintage_hint(table: PortalTable) -> str:
    """What the footers say about revisions, such as the census after which history was revised."""
    found = (part.strip() for note in table.footers for part in _REVISION.findall(note))
    return "; ".join(re.sub(r"^(注:)?(\d+[.、]\s*)?", "", part) for part in found if part)


def columns_of(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> dict[str, list[object]]:
    """Observations of the series that `spec` asks for, as columns; faults go to the ledger."""
    _note_passed(table, ledger)
    if table.by_region:
        alias, measure = _one_series(spec, table, ledger)
        parts = [(row, first_text(row), f"{spec.id}.{alias}", measure) for row in table.body]
        printed = {id(row): str(row.cells[0]) for row in table.body}
    else:
        parts = _indicator_rows(spec, table, ledger)
        printed = {id(row): _region_of(spec, table, ledger) for row, *_ in parts[:1]} if parts else {}
        printed = {id(row): next(iter(printed.values())) for row, *_ in parts}
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    for row, _, series, measure in parts:
        _add_row(columns, row, table, (printed[id(row)], series, measure), (ledger, spec.periods))
    return columns


def _add_row(
    columns: dict[str, list[object]],
    row: CellRow,
    table: PortalTable,
    key: tuple[str, str, str],
    about: tuple[Ledger, str | None],
) -> None:
    """The cells of one row; `about`: where faults go, and how quarters or months become a year."""
    unit, series, measure = key
    ledger, rule = about
    known = {table.unit_column, *table.years, *(c for group in table.groups.values() for c in group)}
    beyond = [c for c in range(1, len(row.cells)) if c not in known and plain(str(row.cells[c] or ""))]
    if beyond and not table.period:
        ledger.fault("a figure stands outside the columns of years", "export the file again", row.place(beyond[0]))
    for column, year in table.years.items():
        group = table.groups.get(column, (column,))
        values = [
            ledger.number(row.cells[c] if c < len(row.cells) else None, row.place(c), plain(unit), measure or None)
            for c in group
        ]
        value = sum(values) / (len(values) if rule == "mean" else 1) if values else float("nan")
        if not values:
            ledger.note(f"years without all their {table.period} are missing", row.place(column))
        place = row.place(column) + (f" to {row.place(group[-1]).lstrip('!, ')}" if len(group) > 1 else "")
        observe(columns, (unit, year), series, value, measure, place)


def _note_passed(table: PortalTable, ledger: Ledger) -> None:
    for text in table.footers:
        ledger.say(f"footer passed over: {text[:60]}")
    for text in table.passed:
        odd = text.startswith(ODD)
        ledger.say(text.removeprefix(ODD) if odd else f"line before the header passed over: {text[:60]}")
    if table.head and not table.footers:
        ledger.say("the export has no footer such as 数据来源: it may have been cut off")
    if table.turned:
        ledger.say("years stand in rows and regions in columns")
    if table.period:
        which = {"quarters": "fourth quarters", "months": "Decembers"}[table.period]
        last = all(len(g) == 1 for g in table.groups.values())
        ledger.say(
            f"the columns are {table.period}: {f'only {which} are taken' if last else 'years are made of them'}, as declared"
        )


def _one_series(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> tuple[str, str]:
    """The alias and unit of measure of a file that holds one indicator for all regions."""
    if len(spec.series) != 1:
        ledger.fault(
            f"the file holds one indicator, the source names {len(spec.series)}",
            "give each indicator a source of its own",
        )
    alias, name = next(iter(spec.series.items()), ("", ""))
    if not table.indicator:
        ledger.say(f"the file does not name its indicator: '{name}' is what the study says it is")
        return alias, settle_measure(spec, alias, table.unit, ledger)
    if not _same_name(name, table.indicator):
        ledger.fault(f"the file holds '{table.indicator}', not '{name}'", "correct series, or the path")
    return alias, settle_measure(spec, alias, parse_measure(table.indicator)[1] or table.unit, ledger)


def _same_name(given: str, printed: str) -> bool:
    """Full- or half-width brackets and blanks do not matter; the unit may be left out."""
    a, b = (re.sub(r"\s+", "", plain(n)) for n in (given, printed))
    return a == b or a == re.sub(r"\s+", "", parse_measure(printed)[0])


def _indicator_rows(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> list[tuple[CellRow, str, str, str]]:
    names = [first_text(row) for row in table.body]
    found = []
    for alias, name in spec.series.items():
        at = [i for i, printed in enumerate(names) if _same_name(name, printed)]
        if len(at) != 1:
            what = f"there is no indicator '{name}'" if not at else f"the indicator '{name}' stands {len(at)} times"
            ledger.fault(what, _nearest_indicator(name, names))
            continue
        row = table.body[at[0]]
        measure = settle_measure(spec, alias, _printed(table, row), ledger, row.place(0))
        found.append((row, names[at[0]], f"{spec.id}.{alias}", measure))
    return found


def _printed(table: PortalTable, row: CellRow) -> str | None:
    """The unit of measure of an indicator's row: of its name, of the column beside it, or of a line above the table."""
    beside = (
        row.cells[table.unit_column] if table.unit_column is not None and table.unit_column < len(row.cells) else None
    )
    text = plain(str(beside or ""))
    return parse_measure(first_text(row))[1] or known_measure(text) or text or table.unit


def _nearest_indicator(name: str, printed: Sequence[str]) -> str:
    stems = {parse_measure(n)[0]: n for n in printed if n}
    near = nearest(parse_measure(name)[0], stems)
    listed = ", ".join(list(stems.values())[:10]) + (f" and {len(stems) - 10} more" if len(stems) > 10 else "")
    return f"did you mean '{stems[near]}'?" if near else f"the file has {listed}"


def _region_of(spec: PortalSpec, table: PortalTable, ledger: Ledger) -> str:
    inside = table.region
    if inside and "地区" not in table.head:
        ledger.say(f"the database is {table.head['数据库']}: figures of the nation")
    if inside and spec.unit_name and match(inside) != match(spec.unit_name):
        ledger.fault(f"the file is for {inside}, the source says {spec.unit_name}", "correct unit_name, or the path")
    if not inside and not spec.unit_name:
        ledger.fault(
            "there is no province column: indicators stand in rows, and the file does not say which region it is for",
            'name it: unit_name = "北京"',
        )
    return inside or spec.unit_name


def _years_of(table: PortalTable, row: CellRow) -> list[int]:
    return [c for c in table.years if c < len(row.cells)]


def look_at(table: PortalTable, layout: str, encoding: str, ledger: Ledger) -> Reading:
    """What the export holds, without a study."""
    import pandas as pd

    _note_passed(table, ledger)
    seen: list[SeriesSeen] = []
    if table.by_region:
        stem, measure = parse_measure(table.indicator)
        measure = measure or table.unit
        if not table.indicator:
            ledger.say("the file does not name its indicator: the study must, and its unit of measure")
        columns: dict[str, list[object]] = {k: [] for k in _KEYS}
        for row in table.body:
            _add_row(columns, row, table, (str(row.cells[0]), stem, measure or ""), (ledger, "last"))
        seen.append(series_seen(table.indicator, measure or "", pd.DataFrame(columns), ledger))
    else:
        region = table.region
        ledger.say(
            f"indicators stand in rows; the region is {region or 'not in the file: the study must name it (unit_name)'}"
        )
        for row in table.body:
            if table.unit_column is not None and all(
                plain(str(row.cells[c] or "")) == "" for c in _years_of(table, row)
            ):
                continue  # a heading over the indicators below it
            columns = {k: [] for k in _KEYS}
            name, printed = first_text(row), _printed(table, row) or ""
            _add_row(columns, row, table, (region or "?", name, printed), (ledger, "last"))
            seen.append(series_seen(name, printed, pd.DataFrame(columns), ledger))
    return reading(layout, encoding, vintage_hint(table), seen, ledger)
