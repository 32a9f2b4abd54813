"""Small-sample factors and reference degrees of freedom, every convention by name. No covariance is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

Kind = Literal["classical", "hc1", "cluster"]
Parameters = Literal["unnested", "unnested_exact", "every", "listed", "slopes", "linearmodels", "one"]
Groups = Literal["own", "min", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a factor is made of.

    Attributes
    ----------
    rows : rows N used.
    slopes : coefficients k without the constant; columns of group trends (`firm[year]`) count here.
    constant : True if the equation has an explicit constant (no absorbed effects).
    effects : for each absorbed effect its number of levels and whether it is nested in (one of) the cluster(s).
    clusters : number of clusters; for two-way clustering (first, second, intersection); empty without clusters.
    redundant : levels lost between effects beyond one for each effect after the first (0 for one connected panel).
    """

    rows: int
    slopes: int
    constant: bool
    effects: tuple[tuple[int, bool], ...] = ()
    clusters: tuple[int, ...] = ()
    redundant: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One program's habit: which parameters K counts, which number of groups it uses, and a sentence saying so."""

    name: str
    parameters: Parameters
    groups: Groups
    text: str


_ALL = (
    Convention(
        name="fixest",
        parameters="unnested",
        groups="min",
        text="R fixest and pyfixest default (Stata reghdfe's factor): G/(G-1) x (N-1)/(N-K), K = slopes + 1 + (levels"
        " - 1) of each effect not nested in the cluster; two-way clustering uses the smallest G; t with G-1.",
    ),
    Convention(
        name="reghdfe",
        parameters="unnested_exact",
        groups="min",
        text="Stata reghdfe: as fixest, less the levels found redundant between effects; reghdfe drops singletons"
        " first (fixest's K does not take redundant levels off).",
    ),
    Convention(
        name="xtreg",
        parameters="unnested",
        groups="own",
        text="Stata xtreg, fe vce(cluster): as fixest with the unit effect nested, but singletons are kept; Stata"
        " refuses clusters that do not nest the units.",
    ),
    Convention(
        name="plm_hc0",
        parameters="slopes",
        groups="none",
        text="R plm vcovHC and vcovDC, type HC0: the raw sandwich, no factor; t with the residual degrees of freedom.",
    ),
    Convention(
        name="plm_sss",
        parameters="slopes",
        groups="own",
        text="R plm vcovHC and vcovDC, type sss (fixest K.fixef='none'): G/(G-1) x (N-1)/(N-k), absorbed effects not"
        " counted; t with the residual degrees of freedom.",
    ),
    Convention(
        name="linearmodels",
        parameters="linearmodels",
        groups="none",
        text="Python linearmodels PanelOLS, debiased, without group_debias: N/(N-K) and no G/(G-1); K is the slopes"
        " alone only where the one absorbed effect is nested in the one cluster (= plm HC1), else every effect counts.",
    ),
    Convention(
        name="sandwich",
        parameters="every",
        groups="own",
        text="Stata regress with dummies, areg, clubSandwich CR1S:"
        " G/(G-1) x (N-1)/(N-K), every independent dummy counted; t with G-1.",
    ),
    Convention(
        name="fixest_full",
        parameters="listed",
        groups="min",
        text="R fixest ssc(K.fixef = 'full'): as fixest, and nested effects count too; unlike `sandwich` it leaves redundant"
        " levels in K.",
    ),
    Convention(
        name="fixest_none",
        parameters="slopes",
        groups="min",
        text="R fixest ssc(K.fixef = 'none'): as fixest, and no absorbed effect counts; plm_sss is the same factor with t(N-K).",
    ),
    Convention(
        name="clubsandwich",
        parameters="one",
        groups="own",
        text="R clubSandwich CR1; Stata's maximum-likelihood commands (poisson, logit) with vce(cluster): G/(G-1) alone,"
        " no parameter counted.",
    ),
    Convention(
        name="ivreg2",
        parameters="slopes",
        groups="none",
        text="Stata ivreg2 without its option `small`: the raw sandwich (classical: RSS/N), no factor, normal quantiles.",
    ),
    Convention(name="none", parameters="slopes", groups="none", text="The raw sandwich: no factor, normal quantiles."),
)
RAW = ("none", "ivreg2", "plm_hc0")  # conventions without any factor for a sandwich
LARGE_SAMPLE = ("none", "ivreg2")  # those that refer to the normal
CONVENTIONS: Mapping[str, Convention] = MappingProxyType({c.name: c for c in _ALL})


