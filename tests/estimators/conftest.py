"""Panels and fits for the tests of estimators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import panelkit.engines
import panelkit.estimators  # noqa: F401
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.variable import Origin, Variable

COHORTS = [2015] + [2016] * 10 + [2018] * 15 + [2019] * 3 + [2020, 2022]  # provinces by first pilot zone


def to_panel(
    frame: pd.DataFrame, unit: str = "province", time: str = "year", categories: tuple[str, ...] = ()
) -> Panel:
    variables = [
        Variable(
            name=c,
            measure="",
            label=Label(en=c),
            origin=Origin(how="made up"),
            kind="category" if c in categories else "number",
        )
        for c in frame.columns
        if c not in (unit, time)
    ]
    return Panel.of(frame, unit=unit, time=time, variables=variables)


def provinces(seed: int = 0) -> pd.DataFrame:
    """31 provinces, 2015-2022: dose effect .2 direct and .5 x .4 through m; x observed, a unit effect in all."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(f"{i:02d}", y) for i in range(31) for y in range(2015, 2023)], columns=["province", "year"])
    unit = frame.province.astype(int)
    effect = rng.normal(size=31)[unit]
    frame["cohort"] = np.array(COHORTS, dtype=float)[unit]
    frame["dose"] = np.maximum(0, frame.year - frame.cohort + 1) * (1 + unit % 3)
    frame["x"] = rng.normal(size=len(frame)) + effect
    frame["m"] = 0.5 * frame.dose + 0.3 * frame.x + rng.normal(size=len(frame)) + effect
    frame["y"] = 0.2 * frame.dose + 0.4 * frame.m + 0.1 * frame.x + rng.normal(size=len(frame)) + effect
    frame["z"] = frame.x + rng.normal(size=len(frame))
    frame["one"] = ((unit == 5) & (frame.year > 2018)).astype(float)
    frame["region"] = (unit % 4).astype(str)
    frame["weight"] = 1.0 + unit % 5
    return frame


def fit(kind: str, panel: Panel, *, engine: str = "linearmodels", resample: bool = False, **fields: Any) -> Estimate:
    defaults = fields.pop("defaults", Defaults())
    covariance = fields.pop("override", None)
    estimator = ESTIMATORS[kind]
    model = estimator.spec(id="m", kind=kind, **fields)
    setting = Setting(engine=ENGINES[engine], defaults=defaults, seed=7, covariance=covariance, resample=resample)
    made: Estimate = estimator.estimate(model, panel, setting)
    return made


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return provinces()


@pytest.fixture(scope="session")
def panel(frame: pd.DataFrame) -> Panel:
    return to_panel(frame, categories=("region",))


@pytest.fixture(scope="session")
def make() -> Callable[..., Panel]:
    return to_panel


@pytest.fixture(scope="session")
def run() -> Callable[..., Estimate]:
    return fit


@pytest.fixture(scope="session")
def changed() -> Callable[..., Any]:
    return replace
