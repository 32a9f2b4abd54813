"""Two-way fixed-effects event study with binned ends and a joint pre-trend test. Estimators robust to staggered effects are other kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Drop, Effect, Estimate, Resampled
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
from panelkit.numerics.simultaneous import sup_t

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
    window : first and last event time. ends : both gather everything beyond ('gather'), or rows beyond leave ('leave').
    reference : the event time left out, or several, such as [-1, -5] where no unit is never treated.
    bare : years in which no unit is untreated 'leave', counted, as no comparison with untreated units identifies an effect there, or
        are 'kept' and said.
    exposure : what event times are multiplied with, for the event study of a triple difference (three pairs of effects).
    draws : of the sup-t band over all event times, 0 for none.
    """

    kind: str = "event_study"
    cohort: str
    window: tuple[int, int] = (-4, 4)
    reference: int | tuple[int, ...] = -1
    ends: Literal["gather", "leave"] = "gather"
    bare: Literal["leave", "kept"] = "leave"
    exposure: str = ""
    draws: int = 9999


def estimate(spec: EventStudy, panel: Panel, setting: Setting) -> Estimate:
    """Coefficients of event time, the curve 'event_time', and tests['pre_trends'] (all leads zero, under the model's covariance).

    Raises
    ------
    EstimationError
        Whatever the data do not allow; event times that are collinear under collinear = "refuse".

    Source
    ------
    Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006) on what the coefficients mean; binned ends: Schmidheiny and
    Siegloch (2023, doi:10.1002/jae.2971). R fixest `i(event_time, ref = -1)`. Two references where all are treated: Borusyak, Jaravel
    and Spiess (2024, doi:10.1093/restud/rdae007, section 3). Band: Montiel Olea and Plagborg-Moller (2019, doi:10.1002/jae.2656).
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
    band, words = _band(spec, got, names, setting)
    further = Further(
        resampled=(*drawn.resampled, *band),
        curves={"event_time": _curve(spec, compiled, got, events, setting)},
        tests={"pre_trends": test} if test else {},
        notes=(*drawn.notes, *_said(spec, compiled, panel, events), *said, *words, *withheld, CAVEAT),
        extra={"treated_clusters": float(count)},
    )
    return estimate_of(spec, compiled, got, setting, further)


def references_of(spec: EventStudy) -> tuple[int, ...]:
    """The event times left out, in order."""
    return tuple(sorted(set(spec.reference))) if isinstance(spec.reference, tuple) else (spec.reference,)


def _compiled(spec: EventStudy, panel: Panel, setting: Setting) -> tuple[Compiled, Events, list[int]]:
    """The regression, event times of its rows, and the event times that occur."""
    _refuse_bad_fields(spec, panel)
    where = f"models.{spec.id}"
    base, left_out = formula_of(spec, panel), references_of(spec)
    every = [t for t in range(spec.window[0], spec.window[1] + 1) if t not in left_out]
    known = events_of(panel, spec.cohort, spec.window, f"{where}.cohort")
    columns, variables = dummies(known, every, spec.window)
    if spec.exposure:
        columns = {name: made * panel.column(spec.exposure).astype("float64") for name, made in columns.items()}
    extended = panel.extended(columns, variables)
    inside, left = _inside(spec, known)
    kept = np.flatnonzero(inside)
    rows = rows_of(spec, base, extended.take(kept), setting)
    if spec.bare == "leave":
        bare = _bare(known, kept[rows.positions], where)
        if bare:
            out = np.isin(known.time[kept], bare)
            why = f"no unit is untreated in {', '.join(map(str, bare))}: no effect is identified there"
            kept, left = kept[~out], (*left, Drop(rows=int(out.sum()), why=why))
            rows = rows_of(spec, base, extended.take(kept), setting)
    events = events_of(rows.panel, spec.cohort, spec.window, f"{where}.cohort")
    times = [t for t in every if (events.binned == t).any()]
    gone = [t for t in left_out if not (events.binned == t).any()]
    if gone:
        raise EstimationError(
            f"no row has the reference event time {gone[0]}",
            where=f"{where}.reference",
            mend=f"choose one of {', '.join(map(str, times)) or 'the event times that occur; none does'}",
        )
    formula = _with_events(base, times)
    name = event_name(0 if 0 in times else times[-1])
    compiled = compile_model(spec, extended.take(kept), setting, formula=formula, focal=name, mend=MEND)
    sample = compiled.sample
    sample = replace(sample, positions=kept[sample.positions], dropped=(*left, *sample.dropped))
    return replace(compiled, sample=sample), events, times


def _bare(known: Events, used: np.ndarray, where: str) -> list[int]:
    """Years in which no unit of the rows used is untreated.

    Raises
    ------
    EstimationError
        If no treated row would be left without them.
    """
    rows = Events(cohort=known.cohort[used], time=known.time[used], binned=known.binned[used])
    bare = list(bare_years(rows))
    treated = rows.cohort <= rows.time
    if bare and treated.any() and not (treated & ~np.isin(rows.time, bare)).any():
        raise EstimationError(
            f"no unit is untreated in any year with a treated one ({', '.join(map(str, bare))}): no effect is identified",
            where=where,
            mend="bring in units that are treated later or never, or write bare = 'kept' to compare treated units with treated ones",
        )
    return bare


def _inside(spec: EventStudy, events: Events) -> tuple[np.ndarray, tuple[Drop, ...]]:
    """Which rows are in the window where its ends leave out what lies beyond, and how many are not."""
    if spec.ends == "gather":
        return np.ones(len(events.time), dtype=bool), ()
    since = events.time - np.where(np.isfinite(events.cohort), events.cohort, events.time)
    never = np.isinf(events.cohort)
    inside = never | ((since >= spec.window[0]) & (since <= spec.window[1]))
    beyond = int((~inside).sum())
    return inside, (Drop(rows=beyond, why="event time outside the window"),) if beyond else ()


def _with_events(base: Formula, times: list[int]) -> Formula:
    """The formula with event times in front of the controls; without absorbed effects the constant stays."""
    slopes = tuple(Slope(factors=(event_name(t),)) for t in times)
    return replace(base, slopes=(*slopes, *base.slopes))


def _band(
    spec: EventStudy, got: Answer, names: tuple[str, ...], setting: Setting
) -> tuple[tuple[Resampled, ...], tuple[str, ...]]:
    """The simultaneous band over the event times, under the model's covariance."""
    index = [got.request.terms.index(n) for n in names]
    V = got.V[np.ix_(index, index)]
    if not (setting.resample and spec.draws and index):
        return (), ()
    if not (np.diag(V) > 0).all():
        return (), ("No simultaneous band is made: the covariance of an event time is withheld or not defined.",)
    b, seed = got.fit.coefficients[index], child_seed(setting.seed, spec.id, "band")
    band = sup_t(b, V, got.df, setting.defaults.level, spec.draws, seed)
    share = f"{100 * setting.defaults.level:g} %"
    note = f"{share} simultaneous, critical value {band.critical:.3f} (one point alone {band.pointwise:.3f})"
    made = tuple(
        Resampled(
            term=f"event_time at {name.removeprefix('event_time::')}",
            method="sup-t band",
            statistic=float(b[j] / np.sqrt(V[j, j])),
            p=float(band.p[j]),
            low=float(band.low[j]),
            high=float(band.high[j]),
            draws=spec.draws,
            note=note,
        )
        for j, name in enumerate(names)
    )
    return made, (f"Band over all event times: sup-t, {counted(spec.draws, 'draws')}, {note}.",)


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
    left_out = references_of(spec)
    if not left_out or not all(first <= t <= last for t in left_out) or first >= last or last < 0:
        raise EstimationError(
            f"window [{first}, {last}] and reference {', '.join(map(str, left_out)) or 'none'} do not fit",
            where=f"{where}.window",
            mend="write first < last, with the reference inside and 0 or more as the last",
        )
    if spec.exposure and spec.exposure not in panel.names:
        mend = known_or_nearest(spec.exposure, panel.names)
        raise EstimationError(f"there is no variable '{spec.exposure}'", where=f"{where}.exposure", mend=mend)
    if spec.draws and spec.draws < 99:
        raise EstimationError(
            "a band needs 99 draws or more", where=f"{where}.draws", mend="write 9999, or 0 for no band"
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
        name = event_name(at)
        label = event_label(at, spec.window) if spec.ends == "gather" else str(at)
        if at in references_of(spec):
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
    names = [event_name(t) for t in range(spec.window[0], 0) if t not in references_of(spec)]
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
            f"The joint test of {counted(len(index), 'leads')} is of {counted(test.df1, 'combinations')} only: "
            "their covariance has no more.",
        )
    return {"statistic": test.statistic, "df1": float(test.df1), "df2": float(test.df2), "p": test.p}, said


