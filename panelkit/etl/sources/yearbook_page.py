"""Pages of yearbooks (.xls, .xlsx): one page, or one for each year, with bilingual headings; portal exports are in nbs_excel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from panelkit.core.errors import SourceError
from panelkit.core.nearest import nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SeriesSeen, SourceSpec
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import conversion, same_measure
from panelkit.etl.sources._frames import WORKBOOKS
from panelkit.etl.sources._many import YEAR, files_by_year, one_file, together
from panelkit.etl.sources._observed import Ledger, reading, sealed, series_seen, settle_measure
from panelkit.etl.sources._page import Page, page_of
from panelkit.etl.sources._page_head import Heading, folded
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, Book, Sheet, sheet_of, sheets_of
from panelkit.facts.provinces import is_not_a_province, match

_KEYS = ("unit", "time", "series", "value", "measure", "vintage", "cell")
_TEXTS = (".csv", ".tsv", ".txt", ".htm", ".html")
_SPAN = re.compile(r"(\d{4})(?:-(\d{4}))?")
UNEVEN = 2e-4  # provinces against the national row, relative, beyond rounding


@spec
class YearbookPageSpec(SourceSpec):
    """Pages of a yearbook.

    Parameters
    ----------
    path : str
        One page, or a name with {year}, such as "data/raw/most/raw-{year}.xls": the page of each year of the figures.
    series : dict
        Alias -> heading in Chinese or English without its unit; wordings that follow each other over the years are parted
        by "|", such as "主营业务收入 | 营业收入", and a page must have exactly one of them.
    headings : dict
        Alias -> { "2018" or "2012-2016" -> heading }, where some years differ; "" says that the page does not print it.
    measures : dict
        Alias -> unit of measure. Pages that print another power of ten are converted, with a note; required where a page
        prints none, or several without saying which column is in which.
    files : dict
        Year -> file name, where it does not follow the path. skip : year -> why there is no page.
    year : int, optional
        Of a single page whose title does not name one.
    printed_after : int
        Years from the figures to the yearbook that prints them: the vintage of each page, unless `vintage` is given.
    sheet : str
        Where a page has several sheets with cells; thousands : separator of thousands.
    title_has : str
        Words that the title of every page must have.
    """

    headings: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    skip: dict[str, str] = field(default_factory=dict)
    year: int | None = None
    printed_after: int = 1
    sheet: str = ""
    thousands: str = ""
    title_has: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A page with the year of its figures and how its cells begin in messages and in `cell`."""

    page: Page
    year: int
    name: str


def pages_of(spec: YearbookPageSpec, path: Path) -> tuple[Path, ...]:
    """Every file of the source, by year."""
    if YEAR not in path.name:
        return one_file(spec, path)
    return tuple(files_by_year(path, spec.path, spec.years, spec.files, spec.skip).values())


def read(spec: YearbookPageSpec, path: Path) -> Observations:
    """Observations of all pages.

    Raises
    ------
    SourceError
        Pages that are missing or no workbooks, headings that are not there, figures that are none, names of a row that
        contradict each other, a year that is not that of the title: all at once.
    """
    ledger = Ledger(where=spec.path, thousands=spec.thousands)
    several = YEAR in path.name
    files: Mapping[int, Path] = (
        files_by_year(path, spec.path, spec.years, spec.files, spec.skip) if several else {spec.year or 0: path}
    )
    for absent, reason in sorted(spec.skip.items()):
        ledger.say(f"no page of {absent}: {reason}")
    data = {p.name: file_bytes(p, largest=LARGEST_WORKBOOK) for p in files.values()}
    books = [Book(data=data[p.name], path=p, where=p.name, wanted=spec.sheet) for p in files.values()]
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    for (year, file), sheet in zip(files.items(), sheets_of(books), strict=True):
        try:
            if isinstance(sheet, SourceError):
                raise sheet
            page = page_of(sheet, file.name)
        except SourceError as fault:
            ledger.faults += fault.faults
            continue
        opened = _opened(spec, page, year, file.name, ledger)
        if opened is not None:
            _take(spec, opened, columns, ledger)
    raw = together(data) if several else next(iter(data.values()))
    return sealed(spec, raw, columns, ledger, steps=tuple(f"read of {name}" for name in data) if several else ())


