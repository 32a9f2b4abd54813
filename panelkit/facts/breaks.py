"""Changes of definition inside official series, and which series cross them; whether a study accepts one is for the ETL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from panelkit.facts.tables import read_table

Rule = Literal["any", "first_print"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A change of definition.

    Parameters
    ----------
    id : str
        Its name in a study.
    year : int
        First year on the new basis. last : last year on it, where the old basis came back.
    names, unless : tuple of str
        Names of the series it concerns, and words that keep a name out.
    rule : 'any' or 'first_print'
        first_print: only series that mix vintages cross it, because an export of one vintage was revised as a whole.
    """

    id: str
    year: int
    last: int | None
    names: tuple[str, ...]
    unless: tuple[str, ...]
    rule: Rule
    what_en: str
    what_zh: str
    source: str
    confidence: str

    def concerns(self, name: str, context: str = "") -> bool:
        """Whether a series of that name, in a table of the title `context`, is concerned."""
        folded = _folded(name)
        whole = folded + _folded(context)
        if any(_folded(word) in folded for word in self.unless):
            return False
        return any(_fits(entry, folded, whole) for entry in self.names)

    def crossed_by(self, years: Iterable[int]) -> bool:
        """Whether years lie on both sides."""
        listed = sorted(set(years))
        inside = [y for y in listed if self.year <= y and (self.last is None or y <= self.last)]
        return bool(inside) and len(inside) < len(listed)


@cache
def _folded(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _fits(entry: str, name: str, whole: str) -> bool:
    parts = [_folded(p) for p in entry.split("&")]
    if entry.isascii():
        return parts == [name]
    if len(parts) == 1:
        return parts[0] in name
    return all(p in whole for p in parts) and any(p in name for p in parts)


@cache
def breaks() -> tuple[Break, ...]:
    """Every break of the table, in its order.

    >>> [b.year for b in breaks() if b.id == "urban_units_2013"]
    [2013]
    """
    return tuple(
        Break(
            id=row["id"],
            year=int(row["year"]),
            last=int(row["last"]) if row["last"] else None,
            names=tuple(row["names"].split("|")),
            unless=tuple(w for w in row["unless"].split("|") if w),
            rule="first_print" if row["rule"] == "first_print" else "any",
            what_en=row["what_en"],
            what_zh=row["what_zh"],
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_table("breaks")
    )


_WORDS = re.compile(r"[a-z]+")
_WHOLE = frozenset(
    {"fai", "gdp", "grp", "hc", "pc", "lq", "per", "pop", "ind", "did", "old"}
)  # no beginnings of longer words


@cache
def _official_names() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    rows = read_table("series_names")
    return tuple(
        (r["official"], tuple(r["author"].split("|")), tuple(w for w in r["unless"].split("|") if w)) for r in rows
    )


def official_names(name: str) -> tuple[str, ...]:
    """The official series that a name of an author's own may mean; by its words, so that it is a guess.

    >>> official_names("emp_urban"), official_names("lnUrbanEmp"), official_names("urban_unemployment")
    (('城镇单位就业人员',), ('城镇单位就业人员',), ())
    >>> official_names("GDP per capita"), official_names("x1")
    ((), ())
    """
    return tuple(
        official
        for official, author, unless in _official_names()
        if any(_alike(a, name) for a in author) and not any(_alike(u, name) for u in unless)
    )


def _alike(pattern: str, name: str) -> bool:
    """Whether a name has all words of a pattern: Latin ones as beginnings of its words, Chinese ones as a part of it."""
    if not pattern.isascii():
        return _folded(pattern) in _folded(name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    words = [w.removeprefix("ln") if len(w) > 4 else w for w in _WORDS.findall(spaced)]
    return all(any(w == part if part in _WHOLE else w.startswith(part) for w in words) for part in pattern.split("+"))


def breaks_crossed(
    name: str, years: Iterable[int], *, mixes_vintages: bool = False, context: str = ""
) -> tuple[Break, ...]:
    """The breaks that a series crosses.

    Parameters
    ----------
    name : str
        As printed in the file, or the column's name, without its unit of measure.
    years : iterable of int
        Years that have a figure and that the study uses.
    mixes_vintages : bool
        Whether its figures come from several yearbooks or exports.
    context : str
        Title of the table, which may say what a column called 企业数 counts.

    >>> [b.id for b in breaks_crossed("城镇单位就业人员", range(2010, 2016))]
    ['urban_units_2013']
    >>> breaks_crossed("城镇单位就业人员", range(2013, 2023)), breaks_crossed("x", range(2000, 2023))
    ((), ())
    """
    listed = tuple(years)
    return tuple(
        b
        for b in breaks()
        if (b.rule == "any" or mixes_vintages) and b.crossed_by(listed) and b.concerns(name, context)
    )
