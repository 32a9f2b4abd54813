"""Numbers of the results that no table prints and a text may quote: findings of checks, rows left out, notes of estimates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from panelkit.core.manifest import Entry

_TOKEN = re.compile(r"(?<![\w.\u2212-])[-\u2212]?\d[\d,]*(?:\.\d+)?(?:e[-\u2212+]?\d+)?(?![\w%])", re.ASCII)
# the same years, levels and names of conventions stand in every text
_YEAR = re.compile(r"(?:19|20)\d\d")


def findings(checks: Iterable[Mapping[str, Any]], estimates: Iterable[Mapping[str, Any]]) -> dict[str, Entry]:
    """An entry for each number of a check's sentence, of the rows that a sample leaves out and of the notes of an estimate.

    Parameters
    ----------
    checks, estimates : the lists in checks.json and estimates.json.

    Returns
    -------
    dict
        By cell "results.<of>.<check>.<number>"; keys are (model or 'panel', name of the check, 'finding'),
        (model, '', 'dropped') and (model, '', 'note').
    """
    found: dict[str, Entry] = {}
    for of, name, field, text in _told(checks, estimates):
        for shown in dict.fromkeys(_TOKEN.findall(text)):
            if _YEAR.fullmatch(shown):
                continue
            raw = shown.replace(",", "").replace("\u2212", "-")
            value: float | int = int(raw) if re.fullmatch(r"-?\d+", raw) else float(raw)
            cell = f"results.{'.'.join(p for p in (of, name, field) if p)}.{shown}"
            found[cell] = Entry(cell=cell, exhibit="results", raw=value, shown=shown, mark="", key=(of, name, field))
    return found


def _told(
    checks: Iterable[Mapping[str, Any]], estimates: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str, str]]:
    """(model, check, field, sentence)."""
    for check in checks:
        yield check["of"] or "panel", check["name"], "finding", check["text"]["en"]
    for estimate in estimates:
        for drop in estimate["sample"].get("dropped", ()):
            yield estimate["id"], "", "dropped", str(drop["rows"])
        for note in estimate.get("notes", ()):
            yield estimate["id"], "", "note", note
