"""The correlation table: the lower triangle with stars, and the number of pairs where cells are missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown, stars
from panelkit.reporting.tables._common import (
    BLANK,
    finished,
    language_of,
    number,
    numeric,
    panel_of,
    sample_note,
    star_note,
)
from panelkit.reporting.tables._parts import STARS
from panelkit.reporting.words import word

if TYPE_CHECKING:
    import pandas as pd


@spec
class CorrelationTable(TableSpec):
    """A correlation table.

    variables : by default every numeric variable that a model uses. sample : a model's id, for its rows alone.
    method : 'pearson', or 'spearman' of ranks. stars : by p of t(n - 2), which knows nothing of clusters; empty for none.
    pairs : the number of pairs beneath each coefficient; None where they are not all the same.
    """

    kind: Literal["correlation"] = "correlation"
    variables: tuple[str, ...] = ()
    sample: str = ""
    method: Literal["pearson", "spearman"] = "pearson"
    stars: tuple[float, ...] = STARS
    pairs: bool | None = None
    digits: int = 3

    @property
    def levels(self) -> tuple[float, ...]:
        """The star levels, widest first."""
        return tuple(sorted(set(self.stars), reverse=True))


def build(table: CorrelationTable, results: Results) -> Table:
    """The table of the panel's variables.

    Raises
    ------
    ReportError
        An unknown variable or model.
    """
    language = language_of(table, results)
    panel = panel_of(table, table.sample, results)
    names = numeric(table, table.variables, results)
    whose = table.sample or "panel"
    frame = panel.frame[list(names)]
    found = {
        (i, j): correlated(frame, names[i], names[j], table.method) for i in range(len(names)) for j in range(i + 1)
    }
    counts = {n for _, _, n in found.values()}
    pairs = len(counts) > 1 if table.pairs is None else table.pairs
    rows: list[Row] = []
    for i, name in enumerate(names):
        label = f"({i + 1}) {key_label(name, panel, language)}"
        rows.append(Row(kind="term", label=label, cells=_line(table, whose, names, i, found)))
        if pairs:
            cells = tuple(
                number(found[i, j][2], (whose, f"{name}~{names[j]}", "pairs"), kind="count", around="[]")
                if j <= i
                else BLANK
                for j in range(len(names))
            )
            rows.append(Row(kind="bracket", label="", cells=cells))
    columns = tuple(Column(id=f"c{j}", heading=(f"({j + 1})",)) for j in range(len(names)))
    kind = word(f"correlation_{table.method}", language)
    same = "" if pairs else word("pairs_all", language, pairs=shown(next(iter(counts), 0), kind="count"))
    notes = (
        kind,
        word("pairs_beneath", language) if pairs else same,
        star_note(table.levels, language),
        sample_note(panel, language),
    )
    return finished(table, results, columns, rows, notes)


def _line(
    table: CorrelationTable,
    whose: str,
    names: tuple[str, ...],
    i: int,
    found: dict[tuple[int, int], tuple[float, float, int]],
) -> tuple[Cell, ...]:
    cells = []
    for j, other in enumerate(names):
        if j > i:
            cells.append(BLANK)
            continue
        r, p, _ = found[i, j]
        mark = "" if i == j else stars(p, table.levels)
        key = (whose, f"{names[i]}~{other}", table.method)
        cells.append(Cell(raw=r, shown=shown(r, table.digits, missing="–"), mark=mark, key=key))
    return tuple(cells)


def correlated(frame: pd.DataFrame, one: str, other: str, method: str) -> tuple[float, float, int]:
    """Correlation over the rows where both are there, its two-sided p by t(n - 2), and how many rows that is."""
    from scipy import special

    both = frame[[one]].assign(other=frame[other].to_numpy()).dropna()
    n = len(both)
    ranks = both.rank() if method == "spearman" else both
    x, y = (ranks.iloc[:, k].to_numpy(float) for k in (0, 1))
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y)) if n else 0.0
    if n < 3 or size == 0:
        return math.nan, math.nan, n
    r = 1.0 if one == other else max(-1.0, min(1.0, float(x @ y) / size))
    if abs(r) == 1:
        return r, 0.0, n
    t = r * math.sqrt((n - 2) / (1 - r * r))
    return r, float(2 * special.stdtr(n - 2, -abs(t))), n


TABLES.register(
    TableKind(
        name="correlation", spec=CorrelationTable, summary="correlations with stars and numbers of pairs", build=build
    )
)
