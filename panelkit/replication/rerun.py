"""Levels L2 to L4: results made anew against those of a package, number by number; nothing is estimated here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panelkit.core.counted import counted

CLOSED_FORM = 1e-8  # relative; two builds of a linear algebra library part in the last digits only
RESAMPLED = 1e-12  # by seed, the same draws
CHECKED = 1e-6  # relative to the largest number of a field of a check: refits, and what is searched for
LONGEST = 300  # signs of a value that is told
PROBABILITY_FLOOR = 1e-12  # a p of 1e-30 is the tail of a t whose last digits are free
SPOKEN = re.compile(r"-?\d+(?:\.\d+)?")
VERSIONS = frozenset({"engine_version", "version"})  # what may differ between two machines without a number changing


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A number or text that is not the same: where, what the package has, what came out anew, and the digit where they part."""

    where: str
    packaged: Any
    anew: Any
    digit: int | None = None

    def __str__(self) -> str:
        held, made = (f"{value!r}"[:LONGEST] for value in (self.packaged, self.anew))
        said = f"{self.where[:LONGEST]}: the package has {held}, anew it is {made}"
        return said if self.digit is None else f"{said}; they part at significant digit {self.digit}"


@dataclass(slots=True)
class Comparison:
    """How many numbers were compared, how many are the same to the last bit, and what parted.

    nearest : of those that are not the same and yet agree, the one that parts at the earliest digit; None where all are the same.
    reworded : sentences that have the same numbers in other words, as another version of panelkit may put them.
    """

    compared: int = 0
    parted: list[Parted] = field(default_factory=list)
    same: int = 0
    nearest: Parted | None = None
    reworded: list[str] = field(default_factory=list)

    def agreed(self, found: Parted) -> None:
        """Note two numbers that agree to the digits that are asked for and no further."""
        if self.nearest is None or (found.digit or 0) < (self.nearest.digit or 0):
            self.nearest = found


def compare(packaged: dict[str, Any], anew: dict[str, Any]) -> Comparison:
    """Every number of every estimate against the same one anew; terms, draws and lists are matched by name, else by place."""
    result = Comparison()
    _walk("", packaged.get("estimates", []), anew.get("estimates", []), result)
    return result


def compare_checks(
    packaged: dict[str, Any], anew: list[dict[str, Any]], result: Comparison, *, every: bool = False
) -> None:
    """Every number, verdict and sentence of the checks made anew against the packaged ones.

    every : the data's and the batteries' too, and every word, where the package's own program makes them from raw (L3); second
        engines are always left to L4. Otherwise words may differ, and are told.
    """
    models = {c["of"] for c in anew}

    def wanted(check: dict[str, Any]) -> bool:
        name = check["name"]
        return name != "second_engine" and (every or (check["of"] in models and not name.startswith("robustness_")))

    theirs = {f"{c['of']}.{c['name']}": c for c in anew if wanted(c)}
    mine = {f"{c['of']}.{c['name']}": c for c in packaged.get("checks", []) if wanted(c)}
    for name in dict.fromkeys([*mine, *theirs]):
        where = f"checks.{name}"
        if name not in mine or name not in theirs:
            held, made = ("there", "absent") if name in mine else ("absent", "there")
            result.parted.append(Parted(where=where, packaged=held, anew=made))
            continue
        _compare_check((where, every), mine[name], theirs[name], result)


def _compare_check(
    at_and_words: tuple[str, bool], left: dict[str, Any], right: dict[str, Any], result: Comparison
) -> None:
    where, words = at_and_words
    a, b = (
        dict(_flat_dict({k: c.get(k) for k in ("verdict", "value", "bound", "text", "rows")})) for c in (left, right)
    )
    largest: dict[str, float] = {}
    for at, value in (*a.items(), *b.items()):
        number = _number(value)
        if number is not None and math.isfinite(number):
            field_ = at.rpartition(".")[2]
            largest[field_] = max(largest.get(field_, 0.0), abs(number))
    for at in dict.fromkeys([*a, *b]):
        one, other = a.get(at), b.get(at)
        result.compared += 1
        x, y = _number(one), _number(other)
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y):
            scale = max(largest.get(at.rpartition(".")[2], 0.0), 1e-4 if at.endswith(("p", "p_adjusted")) else 0.0)
            alike = abs(x - y) <= CHECKED * scale
        elif isinstance(one, str) and isinstance(other, str):
            alike = said_alike(one, other) or (
                at.startswith("text.") and not words and said_alike(one, other, words=False)
            )
            result.reworded += [f"{where}.{at}"] if alike and not said_alike(one, other) else []
        else:
            alike = one == other or (x is not None and y is not None and (x == y or (x != x and y != y)))
        if not alike:
            digit = digit_where_they_part(x, y) if x is not None and y is not None else None
            result.parted.append(Parted(where=f"{where}.{at}", packaged=one, anew=other, digit=digit))
        elif one == other:
            result.same += 1
        elif x is not None and y is not None:
            digit = digit_where_they_part(x, y, largest.get(at.rpartition(".")[2], 0.0))
            result.agreed(Parted(where=f"{where}.{at}", packaged=one, anew=other, digit=digit))


