"""Results of pyfixest, linearmodels and statsmodels, and our own, as a table, for users who have scripts of their own.

The kinds of R-squared are told apart and never share a row; a number that a package does not give stays blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Cell, Column, Row
from panelkit.reporting.scripts.notes import convention_faults, notes, sample_faults
from panelkit.reporting.scripts.options import Options, options
from panelkit.reporting.scripts.read import Read
from panelkit.reporting.scripts.results import opened
from panelkit.reporting.scripts.rows import (
    Block,
    extra_rows,
    one_name,
    same_labels,
    statistic_rows,
    term_rows,
    terms_of,
)
from panelkit.reporting.scripts.script_table import ScriptTable
from panelkit.reporting.words import word


def table(models: Any = (), **how: Any) -> ScriptTable:
    """A regression table of fitted results, one column each.

    Parameters
    ----------
    models : results
        Also lists of them in lists, a mapping from the columns' names, pyfixest's results of several formulas, systems of equations,
        panelkit's own estimates, and frames of coefficients by `panelkit.reporting.given`.
    **how
        See `panelkit.reporting.Options`.

    Returns
    -------
    ScriptTable
        A table that a notebook shows, and that `save` writes to a file of any format.

    Raises
    ------
    ReportError
        With every fault: a result that cannot be read, an option, row, term or group that does not fit, columns on different rows.
    """
    faults: list[Fault] = []
    chosen = options(how, faults)
    panels, names = _opened(models, chosen, faults)
    if names is None:
        raise ReportError(faults=faults)
    flat = one_name([r for p in panels for r in p], chosen.rename, faults)
    width = len(panels[0])
    panels = [flat[i : i + width] for i in range(0, len(flat), width)]
    every = Block(flat, chosen)
    groups = terms_of(flat, chosen, faults)
    terms = [n for _, each in groups for n in each]
    rows = _rows(panels, groups, chosen, faults)
    faults += [*same_labels(every, terms), *_digit_faults(flat, chosen), *_width_faults(width, chosen)]
    faults += [
        *sample_faults(panels, chosen),
        *convention_faults(panels, chosen),
        *_interval_faults(flat, terms, chosen),
    ]
    if faults:
        raise ReportError(faults=list(dict.fromkeys(faults)))
    made = ScriptTable(
        id=chosen.id,
        title=chosen.title,
        columns=_columns(panels, names, chosen),
        rows=tuple(rows),
        notes=notes(panels, terms, chosen),
        stub=word("variable", chosen.language),
        language=chosen.language,
        number=chosen.number,
        long=chosen.long,
        landscape=chosen.landscape,
        line=chosen.line,
    )
    return made.in_print()


def _opened(models: Any, how: Options, faults: list[Fault]) -> tuple[list[tuple[Read, ...]], list[str] | None]:
    """The results of each panel, and the names of the columns, None where nothing can be made of them."""
    given = list(how.panels.values()) if how.panels else [models]
    if how.panels and _any(models):
        faults.append(Fault(where="panels", what="models and panels are both given", mend="give one of them"))
    panels, names = [], []
    unread: list[Fault] = []
    for each in given:
        pairs = list(opened(each, unread))
        panels.append(tuple(r for _, r in pairs))
        names.append([n or r.heading * (r.heading != r.outcome) for n, r in pairs])
    faults += unread
    if unread:
        return panels, None
    if not all(panels):
        faults.append(Fault(where="models", what="there are no models", mend="give one at least"))
        return panels, None
    if len({len(p) for p in panels}) > 1:
        what = f"the panels have {', '.join(str(len(p)) for p in panels)} columns"
        faults.append(Fault(where="panels", what=what, mend="give each panel as many models"))
        return panels, None
    shared = [of[0] if len(set(of)) == 1 else "" for of in zip(*names, strict=False)]
    return panels, shared


def _any(models: Any) -> bool:
    return not (isinstance(models, list | tuple | dict) and not models)


def _rows(panels: Sequence[tuple[Read, ...]], groups: Any, how: Options, faults: list[Fault]) -> list[Row]:
    rows: list[Row] = []
    first, lacking = 1, []
    for letter, (label, read) in zip(ascii_uppercase, zip(how.panels or ("",), panels, strict=False), strict=False):
        block = Block(tuple(read), how, first)
        if how.panels:
            rows.append(
                Row(
                    kind="panel",
                    label=word("panel_row", how.language, letter=letter, label=label),
                    rule_above=bool(rows),
                )
            )
            if not all(_outcomes(panels, how)):
                texts = (block.of(r.outcome) for r in read)
                cells = tuple(Cell(raw=t, shown=t) for t in texts)
                rows.append(Row(kind="text", label=word("outcome_row", how.language), cells=cells))
        found: list[Fault] = []
        rows += [*term_rows(block, groups), *statistic_rows(block, found), *extra_rows(block, faults)]
        lacking.append(found)
        first += len(read)
    faults += [f for f in lacking[0] if all(f in other for other in lacking)] if lacking else []
    return rows


def _outcomes(panels: Sequence[tuple[Read, ...]], how: Options) -> list[str]:
    """The label of each column's outcome, "" where panels differ."""
    each = [[Block(tuple(p), how).of(r.outcome) for r in p] for p in panels]
    return [of[0] if len(set(of)) == 1 else "" for of in zip(*each, strict=True)]


