"""The plain engine: explicit dummies (means in turn, where they are many), textbook formulas, refits; shares no algebra with numerics."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.registry import ENGINES
from panelkit.core.request import Classical, Clustered, Fit, Request, Robust
from panelkit.engines._dense_k_class import KClass, limited_information
from panelkit.engines._dense_panel import transformed
from panelkit.engines._dense_poisson import Poisson, poisson
from panelkit.engines._dense_sweep import FEW_CELLS, swept
from panelkit.engines._dense_unitwise import unitwise
from panelkit.engines._poisson_fit import poisson_fit
from panelkit.engines._sample import METHODS, UNITWISE, Sample, answer, refusal, refuse_or_read

if TYPE_CHECKING:
    from panelkit.core.panel import Panel

LARGEST = 5e7  # cells of the matrix of dummies and regressors (400 MB)
LARGEST_SWEPT = 1e9  # the same, where dummies are not written out
COLLINEAR = 1e-9  # share of a column left by the others, below which it is taken to be one of them


class Dense:
    """Every request of small panels, dummy columns written out; every covariance, cr3 by refitting without each cluster.

    For random effects the variance components are those of all clusters; for a Poisson model there is no cr3 by refits.
    """

    name = "dense"

    @property
    def version(self) -> str:
        return metadata.version("panelkit")

    def refuses(self, request: Request) -> str | None:
        """See `core.engine.Engine`. A sample too large is told by `fit`, which sees it."""
        covariance = request.covariance
        jackknifed = isinstance(covariance, Clustered) and covariance.variant == "cr3"
        if request.family == "poisson" and jackknifed:
            return "dense does not refit a Poisson model without each cluster"
        if request.estimator in UNITWISE and not isinstance(covariance, Clustered):
            return "estimates unit by unit have the covariance of their spread over units alone"
        return refusal(request, estimators=tuple(METHODS), families=("gaussian", "poisson"))

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer by explicit columns.

        Raises
        ------
        EstimationError
            Where the matrix would have more than 5e7 cells, a regressor is collinear or absorbed, or (cr3) the rows without
            some cluster do not determine a coefficient.
        """
        sample = refuse_or_read(self.refuses(request), self.name, request, panel)
        _refuse_size(sample, is_linear=request.family != "poisson")
        if request.estimator in UNITWISE:
            return self._unitwise(request, panel, sample)
        if request.family == "poisson":
            return self._poisson(request, sample)
        sample, extra = transformed(sample, request, panel)
        everything = np.arange(sample.rows)
        X, y, Z = _purged(sample, everything)
        _refuse_unidentified(request, sample, X, Z)
        w = np.ones(sample.rows) if sample.weights is None else sample.weights
        Xhat = X if Z is None else Z @ _solve(Z, X, w)
        if Z is not None:
            _refuse_collinear(Xhat, X, sample.weights, request.terms, "is not identified by the instruments")
        if request.estimator == "limited_information":
            found = limited_information(X, y, np.asarray(Z), w, _inner(request))
            b, extra = found.coefficients, {"kappa": found.kappa}
        else:
            found, b = None, _solve(Xhat, y, w)
        u = y - X @ b
        if isinstance(request.covariance, Clustered) and request.covariance.variant == "cr3":
            raw: tuple[np.ndarray, ...] = (_jackknife(request, panel, sample, b),)
        elif found is not None:
            raw = _k_class_pieces(request, sample, found, u, w)
        else:
            raw = _pieces(request, sample, Xhat, u, w)
        return answer(
            engine=self.name,
            version=self.version,
            sample=sample,
            coefficients=b,
            raw=raw,
            residuals=u,
            outcome_within=y if sample.effects or sample.trends else None,
            extra=extra,
        )

    def _unitwise(self, request: Request, panel: Panel, sample: Sample) -> Fit:
        found = unitwise(sample, request, panel.codes(panel.unit), panel.column(panel.time).astype(np.float64))
        return answer(
            engine=self.name,
            version=self.version,
            sample=sample,
            coefficients=found.coefficients,
            raw=(found.piece,),
            residuals=found.residuals,
            outcome_within=None,
        )

    def _poisson(self, request: Request, sample: Sample) -> Fit:
        X = sample.exogenous
        _refuse_collinear(_purged(sample, np.arange(sample.rows))[0], X, sample.weights, request.terms)
        w = np.ones(sample.rows) if sample.weights is None else sample.weights
        found: Poisson = poisson(X, sample.outcome, _dummies(sample, np.arange(sample.rows)), w, request.stop)
        return poisson_fit(self, request, sample, found.coefficients, found.steps, found.within)


def _inner(request: Request) -> list[int]:
    """Positions of the endogenous regressors among the terms."""
    return [request.terms.index(name) for name in request.endogenous]


