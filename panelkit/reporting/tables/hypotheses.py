"""The table of hypotheses: each held against its models by one rule, so that 'not significant' is never read as 'rejected'.

The rule, in this order: negligible, where the whole 90 % interval lies within the smallest effect of interest; supported or
contradicted, where the interval of the convention and, with few clusters, that of the wild bootstrap both exclude zero on that side and p,
adjusted within its family, is below 0.05; else inconclusive.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate, Resampled, Term
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.request import Clustered
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.conventions import convention, way
from panelkit.reporting.labels import of_lag, on_outcome
from panelkit.reporting.numbers import shown
from panelkit.reporting.tables._common import BLANK, finished, language_of, model_label, model_of, number, span
from panelkit.reporting.tables.descriptive import described
from panelkit.reporting.words import joined, level_of, word

Finding = Literal["negligible", "supported", "contradicted", "inconclusive"]
SIGNIFICANT = 0.05
SHARE = 0.1  # of a standard deviation within units


@spec
class Claim:
    """One coefficient that a hypothesis speaks of; term : by default the model's first.

    smallest : the smallest effect of interest, in units of the coefficient. None takes 0.1 standard deviations (within units) of
    the outcome for one such standard deviation of the regressor, or for the whole of a regressor that is 0 or 1.
    """

    model: str
    term: str = ""
    sign: Literal["positive", "negative"] = "positive"
    smallest: float | None = None


@spec
class Hypothesis:
    """A hypothesis and the coefficients it needs, all of them. family : p values are adjusted (Holm) within a family."""

    id: str
    statement: Label
    claims: tuple[Claim, ...]
    family: str = ""


@spec
class HypothesesTable(TableSpec):
    """A table of hypotheses."""

    kind: Literal["hypotheses"] = "hypotheses"
    hypotheses: tuple[Hypothesis, ...]
    digits: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One coefficient against its hypothesis."""

    estimate: Estimate
    term: Term
    drawn: Resampled | None
    smallest: float
    p: float
    adjusted: float
    finding: Finding


def build(table: HypothesesTable, results: Results) -> Table:
    """The table: a panel for each hypothesis with its verdict, a row for each coefficient with its own.

    Raises
    ------
    ReportError
        An unknown model or term.
    """
    language, level = language_of(table, results), level_of(results)
    rows: list[Row] = []
    found = weighed(table, results)
    for hypothesis, held in found:
        verdict = word(f"finding_{together([h.finding for h in held])}", language)
        label = word(
            "hypothesis_row", language, id=hypothesis.id, statement=hypothesis.statement.to(language), verdict=verdict
        )
        rows.append(Row(kind="panel", label=label, rule_above=bool(rows)))
        at = (f"{table.id}.{hypothesis.id}", table.digits, results, language)
        rows += [_row(h, t, at) for h, t in zip(held, hypothesis.claims, strict=True)]
    names = ("sign", "estimate", "interval", "interval_resampled", "p_adjusted", "smallest", "finding")
    columns = [
        Column(
            id=n,
            heading=(word(f"column_{n}", language, level=level),),
            align="centre" if n in ("sign", "finding") else "decimal",
        )
        for n in names
    ]
    return finished(table, results, columns, rows, _notes(table, [h for _, held in found for h in held], results))


def _notes(table: HypothesesTable, held: list[Held], results: Results) -> list[str]:
    """The rule of the findings, how both intervals were made, what p is, and the smallest effects where the study does not set them."""
    language, level = language_of(table, results), level_of(results)
    drawn = dict.fromkeys(way(h.drawn, language) for h in held if h.drawn is not None and not math.isnan(h.drawn.low))
    ways = dict.fromkeys(convention(h.estimate.covariance, results.panel, language) for h in held)
    one = "hypotheses_inference" if len(ways) == 1 else "hypotheses_inference_each"
    given = [claim.smallest is not None for hypothesis in table.hypotheses for claim in hypothesis.claims]
    several = any(len(hypothesis.claims) > 1 for hypothesis in table.hypotheses)
    notes = [
        word("hypotheses_rule", language, level=level, several=word("hypotheses_several", language) if several else ""),
        word(one, language, level=level, what=joined(ways, language)),
        word("hypotheses_resampled", language, level=level, what=joined(drawn, language)) if drawn else "",
        word("hypotheses_p", language),
    ]
    if not all(given):
        notes.append(word("hypotheses_smallest_unset" if any(given) else "hypotheses_smallest", language))
    return notes


def weighed(table: HypothesesTable, results: Results) -> list[tuple[Hypothesis, list[Held]]]:
    """Every hypothesis with its coefficients and findings; p adjusted within each family over the whole table."""
    drafts = [(h, t, *_term(table, t, results)) for h in table.hypotheses for t in h.claims]
    ps = [_p(term, _drawn(e, term)) for _, _, e, term in drafts]
    families = [h.family or h.id for h, _, _, _ in drafts]
    adjusted = [math.nan] * len(ps)
    for family in dict.fromkeys(families):
        places = [i for i, f in enumerate(families) if f == family]
        for i, p in zip(places, holm([ps[i] for i in places]), strict=True):
            adjusted[i] = p
    made: dict[str, list[Held]] = {h.id: [] for h in table.hypotheses}
    for (hypothesis, tested, estimate, term), p, family_p in zip(drafts, ps, adjusted, strict=True):
        smallest = tested.smallest if tested.smallest is not None else _smallest(estimate, term, results)
        drawn = _drawn(estimate, term)
        finding = found(term, (estimate, drawn), smallest, (tested.sign, family_p, results.study.defaults.few_clusters))
        made[hypothesis.id].append(
            Held(estimate=estimate, term=term, drawn=drawn, smallest=smallest, p=p, adjusted=family_p, finding=finding)
        )
    return [(h, made[h.id]) for h in table.hypotheses]


