"""The simulated cities: real timing, a known effect, the same bytes; and estimators that find it where two-way effects do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from panelkit.facts.zones import zones
from panelkit.simulation import CityTruth, city_texts, simulate_cities

STUDY = Path(__file__).resolve().parents[2] / "analyses" / "city_zones"


def test_every_zone_of_a_whole_city_is_a_unit_of_the_panel() -> None:
    whole = [z for z in zones() if z.treats_prefecture and z.batch < 8]
    assert len(whole) == 157
    assert {z.city_code for z in whole} <= set(simulate_cities(1, years=(2010, 2013)).frame.city)
    assert (
        len([z for z in zones() if not z.treats_prefecture and z.batch < 8]) == 8
    )  # seven county-level cities and Xiong'an


def test_who_is_treated_is_real_and_the_effect_is_what_the_truth_says() -> None:
    made = simulate_cities(1)
    first = made.frame.groupby("city").first_treated.first()
    assert first.value_counts().to_dict() == {0: 180, 2022: 57, 2020: 44, 2019: 22, 2018: 21, 2016: 12, 2015: 1}
    before = (made.frame.first_treated == 0) | (made.frame.year < made.frame.first_treated)
    assert not made.effects[before.to_numpy()].any()
    hangzhou = (made.frame.city == "330100") & (made.frame.year == 2017)
    assert made.effects[hangzhou.to_numpy()] == pytest.approx(0.30 * 2)
    none = simulate_cities(1, effects=CityTruth(sizes={}))
    np.testing.assert_allclose(made.frame.ln_exports - none.frame.ln_exports, made.effects, atol=1e-12)


def test_the_shipped_files_are_those_of_the_seed() -> None:
    for name, text in city_texts(simulate_cities(20231213), 20231213).items():
        assert (STUDY / "data" / "simulated" / name).read_bytes() == text.encode(), name


def test_the_study_declares_the_truth_of_its_panel() -> None:
    att = simulate_cities(20231213).att
    assert f"values = {{ att = {att:.6f} }}" in (STUDY / "study.toml").read_text("utf-8")


def test_comparisons_with_untreated_cities_come_nearer_than_two_way_effects() -> None:
    from panelkit import building, pipeline
    from panelkit.core.registry import ESTIMATORS

    study = pipeline.read_study(STUDY / "study.toml")
    panel = building.build_panel(study)
    truth = simulate_cities(20231213).att
    found = {}
    for name in ("two_way", "not_yet_treated", "imputation"):
        model = study.model(name)
        kind = ESTIMATORS[model.kind]
        setting = pipeline.setting_of(study, model, "pyfixest", resample=False)
        found[name] = kind.estimate(model, panel, setting).terms[0]
    assert abs(found["two_way"].estimate - truth) > 2 * max(abs(found[n].estimate - truth) for n in list(found)[1:])
    assert found["two_way"].high < truth
