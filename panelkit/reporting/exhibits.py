"""Exhibits to files and to ledger entries; what a table or figure says is settled before it comes here."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, Table, TableSpec
from panelkit.core.manifest import Entry
from panelkit.core.registry import FIGURES, RENDERERS
from panelkit.reporting.phrases import full_width
from panelkit.reporting.printed import plain, safe_id

T = TypeVar("T", bound=Table)


def numbered(table: Table, number: int, declared: TableSpec) -> Table:
    """A table of a study as it is printed: its number, the author's own notes beneath, Chinese in the marks of Chinese print.

    Raises
    ------
    ReportError
        A line that no paper has.
    """
    if not 5 <= declared.line <= 60:
        what, mend = f"a line of {declared.line:g} cm is none of a paper", "12.1 is that of LaTeX's article class"
        raise ReportError(what, where=f"tables.{declared.id}.line", mend=mend)
    notes = (*table.notes, *(n.to(table.language) for n in declared.notes))
    made = replace(table, number=number, notes=notes, line=declared.line)
    return in_chinese_print(made) if table.language == "zh" else made


def in_chinese_print(made: T) -> T:
    """A Chinese table in the marks of Chinese print."""
    return replace(
        made,
        title=full_width(made.title),
        notes=tuple(map(full_width, made.notes)),
        columns=tuple(replace(c, heading=tuple(map(full_width, c.heading))) for c in made.columns),
        rows=tuple(replace(r, label=full_width(r.label)) for r in made.rows),
    )


def render_table(table: Table, formats: Iterable[str]) -> dict[str, bytes]:
    """A table's files by name: `<id>.<extension>` for each format, and `<id>.cells.json`, its ledger.

    Raises
    ------
    ReportError
        An id that cannot name a file, an unknown format, a row that does not fit.
    """
    import panelkit.reporting.render  # noqa: F401

    name = safe_id(table.id)
    kinds = [RENDERERS[f] for f in dict.fromkeys(formats)]
    files = {f"{name}.{kind.extension}": kind.render(table) for kind in kinds}
    cells = [
        {"cell": e.cell, "raw": _json(e.raw), "shown": e.shown, "mark": e.mark, "key": list(e.key)}
        for e in ledger(table)
    ]
    lines = ",\n".join(json.dumps(c, ensure_ascii=False, allow_nan=False) for c in cells)
    return files | {f"{name}.cells.json": (f"[\n{lines}\n]\n" if lines else "[]\n").encode()}


def ledger(table: Table) -> tuple[Entry, ...]:
    """Every keyed cell of a table, in the order of its rows."""
    return tuple(
        Entry(
            cell=name,
            exhibit=table.id,
            raw=cell.raw,
            shown=plain(cell.shown),
            mark=plain(cell.mark),
            key=cell.key,
        )
        for name, cell in table.cells()
        if cell.key is not None
    )


def numbers_tex(entries: Iterable[Entry]) -> bytes:
    r"""One macro for each cell of the ledger, for figures in the text: `\pkcell{main.r0.c0}` or `\pkkey{model|term|estimate}`.

    A key that several cells print stands for the first of them; one that is not there is an error of LaTeX, not a blank.
    """
    from panelkit.reporting.render._tex import escape

    lines = [
        "% Made by panelkit: every printed number by its ledger name and by its key. Do not edit, run the study again.",
        r"\providecommand{\pkcell}[1]{\pkfind{cell}{#1}}\providecommand{\pkkey}[1]{\pkfind{key}{#1}}",
        r"\providecommand{\pkfind}[2]{\expandafter\ifx\csname pk@#1@\detokenize{#2}\endcsname\relax"
        r"\errmessage{panelkit: no number is called \detokenize{#2}}\else\csname pk@#1@\detokenize{#2}\endcsname\fi}",
    ]
    keys: set[str] = set()
    for entry in entries:
        text = escape(entry.shown)
        lines.append(rf"\expandafter\def\csname pk@cell@{_named(entry.cell)}\endcsname{{{text}}}")
        key = "|".join(entry.key)
        bare = escape(entry.shown.strip("()[]")) if entry.key[2] not in ("interval", "interval_resampled") else text
        if key not in keys:
            keys.add(key)
            lines.append(rf"\expandafter\def\csname pk@key@{_named(key)}\endcsname{{{bare}}}")
    return ("\n".join(lines) + "\n").encode()


def _named(name: str) -> str:
    r"""A name that is read within `\csname`: detokenized, and without the signs that end a line or a group there."""
    kept = plain(name).translate({ord(c): "-" for c in "%\\{}#"})
    return rf"\detokenize{{{kept}}}"


def _json(raw: float | int | str | None) -> float | int | str | None:
    """NaN and infinities as text, as `core.codec` writes them."""
    from panelkit.core.codec import to_json

    made: float | int | str | None = to_json(raw)
    return made


def render_figure(figure: Figure) -> dict[str, bytes]:
    """A figure's files by name: its pictures and `<id>.csv`, the numbers in it.

    Raises
    ------
    ReportError
        An id that cannot name a file, or no font for the figure's words.
    """
    import panelkit.reporting.figures  # noqa: F401

    name = safe_id(figure.id)
    files = {f"{name}.{extension}": made for extension, made in FIGURES[figure.kind].draw(figure).items()}
    return files | {f"{name}.csv": figure_data(figure)}


def figure_data(figure: Figure) -> bytes:
    """The numbers of a figure as CSV: doubles in full, an empty cell for none."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(figure.data)
    for row in zip(*figure.data.values(), strict=True):
        writer.writerow("" if v is None or v != v else repr(v) if isinstance(v, float) else v for v in row)
    return buffer.getvalue().encode()
