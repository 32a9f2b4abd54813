"""What the page says of a run, as plain facts in one language: study, data, models, checks; layout and exhibits are elsewhere."""

from __future__ import annotations

import math
import re
from typing import Any

from panelkit.core.check import Check
from panelkit.core.estimate import Estimate, Term
from panelkit.core.label import Language
from panelkit.core.results import Results
from panelkit.reporting._made_phrases import made
from panelkit.reporting._page_curves import coverage, curves, forest, interval, timing
from panelkit.reporting._page_names import KIND_NAMES, check_name, named
from panelkit.reporting._page_rows import rows_of
from panelkit.reporting._page_words import PAGE_WORDS
from panelkit.reporting.conventions import convention, resampling
from panelkit.reporting.labels import effect_label, key_label, of_lag, on_outcome, outcome_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.phrases import finding, full_width, headline, measure
from panelkit.reporting.phrases import said as phrase
from panelkit.reporting.printed import plain, safe_id
from panelkit.reporting.tables._notes import used_names
from panelkit.reporting.words import JOIN, joined, word


def facts(results: Results, language: Language) -> dict[str, Any]:
    study, panel = results.study, results.panel
    found = [c for of in results.checks.values() for c in of]
    tally = {v: sum(c.verdict == v for c in [*found, *results.quality]) for v in ("holds", "fails", "says")}
    return {
        "study": study,
        "title": _set(study.head.title.to(language), language) or study.id,
        "abstract": _set(study.head.abstract.to(language), language),
        "authors": joined(study.head.authors, language, "comma"),
        "simulated": word("simulated", language) if study.head.simulated else "",
        "panel": panel,
        "panel_unit": key_label(panel.unit, panel, language),
        "tally": tally,
        "history": [
            {"why": phrase(h.why, panel, language), "before": h.before, "after": h.after} for h in panel.history
        ],
        "hypotheses": _hypotheses(results, language),
        "curves": curves(results, language),
        "coverage": coverage(panel, language),
        "timing": timing(results, language),
        "by_verdict": _by_verdict(results, language),
        "excluded": sorted(study.panel.exclude.items()),
        "quality": [_check(c, results, language) for c in results.quality],
        "failing": [c for m in _by_verdict(results, language) if m["verdict"] == "fails" for c in m["checks"]],
        "designed": [_designed(e, results, language) for e in results.estimates.values()],
        "variables": [_variable(v, language) for v in panel.variables],
        "sources": [_source(s, language) for s in study.sources.values()],
        "models": _models(results, language),
    }


def _set(text: str, language: Language) -> str:
    """A study's own text, in Chinese with the marks of Chinese print."""
    return full_width(text) if language == "zh" else text


def _models(results: Results, language: Language) -> list[dict[str, Any]]:
    """The models; labels that several share are told apart by the outcome."""
    labels = model_labels(results, language)
    return [_model(e, results, language) | {"label": labels[e.id]} for e in results.estimates.values()]


def _variable(variable: Any, language: Language) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.label.to(language),
        "measure": measure(variable.measure, language),
        "how": made(variable.origin.how, language),
        "inputs": ", ".join(variable.origin.inputs),
        "filled": variable.filled,
    }


def _source(source: Any, language: Language) -> dict[str, Any]:
    # an address is shown as text unless it is a web address: a study file is a stranger's
    url = source.url if re.fullmatch(r"https?://\S+", source.url) else ""
    return {
        "id": source.id, "title": source.title.to(language) or source.path, "publisher": source.publisher, "url": url,
        "vintage": source.vintage or "", "licence": source.licence, "path": source.path, "notes": source.notes,
    }  # fmt: skip


def _check(check: Check, results: Results, language: Language) -> dict[str, Any]:
    lineage = f"lineage-{safe_id(check.of)}" if check.of in results.estimates else ""
    return {
        "source": plain(f"checks|{check.of}|{check.name}"),
        "lineage": lineage,
        "name": check_name(check.name, results, language),
        "verdict": check.verdict,
        "word": word(check.verdict, language),
        "text": finding(check.text.to(language), results.panel, language),
        "first": headline(finding(check.text.to(language), results.panel, language)),
        "value": _figure(check.value),
        "bound": _figure(check.bound),
        "gate": check.gate,
        "key": check.name,
        **_rows(check, results, language),
    }


def _rows(check: Check, results: Results, language: Language) -> dict[str, Any]:
    """The table beneath a check, or in its place the first model whose check of that name has the same one."""
    rows = rows_of(check, language)
    if rows is None or check.of not in results.estimates:
        return {"rows": rows, "like": None}
    of = next(
        m
        for m in results.estimates
        if any(c.name == check.name and c.rows == check.rows for c in results.checks.get(m, ()))
    )
    if of == check.of:
        return {"rows": rows, "like": None}
    return {"rows": None, "like": {"label": model_labels(results, language)[of], "anchor": f"model-{safe_id(of)}"}}


