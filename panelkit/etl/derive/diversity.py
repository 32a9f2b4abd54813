"""Diversity of a unit's industries; specialisation is in krugman_specialisation."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, CellWords, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._cell_words import cell_symbols
from panelkit.etl.derive._cells import mix_of
from panelkit.etl.derive._tables import refuse_where
from panelkit.numerics.concentration import hachman, herfindahl, relative_diversity, shannon


@spec
class DiversitySpec(DerivationSpec):
    """Which industries (`parts`: industry -> series; or, in a panel of several keys, `part`: the amount in every cell, with `activity`:
    the key that tells activities apart, by default the only one that is no place), in which form.

    form : 'relative' (1 / sum |s - S|, against the nation's mix), 'hachman' (1 / sum of s LQ, between 0 and 1, 1 for the nation's
        mix), 'shannon' (entropy of the shares) or 'inverse_hhi'.
    """

    parts: dict[str, str] = field(default_factory=dict)
    part: str = ""
    activity: str = ""
    form: Literal["relative", "hachman", "shannon", "inverse_hhi"] = "relative"


_HOW = {
    "relative": "1 / sum over industries of |share - share in all units|",
    "hachman": "1 / sum over industries of share x location quotient",
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
    Duranton and Puga (2000); Hachman as in EconGeo; Shannon (1948). Common error avoided: the relative and the absolute forms
    under one name.
    """
    mix = mix_of(columns, options.parts, options.part, options.activity)
    filled = np.nan_to_num(mix.table)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = {
            "relative": relative_diversity,
            "hachman": hachman,
            "shannon": shannon,
            "inverse_hhi": lambda t: 1.0 / herfindahl(t),
        }[options.form](filled)
    values = mix.lay(np.where(mix.missing, np.nan, index))
    infinite = np.isinf(values.to_numpy()).reshape(len(columns.grid.levels[0]), -1)
    refuse_where(infinite, "relative diversity is infinite", 'take form = "shannon" or "inverse_hhi"', columns)
    return Derived(
        values=values.where(~np.isinf(values)),
        measure="",
        how=_HOW[options.form],
        notes=mix.notes if options.form in _AGAINST_ALL or mix.over else (),
        over=mix.over,
    )


_AGAINST_ALL = ("relative", "hachman")
_FORMULAS = {
    "relative": r"RD_{it} = \frac{1}{\sum_j |s_{ijt} - S_{jt}|}",
    "hachman": r"HI_{it} = \frac{1}{\sum_j s_{ijt}^2 / S_{jt}}",
    "shannon": r"H_{it} = -\sum_j s_{ijt} \ln s_{ijt}",
    "inverse_hhi": r"V_{it} = \frac{1}{\sum_j s_{ijt}^2}",
}


def symbols(options: DiversitySpec) -> dict[str, str | Label]:
    """The industries and the shares."""
    found: dict[str, str | Label] = {
        r"s_{ijt}": Label(en="share of industry j in unit i", zh="行业j占地区i的份额"),
        "j": Label(en=", ".join(options.parts.values()) or options.part),
    }
    if options.form in _AGAINST_ALL:
        found[r"S_{jt}"] = Label(en="share of industry j in all units", zh="行业j占全部地区的份额")
    return found


DERIVATIONS.register(
    DerivationKind(
        name="diversity",
        spec=DiversitySpec,
        summary="diversity of a unit's industries",
        summary_zh="产业多样化指数",
        formula=lambda options: _FORMULAS[options.form],
        symbols=symbols,
        of_cells=CellWords(
            formula=lambda options, _: _FORMULAS[options.form],
            symbols=lambda options, keys: (
                {k: v for k, v in symbols(options).items() if k != "j"}
                | cell_symbols(options.part, "", options.activity, keys)
            ),
        ),
        reach=lambda options: "year" if options.form in _AGAINST_ALL or options.part else "unit",
        inputs=lambda options: (*options.parts.values(), *([options.part] if options.part else [])),
        derive=derive,
    )
)
