"""Panels simulated with known coefficients, for tests and first runs; nothing here is a fact about the economy."""

from panelkit.simulation.cities import CityTruth, SimulatedCities, city_texts, simulate_cities
from panelkit.simulation.industries import (
    IndustryTruth,
    SimulatedIndustries,
    industry_targets,
    industry_texts,
    simulate_industries,
)
from panelkit.simulation.panel import Simulated, simulate
from panelkit.simulation.targets import Target, targets
from panelkit.simulation.truth import Truth
from panelkit.simulation.write import write_simulated

__all__ = [
    "CityTruth",
    "IndustryTruth",
    "Simulated",
    "SimulatedCities",
    "SimulatedIndustries",
    "Target",
    "Truth",
    "city_texts",
    "industry_targets",
    "industry_texts",
    "simulate",
    "simulate_cities",
    "simulate_industries",
    "targets",
    "write_simulated",
]
