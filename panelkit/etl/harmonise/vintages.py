"""Which export or yearbook figures belong to, and whether a series may mix them; which vintage is the right one is for the study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.label import Label
from panelkit.core.source import SourceSpec, Vintages
from panelkit.facts.provinces import match, province

if TYPE_CHECKING:
    import pandas as pd


def vintage_faults(spec: SourceSpec, frame: pd.DataFrame, rule: Vintages) -> tuple[list[str], list[Fault]]:
    """Whether each series of a source obeys its rule: the source's own for the alias, else `rule`.

    'one': all cells of one vintage. 'first_print': the vintage is a constant number of years after the year, each figure as
    first published. 'declared_splice': anything, with a note. Blank cells do not count.

    Returns
    -------
    notes, faults
    """
    notes: list[str] = []
    faults: list[Fault] = []
    present = frame[frame["value"].notna() | frame["text"].notna()]
    for series, rows in present.groupby("series", sort=True):
        alias = str(series).split(".", 1)[1]
        own = spec.vintages.get(alias, rule)
        counts = rows["vintage"].value_counts().sort_index()
        if own == "first_print":
            faults += _first_print(spec, str(series), rows)
        elif len(counts) > 1 and own == "one":
            faults.append(_mixed(spec, str(series), alias, rows, counts))
        elif len(counts) > 1:
            notes.append(f"{series} splices vintages, as declared: {_listed(counts)}")
    return notes, faults


def _listed(counts: pd.Series) -> str:
    return ", ".join(f"{vintage or 'unknown'} ({counted(count, 'cells')})" for vintage, count in counts.items())


def _mixed(spec: SourceSpec, series: str, alias: str, rows: pd.DataFrame, counts: pd.Series) -> Fault:
    rare = int(counts.idxmin())
    odd = rows[rows["vintage"] == rare]
    example = odd.iloc[0]
    years = sorted(odd["time"].unique())
    return Fault(
        where=f"{spec.path}, {example['cell']}",
        what=f"{series} mixes vintages: {_listed(counts)}; that of {rare or 'unknown'} is in {example['printed'].strip()}, "
        f"{example['time']} (years {years[0]}-{years[-1]})",
        mend=f"narrow the source's years, or declare vintages = {{ {alias} = 'first_print' }} or 'declared_splice'",
    )


def _first_print(spec: SourceSpec, series: str, rows: pd.DataFrame) -> list[Fault]:
    offsets = rows["vintage"] - rows["time"]
    usual = int(offsets.mode().iloc[0])
    odd = rows[(offsets != usual) | (rows["vintage"] == 0)]
    if odd.empty:
        return []
    example = odd.iloc[0]
    return [
        Fault(
            where=f"{spec.path}, {example['cell']}",
            what=f"{series} is no first print: {len(odd)} of {counted(len(rows), 'cells are')} not of the year + {usual}, such as "
            f"{example['printed'].strip()}, {example['time']}, of {example['vintage'] or 'unknown vintage'}",
            mend="give the vintage of every cell (vintage_column), or declare 'declared_splice'",
        )
    ]


# ---------------------------------------------------------------- two exports of one series

SAME = 5e-5  # relative; exports print one or two decimals
BREAK = 0.10  # smallest step beyond all provinces' usual one, in logs
FAR = 8.0  # robust standard deviations
CALM = 0.05  # largest usual spread of yearly changes of a series in which a step means something


@dataclass(frozen=True, slots=True, kw_only=True)
class VintageComparison:
    """Two exports of one series, cell by cell.

    rows : unit, name, time, a, b, difference (b - a), percent and verdict ('equal', 'differs', 'only in a', 'only in b'),
        and the cells of both files. revised : unit, name, the first turn (side 'from' or 'to', and its year) and the years that differ.
    summary : counts and the widest difference. text : the same in a sentence.
    """

    rows: tuple[dict[str, Any], ...]
    revised: tuple[dict[str, Any], ...]
    summary: dict[str, Any]
    text: Label


def compare_vintages(a: pd.DataFrame, b: pd.DataFrame) -> VintageComparison:
    """Two exports of one series.

    Parameters
    ----------
    a, b : DataFrame
        Columns unit (as printed), time, value, cell, of one series each, in one unit of measure.

    Returns
    -------
    VintageComparison
        Units are matched by code where they are provinces; rows of national totals and regions are compared by their name.
    """
    left, right = _keyed(a), _keyed(b)
    rows = [_compared(key, left.get(key), right.get(key)) for key in sorted({*left, *right})]
    rows = [r for r in rows if r["a"] is not None or r["b"] is not None]
    both = [r for r in rows if r["verdict"] in ("equal", "differs")]
    differ = [r for r in both if r["verdict"] == "differs"]
    revised = _revised(both)
    widest = max(differ, key=lambda r: abs(r["percent"] or 0.0), default=None)
    summary = {
        "cells": len(rows),
        "both": len(both),
        "equal": len(both) - len(differ),
        "differ": len(differ),
        "only_a": sum(r["verdict"] == "only in a" for r in rows),
        "only_b": sum(r["verdict"] == "only in b" for r in rows),
        "years_that_differ": sorted({r["time"] for r in differ}),
        "widest": widest,
    }
    return VintageComparison(rows=tuple(rows), revised=tuple(revised), summary=summary, text=_said(summary, revised))


def _keyed(frame: pd.DataFrame) -> dict[tuple[str, int], tuple[str, float, str]]:
    found: dict[tuple[str, int], tuple[str, float, str]] = {}
    for unit, time, value, cell in zip(frame["unit"], frame["time"], frame["value"], frame["cell"], strict=True):
        place = match(str(unit))
        code = place.code if place else "".join(str(unit).split())
        name = province(place.code).name_zh if place else code
        found.setdefault((code, int(time)), (name, float(value), str(cell)))
    return found


def _compared(
    key: tuple[str, int], a: tuple[str, float, str] | None, b: tuple[str, float, str] | None
) -> dict[str, Any]:
    one = a[1] if a is not None and a[1] == a[1] else None
    two = b[1] if b is not None and b[1] == b[1] else None
    difference = two - one if one is not None and two is not None else None
    percent = 100 * difference / abs(one) if difference is not None and one else None
    if difference is None:
        verdict = "only in a" if one is not None else "only in b"
    else:
        verdict = "equal" if abs(difference) <= SAME * max(abs(one or 0.0), abs(two or 0.0)) else "differs"
    return {
        "unit": key[0],
        "name": (a or b or ("",))[0],
        "time": key[1],
        "a": one,
        "b": two,
        "difference": difference,
        "percent": percent,
        "verdict": verdict,
        "cell_a": a[2] if a else "",
        "cell_b": b[2] if b else "",
    }


def _revised(both: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Units whose two exports agree in some years and differ in others: where that first turns, and the years that differ."""
    found = []
    for unit in dict.fromkeys(r["unit"] for r in both):
        own = sorted((r for r in both if r["unit"] == unit), key=lambda r: r["time"])
        verdicts = [r["verdict"] for r in own]
        if len(set(verdicts)) == 2:
            turn = next(i for i in range(1, len(own)) if verdicts[i] != verdicts[0])
            side = "from" if verdicts[turn] == "differs" else "to"
            year = own[turn]["time"] if side == "from" else own[turn - 1]["time"]
            years = [r["time"] for r in own if r["verdict"] == "differs"]
            found.append({"unit": unit, "name": own[0]["name"], "side": side, "year": year, "differs_in": years})
    return found


