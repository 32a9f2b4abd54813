"""The numbers of figures that show the panel itself, made anew from its cells; those of models are in figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from panelkit.replication.standalone.batteries import declared_in
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.moments import average
from panelkit.replication.standalone.numbers import near, number, same


class Shown:
    """The CSV of one figure: its rows, what the figure is declared as, and what it is held against."""

    def __init__(
        self, name: str, spec: dict[str, Any], rows: list[dict[str, str]], known: tuple[Any, Any, Frame], level: Level
    ) -> None:
        self.name, self.spec, self.rows, self.level = name, spec, rows, level
        self.estimates, self.checks, self.frame = known
        about = self.frame.about
        self.units, self.times = self.frame.units, [int(t) for t in self.frame.columns[about["time"]]]

    def hold(self, holds: bool, row: int, text: str) -> None:
        """Count a comparison; row -1 is the whole file."""
        at = "" if row < 0 else f", row {row + 1}"
        self.level.hold(holds, "differs", f"{self.name}{at}: {text}")

    def value(self, row: int, field: str) -> float:
        """A cell as a double, NaN for none."""
        return float(self.rows[row][field] or "nan")

    def same(self, row: int, field: str, known: Any) -> None:
        """Hold a cell against a JSON value."""
        a, b = self.value(row, field), math.nan if known is None else number(known)
        self.hold(b is not None and same(a, b), row, f"{field} is {self.rows[row][field]}, in the results {known!r}")

    def close(self, row: int, field: str, known: float, scale: float = 0.0) -> None:
        """Hold a cell against what was made anew."""
        fits = near(self.value(row, field), known, scale)
        self.hold(fits, row, f"{field} is {self.rows[row][field]}, by the panel {known!r}")

    def estimate(self, model: str) -> Any:
        """A model's estimate."""
        return self.estimates[model]

    def check(self, model: str, name: str) -> Any:
        """A check of a model."""
        return self.checks[model, name]

    def study(self) -> dict[str, Any]:
        """study.toml, where this Python can read it."""
        return declared_in(self.frame.folder, self.level)

    def column(self, name: str) -> list[float]:
        """A variable of the panel that is a number."""
        return self.frame.columns[name]

    def histogram(self, variable: str, model: str) -> None:
        """Counts between edges against the values of a model's rows."""
        places = self.frame.places(model)
        if places is None:
            self.level.notes.append(f"{self.name}: how often values occur is over rows that no list names")
            return
        column = self.column(variable)
        values = [column[i] for i in places if column[i] == column[i]]
        bars = [i for i, row in enumerate(self.rows) if row["rows"]]
        self.close(bars[0], "bin_from", min(values), 1.0)
        self.close(bars[-1], "bin_to", max(values), 1.0)
        for i in bars:
            low, high = self.value(i, "bin_from"), self.value(i, "bin_to")
            slack = 1e-12 * max(abs(low), abs(high))
            inner = sum(low + slack < v < high - slack for v in values)
            edge = sum(low - slack <= v <= high + slack for v in values)
            self.hold(
                inner <= int(self.rows[i]["rows"]) <= edge,
                i,
                f"{self.rows[i]['rows']} rows, by the panel {inner} to {edge}",
            )
        self.hold(sum(int(self.rows[i]["rows"]) for i in bars) == len(values), -1, "its bars are not all rows")


def trends(shown: Shown) -> None:
    """Means by group and year."""
    spec, column = shown.spec, shown.column(shown.spec["variable"])
    member = members(shown)
    found: dict[tuple[str, int], list[float]] = {}
    for unit, time, value in zip(shown.units, shown.times, column):  # noqa: B905
        if unit in member and value == value:
            found.setdefault((member[unit], time), []).append(value)
    largest = max((abs(v) for v in column if v == v), default=0.0)
    for i, row in enumerate(shown.rows):
        values = found.pop((row["group"], int(row["time"])), [])
        shown.hold(row["units"] == str(len(values)), i, f"{row['units']} units, by the panel {len(values)}")
        shown.close(i, "mean", average(values) if values else math.nan, largest * 1e-3)
    shown.hold(not found, -1, f"it leaves out {len(found)} years of groups of {spec['variable']}")


def members(shown: Shown) -> dict[str, str]:
    """The group of each unit."""
    spec = shown.spec
    if not spec.get("group"):
        return dict.fromkeys(shown.units, "")
    made: dict[str, str] = {}
    for unit, value in zip(shown.units, shown.frame.column(spec["group"])):  # noqa: B905
        if value == value and value != "":
            cut = spec.get("cut")
            if cut is not None and isinstance(value, (int, float)):
                made[unit] = f"<={cut:g}" if value <= cut else f">{cut:g}"
            else:
                made[unit] = f"{value:g}" if isinstance(value, float) else str(value)
    missing = spec.get("missing") or {}
    if any(missing.values()) if isinstance(missing, dict) else missing:
        made.update({u: "missing" for u in shown.units if u not in made})
    return made


