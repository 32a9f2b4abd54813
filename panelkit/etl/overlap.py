"""Indices that share material with what they are set against, and measures that are a national total handed out by shares."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.check import Check
from panelkit.core.errors import Fault, StudyError
from panelkit.core.expression import Binary, Call, Name, Node, Number, Unary, walk
from panelkit.core.key import at_level, level_of
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, ESTIMATORS
from panelkit.core.source import SourceSpec
from panelkit.core.study import Study, VariablePlan
from panelkit.etl.needs import direct_inputs, series_behind, tree_of

if TYPE_CHECKING:
    from panelkit.etl.assemble import Assembled

SAME = 0.002  # spread of ln x - ln s within a year, in standard deviations of ln x, below which the two are one series
COPIED = 1e-6  # spread of ln x - ln y below which two series are copies of one
ENOUGH = 10  # cells of both that it takes to say so
SUM = 0.005  # how far the sum over units may be from the national series


def indices_in(name: str, plans: Mapping[str, VariablePlan]) -> tuple[str, ...]:
    """The outermost indices that a variable is made of: itself, or those behind its transforms, lags and products."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def visit(other: str) -> None:
        if other in seen or other not in plans:
            return
        seen.add(other)
        derive = plans[other].spec.derive
        if derive and DERIVATIONS[derive].is_index:
            found[other] = None
            return
        for below in direct_inputs(plans[other]):
            visit(below)

    visit(name)
    return tuple(found)


def roles(name: str, plans: Mapping[str, VariablePlan]) -> dict[str, str]:
    """Every raw series behind a variable -> 'over' where it adds to it anywhere, 'under' where it only divides."""
    found: dict[str, str] = {}

    def add(series: str, is_over: bool) -> None:
        found[series] = "over" if is_over or found.get(series) == "over" else "under"

    def visit(other: str, is_over: bool, trail: frozenset[tuple[str, bool]]) -> None:
        if (other, is_over) in trail:
            return
        if other not in plans:
            if "." in other:
                add(other, is_over)
            return
        trail = trail | {(other, is_over)}
        plan = plans[other]
        if plan.spec.expression:
            for below, way in _sides(tree_of(plan), is_over):
                visit(below, way, trail)
            return
        divisors = DERIVATIONS[plan.spec.derive].divisors if plan.spec.derive else ()
        under = {getattr(plan.options, f, "") for f in divisors}
        for below in direct_inputs(plan):
            visit(below, is_over and below not in under, trail)

    visit(name, True, frozenset())
    return found


def _sides(node: Node, is_over: bool) -> Iterator[tuple[str, bool]]:
    match node:
        case Name():
            yield node.name, is_over
        case Unary():
            yield from _sides(node.operand, is_over)
        case Call():
            for argument in node.arguments:
                yield from _sides(argument, is_over)
        case Binary():
            yield from _sides(node.left, is_over)
            yield from _sides(node.right, is_over and node.operator != "/")


def overlap_faults(study: Study, assembled: Assembled | None = None) -> list[Fault]:
    """Pairs of variables of one model, one of them an index, whose values rest on one raw series.

    A series that only divides in one of the two (people, in an amount per head) is no overlap of what is measured; see
    `overlap_checks`. Two forms of one index (a lag, a product with something) are no pair. The panel is not needed.
    """
    faults = []
    for model, a, b, shared in _pairs(study):
        worst = [s for s, how in shared.items() if how == "over"]
        if worst:
            index = next(n for n in (a, b) if indices_in(n, study.variables))
            other = b if index == a else a
            faults.append(
                Fault(
                    where=f"models.{model}",
                    what=f"the index {index} and {other} rest on the same series: {', '.join(worst)}; a link between them is made, "
                    "not found",
                    mend=f"leave the series out of {index}, or {other} out of the model",
                )
            )
    return faults


