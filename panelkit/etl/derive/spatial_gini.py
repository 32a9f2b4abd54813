"""Spatial Gini of an industry: squared differences between its map and the map of everything; net of plants it is ellison_glaeser."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import counts_note, on_grid_of, wide
from panelkit.numerics.concentration import spatial_gini


@spec
class SpatialGiniSpec(DerivationSpec):
    """Which activity (`part`) of which whole; both series or variables by unit."""

    part: str
    whole: str


def derive(options: SpatialGiniSpec, columns: Columns) -> Derived:
    """G_t = sum_i (s_it - x_it)^2 over the units present in both, one number per year for all units.

    Source
    ------
    Krugman (1991). Common error avoided: it has no variation across provinces, so year effects take it out of a panel model.
    """
    part, whole = wide(columns, options.part), wide(columns, options.whole)
    present = ~np.isnan(part) & ~np.isnan(whole)
    index = spatial_gini(np.where(present, part, 0.0), np.where(present, whole, 0.0))
    return Derived(
        values=on_grid_of(columns, index),
        measure="",
        how=f"sum over units of (share in {options.part} - share in {options.whole})^2, one number per year",
        notes=("it is the same for all units of a year: year effects absorb it", *counts_note(present, columns)),
    )


DERIVATIONS.register(
    DerivationKind(
        name="spatial_gini",
        spec=SpatialGiniSpec,
        summary="spatial Gini coefficient of an industry, by year",
        summary_zh="产业空间基尼系数(逐年)",
        formula=r"G_t = \sum_i (s_{it} - x_{it})^2",
        inputs=lambda options: (options.part, options.whole),
        derive=derive,
    )
)
