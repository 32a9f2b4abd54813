"""Numbers in the sentences of the page, each held against the piece of the results that its sentence quotes; keys are elsewhere."""

from __future__ import annotations

import collections
import csv
import io
import math
import os
import re
from typing import Any

from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level, load, of_battery, read, walk
from panelkit.replication.standalone.numbers import MINUS, number, rounds
from panelkit.replication.standalone.page import COUNTED, Page

# what stands in the names of conventions: authors' years, and degrees of freedom such as G - 1
FIXED = {*"0123", *map(str, range(1980, 2040))}
UNITS_DRAWN = 60  # of more the picture of gaps says how many are not drawn
DOUBLE = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$")


class Source:
    """Numbers that may stand in a text: `tokens` as written, `values` to be rounded; `strict` where any other number is wrong."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.tokens: set[str] = set()
        self.values: list[float] = []
        self.found: dict[str, bool] = {}  # what was asked of the values before

    def take(self, found: Any) -> Source:
        """Add every number of a JSON value, those within its texts too."""
        self.found.clear()
        if isinstance(found, dict):
            for key, value in found.items():
                self.take(str(key)).take(value)
        elif isinstance(found, (list, tuple)):
            for value in found:
                self.take(value)
        elif isinstance(found, str):
            self.tokens.update(tokens(found))
        value = None if isinstance(found, (dict, list, tuple)) else number(found)
        if value is not None:
            self.values.append(value)
        return self

    def has(self, token: str) -> bool:
        """Whether a number of the text is one of these, or one of these rounded, or as a percentage."""
        if token in self.tokens:
            return True
        if token not in self.found:
            self.found[token] = any(rounds(v, token) or rounds(100 * v, token) for v in self.values)
        return self.found[token]


def tokens(text: str) -> list[str]:
    """The numbers of a text, without separators, a hyphen for a minus sign."""
    return [t.replace(",", "").replace(MINUS, "-").lstrip("+") for t in COUNTED.findall(text)]


def follows(shown: list[str], told: list[str], free: tuple[set[str], set[str]], whole: bool) -> bool:
    """Whether one list of numbers is another in its order, or where it begins, but for those that may come in and those that may go."""
    inserted, left_out = free
    place = 0
    for token in shown:
        ahead = place
        while ahead < len(told) and told[ahead] != token and told[ahead] in left_out:
            ahead += 1
        if ahead < len(told) and told[ahead] == token:
            place = ahead + 1
        elif token not in inserted:
            return False
    return not whole or all(token in left_out for token in told[place:])


class Quoted:
    """Every quotation of a page against what it quotes."""

    def __init__(self, folder: str, book: dict[str, Any], known: tuple[Any, Any, Frame], page: Page) -> None:
        self.folder, self.book, self.page = folder, book, page
        self.estimates, _, self.frame = known
        self.checks: list[dict[str, Any]] = load(folder, "results/checks.json")["checks"]
        self.made: dict[str, Source] = {}
        self.declared = {m: e for m, e in self.estimates.items() if not of_battery(folder, m)}
        labels = Source(False)
        for variable in self.frame.about["variables"]:
            labels.take(variable["label"])
        labels.take(self.frame.about.get("unit_labels", {}))
        self.labels = labels.tokens
        self.study_tokens: set[str] = set()
        self.names: set[str] = set()
        self.present: dict[str, collections.Counter[float]] = {}  # cells of a variable that are there, by period

    def against(self, name: str, level: Level) -> str:
        """Find every number that is not in what it quotes; how many are held, and how many are bound to nothing."""
        held, loose = 0, self.page.unbound
        for where, text in self.page.quotes:
            path = where.split("|")
            if (
                path[0] == "checks" and len(path) > 3 and path[3:] != ["first"]
            ):  # a cell with one number of a check, which no other number may replace
                if self.is_cell(text.strip(), *path[1:]):
                    held += len(tokens(text))
                else:
                    level.find("differs", f"{name}: {text.strip()!r} is not {', '.join(path)}, which it quotes")
                continue
            if where not in self.made:
                self.made[where] = self.source(path[:3] if path[0] == "checks" else path)
            source = self.made[where]
            if path[0] == "checks" and not self.in_order(text, path[1:3], whole=len(path) == 3):
                level.find(
                    "differs",
                    f"{name}: a sentence does not have the numbers of {', '.join(path)} in their order: {text.strip()[:80]!r}",
                )
            for token in tokens(text):
                if source.has(token) or token in self.labels:
                    held += 1
                elif source.strict:
                    level.find("differs", f"{name}: {token} is not in {where.replace('|', ', ')}, which it quotes")
                else:
                    loose += 1
        inside = sum(len(facts) for facts in self.page.facts.values())
        return (
            f"{name}: {inside} numbers in tables and {len(self.page.loose)} outside are bound to the results, {held} in sentences "
            f"to what they quote; {loose} are bound to nothing"
        )

    def in_order(self, text: str, check: list[str], whole: bool) -> bool:
        """Whether a sentence of the page has the numbers of a check's own sentence, each in its place, in either language.

        Names of variables may stand there as labels: numbers of labels may come in, those of names may go.
        """
        if not self.names:
            terms = [t["name"] for e in self.estimates.values() for t in e["terms"]]
            self.names = {n for name in (*self.frame.header, *terms) for n in tokens(re.sub(r"[^\d.]", " ", name))} or {
                ""
            }
        shown = tokens(text)
        for found in (c for c in self.checks if [c["of"], c["name"]] == check):
            if any(follows(shown, tokens(t), (self.labels, self.names), whole) for t in found["text"].values()):
                return True
        return False

    def is_cell(self, text: str, of: str, check: str, part: str, *row: str) -> bool:
        """Whether a text is one number of a check, its `value`, its `bound` or that of a field in one of its `rows`, as printed."""
        for found in (c for c in self.checks if [c["of"], c["name"]] == [of, check]):
            holder = found
            if part == "rows" and len(row) > 1:
                rows = found.get("rows") or []
                holder = (
                    rows[int(row[0])] if re.match(r"\d{1,5}$", row[0], re.ASCII) and int(row[0]) < len(rows) else {}
                )
            fact = holder.get("|".join(row[1:]) if part == "rows" else part)
            if number(fact) is not None:
                if rounds(fact, text):
                    return True
            elif set(tokens(text)) <= Source(True).take(holder if isinstance(fact, str) else fact).tokens:
                return True  # nothing, yes or no, or a text, which the row may hold in two languages
        return False

    def source(self, path: list[str]) -> Source:
        """What a quotation may hold. Raises LookupError where there is no such thing."""
        kind, rest = path[0], path[1:]
        if kind == "checks":
            found = [c for c in self.checks if [c["of"], c["name"]] == rest]
            return Source(True).take([{k: v for k, v in c.items() if k not in ("of", "name")} for c in found])
        if kind == "estimates":
            return self.of_estimate(*rest)
        if kind == "panel":
            return self.of_panel(*rest)
        if kind == "counts":
            verdicts = [c["verdict"] for c in self.checks if c["of"] in self.declared or c["of"] not in self.estimates]
            sizes = {"models": len(self.declared), "variables": len(self.frame.about["variables"])}
            return Source(True).take(sizes.get(rest[0], verdicts.count(rest[0])))
        if kind in ("checks_of", "counts_of_models"):
            mine = [c for c in self.checks if (c["of"] == rest[0] if kind == "checks_of" else c["of"] in self.declared)]
            return Source(True).take(sum(c["verdict"] == rest[-1] for c in mine))
        if kind == "curve":
            terms = [
                t for e in self.declared.values() if e["outcome"] == rest[0] for t in e["terms"] if t["name"] == rest[1]
            ]
            known = [[number(t[k]) for k in ("low", "estimate", "high")] for t in terms]
            known = [k for k in known if math.isfinite(k[1])]
            apart = sum(low > 0 or high < 0 for low, _, high in known)
            return Source(True).take([len(known), sum(b > 0 for _, b, _ in known), apart])
        if kind == "level":
            return Source(True).take(100 * float(self.book.get("level", 0.95)))
        if kind == "figure":
            of = self.estimates.get(rest[0], {})
            found = [of.get(k) for k in ("tests", "sample", "resampled", "curves", "terms")]
            found += [c for c in self.checks if c["of"] == rest[0]]
            return self.study().take([found, self.book.get("level", 0.95), self.drawn(rest[1])])
        if kind == "table":
            return self.study().take(list(self.page.tables.get(rest[0], {}).values()))
        return self.study()

    def drawn(self, figure: str) -> list[float]:
        """The numbers in the file of a figure, and the middle of each column, which a caption may name."""
        if not os.path.isfile(os.path.join(self.folder, "figures", f"{figure}.csv")):
            return []
        rows = list(csv.reader(io.StringIO(read(self.folder, f"figures/{figure}.csv").decode("utf-8"), newline="")))
        found: list[float] = [len(rows) - 1.0]
        for column in zip(*rows[1:]):  # noqa: B905
            values = sorted(float(t) for t in column if DOUBLE.match(t))
            found += values
            if values:
                found.append((values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2)
                found += [sum(v > 0 for v in values)]
        return found

    def of_estimate(self, model: str, part: str) -> Source:
        """One part of an estimate; its notes may be told in another language with other numbers, such as an author's year."""
        estimate = self.estimates[model]
        source = Source(part != "notes").take(estimate[part])
        if part in ("covariance", "resampled"):
            source.tokens |= FIXED
        return source

    def of_panel(self, part: str, variable: str = "", time: str = "") -> Source:
        """A fact of the panel."""
        about, frame = self.frame.about, self.frame
        times = frame.columns[about["time"]]
        if part == "present":
            if variable not in self.present:
                column = self.values_of(variable)
                self.present[variable] = collections.Counter(t for t, v in zip(times, column) if v == v)  # noqa: B905
            return Source(True).take(self.present[variable][float(time)])
        if part == "treated":
            first: dict[str, float] = {}
            last = max(times)
            for unit, value in zip(frame.units, frame.columns[variable]):  # noqa: B905
                first[unit] = min(
                    first.get(unit, math.inf), value if value == value and 0 < value <= last else math.inf
                )
            return Source(True).take(sum(v == float(time or "inf") for v in first.values()))
        counts = {"rows": frame.rows, "units": len(set(frame.units)), "periods": len(set(times))}
        if part in counts:
            return Source(True).take(counts[part])
        if part == "gaps":
            return Source(True).take(self.gaps())
        if part == "years":
            return Source(True).take(sorted(set(times)))
        source = Source(part != "variables").take(about[part])
        source.tokens |= {"10", "100", "10000"}  # units of measure in the other language: 亿元 is 100 million yuan
        return source

    def values_of(self, variable: str) -> list[float]:
        """A variable's cells; of a category 0, NaN where there is none."""
        frame = self.frame
        return frame.columns.get(variable) or [0.0 if v else float("nan") for v in frame.column(variable)]

    def gaps(self) -> list[float]:
        """What pictures of gaps count: cells, missing ones, their share, filled ones, variables; units, complete ones, those not drawn."""
        about, units = self.frame.about, self.frame.units
        columns = [self.values_of(v["name"]) for v in about["variables"]]
        cells, missing = len(columns) * len(units), sum(v != v for column in columns for v in column)
        short = {unit for column in columns for unit, v in zip(units, column) if v != v}  # noqa: B905
        periods = len(set(self.frame.columns[about["time"]]))
        complete = sum(rows == periods and unit not in short for unit, rows in collections.Counter(units).items())
        filled = sum(int(v.get("filled") or 0) for v in about["variables"])
        drawn = len(set(units)) - UNITS_DRAWN
        return [cells, missing, missing / max(cells, 1), filled, len(columns), len(set(units)), complete, drawn]

    def study(self) -> Source:
        """What the author wrote, in the study and in the cards of the sources, and the numbers of the exhibits."""
        if not self.study_tokens:
            names = [
                "study.toml",
                *(n for n, kind in walk(self.folder) if kind == "file" and n.endswith(".source.toml")),
            ]
            for name in names:
                if os.path.isfile(os.path.join(self.folder, *name.split("/"))):
                    self.study_tokens.update(tokens(read(self.folder, name).decode("utf-8")))
            self.study_tokens.update(str(k) for k in range(1, len(self.book["settings"]) + 40))
            self.study_tokens.update(tokens(str(load(self.folder, "env/environment.json"))))
        source = Source(False)
        source.tokens = set(self.study_tokens)
        return source
