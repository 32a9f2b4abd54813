"""Resampling by matrix products against the plain loop that refits with pyfixest on every draw.

Prints, in one run, seconds, ratio and largest difference of the draws both made (coefficients, and raw clustered t where
there are any). The loop makes fewer draws and its time is extrapolated in proportion, which the table says.
Run: python -m bench.resampling [--loop-draws 20]
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.lines import Line, compared, fit, heading
from panelkit.numerics import sandwich
from panelkit.numerics.crossproducts import MediationLayout, indirect_effect, per_cluster
from panelkit.numerics.leave_out import InstrumentColumns, leave_out_two_stage
from panelkit.numerics.pairs import ClusterRows, pairs_cluster
from panelkit.numerics.permutation import PanelRows, pairs_weights, path_orders, permute_paths
from panelkit.numerics.projection import Absorber, absorber, dummy_columns

DRAWS, MANY = 1000, 9999
DATA_SEED, PLACEBO_SEED, BOOTSTRAP_SEED = 20231213, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A panel of units and years: staggered treatment, mediator, outcome, instrument, one control."""

    frame: pd.DataFrame
    path: np.ndarray
    weights: np.ndarray | None

    @property
    def unit(self) -> np.ndarray:
        return self.frame.unit.to_numpy()

    @property
    def time(self) -> np.ndarray:
        return self.frame.time.to_numpy()

    def residualised(self, effects: Absorber, *names: str) -> np.ndarray:
        return effects.residualise(self.frame[list(names)].to_numpy())


def simulate(units: int, periods: int, treatment: str = "dose", hard: bool = False) -> Case:
    """`hard`: a tenth of the rows missing, and weights."""
    rng = np.random.Generator(np.random.PCG64(DATA_SEED))
    unit, time = (a.ravel() for a in np.meshgrid(np.arange(units), np.arange(periods), indexing="ij"))
    start = rng.integers(3, periods + 4, units)
    path = np.log1p(np.maximum(np.arange(periods)[None, :] - start[:, None] + 1, 0)) * rng.uniform(1, 2, (units, 1))
    path = path if treatment == "dose" else (path > 0).astype(float)
    dose, control = path[unit, time], rng.normal(size=unit.size) + 10
    level, shock = rng.normal(size=units)[unit], rng.normal(size=periods)[time]
    instrument, common = rng.normal(size=unit.size), rng.normal(size=unit.size)
    mediator = 0.5 * dose + 0.2 * control + instrument + level + shock + common
    outcome = 0.3 * dose + 0.4 * mediator + level - shock + common + rng.normal(size=unit.size)
    frame = pd.DataFrame(
        {"unit": unit, "time": time, "dose": dose, "control": control, "mediator": mediator, "outcome": outcome}
        | {"instrument": instrument, "weight": rng.uniform(0.5, 2, unit.size)}
    )
    if hard:
        frame = frame[rng.random(unit.size) < 0.9].reset_index(drop=True)
    return Case(frame=frame, path=path, weights=frame.weight.to_numpy() if hard else None)


def placebo(case: Case, name: str, loop_draws: int, wanted: float) -> Line:
    """Coefficient and clustered t of every draw, against one `feols` for each."""
    import pyfixest as pf

    def ours() -> np.ndarray:
        effects = absorber([case.unit, case.time], case.weights)
        rows = PanelRows(unit_codes=case.unit, time_codes=case.time)
        y, controls = case.frame.outcome.to_numpy(), case.frame[["control"]].to_numpy()
        drawn = permute_paths(case.path, rows, y, controls, effects, case.unit, draws=DRAWS, seed=PLACEBO_SEED)
        return np.column_stack([drawn.estimates, drawn.statistics])

    def loop() -> np.ndarray:
        out = []
        for order in path_orders(case.path.shape[0], DRAWS, PLACEBO_SEED)[:loop_draws]:
            model = pf.feols(
                "outcome ~ dose + control | unit + time",
                data=case.frame.assign(dose=case.path[order[case.unit], case.time]),
                vcov={"CRV1": "unit"},
                weights=None if case.weights is None else "weight",
                ssc=pf.ssc(k_adj=False, G_adj=False),
                fixef_tol=1e-12,
            )
            out.append([model.coef()["dose"], model.tstat()["dose"]])
        return np.array(out)

    return compared(f"placebo {name}, {DRAWS} draws", ours, loop, loop_draws, DRAWS, wanted)


def copies(case: Case, counts: np.ndarray) -> pd.DataFrame:
    """The rows of a pairs draw, each copy of a unit a unit of its own."""
    parts = [case.frame[case.unit == g] for g, count in enumerate(counts) for _ in range(count)]
    return pd.concat([part.assign(unit=i) for i, part in enumerate(parts)], ignore_index=True)


