"""Printed industries to divisions of one edition of GB/T 4754, those that merged added up; names and links are in facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.label import Label
from panelkit.core.source import SourceSpec
from panelkit.facts.industries import EDITIONS, IN_FORCE, JOINT, becomes, industries, is_whole, match_industry

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "gbt4754_"
MOST_LISTED = 20


def is_industry_list(code_list: str) -> bool:
    """Whether a list of codes is one of industries."""
    return code_list.startswith(PREFIX)


def coded_industries(
    frame: pd.DataFrame, spec: SourceSpec, code_list: str
) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """The rows that are divisions, their column `unit` as codes of the panel's list, under the index that they had.

    A further column `behind` names the divisions of the file's edition that make up the code, where they are several ("29 30"), and
    "" otherwise: `added_up` makes one row of theirs.

    Returns
    -------
    frame, notes, faults
        Faults: years whose edition is not known, names that the edition does not have, divisions that the panel's list splits.
    """
    to = code_list.removeprefix(PREFIX)
    edition, faults = _editions(frame, spec, to)
    if faults:
        return frame, [], faults
    known: dict[tuple[str, str], tuple[str, str]] = {}
    aside: dict[str, int] = {}
    notes: list[str] = []
    pairs = frame.assign(edition=edition)
    for (name, own), rows in pairs.groupby(["unit", "edition"], sort=False):
        code = match_industry(str(name), str(own))
        if code is None and is_whole(str(name)):
            aside[str(name)] = aside.get(str(name), 0) + len(rows)
            continue
        if code is None:
            faults.append(_unknown(str(name), str(own), f"{spec.path}, {rows['cell'].iloc[0]}"))
            continue
        mine, theirs = becomes(code, str(own), to)
        if len(theirs) != 1:
            faults.append(_split(code, str(own), to, theirs, spec))
        known[str(name), str(own)] = (theirs[0] if theirs else "", " ".join(mine) if len(mine) > 1 else "")
    notes += [
        f"{counted(n, 'cells')} of the row '{name}' set aside: its divisions stand beside it"
        for name, n in aside.items()
    ]
    if len(faults) > MOST_LISTED:
        more = len(faults) - MOST_LISTED
        faults = [
            *faults[:MOST_LISTED],
            Fault(where=spec.path, what=f"{more} more industries likewise", mend="see above"),
        ]
    kept = pairs[~pairs["unit"].isin(list(aside))]
    if faults:
        return kept.drop(columns="edition"), notes, faults
    found = [known[u, e] for u, e in zip(kept["unit"], kept["edition"], strict=True)]
    kept = kept.assign(unit=[f[0] for f in found], behind=[f[1] for f in found])
    used = sorted({str(e) for e in kept["edition"].unique()})
    if used != [to]:
        notes.append(f"industries of GB/T 4754-{', '.join(used)} brought to the list {to}")
    return kept.astype({"unit": "object"}).drop(columns="edition"), notes, []


def _editions(frame: pd.DataFrame, spec: SourceSpec, to: str) -> tuple[np.ndarray, list[Fault]]:
    """The edition of each row, and why it is not known."""
    years = frame["time"].to_numpy()
    where = f"sources.{spec.id}.industries"
    declared = spec.industries
    if isinstance(declared, dict):
        found = np.full(len(years), "", dtype=object)
        for each, (first, last) in declared.items():
            found[(years >= first) & (years <= last)] = each
        gone = sorted({int(y) for y in years[found == ""]})
        if gone:
            mend = 'give every year its edition: industries = { "2011" = [2012, 2017], "2017" = [2018, 2024] }'
            return found, [Fault(where=where, what=f"the edition of {gone[0]} is not declared", mend=mend)]
        return found, []
    edition: str = declared or (to if to in EDITIONS else "")
    if not edition:
        mend = 'say industries = "2017", or by years: { "2002" = [2003, 2011], "2011" = [2012, 2017] }'
        return years, [
            Fault(where=where, what="the edition of GB/T 4754 that the file goes by is not declared", mend=mend)
        ]
    if declared is None and len(years):
        crossed = [
            first
            for first, _ in list(IN_FORCE.values())[1:]
            if years[years > 0].min(initial=9999) < first <= years.max()
        ]
        if crossed:
            what = f"the file's years cross {crossed[0]}, when another edition of GB/T 4754 came into use, and it does not say its own"
            mend = f'say industries = "{edition}" where all years were classified anew, else by years, such as {{ "2011" = [2012, 2017] }}'
            return years, [Fault(where=where, what=what, mend=mend)]
    return np.full(len(years), edition, dtype=object), []


def _unknown(name: str, edition: str, where: str) -> Fault:
    others = [e for e in EDITIONS if e != edition and match_industry(name, e)]
    what = f"'{name.strip()}' is no division of GB/T 4754-{edition}"
    if others:
        return Fault(
            where=where, what=f"{what}; it is one of {', '.join(others)}", mend="say the edition: industries = ..."
        )
    return Fault(
        where=where,
        what=what,
        mend="write two digits, a name, or both; for other lists say 'as_printed' under [panel] codes",
    )


def _split(code: str, edition: str, to: str, theirs: tuple[str, ...], spec: SourceSpec) -> Fault:
    name = next(i.name_zh for i in industries(edition) if i.code == code)
    into = " and ".join(theirs) if theirs else "nothing"
    return Fault(
        where=spec.path,
        what=f"{code} {name} of GB/T 4754-{edition} is {into} in {to}, and cannot be taken apart",
        mend=f'say codes = {{ industry = "{PREFIX}joint" }} under [panel], which keeps them together',
    )


def added_up(frame: pd.DataFrame, spec: SourceSpec) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """One row for divisions that are one in the panel's list; missing where a part that the file has elsewhere is missing.

    Returns
    -------
    frame, notes, faults
        Faults: series that do not add up (rates, indices, pure numbers).
    """
    import pandas as pd

    parts = frame[frame["behind"] != ""]
    if parts.empty:
        return frame.drop(columns="behind"), [], []
    rates = sorted({s for s, m in zip(parts["series"], parts["measure"], strict=True) if not _adds_up(str(m))})
    if rates:
        first = parts[parts["series"] == rates[0]].iloc[0]
        what = f"{rates[0]} has divisions that are one in the panel's list ({first['behind']}), and '{first['measure']}' does not add up"
        return (
            frame,
            [],
            [
                Fault(
                    where=spec.path, what=what, mend="bring amounts with their unit of measure, not rates or logarithms"
                )
            ],
        )
    held = parts.groupby(["series", "behind"])["printed_part"].nunique()
    faults = [_alone(str(series), str(behind), spec) for (series, behind), n in held.items() if n < len(behind.split())]
    if faults:
        return frame, [], faults
    rows = []
    for _, own in parts.groupby(["series", "unit", "time"], sort=False):
        whole = own["value"].notna().all() and len(own) == len(own["behind"].iloc[0].split())
        row = own.iloc[0].copy()
        row["value"] = float(own["value"].sum()) if whole else float("nan")
        row["cell"] = " + ".join(own["cell"])
        row["printed"] = " + ".join(own["printed"])
        rows.append(row)
    merged = pd.DataFrame(rows).astype(parts.dtypes.to_dict())
    short = int(merged["value"].isna().sum())
    names = ", ".join(sorted(parts["behind"].unique()))
    notes = [f"{counted(len(merged), 'cells are')} sums over divisions that are one in the panel's list ({names})"]
    notes += [f"{short} of these sums are missing, since a part is"] if short else []
    together = pd.concat([frame[frame["behind"] == ""], merged]).sort_index(kind="stable")
    return together.drop(columns="behind"), notes, []


def _alone(series: str, behind: str, spec: SourceSpec) -> Fault:
    return Fault(
        where=spec.path,
        what=f"{series} has not all of the divisions {behind.replace(' ', ', ')}, which are one in the panel's list",
        mend="bring all of them in one file, or leave them out",
    )


def _adds_up(measure: str) -> bool:
    bare = measure.replace(" ", "")
    return bool(bare) and not bare.startswith(("%", "‰", "百分点", "ln(", "log")) and "=100" not in bare


def label_of(code: str, code_list: str) -> Label | None:
    """The name of a division of a list; of one of the joint list the names of the divisions that it holds."""
    to = code_list.removeprefix(PREFIX)
    held = [
        i for i in industries(to if to in EDITIONS else "2017") if code in (i.code, i.joint if to == JOINT else i.code)
    ]
    if not held:
        return None
    return Label(en=" and ".join(i.name_en for i in held), zh="、".join(i.name_zh for i in held))
