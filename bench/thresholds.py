"""The test of a threshold by cumulative cross-products against the loop that refits every candidate of every draw with pyfixest.

Prints, in one run, seconds, ratio and largest difference of the F of the draws that both made; the loop's time is extrapolated from few
draws, which the table says. Run: python -m bench.thresholds [--loop-draws 2]
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from bench.lines import compared, fit, heading
from panelkit.numerics.threshold import ThresholdRows, curve
from panelkit.numerics.threshold_draws import Draws, test
from panelkit.numerics.wild import random_weights

DRAWS, SEED = 300, 1999  # as many as Hansen took


def rows(units: int, periods: int) -> ThresholdRows:
    """Two-way effects, one control, a threshold of q at 0.2."""
    draw = np.random.default_rng(SEED)
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    n = units * periods
    q, x, z = draw.normal(size=n), draw.normal(size=n), draw.normal(size=n)
    y = x * np.where(q <= 0.2, 1.0, 1.3) + z + draw.normal(size=units)[unit] + draw.normal(size=n)
    return ThresholdRows(
        outcome=y,
        switching=x[:, None],
        controls=z[:, None],
        q=q,
        effects=(unit, year),
        clusters=unit,
        least=int(np.ceil(0.15 * n)),
    )


def loop(made: ThresholdRows, draws: int) -> np.ndarray:
    """F of the first draws: the drawn outcome regressed on every candidate's columns anew."""
    unit, year = made.effects
    frame = pd.DataFrame(
        {"y": made.outcome, "x": made.switching[:, 0], "z": made.controls[:, 0], "unit": unit, "year": year}
    )

    def ssr(outcome: np.ndarray, candidate: float | None) -> float:
        d = frame.assign(y=outcome, low=frame.x * (made.q <= (candidate or 0.0)))
        formula = "y ~ x + z | unit + year" if candidate is None else "y ~ x + low + z | unit + year"
        return float((fit(formula, d).resid() ** 2).sum())  # type: ignore[attr-defined]

    left = fit("y ~ x + z | unit + year", frame).resid()  # type: ignore[attr-defined]
    candidates = curve(made).candidates
    found = []
    for signs in random_weights(int(unit.max()) + 1, "rademacher", SEED)(draws):
        outcome = left * signs[unit]
        least = min(ssr(outcome, float(c)) for c in candidates)
        found.append((ssr(outcome, None) - least) / least)
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loop-draws", type=int, default=2)
    made = parser.parse_args().loop_draws
    print(heading({"data": SEED, "draws": SEED}))
    for units, periods, wanted in ((31, 8, 1000), (31, 13, 1000)):
        case = rows(units, periods)
        draws = Draws(bootstrap="wild", draws=DRAWS, seed=SEED)
        name = f"threshold test, {units} x {periods}, {len(curve(case).candidates)} candidates"
        line = compared(
            name,
            lambda case=case, draws=draws: test(curve(case), case, 1, draws).statistics,  # type: ignore[misc]
            lambda case=case: loop(case, made),  # type: ignore[misc]
            made,
            DRAWS,
            wanted,
        )
        print(line.show(), flush=True)


if __name__ == "__main__":
    main()
