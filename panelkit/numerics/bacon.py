"""What a two-way estimate is made of: Goodman-Bacon's two-by-two comparisons and the weights of treated cells. No estimator here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, vector
from panelkit.numerics.projection import absorber
from panelkit.numerics.staggered_panel import NEVER, StaggeredPanel

EARLIER_LATER = "Earlier vs Later Treated"
LATER_EARLIER = "Later vs Earlier Treated"
UNTREATED = "Treated vs Untreated"
ALWAYS = "Later vs Always Treated"
FORBIDDEN = (LATER_EARLIER, ALWAYS)  # comparisons with units that are already treated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bacon:
    """The comparisons of a two-way estimate.

    Attributes
    ----------
    treated, compared : (c,) cohort treated in the comparison and cohort compared with (inf: never treated; a cohort at or
        before the first period: always treated).
    estimate, weight : (c,) two-by-two estimates and their weights, which sum to one.
    kind : (c,) one of the four names above.
    two_way : the two-way fixed-effects coefficient by its own projection; `weighted` the sum of weight x estimate.
    """

    treated: FloatArray
    compared: FloatArray
    estimate: FloatArray
    weight: FloatArray
    kind: tuple[str, ...]
    two_way: float
    weighted: float

    def share(self, *kinds: str) -> float:
        """Give back the weight of the comparisons of these kinds; `share(*FORBIDDEN)` is that of forbidden ones."""
        return float(sum(w for w, k in zip(self.weight, self.kind, strict=True) if k in kinds))


def bacon(panel: StaggeredPanel) -> Bacon:
    """Give back the Goodman-Bacon decomposition of the two-way coefficient on "treated".

    Parameters
    ----------
    panel : balanced, without covariates and weights.

    Raises
    ------
    ValueError
        If the panel is not balanced, has covariates or weights, or has no variation in treatment.

    Source
    ------
    Goodman-Bacon (2021, doi:10.1016/j.jeconom.2021.03.014, theorem 1, equations 7 and 10); R bacondecomp 0.1.1.
    """
    T = len(panel.periods)
    if panel.rows != panel.units * T:
        raise ValueError("the decomposition needs a balanced panel: every unit in every period")
    if panel.covariates.shape[1] or panel.weights is not None:
        raise ValueError("the decomposition is of the two-way estimate without covariates and weights")
    first = float(panel.periods[0])
    cohort = np.where(panel.cohort > panel.periods[-1], NEVER, np.maximum(panel.cohort, first))
    groups, code = np.unique(cohort, return_inverse=True)
    size = np.bincount(code) / panel.units
    wide = panel.outcome.reshape(panel.units, T)
    means = np.stack([wide[code == g].mean(axis=0) for g in range(len(groups))])
    dose = np.array([(panel.periods >= g).mean() for g in groups])
    parts: list[tuple[float, float, float, float, str]] = []
    for k, g in enumerate(groups):
        for j, other in enumerate(groups):
            if not np.isfinite(g) or g <= first or j == k:
                continue
            parts.append((float(g), float(other), *_pair(means, dose, size, panel.periods, groups, (k, j))))
    if not parts:
        raise ValueError("no cohort is treated within the window: there is nothing to decompose")
    weight = np.array([p[3] for p in parts])
    estimate = np.array([p[2] for p in parts])
    weight = weight / weight.sum()
    return Bacon(
        treated=np.array([p[0] for p in parts]),
        compared=np.array([p[1] for p in parts]),
        estimate=estimate,
        weight=weight,
        kind=tuple(p[4] for p in parts),
        two_way=_two_way(panel),
        weighted=float(weight @ estimate),
    )


def _pair(
    means: FloatArray,
    dose: FloatArray,
    size: FloatArray,
    periods: FloatArray,
    groups: FloatArray,
    pair: tuple[int, int],
) -> tuple[float, float, str]:
    """Estimate, unscaled weight and kind of the comparison of cohort k with cohort j."""
    k, j = pair
    g, other = float(groups[k]), float(groups[j])
    both = size[k] + size[j]
    spread = size[k] * size[j] / both**2
    if other == NEVER or other <= periods[0]:
        before, after = periods < g, periods >= g
        weight = both**2 * spread * dose[k] * (1 - dose[k])
        kind = UNTREATED if other == NEVER else ALWAYS
    elif g < other:  # treated earlier, compared with those not yet treated, until they are
        before, after = periods < g, (periods >= g) & (periods < other)
        rest = 1 - dose[j]
        weight = (both * rest) ** 2 * spread * (dose[k] - dose[j]) / rest * (1 - dose[k]) / rest
        kind = EARLIER_LATER
    else:  # treated later, compared with those treated already
        before, after = (periods >= other) & (periods < g), periods >= g
        weight = (both * dose[j]) ** 2 * spread * dose[k] / dose[j] * (dose[j] - dose[k]) / dose[j]
        kind = LATER_EARLIER
    moved = means[:, after].mean(axis=1) - means[:, before].mean(axis=1)
    return float(moved[k] - moved[j]), float(weight), kind


def _two_way(panel: StaggeredPanel) -> float:
    swept = _residual(panel, np.asarray(panel.treated, dtype=np.float64))
    return float(swept @ panel.outcome / (swept @ np.asarray(panel.treated)))


def _residual(panel: StaggeredPanel, dose: FloatArray) -> FloatArray:
    times = np.unique(panel.time, return_inverse=True)[1].astype(np.intp)
    return absorber([panel.unit, times], panel.weights).residualise(dose)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellWeights:
    """The weights of the effects of treated cells in a two-way coefficient.

    Attributes
    ----------
    weight : (n,) of each row's effect, zero where untreated; sums to one.
    cells, negative : number of treated cells and of those with a negative weight.
    negative_sum : the sum of the negative weights.
    minimal_spread : smallest standard deviation of effects across treated cells under which the coefficient could have
        the opposite sign of every effect, in units of the coefficient: multiply by |coefficient|.
    two_way : the coefficient.
    """

    weight: FloatArray
    cells: int
    negative: int
    negative_sum: float
    minimal_spread: float
    two_way: float


def negative_weights(panel: StaggeredPanel, dose: FloatArray | None = None) -> CellWeights:
    """Give back how a two-way coefficient weighs the effects of treated cells (unit by period).

    Parameters
    ----------
    panel : balanced or not; covariates are not used.
    dose : (n,) a treatment in the ROW ORDER OF THE PANEL (dose, or one that ends); None for "treated".

    Raises
    ------
    ValueError
        If nothing is left of the treatment after unit and period effects.

    Source
    ------
    de Chaisemartin and D'Haultfoeuille (2020, doi:10.1257/aer.20181169, theorem 1 and corollary 1); Stata, R
    `twowayfeweights`. For a dose the effect is per unit of dose.
    """
    d = np.asarray(panel.treated, dtype=np.float64) if dose is None else vector(dose, "the dose", panel.rows)
    return _weights(_residual(panel, d), d, panel.outcome, panel.mass)


def _weights(swept: FloatArray, d: FloatArray, y: FloatArray, mass: FloatArray) -> CellWeights:
    total = float((mass * swept) @ d)
    if total <= 1e-12 * float(mass @ d**2):
        raise ValueError("nothing is left of the treatment after unit and period effects: no coefficient is defined")
    weight = mass * swept * d / total
    at = d != 0
    share = mass[at] / mass[at].sum()
    ratio = weight[at] / share
    spread = float(np.sqrt(share @ (ratio - 1) ** 2))
    tiny = 1e-12 * float(np.abs(weight).max())
    return CellWeights(
        weight=weight,
        cells=int(at.sum()),
        negative=int((weight[at] < -tiny).sum()),
        negative_sum=float(weight[weight < -tiny].sum()),
        minimal_spread=1 / spread if spread > 0 else float("inf"),
        two_way=float((mass * swept) @ y / total),
    )
