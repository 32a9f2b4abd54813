"""numbers.tex, the macros for numbers in a text, against the ledger."""

from __future__ import annotations

import os
import re
from typing import Any

from panelkit.replication.standalone.latex import untex
from panelkit.replication.standalone.level import Level, read

CSNAME = re.compile(r"\\expandafter\\def\\csname pk@(cell|key)@\\detokenize\{([^{}]*)\}\\endcsname\{(.*)\}$")
FINDS = re.compile(r"\\(?:providecommand\{\\pk(?:cell|key|find)\}|errmessage\{)")


def macros(folder: str, book: dict[str, Any], level: Level) -> None:
    """numbers.tex, where there is one: each macro prints the ledger's text of its cell, or of the first cell with its key."""
    by_key: dict[str, list[str]] = {}
    for name, entry in book["numbers"].items():
        by_key.setdefault(named("|".join(entry["key"])), []).append(name)
    for file in ("numbers.tex", "tables/numbers.tex"):
        if not os.path.isfile(os.path.join(folder, *file.split("/"))):
            continue
        try:
            found = from_numbers(read(folder, file))
        except ValueError as error:
            level.find("differs", f"{file} cannot be read back: {error}")
            continue
        cells = {named(name): [name] for name in book["numbers"]}
        for (kind, name), text in found.items():
            known = (cells if kind == "cell" else by_key).get(name)
            if known is None:
                level.find("unbound", f"{file}: {name} is nothing in the ledger")
                continue
            texts = [book["numbers"][cell]["shown"] for cell in known]
            held = text in texts or (kind == "key" and text in [t.strip("()[]") for t in texts])
            level.hold(held, "differs", f"{file}, {name}: {text!r} is printed, {texts[0]!r} is in the ledger")
        absent = sorted(n for n in cells if ("cell", n) not in found)
        level.hold(not absent, "differs", f"{file} has no macro for {', '.join(absent[:3])}")


def named(name: str) -> str:
    """A name as a macro of ours has it."""
    return name.translate({ord(c): "-" for c in "%\\{}#"})


def from_numbers(data: bytes) -> dict[tuple[str, str], str]:
    """('cell' or 'key', name) -> the text that its macro prints; a line that is not ours is refused."""
    found: dict[tuple[str, str], str] = {}
    for line in data.decode("utf-8").split("\n"):
        made = CSNAME.match(line)
        if made:
            if made.group(1, 2) in found:
                raise ValueError(f"{made.group(2)} is defined twice")
            found[(made.group(1), made.group(2))] = untex(made.group(3))
        elif line and not line.startswith("%"):
            bare_line = re.sub(r"#[12]|\[[12]\]", "", line)
            if not FINDS.match(line) or re.search(r"\d", bare_line):
                raise ValueError(f"it holds a definition that is not ours: {line!r}")
    return found
