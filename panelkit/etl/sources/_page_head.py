"""The head of a yearbook page: titles, unit line, bilingual headings over several rows, their years; rows of regions are in _page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from panelkit.etl.harmonise.units import known_measure, parse_measure, plain, same_measure
from panelkit.etl.sources._cells import FOOTER, odd_years, read_year
from panelkit.etl.sources._workbook import Sheet
from panelkit.facts.cities import match_city
from panelkit.facts.provinces import is_not_a_province, match

CJK = re.compile(r"[\u3400-\u9fff]")
CONTINUED = re.compile(r"续\s*表|\(续\d*\)|\bcontinued\b|\bcont'?d\b", re.IGNORECASE)
CORNERS = frozenset(
    {"地区", "地区名称", "省份", "省市", "省市区", "省、市、自治区", "省区市", "region", "regions", "province", "area"}
    | {
        "市别",
        "城市",
        "城市名称",
        "市",
        "市县",
        "市、县",
        "县区",
        "县市",
        "县(市、区)",
        "县(区)",
        "市(州)",
        "市州",
        "市(县)",
    }
    | {
        "市地",
        "各市",
        "各县",
        "city",
        "cities",
        "county",
        "district",
        "state",
        "country",
        "economy",
        "国家",
        "国家和地区",
    }
    | {
        "国家(地区)",
        "国别",
        "国别(地区)",
        "行业",
        "行业名称",
        "按行业分",
        "sector",
        "industry",
        "企业",
        "企业名称",
        "公司",
    }
)
YEAR_CORNERS = frozenset({"年份", "年", "年度", "年别", "时间", "year", "years"})
_UNIT_LINE = re.compile(
    r"^\(?\s*(?:计\s*量\s*)?(?:单\s*位|unit)s?\s*:\s*(?P<zh>[^a-zA-Z(]*)\s*(?P<en>\(?[a-zA-Z0-9].*)?$",
    re.DOTALL | re.IGNORECASE,
)
_BARE_UNIT = re.compile(r"^\((?P<en>[^()]+)\)$")
_BOTH = re.compile(r"^(?P<zh>.*[\u3400-\u9fff)%]\S*)\s+(?P<en>[A-Za-z][A-Za-z'&.\- ]{2,}.*)$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_BRACKETED = re.compile(r"[(\[]\s*((?:19|20)\d\d)\s*年?\s*(?:末|底)?[)\]]")
_EDITION = re.compile(
    r"(?:统计)?年鉴\s*[-(]?\s*(?:19|20)\d\d|(?:19|20)\d\d年?[^\s年]*年鉴|yearbook\s*,?\s*(?:19|20)\d\d", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"^(?P<year>(?:19|20)\d\d)年?(?P<stem>\D.+)$")
_YEAR_LAST = re.compile(r"^(?P<stem>\D+?)[_\-]?(?P<year>(?:19|20)\d\d)年?$")
_OPPOSED = (("出口", "import", "export"), ("进口", "export", "import"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cell of a series: its row and column, the region as printed (Chinese first), and the same in the other language."""

    row: int
    column: int
    unit: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A series of a page.

    zh, en : its heading without units. measure : the unit that either prints. listed : units of the unit line above it, and
    of the columns beside it that print their own. year : that stands in the heading. column, row : of its first heading.
    """

    column: int
    zh: str
    en: str
    measure: str | None
    row: int
    year: int | None = None
    listed: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def shown(self) -> str:
        return self.zh or self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Titles, the units of the unit line, and the rows that hold headings."""

    titles: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[int, ...]


def shown(row: Sequence[object], column: int) -> str:
    """A cell as text in normal widths; whole numbers without a point, because a year may be one."""
    cell = row[column] if 0 <= column < len(row) else None
    if isinstance(cell, str):
        return plain(cell)
    if isinstance(cell, float) and cell == cell:
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    return "" if cell is None else str(cell)


def folded(text: str) -> str:
    """A heading without blanks, marks and case, so that "#研究人员" equals "研究人员" and "Enter-prises" "Enterprises"."""
    return "".join(c for c in plain(text).casefold() if c.isalnum())