def _refuse_unidentified(request: Request, sample: Sample, X: np.ndarray, Z: np.ndarray | None) -> None:
    names = request.terms
    _refuse_collinear(X, sample.regressors, sample.weights, names)
    if Z is not None:
        own = [*request.instruments, *(n for n in names if n not in request.endogenous)]
        _refuse_collinear(Z, np.column_stack([sample.instruments, sample.exogenous]), sample.weights, own)


def _refuse_size(sample: Sample, *, is_linear: bool) -> None:
    columns = sample.levels + sample.exogenous.shape[1] + sample.endogenous.shape[1] + sample.instruments.shape[1]
    if sample.rows * columns > (LARGEST_SWEPT if is_linear and _is_swept(sample) else LARGEST):
        raise EstimationError(
            f"the engine 'dense' writes effects out as dummies or takes their means out in turn, and {counted(sample.rows, 'rows')} by"
            f" {counted(columns, 'columns are')} more than its limit of {LARGEST:.0e} and {LARGEST_SWEPT:.0e} cells",
            mend="take the engine pyfixest or linearmodels",
        )


def _dummies(sample: Sample, rows: np.ndarray) -> np.ndarray:
    """(len(rows), L) a column per level that occurs (but the first of later effects), then one per level and varying slope."""
    blocks = [np.empty((len(rows), 0))]
    for j, codes in enumerate(sample.effects):
        kept = codes[rows]
        blocks.append((kept[:, None] == np.unique(kept)[int(j > 0) :][None, :]).astype(np.float64))
    for codes, values in sample.trends:
        kept = codes[rows]
        # where the effect itself is absorbed, centring its slope changes no span and saves digits (years are near 2000)
        own = values[rows] - values.mean() if any(np.array_equal(codes, e) for e in sample.effects) else values[rows]
        blocks.append((kept[:, None] == np.unique(kept)[None, :]) * own[:, None])
    return np.column_stack(blocks)


