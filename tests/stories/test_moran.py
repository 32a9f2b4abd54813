"""From a variable to its spatial lag and the Moran scatter: the slope is Moran's I by the textbook's double sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from panelkit import building, pipeline
from panelkit.core.panel import Panel
from panelkit.core.registry import FIGURES
from panelkit.core.results import Results
from panelkit.facts.contiguity import neighbours
from panelkit.reporting.figures.moran_scatter import MoranScatterFigure

ROOT = Path(__file__).resolve().parents[2]
FLAGSHIP = ROOT / "analyses" / "cbec_clusters" / "study.toml"
NEAR = """
[variables.near_sales]
derive = "neighbour_mean"
with = { of = "ln_sales" }
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Panel]:
    text = FLAGSHIP.read_text("utf-8")
    path = tmp_path_factory.mktemp("moran") / "study.toml"
    path.write_text(
        text.replace("# ---------------------------------------------------------------- models", NEAR, 1), "utf-8"
    )
    study = pipeline.read_study(path, root=ROOT)
    panel = building.build_panel(study)
    return Results(study=study, panel=panel, estimates={}, checks={}, quality=()), panel


def test_the_lag_is_the_mean_of_those_that_border(made: tuple[Results, Panel]) -> None:
    frame = made[1].frame.set_index(["province", "year"])
    for unit in ("460000", "110000", "540000"):
        wanted = np.mean([frame.loc[(n, 2019), "ln_sales"] for n in neighbours(unit)])
        assert frame.loc[(unit, 2019), "near_sales"] == pytest.approx(wanted, rel=1e-12)


def test_the_slope_is_morans_i(made: tuple[Results, Panel]) -> None:
    results, panel = made
    figure = FIGURES["moran_scatter"].build(
        MoranScatterFigure(id="moran", variable="ln_sales", lag="near_sales", year=2019), results
    )
    x = panel.frame[panel.frame["year"] == 2019].set_index("province")["ln_sales"]
    z, above, weights = x - x.mean(), 0.0, 0.0
    for i in x.index:
        near = neighbours(i)
        for j in near:
            above, weights = above + z[i] * z[j] / len(near), weights + 1 / len(near)
    wanted = len(x) / weights * above / float((z**2).sum())
    assert float(figure.labels["slope"]) == pytest.approx(wanted, rel=1e-12)
    assert f"Moran's I, {wanted:.3f}" in figure.notes[0]
    assert figure.data["quadrant"][figure.data["unit"].index("330000")] == "hh"  # Zhejiang among the high
    assert len(figure.data["unit"]) == 31
