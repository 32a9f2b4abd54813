"""A staggered design in words: what is compared with what, what left, and what is not identified. No number is made here."""

from __future__ import annotations

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.panel import Panel
from panelkit.estimators._estimate import TOO_FEW_TREATED
from panelkit.estimators._staggered import Staggered
from panelkit.numerics.staggered_effects import CohortEffects

AVERAGES = (
    "att: all treated cells by size. att_group: cohorts by size, periods of a cohort alike. att_dynamic: event times alike."
    " att_calendar: periods alike."
)


def notes_of(
    design: Staggered, effects: CohortEffects, cite: str, control: str, panel: Panel, count: int
) -> tuple[str, ...]:
    """The notes of an estimate; `count` clusters are treated."""
    whom = "units that are never treated" if control == "never" else "units not treated yet, and never treated ones"
    notes = [
        f"{cite}; compared with {whom}: {design.never} never treated, {design.not_yet} treated after the last"
        f" period kept. {AVERAGES}",
    ]
    if control == "never" and not design.never:
        notes.append("No unit is never treated: the cohort treated after the last period kept stands in for them.")
    if design.ended is not None:
        notes.append(
            f"The sample ends in {design.ended:g}: later no unit is untreated, and {counted(len(design.lost), 'cohort-period cells are')}"
            " not identified there by any comparison with untreated units."
        )
    lost = [(g, t, why) for g, t, why in effects.unidentified if t >= g]
    if lost:
        shown = "; ".join(f"cohort {g:g} in {t:g}: {why}" for g, t, why in lost[:5])
        notes.append(f"{counted(len(lost), 'cells have')} no estimate ({shown}{'; ...' if len(lost) > 5 else ''}).")
    if design.always:
        notes.append(f"{design.always} {panel.unit} treated from the first period on left: no period before treatment.")
    thin = np.unique(effects.cohorts[(effects.treated <= TOO_FEW_TREATED) & (effects.event >= 0)])
    if len(thin):
        shown = ", ".join(f"{g:g}" for g in thin)
        notes.append(
            f"Cohorts of one or two units ({shown}): their own spread cannot be seen, so averages that hold them have errors that"
            " are too small; points that rest on them alone have none."
        )
    if count <= TOO_FEW_TREATED:
        notes.append(
            f"{counted(count, 'clusters')} treated: standard errors, bands and the pre-trend test are withheld."
        )
    return tuple(notes)


def reference_words(design: Staggered, reference: float | None) -> tuple[str, ...]:
    """Cohorts that are read against another event time than the reference, as years with gaps leave none there."""
    if reference is None:
        return ()
    rows = design.panel
    cohort = rows.cohort[rows.unit]
    other = []
    for g in np.unique(cohort[np.isfinite(cohort)]):
        before = rows.time[(cohort == g) & (rows.time <= g + reference)]
        if len(before) and before.max() != g + reference:
            other.append(f"cohort {g:g}: {before.max():g}")
    if not other:
        return ()
    return (f"No row at event time {reference:g}; read against the last period before it instead: {', '.join(other)}.",)
