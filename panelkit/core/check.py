"""A finding about an estimate or a panel, as data, and what a check is handed to make one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.label import Label
from panelkit.core.spec import spec

if TYPE_CHECKING:
    from panelkit.core.estimate import Estimate
    from panelkit.core.panel import Panel
    from panelkit.core.request import Covariance, Design

Verdict = Literal["holds", "fails", "says"]


@spec
class CheckSpec:
    """What every check declares; each kind adds its own fields. `gate`: a failure makes the run exit with 1."""

    kind: str
    gate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A finding.

    Parameters
    ----------
    name, of : str
        The check, and the model it is of ("panel" for one on the data).
    verdict : str
        'holds', 'fails', or 'says' where it is a remark.
    value, bound : float or None
        What was found, and what it is held against, where there is such a number.
    text : Label
        A sentence in both languages.
    gate : bool
        A run ends with exit code 1 where it fails.
    series : dict of tuple of float
        Numbers behind it, for a figure or a table (for a placebo: every draw), by name.
    rows : tuple of dict
        Its table, one dict for each row.
    """

    name: str
    of: str
    verdict: Verdict
    value: float | None
    bound: float | None
    text: Label
    gate: bool = False
    series: dict[str, tuple[float, ...]] = field(default_factory=dict)
    rows: tuple[dict[str, Any], ...] = ()


def no_refit(model: Any, panel: Panel) -> Estimate | str:
    """What a subject answers that was handed no way to fit another specification."""
    return "nothing here fits another specification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a check may look at: the model's specification, its estimate, the panel it was fitted on, its design, and refits.

    again(engine, covariance) fits the same model by another engine, under another covariance where given; it gives the
    estimate, or the reason (str) why that engine does not answer. confirm : names of the engines that confirm.
    refit(model, panel) fits another specification, by the same engine and without resampling; it gives the estimate, or the
    reason (str) why it cannot be fitted.
    """

    model: Any
    estimate: Estimate
    panel: Panel
    design: Callable[[], Design]
    again: Callable[[str, Covariance | None], Estimate | str]
    confirm: tuple[str, ...]
    seed: int
    refit: Callable[[Any, Panel], Estimate | str] = no_refit
