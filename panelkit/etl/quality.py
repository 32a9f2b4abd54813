"""What is to be said about a panel before anything is estimated, as findings; tables and pictures of them are in the siblings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from panelkit.core.check import Check
from panelkit.core.counted import counted
from panelkit.core.label import Label, Language
from panelkit.core.results import QualityExhibits, QualityReport
from panelkit.core.study import Study
from panelkit.etl.against_nation import constant_ratio, ratios_to_nation, sums
from panelkit.etl.fills import filled_cells
from panelkit.etl.gaps import spans, years_without_figures
from panelkit.etl.harmonise.breaks import break_check
from panelkit.etl.harmonise.revisions import steps_check
from panelkit.etl.needs import in_order, windows
from panelkit.etl.overlap import apportioned, copied_columns, overlap_checks, series_wide
from panelkit.etl.plausibility import jumps, looked_at, outliers, shares
from panelkit.etl.price_mix import price_mix
from panelkit.etl.prices import price_basis
from panelkit.etl.quality_pictures import balance_picture, gap_picture
from panelkit.etl.quality_tables import tables_of
from panelkit.facts.provinces import provinces

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.etl.assemble import Assembled

ACCEPTED = frozenset({"breaks"})  # a finding of these that the study has declared is no failure of a gate
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """gates : names of findings (`quality_words.FINDINGS`) that stop a run. totals : series -> national series of another file."""

    gates: tuple[str, ...] = ()
    totals: Mapping[str, str] = field(default_factory=dict)


def rules_of(study: Study) -> Rules:
    """What `[quality]` of a study says."""
    return Rules(gates=study.quality.gates, totals=study.quality.totals)


def gated(checks: Iterable[Check], gates: tuple[str, ...]) -> tuple[Check, ...]:
    """The findings, those of a gate marked: a remark of a gate is a failure there, since the study asked to stop at it."""
    found = []
    for check in checks:
        if check.name in gates:
            worse = check.verdict == "says" and check.name not in ACCEPTED
            check = replace(check, gate=True, verdict="fails" if worse else check.verdict)
        found.append(check)
    return tuple(found)


def quality(
    study: Study, assembled: Assembled, rules: Rules | None = None, ratios: pd.DataFrame | None = None
) -> tuple[Check, ...]:
    """Findings on the panel: gaps, balance, breaks and revisions, jumps, growth, sums, shares, prices, fills, measures made of totals."""
    rules = rules or rules_of(study)
    ratios = ratios_to_nation(study, assembled, rules.totals) if ratios is None else ratios
    cells, wide = looked_at(study, assembled), series_wide(study, assembled)
    needed = windows(study, in_order(study.variables))
    found = (
        *assembled.checks,
        _balance(study, assembled),
        _missing(assembled),
        break_check(study.sources, assembled.observations, needed, study.panel.vintages, assembled.beside),
        steps_check(cells, needed, study.sources),
        jumps(study, cells),
        outliers(study, cells),
        sums(ratios),
        constant_ratio(ratios),
        shares(study, cells),
        *apportioned(study, assembled, wide),
        *overlap_checks(study),
        *copied_columns(study, wide),
        price_mix(study, assembled),
        *price_basis(study, assembled.panel),
        *filled_cells(study, assembled.panel, assembled.filled),
    )
    return gated(found, rules.gates)


def quality_report(
    study: Study, assembled: Assembled, rules: Rules | None = None, *, language: Language = "en"
) -> QualityReport:
    """Findings with the tables and the pictures that a reader sees, in both languages; `language` is the one shown first."""
    rules = rules or rules_of(study)
    ratios = ratios_to_nation(study, assembled, rules.totals)
    checks = quality(study, assembled, rules, ratios)
    exhibits = {
        one: QualityExhibits(
            tables=tables_of(study, assembled, checks, ratios, one),
            figures=(gap_picture(assembled, one), balance_picture(assembled, one)),
        )
        for one in LANGUAGES
    }
    return QualityReport(checks=checks, exhibits=exhibits, language=language)


def _balance(study: Study, assembled: Assembled) -> Check:
    panel = assembled.panel
    units, times = len(panel.units), len(panel.times)
    due = units * times
    en = f"{counted(units, 'units')} x {counted(times, 'years')} ({panel.times[0]}-{panel.times[-1]}), {counted(panel.rows, 'rows')}"
    zh = f"{units}个单元 × {times}年（{panel.times[0]}-{panel.times[-1]}），{panel.rows}行"
    empty = years_without_figures(study, panel)
    if empty:
        en += f"; no variable has a figure in {spans(empty)}"
        zh += f"；{spans(empty)}年没有任何变量有数值"
    absent = []
    if study.panel.code_list == "gbt2260":
        absent = [p for p in provinces() if p.code not in panel.units]
        if absent:
            en += f"; {len(absent)} of 31 provinces absent: {', '.join(p.name_en for p in absent)}"
            zh += f"；31个省份中缺{len(absent)}个：{'、'.join(p.name_zh for p in absent)}"
    return Check(
        name="balance",
        of="panel",
        verdict="says" if absent or empty or panel.rows != due else "holds",
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
    en = "; ".join(f"{r['variable']} {r['missing']} ({counted(r['units'], 'units')})" for r in rows if r["missing"])
    zh = "；".join(f"{r['variable']}缺{r['missing']}（{r['units']}个单元）" for r in rows if r["missing"])
    fill_en, fill_zh = (
        (f" {counted(filled, 'cells are')} filled, not published.", f"{filled}个单元格为填补值。")
        if filled
        else ("", "")
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
