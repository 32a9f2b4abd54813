"""A tidy table of any format as columns of cells with their places; how a format is opened is in _frames and _stata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTable:
    """A table: names of its columns, its cells by column, and how a cell is named (row and column counted from 0).

    notes : what was passed over. format : in words. labels, measures : of each column, where the file says them apart from its name.
    commas_part : whether it is no text whose fields other marks than commas part. shown : column -> its cells under their value
    labels, where it has such and they are no regions.
    """

    names: tuple[str, ...]
    columns: tuple[Sequence[object], ...]
    place: Callable[[int, int], str]
    format: str
    encoding: str
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    commas_part: bool = True
    shown: Mapping[str, Sequence[object]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def __getitem__(self, name: str) -> Sequence[object]:
        return self.columns[self.names.index(name)]
