"""The report page: everything a run found, as one self-contained HTML file; it lays out facts and computes none."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Label, Language
from panelkit.core.registry import FIGURES, TABLES
from panelkit.core.results import Results
from panelkit.reporting._page_facts import facts
from panelkit.reporting._page_words import page_words
from panelkit.reporting.exhibits import numbered
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import caption, plain, safe_id
from panelkit.reporting.quality_page import Pictures, figure_facts
from panelkit.reporting.render import html
from panelkit.reporting.words import level_of, word


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
    quality: Pictures | None = None,
) -> bytes:
    """One HTML file with no outside request and no script: the whole page in both languages, one of them shown.

    Parameters
    ----------
    pictures : mapping
        Figure id -> its SVG file.
    quality : mapping, optional
        Id of a picture of the quality report -> its SVG file.
    extra : tuple of Section
        Further sections, before the conventions.
    language : {'en', 'zh'}, optional
        Shown first; by default the study's. Exhibits that the study writes in one language stay in it.
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
    drawn = {f.id: _drawn(f, pictures[f.id], said) for f in twins[1]}
    views[1] = _view(results, twins, drawn, (other, f"-{other}"))
    for view, shown_in in zip(views, (said, other), strict=True):
        view |= _quality(results, quality or {}, shown_in)  # type: ignore[operator]
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
    found = facts(results, said)
    found["exhibits"] = [
        *(_table(t, (said, suffix), results) for t in tables),
        *(_figure(f, pictures[f.id], said, results) for f in figures),
    ]
    for model in found["models"]:
        model["printed_in"] = [e for e in found["exhibits"] if model["id"] in (o["of"] for o in e["origins"])]
    draw = html.twin if suffix else html.fragment
    found["extra"] = [
        {"id": f"section-{safe_id(s.id)}", "title": s.title.to(said), "paragraphs": [p.to(said) for p in s.paragraphs],
         "tables": [draw(t, links={}) for t in s.tables]}
        for s in extra
    ]  # fmt: skip
    words = page_words(said, level_of(results))
    return found | {"w": words, "language": "zh-CN" if said == "zh" else "en", "suffix": suffix}


def _quality(results: Results, pictures: Pictures, language: Language) -> dict[str, Any]:
    """The quality report's pictures; its tables are in a page of its own."""
    report = results.quality_report
    if report is None:
        return {"quality_figures": [], "quality_report": False}
    drawn = report.exhibits[language]
    told = tuple(f for f in drawn.figures if any(any(f.data.get(k, ())) for k in ("missing", "filled")))
    return {"quality_figures": figure_facts(replace(drawn, figures=told), pictures), "quality_report": True}


def _twin(exhibit: Any, results: Results, language: Language) -> Any:
    """The exhibit in the other language, made anew from its specification; itself where the study writes it in one language."""
    kind: Any = TABLES if isinstance(exhibit, Table) else FIGURES
    declared: tuple[Any, ...] = results.study.tables if isinstance(exhibit, Table) else results.study.figures
    spec = next((s for s in declared if s.id == exhibit.id), None)
    if spec is None or spec.language is not None:
        return exhibit
    built: Any = kind[spec.kind].build(replace(spec, language=language), results)
    if isinstance(built, Table):
        return numbered(built, exhibit.number, spec)
    return replace(built, number=exhibit.number)


def _drawn(twin: Figure, picture: bytes, language: Language) -> bytes:
    """The picture in the twin's language; the one that there is where no font here has its words."""
    if twin.language == language:
        return picture
    try:
        return FIGURES[twin.kind].draw(replace(twin, formats=("svg",)))["svg"]
    except ReportError:
        return picture


def plain_lines(text: str) -> str:
    """`text` without control characters and lone surrogates, its line ends kept."""
    return "\n".join(plain(line).rstrip() for line in text.split("\n"))


def _table(table: Table, at: tuple[Language, str], results: Results) -> dict[str, Any]:
    language, suffix = at
    used = dict.fromkeys(c.key[0] for r in table.rows for c in r.cells if c.key and c.key[0] in results.estimates)
    links = {m: f"lineage-{safe_id(m)}{suffix}" for m in used}
    return {
        "kind": "table",
        "of": table.id,
        "anchor": f"region-{safe_id(table.id)}" if suffix else f"table-{safe_id(table.id)}",
        "region": f"region-{safe_id(table.id)}",
        "title": _title(table, language),
        "body": (html.twin if suffix else html.fragment)(table, links=links),
        "origins": _origins(used, results, language),
        "notes": (),
        "alt": "",
    }  # fmt: skip


def _origins(models: Iterable[str], results: Results, language: Language) -> list[dict[str, str]]:
    """The models behind an exhibit, each with its sample and the place of its lineage."""
    labels = {m.id: m.label.to(language) or m.id for m in results.study.models}
    samples = {m: results.estimates[m].sample for m in models}
    return [
        {
            "of": m,
            "anchor": f"lineage-{safe_id(m)}",
            "label": labels.get(m, m),
            "sample": word("sample", language, rows=shown(s.rows, kind="count"), units=shown(s.units, kind="count"),
                           first=s.first, last=s.last),
        }
        for m, s in samples.items()
    ]  # fmt: skip


def _figure(figure: Figure, svg: bytes, language: Language, results: Results) -> dict[str, Any]:
    spec = next((f for f in results.study.figures if f.id == figure.id), None)
    # as an image, an SVG can neither run scripts nor share ids with its neighbours
    coded = base64.b64encode(svg).decode("ascii")
    label = "" if not figure.number else (f"图{figure.number}" if language == "zh" else f"Figure {figure.number}")
    return {
        "kind": "figure",
        "source": plain(f"figure|{getattr(spec, 'model', '')}|{figure.id}"),
        "anchor": f"figure-{safe_id(figure.id)}",
        "region": f"figure-{safe_id(figure.id)}",
        "title": (" " if language == "zh" else ". ").join(filter(None, (label, figure.title))),
        "body": f"data:image/svg+xml;base64,{coded}",
        "notes": figure.notes,
        "alt": figure.alt,
        "origins": _origins((m for m in _models_of(spec) if m in results.estimates), results, language),
    }


def _models_of(spec: Any) -> tuple[str, ...]:
    """The models that a figure declares."""
    return tuple(dict.fromkeys(filter(None, (getattr(spec, "model", ""), *getattr(spec, "models", ())))))


def _title(table: Table, language: Language) -> str:
    return (" " if language == "zh" else ". ").join(filter(None, caption(table))) or table.id
