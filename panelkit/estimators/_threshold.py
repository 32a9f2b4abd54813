"""The search of a threshold model on a compiled regression: how many thresholds, their tests, confidence sets and regimes, as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimation import Setting
from panelkit.estimators._compile import Compiled
from panelkit.estimators._convention import counts_of
from panelkit.estimators._resample import FEW_FOR_RADEMACHER
from panelkit.estimators._threshold_spec import Threshold
from panelkit.numerics import threshold_draws as drawing
from panelkit.numerics.threshold import Curve, Found, ThresholdRows, critical_iid, find, ratio, runs
from panelkit.numerics.threshold_draws import Draws, Tested, donors_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What the search found.

    q, rows : of the sample. found : the thresholds kept. tested : the test of each step tried, one more than kept where it ended with
    a threshold that was not found. bounds : the quantile of the likelihood ratio of each threshold. stopped : why no further step was
    tried, where the data forbid it. why : why draws are by signs where blocks were to be.
    """

    q: np.ndarray
    rows: ThresholdRows
    found: Found
    tested: tuple[Tested, ...]
    bounds: tuple[float, ...]
    draws: Draws
    level: float
    units: np.ndarray
    stopped: str = ""
    why: str = ""

    @property
    def bound_iid(self) -> float:
        """7.35 at 95 %."""
        return critical_iid(self.level)

    def p_of(self, number: int) -> float:
        """The p of the test in which the threshold of that number (from 1, ascending) was found."""
        return self.tested[self.found.stages[number - 1]].p

    def statistic_of(self, number: int) -> float:
        """The F of that test."""
        return self.tested[self.found.stages[number - 1]].statistic

    def tests(self, switching: int) -> dict[str, dict[str, float]]:
        """Tests of one, two ... thresholds, by the step."""
        return {
            f"threshold_{i}": {"statistic": t.statistic, "df1": float(switching), "df2": float(self.found.df), "p": t.p}
            for i, t in enumerate(self.tested, start=1)
        }

    def extra(self) -> dict[str, float]:
        """Thresholds by number, and how many there are."""
        taus = {f"threshold_{i}": t for i, t in enumerate(self.found.thresholds, start=1)}
        return {"thresholds": float(len(taus)), **taus}

    def regimes(self) -> np.ndarray:
        """The regime (n,) of each row, from 0."""
        return np.searchsorted(np.asarray(self.found.thresholds), self.q, side="left")

    def sets(self, number: int, bound: float) -> list[tuple[float, float]]:
        """The pieces of a confidence set: first and last candidate of each unbroken run that the ratio does not rule out."""
        made = self.found.curves[number]
        kept = drawing.inside(made, self.found.df, bound)
        known = np.isfinite(made.ssr)
        candidates = made.candidates[known]
        return [(float(candidates[a]), float(candidates[b])) for a, b in runs(kept[known])]

    def open_at(self, number: int, bound: float) -> str:
        """Where a set reaches the end of the candidates: 'low', 'high', 'both' or ''."""
        made, pieces = self.found.curves[number], self.sets(number, bound)
        known = made.candidates[np.isfinite(made.ssr)]
        low, high = pieces[0][0] == known[0], pieces[-1][1] == known[-1]
        return {(True, True): "both", (True, False): "low", (False, True): "high", (False, False): ""}[low, high]

    def records(self, name: str) -> dict[str, tuple[dict[str, Any], ...]]:
        """The thresholds, the pieces of their sets, the regimes, and the curves of the likelihood ratio."""
        sets, ratios = [], []
        for i, made in enumerate(self.found.curves):
            for kind, bound in (("bootstrap", self.bounds[i]), ("iid", self.bound_iid)):
                sets += [{"threshold": i + 1, "bound": kind, "low": a, "high": b} for a, b in self.sets(i, bound)]
            ratios += [
                {"threshold": i + 1, "value": float(c), "ratio": float(r)}
                for c, r in zip(made.candidates, ratio(made, self.found.df), strict=True)
                if np.isfinite(r)
            ]
        return {
            "thresholds": tuple(self._threshold(i, name) for i in range(len(self.found.thresholds))),
            "threshold_tests": tuple(_test_row(i, t, self.draws) for i, t in enumerate(self.tested, start=1)),
            "threshold_sets": tuple(sets),
            "regimes": self._regimes(),
            "threshold_ratios": tuple(ratios),
        }

    def _threshold(self, i: int, name: str) -> dict[str, Any]:
        own, iid = self.sets(i, self.bounds[i]), self.sets(i, self.bound_iid)
        return {
            "threshold": i + 1,
            "variable": name,
            "estimate": self.found.thresholds[i],
            "low": own[0][0],
            "high": own[-1][1],
            "pieces": len(own),
            "open": self.open_at(i, self.bounds[i]),
            "bound": self.bounds[i],
            "low_iid": iid[0][0],
            "high_iid": iid[-1][1],
            "pieces_iid": len(iid),
            "bound_iid": self.bound_iid,
            "step": self.found.stages[i] + 1,
            "statistic": self.statistic_of(i + 1),
            "p": self.p_of(i + 1),
            "draws": self.draws.draws,
            "bootstrap": self.draws.bootstrap,
            "candidates": len(self.found.curves[i].candidates),
        }

    def _regimes(self) -> tuple[dict[str, Any], ...]:
        of, edges = self.regimes(), [float("-inf"), *self.found.thresholds, float("inf")]
        return tuple(
            {
                "regime": i + 1,
                "above": edges[i],
                "to": edges[i + 1],
                "rows": int((of == i).sum()),
                "units": len(np.unique(self.units[of == i])),
                "clusters": len(np.unique(self.rows.clusters[of == i])),
            }
            for i in range(len(edges) - 1)
        )


