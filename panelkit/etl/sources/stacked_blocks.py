"""Sheets that hold several tables one below the other, each under its title, years across; a table of one series is wide."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SeriesSeen
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import parse_measure
from panelkit.etl.sources._cells import FOOTER, is_blank, odd_years
from panelkit.etl.sources._frames import WORKBOOKS
from panelkit.etl.sources._grid import (
    CellGrid,
    grid_of,
    is_region,
    region_column,
    text_of,
    year_header,
)
from panelkit.etl.sources._many import one_file
from panelkit.etl.sources._observed import Ledger, looking, observe, reading, sealed, series_seen, settle_measure
from panelkit.etl.sources._portal import CellRow
from panelkit.etl.sources._printed import COLUMNS, PrintedSpec
from panelkit.etl.sources._several import files_of_several, over_several

_STRAY = re.compile(r"^(?P<title>.*[)\]])\s*[A-Za-z]{1,2}$", re.DOTALL)


@spec
class StackedBlocksSpec(PrintedSpec):
    """Blocks one below the other (a staircase, where each fills other years).

    Parameters
    ----------
    series : dict
        Alias -> title of its block, with or without its unit.
    continued : dict
        Alias -> titles of further blocks that go on with the series; a cell that two blocks fill is refused.
    """

    continued: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One table: its title and unit, its rows, the column of units, and column -> year, only those with a figure somewhere."""

    title: str
    measure: str | None
    rows: tuple[CellRow, ...]
    unit: int
    years: dict[int, int]


def blocks_of(grid: CellGrid, where: str, ledger: Ledger) -> tuple[Block, ...]:
    """The blocks of a sheet; a new one begins with a new title, or where the first unit comes again.

    Raises
    ------
    SourceError
        No header of years, no column of units.
    """
    header = year_header(grid.rows)
    if header is None or set(header.stems) != {""}:
        raise SourceError(
            "there is no header row of years", where=where, mend="for pages of a yearbook use yearbook_page"
        )
    first = min(header.columns)
    body = grid.rows[header.position + 1 :]
    unit = region_column(body, range(max(first, 1)))
    if unit is None:
        raise SourceError(
            "no column left of the years holds provinces", where=where, mend="is this layout stacked_blocks?"
        )
    years = dict(header.stems[""])
    _say_odd(years, ledger)
    found: list[tuple[str, dict[int, int], list[CellRow]]] = []
    title = ""
    for row in body:
        again = year_header([row])
        if again is not None and not is_region(text_of(row, unit)):
            years = dict(again.stems.get("", years))
            _say_odd(years, ledger)
            continue
        lead = [text_of(row, c) for c in range(unit)]
        filled = [t for t in lead if t and not t.replace(".", "").isdigit()]
        name = text_of(row, unit)
        if FOOTER.match(name or (filled[0] if filled else "")):
            ledger.say(f"footer passed over: {(name or filled[0])[:60]}")
            continue
        title = filled[-1] if filled else title
        figures = [c for c in range(first, len(row.cells)) if not is_blank(row.cells[c])]
        if not name and not figures:
            continue
        if not name or any(c not in years for c in figures):
            what = "figures stand beside no unit" if not name else "a figure stands in a column without a year"
            ledger.fault(what, "the rows may have been shifted", row.place(figures[0]))
        begins = not found or found[-1][0] != title or any(text_of(r, unit) == name for r in found[-1][2][:1])
        if begins:
            found.append((title, years, []))
        found[-1][2].append(row)
    return tuple(_block(t, y, rows, unit, ledger) for t, y, rows in found)


def _say_odd(years: dict[int, int], ledger: Ledger) -> None:
    listed = list(years.values())
    if len(set(listed)) < len(listed):
        ledger.fault("a year stands twice in the header", "export the file again")
    if odd := odd_years(listed):
        ledger.say(odd)


def _block(title: str, years: dict[int, int], rows: list[CellRow], unit: int, ledger: Ledger) -> Block:
    stray = _STRAY.match(title)
    if stray is not None:
        ledger.say(f"stray letters after the title taken off: {title}")
    name, measure = parse_measure(stray["title"] if stray else title)
    used = {c: y for c, y in years.items() if any(text_of(r, c) for r in rows)}
    return Block(title=name, measure=measure, rows=tuple(rows), unit=unit, years=used)


