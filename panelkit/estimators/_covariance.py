"""Covariances that engines do not give raw: HC2, HC3, CR2, Driscoll-Kraay, Newey-West, Conley, from design and residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.request import Clustered, Conley, Covariance, Design, DriscollKraay, NeweyWest, Regression, Robust
from panelkit.estimators._compile import Compiled
from panelkit.estimators._convention import counts_of
from panelkit.numerics import leverage, serial, spatial
from panelkit.numerics.cluster_design import cluster_design
from panelkit.numerics.cr2 import Kind, Linearised, linearise, satterthwaite
from panelkit.numerics.cr2 import covariance as linearised_covariance
from panelkit.numerics.least_squares import solve, two_stage
from panelkit.numerics.projection import absorber
from panelkit.numerics.small_sample import distance_factor, reference_df, serial_factor

LINEAR = (
    "least_squares",
    "between",
    "first_difference",
    "random_effects",
)  # ordinary least squares on the design's rows
CLOSED = "residuals of two-stage least squares are not those of a projection, so no leverage corrects them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandwich:
    """A covariance (k, k) with its factor, degrees of freedom of t for each coefficient (k,), and what must be said."""

    V: np.ndarray
    df: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    """bread (k, k), regressors (n, k) residualised (2SLS: projected on the instruments), scores' residuals w u (n,)."""

    bread: np.ndarray
    regressors: np.ndarray
    weighted: np.ndarray


def is_ours(covariance: Covariance) -> bool:
    """Whether a covariance is computed here, from an engine's residuals, and the engine is asked for HC0 only."""
    if isinstance(covariance, Robust):
        return covariance.variant in ("hc2", "hc3")
    if isinstance(covariance, Clustered):
        return covariance.variant == "cr2"
    return isinstance(covariance, (DriscollKraay, NeweyWest, Conley))


def refusal(request: Regression) -> str | None:
    """Why a covariance or reference computed here is not defined for such a regression; None where it is."""
    covariance = request.covariance
    approximate = isinstance(covariance, Clustered) and covariance.reference in ("satterthwaite", "bell_mccaffrey")
    if not is_ours(covariance) and not approximate:
        return None
    linear = request.family == "gaussian" and request.estimator in LINEAR
    if isinstance(covariance, (Robust, Clustered)) and not linear:
        named = covariance.variant.upper() if is_ours(covariance) else "Satterthwaite degrees of freedom"
        if request.estimator == "two_stage_least_squares":
            return f"{named} for least squares only: {CLOSED}; CR3 refits both stages"
        return f"{named} for least squares only"
    if request.estimator == "random_effects" and isinstance(covariance, Clustered) and covariance.variant == "cr2":
        return "CR2 of random effects depends on which root of their error covariance is taken, and programs differ"
    if request.family != "gaussian" or not (linear or request.estimator == "two_stage_least_squares"):
        return f"{covariance.kind} is made for least squares and two-stage least squares only"
    if request.weights and request.weight_kind == "frequency" and not isinstance(covariance, DriscollKraay):
        return "with frequency weights the rows that a weight stands for must be told apart: write them out"
    return None


def refuse_undefined(request: Regression) -> None:
    """Raise EstimationError where `refusal` has a reason."""
    reason = refusal(request)
    if reason:
        raise EstimationError(reason, mend='take variant = "cr3" or "cr1" for clusters, "hc1" without')


def sandwich_of(compiled: Compiled, residuals: np.ndarray) -> Sandwich:
    """The covariance that `compiled.request` names, by its convention.

    Raises
    ------
    EstimationError
        Where the coordinates of Conley are missing, or there is one period only for serial dependence.

    Source
    ------
    See `numerics.leverage`, `numerics.cr2`, `numerics.serial`, `numerics.spatial`.
    """
    covariance = compiled.request.covariance
    if isinstance(covariance, Clustered):
        return _cr2(compiled, residuals, covariance)
    pieces = _pieces(compiled.design, residuals)
    if isinstance(covariance, Robust):
        return _hc(compiled, pieces, residuals, covariance)
    if isinstance(covariance, Conley):
        return _conley(compiled, pieces, covariance)
    assert isinstance(covariance, (DriscollKraay, NeweyWest))
    return _serial(compiled, pieces, covariance)


