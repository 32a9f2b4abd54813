"""One number of a manuscript bound to an entry of the ledger by macro, value and words, or with near misses; no file is read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from panelkit.core.manifest import Entry
from panelkit.replication import standalone
from panelkit.replication.manuscript import Number

Binding = Literal["exact", "words", "value", "unbound", "no estimate"]
MISSES = 3
LONGEST = 40  # characters of a number; a ledger's are shorter
LIKELY = 0.05  # a match that any number of this form finds with more than this probability says little
FIELDS: dict[str, tuple[str, ...]] = {
    "se": ("standard error", "s.e.", " se ", "std. err", "标准误"),
    "p": ("p-value", "p value", "p =", "p=", "p <", "p 值", "p值"),
    "p_resampled": ("bootstrap", "p-value", "p =", "自助", "自举"),
    "statistic": ("t-stat", "t =", "t=", "t statistic", "t 值", "t值", "z =", "统计量"),
    "rows": ("observations", "n =", "n=", "observation", "sample", "观测", "样本"),
    "units": ("provinces", "units", "firms", "省", "个体", "地区"),
    "clusters": ("clusters", "clustered", "聚类"),
    "r2_within": ("r2", "r-squared", "r²", "within", "拟合"),
    "r2": ("r2", "r-squared", "r²", "拟合"),
    "low": ("interval", "[", "置信区间"),
    "high": ("interval", "[", "置信区间"),
    "draws": ("draws", "replications", "bootstrap", "次", "抽样"),
    "mean": ("mean", "average", "均值", "平均"),
    "sd": ("standard deviation", "s.d.", "标准差"),
    "estimate": ("coefficient", "estimate", "effect", "系数", "效应", "估计"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A number of the text and what it stands for.

    binding : 'exact' by a macro; 'words' by value and by words around it that name the variable, the model or the statistic;
    'value' by value alone; 'unbound'; 'no estimate' for years, references, levels and such.
    cell, key : of the ledger. others : how many further keys have a number that is printed alike. chance : the probability that a
    number of this form, made up, is printed like some number of the ledger. misses : what it may have been meant to be.
    """

    number: Number
    binding: Binding
    cell: str = ""
    key: tuple[str, str, str] | None = None
    others: int = 0
    chance: float = 0.0
    misses: tuple[str, ...] = ()


def bind(
    number: Number,
    ledger: Mapping[str, Entry],
    known: Mapping[str, Entry],
    words: Mapping[str, tuple[str, ...]],
    last: Bound | None,
) -> Bound:
    if number.kind == "unread":
        return Bound(number=number, binding="unbound", misses=(number.around,))
    if number.macro is not None:
        return _of_table(number, ledger) if number.macro[0] == "table" else _by_macro(number, ledger)
    if number.kind != "number":
        return Bound(number=number, binding="no estimate")
    if len(number.text) > LONGEST or not math.isfinite(_parts(number.text)[0]) or abs(_parts(number.text)[1]) > LONGEST:
        return Bound(number=number, binding="unbound", misses=("no ledger has such a number",))
    found = [e for e in known.values() if prints(e, number.text)]
    chance = chance_of(number.text, known.values())
    if not found:
        return Bound(number=number, binding="unbound", chance=chance, misses=_misses(number, known.values(), words))
    scored = sorted(found, key=lambda e: (-_score(e, number, words, last), e.cell))
    best, score = scored[0], _score(scored[0], number, words, last)
    if score < 2 and chance > LIKELY and (meant := _meant(number, known.values(), words)):
        return Bound(number=number, binding="unbound", chance=chance, misses=meant)
    bound = Bound(
        number=number,
        binding="words" if score >= 2 else "value",
        cell=best.cell,
        key=best.key,
        others=len({e.key for e in found}) - 1,
        chance=chance,
    )
    if number.stars and best.key[2] == "estimate" and best.mark.count("*") != number.stars.count("*"):
        said = f"the ledger has {best.shown}{best.mark}"
        return replace(bound, binding="unbound", misses=(said,))
    return bound


