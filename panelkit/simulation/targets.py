"""What each estimator aims at on the simulated panel, exactly or in the limit; nothing is estimated from a draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.simulation.truth import (
    BURN_IN,
    DRIVER_PERSISTENCE,
    LABOUR_SD,
    RESEARCH_SD,
    SHIFT_SD,
    Array,
    Truth,
    checked_years,
    zone_effects,
    zone_years,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A model and the number its estimator is centred on.

    Parameters
    ----------
    formula : str
        The equation, in the study file's grammar.
    term : str
        Which coefficient.
    value : float
        The target.
    holds : str
        "exact" (unbiased), "limit" (consistent) or "biased" (the value is where the estimator goes, not the
        coefficient of the model).
    why : str
        The reason in words.
    """

    formula: str
    term: str
    value: float
    holds: str
    why: str


def _within(values: Array) -> Array:
    """Both means taken out of a (n, T) array."""
    return values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()


def _decay(sd: float, persistence: float, periods: int) -> Array:
    """Autocovariance matrix of a stationary first-order process."""
    gap = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    covariance: Array = sd**2 * persistence**gap
    return covariance


def _response(truth: Truth, periods: int) -> tuple[Array, Array]:
    """(T, 2T) maps of the inputs (e-commerce first, cluster second) to e-commerce and to the cluster."""
    ecommerce, cluster = np.zeros((periods, 2 * periods)), np.zeros((periods, 2 * periods))
    for t in range(periods):
        ecommerce[t, t], cluster[t, periods + t] = 1.0, 1.0
        if t:
            ecommerce[t] += truth.ecommerce_on_cluster * cluster[t - 1]
            cluster[t] += truth.cluster_on_ecommerce * ecommerce[t - 1]
    return ecommerce, cluster


def fixed_effects_limit(truth: Truth, outcome: str, years: tuple[int, int]) -> float:
    """Where two-way fixed effects of an outcome on the other system's last year goes: mean of x'My over mean of x'Mx.

    The feedback makes the regressor predetermined, not strictly exogenous, and the errors are persistent, so this is
    not the coefficient of the equation.

    Parameters
    ----------
    truth : Truth
    outcome : str
        "ln_lq" (on last year's ln_cbec) or "ln_cbec" (on last year's ln_lq).
    years : pair of int
        Window of the panel; the first year is lost to the lag.
    """
    first, last = checked_years(years)
    kept = last - first
    periods = kept + 1 + BURN_IN
    ecommerce, cluster = _response(truth, periods)
    y, x = (cluster, ecommerce) if outcome == "ln_lq" else (ecommerce, cluster)
    y, x = y[-kept:], x[-kept - 1 : -1]
    centre = np.eye(kept) - 1.0 / kept
    above, below = 0.0, 0.0
    errors = truth.error_sd()
    for sd in errors:
        inputs = _input_covariance(truth, float(sd), periods)
        above += float(np.trace(centre @ x @ inputs @ y.T)) * (1 - 1 / len(errors))
        below += float(np.trace(centre @ x @ inputs @ x.T)) * (1 - 1 / len(errors))
    done = zone_effects(truth, (first, last))
    zone_y = _within(done[outcome][:, 1:])
    zone_x = _within(done["ln_cbec" if outcome == "ln_lq" else "ln_lq"][:, :-1])
    return (above + float((zone_x * zone_y).sum())) / (below + float((zone_x * zone_x).sum()))


def _input_covariance(truth: Truth, sd: float, periods: int) -> Array:
    """(2T, 2T) covariance of what enters the two equations from outside, effects and zones apart."""
    error = _decay(sd, truth.persistence, periods)
    into_ecommerce = error + _decay(truth.shift_on_ecommerce * SHIFT_SD, DRIVER_PERSISTENCE, periods)
    into_cluster = (
        error
        + _decay(truth.shift_on_cluster * SHIFT_SD, DRIVER_PERSISTENCE, periods)
        + _decay(truth.cluster_on_research * RESEARCH_SD, DRIVER_PERSISTENCE, periods)
        + _decay(truth.cluster_on_labour * LABOUR_SD, DRIVER_PERSISTENCE, periods)
    )
    nothing = np.zeros_like(error)
    return np.block([[into_ecommerce, nothing], [nothing, into_cluster]])


