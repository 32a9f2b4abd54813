"""Look-ups of path tables against the general route, which projects every permuted treatment."""

import numpy as np
import pytest

from panelkit.numerics import permutation
from panelkit.numerics.path_tables import Sample, path_tables
from panelkit.numerics.permutation import PanelRows, permute_paths
from panelkit.numerics.projection import absorber


def draw(units=13, times=7, keep=1.0, copies=1, seed=0):
    rng = np.random.default_rng(seed)
    unit, time, copy = (
        a.ravel() for a in np.meshgrid(np.arange(units), np.arange(times), np.arange(copies), indexing="ij")
    )
    rows = (rng.random(unit.size) < keep) | (time == unit % times) | (time == (unit + 1) % times)
    unit, time, copy = unit[rows], time[rows], copy[rows]
    start = rng.integers(1, times + 2, units)
    path = np.log1p(np.maximum(np.arange(times)[None, :] - start[:, None] + 1, 0)) * rng.uniform(1, 2, (units, 1))
    y = rng.normal(size=unit.size) + unit + 0.3 * time + 1e3
    return unit, time, copy, path, y, rng.normal(size=(unit.size, 5)) + 40, rng.uniform(0.5, 2, unit.size)


CASES = {
    "balanced": {},
    "balanced, no control": {"controls": 0},
    "balanced, five controls": {"controls": 5},
    "unbalanced": {"keep": 0.8},
    "weighted": {"weighted": True},
    "step paths": {"step": True, "weighted": True, "keep": 0.8},
    "unit trends": {"trends": True, "keep": 0.9, "weighted": True},
    "strata": {"strata": True},
    "unit effect alone": {"effects": "unit", "keep": 0.8},
    "time effect alone": {"effects": "time", "keep": 0.8, "weighted": True},
    "no effect": {"effects": "none", "weighted": True},
    "firms in units": {"copies": 3, "effects": "firm", "keep": 0.8},
    "firms as clusters": {"copies": 3, "effects": "firm", "clusters": "firm"},
    "regions as clusters": {"clusters": "region"},
    "years as clusters": {"clusters": "time", "keep": 0.9},
    "more years than units": {"units": 6, "times": 15},
}


@pytest.mark.parametrize("name", CASES)
def test_look_ups_equal_the_general_route(name, monkeypatch):
    case = CASES[name]
    shape = {k: case[k] for k in ("units", "times", "keep", "copies") if k in case}
    unit, time, copy, path, y, X, w = draw(**shape)
    firm = np.unique(unit * 10 + copy, return_inverse=True)[1]
    kinds = {"unit": [unit], "time": [time], "none": [], "firm": [firm, time], "both": [unit, time]}
    weights = w if case.get("weighted") else None
    sweep = absorber(kinds[case.get("effects", "both")], weights, [(0, time * 1.0)] if case.get("trends") else ())
    controls = X[:, : case.get("controls", 1)]
    if case.get("effects") == "none":
        controls = np.column_stack([np.ones(len(y)), controls])
    codes = {"unit": unit, "time": time, "firm": firm, "region": unit // 3}[case.get("clusters", "unit")]
    used = []

    def spy(*args):
        used.append(path_tables(*args))
        return used[-1]

    def run():
        strata = np.arange(path.shape[0]) % 3 if case.get("strata") else None
        rows = PanelRows(unit_codes=unit, time_codes=time)
        treatment = (path > 0) * 1.0 if case.get("step") else path
        return permute_paths(treatment, rows, y, controls, sweep, codes, draws=300, seed=4, strata=strata)

    monkeypatch.setattr(permutation, "path_tables", spy)
    got = run()
    assert used[0] is not None
    monkeypatch.setattr(permutation, "path_tables", lambda *args: None)
    want = run()
    assert np.allclose(got.estimates, want.estimates, rtol=1e-10, atol=1e-12)
    assert np.allclose(got.statistics, want.statistics, rtol=1e-10, atol=1e-12)
    assert (got.p, got.p_t, got.undefined) == (want.p, want.p_t, want.undefined)


def test_bytes_do_not_depend_on_how_many_are_held_at_once(monkeypatch):
    unit, time, _, path, y, X, _ = draw()

    def run():
        rows = PanelRows(unit_codes=unit, time_codes=time)
        return permute_paths(path, rows, y, X, absorber([unit, time]), unit, draws=300, seed=4)

    whole = run()
    monkeypatch.setattr(permutation, "ORDER_CELLS", 13 * 7)
    assert np.array_equal(run().estimates, whole.estimates)


def test_tables_that_would_be_too_large_are_not_made(monkeypatch):
    unit, time, _, path, y, _, _ = draw()
    sweep = absorber([unit, time])
    sample = Sample(units=unit, times=time, clusters=unit, outcome=sweep.residualise(y), controls=np.zeros((len(y), 0)))
    assert path_tables(path, sample, sweep) is not None
    monkeypatch.setattr("panelkit.numerics.path_tables.TABLE_CELLS", 100)
    assert path_tables(path, sample, sweep) is None
