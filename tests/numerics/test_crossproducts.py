"""Mediation draws against refitting the two equations on the resampled rows."""

import numpy as np
import pytest

from panelkit.numerics.crossproducts import MediationLayout, indirect_effect, per_cluster
from panelkit.numerics.permutation import pairs_weights
from panelkit.numerics.projection import absorber, dummy_columns


def refit(s, weights):
    """Rows repeated by cluster, each copy a unit of its own."""
    rows, units = [], []
    for g, times in enumerate(weights):
        for copy in range(int(times)):
            here = np.flatnonzero(s.unit == g)
            rows.append(here)
            units.append(np.full(here.size, g * 100 + copy))
    rows, unit = np.concatenate(rows), np.unique(np.concatenate(units), return_inverse=True)[1]
    D = np.column_stack([s.X[rows, 2] - 50, np.eye(unit.max() + 1)[unit], np.eye(s.time.max() + 1)[s.time[rows]]])
    t, m, y = s.X[rows, 0] - 50, s.X[rows, 1] - 50, s.y[rows]

    def fit(first, target):
        return np.linalg.lstsq(np.column_stack([*first, D]), target, rcond=1e-12)[0]

    a, total, long = fit([t], m)[0], fit([t], y)[0], fit([t, m], y)
    return a, long[1], total, long[0]


def test_equals_the_refitting_loop(sample):
    s = sample(12, units=12)
    nested = absorber([s.unit])
    Z = nested.residualise(np.column_stack([s.y, s.X, dummy_columns(s.time)]))
    layout = MediationLayout(outcome=0, treatment=1, mediator=2, controls=(3, *range(4, Z.shape[1])))
    weights = pairs_weights(12, 40, 5)
    got = indirect_effect(per_cluster(Z, s.unit), layout, weights)
    want = np.array([refit(s, w) for w in weights])
    for name, column in (("a", 0), ("b", 1), ("total", 2), ("direct", 3)):
        assert np.allclose(getattr(got, name), want[:, column], rtol=1e-10, atol=1e-10), name
    assert np.allclose(got.indirect, want[:, 0] * want[:, 1], rtol=1e-10, atol=1e-10)
    assert np.allclose(got.total, got.direct + got.indirect, rtol=1e-12)
    assert got.singular == 0


def test_draws_without_variation_are_counted(sample):
    s = sample(2)
    treated = (s.unit == 0) * (s.time > 2) * 1.0
    Z = absorber([s.unit]).residualise(np.column_stack([s.y, treated, s.X[:, 0]]))
    weights = pairs_weights(9, 100, 1)
    got = indirect_effect(per_cluster(Z, s.unit), MediationLayout(outcome=0, treatment=1, mediator=2), weights)
    without = weights[:, 0] == 0
    assert got.singular == without.sum() > 0
    assert np.array_equal(np.isnan(got.indirect), without)


def test_faults_are_named(sample):
    s = sample(1)
    A = per_cluster(s.X, s.unit)
    assert np.allclose(A.sum(axis=0), s.X.T @ s.X)
    with pytest.raises(ValueError, match="different columns"):
        indirect_effect(A, MediationLayout(outcome=0, treatment=1, mediator=1), np.ones((1, 9)))
    with pytest.raises(ValueError, match="do not fit"):
        indirect_effect(A, MediationLayout(outcome=0, treatment=1, mediator=2), np.ones((1, 8)))


def test_controls_that_vanish_or_repeat_in_a_draw_change_nothing(sample):
    s = sample(12, units=12)
    own = (s.unit == 3) * s.time * 1.0  # vanishes in every draw without cluster 3
    nested = absorber([s.unit])
    Z = nested.residualise(np.column_stack([s.y, s.X, own, s.X[:, 2] * 3 + own, dummy_columns(s.time)]))
    A = per_cluster(Z, s.unit)
    weights = pairs_weights(12, 60, 5)
    weights = weights[weights[:, 3] == 0]
    years = tuple(range(6, Z.shape[1]))
    lean = MediationLayout(outcome=0, treatment=1, mediator=2, controls=(3, *years))
    full = MediationLayout(outcome=0, treatment=1, mediator=2, controls=(3, 4, 5, *years))
    got, want = indirect_effect(A, full, weights), indirect_effect(A, lean, weights)
    assert np.allclose(got.indirect, want.indirect, rtol=1e-8)
    assert got.singular == want.singular == 0
