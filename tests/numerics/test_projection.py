"""Residualising equals least squares on explicit dummies, whatever the balance, weights, trends and row order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import projection
from panelkit.numerics.projection import absorber, collinear, dummy_columns


def dummies(codes):
    return (codes[:, None] == np.arange(codes.max() + 1)).astype(float)


def explicit(D, M, w=None):
    root = np.ones(len(D)) if w is None else np.sqrt(w)
    center = M - M.mean(axis=0)
    return center - D @ np.linalg.lstsq(D * root[:, None], center * root[:, None], rcond=1e-12)[0]


def irregular(seed, n=60, levels=(9, 6, 4)):
    rng = np.random.default_rng(seed)
    codes = [np.unique(rng.integers(0, size, n), return_inverse=True)[1] for size in levels]
    return rng, codes, rng.uniform(0.3, 4, n), rng.normal(size=(n, 3)) * [1, 100, 1e-3] + [5, 1e4, -2]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), effects=st.integers(1, 3), weighted=st.booleans())
def test_equals_least_squares_on_explicit_dummies(seed, effects, weighted):
    _, codes, w, M = irregular(seed)
    weights = w if weighted else None
    sweep = absorber(codes[:effects], weights)
    D = np.column_stack([dummies(c) for c in codes[:effects]])
    want = explicit(D, M, weights)
    scale = np.abs(want).max(axis=0)
    assert np.abs((sweep.residualise(M) - want) / scale).max() < 1e-11
    assert sweep.rank == np.linalg.matrix_rank(D)
    assert sweep.rank_exact


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), effect=st.integers(0, 1), weighted=st.booleans())
def test_group_trends_equal_explicit_columns(seed, effect, weighted):
    rng, codes, w, M = irregular(seed, n=80, levels=(7, 5))
    weights = w if weighted else None
    year = 2000.0 + rng.integers(0, 12, len(w))
    sweep = absorber(codes[:2], weights, slopes=[(effect, year)])
    D = np.column_stack([dummies(codes[0]), dummies(codes[1]), dummies(codes[effect]) * (year - 2006)[:, None]])
    want = explicit(D, M, weights)
    assert np.abs((sweep.residualise(M) - want) / np.abs(want).max(axis=0)).max() < 1e-10
    assert sweep.rank == np.linalg.matrix_rank(D)
    assert sweep.trend_rank == sweep.rank - np.linalg.matrix_rank(D[:, : D.shape[1] - codes[effect].max() - 1])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_idempotent_and_free_of_row_order_and_unit_constants(seed):
    rng, codes, w, M = irregular(seed)
    once = absorber(codes, w).residualise(M)
    scale = np.abs(once).max(axis=0)
    assert np.abs((absorber(codes, w).residualise(once) - once) / scale).max() < 1e-13
    order = rng.permutation(len(w))
    moved = absorber([c[order] for c in codes], w[order]).residualise(M[order])
    assert np.abs((moved - once[order]) / scale).max() < 1e-12
    shifted = M + rng.normal(size=(codes[0].max() + 1, 3))[codes[0]] * scale
    assert np.abs((absorber(codes, w).residualise(shifted) - once) / scale).max() < 1e-11


def test_means_of_a_million_cost_no_digits():
    rng, codes, w, _ = irregular(3, n=400, levels=(31, 13))
    noise = np.round(rng.normal(size=400) * 2**20) / 2**20  # exact after adding the level
    level = 1e6 * rng.integers(1, 9, 31)[codes[0]]
    for weights in (None, w):
        sweep = absorber(codes, weights)
        plain = sweep.residualise(noise)
        assert np.abs(sweep.residualise(noise + level) - plain).max() / np.abs(plain).max() < 1e-13


def test_vector_in_vector_out_and_no_effects_changes_nothing():
    _, codes, _, M = irregular(1)
    assert absorber(codes).residualise(M[:, 0]).shape == (60,)
    empty = absorber([])
    assert empty.residualise(M) is M
    assert empty.rank == 0


def test_rank_counts_connected_components():
    first = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    second = np.array([0, 1, 0, 1, 2, 3, 2, 3])
    sweep = absorber([first, second])
    assert (sweep.rank, sweep.redundant) == (6, 1)


def test_iterative_solution_equals_the_direct_one(monkeypatch):
    _, codes, w, M = irregular(5, n=300, levels=(40, 30, 8))
    direct = absorber(codes, w).residualise(M)
    monkeypatch.setattr(projection, "DENSE_COLUMNS", 10)
    swept = absorber(codes, w)
    assert not swept.rank_exact
    assert np.abs((swept.residualise(M) - direct) / np.abs(direct).max(axis=0)).max() < 1e-12


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e7])
def test_collinear_is_found_whatever_the_scale(scale):
    _, codes, _, M = irregular(8)
    value, capital = M[:, 0] * 1000, M[:, 1]
    raw = np.column_stack([value, capital, scale * (value + 2 * capital), codes[0] * 10.0, M[:, 2] * scale])
    assert collinear(absorber(codes[:1]).residualise(raw), raw) == (2, 3)
    constant = np.column_stack([np.ones(60), raw[:, :3]])
    assert collinear(constant, constant) == (3,)


def test_dummy_columns():
    assert dummy_columns(np.array([0, 1, 1])).tolist() == [[0.0], [1.0], [1.0]]
    assert dummy_columns(np.array([0, 1, 1]), drop_first=False).shape == (3, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: absorber([np.array([0, 2])]), "code 1 has no rows"),
        (lambda: absorber([np.array([0.0, 1.0])]), "integer codes"),
        (lambda: absorber([np.array([0, 1])], np.array([1.0, 0.0])), "above zero"),
        (lambda: absorber([np.array([0, 1])], slopes=[(1, np.ones(2))]), "names effect 1"),
        (lambda: absorber([], slopes=[(0, np.ones(2))]), "needs the effect"),
        (lambda: absorber([np.array([0, 1])]).residualise(np.ones(3)), "rows"),
        (lambda: absorber([np.array([0, 1])]).residualise(np.array([1.0, np.nan])), "missing"),
    ],
)
def test_faults_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
