"""From an engine's raw answer to covariance, terms and fit statistics, by the convention named. No engine is chosen here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.errors import EngineRefusedError, EstimationError
from panelkit.core.estimate import Quality, Term
from panelkit.core.estimation import Setting
from panelkit.core.request import Classical, Clustered, Covariance, Design, Fit, Regression, Robust
from panelkit.estimators._compile import Compiled
from panelkit.estimators._convention import counts_of
from panelkit.estimators._covariance import Sandwich, is_ours, refuse_undefined, sandwich_of, satterthwaite_df
from panelkit.numerics import sandwich
from panelkit.numerics.projection import absorber
from panelkit.numerics.small_sample import Counts, factor, reference_df, twoway_factors, unnested_df


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An engine's fit with its covariance (k, k); `request` is what the engine was asked.

    df : of joint tests. dfs : (k,) of t, for each coefficient; the same as df where the covariance has one for all.
    """

    request: Regression
    fit: Fit
    V: np.ndarray
    df: float
    dfs: np.ndarray
    notes: tuple[str, ...]


def answer(compiled: Compiled, setting: Setting, where: str) -> Answer:
    """The engine's answer under the model's covariance.

    What engines have no raw pieces for (HC2, HC3, CR2, Driscoll-Kraay, Newey-West, Conley) is ours, from the design and the
    engine's residuals; the engine is asked for HC0. Where the engine does not compute the cluster jackknife, it is asked for CR0
    and the jackknife is ours, by cross-products. `request` says what was asked.

    Raises
    ------
    EstimationError
        If the engine refuses, in its words, or the data do not allow the covariance.
    """
    request, engine = compiled.request, setting.engine
    covariance = request.covariance
    jackknifed, plain = False, request
    if is_ours(covariance):
        plain = replace(request, covariance=Robust(variant="hc0"))
    elif isinstance(covariance, Clustered) and covariance.variant == "cr3":
        jackknifed, plain = True, replace(request, covariance=replace(covariance, variant="cr0"))
    centred = jackknifed and getattr(covariance, "jackknife_variant", "") == "mnw_centred"
    ours = jackknifed and (centred or engine.refuses(request) is not None)
    asked = plain if ours or not jackknifed else request
    refusal = engine.refuses(asked)
    if refusal:
        raise EngineRefusedError(
            f"the engine {engine.name} does not answer this: {refusal}",
            where=where,
            mend="name another engine first in confirm",
        )
    try:
        refuse_undefined(request)
        try:
            fit = engine.fit(asked, compiled.panel)
        except EstimationError:
            if not jackknifed or ours:
                raise
            # without some cluster a coefficient may not be determined: then only that one has no CR3
            asked, ours = plain, True
            fit = engine.fit(asked, compiled.panel)
        found = _covariance(fit, compiled, covariance, ours)
    except EstimationError as error:
        raise EstimationError(faults=[replace(f, where=f.where or where) for f in error.faults]) from error
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=where, mend="use fewer regressors or effects, or another covariance"
        ) from fault
    known = found.df[~np.isnan(found.df)]
    joint = float(known.min()) if len(known) else float("nan")
    V = (found.V + found.V.T) / 2
    return Answer(request=asked, fit=fit, V=V, df=joint, dfs=found.df, notes=found.notes)


def _covariance(fit: Fit, compiled: Compiled, covariance: Covariance, ours: bool) -> Sandwich:
    if is_ours(covariance):
        return sandwich_of(compiled, fit.residuals)
    request, design = compiled.request, compiled.design
    counts = counts_of(request, design)
    convention = covariance.small_sample
    notes: tuple[str, ...] = ()
    if isinstance(covariance, Classical):
        V = fit.raw[0] * factor(counts, convention, "classical") / counts.rows
        df = reference_df(counts, convention, "classical")
    elif isinstance(covariance, Robust):
        V = fit.raw[0] * (factor(counts, convention, "hc1") if covariance.variant == "hc1" else 1.0)
        df = reference_df(counts, convention, "hc1")
    else:
        assert isinstance(covariance, Clustered)
        if covariance.variant == "cr3":
            V, notes = _jackknife(fit, design, counts, covariance, ours)
            df = counts.clusters[0] - 1.0
        else:
            V, notes = _clustered(fit, counts, covariance)
            df = reference_df(counts, convention, "cluster")
        if covariance.reference == "g_minus_1":
            df = min(counts.clusters) - 1.0
        if covariance.reference == "n_minus_k":
            df = unnested_df(counts, convention)
        if covariance.reference in ("satterthwaite", "bell_mccaffrey"):
            return Sandwich(V=V, df=satterthwaite_df(design, covariance.variant), notes=notes)
    normal = covariance.reference == "normal"
    return Sandwich(V=V, df=np.full(len(request.terms), np.inf if normal else df), notes=notes)