def parameters(counts: Counts, convention: str) -> int:
    """Give back K, the number of parameters the convention counts.

    The nested flags of the effects matter only where `counts.clusters` is not empty: without clusters every program
    counts every effect, except that the plm sandwich types and `none` count slopes (and an explicit constant) alone.

    Raises
    ------
    ValueError
        If the convention is unknown.

    Source
    ------
    fixest vignette "On standard-errors" (K.fixef), reghdfe help (degrees of freedom), plm `vcovHC.plm`,
    linearmodels `PanelOLS._determine_df_adjustment`; each held against `shared/oracle` or a run of the program in
    `tests/agree`, except `reghdfe` and `xtreg`, which are held only where they equal fixest.
    """
    rule = _convention(convention).parameters
    if rule == "one":
        return 1
    if not counts.effects:
        return counts.slopes + int(counts.constant)
    nested_counts = bool(counts.clusters)
    free = [levels for levels, nested in counts.effects if not (nested and nested_counts)]
    every = counts.slopes + 1 + sum(levels - 1 for levels, _ in counts.effects)
    if rule == "slopes":
        return counts.slopes
    if rule == "every":
        return every - counts.redundant
    if rule == "listed":
        return every
    if rule == "linearmodels":
        lone = len(counts.effects) == 1 and len(counts.clusters) == 1 and counts.effects[0][1]
        return counts.slopes if lone else every - counts.redundant
    lost = counts.redundant if rule == "unnested_exact" and len(free) > 1 else 0
    return counts.slopes + 1 + sum(levels - 1 for levels in free) - lost


def factor(counts: Counts, convention: str, kind: Kind) -> float:
    """Give back what the raw covariance is multiplied by.

    Parameters
    ----------
    counts : see `Counts`.
    convention : a name in `CONVENTIONS`.
    kind : `classical` multiplies bread x rss/N and gives N/(N-K), all effects counted; `hc1` and `cluster` multiply
        the raw sandwich of `sandwich.hc0` and `sandwich.cluster`.

    Raises
    ------
    ValueError
        For an unknown convention or kind, N <= K, fewer than two clusters, or several cluster dimensions (see
        `twoway_factors`).
    """
    rule = _convention(convention)
    n = counts.rows
    if kind == "classical":
        return 1.0 if convention in LARGE_SAMPLE else n / _free(n, _residual_parameters(counts, convention))
    if kind == "hc1":
        alone = replace(counts, clusters=())
        if convention in RAW:
            return 1.0
        return n / _free(n, parameters(alone, convention))
    if kind != "cluster":
        raise ValueError(f"a factor is classical, hc1 or cluster, not {kind!r}")
    if len(counts.clusters) != 1:
        raise ValueError(f"one cluster dimension is needed, not {len(counts.clusters)}; see twoway_factors")
    if convention in RAW:
        return 1.0
    if rule.groups == "none":
        return n / _free(n, parameters(counts, convention))
    return _group_factor(counts.clusters[0]) * (n - 1) / _free(n, parameters(counts, convention))


def twoway_factors(
    counts: Counts, convention: str, rule: Literal["min", "own"] | None = None
) -> tuple[float, float, float]:
    """Give back the factors of the three terms of a two-way clustered covariance (first, second, intersection).

    Parameters
    ----------
    counts : with `clusters` = (G1, G2, G12); an effect is nested if it is nested in either cluster.
    convention : a name in `CONVENTIONS`.
    rule : `min` uses the smallest G for all terms (fixest default), `own` each term's own G (G.df='conventional',
        plm); None takes the convention's.

    Raises
    ------
    ValueError
        For an unknown convention or rule, N <= K, or other than three counts of clusters.

    Source
    ------
    Cameron, Gelbach and Miller (2011, doi:10.1198/jbes.2010.07136); fixest `ssc(G.df=)`.
    """
    chosen = rule or _convention(convention).groups
    if chosen not in ("min", "own", "none"):
        raise ValueError(f"two-way factors follow 'min' or 'own', not {rule!r}")
    if len(counts.clusters) != 3:
        raise ValueError("two-way clustering needs three counts: first, second and intersection")
    if convention in RAW:
        return (1.0, 1.0, 1.0)
    free = _free(counts.rows, parameters(counts, convention))
    if _convention(convention).groups == "none":
        return (counts.rows / free,) * 3
    common = (counts.rows - 1) / free
    sizes = (min(counts.clusters),) * 3 if chosen == "min" else counts.clusters
    first, second, both = (common * _group_factor(g) for g in sizes)
    return (first, second, both)