def _opened(spec: YearbookPageSpec, page: Page, year: int, name: str, ledger: Ledger) -> _Opened | None:
    """The page with its year: that of the file name must be that of the title."""
    place = f", {name}" if YEAR in spec.path else ""
    if spec.title_has and not any(folded(spec.title_has) in folded(t) for t in page.titles):
        ledger.fault(
            f"the title does not have '{spec.title_has}': {' / '.join(page.titles)[:80]}", "is this the page?", place
        )
    if year and page.years and year not in page.years:
        ledger.fault(
            f"the title is of {page.years[-1]}, the source says {year}: {page.titles[0][:60]}",
            "the page lies under the wrong name",
            place,
        )
        return None
    if not year and len(page.years) != 1 and any(h.year is None for h in page.headings):
        ledger.fault("the title does not say of which year the figures are", "say year = ... on the source", place)
        return None
    if not page.years and year:
        ledger.say(f"{name}: the title names no year; {year} is from the file's name or the study")
    for note in page.notes:
        ledger.note(note, name)
    for note in page.footers:
        ledger.note(f"footer passed over: {note[:60]}", name)
    printed = [h.year for h in page.headings if h.year is not None]
    return _Opened(page=page, year=year or max([*page.years, *printed]), name=name)


def _take(spec: YearbookPageSpec, opened: _Opened, columns: dict[str, list[object]], ledger: Ledger) -> None:
    """The figures of every series on one page."""
    sheet = opened.page.sheet
    _names_agree(opened, ledger)
    for alias in spec.series:
        chosen = _chosen(spec, alias, opened, ledger)
        latest = max((h.year for h in chosen if h.year is not None), default=opened.year)
        for heading in chosen:
            year = heading.year or opened.year
            measure, factor = _measure(spec, alias, opened, heading, ledger)
            values: dict[str, float] = {}
            for entry in heading.entries:
                cells = sheet.rows[entry.row]
                place = sheet.place(entry.row, entry.column)
                full = f"{opened.name}!{place}"
                if not entry.unit.strip():
                    ledger.fault("figures stand beside no region", "the rows may have been shifted", f", {full}")
                    continue
                cell = cells[entry.column] if entry.column < len(cells) else None
                value = ledger.number(cell, f", {full}", entry.unit.strip(), measure)
                values[entry.unit] = value
                columns["unit"].append(entry.unit)
                columns["time"].append(year)
                columns["series"].append(f"{spec.id}.{alias}")
                columns["value"].append(value * factor if factor != 1.0 else value)
                columns["measure"].append(measure)
                columns["vintage"].append(spec.vintage or latest + spec.printed_after)
                columns["cell"].append(full if YEAR in spec.path else place)
            _adds_up(alias, opened, values, (measure, year), ledger)


def _names_agree(opened: _Opened, ledger: Ledger) -> None:
    """The two names of each row must mean the same region."""
    for row in opened.page.rows:
        a, b = match(row.unit), match(row.other) if row.other else None
        kinds = is_not_a_province(row.unit), is_not_a_province(row.other) if row.other else None
        place = f"{opened.name}!{opened.page.sheet.place(row.row, 0)}"
        if (a and b and a.code != b.code) or (a and kinds[1]) or (b and kinds[0]):
            ledger.fault(
                f"the two names of a row are not of one region: {row.unit.strip()} and {row.other.strip()}",
                "one column may have been shifted against the other: take the page as it was published",
                f", {place}",
            )
        elif a and row.other and b is None:
            ledger.note(f"the second name of {row.unit.strip()} is not known: {row.other.strip()}", place)


def _chosen(spec: YearbookPageSpec, alias: str, opened: _Opened, ledger: Ledger) -> list[Heading]:
    """The column of a series on a page, or its columns where it stands there for several years."""
    own = [text for span, text in spec.headings.get(alias, {}).items() if _within(span, opened.year, ledger)]
    wanted = own[0] if own else spec.series[alias]
    if not wanted.strip():
        ledger.say(f"'{alias}' is not printed on the page of {opened.year}, as declared")
        return []
    names = [w.strip() for w in wanted.split("|") if w.strip()]
    headings = opened.page.headings
    found = [h for h in headings if any(folded(n) in _spelled(h) for n in names)]
    if YEAR in spec.path and len(found) > 1:
        found = [h for h in found if h.year in (None, opened.year)]
    years = [h.year for h in found]
    if len(found) == 1 or (found and None not in years and len(set(years)) == len(years)):
        return found
    shown = list(dict.fromkeys(h.shown for h in headings))
    if found:
        places = (f"{h.shown} ({opened.page.sheet.place(h.row, h.column)})" for h in found)
        what = f"several columns fit '{wanted}': {', '.join(places)}"
        mend = f"name one in headings.{alias}"
    else:
        near = nearest(names[0], shown)
        what = f"there is no heading '{wanted}'"
        mend = f"did you mean '{near}'? " if near else ""
        mend += f'the page has {", ".join(shown)}; say headings = {{ {alias} = {{ "{opened.year}" = "..." }} }}'
    ledger.fault(what, mend, f", {opened.name}")
    return []


def _spelled(heading: Heading) -> tuple[str, ...]:
    """What a heading may be called; years alone head the figures of a page that has one series, which its title names."""
    return (folded(heading.zh), folded(heading.en)) if heading.shown else ("",)


def _within(span: str, year: int, ledger: Ledger) -> bool:
    found = _SPAN.fullmatch(span)
    if found is None:
        ledger.fault(f"'{span}' is neither a year nor a span of years", 'write "2018" or "2012-2016"')
        return False
    return int(found[1]) <= year <= int(found[2] or found[1])