def overlap_checks(study: Study) -> tuple[Check, ...]:
    """Pairs that share a divisor with an index only: a remark, since a common divisor alone can correlate two ratios."""
    found = []
    for model, a, b, shared in _pairs(study):
        under = [s for s, how in shared.items() if how == "under"]
        if under and len(under) == len(shared):
            found.append(
                Check(
                    name="index_divisor",
                    of=model,
                    verdict="says",
                    value=float(len(under)),
                    bound=None,
                    text=Label(
                        en=f"{a} and {b} share the divisor {', '.join(under)}, which alone can correlate them.",
                        zh=f"{a}与{b}使用同一分母（{'、'.join(under)}），可能由此产生相关。",
                    ),
                )
            )
    return tuple(found)


def same_columns(study: Study) -> dict[str, str]:
    """Series -> the first series that is the same column of the same file, under whatever name."""
    first: dict[tuple[Any, ...], str] = {}
    found: dict[str, str] = {}
    for source in study.sources.values():
        own = {f.name for f in dataclasses.fields(type(source))} - _SAME_FILE
        how = tuple(repr(getattr(source, name)) for name in sorted(own))
        for alias, printed in source.series.items():
            name = f"{source.id}.{alias}"
            found[name] = first.setdefault((source.kind, source.path, how, printed), name)
    return found


_SAME_FILE = {f.name for f in dataclasses.fields(SourceSpec)} - {
    "at"
}  # what does not tell two columns of one file apart


def copied_columns(study: Study, wide: Mapping[str, np.ndarray]) -> tuple[Check, ...]:
    """Models in which an index and another variable rest on two series that hold the same figures, up to a constant factor.

    A column copied to another file goes by another name, and its overlap is seen by its figures only.
    """
    same = same_figures(wide)
    names = same_columns(study)
    known = {(m, a, b) for m, a, b, _ in _pairs(study, names)}
    found = []
    for model, a, b, shared in _pairs(study, {s: same.get(n, n) for s, n in names.items()}):
        if (model, a, b) not in known:
            twins = ", ".join(f"{s} = {t}" for s, t in same.items() if t in shared)
            found.append(
                Check(
                    name="index_overlap",
                    of=model,
                    verdict="fails",
                    value=float(len(shared)),
                    bound=0.0,
                    text=Label(
                        en=f"{a} and {b} rest on the same figures under two names ({twins}): a link between them is made, not found.",
                        zh=f"{a}与{b}使用了名称不同但数值相同的序列（{twins}）：二者的关联是构造出来的，而非发现的。",
                    ),
                    rows=tuple({"series": s, "same_as": t} for s, t in same.items() if t in shared),
                )
            )
    return tuple(found)