def mediation(case: Case, loop_draws: int) -> Line:
    weights = pairs_weights(case.path.shape[0], MANY, BOOTSTRAP_SEED)

    def ours() -> np.ndarray:
        nested = absorber([case.unit])
        own = case.residualised(nested, "outcome", "dose", "mediator", "control")
        Z = np.column_stack([own, nested.residualise(dummy_columns(case.time))])
        layout = MediationLayout(outcome=0, treatment=1, mediator=2, controls=tuple(range(3, Z.shape[1])))
        return indirect_effect(per_cluster(Z, case.unit), layout, weights).indirect

    def loop() -> np.ndarray:
        out = []
        for row in weights[:loop_draws]:
            frame = copies(case, row)
            a = fit("mediator ~ dose + control | unit + time", frame).coef()["dose"]
            b = fit("outcome ~ dose + mediator + control | unit + time", frame).coef()["mediator"]
            out.append(a * b)
        return np.array(out)

    return compared(f"indirect effect, {MANY} draws", ours, loop, loop_draws, MANY, 2000)


def cluster_rows(case: Case) -> ClusterRows:
    nested = absorber([case.unit])
    X, y = case.residualised(nested, "dose", "control"), case.residualised(nested, "outcome")[:, 0]
    return ClusterRows(X=X, y=y, codes=case.unit, others=nested.residualise(dummy_columns(case.time)))


def pairs(case: Case, loop_draws: int) -> Line:
    def ours() -> np.ndarray:
        return pairs_cluster(cluster_rows(case), draws=MANY, seed=BOOTSTRAP_SEED).draws

    def loop() -> np.ndarray:
        frames = (copies(case, row) for row in pairs_weights(case.path.shape[0], MANY, BOOTSTRAP_SEED)[:loop_draws])
        return np.array([fit("outcome ~ dose + control | unit + time", f).coef().to_numpy() for f in frames])

    return compared(f"pairs bootstrap with BCa, {MANY} draws", ours, loop, loop_draws, MANY, 1000)


def jackknife(case: Case) -> Line:
    def ours() -> np.ndarray:
        rows = cluster_rows(case)
        return sandwich.jackknife(rows.X, rows.y, rows.codes, rows.others).replicates

    def loop() -> np.ndarray:
        left = (case.frame[case.unit != g] for g in range(case.path.shape[0]))
        return np.array([fit("outcome ~ dose + control | unit + time", d).coef().to_numpy() for d in left])

    units = case.path.shape[0]
    return compared(f"leaving out {units} clusters", ours, loop, units, units, 100)


def jackknife_of_pyfixest(case: Case) -> Line:
    """The whole CRV3 call of pyfixest against ours; the difference is of standard errors, factors taken off."""

    def ours() -> np.ndarray:
        rows = cluster_rows(case)
        drawn = sandwich.jackknife(rows.X, rows.y, rows.codes, rows.others)
        return np.sqrt(np.diag(sandwich.cv3(drawn, "hansen")))

    def loop() -> np.ndarray:
        return fit("outcome ~ dose + control | unit + time", case.frame, {"CRV3": "unit"}).se().to_numpy()

    return compared("CR3 against pyfixest's own CRV3", ours, loop, 1, 1, 100)


def two_stage_left_out(case: Case) -> Line:
    def ours() -> np.ndarray:
        nested = absorber([case.unit])
        columns = InstrumentColumns(
            outcome=case.residualised(nested, "outcome")[:, 0],
            endogenous=case.residualised(nested, "mediator"),
            instruments=case.residualised(nested, "instrument"),
            exogenous=case.residualised(nested, "dose", "control"),
        )
        return leave_out_two_stage(columns, case.unit, nested.residualise(dummy_columns(case.time))).replicates[:, 2]

    def loop() -> np.ndarray:
        left = (case.frame[case.unit != g] for g in range(case.path.shape[0]))
        formula = "outcome ~ dose + control | unit + time | mediator ~ instrument"
        return np.array([fit(formula, d).coef()["mediator"] for d in left])

    units = case.path.shape[0]
    return compared(f"2SLS leaving out {units} clusters", ours, loop, units, units, 100)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--loop-draws", type=int, default=20, help="draws the refitting loop really makes")
    made = reader.parse_args().loop_draws
    warnings.filterwarnings("ignore")
    case = simulate(31, 13)
    fit("outcome ~ dose + control | unit + time", case.frame, {"CRV1": "unit"})  # imports and compilation left out
    print(heading({"data": DATA_SEED, "placebo": PLACEBO_SEED, "bootstrap": BOOTSTRAP_SEED}))
    for units, periods, wanted in ((31, 13, 1000), (285, 15, 500)):
        for kind in ("dose", "staggered"):
            name = f"{kind}, {units} x {periods}"
            print(placebo(simulate(units, periods, kind), name, made, wanted).show(), flush=True)
        hard = simulate(units, periods, hard=True)
        print(placebo(hard, f"unbalanced, weighted, {units} x {periods}", made, wanted).show(), flush=True)
    for line in (mediation, pairs):
        print(line(case, made).show(), flush=True)
    for whole in (jackknife, jackknife_of_pyfixest, two_stage_left_out):
        print(whole(case).show(), flush=True)


if __name__ == "__main__":
    main()
