"""Effects by cohort and period with unit-level influence, and their aggregation. Bands and errors: staggered_bands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray

How = Literal["simple", "dynamic", "group", "calendar"]
Shares = Literal["estimated", "given", "r_did"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortEffects:
    """Effects by cohort and period, the common result of every estimator for staggered adoption.

    Attributes
    ----------
    cohorts, periods : (m,) first treated period and period of each cell.
    att : (m,) effect of the cell, in the unit of the outcome.
    influence : (N, m) influence of each unit, on the scale on which an error is sqrt(sum of squares) / N.
    weights : (m,) share of the cell in an average over cells (the cohort's share of units for Callaway-Sant'Anna,
        treated rows of the cell for regression and imputation).
    treated, controls : (m,) units of the cohort in the cell and units compared with.
    clusters : (N,) cluster codes, or None (the unit is the cluster).
    factor : small-sample factor of the variance (1: none).
    membership, share_of : sparse (N, q) and (m,): column `share_of[j]` holds how much of cell j is unit i; with it the
        error of an average counts that the shares are estimated. None: shares are taken as given.
    window : first and last period of the sample.
    unidentified : (cohort, period, why) of the cells that have no estimate.
    """

    cohorts: FloatArray
    periods: FloatArray
    att: FloatArray
    influence: FloatArray
    weights: FloatArray
    treated: IntArray
    controls: IntArray
    clusters: IntArray | None = None
    factor: float = 1.0
    membership: Any = None
    share_of: IntArray | None = None
    window: tuple[float, float] = (0.0, 0.0)
    unidentified: tuple[tuple[float, float, str], ...] = ()

    @property
    def event(self) -> FloatArray:
        """(m,) periods since first treatment."""
        return self.periods - self.cohorts

    @property
    def se(self) -> FloatArray:
        """(m,) clustered standard errors; NaN for a reference cell."""
        return standard_errors(self.influence, self.clusters, self.factor)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aggregated:
    """Averages of cohort-period effects.

    Attributes
    ----------
    how : simple, dynamic (event time), group (cohort) or calendar (period).
    at : (r,) event times, cohorts or periods; empty for simple.
    estimate, se : (r,) averages and clustered standard errors (NaN for a reference period).
    influence : (N, r), on the scale of `CohortEffects.influence`.
    overall, overall_se, overall_influence : one summary: all treated cells (simple), mean over event times >= 0, over
        cohorts by size, or over periods.
    treated : (r,) treated units that stand behind each average.
    clusters, factor : as in `CohortEffects`.
    """

    how: How
    at: FloatArray
    estimate: FloatArray
    se: FloatArray
    influence: FloatArray
    overall: float
    overall_se: float
    overall_influence: FloatArray = field(repr=False)
    treated: IntArray
    clusters: IntArray | None = None
    factor: float = 1.0


def covariance(influence: FloatArray, clusters: IntArray | None = None, factor: float = 1.0) -> FloatArray:
    """Give back the covariance (m, m) of the estimates from unit-level influence (N, m), summed within clusters.

    Source
    ------
    Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001, theorem 2). R `did`: V = psi'psi / n, se = sqrt(V / n),
    no small-sample factor.
    """
    sums = cluster_sums(influence, clusters)
    out: FloatArray = sums.T @ sums * (factor / len(influence) ** 2)
    return out


def standard_errors(influence: FloatArray, clusters: IntArray | None = None, factor: float = 1.0) -> FloatArray:
    """Give back the roots of the diagonal of `covariance`; NaN where there is no variation (a reference cell)."""
    sums = cluster_sums(influence, clusters)
    out = np.sqrt(factor * np.einsum("ij,ij->j", sums, sums)) / len(influence)
    size = np.sqrt(len(influence)) * np.abs(sums).max(initial=0.0) * np.finfo(float).eps
    return np.where(out > size / len(influence), out, np.nan)


def cluster_sums(influence: FloatArray, clusters: IntArray | None) -> FloatArray:
    """Give back the influence summed within clusters (G, m), or as it is without clusters."""
    if clusters is None:
        return influence
    from panelkit.numerics.arrays import group_sums

    return group_sums(influence, clusters, int(clusters.max()) + 1)


def aggregate(
    effects: CohortEffects,
    how: How = "simple",
    min_event: float | None = None,
    max_event: float | None = None,
    balance: float | None = None,
    shares: Shares = "estimated",
) -> Aggregated:
    """Give back averages of the cohort-period effects.

    Parameters
    ----------
    effects : from any estimator of this family.
    how : `simple` one average of all treated cells, weighted by `effects.weights`; `dynamic` by event time; `group` by
        cohort (plain mean over its treated periods, then by cohort weight); `calendar` by period.
    min_event, max_event : event times kept.
    balance : dynamic only: keep the cohorts seen for at least this many periods after treatment, and event times from
        the earliest that all of them could have to `balance`, so that composition does not change after treatment.
    shares : `estimated` counts the sampling error of the cell shares (where the estimator gives `membership`); `given` takes
        them as fixed; `r_did` repeats R `did` 2.1.2, which attaches the shares of the wrong cohorts to the overall `group`
        error (it reads the cohort of cell k for cohort k) and is otherwise `estimated`.

    Raises
    ------
    ValueError
        For an unknown `how` or `shares`, or when no cell is left.

    Source
    ------
    Callaway and Sant'Anna (2021, section 3.1 and doi:10.1016/j.jeconom.2020.12.001, equations 3.4-3.11); R `did::aggte`
    2.1.2, whose `group` weights the periods of a cohort equally.
    """
    if how not in ("simple", "dynamic", "group", "calendar"):
        raise ValueError(f"an aggregation is simple, dynamic, group or calendar, not {how!r}")
    if shares not in ("estimated", "given", "r_did"):
        raise ValueError(f"shares are estimated, given or r_did, not {shares!r}")
    if shares == "given":
        effects = replace(effects, membership=None, share_of=None)
    event = effects.event
    keep = np.ones(len(event), dtype=bool)
    if min_event is not None:
        keep &= event >= min_event
    if max_event is not None:
        keep &= event <= max_event
    if how == "dynamic" and balance is not None:
        first, last = effects.window
        keep &= (last - effects.cohorts >= balance) & (event <= balance) & (event >= balance - last + first)
    if how != "dynamic":
        keep &= event >= 0
    if not keep.any():
        raise ValueError("no cohort-period cell is left to average")
    if how == "simple":
        value, influence = _average(effects, keep)
        return _result(effects, how, [], [keep], [value], [influence], (value, influence))
    key = {"dynamic": event, "group": effects.cohorts, "calendar": effects.periods}[how]
    at = sorted({float(k) for k in key[keep]})
    cells = [keep & (key == k) for k in at]
    parts = [_average(effects, c, equal=how == "group") for c in cells]
    values, columns = [p[0] for p in parts], [p[1] for p in parts]
    overall = _overall(effects, how, at, cells, np.array(values), np.stack(columns, axis=1))
    if how == "group" and shares == "r_did":
        overall = _overall_of_r(effects, cells, np.array(values), np.stack(columns, axis=1))
    return _result(effects, how, at, cells, values, columns, overall)


def _overall(
    effects: CohortEffects, how: How, at: list[float], cells: list[Any], values: FloatArray, columns: FloatArray
) -> tuple[float, FloatArray]:
    """The summary of a list of averages: plain mean, for cohorts the mean by size."""
    if how != "group":
        use = np.array([k >= 0 for k in at]) if how == "dynamic" else np.ones(len(at), dtype=bool)
        if not use.any():
            return float("nan"), np.full(len(columns), np.nan)
        return float(values[use].mean()), columns[:, use].mean(axis=1)
    heads = np.array([np.flatnonzero(c)[0] for c in cells])
    size = np.array([effects.weights[c].mean() for c in cells])
    share = size / size.sum()
    value = float(share @ values)
    influence = columns @ share
    if effects.membership is not None and effects.share_of is not None:
        if effects.membership.shape[1] == len(effects.weights):
            moved = np.zeros(len(effects.weights))
            for c, v in zip(cells, values, strict=True):
                moved[c] = (v - value) / c.sum()
        else:
            moved = np.zeros(effects.membership.shape[1])
            moved[effects.share_of[heads]] = values - value
        influence = influence + np.asarray(effects.membership @ moved) / size.sum()
    return value, influence


def _overall_of_r(
    effects: CohortEffects, cells: list[Any], values: FloatArray, columns: FloatArray
) -> tuple[float, FloatArray]:
    """R `did` 2.1.2 `aggte(type = "group")`: `wif` indexes the cohorts of the cells, not the list of cohorts."""
    size = np.array([effects.weights[c].mean() for c in cells])
    share = size / size.sum()
    value = float(share @ values)
    if effects.membership is None or effects.share_of is None:
        raise ValueError("R's shares need an estimator that gives the membership of its cells")
    wrong = effects.share_of[: len(cells)]
    moved = np.bincount(wrong, weights=values - value, minlength=effects.membership.shape[1])
    return value, columns @ share + np.asarray(effects.membership @ moved) / size.sum()


def _average(effects: CohortEffects, cells: Any, equal: bool = False) -> tuple[float, FloatArray]:
    """The weighted mean of some cells and its influence, the estimated shares included."""
    at = np.flatnonzero(cells)
    weights = np.ones(len(at)) if equal else effects.weights[at]
    total = weights.sum()
    value = float(weights @ effects.att[at] / total)
    influence: FloatArray = _combine(effects.influence, at, weights / total)
    if effects.membership is not None and effects.share_of is not None and not equal and len(at) > 1:
        moved = np.bincount(
            effects.share_of[at], weights=effects.att[at] - value, minlength=effects.membership.shape[1]
        )
        influence = influence + np.asarray(effects.membership @ moved) / total
    return value, influence


def _combine(influence: FloatArray, at: IntArray, weights: FloatArray) -> FloatArray:
    """The weighted sum of some columns, column by column: no copy of a wide matrix, the same order of addition always."""
    out = np.zeros(len(influence))
    for j, w in zip(at, weights, strict=True):
        out += w * influence[:, j]
    return out


def _result(
    effects: CohortEffects,
    how: How,
    at: list[float],
    cells: list[Any],
    values: list[float],
    columns: list[FloatArray],
    overall: tuple[float, FloatArray],
) -> Aggregated:
    influence = np.stack(columns, axis=1) if at else np.zeros((len(effects.influence), 0))
    summary = overall[1]
    return Aggregated(
        how=how,
        at=np.array(at),
        estimate=np.array(values) if at else np.zeros(0),
        se=standard_errors(influence, effects.clusters, effects.factor),
        influence=influence,
        overall=overall[0],
        overall_se=float(standard_errors(summary[:, None], effects.clusters, effects.factor)[0]),
        overall_influence=summary,
        treated=np.array([int(effects.treated[c].sum()) for c in cells], dtype=np.intp),
        clusters=effects.clusters,
        factor=effects.factor,
    )
