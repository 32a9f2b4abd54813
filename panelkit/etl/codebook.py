"""The codebook: what each variable of a panel is, where it comes from and how it is spread; how it looks is for reporting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import Study, VariablePlan
from panelkit.etl.explain import formula_of, keys_of, price_in_words
from panelkit.facts.tables import catalogue

if TYPE_CHECKING:
    import pandas as pd

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Codebook", "变量说明书"),
    "variables": ("Variables", "变量"),
    "summary": ("Summary statistics", "描述性统计"),
    "origins": ("Where the variables come from", "变量来源"),
    "references": ("Sources", "数据来源"),
    "variable": ("variable", "变量"),
    "label": ("label", "标签"),
    "measure": ("unit", "单位"),
    "price": ("prices", "价格口径"),
    "made": ("how it is made", "构造方法"),
    "from": ("series", "序列"),
    "vintage": ("vintage", "版次"),
    "files": ("files", "文件"),
    "source": ("source", "来源"),
    "citation": ("citation", "引文"),
    "licence": ("licence", "许可"),
    "cells": ("N", "N"),
    "missing": ("missing", "缺失"),
    "filled": ("filled", "填补"),
    "mean": ("mean", "均值"),
    "sd": ("SD", "标准差"),
    "min": ("min", "最小值"),
    "p25": ("p25", "25分位"),
    "median": ("median", "中位数"),
    "p75": ("p75", "75分位"),
    "max": ("max", "最大值"),
    "scope": (
        "{rows} rows: {units} units ({unit}), {first}–{last}. Filled cells are not as published; formulas in LaTeX, publishers and the "
        "chain of each variable are in codebook.csv, raw cells in observations.parquet.",
        "共{rows}行：{units}个单元（{unit}），{first}–{last}年。填补单元格非公布值；各变量的LaTeX公式、出版者与构造过程见codebook.csv，"
        "原始单元格见observations.parquet。",
    ),
}


def codebook_rows(panel: Panel, study: Study, observations: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per variable: label, unit, prices, formula and chain, sources with citation and vintage, and a summary of its values."""
    frame, rows = panel.frame, []
    present = observations[observations["value"].notna() | observations["text"].notna()]
    vintages = {str(s): sorted({int(v) for v in own if v}) for s, own in present.groupby("series")["vintage"]}
    for variable in panel.variables:
        plan = study.variables.get(variable.name)
        values = frame[variable.name]
        numbers = values if variable.kind == "number" else values.iloc[:0].astype("float64")
        ids = dict.fromkeys(s.split(".")[0] for s in variable.origin.inputs)
        sources = [study.sources[i] for i in ids if i in study.sources]
        facts = facts_of(plan)
        years = sorted({v for s in variable.origin.inputs for v in vintages.get(s, [])})
        cited = [*map(citation, sources), *(_fact_citation(f) for f in facts)]
        rows.append(
            {
                "variable": variable.name,
                "label_en": variable.label.en,
                "label_zh": variable.label.zh,
                "measure": variable.measure,
                "price": variable.price,
                "base_year": "" if variable.base_year is None else str(variable.base_year),
                "kind": variable.kind,
                "made": variable.origin.how,
                "formula": formula_of(plan, keys_of(plan, study, panel, observations)) if plan is not None else "",
                "from": " ".join(variable.origin.inputs),
                "publisher": "; ".join(dict.fromkeys(s.publisher for s in sources if s.publisher)),
                "citation": "; ".join(dict.fromkeys(filter(None, cited))),
                "files": "; ".join(dict.fromkeys([*(s.path for s in sources), *(f"facts/{f}.csv" for f in facts)])),
                "vintage": "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}",
                "cells": int(values.notna().sum()),
                "missing": int(values.isna().sum()),
                "filled": variable.filled,
                "units": int(frame.loc[values.notna(), panel.unit].nunique()),
                "first": int(frame.loc[values.notna(), panel.time].min()) if values.notna().any() else None,
                "last": int(frame.loc[values.notna(), panel.time].max()) if values.notna().any() else None,
                "mean": float(numbers.mean()),
                "sd": float(numbers.std()),
                "min": float(numbers.min()),
                "p25": float(numbers.quantile(0.25)),
                "median": float(numbers.median()),
                "p75": float(numbers.quantile(0.75)),
                "max": float(numbers.max()),
            }
        )
    return rows


