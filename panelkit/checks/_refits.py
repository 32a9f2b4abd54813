"""What checks that fit a model again share: the effect looked at, other specifications of the model, and a finding about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from panelkit.checks._faults import in_chinese
from panelkit.checks._finding import finding, unfit
from panelkit.checks._staggered import PREFIX
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.estimate import Estimate
from panelkit.core.formula import parse_formula
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The effect of a model that checks look at: its treatment's coefficient, `att`, or the mean of event times after treatment."""

    name: Label
    estimate: float
    se: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Another specification: what it is called, and its estimate or the reason why there is none."""

    label: Label
    made: Estimate | str
    fields: Mapping[str, Any]


def looked_at(subject: Subject, estimate: Estimate | None = None, treatment: str = "") -> Looked:
    """The effect of the subject's model, or of `estimate` in its place; `treatment` where it goes by another name there."""
    made = estimate or subject.estimate
    events = [
        j for j, t in enumerate(made.terms) if t.name.startswith(PREFIX) and int(t.name.removeprefix(PREFIX)) >= 0
    ]
    if events:
        return _mean(made, events)
    named = treatment or treatment_of(subject)
    term = next((t for t in made.terms if t.name == named), None) or next(
        (t for t in made.terms if t.name != "(constant)"), made.terms[0]
    )
    return Looked(
        name=Label(en=term.name, zh=term.name),
        estimate=term.estimate,
        se=term.se,
        p=term.p,
        low=term.low,
        high=term.high,
    )


def _mean(made: Estimate, events: Sequence[int]) -> Looked:
    """The mean of the event-time coefficients from 0 on, with the error that their covariance gives it."""
    from scipy import stats

    b = float(np.mean([made.terms[j].estimate for j in events]))
    V = np.asarray(made.covariance_matrix)[np.ix_(events, events)]
    se = float(np.sqrt(V.mean())) if np.isfinite(V).all() and V.mean() > 0 else float("nan")
    df = made.terms[events[0]].df
    reference = stats.norm if np.isinf(df) else stats.t(df)
    half = float(reference.ppf(0.975)) * se
    name = Label(en="the mean of event times 0 and later", zh="事件时间0及以后各期的均值")
    p = 2 * float(reference.sf(abs(b) / se)) if se > 0 else float("nan")
    return Looked(name=name, estimate=b, se=se, p=p, low=b - half, high=b + half)


def treatment_of(subject: Subject) -> str:
    """The variable that is the treatment: declared, else the first regressor; "" where cohorts say who is treated."""
    model = subject.model
    if getattr(model, "cohort", ""):
        return ""
    named = str(getattr(model, "treatment", "") or "")
    slopes = parse_formula(model.formula, where=f"models.{model.id}.formula").slopes
    return named or (slopes[0].name if slopes else "")


def first_treated(subject: Subject, kind: str) -> np.ndarray:
    """(rows of the panel,) first treated period of each row's unit, infinite for never, by cohort or by a treatment that is not 0.

    Raises
    ------
    EstimationError
        Where the model has neither.
    """
    panel = subject.panel
    time = panel.column(panel.time).astype("float64")
    cohort = getattr(subject.model, "cohort", "")
    if cohort:
        values = panel.column(cohort).astype("float64")
        return np.where(np.isnan(values) | ((values == 0) & (time.min() > 0)), np.inf, values)
    name = treatment_of(subject)
    if name not in panel.names or panel.column(name).dtype.kind not in "fiub":
        raise unfit(
            subject,
            kind,
            "is about a treatment that starts, and this model has none",
            "put it on a dose_did, event_study or staggered model",
        )
    units, dose = panel.codes(panel.unit), panel.column(name).astype("float64")
    first = np.full(int(units.max()) + 1, np.inf)
    np.minimum.at(first, units, np.where(dose > 0, time, np.inf))
    out: np.ndarray = first[units]
    return out


