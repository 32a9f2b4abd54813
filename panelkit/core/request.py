"""The narrow waist: what an estimator asks of an engine, what comes back, and the arrays that resampling needs; computes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.spec import spec

if TYPE_CHECKING:
    import numpy as np

# ---------------------------------------------------------------- covariance and inference, as a study may write them


@spec
class Classical:
    """Independent errors of one variance: (X'X)^-1 times RSS / (N - K)."""

    kind: Literal["classical"] = "classical"
    small_sample: str = "fixest"
    reference: Literal["t", "normal"] = "t"


@spec
class Robust:
    """Heteroskedasticity-robust (Eicker, Huber, White)."""

    kind: Literal["robust"] = "robust"
    variant: Literal["hc0", "hc1"] = "hc1"
    small_sample: str = "fixest"
    reference: Literal["t", "normal"] = "t"


@spec
class Clustered:
    """Clustered on one or two categories.

    variant : 'cr0' no factor; 'cr1' the factor of `small_sample`; 'cr3' the cluster jackknife, (G-1)/G times the outer
    products of the leave-one-cluster-out changes (MacKinnon, Nielsen and Webb 2023), one category only.
    groups : for two categories, 'min' uses the smallest G in all three terms (fixest), 'own' each term's own (Stata's older rule).
    """

    kind: Literal["clustered"] = "clustered"
    by: tuple[str, ...] = ()
    variant: Literal["cr0", "cr1", "cr3"] = "cr1"
    small_sample: str = "fixest"
    groups: Literal["min", "own"] = "min"
    reference: Literal["t", "normal"] = "t"


Covariance = Classical | Robust | Clustered


@spec
class Analytic:
    """No resampling: statistic and reference distribution of the covariance."""

    kind: Literal["analytic"] = "analytic"


@spec
class WildBootstrap:
    """Wild cluster bootstrap (Cameron, Gelbach and Miller 2008); 'restricted' imposes the null. Enumerated where 2^G <= draws."""

    kind: Literal["wild_bootstrap"] = "wild_bootstrap"
    draws: int = 9999
    weights: Literal["rademacher", "webb", "mammen", "auto"] = "auto"
    restricted: bool = True
    interval: bool = True


@spec
class PairsBootstrap:
    """Whole clusters drawn with replacement."""

    kind: Literal["pairs_bootstrap"] = "pairs_bootstrap"
    draws: int = 999


@spec
class Permutation:
    """Whole treatment paths permuted across units, within `strata` where named; only where an assignment is declared."""

    kind: Literal["permutation"] = "permutation"
    draws: int = 999
    strata: str = ""


Inference = Analytic | WildBootstrap | PairsBootstrap | Permutation

# ---------------------------------------------------------------- requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One regression, every choice that engines differ in spelled out; names are columns of the panel it is fitted to.

    The panel handed along holds the sample and no other row: singletons, missing cells and collinear columns were dealt
    with before, so an engine that would still drop something refuses or raises.
    absorb : effects, each a column; varying_slopes : (effect, variable) pairs. weight_kind : 'analytic' (Stata aweight) or
    'frequency' (fweight). `constant` is estimated and reported where True.
    """

    family: Literal["gaussian", "poisson"] = "gaussian"
    estimator: Literal["least_squares", "two_stage_least_squares"] = "least_squares"
    outcome: str
    slopes: tuple[str, ...]
    absorb: tuple[str, ...] = ()
    varying_slopes: tuple[tuple[str, str], ...] = ()
    endogenous: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    constant: bool = False
    weights: str = ""
    weight_kind: Literal["analytic", "frequency"] = "analytic"
    covariance: Covariance

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients in the order in which a Fit gives them: constant, endogenous, slopes."""
        head = ("(constant)",) if self.constant else ()
        return (*head, *self.endogenous, *self.slopes)


Request = Regression


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """An engine's answer, raw.

    coefficients : (k,), in the order of `Regression.terms`.
    raw : covariance pieces (k, k) WITHOUT any small-sample factor. classical: one piece, bread times RSS (not yet divided);
    robust: HC0; one cluster: CR0; two: CR0 of the first, the second, and their intersection; cr3: the sum of outer products.
    residuals : (n,) in the panel's row order, of the model with its effects. rss, tss : about zero error and about the mean of
    the outcome (weighted where weights are); tss_within : after absorbing the effects (about the mean where none).
    """

    engine: str
    version: str
    coefficients: np.ndarray
    raw: tuple[np.ndarray, ...]
    residuals: np.ndarray
    rss: float
    tss: float
    tss_within: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Arrays of one fitted regression for resampling; rows in the panel's order.

    outcome (n,), regressors (n, k) and instruments (n, z) are raw; `absorber` projects off the effects
    (`.residualise`); effects : integer codes of each absorbed effect; clusters : codes of each cluster variable.
    unit_codes, time_codes (n,) ; focal : index of the coefficient of interest; weights (n,) or None.
    paths : (units, periods) of the focal variable, also of cells that are no row, NaN where unknown.
    leave_out : gives the estimates without each cluster of the first cluster variable (numerics.sandwich.Jackknife).
    """

    names: tuple[str, ...]
    outcome: np.ndarray
    regressors: np.ndarray
    endogenous: tuple[int, ...]
    instruments: np.ndarray | None
    absorber: Any
    effects: tuple[np.ndarray, ...]
    effect_names: tuple[str, ...]
    varying_slopes: tuple[tuple[int, np.ndarray], ...]
    clusters: tuple[np.ndarray, ...]
    cluster_names: tuple[str, ...]
    unit_codes: np.ndarray
    time_codes: np.ndarray
    weights: np.ndarray | None
    focal: int = 0
    notes: tuple[str, ...] = field(default=())
    paths: np.ndarray | None = None
    leave_out: Callable[[], Any] | None = None
