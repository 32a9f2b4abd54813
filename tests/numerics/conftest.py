"""Simulated panels for the numerics tests: codes 0..L-1, unbalanced by dropping rows, means far from zero."""

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True)
class Sample:
    unit: np.ndarray
    time: np.ndarray
    X: np.ndarray
    y: np.ndarray
    w: np.ndarray


def draw_sample(seed, units=9, times=6, keep=0.8, k=3, level=50.0):
    rng = np.random.default_rng(seed)
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(units), np.arange(times), indexing="ij"))
    rows = rng.random(unit.size) < keep
    rows |= (time == unit % times) | (time == (unit + 1) % times)
    unit, time = unit[rows], time[rows]
    X = rng.normal(size=(unit.size, k)) + rng.normal(size=(units, k))[unit] + 0.3 * time[:, None] + level
    y = X @ np.arange(1, k + 1) + rng.normal(size=units)[unit] + rng.normal(size=times)[time]
    y = y + rng.normal(size=unit.size) * (1 + 0.2 * unit)
    codes = [np.unique(c, return_inverse=True)[1] for c in (unit, time)]
    return Sample(codes[0], codes[1], X, y, rng.uniform(0.5, 3, size=unit.size))


@pytest.fixture(scope="session")
def sample():
    return draw_sample
