"""A robustness battery as data: what a study declares, and the specifications that follow from it; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from panelkit.core.estimation import ModelSpec
from panelkit.core.label import Label
from panelkit.core.request import Covariance
from panelkit.core.spec import spec

DIMENSIONS = (
    "estimators",
    "covariances",
    "samples",
    "outcomes",
    "controls",
    "policies",
    "windows",
    "winsor",
    "timings",
)


@spec
class SampleChange:
    """One entry of `samples`: rows that satisfy `where`, without the units of `exclude` (unit -> reason), weighted by `weights`."""

    where: str = ""
    exclude: dict[str, str] = field(default_factory=dict)
    weights: str = ""


@spec
class RobustnessSpec:
    """`[robustness.NAME]`: one model under every other specification that a referee could ask for, each by a name of its own.

    Parameters
    ----------
    base : the model. term : its coefficient; the treatment, or the first one, unless named.
    combine : 'one_at_a_time' changes one thing in each specification, 'product' crosses every choice of every dimension.
    common_sample : every specification uses the rows that all of them have (those of `samples` and `windows` fewer).
    level : of significance. agree : the share of the declared specifications that must agree with the base in sign and
        significance; below it the verdict fails. permutations : of whole treatment paths, for the curve as a whole; 0 for none.
    estimators : name -> fields of a model in place of the base's (`kind`, ...; `term` where its coefficient has another name).
    covariances : name -> a covariance. samples : name -> `where`, `exclude`, `weights`. outcomes : name -> another outcome.
    controls : name -> variables added to the formula, or taken out where a '-' stands before the name.
    policies : name -> variables of other policies, added. windows : name -> first and last year.
    winsor : name -> share cut off at both ends of outcome and controls, over the whole panel.
    timings : name -> another cohort (or treatment) variable. labels : name -> what it is called in exhibits.
    """

    base: str
    term: str = ""
    combine: Literal["one_at_a_time", "product"] = "one_at_a_time"
    common_sample: bool = True
    level: float = 0.05
    agree: float = 1.0
    permutations: int = 0
    label: Label = Label()
    estimators: dict[str, dict[str, Any]] = field(default_factory=dict)
    covariances: dict[str, Covariance] = field(default_factory=dict)
    samples: dict[str, SampleChange] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    controls: dict[str, tuple[str, ...]] = field(default_factory=dict)
    policies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    windows: dict[str, tuple[int, int]] = field(default_factory=dict)
    winsor: dict[str, float] = field(default_factory=dict)
    timings: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)

    def choices(self) -> Iterator[tuple[str, str, Any]]:
        """Every declared choice as (dimension, name, what is put in), in the order of `DIMENSIONS`."""
        for dimension in DIMENSIONS:
            for name, value in getattr(self, dimension).items():
                yield dimension, name, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One specification of a battery.

    id : of its estimate, "<battery>__<choice>" (choices joined by "__"). chosen : dimension -> choice, empty for the base.
    model : what is estimated; None where the base's own estimate stands for it. term : the name that the coefficient goes by
    there, "" for the first. label : what distinguishes it.
    """

    id: str
    battery: str
    chosen: dict[str, str]
    label: Label
    model: ModelSpec
    term: str = ""
