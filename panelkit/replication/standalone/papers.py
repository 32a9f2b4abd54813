"""Study, READMEs, map of exhibits, environment and metadata against the run."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

from panelkit.replication.standalone.level import Cannot, Level, load, read, unsafe, walk


def started(folder: str, book: dict[str, Any], level: Level) -> None:
    """Study and raw files are those that the run started from."""
    study = hashlib.sha256(read(folder, "study.toml")).hexdigest()
    level.hold(study == book["study_sha256"], "stale", "study.toml is not the one that was run")
    for name, raw in book["inputs"].items():
        if not raw["provided"]:
            level.notes.append(f"{name} is not provided; its SHA-256 is {raw['sha256']}")
            continue
        if unsafe(name):
            raise Cannot(f"{name!r} is no path of a package")
        digest = hashlib.sha256(read(folder, name)).hexdigest()
        level.hold(digest == raw["sha256"], "stale", f"{name} is not the raw file that the run started from")
    for name, known in book["facts"].items():
        if unsafe(name):
            raise Cannot(f"{name!r} is no path of a package")
        digest = hashlib.sha256(read(folder, name)).hexdigest()
        level.hold(digest == known, "stale", f"{name} is not the table of facts that the run started from")


def listed(folder: str, book: dict[str, Any], level: Level) -> None:
    """Every exhibit of map.csv is there and in the README, and every exhibit that is there is in map.csv."""
    _, *lines = csv.reader(io.StringIO(read(folder, "map.csv").decode("utf-8"), newline=""))
    readme = read(folder, "README.md").decode("utf-8")
    level.hold(f"one seed, {book['seed']}," in readme, "differs", "README.md names another seed")
    there = {name for name, kind in walk(folder) if kind == "file"}
    both = {name: read(folder, name).decode("utf-8").split("\n") for name in ("README.md", "README.zh.md")}
    for line in lines:
        level.hold(line[1] in there, "differs", f"map.csv lists {line[1]}, which is missing")
        for name, told in both.items():
            rows = [row for row in told if f"`{line[1]}`" in row and f" {line[3]} " in row]
            right = any(f"`{line[2]}`" in row or line[2] == "panelkit run study.toml" for row in rows)
            level.hold(right, "differs", f"{name} does not list {line[1]} with {line[2]} at {line[3]}")
    for name in sorted(there - {line[1] for line in lines}):
        if name.startswith(("tables/", "figures/")) and not name.endswith(".cells.json"):
            level.find("unbound", f"{name} is an exhibit that map.csv does not list")


def told_of(folder: str, book: dict[str, Any], level: Level) -> None:
    """What both READMEs, the environment and the metadata say of the run."""
    versions = load(folder, "env/environment.json")["versions"]
    level.hold(versions == book["environment"], "differs", "env/environment.json is not the environment of the run")
    for name in ("README.md", "README.zh.md"):
        text = read(folder, name).decode("utf-8")
        for program, version in book["environment"].items():
            level.hold(f"{program} {version}" in text, "differs", f"{name} does not name {program} {version}")
        for path, raw in book["inputs"].items():
            level.hold(
                raw["sha256"] in text and path in text, "differs", f"{name} does not list {path} with its SHA-256"
            )
        level.hold(text.count(book["run_time"]) >= 2, "differs", f"{name} names another run time")
        level.hold(f" {book['seed']}" in text, "differs", f"{name} names another seed")
    titles = [t["title"] for t in load(folder, "datacite.json")["titles"]]
    cited = read(folder, "CITATION.cff").decode("utf-8")
    level.hold(
        f"title: {json.dumps(titles[0], ensure_ascii=False)}" in cited,
        "differs",
        "CITATION.cff and datacite.json have two titles",
    )
