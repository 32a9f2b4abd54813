"""Pictures of the kinds that need a run with diagnostics, made from their numbers alone, read back by the verifier."""

from __future__ import annotations

from typing import Any

import pytest
from made_up import moved, read_back
from test_figures import EVENTS, PLACEBO

import panelkit.reporting.figures  # noqa: F401
from panelkit.core.exhibit import Figure
from panelkit.core.results import Results
from panelkit.reporting.exhibits import render_figure
from panelkit.reporting.figures import event_study, placebo

NAN = float("nan")
MADE: dict[str, tuple[dict[str, tuple[Any, ...]], dict[str, str]]] = {
    "support": (
        {"event_time": (-1.0, 0.0, 1.0), "treated_cells": (9.0, 8.0, 4.0), "supported": (9.0, 5.0, 0.0)},
        {"x": "Event time", "y": "Cells", "supported": "held", "other": "not"},
    ),
    "synthetic_paths": (
        {"time": (2015.0, 2016.0, 2017.0), "treated": (1.0, 1.5, 0.5), "synthetic": (1.1, 1.4, 0.9), "period_weight": (0.2, 0.8, 0.0)},
        {"x": "Year", "y": "Outcome", "treated": "treated", "synthetic": "synthetic", "start": "2017"},
    ),
    "threshold": (
        {"value": (1.0, 2.0, 3.0, 4.0), "ratio": (9.5, 2.5, 0.0, 12.5), "in_set": (0, 1, 1, 0), "in_set_iid": (0, 1, 1, 0),
         "best": (0, 0, 1, 0),
         "bound": (7.5,) * 4, "bound_iid": (7.25,) * 4},
        {"x": "Value", "y": "Ratio", "set": "Set", "bootstrap": "7.50", "iid": "7.35"},
    ),
    "balance": (
        {"variable": ("a", "b"), "label": ("First office", "Second"), "difference": (0.3, -0.5), "matched_difference": (0.01, -0.02),
         "bound": (0.1, 0.1)},
        {"x": "Difference", "before": "before", "after": "after"},
    ),
    "coefficients": (  # one row alone: its axis has one tick, and the bootstrap's interval stands off it
        {"model": ("m",), "label": ("A model",), "term": ("x",), "estimate": (0.2,), "low": (0.1,), "high": (0.3,),
         "low_resampled": (0.05,), "high_resampled": (0.35,)},
        {"x": "Coefficient"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", MADE)
def test_pictures_of_checks_read_back(kind: str) -> None:
    data, labels = MADE[kind]
    figure = Figure(
        id="made", kind=kind, title="", width="double", data=data, labels=labels, notes=(), language="en", alt=""
    )
    held(render_figure(figure), "made")


@pytest.mark.parametrize("spec", [EVENTS, PLACEBO], ids=lambda s: s.id)
def test_pictures_of_effects_and_draws_read_back(spec: Any, results: Results) -> None:
    kind = event_study if spec is EVENTS else placebo
    held(render_figure(kind.build(spec, results)), spec.id)


def held(files: dict[str, bytes], figure: str) -> None:
    assert read_back(files, figure) == []
    for wrong in moved(files[f"{figure}.svg"]):
        assert read_back({**files, f"{figure}.svg": wrong}, figure) != []
    lines = files[f"{figure}.csv"].split(b"\n")
    row = min(2, len(lines) - 2)
    lines[row] = b",".join(b"0.4321" if b"." in cell else cell for cell in lines[row].split(b","))
    assert read_back({**files, f"{figure}.csv": b"\n".join(lines)}, figure) != []
