"""Herfindahl index: how unequally a unit's industries, or an industry's units, share; plants are in ellison_glaeser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import DERIVATIONS, CellWords, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._cell_words import cell_symbols, split_keys
from panelkit.etl.derive._cells import amounts, cells_of, on_activities, on_places, short_note
from panelkit.etl.derive._tables import counts_note, industries, on_grid_of, wide
from panelkit.numerics.concentration import herfindahl


@spec
class HhiSpec(DerivationSpec):
    """Of what.

    Parameters
    ----------
    parts : dict
        Industry -> series: the index of every unit over its industries.
    part : str
        Instead: one activity over the units of the file; the same number in every unit of a year. In a panel of several keys: the
        amount in every cell.
    over : str
        In a panel of several keys: the key that is summed over, so that "industry" gives the index of every province over its
        industries (default: the only key that is no place) and "province" that of every industry over provinces.
    normalised : bool
        (H - 1/n) / (1 - 1/n), 0 where all are equal.
    """

    parts: dict[str, str] = field(default_factory=dict)
    part: str = ""
    over: str = ""
    normalised: bool = False


def derive(options: HhiSpec, columns: Columns) -> Derived:
    """Sum of squared shares, shares as fractions, so between 1/n and 1.

    Source
    ------
    Hirschman (1945), Herfindahl (1950). Common error avoided: shares in percent, which give 10000 times as much.
    """
    if bool(options.parts) == bool(options.part):
        raise StudyError("an index of concentration needs either parts or part", mend="give one of the two under with")
    notes: tuple[str, ...] = ()
    if columns.parts:
        return _of_cells(options, columns)
    if options.parts:
        index = herfindahl(industries(columns, options.parts)).T
        count = np.asarray(float(len(options.parts)))
        how = f"sum of squared shares of {counted(len(options.parts), 'industries')}"
    else:
        values = wide(columns, options.part)
        index = herfindahl(np.nan_to_num(values), axis=0)
        count = (~np.isnan(values)).sum(axis=0)
        notes = counts_note(~np.isnan(values), columns)
        how = f"sum of squared shares of units in {options.part}, one number per year"
    if options.normalised:
        with np.errstate(divide="ignore", invalid="ignore"):
            index, how = (index - 1 / count) / (1 - 1 / count), f"(H - 1/n) / (1 - 1/n), H = {how}"
    return Derived(values=on_grid_of(columns, index), measure="", how=how, notes=notes)


def _of_cells(options: HhiSpec, columns: Columns) -> Derived:
    if not options.part:
        raise StudyError("in a panel of several keys the index needs part", mend="give the amount of every cell")
    key = options.over if options.over in columns.parts else ""
    by_place = not options.over or columns.code_lists.get(options.over) not in ("gbt2260", "gbt2260_city")
    if options.over and not key:
        raise StudyError(f"the panel has no key '{options.over}'", mend=known_or_nearest(options.over, columns.parts))
    cells = cells_of(columns, key if by_place else "")
    table = amounts(columns, options.part, cells)
    if by_place:
        index, count = herfindahl(table), np.asarray(float(len(cells.activities)))
        what, over, lay = f"{cells.by} of a {' and '.join(cells.over)}", cells.over, on_places
    else:
        known = ~np.isnan(table).any(axis=-1)
        index, count = herfindahl(np.nan_to_num(table), axis=1), known.sum(axis=1)[:, None].astype(float)
        what, over, lay = f"{' and '.join(cells.over)} of an {cells.by}", (cells.by,), on_activities
    how = f"sum of squared shares of every {what} in {options.part}"
    if options.normalised:
        with np.errstate(divide="ignore", invalid="ignore"):
            index, how = (index - 1 / count) / (1 - 1 / count), f"(H - 1/n) / (1 - 1/n), H = {how}"
    notes = short_note(table, cells, columns)
    return Derived(values=lay(columns, index, cells), measure="", how=how, notes=notes, over=over)


def formula(options: HhiSpec) -> str:
    """Over the industries of a unit, or over units."""
    of = r"H_{it} = \sum_j s_{ijt}^2" if options.parts else r"H_t = \sum_i s_{it}^2"
    share = r"s_{ijt} = e_{ijt} / \sum_j e_{ijt}" if options.parts else r"s_{it} = e_{it} / \sum_k e_{kt}"
    n = "n" if options.part else str(len(options.parts))
    normal = rf"\frac{{H - 1/{n}}}{{1 - 1/{n}}}, \quad " if options.normalised else ""
    return rf"{normal}{of}, \quad {share}"


def symbols(options: HhiSpec) -> dict[str, str | Label]:
    """The industries, or the activity."""
    if options.part:
        return {r"e_{it}": options.part}
    return {r"e_{ijt}": ", ".join(options.parts.values()), "j": Label(en=", ".join(options.parts))}


def _sums_activities(options: HhiSpec, code_lists: Mapping[str, str]) -> bool:
    return not options.over or code_lists.get(options.over) not in ("gbt2260", "gbt2260_city")


def _formula_of_cells(options: HhiSpec, code_lists: Mapping[str, str]) -> str:
    own, over = ("H_{it}", "j") if _sums_activities(options, code_lists) else ("H_{jt}", "i")
    share = rf"s_{{ijt}} = e_{{ijt}} / \sum_{over} e_{{ijt}}"
    normal = rf"\frac{{{own} - 1/n}}{{1 - 1/n}}, \quad " if options.normalised else ""
    return rf"{normal}{own} = \sum_{over} s_{{ijt}}^2, \quad {share}"


def _symbols_of_cells(options: HhiSpec, code_lists: Mapping[str, str]) -> dict[str, str | Label]:
    by_place = _sums_activities(options, code_lists)
    found = cell_symbols(options.part, "", options.over if by_place else "", code_lists)
    found.pop(r"E_{it}")
    if options.normalised:
        places, by = split_keys(options.over if by_place else "", code_lists)
        what = by if by_place else " and ".join(places)
        found["n"] = Label(en=f"number of values of {what}", zh=f"{found['j' if by_place else 'i'].to('zh')}数")  # type: ignore[union-attr]
    return found


DERIVATIONS.register(
    DerivationKind(
        name="hhi",
        spec=HhiSpec,
        summary="Herfindahl index of a unit's industries, or of an activity over units",
        summary_zh="赫芬达尔指数(地区内各行业,或某行业在各地区)",
        formula=formula,
        symbols=symbols,
        of_cells=CellWords(formula=_formula_of_cells, symbols=_symbols_of_cells),
        reach=lambda options: "year" if options.part else "unit",
        inputs=lambda options: (*options.parts.values(), *([options.part] if options.part else [])),
        derive=derive,
    )
)