def cells_of(shown: Shown, variable: str) -> dict[tuple[str, int], float]:
    """(unit, year) -> value."""
    return dict(zip(zip(shown.units, shown.times), shown.column(variable)))  # noqa: B905


def heat_map(shown: Shown) -> None:
    """Every cell of a variable, and its class."""
    known = cells_of(shown, shown.spec["variable"])
    cuts = sorted(float(c) for c in shown.spec.get("cuts") or ())
    shown.hold(len(known) == len(shown.rows), -1, "it has not every cell of the panel")
    for i, row in enumerate(shown.rows):
        value = known.get((row["unit"], int(row["time"])), math.nan)
        shown.same(i, "value", value)
        made = "" if value != value else str(sum(value >= c for c in cuts))
        shown.hold(row["class"] == made, i, f"its class is {row['class']}, by the cuts {made}")


def treatment_timing(shown: Shown) -> None:
    """Who is treated when, by the dose or by the first year."""
    known = cells_of(shown, shown.spec["variable"])
    shown.hold(len(known) == len(shown.rows), -1, "it has not every cell of the panel")
    for i, row in enumerate(shown.rows):
        value, year = known.get((row["unit"], int(row["time"])), math.nan), int(row["time"])
        if shown.spec.get("cohort"):
            value = 0.0 if value != value or year < value else 1.0
        shown.same(i, "dose", value)
        treated = "" if value != value else str(int(bool(value)))
        shown.hold(row["treated"] == treated, i, "whether it is treated is not by its dose")


def gap_matrix(shown: Shown) -> None:
    """Missing cells of each variable by year, and how many there could be."""
    filled: dict[str, int] = {}
    for i, row in enumerate(shown.rows):
        here = [k for k, t in enumerate(shown.times) if t == int(row["time"])]
        column = shown.frame.column(row["variable"])
        missing = sum(column[k] != column[k] or column[k] == "" for k in here)
        shown.hold(row["missing"] == str(missing), i, f"{row['missing']} missing, by the panel {missing}")
        shown.hold(row["cells"] == str(len(here)), i, f"{row['cells']} cells, by the panel {len(here)}")
        filled[row["variable"]] = filled.get(row["variable"], 0) + int(row["filled"] or 0)
    told = {v["name"]: int(v.get("filled") or 0) for v in shown.frame.about["variables"]}
    for name, count in filled.items():
        shown.hold(count == told.get(name), -1, f"{name} has {count} filled cells, by panel.json {told.get(name)}")


def tile_grid(shown: Shown) -> None:
    """A variable by province, of one year or the mean of all."""
    column, year = shown.column(shown.spec["variable"]), shown.spec.get("year")
    for i, row in enumerate(shown.rows):
        values = [
            v
            for u, t, v in zip(shown.units, shown.times, column)  # noqa: B905
            if u == row["unit"] and year in (None, t) and v == v
        ]
        shown.close(i, "value", average(values) if values else math.nan, max(map(abs, values), default=0.0))
    there = {row["unit"] for row in shown.rows}
    shown.hold(set(shown.units) <= there, -1, "a unit of the panel has no tile")


def moran_scatter(shown: Shown) -> None:
    """Both variables less the mean of the first over its standard deviation, and the quadrants."""
    year = max(shown.times) if shown.spec.get("year") is None else shown.spec["year"]
    own, near_by = cells_of(shown, shown.spec["variable"]), cells_of(shown, shown.spec["lag"])
    held = [k for k in own if k[1] == year and own[k] == own[k] and near_by[k] == near_by[k]]
    middle_ = average([own[k] for k in held])
    spread_ = math.sqrt(average([(own[k] - middle_) ** 2 for k in held]))
    shown.hold({k[0] for k in held} == {row["unit"] for row in shown.rows}, -1, "it has other units")
    for i, row in enumerate(shown.rows):
        z, lag = ((of.get((row["unit"], year), math.nan) - middle_) / spread_ for of in (own, near_by))
        size = max(abs(middle_) / spread_, 1.0)
        shown.close(i, "z", z, size)
        shown.close(i, "lag", lag, size)
        quadrant = ("hh" if z >= 0 else "lh") if lag >= 0 else ("hl" if z >= 0 else "ll")
        shown.hold(row["quadrant"] == quadrant, i, f"its quadrant is {row['quadrant']}, by its values {quadrant}")


OF_PANEL: dict[str, Callable[[Shown], None]] = {
    "trends": trends,
    "heat_map": heat_map,
    "treatment_timing": treatment_timing,
    "gap_matrix": gap_matrix,
    "tile_grid": tile_grid,
    "moran_scatter": moran_scatter,
}
