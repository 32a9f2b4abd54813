"""The notes beneath a table of scripts' results: brackets, errors, reference, stars, samples, and what a reader must be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from string import ascii_uppercase

from panelkit.core.counted import counted
from panelkit.core.errors import Fault
from panelkit.core.estimate import Estimate
from panelkit.core.label import Language
from panelkit.reporting.conventions import convention
from panelkit.reporting.numbers import shown
from panelkit.reporting.scripts.labels import bare_panel, label_of
from panelkit.reporting.scripts.options import Options
from panelkit.reporting.scripts.read import NORMAL, Read
from panelkit.reporting.words import JOIN, all_columns, joined, word

Panels = Sequence[Sequence[Read]]
_LARGE = 60  # degrees of freedom of a t that is told with others


LEVEL = "95%"  # of the intervals that other packages give, and of ours here


def notes(panels: Panels, names: Iterable[str], how: Options) -> tuple[str, ...]:
    """The notes, each a paragraph; `names` are the terms that are shown."""
    language = how.language
    shown_terms = set(names)
    first = [_brackets(panels, how), _reference(panels, how), _stars(how)]
    told = [
        JOIN[language]["space"].join(s for s in first if s),
        _samples(panels, how),
        *_remarks(panels, how),
        _withheld(panels, shown_terms, how),
    ]
    kept = [t for t in told if t]
    return (word("notes", language) + kept[0], *kept[1:], *how.notes)


def _grouped(panels: Panels, text: Callable[[Read], str], language: Language) -> list[tuple[str, str]]:
    """(columns, what is said of them), alike columns together; those without a text are passed."""
    groups: dict[str, list[tuple[int, int]]] = {}
    for i, block in enumerate(panels):
        for j, result in enumerate(block, start=1):
            groups.setdefault(text(result), []).append((i, j))
    return [(_places(where, panels, language), said) for said, where in groups.items() if said]


def _places(where: list[tuple[int, int]], panels: Panels, language: Language) -> str:
    if len(panels) < 2:
        return all_columns((j for _, j in where), language)
    each = []
    for i, block in enumerate(panels):
        here = [j for k, j in where if k == i]
        if len(here) == len(block):
            each.append(ascii_uppercase[i])
        elif here:
            each.append(f"{ascii_uppercase[i]} {all_columns(here, language)}")
    return joined(each, language, "comma")


def _each(grouped: list[tuple[str, str]], language: Language) -> str:
    return joined((word("several", language, columns=c, text=t) for c, t in grouped), language)


def _brackets(panels: Panels, how: Options) -> str:
    """What stands beneath a coefficient, and each column's errors."""
    language = how.language
    grouped = _grouped(panels, lambda r: errors_of(r, how), language)
    first, *further = how.beneath
    alone = len(grouped) == 1 and all(len(p) for p in panels)
    sentences = [
        word(f"in_{first}_all", language, what=grouped[0][1], level=LEVEL)
        if alone
        else word(f"in_{first}", language, what=_each(grouped, language), level=LEVEL)
    ]
    sentences += [word(f"beneath_{b}", language, level=LEVEL) for b in further]
    return JOIN[language]["space"].join(sentences)


def errors_of(result: Read, how: Options) -> str:
    """A column's errors in the same words whatever the package, which is quoted, since a factor may differ under one name."""
    language, labels = how.language, how.known_labels
    kind, called, by = result.covariance
    if not kind and isinstance(result.source, Estimate):
        return convention(result.source.covariance, bare_panel(labels), language)
    if not kind:
        return called or "–"
    keys = [b.strip() for b in by.split("+") if b.strip()]
    # within a sentence a key goes by its own name, 'province', unless the script or Chinese has another for it
    of = joined(
        (label_of(k, labels, language) if language == "zh" or k in labels else k for k in keys), language, "comma"
    )
    named = word(f"import_{kind}{'_by' if of else ''}", language, by=of)
    marks = JOIN[language]
    return f"{named}{marks['open']}{called}{marks['close']}" if called else named


def _reference(panels: Panels, how: Options) -> str:
    """The distribution that p, stars and intervals are read from; t distributions of several degrees of freedom together."""
    if not how.starred and not {"p", "ci"} & set(how.beneath):
        return ""
    language = how.language
    degrees = sorted({float(r.reference[2:-1]) for p in panels for r in p if r.reference[:2] == "t("})
    alike = (
        [d for d in degrees if d > _LARGE] if len(degrees) > 3 else []
    )  # which hardly differ, so that one span tells them

    def said(result: Read) -> str:
        if result.reference == NORMAL:
            return word("normal_law", language)
        if len(alike) > 1 and result.reference[:2] == "t(" and float(result.reference[2:-1]) in alike:
            return f"t({alike[0]:g}–{alike[-1]:g})"
        return result.reference

    grouped = _grouped(panels, said, language)
    if not grouped:
        return ""
    each = grouped[0][1] if len(grouped) == 1 and all(said(r) for p in panels for r in p) else _each(grouped, language)
    return word("reference_of", language, each=each)


