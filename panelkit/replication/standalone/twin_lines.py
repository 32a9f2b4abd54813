"""Every line of a do-file is one of ours: what it makes of the panel, what it says in comments; commands and numbers are in twins."""

from __future__ import annotations

import re
from typing import Any

from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import HIDDEN, Level, load
from panelkit.replication.standalone.names import squeezed, stata
from panelkit.replication.standalone.numbers import number, same
from panelkit.replication.standalone.twin_system import other_lines, system_lines

LONGEST_LINE = 20_000  # characters
NAME = r"[A-Za-z_]\w*"
FIXED_LINES = re.compile(
    r'|version 14|clear all|set more off|use "data/processed/panel\.dta", clear|estat (?:simple|event|group|calendar)|'
    rf"xtset pk_\w+ {NAME}|quietly tabulate {NAME}, generate\(pk_t\)|scalar pk_a = _b\[{NAME}\]|"
    r"quietly levelsof pk_since, local\(times\)|local since|"
    r"foreach k of local times \{| *\}|    if `k' != -?\d+ \{|        local since `since' `name'|"
    r'        local name = cond\(`k\' < 0, "pk_lead" \+ string\(-`k\'\), "pk_lag" \+ string\(`k\'\)\)|'
    r"        gen byte `name' = pk_since == `k'|"
    r"gen double pk_gvar = cond\(missing\(pk_cohort\), 0, pk_cohort\)|gen byte pk_never = missing\(pk_cohort\)"
)
GROUP = re.compile(rf"egen long pk_(\w+) = group\(({NAME}(?: {NAME})*)\)$")
MEAN = re.compile(rf"egen double pk_(\w+) = mean\((\w+)\), by\(({NAME})\)$")
MADE = re.compile(r"gen double pk_(\w+) = (.+)$")
COHORT = re.compile(rf"gen double pk_cohort = ({NAME}) if \1 != 0 & !missing\(\1\)$")
ON = re.compile(
    rf"gen byte pk_on = !missing\(pk_cohort\) & ({NAME}) >= pk_cohort$|gen double pk_since = ({NAME}) - pk_cohort$"
)
SINCE = re.compile(rf"\(max\((-?\d+), min\((-?\d+), ({NAME}) - ({NAME})\)\) == (-?\d+)\) & \4 != 0 & !missing\(\4\)$")
SIDE = re.compile(rf"\(({NAME}) (<=|>) (-?[\d.]+(?:e-?\d+)?)\)$")
FACTOR = re.compile(rf'\(({NAME}) == (?:"([^"]*)"|(-?[\d.]+))\)$|({NAME})$')
DRAWN = re.compile(
    r"\* (.+): (.+), (\d+) draws, p = (\S+); in Stata: (?:boottest|xthreg|bootstrap, cluster\(\)) \(other draws, so p agrees"
)
SPOKEN_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w])")


def lines_held(
    folder: str, name: str, lines: list[str], known: tuple[dict[str, Any], Frame, str], level: Level
) -> None:
    """Comments, and lines that make columns, against the estimate and the panel; a line of another kind is found.

    known : the estimate, the panel, and the name of the marker of the model's rows in panel.dta.
    """
    estimate, frame, marker = known
    model = load(folder, f"results/models/{estimate['id']}.json")["specification"]
    if estimate["kind"] == "panel_var" and not any(
        line.startswith("* Stata has no twin of this model: ") for line in lines
    ):
        lines = of_system(name, lines, (estimate, model), (frame, marker), level)
    for line in lines:
        if unsafe_in_stata(line):
            level.find("differs", f"{name} has a line that Stata would read otherwise than it looks: {line[:120]}")
        elif len(line) > LONGEST_LINE:
            level.find("differs", f"{name} has a line that no twin has: {line[:60]}...")
        elif line.startswith("*"):
            level.hold(says(line, estimate, model), "differs", f"{name} says what the results do not: {line[:120]}")
        elif line.startswith(("egen ", "gen ")) and not FIXED_LINES.fullmatch(line):
            level.hold(makes(line, estimate, model, frame), "differs", f"{name} makes a column otherwise: {line[:120]}")
        elif line.startswith("keep if"):
            level.hold(bool(marker) and line == f"keep if {marker} == 1", "differs", f"{name} keeps other rows: {line}")
        elif line.startswith("xtset "):
            level.hold(line.endswith(f" {stata(frame.about['time'])}"), "differs", f"{name}: another time: {line}")
        elif not FIXED_LINES.fullmatch(line) and not COMMANDS.match(line):
            level.find("differs", f"{name} runs what no twin does: {line[:120]}")


