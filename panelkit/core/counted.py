"""How many of what, in English: one row, two rows; and templates whose slots count. No other language bends its words to a number."""

from __future__ import annotations

from string import Formatter
from typing import Any

# what else a phrase may hold that has another form for one
_VERBS = {
    "are": "is", "have": "has", "were": "was", "do": "does", "leave": "leaves", "weigh": "weighs", "share": "shares", "border": "borders",
    "agree": "agrees", "belong": "belongs", "rest": "rests", "stand": "stands", "lie": "lies", "hold": "holds", "differ": "differs",
    "take": "takes", "match": "matches", "fit": "fits", "add": "adds",
}  # fmt: skip
_ALIKE = frozenset(("series",))
_NO_NOUNS = frozenset(("is", "as", "this", "its", "was", "has", "does", "yes"))


def counted(count: object, phrase: str, form: str = "") -> str:
    """A number and what it counts, `phrase` being the plural with adjectives before and perhaps the verb behind.

    Parameters
    ----------
    count
        A number, or one that is written out already.
    phrase
        For example "rows", "treated cells", "units have", "cells of a row left out".
    form
        How the number is written, as in a format string.

    >>> counted(1, "rows"), counted(2, "rows"), counted(1, "entries are"), counted(1, "numbers with signs"), counted(1234, "draws", ",")
    ('1 row', '2 rows', '1 entry is', '1 number with signs', '1,234 draws')
    >>> counted(1, "sub-samples"), counted(1, "Stata's notes")
    ('1 sub-sample', "1 Stata's note")
    """
    text = format(count, form)
    return f"{text} {_singular(phrase) if text == '1' else phrase}"


def filled(template: str, **slots: object) -> str:
    """A template with its slots filled; `{rows:#rows}` is the number with the noun that it asks for.

    >>> filled("{rows:#rows} of {of}", rows=1, of="the panel")
    '1 row of the panel'
    """
    return _TEMPLATES.format(template, **slots)


class _Templates(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec.startswith("#"):
            return counted(value, format_spec[1:])
        return format(value, format_spec)


_TEMPLATES = _Templates()


def _singular(phrase: str) -> str:
    """The phrase with its first plural bent, and the verb right behind that."""
    words = phrase.split(" ")
    noun = next((i for i, w in enumerate(words) if w in _ALIKE or _one(w) != w), len(words))
    return " ".join(_one(w) if i in (noun, noun + 1) and (i == noun or w in _VERBS) else w for i, w in enumerate(words))


def _one(word: str) -> str:
    """A word of a phrase where it speaks of one thing."""
    if word in _VERBS:
        return _VERBS[word]
    if word in _ALIKE or word in _NO_NOUNS or "'" in word or not word.endswith("s") or word.endswith(("ss", "us")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "ches", "xes")) else word[:-1]
