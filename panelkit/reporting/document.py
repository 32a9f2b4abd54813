"""The report as one PDF by Typst (extra `pdf`): the same facts and exhibits as the page, set for paper; nothing is computed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Language
from panelkit.core.results import Results
from panelkit.reporting._page_facts import facts
from panelkit.reporting._page_words import page_words
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import plain
from panelkit.reporting.render import typst
from panelkit.reporting.words import JOIN, level_of

_HEAD = """#set document(title: {title}, author: {authors}, date: none)
#set page(paper: "a4", margin: (x: 2.3cm, top: 2.2cm, bottom: 2.3cm), numbering: "1", number-align: center)
#set text(font: ({fonts}), size: 10pt, lang: "{language}", fallback: true, number-type: "lining")
#set par(leading: 0.62em, spacing: 0.85em)
#show heading.where(level: 1): set text(size: 14pt)
#show heading.where(level: 1): set block(above: 1.9em, below: 0.8em)
#show heading.where(level: 2): set text(size: 11pt)
#show heading.where(level: 2): set block(above: 1.5em, below: 0.6em)
#show figure: set block(breakable: true)
#show figure.caption: set block(sticky: true)
#show figure.caption: set text(size: 10pt)
#show table.cell: set text(size: 8.5pt)
#show table.cell: set par(leading: 0.5em)
#let soft = rgb("#596069")
#let mark(m) = if m.starts-with("*") {{ m }} else if m != "" {{ super(typographic: false, m) }}
#let n(l, before, r, after, m) = box(width: l, align(right, before)) + box(width: r, align(left, after + mark(m)))
#let t(shown, m) = shown + mark(m)
#let whole(body) = layout(size => block(breakable: measure(width: size.width, body).height > size.height, body))
#let told(body) = block(above: 0.5em, below: 0.9em, text(size: 9pt, fill: soft, body))
"""
_WIDE = 7  # columns beyond which a table stands on a page turned by 90 degrees
_UPRIGHT, _TURNED = 465.0, 711.0  # points between the margins of a page


def document(
    results: Results, tables: tuple[Table, ...], figures: tuple[Figure, ...], pictures: Mapping[str, bytes]
) -> bytes:
    """The report in the study's language as PDF; the same bytes every time on a machine with the same fonts.

    Parameters
    ----------
    pictures : mapping
        Figure id -> its SVG file.

    Raises
    ------
    ReportError
        Where the typst package is not installed, or the report has Chinese words and no font here has them.
    """
    text = source(results, tables, figures, pictures)
    return typst.compiled(text, chinese=bool(typst.CHINESE.search(text)))


def source(
    results: Results, tables: tuple[Table, ...], figures: tuple[Figure, ...], pictures: Mapping[str, bytes]
) -> str:
    """The Typst source of the report."""
    language: Language = results.study.head.language
    words = page_words(language, level_of(results))
    found = facts(results, language)
    head = _HEAD.format(
        title=_text(found["title"]),
        authors="(" + "".join(f"{_text(a)}, " for a in results.study.head.authors) + ")",
        fonts=", ".join(f'"{f}"' for f in typst.FONTS),
        language=language,
    )
    parts = [
        head,
        *_glance(found, words, results),
        *_data(found, words, language),
        *_design(found, words),
        *_exhibits(tables, figures, pictures, words, language),
        *_hypotheses(found, words),
        *_robustness(found, words),
        *_models(found, words, language),
        *(
            f"#heading(level: 1, {_text(words[k])})\n{_line(words[f'{t}_text'])}"
            for k, t in (("conventions", "convention"), ("limits", "limits"))
        ),
    ]
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    """A Typst string: what a JSON string is, but for its escapes of characters."""
    return json.dumps(plain(text), ensure_ascii=False)


def _line(text: str) -> str:
    return f"#par({_text(text)})"


def _heading(text: str, level: int = 1) -> str:
    return f"#heading(level: {level}, {_text(text)})"


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]], widths: str, sides: str) -> str:
    """A table of texts: `widths` and `sides` are Typst's columns and, a letter each (l, r, c), their alignment."""
    aligned = ", ".join({"l": "left", "r": "right", "c": "center"}[s] for s in sides)
    lines = [f"#table(columns: ({widths}), align: ({aligned}), stroke: none, inset: (x: 3.5pt, y: 3pt),"]
    lines += ["  table.header(", "    table.hline(stroke: 0.8pt),"]
    lines += [
        "    " + ", ".join(f"text(fill: soft, {_text(h)})" for h in head) + ",",
        "    table.hline(stroke: 0.5pt),",
        "  ),",
    ]
    for row in rows:
        lines += ["  " + ", ".join(_text(c) for c in row) + ",", '  table.hline(stroke: 0.25pt + rgb("#dfe2e6")),']
    return "\n".join([*lines, "  table.hline(stroke: 0.8pt),", ")"])


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what they stand for, in two columns."""
    cells = [f"  text(fill: soft, {_text(name)}), {_text(value)}," for name, value in pairs if value]
    settings = "columns: (auto, 1fr), stroke: none, inset: (x: 0pt, y: 2.2pt), column-gutter: 1.2em"
    return "\n".join([f"#block(breakable: false, sticky: true, table({settings},", *cells, "))"])


def _glance(found: dict[str, Any], words: dict[str, str], results: Results) -> list[str]:
    study, panel, tally = results.study, results.panel, found["tally"]
    counts = [
        (panel.rows, words["rows"]), (len(panel.units), words["units"]), (len(panel.times), words["periods"]),
        (len(found["models"]), words["n_models"]), (tally["holds"], words["n_holds"]), (tally["fails"], words["n_fails"]),
        (tally["says"], words["n_says"]),
    ]  # fmt: skip
    made = [
        f"#text(fill: soft, {_text(words['report'])})",
        f'#block(above: 0.6em, text(size: 19pt, weight: "bold", {_text(found["title"])}))',
    ]
    made += [_line(found["authors"])] if found["authors"] else []
    made += (
        [f'#block(fill: rgb("#fff3d1"), inset: 8pt, radius: 3pt, strong({_text(found["simulated"])}))']
        if found["simulated"]
        else []
    )
    made += [_heading(words["at_a_glance"]), _line(found["abstract"])]
    boxes = ", ".join(
        f'block[#text(size: 15pt, weight: "bold", {_text(shown(n, kind="count"))}) #linebreak() #told({_text(name)})]'
        for n, name in counts
    )
    made += [f"#block(above: 1.2em, below: 1.2em, grid(columns: (1fr,) * {len(counts)}, gutter: 6pt, {boxes}))"]
    if found["failing"]:
        made += [_heading(words["failing"], 2)]
        made += [_grid([words["model"], words["check"], words["finding"]],
                       [(c["of"], c["name"], c["first"]) for c in found["failing"]], "1.1fr, auto, 2.4fr", "lll")]  # fmt: skip
    return [*made, _facts([
        (words["unit_is"], found["panel_unit"]), (words["years"], f"{panel.times[0]}–{panel.times[-1]}"),
        (words["seed"], str(study.head.seed)),
        (words["digest"], study.digest), (words["panel_digest"], panel.digest),
    ])]  # fmt: skip


def _checks(checks: list[dict[str, Any]], words: dict[str, str]) -> str:
    rows = [(c["word"], c["name"], c["text"], c["value"], c["bound"]) for c in checks]
    head = [words[k] for k in ("verdict", "check", "finding", "value", "bound")]
    return _grid(head, rows, "auto, 2.6cm, 1fr, auto, auto", "lllrr")


def _data(found: dict[str, Any], words: dict[str, str], language: Language) -> list[str]:
    made = [_heading(words["data"])]
    if found["quality"]:
        made += [_heading(words["quality"], 2), _checks(found["quality"], words)]
    times = found["coverage"]["times"]
    rows = [(r["label"], *(shown(c["count"], kind="count") for c in r["cells"])) for r in found["coverage"]["rows"]]
    made += [_heading(words["coverage"], 2)]
    for start in range(0, len(times), 12):
        part = slice(start, start + 12)
        cut = [(r[0], *r[1:][part]) for r in rows]
        made += [
            _grid(
                [words["variable"], *map(str, times[part])],
                cut,
                "1fr" + ", auto" * len(times[part]),
                "l" + "r" * len(times[part]),
            )
        ]
    made += [_heading(words["variables"], 2)]
    variables = [
        (v["name"], v["label"], v["measure"], v["how"], shown(v["filled"], kind="count")) for v in found["variables"]
    ]
    made += [
        _grid(
            [words[k] for k in ("name", "label", "measure", "made", "filled")],
            variables,
            "auto, 1fr, auto, 1.5fr, auto",
            "llllr",
        )
    ]
    if found["sources"]:
        made += [_heading(words["sources"], 2)]
        licences = list(dict.fromkeys(s["licence"] for s in found["sources"]))
        fields = ("title", "publisher", "vintage", "licence")[: 3 + (len(licences) > 1)]
        heads = [words[{"title": "source"}.get(k, k)] for k in fields]
        rows = [tuple(str(s[k]) for k in fields) for s in found["sources"]]
        made += [
            _grid(
                heads, rows, "1.4fr, 1fr, auto, 1fr" if len(licences) > 1 else "1.4fr, 1fr, auto", "llll"[: len(fields)]
            )
        ]
        if len(licences) == 1 and licences[0]:
            made += [f"#told({_text(words['licence'] + JOIN[language]['colon'] + licences[0])})"]
    return made


def _design(found: dict[str, Any], words: dict[str, str]) -> list[str]:
    head = [words[k] for k in ("model", "kind_of", "outcome", "effects", "observations", "clusters")]
    rows = [(d["label"], d["kind"], d["outcome"], d["effects"], d["rows"], d["clusters"]) for d in found["designed"]]
    made = [_heading(words["design"]), _grid(head, rows, "1fr, auto, 1.2fr, auto, auto, auto", "llllrr")]
    for timing in found["timing"]:
        cohorts = [(r["when"] or words["never"], str(r["count"]), r["names"]) for r in timing["rows"]]
        made += [
            _heading(timing["label"], 2),
            _grid([words[k] for k in ("first_treated", "how_many", "which")], cohorts, "auto, auto, 1fr", "lrl"),
        ]
    return made


def _exhibits(
    tables: tuple[Table, ...],
    figures: tuple[Figure, ...],
    pictures: Mapping[str, bytes],
    words: dict[str, str],
    language: Language,
) -> list[str]:
    made = [_heading(words["exhibits"])]
    for table in tables:
        turned = table.landscape or len(table.columns) > _WIDE
        most = 8.5 if turned else 9.0
        size = f"set text(size: {typst.fitting(table, _TURNED if turned else _UPRIGHT, most=most):g}pt)"
        set_in = f"#set text(size: {most:g}pt)\n#show table: {size}\n#show table.cell: {size}"
        body = f"#v(1.2em)\n#whole[\n{set_in}\n{typst.source(table, paper=False)}]"
        made += [f"#page(flipped: true)[\n{body}\n]" if turned else body]
    for figure in figures:
        label = "" if not figure.number else (f"图{figure.number}" if language == "zh" else f"Figure {figure.number}")
        title = (" " if language == "zh" else ". ").join(filter(None, (label, figure.title)))
        share = _share(figure, pictures[figure.id])
        picture = f'image(bytes({_text(pictures[figure.id].decode())}), format: "svg", width: {share}, alt: {_text(figure.alt)})'
        notes = "".join(f"\n#told({_text(n)})" for n in figure.notes)
        made += [f"#block(breakable: false, above: 1.6em)[\n#{picture}\n#strong({_text(title)}){notes}\n]"]
    return made


def _share(figure: Figure, svg: bytes) -> str:
    """How much of a line a picture takes: one of a single column about half, a high one less, so that a page holds more than it."""
    size = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', svg[:2000])
    high = float(size[2]) / float(size[1]) if size else 0.6
    return f"{min(100.0 if figure.width == 'double' else 55.0, 72 / max(high, 0.1)):.0f}%"


def _hypotheses(found: dict[str, Any], words: dict[str, str]) -> list[str]:
    if not found["hypotheses"]:
        return []
    rows = [(h["id"], h["model"], h["term"], h["estimate"], h["interval"]) for h in found["hypotheses"]]
    head = [words[k] for k in ("hypothesis", "model", "term", "estimate", "interval")]
    return [
        _heading(words["hypotheses"]),
        _line(words["hypotheses_text"]),
        _grid(head, rows, "auto, 1fr, 1.8fr, auto, auto", "lllrr"),
    ]


def _robustness(found: dict[str, Any], words: dict[str, str]) -> list[str]:
    if not found["curves"]:
        return []
    made = [_heading(words["robustness"]), _line(words["robustness_text"])]
    for curve in found["curves"]:
        rows = [(r["model"], r["rows"], r["estimate"], r["interval"]) for r in curve["rows"]]
        head = [words[k] for k in ("model", "observations", "estimate", "interval")]
        made += [
            _heading(curve["title"], 2),
            _grid(head, rows, "1fr, auto, auto, auto", "lrrr"),
            f"#told({_text(curve['told'])})",
        ]
    return made


def _models(found: dict[str, Any], words: dict[str, str], language: Language) -> list[str]:
    made = [_heading(words["models"])]
    for model in found["models"]:
        marks = JOIN[language]
        title = model["label"] + (
            f"{marks['open']}{model['hypothesis']}{marks['close']}" if model["hypothesis"] else ""
        )
        made += [_heading(title, 2), _facts([
            (words["formula"], model["formula"]), (words["kind_of"], model["kind"]), (words["outcome"], model["outcome"]),
            (words["effects"], model["effects"]), (words["sample"], model["sample"]), (words["clusters"], model["clusters"]),
            (words["where"], model["where"]), (words["left_out"], marks["list"].join(model["drops"])),
            (words["collinear"], marks["comma"].join(model["collinear"])), (words["inference"], model["convention"]),
            (words["resampling"], model["resampling"]), (words["engine"], model["engine"]), (words["confirmed"], model["confirmation"]),
        ])]  # fmt: skip
        head = [
            words["term"],
            words["estimate"],
            words["se"],
            "p",
            words["interval"],
            *([words["resampled"]] if model["resampling"] else []),
        ]
        rows = [
            (
                t["label"],
                t["estimate"],
                t["se"],
                t["p"],
                t["interval"],
                *([t["resampled"]] if model["resampling"] else []),
            )
            for t in model["terms"]
        ]
        made += [_grid(head, rows, "1fr" + ", auto" * (len(head) - 1), "l" + "r" * (len(head) - 1))]
        made += [f"#told({_text(marks['space'].join(model['notes']))})"] if model["notes"] else []
        made += [_checks(model["checks"], words)] if model["checks"] else []
    return made
