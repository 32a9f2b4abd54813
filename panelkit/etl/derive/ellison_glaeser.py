"""Ellison-Glaeser index of an industry, net of the sizes of its plants; the province-level index of that name is coagglomeration."""

from __future__ import annotations

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, CellWords, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._cell_words import cell_symbols
from panelkit.etl.derive._cells import amounts, cells_of, on_activities, part_and_whole, per_activity, short_note
from panelkit.etl.derive._tables import counts_note, on_grid_of, wide
from panelkit.numerics.concentration import ellison_glaeser, herfindahl_from_bins


@spec
class EllisonGlaeserSpec(DerivationSpec):
    """Which industry, and what is known of its plants.

    Parameters
    ----------
    part, whole : str
        Employment of the industry and of everything, by unit. In a panel of several keys `part` is that of every cell, `activity` the
        key that tells activities apart (default: the only one that is no place), and `whole` may be left out.
    plant_hhi : str
        Series or variable with the Herfindahl index of the sizes of all plants of the industry, the same in every unit of a year.
    bin_plants, bin_employment : tuple of str
        Instead: number of plants and employment by class of size, by unit; the Herfindahl is then approximated from below.
    """

    part: str
    whole: str = ""
    activity: str = ""
    plant_hhi: str = ""
    bin_plants: tuple[str, ...] = ()
    bin_employment: tuple[str, ...] = ()


def derive(options: EllisonGlaeserSpec, columns: Columns) -> Derived:
    """gamma_t = [G - (1 - sum x^2) H] / [(1 - sum x^2)(1 - H)], one number per year for all units.

    Raises
    ------
    StudyError
        Nothing is known of plants: without H the index is not defined, and H = 0 would make it the Gini under another name.

    Source
    ------
    Ellison and Glaeser (1997), doi:10.1086/262098. Common error avoided: provinces' shares in place of plants' in H.
    """
    if not options.plant_hhi and not options.bin_plants:
        raise StudyError(
            "an Ellison-Glaeser index needs the Herfindahl index of plants",
            mend="give plant_hhi, or bin_plants and bin_employment; without plants take spatial_gini, for a province coagglomeration",
        )
    if len(options.bin_plants) != len(options.bin_employment):
        raise StudyError("bin_plants and bin_employment differ in length", mend="give both for every class of size")
    if columns.parts:
        return _of_cells(options, columns)
    if not options.whole:
        raise StudyError("an Ellison-Glaeser index needs a whole", mend="give whole under with")
    part, whole = wide(columns, options.part), wide(columns, options.whole)
    present = ~np.isnan(part) & ~np.isnan(whole)
    notes = ["it is the same for all units of a year: year effects absorb it", *counts_note(present, columns)]
    if options.plant_hhi:
        plants = _one_per_year(wide(columns, options.plant_hhi), options.plant_hhi)
    else:
        sums = [
            np.stack([np.nansum(wide(columns, n), axis=0) for n in names])
            for names in (options.bin_plants, options.bin_employment)
        ]
        plants = _approximated(sums, notes)
    _refuse_no_share(plants)
    index = ellison_glaeser(np.where(present, part, 0.0), np.where(present, whole, 0.0), plants)
    return Derived(
        values=on_grid_of(columns, index),
        measure="",
        how=f"Ellison-Glaeser gamma of {options.part} in {options.whole}, plants {_plants_by(options)}",
        notes=tuple(notes),
    )


def _approximated(sums: list[np.ndarray], notes: list[str]) -> np.ndarray:
    """The Herfindahl index of plants from plants and employment by class of size, which is said."""
    notes.insert(0, "the Herfindahl index of plants is approximated from classes of size, so the index is overstated")
    with np.errstate(divide="ignore", invalid="ignore"):
        return herfindahl_from_bins(*sums)


def _plants_by(options: EllisonGlaeserSpec) -> str:
    by = f"by {options.plant_hhi}"
    return by if options.plant_hhi else f"approximated from {counted(len(options.bin_plants), 'classes')} of size"


