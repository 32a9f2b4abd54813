"""The coefficients a simulated panel is made with, and what each estimator's target is; no draw is made here."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from panelkit.core.errors import PanelkitError
from panelkit.facts.provinces import provinces
from panelkit.facts.zones import YEARS_COVERED, exposure, first_treated

Array = NDArray[np.float64]
DOMINANT = "440000"
BREAK_YEAR = 2013
BEFORE_ZONES = 2010
BURN_IN = 30
LABOUR_SD = 0.10
RESEARCH_SD = 0.15
SHIFT_SD = 0.30
ERROR_SD = 0.10
DRIVER_PERSISTENCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Coefficients of the simulated equations; i is the province, t the year, all with province and year effects.

    ln_cbec(t) = ecommerce_on_cluster ln_lq(t-1) + zones_on_ecommerce zone_years(t) + shift_on_ecommerce shift_ecommerce(t) + u(t)
    ln_lq(t) = cluster_on_ecommerce ln_cbec(t-1) + cluster_on_research ln_rd(t) + cluster_on_labour labour(t)
    + shift_on_cluster shift_cluster(t) + e(t)
    information(t) = information_on_zones zone_years(t) + w(t)
    ln_trademarks(t) = trademarks_on_information information(t) + trademarks_on_zones zone_years(t) + v(t)
    ln_exports(t) = exports_on_cluster ln_lq(t-1) + x(t); ln_imports(t) = imports_on_cluster ln_lq(t-1) + m(t)
    ln_destinations(t) = destinations_by_horizon[t - first treated year] + d(t), the last one for all later horizons

    Parameters
    ----------
    cluster_on_ecommerce, ecommerce_on_cluster, cluster_on_research, cluster_on_labour : float
    zones_on_ecommerce, shift_on_ecommerce, shift_on_cluster, information_on_zones : float
    trademarks_on_information, trademarks_on_zones, exports_on_cluster, imports_on_cluster : float
        The coefficients above.
    destinations_by_horizon : tuple of float
        Effects in the first years of treatment.
    labour_break : float
        Log points by which published labour jumps in 2013, unevenly across provinces; true labour does not.
    persistence : float
        First-order autocorrelation of every error.
    dominance : float
        Error standard deviation of Guangdong over that of the other provinces.

    Raises
    ------
    PanelkitError
        The feedback explodes, the persistence is not below one in size, or there is no horizon.
    """

    cluster_on_ecommerce: float = 0.30
    ecommerce_on_cluster: float = 0.25
    cluster_on_research: float = 0.10
    cluster_on_labour: float = 0.20
    zones_on_ecommerce: float = 0.02
    shift_on_ecommerce: float = 0.50
    shift_on_cluster: float = 0.50
    information_on_zones: float = 0.06
    trademarks_on_information: float = 0.50
    trademarks_on_zones: float = 0.02
    exports_on_cluster: float = 0.60
    imports_on_cluster: float = -0.20
    destinations_by_horizon: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20)
    labour_break: float = 0.17
    persistence: float = 0.6
    dominance: float = 2.0

    def __post_init__(self) -> None:
        if abs(self.cluster_on_ecommerce * self.ecommerce_on_cluster) >= 1 or abs(self.persistence) >= 1:
            raise PanelkitError(
                "the simulated system would explode",
                where="Truth",
                mend="keep persistence and the product of the two feedback coefficients below one in size",
            )
        if not self.destinations_by_horizon:
            raise PanelkitError("there is no horizon", where="Truth.destinations_by_horizon", mend="give at least one")

    @property
    def indirect_effect(self) -> float:
        """Effect of a zone-year on trademarks through information: a times b."""
        return self.information_on_zones * self.trademarks_on_information

    @property
    def total_effect(self) -> float:
        """Effect of a zone-year on trademarks, direct and through information."""
        return self.trademarks_on_zones + self.indirect_effect

    def coefficients(self) -> dict[str, float]:
        """Every number by name, horizons one by one."""
        found: dict[str, float] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                found.update({f"{field.name}_{h}": v for h, v in enumerate(value)})
            else:
                found[field.name] = value
        return found

    def error_sd(self) -> Array:
        """(31,) stationary standard deviation of the errors by province, in code order."""
        return np.array([ERROR_SD * (self.dominance if p.code == DOMINANT else 1.0) for p in provinces()])


def checked_years(years: tuple[int, int]) -> tuple[int, int]:
    """The window, refused where the zone list does not cover it or it is too short for a lag and effects."""
    first, last = years
    if not (YEARS_COVERED[0] <= first and last <= YEARS_COVERED[1] and last - first >= 3):
        raise PanelkitError(
            f"a panel of {first} to {last} cannot be simulated",
            where="years",
            mend=f"give a first and a last year within {YEARS_COVERED[0]} to {YEARS_COVERED[1]}, four years or more",
        )
    return first, last


def zone_years(years: tuple[int, int]) -> Array:
    """(31, T) zone-years of the real zone timing."""
    span = range(years[0], years[1] + 1)
    given = exposure("zone_years", span)
    return np.array([[given[p.code, y] for y in span] for p in provinces()])


def cohorts() -> NDArray[np.int64]:
    """(31,) first treated year by approval; 9999 for none."""
    first = first_treated("approval_year")
    return np.array([first.get(p.code, 9999) for p in provinces()])


def zone_effects(truth: Truth, years: tuple[int, int]) -> dict[str, Array]:
    """What the zones did to each outcome in each cell: with zones minus without, (31, T) each; exact, the model is linear."""
    span = np.arange(years[0], years[1] + 1)
    early = zone_years((min(years[0], BEFORE_ZONES), years[1]))
    on_ecommerce, on_cluster = np.zeros_like(early), np.zeros_like(early)
    for t in range(early.shape[1]):
        on_ecommerce[:, t] = truth.zones_on_ecommerce * early[:, t]
        if t:
            on_ecommerce[:, t] += truth.ecommerce_on_cluster * on_cluster[:, t - 1]
            on_cluster[:, t] = truth.cluster_on_ecommerce * on_ecommerce[:, t - 1]
    dose = early[:, -len(span) :]
    horizon = span[None, :] - cohorts()[:, None]
    path = np.array(truth.destinations_by_horizon)
    reach = np.where(horizon >= 0, path[np.clip(horizon, 0, len(path) - 1)], 0.0)
    shifted = np.hstack([np.zeros((len(early), 1)), on_cluster[:, :-1]])[:, -len(span) :]
    return {
        "ln_cbec": on_ecommerce[:, -len(span) :],
        "ln_lq": on_cluster[:, -len(span) :],
        "information": truth.information_on_zones * dose,
        "ln_trademarks": truth.total_effect * dose,
        "ln_exports": truth.exports_on_cluster * shifted,
        "ln_imports": truth.imports_on_cluster * shifted,
        "ln_destinations": reach,
    }
