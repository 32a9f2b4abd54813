"""Leave-one-out by closed form against refits with dummies."""

import numpy as np
import pytest

from panelkit.numerics.influence import leave_one_row_out, leave_one_unit_out
from panelkit.numerics.projection import absorber, dummy_columns


def refit(s, rows, effects, weighted):
    D = [dummy_columns(np.unique(getattr(s, e)[rows], return_inverse=True)[1], drop_first=False) for e in effects]
    full = np.column_stack([s.X[rows], *D])
    root = np.sqrt(s.w[rows]) if weighted else np.ones(rows.sum())
    return np.linalg.lstsq(full * root[:, None], s.y[rows] * root, rcond=None)[0][: s.X.shape[1]]


@pytest.mark.parametrize("effects", [("unit",), ("unit", "time")])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_against_refits(sample, effects, weighted):
    s = sample(1, level=5.0)
    sweep = absorber([getattr(s, e) for e in effects], weights=s.w if weighted else None)
    got = leave_one_row_out(sweep.residualise(s.X), sweep.residualise(s.y), sweep)
    n = len(s.y)
    for i in range(n):
        assert got.without[i] == pytest.approx(refit(s, np.arange(n) != i, effects, weighted), rel=1e-7, abs=1e-8)
    moved = np.abs(got.without - got.coefficients)
    assert got.most.tolist() == moved.argmax(axis=0).tolist()
    assert got.leverage.sum() == pytest.approx(3 + sweep.rank)


def test_a_singleton_changes_nothing_and_a_lone_source_is_nan(sample):
    s = sample(2, level=5.0)
    unit = s.unit.copy()
    unit[0] = 9
    sweep = absorber([unit])
    got = leave_one_row_out(sweep.residualise(s.X), sweep.residualise(s.y), sweep)
    assert got.without[0].tolist() == got.coefficients.tolist()
    X = np.column_stack([s.X[:, 0], (np.arange(len(s.y)) == 5).astype(float)])
    got = leave_one_row_out(sweep.residualise(X), sweep.residualise(s.y), sweep)
    assert np.isnan(got.without[5]).all()
    assert np.isfinite(np.delete(got.without, 5, axis=0)).all()


def test_units_against_refits(sample):
    s = sample(3, level=5.0)
    sweep = absorber([s.unit])
    years = sweep.residualise(dummy_columns(s.time))
    got = leave_one_unit_out(sweep.residualise(s.X), sweep.residualise(s.y), s.unit, years)
    for g in range(9):
        assert got.without[g] == pytest.approx(refit(s, s.unit != g, ("unit", "time"), False), rel=1e-7)
