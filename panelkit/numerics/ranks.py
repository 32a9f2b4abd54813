"""The order of numbers from the largest down, which rounding does not decide; no test of ranks is here."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.numerics.arrays import IntArray

DIGITS = 10


def descending(values: Any) -> IntArray:
    """Places of the values (n,), the largest first; those alike to ten digits of the largest keep the order that they stand in.

    Clusters of the same design have the same share, up to the last bits, which differ between machines: a list in the order of
    those bits would be another list on each.

    >>> descending([0.2, 0.3, 0.1 + 0.2]).tolist()
    [1, 2, 0]
    """
    known = np.asarray(values, dtype=np.float64)
    finite = np.abs(known[np.isfinite(known)])
    largest = float(finite.max(initial=0.0))
    rounded = np.round(known / largest, DIGITS) if largest > 0 else known
    return np.argsort(-rounded, kind="stable")
