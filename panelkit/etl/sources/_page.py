"""A page of a yearbook taken apart: title, unit line, bilingual headings over several rows, rows of regions; files are opened elsewhere.

5-3  各地区高技术产业生产经营情况 (2010年)
Statistics on Production and Management in High-tech Industry by Region (2010)
单位：亿元  (100 million yuan)
地 区  Region   企业数      主营业       利 润         headings run over rows, or over lines of one cell;
                (个)        务收入                     a merged parent stands over its children
                Number of   Revenue from Profits
全 国  National Total  28189  74482.8  4879.7          spacer rows between groups
注：...
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from panelkit.core.errors import SourceError
from panelkit.etl.harmonise.units import known_measure, parse_measure, plain, same_measure
from panelkit.etl.sources._cells import NoNumeral, is_blank, read_number
from panelkit.etl.sources._workbook import Sheet
from panelkit.facts.provinces import is_not_a_province, match

_CJK = re.compile(r"[\u3400-\u9fff]")
_UNIT_LINE = re.compile(r"^单\s*位\s*:\s*(?P<zh>[^a-zA-Z]*?)\s*(?P<en>\(?[a-zA-Z].*)?$", re.DOTALL)
_BOTH = re.compile(r"^(?P<zh>.*[\u3400-\u9fff)%]\S*)\s+(?P<en>[A-Za-z][A-Za-z'&.\- ]{2,}.*)$")
_FOOTER = re.compile(r"^(注|数据来源|资料来源|说明|note|source)s?\s*[:\d.]", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_OPPOSED = (("出口", "import", "export"), ("进口", "export", "import"))
UNIT_COLUMNS = 4  # regions stand in one of the first columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column of figures: its Chinese and English heading without units, the unit that either prints, and its column."""

    column: int
    zh: str
    en: str
    measure: str | None
    row: int

    @property
    def shown(self) -> str:
        return self.zh or self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRow:
    """A row of figures: its number, the region as printed (Chinese first), and the same in the other language."""

    row: int
    unit: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page; measures: of its unit line; footers and notes: what was passed over and what looks odd."""

    sheet: Sheet
    titles: tuple[str, ...]
    measures: tuple[str, ...]
    headings: tuple[Heading, ...]
    rows: tuple[RegionRow, ...]
    footers: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """Years that the titles name."""
        return tuple(sorted({int(y) for t in self.titles for y in _YEAR.findall(t)}))

    def measure_of(self, heading: Heading) -> str | None:
        """The unit of a column: its own, else that of the page; of several, the one that no column prints for itself."""
        if heading.measure is not None:
            return heading.measure
        own = [h.measure for h in self.headings if h.measure is not None]
        left = [m for m in self.measures if not any(same_measure(m, o) for o in own)]
        left = left if len(self.measures) > 1 else list(self.measures)
        return left[0] if len(left) == 1 else None


def folded(text: str) -> str:
    """A heading without blanks, marks and case, so that "#研究人员" equals "研究人员" and "Enter-prises" "Enterprises"."""
    return "".join(c for c in plain(text).casefold() if c.isalnum())


def page_of(sheet: Sheet, where: str) -> Page:
    """The parts of a page.

    Raises
    ------
    SourceError
        No rows of regions with figures, no headings above them.
    """
    unit, other = _region_columns(sheet, where)
    first = next(n for n, row in enumerate(sheet.rows) if _is_region(row, unit) and _has_figure(row, unit))
    values = range(max(unit, other if other is not None else 0) + 1, max(map(len, sheet.rows)))
    titles, measures, header = _head(sheet, first, values.start)
    rows, footers, passed = _body(sheet, first, unit, other)
    notes = [*passed, *sheet.notes]
    headings = []
    for column in values:
        found = _heading(sheet, header, column, notes)
        if found is not None:
            headings.append(found)
        elif any(_figure(sheet.rows[r.row], column) for r in rows):
            at = next(r.row for r in rows if _figure(sheet.rows[r.row], column))
            raise SourceError(
                "a figure stands in a column without a heading",
                where=f"{where}!{sheet.place(at, column)}",
                mend="the rows may have been shifted: take the page as it was published",
            )
    if not headings:
        raise SourceError("no column has a heading", where=f"{where}!{sheet.name}", mend="is this a yearbook page?")
    return Page(
        sheet=sheet,
        titles=titles,
        measures=measures,
        headings=tuple(headings),
        rows=rows,
        footers=footers,
        notes=tuple(notes),
    )


def _text(row: Sequence[object], column: int) -> str:
    cell = row[column] if column < len(row) else None
    return plain(cell) if isinstance(cell, str) else ""


def _figure(row: Sequence[object], column: int) -> bool:
    cell = row[column] if column < len(row) else None
    return not is_blank(cell) and not isinstance(read_number(cell, thousands=","), NoNumeral)


def _has_figure(row: Sequence[object], unit: int) -> bool:
    return any(_figure(row, c) for c in range(unit + 1, len(row)))


def _known(text: str) -> bool:
    return bool(text) and (match(text) is not None or is_not_a_province(text) is not None)


def _is_region(row: Sequence[object], column: int) -> bool:
    return _known(_text(row, column))


def _region_columns(sheet: Sheet, where: str) -> tuple[int, int | None]:
    """The column of regions, Chinese before English, and that of the other language where there is one."""
    counts = {c: sum(_is_region(row, c) for row in sheet.rows) for c in range(UNIT_COLUMNS)}
    most = max(counts.values(), default=0)
    found = [c for c, n in counts.items() if n >= 3 and n > most / 2]
    if not found or not any(_is_region(r, found[0]) and _has_figure(r, found[0]) for r in sheet.rows):
        shown = ", ".join(_text(r, 0) for r in sheet.rows[:3] if _text(r, 0))
        raise SourceError(
            f"there is no column of regions with figures beside them (the sheet begins: {shown[:60]})",
            where=f"{where}!{sheet.name}",
            mend="give a page with one row for each region",
        )
    chinese = [c for c in found if sum(bool(_CJK.search(_text(r, c))) for r in sheet.rows) > counts[c] / 2]
    unit = (chinese or found)[0]
    others = [c for c in found if c != unit]
    return unit, (others[0] if others else None)


def _head(sheet: Sheet, first: int, start: int) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Titles, the units of the unit line, and the rows that hold headings."""
    lines = {n: _unit_line(row) for n, row in enumerate(sheet.rows[:first])}
    unit_row = next((n for n, found in lines.items() if found is not None), None)
    titles: list[str] = []
    header: list[int] = []
    for n, row in enumerate(sheet.rows[:first]):
        filled = [c for c in range(len(row)) if _text(row, c)]
        if n == unit_row or not filled:
            continue
        above = not header and (unit_row is None or n < unit_row)
        if len(filled) == 1 and (above or filled[0] < start - 1):
            if unit_row is None or n < unit_row:
                titles.append(_text(row, filled[0]))
        elif any(c >= start for c in filled):
            header.append(n)
    measures = lines[unit_row] if unit_row is not None else None
    return tuple(titles), measures or (), tuple(header)


