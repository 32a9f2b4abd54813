"""The notes under a regression table, made from the settings and facts that the cells came from, so that the two cannot disagree."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from panelkit.core.estimate import Estimate
from panelkit.reporting._page_names import check_name
from panelkit.reporting.conventions import convention, printed_p, printed_resampling
from panelkit.reporting.labels import key_label, outcome_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.phrases import finding, headline, said
from panelkit.reporting.tables._parts import Parts
from panelkit.reporting.tables._thresholds import thresholds_note
from panelkit.reporting.words import JOIN, joined, level_of, word

INDIRECT = "indirect"  # the term of a mediation model that its bootstrap gives
_UNDEFINED = re.compile(r"is not defined|could not be made")  # of an estimate's notes: why there is no standard error


def notes(parts: Parts, terms: tuple[str, ...]) -> tuple[str, ...]:
    """The notes, each a paragraph: brackets and stars, samples, what was left out, filled cells, failed checks, simulation."""
    told = [
        _inference(parts, terms),
        _withheld(parts, terms),
        _outcomes(parts),
        _samples(parts),
        _dropped(parts),
        _collinear(parts),
        thresholds_note(parts),
        _excluded(parts),
        _filled(parts),
        _failed(parts),
    ]
    kept = [s.strip() for s in told if s.strip()]
    if parts.results.study.head.simulated:
        kept.insert(0, word("simulated", parts.language))
    return (word("notes", parts.language) + kept[0], *kept[1:])


def _outcomes(parts: Parts) -> str:
    """The outcomes of the columns where panels differ in them and one panel has several, so that no heading can name them."""
    labels = [outcome_label(e, parts.panel, parts.language) for e in parts.estimates]
    width = parts.spec.width
    rows = [labels[i : i + width] for i in range(0, len(labels), width)]
    shared = all(len(set(labels[j::width])) == 1 for j in range(width))
    if not parts.spec.panels or shared or all(len(set(row)) == 1 for row in rows):
        return ""
    return _said("outcomes", parts, lambda e: outcome_label(e, parts.panel, parts.language))


def _inference(parts: Parts, terms: tuple[str, ...]) -> str:
    sentences = (_brackets(parts, terms), _resampled(parts, terms), _stars(parts, terms), _drawn_errors(parts, terms))
    return JOIN[parts.language]["space"].join(s for s in sentences if s)


def _by_column(parts: Parts, text: Callable[[Estimate], str], *, spoken: bool = False) -> tuple[str, bool]:
    """What is said of each column, alike columns together, and whether it is the same of all; columns without a text are passed.

    spoken : of all that have a text, the others showing nothing that it could be said of.
    """
    groups: dict[str, list[int]] = {}
    for number, estimate in enumerate(parts.estimates, start=1):
        groups.setdefault(text(estimate), []).append(number)
    if spoken:
        groups = {t: c for t, c in groups.items() if t} or {"": []}
    if len(groups) == 1:
        return next(iter(groups)), True
    language = parts.language
    each = (word("several", language, columns=parts.places(c), text=t) for t, c in groups.items() if t)
    return joined(each, language), False


def _said(key: str, parts: Parts, text: Callable[[Estimate], str]) -> str:
    """The sentence of `key` on each column; "" where there is nothing to say."""
    each, _ = _by_column(parts, text)
    return word(key, parts.language, each=each) if each else ""


def _brackets(parts: Parts, terms: tuple[str, ...]) -> str:
    def how(e: Estimate) -> str:
        shows = any(not math.isnan(t.se) for t in e.terms if t.name in terms)
        return convention(e.covariance, parts.panel, parts.language) if shows else ""

    what, alike = _by_column(parts, how, spoken=True)
    if not what:
        return ""
    return word(
        f"in_{parts.spec.brackets}{'_all' if alike else ''}", parts.language, what=what, level=level_of(parts.results)
    )


def _resampled(parts: Parts, terms: tuple[str, ...]) -> str:
    if not parts.spec.show_resampled:
        return ""
    what, alike = _by_column(parts, lambda e: printed_resampling(e, parts.language, terms), spoken=True)
    return word(f"resampled{'_all' if alike else ''}", parts.language, what=what) if what else ""


def _withheld(parts: Parts, terms: tuple[str, ...]) -> str:
    """Why standard errors are missing, in the estimate's own notes."""

    def why(e: Estimate) -> str:
        missing = any(math.isnan(t.se) for t in e.terms if t.name in terms)
        notes = [n for n in e.notes if "withheld" in n] or [n for n in e.notes if _UNDEFINED.search(n)] or e.notes
        told = (headline(said(n, parts.panel, parts.language)) for n in notes)
        return joined(told, parts.language) if missing else ""

    return _said("withheld", parts, why)


def _stars(parts: Parts, terms: tuple[str, ...]) -> str:
    levels = parts.spec.levels
    if not levels:
        return ""
    language = parts.language
    marks = joined(("*" * n for n in range(len(levels), 0, -1)), language, "comma")
    shares = joined((f"{100 * level:g}%" for level in reversed(levels)), language, "comma")
    text = word("stars", language, stars=marks, levels=shares)
    if not parts.spec.show_resampled or not any(printed_resampling(e, language, terms) for e in parts.estimates):
        return text
    changes = any(":step::" in name for e in parts.estimates for name in printed_p(e) if name in terms)
    return text + word("stars_of", language, but=word("stars_of_changes", language) if changes else "")


