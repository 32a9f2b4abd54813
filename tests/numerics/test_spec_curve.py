"""The joint test of a curve: its statistics are those of each specification, its p is uniform under chance and small under an effect."""

from __future__ import annotations

import numpy as np
import pytest

from panelkit.numerics.permutation import Assignment, PanelRows, permute_cohorts, permute_paths, slopes_under
from panelkit.numerics.projection import absorber
from panelkit.numerics.spec_curve import Adopted, joint_curve

UNITS, TIMES = 24, 8


def case(effect: float, seed: int, keep: np.ndarray | None = None, y: np.ndarray | None = None) -> Assignment:
    rng = np.random.default_rng(seed)
    first = np.where(np.arange(UNITS) % 3 == 0, 99, 3 + np.arange(UNITS) % 4)
    path = (np.arange(TIMES)[None, :] >= first[:, None]).astype(float)
    unit, time = np.repeat(np.arange(UNITS), TIMES), np.tile(np.arange(TIMES), UNITS)
    y = rng.normal(size=len(unit)) + effect * path.ravel() if y is None else y
    rows = np.ones(len(unit), dtype=bool) if keep is None else keep
    codes = [np.unique(c[rows], return_inverse=True)[1].astype(np.intp) for c in (unit, time)]
    return Assignment(
        path=path,
        rows=PanelRows(unit_codes=unit[rows], time_codes=time[rows]),
        y=y[rows],
        controls=None,
        absorber=absorber(codes),
        clusters=codes[0],
    )


def test_one_specification_is_the_plain_permutation_test() -> None:
    one = case(0.3, 1)
    got = joint_curve([one], 199, 5)
    plain = permute_paths(one.path, one.rows, one.y, None, one.absorber, one.clusters, 199, 5)
    assert got.statistics[0] == pytest.approx(plain.statistic, rel=1e-12)
    np.testing.assert_allclose(got.drawn[:, 0], plain.statistics, rtol=1e-10)
    assert got.p_mean == plain.p_t


def test_the_same_permutation_moves_every_specification() -> None:
    y = np.random.default_rng(3).normal(size=UNITS * TIMES)
    got = joint_curve([case(0, 0, y=y), case(0, 0, y=2 * y)], 99, 7)
    np.testing.assert_allclose(got.drawn[:, 0], got.drawn[:, 1], rtol=1e-9)


def test_a_specification_without_some_units_still_draws_from_the_paths_of_all() -> None:
    keep = np.repeat(np.arange(UNITS) > 1, TIMES)
    got = joint_curve([case(0.0, 4), case(0.0, 4, keep)], 99, 7)
    assert np.isfinite(got.drawn).all()


def test_an_effect_is_found_and_chance_is_not() -> None:
    strong = joint_curve([case(2.0, s) for s in range(4)], 199, 1)
    assert strong.share == 1.0
    assert strong.p_share <= 0.02
    assert strong.p_mean <= 0.02
    ps = [
        joint_curve([case(0.0, s), case(0.0, s, np.repeat(np.arange(UNITS) > 3, TIMES))], 99, s).p_mean
        for s in range(60)
    ]
    assert 0.3 < np.mean(ps) < 0.7
    assert np.mean(np.array(ps) <= 0.1) < 0.25


def test_lists_of_units_that_differ_are_refused() -> None:
    one = case(0.0, 1)
    other = Assignment(
        path=one.path[:-1], rows=one.rows, y=one.y, controls=None, absorber=one.absorber, clusters=one.clusters
    )
    with pytest.raises(ValueError, match="one list of units"):
        joint_curve([one, other], 9, 1)
    with pytest.raises(ValueError, match="one specification or more"):
        joint_curve([], 9, 1)


def test_moving_adoption_dates_is_moving_the_paths_that_they_make() -> None:
    """The two-way coefficient as an effect of dates: its draws are those of whole paths under the same permutations."""
    one = case(0.3, 1)
    first = np.where(np.arange(UNITS) % 3 == 0, np.inf, 3.0 + np.arange(UNITS) % 4)

    def effect(dates: np.ndarray) -> tuple[float, float]:
        path = (np.arange(TIMES)[None, :] >= dates[:, None]).astype(float)
        moved = Assignment(
            path=path, rows=one.rows, y=one.y, controls=None, absorber=one.absorber, clusters=one.clusters
        )
        b, t = slopes_under(moved, [np.arange(UNITS)[None, :]])[0]
        return float(b), float(t)

    plain = permute_paths(one.path, one.rows, one.y, None, one.absorber, one.clusters, 49, 5)
    moved = permute_cohorts(first, effect, 49, 5)
    np.testing.assert_allclose(moved.estimates, plain.estimates, rtol=1e-9)
    assert (moved.p, moved.p_t) == (plain.p, plain.p_t)
    both = joint_curve([one, Adopted(cohort=first, effect=effect, groups=UNITS)], 49, 7)
    np.testing.assert_allclose(both.drawn[:, 0], both.drawn[:, 1], rtol=1e-9)
    assert both.statistics[0] == pytest.approx(both.statistics[1])
    with pytest.raises(ValueError, match="no placebo distribution"):
        permute_cohorts(first, lambda _: (float("nan"), float("nan")), 49, 5)
    with pytest.raises(ValueError, match="no effect with an error"):
        joint_curve([Adopted(cohort=first, effect=lambda _: (1.0, float("nan")), groups=3)], 9, 1)
