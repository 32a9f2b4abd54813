"""The model of untreated outcomes: fitted on untreated rows, predicted for all, what it cannot predict marked. No effect here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes
from panelkit.numerics.staggered_panel import StaggeredPanel

MOST_COLUMNS = 4000  # of effects other than the unit; their system is dense
NULL = 1e-10  # eigenvalue of the scaled system below which a direction is not determined by the untreated rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UntreatedFit:
    """Untreated outcomes by unit effects, other effects and covariates, from the untreated rows alone.

    Attributes
    ----------
    gap : (n,) outcome less predicted untreated outcome: residual where untreated, effect where treated, NaN where not
        identified.
    untreated, identified : (n,) bool.
    coefficients : (k,) of the covariates (NaN where the untreated rows do not determine one).
    rank : independent columns beside the unit effects.
    """

    panel: StaggeredPanel
    gap: FloatArray
    untreated: Any
    identified: Any
    coefficients: FloatArray
    rank: int
    design: Any  # sparse (n, p): the other effects and covariates
    cross: Any  # sparse (N, p): their weighted sums over untreated rows of each unit
    totals: FloatArray  # (N,) weights of the untreated rows
    inverse: FloatArray  # (p, p) generalised inverse of the system after the unit effects
    scores: Any  # sparse (N, p): weighted residuals times the design, untreated rows of each unit

    def influence(self, rows: Any) -> FloatArray:
        """Give back how the estimated model moves weighted sums of predictions: (N, m), per unit, to be subtracted.

        Parameters
        ----------
        rows : sparse (n, m): weight of each row in each sum (only identified rows).

        Source
        ------
        Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007, proposition A3): the weights of untreated rows solve
        the normal equations; a unit's own effect takes no part, as its untreated residuals sum to zero.
        """
        by_unit = _unit_matrix(self.panel.unit, np.ones(self.panel.rows), self.panel.units) @ rows
        scaled = by_unit.multiply(self._share()[:, None]).tocsr()
        target = np.asarray((self.design.T @ rows - self.cross.T @ scaled).toarray())
        out: FloatArray = np.asarray(self.scores @ (self.inverse @ target))
        return out

    def _share(self) -> FloatArray:
        return np.where(self.totals > 0, 1 / np.where(self.totals > 0, self.totals, 1.0), 0.0)


def fit_untreated(panel: StaggeredPanel, effects: Sequence[IntArray] | None = None) -> UntreatedFit:
    """Give back the fit of unit effects, `effects` and the panel's covariates on the untreated rows.

    Parameters
    ----------
    panel : see `staggered_panel`; covariates enter linearly.
    effects : codes (n,) 0..L-1 of each effect beside the unit, in the ROW ORDER OF THE PANEL (index by `panel.order`);
        None for the period.

    Raises
    ------
    ValueError
        If no row is untreated, or the effects have more than `MOST_COLUMNS` levels.

    Notes
    -----
    Unit effects are eliminated by group sums; what remains is one small system. No dummy of a unit is ever stored. A
    treated row is identified if its unit has an untreated row and its prediction is an estimable function.

    Source
    ------
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007, theorem 1); Gardner (2021, arXiv:2207.05943), first stage.
    """
    units = panel.units
    untreated = ~np.asarray(panel.treated)
    if not untreated.any():
        raise ValueError("no row is untreated: untreated outcomes cannot be predicted")
    codes = [np.unique(panel.time, return_inverse=True)[1]] if effects is None else list(effects)
    design, width = _design(panel, codes, untreated)
    mass = panel.mass * untreated
    summing = _unit_matrix(panel.unit, mass, units)
    totals = np.asarray(np.bincount(panel.unit, weights=mass, minlength=units), dtype=np.float64)
    share = np.where(totals > 0, 1 / np.where(totals > 0, totals, 1.0), 0.0)
    cross = (summing @ design).tocsr()
    weighted = design.multiply(mass[:, None]).tocsr()
    system = np.asarray((weighted.T @ design - cross.T @ cross.multiply(share[:, None]).tocsr()).toarray())
    inverse, null, rank = _generalised(system, np.asarray(weighted.multiply(design).sum(axis=0)).ravel())
    gap = panel.outcome.copy()
    beta = np.zeros(design.shape[1])
    for _ in range(2):
        gap -= (np.bincount(panel.unit, weights=mass * gap, minlength=units) * share)[panel.unit]
        step = inverse @ np.asarray(weighted.T @ gap)
        gap -= np.asarray(design @ step) - (np.asarray(cross @ step) * share)[panel.unit]
        beta += step
    off = np.abs(np.asarray(design @ null) - (np.asarray(cross @ null) * share[:, None])[panel.unit]).max(
        axis=1, initial=0.0
    )
    identified = untreated | ((totals[panel.unit] > 0) & (off < 1e-6))
    gap[~identified] = np.nan
    scores = _unit_matrix(panel.unit, mass * np.where(identified, gap, 0.0), units) @ design
    k = panel.covariates.shape[1]
    free = np.abs(null[width - k :]).max(axis=1, initial=0.0) > 1e-6
    return UntreatedFit(
        panel=panel,
        gap=gap,
        untreated=untreated,
        identified=identified,
        coefficients=np.where(free, np.nan, beta[width - k :]) / _spread(panel, untreated),
        rank=rank,
        design=design,
        cross=cross,
        totals=totals,
        inverse=inverse,
        scores=scores,
    )


def _spread(panel: StaggeredPanel, untreated: Any) -> FloatArray:
    spread = panel.covariates[untreated].std(axis=0)
    return np.where(spread > 0, spread, 1.0)


def _design(panel: StaggeredPanel, codes: list[IntArray], untreated: Any) -> tuple[Any, int]:
    """Sparse (n, p): one column for each level, then the covariates, centred and scaled."""
    from scipy import sparse

    n, k = panel.rows, panel.covariates.shape[1]
    parts, places, width = [], [], 0
    for i, effect in enumerate(codes):
        coded, levels = group_codes(effect, f"effect {i}", n)
        places.append(coded + width)
        parts.append(np.ones(n))
        width += levels
    if width > MOST_COLUMNS:
        raise ValueError(f"the effects beside the unit have {width} levels; {MOST_COLUMNS} can be handled")
    scaled = (panel.covariates - panel.covariates[untreated].mean(axis=0)) / _spread(panel, untreated)
    for j in range(k):
        places.append(np.full(n, width + j))
        parts.append(scaled[:, j])
    width += k
    each = len(parts)
    values = np.stack(parts, axis=1).ravel() if each else np.zeros(0)
    columns = np.stack(places, axis=1).ravel() if each else np.zeros(0, dtype=np.intp)
    return sparse.csr_array(
        (values, columns, np.arange(0, n * each + 1, max(each, 1))[: n + 1]), shape=(n, width)
    ), width


def _unit_matrix(unit: IntArray, values: FloatArray, units: int) -> Any:
    """Sparse (N, n): the values of the rows of each unit (rows are in unit order)."""
    from scipy import sparse

    n = len(unit)
    starts = np.r_[0, np.cumsum(np.bincount(unit, minlength=units))]
    return sparse.csr_array((values, np.arange(n), starts), shape=(units, n))


def _generalised(system: FloatArray, diagonal: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Generalised inverse, a basis of the null directions (p, q) and the rank of a symmetric system."""
    length = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(system / length[:, None] / length[None, :])
    alive = values > NULL * max(float(values[-1]) if len(values) else 0.0, 1e-300)
    root = vectors[:, alive] / length[:, None]
    null = vectors[:, ~alive] / length[:, None]
    norm = np.linalg.norm(null, axis=0)
    inverse: FloatArray = (root / values[alive]) @ root.T
    return inverse, null / np.where(norm > 0, norm, 1.0), int(alive.sum())
