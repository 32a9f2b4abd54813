"""Location quotient: how strongly an activity gathers in a unit against the whole; concentration across units is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import PanelError, StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, CellWords, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._cell_words import cell_symbols
from panelkit.etl.derive._cells import amounts, cells_of, on_cells, per_place, short_note
from panelkit.etl.derive._tables import years
from panelkit.etl.harmonise.provinces import named
from panelkit.etl.harmonise.units import conversion

if TYPE_CHECKING:
    import pandas as pd


@spec
class LocationQuotientSpec(DerivationSpec):
    """Which activity, of which whole.

    Parameters
    ----------
    part : str
        Series or variable of the activity.
    share : str
        Instead of `part`: its share in the whole (percent or fraction, the quotient is the same).
    whole : str
        Series or variable of everything.
    form : 'ln' | 'ratio' | 'symmetric'
        Logarithm (default: with year effects the common denominator drops out), the quotient itself, or (LQ-1)/(LQ+1), which
        takes zeros. `transform = "ln"` beside the default form does not take the logarithm twice.
    leave_one_out : bool
        The denominators of a unit leave the unit itself out, so that a large province is not compared with itself. The
        denominator then differs between units and no longer drops out under year effects.
    activity : str
        In a panel of several keys: the one that tells activities apart, such as "industry" (default: the only key that is no place).
        `part` is then the amount in every cell, and `whole` may be left out: the sum of a place's cells.
    balanced : bool
        Sum the denominators only over units complete in every year of the study; without it, over units present that year.
    """

    whole: str = ""
    part: str = ""
    activity: str = ""
    share: str = ""
    form: Literal["ln", "ratio", "symmetric"] = "ln"
    balanced: bool = False
    leave_one_out: bool = False


def derive(options: LocationQuotientSpec, columns: Columns) -> Derived:
    """LQ_it = (e_it / E_it) / (sum_i e_it / sum_i E_it); sums over the units of the file, never a printed national row.

    Raises
    ------
    StudyError
        Both or neither of `part` and `share`.
    PanelError
        A logarithm of zero inside the study's years.

    Source
    ------
    Ratio as in Isard (1960); ln and symmetric forms as in Dalum, Laursen and Villumsen (1998). `part` and `whole` are both
    employment or both output: a mixed pair is refused. Common errors avoided: a printed national row as denominator (it holds the
    military, the corps and rounding), and levels compared across industries, whose upper bounds differ.
    """
    if columns.parts:
        return _of_cells(options, columns)
    if bool(options.part) == bool(options.share):
        raise StudyError("a location quotient needs either part or share", mend="give one of the two under with")
    if not options.whole:
        raise StudyError("a location quotient needs a whole", mend="give whole under with")
    whole = columns[options.whole]
    if options.part:
        _refuse_mixed(options, columns)
    part = columns[options.part] if options.part else columns[options.share] * whole
    both = part.notna() & whole.notna()
    taken, who = both, "over units present in each year"
    years = whole.index.get_level_values(columns.time)
    inside = (years >= columns.study_years[0]) & (years <= columns.study_years[1])
    if options.balanced:
        complete = both[inside].groupby(level=columns.unit).all()
        taken = both & whole.index.get_level_values(columns.unit).map(complete).to_numpy(dtype=bool)
        who = f"over the {counted(int(complete.sum()), 'units')} complete in {columns.study_years[0]}-{columns.study_years[1]}"
    total = {
        name: values.where(taken).groupby(level=columns.time).transform("sum", min_count=1)
        for name, values in (("part", part), ("whole", whole))
    }
    if options.leave_one_out:
        total = {n: t - v.where(taken, 0.0) for (n, t), v in zip(total.items(), (part, whole), strict=True)}
        who += ", each unit left out of its own"
    quotient = (part / whole) / (total["part"] / total["whole"])
    _refuse_undefined(quotient[inside], options.form == "ln", columns)
    quotient = quotient.where(both & np.isfinite(quotient))
    notes = _counts_differ(taken[inside], columns)
    how = f"(part / whole) / (sum of part / sum of whole), sums {who}, excluded units included"
    return _in_form(options, quotient, how, notes)


def _in_form(options: LocationQuotientSpec, quotient: pd.Series, how: str, notes: tuple[str, ...]) -> Derived:
    if options.form == "symmetric":
        return Derived(
            values=(quotient - 1) / (quotient + 1), measure="", how=f"(LQ - 1) / (LQ + 1), LQ = {how}", notes=notes
        )
    if options.form == "ratio":
        return Derived(values=quotient, measure="", how=how, notes=notes)
    return Derived(values=np.log(quotient.where(quotient > 0)), measure="", how=f"ln of {how}", notes=notes)


def _of_cells(options: LocationQuotientSpec, columns: Columns) -> Derived:
    """LQ_ijt = (e_ijt / e_it) / (E_jt / E_t) in a panel of places and activities; each place counts once in the denominators."""
    if not options.part or options.share:
        mend = "give the amount of every cell"
        raise StudyError("in a panel of several keys a location quotient needs part", mend=mend)
    cells = cells_of(columns, options.activity)
    if options.whole:
        _refuse_mixed(options, columns)
    part = amounts(columns, options.part, cells)
    whole = per_place(columns, options.whole, cells) if options.whole else part.sum(axis=-1)
    present = ~np.isnan(whole) & ~np.isnan(part).any(axis=-1)
    taken, who = present, f"over the {' and '.join(cells.over)}s present in each year"
    at = years(columns)
    inside = (at >= columns.study_years[0]) & (at <= columns.study_years[1])
    if options.balanced:
        complete = present[inside].all(axis=0)
        taken = present & complete
        who = f"over the {int(complete.sum())} complete in {columns.study_years[0]}-{columns.study_years[1]}"
    own = np.where(taken[:, :, None], part, 0.0), np.where(taken, whole, 0.0)
    above, below = own[0].sum(axis=1)[:, None, :], own[1].sum(axis=1)[:, None]
    if options.leave_one_out:
        above, below = above - own[0], below - own[1]
        who += ", each left out of its own"
    with np.errstate(divide="ignore", invalid="ignore"):
        table = (part / whole[:, :, None]) / (above / below[:, :, None])
    quotient = on_cells(columns, table, cells)
    window = np.tile(inside, len(cells.place))
    _refuse_undefined(quotient[window], options.form == "ln", columns)
    how = f"(part / whole of the place) / (sum of part / sum of whole), sums {who}, excluded units included"
    notes = short_note(part, cells, columns)
    return _in_form(options, quotient.where(np.isfinite(quotient)), how, notes)


def _refuse_mixed(options: LocationQuotientSpec, columns: Columns) -> None:
    """Employment over output is no quotient of shares: both sides must be of one dimension, in whatever power of ten."""
    given, wanted = (columns.measures.get(name, "") for name in (options.part, options.whole))
    known = conversion(given, given) is not None and conversion(wanted, wanted) is not None
    if known and conversion(given, wanted) is None:
        raise StudyError(
            f"the part {options.part} is in {given} and the whole {options.whole} in {wanted}",
            mend="take both from employment or both from output",
        )


def _counts_differ(summed: pd.Series, columns: Columns) -> tuple[str, ...]:
    counts = summed.groupby(level=columns.time).sum()
    if counts.nunique() <= 1:
        return ()
    low, high = counts.idxmin(), counts.idxmax()
    return (f"the denominator sums over {counted(counts.min(), 'units')} in {low} and {counts.max()} in {high}",)


def _refuse_undefined(quotient: pd.Series, is_logged: bool, columns: Columns) -> None:
    bad = np.isinf(quotient) | ((quotient <= 0) if is_logged else False)
    bad &= ~quotient.index.get_level_values(columns.unit).isin(list(columns.excluded))
    if bad.any():
        unit, year = quotient.index[bad][0]
        zero = "has no logarithm" if is_logged else "is infinite"
        raise PanelError(
            f"the location quotient is {quotient[bad].iloc[0]:g} for {columns.unit} {named(str(unit))}, {columns.time} {year} and {zero} "
            f"({counted(int(bad.sum()), 'cells')})",
            mend='say form = "symmetric" where zeros are meant, look at the cells, or exclude the unit',
        )


def formula(options: LocationQuotientSpec) -> str:
    """The formula of the form and denominator at hand."""
    return _written(options, "")


def _written(options: LocationQuotientSpec, j: str) -> str:
    """With the index `j` of activities where a unit is a place and an activity."""
    others = r"\sum_{k \ne i}" if options.leave_one_out else r"\sum_k"
    ratio = rf"\frac{{e_{{i{j}t}} / E_{{it}}}}{{{others} e_{{k{j}t}} / {others} E_{{kt}}}}"
    own = rf"LQ_{{i{j}t}}"
    if options.form == "ln":
        return rf"\ln {own} = \ln {ratio}"
    if options.form == "symmetric":
        return rf"SLQ_{{i{j}t}} = \frac{{{own} - 1}}{{{own} + 1}}, \quad {own} = {ratio}"
    return rf"{own} = {ratio}"


def symbols(options: LocationQuotientSpec) -> dict[str, str | Label]:
    """What stands for the symbols of the formula."""
    part: dict[str, str | Label] = {r"e_{it}": options.part} if options.part else {r"e_{it} / E_{it}": options.share}
    return part | {r"E_{it}": options.whole, "k": _summed(options)}


def _symbols_of_cells(options: LocationQuotientSpec, code_lists: Mapping[str, str]) -> dict[str, str | Label]:
    return cell_symbols(options.part, options.whole, options.activity, code_lists) | {"k": _summed(options)}


def _summed(options: LocationQuotientSpec) -> Label:
    over = "units complete in all years" if options.balanced else "units of the file present in year t"
    over_zh = "各年数据齐全的地区" if options.balanced else "文件中当年有数据的地区"
    return Label(en=over, zh=over_zh)


DERIVATIONS.register(
    DerivationKind(
        name="location_quotient",
        spec=LocationQuotientSpec,
        summary="location quotient of an activity, by default its logarithm",
        summary_zh="区位熵(默认取对数)",
        formula=formula,
        symbols=symbols,
        of_cells=CellWords(formula=lambda options, _: _written(options, "j"), symbols=_symbols_of_cells),
        reach="year",
        divisors=("whole",),
        inputs=lambda options: tuple(n for n in (options.part, options.share, options.whole) if n),
        derive=derive,
    )
)
