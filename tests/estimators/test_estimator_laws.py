"""What must hold whatever the data: order, names, scales and unit constants; two by two; total = direct + indirect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panelkit.core.request import Classical, Clustered, Robust

FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FE = "y ~ dose + x | province + year"


def values(made):
    return np.array([(t.estimate, t.se, t.p) for t in made.terms])


@FEW
@given(seed=st.integers(0, 10_000))
def test_row_order_changes_no_bit(seed, frame, make, run):
    shuffled = frame.sample(frac=1.0, random_state=seed)
    first = run("fixed_effects", make(frame, categories=("region",)), formula=FE, resample=True)
    second = run("fixed_effects", make(shuffled, categories=("region",)), formula=FE, resample=True)
    assert (values(first) == values(second)).all()
    assert repr(first.resampled) == repr(second.resampled)
    assert first.sample.keys_digest == second.sample.keys_digest


@FEW
@given(seed=st.integers(0, 10_000))
def test_names_of_units_do_not_matter(seed, frame, make, run):
    names = np.random.default_rng(seed).permutation(31)
    renamed = frame.assign(province=[f"u{names[int(p)]:03d}" for p in frame.province])
    for kind, further in (("fixed_effects", {}), ("mediation", {"mediator": "m"})):
        first = run(kind, make(frame, categories=("region",)), formula=FE, **further)
        second = run(kind, make(renamed, categories=("region",)), formula=FE, **further)
        np.testing.assert_allclose(values(first), values(second), rtol=1e-8)


@FEW
@given(scale=st.floats(1e-4, 1e4), shift=st.floats(-1e3, 1e3))
def test_slopes_scale_with_the_regressor(scale, shift, frame, make, run):
    scaled = frame.assign(dose=frame.dose * scale + shift)
    first = run("fixed_effects", make(frame, categories=("region",)), formula=FE)
    second = run("fixed_effects", make(scaled, categories=("region",)), formula=FE)
    np.testing.assert_allclose(second.terms[0].estimate * scale, first.terms[0].estimate, rtol=1e-7)
    np.testing.assert_allclose(second.terms[0].statistic, first.terms[0].statistic, rtol=1e-6)


@FEW
@given(seed=st.integers(0, 10_000))
def test_unit_and_time_constants_leave_the_slopes(seed, frame, make, run):
    rng = np.random.default_rng(seed)
    moved = frame.assign(
        y=frame.y + 100 * rng.normal(size=31)[frame.province.astype(int)] + 10 * rng.normal(size=8)[frame.year - 2015],
        x=frame.x + 50 * rng.normal(size=31)[frame.province.astype(int)],
    )
    first = run("fixed_effects", make(frame, categories=("region",)), formula=FE)
    second = run("fixed_effects", make(moved, categories=("region",)), formula=FE)
    np.testing.assert_allclose(values(first), values(second), rtol=1e-6)


@FEW
@given(seed=st.integers(0, 10_000))
def test_two_by_two_is_the_difference_of_differences(seed, make, run):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([(f"{i:02d}", t) for i in range(12) for t in (0, 1)], columns=["province", "year"])
    frame["treated"] = (frame.province.astype(int) < 5).astype(float) * frame.year
    frame["y"] = rng.normal(size=24)
    group = frame.province.astype(int) < 5
    means = frame.groupby([group.to_numpy(), frame.year.to_numpy()]).y.mean()
    by_hand = (means[True, 1] - means[True, 0]) - (means[False, 1] - means[False, 0])
    made = run("dose_did", make(frame), formula="y ~ treated | province + year")
    assert made.terms[0].estimate == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    frame["cohort"] = np.where(group, 1.0, np.nan)
    event = run("event_study", make(frame), formula="y ~ 1 | province + year", cohort="cohort", window=(-1, 0))
    assert event.term("event_time::0").estimate == pytest.approx(by_hand, rel=1e-9, abs=1e-12)


@FEW
@given(seed=st.integers(0, 10_000))
def test_total_is_direct_plus_indirect(seed, frame, make, run):
    rng = np.random.default_rng(seed)
    gaps = frame.assign(m=frame.m.where(rng.random(len(frame)) > 0.1), x=frame.x.where(rng.random(len(frame)) > 0.1))
    made = run("mediation", make(gaps, categories=("region",)), formula=FE, mediator="m")
    parts = {t.name: t.estimate for t in made.terms}
    assert parts["total"] == pytest.approx(parts["direct"] + parts["indirect"], rel=1e-9)
    assert parts["indirect"] == pytest.approx(parts["a: dose on m"] * parts["b: m on y"], rel=1e-12)


@pytest.mark.parametrize("formula", [FE, "y ~ x", "y ~ dose + x | province", "y ~ dose | province[x] + year"])
@pytest.mark.parametrize("weights", ["", "weight"])
def test_the_jackknife_is_what_refitting_gives(formula, weights, panel, run):
    """The dense engine refits without each cluster; linearmodels has none, so there ours is used."""
    refitted = run("fixed_effects", panel, engine="dense", formula=formula, weights=weights)
    ours = run("fixed_effects", panel, engine="linearmodels", formula=formula, weights=weights)
    assert refitted.requests[0].covariance.variant == "cr3"
    assert ours.requests[0].covariance.variant == "cr0"
    np.testing.assert_allclose(values(ours), values(refitted), rtol=1e-7)


@pytest.mark.parametrize("covariance", [Robust(), Clustered(), Clustered(by=("province", "year"))])
def test_a_covariance_handed_by_a_check_overrides(covariance, panel, run):
    made = run("fixed_effects", panel, formula=FE, override=covariance)
    assert made.covariance.kind == covariance.kind
    assert made.requests[0].covariance == made.covariance


@pytest.mark.parametrize("covariance", [Classical(), Robust(), Clustered(by=("region",))])
def test_a_frequency_weight_is_that_many_rows(covariance, frame, make, run):
    copies = [frame[frame.weight > c].assign(province=frame.province + f"-{c}") for c in range(int(frame.weight.max()))]
    whole = make(pd.concat(copies), categories=("region",))
    fields = {"formula": "y ~ dose + x | region", "covariance": covariance, "engine": "dense"}
    repeated = run("fixed_effects", whole, **fields)
    weighted = run(
        "fixed_effects", make(frame, categories=("region",)), weights="weight", weight_kind="frequency", **fields
    )
    np.testing.assert_allclose(values(weighted), values(repeated), rtol=1e-8)
    assert weighted.fit.r2_adjusted == pytest.approx(repeated.fit.r2_adjusted, rel=1e-10)
    scaled = make(frame.assign(weight=frame.weight * 7.5), categories=("region",))
    analytic = [
        run("fixed_effects", panel, weights="weight", **fields)
        for panel in (make(frame, categories=("region",)), scaled)
    ]
    np.testing.assert_allclose(values(analytic[0]), values(analytic[1]), rtol=1e-8)
