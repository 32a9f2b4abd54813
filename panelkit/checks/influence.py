"""Which unit and which unit-years the coefficient of interest hangs on, by closed forms. By cluster it is in few_clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics, unfit
from panelkit.checks._model import (
    Levels,
    fitted,
    need_least_squares,
    need_regressors,
    read,
    refuse_instruments,
    refuse_trends,
    without_each,
)
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import influence
from panelkit.numerics.projection import absorber
from panelkit.numerics.ranks import descending

MEND = "leave out collinear regressors; it needs two units or more"


@spec
class InfluenceOf(CheckSpec):
    """`kind = "influence"`: the coefficient of interest without each unit, and the rows that move it most.

    Assumes nothing of the errors. term : the coefficient, the model's first unless named. largest : the change, in standard
    errors of the model, that leaving out ONE unit may make; beyond it, or where the sign turns, the result is one unit's
    and the check fails; else it holds. It says where the model gives no standard error. rows : how many rows are listed.
    """

    kind: str = "influence"
    term: str = ""
    largest: float = 1.0
    rows: int = 10


def check(declared: InfluenceOf, subject: Subject) -> Check:
    """`value` is the largest change by one unit in standard errors. `rows`: every unit, then the unit-years.

    Source
    ------
    Belsley, Kuh and Welsch (1980, eq. 2.1) with the effects' leverage counted; leave-one-unit-out by cross-products: MacKinnon,
    Nielsen and Webb (2023, doi:10.1177/1536867X231212433, summclust).
    """
    levels = read(subject, "influence")
    refuse_instruments(subject, "influence", levels)
    refuse_trends(subject, "influence", levels)
    need_regressors(subject, "influence", levels)
    need_least_squares(subject, "influence", levels)
    if not levels.effects and not levels.constant:
        raise unfit(subject, "influence", "is not made for a model through the origin", "take '0 +' out of the formula")
    at = _term(declared, subject, levels)
    with said_by_numerics(subject, "influence", levels.sample, MEND):
        units, rows = without_each(levels, levels.unit, levels.X), _rows(levels)
    estimate = float(rows.coefficients[at])
    without = units.replicates[:, at]
    se = next((t.se for t in subject.estimate.terms if t.name == levels.names[at]), float("nan"))
    moved = without - estimate
    known = np.isfinite(moved)
    top = int(np.argmax(np.where(known, np.abs(moved), -1.0)))
    lone = [levels.name(int(i)) for i in np.flatnonzero(~known)]
    size = abs(float(moved[top])) / se if se > 0 else None
    turned = bool((np.sign(without[known]) != np.sign(estimate)).any())
    verdict: Verdict = "says"
    if size is not None:
        verdict = "fails" if size > declared.largest or turned or lone else "holds"
    change = rows.without[:, at] - estimate
    order = descending(np.where(np.isfinite(change), np.abs(change), -1.0))[: declared.rows]
    residuals = fitted(levels).residuals
    listed = [_row(levels, int(i), rows.leverage[i], change[i], residuals[i], se) for i in order]
    by_unit = sorted(levels.sample.units)
    table = [
        {"unit": by_unit[i], "coefficient_without": without[i], "change": moved[i], "in_se": _in_se(moved[i], se)}
        for i in descending(np.where(known, np.abs(moved), np.inf))
    ]
    return finding(
        declared,
        subject,
        _text(levels, at, (estimate, float(without[top]), size), levels.name(top), listed, lone, turned),
        verdict=verdict,
        value=size,
        bound=declared.largest,
        rows=[*table, *listed],
        series={"coefficient_without": without[known]},
    )


def _term(declared: InfluenceOf, subject: Subject, levels: Levels) -> int:
    if not declared.term:
        return 0
    if declared.term not in levels.names:
        raise unfit(
            subject,
            "influence",
            f"is of '{declared.term}', which is no regressor of the model",
            known_or_nearest(declared.term, levels.names),
        )
    return levels.names.index(declared.term)


def _rows(levels: Levels) -> influence.Influence:
    effects = list(levels.effects) or [np.zeros(levels.rows, dtype=np.intp)]  # the constant: one level
    sweep = absorber(effects, levels.weights)
    return influence.leave_one_row_out(sweep.residualise(levels.X), sweep.residualise(levels.y), sweep)


def _in_se(change: float, se: float) -> float | None:
    return float(change / se) if se > 0 and np.isfinite(change) else None


def _row(levels: Levels, i: int, leverage: float, change: float, residual: float, se: float) -> dict[str, Any]:
    unit = sorted(levels.sample.units)[int(levels.unit[i])]
    return {
        "unit": unit,
        "time": int(levels.years[i]),
        "change": change,
        "in_se": _in_se(change, se),
        "leverage": leverage,
        "residual": residual,
    }


def _text(
    levels: Levels,
    at: int,
    figures: tuple[float, float, float | None],
    unit: Label,
    listed: list[dict[str, Any]],
    lone: list[Label],
    turned: bool,
) -> Label:
    estimate, without, size = figures
    name = levels.names[at]
    in_se = f", {size:.2f} standard errors" if size is not None else ""
    in_se_zh = f"，相当于 {size:.2f} 个标准误" if size is not None else ""
    en = f"{unit.en} moves {name} most: {estimate:.4g} becomes {without:.4g} without it{in_se}."
    zh = f"对 {name} 影响最大的是{unit.zh}：剔除后系数由 {estimate:.4g} 变为 {without:.4g}{in_se_zh}。"
    if turned:
        en += " Without one unit the sign turns."
        zh += "剔除某一单元后符号改变。"
    if lone:
        en += f" Without {', '.join(n.en for n in lone)} it is not determined."
        zh += f"剔除{'、'.join(n.zh for n in lone)}后系数无法识别。"
    named = [levels.sample.unit_name(r["unit"]) for r in listed[:3]]
    if listed:
        shown = "; ".join(f"{n.en} {r['time']} ({-r['change']:+.3g})" for n, r in zip(named, listed, strict=False))
        shown_zh = "；".join(f"{n.zh} {r['time']}（{-r['change']:+.3g}）" for n, r in zip(named, listed, strict=False))
        en += f" Rows that pull it most, and by how much: {shown}."
        zh += f"拉动最大的观测及其幅度：{shown_zh}。"
    en += " It assumes nothing of the errors; a row that matters is a row to look at, not one to drop."
    zh += "此项不对误差作任何假定；影响大的观测应当核查，而不是删除。"
    return Label(en=en, zh=zh)


CHECKS.register(
    CheckKind(
        name="influence",
        spec=InfluenceOf,
        summary="the coefficient without each unit, and the rows that move it most",
        check=check,
    )
)
