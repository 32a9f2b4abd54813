"""Co-agglomeration of two activities in a unit, from their location quotients; it is not the Ellison-Glaeser index of that name."""

from __future__ import annotations

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import counts_note, on_grid_of, wide
from panelkit.numerics.concentration import coagglomeration, quotient


@spec
class CoagglomerationSpec(DerivationSpec):
    """Two activities (`first`, `second`) of one whole, by unit: employment, or output, of manufacturing and producer services."""

    first: str
    second: str
    whole: str


def derive(options: CoagglomerationSpec, columns: Columns) -> Derived:
    """Theta_it = [1 - |LQ_m - LQ_s| / (LQ_m + LQ_s)] + (LQ_m + LQ_s): likeness plus height.

    Source
    ------
    Chen and Chen (2012) and city studies after them. Common errors avoided: its name (it is no Ellison-Glaeser index), and
    logarithms of the quotients in place of the quotients.
    """
    if columns.parts:
        raise StudyError(
            f"co-agglomeration is of places, and {options.first} or {options.second} differs between cells of one",
            mend="make variables of the place first, such as sum_by(where, province, year)",
        )
    values = [wide(columns, n) for n in (options.first, options.second, options.whole)]
    counted = ~np.isnan(values[0]) & ~np.isnan(values[1]) & ~np.isnan(values[2])
    quotients = [quotient(v, values[2], counted) for v in values[:2]]
    return Derived(
        values=on_grid_of(columns, coagglomeration(*quotients)),
        measure="",
        how=f"Theta of the location quotients of {options.first} and {options.second} in {options.whole}",
        notes=("Theta is not the co-agglomeration index of Ellison and Glaeser", *counts_note(counted, columns)),
    )


DERIVATIONS.register(
    DerivationKind(
        name="coagglomeration",
        spec=CoagglomerationSpec,
        summary="co-agglomeration index Theta of two activities in a unit",
        summary_zh="协同集聚指数Θ(地区层面,并非EG指数)",
        formula=r"\Theta_{it} = \left[1 - \frac{|LQ^m_{it} - LQ^s_{it}|}{LQ^m_{it} + LQ^s_{it}}\right] + (LQ^m_{it} + LQ^s_{it}), \quad "
        r"LQ_{it} = \frac{e_{it} / E_{it}}{\sum_k e_{kt} / \sum_k E_{kt}}",
        inputs=lambda options: (options.first, options.second, options.whole),
        symbols=lambda options: {r"LQ^m_{it}": options.first, r"LQ^s_{it}": options.second, r"E_{it}": options.whole},
        reach="year",
        divisors=("whole",),
        derive=derive,
    )
)
