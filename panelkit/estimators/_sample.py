"""Which rows a model uses, and the reason for each row it does not use. No column is made here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panelkit.core import digest as digests
from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError, Fault
from panelkit.core.estimate import Drop, Sample
from panelkit.core.estimation import ModelSpec
from panelkit.core.evaluation import evaluate_rows
from panelkit.core.expression import parse_expression
from panelkit.core.formula import Formula
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.estimators._columns import is_category, needed

Leave = Callable[[np.ndarray, str], None]


def select_rows(
    spec: ModelSpec, formula: Formula, panel: Panel, clusters: tuple[str, ...], singletons: str
) -> tuple[np.ndarray, tuple[Drop, ...]]:
    """Positions of the rows that are used, sorted, and what was left out: window, exclusions, condition, missing, singletons.

    Rows are counted under the first reason that applies. Singletons are pruned until none is left, as reghdfe and
    fixest do.

    Raises
    ------
    EstimationError
        If an excluded unit is not in the panel, a cell is infinite, a weight is not above zero, or no row is left.
    """
    kept = np.ones(panel.rows, dtype=bool)
    drops: list[Drop] = []

    def leave(out: np.ndarray, why: str) -> None:
        now = kept & out
        if now.any():
            drops.append(Drop(rows=int(now.sum()), why=why))
            kept[now] = False

    _declared(spec, panel, leave)
    _missing(spec, formula, panel, clusters, leave)
    _refuse_bad_cells(spec, formula, panel, clusters, kept)
    if singletons == "drop" and formula.absorb:
        _prune(formula, panel, kept, leave)
    if not kept.any():
        said = "; ".join(f"{counted(d.rows, 'rows')}: {d.why}" for d in drops)
        raise EstimationError(
            f"no row is left ({said or 'the panel has none'})",
            where=f"models.{spec.id}",
            mend="look at years, where, exclude and the missing cells of its variables",
        )
    return np.flatnonzero(kept), tuple(drops)


def sample_of(panel: Panel, positions: np.ndarray, drops: tuple[Drop, ...], clusters: dict[str, int]) -> Sample:
    """The Sample of `panel`, which holds the sample's rows and no other."""
    times = panel.column(panel.time)
    return Sample(
        rows=panel.rows,
        units=len(panel.units),
        periods=len(panel.times),
        clusters=clusters,
        dropped=drops,
        first=int(times.min()),
        last=int(times.max()),
        keys_digest=digests.of_frame(panel.frame[[panel.unit, panel.time]]),
        positions=positions,
    )


def _declared(spec: ModelSpec, panel: Panel, leave: Leave) -> None:
    if spec.years is not None:
        times = panel.column(panel.time)
        first, last = spec.years
        leave((times < first) | (times > last), f"outside {first}-{last}")
    unknown = [u for u in spec.exclude if u not in set(panel.units)]
    if unknown:
        raise EstimationError(
            faults=[
                Fault(
                    where=f"models.{spec.id}.exclude",
                    what=f"there is no {panel.unit} '{u}' in the panel",
                    mend=known_or_nearest(u, panel.units),
                )
                for u in unknown
            ]
        )
    for unit, reason in sorted(spec.exclude.items()):
        leave(panel.column(panel.unit) == unit, f"{panel.unit} {unit} excluded: {reason}")
    if spec.where:
        where = f"models.{spec.id}.where"
        leave(~evaluate_rows(parse_expression(spec.where, where=where), panel, where=where), f"not where {spec.where}")


def _missing(spec: ModelSpec, formula: Formula, panel: Panel, clusters: tuple[str, ...], leave: Leave) -> None:
    for name in needed(formula, spec, clusters):
        leave(panel.absent(name), f"{name} missing")


def _refuse_bad_cells(
    spec: ModelSpec, formula: Formula, panel: Panel, clusters: tuple[str, ...], kept: np.ndarray
) -> None:
    for name in needed(formula, spec, clusters):
        if is_category(panel, name):
            continue
        values = panel.column(name)
        if values.dtype.kind == "f" and np.isinf(values[kept]).any():
            raise EstimationError(
                f"'{name}' is infinite in {counted(int(np.isinf(values[kept]).sum()), 'rows')}",
                where=f"models.{spec.id}",
                mend="a logarithm of zero or a division by zero makes this: look at how the variable is made",
            )
    if spec.weights:
        weights = panel.column(spec.weights)[kept].astype("float64")
        if (weights <= 0).any():
            raise EstimationError(
                f"the weight '{spec.weights}' is zero or negative in {counted(int((weights <= 0).sum()), 'rows')}",
                where=f"models.{spec.id}.weights",
                mend=f'leave those rows out in the open: where = "{spec.weights} > 0"',
            )
        if spec.weight_kind == "frequency" and (weights != np.round(weights)).any():
            raise EstimationError(
                f"the frequency weight '{spec.weights}' is not a whole number everywhere",
                where=f"models.{spec.id}.weights",
                mend='frequency weights count identical rows; for means of groups take weight_kind = "analytic"',
            )


def _prune(formula: Formula, panel: Panel, kept: np.ndarray, leave: Leave) -> None:
    """Drop rows that are alone in a level of an effect, again and again, then say how many by effect."""
    effects = {e.name: panel.codes(*e.factors) for e in formula.absorb}
    alone = {name: np.zeros(panel.rows, dtype=bool) for name in effects}
    left = kept.copy()
    while True:
        found = False
        for name, codes in effects.items():
            sizes = np.bincount(codes[left], minlength=int(codes.max()) + 1) if left.any() else np.zeros(1)
            single = left & (sizes[np.maximum(codes, 0)] == 1) if left.any() else left
            if single.any():
                alone[name] |= single
                left &= ~single
                found = True
        if not found:
            break
    for name, rows in alone.items():
        leave(rows, f"singleton: the only row of its {name}")
