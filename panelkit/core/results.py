"""Everything a run found, as exhibits, the report and the package are handed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.core.check import Check
    from panelkit.core.estimate import Estimate
    from panelkit.core.exhibit import Figure, Table
    from panelkit.core.label import Language
    from panelkit.core.panel import Panel
    from panelkit.core.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityExhibits:
    """The quality report in one language: tables and pictures, as data."""

    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """All that is said of a panel before anything is estimated: findings, and tables and pictures in both languages.

    language : the one that is shown first.
    """

    checks: tuple[Check, ...]
    exhibits: Mapping[Language, QualityExhibits]
    language: Language = "en"

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables in the report's own language."""
        return self.exhibits[self.language].tables

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The pictures in the report's own language."""
        return self.exhibits[self.language].figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything of a run that exhibits and page are made from; `Results.of` gathers it where the stages are called one by one.

    Parameters
    ----------
    study, panel : Study, Panel
        As read and built.
    estimates, checks : dict
        By model id, in the study's order.
    variants, variant_checks : dict
        The specifications of robustness batteries, by their ids.
    failures : dict of str
        Why those that were not estimated were not.
    quality : tuple of Check
        Findings about the panel itself.
    used : Panel or None
        The panel that models were estimated on, whose rows `Sample.positions` count; None for the panel itself, unless the study asks
        for a common sample.
    filled : pandas.DataFrame or None
        Bool, rows as the panel's, one column per variable with cells that are not as published; None where not known.
    quality_report : QualityReport or None
        Tables and pictures about the panel, beside the findings in `quality`.
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
    filled: pd.DataFrame | None = None
    quality_report: QualityReport | None = None

    @classmethod
    def of(
        cls,
        study: Study,
        panel: Panel,
        estimates: dict[str, Estimate],
        checks: dict[str, tuple[Check, ...]],
        **further: Any,
    ) -> Results:
        """The results of stages that were called one by one, specifications of batteries told apart from models.

        Parameters
        ----------
        study, panel, estimates, checks
            As `read_study`, `build_panel`, `estimate` and `check` give them.
        **further
            Any other field.
        """
        variants = {v.id for v in study.variants}
        return cls(
            study=study,
            panel=panel,
            estimates={m: e for m, e in estimates.items() if m not in variants},
            checks={m: c for m, c in checks.items() if m not in variants},
            variants={m: e for m, e in estimates.items() if m in variants},
            variant_checks={m: c for m, c in checks.items() if m in variants},
            **further,
        )

    def sample_of(self, model: str) -> Panel:
        """The rows that a model used."""
        return (self.used or self.panel).take(self.every[model].sample.positions)

    @property
    def every(self) -> dict[str, Estimate]:
        """The estimates of models and of the specifications of batteries."""
        return {**self.estimates, **self.variants}