def facts_of(plan: VariablePlan | None) -> tuple[str, ...]:
    """Names of the shipped tables of facts that a derivation rests on."""
    if plan is None or not plan.spec.derive:
        return ()
    return DERIVATIONS[plan.spec.derive].facts(plan.options)


def _fact_citation(name: str) -> str:
    note = catalogue()[name]
    return f"{note.title_en}: {note.source}"


def citation(source: Any) -> str:
    """A source as a line of a list of references: publisher, title, vintage, address, day of retrieval."""
    parts = [source.publisher, source.title.to("en"), f"vintage {source.vintage}" if source.vintage else "", source.url]
    day = source.retrieved[:4].isdigit()  # else the way to the file
    parts.append(f"{'retrieved' if day else 'access:'} {source.retrieved}" if source.retrieved else "")
    return ", ".join(p for p in parts if p)


def codebook_tables(study: Study, rows: list[dict[str, Any]], language: Language) -> tuple[Table, ...]:
    """The codebook as tables of a document: variables, summary statistics, origins, sources."""
    zh = language == "zh"
    labels = {r["variable"]: (r["label_zh"] or r["label_en"]) if zh else (r["label_en"] or r["label_zh"]) for r in rows}
    variables = [
        (
            r["variable"],
            (labels[r["variable"]], r["measure"], price_in_words(r["price"], language, r["base_year"]), r["made"]),
        )
        for r in rows
    ]
    counts = ("cells", "missing", "filled")
    spread = ("mean", "sd", "min", "p25", "median", "p75", "max")
    numbers = [(r["variable"], (*(r[k] for k in counts), *(r[k] for k in spread))) for r in rows]
    origins = [(r["variable"], (r["from"].replace(" ", ", "), r["vintage"], r["files"])) for r in rows]
    sources = [(s.id, (citation(s), s.licence)) for s in study.sources.values()]
    facts = dict.fromkeys(f for plan in study.variables.values() for f in facts_of(plan))
    sources += [(f"facts/{f}.csv", (_fact_citation(f), "")) for f in facts]
    made = (
        _table("variables", "variable", ("label", "measure", "price", "made"), variables, language),
        _table("summary", "variable", (*counts, *spread), numbers, language),
        _table("origins", "variable", ("from", "vintage", "files"), origins, language),
        _table("references", "source", ("citation", "licence"), sources, language),
    )
    return tuple(t for t in made if t.rows)


def codebook_words(panel: Panel, study: Study, language: Language) -> tuple[str, str]:
    """Title and a paragraph on the scope."""
    zh = language == "zh"
    title = study.head.title.to(language) or study.id
    scope = _WORDS["scope"][zh].format(
        rows=panel.rows, units=len(panel.units), unit=panel.unit, first=panel.times[0], last=panel.times[-1]
    )
    return f"{_WORDS['title'][zh]}{'：' if zh else ': '}{title}", scope


def _table(
    name: str, stub: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[Any]]], language: Language
) -> Table:
    zh = language == "zh"

    def align(j: int) -> Literal["left", "decimal"]:
        return "left" if any(isinstance(cells[j], str) for _, cells in rows) else "decimal"

    return Table(
        id=f"codebook_{name}",
        title=_WORDS[name][zh],
        stub=_WORDS[stub][zh],
        columns=tuple(Column(id=h, heading=(_WORDS[h][zh],), align=align(j)) for j, h in enumerate(heads)),
        rows=tuple(Row(kind="text", label=label, cells=tuple(_cell(v) for v in cells)) for label, cells in rows),
        language=language,
        long=True,
        landscape=True,
    )


def _cell(value: Any) -> Cell:
    if value is None or value != value:
        return Cell(raw=None, shown="")
    if isinstance(value, float):
        shown = f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
        return Cell(raw=value, shown=shown.replace("-", "−"))
    return Cell(raw=value, shown=f"{value:,}" if isinstance(value, int) else value)
