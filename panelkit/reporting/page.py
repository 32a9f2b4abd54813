"""The report page: everything a run found, as one self-contained HTML file; it lays out facts and computes none."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from panelkit.core.check import Check
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Label, Language
from panelkit.core.registry import FIGURES, TABLES
from panelkit.core.results import Results
from panelkit.reporting._page_words import PAGE_WORDS
from panelkit.reporting.conventions import convention, resampling
from panelkit.reporting.labels import effect_label, key_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.phrases import measure
from panelkit.reporting.phrases import said as phrase
from panelkit.reporting.printed import caption, plain, safe_id
from panelkit.reporting.render import html
from panelkit.reporting.tables._notes import used_names
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
    """One HTML file with no outside request and no script: the whole page in both languages, one of them shown.

    Parameters
    ----------
    pictures : mapping
        Figure id -> its SVG file.
    extra : tuple of Section
        Further sections, before the conventions.
    language : {'en', 'zh'}, optional
        Shown first; by default the study's. Exhibits that the study writes in one language stay in it; pictures are drawn once.
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
    views = [_view(results, (tables, figures, extra), pictures, (said, "")), None]
    other: Language = "en" if said == "zh" else "zh"
    twins = (tuple(_twin(t, results, other) for t in tables), tuple(_twin(f, results, other) for f in figures), extra)
    views[1] = _view(results, twins, pictures, (other, f"-{other}"))
    text = environment.get_template("page.html.j2").render(views=views, table_style=html.STYLE)
    return plain_lines(text).encode()


def _view(
    results: Results,
    exhibits: tuple[tuple[Table, ...], tuple[Figure, ...], tuple[Section, ...]],
    pictures: Mapping[str, bytes],
    at: tuple[Language, str],
) -> dict[str, Any]:
    """The whole page in one language; `at` is the language and what is put behind every id, "" for the view shown first."""
    (tables, figures, extra), (said, suffix) = exhibits, at
    facts = _facts(results, said)
    facts["exhibits"] = [
        *(_table(t, (said, suffix), results) for t in tables),
        *(_figure(f, pictures[f.id], said) for f in figures),
    ]
    draw = html.twin if suffix else html.fragment
    facts["extra"] = [
        {"id": f"section-{safe_id(s.id)}", "title": s.title.to(said), "paragraphs": [p.to(said) for p in s.paragraphs],
         "tables": [draw(t, links={}) for t in s.tables]}
        for s in extra
    ]  # fmt: skip
    words = {k: pair[said == "zh"] for k, pair in PAGE_WORDS.items()}
    return facts | {"w": words, "language": "zh-CN" if said == "zh" else "en", "suffix": suffix}


def _twin(exhibit: Any, results: Results, language: Language) -> Any:
    """The exhibit in the other language, made anew from its specification; itself where the study writes it in one language."""
    kind: Any = TABLES if isinstance(exhibit, Table) else FIGURES
    declared: tuple[Any, ...] = results.study.tables if isinstance(exhibit, Table) else results.study.figures
    spec = next((s for s in declared if s.id == exhibit.id), None)
    if spec is None or spec.language is not None:
        return exhibit
    built: Any = kind[spec.kind].build(replace(spec, language=language), results)
    further = tuple(n.to(language) for n in getattr(spec, "notes", ()))
    return replace(built, number=exhibit.number, notes=(*built.notes, *further))


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
        "history": [
            {"why": phrase(h.why, panel, language), "before": h.before, "after": h.after} for h in panel.history
        ],
        "hypotheses": _hypotheses(results, language),
        "by_verdict": _by_verdict(results, language),
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
        "measure": measure(variable.measure, language),
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
        "drops": [
            word("drop", language, rows=shown(d.rows, kind="count"), why=phrase(d.why, panel, language))
            for d in sample.dropped
            if d.rows
        ],
        "collinear": [term_label(t, panel, language) for t in estimate.dropped_terms],
        "convention": convention(estimate.covariance, panel, language),
        "resampling": resampling(estimate, language),
        "engine": f"{estimate.engine} {estimate.engine_version}",
        "confirmation": PAGE_WORDS.get(f"confirmed_{estimate.confirmation}", (estimate.confirmation,) * 2)[language == "zh"],
        "terms": _terms(estimate, results, language),
        "checks": [_check(c, language) for c in results.checks.get(estimate.id, ())],
        "notes": [phrase(n, panel, language) for n in estimate.notes],
        "slug": safe_id(estimate.id),
        "keys_digest": sample.keys_digest,
        "lineage": lineage(estimate, results, language),
    }  # fmt: skip


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
        {"name": n, "label": key_label(n, panel, language), "how": known[n].origin.how, "files": files(n, frozenset())}
        for n in used
    ]


