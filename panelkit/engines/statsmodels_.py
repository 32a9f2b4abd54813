"""The engine statsmodels: Poisson pseudo-maximum likelihood by its GLM with every dummy written out, for small panels. Nothing else."""

from __future__ import annotations

import warnings
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.registry import ENGINES
from panelkit.core.request import Clustered, Fit, Request
from panelkit.engines._poisson_fit import poisson_fit
from panelkit.engines._sample import Sample, refusal, refuse_or_read, scaled
from panelkit.numerics.poisson import Steps

if TYPE_CHECKING:
    from panelkit.core.panel import Panel

LARGEST = 2e7  # cells of the matrix of dummies and regressors
TOLERANCE = 1e-13  # of the largest relative change of a coefficient


class Statsmodels:
    """Poisson with a log link, effects as dummies: a second engine beside pyfixest's demeaner."""

    name = "statsmodels"

    @property
    def version(self) -> str:
        return metadata.version("statsmodels")

    def refuses(self, request: Request) -> str | None:
        """See `core.engine.Engine`."""
        if request.family != "poisson":
            return "it is asked for Poisson models only; the other engines fit least squares"
        if isinstance(request.covariance, Clustered) and request.covariance.variant == "cr3":
            return "statsmodels does not refit a Poisson model without each cluster"
        if request.stop != "converged":
            return f"statsmodels takes its steps to the end, not to where {request.stop} stops"
        if request.varying_slopes:
            return "slopes that vary by group are not written out for statsmodels"
        return refusal(request, estimators=("least_squares",), families=("poisson",))

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer by `statsmodels.GLM`.

        Raises
        ------
        EstimationError
            Where the dummies are too many, the steps do not settle, or a regressor is collinear.
        """
        sample = refuse_or_read(self.refuses(request), self.name, request, panel)
        columns = sample.levels + sample.exogenous.shape[1]
        if sample.rows * columns > LARGEST:
            raise EstimationError(
                f"the engine 'statsmodels' writes every effect out as dummies, and {counted(sample.rows, 'rows')} "
                f"by {counted(columns, 'columns')}"
                f" are more than its limit of {LARGEST:.0e} cells",
                mend="take the engine pyfixest",
            )
        unit = scaled(sample)
        X, k = _written_out(unit.sample), sample.exogenous.shape[1]
        b, means = _glm(X, sample.outcome, sample.weights)
        # the outcome is not scaled here (its logarithm is what is linear), so only the regressors' units and means are undone
        back = unit.back / unit.outcome_unit
        coefficients = back @ b[:k]
        within = _off_effects(sample, means)
        working = np.log(means) + (sample.outcome - means) / means
        steps = Steps(means=means, weighting=means, working=working)
        return poisson_fit(self, request, sample, coefficients, steps, within)


def _written_out(sample: Sample) -> np.ndarray:
    """Regressors, then a column for each level of each effect but the first of the later ones that is not spanned before."""
    from scipy.linalg import qr

    blocks = [
        (codes[:, None] == np.arange(int(j > 0), int(codes.max()) + 1)[None, :]).astype(np.float64)
        for j, codes in enumerate(sample.effects)
    ]
    D = np.column_stack([np.empty((sample.rows, 0)), *blocks])
    if D.shape[1]:
        R, order = qr(D, mode="r", pivoting=True)[-2:]
        diagonal = np.abs(np.diag(R))
        D = D[:, np.sort(order[: int((diagonal > 1e-9 * diagonal[0]).sum())])]
    return np.column_stack([sample.exogenous, D])


def _glm(X: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.GLM(y, X, family=sm.families.Poisson(), freq_weights=weights)
        result = model.fit(method="IRLS", maxiter=200, tol=TOLERANCE, tol_criterion="params")
    if not result.converged:
        raise EstimationError(
            "the Poisson steps of statsmodels do not settle", mend="look for separated outcomes of zero"
        )
    return np.asarray(result.params, dtype=float), np.asarray(result.fittedvalues, dtype=float)


def _off_effects(sample: Sample, means: np.ndarray) -> np.ndarray:
    """The regressors less what the dummies explain of them under weights w x mean."""
    root = np.sqrt(means if sample.weights is None else sample.weights * means)[:, None]
    k = sample.exogenous.shape[1]
    left = sample.exogenous * root
    D = _written_out(sample)[:, k:] * root
    if D.shape[1]:
        Q = np.linalg.qr(D)[0]
        for _ in range(2):
            left = left - Q @ (Q.T @ left)
    return left / root


ENGINES.register(Statsmodels())
