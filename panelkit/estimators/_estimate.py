"""One regression as an Estimate: terms, sample, fit, notes; what is withheld where too few clusters are treated. No method lives here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from panelkit.core.estimate import Effect, Estimate, Quality, Resampled
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.request import Clustered
from panelkit.estimators._compile import Compiled
from panelkit.estimators._inference import Answer, quality_of, terms_of

TOO_FEW_TREATED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """What a method adds to a plain regression."""

    resampled: tuple[Resampled, ...] = ()
    curves: dict[str, tuple[Effect, ...]] = field(default_factory=dict)
    tests: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    extra: dict[str, float] = field(default_factory=dict)


def estimate_of(spec: ModelSpec, compiled: Compiled, got: Answer, setting: Setting, further: Further) -> Estimate:
    """The Estimate of one regression."""
    request, fit = compiled.request, got.fit
    quality: Quality = quality_of(compiled, fit, further.extra)
    return Estimate(
        id=spec.id,
        kind=spec.kind,
        outcome=request.outcome,
        terms=terms_of(request.terms, fit.coefficients, got.V, got.dfs, setting.defaults.level),
        covariance_matrix=got.V,
        covariance=request.covariance,
        sample=compiled.sample,
        fit=quality,
        requests=(got.request,),
        absorb=request.absorb,
        engine=fit.engine,
        engine_version=fit.version,
        confirmation="engine",
        resampled=further.resampled,
        curves=further.curves,
        tests=further.tests,
        dropped_terms=compiled.dropped,
        notes=(*compiled.notes, *got.notes, *fit.notes, *further.notes),
    )


def treated_clusters(compiled: Compiled, treated: np.ndarray) -> int:
    """In how many clusters some row is treated; `treated` is bool (n,)."""
    return len(np.unique(compiled.design.clusters[0][treated]))


def withhold(got: Answer, terms: tuple[str, ...], count: int) -> tuple[Answer, tuple[str, ...]]:
    """Take standard errors of the treatment terms away where one or two clusters are treated.

    There CR1 rejects a true null in most samples, CR3 and the wild bootstrap never do, for lack of power: neither says
    anything. Returns the answer and a note; both as they were where more clusters are treated or nothing is clustered.

    Source
    ------
    MacKinnon and Webb (2017, doi:10.1002/jae.2508; 2020, doi:10.1016/j.jeconom.2020.04.024).
    """
    if count > TOO_FEW_TREATED or not isinstance(got.request.covariance, Clustered):
        return got, ()
    V = got.V.copy()
    for name in terms:
        j = got.request.terms.index(name)
        V[j, :] = np.nan
        V[:, j] = np.nan
    number = "No cluster is" if count == 0 else ("One cluster is" if count == 1 else "Two clusters are")
    note = (
        f"{number} treated: CR1, CR3 and the wild cluster bootstrap are withheld for {', '.join(terms)} (with so few, CR1"
        " rejects a true null most of the time and the other two almost never reject). Use permutation of treatment paths,"
        " where an assignment can be defended, or a synthetic-DID placebo."
    )
    return replace(got, V=V), (note,)


def undetermined(got: Answer) -> tuple[str, ...]:
    """Terms whose variance is not defined or withheld: they rest on too few clusters for a bootstrap too."""
    return tuple(n for n, v in zip(got.request.terms, np.diag(got.V), strict=True) if np.isnan(v))