def serial_factor(counts: Counts, convention: str, periods: int) -> float:
    """Give back what the raw Driscoll-Kraay or Newey-West covariance is multiplied by: periods take the place of clusters.

    Parameters
    ----------
    counts : without clusters, so that every effect counts. periods : T, distinct periods of the sample.

    Raises
    ------
    ValueError
        As `factor` does.

    Source
    ------
    fixest `DK`, `NW`: T/(T-1) x (N-1)/(N-K); plm `vcovSCC` and `vcovNW`: none, type "sss" T/(T-1) x (N-1)/(N-k);
    linearmodels `kernel`, debiased: T/(T-1) x N/(N-K).
    """
    alone = replace(counts, clusters=(periods,), effects=tuple((levels, False) for levels, _ in counts.effects))
    if convention == "linearmodels":
        return _group_factor(periods) * factor(alone, convention, "cluster")
    return factor(alone, convention, "cluster")


def distance_factor(counts: Counts, convention: str) -> float:
    """Give back what the raw Conley covariance is multiplied by: (N-1)/(N-K) where a convention has a factor, never G/(G-1).

    Source
    ------
    fixest `conley` counts every effect; R conleyreg and Stata acreg have no factor (`none`).
    """
    if _convention(convention).name in RAW:
        return 1.0
    alone = replace(counts, clusters=())
    return (counts.rows - 1) / _free(counts.rows, parameters(alone, convention))


def reference_df(counts: Counts, convention: str, kind: Kind) -> float:
    """Give back the degrees of freedom of t: G-1 (smallest G) or N-K; infinity for `none` and `ivreg2`.

    plm and linearmodels keep N-K, every effect counted, under clustering too.

    Raises
    ------
    ValueError
        As `factor` does.
    """
    if _convention(convention).name in LARGE_SAMPLE:
        return float("inf")
    if kind == "cluster" and convention not in ("plm_hc0", "plm_sss", "linearmodels"):
        if not counts.clusters:
            raise ValueError("clustered standard errors need the number of clusters")
        smallest = min(counts.clusters)
        _group_factor(smallest)
        return float(smallest - 1)
    return float(_free(counts.rows, _residual_parameters(counts, convention)))


def unnested_df(counts: Counts, convention: str) -> float:
    """Give back N-K with the K of the convention's factor: the degrees of freedom of fixest `ssc(t.df = "conventional")`.

    Raises
    ------
    ValueError
        As `factor` does.
    """
    return float(_free(counts.rows, parameters(counts, convention)))


def _residual_parameters(counts: Counts, convention: str) -> int:
    """K of the residual degrees of freedom: every effect counts; only fixest leaves redundant levels in."""
    if not counts.effects:
        return counts.slopes + int(counts.constant)
    every = counts.slopes + 1 + sum(levels - 1 for levels, _ in counts.effects)
    return every if convention == "fixest" else every - counts.redundant


def _convention(name: str) -> Convention:
    if name not in CONVENTIONS:
        raise ValueError(f"no convention is called {name!r}; there are {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]


def _free(rows: int, counted: int) -> int:
    if rows <= counted:
        raise ValueError(f"{rows} rows cannot carry {counted} parameters: no degrees of freedom are left")
    return rows - counted


def _group_factor(groups: int) -> float:
    if groups < 2:
        raise ValueError(f"clustering needs two clusters or more, not {groups}")
    return groups / (groups - 1)
