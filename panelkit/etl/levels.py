"""Over which keys a column varies, and a variable made where it varies: a figure of a province counts once, not once per industry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.derivation import Columns
from panelkit.core.expression import Binary, Call, Name, Node, Unary
from panelkit.core.key import EVERY, joined, parts_of
from panelkit.etl.expressions import Grid

if TYPE_CHECKING:
    import pandas as pd

Level = tuple[bool, ...]  # one for each part of a unit: whether a column varies over it

BY = frozenset({"sum_by", "mean_by"})


@dataclass(slots=True)
class Levels:
    """What is known of the level of series and variables; a name that is not there varies over every key."""

    parts: tuple[str, ...]
    unit: str
    time: str
    known: dict[str, Level] = field(default_factory=dict)

    @property
    def full(self) -> Level:
        return (True,) * len(self.parts)

    def of(self, name: str) -> Level:
        """The level of a series, a variable, or a key."""
        if name in self.parts:
            return tuple(p == name for p in self.parts)
        if name == self.time:
            return (False,) * len(self.parts)
        return self.known.get(name, self.full)

    def together(self, names: tuple[str, ...]) -> Level:
        """The level of what is made of these; the full one where there is nothing but the time."""
        named = [n for n in names if n != self.time]
        if not named:
            return self.full
        return tuple(bool(any(level)) for level in zip(*map(self.of, named), strict=True))

    def of_result(self, node: Node) -> Level:
        """The level of an expression's result: means and sums by keys vary over these only."""
        match node:
            case Name():
                return self.of(node.name)
            case Unary():
                return self.of_result(node.operand)
            case Binary():
                return _union(self.of_result(node.left), self.of_result(node.right))
            case Call():
                arguments = node.arguments[1:] if node.function in BY else node.arguments
                found: Level = (False,) * len(self.parts)
                for argument in arguments:
                    found = _union(found, self.of_result(argument))
                return found
        return (False,) * len(self.parts)


def _union(a: Level, b: Level) -> Level:
    return tuple(x or y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class Reduction:
    """The grid of a panel and that of one level of it.

    at : (units,) position in the small grid of each unit. first : (small units,) position of the first unit of each.
    """

    grid: Grid
    small: Grid
    at: np.ndarray
    first: np.ndarray

    @cached_property
    def index(self) -> pd.MultiIndex:
        import pandas as pd

        return pd.MultiIndex.from_product(
            [list(self.small.units), list(self.small.years)], names=[self.small.unit, self.small.time]
        )

    def down(self, column: pd.Series) -> pd.Series:
        """A column that varies over the keys of the level only, on the small grid."""
        import pandas as pd

        wide = column.to_numpy().reshape(len(self.grid.units), -1)
        return pd.Series(wide[self.first].ravel(), index=self.index, dtype=column.dtype)

    def up(self, column: pd.Series, grid: pd.MultiIndex) -> pd.Series:
        """A column of the small grid on the panel's."""
        import pandas as pd

        wide = column.to_numpy().reshape(len(self.small.units), -1)
        return pd.Series(wide[self.at].ravel(), index=grid, dtype=column.dtype)

    def up_flags(self, flags: np.ndarray) -> np.ndarray:
        """The same for marks of cells."""
        return np.asarray(flags.reshape(len(self.small.units), -1)[self.at].ravel())


def reduction(grid: Grid, parts: tuple[str, ...], level: Level) -> Reduction:
    """From a grid to that of a level; the nation's has the one unit `EVERY`."""
    held = tuple(p for p, varies in zip(parts, level, strict=True) if varies)
    keys = [joined(p for p, varies in zip(parts_of(u), level, strict=True) if varies) or EVERY for u in grid.units]
    units, first, at = np.unique(np.array(keys, dtype=object).astype(str), return_index=True, return_inverse=True)
    kept = np.bincount(at, weights=grid.kept.astype(float)) > 0
    small = replace(
        grid,
        units=tuple(map(str, units)),
        kept=kept,
        unit="_".join(held) or "nation",
        parts=held if len(held) > 1 else (),
    )
    return Reduction(grid=grid, small=small, at=at, first=first)


def reduced_columns(columns: Columns, to: Reduction, names: tuple[str, ...]) -> Columns:
    """The columns that a variable needs, on the small grid."""
    import pandas as pd

    small = to.small
    return replace(
        columns,
        values={n: to.down(columns.values[n]) for n in names if n in columns.values},
        grid=to.index,
        unit=small.unit,
        parts={p: pd.Series(small.part_column(i), index=to.index, dtype="object") for i, p in enumerate(small.parts)},
        excluded=frozenset(u for u, kept in zip(small.units, small.kept, strict=True) if not kept),
        measures=dict(columns.measures),
        prices=dict(columns.prices),
        base_years=dict(columns.base_years),
    )
