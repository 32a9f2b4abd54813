"""Other policies at the same time: how much they move with the treatment, and what the effect is beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from panelkit.checks._finding import joined
from panelkit.checks._refits import (
    Case,
    change_words,
    failures,
    first_treated,
    fit,
    known,
    listed,
    on_change,
    rows_of,
    treatment_of,
    with_controls,
)
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics.projection import absorber

REGRESSIONS = ("fixed_effects", "dose_did", "event_study", "instrumental", "first_difference", "poisson")


@spec
class ConcurrentPolicies(CheckSpec):
    """`kind = "concurrent_policies"`: fails where another policy beside the treatment moves the effect by more than `largest`
    standard errors, or turns its sign.

    policies : variables, 0 where the policy is not in force: `treated_after` of first_treated with policy = "free_trade_zone" from
        the tables shipped, or a series of any source of the study's own (pilot cities of another programme, say; a file with one
        row for each unit and year). Other policies are in no table shipped: their lists of cities were not collected.
    """

    kind: str = "concurrent_policies"
    policies: tuple[str, ...] = ()
    largest: float = 1.0


def check(declared: ConcurrentPolicies, subject: Subject) -> Check:
    """The effect beside each policy and beside all; `value` is the largest change in standard errors.

    A regression gets the policies as regressors. An estimator of staggered adoption, whose covariates are those of before
    treatment, loses the rows in which the policy is in force. rows : `overlap` is the correlation of policy and treatment within
    unit and period.

    Source
    ------
    The confounding event of Roth et al. (2023, doi:10.1016/j.jeconom.2023.03.008); residualised as in Frisch and Waugh (1933).
    """
    known(subject, "concurrent_policies", declared.policies, "policies")
    panel, model = subject.panel, subject.model
    first = first_treated(subject, "concurrent_policies")
    names = {v.name: v.label for v in panel.variables}
    cases: list[Case] = []
    for policy in declared.policies:
        label = Label(en=names[policy].to("en") or policy, zh=names[policy].to("zh") or policy)
        cases.append(_case(subject, label, [policy], {"overlap": _overlap(subject, first, policy)}))
    if len(declared.policies) > 1:
        cases.append(_case(subject, Label(en="all of them", zh="全部政策"), list(declared.policies), {}))
    rows = rows_of(subject, cases)
    as_rows = model.kind not in REGRESSIONS
    return on_change(declared, subject, rows, declared.largest, joined([_text(subject, rows, as_rows), failures(rows)]))


def _case(subject: Subject, label: Label, policies: list[str], more: dict[str, Any]) -> Case:
    if subject.model.kind in REGRESSIONS:
        return fit(subject, label, with_controls(subject.model, policies), **more)
    free = np.all([subject.panel.column(p).astype("float64") == 0 for p in policies], axis=0)
    return fit(subject, label, subject.model, subject.panel.keep(free, why="another policy in force"), **more)


def _overlap(subject: Subject, first: np.ndarray, policy: str) -> float:
    """Correlation of policy and treatment on the sample, both without their unit and period means."""
    panel = subject.panel
    at = subject.estimate.sample.positions
    time = panel.column(panel.time).astype("float64")
    name = treatment_of(subject)
    treated = panel.column(name).astype("float64") if name in panel.names else (time >= first).astype("float64")
    pair = np.column_stack([treated, panel.column(policy).astype("float64")])[at]
    if np.isnan(pair).any():
        return float("nan")
    codes = [np.unique(panel.codes(k)[at], return_inverse=True)[1].astype(np.intp) for k in (panel.unit, panel.time)]
    left = absorber(codes).residualise(pair)
    size = np.sqrt((left**2).sum(axis=0))
    return float(left[:, 0] @ left[:, 1] / (size[0] * size[1])) if (size > 1e-9).all() else float("nan")


def _text(subject: Subject, rows: list[dict[str, Any]], as_rows: bool) -> Label:
    how = Label(en="beside it", zh="同时控制")
    if as_rows:
        how = Label(en="without the rows where it is in force", zh="剔除该政策实施中的观测后")
    return joined([change_words(subject, rows, how, listed(rows[1:])), _shared(rows)])


def _shared(rows: list[dict[str, Any]]) -> Label:
    """How much each policy moves with the treatment."""
    known = [r for r in rows[1:] if r.get("overlap") is not None and np.isfinite(r["overlap"])]
    if not known:
        return Label()
    en = "; ".join(f"{r['case']} {r['overlap']:.2f}" for r in known)
    zh = ";".join(f"{r['case_zh']} {r['overlap']:.2f}" for r in known)
    return Label(
        en=f"Correlation with the treatment within unit and period: {en}.",
        zh=f"与处理变量在单元与时期内的相关系数:{zh}。",
    )


CHECKS.register(
    CheckKind(
        name="concurrent_policies",
        spec=ConcurrentPolicies,
        summary="the effect beside other policies of the same time",
        check=check,
    )
)
