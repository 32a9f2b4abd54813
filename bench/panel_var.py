"""Panel vector autoregressions in short panels: bias of least squares and the jackknife, sizes of tests, and draws against refits.

Run it: python -m bench.panel_var. One seed, 400 draws of 31 units with unit effects and unit variances, A = [[.6, 0], [.2, .5]], errors
correlated .3: the second variable does not move the first, so that its test is of a true null. The figures in the text of the check
`granger` come from here. The last line is a ratio of one run: 999 draws by weights on cross-products over 999 refits row by row.
"""

from __future__ import annotations

import time

import numpy as np
from scipy import stats

from panelkit.numerics import panel_granger, panel_var, permutation

UNITS, DRAWS, SEED, LEVEL = 31, 400, 20261126, 0.05
A = np.array([[0.6, 0.0], [0.2, 0.5]])
MIX = np.array([[1.0, 0.3], [0.0, 0.95]])


def simulated(rng: np.random.Generator, periods: int) -> np.ndarray:
    """(units, periods, 2) of the stationary system."""
    level, spread = rng.normal(size=(UNITS, 2)), rng.uniform(0.5, 1.5, size=(UNITS, 1))
    y, kept = np.zeros((UNITS, 2)), []
    for t in range(50 + periods):
        y = level + y @ A.T + (rng.normal(size=y.shape) @ MIX.T) * spread
        if t >= 50:
            kept.append(y)
    return np.stack(kept, axis=1)


def lagged(Y: np.ndarray, lags: int) -> panel_var.Lagged:
    """Its rows."""
    units, periods = Y.shape[:2]
    lag = np.concatenate([Y[:, lags - s : periods - s] for s in range(1, lags + 1)], axis=2)
    codes = np.repeat(np.arange(units), periods - lags)
    return panel_var.Lagged(
        outcomes=Y[:, lags:].reshape(-1, 2), lags=lag.reshape(len(codes), -1), units=codes, clusters=codes
    )


def one_length(periods: int, lags: int) -> str:
    """Bias of the own first lags, and how often each test rejects."""
    rng = np.random.default_rng(SEED)
    bias: dict[bool, list[np.ndarray]] = {True: [], False: []}
    rejected: dict[bool, list[bool]] = {True: [], False: []}
    half: list[bool] = []
    m = 2 * lags
    without = np.vstack([np.ones((1, UNITS)), np.ones((UNITS, UNITS)) - np.eye(UNITS)])
    for _ in range(DRAWS):
        rows = lagged(simulated(rng, periods), lags)
        for jackknife in (True, False):
            b = panel_var.solved(panel_var.parts_of(rows, jackknife), 2, m, without).coefficients
            bias[jackknife].append(np.diag(b[0, :2].T - A))
            gaps = b[1:, 1::2, 0] - b[0, 1::2, 0]
            V = (UNITS - 1) / UNITS * gaps.T @ gaps
            F = float(b[0, 1::2, 0] @ np.linalg.solve(V, b[0, 1::2, 0])) / lags
            rejected[jackknife].append(bool(stats.f.sf(F, lags, UNITS - 1) < LEVEL))
        if periods >= panel_granger.shortest_for_jackknife(lags):
            own, cause = rows.lags[:, 0::2], rows.lags[:, 1::2]
            half.append(panel_granger.jackknife_wald(rows.outcomes[:, 0], own, cause, rows.units, lags).p < LEVEL)
    said = [
        f"{name} {np.mean(bias[j], axis=0).round(3).tolist()}" for name, j in (("jackknife", True), ("plain", False))
    ]
    sizes = [
        f"Wald {np.mean(rejected[True]):.3f}",
        f"uncorrected {np.mean(rejected[False]):.3f}",
        f"half-panel {np.mean(half):.3f}",
    ]
    return f"T = {periods}, {lags} lag(s): bias {', '.join(said)}; rejects {', '.join(sizes)}"


def draws_over_refits() -> float:
    """Seconds of 999 weighted sums over seconds of 999 refits of the same draws."""
    rows = lagged(simulated(np.random.default_rng(SEED), 13), 1)
    weights = permutation.pairs_weights(UNITS, 999, SEED).astype(np.float64)
    start = time.perf_counter()
    panel_var.solved(panel_var.parts_of(rows, True), 2, 2, weights)
    middle = time.perf_counter()
    for counts in weights.astype(int):
        units = np.repeat(np.arange(UNITS), counts)
        chosen = np.concatenate([np.flatnonzero(rows.units == u) for u in units])
        codes = np.repeat(np.arange(len(units)), 12)
        again = panel_var.Lagged(outcomes=rows.outcomes[chosen], lags=rows.lags[chosen], units=codes, clusters=codes)
        panel_var.solved(panel_var.parts_of(again, True), 2, 2, np.ones((1, len(units))))
    return (middle - start) / (time.perf_counter() - middle)


def main() -> None:
    """Print the table."""
    for periods, lags in ((8, 1), (10, 1), (13, 1), (20, 1), (40, 1), (13, 2), (20, 2)):
        print(one_length(periods, lags))
    print(f"draws by cross-products take {draws_over_refits():.4f} of the time of refits")


if __name__ == "__main__":
    main()
