"""The triple difference on simulated cells: shipped bytes, the truth found by the third difference and missed by the dose alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from panelkit.simulation import IndustryTruth, industry_texts, simulate_industries

STUDY = Path(__file__).resolve().parents[2] / "analyses" / "industry_zones"
INDUSTRIES = ("06", "13", "17", "18", "19", "26", "31", "34", "39", "44")


def test_the_shipped_files_are_those_of_the_seed() -> None:
    made = industry_texts(simulate_industries(20231213, years=(2012, 2022)), 20231213, INDUSTRIES)
    for name, text in made.items():
        assert (STUDY / "data" / "simulated" / name).read_bytes() == text.encode(), name


def test_the_third_difference_finds_the_truth() -> None:
    from panelkit import building, pipeline
    from panelkit.core.registry import ESTIMATORS

    study = pipeline.read_study(STUDY / "study.toml")
    panel = building.build_panel(study)
    truth = IndustryTruth().jobs_on_exposed_dose
    term = {}
    for name in ("two_way", "triple"):
        model = study.model(name)
        made = ESTIMATORS[model.kind].estimate(
            model, panel, pipeline.setting_of(study, model, "pyfixest", resample=False)
        )
        term[name] = made.terms[0]
    assert term["triple"].low < truth < term["triple"].high
    assert term["triple"].estimate == pytest.approx(truth, abs=0.02)
