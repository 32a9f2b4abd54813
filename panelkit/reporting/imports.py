"""Results of pyfixest, linearmodels and statsmodels as a table, for users who have scripts of their own; `_imported` reads them.

The kinds of R-squared are told apart and never share a row; a number that a package does not give stays blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.label import Language
from panelkit.reporting._imported import CONSTANT, Read, canonical, flat, imported
from panelkit.reporting._imported import effects_of as effects_of
from panelkit.reporting.labels import level_text
from panelkit.reporting.numbers import is_number, shown, stars
from panelkit.reporting.words import JOIN, all_columns, joined, word

_BLANK = Cell(raw=None, shown="")
_R2 = ("r2_within", "r2", "r2_between", "r2_difference", "r2_quasi", "r2_uncentred", "r2_pseudo", "r2_adjusted")


def table(
    models: Sequence[Any],
    *,
    id: str = "table",
    title: str = "",
    labels: Mapping[str, str] | None = None,
    headings: Sequence[str] = (),
    brackets: Literal["se", "t", "p", "ci"] = "se",
    levels: tuple[float, ...] = (0.10, 0.05, 0.01),
    digits: int = 3,
    keep: Iterable[str] = (),
    extra: Mapping[str, Sequence[str]] | None = None,
    notes: Iterable[str] = (),
    language: Language = "en",
) -> Table:
    """A regression table of results of pyfixest, linearmodels or statsmodels, one column each; `render_table` writes it.

    models : results, also lists of them in lists, and pyfixest's results of several formulas at once.

    labels : name of a variable or effect -> what is printed. keep : terms to show. extra : rows of words, one for each column.

    Raises
    ------
    ReportError
        A result of another kind, a row that does not fit, a kept term that no model has, a number typed by hand.
    """
    read = [imported(m) for m in flat(models)]
    said = labels or {}
    keep = tuple(canonical(k) for k in keep)
    faults = _faults(read, headings, keep, extra or {}) + _setting_faults(brackets, levels, digits, language)
    if faults:
        raise ReportError(faults=faults)
    names = dict.fromkeys(n for r in read for n in r.terms)
    order = [n for n in names if n != CONSTANT] + [n for n in names if n == CONSTANT]
    rows: list[Row] = []
    for name in order:
        if not keep or name in set(keep):
            rows += _term(name, read, (brackets, digits, levels), _label(name, said, language))
    effects = dict.fromkeys(a for r in read for a in r.absorb)
    for i, effect in enumerate(effects):
        has = ["yes" if effect in r.absorb else "no" for r in read]
        cells = tuple(
            Cell(raw=h, shown=word(h, language), key=(f"m{j + 1}", "", f"absorb.{effect}")) for j, h in enumerate(has)
        )
        label = word("effect", language, of=" × ".join(_label(e, said, language) for e in effect.split("^")))
        rows.append(Row(kind="text", label=label, cells=cells, rule_above=i == 0))
    rows += _statistics(read, digits, said, language)
    for label, texts in (extra or {}).items():
        rows.append(Row(kind="text", label=label, cells=tuple(Cell(raw=t, shown=t) for t in texts)))
    columns = tuple(
        Column(
            id=f"c{j}", heading=(f"({j + 1})", _label(r.outcome, said, language), *([headings[j]] if headings else []))
        )
        for j, r in enumerate(read)
    )
    written = (*_notes(read, brackets, levels, said, language), *notes)
    return Table(
        id=id,
        title=title,
        columns=columns,
        rows=tuple(rows),
        notes=written,
        stub=word("variable", language),
        language=language,
    )


def _setting_faults(brackets: str, levels: tuple[float, ...], digits: int, language: str) -> list[Fault]:
    faults = []
    if brackets not in ("se", "t", "p", "ci"):
        faults.append(Fault(where="brackets", what=f"there are no brackets of '{brackets}'", mend="se, t, p or ci"))
    if any(not 0 < level < 1 for level in levels):
        faults.append(Fault(where="levels", what="a level is not between 0 and 1", mend="write 0.05 for 5%"))
    if not 0 <= digits <= 10:
        faults.append(Fault(where="digits", what="digits are not 0 to 10", mend="3 is usual"))
    if language not in ("en", "zh"):
        faults.append(Fault(where="language", what=f"there are no words in '{language}'", mend="en or zh"))
    return faults


def _faults(
    read: list[Read], headings: Sequence[str], keep: tuple[str, ...], extra: Mapping[str, Sequence[str]]
) -> list[Fault]:
    names = {n for r in read for n in r.terms}
    faults = [
        Fault(where="keep", what=f"no model has the term '{k}'", mend=f"terms are {', '.join(sorted(names))}")
        for k in keep
        if k not in names
    ]
    if not read:
        faults.append(Fault(where="models", what="there are no models", mend="give one at least"))
    if headings and len(headings) != len(read):
        faults.append(
            Fault(where="headings", what=f"{len(headings)} headings for {len(read)} models", mend="give one for each")
        )
    for label, texts in extra.items():
        if len(texts) != len(read):
            faults.append(
                Fault(
                    where="extra",
                    what=f"'{label}' has {len(texts)} values for {len(read)} models",
                    mend="give one for each",
                )
            )
        faults += [
            Fault(where="extra", what=f"'{label}' holds the number {t}, which comes from no model", mend="write words")
            for t in texts
            if is_number(t)
        ]
    return faults


def _label(name: str, labels: Mapping[str, str], language: Language) -> str:
    if name in labels:
        return labels[name]
    if name == CONSTANT:
        return word("constant", language)
    parts = re.split(r"(?<!:):(?!:)", name)
    if len(parts) > 1:
        return " × ".join(_label(part, labels, language) for part in parts)
    level = re.fullmatch(r"(?:C\(([^()]+)\)|i\(([^()]+)\)|(\w+))(?:::(.+)|\[(?:T\.)?(.+)\])", name)
    if level:  # a level of a category: year::2010, C(g)[T.west]
        of = _label((level[1] or level[2] or level[3]).partition(",")[0].strip(), labels, language)
        return f"{of} = {level_text((level[4] or level[5]).removesuffix('.0'))}"
    return (
        word(name, language)
        if name in ("province", "city", "county", "firm", "industry", "region", "country", "year", "quarter", "month")
        else name
    )


def _term(name: str, read: list[Read], how: tuple[str, int, tuple[float, ...]], label: str) -> list[Row]:
    brackets, digits, levels = how
    above, beneath = [], []
    place = {"se": 1, "t": 2, "p": 3}
    for j, result in enumerate(read):
        known = result.terms.get(name)
        if known is None:
            above.append(_BLANK)
            beneath.append(_BLANK)
            continue
        model = f"m{j + 1}"
        above.append(
            Cell(
                raw=known[0],
                shown=shown(known[0], digits, missing="–"),
                mark=stars(known[3], levels),
                key=(model, name, "estimate"),
            )
        )
        if brackets == "ci":
            text = f"[{shown(known[4], digits, missing='–')}, {shown(known[5], digits, missing='–')}]"
            beneath.append(Cell(raw=f"{known[4]!r}, {known[5]!r}", shown=text, key=(model, name, "interval")))
        else:
            value = known[place[brackets]]
            text = shown(value, digits, kind="p" if brackets == "p" else "number", missing="–")
            key = (model, name, {"se": "se", "t": "statistic", "p": "p"}[brackets])
            beneath.append(Cell(raw=value, shown=f"({text})", key=key))
    return [Row(kind="term", label=label, cells=tuple(above)), Row(kind="bracket", label="", cells=tuple(beneath))]


def _designs(read: list[Read], labels: Mapping[str, str], language: Language) -> list[Row]:
    """Clusters by what they are, and weights, where any column has some."""
    rows = []
    for by in dict.fromkeys(b for r in read for b in r.clusters):
        label = (
            word("clusters", language, of=_label(by, labels, language)) if by else word("clusters_unnamed", language)
        )
        cells = [
            Cell(raw=r.clusters[by], shown=shown(r.clusters[by], kind="count"), key=(f"m{j + 1}", "", f"clusters.{by}"))
            if by in r.clusters
            else _BLANK
            for j, r in enumerate(read)
        ]
        rows.append(Row(kind="stat", label=label, cells=tuple(cells)))
    if any(r.weighted for r in read):
        has = ["yes" if r.weighted else "no" for r in read]
        marks = tuple(Cell(raw=h, shown=word(h, language), key=(f"m{j + 1}", "", "weights")) for j, h in enumerate(has))
        rows.append(Row(kind="text", label=word("weighted", language), cells=marks))
    return rows


def _statistics(read: list[Read], digits: int, labels: Mapping[str, str], language: Language) -> list[Row]:
    counts = tuple(
        Cell(raw=r.rows, shown=shown(r.rows, kind="count"), key=(f"m{j + 1}", "", "rows")) for j, r in enumerate(read)
    )
    rows = [Row(kind="stat", label=word("rows", language), cells=counts, rule_above=True)]
    rows += _designs(read, labels, language)
    for kind in _R2:
        cells = []
        for j, result in enumerate(read):
            # within where effects are absorbed, else overall: unlike kinds never share a row
            hidden = kind == "r2" and "r2_within" in result.statistics
            value = None if hidden else result.statistics.get(kind)
            cells.append(
                _BLANK if value is None else Cell(raw=value, shown=shown(value, digits), key=(f"m{j + 1}", "", kind))
            )
        if any(c.key for c in cells):
            rows.append(Row(kind="stat", label=word(kind, language), cells=tuple(cells)))
    return rows


def _errors(result: Read, labels: Mapping[str, str], language: Language) -> str:
    """A column's errors in the same words whatever the package, which is quoted, since a factor may differ under one name."""
    kind, called, by = result.covariance
    if not kind:
        return called or "–"
    keys = [b.strip() for b in by.split("+") if b.strip()]
    # within a sentence a key goes by its own name, 'province', unless the script or Chinese has another for it
    of = joined(
        (_label(k, labels, language) if language == "zh" or k in labels else k for k in keys), language, "comma"
    )
    named = word(f"import_{kind}{'_by' if of else ''}", language, by=of)
    marks = JOIN[language]
    return f"{named}{marks['open']}{called}{marks['close']}"


def _notes(
    read: list[Read], brackets: str, levels: tuple[float, ...], labels: Mapping[str, str], language: Language
) -> tuple[str, ...]:
    """Brackets, each column's errors, and stars."""
    groups: dict[str, list[int]] = {}
    for j, result in enumerate(read, start=1):
        groups.setdefault(_errors(result, labels, language), []).append(j)
    each = [
        word("several", language, columns=all_columns(columns, language), text=kind) for kind, columns in groups.items()
    ]
    first = word(f"in_{brackets}", language, what=joined(each, language))
    text = word("notes", language) + first
    if levels:
        widest = tuple(sorted(set(levels), reverse=True))
        marks = joined(("*" * n for n in range(len(widest), 0, -1)), language, "comma")
        shares = joined((f"{100 * level:g}%" for level in reversed(widest)), language, "comma")
        text += (" " if language == "en" else "") + word("stars", language, stars=marks, levels=shares)
    return (text,)