def _stars(how: Options) -> str:
    if not how.starred:
        return ""
    marks = joined(("*" * n for n in range(len(how.starred), 0, -1)), how.language, "comma")
    shares = joined((f"{100 * level:g}%" for level in reversed(how.starred)), how.language, "comma")
    return word("stars", how.language, stars=marks, levels=shares)


# ---------------------------------------------------------------- samples


def sample_groups(read: Sequence[Read]) -> dict[tuple[tuple[str, str], int, int], list[int]]:
    """Columns (from 0) by their rows: the split they are of, how many rows, and which, where the outcome tells."""
    digests: dict[tuple[object, ...], list[str]] = {}
    groups: dict[tuple[tuple[str, str], int, int], list[int]] = {}
    for j, result in enumerate(read):
        count = result.sample[0] or result.rows
        if count is None:
            continue
        known = digests.setdefault((result.split, result.outcome, count), [])
        if result.sample[1] and result.sample[1] not in known:
            known.append(result.sample[1])
        which = known.index(result.sample[1]) if result.sample[1] else 0
        groups.setdefault((result.split, count, which), []).append(j)
    return groups


def sample_faults(panels: Panels, how: Options) -> list[Fault]:
    """Columns on different rows within a panel, unless the table tells them or they are splits that a row names."""
    faults = []
    for i, block in enumerate(panels if how.samples == "same" else ()):
        groups = sample_groups(block)
        splits: dict[object, list[str]] = {}
        for (split, count, _), columns in groups.items():
            said = f"{all_columns((j + 1 for j in columns), 'en')}: {count:,} rows"
            splits.setdefault(split, []).append(said)
        place = f"panel {ascii_uppercase[i]}: " if len(panels) > 1 else ""
        for each in splits.values():
            if len(each) > 1:
                what = f"{place}the columns rest on {counted(len(each), 'samples')} ({'; '.join(each)})"
                mend = 'fit them on common rows, or say samples="told": a note then tells which rest on which'
                faults.append(Fault(where="samples", what=what, mend=mend))
    return faults


def _samples(panels: Panels, how: Options) -> str:
    if how.samples != "told":
        return ""
    language, said = how.language, []
    for i, block in enumerate(panels):
        groups = sample_groups(block)
        for (_, count, _), columns in groups.items() if len(groups) > 1 else ():
            where = _places([(i, j + 1) for j in columns], panels, language)
            said.append((where, word("observations", language, rows=shown(int(count), kind="count"))))
    return word("samples", language, each=_each(said, language)) if said else ""


def convention_faults(panels: Panels, how: Options) -> list[Fault]:
    """Columns whose errors are made in different ways, where these are asked to be the same."""
    grouped = _grouped(panels, lambda r: f"{errors_of(r, how)}, {r.reference}", "en")
    if how.conventions != "same" or len(grouped) < 2:
        return []
    what = f"the columns have {len(grouped)} kinds of standard errors ({_each(grouped, 'en')})"
    mend = 'fit them with one, or say conventions="told": a note then tells which have which'
    return [Fault(where="conventions", what=what, mend=mend)]


# ---------------------------------------------------------------- what else a reader must be told


def _remarks(panels: Panels, how: Options) -> list[str]:
    keys = dict.fromkeys(key for p in panels for r in p for key, _ in r.remarks)
    language, made = how.language, []
    for key in keys:

        def said(result: Read, key: str = key) -> str:
            return next((word(key, language, **_slots(slots, how)) for k, slots in result.remarks if k == key), "")

        grouped = _grouped(panels, said, language)
        every = all(said(r) for p in panels for r in p) and len(grouped) == 1
        text = grouped[0][1] if every else _each(grouped, language)
        made.append(text + ("。" if language == "zh" else "."))
    return [m[:1].upper() + m[1:] for m in made]


def _slots(slots: tuple[tuple[str, str], ...], how: Options) -> dict[str, str]:
    """The slots of a remark, names of variables by their labels."""
    known = how.known_labels
    return {k: label_of(v, known, how.language) if k == "what" else v for k, v in slots}


def _withheld(panels: Panels, names: set[str], how: Options) -> str:
    """Columns whose package gives no standard error for a coefficient that is shown, and those where it is zero."""
    language = how.language

    def missing(result: Read) -> str:
        found = [n for n, v in result.terms.items() if n in names and not math.isnan(v[0]) and math.isnan(v[1])]
        return joined((label_of(n, how.known_labels, language) for n in found), language, "comma")

    grouped = _grouped(panels, missing, language)
    return word("no_errors", language, each=_each(grouped, language)) if grouped else ""