def _refuse_no_share(plants: np.ndarray) -> None:
    if (plants[~np.isnan(plants)] >= 1).any() or (plants < 0).any():
        raise StudyError("the Herfindahl index of plants is not in [0, 1)", mend="give it as a fraction")


def _of_cells(options: EllisonGlaeserSpec, columns: Columns) -> Derived:
    """gamma_jt of every activity, over places."""
    cells = cells_of(columns, options.activity)
    part, whole = part_and_whole(columns, options.part, options.whole, cells)
    notes = list(short_note(part.transpose(1, 0, 2), cells, columns))
    if options.plant_hhi:
        plants = per_activity(columns, options.plant_hhi, cells)
    else:
        both = (options.bin_plants, options.bin_employment)
        sums = [np.stack([np.nansum(amounts(columns, n, cells), axis=1) for n in names]) for names in both]
        plants = _approximated(sums, notes)
    _refuse_no_share(plants)
    index = ellison_glaeser(np.nan_to_num(part), np.nan_to_num(whole), plants)
    return Derived(
        values=on_activities(columns, index, cells),
        measure="",
        how=f"Ellison-Glaeser gamma of every {cells.by} in {options.part}, plants {_plants_by(options)}",
        notes=tuple(notes),
        over=(cells.by,),
    )


def _one_per_year(values: np.ndarray, name: str) -> np.ndarray:
    known = ~np.isnan(values)
    low = np.where(known, values, np.inf).min(axis=0)
    high = np.where(known, values, -np.inf).max(axis=0)
    if (high - low > 1e-12).any():
        raise StudyError(f"{name} differs between units of a year", mend="it is one number per industry and year")
    return np.where(known.any(axis=0), high, np.nan)


_SHARES = r"s_{ijt} = \frac{e_{ijt}}{\sum_k e_{kjt}}, \quad x_{it} = \frac{E_{it}}{\sum_k E_{kt}}"


def _plants(options: EllisonGlaeserSpec) -> str | Label:
    return options.plant_hhi or Label(
        en="Herfindahl index of plants, from classes of size", zh="企业规模赫芬达尔指数(按规模分组近似)"
    )


DERIVATIONS.register(
    DerivationKind(
        name="ellison_glaeser",
        spec=EllisonGlaeserSpec,
        summary="Ellison-Glaeser index of an industry, by year",
        summary_zh="EG产业集聚指数(逐年,需企业层面赫芬达尔指数)",
        formula=r"\gamma_t = \frac{G_t - (1 - \sum_i x_{it}^2) H_t}{(1 - \sum_i x_{it}^2)(1 - H_t)}, \quad "
        r"G_t = \sum_i (s_{it} - x_{it})^2",
        symbols=lambda options: {
            r"s_{it}": Label(en=f"share of unit i in {options.part}", zh=f"地区i占{options.part}的份额"),
            r"x_{it}": Label(en=f"share of unit i in {options.whole}", zh=f"地区i占{options.whole}的份额"),
            r"H_t": _plants(options),
        },
        of_cells=CellWords(
            formula=lambda *_: (
                r"\gamma_{jt} = \frac{G_{jt} - (1 - \sum_i x_{it}^2) H_{jt}}{(1 - \sum_i x_{it}^2)(1 - H_{jt})}, \quad "
                rf"G_{{jt}} = \sum_i (s_{{ijt}} - x_{{it}})^2, \quad {_SHARES}"
            ),
            symbols=lambda options, keys: (
                cell_symbols(options.part, options.whole, options.activity, keys) | {r"H_{jt}": _plants(options)}
            ),
        ),
        reach="year",
        divisors=("whole",),
        inputs=lambda options: tuple(
            n
            for n in (options.part, options.whole, options.plant_hhi, *options.bin_plants, *options.bin_employment)
            if n
        ),
        derive=derive,
    )
)
