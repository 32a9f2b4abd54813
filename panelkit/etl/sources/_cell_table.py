"""A tidy table of any format as columns of cells with their places; how a format is opened is in _frames and _stata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTable:
    """A table: names of its columns, its cells by column, and how a cell is named (row and column counted from 0).

    notes : what was passed over. format : in words.
    """

    names: tuple[str, ...]
    columns: tuple[Sequence[object], ...]
    place: Callable[[int, int], str]
    format: str
    encoding: str
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def __getitem__(self, name: str) -> Sequence[object]:
        return self.columns[self.names.index(name)]