def _measure(
    spec: YearbookPageSpec, alias: str, opened: _Opened, heading: Heading, ledger: Ledger
) -> tuple[str, float]:
    """The unit of measure of a series and what to multiply the figures of this page by."""
    printed = opened.page.measure_of(heading)
    declared = spec.measures.get(alias)
    place = f", {opened.name}!{opened.page.sheet.place(heading.row, heading.column)}"
    if printed is None and declared is not None:
        listed = heading.listed or opened.page.measures
        if listed and not any(conversion(m, declared) == 1.0 or same_measure(m, declared) for m in listed):
            ledger.fault(
                f"'{alias}' is declared in {declared}, the page is in {', '.join(listed)}", "correct it", place
            )
        ledger.note(f"'{alias}' is in {declared} by the study: the page does not say", opened.name)
        return declared, 1.0
    if printed and declared is not None and not same_measure(printed, declared):
        factor = conversion(printed, declared)
        if factor is not None:
            ledger.note(f"pages of '{alias}' converted from {printed} to {declared}", opened.name)
            return declared, factor
    return settle_measure(spec, alias, printed, ledger, place), 1.0


def _adds_up(alias: str, opened: _Opened, values: Mapping[str, float], about: tuple[str, int], ledger: Ledger) -> None:
    """A note where provinces, with the rows that the nation has beside them, do not add up to the national row."""
    measure, year = about
    if measure.startswith(("%", "‰", "上年")):
        return
    nation = [v for u, v in values.items() if is_not_a_province(u) == "the national total"]
    kinds = ("Hong Kong", "an amount not")
    parts = [v for u, v in values.items() if match(u) or (is_not_a_province(u) or "").startswith(kinds)]
    parts = [v for v in parts if v == v]
    if len(nation) != 1 or nation[0] != nation[0] or not nation[0] or len(parts) < 25:
        return
    whole = all(float(v).is_integer() for v in parts)
    slack = max(UNEVEN * abs(nation[0]), (0.5 if whole else 0.05) * len(parts))
    if abs(sum(parts) - nation[0]) > slack:
        share = 100 * sum(parts) / nation[0]
        ledger.say(f"{opened.name}: the rows of '{alias}' add up to {share:.3f}% of the national row of {year}")


def recognise(path: Path) -> str | None:
    """Why a file is a page of a yearbook, or None."""
    if path.suffix.casefold() not in (*WORKBOOKS, *_TEXTS):
        return None
    try:
        sheet = _only_sheet(path)
        page = page_of(sheet, path.name)
    except SourceError:
        return None
    return _why(page) if sheet.turned is None else None


def _why(page: Page) -> str | None:
    """What makes a sheet a page; a table that is only rows of units and columns of years is left to other layouts."""
    units = {e.unit for e in page.rows}
    if len(units) < 0.6 * len(page.rows):
        return None
    printed = page.titles or page.measures or any(h.zh and h.en for h in page.headings)
    if all(h.year is not None and not h.shown for h in page.headings) and not printed:
        return None
    if page.sheet.lines and not printed:
        return None
    return f"rows of regions below headings of {len(page.headings)} columns, under the title '{_title(page)}'"


def _only_sheet(path: Path) -> Sheet:
    return sheet_of(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name)


def _title(page: Page) -> str:
    return " ".join(page.titles[0].split())[:60] if page.titles else ""


def look(path: Path) -> Reading:
    """What a page holds: one series for each heading, with the years that it stands there for."""
    page = page_of(_only_sheet(path), path.name)
    ledger = Ledger(where=path.name, thousands=",")
    year = _year_of(page, path, ledger)
    _names_agree(_Opened(page=page, year=year, name=path.name), ledger)
    for note in (*page.notes, *(f"footer passed over: {f[:60]}" for f in page.footers)):
        ledger.say(note)
    if any(h.measure is None and len(h.listed) > 1 for h in page.headings):
        ledger.say(
            f"the page is in {', '.join(page.measures)}: which column is in which must be declared where it is open"
        )
    series: dict[str, list[Heading]] = {}
    for heading in page.headings:
        name = f"{heading.zh} / {heading.en}" if heading.zh and heading.en else heading.shown
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
            frame["unit"].append(entry.unit)
            frame["time"].append(heading.year or year)
            frame["value"].append(ledger.number(cell, f"!{place}", entry.unit.strip(), measure or None))
            frame["cell"].append(place)
    return series_seen(name, measure, pd.DataFrame(frame))


SOURCES.register(
    SourceKind(
        name="yearbook_page",
        spec=YearbookPageSpec,
        summary="pages of a yearbook in Excel, one for each year, with bilingual headings and a unit line",
        read=read,
        recognise=recognise,
        look=look,
        files=pages_of,
    )
)
