"""A model in words: its equation, its standard errors, its sample. No number is made here."""

from __future__ import annotations

from panelkit.core.errors import EstimationError
from panelkit.core.estimation import ModelSpec
from panelkit.core.formula import Formula
from panelkit.core.request import Classical, Clustered, Robust
from panelkit.estimators._compile import formula_of


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
    covariance = spec.covariance
    if covariance is None:
        by = spec.cluster or "the panel's unit"
        text = (
            f"Standard errors clustered by {by}: below 50 clusters CR3 (cluster jackknife) with t(G-1) and the restricted"
            " wild cluster bootstrap, from 50 on CR1 with t(G-1), unless the study's defaults say otherwise."
        )
    elif isinstance(covariance, Classical):
        text = f"Classical standard errors, convention {covariance.small_sample}."
    elif isinstance(covariance, Robust):
        text = (
            f"Heteroskedasticity-robust standard errors ({covariance.variant}), convention {covariance.small_sample}."
        )
    else:
        text = _clustered(covariance, spec)
    rows = [f"years {spec.years[0]}-{spec.years[1]}"] if spec.years else []
    rows += [f"rows where {spec.where}"] if spec.where else []
    rows += [f"without {u} ({reason})" for u, reason in spec.exclude.items()]
    return f"{text} Sample: {'; '.join(rows) if rows else 'every row with no missing cell'}."


def _clustered(covariance: Clustered, spec: ModelSpec) -> str:
    by = " and ".join(covariance.by) or spec.cluster or "the panel's unit"
    reference = "the normal" if covariance.reference == "normal" else "t(G-1)"
    return f"Standard errors clustered by {by}, {covariance.variant.upper()}, convention {covariance.small_sample}, {reference}."


def no_instruments(spec: ModelSpec) -> None:
    """Refuse a formula with instruments in a kind that has none."""
    if formula_of(spec).instruments:
        raise EstimationError(
            f"the formula has instruments, and kind '{spec.kind}' does not use them",
            where=f"models.{spec.id}.formula",
            mend='set kind = "instrumental", or leave the last part out',
        )