def _drawn_errors(parts: Parts, terms: tuple[str, ...]) -> str:
    """That an indirect effect has the standard error, and with it the stars, of its bootstrap."""
    if INDIRECT not in terms or not any(INDIRECT in printed_p(e) for e in parts.estimates):
        return ""
    return word("drawn_errors" if parts.spec.levels else "drawn_error", parts.language)


def _samples(parts: Parts) -> str:
    """Which columns rest on which sample; sizes only where no row of the table has them."""
    language = parts.language
    short = {"rows", "units"} <= set(parts.spec.statistics)

    def sample(e: Estimate) -> str:
        years = {"first": e.sample.first, "last": e.sample.last}
        if short:
            return word("sample_years", language, **years)
        sizes = {"rows": shown(e.sample.rows, kind="count"), "units": shown(e.sample.units, kind="count")}
        return word("sample", language, **sizes, **years)

    digests = {e.sample.keys_digest for e in parts.estimates}
    if len(digests) == 1:
        return word("same_sample", language, sample=sample(parts.estimates[0])) if parts.estimates else ""
    groups: dict[str, tuple[str, list[int]]] = {}
    for number, estimate in enumerate(parts.estimates, start=1):
        # two samples of the same size are still told apart by their keys
        groups.setdefault(estimate.sample.keys_digest, (sample(estimate), []))[1].append(number)
    texts = {text for text, _ in groups.values()}
    if short and len(texts) == 1:
        each = joined((parts.places(c) for _, c in groups.values()), language)
        return word("samples_of", language, years=texts.pop(), each=each)
    each = joined((word("several", language, columns=parts.places(c), text=t) for t, c in groups.values()), language)
    return word("samples", language, each=each)


def _dropped(parts: Parts) -> str:
    def drops(e: Estimate) -> str:
        each = (
            word("drop", parts.language, rows=shown(d.rows, kind="count"), why=said(d.why, parts.panel, parts.language))
            for d in e.sample.dropped
            if d.rows
        )
        return joined(each, parts.language, "comma")

    return _said("dropped", parts, drops)


def _collinear(parts: Parts) -> str:
    def left_out(e: Estimate) -> str:
        return joined((term_label(t, parts.panel, parts.language) for t in e.dropped_terms), parts.language, "comma")

    return _said("collinear", parts, left_out)


def _excluded(parts: Parts) -> str:
    language, study = parts.language, parts.results.study
    models = {m.id: m for m in study.models}

    def excluded(reasons: dict[str, str]) -> str:
        marks = JOIN[language]
        return joined(
            (f"{u}{marks['open']}{why}{marks['close']}" for u, why in sorted(reasons.items())), language, "comma"
        )

    each = [excluded(study.panel.exclude)]
    each.append(_by_column(parts, lambda e: excluded(models[e.id].exclude) if e.id in models else "")[0])
    listed = joined((s for s in each if s), language)
    return word("excluded", language, each=listed) if listed else ""


def used_names(estimate: Estimate) -> tuple[str, ...]:
    """Names of the variables that an estimate rests on, from its own specification."""
    names = [estimate.outcome]
    for request in estimate.requests:
        names += [request.outcome, *request.slopes, *request.endogenous, *request.instruments]
        names += [n for s in request.varying_slopes for n in s] + [request.weights]
    names += [t.name for t in estimate.terms]
    names += [str(r["variable"]) for r in estimate.records.get("thresholds", ()) if "variable" in r]
    split = (factor for name in names for factor in name.partition("::")[0].split(":"))
    return tuple(dict.fromkeys(n for n in split if n))


def _filled(parts: Parts) -> str:
    """Cells that are not as published, by column and variable, as shares of the rows that each model uses."""
    language = parts.language

    def filled(e: Estimate) -> str:
        found = next((c for c in parts.results.checks.get(e.id, ()) if c.name == "filled_cells"), None)
        return joined(
            (_fill(r["variable"], r["filled"], r["rows"], parts) for r in (found.rows if found else ())),
            language,
            "comma",
        )

    said_of_models = _said("filled", parts, filled)
    if said_of_models or parts.results.quality_report is not None:
        return said_of_models
    used = {n for e in parts.estimates for n in used_names(e)}
    own = [v for v in parts.panel.variables if v.filled and v.name in used and parts.panel.rows]
    each = joined((_fill(v.name, v.filled, parts.panel.rows, parts) for v in own), language)
    return word("filled", language, each=each) if each else ""


def _fill(variable: str, cells: int, rows: int, parts: Parts) -> str:
    return word(
        "fill",
        parts.language,
        variable=key_label(variable, parts.panel, parts.language),
        cells=shown(cells, kind="count"),
        rows=shown(rows, kind="count"),
        share=f"{100 * cells / rows:.1f}%",
    )


def _failed(parts: Parts) -> str:
    """What fails in each column: in a journal's profile the checks by name, else the first sentence of each; the page has the whole."""
    language, printed = parts.language, parts.spec.profile != "plain"

    def failed(e: Estimate) -> str:
        checks = [c for c in parts.results.checks.get(e.id, ()) if c.verdict == "fails"]
        if printed:
            return joined(dict.fromkeys(check_name(c.name, parts.results, language) for c in checks), language, "comma")
        return joined((headline(finding(c.text.to(language), parts.panel, language)) for c in checks), language)

    return _said("failed_names" if printed else "failed", parts, failed)
