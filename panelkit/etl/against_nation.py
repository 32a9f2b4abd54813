"""Sums over regions held against the nation's figures, by activity where units have one; other oddities are in plausibility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from panelkit.core.check import Check
from panelkit.core.counted import counted
from panelkit.core.key import EVERY, joined, level_of, parts_of
from panelkit.core.label import Label
from panelkit.core.study import Study
from panelkit.etl.harmonise.keys import labels_of
from panelkit.etl.harmonise.national import region_places
from panelkit.etl.harmonise.units import conversion
from panelkit.etl.plausibility import finding

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.etl.assemble import Assembled

SUMS = 0.03  # provinces may differ from the nation by this much (census revisions, the military, amounts not allocated)
EQUAL = 2e-4  # ratios to the nation closer than this are one ratio
OFTEN = 0.7  # share of years with one ratio that makes it constant
WHOLE = "nation"  # the unit of a national row that is of no activity

_COLUMNS = ("series", "group", "name", "name_zh", "time", "sum", "nation", "ratio", "units")


def ratios_to_nation(study: Study, assembled: Assembled, totals: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Sum over units over the national figure, by series and, where units are a region and an activity, by activity; complete years only.

    Parameters
    ----------
    totals : dict
        Series -> national series "source.alias" of another file; without it national rows of the same series are taken.

    Returns
    -------
    DataFrame
        series; group: unit of the national row ("nation", or "* / 17" for an activity), name, name_zh: of the activity, "" for
        the whole; time, sum, nation, ratio, units.
    """
    import pandas as pd

    cells = assembled.observations[assembled.observations["value"].notna()]
    of_regions = {u: _varies_by_region(u, study) for u in cells["unit"].unique()}
    cells = cells[cells["unit"].map(of_regions).astype(bool)]
    nation = assembled.national[assembled.national["value"].notna()]
    found: list[dict[str, Any]] = []
    for series, own in cells.groupby("series", sort=True):
        rows = nation[nation["series"] == (totals or {}).get(str(series), str(series))]
        if rows.empty or _is_rate(str(own["measure"].iloc[0])):
            continue
        for group, printed in rows.groupby("unit", sort=True):
            inside = own if group == WHOLE else own[own["unit"].map(lambda u: _group_of(str(u), study)) == group]
            name = _name(str(group), study)
            found += [
                {"series": str(series), "group": str(group), "name": name.en, "name_zh": name.zh, **row}
                for row in _by_year(inside, printed)
            ]
    return pd.DataFrame(found, columns=list(_COLUMNS))


def _by_year(own: pd.DataFrame, printed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if own.empty:
        return
    measure, other = str(own["measure"].iloc[0]), str(printed["measure"].iloc[0])
    factor = 1.0 if other == measure else conversion(other, measure)
    whole = own.groupby("time")["value"].agg(["sum", "count"])
    due = int(whole["count"].max())
    for year, total in zip(printed["time"], printed["value"], strict=True):
        if factor and year in whole.index and whole.loc[year, "count"] == due and total:
            added, nation = float(whole.loc[year, "sum"]), float(total) * factor
            yield {"time": int(year), "sum": added, "nation": nation, "ratio": added / nation, "units": due}


def _varies_by_region(unit: str, study: Study) -> bool:
    level = level_of(unit)
    return any(level[i] for i in region_places(study) or range(len(level)))


def _group_of(unit: str, study: Study) -> str:
    """The national unit that a cell adds to: its activity alone."""
    places = region_places(study)
    return joined(EVERY if i in places else p for i, p in enumerate(parts_of(unit)))


def _name(group: str, study: Study) -> Label:
    """The activity of a national row by its code and name."""
    parts = [p for p in parts_of(group) if p != EVERY] if group != WHOLE else []
    if not parts:
        return Label()
    labels = labels_of((group.replace(EVERY, "110000"),), study.panel) if _coded(study) else {}
    named = [labels.get(p, Label(en=p, zh=p)) for p in parts]
    return Label(
        en=" / ".join(p if n.en == p else f"{p} {n.en}" for p, n in zip(parts, named, strict=True)),
        zh=" / ".join(p if n.zh == p else f"{p} {n.zh}" for p, n in zip(parts, named, strict=True)),
    )


def _coded(study: Study) -> bool:
    return len(region_places(study)) == 1


def _series_said(row: Mapping[str, Any], en: str, zh: str) -> Label:
    return Label(
        en=" ".join(filter(None, (row["series"], row["name"], en))),
        zh=" ".join(filter(None, (row["series"], row["name_zh"], zh))),
    )


def sums(ratios: pd.DataFrame) -> Check:
    """Provinces that add up to something else than the nation, by more than revisions, the military and the unallocated explain."""
    rows = []
    for (series, group), own in ratios.groupby(["series", "group"], sort=True):
        off = own[(own["ratio"] - 1).abs() > SUMS]
        if len(off):
            low, high = 100 * float(off["ratio"].min()), 100 * float(off["ratio"].max())
            first = own.iloc[0]
            rows.append(
                {
                    "series": str(series),
                    "group": str(group),
                    "years": len(off),
                    "of": len(own),
                    "lowest": low / 100,
                    "highest": high / 100,
                    "said": _series_said(
                        first,
                        f"{low:.2f}% to {high:.2f}% in {len(off)} of {counted(len(own), 'years')}",
                        f"为全国数的{low:.2f}%至{high:.2f}%（{len(own)}年中{len(off)}年）",
                    ),
                }
            )
    held = ratios[["series", "group"]].drop_duplicates().shape[0]
    none = (
        (
            f"{held} series add up to their national figures within {100 * SUMS:.0f}%.",
            f"{held}个序列与全国数之差在{100 * SUMS:.0f}%以内。",
        )
        if held
        else ("No file has a national figure to hold sums against.", "文件中没有可供核对的全国数。")
    )
    return finding("sums", rows, "Units do not add up to the nation", "各地区合计与全国数不符", none, "says")


def constant_ratio(ratios: pd.DataFrame) -> Check:
    """Provinces that add up to one and the same part of the nation nearly every year: made from the nation, not collected."""
    rows = []
    for (series, group), own in ratios.groupby(["series", "group"], sort=True):
        middle = float(own["ratio"].median())
        same = int(((own["ratio"] - middle).abs() < EQUAL).sum())
        if len(own) >= 4 and same >= OFTEN * len(own) and abs(middle - 1) > 10 * EQUAL:
            rows.append(
                {
                    "series": str(series),
                    "group": str(group),
                    "ratio": middle,
                    "years": same,
                    "of": len(own),
                    "said": _series_said(
                        own.iloc[0],
                        f"is {middle:.4f} of the nation in {same} of {counted(len(own), 'years')}",
                        f"在{len(own)}年中有{same}年恰为全国数的{middle:.4f}",
                    ),
                }
            )
    return finding(
        "constant_ratio",
        rows,
        "Figures that look made from the national total",
        "疑似由全国数推算的数据",
        ("No series is a constant part of its national figure.", "没有序列与全国数保持固定比例。"),
        "fails",
    )


def _is_rate(measure: str) -> bool:
    return measure.startswith(("%", "‰", "百分点")) or "=100" in measure.replace(" ", "")
