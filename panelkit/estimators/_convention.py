"""Which covariance and which inference a model gets, and what its small-sample factor is made of. No number is estimated here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.request import (
    Analytic,
    Clustered,
    Conley,
    Covariance,
    Design,
    DriscollKraay,
    Inference,
    NeweyWest,
    Permutation,
    Regression,
    WildBootstrap,
)
from panelkit.numerics.cluster_design import is_nested
from panelkit.numerics.projection import absorber
from panelkit.numerics.small_sample import CONVENTIONS, Counts


def asked_covariance(spec: ModelSpec, setting: Setting) -> Covariance | None:
    """The covariance somebody named: a check, the model, the study; None where the default applies."""
    return setting.covariance or spec.covariance or setting.defaults.covariance


def resolve(spec: ModelSpec, setting: Setting, groups: dict[str, int]) -> tuple[Covariance, Inference, tuple[str, ...]]:
    """Covariance with its clusters filled in, inference, and a sentence where the default was taken.

    Parameters
    ----------
    groups : number of clusters by cluster variable.

    Raises
    ------
    EstimationError
        An unknown small-sample convention, more than two cluster variables, CR2 or CR3 on two.

    Source
    ------
    Default: fewer than `few_clusters` clusters CR3 with t(G-1) and the restricted wild cluster bootstrap (MacKinnon,
    Nielsen and Webb 2023, doi:10.1016/j.jeconom.2022.04.001), else CR1 with t(G-1).
    """
    asked = asked_covariance(spec, setting)
    by = tuple(groups)
    inference = spec.inference or setting.defaults.inference
    if asked is not None:
        covariance = replace(asked, by=by) if isinstance(asked, Clustered) else asked
        _refuse(spec, covariance)
        if isinstance(covariance, Clustered) and covariance.variant == "cr2" and covariance.reference == "t":
            covariance = replace(covariance, reference="satterthwaite")
        return covariance, inference or Analytic(), ()
    fewest = min(groups.values())
    few = fewest < setting.defaults.few_clusters
    covariance = Clustered(by=by, variant="cr3" if few else "cr1", small_sample=setting.defaults.small_sample)
    _refuse(spec, covariance)
    said = f"{counted(fewest, 'clusters')} ({', '.join(by)}), " + (
        f"fewer than {setting.defaults.few_clusters}: CR3 (cluster jackknife) with t({fewest - 1})"
        if few
        else f"CR1 with t({fewest - 1})"
    )
    return covariance, inference or (WildBootstrap() if few else Analytic()), (f"{said}, by default.",)


def _refuse(spec: ModelSpec, covariance: Covariance) -> None:
    where = f"models.{spec.id}.covariance"
    if covariance.small_sample not in CONVENTIONS:
        raise EstimationError(
            f"there is no small-sample convention '{covariance.small_sample}'",
            where=where,
            mend=f"known: {', '.join(CONVENTIONS)}",
        )
    if isinstance(covariance, Clustered):
        _refuse_clusters(covariance, where)
    if isinstance(covariance, (DriscollKraay, NeweyWest, Conley)) and (covariance.lags or 0) < 0:
        raise EstimationError(f"lags = {covariance.lags} is below zero", where=where, mend="write 0 or more")
    if isinstance(covariance, Conley) and not covariance.cutoff_km > 0:
        raise EstimationError(
            "the cutoff must be above zero kilometres", where=where, mend="write cutoff_km = 500, say"
        )


def _refuse_clusters(covariance: Clustered, where: str) -> None:
    if len(covariance.by) > 2:
        raise EstimationError(
            f"clustered on {counted(len(covariance.by), 'categories')}: one or two are possible",
            where=where,
            mend="name one or two",
        )
    if len(covariance.by) > 1 and covariance.variant in ("cr2", "cr3"):
        raise EstimationError(
            f"{covariance.variant.upper()} is defined for one cluster variable",
            where=where,
            mend='name one, or take variant = "cr1" for two',
        )
    if len(covariance.by) > 1 and covariance.reference in ("satterthwaite", "bell_mccaffrey"):
        raise EstimationError(
            "Satterthwaite degrees of freedom are defined for one cluster variable",
            where=where,
            mend='name one, or leave reference = "t"',
        )


def counts_of(request: Regression, design: Design) -> Counts:
    """What the small-sample factor of a request is made of: K's parts and the numbers of clusters.

    Frequency weights count as that many rows. An effect is nested if each level lies in one cluster (of either
    category, for two); columns of group trends count among the slopes.
    """
    clusters = design.clusters if isinstance(request.covariance, Clustered) else ()
    effects = tuple((int(e.max()) + 1, any(is_nested(e, c) for c in clusters)) for e in design.effects)
    plain = design.absorber.rank
    if design.varying_slopes:
        plain = absorber(design.effects, design.weights).rank
    levels = sum(count for count, _ in effects)
    rows = len(design.outcome)
    if design.weights is not None and request.weight_kind == "frequency":
        rows = round(float(design.weights.sum()))
    sizes = [int(c.max()) + 1 for c in clusters]
    if len(clusters) == 2:
        sizes.append(len(np.unique(clusters[0] * sizes[1] + clusters[1])))
    return Counts(
        rows=rows,
        slopes=len(request.terms) - int(request.constant) + design.absorber.rank - plain,
        constant=request.constant,
        effects=effects,
        clusters=tuple(sizes),
        redundant=max(levels - max(len(effects) - 1, 0) - plain, 0),
    )


def permutation_of(spec: ModelSpec, inference: Inference, assignment: str, strata: str) -> Permutation | None:
    """The permutation a model asks for, where its assignment is declared.

    Raises
    ------
    EstimationError
        If permutation inference is asked for and no assignment is declared.
    """
    if isinstance(inference, Permutation):
        if assignment != "units":
            raise EstimationError(
                "permutation inference needs a declared assignment: under which mechanism could another unit have had"
                " this treatment path?",
                where=f"models.{spec.id}.inference",
                mend='take kind = "dose_did" with assignment = "units" where paths could have gone to other units; else'
                " leave permutation out (the check 'placebo' draws the same distribution without that claim)",
            )
        return replace(inference, strata=inference.strata or strata)
    return Permutation(strata=strata) if assignment == "units" else None
