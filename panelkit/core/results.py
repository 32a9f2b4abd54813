"""Everything a run found, as exhibits, the report and the package are handed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panelkit.core.check import Check
    from panelkit.core.estimate import Estimate
    from panelkit.core.panel import Panel
    from panelkit.core.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """estimates : by model id, in the study's order. checks : by model id. quality : findings about the panel itself.

    variants, variant_checks : the specifications of robustness batteries, by their ids; failures : why those not estimated were not.
    used : the panel that models were estimated on, whose rows `Sample.positions` count; the panel itself unless the study asks
    for a common sample.
    """

    study: Study
    panel: Panel
    estimates: dict[str, Estimate]
    checks: dict[str, tuple[Check, ...]]
    variants: dict[str, Estimate] = field(default_factory=dict)
    variant_checks: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    quality: tuple[Check, ...] = ()
    used: Panel | None = None

    def sample_of(self, model: str) -> Panel:
        """The rows that a model used."""
        return (self.used or self.panel).take(self.every[model].sample.positions)

    @property
    def every(self) -> dict[str, Estimate]:
        """The estimates of models and of the specifications of batteries."""
        return {**self.estimates, **self.variants}
