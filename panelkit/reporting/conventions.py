"""Covariance conventions and resampling in words, from the estimate's own specification; no formula is computed here."""

from __future__ import annotations

import math
from collections.abc import Container

from panelkit.core.estimate import Estimate, Resampled
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.request import Classical, Clustered, Conley, DriscollKraay, Replicates, Robust, Stated
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import joined, method_words, word


def convention(covariance: Stated, panel: Panel, language: Language) -> str:
    """The convention behind standard errors, in words: kind, clusters, small-sample factor, reference distribution."""
    parts = [_kind(covariance, panel, language)]
    if isinstance(covariance, Replicates):
        return ("，" if language == "zh" else ", ").join([*parts, word("normal", language)])
    plain = isinstance(covariance, Robust) and covariance.variant != "hc1"
    if not plain and not (isinstance(covariance, Clustered) and covariance.variant != "cr1"):
        parts.append(word("factor", language, of=covariance.small_sample))
    parts.append(word(_reference(covariance), language))
    return ("，" if language == "zh" else ", ").join(parts)


def _kind(covariance: Stated, panel: Panel, language: Language) -> str:
    if isinstance(covariance, Classical):
        return word("classical", language)
    if isinstance(covariance, Robust):
        return word("robust", language, variant=covariance.variant.upper())
    if isinstance(covariance, Clustered):
        return _clustered(covariance, panel, language)
    if isinstance(covariance, Conley):
        lags = word("conley_lags", language, lags=covariance.lags) if covariance.lags else ""
        return word(
            "conley",
            language,
            cutoff=f"{covariance.cutoff_km:g}",
            kernel=word(f"kernel_{covariance.kernel}", language),
            lags=lags,
        )
    if isinstance(covariance, Replicates):
        return word(f"replicates_{covariance.method}", language, draws=covariance.draws)
    key = "driscoll_kraay" if isinstance(covariance, DriscollKraay) else "newey_west"
    return word(f"{key}_rule", language) if covariance.lags is None else word(key, language, lags=covariance.lags)


def _reference(covariance: Stated) -> str:
    if covariance.reference == "normal":
        return "normal"
    if isinstance(covariance, Clustered):
        satterthwaite = covariance.reference in ("satterthwaite", "bell_mccaffrey")
        if covariance.reference == "n_minus_k":
            return "t_residual"
        bias_reduced = covariance.variant == "cr2" and covariance.reference == "t"
        return "t_satterthwaite" if satterthwaite or bias_reduced else "t_clusters"
    return "t_periods" if isinstance(covariance, DriscollKraay) else "t_residual"


def _clustered(covariance: Clustered, panel: Panel, language: Language) -> str:
    by = joined((_lower(key_label(name, panel, language), language) for name in covariance.by), language, "and")
    if len(covariance.by) > 1:
        groups = word(f"groups_{covariance.groups}", language)
        return word("two_way", language, by=by, variant=covariance.variant.upper(), groups=groups)
    known = covariance.variant != "cr3" or covariance.jackknife_variant == "mnw"
    return word(covariance.variant if known else f"cr3_{covariance.jackknife_variant}", language, by=by)


def _lower(label: str, language: Language) -> str:
    """A label inside an English sentence: 'Province' -> 'province', but 'GDP class' stays."""
    if language == "en" and label[:1].isupper() and label[1:2].islower():
        return label[0].lower() + label[1:]
    return label


def resampling(estimate: Estimate, language: Language) -> str:
    """How the resampled p values of an estimate were made, in words; "" where there are none."""
    return joined(dict.fromkeys(way(r, language) for r in estimate.resampled), language)


def printed_resampling(estimate: Estimate, language: Language, terms: Container[str]) -> str:
    """The same of the p values that a table of `terms` prints, one for each term; changes at thresholds told apart from slopes."""
    ways: dict[str, list[str]] = {}
    for name, found in printed_p(estimate).items():
        if name in terms:
            ways.setdefault(way(found, language), []).append(name)
    told = []
    for text, names in ways.items():
        changes = len(ways) > 1 and all(":step::" in n for n in names)
        told.append(word("wild_of", language, of=word("of_changes", language), what=text) if changes else text)
    return joined(told, language)


def printed_p(estimate: Estimate) -> dict[str, Resampled]:
    """The resampling whose p stands beneath a term: the first that has one."""
    found: dict[str, Resampled] = {}
    for one in estimate.resampled:
        if not math.isnan(one.p):
            found.setdefault(one.term, one)
    return found


def way(found: Resampled, language: Language) -> str:
    """How one resampling was made: its method and how often it was drawn."""
    draws = shown(found.draws, kind="count")
    return word("wild", language, method=method_words(found.method, language), draws=draws)
