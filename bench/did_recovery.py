"""Bias and coverage of every difference-in-differences estimator on simulated panels whose effects are known, heterogeneous and dynamic.

Panels: (a) the province panel of analyses/known_truth (`simulate`, ln_destinations): 31 provinces, 2010-2021, real years of the first
zone, no province never treated, effects .05, .10, .15, .20 by years since; (b) the same outcome with effects that differ by cohort
too (.30 for 2015 down to .05 for 2020) and grow by half their size each year; (c) the cities of analyses/city_zones, 2010-2022, the
same effects, 180 cities untreated; (d) as (b) until 2018, while five provinces or more are untreated; (e) as (b) with one effect alike for
all and for ever (.10), where two-way effects are right; (f) to (h) in did_designs: twelve treated cities at one date beside sixty, with
matching and synthetic DID; triple differences on the cells of analyses/industry_zones; a dose.
Errors are autocorrelated (.6 and .5); those of cities share a shock of their province, and errors are clustered by it.

Target: the mean true effect over the treated cells that an estimator itself averages, so that no method is blamed for another's
weights; of two-way effects all treated cells. Bias: mean estimate minus target. RMSE about the target. Coverage: 95 % intervals by
the estimator's own error and the normal (two-way, matching, triple and dose: CR1 and t(G - 1), SDID: jackknife). Ratio: mean of the
errors printed over the true spread. In brackets the Monte Carlo errors of bias and coverage.
Run: python -m bench.did_recovery [--draws 400 --cities 400 --only "(c)"]

Reading: where effects differ or grow the two-way coefficient misses by an eighth (d) to more than half (b) of the effect, and in
(a) to (c) its interval misses most of the time; the mean of a two-way event study is off by a tenth to a third where effects differ by
cohort and nobody is never treated (b, d). The others are centred on their target (biases of .005 and less, two simulation errors at
most). Their errors are right or too large where controls are many (c, d, f; imputation's and the regressions' a tenth too small with
31 clusters,
so that 91 to 93 of 100 intervals cover), and far too small where the last years rest on one or two provinces (a, b, e): the spread of
a single control cannot be seen in the sample. That is what the support table (five clean controls) is for, and why a
province-level binary design is a sensitivity and no headline. Where effects are alike (e) the two-way coefficient is right, and the
most precise. In (g) the dose alone takes the boom of provinces for an effect, the third difference does not; one province carries
much of it, so CR1 and influence are too small there and in (h), where CR3, the default below 50 clusters, covers .90. Printed by
the command above:

(a) provinces, effects by years since treatment, 400 draws
                                target    bias            RMSE  cover         ratio
  two-way                        0.135  -0.066 (0.001)   0.072   0.43 (0.02)   1.02
  two-way event study            0.135  +0.004 (0.002)   0.041   0.92 (0.01)   0.92
  Callaway-Sant'Anna, not yet    0.135  +0.005 (0.003)   0.060   0.59 (0.02)   0.43
  Callaway-Sant'Anna, never      0.135  +0.004 (0.004)   0.075   0.46 (0.02)   0.30
  Sun-Abraham                    0.135  +0.004 (0.004)   0.075   0.42 (0.02)   0.26
  imputation                     0.135  +0.005 (0.003)   0.059   0.53 (0.02)   0.39
  Gardner                        0.135  +0.005 (0.003)   0.059   0.55 (0.02)   0.41
  extended two-way               0.135  +0.005 (0.003)   0.059   0.56 (0.02)   0.42
(b) provinces, effects by cohort, growing, 400 draws
                                target    bias            RMSE  cover         ratio
  two-way                        0.319  -0.179 (0.001)   0.181   0.00 (0.00)   1.27
  two-way event study            0.319  +0.108 (0.002)   0.115   0.52 (0.02)   1.31
  Callaway-Sant'Anna, not yet    0.319  +0.005 (0.003)   0.060   0.80 (0.02)   0.70
  Callaway-Sant'Anna, never      0.319  +0.004 (0.004)   0.075   0.67 (0.02)   0.53
  Sun-Abraham                    0.319  +0.004 (0.004)   0.075   0.42 (0.02)   0.26
  imputation                     0.319  +0.005 (0.003)   0.059   0.53 (0.02)   0.39
  Gardner                        0.319  +0.005 (0.003)   0.059   0.83 (0.02)   0.71
  extended two-way               0.319  +0.005 (0.003)   0.059   0.56 (0.02)   0.42
(c) cities, effects by cohort, growing, 400 draws
                                target    bias            RMSE  cover         ratio
  two-way                        0.196  -0.042 (0.001)   0.043   0.10 (0.02)   1.24
  two-way event study            0.196  +0.000 (0.001)   0.010   0.98 (0.01)   1.28
  Callaway-Sant'Anna, not yet    0.196  +0.000 (0.001)   0.012   0.99 (0.00)   1.61
  Callaway-Sant'Anna, never      0.196  +0.000 (0.001)   0.012   0.99 (0.00)   1.56
  Sun-Abraham                    0.196  +0.000 (0.001)   0.012   0.93 (0.01)   0.98
  imputation                     0.196  +0.001 (0.001)   0.012   0.91 (0.01)   0.89
  Gardner                        0.196  +0.001 (0.001)   0.012   0.99 (0.00)   1.58
  extended two-way               0.196  +0.001 (0.001)   0.012   0.92 (0.01)   0.91
(d) provinces until 2018, effects by cohort, growing, 400 draws
                                target    bias            RMSE  cover         ratio
  two-way                        0.257  -0.030 (0.002)   0.044   0.90 (0.02)   1.07
  two-way event study            0.257  +0.025 (0.002)   0.042   0.91 (0.01)   1.06
  Callaway-Sant'Anna, not yet    0.257  -0.001 (0.002)   0.036   0.96 (0.01)   1.13
  Callaway-Sant'Anna, never      0.257  -0.002 (0.002)   0.041   0.95 (0.01)   1.08
  Sun-Abraham                    0.257  -0.002 (0.002)   0.041   0.92 (0.01)   0.90
  imputation                     0.257  -0.001 (0.002)   0.037   0.89 (0.02)   0.85
  Gardner                        0.257  -0.001 (0.002)   0.037   0.95 (0.01)   1.13
  extended two-way               0.257  -0.001 (0.002)   0.037   0.91 (0.01)   0.89
(e) provinces, one effect alike for all, 400 draws
                                target    bias            RMSE  cover         ratio
  two-way                        0.100  +0.002 (0.001)   0.028   0.95 (0.01)   0.96
  two-way event study            0.100  +0.004 (0.002)   0.041   0.92 (0.01)   0.92
  Callaway-Sant'Anna, not yet    0.100  +0.005 (0.003)   0.060   0.58 (0.02)   0.43
  Callaway-Sant'Anna, never      0.100  +0.004 (0.004)   0.075   0.46 (0.02)   0.30
  Sun-Abraham                    0.100  +0.004 (0.004)   0.075   0.42 (0.02)   0.26
  imputation                     0.100  +0.005 (0.003)   0.059   0.53 (0.02)   0.39
  Gardner                        0.100  +0.005 (0.003)   0.059   0.55 (0.02)   0.40
  extended two-way               0.100  +0.005 (0.003)   0.059   0.56 (0.02)   0.42
(f) few treated cities at one date, effects grow, 400 draws
                                target    bias            RMSE  cover         ratio
  two-way                        0.350  +0.002 (0.001)   0.028   0.94 (0.01)   0.99
  Callaway-Sant'Anna             0.350  +0.001 (0.002)   0.034   0.92 (0.01)   0.95
  imputation                     0.350  +0.002 (0.001)   0.028   0.92 (0.01)   0.97
  matching, then two-way         0.350  +0.000 (0.002)   0.033   0.93 (0.01)   0.96
  synthetic DID                  0.350  +0.002 (0.001)   0.028   0.94 (0.01)   1.05
(g) provinces, industries, years: zones go where business grows, 400 draws
                                target    bias            RMSE  cover         ratio
  dose alone, two-way            0.015  +0.031 (0.002)   0.046   0.67 (0.02)   0.76
  triple difference, dose        0.050  -0.001 (0.001)   0.023   0.90 (0.01)   0.81
  triple difference, staggered   0.115  +0.001 (0.001)   0.024   0.84 (0.02)   0.76
(h) provinces, dose with one effect a zone-year, 400 draws
                                target    bias            RMSE  cover         ratio
  dose, CR1                      0.060  -0.000 (0.000)   0.008   0.81 (0.02)   0.68
  dose, CR3                      0.060  -0.000 (0.000)   0.008   0.90 (0.02)   0.94
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from bench.did_designs import DESIGNS, Found
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_imputation import imputation, two_stage_gardner
from panelkit.numerics.did_interaction import extended_two_way, interaction_weighted
from panelkit.numerics.projection import absorber
from panelkit.numerics.staggered_effects import CohortEffects, aggregate
from panelkit.numerics.staggered_panel import StaggeredPanel, staggered_panel
from panelkit.simulation import CityTruth, Truth, simulate, simulate_cities

SEED = 20231213
GROWING = CityTruth()
ALIKE = CityTruth(sizes=dict.fromkeys(GROWING.sizes, 0.10), growth=0.0)
ESTIMATORS: dict[str, Callable[[StaggeredPanel], CohortEffects]] = {
    "Callaway-Sant'Anna, not yet": lambda p: callaway_santanna(p, CallawayPlan(control="notyet")),
    "Callaway-Sant'Anna, never": lambda p: callaway_santanna(p, CallawayPlan(control="never")),
    "Sun-Abraham": interaction_weighted,
    "imputation": imputation,
    "Gardner": two_stage_gardner,
    "extended two-way": extended_two_way,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """One simulated panel and the true effect (n,) of each of its rows, in the row order of the panel."""

    panel: StaggeredPanel
    effect: np.ndarray


def provinces(seed: int, effects: CityTruth | None, last: int = 2021) -> Drawn:
    """The province panel until `last`; `effects` in place of those of known_truth."""
    none = Truth(destinations_by_horizon=(0.0,)) if effects else Truth()
    made = simulate(seed, years=(2010, last), effects=none)
    d = made.frame
    cohort, year = d.first_treated.to_numpy(float), d.year.to_numpy(float)
    effect = effects.effect(cohort, year) if effects else made.effects.ln_destinations.to_numpy()
    y = d.ln_destinations.to_numpy() + (effect if effects else 0.0)
    first = np.where(cohort > last, np.inf, cohort)
    units = np.unique(d.province, return_inverse=True)[1]
    panel = staggered_panel(y, units, year, first)
    return Drawn(panel=panel, effect=effect[panel.order])


def cities(seed: int, effects: CityTruth) -> Drawn:
    """The city panel, clustered by province."""
    made = simulate_cities(seed, effects=effects)
    d = made.frame
    first = np.where(d.first_treated > 0, d.first_treated, np.inf)
    codes = [np.unique(d[k], return_inverse=True)[1] for k in ("city", "province")]
    panel = staggered_panel(d.ln_exports.to_numpy(), codes[0], d.year.to_numpy(float), first, clusters=codes[1])
    return Drawn(panel=panel, effect=made.effects[panel.order])


def two_way(drawn: Drawn) -> tuple[float, float, float, float]:
    """Estimate, CR1 error, critical value and target of the static two-way coefficient."""
    p = drawn.panel
    times = np.unique(p.time, return_inverse=True)[1].astype(np.intp)
    swept = absorber([p.unit, times]).residualise(np.column_stack([p.treated.astype(float), p.outcome]))
    x, y = swept.T
    b = float(x @ y / (x @ x))
    groups = p.unit if p.clusters is None else p.clusters[p.unit]
    scores = np.bincount(groups, weights=x * (y - b * x))
    G, n, k = len(scores), p.rows, 1 + len(p.periods)
    se = float(np.sqrt(scores @ scores * G / (G - 1) * (n - 1) / (n - k)) / (x @ x))
    return b, se, float(stats.t.ppf(0.975, G - 1)), float(drawn.effect[p.treated].mean())


def event_study(drawn: Drawn) -> tuple[float, float, float, float]:
    """The two-way event study: mean over treated cells of the coefficients from 0 on, four periods before and earlier in one bin.

    The error is CR1 of that mean, the coefficients' weights being the treated cells of each event time.
    """
    p = drawn.panel
    times = np.unique(p.time, return_inverse=True)[1].astype(np.intp)
    event = np.where(np.isfinite(p.event), np.maximum(p.event, -4), -1)
    at = [e for e in np.unique(event) if e != -1]
    swept = absorber([p.unit, times]).residualise(
        np.column_stack([*((event == e).astype(float) for e in at), p.outcome])
    )
    X, y = swept[:, :-1], swept[:, -1]
    bread = np.linalg.pinv(X.T @ X)
    b = bread @ (X.T @ y)
    share = np.array([(event == e).sum() if e >= 0 else 0 for e in at]) / (event >= 0).sum()
    groups = p.unit if p.clusters is None else p.clusters[p.unit]
    influence = X @ (bread @ share) * (y - X @ b)
    scores = np.bincount(groups, weights=influence)
    G, n, k = len(scores), p.rows, len(at) + len(p.periods)
    se = float(np.sqrt(scores @ scores * G / (G - 1) * (n - 1) / (n - k)))
    return float(share @ b), se, float(stats.t.ppf(0.975, G - 1)), float(drawn.effect[p.treated].mean())


def staggered(drawn: Drawn, method: Callable[[StaggeredPanel], CohortEffects]) -> tuple[float, float, float, float]:
    """Estimate, error, critical value and target of the mean effect over the method's own treated cells."""
    found = method(drawn.panel)
    mean = aggregate(found, "simple")
    p = drawn.panel
    true = {(g, t): e for g, t, e in zip(p.cohort[p.unit], p.time, drawn.effect, strict=True)}
    cells = [(g, t, n) for g, t, n in zip(found.cohorts, found.periods, found.treated, strict=True) if t >= g]
    target = float(np.average([true[g, t] for g, t, _ in cells], weights=[n for _, _, n in cells]))
    return mean.overall, mean.overall_se, float(stats.norm.ppf(0.975)), target


