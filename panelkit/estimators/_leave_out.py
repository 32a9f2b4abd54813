"""The estimates without each cluster, for least squares and two-stage least squares with absorbed effects. No factor is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.request import Design
from panelkit.numerics import sandwich
from panelkit.numerics.least_squares import two_stage
from panelkit.numerics.projection import absorber, dummy_columns

LARGEST = 2e7  # cells of the explicit dummy columns of effects that are not nested in the clusters
LOST = 1e-10  # share of a direction left without a cluster, below which the other clusters do not determine it


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Effects by whether each of their levels lies in one cluster: a projection off those, columns (n, p) for the others.

    `others` are residualised off the nested effects already.
    """

    nested: Any
    others: np.ndarray


def is_nested(inner: np.ndarray, outer: np.ndarray) -> bool:
    """Whether every level of `inner` (n,) lies in one level of `outer` (n,)."""
    pairs = np.unique(inner * (int(outer.max()) + 1) + outer)
    return len(pairs) == int(inner.max()) + 1


def split(design: Design) -> Split:
    """The effects of a design, nested in its first cluster variable or written out.

    Raises
    ------
    EstimationError
        If the columns to write out would have more than 2e7 cells.
    """
    codes = design.clusters[0]
    nested = [i for i, effect in enumerate(design.effects) if is_nested(effect, codes)]
    inner = [(nested.index(i), v) for i, v in design.varying_slopes if i in nested]
    project = absorber([design.effects[i] for i in nested], design.weights, inner)
    rest = [effect for i, effect in enumerate(design.effects) if i not in nested]
    trends = [(design.effects[i], v) for i, v in design.varying_slopes if i not in nested]
    columns = sum(int(e.max()) + 1 for e in [*rest, *(e for e, _ in trends)])
    if columns * len(codes) > LARGEST:
        raise EstimationError(
            f"the cluster jackknife would write {columns} dummies out for {len(codes)} rows, because the effects are not"
            f" nested in {design.cluster_names[0]}",
            mend='set covariance = { kind = "clustered", variant = "cr1" }',
        )
    blocks = [dummy_columns(e, drop_first=bool(nested)) for e in rest]
    blocks += [dummy_columns(e, drop_first=False) * (v - v.mean())[:, None] for e, v in trends]
    others = np.column_stack(blocks) if blocks else np.zeros((len(codes), 0))
    return Split(nested=project, others=project.residualise(others) if others.shape[1] else others)


def jackknife(design: Design) -> sandwich.Jackknife:
    """The estimates without each cluster, in the order of the design's names; nothing is refitted row by row.

    Raises
    ------
    EstimationError
        If there are fewer than two clusters, or the effects are too many to write out.

    Source
    ------
    MacKinnon, Nielsen and Webb (2023, doi:10.1016/j.jeconom.2022.04.001); for two-stage least squares the same
    leave-one-cluster-out definition on its cross-products.
    """
    parts = split(design)
    X = parts.nested.residualise(design.regressors)
    y = parts.nested.residualise(design.outcome)
    try:
        if design.instruments is None:
            return sandwich.jackknife(X, y, design.clusters[0], parts.others, design.weights)
        return _two_stage(design, parts, X, y)
    except ValueError as fault:
        raise EstimationError(
            f"the cluster jackknife is not defined: {fault}",
            mend='set covariance = { kind = "clustered", variant = "cr1" }',
        ) from fault


def _two_stage(design: Design, parts: Split, X: np.ndarray, y: np.ndarray) -> sandwich.Jackknife:
    inner = list(design.endogenous)
    outer = [j for j in range(X.shape[1]) if j not in inner]
    Z = parts.nested.residualise(design.instruments)
    root = np.ones(len(y)) if design.weights is None else np.sqrt(design.weights)
    length = np.linalg.norm(parts.others, axis=0)
    others = parts.others[:, length > 1e-10 * max(float(length.max(initial=0.0)), 1e-300)]
    columns = np.column_stack([y, X[:, inner], Z, X[:, outer], others]) * root[:, None]
    size = np.linalg.norm(columns, axis=0)
    columns = columns / size
    coded = design.clusters[0]
    groups = int(coded.max()) + 1
    whole = columns.T @ columns
    shape = (len(inner), Z.shape[1], len(outer))
    unit = size[0] / size[1 : 1 + len(inner)], size[0] / size[1 + len(inner) + Z.shape[1] :][: len(outer)]
    k = X.shape[1]
    replicates = np.empty((groups, k))
    for g in range(groups):
        rows = columns[coded == g]
        replicates[g] = _placed(_solve(whole - rows.T @ rows, whole, shape), unit, inner, outer)
    coefficients = _placed(_solve(whole, whole, shape), unit, inner, outer)
    full = two_stage(
        design.absorber.residualise(X[:, outer]),
        design.absorber.residualise(X[:, inner]),
        design.absorber.residualise(Z),
        design.absorber.residualise(y),
        design.weights,
    )
    fitted = np.empty_like(X)
    fitted[:, outer + inner] = full.regressors
    leverage = sandwich.jackknife(fitted, design.absorber.residualise(y), coded, None, design.weights)
    return sandwich.Jackknife(
        coefficients=coefficients,
        replicates=replicates,
        undetermined=np.isnan(replicates),
        leverage=leverage.leverage,
        partial_leverage=leverage.partial_leverage,
    )


def _placed(
    found: tuple[np.ndarray, np.ndarray], unit: tuple[np.ndarray, np.ndarray], inner: list[int], outer: list[int]
) -> np.ndarray:
    out = np.empty(len(inner) + len(outer))
    out[inner] = found[0] * unit[0]
    out[outer] = found[1] * unit[1]
    return out


def _solve(M: np.ndarray, whole: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """2SLS from cross-products ordered outcome, endogenous, instruments, controls (the exogenous regressors first)."""
    e, z, x = shape
    c = 1 + e + z
    endogenous, instruments = slice(1, 1 + e), slice(1 + e, c)
    inverse = _inverse(M[c:, c:])
    loads = inverse @ M[c:, :c]
    left = M[:c, :c] - M[:c, c:] @ loads
    to_instruments = left[endogenous, instruments] @ _inverse(left[instruments, instruments])
    information = to_instruments @ left[instruments, endogenous]
    lost = np.linalg.eigvalsh((information + information.T) / 2).min() <= LOST * np.diag(whole)[endogenous].min()
    if lost:
        return np.full(e, np.nan), np.full(x, np.nan)
    b = np.linalg.solve(information, to_instruments @ left[instruments, 0])
    return b, (loads[:, 0] - loads[:, endogenous] @ b)[:x]


def _inverse(M: np.ndarray) -> np.ndarray:
    """The inverse, or the generalised one where a level vanished with its cluster."""
    if M.shape[0] == 0:
        return M
    values, vectors = np.linalg.eigh((M + M.T) / 2)
    alive = values > LOST * max(float(values[-1]), 1e-300)
    out: np.ndarray = (vectors * np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)) @ vectors.T
    return out
