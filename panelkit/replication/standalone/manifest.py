"""Level L0: every file of a package against MANIFEST.sha256; what is in the files is not looked at."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

from panelkit.replication.standalone.level import (
    LARGEST,
    LARGEST_PACKAGE,
    MANIFEST,
    Cannot,
    Level,
    folded,
    read,
    unsafe,
    walk,
)

JUNK = {"__MACOSX", ".git", ".DS_Store", "Thumbs.db", "__pycache__", ".ipynb_checkpoints"}
NO_SCAN = re.compile(r"data/(?!processed/)|env/requirements\.lock$|verify\.py$")  # raw files are as they were found
SCANNED = (".json", ".csv", ".md", ".toml", ".txt", ".py", ".tex", ".html")
HOME = re.compile(r"(?<![\w./:-])/(?:home|Users|root|tmp)/\w|\b[A-Za-z]:\\{1,2}(?:Users|Documents)\b")
LOG = re.compile(r"log/[A-Za-z0-9_.-]+\.txt$")


def read_manifest(folder: str) -> tuple[dict[str, str], list[str], Any]:
    """Path -> digest, what is wrong in the list itself, and the count and size at its head."""
    try:
        text = read(folder, MANIFEST).decode("utf-8")
    except UnicodeDecodeError:
        raise Cannot(f"{MANIFEST} is not UTF-8") from None
    listed: dict[str, str] = {}
    wrong, head = [], None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            head = re.match(r"# (\d+) files, (\d+) bytes$", line) or head
            continue
        found = re.match(r"([0-9a-f]{64})  (.+)$", line)
        if found is None:
            raise Cannot(f"{MANIFEST}, line {number} is no digest and path")
        name = found.group(2)
        if unsafe(name) or name == MANIFEST:
            wrong.append(f"line {number} names a path that a package cannot have: {name!r}")
        elif name in listed:
            wrong.append(f"{name} is listed twice")
        else:
            listed[name] = found.group(1)
    if list(listed) != sorted(listed):
        wrong.append(f"{MANIFEST} is not sorted")
    if not listed:
        raise Cannot(f"{MANIFEST} lists nothing")
    return listed, wrong, (int(head.group(1)), int(head.group(2))) if head else None


def level_0(folder: str) -> Level:
    """Files against the manifest."""
    level = Level("L0")
    listed, wrong, head = read_manifest(folder)
    for text in wrong:
        level.find("differs", text)
    there: dict[str, str] = {}
    seen: dict[str, str] = {}
    size = 0
    for name, kind in walk(folder):
        if name == MANIFEST:
            continue
        if LOG.match(name) and kind == "file":
            level.notes.append(f"{name} is a log, which no digest covers")
            continue
        if JUNK.intersection(name.split("/")) or name.split("/")[-1].startswith("._"):
            level.find("differs", f"{name} does not belong in a package")
        elif kind != "file":
            level.find("differs", f"{name} is a {kind}")
        elif name not in listed:
            level.find("differs", f"{name} is not in the manifest")
        if unsafe(name):
            level.find("differs", f"{name!r} is a name that cannot stand on every machine")
        if folded(name) in seen:
            level.find("differs", f"{seen[folded(name)]} and {name} differ by case or accents alone")
        seen[folded(name)] = name
        there[name] = kind
    for name, expected in listed.items():
        level.hold(name in there, "differs", f"{name} is missing")
        if there.get(name) == "file":
            if size + os.path.getsize(os.path.join(folder, *name.split("/"))) > LARGEST_PACKAGE:
                raise Cannot(f"there are more bytes than a package has (at {name})")
            size += match(folder, name, expected, level)
    if head != (len(listed), size):
        level.find(
            "differs", f"the manifest speaks of {head or (0, 0)} files and bytes, here are {(len(listed), size)}"
        )
    return level


def match(folder: str, name: str, expected: str, level: Level) -> int:
    """Hold one file against its digest; its size is given back."""
    digest, size = hashlib.sha256(), 0
    try:
        with open(os.path.join(folder, *name.split("/")), "rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        level.find("differs", f"{name} cannot be read: {error.strerror}")
        return size
    if size == 0:
        level.find("differs", f"{name} is empty")
    if digest.hexdigest() != expected:
        level.find("differs", f"{name} is not the file that the manifest lists")
    if name.endswith(SCANNED) and not NO_SCAN.match(name) and size <= LARGEST:
        found = HOME.search(read(folder, name).decode("utf-8", "replace"))
        if found:
            level.find("differs", f"{name} names a path of somebody's machine: {found.group(0)!r}")
    return size
