"""The rows of a table of scripts' results: coefficients, effects, samples, clusters, fits by kind, further rows. Nothing is read here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Cell, Row
from panelkit.core.nearest import known_or_nearest
from panelkit.reporting._page_names import KIND_NAMES, named
from panelkit.reporting.numbers import shown, stars
from panelkit.reporting.scripts.labels import effect_of, label_of, matched, own_label
from panelkit.reporting.scripts.options import R2, STATISTICS, Options
from panelkit.reporting.scripts.read import CONSTANT, Read, factors
from panelkit.reporting.words import word

BLANK = Cell(raw=None, shown="")
_PLACE = {"se": 1, "t": 2, "p": 3}
_FIELD = {"se": "se", "t": "statistic", "p": "p"}


@dataclass(frozen=True)
class Block:
    """Columns of one panel of rows.

    Parameters
    ----------
    read : tuple of Read
        One for each column.
    how : Options
        What the user asked for.
    first : int
        Number of the first column's model, counted over panels.
    """

    read: tuple[Read, ...]
    how: Options
    first: int = 1

    def model(self, j: int) -> str:
        """What the model of a column is called in keys."""
        return f"m{self.first + j}"

    def row(self, kind: Any, label: str, cells: Iterable[Cell], *, rule: bool = False) -> Row:
        """A row of this block."""
        return Row(kind=kind, label=label, cells=tuple(cells), rule_above=rule)

    def of(self, name: str) -> str:
        """The label of a term, outcome or cluster: the user's, else the result's own, else one for its name."""
        own = next((r.labels[name] for r in self.read if name in r.labels), None)
        known = self.how.known_labels
        if own is not None and name not in known:
            return own
        ours = any(name in r.terms and isinstance(r.source, Estimate) for r in self.read)
        return (own_label if ours else label_of)(name, known, self.how.language)


# ---------------------------------------------------------------- coefficients


def one_name(read: Sequence[Read], rename: Mapping[str, str], faults: list[Fault]) -> tuple[Read, ...]:
    """Results whose terms go by the user's names, and products by one order of their factors: that of the first result with one."""
    from dataclasses import replace

    from panelkit.reporting.scripts.read import canonical

    asked = {canonical(k): v for k, v in rename.items()}
    seen = {n for r in read for n in r.terms}
    for name in asked:
        if name not in seen:
            faults.append(
                Fault(where="rename", what=f"no model has the term '{name}'", mend=known_or_nearest(name, seen))
            )
    order: dict[tuple[str, ...], str] = {}
    made = []
    for result in read:
        new: dict[str, str] = {}
        for name in result.terms:
            wanted = canonical(asked[name]) if name in asked else name
            new[name] = order.setdefault(tuple(sorted(factors(wanted))), wanted)
        if len(set(new.values())) < len(new):
            twice = [n for n in new if list(new.values()).count(new[n]) > 1]
            what = f"one model has the terms {', '.join(twice)}, which would share a row"
            faults.append(Fault(where="rename", what=what, mend="give them names of their own"))
            made.append(result)
            continue
        made.append(replace(
            result, terms={new[n]: v for n, v in result.terms.items()}, names={new[n]: v for n, v in result.names.items()},
            labels={**result.labels, **{new[n]: result.labels[n] for n in new if n in result.labels and n != new[n]}},
        ))  # fmt: skip
    return tuple(made)


def terms_of(read: Sequence[Read], how: Options, faults: list[Fault]) -> list[tuple[str, list[str]]]:
    """The terms to show, in groups of (heading, names): by first appearance, the constant last, those in `order` first."""
    names: dict[str, set[str]] = {}
    for result in read:
        for name in result.terms:
            names.setdefault(name, set()).add(result.names.get(name, name))
    if CONSTANT in names:
        names[CONSTANT] = names.pop(CONSTANT)
    kept = matched(names, how.keep, "keep", faults) if how.keep else list(names)
    dropped = set(matched(names, how.drop, "drop", faults))
    chosen = [n for n in names if n in set(kept) and n not in dropped]
    first = [n for n in matched(names, how.order, "order", faults) if n in chosen]
    chosen = list(dict.fromkeys((*first, *chosen)))
    if names and not chosen and not faults:
        faults.append(Fault(where="keep", what="no term is left to show", mend="widen keep or drop less"))
    if not how.term_groups:
        return [("", chosen)]
    groups, left = [], dict.fromkeys(chosen)
    for heading, patterns in how.term_groups.items():
        listed: list[Any] = [patterns] if isinstance(patterns, str) or hasattr(patterns, "pattern") else list(patterns)
        hits = [n for n in matched(names, listed, "term_groups", faults) if n in left]
        groups.append((heading, hits))
        for name in hits:
            del left[name]
    if left:
        what = f"no group has the terms {', '.join(left)}"
        faults.append(
            Fault(
                where="term_groups", what=what, mend="name them in a group ('*' takes all that are left), or drop them"
            )
        )
    return groups


