"""One line of a bench: seconds, ratio and largest difference. What is measured is in the other modules."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One comparison: our seconds for all draws, the loop's for some, and the largest difference of those."""

    name: str
    ours: float
    loop: float
    made: int
    of: int
    difference: float
    wanted: float

    def show(self) -> str:
        whole = self.loop * self.of / self.made
        said = "measured" if self.made == self.of else f"from {self.made} draws"
        ratio = whole / self.ours
        verdict = "reached" if ratio >= self.wanted else "NOT REACHED"
        return (
            f"{self.name:<52} {self.ours:8.4f} s {whole:9.2f} s ({said:<14}) ratio {ratio:7.1f}"
            f"  wanted {self.wanted:6.0f} {verdict:<11}  max difference {self.difference:.1e}"
        )


def timed(work: Callable[[], np.ndarray], repeat: int = 1) -> tuple[float, np.ndarray]:
    """Best of `repeat` runs, in seconds of processor time (one thread), and what the work gave back."""
    best, out = np.inf, np.empty(0)
    for _ in range(repeat):
        begin = process_time()
        out = work()
        best = min(best, process_time() - begin)
    return best, out


def compared(
    name: str, ours: Callable[[], np.ndarray], loop: Callable[[], np.ndarray], made: int, of: int, wanted: float
) -> Line:
    """Both sides in one run: ours the best of five, the loop once; differences relative to 1 + size."""
    (fast, a), (slow, b) = timed(ours, 5), timed(loop)
    gap = np.abs(a[: len(b)] - b) / (1 + np.abs(b))
    return Line(name=name, ours=fast, loop=slow, made=made, of=of, difference=float(gap.max()), wanted=wanted)


def fit(formula: str, frame: object, vcov: object = "iid") -> object:
    """pyfixest without its small-sample factor, demeaned to 1e-12."""
    import pyfixest as pf

    return pf.feols(formula, data=frame, vcov=vcov, ssc=pf.ssc(k_adj=False, G_adj=False), fixef_tol=1e-12)


def heading(seeds: dict[str, int]) -> str:
    import pyfixest

    listed = ", ".join(f"{name} {seed}" for name, seed in seeds.items())
    return (
        f"Python {platform.python_version()}, numpy {np.__version__}, pyfixest {pyfixest.__version__}; seconds of processor"
        f" time, one thread on either side\nseeds (PCG64): {listed}\n{'':<52} {'panelkit':>10} {'loop':>11}"
    )
