"""Inner products of treatment paths with the data of every unit, so that a permuted assignment is a sum of look-ups.

No permutation is drawn and no p-value made here (see `permutation`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_sums
from panelkit.numerics.projection import Absorber

MOST_COLUMNS = 80  # effects and controls written out beside the nested effects: above it the general route is taken
DENSE_CELLS = 16_000_000  # rows x columns of those
TABLE_CELLS = 4_000_000  # distinct paths x blocks (or levels of the nested effect)
DRAW_CELLS = 60_000  # numbers of one temporary array while draws are looked up: it stays in cache
FEW_COLUMNS = 3  # up to so many columns are looked up; more are multiplied with the paths themselves
THIN = 1e-6  # information, relative to the largest possible, below which look-ups lose digits
SAME = 1e-13  # two rows of orthonormal columns this close are the same


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathTables:
    """What K distinct paths give on J blocks (the rows of one unit in one cluster), effects nested in blocks taken off.

    Attributes
    ----------
    paths : (K, T) distinct paths, centred where the effects allow it; kind : (U,) which of them each unit's own is.
    unit_of : (J,) unit of each block; starts : (G,) first block of each cluster (blocks are in cluster order).
    squares, products : (K, J) sum of squares of path p on block j, and with the outcome.
    cells : (J, T, q) columns not nested in blocks (orthonormal over all rows), summed over the rows of each cell.
    cells_outcome : (J, q) their inner products with the outcome; cells_squares : (J, q, q) with one another.
    floor : information below which a draw is left to the general route (NaN here).
    """

    paths: FloatArray
    kind: IntArray
    unit_of: IntArray
    starts: IntArray
    squares: FloatArray
    products: FloatArray
    cells: FloatArray
    cells_outcome: FloatArray
    cells_squares: FloatArray
    floor: float

    def slopes(self, orders: IntArray) -> FloatArray:
        """Give back coefficient and raw clustered t (B, 2) of each assignment (B, U); NaN where `floor` is not reached."""
        J, q = self.unit_of.shape[0], self.cells.shape[2]
        wide = self.paths.shape[1] if q > FEW_COLUMNS else 1
        size = max(1, DRAW_CELLS // (J * wide))
        places = np.arange(J)
        whole = self.kind.shape[0] == J and bool((self.unit_of == places).all())
        tables = np.ascontiguousarray(np.moveaxis(self._crossed(), 2, 0)) if 0 < q <= FEW_COLUMNS else None
        out = np.empty((orders.shape[0], 2))
        for start in range(0, orders.shape[0], size):
            givers = self.kind[orders[start : start + size]]
            given = givers if whole else givers[:, self.unit_of]
            places_now = given * J + places
            squares, products = self.squares.take(places_now), self.products.take(places_now)
            if q:
                self._take_off(given, places_now, tables, squares, products)
            out[start : start + size] = self._statistics(squares, products)
        return out

    def _crossed(self) -> FloatArray:
        """(K, J, q): inner products of path and written-out columns."""
        return np.tensordot(self.paths, self.cells, axes=(1, 1))

    def _take_off(
        self, given: IntArray, flat: IntArray, tables: FloatArray | None, squares: FloatArray, products: FloatArray
    ) -> None:
        """Correct (B, J) squares and products for the written-out columns, in place."""
        B, J = given.shape
        q = self.cells.shape[2]
        if tables is not None:
            crossed = [table.take(flat) for table in tables]
            loads = np.stack([part.sum(axis=1) for part in crossed], axis=1)
            for column, part in enumerate(crossed):
                squares -= 2 * loads[:, column, None] * part
        else:
            cells = self.cells.reshape(J * self.paths.shape[1], q)
            drawn = self.paths.take(given, axis=0).reshape(B, -1)
            loads = drawn @ cells
            fitted = loads @ cells.T
            squares -= 2 * np.einsum("bjt,bjt->bj", drawn.reshape(B, J, -1), fitted.reshape(B, J, -1))
        pairs = (loads[:, :, None] * loads[:, None, :]).reshape(B, q * q)
        squares += pairs @ self.cells_squares.reshape(J, q * q).T
        products -= loads @ self.cells_outcome.T

    def _statistics(self, squares: FloatArray, products: FloatArray) -> FloatArray:
        information = squares.sum(axis=1)
        defined = information > self.floor
        safe = np.where(defined, information, 1.0)
        b = products.sum(axis=1) / safe
        scores = products - b[:, None] * squares
        if self.starts.shape[0] < scores.shape[1]:
            scores = np.add.reduceat(scores, self.starts, axis=1)
        spread = np.sqrt(np.einsum("ij,ij->i", scores, scores)) / safe
        t = b / np.where(spread > 0, spread, np.nan)
        return np.where(defined[:, None], np.column_stack([b, t]), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Cells (unit, period) and cluster of every row; outcome and orthonormal controls projected off the effects and times
    the root of the weights."""

    units: IntArray
    times: IntArray
    clusters: IntArray
    outcome: FloatArray
    controls: FloatArray


