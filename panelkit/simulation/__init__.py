"""Panels simulated with known coefficients, for tests and first runs; nothing here is a fact about the economy."""

from panelkit.simulation.panel import Simulated, simulate
from panelkit.simulation.targets import Target, targets
from panelkit.simulation.truth import Truth
from panelkit.simulation.write import write_simulated

__all__ = ["Simulated", "Target", "Truth", "simulate", "targets", "write_simulated"]
