"""Sweeping effects out of columns by pyfixest's demeaner, to the last digit and in the order of the request. No fit is made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.request import Request
from panelkit.engines._sample import Sample, scale_of

TOLERANCE = 1e-14  # of the demeaner, on columns brought to size one; its default of 1e-6 leaves errors near 1e-5
ROUNDS = 50_000
ABSORBED = 1e-9  # share of a column left by the effects, below which it does not vary within them
LITTLE = 0.02  # share left, below which the rest is brought to size one and swept again


def swept(sample: Sample, request: Request) -> Sample:
    """The sample with its effects swept out of every column.

    Raises
    ------
    EstimationError
        Where a regressor does not vary within the effects, or demeaning does not converge.
    """
    if not sample.effects:
        return sample
    columns = np.column_stack([sample.outcome, sample.exogenous, sample.endogenous, sample.instruments])
    weights = np.ones(sample.rows) if sample.weights is None else sample.weights
    names = (request.outcome, *request.slopes, *request.endogenous, *request.instruments)
    fine = rest_of(columns, sample.effects, weights, names)
    x, e = sample.exogenous.shape[1], sample.endogenous.shape[1]
    return replace(
        sample,
        outcome=fine[:, 0],
        exogenous=fine[:, 1 : 1 + x],
        endogenous=fine[:, 1 + x : 1 + x + e],
        instruments=fine[:, 1 + x + e :],
        trends=(),
        constants=0,
    )


def rest_of(
    columns: np.ndarray, effects: tuple[np.ndarray, ...], weights: np.ndarray, names: tuple[str, ...]
) -> np.ndarray:
    """What the effects leave of columns that are near size one; the first of them may vanish, the others may not."""
    codes = np.column_stack(effects).astype(np.uintp)
    before = _sizes(columns)
    fine = _demeaned(columns, codes, weights)
    left = _sizes(fine)
    for name, size, rest in list(zip(names, before, left, strict=True))[1:]:
        if rest <= ABSORBED * size:
            raise EstimationError(
                f"'{name}' does not vary within the absorbed effects", mend="leave it out of the model"
            )
    if (left < LITTLE * before).any():
        units = scale_of(fine)
        fine = _demeaned(fine / units, codes, weights) * units
    return fine


def _sizes(columns: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,ij->j", columns, columns) / len(columns))


def _demeaned(columns: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    from pyfixest.estimation import demean

    fine, converged = demean(np.ascontiguousarray(columns), codes, weights, TOLERANCE, ROUNDS)
    if not converged:
        raise EstimationError(
            f"pyfixest's demeaner does not converge to {TOLERANCE:g} in {ROUNDS} rounds",
            mend="the effects are barely connected; take the engine dense or linearmodels",
        )
    return np.asarray(fine)