def years_of(titles: Sequence[str]) -> tuple[int, ...]:
    """Years that titles name: those in brackets where there are any; the edition of a yearbook is not one."""
    bare = [_EDITION.sub(" ", plain(t)) for t in titles]
    found = [y for t in bare for y in _BRACKETED.findall(t)] or [y for t in bare for y in _YEAR.findall(t)]
    return tuple(sorted({int(y) for y in found}))


def is_corner(text: str) -> bool:
    """Whether a text heads a column of regions."""
    return "".join(text.split()).casefold() in CORNERS


def head_of(sheet: Sheet, span: tuple[int, int], columns: Sequence[int], other: int | None) -> Head:
    """The head of a table between two rows, whose figures stand in `columns`."""
    titles: list[str] = []
    rows: list[int] = []
    measures: tuple[str, ...] = ()
    start = min(columns)
    lines = {n: _unit_line(sheet.rows[n]) for n in range(*span)}
    unit_row = next((n for n, found in lines.items() if found is not None), None)
    for n in range(*span):
        row = sheet.rows[n]
        filled = [c for c in range(len(row)) if shown(row, c)]
        above = not rows and (unit_row is None or n < unit_row)
        if n == unit_row:
            measures = lines[n] or ()
            titles += _beside_the_unit(row, filled)
        elif not filled or FOOTER.match(shown(row, filled[0])):
            continue
        elif len(filled) == 1 and (above or filled[0] < start - 1) and read_year(shown(row, filled[0])) is None:
            if above and (not CONTINUED.search(shown(row, filled[0])) or years_of([shown(row, filled[0])])):
                titles.append(shown(row, filled[0]))
        elif _is_numbering([shown(row, c) for c in columns]):
            continue
        elif any(c >= start and c != other for c in filled):
            rows.append(n)
    return Head(titles=tuple(titles), measures=measures, rows=tuple(rows))


def _is_numbering(texts: Sequence[str]) -> bool:
    """Whether a row only counts the columns: 1 2 3, or (1) (2) (3)."""
    filled = [t.strip("()") for t in texts if t]
    first = int(filled[0]) if filled and filled[0].isdigit() else 100
    return len(filled) > 1 and first < 100 and filled == [str(first + i) for i in range(len(filled))]


def _beside_the_unit(row: Sequence[object], filled: Sequence[int]) -> list[str]:
    """A title that stands in the same row as the unit line."""
    texts = [shown(row, c) for c in filled if _units_in(shown(row, c)) is None]
    return [t for t in texts if (CJK.search(t) or _YEAR.search(t)) and known_measure(t.strip("()")) is None]


def _unit_line(row: Sequence[object]) -> tuple[str, ...] | None:
    """Units that a unit line names, such as "单位:个,亿元" or "(100 million yuan)"; None where the row is none."""
    filled = [c for c in range(len(row)) if shown(row, c)]
    for c in filled:
        found = _units_in(shown(row, c))
        if found is not None:
            return found
    if len(filled) == 1 and (bare := _BARE_UNIT.match(shown(row, filled[0]))):
        only = known_measure(bare["en"])
        return (only,) if only else None
    return None


def _units_in(text: str) -> tuple[str, ...] | None:
    found = _UNIT_LINE.match(text)
    if found is None:
        return None
    whole = known_measure(f"{found['zh']}{found['en'] or ''}".strip("() "))
    if whole:
        return (whole,)
    given = found["zh"].strip(" )") or (found["en"] or "").strip("() ")
    parts = [p.strip() for p in re.split(r"[,、，;；/.。]|\s{2,}", given) if p.strip()]
    whole = known_measure(given)
    return (whole,) if whole else tuple(known_measure(p) or p for p in parts)


def printed_unit(lines: Sequence[str]) -> str | None:
    """The unit of measure that one of the lines above a table prints for all of it, such as "单位：万人"; None where none does.

    >>> printed_unit(["2-6 分地区年末人口", "单位：万人"]), printed_unit(["单位：个、亿元"])
    ('万人', None)
    """
    found = {m for line in lines if (units := _units_in(plain(line))) for m in (units if len(units) == 1 else ("", ""))}
    return found.pop() if len(found) == 1 and "" not in found else None


