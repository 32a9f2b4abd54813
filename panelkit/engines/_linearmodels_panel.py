"""BetweenOLS, FirstDifferenceOLS, RandomEffects and IVLIML of linearmodels, their raw covariances only. No absorbed effects here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.request import Fit, Request
from panelkit.engines._dense_panel import differences, unit_means
from panelkit.engines._linearmodels_parts import frames, kinds, raw_pieces
from panelkit.engines._sample import Sample, answer, scale_of, scaled

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.core.panel import Panel

TRANSFORMED = ("between", "first_difference", "random_effects")


def transformed_fit(name: str, version: str, sample: Sample, request: Request, panel: Panel) -> Fit:
    """The Fit of one of `TRANSFORMED`; residuals and sums of squares are of the transformed rows.

    Raises
    ------
    EstimationError
        Where a cluster varies within a unit (between) or no row has one before it (first differences).
    """
    if request.estimator == "first_difference":
        return _first_difference(name, version, sample, request, panel)
    unit = scaled(sample)
    units = panel.codes(panel.unit)
    means = unit_means(replace(unit.sample, clusters=sample.clusters if request.estimator == "between" else ()), units)
    extra: dict[str, float] = {}
    index = _index(panel)
    y, X = frames(unit.sample, index)
    if request.estimator == "between":
        from linearmodels.panel import BetweenOLS

        results: list[Any] = [
            BetweenOLS(y, X).fit(debiased=False, **kind) for kind in _panel_kinds(request, sample, index)
        ]
        rows = means
        residuals = np.asarray(results[0].resids, dtype=float).reshape(-1)
    else:
        from linearmodels.panel import RandomEffects

        model = RandomEffects(y, X)
        results = [
            model.fit(small_sample=True, debiased=False, **kind) for kind in _panel_kinds(request, sample, index)
        ]
        first = results[0]
        theta = np.asarray(first.theta, dtype=float).reshape(-1)[units]
        # the outcome about zero: in an unbalanced panel its total sum of squares is not that of a centred one
        level = unit_means(replace(sample, clusters=()), units).outcome[units] / unit.outcome_unit
        rows = replace(unit.sample, outcome=sample.outcome / unit.outcome_unit - theta * level)
        residuals = np.asarray(first.resids, dtype=float).reshape(-1)
        size = unit.outcome_unit**2
        extra = {
            "sigma2_idiosyncratic": float(first.variance_decomposition["Residual"]) * size,
            "sigma2_unit": float(first.variance_decomposition["Effects"]) * size,
        }
    b = np.asarray(results[0].params, dtype=float)
    return answer(
        engine=name,
        version=version,
        sample=replace(rows, outcome=rows.outcome * unit.outcome_unit),
        coefficients=unit.coefficients(b),
        raw=tuple(unit.covariance(V) for V in raw_pieces(results, request, len(b), rows.rows)),
        residuals=residuals * unit.outcome_unit,
        outcome_within=None,
        extra=extra,
    )


def _index(panel: Panel) -> pd.MultiIndex:
    import pandas as pd

    return pd.MultiIndex.from_arrays([panel.codes(panel.unit), panel.column(panel.time)], names=["unit", "time"])


def _panel_kinds(request: Request, sample: Sample, index: pd.MultiIndex) -> list[dict[str, Any]]:
    import pandas as pd

    made = kinds(request, sample)
    for kind in made:
        if "clusters" in kind:
            kind["clusters"] = pd.DataFrame({"cluster": kind["clusters"]}, index=index)
    return made


def _first_difference(name: str, version: str, sample: Sample, request: Request, panel: Panel) -> Fit:
    """FirstDifferenceOLS takes neighbouring periods of the whole panel: it is handed each spell without a gap as a unit.

    It has no constant; the time in steps among the regressors has differences of one, which is the constant.
    """
    import pandas as pd
    from linearmodels.iv import IV2SLS
    from linearmodels.panel import FirstDifferenceOLS

    units, times = panel.codes(panel.unit), panel.column(panel.time)
    rows = differences(sample, units, times, request.step)
    c = sample.constants
    sizes = scale_of(rows.exogenous)
    size = float(scale_of(rows.outcome[:, None])[0])
    columns = sample.exogenous / sizes
    columns[:, :c] = (times // request.step)[:, None]
    columns[:, c:] -= columns[:, c:].mean(axis=0)
    spells, order = _spells(units, times, request.step)
    index = pd.MultiIndex.from_arrays([spells, times // request.step], names=["spell", "time"])
    names = [f"term{j:03d}" for j in range(columns.shape[1])]
    y = pd.DataFrame({"y": (sample.outcome - sample.outcome.mean()) / size}, index=index).iloc[order]
    X = pd.DataFrame(columns, columns=names, index=index).iloc[order]
    weights = None if sample.weights is None else pd.DataFrame({"w": sample.weights}, index=index).iloc[order]
    model = FirstDifferenceOLS(y, X, weights=weights)
    made = kinds(request, rows)
    if "clusters" in made[0]:
        # FirstDifferenceOLS wants clusters that are constant within a unit; the same differences as plain least squares do not
        plain = replace(rows, outcome=rows.outcome / size, exogenous=rows.exogenous / sizes)
        fy, fX = frames(plain)
        w = None if rows.weights is None else pd.DataFrame({"w": rows.weights})
        results: list[Any] = [IV2SLS(fy, fX, None, None, weights=w).fit(debiased=False, **kind) for kind in made]
        first: Any = model.fit(cov_type="unadjusted", debiased=False)
    else:
        results = [model.fit(debiased=False, **kind) for kind in made]
        first = results[0]
    back = np.diag(size / sizes)
    b = np.asarray(first.params, dtype=float)
    b = back @ b
    return answer(
        engine=name,
        version=version,
        sample=rows,
        coefficients=b,
        raw=tuple(back @ V @ back for V in raw_pieces(results, request, len(b), rows.rows)),
        residuals=rows.outcome - rows.exogenous @ b,
        outcome_within=None,
    )


def _spells(units: np.ndarray, times: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """A number for each run of rows of a unit that are `step` years apart, and the order of rows by spell and time."""
    order = np.lexsort((times, times % step, units))
    u, t = units[order], times[order]
    fresh = np.ones(len(u), dtype=bool)
    fresh[1:] = (u[1:] != u[:-1]) | (t[1:] - t[:-1] != step)
    spells = np.empty(len(u), dtype=np.int64)
    spells[order] = np.cumsum(fresh) - 1
    return spells, order
