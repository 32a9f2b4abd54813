"""report.pdf against the ledger and the page: the rows of every table in their order, and no other number that the page has not."""

from __future__ import annotations

import html
import re
from typing import Any

from panelkit.replication.standalone.level import Level, read
from panelkit.replication.standalone.pdf import Pdf, text_of
from panelkit.replication.standalone.quotes import tokens

EXPONENT = re.compile(r"[eE][-+\N{MINUS SIGN}]?\d")  # of ten, which Chinese text sets apart from its number
FAR = 4000  # characters that a heading repeated on the next page may put between two cells of a row


def on_paper(folder: str, name: str, book: dict[str, Any], entries: dict[str, Any], level: Level) -> None:
    """What the PDF prints; its pictures are held by their digests, and what its colours hide is not seen here."""
    data = read(folder, name)
    pages = sum(b"/Type/Page/" in body or b"/Type /Page " in body for body in Pdf(data).objects.values())
    found = with_powers(list(text_of(data)))
    text, ends = "", []
    for run in found:
        text += "".join(run.split())
        ends.append(len(text))
    seen = bytearray(len(text))
    for table in book["settings"]:
        printed_rows(table, rows_of(table, book, entries.get(table, {})), (name, text, seen), level)
    shown = set(tokens(html.unescape(re.sub(r"<[^>]*>", " ", read(folder, "report.html").decode("utf-8")))))
    shown |= {str(k) for k in range(1, pages + 1)} | set(book.get("environment", {}).values())
    loose, start = 0, 0
    for run, end in zip(found, ends):  # noqa: B905
        if not all(seen[start:end]):
            for token in tokens(run):
                loose += 1
                level.hold(
                    token in shown, "unbound", f"{name}: {token} is on no page of the report: {run.strip()[:60]!r}"
                )
        start = end
    level.notes.append(
        f"{name}: {sum(seen)} of {len(text)} letters are rows of tables that stand in the ledger, {loose} numbers besides are on the page"
    )


def with_powers(runs: list[str]) -> list[str]:
    """The runs of a text, a number and its power of ten as one."""
    found: list[str] = []
    for run in runs:
        if found and found[-1][-1:].isdigit() and EXPONENT.match(run):
            found[-1] += run
        else:
            found.append(run)
    return found


def rows_of(table: str, book: dict[str, Any], entries: dict[str, Any]) -> dict[int, list[str]]:
    """The texts of each row of a table, label first, as the ledger has them."""
    cells = {c: str(e["shown"]) + str(e["mark"]) for c, e in entries.items() if "foreknown" not in e}
    cells = {**book.get("words", {}).get(table, {}), **cells}
    rows: dict[int, dict[int, str]] = {}
    for cell, text in cells.items():
        place = re.match(r"r(\d+)\.(?:label|c(\d+))$", cell)
        if place:
            rows.setdefault(int(place.group(1)), {})[-1 if place.group(2) is None else int(place.group(2))] = text
    return {i: ["".join(parts[j].split()) for j in sorted(parts)] for i, parts in sorted(rows.items())}


def printed_rows(table: str, rows: dict[int, list[str]], at: tuple[str, str, bytearray], level: Level) -> None:
    """The rows of one table in their order, each cell behind the one before; what is found is marked as seen."""
    name, text, seen = at
    title = text.find("".join(rows[min(rows)])) if rows else 0
    place = max(title, 0)
    for i, parts in rows.items():
        whole = "".join(parts)
        start = text.find(whole, place)
        if start >= 0:
            place = start + len(whole)
            seen[start:place] = b"\1" * len(whole)
            level.hold(True, "differs", "")
            continue
        begin = place
        for part in filter(None, parts):
            start = text.find(part, place, place + FAR)
            if start < 0:
                break
            seen[start : start + len(part)] = b"\1" * len(part)
            place = start + len(part)
        level.hold(
            start >= 0,
            "differs",
            f"{name}: row {i} of {table} is not printed as it is in the ledger: {' '.join(parts)[:120]}",
        )
        place = place if start >= 0 else begin
