"""What a study says of a threshold model, and what is wrong with it by itself. No data are looked at."""

from __future__ import annotations

from typing import Literal

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.estimation import ModelSpec
from panelkit.core.nearest import known_or_nearest
from panelkit.core.spec import spec
from panelkit.estimators._compile import formula_of

MOST = 3
FEWEST_DRAWS = 99


@spec
class Threshold(ModelSpec):
    """`kind = "threshold"`: y ~ x + controls | unit + year, the slope of x being one where q <= tau and another where q > tau.

    Parameters
    ----------
    threshold : the variable q. switching : the slopes that change with it, names of the formula.
    thresholds : 1 to 3 at most; the second is looked for where the first is found at `significance`, the third where the second is. 1
        of `significance` takes them all.
    trim : share of the rows that each regime must hold; every value of q that leaves so many is tried, or `grid` of them (0: all).
    intercept : 'switches' moves the level at a threshold too. draws : of tests and confidence sets.
    bootstrap : 'blocks' gives each unit the errors of another one, whole paths (Hansen 1999); 'wild' gives the path of each cluster
        a random sign; 'auto' is blocks where the clusters are the units and each has another one seen in all its periods.
    """

    kind: str = "threshold"
    threshold: str
    switching: tuple[str, ...]
    thresholds: int = 1
    trim: float = 0.15
    intercept: Literal["common", "switches"] = "common"
    bootstrap: Literal["auto", "blocks", "wild"] = "auto"
    draws: int = 999
    significance: float = 0.05
    grid: int = 0


def faults_of(spec: Threshold) -> list[Fault]:
    """What is wrong with the declaration by itself, before any data."""
    base = formula_of(spec)
    slopes = [s.name for s in base.slopes if s.factors]
    found = []
    if not base.absorb:
        found.append(fault(spec, "formula", "no effect is absorbed", "write y ~ x + controls | unit + year"))
    if not spec.switching:
        found.append(fault(spec, "switching", "no slope switches", f"name some of {', '.join(slopes)}"))
    for name in dict.fromkeys(spec.switching):
        if name not in slopes:
            what = f"'{name}' is no regressor of the formula"
            found.append(fault(spec, "switching", what, known_or_nearest(name, slopes)))
    if len(set(spec.switching)) < len(spec.switching):
        found.append(fault(spec, "switching", "a regressor stands twice", "name each once"))
    if spec.threshold == base.outcome:
        what = f"'{spec.threshold}' is the outcome: regimes would be chosen by the error"
        found.append(fault(spec, "threshold", what, "take a variable of a year before, such as lag(...)"))
    if not 1 <= spec.thresholds <= MOST:
        found.append(
            fault(
                spec, "thresholds", f"{counted(spec.thresholds, 'thresholds are')} not looked for", f"write 1 to {MOST}"
            )
        )
    if not 0 < spec.trim < 1 / (1 + min(max(spec.thresholds, 1), MOST)):
        what = f"a share of {spec.trim:g} of the rows in each of {spec.thresholds + 1} regimes cannot be"
        found.append(fault(spec, "trim", what, "write 0.15, or 0.1 for three thresholds"))
    if spec.draws < FEWEST_DRAWS:
        what = f"{counted(spec.draws, 'draws are')} too few"
        found.append(fault(spec, "draws", what, "draw 999 times"))
    if not 0 < spec.significance <= 1:
        found.append(fault(spec, "significance", f"{spec.significance:g} is no level", "write 0.05"))
    if spec.grid < 0 or spec.grid in range(1, 10):
        found.append(fault(spec, "grid", f"{counted(spec.grid, 'candidates are')} too few", "write 0 for all, or 400"))
    return found


def fault(spec: Threshold, field: str, what: str, mend: str) -> Fault:
    return Fault(where=f"models.{spec.id}.{field}", what=what, mend=mend)
