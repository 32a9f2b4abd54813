"""The array types of numerics and the checks every entrance makes. No arithmetic of estimation lives here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def matrix(values: Any, name: str, rows: int | None = None) -> FloatArray:
    """Give back `values` as a finite float matrix.

    Parameters
    ----------
    values : array (n,) or (n, m); a vector becomes one column.
    name : what to call it in the message.
    rows : number of rows it must have, if that is known.

    Raises
    ------
    ValueError
        If it is not numeric, not one- or two-dimensional, has another number of rows, or holds a missing value.
    """
    try:
        out = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise ValueError(f"{name} must hold numbers only") from fault
    if out.ndim == 1:
        out = out[:, None]
    if out.ndim != 2:
        raise ValueError(f"{name} must have one or two dimensions, not {out.ndim}")
    if rows is not None and out.shape[0] != rows:
        raise ValueError(f"{name} has {out.shape[0]} rows, the others have {rows}")
    if not np.isfinite(out).all():
        raise ValueError(f"{name} holds missing or infinite values; drop those rows first and say so")
    return out


def vector(values: Any, name: str, rows: int | None = None) -> FloatArray:
    """Give back `values` as a finite float vector (n,). Raises ValueError as `matrix` does."""
    out = np.asarray(values)
    if out.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {out.ndim}")
    return matrix(out, name, rows)[:, 0]


def group_codes(values: Any, name: str, rows: int | None = None) -> tuple[IntArray, int]:
    """Give back integer codes (n,) and the number of levels.

    Raises
    ------
    ValueError
        If the codes are not integers 0..L-1 with every level present: a level without rows would be counted as a
        parameter or a cluster that is not there.
    """
    out = np.asarray(values)
    if out.ndim != 1 or out.dtype.kind not in "iu":
        raise ValueError(f"{name} must be a vector of integer codes 0..L-1")
    if rows is not None and out.shape[0] != rows:
        raise ValueError(f"{name} has {out.shape[0]} rows, the others have {rows}")
    if out.shape[0] == 0:
        raise ValueError(f"{name} has no rows")
    codes = out.astype(np.intp, copy=False)
    if codes.min() < 0:
        raise ValueError(f"{name} holds a negative code")
    counts = np.bincount(codes)
    if (counts == 0).any():
        raise ValueError(f"{name}: code {int(np.argmin(counts))} has no rows; code the levels present 0..L-1")
    return codes, int(counts.shape[0])


def row_weights(values: Any, rows: int) -> FloatArray | None:
    """Give back positive weights (n,), or None for equal weights. Raises ValueError for a weight of zero or less."""
    if values is None:
        return None
    out = vector(values, "weights", rows)
    if (out <= 0).any():
        raise ValueError("weights must be above zero; drop the rows of weight zero first and say so")
    return out


def group_sums(values: FloatArray, codes: IntArray, levels: int) -> FloatArray:
    """Give back the sum of each column (n, m) within each group: (levels, m), in the order of the rows."""
    if values.shape[1] <= 8:
        columns = [np.bincount(codes, weights=values[:, j], minlength=levels) for j in range(values.shape[1])]
        return np.stack(columns, axis=1) if columns else np.zeros((levels, 0))
    from scipy import sparse

    n = codes.shape[0]
    members = sparse.csr_array((np.ones(n), (codes, np.arange(n))), shape=(levels, n))
    out: FloatArray = np.asarray(members @ values)
    return out
