"""Every printed file of the tables against the ledger, and words against the other formats."""

from __future__ import annotations

import csv
import os
import re
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from typing import Any

from panelkit.replication.standalone.entries import bound
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.keys import value_of
from panelkit.replication.standalone.latex import from_tex
from panelkit.replication.standalone.level import Level, load, read, walk
from panelkit.replication.standalone.numbers import NUMBER, bare, number, rounds, same
from panelkit.replication.standalone.on_paper import on_paper
from panelkit.replication.standalone.page import HIDES, from_html
from panelkit.replication.standalone.plain_tables import from_csv, titled
from panelkit.replication.standalone.quotes import Quoted
from panelkit.replication.standalone.typst import from_typ
from panelkit.replication.standalone.word import from_docx

PLACE = re.compile(r"r(\d+)\.c(\d+)$")


def printed(folder: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Every printed file against the ledger, and what is no number against the other formats."""
    entries: dict[str, dict[str, Any]] = {}
    for name, entry in book["numbers"].items():
        entries.setdefault(entry["exhibit"], {})[name[len(entry["exhibit"]) + 1 :]] = entry
    readers = {".tex": from_tex, ".csv": from_csv, ".docx": from_docx, ".typ": from_typ}
    said: dict[tuple[str, str], tuple[str, str]] = {
        (table, cell): (text, "ledger.json")
        for table, cells in book.get("words", {}).items()
        for cell, text in cells.items()
    }
    foreknown(book, known[1], entries)
    seen: dict[str, int] = {}
    for name, kind in walk(folder):
        table, extension = os.path.splitext(name.split("/")[-1])
        inside = name.startswith("tables/") and name.count("/") == 1 and kind == "file" and name != "tables/numbers.tex"
        try:
            if inside and name.endswith(".cells.json"):
                recorded(load(folder, name), entries.get(table[:-6], {}), name, level)
            elif inside and extension in readers:
                seen[table] = seen.get(table, 0) + 1
                against(readers[extension](read(folder, name)), entries.get(table, {}), (name, table), said, level)
            elif name == "report.pdf":
                on_paper(folder, name, book, entries, level)
            elif (inside and extension == ".html") or name == "report.html":
                data = read(folder, name)
                if inside and any(HIDES.search(rule) for rule in re.findall(rb"<style>(.*?)</style>", data, re.DOTALL)):
                    raise ValueError("its style may hide what is printed")
                page = from_html(data)
                if name == "report.html":
                    level.notes.append(Quoted(folder, book, known, page).against(name, level))
                for key, text, _ in page.loose:
                    loosely(f"{name}, {key}", key.split("|"), text.strip(), book, known, level)
                wanted = set(entries) if name == "report.html" else {table}
                for missing in sorted(wanted - set(page.tables)):
                    level.find("differs", f"{name} has no table {missing}")
                if inside:
                    own = page.tables.get(table, {})
                    title = {k: own[k] for k in ("heading.title", "heading.number") if k in own}
                    besides = page.outside.strip() or ("" if titled(page.title) == title else page.title)
                    level.hold(not besides, "differs", f"{name} has a text beside its table: {besides[:60]!r}")
                for shown, cells in page.tables.items():
                    seen[shown] = seen.get(shown, 0) + 1
                    against(cells, entries.get(shown, {}), (name, shown), said, level)
                    attributes(page.facts[shown], entries.get(shown, {}), f"{name}, {shown}", level)
        except (
            ValueError,
            KeyError,
            IndexError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            ElementTree.ParseError,
            NotImplementedError,
            csv.Error,
        ) as error:
            level.find("differs", f"{name} cannot be read back: {error}")
    for table in sorted(entries):
        level.hold(seen.get(table, 0) > 0, "differs", f"table {table} is in no printed file")


def loosely(
    name: str, key: list[str], text: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level
) -> None:
    """A number in the text of the page against the results, or against the ledger where that alone has it."""
    entry = next((e for e in book["numbers"].values() if e["key"] == key), None)
    setting = book["settings"][entry["exhibit"]] if entry else None
    try:
        raw = value_of(key, known, setting)
    except LookupError:
        level.find("unbound", f"{name}: there is no {'.'.join(key)} in the results")
        return
    if raw is None and entry is None:
        level.find("unbound", f"{name}: {'.'.join(key)} is neither in the results nor in the ledger")
        return
    raw = entry["raw"] if raw is None and entry else raw
    bound(name, {"key": key, "raw": raw, "shown": text}, known, level, setting)


def foreknown(book: dict[str, Any], checks: dict[Any, Any], entries: dict[str, dict[str, Any]]) -> None:
    """Figures known beforehand stand beside ours in a comparison table, without a key: `entries` gets them from the checks."""
    for check in checks.values():
        for row in check.get("rows") or () if check["name"] == "expected" else ():
            for name, entry in book["numbers"].items():
                cell = name[len(entry["exhibit"]) + 1 :]
                if (
                    book["settings"][entry["exhibit"]]["kind"] == "comparison"
                    and entry["key"] == [check["of"], row["term"], row["field"]]
                    and cell.endswith(".c1")
                ):
                    entries[entry["exhibit"]].setdefault(cell[:-1] + "0", {"foreknown": row["known"]})


def against(
    cells: dict[str, str], entries: dict[str, Any], at: tuple[str, str], said: dict[Any, Any], level: Level
) -> None:
    """One printed table: its numbers against the ledger, no number besides, and its words as in the other formats."""
    name, table = at
    for cell, entry in entries.items():
        if "foreknown" in entry:
            if cell in cells and NUMBER.match(bare(cells[cell])):
                level.hold(
                    rounds(entry["foreknown"], cells[cell]),
                    "differs",
                    f"{name}, {cell}: {entry['foreknown']!r} was known",
                )
            continue
        shown = entry["shown"] + entry["mark"]
        level.hold(
            cells.get(cell) == shown,
            "differs",
            f"{name}, {cell}: {cells.get(cell)!r} is printed, {shown!r} is in the ledger",
        )
    rows = list(dict.fromkeys(int(c[1:].split(".")[0]) for c in cells if PLACE.match(c)))
    places = [tuple(map(int, PLACE.match(c).groups())) for c in cells if PLACE.match(c)]  # type: ignore[union-attr]
    level.hold(
        rows == sorted(rows) and places == sorted(places),
        "differs",
        f"{name}: its rows or cells stand in another order",
    )
    for known, cell in said:
        if known == table and cell not in cells and (cell != "heading.number" or not name.endswith(".tex")):
            level.find("differs", f"{name}, {cell}: it has none, {said[known, cell][0]!r} in {said[known, cell][1]}")
    for cell, text in cells.items():
        if (
            cell not in entries
            and ".label" not in cell
            and not cell.startswith(("note", "h", "panel"))
            and NUMBER.match(bare(text.strip("*")))
        ):
            level.find("unbound", f"{name}, {cell}: {text!r} is not in the ledger")
        first, where = said.setdefault((table, cell), (text, name))
        if cell not in entries:
            level.hold(text == first, "differs", f"{name}, {cell}: {text!r}, but {first!r} in {where}")


def noted(folder: str, settings: dict[str, Any], level: Level) -> None:
    """The note of a table against its star levels."""
    for table, setting in settings.items():
        name = f"tables/{table}.csv"
        if not setting["stars"] or not os.path.isfile(os.path.join(folder, *name.split("/"))):
            continue
        cells = from_csv(read(folder, name))
        notes = " ".join(text for cell, text in cells.items() if cell.startswith("note"))
        for star in setting["stars"]:
            held = re.search(rf"(?<![\d.]){re.escape(f'{100 * star:g}')}%", notes) is not None
            level.hold(held, "differs", f"{name}: the note does not name the level {100 * star:g}%")


def attributes(facts: dict[str, dict[str, str]], entries: dict[str, Any], name: str, level: Level) -> None:
    """Keys and full values that HTML carries beside a cell."""
    for cell, entry in entries.items():
        if "foreknown" in entry:
            continue
        fact = facts.get(cell, {})
        level.hold(
            fact.get("data-key") == "|".join(entry["key"]), "differs", f"{name}, {cell}: the key beside it is another"
        )
        raw, value = number(entry["raw"]), fact.get("data-raw", "")
        held = (
            value == str(entry["raw"]) if raw is None else (value == "nan" if raw != raw else same(raw, float(value)))
        )
        level.hold(held, "differs", f"{name}, {cell}: the value beside it is {value!r}, {entry['raw']!r} in the ledger")


def recorded(cells: list[dict[str, Any]], entries: dict[str, Any], name: str, level: Level) -> None:
    """A table's own list of cells against the ledger."""
    mine = {c["cell"]: [c["shown"], c["mark"], list(c["key"]), c["raw"]] for c in cells}
    theirs = {e["cell"]: [e["shown"], e["mark"], list(e["key"]), e["raw"]] for e in entries.values() if "key" in e}
    for cell in sorted({*mine, *theirs}):
        a, b = mine.get(cell, [None] * 4), theirs.get(cell, [None] * 4)
        level.hold(a[:3] == b[:3] and same(a[3], b[3]), "differs", f"{name}, {cell} is not as in the ledger")