def _flat_dict(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat_dict(inner, f"{at}.{key}".lstrip("."))
    else:
        yield at, value


def said_alike(left: str, right: str, *, words: bool = True) -> bool:
    """Whether two sentences have the same words and numbers, each to one unit of its last digit, as rounding on a brink may part them.

    words : whether the words must be the same.

    >>> said_alike("p = 0.041, 12 rows", "p = 0.042, 12 rows"), said_alike("p = 0.041", "p = 0.051"), said_alike("12 rows", "13 rows")
    (True, False, False)
    """
    if left == right:
        return True
    if len(SPOKEN.findall(left)) != len(SPOKEN.findall(right)) or (
        words and SPOKEN.sub("#", left) != SPOKEN.sub("#", right)
    ):
        return False
    for one, other in zip(SPOKEN.findall(left), SPOKEN.findall(right), strict=True):
        decimals = len(one.partition(".")[2])
        if one != other and (not decimals or abs(float(one) - float(other)) > 1.0001 * 10.0**-decimals):
            return False
    return True


def agree(packaged: dict[str, Any], anew: dict[str, Any]) -> tuple[Comparison, list[str]]:
    """The second engines' values in two crosscheck documents, value by value, and models, terms or verdicts that are not alike."""
    result, findings = Comparison(), list[str]()
    mine, theirs = ({m["id"]: m for m in d["models"]} for d in (packaged, anew))
    for model in dict.fromkeys([*mine, *theirs]):
        if (model in mine) != (model in theirs):
            findings.append(f"{model}: stands in one of the two only")
            continue
        if mine[model]["verdict"] != theirs[model]["verdict"]:
            findings.append(
                f"{model}: the package says {mine[model]['verdict']}, anew it is {theirs[model]['verdict']}"
            )
        values, others = ({f"{v['engine']}.{v['term']}": v for v in m[model]["values"]} for m in (mine, theirs))
        for name in dict.fromkeys([*values, *others]):
            if (name in values) != (name in others):
                findings.append(f"{model}.{name}: stands in one of the two only")
                continue
            for field_ in ("coefficient", "other_coefficient", "se", "other_se"):
                scale = _number(values[name]["se"]) if "coefficient" in field_ else 0.0
                result.compared += 1
                kind = "estimate" if "coefficient" in field_ else field_
                _compare(f"{model}.{name}.{kind}", values[name][field_], others[name][field_], result, scale or 0.0)
    return result, findings


def engines_part(made: dict[str, Any]) -> list[str]:
    """Where first and second engine of a crosscheck document part at the earliest digit, in words; nothing where there is no pair."""
    result, pairs = Comparison(), 0
    for model in made["models"]:
        for value in model["values"]:
            error = _number(value["se"]) or 0.0
            scale = 1e-3 * error if math.isfinite(error) else 0.0
            for mine, other in (("coefficient", "other_coefficient"), ("se", "other_se")):
                a, b = _number(value[mine]), _number(value[other])
                if a is None or b is None or not (math.isfinite(a) and math.isfinite(b)):
                    continue
                pairs += 1
                if a != b:
                    where = f"{model['id']}.{value['term']}, {mine.replace('se', 'standard error')} ({value['engine']})"
                    digit = digit_where_they_part(a, b, scale if mine == "coefficient" else 0.0)
                    result.agreed(Parted(where=where, packaged=a, anew=b, digit=digit))
    if result.nearest is None:
        return [f"first and second engine agree to the last bit in {counted(pairs, 'numbers')}"] if pairs else []
    found = result.nearest
    return [
        f"of {counted(pairs, 'numbers')} the two engines part at the earliest at significant digit {found.digit}: {found.where}, "
        f"{found.packaged!r} by the first and {found.anew!r} by the second"
    ]


def parquet_parts(folder: Path) -> list[str]:
    """What panel.parquet and panel.csv of a package do not have alike."""
    import pandas as pd

    place = folder / "data" / "processed"
    parquet = pd.read_parquet(place / "panel.parquet")
    plain = pd.read_csv(place / "panel.csv", dtype=str, keep_default_na=False)
    if list(plain.columns) != list(parquet.columns) or len(plain) != len(parquet):
        return ["data/processed/panel.parquet has other columns or rows than panel.csv"]
    apart = []
    for name in plain.columns:
        texts, held = plain[name].tolist(), parquet[name]
        if held.dtype.kind in "iufb":
            alike = all(a == b or (a != a and b != b) for a, b in zip(map(_double, texts), held.tolist(), strict=True))
        else:
            alike = texts == held.fillna("").tolist()
        if not alike:
            apart.append(f"data/processed/panel.parquet: {name} is not that of panel.csv")
    return apart


def _double(text: str) -> float:
    return float(text or "nan")


def digit_where_they_part(left: float, right: float, scale: float = 0.0) -> int:
    """The first significant digit (from 1) in which two numbers differ, counted on the larger, or on what they are small against.

    >>> digit_where_they_part(0.24511, 0.24521)
    4
    """
    size = max(abs(left), abs(right), scale)
    if size == 0 or not math.isfinite(size):
        return 1
    gap = float(f"{abs(left - right):.2e}")  # 0.00099999 is 0.001
    return max(1, math.floor(math.log10(size)) - math.floor(math.log10(gap)) + 1) if gap else 17


def _size(estimate: dict[str, Any]) -> float:
    """What a difference between two ways to an estimate is small against: the largest coefficient or error among its terms and cells."""
    rows = [r for part in ("terms", "cells") for r in estimate.get(part) or () if isinstance(r, dict)]
    return _largest([r.get(k) for r in rows for k in ("estimate", "se")])


def _walk(where: str, left: Any, right: Any, result: Comparison, scale: float = 0.0) -> None:
    name = where.rsplit(".", 1)[-1]
    if name in VERSIONS:
        return
    if isinstance(left, dict) and isinstance(right, dict):
        size = scale if name in ("tests", "route") else _scale(left)
        for key in dict.fromkeys([*left, *right]):
            if (key in left) != (key in right):
                result.parted.append(Parted(where=f"{where}.{key}", packaged=left.get(key), anew=right.get(key)))
                continue
            inner = _size(left) if key == "tests" else size
            _walk(f"{where}.{key}".lstrip("."), left[key], right[key], result, inner)
    elif isinstance(left, list) and isinstance(right, list):
        _walk_list(where, left, right, result)
    elif _number(left) is not None and _number(right) is not None:
        result.compared += 1
        _compare(where, left, right, result, scale)
    elif left != right:
        result.parted.append(Parted(where=where, packaged=left, anew=right))


def _walk_list(where: str, left: list[Any], right: list[Any], result: Comparison) -> None:
    scale = _largest(left) if where.endswith("covariance_matrix") or ".curve_covariances." in where else 0.0
    if scale:
        for (i, a), (_, b) in zip(_flat(left), _flat(right), strict=False):
            result.compared += 1
            _compare(f"{where}.{i}", a, b, result, scale)
        if len(list(_flat(left))) != len(list(_flat(right))):
            result.parted.append(Parted(where=where, packaged="its shape", anew="another shape"))
        return
    a, b = _named(left), _named(right)
    for key in dict.fromkeys([*a, *b]):
        if (key in a) != (key in b):
            held, made = ("there", "absent") if key in a else ("absent", "there")
            result.parted.append(Parted(where=f"{where}.{key}".lstrip("."), packaged=held, anew=made))
            continue
        _walk(f"{where}.{key}".lstrip("."), a[key], b[key], result)


def _named(items: list[Any]) -> dict[str, Any]:
    """The items of a list by what names them (id, name, or term and method), else by place."""
    named: dict[str, Any] = {}
    for place, item in enumerate(items):
        name = str(place)
        if isinstance(item, dict):
            name = str(
                item.get("id") or item.get("name") or "/".join(str(item[k]) for k in ("term", "method") if k in item)
            )
        key = name or str(place)
        named[f"{key}#{place}" if key in named else key] = item
    return named


def _flat(items: list[Any], at: str = "") -> Iterator[tuple[str, Any]]:
    for place, item in enumerate(items):
        here = f"{at}.{place}".lstrip(".")
        if isinstance(item, list):
            yield from _flat(item, here)
        else:
            yield here, item


def _largest(items: list[Any]) -> float:
    return max((abs(n) for _, v in _flat(items) if (n := _number(v)) is not None and math.isfinite(n)), default=0.0)


def _scale(item: dict[str, Any]) -> float:
    """What a coefficient is small against: its standard error."""
    error = _number(item.get("se"))
    return error if error is not None and math.isfinite(error) else 0.0


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if value in ("nan", "inf", "-inf") else None


def _compare(where: str, left: Any, right: Any, result: Comparison, scale: float) -> None:
    a, b = _number(left), _number(right)
    if a is None or b is None:
        same = left == right
    elif math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        same = (math.isnan(a) and math.isnan(b)) or a == b
    elif isinstance(left, int) and isinstance(right, int):
        same = a == b
    else:
        tolerance = RESAMPLED if ".resampled." in where else CLOSED_FORM
        floor = PROBABILITY_FLOOR if where.endswith(".p") else 0.0
        scaled = (
            where.endswith((".estimate", ".low", ".high", ".tests.route.difference"))
            or ".covariance_matrix." in where
            or ".curve_covariances." in where
        )
        against = 1.0 if where.endswith(".statistic") else (scale if scaled else 0.0)
        same = abs(a - b) <= max(tolerance * max(abs(a), abs(b), against), floor)
        if same and a != b:
            against = max(against, floor / CLOSED_FORM)
            found = Parted(where=where, packaged=left, anew=right, digit=digit_where_they_part(a, b, against))
            result.agreed(found)
            return
    if not same:
        digit = digit_where_they_part(a, b) if a is not None and b is not None else None
        result.parted.append(Parted(where=where, packaged=left, anew=right, digit=digit))
    else:
        result.same += 1