def read(spec: StackedBlocksSpec, path: Path) -> Observations:
    """Observations of the blocks that the source names.

    Raises
    ------
    SourceError
        No such block, cells that two blocks fill, cells that are no numbers: all at once.
    """
    ledger = Ledger(where=spec.path, thousands=spec.thousands, decimal=spec.decimal)
    grid = grid_of(path, spec.path, encoding=spec.encoding, separator=spec.separator, sheet=spec.sheet)
    for note in grid.notes:
        ledger.say(note)
    blocks = blocks_of(grid, spec.path, ledger)
    columns: dict[str, list[object]] = {k: [] for k in COLUMNS}
    taken: set[int] = set()
    for alias, name in spec.series.items():
        filled: dict[tuple[str, int], str] = {}
        for title in (name, *spec.continued.get(alias, ())):
            at = [i for i, b in enumerate(blocks) if _same(title, b.title)]
            if len(at) != 1:
                what = f"there is no block '{title}'" if not at else f"the block '{title}' stands {len(at)} times"
                ledger.fault(what, f"series.{alias}: {known_or_nearest(title, [b.title for b in blocks])}")
                continue
            taken.add(at[0])
            block = blocks[at[0]]
            if title != name:
                span = f"{min(block.years.values(), default=0)}-{max(block.years.values(), default=0)}"
                ledger.say(f"'{alias}' is continued by the block '{block.title}' ({span}), as declared")
            measure = settle_measure(spec, alias, block.measure, ledger)
            _add(columns, block, (f"{spec.id}.{alias}", measure), filled, ledger)
    for i, block in enumerate(blocks):
        if i not in taken:
            ledger.say(f"block '{block.title}' passed over")
    return sealed(spec, grid.data, columns, ledger)


def _same(wanted: str, title: str) -> bool:
    a, b = ("".join(t.split()) for t in (parse_measure(wanted)[0], title))
    return a == b


def _add(
    columns: dict[str, list[object]],
    block: Block,
    key: tuple[str, str],
    filled: dict[tuple[str, int], str],
    ledger: Ledger,
) -> None:
    for row in block.rows:
        unit = text_of(row, block.unit)
        for column, year in block.years.items():
            place = row.place(column)
            cell = row.cells[column] if column < len(row.cells) else None
            value = ledger.number(cell, place, f"{unit}, {year}", key[1] or None)
            if (unit, year) in filled and not is_blank(cell):
                ledger.fault(
                    f"{unit}, {year} stands in two blocks: {filled[unit, year].lstrip('!, ')}", "keep one", place
                )
                continue
            filled[unit, year] = place
            observe(columns, (unit, year), key[0], value, key[1], place)


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is a sheet of several titled blocks, or None."""
    if path.suffix.casefold() not in (".csv", ".tsv", ".txt", ".tab", *WORKBOOKS):
        return None
    try:
        ledger = Ledger(where=path.name)
        blocks = blocks_of(grid_of(path, path.name, sheet=sheet), path.name, ledger)
    except SourceError:
        return None
    titled = [b for b in blocks if b.title and not is_region(b.title)]
    several = len(titled) > 1 and len(titled) == len(blocks) and all(len(b.rows) > 2 for b in blocks)
    return (
        f"{counted(len(blocks), 'blocks')} one below the other: {', '.join(b.title for b in blocks)[:80]}"
        if several
        else None
    )


def look(path: Path, sheet: str = "") -> Reading:
    """What the blocks hold."""
    import pandas as pd

    grid = grid_of(path, path.name, sheet=sheet)
    ledger = looking(path.name, grid.cells, commas_part=grid.commas_part)
    for note in grid.notes:
        ledger.say(note)
    seen: list[SeriesSeen] = []
    for block in blocks_of(grid, path.name, ledger):
        columns: dict[str, list[object]] = {k: [] for k in COLUMNS}
        _add(columns, block, (block.title, block.measure or ""), {}, ledger)
        frame = pd.DataFrame({k: columns[k] for k in ("unit", "time", "value", "cell")})
        seen.append(series_seen(block.title, block.measure or "", frame, ledger))
    return reading("stacked blocks, years in columns", grid.encoding, "", seen, ledger)


SOURCES.register(
    SourceKind(
        name="stacked_blocks",
        spec=StackedBlocksSpec,
        summary="sheet of several titled tables one below the other, years in columns (a staircase)",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(one_file),
        sheets=True,
    )
)
