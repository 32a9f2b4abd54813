"""The raw cells behind every cell of the panel, as a compressed table; values stay where they are, only places are listed."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping, Sequence
from typing import Any

from panelkit.core.errors import StudyError
from panelkit.core.expression import Binary, Call, Name, Node, Number, Unary, parse_expression
from panelkit.replication.collect import RawFile, table_of

HEADER = ("unit", "time", "variable", "series", "raw_unit", "raw_time", "file", "cell", "how")


def gzipped(data: bytes) -> bytes:
    """Compressed without date and name."""
    store = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=store, mtime=0, compresslevel=9) as sink:
        sink.write(data)
    return store.getvalue()


def panel_cells(raw: Sequence[RawFile], panel: bytes, about: Mapping[str, Any], observations: bytes) -> bytes:
    """`provenance/panel_cells.csv.gz`: unit, time and variable; then series, unit, time, file and cell of each raw cell behind it.

    A variable that is made with lags or leads is followed to the years it really takes. What a derivation takes besides the cells
    of the same unit and year (sums over all units, first years) is said in words under `how`, and not listed cell by cell.
    """
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(panel), dtype=str, keep_default_na=False)
    seen = pd.read_parquet(io.BytesIO(observations))
    files: dict[str, list[str]] = {}
    for held in raw:
        for source in held.sources:
            files.setdefault(source, []).append(held.path)
    places: dict[tuple[str, int, str], list[tuple[str, str]]] = {}
    for unit, time, series, source, cell in zip(
        seen["unit"], seen["time"], seen["series"], seen["source"], seen["cell"], strict=True
    ):
        at = _file_of(files[source], str(cell))
        places.setdefault((str(unit), int(time), str(series)), []).append((at, str(cell)))
    variables = {v["name"]: v for v in about["variables"]}
    rows: list[tuple[str, ...]] = [HEADER]
    reached = {name: reach(name, variables) for name in variables}
    for record in frame.to_dict("records"):
        unit, time = record[about["unit"]], int(record[about["time"]])
        for name, variable in variables.items():
            if record[name] == "":
                continue
            how = variable["origin"]["how"]
            found = [
                (series, str(time + shift), at, cell)
                for series, shift in reached[name]
                for at, cell in sorted(places.get((unit, time + shift, series), ()))
            ]
            for series, year, at, cell in found or [("", "", "", "")]:
                rows.append(
                    (unit, str(time), name, series, unit if series else "", year, at, cell, how if not found else "")
                )
    for name, variable in variables.items():
        rows.append(("", "", name, " ".join(variable["origin"]["inputs"]), "", "", "", "", variable["origin"]["how"]))
    return gzipped(table_of(rows))


def _file_of(files: Sequence[str], cell: str) -> str:
    """The file of a cell; where a source has several, the cell names it, as in "raw-2016.xls!Sheet1!B7"."""
    return next((f for f in files if len(files) > 1 and cell.startswith(f"{f.rpartition('/')[2]}!")), files[0])


def reach(name: str, variables: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    """Every (series, years from now) that a variable takes from its own unit, sorted."""
    found: set[tuple[str, int]] = set()
    seen: set[tuple[str, int]] = set()
    waiting: list[tuple[str, int]] = [(name, 0)]
    while waiting:
        current, shift = waiting.pop()
        if (current, shift) in seen:
            continue
        seen.add((current, shift))
        if current not in variables:
            found.add((current, shift))
            continue
        origin = variables[current]["origin"]
        try:
            steps = shifts(parse_expression(origin["how"]))
        except StudyError:
            steps = {(i, 0) for i in origin["inputs"]}
        steps = {s for s in steps if s[0] in variables or "." in s[0]} - {(current, 0)} or {
            (i, 0) for i in origin["inputs"]
        }
        waiting += [(n, shift + s) for n, s in steps]
    return tuple(sorted(found))


def shifts(node: Node, shift: int = 0) -> set[tuple[str, int]]:
    """The names in an expression, each with the years by which lag, lead and diff move it.

    >>> sorted(shifts(parse_expression("ln(a.b) - lag(c.d, 2)")))
    [('a.b', 0), ('c.d', -2)]
    """
    match node:
        case Name():
            return {(node.name, shift)}
        case Call(function=("lag" | "lead" | "diff") as move):
            steps = node.arguments[1] if len(node.arguments) > 1 else Number(1.0)
            by = int(steps.value) if isinstance(steps, Number) else 1
            moved = shifts(node.arguments[0], shift + (by if move == "lead" else -by))
            return moved | shifts(node.arguments[0], shift) if move == "diff" else moved
        case Call():
            return set().union(*(shifts(a, shift) for a in node.arguments))
        case Unary():
            return shifts(node.operand, shift)
        case Binary():
            return shifts(node.left, shift) | shifts(node.right, shift)
        case _:
            return set()
