"""The lists of a package: map.csv against study and ledger, filled.csv against the panel; row by row, none twice."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level, names_below, read
from panelkit.replication.standalone.numbers import same

SECTION = re.compile(r"^\s*\[\[?\s*([A-Za-z_]+)(?:\.\s*\"?([^\]\"]+?)\"?)?\s*\]\]?\s*(?:#.*)?$")
NAMED = re.compile(r"^\s*id\s*=\s*[\"']([^\"']+)[\"']")
MAP_HEAD = ["exhibit", "file", "program", "study_line", "inputs"]
PANEL_FILE = "data/processed/panel.csv"
OF_THE_RUN = {"numbers.tex": "numbers in the text", "report.html": "report", "report.pdf": "report"}
FILLED_CELLS = "data/processed/filled.csv"


def study_lines(text: str) -> dict[tuple[str, str], int]:
    """(section, id) -> line of the study file where that entry starts, counted from 1.

    >>> study_lines('schema = 1\\n[[tables]]\\nid = "table2"\\n[sources.a]\\n')
    {('tables', 'table2'): 2, ('sources', 'a'): 4}
    """
    lines: dict[tuple[str, str], int] = {}
    section, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := SECTION.match(line):
            section, start = header[1], number
            if header[2]:
                lines.setdefault((section, header[2]), number)
        elif (named := NAMED.match(line)) and section:
            lines.setdefault((section, named[1]), start)
    return lines


def line_of(lines: dict[tuple[str, str], int], section: str, name: str) -> int:
    """The line of an entry; of an exhibit or specification of a robustness battery the line where the battery starts; else 0.

    >>> line_of({("robustness", "dose"): 9}, "tables", "robustness_dose"), line_of({("robustness", "dose"): 9}, "models", "dose__base")
    (9, 9)
    """
    if (section, name) in lines:
        return lines[section, name]
    batteries = ((battery, line) for (at, battery), line in lines.items() if at == "robustness")
    made = (line for b, line in batteries if name in (f"robustness_{b}", f"curve_{b}") or name.startswith(f"{b}__"))
    return next(made, 0)


def mapped(folder: str, book: dict[str, Any], estimates: dict[str, Any], level: Level) -> None:
    """Every row of map.csv: exhibit by its file, program, the line where study.toml has it, and what goes in with its lines."""
    header, *rows = csv.reader(io.StringIO(read(folder, "map.csv").decode("utf-8"), newline=""))
    level.hold(
        header == MAP_HEAD and all(len(r) == len(MAP_HEAD) for r in rows), "differs", "map.csv has other columns"
    )
    lines = study_lines(read(folder, "study.toml").decode("utf-8"))
    keyed: dict[str, set[str]] = {}
    for entry in book["numbers"].values():
        keyed.setdefault(entry["exhibit"], set()).add(entry["key"][0])
    seen: set[str] = set()
    for row in rows if header == MAP_HEAD else ():
        exhibit, name, program, line, inputs = row
        at = f"map.csv, {name}"
        level.hold(name not in seen, "differs", f"{at}: it is listed twice")
        seen.add(name)
        if name in OF_THE_RUN:
            wanted = [OF_THE_RUN[name], name, "panelkit run study.toml", "study.toml:1", PANEL_FILE]
            level.hold(row == wanted, "differs", f"{at}: its row should be {', '.join(wanted)}")
            continue
        section, _, rest = name.partition("/")
        own = rest.partition(".")[0]
        level.hold(exhibit == own, "differs", f"{at}: it is not of {exhibit!r}")
        told = f"panelkit {section[:-1]} {own}"
        level.hold(program == told, "differs", f"{at}: the program is {program!r}, not {told!r}")
        wanted_line = f"study.toml:{line_of(lines, section, own)}"
        level.hold(line == wanted_line, "differs", f"{at}: the study has it at {wanted_line}, not {line}")
        first, *models = inputs.split("; ")
        names = [m.partition(" (")[0] for m in models]
        right = [f"{m} (study.toml:{line_of(lines, 'models', m)})" for m in names]
        level.hold(
            first == PANEL_FILE and models == right, "differs", f"{at}: its models stand at other lines of study.toml"
        )
        shown = (keyed.get(own, set()) if section == "tables" else set()) & set(estimates)
        level.hold(
            shown <= set(names) <= set(estimates) and len(names) == len(set(names)),
            "differs",
            f"{at}: its models are {', '.join(names) or 'none'}, its numbers are of {', '.join(sorted(shown)) or 'none'}",
        )


def filled(folder: str, frame: Frame, level: Level) -> None:
    """Each filled cell is one of the panel, with its value, listed once; and as many as panel.json counts for each variable."""
    counts = {v["name"]: int(v.get("filled") or 0) for v in frame.about["variables"]}
    if FILLED_CELLS not in names_below(folder, FILLED_CELLS):
        level.hold(
            not any(counts.values()), "differs", f"there is no {FILLED_CELLS}, which would list the filled cells"
        )
        return
    header, *rows = csv.reader(io.StringIO(read(folder, FILLED_CELLS).decode("utf-8"), newline=""))
    unit, time = frame.about["unit"], frame.about["time"]
    wanted = [unit, time, "variable", "value"]
    level.hold(
        header == wanted and all(len(r) == len(wanted) for r in rows), "differs", f"{FILLED_CELLS} has other columns"
    )
    if header != wanted:
        return
    places = {(u, t): i for i, (u, t) in enumerate(zip(frame.units, frame.column(time)))}  # noqa: B905
    made = dict.fromkeys(counts, 0)
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        at = f"{FILLED_CELLS}, {'.'.join(row[:3])}"
        level.hold(tuple(row[:3]) not in seen, "differs", f"{at}: it is listed twice")
        seen.add(tuple(row[:3]))
        i = places.get((row[0], int(float(row[1]))))
        known = i is not None and row[2] in counts
        level.hold(known, "differs", f"{at}: it is no cell of the panel")
        if i is None or row[2] not in counts:
            continue
        made[row[2]] += 1
        held = frame.column(row[2])[i]
        fits = row[3] == held if isinstance(held, str) else same(float(row[3] or "nan"), float(held))
        level.hold(fits, "differs", f"{at}: the value is {row[3]}, in the panel {held!r}")
    for name, count in made.items():
        level.hold(
            count == counts[name],
            "differs",
            f"{FILLED_CELLS} lists {count} cells of {name}, panel.json counts {counts[name]}",
        )
