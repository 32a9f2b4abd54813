"""What no study may hold, wherever it stands: names that are paths, letters that hide or turn text, numbers that fill a machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.letters import deceiving

DEEPEST = 16
MOST_ENTRIES = 5_000  # of one table or list
MOST_OF = {"models": 500, "variables": 1_000, "sources": 500, "tables": 200, "figures": 200, "columns": 100}
MOST_OF |= {"checks": 200, "families": 100, "robustness": 100, "authors": 1_000}
LONGEST = 20_000  # signs of one text
LONGEST_KEY = 500
LARGEST = 10**15
LARGEST_OF = {"draws": 1_000_000, "permutations": 1_000_000, "threads": 256, "digits": 30}
_COUNTS = (
    "years year window windows fit_years growth_years start lags leads periods shifts step anticipation balance neighbours "
    "rematch first most few powers controls reference"
)  # what a loop runs to, or an array is made for
LARGEST_OF |= dict.fromkeys(_COUNTS.split(), 10_000)
NAMED = ("sources", "variables", "checks", "families", "robustness")  # tables of entries by name
LISTED = ("models", "tables", "figures")  # lists of entries with an id
NAME = re.compile(r"\w[\w-]{0,119}")
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")  # no file can be called so on Windows


def unsafe(document: dict[str, Any]) -> Iterator[Fault]:
    """A fault for each thing in a parsed study file that could reach beyond it or deceive its reader."""
    yield from _names(document)
    yield from _values(document, "", 0)
    years = document.get("panel", {}).get("years") if isinstance(document.get("panel"), dict) else None
    if isinstance(years, list) and any(not isinstance(y, int) or y < 1 for y in years):
        yield Fault(where="panel.years", what=f"{str(years)[:60]} are no years", mend="write [2015, 2022]")


def _names(document: dict[str, Any]) -> Iterator[Fault]:
    head = document.get("study")
    ids = [("study.id", head.get("id"))] if isinstance(head, dict) else []
    for section in NAMED:
        entries = document.get(section)
        ids += [(section, name) for name in entries] if isinstance(entries, dict) else []
    for section in LISTED:
        entries = document.get(section)
        listed = entries if isinstance(entries, list) else []
        ids += [(f"{section}.id", e["id"]) for e in listed if isinstance(e, dict) and "id" in e]
    for where, name in ids:
        if isinstance(name, str) and (not NAME.fullmatch(name) or DEVICES.fullmatch(name)):
            device = " (Windows keeps it for a device)" if DEVICES.fullmatch(name) else ""
            yield Fault(
                where=where,
                what=f"{name[:60]!a} cannot be a name: files are called by it{device}",
                mend="use letters, digits, '_' and '-', beginning with a letter or digit",
            )


def _values(value: Any, where: str, depth: int) -> Iterator[Fault]:
    if depth > DEEPEST:
        yield Fault(where=where[:80], what="this is nested too deeply for a study", mend="write it flat")
    elif isinstance(value, (dict, list)) and len(value) > (most := _most(where, depth)):
        what = f"{counted(len(value), 'entries are', ',')} more than a study is read with"
        yield Fault(where=where[:80] or "the study", what=what, mend=f"at most {most:,}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _text(str(key), where or "the study", LONGEST_KEY)
            yield from _values(inner, f"{where}.{key}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _values(inner, f"{where}[{place}]", depth + 1)
    elif isinstance(value, str):
        yield from _text(value, where)
    elif isinstance(value, int) and not isinstance(value, bool):
        most = LARGEST_OF.get(_key(where), LARGEST)
        if abs(value) > most:
            shown = f"{value:.3g}" if abs(value) < 10**300 else "this number"
            yield Fault(where=where[:120], what=f"{shown} is beyond every use", mend=f"at most {most}")


def _key(where: str) -> str:
    """The last name of a path that is no place in a list.

    >>> _key("models[0].inference.draws"), _key("tables[1].columns[7]")
    ('draws', 'columns')
    """
    return where.rpartition(".")[2].partition("[")[0]


def _most(where: str, depth: int) -> int:
    """How many entries a table or list may have."""
    return MOST_OF.get(_key(where), MOST_ENTRIES) if depth == 1 or where.startswith("tables[") else MOST_ENTRIES


def _text(text: str, where: str, most: int = LONGEST) -> Iterator[Fault]:
    if len(text) > most:
        what = f"a text of {len(text):,} signs is longer than a study is read with: '{text[:40]}...'"
        yield Fault(where=where[:120], what=what, mend=f"at most {most:,}; data belong into data/raw")
    if named := deceiving(text):
        yield Fault(
            where=where[:120],
            what=f"the text holds characters that hide or turn what is read: {named}",
            mend="write it again without them",
        )
