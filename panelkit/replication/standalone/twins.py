"""The Stata twins: the panel in panel.dta and each do-file against the requests and numbers of the estimates."""

from __future__ import annotations

import re
import struct
from typing import Any

from panelkit.replication.standalone.dta import from_dta
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Cannot, Level, read
from panelkit.replication.standalone.names import stata
from panelkit.replication.standalone.numbers import number, same
from panelkit.replication.standalone.twin_lines import lines_held, unsafe_in_stata

NONE = "* Stata has no twin of this model: "
DO_LINE = re.compile(
    r"(?:jackknife, cluster\(([\w ]+)\)(?: mse)?: )?"
    r"(regress|reghdfe|ivregress (?:2sls|liml)|ivreghdfe|ppmlhdfe|poisson|xtreg|xtscc|newey|acreg|xtmg|xtdcce2) "
    r"([^\[,]*?)(?: if \w+ == 1)?(?: \[\w+=\w+\])?(?:,(.*))?$"
)
XTHREG = re.compile(
    r"xthreg ([^,]+), rx\(([^)]*)\) qx\((\w+)\) thnum\((\d)\) grid\(\d+\) trim\([\d. ]+\) bs\([\d ]+\)$"
)
STAGGERED = re.compile(r"(csdid|eventstudyinteract|did_imputation|did2s|jwdid) (\w+)")
OWN_ERRORS = ("xtmg", "xtdcce2", "xtreg", "xtscc", "newey", "acreg")
ASSERT = re.compile(r"assert (?:e\(N\) == (\d+)|reldif\(([\w.\[\] *()+-]+), ([^,)]+)\) < 1e-6)$")
TOLD = re.compile(r"\* panelkit: (.+) = (\S+) \(se (\S+)\)$")


def in_stata(folder: str, estimates: dict[str, Any], frame: Frame, level: Level) -> None:
    """The Stata twins: the panel in panel.dta, and outcome, regressors, effects and numbers of each do-file."""
    markers = in_dta(folder, frame, level)
    for model, estimate in estimates.items():
        name = f"stata/{model}.do"
        lines = read(folder, name).decode("utf-8").split("\n")
        stated(name, lines, estimate, level)
        lines_held(folder, name, lines, (estimate, frame, markers.get(model, "")), level)
        if any(line.startswith(NONE) for line in lines):
            odd = [line for line in lines if line and not line.startswith("*")]
            level.hold(not odd, "differs", f"{name} says that there is no twin, and runs {odd[:1]}")
        elif staggered := [line for line in lines if STAGGERED.match(line)]:
            equation_of_cohorts(name, staggered, estimate, level)
        elif estimate["kind"] != "panel_var":  # whose lines were all written anew
            regressions(name, lines, estimate, frame.about["unit"], level)
            searched(name, lines, estimate, level)
    listed_dos = [f'do "stata/{model}.do"' for model in estimates]
    lines = read(folder, "stata/run_all.do").decode("utf-8").split("\n")
    plain = not any(unsafe_in_stata(line) for line in lines) and all(re.match(r"\w+$", model) for model in estimates)
    level.hold(plain, "differs", "stata/run_all.do has a line that Stata would read otherwise than it looks")
    every = [i for i in lines if i and not i.startswith("*")]
    level.hold(every == listed_dos, "differs", "stata/run_all.do does not run the twin of each model")


