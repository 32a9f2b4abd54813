"""One simulated province panel, drawn from a seed; its coefficients and targets are in the sibling modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panelkit.facts.provinces import provinces
from panelkit.simulation.truth import (
    BEFORE_ZONES,
    BREAK_YEAR,
    BURN_IN,
    DRIVER_PERSISTENCE,
    LABOUR_SD,
    RESEARCH_SD,
    SHIFT_SD,
    Array,
    Truth,
    checked_years,
    cohorts,
    zone_effects,
    zone_years,
)

COLUMNS = (
    "province",
    "year",
    "ln_lq",
    "ln_cbec",
    "ln_rd",
    "ln_labour",
    "information",
    "ln_exports",
    "ln_imports",
    "ln_trademarks",
    "ln_destinations",
    "zone_years",
    "first_treated",
    "shift_ecommerce",
    "shift_cluster",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulated panel and what is true of it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `COLUMNS`, one row per province and year, sorted; `province` is the six-digit code as text.
    effects : pandas.DataFrame
        province, year and, per outcome, what the zones did to it in that cell (with zones minus without).
    truth : Truth
    years : pair of int
    """

    frame: pd.DataFrame
    effects: pd.DataFrame
    truth: Truth
    years: tuple[int, int]


def autoregressive(rng: np.random.Generator, sd: Array, persistence: float, periods: int) -> Array:
    """(n, periods) stationary first-order process with the given standard deviation by row."""
    drawn = rng.standard_normal((len(sd), periods))
    path = np.empty_like(drawn)
    path[:, 0] = drawn[:, 0]
    fresh = np.sqrt(1 - persistence**2)
    for t in range(1, periods):
        path[:, t] = persistence * path[:, t - 1] + fresh * drawn[:, t]
    return path * sd[:, None]


def _effects_of(rng: np.random.Generator, n: int, periods: int, growth: float) -> Array:
    """(n, periods) province effects plus year effects around a common growth."""
    province = rng.standard_normal(n)
    year = growth * np.arange(periods) + 0.05 * rng.standard_normal(periods)
    return 0.5 * province[:, None] + year[None, :]


def _feedback(truth: Truth, into_ecommerce: Array, into_cluster: Array) -> tuple[Array, Array]:
    """E-commerce and agglomeration, each answering to the other's last year."""
    ecommerce, cluster = into_ecommerce.copy(), into_cluster.copy()
    for t in range(1, ecommerce.shape[1]):
        ecommerce[:, t] += truth.ecommerce_on_cluster * cluster[:, t - 1]
        cluster[:, t] += truth.cluster_on_ecommerce * ecommerce[:, t - 1]
    return ecommerce, cluster


def simulate(seed: int, *, years: tuple[int, int] = (2010, 2022), effects: Truth | None = None) -> Simulated:
    """Draw one panel of the 31 provinces with known coefficients and the real timing of the pilot zones.

    Parameters
    ----------
    seed : int
        The same seed, years and coefficients give the same numbers.
    years : pair of int
        First and last year. Thirty earlier years are drawn and dropped, so the panel starts in its steady state.
    effects : Truth, optional
        The coefficients; `Truth()` without it.

    Returns
    -------
    Simulated
        `ln_labour` carries a break in 2013 that differs by province, as in the published series: its coefficient is
        recovered from 2013 on, and pulled towards zero in windows that contain the break. Guangdong has the largest
        dose and `dominance` times the error standard deviation.

    Raises
    ------
    PanelkitError
        The years are not covered by the zone list.

    >>> panel = simulate(1, years=(2015, 2022))
    >>> panel.frame.shape
    (248, 15)
    """
    truth = effects if effects is not None else Truth()
    window = checked_years(years)
    columns = _draw(np.random.default_rng(seed), truth, window)
    return Simulated(
        frame=_frame(columns, window)[list(COLUMNS)],
        effects=_frame(zone_effects(truth, window), window),
        truth=truth,
        years=window,
    )


def _draw(rng: np.random.Generator, truth: Truth, years: tuple[int, int]) -> dict[str, NDArray[Any]]:
    """(31, at least T) array per column; the order of the draws is part of what a seed means."""
    n, kept = len(provinces()), years[1] - years[0] + 1
    periods = kept + BURN_IN
    sd = truth.error_sd()

    def driver(size: float) -> Array:
        return autoregressive(rng, np.full(n, size), DRIVER_PERSISTENCE, periods)

    def noise(growth: float) -> Array:
        return _effects_of(rng, n, periods, growth) + autoregressive(rng, sd, truth.persistence, periods)

    shift_ecommerce, shift_cluster = driver(SHIFT_SD), driver(SHIFT_SD)
    research, labour = driver(RESEARCH_SD), driver(LABOUR_SD)
    dose = _dose(years, periods)
    into_ecommerce = truth.zones_on_ecommerce * dose + truth.shift_on_ecommerce * shift_ecommerce + noise(0.10)
    into_cluster = (
        truth.cluster_on_research * research
        + truth.cluster_on_labour * labour
        + truth.shift_on_cluster * shift_cluster
        + noise(0.0)
    )
    ecommerce, cluster = _feedback(truth, into_ecommerce, into_cluster)
    before = np.hstack([cluster[:, :1], cluster[:, :-1]])
    information = truth.information_on_zones * dose + noise(0.05)
    return {
        "ln_lq": cluster,
        "ln_cbec": ecommerce,
        "information": information,
        "ln_trademarks": truth.trademarks_on_information * information + truth.trademarks_on_zones * dose + noise(0.04),
        "ln_exports": truth.exports_on_cluster * before + noise(0.06),
        "ln_imports": truth.imports_on_cluster * before + noise(0.05),
        "ln_destinations": noise(0.02)[:, -kept:] + zone_effects(truth, years)["ln_destinations"],
        "ln_labour": labour + _effects_of(rng, n, periods, 0.03) + _labour_break(rng, truth, years[1], periods),
        "ln_rd": research + _effects_of(rng, n, periods, 0.08),
        "zone_years": dose,
        "first_treated": np.repeat(cohorts()[:, None], kept, axis=1),
        "shift_ecommerce": shift_ecommerce,
        "shift_cluster": shift_cluster,
    }


def _dose(years: tuple[int, int], periods: int) -> Array:
    """(31, periods) zone-years, nothing in the years that are drawn and dropped before 2010."""
    early = min(years[0], BEFORE_ZONES)
    known = zone_years((early, years[1]))[:, -min(periods, years[1] - early + 1) :]
    return np.hstack([np.zeros((len(known), periods - known.shape[1])), known])


def _labour_break(rng: np.random.Generator, truth: Truth, last: int, periods: int) -> Array:
    """(31, periods) step in 2013 with the same mean and standard deviation across provinces."""
    jump = truth.labour_break * (1 + rng.standard_normal(len(provinces())))
    since: Array = (np.arange(last - periods + 1, last + 1) >= BREAK_YEAR).astype(float)
    return jump[:, None] * since[None, :]


def _frame(columns: Mapping[str, NDArray[Any]], years: tuple[int, int]) -> pd.DataFrame:
    """Long frame of (31, at least T) arrays: the last T columns of each."""
    span = range(years[0], years[1] + 1)
    keys = [(p.code, year) for p in provinces() for year in span]
    frame = pd.DataFrame(keys, columns=["province", "year"])
    for name, values in columns.items():
        frame[name] = values[:, -len(span) :].reshape(-1)
    return frame