def _purged(sample: Sample, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Regressors, outcome and (2SLS) all instruments on `rows`, without what the dummies explain."""
    X = sample.regressors[rows]
    y = sample.outcome[rows]
    Z = np.column_stack([sample.instruments, sample.exogenous])[rows] if sample.instruments.shape[1] else None
    if not sample.effects and not sample.trends:
        return X, y, Z
    root = np.ones(len(rows)) if sample.weights is None else np.sqrt(sample.weights[rows])
    M = np.column_stack([X, y[:, None], *([] if Z is None else [Z])])
    size = np.linalg.norm(M * root[:, None], axis=0)
    M = _without_effects(sample, rows, M, root)
    M[:, np.linalg.norm(M * root[:, None], axis=0) <= 1e-13 * size] = 0.0
    k = X.shape[1]
    return M[:, :k], M[:, k], None if Z is None else M[:, k + 1 :]


def _without_effects(sample: Sample, rows: np.ndarray, M: np.ndarray, root: np.ndarray) -> np.ndarray:
    """The columns of M without what the dummies explain: by means in turn where there are many, else by QR of the dummies."""
    if _is_swept(sample):
        weights = None if sample.weights is None else sample.weights[rows]
        found = swept(M, tuple(codes[rows] for codes in sample.effects), weights)
        if found is not None:
            return found
        if len(rows) * sample.levels > LARGEST:
            raise EstimationError(
                "the engine 'dense' takes means out in turn, and they do not settle: the effects hardly meet",
                mend="take the engine pyfixest or linearmodels",
            )
    Q = _basis(_dummies(sample, rows) * root[:, None])
    M = M * root[:, None]
    for _ in range(2):  # the second pass takes off what rounding left
        M = M - Q @ (Q.T @ M)
    return np.asarray(M / root[:, None])


def _is_swept(sample: Sample) -> bool:
    return not sample.trends and len(sample.effects) > 0 and sample.rows * sample.levels > FEW_CELLS


def _basis(D: np.ndarray) -> np.ndarray:
    """Orthonormal columns that span D, whatever its rank: by QR, with pivoting (slower) where columns turn out dependent."""
    from scipy.linalg import qr

    size = np.linalg.norm(D, axis=0)
    sized = D[:, size > 0] / size[size > 0]
    if np.count_nonzero(sized, axis=1).max(initial=0) <= 1:
        return sized  # one effect: its dummies never meet in a row
    if sized.shape[1] <= sized.shape[0]:
        Q, R = np.linalg.qr(sized)
        if np.abs(np.diag(R)).min(initial=1.0) > 1e-6:
            return np.asarray(Q)
    Q, R, _ = qr(sized, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(R))
    return np.asarray(Q[:, : int((diagonal > 1e-10 * diagonal[0]).sum())])


def _solve(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weighted least squares by QR; columns are brought to norm one first."""
    root = np.sqrt(w)
    WX = X * root[:, None]
    size = np.linalg.norm(WX, axis=0)
    Q, R = np.linalg.qr(WX / size)
    right = Q.T @ (y * (root if y.ndim == 1 else root[:, None]))
    found = np.linalg.solve(R, right)
    return found / (size if y.ndim == 1 else size[:, None])


def _refuse_collinear(
    X: np.ndarray, before: np.ndarray, weights: np.ndarray | None, names: tuple[str, ...] | list[str], why: str = ""
) -> None:
    """Raise where a column has nothing left after the effects, or after the columns before it."""
    root = np.ones(len(X)) if weights is None else np.sqrt(weights)
    left, size = np.linalg.norm(X * root[:, None], axis=0), np.linalg.norm(before * root[:, None], axis=0)
    for j, name in enumerate(names):
        if left[j] <= COLLINEAR * max(size[j], np.finfo(float).tiny):
            raise EstimationError(
                f"'{name}' {why or 'does not vary within the absorbed effects'}", mend="leave it out of the model"
            )
    if X.shape[1] > X.shape[0]:
        raise EstimationError(f"{counted(X.shape[0], 'rows')} cannot carry {counted(X.shape[1], 'regressors')}")
    own = np.abs(np.diag(np.linalg.qr(X * root[:, None] / left, mode="r")))
    for j, name in enumerate(names):
        if own[j] <= COLLINEAR:
            raise EstimationError(
                f"'{name}' {why or 'is an exact combination of the other regressors and effects'}",
                mend="leave it out of the model",
            )


def _pieces(request: Request, sample: Sample, Xhat: np.ndarray, u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, ...]:
    """Covariance pieces without factor: (X'WX)^-1 times RSS, or the sum of outer products of the influences on b.

    The influence of a row is (X'WX)^-1 x w u; taking it from QR row by row keeps the digits that bread times meat times
    bread would lose.
    """
    root = np.sqrt(w)[:, None]
    WX = Xhat * root
    size = np.linalg.norm(WX, axis=0)
    Q, R = np.linalg.qr(WX / size)
    inverse = np.linalg.solve(R, np.eye(len(size))) / size[:, None]
    if isinstance(request.covariance, Classical):
        return (inverse @ inverse.T * float(w @ np.square(u)),)
    influence = (Q @ inverse.T) * root * u[:, None]
    if isinstance(request.covariance, Robust):
        # a frequency weight stands for w rows, each with its own score; an analytic weight scales the score of one row
        own = influence / root if request.weight_kind == "frequency" else influence
        return (own.T @ own,)
    pieces = []
    for codes in sample.clusters:
        sums = np.array([influence[codes == level].sum(axis=0) for level in np.unique(codes)])
        pieces.append(sums.T @ sums)
    return tuple(pieces)


def _k_class_pieces(
    request: Request, sample: Sample, found: KClass, u: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, ...]:
    """As `_pieces` for limited information: bread of X'(I - kappa M_Z)X, scores of the projected regressors (as linearmodels)."""
    if isinstance(request.covariance, Classical):
        return (found.bread * float(w @ np.square(u)),)
    scores = found.projected * (w * u)[:, None]
    if isinstance(request.covariance, Robust):
        own = scores / np.sqrt(w)[:, None] if request.weight_kind == "frequency" else scores
        return (found.bread @ (own.T @ own) @ found.bread,)
    sums = [np.array([scores[c == g].sum(axis=0) for g in np.unique(c)]) for c in sample.clusters]
    return tuple(found.bread @ (part.T @ part) @ found.bread for part in sums)


def _jackknife(request: Request, panel: Panel, sample: Sample, b: np.ndarray) -> np.ndarray:
    """Sum over clusters of the outer products of (estimate without the cluster - estimate), each by a fit of its own."""
    (codes,) = sample.clusters
    by = panel.column(request.covariance.by[0])  # type: ignore[union-attr]
    named = by if len(by) == sample.rows else codes + 1  # transformed rows are fewer than those of the panel
    total = np.zeros((len(b), len(b)))
    for level in np.unique(codes):
        rows = np.flatnonzero(codes != level)
        X, y, Z = _purged(sample, rows)
        w = np.ones(len(rows)) if sample.weights is None else sample.weights[rows]
        part = None if sample.weights is None else w
        without = f"is not determined without the cluster {named[codes == level][0]}"
        _refuse_collinear(X, sample.regressors[rows], part, request.terms, without)
        Xhat = X
        if Z is not None:
            root = np.sqrt(w)[:, None]
            Q = _basis((Z * root)[:, np.linalg.norm(Z, axis=0) > 0])
            Xhat = Q @ (Q.T @ (X * root)) / root
            _refuse_collinear(Xhat, X, part, request.terms, without)
        if Z is not None and request.estimator == "limited_information":
            gap = limited_information(X, y, Z, w, _inner(request)).coefficients - b
        else:
            gap = _solve(Xhat, y, w) - b
        total += np.outer(gap, gap)
    return total


ENGINES.register(Dense())