def _model(estimate: Estimate, results: Results, language: Language) -> dict[str, Any]:
    spec = next((m for m in results.study.models if m.id == estimate.id), None)
    panel, sample = results.panel, estimate.sample
    clusters = [f"{key_label(k, panel, language)} {shown(n, kind='count')}" for k, n in sample.clusters.items()]
    return {
        "id": estimate.id,
        "anchor": f"model-{safe_id(estimate.id)}",
        "label": (spec.label.to(language) if spec else "") or estimate.id,
        "hypothesis": spec.hypothesis if spec else "",
        "kind": named(KIND_NAMES, estimate.kind, language),
        "formula": spec.formula if spec else "",
        "where": spec.where if spec else "",
        "outcome": outcome_label(estimate, panel, language),
        "effects": joined((effect_label(a, panel, language) for a in estimate.absorb), language, "comma"),
        "sample": word("sample", language, rows=shown(sample.rows, kind="count"), units=shown(sample.units, kind="count"),
                       first=sample.first, last=sample.last),
        "clusters": joined(clusters, language, "comma"),
        "drops": [
            word("drop", language, rows=shown(d.rows, kind="count"), why=phrase(d.why, panel, language))
            for d in sample.dropped
            if d.rows
        ],
        "collinear": [term_label(t, panel, language) for t in estimate.dropped_terms],
        "convention": convention(estimate.covariance, panel, language),
        "resampling": resampling(estimate, language),
        "engine": engine_words(estimate, language),
        "confirmation": PAGE_WORDS.get(f"confirmed_{estimate.confirmation}", (estimate.confirmation,) * 2)[language == "zh"],
        "terms": _terms(estimate, results, language),
        "checks": [_check(c, results, language) for c in results.checks.get(estimate.id, ())],
        "notes": [phrase(n, panel, language) for n in estimate.notes],
        "printed_in": [],  # the exhibits, which only the page knows
        "slug": safe_id(estimate.id),
        "target": f"lineage-{safe_id(estimate.id)}",
        "trace": ".".join((estimate.id, estimate.terms[0].name if estimate.terms else "", "estimate")),
        "tally": _tally(results.checks.get(estimate.id, ()), language),
        "keys_digest": sample.keys_digest,
        "lineage": lineage(estimate, results, language),
    }  # fmt: skip


def engine_words(estimate: Estimate, language: Language) -> str:
    """Which engine fitted it; an estimate of panelkit's own routes names none, though one fitted the regression beside it."""
    if estimate.confirmation == "engine" or estimate.engine == "unitwise":
        return f"{estimate.engine} {estimate.engine_version}"
    return PAGE_WORDS["own_engine"][language == "zh"]


def lineage(estimate: Estimate, results: Results, language: Language) -> list[dict[str, Any]]:
    """The variables that an estimate rests on, each with how it is made and the files behind it, variables of variables included."""
    panel, study = results.panel, results.study
    known = {v.name: v for v in panel.variables}

    def files(name: str, seen: frozenset[str]) -> list[str]:
        found: list[str] = []
        for source in known[name].origin.inputs if name in known and name not in seen else ():
            head, dot, _ = source.partition(".")
            if dot and head in study.sources:
                found.append(f"{source}: {study.sources[head].path}")
            else:
                found += files(source, seen | {name})
        return list(dict.fromkeys(found))

    used = [n for n in used_names(estimate) if n in known]
    return [
        {
            "name": n,
            "label": key_label(n, panel, language),
            "how": made(known[n].origin.how, language),
            "files": files(n, frozenset()),
        }
        for n in used
    ]


def _hypotheses(results: Results, language: Language) -> list[dict[str, Any]]:
    """Every model that names a hypothesis, with its first coefficient, by hypothesis."""
    rows: list[dict[str, Any]] = []
    for spec in sorted((m for m in results.study.models if m.hypothesis), key=lambda m: _natural(m.hypothesis)):
        estimate = results.estimates.get(spec.id)
        if estimate is None or not estimate.terms:
            continue
        first = _first_term(estimate)
        rows.append(
            {
                "id": spec.hypothesis,
                "model": spec.label.to(language) or spec.id,
                "anchor": f"model-{safe_id(spec.id)}",
                "term": on_outcome(first.name, estimate, results.panel, language),
                "lineage": f"lineage-{safe_id(spec.id)}",
                "key": plain(f"{estimate.id}|{first.name}|"),
                "estimate": shown(first.estimate, 4, missing="–"),
                "interval": interval(first),
                "scale": (spec.hypothesis, estimate.outcome, first.name),
                "bounds": (first.low, first.estimate, first.high),
            }
        )
    for scale in dict.fromkeys(r["scale"] for r in rows):
        alike = [r for r in rows if r["scale"] == scale]
        for row, picture in zip(alike, forest([r["bounds"] for r in alike]), strict=True):
            row["picture"] = picture
    return rows


