"""Money at constant prices, and volumes moved on by an index; which index fits which series is the study's business."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import inside, on_grid_of, wide, year_position
from panelkit.numerics.chains import chained

NEAR = (50.0, 200.0)  # links to the year before, 100 = no change: the middle one lies here


@spec
class DeflateSpec(DerivationSpec):
    """Which amount, which index, prices of which year.

    Parameters
    ----------
    amount : str
        Nominal series or variable.
    index : str
        Index, 100 = no change.
    base : int
        Year whose prices the result is in.
    form : 'previous_year' | 'fixed_base'
        The index of a year is over the year before (as yearbooks print it), or levels over one base year.
    by : 'price' | 'volume'
        'price': amount / chained price index. 'volume': amount of the base year x chained volume index (real GDP from its growth).
    """

    amount: str
    index: str
    base: int
    form: Literal["previous_year", "fixed_base"] = "previous_year"
    by: Literal["price", "volume"] = "price"

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """Every year between the base and the result, through which the chain runs."""
        return min(first, self.base), max(last, self.base)


def derive(options: DeflateSpec, columns: Columns) -> Derived:
    """real_t = nominal_t / P_t with P_base = 1; missing beyond the first missing link, counted from the base year.

    Raises
    ------
    StudyError
        An amount that is real already, an index that is a rate (3.2) or a fraction (1.03), a base year that no file reaches.

    Source
    ------
    National Bureau of Statistics, indices with the preceding year = 100. Common errors avoided: yearly links used as if they
    were levels, deflating twice, rates of growth in place of indices.
    """
    if columns.prices.get(options.amount) == "real" and options.by == "price":
        raise StudyError(f"{options.amount} is real already", mend="deflate the nominal series")
    amount, links = wide(columns, options.amount), wide(columns, options.index)
    at = year_position(columns, options.base, "the base year")
    seen = links[inside(columns, options.years_needed(*columns.study_years)) & ~np.isnan(links)]
    if (seen <= 0).any():
        raise StudyError(f"{options.index} is not above zero somewhere", mend="give an index, 100 = no change")
    middle = float(np.median(seen)) if seen.size else 100.0
    if options.form == "previous_year" and not NEAR[0] <= middle <= NEAR[1]:
        raise StudyError(
            f"{options.index} is around {middle:g}, no index with the preceding year = 100",
            mend="turn a rate r in percent into 100 + r, a fraction f into 100 * f, or say form = 'fixed_base'",
        )
    level = chained(links, at, options.form)
    real = amount / level if options.by == "price" else amount[:, [at]] * level
    how = (
        f"{options.amount} / {options.index}"
        if options.by == "price"
        else f"{options.amount} of {options.base} x {options.index}"
    )
    chain = "chained, " if options.form == "previous_year" else ""
    return Derived(
        values=on_grid_of(columns, real),
        measure=columns.measures.get(options.amount, ""),
        how=f"{how} ({chain}prices of {options.base})",
        price="real",
        base_year=options.base,
    )


def formula(options: DeflateSpec) -> str:
    """The formula of the form at hand, its base year put in."""
    b = options.base
    level = (
        rf"P_{{it}} = \prod_{{s={b}+1}}^{{t}} \frac{{p_{{is}}}}{{100}}, \quad P_{{i,{b}}} = 1"
        if options.form == "previous_year"
        else rf"P_{{it}} = p_{{it}} / p_{{i,{b}}}"
    )
    if options.by == "volume":
        return rf"x^{{{b}}}_{{it}} = x_{{i,{b}}} P_{{it}}, \quad {level}"
    return rf"x^{{{b}}}_{{it}} = x_{{it}} / P_{{it}}, \quad {level}"


def symbols(options: DeflateSpec) -> dict[str, str | Label]:
    """Amount and index."""
    return {r"x_{it}": options.amount, r"p_{it}": options.index}


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
        derive=derive,
    )
)
