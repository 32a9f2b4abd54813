"""Staggered designs: laws that hold for every estimator, bands, clusters, what cannot be identified, bad input in words."""

import numpy as np
import pytest

from panelkit.numerics.did_callaway import CallawayPlan, callaway_sample, callaway_santanna, two_by_two_means
from panelkit.numerics.did_imputation import imputation, imputation_pretrends, two_stage_gardner
from panelkit.numerics.did_interaction import extended_two_way, interaction_weighted
from panelkit.numerics.staggered_bands import multiplier_bands, pretest
from panelkit.numerics.staggered_effects import aggregate, covariance, standard_errors
from panelkit.numerics.staggered_panel import staggered_panel
from panelkit.numerics.support import advice, support

NEVER = np.inf
ESTIMATORS = [callaway_santanna, imputation, two_stage_gardner, interaction_weighted, extended_two_way]


def made(seed=0, units=60, times=8, cohorts=(3.0, 5.0, 6.0, NEVER), effect=1.0, noise=1.0, keep=1.0, level=0.0, **more):
    rng = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(units), times), np.tile(np.arange(float(times)), units)
    cohort = np.repeat(np.resize(cohorts, units), times)
    event = time - cohort
    y = level + rng.normal(size=units)[unit] + 0.3 * time + noise * rng.normal(size=unit.size)
    y = y + np.where(event >= 0, effect * (1 + np.where(np.isfinite(event), event, 0)), 0)
    rows = rng.random(unit.size) < keep
    rows |= time < 2
    more = {k: v[rows] for k, v in more.items()}
    return staggered_panel(y[rows], unit[rows], time[rows], cohort[rows], **more)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_without_noise_every_estimator_finds_the_dynamic_effect(estimator):
    found = aggregate(estimator(made(noise=0.0, effect=2.0)), "dynamic", min_event=0)
    np.testing.assert_allclose(found.estimate, 2.0 * (1 + found.at), atol=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_order_of_rows_and_the_level_do_not_matter(estimator):
    panel = made(level=0.0)
    first = estimator(panel)
    mixed = np.random.default_rng(1).permutation(panel.rows)
    cohort = panel.cohort[panel.unit]
    again = estimator(staggered_panel(panel.outcome[mixed] + 1e6, panel.unit[mixed], panel.time[mixed], cohort[mixed]))
    np.testing.assert_allclose(first.att, again.att, atol=1e-8)
    np.testing.assert_allclose(first.se, again.se, rtol=1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("how", ["simple", "dynamic", "group", "calendar"])
def test_influence_sums_to_zero_and_gives_the_error(estimator, how):
    effects = estimator(made())
    found = aggregate(effects, how)
    assert np.abs(found.influence.sum(axis=0)).max(initial=0) < 1e-8 * effects.influence.size
    V = covariance(found.influence, None, found.factor)
    np.testing.assert_allclose(np.sqrt(np.diag(V)), found.se, rtol=1e-12)
    assert found.overall_se > 0


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_coarser_clusters_change_errors_only(estimator):
    panel = made()
    cohort = panel.cohort[panel.unit]
    coarse = staggered_panel(panel.outcome, panel.unit, panel.time, cohort, clusters=panel.unit // 3)
    fine, wide = estimator(panel), estimator(coarse)
    np.testing.assert_allclose(fine.att, wide.att, rtol=1e-12)
    by_hand = np.zeros((20, len(wide.att)))
    np.add.at(by_hand, np.arange(60) // 3, wide.influence)
    np.testing.assert_allclose(np.sqrt((by_hand**2).sum(axis=0) * wide.factor) / 60, wide.se, rtol=1e-9)


def test_influence_of_callaway_is_its_jackknife():
    panel = made(units=120)
    full = aggregate(callaway_santanna(panel, CallawayPlan(control="notyet")))
    cohort = panel.cohort[panel.unit]
    without = []
    for i in range(120):
        rows = panel.unit != i
        codes = np.unique(panel.unit[rows], return_inverse=True)[1]
        less = staggered_panel(panel.outcome[rows], codes, panel.time[rows], cohort[rows])
        without.append(aggregate(callaway_santanna(less, CallawayPlan(control="notyet"))).overall)
    moved = -(np.array(without) - full.overall) * 119
    assert np.corrcoef(moved, full.overall_influence)[0, 1] > 0.999


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_with_a_constant_covariate_free_panel_all_methods_are_means(method):
    panel = made(keep=0.8)
    for unbalanced in ("drop", "allow"):
        plan = CallawayPlan(method=method, unbalanced=unbalanced, control="notyet")
        effects = callaway_santanna(panel, plan)
        np.testing.assert_allclose(effects.att, two_by_two_means(panel, plan), atol=1e-10)


def test_units_that_leave_are_counted():
    panel = made(cohorts=(0.0, 4.0, NEVER), keep=0.9)
    left = callaway_sample(panel)
    assert left.always_treated == 20
    assert left.incomplete > 0
    assert left.always_treated + left.incomplete + left.kept == 60
    assert callaway_sample(panel, CallawayPlan(unbalanced="allow")).incomplete == 0


def test_cross_sections_have_no_units():
    panel = made()
    cohort = panel.cohort[panel.unit]
    rows = staggered_panel(panel.outcome, None, panel.time, cohort, weights=np.ones(panel.rows))
    linked, loose = callaway_santanna(panel), callaway_santanna(rows)
    np.testing.assert_allclose(linked.att, loose.att, atol=1e-10)
    assert loose.influence.shape[0] == panel.rows


def test_a_late_base_needs_anticipation():
    panel = made(noise=0.0)
    anticipated = callaway_santanna(panel, CallawayPlan(anticipation=1.0, base="universal"))
    zero = anticipated.event == -2
    assert np.isnan(anticipated.se[zero]).all()
    assert (anticipated.att[zero] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_imputation_equals_the_dense_projection(seed):
    rng = np.random.default_rng(seed)
    panel = made(seed=seed, keep=0.85)
    x = rng.normal(size=(panel.rows, 2))
    cohort = panel.cohort[panel.unit]
    w = rng.uniform(0.5, 2, panel.rows)
    panel = staggered_panel(panel.outcome, panel.unit, panel.time, cohort, x, weights=w)
    effects = imputation(panel)
    free = ~np.asarray(panel.treated)
    Z = np.column_stack([np.eye(60)[panel.unit], np.eye(8)[panel.time.astype(int)], panel.covariates])
    root = np.sqrt(panel.mass)
    b = np.linalg.lstsq(Z[free] * root[free, None], panel.outcome[free] * root[free], rcond=None)[0]
    gap = panel.outcome - Z @ b
    for g, t, att in zip(effects.cohorts, effects.periods, effects.att, strict=True):
        rows = (cohort == g) & (panel.time == t)
        assert abs(np.average(gap[rows], weights=panel.mass[rows]) - att) < 1e-10
    inverse = np.linalg.pinv((Z[free] * panel.mass[free, None]).T @ Z[free])
    v = np.where(free, 0.0, panel.mass)
    v = v / v.sum()
    back = np.where(free, -(Z @ inverse @ (Z.T @ v)) * panel.mass, v)
    centred = gap.copy()
    for g, t in {(a, c) for a, c in zip(cohort, panel.time, strict=True) if c >= a}:
        rows = (cohort == g) & (panel.time == t)
        centred[rows] -= np.average(gap[rows], weights=panel.mass[rows] ** 2)
    sums = np.bincount(panel.unit, weights=back * centred)
    assert abs(aggregate(effects).overall_se / np.sqrt(sums @ sums) - 1) < 1e-9


def test_gardner_has_the_estimates_of_imputation_and_other_errors():
    panel = made(keep=0.9)
    one, two = aggregate(imputation(panel)), aggregate(two_stage_gardner(panel))
    assert abs(one.overall - two.overall) < 1e-12
    assert abs(one.overall_se - two.overall_se) > 1e-4


def test_periods_without_controls_are_named_and_counted():
    panel = made(cohorts=(3.0, 5.0, 6.0))
    for estimator in (imputation, two_stage_gardner, extended_two_way, interaction_weighted):
        effects = estimator(panel)
        assert {t for _, t, _ in effects.unidentified} == {6.0, 7.0}
        assert effects.periods.max() == 5
        assert sum(int(why.split()[0]) for _, _, why in effects.unidentified) == 120
    table = support(panel, least=1)
    assert table.without == (6.0, 7.0)
    assert table.lost_cells == 120
    assert "end the sample before them" in advice(table)
    found = callaway_santanna(panel, CallawayPlan(control="notyet"))
    assert all("untreated" in why for _, _, why in found.unidentified)
    with pytest.raises(ValueError, match="first reason"):
        callaway_santanna(panel)


def test_a_unit_treated_from_the_start_cannot_be_imputed():
    effects = imputation(made(cohorts=(0.0, 4.0, NEVER)))
    assert all("no untreated row of their own" in why for g, _, why in effects.unidentified if g == 0)
    assert effects.cohorts.min() == 4


def test_pretrends():
    flat = made(seed=3)
    test = imputation_pretrends(flat, 2)
    assert test.at.tolist() == [-2.0, -1.0]
    assert test.test.p > 0.01
    cohort = flat.cohort[flat.unit]
    bent = flat.outcome + np.where(np.isfinite(cohort), 2 * flat.time, 0)
    steep = staggered_panel(bent, flat.unit, flat.time, cohort)
    assert imputation_pretrends(steep, 2).test.p < 1e-6
    assert pretest(callaway_santanna(steep)).p < 1e-6
    assert pretest(callaway_santanna(flat)).p > 0.001
    with pytest.raises(ValueError, match="fewer leads"):
        imputation_pretrends(flat, 6)


@pytest.mark.parametrize("multiplier", ["rademacher", "mammen"])
def test_bands_are_wider_than_pointwise_and_repeat(multiplier):
    found = aggregate(callaway_santanna(made(units=200)), "dynamic")
    bands = multiplier_bands(found.estimate, found.influence, draws=4000, seed=1, multiplier=multiplier)
    again = multiplier_bands(found.estimate, found.influence, draws=4000, seed=1, multiplier=multiplier)
    assert bands.critical == again.critical
    assert bands.pointwise < bands.critical < 4
    np.testing.assert_allclose(bands.bootstrap_se, found.se, rtol=0.15)
    assert (bands.p[found.at >= 0] < 0.05).all()


def test_bands_cover_jointly():
    inside = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        psi = rng.normal(size=(150, 6)) @ np.linalg.cholesky(0.5 * np.eye(6) + 0.5)
        bands = multiplier_bands(psi.mean(axis=0), psi - psi.mean(axis=0), draws=499, seed=seed)
        inside += bool((bands.low <= 0).all() and (bands.high >= 0).all())
    assert 0.89 <= inside / 150 <= 0.99


def test_a_reference_cell_has_no_error():
    psi = np.column_stack([np.random.default_rng(0).normal(size=50), np.zeros(50)])
    assert np.isnan(standard_errors(psi)).tolist() == [False, True]
    bands = multiplier_bands(np.zeros(2), psi, draws=99)
    assert np.isnan(bands.low).tolist() == [False, True]
    assert np.isnan(bands.p).tolist() == [False, True]


def test_balance_keeps_one_composition():
    effects = callaway_santanna(made())
    found = aggregate(effects, "dynamic", balance=3)
    assert found.at.max() == 3
    assert found.treated[found.at >= 0].tolist() == [15] * 4  # the cohort of 3 alone is seen for three more periods
    assert found.at.min() == -2  # its earliest period with one before it


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": [0.0, 0.0]}, "two rows in period"),
        ({"cohort": [1.0, 2.0]}, "changes over time"),
        ({"cohort": [1.0, np.nan]}, "none missing"),
        ({"outcome": [1.0, np.nan]}, "missing"),
        ({"weights": [1.0, 0.0]}, "above zero"),
    ],
)
def test_bad_rows_are_refused_in_words(change, words):
    given = {"outcome": [1.0, 2.0], "unit": [0, 0], "time": [0.0, 1.0], "cohort": [1.0, 1.0]} | change
    with pytest.raises(ValueError, match=words):
        staggered_panel(**{k: np.array(v) for k, v in given.items()})


def test_bad_choices_are_refused_in_words():
    panel = made()
    with pytest.raises(ValueError, match="never or notyet"):
        callaway_santanna(panel, CallawayPlan(control="always"))
    with pytest.raises(ValueError, match="simple, dynamic"):
        aggregate(callaway_santanna(panel), "yearly")
    with pytest.raises(ValueError, match="no cohort is treated"):
        callaway_santanna(made(cohorts=(NEVER,)))
    with pytest.raises(ValueError, match="no row is treated"):
        support(made(cohorts=(NEVER,)))
    with pytest.raises(ValueError, match="no row is untreated"):
        imputation(made(cohorts=(0.0,)))
