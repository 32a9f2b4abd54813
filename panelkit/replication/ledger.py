"""The ledger: every printed number by cell name, and that one key has one value everywhere; it prints and compares no file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from panelkit.core.errors import Fault, PackageError
from panelkit.core.manifest import Entry


def ledger(cells_by_table: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, Entry]:
    """Cell name -> entry, in the order of tables (by id) and of their cells.

    Parameters
    ----------
    cells_by_table : mapping
        Table id -> the list in `tables/<id>.cells.json`: {"cell", "raw", "shown", "mark", "key": [model, term, field]}.

    Raises
    ------
    PackageError
        A cell that stands twice, a cell without a key of three parts, or one key with two values.

    >>> ledger({"t": [{"cell": "t.r0.c0", "raw": 0.5, "shown": "0.500", "mark": "", "key": ["m", "x", "estimate"]}]})["t.r0.c0"].shown
    '0.500'
    """
    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    for table in sorted(cells_by_table):
        for cell in cells_by_table[table]:
            where = f"tables/{table}.cells.json, cell {cell.get('cell')}"
            key = cell.get("key")
            if not isinstance(key, (list, tuple)) or len(key) != 3:
                faults.append(Fault(where=where, what="a printed number has no key", mend="give (model, term, field)"))
                continue
            entry = Entry(
                cell=str(cell["cell"]),
                exhibit=table,
                raw=_raw(cell["raw"]),
                shown=str(cell["shown"]),
                mark=str(cell.get("mark", "")),
                key=(str(key[0]), str(key[1]), str(key[2])),
            )
            if entry.cell in entries:
                faults.append(Fault(where=where, what="this cell stands twice", mend="run the study again"))
            entries[entry.cell] = entry
    faults += inconsistent(entries.values())
    if faults:
        raise PackageError(faults=faults)
    return entries


def inconsistent(entries: Iterable[Entry]) -> list[Fault]:
    """A fault for each key that is printed from two different values."""
    first: dict[tuple[str, str, str], Entry] = {}
    faults = []
    for entry in entries:
        known = first.setdefault(entry.key, entry)
        if not same(known.raw, entry.raw):
            faults.append(
                Fault(
                    where=f"{known.cell} and {entry.cell}",
                    what=f"{'.'.join(entry.key)} is {known.raw!r} in one and {entry.raw!r} in the other",
                    mend="run the whole study again, so that all exhibits come from one run",
                )
            )
    return faults


def _raw(value: Any) -> float | int | str | None:
    """A raw value of JSON, where NaN and the infinities are texts."""
    raw: float | int | str | None = float(value) if value in ("nan", "inf", "-inf") else value
    return raw


def same(left: Any, right: Any) -> bool:
    """Whether two raw values are the same, bit for bit; NaN equals NaN, 7 equals 7.0."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right):
        return True
    return bool(left == right)
