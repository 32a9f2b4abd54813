"""Level L1: printed numbers against the ledger, the ledger against results and panel, and copies against their originals."""

from __future__ import annotations

import csv
from typing import Any

from panelkit.replication.standalone.batteries import in_full
from panelkit.replication.standalone.copies import coded, crosschecked, modelled, sampled
from panelkit.replication.standalone.digests import digested
from panelkit.replication.standalone.entries import bound, consistent, marked
from panelkit.replication.standalone.figures import pictured
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Cannot, Level, load
from panelkit.replication.standalone.macros import macros
from panelkit.replication.standalone.papers import listed, started, told_of
from panelkit.replication.standalone.pictures import drawn_right
from panelkit.replication.standalone.places import placed
from panelkit.replication.standalone.printed import noted, printed
from panelkit.replication.standalone.readme_pages import readme_pages
from panelkit.replication.standalone.systems import system_held
from panelkit.replication.standalone.thresholds import switching
from panelkit.replication.standalone.twins import in_stata


def level_1(folder: str) -> Level:
    """Printed numbers against the ledger, the ledger against estimates and panel, and each estimate against itself."""
    level = Level("L1")
    try:
        book = load(folder, "ledger.json")
        estimates = {e["id"]: e for e in load(folder, "results/estimates.json")["estimates"]}
        checks = {(c["of"], c["name"]): c for c in load(folder, "results/checks.json")["checks"]}
        numbers = book["numbers"]
        frame = Frame(folder, level)
        started(folder, book, level)
        for estimate in estimates.values():
            consistent(estimate, float(book.get("level", 0.95)), frame.rows, level)
            switching(estimate, checks, float(book.get("level", 0.95)), level)
            if estimate["kind"] == "panel_var":
                system_held(estimate, checks, level)
        for name, entry in numbers.items():
            bound(name, entry, (estimates, checks, frame), level, book["settings"][entry["exhibit"]])
            marked(name, entry, (book["settings"], estimates, frame), level)
        printed(folder, book, (estimates, checks, frame), level)
        noted(folder, book["settings"], level)
        copies(folder, book, (estimates, checks, frame), level)
        in_full(folder, book, checks, estimates, level)
        pictured(folder, book, (estimates, checks, frame), level)
        drawn_right(folder, book, level)
        listed(folder, book, level)
        digested(folder, book, level)
    except Cannot as error:
        level.find("differs", str(error))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, csv.Error, RecursionError) as error:
        level.find("differs", f"a file of results has not the form it must have ({type(error).__name__}: {error})")
    return level


def copies(folder: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Everything that repeats what the results, the panel or the run say: each against its original."""
    estimates, checks, frame = known
    modelled(folder, book, estimates, level)
    crosschecked(folder, estimates, checks, level)
    sampled(folder, estimates, frame, level)
    coded(folder, frame, level)
    in_stata(folder, estimates, frame, level)
    placed(folder, book, frame, level)
    macros(folder, book, level)
    told_of(folder, book, level)
    readme_pages(folder, level)
