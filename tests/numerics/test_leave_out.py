"""Two-stage least squares without each cluster against refitting without its rows."""

import numpy as np
import pytest

from panelkit.numerics.leave_out import InstrumentColumns, leave_out_two_stage
from panelkit.numerics.projection import absorber, dummy_columns


def instrumented(s, seed=0, instruments=2):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(len(s.y), instruments)) + 20
    shock = rng.normal(size=len(s.y))
    endogenous = Z @ np.linspace(0.5, 1, instruments) + shock + 0.1 * s.X[:, 0]
    return Z, endogenous, s.y + 2 * endogenous + shock


def refit(s, rows, Z, endogenous, y, w):
    """Explicit dummies, two least-squares fits."""
    root = np.sqrt(w[rows])[:, None]
    unit, time = (np.unique(c[rows], return_inverse=True)[1] for c in (s.unit, s.time))
    D = [np.eye(unit.max() + 1)[unit], np.eye(time.max() + 1)[time]]
    X = s.X[rows] - 50
    full = np.column_stack([X, *D, Z[rows]]) * root
    hat = full @ np.linalg.lstsq(full, endogenous[rows, None] * root, rcond=1e-12)[0]
    second = np.column_stack([X * root, hat, *(d * root for d in D)])
    return np.linalg.lstsq(second, y[rows] * root[:, 0], rcond=1e-12)[0][:4]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("instruments", [1, 3])
def test_equals_refitting_without_the_cluster(sample, weighted, instruments):
    s = sample(21, units=11)
    w = s.w if weighted else np.ones(len(s.y))
    Z, endogenous, y = instrumented(s, instruments=instruments)
    nested = absorber([s.unit], s.w if weighted else None)
    columns = InstrumentColumns(
        outcome=nested.residualise(y),
        endogenous=nested.residualise(endogenous),
        instruments=nested.residualise(Z),
        exogenous=nested.residualise(s.X),
    )
    others = nested.residualise(dummy_columns(s.time))
    got = leave_out_two_stage(columns, s.unit, others, w if weighted else None)
    want = np.array([refit(s, s.unit != g, Z, endogenous, y, w) for g in range(11)])
    assert np.allclose(got.replicates, want, rtol=1e-10, atol=1e-10)
    assert np.allclose(got.coefficients, refit(s, s.unit >= 0, Z, endogenous, y, w), rtol=1e-10, atol=1e-10)
    assert not got.undetermined.any()
    assert np.allclose(got.partial_leverage.sum(axis=0), 1)
    assert got.leverage.sum() == pytest.approx(4 + 5)


def test_a_time_effect_of_one_cluster_only_and_an_instrument_of_one_cluster(sample):
    s = sample(3, units=10, keep=1.0)
    rows = (s.time < 5) | (s.unit == 2)
    Z, endogenous, y = (a[rows] for a in instrumented(s, instruments=2))
    s = type(s)(s.unit[rows], s.time[rows], s.X[rows], s.y[rows], s.w[rows])
    nested = absorber([s.unit])
    others = nested.residualise(dummy_columns(s.time))

    def left_out(Z):
        parts = {"outcome": y, "endogenous": endogenous, "instruments": Z, "exogenous": s.X}
        return leave_out_two_stage(
            InstrumentColumns(**{k: nested.residualise(v) for k, v in parts.items()}), s.unit, others
        )

    got = left_out(Z)
    want = np.array([refit(s, s.unit != g, Z, endogenous, y, np.ones(len(y))) for g in range(10)])
    assert np.allclose(got.replicates, want, rtol=1e-9)
    lone = left_out(((s.unit == 4) * (s.time > 2) * 1.0)[:, None])
    assert lone.undetermined[4].all()
    assert np.isnan(lone.replicates[4]).all()
    assert not lone.undetermined[:4].any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endogenous": np.zeros((54, 2)), "instruments": np.ones((54, 1))}, "as many instruments"),
        ({"instruments": np.zeros((54, 1))}, "zero"),
    ],
)
def test_faults_are_named(sample, change, words):
    s = sample(2, keep=1.0)
    parts = {"outcome": s.y, "endogenous": s.X[:, 0], "instruments": s.X[:, 1:2]}
    with pytest.raises(ValueError, match=words):
        leave_out_two_stage(InstrumentColumns(**{**parts, **change}), s.unit)
    with pytest.raises(ValueError, match="two clusters"):
        leave_out_two_stage(InstrumentColumns(**parts), np.zeros(54, dtype=int))