def unsafe_in_stata(line: str) -> bool:
    r"""Whether a line is more than it seems: another end of line within it, a comment that swallows lines, a macro that no twin has.

    >>> unsafe_in_stata("* note\r!touch ran"), unsafe_in_stata("* note ///"), unsafe_in_stata('gen x = (a == "$S_OS")')
    (True, True, True)
    """
    if HIDDEN.search(line) or "/*" in line or "///" in line:
        return True
    macros = "$" in line or "`" in line or "#delimit" in line
    return macros and not line.startswith("*") and not FIXED_LINES.fullmatch(line) and not LOCALS.search(line)


LOCALS = re.compile(r"^eventstudyinteract \w+ `since'[^`$]*$")


def of_system(
    name: str, lines: list[str], known: tuple[dict[str, Any], dict[str, Any]], of: tuple[Frame, str], level: Level
) -> list[str]:
    """A system's lines against those written anew; the lines that are left to be held as those of every twin."""
    (estimate, model), (frame, marker) = known, of
    try:
        keys = (str(frame.about["unit"]), str(frame.about["time"]))
        odd, left = other_lines(lines, system_lines(estimate, model, list(frame.header), keys, marker))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        level.find("differs", f"{name}: its results are not those of a system: {error}")
        return []
    for line in odd:
        level.find("differs", f"{name} has a line that the twin of this system has not: {line[:120]}")
    level.hold(not odd, "differs", f"{name} is not the twin of this system")
    return left


COMMANDS = re.compile(
    r"(?:jackknife, cluster\([\w ]+\)(?: mse)?: )?(?:regress|reghdfe|ivregress (?:2sls|liml)|ivreghdfe|ppmlhdfe|poisson|xtreg|xtscc|newey|"
    r"acreg|xtmg|xtdcce2|xthreg|csdid|eventstudyinteract|did_imputation|did2s|jwdid) [\w.,:()=#\[\]`' -]*$|assert "
)


def says(line: str, estimate: dict[str, Any], model: dict[str, Any]) -> bool:
    """Whether a comment says what the estimate says."""
    if line.startswith("* panelkit:"):
        return True  # a number of a term, which is held with the others
    if found := DRAWN.match(line):
        mine = [
            r
            for r in estimate.get("resampled", ())
            if squeezed(r["term"]) == found.group(1) and squeezed(r["method"]) == found.group(2)
        ]
        told = found.group(4)
        return any(
            int(found.group(3)) == r["draws"] and (str(r["p"]) == told or same(number(r["p"]), float(told)))
            for r in mine
        )
    if line.startswith("* Formula: "):
        return line[11:] == squeezed(model.get("formula", ""))
    if line.startswith("* Standard errors in the tables: "):
        covariance = estimate["covariance"]
        by = covariance.get("by", ()) or ()
        variant = str(covariance.get("variant", "")).upper().replace("CR3J", "CR3")
        named = (
            not by
            or f"clustered by {' and '.join(by)}" in line
            or all(re.search(rf"\b{re.escape(b)}\b", line) for b in by)
        )
        return named and ("clustered" in line) == bool(by) and (not by or not variant or variant in line)
    if "Stata twin of a panelkit" in line:
        return line.startswith(
            f"* {estimate['id']}: Stata twin of a panelkit {estimate['kind']} model, written from its request"
        )
    if line.startswith("* also only rows where "):
        return line[23:].startswith(squeezed(model.get("where", "")))
    if found := re.match(r"\* threshold (\d+) of (\S+): (\S+)$", line):
        rows = estimate.get("records", {}).get("thresholds", ())
        own = [r for r in rows if [str(r["threshold"]), squeezed(r["variable"])] == [found.group(1), found.group(2)]]
        return any(same(number(r["estimate"]), float(found.group(3))) for r in own)
    if found := re.match(r"\* and (\d+) more by draws", line):
        return int(found.group(1)) < len(estimate.get("resampled", ()))
    if found := re.match(r"\* regression (\d+) of (\d+)$", line):
        return int(found.group(1)) <= int(found.group(2)) == len(estimate["requests"])
    numbers = SPOKEN_NUMBER.findall(line)
    return line.startswith("* the sample has ") or all(
        n in ("1", "2", "0") or n in str(estimate["requests"]) for n in numbers
    )