def same_figures(wide: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Series -> an earlier series with the same figures in every cell that both have, up to one constant factor."""
    logs = {n: np.log(np.where(v > 0, v, np.nan)) for n, v in wide.items()}
    found: dict[str, str] = {}
    for a, b in _near(logs, COPIED, each_year=False):
        gap = logs[a] - logs[b]
        gap = gap[~np.isnan(gap)]
        same = gap.size >= ENOUGH and float(np.ptp(gap)) < COPIED
        if same and float(np.nanstd(logs[a])) > 1e-3 and b not in found:
            found[b] = found.get(a, a)
    return found


def _near(logs: Mapping[str, np.ndarray], bound: float, *, each_year: bool) -> Iterator[tuple[str, str]]:
    """Pairs of series, in order, whose log gap spreads no wider than `bound`: of a thousand all pairs are gone through in arrays.

    each_year : within every year of three units or more, in place of over all cells.
    """
    names = list(logs)
    if len(names) < 2:
        return
    every = np.stack([logs[n] for n in names])  # (series, units, years)
    for i, a in enumerate(names[:-1]):
        gap = every[i + 1 :] - every[i]
        if each_year:
            spread = np.fmax.reduce(gap, axis=1) - np.fmin.reduce(gap, axis=1)
            spread[(~np.isnan(gap)).sum(axis=1) < 3] = np.nan
            spread = np.fmax.reduce(spread, axis=1)
        else:
            spread = np.fmax.reduce(gap, axis=(1, 2)) - np.fmin.reduce(gap, axis=(1, 2))
        for k in np.flatnonzero(spread <= bound):
            yield a, names[i + 1 + k]


def _pairs(study: Study, same: Mapping[str, str] | None = None) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Model, two of its variables, and each series that an index of one shares with the other, with its role in the pair.

    same : series -> the one that it is, where it has several names.
    """
    plans = study.variables
    same = same_columns(study) if same is None else same
    for model in study.models:
        try:
            names = [n for n in ESTIMATORS[model.kind].columns(model) if n in plans]
        except StudyError:
            continue  # its formula is reported where it is read
        for a, b in combinations(dict.fromkeys(names), 2):
            shared: dict[str, str] = {}
            for one, other in ((a, b), (b, a)):
                mine = set(indices_in(one, plans)) - set(indices_in(other, plans))
                theirs = _merged(roles(other, plans), same)
                for index in mine:
                    for series, role in _merged(roles(index, plans), same).items():
                        if series in theirs:
                            is_over = role == theirs[series] == "over" or shared.get(series) == "over"
                            shared[series] = "over" if is_over else "under"
            if shared:
                yield model.id, a, b, shared


def _merged(found: Mapping[str, str], same: Mapping[str, str]) -> dict[str, str]:
    """Roles by one name for each series; 'over' where any of its names is."""
    merged: dict[str, str] = {}
    for series, role in found.items():
        name = same.get(series, series)
        merged[name] = "over" if "over" in (role, merged.get(name)) else "under"
    return merged


# ---------------------------------------------------------------- apportioned totals


def apportioned(study: Study, assembled: Assembled, wide: Mapping[str, np.ndarray] | None = None) -> tuple[Check, ...]:
    """Variables that are a national total times a share: their logarithm is the share's, up to a number per year.

    Two ways are looked for: a product in an expression, one factor the same for all units of a year, whose sum over units
    is that factor again; and a raw series that is another one times a number per year.
    """
    wide = series_wide(study, assembled) if wide is None else wide
    rows = [*_products(study, assembled, wide), *_twins(study, wide)]
    return tuple(
        Check(
            name="apportioned",
            of=row["variable"],
            verdict="fails" if row["known"] else "says",
            value=float(row["spread"]),
            bound=None,
            text=Label(
                en=f"{row['variable']} is {row['total']} handed out by {row['share']}: with effects of time its logarithm is that of "
                f"{row['share']}, and it holds no information of its own.",
                zh=f"{row['variable']}只是把{row['total']}按{row['share']}分摊：加入时间固定效应后，其对数就是{row['share']}的对数，不含新信息。",
            ),
            rows=(row,),
        )
        for row in rows
    )


def series_wide(study: Study, assembled: Assembled) -> dict[str, np.ndarray]:
    """Raw series as (units, years) of the study, NaN where there is none."""
    first, last = study.panel.years
    seen = assembled.observations
    seen = seen[seen["time"].between(first, last) & seen["value"].notna()]
    wide = {}
    for name, rows in seen.groupby("series", sort=True):
        level = level_of(str(rows["unit"].iloc[0]))
        at = [at_level(u, level) for u in assembled.panel.units]
        pivot = rows.pivot(index="unit", columns="time", values="value")
        wide[str(name)] = pivot.reindex(index=at, columns=list(range(first, last + 1))).to_numpy()
    return wide


def _same_in_a_year(values: np.ndarray) -> bool:
    there = ~np.isnan(values)
    if not there.any() or values.shape[0] < 3:
        return False
    low = np.where(there, values, np.inf).min(axis=0)
    high = np.where(there, values, -np.inf).max(axis=0)
    seen = there.any(axis=0)
    varies = np.ptp(high[seen]) > 1e-6 * np.abs(high[seen]).max() if seen.sum() > 1 else False
    return bool((high - low)[seen].max() <= 1e-12 * max(np.abs(high[seen]).max(), 1e-300) and varies)


def _products(study: Study, assembled: Assembled, raw: Mapping[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    frame = assembled.panel.frame
    known = dict(raw)
    for variable in assembled.panel.variables:
        if variable.kind == "number":
            pivot = frame.pivot(index=assembled.panel.unit, columns=assembled.panel.time, values=variable.name)
            known[variable.name] = pivot.to_numpy()
    for plan in study.variables.values():
        if not plan.spec.expression:
            continue
        for product in (n for n in walk(tree_of(plan)) if isinstance(n, Binary) and n.operator in ("*", "/")):
            names = dict.fromkeys(name for name, is_over in _sides(product, True) if is_over)
            for total in (n for n in names if n in known and _same_in_a_year(known[n])):
                sums = _sum_of(product, known)
                if sums is None:
                    continue
                nation = np.nanmax(known[total], axis=0)
                ratio = sums / nation
                ratio = ratio[~np.isnan(ratio)]
                whole = any(abs(ratio.mean() / to - 1) < SUM for to in (1.0, 100.0)) if ratio.size > 1 else False
                if whole and np.ptp(ratio) < SUM * ratio.mean():
                    share = ", ".join(n for n in names if n != total)
                    yield {
                        "variable": plan.name,
                        "total": total,
                        "share": share,
                        "spread": float(np.ptp(ratio)),
                        "known": True,
                    }


def _sum_of(node: Node, known: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Sum over units of a product of names and numbers, by year; None where it holds anything else that cannot be told here."""

    def value(part: Node) -> np.ndarray | float | None:
        match part:
            case Number():
                return part.value
            case Name():
                return known.get(part.name)
            case Binary() if part.operator in ("*", "/", "+", "-"):
                left, right = value(part.left), value(part.right)
                if left is None or right is None:
                    return None
                with np.errstate(divide="ignore", invalid="ignore"):
                    return {
                        "*": lambda: left * right,
                        "/": lambda: left / right,
                        "+": lambda: left + right,
                        "-": lambda: left - right,
                    }[part.operator]()
            case Call() if part.function == "sum_by":
                inner = value(part.arguments[0])
                return np.broadcast_to(np.nansum(inner, axis=0), inner.shape) if isinstance(inner, np.ndarray) else None
        return None

    found = value(node)
    if not isinstance(found, np.ndarray):
        return None
    sums = np.nansum(found, axis=0)
    return np.where(np.isnan(found).all(axis=0), np.nan, sums)


def _twins(study: Study, wide: Mapping[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    used = {s for name in study.variables for s in series_behind(name, study.variables)}
    raw = {n: v for n, v in wide.items() if n in used}
    logs = {n: np.log(np.where(v > 0, v, np.nan)) for n, v in raw.items() if not _same_in_a_year(v)}
    widest = {n: float(np.nanmax(v) - np.nanmin(v)) if not np.isnan(v).all() else 0.0 for n, v in logs.items()}
    for a, b in _near(logs, SAME * max(widest.values(), default=0.0), each_year=True):
        gap = logs[a] - logs[b]
        enough = (~np.isnan(gap)).sum(axis=0) >= 3
        if enough.sum() < 3:
            continue
        gap = gap[:, enough]
        spread = float((np.nanmax(gap, axis=0) - np.nanmin(gap, axis=0)).max())
        if spread > SAME * widest[a]:
            continue
        between = float(np.ptp(np.nanmean(gap, axis=0)))
        own = float(np.nanmax(np.nanstd(logs[a][:, enough], axis=0)))
        if spread < SAME * own and between > 1e-3 and own > 1e-6:
            yield {"variable": a, "total": "a number per year", "share": b, "spread": spread, "known": False}
