"""Panel vector autoregressions: each variable on lags of all, jackknifed, with responses and non-causality. Figures are elsewhere."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.estimate import Estimate, Quality
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design
from panelkit.core.spec import spec
from panelkit.core.study import PanelSpec
from panelkit.estimators._compile import columns_of
from panelkit.estimators._inference import terms_of
from panelkit.estimators._panel_var_curves import Draws, curves_of, draw, granger_tests, orders_of, resampled
from panelkit.estimators._panel_var_moments import fit_moments, serial_tests
from panelkit.estimators._panel_var_rows import (
    System,
    formula_faults,
    length_faults,
    system_of,
    term_name,
    variables_of,
)
from panelkit.estimators._panel_var_squares import Fitted, fit_squares
from panelkit.estimators._words import covariance_words, inference_words
from panelkit.numerics import impulse_response
from panelkit.numerics.panel_granger import shortest_for_jackknife

NAMED = {
    "jackknife": "least squares within units, corrected by the half-panel jackknife",
    "lsdv": "least squares within units, not corrected",
    "gmm": "moments on forward orthogonal deviations, instruments collapsed",
}


@spec
class PanelVar(ModelSpec):
    """`kind = "panel_var"`: `y ~ x | unit + year` is the system of y and x, each explained by `lags` lags of both.

    Parameters
    ----------
    lags : of every variable in every equation. estimator : 'jackknife' (least squares within units less the bias that halves of the panel
        show), 'lsdv' (not corrected, for comparison) or 'gmm' (forward orthogonal deviations, collapsed instruments).
    horizon : years of responses and shares. orders : Cholesky orders, each a list of the variables; the formula's and its reverse unless
        given. bands : by 'pairs' (whole clusters drawn), 'wild' (signs on the clusters' scores) or 'none'. draws : of the bands.
    instruments : of gmm, first and last lag of the levels; by default from 1 on, at most 25 instruments. steps : of gmm.
    """

    kind: str = "panel_var"
    lags: int = 1
    estimator: Literal["jackknife", "lsdv", "gmm"] = "jackknife"
    horizon: int = 6
    orders: tuple[tuple[str, ...], ...] = ()
    bands: Literal["pairs", "wild", "none"] = "pairs"
    draws: int = 999
    instruments: tuple[int, int] | None = None
    steps: Literal[1, 2] = 2


def estimate(spec: PanelVar, panel: Panel, setting: Setting) -> Estimate:
    """Terms 'y: x lag 1' equation by equation; curves of responses and shares under each order; tests of non-causality.

    The covariance is joint over equations. records['stability'] holds the moduli of the companion matrix, fit.extra their largest.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; every fault of the declaration at once.

    Source
    ------
    Holtz-Eakin, Newey and Rosen (1988, doi:10.2307/1913103); half-panel jackknife: Dhaene and Jochmans (2015, doi:10.1093/restud/rdv007);
    moments: Abrigo and Love (2016, doi:10.1177/1536867X1601600314), Stata `pvar`, whose instruments are collapsed too; there time effects
    are taken off as means over units and the first step weighs by the identity, here they are dummies and it is two-stage least squares.
    """
    system = system_of(spec, panel, setting)
    moments = None
    if spec.estimator == "gmm":
        fitted, moments, equations = fit_moments(spec, system, setting)
        serial = serial_tests(system, moments, equations)
    else:
        fitted, serial = fit_squares(spec, system, setting), {}
    level = setting.defaults.level
    draws = draw(spec, system, setting, fitted, moments)
    tests, unmade = granger_tests(spec, system, fitted)
    moduli = impulse_response.moduli(fitted.coefficients)
    return Estimate(
        id=spec.id,
        kind=spec.kind,
        outcome=system.names[0],
        terms=terms_of(_terms(system), fitted.coefficients.T.reshape(-1), fitted.V, fitted.df, level),
        covariance_matrix=fitted.V,
        covariance=fitted.covariance,
        sample=fitted.sample or system.sample,
        fit=Quality(
            parameters=len(system.columns),
            extra={
                "lags": float(spec.lags),
                "largest_modulus": float(moduli[0]),
                **{f"r2_within: {n}": r for n, r in zip(system.names, fitted.r2_within, strict=False)},
                **(fitted.extra or {}),
            },
        ),
        requests=fitted.requests,
        absorb=system.absorb,
        engine=fitted.engine[0],
        engine_version=fitted.engine[1],
        confirmation="engine",
        resampled=resampled(system, fitted, draws, level),
        curves=curves_of(spec, system, fitted, draws, level),
        tests={**tests, **serial},
        records=_records(system, fitted, moduli),
        notes=(*_notes(spec, system, fitted, draws, moduli), *unmade),
    )


def _terms(system: System) -> tuple[str, ...]:
    parted = [c.partition("::lag") for c in system.columns]
    return tuple(term_name(n, cause, int(lag)) for n in system.names for cause, _, lag in parted)


def _records(system: System, fitted: Fitted, moduli: np.ndarray) -> dict[str, tuple[dict[str, Any], ...]]:
    errors = tuple(
        {"row": a, "column": b, "covariance": float(fitted.errors[i, j])}
        for i, a in enumerate(system.names)
        for j, b in enumerate(system.names)
    )
    plain = tuple(
        {"term": term, "uncorrected": float(v)}
        for term, v in zip(_terms(system), fitted.uncorrected.T.reshape(-1), strict=True)
    )
    return {
        "stability": tuple({"modulus": float(v)} for v in moduli),
        "error_covariance": errors,
        "uncorrected": plain,
    }


def _notes(spec: PanelVar, system: System, fitted: Fitted, draws: Draws | None, moduli: np.ndarray) -> tuple[str, ...]:
    made = [
        f"Panel vector autoregression of {counted(len(system.names), 'variables')}, {counted(spec.lags, 'lags')}: {NAMED[spec.estimator]}.",
        *fitted.notes,
    ]
    rows, units = system.sample.rows, system.sample.units
    if spec.estimator != "gmm":
        own = [float(fitted.uncorrected[j, j]) for j in range(len(system.names))]
        bias = ", ".join(
            f"{n} {r:.3f} ({-(1 + r) * units / rows:+.3f})" for n, r in zip(system.names, own, strict=True)
        )
        made.append(
            f"Uncorrected coefficients on the own first lag, and what their bias of about -(1 + rho)/T comes to with T = {rows / units:.3g}"
            f" rows a unit (Nickell 1981): {bias}."
        )
    if spec.estimator == "jackknife":
        made.append(
            "Twice the estimate of the whole panel less the mean of those of its halves (Dhaene and Jochmans 2015); lags of the"
            " second half reach into the first. Engines answer for each of these regressions; the errors are of the corrected"
            " estimator and panelkit's own."
        )
    if draws is not None:
        made.append(f"Bands and p by draws: {draws.method}, {counted(draws.defined, 'draws')}; {draws.note}.")
        if draws.defined < len(draws.coefficients):
            made.append(
                f"{counted(len(draws.coefficients) - draws.defined, 'draws do')} not determine the system and are left out."
            )
        explosive = sum(impulse_response.moduli(b)[0] >= 1 for b in draws.coefficients if np.isfinite(b).all())
        if explosive:
            made.append(
                f"{explosive} of {counted(draws.defined, 'draws are')} not stable: bands at long horizons rest on them too."
            )
    orders = "; ".join(", ".join(o) for o in orders_of(spec, system.names))
    made.append(f"Responses to one standard deviation of an orthogonalised error, Cholesky orders: {orders}.")
    if moduli[0] >= 1:
        made.append(
            f"The system is not stable (largest modulus {moduli[0]:.3f}): responses do not die out and shares mean little."
        )
    return tuple(made)


def prepare(spec: PanelVar, panel: Panel, setting: Setting) -> Design:
    """The arrays of the first equation; leaving a cluster out leaves it out of the whole panel and its halves."""
    system = system_of(spec, panel, setting)
    if spec.estimator == "gmm":
        return fit_moments(spec, system, setting)[0].design
    return fit_squares(spec, system, setting).design


def explain(spec: PanelVar) -> str:
    """What will be done, in words."""
    names = variables_of(spec)
    lags = [f"{n}(t-{s})" for s in range(1, spec.lags + 1) for n in names]
    effects = " + effects of " + spec.formula.split("|")[-1].strip() if "|" in spec.formula else ""
    lines = "\n".join(f"{n}(t) = A ({', '.join(lags)}){effects} + e" for n in names)
    orders = "; ".join(", ".join(o) for o in orders_of(spec, names))
    how = {
        "jackknife": "Each equation by least squares on the whole panel and on each half of every unit's years; 2 x whole - mean of halves"
        " takes the bias of short panels off (Nickell 1981; Dhaene and Jochmans 2015).",
        "lsdv": "Each equation by least squares within units; its bias of about -(1 + rho)/T is not corrected.",
        "gmm": "Forward orthogonal deviations, levels lagged as collapsed instruments, "
        f"{counted(spec.steps, 'steps')}, Hansen's J and AR(2).",
    }[spec.estimator]
    bands = {
        "pairs": f"bands by {counted(spec.draws, 'draws')} of whole clusters",
        "wild": f"bands by {counted(spec.draws, 'draws')} of the wild cluster bootstrap of scores",
        "none": "no bands",
    }[spec.bands]
    by = spec.cluster or "the panel's unit"
    errors = (
        f"Standard errors clustered by {by}: below 50 clusters CR3 (a cluster left out of the whole panel and of its halves), from 50 on"
        " CR1, with t(G-1)."
    )
    if spec.estimator == "gmm":
        errors = f"Standard errors clustered by {by} on the moments{', Windmeijer-corrected' if spec.steps == 2 else ''}, normal reference."
    elif spec.covariance is not None:
        errors = covariance_words(spec.covariance, by)
    errors += f" Sample: {inference_words(spec).rpartition(' Sample: ')[2]}"
    return (
        f"{lines}\n{how}\nLags follow time and jump no gap; rows without all lags are counted. Joint covariance over equations.\n"
        "Non-causality: Wald test of the system, the half-panel jackknife test of Juodis, Karavias and Sarafidis (2021) where every unit"
        f" has {counted(shortest_for_jackknife(spec.lags), 'years')}, and Dumitrescu-Hurlin where every one has "
        f"more than {5 + 3 * spec.lags}.\n"
        f"Responses over {counted(spec.horizon, 'years')} under the Cholesky orders {orders}; {bands}.\n{errors}"
    )


def _columns(spec: PanelVar) -> tuple[str, ...]:
    return columns_of(spec)


def _faults(spec: PanelVar, panel: PanelSpec) -> list[Fault]:
    return [*formula_faults(spec, panel.parts, panel.time), *length_faults(spec, panel.years)]


def _checks(spec: PanelVar) -> tuple[str, ...]:
    return ("stability", "granger", *(("moment_conditions",) if spec.estimator == "gmm" else ()))


ESTIMATORS.register(
    EstimatorKind(
        name="panel_var",
        spec=PanelVar,
        summary="panel vector autoregression: half-panel jackknife, responses, Granger non-causality",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        faults=_faults,
        checks=_checks,
    )
)
