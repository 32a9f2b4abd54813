"""Resampling by matrix products against the plain loop that refits with pyfixest on every draw.

Prints, in one run, seconds, ratio and largest difference of the draws both made. The loop makes fewer draws and its
time is extrapolated in proportion, which the table says. Run: python -m bench.resampling [--loop-draws 20]
"""

from __future__ import annotations

import argparse
import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

from panelkit.numerics import sandwich
from panelkit.numerics.crossproducts import MediationLayout, indirect_effect, per_cluster
from panelkit.numerics.permutation import PanelRows, pairs_weights, path_orders, permute_paths
from panelkit.numerics.projection import Absorber, absorber, dummy_columns

UNITS, PERIODS, DRAWS = 31, 13, 1000
DATA_SEED, PLACEBO_SEED, BOOTSTRAP_SEED = 20231213, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A panel of provinces and years: staggered dose, mediator, outcome, one control."""

    frame: pd.DataFrame
    path: np.ndarray
    unit: np.ndarray
    time: np.ndarray

    def residualised(self, effects: Absorber, *names: str) -> np.ndarray:
        return effects.residualise(self.frame[list(names)].to_numpy())


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One comparison: our seconds for all draws, the loop's for some, and the largest difference of those."""

    name: str
    ours: float
    loop: float
    made: int
    of: int
    difference: float

    def show(self) -> str:
        whole = self.loop * self.of / self.made
        said = "measured" if self.made == self.of else f"extrapolated from {self.made} draws"
        return (
            f"{self.name:<34} {self.ours:9.4f} s {whole:9.2f} s ({said})"
            f"  ratio {whole / self.ours:8.0f}  max difference {self.difference:.1e}"
        )


def simulate() -> Case:
    rng = np.random.Generator(np.random.PCG64(DATA_SEED))
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(UNITS), np.arange(PERIODS), indexing="ij"))
    start = rng.integers(3, PERIODS + 4, UNITS)
    path = np.log1p(np.maximum(np.arange(PERIODS)[None, :] - start[:, None] + 1, 0))
    dose, control = path[unit, time], rng.normal(size=unit.size) + 10
    level, shock = rng.normal(size=UNITS)[unit], rng.normal(size=PERIODS)[time]
    mediator = 0.5 * dose + 0.2 * control + level + shock + rng.normal(size=unit.size)
    outcome = 0.3 * dose + 0.4 * mediator + level - shock + rng.normal(size=unit.size)
    frame = pd.DataFrame(
        {"unit": unit, "time": time, "dose": dose, "control": control, "mediator": mediator, "outcome": outcome}
    )
    return Case(frame=frame, path=path, unit=unit, time=time)


def timed(work: Callable[[], np.ndarray], repeat: int = 1) -> tuple[float, np.ndarray]:
    """Best of `repeat` runs, in seconds, and what the work gave back."""
    best, out = np.inf, np.empty(0)
    for _ in range(repeat):
        begin = perf_counter()
        out = work()
        best = min(best, perf_counter() - begin)
    return best, out


def fit(formula: str, frame: pd.DataFrame, vcov: object = "iid") -> object:
    import pyfixest as pf

    return pf.feols(formula, data=frame, vcov=vcov, fixef_tol=1e-12)


def placebo(case: Case, loop_draws: int) -> Line:
    def ours() -> np.ndarray:
        effects = absorber([case.unit, case.time])
        rows = PanelRows(unit_codes=case.unit, time_codes=case.time)
        y, controls = case.frame.outcome.to_numpy(), case.frame[["control"]].to_numpy()
        drawn = permute_paths(case.path, rows, y, controls, effects, case.unit, draws=DRAWS, seed=PLACEBO_SEED)
        return drawn.estimates

    def loop() -> np.ndarray:
        orders = path_orders(UNITS, DRAWS, PLACEBO_SEED)[:loop_draws]
        draws = (case.frame.assign(dose=case.path[order[case.unit], case.time]) for order in orders)
        return np.array([fit("outcome ~ dose + control | unit + time", d).coef()["dose"] for d in draws])

    (fast, a), (slow, b) = timed(ours, 3), timed(loop)
    return _line(f"placebo, {DRAWS} permutations", fast, slow, a, b, loop_draws)


