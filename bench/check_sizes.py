"""How often the checks' tests reject at T = 13 and 31 units: true nulls, and stated departures. The figures in their texts come from here.

Run it: python -m bench.check_sizes. One seed, 2,000 draws, nominal 5 %. Errors are normal with a unit effect of the same
variance; two regressors with a unit part; "AR .6" means errors and regressors; reset has AR .6 throughout.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panelkit.numerics import joint, overidentification, residual_tests, sandwich, specification
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import absorber, dummy_columns
from panelkit.numerics.weak_instruments import Equation, Errors

UNITS, PERIODS, DRAWS, SEED, LEVEL = 31, 13, 2000, 20261123, 0.05
UNIT = np.repeat(np.arange(UNITS), PERIODS)
TIME = np.tile(np.arange(PERIODS), UNITS)
WITHIN, BOTH = absorber([UNIT]), absorber([UNIT, TIME])


def errors(rng: np.random.Generator, rho: float = 0.0, spread: float = 0.0, factor: float = 0.0) -> np.ndarray:
    """(n,) errors: AR(1) within units, unit standard deviations spread by `spread` in logs, a common shock with loading `factor`."""
    wide = rng.normal(size=(UNITS, PERIODS))
    for t in range(1, PERIODS):
        wide[:, t] = rho * wide[:, t - 1] + np.sqrt(1 - rho**2) * wide[:, t]
    wide *= np.exp(spread * rng.normal(size=(UNITS, 1)))
    wide += factor * rng.normal(size=PERIODS)
    return wide.reshape(-1)


def regressors(rng: np.random.Generator, rho: float = 0.0) -> np.ndarray:
    """(n, 2), each with a unit part, AR(1) within units."""
    return np.column_stack([errors(rng, rho), errors(rng, rho)]) + rng.normal(size=(UNITS, 2))[UNIT]


def hausman(rng: np.random.Generator, correlation: float = 0.0, rho: float = 0.0) -> float:
    X = regressors(rng, rho)
    means = np.stack([X[i == UNIT].mean(axis=0) for i in range(UNITS)])
    y = X.sum(axis=1) + (rng.normal(size=UNITS) + correlation * means[:, 0])[UNIT] + errors(rng, rho)
    own = solve(WITHIN.residualise(X), WITHIN.residualise(y))
    error = own.rss / (len(y) - UNITS - 2)
    ones = np.ones((UNITS, 1))
    between = solve(np.column_stack([ones, means]), np.array([y[i == UNIT].mean() for i in range(UNITS)]))
    variance = max(between.rss / (UNITS - 3) - error / PERIODS, 0.0)
    theta = 1 - np.sqrt(error / (PERIODS * variance + error))
    demean = lambda v: v - theta * np.repeat(v.reshape(UNITS, PERIODS).mean(axis=1), PERIODS)  # noqa: E731
    Z = np.column_stack([np.full(len(y), 1 - theta), demean(X[:, 0]), demean(X[:, 1])])
    random = solve(Z, demean(y))
    V = random.bread * random.rss / (len(y) - 3)
    got = specification.hausman(own.coefficients, own.bread * error, random.coefficients[1:], V[1:, 1:])
    return 1.0 if got.p is None else got.p


def mundlak(rng: np.random.Generator, correlation: float = 0.0, rho: float = 0.0) -> float:
    X = regressors(rng, rho)
    means = np.stack([X[i == UNIT].mean(axis=0) for i in range(UNITS)])
    y = X.sum(axis=1) + (rng.normal(size=UNITS) + correlation * means[:, 0])[UNIT] + errors(rng, rho)
    n = len(y)
    by = UNITS / (UNITS - 1) * (n - 1) / (n - 5)
    return specification.robust_hausman(X - means[UNIT], means[UNIT], y, UNIT, by, UNITS - 1.0).p


def poolability(rng: np.random.Generator, rho: float = 0.0, spread: float = 0.0, slopes: float = 0.0) -> float:
    X = regressors(rng, rho)
    y = ((1 + slopes * rng.normal(size=(UNITS, 2)))[UNIT] * X).sum(axis=1) + errors(rng, rho, spread)
    return specification.poolability(X, y, UNIT).p


def reset(rng: np.random.Generator, curve: float = 0.0, jackknifed: bool = False) -> float:
    X = regressors(rng, 0.6)
    y = X.sum(axis=1) + curve * X[:, 0] ** 2 + rng.normal(size=UNITS)[UNIT] + errors(rng, 0.6)
    n, Z, target = len(y), BOTH.residualise(X), BOTH.residualise(y)
    fit = solve(Z, target)
    if not jackknifed:
        by = UNITS / (UNITS - 1) * (n - 1) / (n - 4 - PERIODS)
        return specification.reset(Z, target, y - fit.residuals, BOTH, (2, 3), UNIT, by).p
    level = target - fit.residuals + (y - target)
    level = (level - level.mean()) / level.std()
    columns = WITHIN.residualise(np.column_stack([X, level**2, level**3]))
    years = WITHIN.residualise(dummy_columns(TIME))
    left = sandwich.jackknife(columns, WITHIN.residualise(y), UNIT, years)
    return joint.wald(left.coefficients[2:], sandwich.cv3(left)[2:, 2:], UNITS - 1.0).p


def serial(rng: np.random.Generator, rho: float, difference: bool) -> float:
    X = regressors(rng)
    y = X.sum(axis=1) + errors(rng, rho)
    if not difference:
        u = solve(WITHIN.residualise(X), WITHIN.residualise(y)).residuals
        return residual_tests.wooldridge_within(u, UNIT, TIME).p
    rows = TIME > 0
    before = np.flatnonzero(rows) - 1
    e = solve(X[rows] - X[before], y[rows] - y[before]).residuals
    return residual_tests.wooldridge_difference(e, UNIT[rows], TIME[rows]).p


def dependence(rng: np.random.Generator, factor: float, both: bool = False) -> float:
    X, sweep = regressors(rng), BOTH if both else WITHIN
    y = X.sum(axis=1) + errors(rng, factor=factor)
    u = solve(sweep.residualise(X), sweep.residualise(y)).residuals
    return residual_tests.cross_section_dependence(u, UNIT, TIME).cd.p


def random_effects(rng: np.random.Generator, deviation: float = 0.0, rho: float = 0.0) -> float:
    X = regressors(rng)
    y = X.sum(axis=1) + deviation * rng.normal(size=UNITS)[UNIT] + errors(rng, rho)
    u = solve(np.column_stack([np.ones(len(y)), X]), y).residuals
    return residual_tests.random_effects_lm(u, UNIT, TIME).honda_unit.p


def hansen(rng: np.random.Generator, direct: float = 0.0, endogenous: bool = False) -> float:
    """Three instruments of one endogenous regressor, first-stage F about 30; errors AR(1) 0.6, clustered by unit."""
    Z = rng.normal(size=(UNITS * PERIODS, 3))
    u = errors(rng, 0.6)
    x = 0.3 * Z.sum(axis=1) + 0.5 * u + rng.normal(size=len(u))
    y = x + direct * Z[:, 0] + u
    parts = [BOTH.residualise(v) for v in (y, x[:, None], Z)]
    equation = Equation(y=parts[0], endogenous=parts[1], instruments=parts[2], exogenous=np.zeros((len(u), 0)))
    return overidentification.hansen_j(equation, Errors(kind="cluster", codes=UNIT)).p


def wu(rng: np.random.Generator, share: float) -> float:
    Z = rng.normal(size=(UNITS * PERIODS, 3))
    u = errors(rng, 0.6)
    x = 0.3 * Z.sum(axis=1) + share * u + rng.normal(size=len(u))
    parts = [BOTH.residualise(v) for v in (x + u, x[:, None], Z)]
    equation = Equation(y=parts[0], endogenous=parts[1], instruments=parts[2], exogenous=np.zeros((len(u), 0)))
    n = len(u)
    by = UNITS / (UNITS - 1) * (n - 1) / (n - 3 - PERIODS)
    got = overidentification.endogeneity(equation, Errors(kind="cluster", codes=UNIT, factor=by), 44, UNITS - 1.0)
    return got.wu_hausman.p


LINES: tuple[tuple[str, Callable[[np.random.Generator], float]], ...] = (
    ("hausman: true", lambda r: hausman(r)),
    ("hausman: true, AR .6", lambda r: hausman(r, rho=0.6)),
    ("hausman: effects on means .5", lambda r: hausman(r, 0.5)),
    ("mundlak: true", lambda r: mundlak(r)),
    ("mundlak: true, AR .6", lambda r: mundlak(r, rho=0.6)),
    ("mundlak: effects on means .5", lambda r: mundlak(r, 0.5)),
    ("poolability: true", lambda r: poolability(r)),
    ("poolability: true, unit sd spread .5 in logs", lambda r: poolability(r, spread=0.5)),
    ("poolability: true, AR .6", lambda r: poolability(r, rho=0.6)),
    ("poolability: slopes spread .2", lambda r: poolability(r, slopes=0.2)),
    ("reset: true, CR1", lambda r: reset(r)),
    ("reset: square .1, CR1", lambda r: reset(r, 0.1)),
    ("reset: true, CR3", lambda r: reset(r, jackknifed=True)),
    ("reset: square .1, CR3", lambda r: reset(r, 0.1, jackknifed=True)),
    ("serial within: true", lambda r: serial(r, 0.0, False)),
    ("serial within: AR .2", lambda r: serial(r, 0.2, False)),
    ("serial within: AR .3", lambda r: serial(r, 0.3, False)),
    ("serial difference: true", lambda r: serial(r, 0.0, True)),
    ("serial difference: AR .2", lambda r: serial(r, 0.2, True)),
    ("serial difference: AR .3", lambda r: serial(r, 0.3, True)),
    ("CD: true", lambda r: dependence(r, 0.0)),
    ("CD: common shock .2", lambda r: dependence(r, 0.2)),
    ("CD: common shock .3", lambda r: dependence(r, 0.3)),
    ("CD: true, after time effects", lambda r: dependence(r, 0.0, True)),
    ("Honda: true", lambda r: random_effects(r)),
    ("Honda: unit sd .3", lambda r: random_effects(r, 0.3)),
    ("Honda: no unit effect, AR .3", lambda r: random_effects(r, rho=0.3)),
    ("Hansen J: true", lambda r: hansen(r)),
    ("Hansen J: direct effect .2", lambda r: hansen(r, 0.2)),
    ("Wu-Hausman: true", lambda r: wu(r, 0.0)),
    ("Wu-Hausman: share .2", lambda r: wu(r, 0.2)),
)


def main() -> None:
    for k, (name, draw) in enumerate(LINES):
        rng = np.random.default_rng([SEED, k])
        print(f"{np.mean([draw(rng) < LEVEL for _ in range(DRAWS)]):.3f}  {name}", flush=True)


if __name__ == "__main__":
    main()
