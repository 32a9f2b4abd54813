"""Panels and estimators of `did_recovery` beyond staggered cohorts: few treated at one date, triple differences, a dose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_imputation import imputation
from panelkit.numerics.did_matching import nearest_neighbours
from panelkit.numerics.did_propensity import propensity_score
from panelkit.numerics.did_triple import staggered_triple
from panelkit.numerics.projection import absorber
from panelkit.numerics.staggered_effects import aggregate
from panelkit.numerics.staggered_panel import staggered_panel
from panelkit.numerics.synthetic_cohorts import replications, synthetic_cohorts
from panelkit.simulation import CityTruth, simulate, simulate_cities, simulate_industries

Found = tuple[float, float, float, float]  # estimate, error, critical value, target
NORMAL = float(stats.norm.ppf(0.975))
FEW = {"cohort": 2016, "years": (2010, 2019), "untreated": 3}  # every third city without a zone


def slope(
    y: FloatArray, x: FloatArray, effects: list[IntArray], groups: IntArray, weights: FloatArray | None = None
) -> tuple[float, float, float]:
    """Coefficient, CR1 error (one regressor and the effects that are not nested counted) and t(G - 1) critical value."""
    swept = absorber(effects, weights).residualise(np.column_stack([x, y]))
    left, out = swept.T
    w = np.ones(len(y)) if weights is None else weights
    b = float(w * left @ out / (w * left @ left))
    scores = np.bincount(groups, weights=w * left * (out - b * left))
    G, n = len(scores), len(y)
    free = sum(int(e.max()) for e in effects if len(np.unique(e * (groups.max() + 1) + groups)) > e.max() + 1)
    factor = G / (G - 1) * (n - 1) / (n - 1 - 1 - free)
    return b, float(np.sqrt(scores @ scores * factor) / (w * left @ left)), float(stats.t.ppf(0.975, G - 1))


def without_each(y: FloatArray, x: FloatArray, effects: list[IntArray], groups: IntArray) -> tuple[float, float, float]:
    """The same coefficient with the error of the jackknife over clusters (CR3)."""
    b, _, critical = slope(y, x, effects, groups)
    left = []
    for g in range(int(groups.max()) + 1):
        kept = groups != g
        codes = [np.unique(e[kept], return_inverse=True)[1].astype(np.intp) for e in effects]
        own = np.unique(groups[kept], return_inverse=True)[1].astype(np.intp)
        left.append(slope(y[kept], x[kept], codes, own)[0])
    G = len(left)
    return b, float(np.sqrt((G - 1) / G * ((np.array(left) - b) ** 2).sum())), critical


def few_cities(seed: int) -> dict[str, Found]:
    """Twelve cities with a zone from 2016 on beside 60 without; effects grow; errors by province, SDID's by jackknife."""
    made = simulate_cities(seed, years=FEW["years"], effects=CityTruth())
    d = made.frame.assign(effect=made.effects)
    never = np.unique(d.city[d.first_treated == 0])[:: FEW["untreated"]]
    d = d[(d.first_treated == FEW["cohort"]) | d.city.isin(never)].sort_values(["city", "year"])
    city, province, year = (
        np.unique(d[k], return_inverse=True)[1].astype(np.intp) for k in ("city", "province", "year")
    )
    first = np.where(d.first_treated > 0, d.first_treated, np.inf)
    on = (d.year.to_numpy() >= first).astype(float)
    y = d.ln_exports.to_numpy()
    target = float(d.effect[on == 1].mean())
    panel = staggered_panel(y, city, d.year.to_numpy(float), first, clusters=province)
    found: dict[str, Found] = {"two-way": (*slope(y, on, [city, year], province), target)}
    for name, method in (
        ("Callaway-Sant'Anna", lambda p: callaway_santanna(p, CallawayPlan(control="never"))),
        ("imputation", imputation),
    ):
        mean = aggregate(method(panel), "simple")
        found[name] = (mean.overall, mean.overall_se, NORMAL, target)
    found["matching, then two-way"] = (*_matched(d, y, on, (city, year, province)), target)
    N, T = int(city.max()) + 1, int(year.max()) + 1
    wide = y.reshape(N, T)
    start = np.array([T if np.isinf(f) else int(f) - FEW["years"][0] for f in first.reshape(N, T)[:, 0]])
    own = synthetic_cohorts(wide, start)
    found["synthetic DID"] = (own.estimate, replications(own, wide, start, "jackknife").se, NORMAL, target)
    return found


