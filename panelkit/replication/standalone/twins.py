"""The Stata twins: the panel in panel.dta and each do-file against the requests and numbers of the estimates."""

from __future__ import annotations

import re
import struct
from typing import Any

from panelkit.replication.standalone.dta import from_dta
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Cannot, Level, read
from panelkit.replication.standalone.numbers import number, same

DO_LINE = re.compile(r"(?:jackknife, cluster\([\w ]+\) mse: )?(\w+(?: 2sls)?) ([^\[,]*?)(?: \[\w+=\w+\])?,(.*)$")
COMMANDS = ("reghdfe", "ivreghdfe", "ppmlhdfe", "regress", "poisson", "ivregress 2sls")


def in_stata(folder: str, estimates: dict[str, Any], frame: Frame, level: Level) -> None:
    """The Stata twins: the panel in panel.dta, and outcome, regressors, effects and numbers of each do-file."""
    try:
        names, columns = from_dta(read(folder, "data/processed/panel.dta"))
        for j, name in enumerate(frame.header):
            texts = [line[j] for line in frame.lines]
            values: list[Any] = list(frame.columns.get(name, texts))
            level.hold(
                len(values) == len(columns[j])
                and all(a == b or (a != a and b != b) for a, b in zip(values, columns[j])),  # noqa: B905
                "differs",
                f"data/processed/panel.dta: {names[j]} is not {name} of the panel",
            )
        marked = columns[len(frame.header) :]
        frame.places("")
        level.hold(
            len(marked) == len(frame.samples), "differs", "data/processed/panel.dta has not a marker of each sample"
        )
        for j, (model, places) in enumerate(frame.samples.items(), start=len(frame.header)):
            inside = set(places)
            own = [1.0 if i in inside else 0.0 for i in range(frame.rows)]
            level.hold(
                j < len(columns) and columns[j] == own,
                "differs",
                f"data/processed/panel.dta: its marker of {model} is not the sample in samples.csv",
            )
    except (Cannot, struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        level.find("differs", f"data/processed/panel.dta cannot be read back: {error}")
    for model, estimate in estimates.items():
        name = f"stata/{model}.do"
        lines = read(folder, name).decode("utf-8").split("\n")
        mine = [m for m in map(DO_LINE.match, lines) if m and m.group(1) in COMMANDS and "jackknife" not in m.group(0)]
        again = [m for m in map(DO_LINE.match, lines) if m and m.group(1) in COMMANDS and "jackknife" in m.group(0)]
        level.hold(len(mine) == len(estimate["requests"]), "differs", f"{name} has not one regression for each request")
        pairs: list[tuple[Any, Any]] = [*zip(mine, estimate["requests"]), *zip(again, estimate["requests"])]  # noqa: B905
        for found, request in pairs:
            wanted = [request["outcome"], *request["slopes"], *request["endogenous"], *request["instruments"]]
            level.hold(words_of(found.group(2)) == set(map(stata, wanted)), "differs", f"{name}: another equation")
            effects = re.search(r"absorb\(([^)]*)\)", found.group(3))
            taken = {*request["absorb"], *(part for pair in request["varying_slopes"] for part in pair)}
            level.hold(
                words_of(effects.group(1) if effects else "") == set(map(stata, taken)),
                "differs",
                f"{name}: other effects",
            )
            held = re.search(r"vce\(cluster ([^)]*)\)", found.group(3))
            by = set(map(stata, request["covariance"].get("by", ())))
            level.hold(
                "jackknife" in found.group(0) or words_of(held.group(1) if held else "") == by,
                "differs",
                f"{name}: other clusters",
            )
        rows = [int(n) for n in re.findall(r"e\(N\) == (\d+)$", "\n".join(lines), re.MULTILINE)]
        rows += [int(n) for n in re.findall(r"^\* the sample has (\d+) rows$", "\n".join(lines), re.MULTILINE)]
        level.hold(
            bool(rows) and set(rows) == {estimate["sample"]["rows"]}, "differs", f"{name}: another number of rows"
        )
        for letter, field in (("b", "estimate"), ("se", "se")):
            known = {stata(t["name"]): number(t[field]) for t in estimate["terms"]}
            for term, value in re.findall(
                rf"^assert reldif\(_{letter}\[(\w+)\], ([^)]+)\) < 1e-6$", "\n".join(lines), re.M
            ):
                level.hold(
                    same(known.get(term.replace("pk_", "", 1) if term.startswith("pk_") else term), float(value)),
                    "differs",
                    f"{name}: {term} is not {value} in results/estimates.json",
                )
        odd = [
            i
            for i in lines
            if i.startswith("assert") and not re.match(r"assert (e\(N\) == \d+|reldif\(.*\) < 1e-6)$", i)
        ]
        level.hold(not odd, "differs", f"{name} holds something else to be so: {odd[:1]}")
    listed = [f'do "stata/{model}.do"' for model in estimates]
    every = [i for i in read(folder, "stata/run_all.do").decode("utf-8").split("\n") if i and not i.startswith("*")]
    level.hold(every == listed, "differs", "stata/run_all.do does not run the twin of each model")


def stata(name: str) -> str:
    """A name as Stata may have it, cut to what is compared."""
    return re.sub(r"\W", "_", name)[:28]


def words_of(text: str) -> set[str]:
    """The names in a piece of a Stata command, without the marks of factors and of what the file makes itself."""
    found = re.findall(r"\w+", re.sub(r"\b[ic]\.", "", text.replace("(", " ").replace("=", " ")))
    return {(w[3:] if w.startswith("pk_") else w)[:28] for w in found}
