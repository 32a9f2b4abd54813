"""What a pre-trend test would have seen: its power against a trend, the trend it detects, the bias it leaves. No estimates here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix, vector

Test = Literal["any", "joint"]
POINTS = 1 << 13  # of the quasi-random rule for the probability of a box


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrendPower:
    """A linear violation and what the pre-test makes of it.

    Attributes
    ----------
    slope : change of the violation for each period.
    power : probability that the test rejects.
    bayes_factor : probability of passing under the trend over that under parallel trends.
    likelihood_ratio : density of the observed coefficients under the trend over that under parallel trends (NaN without them).
    """

    slope: float
    power: float
    bayes_factor: float
    likelihood_ratio: float


def pretrend_power(
    V: FloatArray,
    at: FloatArray,
    slope: float,
    test: Test = "any",
    beta: FloatArray | None = None,
    reference: float = -1.0,
    level: float = 0.05,
) -> PretrendPower:
    """Give back the power of a pre-trend test against a linear trend.

    Parameters
    ----------
    V : (r, r) covariance of the coefficients before treatment.
    at : (r,) their event times.
    slope : change of the violation for each period; it is zero at `reference`.
    test : `any` one coefficient significant by itself (what readers of a figure do), or the `joint` chi-square test.
    beta : (r,) observed coefficients, for the likelihood ratio.
    level : of the test.

    Raises
    ------
    ValueError
        If shapes differ or V is not positive definite.

    Source
    ------
    Roth (2022, doi:10.1257/aeri.20210236, section 2); R pretrends `pretrends`. Probability of the box by Genz (1992,
    doi:10.1080/10618600.1992.10477010) on a fixed lattice: the same number in every run, to about 1e-4.
    """
    covariance, times = _checked(V, at)
    shift = slope * (times - reference)
    passed = 1 - _rejects(covariance, shift, test, level)
    null = 1 - _rejects(covariance, np.zeros(len(times)), test, level)
    ratio = float("nan")
    if beta is not None:
        b = vector(beta, "the coefficients", len(times))
        inverse = np.linalg.inv(covariance)
        ratio = float(np.exp((b @ inverse @ b - (b - shift) @ inverse @ (b - shift)) / 2))
    return PretrendPower(slope=float(slope), power=1 - passed, bayes_factor=passed / null, likelihood_ratio=ratio)


def detectable_slope(
    V: FloatArray,
    at: FloatArray,
    power: float = 0.5,
    test: Test = "any",
    reference: float = -1.0,
    level: float = 0.05,
) -> float:
    """Give back the positive slope that the pre-trend test detects with the given power (.5 and .8 are usual).

    Raises
    ------
    ValueError
        As `pretrend_power`, or if the power is not above the size of the test.

    Source
    ------
    Roth (2022, doi:10.1257/aeri.20210236); R pretrends `slope_for_power`.
    """
    from scipy.optimize import brentq

    covariance, times = _checked(V, at)
    if not _rejects(covariance, np.zeros(len(times)), test, level) < power < 1:
        raise ValueError(f"power {power} must lie between the size of the test and one")
    top = float(np.min(np.sqrt(np.diag(covariance)) / np.abs(times - reference)))
    while _rejects(covariance, top * (times - reference), test, level) < power:
        top *= 2
    return float(
        brentq(lambda s: _rejects(covariance, s * (times - reference), test, level) - power, 0.0, top, xtol=1e-10 * top)
    )


def _rejects(V: FloatArray, shift: FloatArray, test: Test, level: float) -> float:
    from scipy import special

    if test == "joint":
        critical = special.chdtri(len(shift), level)
        noncentral = float(shift @ np.linalg.solve(V, shift))
        return float(1 - special.chndtr(critical, len(shift), noncentral))
    if test != "any":
        raise ValueError(f"a test is any or joint, not {test!r}")
    half = float(special.ndtri(1 - level / 2)) * np.sqrt(np.diag(V))
    return 1 - box_probability(V, -half - shift, half - shift)


def box_probability(V: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Give back the probability that a normal vector with mean zero and covariance V lies in a box.

    Source
    ------
    Genz (1992, doi:10.1080/10618600.1992.10477010): sequential conditioning; points of a Richtmyer lattice (square roots of
    primes), folded, so the number is the same in every run.
    """
    from scipy.special import ndtr, ndtri

    L = np.linalg.cholesky(V)
    r = len(V)
    primes = _primes(r)
    points = np.abs(2 * np.mod(np.arange(1, POINTS + 1)[:, None] * np.sqrt(primes)[None, :], 1.0) - 1)
    y = np.zeros((POINTS, r))
    probability = np.ones(POINTS)
    for i in range(r):
        given = y[:, :i] @ L[i, :i]
        a, b = ndtr((low[i] - given) / L[i, i]), ndtr((high[i] - given) / L[i, i])
        probability *= b - a
        y[:, i] = ndtri(np.clip(a + points[:, i] * (b - a), 1e-16, 1 - 1e-16))
    return float(probability.mean())


def _primes(count: int) -> FloatArray:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % p for p in found):
            found.append(number)
        number += 1
    return np.array(found, dtype=np.float64)


def _checked(V: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    times = vector(at, "the event times")
    covariance = matrix(V, "V", len(times))
    if covariance.shape[1] != len(times) or len(times) == 0:
        raise ValueError(f"{len(times)} event times do not fit a covariance of shape {covariance.shape}")
    if np.linalg.eigvalsh((covariance + covariance.T) / 2)[0] <= 0:
        raise ValueError("V is not positive definite: leave the reference period out")
    return (covariance + covariance.T) / 2, times
