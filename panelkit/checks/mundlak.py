"""Fixed against random effects by Mundlak's auxiliary regression with clustered errors; the classical contrast is hausman."""

from __future__ import annotations

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._model import (
    Levels,
    leans_on_uncorrelated_effects,
    need_regressors,
    nested,
    read,
    refuse_instruments,
    refuse_trends,
    refuse_weights,
)
from panelkit.checks._random_effects import pair
from panelkit.checks._words import f_is, measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import specification
from panelkit.numerics.arrays import IntArray
from panelkit.numerics.small_sample import Counts, factor, reference_df

MEND = "leave out regressors that hardly vary within or between units"


@spec
class Mundlak(CheckSpec):
    """`kind = "mundlak"`: whether the unit means of the regressors are needed beside the regressors, errors clustered.

    Assumes that units (or the model's clusters, where they hold whole units) are independent; no more. small_sample : the
    factor and F(k, G-1) of that convention; "none" gives the raw clustered chi2. level : below it the means are needed;
    the check fails then only where the model is pooled, random or between, and says otherwise.
    """

    kind: str = "mundlak"
    level: float = 0.05
    small_sample: str = "fixest"


def check(declared: Mundlak, subject: Subject) -> Check:
    """The robust Hausman test. In an unbalanced panel the unit means of the other effects' dummies are kept in as controls.

    Source
    ------
    Mundlak (1978, doi:10.2307/1913646); Arellano (1993, doi:10.1016/0304-4076(93)90036-Z); Wooldridge (2010, section
    10.7.3; 2019, doi:10.1016/j.jeconom.2018.12.010 for unbalanced panels). Stata `xtreg, cre` and `estat mundlak`.
    """
    levels = read(subject, "mundlak")
    refuse_weights(subject, "mundlak", levels)
    refuse_instruments(subject, "mundlak", levels)
    refuse_trends(subject, "mundlak", levels)
    need_regressors(subject, "mundlak", levels)
    clusters, name = _clusters(levels)
    with said_by_numerics(subject, "mundlak", levels.sample, MEND):
        both = pair(levels)
        columns = 2 * len(both.names) + both.controls.shape[1]
        made = Counts(rows=levels.rows, slopes=columns, constant=True, clusters=(int(clusters.max()) + 1,))
        got = specification.robust_hausman(
            both.demeaned,
            both.means,
            levels.y,
            clusters,
            factor(made, declared.small_sample, "cluster"),
            reference_df(made, declared.small_sample, "cluster"),
            both.controls,
        )
    rejected = got.p < declared.level
    figures = f"{f_is(got.statistic, got.df1, got.df2)}, {p_is(got.p)}"
    groups = int(clusters.max()) + 1
    en = f"Mundlak's regression, errors clustered by {name}: the unit means of {', '.join(both.names)} are "
    en += f"needed, {figures}: random effects are not consistent here." if rejected else f"not needed, {figures}."
    zh = f"Mundlak辅助回归（按 {name} 聚类）：{'、'.join(both.names)}的单元均值"
    zh += f"有解释力，{figures}：随机效应估计在此不一致。" if rejected else f"无额外解释力，{figures}。"
    if got.rank_deficient:
        en += f" Only {counted(got.df1, 'combinations are')} tested: there are too few clusters for all."
        zh += f"聚类数过少，仅检验了{got.df1}个线性组合。"
    en += (
        f" It assumes independent clusters only; its power comes from {groups} of them, so a correlation of effects and"
        " regressors can pass unseen."
    )
    zh += f"该检验只假定各聚类相互独立；其功效来自{groups}个聚类，单元效应与解释变量的相关可能未被发现。"
    size = measured(
        levels.periods,
        "size 9%, power 69% where effects load 0.5 on the unit means of a regressor",
        "水平9%；单元效应对某解释变量单元均值的载荷为0.5时功效69%",
    )
    return finding(
        declared,
        subject,
        Label(en=en + size.en, zh=zh + size.zh),
        verdict="fails" if rejected and leans_on_uncorrelated_effects(subject, levels) else "says",
        value=got.p,
        bound=declared.level,
        rows=[
            {
                "statistic": "unit means are zero",
                "value": got.statistic,
                "df1": float(got.df1),
                "df2": got.df2,
                "chi2": got.statistic * got.df1,
                "p": got.p,
            }
        ],
    )


def _clusters(levels: Levels) -> tuple[IntArray, str]:
    """The model's clusters where whole units lie in them, else the units."""
    if nested(levels.unit, levels.cluster):
        return levels.cluster, levels.cluster_name
    return levels.unit, levels.sample.unit


CHECKS.register(
    CheckKind(name="mundlak", spec=Mundlak, summary="fixed against random effects, robust (Mundlak)", check=check)
)
