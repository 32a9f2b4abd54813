"""Whether powers of the fitted values are needed: Ramsey's RESET with the model's errors. It names no better form."""

from __future__ import annotations

import numpy as np

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import (
    Levels,
    by_clusters,
    cluster_factor,
    fitted,
    need_least_squares,
    need_regressors,
    read,
    refuse_instruments,
    refuse_weights,
    without_each,
)
from panelkit.checks._words import f_is, measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import specification
from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.joint import Wald, wald
from panelkit.numerics.projection import absorber
from panelkit.numerics.sandwich import cv3

FEW = 50


@spec
class Reset(CheckSpec):
    """`kind = "reset"`: powers of the fitted values (effects included) added to the model.

    Assumes strictly exogenous regressors; it looks for a wrong functional form along the fitted value only, not for omitted
    variables as such. Errors are clustered where the model's are, by CR3 below 50 clusters and CR1 from 50 (CR1 rejects a true
    null 15 % of the time at 31), else classical. powers : 2 and higher. level : below it the form is rejected and the check
    fails; above it says.
    """

    kind: str = "reset"
    powers: tuple[int, ...] = (2, 3)
    level: float = 0.05


def check(declared: Reset, subject: Subject) -> Check:
    """`value` is the p of the joint test of the powers.

    Source
    ------
    Ramsey (1969, doi:10.1111/j.2517-6161.1969.tb00796.x); R lmtest `resettest(type = "fitted")`, Stata `estat ovtest` (powers 2-4).
    """
    levels = read(subject, "reset")
    refuse_weights(subject, "reset", levels)
    refuse_instruments(subject, "reset", levels)
    need_regressors(subject, "reset", levels)
    need_least_squares(subject, "reset", levels)
    mend = "give powers of 2 and higher; with dummies as the only regressors there is no form to test"
    with said_by_numerics(subject, "reset", levels.sample, mend):
        fit = fitted(levels)
        level = levels.y - fit.residuals
        how = _errors(subject, levels)
        if how == "CR3":
            got = _jackknifed(levels, level, declared.powers)
        else:
            slopes = levels.X.shape[1] + len(declared.powers)
            by = cluster_factor(subject, levels, slopes)[0] if how == "CR1" else 1.0
            sweep = levels.sweep if levels.effects else absorber([])
            codes = levels.cluster if how == "CR1" else None
            got = specification.reset(fit.X, fit.y, level, sweep, declared.powers, codes, by)
    rejected = got.p < declared.level
    errors = f"{how} by {levels.cluster_name}" if how else "classical errors"
    errors_zh = f"按 {levels.cluster_name} 聚类的{how}" if how else "经典标准误"
    shown = " and ".join(map(str, declared.powers))
    figures = f"{f_is(got.statistic, got.df1, got.df2)}, {p_is(got.p)}"
    en = (
        f"RESET, powers {shown} of the fitted values: {figures} ({errors}): the linear form is"
        f" {'rejected' if rejected else 'not rejected'}. It assumes strictly exogenous regressors and looks along the fitted value"
        " only, not for omitted variables as such."
    )
    zh = (
        f"RESET检验，加入拟合值的{'、'.join(map(str, declared.powers))}次幂：{figures}（{errors_zh}）：{'拒绝' if rejected else '不拒绝'}"
        "线性设定。该检验假定解释变量严格外生，只沿拟合值方向查找函数形式错误，并非遗漏变量检验。"
    )
    if got.rank_deficient:
        en += f" Only {counted(got.df1, 'combinations are')} tested."
        zh += f"仅检验了{got.df1}个组合。"
    if how:
        size = measured(
            levels.periods,
            "with serially correlated errors size 8% by CR3 and 15% by CR1, power 23% by CR3 against a square of 0.1",
            "误差序列相关时 CR3 水平8%、CR1 水平15%；平方项系数0.1时 CR3 功效23%",
        )
        en, zh = en + size.en, zh + size.zh
    rows = [
        {
            "statistic": "RESET",
            "value": got.statistic,
            "df1": float(got.df1),
            "df2": got.df2,
            "p": got.p,
        }
    ]
    verdict = "fails" if rejected else "says"
    return finding(
        declared,
        subject,
        Label(en=en, zh=zh),
        verdict=verdict,  # type: ignore[arg-type]
        value=got.p,
        bound=declared.level,
        rows=rows,
    )


def _errors(subject: Subject, levels: Levels) -> str:
    """'CR3', 'CR1', or '' for classical errors; CR3 takes the slopes of groups (trends) for no effect, so these get CR1."""
    if not by_clusters(subject):
        return ""
    return "CR3" if int(levels.cluster.max()) + 1 < FEW and not levels.trends else "CR1"


def _jackknifed(levels: Levels, level: FloatArray, powers: tuple[int, ...]) -> Wald:
    """The test by leaving out each cluster."""
    if not powers or min(powers) < 2:
        raise ValueError("RESET takes powers of 2 and higher")
    spread = float(level.std())
    if spread == 0:
        raise ValueError("the fitted values do not vary: RESET has nothing to add")
    scaled = (level - level.mean()) / spread
    k = levels.X.shape[1]
    left = without_each(levels, levels.cluster, np.column_stack([levels.X, *(scaled**p for p in powers)]))
    V = cv3(left)
    if np.isnan(V[k:, k:]).any():
        raise ValueError("without some cluster the powers are not determined")
    return wald(left.coefficients[k:], V[k:, k:], float(levels.cluster.max()))


CHECKS.register(CheckKind(name="reset", spec=Reset, summary="functional form (Ramsey's RESET)", check=check))
