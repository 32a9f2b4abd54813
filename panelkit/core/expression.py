"""The grammar of expressions in a study: arithmetic, comparison and named functions, parsed to a tree; evaluated elsewhere.

    ln(ecommerce.sales) - lag(x, 2) / 100        year >= 2016 and province != "540000"

Nothing is ever handed to Python's own evaluator.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from panelkit.core.errors import StudyError

DEEPEST = 60  # nesting beyond this is refused, so that a hostile study cannot exhaust the stack
AROUND = 80  # signs shown on each side of a fault
MOST_OPERATORS = 200  # a chain is a tree as deep as it is long


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str  # "-" or "not"
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str  # + - * / ^ == != < <= > >= and or
    left: Node
    right: Node


Node = Number | Text | Name | Call | Unary | Binary

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      |(?P<text>"[^"\n]*"|'[^'\n]*')
      |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)?)
      |(?P<mark>==|!=|<=|>=|\*\*|[-+*/^()<>,]))""",
    re.VERBOSE,
)
_LEVELS: tuple[tuple[str, ...], ...] = (("or",), ("and",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))


def parse_expression(text: str, *, where: str = "expression") -> Node:
    """The tree of an expression.

    Raises
    ------
    StudyError
        Where `text` is not an expression; the message shows the place.

    >>> parse_expression("ln(a.b) + 1")
    Binary(operator='+', left=Call(function='ln', arguments=(Name(name='a.b'),)), right=Number(value=1.0))
    """
    return _Parser(text, where).parse()


def names_in(node: Node) -> tuple[str, ...]:
    """The variables and series an expression refers to, each once, in order of appearance."""
    return tuple(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Name)))


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, outermost first."""
    yield node
    children: tuple[Node, ...] = ()
    match node:
        case Call():
            children = node.arguments
        case Unary():
            children = (node.operand,)
        case Binary():
            children = (node.left, node.right)
    for child in children:
        yield from walk(child)


class _Parser:
    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where
        self.tokens = list(self._tokens())
        self.at = 0
        self.depth = self.operators = 0

    def _fault(self, what: str, position: int) -> StudyError:
        before, behind = self.text[max(position - AROUND, 0) : position], self.text[position : position + AROUND]
        dots = ("..." if position > AROUND else "", "..." if len(self.text) > position + AROUND else "")
        shown = f"{dots[0]}{before}>>>{behind}{dots[1]}"
        return StudyError(
            f"{what} at '{shown}'",
            where=self.where,
            mend="write arithmetic (+ - * / ^), comparisons, and functions such as ln(x), lag(x, 1)",
        )

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        position, end = 0, len(self.text.rstrip())
        while position < end:
            found = _TOKEN.match(self.text, position)
            if found is None or found.lastgroup is None:
                raise self._fault("this cannot be read", position)
            yield found.lastgroup, found.group(found.lastgroup), found.start(found.lastgroup)
            position = found.end()
        yield "end", "", end

    def parse(self) -> Node:
        node = self._level(0)
        if self.tokens[self.at][0] != "end":
            raise self._fault("an operator is missing", self.tokens[self.at][2])
        return node

    def _take(self, *values: str) -> str | None:
        kind, value, _ = self.tokens[self.at]
        if kind in ("mark", "name") and value in values:
            self.at += 1
            return value
        return None

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._sign()
        node = self._level(level + 1)
        while operator := self._take(*_LEVELS[level]):
            self.operators += 1
            if self.operators > MOST_OPERATORS:
                raise self._fault(f"this has more than {MOST_OPERATORS} operators", self.tokens[self.at][2])
            node = Binary(operator, node, self._level(level + 1))
            if level == 2:
                break
        return node

    def _sign(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._fault("this is nested too deeply", self.tokens[self.at][2])
        try:
            if operator := self._take("-", "not"):
                return Unary(operator, self._sign())
            base = self._atom()
            if self._take("^", "**"):
                return Binary("^", base, self._sign())
            return base
        finally:
            self.depth -= 1

    def _atom(self) -> Node:
        kind, value, position = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            if float(value) == math.inf:
                raise self._fault("this number is too large", position)
            return Number(float(value))
        if kind == "text":
            return Text(value[1:-1])
        if kind == "name" and value not in ("and", "or", "not"):
            return self._call(value) if self._take("(") else Name(value)
        if value == "(":
            node = self._level(0)
            if not self._take(")"):
                raise self._fault("a bracket is not closed", self.tokens[self.at][2])
            return node
        raise self._fault("a name or number is missing", position)

    def _call(self, function: str) -> Call:
        arguments = [self._level(0)]
        while self._take(","):
            arguments.append(self._level(0))
        if not self._take(")"):
            raise self._fault("a bracket is not closed", self.tokens[self.at][2])
        return Call(function, tuple(arguments))
