"""Effects of a staggered design with their averages, and what an estimate holds of them: cells, curves, bands, tests. No method is here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import CohortEffect
from panelkit.core.estimation import Setting
from panelkit.estimators._estimate import TOO_FEW_TREATED
from panelkit.estimators._staggered import Staggered
from panelkit.estimators._staggered_curves import bands_of, covariances_of, curve, event_curve, treated_units
from panelkit.estimators._staggered_method import EVERY, LEADS, TERMS, How, Method, StaggeredSpec, moved_back
from panelkit.estimators._staggered_tests import confirmed, pre_trends
from panelkit.numerics.did_imputation import PreTrends, imputation_pretrends
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects, aggregate, cluster_sums
from panelkit.numerics.staggered_panel import StaggeredPanel


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The effects of a design and their averages; `few`: too few treated clusters for any error."""

    effects: CohortEffects
    parts: dict[str, Aggregated]
    units: dict[str, np.ndarray]
    leads: PreTrends | None
    few: bool
    level: float


def find(spec: StaggeredSpec, method: Method, design: Staggered, count: int, setting: Setting) -> Found:
    """The effects and their averages.

    Raises
    ------
    EstimationError
        If no effect is identified.
    """
    try:
        effects = _by_cluster(method.effects(design), design.panel)
        parts = {how: _averages(spec, effects, how) for how in TERMS.values()}
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=f"models.{spec.id}", mend="look at the check 'support' and the cohorts"
        ) from fault
    return Found(
        effects=effects,
        parts=cast(dict[str, Aggregated], parts),
        units=treated_units(effects, cast(dict[str, Aggregated], parts)),
        leads=_leads(spec, method, design) if method.leads else None,
        few=count <= TOO_FEW_TREATED,
        level=setting.defaults.level,
    )


def _by_cluster(effects: CohortEffects, panel: StaggeredPanel) -> CohortEffects:
    """The effects, treated units counted as clusters where these hold several of them: a spread is seen between clusters alone."""
    if panel.clusters is None:
        return effects
    counts = {g: len(np.unique(panel.clusters[panel.cohort == g])) for g in np.unique(effects.cohorts)}
    groups = np.array([counts[g] for g in effects.cohorts], dtype=np.intp)
    return replace(effects, treated=np.minimum(effects.treated, groups))


def _averages(spec: StaggeredSpec, effects: CohortEffects, how: How) -> Aggregated:
    if how != "dynamic":
        return aggregate(effects, how)
    first, last = spec.window if spec.window != EVERY else (None, None)
    return aggregate(effects, how, min_event=first, max_event=last, balance=spec.balance)


def _leads(spec: StaggeredSpec, method: Method, design: Staggered) -> PreTrends | None:
    """Leads among untreated rows, as many as asked and determined."""
    moved = moved_back(design.panel, method.anticipation)
    before = moved.event[np.isfinite(moved.event) & (moved.event < 0)]
    most = int(-before.min()) - 1 if len(before) else 0
    wanted = min(most, -spec.window[0] - method.anticipation if spec.window != EVERY else LEADS)
    for leads in range(wanted, 0, -1):
        try:
            found = imputation_pretrends(moved, leads, design.effects)
        except ValueError:
            continue
        return replace(found, at=found.at - method.anticipation)
    return None


def joint(found: Found) -> tuple[np.ndarray, np.ndarray | None]:
    """Covariance (4, 4) of the averages, and the clusters' influence (G, 4) it is made of; NaN and None where withheld."""
    effects = found.effects
    stacked = np.column_stack([found.parts[how].overall_influence for how in TERMS.values()])
    if found.few:
        return np.full((len(TERMS), len(TERMS)), np.nan), None
    influence = cluster_sums(stacked, effects.clusters) * (np.sqrt(effects.factor) / len(stacked))
    V = influence.T @ influence
    return (V + V.T) / 2, influence


def cells(found: Found) -> tuple[CohortEffect, ...]:
    """The effects by cohort and period, errors withheld where one or two units stand behind them."""
    effects = found.effects
    thin = found.few | (effects.treated <= TOO_FEW_TREATED)
    se = np.where(thin, np.nan, effects.se)
    rows = zip(effects.cohorts, effects.periods, effects.att, se, effects.treated, effects.controls, strict=True)
    return tuple(
        CohortEffect(cohort=float(g), period=float(t), estimate=float(b), se=float(s), treated=int(n), controls=int(c))
        for g, t, b, s, n, c in rows
    )


# ---------------------------------------------------------------- curves, bands, tests


def bands(spec: StaggeredSpec, found: Found, setting: Setting) -> tuple[Any, ...]:
    """Simultaneous bands, where they are asked for and errors are not withheld."""
    if found.few or not (setting.resample and spec.draws):
        return ()
    return bands_of(found.parts, found.units, spec.draws, child_seed(setting.seed, spec.id, "bands"), found.level)


def curves_of(
    spec: StaggeredSpec, method: Method, design: Staggered, found: Found, setting: Setting
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The curves and the covariance of each; also 'event_time_long' where the effects are no changes from one period."""
    shown = method.reference if method.reference is not None and spec.window[0] <= method.reference else None
    if shown is not None and not (design.panel.event == shown).any():
        shown = None
    names = {"event_time": "dynamic", "cohort": "group", "calendar": "calendar"}
    curves, covariances = {}, {}
    for name, how in names.items():
        curves[name] = curve(found.parts[how], found.units[how], found.few, found.level)
        covariances[name] = covariances_of(found.parts[how], found.units[how], found.few)
    if found.leads is not None or shown is not None:
        curves["event_time"], covariances["event_time"] = event_curve(
            found.parts["dynamic"], found.units["dynamic"], found.leads, shown, found.few, found.level
        )
    if method.long is not None and setting.resample and not found.few:
        try:
            effects = method.long(design)
            part = _averages(spec, effects, "dynamic")
        except ValueError:
            return curves, covariances
        units = treated_units(effects, {"dynamic": part})["dynamic"]
        curves["event_time_long"] = curve(part, units, found.few, found.level)
        covariances["event_time_long"] = covariances_of(part, units, found.few)
    return curves, covariances


def tests_of(method: Method, design: Staggered, found: Found) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """The joint pre-trend test and the other route, and what is to be said of both."""
    tests: dict[str, dict[str, float]] = {}
    said: list[str] = []
    try:
        if found.few:
            raise ValueError("its covariance is withheld")
        test, of = pre_trends(found.effects, found.parts["dynamic"], found.leads)
        tests["pre_trends"] = {
            "statistic": test.statistic, "df1": float(test.df1), "df2": float(test.df2), "p": test.p,
        }  # fmt: skip
        said += of
    except ValueError as fault:
        said.append(f"The joint pre-trend test is not made: {fault}.")
    try:
        other = method.other(design, found.effects)
    except ValueError as fault:
        other = f"the other route fails ({fault})"
    gap = other if isinstance(other, str) else confirmed(found.effects, *other)
    if isinstance(gap, str):
        said.append(f"Not confirmed at run time: {gap}.")
    else:
        tests["route"] = {"difference": gap.largest, "cells": float(len(found.effects.att))}
        said.append(gap.text)
    return tests, tuple(said)