def dose_target(truth: Truth, outcome: str, years: tuple[int, int]) -> float:
    """Expected two-way fixed-effects coefficient of an outcome on zone_years: the projection of the zones' true effects."""
    window = checked_years(years)
    dose, done = _within(zone_years(window)), _within(zone_effects(truth, window)[outcome])
    return float((dose * done).sum() / (dose * dose).sum())


_EFFECTS = " | province + year"
_STRICT = "the regressor is independent of the error in all years"
_LAGGED = "the regressor answers to past errors of the outcome, which persist"
_FEEDS = "the effect spreads through the feedback, so this is its projection on the dose"
_OUTCOME = "ln_trademarks ~ information + zone_years"


def _target(formula: str, term: str, value: float, holds: str, why: str) -> Target:
    """A target of an equation with province and year effects."""
    head, bar, instruments = formula.partition(" | ")
    return Target(formula=head + _EFFECTS + bar + instruments, term=term, value=value, holds=holds, why=why)


def _feedback_targets(truth: Truth, years: tuple[int, int]) -> dict[str, Target]:
    moves = "the shifter moves the regressor and nothing else in the equation"
    return {
        "cluster_on_ecommerce_2sls": _target(
            "ln_lq ~ 1 | lag(ln_cbec) ~ lag(shift_ecommerce)",
            "lag(ln_cbec)",
            truth.cluster_on_ecommerce,
            "limit",
            moves,
        ),
        "ecommerce_on_cluster_2sls": _target(
            "ln_cbec ~ zone_years | lag(ln_lq) ~ lag(shift_cluster)",
            "lag(ln_lq)",
            truth.ecommerce_on_cluster,
            "limit",
            moves,
        ),
        "cluster_on_ecommerce_fe": _target(
            "ln_lq ~ lag(ln_cbec)", "lag(ln_cbec)", fixed_effects_limit(truth, "ln_lq", years), "biased", _LAGGED
        ),
        "ecommerce_on_cluster_fe": _target(
            "ln_cbec ~ lag(ln_lq)", "lag(ln_lq)", fixed_effects_limit(truth, "ln_cbec", years), "biased", _LAGGED
        ),
        "ecommerce_on_zones": _target(
            "ln_cbec ~ zone_years", "zone_years", dose_target(truth, "ln_cbec", years), "exact", _FEEDS
        ),
        "cluster_on_zones": _target(
            "ln_lq ~ zone_years", "zone_years", dose_target(truth, "ln_lq", years), "exact", _FEEDS
        ),
    }


def _simple_targets(truth: Truth) -> dict[str, Target]:
    independent = "the errors of the two equations are independent"
    return {
        "exports_on_cluster": _target(
            "ln_exports ~ lag(ln_lq)", "lag(ln_lq)", truth.exports_on_cluster, "exact", _STRICT
        ),
        "imports_on_cluster": _target(
            "ln_imports ~ lag(ln_lq)", "lag(ln_lq)", truth.imports_on_cluster, "exact", _STRICT
        ),
        "mediator_a": _target("information ~ zone_years", "zone_years", truth.information_on_zones, "exact", _STRICT),
        "mediator_b": _target(_OUTCOME, "information", truth.trademarks_on_information, "exact", _STRICT),
        "direct": _target(_OUTCOME, "zone_years", truth.trademarks_on_zones, "exact", _STRICT),
        "indirect": _target(_OUTCOME, "a times b", truth.indirect_effect, "exact", independent),
        "total": _target("ln_trademarks ~ zone_years", "zone_years", truth.total_effect, "exact", _STRICT),
    }


def targets(truth: Truth | None = None, years: tuple[int, int] = (2010, 2022)) -> dict[str, Target]:
    """What each model of the simulated study is centred on.

    Parameters
    ----------
    truth : Truth, optional
        `Truth()` without it.
    years : pair of int
        Window of the panel; the targets marked "biased", and those of the zones in the feedback, depend on it.

    Returns
    -------
    dict of Target

    >>> targets()["exports_on_cluster"].value
    0.6
    """
    known = truth if truth is not None else Truth()
    found = _feedback_targets(known, checked_years(years)) | _simple_targets(known)
    for horizon, value in enumerate(known.destinations_by_horizon):
        found[f"destinations_at_{horizon}"] = _target(
            "ln_destinations ~ i(year - first_treated)",
            f"horizon {horizon}",
            value,
            "exact",
            "the effect depends on the horizon only, the last one stands for all later ones; leads are zero",
        )
    return found