def _clustered(fit: Fit, counts: Counts, covariance: Clustered) -> tuple[np.ndarray, tuple[str, ...]]:
    plain = covariance.variant == "cr0"
    if len(covariance.by) == 1:
        return fit.raw[0] * (1.0 if plain else factor(counts, covariance.small_sample, "cluster")), ()
    factors = (1.0, 1.0, 1.0) if plain else twoway_factors(counts, covariance.small_sample, covariance.groups)
    V = factors[0] * fit.raw[0] + factors[1] * fit.raw[1] - factors[2] * fit.raw[2]
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    if values.size == 0 or values[0] >= 0:
        return V, ()
    note = "The two-way covariance had a negative eigenvalue, which was set to zero (as fixest does)."
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, (note,)


def _jackknife(
    fit: Fit, design: Design, counts: Counts, covariance: Clustered, ours: bool
) -> tuple[np.ndarray, tuple[str, ...]]:
    groups, variant = counts.clusters[0], covariance.jackknife_variant
    scale = factor(counts, covariance.small_sample, "cluster") if variant == "pyfixest" else 1.0
    if not ours:
        return fit.raw[0] * ((groups - 1) / groups if variant == "mnw" else scale), ()
    left = design.leave_out() if design.leave_out else None
    if left is None:
        raise EstimationError("this design has no cluster jackknife", mend='take variant = "cr1"')
    V = sandwich.cv3(left, variant, scale)
    lost = [design.names[j] for j in np.flatnonzero(left.undetermined.any(axis=0))]
    if not lost:
        return V, ()
    V = V.copy()
    said = f"CR3 is not defined for {', '.join(lost)}: without some cluster the rest does not determine it."
    return V, (said,)


def terms_of(
    names: tuple[str, ...], b: np.ndarray, V: np.ndarray, df: float | np.ndarray, level: float
) -> tuple[Term, ...]:
    """One Term for each coefficient: t(df), or the normal where df is infinite; NaN throughout where the variance is NaN.

    df : one for all, or one for each (k,).
    """
    variance = np.diag(V)
    se = np.sqrt(np.where(variance >= 0, variance, np.nan))
    each = np.broadcast_to(np.asarray(df, dtype=np.float64), (len(names),))
    rows = zip(names, b, se, each, strict=True)
    return tuple(term_of(n, float(e), float(s), float(d), level) for n, e, s, d in rows)


def term_of(name: str, estimate: float, se: float, df: float, level: float) -> Term:
    """A Term from estimate and standard error."""
    from scipy import special

    statistic = estimate / se if se > 0 else float("nan")
    infinite = np.isinf(df)
    p = 2 * float(special.ndtr(-abs(statistic)) if infinite else special.stdtr(df, -abs(statistic)))
    reach = float(special.ndtri((1 + level) / 2) if infinite else special.stdtrit(df, (1 + level) / 2)) * se
    return Term(
        name=name,
        estimate=estimate,
        se=se,
        statistic=statistic,
        df=df,
        p=p,
        low=estimate - reach,
        high=estimate + reach,
    )


def quality_of(compiled: Compiled, fit: Fit, extra: dict[str, float] | None = None) -> Quality:
    """How well a regression fits.

    r2 : 1 - RSS/TSS, TSS about the mean. r2_adjusted : by (N-1)/(N-K), K every parameter, effects included. r2_within : 1 -
    RSS/TSS of the outcome after the effects. None of the three for two-stage least squares (there `r2_structural`), nor r2
    for an equation without constant and effects. Extra: `rmse`, root of RSS/(N-K); `r2_within_unit`, TSS about the unit means
    alone where other effects are absorbed too (Stata `xtreg, fe` with time dummies).
    """
    request, design = compiled.request, compiled.design
    rows = counts_of(request, design).rows
    parameters = len(request.terms) + design.absorber.rank
    free = rows - parameters
    found = dict(extra or {})
    if free > 0:
        found["rmse"] = float(np.sqrt(fit.rss / free))
    if compiled.panel.unit in request.absorb and len(request.absorb) > 1 and not design.endogenous:
        codes = design.effects[request.absorb.index(compiled.panel.unit)]
        about = absorber([codes], design.weights).residualise(design.outcome)
        mass = np.ones(len(about)) if design.weights is None else design.weights
        found["r2_within_unit"] = 1 - fit.rss / float(mass @ about**2)
    centred = request.constant or bool(request.absorb)
    share = fit.rss / fit.tss if fit.tss > 0 else float("nan")
    if request.estimator == "two_stage_least_squares":
        found["r2_structural"] = 1 - share
        return Quality(rss=fit.rss, parameters=parameters, extra=found)
    return Quality(
        r2=1 - share if centred else None,
        r2_adjusted=1 - share * (rows - 1) / free if centred and free > 0 else None,
        r2_within=1 - fit.rss / fit.tss_within if request.absorb and fit.tss_within > 0 else None,
        rss=fit.rss,
        parameters=parameters,
        extra=found,
    )