def _said(spec: EventStudy, compiled: Compiled, panel: Panel, events: Events) -> tuple[str, ...]:
    notes = [_ends(spec)]
    if spec.exposure:
        notes.append(f"Event times are multiplied with {spec.exposure}: each coefficient is a triple difference.")
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
            f"In {years} no unit is untreated ({counted(sum(bare.values()), 'rows')}): effects there rest on units treated already, not on"
            " clean controls; leave `bare` out and these years leave."
        )
    return tuple(notes)


def _ends(spec: EventStudy) -> str:
    left_out = references_of(spec)
    named = (
        f"Event time {left_out[0]} is the reference"
        if len(left_out) == 1
        else f"Event times {', '.join(map(str, left_out))} are the references"
    )
    first, last = spec.window
    if spec.ends == "gather":
        return f"{named}; {first} and {last} gather every earlier and later one."
    return f"{named}; rows of treated units before {first} and after {last} leave."


def prepare(spec: EventStudy, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression; `focal` is event time 0."""
    return _compiled(spec, panel, setting)[0].design


def explain(spec: EventStudy) -> str:
    """What will be done, in words."""
    return (
        f"{equation(spec)}, and one coefficient for each event time {spec.window[0]} to {spec.window[1]} counted from"
        f" '{spec.cohort}' (0 or missing: never treated){f', times {spec.exposure}' if spec.exposure else ''}. {_ends(spec)}"
        f" Years without an untreated unit {'leave, counted' if spec.bare == 'leave' else 'are kept'}.\n"
        f"{CAVEAT} {inference_words(spec)}"
    )


def _columns(spec: EventStudy) -> tuple[str, ...]:
    return columns_of(spec, spec.cohort, *((spec.exposure,) if spec.exposure else ()))


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
