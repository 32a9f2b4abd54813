"""Covariance conventions and resampling in words, from the estimate's own specification; no formula is computed here."""

from __future__ import annotations

import math
from collections.abc import Container

from panelkit.core.estimate import Estimate
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.request import Classical, Clustered, Covariance, Robust
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import joined, method_words, word


def convention(covariance: Covariance, panel: Panel, language: Language) -> str:
    """The convention behind standard errors, in words: kind, clusters, small-sample factor, reference distribution."""
    parts: list[str] = []
    if isinstance(covariance, Classical):
        parts.append(word("classical", language))
    elif isinstance(covariance, Robust):
        parts.append(word("robust", language, variant=covariance.variant.upper()))
    else:
        parts.append(_clustered(covariance, panel, language))
    corrected = not (
        (isinstance(covariance, Robust) and covariance.variant == "hc0")
        or (isinstance(covariance, Clustered) and covariance.variant != "cr1")
    )
    if corrected:
        parts.append(word("factor", language, of=covariance.small_sample))
    if covariance.reference == "normal":
        parts.append(word("normal", language))
    else:
        parts.append(word("t_clusters" if isinstance(covariance, Clustered) else "t_residual", language))
    return ("，" if language == "zh" else ", ").join(parts)


def _clustered(covariance: Clustered, panel: Panel, language: Language) -> str:
    by = joined((_lower(key_label(name, panel, language), language) for name in covariance.by), language, "and")
    if len(covariance.by) > 1:
        groups = word(f"groups_{covariance.groups}", language)
        return word("two_way", language, by=by, variant=covariance.variant.upper(), groups=groups)
    return word(covariance.variant, language, by=by)


def _lower(label: str, language: Language) -> str:
    """A label inside an English sentence: 'Province' -> 'province', but 'GDP class' stays."""
    if language == "en" and label[:1].isupper() and label[1:2].islower():
        return label[0].lower() + label[1:]
    return label


def resampling(estimate: Estimate, language: Language, terms: Container[str] | None = None) -> str:
    """How the resampled p values of an estimate (of `terms` alone, where given) were made, in words; "" where there are none."""
    ways = dict.fromkeys(
        (r.method, r.draws) for r in estimate.resampled if terms is None or (r.term in terms and not math.isnan(r.p))
    )
    return joined(
        (
            word("wild", language, method=method_words(method, language), draws=shown(draws, kind="count"))
            for method, draws in ways
        ),
        language,
    )
