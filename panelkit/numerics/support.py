"""What a staggered design can identify, seen before any estimate: support by event time, periods without controls, truncation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.staggered_panel import StaggeredPanel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Support:
    """Who is treated when and with how many controls.

    Attributes
    ----------
    event : (r,) event times from 0 up.
    treated : (r,) unit-period cells treated at that event time.
    supported : (r,) those with at least `least` clean controls in their period.
    fewest, most : (r,) smallest and largest number of clean controls beside them.
    least : the k of "at least k clean controls".
    periods, untreated : (T,) periods and clean controls in each.
    without : periods with no clean control: nothing is identified there.
    last_supported : last event time up to which every one has a supported cell; None if even 0 has none.
    last_period : last period before the controls fall below `least` for good; None if they never reach it.
    lost_cells : treated cells in periods without any clean control.
    """

    event: FloatArray
    treated: IntArray
    supported: IntArray
    fewest: IntArray
    most: IntArray
    least: int
    periods: FloatArray
    untreated: IntArray
    without: tuple[float, ...]
    last_supported: float | None
    last_period: float | None
    lost_cells: int


def support(panel: StaggeredPanel, least: int = 5, anticipation: float = 0.0) -> Support:
    """Give back the support table of a design.

    Parameters
    ----------
    panel : see `staggered_panel`; a unit is a clean control in a period if it is seen then and not treated (nor within
        `anticipation` periods of treatment).
    least : clean controls a treated cell needs to count as supported.

    Raises
    ------
    ValueError
        If no row is treated, or `least` is below one.
    """
    if least < 1:
        raise ValueError("a treated cell needs one clean control at least")
    event = panel.event
    treated = event >= 0
    if not treated.any():
        raise ValueError("no row is treated: there is no support to look at")
    periods, when = np.unique(panel.time, return_inverse=True)
    clean = np.bincount(when, weights=event < -anticipation, minlength=len(periods)).astype(np.intp)
    at = np.unique(event[treated])
    beside = [clean[when[treated & (event == e)]] for e in at]
    good = np.array([int((c >= least).sum()) for c in beside], dtype=np.intp)
    enough = np.flatnonzero(clean >= least)
    run = int(np.argmin(good > 0)) if not (good > 0).all() else len(good)
    return Support(
        event=at,
        treated=np.array([len(c) for c in beside], dtype=np.intp),
        supported=good,
        fewest=np.array([int(c.min()) for c in beside], dtype=np.intp),
        most=np.array([int(c.max()) for c in beside], dtype=np.intp),
        least=least,
        periods=periods,
        untreated=clean,
        without=tuple(float(t) for t in periods[clean == 0]),
        last_supported=float(at[run - 1]) if run else None,
        last_period=float(periods[enough[-1]]) if len(enough) else None,
        lost_cells=int((clean[when[treated]] == 0).sum()),
    )


def advice(table: Support) -> str:
    """Give back in words what to cut, or "" where every period has a clean control and every event time is supported.

    Examples
    --------
    >>> from panelkit.numerics.staggered_panel import staggered_panel
    >>> import numpy as np
    >>> unit, time = np.repeat(np.arange(3), 4), np.tile(np.arange(4.0), 3)
    >>> cohort = np.repeat([1.0, 2.0, 3.0], 4)
    >>> print(advice(support(staggered_panel(time, unit, time, cohort), least=1)))
    no unit is untreated in 3: 3 treated cells are not identified; end the sample before it, or drop those cells and say so
    """
    parts = []
    if table.without:
        periods = ", ".join(f"{t:g}" for t in table.without)
        parts.append(
            f"no unit is untreated in {periods}: {table.lost_cells} treated cells are not identified; "
            f"end the sample before {'it' if len(table.without) == 1 else 'them'}, or drop those cells and say so"
        )
    if table.last_supported is None:
        parts.append(f"no treated cell has {table.least} clean controls: no average effect is supported")
    elif table.last_supported < table.event[-1] and table.least > 1:
        parts.append(
            f"with at least {table.least} clean controls effects are supported up to event time {table.last_supported:g}; "
            "report no later one"
        )
    return "; ".join(parts)
