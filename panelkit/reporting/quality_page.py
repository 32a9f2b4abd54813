"""The quality report of a panel as one self-contained HTML file in both languages; it lays out findings and makes none."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.results import QualityExhibits, QualityReport
from panelkit.core.study import Study
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.phrases import said as phrase
from panelkit.reporting.printed import plain, safe_id
from panelkit.reporting.words import word

Pictures = Mapping[str, bytes]

OPEN = 40  # rows of a table that are shown at once; longer ones unfold
_FINDINGS = "quality_findings"
_WORDS: dict[str, tuple[str, str]] = {
    "kind": ("Quality report of the panel", "面板数据质量报告"),
    "contents": ("Contents", "目录"),
    "skip": ("Skip to content", "跳到正文"),
    "rows": ("rows", "行"),
    "units": ("units", "地区"),
    "periods": ("periods", "期"),
    "variables": ("variables", "变量"),
    "missing": ("cells missing", "单元格缺失"),
    "filled": ("cells filled", "单元格填补"),
    "fails": ("to be explained", "须解释"),
    "says": ("remarks", "提示"),
    "pictures": ("The panel at a glance", "面板概览"),
    "more": ("rows", "行"),
    "digest": ("Digest of the panel", "面板摘要"),
    "own_name": ("English", "中文"),
    "limits": (
        "A finding is a question to the data, not a fault of it: provinces may have had what looks like a slip. Nothing was changed or "
        "left out on account of a finding; a gate stops a run only where the study says so.",
        "以上发现是对数据的疑问，而非数据错误的结论：看似异常的数值可能真实发生。未因任何发现而修改或剔除数据；仅当研究文件声明门槛时才会中止运行。",
    ),
}


def quality_page(study: Study, panel: Panel, quality: QualityReport, pictures: Pictures) -> bytes:
    """One HTML file with no outside request and no script, in both languages, the study's shown first.

    Parameters
    ----------
    pictures : mapping
        Figure id -> its SVG file in the study's language; `id.en` or `id.zh` -> in the other.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    first = study.head.language
    second: Language = "en" if first == "zh" else "zh"
    environment = Environment(
        loader=PackageLoader("panelkit.reporting", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    views = [
        _view(study, panel, quality, pictures, language) | {"suffix": suffix}
        for language, suffix in ((first, ""), (second, f"-{second}"))
    ]
    text = environment.get_template("quality.html.j2").render(views=views)
    return "\n".join(plain(line).rstrip() for line in text.split("\n")).encode()


def _view(study: Study, panel: Panel, quality: QualityReport, pictures: Pictures, language: Language) -> dict[str, Any]:
    zh = language == "zh"
    words = {k: pair[zh] for k, pair in _WORDS.items()}
    frame = panel.frame[[v.name for v in panel.variables]]
    cells = max(int(frame.size), 1)
    checks, exhibits = quality.checks, quality.exhibits[language]
    tiles = [
        (words["rows"], shown(panel.rows, kind="count"), ""),
        (f"{words['units']} ({key_label(panel.unit, panel, language)})", shown(len(panel.units), kind="count"), ""),
        (words["periods"], f"{panel.times[0]}–{panel.times[-1]}", ""),
        (words["variables"], shown(len(panel.variables), kind="count"), ""),
        (words["missing"], f"{100 * int(frame.isna().sum().sum()) / cells:.1f}%", ""),
        (words["filled"], f"{100 * sum(v.filled for v in panel.variables) / cells:.1f}%", ""),
        (words["fails"], shown(sum(c.verdict == "fails" for c in checks), kind="count"), "fails"),
        (words["says"], shown(sum(c.verdict == "says" for c in checks), kind="count"), ""),
    ]
    return {
        "w": words,
        "language": "zh-CN" if zh else "en",
        "title": study.head.title.to(language) or study.id,
        "id": study.id,
        "simulated": word("simulated", language) if study.head.simulated else "",
        "digest": panel.digest,
        "tiles": [{"name": n, "value": v, "class": c if v != "0" else ""} for n, v, c in tiles],
        "figures": figure_facts(exhibits, pictures),
        "tables": table_facts(exhibits, panel, language),
        "findings": _FINDINGS,
    }


def figure_facts(exhibits: QualityExhibits, pictures: Pictures) -> list[dict[str, Any]]:
    """Pictures as a template lays them out; as images, so that an SVG can neither run scripts nor share ids."""
    found = [(f, pictures.get(f"{f.id}.{f.language}", pictures.get(f.id))) for f in exhibits.figures]
    return [_figure(f, svg) for f, svg in found if svg is not None]


def _figure(figure: Figure, svg: bytes) -> dict[str, Any]:
    coded = base64.b64encode(svg).decode("ascii")
    return {
        "anchor": f"figure-{safe_id(figure.id)}",
        "title": figure.title,
        "notes": figure.notes,
        "alt": figure.alt,
        "body": f"data:image/svg+xml;base64,{coded}",
    }


def table_facts(exhibits: QualityExhibits, panel: Panel, language: Language) -> list[dict[str, Any]]:
    """Tables as a template lays them out: headings, rows of texts, whether a column is of numbers, whether it is long."""
    return [_table(t, panel, language) for t in exhibits.tables]


def _table(table: Table, panel: Panel, language: Language) -> dict[str, Any]:
    rows = [
        {"label": plain(phrase(r.label, panel, language)), "cells": [plain(c.shown) for c in r.cells]}
        for r in table.rows
    ]
    return {
        "id": table.id,
        "anchor": f"part-{safe_id(table.id)}",
        "title": table.title,
        "stub": table.stub,
        "heads": [{"text": c.heading[0], "number": c.align == "decimal"} for c in table.columns],
        "rows": rows,
        "long": len(rows) > OPEN,
        "notes": table.notes,
    }
