"""Means taken out effect by effect, in turn, until nothing moves: how the plain engine does without dummies where they are many."""

from __future__ import annotations

import numpy as np

FEW_CELLS = 2_000_000  # rows times levels up to which dummies are written out
MOST_ROUNDS = 3000
SETTLED = 1e-14  # what is still to come, over the size of the column


def swept(columns: np.ndarray, effects: tuple[np.ndarray, ...], weights: np.ndarray | None) -> np.ndarray | None:
    """`columns` (n, m) without the (weighted) means of every effect; None where the rounds do not settle.

    Parameters
    ----------
    columns : float (n, m). effects : integer codes (n,) each. weights : (n,) or None.

    Source
    ------
    Alternating projections: von Neumann (1933), Halperin (1962); for fixed effects Guimaraes and Portugal (2010). The gap that is left
    after a round is bounded by its last step times r / (1 - r), r the ratio of the last two steps.
    """
    w = np.ones(len(columns)) if weights is None else weights
    size = np.linalg.norm(columns, axis=0)
    size = np.where(size > 0, size, 1.0)
    left, before = columns.copy(), np.full(columns.shape[1], np.inf)
    coded = [np.unique(codes, return_inverse=True)[1] for codes in effects]
    totals = [np.bincount(codes, weights=w) for codes in coded]
    for _ in range(MOST_ROUNDS):
        old = left.copy()
        for codes, total in zip(coded, totals, strict=True):
            means = [np.bincount(codes, weights=w * column) / total for column in left.T]
            left -= np.column_stack(means)[codes]
        step = np.linalg.norm(left - old, axis=0) / size
        ratio = np.clip(step / before, 0.0, 1 - 1e-9)
        if (step * np.where(step <= SETTLED, 1.0, ratio / (1 - ratio)) <= SETTLED).all() and (step <= 1e-9).all():
            return left
        before = np.where(step > 0, step, np.finfo(float).tiny)
    return None