def _said(summary: dict[str, Any], revised: list[dict[str, Any]]) -> Label:
    en = f"{counted(summary['both'], 'cells stand')} in both: {summary['equal']} equal, {summary['differ']} differ"
    zh = f"两个版本共有{summary['both']}个单元格:{summary['equal']}个相同,{summary['differ']}个不同"
    widest = summary["widest"]
    if widest is not None:
        en += f"; the widest is {widest['name']} {widest['time']}: {widest['a']} and {widest['b']} ({widest['percent']:+.2f}%)"
        zh += f";最大差异为{widest['name']}{widest['time']}年:{widest['a']}与{widest['b']}({widest['percent']:+.2f}%)"
    if revised:
        en += f"; {counted(len(revised), 'units differ')} only in part of the years"
        zh += f";{len(revised)}个单元仅部分年份不同"
    if summary["only_a"] or summary["only_b"]:
        en += f"; {counted(summary['only_a'], 'cells')} only in A, {summary['only_b']} only in B"
        zh += f";仅A有{summary['only_a']}个,仅B有{summary['only_b']}个"
    return Label(en=en + ".", zh=zh + "。")


def steps_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Lasting steps of single units, as where a series was revised only from some year on.

    A unit's yearly change in logs is held against that of all units in the year. A step is a change beyond `BREAK` and
    beyond `FAR` robust standard deviations of all such differences, that the year before or after does not take back. Series whose
    usual changes are wider than `CALM` are left alone.

    Parameters
    ----------
    frame : DataFrame
        Columns unit, time, value of one series, one row per unit and year.

    Returns
    -------
    list of dict
        unit, time (first year of the new level), percent (beyond the other units).
    """
    import numpy as np

    once = frame[frame["value"] > 0].drop_duplicates(["unit", "time"])
    wide = once.pivot(index="time", columns="unit", values="value")
    if len(wide) < 4 or wide.shape[1] < 10 or (np.diff(wide.index.to_numpy()) != 1).any():
        return []
    change = np.log(wide.to_numpy()[1:] / wide.to_numpy()[:-1])
    change[np.isnan(change).all(axis=1)] = 0.0  # a year without any figure moves nobody
    own = change - np.nanmedian(change, axis=1, keepdims=True)
    spread = 1.4826 * float(np.nanmedian(np.abs(own - np.nanmedian(own))))
    if not 0 < spread < CALM:
        return []
    far = np.abs(own) > max(BREAK, FAR * spread)
    found = []
    for row, column in zip(*np.nonzero(far), strict=True):
        before = own[row - 1, column] if row else 0.0
        after = own[row + 1, column] if row + 1 < len(own) else 0.0
        if all(abs(own[row, column] + other) > abs(own[row, column]) / 2 for other in (before, after)):
            found.append(
                {
                    "unit": str(wide.columns[column]),
                    "time": int(wide.index[row + 1]),
                    "percent": float(100 * np.expm1(own[row, column])),
                }
            )
    return found
