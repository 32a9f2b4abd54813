"""Thresholds against brute force, one dummy regression for each candidate and draw, and the laws they must obey."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panelkit.numerics import threshold_draws as drawing
from panelkit.numerics.threshold import Found, ThresholdRows, critical_iid, curve, find, ratio, runs
from panelkit.numerics.wild import random_weights

UNITS, YEARS = 14, 7


def made(
    seed: int = 0, *, gaps: int = 0, weighted: bool = False, shift: bool = False, trend: bool = False
) -> ThresholdRows:
    """A panel with thresholds of q at -0.4 and 0.7; `gaps` rows are left out."""
    draw = np.random.default_rng(seed)
    n = UNITS * YEARS
    unit, year = np.repeat(np.arange(UNITS), YEARS), np.tile(np.arange(YEARS), UNITS)
    q = np.round(0.6 * draw.normal(size=UNITS)[unit] + draw.normal(size=n), 1)  # with ties
    x, z = 2 + draw.normal(size=n) + 0.4 * q, draw.normal(size=n)
    slope = np.where(q <= -0.4, 0.3, np.where(q <= 0.7, 1.0, 2.2))
    y = slope * x + z + draw.normal(size=UNITS)[unit] + 0.2 * year + draw.normal(size=n)
    kept = np.sort(draw.permutation(n)[gaps:])
    switching = x[:, None] if not shift else np.column_stack([x, np.ones(n)])
    return ThresholdRows(
        outcome=y[kept],
        switching=switching[kept],
        controls=z[kept, None],
        q=q[kept],
        effects=(unit[kept], year[kept]),
        trends=((0, year[kept].astype(float)),) if trend else (),
        weights=draw.uniform(0.5, 2, size=n)[kept] if weighted else None,
        clusters=unit[kept],
        least=int(np.ceil(0.15 * len(kept))),
    )


def columns(rows: ThresholdRows, thresholds: tuple[float, ...]) -> np.ndarray:
    """Every dummy, trend, control and regime column, times the root of the weights."""
    dummies = [(c[:, None] == np.unique(c)).astype(float) for c in rows.effects]
    dummies += [dummies[i] * v[:, None] for i, v in rows.trends]
    edges = [-np.inf, *sorted(thresholds), np.inf]
    regimes = [rows.switching * ((rows.q > a) & (rows.q <= b))[:, None] for a, b in itertools.pairwise(edges)]
    root = np.ones(len(rows.q)) if rows.weights is None else np.sqrt(rows.weights)
    return np.column_stack([*dummies, rows.controls, *regimes]) * root[:, None]


def ssr(rows: ThresholdRows, thresholds: tuple[float, ...], outcome: np.ndarray | None = None) -> float:
    root = np.ones(len(rows.q)) if rows.weights is None else np.sqrt(rows.weights)
    X, y = columns(rows, thresholds), (rows.outcome if outcome is None else outcome) * root
    left = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return float(left @ left)


CASES = [
    {},
    {"gaps": 11},
    {"weighted": True},
    {"shift": True},
    {"trend": True},
    {"gaps": 9, "weighted": True, "shift": True},
]


@pytest.mark.parametrize("how", CASES)
def test_every_candidate_has_the_sum_of_squares_of_its_own_regression(how: dict[str, object]) -> None:
    rows = made(3, **how)  # type: ignore[arg-type]
    first = curve(rows)
    assert first.null == pytest.approx(ssr(rows, ()), rel=1e-11)
    assert first.ssr == pytest.approx([ssr(rows, (c,)) for c in first.candidates], rel=1e-11)
    second = curve(rows, [first.threshold])
    assert second.null == pytest.approx(first.ssr[first.best], rel=1e-11)
    assert second.ssr == pytest.approx([ssr(rows, (first.threshold, c)) for c in second.candidates], rel=1e-11)
    for c in second.candidates:
        sizes = np.diff([0, *(int((rows.q <= t).sum()) for t in sorted((first.threshold, c))), len(rows.q)])
        assert sizes.min() >= rows.least


def test_the_candidates_are_all_values_that_leave_each_regime_its_rows() -> None:
    rows = made(4)
    wanted = [c for c in np.unique(rows.q) if min((rows.q <= c).sum(), (rows.q > c).sum()) >= rows.least]
    assert curve(rows).candidates.tolist() == wanted
    assert len(curve(rows, grid=7).candidates) == 7
    assert set(curve(rows, grid=7).candidates) <= set(wanted)


def test_a_pair_is_stationary_and_no_worse_than_what_was_found_first() -> None:
    for seed in range(6):
        rows = made(seed)
        found = find(rows, 2, df=len(rows.q) - UNITS - YEARS + 1)
        assert found.ssr == pytest.approx(ssr(rows, found.thresholds), rel=1e-11)
        assert found.ssr <= np.nanmin(found.steps[1].ssr) * (1 + 1e-12)
        for own, others in zip(found.curves, (found.thresholds[1:], found.thresholds[:1]), strict=True):
            assert ratio(own, found.df).min() == 0
            assert own.threshold in found.thresholds
            assert own.null == pytest.approx(ssr(rows, others), rel=1e-11)


def test_a_pair_is_the_best_of_all_pairs_where_effects_are_strong() -> None:
    rows = made(1)
    found = find(rows, 2, df=1)
    values = curve(rows).candidates
    pairs = {
        (a, b): ssr(rows, (a, b))
        for a in values
        for b in values
        if a < b and ((rows.q > a) & (rows.q <= b)).sum() >= rows.least
    }
    assert found.thresholds == min(pairs, key=lambda p: pairs[p])


@pytest.mark.parametrize("how", [{}, {"gaps": 11}, {"weighted": True}])
def test_a_draw_is_the_search_on_the_drawn_outcome(how: dict[str, object]) -> None:
    """Signs by cluster: the outcome under the null drawn by hand, every candidate refitted by its dummies."""
    rows, df = made(5, **how), 50  # type: ignore[arg-type]
    own = curve(rows)
    draws = drawing.Draws(bootstrap="wild", draws=3, seed=8)
    signs = random_weights(UNITS, "rademacher", 8)(3)
    root = np.ones(len(rows.q)) if rows.weights is None else np.sqrt(rows.weights)
    X = columns(rows, ())
    left = (rows.outcome * root - X @ np.linalg.lstsq(X, rows.outcome * root, rcond=None)[0]) / root
    for sign, statistic in zip(signs, drawing.test(own, rows, df, draws).statistics, strict=True):
        outcome = left * sign[rows.clusters]
        least = min(ssr(rows, (c,), outcome) for c in own.candidates)
        assert statistic == pytest.approx((ssr(rows, (), outcome) - least) / (least / df), rel=1e-9)
    X = columns(rows, (own.threshold,))
    fitted = X @ np.linalg.lstsq(X, rows.outcome * root, rcond=None)[0] / root
    for sign, statistic in zip(signs, drawing.ratios(own, rows, df, draws), strict=True):
        outcome = fitted + (rows.outcome - fitted) * sign[rows.clusters]
        least = min(ssr(rows, (c,), outcome) for c in own.candidates)
        wanted = (ssr(rows, (own.threshold,), outcome) - least) / (least / df)
        assert statistic == pytest.approx(wanted, rel=1e-8, abs=1e-9)


def test_blocks_give_whole_paths_of_units_that_are_seen_whenever_the_unit_is() -> None:
    rows = made(2, gaps=10)
    donors = drawing.donors_of(rows.effects[0], rows.effects[1])
    for i in range(UNITS):
        seen = donors.table >= 0
        able = {j for j in range(UNITS) if (seen[j] | ~seen[i]).all()}
        assert set(donors.listed[i, : donors.count[i]].tolist()) == able
    residual = np.arange(len(rows.q), dtype=float)
    draws = drawing.Draws(bootstrap="blocks", draws=40, seed=1, donors=donors)
    for errors in drawing._errors(residual, rows, draws, 1):
        for path in errors.T:
            for i in range(UNITS):
                own = rows.effects[0] == i
                sources = {int(rows.effects[0][int(v)]) for v in path[own]}
                assert len(sources) == 1
                assert [int(rows.effects[1][int(v)]) for v in path[own]] == rows.effects[1][own].tolist()


def test_the_size_of_a_block_of_draws_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made(6)
    donors = drawing.donors_of(*rows.effects)
    for bootstrap in ("wild", "blocks"):
        draws = drawing.Draws(bootstrap=bootstrap, draws=50, seed=4, donors=donors)  # type: ignore[arg-type]
        whole = drawing.test(curve(rows), rows, 70, draws).statistics
        monkeypatch.setattr(drawing, "BLOCK_CELLS", 700)
        assert drawing.test(curve(rows), rows, 70, draws).statistics == pytest.approx(whole, rel=1e-12)
        monkeypatch.undo()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 500), scale=st.floats(0.01, 100), constant=st.floats(-50, 50))
def test_units_of_measure_and_unit_constants_leave_the_threshold(seed: int, scale: float, constant: float) -> None:
    rows = made(seed % 7)
    moved = rows.outcome + constant * np.random.default_rng(seed).normal(size=UNITS)[rows.effects[0]]
    other = replace(rows, outcome=scale * moved, q=3 * rows.q + 1, switching=rows.switching * scale)
    a, b = curve(rows), curve(other)
    assert b.threshold == pytest.approx(3 * a.threshold + 1)
    assert b.ssr == pytest.approx(scale**2 * a.ssr, rel=1e-7)
    order = np.random.default_rng(seed).permutation(len(rows.q))
    fields = ("outcome", "switching", "controls", "q", "clusters")
    shuffled = replace(
        rows, **{f: getattr(rows, f)[order] for f in fields}, effects=tuple(e[order] for e in rows.effects)
    )
    assert curve(shuffled).threshold == a.threshold


def test_what_cannot_be_searched_is_refused() -> None:
    rows = made(0)
    with pytest.raises(ValueError, match=r"leaves 60 rows in each regime"):
        curve(replace(rows, least=60))
    with pytest.raises(ValueError, match=r"rows of 14 clusters in each regime"):
        curve(replace(rows, least_clusters=14))
    with pytest.raises(ValueError, match=r"absorbs one effect"):
        curve(replace(rows, effects=()))
    flat = replace(rows, switching=np.ones((len(rows.q), 1)), q=np.arange(UNITS, dtype=float)[rows.effects[0]])
    with pytest.raises(ValueError, match=r"slope of their own"):
        curve(flat)
    with pytest.raises(ValueError, match=r"threshold 3"):
        find(replace(rows, least=30), 3, df=1)
    alone = replace(rows, clusters=np.zeros(len(rows.q), dtype=np.int64), least_clusters=1)
    own = curve(alone)
    with pytest.raises(ValueError, match=r"two clusters"):
        drawing.test(own, alone, 1, drawing.Draws(bootstrap="wild", draws=2, seed=1))


def test_the_bound_of_independent_errors_is_that_of_hansen() -> None:
    """Hansen (1999), eq. 13: 5.94, 7.35 and 10.59 at 90, 95 and 99 %."""
    assert [round(critical_iid(level), 2) for level in (0.90, 0.95, 0.99)] == [5.94, 7.35, 10.59]
    assert runs([False, True, True, False, True]) == [(1, 2), (4, 4)]
    assert runs([]) == []


@pytest.mark.slow
def test_a_known_threshold_is_recovered_and_a_true_null_seldom_rejected() -> None:
    """31 units, 8 years: the threshold lies in its set of 95 % in nearly all samples, and a null of 5 % is rejected in few."""
    inside, rejected, near = 0, 0, 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        unit, year = np.repeat(np.arange(31), 8), np.tile(np.arange(8), 31)
        q, x = draw.normal(size=248), draw.normal(size=248)
        for slope in (1.0, 2.0):
            y = x * np.where(q <= 0.2, 1.0, slope) + draw.normal(size=31)[unit] + draw.normal(size=248)
            rows = ThresholdRows(
                outcome=y,
                switching=x[:, None],
                controls=np.zeros((248, 0)),
                q=q,
                effects=(unit, year),
                clusters=unit,
                least=38,
            )
            draws = drawing.Draws(bootstrap="blocks", draws=199, seed=seed, donors=drawing.donors_of(unit, year))
            found: Found = find(rows, 1, df=248 - 31 - 7)
            own = found.curves[0]
            if slope == 1.0:
                rejected += drawing.test(own, rows, found.df, draws).p <= 0.05
                continue
            bound = drawing.quantile(drawing.ratios(own, rows, found.df, draws), 0.95)
            inside += bool(drawing.inside(own, found.df, bound)[np.searchsorted(own.candidates, 0.2, side="right") - 1])
            near += abs(own.threshold - 0.2) < 0.25
    assert inside >= 88
    assert rejected <= 12
    assert near >= 90
