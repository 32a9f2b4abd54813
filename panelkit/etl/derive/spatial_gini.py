"""Spatial Gini of an industry: squared differences between its map and the map of everything; net of plants it is ellison_glaeser."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, CellWords, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._cell_words import cell_symbols
from panelkit.etl.derive._cells import cells_of, on_activities, part_and_whole, short_note
from panelkit.etl.derive._tables import counts_note, on_grid_of, wide
from panelkit.numerics.concentration import spatial_gini


@spec
class SpatialGiniSpec(DerivationSpec):
    """Which activity (`part`) of which whole; both series or variables by unit.

    In a panel of several keys `part` is the amount in every cell, `activity` the key that tells activities apart (default: the only one
    that is no place), and `whole` may be left out: the sum of a place's cells.
    """

    part: str
    whole: str = ""
    activity: str = ""


def derive(options: SpatialGiniSpec, columns: Columns) -> Derived:
    """G_t = sum_i (s_it - x_it)^2 over the units present in both, one number per year for all units.

    Source
    ------
    Krugman (1991). Common error avoided: it has no variation across provinces, so year effects take it out of a panel model.
    """
    if columns.parts:
        return _of_cells(options, columns)
    if not options.whole:
        raise StudyError("a spatial Gini needs a whole", mend="give whole under with")
    part, whole = wide(columns, options.part), wide(columns, options.whole)
    present = ~np.isnan(part) & ~np.isnan(whole)
    index = spatial_gini(np.where(present, part, 0.0), np.where(present, whole, 0.0))
    return Derived(
        values=on_grid_of(columns, index),
        measure="",
        how=f"sum over units of (share in {options.part} - share in {options.whole})^2, one number per year",
        notes=("it is the same for all units of a year: year effects absorb it", *counts_note(present, columns)),
    )


def _of_cells(options: SpatialGiniSpec, columns: Columns) -> Derived:
    cells = cells_of(columns, options.activity)
    part, whole = part_and_whole(columns, options.part, options.whole, cells)
    index = spatial_gini(np.nan_to_num(part), np.nan_to_num(whole))
    return Derived(
        values=on_activities(columns, index, cells),
        measure="",
        how=f"sum over {' and '.join(cells.over)}s of (share in {options.part} - share in everything)^2, by {cells.by} and year",
        notes=short_note(part.transpose(1, 0, 2), cells, columns),
        over=(cells.by,),
    )


_SHARES = r"s_{ijt} = \frac{e_{ijt}}{\sum_k e_{kjt}}, \quad x_{it} = \frac{E_{it}}{\sum_k E_{kt}}"

DERIVATIONS.register(
    DerivationKind(
        name="spatial_gini",
        spec=SpatialGiniSpec,
        summary="spatial Gini coefficient of an industry, by year",
        summary_zh="产业空间基尼系数(逐年)",
        formula=r"G_t = \sum_i (s_{it} - x_{it})^2",
        inputs=lambda options: tuple(n for n in (options.part, options.whole) if n),
        symbols=lambda options: {
            r"s_{it}": Label(en=f"share of unit i in {options.part}", zh=f"地区i占{options.part}的份额"),
            r"x_{it}": Label(
                en=f"share of unit i in {options.whole or 'everything'}", zh=f"地区i占{options.whole or '全部'}的份额"
            ),
        },
        of_cells=CellWords(
            formula=lambda *_: rf"G_{{jt}} = \sum_i (s_{{ijt}} - x_{{it}})^2, \quad {_SHARES}",
            symbols=lambda options, keys: cell_symbols(options.part, options.whole, options.activity, keys),
        ),
        reach="year",
        divisors=("whole",),
        derive=derive,
    )
)
