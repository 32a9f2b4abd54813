"""What one estimator of staggered adoption declares and brings; cohorts moved back for anticipation. Nothing is estimated here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimation import ModelSpec
from panelkit.core.spec import spec
from panelkit.estimators._staggered import Sampling, Staggered, Triple
from panelkit.numerics.staggered_effects import CohortEffects
from panelkit.numerics.staggered_panel import StaggeredPanel

Control = Literal["never", "notyet"]
How = Literal["simple", "dynamic", "group", "calendar"]
EVERY = (-99, 99)  # the window that leaves nothing out, whatever the periods count
LEADS = 3  # among untreated rows, where no window is given
TERMS: dict[str, How] = {"att": "simple", "att_dynamic": "dynamic", "att_group": "group", "att_calendar": "calendar"}


@spec
class StaggeredSpec(ModelSpec):
    """What every estimator of staggered adoption declares: y ~ 1 | unit + time, or covariates in place of 1.

    Parameters
    ----------
    cohort : variable with the first treated period; 0 or missing where never treated.
    draws : of the multiplier bootstrap of simultaneous bands, 0 for none.
    window : first and last event time of curve, bands and att_dynamic, nothing binned.
    balance : event times of curve, bands and att_dynamic only of cohorts seen at least so many periods after treatment, and up
        to that time, so that the composition does not change after treatment (R `did` balance_e); None keeps every cohort.
    """

    cohort: str
    draws: int = 999
    window: tuple[int, int] = EVERY
    balance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What one estimator brings to the common result.

    effects : effects by cohort and period of the rows. cite : whose it is. control : whom it compares with.
    other : another route to the cells of the effects given, of which it takes no value, with what it is in words; ValueError or
    a text says why there is none.
    long : changes from the last untreated period, leads included, in one list with the effects, for bounds on violations of
    parallel trends; None where the effects are such.
    leads : whether leads are estimated among untreated rows, the method having no cell before treatment.
    reference : the event time that is zero by construction, or None. regression : errors with fixest's small-sample factor.
    anticipation, complete, sampling : see `_staggered.staggered_of`. triple : of a
    triple difference. further : whether it takes effects beside unit and time.
    singletons : what becomes of units seen once, where the study does not say.
    """

    cite: str
    control: Control
    effects: Callable[[Staggered], CohortEffects]
    other: Callable[[Staggered, CohortEffects], tuple[CohortEffects | np.ndarray, str] | str]
    long: Callable[[Staggered], CohortEffects] | None = None
    leads: bool = False
    reference: float | None = None
    regression: bool = False
    anticipation: int = 0
    complete: bool = False
    sampling: Sampling = "panel"
    singletons: Literal["drop", "keep"] | None = None
    further: bool = False
    triple: Triple | None = None


def refuse_anticipation(spec: Any) -> None:
    """Refuse anticipation below zero."""
    if spec.anticipation < 0:
        raise EstimationError(
            f"anticipation = {spec.anticipation} is below zero",
            where=f"models.{spec.id}.anticipation",
            mend="write 0, or the number of periods before treatment in which units may already respond",
        )


def moved_back(panel: StaggeredPanel, anticipation: int) -> StaggeredPanel:
    """The panel with every cohort earlier by `anticipation` periods, so that these are no untreated rows."""
    return replace(panel, cohort=panel.cohort - anticipation) if anticipation else panel


def dated_again(effects: CohortEffects, anticipation: int) -> CohortEffects:
    """Effects of a panel that was moved back, by the cohorts' own dates."""
    if not anticipation:
        return effects
    lost = tuple((g + anticipation, t, why) for g, t, why in effects.unidentified)
    return replace(effects, cohorts=effects.cohorts + anticipation, unidentified=lost)
