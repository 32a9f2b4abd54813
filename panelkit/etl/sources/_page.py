"""A page of a yearbook taken apart: its tables, their rows of regions and columns; heads are in _page_head, no file is opened.

5-3  各地区高技术产业生产经营情况 (2010年)
Statistics on Production and Management in High-tech Industry by Region (2010)
单位：亿元  (100 million yuan)
地 区  Region   企业数      主营业       利 润         headings run over rows, or over lines of one cell;
                (个)        务收入                     a merged parent stands over its children
                Number of   Revenue from Profits
全 国  National Total  28189  74482.8  4879.7          spacer rows between groups
注：...
续表 continued                                         further tables below (other regions, columns or years),
                                                       beside (regions again in a column on the right), or
                                                       with regions across and headings down
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from panelkit.core.errors import SourceError
from panelkit.etl.sources._cells import FOOTER, is_blank, is_figure, read_year
from panelkit.etl.sources._page_head import (
    CJK,
    CONTINUED,
    Entry,
    Head,
    Heading,
    folded,
    head_of,
    headings_of,
    is_corner,
    is_known,
    is_unit,
    shown,
    years_of,
)
from panelkit.etl.sources._page_rows import dated_rows, merged_name, with_names
from panelkit.etl.sources._workbook import Sheet
from panelkit.facts.provinces import match

UNIT_COLUMNS = 4  # regions of the first table stand in one of the first columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page; measures: of its unit lines; footers and notes: what was passed over and what looks odd; by_year: whether its rows are
    years of one unit, which it does not name; dated_rows: whether they are regions in several years.
    """

    sheet: Sheet
    titles: tuple[str, ...]
    measures: tuple[str, ...]
    headings: tuple[Heading, ...]
    footers: tuple[str, ...]
    notes: tuple[str, ...]
    by_year: bool = False
    dated_rows: bool = False

    @property
    def years(self) -> tuple[int, ...]:
        """Years that the titles name."""
        return years_of(self.titles)

    @property
    def rows(self) -> tuple[Entry, ...]:
        """The first entry of each row of regions."""
        found: dict[tuple[int, str], Entry] = {}
        for heading in self.headings:
            for entry in heading.entries:
                found.setdefault((entry.row, entry.unit), entry)
        return tuple(found[k] for k in sorted(found))

    def measure_of(self, heading: Heading) -> str | None:
        """The unit of a column: its own, else that of the unit line; of several, the one that no column prints for itself."""
        if heading.measure is not None:
            return heading.measure
        return heading.listed[0] if len(heading.listed) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Columns of one table: that of regions, that of the other language, and those of figures."""

    unit: int
    other: int | None
    values: tuple[int, ...]


def page_of(sheet: Sheet, where: str) -> Page:
    """The parts of a page.

    Raises
    ------
    SourceError
        No rows of regions with figures, no headings above them.
    """
    sheet = with_names(_turned(sheet))
    blocks = _blocks(sheet, where)
    unit = blocks[0].unit
    spans = _spans(sheet, unit)
    notes = list(sheet.notes)
    if sheet.turned is not None:
        notes.append("regions stand in columns and headings in rows")
    titles: list[str] = []
    measures: list[str] = []
    footers: list[str] = []
    found: list[Heading] = []
    before: dict[int, tuple[Head, dict[int, Heading]]] = {}
    for number, span in enumerate(spans):
        own_titles: tuple[str, ...] = ()
        for b, block in enumerate(blocks):
            head, headings = _headings(sheet, (span, block), before.get(b), notes)
            before[b] = (head, headings)
            own_titles = own_titles or head.titles
            measures += [m for m in head.measures if m not in measures]
            made, below = _columns(sheet, (span, block), headings, where, notes)
            footers += [f for f in below if f not in footers]
            found += _dated(made, head.titles, len(spans) > 1)
        titles += [t for t in own_titles if t not in titles]
        if number:
            notes.append(f"the page goes on at row {span[0] + 1}: a further table below the first")
    if len(blocks) > 1:
        notes.append(f"regions stand {len(blocks)} times side by side: read as one table")
    if not found:
        raise SourceError("no column has a heading", where=f"{where}!{sheet.name}", mend="is this a yearbook page?")
    joined, rows = dated_rows(sheet, unit, _joined(found), notes)
    return Page(
        sheet=sheet,
        titles=tuple(titles),
        measures=tuple(measures),
        headings=joined,
        by_year=rows == "years",
        dated_rows=rows == "both",
        footers=tuple(footers),
        notes=tuple(dict.fromkeys(notes)),
    )


def _figure(row: Sequence[object], column: int) -> bool:
    cell = row[column] if column < len(row) else None
    return is_figure(cell)


def _has_figure(row: Sequence[object], unit: int) -> bool:
    return any(_figure(row, c) for c in range(unit + 1, len(row)))


def _is_row(sheet: Sheet, row: int, unit: int) -> bool:
    """Whether a row is of a unit and has figures."""
    return is_unit(sheet, shown(sheet.rows[row], unit)) and _has_figure(sheet.rows[row], unit)


def _is_row_of_year(sheet: Sheet, row: int, unit: int) -> bool:
    """Whether a row is of a year of the whole, as some pages print above their regions."""
    return read_year(shown(sheet.rows[row], unit)) is not None and _has_figure(sheet.rows[row], unit)


def _code(text: str) -> str:
    found = match(text)
    return found.code if found else folded(text)


# ---------------------------------------------------------------- where the tables stand


def _turned(sheet: Sheet) -> Sheet:
    """The sheet with rows and columns changed where regions stand across and headings down."""
    width = max(map(len, sheet.rows), default=0)
    down = max((sum(is_known(shown(r, c)) for r in sheet.rows) for c in range(min(width, UNIT_COLUMNS))), default=0)
    across = [sum(is_known(shown(r, c)) for c in range(len(r))) for r in sheet.rows]
    most = max(across, default=0)
    if most < 5 or most <= 2 * down:
        return sheet
    top = across.index(most)
    body = sheet.rows[top:]
    swapped = tuple(tuple(r[c] if c < len(r) else None for r in body) for c in range(width))
    merged = tuple(
        ((top + left, up - top), (top + right, bottom - top))
        for (up, left), (bottom, right) in sheet.merged
        if up >= top
    )
    above = tuple(((a, b), (c, d)) for (a, b), (c, d) in sheet.merged if c < top)
    return replace(sheet, rows=(*sheet.rows[:top], *swapped), merged=(*above, *merged), turned=top)


def _blocks(sheet: Sheet, where: str) -> tuple[_Block, ...]:
    """The tables side by side: a column of regions begins one, unless it names the regions of the last in another language."""
    width = max(map(len, sheet.rows), default=0)
    texts = {c: [shown(r, c) for r in sheet.rows] for c in range(width)}
    counts = {c: sum(is_unit(sheet, t) for t in texts[c]) for c in range(width)}
    most = max((counts[c] for c in range(min(width, UNIT_COLUMNS))), default=0)
    found = [c for c in range(width) if counts[c] >= 3 and counts[c] > most / (2 if c < UNIT_COLUMNS else 3)]
    groups: list[list[int]] = []
    for c in found:
        pairs = [(a, b) for a, b in zip(texts[groups[-1][0]], texts[c], strict=True) if a and b] if groups else []
        known = [(a, b) for a, b in pairs if is_unit(sheet, a) and is_unit(sheet, b)]
        same = sum(_code(a) == _code(b) or not (match(a) and match(b)) for a, b in known)
        if groups and (same >= len(known) / 2 and known):
            groups[-1].append(c)
        else:
            groups.append([c])
    if not groups or groups[0][0] >= UNIT_COLUMNS or not _any_figures(sheet, groups[0][0]):
        begins = ", ".join(t for r in sheet.rows[:3] if (t := shown(r, 0)))
        raise SourceError(
            f"there is no column of regions, nor of years, with figures beside it (the sheet begins: {begins[:60]})",
            where=f"{where}!{sheet.name}",
            mend="give a page with one row for each region, or for each year",
        )
    made = []
    for i, group in enumerate(groups):
        stop = groups[i + 1][0] if i + 1 < len(groups) else width
        chinese = [c for c in group if sum(bool(CJK.search(t)) for t in texts[c]) > counts[c] / 2]
        unit = (chinese or group)[0]
        other = next((c for c in group if c != unit), None)
        values = tuple(
            c for c in range(min(group), stop) if c > unit and c != other and (other is None or c > min(unit, other))
        )
        if values:
            made.append(_Block(unit=unit, other=other, values=values))
    return tuple(made)


def _any_figures(sheet: Sheet, unit: int) -> bool:
    return any(is_unit(sheet, shown(r, unit)) and _has_figure(r, unit) for r in sheet.rows)


def _spans(sheet: Sheet, unit: int) -> list[tuple[int, int]]:
    """Rows of the tables below each other: a new one begins behind figures, with the corner of a head, or a word of continuation."""
    data = [n for n, r in enumerate(sheet.rows) if is_unit(sheet, shown(r, unit)) and _has_figure(r, unit)]
    starts = [0]
    for n, row in enumerate(sheet.rows):
        if n <= data[0] or n > data[-1] or n in data:
            continue
        texts = [shown(row, c) for c in range(len(row))]
        if is_corner(shown(row, unit)) or any(CONTINUED.search(t) for t in texts):
            last = max(d for d in data if d < n)
            if last + 1 > starts[-1] and any(d >= starts[-1] for d in data if d <= last):
                starts.append(last + 1)
    return [(a, b) for a, b in zip(starts, [*starts[1:], len(sheet.rows)], strict=True)]


# ---------------------------------------------------------------- one table


def _headings(
    sheet: Sheet,
    table: tuple[tuple[int, int], _Block],
    before: tuple[Head, dict[int, Heading]] | None,
    notes: list[str],
) -> tuple[Head, dict[int, Heading]]:
    """The head of a table and its headings; what a continued table does not print again is that of the table before it."""
    (start, stop), block = table
    rows = range(start, stop)
    first = next((n for n in rows if _is_row(sheet, n, block.unit)), stop)
    above = next((n for n in range(start, first) if _is_row_of_year(sheet, n, block.unit)), None)
    if above is not None:
        notes.append(f"rows of years above those of regions passed over ({sheet.place(above, block.unit)})")
        first = above
    head = head_of(sheet, (start, first), block.values, block.other)
    if before is not None:
        titles = head.titles if years_of(head.titles) else (*before[0].titles, *head.titles)
        head = replace(head, titles=titles, measures=head.measures or before[0].measures)
    headings = headings_of(sheet, head, block.values, notes)
    if before is not None and not headings:
        notes.append(f"the table from row {start + 1} on has no headings: those of the table before it are taken")
        return head, before[1]
    return head, headings


def _columns(
    sheet: Sheet, table: tuple[tuple[int, int], _Block], headings: dict[int, Heading], where: str, notes: list[str]
) -> tuple[list[Heading], list[str]]:
    """The headings of a table with their entries, and the footers below it."""
    span, block = table
    rows, footers = _body(sheet, span, block, notes)
    made: list[Heading] = []
    for column in block.values:
        if column in headings:
            entries = tuple(replace(r, column=column) for r in rows)
            made.append(replace(headings[column], column=column, entries=entries))
        elif any(_figure(sheet.rows[r.row], column) for r in rows):
            at = next(r.row for r in rows if _figure(sheet.rows[r.row], column))
            raise SourceError(
                "a figure stands in a column without a heading",
                where=f"{where}!{sheet.place(at, column)}",
                mend="the rows may have been shifted: take the page as it was published",
            )
    return made, footers


def _body(sheet: Sheet, span: tuple[int, int], block: _Block, notes: list[str]) -> tuple[list[Entry], list[str]]:
    rows: list[Entry] = []
    footers: list[str] = []
    unit, other = block.unit, block.other
    first = next((n for n in range(*span) if _is_row(sheet, n, unit)), span[1])
    for n in range(first, span[1]):
        row = sheet.rows[n]
        name = shown(row, unit) or merged_name(sheet, n, unit)
        spelled = shown(row, other) if other is not None else ""
        cells = [row[c] for c in block.values if c < len(row)]
        figures = any(not is_blank(c) for c in cells if not isinstance(c, str) or any(d.isdigit() for d in c))
        if FOOTER.match(name) or (footers and name and not is_unit(sheet, name)):
            footers.append(name)
        elif not name and not spelled and not figures:
            continue
        elif not figures and rows and _other_name(rows[-1], name, spelled):
            rows[-1] = replace(rows[-1], other=name)
        elif not figures and match(name) is None:
            notes.append(f"row without figures passed over: {name[:40]} ({sheet.place(n, unit)})")
        else:
            found = Entry(
                row=n, column=0, unit=(str(row[unit] or "") or name) if name else spelled, other=spelled if name else ""
            )
            above = rows[-1] if rows else None
            slipped = not name and not spelled and above is not None and above.row == n - 1
            if slipped and above is not None and not _has_figure(sheet.rows[n - 1], unit):
                rows[-1] = replace(above, row=n)
                notes.append(
                    f"the figures of {above.unit.strip()} stand one row below its name ({sheet.place(n, unit)})"
                )
            else:
                rows.append(found)
    return rows, footers


def _other_name(above: Entry, name: str, spelled: str) -> bool:
    """Whether a row without figures is the name in the other language of the row above it."""
    same = bool(name) and is_known(name) and not above.other and not spelled
    return same and _code(name) == _code(above.unit) and bool(CJK.search(name)) != bool(CJK.search(above.unit))


def _dated(made: list[Heading], titles: tuple[str, ...], several: bool) -> list[Heading]:
    """Headings of one of several tables with the year of its own title, where they print none."""
    years = years_of(titles)
    if not several or len(years) != 1:
        return made
    return [h if h.year is not None else replace(h, year=years[0]) for h in made]


def _joined(found: list[Heading]) -> tuple[Heading, ...]:
    """Headings of tables that go on with each other as one: the same name and year, other regions."""
    made: list[Heading] = []
    for heading in found:
        regions = {_code(e.unit) for e in heading.entries}
        for i, known in enumerate(made):
            same = folded(known.zh) == folded(heading.zh) and folded(known.en) == folded(heading.en)
            if same and known.year == heading.year and not regions & {_code(e.unit) for e in known.entries}:
                made[i] = replace(known, entries=(*known.entries, *heading.entries))
                break
        else:
            made.append(heading)
    return tuple(made)
