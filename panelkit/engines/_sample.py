"""What every engine does before and after its own arithmetic: refuse, read the columns, scale them, fill in the Fit. No estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.request import Clustered, Fit, Request

if TYPE_CHECKING:
    from panelkit.core.panel import Panel

CONSTANT = "(constant)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The arrays of one request, rows in the panel's order.

    exogenous (n, k1) holds the constant first where there is one; endogenous (n, k2) and instruments (n, z) have no columns
    for least squares; effects, clusters : integer codes; trends : (codes, variable) of each varying slope; weights (n,) or None;
    constants : 1 or 0.
    """

    outcome: np.ndarray
    exogenous: np.ndarray
    endogenous: np.ndarray
    instruments: np.ndarray
    effects: tuple[np.ndarray, ...]
    trends: tuple[tuple[np.ndarray, np.ndarray], ...]
    clusters: tuple[np.ndarray, ...]
    weights: np.ndarray | None
    constants: int

    @property
    def rows(self) -> int:
        return len(self.outcome)

    @property
    def regressors(self) -> np.ndarray:
        """(n, k), columns in the order of the terms: constant, endogenous, slopes."""
        c = self.constants
        return np.column_stack([self.exogenous[:, :c], self.endogenous, self.exogenous[:, c:]])

    @property
    def levels(self) -> int:
        """Columns that the effects and their trends would take as dummies."""
        return sum(int(c.max()) + 1 for c in (*self.effects, *(c for c, _ in self.trends)))


PLAIN = ("least_squares", "two_stage_least_squares")
UNITWISE = ("mean_group", "demeaned_mean_group", "cce_mean_group", "cce_pooled")
METHODS = {
    "least_squares": "least squares",
    "two_stage_least_squares": "two-stage least squares",
    "limited_information": "limited-information maximum likelihood",
    "between": "the between estimator",
    "first_difference": "first differences",
    "random_effects": "random effects",
    "mean_group": "the mean group estimator",
    "demeaned_mean_group": "the demeaned mean group estimator",
    "cce_mean_group": "common correlated effects (mean group)",
    "cce_pooled": "common correlated effects (pooled)",
}


def refusal(
    request: Request, *, estimators: tuple[str, ...] = PLAIN, families: tuple[str, ...] = ("gaussian",)
) -> str | None:
    """Why an engine that has these estimators and families does not answer a request, or None."""
    if request.family not in families:
        return f"the family '{request.family}' is not fitted by this engine; {' and '.join(families)} is"
    if request.estimator not in estimators:
        return f"it does not fit {METHODS[request.estimator]}"
    if not request.slopes and not request.endogenous:
        return "there is no regressor, so there is no coefficient to estimate"
    if request.constant and request.absorb:
        return "a constant cannot be estimated beside absorbed effects, which contain it"
    instrumented = request.estimator in ("two_stage_least_squares", "limited_information")
    if instrumented and not request.endogenous:
        return f"{METHODS[request.estimator]} needs an endogenous regressor"
    if instrumented and len(request.instruments) < len(request.endogenous):
        return (
            f"{counted(len(request.instruments), 'instruments')} cannot identify "
            f"{counted(len(request.endogenous), 'endogenous regressors')}"
        )
    if not instrumented and (request.endogenous or request.instruments):
        return "least squares has no endogenous regressors or instruments; ask for two_stage_least_squares"
    return _refused_method(request) or _refused_covariance(request)


def _refused_method(request: Request) -> str | None:
    """What the estimators of transformed or unit-wise data and the Poisson family do not combine with."""
    method = METHODS[request.estimator]
    if request.estimator not in (*PLAIN, "limited_information"):
        if request.absorb:
            return f"{method} absorbs no effects"
        if request.weights and request.estimator != "first_difference":
            return f"{method} is not weighted here"
    if request.estimator == "first_difference" and request.weight_kind == "frequency" and request.weights:
        return "a first difference of frequency-weighted rows is not defined"
    if request.family == "poisson" and request.estimator != "least_squares":
        return f"the family 'poisson' is not combined with {method}"
    return None