def _unit_line(row: Sequence[object]) -> tuple[str, ...] | None:
    """Units that a unit line names, such as "单位:个,亿元"; None where the row is none."""
    for c in range(len(row)):
        found = _UNIT_LINE.match(_text(row, c))
        if found:
            parts = [p.strip() for p in re.split(r"[,、，;/]", found["zh"].replace("(", "")) if p.strip()]
            return tuple(known_measure(p) or p for p in parts)
    return None


def _heading(sheet: Sheet, header: Sequence[int], column: int, notes: list[str]) -> Heading | None:
    """The heading of a column: its own texts from top to bottom below those of merged parents."""
    zh: list[str] = []
    en: list[str] = []
    for n in header:
        parent = _parent(sheet, n, column)
        for line in (parent if parent is not None else _text(sheet.rows[n], column)).split("\n"):
            both = _BOTH.match(line.strip())
            for part in (both["zh"], both["en"]) if both else (line.strip(),):
                if part:
                    (zh if _CJK.search(part) else en).append(part)
    if not zh and not en:
        return None
    name_zh, measure = parse_measure(re.sub(r"\s+", "", "".join(zh)))
    name_en, measure_en = parse_measure(" ".join(en))
    shown = name_zh or name_en
    if measure and measure_en and known_measure(measure_en) and not same_measure(measure, measure_en):
        notes.append(f"the heading '{shown}' prints two units: {measure} and {measure_en}")
    for word, wrong, right in _OPPOSED:
        if word in name_zh and wrong in name_en.casefold() and right not in name_en.casefold():
            notes.append(f"the two languages of a heading contradict each other: {name_zh} / {name_en}")
    return Heading(
        column=column,
        zh=name_zh.lstrip("#"),
        en=name_en.lstrip("#"),
        measure=measure if measure is not None else measure_en,
        row=header[0],
    )


def _parent(sheet: Sheet, row: int, column: int) -> str | None:
    """Text of a cell merged over several columns that covers this one; None where there is none."""
    for (top, left), (bottom, right) in sheet.merged:
        if top <= row <= bottom and left <= column <= right and right > left:
            return _text(sheet.rows[top], left) if row == top else ""
    return None


def _body(
    sheet: Sheet, first: int, unit: int, other: int | None
) -> tuple[tuple[RegionRow, ...], tuple[str, ...], list[str]]:
    rows: list[RegionRow] = []
    footers: list[str] = []
    passed: list[str] = []
    for n in range(first, len(sheet.rows)):
        row = sheet.rows[n]
        name = _text(row, unit)
        spelled = _text(row, other) if other is not None else ""
        figures = any(not is_blank(c) for c in row[unit + 1 :] if not isinstance(c, str) or _looks_figure(c))
        if _FOOTER.match(name) or (footers and not _known(name)):
            footers.append(name)
        elif not name and not spelled and not figures:
            continue
        elif not figures and match(name) is None:
            passed.append(f"row without figures passed over: {name[:40]} ({sheet.place(n, unit)})")
        else:
            found = RegionRow(row=n, unit=str(row[unit] or "") if name else spelled, other=spelled if name else "")
            above = rows[-1] if rows else None
            slipped = not name and not spelled and above is not None and above.row == n - 1
            if slipped and above is not None and not _has_figure(sheet.rows[n - 1], unit):
                rows[-1] = replace(above, row=n)
                passed.append(
                    f"the figures of {above.unit.strip()} stand one row below its name ({sheet.place(n, unit)})"
                )
            else:
                rows.append(found)
    return tuple(rows), tuple(footers), passed


def _looks_figure(cell: str) -> bool:
    return any(c.isdigit() for c in cell)