def in_dta(folder: str, frame: Frame, level: Level) -> dict[str, str]:
    """The panel and the sample markers in panel.dta; what each model's marker is called there."""
    markers: dict[str, str] = {}
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
            markers[model] = names[j] if j < len(names) else ""
            own = [1.0 if i in inside else 0.0 for i in range(frame.rows)]
            level.hold(
                j < len(columns) and columns[j] == own,
                "differs",
                f"data/processed/panel.dta: its marker of {model} is not the sample in samples.csv",
            )
    except (Cannot, struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        level.find("differs", f"data/processed/panel.dta cannot be read back: {error}")
    return markers


def regressions(name: str, lines: list[str], estimate: dict[str, Any], unit: str, level: Level) -> None:
    """Outcome, regressors, effects and clusters of each command against the request that it stands for."""
    found = [m for m in map(DO_LINE.match, lines) if m]
    mine, again = [m for m in found if not m.group(1)], [m for m in found if m.group(1)]
    requests = estimate["requests"]
    level.hold(len(mine) == len(requests), "differs", f"{name} has not one regression for each request")
    demeaned = dict(re.findall(r"pk_m(\d+) = mean\((\w+)\)", "\n".join(lines)))
    pairs: list[tuple[Any, Any]] = [*zip(mine, requests), *zip(again, requests)]  # noqa: B905
    for match, request in pairs:
        left_out, command, equation, options = (g or "" for g in match.groups())
        wanted = {request["outcome"], *request["slopes"], *request["endogenous"], *request["instruments"]}
        for number_, held in demeaned.items():
            equation = re.sub(rf"\bpk_d{number_}\b", held, equation)
        factors = re.findall(r"\bi\.[\w#.]+", equation)
        plain = re.sub(r"\bi\.[\w#.]+", "", equation)
        level.hold(words_of(plain) == set(map(stata, wanted)), "differs", f"{name}: another equation")
        effects = re.search(r"absorb\(([^)]*)\)", options)
        shown = words_of(
            " ".join([*factors, effects.group(1) if effects else "", *re.findall(r"pfe\d\((\w+)\)", options)])
        )
        taken = {stata(e) for e in (*request["absorb"], *(part for pair in request["varying_slopes"] for part in pair))}
        within = {stata(unit)} if re.search(r"\bfe\b", options) else set()
        level.hold(shown | within == taken | within, "differs", f"{name}: other effects")
        held_by = re.search(r"\bcluster[( ]([\w ]+)\)", options)
        clusters = words_of(left_out or (held_by.group(1) if held_by else ""))
        by = set(map(stata, estimate["covariance"].get("by", ())))
        level.hold(clusters == by or (not clusters and command in OWN_ERRORS), "differs", f"{name}: other clusters")


def searched(name: str, lines: list[str], estimate: dict[str, Any], level: Level) -> None:
    """Outcome, regressors and threshold variable of xthreg, where it is run."""
    for match in (m for m in map(XTHREG.match, lines) if m):
        rows = estimate.get("records", {}).get("thresholds", [])
        slopes = estimate["requests"][0]["slopes"]
        switching = {stata(s.rpartition(":regime::")[0]) for s in slopes if ":regime::" in s}
        rest = {stata(s) for s in slopes if ":regime::" not in s} | {stata(estimate["outcome"])}
        plain = re.sub(r" pk_t2-pk_t\d+", "", match.group(1))
        held = words_of(plain) == rest and words_of(match.group(2)) == switching
        held = held and words_of(match.group(3)) == {stata(r["variable"]) for r in rows}
        level.hold(held and int(match.group(4)) == len(rows), "differs", f"{name}: xthreg has another equation")


def equation_of_cohorts(name: str, lines: list[str], estimate: dict[str, Any], level: Level) -> None:
    """Outcome and covariates of a staggered model's command."""
    level.hold(len(lines) == 1, "differs", f"{name} has not one command")
    match = STAGGERED.match(lines[0])
    outcome = match.group(2) if match else ""
    level.hold(words_of(outcome) == {stata(estimate["outcome"])}, "differs", f"{name}: another outcome")
    for slope in estimate["requests"][0]["slopes"]:
        held = slope.startswith("treated::") or stata(slope) in words_of(lines[0])
        level.hold(held, "differs", f"{name}: {slope} is not in its command")


def stated(name: str, lines: list[str], estimate: dict[str, Any], level: Level) -> None:
    """Rows, coefficients and standard errors that a do-file states against those of the estimate."""
    rows: list[int] = []
    known: dict[str, dict[str, list[Any]]] = {"estimate": {}, "se": {}}
    for t in estimate["terms"]:  # names that Stata cuts to the same one stand together
        for f, by_name in known.items():
            by_name.setdefault(stata(t["name"]), []).append(number(t[f]))
    told = {" ".join(re.sub(r"[`\"']+", " ", t["name"]).split()): t for t in estimate["terms"]}
    other = {"_cons": "_constant_", "tau": "att", "pk_on": "att"}
    for line in lines:
        if found := re.match(r"\* the sample has (\d+) rows$", line):
            rows.append(int(found.group(1)))
        if found := TOLD.match(line):
            term = told.get(found.group(1), {"estimate": None, "se": None})
            held = same(number(term["estimate"]), float(found.group(2))) and same(
                number(term["se"]), float(found.group(3))
            )
            level.hold(held, "differs", f"{name}: {found.group(1)} is not so in results/estimates.json")
        if not line.startswith("assert"):
            continue
        claim = ASSERT.match(line)
        if claim is None:
            level.find("differs", f"{name} holds something else to be so: {line}")
        elif claim.group(1):
            rows.append(int(claim.group(1)))
        else:
            one = re.match(r"_(b|se)\[(?:[DS]\d*\.)?(\w+)\]$", claim.group(2))
            of = known["se" if one and one.group(1) == "se" else "estimate"]
            term_ = other.get(one.group(2), re.sub(r"^pk_", "", one.group(2))[:28]) if one else ""
            values = of.get(term_) or [
                v for each in of.values() for v in each
            ]  # a product, a difference, a step of mediation
            held = any(same(v, float(claim.group(3))) for v in values)
            level.hold(held, "differs", f"{name}: {claim.group(2)} is not {claim.group(3)} in results/estimates.json")
    level.hold(bool(rows) and set(rows) == {estimate["sample"]["rows"]}, "differs", f"{name}: another number of rows")


def words_of(text: str) -> set[str]:
    """The names in a piece of a Stata command, without the marks of factors and of what the file makes itself."""
    found = re.findall(r"\w+", re.sub(r"\b(?:[icD]|S\d+)\.", "", text.replace("(", " ").replace("=", " ")))
    return {(w[3:] if w.startswith("pk_") else w)[:28] for w in found}
