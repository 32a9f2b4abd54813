"""Staggered difference-in-differences against diff-diff and csdid: Callaway-Sant'Anna with 1,000 draws, imputation, HonestDiD.

Neither is in the locked environment: give the Python of an environment that has them, else only our side is timed. They
run in their own process, with their own threads, best of three after a warm-up. Run: python -m bench.did [--other PYTHON]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from time import perf_counter, process_time

import numpy as np

from bench import THREADS
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna
from panelkit.numerics.did_imputation import imputation
from panelkit.numerics.honest_bounds import relative_magnitudes
from panelkit.numerics.honest_smoothness import smoothness
from panelkit.numerics.projection import absorber
from panelkit.numerics.staggered_bands import multiplier_bands
from panelkit.numerics.staggered_effects import aggregate
from panelkit.numerics.staggered_panel import StaggeredPanel, staggered_panel

SEED, DRAWS = 11, 1000
SMALL, LARGE = (31, 13, (5.0, 6.0, 8.0, 9.0, 10.0, np.inf)), (66_667, 15, (4.0, 6.0, 8.0, 10.0, 12.0, np.inf))
OTHER = """
import json, sys, warnings
from time import perf_counter, process_time
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, diff_diff as dd
units, times, seed, draws, cohorts, program = json.loads(sys.argv[1])
rng = np.random.default_rng(seed)
unit, time = np.repeat(np.arange(units), times), np.tile(np.arange(times), units)
first = np.repeat(rng.choice(np.array([float(c) for c in cohorts]), units), times)
y = rng.normal(size=units)[unit] + rng.normal(size=unit.size) + (time >= first)
if program == "csdid":  # it takes 0 for a period of its own, and the first one for its first
    time, first = time + 1, first + 1
d = pd.DataFrame({"unit": unit, "time": time, "first": np.where(np.isfinite(first), first, 0).astype(int), "y": y})
def best(work):
    work()
    times = []
    for _ in range(3):
        wall, cpu = perf_counter(), process_time()
        out = work()
        times.append((perf_counter() - wall, process_time() - cpu))
    return min(t[0] for t in times), min(t[1] for t in times), out
columns = dict(outcome="y", unit="unit", time="time", first_treat="first")
def csdid():
    from csdid.att_gt import ATTgt
    made = ATTgt(yname="y", tname="time", idname="unit", gname="first", data=d, control_group="notyettreated", biters=draws)
    made = made.fit(est_method="reg", bstrap=True).aggte(typec="dynamic", bstrap=True, cband=True, biters=draws).atte
    return dict(zip(map(int, made["egt"]), map(float, made["att_egt"])))
if program == "csdid":
    import contextlib, io
    with contextlib.redirect_stdout(io.StringIO()):
        wall, cpu, found = best(csdid)
    print(json.dumps([wall, cpu, {e: b for e, b in found.items() if e >= 0}]))
    sys.exit()
def cs():
    model = dd.CallawaySantAnna(control_group="not_yet_treated", n_bootstrap=draws, seed=1)
    return model.fit(d, aggregate="event_study", **columns)
