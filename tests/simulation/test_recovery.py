"""Monte Carlo: dense estimators are centred on the stated targets; tolerances are Monte Carlo errors."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from panelkit.simulation import Truth, simulate, targets

REPS = 200
BAND = 4.0  # Monte Carlo standard errors; two-sided chance of a false alarm below 1 in 10000 per number
YEARS = (2010, 2022)
Array = np.ndarray


def within(values: Array) -> Array:
    """Both means out of (reps, 31, T)."""
    return values - values.mean(1, keepdims=True) - values.mean(2, keepdims=True) + values.mean((1, 2), keepdims=True)


@cache
def draws(years: tuple[int, int] = YEARS) -> dict[str, Array]:
    panels = [simulate(1000 + r, years=years).frame for r in range(REPS)]
    names = [c for c in panels[0].columns if c not in ("province", "year")]
    return {n: np.stack([p[n].to_numpy(float).reshape(31, -1) for p in panels]) for n in names}


def now(name: str) -> Array:
    return within(draws()[name][:, :, 1:])


def lag(name: str) -> Array:
    return within(draws()[name][:, :, :-1])


def dot(a: Array, b: Array) -> Array:
    return (a * b).sum((1, 2))


def slopes(y: Array, *xs: Array) -> Array:
    """(reps, k) least squares of y on several regressors, effects already out."""
    cross = np.stack([np.stack([dot(a, b) for b in xs], -1) for a in xs], -2)
    return np.linalg.solve(cross, np.stack([dot(a, y) for a in xs], -1)[..., None])[..., 0]


def instrumented(y: Array, x: Array, z: Array, *controls: Array) -> Array:
    left = np.stack([np.stack([dot(a, b) for b in (x, *controls)], -1) for a in (z, *controls)], -2)
    return np.linalg.solve(left, np.stack([dot(a, y) for a in (z, *controls)], -1)[..., None])[..., 0, 0]


def assert_centred(found: Array, target: float) -> None:
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - target) < BAND * error, (found.mean(), target, error)


def full(name: str) -> Array:
    return within(draws()[name])


ESTIMATES = {
    "cluster_on_ecommerce_2sls": lambda: instrumented(now("ln_lq"), lag("ln_cbec"), lag("shift_ecommerce")),
    "ecommerce_on_cluster_2sls": lambda: instrumented(
        now("ln_cbec"), lag("ln_lq"), lag("shift_cluster"), now("zone_years")
    ),
    "exports_on_cluster": lambda: slopes(now("ln_exports"), lag("ln_lq"))[:, 0],
    "imports_on_cluster": lambda: slopes(now("ln_imports"), lag("ln_lq"))[:, 0],
    "ecommerce_on_zones": lambda: slopes(full("ln_cbec"), full("zone_years"))[:, 0],
    "cluster_on_zones": lambda: slopes(full("ln_lq"), full("zone_years"))[:, 0],
    "mediator_a": lambda: slopes(full("information"), full("zone_years"))[:, 0],
    "mediator_b": lambda: slopes(full("ln_trademarks"), full("information"), full("zone_years"))[:, 0],
    "direct": lambda: slopes(full("ln_trademarks"), full("information"), full("zone_years"))[:, 1],
    "total": lambda: slopes(full("ln_trademarks"), full("zone_years"))[:, 0],
    "indirect": lambda: (
        slopes(full("information"), full("zone_years"))[:, 0]
        * slopes(full("ln_trademarks"), full("information"), full("zone_years"))[:, 0]
    ),
}


@pytest.mark.parametrize("name", sorted(ESTIMATES))
def test_estimators_are_centred_on_their_targets(name: str) -> None:
    assert_centred(ESTIMATES[name](), targets()[name].value)


def test_event_study_recovers_every_horizon() -> None:
    year = np.arange(YEARS[0], YEARS[1] + 1)
    horizon = year[None, None, :] - draws()["first_treated"]
    path = Truth().destinations_by_horizon
    dummies = [within((horizon == h).astype(float)) for h in range(len(path) - 1)]
    dummies.append(within((horizon >= len(path) - 1).astype(float)))
    found = slopes(full("ln_destinations"), *dummies)
    for h in range(len(path)):
        assert_centred(found[:, h], targets()[f"destinations_at_{h}"].value)


@pytest.mark.parametrize(
    ("name", "y", "x"),
    [("cluster_on_ecommerce_fe", "ln_lq", "ln_cbec"), ("ecommerce_on_cluster_fe", "ln_cbec", "ln_lq")],
)
def test_fixed_effects_go_where_the_feedback_sends_them(name: str, y: str, x: str) -> None:
    """x'My - limit x'Mx has mean zero exactly, and the limit is away from the coefficient."""
    target = targets()[name].value
    assert_centred(dot(lag(x), now(y)) - target * dot(lag(x), lag(x)), 0.0)
    coefficient = targets()[name.replace("_fe", "_2sls")].value
    assert abs(target - coefficient) > 0.01


def test_the_instruments_are_strong() -> None:
    for x, z in (("ln_cbec", "shift_ecommerce"), ("ln_lq", "shift_cluster")):
        b = slopes(lag(x), lag(z))[:, 0]
        left = lag(x) - b[:, None, None] * lag(z)
        f = b**2 * dot(lag(z), lag(z)) / (dot(left, left) / (31 * 11 - 31))
        assert np.quantile(f, 0.05) > 30


def test_the_labour_break_attenuates_unless_the_window_avoids_it() -> None:
    truth = Truth()

    def labour(first: int) -> Array:
        data = {k: v[:, :, first - YEARS[0] :] for k, v in draws().items()}
        y = data["ln_lq"][:, :, 1:] - truth.cluster_on_ecommerce * data["ln_cbec"][:, :, :-1]
        others = [within(data[n][:, :, 1:]) for n in ("ln_labour", "ln_rd", "shift_cluster")]
        return slopes(within(y), *others)[:, 0]

    assert_centred(labour(2013), truth.cluster_on_labour)
    assert labour(2010).mean() < 0.85 * truth.cluster_on_labour


def test_guangdong_carries_the_dose() -> None:
    dose = within(draws()["zone_years"][:1])[0]
    share = (dose**2).sum(1) / (dose**2).sum()
    assert share.argmax() == 18
    assert share.max() == pytest.approx(0.415, abs=0.005)
