"""Whether slopes and constants are the same in all units: Chow's F, and F of the effects. The large-N test is slope_homogeneity."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import (
    Levels,
    fitted,
    need_regressors,
    read,
    refuse_instruments,
    refuse_trends,
    refuse_weights,
)
from panelkit.checks._words import f_is, measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import specification
from panelkit.numerics.arrays import IntArray
from panelkit.numerics.joint import Wald
from panelkit.numerics.projection import absorber

MEND = "leave out regressors that vary in no unit; it needs a unit with more rows than slopes plus one"


@spec
class Poolability(CheckSpec):
    """`kind = "poolability"`: Chow's F that the slopes are equal in all units; F of unit and time effects.

    Assumes one error variance in all units and no serial correlation, and over-rejects without either. So it says, and never
    fails: a rejection makes the pooled slope an average, which may still be what is wanted. Effects other than the
    unit's are taken out over all units first.
    """

    kind: str = "poolability"


def check(declared: Poolability, subject: Subject) -> Check:
    """`value` is the p of equal slopes with a constant for each unit.

    Source
    ------
    Baltagi (2013, section 4.1); R plm `pooltest` and `pFtest`; the last line of Stata `xtreg, fe`.
    """
    levels = read(subject, "poolability")
    refuse_weights(subject, "poolability", levels)
    refuse_instruments(subject, "poolability", levels)
    refuse_trends(subject, "poolability", levels)
    need_regressors(subject, "poolability", levels)
    others = levels.beside(levels.unit)[1:]
    sweep = absorber(others)
    with said_by_numerics(subject, "poolability", levels.sample, MEND):
        X, y = sweep.residualise(levels.X), sweep.residualise(levels.y)
        slopes = specification.poolability(X, y, levels.unit, "within")
        found = {"slopes equal": slopes}
        if not others:
            found["slopes and constants equal"] = specification.poolability(X, y, levels.unit, "pooling")
        found |= _effects(levels)
    k, T = levels.X.shape[1], levels.rows / levels.units
    figures = f"{f_is(slopes.statistic, slopes.df1, slopes.df2)}, {p_is(slopes.p)}"
    en = (
        f"Equal slopes in all {counted(levels.units, 'units')}, each with its constant: {figures}. It assumes one error variance and no"
        f" serial correlation and rejects too often without; a unit has {T - k - 1:.3g} degrees of freedom of its own."
    )
    zh = (
        f"全部{levels.units}个单元斜率相等（各单元有自己的常数项）：{figures}。该检验假定误差方差相同且无序列相关，否则过度拒绝；"
        f"每个单元自身仅有{T - k - 1:.3g}个自由度。"
    )
    unit = found["unit effects"]
    en += f" No unit effects beside one constant: {f_is(unit.statistic, unit.df1, unit.df2)}, {p_is(unit.p)}."
    zh += f"无单元效应：{f_is(unit.statistic, unit.df1, unit.df2)}，{p_is(unit.p)}。"
    short = int((specification.own_ranks(X, levels.unit) < k).sum())
    if short:
        en += (
            f" {short} of {counted(levels.units, 'units do')} not identify every slope of their own; degrees of "
            "freedom count what they do."
        )
        zh += f"{levels.units}个单元中有{short}个不能识别自身的全部斜率，自由度按可识别的个数计算。"
    if others:
        en += " The other effects were taken out over all units first; their degrees of freedom are not counted."
        zh += "其余固定效应已先在全部单元中剔除，其自由度未计入。"
    size = measured(
        levels.periods,
        "size 5%, but 11% where variances differ by unit and 87% with serial correlation of 0.6; power 65% against slopes that"
        " spread by 0.2",
        "水平5%，但各单元方差不等时11%，序列相关0.6时87%；斜率离散度0.2时功效65%",
    )
    return finding(
        declared,
        subject,
        Label(en=en + size.en, zh=zh + size.zh),
        value=slopes.p,
        rows=[_row(n, w) for n, w in found.items()],
    )


def _effects(levels: Levels) -> dict[str, Wald]:
    """F tests of unit effects, time effects, both, and time effects beside unit effects, all against smaller models."""

    def rss(effects: list[IntArray]) -> tuple[float, int]:
        fit = fitted(levels, effects)
        return fit.rss, fit.df

    sets: list[tuple[str, list[IntArray], list[IntArray]]] = [
        ("unit effects", [], [levels.unit]),
        ("time effects", [], [levels.time]),
        ("unit and time effects", [], [levels.unit, levels.time]),
        ("time effects beside unit effects", [levels.unit], [levels.unit, levels.time]),
        ("unit effects beside time effects", [levels.time], [levels.unit, levels.time]),
    ]
    out: dict[str, Wald] = {}
    for name, small, large in sets:
        try:
            out[name] = specification.nested_f(*rss(small), *rss(large))
        except ValueError:  # a regressor that is constant within these effects
            if name == "unit effects":
                raise
    return out


def _row(name: str, got: Wald) -> dict[str, Any]:
    p = got.p if np.isfinite(got.p) else None
    return {"statistic": name, "value": got.statistic, "df1": float(got.df1), "df2": got.df2, "p": p}


CHECKS.register(
    CheckKind(name="poolability", spec=Poolability, summary="equal slopes and constants in all units", check=check)
)
