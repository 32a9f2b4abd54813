"""Pairs bootstrap and label permutation against refitting on the rows."""

import numpy as np
import pytest

from panelkit.numerics import joint, sandwich
from panelkit.numerics.labels import permute_labels
from panelkit.numerics.pairs import ClusterRows, pairs_cluster, weighted_coefficients
from panelkit.numerics.permutation import pairs_weights, path_orders
from panelkit.numerics.projection import absorber, dummy_columns


def refit(s, counts, w):
    """Rows repeated by cluster, each copy a unit of its own."""
    rows, units = [], []
    for g, times in enumerate(counts):
        for copy in range(int(times)):
            here = np.flatnonzero(s.unit == g)
            rows.append(here)
            units.append(np.full(here.size, g * 100 + copy))
    rows, unit = np.concatenate(rows), np.unique(np.concatenate(units), return_inverse=True)[1]
    D = np.column_stack([s.X[rows] - 50, np.eye(unit.max() + 1)[unit], np.eye(s.time.max() + 1)[s.time[rows]]])
    root = np.sqrt(w[rows])
    return np.linalg.lstsq(D * root[:, None], s.y[rows] * root, rcond=1e-12)[0][:3]


def rows_of(s, weighted):
    nested = absorber([s.unit], s.w if weighted else None)
    return ClusterRows(
        X=nested.residualise(s.X),
        y=nested.residualise(s.y),
        codes=s.unit,
        others=nested.residualise(dummy_columns(s.time)),
        weights=s.w if weighted else None,
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_refitting_loop(sample, weighted):
    s = sample(12, units=12)
    w = s.w if weighted else np.ones(len(s.y))
    rows = rows_of(s, weighted)
    got = pairs_cluster(rows, draws=200, seed=5)
    counts = pairs_weights(12, 200, 5)
    want = np.array([refit(s, c, w) for c in counts[:60]])
    assert np.allclose(got.draws[:60], want, rtol=1e-10, atol=1e-10)
    assert np.allclose(got.coefficients, refit(s, np.ones(12), w), rtol=1e-10, atol=1e-10)
    jack = sandwich.jackknife(rows.X, rows.y, rows.codes, rows.others, rows.weights)
    for j in range(3):
        low, high = joint.percentile(got.draws[:, j])
        assert tuple(got.percentile[j]) == (low, high)
        assert np.allclose(got.basic[j], (2 * got.coefficients[j] - high, 2 * got.coefficients[j] - low))
        assert tuple(got.bca[j]) == joint.bca(got.draws[:, j], got.coefficients[j], jack.replicates[:, j])
    assert got.singular == 0


def test_leaving_a_cluster_out_is_a_weight_of_zero(sample):
    s = sample(4)
    rows = rows_of(s, True)
    jack = sandwich.jackknife(rows.X, rows.y, rows.codes, rows.others, rows.weights)
    assert np.allclose(weighted_coefficients(rows, 1 - np.eye(9)), jack.replicates, rtol=1e-10)


def test_draws_that_lose_a_regressor_are_counted(sample):
    s = sample(2)
    treated = (s.unit == 0) * (s.time > 2) * 1.0
    nested = absorber([s.unit])
    X = nested.residualise(np.column_stack([treated, s.X[:, 0]]))
    rows = ClusterRows(X=X, y=nested.residualise(s.y), codes=s.unit)
    got = pairs_cluster(rows, draws=100, seed=1)
    without = pairs_weights(9, 100, 1)[:, 0] == 0
    assert got.singular == without.sum() > 0
    assert np.array_equal(np.isnan(got.draws[:, 0]), without)
    assert np.isnan(got.bca).any()
    with pytest.raises(ValueError, match="9 clusters"):
        weighted_coefficients(rows, np.ones((2, 8)))


def test_labels_are_permuted_over_units_and_both_groups_refitted(sample):
    s = sample(6, units=14)
    of_unit = (np.arange(14) % 3 == 0).astype(int)
    strata = np.arange(14) // 7
    got = permute_labels(rows_of(s, False), of_unit[s.unit], draws=50, seed=2, strata=strata)
    one = np.ones(len(s.y))
    want = np.array([refit(s, d, one) - refit(s, 1 - d, one) for d in of_unit[path_orders(14, 50, 2, strata)]])
    own = refit(s, of_unit, one) - refit(s, 1 - of_unit, one)
    assert np.allclose(got.difference, own, rtol=1e-10, atol=1e-10)
    assert np.allclose(got.differences, want, rtol=1e-10, atol=1e-10)
    assert np.array_equal(got.p, (1 + (np.abs(want) >= np.abs(own)).sum(axis=0)) / 51)
    assert got.undefined == 0


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (lambda s: s.time % 2, "changes its group"),
        (lambda s: s.unit * 0, "no two groups"),
        (lambda s: s.unit, "0 or 1"),
    ],
)
def test_labels_that_are_none_are_named(sample, labels, words):
    s = sample(1)
    with pytest.raises(ValueError, match=words):
        permute_labels(rows_of(s, False), labels(s), draws=9)
