"""Whether raw figures can be what they say: jumps, outliers, shares; sums against the nation are in against_nation. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.check import Check, Verdict
from panelkit.core.key import parts_of
from panelkit.core.label import Label
from panelkit.core.study import Study
from panelkit.etl.harmonise.provinces import called
from panelkit.etl.harmonise.units import PURE

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.etl.assemble import Assembled

FAR = 8.0  # robust standard deviations of a jump
FACTOR = 5.0  # smallest change from one year to the next that is looked at as a jump
NEAR_TEN = 0.18  # how far log10 of a change may be from a whole number to look like a slipped unit
CALM = 0.5  # median absolute log change of a unit whose spikes are looked at
SHRINK = 4  # years' worth of the series' spread in that of a unit
ODD = 5.0  # robust standard deviations of growth, after its year's median, that make an outlier
SHARE_WORDS = ("share", "ratio", "rate", "占比", "比重", "比例", "率")
UNBOUNDED = ("growth", "增长", "增速", "change", "openness", "依存度", "开放")  # ratios that may leave [0, 1]
MOST = 10


def looked_at(study: Study, assembled: Assembled) -> pd.DataFrame:
    """Observations of series that variables rest on, in kept units, sorted by series, unit and time; numbers only."""
    used = {s for v in assembled.panel.variables for s in v.origin.inputs}
    seen = assembled.observations
    excluded = set(study.panel.exclude)
    out = {u: not excluded.isdisjoint((u, *parts_of(u))) for u in seen["unit"].unique()}
    seen = seen[seen["series"].isin(sorted(used)) & ~seen["unit"].map(out)]
    return seen[seen["value"].notna()].sort_values(["series", "unit", "time"], kind="stable")


def finding(name: str, rows: list[dict[str, Any]], en: str, zh: str, none: tuple[str, str], verdict: Verdict) -> Check:
    """A Check over a list of rows, each with what is `said` of it as a Label: `verdict` where there are any, else 'holds'.

    en, zh : the beginning of the sentence. none : the sentence where there is no row.
    """
    more = len(rows) - MOST
    listed = "; ".join(r["said"].en for r in rows[:MOST]) + (f"; and {more} more" if more > 0 else "")
    listed_zh = "；".join(r["said"].zh for r in rows[:MOST]) + (f"；等共{len(rows)}处" if more > 0 else "")
    return Check(
        name=name,
        of="panel",
        verdict=verdict if rows else "holds",
        value=float(len(rows)),
        bound=0.0 if verdict == "fails" else None,
        text=Label(en=f"{en}: {listed}." if rows else none[0], zh=f"{zh}：{listed_zh}。" if rows else none[1]),
        rows=tuple({k: v for k, v in r.items() if k != "said"} for r in rows),
    )


def _cell_said(series: str, row: dict[str, Any], en: str, zh: str) -> Label:
    """What is said of one cell: the series, its unit by the name in each language, its year."""
    unit, year = str(row["unit"]), int(row["time"])
    return Label(en=f"{series} {called(unit, 'en')} {year} {en}", zh=f"{series} {called(unit, 'zh')} {year}年{zh}")


def _growth(cells: pd.DataFrame) -> pd.Series:
    """Log change from the year before, NaN where that year is not there or a figure is not above zero.

    A series with a figure below zero (a logarithm, a balance) has no growth.
    """
    before = cells.shift()
    signed = cells["series"].isin(cells.loc[cells["value"] < 0, "series"].unique())
    follows = (cells["series"] == before["series"]) & (cells["unit"] == before["unit"])
    follows &= (cells["time"] == before["time"] + 1) & (cells["value"] > 0) & (before["value"] > 0) & ~signed
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(cells["value"].where(cells["value"] > 0) / before["value"].where(before["value"] > 0))
    return change.where(follows)


def jumps(study: Study, cells: pd.DataFrame) -> Check:
    """Changes from one year to the next by a factor that is far from the series' usual ones: a slipped unit of measure, or a real break."""
    cells = cells.assign(change=_growth(cells))
    rows: list[dict[str, Any]] = []
    for series, own in cells.groupby("series", sort=True):
        change = own["change"]
        if change.notna().sum() < 10:
            continue
        middle = change.median()
        spread = 1.4826 * (change - middle).abs().median()
        far = ((change - middle).abs() > FAR * max(spread, 1e-9)) & (change.abs() > np.log(FACTOR))
        far |= _spikes(own)
        for row in own[far & own["time"].between(*study.panel.years)].to_dict("records"):
            power = row["change"] / np.log(10)
            factor = float(np.exp(row["change"]))
            rows.append(
                {
                    "series": str(series),
                    "unit": row["unit"],
                    "year": int(row["time"]),
                    "factor": factor,
                    "power_of_ten": round(power) if abs(power - round(power)) < NEAR_TEN else None,
                    "value": float(row["value"]),
                    "cell": row["cell"],
                    "said": _cell_said(str(series), row, f"x{factor:.3g}", f"为上年的{factor:.3g}倍"),
                }
            )
    return finding(
        "jumps",
        rows,
        "Jumps to look at, as by a slipped unit",
        "需核对的跳跃（可能是单位错误）",
        ("No raw series jumps as by a slipped unit.", "原始序列没有疑似单位错误的跳跃。"),
        "fails",
    )