def _hypotheses(results: Results, language: Language) -> list[dict[str, str]]:
    """Every model that names a hypothesis, with its first coefficient, by hypothesis."""
    rows = []
    for spec in sorted((m for m in results.study.models if m.hypothesis), key=lambda m: _natural(m.hypothesis)):
        estimate = results.estimates.get(spec.id)
        if estimate is None or not estimate.terms:
            continue
        first = next((t for t in estimate.terms if t.name != "(constant)"), estimate.terms[0])
        outcome = term_label(estimate.outcome, results.panel, language)
        rows.append(
            {
                "id": spec.hypothesis,
                "model": spec.label.to(language) or spec.id,
                "anchor": f"model-{safe_id(spec.id)}",
                "term": word("on", language, of=term_label(first.name, results.panel, language), outcome=outcome),
                "key": plain(f"{estimate.id}|{first.name}|"),
                "estimate": shown(first.estimate, 4, missing="–"),
                "interval": f"[{shown(first.low, 4, missing='–')}, {shown(first.high, 4, missing='–')}]",
            }
        )
    return rows


def _natural(name: str) -> tuple[str, int, str]:
    """H2 before H12."""
    found = re.match(r"(\D*)(\d*)(.*)", name)
    return (found[1], int(found[2] or 0), found[3]) if found else (name, 0, "")


def _by_verdict(results: Results, language: Language) -> list[dict[str, Any]]:
    """Every check of every model, those that fail first."""
    labels = {m.id: m.label.to(language) or m.id for m in results.study.models}
    every = [(of, c) for of, checks in results.checks.items() for c in checks]
    return [
        {
            "verdict": verdict,
            "word": word(verdict, language),
            "checks": [
                {**_check(c, language), "of": labels.get(of, of), "anchor": f"model-{safe_id(of)}"}
                for of, c in every
                if c.verdict == verdict
            ],
        }
        for verdict in ("fails", "says", "holds")
        if any(c.verdict == verdict for _, c in every)
    ]


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


def _table(table: Table, at: tuple[Language, str], results: Results) -> dict[str, Any]:
    language, suffix = at
    used = dict.fromkeys(c.key[0] for r in table.rows for c in r.cells if c.key and c.key[0] in results.estimates)
    links = {m: f"lineage-{safe_id(m)}{suffix}" for m in used}
    labels = {m.id: m.label.to(language) or m.id for m in results.study.models}
    samples = {m: results.estimates[m].sample for m in used}
    return {
        "kind": "table",
        "anchor": f"region-{safe_id(table.id)}" if suffix else f"table-{safe_id(table.id)}",
        "region": f"region-{safe_id(table.id)}",
        "title": _title(table, language),
        "body": (html.twin if suffix else html.fragment)(table, links=links),
        "origins": [
            {
                "anchor": f"lineage-{safe_id(m)}",
                "label": labels.get(m, m),
                "sample": word("sample", language, rows=shown(s.rows, kind="count"), units=shown(s.units, kind="count"),
                               first=s.first, last=s.last),
            }
            for m, s in samples.items()
        ],
        "notes": (),
        "alt": "",
    }  # fmt: skip


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
