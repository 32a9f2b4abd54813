"""Printed names of units to codes, rows that are no unit set aside, and rows that stand twice refused; spellings are in facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.key import JOINT, joined, parts_of
from panelkit.core.source import Observations
from panelkit.facts.cities import City, cities, city, inner_place, match_city, namesakes
from panelkit.facts.provinces import Province, is_not_a_province, match, nearest, province

if TYPE_CHECKING:
    import pandas as pd

MOST_LISTED = 20


def to_codes(
    observed: Observations, path: str, code_list: str, unit: str
) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """Observations with codes in place of printed names.

    Parameters
    ----------
    observed : Observations
        Units as printed.
    path : str
        File, for messages.
    code_list : str
        'gbt2260' (provinces), 'gbt2260_city' (the cities of `facts.cities`; provinces, regions, the nation, the corps and county-level
        places are set aside, so that nothing is counted twice), or 'as_printed' (blanks at the ends and inside Chinese names taken
        out, nothing else).
    unit : str
        What a unit is called, for messages.

    Returns
    -------
    frame, notes, faults
        The frame keeps the printed name in a further column `printed`. Faults: names that cannot be matched, and
        keys that stand twice, each with file and cell.
    """
    frame, notes, faults = coded(observed.frame.assign(printed=observed.frame["unit"]), path, code_list)
    faults += standing_twice(frame, path, unit, code_list)
    return frame.reset_index(drop=True), notes, faults


def coded(frame: pd.DataFrame, path: str, code_list: str) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """The rows of a frame that are units of the list, their column `unit` as codes, under the index that they had."""
    if code_list == "gbt2260":
        return _matched(frame, path)
    if code_list == "gbt2260_city":
        return _cities(frame, path)
    names = {u: _tidied(u) for u in frame["unit"].unique()}
    return frame.assign(unit=frame["unit"].map(names).astype("object")), [], []


def named(unit: str) -> str:
    """A unit as messages, which are English, name it: a code of a province or city with its name, also where it is a part of a unit.

    >>> named("110000"), named("330100"), named("Ohio"), named("110000 / 17")
    ('Beijing 110000', 'Hangzhou 330100', 'Ohio', 'Beijing 110000 / 17')
    """
    return called(unit, "en")


def _place(unit: str) -> Province | City | None:
    """The province or the city of a code."""
    if len(unit) != 6 or not unit.isdigit():
        return None
    found = match(unit)
    return province(found.code) if found else city(unit)


def called(unit: str, language: str) -> str:
    """A unit as a report in one language names it: in English with its code, in Chinese by its name, which no other unit of a panel has.

    >>> called("110000", "en"), called("330100", "en"), called("110000", "zh"), called("Ohio", "en")
    ('Beijing 110000', 'Hangzhou 330100', '北京', 'Ohio')
    """
    if JOINT in unit:
        return joined(called(part, language) for part in parts_of(unit))
    place = _place(unit)
    if place is None:
        return unit
    return place.name_zh if language == "zh" else f"{place.name_en} {unit}"


def _tidied(name: str) -> str:
    text = " ".join(name.replace("\ufeff", "").replace("\u3000", " ").split())
    return text if text.isascii() else text.replace(" ", "")


def _matched(frame: pd.DataFrame, path: str) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    codes: dict[str, str] = {}
    notes: list[str] = []
    faults: list[Fault] = []
    aside: list[str] = []
    cells = frame.drop_duplicates("unit").set_index("unit")["cell"]
    counts = frame["unit"].value_counts()
    for name in frame["unit"].unique():
        found = match(name)
        if found is not None:
            codes[name] = found.code
            if found.how == "ocr":
                notes.append(
                    f"'{name}' taken for {province(found.code).name_zh}, a slip of optical recognition ({cells[name]})"
                )
            continue
        aside.append(name)
        kind = is_not_a_province(name)
        if kind is not None:
            notes.append(f"{counted(counts[name], 'cells')} of the row '{name.strip()}' set aside: {kind}")
        else:
            faults.append(_unmatched(name, f"{path}!{cells[name]}" if "!" in cells[name] else f"{path}, {cells[name]}"))
    if len(faults) > MOST_LISTED:
        more = len(faults) - MOST_LISTED
        faults = [*faults[:MOST_LISTED], Fault(where=path, what=f"{more} more names are no province", mend="see above")]
    kept = frame[~frame["unit"].isin(aside)]
    nation = frame[frame["unit"].isin([u for u in aside if is_not_a_province(u) == "the national total"])]
    notes += _sums(kept, nation)
    return kept.assign(unit=kept["unit"].map(codes).astype("object")), notes, faults


def _cities(frame: pd.DataFrame, path: str) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    codes: dict[str, str] = {}
    notes: list[str] = []
    faults: list[Fault] = []
    counts = frame["unit"].value_counts()
    cells = frame.drop_duplicates("unit").set_index("unit")["cell"]
    names = list(frame["unit"].unique())
    full = {match_city(n) for n in names if not namesakes(n)}
    of_provinces = any((m := match(n)) and not province(m.code).municipality and not namesakes(n) for n in names)
    for name in names:
        code = match_city(name)
        place = match(name)
        kind = is_not_a_province(name)
        inner = inner_place(name)
        if namesakes(name) and (of_provinces or namesakes(name) in full):
            notes.append(
                f"{counted(counts[name], 'cells')} of the row '{name.strip()}' set aside: the province, beside others"
            )
        elif code is not None:
            codes[name] = code
            if namesakes(name):
                notes.append(f"'{name.strip()}' taken for the city of that name: the file has no province")
        elif place is not None:
            notes.append(
                f"{counted(counts[name], 'cells')} of the row '{name.strip()}' set aside: a province, its cities are in it"
            )
        elif inner is not None:
            where = getattr(city(inner[1]), "name_zh_full", inner[1])
            notes.append(f"{counted(counts[name], 'cells')} of the row '{name.strip()}' set aside: it lies in {where}")
        elif kind is not None:
            notes.append(f"{counted(counts[name], 'cells')} of the row '{name.strip()}' set aside: {kind}")
        else:
            what = f"'{name.strip()}' is no city of the list ({counted(len(cities()), 'prefecture-level units')} and municipalities)"
            mend = "correct the name, with its province in front where two share it; for other units say codes = 'as_printed' under [panel]"
            faults.append(Fault(where=f"{path}, {cells[name]}", what=what, mend=mend))
    if len(faults) > MOST_LISTED:
        more = len(faults) - MOST_LISTED
        faults = [*faults[:MOST_LISTED], Fault(where=path, what=f"{more} more names are no city", mend="see above")]
    kept = frame[frame["unit"].isin(list(codes))]
    return kept.assign(unit=kept["unit"].map(codes).astype("object")), notes, faults


def _sums(kept: pd.DataFrame, nation: pd.DataFrame) -> list[str]:
    """How far provinces add up to the national row that stands beside them; rates and indices do not add up."""
    notes = []
    for series, total in nation[nation["value"].notna()].groupby("series", sort=True):
        rows = kept[kept["series"] == series]
        whole = rows.groupby("time")["value"].agg(lambda v: v.sum() if v.notna().all() else float("nan")).dropna()
        share = (whole / total.groupby("time")["value"].first()).dropna()
        if len(share) and not str(total["measure"].iloc[0]).startswith(("%", "‰", "上年")):
            span = (
                f"{100 * share.min():.2f}%"
                if len(share) == 1
                else f"{100 * share.min():.2f}% to {100 * share.max():.2f}%"
            )
            notes.append(
                f"the provinces add up to {span} of the national row of {series} ({counted(len(share), 'years')})"
            )
    return notes


def _unmatched(name: str, where: str) -> Fault:
    garbled = ungarbled(name)
    if garbled:
        return Fault(
            where=where,
            what=f"'{name}' is {garbled} in a wrong encoding: the file was opened as GBK and saved again, or the reverse",
            mend="take the file as it was downloaded",
        )
    close = nearest(name)
    return Fault(
        where=where,
        what=f"'{name.strip()}' is no province",
        mend=(f"did you mean {' or '.join(close)}? " if close else "")
        + "correct the name in the file; for other units say codes = 'as_printed' under [panel]",
    )


def ungarbled(name: str) -> str:
    """The province that a name is in a wrong encoding; "" where it is none."""
    for wrong, right in (
        ("gb18030", "utf-8"),
        ("utf-8", "gb18030"),
        ("latin-1", "utf-8"),
        ("latin-1", "gb18030"),
        ("cp1252", "utf-8"),
    ):
        try:
            found = match(name.strip().encode(wrong).decode(right))
        except UnicodeError:
            continue  # not this confusion; the next may be it
        if found is not None:
            return province(found.code).name_zh
    return ""


def standing_twice(frame: pd.DataFrame, path: str, unit: str, code_list: str) -> list[Fault]:
    """Keys that stand more than once in a series, with the cells and the names as printed; a row of many series is one fault."""
    twice = frame[frame.duplicated(["series", "unit", "time"], keep=False)]
    alike: dict[tuple[object, ...], list[tuple[str, pd.DataFrame]]] = {}
    for (series, code), rows in twice.groupby(["series", "unit"], sort=False):
        key = (code, tuple(rows["time"]), tuple(rows["printed"]), tuple(rows["vintage"]))
        alike.setdefault(key, []).append((str(series), rows))
    faults = []
    for (code, *_), found in alike.items():
        (series, rows), further = found[0], len(found) - 1
        first = rows.iloc[0]
        same = rows[rows["time"] == first["time"]]
        other = same.iloc[1]
        place = named(str(code))
        if first["printed"].strip() == other["printed"].strip():
            what = f"{unit} {place} stands {len(same)} times for {first['time']} in {series}: {first['cell']} and {other['cell']}"
        else:
            what = (
                f"'{first['printed'].strip()}' ({first['cell']}) and '{other['printed'].strip()}' ({other['cell']}) are both "
                f"{place} in {series}, {first['time']}"
            )
        if first["vintage"] != other["vintage"]:
            what += f", of the vintages {first['vintage']} and {other['vintage']}"
        more = len(rows) - len(same)
        what += f"; {counted(more, 'more cells')} of it likewise" if more else ""
        what += f"; and so {further} more series" if further else ""
        mend = "keep one row per unit and year, or, where they are parts of it (quarters, orders), add them up: kind = 'records'"
        if code_list == "gbt2260" and code in ("140000", "610000"):
            mend = "one of the two is likely Shaanxi (610000), the other Shanxi (140000): name them apart in the file"
        faults.append(Fault(where=path, what=what, mend=mend))
    if len(faults) > MOST_LISTED:
        more = len(faults) - MOST_LISTED
        faults = [
            *faults[:MOST_LISTED],
            Fault(where=path, what=f"{counted(more, 'more units stand')} twice", mend="see above"),
        ]
    return faults
