"""Expression trees evaluated on columns of numpy arrays, cell by cell; functions that look along time live with the ETL.

Missing values follow three-valued logic: a comparison with a missing cell is missing, and a row whose condition is missing
is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import PanelError, StudyError
from panelkit.core.expression import Binary, Call, Name, Node, Number, Text, Unary
from panelkit.core.nearest import known_or_nearest

if TYPE_CHECKING:
    from panelkit.core.panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows an expression is evaluated on.

    count : how many. matters : bool (count,), rows where a logarithm of zero or a division by zero is a fault (elsewhere the
    cell is left missing). name : a row's position -> how a message names it.
    """

    count: int
    matters: np.ndarray
    name: Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFunction:
    """A function of single cells: least and most arguments, what it does, and its `domain` in words where it has one."""

    name: str
    least: int
    most: int
    summary: str
    compute: Callable[..., Any]
    inside: Callable[[Any], Any] | None = None
    domain: str = ""
    mend: str = ""


def _logarithm(name: str, summary: str) -> CellFunction:
    return CellFunction(
        name=name,
        least=1,
        most=1,
        summary=summary,
        compute=np.log,
        inside=lambda x: x > 0,
        domain="of a number that is not above zero",
        mend="use log1p(x) for counts with zeros, drop the unit with panel.exclude, or look at the cell",
    )


_FUNCTIONS = (
    _logarithm("ln", "natural logarithm"),
    _logarithm("log", "natural logarithm, as ln"),
    CellFunction(
        name="log1p",
        least=1,
        most=1,
        summary="ln(1 + x)",
        compute=np.log1p,
        inside=lambda x: x > -1,
        domain="of a number that is not above minus one",
        mend="look at the cell",
    ),
    CellFunction(name="exp", least=1, most=1, summary="e to the power of x", compute=np.exp),
    CellFunction(
        name="sqrt",
        least=1,
        most=1,
        summary="square root",
        compute=np.sqrt,
        inside=lambda x: x >= 0,
        domain="of a negative number",
        mend="look at the cell",
    ),
    CellFunction(name="abs", least=1, most=1, summary="absolute value", compute=np.abs),
    CellFunction(
        name="single",
        least=1,
        most=1,
        summary="rounded to single precision, as Stata stores what `generate` and `import delimited` make",
        compute=lambda x: x.astype(np.float32).astype(np.float64),
    ),
    CellFunction(
        name="present",
        least=1,
        most=1,
        summary="1 where the cell is there, 0 where it is missing",
        compute=lambda x: 1.0 - np.isnan(x),
    ),
    CellFunction(
        name="min", least=2, most=9, summary="smallest of its arguments", compute=lambda *a: np.minimum.reduce(a)
    ),
    CellFunction(
        name="max", least=2, most=9, summary="largest of its arguments", compute=lambda *a: np.maximum.reduce(a)
    ),
)
CELL_FUNCTIONS: Mapping[str, CellFunction] = MappingProxyType({f.name: f for f in _FUNCTIONS})

