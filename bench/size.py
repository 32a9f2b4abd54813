"""How often each inference rejects a true null of no effect on the real zone timing, beside RESEARCH.md section 6.

Data-generating process, its own: 31 provinces, 2010-2022, `panelkit.facts.zones`. Outcome without any effect:
y_it = e_it, e_it = r e_i,t-1 + v_it with v standard normal and e_i1 from the stationary distribution (province and year
effects would be swept out, so none are drawn). Two-way fixed effects, errors clustered by province, nominal 5 %.
Designs: binary, 1 from the first full year of the first zone; dose, `exposure("zone_years")`; errors times
1 + dose / (largest dose), a growth that RESEARCH leaves open: of seven forms tried this one comes nearest to its row;
Zhejiang alone treated from 2016. iid t: classical errors with N - K. CR1 with
fixest's factor. CR3: (G-1)/G sum (b_g - b)(b_g - b)', G - 1 degrees of freedom. WCR: Rademacher, the draws counted two-sided.
Permutation: whole paths over provinces, p of the coefficient. Analytic inferences use `--draws` samples, resampling
the first `--resampled` of them.
Run: python -m bench.size [--draws 2000 --resampled 2000]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy import stats

from panelkit.facts.provinces import provinces
from panelkit.facts.zones import exposure, first_treated
from panelkit.numerics.permutation import PanelRows, permute_paths
from panelkit.numerics.projection import absorber, dummy_columns
from panelkit.numerics.sandwich import jackknife
from panelkit.numerics.small_sample import Counts, factor
from panelkit.numerics.wild import wild_cluster

YEARS, SEED, LEVEL = np.arange(2010, 2023), 20231213, 0.05
COLUMNS = ("iid t", "CR1 N", "CR1 t(30)", "CR3 t(30)", "WCR", "permute")
RESEARCH = {
    "binary, AR .6": (0.164, 0.081, 0.070, 0.061, 0.060, 0.052),
    "dose, AR .6": (0.203, 0.110, 0.100, 0.059, 0.056, 0.048),
    "dose, AR .9": (0.359, 0.132, 0.116, 0.067, 0.064, 0.052),
    "dose, sd grows, AR .6": (0.370, 0.176, 0.161, 0.099, 0.084, 0.152),
    "one treated, AR .6": (0.253, 0.725, 0.710, 0.000, 0.000, 0.036),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How many samples, and how many draws within each."""

    draws: int
    resampled: int
    wild: int = 399
    permutations: int = 199


def paths() -> dict[str, np.ndarray]:
    """(31, 13) treatments: binary, dose, one treated."""
    codes = [p.code for p in provinces() if p.in_nbs_panel]
    first = first_treated("first_full_year")
    yearly = exposure("zone_years", range(int(YEARS[0]), int(YEARS[-1]) + 1))
    binary = np.array([[float(y >= first.get(c, 9999)) for y in YEARS] for c in codes])
    dose = np.array([[yearly[(c, int(y))] for y in YEARS] for c in codes])
    one = np.array([[float(c == "330000" and y >= 2016) for y in YEARS] for c in codes])
    return {"binary": binary, "dose": dose, "one": one}


def errors(draws: int, correlation: float, stream: np.random.Generator) -> np.ndarray:
    """(draws, 31, 13) stationary AR(1) with innovations of variance one."""
    shocks = stream.normal(size=(draws, 31, len(YEARS)))
    out = np.empty_like(shocks)
    out[:, :, 0] = shocks[:, :, 0] / np.sqrt(1 - correlation**2)
    for t in range(1, len(YEARS)):
        out[:, :, t] = correlation * out[:, :, t - 1] + shocks[:, :, t]
    return out


