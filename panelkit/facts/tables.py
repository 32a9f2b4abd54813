"""Reading the tables shipped in this folder, and what is known about each; what they mean is in the sibling modules."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import PanelkitError
from panelkit.core.nearest import known_or_nearest

Row = MappingProxyType[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableNote:
    """What the catalogue says of one shipped table.

    Parameters
    ----------
    id, file : str
        Name of the table and of its file in this folder.
    rows : int
        Rows it must have; a shortened file is refused.
    title_en, title_zh : str
        Titles in the two languages of the reports.
    source, confidence : str
        Where the entries come from and how far they can be trusted.
    caveats : tuple of str
        What can go wrong when they are used.
    columns : dict
        Meaning of each column.
    """

    id: str
    file: str
    rows: int
    title_en: str
    title_zh: str
    source: str
    confidence: str
    caveats: tuple[str, ...]
    columns: MappingProxyType[str, str]


def _read_text(file: str) -> str:
    return resources.files("panelkit.facts").joinpath(file).read_text(encoding="utf-8")


def table_bytes(name: str) -> bytes:
    """A shipped table as it stands in its file.

    >>> table_bytes("contiguity")[:6]
    b'code_a'
    """
    return _read_text(catalogue()[name].file).encode()


@cache
def catalogue() -> MappingProxyType[str, TableNote]:
    """Every shipped table by name, with title, source, confidence and caveats.

    >>> catalogue()["provinces"].rows
    34
    """
    entries: dict[str, Any] = tomllib.loads(_read_text("catalogue.toml"))
    return MappingProxyType({name: _note(name, entry) for name, entry in entries.items()})


def _note(name: str, entry: dict[str, Any]) -> TableNote:
    return TableNote(
        id=name,
        file=entry["file"],
        rows=entry["rows"],
        title_en=entry["title"]["en"],
        title_zh=entry["title"]["zh"],
        source=entry["source"],
        confidence=entry["confidence"],
        caveats=tuple(entry["caveats"]),
        columns=MappingProxyType(dict(entry["columns"])),
    )


@cache
def read_table(name: str) -> tuple[Row, ...]:
    """Rows of a shipped table in file order, every cell as text.

    Parameters
    ----------
    name : str
        A key of `catalogue()`.

    Returns
    -------
    tuple of read-only mappings
        One per row, column name to text; an empty cell is "".

    Raises
    ------
    PanelkitError
        No such table, or the file does not have the rows and columns that the catalogue states.

    >>> read_table("contiguity")[0]["code_b"]
    '120000'
    """
    known = catalogue()
    if name not in known:
        raise PanelkitError(f"there is no table '{name}'", where="panelkit.facts", mend=known_or_nearest(name, known))
    note = known[name]
    reader = csv.DictReader(_read_text(note.file).splitlines())
    rows = tuple(MappingProxyType(dict(row)) for row in reader)
    if len(rows) != note.rows or tuple(reader.fieldnames or ()) != tuple(note.columns):
        raise PanelkitError(
            f"the shipped table has {counted(len(rows), 'rows')} and columns {', '.join(reader.fieldnames or ())}; "
            f"the catalogue states {note.rows} and {', '.join(note.columns)}",
            where=f"panelkit/facts/{note.file}",
            mend="install panelkit again: the file was changed",
        )
    return rows