def path_tables(paths: FloatArray, sample: Sample, effects: Absorber) -> PathTables | None:
    """Give back the tables of (U, T) paths, or None where they would be too large or an effect crosses the blocks.

    Source
    ------
    Frisch and Waugh (1933) once for all draws: an effect nested in the blocks sweeps each path on each block alone, so
    it enters a table; the others are a few orthonormal columns. On a balanced, unweighted panel permuting whole paths
    commutes with two-way demeaning, and those columns drop out (Randomisation inference: Fisher; Young 2019,
    doi:10.1093/qje/qjy029).
    """
    weights = np.ones(sample.units.shape[0]) if effects.weights is None else effects.weights
    pairs, block = np.unique(sample.clusters * paths.shape[0] + sample.units, return_inverse=True)
    unit_of, J = pairs % paths.shape[0], pairs.shape[0]
    first = effects.first
    nested = None if first is None else _within(first.codes, first.totals.shape[0], block)
    root = np.sqrt(weights)
    columns = _written_out(effects, root, nested is not None, sample.controls.shape[1])
    if columns is None:
        return None
    cell, shape = block * paths.shape[1] + sample.times, (J, paths.shape[1])
    written = _cells(columns * root[:, None], cell, shape)
    centred, commutes = _centred(paths, sample, effects, columns, written, nested)
    if commutes:
        columns, written = columns[:, :0], written[:, :, :0]
    columns = np.column_stack([columns, sample.controls])
    cells = np.concatenate([written, _cells(sample.controls * root[:, None], cell, shape)], axis=2)
    distinct, kind = np.unique(centred, axis=0, return_inverse=True)
    levels = 0 if first is None or nested is None else nested.shape[0] * (1 + len(first.trends))
    if distinct.shape[0] * max(J * (1 + cells.shape[2] * (cells.shape[2] <= FEW_COLUMNS)), levels) > TABLE_CELLS:
        return None
    mass = _sums(weights, cell, shape)
    raw = distinct**2 @ mass.T
    return PathTables(
        paths=distinct,
        kind=np.asarray(kind, dtype=np.intp).ravel(),
        unit_of=unit_of,
        starts=np.searchsorted(pairs // paths.shape[0], np.arange(int(sample.clusters.max()) + 1)),
        squares=raw - _swept(distinct, effects, weights, sample.times, nested, J),
        products=distinct @ _sums(sample.outcome * root, cell, shape).T,
        cells=cells,
        cells_outcome=group_sums(columns * sample.outcome[:, None], block, J),
        cells_squares=_squares(columns, block, J),
        floor=THIN * float(raw.max(axis=0).sum()),
    )


def _within(codes: IntArray, levels: int, block: IntArray) -> IntArray | None:
    """Block (L,) of each level, or None if a level lies in several blocks."""
    out = np.zeros(levels, dtype=np.intp)
    out[codes] = block
    return out if bool((out[codes] == block).all()) else None


def _written_out(effects: Absorber, root: FloatArray, nested: bool, controls: int) -> FloatArray | None:
    """Orthonormal columns (n, r) of the effects that are not nested, the nested ones swept off; None if too many."""
    first, others = effects.first, effects.others
    if first is None:
        return np.zeros((root.shape[0], 0))
    p = (0 if others is None else others.design.shape[1]) + (0 if nested else first.totals.shape[0])
    if p + controls > MOST_COLUMNS or p * root.shape[0] > DENSE_CELLS or (first.trends and not nested):
        return None
    columns = np.zeros((root.shape[0], 0)) if others is None else others.design.toarray()
    if nested:
        columns = first.sweep(first.sweep(columns))
    else:
        columns = np.column_stack([first.codes[:, None] == np.arange(first.totals.shape[0]), columns])
    columns = columns * root[:, None]
    if columns.shape[1] == 0:
        return columns
    length = np.linalg.norm(columns, axis=0)
    alive = length > 1e-10 * float(length.max())
    values, vectors = np.linalg.eigh((columns[:, alive] / length[alive]).T @ (columns[:, alive] / length[alive]))
    kept = values > 1e-10 * values[-1]
    if (values[kept] < 1e-5 * values[-1]).any():
        return None
    basis = (columns[:, alive] / length[alive]) @ (vectors[:, kept] / np.sqrt(values[kept]))
    overlap = basis.T @ basis
    out: FloatArray = basis @ (1.5 * np.eye(overlap.shape[0]) - overlap / 2)  # one step towards exact orthonormality
    return out


def _centred(
    paths: FloatArray,
    sample: Sample,
    effects: Absorber,
    columns: FloatArray,
    written: FloatArray,
    nested: IntArray | None,
) -> tuple[FloatArray, bool]:
    """Paths less what the effects absorb of every permutation, and whether the written-out effects are then idle."""
    first = effects.first
    if first is None:
        return paths, False
    if nested is None:
        return paths - paths.mean(), False
    own = paths - paths.mean(axis=1, keepdims=True)
    alike = written.shape[0] == paths.shape[0] and float(np.abs(written - written[:1]).max(initial=0.0)) < SAME
    if not alike or columns.shape[1] == 0:
        return own, False
    root = np.ones(len(sample.times)) if effects.weights is None else np.sqrt(effects.weights)
    common = first.sweep(own.mean(axis=0)[sample.times][:, None])[:, 0] * root
    rest = common - columns @ (columns.T @ common)
    if np.linalg.norm(rest) > 1e-12 * np.sqrt(len(rest)) * max(float(np.abs(own).max()), np.finfo(float).tiny):
        return own, False
    return own - own.mean(axis=0), True


def _swept(
    distinct: FloatArray, effects: Absorber, weights: FloatArray, times: IntArray, nested: IntArray | None, J: int
) -> FloatArray:
    """(K, J): the part of each path's sum of squares on each block that the nested effect and its trends absorb."""
    first = effects.first
    if first is None or nested is None:
        return np.zeros((distinct.shape[0], J))
    levels, T = nested.shape[0], distinct.shape[1]
    cell = first.codes * T + times
    parts = [_sums(weights, cell, (levels, T)) / np.sqrt(first.totals)[:, None]]
    parts += [_sums(weights * trend, cell, (levels, T)) for trend in first.trends]
    absorbed = sum((distinct @ part.T) ** 2 for part in parts)
    plain = levels == J and bool((nested == np.arange(J)).all())
    return np.asarray(absorbed if plain else group_sums(np.asarray(absorbed).T, nested, J).T)


def _sums(values: FloatArray, cell: IntArray, shape: tuple[int, int]) -> FloatArray:
    out: FloatArray = np.bincount(cell, weights=values, minlength=shape[0] * shape[1]).astype(np.float64, copy=False)
    return out.reshape(shape)


def _cells(columns: FloatArray, cell: IntArray, shape: tuple[int, int]) -> FloatArray:
    return group_sums(columns, cell, shape[0] * shape[1]).reshape(*shape, columns.shape[1])


def _squares(columns: FloatArray, block: IntArray, J: int) -> FloatArray:
    """Cross-products (J, q, q) of the rows of each block."""
    q = columns.shape[1]
    if q == 0:
        return np.zeros((J, 0, 0))
    order = np.argsort(block, kind="stable")
    ends = np.cumsum(np.bincount(block, minlength=J))
    return np.stack([part.T @ part for part in np.split(columns[order], ends[:-1])])
