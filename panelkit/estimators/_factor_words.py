"""Small-sample factors written out with their numbers, as a reader of Stata or R output knows them. No factor is decided here."""

from __future__ import annotations

from dataclasses import replace

from panelkit.core.request import Clustered, Replicates, Robust, Stated
from panelkit.numerics.small_sample import CONVENTIONS, RAW, Counts, parameters

NO_FACTOR = "no factor"


def counted(counts: Counts, convention: str, names: tuple[str, ...]) -> str:
    """K as a sum: 'K = 9 = 2 slopes + 1 + (7 - 1) year; province is nested in the clusters and not counted'.

    names : of the absorbed effects, in the order of `counts.effects`.
    """
    K = parameters(counts, convention)
    slopes = f"{counts.slopes} {'slope' if counts.slopes == 1 else 'slopes'}"
    if not counts.effects:
        return f"K = {K} = {slopes}{' + 1 constant' if counts.constant else ''}"
    rule = CONVENTIONS[convention].parameters
    if counts.slopes == K and (rule in ("slopes", "linearmodels")):
        return f"K = {K} = {slopes}, absorbed effects not counted"
    nested = [n for n, (_, inner) in zip(names, counts.effects, strict=True) if inner and counts.clusters]
    free = names if rule in ("every", "linearmodels") else tuple(n for n in names if n not in nested)
    levels = dict(zip(names, (c for c, _ in counts.effects), strict=True))
    parts = [slopes, "1", *(f"({levels[n]} - 1) {n}" for n in free)]
    whole = counts.slopes + 1 + sum(levels[n] - 1 for n in free)
    lost = f" - {whole - K} redundant" if whole > K else ""
    left = [n for n in names if n not in free]
    said = f"; {' and '.join(left)} nested in the clusters and not counted" if left else ""
    return f"K = {K} = {' + '.join(parts)}{lost}{said}"


def classical_words(counts: Counts, convention: str, names: tuple[str, ...], df: float) -> str:
    """RSS over what."""
    if convention in ("none", "ivreg2"):
        return f"RSS/N = RSS/{counts.rows}"
    every = "every parameter" if not names else f"every parameter, levels of {' and '.join(names)} included"
    return f"RSS/(N-K) = RSS/{df:.0f}: K = {counts.rows - df:.0f} counts {every}"


def robust_words(counts: Counts, convention: str, names: tuple[str, ...]) -> str:
    """The factor of HC1."""
    if convention in RAW:
        return NO_FACTOR
    alone = replace(counts, clusters=())
    K = parameters(alone, convention)
    return f"N/(N-K) = {counts.rows}/{counts.rows - K}, {counted(alone, convention, names)}"


def cluster_words(counts: Counts, convention: str, names: tuple[str, ...]) -> str:
    """The factor of CR1 on one category."""
    if convention in RAW:
        return NO_FACTOR
    if CONVENTIONS[convention].parameters == "one":
        return f"G/(G-1) = {_groups(counts.clusters[0])} alone"
    n, K = counts.rows, parameters(counts, convention)
    K_words = counted(counts, convention, names)
    if CONVENTIONS[convention].groups == "none":
        return f"N/(N-K) = {n}/{n - K}, no G/(G-1), {K_words}"
    return f"G/(G-1) x (N-1)/(N-K) = {_groups(counts.clusters[0])} x {n - 1}/{n - K}, {K_words}"


def twoway_words(counts: Counts, convention: str, rule: str, names: tuple[str, ...]) -> str:
    """The factors of the three terms on two categories."""
    if convention in RAW:
        return NO_FACTOR
    n, K = counts.rows, parameters(counts, convention)
    rest = f"(N-1)/(N-K) = {n - 1}/{n - K}, {counted(counts, convention, names)}"
    if rule == "min":
        smallest = min(counts.clusters)
        return f"G/(G-1) with the smallest G, {smallest}, in all three terms = {_groups(smallest)}, x {rest}"
    own = ", ".join(_groups(g) for g in counts.clusters)
    return f"G/(G-1) of each term = {own}, x {rest}"


def serial_words(counts: Counts, convention: str, names: tuple[str, ...], periods: int) -> str:
    """The factor of Driscoll-Kraay and Newey-West: periods in the place of clusters."""
    if convention in RAW:
        return NO_FACTOR
    alone = replace(counts, effects=tuple((levels, False) for levels, _ in counts.effects), clusters=(periods,))
    n, K = counts.rows, parameters(alone, convention)
    top = (
        f"N/(N-K) = {_groups(periods)} x {n}"
        if convention == "linearmodels"
        else f"(N-1)/(N-K) = {_groups(periods)} x {n - 1}"
    )
    return f"T/(T-1) x {top}/{n - K}, {counted(alone, convention, names)}"


def distance_words(counts: Counts, convention: str, names: tuple[str, ...]) -> str:
    """The factor of Conley."""
    if convention in RAW:
        return NO_FACTOR
    alone = replace(counts, clusters=())
    K = parameters(alone, convention)
    return f"(N-1)/(N-K) = {counts.rows - 1}/{counts.rows - K}, {counted(alone, convention, names)}"


def _groups(groups: int) -> str:
    return f"{groups}/{groups - 1}"


def named(covariance: Stated) -> str:
    """A covariance in a few words."""
    if isinstance(covariance, Replicates):
        return f"{covariance.method}, {covariance.draws} replications"
    if isinstance(covariance, Clustered):
        kind = covariance.variant.upper()
        kind += f" ({covariance.jackknife_variant})" if covariance.variant == "cr3" else ""
        factor = f", convention {covariance.small_sample}" if covariance.variant == "cr1" else ""
        reference = "Satterthwaite t" if covariance.reference in ("satterthwaite", "bell_mccaffrey") else "t(G-1)"
        reference = "normal" if covariance.reference == "normal" else reference
        return f"{kind} clustered by {' and '.join(covariance.by)}{factor}, {reference}"
    if isinstance(covariance, Robust):
        return f"{covariance.variant.upper()}, convention {covariance.small_sample}"
    names = {"driscoll_kraay": "Driscoll-Kraay", "newey_west": "Newey-West within unit", "conley": "Conley"}
    return f"{names.get(covariance.kind, 'classical')}, convention {covariance.small_sample}"