def makes(line: str, estimate: dict[str, Any], model: dict[str, Any], frame: Frame) -> bool:
    """Whether a line makes just the column that its name says, of columns of the panel."""
    columns = {stata(n) for n in frame.header}
    unit, time = stata(frame.about["unit"]), stata(frame.about["time"])
    if found := GROUP.match(line):
        parts = found.group(2).split()
        return "_".join(parts)[:24] == found.group(1)[:24] and {p[:28] for p in parts} <= columns
    if found := MEAN.match(line):
        demeaned = (
            re.match(r"m\d+$", found.group(1)) is not None
        )  # over the units of each time, for cross-section dependence
        right = found.group(3) == time if demeaned else (found.group(3) == unit and found.group(2) in found.group(1))
        return right and (found.group(2)[:28] in columns or found.group(2).startswith("pk_"))
    if found := COHORT.match(line):
        return found.group(1)[:28] in columns and model.get("cohort", found.group(1)) in (found.group(1), None, "")
    if found := ON.match(line):
        return (found.group(1) or found.group(2)) == time
    found = MADE.match(line)
    return found is not None and made_of(found.group(1), found.group(2), estimate, (columns, time))


def made_of(name: str, expression: str, estimate: dict[str, Any], known: tuple[set[str], str]) -> bool:
    """Whether `gen double pk_NAME = EXPRESSION` makes a column of a request."""
    columns, time = known
    if parts := re.match(rf"({NAME}) - pk_m(\d+)$", expression):
        return name == f"d{parts.group(2)}" and (parts.group(1)[:28] in columns or parts.group(1).startswith("pk_"))
    asked = {n for r in estimate["requests"] for n in names_in(r)}
    mine = [n for n in asked if stata(n)[:24] == name[:24]]
    if since := SINCE.match(expression):
        low, high, at = (int(since.group(k)) for k in (1, 2, 5))
        levels = [int(n.split("::")[1]) for n in asked if re.match(r"event_time::-?\d+$", n)]
        right = low <= min(levels, default=low) and max(levels, default=high) <= high
        return right and since.group(3) == time and since.group(4)[:28] in columns and f"event_time::{at}" in mine
    pieces = expression.split(" * ")
    regime = regime_of([s for s in map(SIDE.match, pieces) if s], estimate)
    factors = [FACTOR.match(p) for p in pieces if not SIDE.match(p)]
    if None in factors or not mine or (regime is None and len(factors) < len(pieces)):
        return False
    marked = {("regime", str(regime))} if regime else set()
    told = marked | {
        (f.group(4) or f.group(1), f.group(2) if f.group(2) is not None else f.group(3) or "") for f in factors if f
    }
    return all(v[:28] in columns for v, _ in told - marked) and any(told == factors_of(n) for n in mine)


def regime_of(sides: list[re.Match[str]], estimate: dict[str, Any]) -> int | None:
    """Which regime the sides of thresholds mark, such as (q > .1) and (q <= .5); None where it is none of the estimate's."""
    rows = estimate.get("records", {}).get("thresholds", ())
    if not sides or not rows or any(s.group(1)[:28] != stata(str(rows[0]["variable"])) for s in sides):
        return None
    taus = [number(r["estimate"]) for r in rows]
    for k in range(len(taus) + 1):
        wanted = {(">", taus[k - 1])} if k else set()
        wanted |= {("<=", taus[k])} if k < len(taus) else set()
        if len(sides) == len(wanted) and {(s.group(2), float(s.group(3))) for s in sides} == wanted:
            return k + 1
    return None


def names_in(request: dict[str, Any]) -> list[str]:
    """Every column that a request names."""
    own = [*request["slopes"], *request["endogenous"], *request["instruments"], *request["absorb"], request["outcome"]]
    return [*own, *(part for pair in request["varying_slopes"] for part in pair)]


def factors_of(name: str) -> set[tuple[str, str]]:
    """The factors of a product such as "x:coast::1": (name, class), the class '' where it is the column itself."""
    parts = [p.replace("\0", "::") for p in name.replace("::", "\0").split(":")]
    return {(stata(of), value) for of, _, value in (p.partition("::") for p in parts)}
