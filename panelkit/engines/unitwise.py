"""The engine unitwise: mean group and common correlated effects by the QR algebra of numerics. It fits no pooled regression."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.registry import ENGINES
from panelkit.core.request import Clustered, Fit, Request
from panelkit.engines._sample import UNITWISE, answer, refusal, refuse_or_read
from panelkit.numerics.heterogeneity import MeanGroup, cce_pooled, mean_group

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.numerics.heterogeneity import Averages

AVERAGES: dict[str, Averages] = {"mean_group": "none", "demeaned_mean_group": "subtracted", "cce_mean_group": "added"}


class Unitwise:
    """Unit by unit; no package that panelkit rests on has these estimators, so `dense` confirms them by another solver."""

    name = "unitwise"

    @property
    def version(self) -> str:
        return metadata.version("panelkit")

    def refuses(self, request: Request) -> str | None:
        """See `core.engine.Engine`."""
        if request.estimator not in UNITWISE:
            return "it fits mean groups and common correlated effects only"
        if not isinstance(request.covariance, Clustered):
            return "estimates unit by unit have the covariance of their spread over units alone"
        return refusal(request, estimators=UNITWISE)

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer; raw piece as `dense` gives it (see `_dense_unitwise.unitwise`).

        Raises
        ------
        EstimationError
            If a unit is too short or its columns are collinear, naming it.
        """
        sample = refuse_or_read(self.refuses(request), self.name, request, panel)
        unit, time = panel.codes(panel.unit), panel.codes(panel.time)
        X = sample.exogenous[:, sample.constants :]
        size = np.sqrt(np.mean(X**2, axis=0))
        if request.trend == "unit" and np.ptp(panel.column(panel.time)) != int(time.max()):
            raise EstimationError(
                "a trend of each unit counts years, and the panel has years that no unit has",
                mend="leave the trend out",
            )
        try:
            found = self._found(request, X / size, sample.outcome, unit, time)
        except ValueError as fault:
            raise EstimationError(
                _named(str(fault), panel), mend="leave out regressors, or units that are too short"
            ) from fault
        k, count = len(request.terms), found.by_unit.shape[0]
        scale = np.concatenate([np.ones(sample.constants), 1 / size])
        V = found.covariance[:k, :k] * np.outer(scale, scale)
        back = (count - 1) / count if request.estimator == "cce_pooled" else count / (count - 1)
        return answer(
            engine=self.name,
            version=self.version,
            sample=sample,
            coefficients=found.coefficients[:k] * scale,
            raw=(V * back,),
            residuals=_residuals(request, X / size, sample.outcome, unit, time, found),
            outcome_within=None,
        )

    def _found(self, request: Request, X: np.ndarray, y: np.ndarray, unit: np.ndarray, time: np.ndarray) -> MeanGroup:
        if request.estimator == "cce_pooled":
            return cce_pooled(X, y, unit, time, request.trend)
        return mean_group(X, y, unit, time, AVERAGES[request.estimator], request.trend)


def _named(text: str, panel: Panel) -> str:
    """A message of numerics, with the unit's name in place of its code."""
    head, _, rest = text.partition(" ")
    if head != "unit":
        return text
    code, _, tail = rest.partition(" ")
    bare = code.rstrip(":")
    return f"unit {panel.units[int(bare)]}{code[len(bare) :]} {tail}" if bare.isdigit() else text


def _residuals(
    request: Request, X: np.ndarray, y: np.ndarray, unit: np.ndarray, time: np.ndarray, found: MeanGroup
) -> np.ndarray:
    """Residuals of each unit's own regression; of the pooled estimator, with the common slopes and each unit's own rest."""
    average = np.stack([np.bincount(time, weights=c) / np.bincount(time) for c in (y, *X.T)], axis=1)[time]
    trend = [time.astype(np.float64)] if request.trend == "unit" else []
    ones = np.ones(len(y))
    out = np.empty(len(y))
    for u in range(int(unit.max()) + 1):
        rows = unit == u
        if request.estimator == "cce_pooled":
            N = np.column_stack([ones, average, *trend])[rows]
            Q = np.linalg.qr(N)[0]
            left = y[rows] - X[rows] @ found.coefficients
            out[rows] = left - Q @ (Q.T @ left)
            continue
        own, target = X, y
        if request.estimator == "demeaned_mean_group":
            own, target = X - average[:, 1:], y - average[:, 0]
        added = [average] if request.estimator == "cce_mean_group" else []
        out[rows] = target[rows] - np.column_stack([ones, own, *added, *trend])[rows] @ found.by_unit[u]
    return out


ENGINES.register(Unitwise())