def same_labels(block: Block, names: Iterable[str]) -> list[Fault]:
    """Rows that would read alike, so that nobody could tell one from the other."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(block.of(name), []).append(name)
    mend = "give them labels of their own, or one row by rename = {'...': '...'}"
    return [
        Fault(where="labels", what=f"the rows of {', '.join(of)} would both read '{label}'", mend=mend)
        for label, of in found.items()
        if len(of) > 1
    ]


def term_rows(block: Block, groups: Sequence[tuple[str, list[str]]]) -> list[Row]:
    """The coefficients of a block, group by group."""
    rows: list[Row] = []
    for heading, names in groups:
        here = [n for n in names if any(n in r.terms for r in block.read)]
        if heading and here:
            rows.append(Row(kind="panel", label=heading, rule_above=bool(rows)))
        for name in here:
            rows += _term(block, name)
    return rows


def _term(block: Block, name: str) -> list[Row]:
    how, cells = block.how, []
    for j, result in enumerate(block.read):
        known = result.terms.get(name)
        if known is None:
            cells.append(BLANK)
            continue
        text = _number(known[0], name, how)
        cells.append(
            Cell(raw=known[0], shown=text, mark=stars(known[3], how.starred), key=(block.model(j), name, "estimate"))
        )
    rows = [block.row("term", block.of(name), cells)]
    for place, bracket in enumerate(how.beneath):
        beneath = (_bracket(block, j, name, bracket, square=place > 0) for j in range(len(block.read)))
        rows.append(block.row("bracket", "", beneath))
    return rows


def _bracket(block: Block, j: int, name: str, bracket: str, *, square: bool) -> Cell:
    known = block.read[j].terms.get(name)
    if known is None:
        return BLANK
    model, how = block.model(j), block.how
    if bracket == "ci":
        low, high = (_number(v, name, how) for v in known[4:])
        return Cell(raw=f"{known[4]!r}, {known[5]!r}", shown=f"[{low}, {high}]", key=(model, name, "interval"))
    value = known[_PLACE[bracket]]
    text = (
        shown(value, max(how.places(name) or 0, 2), kind="p", missing="–")
        if bracket == "p"
        else _number(value, name, how)
    )
    return Cell(raw=value, shown=f"[{text}]" if square else f"({text})", key=(model, name, _FIELD[bracket]))


def _number(value: float, name: str, how: Options) -> str:
    """A number by the digits of its row."""
    wanted = how.places(name, "significant")
    digits = how.places(name) or 0
    if wanted is not None and value and math.isfinite(value):
        digits = min(max(wanted - 1 - math.floor(math.log10(abs(value))), 0), 10)
    return shown(value, digits, missing="–")


# ---------------------------------------------------------------- beneath them


def statistic_rows(block: Block, faults: list[Fault]) -> list[Row]:
    """The rows beneath the coefficients; a statistic asked for that no model has is a fault."""
    rows: list[Row] = []
    asked = block.how.statistics
    ruled = False
    for name in STATISTICS if asked is None else dict.fromkeys(asked):
        made = _MAKERS[name](block, asked is not None) if name in _MAKERS else _fit(block, name)
        if not made and asked is not None and name not in STATISTICS:
            mend = "leave it out, or give extra a function that takes it from the result"
            faults.append(Fault(where="statistics", what=f"no model has '{name}'", mend=mend))
        counted = any(r.kind == "stat" for r in made)
        for i, row in enumerate(made):
            rule = (not rows and i == 0) or (counted and not ruled)
            ruled = ruled or counted
            rows.append(block.row(row.kind, row.label, row.cells, rule=rule))
    return rows


def _effects(block: Block, asked: bool) -> list[Row]:
    rows = []
    for effect in dict.fromkeys(a for r in block.read for a in r.absorb):
        has = [effect in r.absorb for r in block.read]
        own = next((r.labels[e] for r in block.read for e in (effect,) if e in r.labels), None)
        labels = block.how.known_labels if own is None else {effect: own, **block.how.known_labels}
        rows.append(_marks(block, effect_of(effect, labels, block.how.language), f"absorb.{effect}", has))
    return rows


def _marks(block: Block, label: str, field: str, has: Sequence[bool]) -> Row:
    how, cells = block.how, []
    for j, present in enumerate(has):
        name = "yes" if present else "no"
        text = "" if how.profile == "aea" and not present else word(name, how.language)
        cells.append(Cell(raw=name, shown=text, key=(block.model(j), "", field)))
    return block.row("text", label, cells)


def estimator_words(estimator: str, how: Options) -> str:
    """An estimator in words: its own name, or "est_quantile: 0.25" through the words of its key."""
    key, _, of = estimator.partition(": ")
    if key == "kind":  # of panelkit's own
        return named(KIND_NAMES, of, how.language)
    return word(key, how.language, of=of) if key.startswith("est_") else estimator


def _estimators(block: Block, asked: bool) -> list[Row]:
    names = [estimator_words(r.estimator, block.how) for r in block.read]
    if not asked and len(set(names)) < 2:
        return []
    cells = (Cell(raw=n, shown=n, key=(block.model(j), "", "estimator")) for j, n in enumerate(names))
    return [block.row("text", word("estimator", block.how.language), cells)]


def _samples(block: Block, asked: bool) -> list[Row]:
    language, rows = block.how.language, []
    for variable in dict.fromkeys(r.split[0] for r in block.read if r.split[0]):
        values = [r.split[1] if r.split[0] == variable else "all" for r in block.read]
        texts = [word("all_rows", language) if v == "all" else block.of(v) for v in values]
        cells = (
            Cell(raw=v, shown=t, key=(block.model(j), "", "sample"))
            for j, (v, t) in enumerate(zip(values, texts, strict=True))
        )
        rows.append(block.row("text", word("sample_of", language, of=block.of(variable)), cells))
    return rows


def _rows(block: Block, asked: bool) -> list[Row]:
    cells = [
        BLANK
        if r.rows is None
        else Cell(raw=r.rows, shown=shown(r.rows, kind="count"), key=(block.model(j), "", "rows"))
        for j, r in enumerate(block.read)
    ]
    return [block.row("stat", word("rows", block.how.language), cells)] if any(c.key for c in cells) else []


def _clusters(block: Block, asked: bool) -> list[Row]:
    """Clusters by what they are."""
    language, rows = block.how.language, []
    for by in dict.fromkeys(b for r in block.read for b in r.clusters):
        unnamed = (
            word("clusters_unnamed", language)
            if by == "#1"
            else f"{word('clusters_unnamed', language)} {by.lstrip('#')}"
        )
        label = unnamed if by[:1] == "#" else word("clusters", language, of=block.of(by))
        cells = [
            Cell(
                raw=r.clusters[by],
                shown=shown(r.clusters[by], kind="count"),
                key=(block.model(j), "", f"clusters.{by}"),
            )
            if by in r.clusters
            else BLANK
            for j, r in enumerate(block.read)
        ]
        rows.append(block.row("stat", label, cells))
    return rows


def _weights(block: Block, asked: bool) -> list[Row]:
    if not asked and not any(r.weighted for r in block.read):
        return []
    return [_marks(block, word("weighted", block.how.language), "weights", [r.weighted for r in block.read])]


def _r2_kinds(block: Block, asked: bool) -> list[Row]:
    """Within where effects are absorbed, else overall: unlike kinds never share a row."""
    return [row for kind in R2 for row in _fit(block, kind, hidden="r2_within" if kind == "r2" else "")]


def _fit(block: Block, kind: str, hidden: str = "") -> list[Row]:
    cells = []
    for j, result in enumerate(block.read):
        value = result.mean if kind == "outcome_mean" else result.statistics.get(kind, math.nan)
        missing = math.isnan(value) or (hidden and hidden in result.statistics)
        text = "" if missing else _number(value, kind, block.how)
        cells.append(BLANK if missing else Cell(raw=value, shown=text, key=(block.model(j), "", kind)))
    return [block.row("stat", word(kind, block.how.language), cells)] if any(c.key for c in cells) else []


_MAKERS: dict[str, Callable[[Block, bool], list[Row]]] = {
    "effects": _effects, "estimator": _estimators, "sample": _samples, "rows": _rows, "clusters": _clusters, "weights": _weights,
    "r2_kinds": _r2_kinds,
}  # fmt: skip


def extra_rows(block: Block, faults: list[Fault]) -> list[Row]:
    """The user's own rows: words, or what a function takes from each result."""
    rows = []
    for label, values in block.how.extra.items():
        if callable(values):
            rows.append(_taken(block, label, values, faults))
        elif len(values) != len(block.read):
            what = f"'{label}' has {counted(len(values), 'values')} for {counted(len(block.read), 'models')}"
            faults.append(Fault(where="extra", what=what, mend="give one for each"))
        else:
            texts = [word(v, block.how.language) if v in ("yes", "no") else str(v) for v in values]
            rows.append(
                block.row("text", label, (Cell(raw=str(v), shown=t) for v, t in zip(values, texts, strict=True)))
            )
    return rows


def _taken(block: Block, label: str, function: Callable[[Any], Any], faults: list[Fault]) -> Row:
    cells = []
    for j, result in enumerate(block.read):
        try:
            value = function(result.source)
        except Exception as error:
            what = f"'{label}' of column {j + 1}: {type(error).__name__}: {error}"
            faults.append(Fault(where="extra", what=what, mend="let the function give None where a result has none"))
            continue
        if value is None or (isinstance(value, float) and math.isnan(value)):
            cells.append(BLANK)
        elif isinstance(value, str):
            cells.append(Cell(raw=value, shown=value))
        else:
            number = float(value)
            whole = isinstance(value, int) or (number.is_integer() and "int" in type(value).__name__)
            text = shown(number, kind="count") if whole else _number(number, label, block.how)
            cells.append(
                Cell(raw=int(number) if whole else number, shown=text, key=(block.model(j), "", f"extra.{label}"))
            )
    return block.row("stat", label, cells)
