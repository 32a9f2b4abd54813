"""Level L1: printed numbers against the ledger, the ledger against results and panel, and copies against their originals."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import partial
from typing import Any

from panelkit.replication.standalone.batteries import declared_in, in_full
from panelkit.replication.standalone.claims_held import claimed, declared_settings
from panelkit.replication.standalone.copies import coded, crosschecked, modelled, sampled
from panelkit.replication.standalone.digests import digested
from panelkit.replication.standalone.entries import bound, consistent, marked
from panelkit.replication.standalone.figures import pictured
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.implied import begun, implied
from panelkit.replication.standalone.level import Cannot, Level, load
from panelkit.replication.standalone.lists import filled, mapped
from panelkit.replication.standalone.macros import macros
from panelkit.replication.standalone.papers import listed, started, told_of
from panelkit.replication.standalone.pictures import drawn_right
from panelkit.replication.standalone.places import placed
from panelkit.replication.standalone.printed import noted, printed
from panelkit.replication.standalone.readme_pages import readme_pages
from panelkit.replication.standalone.systems import system_held
from panelkit.replication.standalone.thresholds import switching
from panelkit.replication.standalone.twins import in_stata
from panelkit.replication.standalone.verdicts import weighed


def level_1(folder: str) -> Level:
    """Printed numbers against the ledger, the ledger against estimates and panel, and each estimate against itself."""
    level = Level("L1")
    attempt(lambda: [step() for step in steps(folder, level).values()], level)
    return level


def attempt(what: Callable[[], Any], level: Level) -> None:
    """Do a part of the level; a file without the form that it must have is a finding."""
    try:
        what()
    except Cannot as error:
        level.find("differs", str(error))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, csv.Error, RecursionError) as error:
        level.find("differs", f"a file of results has not the form it must have ({type(error).__name__}: {error})")


def steps(folder: str, level: Level) -> dict[str, Callable[[], None]]:
    """The parts of the level by name, in their order; what all of them need is read here, and raises what `attempt` catches."""
    book = load(folder, "ledger.json")
    estimates = {e["id"]: e for e in load(folder, "results/estimates.json")["estimates"]}
    listed_checks = load(folder, "results/checks.json")["checks"]
    checks = {(c["of"], c["name"]): c for c in listed_checks}
    frame = Frame(folder, level)
    known = (estimates, checks, frame)
    return {
        "started": lambda: started(folder, book, level),
        "entries": lambda: entries(book, known, level),
        "implied": lambda: followed(book, estimates, listed_checks, frame, level),
        "claimed": lambda: claimed(book, known, level),
        "printed": lambda: printed(folder, book, known, level),
        "noted": lambda: noted(folder, book["settings"], level),
        "modelled": lambda: modelled(folder, book, estimates, level),
        "crosschecked": lambda: crosschecked(folder, estimates, checks, level),
        "sampled": lambda: sampled(folder, estimates, frame, level),
        "coded": lambda: coded(folder, frame, level),
        "filled": lambda: filled(folder, frame, level),
        "mapped": lambda: mapped(folder, book, estimates, level),
        "in_stata": lambda: in_stata(folder, estimates, frame, level),
        "placed": lambda: placed(folder, book, frame, level),
        "macros": lambda: macros(folder, book, level),
        "told_of": lambda: told_of(folder, book, level),
        "readme_pages": lambda: readme_pages(folder, level),
        "in_full": lambda: in_full(folder, book, checks, estimates, level),
        "pictured": lambda: pictured(folder, book, known, level),
        "drawn_right": lambda: drawn_right(folder, book, level),
        "listed": lambda: listed(folder, book, level),
        "digested": lambda: digested(folder, book, level),
    }


def reckoned(
    book: dict[str, Any], estimates: dict[str, Any], checks: list[dict[str, Any]], frame: Frame, level: Level
) -> None:
    """All that holds numbers against numbers, whatever is printed: results against themselves, the panel, the study and the ledger."""
    known = (estimates, {(c["of"], c["name"]): c for c in checks}, frame)
    attempt(lambda: entries(book, known, level), level)
    attempt(lambda: followed(book, estimates, checks, frame, level), level)
    attempt(lambda: claimed(book, known, level), level)
    attempt(lambda: sampled(frame.folder, estimates, frame, level), level)


def followed(
    book: dict[str, Any], estimates: dict[str, Any], checks: list[dict[str, Any]], frame: Frame, level: Level
) -> None:
    """Numbers of estimates and checks that follow from others, estimate by estimate; and what the study declares of them."""
    study = declared_in(frame.folder, level)
    start = frame.rows
    if book.get("common_sample"):  # then models start from the rows that all can use, the same number of each
        start = min(start, max(map(begun, estimates.values()), default=start))
    for estimate in estimates.values():
        attempt(partial(implied, estimate, frame, float(book.get("level", 0.95)), level, start), level)
    weighed(checks, estimates, study, level)
    declared_settings(book, study, level)


def entries(book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Each estimate against itself, and every number of the ledger against what its key names."""
    estimates, checks, frame = known
    for estimate in estimates.values():
        consistent(estimate, float(book.get("level", 0.95)), frame.rows, level)
        switching(estimate, checks, float(book.get("level", 0.95)), level)
        if estimate["kind"] == "panel_var":
            system_held(estimate, checks, level)
    for name, entry in book["numbers"].items():
        bound(name, entry, known, level, book["settings"][entry["exhibit"]])
        marked(name, entry, (book["settings"], estimates, frame), level)