def _test_row(number: int, made: Tested, draws: Draws) -> dict[str, Any]:
    low, middle, high = made.critical
    return {
        "thresholds": number,
        "statistic": made.statistic,
        "p": made.p,
        "critical_10": low,
        "critical_5": middle,
        "critical_1": high,
        "draws": draws.draws,
    }


def searched(spec: Threshold, linear: Compiled, setting: Setting) -> Searched:
    """Thresholds of a compiled regression, as many as the tests find.

    Raises
    ------
    EstimationError
        Where no candidate can be tried, or blocks are asked for and cannot be drawn.
    """
    where = f"models.{spec.id}"
    rows = _rows(spec, linear)
    draws, why = _draws(spec, linear, rows, setting)
    df = int(counts_of(linear.request, linear.design).rows) - linear.design.absorber.rank
    tested: list[Tested] = []
    kept: Found | None = None
    stopped = ""
    for count in range(1, spec.thresholds + 1):
        try:
            found = find(rows, count, df, spec.grid)
        except ValueError as fault:
            if kept is None:
                raise _refused(spec, str(fault), where) from fault
            stopped = str(fault)
            break
        tested.append(_test(found.steps[-1], rows, df, draws, count))
        if kept is not None and not tested[-1].p <= spec.significance:
            break
        kept = found
        if not tested[-1].p <= spec.significance:
            break
    assert kept is not None
    level = setting.defaults.level
    ratios = (drawing.ratios(c, rows, df, draws) for c in kept.curves)
    return Searched(
        q=rows.q,
        rows=rows,
        found=kept,
        tested=tuple(tested),
        bounds=tuple(drawing.quantile(r, level) for r in ratios),
        draws=draws,
        level=level,
        units=linear.design.unit_codes,
        stopped=stopped,
        why=why,
    )


def _test(made: Curve, rows: ThresholdRows, df: int, draws: Draws, count: int) -> Tested:
    own = Draws(
        bootstrap=draws.bootstrap,
        draws=draws.draws,
        seed=child_seed(draws.seed, f"threshold {count}"),
        weights=draws.weights,
        donors=draws.donors,
    )
    return drawing.test(made, rows, df, own)


def _rows(spec: Threshold, linear: Compiled) -> ThresholdRows:
    design = linear.design
    names = list(design.names)
    switching = [names.index(n) for n in spec.switching]
    rest = [j for j in range(len(names)) if j not in switching]
    n = len(design.outcome)
    columns = design.regressors[:, switching]
    if spec.intercept == "switches":
        columns = np.column_stack([columns, np.ones(n)])
    return ThresholdRows(
        outcome=design.outcome,
        switching=columns,
        controls=design.regressors[:, rest],
        q=linear.panel.column(spec.threshold).astype("float64"),
        effects=design.effects,
        trends=design.varying_slopes,
        weights=design.weights,
        clusters=design.clusters[0],
        least=int(np.ceil(spec.trim * n - 1e-9)),
    )


def _draws(spec: Threshold, linear: Compiled, rows: ThresholdRows, setting: Setting) -> tuple[Draws, str]:
    """How errors are drawn, and why by signs where 'auto' would have drawn blocks."""
    design = linear.design
    groups = int(rows.clusters.max()) + 1
    pairs = len(np.unique(np.column_stack([design.unit_codes, rows.clusters]), axis=0))
    own = pairs == groups == int(design.unit_codes.max()) + 1
    donors = donors_of(design.unit_codes, design.time_codes)
    alone = int((donors.count < 2).sum())
    why = ""
    if not own:
        why = f"the clusters ({design.cluster_names[0]}) are not the units"
    elif alone:
        why = f"{counted(alone, 'units have')} no other that is seen in all their periods"
    if spec.bootstrap == "blocks" and why:
        raise EstimationError(
            f"blocks of whole units cannot be drawn: {why}",
            where=f"models.{spec.id}.bootstrap",
            mend='write bootstrap = "wild", which gives the path of each cluster a random sign',
        )
    blocks = spec.bootstrap != "wild" and not why
    made = Draws(
        bootstrap="blocks" if blocks else "wild",
        draws=spec.draws,
        seed=child_seed(setting.seed, "threshold"),
        weights="webb" if groups < FEW_FOR_RADEMACHER else "rademacher",
        donors=donors if blocks else None,
    )
    return made, why if spec.bootstrap == "auto" else ""


def _refused(spec: Threshold, what: str, where: str) -> EstimationError:
    return EstimationError(
        f"no threshold of '{spec.threshold}' can be tried: {what}",
        where=f"{where}.threshold",
        mend="lower `trim`, take fewer effects, or another threshold variable",
    )
