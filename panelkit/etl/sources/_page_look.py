"""A look at a page of a yearbook without a study: whether a sheet is one, and what its headings hold; reading is in yearbook_page."""

from __future__ import annotations

import re
from pathlib import Path

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.source import Reading, SeriesSeen
from panelkit.etl.sources._frames import WORKBOOKS
from panelkit.etl.sources._observed import Ledger, looking, reading, series_seen
from panelkit.etl.sources._page import Page, page_of
from panelkit.etl.sources._page_across import industries_in
from panelkit.etl.sources._page_head import Heading
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, Sheet, sheet_of
from panelkit.facts.provinces import is_not_a_province, match

_NUMBERED = re.compile(r"^\s*(?:表|附表)?\s*\d*(?:[-.—–]\d+)*[\s、.:]*|\s*\(?续表?\d*\)?$")
_DATED = re.compile(r"\(?\s*(?:19|20)\d\d\s*(?:[-—–~至]\s*(?:19|20)?\d\d)?\s*年?底?末?\s*\)?")
_TEXTS = (".csv", ".tsv", ".txt", ".htm", ".html")


def names_agree(page: Page, name: str, ledger: Ledger) -> None:
    """The two names of each row must mean the same region."""
    for row in page.rows:
        a, b = match(row.unit), match(row.other) if row.other else None
        kinds = is_not_a_province(row.unit), is_not_a_province(row.other) if row.other else None
        place = f"{name}!{page.sheet.place(row.row, 0)}"
        if (a and b and a.code != b.code) or (a and kinds[1]) or (b and kinds[0]):
            ledger.fault(
                f"the two names of a row are not of one region: {row.unit.strip()} and {row.other.strip()}",
                "one column may have been shifted against the other: take the page as it was published",
                f", {place}",
            )
        elif a and row.other and b is None:
            ledger.say(f"the second name of {row.unit.strip()} is not known: {row.other.strip()}", place)


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is a page of a yearbook, or None."""
    if path.suffix.casefold() not in (*WORKBOOKS, *_TEXTS):
        return None
    try:
        page = page_of(_one_sheet(path, sheet), path.name)
    except SourceError:
        return None
    return _why(page)


def _why(page: Page) -> str | None:
    """What makes a sheet a page; a table that is only rows of units and columns of years is left to other layouts."""
    if page.by_year:
        known = page.titles or page.measures or not page.sheet.lines
        return f"rows of years below headings, under the title '{_title(page)}'" if known else None
    if any(len({e.unit for e in h.entries}) < 0.6 * len(h.entries) for h in page.headings):
        return None
    printed = page.titles or page.measures or any(h.zh and h.en for h in page.headings)
    if all(h.year is not None and not h.shown for h in page.headings) and not printed:
        return None
    if page.dated_rows and not (page.titles or page.measures):
        return None
    pivoted = all(h.year is not None and h.shown for h in page.headings) and not page.dated_rows
    if (page.sheet.lines or page.dated_rows) and not printed and not pivoted:
        return None
    return (
        f"rows of regions below headings of {counted(len(page.headings), 'columns')}, under the title '{_title(page)}'"
    )


def _one_sheet(path: Path, wanted: str) -> Sheet:
    return sheet_of(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name, wanted)


def name_of_title(page: Page) -> str:
    """What the title says of figures that only years head: without its number, its year and its marks.

    Pages of one series are so; "" where there is no title, or the headings beside it have names.
    """
    title = page.titles[0] if page.titles else ""
    return _NUMBERED.sub("", _DATED.sub("", title)).strip(" :()-—、")


def _title(page: Page) -> str:
    return " ".join(page.titles[0].split())[:60] if page.titles else ""


def look(path: Path, sheet: str = "") -> Reading:
    """What a page holds: one series for each heading, with the years that it stands there for."""
    page = page_of(_one_sheet(path, sheet), path.name)
    ledger = looking(path.name, (c for row in page.sheet.rows for c in row), commas_part=not page.sheet.lines)
    year = _year_of(page, path, ledger)
    names_agree(page, path.name, ledger)
    for note in (*page.notes, *(f"footer passed over: {f[:60]}" for f in page.footers)):
        ledger.say(note)
    if page.by_year:
        ledger.say("the rows are years of one unit, which the study must name (unit_name)")
    if industries_in(page.headings) >= 3:
        ledger.say(
            'columns are industries: across = "industry" takes them as a key of the panel, and series names what they count'
        )
    if any(h.measure is None and len(h.listed) > 1 for h in page.headings):
        ledger.say(
            f"the page is in {', '.join(page.measures)}: which column is in which must be declared where it is open"
        )
    series: dict[str, list[Heading]] = {}
    for heading in page.headings:
        name = f"{heading.zh} / {heading.en}" if heading.zh and heading.en else heading.shown or name_of_title(page)
        taken = {h.year for h in series.get(name, [])}
        key = f"{name} ({page.sheet.place(heading.row, heading.column)})" if heading.year in taken else name
        series.setdefault(key, []).append(heading)
    seen = [_seen(name, page, headings, year, ledger) for name, headings in series.items()]
    years = sorted({h.year or year for h in page.headings} - {0})
    hint = f"figures of {years[0]}" + (f" to {years[-1]}" if len(years) > 1 else "") if years else ""
    return reading(f"yearbook page: {_title(page)}", page.sheet.format, hint, seen, ledger)


def _year_of(page: Page, path: Path, ledger: Ledger) -> int:
    """The year of figures whose heading prints none: of the title, else, with a note, of the file's name."""
    if len(page.years) == 1 or all(h.year is not None for h in page.headings):
        return page.years[0] if len(page.years) == 1 else 0
    named = sorted({int(y) for y in re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", path.stem)})
    if len(named) == 1:
        ledger.say(
            f"the title does not say of which year the figures are: {named[0]} is from the file's name, which may be the "
            "edition (say year = ... on the source)"
        )
        return named[0]
    ledger.say("the title does not say of which year the figures are: the file's name or the study must (year = ...)")
    return 0


def _seen(name: str, page: Page, headings: list[Heading], year: int, ledger: Ledger) -> SeriesSeen:
    import pandas as pd

    frame: dict[str, list[object]] = {k: [] for k in ("unit", "time", "value", "cell")}
    measure = page.measure_of(headings[0]) or ""
    for heading in headings:
        for entry in heading.entries:
            place = page.sheet.place(entry.row, entry.column)
            cells = page.sheet.rows[entry.row]
            cell = cells[entry.column] if entry.column < len(cells) else None
            frame["unit"].append(entry.unit or "?")
            frame["time"].append(heading.year or year)
            frame["value"].append(ledger.number(cell, f"!{place}", entry.unit.strip(), measure or None))
            frame["cell"].append(place)
    return series_seen(name, measure, pd.DataFrame(frame), ledger)
