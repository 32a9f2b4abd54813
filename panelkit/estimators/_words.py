"""A model in words: its equation, its standard errors, its sample. No number is made here."""

from __future__ import annotations

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimation import ModelSpec
from panelkit.core.formula import Formula
from panelkit.core.request import Classical, Clustered, Conley, Covariance, DriscollKraay, Robust
from panelkit.estimators._compile import formula_of

UNIT = "the panel's unit (its first key, where it has several)"
REFERENCES = {
    "t": "t(G-1)",
    "g_minus_1": "t(G-1)",
    "n_minus_k": "t(N-K)",
    "normal": "the normal",
    "satterthwaite": "t with Satterthwaite degrees of freedom",
    "bell_mccaffrey": "t with Bell-McCaffrey degrees of freedom",
}


def equation(spec: ModelSpec, formula: Formula | None = None) -> str:
    """The model's equation as one line: y = b1 x1 + b2 x2 + effects + e."""
    parsed = formula or formula_of(spec)
    parts = ["c"] if parsed.constant else []
    names = [*parsed.endogenous, *(s.name for s in parsed.slopes)]
    parts += [f"b{i} {name}" for i, name in enumerate(names, start=1)]
    for effect in parsed.absorb:
        parts.append(f"effect({effect.name})")
        parts += [f"slope of {v} by {effect.name}" for v in effect.slopes]
    line = f"{parsed.outcome} = {' + '.join(parts)} + e"
    if parsed.instruments:
        line += f";  {', '.join(parsed.endogenous)} instrumented by {', '.join(parsed.instruments)}"
    return line


def inference_words(spec: ModelSpec) -> str:
    """Standard errors and sample rules of a model in words."""
    rows = [f"years {spec.years[0]}-{spec.years[1]}"] if spec.years else []
    rows += [f"rows where {spec.where}"] if spec.where else []
    rows += [f"without {u} ({reason})" for u, reason in spec.exclude.items()]
    text = covariance_words(spec.covariance, spec.cluster or UNIT)
    return f"{text} Sample: {'; '.join(rows) if rows else 'every row with no missing cell'}."


def covariance_words(covariance: Covariance | None, cluster: str) -> str:
    """A covariance as a sentence; None is the default by the number of clusters."""
    if covariance is None:
        return (
            f"Standard errors clustered by {cluster}: below 50 clusters CR3 (cluster jackknife) with t(G-1) and the restricted"
            " wild cluster bootstrap, from 50 on CR1 with t(G-1), unless the study's defaults say otherwise."
        )
    named = f"convention {covariance.small_sample}"
    if isinstance(covariance, Classical):
        return f"Classical standard errors, {named}."
    if isinstance(covariance, Robust):
        return f"Heteroskedasticity-robust standard errors ({covariance.variant}), {named}."
    if isinstance(covariance, Clustered):
        return _clustered(covariance, cluster)
    if isinstance(covariance, Conley):
        serial = f", and {counted(covariance.lags, 'lags')} within units" if covariance.lags else ""
        return (
            f"Conley standard errors: dependence up to {covariance.cutoff_km:g} km ({covariance.kernel} weights), rows of"
            f" {'the same period' if covariance.pairs == 'period' else 'all periods'}{serial}; {named}."
        )
    lags = "floor(T^(1/4))" if covariance.lags is None else str(covariance.lags)
    whose = "Driscoll-Kraay" if isinstance(covariance, DriscollKraay) else "Newey-West (within unit)"
    return f"{whose} standard errors, {counted(lags, 'lags')}, {named}."


def _clustered(covariance: Clustered, cluster: str) -> str:
    by = " and ".join(covariance.by) or cluster
    kind = covariance.variant.upper()
    if covariance.variant == "cr3" and covariance.jackknife_variant != "mnw":
        kind += f" ({covariance.jackknife_variant})"
    reference = REFERENCES[covariance.reference]
    if covariance.variant == "cr2" and covariance.reference == "t":
        reference = REFERENCES["satterthwaite"]
    return f"Standard errors clustered by {by}, {kind}, convention {covariance.small_sample}, {reference}."


def no_instruments(spec: ModelSpec) -> None:
    """Refuse a formula with instruments in a kind that has none."""
    if formula_of(spec).instruments:
        raise EstimationError(
            f"the formula has instruments, and kind '{spec.kind}' does not use them",
            where=f"models.{spec.id}.formula",
            mend='set kind = "instrumental", or leave the last part out',
        )
