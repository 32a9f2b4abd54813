"""What is to be said about a panel before anything is estimated, as findings; their tables are in quality_tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from panelkit.core.check import Check
from panelkit.core.exhibit import Figure, Table
from panelkit.core.label import Label, Language
from panelkit.core.study import Study
from panelkit.etl.fills import filled_cells
from panelkit.etl.overlap import apportioned, overlap_checks
from panelkit.etl.plausibility import constant_ratio, jumps, outliers, ratios_to_nation, shares, sums
from panelkit.etl.prices import price_basis
from panelkit.etl.quality_tables import gap_picture, tables_of
from panelkit.facts.provinces import provinces

if TYPE_CHECKING:
    from panelkit.etl.assemble import Assembled

CHECKS = (
    "balance",
    "missing",
    "jumps",
    "outliers",
    "sums",
    "constant_ratio",
    "shares",
    "apportioned",
    "index_divisor",
    "price_basis",
    "filled_cells",
    "breaks",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is said of a panel: findings, tables, the picture of its gaps."""

    checks: tuple[Check, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """gates : names of findings (`CHECKS`) whose failure stops a run. totals : series -> national series of another file."""

    gates: tuple[str, ...] = ()
    totals: Mapping[str, str] = field(default_factory=dict)


def rules_of(study: Study) -> Rules:
    """What `[quality]` of a study says; `totals`, where the section has it, maps a series to a national one."""
    return Rules(gates=study.quality.gates, totals=getattr(study.quality, "totals", {}))


def quality(study: Study, assembled: Assembled, rules: Rules | None = None) -> tuple[Check, ...]:
    """Findings on the panel: balance, missing cells, jumps first, then growth, sums, shares, prices, fills, measures made of totals."""
    rules = rules or rules_of(study)
    ratios = ratios_to_nation(study, assembled, rules.totals)
    found = (
        _balance(study, assembled),
        _missing(assembled),
        jumps(study, assembled),
        outliers(study, assembled),
        sums(ratios),
        constant_ratio(ratios),
        shares(study, assembled),
        *apportioned(study, assembled),
        *overlap_checks(study),
        *price_basis(study, assembled.panel),
        *filled_cells(study, assembled.panel, assembled.filled),
    )
    return tuple(replace(c, gate=True) if c.name in rules.gates else c for c in found)


def quality_report(
    study: Study,
    assembled: Assembled,
    rules: Rules | None = None,
    *,
    breaks: tuple[Check, ...] = (),
    language: Language = "en",
) -> Report:
    """Findings with the tables and the picture that a reader sees.

    Parameters
    ----------
    breaks : findings on breaks of calibre that series cross, made by `etl.harmonise`.
    """
    rules = rules or rules_of(study)
    marked = tuple(replace(c, gate=True) if c.name in rules.gates else c for c in breaks)
    checks = (*quality(study, assembled, rules), *marked)
    ratios = ratios_to_nation(study, assembled, rules.totals)
    return Report(
        checks=checks,
        tables=tables_of(study, assembled, checks, ratios, language),
        figures=(gap_picture(study, assembled, language),),
    )


def _balance(study: Study, assembled: Assembled) -> Check:
    panel = assembled.panel
    units, times = len(panel.units), len(panel.times)
    due = units * times
    en = f"{units} units x {times} years ({panel.times[0]}-{panel.times[-1]}), {panel.rows} rows"
    zh = f"{units}个单元 × {times}年（{panel.times[0]}-{panel.times[-1]}），{panel.rows}行"
    absent = []
    if study.panel.code_list == "gbt2260":
        absent = [p for p in provinces() if p.code not in panel.units]
        if absent:
            en += f"; {len(absent)} of 31 provinces absent: {', '.join(p.name_en for p in absent)}"
            zh += f"；31个省份中缺{len(absent)}个：{'、'.join(p.name_zh for p in absent)}"
    return Check(
        name="balance",
        of="panel",
        verdict="says" if absent or panel.rows != due else "holds",
        value=float(panel.rows),
        bound=float(due),
        text=Label(en=f"{en}.", zh=f"{zh}。"),
        rows=tuple({"code": p.code, "absent": p.name_en} for p in absent),
    )


def _missing(assembled: Assembled) -> Check:
    frame = assembled.panel.frame
    rows: list[dict[str, Any]] = []
    for variable in assembled.panel.variables:
        gone = frame[variable.name].isna()
        if gone.any() or variable.filled:
            rows.append(
                {
                    "variable": variable.name,
                    "missing": int(gone.sum()),
                    "filled": variable.filled,
                    "years": ", ".join(str(t) for t in sorted(frame.loc[gone, assembled.panel.time].unique())),
                    "units": int(frame.loc[gone, assembled.panel.unit].nunique()),
                }
            )
    total = sum(r["missing"] for r in rows)
    filled = sum(r["filled"] for r in rows)
    en = "; ".join(f"{r['variable']} {r['missing']} ({r['units']} units)" for r in rows if r["missing"])
    zh = "；".join(f"{r['variable']}缺{r['missing']}（{r['units']}个单元）" for r in rows if r["missing"])
    fill_en, fill_zh = (
        (f" {filled} cells are filled, not published.", f"{filled}个单元格为填补值。") if filled else ("", "")
    )
    return Check(
        name="missing",
        of="panel",
        verdict="says" if total or filled else "holds",
        value=float(total),
        bound=None,
        text=Label(
            en=(f"Missing cells by variable: {en}." if total else "No variable has a missing cell.") + fill_en,
            zh=(f"各变量缺失：{zh}。" if total else "各变量无缺失。") + fill_zh,
        ),
        rows=tuple(rows),
    )
