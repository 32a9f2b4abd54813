"""Money at constant prices, and from one base year to another; which index fits which series is the study's business."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import inside, kept, on_grid_of, wide, year_position
from panelkit.numerics.chains import chained

NEAR = (50.0, 200.0)  # links to the year before, 100 = no change: the middle one lies here


@spec
class DeflateSpec(DerivationSpec):
    """Which amount, which index, prices of which year.

    Parameters
    ----------
    amount : str
        Nominal series or variable; under by = "rebase" a real one.
    index : str
        Index, 100 = no change.
    base : int
        Year whose prices the result is in.
    form : 'previous_year' | 'fixed_base'
        The index of a year is over the year before (as yearbooks print it), or levels over one base year.
    by : 'price' | 'volume' | 'rebase'
        'price': amount / chained price index. 'volume': amount of the base year x chained volume index (real GDP from its growth; with
        form = "fixed_base" the index may be the real series itself at prices of another year, which moves it by the nominal
        amount of the new base year). 'rebase': a real amount at prices of `was`, x the price index of `base` over that of `was`.
    was : int
        Under by = "rebase": the year whose prices the amount is in now; asserted where the source declares it.
    """

    amount: str
    index: str
    base: int
    form: Literal["previous_year", "fixed_base"] = "previous_year"
    by: Literal["price", "volume", "rebase"] = "price"
    was: int | None = None

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """Every year between the base (and the former base) and the result, through which the chain runs."""
        bases = (self.base, self.base if self.was is None else self.was)
        return min(first, *bases), max(last, *bases)

    def years_of(self, name: str, first: int, last: int) -> tuple[int, int]:
        """The amount is needed in the result's own years, and in the base year where a volume is moved on from there."""
        if name == self.index:
            return (
                (min(self.base, self.was), max(self.base, self.was))
                if self.was is not None
                else self.years_needed(first, last)
            )
        return self.years_needed(first, last) if self.by == "volume" else (first, last)


def derive(options: DeflateSpec, columns: Columns) -> Derived:
    """real_t = nominal_t / P_t with P_base = 1; missing beyond the first missing link, counted from the base year.

    Raises
    ------
    StudyError
        An amount that is real already (or, to be rebased, is not), an index that is a rate (3.2) or a fraction (1.03), a base year
        that no file reaches, a former base year that is not the one declared.

    Source
    ------
    National Bureau of Statistics, indices with the preceding year = 100; its accounts change the base year every five years (2010,
    2015, 2020). Common errors avoided: yearly links used as if they were levels, deflating twice, rates of growth in place of
    indices, real amounts of two base years in one series.
    """
    _refuse_basis(options, columns)
    amount, links = wide(columns, options.amount), wide(columns, options.index)
    at = year_position(columns, options.base, "the base year")
    _refuse_no_index(options, columns, links)
    level = chained(links, at, options.form)
    notes: tuple[str, ...] = ()
    if options.by == "rebase":
        former = level[:, [year_position(columns, options.was or 0, "the former base year")]]
        real, notes = amount / former, _moved(options, columns, former[:, 0])
    elif options.by == "price":
        real = amount / level
    else:
        real = amount[:, [at]] * level
    lost = int((inside(columns) & ~np.isnan(amount) & np.isnan(real)).sum())
    if lost:
        notes += (
            f"{counted(lost, 'cells')} of {options.amount} are missing in the result, for want of a figure of {options.index}",
        )
    return Derived(
        values=on_grid_of(columns, real),
        measure=columns.measures.get(options.amount, ""),
        how=_how(options),
        notes=notes,
        price="real",
        base_year=options.base,
    )


def _how(options: DeflateSpec) -> str:
    chain = "chained, " if options.form == "previous_year" else "fixed base, "
    said = f"({chain}prices of {options.base})"
    if options.by == "rebase":
        return f"{options.amount} x {options.index} of {options.base} over {options.was} ({chain}prices of {options.was} to {options.base})"
    if options.by == "price":
        return f"{options.amount} / {options.index} {said}"
    return f"{options.amount} of {options.base} x {options.index} {said}"


