"""A simulated panel of cities: the timing of their pilot zones is real, every outcome is drawn; provinces and industries are next door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from panelkit.core.digest import of_bytes
from panelkit.facts.cities import cities
from panelkit.facts.zones import first_treated
from panelkit.simulation.panel import autoregressive
from panelkit.simulation.truth import Array, checked_years

COLUMNS = ("city", "province", "year", "ln_exports", "ln_rainfall", "ln_income", "first_treated")
SIZES: Mapping[int, float] = MappingProxyType({2015: 0.30, 2016: 0.20, 2018: 0.10, 2019: 0.08, 2020: 0.05, 2022: 0.02})


@dataclass(frozen=True, slots=True, kw_only=True)
class CityTruth:
    """Coefficients: ln_exports(t) = effect(g, t - g) + income x ln_income(t) + city + year + province's shock(t) + error(t).

    Parameters
    ----------
    sizes : effect in the first year by cohort (year of the reply); early cohorts gain more, as zones chosen for their trade would.
    growth : by which share of its size an effect grows each year after.
    income : coefficient of ln_income.
    persistence, error_sd : of each city's error. province_sd : of the shocks that the cities of a province share.
    trend : how much faster cities that get a zone early grow in any case, per year; 0 is parallel trends.
    """

    sizes: Mapping[int, float] = field(default_factory=lambda: SIZES)
    growth: float = 0.5
    income: float = 0.3
    persistence: float = 0.5
    error_sd: float = 0.10
    province_sd: float = 0.04
    trend: float = 0.0

    def effect(self, cohort: Array, year: Array) -> Array:
        """The effect in each cell; zero before the cohort's year and for cohort 0."""
        size = np.vectorize(lambda g: self.sizes.get(int(g), 0.0))(cohort)
        since = year - cohort
        out: Array = np.where((cohort > 0) & (since >= 0), size * (1 + self.growth * since), 0.0)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCities:
    """A simulated panel of cities and what is true of it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `COLUMNS`, one row per city and year, sorted; `city` is the six-digit code as text.
    effects : numpy.ndarray
        (rows,) what the zone did to ln_exports in each cell.
    truth : CityTruth
        The coefficients.
    years : pair of int
        First and last year.
    """

    frame: pd.DataFrame
    effects: Array
    truth: CityTruth
    years: tuple[int, int]

    @property
    def att(self) -> float:
        """The mean effect over treated cells."""
        treated = (self.frame.first_treated > 0) & (self.frame.year >= self.frame.first_treated)
        return float(self.effects[treated.to_numpy()].mean())

    def att_at(self, horizon: int) -> float:
        """The mean effect of the cells `horizon` years after treatment."""
        since = (self.frame.year - self.frame.first_treated).to_numpy()
        here = (since == horizon) & (self.frame.first_treated > 0).to_numpy()
        return float(self.effects[here].mean())


