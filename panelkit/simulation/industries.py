"""A simulated panel of province, industry and year with a known triple difference; the panel of provinces is in panel.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panelkit.core.digest import of_bytes
from panelkit.core.errors import PanelkitError
from panelkit.facts.provinces import provinces
from panelkit.simulation.panel import autoregressive
from panelkit.simulation.targets import Target
from panelkit.simulation.truth import Array, Truth, checked_years, cohorts, zone_years

EXPOSURE: Mapping[str, float] = MappingProxyType(
    {
        "06": 0.0,
        "08": 0.0,
        "13": 0.20,
        "14": 0.35,
        "15": 0.25,
        "17": 0.45,
        "18": 0.95,
        "19": 0.85,
        "20": 0.15,
        "21": 0.60,
        "22": 0.10,
        "24": 0.80,
        "25": 0.0,
        "26": 0.30,
        "27": 0.20,
        "29": 0.25,
        "30": 0.10,
        "31": 0.0,
        "33": 0.35,
        "34": 0.20,
        "35": 0.20,
        "38": 0.55,
        "39": 0.70,
        "44": 0.0,
        "45": 0.0,
    }
)
ABSENT = 0.04  # share of cells that do not exist: no coal in Shanghai
COLUMNS = (
    "province",
    "industry",
    "year",
    "jobs",
    "ln_jobs",
    "ln_brands",
    "exposure",
    "exposed",
    "zone_years",
    "first_treated",
    "ln_income",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndustryTruth:
    """Coefficients of the simulated cells; i is the province, j the industry, t the year.

    ln_jobs(ijt) = jobs_on_exposed_dose zone_years(it) exposure(j) + jobs_on_income ln_income(it) + cell(ij) + boom(it) + cycle(jt) + e(ijt)
    ln_brands(ijt) = brands_by_horizon[t - first treated year(i)] exposed(j) + cell(ij) + boom(it) + cycle(jt) + v(ijt), the last
    one for all later horizons; exposed is 1 where exposure is 0.5 or more.
    boom(it) = selection zone_years(it) + noise: zones are where business grows anyway, so that a comparison of provinces alone
    takes the boom for the effect, and one of industries within a province and year does not.

    Parameters
    ----------
    jobs_on_exposed_dose, jobs_on_income, brands_by_horizon, selection : the coefficients above.
    persistence, dominance : as in `Truth`.
    comovement : standard deviation of a province's own cycle, with which industries move by loadings that have nothing to do with
        exposure: errors are alike within a province, whatever effects are taken out.
    """

    jobs_on_exposed_dose: float = 0.05
    jobs_on_income: float = 0.40
    brands_by_horizon: tuple[float, ...] = (0.06, 0.12, 0.18)
    selection: float = 0.03
    persistence: float = 0.6
    dominance: float = 2.0
    comovement: float = 0.05

    def __post_init__(self) -> None:
        if abs(self.persistence) >= 1 or not self.brands_by_horizon:
            raise PanelkitError(
                "the simulated cells would explode, or have no horizon",
                where="IndustryTruth",
                mend="keep persistence below one in size and give at least one horizon",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedIndustries:
    """A simulated panel of cells and what is true of it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `COLUMNS`, one row per province, industry and year, sorted; codes are text. `ABSENT` of the cells are not there.
    effects : pandas.DataFrame
        province, industry, year and, per outcome, what the zones did to it in that cell beyond the province's boom.
    truth : IndustryTruth
        The coefficients.
    years : pair of int
        First and last year.
    """

    frame: pd.DataFrame
    effects: pd.DataFrame
    truth: IndustryTruth
    years: tuple[int, int]


def simulate_industries(
    seed: int, *, years: tuple[int, int] = (2010, 2022), effects: IndustryTruth | None = None
) -> SimulatedIndustries:
    """Draw one panel of the 31 provinces and 25 industries with a known triple difference on the real timing of the pilot zones.

    Parameters
    ----------
    seed, years
        As in `simulate`.
    effects : IndustryTruth, optional
        The coefficients; `IndustryTruth()` without it.

    Returns
    -------
    SimulatedIndustries

    Raises
    ------
    PanelkitError
        The years are not covered by the zone list.

    >>> drawn = simulate_industries(1, years=(2015, 2022))
    >>> drawn.frame.shape
    (5952, 11)
    """
    truth = effects if effects is not None else IndustryTruth()
    first, last = checked_years(years)
    rng = np.random.default_rng(seed)
    n, m, periods = len(provinces()), len(EXPOSURE), last - first + 1
    dose = zone_years((first, last))
    exposure = np.array(list(EXPOSURE.values()))
    own = Truth(persistence=truth.persistence, dominance=truth.dominance).error_sd()
    income = autoregressive(rng, np.full(n, 0.1), truth.persistence, periods) + 0.06 * np.arange(periods)
    done = _effects(truth, dose, exposure, first)
    outcomes: dict[str, Array] = {}
    for name, effect in done.items():
        moved = effect + _cells(rng, truth, own, (n, m, periods), truth.selection * dose)
        outcomes[name] = moved + truth.jobs_on_income * income[:, None, :] if name == "ln_jobs" else moved
    there = _present(rng, n, m)
    index = pd.MultiIndex.from_product(
        [[p.code for p in provinces()], list(EXPOSURE), range(first, last + 1)], names=["province", "industry", "year"]
    )
    shape = (n, m, periods)
    frame = pd.DataFrame(
        {
            "jobs": np.exp(outcomes["ln_jobs"] + 2.0).ravel(),
            **{name: values.ravel() for name, values in outcomes.items()},
            "exposure": np.broadcast_to(exposure[None, :, None], shape).ravel(),
            "exposed": np.broadcast_to((exposure >= 0.5)[None, :, None], shape).ravel().astype(float),
            "zone_years": np.broadcast_to(dose[:, None, :], shape).ravel(),
            "first_treated": np.broadcast_to(cohorts()[:, None, None], shape).ravel(),
            "ln_income": np.broadcast_to(income[:, None, :], shape).ravel(),
        },
        index=index,
    ).reset_index()
    kept = np.repeat(there.ravel(), periods)
    told = pd.DataFrame({name: values.ravel() for name, values in done.items()}, index=index).reset_index()
    return SimulatedIndustries(
        frame=frame.loc[kept, list(COLUMNS)].reset_index(drop=True),
        effects=told.loc[kept].reset_index(drop=True),
        truth=truth,
        years=(first, last),
    )


def _present(rng: np.random.Generator, n: int, m: int) -> NDArray[np.bool_]:
    """(n, m): which cells exist; `ABSENT` of them do not."""
    there = np.ones(n * m, dtype=bool)
    there[rng.choice(n * m, size=round(ABSENT * n * m), replace=False)] = False
    return there.reshape(n, m)


def _effects(truth: IndustryTruth, dose: Array, exposure: Array, first: int) -> dict[str, Array]:
    """(n, m, T) what the zones did beyond the boom; exact, the model is linear."""
    periods = dose.shape[1]
    horizon = np.arange(first, first + periods)[None, :] - cohorts()[:, None]
    path = np.array(truth.brands_by_horizon)
    brands = np.where(horizon >= 0, path[np.clip(horizon, 0, len(path) - 1)], 0.0)
    return {
        "ln_jobs": truth.jobs_on_exposed_dose * dose[:, None, :] * exposure[None, :, None],
        "ln_brands": brands[:, None, :] * (exposure >= 0.5)[None, :, None],
    }


def _cells(
    rng: np.random.Generator, truth: IndustryTruth, own: Array, shape: tuple[int, int, int], boom: Array
) -> Array:
    """(n, m, T) cell, province-year and industry-year effects, and errors alike within a province."""
    n, m, periods = shape
    cell = 0.8 * rng.standard_normal((n, m))
    province = boom + autoregressive(rng, own, truth.persistence, periods)
    industry = autoregressive(rng, np.full(m, 0.08), truth.persistence, periods)
    cycle = autoregressive(rng, truth.comovement * own / own.min(), truth.persistence, periods)
    loading = rng.standard_normal(m)
    error = autoregressive(rng, np.repeat(own, m), truth.persistence, periods).reshape(shape)
    together: Array = (
        cell[:, :, None]
        + province[:, None, :]
        + industry[None, :, :]
        + cycle[:, None, :] * loading[None, :, None]
        + error
    )
    return together


def industry_targets(truth: IndustryTruth | None = None) -> dict[str, Target]:
    """What each model of the simulated cells is centred on.

    Parameters
    ----------
    truth : IndustryTruth, optional
        `IndustryTruth()` without it.

    Returns
    -------
    dict of Target
        By model.

    >>> industry_targets()["jobs"].value
    0.05
    """
    known = truth if truth is not None else IndustryTruth()
    effects = " | province^industry + province^year + industry^year"
    why = "what moves a province in a year is absorbed, and exposure has nothing to do with the loadings"
    found = {
        "jobs": Target(
            formula="ln_jobs ~ dose_exposure" + effects,
            term="dose_exposure",
            value=known.jobs_on_exposed_dose,
            holds="exact",
            why=why,
        )
    }
    for horizon, value in enumerate(known.brands_by_horizon):
        found[f"brands_at_{horizon}"] = Target(
            formula="ln_brands ~ exposed:i(year - first_treated)" + effects,
            term=f"horizon {horizon}",
            value=value,
            holds="exact",
            why="the effect depends on the horizon only, the last one stands for all later ones; leads are zero",
        )
    return found


def industry_texts(simulated: SimulatedIndustries, seed: int, industries: tuple[str, ...]) -> dict[str, str]:
    """`cells.csv` of some industries and its sidecar as texts, the same for the same seed.

    Parameters
    ----------
    simulated : SimulatedIndustries
        The panel.
    seed : int
        That it was drawn with, for its card.
    industries : tuple of str
        Codes of the industries to keep.

    Returns
    -------
    dict of str
        File name -> text.
    """
    d = simulated.frame
    d = d[d.industry.isin(industries)][["province", "industry", "year", "ln_jobs", "exposure"]]
    data = d.to_csv(index=False, float_format="%.6f", lineterminator="\n")
    card = [
        "# Provenance of cells.csv: drawn by panelkit.simulation.industries, not observed.",
        "",
        'publisher = "panelkit (simulated)"',
        'title = { en = "Simulated cells of province, industry and year", zh = "模拟的省份—行业—年份数据" }',
        'url = ""',
        f'retrieved = "simulated with seed {seed}"',
        'licence = "MIT"',
        "redistribute = true",
        'confidence = "not a fact: only the timing of the pilot zones is real"',
        f'sha256 = "{of_bytes(data.encode())}"',
        "",
        "[columns.ln_jobs]",
        'unit = "log"',
        'label = { en = "Jobs, simulated", zh = "就业(对数,模拟)" }',
        "",
        "[columns.exposure]",
        'unit = ""',
        'label = { en = "Exposure of the industry, made up", zh = "行业暴露度(设定值)" }',
    ]
    return {"cells.csv": data, "cells.csv.source.toml": "\n".join(card) + "\n"}