# ---------------------------------------------------------------- headings


def headings_of(sheet: Sheet, head: Head, columns: Sequence[int], notes: list[str]) -> dict[int, Heading]:
    """The heading of each column that has one: its own texts from top to bottom below those of merged parents."""
    unit_rows = [n for n in head.rows if _holds_units([shown(sheet.rows[n], c) for c in columns])]
    rows = [n for n in head.rows if n not in unit_rows] or list(head.rows)
    unit_rows = [n for n in unit_rows if n not in rows]
    spread = {n: _years_spread(sheet, n, rows, columns) for n in rows}
    made = {c: _heading(sheet, rows, c, spread, notes) for c in columns}
    found = {c: h for c, h in made.items() if h is not None}
    found = _told_apart(sheet, rows, _years_below_one(found, notes), notes)
    for n in unit_rows:
        own = {c: known_measure(shown(sheet.rows[n], c).strip("()")) for c in found}
        found = {c: replace(h, measure=h.measure or own[c]) for c, h in found.items()}
    found = _years_in_names(found)
    own_measures = [h.measure for h in found.values() if h.measure is not None]
    left = tuple(m for m in head.measures if not any(same_measure(m, o) for o in own_measures))
    listed = left if len(head.measures) > 1 else head.measures
    return {c: replace(h, listed=listed) for c, h in found.items()}


def _holds_units(texts: Sequence[str]) -> bool:
    filled = [t for t in texts if t]
    return len(filled) > 1 and all(known_measure(t.strip("()")) is not None for t in filled)


def _years_spread(sheet: Sheet, row: int, rows: Sequence[int], columns: Sequence[int]) -> dict[int, int]:
    """Years of a heading row by column; a year also heads the blank cells right of it where other headings stand below."""
    found: dict[int, int] = {}
    last: int | None = None
    for c in columns:
        text = shown(sheet.rows[row], c)
        parent = _parent(sheet, row, c)
        year = read_year(parent if parent is not None else text)
        if year is None and (text or parent):
            last = None
        elif year is not None:
            last = year
        below = any(shown(sheet.rows[n], c) for n in rows if n != row)
        if year is not None or (last is not None and below and not text):
            found[c] = year if year is not None else int(last or 0)
    return found


def _heading(
    sheet: Sheet, rows: Sequence[int], column: int, spread: dict[int, dict[int, int]], notes: list[str]
) -> Heading | None:
    zh: list[str] = []
    en: list[str] = []
    year: int | None = None
    for n in rows:
        parent = _parent(sheet, n, column)
        text = parent if parent is not None else shown(sheet.rows[n], column)
        if column in spread[n]:
            year = spread[n][column]
            if read_year(text) is not None or not text:
                continue
        for line in text.split("\n"):
            both = _BOTH.match(line.strip())
            for part in (both["zh"], both["en"]) if both else (line.strip(),):
                if part:
                    (zh if CJK.search(part) or (not en and re.fullmatch(r"[(\[%‰].*", part)) else en).append(part)
    if not zh and not en and year is None:
        return None
    return _named(("".join(zh), " ".join(en)), (column, rows[0] if rows else 0), year, notes)


def _named(texts: tuple[str, str], at: tuple[int, int], year: int | None, notes: list[str]) -> Heading:
    """A heading of its Chinese and its English text."""
    name_zh, measure = parse_measure(re.sub(r"\s+", "", texts[0]))
    name_en, measure_en = parse_measure(texts[1])
    if year is None and (read_year(name_zh) or (not name_zh and read_year(name_en))):  # such as 2019年 over (元)
        year, name_zh, name_en = read_year(name_zh) or read_year(name_en), "", ""
    either = name_zh or name_en
    if measure and measure_en and known_measure(measure_en) and not same_measure(measure, measure_en):
        notes.append(f"the heading '{either}' prints two units: {measure} and {measure_en}")
    for word, wrong, right in _OPPOSED:
        if word in name_zh and wrong in name_en.casefold() and right not in name_en.casefold():
            notes.append(f"the two languages of a heading contradict each other: {name_zh} / {name_en}")
    return Heading(
        column=at[0],
        zh=name_zh.lstrip("#").strip(),
        en=name_en.lstrip("#").strip(),
        measure=measure if measure is not None else measure_en,
        row=at[1],
        year=year,
    )