def _term(table: HypothesesTable, tested: Claim, results: Results) -> tuple[Estimate, Term]:
    estimate = model_of(table, tested.model, results, "hypotheses")
    names = [t.name for t in estimate.terms]
    wanted = tested.term or next((n for n in names if n != "(constant)"), "")
    if wanted not in names:
        what = f"'{tested.model}' has no term '{wanted}'"
        raise ReportError(what, where=f"tables.{table.id}.hypotheses", mend=known_or_nearest(wanted, names))
    return estimate, estimate.term(wanted)


def _drawn(estimate: Estimate, term: Term) -> Resampled | None:
    """The resampling of a term that has a p and an interval, else one that has a p."""
    known = [r for r in estimate.resampled if r.term == term.name and not math.isnan(r.p)]
    return next((r for r in known if not math.isnan(r.low)), known[0] if known else None)


def _p(term: Term, drawn: Resampled | None) -> float:
    """The larger p of the convention and the bootstrap."""
    ps = [p for p in (term.p, drawn.p if drawn else math.nan) if not math.isnan(p)]
    return max(ps, default=math.nan)


def _smallest(estimate: Estimate, term: Term, results: Results) -> float:
    """0.1 standard deviations within units of the outcome per one of the regressor (whole panel); NaN where one is no variable."""
    numeric = {v.name for v in results.panel.variables if v.kind == "number"}
    explained, name, _ = of_lag(term.name) or (estimate.outcome, term.name, "")  # a system explains several
    if explained not in numeric:
        return math.nan
    outcome = described(results.panel, explained)["sd_within"]
    # of a threshold model: the slope has the scale of its regressor
    name = re.sub(r":(?:regime|step)::\d+$", "", name)
    if name not in numeric:
        # a level of a category, an event time, an effect: 0 or 1
        return SHARE * outcome if ":" in term.name else math.nan
    values = set(results.panel.frame[name].dropna().unique().tolist())
    spread = 1.0 if values <= {0.0, 1.0} else described(results.panel, name)["sd_within"]
    return SHARE * outcome / spread if spread > 0 else math.nan


def found(term: Term, of: tuple[Estimate, Resampled | None], smallest: float, by: tuple[str, float, int]) -> Finding:
    """The finding on one coefficient, by the rule at the top of this file; `by` is sign, adjusted p and the limit of few clusters."""
    from scipy import special

    (estimate, drawn), (sign, adjusted, few) = of, by
    if math.isnan(term.se) or math.isnan(term.low):
        return "inconclusive"
    reach = float(special.ndtri(0.95) if math.isinf(term.df) else special.stdtrit(term.df, 0.95)) * term.se
    if not math.isnan(smallest) and -smallest < term.estimate - reach and term.estimate + reach < smallest:
        return "negligible"
    intervals = [(term.low, term.high)]
    groups = min(estimate.sample.clusters.values(), default=few)
    if isinstance(estimate.covariance, Clustered) and groups < few:
        if drawn is None or math.isnan(drawn.low) or estimate.covariance.variant not in ("cr2", "cr3"):
            return "inconclusive"
        intervals.append((drawn.low, drawn.high))
    if not adjusted < SIGNIFICANT:
        return "inconclusive"
    above, below = all(low > 0 for low, _ in intervals), all(high < 0 for _, high in intervals)
    if not (above or below):
        return "inconclusive"
    return "supported" if above == (sign == "positive") else "contradicted"


def together(findings: Sequence[Finding]) -> Finding:
    """The verdict on a hypothesis that needs every coefficient: contradicted by one, supported or negligible by all, else inconclusive."""
    if "contradicted" in findings:
        return "contradicted"
    return findings[0] if findings and len(set(findings)) == 1 else "inconclusive"


def holm(ps: Sequence[float]) -> list[float]:
    """p values adjusted for their number (Holm 1979); a missing one stays missing and counts.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(ps)), key=lambda i: math.inf if math.isnan(ps[i]) else ps[i])
    made, highest = [math.nan] * len(ps), 0.0
    for rank, i in enumerate(order):
        if not math.isnan(ps[i]):
            highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
            made[i] = highest
    return made


def _row(held: Held, tested: Claim, at: tuple[str, int, Results, Language]) -> Row:
    """at : table and hypothesis as keys name them (one coefficient may serve several), digits, results and language."""
    place, digits, results, language = at
    model, name = held.estimate.id, held.term.name
    effect = on_outcome(name, held.estimate, results.panel, language)
    label = joined((effect, model_label(results, model, language)), language)
    drawn = BLANK
    if held.drawn is not None:
        drawn = span(held.drawn.low, held.drawn.high, (model, name, "interval_resampled"), digits)
    sign, finding = word(f"sign_{tested.sign}", language), word(f"finding_{held.finding}", language)
    cells = (
        Cell(raw=tested.sign, shown=sign),
        Cell(
            raw=held.term.estimate,
            shown=shown(held.term.estimate, digits, missing="–"),
            key=(model, name, "estimate"),
        ),
        span(held.term.low, held.term.high, (model, name, "interval"), digits),
        drawn,
        number(held.adjusted, (model, name, f"p_adjusted.{place}"), digits, kind="p"),
        number(held.smallest, (model, name, f"smallest.{place}"), digits),
        Cell(raw=held.finding, shown=finding),
    )
    return Row(kind="term", label=label, cells=cells)


TABLES.register(
    TableKind(
        name="hypotheses", spec=HypothesesTable, summary="hypotheses and what the estimates say of them", build=build
    )
)
