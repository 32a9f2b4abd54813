"""Krugman's index of specialisation: how far a unit's mix of industries is from that of the others; its opposite is diversity."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import counts_note, industries, on_grid_of
from panelkit.numerics.concentration import krugman


@spec
class KrugmanSpecialisationSpec(DerivationSpec):
    """Which industries.

    Parameters
    ----------
    parts : dict
        Industry -> series, all of one unit of measure, together the whole.
    reference : 'rest' | 'all'
        Compared with all other units (default), or with all units, itself among them.
    halved : bool
        Half the sum, between 0 and 1.
    """

    parts: dict[str, str]
    reference: Literal["rest", "all"] = "rest"
    halved: bool = False


def derive(options: KrugmanSpecialisationSpec, columns: Columns) -> Derived:
    """K_it = sum_j |e_ij/e_i - (E_j - e_ij)/(E - e_i)|, between 0 and 2.

    Source
    ------
    Krugman (1991), Geography and Trade. Common error avoided: the unit in its own reference, which understates large provinces.
    """
    table = industries(columns, options.parts)
    missing = np.isnan(table).any(axis=-1)
    index = krugman(np.nan_to_num(table), options.reference) * (0.5 if options.halved else 1.0)
    others = "all other units" if options.reference == "rest" else "all units"
    return Derived(
        values=on_grid_of(columns, np.where(missing, np.nan, index).T),
        measure="",
        how=f"sum over {len(options.parts)} industries of |share - share in {others}|"
        + (" / 2" if options.halved else ""),
        notes=counts_note(~missing.T, columns),
    )


DERIVATIONS.register(
    DerivationKind(
        name="krugman_specialisation",
        spec=KrugmanSpecialisationSpec,
        summary="Krugman's index of specialisation of a unit",
        summary_zh="克鲁格曼专业化指数",
        formula=r"K_{it} = \sum_j \left| \frac{e_{ijt}}{e_{it}} - \frac{E_{jt} - e_{ijt}}{E_t - e_{it}} \right|",
        inputs=lambda options: tuple(options.parts.values()),
        derive=derive,
    )
)