def _columns(panels: Sequence[tuple[Read, ...]], names: list[str], how: Options) -> tuple[Column, ...]:
    above = [text for text, count in how.grouped for _ in range(count)]
    labels = list(how.headings) or names
    outcomes = _outcomes(panels, how)
    columns = []
    for j in range(len(panels[0])):
        heading = [f"({j + 1})"]
        if all(outcomes):
            heading.append(outcomes[j])
        if above:
            heading.insert(0, above[j])
        if any(labels):
            heading.append(str(labels[j]))
        columns.append(Column(id=f"c{j}", heading=tuple(heading)))
    return tuple(columns)


def _width_faults(width: int, how: Options) -> list[Fault]:
    faults = []
    if how.headings and len(how.headings) != width:
        what = f"{counted(len(how.headings), 'headings')} for {width} models"
        faults.append(Fault(where="headings", what=what, mend="give one for each"))
    covered = sum(n for _, n in how.grouped)
    if how.grouped and covered != width:
        what = f"the groups cover {covered} columns, the table has {width}"
        faults.append(Fault(where="groups", what=what, mend="let their widths add up to the columns"))
    return faults


def _digit_faults(read: Sequence[Read], how: Options) -> list[Fault]:
    """Rows that digits are given for and that the table has not."""
    from panelkit.core.nearest import known_or_nearest
    from panelkit.reporting.scripts.read import canonical

    known = {n for r in read for n in (*r.terms, *r.statistics)} | {"outcome_mean", *how.extra}
    return [
        Fault(where=kind, what=f"no row is called '{name}'", mend=known_or_nearest(name, known))
        for kind in ("digits", "significant")
        if not isinstance(getattr(how, kind), int | None)
        for name in getattr(how, kind)
        if name and canonical(name) not in known and name not in known
    ]


def _interval_faults(read: Sequence[Read], terms: Sequence[str], how: Options) -> list[Fault]:
    """Columns whose package gives errors and no interval, where intervals are asked for."""
    lacking = [
        str(j)
        for j, r in enumerate(read, start=1)
        for v in ([r.terms[n] for n in terms if n in r.terms],)
        if v and all(x[4] != x[4] for x in v) and any(x[1] == x[1] for x in v)
    ]
    if "ci" not in how.beneath or not lacking:
        return []
    what = f"the packages of column {', '.join(lacking)} give no interval"
    return [Fault(where="brackets", what=what, mend="print se, t or p")]
