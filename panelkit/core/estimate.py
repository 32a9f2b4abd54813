"""What a model says: terms, covariance, sample, fit; it does not plot, print, refit or report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from panelkit.core.request import Request, Stated

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One coefficient.

    Parameters
    ----------
    name : str
        The regressor, in the grammar of formulas.
    estimate, se, statistic : float
        In units of the outcome per unit of the regressor; statistic = estimate / se.
    df : float
        Degrees of freedom of the reference t, infinite for the normal.
    p : float
        Two-sided.
    low, high : float
        The interval at the study's level, 95 % unless it says otherwise.
    """

    name: str
    estimate: float
    se: float
    statistic: float
    df: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """Inference on one term by resampling: `method` in the field's words; low and high NaN where no interval was asked for."""

    term: str
    method: str
    statistic: float
    p: float
    low: float
    high: float
    draws: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Rows left out of a sample, and why."""

    rows: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The rows a model used. clusters : number of clusters by cluster variable; keys_digest : SHA-256 of their sorted unit-time keys."""

    rows: int
    units: int
    periods: int
    clusters: dict[str, int]
    dropped: tuple[Drop, ...]
    first: int
    last: int
    keys_digest: str
    positions: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a model fits, each statistic under its own name; None where it is not defined. df_model counts K."""

    r2: float | None = None
    r2_adjusted: float | None = None
    r2_within: float | None = None
    rss: float | None = None
    parameters: int = 0
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One row of an effects curve (event time, cohort ...)."""

    at: float
    label: str
    estimate: float
    se: float
    low: float
    high: float
    p: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortEffect:
    """The effect of one cohort in one period, se NaN at a reference and where it is withheld.

    treated, controls : units of the cohort behind it (clusters, where these hold several units), and units compared with.
    """

    cohort: float
    period: float
    estimate: float
    se: float
    treated: int
    controls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The result of one model.

    Parameters
    ----------
    id, kind, outcome : str
        The model, its kind and its dependent variable.
    terms : tuple of Term
        The k coefficients.
    covariance_matrix : numpy.ndarray
        (k, k) in the order of `terms`.
    covariance : Covariance
        The convention it follows, resolved (never 'default').
    sample : Sample
        Rows used and left out, units, periods, clusters.
    fit : Quality
        Measures of fit; those that are not defined are None.
    requests : tuple
        What an engine was asked, so that a second one can be.
    absorb : tuple of str
        Absorbed effects, by name.
    engine, engine_version, confirmation : str
        Who computed it, and how it is confirmed: 'engine' (another one), or 'route' (other arithmetic).
    resampled : tuple of Resampled
        p values and intervals by resampling.
    curves : dict
        Named effect curves, e.g. {"event_time": (...)}.
    curve_covariances : dict of numpy.ndarray
        (r, r) of a curve's points in their order, NaN where withheld or a reference.
    cells : tuple of CohortEffect
        Effects by cohort and period of a staggered design, of which terms and curves are averages.
    influence : numpy.ndarray or None
        (G, k) of each cluster on the terms, clusters in order of their names: covariance_matrix = influence' influence.
    records : dict
        Further numbers by name, one dict for each row (a balance table, weights of donors ...).
    tests : dict
        Named joint tests {name: {statistic, df1, df2, p}}.
    dropped_terms : tuple of str
        Collinear columns left out.
    notes : tuple of str
        What a reader has to know besides.
    """

    id: str
    kind: str
    outcome: str
    terms: tuple[Term, ...]
    covariance_matrix: np.ndarray
    covariance: Stated
    sample: Sample
    fit: Quality
    requests: tuple[Request, ...]
    absorb: tuple[str, ...]
    engine: str
    engine_version: str
    confirmation: str
    resampled: tuple[Resampled, ...] = ()
    curves: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    curve_covariances: dict[str, np.ndarray] = field(default_factory=dict)
    cells: tuple[CohortEffect, ...] = ()
    influence: np.ndarray | None = field(default=None, repr=False)
    records: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    tests: dict[str, dict[str, float]] = field(default_factory=dict)
    dropped_terms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def term(self, name: str) -> Term:
        """The term of that name."""
        for known in self.terms:
            if known.name == name:
                return known
        raise KeyError(f"{self.id} has no term '{name}'; it has {[t.name for t in self.terms]}")

    def to_frame(self) -> pd.DataFrame:
        """One row per term: estimate, se, statistic, df, p, low, high."""
        import pandas as pd

        rows: list[dict[str, Any]] = [
            {f: getattr(t, f) for f in ("name", "estimate", "se", "statistic", "df", "p", "low", "high")}
            for t in self.terms
        ]
        return pd.DataFrame(rows).set_index("name")
