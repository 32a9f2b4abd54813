"""The wild restricted efficient bootstrap of two-stage least squares, by matrix products. Least squares: see `wild`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector
from panelkit.numerics.leave_out import InstrumentColumns
from panelkit.numerics.projection import Absorber
from panelkit.numerics.wild import (
    BLOCK,
    TIE,
    Weights,
    WildResult,
    enumerated_signs,
    first_edge,
    random_weights,
    share_reached,
    studentised,
)

DOUBLINGS = 20  # of the standard error, before a side of the confidence set is called infinite
KEPT_CELLS = 16_000_000  # weights kept in memory for the confidence set; more are made again from the seed


@dataclass(frozen=True, slots=True, kw_only=True)
class WildPlan:
    """Weights (`rademacher`, `webb`, `mammen`), number of draws, seed of `numpy.random.PCG64`."""

    weights: Weights = "rademacher"
    draws: int = 9999
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Model:
    """Columns off effects and exogenous regressors, times the root of the weights; instruments orthonormal (n, m)."""

    y: FloatArray
    endogenous: FloatArray
    Q: FloatArray
    off: Callable[[FloatArray], FloatArray]
    coded: IntArray
    groups: int


def wild_two_stage(
    columns: InstrumentColumns,
    codes: IntArray,
    absorber: Absorber,
    *,
    null: float = 0.0,
    plan: WildPlan | None = None,
    level: float = 0.95,
) -> WildResult:
    """Give back the wild restricted efficient bootstrap of the coefficient of one endogenous regressor.

    Parameters
    ----------
    columns : residualised off ALL effects of `absorber`; one endogenous regressor. Regression weights are those of
        `absorber`; without effects give a constant among the exogenous columns.
    codes : (n,) cluster codes 0..G-1.
    null : value of the coefficient under the null.
    plan : see `WildPlan`; when 2^G <= draws all Rademacher vectors are enumerated instead.
    level : of the confidence set, found by inversion: the same draws at every null, searched outward from the estimate
        (with weak instruments the true set may be disjoint; the piece around the estimate is given).

    Raises
    ------
    ValueError
        For several endogenous regressors, collinear columns, fewer than two clusters, or no draws.

    Notes
    -----
    Under the null the structural residuals are those of outcome - null x endogenous; the first stage is fitted with
    those residuals as a further regressor, which makes its estimate efficient, and both residuals of a cluster get the
    same weight. t is raw (CR0), as in `wild.wild_cluster`, with residuals at the bootstrap estimate.

    Source
    ------
    Davidson and MacKinnon (2010, doi:10.1198/jbes.2009.07221), the WRE bootstrap; clustered: Finlay and Magnusson
    (2019, doi:10.1002/jae.2710), Roodman, MacKinnon, Nielsen and Webb (2019, doi:10.1177/1536867X19830877).
    Stata `ivreg2`/`ivregress` then `boottest`.
    """
    plan = plan or WildPlan()
    if plan.draws < 1:
        raise ValueError(f"the bootstrap needs one draw or more, not {plan.draws}")
    model = _model(columns, codes, absorber)
    enumerated = plan.weights == "rademacher" and model.groups < 62 and 2**model.groups <= plan.draws
    total = 2**model.groups if enumerated else plan.draws
    blocks = _blocks(model.groups, plan, enumerated, total)
    estimate, step = _sample(model)

    def statistics(at: float) -> tuple[float, FloatArray]:
        evaluate = _kernels(model, at)
        own = float(evaluate(np.ones((1, model.groups)))[0])
        drawn = np.concatenate([evaluate(v) for v in blocks()])
        return own, drawn

    def share(own: float, drawn: FloatArray) -> float:
        count = int(np.count_nonzero(np.abs(drawn) >= abs(own) * (1 - TIE)))
        return share_reached(count, int(np.count_nonzero(~np.isnan(drawn))), enumerated)

    own, drawn = statistics(null)
    if np.isnan(own):
        raise ValueError("the clustered variance of the coefficient is zero: nothing can be bootstrapped")
    low, high = (
        estimate + first_edge(lambda gap: share(*statistics(estimate + gap)), side * step, 1 - level, 1e-7, DOUBLINGS)
        for side in (-1.0, 1.0)
    )
    undefined = int(np.isnan(drawn).sum())
    return WildResult(
        statistic=own,
        p=share(own, drawn),
        low=low,
        high=high,
        draws_used=total - undefined,
        undefined=undefined,
        enumerated=enumerated,
        statistics=drawn,
    )


def wild_two_stage_statistics(
    columns: InstrumentColumns, codes: IntArray, absorber: Absorber, weights: FloatArray
) -> tuple[float, FloatArray]:
    """Give back t of the endogenous coefficient (CR0, null 0) and its bootstrap t (B,) under given weights (B, G).

    Parameters and Raises as `wild_two_stage`; `weights` as in `wild.wild_statistics`.
    """
    model = _model(columns, codes, absorber)
    drawn = matrix(weights, "the bootstrap weights")
    if drawn.shape[1] != model.groups:
        raise ValueError(f"there are {model.groups} clusters, the weights are for {drawn.shape[1]}")
    evaluate = _kernels(model, 0.0)
    own = float(evaluate(np.ones((1, model.groups)))[0])
    blocks = [evaluate(drawn[start : start + BLOCK]) for start in range(0, drawn.shape[0], BLOCK)]
    return own, np.concatenate(blocks)


def _blocks(groups: int, plan: WildPlan, enumerated: bool, total: int) -> Callable[[], Iterator[FloatArray]]:
    """The same blocks of weights at every call."""

    def made() -> Iterator[FloatArray]:
        draw = enumerated_signs(groups) if enumerated else random_weights(groups, plan.weights, plan.seed)
        for start in range(0, total, BLOCK):
            yield draw(min(BLOCK, total - start))

    if total * groups > KEPT_CELLS:
        return made
    kept = list(made())
    return lambda: iter(kept)


def _model(columns: InstrumentColumns, codes: IntArray, absorber: Absorber) -> _Model:
    outcome = vector(columns.outcome, "the outcome")
    n = outcome.shape[0]
    coded, groups = group_codes(codes, "the cluster", n)
    inner = matrix(columns.endogenous, "the endogenous regressor", n)
    if inner.shape[1] != 1:
        raise ValueError(f"the wild bootstrap is made for one endogenous regressor, not {inner.shape[1]}")
    if groups < 2:
        raise ValueError("a cluster bootstrap needs two clusters or more")
    root = (np.ones(n) if absorber.weights is None else np.sqrt(absorber.weights))[:, None]
    X = np.zeros((n, 0)) if columns.exogenous is None else matrix(columns.exogenous, "the exogenous ones", n) * root
    basis = _basis(X, "the exogenous regressors are collinear")

    def off(values: FloatArray) -> FloatArray:
        """Columns already in root-of-weight units, off effects and exogenous regressors."""
        left = absorber.residualise(values / root) * root
        for _ in range(2):
            left = left - basis @ (basis.T @ left)
        return left

    Z = matrix(columns.instruments, "the instruments", n) * root
    for _ in range(2):
        Z = Z - basis @ (basis.T @ Z)
    both = off(np.column_stack([outcome, inner]) * root)
    return _Model(
        y=both[:, 0],
        endogenous=both[:, 1],
        Q=_basis(Z, "the instruments are collinear"),
        off=off,
        coded=coded,
        groups=groups,
    )


def _basis(columns: FloatArray, fault: str) -> FloatArray:
    if columns.shape[1] == 0:
        return columns
    basis, triangle = np.linalg.qr(columns)
    if (np.abs(np.diag(triangle)) < 1e-11 * np.linalg.norm(columns, axis=0)).any():
        raise ValueError(fault)
    out: FloatArray = basis
    return out


def _sample(model: _Model) -> tuple[float, float]:
    """Estimate and its raw clustered standard error."""
    a, c = model.Q.T @ model.endogenous, model.Q.T @ model.y
    information = float(a @ a)
    if information <= 1e-20 * float(model.endogenous @ model.endogenous):
        raise ValueError("the instruments explain nothing of the endogenous regressor")
    estimate = float(a @ c) / information
    residual = model.y - estimate * model.endogenous
    scores = group_sums(((model.Q @ a) * residual)[:, None], model.coded, model.groups)
    return estimate, float(np.sqrt((scores**2).sum())) / information


def _kernels(model: _Model, null: float) -> Callable[[FloatArray], FloatArray]:
    """A function from weights (B, G) to t* (B,) under the data-generating process of one null."""
    groups, m = model.groups, model.Q.shape[1]
    u = model.y - null * model.endogenous
    regressors = np.column_stack([model.Q, u])
    length = np.linalg.norm(regressors, axis=0)
    scale = np.where(length > 0, length, 1.0)
    first = np.linalg.lstsq(regressors / scale, model.endogenous, rcond=1e-12)[0] / scale
    fitted = model.Q @ first[:m]
    v = model.endogenous - fitted
    member = model.coded[:, None] == np.arange(groups)
    masked = np.column_stack([np.where(member, u[:, None], 0.0), np.where(member, v[:, None], 0.0)])
    left = model.off(masked)
    parts = [group_sums(model.Q[:, j, None] * left, model.coded, groups) for j in range(m)]
    kernel = np.stack(parts)  # (m, G, 2 G): instrument j, cluster scored, cluster weighted (u then v)
    inner = [group_sums(model.Q * e[:, None], model.coded, groups) for e in (u, v)]  # (G, m)
    base = group_sums(model.Q * fitted[:, None], model.coded, groups)  # (G, m)
    turned = [np.ascontiguousarray(kernel[:, :, i * groups : (i + 1) * groups].transpose(0, 2, 1)) for i in (0, 1)]

    def evaluate(w: FloatArray) -> FloatArray:
        c, a = w @ inner[0], base.sum(axis=0) + w @ inner[1]
        gap = (a * c).sum(axis=1) / (a * a).sum(axis=1)
        scores = np.zeros((w.shape[0], groups))
        size = np.zeros(w.shape[0])
        for j in range(m):
            structural = a[:, j, None] * (w @ turned[0][j])
            reduced = (a[:, j] * gap)[:, None] * (base[:, j] + w @ turned[1][j])
            scores += structural - reduced
            size += (structural**2).sum(axis=1) + (reduced**2).sum(axis=1)
        return studentised((a * c).sum(axis=1), np.einsum("ij,ij->i", scores, scores), size)

    return evaluate
