"""The keys of a file against those of the panel: which part of a unit each column is, codes for every part; spellings are elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from panelkit.core.errors import Fault
from panelkit.core.key import EVERY, JOINT, joined, parts_of
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.source import REGION, Observations, SourceSpec
from panelkit.core.study import PanelSpec
from panelkit.core.variable import Origin, Variable
from panelkit.etl.harmonise.industries import PREFIX, added_up, coded_industries, is_industry_list, label_of
from panelkit.etl.harmonise.provinces import coded, standing_twice
from panelkit.facts.cities import city, match_city
from panelkit.facts.industries import match_industry
from panelkit.facts.provinces import is_not_a_province, match, match_province, province

if TYPE_CHECKING:
    import pandas as pd

REGIONS = ("gbt2260", "gbt2260_city")
NATION = "the national total"
_LABELS = {
    "province": Label(en="Province", zh="省份"),
    "city": Label(en="City", zh="城市"),
    "industry": Label(en="Industry", zh="行业"),
    "product": Label(en="Product", zh="产品"),
}

Keyed = tuple["pd.DataFrame", list[str], list[Fault]]


def to_units(observed: Observations, spec: SourceSpec, panel: PanelSpec) -> Keyed:
    """Observations with units of the panel in place of printed names.

    A file that lacks keys of the panel holds for every unit that shares those it has: its units carry `core.key.EVERY` in place of
    the others, so that a series of provinces in a panel of provinces and industries has the unit "330000 / *", and a series of the
    nation "*" or "* / *".

    Returns
    -------
    frame, notes, faults
        The frame has a further column `printed`, the unit as in the file. Faults: keys that the panel does not have, names that
        cannot be matched, keys that stand twice.
    """
    parts, faults = _parts(observed, spec, panel)
    frame = observed.frame.assign(printed=observed.frame["unit"])
    if faults:
        return frame, [], faults
    frame, parts = _of_the_nation(frame, panel, parts, tuple(p for p in parts if p not in spec.at))
    if len(panel.parts) == 1 and parts and not spec.at and not is_industry_list(panel.code_list):
        found, notes, faults = coded(frame, spec.path, panel.code_list)
    else:
        found, notes, faults = _of_parts(frame, spec, panel, parts)
    faults += standing_twice(found, spec.path, panel.entity, panel.code_list)
    if len(parts) < len(panel.parts) and not faults:
        held = " and ".join(parts) if parts else ""
        notes.append(
            f"one figure for every {held}: it holds in all its cells" if held else "figures of the whole, by time"
        )
    return found.reset_index(drop=True), notes, faults


def _parts(observed: Observations, spec: SourceSpec, panel: PanelSpec) -> tuple[tuple[str, ...], list[Fault]]:
    """The key of the panel that each part of the file's units is, those that `at` gives last."""
    where = f"sources.{spec.id}"
    wrong = [
        Fault(where=f"{where}.at.{key}", what=f"the panel has no key '{key}'", mend=known_or_nearest(key, panel.parts))
        for key in spec.at
        if key not in panel.parts
    ]
    free = tuple(p for p in panel.parts if p not in spec.at)
    given = observed.parts
    if given is None or (len(given) == 1 and given[0] not in panel.parts):
        found = free if len(free) == 1 else tuple(p for p in free if panel.code_lists[p] in REGIONS)
        if len(found) != 1:
            column = f"the column '{given[0]}'" if given else "the units of the file"
            mend = (
                f"name the key: unit = {{ {free[0] if free else panel.parts[0]} = '{given[0] if given else '...'}' }}"
            )
            wrong.append(
                Fault(where=where, what=f"which of {', '.join(panel.parts)} {column} is cannot be told", mend=mend)
            )
        given = found
    if REGION in given:
        own = [p for p in free if p not in given]
        places = [p for p in own if panel.code_lists[p] in REGIONS] if len(own) > 1 else own
        if len(places) != 1:
            mend = f"name the key of the regions under [panel]: unit = [..., {given[-1]!r}]"
            wrong.append(
                Fault(where=where, what="which key of the panel the rows of the file are cannot be told", mend=mend)
            )
        given = tuple((places or [""])[0] if p == REGION else p for p in given)
    for key in given:
        if key == REGION:
            continue
        if key not in panel.parts:
            mend = known_or_nearest(key, panel.parts)
            wrong.append(Fault(where=f"{where}.unit.{key}", what=f"the panel has no key '{key}'", mend=mend))
        elif key in spec.at:
            mend = "say it in one of the two"
            wrong.append(Fault(where=f"{where}.at.{key}", what=f"'{key}' is a column of the file too", mend=mend))
    return (*given, *spec.at), wrong