def _figure(value: float | None) -> str:
    """A check's number: whole ones as counts."""
    if value is None:
        return ""
    return shown(value, kind="count" if float(value).is_integer() else "number", missing="–")


def model_labels(results: Results, language: Language) -> dict[str, str]:
    """The label of each model; one that several share is told apart by the outcome, and by its id where that is not enough."""
    study = {m.id: m.label.to(language) or m.id for m in results.study.models}
    labels = {m: study.get(m, m) for m in results.estimates}
    outcome = {m: term_label(e.outcome, results.panel, language) for m, e in results.estimates.items()}
    for more in (outcome, {m: m for m in labels}):
        shared = [m for m, label in labels.items() if list(labels.values()).count(label) > 1]
        labels |= {m: labels[m] + JOIN[language]["colon"] + more[m] for m in shared}
    return labels


def _tally(checks: tuple[Check, ...], language: Language) -> list[tuple[str, str, int]]:
    """How many checks fail, say and hold, with the word for it, those that there are."""
    counts = [(v, word(v, language), sum(c.verdict == v for c in checks)) for v in ("fails", "says", "holds")]
    return [c for c in counts if c[2]]


def _first_term(estimate: Estimate) -> Term:
    """The coefficient that speaks to a hypothesis: the first that is no constant and no period before treatment."""
    spoken = [t for t in estimate.terms if t.name != "(constant)"] or list(estimate.terms)
    lagged = [(t, of_lag(t.name)) for t in spoken]
    if crossed := [t for t, lag in lagged if lag and lag[0] != lag[1]]:  # one variable of a system on another
        return crossed[0]
    return next((t for t in spoken if not re.search(r"::(<=)?-\d", t.name)), spoken[0])


def _designed(estimate: Estimate, results: Results, language: Language) -> dict[str, Any]:
    """A model in one line: what kind, of which outcome, with which effects, on how many rows."""
    spec = next((m for m in results.study.models if m.id == estimate.id), None)
    panel, sample = results.panel, estimate.sample
    return {
        "label": (spec.label.to(language) if spec else "") or estimate.id,
        "anchor": f"model-{safe_id(estimate.id)}",
        "of": estimate.id,
        "kind": named(KIND_NAMES, estimate.kind, language),
        "outcome": outcome_label(estimate, panel, language),
        "effects": joined((effect_label(a, panel, language) for a in estimate.absorb), language, "comma"),
        "rows": shown(sample.rows, kind="count"),
        "clusters": joined((shown(n, kind="count") for n in sample.clusters.values()), language, "comma"),
    }


def _natural(name: str) -> tuple[str, int, str]:
    """H2 before H12."""
    found = re.match(r"(\D*)(\d*)(.*)", name)
    return (found[1], int(found[2] or 0), found[3]) if found else (name, 0, "")


def _by_verdict(results: Results, language: Language) -> list[dict[str, Any]]:
    """Every check of every model, those that fail first."""
    labels = model_labels(results, language)
    every = [(of, c) for of, checks in results.checks.items() for c in checks]
    return [
        {
            "verdict": verdict,
            "word": word(verdict, language),
            "checks": [
                {**_check(c, results, language), "of": labels.get(of, of), "anchor": f"model-{safe_id(of)}"}
                for of, c in every
                if c.verdict == verdict
            ],
        }
        for verdict in ("fails", "says", "holds")
        if any(c.verdict == verdict for _, c in every)
    ]


def _terms(estimate: Estimate, results: Results, language: Language) -> list[dict[str, str]]:
    resampled = {r.term: r for r in reversed(estimate.resampled) if not math.isnan(r.p)}
    drawn = forest([(t.low, t.estimate, t.high) for t in estimate.terms])
    return [
        {
            "picture": picture,
            "name": t.name,
            "key": plain(f"{estimate.id}|{t.name}|"),
            "label": term_label(t.name, results.panel, language),
            "estimate": shown(t.estimate, 4, missing="–"),
            "se": shown(t.se, 4, missing="–"),
            "p": shown(t.p, 4, kind="p", missing="–"),
            "interval": interval(t),
            "resampled": shown(resampled[t.name].p, 4, kind="p", missing="–") if t.name in resampled else "",
        }
        for t, picture in zip(estimate.terms, drawn, strict=True)
    ]
