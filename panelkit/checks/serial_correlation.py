"""Serial correlation of the errors: Wooldridge's tests on within and on first-difference residuals (xtserial). It corrects nothing."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import (
    Levels,
    allows_for_correlation_within_units,
    dummies,
    fitted,
    read,
    refuse_instruments,
    refuse_trends,
    refuse_weights,
)
from panelkit.checks._words import f_is, measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import residual_tests
from panelkit.numerics.arrays import IntArray
from panelkit.numerics.least_squares import solve
from panelkit.numerics.projection import collinear
from panelkit.numerics.residual_tests import SerialCorrelation

MEND = "it needs units with three consecutive periods or more"


@spec
class SerialCorrelationCheck(CheckSpec):
    """`kind = "serial_correlation"`: no serial correlation in the errors, on two sorts of residuals.

    Assumes independent units; heteroskedasticity does no harm, and the difference version needs strictly exogenous
    regressors. version : which p is the value: `within`, or `difference` (Stata xtserial). level : below it the check
    fails where the model's standard errors do not allow for serial correlation (not clustered by unit or coarser, no
    lags), and says otherwise: the remedy is there already.
    """

    kind: str = "serial_correlation"
    version: Literal["within", "difference"] = "within"
    level: float = 0.05


def check(declared: SerialCorrelationCheck, subject: Subject) -> Check:
    """Within version (null -1/(T-1)), xtserial (null -1/2), and plm's two forms of the difference version.

    Source
    ------
    Wooldridge (2010, sections 10.5.4, 10.6.3), Drukker (2003, doi:10.1177/1536867X0300300206): Stata `xtserial`; R plm
    `pwartest`, `pwfdtest`. Effects other than the unit's are dummies, differenced along.
    """
    levels = read(subject, "serial_correlation")
    refuse_weights(subject, "serial_correlation", levels)
    refuse_instruments(subject, "serial_correlation", levels)
    refuse_trends(subject, "serial_correlation", levels)
    with said_by_numerics(subject, "serial_correlation", levels.sample, MEND):
        within = residual_tests.wooldridge_within(
            fitted(levels, levels.beside(levels.unit)).residuals, levels.unit, levels.years
        )
        found = {"within": within} | _differences(levels)
    chosen = within if declared.version == "within" else found["difference (xtserial)"]
    robust = allows_for_correlation_within_units(subject, levels)
    rejected = chosen.p < declared.level
    return finding(
        declared,
        subject,
        _text(levels, within, found["difference (xtserial)"], rejected, robust),
        verdict="fails" if rejected and not robust else "says",
        value=chosen.p,
        bound=declared.level,
        rows=[_row(name, got) for name, got in found.items()],
    )


def _differences(levels: Levels) -> dict[str, SerialCorrelation]:
    now, before = _consecutive(levels)
    others = levels.beside(levels.unit)[1:]
    columns = np.column_stack([levels.X, dummies(others, levels.rows)])
    dX, dy = columns[now] - columns[before], levels.y[now] - levels.y[before]
    unit = np.unique(levels.unit[now], return_inverse=True)[1].astype(np.intp)
    years = levels.years[now]
    out = {}
    for name, null, convention in (
        ("difference (xtserial)", "levels", "xtserial"),
        ("difference, null in levels (plm)", "levels", "plm"),
        ("difference, null in differences (plm)", "differences", "plm"),
    ):
        ones = np.ones((len(dy), int(convention == "plm")))
        design = np.column_stack([ones, dX])
        bad = set(collinear(design, design))
        kept = design[:, [j for j in range(design.shape[1]) if j not in bad]]
        e = solve(kept, dy).residuals
        out[name] = residual_tests.wooldridge_difference(e, unit, years, null, convention)  # type: ignore[arg-type]
    return out


def _consecutive(levels: Levels) -> tuple[IntArray, IntArray]:
    """Row numbers with the period before them in the sample, and of those before."""
    order = np.lexsort((levels.years, levels.unit))
    here = (np.diff(levels.unit[order]) == 0) & (np.diff(levels.years[order]) == 1)
    return order[1:][here], order[:-1][here]


def _text(
    levels: Levels, within: SerialCorrelation, difference: SerialCorrelation, rejected: bool, robust: bool
) -> Label:
    en = (
        f"Wooldridge's test on within residuals: correlation with the year before {within.coefficient:.3f}"
        f" ({within.null:.3f} without serial correlation), {f_is(within.statistic, *within.df)}, {p_is(within.p)};"
        f" on first differences (xtserial): {difference.coefficient:.3f} (-0.5), {f_is(difference.statistic, *difference.df)},"
        f" {p_is(difference.p)}. It assumes independent units."
    )
    zh = (
        f"Wooldridge检验，组内残差的一阶相关 {within.coefficient:.3f}（无序列相关时为 {within.null:.3f}），"
        f"{f_is(within.statistic, *within.df)}，{p_is(within.p)}；一阶差分残差（xtserial）{difference.coefficient:.3f}（-0.5），"
        f"{f_is(difference.statistic, *difference.df)}，{p_is(difference.p)}。该检验假定各单元相互独立。"
    )
    if len(set(np.bincount(levels.unit))) > 1:
        en += " The panel is unbalanced: the null of the within version is then only roughly right."
        zh += "面板非平衡：组内版本的原假设值只是近似。"
    if rejected and robust:
        en += " The model's standard errors allow for it."
        zh += "模型的标准误已允许序列相关。"
    elif rejected:
        en += " The model's standard errors do not allow for it: cluster by unit."
        zh += "模型的标准误未允许序列相关：应按单元聚类。"
    size = measured(
        levels.periods,
        "size 7% and 6%, power 93% and 68% against a correlation of 0.2 from year to year",
        "水平7%与6%；逐年相关0.2时功效93%与68%",
    )
    return Label(en=en + size.en, zh=zh + size.zh)


def _row(name: str, got: SerialCorrelation) -> dict[str, Any]:
    return {
        "statistic": name,
        "value": got.statistic,
        "df1": got.df[0],
        "df2": got.df[1],
        "p": got.p,
        "coefficient": got.coefficient,
        "null": got.null,
        "pairs": got.pairs,
    }


CHECKS.register(
    CheckKind(
        name="serial_correlation",
        spec=SerialCorrelationCheck,
        summary="serial correlation of the errors (Wooldridge, xtserial)",
        check=check,
    )
)
