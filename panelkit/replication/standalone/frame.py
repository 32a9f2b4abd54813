"""The panel of a package as its CSV holds it, and what descriptive, balance and transition tables say of its columns."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import os
import re
import struct
from typing import Any

from panelkit.replication.standalone.distributions import tail
from panelkit.replication.standalone.level import Level, load, read
from panelkit.replication.standalone.moments import average, class_text, grouped, quantile, ranked, spread


class Frame:
    """The panel as its CSV holds it, held against the digest on record; columns as doubles or texts."""

    def __init__(self, folder: str, level: Level) -> None:
        about = load(folder, "data/processed/panel.json")
        text = io.StringIO(read(folder, "data/processed/panel.csv").decode("utf-8-sig"), newline="")
        header, *lines = [line for line in csv.reader(text) if line]
        texts = {about["unit"], *(v["name"] for v in about["variables"] if v["kind"] == "category")}
        self.rows, self.folder = len(lines), folder
        self.samples: dict[str, list[int]] = {}
        self.about, self.header, self.lines = about, header, lines
        self.units = [line[header.index(about["unit"])] for line in lines]
        self.columns: dict[str, list[float]] = {}
        digest = hashlib.sha256()
        for j, name in enumerate(header):
            digest.update(f"{name}\0".encode())
            if name in texts:
                digest.update("\0".join(line[j] for line in lines).encode())
            else:
                values = [float(line[j] or "nan") + 0.0 for line in lines]
                self.columns[name] = values
                plain = b"".join(struct.pack("<d", v) if v == v else b"\0\0\0\0\0\0\xf8\x7f" for v in values)
                digest.update(plain)
            digest.update(b"\1")
        level.hold(digest.hexdigest() == about["digest"], "stale", "panel.csv is not the panel that was estimated on")

    def places(self, whose: str) -> Any:
        """The numbers of the rows of a model's sample, or of all rows ("panel"); None where no samples.csv lists them."""
        name = "data/processed/samples.csv"
        if whose == "panel":
            return range(self.rows)
        if not self.samples and os.path.isfile(os.path.join(self.folder, *name.split("/"))):
            header, *lines = csv.reader(io.StringIO(read(self.folder, name).decode("utf-8"), newline=""))
            for j, model in enumerate(header[2:], start=2):
                self.samples[model] = [i for i, line in enumerate(lines[: self.rows]) if line[j] == "1"]
        return self.samples.get(whose)

    def column(self, name: str) -> list[Any]:
        """A column: numbers, whole numbers for the time, texts for units and categories ("" where there is none)."""
        if name == self.about["time"]:
            return [int(v) for v in self.columns[name]]
        if name in self.columns:
            return list(self.columns[name])
        j = self.header.index(name) if name in self.header else -1
        if j < 0:
            raise LookupError(name)
        return [line[j] for line in self.lines]

    def described(self, name: str, statistic: str, places: Any) -> Any:
        """A descriptive statistic of a column over some rows."""
        column = self.columns[name]
        pairs = [(self.units[i], column[i]) for i in places if column[i] == column[i]]
        values = sorted(v for _, v in pairs)
        by_unit = grouped(pairs)
        means = {u: average(v) for u, v in by_unit.items()}
        n = len(values)
        return {
            "count": lambda: n,
            "mean": lambda: average(values),
            "sd": lambda: spread(values),
            "sd_between": lambda: spread(list(means.values())),
            "sd_within": lambda: spread([v - means[u] for u, v in pairs]),
            "min": lambda: values[0],
            "max": lambda: values[-1],
            "p25": lambda: quantile(values, 0.25),
            "median": lambda: quantile(values, 0.5),
            "p75": lambda: quantile(values, 0.75),
        }[statistic]()

    def correlated(self, pair: str, method: str, places: Any) -> tuple[float, float, int]:
        """Correlation of "x~y" where both are there, its p by t(n - 2), and the number of rows."""
        one, other = pair.split("~")
        a, b = self.columns[one], self.columns[other]
        both = [i for i in places if a[i] == a[i] and b[i] == b[i]]
        x, y = [a[i] for i in both], [b[i] for i in both]
        if method == "spearman":
            x, y = ranked(x), ranked(y)
        n = len(both)
        x, y = [v - average(x) for v in x], [v - average(y) for v in y]
        size = math.sqrt(math.fsum(v * v for v in x) * math.fsum(v * v for v in y))
        if n < 3 or size == 0:
            return math.nan, math.nan, n
        r = 1.0 if one == other else max(-1.0, min(1.0, math.fsum(v * w for v, w in zip(x, y)) / size))  # noqa: B905
        return r, 0.0 if abs(r) == 1 else tail(r * math.sqrt((n - 2) / (1 - r * r)), n - 2), n

    def members(self, group: str, setting: dict[str, Any], places: Any) -> tuple[dict[int, str], list[str]]:
        """The group of each row of a balance table, and the groups that have rows, in their order."""
        column, cut, years = self.column(group), setting["cut"], setting["years"]
        times = self.column(self.about["time"])
        inside = [i for i in places if not years or years[0] <= times[i] <= years[1]]
        there = [i for i in inside if column[i] == column[i] and column[i] != ""]
        if cut is None:
            order = [class_text(v) for v in sorted({column[i] for i in there})]
            member = {i: class_text(column[i]) for i in there}
        else:
            order = [f"<={cut:g}", f">{cut:g}"]
            member = {i: order[column[i] > cut] for i in there}
        if setting["missing"]:
            member.update(dict.fromkeys(set(inside) - set(there), "missing"))
            order.append("missing")
        return member, [code for code in order if code in set(member.values())]

    def balanced(self, name: str, field: str, setting: dict[str, Any], places: Any) -> Any:
        """A cell of a balance table: by group, its size, or the second group minus the first."""
        variable, _, group = name.rpartition("@")
        found = re.match(r"([^\[=]*)(?:\[[^\]]*\])?(?:=(.*))?$", group)  # a cut has a sign of its own in the brackets
        group, code = (found.group(1), found.group(2) or "") if found else (group, "")
        member, codes = self.members(group, setting, places)
        if code and code not in codes:
            raise LookupError(name)
        if field in ("group_rows", "group_units"):
            inside = [self.units[i] for i, c in member.items() if c == code]
            return len(inside) if field == "group_rows" else len(set(inside))
        column = self.columns[variable]
        values = {c: [column[i] for i, m in member.items() if m == c and column[i] == column[i]] for c in codes}
        if code:
            return average(values[code]) if field == "mean" else spread(values[code])
        one, two = codes  # a difference is shown of two groups alone
        gap = average(values[two]) - average(values[one])
        if field == "difference":
            return gap
        if field == "normalised_difference":
            return gap / math.sqrt((spread(values[one]) ** 2 + spread(values[two]) ** 2) / 2)
        by_unit = [
            grouped([(self.units[i], column[i]) for i, m in member.items() if m == c and column[i] == column[i]])
            for c in codes
        ]
        if set(by_unit[0]) & set(by_unit[1]):
            return math.nan
        means = [[average(v) for v in of.values()] for of in by_unit]
        parts = [spread(m) ** 2 / len(m) for m in means]
        df = sum(parts) ** 2 / sum(p * p / (len(m) - 1) for p, m in zip(parts, means))  # noqa: B905
        return tail((average(means[1]) - average(means[0])) / math.sqrt(sum(parts)), df)

    def moved(self, name: str, field: str, setting: dict[str, Any], places: Any) -> Any:
        """A cell of a transition table: how many units, or what share of a class, go from one to another."""
        variable, step = name.split("@")[0], int(name.rpartition("+")[2])
        column, times, cuts = self.column(variable), self.column(self.about["time"]), sorted(setting["cuts"])
        known: dict[tuple[str, int], str] = {}
        for i in places:
            if column[i] != column[i] or column[i] == "":
                continue
            held = class_text(column[i])
            if cuts:
                names = [f"<{cuts[0]:g}", *(f"{a:g}–{b:g}" for a, b in zip(cuts, cuts[1:])), f"≥{cuts[-1]:g}"]  # noqa: B905, RUF007
                held = names[sum(c <= column[i] for c in cuts)]
            known[self.units[i], times[i]] = held
        counts: dict[str, int] = {}
        totals: dict[str, int] = {}
        for (unit, time), one in known.items():
            other = known.get((unit, time + step))
            if other is not None:
                for key, of in ((f"{variable}@{one}>{other}+{step}", counts), (f"{variable}@{one}+{step}", totals)):
                    of[key] = of.get(key, 0) + 1
        if field == "transitions_from":
            return totals.get(name, 0)
        if field == "transitions":
            return counts.get(name, 0)
        start = next(k for k in totals if name.startswith(k.rpartition("+")[0] + ">"))
        return counts.get(name, 0) / totals[start]
