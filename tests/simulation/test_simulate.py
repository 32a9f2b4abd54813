"""The simulated panel as data: shape, determinism, true effects, and files that are the same bytes."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import PanelkitError
from panelkit.facts.zones import exposure, first_treated
from panelkit.simulation import Truth, simulate, targets, write_simulated
from panelkit.simulation.panel import COLUMNS


def test_the_panel_is_balanced_and_sorted() -> None:
    frame = simulate(7).frame
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 31 * 13
    assert not frame.isna().any().any()
    assert frame[["province", "year"]].apply(tuple, axis=1).is_monotonic_increasing
    assert frame.groupby("province").year.nunique().eq(13).all()


def test_the_timing_is_the_real_one() -> None:
    frame = simulate(7, years=(2014, 2024)).frame.set_index(["province", "year"])
    real = pd.Series(exposure("zone_years", range(2014, 2025)))
    assert np.array_equal(frame.zone_years.to_numpy(), real.reindex(frame.index).to_numpy())
    assert frame.groupby("province").first_treated.first().to_dict() == first_treated("approval_year")


def test_same_seed_same_panel_other_seed_another() -> None:
    pd.testing.assert_frame_equal(simulate(3).frame, simulate(3).frame, check_exact=True)
    assert not simulate(3).frame.ln_lq.equals(simulate(4).frame.ln_lq)


def test_effects_are_the_panel_with_zones_minus_the_panel_without() -> None:
    none = Truth(zones_on_ecommerce=0, information_on_zones=0, trademarks_on_zones=0, destinations_by_horizon=(0.0,))
    treated, untouched = simulate(11), simulate(11, effects=none)
    for name in ("ln_cbec", "ln_lq", "information", "ln_trademarks", "ln_exports", "ln_imports", "ln_destinations"):
        gap = treated.frame[name] - untouched.frame[name]
        assert np.allclose(gap, treated.effects[name], atol=1e-12), name
        assert gap.abs().max() > 0


def test_without_feedback_fixed_effects_are_unbiased_targets() -> None:
    one_way = Truth(ecommerce_on_cluster=0.0)
    assert targets(one_way)["cluster_on_ecommerce_fe"].value == pytest.approx(one_way.cluster_on_ecommerce, abs=1e-9)


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(PanelkitError, match="explode"):
        Truth(cluster_on_ecommerce=2.0, ecommerce_on_cluster=0.5)
    with pytest.raises(PanelkitError, match="horizon"):
        Truth(destinations_by_horizon=())
    with pytest.raises(PanelkitError, match="within 1990 to 2025"):
        simulate(1, years=(2010, 2030))


def test_files_are_the_same_bytes_and_say_what_they_are(tmp_path: Path) -> None:
    first, second = write_simulated(tmp_path / "a", 20231213), write_simulated(tmp_path / "b", 20231213)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert [str(p.relative_to(tmp_path / "a")) for p in first] == [
        "data/simulated/panel.csv",
        "data/simulated/panel.csv.source.toml",
        "data/simulated/truth.toml",
    ]
    panel, sidecar, truth = first
    said = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    assert said["sha256"] == hashlib.sha256(panel.read_bytes()).hexdigest()
    read = pd.read_csv(panel, dtype={"province": str})
    assert tuple(read.columns) == COLUMNS == tuple(said["columns"])
    assert np.allclose(read.ln_lq, simulate(20231213).frame.ln_lq, atol=1e-6)
    stated = tomllib.loads(truth.read_text(encoding="utf-8"))
    assert stated["coefficients"]["cluster_on_ecommerce"] == Truth().cluster_on_ecommerce
    assert set(stated["targets"]) == set(targets())
    assert not list(tmp_path.rglob("*.part"))
