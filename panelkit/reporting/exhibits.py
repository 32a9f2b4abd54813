"""Exhibits to files and to ledger entries; what a table or figure says is settled before it comes here."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from panelkit.core.exhibit import Figure, Table
from panelkit.core.manifest import Entry
from panelkit.core.registry import FIGURES, RENDERERS
from panelkit.reporting.printed import plain, safe_id


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