def _refused_covariance(request: Request) -> str | None:
    covariance = request.covariance
    if isinstance(covariance, Clustered):
        if not covariance.by:
            return "clustered errors need a cluster variable; `by` is empty"
        if len(covariance.by) > 2:
            return f"clustering on {counted(len(covariance.by), 'categories')} is not available; one or two are"
        if covariance.variant == "cr3" and len(covariance.by) > 1:
            return "the cluster jackknife (cr3) is defined for one cluster variable"
    return None


def refuse_or_read(reason: str | None, engine: str, request: Request, panel: Panel) -> Sample:
    """The arrays of a request that the engine does not refuse.

    Raises
    ------
    EstimationError
        Where the engine refuses, a column is missing, is no number or has empty cells, or a weight is not positive.
    """
    if reason:
        raise EstimationError(f"the engine '{engine}' does not answer this: {reason}", mend="choose another engine")
    if panel.rows == 0:
        raise EstimationError("the sample has no rows", mend="look at the model's `where`, `years` and missing values")
    n = panel.rows
    constant = [np.ones(n)] if request.constant else []
    exogenous = [*constant, *(_numbers(panel, name) for name in request.slopes)]
    covariance = request.covariance
    known: dict[str, np.ndarray] = {}
    return Sample(
        outcome=_numbers(panel, request.outcome),
        exogenous=_columns(exogenous, n),
        endogenous=_columns([_numbers(panel, name) for name in request.endogenous], n),
        instruments=_columns([_numbers(panel, name) for name in request.instruments], n),
        effects=tuple(_codes(panel, name, known) for name in request.absorb),
        trends=tuple((_codes(panel, effect, known), _numbers(panel, name)) for effect, name in request.varying_slopes),
        clusters=_clusters(panel, covariance.by, known) if isinstance(covariance, Clustered) else (),
        weights=_weights(panel, request) if request.weights else None,
        constants=int(request.constant),
    )


def _columns(columns: list[np.ndarray], rows: int) -> np.ndarray:
    return np.column_stack(columns) if columns else np.empty((rows, 0))


def _numbers(panel: Panel, name: str) -> np.ndarray:
    values = panel.column(name)
    if values.dtype.kind not in "iuf":
        raise EstimationError(f"'{name}' is a category, not a number", mend="absorb it or make dummies of it with i()")
    values = values.astype(np.float64)
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise EstimationError(
            f"'{name}' is missing in {counted(bad, 'rows')} of the sample", mend="leave these rows out first"
        )
    return values


def _codes(panel: Panel, name: str, known: dict[str, np.ndarray]) -> np.ndarray:
    """Codes of a category; `known` keeps those that were made before, as an effect is often a cluster too."""
    if name not in known:
        if name not in panel.names:
            panel.column(name)  # refused there, with the nearest known name
        codes = panel.codes(name)
        if (codes < 0).any():
            missing = int((codes < 0).sum())
            raise EstimationError(
                f"'{name}' is missing in {counted(missing, 'rows')} of the sample", mend="leave these rows out first"
            )
        known[name] = codes
    return known[name]


