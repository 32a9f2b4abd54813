"""Subjects for the tests of checks: a made-up panel of 31 provinces, real engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import panelkit.checks
import panelkit.engines
import panelkit.estimators  # noqa: F401
from panelkit.core.check import Check, Subject
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import CHECKS, ENGINES, ESTIMATORS
from panelkit.core.request import Covariance
from panelkit.core.variable import Origin, Variable

COHORTS = [2015] + [2016] * 10 + [2018] * 15 + [2019] * 3 + [2020, 2022]  # provinces by first pilot zone
ALL = ("linearmodels", "pyfixest", "dense")


def make(frame: pd.DataFrame) -> Panel:
    names = [c for c in frame.columns if c not in ("province", "year")]
    kinds = {n: "category" if n == "region" else "number" for n in names}
    made = [Variable(name=n, measure="", label=Label(en=n), origin=Origin(how="made up"), kind=kinds[n]) for n in names]
    return Panel.of(frame, unit="province", time="year", variables=made)


def provinces() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame([(f"{i:02d}", y) for i in range(31) for y in range(2015, 2023)], columns=["province", "year"])
    unit = frame.province.astype(int)
    frame["cohort"] = np.array(COHORTS, dtype=float)[unit]
    frame["dose"] = np.maximum(0, frame.year - frame.cohort + 1) * np.where(unit == 1, 12, 1)
    frame["x"] = rng.normal(size=len(frame))
    frame["z"] = frame.x + rng.normal(size=len(frame))
    frame["region"] = (unit % 4).astype(str)
    frame["y"] = 0.3 * frame.dose + frame.x + rng.normal(size=len(frame)) + rng.normal(size=31)[unit]
    frame["m"] = frame.dose + rng.normal(size=len(frame))
    return frame


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return provinces()


@pytest.fixture(scope="session")
def panel(frame: pd.DataFrame) -> Panel:
    return make(frame)


@pytest.fixture(scope="session")
def make_panel() -> Callable[[pd.DataFrame], Panel]:
    return make


def refitted(other: Any, on: Panel, setting: Setting) -> Estimate | str:
    try:
        return ESTIMATORS[other.kind].estimate(other, on, setting)
    except EstimationError as error:
        return error.faults[0].what


@pytest.fixture(scope="session")
def subject_of() -> Callable[..., Subject]:
    def build(
        kind: str, panel: Panel, *, confirm: tuple[str, ...] = ALL, engines: Any = None, **fields: Any
    ) -> Subject:
        estimator = ESTIMATORS[kind]
        model = estimator.spec(id="m", kind=kind, **fields)
        found = engines or {name: ENGINES[name] for name in ENGINES.names()}

        def setting(engine: str, covariance: Covariance | None = None, resample: bool = False) -> Setting:
            return Setting(engine=found[engine], defaults=Defaults(), seed=1, covariance=covariance, resample=resample)

        made = estimator.estimate(model, panel, setting(confirm[0], resample=True))

        def again(engine: str, covariance: Covariance | None) -> Estimate | str:
            for request in made.requests:
                asked = request if covariance is None else replace(request, covariance=covariance)
                if engine != confirm[0] and (reason := found[engine].refuses(asked)):
                    return str(reason)
            return estimator.estimate(model, panel, setting(engine, covariance))

        return Subject(
            model=model,
            estimate=made,
            panel=panel,
            design=lambda: estimator.prepare(model, panel, setting(confirm[0])),
            again=again,
            confirm=confirm,
            seed=5,
            refit=lambda other, on: refitted(other, on, setting(confirm[0])),
        )

    return build


@pytest.fixture(scope="session")
def check() -> Callable[..., Check]:
    def run(name: str, subject: Subject, **fields: Any) -> Check:
        kind = CHECKS[name]
        made = kind.check(kind.spec(kind=name, **fields), subject)
        assert made.name == name
        assert made.of == "m"
        assert made.text.en
        assert made.text.zh
        assert made.text.en != made.text.zh
        return made

    return run