def mediation(case: Case, loop_draws: int) -> Line:
    weights = pairs_weights(UNITS, DRAWS, BOOTSTRAP_SEED)

    def ours() -> np.ndarray:
        nested = absorber([case.unit])
        own = case.residualised(nested, "outcome", "dose", "mediator", "control")
        Z = np.column_stack([own, nested.residualise(dummy_columns(case.time))])
        layout = MediationLayout(outcome=0, treatment=1, mediator=2, controls=tuple(range(3, Z.shape[1])))
        return indirect_effect(per_cluster(Z, case.unit), layout, weights).indirect

    def loop() -> np.ndarray:
        out = []
        parts = [case.frame[case.unit == g] for g in range(UNITS)]
        for row in weights[:loop_draws]:
            copies = [part for part, count in zip(parts, row, strict=True) for _ in range(count)]
            frame = pd.concat([part.assign(unit=i) for i, part in enumerate(copies)], ignore_index=True)
            a = fit("mediator ~ dose + control | unit + time", frame).coef()["dose"]
            b = fit("outcome ~ dose + mediator + control | unit + time", frame).coef()["mediator"]
            out.append(a * b)
        return np.array(out)

    (fast, a), (slow, b) = timed(ours, 3), timed(loop)
    return _line(f"indirect effect, {DRAWS} draws", fast, slow, a, b, loop_draws)


def jackknife(case: Case) -> Line:
    def ours() -> np.ndarray:
        nested = absorber([case.unit])
        X = case.residualised(nested, "dose", "control")
        y = case.residualised(nested, "outcome")[:, 0]
        return sandwich.jackknife(X, y, case.unit, nested.residualise(dummy_columns(case.time))).replicates

    def loop() -> np.ndarray:
        left = (case.frame[case.unit != g] for g in range(UNITS))
        return np.array([fit("outcome ~ dose + control | unit + time", d).coef().to_numpy() for d in left])

    (fast, a), (slow, b) = timed(ours, 3), timed(loop)
    return _line(f"CR3 by leaving out {UNITS} clusters", fast, slow, a, b, UNITS, of=UNITS)


def jackknife_of_pyfixest(case: Case) -> Line:
    """The whole CRV3 call of pyfixest against ours; the difference is of standard errors, factors taken off."""
    import pyfixest as pf

    def ours() -> np.ndarray:
        nested = absorber([case.unit])
        X = case.residualised(nested, "dose", "control")
        y = case.residualised(nested, "outcome")[:, 0]
        drawn = sandwich.jackknife(X, y, case.unit, nested.residualise(dummy_columns(case.time)))
        return np.sqrt(np.diag(sandwich.cv3(drawn, "hansen")))

    def loop() -> np.ndarray:
        bare = pf.ssc(k_adj=False, G_adj=False)
        formula = "outcome ~ dose + control | unit + time"
        return pf.feols(formula, data=case.frame, vcov={"CRV3": "unit"}, ssc=bare, fixef_tol=1e-12).se().to_numpy()

    (fast, a), (slow, b) = timed(ours, 3), timed(loop)
    return _line("CR3 against pyfixest's own CRV3", fast, slow, a, b, 1, of=1)


def _line(name: str, fast: float, slow: float, a: np.ndarray, b: np.ndarray, made: int, of: int = DRAWS) -> Line:
    return Line(name=name, ours=fast, loop=slow, made=made, of=of, difference=float(np.abs(a[: len(b)] - b).max()))


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--loop-draws", type=int, default=20, help="draws the refitting loop really makes")
    loop_draws = reader.parse_args().loop_draws
    warnings.filterwarnings("ignore")
    case = simulate()
    fit("outcome ~ dose + control | unit + time", case.frame)  # imports and compilation stay out of the times
    print(f"{UNITS} units x {PERIODS} periods; Python {platform.python_version()}, numpy {np.__version__}")
    print(f"seeds: data {DATA_SEED}, placebo {PLACEBO_SEED}, bootstrap {BOOTSTRAP_SEED} (PCG64); pyfixest tol 1e-12")
    print(f"{'':<34} {'panelkit':>11} {'refitting loop':>11}")
    for line in (placebo(case, loop_draws), mediation(case, loop_draws), jackknife(case), jackknife_of_pyfixest(case)):
        print(line.show())


if __name__ == "__main__":
    main()