def _meant(number: Number, entries: Iterable[Entry], words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Numbers that the words around name and that the text misses by a sign or a digit: then a likely match elsewhere is none."""
    text = number.text.rstrip("%").lstrip("-\u2212+")
    value, decimals, percent = _parts(number.text)
    if decimals <= 1 or percent:
        return ()
    named = []
    for entry in entries:
        raw = value_of(entry.raw)
        if raw is None or entry.key[2] not in ("estimate", "se") or _score(entry, number, words, None) < 2:
            continue
        shown = f"{abs(raw):.{decimals}f}"
        flipped = abs(raw + value) <= 0.5 * 10.0**-decimals
        if flipped or (_one_off(text, shown) and raw * value > 0):
            why = "other sign" if flipped else "one digit off"
            named.append(f"{'.'.join(entry.key)} = {entry.shown}{entry.mark} ({why}), which the words name")
    return tuple(dict.fromkeys(named))[:MISSES]


def _of_table(number: Number, ledger: Mapping[str, Entry]) -> Bound:
    """A cell of a table that the text takes in, against the ledger."""
    entry = ledger.get((number.macro or ("", ""))[1])
    if entry is None:
        return Bound(number=number, binding="unbound", misses=("the ledger has no such cell",))
    if f"{entry.shown}{entry.mark}" != number.text:
        return Bound(number=number, binding="unbound", misses=(f"the ledger has {entry.shown}{entry.mark}",))
    return Bound(number=number, binding="exact", cell=entry.cell, key=entry.key)


def defines_rightly(number: Number, ledger: Mapping[str, Entry]) -> bool:
    """Whether a macro of a numbers.tex that the text takes in prints what the ledger has."""
    how, name = number.macro or ("", "")
    known = [
        e for e in ledger.values() if standalone.named(e.cell if how == "defines cell" else "|".join(e.key)) == name
    ]
    texts = {t for e in known for t in (e.shown, e.shown.strip("()[]"))}
    return number.text in texts


def _by_macro(number: Number, ledger: Mapping[str, Entry]) -> Bound:
    how, name = number.macro or ("cell", "")
    if how.startswith("defines "):
        return Bound(number=number, binding="unbound", misses=(f"the ledger has no {name} that prints so",))
    entry = ledger.get(name)
    if how == "key" or entry is None:
        parts = tuple(re.split(r"[|]", name))
        entry = next((e for e in ledger.values() if e.key == parts), entry if how == "cell" else None)
    if entry is None:
        return Bound(number=number, binding="unbound", misses=("the ledger has no such cell or key",))
    return Bound(number=number, binding="exact", cell=entry.cell, key=entry.key)


def value_of(raw: Any) -> float | None:
    value = standalone.number(raw)
    return value if value is not None and math.isfinite(value) else None


def _parts(text: str) -> tuple[float, int, bool]:
    """Value, printed decimals, and whether it is a percentage."""
    percent = text.endswith("%")
    bare = text.rstrip("%").replace("\u2212", "-").replace(",", "")
    mantissa, _, power = bare.lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(power or 0)
    return float(bare), decimals, percent


def prints(entry: Entry, text: str, scale: float = 1.0) -> bool:
    """Whether an entry's value, times `scale`, is printed so; a whole number stands for counts alone."""
    value, decimals, percent = _parts(text)
    raw = (value_of(entry.raw) or 0.0) * scale
    if decimals <= 0 and not percent and not isinstance(entry.raw, int) and not float(entry.raw or 0).is_integer():
        return False
    for times in (1.0, 100.0) if percent else (1.0,):
        if abs(raw * times - value) <= 0.5 * 10.0**-decimals * (1 + 1e-6) + abs(value) * 2.0**-50:
            return True
    return False


def chance_of(text: str, entries: Iterable[Entry]) -> float:
    """The share of all numbers of this form (as many decimals, same power of ten, either sign) that some entry is printed as.

    >>> one = Entry(cell="t.r0.c0", exhibit="t", raw=0.2451, shown="0.245", mark="", key=("m", "x", "estimate"))
    >>> chance_of("0.300", [one])
    0.0005
    """
    value, decimals, percent = _parts(text)
    size = max(1.0, 10.0 ** math.floor(math.log10(abs(value)))) if value else 1.0
    low, high = (0.0, 1.0) if abs(value) < 1 else (size, 10 * size)
    unit = 10.0**-decimals
    whole = decimals <= 0 and not percent
    seen = set()
    for entry in entries:
        raw = value_of(entry.raw)
        if raw is None or (whole and not float(raw).is_integer()):
            continue
        for times in (1.0, 100.0) if percent else (1.0,):
            if low <= abs(raw * times) < high:
                seen.add(round(raw * times / unit))
    return min(1.0, len(seen) / (2 * (high - low) / unit))


def _score(entry: Entry, number: Number, words: Mapping[str, tuple[str, ...]], last: Bound | None) -> int:
    """How much the words around speak for an entry: 2 for the name of its variable or model or for the number before, 1 for its field."""
    model, term, field = entry.key
    around = f" {number.around.lower()} "
    named = any(w in around for w in (*words.get(term, ()), *words.get(model, ())))
    said = any(w in around for w in FIELDS.get(field, ()))
    score = 2 * named + said
    if (
        last is not None
        and last.key is not None
        and last.number.place == number.place
        and last.binding in ("words", "exact")
    ):
        gap = number.before.rfind(last.number.text.rstrip("%"))
        if gap >= 0 and len(number.before) - gap <= 40 and last.key[:2] == (model, term) and last.key[2] != field:
            score += 2
    if field in ("rows", "units", "clusters") and said:
        score += 1
    return score


def _misses(number: Number, entries: Iterable[Entry], words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What the number may have been meant to be: other sign, percent for fraction, a digit off, digits exchanged, cut not rounded."""
    value, decimals, percent = _parts(number.text)
    text = number.text.rstrip("%").lstrip("-\u2212+")
    flipped = f"-{text}" if value >= 0 else text
    found: list[tuple[int, int, str]] = []
    for entry in entries:
        raw = value_of(entry.raw)
        if raw is None:
            continue
        shown = f"{abs(raw):.{max(decimals, 0)}f}"
        reason, weight = "", 0
        if decimals > 0 and prints(entry, flipped):
            reason, weight = "other sign", 4
        elif not percent and decimals > 0 and (prints(entry, number.text, 100.0) or prints(entry, number.text, 0.01)):
            reason, weight = "percent for fraction", 3
        elif decimals > 0 and math.copysign(1, raw) == math.copysign(1, value):
            if abs(raw - value) <= 1.5 * 10.0**-decimals:
                reason, weight = "rounded otherwise", 3
            elif _one_off(text, shown):
                reason, weight = "one digit off", 2
            elif _exchanged(text, shown):
                reason, weight = "digits exchanged", 2
            elif prints(entry, number.text, 10.0) or prints(entry, number.text, 0.1):
                reason, weight = "decimal point elsewhere", 1
        elif (
            decimals <= 0
            and float(raw).is_integer()
            and len(text) > 1
            and (_one_off(text, shown) or _exchanged(text, shown))
        ):
            reason, weight = "one digit off", 2
        if reason:
            score = _score(entry, number, words, None) - (entry.exhibit == "results")
            found.append((-score, -weight, f"{'.'.join(entry.key)} = {entry.shown}{entry.mark} ({reason})"))
    return tuple(dict.fromkeys(text for *_, text in sorted(found)))[:MISSES]


def _one_off(a: str, b: str) -> bool:
    a, b = a.replace(",", ""), b.replace(",", "")
    a, b = (f"0{t}" if t.startswith(".") else t for t in (a, b))
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _exchanged(a: str, b: str) -> bool:
    if len(a) != len(b):
        return False
    apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    return len(apart) == 2 and apart[1] - apart[0] == 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]