def projected(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Bread (k, k) and regressors (n, k) after the effects, in the order of the names; 2SLS: fitted by the instruments."""
    X = design.absorber.residualise(design.regressors)
    y = design.absorber.residualise(design.outcome)
    if design.instruments is None:
        return solve(X, y, design.weights).bread, X
    inner = list(design.endogenous)
    outer = [j for j in range(X.shape[1]) if j not in inner]
    Z = design.absorber.residualise(design.instruments)
    found = two_stage(X[:, outer], X[:, inner], Z, y, design.weights)
    place = np.argsort([*outer, *inner])
    return found.bread[np.ix_(place, place)], found.regressors[:, place]


def _pieces(design: Design, residuals: np.ndarray) -> _Pieces:
    bread, regressors = projected(design)
    weighted = residuals if design.weights is None else residuals * design.weights
    return _Pieces(bread=bread, regressors=regressors, weighted=weighted)


def _every(compiled: Compiled, df: float) -> np.ndarray:
    normal = compiled.request.covariance.reference == "normal"
    return np.full(len(compiled.request.terms), np.inf if normal else df)


def _hc(compiled: Compiled, pieces: _Pieces, residuals: np.ndarray, covariance: Robust) -> Sandwich:
    design = compiled.design
    # plm's transformed data know no dummy, and so neither do its leverages
    blind = covariance.small_sample.startswith("plm")
    sweep = absorber([], design.weights) if blind else design.absorber
    hat = leverage.hat_values(pieces.regressors, sweep)
    make = leverage.hc2 if covariance.variant == "hc2" else leverage.hc3
    V = make(pieces.bread, pieces.regressors, pieces.weighted, hat)
    counts = counts_of(compiled.request, design)
    return Sandwich(V=V, df=_every(compiled, reference_df(counts, covariance.small_sample, "hc1")))


def _serial(compiled: Compiled, pieces: _Pieces, covariance: DriscollKraay | NeweyWest) -> Sandwich:
    design = compiled.design
    time = design.time_codes
    periods = int(time.max()) + 1
    if periods < 2:
        raise EstimationError("serial dependence needs two periods or more", mend='take { kind = "robust" }')
    lags = serial.default_lags(periods) if covariance.lags is None else covariance.lags
    parts = (pieces.bread, pieces.regressors, pieces.weighted)
    if isinstance(covariance, DriscollKraay):
        V = serial.driscoll_kraay(*parts, time, lags)
    else:
        V = serial.newey_west(*parts, design.unit_codes, time, lags)
    counts = counts_of(compiled.request, design)
    V = V * serial_factor(counts, covariance.small_sample, periods)
    df = reference_df(counts, covariance.small_sample, "hc1")
    if covariance.small_sample not in ("plm_hc0", "plm_sss", "linearmodels") and np.isfinite(df):
        df = periods - 1.0
    said = [f"Bartlett weights over {lags} {'lag' if lags == 1 else 'lags'} of {counted(periods, 'periods')}."]
    if isinstance(covariance, DriscollKraay) and periods < 20:
        said.append(
            f"Driscoll-Kraay errors rest on {counted(periods, 'sums')} over units, one for each period: with fewer than 20 they are known"
            " to be too small."
        )
    return Sandwich(V=V, df=_every(compiled, df), notes=tuple(said))


def _conley(compiled: Compiled, pieces: _Pieces, covariance: Conley) -> Sandwich:
    design, panel = compiled.design, compiled.panel
    columns = []
    for name in (covariance.latitude, covariance.longitude):
        if name not in panel.names:
            raise EstimationError(
                f"Conley errors need the variable '{name}'",
                mend='declare it; for provinces of China: derive = "province_fact", with = { fact = "latitude" } or "longitude"',
            )
        values = panel.column(name).astype("float64")
        if np.isnan(values).any():
            row = int(np.flatnonzero(np.isnan(values))[0])
            raise EstimationError(
                f"'{name}' is missing for {panel.unit} {panel.column(panel.unit)[row]}",
                mend="give every unit its coordinates, or exclude it",
            )
        columns.append(values)
    places = spatial.Places(latitude=columns[0], longitude=columns[1])
    reach = spatial.Reach(cutoff_km=covariance.cutoff_km, kernel=covariance.kernel, lags=covariance.lags)
    periods = spatial.Periods(unit=design.unit_codes, time=design.time_codes)
    parts = (pieces.bread, pieces.regressors, pieces.weighted)
    if covariance.pairs == "period":
        V = spatial.conley(*parts, places, reach, periods)
    elif covariance.lags:
        raise EstimationError(
            "all pairs of rows are taken already, whatever their periods: lags would count some twice",
            mend='leave lags out, or set pairs = "period"',
        )
    else:
        V = spatial.conley(*parts, places, reach)
    counts = counts_of(compiled.request, design)
    V, cut = spatial.cut_negative(V * distance_factor(counts, covariance.small_sample))
    notes = ("The Conley covariance had a negative eigenvalue, which was set to zero.",) if cut else ()
    return Sandwich(V=V, df=_every(compiled, reference_df(counts, covariance.small_sample, "hc1")), notes=notes)


def _cr2(compiled: Compiled, residuals: np.ndarray, covariance: Clustered) -> Sandwich:
    design = compiled.design
    made = linearised(design, "cr2")
    V = linearised_covariance(made, residuals)
    lost = [design.names[j] for j in np.flatnonzero(made.lost.any(axis=0))]
    notes: tuple[str, ...] = ()
    if lost:
        index = [design.names.index(n) for n in lost]
        V[index, :] = np.nan
        V[:, index] = np.nan
        notes = (f"CR2 is not defined for {', '.join(lost)}: one cluster alone determines part of it.",)
    groups = float(made.design.groups)
    df = _every(compiled, groups - 1)
    if covariance.reference in ("satterthwaite", "bell_mccaffrey"):
        df = satterthwaite(made)
        df[[design.names.index(n) for n in lost]] = np.nan
    return Sandwich(V=V, df=df, notes=notes)


def linearised(design: Design, kind: Kind) -> Linearised:
    """The adjusted linear forms of CR0, CR2 or CR3 of least squares; see `numerics.cr2.linearise`."""
    clustered = cluster_design(
        design.regressors, design.clusters[0], design.effects, design.weights, design.varying_slopes
    )
    return linearise(clustered, kind)


def satterthwaite_df(design: Design, variant: str) -> np.ndarray:
    """Satterthwaite degrees of freedom (k,) of CR0, CR1 (a factor drops out), CR2 or CR3 of least squares."""
    kinds: dict[str, Kind] = {"cr0": "cr0", "cr1": "cr0", "cr2": "cr2", "cr3": "cr3"}
    return satterthwaite(linearised(design, kinds[variant]))
