"""What a text says of a number by its place: the bracket behind it, the column and table named before it, a word for a fall."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from panelkit.core.manifest import Entry
from panelkit.replication.binding import Bound
from panelkit.replication.manuscript import Number

Prints = Callable[[Entry, str], bool]
_BENEATH = ("se", "statistic", "p", "p_resampled", "low", "high")
_REACH = 70  # characters from one number to the next that still belongs to it
_BRACKET = re.compile(
    r"[\s*$^{}]*(?:%|per\s?cent|percentage points?|个?百分点)?\s*"
    r"(?:[(\[（【|]|,|，|with|and)\s*(?:with\s+)?(?:an?\s+|the\s+)?(?:robust\s+|clustered\s+)?"
    r"(?:standard errors?|std\.?\s*err\.?|s\.\s?e\.|SE|CR\d|t|p|标准误|t值|p值)?\s*(?:of|[=:：为]|\$|\()?\s*\|?\s*\(?$",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"(?:columns?|cols?\.|列|第)\s*~?[(（]?(\d{1,2})[)）]?\s*列?", re.IGNORECASE)
_TABLE = re.compile(r"(?:tables?|表)\s*~?(\d{1,2})", re.IGNORECASE)
_FALLS = re.compile(
    r"\b(?:falls?|fell|decreas\w+|declin\w+|drops?|dropped|lower\w*|reduc\w+|shr[iau]nk\w*|loss|negative|smaller)\b|下降|减少|降低|下跌|负向|缩小",
    re.IGNORECASE,
)


def placed(made: Sequence[Bound], known: Mapping[str, Entry], prints: Prints) -> list[Bound]:
    """The numbers of a text again: those whose place says what they are are bound by words, the misses of others led by what it says.

    Parameters
    ----------
    made : in the order of the text. known : the ledger with numbers. prints : whether an entry is printed as a text.
    """
    tables = list(dict.fromkeys(e.exhibit for e in known.values() if e.exhibit != "results" and ".r" in e.cell))
    by_key = {e.key: e for e in list(known.values())[::-1]}
    found = list(made)
    for i, bound in enumerate(found):
        number = bound.number
        if number.kind != "number" or bound.binding not in ("value", "unbound"):
            continue
        after = found[i + 1] if i + 1 < len(found) else None
        entry = _with_bracket(bound, after, by_key, prints) or _in_column(bound, known, tables, prints)
        if entry is not None and _starred(bound, entry):
            found[i] = replace(bound, binding="words", cell=entry.cell, key=entry.key, misses=())
            _further(found, i, by_key, prints)
        elif bound.binding == "unbound" and (meant := _meant(bound, known, tables)):
            found[i] = replace(bound, misses=tuple(dict.fromkeys((*meant, *bound.misses)))[:3])
    return found


def _starred(bound: Bound, entry: Entry) -> bool:
    """Whether the stars behind a number, if any, are the entry's."""
    return not bound.number.stars or bound.number.stars.count("*") == entry.mark.count("*")


def _texts(bound: Bound) -> tuple[str, ...]:
    """The number as printed, and below zero where the words before it tell of a fall."""
    text = bound.number.text
    unsigned = text[:1] not in "-\u2212+"
    return (text, f"-{text}") if unsigned and _FALLS.search(bound.number.before[-60:]) else (text,)


def _with_bracket(
    bound: Bound, after: Bound | None, by_key: Mapping[tuple[str, str, str], Entry], prints: Prints
) -> Entry | None:
    """The coefficient that is printed so and whose error, t or p is the number in the bracket behind."""
    if after is None or not _follows(bound, after):
        return None
    held = [
        e
        for key, e in by_key.items()
        if key[2] == "estimate"
        and any(prints(e, t) for t in _texts(bound))
        and any(prints(by_key[k], after.number.text) for f in _BENEATH if (k := (*key[:2], f)) in by_key)
    ]
    held.sort(key=lambda e: (e.key != bound.key, e.exhibit == "results"))
    return held[0] if held else None


def _further(found: list[Bound], i: int, by_key: Mapping[tuple[str, str, str], Entry], prints: Prints) -> None:
    """Bind the numbers right behind a coefficient that are its error, t, p, interval, or a statistic of its model."""
    key = found[i].key
    assert key is not None
    for j in range(i + 1, min(i + 5, len(found))):
        number, last = found[j].number, found[j - 1].number
        if number.kind != "number" or found[j].binding not in ("value", "unbound"):
            continue
        if number.place - last.place > 1 or len(number.before) - number.before.rfind(_bare(last)) > _REACH:
            return
        keys = [(*key[:2], f) for f in _BENEATH] + [
            (key[0], "", f) for f in ("rows", "r2_within", "r2", "clusters", "units")
        ]
        entry = next((by_key[k] for k in keys if k in by_key and prints(by_key[k], number.text)), None)
        if entry is None or (entry.key[1] == "" and _follows(found[j - 1], found[j])):
            return
        found[j] = replace(found[j], binding="words", cell=entry.cell, key=entry.key, misses=())


def _bare(number: Number) -> str:
    return number.text.lstrip("-\u2212").rstrip("%")


def _follows(bound: Bound, after: Bound) -> bool:
    """Whether a number stands in the bracket right behind another."""
    first, second = bound.number, after.number
    if not 0 <= second.place - first.place <= 1 or second.kind not in ("number", "level"):
        return False
    at = second.before.rfind(_bare(first))
    between = second.before[at + len(_bare(first)) :] if at >= 0 else "-"
    return _BRACKET.fullmatch(between) is not None


def _in_column(bound: Bound, known: Mapping[str, Entry], tables: Sequence[str], prints: Prints) -> Entry | None:
    """The cell of the column that the text names last before the number, and of the table if it names one."""
    held = _cells(bound, known, tables)
    return next((e for e in held if any(prints(e, t) for t in _texts(bound))), None)


def _cells(bound: Bound, known: Mapping[str, Entry], tables: Sequence[str]) -> list[Entry]:
    before = bound.number.before
    columns, named = _COLUMN.findall(before), _TABLE.findall(before)
    if not columns:
        return []
    table = tables[int(named[-1]) - 1] if named and 0 < int(named[-1]) <= len(tables) else ""
    end = f".c{int(columns[-1]) - 1}"
    return [
        e for e in known.values() if e.cell.endswith(end) and (e.exhibit == table if table else e.exhibit in tables)
    ]


def _meant(bound: Bound, known: Mapping[str, Entry], tables: Sequence[str]) -> tuple[str, ...]:
    """The misses that lie in the column that the text names."""
    there = {f"{'.'.join(e.key)} = {e.shown}{e.mark}" for e in _cells(bound, known, tables)}
    return tuple(m for m in bound.misses if m.rpartition(" (")[0] in there)