def simulate_cities(
    seed: int, *, years: tuple[int, int] = (2010, 2022), effects: CityTruth | None = None
) -> SimulatedCities:
    """Draw one panel of the 337 prefecture-level units with the real timing of the zones that cover a whole unit.

    Zones of county-level cities and Xiong'an treat no prefecture; batch 8 (2025) lies after the window, its cities are not yet
    treated in it and stand as cohort 0.

    Parameters
    ----------
    seed, years
        As in `simulate`.
    effects : CityTruth, optional
        The coefficients; `CityTruth()` without it.

    Returns
    -------
    SimulatedCities

    Raises
    ------
    PanelkitError
        The years are not covered by the zone list.

    >>> simulate_cities(1, years=(2014, 2020)).frame.shape
    (2359, 7)
    """
    truth = effects if effects is not None else CityTruth()
    first, last = checked_years(years)
    span = np.arange(first, last + 1)
    of_province = {c.code: c.province_code for c in cities()}
    codes = list(of_province)
    known = first_treated("approval_year", "city")
    own = np.array([known.get(c, 0) for c in codes])
    own = np.where(own > last, 0, own)
    rng = np.random.default_rng(seed)
    n, T = len(codes), len(span)
    provinces = sorted(set(of_province.values()))
    of = np.array([provinces.index(of_province[c]) for c in codes])
    income = autoregressive(rng, np.full(n, 0.10), truth.persistence, T)
    shared = autoregressive(rng, np.full(len(provinces), truth.province_sd), truth.persistence, T)[of]
    year = 0.08 * np.arange(T) + 0.03 * rng.standard_normal(T)
    level = rng.standard_normal(n)
    cohort, when = np.repeat(own[:, None], T, axis=1), np.repeat(span[None, :], n, axis=0)
    effect = truth.effect(cohort.astype(float), when.astype(float))
    drift = truth.trend * np.where(own > 0, 2023 - own, 0)[:, None] / 8 * np.arange(T)[None, :]
    noise = autoregressive(rng, np.full(n, truth.error_sd), truth.persistence, T)
    exports = effect + truth.income * income + level[:, None] + year[None, :] + shared + noise + drift
    rainfall = 0.3 * rng.standard_normal(n)[:, None] + autoregressive(rng, np.full(n, 0.15), 0.0, T)
    frame = pd.DataFrame(
        {
            "city": np.repeat(codes, T),
            "province": np.repeat([of_province[c] for c in codes], T),
            "year": when.ravel(),
            "ln_exports": exports.ravel(),
            "ln_rainfall": rainfall.ravel(),
            "ln_income": income.ravel(),
            "first_treated": cohort.ravel(),
        }
    )
    return SimulatedCities(frame=frame[list(COLUMNS)], effects=effect.ravel(), truth=truth, years=(first, last))


MEANING = MappingProxyType(
    {
        "city": ("", "GB/T 2260 code", "地级行政区代码"),
        "province": ("", "GB/T 2260 code of the province", "所属省份代码"),
        "year": ("", "Year", "年份"),
        "ln_exports": ("log", "Exports of the city, simulated", "城市出口(对数,模拟)"),
        "ln_rainfall": ("log", "Rainfall, which no zone moves, simulated", "降水量(对数,模拟,不受处理影响)"),
        "ln_income": ("log", "Income per head, simulated", "人均收入(对数,模拟)"),
        "first_treated": ("year", "Year of the reply, real; 0 for none by the last year", "批复年份(真实);期末尚无为0"),
    }
)


def city_texts(simulated: SimulatedCities, seed: int) -> dict[str, str]:
    """`panel.csv`, its sidecar and `truth.toml` as texts, the same for the same seed.

    Parameters
    ----------
    simulated : SimulatedCities
        The panel.
    seed : int
        That it was drawn with, for its card.

    Returns
    -------
    dict of str
        File name -> text.
    """
    data = simulated.frame.to_csv(index=False, float_format="%.6f", lineterminator="\n")
    first, last = simulated.years
    card = [
        "# Provenance of panel.csv: drawn by panelkit.simulation.cities, not observed.",
        "",
        'publisher = "panelkit (simulated)"',
        'title = { en = "Simulated panel of cities with a known effect", zh = "已知效应的模拟城市面板" }',
        'url = ""',
        f'retrieved = "simulated with seed {seed}"',
        f"years = [{first}, {last}]",
        'licence = "MIT"',
        "redistribute = true",
        'confidence = "not a fact: only the timing of the pilot zones is real"',
        f'sha256 = "{of_bytes(data.encode())}"',
    ]
    for name, (unit, en, zh) in MEANING.items():
        card += ["", f"[columns.{name}]", f'unit = "{unit}"', f'label = {{ en = "{en}", zh = "{zh}" }}']
    truth = ["# What the zones did to ln_exports in panel.csv.", "", f"seed = {seed}", f"att = {simulated.att:.6f}", ""]
    truth += ["[by_horizon]", *(f"at_{h} = {simulated.att_at(h):.6f}" for h in range(last - 2015 + 1))]
    return {
        "panel.csv": data,
        "panel.csv.source.toml": "\n".join(card) + "\n",
        "truth.toml": "\n".join(truth) + "\n",
    }