Beyond = Callable[[Call, Rows], np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Evaluates trees.

    Parameters
    ----------
    column : callable
        Name -> array, one value per row: float, or objects for text.
    where : str
        Key path of the expression, for messages.
    beyond : dict
        Further functions by name, handed the call itself and the rows, so that they may evaluate their arguments on other rows.
    """

    column: Callable[[str], np.ndarray]
    where: str
    beyond: Mapping[str, Beyond] = field(default_factory=dict)

    def value(self, node: Node, rows: Rows) -> np.ndarray:
        """The array of a tree; comparisons give 1, 0 or NaN.

        Raises
        ------
        StudyError
            An unknown function or name, text where a number is due.
        PanelError
            A logarithm or division outside its domain, with the row and how many there are.
        """
        match node:
            case Number():
                return np.full(rows.count, node.value)
            case Text():
                return np.full(rows.count, node.value, dtype=object)
            case Name():
                return self.column(node.name)
            case Call():
                return self._call(node, rows)
            case Unary():
                operand = self.number(node.operand, rows)
                return -operand if node.operator == "-" else np.where(np.isnan(operand), np.nan, operand == 0)
        return self._binary(node, rows)

    def number(self, node: Node, rows: Rows) -> np.ndarray:
        """As `value`, refusing text."""
        values = self.value(node, rows)
        if values.dtype.kind not in "fiub":
            raise StudyError(
                f"{shown(node)} is text where a number is due",
                where=self.where,
                mend='compare texts only with == and !=, such as province != "540000"',
            )
        return values.astype(np.float64)

    def _call(self, node: Call, rows: Rows) -> np.ndarray:
        if node.function in self.beyond:
            return self.beyond[node.function](node, rows)
        if node.function not in CELL_FUNCTIONS:
            raise StudyError(
                f"there is no function '{node.function}' here",
                where=self.where,
                mend=known_or_nearest(node.function, [*CELL_FUNCTIONS, *self.beyond]),
            )
        function = CELL_FUNCTIONS[node.function]
        check_arguments(node, function.least, function.most, self.where)
        arguments = [self.number(a, rows) for a in node.arguments]
        if function.inside is not None:
            with np.errstate(invalid="ignore"):
                outside = ~function.inside(arguments[0]) & ~np.isnan(arguments[0])
            self._refuse(outside, f"{shown(node)} is {function.name} {function.domain}", function.mend, rows)
            arguments[0] = np.where(outside, np.nan, arguments[0])
        with np.errstate(over="ignore"):
            result = function.compute(*arguments)
        return self._finite(result, node, rows)

    def _binary(self, node: Binary, rows: Rows) -> np.ndarray:
        if node.operator in ("==", "!=", "<", "<=", ">", ">="):
            return self._compare(node, rows)
        left, right = self.number(node.left, rows), self.number(node.right, rows)
        match node.operator:
            case "+":
                return self._finite(left + right, node, rows)
            case "-":
                return self._finite(left - right, node, rows)
            case "and":
                both = np.where(np.isnan(left) | np.isnan(right), np.nan, 1.0)
                return np.where((left == 0) | (right == 0), 0.0, both)
            case "or":
                none = np.where(np.isnan(left) | np.isnan(right), np.nan, 0.0)
                true = (~np.isnan(left) & (left != 0)) | (~np.isnan(right) & (right != 0))
                return np.where(true, 1.0, none)
            case "/":
                zero = right == 0
                self._refuse(
                    zero & ~np.isnan(left), f"{shown(node)} divides by zero", "look at the divisor there", rows
                )
                return self._finite(left / np.where(zero, np.nan, right), node, rows)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            power = (left * right) if node.operator == "*" else np.power(left, right)
        undefined = np.isnan(power) & ~np.isnan(left) & ~np.isnan(right)
        self._refuse(undefined, f"{shown(node)} is not defined", "a root of a negative number has no value", rows)
        return self._finite(power, node, rows)

    def _compare(self, node: Binary, rows: Rows) -> np.ndarray:
        left, right = self.value(node.left, rows), self.value(node.right, rows)
        texts = [side.dtype.kind not in "fiub" for side in (left, right)]
        if texts[0] != texts[1]:
            raise StudyError(
                f"{shown(node)} compares text with a number",
                where=self.where,
                mend='write codes and names in quotes, such as "540000", and numbers without',
            )
        if texts[0] and node.operator not in ("==", "!="):
            raise StudyError(f"{shown(node)} orders texts", where=self.where, mend="compare texts with == or !=")
        if texts[0]:
            missing = np.array([a is None or b is None for a, b in zip(left, right, strict=True)], dtype=bool)
            equal = np.array([a == b for a, b in zip(left, right, strict=True)], dtype=bool)
            return np.where(missing, np.nan, equal if node.operator == "==" else ~equal)
        a, b = left.astype(np.float64), right.astype(np.float64)
        result = {
            "==": a == b,
            "!=": a != b,
            "<": a < b,
            "<=": a <= b,
            ">": a > b,
            ">=": a >= b,
        }[node.operator]
        return np.where(np.isnan(a) | np.isnan(b), np.nan, result)

    def _finite(self, values: np.ndarray, node: Node, rows: Rows) -> np.ndarray:
        infinite = np.isinf(values)
        self._refuse(infinite, f"{shown(node)} is infinite", "look at its inputs there", rows)
        return np.where(infinite, np.nan, values)

    def _refuse(self, bad: np.ndarray, what: str, mend: str, rows: Rows) -> None:
        at = np.flatnonzero(bad & rows.matters)
        if at.size:
            cells = counted(at.size, "cells")
            raise PanelError(f"{what} for {rows.name(int(at[0]))} ({cells})", where=self.where, mend=mend)


def evaluate_rows(node: Node, panel: Panel, *, where: str = "where") -> np.ndarray:
    """Which rows of a panel meet a condition: bool, one per row; rows where it is missing are not met.

    Raises
    ------
    StudyError
        An unknown name or function (`lag` and the like belong into a variable), or a tree that is no condition.
    PanelError
        A logarithm or division outside its domain.
    """
    units, times = panel.column(panel.unit), panel.column(panel.time)
    rows = Rows(
        count=panel.rows,
        matters=np.ones(panel.rows, dtype=bool),
        name=lambda i: f"{panel.unit} {units[i]}, {panel.time} {times[i]}",
    )
    values = Evaluator(column=panel.column, where=where).number(node, rows)
    stray = ~np.isnan(values) & (values != 0) & (values != 1)
    if stray.any():
        raise StudyError(
            f"{shown(node)} is a number, not a condition", where=where, mend="write a comparison such as year >= 2016"
        )
    return np.asarray(values == 1)


def check_arguments(node: Call, least: int, most: int, where: str) -> None:
    """Refuse a call with too few or too many arguments."""
    given = len(node.arguments)
    if not least <= given <= most:
        due = str(least) if least == most else f"{least} to {most}"
        raise StudyError(
            f"{node.function} has {given} argument{'s' if given != 1 else ''} where {due} are due",
            where=where,
            mend=f"write {node.function}({', '.join('xyz'[: min(least, 3)])})",
        )


def shown(node: Node) -> str:
    """A tree as text, for messages.

    >>> shown(Binary("/", Name("a.b"), Number(100.0)))
    'a.b / 100'
    """
    match node:
        case Number():
            return f"{node.value:g}"
        case Text():
            return f'"{node.value}"'
        case Name():
            return node.name
        case Call():
            return f"{node.function}({', '.join(map(shown, node.arguments))})"
        case Unary():
            return f"-{_inner(node.operand)}" if node.operator == "-" else f"not {_inner(node.operand)}"
        case Binary():
            return f"{_inner(node.left)} {node.operator} {_inner(node.right)}"


def _inner(node: Node) -> str:
    return f"({shown(node)})" if isinstance(node, Binary) else shown(node)