wall, cpu, out = best(cs)
print(json.dumps([wall, cpu, {int(e): float(v["effect"]) for e, v in out.event_study_effects.items() if e >= 0}]))
"""


def simulate(units: int, times: int, cohorts: tuple[float, ...]) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(SEED)
    unit, time = np.repeat(np.arange(units), times), np.tile(np.arange(float(times)), units)
    first = np.repeat(rng.choice(np.array(cohorts), units), times)
    return rng.normal(size=units)[unit] + rng.normal(size=unit.size) + (time >= first), unit, time, first


def best(work, repeat: int = 3):
    """Best wall and processor seconds after a warm-up, and what the work gave back."""
    out, wall, cpu = work(), np.inf, np.inf
    for _ in range(repeat):
        begin, busy = perf_counter(), process_time()
        out = work()
        wall, cpu = min(wall, perf_counter() - begin), min(cpu, process_time() - busy)
    return wall, cpu, out


def callaway(columns: tuple[np.ndarray, ...]):
    """Rows to event study with bands: the checks of the panel are in the time."""

    def work():
        effects = callaway_santanna(staggered_panel(*columns), CallawayPlan(control="notyet"))
        found = aggregate(effects, "dynamic")
        return found, multiplier_bands(found.estimate, found.influence, draws=DRAWS, seed=1)

    return best(work)


def other(python: str, shape: tuple, program: str) -> tuple[float, float, dict[str, float]]:
    free = {name: value for name, value in os.environ.items() if name not in THREADS}
    units, times, cohorts = shape
    given = json.dumps([units, times, SEED, DRAWS, ["inf" if np.isinf(c) else c for c in cohorts], program])
    done = subprocess.run([python, "-c", OTHER, given], env=free, capture_output=True, text=True, check=True)
    wall, cpu, effects = json.loads(done.stdout.splitlines()[-1])
    return wall, cpu, effects


def imputed(panel: StaggeredPanel) -> tuple[float, float]:
    """Processor seconds of imputation with its horizons, and of one fixed-effects fit (projection of outcome and dose)."""
    codes, dose = panel.time.astype(np.intp), np.asarray(panel.treated, dtype=np.float64)

    def fit():
        swept = absorber([panel.unit, codes]).residualise(np.column_stack([panel.outcome, dose]))
        return swept[:, 0] @ swept[:, 1] / (swept[:, 1] @ swept[:, 1])

    return best(lambda: aggregate(imputation(panel), "dynamic"))[1], best(fit)[1]


def through_a_model(columns: tuple[np.ndarray, ...]) -> float:
    """Processor seconds of the model kind that a study uses: sample, two-way regression, four averages, bands, leads, route."""
    import pandas as pd

    import panelkit.engines
    import panelkit.estimators  # noqa: F401  they register themselves
    from panelkit.core.estimation import Defaults, Setting
    from panelkit.core.label import Label
    from panelkit.core.panel import Panel
    from panelkit.core.registry import ENGINES, ESTIMATORS
    from panelkit.core.variable import Origin, Variable

    y, unit, time, first = columns
    names = np.char.zfill(unit.astype(str), 6).astype(object)
    frame = pd.DataFrame({"unit": names, "year": time.astype(int), "g": np.where(np.isfinite(first), first, 0), "y": y})
    made = [Variable(name=n, measure="", label=Label(en=n), origin=Origin(how="drawn")) for n in ("g", "y")]
    panel = Panel.of(frame, unit="unit", time="year", variables=made)
    kind = ESTIMATORS["callaway_santanna"]
    spec = kind.spec(id="m", formula="y ~ 1 | unit + year", cohort="g", control="notyet", draws=DRAWS)
    setting = Setting(engine=ENGINES["pyfixest"], defaults=Defaults(), seed=1)
    return best(lambda: kind.estimate(spec, panel, setting))[1]


def honest() -> tuple[float, float]:
    beta = np.array([0.0, -0.01, 0.005, -0.002, 0.003, 0.05, 0.07])
    V = 0.00003 * (np.eye(7) + 1)
    M = [0.2 * m for m in range(1, 11)]
    return (
        best(lambda: relative_magnitudes(beta, V, 5, M))[0],
        best(lambda: smoothness(beta, V, 5, [m / 50 for m in M]))[0],
    )


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--other", help="Python of an environment with diff-diff")
    python = reader.parse_args().other
    for shape in (SMALL, LARGE):
        columns = simulate(*shape)
        wall, cpu, (found, bands) = callaway(columns)
        wanted = "" if shape is LARGE else f"  wanted under 0.030 s {'reached' if wall < 0.03 else 'NOT REACHED'}"
        print(
            f"Callaway-Sant'Anna {shape[0]} x {shape[1]}, {DRAWS} draws, sup-t {bands.critical:.3f}: {wall:.4f} s "
            f"({cpu:.4f} s of processor){wanted}"
        )
        asked, model = (0.03, 2.3)[shape is LARGE], through_a_model(columns)
        print(
            f"  as a model of a study, with its comparison, routes and every band: {model:.4f} s of processor, wanted"
            f" {asked:g} {'reached' if model <= asked else 'NOT REACHED'}"
        )
        for program in ("diff-diff", "csdid") if python else ():
            if program == "csdid" and shape is LARGE:
                continue  # it takes minutes
            slow, busy, effects = other(python, shape, program)
            gap = max(abs(effects[str(int(e))] - b) for e, b in zip(found.at, found.estimate, strict=True) if e >= 0)
            print(
                f"  {program}: {slow:.4f} s ({busy:.4f} s of processor); ratio {slow / wall:.1f} ({busy / cpu:.1f}),"
                f" through a study {busy / model:.1f};"
                f" difference of event-time effects {gap:.1e}"
            )
    panel = staggered_panel(*columns)
    ours, one = imputed(panel)
    print(f"imputation, {panel.rows} rows: {ours:.3f} s, {ours / one:.2f} fixed-effects fits (wanted about 3)")
    relative, smooth = honest()
    print(f"robust bounds, ten M: relative magnitudes {relative:.3f} s, smoothness {smooth:.3f} s (wanted under 2)")


if __name__ == "__main__":
    main()
