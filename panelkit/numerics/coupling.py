"""Coupling and coordination of systems whose levels lie in (0, 1]; how the levels are made is in composite."""

from __future__ import annotations

import numpy as np


def coupling_degree(levels: np.ndarray) -> np.ndarray:
    """C = n (prod U)^(1/n) / sum U over the last axis: geometric over arithmetic mean, in [0, 1], 1 where all levels are equal.

    The factor n is what about half of the papers leave out, which caps C at 1/n; products of pairs in the divisor are
    not free of scale from four systems on.

    Source
    ------
    Liu Chunlin (2017), on errors in print; Wang Shujia et al. (2021), J. Nat. Resour. 36(3), 793-810.

    >>> coupling_degree(np.array([[0.4, 0.4], [0.1, 0.9]])).round(3).tolist()
    [1.0, 0.6]
    """
    n = levels.shape[-1]
    highest = levels.max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = levels / highest[..., None]  # scale-free, so that small levels do not underflow
        return np.asarray(np.minimum(n * np.prod(scaled, axis=-1) ** (1.0 / n) / scaled.sum(axis=-1), 1.0))


def modified_coupling_degree(levels: np.ndarray) -> np.ndarray:
    """C' = sqrt{[1 - sum_{i>j} |U_i - U_j| / (n (n-1) / 2)] (prod U_i / max U)^(1/(n-1))}: spread out where C crowds near 1.

    With two systems sqrt{[1 - |U_1 - U_2|] min U / max U}. It is not free of scale, so it needs levels in [0, 1].

    Source
    ------
    Wang Shujia et al. (2021), J. Nat. Resour. 36(3), 793-810, doi:10.31497/zrzyxb.20210319; formula as recalled. Of the 91 pairs (C, C')
    of its table 8 for 2008 to 2014 every one has levels in [0, 1] under it, which two other readings of the formula do not give.

    >>> modified_coupling_degree(np.array([0.36782 * 0.3091, 0.3091])).round(3)
    np.float64(0.544)
    """
    n = levels.shape[-1]
    apart = np.abs(levels[..., :, None] - levels[..., None, :]).sum(axis=(-2, -1)) / 2 / (n * (n - 1) / 2)
    highest = levels.max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        product = np.prod(levels / highest[..., None], axis=-1)
        return np.asarray(np.sqrt(np.maximum(1.0 - apart, 0.0) * product ** (1.0 / (n - 1))))


def development(levels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """T = sum_k a_k U_k, weights (n,) that sum to 1."""
    return np.asarray(levels @ weights)


def coordination(coupling: np.ndarray, developed: np.ndarray) -> np.ndarray:
    """D = sqrt(C T)."""
    return np.asarray(np.sqrt(coupling * developed))
