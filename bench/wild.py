"""The wild cluster bootstrap with 99,999 draws and its confidence set against the package wildboottest with 9,999 and none.

wildboottest is not in the locked environment: give the Python of an environment that has it, pyfixest and pandas, else
only our side is timed. It runs in its own process, with its own defaults, best of three after a warm-up.
Run: python -m bench.wild [--other PYTHON]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from time import perf_counter

import numpy as np

from bench import THREADS
from bench.lines import timed
from bench.resampling import DATA_SEED, simulate
from panelkit.numerics.leave_out import InstrumentColumns
from panelkit.numerics.projection import absorber
from panelkit.numerics.small_sample import Counts, factor
from panelkit.numerics.wild import WildResult, wild_cluster
from panelkit.numerics.wild_instrumental import WildPlan, wild_two_stage

DRAWS, OTHER_DRAWS, SEED = 99_999, 9_999, 7
OTHER = """
import json, sys, warnings
from time import perf_counter, process_time
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, pyfixest as pf, statsmodels.formula.api as smf
from wildboottest.wildboottest import wildboottest
frame = pd.read_csv(sys.stdin)
draws, seed = int(sys.argv[1]), int(sys.argv[2])
model = pf.feols("outcome ~ dose + control | unit + time", frame, vcov={"CRV1": "unit"})
dummies = smf.ols("outcome ~ dose + control + C(unit) + C(time)", frame)
def best(work):
    work()
    times = []
    for _ in range(3):
        wall, cpu = perf_counter(), process_time()
        out = work()
        times.append((perf_counter() - wall, process_time() - cpu))
    return min(t[0] for t in times), min(t[1] for t in times), out
wall, cpu, got = best(lambda: model.wildboottest(reps=draws, param="dose", seed=seed))
wall2, cpu2, own = best(lambda: wildboottest(dummies, param="dose", cluster=frame.unit, B=draws, seed=seed, show=False))
print(json.dumps({"pyfixest": [wall, cpu, float(got["t value"]), float(got["Pr(>|t|)"])],
                  "wildboottest": [wall2, cpu2, float(own.statistic.iloc[0]), float(own["p-value"].iloc[0])]}))
"""


def ours() -> tuple[float, float, WildResult, float]:
    """Wall and processor seconds, the bootstrap, and t with the factor that counts every dummy, as wildboottest does."""
    case = simulate(31, 13)
    made: list[WildResult] = []

    def work() -> np.ndarray:
        effects = absorber([case.unit, case.time])
        X, y = case.residualised(effects, "dose", "control"), case.residualised(effects, "outcome")[:, 0]
        made.append(wild_cluster(X, y, case.unit, effects, 0, draws=DRAWS, seed=SEED))
        return made[-1].statistics

    wall = np.inf
    for _ in range(3):
        begin = perf_counter()
        work()
        wall = min(wall, perf_counter() - begin)
    cpu, _ = timed(work, 3)
    counts = Counts(rows=len(case.unit), slopes=2, constant=False, effects=((31, True), (13, False)), clusters=(31,))
    return wall, cpu, made[-1], made[-1].statistic / np.sqrt(factor(counts, "sandwich", "cluster"))


def two_stage() -> tuple[float, WildResult]:
    case = simulate(31, 13)

    def work() -> WildResult:
        effects = absorber([case.unit, case.time])
        columns = InstrumentColumns(
            outcome=case.residualised(effects, "outcome")[:, 0],
            endogenous=case.residualised(effects, "mediator"),
            instruments=case.residualised(effects, "instrument"),
            exogenous=case.residualised(effects, "dose", "control"),
        )
        return wild_two_stage(columns, case.unit, effects, null=0.4, plan=WildPlan(draws=OTHER_DRAWS, seed=SEED))

    begin = perf_counter()
    found = work()
    return perf_counter() - begin, found


def other(python: str) -> dict[str, list[float]]:
    free = {name: value for name, value in os.environ.items() if name not in THREADS}
    done = subprocess.run(
        [python, "-c", OTHER, str(OTHER_DRAWS), str(SEED)],
        input=simulate(31, 13).frame.to_csv(index=False),
        env=free,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--other", help="Python of an environment with wildboottest and pyfixest")
    python = reader.parse_args().other
    wall, cpu, got, t = ours()
    print(f"31 x 13, 31 clusters, WCR, Rademacher; seeds (PCG64): data {DATA_SEED}, draws {SEED}")
    print(
        f"panelkit, {DRAWS} draws with the 95% set: {wall:.3f} s ({cpu:.3f} s of processor), t {t:.6f}, p {got.p:.5f}"
    )
    print(f"  set [{got.low:.6f}, {got.high:.6f}]")
    for name, (seconds, busy, statistic, p) in (other(python) if python else {}).items():
        print(
            f"{name}, {OTHER_DRAWS} draws without a set: {seconds:.3f} s ({busy:.3f} s of processor); ratio"
            f" {seconds / wall:.1f} ({busy / cpu:.1f}); difference of t {abs(statistic - t):.1e}, of p {abs(p - got.p):.4f}"
            f" (Monte Carlo error {2 * np.sqrt(p * (1 - p) / OTHER_DRAWS):.4f})"
        )
    if not python:
        print("wildboottest: not measured (--other PYTHON)")
    seconds, found = two_stage()
    print(
        f"wild restricted efficient bootstrap of 2SLS, {OTHER_DRAWS} draws with the set: {seconds:.2f} s, p(0.4)"
        f" {found.p:.4f}, set [{found.low:.4f}, {found.high:.4f}]"
    )


if __name__ == "__main__":
    main()
