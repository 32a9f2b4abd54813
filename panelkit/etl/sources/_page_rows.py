"""What the rows of a yearbook page are where they are no provinces: other units below a corner, years of one unit, or both; heads are
in _page_head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from panelkit.etl.sources._cells import FOOTER, is_figure, odd_years, read_year
from panelkit.etl.sources._page_head import YEAR_CORNERS, Entry, Heading, folded, is_corner, is_known, shown
from panelkit.etl.sources._workbook import Sheet

FIRST_COLUMNS = 4  # names of rows stand in one of them
FEWEST_YEARS = 4


def with_names(sheet: Sheet) -> Sheet:
    """The sheet with the names of its rows, where no column holds known places: years, or texts below a corner such as 县区."""
    width = min(max(map(len, sheet.rows), default=0), FIRST_COLUMNS)
    if any(sum(is_known(shown(r, c)) for r in sheet.rows) >= 3 for c in range(width)):
        return sheet
    for column in range(width):
        years = [t for r in sheet.rows if read_year(t := shown(r, column)) and _figures_right(r, column)]
        if len(years) >= FEWEST_YEARS and len(set(years)) == len(years):
            return replace(sheet, named=frozenset(years))
    for column in range(width):
        corner = next((n for n, r in enumerate(sheet.rows) if is_corner(shown(r, column))), None)
        below = sheet.rows[corner + 1 :] if corner is not None else ()
        names = [t for r in below if _is_name(t := shown(r, column)) and _figures_right(r, column)]
        if len(set(names)) >= 3:
            return replace(sheet, named=frozenset(names))
    return sheet


def _is_name(text: str) -> bool:
    return bool(text) and not is_figure(text) and not FOOTER.match(text)


def _figures_right(row: Sequence[object], column: int) -> bool:
    return any(is_figure(cell) for cell in row[column + 1 :])


def merged_name(sheet: Sheet, row: int, column: int) -> str:
    """The text of a cell merged over several rows of one column that covers this one, "" where there is none."""
    for (top, left), (bottom, right) in sheet.merged:
        if left == right == column and top < row <= bottom:
            return shown(sheet.rows[top], column)
    return ""


def dated_rows(
    sheet: Sheet, unit: int, headings: tuple[Heading, ...], notes: list[str]
) -> tuple[tuple[Heading, ...], str]:
    """Headings of a page whose rows are years, or regions in several years, as one heading for each year.

    Returns
    -------
    headings, rows
        rows: "years" where they are years of one unit, which the page does not name (its entries have the unit ""); "both" where
        they are regions in several years; else "regions".
    """
    entries = {e.row: e for h in headings for e in h.entries}
    if sheet.named and all(read_year(e.unit) for e in entries.values()):
        listed = [read_year(entries[n].unit) or 0 for n in sorted(entries)]
        if "order" in (strange := odd_years(listed)):  # selected years are usual
            notes.append(strange.replace("header", "rows"))
        return _by_year(headings, {n: read_year(e.unit) or 0 for n, e in entries.items()}, alone=True), "years"
    time = next((h for h in headings if _is_time(sheet, h)), None)
    if time is None:
        return headings, "regions"
    years = {e.row: read_year(shown(sheet.rows[e.row], time.column)) or 0 for e in time.entries}
    keys = [(folded(e.unit), years.get(n)) for n, e in entries.items()]
    if len({k for k, _ in keys}) == len(keys) or len(set(keys)) < len(keys):
        return headings, "regions"
    notes.append(f"rows are of one region in one year, which stands in the column '{time.shown}'")
    kept = tuple(h for h in headings if h is not time)
    return _by_year(kept, years, alone=False), "both"


def _is_time(sheet: Sheet, heading: Heading) -> bool:
    """Whether a column is that of the years: called so, and nothing but years in it."""
    named = "".join(heading.zh.split()).casefold() in YEAR_CORNERS or heading.en.strip().casefold() in YEAR_CORNERS
    return named and all(read_year(shown(sheet.rows[e.row], heading.column)) for e in heading.entries)


def _by_year(headings: Sequence[Heading], years: dict[int, int], *, alone: bool) -> tuple[Heading, ...]:
    made: list[Heading] = []
    for heading in headings:
        grouped: dict[int, list[Entry]] = {}
        for entry in heading.entries:
            grouped.setdefault(years[entry.row], []).append(replace(entry, unit="", other="") if alone else entry)
        made += [replace(heading, year=year, entries=tuple(own)) for year, own in grouped.items()]
    return tuple(made)
