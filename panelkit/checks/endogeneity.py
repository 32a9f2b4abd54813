"""Whether the regressors taken for endogenous are: Wu-Hausman and Durbin. It chooses no estimator."""

from __future__ import annotations

from panelkit.checks._finding import finding, said_by_numerics
from panelkit.checks._instruments import instrumented
from panelkit.checks._words import f_is, measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import overidentification

MEND = "use fewer regressors, or instruments that do not fit the endogenous regressors exactly"


@spec
class Endogeneity(CheckSpec):
    """`kind = "endogeneity"`: first-stage residuals added to least squares (Wu-Hausman), and Durbin's chi2.

    Assumes valid and strong instruments. It says and never fails: not rejecting is no licence for least squares (with weak
    instruments it has no power), and choosing the estimator by it distorts what follows.
    """

    kind: str = "endogeneity"


def check(declared: Endogeneity, subject: Subject) -> Check:
    """`value` is the p of the Wu-Hausman test under the model's errors.

    Source
    ------
    Durbin (1954), Wu (1973, doi:10.2307/1914093), Hausman (1978, doi:10.2307/1913827). fixest `wh`, AER `summary(ivreg)`, Stata
    `estat endogenous`. Clustered: CR1 with F(m, G-1).
    """
    model = instrumented(subject, "endogeneity")
    structural = model.m + model.w
    with said_by_numerics(subject, "endogeneity", model.levels.sample, MEND):
        iid = model.raw.kind == "iid"
        errors = model.raw if iid else model.errors(structural + model.m)
        df2 = model.df(structural) if model.raw.kind == "cluster" else None
        got = overidentification.endogeneity(model.equation, errors, model.every(structural), df2)
    test, durbin = got.wu_hausman, got.durbin
    figures = f"{f_is(test.statistic, test.df1, test.df2)}, {p_is(test.p)}"
    names = ", ".join(model.endogenous)
    found = test.p < 0.05
    en = (
        f"Wu-Hausman, {names} exogenous: {figures}, {model.assumed.en}; two-stage and plain least squares"
        f" {'differ' if found else 'are not told apart'}. It assumes valid, strong instruments; not rejecting is no licence for"
        " least squares, since with weak instruments the test has no power."
    )
    zh = (
        f"Wu-Hausman检验，{'、'.join(model.endogenous)} 外生：{figures}，{model.assumed.zh}；两阶段与普通最小二乘"
        f"{'存在差异' if found else '未见差异'}。该检验假定工具变量有效且足够强；不拒绝并不意味着可用普通最小二乘，弱工具下检验没有功效。"
    )
    size = measured(
        model.levels.periods,
        "with three instruments size 5%, power 32% where a fifth of the error enters the regressor",
        "三个工具变量时水平5%；误差的五分之一进入解释变量时功效32%",
    )
    return finding(
        declared,
        subject,
        Label(en=en + size.en, zh=zh + size.zh),
        value=test.p,
        rows=[
            {
                "statistic": "Wu-Hausman",
                "value": test.statistic,
                "df1": float(test.df1),
                "df2": test.df2,
                "p": test.p,
            },
            {"statistic": "Durbin (iid errors)", "value": durbin.statistic, "df1": durbin.df[0], "p": durbin.p},
        ],
    )


CHECKS.register(
    CheckKind(
        name="endogeneity",
        spec=Endogeneity,
        summary="two-stage against plain least squares (Wu-Hausman, Durbin)",
        check=check,
    )
)