def _refuse_basis(options: DeflateSpec, columns: Columns) -> None:
    """What the amount is in must fit what is done to it."""
    price, year = columns.prices.get(options.amount), columns.base_years.get(options.amount)
    if (options.by == "rebase") != (options.was is not None):
        raise StudyError(
            "by = 'rebase' and was go together: a rebase needs the year whose prices the amount is in, nothing else has one",
            mend='write by = "rebase" and was = 2015, or take was away',
        )
    if options.by != "volume" and columns.prices.get(options.index):
        raise StudyError(
            f"{options.index} is money ({columns.measures.get(options.index, '')}), no index of prices",
            mend='give the price index; a real series as an index of volume needs by = "volume"',
        )
    if price == "real" and options.by == "price":
        raise StudyError(
            f"{options.amount} is real already" + (f", at prices of {year}" if year else ""),
            mend=f'deflate the nominal series, or move it: by = "rebase", was = {year or "the year whose prices it is in"}',
        )
    if options.by != "rebase":
        return
    if price != "real":
        raise StudyError(
            f"{options.amount} is {price or 'not said to be real'}, and only a real amount has a base year to leave",
            mend='deflate it with by = "price", or say prices = { alias = "real" } and base_years under its source',
        )
    if year is not None and year != options.was:
        raise StudyError(
            f"{options.amount} is at prices of {year}, was says {options.was}",
            mend=f"write was = {year}, or correct the source",
        )


def _refuse_no_index(options: DeflateSpec, columns: Columns, links: np.ndarray) -> None:
    seen = links[inside(columns, options.years_needed(*columns.study_years)) & ~np.isnan(links)]
    if (seen <= 0).any():
        raise StudyError(f"{options.index} is not above zero somewhere", mend="give an index, 100 = no change")
    middle = float(np.median(seen)) if seen.size else 100.0
    if options.form == "previous_year" and not NEAR[0] <= middle <= NEAR[1]:
        raise StudyError(
            f"{options.index} is around {middle:g}, no index with the preceding year = 100",
            mend="turn a rate r in percent into 100 + r, a fraction f into 100 * f, or say form = 'fixed_base'",
        )


def _moved(options: DeflateSpec, columns: Columns, former: np.ndarray) -> tuple[str, ...]:
    """By how much the units were moved."""
    factors = 1 / former[kept(columns) & ~np.isnan(former)]
    if not factors.size:
        return ()
    low, high = float(factors.min()), float(factors.max())
    by = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g} (median unit {np.median(factors):.4g})"
    return (f"moved from prices of {options.was} to prices of {options.base}: x {by}",)


def formula(options: DeflateSpec) -> str:
    """The formula of the form at hand, its base year put in."""
    b = options.base
    level = (
        rf"P_{{it}} = \prod_{{s={b}+1}}^{{t}} \frac{{p_{{is}}}}{{100}}, \quad P_{{i,{b}}} = 1"
        if options.form == "previous_year"
        else rf"P_{{it}} = p_{{it}} / p_{{i,{b}}}"
    )
    if options.by == "rebase":
        a = options.was
        ratio = rf"\frac{{x^{{{a}}}_{{it}}}}{{P_{{i,{a}}}}}"
        return rf"x^{{{b}}}_{{it}} = {ratio}, \quad {_former(options)}"
    if options.by == "volume":
        return rf"x^{{{b}}}_{{it}} = x_{{i,{b}}} P_{{it}}, \quad {level}"
    return rf"x^{{{b}}}_{{it}} = x_{{it}} / P_{{it}}, \quad {level}"


def _former(options: DeflateSpec) -> str:
    """The price level of the former base year, the new one's being 1."""
    a, b = options.was or 0, options.base
    if options.form == "fixed_base":
        return rf"P_{{i,{a}}} = p_{{i,{a}}} / p_{{i,{b}}}"
    low, high = min(a, b), max(a, b)
    links = rf"\prod_{{s={low + 1}}}^{{{high}}} \frac{{p_{{is}}}}{{100}}"
    return rf"P_{{i,{a}}} = 1 / {links}" if a < b else rf"P_{{i,{a}}} = {links}"


def symbols(options: DeflateSpec) -> dict[str, str | Label]:
    """Amount and index."""
    amount = rf"x^{{{options.was}}}_{{it}}" if options.by == "rebase" else r"x_{it}"
    return {amount: options.amount, r"p_{it}": options.index}


DERIVATIONS.register(
    DerivationKind(
        name="deflate",
        spec=DeflateSpec,
        summary="amount at constant prices of a base year",
        summary_zh="不变价金额(以基期价格计)",
        formula=formula,
        inputs=lambda options: (options.amount, options.index),
        symbols=symbols,
        divisors=("index",),
        sets_prices=True,
        derive=derive,
    )
)
