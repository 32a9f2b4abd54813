"""Valid files spoiled at random: each is read to the right figures, refused, or flagged; none passes in silence with a wrong number.

Not covered, because no single file can show it: one plausible digit in place of another, where the file prints no total.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from panelkit.core.errors import PanelkitError
from panelkit.core.registry import SOURCES
from panelkit.etl.assemble import assemble
from panelkit.etl.quality import quality
from panelkit.etl.sources import yearbook_page
from panelkit.etl.sources._workbook import Sheet
from panelkit.facts.provinces import match, provinces

YEARS = tuple(range(2012, 2020))
SEEDS = range(4)


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
    """A layout: how figures become rows of cells, which rows and columns hold them, and how it is read."""

    kind: str
    make: Callable[[dict[tuple[str, int], float]], Grid]
    body: tuple[int, int]
    first: int
    fields: dict
    encoding: str = "utf-8"


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


FOOT = [["数据来源：国家统计局"]]
OLD = [["数据库：分省年度数据"], ["指标：地区生产总值(亿元)"], ["时间：最近8年"]]
NEW = [["数据库：分省年度数据 "], ["时间：2012年-2019年 "]]
N = len(provinces())
ONE = {"series": {"g": "地区生产总值"}, "measures": {"g": "亿元"}}
LAYOUTS = {
    "old": Layout("nbs_csv", years_across(OLD, FOOT), (4, 4 + N), 1, ONE, "gb18030"),
    "new": Layout("nbs_csv", years_across(NEW, FOOT, gap="\t"), (3, 3 + N), 1, ONE, "utf-8-sig"),
    "turned": Layout("nbs_csv", turned, (1, 1 + len(YEARS)), 1, ONE),
    "tidy": Layout("tidy", tidy, (1, 1 + N * len(YEARS)), 2, {"series": {"g": "gdp"}, "measures": {"g": "亿元"}}),
    "wide": Layout("wide", wide, (1, 1 + N), 2, {"series": {"g": "gdp"}, "measure_column": "unit", "unit": "province"}),
    "stacked": Layout(
        "stacked_blocks", stacked, (1, 1 + N), 3, {"series": {"g": "产值"}, "continued": {"g": ("旧产值",)}}
    ),
    "page": Layout("yearbook_page", page, (5, 5 + N), 2, {"series": {"g": "总产值"}}),
}


# ---------------------------------------------------------------- what is done to a file


def pick(layout: Layout, grid: Grid, rng: random.Random) -> tuple[int, int]:
    """A cell with a figure of the series."""
    row = rng.randrange(*layout.body)
    columns = (
        [3] if layout.kind == "yearbook_page" else [c for c in range(layout.first, len(grid[row])) if grid[row][c]]
    )
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
    if layout.kind == "nbs_csv" and grid[0][0] == "":
        column = rng.randrange(1, len(grid[0]))
        grid[0][column] = rng.choice(["甲省", grid[0][column] + "x", "", grid[0][column % (len(grid[0]) - 1) + 1]])
        return
    row = rng.randrange(*layout.body)
    at = next(c for c, t in enumerate(grid[row]) if match(t))
    other = grid[layout.body[0] + (row - layout.body[0] + len(YEARS)) % (layout.body[1] - layout.body[0])][at]
    grid[row][at] = rng.choice(["甲省", "x" + grid[row][at] + "y", "", other])


def spoil_header(layout, grid, rng):
    if layout.kind == "tidy":
        column = rng.randrange(3)
        grid[0][column] = rng.choice(["", "Year", grid[0][column - 1], "gdp_real"])
        return
    if layout.kind == "yearbook_page":
        row, column, text = rng.choice(
            [
                (3, 3, "总产出\nOutput value"),
                (3, 3, ""),
                (3, 3, "企业数(个)"),
                (0, 0, "5-3 各地区产值"),
                (2, 0, "单位：万人"),
            ]
        )
        grid[row][column] = text
        if row == 0:
            grid[1][0] = "Output by Region"
        return
    rows = [r for r, cells in enumerate(grid) if sum(any(str(y) in c for y in YEARS) for c in cells[1:]) > 5]
    if rows:
        row, columns = rows[0], [c for c, t in enumerate(grid[rows[0]]) if any(str(y) in t for y in YEARS)]
        a, b = rng.sample(columns, 2)
        old = grid[row][a]
        grid[row][a] = rng.choice(["20l5年", old.replace("20", "30"), grid[row][b], "", old.replace("20", "21", 1)])
    else:
        row = rng.randrange(*layout.body)
        grid[row][0] = rng.choice(["20l5", grid[layout.body[0] if row != layout.body[0] else row + 1][0], "", "2091"])


def swap_headers(layout, grid, rng):
    """Two years of the header change places, their figures do not."""
    if layout.kind in ("tidy", "yearbook_page"):
        return spoil_header(layout, grid, rng)
    rows = [r for r, cells in enumerate(grid) if sum(any(str(y) in c for y in YEARS) for c in cells[1:]) > 5]
    if not rows:
        a, b = rng.sample(range(*layout.body), 2)
        grid[a][0], grid[b][0] = grid[b][0], grid[a][0]
        return None
    columns = [c for c, t in enumerate(grid[rows[0]]) if any(str(y) in t for y in YEARS)]
    a, b = rng.sample(columns, 2)
    grid[rows[0]][a], grid[rows[0]][b] = grid[rows[0]][b], grid[rows[0]][a]
    return None


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
    column = pick(layout, grid, rng)[1] if layout.kind != "tidy" else 2
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
    start = rng.randrange(layout.body[0], layout.body[1] - 1)
    figures = [grid[r][layout.first :] for r in range(start, layout.body[1])]
    grid.insert(layout.body[1], [""] * layout.first)
    for n, r in enumerate(range(start, layout.body[1] + 1)):
        grid[r][layout.first :] = figures[n - 1] if n else [""] * len(figures[0])


def change_unit(layout, grid, rng):
    for row in grid:
        for column, cell in enumerate(row):
            if "亿元" in cell:
                row[column] = cell.replace("亿元", rng.choice(["万元", "万人", "亿美元"]))
                return
    spoil_text(layout, grid, rng)


GRID = (
    spoil_text, spell_alike, shift_power, misspell_region, spoil_header, swap_headers, swap_columns, duplicate_row,
    shift_row_right, shift_row_left, shift_block_down, change_unit,
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


def as_sheet(grid: Grid) -> Sheet:
    def typed(cell):
        try:
            return (
                float(cell) if cell and cell == cell.strip() and cell.isascii() and "inf" not in cell else cell or None
            )
        except ValueError:
            return cell

    return Sheet(name="1", rows=tuple(tuple(map(typed, row)) for row in grid), others=())


class Reader:
    def __init__(self, tmp_path, monkeypatch, study_of):
        self.tmp_path, self.monkeypatch, self.study_of = tmp_path, monkeypatch, study_of

    def __call__(self, layout: Layout, content: bytes | Grid):
        """Figures by province and year, and everything that was said."""
        path = self.tmp_path / "f.csv"
        path.write_bytes(content if isinstance(content, bytes) else b"page")
        kind = SOURCES[layout.kind]
        if layout.kind == "yearbook_page":
            sheet = as_sheet(content)
            self.monkeypatch.setattr(yearbook_page, "sheets_of", lambda _: [sheet])
        spec = kind.spec(id="s", kind=layout.kind, path="f.csv", **layout.fields)
        years = (2015, 2015) if layout.kind == "yearbook_page" else (YEARS[0], YEARS[-1])
        study = self.study_of({"g": {"series": "s.g"}}, {"s": spec}, years=years, gaps="list")
        made = assemble(study, {"s": kind.read(spec, path)})
        frame = made.panel.frame
        figures = {
            (u, int(t)): float(v)
            for u, t, v in zip(frame["province"], frame["year"], frame["g"], strict=True)
            if v == v
        }
        said = {*made.notes, *(c.text.en for c in (*made.checks, *quality(study, made)) if c.verdict != "holds")}
        return figures, said


@pytest.fixture
def reader(tmp_path, monkeypatch, study_of):
    return Reader(tmp_path, monkeypatch, study_of)


def wanted(layout: Layout, figures):
    return {k: v for k, v in figures.items() if layout.kind != "yearbook_page" or k[1] == 2015}


def judge(reader: Reader, layout: Layout, content, figures, usual: set[str]) -> str:
    """'right', 'refused' or 'flagged'; anything else is a wrong number that passed in silence."""
    try:
        got, said = reader(layout, content)
    except PanelkitError as fault:
        return "refused" if all(f.what and f.mend for f in fault.faults) else "refused without a reason"
    due = wanted(layout, figures)
    if said - usual:
        return "flagged"
    wrong = {k: (v, due.get(k)) for k, v in got.items() if due.get(k) is None or abs(v - due[k]) > 1e-9 * abs(due[k])}
    gone = set(due) - set(got)
    return (
        "right" if not wrong and not gone else f"SILENT: wrong {dict(list(wrong.items())[:3])}, gone {sorted(gone)[:3]}"
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_spoiled_file_passes_in_silence(reader, name):
    layout = LAYOUTS[name]
    verdicts = {}
    for seed in SEEDS:
        figures = truth(seed)
        clean = layout.make(figures)
        content = [list(r) for r in clean] if layout.kind == "yearbook_page" else as_bytes(layout, clean)
        got, usual = reader(layout, content)
        assert got == wanted(layout, figures)
        for spoil in GRID:
            rng = random.Random(f"{name} {spoil.__name__} {seed}")
            grid = [list(row) for row in clean]
            spoil(layout, grid, rng)
            content = grid if layout.kind == "yearbook_page" else as_bytes(layout, grid)
            verdicts[spoil.__name__, seed] = judge(reader, layout, content, figures, usual)
        if layout.kind != "yearbook_page":
            for turn in range(3):
                rng = random.Random(f"{name} garble {seed} {turn}")
                spoiled = garble(as_bytes(layout, clean), layout.encoding, rng)
                verdicts[f"garble {turn}", seed] = judge(reader, layout, spoiled, figures, usual)
    silent = {case: v for case, v in verdicts.items() if v not in ("right", "refused", "flagged")}
    assert not silent, silent
    assert len(verdicts) >= 12 * len(SEEDS)
    assert all(v == "right" for (case, _), v in verdicts.items() if case == "spell_alike"), verdicts


def test_there_are_enough_cases():
    assert len(LAYOUTS) * len(GRID) * len(SEEDS) >= 300
