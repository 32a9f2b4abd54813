"""Transformed data for the dense engine: unit means, first differences, random effects by the explicit covariance of each unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.request import Request
from panelkit.engines._sample import Sample

if TYPE_CHECKING:
    from panelkit.core.panel import Panel


def transformed(sample: Sample, request: Request, panel: Panel) -> tuple[Sample, dict[str, float]]:
    """The sample whose least squares is the estimator asked for, and what was estimated on the way.

    Raises
    ------
    EstimationError
        Clusters that vary within a unit (between), no pair of consecutive rows (first differences), too few rows or units
        for the variance components (random effects).
    """
    units = panel.codes(panel.unit)
    if request.estimator == "between":
        return unit_means(sample, units), {}
    if request.estimator == "first_difference":
        return differences(sample, units, panel.column(panel.time), request.step), {}
    if request.estimator == "random_effects":
        return _random_effects(sample, units)
    return sample, {}


def unit_means(sample: Sample, units: np.ndarray) -> Sample:
    """One row for each unit: the means of its rows, and its cluster."""
    members = [np.flatnonzero(units == u) for u in range(int(units.max()) + 1)]
    for codes in sample.clusters:
        if any(np.ptp(codes[rows]) for rows in members):
            raise EstimationError(
                "a cluster varies within a unit, and the between estimator has one row for each unit",
                mend="cluster on the unit or on a category of units",
            )
    first = np.array([rows[0] for rows in members])
    return replace(
        sample,
        outcome=np.array([sample.outcome[rows].mean() for rows in members]),
        exogenous=np.array([sample.exogenous[rows].mean(axis=0) for rows in members]),
        endogenous=np.empty((len(members), 0)),
        instruments=np.empty((len(members), 0)),
        clusters=_recoded(sample, first),
    )


def differences(sample: Sample, units: np.ndarray, times: np.ndarray, step: int) -> Sample:
    """Each row less the row of the same unit `step` years before; rows without one are left out.

    The constant stays one (a drift of the levels). An analytic weight w says that the error's variance is proportional to 1/w, so the
    difference of two rows gets 1 / (1/w + 1/w before).
    """
    found = {(u, t): i for i, (u, t) in enumerate(zip(units.tolist(), times.tolist(), strict=True))}
    pairs = [(i, found[u, t - step]) for (u, t), i in found.items() if (u, t - step) in found]
    if not pairs:
        raise EstimationError(
            f"no row has another of its unit {counted(step, 'years')} before it",
            mend="set `step` to the spacing of the panel",
        )
    now, before = (np.array(side) for side in zip(*sorted(pairs), strict=True))
    exogenous = sample.exogenous[now] - sample.exogenous[before]
    exogenous[:, : sample.constants] = 1.0
    weights = None if sample.weights is None else 1 / (1 / sample.weights[now] + 1 / sample.weights[before])
    return replace(
        sample,
        outcome=sample.outcome[now] - sample.outcome[before],
        exogenous=exogenous,
        endogenous=np.empty((len(now), 0)),
        instruments=np.empty((len(now), 0)),
        clusters=_recoded(sample, now),
        weights=weights,
    )


def _recoded(sample: Sample, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    clusters = tuple(np.unique(codes[rows], return_inverse=True)[1].reshape(-1) for codes in sample.clusters)
    if any(codes.max() == 0 for codes in clusters):
        raise EstimationError("all rows that are left lie in one cluster", mend="cluster on a finer category")
    return clusters


def _random_effects(sample: Sample, units: np.ndarray) -> tuple[Sample, dict[str, float]]:
    """Rows times the symmetric root of their unit's inverse covariance, in units of the idiosyncratic deviation."""
    count = int(units.max()) + 1
    members = [np.flatnonzero(units == u) for u in range(count)]
    own, unit = _components(sample, units, members)
    y, X = sample.outcome.copy(), sample.exogenous.copy()
    roots: dict[int, np.ndarray] = {}
    for rows in members:
        size = len(rows)
        if size not in roots:
            covariance = own * np.eye(size) + unit * np.ones((size, size))
            values, vectors = np.linalg.eigh(covariance / own)
            roots[size] = (vectors / np.sqrt(values)) @ vectors.T
        y[rows], X[rows] = roots[size] @ y[rows], roots[size] @ X[rows]
    extra = {"sigma2_idiosyncratic": own, "sigma2_unit": unit}
    return replace(sample, outcome=y, exogenous=X), extra


def _components(sample: Sample, units: np.ndarray, members: list[np.ndarray]) -> tuple[float, float]:
    """Swamy and Arora's variances, unbalanced as in Baltagi and Chang (1994): dummies written out, then means times root T."""
    n, count = sample.rows, len(members)
    D = (units[:, None] == np.arange(count)[None, :]).astype(np.float64)
    size = np.sqrt(np.sum(sample.exogenous**2, axis=0))
    X = sample.exogenous / np.where(size > 0, size, 1.0)
    both = np.column_stack([D, X])
    rank = int(np.linalg.matrix_rank(both, tol=1e-10 * np.linalg.norm(both, 2)))
    fitted = both @ np.linalg.lstsq(both, sample.outcome, rcond=1e-12)[0]
    if n <= rank:
        raise EstimationError("no degrees of freedom are left within the units", mend="use fewer regressors")
    own = float(np.sum((sample.outcome - fitted) ** 2)) / (n - rank)
    T = np.array([len(rows) for rows in members], dtype=np.float64)
    means = np.array([X[rows].mean(axis=0) for rows in members])
    y = np.array([sample.outcome[rows].mean() for rows in members])
    root = np.sqrt(T)[:, None]
    b, _, k, _ = np.linalg.lstsq(means * root, y * root[:, 0], rcond=None)
    if count <= int(k):
        raise EstimationError(
            f"{counted(count, 'units leave')} no degrees of freedom between them for {counted(int(k), 'coefficients')}",
            mend="use fewer regressors",
        )
    rss = float(np.sum(T * (y - means @ b) ** 2))
    trace = float(
        np.trace(np.linalg.pinv((means * root).T @ (means * root)) @ ((means * T[:, None]).T @ (means * T[:, None])))
    )
    return own, max(0.0, (rss - (count - int(k)) * own) / (n - trace))
