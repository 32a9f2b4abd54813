"""The estimates without each cluster, for least squares and two-stage least squares with absorbed effects. No factor is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.request import Design
from panelkit.numerics import sandwich
from panelkit.numerics.cluster_design import is_nested
from panelkit.numerics.leave_out import InstrumentColumns, leave_out_two_stage
from panelkit.numerics.projection import absorber, dummy_columns

LARGEST = 2e7  # cells of the explicit dummy columns of effects that are not nested in the clusters


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Effects by whether each of their levels lies in one cluster: a projection off those, columns (n, p) for the others.

    `others` are residualised off the nested effects already.
    """

    nested: Any
    others: np.ndarray


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
            f"the cluster jackknife would write {counted(columns, 'dummies')} out for "
            f"{counted(len(codes), 'rows')}, because the effects are not"
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
    """`numerics.leave_out` gives exogenous coefficients first; here they stand in the order of the design's names."""
    inner = list(design.endogenous)
    outer = [j for j in range(X.shape[1]) if j not in inner]
    columns = InstrumentColumns(
        outcome=y,
        endogenous=X[:, inner],
        instruments=parts.nested.residualise(np.asarray(design.instruments)),
        exogenous=X[:, outer] if outer else None,
    )
    left = leave_out_two_stage(columns, design.clusters[0], parts.others, design.weights)
    place = np.argsort([*outer, *inner])
    return sandwich.Jackknife(
        coefficients=left.coefficients[place],
        replicates=left.replicates[:, place],
        undetermined=left.undetermined[:, place],
        leverage=left.leverage,
        partial_leverage=left.partial_leverage[:, place],
    )
