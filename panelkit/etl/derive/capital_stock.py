"""Capital stock by perpetual inventory; deflating the investment first is the study's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import inside, kept, on_grid_of, units, wide, year_position, years
from panelkit.etl.harmonise.provinces import named
from panelkit.numerics.chains import accumulated
from panelkit.numerics.composite import rank_correlation

SHORT = 10  # years of burn-in below which it is said
BASE = 1952
_DEPRECIATION = {"zhang2004": 0.096, "shan2008": 0.1096, "own": 0.096}
_RATIO = "10%"
_OWN = r", \quad g_i = \left(I_{{i,{e}}} / I_{{i,{s}}}\right)^{{1/{n}}} - 1"


@spec
class CapitalStockSpec(DerivationSpec):
    """How the stock begins and wears out.

    Parameters
    ----------
    investment : str
        Series or variable of yearly investment.
    start : int
        First year of the stock.
    preset : 'own' | 'zhang2004' | 'shan2008'
        zhang2004: depreciation 9.6%, K_start = I_start / 10%, made for a start in 1952. shan2008: depreciation 10.96%,
        K_start = I_next / (growth + depreciation). Fields that are given go before the preset. Both rates from memory of the papers.
    depreciation, growth : float
        Rates per year, such as 0.096 (Zhang, Wu and Zhang 2004, unless given) and the growth of investment around the start. Without
        growth each unit's own is taken: the mean growth of its investment over the first `growth_years`.
    first : 'next' | 'same'
        K_start = I / (growth + depreciation) with the investment of the next year (unless given) or of the same.
    storage : 'double' | 'single'
        'single' rounds the stock of every year to single precision, as a Stata do-file with default types does.
    """

    investment: str
    start: int
    preset: Literal["own", "zhang2004", "shan2008"] = "own"
    depreciation: float | None = None
    growth: float | None = None
    growth_years: int = 5
    first: Literal["next", "same"] | None = None
    storage: Literal["double", "single"] = "double"

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """Years of investment that a stock from `first` to `last` rests on."""
        ratio = self.preset == "zhang2004" and self.growth is None
        own = self.growth is None and not ratio
        later = self.first == "next" or (self.first is None and not ratio)
        return self.start + (later and not own), max(last, self.start + self.growth_years) if own else last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What the options and their preset come to: depreciation, growth of each unit, which year's investment, and in words."""

    depreciation: float
    growth: np.ndarray
    later: bool
    words: str


def derive(options: CapitalStockSpec, columns: Columns) -> Derived:
    """K_t = (1 - d) K_{t-1} + I_t from K_start = I / (g + d); missing from the first year without investment on.

    Raises
    ------
    StudyError
        Rates that make no sense, or a start outside the years of the files.

    Source
    ------
    Goldsmith (1951); Zhang Jun, Wu Guiying and Zhang Jipeng (2004), Econ. Res. J. 10; Shan Haojie (2008), J. Quant. Tech. Econ. 10.
    Common errors avoided: nominal investment added up over years (said), and a stock that is still its first guess: under ten years
    between start and sample (said).
    """
    flows = wide(columns, options.investment)
    at = year_position(columns, options.start, "where the stock begins")
    rule = _rule(options, flows, at, units(columns))
    begins = at + rule.later
    if begins >= flows.shape[1]:
        raise StudyError(f"no file reaches {options.start + 1}, where the stock begins", mend="start earlier")
    first = flows[:, begins] / (rule.growth + rule.depreciation)
    kind = np.float32 if options.storage == "single" else np.float64
    stock = accumulated(flows, first, at, rule.depreciation, kind)
    notes = (*_notes(options, columns), *_told(options, columns, rule, flows, stock, at))
    return Derived(
        values=on_grid_of(columns, stock),
        measure=columns.measures.get(options.investment, ""),
        how=f"perpetual inventory of {options.investment} from {options.start}, depreciation {rule.depreciation:g}, first stock "
        f"investment of {'the next year' if rule.later else 'that year'} / ({rule.words})",
        notes=notes,
        price=columns.prices.get(options.investment, ""),
        base_year=columns.base_years.get(options.investment),
    )


