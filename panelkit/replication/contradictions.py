"""What a text says against its own results: a number of another column, a level that p does not reach, a count or span of another sample.

Numbers that no rule here contradicts stay as they were bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from panelkit.core.manifest import Entry
from panelkit.replication.binding import Bound, value_of

Prints = Callable[[Entry, str], bool]
_SENTENCE = re.compile(
    r"[。；;!?！？\n]|\.(?=\s|$)(?<!col\.)(?<!cols\.)(?<!Tab\.)(?<!Fig\.)(?<!vs\.)(?<!s\.e\.)(?<!resp\.)"
)
_LIST = (
    r"[(（]?\d{1,2}[)）]?(?:\s*(?:,|and|和|、|与|及|to|至|[-–—])+\s*(?:columns?|列)?\s*[(（]?\d{1,2}[)）]?(?![\d.%]))*"
)
_COLUMN = re.compile(rf"(?:columns?|cols?\.|列)\s*~?({_LIST})", re.IGNORECASE)
_AFTER = re.compile(
    r"[*$\s]*(?:[(（][^()（）]{0,40}[)）]\s*)?(?:(?:,|，)\s*)?(?:in|of|for)\s+(?:the\s+)?(?:columns?|cols?\.)\s*~?[(（]?(\d{1,2})",
    re.IGNORECASE,
)
_EACH = re.compile(r"respectively|分别", re.IGNORECASE)
_FIGURE = re.compile(r"[-\u2212]?\d*\.\d+|\d{2,}(?:,\d{3})*")
# what a number is called right before it
_CALLED = {
    "se": re.compile(r"(?:standard errors?|s\.\s?e\.|标准误)[^\d.]{0,14}$", re.IGNORECASE),
    "rows": re.compile(r"(?:\bN\s*=|observations?|观测值?)[^\d.]{0,10}$"),
}
_TABLE = re.compile(r"(?:tables?|表)\s*~?(\d{1,2})", re.IGNORECASE)
_SIGNIFICANT = re.compile(r"significan\w*\s+(?:\w+\s+){0,2}at\s+(?:the\s+)?$|在\s*$", re.IGNORECASE)
_AFTER_LEVEL = re.compile(
    r"\s*\\?%?\s*(?:per\s?cent\s*)?(?:significance\s*)?(?:levels?|的?(?:统计)?(?:显著性?)?水平(?:上|下)?)",
    re.IGNORECASE,
)
_NOT = re.compile(r"(?:\bnot\b|n't|\binsignificant|\bno longer\b|\bnor\b)", re.IGNORECASE)
_COUNTS = {
    "rows": re.compile(r"\s*(?:个|条)?\s*(?:observations?\b|obs\b|观测)", re.IGNORECASE),
    "clusters": re.compile(r"\s*(?:个)?\s*(?:clusters?\b|聚类)", re.IGNORECASE),
}
_SAMPLE = re.compile(r"\b(?:sample|panel|data|observed|period)\b|样本|面板|数据|期间|区间", re.IGNORECASE)
_SPAN = re.compile(r"\s*(?:年)?\s*(?:to|through|until|[-–—~至到])\s*(?P<last>(?:19|20)\d\d)(?!\d)", re.IGNORECASE)
PANELS = 3  # models that one column of a table may have beneath each other
COLUMNS_OF = (
    "estimate",
    "se",
    "statistic",
    "p",
    "p_resampled",
    "rows",
    "units",
    "clusters",
    "r2_within",
    "r2",
    "interval",
)


def contradicted(
    made: Sequence[Bound], known: Mapping[str, Entry], prints: Prints, windows: Collection[tuple[int, int]] = ()
) -> list[Bound]:
    """The numbers of a text again; those that its own words contradict are unbound, with what the results have there.

    Parameters
    ----------
    made : in the order of the text. known : the ledger with numbers. windows : first and last year of the panel and of each sample.
    """
    tables = list(dict.fromkeys(e.exhibit for e in known.values() if e.exhibit != "results" and ".r" in e.cell))
    by_key = {e.key: e for e in list(known.values())[::-1]}
    found = list(made)
    for i, bound in enumerate(found):
        number = bound.number
        if number.kind == "number" and bound.binding in ("words", "value"):
            said = _other_column(bound, known, tables, prints) or _other_count(bound, known, prints)
            if not said and bound.binding == "value" and bound.cell.startswith("results."):
                found[i] = replace(bound, misses=_other_sign(bound, known, tables, prints))
        elif number.kind == "level":
            said = _other_level(found, i, (known, by_key), tables)
        elif number.kind == "year":
            said = _other_span(bound, windows)
        else:
            continue
        if said:
            found[i] = replace(bound, binding="unbound", cell="", key=None, misses=said)
    return found


def _sentence(text: str) -> str:
    """What belongs to the sentence that ends a text."""
    ends = [m.end() for m in _SENTENCE.finditer(text)]
    return text[ends[-1] :] if ends else text


def _rest(text: str) -> str:
    """What belongs to the sentence that begins a text."""
    found = _SENTENCE.search(text)
    return text[: found.start()] if found else text


def _column(bound: Bound) -> int:
    """The one column that the sentence says a number is of, from 1; 0 where it names none, or several without saying which."""
    after = _AFTER.match(bound.number.after)
    if after is not None:
        return int(after.group(1))
    before = _sentence(bound.number.before)
    named = list(_COLUMN.finditer(before))
    columns = [int(n) for m in named for n in re.findall(r"\d{1,2}", m.group(1))]
    if len(set(columns)) == 1:
        return columns[0]
    if columns and _EACH.search(before + _rest(bound.number.after)):
        place = len(_FIGURE.findall(before[named[-1].end() :]))
        return columns[place] if place < len(columns) else 0
    return 0


def _within(bound: Bound, known: Mapping[str, Entry], tables: Sequence[str], column: int) -> list[str]:
    """The tables that have a column of models with this number: the one that the text names, else all of them."""
    named = [int(n) for n in _TABLE.findall(bound.number.before)]
    asked = [tables[named[-1] - 1]] if named and 0 < named[-1] <= len(tables) else list(tables)
    models: dict[str, set[str]] = {}
    for entry in known.values():
        if entry.exhibit in asked and entry.cell.endswith(f".c{column - 1}"):
            models.setdefault(entry.exhibit, set()).add(entry.key[0])
    return [t for t in asked if 0 < len(models.get(t, ())) <= PANELS and "panel" not in models[t]]


def _other_column(bound: Bound, known: Mapping[str, Entry], tables: Sequence[str], prints: Prints) -> tuple[str, ...]:
    """What stands in the column that the text names, where the number stands beside it in another one, or is called what it is not."""
    column = _column(bound)
    within = _within(bound, known, tables, column) if column else []
    if not within:
        return ()
    end, text = f".c{column - 1}", bound.number.text
    texts = (text, f"-{text}") if text[:1] not in "-\u2212+" else (text,)
    held = [e for e in known.values() if e.exhibit in within]
    printed = [e for e in held if any(prints(e, t) for t in texts)]
    if any(e.cell.endswith(end) for e in printed):
        return ()
    said = []
    for entry in printed:
        there = known.get(f"{entry.cell.rpartition('.c')[0]}{end}")
        if there is not None and entry.key[2] in COLUMNS_OF:
            own = int(entry.cell.rpartition(".c")[2]) + 1
            said.append(f"{_shown(there)} is in column ({column}) of {entry.exhibit}, this in column ({own})")
    for field, called in _CALLED.items():
        if not said and called.search(_sentence(bound.number.before)):
            said += [
                f"{_shown(e)} is in column ({column}) of {e.exhibit}"
                for e in held
                if e.cell.endswith(end) and e.key[2] == field
            ]
    return tuple(dict.fromkeys(said))[:3]


def _shown(entry: Entry) -> str:
    return f"{'.'.join(entry.key)} = {entry.shown}{entry.mark}"


def _other_sign(bound: Bound, known: Mapping[str, Entry], tables: Sequence[str], prints: Prints) -> tuple[str, ...]:
    """The coefficients of tables that a number would be with the other sign, where no table prints it as it is."""
    text = bound.number.text.lstrip("-\u2212+")
    flipped = text if bound.number.text != text else f"-{text}"
    held = [e for e in known.values() if e.exhibit in tables and e.key[2] == "estimate" and "." in text]
    return tuple(dict.fromkeys(f"{_shown(e)} (other sign)" for e in held if prints(e, flipped)))[:3]


def _other_count(bound: Bound, known: Mapping[str, Entry], prints: Prints) -> tuple[str, ...]:
    """The counts that there are, where the word behind a number names a count and none is this one."""
    for field, word in _COUNTS.items():
        if word.match(bound.number.after) and bound.number.text.replace(",", "").isdigit():
            counts = [e for e in known.values() if e.key[2] == field]
            if counts and not any(prints(e, bound.number.text) for e in counts) and bound.chance > 0.01:
                return tuple(dict.fromkeys(f"{'.'.join(e.key)} = {e.shown}" for e in counts))[:3]
    return ()


def _other_level(
    found: Sequence[Bound],
    i: int,
    known: tuple[Mapping[str, Entry], Mapping[tuple[str, str, str], Entry]],
    tables: Sequence[str],
) -> tuple[str, ...]:
    """The p of what a text calls significant at a level, where no p reaches it; or not significant, where every one does."""
    number = found[i].number
    level = value_of(float(number.text.rstrip("%"))) if re.fullmatch(r"[\d.]+%?", number.text) else None
    before = _sentence(number.before)
    if level is None or not _SIGNIFICANT.search(before) or not _AFTER_LEVEL.match(number.after):
        return ()
    level = (
        level / 100
        if number.text.endswith("%") or level >= 1 or number.after.lstrip().startswith(("%", "\\%", "per"))
        else level
    )
    after = _rest(number.after)
    absent = bool(_NOT.search(before[-40:])) or re.search(r"水平[上下]?(?:并|均|都)?不显著", after) is not None
    if not absent and not re.search(r"significan", before, re.IGNORECASE) and "显著" not in after:
        return ()
    said = []
    for key in _coefficients(found, i, known[0], tables):
        ps = [p for f in ("p", "p_resampled") if (e := known[1].get((*key, f))) and (p := value_of(e.raw)) is not None]
        if not ps or (all(p < level for p in ps) if absent else any(p < level for p in ps)) is absent:
            said += [f"{'.'.join(key)}: p = {p:.4g}" for p in ps]
        else:
            return ()
    return tuple(dict.fromkeys(said))[:3]


def _coefficients(
    found: Sequence[Bound], i: int, known: Mapping[str, Entry], tables: Sequence[str]
) -> list[tuple[str, str]]:
    """The coefficients that a sentence speaks of: the last one printed in it, else those of the column that it names."""
    number = found[i].number
    before = _sentence(number.before)
    for bound in reversed(found[max(0, i - 4) : i]):
        bare = bound.number.text.lstrip("-\u2212").rstrip("%")
        near = number.place - bound.number.place <= 1 and bare in before
        if bound.key is not None and bound.key[2] == "estimate" and near and bound.binding in ("words", "exact"):
            return [(bound.key[0], bound.key[1])]
    column = _column(found[i])
    if not column:
        return []
    within = _within(found[i], known, tables, column)
    if len(within) > 1:  # the one of them that the text spoke of last
        last = [t for b in found[:i] if b.binding in ("words", "exact") and (t := b.cell.split(".")[0]) in within]
        within = last[-1:]
    held = [
        e
        for e in known.values()
        if e.exhibit in within and e.cell.endswith(f".c{column - 1}") and e.key[2] == "estimate"
    ]
    return [(e.key[0], e.key[1]) for e in held] if len(held) == 1 else []


def _other_span(bound: Bound, windows: Collection[tuple[int, int]]) -> tuple[str, ...]:
    """The spans of panel and samples, where a text says of its sample that it runs over another."""
    number = bound.number
    span = _SPAN.match(number.after)
    if span is None or not windows or not re.fullmatch(r"(?:19|20)\d\d", number.text):
        return ()
    told = (int(number.text), int(span.group("last")))
    about = _sentence(number.before)[-40:] + _rest(number.after[span.end() :])[:12]
    if told in windows or told[1] <= told[0] or not _SAMPLE.search(about):
        return ()
    return tuple(f"panel and samples run over {a} to {b}" for a, b in sorted(windows))[:3]
