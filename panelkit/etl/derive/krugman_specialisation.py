"""Krugman's index of specialisation: how far a unit's mix of industries is from that of the others; its opposite is diversity."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, CellWords, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._cell_words import cell_symbols
from panelkit.etl.derive._cells import mix_of
from panelkit.numerics.concentration import krugman


@spec
class KrugmanSpecialisationSpec(DerivationSpec):
    """Which industries.

    Parameters
    ----------
    parts : dict
        Industry -> series, all of one unit of measure, together the whole.
    part, activity : str
        Instead, in a panel of several keys: the amount in every cell, and the key that tells activities apart (default: the only
        one that is no place).
    reference : 'rest' | 'all'
        Compared with all other units (default), or with all units, itself among them.
    halved : bool
        Half the sum, between 0 and 1.
    """

    parts: dict[str, str] = field(default_factory=dict)
    part: str = ""
    activity: str = ""
    reference: Literal["rest", "all"] = "rest"
    halved: bool = False


def derive(options: KrugmanSpecialisationSpec, columns: Columns) -> Derived:
    """K_it = sum_j |e_ij/e_i - (E_j - e_ij)/(E - e_i)|, between 0 and 2.

    Source
    ------
    Krugman (1991), Geography and Trade. Common error avoided: the unit in its own reference, which understates large provinces.
    """
    mix = mix_of(columns, options.parts, options.part, options.activity)
    index = krugman(np.nan_to_num(mix.table), options.reference) * (0.5 if options.halved else 1.0)
    others = "all other units" if options.reference == "rest" else "all units"
    return Derived(
        values=mix.lay(np.where(mix.missing, np.nan, index)),
        measure="",
        how=f"sum over {counted(mix.table.shape[-1], 'industries')} of |share - share in {others}|"
        + (" / 2" if options.halved else ""),
        notes=mix.notes,
        over=mix.over,
    )


def formula(options: KrugmanSpecialisationSpec) -> str:
    """Against all other units, or against all units."""
    other = r"\frac{E_{jt} - e_{ijt}}{E_t - E_{it}}" if options.reference == "rest" else r"\frac{E_{jt}}{E_t}"
    half = r"\frac{1}{2} " if options.halved else ""
    return rf"K_{{it}} = {half}\sum_j \left| \frac{{e_{{ijt}}}}{{E_{{it}}}} - {other} \right|"


def symbols(options: KrugmanSpecialisationSpec) -> dict[str, str | Label]:
    """The industries and the totals."""
    return {
        r"e_{ijt}": ", ".join(options.parts.values()) or options.part,
        "j": Label(en=", ".join(options.parts) or options.activity or "activities of the panel"),
        r"E_{it}": Label(en="sum over j", zh="对j求和"),
        r"E_{jt}": Label(en="sum over the units of the file", zh="文件中各地区合计"),
    }


DERIVATIONS.register(
    DerivationKind(
        name="krugman_specialisation",
        spec=KrugmanSpecialisationSpec,
        summary="Krugman's index of specialisation of a unit",
        summary_zh="克鲁格曼专业化指数",
        formula=formula,
        symbols=symbols,
        of_cells=CellWords(
            formula=lambda options, _: formula(options),
            symbols=lambda options, keys: (
                {k: v for k, v in symbols(options).items() if k not in ("j", r"e_{ijt}")}
                | cell_symbols(options.part, "", options.activity, keys)
            ),
        ),
        reach="year",
        inputs=lambda options: (*options.parts.values(), *([options.part] if options.part else [])),
        derive=derive,
    )
)
