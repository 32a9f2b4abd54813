"""The wild restricted efficient bootstrap against a plain loop that refits both stages on every draw."""

import numpy as np
import pytest

from panelkit.numerics import wild
from panelkit.numerics.leave_out import InstrumentColumns
from panelkit.numerics.projection import absorber
from panelkit.numerics.wild_instrumental import WildPlan, wild_two_stage


def instrumented(s, seed=0, instruments=2):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(len(s.y), instruments)) + 20
    shock = rng.normal(size=len(s.y))
    endogenous = Z @ np.linspace(0.5, 1, instruments) + shock + 0.1 * s.X[:, 0]
    return Z, endogenous, s.y + 2 * endogenous + 3 * shock


def refitting_loop(s, Z, endogenous, y, w, draws, null):
    """Every column explicit, every fit by least squares; clustered t without a factor."""
    root = np.sqrt(w)
    X = np.column_stack([s.X - 50, np.eye(s.unit.max() + 1)[s.unit], np.eye(s.time.max() + 1)[s.time]])
    exogenous = np.column_stack([X, Z - 20])

    def fit(design, target):
        return np.linalg.lstsq(design * root[:, None], target * root, rcond=1e-12)[0]

    def t_of(y, d):
        hat = exogenous @ fit(exogenous, d)
        both = np.column_stack([hat, X])
        b = fit(both, y)
        u = y - np.column_stack([d, X]) @ b
        own = hat - X @ fit(X, hat)
        sums = np.array([np.sum((w * own * u)[s.unit == g]) for g in range(s.unit.max() + 1)])
        return (b[0] - null) / (np.sqrt(np.sum(sums**2)) / np.sum(w * own**2))

    structural = y - null * endogenous
    b = fit(X, structural)
    u = structural - X @ b
    full = np.column_stack([exogenous, u])
    first = fit(full, endogenous)[:-1]
    v = endogenous - exogenous @ first
    made = []
    for row in draws:
        d = exogenous @ first + row[s.unit] * v
        made.append(t_of(null * d + X @ b + row[s.unit] * u, d))
    return t_of(y, endogenous), np.array(made)


def call(s, Z, endogenous, y, weighted=False, **options):
    sweep = absorber([s.unit, s.time], s.w if weighted else None)
    columns = InstrumentColumns(
        outcome=sweep.residualise(y),
        endogenous=sweep.residualise(endogenous),
        instruments=sweep.residualise(Z),
        exogenous=sweep.residualise(s.X),
    )
    return wild_two_stage(columns, s.unit, sweep, **options)


@pytest.mark.parametrize("weights", ["rademacher", "webb", "mammen"])
@pytest.mark.parametrize(("null", "weighted", "instruments"), [(0.0, False, 1), (1.5, True, 3)])
def test_equals_the_refitting_loop(sample, weights, null, weighted, instruments):
    s = sample(8)
    Z, endogenous, y = instrumented(s, instruments=instruments)
    w = s.w if weighted else np.ones(len(y))
    plan = WildPlan(weights=weights, draws=60, seed=4)
    got = call(s, Z, endogenous, y, weighted, null=null, plan=plan)
    t, want = refitting_loop(s, Z, endogenous, y, w, wild.wild_weights(9, weights, 60, 4), null)
    assert got.statistic == pytest.approx(t, rel=1e-9)
    assert np.allclose(got.statistics, want, rtol=1e-9, atol=1e-9)
    assert got.p == (1 + (np.abs(want) >= abs(t) * (1 - 1e-10)).sum()) / 61


def test_all_sign_vectors_and_the_set_where_they_do_not_reject(sample):
    s = sample(8)
    Z, endogenous, y = instrumented(s)
    got = call(s, Z, endogenous, y, plan=WildPlan(draws=512))
    assert got.enumerated
    assert got.draws_used == 512
    assert got.statistics[0] == pytest.approx(got.statistic, rel=1e-9)
    width = got.high - got.low
    for edge, inward in ((got.low, 1), (got.high, -1)):
        for side, rejected in ((-1, True), (1, False)):
            again = call(s, Z, endogenous, y, null=edge + side * inward * 1e-5 * width, plan=WildPlan(draws=512))
            assert (again.p <= 0.05) == rejected


def test_faults_are_named(sample):
    s = sample(1)
    Z, endogenous, y = instrumented(s)
    with pytest.raises(ValueError, match="one endogenous"):
        call(s, Z, np.column_stack([endogenous, s.X[:, 0]]), y)
    with pytest.raises(ValueError, match="one draw"):
        call(s, Z, endogenous, y, plan=WildPlan(draws=0))
    with pytest.raises(ValueError, match="collinear"):
        call(s, np.column_stack([Z, Z[:, 0]]), endogenous, y)
