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
    """Heteroskedasticity-robust (Eicker, Huber, White).

    variant : 'hc0' no factor; 'hc1' the factor of `small_sample`; 'hc2' and 'hc3' divide squared residuals by 1 - h and
    (1 - h)^2 (MacKinnon and White 1985) and have no factor; h counts every absorbed dummy, but none under the conventions
    `plm_hc0` and `plm_sss`, as in R plm. hc2 and hc3 are for least squares.
    """

    kind: Literal["robust"] = "robust"
    variant: Literal["hc0", "hc1", "hc2", "hc3"] = "hc1"
    small_sample: str = "fixest"
    reference: Literal["t", "normal"] = "t"


@spec
class Clustered:
    """Clustered on one or two categories.

    variant : 'cr0' no factor; 'cr1' the factor of `small_sample`; 'cr2' bias-reduced linearisation (Bell and McCaffrey 2002;
    Pustejovsky and Tipton 2018), least squares and one category only, no factor; 'cr3' the cluster jackknife, one category only.
    jackknife_variant : of cr3, with S the sum of outer products of the leave-one-cluster-out changes: 'mnw' (G-1)/G S
    (MacKinnon, Nielsen and Webb 2023), 'mnw_centred' the same about the mean of the replicates, 'hansen' S, 'pyfixest'
    the factor of `small_sample` times S.
    groups : for two categories, 'min' uses the smallest G in all three terms (fixest), 'own' each term's own (Stata's older rule).
    reference : 't' is t(G-1), and for cr2 t with Satterthwaite degrees of freedom for each coefficient ('satterthwaite';
    'bell_mccaffrey' is the same thing under its first name); 'g_minus_1' is t(G-1) whatever the variant; 'n_minus_k' is
    t(N-K) with the K of the factor (fixest `t.df = "conventional"`).
    """

    kind: Literal["clustered"] = "clustered"
    by: tuple[str, ...] = ()
    variant: Literal["cr0", "cr1", "cr2", "cr3"] = "cr1"
    jackknife_variant: Literal["mnw", "mnw_centred", "hansen", "pyfixest"] = "mnw"
    small_sample: str = "fixest"
    groups: Literal["min", "own"] = "min"
    reference: Literal["t", "normal", "satterthwaite", "bell_mccaffrey", "g_minus_1", "n_minus_k"] = "t"


@spec
class DriscollKraay:
    """Any dependence across units and Bartlett-weighted dependence over `lags` periods (Driscoll and Kraay 1998).

    lags : None takes floor(T^(1/4)), as fixest and plm do; a lag is one period observed in the sample. small_sample : `fixest`
    T/(T-1) x (N-1)/(N-K), every effect counted, and t(T-1).
    """

    kind: Literal["driscoll_kraay"] = "driscoll_kraay"
    lags: int | None = None
    small_sample: str = "fixest"
    reference: Literal["t", "normal"] = "t"


@spec
class NeweyWest:
    """Heteroskedasticity, and Bartlett-weighted serial dependence within each unit over `lags` periods; fields as DriscollKraay."""

    kind: Literal["newey_west"] = "newey_west"
    lags: int | None = None
    small_sample: str = "fixest"
    reference: Literal["t", "normal"] = "t"


@spec
class Conley:
    """Dependence that fades with great-circle distance (Conley 1999), with `lags` periods of serial dependence within units.

    latitude, longitude : variables in degrees. kernel : 'uniform' (1 up to the cutoff) or 'bartlett' (1 - d/cutoff).
    pairs : rows of the same 'period' (Hsiang 2010, R conleyreg), or of 'all' periods (R fixest).
    small_sample : `fixest` (N-1)/(N-K), every effect counted; no factor G/(G-1) in any convention.
    """

    kind: Literal["conley"] = "conley"
    cutoff_km: float
    kernel: Literal["uniform", "bartlett"] = "bartlett"
    latitude: str = "latitude"
    longitude: str = "longitude"
    lags: int = 0
    pairs: Literal["period", "all"] = "period"
    small_sample: str = "fixest"
    reference: Literal["t", "normal"] = "t"


@spec
class Replicates:
    """Spread of an estimate over its replications, for methods without a sandwich (synthetic and matching designs say it of themselves).

    method : 'placebo' effects on untreated units, the 'jackknife' over units, or the 'bootstrap' of units.
    """

    kind: Literal["replicates"] = "replicates"
    method: Literal["placebo", "jackknife", "bootstrap"] = "placebo"
    draws: int = 0
    small_sample: str = "none"
    reference: Literal["t", "normal"] = "normal"


Covariance = Classical | Robust | Clustered | DriscollKraay | NeweyWest | Conley  # what a study may ask for
Stated = Covariance | Replicates  # what an estimate may say of its errors


def covariance_columns(covariance: Covariance | None) -> tuple[str, ...]:
    """The variables that a covariance needs beside those of the equation: clusters ('a^b' in parts) or coordinates."""
    if isinstance(covariance, Clustered):
        return tuple(part for name in covariance.by for part in name.split("^"))
    return (covariance.latitude, covariance.longitude) if isinstance(covariance, Conley) else ()


