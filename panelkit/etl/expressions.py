"""Expressions of a study on the complete grid of units and years: functions along time and across units, and units of measure.

The grammar is core.expression, arithmetic is core.evaluation; nothing is handed to Python's evaluator. `lag`, `lead` and `diff`
follow time within the unit, never row order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import StudyError
from panelkit.core.evaluation import CELL_FUNCTIONS, Evaluator, Rows, check_arguments, shown
from panelkit.core.expression import Binary, Call, Name, Node, Number, Text, Unary
from panelkit.core.key import at_level, parts_of
from panelkit.core.nearest import known_or_nearest
from panelkit.etl.harmonise.provinces import named
from panelkit.etl.harmonise.units import Measure
from panelkit.etl.onset import first_years


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Every unit and every year, units outermost, both sorted.

    study_years : the panel's years. window : first and last year that matter, earlier where the result is lagged later on.
    kept : bool, units that the study does not exclude. parts : keys that a unit is made of, where there are several.
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    study_years: tuple[int, int]
    window: tuple[int, int]
    kept: np.ndarray
    unit: str
    time: str
    parts: tuple[str, ...] = ()

    def key_column(self, name: str) -> np.ndarray | None:
        """The column of a key of the panel, or of a part of one; None for any other name."""
        if name == self.unit:
            return self.unit_column
        if name == self.time:
            return self.year_column.astype(np.float64)
        return self.part_column(self.parts.index(name)) if name in self.parts else None

    def part_column(self, place: int) -> np.ndarray:
        """The column of one part of the units, by its place among the parts."""
        return np.repeat(np.array([parts_of(u)[place] for u in self.units], dtype=object), len(self.years))

    def units_at(self, level: tuple[bool, ...]) -> list[str]:
        """For each unit, the one whose figure holds for it in a series of that level."""
        return list(self.units) if all(level) else [at_level(u, level) for u in self.units]

    @property
    def unit_column(self) -> np.ndarray:
        return np.repeat(np.array(self.units, dtype=object), len(self.years))

    @property
    def year_column(self) -> np.ndarray:
        return np.tile(np.array(self.years), len(self.units))

    def inside(self, first: int, last: int) -> np.ndarray:
        """Cells of kept units in these years."""
        years = np.array(self.years)
        return np.outer(self.kept, (years >= first) & (years <= last)).ravel()

    def rows(self, first: int, last: int) -> Rows:
        """The grid as rows, of which those years matter."""
        width = len(self.years)
        return Rows(
            count=len(self.units) * width,
            matters=self.inside(first, last),
            name=lambda i: f"{self.unit} {named(self.units[i // width])}, {self.time} {self.years[i % width]}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFunction:
    """A function that looks beyond its cell.

    measure : 'same' (as its first argument) or 'pure'. shift : +1 or -1 years per step for functions along time, whose second
    argument is a whole number of years.
    """

    name: str
    least: int
    most: int
    summary: str
    measure: str
    shift: int = 0


_FUNCTIONS = (
    GridFunction(name="lag", least=1, most=2, summary="value k years before (1)", measure="same", shift=-1),
    GridFunction(name="lead", least=1, most=2, summary="value k years after (1)", measure="same", shift=1),
    GridFunction(name="diff", least=1, most=2, summary="change over k years (1)", measure="same", shift=-1),
    GridFunction(
        name="winsor", least=2, most=2, summary="cut at the quantiles p and 1 - p of the panel", measure="same"
    ),
    GridFunction(
        name="winsor_by_year", least=2, most=2, summary="cut at the quantiles p and 1 - p of its year", measure="same"
    ),
    GridFunction(
        name="standardise", least=1, most=1, summary="minus mean, over standard deviation (n - 1)", measure="pure"
    ),
    GridFunction(
        name="mean_by", least=2, most=5, summary="mean over rows with the same further arguments", measure="same"
    ),
    GridFunction(
        name="sum_by", least=2, most=5, summary="sum over rows with the same further arguments", measure="same"
    ),
    GridFunction(name="first_year", least=1, most=1, summary="first year above 0, else 0", measure="pure"),
)
GRID_FUNCTIONS: Mapping[str, GridFunction] = MappingProxyType({f.name: f for f in _FUNCTIONS})


def function_names() -> tuple[str, ...]:
    """Every function that an expression may use."""
    return (*CELL_FUNCTIONS, *GRID_FUNCTIONS)


def years_back(node: Call, where: str) -> int:
    """The second argument of `lag`, `lead` or `diff`: a whole number of years, 1 unless given."""
    if len(node.arguments) < 2:
        return 1
    steps = node.arguments[1]
    if not isinstance(steps, Number) or steps.value != int(steps.value) or not 0 <= steps.value <= 100:
        raise StudyError(
            f"{shown(node)}: the number of years must be a whole number, not {shown(steps)}",
            where=where,
            mend=f"write {node.function}(x, 2); for the other direction there are lag and lead",
        )
    return int(steps.value)


def check_functions(node: Node, where: str) -> None:
    """Refuse unknown functions and wrong numbers of arguments, before anything is computed."""
    match node:
        case Call():
            known = GRID_FUNCTIONS.get(node.function) or CELL_FUNCTIONS.get(node.function)
            if known is None:
                raise StudyError(
                    f"there is no function '{node.function}'",
                    where=where,
                    mend=known_or_nearest(node.function, function_names()),
                )
            check_arguments(node, known.least, known.most, where)
            if isinstance(known, GridFunction) and known.shift:
                years_back(node, where)
            for argument in node.arguments:
                check_functions(argument, where)
        case Unary():
            check_functions(node.operand, where)
        case Binary():
            check_functions(node.left, where)
            check_functions(node.right, where)


def years_needed(node: Node, first: int, last: int, where: str) -> dict[str, tuple[int, int]]:
    """First and last year in which each name of an expression is needed, for a result wanted from `first` to `last`."""
    needed: dict[str, tuple[int, int]] = {}

    def walk(part: Node, low: int, high: int) -> None:
        match part:
            case Name():
                before = needed.get(part.name, (low, high))
                needed[part.name] = (min(before[0], low), max(before[1], high))
            case Unary():
                walk(part.operand, low, high)
            case Binary():
                walk(part.left, low, high)
                walk(part.right, low, high)
            case Call():
                low_in, high_in = shifted(part, low, high, where)
                for argument in part.arguments:
                    walk(argument, low_in, high_in)

    walk(node, first, last)
    return needed


def shifted(node: Call, first: int, last: int, where: str) -> tuple[int, int]:
    """The years in which the arguments of a call are needed."""
    function = GRID_FUNCTIONS.get(node.function)
    if function is None or not function.shift:
        return first, last
    step = function.shift * years_back(node, where)
    if node.function == "diff":
        return first + step, last
    return first + step, last + step


def evaluate(
    node: Node,
    column: Callable[[str], np.ndarray],
    grid: Grid,
    where: str,
    say: Callable[[str], None] = lambda _: None,
) -> np.ndarray:
    """An expression on every cell of the grid.

    Parameters
    ----------
    column : callable
        Name -> array on the grid, unit outermost; float, or objects for text.
    say : callable
        Told how many cells of the study's years a function cut off.

    Returns
    -------
    (units x years,) float, or objects where the expression is a bare text column

    Raises
    ------
    StudyError, PanelError
        Unknown functions; logarithms and divisions outside their domain inside the window, with unit and year.
    """
    check_functions(node, where)
    low, high = grid.window
    evaluator = Evaluator(column=column, where=where)
    study = grid.inside(*grid.study_years)

    def along_time(call: Call, rows: Rows) -> np.ndarray:
        function = GRID_FUNCTIONS[call.function]
        steps = years_back(call, where)
        moved = _matters_moved(rows, grid, call)
        values = evaluator.number(call.arguments[0], moved)
        before = _shift(values, function.shift * steps, grid)
        return values - before if call.function == "diff" else before

    def across(call: Call, rows: Rows) -> np.ndarray:
        values = evaluator.number(call.arguments[0], rows)
        if call.function == "first_year":
            return first_years(values, grid.years, shown(call), say)
        made = _across(call, values, study, grid, evaluator, where)
        if call.function.startswith("winsor"):
            say(_cut_in_words(call, values[study], made[study]))
        return made

    beyond = {name: along_time if f.shift else across for name, f in GRID_FUNCTIONS.items()}
    evaluator = replace(evaluator, beyond=beyond)
    return evaluator.value(node, grid.rows(low, high))


def _matters_moved(rows: Rows, grid: Grid, call: Call) -> Rows:
    shift = GRID_FUNCTIONS[call.function].shift * years_back(call, "")
    moved = _shift(rows.matters.astype(np.float64), -shift, grid)
    matters = np.nan_to_num(moved) > 0
    return replace(rows, matters=matters | rows.matters if call.function == "diff" else matters)


def _shift(values: np.ndarray, step: int, grid: Grid) -> np.ndarray:
    """Cell (i, t) of the result is cell (i, t + step) of `values`; beyond the grid it is missing."""
    wide = values.reshape(len(grid.units), len(grid.years))
    out = np.full(wide.shape, np.nan)
    width = wide.shape[1]
    if abs(step) < width:
        if step < 0:
            out[:, -step:] = wide[:, : width + step]
        elif step > 0:
            out[:, : width - step] = wide[:, step:]
        else:
            out[:] = wide
    return out.ravel()


def _across(
    call: Call, values: np.ndarray, study: np.ndarray, grid: Grid, evaluator: Evaluator, where: str
) -> np.ndarray:
    used = values[study & ~np.isnan(values)]
    match call.function:
        case "winsor" | "winsor_by_year":
            share = call.arguments[1]
            if not isinstance(share, Number) or not 0 < share.value < 0.5:
                raise StudyError(
                    f"{shown(call)}: the share must lie between 0 and 0.5", where=where, mend="such as 0.01"
                )
            if call.function == "winsor_by_year":
                return _cut_by_year(values, share.value, grid)
            return np.clip(values, *np.quantile(used, [share.value, 1 - share.value])) if used.size else values
        case "standardise":
            spread = float(np.std(used, ddof=1)) if used.size > 1 else 0.0
            if spread == 0.0:
                raise StudyError(f"{shown(call)}: it does not vary over the panel", where=where, mend="leave it out")
            return (values - used.mean()) / spread
    keys = [evaluator.value(a, grid.rows(*grid.window)) for a in call.arguments[1:]]
    return _by(values, _together(keys), study, take_mean=call.function == "mean_by")


def _cut_in_words(call: Call, before: np.ndarray, after: np.ndarray) -> str:
    """How many cells were cut, from below and from above."""
    low, high = int((after > before).sum()), int((after < before).sum())
    return f"{shown(call)} cut {low + high} of {counted(int((~np.isnan(before)).sum()), 'cells')} ({low} from below, {high} from above)"


def _together(keys: list[np.ndarray]) -> np.ndarray:
    """Several keys as one, None where any is missing."""
    if len(keys) == 1:
        return keys[0]
    rows = zip(*keys, strict=True)
    return np.array([None if any(k is None or k != k for k in row) else repr(row) for row in rows], dtype=object)


def _cut_by_year(values: np.ndarray, share: float, grid: Grid) -> np.ndarray:
    """Cut at the quantiles of the kept units of each year; years outside the study's at their own, over kept units."""
    cut, years = values.copy(), grid.year_column
    kept = np.repeat(grid.kept, len(grid.years))
    for year in grid.years:
        at = years == year
        used = values[at & kept & ~np.isnan(values)]
        if used.size:
            cut[at] = np.clip(values[at], *np.quantile(used, [share, 1 - share]))
    return cut