def recovery(draw: Callable[[int], Drawn], draws: int) -> dict[str, np.ndarray]:
    """For each estimator (draws, 4): estimate, error, critical value, target."""
    made: dict[str, list[tuple[float, float, float, float]]] = {
        n: [] for n in ("two-way", "two-way event study", *ESTIMATORS)
    }
    for i in range(draws):
        drawn = draw(SEED + i)
        made["two-way"].append(two_way(drawn))
        made["two-way event study"].append(event_study(drawn))
        for name, method in ESTIMATORS.items():
            made[name].append(staggered(drawn, method))
    return {name: np.array(rows) for name, rows in made.items()}


def of_design(draw: Callable[[int], dict[str, Found]], draws: int) -> dict[str, np.ndarray]:
    """The same of a design of `did_designs`."""
    drawn = [draw(SEED + i) for i in range(draws)]
    return {name: np.array([d[name] for d in drawn]) for name in drawn[0]}


def printed(title: str, found: dict[str, np.ndarray]) -> str:
    """The table of one panel."""
    head = f"  {'':28} {'target':>7} {'bias':>7} {'':>8} {'RMSE':>6} {'cover':>6} {'':>6} {'ratio':>6}"
    lines = [f"{title}, {len(next(iter(found.values())))} draws", head]
    for name, rows in found.items():
        b, se, critical, target = rows.T
        error = b - target
        spread = error.std(ddof=1)
        cover = np.mean(np.abs(error) <= critical * se)
        doubt = np.sqrt(cover * (1 - cover) / len(error))
        noise = spread / np.sqrt(len(error))
        lines.append(
            f"  {name:28} {target.mean():>7.3f} {error.mean():>+7.3f} ({noise:.3f})  {np.sqrt(np.mean(error**2)):>6.3f}"
            f" {cover:>6.2f} ({doubt:.2f}) {se.mean() / spread:>6.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--draws", type=int, default=400)
    reader.add_argument("--cities", type=int, default=400)
    reader.add_argument("--only", default="", help="a panel, such as '(c)'")
    asked = reader.parse_args()
    panels: list[tuple[str, Callable[[int], Drawn], int]] = [
        ("(a) provinces, effects by years since treatment", lambda s: provinces(s, None), asked.draws),
        ("(b) provinces, effects by cohort, growing", lambda s: provinces(s, GROWING), asked.draws),
        ("(c) cities, effects by cohort, growing", lambda s: cities(s, GROWING), asked.cities),
        ("(d) provinces until 2018, effects by cohort, growing", lambda s: provinces(s, GROWING, 2018), asked.draws),
        ("(e) provinces, one effect alike for all", lambda s: provinces(s, ALIKE), asked.draws),
    ]
    for title, draw, draws in panels:
        if asked.only in title:
            print(printed(title, recovery(draw, draws)), flush=True)
    for title, design in DESIGNS.items():
        if asked.only in title:
            print(printed(title, of_design(design, asked.draws)), flush=True)


if __name__ == "__main__":
    main()