def _rule(options: CapitalStockSpec, flows: np.ndarray, at: int, names: list[str]) -> _Rule:
    d = _DEPRECIATION[options.preset] if options.depreciation is None else options.depreciation
    ratio = options.preset == "zhang2004" and options.growth is None
    later = options.first == "next" if options.first else not ratio
    if ratio:
        growth, words = np.full(len(flows), 0.1 - d), _RATIO
    elif options.growth is not None:
        growth, words = np.full(len(flows), options.growth), f"{options.growth:g} + {d:g}"
    else:
        end = at + options.growth_years
        if options.growth_years < 1 or end >= flows.shape[1]:
            raise StudyError(
                f"growth of investment over {counted(options.growth_years, 'years')} from {options.start} is beyond the files",
                mend="give growth, or fewer growth_years",
            )
        with np.errstate(invalid="ignore", divide="ignore"):
            growth = (flows[:, end] / flows[:, at]) ** (1 / options.growth_years) - 1
        words = f"own growth over {counted(options.growth_years, 'years')} + {d:g}"
    if not 0 <= d < 1 or (growth + d <= 0).any():
        worst = int(np.nanargmin(growth))
        raise StudyError(
            f"depreciation {d} and growth {growth[worst]:g} give no stock"
            + (f" ({named(names[worst])})" if options.growth is None else ""),
            mend="rates are fractions such as 0.096, with growth + depreciation > 0",
        )
    return _Rule(depreciation=d, growth=growth, later=later, words=words)


def _notes(options: CapitalStockSpec, columns: Columns) -> tuple[str, ...]:
    notes = []
    burn = columns.study_years[0] - options.start
    if burn < SHORT:
        notes.append(
            f"the stock begins {counted(max(burn, 0), 'years')} before the sample: under {SHORT} years its first guess still shows"
        )
    if options.preset == "zhang2004" and options.growth is None and options.start != BASE:
        notes.append(f"a first stock of investment / 10% was made for {BASE}, not for {options.start}")
    if columns.prices.get(options.investment) == "nominal":
        notes.append(f"{options.investment} is nominal: a stock adds up years, so deflate it first")
    return tuple(notes)


def _told(
    options: CapitalStockSpec, columns: Columns, rule: _Rule, flows: np.ndarray, stock: np.ndarray, at: int
) -> tuple[str, ...]:
    """How much of the first guess is left where the sample begins, and what the other usual depreciation gives."""
    seen = inside(columns) & ~np.isnan(stock)
    begins = int(np.searchsorted(years(columns), columns.study_years[0]))
    if not seen.any() or begins <= at:
        return ()
    with np.errstate(invalid="ignore", divide="ignore"):
        left = stock[:, at] * (1 - rule.depreciation) ** (begins - at) / stock[:, begins]
        other = 0.1096 if abs(rule.depreciation - 0.096) <= abs(rule.depreciation - 0.1096) else 0.096
        start = stock[:, at]
        if rule.words != _RATIO:
            start = start * (rule.growth + rule.depreciation) / (rule.growth + other)
        again = accumulated(flows, start, at, other)
        apart = again / stock - 1
    known = kept(columns) & ~np.isnan(left)
    notes = []
    if known.any():
        notes.append(
            f"of the stock of {columns.study_years[0]}, {100 * np.median(left[known]):.0f}% is still its first guess (median unit; "
            f"highest {100 * left[known].max():.0f}%)"
        )
    rank, middle = rank_correlation(stock[seen], again[seen]), 100 * np.median(apart[seen])
    notes.append(
        f"with depreciation {100 * other:g}% instead the stock is {middle:+.1f}% (median), rank correlation {rank:.4f}"
    )
    return tuple(notes)


def formula(options: CapitalStockSpec) -> str:
    """The rule with its rates put in."""
    d = options.depreciation if options.depreciation is not None else _DEPRECIATION[options.preset]
    ratio = options.preset == "zhang2004" and options.growth is None
    later = options.first == "next" if options.first else not ratio
    flow = rf"I_{{i,{options.start + later}}}"
    growth = f"{options.growth:g}" if options.growth is not None else "g_i"
    below = "0.1" if ratio else f"{growth} + {d:g}"
    own = ""
    if not ratio and options.growth is None:
        own = _OWN.format(s=options.start, n=options.growth_years, e=options.start + options.growth_years)
    return rf"K_{{it}} = (1 - {d:g}) K_{{i,t-1}} + I_{{it}}, \quad K_{{i,{options.start}}} = \frac{{{flow}}}{{{below}}}{own}"


DERIVATIONS.register(
    DerivationKind(
        name="capital_stock",
        spec=CapitalStockSpec,
        summary="capital stock by perpetual inventory",
        summary_zh="永续盘存法资本存量",
        formula=formula,
        symbols=lambda options: {
            r"I_{it}": options.investment,
            r"K_{it}": Label(en="stock at the end of year t", zh="第t年末存量"),
        },
        inputs=lambda options: (options.investment,),
        derive=derive,
    )
)
