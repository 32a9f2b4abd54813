"""Factors are products of plain counts; what programs print is tested in tests/agree."""

from dataclasses import replace

import pytest

from panelkit.numerics.small_sample import CONVENTIONS, Counts, factor, parameters, reference_df, twoway_factors

PANEL = Counts(rows=217, slopes=2, constant=False, effects=((31, True), (7, False)), clusters=(31,))


def test_parameters_by_convention():
    counted = {name: parameters(PANEL, name) for name in CONVENTIONS}
    assert counted == {
        "fixest": 9,
        "reghdfe": 9,
        "xtreg": 9,
        "plm_hc0": 2,
        "plm_sss": 2,
        "linearmodels": 39,
        "sandwich": 39,
        "fixest_full": 39,
        "fixest_none": 2,
        "clubsandwich": 1,
        "ivreg2": 2,
        "none": 2,
    }


def test_one_nested_effect_is_the_linearmodels_exception():
    one = replace(PANEL, effects=((31, True),))
    assert parameters(one, "linearmodels") == 2
    assert factor(one, "linearmodels", "cluster") == pytest.approx(217 / 215, rel=1e-15)


def test_nested_flags_are_idle_without_clusters():
    assert factor(PANEL, "fixest", "hc1") == factor(PANEL, "sandwich", "hc1") == 217 / (217 - 39)
    assert reference_df(PANEL, "fixest", "classical") == 217 - 39


def test_redundant_levels_count_only_where_said():
    lost = replace(PANEL, effects=((31, False), (7, False)), redundant=3)
    assert parameters(lost, "fixest") - parameters(lost, "reghdfe") == 3
    assert parameters(replace(PANEL, redundant=3), "reghdfe") == 9
    assert parameters(lost, "fixest_full") - parameters(lost, "sandwich") == 3


def test_twoway_rules():
    counts = replace(PANEL, effects=((31, True), (7, True)), clusters=(31, 7, 217))
    common = 216 / (217 - 3)
    assert twoway_factors(counts, "fixest") == pytest.approx((common * 7 / 6,) * 3, rel=1e-15)
    own = (common * 31 / 30, common * 7 / 6, common * 217 / 216)
    assert twoway_factors(counts, "fixest", "own") == pytest.approx(own, rel=1e-15)
    assert twoway_factors(counts, "plm_hc0") == twoway_factors(counts, "none") == (1.0, 1.0, 1.0)
    assert reference_df(counts, "fixest", "cluster") == 6


def test_no_factor_is_one():
    assert [factor(PANEL, "none", kind) for kind in ("classical", "hc1", "cluster")] == [1.0, 1.0, 1.0]
    assert reference_df(PANEL, "none", "cluster") == float("inf")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: factor(PANEL, "eviews", "hc1"), "no convention"),
        (lambda: factor(PANEL, "fixest", "hc9"), "classical, hc1 or cluster"),
        (lambda: factor(replace(PANEL, rows=9), "fixest", "cluster"), "no degrees of freedom"),
        (lambda: factor(replace(PANEL, clusters=(1,)), "fixest", "cluster"), "two clusters"),
        (lambda: factor(replace(PANEL, clusters=(3, 4, 5)), "fixest", "cluster"), "twoway_factors"),
        (lambda: twoway_factors(PANEL, "fixest"), "three counts"),
        (lambda: twoway_factors(PANEL, "fixest", "max"), "min"),
    ],
)
def test_faults_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
