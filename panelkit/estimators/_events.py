"""Event time: cohorts, binned event-time dummies, and who is still untreated when. No regression is run here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Event time of every row of a panel.

    cohort : (n,) first treated period, infinite for never. binned : (n,) event time with both ends binned, NaN for never.
    """

    cohort: np.ndarray
    time: np.ndarray
    binned: np.ndarray


def events_of(panel: Panel, cohort: str, window: tuple[int, int], where: str) -> Events:
    """Event times of `panel`, the first and last of `window` holding everything beyond.

    Raises
    ------
    EstimationError
        A cohort that is no whole period, or that changes within a unit.
    """
    first = panel.column(cohort).astype("float64")
    time = panel.column(panel.time).astype("float64")
    units = panel.codes(panel.unit)
    known = ~np.isnan(first) & ((first != 0) | (time.min() <= 0))  # 0 is never, as in Stata's csdid and R's did
    if (first[known] != np.round(first[known])).any():
        raise EstimationError(
            f"'{cohort}' is not a whole {panel.time} everywhere", where=where, mend="give the first treated year"
        )
    never = np.where(known, first, np.inf)
    low, high = np.full(units.max() + 1, np.inf), np.full(units.max() + 1, -np.inf)
    np.minimum.at(low, units, never)
    np.maximum.at(high, units, never)
    if (low != high).any():
        unit = sorted(panel.units)[int(np.argmax(low != high))]
        raise EstimationError(
            f"'{cohort}' changes within {panel.unit} {unit}",
            where=where,
            mend="give one first treated year for each unit",
        )
    binned = np.where(known, np.clip(time - np.where(known, first, 0.0), *window), np.nan)
    return Events(cohort=never, time=time, binned=binned)


def event_name(at: int) -> str:
    """Name of the term of an event time."""
    return f"event_time::{at}"


def event_label(at: int, window: tuple[int, int]) -> str:
    """Event time as printed; the binned ends carry a sign."""
    if at == window[0]:
        return f"<={at}"
    return f">={at}" if at == window[1] else str(at)


def dummies(events: Events, times: list[int], window: tuple[int, int]) -> tuple[dict[str, np.ndarray], list[Variable]]:
    """A column and a variable for each event time."""
    columns, variables = {}, []
    for at in times:
        name, shown = event_name(at), event_label(at, window)
        columns[name] = (events.binned == at).astype("float64")
        label = Label(en=f"event time {shown}", zh=f"事件时间 {shown}")
        variables.append(
            Variable(name=name, measure="", label=label, origin=Origin(how="1 at that time since treatment"))
        )
    return columns, variables


def bare_years(events: Events) -> dict[int, int]:
    """Calendar periods in which no unit is untreated, each with its rows."""
    found = {}
    for year in np.unique(events.time):
        rows = events.time == year
        if not (events.cohort[rows] > year).any():
            found[int(year)] = int(rows.sum())
    return found


def bare_words(dose: np.ndarray, time: np.ndarray, whose: str) -> tuple[str, ...]:
    """What a regression on a treatment path (n,) compares in periods where no unit is untreated, or nothing."""
    bare = np.setdiff1d(time, time[dose == 0])
    if not len(bare):
        return ()
    return (
        f"In {', '.join(f'{t:g}' for t in bare)} no {whose} is untreated: what is compared there are doses of units treated already,"
        " not treated with untreated units.",
    )