def _clusters(panel: Panel, by: tuple[str, ...], known: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    codes = tuple(_codes(panel, name, known) for name in by)
    for name, code in zip(by, codes, strict=True):
        if code.max() == 0:
            raise EstimationError(
                f"all rows lie in one cluster of '{name}'", mend="cluster on a category with two or more values"
            )
    return codes if len(codes) < 2 else (*codes, met(*codes))


def met(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Codes of the pairs of two categories that occur."""
    return np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1].reshape(-1)


def _weights(panel: Panel, request: Request) -> np.ndarray:
    weights = _numbers(panel, request.weights)
    if (weights <= 0).any():
        raise EstimationError(
            f"{int((weights <= 0).sum())} weights in '{request.weights}' are not above zero",
            mend="leave these rows out first",
        )
    if request.weight_kind == "frequency" and (weights != np.round(weights)).any():
        raise EstimationError(f"frequency weights must be whole numbers; '{request.weights}' is not")
    return weights


# ---------------------------------------------------------------- scale: powers of two, so that scaling is exact


def scale_of(columns: np.ndarray) -> np.ndarray:
    """The power of two nearest to each column's root mean square (1 for a column of zeros); dividing by it loses no bit."""
    size = np.sqrt(np.mean(np.square(columns), axis=0))
    return np.exp2(np.round(np.log2(np.where(size > 0, size, 1.0))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A sample with every column near size one, and about its mean where there is a constant or an effect.

    back (k, k), shift (k,) : the coefficients of the request are back @ b + shift, terms in the order of the Fit.
    """

    sample: Sample
    outcome_unit: float
    back: np.ndarray
    shift: np.ndarray

    def coefficients(self, b: np.ndarray) -> np.ndarray:
        return self.back @ b + self.shift

    def covariance(self, V: np.ndarray) -> np.ndarray:
        return self.back @ V @ self.back.T


def scaled(sample: Sample) -> Scaled:
    """The sample in units in which no column is large or small, nor (beside a constant or effects) far from zero.

    Packages that solve normal equations lose twice the digits that a large mean beside a small spread costs.
    """
    c = sample.constants
    w = np.ones(sample.rows) if sample.weights is None else sample.weights
    centre = c or len(sample.effects)  # effects absorb a shift as a constant does
    outcome, y_mean, y = _brought_to_size(sample.outcome[:, None], w, centre)
    exogenous, x_mean, x = _brought_to_size(sample.exogenous[:, c:], w, centre)
    endogenous, e_mean, e = _brought_to_size(sample.endogenous, w, centre)
    instruments, _, _ = _brought_to_size(sample.instruments, w, centre)
    slopes = np.concatenate([e, x])
    back = np.diag(np.concatenate([[y[0]] * c, y[0] / slopes]))
    shift = np.zeros(len(back))
    if c:
        back[0, 1:] = -np.concatenate([e_mean, x_mean]) * y[0] / slopes
        shift[0] = y_mean[0]
    made = Sample(
        outcome=outcome[:, 0],
        exogenous=np.column_stack([np.ones((sample.rows, c)), exogenous]),
        endogenous=endogenous,
        instruments=instruments,
        effects=sample.effects,
        trends=tuple((codes, values / scale_of(values[:, None])[0]) for codes, values in sample.trends),
        clusters=sample.clusters,
        weights=sample.weights,
        constants=c,
    )
    return Scaled(sample=made, outcome_unit=float(y[0]), back=back, shift=shift)


def _brought_to_size(columns: np.ndarray, w: np.ndarray, centre: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    means = (w @ columns) / w.sum() if centre else np.zeros(columns.shape[1])
    about = columns - means
    about[:, np.abs(about).max(axis=0, initial=0.0) <= 1e-14 * np.abs(means)] = 0.0  # a constant stays one
    units = scale_of(about)
    return about / units, means, units


# ---------------------------------------------------------------- the answer


def answer(
    *,
    engine: str,
    version: str,
    sample: Sample,
    coefficients: np.ndarray,
    raw: tuple[np.ndarray, ...],
    residuals: np.ndarray,
    outcome_within: np.ndarray | None,
    notes: tuple[str, ...] = (),
    extra: dict[str, float] | None = None,
) -> Fit:
    """The Fit, with its sums of squares. outcome_within : the outcome without its effects, None where none is absorbed."""
    w = np.ones(sample.rows) if sample.weights is None else sample.weights
    total = float(w @ np.square(sample.outcome - (w @ sample.outcome) / w.sum()))
    return Fit(
        engine=engine,
        version=version,
        coefficients=coefficients,
        raw=tuple((V + V.T) / 2 for V in raw),
        residuals=residuals,
        rss=float(w @ np.square(residuals)),
        tss=total,
        tss_within=total if outcome_within is None else float(w @ np.square(outcome_within)),
        notes=notes,
        extra=extra or {},
    )
