"""Adjusted p-values against their definitions, written out, and against statsmodels."""

import numpy as np
import pytest

from panelkit.numerics.multiple import benjamini_hochberg, holm, romano_wolf, sharpened_q

P = np.array([0.001, 0.04, 0.012, 0.04, 0.6, 0.03, 0.9, 0.0005, 0.2])


def test_holm_and_benjamini_hochberg_equal_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    assert np.allclose(holm(P), multitest.multipletests(P, method="holm")[1], rtol=1e-12)
    assert np.allclose(benjamini_hochberg(P), multitest.multipletests(P, method="fdr_bh")[1], rtol=1e-12)


def test_sharpened_q_is_the_smallest_level_at_which_the_two_stage_procedure_rejects():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    got = sharpened_q(P)
    for i, q in enumerate(got):
        for level, rejected in ((q, True), (q - 0.001, False)):
            if 0 < level < 1:
                first = multitest.multipletests(P, alpha=level / (1 + level), method="fdr_bh")[0].sum()
                left = max(len(P) - first, 1e-300)
                again = multitest.multipletests(P, alpha=min(level / (1 + level) * len(P) / left, 1), method="fdr_bh")[
                    0
                ]
                assert again[i] == rejected, (i, level)
    assert sharpened_q(np.array([0.5])).tolist() == [1.0]
    assert (sharpened_q(np.full(6, 0.02)) < 0.03).all()


def test_romano_wolf_steps_down_as_the_definition_says():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(199, 4)) @ np.linalg.cholesky(np.full((4, 4), 0.5) + 0.5 * np.eye(4)).T
    t = np.array([0.3, -3.1, 2.0, -2.1])
    want, left, floor = np.empty(4), [0, 1, 2, 3], 0.0
    while left:
        j = max(left, key=lambda i: abs(t[i]))
        p = (1 + (np.abs(draws[:, left]).max(axis=1) >= abs(t[j])).sum()) / 200
        floor = max(floor, p)
        want[j] = floor
        left.remove(j)
    assert np.array_equal(romano_wolf(t, draws), want)
    single = (1 + (np.abs(draws) >= np.abs(t)).sum(axis=0)) / 200
    assert (romano_wolf(t, draws) >= single).all()
    assert romano_wolf(t[:1], draws[:, :1])[0] == single[0]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg, sharpened_q])
def test_faults_are_named(adjust):
    for bad in ([], [0.5, 1.2], [-0.1]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjust(np.array(bad))
    with pytest.raises(ValueError, match="missing"):
        adjust(np.array([0.2, np.nan]))


def test_undefined_draws_are_refused():
    with pytest.raises(ValueError, match="missing"):
        romano_wolf(np.array([1.0]), np.array([[np.nan]]))
    with pytest.raises(ValueError, match="do not fit"):
        romano_wolf(np.array([1.0]), np.ones((5, 2)))