def _parent(sheet: Sheet, row: int, column: int) -> str | None:
    """Text of a cell merged over several columns that covers this one; None where there is none."""
    for (top, left), (bottom, right) in sheet.merged:
        if top <= row <= bottom and left <= column <= right and right > left:
            return shown(sheet.rows[top], left) if row == top else ""
    return None


def _years_below_one(found: dict[int, Heading], notes: list[str]) -> dict[int, Heading]:
    """Columns that only print a year are of the heading left of them, whose cell once spanned them."""
    named: Heading | None = None
    made: dict[int, Heading] = {}
    for c, heading in sorted(found.items()):
        if heading.shown:
            named = heading if heading.year is not None else None
        elif named is not None:
            heading = replace(heading, zh=named.zh, en=named.en, measure=named.measure)
            notes.append(f"the heading '{named.shown}' also stands over the years right of it")
        made[c] = heading
    listed = [h.year for h in made.values() if h.year is not None]
    for name in dict.fromkeys(h.shown for h in made.values() if h.year is not None):
        years = [h.year for h in made.values() if h.shown == name and h.year is not None]
        if odd := odd_years(years):
            notes.append(odd)
    if listed and len(listed) < len(made) and len(set(listed)) > 1:
        left = ", ".join(h.shown for h in made.values() if h.year is None)
        notes.append(f"some headings print a year and some none: {left}")
    return made


def _told_apart(sheet: Sheet, rows: Sequence[int], found: dict[int, Heading], notes: list[str]) -> dict[int, Heading]:
    """Headings that stand twice are told apart by the heading left of and above them, where merged cells were lost."""
    keys = [(folded(h.shown), h.year) for h in found.values()]
    if len(set(keys)) == len(keys) or len(rows) < 2:
        return found
    top = rows[0]
    parent = ""
    made: dict[int, Heading] = {}
    for c, heading in found.items():
        own = shown(sheet.rows[top], c)
        parent = own or parent
        twice = keys.count((folded(heading.shown), heading.year)) > 1
        if twice and not own and parent and CJK.search(parent):
            notes.append(
                f"the heading '{heading.shown}' stands several times: taken below '{parent}', left of and above it"
            )
            heading = replace(heading, zh=parse_measure("".join(parent.split()) + heading.zh)[0])
        made[c] = heading
    return made


def _years_in_names(found: dict[int, Heading]) -> dict[int, Heading]:
    """Headings such as 2014年末人口 and 2015年末人口 as one heading with two years."""
    split: dict[int, tuple[str, int]] = {}
    for c, h in found.items():
        text = h.shown
        cut = _YEAR_FIRST.match(text) or _YEAR_LAST.match(text)
        if h.year is None and cut is not None:
            split[c] = (cut["stem"].strip(" _-"), int(cut["year"]))
    stems = [stem for stem, _ in split.values()]
    several = {c: s for c, s in split.items() if stems.count(s[0]) > 1}
    return {
        c: replace(h, zh=several[c][0] if h.zh else "", en=h.en if h.zh else several[c][0], year=several[c][1])
        if c in several
        else h
        for c, h in found.items()
    }


def is_known(text: str) -> bool:
    """Whether a text is a province, a row of provincial tables that is none, or a city."""
    return bool(text) and (
        match(text) is not None or is_not_a_province(text) is not None or match_city(text) is not None
    )


def is_unit(sheet: Sheet, text: str) -> bool:
    """Whether a text names a row of figures: a place that is known, or what stands below the corner of this sheet."""
    return is_known(text) or text in sheet.named