def _matched(d, y, on, codes):  # type: ignore[no-untyped-def]
    """Three nearest cities by a score on income and exports before 2016, with replacement; weights into the two-way regression."""
    city, year, province = codes
    before = d.year < FEW["cohort"]
    means = d[before].groupby("city")[["ln_income", "ln_exports"]].mean().to_numpy()
    treated = (d.groupby("city").first_treated.max() > 0).to_numpy().astype(float)
    X = np.column_stack([np.ones(len(means)), (means - means.mean(axis=0)) / means.std(axis=0)])
    weights = nearest_neighbours(propensity_score(treated, X).score, treated, 3).weights[city]
    kept = weights > 0
    again = [np.unique(c[kept], return_inverse=True)[1].astype(np.intp) for c in (city, year, province)]
    return slope(y[kept], on[kept], again[:2], again[2], weights[kept])


def triple(seed: int) -> dict[str, Found]:
    """Province x industry x year: zones go where everything grows; exposed industries gain .05 a zone-year, or by cohort and year."""
    made = simulate_industries(seed, years=(2012, 2019))
    d = made.frame.assign(brands=made.effects.ln_brands.to_numpy())
    whole = d.groupby(["province", "industry"]).year.transform("size") == 8
    d = d[whole].reset_index(drop=True)
    codes = {k: np.unique(d[k], return_inverse=True)[1] for k in ("province", "industry", "year")}

    def pair(a: str, b: str) -> IntArray:
        return np.unique(codes[a] * (codes[b].max() + 1) + codes[b], return_inverse=True)[1].astype(np.intp)

    cell, place, branch = pair("province", "industry"), pair("province", "year"), pair("industry", "year")
    groups = codes["province"].astype(np.intp)
    dose, exposure, y = d.zone_years.to_numpy(), d.exposure.to_numpy(), d.ln_jobs.to_numpy()
    truth = made.truth.jobs_on_exposed_dose
    alone = slope(y, dose, [cell, branch], groups)
    third = slope(y, dose * exposure, [cell, place, branch], groups)
    panel = staggered_panel(
        d.ln_brands.to_numpy(),
        cell,
        d.year.to_numpy(float),
        np.where(d.first_treated > 2019, np.inf, d.first_treated),
        clusters=groups,
    )
    eligible = d.exposed.to_numpy()[panel.order][np.searchsorted(panel.unit, np.arange(panel.units))] == 1
    cells = staggered_triple(panel, eligible, CallawayPlan(control="notyet"))
    mean = aggregate(cells, "simple")
    path = np.array(made.truth.brands_by_horizon)
    horizon = np.clip((cells.periods - cells.cohorts).astype(int), 0, len(path) - 1)
    after = cells.periods >= cells.cohorts
    target = float(np.average(path[horizon][after], weights=cells.weights[after]))
    return {
        "dose alone, two-way": (*alone, truth * float(np.average(exposure))),
        "triple difference, dose": (*third, truth),
        "triple difference, staggered": (mean.overall, mean.overall_se, NORMAL, target),
    }


def dose(seed: int) -> dict[str, Found]:
    """Provinces: information rises by .06 a zone-year everywhere, which is what a dose needs to be read as an effect."""
    made = simulate(seed, years=(2010, 2022))
    d = made.frame
    unit, year = (np.unique(d[k], return_inverse=True)[1].astype(np.intp) for k in ("province", "year"))
    given = (d.information.to_numpy(), d.zone_years.to_numpy(), [unit, year], unit)
    truth = made.truth.information_on_zones
    return {"dose, CR1": (*slope(*given), truth), "dose, CR3": (*without_each(*given), truth)}


DESIGNS: dict[str, Callable[[int], dict[str, Found]]] = {
    "(f) few treated cities at one date, effects grow": few_cities,
    "(g) provinces, industries, years: zones go where business grows": triple,
    "(h) provinces, dose with one effect a zone-year": dose,
}
