"""The columns of a model's requests as Stata has them: those of the panel by name, the others made by a line of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from panelkit.core.estimation import ModelSpec
from panelkit.replication.stata.names import one_line, sample_name, stata_names


class NoTwinError(Exception):
    """Why Stata has no command for a model, in words."""


def quoted(text: object) -> str:
    r"""A text as a string of a do-file.

    Raises
    ------
    NoTwinError
        One with a sign that Stata would read as something else: a quote, a macro (backtick, dollar), a backslash, a line's end.

    >>> quoted("Xi'an")
    '"Xi\'an"'
    """
    if re.search(r'[`"$\\\x00-\x1f\x7f-\x9f\u2028\u2029]', str(text)):
        raise NoTwinError(f"{one_line(text).replace('$', ' ')} has a sign that a do-file cannot hold in a text")
    return f'"{text}"'


class Columns:
    """Names of one model's columns in Stata, and the lines that make those which the panel has not."""

    def __init__(self, model: ModelSpec, about: Mapping[str, Any], marked: bool) -> None:
        self.model = model
        self.unit, self.time = about["unit"], about["time"]
        columns = [self.unit, self.time, *(v["name"] for v in about["variables"])]
        self.texts = {self.unit, *(v["name"] for v in about["variables"] if v["kind"] == "category")}
        self.known = set(columns)
        self.names = stata_names([*columns, *([sample_name(model.id)] if marked else [])])
        self.made: dict[str, str] = {}
        self.lines: list[str] = []
        self.regimes: tuple[str, tuple[float, ...]] = ("", ())  # of a threshold model: its variable, its thresholds

    def of(self, name: str) -> str:
        """The Stata name of a column, made where the panel has it not.

        Raises
        ------
        NoTwinError
            A column that only the method itself makes.
        """
        if name in self.names and name not in self.texts:
            return self.names[name]
        if name not in self.made:
            line = self._maker(name)
            taken = [*self.names.values(), *self.made.values()]
            new = list(stata_names([*taken, f"pk_{name}"]).values())[-1]
            self.made[name] = new
            self.lines.append(line.replace("\0", new))
        return self.made[name]

    def numbered(self) -> str:
        """The unit as a number, as `xtset` and `ivar()` want it."""
        return self.of(self.unit)

    def factor(self, effect: str) -> str:
        """An effect as a factor."""
        return f"i.{self.of(effect)}"

    def _maker(self, name: str) -> str:
        if name in self.texts:
            return f"egen long \0 = group({self.names[name]})"
        if "^" in name and set(name.split("^")) <= self.known:
            return f"egen long \0 = group({' '.join(self.names[p] for p in name.split('^'))})"
        if name.startswith("mean(") and name.endswith(")"):
            return f"egen double \0 = mean({self.of(name[5:-1])}), by({self.names[self.unit]})"
        return f"gen double \0 = {self._expression(name)}"

    def _expression(self, name: str) -> str:
        cohort = str(getattr(self.model, "cohort", ""))
        if name.startswith("event_time::") and cohort in self.known:
            first, time = self.names[cohort], self.names[self.time]
            low, high = getattr(self.model, "window", (-4, 4))
            since = f"max({low}, min({high}, {time} - {first}))"
            return f"({since} == {name.split('::')[1]}) & {first} != 0 & !missing({first})"
        if name in self.known and name not in self.texts:
            return self.names[name]
        of, found, level = name.partition("::")
        if found and of == "regime" and self.regimes[1] and of not in self.known:
            return self._regime(int(level))
        if found and of in self.known:
            if of not in self.texts and not re.fullmatch(r"-?[\d.]+(?:e[-+]?\d+)?", level):
                raise NoTwinError(f"{one_line(name)} has a class that is no number")
            value = quoted(level) if of in self.texts else level
            return f"({self.names[of]} == {value})"
        parts = _factors(name)
        if len(parts) > 1:
            return " * ".join(self._expression(p) for p in parts)
        raise NoTwinError(f"{one_line(name)} is a column that the method itself makes")

    def _regime(self, number: int) -> str:
        """1 in the rows of a regime: above the threshold before it, at or below its own."""
        (q, taus), parts = self.regimes, []
        parts += [f"({self._expression(q)} > {taus[number - 2]!r})"] if number > 1 else []
        parts += [f"({self._expression(q)} <= {taus[number - 1]!r})"] if number <= len(taus) else []
        return " * ".join(parts)


def _factors(name: str) -> list[str]:
    """The parts of a product such as "x:coast::1"; a double colon holds together.

    >>> _factors("x:coast::1:w")
    ['x', 'coast::1', 'w']
    """
    return [p.replace("\0", "::") for p in name.replace("::", "\0").split(":")]
