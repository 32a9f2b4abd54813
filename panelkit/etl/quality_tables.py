"""The findings on a panel as tables and one picture, as data; how they look is for reporting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.check import Check
from panelkit.core.exhibit import Cell, Column, Figure, Row, Table
from panelkit.core.label import Language
from panelkit.core.study import Study
from panelkit.etl.harmonise.provinces import named
from panelkit.etl.plausibility import looked_at

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.etl.assemble import Assembled

Shown = str | int | float | None
THERE, GAP, FILLED = 0, 1, 2

WORDS: dict[str, tuple[str, str]] = {
    "availability": ("Availability by province", "各地区数据可得性"),
    "sources": ("Series: units, vintages, coverage", "序列：单位、版次与覆盖"),
    "fills": ("Missing and filled cells by variable", "各变量缺失与填补"),
    "outlying": ("Jumps and outlying growth", "跳跃与异常增速"),
    "sums": ("Sums over units against the nation", "各地区合计与全国数"),
    "dropped": ("What was dropped and why", "剔除的观测及原因"),
    "notes": ("What was read, set aside, converted and filled", "读取、剔除、换算与填补记录"),
    "findings": ("Findings", "质量检查结果"),
    "gaps": ("Cells that are there, missing, filled", "数据缺失图"),
    "unit": ("unit", "地区"),
    "there": ("cells there", "有值"),
    "missing": ("missing", "缺失"),
    "filled": ("filled", "填补"),
    "complete": ("complete years", "完整年份"),
    "share": ("share", "占比"),
    "measure": ("unit of measure", "计量单位"),
    "price": ("prices", "价格口径"),
    "vintage": ("vintage", "版次"),
    "years": ("years", "年份"),
    "units": ("units", "地区数"),
    "file": ("file", "文件"),
    "publisher": ("publisher", "出版者"),
    "variable": ("variable", "变量"),
    "series": ("series", "序列"),
    "year": ("year", "年份"),
    "what": ("finding", "发现"),
    "value": ("value", "数值"),
    "cell": ("cell", "单元格"),
    "nation": ("nation", "全国"),
    "sum": ("sum", "合计"),
    "ratio": ("ratio", "比值"),
    "before": ("rows before", "剔除前"),
    "after": ("rows after", "剔除后"),
    "why": ("why", "原因"),
    "of": ("of", "对象"),
    "verdict": ("verdict", "结论"),
    "text": ("in words", "说明"),
    "name": ("check", "检查"),
    "method": ("method", "方法"),
}


def word(key: str, language: Language) -> str:
    """A heading in one language."""
    return WORDS[key][language == "zh"]


def table(
    name: str, stub: str, heads: Sequence[str], rows: Iterable[tuple[str, Sequence[Shown]]], language: Language
) -> Table:
    """A plain table: a label and cells per row; numbers keep their full value and are shown short."""
    return Table(
        id=f"quality_{name}",
        title=word(name, language),
        stub=word(stub, language),
        columns=tuple(Column(id=h, heading=(word(h, language),)) for h in heads),
        rows=tuple(Row(kind="text", label=label, cells=tuple(_cell(v) for v in cells)) for label, cells in rows),
        language=language,
        long=True,
    )


def _cell(value: Shown) -> Cell:
    if value is None or value != value:
        return Cell(raw=None, shown="")
    if isinstance(value, float):
        return Cell(raw=value, shown=f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}")
    return Cell(raw=value, shown=str(value))


def tables_of(
    study: Study, assembled: Assembled, checks: tuple[Check, ...], ratios: pd.DataFrame, language: Language
) -> tuple[Table, ...]:
    """Every table of the report that has a row."""
    made = (
        _findings(checks, language),
        _availability(assembled, language),
        _sources(study, assembled, language),
        _fills(study, assembled, language),
        _outlying(checks, language),
        table(
            "sums",
            "series",
            ("year", "sum", "nation", "ratio", "units"),
            [
                (r["series"], (r["time"], r["sum"], r["nation"], r["ratio"], r["units"]))
                for r in ratios.to_dict("records")
            ],
            language,
        ),
        table(
            "dropped",
            "why",
            ("before", "after"),
            [(step.why, (step.before, step.after)) for step in assembled.panel.history],
            language,
        ),
        table("notes", "of", ("text",), [_noted(note) for note in assembled.notes], language),
    )
    return tuple(t for t in made if t.rows)


def _noted(note: str) -> tuple[str, Sequence[Shown]]:
    """A note on a source or a variable, its name apart."""
    name, _, text = note.partition(": ")
    return name, (text,)


def _findings(checks: tuple[Check, ...], language: Language) -> Table:
    rows = [(c.name, (c.of, c.verdict, c.value, c.text.to(language))) for c in checks]
    return table("findings", "name", ("of", "verdict", "value", "text"), rows, language)


def _availability(assembled: Assembled, language: Language) -> Table:
    panel = assembled.panel
    frame = panel.frame
    there = frame[[v.name for v in panel.variables]].notna()
    cells, complete = there.sum(axis=1), there.all(axis=1)
    rows = []
    for unit in panel.units:
        own = (frame[panel.unit] == unit).to_numpy()
        held, due = int(cells[own].sum()), int(own.sum()) * there.shape[1]
        rows.append(
            (
                panel.unit_name(unit).to(language),
                (held, due - held, int(complete[own].sum()), held / due if due else 0.0),
            )
        )
    rows.sort(key=lambda r: (r[1][3], r[0]))
    return table("availability", "unit", ("there", "missing", "complete", "share"), rows, language)


def _sources(study: Study, assembled: Assembled, language: Language) -> Table:
    rows = []
    for series, own in looked_at(study, assembled).groupby("series", sort=True):
        source = study.sources[str(own["source"].iloc[0])]
        vintages = sorted(int(v) for v in own["vintage"].unique() if v)
        alias = str(series).split(".", 1)[1]
        price = source.prices.get(alias, "")
        rows.append(
            (
                str(series),
                (
                    str(own["measure"].iloc[0]),
                    price or _price(assembled, str(series)),
                    f"{vintages[0]}-{vintages[-1]}" if len(vintages) > 1 else "".join(map(str, vintages)),
                    f"{own['time'].min()}-{own['time'].max()}",
                    int(own["unit"].nunique()),
                    source.path,
                    source.publisher,
                ),
            )
        )
    heads = ("measure", "price", "vintage", "years", "units", "file", "publisher")
    return table("sources", "series", heads, rows, language)


def _price(assembled: Assembled, series: str) -> str:
    from panelkit.etl.prices import is_money

    measure = assembled.observations.loc[assembled.observations["series"] == series, "measure"].iloc[0]
    return "nominal" if is_money(str(measure)) else ""


def _fills(study: Study, assembled: Assembled, language: Language) -> Table:
    panel = assembled.panel
    frame, rows = panel.frame, []
    for variable in panel.variables:
        missing = int(frame[variable.name].isna().sum())
        if missing or variable.filled:
            plan = study.variables.get(variable.name)
            rule = plan.spec.fill if plan else None
            method = rule if isinstance(rule, str) else getattr(rule, "method", "")
            rows.append(
                (variable.name, (missing, variable.filled, variable.filled / panel.rows if panel.rows else 0.0, method))
            )
    return table("fills", "variable", ("missing", "filled", "share", "method"), rows, language)


def _outlying(checks: tuple[Check, ...], language: Language) -> Table:
    rows: list[tuple[str, Sequence[Shown]]] = []
    for check in checks:
        for r in check.rows if check.name in ("jumps", "outliers", "shares") else ():
            what = {
                "jumps": lambda r: f"x{r['factor']:.3g}",
                "outliers": lambda r: f"{100 * r['growth']:+.1f}%, z {r['z']:.1f}",
                "shares": lambda r: f"0-{r['top']:g}",
            }[check.name](r)
            value = r.get("value")
            rows.append((r["series"], (named(str(r["unit"])), r["year"], f"{check.name}: {what}", value, r["cell"])))
    return table("outlying", "series", ("unit", "year", "what", "value", "cell"), rows, language)


def gap_picture(study: Study, assembled: Assembled, language: Language) -> Figure:
    """The gap matrix as numbers: one row per variable and year, how many units have it, miss it, or have it filled.

    data : variable, year, there, missing, filled (counts of units) and state of each unit as a string of digits in the order
    of `labels["units"]`: 0 there, 1 missing, 2 filled.
    """
    panel = assembled.panel
    frame = panel.frame
    data: dict[str, list[Any]] = {k: [] for k in ("variable", "year", "there", "missing", "filled", "state")}
    for variable in panel.variables:
        gone = frame[variable.name].isna().to_numpy()
        flags = assembled.filled
        made = flags[variable.name].to_numpy(dtype=bool) if variable.name in flags else np.zeros(panel.rows, dtype=bool)
        state = np.where(gone, GAP, np.where(made, FILLED, THERE))
        for year in panel.times:
            at = state[(frame[panel.time] == year).to_numpy()]
            data["variable"].append(variable.name)
            data["year"].append(int(year))
            data["there"].append(int((at != GAP).sum()))
            data["missing"].append(int((at == GAP).sum()))
            data["filled"].append(int((at == FILLED).sum()))
            data["state"].append("".join(map(str, at)))
    return Figure(
        id="quality_gaps",
        kind="gap_matrix",
        title=word("gaps", language),
        data={k: tuple(v) for k, v in data.items()},
        labels={
            "units": " ".join(panel.units),
            "there": word("there", language),
            "missing": word("missing", language),
            "filled": word("filled", language),
        },
        language=language,
        alt=word("gaps", language),
    )
