"""What every linearmodels call needs: frames with plain names, its covariance arguments, and its matrices without any factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.request import Classical, Request, Robust
from panelkit.engines._sample import Sample

if TYPE_CHECKING:
    import pandas as pd


def frames(sample: Sample, index: Any = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas as pd

    X = sample.regressors
    names = [f"term{j:03d}" for j in range(X.shape[1])]
    return pd.DataFrame({"y": sample.outcome}, index=index), pd.DataFrame(X, columns=names, index=index)


def kinds(request: Request, sample: Sample) -> list[dict[str, Any]]:
    """Arguments of `fit` for each raw piece: no debiasing, no count of effects, each cluster by a call of its own."""
    if isinstance(request.covariance, Classical):
        return [{"cov_type": "unadjusted"}]
    if isinstance(request.covariance, Robust):
        return [{"cov_type": "robust"}]
    return [{"cov_type": "clustered", "clusters": codes} for codes in sample.clusters]


def raw_pieces(results: list[Any], request: Request, k: int, rows: int) -> tuple[np.ndarray, ...]:
    """`unadjusted` is bread x RSS / N with debiased=False, so times N; `robust` and `clustered` carry no factor then."""
    undo = rows if isinstance(request.covariance, Classical) else 1
    return tuple(np.asarray(r.cov, dtype=float)[:k, :k] * undo for r in results)