@spec
class Analytic:
    """No resampling: statistic and reference distribution of the covariance."""

    kind: Literal["analytic"] = "analytic"


@spec
class WildBootstrap:
    """Wild cluster bootstrap (Cameron, Gelbach and Miller 2008); 'restricted' imposes the null. Enumerated where 2^G <= draws.

    For two-stage least squares with one endogenous regressor it is the wild restricted efficient one (Davidson and
    MacKinnon 2010). interval : a confidence set by inversion, with the same draws.
    """

    kind: Literal["wild_bootstrap"] = "wild_bootstrap"
    draws: int = 9999
    weights: Literal["rademacher", "webb", "mammen", "auto"] = "auto"
    restricted: bool = True
    interval: bool = True


@spec
class PairsBootstrap:
    """Whole clusters drawn with replacement; `interval` is the one given with p, the other two stand beside it."""

    kind: Literal["pairs_bootstrap"] = "pairs_bootstrap"
    draws: int = 999
    interval: Literal["percentile", "basic", "bca"] = "percentile"


@spec
class Jackknife:
    """Each cluster left out in turn: standard error by `variant` (as for CR3) with t(G-1), the bias, and the widest change."""

    kind: Literal["jackknife"] = "jackknife"
    variant: Literal["mnw", "mnw_centred", "hansen"] = "mnw"


@spec
class Permutation:
    """Whole treatment paths permuted across units, within `strata` where named; only where an assignment is declared."""

    kind: Literal["permutation"] = "permutation"
    draws: int = 999
    strata: str = ""


Inference = Analytic | WildBootstrap | PairsBootstrap | Jackknife | Permutation

# ---------------------------------------------------------------- requests


Estimator = Literal[
    "least_squares",
    "two_stage_least_squares",
    "limited_information",
    "between",
    "first_difference",
    "random_effects",
    "mean_group",
    "demeaned_mean_group",
    "cce_mean_group",
    "cce_pooled",
]


Stop = Literal["converged", "fixest"]
"""Where a Poisson model's steps end: `converged`, or `fixest` as R's fepois does: from means of max(y, 0.1) until the deviance
moves by less than 1e-8 of itself (plus 0.1), with errors from the means that weighted that last step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One regression, every choice that engines differ in spelled out; names are columns of the panel it is fitted to.

    The panel handed along holds the sample and no other row: singletons, missing cells and collinear columns were dealt
    with before, so an engine that would still drop something refuses or raises.
    absorb : effects, each a column; varying_slopes : (effect, variable) pairs. weight_kind : 'analytic' (Stata aweight) or
    'frequency' (fweight). `constant` is estimated and reported where True.
    family : 'poisson' is pseudo-maximum likelihood with a log link; `estimator` then stays 'least_squares'.
    step : years between the two rows of a first difference. trend : 'unit' gives each unit of a mean group its own.
    stop : of the steps of a Poisson model, see `Stop`.
    """

    family: Literal["gaussian", "poisson"] = "gaussian"
    estimator: Estimator = "least_squares"
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
    step: int = 1
    trend: Literal["none", "unit"] = "none"
    stop: Stop = "converged"

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
    Of transformed data (between, first differences, random effects) residuals and sums are of the transformed rows. extra : what
    else the method estimates, by name (kappa, variance components, deviance ...). poisson: classical is bread times N - 1.
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
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Who adopts when in a staggered design, and what the estimator gives under other dates; nothing is compiled again.

    keys : the U units. cohort : (U,) first treated period, infinite for never. effect : gives (average effect, its t) under
    (U,) cohorts, NaN where there is none. groups : clusters behind the t.
    """

    keys: tuple[str, ...]
    cohort: np.ndarray
    effect: Callable[[np.ndarray], tuple[float, float]]
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Arrays of one fitted regression for resampling; rows in the panel's order.

    outcome (n,), regressors (n, k) and instruments (n, z) are raw; `absorber` projects off the effects
    (`.residualise`); effects : integer codes of each absorbed effect; clusters : codes of each cluster variable.
    unit_codes, time_codes (n,) ; focal : index of the coefficient of interest; weights (n,) or None.
    paths : (units, periods) of the focal variable, also of cells that are no row, NaN where unknown.
    exposure : (n,) what the path of the row's unit is multiplied with, where the treatment is such a product; None: ones.
    leave_out : gives the estimates without each cluster of the first cluster variable (numerics.sandwich.Jackknife).
    adoption : of an estimator of staggered adoption, its effect under other cohorts.
    keys_digest : SHA-256 of the unit-time keys of its rows, as the sample of the estimate has it; "" where its rows are not the sample's.
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
    exposure: np.ndarray | None = None
    leave_out: Callable[[], Any] | None = None
    adoption: Adoption | None = None
    keys_digest: str = ""
