"""What is to be said about a panel before anything is estimated: balance, gaps, jumps; nothing is refused or changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.check import Check
from panelkit.core.label import Label
from panelkit.core.study import Study
from panelkit.etl.assemble import Assembled
from panelkit.facts.provinces import provinces

if TYPE_CHECKING:
    import pandas as pd

FAR = 8.0  # robust standard deviations
FACTOR = 5.0  # smallest change from one year to the next that is looked at


def quality(study: Study, assembled: Assembled) -> tuple[Check, ...]:
    """Findings on the panel: balance, missing cells by variable, and jumps in the raw series that it rests on."""
    used = {s for v in assembled.panel.variables for s in v.origin.inputs}
    jumps = _jumps(study, assembled.observations, used)
    return (_balance(study, assembled), _missing(assembled), jumps)


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


def _jumps(study: Study, observations: pd.DataFrame, used: set[str]) -> Check:
    """Changes from one year to the next by a factor that is far from the series' usual ones: a slipped unit of measure, or a real break."""
    rows: list[dict[str, Any]] = []
    years = study.panel.years
    kept = observations[~observations["unit"].isin(list(study.panel.exclude))]
    for series, cells in kept[kept["series"].isin(sorted(used))].groupby("series", sort=True):
        rows += _jumps_of(str(series), cells[cells["value"] > 0], years)
    listed = "; ".join(f"{r['series']} {r['unit']} {r['year']} x{r['factor']:.3g}" for r in rows[:10])
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""
    more_zh = f"等{len(rows)}处" if len(rows) > 10 else ""
    return Check(
        name="jumps",
        of="panel",
        verdict="fails" if rows else "holds",
        value=float(len(rows)),
        bound=0.0,
        text=Label(
            en=f"Jumps to look at, as by a slipped unit: {listed}{more}."
            if rows
            else "No raw series jumps as by a slipped unit.",
            zh=f"需核对的跳跃（可能是单位错误）：{listed}{more_zh}。" if rows else "原始序列没有疑似单位错误的跳跃。",
        ),
        rows=tuple(rows),
    )


def _jumps_of(series: str, cells: pd.DataFrame, years: tuple[int, int]) -> list[dict[str, Any]]:
    cells = cells.sort_values(["unit", "time"])
    consecutive = (cells["unit"] == cells["unit"].shift()) & (cells["time"] == cells["time"].shift() + 1)
    change = np.log(cells["value"] / cells["value"].shift()).where(consecutive)
    if change.notna().sum() < 10:
        return []
    middle = change.median()
    spread = 1.4826 * (change - middle).abs().median()
    far = ((change - middle).abs() > FAR * max(spread, 1e-9)) & (change.abs() > np.log(FACTOR))
    far &= cells["time"].between(*years)
    return [
        {
            "series": series,
            "unit": row["unit"],
            "year": int(row["time"]),
            "factor": float(np.exp(change[at])),
            "value": float(row["value"]),
            "cell": row["cell"],
        }
        for at, row in cells[far].iterrows()
    ]
