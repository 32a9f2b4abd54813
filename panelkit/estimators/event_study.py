"""Two-way fixed-effects event study with binned ends and a joint pre-trend test. Estimators robust to staggered effects are other kinds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Effect, Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of, rows_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, treated_clusters, undetermined, withhold
from panelkit.estimators._events import Events, bare_years, dummies, event_label, event_name, events_of
from panelkit.estimators._inference import Answer, answer, terms_of
from panelkit.estimators._resample import resample
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics import joint

CAVEAT = (
    "With cohorts treated at different times each two-way coefficient also holds effects of other event times, where"
    " effects differ between cohorts (Sun and Abraham 2021); read it beside an estimator that compares with untreated units only."
)
MEND = (
    "the event times are an exact combination of each other and the effects, as where no unit is never treated: narrow the"
    " window so that each end gathers two event times or more, or bring in units that are never treated"
)


@spec
class EventStudy(ModelSpec):
    """`kind = "event_study"`: y ~ 1 | unit + time, or with controls in place of 1.

    Parameters
    ----------
    cohort : variable with the first treated year; 0 or missing where never treated.
    window : first and last event time; both ends gather everything beyond. reference : the event time left out.
    """

    kind: str = "event_study"
    cohort: str
    window: tuple[int, int] = (-4, 4)
    reference: int = -1


def estimate(spec: EventStudy, panel: Panel, setting: Setting) -> Estimate:
    """Coefficients of event time, the curve 'event_time', and tests['pre_trends'] (all leads zero, under the model's covariance).

    Raises
    ------
    EstimationError
        Whatever the data do not allow; event times that are collinear under collinear = "refuse".

    Source
    ------
    Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006) on what the coefficients mean; binned ends: Schmidheiny and
    Siegloch (2023, doi:10.1002/jae.2971). R fixest `i(event_time, ref = -1)`.
    """
    compiled, events, times = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    where = f"models.{spec.id}"
    got = answer(compiled, setting, where)
    names = tuple(event_name(t) for t in times if event_name(t) in compiled.request.slopes)
    count = treated_clusters(compiled, events.cohort <= events.time)
    got, withheld = withhold(got, names, count)
    drawn = resample(compiled, setting, skip=undetermined(got))
    test, said = _pre_trends(spec, got, setting)
    further = Further(
        resampled=drawn.resampled,
        curves={"event_time": _curve(spec, compiled, got, events, setting)},
        tests={"pre_trends": test} if test else {},
        notes=(*drawn.notes, *_said(spec, compiled, panel, events), *said, *withheld, CAVEAT),
        extra={"treated_clusters": float(count)},
    )
    return estimate_of(spec, compiled, got, setting, further)


def _compiled(spec: EventStudy, panel: Panel, setting: Setting) -> tuple[Compiled, Events, list[int]]:
    """The regression, event times of its rows, and the event times that occur."""
    _refuse_bad_fields(spec, panel)
    where = f"models.{spec.id}"
    base = formula_of(spec, panel)
    every = [t for t in range(spec.window[0], spec.window[1] + 1) if t != spec.reference]
    columns, variables = dummies(events_of(panel, spec.cohort, spec.window, f"{where}.cohort"), every, spec.window)
    extended = panel.extended(columns, variables)
    sampled = rows_of(spec, base, extended, setting).panel
    events = events_of(sampled, spec.cohort, spec.window, f"{where}.cohort")
    times = [t for t in every if (events.binned == t).any()]
    if not (events.binned == spec.reference).any():
        raise EstimationError(
            f"no row has the reference event time {spec.reference}",
            where=f"{where}.reference",
            mend=f"choose one of {', '.join(map(str, times)) or 'the event times that occur; none does'}",
        )
    formula = _with_events(base, times)
    compiled = compile_model(spec, extended, setting, formula=formula, focal=event_name(0), mend=MEND)
    return compiled, events, times


def _with_events(base: Formula, times: list[int]) -> Formula:
    """The formula with event times in front of the controls; without absorbed effects the constant stays."""
    slopes = tuple(Slope(factors=(event_name(t),)) for t in times)
    return replace(base, slopes=(*slopes, *base.slopes))


def _refuse_bad_fields(spec: EventStudy, panel: Panel) -> None:
    where = f"models.{spec.id}"
    no_instruments(spec)
    if spec.cohort not in panel.names:
        raise EstimationError(
            f"there is no variable '{spec.cohort}'",
            where=f"{where}.cohort",
            mend=known_or_nearest(spec.cohort, panel.names),
        )
    if panel.column(spec.cohort).dtype.kind not in "fiu":
        raise EstimationError(
            f"'{spec.cohort}' is a category, not a year",
            where=f"{where}.cohort",
            mend="give the first treated year as a number",
        )
    first, last = spec.window
    if not first <= spec.reference <= last or first >= last or last < 0:
        raise EstimationError(
            f"window [{first}, {last}] and reference {spec.reference} do not fit",
            where=f"{where}.window",
            mend="write first < last, with the reference inside and 0 or more as the last",
        )


def _curve(spec: EventStudy, compiled: Compiled, got: Answer, events: Events, setting: Setting) -> tuple[Effect, ...]:
    terms = {
        t.name: t
        for t in terms_of(compiled.request.terms, got.fit.coefficients, got.V, got.dfs, setting.defaults.level)
    }
    blank = float("nan")
    made = []
    for at in range(spec.window[0], spec.window[1] + 1):
        rows = int((events.binned == at).sum())
        name, label = event_name(at), event_label(at, spec.window)
        if at == spec.reference:
            made.append(Effect(at=float(at), label=label, estimate=0.0, se=0.0, low=0.0, high=0.0, p=blank, rows=rows))
        elif name in terms:
            t = terms[name]
            made.append(
                Effect(
                    at=float(at), label=label, estimate=t.estimate, se=t.se, low=t.low, high=t.high, p=t.p, rows=rows
                )
            )
    return tuple(made)


def _pre_trends(spec: EventStudy, got: Answer, setting: Setting) -> tuple[dict[str, float], tuple[str, ...]]:
    """The joint test of every lead beside the reference."""
    names = [event_name(t) for t in range(spec.window[0], 0) if t != spec.reference]
    index = [got.request.terms.index(n) for n in names if n in got.request.terms]
    if not index:
        return {}, ("No lead beside the reference is estimated: parallel trends before treatment cannot be looked at.",)
    V = got.V[np.ix_(index, index)]
    if np.isnan(V).any():
        return {}, ("The joint test of the leads is not made: its covariance is withheld or not defined.",)
    try:
        test = joint.wald(got.fit.coefficients[index], V, got.df)
    except ValueError as fault:
        return {}, (f"The joint test of the leads is not made: {fault}.",)
    said: tuple[str, ...] = ()
    if test.rank_deficient:
        said = (
            f"The joint test of {len(index)} leads is of {test.df1} combinations only: their covariance has no more.",
        )
    return {"statistic": test.statistic, "df1": float(test.df1), "df2": float(test.df2), "p": test.p}, said


def _said(spec: EventStudy, compiled: Compiled, panel: Panel, events: Events) -> tuple[str, ...]:
    notes = [
        f"Event time {spec.reference} is the reference; {spec.window[0]} and {spec.window[1]} gather every earlier and later one."
    ]
    units = compiled.design.unit_codes
    never = len(np.unique(units[np.isinf(events.cohort)]))
    if never == 0:
        notes.append(
            "No unit is never treated: the level of the event times rests on the binned ends and on units not yet treated."
        )
    always = len(np.unique(units[events.cohort <= events.time.min()]))
    if always:
        notes.append(
            f"{always} {'unit is' if always == 1 else 'units are'} treated from the first period on, with no period before."
        )
    bare = bare_years(events)
    if bare:
        years = ", ".join(map(str, bare))
        notes.append(
            f"In {years} no unit is untreated ({sum(bare.values())} rows): effects there rest on units treated already, not on"
            " clean controls; end the window before, or say so."
        )
    return tuple(notes)


def prepare(spec: EventStudy, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression; `focal` is event time 0."""
    return _compiled(spec, panel, setting)[0].design


def explain(spec: EventStudy) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}, and one coefficient for each event time {spec.window[0]} to {spec.window[1]} except"
        f" {spec.reference}, counted from '{spec.cohort}' (0 or missing: never treated); the ends gather what lies beyond.\n"
        f"{CAVEAT} {inference_words(spec)}"
    )


def _columns(spec: EventStudy) -> tuple[str, ...]:
    return columns_of(spec, spec.cohort)


ESTIMATORS.register(
    EstimatorKind(
        name="event_study",
        spec=EventStudy,
        summary="two-way fixed effects by event time, with a joint pre-trend test",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
