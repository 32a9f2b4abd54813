"""What follows from other numbers is made anew by the standard library: tails, adjusted p, and nothing said of any honest estimate."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from panelkit import outputs
from panelkit.core.errors import EngineRefusedError
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.source import OBSERVED
from panelkit.numerics import multiple
from panelkit.replication import standalone
from panelkit.replication.standalone import distributions
from panelkit.replication.standalone.implied import counted, implied, reaches

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
import test_every_kind as every

SIZES = st.floats(1e-3, 60.0)
DEGREES = st.floats(0.5, 1e5)


@settings(max_examples=300, deadline=None)
@given(SIZES, DEGREES, st.integers(1, 60))
def test_tails_are_those_of_scipy(t: float, df: float, df1: int) -> None:
    for ours, theirs in (
        (distributions.tail(t, df), 2 * special.stdtr(df, -t)),
        (distributions.tail(t, math.inf), 2 * special.ndtr(-t)),
        (distributions.f_tail(t, df1, df), special.fdtrc(df1, df, t)),
        (distributions.f_tail(t, df1, math.inf), special.chdtrc(df1, t * df1)),
        (distributions.chi2_tail(t, df1), special.chdtrc(df1, t)),
    ):
        assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-13)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_are_those_of_the_estimators(ps: list[float]) -> None:
    for method, theirs in (
        ("holm", multiple.holm),
        ("bh", multiple.benjamini_hochberg),
        ("sharpened_q", multiple.sharpened_q),
    ):
        assert distributions.adjusted_by(method, ps) == pytest.approx(theirs(np.array(ps)).tolist(), rel=1e-14)


@settings(max_examples=200, deadline=None)
@given(st.floats(-3, 3), st.floats(0.05, 4), st.one_of(st.integers(2, 400).map(float), st.just(math.inf)))
def test_an_interval_and_a_p_of_one_t_fit_each_other_and_no_other(b: float, se: float, df: float) -> None:
    quantile = special.ndtri(0.975) if math.isinf(df) else special.stdtrit(df, 0.975)
    p = float(2 * (special.ndtr(-abs(b / se)) if math.isinf(df) else special.stdtr(df, -abs(b / se))))
    low, high = b - quantile * se, b + quantile * se
    assert reaches((b, se, low, high, p), 0.95)
    assert not reaches((b, se, low + 0.1 * se, high, p), 0.95)
    if 1e-6 < p < 0.9:
        assert not reaches((b, se, low, high, p * 1.05), 0.95)


def test_a_p_by_draws_is_a_count() -> None:
    assert all(counted(k / 1000, 999) and counted(k / 999, 999) for k in range(1, 999))
    assert not counted(0.05001, 999)
    assert not counted(1.2, 999)


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str, bool], list[str]]:
    """What L1's algebra says of an estimate of a kind, on the panel that every kind is tried on."""
    panel = every.panel_of(every.frame())

    def found(kind: str, resample: bool) -> list[str]:
        place = tmp_path / "data" / "processed"
        place.mkdir(parents=True)
        made = _estimate(kind, panel, resample)
        files = outputs.panel_files(panel, pd.DataFrame(columns=list(OBSERVED)), [])
        for name in ("panel.csv", "panel.json"):
            (place / name).write_bytes(files[name])
        (place / "samples.csv").write_bytes(outputs.samples(panel, panel, {"m": made}))
        document = json.loads(outputs.as_json(outputs.estimates_document("s", {"m": made})))
        level = standalone.Level("L1")
        frame = standalone.Frame(str(tmp_path), level)
        implied(document["estimates"][0], frame, 0.95, level, frame.rows)
        assert level.compared > 3
        return [text for _, text in level.findings]

    return found


def _estimate(kind: str, panel: Any, resample: bool) -> Any:
    for engine in Defaults().confirm:
        setting = Setting(engine=ENGINES[engine], defaults=Defaults(), seed=3, resample=resample)
        try:
            return ESTIMATORS[kind].estimate(every.model(kind), panel, setting)
        except EngineRefusedError:
            continue
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", every.ESTIMATORS)
def test_nothing_is_said_of_an_honest_estimate(kind: str, said: Callable[[str, bool], list[str]]) -> None:
    assert said(kind, False) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", every.ESTIMATORS)
def test_nothing_is_said_of_an_honest_estimate_with_draws(kind: str, said: Callable[[str, bool], list[str]]) -> None:
    assert said(kind, True) == []
