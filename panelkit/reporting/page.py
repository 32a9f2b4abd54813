"""The report page: everything a run found, as one self-contained HTML file; it lays out facts and computes none."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from panelkit.core.check import Check
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Label, Language
from panelkit.core.results import Results
from panelkit.reporting._page_words import PAGE_WORDS
from panelkit.reporting.conventions import convention, resampling
from panelkit.reporting.labels import effect_label, key_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import caption, plain, safe_id
from panelkit.reporting.render import html
from panelkit.reporting.words import JOIN, joined, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section that a caller adds at the end, such as the limits of a study: paragraphs in both languages, and tables."""

    id: str
    title: Label
    paragraphs: tuple[Label, ...] = ()
    tables: tuple[Table, ...] = ()


def page(
    results: Results,
    tables: tuple[Table, ...],
    figures: tuple[Figure, ...],
    pictures: Mapping[str, bytes],
    *,
    extra: tuple[Section, ...] = (),
    language: Language | None = None,
) -> bytes:
    """One HTML file with no outside request and no script.

    Parameters
    ----------
    pictures : mapping
        Figure id -> its SVG file.
    extra : tuple of Section
        Further sections, before the conventions.
    language : {'en', 'zh'}, optional
        Of the page's own words; by default the study's.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    said: Language = language or results.study.head.language
    environment = Environment(
        loader=PackageLoader("panelkit.reporting", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["count"] = lambda n: shown(n, kind="count")
    facts = _facts(results, said)
    facts["exhibits"] = [*(_table(t, said) for t in tables), *(_figure(f, pictures[f.id], said) for f in figures)]
    facts["extra"] = [
        {"id": f"section-{safe_id(s.id)}", "title": s.title.to(said), "paragraphs": [p.to(said) for p in s.paragraphs],
         "tables": [html.fragment(t) for t in s.tables]}
        for s in extra
    ]  # fmt: skip
    text = environment.get_template("page.html.j2").render(
        **facts,
        w={k: pair[said == "zh"] for k, pair in PAGE_WORDS.items()},
        language="zh-CN" if said == "zh" else "en",
        table_style=html.STYLE,
    )
    return plain_lines(text).encode()


def plain_lines(text: str) -> str:
    """`text` without control characters and lone surrogates, its line ends kept."""
    return "\n".join(plain(line).rstrip() for line in text.split("\n"))


def _facts(results: Results, language: Language) -> dict[str, Any]:
    study, panel = results.study, results.panel
    found = [c for of in results.checks.values() for c in of]
    tally = {v: sum(c.verdict == v for c in [*found, *results.quality]) for v in ("holds", "fails", "says")}
    return {
        "study": study,
        "title": study.head.title.to(language) or study.id,
        "abstract": study.head.abstract.to(language),
        "authors": joined(study.head.authors, language, "comma"),
        "simulated": word("simulated", language) if study.head.simulated else "",
        "panel": panel,
        "panel_unit": key_label(panel.unit, panel, language),
        "tally": tally,
        "history": panel.history,
        "excluded": sorted(study.panel.exclude.items()),
        "quality": [_check(c, language) for c in results.quality],
        "variables": [_variable(v, language) for v in panel.variables],
        "sources": [_source(s, language) for s in study.sources.values()],
        "models": _models(results, language),
    }


def _models(results: Results, language: Language) -> list[dict[str, Any]]:
    """The models; labels that several share are told apart by the outcome."""
    made = [_model(e, results, language) for e in results.estimates.values()]
    labels = [m["label"] for m in made]
    for model in made:
        if labels.count(model["label"]) > 1:
            model["label"] += JOIN[language]["colon"] + model["outcome"]
    return made


def _variable(variable: Any, language: Language) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.label.to(language),
        "measure": variable.measure,
        "how": variable.origin.how,
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


def _name(key: str, name: str, language: Language) -> str:
    return PAGE_WORDS.get(key, (name.replace("_", " "),) * 2)[language == "zh"]


def _check(check: Check, language: Language) -> dict[str, Any]:
    return {
        "name": _name(f"check_{check.name}", check.name, language),
        "verdict": check.verdict,
        "word": word(check.verdict, language),
        "text": check.text.to(language),
        "value": "" if check.value is None else shown(check.value, missing="–"),
        "bound": "" if check.bound is None else shown(check.bound, missing="–"),
        "gate": check.gate,
    }


def _model(estimate: Estimate, results: Results, language: Language) -> dict[str, Any]:
    spec = next((m for m in results.study.models if m.id == estimate.id), None)
    panel, sample = results.panel, estimate.sample
    clusters = [f"{key_label(k, panel, language)} {shown(n, kind='count')}" for k, n in sample.clusters.items()]
    return {
        "id": estimate.id,
        "anchor": f"model-{safe_id(estimate.id)}",
        "label": (spec.label.to(language) if spec else "") or estimate.id,
        "hypothesis": spec.hypothesis if spec else "",
        "kind": _name(f"kind_{estimate.kind}", estimate.kind, language),
        "formula": spec.formula if spec else "",
        "where": spec.where if spec else "",
        "outcome": term_label(estimate.outcome, panel, language),
        "effects": joined((effect_label(a, panel, language) for a in estimate.absorb), language, "comma"),
        "sample": word("sample", language, rows=shown(sample.rows, kind="count"), units=shown(sample.units, kind="count"),
                       first=sample.first, last=sample.last),
        "clusters": joined(clusters, language, "comma"),
        "drops": [word("drop", language, rows=shown(d.rows, kind="count"), why=d.why) for d in sample.dropped if d.rows],
        "collinear": [term_label(t, panel, language) for t in estimate.dropped_terms],
        "convention": convention(estimate.covariance, panel, language),
        "resampling": resampling(estimate, language),
        "engine": f"{estimate.engine} {estimate.engine_version}",
        "confirmation": PAGE_WORDS.get(f"confirmed_{estimate.confirmation}", (estimate.confirmation,) * 2)[language == "zh"],
        "terms": _terms(estimate, results, language),
        "checks": [_check(c, language) for c in results.checks.get(estimate.id, ())],
        "notes": estimate.notes,
    }  # fmt: skip


def _terms(estimate: Estimate, results: Results, language: Language) -> list[dict[str, str]]:
    resampled = {r.term: r for r in reversed(estimate.resampled) if not math.isnan(r.p)}
    return [
        {
            "name": t.name,
            "key": plain(f"{estimate.id}|{t.name}|"),
            "label": term_label(t.name, results.panel, language),
            "estimate": shown(t.estimate, 4, missing="–"),
            "se": shown(t.se, 4, missing="–"),
            "p": shown(t.p, 4, kind="p", missing="–"),
            "interval": f"[{shown(t.low, 4, missing='–')}, {shown(t.high, 4, missing='–')}]",
            "resampled": shown(resampled[t.name].p, 4, kind="p", missing="–") if t.name in resampled else "",
        }
        for t in estimate.terms
    ]


def _table(table: Table, language: Language) -> dict[str, Any]:
    return {
        "kind": "table",
        "anchor": f"table-{safe_id(table.id)}",
        "title": _title(table, language),
        "body": html.fragment(table),
        "notes": (),
        "alt": "",
    }


def _figure(figure: Figure, svg: bytes, language: Language) -> dict[str, Any]:
    # as an image, an SVG can neither run scripts nor share ids with its neighbours
    coded = base64.b64encode(svg).decode("ascii")
    label = "" if not figure.number else (f"图{figure.number}" if language == "zh" else f"Figure {figure.number}")
    return {
        "kind": "figure",
        "anchor": f"figure-{safe_id(figure.id)}",
        "title": (" " if language == "zh" else ". ").join(filter(None, (label, figure.title))),
        "body": f"data:image/svg+xml;base64,{coded}",
        "notes": figure.notes,
        "alt": figure.alt,
    }


def _title(table: Table, language: Language) -> str:
    return (" " if language == "zh" else ". ").join(filter(None, caption(table))) or table.id