def known(subject: Subject, kind: str, names: Sequence[str], what: str) -> None:
    """Raises EstimationError where one of `names` is no variable of the panel, or none is named."""
    if not names:
        raise unfit(subject, kind, f"names no {what}", f"list them: {kind}.{what} = [...] under [checks]")
    for name in names:
        if name not in subject.panel.names:
            what = f"names '{name}', which is no variable"
            raise unfit(subject, kind, what, known_or_nearest(name, subject.panel.names))


def with_outcome(model: Any, outcome: str) -> Any:
    """The model of another outcome."""
    return replace(model, formula=f"{outcome} ~{model.formula.split('~', 1)[1]}")


def with_controls(model: Any, names: Sequence[str]) -> Any:
    """The model with further regressors."""
    left, right = model.formula.split("~", 1)
    slopes, bar, rest = right.partition("|")
    terms = [t.strip() for t in slopes.split("+") if t.strip() != "1"]
    terms += [n for n in names if n not in terms]
    return replace(model, formula=f"{left}~ {' + '.join(terms)} {bar}{rest}")


def with_treatment(subject: Subject, name: str) -> Any:
    """The model with another treatment or cohort variable in place of its own."""
    model = subject.model
    if getattr(model, "cohort", ""):
        return replace(model, cohort=name)
    own = treatment_of(subject)
    head, bar, rest = model.formula.partition("|")
    made = replace(model, formula=re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", name, head) + bar + rest)
    return replace(made, treatment=name) if getattr(model, "treatment", "") else made


def where(model: Any, condition: str) -> Any:
    """The model on the rows that satisfy `condition` beside its own."""
    both = f"({model.where}) and ({condition})" if model.where else condition
    return replace(model, where=both)


def without_anticipation(model: Any) -> bool:
    """Whether the model's kind has no field for anticipation."""
    return "anticipation" not in {f.name for f in fields(model)}


def extended(panel: Panel, columns: Mapping[str, np.ndarray], how: str) -> Panel:
    """The panel with made columns, for one refit."""
    made = [Variable(name=n, measure="", label=Label(en=n, zh=n), origin=Origin(how=how)) for n in columns]
    return panel.extended(dict(columns), made)


def fit(subject: Subject, label: Label, model: Any, panel: Panel | None = None, **more: Any) -> Case:
    """A case: `model` fitted on `panel`, by default the subject's own; `more` goes into its row."""
    on = panel if panel is not None else subject.panel
    there = set(on.units)
    model = replace(model, exclude={u: why for u, why in model.exclude.items() if u in there})
    return Case(label=label, made=subject.refit(model, on), fields=more)


def change_words(subject: Subject, rows: Sequence[Mapping[str, Any]], how: Label, beside: Label) -> Label:
    """'b is 0.1 (p); <how>: <beside>', then the largest change in standard errors, and whether the sign turns."""
    size, top = largest(rows)
    name = looked_at(subject).name
    en = f"{name.en} is {effect_words(rows[0])}; {how.en}: {beside.en}."
    zh = f"{name.zh}为 {effect_words(rows[0])};{how.zh}:{beside.zh}。"
    if top is not None:
        en += f" The largest change: {in_errors(size).en}." if len(rows) > 2 else f" The change: {in_errors(size).en}."
        zh += f"{'最大变动' if len(rows) > 2 else '变动'}:{in_errors(size).zh}。"
    if turned(rows):
        en += " The sign turns."
        zh += "符号改变。"
    return Label(en=en, zh=zh)


def rows_of(
    subject: Subject, cases: Sequence[Case], treatments: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """A row for the model itself, then for each case: effect, error, p, interval, rows, and its change in errors of the model."""
    base = looked_at(subject)
    made = [_row(Label(en="as declared", zh="原模型"), base, base, subject.estimate.sample.rows)]
    for case in cases:
        if isinstance(case.made, str):
            made.append(
                {"case": case.label.en, "case_zh": case.label.zh, **case.fields, "failure": case.made, "estimate": None}
            )
            continue
        own = looked_at(subject, case.made, (treatments or {}).get(case.label.en, ""))
        made.append({**_row(case.label, own, base, case.made.sample.rows), **case.fields})
    return made


def _row(label: Label, own: Looked, base: Looked, rows: int) -> dict[str, Any]:
    change = (own.estimate - base.estimate) / base.se if base.se > 0 else float("nan")
    return {
        "case": label.en,
        "case_zh": label.zh,
        "estimate": own.estimate,
        "se": own.se,
        "p": own.p,
        "low": own.low,
        "high": own.high,
        "rows": rows,
        "change_in_se": change,
    }


def largest(rows: Sequence[Mapping[str, Any]]) -> tuple[float | None, Mapping[str, Any] | None]:
    """The row that moves the effect most, and by how many standard errors, None where the model has none; the first row is the
    model itself."""
    moved = [r for r in rows[1:] if r.get("estimate") is not None]
    if not moved:
        return None, None
    top = max(moved, key=lambda r: abs(r["estimate"] - rows[0]["estimate"]))
    size = abs(float(top["change_in_se"]))
    return (size if np.isfinite(size) else None), top


def in_errors(size: float | None) -> Label:
    """'0.49 standard errors', or that there is no error to count in."""
    if size is None:
        return Label(en="its standard error is withheld", zh="其标准误未给出")
    return Label(en=f"{size:.2f} standard errors", zh=f"{size:.2f} 个标准误")


def turned(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows whose sign is not the model's."""
    own = rows[0]["estimate"]
    return [r for r in rows[1:] if r.get("estimate") is not None and np.sign(r["estimate"]) != np.sign(own)]


def turns(rows: Sequence[Mapping[str, Any]]) -> Label:
    """In which cases the sign turns, in words; "" where it does not."""
    found = turned(rows)
    if not found:
        return Label()
    return Label(
        en=f" The sign turns {' and '.join(str(r['case']) for r in found)}.",
        zh=f"以下情形符号改变:{'、'.join(str(r['case_zh']) for r in found)}。",
    )


def verdict_on_change(size: float | None, bound: float, rows: Sequence[Mapping[str, Any]]) -> Verdict:
    """Fails where one case moves the effect by more than `bound` standard errors or turns its sign."""
    if turned(rows):
        return "fails"
    if size is None:
        return "says"
    return "fails" if size > bound else "holds"


def effect_words(row: Mapping[str, Any]) -> str:
    """'0.123 (p = 0.045)'."""
    p = row.get("p")
    shown = "" if p is None or not np.isfinite(p) else f" ({p_is(p)})"
    return f"{row['estimate']:.4g}{shown}"


def failures(rows: Sequence[Mapping[str, Any]]) -> Label:
    """A sentence on the cases that could not be fitted."""
    bad = [r for r in rows if r.get("failure")]
    if not bad:
        return Label()
    en = "; ".join(f"{r['case']} ({r['failure']})" for r in bad)
    zh = ";".join(f"{r['case_zh']}({in_chinese(r['failure'])})" for r in bad)
    return Label(en=f"Not fitted: {en}.", zh=f"未能拟合:{zh}。")


def listed(rows: Sequence[Mapping[str, Any]]) -> Label:
    """The cases with their effects, in a row."""
    good = [r for r in rows if r.get("estimate") is not None]
    return Label(
        en="; ".join(f"{r['case']} {effect_words(r)}" for r in good),
        zh=";".join(f"{r['case_zh']} {effect_words(r)}" for r in good),
    )


def on_change(declared: CheckSpec, subject: Subject, rows: list[dict[str, Any]], bound: float, text: Label) -> Check:
    """The finding of a check whose value is the largest change in standard errors of the model."""
    size, _ = largest(rows)
    verdict = verdict_on_change(size, bound, rows)
    series = {"estimate": [r["estimate"] for r in rows[1:] if r.get("estimate") is not None]}
    return finding(declared, subject, text, verdict=verdict, value=size, bound=bound, rows=rows, series=series)
