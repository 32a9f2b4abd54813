"""The simulated panel of province, industry and year: its form, its determinism, and a triple difference that finds the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import PanelkitError
from panelkit.facts.zones import exposure, first_treated
from panelkit.numerics.projection import absorber
from panelkit.simulation import IndustryTruth, industry_targets, simulate_industries
from panelkit.simulation.industries import ABSENT, COLUMNS, EXPOSURE


def _codes(frame: pd.DataFrame, *names: str) -> np.ndarray:
    return frame.groupby(list(names)).ngroup().to_numpy()


def _slope(frame: pd.DataFrame, outcome: str, effects: list[tuple[str, ...]]) -> float:
    x = frame["zone_years"] * frame["exposure"]
    left = absorber([_codes(frame, *e) for e in effects], None, []).residualise(
        np.column_stack([x, frame[outcome]]).astype(float)
    )
    return float(left[:, 0] @ left[:, 1] / (left[:, 0] @ left[:, 0]))


THREE = [("province", "industry"), ("province", "year"), ("industry", "year")]


def test_form() -> None:
    frame = simulate_industries(7).frame
    assert tuple(frame.columns) == COLUMNS
    cells = 31 * len(EXPOSURE)
    assert len(frame) == (cells - round(ABSENT * cells)) * 13
    assert frame[["province", "industry", "year"]].apply(tuple, axis=1).is_monotonic_increasing
    assert frame.groupby(["province", "industry"]).year.nunique().eq(13).all()
    assert not frame.isna().any().any()
    np.testing.assert_allclose(np.log(frame.jobs) - 2, frame.ln_jobs, atol=1e-12)


def test_the_timing_is_the_real_one() -> None:
    frame = simulate_industries(7, years=(2014, 2024)).frame
    by = frame.groupby(["province", "year"]).zone_years
    assert by.nunique().eq(1).all()
    pd.testing.assert_series_equal(
        by.first(), pd.Series(exposure("zone_years", range(2014, 2025))).reindex(by.first().index), check_names=False
    )
    assert frame.groupby("province").first_treated.first().to_dict() == first_treated("approval_year")


def test_same_seed_same_panel_other_seed_another() -> None:
    pd.testing.assert_frame_equal(simulate_industries(3).frame, simulate_industries(3).frame, check_exact=True)
    assert not simulate_industries(3).frame.ln_jobs.equals(simulate_industries(4).frame.ln_jobs)


def test_effects_are_the_panel_with_zones_minus_the_panel_without() -> None:
    off = IndustryTruth(jobs_on_exposed_dose=0.0, brands_by_horizon=(0.0,))
    one, other = simulate_industries(5), simulate_industries(5, effects=off)
    for name in ("ln_jobs", "ln_brands"):
        np.testing.assert_allclose(one.frame[name] - other.frame[name], one.effects[name], atol=1e-12)
    untouched = one.frame.exposure == 0
    assert (one.effects.ln_jobs[untouched] == 0).all()
    assert (one.effects.ln_brands[untouched] == 0).all()


def test_the_triple_difference_finds_the_truth_and_two_ways_do_not() -> None:
    truth = industry_targets()["jobs"].value
    three, two = [], []
    for seed in range(40):
        frame = simulate_industries(seed).frame
        three.append(_slope(frame, "ln_jobs", THREE))
        two.append(_slope(frame, "ln_jobs", [("province", "industry"), ("year",)]))
    error = np.std(three, ddof=1) / np.sqrt(len(three))
    assert abs(np.mean(three) - truth) < 3 * error
    assert np.mean(two) - truth > 5 * np.std(two, ddof=1) / np.sqrt(len(two))


def test_bad_coefficients_are_refused() -> None:
    with pytest.raises(PanelkitError, match="explode"):
        IndustryTruth(persistence=1.0)
    with pytest.raises(PanelkitError, match="cannot be simulated"):
        simulate_industries(1, years=(2020, 2022))