def _spikes(own: pd.DataFrame) -> pd.Series:
    """Up by a power of ten and back the next year (or down and back), in a unit that is otherwise calm: a slip in one cell."""
    change, after = own["change"], own["change"].shift(-1).where(own["unit"] == own["unit"].shift(-1))
    ten = change / np.log(10)
    power = ten.round()
    calm = change.abs().groupby(own["unit"]).transform("median") < CALM
    back = (change + after).abs() < 2 * NEAR_TEN * np.log(10)
    slipped = (power.abs() >= 1) & ((ten - power).abs() < NEAR_TEN) & back & calm
    return slipped | slipped.shift(fill_value=False) & (own["unit"] == own["unit"].shift())


def outliers(study: Study, cells: pd.DataFrame) -> Check:
    """Growth that is far from that of other units in the same year, by a robust z, in view of how much the unit moves anyway.

    A unit that is restless every year (a small province, say) is measured by its own spread; one that leaps away and back in the next
    year by the series' spread, since so looks one wrong cell. Jumps are among them.
    """
    cells = cells.assign(change=_growth(cells))
    cells = cells[cells["change"].notna() & cells["time"].between(*study.panel.years)]
    rows: list[dict[str, Any]] = []
    for series, own in cells.groupby("series", sort=True):
        moved = own["change"] - own.groupby("time")["change"].transform("median")
        spread = 1.4826 * moved.abs().median()
        if len(own) < 10 or not spread > 0:
            continue
        z, away = moved / _spread_of_units(moved, own["unit"], spread), _there_and_back(moved / spread, own["unit"])
        z = z.where(~away, moved / spread)
        for at, row in own[z.abs() > ODD].iterrows():
            rows.append(
                {
                    "series": str(series),
                    "unit": row["unit"],
                    "year": int(row["time"]),
                    "growth": float(np.expm1(row["change"])),
                    "z": float(z[at]),
                    "cell": row["cell"],
                    "said": _cell_said(
                        str(series), dict(row), *_growth_said(float(np.expm1(row["change"])), float(z[at]))
                    ),
                }
            )
    rows.sort(key=lambda r: -abs(r["z"]))
    return finding(
        "outliers",
        rows,
        "Growth far from that of other units in the year",
        "与同年其他地区相差悬殊的增速",
        ("No growth is far from that of other units in its year.", "没有明显异常的增速。"),
        "says",
    )


def _spread_of_units(moved: pd.Series, unit: pd.Series, spread: float) -> pd.Series:
    """Robust spread of each unit, drawn towards that of the series by as much as `SHRINK` years, and never below it."""
    years = moved.groupby(unit).transform("count")
    own = 1.4826 * moved.abs().groupby(unit).transform("median")
    return np.sqrt((years * own**2 + SHRINK * spread**2) / (years + SHRINK)).clip(lower=spread)


def _there_and_back(z: pd.Series, unit: pd.Series) -> pd.Series:
    """Far away in one year and nearly all the way back in the next."""
    after = z.groupby(unit).shift(-1)
    both = (z.abs() > ODD) & (after.abs() > ODD)
    return both & ((z + after).abs() < np.minimum(z.abs(), after.abs()) / 3)


def _growth_said(growth: float, z: float) -> tuple[str, str]:
    return f"{100 * growth:+.0f}% (z {z:.1f})", f"增长{100 * growth:+.0f}%（稳健z值{z:.1f}）"


def shares(study: Study, cells: pd.DataFrame) -> Check:
    """Series that are shares by unit of measure or by name and leave [0, 1], or [0, 100] where they are percentages."""
    rows: list[dict[str, Any]] = []
    titles = {f"{s.id}.{a}": f"{a} {n}".casefold() for s in study.sources.values() for a, n in s.series.items()}
    for series, own in cells[cells["time"].between(*study.panel.years)].groupby("series", sort=True):
        measure = str(own["measure"].iloc[0])
        title = titles.get(str(series), "")
        is_free = any(w in title for w in UNBOUNDED)
        if measure not in PURE or is_free or not (measure == "%" or any(w in title for w in SHARE_WORDS)):
            continue
        top = 100.0 if measure in ("%", "‰") or own["value"].median() > 1 else 1.0
        for row in own[(own["value"] < 0) | (own["value"] > top)].to_dict("records"):
            rows.append(
                {
                    "series": str(series),
                    "unit": row["unit"],
                    "year": int(row["time"]),
                    "value": float(row["value"]),
                    "top": top,
                    "cell": row["cell"],
                    "said": _cell_said(
                        str(series),
                        row,
                        f"is {row['value']:g}, beyond 0 to {top:g}",
                        f"为{row['value']:g}，超出0至{top:g}",
                    ),
                }
            )
    return finding(
        "shares",
        rows,
        "Shares out of bounds",
        "超出取值范围的比重",
        ("No share is out of bounds.", "比重均在取值范围内。"),
        "says",
    )
