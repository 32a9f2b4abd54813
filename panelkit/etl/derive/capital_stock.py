"""Capital stock by perpetual inventory; deflating the investment first is the study's business."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec


@spec
class CapitalStockSpec(DerivationSpec):
    """How the stock begins and wears out.

    Parameters
    ----------
    investment : str
        Series or variable of yearly investment.
    start : int
        First year of the stock.
    depreciation, growth : float
        Rates per year, such as 0.096 (Zhang, Wu and Zhang 2004) and the growth of investment around the start.
    first : 'next' | 'same'
        K_start = I / (growth + depreciation) with the investment of the next year or of the same.
    storage : 'double' | 'single'
        'single' rounds the stock of every year to single precision, as a Stata do-file with default types does.
    """

    investment: str
    start: int
    depreciation: float = 0.096
    growth: float
    first: Literal["next", "same"] = "next"
    storage: Literal["double", "single"] = "double"

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """Years of investment that a stock from `first` to `last` rests on."""
        return self.start + (self.first == "next"), last


def derive(options: CapitalStockSpec, columns: Columns) -> Derived:
    """K_t = (1 - d) K_{t-1} + I_t from K_start = I / (g + d); missing from the first year without investment on.

    Raises
    ------
    StudyError
        Rates that make no sense, or a start outside the years of the files.
    """
    d, g = options.depreciation, options.growth
    if not 0 <= d < 1 or g + d <= 0:
        raise StudyError(
            f"depreciation {d} and growth {g} give no stock",
            mend="rates are fractions such as 0.096, with growth + depreciation > 0",
        )
    investment = columns[options.investment]
    wide = investment.unstack(columns.time)
    begins = options.start + (options.first == "next")
    if options.start not in wide.columns or begins not in wide.columns:
        raise StudyError(
            f"no file reaches {begins}, where the stock begins",
            mend=f"files have {wide.columns[0]} to {wide.columns[-1]}",
        )
    flows = wide.to_numpy(dtype=np.float64)
    stock = np.full(flows.shape, np.nan, dtype=np.float32 if options.storage == "single" else np.float64)
    at = list(wide.columns).index(options.start)
    stock[:, at] = flows[:, at + (options.first == "next")] / (g + d)
    for t in range(at + 1, flows.shape[1]):
        stock[:, t] = (1 - d) * stock[:, t - 1].astype(np.float64) + flows[:, t]
    values = type(investment)(stock.astype(np.float64).ravel(), index=columns.grid)
    year = "the next year" if options.first == "next" else "that year"
    return Derived(
        values=values,
        measure=columns.measures.get(options.investment, ""),
        how=f"perpetual inventory of {options.investment} from {options.start}, depreciation {d:g}, first stock "
        f"investment of {year} / ({g:g} + {d:g})",
    )


DERIVATIONS.register(
    DerivationKind(
        name="capital_stock",
        spec=CapitalStockSpec,
        summary="capital stock by perpetual inventory",
        formula=r"K_t = (1 - \delta) K_{t-1} + I_t, \quad K_0 = I / (g + \delta)",
        inputs=lambda options: (options.investment,),
        derive=derive,
    )
)