def rates(path: np.ndarray, samples: np.ndarray, rules: Rules) -> list[float]:
    """Rejection rates in the order of COLUMNS; `samples` (draws, 31, 13)."""
    G, T = path.shape
    unit, time = np.repeat(np.arange(G), T), np.tile(np.arange(T), G)
    effects = absorber([unit, time])
    x = effects.residualise(path.ravel())
    Y = effects.residualise(samples.reshape(len(samples), -1).T)
    information = float(x @ x)
    b = x @ Y / information
    U = Y - x[:, None] * b
    free = G * T - G - T
    iid = b / np.sqrt((U**2).sum(axis=0) / free / information)
    scores = (x[:, None] * U).reshape(G, T, -1).sum(axis=1)
    counts = Counts(rows=G * T, slopes=1, constant=False, effects=((G, True), (T, False)), clusters=(G,))
    cr1 = b * information / np.sqrt((scores**2).sum(axis=0) * factor(counts, "fixest", "cluster"))
    cr3 = b / _cr3(path, samples, unit, time, b)
    critical = stats.t.ppf(1 - LEVEL / 2, [free, np.inf, G - 1, G - 1])
    found = [float((np.abs(t) > c).mean()) for t, c in zip((iid, cr1, cr1, cr3), critical, strict=True)]
    rows = PanelRows(unit_codes=unit, time_codes=time)
    wild, permuted = np.empty(rules.resampled), np.empty(rules.resampled)
    for s in range(rules.resampled):
        wild[s] = wild_cluster(x[:, None], Y[:, s], unit, effects, 0, draws=rules.wild, seed=s).p
        y = samples[s].ravel()
        permuted[s] = permute_paths(path, rows, y, None, effects, unit, draws=rules.permutations, seed=s).p
    return [*found, float((wild <= LEVEL).mean()), float((permuted <= LEVEL).mean())]


def _cr3(path: np.ndarray, samples: np.ndarray, unit: np.ndarray, time: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Standard errors (draws,); infinite where leaving a province out leaves no treatment, so that nothing is rejected.

    The jackknife of `numerics.sandwich` is linear in the outcome: its replicates for every unit vector give all samples.
    """
    G, T = path.shape
    nested = absorber([unit])
    x, others = nested.residualise(path.ravel())[:, None], nested.residualise(dummy_columns(time))
    if jackknife(x, samples[0].ravel(), unit, others).undetermined.any():
        return np.full(len(b), np.inf)
    basis = nested.residualise(np.eye(G * T))
    linear = np.stack([jackknife(x, column, unit, others).replicates[:, 0] for column in basis.T])
    gaps = samples.reshape(len(samples), -1) @ linear - b[:, None]
    out: np.ndarray = np.sqrt((G - 1) / G * (gaps**2).sum(axis=1))
    return out


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--draws", type=int, default=2000, help="samples for the analytic inferences")
    reader.add_argument("--resampled", type=int, default=1000, help="of these, samples that are also resampled")
    given = reader.parse_args()
    rules = Rules(draws=max(given.draws, given.resampled), resampled=given.resampled)
    treatment = paths()
    begin = perf_counter()
    print(
        f"{rules.draws} samples, {rules.resampled} of them resampled ({rules.wild} wild, {rules.permutations} permutation"
        f" draws); seed {SEED} (PCG64, one child a design); Monte Carlo error of .05: {np.sqrt(0.0475 / rules.draws):.3f}"
        f" and {np.sqrt(0.0475 / rules.resampled):.3f}"
    )
    print(f"{'design':<24}" + "".join(f"{c:>17}" for c in COLUMNS) + "   (ours, RESEARCH.md section 6)")
    streams = np.random.SeedSequence(SEED).spawn(len(RESEARCH))
    for (name, published), seeds in zip(RESEARCH.items(), streams, strict=True):
        path = treatment[name.split(",")[0].split(" ")[0]]
        samples = errors(rules.draws, 0.9 if ".9" in name else 0.6, np.random.Generator(np.random.PCG64(seeds)))
        if "grows" in name:
            samples = samples * (1 + path / path.max())
        got = rates(path, samples, rules)
        cells = "".join(f"{a:>10.3f} {b:>6.3f}" for a, b in zip(got, published, strict=True))
        print(f"{name:<24}{cells}", flush=True)
    print(f"{perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
