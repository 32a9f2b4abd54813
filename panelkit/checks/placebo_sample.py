"""Rows that the treatment cannot reach, such as industries without exposure: what the same model finds there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.checks._finding import finding, joined, unfit
from panelkit.checks._refits import failures, fit, known, looked_at, rows_of
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, ESTIMATORS, CheckKind
from panelkit.core.spec import spec


@spec
class PlaceboSample(CheckSpec):
    """`kind = "placebo_sample"`: fails where the treatment has an effect on rows that it cannot reach (p < `level`).

    where : which rows those are, such as 'exposure == 0'; it takes the place of the model's own `where`.
    formula : least squares in place of the model where it has nothing left to vary there (a triple difference without exposure).
    treatment : the regressor that is looked at then.
    """

    kind: str = "placebo_sample"
    where: str = ""
    formula: str = ""
    treatment: str = ""
    level: float = 0.05


def check(declared: PlaceboSample, subject: Subject) -> Check:
    """The model on rows without exposure; `value` is the p of the effect there.

    Source
    ------
    Negative-control exposures: Lipsitch, Tchetgen Tchetgen and Cohen (2010, doi:10.1097/EDE.0b013e3181d61eeb).
    """
    if not declared.where:
        raise unfit(
            subject,
            "placebo_sample",
            "does not say which rows",
            "write where = 'exposure == 0' under [checks.placebo_sample]",
        )
    known(
        subject,
        "placebo_sample",
        [declared.treatment] if declared.treatment else [subject.estimate.outcome],
        "treatment",
    )
    model = replace(subject.model, where=declared.where)
    if declared.formula:
        own = subject.model
        cluster = own.cluster or subject.design().cluster_names[0]
        model = ESTIMATORS["fixed_effects"].spec(
            id=own.id,
            formula=declared.formula,
            where=declared.where,
            years=own.years,
            exclude=own.exclude,
            cluster=cluster,
        )
    label = Label(en=f"where {declared.where}", zh=f"仅限 {declared.where}")
    rows = rows_of(subject, [fit(subject, label, model)], {label.en: declared.treatment})
    found = rows[1] if rows[1].get("estimate") is not None else None
    p = float(found["p"]) if found and np.isfinite(found["p"]) else None
    text = Label(en="Nothing was found out.", zh="未得到结果。")
    if found is not None:
        named = declared.treatment if declared.formula else ""
        own = Label(en=named, zh=named) if named else looked_at(subject).name
        shown = "no p" if p is None else p_is(p)
        text = Label(
            en=f"{own.en} on the {counted(found['rows'], 'rows')} where {declared.where}, which the treatment cannot reach:"
            f" {found['estimate']:.4g} ({shown}); in the model {rows[0]['estimate']:.4g}.",
            zh=f"在处理无法影响的 {found['rows']} 个观测({declared.where})上,{own.zh}为 {found['estimate']:.4g}({shown});"
            f"原模型为 {rows[0]['estimate']:.4g}。",
        )
    return finding(
        declared,
        subject,
        joined([text, failures(rows)]),
        verdict="says" if p is None else ("fails" if p < declared.level else "holds"),
        value=p,
        bound=declared.level if p is not None else None,
        rows=rows,
    )


CHECKS.register(
    CheckKind(
        name="placebo_sample",
        spec=PlaceboSample,
        summary="the effect on rows that the treatment cannot reach",
        check=check,
    )
)
