"""Valid files of every kind of source, and what is done to spoil them: figures, layouts as grids of cells, files, verdicts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handmade import locked, ods, packed, web_archive, workbook
from pages import html

from panelkit.core.errors import PanelkitError
from panelkit.core.registry import SOURCES
from panelkit.etl.assemble import assemble
from panelkit.etl.quality import quality
from panelkit.etl.sources import _sheet_reader, _workbook
from panelkit.facts.provinces import match, provinces

YEARS = tuple(range(2012, 2020))


def truth(seed: int) -> dict[tuple[str, int], float]:
    """Figures of 31 provinces that grow by about 8 percent."""
    rng = random.Random(seed)
    level = {p.code: rng.uniform(500, 9000) for p in provinces()}
    return {
        (code, year): round(start * 1.08 ** (year - 2012) * rng.uniform(0.98, 1.02), 1)
        for code, start in level.items()
        for year in YEARS
    }


Grid = list[list[str]]


@dataclass(frozen=True)
class Layout:
    """A layout: how figures become rows of cells, which rows and columns hold them, how they become a file, and how it is read.

    years : what the panel asks for. typed : whether a file knows numbers from texts, so that some spellings cannot be in it.
    """

    kind: str
    make: Callable[[dict[tuple[str, int], float]], Grid]
    body: tuple[int, int]
    first: int
    fields: dict
    encoding: str = "utf-8"
    format: str = "csv"
    years: tuple[int, int] = (2012, 2019)

    @property
    def page(self) -> bool:
        """Whether it has one column of the series and not one for each year."""
        return self.years[0] == self.years[1]


def years_across(head: Grid, foot: Grid, corner: str = "地区", *, gap: str = "") -> Callable[..., Grid]:
    def make(figures):
        rows = [[p.name_zh, *(f"{figures[p.code, y]}{gap}" for y in reversed(YEARS))] for p in provinces()]
        return [*head, [corner, *(f"{y}年" for y in reversed(YEARS))], *rows, *foot]

    return make


def turned(figures) -> Grid:
    rows = [[str(y), *(str(figures[p.code, y]) for p in provinces())] for y in YEARS]
    return [["", *(p.name_zh for p in provinces())], *rows]


def tidy(figures) -> Grid:
    return [
        ["province", "year", "gdp"],
        *([p.name_zh, str(y), str(figures[p.code, y])] for p in provinces() for y in YEARS),
    ]


def wide(figures) -> Grid:
    rows = [[p.name_en, "亿元", *(str(figures[p.code, y]) for y in YEARS)] for p in provinces()]
    return [["province", "unit", *(f"gdp{y}" for y in YEARS)], *rows]


def stacked(figures) -> Grid:
    def block(title, years):
        return [
            [str(i), title if not i else "", p.name_zh, *(str(figures[p.code, y]) if y in years else "" for y in YEARS)]
            for i, p in enumerate(provinces())
        ]

    return [["", "", "", *map(str, YEARS)], *block("产值(亿元)", YEARS[3:]), *block("旧产值(亿元)", YEARS[:3])]


def page(figures) -> Grid:
    def row(zh, en, values):
        return [zh, en, *map(str, values)]

    head = [
        ["5-3 各地区产值(2015年)"],
        ["Output by Region (2015)"],
        ["单位：亿元"],
        ["地 区", "Region", "企业数(个)", "总产值\nOutput"],
    ]
    both = [(i + 10, figures[p.code, 2015]) for i, p in enumerate(provinces())]
    total = [sum(b[0] for b in both), round(sum(b[1] for b in both), 1)]
    body = [row(p.name_zh, p.name_en, b) for p, b in zip(provinces(), both, strict=True)]
    return [*head, row("全 国", "National Total", total), *body, ["注：一"]]


def page_years(figures) -> Grid:
    """A page with the years of one series side by side under its heading, and the national row."""
    rows = [[p.name_zh, p.name_en, *(str(figures[p.code, y]) for y in YEARS)] for p in provinces()]
    total = [str(round(sum(figures[p.code, y] for p in provinces()), 1)) for y in YEARS]
    head = [
        ["5-3 各地区产值"],
        ["单位：亿元"],
        ["地区", "Region", "总产值", *[""] * (len(YEARS) - 1)],
        ["", "", *map(str, YEARS)],
    ]
    return [*head, ["全国", "National Total", *total], *rows, ["注：一"]]


def page_across(figures) -> Grid:
    """A page with provinces across and headings down."""
    both = {p.code: (i + 10, figures[p.code, 2015]) for i, p in enumerate(provinces())}
    sums = [str(sum(v[0] for v in both.values())), str(round(sum(v[1] for v in both.values()), 1))]
    lines = [
        [n, u, sums[i], *(str(v[i]) for v in both.values())]
        for i, (n, u) in enumerate((("企业数", "个"), ("总产值", "亿元")))
    ]
    return [["5-3 各地区产值 (2015年)"], ["指标", "单位", "全国", *(p.name_zh for p in provinces())], *lines]


def series_columns(figures) -> Grid:
    """A column for each province, called region:indicator, lines of attributes above, dates down."""
    head = [
        ["指标名称", *(f"{p.name_zh}:GDP" for p in provinces())],
        ["频率", *["年"] * len(provinces())],
        ["单位", *["亿元"] * len(provinces())],
    ]
    return [
        *head,
        *([f"{y}-12-31", *(str(figures[p.code, y]) for p in provinces())] for y in YEARS),
        ["数据来源：Wind"],
    ]


def labelled(figures) -> Grid:
    """A tidy table with rows of labels and units below its header, as databases write them."""
    first, *rest = tidy(figures)
    return [first, ["省份", "年份", "产值"], ["没有单位", "没有单位", "亿元"], *rest]


def records(figures) -> Grid:
    """Three records to a province and year, numbered."""
    rows = []
    for (code, year), figure in figures.items():
        name = next(p.name_zh for p in provinces() if p.code == code)
        parts = [round(figure * 0.5, 2), round(figure * 0.3, 2)]
        parts.append(round(figure - sum(parts), 2))
        rows += [[name, f"{year}-0{m}-15", str(p)] for m, p in enumerate(parts, start=1)]
    return [["province", "year", "gdp", "number"], *([*row, str(n)] for n, row in enumerate(rows))]


FOOT = [["数据来源：国家统计局"]]
OLD = [["数据库：分省年度数据"], ["指标：地区生产总值(亿元)"], ["时间：最近8年"]]
NEW = [["数据库：分省年度数据 "], ["时间：2012年-2019年 "]]
N = len(provinces())
ONE = {"series": {"g": "地区生产总值"}, "measures": {"g": "亿元"}}
TIDY = {"series": {"g": "gdp"}, "measures": {"g": "亿元"}}
PAGE = {"series": {"g": "总产值"}}
QUERY = {**TIDY, "query": "SELECT * FROM t"}
ROWS = (1, 1 + N * len(YEARS))
LAYOUTS = {
    "old": Layout("nbs_csv", years_across(OLD, FOOT), (4, 4 + N), 1, ONE, "gb18030"),
    "new": Layout("nbs_csv", years_across(NEW, FOOT, gap="\t"), (3, 3 + N), 1, ONE, "utf-8-sig"),
    "turned": Layout("nbs_csv", turned, (1, 1 + len(YEARS)), 1, ONE),
    "tidy": Layout("tidy", tidy, ROWS, 2, TIDY),
    "wide": Layout("wide", wide, (1, 1 + N), 2, {"series": {"g": "gdp"}, "measure_column": "unit", "unit": "province"}),
    "stacked": Layout(
        "stacked_blocks", stacked, (1, 1 + N), 3, {"series": {"g": "产值"}, "continued": {"g": ("旧产值",)}}
    ),
    "page": Layout("yearbook_page", page, (5, 5 + N), 2, PAGE, format="xlsx", years=(2015, 2015)),
    "page of several years": Layout("yearbook_page", page_years, (5, 5 + N), 2, PAGE, format="xlsx"),
    "page across": Layout("yearbook_page", page_across, (3, 4), 3, PAGE, format="xlsx", years=(2015, 2015)),
    "page on the web": Layout("yearbook_page", page_years, (5, 5 + N), 2, PAGE, format="html"),
    "page under a password": Layout("yearbook_page", page, (5, 5 + N), 2, PAGE, format="locked", years=(2015, 2015)),
    "portal workbook": Layout("nbs_excel", years_across(OLD, FOOT), (4, 4 + N), 1, ONE, format="xlsx"),
    "wide workbook": Layout(
        "wide",
        wide,
        (1, 1 + N),
        2,
        {"series": {"g": "gdp"}, "measure_column": "unit", "unit": "province"},
        format="xlsx",
    ),
    "tidy workbook": Layout("tidy", tidy, ROWS, 2, TIDY, format="xlsx"),
    "stata": Layout("tidy", tidy, ROWS, 2, TIDY, format="dta"),
    "old stata": Layout("tidy", tidy, ROWS, 2, TIDY, format="dta114"),
    "parquet": Layout("tidy", tidy, ROWS, 2, TIDY, format="parquet"),
    "r": Layout("tidy", tidy, ROWS, 2, TIDY, format="rda"),
    "query": Layout("sql", tidy, ROWS, 2, QUERY, format="duckdb"),
    "series in columns": Layout(
        "series_columns", series_columns, (3, 3 + len(YEARS)), 1, {"series": {"g": "GDP"}}, format="xlsx"
    ),
    "labels below the header": Layout("tidy", labelled, (3, 3 + N * len(YEARS)), 2, {"series": {"g": "gdp"}}),
    "page in OpenDocument": Layout("yearbook_page", page_years, (5, 5 + N), 2, PAGE, format="ods"),
    "page in a web archive": Layout("yearbook_page", page_years, (5, 5 + N), 2, PAGE, format="mht"),
    "records": Layout(
        "records", records, (1, 1 + 3 * N * len(YEARS)), 2, {**TIDY, "series": {"g": "sum(gdp)"}, "number": "number"}
    ),
}
ENDINGS = {"csv": ".csv", "xlsx": ".xlsx", "html": ".xls", "locked": ".xls", "dta": ".dta", "dta114": ".dta"}
ENDINGS |= {"ods": ".ods", "mht": ".mht", "parquet": ".parquet", "rda": ".rda", "duckdb": ".duckdb"}


# ---------------------------------------------------------------- grids as files


def _typed(cell: str) -> object:
    """A cell as a program that knows numbers would keep it."""
    try:
        plain_ = cell == cell.strip() and cell.isascii() and not any(w in cell for w in ("inf", "nan", "_"))
        value = float(cell) if cell and plain_ else None
        return value if value is not None and abs(value) < 1e300 else cell or None
    except ValueError:
        return cell


def _columns(grid: Grid) -> dict[str, list[Any]]:
    """Columns of numbers, or of texts where one cell is a text; a short row is filled up."""
    names = [n or f"v{i}" for i, n in enumerate(grid[0])]
    columns = {}
    for i, name in enumerate(names):
        cells = [_typed(row[i]) if i < len(row) else None for row in grid[1:]]
        texts = any(isinstance(c, str) for c in cells)
        shown = [
            None if c is None else (str(int(c)) if c.is_integer() else repr(c)) if isinstance(c, float) else c
            for c in cells
        ]
        columns[name if name not in columns else f"{name}_{i}"] = shown if texts else cells
    return columns


def as_file(layout: Layout, grid: Grid, path: Path) -> bytes:
    """The bytes of a grid in the format of its layout."""
    if layout.format == "csv":
        return as_bytes(layout, grid)
    if layout.format == "html":
        return html([[c or None for c in row] for row in grid])
    if layout.format == "mht":
        return web_archive({"book.htm": html([[c or None for c in row] for row in grid]).decode()}, "utf-8")
    if layout.format == "ods":
        return ods({"1": [[_typed(c) for c in row] for row in grid]})
    if layout.format in ("xlsx", "locked"):
        data = workbook([[_typed(c) for c in row] for row in grid])
        return locked(data) if layout.format == "locked" else data
    columns = _columns(grid)
    texts = {n for n, cells in columns.items() if any(isinstance(c, str) for c in cells)}
    if layout.format == "rda":
        return packed({n: ["" if c is None and n in texts else c for c in cells] for n, cells in columns.items()})
    import pandas as pd

    kinds = {n: "object" if n in texts else "float64" for n in columns}
    frame = pd.DataFrame({n: pd.Series(cells, dtype=kinds[n]) for n, cells in columns.items()})
    path.unlink(missing_ok=True)
    if layout.format == "duckdb":
        import duckdb

        with duckdb.connect(str(path)) as connection:
            connection.register("f", frame.convert_dtypes())
            connection.execute("CREATE TABLE t AS SELECT * FROM f")
    elif layout.format == "parquet":
        frame.to_parquet(path)
    else:
        old = layout.format == "dta114"
        listed = sorted(texts)
        frame[listed] = frame[listed].fillna("")
        if old:
            frame[listed] = frame[listed].map(lambda t: t.encode("gb18030").decode("latin-1"))
        frame.to_stata(path, write_index=False, version=114 if old else 118)
    return path.read_bytes()


# ---------------------------------------------------------------- what is done to a file


def pick(layout: Layout, grid: Grid, rng: random.Random) -> tuple[int, int]:
    """A cell with a figure of the series."""
    row = rng.randrange(*layout.body)
    columns = [c for c in range(layout.first, len(grid[row])) if grid[row][c]]
    if layout.kind in ("tidy", "sql", "records"):
        columns = [2]
    elif layout.page and layout.body[1] - layout.body[0] > 1:
        columns = [3]
    return row, rng.choice(columns)


def spoil_text(layout, grid, rng):
    row, column = pick(layout, grid, rng)
    cell = grid[row][column].strip()
    wrong = [
        cell.replace("0", "O").replace("1", "l") + "x", f"{cell}元", f"{cell}%", cell[:1] + " " + cell[1:], f"{cell[:-2]}..{cell[-1]}",
        f"{cell[0]},{cell[1:]}" if "," not in cell else cell, "-", "…", "", f"({cell})", f"{cell}E", "#REF!", "inf", "1e999",
    ]  # fmt: skip
    grid[row][column] = rng.choice(wrong)


def spell_alike(layout, grid, rng):
    row, column = pick(layout, grid, rng)
    cell = grid[row][column].strip()
    wide_digits = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in cell)
    grid[row][column] = rng.choice(
        [wide_digits, f"  {cell} ", f"\u3000{cell}", f"+{cell}", f"{cell}0", f"{float(cell):e}"]
    )


def shift_power(layout, grid, rng):
    row, column = pick(layout, grid, rng)
    grid[row][column] = repr(float(grid[row][column]) * rng.choice([1e4, 1e-4, 1e3, 100.0, 0.01, 10.0, 0.1]))


def misspell_region(layout, grid, rng):
    named = [(r, c) for r, row in enumerate(grid) for c, t in enumerate(row) if match(t) and not t.isascii()]
    named = named or [(r, c) for r, row in enumerate(grid) for c, t in enumerate(row) if match(t)]
    named = named or [(r, c) for r, row in enumerate(grid) for c, t in enumerate(row) if t.endswith(":GDP")]
    at = rng.randrange(len(named))
    row, column = named[at]
    step = {"tidy": len(YEARS), "sql": len(YEARS), "records": 3 * len(YEARS)}.get(layout.kind, 1)
    other = named[(at + step) % len(named)]
    grid[row][column] = rng.choice(["甲省", "x" + grid[row][column] + "y", "", grid[other[0]][other[1]]])


def _page_headers(layout, grid):
    """What may be written into the head of a page: row, column, text."""
    if layout.make is page_across:
        return [(3, 0, "总产出"), (3, 0, ""), (3, 0, "企业数"), (0, 0, "5-3 各地区产值"), (3, 1, "万人")]
    if layout.make is page_years:
        return [
            (2, 2, "总产出"),
            (2, 2, ""),
            (1, 0, "单位：万人"),
            (3, 4, "20l4"),
            (3, 4, "2015"),
            (3, 4, ""),
            (3, 4, "2104"),
        ]
    return [
        (3, 3, "总产出\nOutput value"),
        (3, 3, ""),
        (3, 3, "企业数(个)"),
        (0, 0, "5-3 各地区产值"),
        (2, 0, "单位：万人"),
    ]


def spoil_header(layout, grid, rng):
    if layout.kind in ("tidy", "sql", "records"):
        column = rng.randrange(3)
        grid[0][column] = rng.choice(["", "Year", grid[0][column - 1], "gdp_real"])
        return
    if layout.kind == "yearbook_page":
        row, column, text = rng.choice(_page_headers(layout, grid))
        grid[row][column] = text
        if layout.make is page and row == 0:
            grid[1][0] = "Output by Region"
        return
    rows = _year_rows(grid)
    if rows:
        row, columns = rows[0], [c for c, t in enumerate(grid[rows[0]]) if any(str(y) in t for y in YEARS)]
        a, b = rng.sample(columns, 2)
        old = grid[row][a]
        grid[row][a] = rng.choice(["20l5年", old.replace("20", "30"), grid[row][b], "", old.replace("20", "21", 1)])
    else:
        row = rng.randrange(*layout.body)
        grid[row][0] = rng.choice(["20l5", grid[layout.body[0] if row != layout.body[0] else row + 1][0], "", "2091"])


def _year_rows(grid):
    return [r for r, cells in enumerate(grid) if sum(any(str(y) in c for y in YEARS) for c in cells[1:]) > 5]


def swap_headers(layout, grid, rng):
    """Two years of the header change places, their figures do not."""
    if layout.kind in ("tidy", "sql", "records") or layout.page:
        return spoil_header(layout, grid, rng)
    rows = _year_rows(grid)
    if not rows:
        a, b = rng.sample(range(*layout.body), 2)
        grid[a][0], grid[b][0] = grid[b][0], grid[a][0]
        return None
    columns = [c for c, t in enumerate(grid[rows[0]]) if any(str(y) in t for y in YEARS)]
    a, b = rng.sample(columns, 2)
    grid[rows[0]][a], grid[rows[0]][b] = grid[rows[0]][b], grid[rows[0]][a]
    return None


def shift_header(layout, grid, rng):
    """The header slips one column against the figures."""
    rows = _year_rows(grid) or [0]
    grid[rows[0]][layout.first :] = (
        ["", *grid[rows[0]][layout.first :]] if rng.random() < 0.5 else grid[rows[0]][layout.first + 1 :]
    )


def swap_columns(layout, grid, rng):
    """Whole columns change places, their headers with them."""
    width = min(len(r) for r in grid[layout.body[0] : layout.body[1]])
    a, b = rng.sample(range(layout.first, width), 2) if width - layout.first > 1 else (layout.first, layout.first)
    for row in grid:
        if len(row) > max(a, b):
            row[a], row[b] = row[b], row[a]


def duplicate_row(layout, grid, rng):
    row = rng.randrange(*layout.body)
    copy = list(grid[row])
    column = pick(layout, grid, rng)[1]
    if len(copy) > column and copy[column].strip():
        copy[column] = str(float(copy[column]) + rng.choice([0.0, 1.0]))
    grid.insert(rng.randrange(row, layout.body[1]) + 1, copy)


def shift_row_right(layout, grid, rng):
    row = rng.randrange(*layout.body)
    grid[row][layout.first :] = ["", *grid[row][layout.first :]]


def shift_row_left(layout, grid, rng):
    row = rng.randrange(*layout.body)
    grid[row][layout.first :] = grid[row][layout.first + 1 :]


def shift_block_down(layout, grid, rng):
    """Figures from some row on slip one row down against their names."""
    if layout.body[1] - layout.body[0] < 2:
        return shift_row_right(layout, grid, rng)
    start = rng.randrange(layout.body[0], layout.body[1] - 1)
    figures = [grid[r][layout.first :] for r in range(start, layout.body[1])]
    grid.insert(layout.body[1], [""] * layout.first)
    for n, r in enumerate(range(start, layout.body[1] + 1)):
        grid[r][layout.first :] = figures[n - 1] if n else [""] * len(figures[0])
    return None


def change_unit(layout, grid, rng):
    for row in grid:
        for column, cell in enumerate(row):
            if "亿元" in cell:
                row[column] = cell.replace("亿元", rng.choice(["万元", "万人", "亿美元"]))
                return
    spoil_text(layout, grid, rng)


def decimal_comma(layout, grid, rng):
    row, column = pick(layout, grid, rng)
    grid[row][column] = grid[row][column].strip().replace(".", ",")


def merge_cells(layout, grid, rng):
    """Cells below or beside one are merged with it: it stands for them, and they are empty."""
    row, column = pick(layout, grid, rng)
    if rng.random() < 0.5 and column + 1 < len(grid[row]):
        grid[row][column + 1] = ""
    else:
        below = grid[row + 1] if row + 1 < len(grid) and len(grid[row + 1]) > column else grid[row]
        below[column] = ""


def drop_row(layout, grid, rng):
    del grid[rng.randrange(*layout.body)]


def foot_in_the_middle(layout, grid, rng):
    grid.insert(rng.randrange(layout.body[0] + 1, layout.body[1] + 1), ["注：以下为补充数据"])


GRID = (
    spoil_text, spell_alike, shift_power, misspell_region, spoil_header, swap_headers, swap_columns, duplicate_row,
    shift_row_right, shift_row_left, shift_block_down, change_unit, shift_header, decimal_comma, merge_cells, drop_row,
    foot_in_the_middle,
)  # fmt: skip


def garble(data: bytes, encoding: str, rng: random.Random) -> bytes:
    """The bytes in another encoding, rightly or wrongly, or cut off."""
    text = data.decode(encoding)
    wrong = text.encode("utf-8").decode("gb18030", errors="replace").encode("utf-8")
    wrong_way = text.encode("gb18030").decode("latin-1").encode("utf-8")
    cut = data[: rng.randrange(len(data) // 2, len(data) - 1)]
    right = [
        text.encode("utf-8"),
        text.encode("gb18030"),
        text.encode("utf-16"),
        b"\xef\xbb\xbf\xef\xbb\xbf" + text.encode(),
    ]
    return rng.choice([wrong, wrong_way, cut, cut, cut, *right])


# ---------------------------------------------------------------- the verdict


def as_bytes(layout: Layout, grid: Grid) -> bytes:
    def quoted(cell):
        return f'"{cell}"' if "," in cell else cell

    return "".join(",".join(map(quoted, row)) + "\n" for row in grid).encode(layout.encoding)


def in_this_process(books):
    """Workbooks read here and not in a process of their own: thousands of them would take minutes to start."""
    answers = [_sheet_reader.sheet_as_json(b.data, str(b.path), b.wanted, _workbook.LARGEST_SHEET) for b in books]
    return answers, ""


class Reader:
    """Reads files of a layout to figures by province and year, and everything that was said."""

    def __init__(self, tmp_path, monkeypatch, study_of):
        self.tmp_path, self.study_of = tmp_path, study_of
        monkeypatch.setattr(_workbook, "_run", in_this_process)

    def path(self, layout: Layout) -> Path:
        return self.tmp_path / f"f{ENDINGS[layout.format]}"

    def file(self, layout: Layout, grid: Grid) -> bytes:
        return as_file(layout, grid, self.path(layout))

    def __call__(self, layout: Layout, content: bytes):
        path = self.path(layout)
        path.write_bytes(content)
        kind = SOURCES[layout.kind]
        spec = kind.spec(id="s", kind=layout.kind, path=path.name, **layout.fields)
        study = self.study_of({"g": {"series": "s.g"}}, {"s": spec}, years=layout.years, gaps="list")
        made = assemble(study, {"s": kind.read(spec, path)})
        frame = made.panel.frame
        figures = {
            (u, int(t)): float(v)
            for u, t, v in zip(frame["province"], frame["year"], frame["g"], strict=True)
            if v == v
        }
        said = {*made.notes, *(c.text.en for c in (*made.checks, *quality(study, made)) if c.verdict != "holds")}
        return figures, said


def wanted(layout: Layout, figures):
    """The figures that are due."""
    return {k: v for k, v in figures.items() if layout.years[0] <= k[1] <= layout.years[1]}


def wrong_in(due, got):
    """Figures that differ from those due, beyond the rounding of added parts."""
    return {k: (v, due.get(k)) for k, v in got.items() if due.get(k) is None or abs(v - due[k]) > 1e-9 * abs(due[k])}


def judge(reader: Reader, layout: Layout, content: bytes, figures, usual: set[str]) -> str:
    """'right', 'refused' or 'flagged'; anything else is a wrong number that passed in silence."""
    try:
        got, said = reader(layout, content)
    except PanelkitError as fault:
        return "refused" if all(f.what and f.mend for f in fault.faults) else "refused without a reason"
    due = wanted(layout, figures)
    if said - usual:
        return "flagged"
    wrong, gone = wrong_in(due, got), set(due) - set(got)
    return (
        "right" if not wrong and not gone else f"SILENT: wrong {dict(list(wrong.items())[:3])}, gone {sorted(gone)[:3]}"
    )


def cut_off(data: bytes, rng: random.Random) -> bytes:
    """The beginning of a file."""
    return data[: rng.randrange(len(data) // 2, len(data) - 1)]


def verdicts(reader: Reader, name: str, seed: int) -> dict[tuple[str, int], str]:
    """What comes of every way to spoil a file of one layout."""
    layout, figures = LAYOUTS[name], truth(seed)
    clean = layout.make(figures)
    whole = reader.file(layout, clean)
    got, usual = reader(layout, whole)
    assert not wrong_in(wanted(layout, figures), got)
    assert set(got) == set(wanted(layout, figures))
    found = {}
    for spoil in GRID:
        rng = random.Random(f"{name} {spoil.__name__} {seed}")
        grid = [list(row) for row in clean]
        spoil(layout, grid, rng)
        found[spoil.__name__, seed] = judge(reader, layout, reader.file(layout, grid), figures, usual)
    for turn in range(3):
        rng = random.Random(f"{name} garble {seed} {turn}")
        spoiled = garble(whole, layout.encoding, rng) if layout.format == "csv" else cut_off(whole, rng)
        found[f"garble {turn}", seed] = judge(reader, layout, spoiled, figures, usual)
    return found
