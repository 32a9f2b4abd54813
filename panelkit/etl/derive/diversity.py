"""Diversity of a unit's industries; specialisation is in krugman_specialisation."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import counts_note, industries, on_grid_of, refuse_where
from panelkit.numerics.concentration import herfindahl, relative_diversity, shannon


@spec
class DiversitySpec(DerivationSpec):
    """Which industries (`parts`: industry -> series), in which form.

    form : 'relative' (1 / sum |s - S|, against the nation's mix), 'shannon' (entropy of the shares) or 'inverse_hhi'.
    """

    parts: dict[str, str]
    form: Literal["relative", "shannon", "inverse_hhi"] = "relative"


_HOW = {
    "relative": "1 / sum over industries of |share - share in all units|",
    "shannon": "- sum over industries of share x ln share, 0 ln 0 = 0",
    "inverse_hhi": "1 / sum over industries of squared shares",
}


def derive(options: DiversitySpec, columns: Columns) -> Derived:
    """RD_it = 1 / sum_j |s_ij - S_j| by default.

    Raises
    ------
    PanelError
        A unit with just the nation's mix, where the relative form is infinite.

    Source
    ------
    Duranton and Puga (2000); Shannon (1948). Common error avoided: the relative and the absolute forms under one name.
    """
    table = industries(columns, options.parts)
    missing = np.isnan(table).any(axis=-1)
    filled = np.nan_to_num(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = {
            "relative": relative_diversity,
            "shannon": shannon,
            "inverse_hhi": lambda t: 1.0 / herfindahl(t),
        }[options.form](filled)
    index = np.where(missing, np.nan, index).T
    refuse_where(np.isinf(index), "relative diversity is infinite", 'take form = "shannon" or "inverse_hhi"', columns)
    return Derived(
        values=on_grid_of(columns, np.where(np.isinf(index), np.nan, index)),
        measure="",
        how=_HOW[options.form],
        notes=counts_note(~missing.T, columns) if options.form == "relative" else (),
    )


DERIVATIONS.register(
    DerivationKind(
        name="diversity",
        spec=DiversitySpec,
        summary="diversity of a unit's industries",
        summary_zh="产业多样化指数",
        formula=r"RD_{it} = 1 / \sum_j |s_{ijt} - S_{jt}|",
        inputs=lambda options: tuple(options.parts.values()),
        derive=derive,
    )
)
