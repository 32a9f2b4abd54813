"""provenance/panel_cells.csv.gz: every cell of the panel, the raw file it comes from, and the value there where it is plain."""

from __future__ import annotations

import csv
import io
import re
import zlib
from typing import Any

from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level, endless, read, unzipped
from panelkit.replication.standalone.numbers import plain_number

CELL = re.compile(r"line (\d+), column (\d+)$")


def placed(folder: str, book: dict[str, Any], frame: Frame, level: Level) -> None:
    """provenance/panel_cells.csv.gz: every cell of the panel and no other, files that the run started from, values where plain."""
    name = "provenance/panel_cells.csv.gz"
    try:
        text = unzipped(read(folder, name)).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        level.find("differs", f"{name} cannot be unpacked: {error}")
        return
    plain = {v["name"]: v["origin"]["how"] for v in frame.about["variables"]}
    unit, time = (frame.header.index(frame.about[k]) for k in ("unit", "time"))
    cells = {
        (line[unit], line[time], variable): line[frame.header.index(variable)]
        for line in frame.lines
        for variable in plain
        if line[frame.header.index(variable)] != ""
    }
    raw: dict[str, Any] = {}
    listed = set()
    for line in csv.DictReader(io.StringIO(text, newline="")):
        if not line["unit"]:
            level.hold(
                plain.get(line["variable"]) == line["how"], "differs", f"{name}: {line['variable']} is made otherwise"
            )
            continue
        key = (line["unit"], line["time"], line["variable"])
        listed.add(key)
        if line["file"] and line["file"] not in book["inputs"]:
            level.find("differs", f"{name}: {line['file']} is no raw file of the run")
        place = CELL.match(line["cell"])
        if place and plain.get(line["variable"]) == line["series"] and line["file"].endswith(".csv"):
            if line["file"] not in raw:
                raw[line["file"]] = raw_lines(folder, line["file"], book)
            held = raw[line["file"]].get(int(place.group(1)), [])
            shown = held[int(place.group(2)) - 1] if len(held) >= int(place.group(2)) else None
            if shown is not None and key in cells and plain_number(shown) and plain_number(cells[key]):
                level.hold(
                    float(shown) == float(cells[key]),
                    "differs",
                    f"{name}: {'.'.join(key)} is {cells[key]}, in {line['file']}, {line['cell']}, it is {shown}",
                )
    for key in sorted(set(cells) ^ listed)[:20]:
        level.find("differs", f"{name}: {'.'.join(key)} stands only in one of panel and list")
    level.hold(listed == set(cells), "differs", f"{name} does not list the cells of the panel")


def raw_lines(folder: str, name: str, book: dict[str, Any]) -> dict[int, list[str]]:
    """The lines of a raw CSV that is provided and is UTF-8, by number; nothing where it is neither."""
    if not book["inputs"][name]["provided"] if name in book["inputs"] else True:
        return {}
    try:
        data = read(folder, name)
        if endless(data):
            return {}
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        return {number: line for line, number in ((line, reader.line_num) for line in reader)}
    except (UnicodeDecodeError, csv.Error):
        return {}