def _by(values: np.ndarray, key: np.ndarray, study: np.ndarray, *, take_mean: bool) -> np.ndarray:
    labels = np.array([None if k is None or k != k else str(k) for k in key], dtype=object)
    known = np.array([k is not None for k in labels], dtype=bool)
    codes = np.full(len(labels), -1)
    codes[known] = np.unique(labels[known].astype(str), return_inverse=True)[1]
    used = study & known & ~np.isnan(values)
    size = int(codes.max(initial=-1)) + 1
    totals = np.bincount(codes[used], weights=values[used], minlength=size)
    counts = np.bincount(codes[used], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(counts > 0, totals / counts if take_mean else totals, np.nan)
    return np.where(known, found[np.where(known, codes, 0)], np.nan) if size else np.full(len(labels), np.nan)


def measure_of_expression(node: Node, measures: Mapping[str, Measure], where: str) -> Measure:
    """The unit of measure of an expression.

    Raises
    ------
    StudyError
        A sum, difference or comparison of figures in different units.
    """
    match node:
        case Name():
            return measures.get(node.name, Measure())
        case Number() | Text():
            return Measure(exact=False)
        case Unary():
            return measure_of_expression(node.operand, measures, where)
        case Call():
            return _measure_of_call(node, measures, where)
    left, right = (measure_of_expression(side, measures, where) for side in (node.left, node.right))
    constants = [isinstance(side, (Number, Text)) for side in (node.left, node.right)]
    match node.operator:
        case "*" | "/":
            if any(constants) and isinstance(node.right, Number) and node.right.value == 1:
                return left
            return left.times(right, 1 if node.operator == "*" else -1)
        case "+" | "-":
            _same_or_refuse(node, left, right, where)
            return right if constants[0] else left
        case "^":
            pure = left.exact and not left.powers
            return Measure(exact=pure)
        case "and" | "or":
            return Measure()
    _same_or_refuse(node, left, right, where)
    return Measure()


def _same_or_refuse(node: Binary, left: Measure, right: Measure, where: str) -> None:
    if not left.agrees(right):
        raise StudyError(
            f"{shown(node)} puts {left or 'a pure number'} and {right or 'a pure number'} together",
            where=where,
            mend="convert one first, as a variable of its own with measure = ...",
        )


def _measure_of_call(node: Call, measures: Mapping[str, Measure], where: str) -> Measure:
    inner = [measure_of_expression(a, measures, where) for a in node.arguments]
    function = GRID_FUNCTIONS.get(node.function)
    if function is not None:
        return inner[0] if function.measure == "same" else Measure()
    if node.function in ("ln", "log", "log1p"):
        return logged(node.function, inner[0])
    if node.function in ("min", "max", "abs"):
        for other in inner[1:]:
            _same_or_refuse(Binary(",", node.arguments[0], node.arguments[-1]), inner[0], other, where)
        return inner[0]
    return Measure(exact=not inner[0].powers)


def logged(function: str, measure: Measure) -> Measure:
    """The measure of a logarithm: a pure number that remembers of what."""
    name = "ln" if function == "log" else function
    return Measure(text=f"{name}({measure})") if str(measure) else Measure()
