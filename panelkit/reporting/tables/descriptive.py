"""The descriptive table: variables as rows, their counts, means and spreads as columns, with their units of measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.phrases import measure
from panelkit.reporting.tables._common import row_digits
from panelkit.reporting.tables._notes import used_names
from panelkit.reporting.words import word

if TYPE_CHECKING:
    import pandas as pd

Statistic = Literal["count", "mean", "sd", "sd_between", "sd_within", "min", "median", "max"]


@spec
class DescriptiveTable(TableSpec):
    """A descriptive table.

    variables : by default every numeric variable that a model uses, in the panel's order. sample : a model's id, for its rows
    alone; else the whole panel. The standard deviations between and within units are Stata's xtsum.
    """

    kind: Literal["descriptive"] = "descriptive"
    variables: tuple[str, ...] = ()
    statistics: tuple[Statistic, ...] = ("count", "mean", "sd", "min", "median", "max")
    sample: str = ""
    digits: int = 3


def build(table: DescriptiveTable, results: Results) -> Table:
    """The table of the panel's variables.

    Raises
    ------
    ReportError
        An unknown variable or model, or a variable without numbers.
    """
    language = table.language or results.study.head.language
    panel = _panel(table, results)
    names = _names(table, results)
    whose = table.sample or "panel"
    rows = []
    for name in names:
        found = described(panel, name)
        digits = _digits(found, table.digits)
        cells = [Cell(raw=panel.variable(name).measure, shown=measure(panel.variable(name).measure, language))]
        for statistic in table.statistics:
            raw = found[statistic]
            kind: Literal["count", "number"] = "count" if statistic == "count" else "number"
            cells.append(Cell(raw=raw, shown=shown(raw, digits, kind=kind, missing="–"), key=(whose, name, statistic)))
        rows.append(Row(kind="stat", label=key_label(name, panel, language), cells=tuple(cells)))
    headings = [Column(id=s, heading=(word(s, language),)) for s in table.statistics]
    split = {"sd_between", "sd_within"} & set(table.statistics)
    note = word(
        "described" if split else "described_short",
        language,
        rows=shown(panel.rows, kind="count"),
        units=shown(len(panel.units), kind="count"),
        first=panel.times[0],
        last=panel.times[-1],
    )
    said = [word("simulated", language), note] if results.study.head.simulated else [note]
    return Table(
        id=table.id,
        long=table.long,
        landscape=table.landscape,
        title=table.title.to(language),
        columns=(Column(id="measure", heading=(word("measure", language),), align="left"), *headings),
        rows=tuple(rows),
        notes=(word("notes", language) + said[0], *said[1:]),
        stub=word("variable", language),
        language=language,
    )


def described(panel: Panel, name: str) -> dict[str, float | int]:
    """Count, mean, standard deviation (overall, between, within; divisor n - 1), minimum, median and maximum of a variable."""
    frame = panel.frame[[panel.unit, name]].dropna()
    values: pd.Series = frame[name]
    means = values.groupby(frame[panel.unit], sort=True).mean()
    within = values - frame[panel.unit].map(means)
    return {
        "count": len(values),
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "sd_between": float(means.std()),
        "sd_within": float(within.std()),
        "min": float(values.min()),
        "median": float(values.median()),
        "max": float(values.max()),
    }


def _digits(found: dict[str, float | int], digits: int) -> int:
    return row_digits((v for k, v in found.items() if k != "count"), digits)


def _panel(table: DescriptiveTable, results: Results) -> Panel:
    if not table.sample:
        return results.panel
    if table.sample not in results.estimates:
        where, what = f"tables.{table.id}.sample", f"there is no model '{table.sample}'"
        raise ReportError(what, where=where, mend=known_or_nearest(table.sample, results.estimates))
    return results.sample_of(table.sample)


def _names(table: DescriptiveTable, results: Results) -> tuple[str, ...]:
    numeric = [v.name for v in results.panel.variables if v.kind == "number"]
    if not table.variables:
        used = {n for e in results.estimates.values() for n in used_names(e)}
        return tuple(n for n in numeric if n in used) or tuple(numeric)
    faults = [
        Fault(
            where=f"tables.{table.id}.variables",
            what=f"there is no numeric variable '{n}'",
            mend=known_or_nearest(n, numeric),
        )
        for n in table.variables
        if n not in numeric
    ]
    if faults:
        raise ReportError(faults=faults)
    return table.variables


TABLES.register(
    TableKind(name="descriptive", spec=DescriptiveTable, summary="variables with their means and spreads", build=build)
)
