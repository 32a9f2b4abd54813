"""`panelkit check` tells what a run would refuse: every model whose design cannot be made, at once."""

from __future__ import annotations

from pathlib import Path

from panelkit import building, estimating, pipeline
from panelkit.template import make_study


def test_models_that_a_run_would_refuse_are_told_by_check(tmp_path: Path) -> None:
    home = tmp_path / "study"
    make_study(home, simulated=False)
    study = pipeline.read_study(home / "study.toml")
    assert estimating.faults_before(study, building.build_panel(study)) == []
    text = (home / "study.toml").read_text("utf-8").replace('kind = "fixed_effects"', 'kind = "random_effects"')
    (home / "study.toml").write_text(text, "utf-8")
    study = pipeline.read_study(home / "study.toml")
    faults = estimating.faults_before(study, building.build_panel(study))
    assert [f.where for f in faults] == ["models.baseline.formula", "models.controls.formula"]
    assert all("effects" in f.what for f in faults)


def test_columns_on_different_samples_are_told_before_a_run_unless_the_table_tells_them(tmp_path: Path) -> None:
    home = tmp_path / "study"
    make_study(home, simulated=False)
    text = (home / "study.toml").read_text("utf-8").replace('id = "controls"', 'id = "controls"\nyears = [2012, 2020]')
    (home / "study.toml").write_text(text, "utf-8")
    study = pipeline.read_study(home / "study.toml")
    faults = estimating.faults_before(study, building.build_panel(study))
    assert [f.where for f in faults] == ["tables.main.samples"]
    assert "baseline: 372 rows; controls: 279 rows" in faults[0].what
    (home / "study.toml").write_text(text.replace('id = "main"', 'id = "main"\nsamples = "told"'), "utf-8")
    study = pipeline.read_study(home / "study.toml")
    assert estimating.faults_before(study, building.build_panel(study)) == []
