"""Pages of yearbooks (.xls, .xlsx): one page, or one for each year, with bilingual headings; portal exports are in nbs_excel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from panelkit.core.errors import SourceError
from panelkit.core.key import joined
from panelkit.core.nearest import nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import REGION, Observations, SourceSpec
from panelkit.core.spec import spec
from panelkit.etl.harmonise.units import conversion, same_measure
from panelkit.etl.sources._many import YEAR, files_by_year, one_file, together
from panelkit.etl.sources._observed import Ledger, observe, sealed, settle_measure
from panelkit.etl.sources._page import Page, page_of
from panelkit.etl.sources._page_across import members_of
from panelkit.etl.sources._page_head import CJK, Heading, folded
from panelkit.etl.sources._page_look import look, names_agree, recognise
from panelkit.etl.sources._several import files_of_several, over_several
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, Book, sheet_names, sheets_of
from panelkit.facts.provinces import is_not_a_province, match

_KEYS = ("unit", "time", "series", "value", "measure", "vintage", "cell")
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
        Alias -> heading in Chinese or English without its unit, "*" for columns that only years head; wordings that follow each
        other over the years are parted by "|", such as "主营业务收入 | 营业收入", and a page must have exactly one of them.
    headings : dict
        Alias -> { "2018" or "2012-2016" -> heading }, where some years differ; "" says that the page does not print it.
    measures : dict
        Alias -> unit of measure. Pages that print another power of ten are converted, with a note; required where a page
        prints none, or several without saying which column is in which.
    year : int, optional
        Of a single page whose title does not name one.
    unit_name : str
        The unit of a page whose rows are years, such as "全国" or "浙江".
    across : str
        Key of the panel that stands in the columns, such as "industry": every column of a series is then one value of it, by its
        heading, and the unit is of region and that. A series is named by the heading over its columns, or by the title.
    printed_after : int
        Years from the figures to the yearbook that prints them: the vintage of each page, unless `vintage` is given.
    sheet : str
        Where a page has several sheets with cells; with {year}, such as "{year}年", a workbook of one sheet for each year.
    thousands : str
        Separator of thousands. decimal : "," where figures have a decimal comma.
    title_has : str
        Words that the title of every page must have.
    """

    headings: dict[str, dict[str, str]] = field(default_factory=dict)
    year: int | None = None
    unit_name: str = ""
    across: str = ""
    printed_after: int = 1
    sheet: str = ""
    thousands: str = ""
    decimal: Literal["", ","] = ""
    title_has: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A page with the year of its figures, 0 where only its headings say it, its latest year, and how its cells begin in messages
    and in `cell`.
    """

    page: Page
    year: int
    latest: int
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
    ledger = Ledger(where=spec.path, thousands=spec.thousands, decimal=spec.decimal)
    several = YEAR in path.name
    files: Mapping[int, Path] = (
        files_by_year(path, spec.path, spec.years, spec.files, spec.skip) if several else {spec.year or 0: path}
    )
    for absent, reason in sorted(spec.skip.items()):
        ledger.say(f"no page of {absent}: {reason}")
    data = {p.name: file_bytes(p, largest=LARGEST_WORKBOOK) for p in files.values()}
    pages = [(y, Book(data=data[p.name], path=p, where=p.name, wanted=spec.sheet)) for y, p in files.items()]
    if YEAR in spec.sheet:
        pages = [found for _, book in pages for found in _by_sheet(spec, book)]
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    for (year, book), sheet in zip(pages, sheets_of([b for _, b in pages]), strict=True):
        try:
            if isinstance(sheet, SourceError):
                raise sheet
            page = page_of(sheet, book.where)
        except SourceError as fault:
            ledger.faults += fault.faults
            continue
        opened = _opened(spec, page, year, book.path.name, ledger)
        if opened is not None:
            _take(spec, opened, columns, ledger)
    raw = together(data) if several else next(iter(data.values()))
    parts = (REGION, spec.across) if spec.across else None
    steps = tuple(f"read of {name}" for name in data) if several else ()
    return sealed(spec, raw, columns, ledger, steps=steps, parts=parts)


def _by_sheet(spec: YearbookPageSpec, book: Book) -> list[tuple[int, Book]]:
    """The sheets of a workbook that has one for each year.

    Raises
    ------
    SourceError
        No sheet is called so, or there is none for a year that the source declares.
    """
    pattern = re.compile(re.escape(spec.sheet).replace(re.escape(YEAR), r"(\d{4})", 1))
    names = sheet_names(book.data, book.path, book.where)
    found = {int(m[1]): n for n in names if (m := pattern.fullmatch(n))}
    wanted = range(spec.years[0], spec.years[1] + 1) if spec.years else sorted(found)
    missing = [y for y in wanted if y not in found and str(y) not in spec.skip]
    if missing or not found:
        what = (
            f"there is no sheet for {', '.join(map(str, missing))}" if missing else f"no sheet is called '{spec.sheet}'"
        )
        mend = f'the sheets are {", ".join(names)}; say why one is missing: skip = {{ 2015 = "not published" }}'
        raise SourceError(what, where=book.where, mend=mend)
    return [(y, replace(book, wanted=found[y])) for y in wanted if y in found]


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
    if page.by_year and not spec.unit_name:
        title = " / ".join(page.titles)[:60]
        ledger.fault(
            f"the rows are years of one unit, which the page does not name as one: {title}",
            'say whose figures they are: unit_name = "全国", or the name of the province or city',
            place,
        )
        return None
    if not page.years and year and any(h.year is None for h in page.headings):
        ledger.say(f"{name}: the title names no year; {year} is from the file's name or the study")
    for note in page.notes:
        ledger.say(note, name)
    for note in page.footers:
        ledger.say(f"footer passed over: {note[:60]}", name)
    printed = [h.year for h in page.headings if h.year is not None]
    own = year or (page.years[0] if len(page.years) == 1 else 0)
    return _Opened(page=page, year=own, latest=own or max([*page.years, *printed], default=0), name=name)


def _take(spec: YearbookPageSpec, opened: _Opened, columns: dict[str, list[object]], ledger: Ledger) -> None:
    """The figures of every series on one page."""
    sheet = opened.page.sheet
    names_agree(opened.page, opened.name, ledger)
    for alias in spec.series:
        if spec.across:
            members = members_of(opened.page, spec.series[alias], len(spec.series) == 1, f", {opened.name}", ledger)
        else:
            members = [(h, "") for h in _chosen(spec, alias, opened, ledger)]
        latest = max((h.year for h, _ in members if h.year is not None), default=opened.year)
        for heading, member in members:
            year = heading.year or opened.year
            if not year:
                ledger.fault(
                    f"neither the title nor the heading '{heading.shown}' says of which year the figures are",
                    "say year = ... on the source",
                    f", {opened.name}!{sheet.place(heading.row, heading.column)}",
                )
                continue
            measure, factor = _measure(spec, alias, opened, heading, ledger)
            values: dict[str, float] = {}
            for entry in heading.entries:
                cells = sheet.rows[entry.row]
                place = sheet.place(entry.row, entry.column)
                full = f"{opened.name}!{place}"
                unit = spec.unit_name if opened.page.by_year else entry.unit
                if not unit.strip():
                    ledger.fault("figures stand beside no region", "the rows may have been shifted", f", {full}")
                    continue
                cell = cells[entry.column] if entry.column < len(cells) else None
                value = ledger.number(cell, f", {full}", unit.strip(), measure)
                values[unit] = value
                key = (joined((unit, member)) if member else unit, year)
                seen = value * factor if factor != 1.0 else value
                observe(columns, key, f"{spec.id}.{alias}", seen, measure, full if YEAR in spec.path else place)
                columns["vintage"].append(spec.vintage or latest + spec.printed_after)
            _adds_up(alias, opened, values, (measure, year), ledger)


def _chosen(spec: YearbookPageSpec, alias: str, opened: _Opened, ledger: Ledger) -> list[Heading]:
    """The column of a series on a page, or its columns where it stands there for several years."""
    own = [text for span, text in spec.headings.get(alias, {}).items() if _within(span, opened.latest, ledger)]
    wanted = own[0] if own else spec.series[alias]
    if not wanted.strip():
        ledger.say(f"'{alias}' is not printed on the page of {opened.latest}, as declared")
        return []
    names = [w.strip() for w in wanted.split("|") if w.strip()]
    headings = opened.page.headings
    found = [h for h in headings if any(folded(n) in _spelled(h) for n in names)]
    if not found:
        found = [h for h in headings if any(len(folded(n)) > 1 and folded(n) == _chinese(h) for n in names)]
    title = folded("".join(opened.page.titles))
    if not found and any(len(folded(n)) > 1 and folded(n) in title for n in names):
        found = [h for h in headings if not h.shown]
    if YEAR in spec.path + spec.sheet and len(found) > 1:
        found = [h for h in found if h.year in (None, opened.year)]
    if not found and all(not h.shown for h in headings):
        shown = " ".join((opened.page.titles or ("none",))[0].split())[:60]
        ledger.say(
            f"years alone head the figures: '{wanted}' is what the study says they are, under the title '{shown}'"
        )
        found = list(headings)
    years = [h.year for h in found]
    if len(found) == 1 or (found and None not in years and len(set(years)) == len(years)):
        return found
    listed = list(dict.fromkeys(h.shown for h in headings if h.shown))
    if found:
        places = (f"{h.shown} ({opened.page.sheet.place(h.row, h.column)})" for h in found)
        what = f"several columns fit '{wanted}': {', '.join(places)}"
        mend = f"name one in headings.{alias}"
    else:
        near = nearest(names[0], listed)
        what = f"there is no heading '{wanted}'"
        mend = f"did you mean '{near}'? " if near else ""
        mend += f'the page has {", ".join(listed)}; say headings = {{ {alias} = {{ "{opened.latest}" = "..." }} }}'
    ledger.fault(what, mend, f", {opened.name}")
    return []


def _spelled(heading: Heading) -> tuple[str, ...]:
    """What a heading may be called; years alone head the figures of a page that has one series, which its title names."""
    return tuple(filter(None, (folded(heading.zh), folded(heading.en)))) or ("",)


def _chinese(heading: Heading) -> str:
    """The Chinese part of a heading that is in two languages in one line, such as "Total 合计"."""
    return "".join(CJK.findall(heading.zh))


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
        ledger.say(f"'{alias}' is in {declared} by the study: the page does not say", opened.name)
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


SOURCES.register(
    SourceKind(
        name="yearbook_page",
        spec=YearbookPageSpec,
        summary="pages of a yearbook in Excel, one for each year, with bilingual headings and a unit line",
        read=over_several(read, own=(YEAR,)),
        recognise=recognise,
        look=look,
        files=files_of_several(pages_of, own=(YEAR,)),
        sheets=True,
    )
)
