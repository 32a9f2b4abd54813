"""What a user of scripts may ask of a table: every option, its meaning and its faults, all told at once; no table is made here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import LINE
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.reporting.numbers import is_number
from panelkit.reporting.printed import safe_id
from panelkit.reporting.scripts.labels import Pattern
from panelkit.reporting.scripts.read import canonical

STARS = (0.10, 0.05, 0.01)
BRACKETS = ("se", "t", "p", "ci")
R2 = (
    "r2_within",
    "r2",
    "r2_between",
    "r2_difference",
    "r2_quasi",
    "r2_transformed",
    "r2_uncentred",
    "r2_pseudo",
    "r2_adjusted",
)
STATISTICS = ("effects", "estimator", "sample", "rows", "clusters", "weights", "r2_kinds")
FURTHER = ("outcome_mean", "loglik", "aic", "bic")
_ONE = {
    "keep",
    "drop",
    "order",
    "notes",
    "headings",
    "statistics",
    "stars",
    "levels",
}  # a lone one stands for a list of one


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of `panelkit.reporting.table`.

    Parameters
    ----------
    id, title, number : str, str, int
        Names the file and LaTeX's label (tab:<id>); printed above; printed behind "Table", 0 for none.
    labels : mapping
        Name of a term, outcome, effect or cluster -> what is printed.
    rename : mapping
        Name of a term -> the name it is to have: terms of one name share a row.
    headings : sequence of str
        Names of the columns, in place of those of a mapping of results.
    groups : mapping
        Headings above them: text -> how many neighbouring columns it stands over.
    panels : mapping
        In place of models: heading -> models of Panel A, Panel B ..., one beneath the other.
    keep, drop, order : sequence
        Terms by name, with '*' for any text, or by re.compile(...); what matches nothing is a fault. order : these first.
    term_groups : mapping
        Heading -> terms under it.
    brackets : str or sequence
        Beneath a coefficient: 'se', 't', 'p', 'ci', or several of them.
    stars, levels : sequence of float
        Levels of p that are starred, () for none; by default .10 .05 .01, none in the profile 'aea'. Two names for one thing.
    digits, significant : int or mapping
        Decimals, or significant digits: for all numbers, or by term or statistic, "" for the others.
    statistics : sequence of str
        Rows beneath the coefficients: effects, estimator, sample, rows, clusters, weights, r2_kinds, or one kind of R-squared,
        outcome_mean, loglik, aic, bic.
    extra : mapping
        Further rows: label -> words, one for each column, or a function that takes a result and gives its number or word.
    notes : sequence of str
        Printed below those that panelkit writes.
    samples : 'same' or 'told'
        Columns on different rows are refused, or told in a note.
    conventions : 'told' or 'same'
        Columns whose standard errors are made in different ways are told in a note, or refused.
    profile : 'plain', 'cn' or 'aea'
        'aea' prints no stars and leaves No blank.
    language : 'en' or 'zh'
        Of all words that panelkit writes.
    long, landscape, line : bool, bool, float
        It may break across pages, it is turned by 90 degrees, the width in cm of a line of the paper.
    """

    id: str = "table"
    title: str = ""
    number: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    headings: Sequence[str] = ()
    groups: Mapping[str, int] | Sequence[tuple[str, int]] = ()
    panels: Mapping[str, Any] = field(default_factory=dict)
    keep: Sequence[Pattern] = ()
    drop: Sequence[Pattern] = ()
    order: Sequence[Pattern] = ()
    term_groups: Mapping[str, Sequence[Pattern]] = field(default_factory=dict)
    brackets: str | Sequence[str] = "se"
    stars: Sequence[float] | None = None
    levels: Sequence[float] | None = None
    digits: int | Mapping[str, int] = 3
    significant: int | Mapping[str, int] | None = None
    statistics: Sequence[str] | None = None
    extra: Mapping[str, Sequence[str] | Callable[[Any], Any]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    samples: Literal["same", "told"] = "same"
    conventions: Literal["told", "same"] = "told"
    profile: Literal["plain", "cn", "aea"] = "plain"
    language: Language = "en"
    long: bool = False
    landscape: bool = False
    line: float = LINE

    @property
    def beneath(self) -> tuple[str, ...]:
        """What stands beneath a coefficient, row by row."""
        return (self.brackets,) if isinstance(self.brackets, str) else tuple(self.brackets)

    @property
    def starred(self) -> tuple[float, ...]:
        """The levels of p that are starred, widest first."""
        chosen = self.stars if self.stars is not None else self.levels
        chosen = (() if self.profile == "aea" else STARS) if chosen is None else chosen
        return tuple(sorted(set(chosen), reverse=True))

    @property
    def grouped(self) -> tuple[tuple[str, int], ...]:
        """Headings over columns and how many each stands over."""
        return tuple((t, n) for t, n in (self.groups.items() if isinstance(self.groups, Mapping) else self.groups))

    @property
    def known_labels(self) -> dict[str, str]:
        """Labels, also by the names that terms are kept under."""
        return {**{canonical(n): text for n, text in self.labels.items()}, **self.labels}

    def places(self, name: str, kinds: str = "digits") -> int | None:
        """The digits of a row by its name, those of the others where it has none of its own."""
        chosen = getattr(self, kinds)
        if not isinstance(chosen, Mapping):
            return chosen
        own = {canonical(k): v for k, v in chosen.items() if k}
        return own.get(name, chosen.get("", 3 if kinds == "digits" else None))


def options(how: Mapping[str, Any], faults: list[Fault]) -> Options:
    """The options by name; their own faults are added to the list, and what is faulty is left at its default, so that more can be told."""
    names = [f.name for f in fields(Options)]
    faults += [
        Fault(where=k, what=f"there is no option '{k}'", mend=known_or_nearest(k, names)) for k in how if k not in names
    ]
    chosen = {k: _listed(k, v) for k, v in how.items() if k in names and v is not None}
    made = Options(**chosen)
    own = [*_texts(made), *_choices(made), *_numbers(made), *_lists(made)]
    faults += own
    faulty = {f.where for f in own} - {"extra"}
    return Options(**{k: v for k, v in chosen.items() if k not in faulty})


def _listed(name: str, value: Any) -> Any:
    if name in _ONE and isinstance(value, str | re.Pattern | float | int):
        return (value,)
    return tuple(value) if name in _ONE and isinstance(value, Iterable) else value


def _texts(made: Options) -> list[Fault]:
    """What is to be printed and is no text, and a name that no file can have."""
    faults = []
    given = {
        "title": [made.title], "labels": made.labels.values(), "rename": made.rename.values(), "headings": made.headings,
        "notes": made.notes, "groups": [t for t, _ in made.grouped], "panels": list(made.panels), "extra": list(made.extra),
        "term_groups": list(made.term_groups),
    }  # fmt: skip
    for name, texts in given.items():
        wrong = [t for t in texts if not isinstance(t, str)]
        if wrong:
            faults.append(Fault(where=name, what=f"{wrong[0]!r} is no text", mend="write it in quotes"))
    try:
        safe_id(str(made.id))
    except ReportError as error:
        faults += [replace(f, where="id") for f in error.faults]
    return faults


def _choices(made: Options) -> list[Fault]:
    faults = []
    lists = {"samples": ("same", "told"), "conventions": ("told", "same"), "profile": ("plain", "cn", "aea")}
    for name, known in lists.items():
        if getattr(made, name) not in known:
            what = f"there is no {name} '{getattr(made, name)}'"
            faults.append(Fault(where=name, what=what, mend=" or ".join(known)))
    for bracket in made.beneath:
        if bracket not in BRACKETS:
            faults.append(Fault(where="brackets", what=f"there are no brackets of '{bracket}'", mend="se, t, p or ci"))
    if not made.beneath or len(set(made.beneath)) < len(made.beneath):
        faults.append(
            Fault(where="brackets", what="brackets are none, or one twice", mend="se, t, p, ci, or some of them")
        )
    if made.language not in ("en", "zh"):
        faults.append(Fault(where="language", what=f"there are no words in '{made.language}'", mend="en or zh"))
    known = (*STATISTICS, *R2, *FURTHER)
    faults += [
        Fault(
            where="statistics",
            what=f"there is no statistic '{s}'",
            mend=f"{known_or_nearest(s, known)}; or give extra a function",
        )
        for s in made.statistics or ()
        if s not in known
    ]
    return faults


def _numbers(made: Options) -> list[Fault]:
    faults = []
    if made.stars is not None and made.levels is not None:
        faults.append(
            Fault(where="levels", what="stars and levels are two names for one option", mend="give one of them")
        )
    for name in ("stars", "levels"):
        if any(isinstance(level, str) or not 0 < level < 1 for level in getattr(made, name) or ()):
            faults.append(Fault(where=name, what="a level is not between 0 and 1", mend="write 0.05 for 5%"))
    for name, least in (("digits", 0), ("significant", 1)):
        chosen = getattr(made, name)
        each = chosen.values() if isinstance(chosen, Mapping) else [] if chosen is None else [chosen]
        if any(not isinstance(n, int) or not least <= n <= 10 for n in each):
            faults.append(Fault(where=name, what=f"{name} are not {least} to 10", mend="3 is usual"))
    if not 5 <= made.line <= 60:
        what = f"a line of {made.line:g} cm is none of a paper"
        faults.append(Fault(where="line", what=what, mend="12.1 is that of LaTeX's article class"))
    return faults


def _lists(made: Options) -> list[Fault]:
    faults = []
    for label, values in made.extra.items():
        if callable(values):
            continue
        if isinstance(values, str):
            what = f"'{label}' is one text and not a word for each column"
            faults.append(Fault(where="extra", what=what, mend=f"write ['{values}', ...]"))
            continue
        faults += [
            Fault(where="extra", what=f"'{label}' holds the number {t}, which comes from no model",
                  mend="write words, or a function that takes it from the result: lambda m: ...")
            for t in values if is_number(str(t))
        ]  # fmt: skip
    if any(not isinstance(n, int) or n < 1 for _, n in made.grouped):
        faults.append(
            Fault(where="groups", what="a group stands over no whole number of columns", mend="{'OLS': 2, 'IV': 1}")
        )
    return faults