def _of_the_nation(
    frame: pd.DataFrame, panel: PanelSpec, parts: tuple[str, ...], read: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A file that has no region but the nation, as one without the key: its units without that part."""
    regions = [p for p in read if panel.code_lists[p] in REGIONS]
    if len(regions) != 1 or frame.empty:
        return frame, parts
    place = read.index(regions[0])
    split = {u: parts_of(u) if len(read) > 1 else (u,) for u in frame["unit"].unique()}
    if not all(match(s[place]) is None and is_not_a_province(s[place]) == NATION for s in split.values()):
        return frame, parts
    kept = {u: joined(p for i, p in enumerate(s) if i != place) or EVERY for u, s in split.items()}
    return frame.assign(unit=frame["unit"].map(kept).astype("object")), tuple(p for p in parts if p != regions[0])


def _of_parts(frame: pd.DataFrame, spec: SourceSpec, panel: PanelSpec, parts: tuple[str, ...]) -> Keyed:
    """Codes part by part; a row that is no unit by any of its parts is set aside."""
    import pandas as pd

    notes: list[str] = []
    faults: list[Fault] = []
    read = tuple(p for p in parts if p not in spec.at)
    split = {u: parts_of(u) for u in frame["unit"].unique()}
    if len(read) > 1 and (bad := sorted(u for u, s in split.items() if len(s) != len(read))):
        what = f"'{bad[0]}' holds '{JOINT.strip()}' inside one of {', '.join(read)}"
        return frame, [], [Fault(where=spec.path, what=what, mend="write it otherwise")]
    codes: dict[str, pd.Series] = {}
    for place, part in enumerate(read):
        own = (
            {u: pieces[place] for u, pieces in split.items()} if len(read) > 1 else dict(zip(split, split, strict=True))
        )
        taken = frame.assign(unit=frame["unit"].map(own).astype("object"))
        taken, said, wrong = _coded(taken, spec, panel.code_lists[part])
        notes += [f"{part}: {note}" for note in said]
        faults += wrong + _joints(taken, spec, part)
        codes[part] = taken["unit"]
        frame = frame.loc[taken.index]
        if "behind" in taken:
            frame = frame.assign(behind=taken["behind"], printed_part=taken.index.map(frame["unit"].map(own)))
    for part, value in spec.at.items():
        taken, said, wrong = _coded(frame.assign(unit=value), spec, panel.code_lists[part])
        faults += wrong
        codes[part] = taken["unit"]
        if "behind" in taken and not wrong:
            frame = frame.assign(behind=taken["behind"], printed_part=value)
    if faults or frame.empty:
        return frame, notes, faults
    full = [codes[p].reindex(frame.index) if p in codes else pd.Series(EVERY, index=frame.index) for p in panel.parts]
    unit = full[0].str.cat(full[1:], sep=JOINT) if len(full) > 1 else full[0]
    frame = frame.assign(unit=unit.astype("object"))
    if "behind" in frame:
        frame, said, faults = added_up(frame, spec)
        return frame.drop(columns="printed_part", errors="ignore"), [*notes, *said], faults
    return frame, notes, faults


def _coded(frame: pd.DataFrame, spec: SourceSpec, code_list: str) -> Keyed:
    return (
        coded_industries(frame, spec, code_list) if is_industry_list(code_list) else coded(frame, spec.path, code_list)
    )


def _joints(frame: pd.DataFrame, spec: SourceSpec, part: str) -> list[Fault]:
    """Names that could be taken for two parts, or for every one."""
    bad = sorted({u for u in frame["unit"].unique() if JOINT in u or u == EVERY})
    return [
        Fault(
            where=spec.path, what=f"the {part} '{u}' holds '{JOINT.strip()}' or is '{EVERY}'", mend="write it otherwise"
        )
        for u in bad
    ]


def everywhere(frame: pd.DataFrame, years: range) -> pd.DataFrame:
    """Figures of a file without years, once for each year."""
    import pandas as pd

    return pd.concat([frame.assign(time=year) for year in years], ignore_index=True)


def units_of(units: list[str], panel: PanelSpec) -> tuple[str, ...]:
    """The units of a panel: those that stand in full in a file, else every combination of the parts that files have.

    A unit that only a file with fewer keys names is none where another file has all keys: figures of provinces do not make industries.
    """
    import itertools

    full = [u for u in units if EVERY not in parts_of(u)]
    if full or len(panel.parts) == 1:
        return tuple(sorted(full))
    seen = [sorted({parts_of(u)[i] for u in units} - {EVERY}) for i in range(len(panel.parts))]
    return tuple(sorted(map(joined, itertools.product(*seen))))


def part_variables(panel: PanelSpec) -> list[Variable]:
    """The parts of a unit of several keys, as categories of the panel."""
    if len(panel.parts) == 1:
        return []
    how = f"part of the key {panel.entity}"
    return [
        Variable(name=p, measure="", label=_LABELS.get(p, Label(en=p)), origin=Origin(how=how), kind="category")
        for p in panel.parts
    ]


def labels_of(units: tuple[str, ...], panel: PanelSpec) -> dict[str, Label]:
    """Names of the units that go by a code; of units of several parts, names of the parts."""
    named: dict[str, Label] = {}
    for place, part in enumerate(panel.parts):
        if panel.code_lists[part] == "gbt2260":
            codes = sorted({parts_of(u)[place] for u in units}) if len(panel.parts) > 1 else list(units)
            named |= {c: Label(en=province(c).name_en, zh=province(c).name_zh) for c in codes}
        elif panel.code_lists[part] == "gbt2260_city":
            codes = sorted({parts_of(u)[place] for u in units}) if len(panel.parts) > 1 else list(units)
            named |= {c: Label(en=found.name_en, zh=found.name_zh) for c in codes if (found := city(c))}
        elif is_industry_list(panel.code_lists[part]):
            codes = sorted({parts_of(u)[place] for u in units}) if len(panel.parts) > 1 else list(units)
            named |= {c: label for c in codes if (label := label_of(c, panel.code_lists[part]))}
    return named


def labels_of_places(columns: Iterable[Iterable[object]]) -> dict[str, Label]:
    """Names of the provinces in categories whose every value is the code of one."""
    named: dict[str, Label] = {}
    for column in columns:
        codes = sorted({c for c in column if isinstance(c, str)})
        if codes and all(re.fullmatch(r"[1-9]\d0000", c, re.ASCII) and match_province(c) == c for c in codes):
            named |= {c: Label(en=province(c).name_en, zh=province(c).name_zh) for c in codes}
    return named


def code_of(name: str, code_list: str) -> str:
    """A name or code as the code of its list; as it is where the list does not have it."""
    found: str | None = None
    if code_list == "gbt2260":
        found = match_province(name)
    elif code_list == "gbt2260_city":
        found = match_city(name)
    elif is_industry_list(code_list):
        found = match_industry(name, code_list.removeprefix(PREFIX)) if not code_list.endswith("joint") else None
    return found or name
