"""What every model declares in a study, the defaults it inherits, and the setting an estimator works in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from panelkit.core.label import Label
from panelkit.core.request import Covariance, Inference
from panelkit.core.spec import spec

if TYPE_CHECKING:
    from panelkit.core.engine import Engine


@spec
class ModelSpec:
    """What every model declares; each kind adds its own fields.

    formula : see `core.formula`. years : the model's own window. where : an expression that rows must satisfy.
    exclude : unit -> reason. covariance, inference : None takes the study's default, and that, where none is given, follows the
    number of clusters: CR3 with t(G-1) and the restricted wild cluster bootstrap below 50, CR1 with t(G-1) from 50.
    cluster : the cluster variable of that default (the panel's unit unless named; of a unit of several keys the first).
    """

    id: str
    kind: str
    formula: str
    label: Label = Label()
    hypothesis: str = ""
    years: tuple[int, int] | None = None
    where: str = ""
    exclude: dict[str, str] = field(default_factory=dict)
    weights: str = ""
    weight_kind: Literal["analytic", "frequency"] = "analytic"
    cluster: str = ""
    covariance: Covariance | None = None
    inference: Inference | None = None
    collinear: Literal["refuse", "drop"] | None = None
    singletons: Literal["drop", "keep"] | None = None
    checks: tuple[str, ...] = ()


@spec
class Defaults:
    """Choices of a study that models inherit. confirm : the engine that estimates, then those that confirm."""

    collinear: Literal["refuse", "drop"] = "refuse"
    singletons: Literal["drop", "keep"] = "drop"
    common_sample: bool = False
    confirm: tuple[str, ...] = ("pyfixest", "linearmodels", "dense")
    covariance: Covariance | None = None
    inference: Inference | None = None
    small_sample: str = "fixest"
    level: float = 0.95
    few_clusters: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What pipeline hands an estimator beside specification and panel: the engine, the study's defaults, the model's seed.

    covariance, where given, overrides the model's (a check that refits asks for it); resample False leaves resampling out.
    """

    engine: Engine
    defaults: Defaults
    seed: int
    covariance: Covariance | None = None
    resample: bool = True
